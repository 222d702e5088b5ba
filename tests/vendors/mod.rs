//! One intended rule list in the syntax of every vendor, and what a reading of it lets pass.
//!
//! The stage is the same for all: a device between side a (10.1.0.0/16, the device is 10.1.0.1) and side b (10.2.0.0/16, the
//! device is 10.2.0.1). [`Wish`]es are met in order by what side a opens towards side b; what meets none is denied, and
//! side b opens nothing towards side a. `[`Vendor::write`]` gives a whole configuration of the device.

#![allow(dead_code, reason = "each test uses a part")]

mod alaxala;
mod asa;
mod awplus;
mod fortios;
mod ios;
mod iptables;
mod table;
mod junos;
mod panos;
mod nftables;
mod yamaha;
mod nec_ix;

use sekisho::compile::{Reading, fields};
use sekisho::net::Prefix;
use sekisho::packetset::{Arena, Cube, Function, Intervals};
use sekisho::reach::{Network, Query};
use sekisho::scan::{self, Files, Loaded, Options};
use sekisho::snapshot::Place;
use std::net::{IpAddr, Ipv4Addr};

/// Every vendor; a reader without a row fails `tests/same_policy.rs`.
pub(crate) const VENDORS: &[Vendor] = &[
    fortios::VENDOR,
    asa::VENDOR,
    ios::VENDOR,
    iptables::VENDOR,
    nec_ix::VENDOR,
    yamaha::VENDOR,
    nftables::VENDOR,
    panos::VENDOR,
    junos::VENDOR,
    awplus::VENDOR,
    alaxala::VENDOR,
    table::VENDOR,
];

/// What a wish is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traffic {
    Anything,
    Icmp,
    /// Source ports and destination ports, both ends included.
    Tcp((u16, u16), (u16, u16)),
    Udp((u16, u16), (u16, u16)),
}

/// One line. Addresses are IPv4 without host bits; `None` is any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) permit: bool,
    pub(crate) traffic: Traffic,
    pub(crate) source: Option<Prefix>,
    pub(crate) destination: Option<Prefix>,
}

/// A vendor's syntax.
pub(crate) struct Vendor {
    /// The reader.
    pub(crate) format: &'static str,
    /// The interface of side a and of side b.
    pub(crate) interfaces: [&'static str; 2],
    /// Whether the configuration carries addresses; when not, the topology does.
    pub(crate) carries_addresses: bool,
    /// The name of the file.
    pub(crate) file: &'static str,
    /// A whole configuration.
    pub(crate) write: fn(&[Wish]) -> String,
}

/// All ports.
pub(crate) const ALL: (u16, u16) = (0, u16::MAX);

impl Vendor {
    /// The wishes that the syntax can say with certainty: PAN-OS names ICMP as an application only, and knows applications
    /// after the first packets.
    pub(crate) fn sayable(&self, wishes: &[Wish]) -> Vec<Wish> {
        let sure = |wish: &&Wish| self.format != "panos" || wish.traffic != Traffic::Icmp;
        wishes.iter().filter(sure).copied().collect()
    }

    /// The configuration and topology of the stage.
    pub(crate) fn files(&self, wishes: &[Wish]) -> Files {
        let text = (self.write)(wishes);
        let [a, b] = self.interfaces;
        let mut topology = format!(
            "version: 1\nzones:\n  a: {{ networks: [10.1.0.0/16] }}\n  b: {{ networks: [10.2.0.0/16] }}\n\
             devices:\n  fw:\n    config: {}\n",
            self.file
        );
        if !self.carries_addresses {
            topology += &format!(
                "    interfaces: {{ {a}: {{ addresses: [10.1.0.1/16] }}, {b}: {{ addresses: [10.2.0.1/16] }} }}\n    \
                 routes: [{{ to: 10.2.0.0/16, interface: {b} }}]\n"
            );
        }
        let entries = vec![
            (self.file.to_owned(), text.into_bytes()),
            ("topology.yaml".to_owned(), topology.into_bytes()),
        ];
        Files { name: self.format.to_owned(), entries }
    }

