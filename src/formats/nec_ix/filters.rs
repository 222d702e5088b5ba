//! `ip filter` and `ipv6 filter`, tunnel selectors, and what may stop packets besides.
//!
//! In one direction of an interface the lists are met in the order of their sequence numbers as if they were one; what no line
//! matches is dropped (IX feature description, 2-421). A direction without a filter lets everything pass.

use super::interface::{Brake, FilterLine, Iface};
use super::lower::Sight;
use super::reader::{Reader, doubt, line};
use crate::formats::lines::Word;
use crate::model::{Action, Binding, Filter, Interfaces, ListId, Stage, TcpFlags};
use crate::net::{Family, PortRange};
use crate::source::Span;
use crate::text;

/// Every filter of the pipelines by place.
#[derive(Debug, Default)]
pub(super) struct Filters {
    pub(super) before: Vec<Stage>,
    pub(super) after: Vec<Stage>,
}

impl<'a> Reader<'a, '_> {
    /// One filter for each family and direction, so that a list of one family leaves the other's packets alone.
    pub(super) fn filters(&mut self) -> Filters {
        let mut out = Filters::default();
        let interfaces = std::mem::take(&mut self.interfaces);
        let hairpin = interfaces.iter().find(|iface| iface.nat.hairpin.is_some());
        let turned = hairpin.and_then(|iface| iface.outer.clone());
        let groups = self.groups(&interfaces);
        for inbound in [true, false] {
            for (family, group) in Family::ALL.into_iter().zip(&groups) {
                let mut bindings = Vec::new();
                for iface in &interfaces {
                    let outer = iface.outer.as_ref().or(turned.as_ref().filter(|_| inbound));
                    let sight = match outer {
                        Some(outer) if inbound => Sight::Inbound(outer),
                        Some(outer) => Sight::Outbound(outer),
                        None => Sight::Exact,
                    };
                    bindings.extend(self.binding(iface, family, inbound, sight, *group));
                }
                let name = match (family, inbound) {
                    (Family::V4, true) => "ip filter in",
                    (Family::V4, false) => "ip filter out",
                    (Family::V6, true) => "ipv6 filter in",
                    (Family::V6, false) => "ipv6 filter out",
                };
                let place = if inbound { &mut out.before } else { &mut out.after };
                place.extend(stage(name, bindings));
            }
        }
        for inbound in [true, false] {
            let mut bindings = Vec::new();
            for iface in &interfaces {
                let lists = self.brakes(iface, inbound);
                if !lists.is_empty() {
                    bindings.push(bound(iface, inbound, lists, "not stopped", Some(iface.span)));
                }
            }
            let place = if inbound { &mut out.before } else { &mut out.after };
            place.extend(stage("MAC and URL filters", bindings));
            let tunnels = self.selectors(&interfaces, inbound);
            place.extend(stage("ipsec policy", tunnels));
        }
        self.interfaces = interfaces;
        out
    }

    fn binding(
        &mut self,
        iface: &Iface<'a>,
        family: Family,
        inbound: bool,
        sight: Sight<'_>,
        group: Option<ListId>,
    ) -> Option<Binding> {
        let mut filters: Vec<FilterLine<'a>> = iface
            .filters
            .iter()
            .filter(|f| f.family == family && f.inbound == inbound)
            .copied()
            .collect();
        filters.sort_by_key(|filter| filter.sequence);
        let mut lists = Vec::new();
        if let Some(span) = iface.taints.first() {
            let label = format!("interface {}: line not understood", iface.name);
            lists.push(self.single(Some(family), &label, Action::Undecided, *span));
        }
        let twice = filters.windows(2).find(|pair| match pair {
            [a, b] => a.sequence == b.sequence,
            _ => false,
        });
        if let Some([first, ..]) = twice {
            let label = format!("interface {}: a sequence number twice", iface.name);
            lists.push(self.single(Some(family), &label, Action::Undecided, first.span));
        }
        let Some(first) = filters.first().map(|filter| filter.span) else {
            let span = iface.taints.first().copied()?;
            let span = Some(span);
            return (!lists.is_empty()).then(|| bound(iface, inbound, lists, "no filter", span));
        };
        for filter in iface.filters.iter().filter(|filter| filter.family == family) {
            if self.is_dynamic(family, filter.name.text) {
                lists.extend(self.opened(family, &filter.name));
            }
        }
        lists.extend(group.filter(|_| iface.grouped));
        for filter in &filters {
            lists.push(self.list(family, filter.name, sight));
        }
        let way = if inbound { "in" } else { "out" };
        let ip = if family == Family::V4 { "ip" } else { "ipv6" };
        let label = format!("{} {ip} filter {way}: no match", iface.name);
        lists.push(self.single(Some(family), &label, Action::Deny, first));
        let label = format!("{ip} filter leaves other packets alone");
        Some(bound(iface, inbound, lists, &label, Some(first)))
    }

    /// For each family one list of what the dynamic lists of grouped interfaces let pass at one another.
    fn groups(&mut self, interfaces: &[Iface<'a>]) -> [Option<ListId>; 2] {
        Family::ALL.map(|family| {
            let filters = interfaces.iter().filter(|iface| iface.grouped);
            let filters = filters.flat_map(|iface| &iface.filters);
            let mut lines = Vec::new();
            for filter in filters.filter(|filter| filter.family == family) {
                if !self.is_dynamic(family, filter.name.text) {
                    continue;
                }
                for list in self.opened(family, &filter.name) {
                    let jump = Action::Jump(list);
                    lines.push(self.every(Some(family), filter.name.text, jump, filter.span));
                }
            }
            (!lines.is_empty()).then(|| self.build.list("dynamic-filter group", lines))
        })
    }

    /// Filters by MAC address and by web address: they may stop what they look at.
    fn brakes(&mut self, iface: &Iface<'a>, inbound: bool) -> Vec<ListId> {
        let brakes: Vec<Brake> =
            iface.brakes.iter().filter(|b| b.inbound == inbound).copied().collect();
        let mut lists = Vec::new();
        for brake in brakes {
            let span = brake.span;
            let mut matches = self.build.everything(None, span);
            if brake.web {
                let ports = [80, 443].map(|port| {
                    let port = PortRange::single(port);
                    self.build.ports(6, PortRange::ALL, port, TcpFlags::ANY, span)
                });
                matches.service = self.build.services(ports.to_vec(), span);
            }
            let reason = text!(
                "MAC アドレスや URL による制限の内容は読み取っていません。",
                "what is restricted by MAC address or URL is not read"
            );
            doubt(&mut matches, reason, span);
            let label = if brake.web { "url filter" } else { "MAC filter" };
            let only = line(label, matches, Action::Deny, span);
            lists.push(self.build.list(label, vec![only]));
        }
        lists
    }

    /// What an IPsec tunnel carries: what the list of its policy permits surely, the rest perhaps.
    fn selectors(&mut self, interfaces: &[Iface<'a>], inbound: bool) -> Vec<Binding> {
        let mut bindings = Vec::new();
        for iface in interfaces {
            let Some(policy) = iface.selector else { continue };
            let list = self.selectors.get(policy.text).copied();
            let mut lists = Vec::new();
            match list {
                Some(name) if self.carries_everything(&name) => continue,
                Some(name) if !inbound => lists.push(self.carried(name)),
                Some(_) => {}
                None => self.undefined_policy(policy),
            }
            let label = format!("{}: not selected by {}", iface.name, policy.text);
            lists.push(self.single(None, &label, Action::Undecided, policy.span));
            bindings.push(bound(iface, inbound, lists, "ipsec policy", Some(policy.span)));
        }
        bindings
    }

    fn undefined_policy(&mut self, policy: Word<'a>) {
        let text = policy.text;
        let reason = text!(
            "IPsec ポリシー「{text}」の定義がありません。トンネルを通る通信は許可とも拒否とも読みます。",
            "IPsec policy {text} is not defined; traffic through the tunnel may pass or not"
        );
        self.build.undefined("ipsec autokey-map", text, policy.span);
        self.ledger.unsupported(policy.span, reason);
    }

    fn carries_everything(&mut self, name: &Word<'a>) -> bool {
        use super::entry::Operand::Any;
        let defined = self.entries(Family::V4, name);
        defined.as_ref().and_then(|defined| defined.entries.first()).is_some_and(|entry| {
            entry.permit == Some(true)
                && entry.service.protocol.is_none()
                && entry.doubt.is_none()
                && (entry.source, entry.destination) == (Any, Any)
        })
    }

    /// Permits of the selecting list; what it denies is left to the line after it.
    fn carried(&mut self, name: Word<'a>) -> ListId {
        let entries = self.entries(Family::V4, &name);
        let entries = entries.filter(|defined| self.has_room(defined.entries.len()));
        let Some(entries) = entries else {
            return self.single(None, "ipsec policy", Action::Undecided, name.span);
        };
        let mut lines = Vec::new();
        for entry in &entries.entries {
            self.lower(Family::V4, name.text, entry, Sight::Exact, &mut lines);
        }
        for line in lines.iter_mut().filter(|line| line.action == Action::Deny) {
            line.action = Action::Undecided;
        }
        self.build.list(&format!("{} selects", name.text), lines)
    }
}

fn stage(name: &'static str, bindings: Vec<Binding>) -> Option<Stage> {
    let otherwise = Action::Permit;
    let filter = Filter { name, bindings, otherwise, stateful: false };
    (!filter.bindings.is_empty()).then_some(Stage::Filter(filter))
}

fn bound(
    iface: &Iface<'_>,
    inbound: bool,
    lists: Vec<ListId>,
    label: &str,
    span: Option<Span>,
) -> Binding {
    let one = Interfaces::Of(vec![iface.id]);
    let (ingress, egress) = if inbound { (one, Interfaces::Any) } else { (Interfaces::Any, one) };
    let default_label = label.to_owned();
    Binding { ingress, egress, lists, default: Action::Permit, default_label, span }
}
