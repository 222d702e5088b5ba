//! Which interfaces share a segment.

use super::*;

fn segment_count(snapshot: &Snapshot) -> usize {
    snapshot.segments.len()
}

#[test]
fn each_interface_that_is_up_is_on_exactly_one_segment() {
    let world = World::new("").with("a", |d| {
        d.port("p1", &["10.0.0.1/24", "10.0.1.1/24", "2001:db8::1/64"])
            .port("p2", &[])
            .port("down", &["10.0.0.2/24"])
            .change(|d| d.interfaces.iter_mut().last().unwrap().1.up = false)
            .port_of("lo", &["10.0.0.3/32"], InterfaceKind::Loopback)
    });
    let snapshot = world.build();
    assert_eq!(segment_count(&snapshot), 3);
    let device = snapshot.device("a").unwrap();
    let down = snapshot.devices[device].interface("down").unwrap();
    assert_eq!(snapshot.segment_of(Port { device, interface: down }), None);
    let networks = &snapshot.segments[segment(&snapshot, "a", "p1")].networks;
    assert_eq!(networks, &[p("10.0.0.0/24"), p("10.0.1.0/24"), p("2001:db8::/64")]);
}

#[test]
fn link_local_addresses_join_nothing() {
    let make = |d: Box| d.port("p", &["fe80::1/64", "169.254.1.1/24"]);
    let snapshot = World::new("").with("a", make).with("b", make).build();
    assert_eq!(segment_count(&snapshot), 2);
    assert_eq!(kinds(&snapshot), []);
}

#[test]
fn unequal_overlaps_are_joined_and_said() {
    let world = World::new("")
        .with("a", |d| d.port("p", &["10.0.0.1/16"]))
        .with("b", |d| d.port("p", &["10.0.7.1/24"]).port("q", &["10.1.0.1/24"]));
    let snapshot = world.build();
    assert_eq!(segment(&snapshot, "a", "p"), segment(&snapshot, "b", "p"));
    assert_ne!(segment(&snapshot, "a", "p"), segment(&snapshot, "b", "q"));
    let issue = only_issue(&snapshot, IssueKind::AmbiguousSegment);
    assert_eq!(world.sources.place(issue.cause.span.unwrap()), "configs/b.conf:2");
}

#[test]
fn one_routing_instance_is_never_joined_with_itself_by_subnet() {
    let world = World::new("").with("a", |d| {
        d.port("p", &["10.0.0.1/24"]).port("q", &["10.0.0.2/24"]).port("r", &["10.0.0.129/25"])
    });
    let snapshot = world.build();
    assert_eq!(segment_count(&snapshot), 3);
    assert!(kinds(&snapshot).contains(&IssueKind::AmbiguousSegment));
    let contexts = World::new("")
        .with("a", |d| d.port("p", &["10.0.0.1/24"]).context("v2").port("q", &["10.0.0.2/24"]));
    assert_eq!(segment_count(&contexts.build()), 1);
    let linked = World::new("devices: { a: { config: x } }\nlinks: [[\"a:p\", \"a:q\"]]\n")
        .with("a", |d| d.port("p", &["10.0.0.1/24"]).port("q", &["10.0.0.2/24"]));
    assert_eq!(segment_count(&linked.build()), 1);
}

fn two_sites(links: &str) -> World {
    let devices =
        "devices: { a1: { config: x }, a2: { config: x }, b1: { config: x }, b2: { config: x } }\n";
    let port = |address: &'static str| move |d: Box| d.port("p", &[address]);
    World::new(&format!("{devices}{links}"))
        .with("a1", port("192.168.1.1/24"))
        .with("a2", port("192.168.1.2/24"))
        .with("b1", port("192.168.1.1/24"))
        .with("b2", port("192.168.1.2/24"))
}

#[test]
fn the_same_subnet_at_two_sites_is_settled_by_links_alone() {
    let joined = two_sites("").build();
    assert_eq!(segment_count(&joined), 1);
    assert_eq!(kinds(&joined), [IssueKind::AmbiguousSegment]);
    let half = two_sites("links: [[\"a1:p\", \"a2:p\"]]\n").build();
    assert_eq!((segment_count(&half), kinds(&half)), (1, vec![IssueKind::AmbiguousSegment]));
    let apart = two_sites("links: [[\"a1:p\", \"a2:p\"], [\"b1:p\", \"b2:p\"]]\n").build();
    assert_eq!((segment_count(&apart), kinds(&apart)), (2, vec![]));
    assert_eq!(segment(&apart, "a1", "p"), segment(&apart, "a2", "p"));
    assert_ne!(segment(&apart, "a1", "p"), segment(&apart, "b1", "p"));
}

