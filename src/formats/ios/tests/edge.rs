use super::judge::*;
use super::*;

const ROUTER: &str = include_str!("../../../../fixtures/formats/ios/zbf-router.cfg");

fn policy(case: &Case, from: &str, to: &str, flow: crate::net::Flow) -> (bool, bool) {
    let (must, may, _) = case.ask("zone policy", from, to, flow);
    (must, may)
}

const INSIDE: &str = "Vlan10";
const OUTSIDE: &str = "GigabitEthernet0/0/1";
const DMZ: &str = "GigabitEthernet0/0/2.100";

#[test]
fn zone_pairs_decide() {
    let case = Case::new(ROUTER);
    let out = |src: &str, port| policy(&case, INSIDE, OUTSIDE, tcp(src, "198.51.100.9", port));
    assert_eq!(out("192.168.10.7", 443), (true, true), "match-all of class-map and list");
    assert_eq!(out("192.168.10.7", 8080), (true, true), "ip port-map");
    assert_eq!(out("192.168.11.7", 443), (false, false));
    assert_eq!(out("192.168.11.7", 587), (true, true), "second class");
    assert_eq!(out("192.168.10.7", 22), (false, false));
}

#[test]
fn a_deny_in_a_class_list_means_another_class() {
    let case = Case::new(ROUTER);
    let inward = |dst: &str, port| policy(&case, OUTSIDE, DMZ, tcp("198.51.100.9", dst, port));
    assert_eq!(inward("172.16.1.10", 443), (true, true));
    assert_eq!(inward("172.16.1.11", 22), (false, false));
    assert_eq!(inward("172.16.1.12", 443), (false, false));
    let text = "version 15.9\nzone security A\nzone security B\nip access-list extended L\n deny tcp any any eq 23\n permit tcp any any\nclass-map type inspect match-all C\n match access-group name L\nclass-map type inspect match-all D\n match protocol telnet\npolicy-map type inspect P\n class type inspect C\n  drop\n class type inspect D\n  inspect\nzone-pair security AB source A destination B\n service-policy type inspect P\ninterface GigabitEthernet0/0\n zone-member security A\n ip address 10.0.0.1 255.255.255.0\ninterface GigabitEthernet0/1\n zone-member security B\n ip address 10.0.1.1 255.255.255.0\n";
    let case = Case::new(text);
    let ask = |port| {
        policy(&case, "GigabitEthernet0/0", "GigabitEthernet0/1", tcp("10.0.0.9", "10.0.1.9", port))
    };
    assert_eq!((ask(23), ask(80)), ((true, true), (false, false)));
}

#[test]
fn zones_without_a_pair_are_apart_and_one_zone_is_open() {
    let case = Case::new(ROUTER);
    let flow = tcp("198.51.100.9", "192.168.10.7", 443);
    assert_eq!(policy(&case, OUTSIDE, INSIDE, flow), (false, false));
    assert_eq!(policy(&case, OUTSIDE, "Dialer1", flow), (true, true), "same zone");
    assert_eq!(
        policy(&case, INSIDE, "GigabitEthernet0/0/2.200", flow),
        (false, false),
        "zone to no zone"
    );
    assert_eq!(
        policy(&case, "GigabitEthernet0/0/2.200", "GigabitEthernet0/0/0", flow),
        (true, true),
        "no zone"
    );
}

#[test]
fn pass_is_stateless() {
    let case = Case::new(ROUTER);
    let mut ping = packet(1, "192.168.10.7", "10.30.0.9", 0);
    assert_eq!(policy(&case, INSIDE, "Tunnel1", ping), (true, true));
    ping.state = crate::net::State::Established;
    assert_eq!(policy(&case, "Tunnel1", INSIDE, ping), (false, false));
    let names: Vec<(&str, bool)> = case
        .device()
        .contexts
        .iter()
        .next()
        .unwrap()
        .1
        .pipeline
        .iter()
        .filter_map(|stage| match stage {
            Stage::Filter(filter) if filter.name.starts_with("zone") => {
                Some((filter.name, filter.stateful))
            }
            _ => None,
        })
        .collect();
    assert_eq!(names, [("zone policy", true), ("zone policy (pass)", false)]);
}

#[test]
fn the_self_zone_is_open_until_a_pair_names_it() {
    let case = Case::new(ROUTER);
    let ssh = |src: &str, at: &str| case.local(0, at, tcp(src, "203.0.113.2", 22));
    assert_eq!(ssh("198.51.100.5", OUTSIDE), (false, false), "access-class 10");
    assert_eq!(ssh("192.168.10.5", OUTSIDE), (false, false), "the pair to self");
    assert_eq!(ssh("192.168.10.5", INSIDE), (true, true));
}

