//! What each hook consults: base chains in order of priority, translations where the kernel has them.

use super::{Hook, Lower, Mangle, Site};
use crate::formats::builder::{line, unknown};
use crate::formats::nftables::tree::{Account, Base, Chain, Expr, Layer, Statement, Verdict};
use crate::model::{
    Action, Binding, Filter, Gap, Interfaces, LineStatus, ListId, Remark, Stage, Translate,
};
use crate::net::{Family, State};
use crate::text;

/// Connections are known to chains of a greater priority at `prerouting`.
const CONNTRACK: i64 = -200;
/// Where translations stand at `prerouting`, whatever priority their chains state.
const DNAT: i64 = -100;
/// The same at `postrouting`.
const SNAT: i64 = 100;

/// A base chain of a table that is in force.
#[derive(Clone, Copy)]
struct Entry<'r> {
    table: usize,
    at: usize,
    layer: Layer,
    chain: &'r Chain,
    base: &'r Base,
    priority: i64,
}

impl Entry<'_> {
    fn family(&self) -> Option<Family> {
        match self.layer {
            Layer::Ip => Some(Family::V4),
            Layer::Ip6 => Some(Family::V6),
            _ => None,
        }
    }

    fn is_nat(&self) -> bool {
        self.base.kind == "nat"
    }
}

impl<'r> Lower<'r> {
    /// Fills the one context.
    pub(in super::super) fn pipelines(&mut self) {
        let entries = self.entries();
        let mut pipeline = Vec::new();
        self.devices(&entries, Hook::Ingress, &mut pipeline);
        pipeline.extend(self.bridged(true));
        self.hook(&entries, Hook::Prerouting, DNAT, &mut pipeline);
        pipeline.push(Stage::Route);
        self.hook(&entries, Hook::Forward, i64::MAX, &mut pipeline);
        self.hook(&entries, Hook::Postrouting, SNAT, &mut pipeline);
        pipeline.extend(self.bridged(false));
        self.devices(&entries, Hook::Egress, &mut pipeline);
        let mut local = Vec::new();
        self.hook(&entries, Hook::Input, SNAT, &mut local);
        let local = local.into_iter().filter_map(|stage| match stage {
            Stage::Filter(filter) => Some(filter),
            _ => None,
        });
        let local: Vec<Filter> = local.collect();
        self.unbound();
        let routes = std::mem::take(&mut self.routes);
        for (_, context) in self.builder.device.contexts.iter_mut() {
            context.policy_routes.extend(routes.iter().cloned());
            context.pipeline.clone_from(&pipeline);
            context.local.clone_from(&local);
        }
    }

