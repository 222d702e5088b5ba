//! A bundle says yes only while it is what it was made, and its inputs say what it says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and sets its own stage"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sekisho::evidence::{self, Tree};
use sha2::{Digest, Sha256};

struct Stage {
    dir: PathBuf,
}

impl Stage {
    fn new(name: &str) -> Stage {
        let dir =
            std::env::temp_dir().join(format!("sekisho-evidence-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        Stage { dir }
    }

    fn path(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    /// A bundle of the court case.
    fn bundle(&self, name: &str, more: &[&str]) -> Tree {
        let world = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/x-enet/delivered");
        let (world, out) = (world.display().to_string(), self.path(name));
        let mut arguments =
            vec!["evidence", "make", &world, "--at", "2026-11-22T10:30", "--output", &out];
        arguments.extend(more);
        let made = sekisho(&arguments);
        assert_eq!(made.status.code(), Some(0), "{made:?}");
        read(&self.dir.join(name))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn sekisho(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sekisho")).args(arguments).output().unwrap()
}

fn read(dir: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                tree.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    tree
}

#[test]
fn others_check_it_and_the_same_inputs_give_it_again() {
    let stage = Stage::new("check");
    let tree = stage.bundle("bag", &[]);
    for wanted in [
        "data/inputs/configs/ext-fw.conf",
        "data/outputs/report.html",
        "data/outputs/self-check.csv",
        "data/outputs/audit.html",
        #[cfg(feature = "xlsx")]
        "data/outputs/audit.xlsx",
        "data/outputs/self-check.html",
        "data/run.json",
    ] {
        assert!(tree.contains_key(wanted), "{wanted}");
    }
    let bag = stage.path("bag");
    for manifest in ["manifest-sha256.txt", "tagmanifest-sha256.txt"] {
        let checked = Command::new("sha256sum")
            .args(["-c", "--quiet", manifest])
            .current_dir(&bag)
            .output()
            .unwrap();
        assert!(checked.status.success(), "{checked:?}");
    }
    let verified = sekisho(&["evidence", "verify", &bag, "--lang", "ja"]);
    assert_eq!(verified.status.code(), Some(0));
    let said = String::from_utf8(verified.stdout).unwrap();
    assert!(said.starts_with("はい") && said.contains("1バイトも違わず"), "{said}");
    assert_eq!(tree, stage.bundle("again", &[]), "the same inputs give the same bytes");
    let there = sekisho(&["evidence", "make", &bag, "--output", &bag]);
    assert_eq!(there.status.code(), Some(2), "nothing is written over");
}

#[test]
fn whatever_is_changed_added_or_taken_away_is_seen() {
    let stage = Stage::new("change");
    let tree = stage.bundle("bag", &[]);
    assert_eq!(evidence::verify(&tree).problems, []);
    for path in tree.keys() {
        let mut changed = tree.clone();
        changed.get_mut(path).unwrap().push(b' ');
        assert!(!evidence::verify(&changed).problems.is_empty(), "{path} changed");
        let mut less = tree.clone();
        less.remove(path);
        assert!(!evidence::verify(&less).problems.is_empty(), "{path} taken away");
    }
    for path in ["data/outputs/more.txt", "more.txt"] {
        let mut more = tree.clone();
        more.insert(path.to_owned(), Vec::new());
        assert!(!evidence::verify(&more).problems.is_empty(), "{path} added");
    }
}

/// Somebody who writes the hashes anew, too, still cannot make the inputs say something else.
#[test]
fn a_report_that_its_inputs_do_not_give_is_refused() {
    let stage = Stage::new("forged");
    let mut tree = stage.bundle("bag", &[]);
    let report = tree.get_mut("data/outputs/report.txt").unwrap();
    let text = String::from_utf8(report.clone()).unwrap();
    assert!(text.contains("violated"));
    *report = text.replace("violated", "holds   ").into_bytes();
    resealed(&mut tree);
    let found = evidence::verify(&tree);
    assert_eq!(found.problems.len(), 1, "{found:?}");
    assert_eq!(found.problems[0].path, "data/outputs/report.txt");
    // An output that is left out is missed, whatever the manifests say.
    let mut tree = stage.bundle("less", &[]);
    tree.remove("data/outputs/audit.html");
    resealed(&mut tree);
    let found = evidence::verify(&tree);
    assert_eq!(found.problems.len(), 1, "{found:?}");
    assert_eq!(found.problems[0].path, "data/outputs/audit.html");
}

/// Writes the hashes of a bundle anew.
fn resealed(tree: &mut Tree) {
    let hash =
        |bytes: &[u8]| Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let list = |tree: &Tree, wanted: &dyn Fn(&str) -> bool| {
        let lines = tree.iter().filter(|(path, _)| wanted(path));
        lines
            .map(|(path, bytes)| format!("{}  {path}\n", hash(bytes)))
            .collect::<String>()
            .into_bytes()
    };
    let payload = list(tree, &|path| path.starts_with("data/"));
    tree.insert("manifest-sha256.txt".to_owned(), payload);
    let tags = list(tree, &|path| !path.starts_with("data/") && path != "tagmanifest-sha256.txt");
    tree.insert("tagmanifest-sha256.txt".to_owned(), tags);
}

#[test]
fn what_people_know_is_in_the_papers_and_in_the_bundle() {
    let stage = Stage::new("details");
    let details = stage.path("details.yaml");
    std::fs::write(&details, "subject: 架空市の庁内ネットワーク\n").unwrap();
    let tree = stage.bundle("bag", &["--details", &details]);
    let page = String::from_utf8(tree["data/outputs/audit.html"].clone()).unwrap();
    assert!(page.contains("架空市"));
    assert_eq!(tree["data/details.yaml"], "subject: 架空市の庁内ネットワーク\n".as_bytes());
    assert_eq!(evidence::verify(&tree).problems, []);
    std::fs::write(&details, "subjekt: x\n").unwrap();
    let refused = sekisho(&[
        "evidence",
        "make",
        &stage.path("bag"),
        "--output",
        &stage.path("no"),
        "--details",
        &details,
    ]);
    assert_eq!(refused.status.code(), Some(2), "an unknown key is no silent blank");
}

#[test]
fn without_inputs_only_hashes_are_compared() {
    let stage = Stage::new("hashes");
    let tree = stage.bundle("bag", &["--hashes-only"]);
    assert!(!tree.keys().any(|path| path.starts_with("data/inputs/")));
    let hashes = String::from_utf8(tree["data/inputs.sha256"].clone()).unwrap();
    assert!(hashes.contains("  configs/ext-fw.conf\n"));
    let found = evidence::verify(&tree);
    assert_eq!((found.problems.len(), found.repeated), (0, None));
}

#[test]
fn a_log_of_notices_grows_and_says_when_it_was_touched() {
    let stage = Stage::new("notices");
    let log = stage.path("notices.jsonl");
    for text in ["DMZから個人情報保護ネットワークへ通る", "再通知"] {
        let told = sekisho(&[
            "evidence",
            "notify",
            &log,
            "--at",
            "2026-11-22T10:30",
            "--by",
            "町",
            "--to",
            "委託先",
            "--text",
            text,
        ]);
        assert_eq!(told.status.code(), Some(0), "{told:?}");
    }
    assert_eq!(sekisho(&["evidence", "notices", &log]).status.code(), Some(0));
    let text = std::fs::read_to_string(&log).unwrap();
    assert_eq!(text.lines().count(), 2);
    std::fs::write(&log, text.replace("再通知", "通知済")).unwrap();
    assert_eq!(
        sekisho(&["evidence", "notices", &log]).status.code(),
        Some(0),
        "the last line is held by its seal only"
    );
    std::fs::write(&log, text.replace("DMZから", "LANから")).unwrap();
    assert_eq!(sekisho(&["evidence", "notices", &log]).status.code(), Some(1));
    let more = sekisho(&[
        "evidence",
        "notify",
        &log,
        "--at",
        "2026-11-23",
        "--by",
        "町",
        "--to",
        "委託先",
        "--text",
        "x",
    ]);
    assert_eq!(more.status.code(), Some(2), "nothing is added to a log that was touched");
}
