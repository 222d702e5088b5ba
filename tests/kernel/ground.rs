//! Addresses for a section that states none: each interface gets the networks that its packets come from and go to.

use crate::packets::{self, Target};
use crate::sections::{Section, Statement};
use sekisho::net::{Family, Prefix};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Whether the section says which addresses its interfaces have.
pub(crate) fn is_stated(section: &Section) -> bool {
    section.topology.is_some() || section.configs.len() > 1
}

/// The section with a topology under it. A section that has one, or files beside the rule set, is left as it is.
pub(crate) fn under(section: &Section) -> Section {
    let packets = section.packets.iter().map(|statement| Statement {
        line: statement.line,
        text: statement.text.clone(),
        model_only: statement.model_only,
    });
    Section {
        title: section.title.clone(),
        line: section.line,
        configs: section.configs.clone(),
        topology: if is_stated(section) {
            section.topology.clone()
        } else {
            Some(topology(section))
        },
        packets: packets.collect(),
    }
}

fn topology(section: &Section) -> String {
    let mut networks: BTreeMap<String, BTreeSet<Prefix>> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let mut put = |interface: &str, address: IpAddr| {
        let network = around(address);
        if taken.insert(network) {
            networks.entry(interface.to_owned()).or_default().insert(network);
        }
    };
    let read = |statement: &Statement| packets::read(&statement.text).expect("a statement");
    let statements: Vec<_> = section.packets.iter().map(read).collect();
    for expected in &statements {
        put(&expected.ingress, expected.flow.src);
    }
    for expected in &statements {
        if let Target::Interface(name) = &expected.target {
            put(name, expected.arrives.map_or(expected.flow.dst, |header| header.dst));
        }
    }
    // Whose packets all have addresses of another side has one of its own that nothing speaks of.
    let targets = statements.iter().filter_map(|expected| match &expected.target {
        Target::Interface(name) => Some(name.clone()),
        Target::Device | Target::Anywhere => None,
    });
    let named = statements.iter().map(|expected| expected.ingress.clone()).chain(targets);
    for (number, name) in named.enumerate() {
        let spare = around(IpAddr::from([198, 19, u8::try_from(number).unwrap_or(255), 0]));
        networks.entry(name).or_insert_with(|| BTreeSet::from([spare]));
    }
    let mut out = "version: 1\nzones:\n".to_owned();
    let mut interfaces = Vec::new();
    for (number, (name, networks)) in networks.iter().enumerate() {
        let list: Vec<String> = networks.iter().map(|n| format!("\"{n}\"")).collect();
        out += &format!("  zone{number}: {{ networks: [{}] }}\n", list.join(", "));
        let own: Vec<String> =
            networks.iter().map(|n| format!("\"{}/{}\"", router(*n), n.len())).collect();
        interfaces.push(format!("{name}: {{ addresses: [{}] }}", own.join(", ")));
    }
    let first = networks.keys().next().map_or("", String::as_str);
    out + &format!(
        "devices:\n  fw:\n    config: [CONFIGS]\n    interfaces: {{ {} }}\n    \
         routes: [{{ to: 198.18.0.0/24, interface: {first} }}]\n",
        interfaces.join(", ")
    )
}

/// The subnet that an address is taken to be in.
fn around(address: IpAddr) -> Prefix {
    let len = if address.is_ipv4() { 24 } else { 64 };
    Prefix::new(address, len).expect("a length of the family")
}

/// The router's address on a subnet: one that no statement is likely to speak of.
fn router(network: Prefix) -> IpAddr {
    let (first, _) = network.range().numbers();
    let host = if network.family() == Family::V4 { 253 } else { 0xfffd };
    sekisho::net::address(network.family(), first + host)
}
