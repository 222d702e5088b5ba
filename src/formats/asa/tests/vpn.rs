//! What VPN configuration opens.

use super::*;

const TUNNEL: &str = "\
access-list CRYPTO extended permit ip 10.1.1.0 255.255.255.0 10.8.0.0 255.255.0.0
access-list O extended deny ip any any
access-group O in interface outside
crypto map M 10 match address CRYPTO
crypto map M 10 set peer 198.51.100.50
crypto map M interface outside
tunnel-group 198.51.100.50 type ipsec-l2l
";

fn from_far(reading: &Reading, src: &str) -> Outcome {
    through(reading, "outside", "inside", tcp(src, "10.1.1.5", 445))
}

#[test]
fn decrypted_packets_bypass_the_interface_list() {
    let reading = site(TUNNEL);
    assert_clean(&reading);
    assert_eq!(from_far(&reading, "10.8.3.3"), Outcome::Either);
    assert_eq!(from_far(&reading, "10.9.3.3"), Outcome::Deny);
    let filtered = site(&format!("{TUNNEL}no sysopt connection permit-vpn\n"));
    assert_clean(&filtered);
    assert_eq!(from_far(&filtered, "10.8.3.3"), Outcome::Deny);
}

#[test]
fn they_bypass_the_egress_list_too() {
    let reading = site(&format!(
        "{TUNNEL}access-list I extended deny ip any any\naccess-group I out interface inside\n"
    ));
    assert_eq!(from_far(&reading, "10.8.3.3"), Outcome::Either);
    assert_eq!(through(&reading, "dmz", "inside", tcp("10.8.3.3", "10.1.1.5", 445)), Outcome::Deny);
}

#[test]
fn a_map_that_stands_on_no_interface_opens_nothing() {
    let text = TUNNEL.replace("crypto map M interface outside\n", "");
    assert_eq!(from_far(&site(&text), "10.8.3.3"), Outcome::Deny);
}

#[test]
fn a_dynamic_map_takes_any_proposal_of_a_network_peer() {
    let reading = site(&format!(
        "{TUNNEL}crypto dynamic-map D 10 set ikev1 transform-set T\ncrypto map M 99 ipsec-isakmp dynamic D\n"
    ));
    assert_eq!(from_far(&reading, "192.0.2.9"), Outcome::Either);
}

#[test]
fn remote_access_sends_from_its_pools() {
    let reading = site(
        "ip local pool P 10.1.250.1-10.1.250.50 mask 255.255.255.0\naccess-list O extended deny ip any any\naccess-group O in interface outside\nwebvpn\n enable outside\n anyconnect enable\ntunnel-group RA type remote-access\ntunnel-group RA general-attributes\n address-pool P\n",
    );
    assert_clean(&reading);
    assert_eq!(from_far(&reading, "10.1.250.7"), Outcome::Either);
    assert_eq!(from_far(&reading, "10.1.250.77"), Outcome::Deny);
    let radius = site(
        "access-list O extended deny ip any any\naccess-group O in interface outside\nwebvpn\n enable outside\ntunnel-group RA type remote-access\ntunnel-group RA general-attributes\n default-group-policy G\n",
    );
    assert_eq!(from_far(&radius, "10.1.250.77"), Outcome::Either);
}

#[test]
fn tunnel_interfaces_are_open() {
    let reading = site(
        "interface Tunnel1\n nameif vti\n ip address 169.254.1.1 255.255.255.252\n tunnel source interface outside\n tunnel destination 198.51.100.77\n tunnel mode ipsec ipv4\n tunnel protection ipsec profile P\n",
    );
    assert_clean(&reading);
    assert_eq!(
        through(&reading, "vti", "inside", tcp("10.200.0.1", "10.1.1.5", 445)),
        Outcome::Either
    );
}

#[test]
fn where_the_map_names_translated_addresses_the_list_opens_to_any() {
    let nat = "object network IN\n subnet 10.1.1.0 255.255.255.0\nobject network SEEN\n subnet 172.31.9.0 255.255.255.0\nobject network \
               FAR\n subnet 10.8.0.0 255.255.0.0\nnat (inside,outside) source static IN SEEN destination static FAR FAR\n";
    let text = TUNNEL.replace("permit ip 10.1.1.0", "permit ip 172.31.9.0");
    let reading = site(&format!("{text}{nat}"));
    let translated = |reading: &Reading| list(reading, "permit-vpn").lines[0].matches.destination;
    assert_eq!(address(&reading.device, translated(&reading), ip("10.1.1.5")), Some(true));
    let same = nat.replace("static IN SEEN", "static IN IN");
    let reading = site(&format!("{TUNNEL}{same}"));
    assert_eq!(address(&reading.device, translated(&reading), ip("10.1.2.5")), Some(false));
}

#[test]
fn a_map_on_an_interface_has_a_tunnel_that_admits_what_the_map_names() {
    let reading = site(TUNNEL);
    let name = "crypto map M interface outside";
    let tunnel = &reading.device.interfaces[id(&reading.device, name)];
    assert_eq!(tunnel.kind, InterfaceKind::Tunnel);
    let from = |src: &str, dst: &str| through(&reading, name, "inside", tcp(src, dst, 445));
    assert_eq!(from("10.8.3.3", "10.1.1.5"), Outcome::Either);
    assert_eq!(from("10.9.3.3", "10.1.1.5"), Outcome::Deny);
    assert_eq!(from("10.8.3.3", "10.1.2.5"), Outcome::Deny);
    // Without permit-vpn, the list of the interface decides beside the map.
    let filtered = site(&format!("{TUNNEL}no sysopt connection permit-vpn\n"));
    let packet = tcp("10.8.3.3", "10.1.1.5", 445);
    assert_eq!(through(&filtered, name, "inside", packet), Outcome::Deny);
    let ways = &reading.device.contexts.iter().next().unwrap().1.policy_routes;
    assert_eq!(ways.len(), 2);
    for way in ways {
        let to = |dst: &str| address(&reading.device, way.matches.destination, ip(dst));
        assert_eq!((to("10.8.3.3"), to("10.9.3.3")), (Some(true), Some(false)));
    }
}

#[test]
fn a_map_for_clients_alone_has_no_tunnel_but_ways_to_them() {
    let reading = site(
        "ip local pool P 10.1.250.1-10.1.250.50 mask 255.255.255.0\ncrypto dynamic-map D 10 set reverse-route\ncrypto map M 99 \
         ipsec-isakmp dynamic D\ncrypto map M interface outside\ntunnel-group RA type remote-access\ntunnel-group RA \
         general-attributes\n address-pool P\n",
    );
    assert_clean(&reading);
    assert_eq!(reading.device.interface("crypto map M interface outside"), None);
    let ways = &reading.device.contexts.iter().next().unwrap().1.policy_routes;
    assert_eq!(ways.len(), 1);
    let outside = id(&reading.device, "outside");
    assert_eq!(ways[0].next_hop, Some(NextHop::Interface(outside)));
    let to = |dst: &str| address(&reading.device, ways[0].matches.destination, ip(dst));
    assert_eq!((to("10.1.250.7"), to("10.1.250.77")), (Some(true), Some(false)));
}
