//! What the device itself listens on, and who may connect.

mod tables;

pub(super) use tables::{Extras, ON_INTERFACES};

use super::commands::Bin;
use super::reader::Reader;
use crate::formats::acl::Found;
use crate::formats::builder::{line, unknown};
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::model::{Action, Binding, Filter, Interfaces, Line};
use crate::net::{Family, PortRange};
use crate::source::Span;
use crate::text;
use tables::{OTHERS, ROTARIES, TERMINALS};

#[derive(Debug)]
struct Vty<'a> {
    span: Span,
    v4: Option<Word<'a>>,
    v6: Option<Word<'a>>,
    everywhere: bool,
    /// An `access-class` holds for one VRF.
    one_vrf: bool,
    transports: Option<Vec<&'a str>>,
    rotary: Option<u16>,
}

/// Terminal lines and groups of lines that a port of their own leads to.
#[derive(Clone, Copy, Debug)]
struct Reverse {
    first: u16,
    last: u16,
    span: Span,
}

/// What the configuration states about who may connect.
struct Stated<'a> {
    vtys: Vec<Vty<'a>>,
    offers: Vec<Offer<'a>>,
    reverse: Vec<Reverse>,
    /// Management plane protection.
    restricted: Option<Span>,
}

/// A permit for one service.
struct Offer<'a> {
    label: String,
    /// Whole protocols besides the ports.
    protocols: &'static [u8],
    ports: Vec<(u8, u16)>,
    v4: Option<Word<'a>>,
    v6: Option<Word<'a>>,
    doubt: Option<crate::text::Text>,
    span: Span,
}

