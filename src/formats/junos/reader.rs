//! A reading in progress.

use super::tree::{NodeId, Tree};
use crate::formats::Ledger;
use crate::formats::builder::{Builder, unknown};
use crate::model::{ContextId, DynamicRouting, InterfaceId, LineStatus, ScheduleId, Unknown};
use crate::net::{Family, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::net::IpAddr;

pub(super) struct Reader<'a, 'l> {
    pub(super) b: Builder,
    pub(super) tree: Tree<'a>,
    pub(super) ledger: &'l mut Ledger<'a>,
    pub(super) origin: Span,
    /// Routing instances by name; the default one is `""`.
    pub(super) instances: BTreeMap<&'a str, ContextId>,
    /// The routing instances of units, by the names that stand in the instances.
    pub(super) assigned: FxHashMap<&'a str, ContextId>,
    /// Units by name (`ge-0/0/0.0`).
    pub(super) units: FxHashMap<String, InterfaceId>,
    /// Firewall filters bound to units.
    pub(super) bound: Vec<super::interfaces::Bound<'a>>,
    pub(super) zones: Vec<super::zones::Zone<'a>>,
    pub(super) schedules: BTreeMap<&'a str, ScheduleId>,
}

/// A statement of an ordered list, and whether its place is certain: what a group adds to a written list may stand before or
/// behind it, so it is read as possible in front and as certain at the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) node: NodeId,
    pub(super) certain: bool,
}

impl<'a> Reader<'a, '_> {
    pub(super) fn word(&self, id: NodeId) -> &'a str {
        self.tree.word(id)
    }

    pub(super) fn span(&self, id: NodeId) -> Span {
        self.tree.span(id)
    }

    /// The statement is known, matters and is approximated; the model holds the uncertainty.
    pub(super) fn approximated(&mut self, id: NodeId, reason: Text) {
        self.tree.covered(id, LineStatus::Unsupported);
        let span = self.span(id);
        self.ledger.unsupported(span, reason);
    }

    /// The statement is not known; the model holds the uncertainty.
    pub(super) fn strange(&mut self, id: NodeId) {
        let word = self.word(id);
        self.tree.covered(id, LineStatus::Unknown);
        let span = self.span(id);
        self.ledger.unknown(span, strange(word), true);
    }

    /// The statement is not known and may change anything on the device.
    pub(super) fn unread(&mut self, id: NodeId) {
        let word = self.word(id);
        self.tree.covered(id, LineStatus::Unknown);
        let span = self.span(id);
        self.ledger.unknown(span, super::tree::unread(word), false);
    }

    /// The context has routes that the configuration does not show.
    pub(super) fn dynamic(&mut self, context: ContextId, protocol: &str, span: Span) {
        let known = &mut self.b.device.contexts[context].dynamic_routing;
        if !known.iter().any(|routing| routing.protocol == protocol) {
            known.push(DynamicRouting { protocol: protocol.to_owned(), span });
        }
    }

    /// The statement may change anything on the device.
    pub(super) fn uncontained(&mut self, id: NodeId, reason: Text) {
        self.tree.covered(id, LineStatus::Unsupported);
        let span = self.span(id);
        self.ledger.unknown(span, reason, false);
    }

    /// A condition that is not understood: a gap, and the mark that makes its line uncertain.
    pub(super) fn taint(&mut self, id: NodeId) -> Unknown {
        self.strange(id);
        unknown(strange(self.word(id)), self.span(id))
    }

    /// The statements of an ordered list. Groups may have added some; then see [`Entry`].
    pub(super) fn ordered(&mut self, id: NodeId) -> Vec<Entry> {
        let kids = self.tree.kids(id);
        let home = self.tree.group(id);
        let mixed = kids.iter().any(|kid| {
            self.tree.group(*kid) != kids.first().and_then(|first| self.tree.group(*first))
        });
        let inherited = |kid: &NodeId| self.tree.group(*kid) != home;
        let early = kids.iter().copied().filter(|kid| mixed && inherited(kid));
        let early = early.map(|node| Entry { node, certain: false });
        early.chain(kids.iter().map(|node| Entry { node: *node, certain: true })).collect()
    }

    /// Every active statement below `id` that begins with `word`.
    pub(super) fn all_named(&self, id: NodeId, word: &str) -> Vec<NodeId> {
        let below = self.tree.below(id).into_iter();
        below.filter(|node| self.word(*node) == word).collect()
    }

    /// Whether the node holds statements from a group beside its own.
    pub(super) fn is_mixed(&mut self, id: NodeId) -> bool {
        let kids = self.tree.kids(id);
        let first = kids.first().and_then(|kid| self.tree.group(*kid));
        kids.iter().any(|kid| self.tree.group(*kid) != first)
    }
}

pub(super) fn strange(word: &str) -> Text {
    text!(
        "「{word}」は解釈できません。この設定に関わる通信は許可とも拒否とも読みます。",
        "`{word}` is not understood; traffic that it concerns may pass or be stopped"
    )
}

/// Why a line that a group adds to a written list is uncertain at this place.
pub(super) fn order_reason() -> Text {
    text!(
        "グループから継承した行と直接書かれた行の前後関係は特定できません。",
        "whether an inherited line stands before or behind the written ones is not established"
    )
}

/// A prefix; a bare address is one host, and missing parts of an IPv4 address are zero (`10/8`).
pub(super) fn prefix(word: &str) -> Option<Prefix> {
    if let Some(found) = Prefix::parse(word) {
        return Some(found);
    }
    let (address, len) = word.split_once('/').unwrap_or((word, "32"));
    let parts = address.split('.').count();
    if parts > 3 || !address.bytes().all(|c| c.is_ascii_digit() || c == b'.') {
        return None;
    }
    let full = format!("{address}{}", ".0".repeat(4 - parts));
    Prefix::new(full.parse().ok()?, len.parse().ok()?)
}

/// An address with its prefix length, host bits kept; a bare address is one host.
pub(super) fn host(word: &str) -> Option<(IpAddr, u8)> {
    let (address, len) = match word.split_once('/') {
        Some((address, len)) => (address, Some(len)),
        None => (word, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits = Family::of(address).bits();
    let len = len.map_or(Some(bits), |len| len.parse().ok())?;
    (len <= bits).then_some((address, len))
}
