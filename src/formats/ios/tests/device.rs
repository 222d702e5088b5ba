use super::judge::*;
use super::*;
use crate::net::Prefix;

const CORE: &str = include_str!("../../../../fixtures/formats/ios/core-switch.cfg");
const ROUTER: &str = include_str!("../../../../fixtures/formats/ios/zbf-router.cfg");

#[test]
fn full_size_configurations_have_no_unknown_line() {
    for (name, text) in [("core", CORE), ("router", ROUTER)] {
        let case = Case::new(text);
        assert_eq!(case.unknown(), Vec::<&str>::new(), "{name}");
        assert_eq!(detect(text), 85, "{name}");
        assert!(case.reading.coverage[0].gaps.iter().all(|gap| gap.contained), "{name}");
    }
}

#[test]
fn other_vendors_are_not_claimed() {
    assert_eq!(detect("ASA Version 9.8(2)\n!\ninterface GigabitEthernet0/0\n nameif outside\n"), 0);
    assert_eq!(detect("config system interface\n    edit \"port1\"\n"), 0);
    assert_eq!(detect("access-list OUT_IN extended permit tcp any any eq 80\n"), 0);
    assert!(detect("interface GigabitEthernet0/1\n ip address 10.0.0.1 255.0.0.0\n") > 0);
}

#[test]
fn the_core_switch_reads_as_it_is() {
    let case = Case::new(CORE);
    let device = case.device();
    assert_eq!(
        (device.name.as_str(), device.version.as_deref()),
        ("sw-core1", Some("IOS XE 17.9"))
    );
    let contexts: Vec<&str> = device.contexts.iter().map(|(_, c)| c.name.as_str()).collect();
    assert_eq!(contexts, ["", "MYNUMBER", "Mgmt-vrf"]);
    let svi = &device.interfaces[case.id("Vlan30")];
    let addresses: Vec<String> =
        svi.addresses.iter().map(|a| format!("{}/{}", a.address, a.len)).collect();
    assert_eq!(
        addresses,
        ["10.20.30.2/24", "10.20.31.2/24", "2001:db8:20:30::1/64", "10.20.30.1/24"]
    );
    assert_eq!((svi.vlan, svi.up), (Some(30), true));
    assert!(!device.interfaces[case.id("Vlan1")].up);
    assert!(device.interface("GigabitEthernet1/0/1").is_none(), "a port that only switches");
    assert!(device.interface("Vlan999").is_none(), "text of a banner");
    let (id, mynumber) = device.contexts.iter().nth(1).unwrap();
    assert_eq!(device.interfaces[case.id("Vlan10")].context, id);
    assert_eq!(mynumber.routes.len(), 1);
    let global = device.contexts.iter().next().unwrap().1;
    assert!(global.dynamic_routing.iter().any(|d| d.protocol == "ospf"));
    assert_eq!(global.policy_routes.len(), 1);
    assert!(mynumber.dynamic_routing.is_empty());
}

#[test]
fn the_core_switch_filters_as_written() {
    let case = Case::new(CORE);
    let inward =
        |from: &str, flow| case.ask("access-group in", from, "TenGigabitEthernet1/1/2", flow);
    assert!(inward("Vlan10", tcp("10.20.10.5", "10.21.10.20", 1433)).0);
    assert_eq!(inward("Vlan10", tcp("10.20.10.5", "10.21.10.20", 80)).2[0], "MYNUMBER-IN seq 40");
    assert!(!inward("Vlan30", tcp("10.20.30.5", "10.20.10.9", 80)).1);
    let out = |flow| case.ask("access-group out", "Vlan30", "Vlan50", flow);
    assert!(out(tcp("10.20.30.5", "10.20.50.40", 8085)).0);
    assert!(!out(tcp("10.20.30.5", "10.20.50.48", 8085)).1);
    let (must, may, _) = out(tcp("10.20.30.5", "10.20.50.11", 445));
    assert_eq!((must, may), (false, true));
}

#[test]
fn a_vlan_map_stops_routed_packets_of_its_vlan() {
    let text = "version 15.2\nip routing\nip access-list extended BAD\n permit tcp any any eq 23\nip access-list extended ALL\n permit ip any any\nvlan access-map M 10\n match ip address BAD\n action drop\nvlan access-map M 20\n match ip address ALL\n action forward\nvlan access-map N 10\n match ip address BAD\n action forward\nvlan filter M vlan-list 10\nvlan filter N vlan-list 20-21\ninterface Vlan10\n ip address 10.0.10.1 255.255.255.0\ninterface Vlan20\n ip address 10.0.20.1 255.255.255.0\n";
    let case = Case::new(text);
    let ask =
        |from, to, port| case.ask("vlan filter", from, to, tcp("10.0.10.5", "10.0.20.5", port));
    assert!(!ask("Vlan10", "Vlan10", 23).1);
    assert!(ask("Vlan10", "Vlan10", 80).0);
    assert!(ask("Vlan20", "Vlan20", 23).0);
    assert!(!ask("Vlan20", "Vlan20", 80).1, "no clause matches: dropped");
}

