//! Worlds to measure on: `zones` zones behind `firewalls` firewalls in a two-level tree, one core and the rest below it, so a
//! path crosses one to three of them. What the rules are like is the [`Flavour`], one file each; the core and every other leaf
//! are ASA, the rest FortiOS. Beside them stand one Linux host with chains ([`chains`]) and one FortiGate with groups in groups
//! ([`groups`]). The same numbers give the same bytes, and every rule is made up here.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::indexing_slicing,
    reason = "each user takes the part that it needs"
)]

mod acl;
mod asa;
pub mod chains;
mod enterprise;
mod filters;
mod fortios;
mod fw;
pub mod groups;
mod ipc;
mod nat;
pub mod questions;
pub mod table;

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use sekisho::net::Family;
use sekisho::scan::Files;

/// What the rules of a world are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Object groups between zones; 6 % any source, 3 % any destination, 7 % denies.
    Enterprise,
    /// The same with 20 % denies, published hosts and ports, and sources that are hidden.
    Translated,
    /// Single lines from and to long prefixes.
    Acl,
    /// Single lines of every kind.
    Ipc,
    /// Single lines, hard ones: 30 % any source, 60 % any destination, 40 % denies, ranges of ports.
    Firewall,
}

/// How large a world is, and what it is made of.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// Zones, at most 4,000; one /20 or /64 each.
    pub zones: usize,
    /// Firewalls, 1 to 200: one core, and leaves.
    pub firewalls: usize,
    /// Rules on each firewall.
    pub rules: usize,
    /// What the rules are like.
    pub flavour: Flavour,
    /// The family of every address; the flavours of single lines are made for IPv4.
    pub family: Family,
}

/// One configuration.
pub struct Config {
    /// Its path.
    pub path: String,
    /// `asa` or `fortios`.
    pub format: &'static str,
    /// Its text.
    pub text: String,
}

/// Services that rules let pass; the last four are the forbidden ones, one port in 25 is one of them.
const PORTS: [u16; 14] = [80, 443, 53, 25, 110, 143, 993, 8080, 8443, 5432, 23, 445, 3389, 1433];
const HARMLESS: usize = 10;

/// The policy of the measurements, as services.
pub const FORBIDDEN: [&str; 4] = ["tcp/23", "tcp/445", "tcp/3389", "tcp/1433"];

impl World {
    /// The world of `zones` and `firewalls` whose configurations have about `lines` lines in all.
    #[must_use]
    pub fn with_lines(zones: usize, firewalls: usize, lines: usize) -> World {
        World::flavoured(Flavour::Enterprise, Family::V4, zones, firewalls, lines)
    }

    /// The same with other rules or addresses.
    #[must_use]
    pub fn flavoured(
        flavour: Flavour,
        family: Family,
        zones: usize,
        firewalls: usize,
        lines: usize,
    ) -> World {
        let of = |rules| World { zones, firewalls, rules, flavour, family };
        let (small, large) = (of(2).lines(), of(102).lines());
        of(2 + lines.saturating_sub(small) * 100 / (large - small).max(1))
    }

    /// Lines of all configurations.
    #[must_use]
    pub fn lines(self) -> usize {
        self.configs().iter().map(|config| config.text.lines().count()).sum()
    }

    /// The configurations, core first.
    #[must_use]
    pub fn configs(self) -> Vec<Config> {
        (0..self.firewalls)
            .map(|firewall| {
                let site = Site { world: self, firewall };
                let rules = site.rules();
                let (extension, format, text) = match firewall % 2 {
                    0 => ("cfg", "asa", asa::text(site, &rules)),
                    _ => ("conf", "fortios", fortios::text(site, &rules)),
                };
                Config { path: format!("fw{firewall}.{extension}"), format, text }
            })
            .collect()
    }

