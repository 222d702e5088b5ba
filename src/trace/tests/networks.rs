use super::*;
use TraceVerdict::{Delivered, Dropped, Undetermined};

/// Two routers in a row: a - r1 - r2 - b.
struct Row {
    net: Net,
    a: ZoneId,
    b: ZoneId,
    r1: DeviceId,
    r2: DeviceId,
}

fn row(first: impl FnOnce(&mut Box_), second: impl FnOnce(&mut Box_)) -> Row {
    let mut r1 = device("r1");
    let a1 = r1.interface("in", &["10.0.1.1/24"]);
    let t1 = r1.interface("out", &["10.5.0.1/30"]);
    r1.via("10.0.2.0/24", "10.5.0.2");
    first(&mut r1);
    let mut r2 = device("r2");
    let t2 = r2.interface("in", &["10.5.0.2/30"]);
    let b2 = r2.interface("out", &["10.0.2.1/24"]);
    r2.via("10.0.1.0/24", "10.5.0.1");
    second(&mut r2);
    let mut net = Net::default();
    let (r1, r2) = (net.add(r1), net.add(r2));
    let (a, b) = (net.zone("a", &["10.0.1.0/24"]), net.zone("b", &["10.0.2.0/24"]));
    net.segment(&[at(r1, a1)], &[a]);
    net.segment(&[at(r1, t1), at(r2, t2)], &[]);
    net.segment(&[at(r2, b2)], &[b]);
    Row { net, a, b, r1, r2 }
}

impl Row {
    fn round(&self, flow: Flow) -> Option<bool> {
        let trace = self.net.run(self.a, flow);
        let end = trace.ends.iter().find(|end| end.place() == Some(Place::Zone(self.b))).unwrap();
        round_trip(&self.net.snapshot, Ingress::Zone(self.a), &flow, end)
    }
}

#[test]
fn two_devices_in_a_row_each_record_what_decided() {
    let permit = |label: &'static str| {
        move |fw: &mut Box_| {
            let line = line(label, fw.any(), Action::Permit);
            fw.policy(vec![line]);
        }
    };
    let world = row(permit("one"), permit("two"));
    let trace = world.net.run(world.a, tcp("10.0.1.5", "10.0.2.5", 443));
    assert_eq!(trace.verdict(), Delivered);
    let [end] = trace.ends.as_slice() else { panic!("one end: {trace:?}") };
    assert_eq!(end.devices, [world.r1, world.r2]);
    let lines: Vec<Vec<&str>> =
        end.hops.iter().map(|h| h.lines.iter().map(|l| l.label.as_str()).collect()).collect();
    assert_eq!(
        lines,
        [["route 10.0.2.0/24 via 10.5.0.2", "one"], ["connected 10.0.2.0/24 on out", "two"]]
    );
    assert_eq!((end.hops[1].ingress.as_str(), end.hops[1].egress.as_deref()), ("in", Some("out")));
}

#[test]
fn packets_for_the_other_router_reach_it() {
    let world = row(|_| {}, |_| {});
    let trace = world.net.run(world.a, tcp("10.0.1.5", "10.5.0.2", 22));
    assert!(trace.always_reaches(Place::Device(world.r2)));
    let trace = world.net.run(world.a, tcp("10.0.1.5", "10.5.0.3", 22));
    assert_eq!(
        trace.ends[0].disposition,
        Disposition::Delivered(Place::Unzoned(SegmentId::from_index(1)))
    );
}

#[test]
fn a_packet_that_comes_back_is_in_a_loop() {
    let world = row(|_| {}, |r2| r2.via("10.7.0.0/16", "10.5.0.1"));
    let mut world = world;
    let r1 = world.r1;
    let context = ContextId::from_index(0);
    let mut route = world.net.snapshot.devices[r1].contexts[context].routes[0].clone();
    route.prefix = prefix("10.7.0.0/16");
    world.net.snapshot.device_mut(r1).contexts[context].routes.push(route);
    let trace = world.net.run(world.a, tcp("10.0.1.5", "10.7.0.1", 1));
    assert_eq!(trace.ends[0].disposition, Disposition::Loop);
    assert_eq!(trace.verdict(), Dropped);
}

