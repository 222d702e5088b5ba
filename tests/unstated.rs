//! What nobody states may be: who stands at the other end of an interface, whose the addresses are that no zone names, and which
//! address an interface learns. None of it lets a rule hold.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use sekisho::finding::Verdict::{self, Holds, Undetermined, Violated};
use sekisho::scan::{self, Files, Options};

/// The verdicts of these rules over a topology and configurations.
fn verdicts(topology: &str, rules: &str, configs: &[(&str, &str)]) -> Vec<Verdict> {
    let entry = |name: &str, text: String| (name.to_owned(), text.into_bytes());
    let mut entries: Vec<(String, Vec<u8>)> =
        configs.iter().map(|(name, text)| entry(name, (*text).to_owned())).collect();
    entries.push(entry("topology.yaml", format!("version: 1\nname: unstated\n{topology}")));
    entries.push(entry("policy.yaml", format!("version: 1\nrules:\n{rules}")));
    let files = Files { name: "unstated".to_owned(), entries };
    let scan = scan::scan(files, &Options::default()).unwrap();
    scan.verdicts.iter().map(|verdict| verdict.verdict).collect()
}

/// A router with these interfaces and further lines.
fn router(interfaces: &[&str], rest: &str) -> String {
    let mut text = "hostname gw\n".to_owned();
    for (index, lines) in interfaces.iter().enumerate() {
        text += &format!("interface GigabitEthernet0/{index}\n {}\n!\n", lines.replace('|', "\n "));
    }
    text + rest + "end\n"
}

const TWO: &str = "zones: { a: { networks: [10.1.0.0/24] }, b: { networks: [10.2.0.0/24] } }\n";
const A_TO_B: &str = "  - { id: R1, deny: { from: a, to: b } }\n";

#[test]
fn a_gateway_that_nobody_declares_may_lead_to_the_internet() {
    let topology = "zones: { net: { external: true }, a: { networks: [10.1.0.0/24] }, b: { networks: [10.2.0.0/24] } }
devices: { one: { config: one.cfg }, two: { config: two.cfg } }
attach: [ { zone: net, at: 'one:GigabitEthernet0/0' } ]\n";
    let rules = "  - { id: R1, deny: { from: net, to: b } }
  - { id: R2, deny: { from: b, to: net } }
  - { id: R3, via: { from: net, to: b, through: one } }
  - { id: R4, require: { from: net, to: a, service: tcp/443 } }\n";
    let closed = "ip access-list extended IN\n permit tcp any 10.1.0.0 0.0.0.255 eq 443\n deny ip any any\n\
                  ip route 0.0.0.0 0.0.0.0 203.0.113.1\n";
    let one = router(
        &[
            "ip address 203.0.113.2 255.255.255.248|ip access-group IN in",
            "ip address 10.1.0.1 255.255.255.0",
        ],
        closed,
    );
    let open = ["ip address 198.51.100.2 255.255.255.248", "ip address 10.2.0.1 255.255.255.0"];
    let two = router(&open, "ip route 0.0.0.0 0.0.0.0 198.51.100.1\n");
    let configs = [("one.cfg", one.as_str()), ("two.cfg", two.as_str())];
    // What the Internet may do besides does not put in doubt what it surely can.
    assert_eq!(
        verdicts(topology, rules, &configs),
        [Undetermined, Undetermined, Undetermined, Holds]
    );
    // Also where nothing else is uncertain: the gateway is beside the one host that is asked about.
    let besides = "  - { id: R1, via: { from: net, to: 10.2.0.10/32, through: one } }\n";
    let ends = ["ip address 203.0.113.2 255.255.255.248", "ip address 10.2.0.1 255.255.255.0"];
    let alone = router(&ends, "ip route 10.9.0.0 255.255.0.0 10.2.0.9\n");
    let drawn = topology.replace(", two: { config: two.cfg }", "");
    assert_eq!(verdicts(&drawn, besides, &[("one.cfg", &alone)]), [Undetermined]);
    // So may whoever gives an interface its address.
    let learns = ["ip address dhcp", "ip address 10.2.0.1 255.255.255.0"];
    let two = router(&learns, "");
    let configs = [("one.cfg", one.as_str()), ("two.cfg", two.as_str())];
    assert_eq!(
        verdicts(topology, rules, &configs)[..3],
        [Undetermined, Undetermined, Undetermined]
    );
}

