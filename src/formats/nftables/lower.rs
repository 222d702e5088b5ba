//! From a [`Ruleset`] to the device: what each hook consults in which order, and the lists behind it.

mod condition;
mod connections;
mod effects;
mod fields;
mod interfaces;
mod nat;
mod pipeline;
mod rule;
mod sets;

use super::tree::{Account, Chain, Expr, Layer, NatKind, Ruleset, Statement, Table};
use crate::formats::builder::Builder;
use crate::model::{AddressId, Gap, InterfaceId, LineStatus, ListId, PolicyRoute, Rewrite};
use crate::net::AddressRange;
use crate::source::Span;
use crate::text::Text;
use rustc_hash::{FxHashMap, FxHashSet};

/// Lines of a device beyond which rules over concatenations are read as uncertain instead of one line for each element.
const LINE_LIMIT: usize = 1 << 20;

/// Where a chain runs, as far as its meaning depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Site {
    pub(super) hook: Hook,
    /// Whether the chain translates; then whether no later chain of its hook does.
    pub(super) nat: Option<bool>,
    /// Before connections are known.
    pub(super) early: bool,
}

/// Hooks that packets from the network meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Hook {
    Ingress,
    Prerouting,
    Input,
    Forward,
    Postrouting,
    Egress,
}

/// A rewrite of a header field: what it applies to, and whether its rule stands in a base chain.
type Mangle = (crate::model::Match, Rewrite, bool);

/// The lowering in progress.
pub(super) struct Lower<'r> {
    pub(super) builder: Builder,
    ruleset: &'r Ruleset,
    origin: Span,
    /// Names that stand for every interface, in order of appearance.
    interfaces: Vec<(String, InterfaceId)>,
    lists: FxHashMap<(usize, usize, Site), ListId>,
    addresses: FxHashMap<(usize, usize, crate::net::Family), AddressId>,
    /// Sets that rules add to.
    updated: FxHashSet<(usize, String)>,
    /// Whether some rule takes packets out of connection tracking.
    untracked: Option<Span>,
    /// What became of each rule.
    accounts: Vec<Option<Account>>,
    /// Chains that are being lowered: a jump to one of them is a loop.
    open: Vec<(usize, usize)>,
    /// Rewrites of header fields outside translation chains that have no stage yet.
    mangles: Vec<Mangle>,
    routes: Vec<PolicyRoute>,
    /// Whether some rule changes destinations.
    translates: bool,
    /// The host's own addresses; empty: not known.
    own: Vec<AddressRange>,
    lines: usize,
}

/// The rule that is being lowered.
#[derive(Clone, Copy)]
pub(super) struct Place<'r> {
    table: usize,
    layer: Layer,
    rule: usize,
    span: Span,
    site: Site,
    names: (&'r str, &'r str),
}

impl<'r> Lower<'r> {
    pub(super) fn new(ruleset: &'r Ruleset, origin: Span) -> Lower<'r> {
        let mut lower = Lower {
            builder: Builder::default(),
            ruleset,
            origin,
            interfaces: Vec::new(),
            lists: FxHashMap::default(),
            addresses: FxHashMap::default(),
            updated: FxHashSet::default(),
            untracked: None,
            accounts: vec![None; ruleset.rules],
            open: Vec::new(),
            mangles: Vec::new(),
            routes: Vec::new(),
            translates: false,
            own: Vec::new(),
            lines: 0,
        };
        lower.survey();
        lower
    }

    /// Facts about the whole ruleset on which single rules depend.
    fn survey(&mut self) {
        for (at, table) in self.ruleset.tables.iter().enumerate() {
            for chain in &table.chains {
                let output = chain.base.as_ref().is_some_and(|base| base.hook == "output");
                for rule in &chain.rules {
                    for statement in &rule.statements {
                        match statement {
                            Statement::Update { set } => {
                                self.updated.insert((at, set.clone()));
                            }
                            Statement::Notrack if !output && !table.dormant => {
                                self.untracked = self.untracked.or(Some(rule.span));
                            }
                            Statement::Nat(nat) => {
                                self.translates |=
                                    matches!(nat.kind, NatKind::Destination | NatKind::Redirect);
                            }
                            Statement::Mangle { key: Expr::Payload { field, .. } } => {
                                self.translates |= field == "daddr" || field == "dport";
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
    }

    fn table(&self, at: usize) -> Option<&'r Table> {
        self.ruleset.tables.get(at)
    }

    fn chain(&self, table: usize, at: usize) -> Option<&'r Chain> {
        self.table(table)?.chains.get(at)
    }

    /// Notes what became of a rule; the worst counts.
    fn account(&mut self, rule: usize, account: Account) {
        let rank = |account: &Account| match account {
            Account::Irrelevant => 0,
            Account::Used => 1,
            Account::Gap(gap) => match (gap.status, gap.contained) {
                (LineStatus::Unknown, false) => 4,
                (LineStatus::Unknown, true) => 3,
                _ => 2,
            },
        };
        if let Some(slot) = self.accounts.get_mut(rule)
            && slot.as_ref().is_none_or(|old| rank(old) < rank(&account))
        {
            *slot = Some(account);
        }
    }

    /// A construct that is known, and that the ruleset alone does not decide.
    fn unsupported(&mut self, place: Place<'_>, reason: Text) {
        let status = LineStatus::Unsupported;
        let gap = Gap { span: place.span, status, reason, contained: true };
        self.account(place.rule, Account::Gap(Box::new(gap)));
    }

    /// A construct that is not known.
    fn unknown(&mut self, place: Place<'_>, reason: Text, contained: bool) {
        let gap = Gap { span: place.span, status: LineStatus::Unknown, reason, contained };
        self.account(place.rule, Account::Gap(Box::new(gap)));
    }

    /// What became of every rule: those that no hook reaches had no effect.
    pub(super) fn finish(self) -> (crate::model::Device, Vec<(Span, Account)>) {
        let rules = self.ruleset.tables.iter().flat_map(|t| &t.chains).flat_map(|c| &c.rules);
        let mut notes = Vec::new();
        for rule in rules {
            let account = self.accounts.get(rule.id).cloned().flatten();
            let account = account.unwrap_or(Account::Irrelevant);
            // A gap may stand at the chain instead of the rule.
            if matches!(account, Account::Gap(_)) {
                notes.push((rule.span, Account::Used));
            }
            notes.push((rule.span, account));
        }
        (self.builder.device, notes)
    }
}