#[test]
fn zones_on_one_segment_need_no_device() {
    let mut world = pair(|fw| fw.policy(Vec::new()));
    let c = world.net.zone("c", &["10.0.3.0/24"]);
    world.net.snapshot.segments[SegmentId::from_index(0)].zones.push(c);
    let trace = world.net.run(world.a, tcp("10.0.1.5", "10.0.3.5", 1));
    assert_eq!(trace.verdict(), Delivered);
    assert!(trace.certainly_reaches(Place::Zone(c)));
    assert!(trace.ends[0].hops.is_empty());
}

#[test]
fn a_forged_source_is_traced_anyway() {
    let world = pair(|_| {});
    assert_eq!(world.verdict(tcp("192.0.2.1", "10.0.2.5", 1)), Delivered);
}

#[test]
fn an_interface_that_is_down_takes_nothing() {
    let mut world = pair(|_| {});
    let fw = DeviceId::from_index(0);
    let port = at(fw, InterfaceId::from_index(0));
    world.net.snapshot.device_mut(fw).interfaces[port.interface].up = false;
    let flow = tcp("10.0.1.5", "10.0.2.5", 1);
    let trace = trace(&world.net.snapshot, Ingress::Port(port), flow, &Options::default());
    assert_eq!(trace.ends[0].disposition, Disposition::InterfaceDown);
}

/// A firewall between zone a and an opaque router with zone w behind; the router also stands on the segment of zone c.
fn around(build: impl FnOnce(&mut Box_)) -> (Net, [ZoneId; 3]) {
    let mut fw = device("fw");
    let inside = fw.interface("in", &["10.0.1.1/24"]);
    let wan = fw.interface("wan", &["203.0.113.2/24"]);
    let other = fw.interface("c", &["10.0.3.1/24"]);
    fw.via("0.0.0.0/0", "203.0.113.1");
    build(&mut fw);
    let mut net = Net::default();
    let fw = net.add(fw);
    let a = net.zone("a", &["10.0.1.0/24"]);
    let c = net.zone("c", &["10.0.3.0/24"]);
    let w = net.zone("w", &[]);
    net.segment(&[at(fw, inside)], &[a]);
    let (sw, sc) = (net.segment(&[at(fw, wan)], &[]), net.segment(&[at(fw, other)], &[c]));
    net.opaque("203.0.113.1", &[w], &[sw, sc]);
    (net, [a, c, w])
}

#[test]
fn an_opaque_router_delivers_surely_behind_it_and_perhaps_beside_it() {
    let (net, [a, c, w]) = around(|_| {});
    let trace = net.run(a, tcp("10.0.1.5", "198.51.100.7", 443));
    assert_eq!(trace.verdict(), Delivered, "what the router may do besides changes nothing");
    assert!(trace.certainly_reaches(Place::Zone(w)));
    let from_w = net.run(w, tcp("198.51.100.7", "10.0.3.9", 443));
    assert!(from_w.may_reach(Place::Zone(c)));
}

#[test]
fn the_router_beside_a_filter_is_a_way_around_it() {
    let (net, [_, c, w]) = around(|fw| fw.policy(Vec::new()));
    let trace = net.run(w, tcp("198.51.100.7", "10.0.3.9", 443));
    assert_eq!(trace.verdict(), Undetermined);
    assert!(trace.may_reach(Place::Zone(c)) && !trace.certainly_reaches(Place::Zone(c)));
    // The hosts of c may use the router, too, and never meet the filter.
    let out = net.run(c, tcp("10.0.3.9", "198.51.100.7", 443));
    assert!(out.may_reach(Place::Zone(w)));
    assert_eq!(out.verdict(), Undetermined);
    assert!(out.certainly_reaches(Place::Zone(w)), "w is behind the router");
}

#[test]
fn a_u_turn_may_skip_the_filters() {
    let build = |hairpin| {
        let mut world = pair(|fw| fw.policy(Vec::new()));
        let c = world.net.zone("c", &["10.0.4.0/24"]);
        let fw = DeviceId::from_index(0);
        let device = world.net.snapshot.device_mut(fw);
        let port = InterfaceId::from_index(0);
        device.interfaces[port].hairpin_unfiltered = hairpin;
        let second = InterfaceAddress { address: ip("10.0.4.1"), len: 24, span: span(1) };
        device.interfaces[port].addresses.push(second);
        world.net.snapshot.segments[SegmentId::from_index(0)].zones.push(c);
        let flow = tcp("10.0.1.5", "10.0.4.5", 1);
        trace(&world.net.snapshot, Ingress::Port(at(fw, port)), flow, &Options::default()).verdict()
    };
    assert_eq!(build(false), Dropped);
    assert_eq!(build(true), Undetermined);
}

