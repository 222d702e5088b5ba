//! The conditions of a term: all kinds together, the values of one kind as alternatives.

use crate::formats::builder::unknown;
use crate::formats::junos::applications::{WITH_PORTS, range};
use crate::formats::junos::predefined::{icmp_type, protocol};
use crate::formats::junos::reader::{Reader, prefix, strange};
use crate::formats::junos::tree::{NodeId, Tree};
use crate::model::{AddressId, AddressWithin, Interfaces, Match, ServiceId, TcpFlags, Unknown};
use crate::net::{Family, PortRange, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, WildcardMask, flow};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;

/// One prefix of an address condition.
#[derive(Clone, Copy)]
struct Entry {
    set: AddressId,
    len: u8,
    except: bool,
    /// Whether it speaks of the family of the filter.
    listed: bool,
}

/// What stands in `from`.
#[derive(Default)]
pub(in crate::formats::junos) struct Conditions {
    source: Option<AddressId>,
    destination: Option<AddressId>,
    /// Either address.
    either: Option<AddressId>,
    service: Option<ServiceId>,
    ingress: Option<Interfaces>,
    pub(in crate::formats::junos) unknown: Vec<Unknown>,
}

/// The words of address conditions: single prefixes, and prefix lists, of one direction.
const ADDRESSES: [(&str, &str); 3] = [
    ("source-address", "source-prefix-list"),
    ("destination-address", "destination-prefix-list"),
    ("address", "prefix-list"),
];

