//! Access lists at work: on interfaces, on the ports of a VLAN, and on whole VLANs.
//!
//! A device looks into one place after the other and the first list that decides may end the search, or may not: which kind of
//! binding wins differs between models. Where lists of more than one kind meet a packet, what they deny is therefore read as
//! passing or not. The same holds for a port list when the packet may have come by another port of its VLAN.

use super::Switch;
use crate::formats::acl::Found;
use crate::formats::builder::line;
use crate::model::{Action, Binding, Filter, InterfaceId, Interfaces, ListId};
use crate::net::Family;
use crate::source::Span;
use crate::text;

/// A chain of lists at one place; what falls through passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::formats) struct Bound {
    /// Consulted as one list.
    pub(in crate::formats) chain: Vec<ListId>,
    /// Where it is bound.
    pub(in crate::formats) span: Span,
    /// Whether what it denies is surely stopped.
    pub(in crate::formats) certain: bool,
}

/// A chain of lists for the packets of some VLANs.
#[derive(Clone, Debug)]
pub(in crate::formats) struct VlanList {
    pub(in crate::formats) vlans: Vec<(u16, u16)>,
    pub(in crate::formats) family: Family,
    pub(in crate::formats) inbound: bool,
    pub(in crate::formats) bound: Bound,
}

/// What the vendor decides about bound lists.
#[derive(Clone, Copy, Debug)]
pub(in crate::formats) struct Habits {
    /// Whether what no line of a list matches is denied.
    pub(in crate::formats) implicit_deny: bool,
    /// Whether a bound list that is not defined surely stops nothing.
    pub(in crate::formats) undefined_passes: bool,
    /// Whether ports may carry other VLANs than they state (authentication, VLAN classifiers).
    pub(in crate::formats) wandering: bool,
}

impl<'a> Switch<'a> {
    /// The filters of one direction, one for each family. `vlan_lists` are bound to VLANs by other means.
    pub(in crate::formats) fn access_groups(
        &mut self,
        inbound: bool,
        vlan_lists: &[VlanList],
        habits: Habits,
    ) -> Vec<Filter> {
        let mut out = Vec::new();
        for family in Family::ALL {
            let own: Vec<Option<Bound>> =
                (0..self.ports.len()).map(|at| self.own(at, family, inbound, habits)).collect();
            let mut bindings = Vec::new();
            for at in 0..self.ports.len() {
                let Some((id, vlan)) = self.ports.get(at).and_then(|p| Some((p.id?, p.vlan)))
                else {
                    continue;
                };
                let mut kinds: Vec<Bound> = Vec::new();
                kinds.extend(own.get(at).cloned().flatten());
                if let Some(vlan) = vlan {
                    kinds.extend(self.by_port(vlan, &own, habits));
                    let held = |list: &&VlanList| {
                        list.family == family
                            && list.inbound == inbound
                            && list.vlans.iter().any(|(a, b)| (*a..=*b).contains(&vlan))
                    };
                    kinds.extend(vlan_lists.iter().filter(held).map(|list| list.bound.clone()));
                }
                let taint = self.taint(at, vlan);
                bindings.extend(self.binding(id, kinds, taint, inbound));
            }
            let name = if inbound { "access-group in" } else { "access-group out" };
            if !bindings.is_empty() {
                out.push(Filter { name, bindings, otherwise: Action::Permit, stateful: false });
            }
        }
        out
    }

    fn binding(
        &mut self,
        id: InterfaceId,
        kinds: Vec<Bound>,
        taint: Option<Span>,
        inbound: bool,
    ) -> Option<Binding> {
        let span = kinds.first().map(|bound| bound.span).or(taint)?;
        let mut lists = Vec::new();
        if let Some(span) = taint {
            lists.push(self.undecided("interface: line not understood", None, span));
        }
        match kinds.as_slice() {
            [only] if only.certain => lists.extend(only.chain.iter().copied()),
            several => {
                for bound in several {
                    let chain = self.doubtful(&bound.chain);
                    let matches = self.build.everything(None, bound.span);
                    let jump =
                        line("access-group".to_owned(), matches, Action::Jump(chain), bound.span);
                    lists.push(self.build.list("access-group", vec![jump]));
                    let reason = text!(
                        "どのポートのパケットか、またはどの種類のアクセスリストが優先されるかを特定できないため、拒否の行は許可とも拒否とも読みます。",
                        "by which port a packet comes, or which kind of access list wins, is not known; what the list denies may pass"
                    );
                    self.ledger.unsupported(bound.span, reason);
                }
            }
        }
        let one = Interfaces::Of(vec![id]);
        let (ingress, egress) =
            if inbound { (one, Interfaces::Any) } else { (Interfaces::Any, one) };
        Some(Binding {
            ingress,
            egress,
            lists,
            default: Action::Permit,
            default_label: "no line matches: passes".to_owned(),
            span: Some(span),
        })
    }

    /// The lists bound to one interface or port, in order, as one chain.
    fn own(&mut self, at: usize, family: Family, inbound: bool, habits: Habits) -> Option<Bound> {
        let groups = self.ports.get(at)?.groups.clone();
        let (mut chain, mut first) = (Vec::new(), None);
        for group in groups.iter().filter(|g| g.family == family && g.inbound == inbound) {
            let list = match self.list(family, group.name) {
                Found::List(list) => list,
                Found::Undefined if !habits.undefined_passes => {
                    let name = group.name.text;
                    let reason = text!(
                        "アクセスリスト「{name}」は定義されていないため、何を止めるか特定できません。",
                        "the access list {name} is not defined, so what it stops is not known"
                    );
                    self.ledger.unsupported(group.span, reason);
                    let label = format!("access-group {name}: not defined");
                    chain.push(self.undecided(&label, Some(family), group.span));
                    first = first.or(Some(group.span));
                    continue;
                }
                _ => continue,
            };
            chain.push(list);
            first = first.or(Some(group.span));
            if habits.implicit_deny {
                let name = group.name.text;
                chain.extend(self.lists.implicit_deny(family, name, &[], &mut self.build));
            }
        }
        Some(Bound { chain, span: first?, certain: true })
    }

    /// The lists on the ports by which packets of a VLAN come and go: certain when all of them have the same.
    fn by_port(&self, vlan: u16, own: &[Option<Bound>], habits: Habits) -> Vec<Bound> {
        let (mut found, mut bare): (Vec<Bound>, bool) = (Vec::new(), false);
        for (_, bound) in self.ports.iter().zip(own).filter(|(port, _)| port.carries(vlan)) {
            match bound {
                Some(bound) if found.iter().any(|known| known.chain == bound.chain) => {}
                Some(bound) => found.push(bound.clone()),
                None => bare = true,
            }
        }
        // A port that the file does not list is in VLAN 1.
        let certain = found.len() == 1 && !bare && !habits.wandering && vlan != 1;
        for bound in &mut found {
            bound.certain = certain;
        }
        found
    }

    /// A line on the interface, or on a port of its VLAN, that is not understood.
    fn taint(&self, at: usize, vlan: Option<u16>) -> Option<Span> {
        let own = self.ports.get(at).and_then(|port| port.taints.first());
        let ports = || {
            let vlan = vlan?;
            let mut carrying = self.ports.iter().filter(|port| port.carries(vlan));
            carrying.find_map(|port| port.taints.first())
        };
        own.or_else(ports).copied()
    }
}
