//! Parties and services as packet sets, and packet sets as short lists.

use super::parties::{Direction, End, ResolvedRule, Without};
use crate::compile::{
    self, Artefact, Compiled, Header, cube, fields, icmp_protocols, port_protocols, ranges, span,
};
use crate::finding::{FlowCube, FlowList};
use crate::graph::{unicast, zone_set};
use crate::model::{Action, AddressMap, Device, Rewrite, Stage};
use crate::net::{AddressRange, Family, PortRange, Prefix, protocol_name};
use crate::packetset::{Arena, Cube, Function, Intervals, Product};
use crate::policy::{CLIENT_PORTS, Service};
use crate::reach::Network;
use crate::snapshot::{DeviceId, Place, Snapshot, ZoneAddresses, ZoneId};

/// How many flows a finding lists.
pub(super) const FLOWS: usize = 12;
/// How many cubes of services between two ends are looked at; a list says when there are more.
const SERVICES: usize = 4096;
/// How many lines of translations towards a target are looked at one by one.
const NAMES: usize = 64;
/// How many services or ports are listed in one place.
const LISTED: usize = 16;
/// How many ranges one side of a listed flow names.
const RANGES: usize = 8;

/// The part of a range that a zone holds.
pub(super) fn part_of<K: Header>(
    snapshot: &Snapshot,
    zone: ZoneId,
    range: AddressRange,
) -> Vec<AddressRange> {
    let range = compile::intervals(std::iter::once(range));
    address_ranges(&zone_set::<K>(snapshot, zone).intersection(&range))
}

/// The addresses that are a zone's by what the topology says, but those of configured devices on them. Of everything else those
/// that can be anybody's: public ones, that are on no subnet at hand and that no device translates.
pub(super) fn named_hosts<K: Header>(snapshot: &Snapshot, zone: ZoneId) -> Vec<AddressRange> {
    let named = if snapshot.zones[zone].addresses == ZoneAddresses::Rest {
        zone_set::<K>(snapshot, zone).intersection(&public()).minus(&elsewhere(snapshot))
    } else {
        compile::intervals::<K>(snapshot.zones[zone].named().map(Prefix::range))
    };
    let own = snapshot.devices.iter().flat_map(|(_, device)| device.own_addresses());
    address_ranges(&named.minus(&compile::intervals::<K>(own.map(AddressRange::single))))
}

/// The addresses that are routed between networks of different owners: without those of RFC 6890 that are not.
pub(super) fn public<K: Header>() -> Intervals<K> {
    let blocks: &[&str] = match K::FAMILY {
        Family::V4 => &[
            "10.0.0.0/8",
            "100.64.0.0/10",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
        ],
        Family::V6 => &["::/3", "2002::/16", "3ffe::/16", "4000::/2", "8000::/1"],
    };
    let private = blocks.iter().filter_map(|block| Prefix::parse(block)).map(Prefix::range);
    unicast().minus(&compile::intervals(private))
}

/// Whether no host of a zone sends to any of `targets`: it is everything else, and none of them is public.
pub(super) fn is_hidden<K: Header>(
    snapshot: &Snapshot,
    zone: ZoneId,
    targets: &Intervals<K>,
) -> bool {
    snapshot.zones[zone].addresses == ZoneAddresses::Rest && !targets.meets(&public())
}

/// Subnets at hand, and what static translations make of something else.
fn elsewhere<K: Header>(snapshot: &Snapshot) -> Intervals<K> {
    let segments = snapshot.segments.iter();
    let subnets = segments.flat_map(|(_, segment)| &segment.networks).map(|n| n.range());
    let rewrites = snapshot.devices.iter().flat_map(|(_, device)| device.rewrites.iter());
    let published = rewrites.filter_map(|(_, rewrite)| match &rewrite.destination {
        Some(AddressMap::Shift { from, to }) if from != to => Some(*from),
        _ => None,
    });
    compile::intervals(subnets.chain(published))
}