impl<'a> Reader<'a, '_> {
    /// The control protocols that the configuration switches on; whom they answer is not read. To be called before the routing
    /// blocks are taken.
    pub(super) fn extras(&self) -> Extras {
        let mut out: Extras = Vec::new();
        for head in self.config.heads(Bin::Router) {
            let skip = usize::from(head.word(0) == "ipv6");
            match head.word(skip + 1) {
                "bgp" => out.push(("router bgp", &[], &[(6, 179)], head.span)),
                "ospf" | "ospfv3" => out.push(("router ospf", &[89], &[], head.span)),
                "eigrp" => out.push(("router eigrp", &[88], &[], head.span)),
                "rip" => out.push(("router rip", &[], &[(17, 520), (17, 521)], head.span)),
                _ => {}
            }
        }
        out.extend(self.attached.iter().copied());
        let mut ikev2 = self.config.heads(Bin::Ikev2);
        if let Some(head) = ikev2.find(|head| head.word(2) == "profile") {
            out.push(("crypto ikev2 profile", &[], &[(17, 500), (17, 4500)], head.span));
        }
        let client = self.interfaces.iter().find_map(|iface| iface.crypto).map(|one| one.span);
        let maps = self.config.first(Bin::Crypto).map(|head| head.span);
        if let Some(span) = maps.or(client) {
            out.push(("crypto map", &[50, 51], &[(17, 500), (17, 4500)], span));
        }
        let tunnel = self.interfaces.iter().find(|iface| iface.name.starts_with("Tunnel"));
        if let Some(span) = tunnel.and_then(|iface| iface.span) {
            out.push(("tunnel", &[4, 41, 47, 50], &[(17, 500), (17, 4500)], span));
        }
        if let Some((_, span)) = self.interfaces.iter().find_map(|iface| iface.virtuals.first()) {
            out.push((
                "first hop redundancy",
                &[112],
                &[(17, 1985), (17, 2029), (17, 3222)],
                *span,
            ));
        }
        out
    }

    /// The filters for packets to the device: in the global context, and in VRFs.
    pub(super) fn read_local(&mut self, extras: Extras) -> (Filter, Filter) {
        let lines: Vec<Vty<'a>> =
            self.config.take(Bin::Line).iter().map(|block| self.vty(block)).collect();
        let reverse = self.reverse(&lines);
        let services = self.config.take(Bin::Service);
        let off = self.config.take(Bin::ServiceOff);
        for block in services.iter().chain(&off) {
            self.ledger.used(block.span());
        }
        let mut restricted = None;
        for block in self.config.take(Bin::ControlPlaneHost) {
            let reason = text!(
                "管理プレーン保護は管理通信を絞り込みます。許可は確実ではないものとして読みます。",
                "management plane protection narrows management traffic; permits are read as uncertain"
            );
            self.ledger.unsupported(block.span(), reason);
            restricted = Some(block.head.span);
        }
        let mut offers = http(&services, &off);
        offers.extend(snmp(&services));
        offers.extend(others(&services, extras));
        let stated = Stated { vtys: lines, offers, reverse, restricted };
        (self.management(&stated, false), self.management(&stated, true))
    }

    /// Reverse Telnet: terminal lines that take connections from the network, and the groups of `rotary`.
    fn reverse(&mut self, vtys: &[Vty<'a>]) -> Vec<Reverse> {
        let mut out = Vec::new();
        for block in self.config.take(Bin::Terminal) {
            self.ledger.irrelevant(block.span());
            let input = block.body.iter().rfind(|line| line.starts(&["transport", "input"]));
            let Some(input) = input.filter(|line| line.word(2) != "none") else { continue };
            self.ledger.used(input.span);
            let span = block.span();
            out.extend(TERMINALS.iter().map(|(first, last)| Reverse {
                first: *first,
                last: *last,
                span,
            }));
        }
        for vty in vtys {
            let Some(group) = vty.rotary else { continue };
            let ports = ROTARIES.iter().filter_map(|base| base.checked_add(group));
            out.extend(ports.map(|port| Reverse { first: port, last: port, span: vty.span }));
        }
        out
    }

    fn vty(&mut self, block: &Block<'a>) -> Vty<'a> {
        let mut out = Vty {
            span: block.span(),
            v4: None,
            v6: None,
            everywhere: false,
            one_vrf: false,
            transports: None,
            rotary: None,
        };
        self.ledger.used(block.head.span);
        for sub in &block.body {
            if vty_line(&mut out, sub) {
                self.ledger.used(sub.span);
            } else {
                self.ledger.irrelevant(sub.span);
            }
        }
        out
    }

    fn management(&mut self, stated: &Stated<'a>, in_vrf: bool) -> Filter {
        let mut lines: Vec<Line> = Vec::new();
        let span = self.origin;
        for (protocol, label) in [(1, "icmp"), (58, "icmpv6")] {
            let mut matches = self.build.everything(None, span);
            matches.service = self.build.protocol(protocol, span);
            lines.push(line(format!("{label} to the device"), matches, Action::Permit, span));
        }
        for (name, port) in [("ssh", 22), ("telnet", 23)] {
            let mut first = true;
            for vty in &stated.vtys {
                let Some(offer) = terminal(vty, (name, port), !first, in_vrf) else { continue };
                first = false;
                lines.extend(self.offer(&offer));
            }
        }
        for offer in &stated.offers {
            lines.extend(self.offer(offer));
        }
        for one in &stated.reverse {
            let reason =
                text!("応答する相手の範囲は読み取っていません。", "whom it answers is not read");
            let mut matches = self.build.everything(None, one.span);
            let ports = PortRange::new(one.first, one.last).unwrap_or(PortRange::ALL);
            let any = crate::model::TcpFlags::ANY;
            matches.service = self.build.ports(6, PortRange::ALL, ports, any, one.span);
            matches.unknown.push(unknown(reason, one.span));
            lines.push(line("reverse telnet".to_owned(), matches, Action::Permit, one.span));
        }
        if let Some(span) = stated.restricted {
            for new in &mut lines {
                let reason = text!(
                    "管理プレーン保護が設定されています。",
                    "management plane protection is configured"
                );
                new.matches.unknown.push(unknown(reason, span));
            }
        }
        let list = self.build.list("management", lines);
        let binding = Binding {
            ingress: Interfaces::Any,
            egress: Interfaces::Any,
            lists: vec![list],
            default: Action::Deny,
            default_label: "no service listens or its access-class denies".to_owned(),
            span: None,
        };
        Filter {
            name: "management",
            bindings: vec![binding],
            otherwise: Action::Deny,
            stateful: false,
        }
    }

    fn offer(&mut self, offer: &Offer<'a>) -> Vec<Line> {
        let mut members = Vec::new();
        for protocol in offer.protocols {
            members.push(self.build.protocol(*protocol, offer.span));
        }
        for (protocol, port) in &offer.ports {
            members.push(self.build.one_port(*protocol, *port, offer.span));
        }
        let service = self.build.services(members, offer.span);
        let mut lines = Vec::new();
        for (family, acl) in [(Family::V4, offer.v4), (Family::V6, offer.v6)] {
            let mut matches = self.build.everything(Some(family), offer.span);
            matches.service = service;
            matches.unknown.extend(offer.doubt.clone().map(|reason| unknown(reason, offer.span)));
            let bare = family == Family::V6 && acl.is_none() && offer.v4.is_some();
            if bare && !offer.label.starts_with("line vty") {
                let reason = text!(
                    "IPv4 のアクセスリストだけが指定されており、IPv6 の接続を拒否するかどうかは特定できません。",
                    "only an IPv4 list is given; whether IPv6 connections are refused is not known"
                );
                matches.unknown.push(unknown(reason, offer.span));
            }
            let action = match acl.map(|word| self.acl(family, word)) {
                Some(Found::List(list)) => {
                    Action::Jump(self.derive(list, Action::Permit, Action::Return))
                }
                _ => Action::Permit,
            };
            lines.push(line(offer.label.clone(), matches, action, offer.span));
        }
        lines
    }
}

/// A line of `line vty`; whether it matters.
fn vty_line<'a>(vty: &mut Vty<'a>, line: &ConfigLine<'a>) -> bool {
    let negated = matches!(line.word(0), "no" | "default");
    let from = usize::from(negated);
    let word = |at: usize| line.word(from + at);
    let has = |name: &str| line.words.iter().any(|word| word.text == name);
    match (word(0), word(1)) {
        ("access-class", _) if negated => vty.v4 = None,
        ("ipv6", "access-class") if negated => vty.v6 = None,
        // Whom the other tables let in is not said then.
        ("access-class", _) if has("in") && has("vrfname") => vty.one_vrf = true,
        ("access-class", _) if has("in") => {
            vty.v4 = line.words.get(1).copied();
            vty.everywhere |= has("vrf-also");
        }
        ("ipv6", "access-class") if has("in") => vty.v6 = line.words.get(2).copied(),
        ("transport", "input") if line.word(0) == "default" => vty.transports = None,
        ("transport", "input") if negated => vty.transports = Some(Vec::new()),
        ("transport", "input") => {
            vty.transports = Some(line.words.iter().skip(2).map(|word| word.text).collect());
        }
        ("rotary", _) => vty.rotary = word(1).parse().ok().filter(|_| !negated),
        _ => return false,
    }
    true
}

