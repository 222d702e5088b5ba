use super::*;
use TraceVerdict::{Delivered, Dropped, Undetermined};

/// The pair with translation lists before and after the route, around a policy between them.
fn nat(
    before: impl FnOnce(&mut Box_) -> Vec<Line>,
    policy: impl FnOnce(&mut Box_) -> Vec<Line>,
    after: impl FnOnce(&mut Box_) -> Vec<Line>,
) -> Pair {
    pair(|fw| {
        let (before, policy, after) = (before(fw), policy(fw), after(fw));
        let (before, policy, after) = (fw.list(before), fw.list(policy), fw.list(after));
        let filter = Stage::Filter(fw.filter(policy));
        fw.stages(vec![translate("virtual IP", before)], vec![filter, translate("nat", after)]);
    })
}

fn open(fw: &mut Box_) -> Vec<Line> {
    vec![line("permit", fw.any(), Action::Permit)]
}

fn nothing(_: &mut Box_) -> Vec<Line> {
    Vec::new()
}

/// A line that rewrites packets from or to `net`.
fn change(fw: &mut Box_, to: &str, rewrite: Rewrite) -> Line {
    let destination = fw.net(to);
    let id = fw.rewrite(rewrite);
    line("change", Match { destination, ..fw.any() }, Action::Rewrite(id))
}

fn shift(from: (&str, &str), to: (&str, &str)) -> Option<AddressMap> {
    Some(AddressMap::Shift { from: range(from.0, from.1), to: range(to.0, to.1) })
}

fn vip(fw: &mut Box_) -> Vec<Line> {
    let rewrite = Rewrite {
        label: "web".to_owned(),
        destination: shift(("203.0.113.10", "203.0.113.19"), ("10.0.2.10", "10.0.2.19")),
        destination_port: Some(PortMap::Shift { from: ports(8080, 8089), to: ports(80, 89) }),
        ..Rewrite::default()
    };
    let services = fw.port(6, 8080, 8089);
    let mut line = change(fw, "203.0.113.0/24", rewrite);
    line.matches.destination =
        fw.device.literal(AddressSet::Range(range("203.0.113.10", "203.0.113.19")), span(2));
    line.matches.service = services;
    vec![line]
}

fn after_nat(world: &Pair, flow: Flow) -> Vec<(Flow, bool)> {
    let trace = world.net.run(world.a, flow);
    trace.ends.iter().map(|end| (end.flow, end.certain)).collect()
}

#[test]
fn ranges_shift_address_and_port_before_the_policy_sees_them() {
    let policy = |fw: &mut Box_| {
        let (host, http) = (fw.net("10.0.2.13"), fw.port(6, 84, 84));
        vec![line("in", Match { destination: host, service: http, ..fw.any() }, Action::Permit)]
    };
    let world = nat(vip, policy, nothing);
    let trace = world.net.run(world.a, tcp("10.0.1.5", "203.0.113.13", 8084));
    assert_eq!(trace.verdict(), Delivered);
    assert_eq!(
        (trace.ends[0].flow.dst, trace.ends[0].flow.destination_port),
        (ip("10.0.2.13"), 84)
    );
    assert_eq!(labels(&trace.ends[0]), ["change", "connected 10.0.2.0/24 on port2", "in"]);
    assert_eq!(world.verdict(tcp("10.0.1.5", "203.0.113.12", 8084)), Dropped);
    assert_eq!(world.verdict(tcp("10.0.1.5", "203.0.113.13", 80)), Dropped);
}

#[test]
fn lines_can_ask_whether_the_destination_was_translated() {
    let world = |translated: Translated| {
        let policy =
            |fw: &mut Box_| vec![line("in", Match { translated, ..fw.any() }, Action::Permit)];
        nat(vip, policy, nothing)
    };
    let (vip, plain) = (tcp("10.0.1.5", "203.0.113.13", 8084), tcp("10.0.1.5", "10.0.2.13", 84));
    let both = |translated: Translated| {
        let world = world(translated);
        (world.verdict(vip), world.verdict(plain))
    };
    let id = RewriteId::from_index;
    assert_eq!(both(Translated::Ignored), (Delivered, Delivered));
    assert_eq!(both(Translated::Touched), (Delivered, Dropped));
    assert_eq!(both(Translated::Untouched), (Dropped, Delivered));
    assert_eq!(both(Translated::By(vec![id(0)])), (Delivered, Dropped));
    assert_eq!(both(Translated::By(vec![id(1)])), (Dropped, Dropped));
}