fn address_ranges<K: Header>(intervals: &Intervals<K>) -> Vec<AddressRange> {
    let bounds = intervals.as_slice().iter();
    bounds.filter_map(|(first, last)| AddressRange::new(first.address(), last.address())).collect()
}

/// The addresses of a party in the family of `K`.
#[must_use]
pub fn addresses<K: Header>(network: &Network<'_, K>, end: &End) -> Intervals<K> {
    let all = match end.place {
        Place::Zone(zone) => network.hosts(zone).clone(),
        Place::Device(device) => {
            let own = network
                .compiled
                .get(crate::model::Id::index(device))
                .into_iter()
                .flat_map(|c| c.routes.iter());
            let own = own.fold(Intervals::empty(), |all, table| all.union(&table.own));
            own.union(&learnt(network.snapshot, device))
        }
        Place::Unzoned(_) => Intervals::empty(),
    };
    match &end.ranges {
        Some(ranges) => all.intersection(&compile::intervals(ranges.iter().copied())),
        None => all,
    }
}

/// The addresses of which a device may have one, learnt at run time.
pub(super) fn learnt<K: Header>(snapshot: &Snapshot, device: DeviceId) -> Intervals<K> {
    let here = snapshot.learnt.iter().filter(|(port, _)| port.device == device);
    compile::intervals(here.flat_map(|(_, networks)| networks.iter().map(|n| n.range())))
}

/// A source of a rule in one direction, before it is cut by exceptions.
pub(super) struct Source<'r> {
    /// Its party.
    pub(super) end: &'r End,
    /// The direction that it belongs to.
    pub(super) direction: &'r Direction,
}

/// Every source of every direction of a rule.
pub(super) fn sources<'r>(rule: &'r ResolvedRule<'_>) -> Vec<Source<'r>> {
    let of =
        |direction: &'r Direction| direction.from.iter().map(move |end| Source { end, direction });
    rule.directions.iter().flat_map(of).collect()
}

/// The destinations of a direction that are others than the source: at another place, or named parts of one zone.
pub(super) fn targets<'r>(from: &End, direction: &'r Direction) -> Vec<&'r End> {
    direction.to.iter().filter(|to| are_apart(from, to)).collect()
}

/// Whether a rule can speak of packets from one party to another.
pub(super) fn are_apart(from: &End, to: &End) -> bool {
    let apart = |one: &[AddressRange], other: &[AddressRange]| {
        let meet = |a: &AddressRange| other.iter().any(|b| a.overlaps(*b));
        !one.iter().any(meet)
    };
    let parts = from.ranges.as_deref().zip(to.ranges.as_deref());
    let within = !from.whole && !to.whole && parts.is_some_and(|(from, to)| apart(from, to));
    from.place != to.place || within
}

/// Every source with each of its targets, over all directions of a rule.
pub(super) fn pairs<'r>(rule: &'r ResolvedRule<'_>) -> Vec<(&'r End, &'r End)> {
    let of = |source: Source<'r>| {
        let to = targets(source.end, source.direction);
        to.into_iter().map(move |to| (source.end, to))
    };
    sources(rule).into_iter().flat_map(of).collect()
}

/// A part of a source's addresses on which every exception either applies as a whole or not at all.
#[derive(Clone)]
pub(super) struct Cell<'r, K> {
    /// The addresses.
    pub(super) source: Intervals<K>,
    /// The exceptions that apply.
    pub(super) without: Vec<&'r Without>,
}