    /// Everything that `check` reads: configurations, topology, and a policy that forbids [`FORBIDDEN`] between any two zones.
    #[must_use]
    pub fn files(self) -> Files {
        let mut entries: Vec<(String, Vec<u8>)> =
            self.configs().into_iter().map(|c| (c.path, c.text.into_bytes())).collect();
        entries.push(("policy.yaml".to_owned(), policy().into_bytes()));
        entries.push(("topology.yaml".to_owned(), self.topology().into_bytes()));
        entries.sort();
        Files { name: "world".to_owned(), entries }
    }

    fn topology(self) -> String {
        let mut out = String::from("version: 1\nname: WORLD\nzones:\n");
        for zone in 0..self.zones {
            let (network, len) = (self.text(self.number(zone, 0)), self.zone_length());
            let _ = writeln!(
                out,
                "  z{zone}: {{ label: Zone {zone}, networks: [{}] }}",
                quoted(&network, len)
            );
        }
        for leaf in 1..self.firewalls {
            let (network, len) = (self.text(self.transit(leaf, 0)), self.transit_length());
            let _ = writeln!(
                out,
                "  t{leaf}: {{ label: Transit {leaf}, networks: [{}] }}",
                quoted(&network, len)
            );
        }
        out.push_str("devices:\n");
        for firewall in 0..self.firewalls {
            let extension = if firewall % 2 == 0 { "cfg" } else { "conf" };
            let _ = writeln!(out, "  fw{firewall}: {{ config: fw{firewall}.{extension} }}");
        }
        out
    }

    /// The firewall to which a zone is connected.
    fn home(self, zone: usize) -> usize {
        zone % self.firewalls
    }

    /// Address number `offset` of a zone: neighbours where rules speak of zones, scattered over 10.0.0.0/8 where they do not.
    fn number(self, zone: usize, offset: usize) -> u128 {
        let slot = match self.flavour {
            Flavour::Enterprise | Flavour::Translated => zone,
            Flavour::Acl | Flavour::Ipc | Flavour::Firewall => zone * 101 % 4096,
        };
        match self.family {
            Family::V4 => (10 << 24) + (slot as u128 * 4096) + offset as u128,
            Family::V6 => (0x2001_0db8 << 96) + ((slot as u128) << 64) + offset as u128,
        }
    }

    fn transit(self, leaf: usize, offset: usize) -> u128 {
        match self.family {
            Family::V4 => (172 << 24) + (16 << 16) + leaf as u128 * 4 + offset as u128,
            Family::V6 => (0x2001_0db8_ffff << 80) + ((leaf as u128) << 64) + offset as u128,
        }
    }

    fn zone_length(self) -> u8 {
        if self.family == Family::V4 { 20 } else { 64 }
    }

    fn transit_length(self) -> u8 {
        if self.family == Family::V4 { 30 } else { 64 }
    }

    /// The bits of an address.
    fn bits(self) -> u8 {
        if self.family == Family::V4 { 32 } else { 128 }
    }

    fn text(self, number: u128) -> String {
        match self.family {
            Family::V4 => Ipv4Addr::from(u32::try_from(number).unwrap_or(0)).to_string(),
            Family::V6 => Ipv6Addr::from(number).to_string(),
        }
    }
}

/// A policy that forbids [`FORBIDDEN`] between any two zones.
fn policy() -> String {
    let services = FORBIDDEN.join(", ");
    format!(
        "version: 1\nrules:\n  - id: ALL\n    deny: {{ from: \"*\", to: \"*\", service: [{services}] }}\n"
    )
}

/// A network as a word of YAML.
fn quoted(network: &str, len: u8) -> String {
    if network.contains(':') { format!("\"{network}/{len}\"") } else { format!("{network}/{len}") }
}

fn mask(len: u8) -> String {
    Ipv4Addr::from(u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0)).to_string()
}

/// A prefix: its first address and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prefix {
    number: u128,
    len: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Protocol {
    Any,
    Icmp,
    Tcp,
    Udp,
}

