//! What cannot be settled leaves a verdict open.

use super::ways::context;
use super::*;
use crate::model::{Action, Translated};

const HEADER: &str =
    "#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin\n";
const EMPTY: &str = "config firewall policy\nend\n";

/// Reasons of the gaps that may change anything.
fn open_gaps(text: &str) -> Vec<String> {
    let reading = read(text);
    let gaps = reading.coverage[0].gaps.iter();
    gaps.filter(|gap| !gap.contained).map(|gap| gap.reason.en.clone()).collect()
}

#[test]
fn a_backup_without_its_later_tables_was_cut() {
    assert_eq!(open_gaps(PORTS), Vec::<String>::new());
    assert!(open_gaps(&format!("{HEADER}{PORTS}"))[0].contains("no table of firewall policies"));
    assert_eq!(open_gaps(&format!("{HEADER}{PORTS}{EMPTY}")), Vec::<String>::new());
}

#[test]
fn a_vdom_that_is_listed_has_a_section() {
    let list = "config vdom\nedit root\nnext\nedit B\nnext\nend\n";
    let section = |name: &str| format!("config vdom\nedit {name}\n{EMPTY}end\n");
    let cut = format!("{HEADER}{list}{}", section("root"));
    assert!(open_gaps(&cut)[0].contains("lists this VDOM"));
    assert_eq!(open_gaps(&format!("{cut}{}", section("B"))), Vec::<String>::new());
    assert_eq!(open_gaps(&format!("{list}{}", section("root"))), Vec::<String>::new());
}

/// The sources of the certain doors of `mgmt`, for a word of `allowaccess`, IPv4 first.
fn doors(admins: &str, word: &str) -> Vec<String> {
    let device = clean(&format!(
        "{admins}config system interface\nedit \"mgmt\"\nset ip 172.20.30.1 255.255.255.0\nset allowaccess https ssh\nconfig ipv6\nset ip6-address 2001:db8:30::1/64\nset ip6-allowaccess https ssh\nend\nnext\nend\n"
    ));
    let lines = list(&device, "administrative access").lines.iter();
    let own = lines.filter(|line| line.label.contains(word) && line.matches.unknown.is_empty());
    own.map(|line| addresses(&device, line.matches.source)).collect()
}

const ADMIN: &str = "config system admin\nedit \"a\"\nset trusthost1 172.20.30.0 255.255.255.0\nset ip6-trusthost1 2001:db8:9::/64\nnext\nend\n";

#[test]
fn trusted_hosts_bind_each_family_by_itself() {
    assert_eq!(doors(ADMIN, "ssh"), ["172.20.30.0/24", "2001:db8:9::/64"]);
    let four =
        "config system admin\nedit \"b\"\nset trusthost1 172.20.31.0 255.255.255.0\nnext\nend\n";
    let both = doors(&format!("{ADMIN}{four}"), "ssh");
    assert_eq!(both, ["(172.20.30.0/24|172.20.31.0/24)", "::/0"]);
}

#[test]
fn programs_and_single_sign_on_use_the_web_doors() {
    let api = |hosts: &str| {
        format!("{ADMIN}config system api-user\nedit \"p\"\nset api-key ENC x\n{hosts}next\nend\n")
    };
    let hosts = "config trusthost\nedit 1\nset type ipv4-trusthost\nset ipv4-trusthost 172.20.10.0 255.255.255.0\nnext\nend\n";
    assert_eq!(doors(&api(hosts), "https")[0], "(172.20.30.0/24|172.20.10.0/24)");
    assert_eq!(doors(&api(""), "https")[0], "(172.20.30.0/24|?Family(V4))");
    assert_eq!(doors(&api(""), "ssh")[0], "172.20.30.0/24");
    let sso =
        format!("{ADMIN}config system sso-admin\nedit \"s\"\nset accprofile \"x\"\nnext\nend\n");
    assert_eq!(doors(&sso, "https")[0], "(172.20.30.0/24|?Family(V4))");
}

#[test]
fn tunnels_relays_and_portals_open_doors_perhaps() {
    let text = PORTS.replace(
        "set ip 172.20.0.1",
        "set dhcp-relay-service enable\nset security-mode captive-portal\nset ip 172.20.0.1",
    );
    let device = clean(&format!(
        "{text}config system gre-tunnel\nedit \"g\"\nset interface \"wan1\"\nset remote-gw 198.51.100.7\nnext\nend\n"
    ));
    let lines = &list(&device, "administrative access").lines;
    let found: Vec<String> = lines.iter().map(|line| describe(&device, &line.matches)).collect();
    let portal = "lan>* any -> any (6:*>1000|6:*>1003)?";
    assert_eq!(found, ["*>* any -> any proto 47?", "lan>* any -> any 17:*>67?", portal]);
    // Nothing is counted on to pass before users log in.
    let first = &policies(&device)[0];
    assert_eq!((first.label.as_str(), first.action), ("captive portal", Action::Deny));
    assert_eq!(describe(&device, &first.matches), "lan>* any -> any any?");
}

