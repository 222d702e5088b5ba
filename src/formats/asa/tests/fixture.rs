//! The full-size configuration of a small town's branch firewall.

use super::*;

pub(super) const FIXTURE: &str = include_str!("../../../../fixtures/formats/asa/branch-fw.cfg");

#[test]
fn no_line_of_a_real_backup_is_unknown() {
    let reading = read(FIXTURE);
    assert_eq!(reading.coverage[0].lines.len(), FIXTURE.lines().count());
    assert!(FIXTURE.lines().count() > 400);
    assert_eq!(reading.coverage[0].count(LineStatus::Unknown), 0);
    let reasons: Vec<bool> = reading.coverage[0].gaps.iter().map(|gap| gap.contained).collect();
    assert_eq!(reasons, [true; 3], "{:?}", reading.coverage[0].gaps);
}

#[test]
fn the_published_server_and_the_database_path_are_open() {
    let reading = read(FIXTURE);
    assert_eq!(
        through(&reading, "dmz", "kojin", tcp("172.21.10.20", "172.21.40.11", 1521)),
        Outcome::Permit
    );
    assert_eq!(
        through(&reading, "dmz", "kojin", tcp("172.21.10.20", "172.21.40.11", 22)),
        Outcome::Deny
    );
    assert_eq!(
        through(&reading, "inside", "kojin", tcp("172.21.20.9", "172.21.40.11", 3389)),
        Outcome::Deny
    );
    assert_eq!(
        through(&reading, "inside", "kojin", tcp("172.21.20.230", "172.21.40.11", 3389)),
        Outcome::Permit
    );
}

#[test]
fn every_interface_has_its_name_and_level() {
    let reading = read(FIXTURE);
    let device = &reading.device;
    let aliases: Vec<&str> =
        device.interfaces.iter().filter_map(|(_, i)| i.alias.as_deref()).collect();
    let named = ["outside", "management", "dmz", "inside", "kojin", "guest", "vti-ken"];
    assert_eq!(aliases[..7], named);
    assert_eq!(aliases[7..], ["IPsec (outside)"]);
    assert_eq!(device.contexts.len(), 2);
    assert_eq!(
        device.contexts[device.interfaces[id(device, "management")].context].name,
        "management-only"
    );
    assert_eq!(device.interfaces[id(device, "dmz")].vlan, Some(10));
    assert_eq!(device.interfaces[id(device, "dmz")].addresses.len(), 2);
    assert_eq!(device.interfaces[id(device, "vti-ken")].kind, InterfaceKind::Tunnel);
}

#[test]
fn every_reference_points_backwards() {
    let device = read(FIXTURE).device;
    for (id, object) in device.addresses.iter() {
        if let AddressSet::Union(members) = &object.value {
            assert!(members.iter().all(|member| *member < id), "{}", object.name);
        }
    }
    for (id, object) in device.services.iter() {
        match &object.value {
            ServiceSet::Union(members) => {
                assert!(members.iter().all(|m| *m < id), "{}", object.name)
            }
            ServiceSet::Both(a, b) => assert!(*a < id && *b < id, "{}", object.name),
            _ => {}
        }
    }
}

#[test]
fn shifts_have_equal_sizes_and_one_family() {
    for (_, rewrite) in read(FIXTURE).device.rewrites.iter() {
        for map in [&rewrite.source, &rewrite.destination].into_iter().flatten() {
            if let AddressMap::Shift { from, to } = map {
                assert_eq!(from.extent(), to.extent(), "{}", rewrite.label);
                assert_eq!(from.family(), to.family(), "{}", rewrite.label);
            }
        }
    }
}

#[test]
fn each_context_routes_exactly_once() {
    for (_, context) in read(FIXTURE).device.contexts.iter() {
        let routes = context.pipeline.iter().filter(|stage| matches!(stage, Stage::Route)).count();
        assert_eq!(routes, 1, "{}", context.name);
    }
}
