//! Packets to the device itself.

use super::*;

#[test]
fn management_commands_open_what_they_name_at_that_interface() {
    let reading = site(
        "ssh 10.1.1.16 255.255.255.240 inside\nssh timeout 10\nssh version 2\nhttp server enable 8443\nhttp 10.1.1.16 255.255.255.240 inside\ntelnet timeout 5\n",
    );
    assert_clean(&reading);
    assert_eq!(to_self(&reading, "inside", tcp("10.1.1.20", "10.1.1.1", 22)), Outcome::Permit);
    assert_eq!(to_self(&reading, "inside", tcp("10.1.1.20", "10.1.1.1", 8443)), Outcome::Permit);
    assert_eq!(to_self(&reading, "inside", tcp("10.1.1.40", "10.1.1.1", 22)), Outcome::Deny);
    assert_eq!(to_self(&reading, "outside", tcp("10.1.1.20", "203.0.113.2", 22)), Outcome::Deny);
    // The address of another interface does not answer.
    assert_eq!(to_self(&reading, "inside", tcp("10.1.1.20", "10.1.2.1", 22)), Outcome::Deny);
}

#[test]
fn interface_lists_do_not_apply_to_the_device() {
    let reading = site(
        "access-list I extended permit ip any any\naccess-group I in interface inside\nssh 10.1.1.0 255.255.255.0 inside\naccess-list D extended deny ip any any\naccess-group D in interface dmz\nssh 0.0.0.0 0.0.0.0 dmz\n",
    );
    assert_eq!(to_self(&reading, "inside", tcp("10.1.1.5", "10.1.1.1", 23)), Outcome::Deny);
    assert_eq!(to_self(&reading, "dmz", tcp("10.1.2.5", "10.1.2.1", 22)), Outcome::Permit);
}

#[test]
fn http_without_its_server_is_closed() {
    let reading = site("http 10.1.1.0 255.255.255.0 inside\n");
    assert_eq!(to_self(&reading, "inside", tcp("10.1.1.5", "10.1.1.1", 443)), Outcome::Deny);
}

#[test]
fn ping_is_open_until_the_first_icmp_rule() {
    let ping =
        |reading: &Reading| to_self(reading, "outside", flow(1, "198.51.100.1", "203.0.113.2", 0));
    assert_eq!(ping(&site("")), Outcome::Permit);
    assert_eq!(ping(&site("icmp permit any echo-reply outside\n")), Outcome::Deny);
    assert_eq!(ping(&site("icmp permit any echo outside\n")), Outcome::Permit);
    assert_eq!(ping(&site("icmp deny any outside\n")), Outcome::Deny);
    assert_eq!(
        ping(&site("icmp deny any inside\nicmp unreachable rate-limit 1 burst-size 1\n")),
        Outcome::Permit
    );
}

#[test]
fn a_control_plane_list_comes_after_management_commands() {
    let reading = site(
        "ssh 0.0.0.0 0.0.0.0 outside\ncrypto ikev2 enable outside\naccess-list C extended deny ip any any\naccess-group C in interface outside control-plane\n",
    );
    assert_clean(&reading);
    assert_eq!(
        to_self(&reading, "outside", tcp("198.51.100.1", "203.0.113.2", 22)),
        Outcome::Permit
    );
    assert_eq!(
        to_self(&reading, "outside", flow(17, "198.51.100.1", "203.0.113.2", 500)),
        Outcome::Deny
    );
}

#[test]
fn ike_webvpn_snmp_and_dhcp_answer() {
    let reading = site(
        "crypto ikev2 enable outside client-services port 443\nwebvpn\n port 4443\n enable outside\nsnmp-server host inside 10.1.1.30 community x version 2c\nsnmp-server enable traps\ndhcpd enable dmz\ndhcpd address 10.1.2.100-10.1.2.120 dmz\n",
    );
    assert_clean(&reading);
    let outside = |protocol, port| {
        to_self(&reading, "outside", flow(protocol, "198.51.100.1", "203.0.113.2", port))
    };
    assert_eq!(
        [outside(17, 500), outside(17, 4500), outside(50, 0), outside(6, 443), outside(6, 4443)],
        [Outcome::Permit; 5]
    );
    assert_eq!(outside(6, 22), Outcome::Deny);
    assert_eq!(
        to_self(&reading, "inside", flow(17, "10.1.1.30", "10.1.1.1", 161)),
        Outcome::Permit
    );
    assert_eq!(to_self(&reading, "inside", flow(17, "10.1.1.31", "10.1.1.1", 161)), Outcome::Deny);
    assert_eq!(to_self(&reading, "dmz", flow(17, "10.1.2.5", "10.1.2.1", 67)), Outcome::Permit);
}

