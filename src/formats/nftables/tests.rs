//! What readings mean: full-size rulesets, and the same ruleset in both of its forms.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use super::*;
use crate::model::{
    Action, AddressId, AddressSet, Binding, Interfaces, LineStatus, Match, Remark, ServiceId,
    ServiceSet, Stage,
};
use crate::source::Sources;
use std::fmt::Write;

const SCRIPT: &str = include_str!("../../../fixtures/formats/nftables/gateway.conf");
const GATEWAY: [&str; 2] = [
    include_str!("../../../fixtures/formats/nftables/gateway.nft"),
    include_str!("../../../fixtures/formats/nftables/gateway.json"),
];
const ZONES: [&str; 2] = [
    include_str!("../../../fixtures/formats/nftables/zones.nft"),
    include_str!("../../../fixtures/formats/nftables/zones.json"),
];

fn reading(text: &str) -> Reading {
    let mut sources = Sources::default();
    let id = sources.add("gw.nft", text.as_bytes()).unwrap();
    read(&[Input { id, file: sources.file(id) }], &[])
}

fn address(device: &Device, id: AddressId) -> String {
    match &device.addresses[id].value {
        AddressSet::Any => "any".to_owned(),
        AddressSet::Range(range) => range.to_string(),
        AddressSet::Wildcard(mask) => format!("{mask:?}"),
        AddressSet::Union(ids) => {
            let mut members: Vec<String> = ids.iter().map(|id| address(device, *id)).collect();
            members.sort();
            format!("{{{}}}", members.join(" "))
        }
        AddressSet::Except { of, minus } => {
            format!("{}-{}", address(device, *of), address(device, *minus))
        }
        AddressSet::Unknown { within, .. } => format!("?{within:?}"),
    }
}

fn service(device: &Device, id: ServiceId) -> String {
    match &device.services[id].value {
        ServiceSet::Union(ids) => {
            let mut members: Vec<String> = ids.iter().map(|id| service(device, *id)).collect();
            members.sort();
            format!("{{{}}}", members.join(" "))
        }
        ServiceSet::Both(a, b) => format!("({} & {})", service(device, *a), service(device, *b)),
        ServiceSet::Except { of, minus } => {
            format!("{}-{}", service(device, *of), service(device, *minus))
        }
        ServiceSet::Unknown { .. } => "?".to_owned(),
        other => format!("{other:?}"),
    }
}

fn interfaces(device: &Device, set: &Interfaces) -> String {
    match set {
        Interfaces::Any => "any".to_owned(),
        Interfaces::Of(ids) => {
            let mut names: Vec<&str> =
                ids.iter().map(|id| device.interfaces[*id].name.as_str()).collect();
            names.sort_unstable();
            names.join(",")
        }
    }
}

fn matches(device: &Device, matches: &Match) -> String {
    format!(
        "{} > {}: {} > {} {} {:?} {:?} {}",
        interfaces(device, &matches.ingress),
        interfaces(device, &matches.egress),
        address(device, matches.source),
        address(device, matches.destination),
        service(device, matches.service),
        matches.states,
        matches.translated,
        if matches.unknown.is_empty() { "" } else { "?" }
    )
}

fn list(device: &Device, id: crate::model::ListId, indent: usize, out: &mut String) {
    // The elements of a map have no order of their own.
    let mut lines: Vec<String> = Vec::new();
    for line in &device.lists[id].lines {
        let mut text = String::new();
        let action = match line.action {
            Action::Jump(_) => "jump".to_owned(),
            Action::Rewrite(id) => {
                let rewrite = &device.rewrites[id];
                format!(
                    "{:?} {:?} {:?} {:?}",
                    rewrite.source,
                    rewrite.source_port,
                    rewrite.destination,
                    rewrite.destination_port
                )
            }
            other => format!("{other:?}"),
        };
        let comment = line.comment.as_deref().unwrap_or("");
        let _ = writeln!(
            text,
            "{:indent$}{} [{}] {action} {comment}",
            "",
            line.label,
            matches(device, &line.matches)
        );
        if let Action::Jump(next) = line.action {
            list(device, next, indent + 1, &mut text);
        }
        match lines.last_mut() {
            Some(last) if last.trim_start().starts_with(&format!("{} [", line.label)) => {
                let mut both = [last.clone(), text];
                both.sort();
                *last = both.concat();
            }
            _ => lines.push(text),
        }
    }
    for line in lines {
        let mut parts: Vec<&str> = line.lines().collect();
        if indent == 0 {
            parts.sort_unstable();
        }
        out.push_str(&parts.join("\n"));
        out.push('\n');
    }
}

/// Everything that decides about a packet, as text.
fn meaning(device: &Device) -> String {
    let mut out = String::new();
    let bindings = |bindings: &[Binding], out: &mut String| {
        for binding in bindings {
            let _ = writeln!(
                out,
                " {} > {} {:?} {}",
                interfaces(device, &binding.ingress),
                interfaces(device, &binding.egress),
                binding.default,
                binding.default_label
            );
            for id in &binding.lists {
                list(device, *id, 0, out);
            }
        }
    };
    let context = &device.contexts[device.contexts.ids().next().unwrap()];
    for stage in &context.pipeline {
        match stage {
            Stage::Filter(filter) => {
                let _ = writeln!(out, "{}", filter.name);
                bindings(&filter.bindings, &mut out);
            }
            Stage::Translate(translate) => {
                let _ = writeln!(out, "{}", translate.name);
                bindings(&translate.bindings, &mut out);
            }
            Stage::Route => out.push_str("route\n"),
        }
    }
    for filter in &context.local {
        let _ = writeln!(out, "local {}", filter.name);
        bindings(&filter.bindings, &mut out);
    }
    out
}