/// What a vty line offers to a protocol; `None` when it takes no such connection.
fn terminal<'a>(
    vty: &Vty<'a>,
    (name, port): (&str, u16),
    later: bool,
    in_vrf: bool,
) -> Option<Offer<'a>> {
    let listed = vty.transports.as_ref();
    if listed.is_some_and(|listed| !listed.contains(&name) && !listed.contains(&"all")) {
        return None;
    }
    let shut_out = in_vrf && vty.v4.is_some() && !vty.everywhere;
    let doubt = if vty.one_vrf {
        Some(text!(
            "access-class の vrfname は一つの VRF だけを対象とするため、ほかからの接続を拒否するかどうかは特定できません。",
            "the access-class names one VRF; whether connections from elsewhere are refused is not known"
        ))
    } else {
        doubt(listed.is_none(), later, shut_out)
    };
    Some(Offer {
        label: format!("line vty: {name}"),
        protocols: &[],
        ports: vec![(6, port)],
        v4: vty.v4.filter(|_| !vty.one_vrf),
        v6: vty.v6,
        doubt,
        span: vty.span,
    })
}

fn doubt(default: bool, later: bool, shut_out: bool) -> Option<crate::text::Text> {
    if shut_out {
        return Some(text!(
            "access-class に vrf-also がないため、VRF からの接続は拒否され得ます。",
            "the access-class has no vrf-also, so connections from a VRF may be refused"
        ));
    }
    if default {
        return Some(text!(
            "transport input の既定値はリリースによって異なります。",
            "what transport input is by default depends on the release"
        ));
    }
    later.then(|| {
        text!(
            "先行する vty がすべて使用中の場合にだけ使われます。",
            "used only while all earlier vty lines are busy"
        )
    })
}

