use super::*;
use crate::finding::HopAction;
use crate::net::TCP_ACK;
use TraceVerdict::{Delivered, Dropped, Undetermined};

#[test]
fn the_first_matching_line_decides() {
    let world = pair(|fw| {
        let host = fw.net("10.0.2.5");
        let deny = line("deny", Match { destination: host, ..fw.any() }, Action::Deny);
        let permit = line("permit", fw.any(), Action::Permit);
        fw.policy(vec![deny, permit]);
    });
    assert_eq!(world.go(), Dropped);
    assert_eq!(world.verdict(tcp("10.0.1.5", "10.0.2.6", 443)), Delivered);
    let trace = world.net.run(world.a, tcp("10.0.1.5", "10.0.2.5", 443));
    assert_eq!(labels(&trace.ends[0]), ["connected 10.0.2.0/24 on port2", "deny"]);
    assert_eq!(trace.ends[0].hops[0].lines[1].action, HopAction::Deny);
}

#[test]
fn the_default_decides_and_is_named() {
    let world = pair(|fw| fw.policy(Vec::new()));
    let trace = world.net.run(world.a, tcp("10.0.1.5", "10.0.2.5", 443));
    assert_eq!(trace.verdict(), Dropped);
    assert_eq!(labels(&trace.ends[0]).last().unwrap(), "implicit deny");
}

#[test]
fn lines_that_are_off_do_not_apply() {
    let world = pair(|fw| {
        let mut permit = line("permit", fw.any(), Action::Permit);
        permit.enabled = false;
        fw.policy(vec![permit]);
    });
    assert_eq!(world.go(), Dropped);
}

#[test]
fn an_unknown_permit_before_a_deny_is_open() {
    let world = pair(|fw| {
        let unknown = fw.unknown();
        let permit = line("permit", Match { destination: unknown, ..fw.any() }, Action::Permit);
        fw.policy(vec![permit]);
    });
    let trace = world.net.run(world.a, tcp("10.0.1.5", "10.0.2.5", 443));
    assert_eq!(trace.verdict(), Undetermined);
    assert!(trace.may_reach(Place::Zone(world.b)));
    assert!(!trace.certainly_reaches(Place::Zone(world.b)));
    let delivered = trace.ends.iter().find(|end| end.place().is_some()).unwrap();
    assert_eq!(delivered.hops[0].lines.last().unwrap().action, HopAction::MayPermit);
    assert_eq!(delivered.causes[0].span, Some(span(3)));
}

#[test]
fn an_unknown_deny_before_a_permit_is_open() {
    let world = pair(|fw| {
        let unknown = fw.unknown();
        let deny = line("deny", Match { source: unknown, ..fw.any() }, Action::Deny);
        let permit = line("permit", fw.any(), Action::Permit);
        fw.policy(vec![deny, permit]);
    });
    assert_eq!(world.go(), Undetermined);
}

#[test]
fn an_unknown_line_with_the_same_result_changes_nothing() {
    let world = pair(|fw| {
        let unknown = fw.unknown();
        let deny = line("deny", Match { source: unknown, ..fw.any() }, Action::Deny);
        fw.policy(vec![deny]);
    });
    assert_eq!(world.go(), Dropped);
    let trace = world.net.run(world.a, tcp("10.0.1.5", "10.0.2.5", 443));
    assert!(trace.ends[0].certain);
}

#[test]
fn an_unread_line_may_permit_or_deny() {
    let world = pair(|fw| {
        let unread = line("unread", fw.any(), Action::Undecided);
        fw.policy(vec![unread]);
    });
    assert_eq!(world.go(), Undetermined);
}

#[test]
fn an_uncontained_gap_doubts_every_filter_of_the_device() {
    let mut world = pair(|fw| fw.policy(Vec::new()));
    let mut coverage = Coverage::new(file(), 1);
    coverage.gaps.push(Gap {
        span: span(9),
        status: LineStatus::Unknown,
        reason: crate::text!("不明", "unknown"),
        contained: true,
    });
    world.net.snapshot.coverage.push(vec![coverage]);
    assert_eq!(world.go(), Dropped);
    world.net.snapshot.coverage[0][0].gaps[0].contained = false;
    assert_eq!(world.go(), Undetermined);
}

