#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::*;
use crate::formats::lines::split;
use crate::model::{Context, Device, LineStatus};
use crate::source::Sources;

fn read(text: &str) -> (Device, Known, Vec<LineStatus>) {
    let mut sources = Sources::default();
    let id = sources.add("ip.txt", text.as_bytes()).unwrap();
    let lines = split(id, sources.file(id));
    let mut ledger = Ledger::new(id, sources.file(id));
    let mut builder = Builder::default();
    builder.device.contexts.push(Context::default());
    let mut host = Host::default();
    for line in lines.all() {
        assert!(host.take(&line, &mut ledger), "{}", line.text);
    }
    let known = host.build(&mut builder, Span { file: id, start: 0, end: 0 });
    (builder.device, known, ledger.close().lines)
}

const ADDRESSES: &str = "\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000
    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    altname enp1s0
    inet 192.168.10.1/24 brd 192.168.10.255 scope global eth0
       valid_lft forever preferred_lft forever
    inet6 2001:db8:10::1/64 scope global
       valid_lft forever preferred_lft forever
    inet6 fe80::1/64 scope link
       valid_lft forever preferred_lft forever
3: eth1: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default qlen 1000
    link/ether 52:54:00:00:00:02 brd ff:ff:ff:ff:ff:ff
4: eth2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq master br0 state UP group default qlen 1000
    link/ether 52:54:00:00:00:03 brd ff:ff:ff:ff:ff:ff
5: br0.20@br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default
    link/ether 52:54:00:00:00:03 brd ff:ff:ff:ff:ff:ff
    inet 192.168.20.1/24 scope global br0.20
6: ppp0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1454 qdisc mq state UNKNOWN group default qlen 3
    link/ppp
    inet 203.0.113.5 peer 203.0.113.1/32 scope global ppp0
";

#[test]
fn interfaces_carry_their_addresses_and_state() {
    let (device, known, lines) = read(ADDRESSES);
    assert!(known.interfaces && !lines.contains(&LineStatus::Unknown));
    let names: Vec<&str> = device.interfaces.iter().map(|(_, i)| i.name.as_str()).collect();
    assert_eq!(names, ["lo", "eth0", "eth1", "br0.20", "ppp0"], "a bridge port has no packets");
    let eth0 = &device.interfaces[device.interface("eth0").unwrap()];
    let own: Vec<String> = eth0.addresses.iter().map(|a| a.address.to_string()).collect();
    assert_eq!(own, ["192.168.10.1", "2001:db8:10::1"]);
    assert!(!device.interfaces[device.interface("eth1").unwrap()].up);
    assert!(known.own.iter().any(|range| range.first().to_string() == "203.0.113.5"));
}

#[test]
fn one_line_output_says_the_same() {
    let (device, ..) = read(
        "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever\n\
         2: eth0    inet 192.168.10.1/24 brd 192.168.10.255 scope global eth0\\       valid_lft forever\n\
         2: eth0    inet6 2001:db8::1/64 scope global \\       valid_lft forever preferred_lft forever\n",
    );
    let eth0 = &device.interfaces[device.interface("eth0").unwrap()];
    assert_eq!(eth0.addresses.len(), 2);
}

#[test]
fn routes_without_the_other_family_leave_that_family_open() {
    let text = format!(
        "{ADDRESSES}default via 203.0.113.1 dev ppp0 proto static metric 100\n\
         10.0.0.0/8 proto bird metric 20\n\
         \tnexthop via 192.168.10.254 dev eth0 weight 1\n\
         \tnexthop via 192.168.20.254 dev br0.20 weight 1\n\
         blackhole 172.16.0.0/12\n\
         192.168.10.0/24 dev eth0 proto kernel scope link src 192.168.10.1\n\
         192.168.20.0/24 dev br0.20 proto kernel scope link src 192.168.20.1\n"
    );
    let (device, ..) = read(&text);
    let context = device.contexts.iter().next().unwrap().1;
    let routes: Vec<String> = context.routes.iter().map(|r| r.prefix.to_string()).collect();
    assert_eq!(routes, ["203.0.113.1", "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12"]);
    assert_eq!(context.routes[4].next_hop, NextHop::Discard);
    assert!(context.dynamic_routing.is_empty());
    let open = &context.policy_routes[0];
    assert_eq!(open.next_hop, None, "the IPv6 routes were not given");
}

#[test]
fn no_routes_at_all_are_unstated() {
    let (device, ..) = read(ADDRESSES);
    let context = device.contexts.iter().next().unwrap().1;
    assert_eq!(context.dynamic_routing[0].protocol, UNSTATED);
}

