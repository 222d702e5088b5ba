//! Packets to the device itself: host-inbound traffic of the ingress zone, policies to `junos-host`, and the filter of lo0.

use super::filters::Filters;
use super::reader::Reader;
use super::tree::{NodeId, Tree};
use crate::formats::builder::{line, unknown};
use crate::model::{
    Action, AddressId, Binding, ContextId, Filter, InterfaceId, Interfaces, Line, ListId, ServiceId,
};
use crate::net::AddressRange;
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::collections::BTreeMap;

/// A protocol with the first and last port; protocols without ports ignore them.
type Part = (u8, u16, u16);

/// System services by name.
const SERVICES: &[(&str, &[Part])] = &[
    ("ssh", &[(6, 22, 22)]),
    ("telnet", &[(6, 23, 23)]),
    ("http", &[(6, 80, 80)]),
    ("https", &[(6, 443, 443)]),
    ("ftp", &[(6, 21, 21)]),
    ("tftp", &[(17, 69, 69)]),
    ("netconf", &[(6, 830, 830)]),
    ("snmp", &[(17, 161, 161)]),
    ("snmp-trap", &[(17, 162, 162)]),
    ("ntp", &[(17, 123, 123)]),
    ("dns", &[(17, 53, 53), (6, 53, 53)]),
    ("dhcp", &[(17, 67, 68)]),
    ("bootp", &[(17, 67, 68)]),
    ("dhcpv6", &[(17, 546, 547)]),
    ("finger", &[(6, 79, 79)]),
    ("rlogin", &[(6, 513, 513)]),
    ("rsh", &[(6, 514, 514)]),
    ("ident-reset", &[(6, 113, 113)]),
    ("ike", &[(17, 500, 500), (17, 4500, 4500)]),
    ("traceroute", &[(17, 33434, 33523)]),
    ("lsping", &[(17, 3503, 3503)]),
    ("sip", &[(17, 5060, 5060), (6, 5060, 5060)]),
    ("xnm-clear-text", &[(6, 3221, 3221)]),
    ("xnm-ssl", &[(6, 3220, 3220)]),
    ("webapi-clear-text", &[(6, 3000, 3000)]),
    ("webapi-ssl", &[(6, 3443, 3443)]),
    ("r2cp", &[(17, 28672, 28672)]),
];

/// Services whose port `system services` may move: the name in a zone, and where the port stands.
const MOVED: &[(&str, &[&str])] = &[
    ("ssh", &["ssh"]),
    ("telnet", &["telnet"]),
    ("http", &["web-management", "http"]),
    ("https", &["web-management", "https"]),
    ("netconf", &["netconf", "ssh"]),
    ("webapi-clear-text", &["rest", "http"]),
    ("webapi-clear-text", &["webapi", "http"]),
    ("webapi-ssl", &["rest", "https"]),
    ("webapi-ssl", &["webapi", "https"]),
];

/// Routing protocols by name.
const PROTOCOLS: &[(&str, &[Part])] = &[
    ("bgp", &[(6, 179, 179)]),
    ("ospf", &[(89, 0, 0)]),
    ("ospf3", &[(89, 0, 0)]),
    ("rip", &[(17, 520, 520)]),
    ("ripng", &[(17, 521, 521)]),
    ("vrrp", &[(112, 0, 0)]),
    ("pim", &[(103, 0, 0)]),
    ("igmp", &[(2, 0, 0)]),
    ("dvmrp", &[(2, 0, 0)]),
    ("rsvp", &[(46, 0, 0)]),
    ("pgm", &[(113, 0, 0)]),
    ("nhrp", &[(54, 0, 0)]),
    ("ldp", &[(6, 646, 646), (17, 646, 646)]),
    ("msdp", &[(6, 639, 639)]),
    ("bfd", &[(17, 3784, 3785), (17, 4784, 4784)]),
    ("sap", &[(17, 9875, 9875)]),
];

/// Management ports that belong to no zone and have no host-inbound check.
const MANAGEMENT: &[&str] = &["fxp0.", "em0.", "me0.", "vme."];

/// A service that is answered.
#[derive(Clone)]
struct Answer {
    label: String,
    service: ServiceId,
    doubt: Option<Text>,
    span: Span,
}

