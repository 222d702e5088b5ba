//! Opaque routers, hosts, overrides, unread lines, and what is listed as missing.

use super::*;
use crate::text::Text;

const LAN: &str = "zones: { lan: { networks: [10.0.0.0/24] } }\n";

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_declared_router_owns_its_address_and_what_is_behind_it() {
    let topology = "\
zones:
  lan:   { networks: [10.0.0.0/24] }
  lgwan: { networks: [10.200.1.0/24] }
devices:
  fw: { config: x }
  lg: { opaque: true, addresses: [10.21.0.2], networks: [10.200.0.0/16, 10.201.0.0/16] }
";
    let world = World::new(topology).with("fw", |d| {
        d.port("lan", &["10.0.0.1/24"])
            .port("wan", &["10.21.0.1/30"])
            .route("10.200.0.0/16", "10.21.0.2")
    });
    let snapshot = world.build();
    assert_eq!(opaques(&snapshot), [("lg".to_owned(), true, names(&["lgwan"]))]);
    let wan = segment(&snapshot, "fw", "wan");
    assert_eq!(snapshot.segments[wan].opaques.len(), 1);
    let entries = snapshot.entries(snapshot.zone("lgwan").unwrap());
    assert_eq!(entries.len(), 1);
    let reasons: Vec<&str> = snapshot.issues.iter().map(|i| i.cause.reason.en.as_str()).collect();
    assert_eq!(kinds(&snapshot), [IssueKind::UnzonedAddresses; 2]);
    assert!(
        reasons[0].starts_with("10.200.0.0/24, 10.200.2.0/23, 10.200.4.0/22 (+5) behind"),
        "{reasons:?}"
    );
    assert!(reasons[1].starts_with("10.201.0.0/16 behind device `lg`"));
}

#[test]
fn the_gateway_of_an_external_zone_is_no_missing_device() {
    let base = "devices: { fw: { config: x } }\nzones: { lan: { networks: [10.0.0.0/24] }, net: { external: true } }\n";
    let make = |d: Box| {
        d.port("lan", &["10.0.0.1/24"])
            .port("wan", &["203.0.113.2/29"])
            .route("0.0.0.0/0", "203.0.113.1")
    };
    let attached = World::new(&format!("{base}attach: [ {{ zone: net, at: \"fw:wan\" }} ]\n"));
    let snapshot = attached.with("fw", make).build();
    assert_eq!(kinds(&snapshot), []);
    assert_eq!(opaques(&snapshot), [("gateway 203.0.113.1".to_owned(), true, names(&["net"]))]);
    let world = World::new(base).with("fw", make);
    let snapshot = world.build();
    assert_eq!(kinds(&snapshot), [IssueKind::MissingDevice, IssueKind::UnattachedZone]);
    let missing = only_issue(&snapshot, IssueKind::MissingDevice);
    assert_eq!(world.sources.place(missing.cause.span.unwrap()), "configs/fw.conf:4");
    assert!(missing.cause.reason.en.contains("opaque: true, addresses: [203.0.113.1]"));
}

#[test]
fn gateways_are_found_through_other_routes_and_on_named_interfaces() {
    let world = World::new(LAN).with("a", |d| {
        d.port("lan", &["10.0.0.1/24"])
            .route("172.16.0.0/12", "192.0.2.9")
            .route("192.0.2.0/24", "10.0.0.254")
            .route("192.168.0.0/16", "198.51.100.1")
    });
    let snapshot = world.build();
    let found: Vec<String> = snapshot.opaques.iter().map(|(_, o)| o.name.clone()).collect();
    assert_eq!(found, ["gateway 10.0.0.254"]);
    assert_eq!(snapshot.unknown_routers().count(), 1);
}