    /// The device on the stage.
    pub(crate) fn stage(&self, wishes: &[Wish]) -> Loaded {
        let (files, text) = (self.files(wishes), (self.write)(wishes));
        let loaded = scan::load(files, &Options::default())
            .unwrap_or_else(|errors| panic!("{}: {errors:?}\n{text}", self.format));
        for coverage in loaded.snapshot.coverage.iter().flatten() {
            let gaps: Vec<_> = coverage.gaps.iter().map(|gap| &gap.reason.en).collect();
            assert!(gaps.is_empty(), "{}: {gaps:?}\n{text}", self.format);
        }
        loaded
    }
}

/// The packets by which side a can open something at side b (`forth`) or the other way round: address, protocol and port
/// fields only, without the device's own addresses.
pub(crate) fn opens(loaded: &Loaded, forth: bool) -> (Arena<u32>, Function) {
    let snapshot = &loaded.snapshot;
    let network = Network::<u32>::new(snapshot);
    let [a, b] = ["a", "b"].map(|name| snapshot.zone(name).expect("a side"));
    let (from, to) = if forth { (a, b) } else { (b, a) };
    let opening = network.opening();
    let run = |reading| {
        let inside = move |arena: &mut Arena<u32>| {
            let source = arena.field_in(fields::SRC, &side(forth));
            let all = arena.guard(opening, source);
            // A rule table does not say who may manage the device, so packets to itself are left out.
            let itself = u32::from(Ipv4Addr::new(10, if forth { 2 } else { 1 }, 0, 1));
            let others = side(!forth).minus(&Intervals::range(itself, itself));
            let destination = arena.field_in(fields::DST, &others);
            arena.guard(all, destination)
        };
        network.run(&Query {
            zone: from,
            start: &inside,
            reading,
            only_filters_of: None,
            watch: &[],
        })
    };
    let mut may = run(Reading::May);
    assert!(may.exact && !may.limited(), "a fully known device has one reading");
    let mut set = may.delivered(Place::Zone(to), None);
    for field in [fields::FLAGS, fields::STATE, fields::MARK] {
        set = may.arena.exists(set, field);
    }
    (may.arena, set)
}

/// The addresses of side a or b.
fn side(a: bool) -> Intervals<u32> {
    let second = if a { 1 } else { 2 };
    let first = u32::from(Ipv4Addr::new(10, second, 0, 0));
    Intervals::range(first, first + 0xffff)
}

/// All of a set.
pub(crate) fn cubes(arena: &Arena<u32>, set: Function) -> Vec<Cube<u32>> {
    let (cubes, more) = arena.cubes(set, 100_000);
    assert!(!more, "too many cubes");
    cubes
}

/// `10.1.2.0 255.255.255.0`, with the mask inverted when `wildcard`.
pub(crate) fn masked(prefix: Prefix, wildcard: bool) -> String {
    let ones = u32::MAX.checked_shl(32 - u32::from(prefix.len())).unwrap_or(0);
    let mask = Ipv4Addr::from(if wildcard { !ones } else { ones });
    format!("{} {mask}", prefix.address())
}

/// Whether a prefix is one address.
pub(crate) fn single(prefix: Prefix) -> Option<IpAddr> {
    (prefix.len() == 32).then(|| prefix.address())
}

/// The lines of an access list of the IOS family: what stands before each (it has a number, from 1), then action, protocol,
/// addresses and ports.
pub(crate) fn family_lines(
    wishes: &[Wish],
    before: fn(usize) -> String,
    address: fn(Option<Prefix>) -> String,
) -> String {
    let ports = |ports: (u16, u16)| match ports {
        ALL => String::new(),
        (a, b) if a == b => format!(" eq {a}"),
        (a, b) => format!(" range {a} {b}"),
    };
    let line = |(at, wish): (usize, &Wish)| {
        let action = if wish.permit { "permit" } else { "deny" };
        let (protocol, from, to) = match wish.traffic {
            Traffic::Anything => ("ip", ALL, ALL),
            Traffic::Icmp => ("icmp", ALL, ALL),
            Traffic::Tcp(from, to) => ("tcp", from, to),
            Traffic::Udp(from, to) => ("udp", from, to),
        };
        let (source, destination) = (address(wish.source), address(wish.destination));
        format!(
            "{}{action} {protocol} {source}{} {destination}{}\n",
            before(at + 1),
            ports(from),
            ports(to)
        )
    };
    wishes.iter().enumerate().map(line).collect()
}
