//! Worlds to measure on: `zones` zones behind `firewalls` firewalls in a two-level tree, one core and the rest below it, so a
//! path crosses one to three of them. Rules name object groups; 6 % have any source, 3 % any destination, 7 % deny. The core and
//! every other leaf are ASA, the rest FortiOS. The same numbers give the same bytes.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::indexing_slicing,
    reason = "each user takes the part that it needs"
)]

use std::fmt::Write;

use sekisho::scan::Files;

/// How large a world is.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// Zones, at most 4,000; zone `z` is the /20 at `10.0.0.0 + z * 4096`.
    pub zones: usize,
    /// Firewalls, 2 to 200: one core, and leaves.
    pub firewalls: usize,
    /// Rules on each firewall.
    pub rules: usize,
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
pub const FORBIDDEN: &str = "[tcp/23, tcp/445, tcp/3389, tcp/1433]";

impl World {
    /// The world of `zones` and `firewalls` whose configurations have about `lines` lines in all.
    #[must_use]
    pub fn with_lines(zones: usize, firewalls: usize, lines: usize) -> World {
        let (few, many) =
            (World { zones, firewalls, rules: 2 }, World { zones, firewalls, rules: 102 });
        let (small, large) = (few.lines(), many.lines());
        let rules = 2 + lines.saturating_sub(small) * 100 / (large - small).max(1);
        World { zones, firewalls, rules }
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
                match firewall % 2 {
                    0 => Config {
                        path: format!("fw{firewall}.cfg"),
                        format: "asa",
                        text: asa(site, &rules),
                    },
                    _ => Config {
                        path: format!("fw{firewall}.conf"),
                        format: "fortios",
                        text: fortios(site, &rules),
                    },
                }
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
            let _ = writeln!(
                out,
                "  z{zone}: {{ label: Zone {zone}, networks: [{}/20] }}",
                address(zone, 0)
            );
        }
        for leaf in 1..self.firewalls {
            let _ = writeln!(
                out,
                "  t{leaf}: {{ label: Transit {leaf}, networks: [{}/30] }}",
                transit(leaf, 0)
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
}

fn policy() -> String {
    format!(
        "version: 1\nrules:\n  - id: ALL\n    deny: {{ from: \"*\", to: \"*\", service: {FORBIDDEN} }}\n"
    )
}

/// Address number `offset` of a zone.
fn address(zone: usize, offset: usize) -> String {
    let number = (10usize << 24) + zone * 4096 + offset;
    dotted(number)
}

fn transit(leaf: usize, offset: usize) -> String {
    dotted((172usize << 24) + (16 << 16) + leaf * 4 + offset)
}

fn dotted(number: usize) -> String {
    format!("{}.{}.{}.{}", number >> 24 & 255, number >> 16 & 255, number >> 8 & 255, number & 255)
}

/// A group of hosts and small networks in one zone: offset and prefix length of each; empty stands for any address.
type Group = Vec<(usize, u8)>;

struct Rule {
    from: usize,
    to: usize,
    source: Group,
    destination: Group,
    ports: Vec<u16>,
    deny: bool,
}

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

    fn group(&mut self) -> Group {
        (0..2 + self.below(5))
            .map(|_| {
                let len = [32, 32, 32, 28, 26][self.below(5)];
                let size = 1 << (32 - len);
                (self.below(4096 / size) * size, u8::try_from(len).unwrap_or(32))
            })
            .collect()
    }
}

impl Site {
    /// Random rules between zones whose path crosses this firewall, broad ones last as people write them.
    fn rules(self) -> Vec<Rule> {
        let mut dice = Dice(0x005E_0000 + self.firewall as u64 * 7919 + 1);
        let zones = self.world.zones;
        let mut rules: Vec<Rule> = Vec::with_capacity(self.world.rules);
        while rules.len() < self.world.rules {
            let (from, to) = (dice.below(zones), dice.below(zones));
            let (a, b) = (self.world.home(from), self.world.home(to));
            let crosses =
                if a == b { a == self.firewall } else { [a, b, 0].contains(&self.firewall) };
            if from == to || !crosses {
                continue;
            }
            let choice = dice.below(100);
            let source = if choice < 6 { Group::new() } else { dice.group() };
            let destination = if (6..9).contains(&choice) { Group::new() } else { dice.group() };
            let port = |dice: &mut Dice| {
                let risky = dice.below(25) == 0;
                PORTS[if risky { HARMLESS + dice.below(4) } else { dice.below(HARMLESS) }]
            };
            let ports = (0..1 + dice.below(3)).map(|_| port(&mut dice)).collect();
            rules.push(Rule { from, to, source, destination, ports, deny: dice.below(100) < 7 });
        }
        rules
    }

