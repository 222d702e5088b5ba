//! NAT divert: a static translation that names its real interface sends the packet there, whatever the routing table says.
//!
//! Where the table leads to the same interface there is nothing to say; elsewhere the diverted way is a *may* branch.

use super::super::state::Reader;
use super::{Rule, Side};
use crate::model::{AddressId, InterfaceId, NextHop, PolicyRoute, RewriteId, Translated};
use crate::net::{AddressRange, Prefix};

/// More comparisons than this are not made: the diverted way is then read as possible without looking.
const COMPARISONS: usize = 20_000_000;

/// One way in the table.
struct Way {
    range: AddressRange,
    len: u8,
    distance: u8,
    interface: Option<InterfaceId>,
    hop: Option<NextHop>,
    sure: bool,
}

/// Diverted ways found so far.
pub(super) struct Diverts {
    table: Vec<Way>,
    compared: usize,
    found: Vec<PolicyRoute>,
}

impl Diverts {
    /// The connected and static routes of the data context.
    pub(super) fn new(reader: &Reader<'_>) -> Diverts {
        let mut table = Vec::new();
        for (id, interface) in reader.device.interfaces.iter() {
            let usable = interface.up && interface.context == reader.context;
            for address in interface.addresses.iter().filter(|_| usable) {
                if let Some(prefix) = Prefix::new(address.address, address.len) {
                    let (range, len) = (prefix.range(), prefix.len());
                    let (interface, hop) = (Some(id), Some(NextHop::Interface(id)));
                    table.push(Way { range, len, distance: 0, interface, hop, sure: true });
                }
            }
        }
        for route in &reader.device.contexts[reader.context].routes {
            let interface = match route.next_hop {
                NextHop::Gateway { interface, .. } => interface,
                NextHop::Interface(id) => Some(id),
                NextHop::Context(_) | NextHop::Discard => None,
            };
            table.push(Way {
                range: route.prefix.range(),
                len: route.prefix.len(),
                distance: route.distance,
                interface,
                hop: Some(route.next_hop),
                sure: !route.withdrawable,
            });
        }
        Diverts { table, compared: 0, found: Vec::new() }
    }

    /// Notes that `rule` sends packets for `side`, coming from `source`, out of `egress`. `by` are the rewrites that lead there.
    pub(super) fn add(
        &mut self,
        reader: &Reader<'_>,
        rule: &Rule,
        ways: (Option<usize>, Option<usize>),
        target: (AddressId, &Side),
        by: &[RewriteId],
    ) {
        let (ingress, egress) = ways;
        let nameif = |index: Option<usize>| index.and_then(|index| reader.nameifs.get(index));
        // Only an identity rule may leave the choice to the table.
        let left_to_table = rule.route_lookup && by.is_empty();
        let Some(egress) = nameif(egress).filter(|_| rule.enabled && !left_to_table) else {
            return;
        };
        let (source, side) = target;
        let ranges = side.ranges.as_deref().unwrap_or(&[]);
        if !ranges.is_empty() && ranges.iter().all(|range| self.leads(*range, egress.id)) {
            return;
        }
        let mut matches = reader.match_all();
        if let Some(ingress) = nameif(ingress) {
            matches.ingress = ingress.here();
        }
        (matches.source, matches.destination) = (source, side.id);
        if !by.is_empty() {
            matches.translated = Translated::By(by.to_vec());
        }
        let hop = self.hop(ranges.first().copied(), egress.id);
        self.found.push(PolicyRoute { matches, next_hop: Some(hop), span: rule.span });
    }

    /// Whether the table surely sends all of `range` out of `interface`.
    fn leads(&mut self, range: AddressRange, interface: InterfaceId) -> bool {
        self.compared = self.compared.saturating_add(self.table.len());
        if self.compared > COMPARISONS {
            return false;
        }
        let (first, last) = range.numbers();
        let mut best: Option<(u8, u8)> = None;
        let mut best_leads = false;
        for way in self.table.iter().filter(|way| way.range.family() == range.family()) {
            let (from, to) = way.range.numbers();
            if to < first || last < from {
                continue;
            }
            let here = way.interface == Some(interface) && way.sure;
            if from > first || to < last {
                if !here {
                    return false;
                }
                continue;
            }
            let rank = (way.len, u8::MAX - way.distance);
            match best {
                Some(known) if known > rank => {}
                Some(known) if known == rank => best_leads &= here,
                _ => (best, best_leads) = (Some(rank), here),
            }
        }
        best_leads
    }

    /// Where a packet for `range` goes once `interface` is chosen.
    fn hop(&self, range: Option<AddressRange>, interface: InterfaceId) -> NextHop {
        let Some(range) = range else { return NextHop::Interface(interface) };
        let covers = |way: &&Way| {
            way.interface == Some(interface)
                && way.range.contains(range.first())
                && way.range.contains(range.last())
        };
        let best = self.table.iter().filter(covers).max_by_key(|way| way.len);
        best.and_then(|way| way.hop).unwrap_or(NextHop::Interface(interface))
    }

    /// Puts the ways into the context.
    pub(super) fn finish(self, reader: &mut Reader<'_>) {
        let context = reader.context;
        reader.device.contexts[context].policy_routes.extend(self.found);
    }
}
