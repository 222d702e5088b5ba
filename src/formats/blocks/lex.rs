//! Bytes to statements.

use super::{DEPTH_LIMIT, Fault, FaultKind, Form, Node, Piece, Tree, Verb};
use crate::source::FileId;

/// Reads the whole text.
pub(super) fn read(file: FileId, text: &str) -> Tree<'_> {
    let tree = Tree {
        file,
        text,
        nodes: Vec::with_capacity(text.len() / 16),
        pieces: Vec::with_capacity(text.len() / 8),
        comments: Vec::new(),
        faults: Vec::new(),
    };
    let mut lexer = Lexer { tree, bytes: text.as_bytes(), at: 0, open: Vec::new(), deep: false };
    while lexer.statement() {}
    lexer.finish()
}

struct Lexer<'a> {
    tree: Tree<'a>,
    bytes: &'a [u8],
    at: usize,
    open: Vec<usize>,
    deep: bool,
}

impl<'a> Lexer<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Reads one statement or comment; false at the end of the text.
    fn statement(&mut self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        self.at += rest.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(rest.len());
        match self.peek() {
            None => return false,
            Some(b'#') => {
                let start = self.at;
                while self.peek().is_some_and(|b| b != b'\n') {
                    self.at += 1;
                }
                let span = self.tree.span(offset(start), offset(self.at));
                self.tree.comments.push(span);
                return true;
            }
            Some(_) => {}
        }
        let first = self.tree.pieces.len();
        let start = self.at;
        let mut end = start;
        loop {
            while matches!(self.peek(), Some(b' ' | b'\t')) {
                self.at += 1;
            }
            match self.peek() {
                None | Some(b'\n') => break,
                Some(_) => {
                    self.word();
                    end = self.at;
                }
            }
        }
        self.place(first, start, end);
        true
    }

    /// Reads one word: bare characters, strings and escapes without a blank between them.
    fn word(&mut self) {
        let start = self.at;
        let (mut strings, mut bare, mut escaped, mut lines) = (0usize, false, false, false);
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\n' => break,
                b'"' => {
                    let (esc, nl) = self.string(start);
                    escaped |= esc;
                    lines |= nl;
                    strings += 1;
                }
                b'\'' if self.at == start && self.single_quoted() => {
                    escaped = true;
                    strings += 1;
                }
                b'\\' => {
                    escaped = true;
                    self.at = (self.at + 2).min(self.bytes.len());
                }
                _ => {
                    bare = true;
                    let rest = self.bytes.get(self.at + 1..).unwrap_or(&[]);
                    let plain = rest.iter().position(|byte| ends_plain(*byte));
                    self.at += 1 + plain.unwrap_or(rest.len());
                }
            }
        }
        // A multi-byte character after a backslash must not be cut.
        while !self.tree.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        let glued = strings > 1 || (strings == 1 && bare);
        if glued && lines {
            self.fault(FaultKind::GluedString, start, self.at);
        }
        let form = match (strings, bare, escaped) {
            (0, _, false) => Form::Bare,
            (1, false, false) => Form::Quoted,
            _ => Form::Mixed,
        };
        self.tree.pieces.push(Piece { start: offset(start), end: offset(self.at), form });
    }

    /// Reads a string that begins at `at`; whether it holds an escape and a line feed.
    fn string(&mut self, word: usize) -> (bool, bool) {
        let begin = self.at;
        self.at += 1;
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or(&[]);
            match rest.iter().position(|b| matches!(b, b'"' | b'\\')) {
                None => {
                    let line = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                    self.fault(FaultKind::OpenString, word, self.at + line);
                    self.at = self.bytes.len();
                    break;
                }
                Some(step) if rest.get(step) == Some(&b'"') => {
                    self.at += step + 1;
                    break;
                }
                Some(step) => {
                    escaped = true;
                    self.at = (self.at + step + 2).min(self.bytes.len());
                }
            }
        }
        let inside = self.bytes.get(begin..self.at).unwrap_or(&[]);
        (escaped, inside.contains(&b'\n'))
    }

    /// Skips a single-quoted string when it closes on the same line; otherwise the quote is an ordinary character.
    fn single_quoted(&mut self) -> bool {
        let rest = self.bytes.get(self.at + 1..).unwrap_or(&[]);
        match rest.iter().position(|b| matches!(b, b'\'' | b'\n')) {
            Some(step) if rest.get(step) == Some(&b'\'') => {
                self.at += step + 2;
                true
            }
            _ => false,
        }
    }

    fn fault(&mut self, kind: FaultKind, start: usize, end: usize) {
        let span = self.tree.span(offset(start), offset(end));
        self.tree.faults.push(Fault { kind, span });
    }

    /// Puts the words from `first` on where they belong.
    fn place(&mut self, first: usize, start: usize, end: usize) {
        let verb_word = self.tree.pieces.get(first).copied();
        let verb_text = verb_word
            .filter(|piece| piece.form == Form::Bare)
            .and_then(|piece| self.tree.text.get(piece.start as usize..piece.end as usize))
            .unwrap_or("");
        match verb_text.as_bytes() {
            [b'n', b'e', b'x', b't'] => return self.close_entry(start, end),
            [b'e', b'n', b'd'] => return self.close_block(start, end),
            _ => {}
        }
        let verb = verb(verb_text);
        let skip_verb = usize::from(verb != Verb::Other);
        let index = self.tree.nodes.len();
        let count = self.tree.pieces.len() - first - skip_verb;
        if verb == Verb::Edit && self.top() == Some(Verb::Edit) {
            self.fault(FaultKind::MissingNext, start, end);
            self.close(start, index);
        }
        self.tree.nodes.push(Node {
            verb,
            words: offset(first + skip_verb),
            count: offset(count),
            start: offset(start),
            head_end: offset(end),
            end: offset(end),
            skip: offset(index + 1),
        });
        if matches!(verb, Verb::Config | Verb::Edit) {
            self.open.push(index);
            if self.open.len() > DEPTH_LIMIT && !self.deep {
                self.deep = true;
                self.fault(FaultKind::TooDeep, start, end);
            }
        }
    }

    fn top(&self) -> Option<Verb> {
        self.open.last().and_then(|index| self.tree.nodes.get(*index)).map(|node| node.verb)
    }

    /// Closes the innermost open statement at byte `end`; its descendants are the nodes before `skip`.
    fn close(&mut self, end: usize, skip: usize) {
        if let Some(index) = self.open.pop()
            && let Some(node) = self.tree.nodes.get_mut(index)
        {
            node.end = offset(end).max(node.head_end);
            node.skip = offset(skip);
        }
    }

    fn close_entry(&mut self, start: usize, end: usize) {
        match self.top() {
            Some(Verb::Edit) => self.close(end, self.tree.nodes.len()),
            _ => self.fault(FaultKind::StrayNext, start, end),
        }
    }

    fn close_block(&mut self, start: usize, end: usize) {
        if self.top() == Some(Verb::Edit) {
            self.close(start, self.tree.nodes.len());
        }
        match self.top() {
            Some(_) => self.close(end, self.tree.nodes.len()),
            None => self.fault(FaultKind::StrayEnd, start, end),
        }
    }

    fn finish(mut self) -> Tree<'a> {
        if let Some(node) = self.open.last().and_then(|index| self.tree.nodes.get(*index)).copied()
        {
            self.fault(FaultKind::OpenBlock, node.start as usize, node.head_end as usize);
        }
        while !self.open.is_empty() {
            self.close(self.bytes.len(), self.tree.nodes.len());
        }
        self.tree
    }
}

