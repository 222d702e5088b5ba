//! Small networks, made by hand: what stands before a denying line must keep the checker from believing it.

use super::block::{Block, DST, SRC};
use super::{
    Certificate, Certified, Claim, Filtered, Packet, Passed, Path, Proof, Spot, Stopped, Walk,
    verify, write,
};
use crate::model::{
    Action, AddressId, AddressMap, AddressSet, AddressWithin, Binding, Context, Device,
    DynamicRouting, Filter, Interface, InterfaceAddress, InterfaceId, InterfaceKind, Interfaces,
    Line, ListId, Match, NextHop, Rewrite, Route, RuleList, Schedule, ServiceId, ServiceSet, Stage,
    Translate, Unknown,
};
use crate::net::{AddressRange, Family, Prefix};
use crate::snapshot::{Place, Port, Segment, Snapshot, Zone, ZoneAddresses};
use crate::source::{Sources, Span};
use crate::text::Text;
use std::collections::BTreeMap;

fn span() -> Span {
    let file = Sources::default().add("hand.conf", b"x\n").unwrap();
    Span { file, start: 0, end: 1 }
}

fn range(prefix: &str) -> AddressRange {
    Prefix::parse(prefix).unwrap().range()
}

/// A device with interfaces on 10.0.0.0/24 and 10.0.1.0/24, and an object for everything.
fn device() -> (Device, AddressId, ServiceId) {
    let mut device = Device { name: "fw".to_owned(), ..Device::default() };
    let context = device.contexts.push(Context::default());
    for address in ["10.0.0.1", "10.0.1.1"] {
        let address = InterfaceAddress { address: address.parse().unwrap(), len: 24, span: span() };
        device.interfaces.push(Interface {
            name: format!("port{}", device.interfaces.len()),
            alias: None,
            context,
            addresses: vec![address],
            zone: None,
            up: true,
            kind: InterfaceKind::Ethernet,
            vlan: None,
            dynamic: false,
            hairpin_unfiltered: false,
            source_check: None,
            span: span(),
        });
    }
    let any = device.literal(AddressSet::Any, span());
    let service = device.literal_service(ServiceSet::Any, span());
    (device, any, service)
}

fn line(action: Action, source: AddressId, destination: AddressId, service: ServiceId) -> Line {
    Line {
        label: "line".to_owned(),
        matches: Match::between(source, destination, service),
        action,
        enabled: true,
        log: None,
        comment: None,
        span: span(),
    }
}

fn bound(list: ListId) -> Binding {
    Binding {
        ingress: Interfaces::Any,
        egress: Interfaces::Any,
        lists: vec![list],
        default: Action::Permit,
        default_label: "default".to_owned(),
        span: None,
    }
}

/// The device filters by `list` behind the route, and stands between the zones `a` and `b`.
fn world(mut device: Device, list: ListId, before: Vec<Stage>) -> Snapshot {
    let filter = Filter {
        name: "filter",
        bindings: vec![bound(list)],
        otherwise: Action::Deny,
        stateful: true,
    };
    let context = device.interfaces.iter().next().unwrap().1.context;
    let count = before.len();
    device.contexts[context].pipeline = before;
    device.contexts[context].pipeline.extend([Stage::Route, Stage::Filter(filter)]);
    assert!(count < 2, "the names of stages are those of the certificate");
    let mut snapshot = Snapshot::default();
    let ports: Vec<InterfaceId> = device.interfaces.ids().collect();
    let id = snapshot.devices.push(device.into());
    for (zone, (network, interface)) in
        [("a", ("10.0.0.0/24", ports[0])), ("b", ("10.0.1.0/24", ports[1]))]
    {
        let network = Prefix::parse(network).unwrap();
        let zone = snapshot.zones.push(Zone {
            id: zone.to_owned(),
            label: zone.to_owned(),
            addresses: ZoneAddresses::Networks(vec![network]),
            assumed: Vec::new(),
            subnets: Vec::new(),
            external: false,
            roles: Vec::new(),
            span: None,
        });
        snapshot.segments.push(Segment {
            ports: vec![Port { device: id, interface }],
            zones: vec![zone],
            opaques: Vec::new(),
            networks: vec![network],
        });
    }
    snapshot.index();
    snapshot
}