#[test]
fn telnet_to_the_lowest_level_is_not_certain() {
    let reading = site("telnet 0.0.0.0 0.0.0.0 outside\ntelnet 0.0.0.0 0.0.0.0 inside\n");
    assert_eq!(
        to_self(&reading, "outside", tcp("198.51.100.1", "203.0.113.2", 23)),
        Outcome::Either
    );
    assert_eq!(to_self(&reading, "inside", tcp("10.1.1.5", "10.1.1.1", 23)), Outcome::Permit);
}

#[test]
fn management_access_reaches_through_a_vpn_only() {
    let reading = site(
        "ssh 10.8.0.0 255.255.0.0 inside\nmanagement-access inside\ncrypto ikev2 enable outside\n",
    );
    assert_clean(&reading);
    assert_eq!(to_self(&reading, "outside", tcp("10.8.0.5", "10.1.1.1", 22)), Outcome::Either);
    assert_eq!(to_self(&reading, "outside", tcp("10.8.0.5", "10.1.1.1", 443)), Outcome::Deny);
    assert_eq!(to_self(&reading, "dmz", tcp("10.8.0.5", "10.1.1.1", 22)), Outcome::Deny);
}

#[test]
fn a_command_for_a_missing_interface_opens_nothing() {
    let reading = site("ssh 0.0.0.0 0.0.0.0 nowhere\n");
    assert_eq!(gaps(&reading), [(LineStatus::Unsupported, true)]);
}

#[test]
fn services_answer_at_the_ports_that_they_were_given() {
    let reading = site(
        "snmp-server host outside 198.51.100.9 community x\nsnmp-server listen-port 1161\nwebvpn\n port 8443\n dtls port 9443\n enable \
         outside\n enable dmz tls-only\n",
    );
    assert_clean(&reading);
    let at = |interface: &str, own: &str, protocol, port| {
        to_self(&reading, interface, flow(protocol, "198.51.100.9", own, port))
    };
    let outside = |protocol, port| at("outside", "203.0.113.2", protocol, port);
    assert_eq!([outside(17, 1161), outside(6, 8443), outside(17, 9443)], [Outcome::Permit; 3]);
    assert_eq!([outside(17, 161), outside(17, 8443), outside(17, 443)], [Outcome::Deny; 3]);
    assert_eq!(at("dmz", "10.1.2.1", 6, 8443), Outcome::Permit);
    assert_eq!(at("dmz", "10.1.2.1", 17, 9443), Outcome::Deny);
}

#[test]
fn load_balancing_may_answer_its_cluster() {
    let judged = |lines: &str, interface: &str, own: &str, port| {
        let reading =
            site(&format!("vpn load-balancing\n cluster ip address 203.0.113.10\n{lines}"));
        assert_clean(&reading);
        to_self(&reading, interface, flow(17, "203.0.113.3", own, port))
    };
    let outside = |lines: &str, port| judged(lines, "outside", "203.0.113.2", port);
    assert_eq!(outside(" participate\n", 9023), Outcome::Either);
    assert_eq!(outside(" cluster port 9100\n participate\n", 9100), Outcome::Either);
    assert_eq!(outside("", 9023), Outcome::Deny);
    let private = " interface lbprivate dmz\n participate\n";
    assert_eq!(judged(private, "dmz", "10.1.2.1", 9023), Outcome::Either);
    assert_eq!(judged(private, "inside", "10.1.1.1", 9023), Outcome::Deny);
}