#[test]
fn a_router_of_the_provider_that_two_firewalls_share_may_lead_from_one_to_the_other() {
    let topology = |second: &str| {
        format!(
            "zones: {{ net: {{ external: true }}, a: {{ networks: [10.1.0.0/24] }}, b: {{ networks: [10.2.0.0/24] }} }}
devices:
  one: {{ config: one.cfg }}
  two: {{ config: two.cfg }}
  isp: {{ opaque: true, addresses: [203.0.113.1{second}], networks: [0.0.0.0/0] }}\n"
        )
    };
    let [one, two] =
        ["203.0.113", "198.51.100"].map(|site| format!("ip address {site}.2 255.255.255.248"));
    let one = router(
        &[&one, "ip address 10.1.0.1 255.255.255.0"],
        "ip route 0.0.0.0 0.0.0.0 203.0.113.1\n",
    );
    let two = router(
        &[&two, "ip address 10.2.0.1 255.255.255.0"],
        "ip route 0.0.0.0 0.0.0.0 198.51.100.1\n",
    );
    let configs = [("one.cfg", one.as_str()), ("two.cfg", two.as_str())];
    let shared = topology(", 198.51.100.1");
    assert_eq!(verdicts(&shared, A_TO_B, &configs), [Undetermined]);
    let apart = topology("").replace(
        "isp:",
        "other: { opaque: true, addresses: [198.51.100.1], networks: [0.0.0.0/0] }\n  isp:",
    );
    assert_eq!(verdicts(&apart, A_TO_B, &configs), [Holds]);
    // Two sites on one segment of a carrier have the same router, whether anybody declares it or not.
    let sites = "zones: { net: { external: true }, a: { networks: [10.1.0.0/24] }, b: { networks: [10.2.0.0/24] } }
devices: { one: { config: one.cfg }, two: { config: two.cfg } }
attach: [ { zone: net, at: 'one:GigabitEthernet0/0' }, { zone: net, at: 'two:GigabitEthernet0/0' } ]\n";
    let site = |number: u8| {
        let ends = [
            format!("ip address 203.0.113.{} 255.255.255.248", number + 1),
            format!("ip address 10.{number}.0.1 255.255.255.0"),
        ];
        let ends: Vec<&str> = ends.iter().map(String::as_str).collect();
        router(&ends, "ip route 0.0.0.0 0.0.0.0 203.0.113.1\n")
    };
    let (one, two) = (site(1), site(2));
    let configs = [("one.cfg", one.as_str()), ("two.cfg", two.as_str())];
    assert_eq!(verdicts(sites, A_TO_B, &configs), [Undetermined]);
}

#[test]
fn whoever_is_on_the_segment_of_a_zone_belongs_to_it() {
    let topology = format!("{TWO}devices: {{ gw: {{ config: gw.cfg }} }}\n");
    let guarded =
        "ip access-list extended OUT\n deny ip any 10.2.0.0 0.0.0.255\n permit ip any any\n";
    let rules = "  - { id: R1, deny: { from: a, to: b } }
  - { id: R2, require: { from: b, to: a } }\n";
    let guard = "ip address 10.2.0.1 255.255.255.0|ip access-group OUT out";
    let plain = router(&["ip address 10.1.0.1 255.255.255.0", guard], guarded);
    assert_eq!(verdicts(&topology, rules, &[("gw.cfg", &plain)]), [Holds, Holds]);
    // A second subnet that no zone names, and IPv6 beside a closed IPv4; what is required is not required of them.
    for more in ["ip address 10.9.0.1 255.255.255.0 secondary", "ipv6 address 2001:db8:2::1/64"] {
        let first = "ip address 10.1.0.1 255.255.255.0|ipv6 address 2001:db8:1::1/64";
        let config = router(
            &[first, &format!("{guard}|{more}")],
            &format!("ipv6 unicast-routing\n{guarded}"),
        );
        assert_eq!(verdicts(&topology, rules, &[("gw.cfg", &config)]), [Violated, Holds], "{more}");
    }
}