impl<'a> Reader<'a, '_> {
    /// Prefix lists by name.
    pub(in crate::formats::junos) fn prefix_lists(&mut self) -> FxHashMap<&'a str, NodeId> {
        let mut out = FxHashMap::default();
        let Some(options) = self.tree.get(Tree::ROOT, "policy-options") else { return out };
        for kid in self.tree.kids(options) {
            if self.word(kid) == "prefix-list" {
                for list in self.tree.kids(kid) {
                    self.tree.used(list);
                    out.insert(self.word(list), list);
                    for entry in self.tree.kids(list) {
                        if self.word(entry) == "apply-path" {
                            self.tree.ignore(entry);
                        } else {
                            self.tree.used(entry);
                        }
                    }
                }
            } else {
                // Routing policies choose among learned routes, which are uncertain anyway.
                self.tree.ignore(kid);
            }
        }
        out
    }

    pub(super) fn term_conditions(
        &mut self,
        node: NodeId,
        family: Family,
        prefixes: &FxHashMap<&'a str, NodeId>,
    ) -> Conditions {
        let mut out = Conditions::default();
        for (at, (single, list)) in ADDRESSES.into_iter().enumerate() {
            let (single, list) = (self.tree.get(node, single), self.tree.get(node, list));
            if single.is_none() && list.is_none() {
                continue;
            }
            let set = self.address_condition(single, list, family, prefixes, &mut out.unknown);
            match at {
                0 => out.source = Some(set),
                1 => out.destination = Some(set),
                _ => out.either = Some(set),
            }
        }
        out.service = self.term_service(node, family, &mut out.unknown);
        if let Some(interface) = self.tree.get(node, "interface") {
            let mut ids = Vec::new();
            for name in self.tree.kids(interface) {
                self.tree.used(name);
                match self.interface_of(self.word(name)) {
                    Some(id) => ids.push(id),
                    None => out.unknown.push(self.taint(name)),
                }
            }
            out.ingress = Some(Interfaces::Of(ids));
        }
        for kid in self.tree.kids(node) {
            let word = self.word(kid);
            let known = ADDRESSES.iter().any(|(a, b)| *a == word || *b == word);
            if known || word == "interface" || SERVICE.contains(&word) {
                continue;
            }
            if !UNSURE.contains(&word) {
                out.unknown.push(self.taint(kid));
                continue;
            }
            let reason = text!(
                "フィルターの条件「{word}」は判定に使わないため、この行に当てはまるかどうかは確実ではありません。",
                "the filter condition `{word}` is not evaluated, so it is not certain whether the term matches"
            );
            self.approximated(kid, reason.clone());
            out.unknown.push(unknown(reason, self.span(kid)));
        }
        out
    }

    /// Longest match among the prefixes of a condition; what none of them holds does not match.
    fn address_condition(
        &mut self,
        single: Option<NodeId>,
        list: Option<NodeId>,
        family: Family,
        prefixes: &FxHashMap<&'a str, NodeId>,
        doubts: &mut Vec<Unknown>,
    ) -> AddressId {
        let mut entries = Vec::new();
        if let Some(node) = single {
            if self.tree.is_bare(node) {
                doubts.push(self.taint(node));
            }
            for kid in self.tree.kids(node) {
                let except = self.is_except(kid);
                entries.push(self.entry(kid, except, family));
            }
        }
        if let Some(node) = list {
            for kid in self.tree.kids(node) {
                self.tree.used(kid);
                let except = self.is_except(kid);
                let span = self.span(kid);
                let name = self.word(kid);
                let Some(found) = prefixes.get(name).copied() else {
                    self.b.undefined("prefix-list", name, span);
                    let reason = text!(
                        "プレフィックスリスト「{name}」は定義されていません。",
                        "the prefix list `{name}` is not defined"
                    );
                    let set = self.b.unknown_address(reason, AddressWithin::Anywhere, span);
                    entries.push(Entry { set, len: 0, except, listed: true });
                    continue;
                };
                for kid in self.tree.kids(found) {
                    entries.push(self.entry(kid, except, family));
                }
            }
        }
        let span = single.or(list).map_or(self.origin, |node| self.span(node));
        if list.is_some() && !entries.iter().any(|entry| entry.listed) {
            // Whether a list without a prefix of the family matches nothing, or is no condition at all, is told both ways.
            let reason = text!(
                "プレフィックスリストにこのファミリーのプレフィックスがなく、何に一致するか特定できません。",
                "the prefix list holds no prefix of this family; what it matches is not established"
            );
            doubts.push(unknown(reason, span));
            entries.clear();
            let set = self.b.any_address(Some(family), span);
            entries.push(Entry { set, len: 0, except: false, listed: true });
        } else if !entries.is_empty() && entries.iter().all(|entry| entry.except) {
            // Nothing is listed that could match; whether the rest then matches is told both ways.
            let reason = text!(
                "except のプレフィックスだけが書かれており、それ以外が一致するかどうかは特定できません。",
                "only excepted prefixes are listed; whether everything else matches is not established"
            );
            doubts.push(unknown(reason, span));
            let set = self.b.any_address(Some(family), span);
            entries.push(Entry { set, len: 0, except: false, listed: true });
        }
        self.longest(entries, span)
    }

    fn is_except(&mut self, node: NodeId) -> bool {
        self.tree.get(node, "except").is_some()
    }

    fn entry(&mut self, node: NodeId, except: bool, family: Family) -> Entry {
        self.tree.used(node);
        let (word, span) = (self.word(node), self.span(node));
        if word == "apply-path" {
            let reason = text!(
                "apply-path で決まるプレフィックスは展開しません。",
                "prefixes that `apply-path` collects are not worked out"
            );
            self.approximated(node, reason.clone());
            let set = self.b.unknown_address(reason, AddressWithin::Anywhere, span);
            return Entry { set, len: 0, except, listed: true };
        }
        for kid in self.tree.kids(node) {
            if self.word(kid) != "except" {
                let set = self.strange_address(kid);
                return Entry { set, len: 0, except, listed: true };
            }
        }
        if let Some(found) = prefix(word) {
            let len = found.len();
            if found.family() != family {
                let set = self.b.union(Vec::new(), span);
                return Entry { set, len, except, listed: false };
            }
            return Entry { set: self.b.range(found.range(), span), len, except, listed: true };
        }
        let mask = word.split_once('/').and_then(|(address, mask)| {
            let mask: std::net::Ipv4Addr = mask.parse().ok()?;
            let ignore = std::net::Ipv4Addr::from(!u32::from(mask));
            Some((WildcardMask::new(address.parse().ok()?, ignore), u32::from(mask).count_ones()))
        });
        match mask {
            Some((mask, len)) => {
                let set = self.b.wildcard(mask, span);
                Entry { set, len: u8::try_from(len).unwrap_or(0), except, listed: true }
            }
            None => Entry { set: self.strange_address(node), len: 0, except, listed: true },
        }
    }

    fn longest(&mut self, mut entries: Vec<Entry>, span: Span) -> AddressId {
        entries.sort_by_key(|entry| (entry.len, entry.except));
        let mut all = self.b.union(Vec::new(), span);
        let mut at = 0;
        while let Some(first) = entries.get(at) {
            let except = first.except;
            let rest = entries.get(at..).unwrap_or(&[]);
            let run = rest.iter().take_while(|entry| entry.except == except).count().max(1);
            let mut members: Vec<AddressId> =
                rest.iter().take(run).map(|entry| entry.set).collect();
            if except {
                let minus = self.b.union(members, span);
                all = self.b.except(all, minus, span);
            } else {
                members.insert(0, all);
                all = self.b.union(members, span);
            }
            at += run;
        }
        all
    }

    /// One match for each direction that an either-way condition may mean.
    pub(super) fn term_matches(
        &mut self,
        conditions: &Conditions,
        family: Family,
        span: Span,
    ) -> Vec<Match> {
        let mut matches = self.b.everything(Some(family), span);
        if let Some(source) = conditions.source {
            matches.source = source;
        }
        if let Some(destination) = conditions.destination {
            matches.destination = destination;
        }
        if let Some(service) = conditions.service {
            matches.service = service;
        }
        if let Some(ingress) = &conditions.ingress {
            matches.ingress = ingress.clone();
        }
        let Some(either) = conditions.either else { return vec![matches] };
        let both = |own: Option<AddressId>| own.is_some();
        let (mut first, mut second) = (matches.clone(), matches);
        if both(conditions.source) || both(conditions.destination) {
            // `address` beside a direction: not worked out.
            let reason = strange("address");
            first.unknown.push(unknown(reason, span));
            return vec![first];
        }
        first.source = either;
        second.destination = either;
        vec![first, second]
    }
}