#[test]
fn zones_behind_routes() {
    let topology = "zones: { lan: { networks: [10.0.0.0/24] }, far: { networks: [172.16.5.0/24] }, split: { networks: [192.168.0.0/16] }, lost: { networks: [100.64.0.0/10] } }\n";
    let world = World::new(topology).with("a", |d| {
        d.port("lan", &["10.0.0.1/24"])
            .route("172.16.0.0/12", "10.0.0.252")
            .route("172.16.4.0/22", "10.0.0.253")
            .route("192.168.7.0/24", "10.0.0.254")
    });
    let snapshot = world.build();
    assert_eq!(
        opaques(&snapshot),
        [
            ("gateway 10.0.0.252".to_owned(), false, vec![]),
            ("gateway 10.0.0.253".to_owned(), false, names(&["far"])),
            ("gateway 10.0.0.254".to_owned(), false, names(&["split"])),
        ]
    );
    let lost = only_issue(&snapshot, IssueKind::UnattachedZone);
    assert_eq!(world.sources.line(lost.cause.span.unwrap()), 2);
    assert!(lost.cause.reason.en.contains("100.64.0.0/10"));
}

#[test]
fn a_route_longer_than_the_connected_subnet_leads_away_from_it() {
    let topology =
        "zones: { wide: { networks: [10.5.0.0/16] }, near: { networks: [10.6.0.0/16] } }\n";
    let world = World::new(topology).with("a", |d| {
        d.port("lan", &["10.0.0.1/8"])
            .port("wan", &["192.0.2.1/30"])
            .route("10.5.0.0/16", "192.0.2.2")
            .route("0.0.0.0/0", "192.0.2.2")
    });
    let snapshot = world.build();
    assert_eq!(zones_at(&snapshot, "a", "lan"), ["wide", "near"]);
    assert_eq!(opaques(&snapshot), [("gateway 192.0.2.2".to_owned(), false, names(&["wide"]))]);
}

#[test]
fn a_default_route_is_the_last_resort() {
    let hq = "zones: { lan: { networks: [10.0.0.0/24] }, hq: { networks: [172.16.0.0/16] } }\n";
    let make = |d: Box| d.port("lan", &["10.0.0.1/24"]).route("0.0.0.0/0", "10.0.0.254");
    let snapshot = World::new(hq).with("a", make).build();
    assert_eq!(opaques(&snapshot), [("gateway 10.0.0.254".to_owned(), false, names(&["hq"]))]);
}

#[test]
fn tunnels_have_another_end_unless_a_zone_is_attached() {
    let make = |d: Box| {
        d.port("lan", &["10.0.0.1/24"])
            .port_of("vpn", &[], InterfaceKind::Tunnel)
            .route("172.16.0.0/16", "vpn")
    };
    let branch = "devices: { a: { config: x } }\nzones: { lan: { networks: [10.0.0.0/24] }, branch: { networks: [172.16.0.0/16] } }\n";
    let snapshot = World::new(branch).with("a", make).build();
    assert_eq!(opaques(&snapshot), [("peer of a:vpn".to_owned(), false, names(&["branch"]))]);
    assert_eq!(kinds(&snapshot), [IssueKind::MissingDevice]);
    let attached = format!("{branch}attach: [ {{ zone: branch, at: \"a:vpn\" }} ]\n");
    let snapshot = World::new(&attached).with("a", make).build();
    assert_eq!((opaques(&snapshot), kinds(&snapshot)), (vec![], vec![]));
    assert_eq!(zones_at(&snapshot, "a", "vpn"), ["branch"]);
}

#[test]
fn a_tunnel_that_nobody_uses_is_not_missed() {
    let tunnel = |d: Box| filtered(d).port_of("ssl.root", &[], InterfaceKind::Tunnel);
    let unused = World::new(LAN).with("a", tunnel).build();
    assert_eq!((unused.opaques.len(), kinds(&unused)), (0, vec![]));
    let permit = |d: &mut Device, enabled: bool, ingress: Interfaces| {
        let span = d.interfaces.iter().next().unwrap().1.span;
        let any = d.literal(AddressSet::Any, span);
        let matches =
            Match { ingress, ..Match::between(any, any, d.literal_service(ServiceSet::Any, span)) };
        let (action, label) = (Action::Permit, String::new());
        let line = Line { label, matches, action, enabled, log: None, comment: None, span };
        d.lists.iter_mut().next().unwrap().1.lines.push(line);
    };
    let count = |enabled: bool, own: bool| {
        let world = World::new(LAN).with("a", |d| {
            tunnel(d).change(|d| {
                let ids: Vec<InterfaceId> = d.interfaces.ids().collect();
                permit(d, enabled, Interfaces::Of(vec![ids[usize::from(own)]]));
            })
        });
        world.build().opaques.len()
    };
    assert_eq!((count(true, true), count(false, true), count(true, false)), (1, 0, 0));
    let routed = World::new(LAN).with("a", |d| tunnel(d).route("10.8.0.0/16", "ssl.root"));
    assert_eq!(routed.build().opaques.len(), 1);
}

