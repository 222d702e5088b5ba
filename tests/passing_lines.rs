//! Rules about the lines that let connections pass are about every connection: one line does not vouch for another.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use sekisho::finding::{Finding, Verdict};
use sekisho::scan::{self, Files, Options};

const TOPOLOGY: &str = "version: 1
name: two firewalls in a row
zones:
  office: { label: 執務室, networks: [10.1.0.0/24] }
  middle: { label: 中継, networks: [10.5.0.0/24] }
  servers: { label: サーバ, networks: [10.9.0.0/24] }
devices:
  near: { config: near.conf }
  far: { config: far.conf }
";

const POLICY: &str = "version: 1
rules:
  - { id: logged, logged: { from: office, to: servers } }
  - { id: scheduled, scheduled: { from: office, to: servers } }
";

/// One policy of a firewall: service, schedule, and whether it logs.
type Line = (&'static str, &'static str, &'static str);

/// A firewall with these policies, and a schedule `day` that is open on working days, `week` that always is.
fn firewall(name: &str, sides: [&str; 2], gateway: (&str, &str, u8), lines: &[Line]) -> String {
    let mut text = format!(
        "#config-version=FGT60F-7.2.5-FW-build1517-230606:opmode=0:vdom=0:user=admin\n\
         config system global\n    set hostname \"{name}\"\nend\nconfig system interface\n"
    );
    for (port, side) in (1..).zip(sides) {
        text +=
            &format!("    edit \"port{port}\"\n        set ip {side} 255.255.255.0\n    next\n");
    }
    let (network, hop, port) = gateway;
    text += &format!(
        "end\nconfig router static\n    edit 1\n        set dst {network} 255.255.255.0\n        \
         set gateway {hop}\n        set device \"port{port}\"\n    next\nend\n\
         config firewall schedule recurring\n    edit \"day\"\n        \
         set day monday tuesday wednesday thursday friday\n        set start 09:00\n        \
         set end 17:00\n    next\n    edit \"week\"\n        \
         set day sunday monday tuesday wednesday thursday friday saturday\n        \
         set start 00:00\n        set end 00:00\n    next\nend\nconfig firewall policy\n"
    );
    for (id, (service, schedule, log)) in (1..).zip(lines) {
        text += &format!(
            "    edit {id}\n        set srcintf \"port1\"\n        set dstintf \"port2\"\n        \
             set srcaddr \"all\"\n        set dstaddr \"all\"\n        set action accept\n        \
             set schedule \"{schedule}\"\n        set service \"{service}\"\n        \
             set logtraffic {log}\n    next\n"
        );
    }
    text + "end\n"
}

/// The verdicts on `logged` and `scheduled`, with the findings, when the two firewalls have these policies.
fn judged(near: &[Line], far: &[Line]) -> ([Verdict; 2], Vec<Finding>) {
    let entry = |name: &str, text: String| (name.to_owned(), text.into_bytes());
    let near = firewall("near", ["10.1.0.1", "10.5.0.1"], ("10.9.0.0", "10.5.0.2", 2), near);
    let far = firewall("far", ["10.5.0.2", "10.9.0.1"], ("10.1.0.0", "10.5.0.1", 1), far);
    let entries = vec![
        entry("far.conf", far),
        entry("near.conf", near),
        entry("policy.yaml", POLICY.to_owned()),
        entry("topology.yaml", TOPOLOGY.to_owned()),
    ];
    let files = Files { name: "row".to_owned(), entries };
    let scan = scan::scan(files, &Options::default()).unwrap();
    let verdict = |rule: &str| {
        let found = scan.verdicts.iter().find(|verdict| verdict.rule == rule);
        found.unwrap().verdict
    };
    ([verdict("logged"), verdict("scheduled")], scan.findings)
}

const OPEN: &[Line] = &[("ALL", "always", "disable")];

#[test]
fn of_two_lines_each_answers_for_itself() {
    use Verdict::{Holds, Violated};
    let good: Line = ("HTTPS", "day", "all");
    let (verdicts, _) = judged(&[good, ("HTTP", "day", "all")], OPEN);
    assert_eq!(verdicts, [Holds, Holds]);
    let (verdicts, findings) = judged(&[good, ("HTTP", "always", "disable")], OPEN);
    assert_eq!(verdicts, [Violated, Violated]);
    for finding in
        findings.iter().filter(|finding| ["logged", "scheduled"].contains(&&*finding.rule))
    {
        assert_eq!(finding.witness.unwrap().destination_port, 80);
        let blamed = finding.blame.iter().filter(|line| line.device == "near");
        assert_eq!(blamed.map(|line| &line.label).collect::<Vec<_>>(), ["policy 2"]);
    }
    // At night the second line takes what the first does not.
    let (verdicts, _) = judged(&[good, ("HTTPS", "always", "all")], OPEN);
    assert_eq!(verdicts, [Holds, Violated]);
}

#[test]
fn one_line_on_the_way_is_enough() {
    use Verdict::{Holds, Violated};
    let (verdicts, _) = judged(OPEN, &[("ALL", "day", "all")]);
    assert_eq!(verdicts, [Holds, Holds]);
    let split: &[Line] = &[("HTTP", "day", "all"), ("ALL", "always", "disable")];
    let (verdicts, _) = judged(split, &[("HTTPS", "day", "all")]);
    assert_eq!(verdicts, [Holds, Holds], "only HTTPS gets through");
    let (verdicts, _) = judged(split, &[("HTTPS", "day", "all"), ("SSH", "always", "disable")]);
    assert_eq!(verdicts, [Violated, Violated]);
}

#[test]
fn a_schedule_that_is_always_open_limits_nothing() {
    let (verdicts, _) = judged(&[("ALL", "week", "all")], OPEN);
    assert_eq!(verdicts, [Verdict::Holds, Verdict::Violated]);
}

/// The verdict on a rule that forbids a category, when the firewall to the Internet lets these destinations pass, in this order.
fn reaching(destinations: &[&str]) -> (Verdict, Vec<Finding>) {
    let mut text = "#config-version=FGT60F-7.2.5-FW-build1517-230606:opmode=0:vdom=0:user=admin\n\
                    config system interface\n    edit \"port1\"\n        \
                    set ip 10.1.0.1 255.255.255.0\n    next\n    edit \"port2\"\n        \
                    set ip 198.51.100.2 255.255.255.0\n    next\nend\nconfig router static\n    \
                    edit 1\n        set gateway 198.51.100.1\n        set device \"port2\"\n    \
                    next\nend\nconfig firewall address\n"
        .to_owned();
    for (name, domain) in [("patches", "patch.example.jp"), ("chat", "api.ai.example")] {
        text += &format!(
            "    edit \"{name}\"\n        set type fqdn\n        set fqdn \"{domain}\"\n    next\n"
        );
    }
    text += "end\nconfig firewall policy\n";
    for (id, destination) in (1..).zip(destinations) {
        text += &format!(
            "    edit {id}\n        set srcintf \"port1\"\n        set dstintf \"port2\"\n        \
             set srcaddr \"all\"\n        set dstaddr \"{destination}\"\n        \
             set action accept\n        set schedule \"always\"\n        \
             set service \"HTTPS\"\n        set logtraffic all\n    next\n"
        );
    }
    text += "end\n";
    let topology = "version: 1\nname: names\nzones:\n  \
                    office: { label: 執務室, networks: [10.1.0.0/24] }\n  \
                    internet: { label: インターネット, external: true }\ndevices:\n  \
                    gw: { config: gw.conf }\nattach:\n  \
                    - { zone: internet, at: \"gw:port2\" }\n";
    let policy = "version: 1\ncategories:\n  \
                  ai: { label: { ja: 生成AI, en: AI }, names: [\"*.ai.example\"] }\nrules:\n  \
                  - { id: D1, destinations: { from: office, to: internet, forbid: [ai] } }\n";
    let entry = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let entries = vec![
        entry("gw.conf", &text),
        entry("policy.yaml", policy),
        entry("topology.yaml", topology),
    ];
    let files = Files { name: "names".to_owned(), entries };
    let scan = scan::scan(files, &Options::default()).unwrap();
    (scan.verdicts.first().unwrap().verdict, scan.findings)
}

#[test]
fn a_name_whose_addresses_nobody_knows_hides_no_other() {
    use Verdict::{Holds, Violated};
    assert_eq!(reaching(&["patches"]).0, Holds);
    for destinations in [["patches", "chat"], ["chat", "all"], ["chat", "patches"]] {
        let (verdict, findings) = reaching(&destinations);
        assert_eq!(verdict, Violated, "{destinations:?}");
        let found = findings.iter().find(|finding| finding.rule == "D1").unwrap();
        let policy = 1 + destinations.iter().position(|name| *name == "chat").unwrap();
        let blamed: Vec<&String> = found.blame.iter().map(|line| &line.label).collect();
        assert_eq!(blamed, [&format!("policy {policy}")]);
    }
    assert_eq!(reaching(&["all", "chat"]).0, Holds, "nothing comes to the second line");
}