#[test]
fn a_subnet_in_no_zone_is_one_of_all_sources() {
    let topology = format!("{TWO}devices: {{ gw: {{ config: gw.cfg }} }}\n");
    let list = "ip access-list extended OUT\n permit ip 10.3.0.0 0.0.0.255 any\n deny ip any any\n";
    let config = router(
        &[
            "ip address 10.1.0.1 255.255.255.0",
            "ip address 10.2.0.1 255.255.255.0|ip access-group OUT out",
            "ip address 10.3.0.1 255.255.255.0",
        ],
        list,
    );
    let rules = "  - { id: R1, deny: { from: a, to: b } }
  - { id: R2, deny: { from: a, to: b }, stepping-stones: true }
  - { id: R3, deny: { from: '*', to: b } }
  - { id: R4, deny: { from: 10.0.0.0/8, to: b } }\n";
    let found = verdicts(&topology, rules, &[("gw.cfg", &config)]);
    assert_eq!(found, [Holds, Violated, Violated, Violated]);
}

#[test]
fn a_declared_host_whose_configuration_is_at_hand_is_still_a_host() {
    let topology = "zones: { net: { external: true }, dmz: { networks: [10.1.0.0/24] } }
devices:
  gw: { config: gw.cfg }
  web: { config: web.rules, interfaces: { eth0: { addresses: [10.1.0.9/24] } }, routes: [ { to: 0.0.0.0/0, via: 10.1.0.1 } ] }
attach: [ { zone: net, at: 'gw:GigabitEthernet0/1' } ]
hosts: { web1: { address: 10.1.0.9 } }\n";
    let list = |target: &str| {
        router(
            &[
                "ip address 10.1.0.1 255.255.255.0",
                "ip address 203.0.113.2 255.255.255.0|ip access-group IN in",
            ],
            &format!(
                "ip access-list extended IN\n permit tcp any host {target} eq 443\n deny ip any any\n"
            ),
        )
    };
    let rules = "  - { id: R1, deny: { from: net, to: dmz } }\n";
    let server =
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
    let judged = |target: &str| {
        verdicts(topology, rules, &[("gw.cfg", &list(target)), ("web.rules", server)])
    };
    assert_eq!(judged("10.1.0.9"), [Violated]);
    // The gateway's own address is met before the segment.
    assert_eq!(judged("10.1.0.1"), [Holds]);
}

#[test]
fn an_interface_that_learns_its_address_has_one() {
    let firewall = |mode: &str| {
        format!(
            "config system interface\n    edit \"inner\"\n        set vdom \"root\"\n        set ip 10.1.0.1 255.255.255.0\n        \
             set type physical\n    next\n    edit \"other\"\n        set vdom \"root\"\n        set mode {mode}\n        \
             set defaultgw disable\n        set allowaccess ssh\n        set type physical\n    next\nend\n\
             config firewall address\n    edit \"all\"\n    next\nend\nconfig firewall policy\n    edit 1\n        \
             set srcintf \"inner\"\n        set dstintf \"other\"\n        set srcaddr \"all\"\n        set dstaddr \"all\"\n        \
             set action accept\n        set schedule \"always\"\n        set service \"ALL\"\n    next\nend\n"
        )
    };
    let devices = "devices: { fw: { config: fw.conf } }\n";
    let inside = format!("{TWO}{devices}attach: [ {{ zone: b, at: 'fw:other' }} ]\n");
    let outside = format!(
        "zones: {{ net: {{ external: true }}, a: {{ networks: [10.1.0.0/24] }} }}\n{devices}attach: [ {{ zone: net, at: 'fw:other' }} ]\n"
    );
    let itself = "  - { id: R1, deny: { from: net, to: 'self:fw', service: tcp/22 } }
  - { id: R2, deny: { from: net, to: 'self:fw', service: tcp/8443 } }\n";
    for mode in ["dhcp", "pppoe"] {
        let config = firewall(mode);
        let configs = [("fw.conf", config.as_str())];
        // Beside the end of a line there is nobody.
        let beside = if mode == "dhcp" { Undetermined } else { Holds };
        assert_eq!(verdicts(&inside, A_TO_B, &configs), [beside], "{mode}");
        assert_eq!(verdicts(&outside, itself, &configs), [Undetermined, Holds], "{mode}");
    }
}

