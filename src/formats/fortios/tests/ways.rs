use super::*;
use crate::model::{Context, InterfaceKind, NextHop};

pub(super) fn context(device: &Device) -> &Context {
    device.contexts.iter().next().unwrap().1
}

pub(super) fn routes(device: &Device) -> Vec<String> {
    context(device)
        .routes
        .iter()
        .map(|route| {
            let hop = match route.next_hop {
                NextHop::Gateway { address, interface } => format!(
                    "{address}@{}",
                    interface.map_or("-", |id| device.interfaces[id].name.as_str())
                ),
                NextHop::Interface(id) => format!("@{}", device.interfaces[id].name),
                NextHop::Discard => "discard".to_owned(),
                NextHop::Context(_) => "context".to_owned(),
            };
            let lost = if route.withdrawable { " w" } else { "" };
            format!("{} {hop} {}/{}{lost}", route.prefix, route.distance, route.metric)
        })
        .collect()
}

#[test]
fn interfaces_have_all_their_addresses() {
    let device = clean(
        "config system interface
edit \"port1\"
set ip 10.0.0.1 255.255.255.0
set alias \"LAN\"
set secondary-IP enable
config secondaryip
edit 1
set ip 10.0.1.1 255.255.255.0
next
end
config ipv6
set ip6-address 2001:db8::1/64
config ip6-extra-addr
edit 2001:db8:1::1/64
next
end
end
config vrrp
edit 1
set vrip 10.0.0.254
next
end
next
edit \"vlan20\"
set ip 10.0.20.1 255.255.255.0
set interface \"port1\"
set vlanid 20
set status down
next
edit \"lo\"
set type loopback
set ip 10.255.0.1 255.255.255.255
next
edit \"dsl\"
set mode pppoe
next
edit \"cable\"
set mode dhcp
set ip 192.0.2.9 255.255.255.0
next
edit \"tun\"
set type tunnel
set ip 10.254.0.1 255.255.255.255
set remote-ip 10.254.0.2 255.255.255.255
next
end
",
    );
    let of = |name: &str| &device.interfaces[device.interface(name).unwrap()];
    let own: Vec<String> =
        of("LAN").addresses.iter().map(|a| format!("{}/{}", a.address, a.len)).collect();
    assert_eq!(
        own,
        ["10.0.0.1/24", "10.0.1.1/24", "2001:db8::1/64", "2001:db8:1::1/64", "10.0.0.254/24"]
    );
    assert_eq!((of("vlan20").vlan, of("vlan20").up), (Some(20), false));
    assert_eq!(of("lo").kind, InterfaceKind::Loopback);
    assert_eq!((of("dsl").kind, of("dsl").dynamic), (InterfaceKind::PointToPoint, true));
    assert!(of("cable").dynamic && of("cable").addresses.is_empty());
    assert_eq!(of("tun").kind, InterfaceKind::Tunnel);
    assert_eq!(
        routes(&device),
        ["0.0.0.0/0 @dsl 5/0 w", "0.0.0.0/0 @cable 5/0 w", "10.254.0.2 @tun 0/0"]
    );
    // Two subnets on one interface: packets between them may never meet a policy.
    assert!(of("LAN").hairpin_unfiltered && !of("vlan20").hairpin_unfiltered);
}

#[test]
fn secondary_addresses_count_only_when_enabled() {
    let device = clean(
        "config system interface\nedit \"p\"\nset ip 10.0.0.1 255.255.255.0\nconfig secondaryip\nedit 1\nset ip 10.0.1.1 255.255.255.0\nnext\nend\nnext\nend\n",
    );
    assert_eq!(device.interfaces[device.interface("p").unwrap()].addresses.len(), 1);
}

#[test]
fn traffic_redirect_can_be_switched_off() {
    let text = "config system global\nset allow-traffic-redirect disable\nset ipv6-allow-traffic-redirect disable\nend\nconfig system interface\nedit \"p\"\nset ip 10.0.0.1 255.255.255.0\nset secondary-IP enable\nconfig secondaryip\nedit 1\nset ip 10.0.1.1 255.255.255.0\nnext\nend\nnext\nend\n";
    let device = clean(text);
    assert!(!device.interfaces[device.interface("p").unwrap()].hairpin_unfiltered);
}

