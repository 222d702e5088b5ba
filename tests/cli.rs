//! The command as a user runs it: exit codes, streams, files and languages.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test sets the stage")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A directory that is removed at the end of the test.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Dir {
        let path = std::env::temp_dir().join(format!("sekisho-cli-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    fn file(self, name: &str, bytes: &[u8]) -> Dir {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    command.args(args);
    command
}

fn sekisho(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const COMMANDS: [&str; 17] = [
    "check",
    "explain",
    "trace",
    "blast",
    "matrix",
    "diff",
    "request",
    "fix",
    "lint",
    "evidence",
    "scrub",
    "doctor",
    "init",
    "schema",
    "rule",
    "completions",
    "man",
];

#[test]
fn help_lists_every_command_and_the_exit_codes() {
    let output = sekisho(&["--help"]);
    assert_eq!(code(&output), 0);
    for name in COMMANDS {
        assert!(out(&output).contains(&format!("\n  {name} ")), "{name}");
        let help = sekisho(&[name, "--help"]);
        assert_eq!(code(&help), 0, "{name}");
        assert!(out(&help).contains("Usage: sekisho"), "{name}");
    }
    assert!(out(&output).contains("4 no inputs"));
    let check = out(&sekisho(&["check", "--help"]));
    for sink in sekisho::report::Sink::ALL {
        let listed = check.split([' ', ',', '\n']).any(|word| word == sink.id());
        assert!(listed, "{sink:?} is not in {check}");
    }
    assert_eq!(code(&sekisho(&["--version"])), 0);
}

#[test]
fn wrong_flags_are_failures_and_not_verdicts() {
    let cases: &[&[&str]] = &[
        &[],
        &["chekc"],
        &["check", "--formt", "json"],
        &["check", "--format", "yaml"],
        &["check", "--fail-on", "terrible"],
        &["check", "--output", "json"],
        &["check", "--output", "jsn=x"],
        &["check", "--at", "yesterday"],
        &["check", "--lang", "fr"],
        &["check", "--reader", "nothing"],
        &["check", "/nowhere/at/all"],
        &["explain", "."],
        &["trace", "."],
        &["trace", ".", "1.2.3.4", "5.6.7.8", "tcp/1"],
        &["trace", ".", "--flows", "x.csv", "--from", "dmz"],
        &["trace", ".", "1.2.3.4", "5.6.7.8", "tcp", "--from", "dmz"],
        &["rule", "no-such-kind"],
        &["schema"],
    ];
    for case in cases {
        let output = sekisho(case);
        assert_eq!(code(&output), 2, "{case:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{case:?}");
    }
}

#[test]
fn an_empty_directory_is_no_input() {
    let dir = Dir::new("empty").file(".hidden/a.conf", b"x\n").file("expected.yaml", b"x\n");
    for command in ["check", "matrix", "lint", "doctor", "init"] {
        let output = sekisho(&[command, dir.path()]);
        assert_eq!(code(&output), 4, "{command}: {}", err(&output));
        assert!(err(&output).contains("there is no input file in"), "{command}");
    }
    assert_eq!(code(&sekisho(&["check", "--exit-zero", dir.path()])), 4);
}

#[test]
fn a_binary_file_is_named_with_its_line() {
    let dir = Dir::new("binary").file("configs/fw.conf", b"hostname a\nx\x00\x01\x02y\n");
    for command in ["check", "matrix", "doctor", "lint"] {
        let output = sekisho(&[command, dir.path()]);
        assert_eq!(code(&output), 2, "{command}");
        assert!(
            err(&output).contains("configs/fw.conf:2: error: not a text file"),
            "{}",
            err(&output)
        );
    }
    let ja = err(&sekisho(&["check", "--lang", "ja", dir.path()]));
    assert!(ja.contains("configs/fw.conf:2: エラー: テキストファイルではありません"), "{ja}");
    let single = format!("{}/configs/fw.conf", dir.path());
    assert_eq!(code(&sekisho(&["matrix", &single])), 2);
}

#[test]
fn a_hundred_megabytes_on_one_line_are_refused_with_the_line() {
    let mut bytes = b"hostname a\n".to_vec();
    bytes.resize(100 << 20, b'a');
    let dir = Dir::new("long").file("fw.conf", &bytes);
    drop(bytes);
    let output = sekisho(&["check", dir.path()]);
    assert_eq!(code(&output), 2);
    assert!(
        err(&output).contains("fw.conf:2: error: the line is longer than 1 MiB"),
        "{}",
        err(&output)
    );
    assert!(output.stderr.len() < 2000, "the line itself is not repeated");
}

#[test]
fn links_to_directories_are_not_followed() {
    #[cfg(unix)]
    {
        let dir = Dir::new("links");
        std::os::unix::fs::symlink(&dir.0, dir.0.join("again")).unwrap();
        std::os::unix::fs::symlink("/nowhere", dir.0.join("dangling")).unwrap();
        assert_eq!(code(&sekisho(&["check", dir.path()])), 4);
    }
}

#[test]
fn without_a_policy_nothing_is_green() {
    let dir = Dir::new("nopolicy").file("fw.conf", b"hostname a\n");
    let output = sekisho(&["check", dir.path()]);
    assert!([2, 4].contains(&code(&output)), "{}", err(&output));
    assert!(!output.stderr.is_empty());
}

#[test]
fn schemas_are_json() {
    for of in
        ["topology", "policy", "scan", "baseline", "report", "lines", "diff", "request", "fix"]
    {
        let output = sekisho(&["schema", of]);
        assert_eq!(code(&output), 0);
        let schema: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
        assert!(jsonschema::validator_for(&schema).is_ok(), "{of}");
    }
    let schema: serde_json::Value =
        serde_json::from_str(&out(&sekisho(&["schema", "scan"]))).unwrap();
    assert_eq!(schema["properties"]["schema"]["const"], "sekisho/scan/1");
}

#[test]
fn completions_and_the_manual_are_written() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = sekisho(&["completions", shell]);
        assert_eq!(code(&output), 0);
        assert!(out(&output).contains("sekisho") && out(&output).contains("doctor"), "{shell}");
    }
    let manual = out(&sekisho(&["man"]));
    assert!(manual.contains(".TH sekisho 1"), "{manual}");
    assert!(manual.contains("check"));
    assert!(out(&sekisho(&["man", "check"])).contains("fail\\-on"));
    assert_eq!(code(&sekisho(&["man", "nothing"])), 2);
}

