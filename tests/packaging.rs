//! What `packaging/` gives to others runs as it says: every script and command in it is run as its host would run it, with the
//! command of this build, against networks whose outcome is known.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a failing test says so; it sets the stage"
)]

use regex::Regex;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A directory with a command `sekisho` in `bin`, removed at the end.
struct Stage(PathBuf);

impl Stage {
    fn new(name: &str) -> Stage {
        let path = std::env::temp_dir().join(format!("sekisho-kit-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("bin")).unwrap();
        let command = path.join("bin/sekisho");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_sekisho"), command).unwrap();
        Stage(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }

    /// A command that finds `sekisho`, in a known language.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:{}", self.path("bin"), std::env::var("PATH").unwrap());
        command.env("PATH", path).env("LC_ALL", "C").current_dir(&self.0);
        command
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&text(path)).unwrap()
}

fn world(name: &str) -> String {
    format!("{ROOT}/topologies/x-enet/{name}")
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs the script of the action as a runner does, with the action's own defaults where nothing is given.
fn action(stage: &Stage, given: &[(&str, &str)]) -> Output {
    let action = yaml("packaging/github/action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1);
    assert!(steps[0].get("uses").is_none(), "no action of somebody else");
    let script = steps[0]["run"].as_str().unwrap();
    assert!(!script.contains("${{"), "an input pasted into a script is a command");
    let mut command = stage.command("bash");
    command.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]);
    for (variable, source) in steps[0]["env"].as_object().unwrap() {
        let name = source.as_str().unwrap();
        let name = name.strip_prefix("${{ inputs.").unwrap().strip_suffix(" }}").unwrap();
        let default = action["inputs"][name]["default"].as_str().unwrap();
        let value = given.iter().find(|(key, _)| *key == name).map_or(default, |(_, v)| v);
        command.env(variable, value);
    }
    for name in ["output", "summary"] {
        let _ = fs::remove_file(stage.path(name));
    }
    command.env("RUNNER_TEMP", stage.path(""));
    command.env("GITHUB_OUTPUT", stage.path("output"));
    command.env("GITHUB_STEP_SUMMARY", stage.path("summary"));
    command.output().unwrap()
}

/// What is given to the action, how it ends, and whether there is a report.
type Case<'a> = (&'a [(&'a str, &'a str)], i32, bool);

#[test]
fn the_action_ends_as_the_check_does_and_leaves_its_reports() {
    let stage = Stage::new("action");
    fs::create_dir_all(stage.path("empty")).unwrap();
    let (corrected, delivered) = (world("corrected"), world("delivered"));
    let undetermined = format!("{ROOT}/topologies/mini-packs/opaque-peer/undeclared");
    let cases: &[Case] = &[
        (&[("path", &corrected)], 0, true),
        (&[("path", &delivered), ("lang", "ja")], 1, true),
        (&[("path", &delivered), ("args", "--exit-zero\n --no-relays")], 0, true),
        (&[("path", &undetermined)], 3, true),
        (&[("path", &corrected), ("args", "--no-such-flag")], 2, false),
        (&[("path", &corrected), ("fail-on", "terrible")], 2, false),
        (&[("path", &stage.path("empty"))], 4, false),
        (&[("path", "$(touch owned)")], 2, false),
    ];
    for (given, wanted, written) in cases {
        let output = action(&stage, given);
        assert_eq!(code(&output), *wanted, "{given:?}: {}", err(&output));
        let said = stage.read("output");
        assert!(said.contains(&format!("exit-code={wanted}\n")), "{said}");
        let sarif = said.lines().find_map(|line| line.strip_prefix("sarif="));
        assert_eq!(sarif.is_some(), *written, "{said}");
        if let Some(path) = sarif {
            let log: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            assert_eq!(log["version"], "2.1.0");
            assert!(stage.read("summary").starts_with("<!-- sekisho-report -->\n"));
            assert!(out(&output).lines().all(|line| line.starts_with("::")));
        }
    }
    assert!(!Path::new(&stage.path("owned")).exists());
}

#[test]
fn the_outputs_of_the_action_are_those_that_the_example_reads() {
    let action = yaml("packaging/github/action.yml");
    for (name, output) in action["outputs"].as_object().unwrap() {
        assert_eq!(output["value"], format!("${{{{ steps.check.outputs.{name} }}}}"));
    }
    assert_eq!(action["runs"]["steps"][0]["id"], "check");
    let example = yaml("packaging/github/example.yml");
    let steps = example["jobs"]["check"]["steps"].as_array().unwrap();
    let ours = steps.iter().position(|step| step["id"] == "sekisho").unwrap();
    assert!(steps[ours]["uses"].as_str().unwrap().ends_with("/packaging/github"));
    for name in steps[ours]["with"].as_object().unwrap().keys() {
        assert!(action["inputs"].get(name).is_some(), "{name}");
    }
    let upload = &steps[ours + 1];
    assert_eq!(upload["if"], "always() && steps.sekisho.outputs.sarif != ''");
    assert_eq!(upload["with"]["sarif_file"], "${{ steps.sekisho.outputs.sarif }}");
}

#[test]
fn the_job_for_gitlab_writes_the_reports_that_it_names() {
    let job = &yaml("packaging/gitlab/sekisho.gitlab-ci.yml")["sekisho"];
    let script = job["script"].as_array().unwrap();
    let script: Vec<&str> = script.iter().map(|line| line.as_str().unwrap()).collect();
    for (world, lang, wanted) in [(world("corrected"), "en", 0), (world("delivered"), "ja", 1)] {
        let stage = Stage::new(&format!("gitlab-{wanted}"));
        let mut command = stage.command("bash");
        for (name, value) in job["variables"].as_object().unwrap() {
            command.env(name, value.as_str().unwrap());
        }
        command.env("SEKISHO_PATH", &world).env("SEKISHO_LANG", lang);
        let output = command.args(["-e", "-o", "pipefail", "-c", &script.join("\n")]).output();
        let output = output.unwrap();
        assert_eq!(code(&output), wanted, "{}", err(&output));
        let reports = &job["artifacts"]["reports"];
        let quality = stage.read(reports["codequality"].as_str().unwrap());
        let quality: Value = serde_json::from_str(&quality).unwrap();
        let lines = out(&output).lines().count();
        assert_eq!(quality.as_array().unwrap().len(), lines, "one entry a line of `concise`");
        assert!(stage.read(reports["junit"].as_str().unwrap()).contains("<testsuites"));
        for path in job["artifacts"]["paths"].as_array().unwrap() {
            assert!(!stage.read(path.as_str().unwrap()).is_empty(), "{path}");
        }
    }
    assert_eq!(job["artifacts"]["when"], "always");
    assert!(job.get("allow_failure").is_none(), "undetermined is no pass");
}

#[test]
fn the_hooks_judge_the_network_that_they_stand_in() {
    let stage = Stage::new("hooks");
    let hooks = yaml(".pre-commit-hooks.yaml");
    for hook in hooks.as_array().unwrap() {
        assert_eq!(hook["pass_filenames"], false);
        let mut words = hook["entry"].as_str().unwrap().split(' ');
        assert_eq!(words.next(), Some("sekisho"));
        let flags: Vec<&str> = words.collect();
        let args = hook["args"].as_array().unwrap();
        for (name, wanted) in [("corrected", 0), ("delivered", 1)] {
            let mut command = stage.command("sekisho");
            command.args(&flags).args(args.iter().map(|word| word.as_str().unwrap()));
            let output = command.current_dir(world(name)).output().unwrap();
            assert_eq!(code(&output), wanted, "{} {}", hook["id"], err(&output));
        }
    }
    let example = yaml("packaging/pre-commit/example.pre-commit-config.yaml");
    let used = &example["repos"][0]["hooks"][0];
    assert!(hooks.as_array().unwrap().iter().any(|hook| hook["id"] == used["id"]));
    let mut args: Vec<&str> =
        used["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let world = world("corrected");
    args[0] = &world;
    let output = stage.command("sekisho").arg("check").args(args).output().unwrap();
    assert_eq!(code(&output), 0, "{}", err(&output));
}

#[test]
fn the_service_writes_its_reports_into_its_state_directory() {
    let unit = text("packaging/systemd/sekisho-check.service").replace("\\\n", " ");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let words: Vec<&str> = start.split_whitespace().collect();
    assert_eq!(words[0], "/usr/bin/sekisho");
    for (name, wanted) in [("corrected", 0), ("delivered", 1)] {
        let stage = Stage::new(&format!("service-{wanted}"));
        let word = |word: &&str| {
            let word = word.replace("${SEKISHO_LANG}", "ja").replace("${SEKISHO_FAIL_ON}", "high");
            word.replace("/etc/sekisho", &world(name))
                .replace("${STATE_DIRECTORY}", &stage.path(""))
        };
        let output = stage.command("sekisho").args(words[1..].iter().map(word)).output().unwrap();
        assert_eq!(code(&output), wanted, "{}", err(&output));
        for report in ["report.json", "report.md", "report.csv"] {
            assert!(!stage.read(report).is_empty(), "{report}");
        }
    }
}

#[test]
fn a_matcher_finds_file_and_line_of_every_finding() {
    let matchers: Value =
        serde_json::from_str(&text("packaging/github/problem-matcher.json")).unwrap();
    let patterns: Vec<(String, Regex)> = matchers["problemMatcher"]
        .as_array()
        .unwrap()
        .iter()
        .map(|matcher| {
            let pattern = &matcher["pattern"][0];
            for (group, name) in ["file", "line", "code", "message"].iter().enumerate() {
                assert_eq!(pattern[*name], group + 1);
            }
            let severity = matcher["severity"].as_str().unwrap().to_owned();
            (severity, Regex::new(pattern["regexp"].as_str().unwrap()).unwrap())
        })
        .collect();
    let stage = Stage::new("matcher");
    let baseline = stage.path("baseline.json");
    let delivered = "topologies/x-enet/delivered";
    let check = |more: &[&str]| {
        let mut command = stage.command("sekisho");
        command.args(["check", delivered, "--format", "concise"]).args(more);
        out(&command.current_dir(ROOT).output().unwrap())
    };
    let first = check(&["--write-baseline", &baseline]);
    let known = check(&["--baseline", &baseline, "--lang", "ja"]);
    assert!(first.lines().count() > 5 && known.contains(" known "));
    for line in first.lines().chain(known.lines()) {
        let hits: Vec<_> =
            patterns.iter().filter_map(|(s, regex)| Some((s, regex.captures(line)?))).collect();
        assert_eq!(hits.len(), 1, "{line}");
        let (severity, groups) = &hits[0];
        let grave = line.contains(": critical ") || line.contains(": high ");
        assert_eq!(*severity, if grave { "error" } else { "warning" }, "{line}");
        let number: usize = groups[2].parse().unwrap();
        assert!((1..=text(&groups[1]).lines().count()).contains(&number), "{line}");
        assert!(sekisho::finding::catalogue::find(&groups[3]).is_some(), "{line}");
    }
}

#[test]
fn every_asset_of_the_debian_package_is_there_or_made() {
    let script = Path::new(ROOT).join("packaging/deb/assets.sh");
    let output = Command::new(script).arg(env!("CARGO_BIN_EXE_sekisho")).output().unwrap();
    assert!(output.status.success(), "{}", err(&output));
    let manifest = text("Cargo.toml");
    let assets: Vec<&str> = manifest
        .lines()
        .filter_map(|line| line.trim().strip_prefix("[\"")?.split('"').next())
        .collect();
    assert!(assets.len() > 10);
    for asset in assets {
        let there = match asset {
            // The release is not built for a test; that there are such binaries the manifest says.
            _ if asset.starts_with("target/release/") => {
                manifest.contains(&format!("name = \"{}\"", asset.rsplit('/').next().unwrap()))
            }
            "target/deb-assets/man/*.1" => ["", "-check", "-lint"].iter().all(|name| {
                text(&format!("target/deb-assets/man/sekisho{name}.1")).contains(".TH")
            }),
            path => Path::new(ROOT).join(path).metadata().unwrap().len() > 0,
        };
        assert!(there, "{asset}");
    }
}
