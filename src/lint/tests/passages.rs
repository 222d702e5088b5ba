//! Defaults, bare interfaces and tunnels.

use super::*;

const BRANCHES: &str = "\
version: 1
zones:
  internet: { external: true }
  a: { networks: [10.1.1.0/24], roles: [in] }
  b: { networks: [10.1.2.0/24], roles: [in] }
  hub: { networks: [10.9.0.0/24] }
devices:
  one: { config: one.cfg }
  two: { config: two.cfg }
  gate: { opaque: true, addresses: [10.8.0.2, 10.8.1.2], networks: [10.9.0.0/24] }
";

/// A branch router with filters on its first port, or without any.
fn branch(number: u8, filtered: bool) -> String {
    let filters =
        if filtered { "ip lan1 secure filter in 1 9\nip lan1 secure filter out 9\n" } else { "" };
    let lan2 = number - 1;
    format!(
        "# RTX830 Rev.15.02.29\nip route default gateway 10.8.{lan2}.2\nip lan1 address 10.1.{number}.1/24\n{filters}\
         ip lan2 address 10.8.{lan2}.1/24\nip filter 1 pass 10.1.{number}.0/24 10.9.0.0/24 tcp * 443\n\
         ip filter 9 reject * *\n"
    )
}

#[test]
fn an_interface_that_was_forgotten() {
    let (one, two) = (branch(1, true), branch(2, false));
    let configs = [("one", "yamaha", one.as_str()), ("two", "yamaha", two.as_str())];
    let found = network("no-filter", BRANCHES, &configs);
    assert_eq!(
        told(&found),
        [(Severity::Medium, "lan1", "on two, no filter applies to what comes in by lan1")]
    );
    assert_eq!(details(&found[0])[0], "lan1 (b); one filters at the interface of the same name");
    let two = branch(2, true);
    let configs = [("one", "yamaha", one.as_str()), ("two", "yamaha", two.as_str())];
    assert_eq!(told(&network("no-filter", BRANCHES, &configs)), []);
}

#[test]
fn a_router_without_filters_is_reported_when_it_leads_outside() {
    let topology = "\
version: 1
zones: { internet: { external: true }, a: { networks: [10.1.1.0/24] }, b: { networks: [10.1.2.0/24] } }
devices: { rt: { config: rt.cfg } }
";
    let config = "# RTX830 Rev.15.02.29\nip lan1 address 10.1.1.1/24\nip lan2 address 10.1.2.1/24\n\
                  ip lan3 address 203.0.113.2/29\nip route default gateway 203.0.113.1\n";
    let outside = format!("{topology}attach: [ {{ zone: internet, at: \"rt:lan3\" }} ]\n");
    let found = network("no-filter", &outside, &[("rt", "yamaha", config)]);
    assert_eq!(told(&found)[0].0, Severity::High);
    assert_eq!(
        details(&found[0]),
        ["lan1 (a) to internet", "lan2 (b) to internet", "lan3 (internet) to a, b"]
    );
    let inside = config
        .replace("ip lan3 address 203.0.113.2/29\nip route default gateway 203.0.113.1\n", "");
    assert_eq!(told(&network("no-filter", topology, &[("rt", "yamaha", &inside)])), []);
}

const SWITCH: &str = "\
version: 1
zones: { a: { networks: [10.1.1.0/24] }, b: { networks: [10.1.2.0/24] }, c: { networks: [10.1.3.0/24] } }
devices: { sw: { config: sw.cfg } }
";

/// An L3 switch with a list on Vlan1 and Vlan2, and what `third` says on Vlan3.
fn switch(third: &str) -> String {
    format!(
        "version 15.2\nhostname sw\nip routing\ninterface Vlan1\n ip address 10.1.1.1 255.255.255.0\n ip access-group A in\n!\n\
         interface Vlan2\n ip address 10.1.2.1 255.255.255.0\n ip access-group A in\n!\ninterface Vlan3\n \
         ip address 10.1.3.1 255.255.255.0\n{third}!\nip access-list extended A\n permit tcp any host 10.1.3.9 eq 443\n \
         deny ip any any\nend\n"
    )
}