#[test]
fn interfaces_and_addresses_in_no_zone_are_named() {
    let topology = "zones: { lan: { networks: [10.0.0.0/25] } }\n";
    let world = World::new(topology)
        .with("a", |d| {
            d.port("lan", &["10.0.0.1/24"])
                .port("open", &["10.7.0.1/24"])
                .port("transit", &["10.8.0.1/30"])
                .port("wide", &["10.9.0.1/24"])
                .port("l2", &[])
                .port_of("lo", &["10.255.0.1/32"], InterfaceKind::Loopback)
        })
        .with("b", |d| d.port("transit", &["10.8.0.2/30"]).port("wide", &["10.9.0.2/24"]));
    let snapshot = world.build();
    let open = only_issue(&snapshot, IssueKind::UnzonedInterface);
    assert!(open.cause.reason.en.starts_with("interface a:open (10.7.0.0/24)"));
    assert_eq!(world.sources.place(open.cause.span.unwrap()), "configs/a.conf:3");
    let parts: Vec<&str> = snapshot
        .issues
        .iter()
        .filter(|issue| issue.kind == IssueKind::UnzonedAddresses)
        .map(|issue| issue.cause.reason.en.split(" is in").next().unwrap())
        .collect();
    assert_eq!(parts, ["10.0.0.128/25 of subnet 10.0.0.0/24", "10.9.0.0/24 of subnet 10.9.0.0/24"]);
}

#[test]
fn zones_that_overlap_or_are_empty_are_named() {
    let topology = "zones:\n  a: { networks: [10.0.0.0/8] }\n  b: { networks: [10.1.0.0/24, 10.2.0.0/24] }\n  c: {}\n";
    let world = World::new(topology).with("r", |d| d.port("p", &["10.0.0.1/8"]));
    let snapshot = world.build();
    let overlap = only_issue(&snapshot, IssueKind::OverlappingZones);
    assert_eq!(world.sources.line(overlap.cause.span.unwrap()), 4);
    assert!(overlap.cause.reason.en.contains("both hold 10.1.0.0/24"));
    let empty = only_issue(&snapshot, IssueKind::EmptyZone);
    assert_eq!(world.sources.line(empty.cause.span.unwrap()), 5);
    assert_eq!(zones_at(&snapshot, "r", "p"), ["a", "b"]);
}

#[test]
fn hosts_must_lie_in_one_zone() {
    let zones = "zones: { a: { networks: [10.1.0.0/16] }, b: { networks: [10.2.0.0/16] } }\n";
    let hosts = "hosts:\n  x: { address: 10.3.0.1 }\n  y: { addresses: [10.1.0.1, 10.2.0.1] }\n";
    let world = World::new(&format!("{zones}{hosts}"));
    let problems = world.problems();
    assert_eq!(problems[0], (4, "no zone holds the address 10.3.0.1 of host `x`".to_owned()));
    assert_eq!(problems[1], (5, "the addresses of host `y` lie in different zones".to_owned()));
}

#[test]
fn declared_devices_must_be_given() {
    let world = World::new("devices:\n  fw: { config: x }\n");
    assert_eq!(world.problems(), [(3, "no configuration was read for device `fw`".to_owned())]);
    let make = |d: Box| d.port("p", &[]);
    let twice =
        World::new("devices:\n  fw: { config: [x, y] }\n").with("fw", make).with("fw", make);
    assert!(twice.problems()[0].1.contains("several configurations"));
}

