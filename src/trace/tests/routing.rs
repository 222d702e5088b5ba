use super::*;
use TraceVerdict::{Delivered, Dropped, Undetermined};

/// A router `r` with zone a (10.0.1.0/24) and ways out to 10.1.0.0/24 (zone x) and 10.2.0.0/24 (zone y), where gateways
/// with zones gx and gy (10.9.0.0/16 both) stand.
struct Fork {
    net: Net,
    a: ZoneId,
    x: ZoneId,
    y: ZoneId,
    gx: ZoneId,
    gy: ZoneId,
}

fn fork(build: impl FnOnce(&mut Box_)) -> Fork {
    let mut r = device("r");
    let inside = r.interface("a", &["10.0.1.1/24"]);
    let x = r.interface("x", &["10.1.0.1/24"]);
    let y = r.interface("y", &["10.2.0.1/24"]);
    build(&mut r);
    let mut net = Net::default();
    let r = net.add(r);
    let a = net.zone("a", &["10.0.1.0/24"]);
    let zx = net.zone("x", &["10.1.0.0/24"]);
    let zy = net.zone("y", &["10.2.0.0/24"]);
    let gx = net.zone("gx", &["10.9.0.0/16"]);
    let gy = net.zone("gy", &["10.9.0.0/16"]);
    net.segment(&[at(r, inside)], &[a]);
    let sx = net.segment(&[at(r, x)], &[zx]);
    let sy = net.segment(&[at(r, y)], &[zy]);
    net.opaque("10.1.0.254", &[gx], &[sx]);
    net.opaque("10.2.0.254", &[gy], &[sy]);
    Fork { net, a, x: zx, y: zy, gx, gy }
}

impl Fork {
    fn to(&self, dst: &str) -> Trace {
        self.net.run(self.a, tcp("10.0.1.5", dst, 443))
    }

    /// Which of the two gateways the packet certainly, or perhaps, goes to.
    fn split(&self, dst: &str) -> [(bool, bool); 2] {
        let trace = self.to(dst);
        [self.gx, self.gy].map(Place::Zone).map(|place| {
            let proper = |end: &&End| !end.aside && end.place() == Some(place);
            let certain = trace.ends.iter().filter(proper).any(|end| end.certain);
            (certain, trace.ends.iter().any(|end| proper(&end)))
        })
    }
}

const X: [(bool, bool); 2] = [(true, true), (false, false)];
const Y: [(bool, bool); 2] = [(false, false), (true, true)];

#[test]
fn no_route_is_a_drop() {
    let world = fork(|_| {});
    let trace = world.to("10.9.1.1");
    assert_eq!(trace.ends[0].disposition, Disposition::NoRoute);
    assert_eq!(trace.verdict(), Dropped);
}

#[test]
fn the_longest_prefix_wins_then_distance_then_metric() {
    let world = fork(|r| {
        r.via("10.9.0.0/16", "10.1.0.254");
        r.via("10.9.1.0/24", "10.2.0.254");
    });
    assert_eq!(world.split("10.9.1.1"), Y);
    assert_eq!(world.split("10.9.2.1"), X);
    let world = fork(|r| {
        r.via("10.9.0.0/16", "10.1.0.254");
        r.last_route().distance = 10;
        r.via("10.9.0.0/16", "10.2.0.254");
    });
    assert_eq!(world.split("10.9.1.1"), Y);
    let world = fork(|r| {
        r.via("10.9.0.0/16", "10.1.0.254");
        r.via("10.9.0.0/16", "10.2.0.254");
        r.last_route().metric = 5;
    });
    assert_eq!(world.split("10.9.1.1"), X);
}

#[test]
fn equal_routes_are_both_real() {
    let world = fork(|r| {
        r.via("10.9.0.0/16", "10.1.0.254");
        r.via("10.9.0.0/16", "10.2.0.254");
    });
    assert_eq!(world.split("10.9.1.1"), [(true, true), (true, true)]);
    let trace = world.to("10.9.1.1");
    assert_eq!(trace.verdict(), Delivered);
    assert!(!trace.always_reaches(Place::Zone(world.gx)));
}