/// Conditions on what the model does not hold: fragments, lengths, marks of quality of service, routing metadata.
const UNSURE: &[&str] = &[
    "is-fragment",
    "first-fragment",
    "fragment-flags",
    "fragment-offset",
    "fragment-offset-except",
    "ip-options",
    "ip-options-except",
    "ttl",
    "ttl-except",
    "hop-limit",
    "hop-limit-except",
    "dscp",
    "dscp-except",
    "precedence",
    "precedence-except",
    "traffic-class",
    "traffic-class-except",
    "packet-length",
    "packet-length-except",
    "forwarding-class",
    "forwarding-class-except",
    "loss-priority",
    "loss-priority-except",
    "icmp-type-except",
    "icmp-code-except",
    "interface-group",
    "interface-group-except",
    "interface-set",
    "source-class",
    "source-class-except",
    "destination-class",
    "destination-class-except",
    "esp-spi",
    "esp-spi-except",
    "ah-spi",
    "ah-spi-except",
    "extension-header",
    "extension-header-except",
    "flexible-match-mask",
    "flexible-match-range",
    "service-filter-hit",
    "rat-type",
    "policy-map",
];

/// Conditions on what the packet carries.
const SERVICE: &[&str] = &[
    "protocol",
    "protocol-except",
    "next-header",
    "next-header-except",
    "payload-protocol",
    "payload-protocol-except",
    "source-port",
    "source-port-except",
    "destination-port",
    "destination-port-except",
    "source-port-range-optimize",
    "destination-port-range-optimize",
    "port",
    "port-except",
    "icmp-type",
    "icmp-code",
    "tcp-established",
    "tcp-initial",
    "tcp-flags",
];

/// What part of the header a port condition looks at.
#[derive(Clone, Copy)]
enum Side {
    Source,
    Destination,
    Either,
}

