//! `interface` blocks: VLAN interfaces, ports, port channels and their sub-interfaces.

use super::Reader;
use super::commands::{Bin, INTERFACE};
use crate::formats::commands::{Commands, rows};
use crate::formats::lines::{Block, ConfigLine};
use crate::formats::switch::{Group, Port, Switch, address, address6, relayed, states_use, vlans};
use crate::model::InterfaceKind;
use crate::net::Family;
use crate::text;
use std::net::IpAddr;

impl<'a> Reader<'a> {
    /// Reads every interface block.
    pub(super) fn read_interfaces(&mut self) {
        let table = Commands::new(rows(INTERFACE).map(|words| (words, ())));
        for block in self.take(Bin::Interface) {
            self.interface(&block, &table);
        }
        self.switch.finish_ports();
    }

    fn interface(&mut self, block: &Block<'a>, table: &Commands<()>) {
        let name = block.head.rest(1);
        if name.is_empty() || block.head.word(1) == "range" {
            let reason = text!(
                "「interface range」は展開しません。該当するインターフェースを個別に出力してください。",
                "interface range is not expanded; export the interfaces one by one"
            );
            return self.switch.ledger.unknown(block.span(), reason, false);
        }
        self.switch.ledger.used(block.head.span);
        let mut wandering = false;
        self.switch.change_port(name, |switch, port| {
            port.span = Some(port.span.unwrap_or(block.span()));
            port.kind = kind(&port.name);
            port.source_check.get_or_insert(false);
            for line in &block.body {
                port.stated |= states_use(line);
                if line.starts(&["ip", "verify", "unicast"]) {
                    port.source_check = Some(true);
                }
                sub_command(switch, port, line, table);
                let mode = line.starts(&["switchport", "mode"]).then(|| line.word(2));
                wandering |= mode.is_some_and(|mode| mode.ends_with("vlan"))
                    || line.starts(&["switchport", "vlan", "mapping"]);
            }
            if port.switched && port.vlans.is_empty() {
                port.vlans.push((1, 1));
            }
        });
        self.wandering |= wandering;
    }
}

fn kind(name: &str) -> InterfaceKind {
    if name.starts_with("loopback") {
        InterfaceKind::Loopback
    } else if name.starts_with("tunnel") {
        InterfaceKind::Tunnel
    } else {
        InterfaceKind::Ethernet
    }
}

fn sub_command<'a>(
    switch: &mut Switch<'a>,
    port: &mut Port<'a>,
    line: &ConfigLine<'a>,
    table: &Commands<()>,
) {
    let negated = line.word(0) == "no";
    let from = usize::from(negated);
    let done = match (line.word(from), line.word(from + 1)) {
        (..) if negated && take_back(port, line) => true,
        ("shutdown", _) => {
            port.down = !negated;
            true
        }
        ("switchport", _) if negated => true,
        ("switchport", _) => switchport(port, line),
        ("ip", "address") if line.word(2) == "dhcp" => {
            port.dynamic = true;
            port.learns = Some(("dhcp", line.span));
            true
        }
        ("ip", "address") => address(port, line, 2),
        ("ipv6", "address") => address6(port, line, 2),
        ("vrf", "forwarding") => {
            port.vrf = line.words.get(2).copied();
            port.vrf.is_some()
        }
        ("vrrp", _) => negated || virtual_address(port, line),
        ("ip", "access-group") => !negated && group(port, line, &[Family::V4]),
        ("ipv6", "traffic-filter") => !negated && group(port, line, &[Family::V6]),
        ("advance", "access-group") => !negated && group(port, line, &Family::ALL),
        ("encapsulation", "dot1q") => {
            port.vlan = line.word(2).parse().ok();
            true
        }
        _ => false,
    };
    if line.starts(&["mac", "access-group"]) {
        port.taints.push(line.span);
        let reason = text!(
            "MAC アクセスリストと IP アクセスリストのどちらで判定されるかを特定できないため、ここを通る通信は許可とも拒否とも読みます。",
            "whether the list of Ethernet addresses or the IP list decides is not settled; traffic here may pass or be stopped"
        );
        switch.ledger.unsupported(line.span, reason);
    } else if done {
        switch.ledger.used(line.span);
    } else if table.find(line, from).is_some()
        || matches!(
            line.word(from),
            "dot1x" | "mac-authentication" | "web-authentication" | "authentication"
        )
    {
        switch.ledger.irrelevant(line.span);
        if line.starts(&["ip", "helper-address"]) {
            port.helpers.push(relayed(line));
        }
    } else {
        port.taints.push(line.span);
        let reason = text!(
            "インターフェースのこの行の影響を特定できないため、ここを通る通信は許可とも拒否とも読みます。",
            "the effect of this interface line is not known; traffic here may pass or be stopped"
        );
        switch.ledger.unknown(line.span, reason, true);
    }
}

