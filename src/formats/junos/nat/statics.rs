//! Static NAT: one to one, in both directions.

use super::{RuleSet, Side};
use crate::formats::builder::unknown;
use crate::formats::junos::policies::{Objects, incomplete};
use crate::formats::junos::reader::{Entry, Reader, prefix};
use crate::formats::junos::tree::NodeId;
use crate::model::{Action, AddressMap, Interfaces, Line, Match, PortMap, Rewrite, TcpFlags};
use crate::net::{AddressRange, PortRange};
use crate::text;

/// What a rule maps to what.
#[derive(Default)]
struct Mapping {
    outside: Option<AddressRange>,
    inside: Option<AddressRange>,
    outside_ports: Option<PortRange>,
    inside_ports: Option<PortRange>,
    clear: bool,
}

impl<'a> Reader<'a, '_> {
    /// The lines towards the inside, and those back.
    pub(super) fn static_rules(
        &mut self,
        nat: NodeId,
        objects: &mut Objects<'a>,
    ) -> (Vec<RuleSet>, Vec<RuleSet>) {
        let (mut forward, mut reverse) = (Vec::new(), Vec::new());
        let Some(kind) = self.tree.get(nat, "static") else { return (forward, reverse) };
        for kid in self.tree.kids(kind) {
            if self.word(kid) != "rule-set" {
                self.unread(kid);
            }
        }
        for set in self.rule_sets(kind) {
            let from = self.side(set, "from");
            let name = self.word(set);
            let (mut there, mut back) = (Vec::new(), Vec::new());
            for entry in self.rules(set) {
                self.static_rule(entry, name, &from, objects, &mut there, &mut back);
            }
            let all = Side { rank: 3, interfaces: self.b.device.interfaces.ids().collect() };
            forward.push(RuleSet { from: from.clone(), to: all.clone(), lines: there });
            reverse.push(RuleSet { from: all, to: from, lines: back });
        }
        (forward, reverse)
    }

    fn static_rule(
        &mut self,
        entry: Entry,
        set: &str,
        from: &Side,
        objects: &mut Objects<'a>,
        there: &mut Vec<Line>,
        back: &mut Vec<Line>,
    ) {
        let node = entry.node;
        self.tree.used(node);
        let span = self.span(node);
        let mut matches = self.b.everything(None, span);
        let mut mapping = Mapping { clear: true, ..Mapping::default() };
        let mut acts = false;
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "match" => {
                    self.nat_match(&mut matches, kid, objects);
                    mapping.outside = self.single_range(matches.destination);
                    mapping.outside_ports = self.outside_ports(kid);
                }
                "then" => {
                    acts = true;
                    self.static_action(kid, objects, &mut mapping);
                }
                "description" => self.tree.ignore(kid),
                _ => matches.unknown.push(self.taint(kid)),
            }
        }
        if !acts {
            matches.unknown.push(unknown(incomplete(), span));
        }
        let (map, ports) = mapping.forward();
        let unclear = map == AddressMap::Unknown;
        if let (Some(inside), false) = (mapping.inside, unclear) {
            self.within_family(&mut matches, &[inside], span);
        }
        let mut new = self.nat_line(entry, "static", set, matches.clone());
        new.matches.ingress = Interfaces::Of(from.interfaces.clone());
        new.action = self.rewrite(Rewrite {
            label: new.label.clone(),
            destination: Some(map),
            destination_port: ports,
            span: Some(span),
            ..Rewrite::default()
        });
        if mapping.outside_ports.is_none() && mapping.inside_ports.is_some() {
            new.action = Action::Undecided;
        }
        let mut reverse = self.static_back(entry, set, &mapping, &matches);
        reverse.matches.egress = Interfaces::Of(from.interfaces.clone());
        there.push(new);
        back.push(reverse);
    }

    /// The ports of `match destination-port`, when there is one range of them.
    fn outside_ports(&mut self, node: NodeId) -> Option<PortRange> {
        let leaf = self.tree.get(node, "destination-port")?;
        let value = self.tree.value(leaf)?;
        self.port_range(value)
    }

    fn static_action(&mut self, node: NodeId, objects: &mut Objects<'a>, mapping: &mut Mapping) {
        let Some(action) = self.tree.get(node, "static-nat") else {
            mapping.clear = false;
            return;
        };
        for kid in self.tree.kids(action) {
            match self.word(kid) {
                "prefix" | "prefix-name" => {
                    let named = self.word(kid) == "prefix-name";
                    for value in self.tree.kids(kid) {
                        self.tree.used(value);
                        match self.word(value) {
                            "mapped-port" => self.mapped_port(value, mapping),
                            "routing-instance" => self.other_instance(value, mapping),
                            _ => {
                                mapping.inside = if named {
                                    let id = self.nat_address(&mut objects.books, value);
                                    self.single_range(id)
                                } else {
                                    prefix(self.word(value)).map(|found| found.range())
                                };
                                for more in self.tree.kids(value) {
                                    match self.word(more) {
                                        "mapped-port" => self.mapped_port(more, mapping),
                                        "routing-instance" => self.other_instance(more, mapping),
                                        _ => {
                                            self.strange(more);
                                            mapping.clear = false;
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                "inet" | "nptv6-prefix" | "nptv6-prefix-name" => {
                    let reason = text!(
                        "IPv4 と IPv6 の間の変換（NAT64・NPTv6）は読み取らないため、この機器の通信は許可とも拒否とも読みます。",
                        "translation between families (NAT64, NPTv6) is not read; traffic of this device may pass or be stopped"
                    );
                    self.uncontained(kid, reason);
                    mapping.clear = false;
                }
                _ => {
                    self.strange(kid);
                    mapping.clear = false;
                }
            }
        }
    }

    fn mapped_port(&mut self, node: NodeId, mapping: &mut Mapping) {
        let value = self.tree.value(node);
        mapping.inside_ports = value.and_then(|value| self.port_range(value));
        mapping.clear &= mapping.inside_ports.is_some();
    }

    /// The translated address lies in another routing instance, where the packet is routed.
    fn other_instance(&mut self, node: NodeId, mapping: &mut Mapping) {
        let reason = text!(
            "変換後に別のルーティングインスタンスで経路を引く設定は、変換先と経路を不確実なものとして読みます。",
            "what is routed in another routing instance after the translation is read as uncertain"
        );
        let name = self.tree.value(node).map(|value| self.word(value));
        self.approximated(node, reason);
        self.jump_to_instance(name, self.span(node));
        mapping.clear = false;
    }

    fn static_back(&mut self, entry: Entry, set: &str, mapping: &Mapping, forward: &Match) -> Line {
        let span = self.span(entry.node);
        let mut matches = self.b.everything(None, span);
        matches.destination = forward.source;
        matches.unknown.clone_from(&forward.unknown);
        let mut rewrite = Rewrite { span: Some(span), ..Rewrite::default() };
        rewrite.source = Some(AddressMap::Unknown);
        if let Some(inside) = mapping.inside {
            matches.source = self.b.range(inside, span);
        }
        if let (Some(outside), Some(inside), true) =
            (mapping.outside, mapping.inside, mapping.clear)
            && outside.extent() == inside.extent()
            && outside.family() == inside.family()
        {
            rewrite.source = Some(AddressMap::Shift { from: inside, to: outside });
        } else {
            matches.unknown.push(unknown(unclear(), span));
        }
        if let Some(outside) = mapping.outside_ports {
            let inside = mapping.inside_ports.unwrap_or(outside);
            let all = PortRange::ALL;
            let tcp = self.b.ports(6, inside, all, TcpFlags::ANY, span);
            let udp = self.b.ports(17, inside, all, TcpFlags::ANY, span);
            matches.service = self.b.services(vec![tcp, udp], span);
            rewrite.source_port = port_map(inside, outside);
        }
        let mut new = self.nat_line(entry, "static", set, matches);
        rewrite.label = format!("{} (reverse)", new.label);
        new.label.clone_from(&rewrite.label);
        new.action = self.rewrite(rewrite);
        new
    }
}

impl Mapping {
    fn forward(&self) -> (AddressMap, Option<PortMap>) {
        let map = match (self.outside, self.inside) {
            (Some(from), Some(to))
                if self.clear && from.extent() == to.extent() && from.family() == to.family() =>
            {
                AddressMap::Shift { from, to }
            }
            _ => AddressMap::Unknown,
        };
        let ports = match (self.outside_ports, self.inside_ports) {
            (Some(from), Some(to)) => port_map(from, to),
            _ => None,
        };
        (map, ports)
    }
}

fn port_map(from: PortRange, to: PortRange) -> Option<PortMap> {
    let size = |range: PortRange| range.last() - range.first();
    (from != to).then(|| {
        if size(from) == size(to) { PortMap::Shift { from, to } } else { PortMap::Within(to) }
    })
}

fn unclear() -> text::Text {
    text!(
        "静的 NAT の変換前後のアドレスを対応付けられません。",
        "the two sides of this static NAT rule cannot be put side by side"
    )
}