#[test]
fn a_switch_interface_without_its_list() {
    let bare = switch("");
    let found = network("no-filter", SWITCH, &[("sw", "ios", &bare)]);
    assert_eq!(details(&found[0]), ["Vlan3 (c) to a, b"]);
    let bound = switch(" ip access-group A in\n");
    assert_eq!(told(&network("no-filter", SWITCH, &[("sw", "ios", &bound)])), []);
    let plain = bare.replace(" ip access-group A in\n", "");
    assert_eq!(told(&network("no-filter", SWITCH, &[("sw", "ios", &plain)])), [], "a plain router");
}

#[test]
fn the_other_family_without_a_list() {
    let v6 = |vlan: u8| format!(" ipv6 address 2001:db8:{vlan}::1/64\n");
    let mut both = switch(" ip access-group A in\n");
    for vlan in 1..=3 {
        let line = format!(" ip address 10.1.{vlan}.1 255.255.255.0\n");
        both = both.replace(&line, &format!("{line}{}", v6(vlan)));
    }
    let both = both.replace("ip routing\n", "ip routing\nipv6 unicast-routing\n");
    let topology = SWITCH.replace("10.1.1.0/24]", "10.1.1.0/24, \"2001:db8:1::/64\"]");
    let found = network("no-filter", &topology, &[("sw", "ios", &both)]);
    assert_eq!(found.len(), 1, "{:?}", told(&found));
    assert!(details(&found[0])[0].contains("(IPv6)"), "{:?}", details(&found[0]));
}

const LEVELS: &str = "\
ASA Version 9.12(4)
hostname fw
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 10.1.1.1 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.1.2.1 255.255.255.0
access-list OUT extended permit tcp any host 10.1.2.9 eq 443
access-group OUT in interface outside
";

