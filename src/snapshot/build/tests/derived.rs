//! Zones without a topology file, and the first topology file.

use super::*;
use crate::snapshot::{ZoneAddresses, describe};

fn firewall(d: Box) -> Box {
    d.port("port1", &["203.0.113.2/29"])
        .port("port2", &["172.20.10.1/24"])
        .port("port3", &["172.20.0.1/29"])
        .port("vlan10", &["10.10.0.1/24"])
        .port("vlan20", &["10.20.0.1/24", "2001:db8:20::1/64"])
        .port("spare", &[])
        .port_of("lo", &["10.255.0.1/32"], InterfaceKind::Loopback)
        .change(|d| {
            for (_, interface) in d.interfaces.iter_mut() {
                match interface.name.as_str() {
                    "port2" => interface.alias = Some("DMZ/公開".to_owned()),
                    "vlan10" | "vlan20" => interface.zone = Some("office".to_owned()),
                    _ => {}
                }
            }
        })
        .route("0.0.0.0/0", "203.0.113.1")
        .route("172.20.0.0/16", "172.20.0.2")
        .route("172.21.0.0/16", "172.20.0.2")
}

/// Zones with their addresses, external ones as `*`.
fn zones(snapshot: &Snapshot) -> Vec<(String, String)> {
    let text = |addresses: &ZoneAddresses| match addresses {
        ZoneAddresses::Rest => "*".to_owned(),
        ZoneAddresses::Networks(list) => {
            let list: Vec<String> = list.iter().map(ToString::to_string).collect();
            list.join(" ")
        }
    };
    snapshot.zones.iter().map(|(_, zone)| (zone.id.clone(), text(&zone.addresses))).collect()
}

#[test]
fn interfaces_and_vendor_zones_become_zones() {
    let snapshot = World::bare().with("fw", firewall).build();
    let found = zones(&snapshot);
    let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(found[0], ("port1", "*"));
    assert_eq!(found[1], ("DMZ-公開", "172.20.10.0/24"));
    assert!(found[2].1.starts_with("172.20.0.0/29 172.20.0.8/29 172.20.0.16/28"), "{found:?}");
    assert!(found[2].1.ends_with("172.21.0.0/16"));
    assert_eq!(found[3], ("office", "10.10.0.0/24 10.20.0.0/24 2001:db8:20::/64"));
    assert_eq!(found.len(), 4);
    assert!(!kinds(&snapshot).contains(&IssueKind::OverlappingZones));
    assert_eq!(kinds(&snapshot), [IssueKind::MissingDevice]);
    assert_eq!(zones_at(&snapshot, "fw", "vlan20"), ["office"]);
    assert!(snapshot.zones.iter().all(|(_, zone)| zone.span.is_none()));
    let inside = vec!["port3".to_owned()];
    let outside = vec!["port1".to_owned()];
    let mut routers = opaques(&snapshot);
    routers.sort();
    assert_eq!(
        routers,
        [
            ("gateway 203.0.113.1".to_owned(), true, outside),
            ("gw-172-20-0-2".to_owned(), true, inside)
        ]
    );
}

/// What analysis sees of a snapshot.
fn shape(snapshot: &Snapshot) -> String {
    let segments: Vec<_> = snapshot.segments.iter().collect();
    let mut routers: Vec<_> = snapshot
        .opaques
        .iter()
        .map(|(_, o)| (&o.name, o.declared, &o.addresses, &o.zones, &o.segments))
        .collect();
    routers.sort();
    format!("{:?}\n{segments:?}\n{routers:?}\n{:?}", zones(snapshot), snapshot.hosts)
}

fn written(world: &World) -> String {
    describe(&world.build(), |device, _| format!("configs/{}.conf", device.name))
}

#[test]
fn the_first_topology_file_says_the_same() {
    let worlds = [
        World::bare().with("fw", firewall),
        World::bare().with("fw", firewall).with("sw", |d| {
            d.port("Vlan2", &["172.20.0.2/29"])
                .port("Vlan20", &["172.20.20.1/24"])
                .port("Gi1/0/1.5", &["172.20.30.1/24"])
                .port_of("Tunnel0", &[], InterfaceKind::Tunnel)
                .route("0.0.0.0/0", "172.20.0.1")
                .route("10.77.0.0/16", "Tunnel0")
        }),
        World::bare().with("dhcp", |d| {
            d.port("wan", &[]).port("lan", &["192.168.1.1/24"]).change(|d| {
                d.interfaces.iter_mut().next().unwrap().1.dynamic = true;
            })
        }),
    ];
    for world in worlds {
        let text = written(&world);
        assert!(text.starts_with("# yaml-language-server: $schema="), "{text}");
        let mut again = World::bare();
        again.devices = world.devices.clone();
        again.sources = world.sources;
        again.topology = Some(again.sources.add("topology.yaml", text.as_bytes()).unwrap());
        let derived = build(BuildInput { topology: None, ..again.input() }).unwrap();
        let read = again.build();
        assert_eq!(shape(&derived), shape(&read), "{text}");
    }
}