impl<'a> Reader<'a, '_> {
    fn term_service(
        &mut self,
        node: NodeId,
        family: Family,
        doubts: &mut Vec<Unknown>,
    ) -> Option<ServiceId> {
        let mut parts = Vec::new();
        let mut protocols: Option<Vec<u8>> = None;
        for word in ["protocol", "next-header", "payload-protocol"] {
            let Some(leaf) = self.tree.get(node, word) else { continue };
            let found = self.values(leaf, doubts, protocol);
            let span = self.span(leaf);
            let members = found.iter().map(|number| self.b.protocol(*number, span)).collect();
            parts.push(self.b.services(members, span));
            protocols = Some(found);
        }
        for word in ["protocol-except", "next-header-except", "payload-protocol-except"] {
            let Some(leaf) = self.tree.get(node, word) else { continue };
            let found = self.values(leaf, doubts, protocol);
            let span = self.span(leaf);
            let members = found.iter().map(|number| self.b.protocol(*number, span)).collect();
            let minus = self.b.services(members, span);
            let any = self.b.any_service(span);
            parts.push(self.b.service_except(any, minus, span));
        }
        let ported: Vec<u8> = match &protocols {
            Some(list) => list.iter().copied().filter(|p| flow::has_ports(*p)).collect(),
            None => WITH_PORTS.to_vec(),
        };
        let stray = protocols.as_ref().is_none_or(|list| list.len() != ported.len());
        for (word, side, except) in [
            ("source-port", Side::Source, false),
            ("destination-port", Side::Destination, false),
            ("source-port-range-optimize", Side::Source, false),
            ("destination-port-range-optimize", Side::Destination, false),
            ("port", Side::Either, false),
            ("source-port-except", Side::Source, true),
            ("destination-port-except", Side::Destination, true),
            ("port-except", Side::Either, true),
        ] {
            let Some(leaf) = self.tree.get(node, word) else { continue };
            let ranges = self.values(leaf, doubts, range);
            let span = self.span(leaf);
            let set = self.port_set(&ranges, side, except, &ported, span);
            parts.push(if stray { self.or_garbage(set, &ported, span) } else { set });
        }
        parts.extend(self.icmp_condition(node, family, protocols.is_none(), doubts));
        parts.extend(self.flag_condition(node, protocols.is_none(), doubts));
        let span = self.span(node);
        parts.into_iter().reduce(|a, b| self.b.service_both(a, b, span))
    }

    /// The values of a condition; one that cannot be read makes the term uncertain.
    fn values<T>(
        &mut self,
        leaf: NodeId,
        doubts: &mut Vec<Unknown>,
        read: fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let mut out = Vec::new();
        let kids = self.tree.kids(leaf);
        if kids.is_empty() || self.is_mixed(leaf) {
            doubts.push(unknown(strange(self.word(leaf)), self.span(leaf)));
        }
        for kid in kids {
            let plain = self.tree.kids(kid).is_empty();
            match read(self.word(kid)).filter(|_| plain) {
                Some(value) => {
                    self.tree.used(kid);
                    out.push(value);
                }
                None => doubts.push(self.taint(kid)),
            }
        }
        out
    }

    fn port_set(
        &mut self,
        ranges: &[PortRange],
        side: Side,
        except: bool,
        protocols: &[u8],
        span: Span,
    ) -> ServiceId {
        let mut members = Vec::new();
        for number in protocols {
            for ports in ranges {
                let (all, flags) = (PortRange::ALL, TcpFlags::ANY);
                if !matches!(side, Side::Destination) {
                    members.push(self.b.ports(*number, *ports, all, flags, span));
                }
                if !matches!(side, Side::Source) {
                    members.push(self.b.ports(*number, all, *ports, flags, span));
                }
            }
        }
        let set = self.b.services(members, span);
        if !except {
            return set;
        }
        let all = protocols.iter().map(|number| self.b.protocol(*number, span)).collect();
        let all = self.b.services(all, span);
        self.b.service_except(all, set, span)
    }

    /// Without a protocol condition the filter compares these bytes of any packet.
    fn or_garbage(&mut self, set: ServiceId, protocols: &[u8], span: Span) -> ServiceId {
        let members = protocols.iter().map(|number| self.b.protocol(*number, span)).collect();
        let minus = self.b.services(members, span);
        let reason = text!(
            "プロトコルが指定されていないため、ほかのプロトコルのパケットも一致し得ます。",
            "no protocol is given, so packets of other protocols may match too"
        );
        let other = self.b.unknown_service(reason, span);
        let other = self.b.service_except(other, minus, span);
        self.b.services(vec![set, other], span)
    }

    fn icmp_condition(
        &mut self,
        node: NodeId,
        family: Family,
        stray: bool,
        doubts: &mut Vec<Unknown>,
    ) -> Option<ServiceId> {
        let types = self.tree.get(node, "icmp-type");
        let codes = self.tree.get(node, "icmp-code");
        let leaf = types.or(codes)?;
        let span = self.span(leaf);
        let v6 = family == Family::V6;
        let number = if v6 { 58 } else { 1 };
        let read: fn(&str) -> Option<(u8, u8)> =
            if v6 { |word| numbers(word, true) } else { |word| numbers(word, false) };
        let types = types.map(|leaf| self.values(leaf, doubts, read));
        let codes = codes.map(|leaf| self.values(leaf, doubts, |word| numbers(word, false)));
        let each = |values: &Option<Vec<(u8, u8)>>| match values {
            None => vec![None],
            Some(values) => values.iter().copied().map(Some).collect(),
        };
        let mut members = Vec::new();
        for kind in each(&types) {
            for code in each(&codes) {
                members.push(self.b.icmp(number, kind, code, span));
            }
        }
        let set = self.b.services(members, span);
        Some(if stray { self.or_garbage(set, &[number], span) } else { set })
    }

    fn flag_condition(
        &mut self,
        node: NodeId,
        stray: bool,
        doubts: &mut Vec<Unknown>,
    ) -> Option<ServiceId> {
        let mut out: Option<ServiceId> = None;
        for word in ["tcp-established", "tcp-initial", "tcp-flags"] {
            let Some(leaf) = self.tree.get(node, word) else { continue };
            let span = self.span(leaf);
            let text = match word {
                "tcp-established" => Some("ack|rst"),
                "tcp-initial" => Some("syn&!ack"),
                _ => self.tree.value(leaf).map(|value| self.word(value)),
            };
            let Some(sets) = text.and_then(flags) else {
                doubts.push(self.taint(leaf));
                continue;
            };
            let all = PortRange::ALL;
            let members = sets.iter().map(|set| self.b.ports(6, all, all, *set, span)).collect();
            let mut set = self.b.services(members, span);
            if stray {
                set = self.or_garbage(set, &[6], span);
            }
            out = Some(match out {
                Some(before) => self.b.service_both(before, set, span),
                None => set,
            });
        }
        out
    }
}

