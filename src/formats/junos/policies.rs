//! Security policies: of a pair of zones in order, then the global ones, then the default.

use super::addresses::Books;
use super::applications::Applications;
use super::reader::{Entry, Reader, order_reason, strange};
use super::tree::{NodeId, Tree};
use crate::formats::builder::{line, unknown};
use crate::model::{
    Action, Binding, Filter, InterfaceId, Interfaces, Line, ListId, Match, Unknown,
};
use crate::net::State;
use crate::source::Span;
use crate::text;

/// The zone that stands for the device itself.
const HOST: &str = "junos-host";

/// What policies refer to.
pub(super) struct Objects<'a> {
    pub(super) books: Books<'a>,
    pub(super) applications: Applications<'a>,
}

/// Statements beside policies that change no decision on a new connection.
const INERT: &[&str] = &[
    "policy-rematch",
    "policy-stats",
    "traceoptions",
    "stateful-fw-rematch",
    // Timeouts and logs of sessions whose application is not yet known; limits of that search.
    "pre-id-default-policy",
    "unified-policy",
];

/// What the policies of a device come to.
#[derive(Default)]
pub(super) struct Policies {
    /// For forwarded packets.
    pub(super) bindings: Vec<Binding>,
    /// For packets to the device, by zone.
    pub(super) host: Vec<Binding>,
    /// Whether any policy stands in the configuration.
    pub(super) any: bool,
}

/// The list of global policies, and the list of those among them that packets to the device may meet.
type Globals = (Option<ListId>, Option<ListId>);

/// What happens to what no policy matches, its label, and the line that says so.
type Fallback = (Action, String, Option<Span>);