#[test]
fn with_several_devices_zones_bear_the_device_name() {
    let world = World::bare()
        .with("fw1", |d| d.port("in", &["10.1.0.1/24"]).port("x", &["10.9.0.1/30"]))
        .with("fw2", |d| d.port("in", &["10.2.0.1/24"]).port("x", &["10.9.0.2/30"]));
    let found = zones(&world.build());
    let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["fw1-in", "fw2-in"]);
}

#[test]
fn hostile_names_survive_the_first_file() {
    let world = World::bare().with("fw", |d| {
        d.port("no", &["10.1.0.1/24"])
            .port("a: b # \"c\"\n- d", &["10.2.0.1/24"])
            .port("a: b # \"c\"\n- d ", &["10.3.0.1/24"])
            .port("", &["10.4.0.1/24"])
            .port("*x", &["10.5.0.1/24"])
    });
    let text = written(&world);
    let mut sources = crate::source::Sources::default();
    let id = sources.add("t.yaml", text.as_bytes()).unwrap();
    let topology = crate::topology::read(id, sources.file(id));
    let topology = topology.unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
    assert_eq!(topology.zones.len(), 5);
}

#[test]
fn devices_named_after_files_get_names_that_can_be_written() {
    let make = |d: Box| d.port("wan", &["203.0.113.2/30"]).route("0.0.0.0/0", "203.0.113.1");
    let world =
        World::bare().with("site a/fw.2026", make).with("site-a-fw-2026", |d| d.port("p", &[]));
    let text = written(&world);
    let mut sources = crate::source::Sources::default();
    let id = sources.add("t.yaml", text.as_bytes()).unwrap();
    let topology = crate::topology::read(id, sources.file(id)).unwrap();
    let names: Vec<&str> = topology.devices.iter().map(|d| d.name.value.as_str()).collect();
    assert_eq!(names, ["site-a-fw-2026", "site-a-fw-2026-2"]);
    assert_eq!(topology.attach[0].at.device, "site-a-fw-2026");
}

fn rules_only(made: Box) -> Box {
    made.port("eth0", &[]).port("eth1", &[]).port("lo", &[]).change(|device| {
        let lo = device.interface("lo").unwrap();
        device.interfaces[lo].kind = InterfaceKind::Loopback;
        let span = device.interfaces[lo].span;
        let context = device.contexts.ids().next().unwrap();
        let unstated = DynamicRouting { protocol: UNSTATED.to_owned(), span };
        device.contexts[context].dynamic_routing.push(unstated);
    })
}

#[test]
fn a_rule_set_without_addresses_has_a_side_for_each_interface() {
    let snapshot = World::bare().with("rules", rules_only).build();
    let zones: Vec<_> = snapshot.zones.iter().map(|(_, zone)| zone.id.as_str()).collect();
    assert_eq!(zones, ["eth0", "eth1"]);
    let (_, device) = snapshot.devices.iter().next().unwrap();
    let (_, context) = device.contexts.iter().next().unwrap();
    assert!(context.dynamic_routing.is_empty());
    let sides: Vec<_> = context.routes.iter().map(|route| route.next_hop).collect();
    let eth = |name| NextHop::Interface(device.interface(name).unwrap());
    assert_eq!(sides, [eth("eth0"), eth("eth0"), eth("eth1"), eth("eth1")], "both families");
}

#[test]
fn with_a_topology_a_rule_set_keeps_its_doubt_until_routes_are_stated() {
    let unstated = |topology: &str| {
        let snapshot = World::new(topology).with("rules", rules_only).build();
        let (_, device) = snapshot.devices.iter().next().unwrap();
        device.contexts.iter().any(|(_, context)| !context.dynamic_routing.is_empty())
    };
    let interfaces = "zones:\n  a: {networks: [10.1.0.0/16]}\ndevices:\n  rules:\n    config: x\n    interfaces: {eth0: {addresses: [10.1.0.1/16]}}\n";
    assert!(unstated(interfaces), "addresses say nothing about routes");
    assert!(!unstated(&format!("{interfaces}    routes: [{{to: 10.2.0.0/16, via: 10.1.0.2}}]\n")));
}
