//! Takes a mapping apart key by key and remembers which keys were asked for, so that a key nobody asked for is a problem.

use super::{Key, Node, Value};
use crate::source::{Problem, Span, Spanned};
use crate::text::Text;

/// The problems of a file, in the order in which they were met.
pub type Problems = Vec<Problem>;

/// The keys of one mapping.
pub struct Fields<'a> {
    /// The mapping.
    pub span: Span,
    entries: &'a [(Key, Node)],
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The keys of `node`; nothing at all counts as an empty mapping. `None`, and a problem, when it is something else.
    pub fn open(node: &'a Node, problems: &mut Problems) -> Option<Fields<'a>> {
        let entries = node.entries(problems)?;
        Some(Fields { span: node.span, entries, asked: Vec::new() })
    }

    /// The value of `key`; `None` when the key is missing or has no value.
    pub fn get(&mut self, key: &'static str) -> Option<&'a Node> {
        self.asked.push(key);
        let found = self.entries.iter().find(|(k, _)| k.text == key);
        found.map(|(_, node)| node).filter(|node| node.value != Value::Null)
    }

    /// The value of `key`; a problem when it is missing.
    pub fn need(&mut self, key: &'static str, problems: &mut Problems) -> Option<&'a Node> {
        let found = self.get(key);
        if found.is_none() {
            problems.push(Problem::new(
                self.place(key),
                crate::text!("「{key}」が必要です。", "`{key}` is missing"),
            ));
        }
        found
    }

    /// The key itself when it is written, else the first word of the mapping.
    #[must_use]
    pub fn place(&self, key: &str) -> Span {
        let written = self.entries.iter().find(|(k, _)| k.text == key);
        written.or(self.entries.first()).map_or(self.span, |(k, _)| k.span)
    }

    /// Makes a problem of `key` when it is written without a value: what would then be meant is not for guessing.
    pub fn refuse_blank(&mut self, key: &'static str, problems: &mut Problems) {
        let blank = |(k, node): &&(Key, Node)| k.text == key && node.value == Value::Null;
        if let Some((written, _)) = self.entries.iter().find(blank) {
            let message = crate::text!("「{key}」に値がありません。", "`{key}` has no value");
            problems.push(Problem::new(written.span, message));
        }
    }

    /// The text of `key`.
    pub fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<Spanned<String>> {
        self.get(key)?.text(problems)
    }

    /// The truth of `key`; false when it is missing.
    pub fn flag(&mut self, key: &'static str, problems: &mut Problems) -> bool {
        self.get(key).and_then(|node| node.flag(problems)).unwrap_or(false)
    }

    /// The items of `key`: a list; empty when the key is missing.
    pub fn list(&mut self, key: &'static str, problems: &mut Problems) -> &'a [Node] {
        self.get(key).and_then(|node| node.list(problems)).unwrap_or(&[])
    }

    /// The items of `key`: a list, or a single value as a list of one; empty when the key is missing.
    pub fn one_or_many(&mut self, key: &'static str) -> &'a [Node] {
        self.get(key).map_or(&[], Node::one_or_many)
    }

    /// The texts of `key`: a list of words, or a single word.
    pub fn texts(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Spanned<String>> {
        self.one_or_many(key).iter().filter_map(|node| node.text(problems)).collect()
    }

    /// The entries of `key`, whose keys are names: empty when the key is missing.
    pub fn named(&mut self, key: &'static str, problems: &mut Problems) -> &'a [(Key, Node)] {
        self.get(key).and_then(|node| node.entries(problems)).unwrap_or(&[])
    }

    fn known(&self) -> String {
        let mut known: Vec<&str> = Vec::new();
        for key in &self.asked {
            if !known.contains(key) {
                known.push(key);
            }
        }
        known.join(", ")
    }

    /// Makes a problem of every key that nobody asked for.
    pub fn close(self, problems: &mut Problems) {
        for (key, _) in self.entries {
            if self.asked.contains(&key.text.as_str()) {
                continue;
            }
            let name = &key.text;
            let known = self.known();
            let problem = if name == "<<" {
                Problem::new(
                    key.span,
                    crate::text!(
                        "合成キー「<<」は使えません。",
                        "merge keys (`<<`) are not supported"
                    ),
                )
            } else {
                let message =
                    crate::text!("「{name}」という項目はありません。", "unknown key `{name}`");
                Problem::new(key.span, message).help(crate::text!(
                    "書ける項目は次のとおりです: {known}",
                    "the keys here are: {known}"
                ))
            };
            problems.push(problem.suggest(name, self.asked.iter().copied()));
        }
    }
}

impl Node {
    /// The text of a scalar; `None`, and a problem, when it is something else.
    pub fn text(&self, problems: &mut Problems) -> Option<Spanned<String>> {
        match &self.value {
            Value::Scalar { text, .. } => Some(Spanned { value: text.clone(), span: self.span }),
            _ => self
                .wrong(crate::text!("文字列を書いてください", "expected a word or text"), problems),
        }
    }

    /// `true` or `false`; `None`, and a problem, when it is something else.
    pub fn flag(&self, problems: &mut Problems) -> Option<bool> {
        match &self.value {
            Value::Scalar { text, plain: true } if text == "true" => Some(true),
            Value::Scalar { text, plain: true } if text == "false" => Some(false),
            _ => self.wrong(
                crate::text!("true か false を書いてください", "expected `true` or `false`"),
                problems,
            ),
        }
    }

    /// The items of a list, none of nothing; `None`, and a problem, when it is something else.
    pub fn list(&self, problems: &mut Problems) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            Value::Null => Some(&[]),
            _ => {
                self.wrong(crate::text!("一覧（[ ]）を書いてください", "expected a list"), problems)
            }
        }
    }

    /// The items of a list, or the value itself as the only one.
    #[must_use]
    pub fn one_or_many(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The entries of a mapping, none of nothing; `None`, and a problem, when it is something else.
    pub fn entries(&self, problems: &mut Problems) -> Option<&[(Key, Node)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            Value::Null => Some(&[]),
            _ => self.wrong(
                crate::text!(
                    "「項目: 値」の形で書いてください",
                    "expected a mapping (`key: value`)"
                ),
                problems,
            ),
        }
    }

    fn wrong<T>(&self, expected: Text, problems: &mut Problems) -> Option<T> {
        let found = match self.value {
            Value::Null => crate::text!("値がありません", "found nothing"),
            Value::Scalar { .. } => crate::text!("文字列があります", "found a word"),
            Value::List(_) => crate::text!("一覧があります", "found a list"),
            Value::Map(_) => crate::text!("「項目: 値」の形になっています", "found a mapping"),
        };
        let message = Text {
            ja: format!("{}（{}）。", expected.ja, found.ja),
            en: format!("{}, {}", expected.en, found.en),
        };
        problems.push(Problem::new(self.span, message));
        None
    }
}
