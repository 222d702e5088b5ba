//! VLAN maps and port access lists: filters inside a VLAN that routed packets of its SVI meet as well.

use super::commands::Bin;
use super::interface::canonical;
use super::reader::Reader;
use crate::formats::acl::Found;
use crate::formats::builder::{line, unknown};
use crate::formats::lines::{Block, ConfigLine};
use crate::model::{Action, Binding, Filter, InterfaceId, Interfaces, Line, ListId};
use crate::net::Family;
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Number, lines and place of one `vlan access-map` block.
type MapClause<'a> = (u32, Vec<ConfigLine<'a>>, Span);

/// The VLAN interfaces for whose packets of a family a list on a port may stand instead of their own.
pub(super) type Overridden = BTreeSet<(InterfaceId, Family)>;

/// Filters of VLANs, by direction as seen from the SVI.
#[derive(Debug, Default)]
pub(super) struct VlanFilters {
    pub(super) before: Vec<Filter>,
    pub(super) after: Vec<Filter>,
    pub(super) overridden: Overridden,
}

impl<'a> Reader<'a, '_> {
    /// Reads VLAN maps and port access lists.
    pub(super) fn read_vlan_filters(&mut self) -> VlanFilters {
        let mut svis: Vec<(u16, InterfaceId)> = Vec::new();
        for iface in &self.interfaces {
            if let (Some(id), Some(vlan)) = (iface.id, iface.vlan)
                && canonical(&iface.name).starts_with("vlan")
            {
                svis.push((vlan, id));
            }
        }
        let maps = self.access_maps();
        let (mut out, mut ports) = (VlanFilters::default(), VlanFilters::default());
        self.port_lists(&svis, &mut ports);
        let (mut inward, mut outward) = (Vec::new(), Vec::new());
        for block in self.config.take(Bin::VlanFilter) {
            let Some(svis) = self.filtered(&block, &svis) else { continue };
            let name = block.head.word(2);
            let Some(list) = maps.get(name).copied() else {
                self.build.undefined("vlan access-map", name, block.head.span);
                continue;
            };
            let span = block.head.span;
            let binding = |lists, ingress, egress| Binding {
                ingress,
                egress,
                lists,
                default: Action::Permit,
                default_label: format!("vlan access-map {name}: not an IP match"),
                span: Some(span),
            };
            for id in &svis {
                let mut lists = self.passed_over_by(&ports.overridden, *id, list, span);
                lists.push(list);
                inward.push(binding(lists, Interfaces::Of(vec![*id]), Interfaces::Any));
            }
            outward.push(binding(vec![list], Interfaces::Any, Interfaces::Of(svis)));
        }
        push_filter(&mut out.before, "vlan filter in", inward);
        push_filter(&mut out.after, "vlan filter out", outward);
        out.before.append(&mut ports.before);
        out.after.append(&mut ports.after);
        out.overridden = ports.overridden;
        out
    }

    /// What comes before a VLAN map at an interface whose ports have lists of their own: the same map, in which what it drops
    /// of the families of those lists may pass.
    fn passed_over_by(
        &mut self,
        overridden: &Overridden,
        id: InterfaceId,
        list: ListId,
        span: Span,
    ) -> Vec<ListId> {
        let families = Family::ALL.into_iter().filter(|family| overridden.contains(&(id, *family)));
        let mut lines = Vec::new();
        for family in families {
            self.passed_over(span);
            let matches = self.build.everything(Some(family), span);
            let soft = Action::Jump(self.softened(list));
            lines.push(line("vlan access-map".to_owned(), matches, soft, span));
        }
        if lines.is_empty() { Vec::new() } else { vec![self.build.list("vlan access-map", lines)] }
    }

    /// The SVIs of a `vlan filter` line.
    fn filtered(
        &mut self,
        block: &Block<'a>,
        svis: &[(u16, InterfaceId)],
    ) -> Option<Vec<InterfaceId>> {
        let at = block.head.words.iter().position(|word| word.text == "vlan-list");
        let words = at.and_then(|at| block.head.words.get(at + 1..)).unwrap_or(&[]);
        let all = words.first().is_some_and(|word| word.text == "all");
        let Some(vlans) =
            (if all { Some(vec![(1, 4094)]) } else { super::interface::vlans(words) })
        else {
            let reason = text!("VLAN の一覧を解釈できません。", "the VLAN list is not understood");
            self.ledger.unknown(block.head.span, reason, false);
            return None;
        };
        self.ledger.used(block.span());
        let held = |vlan: u16| vlans.iter().any(|(first, last)| (*first..=*last).contains(&vlan));
        let ids: Vec<InterfaceId> =
            svis.iter().filter(|(vlan, _)| held(*vlan)).map(|(_, id)| *id).collect();
        (!ids.is_empty()).then_some(ids)
    }

    fn access_maps(&mut self) -> FxHashMap<&'a str, ListId> {
        let mut clauses: BTreeMap<&'a str, Vec<MapClause<'a>>> = BTreeMap::new();
        for block in self.config.take(Bin::AccessMap) {
            let span = block.span();
            self.ledger.used(span);
            for sub in block.body.iter().filter(|sub| sub.word(0) == "no") {
                self.taken_back(sub);
            }
            let list = clauses.entry(block.head.word(2)).or_default();
            let number = block
                .head
                .word(3)
                .parse()
                .unwrap_or_else(|_| list.last().map_or(10, |last| last.0 + 10));
            // A block that comes again adds its lines.
            match list.iter_mut().find(|known| known.0 == number) {
                Some(known) => known.1.extend(block.body),
                None => list.push((number, block.body, span)),
            }
        }
        let mut maps = FxHashMap::default();
        for (name, mut clauses) in clauses {
            clauses.sort_by_key(|clause| clause.0);
            maps.insert(name, self.access_map(name, &clauses));
        }
        maps
    }

    fn access_map(&mut self, name: &str, clauses: &[MapClause<'a>]) -> ListId {
        let mut lines: Vec<Line> = Vec::new();
        let mut matched: Vec<Family> = Vec::new();
        let mut end = None;
        for (number, body, span) in clauses {
            let label = format!("vlan access-map {name} {number}");
            end = Some(*span);
            let action = self.map_action(body);
            let mut bare = true;
            for sub in body.iter().filter(|sub| sub.word(0) == "match") {
                bare = false;
                let family = match sub.word(1) {
                    "ip" => Family::V4,
                    "ipv6" => Family::V6,
                    // A MAC list sees packets that are not IP only.
                    _ => continue,
                };
                matched.push(family);
                for word in sub.words.iter().skip(3) {
                    let mut matches = self.build.everything(Some(family), sub.span);
                    let found = self.acl(family, *word);
                    let then = match found {
                        Found::List(list) => {
                            Action::Jump(self.derive(list, action, Action::Return))
                        }
                        _ => {
                            let reason = text!(
                                "アクセスリストが未定義または空です。",
                                "the access list is undefined or empty"
                            );
                            matches.unknown.push(unknown(reason, word.span));
                            action
                        }
                    };
                    lines.push(line(label.clone(), matches, then, *span));
                }
            }
            if bare {
                let matches = self.build.everything(None, *span);
                lines.push(line(label, matches, action, *span));
            }
        }
        for family in Family::ALL {
            if let Some(span) = end.filter(|_| matched.contains(&family)) {
                let matches = self.build.everything(Some(family), span);
                lines.push(line(
                    format!("vlan access-map {name} implicit drop"),
                    matches,
                    Action::Deny,
                    span,
                ));
            }
        }
        self.build.list(&format!("vlan access-map {name}"), lines)
    }

    fn map_action(&mut self, body: &[ConfigLine<'a>]) -> Action {
        let Some(sub) = body.iter().rfind(|sub| sub.word(0) == "action") else {
            return Action::Permit;
        };
        match sub.word(1) {
            "forward" => Action::Permit,
            "drop" => Action::Deny,
            _ => {
                let reason =
                    text!("この動作は転送先を変えます。", "this action sends the packet elsewhere");
                self.ledger.unsupported(sub.span, reason);
                Action::Undecided
            }
        }
    }

    /// `ip access-group` on a switching port stops some packets of its VLANs; which host is behind which port is not known, so
    /// what it denies may or may not pass.
    fn port_lists(&mut self, svis: &[(u16, InterfaceId)], out: &mut VlanFilters) {
        let mut bound: BTreeMap<(InterfaceId, bool), Vec<ListId>> = BTreeMap::new();
        let switch = self.interfaces.iter().any(|iface| iface.switched);
        for at in 0..self.interfaces.len() {
            let Some(iface) = self.interfaces.get(at).filter(|iface| iface.is_port(switch)) else {
                continue;
            };
            let vlans = match (iface.trunk, iface.trunk_vlans.as_slice(), iface.access_vlan) {
                (true, [], _) => vec![(1, 4094)],
                (true, listed, _) => listed.to_vec(),
                (false, _, vlan) => vec![(vlan.unwrap_or(1), vlan.unwrap_or(1))],
            };
            let (groups, taint) = (iface.groups.clone(), iface.taints.first().copied());
            let held =
                |vlan: u16| vlans.iter().any(|(first, last)| (*first..=*last).contains(&vlan));
            if let Some(span) = taint {
                let chain = self.undecided("switch port: line not understood", span);
                for (_, id) in svis.iter().filter(|(vlan, _)| held(*vlan)) {
                    bound.entry((*id, true)).or_default().push(chain);
                    bound.entry((*id, false)).or_default().push(chain);
                }
            }
            for group in groups {
                if group.inbound {
                    let ids = svis.iter().filter(|(vlan, _)| held(*vlan)).map(|(_, id)| *id);
                    out.overridden.extend(ids.map(|id| (id, group.family)));
                }
                let Found::List(list) = self.acl(group.family, group.name) else { continue };
                let reason = text!(
                    "スイッチポートのアクセスリストは VLAN 内の一部の端末にだけ効くため、拒否の行は許可とも拒否とも読みます。",
                    "an access list on a switch port holds for some hosts of the VLAN only; what it denies may pass"
                );
                self.ledger.unsupported(group.span, reason);
                let chain = self.derive(list, Action::Return, Action::Undecided);
                let implicit = self.build.everything(Some(group.family), group.span);
                let label = format!("{} implicit deny", group.name.text);
                self.build.device.lists[chain].lines.push(line(
                    label,
                    implicit,
                    Action::Undecided,
                    group.span,
                ));
                for (_, id) in svis.iter().filter(|(vlan, _)| held(*vlan)) {
                    bound.entry((*id, group.inbound)).or_default().push(chain);
                }
            }
        }
        self.port_filters(bound, out);
    }

    fn port_filters(
        &mut self,
        bound: BTreeMap<(InterfaceId, bool), Vec<ListId>>,
        out: &mut VlanFilters,
    ) {
        let (mut inward, mut outward) = (Vec::new(), Vec::new());
        for ((id, inbound), chains) in bound {
            let lines = chains.into_iter().map(|chain| {
                let matches = self.build.everything(None, self.origin);
                line("port access-group".to_owned(), matches, Action::Jump(chain), self.origin)
            });
            let lines: Vec<Line> = lines.collect();
            let lists = vec![self.build.list("port access-group", lines)];
            let any = Interfaces::Any;
            let mut binding = Binding {
                ingress: any.clone(),
                egress: any,
                lists,
                default: Action::Permit,
                default_label: "port access-group".to_owned(),
                span: None,
            };
            if inbound {
                binding.ingress = Interfaces::Of(vec![id]);
                inward.push(binding);
            } else {
                binding.egress = Interfaces::Of(vec![id]);
                outward.push(binding);
            }
        }
        push_filter(&mut out.before, "port access-group in", inward);
        push_filter(&mut out.after, "port access-group out", outward);
    }
}

fn push_filter(out: &mut Vec<Filter>, name: &'static str, bindings: Vec<Binding>) {
    if !bindings.is_empty() {
        out.push(Filter { name, bindings, otherwise: Action::Permit, stateful: false });
    }
}