/// The cells of `end` under the exceptions `without`.
pub(super) fn cells<'r, K: Header>(
    network: &Network<'_, K>,
    end: &End,
    without: &'r [Without],
) -> Vec<Cell<'r, K>> {
    let mut cells = vec![Cell { source: addresses(network, end), without: Vec::new() }];
    cells.retain(|cell| !cell.source.is_empty());
    for except in without {
        let covered = if except.from.is_empty() {
            None
        } else {
            Some(union(network, &except.from, Some(end.place)))
        };
        let mut next = Vec::new();
        for cell in cells {
            let inside = covered
                .as_ref()
                .map_or_else(|| cell.source.clone(), |covered| cell.source.intersection(covered));
            let outside = cell.source.minus(&inside);
            let mut applied = cell.without.clone();
            applied.push(except);
            next.push(Cell { source: inside, without: applied });
            next.push(Cell { source: outside, without: cell.without });
        }
        // Each round: a policy may declare many flows, and most of them start elsewhere.
        next.retain(|cell| !cell.source.is_empty());
        cells = next;
    }
    cells
}

fn union<K: Header>(network: &Network<'_, K>, ends: &[End], place: Option<Place>) -> Intervals<K> {
    let here = ends.iter().filter(|end| place.is_none_or(|place| end.place == place));
    here.fold(Intervals::empty(), |all, end| all.union(&addresses(network, end)))
}

/// The packets of a service list; an empty list means every packet.
#[must_use]
pub fn service_set<K: Header>(arena: &mut Arena<K>, services: &[Service]) -> Function {
    if services.is_empty() {
        return Function::ALL;
    }
    let own = services.iter().filter_map(|service| service.within(K::FAMILY));
    let parts = own.map(|service| one_service(arena, service)).collect();
    arena.min_all(parts)
}

fn one_service<K: Header>(arena: &mut Arena<K>, service: Service) -> Function {
    let Some(protocol) = service.protocol else { return Function::ALL };
    let mut more = Vec::new();
    if service.ports != PortRange::ALL {
        let ports = span(service.ports.first().into(), service.ports.last().into());
        more.push((fields::DPORT, ports));
    }
    cube(arena, &span(protocol.into(), protocol.into()), &more)
}

/// What clients send of some packets: no host opens a connection from a port below [`CLIENT_PORTS`].
pub(super) fn from_clients<K: Header>(arena: &mut Arena<K>, set: Function) -> Function {
    let ported = arena.field_in(fields::PROTOCOL, &port_protocols());
    let low = arena.field_in(fields::SPORT, &span(0, u32::from(CLIENT_PORTS.first()) - 1));
    let never = arena.guard(ported, low);
    arena.minus(set, never)
}

/// Destinations and services that a rule forbids from a cell to `to`, as they arrive there.
pub(super) fn forbidden<K: Header>(
    arena: &mut Arena<K>,
    network: &Network<'_, K>,
    rule: &ResolvedRule<'_>,
    cell: &Cell<'_, K>,
    to: &End,
) -> Function {
    let destinations = addresses(network, to);
    forbidden_at(arena, network, rule, cell, (&destinations, Some(to.place)))
}

/// What a rule forbids from a cell to some addresses: those at one place, or, with none, those of which no exception speaks.
fn forbidden_at<K: Header>(
    arena: &mut Arena<K>,
    network: &Network<'_, K>,
    rule: &ResolvedRule<'_>,
    cell: &Cell<'_, K>,
    (destinations, place): (&Intervals<K>, Option<Place>),
) -> Function {
    let destination = arena.field_in(fields::DST, destinations);
    let services = service_set(arena, &rule.rule.services);
    let mut set = arena.guard(services, destination);
    for without in &cell.without {
        if !without.to.is_empty() && place.is_none() {
            continue;
        }
        let mut excused = service_set(arena, &without.services);
        if !without.to.is_empty() {
            let inside = arena.field_in(fields::DST, &union(network, &without.to, place));
            excused = arena.guard(excused, inside);
        }
        set = arena.minus(set, excused);
    }
    set
}

