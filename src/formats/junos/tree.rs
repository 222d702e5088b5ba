//! The configuration as one tree of words, whichever way it was printed: a statement is a path, and paths share their beginnings.
//!
//! Every node keeps what the reader made of it, so that at the end no word is forgotten: a node that nobody asked for is an
//! uncontained gap.

use crate::formats::Ledger;
use crate::model::LineStatus;
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;

/// How deep statements may nest; devices stay below 25.
pub(super) const DEPTH_LIMIT: usize = 64;

/// The position of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct NodeId(u32);

impl NodeId {
    fn at(self) -> usize {
        self.0 as usize
    }
}

/// A word with its place, without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) span: Span,
}

/// What the reader made of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    No,
    Used,
    /// With everything below.
    Ignored,
    /// With everything below; the gap is in the ledger.
    Gap(LineStatus),
}

#[derive(Clone, Debug)]
struct Node<'a> {
    word: &'a str,
    /// The statement that brought it.
    line: Span,
    parent: Option<NodeId>,
    children: Vec<NodeId>,
    /// The child that was asked for last: mostly it is the next one, too.
    recent: Option<NodeId>,
    inactive: bool,
    /// The number of the group that it was inherited from.
    group: Option<usize>,
    seen: Seen,
}

/// All statements.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    index: FxHashMap<(NodeId, &'a str), NodeId>,
}

/// Words that say something about their container and are no statement of it.
const META: &[&str] = &["apply-groups", "apply-groups-except", "apply-flags", "apply-macro"];

impl<'a> Tree<'a> {
    pub(super) const ROOT: NodeId = NodeId(0);

    /// A tree without statements; `origin` is where the file begins.
    pub(super) fn new(origin: Span) -> Tree<'a> {
        let root = Node {
            word: "",
            line: origin,
            parent: None,
            children: Vec::new(),
            recent: None,
            inactive: false,
            group: None,
            seen: Seen::Used,
        };
        Tree { nodes: vec![root], index: FxHashMap::default() }
    }

    fn node(&self, id: NodeId) -> &Node<'a> {
        self.nodes.get(id.at()).unwrap_or_else(|| self.root())
    }

    #[allow(clippy::indexing_slicing, reason = "new() makes the root")]
    fn root(&self) -> &Node<'a> {
        &self.nodes[0]
    }

    pub(super) fn word(&self, id: NodeId) -> &'a str {
        self.node(id).word
    }

    /// The statement that brought the node.
    pub(super) fn span(&self, id: NodeId) -> Span {
        self.node(id).line
    }

    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).parent
    }

    pub(super) fn group(&self, id: NodeId) -> Option<usize> {
        self.node(id).group
    }

    pub(super) fn is_active(&self, id: NodeId) -> bool {
        !self.node(id).inactive
    }

    /// All children, also inactive ones and those that speak of groups.
    pub(super) fn all_children(&self, id: NodeId) -> Vec<NodeId> {
        self.node(id).children.clone()
    }

    /// The child with this word, active or not.
    pub(super) fn child(&self, id: NodeId, word: &str) -> Option<NodeId> {
        // The key borrows from the file; a look-up by any other text goes through the children when it must.
        self.index.get(&(id, word)).copied()
    }

    /// The child with this word, made when there is none.
    pub(super) fn child_or_new(
        &mut self,
        id: NodeId,
        word: &'a str,
        line: Span,
        group: Option<usize>,
    ) -> NodeId {
        if let Some(recent) = self.node(id).recent
            && self.node(recent).word == word
        {
            return recent;
        }
        if let Some(found) = self.index.get(&(id, word)).copied() {
            self.remember(id, Some(found));
            return found;
        }
        let new = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node {
            word,
            line,
            parent: Some(id),
            children: Vec::new(),
            recent: None,
            inactive: false,
            group,
            seen: Seen::No,
        });
        self.index.insert((id, word), new);
        if let Some(node) = self.nodes.get_mut(id.at()) {
            node.children.push(new);
            node.recent = Some(new);
        }
        new
    }

    /// The child with this word that is in force: an inactive one is as if it were not there, and stays only for the eye.
    pub(super) fn active_child_or_new(
        &mut self,
        id: NodeId,
        word: &'a str,
        line: Span,
        group: Option<usize>,
    ) -> NodeId {
        if self.child(id, word).is_some_and(|found| !self.is_active(found)) {
            self.index.remove(&(id, word));
            self.remember(id, None);
        }
        self.child_or_new(id, word, line, group)
    }

    fn remember(&mut self, id: NodeId, recent: Option<NodeId>) {
        if let Some(node) = self.nodes.get_mut(id.at()) {
            node.recent = recent;
        }
    }

    pub(super) fn set_inactive(&mut self, id: NodeId, inactive: bool) {
        if let Some(node) = self.nodes.get_mut(id.at()) {
            node.inactive = inactive;
        }
    }

    /// Takes the node out of the tree.
    pub(super) fn remove(&mut self, id: NodeId) {
        let (parent, word) = (self.node(id).parent, self.node(id).word);
        let Some(parent) = parent else { return };
        self.index.remove(&(parent, word));
        self.remember(parent, None);
        if let Some(node) = self.nodes.get_mut(parent.at()) {
            node.children.retain(|child| *child != id);
        }
        self.ignore(id);
    }

    /// Gives the node another word; `false` when a sibling has it already.
    pub(super) fn rename(&mut self, id: NodeId, word: &'a str) -> bool {
        let (parent, old) = (self.node(id).parent, self.node(id).word);
        let Some(parent) = parent else { return false };
        if self.index.contains_key(&(parent, word)) {
            return false;
        }
        self.index.remove(&(parent, old));
        self.index.insert((parent, word), id);
        if let Some(node) = self.nodes.get_mut(id.at()) {
            node.word = word;
        }
        true
    }

    /// Puts the node before or behind a sibling.
    pub(super) fn reorder(&mut self, id: NodeId, before: bool, sibling: NodeId) -> bool {
        let Some(parent) = self.node(id).parent else { return false };
        let Some(node) = self.nodes.get_mut(parent.at()) else { return false };
        if id == sibling || !node.children.contains(&sibling) {
            return false;
        }
        node.children.retain(|child| *child != id);
        let at = node.children.iter().position(|child| *child == sibling).unwrap_or(0);
        node.children.insert(at + usize::from(!before), id);
        true
    }
}

