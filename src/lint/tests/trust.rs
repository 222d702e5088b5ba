//! Forged sources, hosts in two zones, and translation.

use super::*;

const TWO: &str = "\
version: 1
zones: { a: { networks: [10.1.1.0/24] }, b: { networks: [10.1.2.0/24] }, c: { networks: [10.1.3.0/24] } }
devices: { sw: { config: sw.cfg } }
";

/// An L3 switch; `a` is the list at Vlan1, `check` stands on every interface.
fn switch(a: &str, check: &str) -> String {
    let vlan = |number: u8, list: &str| {
        format!(
            "interface Vlan{number}\n ip address 10.1.{number}.1 255.255.255.0\n{check} ip access-group {list} in\n!\n"
        )
    };
    format!(
        "version 15.2\nhostname sw\nip routing\n{}{}{}ip access-list extended A\n{a} deny ip any any\n\
         ip access-list extended B\n permit tcp 10.1.2.0 0.0.0.255 host 10.1.3.9 eq 443\n deny ip any any\n\
         ip access-list extended C\n deny ip any any\nend\n",
        vlan(1, "A"),
        vlan(2, "B"),
        vlan(3, "C")
    )
}

#[test]
fn a_permit_that_another_network_can_use() {
    let borrowed = switch(" permit tcp 10.1.2.0 0.0.0.255 host 10.1.3.9 eq 443\n", "");
    let found = network("no-source-check", TWO, &[("sw", "ios", &borrowed)]);
    assert_eq!(
        told(&found).iter().map(|(severity, label, _)| (*severity, *label)).collect::<Vec<_>>(),
        [(Severity::Medium, "A line 1")]
    );
    let checked = switch(
        " permit tcp 10.1.2.0 0.0.0.255 host 10.1.3.9 eq 443\n",
        " ip verify unicast source reachable-via rx\n",
    );
    assert_eq!(told(&network("no-source-check", TWO, &[("sw", "ios", &checked)])), []);
}

#[test]
fn an_interface_where_any_source_passes() {
    let open = switch(" permit tcp any host 10.1.3.9 eq 443\n", "");
    let found = network("no-source-check", TWO, &[("sw", "ios", &open)]);
    assert_eq!(
        told(&found),
        [(
            Severity::Low,
            "Vlan1",
            "sw does not check the source addresses of what comes in by Vlan1"
        )]
    );
    let limited = switch(" permit tcp 10.1.1.0 0.0.0.255 host 10.1.3.9 eq 443\n", "");
    assert_eq!(told(&network("no-source-check", TWO, &[("sw", "ios", &limited)])), []);
}

#[test]
fn one_host_in_two_zones() {
    let stations = |second: &str| {
        format!(
            "{}arp 10.1.1.20 001b.a910.2061 arpa\narp 10.1.{second} 001b.a910.2061 arpa\narp 10.1.2.30 001b.a910.9999 arpa\n",
            switch("", "").replace("end\n", "")
        )
    };
    let (both, one) = (stations("2.21"), stations("1.21"));
    let found = network("dual-homed-host", TWO, &[("sw", "ios", &both)]);
    assert_eq!(
        told(&found),
        [(
            Severity::Medium,
            "arp 10.1.1.20",
            "one host (hardware address 001ba9102061) has addresses in several zones (a, b)"
        )]
    );
    assert_eq!(found[0].blame.len(), 2);
    assert_eq!(told(&network("dual-homed-host", TWO, &[("sw", "ios", &one)])), []);
}

const PUBLISHED: &str = "\
version: 1
zones:
  internet: { external: true }
  dmz: { networks: [10.0.2.0/24], roles: [dmz] }
  lan: { networks: [10.0.1.0/24] }
devices: { fw: { config: fw.cfg } }
attach: [ { zone: internet, at: \"fw:wan1\" } ]
";

fn with_vip(inside: &str) -> String {
    let vip = format!(
        "config firewall vip\n    edit \"web\"\n        set extip 203.0.113.3\n        set mappedip \"{inside}\"\n        \
         set extintf \"wan1\"\n    next\nend\n"
    );
    let policies = policy("1 wan1 dmz all web HTTPS accept");
    let head =
        FORTIOS.replace("config firewall policy\n", &format!("{vip}config firewall policy\n"));
    format!("{head}{policies}end\n")
}

#[test]
fn what_translation_shows_to_the_outside() {
    let (inner, outer) = (with_vip("10.0.1.10"), with_vip("10.0.2.10"));
    let found = network("translation-exposes", PUBLISHED, &[("fw", "fortios", &inner)]);
    assert_eq!(found.len(), 1, "{:?}", told(&found));
    assert_eq!(found[0].severity, Severity::Medium);
    assert!(found[0].message.en.contains("addresses of lan"), "{}", found[0].message.en);
    assert_eq!(told(&network("translation-exposes", PUBLISHED, &[("fw", "fortios", &outer)])), []);
    let plain = PUBLISHED.replace(", roles: [dmz]", "");
    let named = network("translation-exposes", &plain, &[("fw", "fortios", &outer)]);
    assert_eq!(told(&named), [], "its name says what it is");
    let plain = plain.replace("dmz:", "web:");
    let found = network("translation-exposes", &plain, &[("fw", "fortios", &outer)]);
    assert_eq!(found[0].severity, Severity::Info, "nothing says what is meant to be published");
}

#[test]
fn a_permit_for_the_address_before_translation() {
    let config = |host: &str| {
        ASA.replace(
            "access-group IN",
            &format!(
                "object network PUB\n host 10.0.1.10\n nat (inside,outside) static 203.0.113.5\n\
                 access-list IN extended permit tcp any host {host} eq 443\naccess-group IN"
            ),
        )
    };
    let topology = "\
version: 1
zones: { internet: { external: true }, dmz: { networks: [10.0.1.0/24, \"2001:db8:2::/64\"], roles: [dmz] } }
devices: { fw: { config: fw.cfg } }
attach: [ { zone: internet, at: \"fw:outside\" } ]
";
    let (before, after) = (config("203.0.113.5"), config("10.0.1.10"));
    let found = network("translation-exposes", topology, &[("fw", "asa", &before)]);
    assert_eq!(told(&found).first().map(|(s, l, _)| (*s, *l)), Some((Severity::Low, "IN line 1")));
    assert_eq!(told(&network("translation-exposes", topology, &[("fw", "asa", &after)])), []);
}