    /// Own zones with the interface number of each.
    fn own(self) -> impl Iterator<Item = (usize, usize)> {
        (self.firewall..self.world.zones).step_by(self.world.firewalls).zip(1..)
    }

    /// Transit networks: the leaf each belongs to, and the own address in it.
    fn transits(self) -> Vec<(usize, String)> {
        match self.firewall {
            0 => (1..self.world.firewalls).map(|leaf| (leaf, transit(leaf, 1))).collect(),
            leaf => vec![(leaf, transit(leaf, 2))],
        }
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
        if self.firewall > 0 {
            let leaf = self.firewall;
            return vec![("0.0.0.0".to_owned(), 0, transit(leaf, 1), format!("t{leaf}"))];
        }
        let far = (0..self.world.zones).filter(|zone| self.world.home(*zone) != 0);
        far.map(|zone| {
            let leaf = self.world.home(zone);
            (address(zone, 0), 20, transit(leaf, 2), format!("t{leaf}"))
        })
        .collect()
    }
}

fn mask(len: u8) -> String {
    dotted(usize::try_from(u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0)).unwrap_or(0))
}

fn asa(site: Site, rules: &[Rule]) -> String {
    let mut out = format!(": Saved\nASA Version 9.16(4)\n!\nhostname fw{}\n!\n", site.firewall);
    let port = |out: &mut String, number: usize, name: &str, address: &str, len: u8| {
        let mask = mask(len);
        let _ = write!(
            out,
            "interface GigabitEthernet0/{number}\n nameif {name}\n security-level 50\n ip address {address} {mask}\n!\n"
        );
    };
    let mut names = Vec::new();
    for (zone, number) in site.own() {
        names.push(format!("z{zone}"));
        port(&mut out, number, &format!("z{zone}"), &address(zone, 1), 20);
    }
    for (leaf, own) in site.transits() {
        names.push(format!("t{leaf}"));
        port(&mut out, 1000 + leaf, &format!("t{leaf}"), &own, 30);
    }
    out.push_str("same-security-traffic permit inter-interface\n");
    for (index, rule) in rules.iter().enumerate() {
        for (side, zone, group) in
            [("S", rule.from, &rule.source), ("D", rule.to, &rule.destination)]
        {
            if !group.is_empty() {
                let _ = writeln!(out, "object-group network {side}{index}");
            }
            for (offset, len) in group {
                let at = address(zone, *offset);
                let _ = match len {
                    32 => writeln!(out, " network-object host {at}"),
                    _ => writeln!(out, " network-object {at} {}", mask(*len)),
                };
            }
        }
        let _ = writeln!(out, "object-group service P{index} tcp");
        for port in &rule.ports {
            let _ = writeln!(out, " port-object eq {port}");
        }
    }
    for (index, rule) in rules.iter().enumerate() {
        let side = |group: &Group, side: &str| match group.as_slice() {
            [] => "any".to_owned(),
            _ => format!("object-group {side}{index}"),
        };
        let action = if rule.deny { "deny" } else { "permit" };
        let _ = writeln!(
            out,
            "access-list IN-{} extended {action} tcp {} {} object-group P{index}",
            site.towards(rule.from),
            side(&rule.source, "S"),
            side(&rule.destination, "D"),
        );
    }
    for name in &names {
        let _ = writeln!(
            out,
            "access-list IN-{name} extended deny ip any any\naccess-group IN-{name} in interface {name}"
        );
    }
    for (network, len, gateway, interface) in site.routes() {
        let _ = writeln!(out, "route {interface} {network} {} {gateway} 1", mask(len));
    }
    out.push_str(": end\n");
    out
}

