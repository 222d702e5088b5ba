//! What the router itself answers, and whom.

use super::address;
use super::commands::{self, Kind};
use super::reader::Reader;
use super::wrap::{Statement, Word};
use crate::formats::builder::{line, unknown};
use crate::model::{
    Action, AddressId, Binding, Filter, InterfaceId, Interfaces, Line, Match, ServiceId,
};
use crate::net::{AddressRange, Family, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// A server of the router: command word, protocol and ports, whether it runs when nothing is said, and whom it then answers
/// (YAMAHA, RTX command reference, the chapters on each).
struct Server {
    word: &'static str,
    ports: &'static [(u8, u16)],
    runs: bool,
    answers: Answers,
}

/// Whom a server answers when no `host` is stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    Anyone,
    Lan,
    Nobody,
}

const SERVERS: &[Server] = &[
    Server { word: "telnetd", ports: &[(6, 23)], runs: true, answers: Answers::Anyone },
    Server { word: "sshd", ports: &[(6, 22)], runs: false, answers: Answers::Anyone },
    Server { word: "sftpd", ports: &[(6, 22)], runs: true, answers: Answers::Nobody },
    Server { word: "httpd", ports: &[(6, 80)], runs: true, answers: Answers::Anyone },
    Server { word: "tftp", ports: &[(17, 69)], runs: true, answers: Answers::Nobody },
    Server { word: "snmp", ports: &[(17, 161)], runs: true, answers: Answers::Nobody },
    Server { word: "snmpv2c", ports: &[(17, 161)], runs: true, answers: Answers::Nobody },
    Server { word: "snmpv3", ports: &[(17, 161)], runs: true, answers: Answers::Nobody },
    Server { word: "dns", ports: &[(17, 53), (6, 53)], runs: true, answers: Answers::Anyone },
    Server { word: "sntpd", ports: &[(17, 123)], runs: true, answers: Answers::Lan },
    Server { word: "dhcp", ports: &[(17, 67)], runs: false, answers: Answers::Anyone },
    Server { word: "upnp", ports: &[(17, 1900), (6, 2869)], runs: false, answers: Answers::Lan },
];

/// A command, whole protocols, ports with their protocol.
type Switched = (&'static str, &'static [u8], &'static [(u8, u16)]);

/// Services that a command switches on for everyone.
const SWITCHED: &[Switched] = &[
    ("ip simple-service on", &[], &[(6, 7), (6, 9), (6, 37), (17, 7), (17, 9), (17, 37)]),
    ("ipsec", &[50, 51], &[(17, 500), (17, 4500)]),
    ("l2tp service on", &[115], &[(17, 1701)]),
    ("pptp service on", &[47], &[(6, 1723)]),
    ("heartbeat receive", &[], &[(17, 512)]),
    ("heartbeat2 receive", &[], &[(17, 8512)]),
    ("cooperation", &[], &[(17, 59410)]),
    ("sip use on", &[], &[(17, 5060)]),
];

/// Hosts of one server that are read one by one.
const MOST_HOSTS: usize = 1000;

/// What is stated of a server.
#[derive(Default)]
struct Stated<'a> {
    runs: Option<bool>,
    hosts: Option<Vec<Word<'a>>>,
    port: Option<u16>,
    span: Option<Span>,
}