    /// The base chains in force, in order of priority.
    fn entries(&mut self) -> Vec<Entry<'r>> {
        let mut out = Vec::new();
        for (table, owner) in self.ruleset.tables.iter().enumerate().filter(|(_, t)| !t.dormant) {
            for (at, chain) in owner.chains.iter().enumerate() {
                let Some(base) = &chain.base else { continue };
                let priority = base.priority.unwrap_or(0);
                out.push(Entry { table, at, layer: owner.family, chain, base, priority });
            }
        }
        out.sort_by_key(|entry| entry.priority);
        out
    }

    /// The chains of one hook as stages; translations of the hook together stand at `nat_at`.
    fn hook(&mut self, entries: &[Entry<'r>], hook: Hook, nat_at: i64, stages: &mut Vec<Stage>) {
        let name = match hook {
            Hook::Prerouting => "prerouting",
            Hook::Input => "input",
            Hook::Forward => "forward",
            _ => "postrouting",
        };
        let ours = |entry: &&Entry<'r>| {
            entry.base.hook == name && matches!(entry.layer, Layer::Inet | Layer::Ip | Layer::Ip6)
        };
        let own: Vec<Entry<'r>> = entries.iter().filter(ours).copied().collect();
        let nat: Vec<Entry<'r>> = own.iter().filter(|entry| entry.is_nat()).copied().collect();
        let filters: Vec<Entry<'r>> = own.iter().filter(|entry| !entry.is_nat()).copied().collect();
        let mut translated = nat.is_empty();
        let mut shared = Vec::new();
        for entry in &filters {
            if !translated && entry.priority > nat_at {
                stages.push(self.translation(&nat, hook));
                self.mangled(&mut shared, stages);
                translated = true;
            }
            let filter = self.base_filter(entry, hook, !nat.is_empty() && entry.priority == nat_at);
            stages.push(Stage::Filter(filter));
            self.mangled(&mut shared, stages);
        }
        if !translated {
            stages.push(self.translation(&nat, hook));
            self.mangled(&mut shared, stages);
        }
    }

    /// A base chain as a filter of its own: it may only stop what passed the others.
    fn base_filter(&mut self, entry: &Entry<'r>, hook: Hook, unordered: bool) -> Filter {
        let early = matches!(hook, Hook::Ingress | Hook::Egress)
            || hook == Hook::Prerouting && entry.priority <= CONNTRACK;
        let site = Site { hook, nat: None, early };
        let mut lists: Vec<ListId> = Vec::new();
        let span = entry.base.span;
        if unordered || entry.base.priority.is_none() {
            let reason = text!(
                "変換（NAT）との前後関係が決まらないため、このチェインの判定は不確実です。",
                "whether the chain comes before translation is not determined; what it decides is uncertain"
            );
            lists.push(self.doubtful_list(entry, Action::Undecided, "order", reason));
        }
        lists.extend(self.chain_list(entry.table, entry.at, site, true));
        let (name, default) = (self.name(entry), entry.base.drop);
        let label =
            format!("{name} policy {}", if default == Some(true) { "drop" } else { "accept" });
        let mut fallback = Action::Permit;
        match (default, entry.family()) {
            (Some(false), _) => {}
            (Some(true), None) => fallback = Action::Deny,
            (Some(true), family) => {
                let matches = self.builder.everything(family, span);
                let policy = line(label.clone(), matches, Action::Deny, span);
                lists.push(self.builder.list(&label, vec![policy]));
            }
            (None, _) => {
                let reason = text!("既定の動作を解釈できません。", "the policy is not known");
                lists.push(self.doubtful_list(entry, Action::Undecided, "policy", reason));
            }
        }
        let mut filter = self.builder.filter(stage_name(hook), lists, fallback, &label, Some(span));
        if fallback == Action::Permit && default != Some(false) {
            for binding in &mut filter.bindings {
                binding.default_label = format!("{name}: other family");
            }
        }
        filter
    }

    fn name(&self, entry: &Entry<'_>) -> String {
        let table = self.table(entry.table).map_or("", |table| table.name.as_str());
        format!("{} {table} {}", entry.layer.id(), entry.chain.name)
    }

    /// A list of one line that may apply to every packet of the chain's family.
    fn doubtful_list(
        &mut self,
        entry: &Entry<'_>,
        action: Action,
        what: &str,
        reason: text::Text,
    ) -> ListId {
        let span = entry.base.span;
        let mut matches = self.builder.everything(entry.family(), span);
        matches.unknown.push(unknown(reason.clone(), span));
        let label = format!("{} {what}", self.name(entry));
        self.chain_gap(entry, reason);
        self.builder.list(&label, vec![line(label.clone(), matches, action, span)])
    }

    /// Notes a gap at a base chain on its first rule, or nowhere when it has none: then its line is in the model alone.
    fn chain_gap(&mut self, entry: &Entry<'_>, reason: text::Text) {
        let Some(rule) = entry.chain.rules.first() else { return };
        let status = LineStatus::Unsupported;
        let gap = Gap { span: entry.base.span, status, reason, contained: true };
        self.account(rule.id, Account::Gap(Box::new(gap)));
    }

    /// All translation chains of a hook: the first that translates a connection is the only one.
    fn translation(&mut self, entries: &[Entry<'r>], hook: Hook) -> Stage {
        let mut lists: Vec<ListId> =
            entries.first().map(|e| self.untranslated(e)).into_iter().collect();
        for (at, entry) in entries.iter().enumerate() {
            let later = entries.get(at + 1..).unwrap_or(&[]);
            let shares = |other: &Entry<'_>| {
                entry.family().is_none()
                    || other.family().is_none()
                    || entry.family() == other.family()
            };
            let last = !later.iter().any(shares);
            let site = Site { hook, nat: Some(last), early: false };
            lists.extend(self.chain_list(entry.table, entry.at, site, true));
            if entry.base.drop != Some(false) {
                let span = entry.base.span;
                let mut matches = self.builder.everything(entry.family(), span);
                matches.states = Some(vec![State::New, State::Related]);
                let known = entry.base.drop == Some(true);
                let action = if known { Action::Deny } else { Action::Undecided };
                let label = format!("{} policy drop", self.name(entry));
                lists.push(
                    self.builder.list(&label, vec![line(label.clone(), matches, action, span)]),
                );
            }
        }
        let name = if hook == Hook::Prerouting { "destination NAT" } else { "source NAT" };
        let binding = Binding {
            ingress: Interfaces::Any,
            egress: Interfaces::Any,
            lists,
            default: Action::Permit,
            default_label: "not translated".to_owned(),
            span: None,
        };
        Stage::Translate(Translate { name, bindings: vec![binding] })
    }

    /// A list that leaves packets of known connections and of none alone: only what opens one meets the translation chains.
    fn untranslated(&mut self, first: &Entry<'r>) -> ListId {
        let span = first.base.span;
        let mut matches = self.builder.everything(None, span);
        matches.states = Some(vec![State::Established, State::Invalid]);
        let label = "known connection".to_owned();
        self.builder.list("known connections", vec![line(label, matches, Action::Permit, span)])
    }

    /// Header fields that rules set, directly behind the base chain that was made last. `shared`: those of chains that a later
    /// base chain may jump to as well, and so may set again.
    fn mangled(&mut self, shared: &mut Vec<Mangle>, stages: &mut Vec<Stage>) {
        let new = std::mem::take(&mut self.mangles);
        for (matches, rewrite, _) in shared.iter().chain(&new) {
            let (matches, rewrite) = (matches.clone(), rewrite.clone());
            let (label, span) = (rewrite.label.clone(), rewrite.span.unwrap_or(self.origin));
            let id = self.builder.device.rewrites.push(rewrite);
            let list = self
                .builder
                .list(&label, vec![line(label.clone(), matches, Action::Rewrite(id), span)]);
            let binding = Binding {
                ingress: Interfaces::Any,
                egress: Interfaces::Any,
                lists: vec![list],
                default: Action::Permit,
                default_label: "not changed".to_owned(),
                span: None,
            };
            stages.push(Stage::Translate(Translate {
                name: "header rewrite",
                bindings: vec![binding],
            }));
        }
        shared.extend(new.into_iter().filter(|(.., top)| !top));
    }

    /// Chains bound to devices: they see what comes in by the device, also for interfaces that stand on it (VLANs, bridges),
    /// which the ruleset does not tell. For those the chain may apply.
    fn devices(&mut self, entries: &[Entry<'r>], hook: Hook, stages: &mut Vec<Stage>) {
        let name = if hook == Hook::Ingress { "ingress" } else { "egress" };
        let own: Vec<Entry<'r>> = entries.iter().filter(|e| e.base.hook == name).copied().collect();
        let mut shared = Vec::new();
        for entry in own {
            let mut filter = self.base_filter(&entry, hook, false);
            let ids = self.named_interfaces(&entry.base.devices);
            let others: Vec<_> =
                self.interfaces.iter().map(|(_, id)| *id).filter(|id| !ids.contains(id)).collect();
            let reason = text!(
                "デバイス上の VLAN やブリッジの通信にも適用され得ます。",
                "the chain may also see traffic of VLANs and bridges on the device"
            );
            let maybe = self
                .may_stop(&entry)
                .then(|| self.doubtful_list(&entry, Action::Deny, "(device)", reason));
            let mut bindings = Vec::new();
            for binding in filter.bindings {
                let own = Interfaces::Of(ids.clone());
                bindings.push(aim(binding, hook, own));
            }
            if let Some(list) = maybe {
                let label = "other device".to_owned();
                let any = Binding {
                    ingress: Interfaces::Any,
                    egress: Interfaces::Any,
                    lists: vec![list],
                    default: Action::Permit,
                    default_label: label,
                    span: None,
                };
                bindings.push(aim(any, hook, Interfaces::Of(others)));
            }
            filter.bindings = bindings;
            stages.push(Stage::Filter(filter));
            self.mangled(&mut shared, stages);
        }
    }

    /// Whether a base chain can stop anything: its policy drops, or it does more than accept.
    fn may_stop(&self, entry: &Entry<'_>) -> bool {
        let harmless = |statement: &Statement| {
            matches!(
                statement,
                Statement::Match { .. }
                    | Statement::Verdict(Verdict::Accept | Verdict::Continue | Verdict::Return)
                    | Statement::Inert
                    | Statement::Log
                    | Statement::Limit(_)
                    | Statement::Mangle { key: Expr::Meta(_) | Expr::Ct { .. } }
            )
        };
        let mut statements = entry.chain.rules.iter().flat_map(|rule| &rule.statements);
        entry.base.drop != Some(false) || !statements.all(harmless)
    }

    /// Bridge tables see frames, not what is routed; what arrives or leaves by a bridge they may stop.
    fn bridged(&mut self, arriving: bool) -> Vec<Stage> {
        let hooks: &[&str] =
            if arriving { &["prerouting", "input"] } else { &["output", "postrouting"] };
        let mut stages = Vec::new();
        for entry in self.entries() {
            let ours = entry.layer == Layer::Bridge && hooks.contains(&entry.base.hook.as_str());
            if !ours || !self.may_stop(&entry) {
                continue;
            }
            let reason = text!(
                "bridge テーブルの拒否は、ブリッジを通る通信を止めることもあるものとして読みます。",
                "what a bridge table drops may or may not be stopped"
            );
            let list = self.doubtful_list(&entry, Action::Deny, "(bridge)", reason);
            let label = format!("{} (bridge)", self.name(&entry));
            stages.push(Stage::Filter(self.builder.filter(
                "bridge",
                vec![list],
                Action::Permit,
                &label,
                None,
            )));
        }
        stages
    }

    /// Chains that nothing reaches are read as lists that are bound nowhere.
    fn unbound(&mut self) {
        let reached = self.reached();
        for (table, owner) in self.ruleset.tables.iter().enumerate() {
            if owner.dormant || !matches!(owner.family, Layer::Inet | Layer::Ip | Layer::Ip6) {
                continue;
            }
            for (at, chain) in owner.chains.iter().enumerate() {
                if chain.base.is_some() || reached.contains(&(table, at)) {
                    continue;
                }
                let site = Site { hook: Hook::Forward, nat: Some(true), early: false };
                if let Some(list) = self.chain_list(table, at, site, true) {
                    self.builder.device.remarks.push(Remark::Unbound { list });
                }
            }
        }
    }

    /// The chains that some base chain jumps to, over any number of jumps.
    fn reached(&self) -> rustc_hash::FxHashSet<(usize, usize)> {
        let mut seen = rustc_hash::FxHashSet::default();
        for (table, owner) in self.ruleset.tables.iter().enumerate() {
            let bases = owner.chains.iter().enumerate().filter(|(_, chain)| chain.base.is_some());
            let mut open: Vec<usize> = bases.map(|(at, _)| at).collect();
            while let Some(at) = open.pop() {
                if !seen.insert((table, at)) {
                    continue;
                }
                let Some(chain) = owner.chains.get(at) else { continue };
                for statement in chain.rules.iter().flat_map(|rule| &rule.statements) {
                    for name in targets(statement, owner) {
                        open.extend(owner.find_chain(name));
                    }
                }
            }
        }
        seen
    }
}

