use super::*;
use crate::finding::{Kind, Severity};
use crate::formats::{Input, by_id};
use std::fmt::Write;

mod age;
mod ha;
mod leftovers;
mod own;
mod passages;
mod trust;

/// Rules about lines and names; the others have tests of their own.
const LINES: [&str; 6] =
    ["shadowed", "redundant", "any-any", "undefined", "unbound", "disabled-broad"];

fn linted(snapshot: &Snapshot, sources: &Sources) -> Vec<Finding> {
    lint(snapshot, &Devices::new(snapshot), sources)
}

/// The findings about the lists of one configuration.
fn about(format: &str, text: &str) -> Vec<Finding> {
    let mut findings = everything_about(format, text);
    findings.retain(|finding| LINES.contains(&finding.rule.as_str()));
    findings
}

/// The findings about one configuration.
fn everything_about(format: &str, text: &str) -> Vec<Finding> {
    let mut sources = Sources::default();
    let id = sources.add("fw.cfg", text.as_bytes()).unwrap();
    let reading = by_id(format).unwrap().read(&[Input { id, file: sources.file(id) }], &[]);
    let mut snapshot = Snapshot::default();
    snapshot.devices.push(reading.device.into());
    linted(&snapshot, &sources)
}

/// The findings of one rule about a network: a topology, and name, reader and text of each configuration.
fn network(rule: &str, topology: &str, configs: &[(&str, &str, &str)]) -> Vec<Finding> {
    of_network(rule, topology, configs, None)
}

fn of_network(
    rule: &str,
    topology: &str,
    configs: &[(&str, &str, &str)],
    at: Option<crate::model::Moment>,
) -> Vec<Finding> {
    use crate::snapshot::{BuildInput, build};
    let mut sources = Sources::default();
    let mut devices = Vec::new();
    for (name, format, text) in configs {
        let id = sources.add(&format!("{name}.cfg"), text.as_bytes()).unwrap();
        let reading = by_id(format).unwrap().read(&[Input { id, file: sources.file(id) }], &[]);
        let unread: Vec<_> = reading.coverage.iter().flat_map(|c| &c.gaps).collect();
        assert!(unread.iter().all(|gap| gap.contained), "{unread:#?}");
        let mut device = reading.device;
        (*name).clone_into(&mut device.name);
        devices.push((device.into(), reading.coverage));
    }
    let id = sources.add("topology.yaml", topology.as_bytes()).unwrap();
    let topology = crate::topology::read(id, sources.file(id)).unwrap();
    let input = BuildInput { name: String::new(), topology: Some(topology), devices, at };
    let snapshot = build(input).unwrap();
    let mut findings = linted(&snapshot, &sources);
    findings.retain(|finding| finding.rule == rule);
    findings
}

/// Severity, first blamed label and English message of each.
fn told(findings: &[Finding]) -> Vec<(Severity, &str, &str)> {
    let one = |f: &'_ Finding| (f.severity, f.blame.len());
    assert!(findings.iter().all(|f| one(f).1 > 0 && f.fingerprint.len() == 16));
    findings
        .iter()
        .map(|f| (f.severity, f.blame[0].label.as_str(), f.message.en.as_str()))
        .collect()
}

/// The English details of a finding.
fn details(finding: &Finding) -> Vec<&str> {
    finding.details.iter().map(|text| text.en.as_str()).collect()
}

/// Rule, severity and label of the first blamed line.
fn brief(findings: &[Finding]) -> Vec<(&str, Severity, &str)> {
    let label = |finding: &'_ Finding| -> usize { finding.blame.len() };
    findings
        .iter()
        .map(|finding| {
            assert!(label(finding) > 0 && finding.fingerprint.len() == 16, "{finding:?}");
            assert_eq!(
                finding.kind,
                Kind::Lint(RULES.iter().find(|r| r.name == finding.rule).unwrap().name)
            );
            (finding.rule.as_str(), finding.severity, finding.blame[0].label.as_str())
        })
        .collect()
}

