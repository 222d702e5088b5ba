//! What becomes of texts that are damaged, long or odd. What configurations mean is told by `fixtures/formats/junos/*.md`.

use super::*;
use crate::formats::detect;
use crate::model::{Device, LineStatus, Window};
use crate::source::Sources;
use std::collections::BTreeSet;

const CURLY: &str = include_str!("../../../fixtures/formats/junos/school-srx.conf");
const SET: &str = include_str!("../../../fixtures/formats/junos/school-srx-set.conf");

/// A firewall of two zones, with a policy for HTTPS.
const SITE: &str = "\
set interfaces ge-0/0/0 unit 0 family inet address 192.168.10.1/24
set interfaces ge-0/0/1 unit 0 family inet address 192.168.20.1/24
set security zones security-zone a interfaces ge-0/0/0.0
set security zones security-zone b interfaces ge-0/0/1.0
set security policies from-zone a to-zone b policy web match source-address any
set security policies from-zone a to-zone b policy web match destination-address any
set security policies from-zone a to-zone b policy web match application junos-https
set security policies from-zone a to-zone b policy web then permit
";

fn reading(text: &str) -> Reading {
    let mut sources = Sources::default();
    let id = sources.add("fw.conf", text.as_bytes()).unwrap();
    FORMAT.read(&[Input { id, file: sources.file(id) }], &[])
}

/// Whether each gap is contained.
fn gaps(text: &str) -> Vec<bool> {
    reading(text).coverage[0].gaps.iter().map(|gap| gap.contained).collect()
}