#[test]
fn one_bad_branch_of_equal_routes_leaves_it_open() {
    let world = fork(|r| {
        r.via("10.9.0.0/16", "10.1.0.254");
        r.route("10.9.0.0/16", NextHop::Discard);
    });
    assert_eq!(world.to("10.9.1.1").verdict(), Undetermined);
}

#[test]
fn null_routes_drop() {
    let world = fork(|r| {
        r.via("10.9.0.0/16", "10.1.0.254");
        r.route("10.9.1.0/24", NextHop::Discard);
    });
    let trace = world.to("10.9.1.1");
    assert_eq!(trace.ends[0].disposition, Disposition::NullRouted);
    assert_eq!(labels(&trace.ends[0]), ["null route 10.9.1.0/24"]);
    assert_eq!(world.split("10.9.2.1"), X);
}

#[test]
fn gateways_are_found_through_other_routes() {
    let world = fork(|r| {
        r.via("10.9.0.0/16", "10.8.0.1");
        r.via("10.8.0.0/24", "10.1.0.254");
    });
    assert_eq!(world.split("10.9.1.1"), X);
    let trace = world.to("10.9.1.1");
    let proper = trace.ends.iter().find(|end| end.certain).unwrap();
    let lines: Vec<&str> = proper.hops[0].lines.iter().map(|l| l.label.as_str()).collect();
    assert_eq!(lines, ["route 10.9.0.0/16 via 10.8.0.1", "route 10.8.0.0/24 via 10.1.0.254"]);
}

#[test]
fn routes_that_need_themselves_or_a_dead_interface_are_not_usable() {
    let world = fork(|r| r.via("0.0.0.0/0", "10.8.0.1"));
    assert_eq!(world.to("10.9.1.1").ends[0].disposition, Disposition::NoRoute);
    let world = fork(|r| {
        let down = r.interface("down", &["10.3.0.1/24"]);
        r.device.interfaces[down].up = false;
        r.via("10.9.0.0/16", "10.1.0.254");
        r.route("10.9.1.0/24", NextHop::Interface(down));
        r.via("10.9.1.0/24", "10.3.0.254");
    });
    assert_eq!(world.split("10.9.1.1"), X);
}

#[test]
fn a_watched_route_may_be_withdrawn() {
    let world = fork(|r| {
        r.via("10.9.0.0/16", "10.1.0.254");
        r.last_route().withdrawable = true;
        r.via("10.9.0.0/16", "10.2.0.254");
        r.last_route().distance = 10;
    });
    assert_eq!(world.split("10.9.1.1"), [(true, true), (false, true)]);
    let alone = fork(|r| {
        r.via("10.9.0.0/16", "10.1.0.254");
        r.last_route().withdrawable = true;
    });
    assert_eq!(alone.to("10.9.1.1").verdict(), Undetermined);
}

#[test]
fn policy_routes_are_a_branch_beside_the_table() {
    let world = fork(|r| {
        r.via("10.9.0.0/16", "10.1.0.254");
        let matches = Match { source: r.net("10.0.1.5"), ..r.any() };
        let next_hop = Some(NextHop::Gateway { address: ip("10.2.0.254"), interface: None });
        let context = r.context;
        let policy = PolicyRoute { matches, next_hop, span: span(6) };
        r.device.contexts[context].policy_routes.push(policy);
    });
    assert_eq!(world.split("10.9.1.1"), [(false, true), (false, true)]);
    let other = world.net.run(world.a, tcp("10.0.1.6", "10.9.1.1", 443));
    assert!(other.certainly_reaches(Place::Zone(world.gx)));
    assert_eq!(other.verdict(), Delivered);
}

#[test]
fn a_policy_route_that_names_no_next_hop_goes_anywhere() {
    let world = fork(|r| {
        let policy = PolicyRoute { matches: r.any(), next_hop: None, span: span(6) };
        let context = r.context;
        r.device.contexts[context].policy_routes.push(policy);
    });
    assert_eq!(world.split("10.9.1.1"), [(false, true), (false, true)]);
}