const ASA: &str = "\
ASA Version 9.12(4)
hostname fw
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.2 255.255.255.240
 ipv6 address 2001:db8:1::2/64
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.0.1.1 255.255.255.0
 ipv6 address 2001:db8:2::1/64
object network WEB
 host 10.0.1.10
object network LAN
 subnet 10.0.1.0 255.255.255.0
access-group IN in interface outside
";

fn asa(lines: &str) -> Vec<Finding> {
    about("asa", &format!("{ASA}{lines}"))
}

const FORTIOS: &str = "\
#config-version=FGT60F-7.2.5-FW-build1517-230606:opmode=0:vdom=0:user=admin
config system interface
    edit \"wan1\"
        set vdom \"root\"
        set ip 203.0.113.2 255.255.255.240
    next
    edit \"lan\"
        set vdom \"root\"
        set ip 10.0.1.1 255.255.255.0
    next
    edit \"dmz\"
        set vdom \"root\"
        set ip 10.0.2.1 255.255.255.0
    next
end
config firewall address
    edit \"all\"
    next
    edit \"LAN\"
        set subnet 10.0.1.0 255.255.255.0
    next
    edit \"DMZ\"
        set subnet 10.0.2.0 255.255.255.0
    next
end
config firewall addrgrp
    edit \"INSIDE\"
        set member \"LAN\" \"DMZ\"
    next
end
config firewall service custom
    edit \"ALL\"
        set protocol IP
    next
    edit \"HTTPS\"
        set tcp-portrange 443
    next
end
config firewall policy
";

/// A policy as `number from to source destination service action more`.
fn policy(words: &str) -> String {
    let mut words = words.split(' ');
    let mut next = || words.next().unwrap();
    let mut out = format!("    edit {}\n", next());
    for key in ["srcintf", "dstintf", "srcaddr", "dstaddr", "service"] {
        writeln!(out, "        set {key} \"{}\"", next()).unwrap();
    }
    if next() == "accept" {
        out.push_str("        set action accept\n");
    }
    out.push_str("        set schedule \"always\"\n");
    for more in words {
        writeln!(out, "        set {}", more.replace('=', " ")).unwrap();
    }
    out + "    next\n"
}

fn fortios(policies: &[&str]) -> Vec<Finding> {
    let policies: String = policies.iter().map(|words| policy(words)).collect();
    about("fortios", &format!("{FORTIOS}{policies}end\n"))
}