#[test]
fn rules_are_branches_that_may_be_taken() {
    let (device, _, lines) = read(
        "0:\tfrom all lookup local\n\
         100:\tfrom 192.168.10.0/24 iif eth0 lookup 100\n\
         200:\tnot from all fwmark 0xca6c lookup 51820\n\
         32766:\tfrom all lookup main\n\
         default via 198.51.100.1 dev eth1 table 100\n\
         default via 203.0.113.1 dev ppp0\n",
    );
    assert!(!lines.contains(&LineStatus::Unknown));
    let context = device.contexts.iter().next().unwrap().1;
    assert_eq!(context.routes.len(), 1);
    let by_table = &context.policy_routes[0];
    assert!(matches!(by_table.next_hop, Some(NextHop::Gateway { .. })));
    assert_eq!(context.policy_routes[1].next_hop, None, "nobody gave table 51820");
}

#[test]
fn a_word_that_is_not_known_makes_the_route_a_branch() {
    let (device, _, lines) = read("10.0.0.0/8 via 192.0.2.1 dev eth0 frobnicate\n");
    assert_eq!(lines, [LineStatus::Unknown]);
    let context = device.contexts.iter().next().unwrap().1;
    assert!(context.routes.is_empty());
    assert_eq!(context.policy_routes[0].matches.unknown.len(), 1);
}

#[test]
fn rules_of_one_family_say_nothing_of_the_other() {
    let four = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n";
    let six = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n";
    assert_eq!(read(four).1.ruled, [true, false]);
    assert_eq!(read(six).1.ruled, [false, true]);
    assert_eq!(read(&format!("{four}{six}")).1.ruled, [true, true]);
    assert_eq!(read(ADDRESSES).1.ruled, [false, false]);
}

#[test]
fn json_says_what_the_lines_say() {
    let json = r#"[{"dst":"default","gateway":"2001:db8::1","dev":"eth0","metric":1024,"pref":"medium","flags":[]},
        {"dst":"10.1.0.0/16","via":{"family":"inet6","host":"2001:db8::2"},"dev":"eth0","flags":["onlink"]}]"#;
    let mut sources = Sources::default();
    let id = sources.add("route.json", json.as_bytes()).unwrap();
    let mut ledger = Ledger::new(id, sources.file(id));
    let made = made(id, json, &mut ledger);
    let mut builder = Builder::default();
    builder.device.contexts.push(Context::default());
    let mut host = Host::default();
    host.take_made(&made, &mut ledger);
    host.build(&mut builder, Span { file: id, start: 0, end: 0 });
    let context = builder.device.contexts.iter().next().unwrap().1;
    let routes: Vec<String> = context.routes.iter().map(|r| r.prefix.to_string()).collect();
    assert_eq!(routes, ["::/0", "10.1.0.0/16"]);
    assert!(!ledger.close().lines.contains(&LineStatus::Unknown));
}

#[test]
fn json_that_is_cut_off_is_never_silent() {
    let json = r#"[{"dst":"default","gateway":"192.0.2.1","dev":"eth0"},{"dst":"10.1.0.0/16""#;
    let mut sources = Sources::default();
    let id = sources.add("route.json", json.as_bytes()).unwrap();
    let mut ledger = Ledger::new(id, sources.file(id));
    made(id, json, &mut ledger);
    assert!(ledger.close().gaps.iter().any(|gap| !gap.contained));
}

#[test]
fn only_such_output_is_detected() {
    assert_eq!(detect(ADDRESSES), 40);
    assert_eq!(detect("default via 192.0.2.1 dev eth0\n10.1.0.0/24 dev eth1 scope link\n"), 40);
    assert_eq!(detect("0:\tfrom all lookup local\n"), 40);
    assert_eq!(detect(&format!("root@gw:~# ip addr\n{ADDRESSES}")), 40);
    assert_eq!(detect("10.1.0.0/24 tos 0x10 via 192.0.2.1 dev eth0\n"), 40);
    assert_eq!(detect("ip route add 10.1.0.0/24 via 192.0.2.1\n"), 40);
    assert_eq!(detect("[{\"ifindex\":2,\"ifname\":\"eth0\"}]\n"), 40);
    assert_eq!(detect("[{\"name\": \"eth0\"}]"), 0);
    assert_eq!(detect("root@gw:~# ip addr\n"), 0);
    assert_eq!(detect("hostname r1\ninterface Vlan1\n ip address 192.0.2.1 255.255.255.0\n"), 0);
    assert_eq!(detect("*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"), 0);
    assert_eq!(detect(""), 0);
}