fn assert_same(a: &str, b: &str) {
    if let Some((a, b)) = a.lines().zip(b.lines()).find(|(a, b)| a != b) {
        panic!("{a}\n{b}");
    }
    assert_eq!(a.lines().count(), b.lines().count());
}

#[test]
fn the_text_and_the_json_of_a_ruleset_mean_the_same() {
    for [text, json] in [GATEWAY, ZONES] {
        let (text, json) = (reading(text), reading(json));
        assert_same(&meaning(&text.device), &meaning(&json.device));
    }
}

#[test]
fn full_size_rulesets_have_no_unknown_line() {
    for (text, stages) in
        [(SCRIPT, 5), (GATEWAY[0], 4), (GATEWAY[1], 4), (ZONES[0], 6), (ZONES[1], 6)]
    {
        let reading = reading(text);
        let coverage = &reading.coverage[0];
        let unknown: Vec<_> =
            coverage.gaps.iter().filter(|gap| gap.status == LineStatus::Unknown).collect();
        assert!(unknown.is_empty(), "{unknown:#?}");
        let context = &reading.device.contexts[reading.device.contexts.ids().next().unwrap()];
        assert_eq!(context.pipeline.len(), stages, "{:#?}", meaning(&reading.device));
        let undefined = |remark: &Remark| matches!(remark, Remark::Undefined { .. });
        assert!(!reading.device.remarks.iter().any(undefined), "{:?}", reading.device.remarks);
    }
}

#[test]
fn gaps_of_the_gateway_are_rates_and_sets_that_change() {
    let reading = reading(SCRIPT);
    let text = |span: Span| SCRIPT.get(span.start as usize..span.end as usize).unwrap().to_owned();
    let gaps: Vec<String> = reading.coverage[0].gaps.iter().map(|gap| text(gap.span)).collect();
    assert_eq!(gaps.len(), 4, "{gaps:#?}");
    assert!(gaps.iter().any(|gap| gap.contains("@torikeshi")));
    assert!(gaps.iter().any(|gap| gap.contains("limit rate 20/second")));
}

#[test]
fn each_front_end_is_detected_and_foreign_text_is_not() {
    assert!(
        [SCRIPT, GATEWAY[0], GATEWAY[1], ZONES[0], ZONES[1]].iter().all(|text| detect(text) >= 90)
    );
    for foreign in [
        "config firewall policy\n edit 1\n",
        "*filter\n:INPUT DROP [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n",
        "{\"rules\": []}",
        "security {\n policies {\n }\n}\n",
        "hostname gw\ninterface Vlan1\n",
        "",
    ] {
        assert_eq!(detect(foreign), 0, "{foreign}");
    }
}

#[test]
fn a_rule_of_a_listing_on_one_line_is_named_by_its_handle_and_its_bytes() {
    let reading = reading(GATEWAY[1]);
    let lines = reading.device.lists.iter().flat_map(|(_, list)| &list.lines);
    let line = lines
        .into_iter()
        .find(|line| line.label.starts_with("inet filter forward handle"))
        .unwrap();
    let text = GATEWAY[1].get(line.span.start as usize..line.span.end as usize).unwrap();
    assert!(text.starts_with("{\"rule\"") && text.ends_with('}'), "{text}");
}

#[test]
fn json_that_is_cut_off_is_never_silent() {
    for cut in (1..GATEWAY[1].len() - 1).step_by(97) {
        let Some(text) = GATEWAY[1].get(..cut) else { continue };
        let reading = reading(text);
        assert!(reading.coverage[0].gaps.iter().any(|gap| !gap.contained), "{cut}");
    }
}

#[test]
fn braces_that_are_cut_off_are_never_silent() {
    for cut in (GATEWAY[0].len() / 4..GATEWAY[0].len() - 2).step_by(131) {
        let Some(text) = GATEWAY[0].get(..cut) else { continue };
        let reading = reading(text);
        assert!(reading.coverage[0].gaps.iter().any(|gap| !gap.contained), "{cut}");
    }
}

#[test]
fn nesting_and_definitions_without_end_are_bounded() {
    let deep = format!("define A = {}1{}\n", "{ ".repeat(5000), " }".repeat(5000));
    reading(&deep);
    let json = format!("{{\"nftables\": {}{}}}", "[".repeat(5000), "]".repeat(5000));
    reading(&json);
    let mut doubling = "define A0 = { 1, 2, 3 }\n".to_owned();
    for number in 1..64 {
        let _ = writeln!(doubling, "define A{number} = {{ $A{0}, $A{0} }}", number - 1);
    }
    doubling += "table inet t { chain f { type filter hook forward priority 0; tcp dport $A63 accept; }; }\n";
    reading(&doubling);
    let mut chains = String::new();
    for number in 0..400 {
        let _ =
            writeln!(chains, "chain c{number} {{ jump c{}; jump c{}; }}", number + 1, number + 1);
    }
    let circle =
        "chain c400 { jump c0; }\nchain f { type filter hook forward priority 0; jump c0; }\n";
    let reading = reading(&format!("table inet t {{\n{chains}{circle}}}\n"));
    assert!(reading.coverage[0].gaps.iter().any(|gap| gap.status == LineStatus::Unknown));
}
