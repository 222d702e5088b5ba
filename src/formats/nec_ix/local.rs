//! What the device itself answers: servers that are switched on, with their access lists, and the protocols of its features.

use super::commands::Bin;
use super::entry::Operand;
use super::reader::{Reader, doubt, line};
use crate::formats::lines::{ConfigLine, Word};
use crate::model::{Action, Filter, Line, Match, ServiceId, TcpFlags};
use crate::net::{Family, PortRange};
use crate::source::Span;
use crate::text;

/// Servers: command, what it listens on, whether more ports may be open.
const SERVERS: &[(&str, &[(u8, u16)])] = &[
    ("telnet-server", &[(6, 23)]),
    ("ssh-server", &[(6, 22)]),
    ("http-server", &[(6, 80), (6, 443)]),
    ("proxy-dns", &[(17, 53), (6, 53)]),
    ("snmp-agent", &[(17, 161)]),
    ("ntp", &[(17, 123)]),
];

/// What other features of the configuration listen on.
struct Feature {
    label: &'static str,
    protocols: &'static [u8],
    ports: &'static [(u8, u16)],
    span: Span,
}

/// One server and family.
struct Server<'a> {
    command: &'static str,
    ports: Vec<(u8, u16)>,
    family: Family,
    enabled: Option<Span>,
    list: Option<Word<'a>>,
    doubt: Option<Span>,
}

impl<'a> Reader<'a, '_> {
    /// The filter of packets for the device; every context has the same.
    pub(super) fn local(&mut self) -> Filter {
        let mut servers = servers();
        for block in self.config.take(Bin::Server) {
            for server in &mut servers {
                server_line(server, &block.head);
            }
            self.ledger.used(block.span());
        }
        let mut lines = Vec::new();
        for family in Family::ALL {
            let number = if family == Family::V4 { 1 } else { 58 };
            let mut matches = self.build.everything(Some(family), self.origin);
            matches.service = self.build.protocol(number, self.origin);
            lines.push(line("icmp", matches, Action::Permit, self.origin));
        }
        for server in &servers {
            self.server(server, &mut lines);
        }
        for feature in self.features() {
            let span = feature.span;
            let mut members: Vec<ServiceId> =
                feature.protocols.iter().map(|number| self.build.protocol(*number, span)).collect();
            members.extend(
                feature
                    .ports
                    .iter()
                    .map(|(protocol, port)| self.build.one_port(*protocol, *port, span)),
            );
            let mut matches = self.build.everything(None, span);
            matches.service = self.build.services(members, span);
            lines.push(line(feature.label, matches, Action::Permit, span));
        }
        for block in self.config.take(Bin::Ike) {
            self.ledger.irrelevant(block.span());
        }
        let list = self.build.list("local services", lines);
        self.build.filter(
            "local services",
            vec![list],
            Action::Deny,
            "service is not enabled",
            None,
        )
    }

    fn features(&mut self) -> Vec<Feature> {
        let mut out = Vec::new();
        let mut add = |label, protocols, ports, span: Option<Span>| {
            out.extend(span.map(|span| Feature { label, protocols, ports, span }));
        };
        for (protocol, span) in &self.protocols {
            let span = Some(*span);
            match *protocol {
                "bgp" => add("router bgp", &[], &[(6, 179)], span),
                "ospf" | "ospfv3" => add("router ospf", &[89], &[], span),
                "rip" | "ripng" => add("router rip", &[], &[(17, 520), (17, 521)], span),
                _ => {}
            }
        }
        let ike: &'static [(u8, u16)] = &[(17, 500), (17, 4500)];
        let selector =
            self.interfaces.iter().find_map(|iface| iface.selector.map(|word| word.span));
        add("ipsec", &[50, 51], ike, self.config.first(Bin::Ike).or(selector));
        let tunnel = self.interfaces.iter().find(|iface| iface.tunnel.is_some());
        add("tunnel", &[4, 41, 47, 50, 97], ike, tunnel.map(|iface| iface.span));
        let l2tp = |iface: &&super::interface::Iface<'_>| {
            iface.tunnel.iter().flatten().any(|word| word.starts_with("l2tp"))
        };
        let l2tp = self.interfaces.iter().find(l2tp);
        add("l2tp", &[115], &[(17, 1701)], l2tp.map(|iface| iface.span));
        let dhcp = self.interfaces.iter().find_map(|iface| iface.dhcp_server);
        add("dhcp server", &[], &[(17, 67), (17, 547)], dhcp);
        let client = self.interfaces.iter().find(|i| self.build.device.interfaces[i.id].dynamic);
        add("dhcp client", &[], &[(17, 68), (17, 546)], client.map(|iface| iface.span));
        let vrrp = self.interfaces.iter().find_map(|iface| iface.vrrp);
        add("vrrp", &[112], &[], vrrp);
        out
    }

    fn server(&mut self, server: &Server<'a>, lines: &mut Vec<Line>) {
        let Some(span) = server.enabled else { return };
        let members = server.ports.iter().map(|(protocol, port)| {
            self.build.ports(
                *protocol,
                PortRange::ALL,
                PortRange::single(*port),
                TcpFlags::ANY,
                span,
            )
        });
        let members = members.collect();
        let service = self.build.services(members, span);
        let mut all = self.build.everything(Some(server.family), span);
        all.service = service;
        if let Some(span) = server.doubt {
            let label = format!("{}: line not understood", server.command);
            lines.push(line(&label, all.clone(), Action::Undecided, span));
        }
        let Some(name) = server.list else {
            lines.push(line(server.command, all, Action::Permit, span));
            return;
        };
        let Some(entries) = self.entries(server.family, &name) else {
            self.build.undefined("access-list", name.text, name.span);
            let reason = text!(
                "サーバーの接続元を制限するアクセスリストが定まりません。許可とも拒否とも読みます。",
                "the access list that restricts this server is not determined; connections may pass or not"
            );
            self.ledger.unsupported(name.span, reason);
            lines.push(line(server.command, all, Action::Undecided, name.span));
            return;
        };
        for (at, entry) in entries.entries.iter().enumerate() {
            let label = format!("{} line {}", name.text, at + 1);
            let mut matches: Match = all.clone();
            matches.source = self.operand(entry.source, server.family, entry.span);
            // The SSH server looks at sources only (feature description, 7-2); what others look at is not documented.
            let more = entry.destination != Operand::Any || entry.service.protocol.is_some();
            if let Some(reason) = &entry.doubt {
                doubt(&mut matches, reason.clone(), entry.span);
            } else if more && server.command != "ssh-server" {
                let reason = text!(
                    "サーバーのアクセスリストで送信元以外の条件が見られるかは文書化されていません。",
                    "whether a server's access list looks at more than the source is not documented"
                );
                doubt(&mut matches, reason, entry.span);
            }
            let action = match entry.permit {
                Some(true) => Action::Permit,
                Some(false) => Action::Deny,
                None => Action::Undecided,
            };
            lines.push(line(&label, matches, action, entry.span));
        }
        let label = format!("{} {}: no match", server.command, name.text);
        lines.push(line(&label, all, Action::Deny, name.span));
    }
}