#[test]
fn what_may_stop_packets_before_policies_is_not_forgotten() {
    let ttl = "config firewall ttl-policy\nedit 1\nset action deny\nset srcintf \"lan\"\nset ttl 1-255\nnext\nedit 2\nset action accept\nset srcintf \"dmz\"\nnext\nend\n";
    let binding = "config firewall ipmacbinding setting\nset bindthroughfw enable\nend\n";
    let text = PORTS.replace("set ip 172.20.0.1", "set ipmac enable\nset ip 172.20.0.1");
    let labels = |text: String| {
        let device = clean(&text);
        policies(&device).iter().map(|line| line.label.clone()).collect::<Vec<_>>()
    };
    assert_eq!(labels(format!("{text}{ttl}{binding}")), ["IP/MAC binding", "ttl-policy 1"]);
    assert_eq!(labels(text), Vec::<String>::new());
    let off = format!("config system settings\nset status disable\nend\n{PORTS}");
    assert_eq!(labels(off), ["vdom status"]);
}

#[test]
fn what_may_pass_beside_the_policies_is_not_forgotten() {
    let first = |settings: &str| {
        let device = read(&format!("config system settings\n{settings}end\n{PORTS}")).device;
        let line = policies(&device).first();
        line.map(|line| (line.label.clone(), line.action == Action::Undecided))
    };
    let dns = "set implicit-allow-dns enable\n";
    let beside = |label: &str| Some((label.to_owned(), true));
    assert_eq!(first("set asymroute-icmp enable\n"), beside("asymroute-icmp"));
    assert_eq!(first(&format!("set ngfw-mode policy-based\n{dns}")), beside("implicit-allow-dns"));
    assert_eq!(first(dns), None);
    for key in ["permit-any-host", "cgn-eif", "eif-check", "eif-learn"] {
        let body = format!("{ANY}set action accept\nset {key} enable");
        assert_eq!(open_gaps(&policy(&body)).len(), 1, "{key}");
        assert_eq!(open_gaps(&policy(&body.replace("enable", "disable"))).len(), 0, "{key}");
    }
    let pool = "config firewall ippool\nedit \"p\"\nset startip 203.0.113.5\nset permit-any-host enable\nnext\nend\n";
    assert_eq!(open_gaps(&format!("{PORTS}{pool}")).len(), 1);
    for way in ["set auth-path enable", "set identity-based-route \"r\""] {
        let device = clean(&policy(&format!("{ANY}set action accept\n{way}")));
        assert_eq!(context(&device).dynamic_routing.len(), 1, "{way}");
    }
}

#[test]
fn a_policy_without_an_action_that_has_a_strange_line_may_do_either() {
    let action = |body: &str| policies(&read(&policy(&format!("{ANY}{body}"))).device)[0].action;
    assert_eq!(action("set act acc"), Action::Undecided);
    assert_eq!(action("set action deny\nset odd 1"), Action::Deny);
    assert_eq!(action(""), Action::Deny);
    assert_eq!(action("set learning-mode enable"), Action::Permit);
}

#[test]
fn consolidated_policies_stand_alone_when_they_are_on() {
    let table = ANY.replace("srcaddr ", "srcaddr4 ").replace("dstaddr ", "dstaddr4 ");
    let device = clean(&format!(
        "config system settings\nset consolidated-firewall-mode enable\nend\n{}config firewall consolidated policy\nedit 7\n{table}set action accept\nnext\nend\n",
        policy(ANY)
    ));
    let labels: Vec<&str> = policies(&device).iter().map(|line| line.label.as_str()).collect();
    assert_eq!(labels, ["consolidated policy 7"]);
}

