//! Structural reader of `config / edit / set / next / end` blocks (FortiOS and its kin), with exact spans.
//!
//! Strings are lexed before lines, because a quoted value may span lines and may hold words such as `end`. The result is a
//! flat table in document order, each statement knowing where its descendants end, so depth costs no stack. What does not
//! balance is a [`Fault`], and the statements around it are still there.

mod lex;
#[cfg(test)]
mod tests;

use crate::source::{FileId, Span};
use std::borrow::Cow;

/// How deep blocks may nest; devices stay below 6.
pub const DEPTH_LIMIT: usize = 64;

/// What a statement begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `config PATH…`: opens a block that `end` closes.
    Config,
    /// `edit NAME`: opens an entry that `next`, or the `end` of the block, closes.
    Edit,
    /// `set KEY VALUE…`.
    Set,
    /// `unset KEY`.
    Unset,
    /// `append KEY VALUE…`: adds to a list.
    Append,
    /// `select KEY VALUE…`: replaces a list.
    Select,
    /// `unselect KEY VALUE…`: takes out of a list.
    Unselect,
    /// `delete NAME`.
    Delete,
    /// `rename NAME to NAME`.
    Rename,
    /// `move NAME before|after NAME`.
    Move,
    /// `clone NAME to NAME`.
    Clone,
    /// `purge`: deletes every entry.
    Purge,
    /// Anything else; its first word is among the words.
    Other,
}

/// How a word is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Bare,
    Quoted,
    Mixed,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    start: u32,
    end: u32,
    form: Form,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    verb: Verb,
    words: u32,
    count: u32,
    start: u32,
    head_end: u32,
    end: u32,
    skip: u32,
}

/// Something that does not balance. It can hide anything, so a reader reports it as an uncontained gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// The statement at which it shows; for what never ends, where it begins.
    pub span: Span,
}

/// Kinds of [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The file ends inside a quoted string.
    OpenString,
    /// A string that spans lines touches another word: a quote is missing or too many.
    GluedString,
    /// The file ends inside a block.
    OpenBlock,
    /// `edit` inside an entry: a `next` is missing.
    MissingNext,
    /// `next` outside an entry.
    StrayNext,
    /// `end` outside a block.
    StrayEnd,
    /// Deeper than [`DEPTH_LIMIT`].
    TooDeep,
}

/// All statements of a file.
#[derive(Debug)]
pub struct Tree<'a> {
    file: FileId,
    text: &'a str,
    nodes: Vec<Node>,
    pieces: Vec<Piece>,
    comments: Vec<Span>,
    faults: Vec<Fault>,
}

/// One statement of a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub struct Statement<'t, 'a> {
    tree: &'t Tree<'a>,
    index: usize,
    node: Node,
}

/// One word: its value without quotes and escapes, and where it stands with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// The value.
    pub text: Cow<'a, str>,
    /// Where it stands.
    pub span: Span,
}

impl<'a> Tree<'a> {
    /// Reads `text`, the cleaned text of `file`.
    #[must_use]
    pub fn read(file: FileId, text: &'a str) -> Tree<'a> {
        lex::read(file, text)
    }

    /// What does not balance, in document order.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The lines that begin with `#`.
    #[must_use]
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// The statements outside every block.
    pub fn roots(&self) -> Statements<'_, 'a> {
        Statements { tree: self, next: 0, end: self.nodes.len() }
    }

    /// Every statement at any depth, in document order.
    pub fn all(&self) -> impl Iterator<Item = Statement<'_, 'a>> {
        let nodes = self.nodes.iter().enumerate();
        nodes.map(|(index, node)| Statement { tree: self, index, node: *node })
    }

    fn span(&self, start: u32, end: u32) -> Span {
        Span { file: self.file, start, end }
    }

    fn value(&self, piece: Piece) -> Cow<'a, str> {
        let raw = self.text.get(piece.start as usize..piece.end as usize).unwrap_or("");
        match piece.form {
            Form::Bare => Cow::Borrowed(raw),
            Form::Quoted => Cow::Borrowed(raw.get(1..raw.len().saturating_sub(1)).unwrap_or("")),
            Form::Mixed => Cow::Owned(lex::unescape(raw)),
        }
    }
}

/// Sibling statements in document order.
#[derive(Clone, Debug)]
pub struct Statements<'t, 'a> {
    tree: &'t Tree<'a>,
    next: usize,
    end: usize,
}

impl<'t, 'a> Iterator for Statements<'t, 'a> {
    type Item = Statement<'t, 'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        let node = *self.tree.nodes.get(index)?;
        self.next = (node.skip as usize).max(index + 1);
        Some(Statement { tree: self.tree, index, node })
    }
}

impl<'t, 'a> Statement<'t, 'a> {
    /// What it begins with.
    #[must_use]
    pub fn verb(self) -> Verb {
        self.node.verb
    }

    /// From its first byte to the end of the `next` or `end` that closes it.
    #[must_use]
    pub fn span(self) -> Span {
        self.tree.span(self.node.start, self.node.end)
    }

    /// Its own words only, without what it opens.
    #[must_use]
    pub fn head(self) -> Span {
        self.tree.span(self.node.start, self.node.head_end)
    }

    /// The number of words after the verb.
    #[must_use]
    pub fn len(self) -> usize {
        self.node.count as usize
    }

    /// Whether nothing follows the verb.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.node.count == 0
    }

    /// Word `index` after the verb.
    #[must_use]
    pub fn word(self, index: usize) -> Option<Word<'a>> {
        let piece = *self.pieces().get(index)?;
        Some(Word { text: self.tree.value(piece), span: self.tree.span(piece.start, piece.end) })
    }

    /// The value of word `index`, or an empty string.
    #[must_use]
    pub fn text(self, index: usize) -> Cow<'a, str> {
        self.pieces().get(index).map_or(Cow::Borrowed(""), |piece| self.tree.value(*piece))
    }

    /// The words from `first` on.
    pub fn words_from(self, first: usize) -> impl Iterator<Item = Word<'a>> + use<'t, 'a> {
        let tree = self.tree;
        self.pieces().iter().skip(first).map(move |piece| Word {
            text: tree.value(*piece),
            span: tree.span(piece.start, piece.end),
        })
    }

    /// All words after the verb, joined by one blank.
    #[must_use]
    pub fn path(self) -> String {
        let mut path = String::new();
        for word in self.words_from(0) {
            if !path.is_empty() {
                path.push(' ');
            }
            path.push_str(&word.text);
        }
        path
    }

    /// The statements directly inside.
    #[must_use]
    pub fn children(self) -> Statements<'t, 'a> {
        Statements { tree: self.tree, next: self.index + 1, end: self.node.skip as usize }
    }

    /// Whether it holds no statement.
    #[must_use]
    pub fn is_leaf(self) -> bool {
        self.node.skip as usize <= self.index + 1
    }

    /// The line that closes it (`next`, `end`), or its own when nothing does.
    #[must_use]
    pub fn tail(self) -> Span {
        self.tree.span(self.node.end.saturating_sub(1).max(self.node.start), self.node.end)
    }

    fn pieces(self) -> &'t [Piece] {
        let first = self.node.words as usize;
        self.tree.pieces.get(first..first + self.node.count as usize).unwrap_or(&[])
    }
}
