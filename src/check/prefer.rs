//! Which packet of a set to show: one that an engineer recognises.

use super::parties::End;
use super::sets;
use crate::compile::{Header, fields, span};
use crate::net::{Family, Flow};
use crate::packetset::{Arena, Function, Intervals};
use crate::policy::Service;
use crate::reach::{Network, Run};
use crate::snapshot::Place;

/// Destination ports whose meaning every reader knows, most telling first.
const TELLING: &[u32] = &[445, 443, 3389, 22, 1433, 389, 80, 53, 23, 25];

/// Sets of packets that make a good witness, most wanted first: declared hosts, telling services, plausible addresses.
pub(super) fn preferences<K: Header>(
    network: &Network<'_, K>,
    arena: &mut Arena<K>,
    ends: (&End, &End),
) -> Vec<Function> {
    let mut out = Vec::new();
    let sides = [(fields::DST, ends.1), (fields::SRC, ends.0)];
    for (field, end) in sides {
        let hosts = hosts(network, end.place);
        let all = Intervals::of(hosts.iter().map(|host| (*host, *host)));
        out.push(arena.field_in(field, &all));
    }
    let tcp = arena.field_in(fields::PROTOCOL, &span(6, 6));
    out.push(tcp);
    for port in TELLING {
        let port = arena.field_in(fields::DPORT, &span(*port, *port));
        out.push(arena.guard(tcp, port));
    }
    out.push(arena.field_in(fields::SPORT, &span(49152, 49152)));
    out.push(arena.field_in(fields::FLAGS, &span(2, 2)));
    for (field, end) in sides {
        for host in hosts(network, end.place).into_iter().chain(plausible(network, end.place)) {
            out.push(arena.field_in(field, &Intervals::range(host, host)));
        }
    }
    out
}

fn hosts<K: Header>(network: &Network<'_, K>, place: Place) -> Vec<K> {
    let hosts = network.snapshot.hosts.iter().filter(|(_, host)| Place::Zone(host.zone) == place);
    let own = hosts
        .flat_map(|(_, host)| &host.addresses)
        .filter(|address| Family::of(**address) == K::FAMILY);
    own.map(|address| K::of(*address)).collect()
}

/// Addresses that look like a host's: documentation addresses, and the tenth of each network of a zone.
fn plausible<K: Header>(network: &Network<'_, K>, place: Place) -> Vec<K> {
    let Place::Zone(zone) = place else { return Vec::new() };
    let set = network.zone(zone);
    let documentation =
        ["198.51.100.66", "2001:db8::66"].iter().filter_map(|text| text.parse().ok());
    let shown = documentation.filter(|address| Family::of(*address) == K::FAMILY).map(K::of);
    let tenth = set.as_slice().iter().map(|(first, _)| K::narrow(first.wide().saturating_add(10)));
    shown.chain(tenth.take(8)).filter(|address| set.contains(*address)).collect()
}

/// One packet from a party to another: of those that arrive when any does, else one that does not. `None` when no packet of
/// the services exists.
pub fn example<K: Header>(
    network: &Network<'_, K>,
    run: &mut Run<K>,
    ends: (&End, &End),
    services: &[Service],
) -> Option<Flow> {
    let prefer = preferences(network, &mut run.arena, ends);
    let destination = run.arena.field_in(fields::DST, &sets::addresses(network, ends.1));
    let services = sets::service_set(&mut run.arena, services);
    let wanted = run.arena.guard(services, destination);
    for event in run.ends.get(&ends.1.place).cloned().unwrap_or_default() {
        if let Some(origin) = run.witness(network, event, wanted, &prefer) {
            return Some(origin.flow);
        }
    }
    let source = run.arena.field_in(fields::SRC, &sets::addresses(network, ends.0));
    let any = run.arena.guard(network.opening(), source);
    let any = run.arena.guard(any, wanted);
    picked(&mut run.arena, any, prefer)
}

/// The packet of `set` that an engineer recognises best; `None` when there is none.
pub fn preferred<K: Header>(
    network: &Network<'_, K>,
    arena: &mut Arena<K>,
    set: Function,
    ends: (&End, &End),
) -> Option<Flow> {
    let prefer = preferences(network, arena, ends);
    picked(arena, set, prefer)
}

/// A packet of `set`, narrowed by each preference that leaves something of it.
fn picked<K: Header>(arena: &mut Arena<K>, set: Function, prefer: Vec<Function>) -> Option<Flow> {
    let set = prefer.into_iter().fold(set, |set, better| {
        let narrowed = arena.guard(set, better);
        if narrowed.is_none() { set } else { narrowed }
    });
    arena.pick(set).map(|point| crate::compile::flow_at(&point))
}
