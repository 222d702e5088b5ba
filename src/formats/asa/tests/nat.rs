//! Translation.

use super::*;

const OBJECTS: &str = "\
object network WEB
 host 10.1.2.20
object network WEB-PUBLIC
 host 203.0.113.5
object network LAN
 subnet 10.1.1.0 255.255.255.0
object network FAR
 subnet 10.8.0.0 255.255.0.0
object service S8080
 service tcp source eq 8080
object service S80
 service tcp source eq www
";

fn with(nat: &str) -> Reading {
    site(&format!("{OBJECTS}{nat}"))
}

/// Applies one translation stage: the first line that surely matches.
fn stage(device: &Device, name: &str, packet: &mut Packet) {
    for stage in &device.contexts.iter().next().unwrap().1.pipeline {
        let Stage::Translate(translate) = stage else { continue };
        if translate.name != name {
            continue;
        }
        for line in
            translate.bindings.iter().flat_map(|b| &b.lists).flat_map(|l| &device.lists[*l].lines)
        {
            if !line.enabled || matches(device, &line.matches, packet) != Some(true) {
                continue;
            }
            if let Action::Rewrite(id) = line.action {
                apply(device, &device.rewrites[id], id, packet);
            }
            return;
        }
    }
}

fn apply(device: &Device, rewrite: &Rewrite, id: RewriteId, packet: &mut Packet) {
    let egress = packet.egress.map(|id| device.interfaces[id].addresses[0].address);
    let map = |map: &Option<AddressMap>, ip: IpAddr| match map {
        None => ip,
        Some(AddressMap::Shift { from, to }) => {
            assert!(from.contains(ip), "a line lets only addresses of its range through");
            let number = crate::net::number(ip) - from.numbers().0 + to.numbers().0;
            crate::net::address(to.family(), number)
        }
        Some(AddressMap::Pool(ranges)) => ranges[0].first(),
        Some(AddressMap::EgressInterface) => egress.unwrap(),
        Some(AddressMap::IngressInterface | AddressMap::Unknown) => panic!("unknown"),
    };
    let port = |map: &Option<PortMap>, port: u16| match map {
        Some(PortMap::Shift { from, to }) => port - from.first() + to.first(),
        _ => port,
    };
    let before = (packet.flow.dst, packet.flow.destination_port);
    packet.flow.src = map(&rewrite.source, packet.flow.src);
    packet.flow.dst = map(&rewrite.destination, packet.flow.dst);
    packet.flow.source_port = port(&rewrite.source_port, packet.flow.source_port);
    packet.flow.destination_port = port(&rewrite.destination_port, packet.flow.destination_port);
    if before != (packet.flow.dst, packet.flow.destination_port) {
        packet.by.push(id);
    }
}

/// The packet after both translations, and what the filters say in between.
fn travel(reading: &Reading, from: &str, to: &str, flow: Flow) -> (Flow, Outcome) {
    let device = &reading.device;
    let mut packet = Packet { ingress: Some(id(device, from)), egress: None, flow, by: Vec::new() };
    stage(device, "un-NAT", &mut packet);
    packet.egress = Some(id(device, to));
    let outcome = all_filters(device, &packet);
    stage(device, "NAT", &mut packet);
    (packet.flow, outcome)
}

fn ends(reading: &Reading, from: &str, to: &str, flow: Flow) -> (String, String) {
    let (flow, _) = travel(reading, from, to, flow);
    (flow.src.to_string(), flow.dst.to_string())
}

fn pair(src: &str, dst: &str) -> (String, String) {
    (src.to_owned(), dst.to_owned())
}

#[test]
fn the_stages_stand_in_the_order_of_the_appliance() {
    let reading = with("object network WEB\n nat (dmz,outside) static WEB-PUBLIC\n");
    assert_clean(&reading);
    let names: Vec<&str> = reading
        .device
        .contexts
        .iter()
        .next()
        .unwrap()
        .1
        .pipeline
        .iter()
        .map(|s| match s {
            Stage::Filter(f) => f.name,
            Stage::Translate(t) => t.name,
            Stage::Route => "route",
        })
        .collect();
    assert_eq!(
        names,
        ["un-NAT", "route", "access-group", "access-group out", "NAT reverse path", "NAT"]
    );
}