#[test]
fn the_language_is_the_flag_else_the_locale() {
    let title = |flags: &[&str], variables: &[(&str, &str)]| {
        let mut command = command(&["rule", "forbidden-path"]);
        command.args(flags).envs(variables.iter().copied());
        out(&command.output().unwrap()).lines().next().unwrap().to_owned()
    };
    let (en, ja) = ("forbidden-path  forbidden path", "forbidden-path  禁止された通信経路");
    assert_eq!(title(&[], &[]), en);
    assert_eq!(title(&[], &[("LANG", "ja_JP.UTF-8")]), ja);
    assert_eq!(title(&[], &[("LC_ALL", "C"), ("LANG", "ja_JP.UTF-8")]), en);
    assert_eq!(title(&[], &[("LC_ALL", ""), ("LC_MESSAGES", "ja_JP")]), ja);
    assert_eq!(title(&["--lang", "ja"], &[("LC_ALL", "en_US")]), ja);
    let wrong = |args: &[&str]| err(&sekisho(args)).starts_with("コマンドの指定に誤りがあります");
    assert!(wrong(&["chekc", "--lang", "ja"]) && wrong(&["check", "--nothing", "--lang=ja"]));
    assert!(!wrong(&["chekc"]));
}

#[test]
fn colour_is_added_only_when_asked_for() {
    let shown = |args: &[&str], no_color: &str| {
        out(&command(args).env("NO_COLOR", no_color).output().unwrap())
    };
    assert!(!shown(&["rule", "waiver"], "").contains('\u{1b}'), "no terminal, no colour");
    assert!(shown(&["rule", "waiver", "--color", "always"], "").contains('\u{1b}'));
    assert!(!shown(&["rule", "waiver", "--color", "never"], "").contains('\u{1b}'));
    assert!(
        shown(&["rule", "waiver", "--color", "always"], "1").contains('\u{1b}'),
        "the flag wins"
    );
    let forced = command(&["rule", "waiver"]).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(out(&forced).contains('\u{1b}'));
    let both = command(&["rule", "waiver"])
        .env("CLICOLOR_FORCE", "1")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(!out(&both).contains('\u{1b}'), "NO_COLOR wins over CLICOLOR_FORCE");
}

#[test]
fn rules_are_listed_and_explained() {
    let list = out(&sekisho(&["rule"]));
    for id in ["forbidden-path", "lint/any-any", "internal-disagreement"] {
        assert!(list.lines().any(|line| line.starts_with(id)), "{id}");
        assert_eq!(code(&sekisho(&["rule", id])), 0);
    }
    assert_eq!(list.lines().count(), sekisho::finding::catalogue::entries().len());
}

