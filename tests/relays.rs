//! Relays cut chains of compromised hosts; what rests on them is said.

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

/// Four zones in a row behind one router: each may open one host of the next.
struct World(PathBuf);

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const CONFIG: &str = "hostname gw
!
interface GigabitEthernet0/0
 description office
 ip address 10.1.0.1 255.255.255.0
 ip access-group A in
interface GigabitEthernet0/1
 ip address 10.2.0.1 255.255.255.0
 ip access-group B in
interface GigabitEthernet0/2
 ip address 10.3.0.1 255.255.255.0
 ip access-group C in
interface GigabitEthernet0/3
 ip address 10.4.0.1 255.255.255.0
 ip access-group D in
!
ip access-list extended A
 permit tcp any host 10.2.0.10 eq 443
 deny ip any any
ip access-list extended B
 permit tcp any host 10.3.0.10 eq 445
 deny ip any any
ip access-list extended C
 permit tcp any host 10.4.0.10 eq 1521
 deny ip any any
ip access-list extended D
 deny ip any any
!
end
";

impl World {
    /// `roles` are those of the gateways in the second and third zone.
    fn new(name: &str, roles: [&str; 2], policy: &str) -> World {
        let path =
            std::env::temp_dir().join(format!("sekisho-relays-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let [second, third] = roles;
        let topology = format!(
            "version: 1
name: row
zones:
  office: {{ label: 執務室, networks: [10.1.0.0/24] }}
  gate: {{ label: 無害化, networks: [10.2.0.0/24] }}
  inner: {{ label: 内部, networks: [10.3.0.0/24] }}
  vault: {{ label: 保管庫, networks: [10.4.0.0/24] }}
devices:
  gw: {{ config: gw.cfg }}
hosts:
  cdr: {{ address: 10.2.0.10, label: 無害化装置, roles: [{second}] }}
  fs: {{ address: 10.3.0.10, label: ファイルサーバ, roles: [{third}] }}
  db: {{ address: 10.4.0.10, label: 原本, roles: [] }}
"
        );
        fs::write(path.join("topology.yaml"), topology).unwrap();
        fs::write(path.join("policy.yaml"), format!("version: 1\nrules:\n{policy}")).unwrap();
        fs::write(path.join("gw.cfg"), CONFIG).unwrap();
        World(path)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
        command.arg(arguments[0]).arg(&self.0).args(&arguments[1..]).env("LC_ALL", "C");
        command.output().unwrap()
    }

    fn check(&self, flags: &[&str]) -> Value {
        let all: Vec<&str> = ["check", "--format", "json"].iter().chain(flags).copied().collect();
        serde_json::from_slice(&self.run(&all).stdout).unwrap()
    }
}

const INNER: &str = "  - { id: R1, deny: { from: office, to: inner }, stepping-stones: true }\n";
const VAULT: &str = "  - { id: R1, deny: { from: office, to: vault }, stepping-stones: true }\n";

/// Kind, start and end of every policy finding.
fn findings(scan: &Value) -> Vec<[&str; 3]> {
    let all = scan["findings"].as_array().unwrap().iter();
    all.filter(|finding| !finding["kind"].as_str().unwrap().starts_with("lint/"))
        .map(|finding| ["kind", "from", "to"].map(|key| finding[key].as_str().unwrap_or("")))
        .collect()
}

#[test]
fn a_host_that_is_no_relay_is_a_stepping_stone() {
    let world = World::new("plain", ["", ""], INNER);
    let scan = world.check(&[]);
    assert_eq!(scan["verdicts"][0]["verdict"], "violated");
    assert_eq!(findings(&scan), [["stepping-stone", "office", "inner"]]);
}

#[test]
fn a_relay_holds_the_chain_and_is_named() {
    for role in ["relay", "sanitizer", "screen-gateway", "proxy", "mail-relay"] {
        let world = World::new(role, [role, ""], INNER);
        let scan = world.check(&[]);
        assert_eq!(scan["verdicts"][0]["verdict"], "holds", "{role}");
        assert_eq!(findings(&scan), [["residual-risk", "gate.cdr", "inner"]], "{role}");
        let risk = &scan["findings"][0];
        assert_eq!((&risk["severity"], &risk["verdict"]), (&"info".into(), &"holds".into()));
        let said = risk["message"]["ja"].as_str().unwrap();
        assert!(said.contains("無害化装置") && said.contains("tcp/445"), "{said}");
        assert!(risk["details"].to_string().contains("保管庫"), "what else falls: {risk}");
        assert_eq!(world.run(&["check"]).status.code(), Some(0));
    }
}

#[test]
fn without_relays_as_cut_points_the_chain_is_a_violation() {
    let world = World::new("through", ["sanitizer", ""], INNER);
    let scan = world.check(&["--no-relays"]);
    assert_eq!(scan["verdicts"][0]["verdict"], "violated");
    assert_eq!(findings(&scan), [["stepping-stone", "office", "inner"]]);
}

#[test]
fn two_relays_in_a_row_must_both_fall() {
    let world = World::new("row", ["sanitizer", "relay"], VAULT);
    let scan = world.check(&[]);
    assert_eq!(scan["verdicts"][0]["verdict"], "holds");
    assert_eq!(findings(&scan), [["residual-risk", "inner.fs", "vault"]]);
    let details = scan["findings"][0]["details"].to_string();
    assert!(details.contains("無害化装置"), "the relay before it: {details}");
}

#[test]
fn a_way_beside_the_relay_is_still_a_violation() {
    let policy = "  - { id: R1, deny: { from: office, to: vault }, stepping-stones: true }\n";
    let world = World::new("beside", ["", "sanitizer"], policy);
    let config = CONFIG.replace(" permit tcp any host 10.3.0.10 eq 445", " permit ip any any");
    fs::write(world.0.join("gw.cfg"), config).unwrap();
    let scan = world.check(&[]);
    assert_eq!(scan["verdicts"][0]["verdict"], "violated");
    let kinds = findings(&scan);
    assert_eq!(kinds, [["stepping-stone", "office", "vault"]], "the relay is told with it");
    let details = scan["findings"][0]["details"].to_string();
    assert!(details.contains("残存リスク") && details.contains("ファイルサーバ"), "{details}");
}

#[test]
fn what_an_exception_lets_go_starts_no_chain() {
    let except = "  - { id: R1, deny: { from: \"*\", to: vault }, except: [ { from: inner } ], stepping-stones: true }\n";
    let world = World::new("except", ["", ""], except);
    let scan = world.check(&[]);
    let kinds = findings(&scan);
    assert_eq!(kinds, [["stepping-stone", "office", "vault"]], "inner itself may go there");
    let only = "  - { id: R1, deny: { from: inner, to: vault }, except: [ { from: inner } ], stepping-stones: true }\n";
    let world = World::new("except-all", ["", ""], only);
    assert_eq!(world.check(&[])["verdicts"][0]["verdict"], "holds");
}

/// What falls from a place: zone or relay, depth.
fn blast(world: &World, start: &[&str]) -> Vec<(String, u64)> {
    let all: Vec<&str> =
        ["blast"].iter().chain(start).chain(&["--format", "json"]).copied().collect();
    let output = world.run(&all);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let fallen = shown["starts"][0]["fallen"].as_array().unwrap().iter();
    fallen
        .map(|one| {
            let name = one["relay"].as_str().map_or_else(
                || one["zone"].as_str().unwrap().to_owned(),
                |relay| format!("relay {relay}"),
            );
            (name, one["depth"].as_u64().unwrap())
        })
        .collect()
}

fn named(list: &[(&str, u64)]) -> Vec<(String, u64)> {
    list.iter().map(|(name, depth)| ((*name).to_owned(), *depth)).collect()
}

#[test]
fn the_blast_radius_of_a_host_ends_at_relays() {
    let plain = World::new("blast-plain", ["", ""], INNER);
    let row = named(&[("gate", 1), ("inner", 2), ("vault", 3)]);
    assert_eq!(blast(&plain, &["office"]), row);
    let world = World::new("blast", ["sanitizer", ""], INNER);
    assert_eq!(blast(&world, &["office"]), named(&[("relay gate.cdr", 1)]));
    assert_eq!(blast(&world, &["office", "--no-relays"]), row);
    let relay = named(&[("gate", 1), ("inner", 1), ("vault", 2)]);
    let mut found = blast(&world, &["gate.cdr"]);
    found.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    assert_eq!(found, relay, "a compromised relay is gone on from");
    assert_eq!(world.run(&["blast", "nowhere"]).status.code(), Some(2));
}

#[test]
fn the_blast_radius_names_hosts_and_first_packets() {
    let world = World::new("blast-text", ["", ""], INNER);
    let output = world.run(&["blast", "office", "--lang", "ja"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("「office」が侵害された場合の影響範囲: 3 ゾーン"), "{shown}");
    assert!(shown.contains("深さ 2  inner（内部）"), "{shown}");
    assert!(shown.contains("ホスト: inner.fs"), "{shown}");
    assert!(shown.contains("B line 1"), "the line that lets it pass: {shown}");
}

#[test]
fn places_worth_asking_about_are_listed() {
    let world = World::new("blast-list", ["sanitizer", "published"], INNER);
    let shown = String::from_utf8(world.run(&["blast", "--lang", "ja"]).stdout).unwrap();
    assert!(shown.contains("inner.fs（公開）: 到達し得るゾーン 2・止まる中継 0"), "{shown}");
    assert!(shown.contains("gate.cdr（中継）: 到達し得るゾーン 3"), "{shown}");
}

const FORGED: &str = "  - { id: R1, deny: { from: inner, to: gate } }\n";

/// The world in which the third zone is let into the second when it uses the first one's addresses; `extra` stands in the
/// block of its interface.
fn forgeable(name: &str, extra: &str) -> World {
    let world = World::new(name, ["", ""], FORGED);
    let line = " permit udp 10.1.0.0 0.0.0.255 host 10.2.0.10 eq 514\n";
    let config = CONFIG
        .replace(" permit tcp any host 10.4.0.10 eq 1521\n", line)
        .replace(" ip access-group C in", &format!("{extra} ip access-group C in"));
    fs::write(world.0.join("gw.cfg"), config).unwrap();
    world
}

#[test]
fn forged_sources_are_told_beside_the_verdict() {
    let world = forgeable("forged", "");
    let scan = world.check(&[]);
    assert_eq!(scan["verdicts"][0]["verdict"], "holds");
    assert_eq!(findings(&scan), [["forged-source", "inner", "gate"]]);
    let finding = &scan["findings"][0];
    assert!(finding["message"]["en"].as_str().unwrap().contains("gw:GigabitEthernet0/2"));
    assert_eq!(finding["blame"][0]["text"], "permit udp 10.1.0.0 0.0.0.255 host 10.2.0.10 eq 514");
    assert!(finding["witness"]["src"].as_str().unwrap().starts_with("10.1.0."), "{finding}");
    assert_eq!(world.run(&["check"]).status.code(), Some(0));
}

#[test]
fn a_reverse_path_check_stops_forged_sources() {
    let check = " ip verify unicast source reachable-via rx\n";
    assert!(findings(&forgeable("checked", check).check(&[])).is_empty());
}
