//! The invariants of the fuzz targets on a stable toolchain: random text, and mutations of every configuration in the
//! repository. Seeds are fixed, so a failure repeats; `tests/fuzz/` goes on from here with cargo-fuzz.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failing test says so; it reads the repository"
)]

#[path = "fuzz/invariants.rs"]
mod invariants;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sekisho::formats::{FORMATS, Format};

/// How many times as many inputs as usual: `ROBUSTNESS=20 cargo test --test robustness`.
fn rounds() -> usize {
    std::env::var("ROBUSTNESS").ok().and_then(|word| word.parse().ok()).unwrap_or(1)
}

/// xorshift64*: enough to choose what to break.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(mixed).unwrap_or(0) % end.max(1)
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `dir` with one of these extensions, sorted.
fn files_below(dir: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
        if path.is_dir() {
            found.extend(files_below(&path, extensions));
        } else if extensions.contains(&extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// One configuration a reader, the largest first: fixtures, and the delivered state of the court case.
fn configs() -> Vec<Vec<u8>> {
    const EXPORTS: &[&str] = &["cfg", "conf", "xml", "csv", "nft", "json", "txt"];
    let mut paths = files_below(&repository().join("fixtures/formats"), EXPORTS);
    paths.extend(files_below(&repository().join("topologies/x-enet/delivered"), &["cfg", "conf"]));
    assert!(paths.len() >= 3, "no configurations to break");
    paths.iter().map(|path| std::fs::read(path).expect("readable")).collect()
}

fn lines_of(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Words that mean something in some syntax, put where they do not belong.
const WORDS: &[&str] = &[
    "end",
    "next",
    "config",
    "edit",
    "set",
    "\"",
    "'",
    "exit",
    "!",
    "object-group",
    "no",
    "any",
    "host",
    "range",
    "permit",
    "255.255.255.256",
    "0.0.0.0/33",
    "::",
    "fe80::1%x",
    "4294967296",
    "-1",
    "65536-1",
    "\u{3000}",
    "汐見",
    "\\",
    "\t",
    "eq",
    "255.0.255.0",
    "interface",
    "access-list",
    "255.255.255.255",
    "::/0",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

/// Breaks `bytes` in one of eight ways; `other` lends lines.
fn broken(bytes: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut lines = lines_of(bytes);
    if lines.is_empty() {
        return other.to_vec();
    }
    let (a, b) = (dice.below(lines.len()), dice.below(lines.len()));
    match dice.below(8) {
        0 => return bytes[..dice.below(bytes.len())].to_vec(),
        1 => {
            let mut flipped = bytes.to_vec();
            let at = dice.below(flipped.len());
            flipped[at] ^= 1 << dice.below(8);
            return flipped;
        }
        2 => lines.insert(a, lines[b]),
        3 => drop(lines.remove(a)),
        4 => lines.swap(a, b),
        5 => {
            let lent = lines_of(other);
            let from = dice.below(lent.len());
            let count = 1 + dice.below(30.min(lent.len() - from));
            lines.splice(a..a, lent[from..from + count].iter().copied());
        }
        kind => return with_word(&lines, a, kind == 6, dice),
    }
    lines.concat()
}

/// Replaces a word of line `at`, or leaves the words after it out.
fn with_word(lines: &[&[u8]], at: usize, replace: bool, dice: &mut Dice) -> Vec<u8> {
    let line = String::from_utf8_lossy(lines[at]).into_owned();
    let indent: String = line.chars().take_while(|c| c.is_whitespace() && *c != '\n').collect();
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let word = dice.below(words.len());
    if replace && !words.is_empty() {
        words[word] = WORDS[dice.below(WORDS.len())];
    } else {
        words.truncate(word);
    }
    let line = format!("{indent}{}\n", words.join(" "));
    let mut out = lines[..at].concat();
    out.extend_from_slice(line.as_bytes());
    out.extend_from_slice(&lines[at + 1..].concat());
    out
}

/// Runs every case, prints the first failing ones made small, and fails when there is one.
fn hold<'a>(cases: impl Iterator<Item = (&'static Format, Vec<u8>)> + 'a) {
    let mut failures: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut count = 0;
    for (format, bytes) in cases {
        count += 1;
        if let Some(reason) = failure(format, &bytes) {
            let kind = format!("{}: {}", format.id, kind_of(&reason));
            failures.entry(kind).or_insert_with(|| smaller(format, bytes, &reason));
        }
    }
    for (reason, bytes) in &failures {
        let text = String::from_utf8_lossy(bytes);
        let start: String = text.chars().take(400).collect();
        eprintln!("--- {reason}\n{} bytes: {start:?}", bytes.len());
    }
    assert!(
        failures.is_empty(),
        "{} kinds of failure in {count} inputs, see above",
        failures.len()
    );
}

/// What tells one kind of failure from another: the sentence and the first words of the line it quotes, without numbers.
fn kind_of(reason: &str) -> String {
    let words = reason
        .split_whitespace()
        .take(8)
        .map(|word| word.trim_matches(|c: char| c.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

fn failure(format: &Format, bytes: &[u8]) -> Option<String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| invariants::reader(format, bytes)));
    let panic = outcome.err()?;
    let text = panic.downcast_ref::<String>().cloned();
    Some(text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default())
}

/// Takes lines out, halves first, as long as the same thing goes wrong.
fn smaller(format: &Format, bytes: Vec<u8>, reason: &str) -> Vec<u8> {
    let mut best = bytes;
    let mut step = lines_of(&best).len().div_ceil(2);
    while step > 0 {
        let mut at = 0;
        while at < lines_of(&best).len() {
            let mut lines = lines_of(&best);
            let last = (at + step).min(lines.len());
            drop(lines.drain(at..last));
            let candidate = lines.concat();
            let same = failure(format, &candidate);
            if same.is_some_and(|found| kind_of(&found) == kind_of(reason)) {
                best = candidate;
            } else {
                at += step;
            }
        }
        step /= 2;
    }
    best
}

/// Whether the reader takes the text for its own; what belongs to another is tried more seldom.
fn is_own(format: &Format, config: &[u8]) -> bool {
    (format.detect)(&String::from_utf8_lossy(config)) > 0
}

#[test]
fn readers_survive_broken_configurations() {
    let configs = configs();
    let mut dice = Dice(0x5E71_5430);
    let mut cases = Vec::new();
    for format in FORMATS {
        for (index, config) in configs.iter().enumerate() {
            for _ in 0..rounds() * if is_own(format, config) { 100 } else { 4 } {
                let other = &configs[dice.below(configs.len())];
                let mut bytes = broken(config, other, &mut dice);
                for _ in 0..dice.below(3) {
                    bytes = broken(&bytes, &configs[index], &mut dice);
                }
                cases.push((format, bytes));
            }
        }
    }
    hold(cases.into_iter());
}

#[test]
fn readers_survive_every_truncation_of_a_block() {
    let configs = configs();
    let cases = FORMATS.iter().flat_map(|format| {
        configs.iter().flat_map(move |config| {
            let parts = if is_own(format, config) { 30 } else { 4 };
            let step = (config.len() / (parts * rounds())).max(1);
            (0..config.len()).step_by(step).map(move |end| (format, config[..end].to_vec()))
        })
    });
    hold(cases);
}

#[test]
fn readers_survive_extremes() {
    let deep = 10_000;
    let long = (1 << 20) - 64;
    let header = "#config-version=FGT60F-7.4.1-FW-build2463-230830:opmode=0:vdom=0:user=admin\n";
    let groups = |n: usize| -> String {
        (0..n).map(|i| format!("object-group network G{i}\n group-object G{}\n", i + 1)).collect()
    };
    let indented: String =
        (0..deep).map(|i| format!("{}interface Vlan{i}\n", " ".repeat(i % 900))).collect();
    let texts = [
        format!("{header}{}", "config a\nedit 1\n".repeat(deep)),
        format!("{header}{}{}", "config a\n".repeat(deep), "end\n".repeat(deep)),
        format!("{header}config firewall policy\nedit 1\nset srcaddr {}\n", "\"a\" ".repeat(deep)),
        format!("{header}{}", "end\nnext\n".repeat(deep)),
        format!("{header}set comments \"{}", "line\n".repeat(deep)),
        format!("hostname {}\n", "x".repeat(long - 16)),
        "a ".repeat(long / 2),
        "\"".repeat(long),
        format!("access-list A extended permit tcp any any {}\n", "eq 80 ".repeat(deep)),
        format!("ip access-list extended A\n permit tcp any any eq {}\n", "80 ".repeat(deep)),
        groups(deep),
        format!("{}object-group network G{deep}\n group-object G0\n", groups(deep)),
        indented,
        format!("interface Vlan1\n ip address {0} {0}\n", "9".repeat(5000)),
        "banner motd ^C\n".to_owned() + &"text\n".repeat(deep),
        "\u{feff}\u{3000}\u{a0}\n\t\n".repeat(100),
        String::new(),
        "\n".repeat(deep),
    ];
    hold(
        FORMATS
            .iter()
            .flat_map(|format| texts.iter().map(move |t| (format, t.clone().into_bytes()))),
    );
}

#[test]
fn yaml_inputs_survive_mutation() {
    let worlds = repository().join("topologies");
    let paths = files_below(&worlds.join("x-enet/delivered"), &["yaml"]);
    let sources: Vec<Vec<u8>> = paths.iter().map(|p| std::fs::read(p).expect("readable")).collect();
    let mut dice = Dice(0x7A31);
    for source in &sources {
        for _ in 0..rounds() * 150 {
            let other = &sources[dice.below(sources.len())];
            let bytes = broken(source, other, &mut dice);
            invariants::topology(&bytes);
            invariants::policy(&bytes);
        }
    }
    for text in
        ["[".repeat(10_000), "{a: ".repeat(10_000), "- ".repeat(10_000), "&a [*a]".to_owned()]
    {
        invariants::topology(text.as_bytes());
        invariants::policy(text.as_bytes());
    }
}

#[test]
fn a_whole_run_survives_one_broken_file() {
    let world = repository().join("topologies/x-enet/delivered");
    let names = files_below(&world, &["yaml", "cfg", "conf"]);
    let name = |path: &PathBuf| {
        path.strip_prefix(&world).expect("below").to_string_lossy().replace('\\', "/")
    };
    let files: BTreeMap<String, Vec<u8>> =
        names.iter().map(|p| (name(p), std::fs::read(p).expect("readable"))).collect();
    let mut dice = Dice(0xC0DE);
    let mut judged = 0;
    for (path, bytes) in &files {
        for _ in 0..rounds() * 4 {
            let mut files = files.clone();
            files.insert(path.clone(), broken(bytes, bytes, &mut dice));
            judged += usize::from(invariants::whole(files));
        }
    }
    assert!(judged > 0, "every broken world was refused: the mutations are too coarse");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        invariants::decode(&bytes);
        invariants::flows(&bytes);
        invariants::packetset_laws(&bytes);
        for format in FORMATS {
            invariants::reader(format, &bytes);
        }
    }

    #[test]
    fn any_words(words in prop::collection::vec(prop::sample::select(WORDS), 0..60), breaks in any::<u64>()) {
        let mut text = String::new();
        for (index, word) in words.iter().enumerate() {
            text.push_str(word);
            text.push(if breaks >> (index % 64) & 1 == 1 { '\n' } else { ' ' });
        }
        for format in FORMATS {
            invariants::reader(format, text.as_bytes());
        }
        invariants::topology(text.as_bytes());
        invariants::policy(text.as_bytes());
    }

    #[test]
    fn any_flow_list(cells in prop::collection::vec("[0-9a-z:./]{0,12}", 0..40), columns in 1usize..11) {
        let header = "ingress,src,dst,protocol,source_port,destination_port,tcp_flags,icmp_type,icmp_code,state";
        let mut text = format!("{header}\n");
        for row in cells.chunks(columns) {
            text.push_str(&row.join(","));
            text.push('\n');
        }
        invariants::flows(text.as_bytes());
    }
}