#[test]
fn static_object_nat_works_both_ways_and_lists_see_real_addresses() {
    let reading = with(
        "object network WEB\n nat (dmz,outside) static WEB-PUBLIC dns\naccess-list O extended permit tcp any object WEB eq 443\naccess-group O in interface outside\n",
    );
    assert_clean(&reading);
    assert_eq!(
        ends(&reading, "dmz", "outside", tcp("10.1.2.20", "198.51.100.9", 80)),
        pair("203.0.113.5", "198.51.100.9")
    );
    let (flow, outcome) =
        travel(&reading, "outside", "dmz", tcp("198.51.100.9", "203.0.113.5", 443));
    assert_eq!((flow.dst, outcome), (ip("10.1.2.20"), Outcome::Permit));
    let mapped = with(
        "object network WEB\n nat (dmz,outside) static WEB-PUBLIC\naccess-list O extended permit tcp any object WEB-PUBLIC eq 443\naccess-group O in interface outside\n",
    );
    assert_eq!(
        travel(&mapped, "outside", "dmz", tcp("198.51.100.9", "203.0.113.5", 443)).1,
        Outcome::Deny
    );
}

#[test]
fn packets_around_a_translation_are_perhaps_dropped() {
    let reading = with(
        "object network WEB\n nat (dmz,outside) static WEB-PUBLIC\naccess-list O extended permit ip any any\naccess-group O in interface outside\n",
    );
    assert_eq!(
        travel(&reading, "outside", "dmz", tcp("198.51.100.9", "10.1.2.20", 443)).1,
        Outcome::Either
    );
    assert_eq!(
        travel(&reading, "outside", "dmz", tcp("198.51.100.9", "10.1.2.21", 443)).1,
        Outcome::Permit
    );
}

#[test]
fn static_pat_on_the_interface_changes_the_port() {
    let reading =
        with("object network WEB\n nat (dmz,outside) static interface service tcp 8080 www\n");
    assert_clean(&reading);
    let (flow, _) = travel(&reading, "outside", "dmz", tcp("198.51.100.9", "203.0.113.2", 80));
    assert_eq!((flow.dst, flow.destination_port), (ip("10.1.2.20"), 8080));
    let (flow, _) = travel(&reading, "outside", "dmz", tcp("198.51.100.9", "203.0.113.2", 22));
    assert_eq!(flow.dst, ip("203.0.113.2"));
    let back = Flow { source_port: 8080, ..tcp("10.1.2.20", "198.51.100.9", 50000) };
    let (flow, _) = travel(&reading, "dmz", "outside", back);
    assert_eq!((flow.src, flow.source_port), (ip("203.0.113.2"), 80));
}

#[test]
fn dynamic_rules_do_not_open_the_way_back() {
    let reading = with("object network LAN\n nat (inside,outside) dynamic interface\n");
    assert_clean(&reading);
    assert_eq!(
        ends(&reading, "inside", "outside", tcp("10.1.1.5", "198.51.100.9", 80)),
        pair("203.0.113.2", "198.51.100.9")
    );
    assert_eq!(
        ends(&reading, "outside", "inside", tcp("198.51.100.9", "203.0.113.2", 80)),
        pair("198.51.100.9", "203.0.113.2")
    );
    assert_eq!(
        ends(&reading, "inside", "dmz", tcp("10.1.1.5", "10.1.2.20", 80)),
        pair("10.1.1.5", "10.1.2.20")
    );
}