#[test]
fn static_routes_are_read() {
    let device = clean(&format!(
        "{PORTS}config firewall address
edit \"far\"
set subnet 10.9.0.0 255.255.0.0
set allow-routing enable
next
end
config router static
edit 1
set gateway 203.0.113.1
set device \"wan1\"
next
edit 2
set dst 172.20.0.0 255.255.0.0
set gateway 172.20.0.2
set device \"lan\"
set distance 20
set priority 5
next
edit 3
set dst 10.0.0.0 255.0.0.0
set blackhole enable
set distance 254
next
edit 4
set dst 10.1.0.0/16
set device \"lan\"
set gateway 172.20.0.2
set status disable
next
edit 5
set dstaddr \"far\"
set gateway 172.20.0.2
set device \"lan\"
next
edit 6
set dst 10.2.0.0/16
set device \"dmz\"
set dynamic-gateway enable
next
end
config router static6
edit 1
set dst 2001:db8:9::/48
set gateway 2001:db8::2
set device \"lan\"
next
end
config system link-monitor
edit \"m\"
set srcintf \"wan1\"
set server \"198.51.100.1\"
next
end
"
    ));
    assert_eq!(
        routes(&device),
        [
            "0.0.0.0/0 203.0.113.1@wan1 10/0 w",
            "172.20.0.0/16 172.20.0.2@lan 20/5",
            "10.0.0.0/8 discard 254/0",
            "10.9.0.0/16 172.20.0.2@lan 10/0",
            "10.2.0.0/16 @dmz 10/0",
            "2001:db8:9::/48 2001:db8::2@lan 10/0",
        ]
    );
}

#[test]
fn a_route_that_cannot_be_read_may_lead_anywhere() {
    let reading = read(&format!(
        "{PORTS}config router static\nedit 1\nset dst 10.0.0.0/8\nset gateway 10.0.0.1\nset device \"gone\"\nnext\nend\n"
    ));
    assert_eq!(context(&reading.device).dynamic_routing[0].protocol, "static");
    assert_eq!(reading.coverage[0].count(LineStatus::Unsupported), 5);
}

#[test]
fn routing_protocols_count_when_they_have_content() {
    let idle = "config router ospf\nconfig redistribute \"connected\"\nend\nconfig redistribute \"static\"\nend\nend\nconfig router rip\nconfig redistribute \"bgp\"\nend\nend\n";
    assert!(context(&clean(&format!("{PORTS}{idle}"))).dynamic_routing.is_empty());
    let active = "config router bgp\nset as 65001\nconfig neighbor\nedit \"203.0.113.1\"\nset remote-as 65000\nnext\nend\nend\nconfig router ospf\nconfig area\nedit 0.0.0.0\nnext\nend\nend\n";
    let device = clean(&format!("{PORTS}{active}"));
    let names: Vec<&str> =
        context(&device).dynamic_routing.iter().map(|routing| routing.protocol.as_str()).collect();
    assert_eq!(names, ["ospf", "bgp"]);
}

#[test]
fn policy_routes_are_branches() {
    let device = clean(&format!(
        "{PORTS}config router policy
edit 1
set input-device \"lan\"
set src \"172.20.64.0/255.255.224.0\"
set dst \"198.51.100.0/24\"
set protocol 6
set start-port 443
set end-port 443
set gateway 203.0.113.6
set output-device \"wan1\"
next
edit 2
set input-device \"lan\"
set action deny
next
end
"
    ));
    let list = &context(&device).policy_routes;
    assert_eq!(list.len(), 1);
    assert_eq!(
        describe(&device, &list[0].matches),
        "lan>* 172.20.64.0/19 -> 198.51.100.0/24 6:*>443"
    );
    assert!(matches!(list[0].next_hop, Some(NextHop::Gateway { interface: Some(_), .. })));
}

#[test]
fn sdwan_members_share_the_default_route_and_rules_choose_any() {
    let device = clean(&format!(
        "{PORTS}config system sdwan
set status enable
config zone
edit \"virtual-wan-link\"
next
edit \"lgwan\"
next
end
config members
edit 1
set interface \"wan1\"
set gateway 203.0.113.1
next
edit 2
set interface \"dmz\"
set zone \"lgwan\"
next
end
config health-check
edit \"h\"
set server \"198.51.100.1\"
next
end
config service
edit 1
set name \"r\"
set dst \"all\"
set src \"all\"
set priority-members 2 1
next
end
end
config router static
edit 1
set sdwan-zone \"virtual-wan-link\" \"lgwan\"
next
end
config firewall policy
edit 1
{}next
end
",
        ANY.replace("set dstintf \"any\"", "set dstintf \"virtual-wan-link\"")
    ));
    assert_eq!(routes(&device), ["0.0.0.0/0 203.0.113.1@wan1 10/0 w", "0.0.0.0/0 @dmz 10/0 w"]);
    assert_eq!(context(&device).policy_routes.len(), 2);
    assert_eq!(interfaces(&device, &policies(&device)[0].matches.egress), "wan1");
}