/// `echo-request`, `8`, `8-11`.
fn numbers(word: &str, v6: bool) -> Option<(u8, u8)> {
    if let Some(one) = icmp_type(word, v6) {
        return Some((one, one));
    }
    let (first, last) = word.split_once('-')?;
    let range: (u8, u8) = (first.parse().ok()?, last.parse().ok()?);
    (range.0 <= range.1).then_some(range)
}

/// `(syn & !ack) | rst` as alternatives of flags that must be set or clear; `None` for anything deeper.
fn flags(text: &str) -> Option<Vec<TcpFlags>> {
    let mut out = Vec::new();
    let whole = text.trim();
    let bare = whole.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    let text = bare.filter(|t| !t.contains(['(', ')'])).unwrap_or(whole);
    for alternative in text.split('|') {
        let inner = alternative.trim();
        let inner = inner.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(inner);
        let (mut mask, mut value) = (0u8, 0u8);
        for word in inner.split(['&', '+', ',']) {
            let word = word.trim();
            let (clear, name) = word.strip_prefix('!').map_or((false, word), |name| (true, name));
            let bit = match name.trim() {
                "fin" | "0x1" => TCP_FIN,
                "syn" | "0x2" => TCP_SYN,
                "rst" | "0x4" => TCP_RST,
                "push" | "0x8" => 0x08,
                "ack" | "0x10" => TCP_ACK,
                "urgent" | "0x20" => 0x20,
                _ => return None,
            };
            if mask & bit != 0 {
                return None;
            }
            mask |= bit;
            value |= if clear { 0 } else { bit };
        }
        out.push(TcpFlags { mask, value });
    }
    Some(out)
}