fn servers<'a>() -> Vec<Server<'a>> {
    let each = SERVERS.iter().flat_map(|(command, ports)| {
        Family::ALL.map(|family| Server {
            command,
            ports: ports.to_vec(),
            family,
            enabled: None,
            list: None,
            doubt: None,
        })
    });
    each.collect()
}

/// `X ip enable`, `X ip access-list L`, `X ip port N`; what else begins with the command concerns accounts, zones and clients.
fn server_line<'a>(server: &mut Server<'a>, head: &ConfigLine<'a>) {
    if head.word(0) != server.command {
        return;
    }
    let own = if server.family == Family::V4 { "ip" } else { "ipv6" };
    let stated = head.word(1) == own;
    let at = if matches!(head.word(1), "ip" | "ipv6") { 2 } else { 1 };
    match head.word(at) {
        "enable" if stated => server.enabled = Some(head.span),
        "master" if head.word(0) == "ntp" => server.enabled = Some(head.span),
        "access-list" if stated => server.list = head.words.get(3).copied(),
        "port" if stated || at == 1 => match head.word(at + 1).parse() {
            Ok(port) => {
                let protocol = server.ports.first().map_or(6, |(protocol, _)| *protocol);
                server.ports.push((protocol, port));
            }
            Err(_) => server.doubt = Some(head.span),
        },
        "access-list" if at == 1 => server.doubt = Some(head.span),
        // A community may name a list that restricts it.
        "community" if stated || at == 1 => server.doubt = Some(head.span),
        _ => {}
    }
}
