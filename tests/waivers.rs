//! 例外措置: what a waiver covers, what it leaves, and what is wrong with it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test sets the stage and fails by panicking"
)]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// An office that may open 443 and 445 of one server, and a policy that forbids it.
struct World(PathBuf);

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const TOPOLOGY: &str = "version: 1
name: waived
zones:
  office: { label: 執務室, networks: [10.10.1.0/24] }
  server: { label: サーバ, networks: [10.20.1.0/24] }
  store: { label: 倉庫, networks: [10.30.1.0/24] }
devices:
  gw: { config: gw.cfg }
hosts:
  fs: { address: 10.20.1.10, label: ファイルサーバ }
";

const CONFIG: &str = "hostname gw
!
interface GigabitEthernet0/0
 ip address 10.10.1.1 255.255.255.0
 ip access-group OFFICE in
interface GigabitEthernet0/1
 ip address 10.20.1.1 255.255.255.0
interface GigabitEthernet0/2
 ip address 10.30.1.1 255.255.255.0
!
ip access-list extended OFFICE
 permit tcp any host 10.20.1.10 eq 443
 permit tcp any host 10.20.1.10 eq 445
 deny ip any any
!
end
";

const PAPER: &str = "reason: 更新まで, requested-by: 情報政策課, approved-by: 副町長";

impl World {
    /// A world with these waivers of the rule R1, one a line.
    fn new(name: &str, waivers: &[&str]) -> World {
        let path =
            std::env::temp_dir().join(format!("sekisho-waivers-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let waivers: String = waivers.iter().map(|one| format!("  - {{ {one} }}\n")).collect();
        let policy = format!(
            "version: 1\nrules:\n  - {{ id: R1, deny: {{ from: office, to: server }} }}\n  - {{ id: R2, deny: {{ from: server, to: store, service: tcp/22 }} }}\nwaivers:\n{waivers}"
        );
        fs::write(path.join("topology.yaml"), TOPOLOGY).unwrap();
        fs::write(path.join("policy.yaml"), policy).unwrap();
        fs::write(path.join("gw.cfg"), CONFIG).unwrap();
        World(path)
    }

    fn run(&self, flags: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
        command.arg("check").arg(&self.0).args(flags).env("LC_ALL", "C").output().unwrap()
    }

    fn check(&self, flags: &[&str]) -> Value {
        let all: Vec<&str> = flags.iter().copied().chain(["--format", "json"]).collect();
        serde_json::from_slice(&self.run(&all).stdout).unwrap()
    }
}

/// The findings about rule R1 of a kind.
fn of_kind<'v>(scan: &'v Value, kind: &str) -> Vec<&'v Value> {
    scan["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["kind"] == *kind && f["rule"] == "R1")
        .collect()
}

/// The English sentences of the waiver findings.
fn said(scan: &Value) -> Vec<&str> {
    of_kind(scan, "waiver").iter().map(|f| f["message"]["en"].as_str().unwrap()).collect()
}

fn waiver(id: &str, to: &str, service: &str, more: &str) -> String {
    format!("id: {id}, rule: R1, from: office, to: {to}, service: {service}, {PAPER}{more}")
}

#[test]
fn what_a_waiver_covers_holds_and_stays_visible() {
    let world = World::new("whole", &[&waiver("EX-1", "server.fs", "[tcp/443, tcp/445]", "")]);
    let scan = world.check(&[]);
    assert_eq!(scan["verdicts"][0]["verdict"], "holds");
    assert!(of_kind(&scan, "forbidden-path").is_empty() && said(&scan).is_empty());
    let waived = scan["waived"].as_array().unwrap();
    assert_eq!(waived.len(), 1);
    assert_eq!((&waived[0]["waiver"], &waived[0]["to"]), (&"EX-1".into(), &"server.fs".into()));
    assert_eq!(waived[0]["flows"][0]["service"], "tcp/443, 445");
    assert_eq!(waived[0]["sure"], true);
    let shown = String::from_utf8(world.run(&["--lang", "ja"]).stdout).unwrap();
    assert!(shown.contains("例外措置で認められた通信 1 件"), "{shown}");
    assert!(shown.contains("理由: 更新まで（申請 情報政策課・承認 副町長）"), "{shown}");
    for kind in ["audit", "acceptance"] {
        let mut paper = Command::new(env!("CARGO_BIN_EXE_sekisho"));
        paper.args(["report", "--kind", kind, "--lang", "ja"]).arg(&world.0);
        let paper = String::from_utf8(paper.output().unwrap().stdout).unwrap();
        let excused = "例外措置で認めた通信 1 件は、規則に反するが、不適合に数えていない";
        assert!(paper.contains(excused), "{kind}: {paper}");
    }
}

#[test]
fn one_port_too_narrow_leaves_the_rest_as_a_finding() {
    let world = World::new("narrow", &[&waiver("EX-1", "server.fs", "tcp/443", "")]);
    let scan = world.check(&[]);
    assert_eq!(scan["verdicts"][0]["verdict"], "violated");
    let found = of_kind(&scan, "forbidden-path");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["flows"][0]["service"], "tcp/445");
    let details = found[0]["details"].to_string();
    assert!(details.contains("例外措置「EX-1」が認めるのは"), "{details}");
    assert!(
        details.contains("対象外として残る通信: 10.10.1.0/24 → 10.20.1.10 tcp/445"),
        "{details}"
    );
    assert_eq!(scan["waived"][0]["flows"][0]["service"], "tcp/443");
}