#[test]
fn selectors_that_do_not_see_the_packets_limit_nothing() {
    let tunnel = |phase1: &str, phase2: &str| {
        let device = clean(&format!(
            "{PORTS}config vpn ipsec phase1-interface\nedit \"t\"\nset interface \"wan1\"\n{phase1}next\nend\nconfig vpn ipsec phase2-interface\nedit \"t\"\nset phase1name \"t\"\nset src-subnet 172.20.0.0 255.255.0.0\nset dst-subnet 10.40.0.0 255.255.0.0\n{phase2}next\nend\n"
        ));
        stages(&device).contains(&"IPsec selectors")
    };
    assert!(tunnel("", "") && tunnel("set encapsulation none\n", ""));
    assert!(!tunnel("set encapsulation vxlan\n", "") && !tunnel("set mode-cfg enable\n", ""));
    assert!(!tunnel("", "set encapsulation transport-mode\n"));
}

/// Settings of `show full-configuration` at their defaults.
const DEFAULTS: &str = "set firewall-session-dirty check-all\nset schedule-timeout disable\nset identity-based-route ''\nset ntlm-enabled-browsers ''\nset log-http-transaction disable\nset app-monitor disable\nset ztna-ems-tag-negate disable\nset saml-server ''\nset pfcp-profile ''\nset wsso disable\nset ssl-mirror disable\nset ssl-mirror-intf ''\nset dscp-match disable\nset dscp-negate disable\nset dscp-value 000000\n";
const BLOCKS: &str = "config authentication setting\nset captive-portal-type fqdn\nend\nconfig system nat64\nset status disable\nset nat64-prefix 64:ff9b::/96\nend\nconfig system nd-proxy\nset status disable\nend\nconfig system vne-tunnel\nset status disable\nend\nconfig dpdk global\nset status enable\nend\nconfig credential-store domain-controller\nedit \"d\"\nnext\nend\nconfig extender sys-info\nset a b\nend\nconfig pfcp message-filter\nedit \"m\"\nnext\nend\nconfig system device-upgrade-exemptions\nedit \"x\"\nset a b\nnext\nend\nconfig system fortidata\nset status enable\nend\nconfig firewall address\nedit \"n\"\nset subnet 10.0.0.0 255.0.0.0\nset sso-attribute-value ''\nnext\nend\nconfig some thing-new\nset status disable\nend\n";

#[test]
fn everything_at_its_default_changes_nothing() {
    let inert = "set wccp disable\nset gi-gk disable\nset ingress-cos disable\nset egress-cos disable\nset pppoe-egress-cos cos0\nset ip ";
    let text = policy(&format!("{ANY}set action accept\n{DEFAULTS}"));
    let text = text.replacen(PORTS, &PORTS.replace("set ip ", inert), 1);
    let device = clean(&format!("{BLOCKS}{text}"));
    assert!(policies(&device)[0].matches.unknown.is_empty());
    assert!(context(&device).dynamic_routing.is_empty());
    let on = "config system vne-tunnel\nset status enable\nset mode map-e\nend\n";
    let reading = read(&format!("{PORTS}{on}"));
    assert_eq!(context(&reading.device).dynamic_routing[0].protocol, "vne");
    for set in ["ztna-ems-tag-negate enable", "dscp-match enable", "saml-server \"s\""] {
        let device = clean(&policy(&format!("{ANY}set action accept\nset {set}")));
        assert_eq!(policies(&device)[0].matches.unknown.len(), 1, "{set}");
    }
}

#[test]
fn a_deny_policy_on_an_outer_address_perhaps_stops_the_virtual_ip() {
    let vip = "config firewall address\nedit \"out\"\nset subnet 203.0.113.3 255.255.255.255\nnext\nedit \"else\"\nset subnet 203.0.113.5 255.255.255.255\nnext\nend\nconfig firewall vip\nedit \"web\"\nset extip 203.0.113.3\nset mappedip \"172.20.10.20\"\nset extintf \"wan1\"\nnext\nend\n";
    let by = |name: &str| {
        let body = ANY.replace("set dstaddr \"all\"", &format!("set dstaddr \"{name}\""));
        let device = clean(&format!("{HEADER}{vip}{}", policy(&body)));
        let lines = policies(&device).iter();
        lines.filter(|line| matches!(line.matches.translated, Translated::By(_))).count()
    };
    assert_eq!((by("out"), by("else"), by("all")), (1, 0, 0));
}

#[test]
fn an_address_object_takes_the_place_of_the_outer_address() {
    let device = clean(&format!(
        "{PORTS}config firewall address\nedit \"out\"\nset subnet 203.0.113.3 255.255.255.255\nnext\nend\nconfig firewall vip\nedit \"web\"\nset extaddr \"out\"\nset mappedip \"172.20.10.20\"\nset extintf \"wan1\"\nnext\nend\n"
    ));
    let line = &list(&device, "virtual IP").lines[0];
    assert_eq!(addresses(&device, line.matches.destination), "203.0.113.3");
}
