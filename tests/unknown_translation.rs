//! A translation whose address is not in the configuration leads anywhere: no kind of rule holds because of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use sekisho::finding::Verdict;
use sekisho::scan::{self, Files, Options};

const TOPOLOGY: &str = "version: 1
name: unknown translation
zones:
  outside: { label: 外部, networks: [198.51.100.0/24] }
  dmz: { label: 公開, networks: [10.1.0.0/24] }
  vault: { label: 保管庫, networks: [10.2.0.0/24] }
devices:
  gw: { config: gw.conf }
  relay: { config: relay.cfg }
";

/// Each kind of rule that asks about ways, all of them about what `outside` sends to the published address.
const POLICY: &str = "version: 1
rules:
  - { id: deny, deny: { from: outside, to: vault } }
  - { id: enforce, deny: { from: outside, to: vault }, enforce-at: [gw] }
  - { id: via, via: { from: outside, to: vault, through: relay } }
  - { id: logged, logged: { from: outside, to: vault } }
  - { id: scheduled, scheduled: { from: outside, to: vault } }
  - { id: stones, deny: { from: outside, to: vault }, stepping-stones: true }
";

/// A second way from the public hosts to the vault.
const RELAY: &str = "hostname relay
!
interface GigabitEthernet0/0
 ip address 10.1.0.2 255.255.255.0
interface GigabitEthernet0/1
 ip address 10.2.0.2 255.255.255.0
!
end
";

/// Translates what is sent to one address, and lets it pass to the zones that are `open`; `pool` says what it becomes.
fn gateway(pool: &str, open: &[&str]) -> String {
    let mut lines = vec![
        "version 21.4R3".to_owned(),
        "system host-name gw".to_owned(),
        "interfaces ge-0/0/0 unit 0 family inet filter input published".to_owned(),
        "firewall family inet filter published term web from destination-address 198.51.100.10/32"
            .to_owned(),
        "firewall family inet filter published term web then accept".to_owned(),
        "firewall family inet filter published term rest then discard".to_owned(),
        "security nat destination rule-set in from zone untrust".to_owned(),
        "security nat destination rule-set in rule web match destination-address 198.51.100.10/32"
            .to_owned(),
        "security nat destination rule-set in rule web then destination-nat pool servers"
            .to_owned(),
    ];
    lines.extend(
        (!pool.is_empty()).then(|| format!("security nat destination pool servers {pool}")),
    );
    let sides = [("untrust", "198.51.100.1"), ("dmz", "10.1.0.1"), ("vault", "10.2.0.1")];
    for (unit, (zone, address)) in sides.into_iter().enumerate() {
        lines.push(format!("interfaces ge-0/0/{unit} unit 0 family inet address {address}/24"));
        lines.push(format!("security zones security-zone {zone} interfaces ge-0/0/{unit}.0"));
        if !open.contains(&zone) {
            continue;
        }
        for what in ["source-address any", "destination-address any", "application any"] {
            lines.push(format!(
                "security policies from-zone untrust to-zone {zone} policy web match {what}"
            ));
        }
        lines.push(format!(
            "security policies from-zone untrust to-zone {zone} policy web then permit"
        ));
    }
    lines.into_iter().map(|line| format!("set {line}\n")).collect()
}

/// The verdict on each rule.
fn verdicts(pool: &str, open: &[&str]) -> Vec<(String, Verdict)> {
    let entry = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let entries = vec![
        entry("gw.conf", &gateway(pool, open)),
        entry("policy.yaml", POLICY),
        entry("relay.cfg", RELAY),
        entry("topology.yaml", TOPOLOGY),
    ];
    let files = Files { name: "unknown".to_owned(), entries };
    let scan = scan::scan(files, &Options::default()).unwrap();
    scan.verdicts.iter().map(|verdict| (verdict.rule.clone(), verdict.verdict)).collect()
}

const BOTH: &[&str] = &["dmz", "vault"];

#[test]
fn no_kind_of_rule_holds_where_the_address_is_not_known() {
    for (rule, verdict) in verdicts("", BOTH) {
        assert_eq!(verdict, Verdict::Undetermined, "{rule}");
    }
    // Then only a public host that fell leads on.
    for (rule, verdict) in verdicts("", &["dmz"]) {
        let expected = if rule == "stones" { Verdict::Undetermined } else { Verdict::Holds };
        assert_eq!(verdict, expected, "{rule}");
    }
}

#[test]
fn where_it_is_known_the_rules_are_decided() {
    for (rule, verdict) in verdicts("address 10.2.0.10/32", BOTH) {
        assert_eq!(verdict, Verdict::Violated, "{rule}");
    }
    for (rule, verdict) in verdicts("address 10.1.0.10/32", BOTH) {
        let expected = if rule == "stones" { Verdict::Violated } else { Verdict::Holds };
        assert_eq!(verdict, expected, "{rule}");
    }
}
