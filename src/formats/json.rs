//! JSON values that know where they stand in the file: `nft -j` and `ip -j` print everything on one line, so a rule or a
//! route is a byte range.

use crate::source::{FileId, Span};

/// How deep values may nest.
const DEPTH_LIMIT: usize = 48;

/// A value.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// What a value is. Numbers and the words `true`, `false` and `null` are kept as they are written.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Bare(String),
    Text(String),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The member of an object.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.members().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The members of an object in order; none for anything else.
    pub(super) fn members(&self) -> &[(String, Value)] {
        match &self.kind {
            Kind::Object(members) => members,
            _ => &[],
        }
    }

    /// The items of an array; none for anything else.
    pub(super) fn items(&self) -> &[Value] {
        match &self.kind {
            Kind::Array(items) => items,
            _ => &[],
        }
    }

    /// A string, or a number or word as written.
    pub(super) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) | Kind::Bare(text) => Some(text),
            _ => None,
        }
    }

    /// The string that is the member `key`.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.word()
    }
}

/// The first value of `text`, and the byte at which reading stopped: the end of the value, or the place of the first mistake.
/// What was complete before a mistake is kept.
pub(super) fn read(file: FileId, text: &str) -> (Option<Value>, Result<usize, usize>) {
    let mut reader = Reader { file, text, at: 0 };
    let value = reader.value(0);
    reader.blank();
    match value {
        Ok(value) => (Some(value), Ok(reader.at)),
        Err(partial) => (partial, Err(reader.at)),
    }
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
}

/// A value, or what was complete when the text stopped being JSON.
type Parsed = Result<Value, Option<Value>>;

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.blank();
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    fn span(&self, start: usize) -> Span {
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file: self.file, start: number(start), end: number(self.at) }
    }

    fn value(&mut self, depth: usize) -> Parsed {
        self.blank();
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') if depth < DEPTH_LIMIT => return self.object(start, depth),
            Some(b'[') if depth < DEPTH_LIMIT => return self.array(start, depth),
            Some(b'"') => Kind::Text(self.string().ok_or(None)?),
            Some(byte) if byte.is_ascii_alphanumeric() || byte == b'-' => Kind::Bare(self.bare()),
            _ => return Err(None),
        };
        Ok(Value { kind, span: self.span(start) })
    }

    fn bare(&mut self) -> String {
        let rest = self.text.get(self.at..).unwrap_or("");
        let part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or("").to_owned()
    }

    fn array(&mut self, start: usize, depth: usize) -> Parsed {
        self.at += 1;
        let mut items = Vec::new();
        let mut whole = self.take(b']');
        let mut broken = false;
        while !whole && !broken {
            match self.value(depth + 1) {
                Ok(item) => items.push(item),
                Err(partial) => {
                    items.extend(partial);
                    broken = true;
                }
            }
            whole = !broken && self.take(b']');
            broken = broken || !whole && !self.take(b',');
        }
        let value = Value { kind: Kind::Array(items), span: self.span(start) };
        if broken { Err(Some(value)) } else { Ok(value) }
    }

    fn object(&mut self, start: usize, depth: usize) -> Parsed {
        self.at += 1;
        let mut members = Vec::new();
        let mut whole = self.take(b'}');
        let mut broken = false;
        while !whole && !broken {
            self.blank();
            let key = self.string().filter(|_| self.take(b':'));
            match key.map(|key| (self.value(depth + 1), key)) {
                Some((Ok(value), key)) => members.push((key, value)),
                // Only arrays are worth keeping in part: a rule without its end is no rule.
                Some((Err(partial), key)) => {
                    let partial = partial.filter(|p| matches!(p.kind, Kind::Array(_)));
                    members.extend(partial.filter(|_| depth == 0).map(|value| (key, value)));
                    broken = true;
                }
                None => broken = true,
            }
            whole = !broken && self.take(b'}');
            broken = broken || !whole && !self.take(b',');
        }
        let value = Value { kind: Kind::Object(members), span: self.span(start) };
        match (broken, depth) {
            (false, _) => Ok(value),
            (true, 0) => Err(Some(value)),
            (true, _) => Err(None),
        }
    }

    /// A string at the cursor; `None` when there is none or it does not end.
    fn string(&mut self) -> Option<String> {
        let rest = self.text.get(self.at..)?.strip_prefix('"')?;
        let mut out = String::new();
        let mut chars = rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += at + 2;
                    return Some(out);
                }
                '\\' => match chars.next()?.1 {
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    'r' => out.push('\r'),
                    'b' => out.push('\u{8}'),
                    'f' => out.push('\u{c}'),
                    'u' => {
                        let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                        let code = u32::from_str_radix(&digits, 16).ok()?;
                        out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    other => out.push(other),
                },
                c => out.push(c),
            }
        }
        None
    }
}