fn http<'a>(services: &[Block<'a>], off: &[Block<'a>]) -> Vec<Offer<'a>> {
    // A later `no` with the same words, or fewer, takes a line back.
    let gone = |on: &ConfigLine<'_>| {
        off.iter().map(|block| &block.head).any(|off| {
            let words: Vec<&str> = off.words.iter().skip(1).map(|word| word.text).collect();
            off.span.start > on.span.start && on.starts(&words)
        })
    };
    let find = |words: &[&str]| {
        let mut heads = services.iter().map(|block| &block.head);
        heads.rfind(|head| head.starts(words)).filter(|head| !gone(head))
    };
    let (mut v4, mut v6) = (None, None);
    if let Some(head) = find(&["ip", "http", "access-class"]) {
        v4 = head.words.get(3).filter(|word| !matches!(word.text, "ipv4" | "ipv6")).copied();
    }
    if let Some(head) = find(&["ip", "http", "access-class", "ipv4"]) {
        v4 = head.words.get(4).copied();
    }
    if let Some(head) = find(&["ip", "http", "access-class", "ipv6"]) {
        v6 = head.words.get(4).copied();
    }
    let mut out = Vec::new();
    for (switch, port_word, port) in [("server", "port", 80), ("secure-server", "secure-port", 443)]
    {
        let Some(head) = find(&["ip", "http", switch]) else { continue };
        let number = find(&["ip", "http", port_word]).and_then(|head| head.word(3).parse().ok());
        let label = format!("ip http {switch}");
        out.push(Offer {
            label,
            protocols: &[],
            ports: vec![(6, number.unwrap_or(port))],
            v4,
            v6,
            doubt: None,
            span: head.span,
        });
    }
    out
}

fn snmp<'a>(services: &[Block<'a>]) -> Vec<Offer<'a>> {
    let mut out = Vec::new();
    for head in services.iter().map(|block| &block.head) {
        let (mut at, kind) = match (head.word(0), head.word(1)) {
            ("snmp-server", kind @ "community") => (3, kind),
            ("snmp-server", kind @ "group") => (
                head.words
                    .iter()
                    .position(|word| word.text == "access")
                    .map_or(usize::MAX, |at| at + 1),
                kind,
            ),
            _ => continue,
        };
        let (mut v4, mut v6) = (None, None);
        while let Some(word) = head.words.get(at) {
            at += 1;
            match word.text {
                "view" | "read" | "write" | "notify" | "context" => at += 1,
                "ro" | "rw" | "RO" | "RW" => {}
                "ipv6" => {
                    v6 = head.words.get(at).copied();
                    at += 1;
                }
                _ => v4 = Some(*word),
            }
        }
        let label = format!("snmp-server {kind}");
        let ports = vec![(17, 161)];
        out.push(Offer { label, protocols: &[], ports, v4, v6, doubt: None, span: head.span });
    }
    out
}

fn others<'a>(services: &[Block<'a>], extras: Extras) -> Vec<Offer<'a>> {
    let reason =
        || text!("応答する相手の範囲は読み取っていません。", "whom it answers is not read");
    let mut out = Vec::new();
    for (words, ports) in OTHERS {
        let split: Vec<&str> = words.split(' ').collect();
        if let Some(block) = services.iter().find(|block| block.head.starts(&split)) {
            let label = (*words).to_owned();
            out.push(Offer {
                label,
                protocols: &[],
                ports: ports.to_vec(),
                v4: None,
                v6: None,
                doubt: Some(reason()),
                span: block.head.span,
            });
        }
    }
    for head in
        services.iter().map(|block| &block.head).filter(|head| head.starts(&["ip", "ssh", "port"]))
    {
        let ports = head.word(3).parse().map(|port| (6, port)).into_iter().collect();
        out.push(Offer {
            label: "ip ssh port".to_owned(),
            protocols: &[],
            ports,
            v4: None,
            v6: None,
            doubt: Some(reason()),
            span: head.span,
        });
    }
    for (label, protocols, ports, span) in extras {
        out.push(Offer {
            label: label.to_owned(),
            protocols,
            ports: ports.to_vec(),
            v4: None,
            v6: None,
            doubt: Some(reason()),
            span,
        });
    }
    out
}