#[test]
fn sections_are_met_in_order() {
    // Section 3 is written first; section 2 sorts static before dynamic and small before large.
    let reading = with(
        "nat (any,outside) after-auto source dynamic any interface\nobject network LAN\n nat (inside,outside) dynamic 203.0.113.7\nobject network PC\n host 10.1.1.9\n nat (inside,outside) dynamic 203.0.113.8\nobject network AAA\n subnet 10.1.1.8 255.255.255.248\n nat (inside,outside) static 203.0.113.8\nnat (inside,outside) source dynamic LAN WEB-PUBLIC destination static FAR FAR\n",
    );
    assert!(reading.coverage[0].gaps.is_empty(), "{:?}", reading.coverage[0].gaps);
    let to = |src, dst| ends(&reading, "inside", "outside", tcp(src, dst, 80)).0;
    assert_eq!(to("10.1.1.5", "10.8.1.1"), "203.0.113.5");
    assert_eq!(to("10.1.1.9", "198.51.100.9"), "203.0.113.9");
    assert_eq!(to("10.1.1.5", "198.51.100.9"), "203.0.113.7");
    assert_eq!(to("10.3.3.3", "198.51.100.9"), "203.0.113.2");
}

#[test]
fn an_inline_address_stands_for_a_block_of_the_same_size() {
    let reading = with(
        "object network R\n range 10.1.2.40 10.1.2.44\n nat (dmz,outside) static 203.0.113.9\n",
    );
    assert_clean(&reading);
    assert_eq!(
        ends(&reading, "outside", "dmz", tcp("198.51.100.9", "203.0.113.12", 80)).1,
        "10.1.2.43"
    );
}

#[test]
fn identity_rules_exempt_and_stop_later_rules() {
    let reading = with(
        "nat (inside,outside) source static LAN LAN destination static FAR FAR no-proxy-arp route-lookup\nobject network LAN\n nat (inside,outside) dynamic interface\n",
    );
    assert_clean(&reading);
    assert_eq!(
        ends(&reading, "inside", "outside", tcp("10.1.1.5", "10.8.0.1", 80)),
        pair("10.1.1.5", "10.8.0.1")
    );
    assert_eq!(
        ends(&reading, "inside", "outside", tcp("10.1.1.5", "10.9.0.1", 80)),
        pair("203.0.113.2", "10.9.0.1")
    );
}

#[test]
fn twice_nat_changes_both_ends_in_both_directions() {
    let text = "object network PARTNER\n host 198.51.100.50\nobject network PARTNER-LOCAL\n host 10.1.1.250\n";
    let rule =
        "nat (inside,outside) source static LAN MAPPED destination static PARTNER-LOCAL PARTNER";
    let mapped = "object network MAPPED\n subnet 192.0.2.0 255.255.255.0\n";
    let reading = with(&format!("{text}{mapped}{rule}\n"));
    assert_clean(&reading);
    assert_eq!(
        ends(&reading, "inside", "outside", tcp("10.1.1.5", "10.1.1.250", 80)),
        pair("192.0.2.5", "198.51.100.50")
    );
    assert_eq!(
        ends(&reading, "outside", "inside", tcp("198.51.100.50", "192.0.2.5", 80)),
        pair("10.1.1.250", "10.1.1.5")
    );
    // Sent straight to the real partner, the rule does not match, and the source stays.
    assert_eq!(
        ends(&reading, "inside", "outside", tcp("10.1.1.5", "198.51.100.50", 80)),
        pair("10.1.1.5", "198.51.100.50")
    );
    let one_way = with(&format!("{text}{mapped}{rule} unidirectional\n"));
    assert_eq!(
        ends(&one_way, "outside", "inside", tcp("198.51.100.50", "192.0.2.5", 80)),
        pair("198.51.100.50", "192.0.2.5")
    );
    let off = with(&format!("{text}{mapped}{rule} inactive\n"));
    assert_eq!(
        ends(&off, "inside", "outside", tcp("10.1.1.5", "10.1.1.250", 80)),
        pair("10.1.1.5", "10.1.1.250")
    );
}