#[test]
fn excluded_unknown_members_stay_unknown() {
    let world = pair(|fw| {
        let (unknown, host) = (fw.unknown(), fw.net("10.0.2.5"));
        let union = fw.device.literal(AddressSet::Union(vec![unknown, host]), span(2));
        let except = fw.device.literal(AddressSet::Except { of: union, minus: unknown }, span(2));
        let permit = line("permit", Match { destination: except, ..fw.any() }, Action::Permit);
        fw.policy(vec![permit]);
    });
    assert_eq!(world.go(), Undetermined);
    let trace = world.net.run(world.a, tcp("10.0.1.5", "10.0.2.6", 443));
    assert_eq!(trace.verdict(), Undetermined);
}

#[test]
fn services_compare_protocol_ports_and_flags() {
    let world = pair(|fw| {
        let https = fw.port(6, 443, 443);
        let icmp = ServiceSet::Icmp { protocol: 1, types: Some((8, 8)), codes: None };
        let echo = fw.device.literal_service(icmp, span(4));
        let both = fw.device.literal_service(ServiceSet::Union(vec![https, echo]), span(4));
        let permit = line("permit", Match { service: both, ..fw.any() }, Action::Permit);
        fw.policy(vec![permit]);
    });
    assert_eq!(world.go(), Delivered);
    assert_eq!(world.verdict(tcp("10.0.1.5", "10.0.2.5", 444)), Dropped);
    assert_eq!(world.verdict(udp("10.0.1.5", "10.0.2.5", 443)), Dropped);
    let echo = |icmp_type| Flow { protocol: 1, icmp_type, ..udp("10.0.1.5", "10.0.2.5", 0) };
    assert_eq!(world.verdict(echo(8)), Delivered);
    assert_eq!(world.verdict(echo(0)), Dropped);
}

#[test]
fn wildcards_with_gaps() {
    let world = pair(|fw| {
        let mask = crate::net::WildcardMask::new(
            "10.0.0.5".parse().unwrap(),
            "0.0.255.0".parse().unwrap(),
        );
        let hosts = fw.device.literal(AddressSet::Wildcard(mask), span(2));
        let permit = line("permit", Match { destination: hosts, ..fw.any() }, Action::Permit);
        fw.policy(vec![permit]);
    });
    assert_eq!(world.go(), Delivered);
    assert_eq!(world.verdict(tcp("10.0.1.5", "10.0.2.6", 443)), Dropped);
}

/// Too many intervals to list: what lies between the first address and the last is not known, what lies outside is no member.
#[test]
fn scattered_wildcards_are_unknown_between_their_ends_only() {
    let [address, ignore] = ["10.0.1.1", "0.0.252.254"].map(|text| text.parse().unwrap());
    let odd = crate::net::WildcardMask::new(address, ignore);
    assert!(odd.is_scattered());
    assert_eq!(odd.hull().to_string(), "10.0.1.1-10.0.253.255");
    let world = pair(|fw| {
        let odd = fw.device.literal(AddressSet::Wildcard(odd), span(2));
        let deny = line("odd", Match { source: odd, ..fw.any() }, Action::Deny);
        fw.policy(vec![deny, line("rest", fw.any(), Action::Permit)]);
    });
    assert_eq!(world.verdict(tcp("10.0.1.5", "10.0.2.5", 443)), Undetermined);
    assert_eq!(world.verdict(tcp("10.0.1.0", "10.0.2.5", 443)), Delivered);
    assert_eq!(world.verdict(tcp("10.1.0.1", "10.0.2.5", 443)), Delivered);
}

#[test]
fn jump_comes_back_and_return_leaves() {
    let chain = |fw: &mut Box_, action| {
        let host = fw.net("10.0.2.5");
        let first = line("first", Match { destination: host, ..fw.any() }, action);
        let second = line("second", fw.any(), Action::Deny);
        let chain = fw.list(vec![first, second]);
        let jump = line("jump", fw.any(), Action::Jump(chain));
        let permit = line("permit", fw.any(), Action::Permit);
        fw.policy(vec![jump, permit]);
    };
    let world = pair(|fw| chain(fw, Action::Return));
    assert_eq!(world.go(), Delivered);
    assert_eq!(world.verdict(tcp("10.0.1.5", "10.0.2.6", 443)), Dropped);
    let world = pair(|fw| chain(fw, Action::Deny));
    assert_eq!(world.go(), Dropped);
}