/// As [`forbidden`], to any of `targets`.
pub(super) fn forbidden_any<K: Header>(
    arena: &mut Arena<K>,
    network: &Network<'_, K>,
    rule: &ResolvedRule<'_>,
    cell: &Cell<'_, K>,
    targets: &[&End],
) -> Function {
    // Targets of which no exception speaks are one set: most rules have many, and few exceptions.
    let special = |to: &&&End| {
        let mut ends = cell.without.iter().flat_map(|without| &without.to);
        ends.any(|end| end.place == to.place)
    };
    let (special, plain): (Vec<&End>, Vec<&End>) = targets.iter().partition(special);
    let mut parts: Vec<Function> =
        special.into_iter().map(|to| forbidden(arena, network, rule, cell, to)).collect();
    let destinations = all_addresses(network, &plain);
    parts.push(forbidden_at(arena, network, rule, cell, (&destinations, None)));
    arena.min_all(parts)
}

/// The addresses of all of `ends`.
pub(super) fn all_addresses<K: Header>(network: &Network<'_, K>, ends: &[&End]) -> Intervals<K> {
    let mut parts = Vec::new();
    for end in ends {
        match (end.place, &end.ranges) {
            (Place::Zone(zone), None) => parts.extend_from_slice(network.hosts(zone).as_slice()),
            _ => parts.extend_from_slice(addresses(network, end).as_slice()),
        }
    }
    Intervals::of(parts)
}

/// The destinations other than `targets` that translations of the network may turn into one of them: those of each line that does.
pub(super) fn translated<K: Header>(
    network: &Network<'_, K>,
    targets: &Intervals<K>,
) -> Vec<Intervals<K>> {
    let changed = changeable(network, targets);
    let reached = targets.union(&changed);
    let mut names: Vec<Intervals<K>> = moves(network)
        .map(|(rewrite, destinations)| origins(rewrite, destinations, &reached).minus(targets))
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > NAMES { vec![changed.minus(targets)] } else { names }
}

/// The rewrites of all devices, with the destinations of the lines that apply them.
fn moves<'n, K: Header>(
    network: &'n Network<'_, K>,
) -> impl Iterator<Item = (&'n Rewrite, &'n Intervals<K>)> {
    let devices = network.snapshot.devices.iter().zip(&network.compiled);
    devices.flat_map(|((_, device), compiled)| {
        let entries = translations(device, compiled).flat_map(|list| list.entries.iter());
        entries.filter_map(|entry| match entry.action {
            Action::Rewrite(id) => Some((&device.rewrites[id], entry.destinations())),
            _ => None,
        })
    })
}

/// The destinations that some translation of the network may turn into one of `targets`, or from whose packets to one of
/// `targets` it may make others: of such packets every service counts, not only one that is asked about.
pub(super) fn changeable<K: Header>(
    network: &Network<'_, K>,
    targets: &Intervals<K>,
) -> Intervals<K> {
    let devices = network.snapshot.devices.iter().zip(&network.compiled);
    let mut lists = devices.flat_map(|((_, device), compiled)| translations(device, compiled));
    // Such a list may make anything of both addresses.
    let garbled = lists.any(Artefact::is_undecided);
    let moves: Vec<_> = moves(network).collect();
    let mut changed = if garbled { network.unicast().clone() } else { Intervals::empty() };
    let mut reached = targets.union(&changed);
    loop {
        let before = reached.clone();
        for (rewrite, destinations) in &moves {
            let origins = origins(rewrite, destinations, &reached);
            reached = reached.union(&origins);
            changed = changed.union(&origins);
        }
        if reached == before {
            return changed;
        }
    }
}

/// The translation lists of a device.
fn translations<'c, K: Header>(
    device: &'c Device,
    compiled: &'c Compiled<K>,
) -> impl Iterator<Item = &'c Artefact<K>> {
    let stages = device.contexts.iter().flat_map(|(_, context)| &context.pipeline);
    let bindings = stages.flat_map(|stage| match stage {
        Stage::Translate(translate) => translate.bindings.as_slice(),
        Stage::Filter(_) | Stage::Route => &[],
    });
    bindings.flat_map(|binding| &binding.lists).filter_map(|list| compiled.list(*list))
}