#[test]
fn twice_nat_with_services_changes_ports() {
    let reading = with("nat (dmz,outside) source static WEB WEB-PUBLIC service S8080 S80\n");
    assert_clean(&reading);
    let (flow, _) = travel(&reading, "outside", "dmz", tcp("198.51.100.9", "203.0.113.5", 80));
    assert_eq!((flow.dst, flow.destination_port), (ip("10.1.2.20"), 8080));
    let to_interface = with(
        "object service D80\n service tcp destination eq www\nobject service D8080\n service tcp destination eq 8080\nnat (outside,dmz) source static any any destination static interface WEB service D80 D8080\n",
    );
    let (flow, _) = travel(&to_interface, "outside", "dmz", tcp("198.51.100.9", "203.0.113.2", 80));
    assert_eq!((flow.dst, flow.destination_port), (ip("10.1.2.20"), 8080));
}

#[test]
fn groups_are_paired_in_order() {
    let reading = with(
        "object-group network REAL\n network-object host 10.1.2.31\n network-object host 10.1.2.40\nobject-group network OUT\n network-object host 203.0.113.10\n network-object host 203.0.113.11\nnat (dmz,outside) source static REAL OUT\n",
    );
    assert_clean(&reading);
    assert_eq!(
        ends(&reading, "dmz", "outside", tcp("10.1.2.40", "198.51.100.9", 80)).0,
        "203.0.113.11"
    );
    assert_eq!(
        ends(&reading, "outside", "dmz", tcp("198.51.100.9", "203.0.113.10", 80)).1,
        "10.1.2.31"
    );
}

#[test]
fn sides_of_different_size_are_a_pool_and_said() {
    let reading = with("nat (inside,outside) source static LAN WEB-PUBLIC\n");
    assert_eq!(gaps(&reading), [(LineStatus::Unsupported, true)]);
    assert!(
        reading
            .device
            .rewrites
            .iter()
            .any(|(_, r)| matches!(&r.destination, Some(AddressMap::Pool(_))))
    );
}

#[test]
fn pat_changes_the_source_port_and_nat_does_not() {
    let pat =
        with("object network LAN\n nat (inside,outside) dynamic pat-pool WEB-PUBLIC round-robin\n");
    assert!(matches!(
        pat.device.rewrites.iter().next().unwrap().1.source_port,
        Some(PortMap::Within(_))
    ));
    let nat = with(
        "object network POOL\n range 203.0.113.8 203.0.113.10\nobject network LAN\n nat (inside,outside) dynamic POOL\n",
    );
    assert_clean(&nat);
    let rewrite = nat.device.rewrites.iter().next().unwrap().1;
    assert_eq!(rewrite.source_port, None);
    assert!(matches!(&rewrite.source, Some(AddressMap::Pool(ranges)) if ranges.len() == 1));
}

#[test]
fn a_rule_that_overrides_the_route_is_a_may_branch() {
    let routed = with("object network WEB\n nat (dmz,outside) static WEB-PUBLIC\n");
    assert_eq!(routed.device.contexts.iter().next().unwrap().1.policy_routes.len(), 0);
    let diverted =
        with("object network ODD\n host 10.77.0.5\n nat (dmz,outside) static 203.0.113.6\n");
    let routes = &diverted.device.contexts.iter().next().unwrap().1.policy_routes;
    assert_eq!(routes.len(), 1);
    assert_eq!(routes[0].next_hop, Some(NextHop::Interface(id(&diverted.device, "dmz"))));
    assert!(matches!(&routes[0].matches.translated, Translated::By(ids) if ids.len() == 1));
}

#[test]
fn between_the_families_and_unread_rules_are_not_believed() {
    let nat64 =
        with("object network SIX\n host 2001:db8::5\n nat (inside,outside) static 203.0.113.6\n");
    assert_eq!(gaps(&nat64), [(LineStatus::Unsupported, false)]);
    let unread = with("nat (inside,outside) source frobnicate LAN WEB\n");
    assert_eq!(gaps(&unread), [(LineStatus::Unknown, false)]);
}

#[test]
fn an_undefined_object_translates_to_anything() {
    let reading = with("nat (inside,outside) source static LAN GONE\n");
    assert!(gaps(&reading).iter().all(|gap| *gap == (LineStatus::Unsupported, true)));
    assert!(reading.device.rewrites.iter().any(|(_, r)| r.source == Some(AddressMap::Unknown)));
}
