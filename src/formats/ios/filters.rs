//! Access lists at work on interfaces: `ip access-group` and `ipv6 traffic-filter`, and what passes beside them.

use super::commands::Bin;
use super::interface::AccessGroup;
use super::reader::Reader;
use super::vlan::Overridden;
use crate::formats::acl::{self, Found};
use crate::formats::lines::{ConfigLine, Word};
use crate::model::{Action, Binding, Filter, InterfaceId, Interfaces, ListId};
use crate::net::Family;
use crate::source::Span;
use crate::text;

impl<'a> Reader<'a, '_> {
    /// One filter for each family, so that a list of one family leaves the other's packets alone. `overridden` holds the VLAN
    /// interfaces whose lists a list on a port may take the place of.
    pub(super) fn access_groups(&mut self, inbound: bool, overridden: &Overridden) -> Vec<Filter> {
        let inspect = self.interfaces.iter().find_map(|iface| iface.inspect);
        if let Some(span) = inspect.filter(|_| inbound) {
            self.ledger.unsupported(span, acl::replies_reason());
        }
        let mut out = Vec::new();
        for family in Family::ALL {
            let replies = inspect.map(|span| {
                let new = acl::replies(&mut self.build, "ip inspect".to_owned(), family, span);
                self.build.list("ip inspect", vec![new])
            });
            let mut bindings = Vec::new();
            for at in 0..self.interfaces.len() {
                let id = self.interfaces.get(at).and_then(|iface| iface.id);
                let soft = id.is_some_and(|id| overridden.contains(&(id, family)));
                let found = id.and_then(|id| self.bound(at, id, (family, inbound), replies, soft));
                bindings.extend(found);
            }
            let name = if inbound { "access-group in" } else { "access-group out" };
            if !bindings.is_empty() {
                out.push(Filter { name, bindings, otherwise: Action::Permit, stateful: false });
            }
        }
        out
    }

    /// What one interface does with the packets of a family in a direction; `soft` when its list may be passed over.
    fn bound(
        &mut self,
        at: usize,
        id: InterfaceId,
        (family, inbound): (Family, bool),
        replies: Option<ListId>,
        soft: bool,
    ) -> Option<Binding> {
        let iface = self.interfaces.get(at)?;
        let groups = &iface.groups;
        let group = groups.iter().rfind(|g| g.family == family && g.inbound == inbound).copied();
        let taint = iface.taints.first().copied().filter(|_| family == Family::V4);
        let (name, crypto) = (iface.name.clone(), iface.crypto.filter(|_| family == Family::V4));
        let mut lists = Vec::new();
        if let Some(span) = taint {
            lists.push(self.undecided(&format!("interface {name}: line not understood"), span));
        }
        let dropped = self.dropped(at, inbound).filter(|_| family == Family::V4);
        lists.extend(dropped.map(|span| self.undecided("policy-map: drop", span)));
        lists.extend(crypto.and_then(|crypto| self.tunnelled(crypto, group, inbound)));
        if group.is_none() && lists.is_empty() {
            return None;
        }
        lists.extend(replies.filter(|_| group.is_some()));
        let mut label = "no access-group".to_owned();
        if let Some(group) = group {
            label = self.group_lists(group, soft, &mut lists);
        }
        let one = Interfaces::Of(vec![id]);
        let (ingress, egress) =
            if inbound { (one, Interfaces::Any) } else { (Interfaces::Any, one) };
        let span = group
            .map(|group| group.span)
            .or(taint)
            .or(dropped)
            .or(crypto.map(|crypto| crypto.span));
        Some(Binding {
            ingress,
            egress,
            lists,
            default: Action::Permit,
            default_label: label,
            span,
        })
    }

    /// A policy of quality of service at an interface that drops packets: which ones is not followed.
    fn dropped(&mut self, at: usize, inbound: bool) -> Option<Span> {
        let qualities = &self.interfaces.get(at)?.qualities;
        let drops =
            |(way, name): &&(bool, Word<'_>)| *way == inbound && self.dropping.contains(name.text);
        let span = qualities.iter().find(drops).map(|(_, name)| name.span)?;
        let reason = text!(
            "このポリシーには drop があり、条件は評価しないため、ここを通る通信は許可とも拒否とも読みます。",
            "this policy drops packets by conditions that are not evaluated; traffic here may pass or be stopped"
        );
        self.ledger.unsupported(span, reason);
        Some(span)
    }

    /// Policies of quality of service: which of them drop packets, themselves or by one that they name.
    pub(super) fn read_policy_maps(&mut self) {
        let blocks = self.config.take(Bin::PolicyMap);
        for block in &blocks {
            self.ledger.irrelevant(block.span());
        }
        for _ in 0..3 {
            for block in &blocks {
                let drops = |line: &ConfigLine<'_>| {
                    line.word(0) == "drop"
                        || line.text.contains("conform-action drop")
                        || line.word(0) == "service-policy" && self.dropping.contains(line.word(1))
                };
                if block.body.iter().any(drops) {
                    self.dropping.insert(block.head.word(1));
                }
            }
        }
    }

    /// Adds the lists of an access group; what the default is called then.
    fn group_lists(
        &mut self,
        group: AccessGroup<'a>,
        soft: bool,
        lists: &mut Vec<ListId>,
    ) -> String {
        let (acl, family) = (group.name.text, group.family);
        match self.acl(family, group.name) {
            Found::List(list) => {
                let mut found = vec![list];
                found.extend(self.implicit_deny(family, acl));
                if soft {
                    self.passed_over(group.span);
                    found = found.into_iter().map(|list| self.softened(list)).collect();
                }
                lists.append(&mut found);
                format!("{acl} filters {} only", family.id())
            }
            Found::Empty => format!("access-group {acl} is empty: permits all"),
            Found::Undefined => format!("access-group {acl} is undefined: permits all"),
        }
    }

    /// Accounts for a filter of a VLAN that a list on one of its ports may take the place of.
    pub(super) fn passed_over(&mut self, span: Span) {
        let reason = text!(
            "この VLAN のポートにアクセスリストがあり、そのポートから入るパケットではポート側のリストが優先され得るため、拒否の行は許可とも拒否とも読みます。",
            "a port of this VLAN has an access list, which may take the place of this one for packets that come in there; what this one denies may pass"
        );
        self.ledger.unsupported(span, reason);
    }

    /// A copy of a list, and of those that it jumps to, in which what is denied may pass.
    pub(super) fn softened(&mut self, list: ListId) -> ListId {
        if let Some(known) = self.softened.get(&list) {
            return *known;
        }
        let mut lines = self.build.device.lists[list].lines.clone();
        for line in &mut lines {
            line.action = match line.action {
                Action::Deny => Action::Undecided,
                Action::Jump(next) => Action::Jump(self.softened(next)),
                other => other,
            };
        }
        let name = self.build.device.lists[list].name.clone();
        let soft = self.build.list(&name, lines);
        self.softened.insert(list, soft);
        soft
    }
}
