//! Applications: protocols and ports by name.

use super::Reader;
use super::commands::Bin;
use crate::formats::acl::names::PROTOCOLS;
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::model::{ServiceId, TcpFlags};
use crate::net::PortRange;
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// Applications of the device whose ports are settled: one TCP port each.
const SETTLED: &[(&str, u16)] = &[
    ("ftp", 21),
    ("http", 80),
    ("https", 443),
    ("imap", 143),
    ("pop3", 110),
    ("smtp", 25),
    ("ssh", 22),
    ("telnet", 23),
];

/// Ports or a whole protocol: protocol number, first port, last port.
type Ports = &'static [(u8, u16, u16)];

/// Applications of the device that lie within these ports of TCP and UDP; which of them each holds is not settled.
const WITHIN: &[(&str, Ports)] = &[
    ("bgp", &[(6, 179, 179)]),
    ("dhcp", &[(17, 67, 68)]),
    ("dns", &[(6, 53, 53), (17, 53, 53)]),
    ("imaps", &[(6, 993, 993), (17, 993, 993)]),
    ("isakmp", &[(17, 500, 500), (17, 4500, 4500)]),
    ("kerberos", &[(6, 88, 88), (17, 88, 88)]),
    ("l2tp", &[(6, 1701, 1701), (17, 1701, 1701)]),
    ("ldap", &[(6, 389, 389), (17, 389, 389)]),
    ("ldaps", &[(6, 636, 636), (17, 636, 636)]),
    ("ntp", &[(6, 123, 123), (17, 123, 123)]),
    ("pop3s", &[(6, 995, 995), (17, 995, 995)]),
    ("rdp", &[(6, 3389, 3389), (17, 3389, 3389)]),
    ("smtps", &[(6, 465, 465), (6, 587, 587)]),
    ("snmp", &[(6, 161, 162), (17, 161, 162)]),
    ("syslog", &[(6, 514, 514), (17, 514, 514)]),
    ("tftp", &[(6, 69, 69), (17, 69, 69)]),
];

/// Applications of the device that lie within whole protocols.
const PROTOCOL: &[(&str, &[u8])] = &[
    ("ah", &[51]),
    ("esp", &[50]),
    ("gre", &[47]),
    ("icmp", &[1, 58]),
    ("igmp", &[2]),
    ("ospf", &[89]),
    ("ping", &[1, 58]),
];

/// What a custom application says.
#[derive(Debug, Default)]
struct Custom {
    protocol: Option<u8>,
    source: Option<PortRange>,
    destination: Option<PortRange>,
    kind: Option<u8>,
    code: Option<u8>,
    doubt: Option<Text>,
}

impl<'a> Reader<'a> {
    /// Reads every application, and whether packets are inspected to find applications.
    pub(super) fn read_applications(&mut self) {
        for block in self.take(Bin::Dpi) {
            let on = block.body.iter().any(|line| line.text == "enable");
            self.dpi = self.dpi.or(on.then_some(block.head.span));
            self.switch.ledger.used(block.span());
        }
        for block in self.take(Bin::Application) {
            self.switch.ledger.used(block.head.span);
            let mut custom = Custom::default();
            for line in &block.body {
                self.application_line(line, &mut custom);
            }
            let id = self.custom(custom, &block);
            // A second block of the same name adds to the first, so neither is certain.
            let name = block.head.word(1).to_ascii_lowercase();
            if self.applications.insert(name.clone(), id).is_some() {
                let reason = text!(
                    "アプリケーションが重複して定義されています。",
                    "the application is defined more than once"
                );
                self.switch.ledger.unsupported(block.head.span, reason.clone());
                let id = self.switch.build.unknown_service(reason, block.head.span);
                self.applications.insert(name, id);
            }
        }
    }

    fn application_line(&mut self, line: &ConfigLine<'a>, custom: &mut Custom) {
        let number = |word: &str| word.parse::<u8>().ok();
        let twice = match line.word(0) {
            "protocol" => {
                let name = PROTOCOLS.iter().find(|(name, _)| *name == line.word(1));
                let extra = matches!(line.word(1), "icmpv6" | "ipv6-icmp").then_some(58);
                let protocol = number(line.word(1)).or(name.map(|(_, n)| *n)).or(extra);
                let twice = custom.protocol.is_some() || protocol.is_none();
                custom.protocol = protocol;
                twice
            }
            "sport" => replaced(&mut custom.source, range(line)),
            "dport" => replaced(&mut custom.destination, range(line)),
            "icmp-type" => replaced(&mut custom.kind, number(line.word(1))),
            "icmp-code" => replaced(&mut custom.code, number(line.word(1))),
            "description" => return self.switch.ledger.irrelevant(line.span),
            _ => true,
        };
        self.switch.ledger.used(line.span);
        if twice {
            let text = line.text;
            let reason = text!(
                "アプリケーションの条件「{text}」は確定できません。どの通信にも一致し得ると読みます。",
                "the condition \"{text}\" of an application is not settled; it may match any packet"
            );
            if line.word(0) == "dscp" {
                self.switch.ledger.unsupported(line.span, reason.clone());
            } else {
                self.switch.ledger.unknown(line.span, reason.clone(), true);
            }
            custom.doubt = Some(reason);
        }
    }