/// Those of `destinations` of which a rewrite may make one of `reached`, or a packet to one of them on another port.
fn origins<K: Header>(
    rewrite: &Rewrite,
    destinations: &Intervals<K>,
    reached: &Intervals<K>,
) -> Intervals<K> {
    match &rewrite.destination {
        Some(map) if makes(map, destinations, reached) => destinations.clone(),
        None if rewrite.destination_port.is_some() => destinations.intersection(reached),
        _ => Intervals::empty(),
    }
}

/// Whether a map may make one of `reached` of one of these destinations. What it says nothing of may become anything.
fn makes<K: Header>(map: &AddressMap, from: &Intervals<K>, reached: &Intervals<K>) -> bool {
    let own = |ranges: &[AddressRange]| compile::intervals::<K>(ranges.iter().copied());
    match map {
        AddressMap::Shift { from: window, to } => {
            let known = from.within(&own(std::slice::from_ref(window)));
            !known || own(std::slice::from_ref(to)).meets(reached)
        }
        AddressMap::Pool(ranges) => {
            let pool = own(ranges);
            pool.is_empty() || pool.meets(reached)
        }
        AddressMap::EgressInterface | AddressMap::IngressInterface | AddressMap::Unknown => true,
    }
}

/// `set` as source, destination and service, at most `limit` entries; connection state and TCP flags are left out.
#[must_use]
pub fn list_flows<K: Header>(arena: &mut Arena<K>, set: Function, limit: usize) -> FlowList {
    let mut seen = set;
    for field in [fields::FLAGS, fields::STATE, fields::MARK] {
        seen = arena.exists(seen, field);
    }
    let plain = without_idle_ports(arena, seen);
    let (pairs, total) = arena.products(plain, fields::PROTOCOL, limit);
    let flows: Vec<FlowCube> = pairs.iter().map(|pair| flow_cube(arena, pair)).collect();
    let omitted = total.saturating_sub(flows.len() as u64);
    let cut = |flow: &FlowCube| [&flow.src, &flow.dst, &flow.service].iter().any(|t| is_cut(t));
    let unlisted = (omitted > 0 || flows.iter().any(cut)).then(|| digest(arena, plain));
    FlowList { flows, omitted, unlisted }
}

/// A hash of a set with everything that a list of its flows leaves out.
fn digest<K: Header>(arena: &Arena<K>, set: Function) -> String {
    crate::finding::digest(|take| arena.tell(set, &mut |number| take(&number.to_le_bytes())))
}

/// Whether a text does not say all.
fn is_cut(text: &str) -> bool {
    text.contains("… (+")
}

/// A pair of ends with the services between them.
fn flow_cube<K: Header>(arena: &Arena<K>, pair: &Product<K>) -> FlowCube {
    let (cubes, more) = arena.cubes(pair.rest, SERVICES);
    let services: Vec<String> = cubes.iter().filter_map(service_text).collect();
    let end = |field| pair.fields.get(field).map(range_text).unwrap_or_default();
    FlowCube {
        src: end(fields::SRC),
        dst: end(fields::DST),
        service: capped(&services, LISTED, more),
    }
}

/// Fields that a protocol does not have take every value, so that equal services have equal sets.
fn without_idle_ports<K: Header>(arena: &mut Arena<K>, set: Function) -> Function {
    let ported = arena.field_in(fields::PROTOCOL, &port_protocols());
    let icmp = arena.field_in(fields::PROTOCOL, &icmp_protocols());
    let with_ports = arena.guard(set, ported);
    let kinds = arena.guard(set, icmp);
    let rest = arena.minus(set, ported);
    let rest = arena.minus(rest, icmp);
    let rest = arena.exists(rest, fields::DPORT);
    let rest = arena.exists(rest, fields::SPORT);
    let any_kind = arena.exists(kinds, fields::DPORT);
    let any_kind = arena.exists(any_kind, fields::SPORT);
    let types = arena.field_in(fields::DPORT, &span(0, 255));
    let codes = arena.field_in(fields::SPORT, &span(0, 255));
    let real = arena.guard(types, codes);
    let idle = arena.minus(any_kind, real);
    let all = arena.min_all(vec![with_ports, kinds, idle, rest]);
    // Ends between which only values pass that no packet has are no ends of a flow.
    let kinds = arena.guard(kinds, real);
    let mut ends = arena.min_all(vec![with_ports, kinds, rest]);
    for field in [fields::PROTOCOL, fields::DPORT, fields::SPORT] {
        ends = arena.exists(ends, field);
    }
    arena.guard(all, ends)
}