impl<'a> Reader<'a, '_> {
    /// The filter for packets to the router itself.
    pub(super) fn local(&mut self, protocols: &[crate::model::DynamicRouting]) -> Filter {
        let items = self.take(Kind::Service);
        let mut stated: Vec<Stated<'a>> = SERVERS.iter().map(|_| Stated::default()).collect();
        let mut lines = self.always();
        for (words, whole, ports) in SWITCHED {
            let found = items.iter().find(|item| begins(&item.statement, words));
            if let Some(item) = found {
                let span = item.statement.span;
                let line = self.open_to_all(words, whole, ports, span);
                lines.push(line);
            }
        }
        for item in &items {
            let statement = &item.statement;
            let server = SERVERS.iter().position(|server| server.word == statement.word(0));
            let understood = match server.and_then(|at| stated.get_mut(at)) {
                Some(stated) => state(stated, statement),
                None => SWITCHED.iter().any(|(words, ..)| statement.word(0) == first(words)),
            };
            if understood {
                self.ledger.used(statement.span);
            } else {
                self.unknown_service(statement, &mut lines);
            }
        }
        for (server, stated) in SERVERS.iter().zip(stated) {
            self.server(server, stated, &mut lines);
        }
        for routing in protocols {
            let (whole, ports): (&[u8], &[(u8, u16)]) = match routing.protocol.as_str() {
                "rip" => (&[], &[(17, 520)]),
                "rip (IPv6)" => (&[], &[(17, 521)]),
                "bgp" => (&[], &[(6, 179)]),
                _ => (&[89], &[]),
            };
            let line = self.open_to_all(&routing.protocol, whole, ports, routing.span);
            lines.push(line);
        }
        let list = self.builder.list("services of the router", lines);
        let label = "no service of the router";
        self.builder.filter("router itself", vec![list], Action::Deny, label, None)
    }

    /// ICMP, VRRP and the protocols of tunnels are the router's own without being switched on.
    fn always(&mut self) -> Vec<Line> {
        let span = self.origin;
        let mut lines = vec![self.open_to_all("icmp", &[1, 58], &[], span)];
        let vrrp = self
            .interfaces
            .iter()
            .find(|iface| !iface.v4.virtuals.is_empty() || !iface.v6.virtuals.is_empty());
        if let Some(span) = vrrp.map(|iface| iface.span) {
            lines.push(self.open_to_all("vrrp", &[112], &[], span));
        }
        let tunnel = self.interfaces.iter().find(|iface| iface.name.starts_with("tunnel"));
        if let Some(span) = tunnel.map(|iface| iface.span) {
            let mut line = self.open_to_all("tunnel", &[4, 41, 47], &[], span);
            line.matches.unknown.push(unknown(tunnel_reason(), span));
            lines.push(line);
        }
        lines
    }

    fn open_to_all(&mut self, label: &str, whole: &[u8], ports: &[(u8, u16)], span: Span) -> Line {
        let mut matches = self.builder.everything(None, span);
        matches.service = self.service(whole, ports, span);
        line(label.to_owned(), matches, Action::Permit, span)
    }

    fn service(&mut self, whole: &[u8], ports: &[(u8, u16)], span: Span) -> ServiceId {
        let mut members: Vec<ServiceId> =
            whole.iter().map(|protocol| self.builder.protocol(*protocol, span)).collect();
        members.extend(
            ports.iter().map(|(protocol, port)| self.builder.one_port(*protocol, *port, span)),
        );
        self.builder.services(members, span)
    }

    fn unknown_service(&mut self, statement: &Statement<'a>, lines: &mut Vec<Line>) {
        let mut matches = self.builder.everything(None, statement.span);
        matches.unknown.push(unknown(service_reason(), statement.span));
        lines.push(line(statement.text(), matches, Action::Permit, statement.span));
        self.ledger.unknown(statement.span, service_reason(), true);
    }

    fn server(&mut self, server: &Server, stated: Stated<'a>, lines: &mut Vec<Line>) {
        let span = stated.span.unwrap_or(self.origin);
        let nobody = stated.hosts.is_none() && server.answers == Answers::Nobody;
        if nobody || !stated.runs.unwrap_or(server.runs) {
            return;
        }
        let ports: Vec<(u8, u16)> =
            server.ports.iter().map(|(p, port)| (*p, stated.port.unwrap_or(*port))).collect();
        let service = self.service(&[], &ports, span);
        let mut base = self.builder.everything(None, span);
        base.service = service;
        // What runs and answers only because nothing else is said depends on product and revision.
        if stated.hosts.is_none() {
            base.unknown.push(unknown(default_reason(), span));
        }
        match stated.hosts {
            Some(hosts) => {
                for word in hosts.iter().take(MOST_HOSTS) {
                    self.host(server.word, word, &base, lines);
                }
                if hosts.len() > MOST_HOSTS {
                    base.unknown.push(unknown(service_reason(), span));
                    lines.push(line(server.word.to_owned(), base, Action::Permit, span));
                }
            }
            None if server.answers == Answers::Lan => {
                self.lan(server.word, &base, None, span, lines)
            }
            None => lines.push(line(server.word.to_owned(), base, Action::Permit, span)),
        }
    }

    /// One word of `host`: `any`, `none`, `lan`, an interface, an address or a range.
    fn host(&mut self, label: &str, word: &Word<'a>, base: &Match, lines: &mut Vec<Line>) {
        let text = word.text.as_ref();
        let family = if text.contains(':') { Family::V6 } else { Family::V4 };
        let source = match text {
            "none" => return,
            "any" => Some(base.source),
            "lan" => return self.lan(label, base, None, word.span, lines),
            name if commands::is_interface(name) && name != "pp" && name != "tunnel" => {
                let name = name.to_ascii_lowercase();
                return self.lan(label, base, Some(&name), word.span, lines);
            }
            _ => address::range(text, family)
                .or_else(|| Prefix::parse(text).map(Prefix::range))
                .map(|range: AddressRange| self.builder.range(range, word.span)),
        };
        let mut matches = base.clone();
        match source {
            Some(source) => matches.source = source,
            None => matches.unknown.push(unknown(service_reason(), word.span)),
        }
        lines.push(line(label.to_owned(), matches, Action::Permit, word.span));
    }

    /// Hosts on the LAN side: surely those with an address of its subnets that come in there; whether one of the two is enough is
    /// not established.
    fn lan(
        &mut self,
        label: &str,
        base: &Match,
        name: Option<&str>,
        span: Span,
        lines: &mut Vec<Line>,
    ) {
        let chosen: Vec<_> = self
            .interfaces
            .iter()
            .filter(|iface| name.map_or(iface.is_lan(), |name| iface.name == name))
            .collect();
        let ids: Vec<InterfaceId> = chosen.iter().filter_map(|iface| iface.id).collect();
        let nets: Vec<Prefix> = chosen
            .iter()
            .flat_map(|iface| Family::ALL.into_iter().flat_map(|f| iface.addresses(f)))
            .filter_map(|own| Prefix::new(own.address, own.len))
            .collect();
        let members: Vec<AddressId> =
            nets.iter().map(|net| self.builder.range(net.range(), span)).collect();
        let source = self.builder.union(members, span);
        let ingress = Interfaces::Of(ids);
        let both = Match { source, ingress: ingress.clone(), ..base.clone() };
        lines.push(line(label.to_owned(), both, Action::Permit, span));
        let mut arrives = Match { ingress, ..base.clone() };
        arrives.unknown.push(unknown(lan_reason(), span));
        lines.push(line(label.to_owned(), arrives, Action::Permit, span));
        let mut from = Match { source, ..base.clone() };
        from.unknown.push(unknown(lan_reason(), span));
        lines.push(line(label.to_owned(), from, Action::Permit, span));
    }

    /// `ip routing off`, `ipv6 routing off`: the last line of a family decides.
    fn routing(&mut self) -> Vec<Filter> {
        let items = self.take(Kind::Routing);
        let mut out = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let (statement, later) = (&item.statement, items.get(at + 1..).unwrap_or(&[]));
            if later.iter().any(|later| later.statement.word(0) == statement.word(0)) {
                self.ledger.irrelevant(statement.span);
                continue;
            }
            match statement.word(2) {
                "off" => {
                    let (label, family) = (statement.text(), super::reader::family_of(statement));
                    let filter =
                        self.switch("routing", &label, Some(family), Action::Deny, statement.span);
                    out.push(filter);
                    self.ledger.used(statement.span);
                }
                "on" => self.ledger.used(statement.span),
                _ => self.unknown_command(statement),
            }
        }
        out
    }

    /// `ip routing off`, `ipv6 routing off`, packets that would leave by the interface they came in by where that is switched
    /// off, and engines that are not read.
    pub(super) fn switches(&mut self) -> Vec<Filter> {
        let mut out = Vec::new();
        out.extend(self.routing());
        for item in self.take(Kind::Engine) {
            let statement = &item.statement;
            let family = super::reader::family_of(statement);
            let label = statement.text();
            let filter = self.switch(
                "policy filter",
                &label,
                Some(family),
                Action::Undecided,
                statement.span,
            );
            out.push(filter);
            self.ledger.unsupported(statement.span, engine_reason());
        }
        for iface in self.interfaces.clone() {
            let (Some(id), Some(span)) = (iface.id, iface.no_rebound) else { continue };
            let label = format!("ip {} rebound off", iface.name);
            let list = self.blanket(&label, Some(Family::V4), Action::Deny, span);
            let bindings = vec![Binding {
                ingress: Interfaces::Of(vec![id]),
                egress: Interfaces::Of(vec![id]),
                lists: vec![list],
                default: Action::Permit,
                default_label: label,
                span: Some(span),
            }];
            out.push(Filter {
                name: "rebound",
                bindings,
                otherwise: Action::Permit,
                stateful: false,
            });
        }
        out
    }
}