/// What the reader asks, and what it says it has read.
impl<'a> Tree<'a> {
    fn set(&mut self, id: NodeId, seen: Seen) {
        if let Some(node) = self.nodes.get_mut(id.at())
            && !matches!(node.seen, Seen::Gap(_))
        {
            node.seen = seen;
        }
    }

    /// The word is in the model, or is a container whose statements are asked for one by one.
    pub(super) fn used(&mut self, id: NodeId) {
        if self.node(id).seen == Seen::No {
            self.set(id, Seen::Used);
        }
    }

    /// The node and everything below do not matter.
    pub(super) fn ignore(&mut self, id: NodeId) {
        self.set(id, Seen::Ignored);
    }

    /// The node and everything below are accounted for by a gap.
    pub(super) fn covered(&mut self, id: NodeId, status: LineStatus) {
        self.set(id, Seen::Gap(status));
    }

    /// The active statements of a container, in order.
    pub(super) fn kids(&mut self, id: NodeId) -> Vec<NodeId> {
        self.used(id);
        let children = &self.node(id).children;
        let kids = children.iter().copied().filter(|child| {
            let node = self.node(*child);
            !node.inactive && !META.contains(&node.word)
        });
        kids.collect()
    }

    /// The active statement of a container that begins with `word`.
    pub(super) fn get(&mut self, id: NodeId, word: &'a str) -> Option<NodeId> {
        let found = self.child(id, word).filter(|found| self.is_active(*found))?;
        self.used(id);
        self.used(found);
        Some(found)
    }

    /// The statement at the end of a path.
    pub(super) fn path(&mut self, from: NodeId, words: &[&'a str]) -> Option<NodeId> {
        words.iter().try_fold(from, |at, word| self.get(at, word))
    }

    /// The value of a statement that has one value: the last one that is written out, else the first that is inherited.
    /// `None`: there is none, also when it is switched off.
    pub(super) fn value(&mut self, id: NodeId) -> Option<NodeId> {
        let kids = self.kids(id);
        let own = kids.iter().rfind(|kid| self.group(**kid) == self.group(id));
        let chosen = own.or(kids.first()).copied()?;
        for kid in kids {
            if kid == chosen {
                self.used(kid);
            } else {
                self.ignore(kid);
            }
        }
        Some(chosen)
    }

    /// The word of the value of the statement `word` in a container.
    pub(super) fn value_of(&mut self, id: NodeId, word: &'a str) -> Option<&'a str> {
        let leaf = self.get(id, word)?;
        self.value(leaf).map(|value| self.word(value))
    }

    /// Whether nothing was ever written below the node, not even something inactive.
    pub(super) fn is_bare(&self, id: NodeId) -> bool {
        self.node(id).children.is_empty()
    }

    /// The node and everything below, parents first.
    pub(super) fn below(&self, id: NodeId) -> Vec<NodeId> {
        let mut out = vec![id];
        let mut at = 0;
        while let Some(id) = out.get(at).copied() {
            out.extend(self.node(id).children.iter().copied().filter(|c| self.is_active(*c)));
            at += 1;
        }
        out
    }

    /// Gives every statement its account. Nodes stand behind their parents, so one pass hands the status down.
    pub(super) fn settle(&self, groups: Option<NodeId>, ledger: &mut Ledger<'_>) {
        let mut seen: Vec<Seen> = Vec::with_capacity(self.nodes.len());
        for (at, node) in self.nodes.iter().enumerate() {
            let above = node.parent.and_then(|parent| seen.get(parent.at())).copied();
            let own = match above.unwrap_or(Seen::Used) {
                handed @ (Seen::Ignored | Seen::Gap(_)) => handed,
                _ if node.inactive || META.contains(&node.word) => Seen::Ignored,
                // Definitions of groups count where they are inherited.
                _ if groups.is_some_and(|groups| groups.at() == at) => Seen::Ignored,
                Seen::No => Seen::Gap(LineStatus::Unknown),
                Seen::Used => node.seen,
            };
            if at > 0 {
                match own {
                    Seen::Used => ledger.used(node.line),
                    Seen::Ignored => ledger.irrelevant(node.line),
                    Seen::Gap(status) => ledger.covered(node.line, status),
                    Seen::No => ledger.unknown(node.line, unread(node.word), false),
                }
            }
            seen.push(own);
        }
    }
}

pub(super) fn unread(word: &str) -> crate::text::Text {
    text!(
        "「{word}」から始まる設定は解釈できません。機器全体に影響し得るものとして扱います。",
        "what `{word}` begins is not understood; it may change anything on this device"
    )
}
