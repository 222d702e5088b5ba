//! A configuration as a tree of words, whichever way it was printed: `rules` → `R1` → `from` → `trust`.
//!
//! XML elements, `entry` names, `member` texts and values are all words; `set` lines and braces say the same in other
//! clothes. Every node bears a mark, and what bears none in the end was met by no part of the reader.

use crate::formats::Ledger;
use crate::model::LineStatus;
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};

/// A node of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct At(usize);

/// How deep a configuration may be nested; PAN-OS itself stays below 40.
pub(super) const MAX_DEPTH: usize = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Unmet,
    Used,
    Irrelevant,
    Gap(usize),
}

#[derive(Debug)]
struct Node<'a> {
    name: Cow<'a, str>,
    parent: usize,
    children: Vec<At>,
    span: Span,
    mark: Cell<Mark>,
}

#[derive(Debug)]
struct Gap {
    status: LineStatus,
    reason: Text,
    contained: bool,
}

/// The tree, with an account of every node.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    origin: Span,
    nodes: Vec<Node<'a>>,
    /// Which text belongs to which node: tags, values, lines.
    places: Vec<(Span, At)>,
    gaps: RefCell<Vec<Gap>>,
    index: FxHashMap<(usize, Cow<'a, str>), At>,
}

impl<'a> Tree<'a> {
    /// A tree of a root without a name.
    pub(super) fn new(origin: Span) -> Tree<'a> {
        let root = Node {
            name: Cow::Borrowed(""),
            parent: 0,
            children: Vec::new(),
            span: origin,
            mark: Cell::new(Mark::Used),
        };
        Tree {
            origin,
            nodes: vec![root],
            places: Vec::new(),
            gaps: RefCell::default(),
            index: FxHashMap::default(),
        }
    }

    pub(super) fn root(&self) -> At {
        At(0)
    }

    /// Adds a node of its own, also beside one of the same name.
    pub(super) fn add(&mut self, parent: At, name: Cow<'a, str>, span: Span) -> At {
        let at = At(self.nodes.len());
        let children = Vec::new();
        let mark = Cell::new(Mark::Unmet);
        self.nodes.push(Node { name, parent: parent.0, children, span, mark });
        if let Some(node) = self.nodes.get_mut(parent.0) {
            node.children.push(at);
        }
        at
    }

    /// The child of this name, added when there is none: later lines go on where earlier ones began.
    pub(super) fn merge(&mut self, parent: At, name: Cow<'a, str>, span: Span) -> At {
        if let Some(at) = self.index.get(&(parent.0, name.clone())) {
            return *at;
        }
        let at = self.add(parent, name.clone(), span);
        self.index.insert((parent.0, name), at);
        at
    }

    /// Says that this text belongs to `at`.
    pub(super) fn place(&mut self, span: Span, at: At) {
        self.places.push((span, at));
    }

    /// Lets the span of a node that ended with the line `before` end with the line `last`.
    pub(super) fn extend(&mut self, at: At, before: Span, last: Span) {
        if let Some(node) = self.nodes.get_mut(at.0)
            && node.span.end == before.end
        {
            node.span.end = last.end;
        }
    }

    /// Lets the span of a block reach to its closing brace.
    pub(super) fn close(&mut self, at: At, last: Span) {
        if let Some(node) = self.nodes.get_mut(at.0) {
            node.span.end = last.end;
        }
    }

    pub(super) fn name(&self, at: At) -> &str {
        self.nodes.get(at.0).map_or("", |node| node.name.as_ref())
    }

    pub(super) fn span(&self, at: At) -> Span {
        self.nodes.get(at.0).map_or(self.origin, |node| node.span)
    }

    pub(super) fn children(&self, at: At) -> &[At] {
        self.nodes.get(at.0).map_or(&[], |node| node.children.as_slice())
    }

    /// The children of this name, which are thereby met.
    pub(super) fn named(&self, at: At, name: &str) -> Vec<At> {
        let found = self.children(at).iter().copied().filter(|child| self.name(*child) == name);
        let found: Vec<At> = found.collect();
        for child in &found {
            self.used(*child);
        }
        found
    }

    /// The node itself is read.
    pub(super) fn used(&self, at: At) {
        if let Some(node) = self.nodes.get(at.0)
            && matches!(node.mark.get(), Mark::Unmet | Mark::Irrelevant)
        {
            node.mark.set(Mark::Used);
        }
    }

    /// Whether any part of the reader met the node.
    pub(super) fn met(&self, at: At) -> bool {
        self.nodes.get(at.0).is_some_and(|node| node.mark.get() != Mark::Unmet)
    }

    /// The node and all below it are read.
    pub(super) fn used_below(&self, at: At) {
        self.mark_below(at, Mark::Used);
    }

    /// The node and what is below it do not matter, as far as nothing was read of it.
    pub(super) fn irrelevant(&self, at: At) {
        self.mark_below(at, Mark::Irrelevant);
    }

    /// The node and what is below it are known and approximated, where the model is uncertain.
    pub(super) fn unsupported(&self, at: At, reason: Text) {
        self.gap(at, LineStatus::Unsupported, reason, true);
    }

    /// The node and what is below it are not understood, and can change anything on this device.
    pub(super) fn uncontained(&self, at: At, reason: Text) {
        self.gap(at, LineStatus::Unknown, reason, false);
    }

    /// The node and what is below it are not understood; the model is uncertain where they stand.
    pub(super) fn unknown(&self, at: At, reason: Text) {
        self.gap(at, LineStatus::Unknown, reason, true);
    }

    fn gap(&self, at: At, status: LineStatus, reason: Text, contained: bool) {
        let mut gaps = self.gaps.borrow_mut();
        gaps.push(Gap { status, reason, contained });
        let mark = Mark::Gap(gaps.len() - 1);
        drop(gaps);
        self.mark_below(at, mark);
    }

    /// A gap stays a gap, and what is used does not become irrelevant.
    fn mark_below(&self, at: At, mark: Mark) {
        let mut open = vec![at];
        while let Some(at) = open.pop() {
            let Some(node) = self.nodes.get(at.0) else { continue };
            let keep = match node.mark.get() {
                Mark::Unmet | Mark::Irrelevant => false,
                Mark::Used => mark == Mark::Irrelevant,
                Mark::Gap(_) => true,
            };
            if !keep {
                node.mark.set(mark);
            }
            open.extend(&node.children);
        }
    }

    /// Gives the account of every piece of text. What nobody met can change anything.
    pub(super) fn account(&self, ledger: &mut Ledger<'_>) {
        self.inherit();
        let gaps = self.gaps.borrow();
        let mut open: Option<(usize, Span)> = None;
        for (span, at) in &self.places {
            let mark = self.nodes.get(at.0).map_or(Mark::Unmet, |node| node.mark.get());
            open = match (open, mark) {
                (Some((id, whole)), Mark::Gap(next)) if id == next => Some((id, whole.to(*span))),
                (before, mark) => {
                    report(ledger, &gaps, before);
                    match mark {
                        Mark::Gap(id) => Some((id, *span)),
                        Mark::Irrelevant => {
                            ledger.irrelevant(*span);
                            None
                        }
                        Mark::Used | Mark::Unmet => {
                            ledger.used(*span);
                            None
                        }
                    }
                }
            };
        }
        report(ledger, &gaps, open);
    }

    /// Nodes that nobody met share the fate of their parent when it is irrelevant or a gap; else they are gaps themselves.
    /// Parents stand before their children.
    fn inherit(&self) {
        for node in &self.nodes {
            if node.mark.get() != Mark::Unmet {
                continue;
            }
            let above = self.nodes.get(node.parent).map_or(Mark::Used, |parent| parent.mark.get());
            if matches!(above, Mark::Irrelevant | Mark::Gap(_)) {
                node.mark.set(above);
                continue;
            }
            let name = &node.name;
            let reason = text!(
                "「{name}」の設定は解釈されませんでした。この機器のどの通信にも影響し得ると読みます。",
                "`{name}` is not known; it may matter to any traffic of this device"
            );
            let mut gaps = self.gaps.borrow_mut();
            gaps.push(Gap { status: LineStatus::Unknown, reason, contained: false });
            node.mark.set(Mark::Gap(gaps.len() - 1));
        }
    }
}