#[test]
fn a_jump_in_doubt_gives_the_chains_results_and_the_walk_going_on() {
    let world = |action| {
        pair(|fw| {
            let decide = line("decide", fw.any(), action);
            let chain = fw.list(vec![decide]);
            let unknown = fw.unknown();
            let doubtful = Match { source: unknown, ..fw.any() };
            let jump = line("jump", doubtful, Action::Jump(chain));
            let permit = line("permit", fw.any(), Action::Permit);
            fw.policy(vec![jump, permit]);
        })
    };
    assert_eq!(world(Action::Deny).go(), Undetermined);
    assert_eq!(world(Action::Permit).go(), Delivered);
    assert_eq!(world(Action::Return).go(), Delivered);
}

#[test]
fn chains_in_a_circle_and_deep_chains_end() {
    let world = pair(|fw| {
        let own = ListId::from_index(0);
        let jump = line("jump", fw.any(), Action::Jump(own));
        fw.policy(vec![jump]);
    });
    assert_eq!(world.go(), Undetermined);
    let world = pair(|fw| {
        let permit = line("permit", fw.any(), Action::Permit);
        let mut list = fw.list(vec![permit]);
        let mut group = fw.net("10.0.2.5");
        for _ in 0..20_000 {
            group = fw.device.literal(AddressSet::Union(vec![group]), span(2));
            let matches = Match { destination: group, ..fw.any() };
            list = fw.list(vec![line("jump", matches, Action::Jump(list))]);
        }
        let last = line("last", fw.any(), Action::Jump(list));
        fw.policy(vec![last]);
    });
    assert_eq!(world.go(), Delivered);
}

#[test]
fn lists_of_a_binding_are_one_list() {
    let world = pair(|fw| {
        let unknown = fw.unknown();
        let doubt = line("doubt", Match { source: unknown, ..fw.any() }, Action::Return);
        let first = fw.list(vec![doubt]);
        let permit = line("permit", fw.any(), Action::Permit);
        let second = fw.list(vec![permit]);
        let mut filter = fw.filter(first);
        filter.bindings[0].lists.push(second);
        fw.stages(vec![Stage::Filter(filter)], Vec::new());
    });
    // Rule 10: a return in doubt may permit or deny.
    assert_eq!(world.go(), Undetermined);
}

#[test]
fn the_first_binding_that_fits_is_used_alone() {
    let world = pair(|fw| {
        let permit = line("permit", fw.any(), Action::Permit);
        let (open, closed) = (fw.list(vec![permit]), fw.list(Vec::new()));
        let mut filter = fw.filter(closed);
        let egress = Interfaces::Of(vec![fw.device.interface("port2").unwrap()]);
        filter.bindings.insert(0, Binding { egress, ..bind(open, Action::Deny) });
        fw.stages(Vec::new(), vec![Stage::Filter(filter)]);
    });
    assert_eq!(world.go(), Delivered);
    let back = world.net.run(world.b, tcp("10.0.2.5", "10.0.1.5", 443));
    assert_eq!(back.verdict(), Dropped);
}

#[test]
fn without_a_binding_the_filter_says_what_happens() {
    let world = |otherwise| {
        pair(|fw| {
            let filter = Filter { name: "acl", bindings: Vec::new(), otherwise, stateful: false };
            fw.stages(vec![Stage::Filter(filter)], Vec::new());
        })
    };
    assert_eq!(world(Action::Permit).go(), Delivered);
    assert_eq!(world(Action::Deny).go(), Dropped);
}

#[test]
fn stateful_filters_know_connections_and_stateless_ones_do_not() {
    let world = |stateful| {
        pair(|fw| {
            let list = fw.list(Vec::new());
            let filter = Filter { stateful, ..fw.filter(list) };
            fw.stages(Vec::new(), vec![Stage::Filter(filter)]);
        })
    };
    let reply =
        Flow { state: State::Established, tcp_flags: TCP_ACK, ..tcp("10.0.1.5", "10.0.2.5", 443) };
    assert_eq!(world(true).verdict(reply), Delivered);
    assert_eq!(world(true).verdict(Flow { state: State::Related, ..reply }), Delivered);
    assert_eq!(world(false).verdict(reply), Dropped);
}