#[test]
fn the_topology_completes_devices_without_addresses() {
    let topology = "\
zones: { lan: { networks: [10.0.1.0/24] }, net: { external: true } }
devices:
  gw:
    config: rules.v4
    interfaces: { eth0: { addresses: [10.0.1.1/24], zone: lan }, eth2: { addresses: [203.0.113.2/24], zone: net } }
    routes: [ { to: 0.0.0.0/0, via: 203.0.113.1, interface: eth2 } ]
";
    let world = World::new(topology).with("gw", |d| d.port("eth0", &[]));
    let snapshot = world.build();
    assert_eq!(
        (zones_at(&snapshot, "gw", "eth0"), zones_at(&snapshot, "gw", "eth2")),
        (names(&["lan"]), names(&["net"]))
    );
    assert_eq!(opaques(&snapshot), [("gateway 203.0.113.1".to_owned(), true, names(&["net"]))]);
    assert_eq!(kinds(&snapshot), []);
    let known = World::new(topology).with("gw", |d| d.port("eth0", &["10.0.9.1/24"]));
    let first = known.problems();
    assert_eq!(first[0], (6, "device `gw` has no interface `eth2`".to_owned()));
}

#[test]
fn an_attached_interface_must_be_up() {
    let topology = "zones: { net: { external: true } }\ndevices: { a: { config: x } }\nattach:\n  - { zone: net, at: \"a:p\" }\n";
    let make = |d: Box| d.port("p", &["10.0.0.1/24"]);
    let down = |d: Box| make(d).change(|d| d.interfaces.iter_mut().for_each(|(_, i)| i.up = false));
    assert_eq!(World::new(topology).with("a", down).problems()[0].0, 5);
    let aliased = topology.replace("a:p", "a:inside");
    let alias = |d: Box| {
        make(d).change(|d| {
            d.interfaces.iter_mut().for_each(|(_, i)| i.alias = Some("inside".to_owned()))
        })
    };
    assert_eq!(zones_at(&World::new(&aliased).with("a", alias).build(), "a", "p"), ["net"]);
}

#[test]
fn a_port_that_carries_others_stands_for_them() {
    let topology = "zones: { net: { external: true } }\ndevices: { a: { config: x } }\nattach:\n  - { zone: net, at: \"a:p\" }\n";
    let carrying = |tops: usize| {
        move |d: Box| {
            let ports = d.port("p", &[]).port("v1", &["10.0.1.1/24"]).port("v2", &["10.0.2.1/24"]);
            ports.change(|d| {
                let ids: Vec<_> = d.interfaces.iter().map(|(id, _)| id).collect();
                d.carriers = ids[1..=tops].iter().map(|top| (ids[0], *top)).collect();
            })
        }
    };
    let snapshot = World::new(topology).with("a", carrying(1)).build();
    assert_eq!(zones_at(&snapshot, "a", "v1"), ["net"]);
    assert_eq!(zones_at(&snapshot, "a", "p"), Vec::<String>::new());
    let problems = World::new(topology).with("a", carrying(2)).problems();
    assert!(problems[0].1.contains("carries several interfaces (v1, v2)"), "{problems:?}");
}

fn gap(contained: bool) -> impl FnOnce(&mut Coverage) {
    move |coverage: &mut Coverage| {
        let span = Span { file: coverage.file, start: 100, end: 109 };
        let reason = Text::same("odd line");
        coverage.gaps.push(Gap { span, status: LineStatus::Unknown, reason, contained });
    }
}

fn filtered(d: Box) -> Box {
    d.port("p", &["10.0.0.1/24"]).change(|d| {
        let list = d.lists.push(RuleList::default());
        let binding = Binding {
            ingress: Interfaces::Any,
            egress: Interfaces::Any,
            lists: vec![list],
            default: Action::Deny,
            default_label: String::new(),
            span: None,
        };
        let filter = Filter {
            name: "acl",
            bindings: vec![binding],
            otherwise: Action::Deny,
            stateful: true,
        };
        let context = d.contexts.ids().next().unwrap();
        d.contexts[context].pipeline.insert(0, Stage::Filter(filter.clone()));
        d.contexts[context].local.push(filter);
    })
}