#[test]
fn a_prefix_that_is_learnt_and_named_nowhere_keeps_rules_open() {
    let topology = |networks: &str| {
        format!(
            "zones: {{ net: {{ external: true }}, b: {{ networks: [{networks}] }} }}
devices: {{ gw: {{ config: gw.cfg }} }}
attach: [ {{ zone: net, at: 'gw:GigabitEthernet0/0' }} ]\n"
        )
    };
    let closed = "ipv6 unicast-routing\nip access-list extended IN\n deny ip any any\n";
    let outside = "ip address 203.0.113.2 255.255.255.248|ip access-group IN in|ipv6 address autoconfig default";
    let inside = |more: &str| format!("ip address 10.2.0.1 255.255.255.0{more}");
    let rules = "  - { id: R1, deny: { from: net, to: b } }
  - { id: R2, require: { from: b, to: net } }\n";
    let judged = |networks: &str, more: &str| {
        let gw = router(&[outside, &inside(more)], closed);
        verdicts(&topology(networks), rules, &[("gw.cfg", &gw)])[0]
    };
    assert_eq!(judged("10.2.0.0/24", ""), Holds);
    assert_eq!(judged("10.2.0.0/24", "|ipv6 address PD ::1:0:0:0:1/64"), Undetermined);
    // Named, it is looked at like any other.
    let named = judged("10.2.0.0/24, '2001:db8:2::/64'", "|ipv6 address PD ::1:0:0:0:1/64");
    assert_ne!(named, Holds);
    // A static prefix beside the learnt one is another.
    let both = "|ipv6 address FD00:2::1/64|ipv6 address PD ::1:0:0:0:1/64";
    assert_ne!(judged("10.2.0.0/24, 'fd00:2::/64'", both), Holds);
}

#[test]
fn both_directions_and_the_neighbours_of_a_start_are_gone_through() {
    let topology = "zones: { a: { networks: [10.1.0.0/24] }, b: { networks: [10.2.0.0/24] }, mid: { networks: [10.3.0.0/24] } }
devices: { gw: { config: gw.cfg } }
hosts: { web: { address: 10.1.0.10 } }\n";
    let config = |first: &str, second: &str| {
        router(
            &[
                "ip address 10.1.0.1 255.255.255.0|ip access-group A out",
                "ip address 10.2.0.1 255.255.255.0|ip access-group B out",
                "ip address 10.3.0.1 255.255.255.0",
            ],
            &format!(
                "ip access-list extended A\n{first} deny ip any any\nip access-list extended B\n{second} deny ip any any\n"
            ),
        )
    };
    // From b by way of mid to a, and not back.
    let rules = "  - { id: R1, deny: { from: a, to: b, both-ways: true }, stepping-stones: true }
  - { id: R2, deny: { from: a, to: b }, stepping-stones: true }\n";
    let around = config(" permit ip 10.3.0.0 0.0.0.255 any\n", "");
    assert_eq!(verdicts(topology, rules, &[("gw.cfg", &around)]), [Violated, Holds]);
    // The host itself is stopped; the one beside it is not.
    let rules = "  - { id: R1, deny: { from: a.web, to: b }, stepping-stones: true }
  - { id: R2, deny: { from: a.web, to: b } }\n";
    let beside = config("", " deny ip host 10.1.0.10 any\n permit ip 10.1.0.0 0.0.0.255 any\n");
    assert_eq!(verdicts(topology, rules, &[("gw.cfg", &beside)]), [Violated, Holds]);
}

#[test]
fn a_rule_is_asked_about_every_pair_that_it_names() {
    let topology = "zones: { lan: { networks: [10.1.0.0/16] }, pi: { networks: [10.2.0.0/24] }, six: { networks: ['2001:db8:6::/64'] } }
devices: { gw: { config: gw.cfg } }
hosts: { pc: { address: 10.1.0.5 }, srv: { address: 10.1.9.5 } }\n";
    let config = router(
        &[
            "ip address 10.1.0.1 255.255.255.0",
            "ip address 10.2.0.1 255.255.255.0|ip access-group OUT out",
            "ip address 10.1.9.1 255.255.255.0",
            "ipv6 address 2001:db8:6::1/64",
        ],
        "ip access-list extended OUT\n deny ip any any\n",
    );
    // Two hosts of one zone; two zones without a family in common.
    let rules = "  - { id: R1, deny: { from: lan.pc, to: [lan.srv, pi] } }
  - { id: R2, deny: { from: lan, to: pi } }
  - { id: R3, require: { from: lan, to: six } }\n";
    let found = verdicts(topology, rules, &[("gw.cfg", &config)]);
    assert_eq!(found, [Violated, Holds, Undetermined]);
}

