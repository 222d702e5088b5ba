//! `check --baseline`: only what is new or grew decides how the command ends.

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

/// Two zones behind one firewall whose rules a test chooses.
struct World(PathBuf);

impl World {
    fn new(name: &str) -> World {
        let path =
            std::env::temp_dir().join(format!("sekisho-baseline-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("configs")).unwrap();
        fs::write(path.join("topology.yaml"), TOPOLOGY).unwrap();
        fs::write(path.join("policy.yaml"), POLICY).unwrap();
        World(path).permit(&[443])
    }

    /// Lets the office open these ports of the server.
    fn permit(self, ports: &[u16]) -> World {
        let lines: String = ports
            .iter()
            .map(|port| format!(" permit tcp any host 10.20.1.10 eq {port}\n"))
            .collect();
        let config = format!(
            "hostname gw\n!\ninterface GigabitEthernet0/0\n ip address 10.10.1.1 255.255.255.0\n ip access-group OFFICE in\n!\n\
             interface GigabitEthernet0/1\n ip address 10.20.1.1 255.255.255.0\n!\nip access-list extended OFFICE\n{lines} deny ip any any\n!\nend\n"
        );
        fs::write(self.0.join("configs/gw.cfg"), config).unwrap();
        self
    }

    fn check(&self, flags: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .arg("check")
            .arg(&self.0)
            .args(flags)
            .env("LC_ALL", "C")
            .output()
            .unwrap()
    }

    fn json(&self, flags: &[&str]) -> Value {
        let all: Vec<&str> = flags.iter().copied().chain(["--format", "json"]).collect();
        serde_json::from_slice(&self.check(&all).stdout).unwrap()
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const TOPOLOGY: &str = "version: 1
name: two-zones
zones:
  office: { label: 執務室, networks: [10.10.1.0/24] }
  server: { label: サーバ, networks: [10.20.1.0/24] }
devices:
  gw: { config: configs/gw.cfg }
";

const POLICY: &str = "version: 1
rules:
  - { id: R1, deny: { from: office, to: server }, severity: high }
";

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn known_findings_are_shown_and_do_not_decide() {
    let world = World::new("known");
    let file = world.file("baseline.json");
    assert_eq!(code(&world.check(&["--write-baseline", &file])), 1, "writing excuses nothing yet");
    let again = world.check(&["--baseline", &file, "--lang", "ja"]);
    assert_eq!(code(&again), 0, "{}", text(&again));
    assert!(text(&again).contains("[1] 既知"), "{}", text(&again));
    assert!(text(&again).contains("比較: 新規 0・拡大 0・既知 "), "{}", text(&again));
    assert!(!text(&again).contains("使用していないファイル"), "the baseline is no input");
    let concise = world.check(&["--baseline", &file, "--format", "concise"]);
    assert!(text(&concise).contains(": known high forbidden-path R1: "), "{}", text(&concise));
    let scan = world.json(&["--baseline", &file]);
    assert_eq!(scan["findings"][0]["baseline"], "known");
    let count = &scan["baseline"];
    assert_eq!(count["known"], scan["findings"].as_array().unwrap().len(), "hygiene, too");
    assert_eq!((&count["new"], &count["gone"]), (&0.into(), &0.into()));
    assert_eq!(scan["verdicts"][0]["verdict"], "violated", "a known violation is no pass");
    let sarif = world.check(&["--baseline", &file, "--format", "sarif"]);
    assert!(text(&sarif).contains("\"baselineState\": \"unchanged\""));
    let junit = text(&world.check(&["--baseline", &file, "--format", "junit"]));
    assert!(junit.contains("<skipped") && !junit.contains("<failure"), "{junit}");
    let github = text(&world.check(&["--baseline", &file, "--format", "github"]));
    assert!(github.starts_with("::notice") && github.contains("title=known "), "{github}");
}

#[test]
fn what_grew_beyond_what_a_finding_lists_is_enlarged() {
    let world = World::new("long");
    let lines = |last: &str| -> String {
        let pair =
            |at: u32| format!(" permit tcp host 10.10.1.{at} host 10.20.1.{at} eq {}\n", 1000 + at);
        (10..250)
            .map(pair)
            .chain((10..250).map(|at| {
                format!(" permit udp host 10.10.1.{at} host 10.20.1.{} eq {at}\n", at - 5)
            }))
            .chain([format!(" permit tcp host 10.10.1.250 10.20.1.0 {last} eq 443\n")])
            .collect()
    };
    let config = world.0.join("configs/gw.cfg");
    let plain = fs::read_to_string(&config).unwrap();
    let with = |last: &str| plain.replace(" permit tcp any host 10.20.1.10 eq 443\n", &lines(last));
    fs::write(&config, with("0.0.0.127")).unwrap();
    let file = world.file("baseline.json");
    world.check(&["--write-baseline", &file]);
    assert_eq!(code(&world.check(&["--baseline", &file])), 0);
    fs::write(&config, with("0.0.0.255")).unwrap();
    assert_eq!(code(&world.check(&["--baseline", &file])), 1, "another half of a subnet is open");
}

#[test]
fn one_port_more_is_new_and_named() {
    let world = World::new("enlarged");
    let file = world.file("baseline.json");
    world.check(&["--write-baseline", &file]);
    let world = world.permit(&[443, 445]);
    let output = world.check(&["--baseline", &file]);
    assert_eq!(code(&output), 1);
    let scan = world.json(&["--baseline", &file]);
    assert_eq!(scan["findings"][0]["baseline"], "enlarged");
    let details = scan["findings"][0]["details"].to_string();
    assert!(details.contains("10.20.1.10 tcp/445"), "{details}");
    assert!(!details.contains("443"), "{details}");
    let sarif = world.check(&["--baseline", &file, "--format", "sarif"]);
    assert!(text(&sarif).contains("\"baselineState\": \"updated\""));
}

#[test]
fn what_was_closed_is_gone_and_a_part_of_it_stays_known() {
    let world = World::new("gone").permit(&[443, 445]);
    let file = world.file("baseline.json");
    world.check(&["--write-baseline", &file]);
    let world = world.permit(&[445]);
    assert_eq!(code(&world.check(&["--baseline", &file])), 0, "less than before is not new");
    let world = world.permit(&[]);
    let scan = world.json(&["--baseline", &file]);
    assert_eq!((&scan["baseline"]["new"], &scan["baseline"]["gone"]), (&0.into(), &1.into()));
    assert_eq!(code(&world.check(&["--baseline", &file])), 0);
}

#[test]
fn a_report_in_json_serves_as_a_baseline() {
    let world = World::new("report");
    let file = world.file("baseline.json");
    let report = format!("json={file}");
    world.check(&["--output", &report]);
    assert_eq!(code(&world.check(&["--baseline", &file])), 0);
}

#[test]
fn the_file_is_stable_and_obeys_its_schema() {
    let world = World::new("stable").permit(&[443, 445, 3389]);
    let (one, two) = (world.file("baseline.json"), world.file("baseline.json.2"));
    world.check(&["--write-baseline", &one]);
    let first = fs::read_to_string(&one).unwrap();
    fs::remove_file(&one).unwrap();
    world.check(&["--write-baseline", &two]);
    assert_eq!(first, fs::read_to_string(&two).unwrap());
    let schema = Command::new(env!("CARGO_BIN_EXE_sekisho")).args(["schema", "baseline"]).output();
    let schema: Value = serde_json::from_slice(&schema.unwrap().stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut value: Value = serde_json::from_str(&first).unwrap();
    assert!(validator.is_valid(&value), "{first}");
    value["findings"][0].as_object_mut().unwrap().remove("fingerprint");
    assert!(!validator.is_valid(&value));
}

#[test]
fn a_file_that_is_no_baseline_stops_the_run() {
    let world = World::new("broken");
    let file = world.file("baseline.json");
    for broken in ["", "[]", "{\"schema\": \"other/1\", \"findings\": []}", "{\"findings\": []}"] {
        fs::write(&file, broken).unwrap();
        assert_eq!(code(&world.check(&["--baseline", &file])), 2, "{broken}");
    }
    assert_eq!(code(&world.check(&["--baseline", &world.file("nowhere.json")])), 2);
}
