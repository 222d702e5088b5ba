//! Interfaces, levels, `same-security-traffic`, routes.

use super::*;

const PAIR: &str = "\
ASA Version 9.8(2)
interface GigabitEthernet0/0
 nameif a
 security-level 50
 ip address 10.0.1.1 255.255.255.0 standby 10.0.1.2
interface GigabitEthernet0/1
 nameif b
 security-level 50
 ip address 10.0.2.1 255.255.255.0
";

fn pair(extra: &str, from: &str, to: &str) -> Outcome {
    let reading = read(&format!("{PAIR}{extra}"));
    assert_clean(&reading);
    through(&reading, from, to, tcp("10.0.1.5", "10.0.2.5", 80))
}

#[test]
fn higher_levels_open_to_lower_ones_only() {
    let reading = site("");
    assert_clean(&reading);
    let packet = || tcp("10.9.9.9", "10.8.8.8", 80);
    assert_eq!(through(&reading, "inside", "dmz", packet()), Outcome::Permit);
    assert_eq!(through(&reading, "dmz", "outside", packet()), Outcome::Permit);
    assert_eq!(through(&reading, "outside", "dmz", packet()), Outcome::Deny);
    assert_eq!(through(&reading, "dmz", "inside", packet()), Outcome::Deny);
}

#[test]
fn the_default_of_a_level_names_both_levels_and_its_line() {
    let reading = site("");
    let context = reading.device.contexts.iter().next().unwrap().1;
    let Some(Stage::Filter(filter)) =
        context.pipeline.iter().find(|s| matches!(s, Stage::Filter(_)))
    else {
        panic!("no filter");
    };
    let dmz = id(&reading.device, "dmz");
    let outside = id(&reading.device, "outside");
    let binding = filter
        .bindings
        .iter()
        .find(|b| b.ingress.contains(outside) && b.egress.contains(dmz))
        .unwrap();
    assert_eq!(binding.default_label, "security-level 0 to 50");
    assert!(binding.span.is_some());
}

#[test]
fn without_a_level_inside_is_100_and_the_rest_0() {
    let reading = read(
        "ASA Version 9.8(2)\ninterface Vlan1\n nameif inside\n ip address 10.0.1.1 255.255.255.0\ninterface Vlan2\n nameif ext\n ip address dhcp setroute\n",
    );
    assert_clean(&reading);
    let packet = || tcp("10.0.1.5", "198.51.100.1", 80);
    assert_eq!(through(&reading, "inside", "ext", packet()), Outcome::Permit);
    assert_eq!(through(&reading, "ext", "inside", packet()), Outcome::Deny);
    let device = &reading.device;
    assert!(device.interfaces[id(device, "ext")].dynamic);
    assert_eq!(device.interfaces[id(device, "inside")].vlan, Some(1));
    assert_eq!(device.contexts.iter().next().unwrap().1.dynamic_routing[0].protocol, "dhcp");
}

#[test]
fn equal_levels_need_the_inter_interface_command_even_with_a_list() {
    let list = "access-list A extended permit ip any any\naccess-group A in interface a\n";
    let inter = "same-security-traffic permit inter-interface\n";
    assert_eq!(pair("", "a", "b"), Outcome::Deny);
    assert_eq!(pair(list, "a", "b"), Outcome::Deny);
    assert_eq!(pair(inter, "a", "b"), Outcome::Permit);
    assert_eq!(pair(&format!("{inter}{list}"), "a", "b"), Outcome::Permit);
}

#[test]
fn a_hairpin_needs_the_intra_interface_command_even_with_a_list() {
    let list = "access-list A extended permit ip any any\naccess-group A in interface a\n";
    let intra = "same-security-traffic permit intra-interface\n";
    assert_eq!(pair("", "a", "a"), Outcome::Deny);
    assert_eq!(pair(list, "a", "a"), Outcome::Deny);
    assert_eq!(pair(intra, "a", "a"), Outcome::Permit);
    assert_eq!(pair(intra, "a", "b"), Outcome::Deny);
    assert_eq!(pair("same-security-traffic permit inter-interface\n", "a", "a"), Outcome::Deny);
}