#[test]
fn icmp_is_icmpv6_in_ipv6() {
    let topology = "zones: { a: { networks: [10.1.0.0/24, '2001:db8:1::/64'] }, b: { networks: [10.2.0.0/24, '2001:db8:2::/64'] } }
devices: { gw: { config: gw.cfg } }\n";
    let config = router(
        &[
            "ip address 10.1.0.1 255.255.255.0|ipv6 address 2001:db8:1::1/64",
            "ip address 10.2.0.1 255.255.255.0|ip access-group V4 out|ipv6 address 2001:db8:2::1/64|ipv6 traffic-filter V6 out",
        ],
        "ipv6 unicast-routing\nip access-list extended V4\n deny ip any any\nipv6 access-list V6\n permit icmp any any echo-request\n deny ipv6 any any\n",
    );
    let rules = "  - { id: R1, deny: { from: a, to: b, service: icmp } }
  - { id: R2, deny: { from: a, to: b, service: icmp/8 } }
  - { id: R3, deny: { from: a, to: b, service: icmp/0 } }
  - { id: R4, deny: { from: a, to: b, service: icmpv6 } }
  - { id: R5, deny: { from: a, to: b, service: tcp } }\n";
    let found = verdicts(topology, rules, &[("gw.cfg", &config)]);
    assert_eq!(found, [Violated, Violated, Holds, Violated, Holds]);
}

#[test]
fn an_unread_line_may_be_a_route() {
    let topology =
        format!("{TWO}devices: {{ gw: {{ config: gw.cfg }}, far: {{ config: far.cfg }} }}\n");
    let near = |line: &str| {
        router(&["ip address 10.1.0.1 255.255.255.0", "ip address 10.8.0.1 255.255.255.252"], line)
    };
    let far =
        router(&["ip address 10.8.0.2 255.255.255.252", "ip address 10.2.0.1 255.255.255.0"], "")
            .replace("hostname gw", "hostname far");
    let judged =
        |line: &str| verdicts(&topology, A_TO_B, &[("gw.cfg", &near(line)), ("far.cfg", &far)]);
    assert_eq!(judged(""), [Holds]);
    assert_eq!(judged("frobnicate routes everywhere\n"), [Undetermined]);
}

#[test]
fn an_interface_of_the_topology_is_spelt_as_the_rules_spell_it() {
    let text = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -i eth1 -o eth0 -j ACCEPT\nCOMMIT\n";
    let topology = |name: &str| {
        format!(
            "version: 1\nname: unstated\n{TWO}devices: {{ gw: {{ config: gw.rules, interfaces: {{ {name}: {{ addresses: [10.1.0.1/24] }}, eth0: {{ addresses: [10.2.0.1/24] }} }} }} }}\n"
        )
    };
    let scanned = |name: &str| {
        let entry = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        let policy = format!("version: 1\nrules:\n{A_TO_B}");
        let entries = vec![
            entry("gw.rules", text),
            entry("topology.yaml", &topology(name)),
            entry("policy.yaml", &policy),
        ];
        scan::scan(Files { name: "unstated".to_owned(), entries }, &Options::default())
    };
    assert_eq!(scanned("eth1").unwrap().verdicts[0].verdict, Violated);
    assert!(scanned("Eth1").is_err());
}

#[test]
fn two_networks_outside_may_be_behind_one_gateway_that_nobody_declares() {
    // A router is declared for the one; the gateway to the other may lead there as well.
    let topology = "zones: { lgwan: { external: true, networks: [10.9.2.0/24] }, net: { external: true, networks: [198.51.100.0/24] }, a: { networks: [10.1.0.0/24] } }
devices: { gw: { config: gw.cfg }, isp: { opaque: true, addresses: [203.0.113.1], networks: [198.51.100.0/24] } }\n";
    let ends = [
        "ip address 203.0.113.2 255.255.255.248",
        "ip address 10.1.0.1 255.255.255.0",
        "ip address 10.8.0.1 255.255.255.0|ip access-group IN in",
    ];
    let rest = "ip access-list extended IN\n deny ip any any\nip route 198.51.100.0 255.255.255.0 203.0.113.1\nip route 10.9.2.0 255.255.255.0 10.8.0.2\n";
    let gateway = router(&ends, rest);
    let rules = "  - { id: R1, deny: { from: lgwan, to: net } }\n  - { id: R2, deny: { from: lgwan, to: a } }\n";
    assert_eq!(verdicts(topology, rules, &[("gw.cfg", &gateway)]), [Undetermined, Holds]);
}