#[test]
fn dynamic_routing_goes_to_every_neighbour_unless_the_table_is_dumped() {
    let build = |complete| {
        fork(|r| {
            r.via("10.9.0.0/16", "10.1.0.254");
            let context = &mut r.device.contexts[r.context];
            context
                .dynamic_routing
                .push(DynamicRouting { protocol: "ospf".to_owned(), span: span(6) });
            context.rib_complete = complete;
        })
    };
    let open = build(false);
    assert_eq!(open.split("10.9.1.1"), [(false, true), (false, true)]);
    assert_eq!(open.to("10.1.0.9").verdict(), Delivered, "a connected subnet is where it is");
    assert!(open.to("10.1.0.9").certainly_reaches(Place::Zone(open.x)));
    assert_eq!(build(true).split("10.9.1.1"), X);
}

#[test]
fn interface_routes_reach_whoever_answers() {
    let world = fork(|r| {
        let x = r.device.interface("x").unwrap();
        r.route("10.9.0.0/16", NextHop::Interface(x));
    });
    assert_eq!(world.split("10.9.1.1"), X);
    let outside = world.to("10.1.0.77");
    assert!(outside.certainly_reaches(Place::Zone(world.x)));
    assert!(!outside.may_reach(Place::Zone(world.y)));
}

#[test]
fn the_device_itself_is_a_place_behind_its_local_filters() {
    let build = |closed: bool| {
        pair(|fw| {
            if closed {
                let ssh = fw.port(6, 22, 22);
                let deny = line("no ssh", Match { service: ssh, ..fw.any() }, Action::Deny);
                let permit = line("permit", fw.any(), Action::Permit);
                let list = fw.list(vec![deny, permit]);
                let filter = fw.filter(list);
                fw.device.contexts[fw.context].local.push(filter);
            }
        })
    };
    let fw = Place::Device(DeviceId::from_index(0));
    let trace =
        |closed| build(closed).net.run(ZoneId::from_index(0), tcp("10.0.1.5", "10.0.2.1", 22));
    assert!(trace(false).always_reaches(fw));
    assert_eq!(trace(true).verdict(), Dropped);
}

#[test]
fn contexts_leak_into_each_other_and_never_forever() {
    let build = |back: bool| {
        let mut r = device("r");
        let inside = r.interface("a", &["10.0.1.1/24"]);
        let red = r.device.contexts.push(Context {
            name: "red".to_owned(),
            pipeline: vec![Stage::Route],
            ..Context::default()
        });
        r.route("10.2.0.0/16", NextHop::Context(red));
        let blue = std::mem::replace(&mut r.context, red);
        let outside = r.interface("b", &["10.2.0.1/24"]);
        if back {
            r.route("10.2.5.0/24", NextHop::Context(blue));
        }
        let mut net = Net::default();
        let r = net.add(r);
        let (a, b) = (net.zone("a", &["10.0.1.0/24"]), net.zone("b", &["10.2.0.0/24"]));
        net.segment(&[at(r, inside)], &[a]);
        net.segment(&[at(r, outside)], &[b]);
        (net, a, b)
    };
    let (net, a, b) = build(true);
    assert!(net.run(a, tcp("10.0.1.5", "10.2.0.5", 1)).always_reaches(Place::Zone(b)));
    assert!(
        net.run(a, tcp("10.0.1.5", "10.2.0.1", 1))
            .always_reaches(Place::Device(DeviceId::from_index(0)))
    );
    let around = net.run(a, tcp("10.0.1.5", "10.2.5.5", 1));
    assert_eq!(around.ends[0].disposition, Disposition::Loop);
}

#[test]
fn addresses_that_are_not_unicast_are_not_forwarded() {
    let world = pair(|_| {});
    for dst in ["224.0.0.5", "255.255.255.255", "127.0.0.1"] {
        let trace = world.net.run(world.a, udp("10.0.1.5", dst, 1));
        assert_eq!(trace.verdict(), Dropped, "{dst}");
        let dispositions: Vec<_> = trace.ends.iter().map(|end| end.disposition).collect();
        assert!(dispositions.contains(&Disposition::NotForwardable), "{dispositions:?}");
    }
}
