#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::*;
use crate::formats::detect as choose;
use crate::model::{Action, LineStatus};
use crate::source::Sources;

fn read_text(text: &str) -> (Sources, Reading) {
    let mut sources = Sources::default();
    let id = sources.add("ax.cfg", text.as_bytes()).unwrap();
    let reading = read(Input { id, file: sources.file(id) });
    (sources, reading)
}

fn unknown(text: &str) -> Vec<(String, bool)> {
    let (sources, reading) = read_text(text);
    let gaps = reading.coverage[0].gaps.iter().filter(|gap| gap.status == LineStatus::Unknown);
    gaps.map(|gap| (sources.text(gap.span).to_owned(), gap.contained)).collect()
}

#[test]
fn a_core_switch_is_read_without_an_unknown_line() {
    let text = include_str!("../../../fixtures/formats/alaxala/core-switch.cfg");
    assert_eq!(unknown(text), []);
    assert_eq!(choose(text).unwrap().id, "alaxala");
    let (_, reading) = read_text(text);
    let device = reading.device;
    assert_eq!(device.name, "shiomi-ax");
    let vlans = device.interfaces.iter().filter(|(_, one)| one.vlan.is_some()).count();
    assert_eq!(vlans, 8);
    let bound = device.lists.iter().filter(|(_, list)| list.name.starts_with("FROM_")).count();
    // Six lists, each with its implicit deny.
    assert_eq!(bound, 12);
    let zeimu = device.lists.iter().find(|(_, list)| list.name == "FROM_ZEIMU").unwrap().1;
    assert_eq!(zeimu.lines[0].label, "FROM_ZEIMU seq 20");
    assert_eq!(zeimu.lines.last().unwrap().action, Action::Deny);
}

#[test]
fn unknown_commands_are_not_contained_and_known_ones_are() {
    let text = "hostname \"x\"\nfrobnicate on\ninterface vlan 10\n  ip address 192.168.10.1 255.255.255.0\n  frobnicate\n";
    assert_eq!(
        unknown(text),
        [("frobnicate on".to_owned(), false), ("frobnicate".to_owned(), true)]
    );
}

#[test]
fn the_suppression_of_the_implicit_discard_is_not_overlooked() {
    // How the command is spelled is not established; any spelling is an unknown command.
    let found = unknown("access-list implicit-deny disable\n");
    assert_eq!(found.len(), 1);
    assert!(!found[0].1);
}

#[test]
fn a_list_of_ethernet_addresses_on_an_interface_makes_its_traffic_uncertain() {
    let (_, reading) = read_text(
        "interface vlan 10\n  ip address 192.168.10.1 255.255.255.0\n  ip access-group A in\n  mac access-group M in\nip access-list extended A\n  10 deny ip any any\n",
    );
    let gaps = &reading.coverage[0].gaps;
    assert!(gaps.iter().any(|gap| gap.status == LineStatus::Unsupported));
    let undecided = reading.device.lists.iter().flat_map(|(_, list)| &list.lines);
    assert!(undecided.filter(|line| line.action == Action::Undecided).count() >= 2);
}

#[test]
fn two_kinds_of_list_of_one_name_are_not_contained() {
    let text = "ip access-list extended A\n  10 permit ip any any\nadvance access-list A\n  10 permit mac-ip any any ip any any\n";
    assert_eq!(unknown(text).iter().filter(|(_, contained)| !contained).count(), 1);
}

#[test]
fn what_is_typed_and_what_is_printed_twice_is_not_contained() {
    let text =
        "hostname \"ax\"\nax# configure\nax(config)# ip access-list extended X\nax(config)# end\n";
    assert_eq!(unknown(text), [("ax(config)# ip access-list extended X".to_owned(), false)]);
    let text = "hostname \"ax\"\nax> show running-config\nhostname \"ax\"\n";
    assert_eq!(unknown(text), [("hostname \"ax\"".to_owned(), false)]);
}

#[test]
fn the_names_of_ports_are_known() {
    let text = "ip access-list extended A\n  10 permit tcp any any eq shell\n  20 permit udp any any eq radius-acct\n  30 permit udp any any eq ripng\n";
    assert_eq!(unknown(text), []);
}

#[test]
fn whom_broadcasts_are_relayed_to_is_said() {
    let (_, reading) = read_text(
        "interface vlan 10\n  ip address 192.168.10.1 255.255.255.0\n  ip helper-address 192.168.20.9\n  ip access-group A in\n",
    );
    let gaps = &reading.coverage[0].gaps;
    assert!(gaps.iter().any(|gap| gap.contained && gap.reason.en.contains("192.168.20.9")));
}