/// Everything that the device holds, without places in the file.
fn meaning(device: &Device) -> String {
    let text = format!("{device:?}");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("Span { file") {
        out.push_str(before);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

#[test]
fn braces_and_set_commands_mean_the_same() {
    let (curly, set) = (reading(CURLY), reading(SET));
    let (one, two) = (meaning(&curly.device), meaning(&set.device));
    let differs = one.char_indices().zip(two.chars()).find(|((_, a), b)| a != b);
    if let Some(((at, _), _)) = differs {
        let from = at.saturating_sub(300);
        panic!("{}\n---\n{}", &one[from..at + 200], &two[from..at + 200]);
    }
    assert_eq!(one.len(), two.len());
}

#[test]
fn a_real_sized_configuration_has_no_gap() {
    for text in [CURLY, SET] {
        let reading = reading(text);
        assert_eq!(reading.coverage[0].gaps, Vec::new());
        assert_eq!(reading.coverage[0].count(LineStatus::Unknown), 0);
        let device = &reading.device;
        assert_eq!(device.name, "kozakura-fw-a");
        assert_eq!(device.version.as_deref(), Some("Junos 21.4R3-S4.9"));
        assert_eq!(device.interfaces.len(), 12);
        assert_eq!(device.contexts.len(), 1);
        let labels = device.lists.iter().flat_map(|(_, list)| &list.lines).map(|line| &line.label);
        let policies: BTreeSet<_> = labels
            .filter(|label| label.contains(" policy ") && !label.starts_with("no "))
            .collect();
        assert_eq!(policies.len(), 14, "{policies:?}");
        assert_eq!(detect(text).map(|format| format.id), Ok("junos"));
    }
}

#[test]
fn inherited_log_statements_reach_every_policy() {
    let device = reading(CURLY).device;
    let lines = device.lists.iter().flat_map(|(_, list)| &list.lines);
    let pairs = lines.filter(|line| line.label.starts_with("from-zone"));
    let logged: Vec<_> = pairs.map(|line| (line.enabled, line.log)).collect();
    assert!(logged.iter().all(|(enabled, log)| !enabled || *log == Some(true)), "{logged:?}");
    assert_eq!(logged.iter().filter(|(enabled, _)| !enabled).count(), 1);
}

#[test]
fn a_clean_site_has_no_gap() {
    assert_eq!(gaps(SITE), Vec::<bool>::new());
}

#[test]
fn prompts_banners_and_comments_are_nothing() {
    let text = format!(
        "{{primary:node0}}[edit]\nadmin@fw> show configuration | display set | no-more\n# kept by a collector\n{SITE}\n\
         {{primary:node0}}\nadmin@fw> \n[edit]\n"
    );
    assert_eq!(gaps(&text), Vec::<bool>::new());
    let text = "admin@fw# set security policies default-policy permit-all\n";
    let permits = reading(&format!("{SITE}{text}")).device;
    assert!(meaning(&permits).contains("permit-all"));
}

#[test]
fn scripts_go_back_to_the_level_before_the_last_edit() {
    let last = "security policies default-policy permit-all";
    for walk in [
        format!("edit system services\nset ssh\nexit\nset {last}\n"),
        format!("edit snmp\nset location here\nquit\nset {last}\n"),
        format!("edit system\nedit services\nset ssh\nup 2\nset {last}\n"),
        format!("edit system\nset host-name x\nup\nset {last}\n"),
        format!("edit system\ntop set {last}\nset host-name x\n"),
        format!("edit system\nedit services\ntop\nset {last}\n"),
        format!("top edit snmp\nset location x\nexit\nset {last}\n"),
        format!(
            "admin@fw# edit system services\n[edit system services]\nadmin@fw# exit\nadmin@fw# set {last}\n"
        ),
        "edit security\nedit policies\nedit default-policy\nexit\nset default-policy permit-all\n"
            .to_owned(),
        format!("admin@fw# edit system\nadmin@fw# show | display set\nset {last}\n"),
        format!(
            "admin@fw# commit\nadmin@fw# exit\nadmin@fw> show configuration | display set\nset {last}\n"
        ),
        format!("edit system\nexit configuration-mode\nconfigure\nset {last}\nexit\n"),
    ] {
        let text = format!("{SITE}{walk}");
        assert_eq!(gaps(&text), Vec::<bool>::new(), "{walk}");
        assert!(meaning(&reading(&text).device).contains("default-policy permit-all"), "{walk}");
    }
}

#[test]
fn a_file_that_ends_inside_a_block_is_an_open_gap() {
    let at = CURLY.find("from-zone internet").unwrap();
    let contained = gaps(&CURLY[..at]);
    assert!(contained.contains(&false));
}

#[test]
fn statements_that_run_over_a_line_are_open_gaps() {
    for text in [
        "interfaces {\n    ge-0/0/0 {\n        description server\n        disable;\n    }\n}\n",
        "interfaces {\n    ge-0/0/0 {\n        description \"server;\n        disable;\n    }\n}\n",
        "interfaces {\n    ge-0/0/0 {\n        description server;\n    }\n}\n}\n",
        "security {\n    policies {\n        default-policy {\n            permit-all\n        }\n    }\n}\n",
    ] {
        assert!(gaps(text).contains(&false), "{text}");
    }
}

#[test]
fn a_wrapped_command_is_an_open_gap_and_the_next_one_is_read() {
    let wrapped = SITE.replace("match application junos-https", "match applicat\nion junos-https");
    assert!(gaps(&wrapped).contains(&false));
    let device = reading(&wrapped).device;
    assert!(meaning(&device).contains("Permit"), "the line behind is read");
}

#[test]
fn what_may_bear_policy_and_is_not_known_is_an_open_gap() {
    for line in [
        "set moon phase full",
        "set security moon phase",
        "set security zones moon-zone x",
        "set interfaces ge-0/0/0 unit 0 moon x",
        "set interfaces ge-0/0/0 unit 0 family inet moon x",
        "set security nat moon x",
        "set security policies moon",
        "set tenants T security policies default-policy permit-all",
        "set groups g apply-groups h\nset groups h system host-name x\nset apply-groups g",
        "load override terminal",
        "delete",
        "edit security policies\nup",
        "exit\nset security policies default-policy permit-all",
        "edit snmp\ntop\nexit\nset security policies default-policy permit-all",
    ] {
        let text = format!("{SITE}{line}\n");
        assert!(gaps(&text).contains(&false), "{line}");
    }
}

#[test]
fn what_is_not_known_inside_a_rule_stays_there() {
    for line in [
        "set security policies from-zone a to-zone b policy web match moon full",
        "set security policies from-zone a to-zone b policy web then moon",
        "set security policies from-zone a to-zone b policy web then permit moon",
        "set security policies from-zone a to-zone b policy web moon",
        "set security policies from-zone a to-zone b moon",
        "set security policies global moon",
        "set security address-book global address x moon",
        "set applications application x moon",
        "set applications application x term t moon",
        "set firewall family inet filter F term t from moon",
        "set firewall family inet filter F term t then moon",
        "set firewall family inet filter F term t moon",
        "set security nat source rule-set r rule x match moon",
        "set security nat source pool p moon",
        "set security nat static rule-set r rule x then static-nat moon",
        "set routing-options static route 10.0.0.0/8 moon",
        "set routing-options static route moon next-hop 10.0.0.1",
    ] {
        let text = format!("{SITE}{line}\n");
        let gaps = gaps(&text);
        assert!(!gaps.is_empty() && gaps.iter().all(|contained| *contained), "{line}: {gaps:?}");
    }
}

#[test]
fn what_stands_before_the_match_of_a_nat_rule_is_not_forgotten() {
    let doubts = |rule: &str| -> Vec<usize> {
        let text = format!("{SITE}{rule}");
        let device = reading(&text).device;
        let lines = device.lists.iter().flat_map(|(_, list)| &list.lines);
        lines.map(|line| line.matches.unknown.len()).collect()
    };
    for (kind, then) in [("source", "source-nat off"), ("static", "static-nat prefix 10.9.9.9/32")]
    {
        let rule = format!("set security nat {kind} rule-set r rule x");
        let (moon, matches) =
            (format!("{rule} moon\n"), format!("{rule} match destination-address 192.0.2.9/32\n"));
        let rest = format!(
            "set security nat {kind} rule-set r from zone a\n{rule} then {then}\n\
             set security nat source rule-set r to zone b\n"
        );
        let before = doubts(&format!("{moon}{matches}{rest}"));
        assert!(before.iter().any(|count| *count > 0), "{kind}");
        assert_eq!(before, doubts(&format!("{matches}{moon}{rest}")), "{kind}");
    }
}

#[test]
fn the_last_value_of_a_script_counts() {
    let device = reading("set system host-name a\nset system host-name b\n").device;
    assert_eq!(device.name, "b");
}

#[test]
fn sets_that_hold_themselves_end() {
    let text = format!(
        "{SITE}set security address-book global address-set x address-set y\n\
         set security address-book global address-set y address-set x\n\
         set applications application-set x application-set x\n"
    );
    assert_eq!(gaps(&text), Vec::<bool>::new());
    assert_eq!(reading(&text).device.remarks.len(), 2);
}

#[test]
fn depth_and_width_cost_little() {
    let deep = format!("set {}\n", "a ".repeat(10_000));
    assert!(gaps(&deep).contains(&false));
    let open = "a {\n".repeat(10_000);
    assert!(gaps(&open).contains(&false));
    let mut wide = String::from(SITE);
    for at in 0..20_000u32 {
        let (x, y) = (at / 250, at % 250);
        wide += &format!("set security address-book global address h{at} 10.1.{x}.{y}/32\n");
        wide += &format!("set groups g security address-book global address h{at} description d\n");
    }
    wide += "set apply-groups g\n";
    assert_eq!(gaps(&wide), Vec::<bool>::new());
}

#[test]
fn other_formats_are_not_taken_for_this_one() {
    for text in [
        "set deviceconfig system hostname fw\nset rulebase security rules r from trust\n",
        "set interfaces ethernet eth0 address 192.168.1.1/24\nset firewall name WAN default-action drop\n",
        "set zone \"Trust\" vrouter \"trust-vr\"\nset interface \"ethernet0/0\" zone \"Trust\"\n",
        "config system global\n    set hostname fw\nend\nconfig firewall policy\n",
        "version 15.2\nhostname r1\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.0.0.0\n",
        "*filter\n:INPUT DROP [0:0]\nCOMMIT\n",
        "",
    ] {
        assert_eq!((FORMAT.detect)(text), 0, "{text}");
    }
}

#[test]
fn the_nth_start_of_a_schedule_belongs_to_its_nth_stop() {
    let windows = |text: &str| {
        let device = reading(&format!("{SITE}{text}")).device;
        device.schedules.iter().map(|(_, one)| one.windows.clone()).next().unwrap()
    };
    let weekly = |from, to| Window::Weekly { days: 0x7f, from, to };
    let line = "set schedulers scheduler s daily";
    assert_eq!(
        windows(&format!(
            "{line} start-time 08:00 stop-time 12:00\n{line} start-time 13:00 stop-time 17:00\n"
        )),
        Some(vec![weekly(480, 720), weekly(780, 1020)])
    );
    let braces = "schedulers {\n    scheduler s {\n        daily {\n            start-time 08:00:00 stop-time 12:00:00;\n            start-time 13:00:00 stop-time 17:00:00;\n        }\n    }\n}\n";
    let curly = reading(braces).device;
    let found = curly.schedules.iter().map(|(_, one)| one.windows.clone()).next().unwrap();
    assert_eq!(found, Some(vec![weekly(480, 720), weekly(780, 1020)]));
    // A start that two slots share: which of the stops is its own is not said.
    assert_eq!(
        windows(&format!(
            "{line} start-time 08:00 stop-time 12:00\n{line} start-time 08:00 stop-time 17:00\n"
        )),
        None
    );
    let line = "set schedulers scheduler s";
    let dates = windows(&format!(
        "{line} start-date 2026-01-01.00:00 stop-date 2026-01-31.00:00\n{line} start-date 2026-06-01.00:00 stop-date 2026-06-30.00:00\n"
    ));
    assert_eq!(dates.map(|windows| windows.len()), Some(2));
}

#[test]
fn groups_that_the_device_brings_are_not_missed() {
    let text = format!("{SITE}set apply-groups junos-defaults\nset apply-groups \"${{node}}\"\n");
    assert_eq!(gaps(&text), Vec::<bool>::new());
    let text = format!("{SITE}set interfaces ge-0/0/0 apply-groups lost\n");
    assert_eq!(gaps(&text), vec![false]);
}