#[test]
fn an_unlisted_protocol_may_match_anything() {
    let text = "version 15.9\nzone security A\nzone security B\nclass-map type inspect match-any C\n match protocol h323\npolicy-map type inspect P\n class type inspect C\n  inspect\nzone-pair security AB source A destination B\n service-policy type inspect P\ninterface GigabitEthernet0/0\n zone-member security A\ninterface GigabitEthernet0/1\n zone-member security B\n";
    let case = Case::new(text);
    let flow = tcp("10.0.0.9", "10.0.1.9", 80);
    assert_eq!(policy(&case, "GigabitEthernet0/0", "GigabitEthernet0/1", flow), (false, true));
}

#[test]
fn class_maps_that_name_one_another_end() {
    let mut text = "version 15.9\nzone security A\nzone security B\n".to_owned();
    for n in 0..40 {
        text.push_str(&format!("class-map type inspect match-all C{n}\n"));
        for _ in 0..10 {
            text.push_str(&format!(" match class-map C{}\n", (n + 1) % 40));
        }
    }
    text.push_str("policy-map type inspect P\n class type inspect C0\n  inspect\nzone-pair security AB source A destination B\n service-policy type inspect P\ninterface GigabitEthernet0/0\n zone-member security A\ninterface GigabitEthernet0/1\n zone-member security B\n");
    let case = Case::new(&text);
    assert!(case.device().lists.len() < 300_000);
}

#[test]
fn static_translations() {
    let case = Case::new(ROUTER);
    let down = |port| {
        case.translate(
            "ip nat destination",
            OUTSIDE,
            OUTSIDE,
            tcp("198.51.100.9", "203.0.113.3", port),
        )
    };
    let rewrites = down(8080);
    let rewrite = rewrites[0].unwrap();
    assert_eq!(rewrites.len(), 1);
    let range = |a: &str| crate::net::AddressRange::single(a.parse().unwrap());
    assert_eq!(rewrite.destination, Some(AddressMap::Pool(vec![range("172.16.1.10")])));
    assert!(
        matches!(rewrite.destination_port, Some(PortMap::Shift { to, .. }) if to.first() == 80)
    );
    assert!(down(25)[0].is_none());
    let from_inside = case.translate(
        "ip nat destination",
        INSIDE,
        OUTSIDE,
        tcp("192.168.10.5", "203.0.113.3", 443),
    );
    assert!(from_inside[0].is_none(), "inside interfaces do not translate destinations");
    let up = case.translate(
        "ip nat inside source",
        DMZ,
        OUTSIDE,
        tcp("172.16.1.11", "198.51.100.9", 80),
    );
    assert_eq!(up[0].unwrap().source, Some(AddressMap::Pool(vec![range("203.0.113.6")])));
    let own = &case.device().interfaces[case.id(OUTSIDE)].addresses;
    assert!(own.iter().any(|a| a.address.to_string() == "203.0.113.3" && a.len == 29));
}

#[test]
fn dynamic_translations_follow_lists_and_route_maps() {
    let case = Case::new(ROUTER);
    let up = |src: &str, from: &str, to: &str| {
        let found = case.translate("ip nat inside source", from, to, tcp(src, "198.51.100.9", 80));
        found.iter().map(|r| r.and_then(|r| r.source.clone())).collect::<Vec<_>>()
    };
    assert_eq!(up("192.168.10.5", INSIDE, "Dialer1"), [Some(AddressMap::EgressInterface)]);
    assert_eq!(
        up("192.168.10.250", INSIDE, "Dialer1"),
        [None],
        "denied by the list: not translated"
    );
    assert!(matches!(up("172.16.1.40", DMZ, OUTSIDE)[0], Some(AddressMap::Pool(_))));
    assert_eq!(up("172.16.1.40", DMZ, "Dialer1"), [None], "match interface");
    assert_eq!(up("192.168.10.5", INSIDE, "Vlan10"), [None], "egress is not outside");
}