#[test]
fn local_access_follows_allowaccess_and_local_in_policies() {
    let device = clean(
        "config system global
set admin-sport 10443
end
config system admin
edit \"admin\"
set trusthost1 172.20.30.0 255.255.255.0
next
end
config system interface
edit \"mgmt\"
set ip 172.20.30.1 255.255.255.0
set allowaccess ping https snmp
next
end
config firewall local-in-policy
edit 1
set intf \"any\"
set srcaddr \"all\"
set dstaddr \"all\"
set service \"SNMP\"
set schedule \"always\"
next
end
config vpn ssl settings
set source-interface \"mgmt\"
set port 11443
end
",
    );
    let local = &context(&device).local;
    assert_eq!((local[0].name, local[1].name), ("local-in policy", "administrative access"));
    assert_eq!(local[0].bindings[0].default, crate::model::Action::Permit);
    assert_eq!(local[1].bindings[0].default, crate::model::Action::Deny);
    let doors = &list(&device, "administrative access").lines;
    let https: Vec<String> = doors
        .iter()
        .filter(|line| line.label.contains("https"))
        .map(|line| describe(&device, &line.matches))
        .collect();
    assert_eq!(https[0], "mgmt>* 172.20.30.0/24 -> 172.20.30.1 6:*>10443");
    assert!(https[1].ends_with('?') && https[2].ends_with('?'));
    assert!(doors.iter().any(|line| line.label == "ssl vpn"));
    let policy = &list(&device, "local-in policy").lines[0];
    assert_eq!(
        (policy.label.as_str(), policy.action),
        ("local-in-policy 1", crate::model::Action::Deny)
    );
}

#[test]
fn one_administrator_without_trusted_hosts_opens_all_doors() {
    let device = clean(
        "config system admin\nedit \"a\"\nset trusthost1 10.0.0.0 255.0.0.0\nnext\nedit \"b\"\nnext\nend\nconfig system interface\nedit \"m\"\nset ip 10.0.0.1 255.255.255.0\nset allowaccess ssh\nnext\nend\n",
    );
    let doors = &list(&device, "administrative access").lines;
    assert_eq!(describe(&device, &doors[0].matches), "m>* 0.0.0.0/0 -> 10.0.0.1 6:*>22");
}

#[test]
fn selectors_of_phase_two_limit_the_tunnel() {
    let device = clean(&format!(
        "{PORTS}config vpn ipsec phase1-interface
edit \"pref\"
set interface \"wan1\"
set remote-gw 198.51.100.9
next
edit \"open\"
set interface \"wan1\"
next
end
config vpn ipsec phase2-interface
edit \"pref-1\"
set phase1name \"pref\"
set src-subnet 172.20.0.0 255.255.0.0
set dst-subnet 10.40.0.0 255.255.0.0
next
edit \"open-1\"
set phase1name \"open\"
next
end
"
    ));
    assert_eq!(
        stages(&device),
        ["virtual IP", "route", "firewall policy", "source NAT", "IPsec selectors"]
    );
    let lines = &list(&device, "phase2 pref").lines;
    assert_eq!(describe(&device, &lines[0].matches), "*>* 172.20.0.0/16 -> 10.40.0.0/16 any");
    assert!(device.lists.iter().all(|(_, list)| list.name != "phase2 open"));
    assert_eq!(device.interfaces[device.interface("pref").unwrap()].kind, InterfaceKind::Tunnel);
}

#[test]
fn transparent_mode_may_forward_anywhere() {
    let reading = read(&format!(
        "config system settings\nset opmode transparent\nset manageip 10.0.0.9/24\nend\n{PORTS}"
    ));
    assert_eq!(context(&reading.device).dynamic_routing[0].protocol, "transparent");
    assert_eq!(reading.coverage[0].count(LineStatus::Unsupported), 1);
}

#[test]
fn asymmetric_routing_admits_packets_without_a_connection() {
    let reading =
        read(&format!("config system settings\nset asymroute enable\nend\n{}", policy(ANY)));
    let first = &policies(&reading.device)[0];
    assert_eq!(
        (first.label.as_str(), first.action),
        ("asymroute", crate::model::Action::Undecided)
    );
}

#[test]
fn pools_of_ssl_vpn_are_behind_its_interface() {
    let device = clean(
        "config system interface
edit \"wan1\"
set ip 203.0.113.2 255.255.255.248
next
edit \"ssl.root\"
set type tunnel
next
end
config firewall address
edit \"pool\"
set type iprange
set start-ip 10.212.134.200
set end-ip 10.212.134.203
next
end
config vpn ssl web portal
edit \"p\"
set ip-pools \"pool\"
next
end
config vpn ssl settings
set source-interface \"wan1\"
set tunnel-ip-pools \"pool\"
end
",
    );
    assert_eq!(routes(&device), ["10.212.134.200/30 @ssl.root 0/0"]);
}
