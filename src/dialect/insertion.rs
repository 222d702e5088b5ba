//! How lines are put before another line of a list: as the file of the device then reads, and as an engineer types it.

mod listed;
mod zoned;

use std::collections::BTreeSet;

use super::rule::Rule;
use crate::net::{Family, PortRange, Prefix};

/// Filter lines as a product: every source to every destination of its family by every service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Whether it lets pass; else it stops.
    pub permits: bool,
    /// Where packets come from; not empty.
    pub sources: Vec<Prefix>,
    /// Where they go; not empty.
    pub destinations: Vec<Prefix>,
    /// Protocols (`None` is every one) with destination ports; not empty.
    pub services: Vec<(Option<u8>, PortRange)>,
}

impl Product {
    /// One line for each source, destination and service.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        let ends = self.sources.iter().flat_map(|s| self.destinations.iter().map(move |d| (s, d)));
        let ends = ends.filter(|(source, destination)| source.family() == destination.family());
        let one = |(source, destination): (&Prefix, &Prefix)| {
            let (source, destination) = (*source, *destination);
            let rule = move |(protocol, ports): &(Option<u8>, PortRange)| Rule {
                permits: self.permits,
                source,
                destination,
                protocol: *protocol,
                ports: *ports,
            };
            self.services.iter().map(rule).collect::<Vec<_>>()
        };
        ends.flat_map(one).collect()
    }

    /// What of it is about one family; `None` when nothing is.
    fn within(&self, family: Family) -> Option<Product> {
        let of = |all: &[Prefix]| -> Vec<Prefix> {
            all.iter().copied().filter(|prefix| prefix.family() == family).collect()
        };
        let (sources, destinations) = (of(&self.sources), of(&self.destinations));
        let whole = !sources.is_empty() && !destinations.is_empty();
        whole.then(|| Product { sources, destinations, ..self.clone() })
    }
}

/// An entry of a list, in its file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'s> {
    /// Every line of the file.
    pub(super) lines: &'s [&'s str],
    /// The lines of the entry, as positions in `lines`, ascending; not empty.
    pub(super) entry: &'s [usize],
    /// The first lines of the blocks around it, outermost first.
    pub(super) blocks: &'s [usize],
    /// Whether the entry itself goes, so that nothing may name it any more.
    pub(super) replaced: bool,
}

impl<'s> Site<'s> {
    fn line(&self, at: usize) -> &'s str {
        self.lines.get(at).copied().unwrap_or_default()
    }

    fn first(&self) -> Option<(usize, &'s str)> {
        let at = *self.entry.first()?;
        Some((at, self.line(at)))
    }

    fn block(&self, up: usize) -> Option<(usize, &'s str)> {
        let at = *self.blocks.get(self.blocks.len().checked_sub(up + 1)?)?;
        Some((at, self.line(at)))
    }
}

/// Lines that are put before others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Insertion {
    /// Lines that are written anew and therefore go, as positions in the file.
    pub gone: BTreeSet<usize>,
    /// New lines, each group before the line at its position.
    pub added: Vec<(usize, Vec<String>)>,
    /// What an engineer types on the device to the same end; empty when that is not known.
    pub commands: Vec<String>,
}

/// Lines written by one edit at most.
const WRITTEN: usize = 24;

/// The products as lines before an entry; `None` when the vendor, or this entry, has no such form.
#[must_use]
pub(super) fn insertion(format: &str, site: &Site<'_>, products: &[Product]) -> Option<Insertion> {
    let rules: Vec<Rule> = products.iter().flat_map(Product::rules).collect();
    if rules.is_empty() || rules.len() > WRITTEN {
        return None;
    }
    match format {
        "asa" => listed::asa(site, &rules),
        "ios" | "alaxala" => listed::ios(site, &rules),
        "awplus" => listed::awplus(site, &rules),
        "nec-ix" => listed::nec_ix(site, &rules),
        "yamaha" => listed::yamaha(site, &rules),
        "iptables" => listed::iptables(site, &rules),
        "nftables" => listed::nftables(site, &rules),
        "fortios" => zoned::fortios(site, products),
        "junos" => zoned::junos(site, products),
        "panos" => zoned::panos(site, products),
        _ => None,
    }
}

/// What a line begins with before its first word.
fn indent(text: &str) -> &str {
    text.get(..text.len() - text.trim_start().len()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