/// The chains that a statement may jump to.
fn targets<'s>(
    statement: &'s Statement,
    table: &'s crate::formats::nftables::tree::Table,
) -> Vec<&'s str> {
    let data = match statement {
        Statement::Verdict(Verdict::Jump(name) | Verdict::Goto(name)) => return vec![name],
        Statement::Vmap { data, .. } => data,
        _ => return Vec::new(),
    };
    let mut open = vec![data];
    let mut out = Vec::new();
    let mut named = false;
    while let Some(next) = open.pop() {
        match next {
            Expr::Set(items) => open.extend(items),
            Expr::Named(name) if !named => {
                named = true;
                let set = table.find_set(name).and_then(|at| table.sets.get(at));
                open.extend(set.iter().flat_map(|set| &set.elements));
            }
            Expr::Pair(_, data) => open.push(data),
            Expr::Timed(inner) => open.push(inner),
            Expr::Verdict(Verdict::Jump(name) | Verdict::Goto(name)) => out.push(name.as_str()),
            _ => {}
        }
    }
    out
}

fn aim(binding: Binding, hook: Hook, interfaces: Interfaces) -> Binding {
    match hook {
        Hook::Egress => Binding { egress: interfaces, ..binding },
        _ => Binding { ingress: interfaces, ..binding },
    }
}

fn stage_name(hook: Hook) -> &'static str {
    match hook {
        Hook::Ingress => "ingress chain",
        Hook::Prerouting => "prerouting chain",
        Hook::Input => "input chain",
        Hook::Forward => "forward chain",
        Hook::Postrouting => "postrouting chain",
        Hook::Egress => "egress chain",
    }
}