#[test]
fn a_security_level_opens_what_no_line_names() {
    let topology = "\
version: 1
zones: { a: { networks: [10.1.1.0/24] }, b: { networks: [10.1.2.0/24] } }
devices: { fw: { config: fw.cfg } }
";
    let found = network("default-permit", topology, &[("fw", "asa", LEVELS)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Severity::Medium);
    assert_eq!(details(&found[0]), ["from inside (b) to outside (a)"]);
    let closed = format!(
        "{LEVELS}access-list IN extended permit tcp any host 10.1.1.9 eq 443\naccess-group IN in interface inside\n"
    );
    assert_eq!(told(&network("default-permit", topology, &[("fw", "asa", &closed)])), []);
}

#[test]
fn a_chain_that_ends_open() {
    let topology = "\
version: 1
zones: { a: { networks: [10.1.1.0/24] }, b: { networks: [10.1.2.0/24] } }
devices:
  gw:
    config: gw.cfg
    interfaces: { eth0: { addresses: [10.1.1.1/24] }, eth1: { addresses: [10.1.2.1/24] } }
";
    let open = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n\
                -A FORWARD -p tcp --dport 23 -j DROP\nCOMMIT\n";
    let found = network("default-permit", topology, &[("gw", "iptables", open)]);
    assert_eq!(details(&found[0]).len(), 2, "{:?}", details(&found[0]));
    let closed = open.replace("FORWARD ACCEPT", "FORWARD DROP");
    assert_eq!(told(&network("default-permit", topology, &[("gw", "iptables", &closed)])), []);
    let ends = open.replace("COMMIT", "-A FORWARD -j DROP\nCOMMIT");
    assert_eq!(told(&network("default-permit", topology, &[("gw", "iptables", &ends)])), []);
}

#[test]
fn two_zones_in_one_vendor_zone() {
    let topology = "\
version: 1
zones: { file: { networks: [10.1.1.0/24] }, clean: { networks: [10.1.2.0/24] } }
devices: { fw: { config: fw.cfg } }
";
    let config = |zone: &str| {
        format!(
            "set deviceconfig system hostname fw\n\
             set network interface ethernet ethernet1/1 layer3 ip 10.1.1.1/24\n\
             set network interface ethernet ethernet1/2 layer3 ip 10.1.2.1/24\n\
             set network virtual-router default interface [ ethernet1/1 ethernet1/2 ]\n\
             set zone servers network layer3 ethernet1/1\nset zone {zone} network layer3 ethernet1/2\n\
             set rulebase security rules web from any\nset rulebase security rules web to any\n\
             set rulebase security rules web source any\nset rulebase security rules web destination 10.1.1.9\n\
             set rulebase security rules web application any\nset rulebase security rules web service any\n\
             set rulebase security rules web action allow\n"
        )
    };
    let (shared, apart) = (config("servers"), config("clean"));
    let found = network("default-permit", topology, &[("fw", "panos", &shared)]);
    assert_eq!(details(&found[0]).len(), 2, "{:?}", details(&found[0]));
    assert!(found[0].message.en.contains("intrazone"), "{}", found[0].message.en);
    assert_eq!(told(&network("default-permit", topology, &[("fw", "panos", &apart)])), []);
}

const TUNNELS: &str = "\
version: 1
zones: { a: { networks: [10.1.1.0/24] }, b: { networks: [10.1.2.0/24] } }
devices: { fw: { config: fw.cfg } }
";

#[test]
fn tunnels_through_the_firewall() {
    let lines = "\
access-list OUT extended permit esp host 10.1.1.7 host 10.1.2.7
access-list OUT extended permit udp host 10.1.1.7 host 10.1.2.7 eq 4500
access-list OUT extended permit tcp host 10.1.1.7 host 10.1.2.8 eq 443
access-list OUT extended deny gre any any
";
    let config = format!("{LEVELS}{lines}");
    let found = network("opaque-tunnel", TUNNELS, &[("fw", "asa", &config)]);
    assert_eq!(
        told(&found).iter().map(|(severity, label, _)| (*severity, *label)).collect::<Vec<_>>(),
        [(Severity::Medium, "OUT line 2"), (Severity::Medium, "OUT line 3")]
    );
    assert!(found[1].message.en.contains("udp/4500"));
}

#[test]
fn tunnels_that_end_on_the_firewall_are_seen_through() {
    let config = format!(
        "{LEVELS}access-list OUT extended permit esp any host 10.1.1.1\n\
         access-list OUT extended permit tcp any host 10.1.2.7 range 1000 60000\n"
    );
    assert_eq!(told(&network("opaque-tunnel", TUNNELS, &[("fw", "asa", &config)])), []);
}

#[test]
fn a_tunnel_into_the_unknown() {
    let config = "# RTX830 Rev.15.02.29\nip lan1 address 10.1.1.1/24\nip route 10.1.2.0/24 gateway tunnel 1\n\
                  tunnel select 1\n tunnel encapsulation ipip\n tunnel endpoint address 198.51.100.9\n tunnel enable 1\n";
    let topology = "\
version: 1
zones: { a: { networks: [10.1.1.0/24] }, far: { external: true, networks: [10.1.2.0/24] } }
devices: { rt: { config: rt.cfg } }
";
    let found = network("opaque-tunnel", topology, &[("rt", "yamaha", config)]);
    assert_eq!(
        told(&found).first().map(|(severity, label, _)| (*severity, *label)),
        Some((Severity::Low, "tunnel1"))
    );
    let known = format!("{topology}attach: [ {{ zone: far, at: \"rt:tunnel1\" }} ]\n");
    assert_eq!(told(&network("opaque-tunnel", &known, &[("rt", "yamaha", config)])), []);
}