/// Whether a byte may mean something inside a bare word, or ends it.
fn ends_plain(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'"' | b'\\')
}

fn verb(word: &str) -> Verb {
    // Nearly every statement begins with one of these, which are told by their letters.
    match word.as_bytes() {
        [b's', b'e', b't'] => return Verb::Set,
        [b'e', b'd', b'i', b't'] => return Verb::Edit,
        [b'c', b'o', b'n', b'f', b'i', b'g'] => return Verb::Config,
        _ => {}
    }
    match word {
        "unset" => Verb::Unset,
        "append" => Verb::Append,
        "select" => Verb::Select,
        "unselect" => Verb::Unselect,
        "delete" => Verb::Delete,
        "rename" => Verb::Rename,
        "move" => Verb::Move,
        "clone" => Verb::Clone,
        "purge" => Verb::Purge,
        _ => Verb::Other,
    }
}

/// Removes quotes and backslashes: `\"` is a quote, `\\` a backslash, `\x` the character itself.
pub(super) fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    let mut quote: Option<char> = match raw.chars().next() {
        Some('\'') if raw.len() > 1 && raw.get(1..).is_some_and(|rest| rest.contains('\'')) => {
            chars.next();
            Some('\'')
        }
        _ => None,
    };
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('"', None) => quote = Some('"'),
            ('\\', None | Some('"')) => out.extend(chars.next()),
            (c, _) => out.push(c),
        }
    }
    out
}

/// Files are at most 1 GiB, so every offset fits.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