fn claim(snapshot: &Snapshot) -> Claim {
    let all = Block::all(Family::V4);
    let forbidden = all.with(DST, range("10.0.1.0/24").numbers());
    Claim {
        rule: "R".to_owned(),
        kind: "isolation",
        family: Family::V4,
        ends: ("a".to_owned(), "b".to_owned()),
        from: Some((snapshot.zone("a").unwrap(), vec![range("10.0.0.0/24").numbers()])),
        to: Some((Place::Zone(snapshot.zone("b").unwrap()), vec![forbidden])),
        sent: Vec::new(),
    }
}

/// Whether the checker believes that `by` stops everything from `a` to `b` at stage `stage`.
fn believed(snapshot: &Snapshot, stage: usize, by: &str) -> bool {
    let claim = claim(snapshot);
    let block = claim.to.as_ref().unwrap().1[0].with(SRC, range("10.0.0.0/24").numbers());
    let block = write(Family::V4, block);
    let stopped = Stopped { block: block.clone(), by: by.to_owned() };
    let proof = Proof::Holds {
        places: BTreeMap::from([("port fw:port0#0.0".to_owned(), vec![block])]),
        filters: BTreeMap::from([(
            format!("fw#0 context 0 stage {stage} port0#0 > port1#1"),
            Filtered { passes: Vec::new(), stops: vec![stopped] },
        )]),
    };
    let certificate = Certificate { version: 1, claims: vec![Certified::of(&claim, proof)] };
    verify(snapshot, &[claim], &certificate).is_ok()
}

/// Whether the denying line at the end of a list is believed when `change` has worked on the device and the lines before it.
fn with(change: impl FnOnce(&mut Device, &mut Vec<Line>, &mut Line)) -> bool {
    let (mut device, any, service) = device();
    let mut lines = Vec::new();
    let mut deny = line(Action::Deny, any, any, service);
    change(&mut device, &mut lines, &mut deny);
    lines.push(deny);
    let at = lines.len() - 1;
    let list = device.lists.push(RuleList { name: "L".to_owned(), lines });
    let by = format!("L#{}.{at} line", list.index());
    believed(&world(device, list, Vec::new()), 1, &by)
}

fn first(lines: &mut Vec<Line>, like: &Line, action: Action) {
    lines.push(Line { action, ..like.clone() });
}

#[test]
fn a_denying_line_is_believed() {
    assert!(with(|_, _, _| ()));
    assert!(with(|device, lines, deny| {
        // A line about somebody else stands before it.
        let other = device.literal(AddressSet::Range(range("10.9.0.0/16")), span());
        lines.push(line(Action::Permit, other, deny.matches.destination, deny.matches.service));
    }));
}

#[test]
fn what_may_let_a_packet_pass_before_it_is_not_overlooked() {
    for action in [Action::Permit, Action::Undecided, Action::Return] {
        assert!(!with(|_, lines, deny| first(lines, deny, action)), "{action:?}");
    }
    assert!(!with(|device, lines, deny| {
        // One address of the many.
        let one = device.literal(AddressSet::Range(range("10.0.0.77/32")), span());
        lines.push(line(Action::Permit, one, deny.matches.destination, deny.matches.service));
    }));
    assert!(!with(|device, lines, deny| {
        let list = RuleList {
            name: "M".to_owned(),
            lines: vec![Line { action: Action::Permit, ..deny.clone() }],
        };
        let list = device.lists.push(list);
        first(lines, deny, Action::Jump(list));
    }));
}

#[test]
fn a_line_that_may_not_match_stops_nothing() {
    assert!(!with(|_, _, deny| deny.enabled = false));
    assert!(!with(|device, _, deny| {
        let reason = Text::same("feed");
        let value = AddressSet::Unknown { reason, within: AddressWithin::Anywhere };
        deny.matches.source = device.literal(value, span());
    }));
    assert!(!with(|_, _, deny| {
        deny.matches.unknown.push(Unknown { reason: Text::same("word"), span: span() });
    }));
    assert!(!with(|device, _, deny| {
        let schedule = Schedule { name: "night".to_owned(), windows: None, span: span() };
        deny.matches.schedule = Some(device.schedules.push(schedule));
    }));
    assert!(!with(|device, _, deny| {
        let most = AddressSet::Range(range("10.0.0.0/25"));
        deny.matches.source = device.literal(most, span());
    }));
    assert!(!with(|device, _, deny| {
        let tcp = device.literal_service(ServiceSet::Protocol(6), span());
        deny.matches.service = tcp;
    }));
}

