//! YAML as a tree in which every key and value has its span. Strict and bounded: no anchors, aliases, merge keys or tags, no
//! duplicate keys, one document, at most [`MAX_DEPTH`] levels, [`MAX_NODES`] values and [`MAX_BYTES`] bytes.
//!
//! A scalar keeps its text as written (`clause: 3.10` stays `3.10`, a zone named `no` stays `no`): who reads it says what it
//! is. Without aliases a tree is never larger than its file, so there is nothing to blow up.

mod fields;

pub use fields::{Fields, Problems};

use super::{File, FileId, Problem, Span};
use serde_saphyr::granit_parser::{self as events, Event, ScalarStyle};
use std::collections::BTreeMap;

/// The deepest nesting of lists and mappings.
pub const MAX_DEPTH: usize = 32;
/// The largest number of values and keys.
pub const MAX_NODES: usize = 1_000_000;
/// The largest file in bytes.
pub const MAX_BYTES: usize = 16 << 20;

/// A value and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it is written.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing: an empty value, `~` or `null`.
    Null,
    /// A word, number or text.
    Scalar {
        /// The text as it is meant, escapes resolved.
        text: String,
        /// Whether it is written without quotes.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file; keys are unique.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub text: String,
    /// Where it is written.
    pub span: Span,
}

/// Reads a file as one tree.
///
/// # Errors
/// Every [`Problem`] that stands in the way: broken syntax (the first one), what the strict form refuses, duplicate keys.
pub fn parse(file: FileId, source: &File) -> Result<Node, Vec<Problem>> {
    let start = Span { file, start: 0, end: 0 };
    if source.text().len() > MAX_BYTES {
        let limit = MAX_BYTES >> 20;
        return Err(vec![Problem::new(
            start,
            crate::text!(
                "ファイルが大きすぎます（上限{limit} MiB）。",
                "the file is too large (at most {limit} MiB)"
            ),
        )]);
    }
    let mut builder = Builder { file, ..Builder::new(start) };
    builder.run(source.text());
    match builder.root {
        _ if !builder.problems.is_empty() => Err(builder.problems),
        Some(root) => Ok(root),
        None => Err(vec![Problem::new(
            start,
            crate::text!("ファイルに内容がありません。", "the file is empty"),
        )]),
    }
}

/// A list or mapping that is not closed yet.
struct Open {
    span: Span,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, seen: BTreeMap<String, Span>, key: Option<Key> },
}

struct Builder {
    file: FileId,
    last: Span,
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
    documents: usize,
    problems: Vec<Problem>,
}

/// Whether to go on after an event.
type Flow = std::ops::ControlFlow<()>;

impl Builder {
    fn new(start: Span) -> Builder {
        Builder {
            file: start.file,
            last: start,
            open: Vec::new(),
            root: None,
            nodes: 0,
            documents: 0,
            problems: Vec::new(),
        }
    }

    fn run(&mut self, text: &str) {
        let options = events::options! {
            disallow_directives: true,
            emit_unresolved_aliases: true,
            flow_nesting_limit: MAX_DEPTH + 1,
            block_nesting_limit: MAX_DEPTH + 1,
        };
        for next in events::Parser::new_from_str_with_options(text, options) {
            let flow = match next {
                Ok((event, place)) => self.event(event, place),
                Err(error) => {
                    self.syntax_error(&error, text);
                    Flow::Break(())
                }
            };
            if flow.is_break() {
                return;
            }
        }
    }

    fn syntax_error(&mut self, error: &events::ScanError, text: &str) {
        let marker = error.marker();
        let at = marker.byte_offset().unwrap_or(text.len()).min(text.len());
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span { file: self.file, start: at, end: at };
        if *error.kind() == events::ErrorKind::RecursionLimitExceeded {
            return self.too_deep(span);
        }
        let what = error.kind().to_string();
        self.problems.push(Problem::new(
            span,
            crate::text!("YAMLの書き方に誤りがあります（{what}）。", "invalid YAML: {what}"),
        ));
    }

    fn too_deep(&mut self, span: Span) {
        self.problems.push(Problem::new(
            span,
            crate::text!(
                "入れ子が深すぎます（上限{MAX_DEPTH}段）。",
                "nested too deeply (at most {MAX_DEPTH} levels)"
            ),
        ));
    }

    fn span(&self, place: events::Span) -> Span {
        let offset = |marker: events::Marker, otherwise: u32| {
            marker.byte_offset().and_then(|at| u32::try_from(at).ok()).unwrap_or(otherwise)
        };
        let start = offset(place.start, self.last.end);
        Span { file: self.file, start, end: offset(place.end, start).max(start) }
    }