#[test]
fn internal_links_join_contexts() {
    let mut fw = device("fw");
    let inside = fw.interface("in", &["10.0.1.1/24"]);
    let link0 = fw.interface("link0", &[]);
    fw.route("10.0.2.0/24", NextHop::Interface(link0));
    let second = Context { pipeline: vec![Stage::Route], ..Context::default() };
    fw.context = fw.device.contexts.push(second);
    let link1 = fw.interface("link1", &[]);
    let outside = fw.interface("out", &["10.0.2.1/24"]);
    fw.device.internal_links.push((link0, link1));
    for link in [link0, link1] {
        fw.device.interfaces[link].kind = InterfaceKind::Internal;
    }
    let mut net = Net::default();
    let fw = net.add(fw);
    let (a, b) = (net.zone("a", &["10.0.1.0/24"]), net.zone("b", &["10.0.2.0/24"]));
    net.segment(&[at(fw, inside)], &[a]);
    net.segment(&[at(fw, link0), at(fw, link1)], &[]);
    net.segment(&[at(fw, outside)], &[b]);
    let trace = net.run(a, tcp("10.0.1.5", "10.0.2.5", 1));
    assert!(trace.always_reaches(Place::Zone(b)));
    assert_eq!(trace.ends[0].hops.len(), 2);
}

#[test]
fn answers_come_back_through_sessions_and_not_through_strangers() {
    let closed = |fw: &mut Box_| {
        let inside = Interfaces::Of(vec![fw.device.interface("in").unwrap()]);
        let permit = line("permit", Match { ingress: inside, ..fw.any() }, Action::Permit);
        fw.policy(vec![permit]);
    };
    let flow = tcp("10.0.1.5", "10.0.2.5", 443);
    assert_eq!(row(closed, closed).round(flow), Some(true));
    assert_eq!(row(closed, closed).round(udp("10.0.1.5", "10.0.2.5", 53)), Some(true));
    let stateless = |fw: &mut Box_| {
        closed(fw);
        let context = fw.context;
        if let Stage::Filter(filter) = &mut fw.device.contexts[context].pipeline[1] {
            filter.stateful = false;
        }
    };
    assert_eq!(row(closed, stateless).round(flow), Some(false));
    let no_way_back = |r: &mut Box_| r.device.contexts[r.context].routes.clear();
    assert_eq!(row(closed, no_way_back).round(flow), Some(false));
}

#[test]
fn too_many_branches_are_never_called_dropped() {
    let world = pair(|fw| {
        let odd = crate::net::WildcardMask::new(
            "10.0.0.1".parse().unwrap(),
            "0.0.31.254".parse().unwrap(),
        );
        let odd = fw.device.literal(AddressSet::Wildcard(odd), span(2));
        let hide = fw.rewrite(Rewrite { source: Some(AddressMap::Unknown), ..Rewrite::default() });
        let rewrite = line("hide", fw.any(), Action::Rewrite(hide));
        let nat = fw.list(vec![rewrite]);
        let deny = line("deny", Match { source: odd, ..fw.any() }, Action::Deny);
        let list = fw.list(vec![deny]);
        let filter = fw.filter(list);
        fw.stages(vec![translate("nat", nat), Stage::Filter(filter)], Vec::new());
    });
    let trace = world.net.run(world.a, tcp("10.0.1.5", "10.0.2.5", 443));
    assert!(trace.truncated);
    assert_eq!(trace.verdict(), Undetermined);
    assert!(trace.may_reach(Place::Zone(world.b)));
}

#[test]
fn unknown_routers_may_be_one_and_known_ones_on_a_segment_may_talk() {
    let build = |declared: bool, shared: bool| {
        let mut net = Net::default();
        let (a, b) = (net.zone("a", &["10.0.1.0/24"]), net.zone("b", &["10.0.2.0/24"]));
        let first = net.segment(&[], &[a]);
        let second = if shared { first } else { net.segment(&[], &[]) };
        let one = net.opaque("10.0.1.254", &[], &[first]);
        let two = net.opaque("10.0.9.254", &[b], &[second]);
        for opaque in [one, two] {
            net.snapshot.opaques[opaque].declared = declared;
        }
        let trace = net.run(a, tcp("10.0.1.5", "10.0.2.5", 1));
        // A router on the sender's own segment surely delivers to the zone behind it.
        assert_eq!(trace.certainly_reaches(Place::Zone(b)), shared);
        trace.may_reach(Place::Zone(b))
    };
    assert!(build(false, false), "unknown routers may be one");
    assert!(build(true, true), "routers on one segment may hand over");
    assert!(!build(true, false));
}

