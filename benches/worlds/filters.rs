//! Single lines, drawn from tables of how often a prefix of which length, a protocol and a kind of port range appears. The
//! tables are made up after what is published of filter sets of three kinds; no set was copied, and no generator.

use super::{ANY_PORT, Dice, Ports, Prefix, Protocol, Rule, Service, Site};

/// What the lines of a flavour are like; numbers beside a choice are weights.
pub(super) struct Statistics {
    /// Lengths of source prefixes; 0 is any address.
    pub(super) source: &'static [(usize, u8)],
    /// Lengths of destination prefixes.
    pub(super) destination: &'static [(usize, u8)],
    /// Protocols with the kinds of both ports.
    pub(super) services: &'static [(usize, (Protocol, Kind, Kind))],
    /// How many of a hundred lines deny.
    pub(super) denies: usize,
}

/// A kind of port range.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Every port.
    Any,
    /// One port.
    One,
    /// 1024 and above.
    High,
    /// Below 1024.
    Low,
    /// A range somewhere.
    Some,
}

/// Ports that stand alone, the risky ones among them.
const ALONE: [u16; 24] = [
    20, 21, 22, 23, 25, 53, 80, 110, 123, 135, 139, 143, 161, 389, 443, 445, 514, 993, 1433, 1521,
    3306, 3389, 5432, 8080,
];

/// Random lines, all of them in one list.
pub(super) fn rules(site: Site, statistics: &Statistics) -> Vec<Rule> {
    let mut dice = Dice(0x00C1_A550 + site.firewall as u64 * 6271 + 1);
    (0..site.world.rules)
        .map(|_| {
            let source = prefix(&mut dice, site, statistics.source);
            let destination = prefix(&mut dice, site, statistics.destination);
            let (protocol, from, to) = dice.of(statistics.services);
            let (source_ports, target) = (ports(&mut dice, from), ports(&mut dice, to));
            let service = Service { protocol, source: source_ports, target };
            let deny = dice.below(100) < statistics.denies;
            let services = vec![service];
            Rule { between: None, source, destination, services, deny }
        })
        .collect()
}

/// A prefix around an address of a zone; small zone numbers and low addresses are met more often, so that prefixes nest.
fn prefix(dice: &mut Dice, site: Site, lengths: &[(usize, u8)]) -> Vec<Prefix> {
    let len = dice.of(lengths);
    if len == 0 {
        return Vec::new();
    }
    let zones = site.world.zones;
    let zone = dice.below(zones).min(dice.below(zones));
    let number = site.world.number(zone, dice.below(4096) & dice.below(4096));
    let free = site.world.bits() - len;
    vec![Prefix { number: number >> free << free, len }]
}

fn ports(dice: &mut Dice, kind: Kind) -> Ports {
    match kind {
        Kind::Any => ANY_PORT,
        Kind::One => {
            let port = ALONE[dice.below(ALONE.len())];
            (port, port)
        }
        Kind::High => (1024, u16::MAX),
        Kind::Low => (1, 1023),
        Kind::Some => {
            let first = dice.below(60_000);
            let last = first + 1 + dice.below(4096);
            let port = |number| u16::try_from(number).unwrap_or(u16::MAX);
            (port(first.max(1)), port(last))
        }
    }
}