#[test]
fn masquerade_takes_the_address_of_the_egress() {
    let hide = |fw: &mut Box_| {
        let source = Some(AddressMap::EgressInterface);
        let source_port = Some(PortMap::Within(ports(1024, 65535)));
        vec![change(fw, "0.0.0.0/0", Rewrite { source, source_port, ..Rewrite::default() })]
    };
    let world = nat(nothing, open, hide);
    let flows = after_nat(&world, tcp("10.0.1.5", "10.0.2.5", 443));
    assert_eq!((flows.len(), flows[0].0.src, flows[0].1), (1, ip("10.0.2.1"), true));
    let flow = tcp("10.0.1.5", "10.0.2.5", 443);
    let trace = world.net.run(world.a, flow);
    let back = round_trip(&world.net.snapshot, Ingress::Zone(world.a), &flow, &trace.ends[0]);
    assert_eq!(back, Some(true));
}

#[test]
fn an_egress_without_an_address_is_any_address() {
    let build = |telling: bool| {
        let mut world = nat(nothing, open, |fw| {
            let source = Some(AddressMap::EgressInterface);
            let source_port = Some(PortMap::Within(ports(1024, 65535)));
            vec![change(fw, "0.0.0.0/0", Rewrite { source, source_port, ..Rewrite::default() })]
        });
        let fw = DeviceId::from_index(0);
        let device = world.net.snapshot.device_mut(fw);
        let egress = InterfaceId::from_index(1);
        device.interfaces[egress].addresses.remove(0);
        let context = &mut device.contexts[ContextId::from_index(0)];
        context.routes.push(Route {
            prefix: prefix("10.0.2.0/24"),
            next_hop: NextHop::Interface(egress),
            distance: 1,
            metric: 0,
            withdrawable: false,
            span: span(5),
        });
        if telling {
            let known = AddressSet::Range(prefix("192.0.2.0/24").range());
            let known = device.literal(known, span(2));
            let any = device.addresses.ids().next().unwrap();
            let matches = Match {
                source: known,
                destination: any,
                ..device.lists[ListId::from_index(1)].lines[0].matches.clone()
            };
            let deny = device.lists.push(RuleList {
                name: "late".to_owned(),
                lines: vec![line("late", matches, Action::Deny)],
            });
            let filter = Filter {
                name: "late",
                bindings: vec![bind(deny, Action::Permit)],
                otherwise: Action::Permit,
                stateful: false,
            };
            device.contexts[ContextId::from_index(0)].pipeline.push(Stage::Filter(filter));
        }
        world
    };
    let flow = tcp("10.0.1.5", "10.0.2.5", 443);
    let world = build(false);
    let trace = world.net.run(world.a, flow);
    assert!(trace.always_reaches(Place::Zone(world.b)), "whatever the address is, it arrives");
    let back = round_trip(&world.net.snapshot, Ingress::Zone(world.a), &flow, &trace.ends[0]);
    assert_eq!(back, Some(true));
    let told = build(true);
    let trace = told.net.run(told.a, flow);
    assert!(trace.may_reach(Place::Zone(told.b)) && !trace.certainly_reaches(Place::Zone(told.b)));
    assert!(trace.ends.iter().all(|end| !end.certain && !end.causes.is_empty()));
}