#[test]
fn doctor_lists_the_readers() {
    let list = out(&sekisho(&["doctor", "--formats"]));
    for id in ["fortios", "asa", "ios"] {
        assert!(list.lines().any(|line| line.starts_with(id)), "{id}");
    }
}

#[test]
fn nobody_reading_is_no_failure() {
    let mut child = command(&["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(complaint, "");
}

/// A world that can be read; what it is judged to be is no matter here.
fn world(name: &str) -> Dir {
    Dir::new(name).file("fw.conf", b"hostname fw\n!\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.255.255.0\n!\nend\n")
}

fn temporaries(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".tmp")).collect()
}

#[test]
fn reports_are_written_whole_and_private() {
    let (world, target) = (world("output"), Dir::new("output-target").file("scan.json", b"old"));
    let (json, sarif) = (target.0.join("scan.json"), target.0.join("scan.sarif"));
    let flags = [format!("json={}", json.display()), format!("sarif={}", sarif.display())];
    let output =
        sekisho(&["lint", "--quiet", "--output", &flags[0], "--output", &flags[1], world.path()]);
    assert!([0, 1].contains(&code(&output)), "{}", err(&output));
    assert_eq!(out(&output), "", "quiet");
    for path in [&json, &sarif] {
        let value: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        assert!(value.is_object());
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }
    assert_eq!(temporaries(&target.0), Vec::<String>::new());
}

#[test]
fn a_report_that_cannot_be_written_is_a_failure() {
    let (world, target) = (world("unwritable"), Dir::new("unwritable-target"));
    for path in [target.0.join("no/such/dir.json"), target.0.clone()] {
        let output =
            sekisho(&["lint", "--output", &format!("json={}", path.display()), world.path()]);
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains("cannot write"), "{}", err(&output));
    }
    assert_eq!(temporaries(&target.0), Vec::<String>::new());
    assert!(target.0.is_dir());
}

/// A pipe of our own stands for every special file: the test must never touch a device of the machine.
#[cfg(unix)]
#[test]
fn a_pipe_is_written_to_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    let (world, target) = (world("pipe"), Dir::new("pipe-target"));
    let pipe = target.0.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let link = target.0.join("link");
    std::os::unix::fs::symlink(&pipe, &link).unwrap();
    for path in [&pipe, &link] {
        let reading = pipe.clone();
        let reader = std::thread::spawn(move || fs::read(reading).unwrap());
        let output =
            sekisho(&["lint", "--output", &format!("json={}", path.display()), world.path()]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        let read: serde_json::Value = serde_json::from_slice(&reader.join().unwrap()).unwrap();
        assert_eq!(read["schema"], "sekisho/scan/1");
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    }
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn init_writes_once_and_replaces_only_when_told() {
    let world = world("init");
    let printed = sekisho(&["init", "--stdout", world.path()]);
    assert_eq!(code(&printed), 0, "{}", err(&printed));
    assert!(out(&printed).contains("version: 1"));
    assert!(!world.0.join("topology.yaml").exists());
    assert_eq!(code(&sekisho(&["init", world.path()])), 0);
    assert_eq!(fs::read_to_string(world.0.join("topology.yaml")).unwrap(), out(&printed));
    let again = sekisho(&["init", world.path()]);
    assert_eq!(code(&again), 2);
    assert!(err(&again).contains("--force"));
    assert_eq!(code(&sekisho(&["init", "--force", world.path()])), 0);
}

#[test]
fn the_readme_names_every_command_format_and_exit_code() {
    for readme in [include_str!("../README.md"), include_str!("../README.ja.md")] {
        for name in COMMANDS {
            assert!(readme.contains(&format!("`{name}")), "{name}");
        }
        for sink in sekisho::report::Sink::ALL {
            assert!(readme.contains(&format!("`{}`", sink.id())), "{sink:?}");
        }
        for code in 0..=4 {
            assert!(readme.contains(&format!("\n| {code} | ")), "{code}");
        }
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let world = world("same");
    for format in ["terminal", "json", "sarif", "junit"] {
        let once = sekisho(&["lint", "--format", format, world.path()]);
        let twice = sekisho(&["lint", "--format", format, world.path()]);
        assert_eq!(once.stdout, twice.stdout, "{format}");
        assert!(!once.stdout.is_empty(), "{format}");
    }
}