#[test]
fn a_return_in_a_chain_leads_past_what_follows_in_it() {
    let chained = |action: Action| {
        let (mut device, any, service) = device();
        let deny = line(Action::Deny, any, any, service);
        let lines = vec![Line { action, ..deny.clone() }, deny.clone()];
        let chain = device.lists.push(RuleList { name: "C".to_owned(), lines });
        let jump = Line { action: Action::Jump(chain), ..deny };
        let list = device.lists.push(RuleList { name: "L".to_owned(), lines: vec![jump] });
        believed(&world(device, list, Vec::new()), 1, "L#1.0 line > C#0.1 line")
    };
    assert!(!chained(Action::Return));
    let (mut device, any, service) = device();
    let deny = line(Action::Deny, any, any, service);
    let chain = device.lists.push(RuleList { name: "C".to_owned(), lines: vec![deny.clone()] });
    let jump = Line { action: Action::Jump(chain), ..deny };
    let list = device.lists.push(RuleList { name: "L".to_owned(), lines: vec![jump] });
    assert!(believed(&world(device, list, Vec::new()), 1, "L#1.0 line > C#0.0 line"));
}

#[test]
fn a_translation_brings_what_the_certificate_does_not_list() {
    let translated = |map: Option<AddressMap>| {
        let (mut device, any, service) = device();
        let deny = line(Action::Deny, any, any, service);
        let list = device.lists.push(RuleList { name: "L".to_owned(), lines: vec![deny.clone()] });
        let published = device.literal(AddressSet::Range(range("192.0.2.7/32")), span());
        let rewrite = Rewrite { label: "N".to_owned(), destination: map, ..Rewrite::default() };
        let rewrite = device.rewrites.push(rewrite);
        let change = line(Action::Rewrite(rewrite), any, published, service);
        let nat = device.lists.push(RuleList { name: "N".to_owned(), lines: vec![change] });
        let stage = Translate { name: "nat", bindings: vec![bound(nat)] };
        believed(&world(device, list, vec![Stage::Translate(stage)]), 2, "L#0.0 line")
    };
    assert!(translated(None));
    assert!(translated(Some(AddressMap::Pool(vec![range("10.0.7.0/24")]))));
    assert!(!translated(Some(AddressMap::Pool(vec![range("10.0.1.8/30")]))));
    assert!(!translated(Some(AddressMap::Unknown)));
}