#[test]
fn a_virtual_address_that_two_routers_share_is_no_conflict() {
    let world = World::new("zones: { lan: { networks: [10.0.0.0/24] } }\n")
        .with("a", |d| d.port("p", &["10.0.0.2/24", "10.0.0.1/24"]))
        .with("b", |d| d.port("p", &["10.0.0.3/24", "10.0.0.1/24"]))
        .with("c", |d| d.port("p", &["10.0.0.4/24"]).route("0.0.0.0/0", "10.0.0.1"));
    let snapshot = world.build();
    assert_eq!((kinds(&snapshot), snapshot.opaques.len()), (vec![], 0));
}

#[test]
fn a_link_beside_an_unambiguous_subnet_cuts_nobody_off() {
    let devices = "devices: { a: { config: x }, b: { config: x }, c: { config: x } }\n";
    let world = World::new(&format!("{devices}links: [[\"a:p\", \"b:p\"]]\n"))
        .with("a", |d| d.port("p", &["10.0.0.1/24"]))
        .with("b", |d| d.port("p", &["10.0.0.2/24"]))
        .with("c", |d| d.port("p", &["10.0.0.3/24"]));
    assert_eq!(segment_count(&world.build()), 1);
}

#[test]
fn links_join_what_no_subnet_joins_and_must_name_interfaces_that_exist() {
    let topology =
        "devices: { a: { config: x }, b: { config: x } }\nlinks:\n  - [\"a:p\", \"b:p\"]\n";
    let make = |d: Box| d.port("p", &[]);
    let snapshot = World::new(topology).with("a", make).with("b", make).build();
    assert_eq!(segment_count(&snapshot), 1);
    let wrong = topology.replace("b:p", "b:port");
    let world = World::new(&wrong).with("a", make).with("b", |d| d.port("port1", &[]));
    assert_eq!(world.problems(), [(4, "device `b` has no interface `port`".to_owned())]);
}

#[test]
fn links_inside_a_device_join() {
    let world = World::new("").with("a", |d| {
        d.port_of("vlink0", &["10.9.9.1/30"], InterfaceKind::Internal)
            .context("v2")
            .port_of("vlink1", &["10.9.9.2/30"], InterfaceKind::Internal)
            .change(|d| {
                let ids: Vec<InterfaceId> = d.interfaces.ids().collect();
                d.internal_links.push((ids[0], ids[1]));
            })
    });
    assert_eq!(segment_count(&world.build()), 1);
}

#[test]
fn tunnels_are_joined_by_the_very_same_subnet_only() {
    let tunnel =
        |address: &'static str| move |d: Box| d.port_of("t", &[address], InterfaceKind::Tunnel);
    let same = World::new("").with("a", tunnel("10.8.0.1/30")).with("b", tunnel("10.8.0.2/30"));
    let snapshot = same.build();
    assert_eq!((segment_count(&snapshot), snapshot.opaques.len()), (1, 0));
    let other = World::new("")
        .with("a", tunnel("10.8.0.1/30"))
        .with("b", |d| d.port("e", &["10.8.0.2/24"]));
    assert_eq!(segment_count(&other.build()), 2);
}

#[test]
fn a_large_network_is_joined_whole() {
    let mut world = World::new("zones: { all: { networks: [10.0.0.0/8] } }\n");
    for device in 0..100 {
        world = world.with(&format!("d{device}"), |mut d| {
            for port in 0..500 {
                let address = format!("10.{device}.{}.{}/30", port / 64, port % 64 * 4 + 1);
                d = d.port(&format!("p{port}"), &[address.as_str()]);
            }
            for route in 0..100 {
                d = d.route(&format!("172.16.{route}.0/24"), &format!("10.{device}.0.2"));
            }
            d
        });
    }
    let snapshot = world.build();
    assert_eq!(segment_count(&snapshot), 50_000);
    assert_eq!(snapshot.opaques.len(), 100);
}