#[test]
fn a_port_list_can_only_take_certainty_away() {
    let text = "version 15.2\nip routing\nip access-list extended P\n permit tcp any any eq 80\ninterface GigabitEthernet1/0/1\n switchport access vlan 10\n ip access-group P in\ninterface Vlan10\n ip address 10.0.10.1 255.255.255.0\ninterface Vlan20\n ip address 10.0.20.1 255.255.255.0\n";
    let case = Case::new(text);
    let ask = |from, port| {
        let (must, may, _) =
            case.ask("port access-group", from, "Vlan20", tcp("10.0.10.5", "10.0.20.5", port));
        (must, may)
    };
    assert_eq!(
        (ask("Vlan10", 80), ask("Vlan10", 23), ask("Vlan20", 23)),
        ((true, true), (false, true), (true, true))
    );
}

#[test]
fn interface_kinds_and_dynamic_addresses() {
    let case = Case::new(ROUTER);
    let kind = |name: &str| case.device().interfaces[case.id(name)].kind;
    assert_eq!(kind("Dialer1"), InterfaceKind::PointToPoint);
    assert_eq!(kind("Cellular0/2/0"), InterfaceKind::PointToPoint);
    assert_eq!(kind("Tunnel1"), InterfaceKind::Tunnel);
    assert_eq!(kind("Loopback0"), InterfaceKind::Loopback);
    assert!(case.device().interfaces[case.id("Dialer1")].dynamic);
    let sub = &case.device().interfaces[case.id("GigabitEthernet0/0/2.100")];
    assert_eq!((sub.vlan, sub.zone.as_deref()), (Some(100), Some("DMZ")));
    assert!(!case.device().interfaces[case.id("GigabitEthernet0/0/2.200")].up);
}

#[test]
fn static_routes() {
    let case = Case::new(ROUTER);
    let routes = &case.device().contexts.iter().next().unwrap().1.routes;
    let default: Vec<_> = routes
        .iter()
        .filter(|r| r.prefix.len() == 0)
        .map(|r| (r.next_hop, r.distance, r.withdrawable))
        .collect();
    assert_eq!(default[0], (NextHop::Interface(case.id("Dialer1")), 1, true));
    assert_eq!(
        default[1],
        (NextHop::Gateway { address: "203.0.113.1".parse().unwrap(), interface: None }, 200, false)
    );
    let branch =
        routes.iter().find(|r| r.prefix == Prefix::parse("10.31.0.0/16").unwrap()).unwrap();
    assert_eq!((branch.next_hop, branch.distance), (NextHop::Interface(case.id("Tunnel1")), 5));
    assert_eq!(routes.len(), 4);
}

#[test]
fn routes_across_vrfs() {
    let text = "version 15.9\nip vrf A\nip vrf B\ninterface GigabitEthernet0/0\n ip vrf forwarding A\n ip address 10.1.0.1 255.255.255.0\ninterface GigabitEthernet0/1\n ip vrf forwarding B\n ip address 10.2.0.1 255.255.255.0\ninterface GigabitEthernet0/2\n ip address 10.3.0.1 255.255.255.0\nip route vrf A 10.2.0.0 255.255.255.0 GigabitEthernet0/1\nip route vrf A 0.0.0.0 0.0.0.0 10.3.0.254 global\nip route vrf B 0.0.0.0 0.0.0.0 10.9.0.254 global\n";
    let case = Case::new(text);
    let context = |n: usize| case.device().contexts.iter().nth(n).unwrap().1;
    assert_eq!(context(1).routes[0].next_hop, NextHop::Interface(case.id("GigabitEthernet0/1")));
    let out = Some(case.id("GigabitEthernet0/2"));
    assert_eq!(
        context(1).routes[1].next_hop,
        NextHop::Gateway { address: "10.3.0.254".parse().unwrap(), interface: out }
    );
    let global = case.device().contexts.ids().next().unwrap();
    assert_eq!(context(2).routes[0].next_hop, NextHop::Context(global));
}

