#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::*;
use crate::formats::detect as choose;
use crate::model::{Device, LineStatus, Stage};
use crate::source::Sources;

fn read_text(text: &str) -> (Sources, Reading) {
    let mut sources = Sources::default();
    let id = sources.add("sw.cfg", text.as_bytes()).unwrap();
    let reading = read(Input { id, file: sources.file(id) });
    (sources, reading)
}

fn gaps(text: &str, status: LineStatus) -> Vec<(String, bool)> {
    let (sources, reading) = read_text(text);
    let gaps = reading.coverage[0].gaps.iter().filter(|gap| gap.status == status);
    gaps.map(|gap| (sources.text(gap.span).to_owned(), gap.contained)).collect()
}

fn filters(device: &Device) -> Vec<&'static str> {
    let context = device.contexts.iter().next().unwrap().1;
    let name = |stage: &Stage| match stage {
        Stage::Filter(filter) => filter.name,
        Stage::Translate(translate) => translate.name,
        Stage::Route => "route",
    };
    context.pipeline.iter().map(name).collect()
}

#[test]
fn a_router_is_read_without_an_unknown_line() {
    let text = include_str!("../../../fixtures/formats/awplus/school-board.cfg");
    assert_eq!(gaps(text, LineStatus::Unknown), []);
    let (_, reading) = read_text(text);
    let device = reading.device;
    assert_eq!(device.name, "shiomi-edu-gw");
    assert_eq!(choose(text).unwrap().id, "awplus");
    let list = device.lists.iter().find(|(_, list)| list.name == "firewall").unwrap().1;
    let mut rules: Vec<&str> = list.lines.iter().map(|line| line.label.as_str()).collect();
    rules.dedup();
    // Six schools with thirteen rules each, and five others; the one with the action log decides nothing.
    assert_eq!(rules.len(), 6 * 13 + 5);
    assert_eq!(
        filters(&device),
        ["ipv6 forwarding", "port forwarding", "route", "firewall", "masquerade"]
    );
    assert_eq!(device.contexts.iter().next().unwrap().1.routes.len(), 8);
}

#[test]
fn a_switch_is_read_without_an_unknown_line() {
    let text = include_str!("../../../fixtures/formats/awplus/core-switch.cfg");
    assert_eq!(gaps(text, LineStatus::Unknown), []);
    assert_eq!(choose(text).unwrap().id, "awplus");
    let (_, reading) = read_text(text);
    assert_eq!(reading.device.interfaces.len(), 7);
    assert_eq!(filters(&reading.device), ["access-group in", "ipv6 forwarding", "route"]);
}

#[test]
fn unknown_commands_are_not_contained_and_known_ones_are() {
    let text =
        "hostname x\nfrobnicate on\ninterface vlan10\n ip address 192.168.10.1/24\n frobnicate\n";
    let found = gaps(text, LineStatus::Unknown);
    assert_eq!(found, [("frobnicate on".to_owned(), false), ("frobnicate".to_owned(), true)]);
}

#[test]
fn a_line_that_lost_its_indentation_is_not_overlooked() {
    let text = "firewall\nrule 10 permit any from a to b\nprotect\n";
    let found = gaps(text, LineStatus::Unknown);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|(_, contained)| !contained));
}

#[test]
fn ranges_of_interfaces_are_written_in_several_ways() {
    for range in ["port1.0.1-1.0.3", "port1.0.1-port1.0.3", "port1.0.1,port1.0.2,port1.0.3"] {
        let text = format!("interface {range}\n no switchport\n ip address 192.168.10.1/24\n");
        let (_, reading) = read_text(&text);
        assert_eq!(reading.device.interfaces.len(), 3, "{range}");
    }
    for range in ["port1.0.9-1.0.1", "port1.0.1-", "port1.0.1-2.0.4", "vlan1-99999"] {
        let text = format!("interface {range}\n ip address 192.168.10.1/24\n");
        assert_eq!(gaps(&text, LineStatus::Unknown).len(), 1, "{range}");
    }
}

#[test]
fn two_entries_of_a_numbered_hardware_list_are_uncertain() {
    let (_, reading) =
        read_text("access-list 3000 deny tcp any any eq 80\naccess-list 3000 permit ip any any\n");
    let list = reading.device.lists.iter().next().unwrap().1;
    assert!(list.lines.iter().all(|line| !line.matches.unknown.is_empty()));
}

#[test]
fn a_large_list_keeps_every_line() {
    let mut text = String::from("access-list hardware big\n");
    for n in 0..60_000u32 {
        let (a, b) = (n / 250 % 250, n % 250);
        text += &format!(
            " {} deny tcp 10.{a}.{b}.0/24 host 192.168.{b}.{a} eq {}\n",
            n + 1,
            n % 60_000
        );
    }
    text += "interface vlan10\n ip address 192.168.10.1/24\n";
    let (_, reading) = read_text(&text);
    assert_eq!(reading.device.lists.iter().next().unwrap().1.lines.len(), 60_000);
}

#[test]
fn names_of_any_letters_are_ranges_or_none() {
    for name in ["ポート１-２", "ポート1-3", "port1.0.1-é9", "-", "１-"] {
        let text = format!("hostname sw\ninterface {name}\n shutdown\n!\nend\n");
        let (_, reading) = read_text(&text);
        assert_eq!(reading.device.name, "sw", "{name}");
    }
}