fn fortios(site: Site, rules: &[Rule]) -> String {
    let mut out = String::from(
        "#config-version=FG200F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin\n",
    );
    let _ = write!(
        out,
        "config system global\n    set hostname \"fw{}\"\nend\nconfig system interface\n",
        site.firewall
    );
    let own = site.own().map(|(zone, _)| (format!("z{zone}"), address(zone, 1), 20));
    let transits = site.transits().into_iter().map(|(leaf, own)| (format!("t{leaf}"), own, 30));
    for (name, address, len) in own.chain(transits) {
        let mask = mask(len);
        let _ = write!(
            out,
            "    edit \"{name}\"\n        set vdom \"root\"\n        set ip {address} {mask}\n        set type physical\n    next\n"
        );
    }
    out.push_str("end\nconfig firewall address\n");
    let sides = |rule: &Rule| {
        [("S", rule.from, rule.source.clone()), ("D", rule.to, rule.destination.clone())]
    };
    for (index, rule) in rules.iter().enumerate() {
        for (side, zone, group) in sides(rule) {
            for (member, (offset, len)) in group.iter().enumerate() {
                let (at, mask) = (address(zone, *offset), mask(*len));
                let _ = write!(
                    out,
                    "    edit \"{side}{index}-{member}\"\n        set subnet {at} {mask}\n    next\n"
                );
            }
        }
    }
    out.push_str("end\nconfig firewall addrgrp\n");
    for (index, rule) in rules.iter().enumerate() {
        for (side, _, group) in sides(rule).into_iter().filter(|(_, _, group)| !group.is_empty()) {
            let members: String =
                (0..group.len()).map(|member| format!(" \"{side}{index}-{member}\"")).collect();
            let _ =
                write!(out, "    edit \"{side}{index}\"\n        set member{members}\n    next\n");
        }
    }
    out.push_str("end\nconfig firewall service custom\n");
    for port in PORTS {
        let _ =
            write!(out, "    edit \"tcp-{port}\"\n        set tcp-portrange {port}\n    next\n");
    }
    fortios_policies(&mut out, site, rules);
    out.push_str("end\nconfig router static\n");
    for (index, (network, len, gateway, interface)) in site.routes().into_iter().enumerate() {
        let _ = write!(
            out,
            "    edit {}\n        set dst {network} {}\n        set gateway {gateway}\n        set device \"{interface}\"\n    next\n",
            index + 1,
            mask(len)
        );
    }
    out.push_str("end\n");
    out
}

fn fortios_policies(out: &mut String, site: Site, rules: &[Rule]) {
    out.push_str("end\nconfig firewall policy\n");
    for (index, rule) in rules.iter().enumerate() {
        let side = |group: &Group, side: &str| {
            if group.is_empty() { "all".to_owned() } else { format!("{side}{index}") }
        };
        let services: String = rule.ports.iter().map(|port| format!(" \"tcp-{port}\"")).collect();
        let _ = write!(
            out,
            "    edit {}\n        set name \"rule-{index}\"\n        set srcintf \"{}\"\n        set dstintf \"{}\"\n        set action {}\n        set srcaddr \"{}\"\n        set dstaddr \"{}\"\n        set schedule \"always\"\n        set service{services}\n        set logtraffic all\n    next\n",
            index + 1,
            site.towards(rule.from),
            site.towards(rule.to),
            if rule.deny { "deny" } else { "accept" },
            side(&rule.source, "S"),
            side(&rule.destination, "D"),
        );
    }
}