fn range_text<K: Header>(intervals: &Intervals<K>) -> String {
    if *intervals == Intervals::up_to(K::narrow(K::FAMILY.last())) || *intervals == unicast() {
        return "any".to_owned();
    }
    let cube = Cube { fields: vec![intervals.clone()] };
    let ranges: Vec<String> = ranges(&cube, 0).iter().map(ToString::to_string).collect();
    capped(&ranges, RANGES, false)
}

/// The first `limit` parts, and how many more there are: at least so many with `beyond`, when `parts` are not all.
fn capped(parts: &[String], limit: usize, beyond: bool) -> String {
    let shown: Vec<&str> = parts.iter().take(limit).map(String::as_str).collect();
    let (shown, more) = (shown.join(", "), parts.len().saturating_sub(limit));
    match (more, beyond) {
        (0, false) => shown,
        (more, false) => format!("{shown}, … (+{more})"),
        (more, true) => format!("{shown}, … (+≥{})", more.max(1)),
    }
}

/// The service of a cube; `None` when it holds only values that no packet has.
fn service_text<K: Header>(cube: &Cube<K>) -> Option<String> {
    let protocols = cube.fields.get(fields::PROTOCOL)?;
    let (dports, sports) = (cube.fields.get(fields::DPORT)?, cube.fields.get(fields::SPORT)?);
    let all_ports = span(0, 65535);
    if *protocols == span(0, 255) && *dports == all_ports && *sports == all_ports {
        return Some("any".to_owned());
    }
    let mut parts = Vec::new();
    for (first, last) in protocols.as_slice() {
        let (first, last) = (u8::try_from(first.wide()).ok()?, u8::try_from(last.wide()).ok()?);
        if last - first > 3 {
            parts.push(format!("proto/{first}-{last}{}", port_text(first, dports, sports)?));
            continue;
        }
        for protocol in first..=last {
            if let Some(ports) = port_text(protocol, dports, sports) {
                parts.push(format!("{}{ports}", protocol_name(protocol)));
            }
        }
    }
    (!parts.is_empty()).then(|| capped(&parts, LISTED, false))
}

/// `/443`, `/80,8000-8100`, with the source ports behind; `None` when no packet of the protocol has such values.
fn port_text<K: Header>(
    protocol: u8,
    dports: &Intervals<K>,
    sports: &Intervals<K>,
) -> Option<String> {
    let limit = if crate::net::flow::is_icmp(protocol) { span(0, 255) } else { span(0, 65535) };
    let (dports, sports) = (dports.intersection(&limit), sports.intersection(&limit));
    if dports.is_empty() || sports.is_empty() {
        return None;
    }
    let list = |ports: &Intervals<K>| {
        let words: Vec<String> = ports
            .as_slice()
            .iter()
            .map(|(first, last)| match (first.wide(), last.wide()) {
                (first, last) if first == last => first.to_string(),
                (first, last) => format!("{first}-{last}"),
            })
            .collect();
        capped(&words, LISTED, false)
    };
    let destination = if dports == limit { String::new() } else { format!("/{}", list(&dports)) };
    let source = if sports == limit { String::new() } else { format!(" (from {})", list(&sports)) };
    Some(destination + &source)
}