    fn custom(&mut self, custom: Custom, block: &Block<'a>) -> ServiceId {
        let span = block.span();
        let build = &mut self.switch.build;
        let ports = custom.source.is_some() || custom.destination.is_some();
        let (kind, code) = (custom.kind.map(|n| (n, n)), custom.code.map(|n| (n, n)));
        let id = match custom.protocol {
            Some(number) if crate::net::flow::is_icmp(number) && !ports => {
                Some(build.icmp(number, kind, code, span))
            }
            Some(number) if crate::net::flow::has_ports(number) && kind.is_none() => {
                let source = custom.source.unwrap_or(PortRange::ALL);
                let destination = custom.destination.unwrap_or(PortRange::ALL);
                Some(build.ports(number, source, destination, TcpFlags::ANY, span))
            }
            Some(number) if !ports && kind.is_none() => Some(build.protocol(number, span)),
            _ => None,
        };
        match (id, custom.doubt) {
            (Some(id), None) => id,
            (_, doubt) => {
                let reason = doubt.unwrap_or_else(|| {
                    text!(
                        "アプリケーション定義にプロトコルがないか、条件が食い違っています。",
                        "the application states no protocol, or conditions that do not go together"
                    )
                });
                self.switch.ledger.unsupported(block.head.span, reason.clone());
                self.switch.build.unknown_service(reason, span)
            }
        }
    }

    /// The packets of an application. Inspection finds applications of the device by what packets hold, in the firewall only.
    pub(super) fn application(&mut self, word: Word<'a>, inspected: bool) -> ServiceId {
        let name = word.text.to_ascii_lowercase();
        if name == "any" {
            return self.switch.build.any_service(word.span);
        }
        if let Some(id) = self.applications.get(&name) {
            return *id;
        }
        let app = word.text;
        if self.dpi.is_some() && inspected {
            let reason = text!(
                "アプリケーション「{app}」は DPI がパケットの内容から判別するため、どの通信にも一致し得ると読みます。",
                "the application {app} is found by inspecting packets; it may match any packet"
            );
            self.switch.ledger.unsupported(word.span, reason.clone());
            return self.switch.build.unknown_service(reason, word.span);
        }
        self.predefined(&name, word).unwrap_or_else(|| {
            self.switch.build.undefined("application", word.text, word.span);
            let reason = text!(
                "アプリケーション「{app}」の定義がありません。どの通信にも一致し得ると読みます。",
                "the application {app} is not defined here; it may match any packet"
            );
            self.switch.ledger.unsupported(word.span, reason.clone());
            self.switch.build.unknown_service(reason, word.span)
        })
    }

    fn predefined(&mut self, name: &str, word: Word<'a>) -> Option<ServiceId> {
        let span = word.span;
        if let Some((_, port)) = SETTLED.iter().find(|(known, _)| *known == name) {
            return Some(self.switch.build.one_port(6, *port, span));
        }
        let ports = WITHIN.iter().find(|(known, _)| *known == name).map(|(_, ports)| *ports);
        let protocols = PROTOCOL.iter().find(|(known, _)| *known == name).map(|(_, list)| *list);
        let build = &mut self.switch.build;
        let members = match (ports, protocols) {
            (Some(ports), _) => ports
                .iter()
                .filter_map(|(protocol, first, last)| {
                    let range = PortRange::new(*first, *last)?;
                    Some(build.ports(*protocol, PortRange::ALL, range, TcpFlags::ANY, span))
                })
                .collect(),
            (None, Some(list)) => list.iter().map(|number| build.protocol(*number, span)).collect(),
            (None, None) => return None,
        };
        let widest = build.services(members, span);
        let reason = unsettled(word.text, span, &mut self.switch.ledger);
        let unknown = self.switch.build.unknown_service(reason, span);
        Some(self.switch.build.service_both(widest, unknown, span))
    }
}

fn unsettled(app: &str, span: Span, ledger: &mut crate::formats::Ledger<'_>) -> Text {
    let reason = text!(
        "事前定義済みアプリケーション「{app}」の正確なポートは確認していません。既知の範囲内で一致し得ると読みます。",
        "the exact ports of the predefined application {app} are not established; it may match within the known ones"
    );
    ledger.unsupported(span, reason.clone());
    reason
}

/// Sets a condition that stands once; true when it stood before, or cannot be read.
fn replaced<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let wrong = slot.is_some() || value.is_none();
    *slot = value;
    wrong
}

/// `dport P`, `dport A to B`, `dport A B`, `dport A-B`.
fn range(line: &ConfigLine<'_>) -> Option<PortRange> {
    let words: Vec<&str> = line.words.iter().skip(1).map(|word| word.text).collect();
    match words.as_slice() {
        ["any"] => Some(PortRange::ALL),
        [one] => match one.split_once('-') {
            Some((first, last)) => PortRange::new(first.parse().ok()?, last.parse().ok()?),
            None => one.parse().ok().map(PortRange::single),
        },
        [first, "to", last] => PortRange::new(first.parse().ok()?, last.parse().ok()?),
        _ => None,
    }
}