#[test]
fn standby_addresses_belong_to_the_other_unit() {
    let reading = read(PAIR);
    let addresses = &reading.device.interfaces[id(&reading.device, "a")].addresses;
    assert_eq!(addresses.iter().map(|a| a.address).collect::<Vec<_>>(), [ip("10.0.1.1")]);
}

#[test]
fn an_interface_without_a_name_forwards_nothing() {
    let reading = read(
        "ASA Version 9.8(2)\ninterface GigabitEthernet0/3\n no nameif\n ip address 10.0.9.1 255.255.255.0\ninterface GigabitEthernet0/4\n shutdown\n nameif x\n ip address 10.0.8.1 255.255.255.0\n",
    );
    assert!(reading.device.interfaces.iter().all(|(_, interface)| !interface.up));
}

#[test]
fn management_only_interfaces_have_a_table_of_their_own_since_9_5() {
    let mgmt = "interface Management0/0\n management-only\n nameif mgmt\n security-level 100\n ip address 10.1.9.1 255.255.255.0\nroute mgmt 10.1.8.0 255.255.255.0 10.1.9.254 1\n";
    let new = site(mgmt);
    assert_clean(&new);
    let contexts: Vec<(String, usize)> =
        new.device.contexts.iter().map(|(_, c)| (c.name.clone(), c.routes.len())).collect();
    assert_eq!(contexts, [(String::new(), 1), ("management-only".to_owned(), 1)]);
    assert_eq!(through(&new, "mgmt", "mgmt", tcp("10.1.9.5", "10.1.8.5", 22)), Outcome::Deny);
    let old = read(&format!("{}{mgmt}", SITE.replace("9.12(4)", "9.1(7)")));
    assert_eq!(old.device.contexts.len(), 1);
    assert_eq!(through(&old, "mgmt", "dmz", tcp("10.1.9.5", "10.1.2.5", 22)), Outcome::Deny);
    assert_eq!(through(&old, "inside", "mgmt", tcp("10.1.1.5", "10.1.9.5", 22)), Outcome::Deny);
}

#[test]
fn no_forward_interface_stops_one_direction() {
    let reading = read(
        "ASA Version 9.1(7)\ninterface Vlan1\n nameif inside\n security-level 100\ninterface Vlan3\n no forward interface Vlan1\n nameif dmz\n security-level 50\naccess-list D extended permit ip any any\naccess-group D in interface dmz\n",
    );
    assert_clean(&reading);
    assert_eq!(through(&reading, "dmz", "inside", tcp("10.3.0.5", "10.1.0.5", 80)), Outcome::Deny);
    assert_eq!(
        through(&reading, "inside", "dmz", tcp("10.1.0.5", "10.3.0.5", 80)),
        Outcome::Permit
    );
}

#[test]
fn a_bridge_interface_is_never_certain() {
    let reading = read(
        "ASA Version 9.8(2)\ninterface BVI1\n nameif inside\n security-level 100\n ip address 192.168.1.1 255.255.255.0\ninterface GigabitEthernet1/2\n bridge-group 1\n nameif inside_1\n security-level 100\ninterface GigabitEthernet1/1\n nameif outside\n security-level 0\n ip address 203.0.113.2 255.255.255.0\n",
    );
    assert!(reading.coverage[0].gaps.iter().all(|gap| gap.contained));
    assert_eq!(
        through(&reading, "inside", "outside", tcp("192.168.1.5", "198.51.100.1", 80)),
        Outcome::Either
    );
    assert_eq!(
        through(&reading, "outside", "inside", tcp("198.51.100.1", "192.168.1.5", 80)),
        Outcome::Either
    );
}

#[test]
fn transparent_mode_and_traffic_zones_are_not_believed() {
    assert_eq!(gaps(&site("firewall transparent\n")), [(LineStatus::Unsupported, false)]);
    assert_clean(&site("no firewall transparent\n"));
    let zone =
        site("interface GigabitEthernet0/5\n zone-member Z\n nameif z\n security-level 10\n");
    assert_eq!(gaps(&zone), [(LineStatus::Unsupported, false)]);
}