fn first(words: &str) -> &str {
    words.split(' ').next().unwrap_or(words)
}

fn begins(statement: &Statement<'_>, words: &str) -> bool {
    words.split(' ').enumerate().all(|(at, word)| statement.word(at) == word)
}

/// Notes `service`, `host` or `listen` of a server; whether the words were understood.
fn state<'a>(stated: &mut Stated<'a>, statement: &Statement<'a>) -> bool {
    stated.span = Some(statement.span);
    match (statement.word(0), statement.word(1), statement.word(2)) {
        (_, "service", "off") => stated.runs = Some(false),
        ("dns", "service", "recursive") => stated.runs = Some(true),
        ("dhcp", "service", "server" | "relay") => stated.runs = Some(true),
        (_, "service" | "use", "on") => stated.runs = Some(true),
        ("upnp", "use", "off") => stated.runs = Some(false),
        ("snmpv3", "host", "none") => stated.hosts = Some(Vec::new()),
        ("snmpv3", "host", _) => {
            let host = statement.words.get(2).cloned();
            stated.hosts.get_or_insert_default().extend(host);
        }
        ("snmp" | "snmpv2c", "host", _) => {
            // Communities may follow the host.
            let host = statement.words.get(2).cloned();
            stated.hosts.get_or_insert_default().extend(host);
        }
        (_, "host", word) if !word.is_empty() => stated.hosts = Some(statement.from(2).to_vec()),
        (_, "listen", port) => match port.parse() {
            Ok(port) => stated.port = Some(port),
            Err(_) => return false,
        },
        _ => return false,
    }
    !statement.doubt
}

fn service_reason() -> Text {
    text!(
        "ルーター自身のサービスの設定を読み取れないため、ルーター自身への通信は届き得ると読みます。",
        "a service of the router could not be read; traffic to the router itself may be accepted"
    )
}

fn default_reason() -> Text {
    text!(
        "設定に記述がなく、機種とファームウェアの初期値によります。",
        "not stated; it depends on the initial value of product and firmware"
    )
}

fn lan_reason() -> Text {
    text!(
        "「lan」やインターフェース名の指定が受信インターフェースと始点アドレスのどちらで判断されるかは確認できていません。",
        "whether a LAN restriction looks at the interface or at the source address is not established"
    )
}

fn tunnel_reason() -> Text {
    text!(
        "トンネルの外側のプロトコルは設定ごとには絞り込みません。",
        "which protocols carry the tunnels is not narrowed down"
    )
}

fn engine_reason() -> Text {
    text!(
        "ポリシーフィルターの内容は読み取らないため、通信は通るとも止まるとも読みます。",
        "policy filters are not read; traffic may pass or be stopped"
    )
}
