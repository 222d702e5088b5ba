//! `interface` blocks: routed interfaces, switch ports, and ranges of either.

use super::Reader;
use super::commands::{Bin, INTERFACE};
use crate::formats::commands::{Commands, rows};
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::formats::switch::{
    Group, Port, Switch, address, address6, canonical, relayed, states_use, vlans,
};
use crate::model::InterfaceKind;
use crate::net::Family;
use crate::text;

/// How many interfaces one block may name.
const RANGE: u32 = 5000;

impl<'a> Reader<'a> {
    /// Reads every interface block.
    pub(super) fn read_interfaces(&mut self) {
        let table = Commands::new(rows(INTERFACE).map(|words| (words, ())));
        for block in self.take(Bin::Interface) {
            self.interface(&block, &table);
        }
        for block in self.take(Bin::Vrrp) {
            self.virtual_router(&block);
        }
        self.switch.finish_ports();
    }

    fn interface(&mut self, block: &Block<'a>, table: &Commands<()>) {
        let Some(names) = expand(block.head.rest(1)).filter(|names| !names.is_empty()) else {
            let reason = text!(
                "インターフェースの範囲を解釈できません。",
                "this range of interfaces is not understood"
            );
            return self.switch.ledger.unknown(block.span(), reason, false);
        };
        self.switch.ledger.used(block.head.span);
        let mut first = true;
        for name in names {
            self.switch.change_port(&name, |switch, port| {
                port.span = Some(port.span.unwrap_or(block.span()));
                begin(port);
                for line in &block.body {
                    port.stated |= states_use(line);
                    sub_command(switch, port, line, table, first);
                }
                settle(port);
            });
            first = false;
        }
        self.service_policies.extend(
            block.body.iter().find(|line| line.word(0) == "service-policy").map(|line| line.span),
        );
        self.wandering |= block.body.iter().any(|line| {
            line.starts(&["auth", "dynamic-vlan-creation"])
                || line.starts(&["switchport", "voice", "vlan"])
                || line.starts(&["vlan", "classifier"])
                || line.words.iter().any(|word| word.text == "private-vlan")
                || line.starts(&["switchport", "vlan", "translation"])
        });
    }

    /// `router vrrp N vlanN` with its virtual address.
    fn virtual_router(&mut self, block: &Block<'a>) {
        self.switch.ledger.used(block.span());
        let Some(name) = block.head.words.last().map(|word| word.text) else { return };
        let wanted = |line: &&ConfigLine<'a>| matches!(line.word(0), "virtual-ip" | "virtual-ipv6");
        for line in block.body.iter().filter(wanted) {
            let text = line.word(1).split('/').next().unwrap_or("");
            if let Ok(address) = text.parse() {
                self.switch.change_port(name, |_, port| port.virtuals.push((address, line.span)));
            }
        }
    }
}

/// `port1.0.1-1.0.24,port1.0.27`, `vlan10-20`, `eth1`: each name.
fn expand(text: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let Some((from, to)) = part.split_once('-') else {
            out.push(canonical(part));
            continue;
        };
        let from = canonical(from);
        let cut = |name: &str| {
            let head = name.trim_end_matches(|c: char| c.is_ascii_digit());
            let number = name.get(head.len()..)?;
            Some((head.to_owned(), number.parse::<u32>().ok()?))
        };
        let (head, first) = cut(&from)?;
        let (end, last) = cut(&canonical(to))?;
        let same = end.is_empty() || head.ends_with(&end);
        if !same || last < first || last - first > RANGE {
            return None;
        }
        out.extend((first..=last).map(|number| format!("{head}{number}")));
    }
    Some(out)
}

