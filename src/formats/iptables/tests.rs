//! What becomes of lines: detection, the account of every line, and texts that are broken or made to be slow. What packets do
//! stands in `fixtures/formats/iptables/*.md`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::*;
use crate::model::{AddressMap, LineStatus};
use crate::source::Sources;
use std::fmt::Write;

const SCHOOL: [(&str, &str); 3] = [
    ("school-v4.conf", include_str!("../../../fixtures/formats/iptables/school-v4.conf")),
    ("school-v6.conf", include_str!("../../../fixtures/formats/iptables/school-v6.conf")),
    ("school-host.conf", include_str!("../../../fixtures/formats/iptables/school-host.conf")),
];
const ZONES: [(&str, &str); 4] = [
    ("zones-v4.conf", include_str!("../../../fixtures/formats/iptables/zones-v4.conf")),
    ("zones-v6.conf", include_str!("../../../fixtures/formats/iptables/zones-v6.conf")),
    ("zones-sets.conf", include_str!("../../../fixtures/formats/iptables/zones-sets.conf")),
    ("zones-host.conf", include_str!("../../../fixtures/formats/iptables/zones-host.conf")),
];

fn reading(files: &[(&str, &str)], declared: &[&str]) -> (Sources, Reading) {
    let mut sources = Sources::default();
    let ids: Vec<FileId> =
        files.iter().map(|(name, text)| sources.add(name, text.as_bytes()).unwrap()).collect();
    let inputs: Vec<Input<'_>> =
        ids.iter().map(|id| Input { id: *id, file: sources.file(*id) }).collect();
    let declared: Vec<String> = declared.iter().map(|name| (*name).to_owned()).collect();
    let reading = read(&inputs, &declared);
    (sources, reading)
}

fn gaps(reading: &Reading, contained: bool) -> usize {
    let all = reading.coverage.iter().flat_map(|file| &file.gaps);
    all.filter(|gap| gap.contained == contained).count()
}

/// The lines with a status, over all files.
fn count(reading: &Reading, status: LineStatus) -> usize {
    reading.coverage.iter().map(|file| file.count(status)).sum()
}

fn forward(rules: &str) -> String {
    format!(
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n"
    )
}

#[test]
fn whole_exports_hold_no_unknown_line() {
    for (files, unsupported) in [(SCHOOL.as_slice(), 5), (ZONES.as_slice(), 7)] {
        let (sources, reading) = reading(files, &[]);
        let all = reading.coverage.iter().flat_map(|file| &file.gaps);
        let unknown: Vec<&str> = all
            .filter(|gap| gap.status == LineStatus::Unknown)
            .map(|gap| sources.text(gap.span))
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        assert_eq!(count(&reading, LineStatus::Unsupported), unsupported, "{}", files[0].0);
        for (name, text) in files {
            assert!(detect(text) > 0, "{name}");
        }
    }
}

#[test]
fn the_order_of_files_does_not_matter() {
    let (_, one) = reading(&ZONES, &[]);
    let turned: Vec<(&str, &str)> = ZONES.iter().rev().copied().collect();
    let (_, other) = reading(&turned, &[]);
    let names = |reading: &Reading| -> Vec<String> {
        reading.device.lists.iter().map(|(_, list)| list.name.clone()).collect()
    };
    assert_eq!(names(&one), names(&other));
    assert_eq!(one.coverage.len(), 4);
}

#[test]
fn stages_stand_in_the_order_of_the_kernel() {
    let (_, reading) = reading(&SCHOOL, &[]);
    let context = reading.device.contexts.iter().next().unwrap().1;
    let names: Vec<&str> = context
        .pipeline
        .iter()
        .map(|stage| match stage {
            Stage::Filter(filter) => filter.name,
            Stage::Translate(translate) => translate.name,
            Stage::Route => "route",
        })
        .collect();
    assert_eq!(
        names,
        ["raw PREROUTING", "nat PREROUTING", "route", "filter FORWARD", "nat POSTROUTING"]
    );
    assert_eq!(
        context.local.iter().map(|filter| filter.name).collect::<Vec<_>>(),
        ["filter INPUT"]
    );
    let redirects = reading.device.rewrites.iter();
    let redirects = redirects.filter(|(_, r)| r.destination == Some(AddressMap::IngressInterface));
    assert_eq!(redirects.count(), 2);
}

#[test]
fn rules_of_other_formats_are_not_taken() {
    assert_eq!(detect("table inet filter {\n\tchain forward {\n\t}\n}\n"), 0);
    assert_eq!(detect("config firewall policy\n edit 1\nend\n"), 0);
    assert_eq!(detect("hostname r1\n*** banner ***\naccess-list 1 permit any\n"), 0);
    assert_eq!(detect(""), 0);
    assert!(detect("create a hash:ip family inet\nadd a 192.0.2.1\n") > 50);
}

#[test]
fn what_the_host_itself_sends_does_not_matter() {
    let (_, reading) =
        reading(&[("rules.v4", &forward("-A OUTPUT -m frobnicate -j ACCEPT\n"))], &[]);
    assert_eq!((gaps(&reading, true), gaps(&reading, false)), (0, 0));
}

#[test]
fn prompts_are_no_rules_and_other_lines_are_not_ignored() {
    let text = format!("root@gw:~# iptables-save\n{}root@gw:~# exit\n", forward(""));
    let (_, first) = reading(&[("rules.v4", &text)], &[]);
    assert_eq!((gaps(&first, true), gaps(&first, false)), (0, 0));
    let text = format!("{}allow all from everywhere\n", forward(""));
    let (_, second) = reading(&[("rules.v4", &text)], &[]);
    assert_eq!(gaps(&second, false), 1);
}

