//! Where a statement goes in the tree. The command line lets several attributes of one container follow one another on one line
//! (`match source-address a destination-address b`); they become siblings, as `show configuration` prints them.

use super::tree::{DEPTH_LIMIT, NodeId, Tree, Word};
use crate::source::Span;

/// Attributes of a container: the word, and how many values follow it.
type Attributes = &'static [(&'static str, usize)];

const MATCH: Attributes = &[
    ("source-address", 1),
    ("destination-address", 1),
    ("application", 1),
    ("source-address-name", 1),
    ("destination-address-name", 1),
    ("source-address-excluded", 0),
    ("destination-address-excluded", 0),
    ("source-port", 1),
    ("destination-port", 1),
    ("port", 1),
    ("protocol", 1),
    ("source-identity", 1),
    ("source-end-user-profile", 1),
    ("dynamic-application", 1),
    ("url-category", 1),
    ("from-zone", 1),
    ("to-zone", 1),
    ("address", 1),
    ("source-prefix-list", 1),
    ("destination-prefix-list", 1),
    ("prefix-list", 1),
    ("icmp-type", 1),
    ("icmp-code", 1),
    ("next-header", 1),
    ("payload-protocol", 1),
    ("tcp-flags", 1),
    ("tcp-established", 0),
    ("tcp-initial", 0),
    ("is-fragment", 0),
];
const THEN: Attributes = &[
    ("accept", 0),
    ("discard", 0),
    ("deny", 0),
    ("log", 0),
    ("syslog", 0),
    ("sample", 0),
    ("policer", 1),
    ("forwarding-class", 1),
    ("loss-priority", 1),
    ("routing-instance", 1),
    ("packet-mode", 0),
];
const APPLICATION: Attributes = &[
    ("protocol", 1),
    ("source-port", 1),
    ("destination-port", 1),
    ("icmp-type", 1),
    ("icmp-code", 1),
    ("icmp6-type", 1),
    ("icmp6-code", 1),
    ("inactivity-timeout", 1),
    ("application-protocol", 1),
    ("alg", 1),
    ("rpc-program-number", 1),
    ("uuid", 1),
    ("ether-type", 1),
    ("description", 1),
];
const ROUTE: Attributes = &[
    ("next-hop", 1),
    ("next-table", 1),
    ("discard", 0),
    ("reject", 0),
    ("preference", 1),
    ("metric", 1),
    ("interface", 1),
    ("tag", 1),
    ("retain", 0),
    ("no-retain", 0),
    ("install", 0),
    ("no-install", 0),
    ("readvertise", 0),
    ("no-readvertise", 0),
    ("resolve", 0),
    ("no-resolve", 0),
    ("active", 0),
    ("passive", 0),
];
const UNIT: Attributes = &[("description", 1), ("vlan-id", 1), ("disable", 0), ("mtu", 1)];
const INTERFACE: Attributes = &[
    ("description", 1),
    ("vlan-tagging", 0),
    ("flexible-vlan-tagging", 0),
    ("disable", 0),
    ("mtu", 1),
    ("speed", 1),
];
const TIMES: Attributes = &[
    ("start-time", 1),
    ("stop-time", 1),
    ("start-date", 1),
    ("stop-date", 1),
    ("all-day", 0),
    ("exclude", 0),
];
const LOG: Attributes = &[("session-init", 0), ("session-close", 0)];
const NONE: Attributes = &[];

impl<'a> Tree<'a> {
    /// The attributes that may follow one another below `id`.
    fn attributes(&self, id: NodeId) -> Attributes {
        let up = |id: Option<NodeId>| id.and_then(|id| self.parent(id));
        let word = |id: Option<NodeId>| id.map_or("", |id| self.word(id));
        let parent = up(Some(id));
        let grand = up(parent);
        match (self.word(id), word(parent)) {
            ("match" | "from", _) => MATCH,
            ("then", _) => THEN,
            ("log", "then") => LOG,
            (_, "application") if word(grand) == "applications" => APPLICATION,
            (_, "term") if word(up(grand)) == "application" => APPLICATION,
            (_, "route" | "qualified-next-hop") => ROUTE,
            (_, "unit") => UNIT,
            (_, "interfaces") if grand == Some(Tree::ROOT) => INTERFACE,
            (_, "scheduler") => TIMES,
            (_, _) if word(grand) == "scheduler" => TIMES,
            _ => NONE,
        }
    }

    fn is_attribute(&self, id: NodeId, word: &Word<'_>) -> bool {
        self.attributes(id).iter().any(|(name, _)| *name == word.text)
    }

    /// Adds a statement below `base` and returns its nodes from the first word on; words beyond the depth limit are left out,
    /// and then `None` is returned. The last word may be a list in brackets: one statement each.
    pub(super) fn insert(
        &mut self,
        base: NodeId,
        depth: usize,
        words: &[Word<'a>],
        values: &[Word<'a>],
        line: Span,
    ) -> Option<Vec<NodeId>> {
        if depth + words.len() + 1 > DEPTH_LIMIT {
            return None;
        }
        let mut path = Vec::with_capacity(words.len());
        let mut at = base;
        let mut rest = words;
        while let [word, tail @ ..] = rest {
            let arity = self.attributes(at).iter().find(|(name, _)| *name == word.text);
            let node = self.child_or_new(at, word.text, line, None);
            path.push(node);
            rest = tail;
            match arity {
                Some((_, 0)) if tail.first().is_some_and(|next| self.is_attribute(at, next)) => {}
                Some((_, 1)) => {
                    let mut value = node;
                    if let [first, more @ ..] = tail {
                        value = self.child_or_new(node, first.text, line, None);
                        path.push(value);
                        rest = more;
                    }
                    if let [word @ Word { text: "except", .. }, more @ ..] = rest {
                        self.child_or_new(value, word.text, line, None);
                        rest = more;
                    } else if let [to @ Word { text: "to", .. }, end, more @ ..] = rest {
                        let to = self.child_or_new(value, to.text, line, None);
                        self.child_or_new(to, end.text, line, None);
                        rest = more;
                    }
                    if rest.is_empty() {
                        at = value;
                    }
                }
                _ => at = node,
            }
        }
        for value in values {
            path.push(self.child_or_new(at, value.text, line, None));
        }
        Some(path)
    }

    /// The node of a path, when the tree holds it.
    pub(super) fn locate(&self, base: NodeId, words: &[Word<'a>]) -> Option<NodeId> {
        words.iter().try_fold(base, |at, word| self.child(at, word.text))
    }
}