#[test]
fn route_targets_leak() {
    let text = "version 15.9\nvrf definition A\n rd 1:1\n address-family ipv4\n  route-target export 1:1\n exit-address-family\nvrf definition B\n rd 1:2\n address-family ipv4\n  route-target import 1:1\n exit-address-family\ninterface GigabitEthernet0/0\n vrf forwarding A\n ip address 10.1.0.1 255.255.255.0\n";
    let case = Case::new(text);
    let (from, _) = case.device().contexts.iter().nth(1).unwrap();
    let to = case.device().contexts.iter().nth(2).unwrap().1;
    let leak = &to.policy_routes[0];
    assert_eq!(leak.next_hop, Some(NextHop::Context(from)));
    assert!(!leak.matches.unknown.is_empty());
    assert_eq!(
        holds(case.device(), leak.matches.destination, "10.1.0.9".parse().unwrap()),
        Fit::Yes
    );
    assert_eq!(
        holds(case.device(), leak.matches.destination, "10.9.0.9".parse().unwrap()),
        Fit::No
    );
}

#[test]
fn a_device_that_does_not_route() {
    let text = "version 15.2\nno ip routing\ninterface Vlan10\n ip address 10.0.10.1 255.255.255.0\ninterface Vlan20\n ip address 10.0.20.1 255.255.255.0\nip default-gateway 10.0.10.254\n";
    let case = Case::new(text);
    let (_, may, labels) =
        case.ask("ip routing", "Vlan10", "Vlan20", tcp("10.0.10.5", "10.0.20.5", 80));
    assert_eq!((may, labels), (false, vec!["no ip routing".to_owned()]));
    let switch = text
        .replace("no ip routing\n", "interface GigabitEthernet1/0/1\n switchport mode access\n");
    let case = Case::new(&switch);
    let (must, may, _) =
        case.ask("ip routing", "Vlan10", "Vlan20", tcp("10.0.10.5", "10.0.20.5", 80));
    assert_eq!((must, may), (false, true));
}

#[test]
fn ipv6_is_forwarded_only_when_switched_on() {
    let text = "version 15.2\ninterface Vlan10\n ipv6 address 2001:db8:1::1/64\ninterface Vlan20\n ipv6 address 2001:db8:2::1/64\n";
    let flow = tcp("2001:db8:1::9", "2001:db8:2::9", 80);
    assert!(!Case::new(text).ask("ipv6 unicast", "Vlan10", "Vlan20", flow).1);
    let on = format!("{text}ipv6 unicast-routing\n");
    assert!(Case::new(&on).ask("ipv6 unicast", "Vlan10", "Vlan20", flow).0);
}

#[test]
fn unknown_commands_are_not_contained() {
    let case = Case::new("version 15.2\nfrobnicate all\n with care\n");
    let gaps = &case.reading.coverage[0].gaps;
    assert_eq!(gaps.len(), 1);
    assert!(!gaps[0].contained);
    assert_eq!(case.reading.coverage[0].count(LineStatus::Unknown), 2);
}

#[test]
fn management_services() {
    let case = Case::new(CORE);
    let ask = |src: &str, protocol, port| {
        case.local(0, "Vlan30", packet(protocol, src, "10.20.30.2", port))
    };
    assert_eq!(ask("10.20.99.7", 6, 22), (true, true));
    assert_eq!(ask("10.20.30.7", 6, 22), (false, false));
    assert_eq!(ask("10.20.99.7", 6, 23), (false, false));
    assert_eq!(ask("10.20.99.7", 6, 443), (true, true));
    assert_eq!(ask("10.20.30.7", 6, 80), (false, false));
    assert_eq!(ask("10.20.99.7", 17, 161), (true, true));
    assert_eq!(ask("10.20.30.7", 17, 161), (false, false));
    assert_eq!(ask("10.20.30.7", 1, 0), (true, true));
    assert_eq!(ask("10.20.30.7", 6, 8081), (false, false));
}

#[test]
fn an_access_class_without_vrf_also_is_uncertain_in_a_vrf() {
    let text = "version 15.2\nvrf definition A\ninterface GigabitEthernet0/0\n vrf forwarding A\n ip address 10.1.0.1 255.255.255.0\naccess-list 10 permit 10.1.0.0 0.0.0.255\nline vty 0 4\n access-class 10 in\n transport input telnet\n";
    let case = Case::new(text);
    let flow = tcp("10.1.0.9", "10.1.0.1", 23);
    assert_eq!(case.local(0, "GigabitEthernet0/0", flow), (true, true));
    assert_eq!(case.local(1, "GigabitEthernet0/0", flow), (false, true));
}

