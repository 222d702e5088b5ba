//! The XML form: `running-config.xml`, `show config running` and answers of the API.

use super::tree::{At, MAX_DEPTH, Tree};
use crate::formats::Ledger;
use crate::source::{FileId, Span};
use crate::text;
use roxmltree::{Document, Node, ParsingOptions};
use std::borrow::Cow;
use std::ops::Range;

/// More nodes than any real configuration has (a 100 MB export has some 10 million).
const MAX_NODES: u32 = 20_000_000;

/// The tree of the document in `text`, and what stands around it, to be accounted for in `ledger`. A document that is cut off,
/// nested without end or brings entities of its own is not read at all.
pub(super) fn read<'a>(
    file: FileId,
    text: &'a str,
    tree: &mut Tree<'a>,
    ledger: &mut Ledger<'_>,
) -> bool {
    let start = text.find('<').unwrap_or(text.len());
    let end = text.rfind('>').map_or(start, |at| at + 1).max(start);
    let body = text.get(start..end).unwrap_or("");
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..Default::default() };
    let depth = depth(body);
    let parsed = (depth <= MAX_DEPTH).then(|| Document::parse_with_options(body, options));
    let Some(Ok(document)) = parsed else {
        let reason = text!(
            "XML として読み取れません（途中で切れている、DTD を含む、または入れ子が深すぎます）。この機器のどの通信も通り得ると読みます。",
            "this is no well-formed XML (cut off, with a DTD, or nested too deeply); anything may pass this device"
        );
        ledger.unknown(span(file, 0, 0..text.len()), reason, false);
        return false;
    };
    around(file, text, start..end, ledger);
    let mut walk = Walk { file, start, body, tree };
    let root = walk.tree.root();
    walk.element(document.root_element(), root, ledger);
    // The XML declaration is no node.
    ledger.irrelevant(span(file, start, 0..0));
    for node in document.root().children().filter(|node| !node.is_element()) {
        ledger.irrelevant(span(file, start, node.range()));
    }
    true
}

/// How deep the tags are nested; a scan without a parser, so that no parser meets more.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let near = |offset: usize| bytes.get(at + offset).copied().unwrap_or(0);
        match (*byte, near(1)) {
            (b'<', b'/') => depth = depth.saturating_sub(1),
            (b'<', b'!' | b'?') => {}
            (b'<', _) => depth += 1,
            (b'/', b'>') => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Prompts and words of the terminal around the document; a line that could be cut-off configuration is not known.
fn around(file: FileId, text: &str, body: Range<usize>, ledger: &mut Ledger<'_>) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let range = at..at + line.trim_end().len();
        at = at.saturating_add(line.len());
        if range.end <= body.start || range.start >= body.end {
            if line.trim().is_empty() {
                continue;
            }
            if super::words::is_prompt(line.trim()) {
                ledger.irrelevant(span(file, 0, range));
            } else {
                ledger.unknown(span(file, 0, range), super::words::not_known(), false);
            }
        }
    }
}

fn span(file: FileId, base: usize, range: Range<usize>) -> Span {
    let place = |at: usize| u32::try_from(base.saturating_add(at)).unwrap_or(u32::MAX);
    Span { file, start: place(range.start), end: place(range.end) }
}

struct Walk<'w, 'a> {
    file: FileId,
    start: usize,
    body: &'a str,
    tree: &'w mut Tree<'a>,
}

impl<'a> Walk<'_, 'a> {
    /// Adds an element and what is in it. Depth is bounded before.
    fn element(&mut self, node: Node<'_, '_>, parent: At, ledger: &mut Ledger<'_>) {
        let range = node.range();
        let at = self.tree.add(parent, self.name(node), span(self.file, self.start, range.clone()));
        let inner = node.first_child().map_or(range.end, |child| child.range().start);
        self.tree.place(span(self.file, self.start, range.start..inner), at);
        let member = node.tag_name().name() == "member" && node.attribute("name").is_none();
        for child in node.children() {
            if child.is_element() {
                self.element(child, at, ledger);
            } else if child.is_text() {
                self.value(child, at, member);
            } else {
                ledger.irrelevant(span(self.file, self.start, child.range()));
            }
        }
        if let Some(last) = node.last_child() {
            self.tree.place(span(self.file, self.start, last.range().end..range.end), at);
        }
    }

    /// What an element is called: the name of an entry, the text of a member, else the tag.
    fn name(&self, node: Node<'_, '_>) -> Cow<'a, str> {
        if let Some(attribute) = node.attribute_node("name") {
            let plain = self.body.get(attribute.range_value());
            return match plain {
                Some(plain) if plain == attribute.value() => Cow::Borrowed(plain),
                _ => Cow::Owned(attribute.value().to_owned()),
            };
        }
        let tag = node.tag_name().name();
        if tag == "member" {
            return Cow::Owned(node.text().unwrap_or("").trim().to_owned());
        }
        Cow::Owned(tag.to_owned())
    }

    /// A text that is not blank: the value of its element, or, in a member, what the member is called already.
    fn value(&mut self, node: Node<'_, '_>, parent: At, member: bool) {
        let text = node.text().unwrap_or("");
        if text.trim().is_empty() {
            return;
        }
        let place = span(self.file, self.start, node.range());
        if member {
            self.tree.place(place, parent);
            return;
        }
        let value = self.tree.add(parent, Cow::Owned(text.trim().to_owned()), place);
        self.tree.place(place, value);
    }
}