/// What the name alone says.
fn begin(port: &mut Port<'_>) {
    let name = port.name.as_str();
    let numbered = |prefix: &str| {
        name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    port.switched |= numbered("port") || numbered("sa") || numbered("po");
    port.kind = if numbered("ppp") || numbered("cellular") {
        InterfaceKind::PointToPoint
    } else if numbered("tunnel") || numbered("vti") {
        InterfaceKind::Tunnel
    } else if name == "lo" || numbered("lo") {
        InterfaceKind::Loopback
    } else {
        InterfaceKind::Ethernet
    };
}

/// A port without a word about its VLAN is in VLAN 1.
fn settle(port: &mut Port<'_>) {
    if port.switched && port.vlans.is_empty() {
        port.vlans.push((1, 1));
    }
}

fn sub_command<'a>(
    switch: &mut Switch<'a>,
    port: &mut Port<'a>,
    line: &ConfigLine<'a>,
    table: &Commands<()>,
    first: bool,
) {
    let negated = line.word(0) == "no";
    let from = usize::from(negated);
    let done = match (line.word(from), line.word(from + 1)) {
        ("shutdown", _) => {
            port.down = !negated;
            true
        }
        ("switchport", _) => negated || switchport(port, line),
        ("ip" | "ipv6", "address" | "unnumbered") if negated => true,
        ("ip", "address") => assigned(port, line) || address(port, line, 2),
        ("ipv6", "address") => assigned(port, line) || address6(port, line, 2),
        ("ip" | "ipv6", "unnumbered") => true,
        ("ip", "vrf") => {
            negated || {
                port.vrf = line.words.get(3).copied();
                port.vrf.is_some()
            }
        }
        ("access-group", _) => negated || group(port, line, 1, Family::V4),
        ("ip", "access-group") => negated || group(port, line, 2, Family::V4),
        ("ipv6", "traffic-filter") => negated || group(port, line, 2, Family::V6),
        ("mac", "access-group") => {
            negated || group(port, line, 2, Family::V4) && group(port, line, 2, Family::V6)
        }
        // Read where the policy is.
        ("service-policy", _) => true,
        ("bridge-group", _) => {
            port.bridged = true;
            true
        }
        _ => false,
    };
    if done {
        switch.ledger.used(line.span);
    } else if table.find(line, from).is_some() || line.word(from) == "auth" {
        switch.ledger.irrelevant(line.span);
        if line.starts(&["ip", "helper-address"]) {
            port.helpers.push(relayed(line));
        }
    } else {
        port.taints.push(line.span);
        if first {
            let reason = text!(
                "インターフェースのこの行の影響を特定できないため、ここを通る通信は許可とも拒否とも読みます。",
                "the effect of this interface line is not known; traffic here may pass or be stopped"
            );
            switch.ledger.unknown(line.span, reason, true);
        }
    }
}

/// An address that comes from elsewhere.
fn assigned(port: &mut Port<'_>, line: &ConfigLine<'_>) -> bool {
    let protocol = match line.word(2) {
        "dhcp" => "dhcp",
        "negotiated" | "ipcp" => "ppp",
        "autoconfig" | "suffix" => "autoconfig",
        word if word.starts_with("::") || !word.contains([':', '.']) => "dhcpv6-pd",
        _ => return false,
    };
    port.dynamic = true;
    port.learns = Some((protocol, line.span));
    true
}

fn switchport(port: &mut Port<'_>, line: &ConfigLine<'_>) -> bool {
    port.switched = true;
    let listed = |from: usize| vlans(line.words.get(from..).unwrap_or(&[]));
    match (line.word(1), line.word(2), line.word(3), line.word(4)) {
        ("access", "vlan", number, _) => match number.parse() {
            Ok(number) => port.vlans = vec![(number, number)],
            Err(_) => port.vlans = vec![(1, 4094)],
        },
        ("mode", "trunk", ..) if port.vlans.is_empty() => port.vlans.push((1, 1)),
        ("trunk", "native", "vlan", number) => {
            port.vlans.extend(number.parse::<u16>().map(|number| (number, number)));
        }
        ("trunk", "allowed", "vlan", "add") => {
            port.vlans.extend(listed(5).unwrap_or_else(|| vec![(1, 4094)]));
        }
        ("trunk", "allowed", "vlan", "none") => {}
        ("trunk", "allowed", "vlan", _) => port.vlans.push((1, 4094)),
        ("voice" | "vlan" | "mode" | "port-security" | "block" | "atmf-link" | "trunk", ..) => {}
        (
            "resiliencylink"
            | "atmf-crosslink"
            | "atmf-arealink"
            | "atmf-agentlink"
            | "remote-mirror-egress",
            ..,
        ) => {}
        ("enable" | "", ..) => {}
        _ => return false,
    }
    true
}

/// A hardware list filters what comes in.
fn group<'a>(port: &mut Port<'a>, line: &ConfigLine<'a>, at: usize, family: Family) -> bool {
    let Some(name) = line.words.get(at).copied() else { return false };
    let rest: Vec<&str> = line.words.iter().skip(at + 1).map(|word: &Word<'_>| word.text).collect();
    if !matches!(rest.as_slice(), [] | ["in"]) {
        return false;
    }
    port.groups.push(Group { family, inbound: true, name, span: line.span });
    true
}