/// r1 hides zone a behind a pool; r2 denies half of the pool.
fn pool(denied: &'static str) -> Trace {
    let mut r1 = device("r1");
    let a1 = r1.interface("in", &["10.0.1.1/24"]);
    let t1 = r1.interface("out", &["10.5.0.1/30"]);
    r1.via("10.0.2.0/24", "10.5.0.2");
    let source = Some(AddressMap::Pool(vec![range("192.0.2.0", "192.0.2.255")]));
    let source_port = Some(PortMap::Within(ports(5000, 5999)));
    let rewrite =
        change(&mut r1, "0.0.0.0/0", Rewrite { source, source_port, ..Rewrite::default() });
    let list = r1.list(vec![rewrite]);
    r1.stages(Vec::new(), vec![translate("nat", list)]);
    let mut r2 = device("r2");
    let t2 = r2.interface("in", &["10.5.0.2/30"]);
    let b2 = r2.interface("out", &["10.0.2.1/24"]);
    let matches = Match { source: r2.net(denied), ..r2.any() };
    let permit = line("permit", r2.any(), Action::Permit);
    r2.policy(vec![line("deny", matches, Action::Deny), permit]);
    let mut net = Net::default();
    let (r1, r2) = (net.add(r1), net.add(r2));
    let (a, b) = (net.zone("a", &["10.0.1.0/24"]), net.zone("b", &["10.0.2.0/24"]));
    net.segment(&[at(r1, a1)], &[a]);
    net.segment(&[at(r1, t1), at(r2, t2)], &[]);
    net.segment(&[at(r2, b2)], &[b]);
    net.run(a, tcp("10.0.1.5", "10.0.2.5", 443))
}

#[test]
fn a_pool_is_split_only_where_a_filter_tells_members_apart() {
    let trace = pool("192.0.2.128/25");
    assert_eq!(trace.verdict(), Undetermined, "it depends on the member that is chosen");
    assert_eq!(trace.ends.len(), 2);
    assert!(trace.ends.iter().all(|end| end.certain), "both are free choices of the device");
    assert_eq!(pool("192.0.2.0/24").verdict(), Dropped);
    let whole = pool("192.0.3.0/24");
    assert_eq!((whole.verdict(), whole.ends.len()), (Delivered, 1));
    assert_eq!(pool("192.0.2.77/32").ends.len(), 3);
}

#[test]
fn port_pools_are_split_like_address_pools() {
    let hide = |fw: &mut Box_| {
        let source_port = Some(PortMap::Within(ports(5000, 5999)));
        vec![change(fw, "0.0.0.0/0", Rewrite { source_port, ..Rewrite::default() })]
    };
    let policy = |fw: &mut Box_| {
        let low = fw.device.literal_service(
            ServiceSet::Ports {
                protocol: 6,
                source: ports(0, 5499),
                destination: PortRange::ALL,
                flags: TcpFlags::ANY,
            },
            span(4),
        );
        vec![line("low", Match { service: low, ..fw.any() }, Action::Permit)]
    };
    let world = nat(hide, policy, nothing);
    assert_eq!(after_nat(&world, tcp("10.0.1.5", "10.0.2.5", 443)).len(), 2);
    assert_eq!(world.go(), Undetermined);
    // A port map says nothing about protocols without ports.
    let ping = Flow { protocol: 1, icmp_type: 8, ..udp("10.0.1.5", "10.0.2.5", 0) }.normalised();
    assert_eq!(after_nat(&world, ping)[0].0.source_port, 0);
}

#[test]
fn a_destination_pool_reaches_every_member() {
    let balance = |fw: &mut Box_| {
        let pool = vec![range("10.0.2.5", "10.0.2.5"), range("10.0.1.7", "10.0.1.7")];
        let destination = Some(AddressMap::Pool(pool));
        vec![change(fw, "203.0.113.9/32", Rewrite { destination, ..Rewrite::default() })]
    };
    let world = nat(balance, open, nothing);
    let trace = world.net.run(world.a, tcp("10.0.1.5", "203.0.113.9", 443));
    assert!(trace.certainly_reaches(Place::Zone(world.b)));
    assert!(trace.certainly_reaches(Place::Zone(world.a)));
    assert!(!trace.always_reaches(Place::Zone(world.b)));
}

#[test]
fn an_unknown_destination_may_be_anywhere() {
    let lost = |fw: &mut Box_| {
        let destination = Some(AddressMap::Unknown);
        vec![change(fw, "203.0.113.9/32", Rewrite { destination, ..Rewrite::default() })]
    };
    let world = nat(lost, open, nothing);
    let trace = world.net.run(world.a, tcp("10.0.1.5", "203.0.113.9", 443));
    assert!(
        trace.may_reach(Place::Zone(world.b))
            && trace.may_reach(Place::Device(DeviceId::from_index(0)))
    );
    assert!(!trace.truncated && trace.ends.iter().all(|end| !end.certain));
}