impl<'a> Reader<'a, '_> {
    pub(super) fn read_policies(&mut self, objects: &mut Objects<'a>) -> Policies {
        let mut out = Policies::default();
        let Some(all) = self.tree.path(Tree::ROOT, &["security", "policies"]) else { return out };
        out.any = true;
        let mut default = (Action::Deny, "default-policy deny-all".to_owned(), None);
        let mut pairs = Vec::new();
        let mut global = (None, None);
        for kid in self.tree.kids(all) {
            match self.word(kid) {
                "from-zone" => pairs.extend(self.pairs(kid)),
                "global" => global = self.global(kid, objects),
                "default-policy" => default = self.default_policy(kid),
                word if INERT.contains(&word) => self.tree.ignore(kid),
                _ => self.unread(kid),
            }
        }
        for (from, to, node) in pairs {
            self.pair(from, to, node, objects, (&global, &default), &mut out);
        }
        let zoned = Interfaces::Of(self.zoned());
        out.bindings.push(Binding {
            ingress: zoned.clone(),
            egress: zoned,
            lists: global.0.into_iter().collect(),
            default: default.0,
            default_label: default.1.clone(),
            span: default.2,
        });
        out
    }

    fn pairs(&mut self, node: NodeId) -> Vec<(&'a str, &'a str, NodeId)> {
        let mut out = Vec::new();
        for from in self.tree.kids(node) {
            self.tree.used(from);
            for kid in self.tree.kids(from) {
                if self.word(kid) != "to-zone" {
                    self.unread(kid);
                    continue;
                }
                for to in self.tree.kids(kid) {
                    self.tree.used(to);
                    out.push((self.word(from), self.word(to), to));
                }
            }
        }
        out
    }

    fn pair(
        &mut self,
        from: &'a str,
        to: &'a str,
        node: NodeId,
        objects: &mut Objects<'a>,
        ((global, global_host), default): (&Globals, &Fallback),
        out: &mut Policies,
    ) {
        let span = self.span(node);
        for zone in [from, to] {
            if zone != HOST && !self.zones.iter().any(|known| known.name == zone) {
                self.b.undefined("zone", zone, span);
            }
        }
        let mut lines = Vec::new();
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "policy" => {
                    let label = format!("from-zone {from} to-zone {to} policy");
                    lines.extend(self.policy_list(kid, Some((from, to)), &label, objects));
                }
                "description" => self.tree.ignore(kid),
                _ => lines.push(self.undecided(kid)),
            }
        }
        let name = format!("from-zone {from} to-zone {to}");
        let lines = lines.into_iter().map(|new| new.0).collect();
        let list = self.b.list(&name, lines);
        let ingress = Interfaces::Of(self.zone_interfaces(from));
        if to == HOST {
            let doubt = self.host_default(span);
            let lists = [Some(list), *global_host, Some(doubt)].into_iter().flatten().collect();
            out.host.push(Binding {
                ingress,
                egress: Interfaces::Any,
                lists,
                default: Action::Permit,
                default_label: name,
                span: Some(span),
            });
        } else if from != HOST {
            out.bindings.push(Binding {
                ingress,
                egress: Interfaces::Of(self.zone_interfaces(to)),
                lists: [Some(list), *global].into_iter().flatten().collect(),
                default: default.0,
                default_label: default.1.clone(),
                span: default.2.or(Some(span)),
            });
        }
    }

    /// What no policy to the device decides: the documentation does not say whether it is then permitted.
    fn host_default(&mut self, span: Span) -> ListId {
        let matches = self.b.everything(None, span);
        let label = "no policy to-zone junos-host".to_owned();
        let new = line(label, matches, Action::Undecided, span);
        self.b.list("to-zone junos-host", vec![new])
    }

    /// The global list, and the same for packets to the device when a policy names it.
    fn global(
        &mut self,
        node: NodeId,
        objects: &mut Objects<'a>,
    ) -> (Option<ListId>, Option<ListId>) {
        let mut lines = Vec::new();
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "policy" => lines.extend(self.policy_list(kid, None, "global policy", objects)),
                _ => lines.push(self.undecided(kid)),
            }
        }
        let host: Vec<Line> = lines.iter().filter(|new| new.1).map(|new| new.0.clone()).collect();
        let lines = lines.into_iter().map(|new| new.0).collect();
        let host = (!host.is_empty()).then(|| self.b.list("global to-zone junos-host", host));
        (Some(self.b.list("global policies", lines)), host)
    }

    fn default_policy(&mut self, node: NodeId) -> (Action, String, Option<Span>) {
        let span = self.span(node);
        let value = self.tree.value(node);
        let deny = "default-policy deny-all".to_owned();
        match value.map_or("", |value| self.word(value)) {
            // The value is switched off: the device's own default is left.
            "" if !self.tree.is_bare(node) => (Action::Deny, deny, None),
            "permit-all" => (Action::Permit, "default-policy permit-all".to_owned(), Some(span)),
            "deny-all" => (Action::Deny, deny, Some(span)),
            _ => {
                self.unread(node);
                (Action::Deny, "default-policy".to_owned(), Some(span))
            }
        }
    }

    /// A line that may be anything: a statement that is not understood.
    pub(super) fn undecided(&mut self, node: NodeId) -> (Line, bool) {
        self.strange(node);
        let (label, span) = (self.word(node).to_owned(), self.span(node));
        let matches = self.b.everything(None, span);
        (line(label, matches, Action::Undecided, span), true)
    }

    /// The lines of one list of policies; with each, whether it is meant for the device itself too.
    fn policy_list(
        &mut self,
        node: NodeId,
        zones: Option<(&'a str, &'a str)>,
        label: &str,
        objects: &mut Objects<'a>,
    ) -> Vec<(Line, bool)> {
        let mut out = Vec::new();
        for entry in self.ordered(node) {
            if entry.certain || !self.ends_the_list(entry.node) {
                out.push(self.policy(entry, zones, label, objects));
            }
        }
        for off in self.tree.all_children(node) {
            if !self.tree.is_active(off) {
                let entry = Entry { node: off, certain: true };
                let (mut line, host) = self.policy(entry, zones, label, objects);
                line.enabled = false;
                out.push((line, host));
            }
        }
        out
    }

    /// Whether the policy denies everything. Templates add such a policy to every pair of zones, to log what nothing permits;
    /// inherited policies stand behind the written ones, and in front this one would stop the whole pair. What may pass does
    /// not rest on this.
    fn ends_the_list(&mut self, node: NodeId) -> bool {
        let mut below = self.tree.below(node).into_iter().skip(1).map(|id| self.word(id));
        let words = ["match", "then", "source-address", "destination-address", "application"];
        let actions = ["deny", "reject", "log", "session-init", "session-close", "count"];
        let plain =
            below.all(|word| words.contains(&word) || actions.contains(&word) || word == "any");
        let denies = |then| self.tree.child(then, "deny").or(self.tree.child(then, "reject"));
        plain && self.tree.child(node, "then").and_then(denies).is_some()
    }

    fn policy(
        &mut self,
        entry: Entry,
        zones: Option<(&'a str, &'a str)>,
        label: &str,
        objects: &mut Objects<'a>,
    ) -> (Line, bool) {
        let node = entry.node;
        let span = self.span(node);
        let label = format!("{label} {}", self.word(node));
        let mut new = line(label, self.b.everything(None, span), Action::Undecided, span);
        new.log = Some(false);
        let mut host = false;
        let mut complete = (false, false);
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "match" => {
                    complete.0 = true;
                    host = self.conditions(kid, zones, objects, &mut new.matches);
                }
                "then" => {
                    complete.1 = true;
                    self.policy_action(kid, &mut new);
                }
                "scheduler-name" => self.schedule(kid, &mut new.matches),
                "description" => {
                    new.comment = self.tree.value(kid).map(|value| self.word(value).to_owned());
                }
                _ => {
                    let taint = self.taint(kid);
                    new.matches.unknown.push(taint);
                    new.action = Action::Undecided;
                }
            }
        }
        if complete != (true, true) {
            new.matches.unknown.push(unknown(incomplete(), span));
        }
        if !entry.certain {
            new.matches.unknown.push(unknown(order_reason(), span));
        }
        (new, host)
    }

    /// The conditions of a policy; returns whether it names the zone of the device itself.
    fn conditions(
        &mut self,
        node: NodeId,
        zones: Option<(&'a str, &'a str)>,
        objects: &mut Objects<'a>,
        matches: &mut Match,
    ) -> bool {
        let mut host = false;
        let mut given = (false, false, false);
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                word @ ("source-address" | "destination-address") => {
                    let source = word == "source-address";
                    given.0 |= source;
                    given.1 |= !source;
                    let zone = zones.map(|(from, to)| if source { from } else { to });
                    let id = self.members(kid, matches, |reader, one| {
                        reader.address_of(&mut objects.books, zone, one)
                    });
                    let id = self.b.union(id, self.span(kid));
                    *(if source { &mut matches.source } else { &mut matches.destination }) = id;
                }
                "application" => {
                    given.2 = true;
                    let members = self.members(kid, matches, |reader, one| {
                        reader.application_of(&mut objects.applications, one)
                    });
                    matches.service = self.b.services(members, self.span(kid));
                }
                "source-address-excluded" | "destination-address-excluded" => {}
                "from-zone" => matches.ingress = self.zone_condition(kid).0,
                "to-zone" => {
                    let (interfaces, own) = self.zone_condition(kid);
                    matches.egress = interfaces;
                    host = own;
                }
                word @ ("dynamic-application"
                | "url-category"
                | "source-identity"
                | "source-end-user-profile") => self.identity(kid, word, matches),
                _ => {
                    let taint = self.taint(kid);
                    matches.unknown.push(taint);
                }
            }
        }
        for (word, source) in
            [("source-address-excluded", true), ("destination-address-excluded", false)]
        {
            if let Some(excluded) = self.tree.get(node, word) {
                let span = self.span(excluded);
                let slot = if source { &mut matches.source } else { &mut matches.destination };
                *slot = self.all_but(*slot, span);
            }
        }
        if given != (true, true, true) {
            matches.unknown.push(unknown(incomplete(), self.span(node)));
        }
        host
    }

    /// The members of a list; written and inherited ones together make the line uncertain.
    fn members<T>(
        &mut self,
        node: NodeId,
        matches: &mut Match,
        mut one: impl FnMut(&mut Self, NodeId) -> T,
    ) -> Vec<T> {
        let kids = self.tree.kids(node);
        if self.is_mixed(node) || kids.is_empty() {
            matches.unknown.push(unknown(strange(self.word(node)), self.span(node)));
        }
        let mut out = Vec::new();
        for kid in kids {
            out.push(one(self, kid));
            for extra in self.tree.kids(kid) {
                let taint = self.taint(extra);
                matches.unknown.push(taint);
            }
        }
        out
    }

    /// `from-zone [ A B ]` of a global policy; also whether the device's own zone is named.
    fn zone_condition(&mut self, node: NodeId) -> (Interfaces, bool) {
        let mut ids: Vec<InterfaceId> = Vec::new();
        let (mut any, mut host) = (false, false);
        for zone in self.tree.kids(node) {
            self.tree.used(zone);
            match self.word(zone) {
                "any" => any = true,
                HOST => host = true,
                name => {
                    if !self.zones.iter().any(|known| known.name == name) {
                        self.b.undefined("zone", name, self.span(zone));
                    }
                    ids.extend(self.zone_interfaces(name));
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        (if any { Interfaces::Any } else { Interfaces::Of(ids) }, host)
    }

    /// Who sends, or what the packets turn out to carry: known only after the first packets have passed.
    fn identity(&mut self, node: NodeId, word: &str, matches: &mut Match) {
        let kids = self.tree.kids(node);
        let free = |reader: &Self| {
            kids.iter().all(|kid| match reader.word(*kid) {
                "any" | "junos:UNKNOWN-ANY" => true,
                // Nothing is looked for: a policy of addresses and ports.
                "none" => matches!(word, "dynamic-application" | "url-category"),
                _ => false,
            })
        };
        if !kids.is_empty() && free(self) {
            return self.tree.ignore(node);
        }
        let reason = text!(
            "「{word}」の条件（アプリケーション識別・利用者・カテゴリ）は設定だけでは判定できません。識別が済むまでの最初のパケットは通り得ます。",
            "the condition `{word}` (application, user or category) is not decided by the configuration; the first packets may pass before it is known"
        );
        let span = self.span(node);
        self.tree.ignore(node);
        matches.unknown.push(unknown(reason, span));
    }

    fn schedule(&mut self, node: NodeId, matches: &mut Match) {
        let span = self.span(node);
        let Some(value) = self.tree.value(node) else {
            let taint = self.taint(node);
            return matches.unknown.push(taint);
        };
        let name = self.word(value);
        match self.schedules.get(name) {
            Some(id) => matches.schedule = Some(*id),
            None => {
                self.b.undefined("scheduler", name, span);
                let reason = text!(
                    "スケジュール「{name}」は定義されていません。",
                    "the scheduler `{name}` is not defined"
                );
                matches.unknown.push(unknown(reason, span));
            }
        }
    }

    fn policy_action(&mut self, node: NodeId, new: &mut Line) {
        let home = self.tree.group(node);
        let kids = self.tree.kids(node);
        let mut actions: Vec<(bool, Action)> = Vec::new();
        for kid in kids {
            let own = self.tree.group(kid) == home;
            match self.word(kid) {
                "permit" => {
                    let doubt = self.permit(kid);
                    new.matches.unknown.extend(doubt);
                    actions.push((own, Action::Permit));
                }
                "deny" | "reject" => {
                    self.tree.ignore(kid);
                    actions.push((own, Action::Deny));
                }
                "log" => {
                    self.tree.ignore(kid);
                    new.log = Some(true);
                }
                "count" => self.tree.ignore(kid),
                _ => {
                    let taint = self.taint(kid);
                    new.matches.unknown.push(taint);
                }
            }
        }
        let written = actions.iter().any(|(own, _)| *own);
        let mut chosen = actions.iter().filter(|(own, _)| *own || !written).map(|(_, a)| *a);
        new.action = match (chosen.next(), chosen.next()) {
            (Some(one), None) => one,
            _ => Action::Undecided,
        };
    }

    /// What stands inside `permit`.
    fn permit(&mut self, node: NodeId) -> Vec<Unknown> {
        let mut out = Vec::new();
        for kid in self.tree.kids(node) {
            let reason = match self.word(kid) {
                "application-services"
                | "services-offload"
                | "no-services-offload"
                | "tcp-options"
                | "application-traffic-control" => {
                    self.tree.ignore(kid);
                    continue;
                }
                "tunnel" => text!(
                    "ポリシーベースの VPN を通る通信です。トンネルの先は読み取らないため、許可は確実ではないものとして読みます。",
                    "this traffic goes through a policy-based VPN, whose other end is not read; the permit is uncertain"
                ),
                "destination-address" => text!(
                    "宛先が変換されたかどうかで破棄する設定は、破棄され得るものとして読みます。",
                    "packets may be dropped depending on whether their destination was translated"
                ),
                "firewall-authentication" => text!(
                    "利用者の認証が済んだ通信だけが許可されます。",
                    "permitted only after a user has authenticated"
                ),
                _ => {
                    out.push(self.taint(kid));
                    continue;
                }
            };
            self.approximated(kid, reason.clone());
            out.push(unknown(reason, self.span(kid)));
        }
        out
    }

    /// The filter for forwarded packets; `front` comes before every policy.
    pub(super) fn policy_filter(&mut self, policies: Policies, mut front: Vec<ListId>) -> Filter {
        let lenient = self.no_syn_check();
        if let Some(span) = lenient {
            let mut matches = self.b.everything(None, span);
            matches.states = Some(vec![State::Established, State::Related]);
            let session = line("session".to_owned(), matches, Action::Permit, span);
            front.insert(0, self.b.list("session", vec![session]));
        }
        let mut bindings = policies.bindings;
        bindings.push(Binding {
            ingress: Interfaces::Any,
            egress: Interfaces::Any,
            lists: Vec::new(),
            default: Action::Deny,
            default_label: "interface in no security zone".to_owned(),
            span: None,
        });
        for binding in &mut bindings {
            binding.lists.splice(0..0, front.iter().copied());
        }
        let stateful = lenient.is_none();
        Filter { name: "security policy", bindings, otherwise: Action::Deny, stateful }
    }
}

pub(super) fn incomplete() -> text::Text {
    text!(
        "必須の条件または動作が書かれていません。",
        "a condition or action that must be there is missing"
    )
}