#[test]
fn lost_indentation_is_repaired_below_interfaces_and_lists() {
    let text = "version 15.2\ninterface GigabitEthernet0/0\nip address 10.0.0.1 255.255.255.0\nip access-group A in\nno shutdown\ninterface GigabitEthernet0/1\n ip address 10.0.1.1 255.255.255.0\nip access-list extended A\npermit tcp any any eq 80\n20 deny ip any any\nip route 0.0.0.0 0.0.0.0 10.0.0.254\n";
    let case = Case::new(text);
    assert_eq!(case.unknown(), Vec::<&str>::new());
    let ask = |port| {
        case.ask(
            "access-group in",
            "GigabitEthernet0/0",
            "GigabitEthernet0/1",
            tcp("10.0.0.9", "10.0.1.9", port),
        )
        .1
    };
    assert_eq!((ask(80), ask(81)), (true, false));
    assert_eq!(case.device().contexts.iter().next().unwrap().1.routes.len(), 1);
}

#[test]
fn a_banner_without_an_end_swallows_nothing() {
    let case = Case::new(
        "version 15.2\nbanner motd #hello\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.255.255.0\n",
    );
    assert_eq!(case.device().interfaces.len(), 1);
}

#[test]
fn every_line_of_broken_input_has_a_status() {
    let words = [
        "ip",
        "access-list",
        "extended",
        "A",
        "permit",
        "tcp",
        "any",
        "host",
        "10.0.0.1",
        "eq",
        "range",
        "interface",
        "Vlan",
        "nat",
        "inside",
        "source",
        "static",
        "zone-pair",
        "security",
        "class-map",
        "type",
        "inspect",
        "match",
        "no",
        "route",
        "vrf",
        "object-group",
        "network",
        "time-range",
        "periodic",
        "to",
        "router",
        "bgp",
        "banner",
        "motd",
        "#",
        "vlan",
        "filter",
        "access-map",
        "255.255.255.256",
        "standby",
        "line",
        "vty",
        "snmp-server",
        "community",
    ];
    let mut state = 12345u64;
    let mut next = |n: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        usize::try_from(state >> 33).unwrap() % n
    };
    for _ in 0..300 {
        let mut text = String::new();
        for _ in 0..next(40) {
            text.push_str(&" ".repeat(next(3)));
            for _ in 0..=next(9) {
                text.push_str(words[next(words.len())]);
                text.push(' ');
            }
            text.push('\n');
        }
        let case = Case::new(&text);
        let gaps = &case.reading.coverage[0].gaps;
        let unclaimed = gaps.iter().filter(|gap| gap.reason.en == "this line was not interpreted");
        assert_eq!(unclaimed.count(), 0, "{text}");
    }
}

#[test]
fn vrfs_of_a_provider_edge_learn_from_others() {
    let text = "version 15.9\nvrf definition A\n rd 1:1\n route-target both 1:1\n address-family ipv4\nrouter bgp 65000\n neighbor 10.9.9.9 remote-as 65000\n address-family vpnv4\n  neighbor 10.9.9.9 activate\n";
    let case = Case::new(text);
    let vrf = case.device().contexts.iter().nth(1).unwrap().1;
    assert!(!vrf.dynamic_routing.is_empty());
    assert_eq!(case.device().name, "r1", "the file's name when no hostname stands in it");
}

#[test]
fn an_unknown_line_on_a_switch_port_takes_certainty_from_its_vlan() {
    let text = "version 15.2\nip routing\ninterface GigabitEthernet1/0/1\n switchport access vlan 10\n frobnicate\ninterface Vlan10\n ip address 10.0.10.1 255.255.255.0\ninterface Vlan20\n ip address 10.0.20.1 255.255.255.0\ninterface Vlan30\n ip address 10.0.30.1 255.255.255.0\n";
    let case = Case::new(text);
    let ask = |from, to| {
        let (must, may, _) =
            case.ask("port access-group", from, to, tcp("10.0.10.5", "10.0.20.5", 80));
        (must, may)
    };
    assert_eq!(
        (ask("Vlan10", "Vlan20"), ask("Vlan20", "Vlan10"), ask("Vlan20", "Vlan30")),
        ((false, true), (false, true), (true, true))
    );
}

#[test]
fn a_vrf_that_receives_an_interface_may_reach_it() {
    let text = "version 15.9\nip vrf A\n rd 1:1\ninterface GigabitEthernet0/0\n ip vrf receive A\n ip address 10.0.0.1 255.255.255.0\n no ip vrf forwarding\n";
    let case = Case::new(text);
    assert_eq!(case.unknown(), Vec::<&str>::new());
    let vrf = case.device().contexts.iter().nth(1).unwrap().1;
    let route = &vrf.policy_routes[0];
    assert_eq!(route.next_hop, Some(NextHop::Interface(case.id("GigabitEthernet0/0"))));
    assert_eq!(
        holds(case.device(), route.matches.destination, "10.0.0.9".parse().unwrap()),
        Fit::Yes
    );
}