/// First and last port; all of them when it stands for any.
type Ports = (u16, u16);
const ANY_PORT: Ports = (0, u16::MAX);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Service {
    protocol: Protocol,
    source: Ports,
    target: Ports,
}

impl Service {
    fn tcp(port: u16) -> Service {
        Service { protocol: Protocol::Tcp, source: ANY_PORT, target: (port, port) }
    }
}

struct Rule {
    /// The zones on whose path it stands; in the list of every interface without them, and then one prefix a side, one service.
    between: Option<(usize, usize)>,
    /// Prefixes; empty stands for any address.
    source: Vec<Prefix>,
    destination: Vec<Prefix>,
    services: Vec<Service>,
    deny: bool,
}

/// One firewall of a world.
#[derive(Clone, Copy)]
struct Site {
    world: World,
    firewall: usize,
}

/// xorshift64*.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(mixed).unwrap_or(0) % end.max(1)
    }

    /// One of `choices`, each as often as its weight says.
    fn of<T: Copy>(&mut self, choices: &[(usize, T)]) -> T {
        let mut left = self.below(choices.iter().map(|(weight, _)| weight).sum());
        for (weight, choice) in choices {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        choices[0].1
    }
}

impl Site {
    fn rules(self) -> Vec<Rule> {
        match self.world.flavour {
            Flavour::Enterprise => enterprise::rules(self, 7),
            Flavour::Translated => enterprise::rules(self, 20),
            Flavour::Acl => filters::rules(self, &acl::STATISTICS),
            Flavour::Ipc => filters::rules(self, &ipc::STATISTICS),
            Flavour::Firewall => filters::rules(self, &fw::STATISTICS),
        }
    }

    /// Whether rules have one prefix a side and stand in one list.
    fn flat(self) -> bool {
        !matches!(self.world.flavour, Flavour::Enterprise | Flavour::Translated)
    }

    /// Own zones with the interface number of each.
    fn own(self) -> impl Iterator<Item = (usize, usize)> {
        (self.firewall..self.world.zones).step_by(self.world.firewalls).zip(1..)
    }

    /// Interfaces: name, number, own address, length of the network.
    fn ports(self) -> Vec<(String, usize, String, u8)> {
        let world = self.world;
        let own = self.own().map(|(zone, number)| {
            (format!("z{zone}"), number, world.text(world.number(zone, 1)), world.zone_length())
        });
        let leaves: Vec<(usize, usize)> = match self.firewall {
            0 => (1..world.firewalls).map(|leaf| (leaf, 1)).collect(),
            leaf => vec![(leaf, 2)],
        };
        let transits = leaves.into_iter().map(|(leaf, offset)| {
            let address = world.text(world.transit(leaf, offset));
            (format!("t{leaf}"), 1000 + leaf, address, world.transit_length())
        });
        own.chain(transits).collect()
    }

    /// The interface towards a zone.
    fn towards(self, zone: usize) -> String {
        match (self.world.home(zone), self.firewall) {
            (home, here) if home == here => format!("z{zone}"),
            (home, 0) => format!("t{home}"),
            (_, here) => format!("t{here}"),
        }
    }

    /// Static routes: network, length, gateway, interface.
    fn routes(self) -> Vec<(String, u8, String, String)> {
        let world = self.world;
        if self.firewall > 0 {
            let leaf = self.firewall;
            let gateway = world.text(world.transit(leaf, 1));
            return vec![(world.text(0), 0, gateway, format!("t{leaf}"))];
        }
        let far = (0..world.zones).filter(|zone| world.home(*zone) != 0);
        far.flat_map(|zone| {
            let leaf = world.home(zone);
            let mut networks = vec![(world.text(world.number(zone, 0)), world.zone_length())];
            if world.flavour == Flavour::Translated {
                networks.extend(nat::published(zone).map(|address| (address, 32)));
            }
            networks.into_iter().map(move |(network, len)| {
                (network, len, world.text(world.transit(leaf, 2)), format!("t{leaf}"))
            })
        })
        .collect()
    }
}