/// Where packets from zone `a` to `destination` come to in a step from the zone, and in the next, when `change` may translate
/// them before the route: each place with whether it is sure.
fn steps(
    destination: &str,
    change: impl FnOnce(&mut Device) -> (Action, &'static str),
) -> Vec<(String, bool)> {
    let (mut device, any, service) = device();
    let list = device.lists.push(RuleList {
        name: "L".to_owned(),
        lines: vec![line(Action::Permit, any, any, service)],
    });
    let (action, met) = change(&mut device);
    let met = device.literal(AddressSet::Range(range(met)), span());
    let lines = vec![line(action, any, met, service)];
    let nat = device.lists.push(RuleList { name: "N".to_owned(), lines });
    let stage = Translate { name: "nat", bindings: vec![bound(nat)] };
    let snapshot = world(device, list, vec![Stage::Translate(stage)]);
    let walk = Walk::new(&snapshot, Family::V4);
    let sides = ["10.0.0.7/32", destination].map(|side| range(side).numbers());
    let packet = Block::all(Family::V4).with(SRC, sides[0]).with(DST, sides[1]);
    let mut met = Path::default();
    walk.start(snapshot.zone("a").unwrap(), packet, &mut met).unwrap();
    let mut next = Path::default();
    for (spot, packet) in &met.arrived {
        walk.step(*spot, packet.clone(), &mut next).unwrap();
    }
    let all = met.arrived.into_iter().chain(next.arrived);
    let named = all.map(|(spot, packet)| (super::spot_name(&snapshot, spot), packet.sure));
    named.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

#[test]
fn behind_a_translation_that_nobody_knows_nothing_is_sure() {
    let ways = |action: Action| steps("10.0.1.7/32", |_| (action, "10.0.1.7/32"));
    let way = |sure| [("port fw:port0#0.0".to_owned(), true), ("zone b#1".to_owned(), sure)];
    assert_eq!(ways(Action::Permit), way(true));
    assert_eq!(ways(Action::Return), way(true));
    assert!(ways(Action::Undecided).contains(&way(false)[1]));
    assert!(!ways(Action::Undecided).contains(&way(true)[1]));
}

#[test]
fn what_a_router_surely_answers_for_no_neighbour_gets() {
    let ways = |to: AddressMap| {
        steps("10.0.0.9/32", |device| {
            let destination = Some(to);
            let rewrite = Rewrite { label: "N".to_owned(), destination, ..Rewrite::default() };
            (Action::Rewrite(device.rewrites.push(rewrite)), "10.0.0.9/32")
        })
    };
    let shift = |to: &str| AddressMap::Shift { from: range("10.0.0.9/32"), to: range(to) };
    let beside = |ways: Vec<(String, bool)>| ways.into_iter().find(|(at, _)| at == "zone a#0");
    assert_eq!(beside(ways(shift("10.0.1.9/32"))), None);
    assert!(beside(ways(shift("10.0.0.9/32"))).is_some(), "translated to itself");
    let pool = AddressMap::Pool(vec![range("10.0.1.9/32")]);
    assert_eq!(beside(ways(pool)).map(|(_, sure)| sure), Some(false));
}

#[test]
fn routes_that_are_not_known_lead_anywhere() {
    let routed = |unknown: bool| {
        let (mut device, any, service) = device();
        let context = device.interfaces.iter().next().unwrap().1.context;
        if unknown {
            let protocol = "ospf".to_owned();
            device.contexts[context]
                .dynamic_routing
                .push(DynamicRouting { protocol, span: span() });
        }
        // The second interface has lost its address, so nothing known leads to zone b.
        device.interfaces.iter_mut().last().unwrap().1.addresses.clear();
        let list = device.lists.push(RuleList { name: "L".to_owned(), lines: Vec::new() });
        let permit = line(Action::Permit, any, any, service);
        device.lists[list].lines.push(permit);
        believed(&world(device, list, Vec::new()), 1, "L#0.0 line")
    };
    assert!(routed(false), "without a route nothing arrives");
    assert!(!routed(true));
}

/// Zone `a` before the firewall `fw`, behind it a router with zone `c`; `change` works on both before they are joined.
fn routed(change: impl FnOnce(&mut Device, &mut Device)) -> Snapshot {
    let (mut fw, any, service) = device();
    let list = fw.lists.push(RuleList {
        name: "L".to_owned(),
        lines: vec![line(Action::Permit, any, any, service)],
    });
    let context = fw.contexts.ids().next().unwrap();
    let route = |gateway: &str| Route {
        prefix: Prefix::parse("10.0.2.0/24").unwrap(),
        next_hop: NextHop::Gateway { address: gateway.parse().unwrap(), interface: None },
        distance: 1,
        metric: 0,
        withdrawable: false,
        span: span(),
    };
    fw.contexts[context].routes.push(route("10.0.1.2"));
    let (mut router, ..) = device();
    router.name = "router".to_owned();
    for (interface, own) in router.interfaces.iter_mut().zip(["10.0.1.2", "10.0.2.1"]) {
        interface.1.addresses[0].address = own.parse().unwrap();
    }
    router.contexts[context].pipeline = vec![Stage::Route];
    change(&mut fw, &mut router);
    let ports: Vec<InterfaceId> = router.interfaces.ids().collect();
    let up = ports.iter().map(|port| router.interfaces[*port].up).collect::<Vec<_>>();
    let before = std::mem::take(&mut fw.contexts[context].pipeline);
    let mut snapshot = world(fw, list, before);
    let id = snapshot.devices.push(router.into());
    let transit = snapshot.segments.ids().nth(1).unwrap();
    if up[0] {
        snapshot.segments[transit].ports.push(Port { device: id, interface: ports[0] });
    }
    let network = Prefix::parse("10.0.2.0/24").unwrap();
    let zone = snapshot.zones.push(Zone {
        id: "c".to_owned(),
        label: "c".to_owned(),
        addresses: ZoneAddresses::Networks(vec![network]),
        assumed: Vec::new(),
        subnets: Vec::new(),
        external: false,
        roles: Vec::new(),
        span: None,
    });
    snapshot.segments.push(Segment {
        ports: if up[1] { vec![Port { device: id, interface: ports[1] }] } else { Vec::new() },
        zones: vec![zone],
        opaques: Vec::new(),
        networks: vec![network],
    });
    snapshot.index();
    snapshot
}

/// That everything from `a` arrives in `c`, at any address but that of the router.
fn requirement(snapshot: &Snapshot) -> (Claim, Block) {
    let wanted = Block::all(Family::V4).with(DST, range("10.0.2.128/25").numbers());
    let to = Some((Place::Zone(snapshot.zone("c").unwrap()), vec![wanted]));
    (Claim { kind: "require", to, sent: vec![wanted], ..claim(snapshot) }, wanted)
}

/// Whether it is believed that everything from `a` arrives in `c` by these places, in this order.
fn arrives(snapshot: &Snapshot, order: &[&str]) -> bool {
    believes(snapshot, "require", order)
}

fn believes(snapshot: &Snapshot, kind: &'static str, order: &[&str]) -> bool {
    let (mut claim, wanted) = requirement(snapshot);
    claim.kind = kind;
    let block = write(Family::V4, wanted.with(SRC, range("10.0.0.0/24").numbers()));
    let passed = |place: &&str| Passed { place: (*place).to_owned(), blocks: vec![block.clone()] };
    let filter = |ends: &str| (format!("fw#0 context 0 stage {ends}"), vec![block.clone()]);
    let proof = Proof::Delivered {
        entry: None,
        places: order.iter().map(passed).collect(),
        filters: ["1 port0#0 > port1#1", "2 port0#0 > port1#1", "1 port1#1 > port1#1"]
            .map(filter)
            .into(),
    };
    let certificate = Certificate { version: 1, claims: vec![Certified::of(&claim, proof)] };
    verify(snapshot, &[claim], &certificate).is_ok()
}

const WAY: [&str; 2] = ["port fw:port0#0.0", "port router:port0#1.0"];

/// Whether the way over both devices is believed when `change` has worked on them.
fn way(change: impl FnOnce(&mut Device, &mut Device)) -> bool {
    arrives(&routed(change), &WAY)
}

/// The routes of the only context of a device.
fn routes(device: &mut Device) -> &mut Vec<Route> {
    &mut device.contexts.iter_mut().next().unwrap().1.routes
}

#[test]
fn what_loses_nothing_arrives() {
    assert!(way(|_, _| ()));
    let snapshot = routed(|_, _| ());
    assert!(!arrives(&snapshot, &[WAY[1], WAY[0]]), "places in another order");
    assert!(!arrives(&snapshot, &WAY[..1]), "a place is missing");
    assert!(!believes(&snapshot, "isolation", &WAY), "another kind of claim");
    let mut nowhere = snapshot.clone();
    let first = nowhere.segments.ids().next().unwrap();
    nowhere.segments[first].zones.clear();
    assert!(!arrives(&nowhere, &WAY), "the source is on no segment");
    assert!(way(|fw, router| {
        // A second gateway that leads to the same router.
        let mut second = router.interfaces.iter_mut().next().unwrap().1.addresses[0];
        second.address = "10.0.1.3".parse().unwrap();
        router.interfaces.iter_mut().next().unwrap().1.addresses.push(second);
        let mut route = routes(fw)[0].clone();
        route.next_hop = NextHop::Gateway { address: "10.0.1.3".parse().unwrap(), interface: None };
        routes(fw).push(route);
    }));
}

#[test]
fn a_way_that_may_be_missing_is_a_loss() {
    assert!(!way(|fw, _| routes(fw).clear()), "no route");
    assert!(!way(|fw, _| routes(fw)[0].withdrawable = true), "a route that may go");
    assert!(!way(|fw, _| routes(fw)[0].next_hop = NextHop::Discard), "a null route");
    assert!(!way(|fw, _| {
        let gateway = "10.0.1.9".parse().unwrap();
        routes(fw)[0].next_hop = NextHop::Gateway { address: gateway, interface: None };
    }));
    for port in 0..2 {
        let down = |_: &mut Device, router: &mut Device| {
            router.interfaces.iter_mut().nth(port).unwrap().1.up = false;
        };
        assert!(!way(down), "port {port} is down");
    }
    assert!(!way(|fw, _| {
        let protocol = "ospf".to_owned();
        let context = fw.contexts.iter_mut().next().unwrap().1;
        context.dynamic_routing.push(DynamicRouting { protocol, span: span() });
    }));
}

#[test]
fn every_branch_must_arrive() {
    for dead in [
        NextHop::Discard,
        NextHop::Gateway { address: "10.0.1.9".parse().unwrap(), interface: None },
        NextHop::Gateway { address: "10.0.0.99".parse().unwrap(), interface: None },
    ] {
        assert!(!way(|fw, _| {
            let mut route = routes(fw)[0].clone();
            route.next_hop = dead;
            routes(fw).push(route);
        }));
    }
}

#[test]
fn what_goes_round_does_not_arrive() {
    let snapshot = routed(|fw, router| {
        router.interfaces.iter_mut().last().unwrap().1.addresses.clear();
        let mut back = routes(fw)[0].clone();
        back.next_hop = NextHop::Gateway { address: "10.0.1.1".parse().unwrap(), interface: None };
        routes(router).push(back);
    });
    let round = ["port router:port0#1.0", "port fw:port1#0.1"];
    for times in 0..4 {
        let order = [&WAY[..1], &round.repeat(times)].concat();
        assert!(!arrives(&snapshot, &order), "{times} times");
    }
}

#[test]
fn what_a_filter_may_stop_at_some_time_is_a_loss() {
    let permitting = |change: &dyn Fn(&mut Device, &mut Vec<Line>)| {
        way(|fw, _| {
            let list = fw.lists.ids().next().unwrap();
            let mut lines = std::mem::take(&mut fw.lists[list].lines);
            change(fw, &mut lines);
            fw.lists[list].lines = lines;
        })
    };
    let night = |device: &mut Device| {
        let schedule = Schedule { name: "night".to_owned(), windows: None, span: span() };
        Some(device.schedules.push(schedule))
    };
    assert!(permitting(&|_, _| ()));
    assert!(!permitting(&|fw, lines| {
        // What is not permitted at another time is denied.
        lines.push(Line { action: Action::Deny, ..lines[0].clone() });
        lines[0].matches.schedule = night(fw);
    }));
    assert!(permitting(&|fw, lines| {
        // A line that may permit does not matter before one that surely does.
        let mut before = lines[0].clone();
        before.matches.schedule = night(fw);
        lines.insert(0, before);
    }));
    for action in [Action::Deny, Action::Undecided, Action::Return] {
        assert!(!permitting(&|fw, lines| {
            let mut before = Line { action, ..lines[0].clone() };
            before.matches.schedule = night(fw);
            lines.insert(0, before);
        }));
    }
    assert!(!permitting(&|_, lines| lines[0].action = Action::Deny));
}

#[test]
fn a_translation_may_lose_packets_or_their_destination() {
    let translated = |action: &dyn Fn(&mut Device) -> Action, default: Action| {
        way(|fw, _| {
            let all = fw.literal(AddressSet::Any, span());
            let service = fw.literal_service(ServiceSet::Any, span());
            let tcp = fw.literal_service(ServiceSet::Protocol(6), span());
            let lines =
                vec![line(action(fw), all, all, tcp), line(Action::Permit, all, all, service)];
            let lines = if default == Action::Deny { lines[..1].to_vec() } else { lines };
            let list = fw.lists.push(RuleList { name: "N".to_owned(), lines });
            let binding = Binding { default, ..bound(list) };
            let stage = Translate { name: "nat", bindings: vec![binding] };
            fw.contexts.iter_mut().next().unwrap().1.pipeline.push(Stage::Translate(stage));
        })
    };
    let rewrite = |device: &mut Device| {
        let map = Some(AddressMap::Pool(vec![range("10.0.2.7/32")]));
        let rewrite = Rewrite { label: "N".to_owned(), destination: map, ..Rewrite::default() };
        Action::Rewrite(device.rewrites.push(rewrite))
    };
    assert!(translated(&|_| Action::Permit, Action::Permit));
    assert!(!translated(&|_| Action::Permit, Action::Deny), "the rest is stopped");
    assert!(!translated(&rewrite, Action::Permit));
    assert!(!translated(&|_| Action::Deny, Action::Permit));
    assert!(!translated(&|_| Action::Undecided, Action::Permit));
}

#[test]
fn a_requirement_is_not_proven_by_what_proves_isolation() {
    let snapshot = routed(|fw, _| routes(fw).clear());
    let mut claim = claim(&snapshot);
    let proofs = [
        Proof::Holds { places: BTreeMap::new(), filters: BTreeMap::new() },
        Proof::Violated { path: Vec::new() },
        Proof::Undetermined { path: Vec::new() },
        Proof::Delivered { entry: None, places: Vec::new(), filters: BTreeMap::new() },
    ];
    claim.kind = "require";
    claim.sent = claim.to.iter().flat_map(|(_, blocks)| blocks).copied().collect();
    for proof in proofs {
        let certificate = Certificate { version: 1, claims: vec![Certified::of(&claim, proof)] };
        assert!(verify(&snapshot, std::slice::from_ref(&claim), &certificate).is_err());
    }
}

/// Whether it is believed that this packet never arrives in `c`.
fn never(snapshot: &Snapshot, packet: Block) -> bool {
    let (claim, _) = requirement(snapshot);
    let packet = write(Family::V4, packet);
    let places = BTreeMap::from([("port fw:port0#0.0".to_owned(), vec![packet.clone()])]);
    let proof = Proof::Undelivered { packet, places, filters: BTreeMap::new() };
    let certificate = Certificate { version: 1, claims: vec![Certified::of(&claim, proof)] };
    verify(snapshot, &[claim], &certificate).is_ok()
}

#[test]
fn a_packet_that_never_arrives_is_a_required_one_and_nothing_stands_in_for_it() {
    let one = |from: &str, to: &str| {
        let fields = [range(from).numbers(), range(to).numbers(), (6, 6), (9, 9), (80, 80)];
        Block(fields)
    };
    let packet = one("10.0.0.9/32", "10.0.2.200/32");
    let cut = |more: &dyn Fn(&mut Device)| {
        routed(|fw, _| {
            routes(fw).clear();
            more(fw);
        })
    };
    let snapshot = cut(&|_| ());
    assert!(never(&snapshot, packet));
    assert!(!never(&snapshot, one("10.0.0.8/31", "10.0.2.200/32")), "two packets");
    assert!(!never(&snapshot, one("10.0.7.9/32", "10.0.2.200/32")), "of another source");
    assert!(!never(&snapshot, one("10.0.0.9/32", "10.0.2.20/32")), "to another destination");
    assert!(!never(&routed(|_, _| ()), packet), "it arrives");
    // A published address leads to the target: hosts may use that one.
    let published = cut(&|fw| {
        let all = fw.literal(AddressSet::Any, span());
        let service = fw.literal_service(ServiceSet::Any, span());
        let address = fw.literal(AddressSet::Range(range("192.0.2.7/32")), span());
        let map = Some(AddressMap::Pool(vec![range("10.0.2.200/32")]));
        let rewrite = Rewrite { label: "N".to_owned(), destination: map, ..Rewrite::default() };
        let rewrite = fw.rewrites.push(rewrite);
        let lines = vec![line(Action::Rewrite(rewrite), all, address, service)];
        let list = fw.lists.push(RuleList { name: "N".to_owned(), lines });
        let stage = Translate { name: "nat", bindings: vec![bound(list)] };
        fw.contexts.iter_mut().next().unwrap().1.pipeline.push(Stage::Translate(stage));
    });
    assert!(!never(&published, packet));
}

#[test]
fn the_other_end_of_a_link_that_is_down_takes_nothing() {
    let snapshot = routed(|fw, _| {
        // A third interface, linked to the second inside the firewall, has the address of the gateway.
        let mut third = fw.interfaces.iter().last().unwrap().1.clone();
        (third.name, third.up) = ("port2".to_owned(), false);
        third.addresses[0].address = "10.0.1.9".parse().unwrap();
        let second = fw.interfaces.ids().last().unwrap();
        let third = fw.interfaces.push(third);
        fw.internal_links.push((second, third));
        let address = "10.0.1.9".parse().unwrap();
        routes(fw)[0].next_hop = NextHop::Gateway { address, interface: None };
    });
    let walk = Walk::new(&snapshot, Family::V4);
    let port = |device: usize, interface: usize| {
        let device = snapshot.devices.ids().nth(device).unwrap();
        let interface = snapshot.devices[device].interfaces.ids().nth(interface).unwrap();
        Spot::Port(Port { device, interface })
    };
    let all = Block::all(Family::V4).with(DST, range("10.0.2.9/32").numbers());
    let mut step = Path::default();
    walk.step(port(0, 0), Packet::new(all), &mut step).unwrap();
    let arrived: Vec<Spot> = step.arrived.iter().map(|(spot, _)| *spot).collect();
    assert_eq!(arrived, [port(1, 0)], "any router of the segment may be the gateway");
}
