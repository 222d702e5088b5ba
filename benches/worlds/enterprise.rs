//! Rules as offices have them: groups of hosts and small networks of one zone to those of another, a few harmless ports, now and
//! then a risky one, and now and then any address.

use super::{Dice, HARMLESS, PORTS, Prefix, Rule, Service, Site};

/// Random rules between zones whose path crosses this firewall; `denies` of a hundred deny.
pub(super) fn rules(site: Site, denies: usize) -> Vec<Rule> {
    let mut dice = Dice(0x005E_0000 + site.firewall as u64 * 7919 + 1);
    let world = site.world;
    let mut rules: Vec<Rule> = Vec::with_capacity(world.rules);
    while rules.len() < world.rules {
        let (from, to) = (dice.below(world.zones), dice.below(world.zones));
        let (a, b) = (world.home(from), world.home(to));
        let crosses = if a == b { a == site.firewall } else { [a, b, 0].contains(&site.firewall) };
        if from == to || !crosses {
            continue;
        }
        let choice = dice.below(100);
        let source = if choice < 6 { Vec::new() } else { group(&mut dice, site, from) };
        let any = (6..9).contains(&choice);
        let destination = if any { Vec::new() } else { group(&mut dice, site, to) };
        let services = (0..1 + dice.below(3)).map(|_| Service::tcp(port(&mut dice))).collect();
        let deny = dice.below(100) < denies;
        rules.push(Rule { between: Some((from, to)), source, destination, services, deny });
    }
    rules
}

fn port(dice: &mut Dice) -> u16 {
    let risky = dice.below(25) == 0;
    PORTS[if risky { HARMLESS + dice.below(4) } else { dice.below(HARMLESS) }]
}

/// Two to six hosts and small networks of a zone.
fn group(dice: &mut Dice, site: Site, zone: usize) -> Vec<Prefix> {
    (0..2 + dice.below(5))
        .map(|_| {
            let host_bits = [0, 0, 0, 4, 6][dice.below(5)];
            let size = 1 << host_bits;
            let offset = dice.below(4096 / size) * size;
            Prefix { number: site.world.number(zone, offset), len: site.world.bits() - host_bits }
        })
        .collect()
}