#[test]
fn routes_have_distance_tracks_and_null() {
    let reading = site(
        "route inside 10.0.0.0 255.0.0.0 10.1.1.254\nroute outside 0 0 203.0.113.3 254 track 5\nroute Null0 192.168.0.0 255.255.0.0\nipv6 route outside ::/0 2001:db8::1\n",
    );
    assert_clean(&reading);
    let routes = &reading.device.contexts.iter().next().unwrap().1.routes;
    let shown: Vec<(String, u8, bool)> =
        routes.iter().map(|r| (format!("{:?}", r.prefix), r.distance, r.withdrawable)).collect();
    let row = |prefix: &str, distance, track| (prefix.to_owned(), distance, track);
    assert_eq!(
        shown,
        [
            row("0.0.0.0/0", 1, false),
            row("10.0.0.0/8", 1, false),
            row("0.0.0.0/0", 254, true),
            row("192.168.0.0/16", 1, false),
            row("::/0", 1, false),
        ]
    );
    assert_eq!(routes[3].next_hop, NextHop::Discard);
}

#[test]
fn routing_protocols_and_policy_routes_are_may_branches() {
    let reading = read(
        "ASA Version 9.12(4)\ninterface GigabitEthernet0/1\n nameif inside\n security-level 100\n ip address 10.1.1.1 255.255.255.0\n policy-route route-map R\naccess-list P extended permit tcp any any eq 443\nroute-map R permit 10\n match ip address P\n set ip next-hop 10.1.1.77\nrouter ospf 1\n network 10.1.1.0 255.255.255.0 area 0\n",
    );
    assert_clean(&reading);
    let context = reading.device.contexts.iter().next().unwrap().1;
    assert_eq!(context.dynamic_routing[0].protocol, "ospf");
    assert_eq!(context.policy_routes.len(), 1);
    assert_eq!(
        context.policy_routes[0].next_hop,
        Some(NextHop::Gateway { address: ip("10.1.1.77"), interface: None })
    );
}

#[test]
fn what_stands_on_a_shut_port_is_down() {
    let port = |name: &str, lines: &str| format!("interface {name}\n{lines}");
    let up = |text: &str, name: &str| {
        let reading = read(&format!("ASA Version 9.12(4)\n{text}"));
        assert_clean(&reading);
        reading.device.interfaces[id(&reading.device, name)].up
    };
    let sub =
        port("GigabitEthernet0/1.10", " vlan 10\n nameif x\n ip address 10.2.0.1 255.255.255.0\n");
    let parent = |lines: &str| up(&format!("{}{sub}", port("GigabitEthernet0/1", lines)), "x");
    assert!(!parent(" shutdown\n no nameif\n"));
    assert!(parent(" no nameif\n"));
    assert!(parent(" shutdown\n no shutdown\n no nameif\n"));

    let member = |number: u8, lines: &str| {
        port(
            &format!("GigabitEthernet0/{number}"),
            &format!(" channel-group 3 mode active\n{lines}"),
        )
    };
    let bundle = port("Port-channel3", "") + &sub.replace("GigabitEthernet0/1", "Port-channel3");
    let of = |first: &str, second: &str| {
        up(&format!("{}{}{bundle}", member(1, first), member(2, second)), "x")
    };
    assert!(!of(" shutdown\n", " shutdown\n"));
    assert!(of(" shutdown\n", ""));

    let pair =
        " member-interface GigabitEthernet0/5\n member-interface GigabitEthernet0/6\n nameif x\n";
    let redundant = |second: &str| {
        let ports = port("GigabitEthernet0/5", " shutdown\n") + &port("GigabitEthernet0/6", second);
        up(&format!("{ports}{}", port("Redundant1", pair)), "x")
    };
    assert!(!redundant(" shutdown\n"));
    assert!(redundant(" no nameif\n"));
}
