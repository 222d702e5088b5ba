//! What the device itself listens on, and who may connect.

use super::commands::Bin;
use super::reader::Reader;
use crate::formats::acl::Found;
use crate::formats::builder::{line, unknown};
use crate::formats::lines::{Block, Word};
use crate::model::{Action, Binding, Filter, Interfaces, Line};
use crate::net::Family;
use crate::source::Span;
use crate::text;

/// Services that a command switches on; whom they answer is not read.
const OTHERS: &[(&str, &[(u8, u16)])] = &[
    ("ntp", &[(17, 123)]),
    ("netconf-yang", &[(6, 830)]),
    ("netconf ssh", &[(6, 22)]),
    ("ip dns server", &[(6, 53), (17, 53)]),
    ("tftp-server", &[(17, 69)]),
    ("ftp-server", &[(6, 21)]),
    ("gnxi", &[(6, 50052), (6, 9339)]),
    ("ip sla responder", &[(17, 1967)]),
    ("service tcp-small-servers", &[(6, 7), (6, 9), (6, 13), (6, 19)]),
    ("service udp-small-servers", &[(17, 7), (17, 9), (17, 19)]),
    ("service finger", &[(6, 79)]),
    ("ip finger", &[(6, 79)]),
    ("ip identd", &[(6, 113)]),
    ("ip bootp server", &[(17, 67)]),
    ("ip rcmd", &[(6, 514)]),
    ("vstack", &[(6, 4786)]),
];

/// Control protocols that the configuration switches on: label, protocol numbers, ports, place.
pub(super) type Extras = Vec<(&'static str, &'static [u8], &'static [(u8, u16)], Span)>;

#[derive(Debug)]
struct Vty<'a> {
    span: Span,
    v4: Option<Word<'a>>,
    v6: Option<Word<'a>>,
    everywhere: bool,
    transports: Option<Vec<&'a str>>,
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
        if let Some(head) = self.config.first(Bin::Crypto) {
            out.push(("crypto map", &[50, 51], &[(17, 500), (17, 4500)], head.span));
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
        let global = self.management(&lines, &offers, restricted, false);
        let vrf = self.management(&lines, &offers, restricted, true);
        (global, vrf)
    }

    fn vty(&mut self, block: &Block<'a>) -> Vty<'a> {
        let mut out =
            Vty { span: block.span(), v4: None, v6: None, everywhere: false, transports: None };
        self.ledger.used(block.head.span);
        for sub in &block.body {
            match (sub.word(0), sub.word(1)) {
                ("access-class", _) if sub.words.iter().any(|word| word.text == "in") => {
                    out.v4 = sub.words.get(1).copied();
                    out.everywhere |= sub.words.iter().any(|word| word.text == "vrf-also");
                }
                ("ipv6", "access-class") if sub.words.iter().any(|word| word.text == "in") => {
                    out.v6 = sub.words.get(2).copied();
                }
                ("transport", "input") => {
                    out.transports = Some(sub.words.iter().skip(2).map(|word| word.text).collect());
                }
                ("no", "transport") if sub.word(2) == "input" => out.transports = Some(Vec::new()),
                _ => {
                    self.ledger.irrelevant(sub.span);
                    continue;
                }
            }
            self.ledger.used(sub.span);
        }
        out
    }

    fn management(
        &mut self,
        vtys: &[Vty<'a>],
        offers: &[Offer<'a>],
        restricted: Option<Span>,
        in_vrf: bool,
    ) -> Filter {
        let mut lines: Vec<Line> = Vec::new();
        let span = self.origin;
        for (protocol, label) in [(1, "icmp"), (58, "icmpv6")] {
            let mut matches = self.build.everything(None, span);
            matches.service = self.build.protocol(protocol, span);
            lines.push(line(format!("{label} to the device"), matches, Action::Permit, span));
        }
        for (name, port) in [("ssh", 22), ("telnet", 23)] {
            let mut first = true;
            for vty in vtys {
                let listed = vty.transports.as_ref();
                if listed.is_some_and(|listed| !listed.contains(&name) && !listed.contains(&"all"))
                {
                    continue;
                }
                let shut_out = in_vrf && vty.v4.is_some() && !vty.everywhere;
                let doubt = doubt(listed.is_none(), !first, shut_out);
                first = false;
                let label = format!("line vty: {name}");
                let offer = Offer {
                    label,
                    protocols: &[],
                    ports: vec![(6, port)],
                    v4: vty.v4,
                    v6: vty.v6,
                    doubt,
                    span: vty.span,
                };
                lines.extend(self.offer(&offer));
            }
        }
        for offer in offers {
            lines.extend(self.offer(offer));
        }
        if let Some(span) = restricted {
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
    let find =
        |words: &[&str]| services.iter().map(|block| &block.head).rfind(|head| head.starts(words));
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
        let negated = off.iter().any(|block| block.head.rest(1) == format!("ip http {switch}"));
        let Some(head) = find(&["ip", "http", switch]).filter(|_| !negated) else { continue };
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