#[test]
fn every_filter_begins_with_the_lines_that_were_not_read() {
    let snapshot = World::new("").with("a", filtered).coverage(gap(false)).build();
    assert_eq!(kinds(&snapshot), [IssueKind::UnreadLine]);
    let (_, device) = snapshot.devices.iter().next().unwrap();
    let (_, context) = device.contexts.iter().next().unwrap();
    let Some(Stage::Filter(filter)) = context.pipeline.first() else { panic!() };
    for filter in [filter, context.local.first().unwrap()] {
        assert_eq!(filter.bindings.len(), 2);
        assert_eq!(filter.bindings[0].lists.len(), 2);
        assert_eq!(
            (&filter.bindings[1].ingress, filter.bindings[1].default),
            (&Interfaces::Any, Action::Deny)
        );
        for binding in &filter.bindings {
            let list = &device.lists[binding.lists[0]];
            assert_eq!(list.name, "unread lines");
            let line = list.lines.first().unwrap();
            assert_eq!((line.action, line.matches.unknown.len()), (Action::Undecided, 1));
            assert_eq!(device.addresses[line.matches.source].value, AddressSet::Any);
        }
    }
    let contained = World::new("").with("a", filtered).coverage(gap(true)).build();
    assert_eq!(kinds(&contained), [IssueKind::UnreadLine]);
    assert_eq!(contained.devices.iter().next().unwrap().1.lists.len(), 1);
}

#[test]
fn a_router_without_filters_gets_one_for_its_unread_lines() {
    let make = |d: Box| d.port("p", &["10.0.0.1/24"]);
    let snapshot = World::new("").with("a", make).coverage(gap(false)).build();
    let (_, device) = snapshot.devices.iter().next().unwrap();
    let (_, context) = device.contexts.iter().next().unwrap();
    let Some(Stage::Filter(filter)) = context.pipeline.last() else { panic!() };
    assert_eq!((filter.bindings.len(), filter.otherwise), (1, Action::Permit));
}

#[test]
fn domain_names_are_resolved_where_the_topology_says_so() {
    let unknown = |name: &str| AddressSet::Unknown {
        reason: crate::text!(
            "FQDN「{name}」は解決できません。",
            "the FQDN `{name}` is not resolved"
        ),
        within: AddressWithin::Anywhere,
    };
    let make = |d: Box| {
        d.port("p", &["10.0.0.1/24"]).change(|d| {
            let span = d.interfaces.iter().next().unwrap().1.span;
            let one = d.literal(unknown("update.example.jp"), span);
            let two = d.literal(unknown("not-update.example.jp"), span);
            let both = d.literal(AddressSet::Union(vec![one, two]), span);
            let service = d.literal_service(ServiceSet::Any, span);
            let matches = Match::between(one, both, service);
            let line = Line {
                label: String::new(),
                matches,
                action: Action::Permit,
                enabled: true,
                log: None,
                comment: None,
                span,
            };
            d.lists.push(RuleList { name: "l".to_owned(), lines: vec![line] });
        })
    };
    let topology = "resolve: { fqdn: { Update.example.jp: [198.51.100.0/24, 192.0.2.1] } }\n";
    let snapshot = World::new(topology).with("a", make).build();
    let (_, device) = snapshot.devices.iter().next().unwrap();
    let (_, list) = device.lists.iter().next().unwrap();
    let matches = &list.lines.first().unwrap().matches;
    let AddressSet::Union(members) = &device.addresses[matches.source].value else { panic!() };
    let values: Vec<&AddressSet> = members.iter().map(|id| &device.addresses[*id].value).collect();
    let range = |text: &str| AddressSet::Range(p(text).range());
    assert_eq!(values, [&range("198.51.100.0/24"), &range("192.0.2.1/32")]);
    assert!(members.iter().all(|member| *member < matches.source));
    let AddressSet::Union(both) = &device.addresses[matches.destination].value else { panic!() };
    assert_eq!(both[0], matches.source);
    assert!(matches!(device.addresses[both[1]].value, AddressSet::Unknown { .. }));
}

#[test]
fn an_opaque_router_on_no_segment_is_named() {
    let topology = "devices:\n  lg: { opaque: true, addresses: [10.99.0.1] }\n";
    let world = World::new(topology).with("a", |d| d.port("p", &["10.0.0.1/24"]));
    let snapshot = world.build();
    let issue = only_issue(&snapshot, IssueKind::MissingDevice);
    assert_eq!(world.sources.line(issue.cause.span.unwrap()), 3);
}