#[test]
fn translation_forms() {
    let text = "version 15.9\nip vrf V\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.255.255.0\n ip nat inside\ninterface GigabitEthernet0/1\n ip address 192.0.2.1 255.255.255.0\n ip nat outside\ninterface GigabitEthernet0/2\n ip vrf forwarding V\n ip address 10.5.0.1 255.255.255.0\n ip nat inside\naccess-list 10 permit 10.0.0.0 0.0.0.255\naccess-list 20 permit 10.0.0.100\nip nat pool P 192.0.2.100 192.0.2.110 prefix-length 24\nip nat pool SERVERS 10.0.0.50 10.0.0.52 prefix-length 24 type rotary\nip nat inside source static network 10.0.0.128 192.0.2.128 255.255.255.128\nip nat inside source static 10.5.0.9 192.0.2.9 vrf V\nip nat inside source list 10 pool P\nip nat outside source static 198.51.100.7 10.0.9.7 add-route\nip nat inside destination list 20 pool SERVERS\n";
    let case = Case::new(text);
    assert!(case.unknown().is_empty());
    let (inside, outside) = ("GigabitEthernet0/0", "GigabitEthernet0/1");
    let down = |dst: &str| {
        case.translate("ip nat destination", outside, inside, tcp("198.51.100.9", dst, 80))
    };
    assert!(matches!(down("192.0.2.130")[0].unwrap().destination, Some(AddressMap::Shift { .. })));
    assert_eq!(down("192.0.2.105").len(), 2, "a translation in use, or none");
    assert!(
        matches!(&down("10.0.0.100")[0].unwrap().destination, Some(AddressMap::Pool(r)) if r[0].extent() == 2)
    );
    let named = case.translate(
        "ip nat outside source",
        outside,
        inside,
        tcp("198.51.100.7", "10.0.0.5", 80),
    );
    assert!(named[0].unwrap().source.is_some());
    let back = case.translate(
        "ip nat outside destination",
        inside,
        outside,
        tcp("10.0.0.5", "10.0.9.7", 80),
    );
    assert!(back[0].unwrap().destination.is_some());
    let global = case.device().contexts.iter().next().unwrap().1;
    assert!(global.policy_routes.iter().any(|r| matches!(r.matches.translated, Translated::By(_))));
}

#[test]
fn stages_stand_in_the_order_of_the_vendor() {
    let case = Case::new(ROUTER);
    let names: Vec<&str> = case
        .device()
        .contexts
        .iter()
        .next()
        .unwrap()
        .1
        .pipeline
        .iter()
        .map(|stage| match stage {
            Stage::Filter(filter) => filter.name,
            Stage::Translate(translate) => translate.name,
            Stage::Route => "route",
        })
        .collect();
    assert_eq!(
        names,
        [
            "access-group in",
            "ip nat destination",
            "route",
            "ipv6 unicast-routing",
            "zone policy",
            "zone policy (pass)",
            "ip nat inside source"
        ]
    );
}

#[test]
fn the_way_back_of_a_pass_is_shut_without_a_pair_of_its_own() {
    let case = Case::new(ROUTER);
    let global = case.device().contexts.iter().next().unwrap().1;
    let stateless = global.pipeline.iter().find_map(|stage| match stage {
        Stage::Filter(filter) if filter.name == "zone policy (pass)" => Some(filter),
        _ => None,
    });
    let flow = packet(1, "10.30.0.9", "192.168.10.7", 0);
    let ends =
        filter(case.device(), stateless.unwrap(), case.id("Tunnel1"), Some(case.id(INSIDE)), &flow);
    assert_eq!(ends.len(), 1);
    assert!(ends.iter().all(|(permit, label)| !permit && label == "no zone-pair VPN to INSIDE"));
}

#[test]
fn large_lists_are_read_in_linear_time() {
    let mut text = "version 15.9\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.255.255.0\n ip access-group BIG in\nip access-list extended BIG\n".to_owned();
    for n in 0..50_000u32 {
        text.push_str(&format!(
            " {} permit tcp 10.{}.{}.0 0.0.0.255 host 192.0.2.{} eq {}\n",
            n * 10 + 10,
            n >> 8 & 255,
            n & 255,
            n % 250,
            n % 1000 + 1
        ));
    }
    for n in 0..20_000u32 {
        text.push_str(&format!(
            "ip route 10.{}.{}.0 255.255.255.0 10.0.0.2\n",
            n >> 8 & 255,
            n & 255
        ));
    }
    let case = Case::new(&text);
    assert_eq!(case.device().lists.iter().next().unwrap().1.lines.len(), 50_000);
    assert!(case.unknown().is_empty());
}

#[test]
fn a_number_without_a_condition_is_an_unread_line() {
    for text in [
        "ip access-list extended A\n 10\n",
        "access-list 1\n",
        "access-list 120\n",
        "ipv6 access-list S\n sequence\n",
    ] {
        let (_, reading) = read_text(text);
        let gaps = &reading.coverage[0].gaps;
        assert!(gaps.iter().any(|gap| gap.status == LineStatus::Unknown), "{text:?}");
        assert!(
            !gaps.iter().any(|gap| gap.reason.en == "this line was not interpreted"),
            "{text:?}"
        );
    }
}