#[test]
fn a_deny_behind_a_wider_permit_is_shadowed() {
    let findings = asa("\
access-list IN extended permit tcp any object LAN
access-list IN extended permit udp any object LAN
access-list IN extended deny tcp any object WEB eq 23
access-list IN extended permit tcp any object WEB eq 80
");
    assert_eq!(
        brief(&findings),
        [("shadowed", Severity::Medium, "IN line 3"), ("shadowed", Severity::Low, "IN line 4"),]
    );
    assert_eq!(findings[0].blame.len(), 2);
    assert_eq!(findings[0].blame[1].label, "IN line 1");
    assert_eq!(findings[0].details[0].en, "decided before by: IN line 1 (fw.cfg:18)");
    assert_eq!(findings[0].device.as_deref(), Some("fw"));
}

#[test]
fn several_lines_cover_together() {
    let findings = asa("\
access-list IN extended permit tcp 198.51.100.0 255.255.255.128 object WEB
access-list IN extended permit tcp 198.51.100.128 255.255.255.128 object WEB range 1 1000
access-list IN extended permit tcp 198.51.100.128 255.255.255.128 object WEB range 1001 65535
access-list IN extended permit udp 198.51.100.0 255.255.255.0 object WEB
access-list IN extended deny tcp 198.51.100.0 255.255.255.0 object WEB range 80 2000
access-list IN extended deny tcp 198.51.100.0 255.255.255.0 object WEB range 0 2000
");
    assert_eq!(brief(&findings), [("shadowed", Severity::Medium, "IN line 5")]);
    let covering: Vec<&str> = findings[0].blame.iter().map(|blame| blame.label.as_str()).collect();
    assert_eq!(covering, ["IN line 5", "IN line 1", "IN line 2", "IN line 3"]);
}

#[test]
fn both_families_must_be_covered() {
    let partly = asa("\
access-list IN extended permit tcp any4 any4 eq 80
access-list IN extended deny tcp any any eq 80
access-list IN extended permit udp any object WEB eq 53
");
    assert_eq!(brief(&partly), [("any-any", Severity::Medium, "IN line 1")]);
    let wholly = asa("\
access-list IN extended permit tcp any4 any4 eq 80
access-list IN extended permit tcp any6 any6 eq 80
access-list IN extended deny tcp any any eq 80
access-list IN extended permit tcp 2001:db8:9::/64 any6 eq 80
");
    assert_eq!(
        brief(&wholly)[..2],
        [("shadowed", Severity::Medium, "IN line 3"), ("shadowed", Severity::Low, "IN line 4")]
    );
}

#[test]
fn a_line_that_matches_nothing_is_not_shadowed() {
    let findings = asa("\
object-group network NOBODY
access-list IN extended permit ip object LAN object WEB
access-list IN extended permit ip object-group NOBODY object WEB
");
    assert!(findings.iter().all(|finding| finding.rule != "shadowed"), "{findings:?}");
}

#[test]
fn what_is_not_certain_covers_nothing() {
    let findings = asa("\
time-range OFFICE
 periodic weekdays 9:00 to 17:00
access-list IN extended permit tcp any object LAN time-range OFFICE
access-list IN extended permit tcp any object LAN inactive
access-list IN extended deny tcp any object WEB eq 80
");
    assert!(findings.iter().all(|finding| finding.rule != "shadowed"), "{findings:?}");
}

#[test]
fn interfaces_must_be_covered_too() {
    let findings = fortios(&[
        "1 lan wan1 all all HTTPS accept",
        "2 dmz wan1 LAN all HTTPS deny",
        "3 any wan1 LAN DMZ HTTPS accept",
        "4 lan wan1 LAN DMZ HTTPS deny",
    ]);
    assert_eq!(
        brief(&findings),
        [("shadowed", Severity::Medium, "policy 4"), ("any-any", Severity::Medium, "policy 1"),]
    );
}

#[test]
fn a_permit_repeated_later_is_redundant() {
    let findings = asa("\
access-list IN extended permit tcp host 198.51.100.7 object WEB eq 443 log
access-list IN extended deny tcp any object WEB eq 23
access-list IN extended permit tcp 198.51.100.0 255.255.255.0 object WEB eq 443 log disable
access-list IN extended deny ip any any log
");
    assert_eq!(brief(&findings), [("redundant", Severity::Low, "IN line 1")]);
    let details: Vec<&str> = findings[0].details.iter().map(|text| text.en.as_str()).collect();
    assert_eq!(details[0], "the same is done by: IN line 3 (fw.cfg:20)");
    assert!(details[1].starts_with("but this line logs"), "{details:?}");
}

#[test]
fn a_line_is_not_redundant_when_another_action_comes_between() {
    let findings = asa("\
access-list IN extended permit tcp host 198.51.100.7 object WEB
access-list IN extended deny tcp any object WEB eq 23
access-list IN extended permit tcp 198.51.100.0 255.255.255.0 object WEB
");
    assert_eq!(brief(&findings), []);
}

#[test]
fn a_ban_before_the_last_deny_is_not_redundant() {
    let findings = asa("\
access-list IN extended deny tcp any object WEB eq 23
access-list IN extended deny ip any any log
");
    assert_eq!(brief(&findings), []);
}

#[test]
fn redundancy_asks_every_interface_pair() {
    let kept = fortios(&[
        "1 any wan1 LAN DMZ HTTPS accept",
        "2 dmz wan1 LAN all HTTPS deny",
        "3 any any LAN DMZ ALL accept",
    ]);
    assert_eq!(brief(&kept), []);
    let gone = fortios(&[
        "1 lan wan1 LAN DMZ HTTPS accept",
        "2 dmz wan1 LAN all HTTPS deny",
        "3 any any LAN DMZ ALL accept",
    ]);
    assert_eq!(brief(&gone), [("redundant", Severity::Low, "policy 1")]);
}

#[test]
fn findings_can_be_acted_on_together() {
    let findings = asa("\
access-list IN extended permit tcp any object WEB eq 80
access-list IN extended permit tcp any object WEB range 80 90
access-list IN extended permit tcp any object WEB range 81 100
");
    assert_eq!(
        brief(&findings),
        [("redundant", Severity::Low, "IN line 1")],
        "line 2 must stay then"
    );
}

#[test]
fn any_any_says_what_narrows_it() {
    let findings = fortios(&["1 lan wan1 all all ALL accept", "2 dmz wan1 DMZ all ALL accept"]);
    assert_eq!(
        brief(&findings),
        [("any-any", Severity::High, "policy 1"), ("any-any", Severity::Medium, "policy 2")]
    );
    assert_eq!(findings[0].details[0].en, "limited by interface only: from lan to wan1");
    let open = fortios(&["1 any any all all ALL accept"]);
    assert_eq!(open[0].details[0].en, "no interface condition limits it either");
    let bound = asa("access-list IN extended permit ip any any\n");
    assert_eq!(brief(&bound), [("any-any", Severity::High, "IN line 1")]);
    assert_eq!(bound[0].details[0].en, "limited by interface only: in by outside");
}

#[test]
fn ordinary_permits_are_not_any_any() {
    let findings = asa("\
access-list IN extended permit icmp any any echo-reply
access-list IN extended permit ospf any any
access-list IN extended permit tcp any object WEB eq 443
access-list IN extended permit ip host 198.51.100.7 object LAN
access-list IN extended deny ip any any
");
    assert_eq!(brief(&findings), []);
    let ios = about(
        "ios",
        "version 15.9\nhostname r1\ninterface GigabitEthernet0/0\n ip address 10.0.1.1 255.255.255.0\n \
         ip access-group 101 in\n!\naccess-list 101 permit tcp any any established\n\
         access-list 101 permit udp any any eq bootps\naccess-list 101 permit tcp any host 10.0.9.9 eq 80\n\
         access-list 101 deny ip any any\nend\n",
    );
    assert_eq!(brief(&ios), []);
}

#[test]
fn names_and_lists_that_lead_nowhere() {
    let findings = asa("\
access-list IN extended permit tcp any object-group GONE eq 80
access-list IN extended permit tcp any object-group GONE eq 81
access-list SPARE extended deny ip any any
");
    assert_eq!(
        brief(&findings),
        [("undefined", Severity::Medium, "object-group GONE"), ("unbound", Severity::Low, "SPARE")]
    );
    assert_eq!(findings[0].blame.len(), 2, "one finding a name");
}

#[test]
fn what_is_switched_off_and_broad() {
    let findings = asa("\
access-list IN extended permit ip any object LAN inactive
access-list IN extended permit ip any object WEB inactive
access-list IN extended deny ip any object LAN inactive
access-list IN extended permit tcp any object LAN eq 80 inactive
");
    assert_eq!(brief(&findings), [("disabled-broad", Severity::Low, "IN line 1")]);
    let findings = fortios(&[
        "4 dmz lan DMZ INSIDE ALL accept status=disable",
        "5 dmz lan DMZ LAN ALL accept status=disable",
        "6 dmz lan DMZ INSIDE ALL accept",
    ]);
    assert_eq!(brief(&findings), [("disabled-broad", Severity::Low, "policy 4")]);
}

#[test]
fn lists_that_translate_are_left_alone() {
    let findings = about(
        "ios",
        "version 15.9\nhostname r1\ninterface GigabitEthernet0/0\n ip address 10.0.1.1 255.255.255.0\n ip nat inside\n!\n\
         interface GigabitEthernet0/1\n ip address 203.0.113.2 255.255.255.0\n ip nat outside\n!\n\
         ip nat inside source list NAT interface GigabitEthernet0/1 overload\n\
         ip access-list extended NAT\n permit ip 10.0.1.0 0.0.0.255 any\n permit ip 10.0.1.0 0.0.0.127 any\n permit ip any any\nend\n",
    );
    assert_eq!(brief(&findings), []);
}

#[test]
fn what_the_device_adds_is_not_reported() {
    let findings = about(
        "ios",
        "version 15.9\nhostname r1\nipv6 unicast-routing\ninterface GigabitEthernet0/0\n ipv6 address 2001:db8:1::1/64\n \
         ipv6 traffic-filter V6 in\n!\nipv6 access-list V6\n permit icmp any any\n \
         permit tcp any host 2001:db8:2::5 eq 443\n deny ipv6 any any\nend\n",
    );
    assert_eq!(
        brief(&findings),
        [],
        "the implicit neighbour discovery lines are shadowed, and nobody wrote them"
    );
}

#[test]
fn fingerprints_survive_moved_lines_and_tell_twins_apart() {
    let first = asa("access-list IN extended permit ip any any\n");
    let moved = asa("! a comment\n!\naccess-list  IN extended permit ip any any\n");
    assert_eq!(first[0].fingerprint, moved[0].fingerprint);
    let twins = asa("\
access-list IN extended permit tcp any object WEB eq 80
access-list IN extended permit tcp any object WEB eq 80
access-list IN extended permit tcp any object WEB eq 80
");
    let prints: std::collections::BTreeSet<&str> =
        twins.iter().map(|finding| finding.fingerprint.as_str()).collect();
    assert_eq!((twins.len(), prints.len()), (2, 2), "{:?}", brief(&twins));
}

#[test]
fn messages_are_complete_in_both_languages() {
    let findings = asa("\
access-list IN extended permit ip any any
access-list IN extended deny tcp any object WEB
access-list IN extended permit ip any object LAN inactive
access-list SPARE extended permit tcp any object-group GONE
");
    assert_eq!(findings.len(), 5, "{:?}", brief(&findings));
    for finding in &findings {
        let texts = finding.details.iter().chain(&finding.advice).chain([&finding.message]);
        for text in texts {
            assert!(!text.ja.is_empty() && !text.en.is_empty() && !text.ja.ends_with('.'));
        }
        assert!(finding.message.ja.ends_with('。'), "{}", finding.message.ja);
    }
}

#[test]
fn five_thousand_lines_are_compared_soon() {
    let mut lines = String::new();
    for number in 0..4990u32 {
        let (a, b) = (number / 250, number % 250);
        writeln!(
            lines,
            "access-list IN extended permit tcp 172.16.{a}.0 255.255.255.0 host 10.9.{a}.{b} eq {}",
            1000 + b
        )
        .unwrap();
    }
    lines.push_str("access-list IN extended permit tcp host 172.16.3.9 host 10.9.3.7 eq 1007\n");
    lines.push_str(
        "access-list IN extended permit tcp 172.16.5.0 255.255.255.0 10.9.5.0 255.255.255.0\n",
    );
    lines.push_str("access-list IN extended deny ip any any log\n");
    let findings = asa(&lines);
    assert_eq!(findings.iter().filter(|finding| finding.rule == "redundant").count(), 250);
    assert_eq!(brief(&findings)[0], ("shadowed", Severity::Low, "IN line 4991"));
    assert_eq!(findings.len(), 251);
}
