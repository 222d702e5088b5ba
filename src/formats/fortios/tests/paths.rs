use super::ways::{context, routes};
use super::*;
use crate::model::NextHop;

#[test]
fn a_route_of_distance_255_is_left_out_and_said() {
    let reading = read(&format!(
        "{PORTS}config router static\nedit 1\nset dst 10.0.0.0 255.0.0.0\nset blackhole enable\nset distance 255\nnext\nend\n"
    ));
    assert!(routes(&reading.device).is_empty());
    assert!(reading.coverage[0].gaps.iter().any(|gap| gap.reason.en.contains("distance 255")));
}

#[test]
fn routes_of_a_vrf_or_for_some_sources_are_branches() {
    for extra in ["set vrf 5", "set src 172.20.99.0 255.255.255.0"] {
        let device = clean(&format!(
            "{PORTS}config router static\nedit 1\nset dst 10.0.0.0 255.0.0.0\nset blackhole enable\n{extra}\nnext\nend\n"
        ));
        assert!(routes(&device).is_empty());
        let branch = &context(&device).policy_routes[0];
        assert_eq!(branch.next_hop, Some(NextHop::Discard));
        assert_eq!(describe(&device, &branch.matches), "*>* any -> 10.0.0.0/8 any");
    }
    let same = "set vrf 0\nset src 0.0.0.0 0.0.0.0";
    let device = clean(&format!(
        "{PORTS}config router static\nedit 1\nset dst 10.0.0.0 255.0.0.0\nset blackhole enable\n{same}\nnext\nend\n"
    ));
    assert_eq!(routes(&device), ["10.0.0.0/8 discard 10/0"]);
}

#[test]
fn routes_into_a_tunnel_go_away_with_it() {
    let device = clean(&format!(
        "{PORTS}config vpn ipsec phase1-interface\nedit \"hub\"\nset interface \"wan1\"\nset remote-gw 198.51.100.9\nnext\nend\nconfig router static\nedit 1\nset dst 10.0.0.0 255.0.0.0\nset device \"hub\"\nnext\nedit 2\nset dst 10.0.0.0 255.0.0.0\nset blackhole enable\nset distance 254\nnext\nend\n"
    ));
    assert_eq!(routes(&device), ["10.0.0.0/8 @hub 10/0 w", "10.0.0.0/8 discard 254/0"]);
}

#[test]
fn routes_that_the_other_end_brings_may_lead_anywhere() {
    let phase1 = |extra: &str| {
        format!(
            "config vpn ipsec phase1-interface\nedit \"hub\"\nset interface \"wan1\"\n{extra}next\nend\n"
        )
    };
    let phase2 = "config vpn ipsec phase2-interface\nedit \"hub\"\nset phase1name \"hub\"\nset add-route enable\nnext\nend\n";
    let lease = |extra: &str| {
        format!(
            "config system interface\nedit \"isp\"\nset mode dhcp\nset defaultgw disable\n{extra}next\nend\n"
        )
    };
    let client = |extra: &str| {
        format!(
            "config vpn ssl client\nedit \"c\"\nset interface \"dmz\"\nset server \"198.51.100.7\"\n{extra}next\nend\n"
        )
    };
    let brought = |text: String| {
        let device = clean(&format!("{PORTS}{text}"));
        let list = &context(&device).dynamic_routing;
        list.iter().map(|routing| routing.protocol.clone()).collect::<Vec<_>>()
    };
    assert_eq!(brought(phase1("")), Vec::<String>::new());
    assert_eq!(brought(phase1("set type dynamic\n")), ["ipsec"]);
    assert_eq!(brought(phase1("set type dynamic\nset add-route disable\n")), Vec::<String>::new());
    assert_eq!(brought(phase1("set mode-cfg enable\n")), ["ipsec"]);
    assert_eq!(brought(phase1("") + phase2), ["ipsec"]);
    assert_eq!(brought(lease("")), Vec::<String>::new());
    assert_eq!(brought(lease("set dhcp-classless-route-addition enable\n")), ["dhcp"]);
    assert_eq!(brought(client("")), ["ssl-vpn"]);
    assert_eq!(brought(client("set status disable\n")), Vec::<String>::new());
}

#[test]
fn packets_turn_back_behind_one_gateway_too() {
    let turns = |header: &str, settings: &str, gateway: &str| {
        let device = clean(&format!(
            "{header}{settings}{PORTS}config router static\nedit 1\nset dst 10.0.0.0 255.0.0.0\nset gateway 172.20.0.2\n{gateway}next\nend\nconfig firewall policy\nend\n"
        ));
        device.interfaces[device.interface("lan").unwrap()].hairpin_unfiltered
    };
    let by = "set device \"lan\"\n";
    assert!(turns("", "", by) && turns("", "", ""));
    // Later releases ask the policies unless they are told otherwise.
    let header =
        |version: &str| format!("#config-version=FGT60F-{version}-FW-build1000-250101:opmode=0\n");
    let global =
        |value: &str| format!("config system global\nset allow-traffic-redirect {value}\nend\n");
    for (version, turned) in [("7.2.11", true), ("7.4.9", true), ("7.4.10", false)] {
        assert_eq!(turns(&header(version), "", by), turned, "{version}");
    }
    for (version, turned) in [("7.6.4", true), ("7.6.5", false), ("8.0.0", false)] {
        assert_eq!(turns(&header(version), "", by), turned, "{version}");
    }
    assert!(turns(&header("7.6.5"), &global("enable"), by));
    assert!(!turns(&header("7.2.11"), &global("disable"), by));
}
