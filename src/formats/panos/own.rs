//! What the configuration says of the firewall itself: clock, log servers, administration, communities, cryptography. What
//! interface management profiles open is noted where they are read (`local`).

use super::layout::Unit;
use super::reader::Reader;
use super::tree::{At, Nodes};
use crate::model::{DoorProtocol, OwnKind, WeakCrypto};

/// Notes what the one firewall of the file says; a Panorama speaks of several, none of which is the device that logs.
pub(super) fn read(reader: &mut Reader<'_>, unit: &Unit<'_>) {
    let tree = reader.tree;
    let system = unit.shape.deviceconfig.sub(tree, "system");
    let name = system.sub(tree, "hostname");
    reader.b.device.own.whole = (!name.is_empty()).then(|| name.span(tree));
    for server in ["primary-ntp-server", "secondary-ntp-server"] {
        let path = ["ntp-servers", server, "ntp-server-address"];
        for at in values(reader, &system.path(tree, &path)) {
            note(reader, OwnKind::Clock, at);
        }
    }
    // Before 6.0.
    for word in ["ntp-server-1", "ntp-server-2"] {
        for at in values(reader, &system.sub(tree, word)) {
            note(reader, OwnKind::Clock, at);
        }
    }
    for (word, protocol) in
        [("disable-telnet", DoorProtocol::Telnet), ("disable-http", DoorProtocol::Http)]
    {
        for at in values(reader, &system.path(tree, &["service", word])) {
            if tree.name(at) == "no" {
                reader.b.device.own.serves(protocol, tree.span(at));
                tree.used(at);
            }
        }
    }
    snmp(reader, &system);
    proposals(reader, unit);
}

fn values(reader: &Reader<'_>, nodes: &Nodes) -> Vec<At> {
    nodes.0.iter().flat_map(|at| reader.tree.children(*at)).copied().collect()
}

fn note(reader: &mut Reader<'_>, kind: OwnKind, at: At) {
    let span = reader.tree.span(at);
    reader.b.device.own.note(kind, span);
    reader.tree.used(at);
}

/// Log servers stand in `shared` or in a vsys; that the log really goes there is said by the profiles of rules and settings.
pub(super) fn log_servers(reader: &mut Reader<'_>, places: &Nodes) {
    let tree = reader.tree;
    let settings = places.sub(tree, "log-settings");
    settings.0.iter().for_each(|at| tree.irrelevant(*at));
    let servers = settings.sub(tree, "syslog");
    for (_, profile) in servers.entries(tree) {
        for (_, server) in profile.sub(tree, "server").entries(tree) {
            for at in values(reader, &server.sub(tree, "server")) {
                let address = reader.value(tree.name(at)).parse().ok();
                note(reader, OwnKind::LogTarget(address), at);
            }
        }
    }
}

fn snmp(reader: &mut Reader<'_>, system: &Nodes) {
    let tree = reader.tree;
    let limited = !values(reader, &system.sub(tree, "permitted-ip")).is_empty();
    let path = ["snmp-setting", "access-setting", "version", "v2c", "snmp-community-string"];
    for at in values(reader, &system.path(tree, &path)) {
        note(reader, OwnKind::community(tree.name(at), false, limited), at);
    }
}

/// Profiles that a gateway or tunnel names; where none is named, the one called `default` is used.
fn proposals(reader: &mut Reader<'_>, unit: &Unit<'_>) {
    let tree = reader.tree;
    let ike = unit.network.sub(tree, "ike");
    let gateways = ike.sub(tree, "gateway");
    let tunnels = unit.network.path(tree, &["tunnel", "ipsec"]);
    for at in below(reader, &gateways) {
        if tree.name(at) == "exchange-mode"
            && let Some(value) = tree.children(at).iter().find(|at| tree.name(**at) == "aggressive")
        {
            note(reader, OwnKind::Weak(WeakCrypto::Aggressive), *value);
        }
    }
    for (kind, users) in [("ike", &gateways), ("ipsec", &tunnels)] {
        if users.is_empty() {
            continue;
        }
        let word = format!("{kind}-crypto-profile");
        let named: Vec<&str> = below(reader, users)
            .into_iter()
            .filter(|at| tree.name(*at) == word)
            .flat_map(|at| tree.children(at))
            .map(|at| tree.name(*at))
            .collect();
        let profiles = ike.path(tree, &["crypto-profiles", &format!("{kind}-crypto-profiles")]);
        for (name, nodes) in profiles.entries(tree) {
            if !(named.contains(&name) || named.is_empty() && name == "default") {
                continue;
            }
            for at in below(reader, &nodes) {
                let algorithm = matches!(tree.name(at), "encryption" | "hash" | "authentication");
                for value in tree.children(at).iter().filter(|_| algorithm) {
                    if let Some(weak) = WeakCrypto::of(tree.name(*value)) {
                        note(reader, OwnKind::Weak(weak), *value);
                    }
                }
            }
        }
    }
}

fn below(reader: &Reader<'_>, nodes: &Nodes) -> Vec<At> {
    let mut out = nodes.0.clone();
    let mut next = 0;
    while let Some(at) = out.get(next).copied() {
        out.extend(reader.tree.children(at));
        next += 1;
    }
    out
}