#[test]
fn a_line_needs_no_address_at_the_other_end() {
    let world = |kind| {
        let mut world = row(|_| {}, |_| {});
        for device in [world.r1, world.r2] {
            let model = world.net.snapshot.device_mut(device);
            let name = if device == world.r1 { "out" } else { "in" };
            let interface = model.interface(name).unwrap();
            model.interfaces[interface].kind = kind;
            model.interfaces[interface].addresses.clear();
            model.contexts[ContextId::from_index(0)].routes[0].next_hop =
                NextHop::Interface(interface);
        }
        world
    };
    let flow = tcp("10.0.1.5", "10.0.2.5", 443);
    for kind in [InterfaceKind::PointToPoint, InterfaceKind::Tunnel] {
        let world = world(kind);
        assert!(world.net.run(world.a, flow).always_reaches(Place::Zone(world.b)), "{kind:?}");
        assert_eq!(world.round(flow), Some(true));
    }
    // On Ethernet the other router may answer for the destination (proxy ARP), or nobody does.
    let ethernet = world(InterfaceKind::Ethernet);
    let trace = ethernet.net.run(ethernet.a, flow);
    assert!(trace.may_reach(Place::Zone(ethernet.b)));
    assert!(!trace.certainly_reaches(Place::Zone(ethernet.b)));
}

#[test]
fn an_answer_that_comes_back_by_another_firewall_is_dropped_there() {
    // Two firewalls side by side between a and b: the way there is by fw1, the way back by fw2.
    let build = |stateful: bool| {
        let mut net = Net::default();
        let mut ports = Vec::new();
        for n in [1, 2] {
            let mut fw = device(&format!("fw{n}"));
            let outer = fw.interface("outer", &[&format!("10.5.0.{n}/24")]);
            let inner = fw.interface("inner", &[&format!("10.6.0.{n}/24")]);
            fw.via("10.0.1.0/24", "10.5.0.9");
            fw.via("10.0.2.0/24", "10.6.0.9");
            let lines = vec![line("permit", fw.any(), Action::Permit)];
            let list = fw.list(lines);
            let filter = Filter { stateful, ..fw.filter(list) };
            fw.stages(Vec::new(), vec![Stage::Filter(filter)]);
            let id = net.add(fw);
            ports.push([at(id, outer), at(id, inner)]);
        }
        for (name, side, far, gateway) in [
            ("ra", "10.0.1.1/24", "10.5.0.9/24", "10.5.0.1"),
            ("rb", "10.0.2.1/24", "10.6.0.9/24", "10.6.0.2"),
        ] {
            let mut r = device(name);
            let (side, far) = (r.interface("side", &[side]), r.interface("far", &[far]));
            r.via("0.0.0.0/0", gateway);
            let id = net.add(r);
            ports.push([at(id, side), at(id, far)]);
        }
        let (a, b) = (net.zone("a", &["10.0.1.0/24"]), net.zone("b", &["10.0.2.0/24"]));
        net.segment(&[ports[2][0]], &[a]);
        net.segment(&[ports[2][1], ports[0][0], ports[1][0]], &[]);
        net.segment(&[ports[3][1], ports[0][1], ports[1][1]], &[]);
        net.segment(&[ports[3][0]], &[b]);
        let flow = tcp("10.0.1.5", "10.0.2.5", 443);
        let trace = net.run(a, flow);
        assert!(trace.always_reaches(Place::Zone(b)));
        round_trip(&net.snapshot, Ingress::Zone(a), &flow, &trace.ends[0])
    };
    assert_eq!(build(true), Some(false));
    assert_eq!(build(false), Some(true));
}

#[test]
fn managing_a_device_is_a_round_trip() {
    let world = pair(|fw| fw.policy(Vec::new()));
    let flow = tcp("10.0.1.5", "10.0.1.1", 22);
    let trace = world.net.run(world.a, flow);
    let fw = Place::Device(DeviceId::from_index(0));
    assert!(trace.always_reaches(fw));
    let back = round_trip(&world.net.snapshot, Ingress::Zone(world.a), &flow, &trace.ends[0]);
    assert_eq!(back, Some(true));
}