/// `no X`: what an earlier line set is taken back; whether it is understood. Another list that stays bound is a line that is
/// not understood.
fn take_back(port: &mut Port<'_>, line: &ConfigLine<'_>) -> bool {
    let families: &[Family] = match (line.word(1), line.word(2)) {
        ("ip", "address") => {
            port.addresses.retain(|own| own.address.is_ipv6() || keeps(line, own.address));
            return true;
        }
        ("ipv6", "address") => {
            port.addresses.retain(|own| own.address.is_ipv4() || keeps(line, own.address));
            return true;
        }
        ("vrf", "forwarding") => {
            port.vrf = None;
            return true;
        }
        // In which VLANs it is then is not said.
        ("switchport", "access" | "trunk" | "mode") => {
            port.vlans = vec![(1, 4094)];
            return true;
        }
        ("ip", "access-group") => &[Family::V4],
        ("ipv6", "traffic-filter") => &[Family::V6],
        ("advance", "access-group") => &Family::ALL,
        _ => return false,
    };
    let inbound = line.word(4) != "out";
    let here = |group: &Group<'_>| families.contains(&group.family) && group.inbound == inbound;
    port.groups.retain(|group| !here(group) || group.name.text != line.word(3));
    families.len() > 1 || !port.groups.iter().any(here)
}

/// Whether `no ip address …` names another address than this one.
fn keeps(line: &ConfigLine<'_>, address: IpAddr) -> bool {
    let operand = line.word(3).split('/').next().unwrap_or("");
    operand.parse::<IpAddr>().is_ok_and(|gone| gone != address)
}

fn switchport(port: &mut Port<'_>, line: &ConfigLine<'_>) -> bool {
    port.switched = true;
    let listed = |from: usize| vlans(line.words.get(from..).unwrap_or(&[]));
    match (line.word(1), line.word(2), line.word(3)) {
        ("access" | "mac" | "protocol", "vlan" | "native" | "dot1q", _) => {
            let at = if line.word(3) == "vlan" { 4 } else { 3 };
            port.vlans.extend(listed(at).unwrap_or_else(|| vec![(1, 4094)]));
        }
        ("trunk", "allowed", "vlan") => {
            let at = if line.word(4) == "add" { 5 } else { 4 };
            port.vlans.extend(listed(at).unwrap_or_else(|| vec![(1, 4094)]));
        }
        ("trunk", "native", "vlan") => {
            port.vlans.extend(listed(4).unwrap_or_else(|| vec![(1, 4094)]));
        }
        (
            "mode" | "isolation" | "vlan" | "backup" | "native" | "dot1q" | "protocol" | "mac",
            ..,
        ) => {}
        _ => return false,
    }
    true
}

/// `vrrp N ip A`, `vrrp N ipv6 A`; the other words of VRRP shape elections.
fn virtual_address(port: &mut Port<'_>, line: &ConfigLine<'_>) -> bool {
    if matches!(line.word(2), "ip" | "ipv6") {
        let Ok(address) = line.word(3).parse::<IpAddr>() else { return false };
        if !line.word(3).to_ascii_lowercase().starts_with("fe80:") {
            port.virtuals.push((address, line.span));
        }
    }
    true
}

/// `ip access-group L {in|out}` and its kin; a later one of the same direction takes the place of an earlier one.
fn group<'a>(port: &mut Port<'a>, line: &ConfigLine<'a>, families: &[Family]) -> bool {
    let inbound = match line.word(3) {
        "in" | "in-mirror" => true,
        "out" => false,
        _ => return false,
    };
    let Some(name) = line.words.get(2).copied().filter(|_| line.words.len() == 4) else {
        return false;
    };
    if line.word(3) == "in-mirror" {
        return true;
    }
    for family in families {
        port.groups.push(Group { family: *family, inbound, name, span: line.span });
    }
    true
}