impl<'a> Reader<'a, '_> {
    /// Fills in what packets to the device meet in every context.
    pub(super) fn read_local(&mut self, host: Vec<Binding>, filters: &Filters, zoned: bool) {
        let mut local = Vec::new();
        if zoned {
            local.push(self.host_inbound());
        } else {
            let answer = self.any_answer(self.origin);
            let new = self.answer_line(&answer, None);
            let list = self.b.list("system services", vec![new]);
            local.push(self.b.filter("system services", vec![list], Action::Deny, "", None));
        }
        if !host.is_empty() {
            let name = "junos-host policy";
            local.push(Filter { name, bindings: host, otherwise: Action::Permit, stateful: false });
        }
        let contexts: Vec<ContextId> = self.b.device.contexts.ids().collect();
        for id in contexts {
            let mut all = local.clone();
            all.extend(self.loopback(id, filters));
            self.b.device.contexts[id].local = all;
        }
    }

    /// The filter of the context's own lo0 unit; where it has none, that of the default instance, uncertain when the context
    /// has a lo0 unit without a filter.
    fn loopback(&mut self, context: ContextId, filters: &Filters) -> Vec<Filter> {
        let of = |id: InterfaceId| self.b.device.interfaces[id].context;
        let own: Vec<Filter> = filters
            .own
            .iter()
            .filter(|(id, _)| of(*id) == context)
            .map(|(_, filter)| filter.clone())
            .collect();
        if !own.is_empty() || context.index() == 0 {
            return own;
        }
        let first = filters.own.iter().filter(|(id, _)| of(*id).index() == 0);
        let mut lent: Vec<Filter> = first.map(|(_, filter)| filter.clone()).collect();
        let bare = self
            .b
            .device
            .interfaces
            .iter()
            .find(|(_, one)| one.context == context && one.name.starts_with("lo0."));
        if let Some(span) = bare.map(|(_, one)| one.span) {
            let reason = text!(
                "lo0 のフィルターがこのルーティングインスタンスに及ぶかどうかは特定できません。",
                "whether the filter of lo0 reaches this routing instance is not established"
            );
            let mut matches = self.b.everything(None, span);
            matches.unknown.push(unknown(reason, span));
            let label = "lo0 of the routing instance".to_owned();
            let list = self.b.list("lo0", vec![line(label, matches, Action::Permit, span)]);
            for binding in lent.iter_mut().flat_map(|filter| &mut filter.bindings) {
                binding.lists.insert(0, list);
            }
        }
        lent
    }

    fn host_inbound(&mut self) -> Filter {
        let mut bindings = Vec::new();
        let zones = std::mem::take(&mut self.zones);
        let addresses: Vec<AddressId> =
            zones.iter().map(|zone| self.own_addresses(&zone.interfaces, zone.span)).collect();
        let mut made: BTreeMap<(usize, Option<NodeId>), ListId> = BTreeMap::new();
        for (at, zone) in zones.iter().enumerate() {
            for (id, node) in &zone.inbound {
                let list = match made.get(&(at, *node)) {
                    Some(list) => *list,
                    None => {
                        let mut lines = self.own_lines(*node, addresses.get(at).copied());
                        for (other, far) in zones.iter().enumerate().filter(|(o, _)| *o != at) {
                            let set = addresses.get(other).copied();
                            lines.extend(self.far_lines(far, set));
                        }
                        let list = self.b.list(zone.name, lines);
                        made.insert((at, *node), list);
                        list
                    }
                };
                bindings.push(Binding {
                    ingress: Interfaces::Of(vec![*id]),
                    egress: Interfaces::Any,
                    lists: vec![list],
                    default: Action::Deny,
                    default_label: format!("zone {}: no host-inbound-traffic", zone.name),
                    span: Some(zone.span),
                });
            }
        }
        self.zones = zones;
        let management: Vec<InterfaceId> = self
            .b
            .device
            .interfaces
            .iter()
            .filter(|(_, one)| MANAGEMENT.iter().any(|name| one.name.starts_with(name)))
            .map(|(id, _)| id)
            .collect();
        if !management.is_empty() {
            let answer = self.any_answer(self.origin);
            let new = self.answer_line(&answer, None);
            let list = self.b.list("management port", vec![new]);
            bindings.push(Binding {
                ingress: Interfaces::Of(management),
                egress: Interfaces::Any,
                lists: vec![list],
                default: Action::Deny,
                default_label: "management port".to_owned(),
                span: None,
            });
        }
        let name = "host-inbound-traffic";
        Filter { name, bindings, otherwise: Action::Deny, stateful: false }
    }

    fn own_addresses(&mut self, ids: &[InterfaceId], span: Span) -> AddressId {
        let interfaces = ids.iter().map(|id| &self.b.device.interfaces[*id]);
        let own = interfaces.flat_map(|one| &one.addresses);
        let own: Vec<AddressRange> = own.map(|one| AddressRange::single(one.address)).collect();
        let members = own.into_iter().map(|range| self.b.range(range, span)).collect();
        self.b.union(members, span)
    }

    /// Surely answered at addresses of the zone by which the packet came; at others of the device, perhaps.
    fn own_lines(&mut self, node: Option<NodeId>, own: Option<AddressId>) -> Vec<Line> {
        let answers = self.answers(node);
        let mut lines: Vec<Line> =
            answers.iter().map(|answer| self.answer_line(answer, own)).collect();
        for answer in answers {
            let doubt = Some(far_reason());
            let answer = Answer { doubt, ..answer };
            lines.push(self.answer_line(&answer, None));
        }
        lines
    }

    /// What the zone of another address of the device answers may be answered here too.
    fn far_lines(&mut self, zone: &super::zones::Zone<'a>, set: Option<AddressId>) -> Vec<Line> {
        let mut nodes: Vec<NodeId> = zone.inbound.iter().filter_map(|(_, node)| *node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let mut members = Vec::new();
        for node in nodes {
            members.extend(self.answers(Some(node)).into_iter().map(|answer| answer.service));
        }
        if members.is_empty() {
            return Vec::new();
        }
        let service = self.b.services(members, zone.span);
        let label = format!("host-inbound-traffic of zone {}", zone.name);
        let answer = Answer { label, service, doubt: Some(far_reason()), span: zone.span };
        vec![self.answer_line(&answer, set)]
    }

    fn answer_line(&mut self, answer: &Answer, destination: Option<AddressId>) -> Line {
        let mut matches = self.b.everything(None, answer.span);
        matches.service = answer.service;
        if let Some(destination) = destination {
            matches.destination = destination;
        }
        let doubt = answer.doubt.clone().map(|reason| unknown(reason, answer.span));
        matches.unknown.extend(doubt);
        line(answer.label.clone(), matches, Action::Permit, answer.span)
    }

    /// Anything, perhaps: which services run is not read.
    fn any_answer(&mut self, span: Span) -> Answer {
        let doubt = text!(
            "機器が待ち受けるサービスは読み取りません。",
            "what services the device runs is not read"
        );
        let service = self.b.any_service(span);
        Answer { label: "system services".to_owned(), service, doubt: Some(doubt), span }
    }

    /// The services of one `host-inbound-traffic` statement.
    fn answers(&mut self, node: Option<NodeId>) -> Vec<Answer> {
        let mut out = Vec::new();
        let Some(node) = node else { return out };
        for kid in self.tree.kids(node) {
            let table = match self.word(kid) {
                "system-services" => SERVICES,
                "protocols" => PROTOCOLS,
                _ => {
                    self.unread(kid);
                    continue;
                }
            };
            let mut refused = Vec::new();
            let mut found = Vec::new();
            for name in self.tree.kids(kid) {
                self.tree.used(name);
                let except = self.tree.get(name, "except").is_some();
                let answer = self.answer(name, table);
                if except {
                    refused.push(answer.service);
                } else {
                    found.push(answer);
                }
            }
            for mut answer in found {
                if !refused.is_empty() {
                    let minus = self.b.services(refused.clone(), answer.span);
                    answer.service = self.b.service_except(answer.service, minus, answer.span);
                }
                out.push(answer);
            }
        }
        out
    }

    fn answer(&mut self, node: NodeId, table: &[(&str, &[Part])]) -> Answer {
        let (word, span) = (self.word(node), self.span(node));
        let mut doubt = None;
        let service = match word {
            "any-service" => self.b.any_service(span),
            "all" => {
                let listed: Vec<Part> = table.iter().flat_map(|(_, p)| p.iter().copied()).collect();
                let listed = self.parts(&listed, span);
                let ping = self.b.icmp(1, Some((8, 8)), None, span);
                let reason = text!(
                    "all に含まれるサービスの一覧はリリースによって異なります。",
                    "which services `all` means depends on the release"
                );
                let rest = self.b.unknown_service(reason, span);
                self.b.services(vec![listed, ping, rest], span)
            }
            "ping" => {
                let v4 = self.b.icmp(1, Some((8, 8)), None, span);
                let v6 = self.b.icmp(58, Some((128, 128)), None, span);
                self.b.services(vec![v4, v6], span)
            }
            "router-discovery" => self.b.icmp(1, Some((9, 10)), None, span),
            "ndp" => self.b.icmp(58, Some((133, 137)), None, span),
            _ => match table.iter().find(|(name, _)| *name == word) {
                Some((_, parts)) => {
                    let usual = self.parts(parts, span);
                    self.moved(word, table, usual, span)
                }
                None => {
                    let reason = text!(
                        "サービス「{word}」が使うポートは表にありません。",
                        "the ports of the service `{word}` are not in the table"
                    );
                    doubt = Some(reason.clone());
                    self.b.unknown_service(reason, span)
                }
            },
        };
        let kind = if std::ptr::eq(table, SERVICES) { "system-services" } else { "protocols" };
        Answer { label: format!("host-inbound-traffic {kind} {word}"), service, doubt, span }
    }

    /// The service at its usual port, or perhaps at that and the one where the device says that it listens: which of them the
    /// zone then lets in is not established.
    fn moved(
        &mut self,
        word: &str,
        table: &[(&str, &[Part])],
        usual: ServiceId,
        span: Span,
    ) -> ServiceId {
        if !std::ptr::eq(table, SERVICES) {
            return usual;
        }
        let paths = MOVED.iter().filter(|(name, _)| *name == word);
        let ports: Vec<(u16, Span)> = paths.filter_map(|(_, path)| self.moved_port(path)).collect();
        let mut members = vec![usual];
        for (port, at) in &ports {
            self.ledger.used(*at);
            members.push(self.b.one_port(6, *port, span));
        }
        if ports.is_empty() {
            return usual;
        }
        let reason = text!(
            "サービス「{word}」のポートが変更されているため、標準のポートと変更後のポートのどちらも応答し得ると読みます。",
            "the port of the service `{word}` is changed; the usual port and the new one may both be answered"
        );
        let both = self.b.services(members, span);
        let doubt = self.b.unknown_service(reason, span);
        self.b.service_both(both, doubt, span)
    }

    fn parts(&mut self, parts: &[Part], span: Span) -> ServiceId {
        let mut members = Vec::new();
        for (number, first, last) in parts {
            let range = crate::net::PortRange::new(*first, *last);
            members.push(match range.filter(|_| crate::net::flow::has_ports(*number)) {
                Some(range) => {
                    let (all, flags) = (crate::net::PortRange::ALL, crate::model::TcpFlags::ANY);
                    self.b.ports(*number, all, range, flags, span)
                }
                None => self.b.protocol(*number, span),
            });
        }
        self.b.services(members, span)
    }

    /// `tcp-session no-syn-check`: packets that open nothing may begin a session.
    pub(super) fn no_syn_check(&mut self) -> Option<Span> {
        let flow = self.tree.path(Tree::ROOT, &["security", "flow", "tcp-session"])?;
        let found = ["no-syn-check", "no-syn-check-in-tunnel"]
            .into_iter()
            .find_map(|word| self.tree.get(flow, word))?;
        Some(self.span(found))
    }
}

fn far_reason() -> Text {
    text!(
        "別のゾーンのインターフェースのアドレス宛てに応答するかどうかは特定できません。",
        "whether the device answers at an address of another zone is not established"
    )
}