fn report(ledger: &mut Ledger<'_>, gaps: &[Gap], open: Option<(usize, Span)>) {
    let Some((gap, span)) = open.and_then(|(id, span)| Some((gaps.get(id)?, span))) else { return };
    let reason = gap.reason.clone();
    match gap.status {
        LineStatus::Unsupported => ledger.unsupported(span, reason),
        _ => ledger.unknown(span, reason, gap.contained),
    }
}

/// Nodes of one meaning: one, or several when templates of a stack say something about the same thing, first comes first.
#[derive(Clone, Debug, Default)]
pub(super) struct Nodes(pub(super) Vec<At>);

/// A word with the node that it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    pub(super) at: At,
}

impl Nodes {
    pub(super) fn of(at: At) -> Nodes {
        Nodes(vec![at])
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The children of this name of all nodes.
    pub(super) fn sub(&self, tree: &Tree<'_>, name: &str) -> Nodes {
        Nodes(self.0.iter().flat_map(|at| tree.named(*at, name)).collect())
    }

    /// The nodes that a path of names leads to.
    pub(super) fn path(&self, tree: &Tree<'_>, names: &[&str]) -> Nodes {
        names.iter().fold(self.clone(), |nodes, name| nodes.sub(tree, name))
    }

    /// The children by name, those of one name together, in order of first appearance.
    pub(super) fn entries<'t>(&self, tree: &'t Tree<'_>) -> Vec<(&'t str, Nodes)> {
        let mut out: Vec<(&'t str, Nodes)> = Vec::new();
        let mut index: FxHashMap<&'t str, usize> = FxHashMap::default();
        for child in self.0.iter().flat_map(|at| tree.children(*at)) {
            tree.used(*child);
            let name = tree.name(*child);
            let at = *index.entry(name).or_insert(out.len());
            match out.get_mut(at) {
                Some((_, nodes)) => nodes.0.push(*child),
                None => out.push((name, Nodes::of(*child))),
            }
        }
        out
    }

    /// The children as words, each of which is thereby read.
    pub(super) fn words<'t>(&self, tree: &'t Tree<'_>) -> Vec<Word<'t>> {
        let children = self.0.iter().flat_map(|at| tree.children(*at));
        let words = children.map(|at| {
            tree.used(*at);
            Word { text: tree.name(*at), at: *at }
        });
        words.collect()
    }

    pub(super) fn span(&self, tree: &Tree<'_>) -> Span {
        tree.span(self.0.first().copied().unwrap_or(tree.root()))
    }
}