#[test]
fn an_uncertain_translation_leaves_both_headers_possible() {
    let world = nat(
        |fw| {
            let mut lines = vip(fw);
            lines[0]
                .matches
                .unknown
                .push(Unknown { reason: crate::text!("不明", "unread option"), span: span(9) });
            lines
        },
        open,
        nothing,
    );
    let trace = world.net.run(world.a, tcp("10.0.1.5", "203.0.113.13", 8084));
    assert_eq!(trace.verdict(), Undetermined);
    assert_eq!(trace.ends.len(), 2);
    assert_eq!(trace.ends[0].causes[0].reason.en, "unread option");
}

#[test]
fn a_permit_line_in_a_translation_list_exempts() {
    let world = nat(
        |fw| {
            let exempt = Match { source: fw.net("10.0.1.6"), ..fw.any() };
            let mut lines = vip(fw);
            lines.insert(0, line("exempt", exempt, Action::Permit));
            lines
        },
        open,
        nothing,
    );
    let vip = |src| world.net.run(world.a, tcp(src, "203.0.113.13", 8084));
    assert_eq!(vip("10.0.1.5").verdict(), Delivered);
    assert_eq!(vip("10.0.1.6").ends[0].disposition, Disposition::NoRoute);
}

#[test]
fn an_unread_translation_line_may_change_anything() {
    let world = nat(|fw| vec![line("unread", fw.any(), Action::Undecided)], open, nothing);
    let trace = world.net.run(world.a, tcp("10.0.1.5", "203.0.113.13", 1));
    assert!(trace.may_reach(Place::Zone(world.b)));
    assert_eq!(trace.verdict(), Undetermined);
}

#[test]
fn answers_to_published_servers_are_translated_back() {
    let inward = |fw: &mut Box_| {
        let matches = Match { translated: Translated::Touched, ..fw.any() };
        vec![line("in", matches, Action::Permit)]
    };
    let world = nat(vip, inward, nothing);
    let flow = tcp("10.0.1.5", "203.0.113.13", 8084);
    let trace = world.net.run(world.a, flow);
    let back = round_trip(&world.net.snapshot, Ingress::Zone(world.a), &flow, &trace.ends[0]);
    assert_eq!(back, Some(true));
}

/// An edge router whose connected subnet holds the external address of a firewall's virtual IP.
#[test]
fn a_device_answers_for_what_it_translates() {
    let mut edge = device("edge");
    let wan = edge.interface("wan", &["198.51.100.1/24"]);
    let lan = edge.interface("lan", &["203.0.113.1/24"]);
    let mut fw = device("fw");
    let outside = fw.interface("out", &["203.0.113.2/24"]);
    let inside = fw.interface("in", &["10.0.2.1/24"]);
    fw.via("0.0.0.0/0", "203.0.113.1");
    let lines = vip(&mut fw);
    let list = fw.list(lines);
    fw.stages(vec![translate("virtual IP", list)], Vec::new());
    let mut net = Net::default();
    let (edge, fw) = (net.add(edge), net.add(fw));
    let w = net.zone("w", &["198.51.100.0/24"]);
    let b = net.zone("b", &["10.0.2.0/24"]);
    net.segment(&[at(edge, wan)], &[w]);
    net.segment(&[at(edge, lan), at(fw, outside)], &[]);
    net.segment(&[at(fw, inside)], &[b]);
    let flow = tcp("198.51.100.9", "203.0.113.13", 8084);
    let trace = net.run(w, flow);
    assert!(trace.always_reaches(Place::Zone(b)), "{trace:?}");
    assert_eq!(round_trip(&net.snapshot, Ingress::Zone(w), &flow, &trace.ends[0]), Some(true));
    let missed = net.run(w, tcp("198.51.100.9", "203.0.113.13", 22));
    assert!(matches!(missed.ends[0].disposition, Disposition::Delivered(Place::Unzoned(_))));
}