#[test]
fn many_neighbours_without_routes_stay_within_the_budget() {
    let mut net = Net::default();
    let mut ports = Vec::new();
    for n in 1..=12 {
        let mut r = device(&format!("r{n}"));
        let core = r.interface("core", &[&format!("10.5.0.{n}/24")]);
        let side = r.interface("side", &[&format!("10.{}.0.1/24", 100 + n)]);
        let context = &mut r.device.contexts[r.context];
        context.dynamic_routing.push(DynamicRouting { protocol: "ospf".to_owned(), span: span(6) });
        let id = net.add(r);
        ports.push(at(id, core));
        let zone = net.zone(&format!("z{n}"), &[&format!("10.{}.0.0/24", 100 + n)]);
        net.segment(&[at(id, side)], &[zone]);
    }
    net.segment(&ports, &[]);
    let trace = net.run(ZoneId::from_index(0), tcp("10.101.0.5", "10.112.0.5", 1));
    assert!(!trace.truncated);
    assert!(trace.may_reach(Place::Zone(ZoneId::from_index(11))));
    assert_eq!(trace.verdict(), Undetermined);
}

#[test]
fn an_address_beside_the_sender_in_no_zone_needs_no_device() {
    let mut world = pair(|fw| fw.policy(Vec::new()));
    let segment = SegmentId::from_index(0);
    world.net.snapshot.segments[segment].networks.push(prefix("192.0.2.0/24"));
    let unzoned = world.net.run(world.a, tcp("10.0.1.5", "192.0.2.7", 1));
    assert!(unzoned.always_reaches(Place::Unzoned(segment)));
    let beyond = world.net.run(world.a, tcp("10.0.1.5", "192.0.3.7", 1));
    assert_eq!(beyond.verdict(), Dropped);
}

#[test]
fn answers_find_the_right_context_of_a_device_that_translates_in_one() {
    let mut fw = device("fw");
    let inside = fw.interface("in", &["10.0.1.1/24"]);
    let link0 = fw.interface("link0", &["10.4.0.1/30"]);
    fw.via("10.0.2.0/24", "10.4.0.2");
    let source = Some(AddressMap::EgressInterface);
    let hide = fw.rewrite(Rewrite { source, ..Rewrite::default() });
    let rewrite = line("hide", fw.any(), Action::Rewrite(hide));
    let nat = fw.list(vec![rewrite]);
    fw.stages(Vec::new(), vec![translate("nat", nat)]);
    let second = Context { pipeline: vec![Stage::Route], ..Context::default() };
    fw.context = fw.device.contexts.push(second);
    let link1 = fw.interface("link1", &["10.4.0.2/30"]);
    let outside = fw.interface("out", &["10.0.2.1/24"]);
    fw.device.internal_links.push((link0, link1));
    let mut net = Net::default();
    let fw = net.add(fw);
    let (a, b) = (net.zone("a", &["10.0.1.0/24"]), net.zone("b", &["10.0.2.0/24"]));
    net.segment(&[at(fw, inside)], &[a]);
    net.segment(&[at(fw, link0), at(fw, link1)], &[]);
    net.segment(&[at(fw, outside)], &[b]);
    let flow = tcp("10.0.1.5", "10.0.2.5", 443);
    let trace = net.run(a, flow);
    assert!(trace.always_reaches(Place::Zone(b)));
    assert_eq!(trace.ends[0].flow.src, ip("10.4.0.1"));
    assert_eq!(round_trip(&net.snapshot, Ingress::Zone(a), &flow, &trace.ends[0]), Some(true));
}

#[test]
fn nothing_is_sure_behind_a_router_that_nobody_declared() {
    let (mut net, [a, _, w]) = around(|_| {});
    let unknown = net.snapshot.opaques.ids().next().unwrap();
    net.snapshot.opaques[unknown].declared = false;
    let out = net.run(a, tcp("10.0.1.5", "198.51.100.7", 443));
    assert_eq!(out.verdict(), Undetermined);
    assert!(out.may_reach(Place::Zone(w)) && !out.certainly_reaches(Place::Zone(w)));
    let back = net.run(w, tcp("198.51.100.7", "10.0.1.5", 443));
    assert!(back.may_reach(Place::Zone(a)) && !back.certainly_reaches(Place::Zone(a)));
    for (trace, zone) in
        [(out, w), (back, a), (net.run(w, tcp("198.51.100.7", "198.51.100.8", 1)), w)]
    {
        assert!(trace.may_reach(Place::Zone(zone)) && !trace.always_reaches(Place::Zone(zone)));
    }
}