#[test]
fn tcp_that_opens_nothing_needs_a_session() {
    let world = pair(|fw| {
        let permit = line("permit", fw.any(), Action::Permit);
        fw.policy(vec![permit]);
    });
    let ack = Flow { tcp_flags: TCP_ACK, ..tcp("10.0.1.5", "10.0.2.5", 443) };
    let trace = world.net.run(world.a, ack);
    assert_eq!(trace.verdict(), Dropped);
    assert_eq!(labels(&trace.ends[0]).last().unwrap(), "no session");
    let sessions = [DeviceId::from_index(0)];
    let options = Options { sessions: &sessions, only_filters_of: None };
    let trace = trace_in(&world, ack, &options);
    assert_eq!(trace.verdict(), Delivered);
}

fn trace_in(world: &Pair, flow: Flow, options: &Options<'_>) -> Trace {
    trace(&world.net.snapshot, Ingress::Zone(world.a), flow, options)
}

#[test]
fn only_the_filters_of_one_device_count_when_asked() {
    let world = pair(|fw| fw.policy(Vec::new()));
    let flow = tcp("10.0.1.5", "10.0.2.5", 443);
    let only = |index| Options {
        only_filters_of: Some(DeviceId::from_index(index)),
        ..Options::default()
    };
    assert_eq!(trace_in(&world, flow, &only(0)).verdict(), Dropped);
    assert_eq!(trace_in(&world, flow, &only(1)).verdict(), Delivered);
}

#[test]
fn connection_states_are_a_condition() {
    let world = pair(|fw| {
        let states = Some(vec![State::Established]);
        let permit = line("permit", Match { states, ..fw.any() }, Action::Permit);
        let list = fw.list(vec![permit]);
        let filter = Filter { stateful: false, ..fw.filter(list) };
        fw.stages(Vec::new(), vec![Stage::Filter(filter)]);
    });
    assert_eq!(world.go(), Dropped);
    let flow = Flow { state: State::Established, ..tcp("10.0.1.5", "10.0.2.5", 443) };
    assert_eq!(world.verdict(flow), Delivered);
}

#[test]
fn schedules_open_permits_and_doubt_denies() {
    let world = |action, at| {
        let mut world = pair(|fw| {
            let window = Window::Weekly { days: 0b000_1000, from: 540, to: 1020 };
            let schedule = fw.device.schedules.push(Schedule {
                name: "WORK".to_owned(),
                windows: Some(vec![window]),
                span: span(8),
            });
            let matches = Match { schedule: Some(schedule), ..fw.any() };
            let other = if action == Action::Permit { Action::Deny } else { Action::Permit };
            let lines = vec![line("policy 4", matches, action), line("last", fw.any(), other)];
            fw.policy(lines);
        });
        world.net.snapshot.at = at;
        world
    };
    let (noon, night) = (Moment { day: 0, minute: 720 }, Moment { day: 0, minute: 1300 });
    let open = world(Action::Permit, None);
    assert_eq!(open.go(), Delivered);
    let trace = open.net.run(open.a, tcp("10.0.1.5", "10.0.2.5", 443));
    assert_eq!(labels(&trace.ends[0]).last().unwrap(), "policy 4 (schedule WORK)");
    assert_eq!(world(Action::Permit, Some(noon)).go(), Delivered);
    assert_eq!(world(Action::Permit, Some(night)).go(), Dropped);
    assert_eq!(world(Action::Deny, None).go(), Undetermined);
    assert_eq!(world(Action::Deny, Some(noon)).go(), Dropped);
    assert_eq!(world(Action::Deny, Some(night)).go(), Delivered);
}

#[test]
fn ipv6_is_judged_by_its_own_objects() {
    let world = pair(|fw| {
        let v4 = fw.net("10.0.0.0/8");
        let permit = line("permit", Match { destination: v4, ..fw.any() }, Action::Permit);
        fw.policy(vec![permit]);
    });
    assert_eq!(world.go(), Delivered);
    assert_eq!(world.verdict(tcp("fd00:1::5", "fd00:2::5", 443)), Dropped);
    let open = pair(|_| {});
    assert_eq!(open.verdict(tcp("fd00:1::5", "fd00:2::5", 443)), Delivered);
}
