#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads the fixtures"
)]

use super::*;
use crate::model::{Device, LineStatus};
use crate::source::Sources;

fn read_text(name: &str, text: &str) -> (Sources, Reading) {
    let mut sources = Sources::default();
    let id = sources.add(name, text.as_bytes()).unwrap();
    let reading = read(Input { id, file: sources.file(id) });
    (sources, reading)
}

fn fixture(name: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/formats/panos/");
    std::fs::read_to_string(format!("{root}{name}")).unwrap()
}

/// What is unknown, and what is unknown without a place in the model.
fn unread(text: &str) -> (Vec<String>, usize) {
    let (sources, reading) = read_text("fw.conf", text);
    let gaps = reading.coverage[0].gaps.iter();
    let unknown = gaps.clone().filter(|gap| gap.status == LineStatus::Unknown);
    let words = unknown.map(|gap| sources.text(gap.span).to_owned()).collect();
    (words, gaps.filter(|gap| !gap.contained).count())
}

/// A device as text, without the places where things stand.
fn shape(device: &Device) -> String {
    let text = format!("{device:?}");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("Span { file: ") {
        out.push_str(before);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

#[test]
fn whole_exports_have_no_unknown_line() {
    for name in ["town-fw.xml", "town-fw.conf", "schools-panorama.xml"] {
        let text = fixture(name);
        assert_eq!(unread(&text), (Vec::new(), 0), "{name}");
        assert!(detect(&text) >= 90, "{name}");
    }
}

#[test]
fn xml_and_set_lines_mean_the_same() {
    let (_, xml) = read_text("fw", &fixture("town-fw.xml"));
    let (_, set) = read_text("fw", &fixture("town-fw.conf"));
    let (mut xml, set) = (xml.device, set.device);
    assert_eq!(xml.version.take().as_deref(), Some("PAN-OS 10.2.0"));
    assert_eq!(
        (xml.name.as_str(), xml.interfaces.len(), xml.contexts.len()),
        ("kozakura-fw1", 10, 3)
    );
    assert!(shape(&xml) == shape(&set), "the two forms are read alike");
}

#[test]
fn a_document_that_is_no_document_is_not_read() {
    let town = fixture("town-fw.xml");
    let cut: String = town.chars().take(town.chars().count() / 2).collect();
    let bomb = "<!DOCTYPE c [<!ENTITY a \"aaaa\">]><config urldb=\"paloaltonetworks\"><shared>&a;</shared></config>";
    let deep = format!("<config>{}{}</config>", "<a>".repeat(5000), "</a>".repeat(5000));
    for text in [cut.as_str(), bomb, &deep] {
        let (_, reading) = read_text("fw.xml", text);
        assert!(reading.coverage[0].gaps.iter().any(|gap| !gap.contained));
        assert!(reading.device.interfaces.is_empty());
    }
}

#[test]
fn lines_that_are_no_configuration_can_matter_to_everything() {
    let base = "set zone a network layer3 ethernet1/1\n";
    for line in [
        "sett rulebase security rules R action allow",
        "delete rulebase security rules R",
        "set rulebase security rules R from [ a b",
        "set quite-new-thing enabled yes",
        "n [ ethernet1/1 ethernet1/2 ]",
        "admin@fw1# set rulebase security rules R action allow",
        "set zone a network layer4 ethernet1/2",
    ] {
        let (words, uncontained) = unread(&format!("{base}{line}\n"));
        assert_eq!((words.len(), uncontained), (1, 1), "{line}");
    }
    let braces = "zone {\n  a {\n    network {\n      layer3 ethernet1/1;\n    }\n  }\n";
    assert_eq!(unread(braces).1, 1, "a brace is missing");
}

#[test]
fn a_quote_that_does_not_end_swallows_no_rule() {
    let text = "set zone a network layer3 ethernet1/1\n\
        set rulebase security rules R description \"never closed\nset rulebase security rules R action allow\n";
    let text = text.replace("closed\"", "closed");
    let (words, _) = unread(&text);
    assert!(words.iter().any(|word| word.contains("never closed")));
    let (_, reading) = read_text("fw.conf", &text);
    let mut lines = reading.device.lists.iter().flat_map(|(_, list)| &list.lines);
    assert!(lines.any(|line| line.label == "rule R" && line.action == Action::Permit));
}

#[test]
fn what_is_said_twice_is_uncertain() {
    let xml = |inner: &str| {
        format!(
            "<config urldb=\"paloaltonetworks\"><devices><entry name=\"localhost.localdomain\"><vsys>\n<entry name=\"vsys1\">\n\
             {inner}</entry></vsys></entry></devices></config>"
        )
    };
    let rule = "<rulebase><security><rules><entry name=\"R\"><from><member>any</member></from><to><member>any</member></to>\
        <source><member>H</member></source><destination><member>any</member></destination><application><member>any</member>\
        </application><service><member>any</member></service><action>deny</action>MORE</entry></rules></security></rulebase>\n";
    let host = "<entry name=\"H\"><ip-netmask>10.0.0.1</ip-netmask></entry>";
    let once = rule.replace("MORE", "") + &format!("<address>{host}</address>");
    assert_eq!(unread(&xml(&once)), (Vec::new(), 0));
    let (_, reading) = read_text("fw.xml", &xml(&once));
    assert!(certain(&reading.device));
    let action =
        rule.replace("MORE", "<action>allow</action>") + &format!("<address>{host}</address>");
    let (_, reading) = read_text("fw.xml", &xml(&action));
    assert!(!certain(&reading.device));
    let object = rule.replace("MORE", "") + &format!("<address>{host}{host}</address>");
    let (_, reading) = read_text("fw.xml", &xml(&object));
    let unknown = |value: &crate::model::AddressSet| {
        matches!(value, crate::model::AddressSet::Unknown { .. })
    };
    assert!(
        reading
            .device
            .addresses
            .iter()
            .any(|(_, object)| object.name == "H" && unknown(&object.value))
    );
}

fn certain(device: &Device) -> bool {
    let mut lines = device.lists.iter().flat_map(|(_, list)| &list.lines);
    lines.any(|line| line.label == "rule R" && line.matches.unknown.is_empty())
}

#[test]
fn groups_that_hold_themselves_end() {
    let text = "set zone a network layer3 ethernet1/1\n\
        set address-group A static [ B A B ]\nset address-group B static [ A B A ]\n\
        set service-group S members [ S T ]\nset service-group T members [ S T ]\n\
        set application-group P members [ P P ]\n\
        set rulebase security rules R source A\nset rulebase security rules R service S\n\
        set rulebase security rules R application P\n";
    let (_, reading) = read_text("fw.conf", text);
    assert!(
        reading
            .device
            .remarks
            .iter()
            .any(|remark| matches!(remark, crate::model::Remark::Recursive { .. }))
    );
}

#[test]
fn prompts_and_comments_do_not_matter() {
    let text = "admin@fw1> set cli config-output-format set\nadmin@fw1> configure\nEntering configuration mode\n[edit]\n\
        admin@fw1# show\nset zone a network layer3 ethernet1/1\n[edit]\nadmin@fw1(active)#\n";
    assert_eq!(unread(text), (Vec::new(), 0));
}

#[test]
fn a_distance_that_cannot_be_read_leaves_the_routes_open() {
    let text = |value: &str| {
        format!(
            "set network interface ethernet ethernet1/1 layer3 ip 10.0.0.1/24\n\
             set network virtual-router vr interface ethernet1/1\nset network virtual-router vr admin-dists static {value}\n\
             set network virtual-router vr routing-table ip static-route r destination 10.9.0.0/16\n\
             set network virtual-router vr routing-table ip static-route r nexthop ip-address 10.0.0.9\n"
        )
    };
    for (value, distance) in [("77", Some(77)), ("$distance", None)] {
        let (_, reading) = read_text("fw.conf", &text(value));
        let (_, context) = reading.device.contexts.iter().next().unwrap();
        assert_eq!(context.routes.first().map(|route| route.distance), distance);
        assert_eq!(context.dynamic_routing.is_empty(), distance.is_some());
    }
}

#[test]
fn a_document_may_stand_after_a_prompt() {
    let text = "admin@fw1> show config running\n\n<config urldb=\"paloaltonetworks\"><shared>\n\
        <address><entry name=\"A\"><ip-netmask>10.0.0.1</ip-netmask></entry></address></shared></config>\n";
    assert_eq!(unread(text), (Vec::new(), 0));
    let (_, reading) = read_text("fw.xml", text);
    assert!(reading.device.addresses.iter().any(|(_, object)| object.name == "A"));
}

#[test]
fn a_management_port_without_a_stated_address_has_some() {
    for line in ["type dhcp-client send-hostname yes", "ip-address $mgmt", "ip-address 10.0.9.2"] {
        let text =
            format!("set deviceconfig system {line}\nset zone a network layer3 ethernet1/1\n");
        let (_, reading) = read_text("fw.conf", &text);
        let id = reading.device.interface("management").unwrap();
        let port = &reading.device.interfaces[id];
        assert!(port.dynamic && port.addresses.is_empty(), "{line}");
        let forwards = reading.device.contexts.iter().filter(|(_, context)| {
            context
                .pipeline
                .iter()
                .any(|stage| matches!(stage, Stage::Filter(filter) if filter.stateful))
        });
        assert!(forwards.map(|(id, _)| id).all(|id| id != port.context), "{line}");
    }
}

#[test]
fn what_panorama_sent_to_one_firewall_or_system_is_read() {
    let variable = "<variable><entry name=\"$gw\"><type><ip-netmask>10.0.0.9</ip-netmask></type></entry></variable>";
    let managed = format!(
        "<config urldb=\"paloaltonetworks\"><devices><entry name=\"localhost.localdomain\">\n\
         <template><entry name=\"T\"><config/></entry></template><template-stack><entry name=\"S\">\n\
         <templates><member>T</member></templates><devices><entry name=\"001\">{variable}</entry></devices>\n\
         </entry></template-stack><device-group><entry name=\"G\"><devices><entry name=\"001\"/></devices></entry>\n\
         </device-group></entry></devices></config>"
    );
    let pushed = "set vsys vsys1 zone a network layer3 ethernet1/1\n\
        set panorama vsys vsys1 address web ip-netmask 10.0.0.1\n\
        set panorama vsys vsys1 address-group unused static web\n\
        set panorama vsys vsys1 tag red color color1\n";
    for text in [managed.as_str(), pushed] {
        assert_eq!(unread(text), (Vec::new(), 0), "{text}");
    }
}