#[test]
fn a_waiver_of_a_rule_that_forbids_no_traffic_is_told() {
    let world = World::new("other", &[&waiver("EX-1", "server", "tcp/443", "")]);
    let policy = world.0.join("policy.yaml");
    let text = fs::read_to_string(&policy).unwrap();
    let judged = |verb: &str, said_so: &str| {
        fs::write(
            &policy,
            text.replace("deny: { from: office", &format!("{verb}: {{ from: office")),
        )
        .unwrap();
        let scan = world.check(&[]);
        assert!(said(&scan)[0].contains(said_so), "{verb}: {:?}", said(&scan));
        assert!(scan["waived"].as_array().unwrap().is_empty());
    };
    judged("logged", "can't be listed");
    judged("require", "excuses nothing");
}

#[test]
fn a_waiver_that_excuses_nothing_is_stale() {
    let world = World::new("stale", &[&waiver("EX-1", "server", "tcp/3389", "")]);
    let scan = world.check(&[]);
    assert_eq!(said(&scan).len(), 1);
    assert!(said(&scan)[0].contains("waiver EX-1 excuses nothing"), "{:?}", said(&scan));
    assert!(scan["waived"].as_array().unwrap().is_empty());
    let beside = World::new("beside", &[&waiver("EX-1", "store", "tcp/443", "")]);
    let scan = beside.check(&[]);
    assert!(said(&scan)[0].contains("have nothing in common"), "{:?}", said(&scan));
}

#[test]
fn a_waiver_beside_another_is_not_stale() {
    let (one, two) =
        (waiver("EX-1", "server", "tcp/443", ""), waiver("EX-2", "server.fs", "tcp", ""));
    let scan = World::new("two", &[&one, &two]).check(&[]);
    assert_eq!(scan["verdicts"][0]["verdict"], "holds");
    assert!(said(&scan).is_empty(), "each stands on its own: {:?}", said(&scan));
    assert_eq!(scan["waived"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_not_in_force_covers_nothing() {
    let all = "[tcp/443, tcp/445]";
    let until = waiver("EX-1", "server", all, ", decided: 2026-04-01, until: 2026-09-30");
    let world = World::new("until", &[&until]);
    assert_eq!(world.check(&["--at", "2026-09-30"])["verdicts"][0]["verdict"], "holds");
    let late = world.check(&["--at", "2026-10-01"]);
    assert_eq!(late["verdicts"][0]["verdict"], "violated");
    assert!(said(&late)[0].contains("good practice, not a clause"), "{:?}", said(&late));
    let early = world.check(&["--at", "2026-03-31"]);
    assert_eq!(early["verdicts"][0]["verdict"], "violated");
    let bare = format!(
        "id: EX-1, rule: R1, from: office, to: server, service: {all}, reason: r, requested-by: a"
    );
    let scan = World::new("bare", &[&bare]).check(&[]);
    assert_eq!(scan["verdicts"][0]["verdict"], "violated", "an application is no waiver");
    assert!(said(&scan)[0].contains("until it is approved"), "{:?}", said(&scan));
}

#[test]
fn an_emergency_needs_no_prior_approval() {
    let urgent = "id: EX-9, rule: R1, from: office, to: server, reason: 障害対応, requested-by: 情報政策課, emergency: 2026-11-20";
    let scan = World::new("urgent", &[urgent]).check(&["--at", "2026-11-21"]);
    assert_eq!(scan["verdicts"][0]["verdict"], "holds");
    assert!(said(&scan).is_empty(), "pending is silent: {:?}", said(&scan));
    assert_eq!(scan["waived"].as_array().unwrap().len(), 1);
}

#[test]
fn duties_and_identifiers_are_judged() {
    let own = "id: EX-1, rule: R1, from: office, to: server, reason: r, requested-by: 甲, approved-by: 甲";
    let scan = World::new("own", &[own, own]).check(&[]);
    let said = said(&scan);
    assert_eq!(said.iter().filter(|text| text.contains("same person")).count(), 2);
    assert_eq!(said.iter().filter(|text| text.contains("another waiver")).count(), 1);
    assert!(said.iter().all(|text| text.contains("EX-1")));
}
