//! Objects and groups.

use super::*;

fn acl(text: &str, flow: Flow) -> Option<bool> {
    line_matches(&site(text), "A", 0, flow)
}

#[test]
fn network_objects_in_every_form() {
    let objects = "object network H\n host 10.5.0.1\nobject network S\n subnet 10.6.0.0 255.255.0.0\nobject network S6\n subnet 2001:db8::/32\nobject network R\n range 10.7.0.5 10.7.0.9\nobject-group network G\n network-object object H\n network-object object S\n network-object object S6\n network-object object R\n network-object host 10.8.0.1\n network-object 10.9.0.0 255.255.255.0\naccess-list A extended permit ip any object-group G\n";
    assert_clean(&site(objects));
    for inside in ["10.5.0.1", "10.6.200.1", "10.7.0.9", "10.8.0.1", "10.9.0.77"] {
        assert_eq!(acl(objects, tcp("10.1.1.1", inside, 1)), Some(true), "{inside}");
    }
    assert_eq!(acl(objects, tcp("2001:db8:9::1", "2001:db8:5::1", 1)), Some(true));
    assert_eq!(acl(objects, tcp("10.1.1.1", "10.7.0.10", 1)), Some(false));
}

#[test]
fn names_stand_for_addresses() {
    let text = "names\nname 10.5.0.1 HOST1\nname 10.6.0.0 NET6 description six\naccess-list A extended permit ip NET6 255.255.0.0 host HOST1\n";
    assert_clean(&site(text));
    assert_eq!(acl(text, tcp("10.6.3.3", "10.5.0.1", 1)), Some(true));
    assert_eq!(acl(text, tcp("10.7.3.3", "10.5.0.1", 1)), Some(false));
}

#[test]
fn a_domain_name_may_be_any_address_of_its_family() {
    let text = "object network F\n fqdn v4 www.example.com\naccess-list A extended permit tcp any object F eq https\n";
    assert_eq!(acl(text, tcp("10.1.1.1", "10.5.0.1", 443)), None);
    assert_eq!(acl(text, tcp("2001:db8::1", "2001:db8::2", 443)), Some(false));
    assert_eq!(gaps(&site(text)), [(LineStatus::Unsupported, true)]);
}

#[test]
fn service_groups_mix_protocols_and_nest() {
    let text = "object service HTTPS-ALT\n service tcp destination eq 8443\nobject-group service BASE\n service-object object HTTPS-ALT\nobject-group service MIX\n service-object icmp echo\n service-object udp source eq ntp destination range 5000 5010\n service-object tcp-udp destination eq domain\n service-object esp\n group-object BASE\naccess-list A extended permit object-group MIX any any\n";
    assert_clean(&site(text));
    let at = |protocol, port| flow(protocol, "10.1.1.1", "10.2.2.2", port);
    assert_eq!(acl(text, at(1, 0)), Some(true));
    assert_eq!(acl(text, at(6, 53)), Some(true));
    assert_eq!(acl(text, at(17, 53)), Some(true));
    assert_eq!(acl(text, at(6, 8443)), Some(true));
    assert_eq!(acl(text, at(50, 0)), Some(true));
    assert_eq!(acl(text, at(17, 5005)), Some(false));
    assert_eq!(acl(text, Flow { source_port: 123, ..at(17, 5005) }), Some(true));
    assert_eq!(acl(text, at(6, 443)), Some(false));
}

#[test]
fn port_groups_stand_on_either_side() {
    let text = "object-group service P tcp\n port-object eq www\n port-object range 8000 8010\naccess-list A extended permit tcp any object-group P any object-group P\n";
    assert_clean(&site(text));
    let packet = tcp("10.1.1.1", "10.2.2.2", 8005);
    assert_eq!(acl(text, packet), Some(false));
    assert_eq!(acl(text, Flow { source_port: 80, ..packet }), Some(true));
}

#[test]
fn protocol_groups_carry_ports() {
    let text = "object-group protocol T\n protocol-object tcp\n protocol-object udp\naccess-list A extended permit object-group T any any eq domain\n";
    assert_clean(&site(text));
    assert_eq!(acl(text, flow(17, "10.1.1.1", "10.2.2.2", 53)), Some(true));
    assert_eq!(acl(text, flow(6, "10.1.1.1", "10.2.2.2", 54)), Some(false));
}

#[test]
fn a_group_may_be_named_before_it_is_defined() {
    let text = "object-group network OUTER\n group-object INNER\nobject-group network INNER\n network-object host 10.5.0.1\naccess-list A extended permit ip any object-group OUTER\n";
    assert_clean(&site(text));
    assert_eq!(acl(text, tcp("10.1.1.1", "10.5.0.1", 1)), Some(true));
}

#[test]
fn a_group_that_holds_itself_is_unknown() {
    let text = "object-group network X\n group-object Y\nobject-group network Y\n group-object X\n network-object host 10.5.0.1\naccess-list A extended permit ip any object-group X\n";
    let reading = site(text);
    assert!(reading.device.remarks.iter().any(|r| matches!(r, Remark::Recursive { .. })));
    assert_eq!(acl(text, tcp("10.1.1.1", "10.9.9.9", 1)), None);
    assert_eq!(acl(text, tcp("10.1.1.1", "10.5.0.1", 1)), Some(true));
}

#[test]
fn nesting_of_ten_thousand_levels_does_not_overflow() {
    let mut text = String::new();
    for level in 0..10_000 {
        text.push_str(&format!("object-group network G{level}\n group-object G{}\n", level + 1));
    }
    text.push_str("object-group network G10000\n network-object host 10.5.0.1\naccess-list A extended permit ip any object-group G0\n");
    let reading = site(&text);
    assert_clean(&reading);
    assert_eq!(reading.device.remarks.len(), 1, "the list is bound nowhere, nothing else");
}

#[test]
fn an_undefined_name_is_unknown_and_said() {
    let text = "access-list A extended permit ip object GONE any\naccess-list A extended permit tcp any object-group GONE2\n";
    let reading = site(text);
    assert_eq!(line_matches(&reading, "A", 0, tcp("10.1.1.1", "10.2.2.2", 1)), None);
    assert_eq!(line_matches(&reading, "A", 1, tcp("10.1.1.1", "10.2.2.2", 1)), None);
    let undefined: Vec<&str> = reading
        .device
        .remarks
        .iter()
        .filter_map(|r| match r {
            Remark::Undefined { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(undefined, ["GONE", "GONE2"]);
}

#[test]
fn an_unread_member_widens_and_stays_contained() {
    let text = "object-group network G\n network-object frob\n network-object host 10.5.0.1\naccess-list A extended deny ip any object-group G\n";
    let reading = site(text);
    assert!(reading.coverage[0].gaps.iter().all(|gap| gap.contained));
    assert_eq!(acl(text, tcp("10.1.1.1", "10.9.9.9", 1)), None);
}