    fn event(&mut self, event: Event<'_>, place: events::Span) -> Flow {
        let span = self.span(place);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return self.refuse(
                        span,
                        crate::text!(
                            "1つのファイルに書ける文書は1つだけです（「---」で区切られています）。",
                            "only one document is allowed in a file (found a second `---`)"
                        ),
                    );
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let null = plain && matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL");
                let value = if null {
                    Value::Null
                } else {
                    Value::Scalar { text: text.into_owned(), plain }
                };
                return self.plain_node(span, anchor, tag.is_some(), |b| b.add(span, value));
            }
            Event::SequenceStart(_, anchor, tag) => {
                let kind = OpenKind::List(Vec::new());
                return self.plain_node(span, anchor, tag.is_some(), |b| b.begin(span, kind));
            }
            Event::MappingStart(_, anchor, tag) => {
                let (entries, seen) = (Vec::new(), BTreeMap::new());
                let kind = OpenKind::Map { entries, seen, key: None };
                return self.plain_node(span, anchor, tag.is_some(), |b| b.begin(span, kind));
            }
            Event::SequenceEnd | Event::MappingEnd => return self.end(span),
            Event::Alias(_) | Event::UnresolvedAlias(_) => return self.refuse_reference(span),
            _ => {}
        }
        Flow::Continue(())
    }

    fn plain_node(
        &mut self,
        span: Span,
        anchor: usize,
        tagged: bool,
        then: impl FnOnce(&mut Builder) -> Flow,
    ) -> Flow {
        self.nodes += 1;
        if anchor != 0 {
            return self.refuse_reference(span);
        }
        if tagged {
            let message =
                crate::text!("型タグ（!）は使えません。", "tags (`!…`) are not supported");
            return self.refuse(span, message);
        }
        if self.nodes > MAX_NODES {
            let message = crate::text!("値の数が多すぎます。", "the file has too many values");
            return self.refuse(span, message);
        }
        then(self)
    }

    fn refuse(&mut self, span: Span, message: crate::text::Text) -> Flow {
        self.problems.push(Problem::new(span, message));
        Flow::Break(())
    }

    fn refuse_reference(&mut self, span: Span) -> Flow {
        let message = crate::text!(
            "アンカー（&）と参照（*）は使えません。",
            "anchors (`&`) and aliases (`*`) are not supported"
        );
        let help = crate::text!(
            "値をそのまま書いてください。「*」で始まる値は引用符で囲みます（\"*\"）。",
            "write the value itself; quote a value that begins with `*`: \"*\""
        );
        self.problems.push(Problem::new(span, message).help(help));
        Flow::Break(())
    }

    fn begin(&mut self, span: Span, kind: OpenKind) -> Flow {
        let as_key =
            matches!(self.open.last(), Some(Open { kind: OpenKind::Map { key: None, .. }, .. }));
        if as_key {
            let message = crate::text!(
                "項目名は文字列でなければなりません。",
                "a key must be a word, not a list or mapping"
            );
            return self.refuse(span, message);
        }
        if self.open.len() >= MAX_DEPTH {
            self.too_deep(span);
            return Flow::Break(());
        }
        self.last = span;
        self.open.push(Open { span, kind });
        Flow::Continue(())
    }

    fn end(&mut self, span: Span) -> Flow {
        let Some(open) = self.open.pop() else { return Flow::Continue(()) };
        // A block ends where the next token begins, which may be lines further down; a flow ends with its bracket.
        let end = if span.end > span.start { span.end } else { self.last.end };
        let whole = Span { end: end.max(open.span.start), ..open.span };
        let value = match open.kind {
            OpenKind::List(items) => Value::List(items),
            OpenKind::Map { entries, .. } => Value::Map(entries),
        };
        self.add(whole, value)
    }

    fn add(&mut self, span: Span, value: Value) -> Flow {
        if span.end > self.last.end {
            self.last = span;
        }
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(Node { span, value }),
            Some(OpenKind::List(items)) => items.push(Node { span, value }),
            Some(OpenKind::Map { entries, key, .. }) if key.is_some() => {
                if let Some(key) = key.take() {
                    entries.push((key, Node { span, value }));
                }
            }
            Some(OpenKind::Map { .. }) => self.key(span, value),
        }
        Flow::Continue(())
    }

    fn key(&mut self, span: Span, value: Value) {
        let text = match value {
            Value::Scalar { text, .. } => text,
            _ => String::new(),
        };
        let Some(Open { kind: OpenKind::Map { seen, key, .. }, .. }) = self.open.last_mut() else {
            return;
        };
        if seen.insert(text.clone(), span).is_some() {
            self.problems.push(Problem::new(
                span,
                crate::text!("「{text}」が2回書かれています。", "`{text}` is written twice"),
            ));
        }
        *key = Some(Key { text, span });
    }
}

#[cfg(test)]
mod tests;