#[test]
fn tools_that_hide_rules_say_so() {
    for comment in [
        "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them",
        "# Table `nat' is incompatible, use 'nft' tool.",
    ] {
        let (_, reading) = reading(&[("rules.v4", &format!("{}{comment}\n", forward("")))], &[]);
        assert_eq!(gaps(&reading, false), 1, "{comment}");
    }
}

#[test]
fn garbled_rules_are_gaps_and_contained() {
    for rule in [
        "-A FORWARD -s 10.0.0.0/8 -p tcp --dpotr 80 -j ACCEPT",
        "-A FORWARD -p tcp -m comment --comment \"never closed -j DROP",
        "-D FORWARD 3",
        "-R FORWARD 1 -j ACCEPT",
        "-A",
        "FORWARD -j ACCEPT",
        "-A FORWARD -j",
        "-A FORWARD -p tcp -J ACCEPT",
        "-A FORWARD extra -j ACCEPT",
        "-A FORWARD -j ACCEPT --frobnicate",
    ] {
        let (_, reading) = reading(&[("rules.v4", &forward(&format!("{rule}\n")))], &[]);
        assert!(gaps(&reading, true) > 0, "{rule}");
        assert_eq!(gaps(&reading, false), 0, "{rule}");
    }
}

#[test]
fn the_family_comes_from_comment_words_or_name() {
    let family = |name: &str, text: &str| {
        let (_, reading) = reading(&[(name, text)], &[]);
        let mut lists = reading.device.lists.iter();
        let six = lists.any(|(_, list)| list.name == "ip6 filter FORWARD");
        (six, gaps(&reading, true))
    };
    let plain = forward("-A FORWARD -p tcp -j ACCEPT\n");
    assert_eq!(family("rules.v6", &plain), (true, 0));
    assert_eq!(family("gw.txt", &plain), (false, 1), "nothing says so: IPv4, and a gap");
    assert_eq!(family("gw.txt", &forward("-A FORWARD -s 2001:db8::/32 -j ACCEPT\n")), (true, 0));
    let marked =
        format!("# Generated by ip6tables-save v1.8.9 on Thu Apr  2 09:12:31 2026\n{plain}");
    assert_eq!(family("gw.txt", &marked), (true, 0));
}

#[test]
fn chains_that_multiply_are_bounded() {
    let mut text = String::from("*filter\n:FORWARD DROP [0:0]\n");
    for level in 0..30 {
        for _ in 0..10 {
            let _ = writeln!(text, "-A C{level} -p tcp -j C{}", level + 1);
        }
        let _ = writeln!(text, ":C{} - [0:0]", level + 1);
    }
    text += "-A C30 -j ACCEPT\n-A FORWARD -j C0\nCOMMIT\n";
    let (_, reading) = reading(&[("rules.v4", &text)], &[]);
    let lines: usize = reading.device.lists.iter().map(|(_, list)| list.lines.len()).sum();
    assert!(lines < 1000, "{lines}");
    assert!(gaps(&reading, true) > 0);
}

#[test]
fn big_sets_and_many_rules_stay_linear() {
    let mut sets = String::from("create s hash:ip,port family inet hashsize 1024 maxelem 65536\n");
    for n in 0..20_000u32 {
        let _ =
            writeln!(sets, "add s 10.{}.{}.{},tcp:{}", n >> 16, n >> 8 & 255, n & 255, n % 900 + 1);
    }
    let rule = "-A FORWARD -m set --match-set s dst,dst -j ACCEPT\n";
    let (_, reading) =
        reading(&[("s.txt", &sets), ("rules.v4", &forward(&rule.repeat(2000)))], &[]);
    let lines: usize = reading.device.lists.iter().map(|(_, list)| list.lines.len()).sum();
    assert!(lines < 300_000, "{lines}");
}

#[test]
fn interfaces_are_those_that_are_known() {
    let rules = forward("-A FORWARD -i eth0 -j ACCEPT\n-A FORWARD -i tun+ -j ACCEPT\n");
    let names = |declared: &[&str]| -> Vec<String> {
        let (_, reading) = reading(&[("rules.v4", &rules)], declared);
        reading.device.interfaces.iter().map(|(_, i)| i.name.clone()).collect()
    };
    assert_eq!(names(&[]), ["eth0", "tun+", "other"]);
    assert_eq!(names(&["eth0", "eth1"]), ["eth0", "eth1"]);
    let (_, bare) = reading(&[("rules.v4", &forward("-A FORWARD -j ACCEPT\n"))], &[]);
    let bare: Vec<&str> = bare.device.interfaces.iter().map(|(_, i)| i.name.as_str()).collect();
    assert_eq!(bare, ["other", "other-2"]);
}

#[test]
fn a_rule_without_a_readable_target_may_do_anything() {
    let (_, reading) = reading(&[("rules.v4", &forward("-A FORWARD -p tcp -J ACCEPT\n"))], &[]);
    let mut lines = reading.device.lists.iter().flat_map(|(_, list)| &list.lines);
    assert!(lines.any(|line| line.label == "FORWARD 1" && line.action == Action::Undecided));
}

#[test]
fn logging_is_no_gap_whatever_limits_it() {
    let rule = "-A FORWARD -m limit --limit 3/min -j LOG --log-prefix \"x \" --log-level 4\n";
    let (_, reading) = reading(&[("rules.v4", &forward(rule))], &[]);
    assert_eq!((gaps(&reading, true), gaps(&reading, false)), (0, 0));
}
