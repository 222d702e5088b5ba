//! What is handed out is judged as before and gives nothing away; and nothing is handed out otherwise. The search for what must not be
//! there is written here a second time, without the words of the scrubber.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    dead_code,
    reason = "a test fails by panicking, and sets its own stage"
)]

#[path = "literate/sections.rs"]
mod sections;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use sekisho::dialect;
use sekisho::net::Prefix;
use sekisho::scan::{self, Files, Options, Scan};
use sekisho::scrub::{Scrubbed, Wanted, scrub};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &Path) -> Files {
    let (mut entries, mut open) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_none_or(|name| name != "expected.yaml") {
                let name = path.strip_prefix(dir).unwrap().to_string_lossy().replace('\\', "/");
                entries.push((name, std::fs::read(path).unwrap()));
            }
        }
    }
    entries.sort();
    Files { name: "world".to_owned(), entries }
}

fn given(entries: &[(&str, &[u8])]) -> Files {
    let entries =
        entries.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect();
    Files { name: "given".to_owned(), entries }
}

fn one(text: &str) -> Files {
    given(&[("kasumi.conf", text.as_bytes())])
}

fn scrubbed(files: &Files) -> Scrubbed {
    scrub(files, &Options::default(), &Wanted::default())
        .unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn refused(files: &Files) -> String {
    let errors = scrub(files, &Options::default(), &Wanted::default()).unwrap_err();
    format!("{} {:?} {}", errors[0].path, errors[0].line, errors[0].message.en)
}

fn texts(scrubbed: &Scrubbed) -> String {
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    scrubbed.files.iter().map(|(path, bytes)| format!("{path}\n{}\n", text(bytes))).collect()
}

fn as_files(scrubbed: &Scrubbed) -> Files {
    Files { name: "scrubbed".to_owned(), entries: scrubbed.files.clone().into_iter().collect() }
}

/// What two runs say, by position alone.
fn said(scan: &Scan) -> Vec<String> {
    let verdicts = scan.verdicts.iter().map(|v| format!("{:?} {:?}", v.verdict, v.severity));
    let matrix = scan::matrix(&scan.loaded);
    let mut cells: Vec<String> = matrix
        .pairs
        .iter()
        .map(|pair| {
            format!(
                "{:?} {} {} {}",
                pair.family,
                pair.must.flows.len(),
                pair.may.flows.len(),
                pair.everything
            )
        })
        .collect();
    let mut findings: Vec<String> = scan
        .findings
        .iter()
        .map(|f| format!("{} {:?} {:?} {}", f.kind.id(), f.verdict, f.severity, f.blame.len()))
        .collect();
    cells.sort();
    findings.sort();
    verdicts.chain(cells).chain(findings).collect()
}

/// Names of the original that are not made of words of devices only, and addresses that belong to somebody.
fn private(scan: &Scan) -> (BTreeSet<String>, BTreeSet<IpAddr>) {
    let snapshot = &scan.loaded.snapshot;
    let mut names: Vec<&str> =
        snapshot.zones.iter().flat_map(|(_, zone)| [zone.id.as_str(), &zone.label]).collect();
    names.extend(snapshot.hosts.iter().flat_map(|(_, host)| [host.id.as_str(), &host.label]));
    for (_, device) in snapshot.devices.iter() {
        names.push(&device.name);
        names.extend(device.addresses.iter().map(|(_, object)| object.name.as_str()));
        names.extend(device.services.iter().map(|(_, object)| object.name.as_str()));
        names.extend(device.lists.iter().map(|(_, list)| list.name.as_str()));
    }
    let is_word = |name: &str| {
        name.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').all(dialect::is_composed)
    };
    let names = names
        .into_iter()
        .filter(|name| name.chars().count() >= 4 && !is_word(name))
        .map(str::to_owned)
        .collect();
    let mut addresses = BTreeSet::new();
    for (id, _) in &scan.loaded.roles {
        let text = scan.loaded.sources.file(*id).text();
        let words = text.split(|c: char| !c.is_ascii_hexdigit() && c != '.' && c != ':');
        addresses.extend(
            words
                .filter_map(|word| word.parse::<IpAddr>().ok())
                .filter(|address| is_owned(*address)),
        );
    }
    (names, addresses)
}

fn is_owned(address: IpAddr) -> bool {
    let blocks = [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    ];
    let masks = ["128.0.0.0", "192.0.0.0", "63.255.255.255", "31.255.255.255", "15.255.255.255"];
    match address {
        IpAddr::V4(_) => {
            !blocks.iter().any(|block| Prefix::parse(block).unwrap().contains(address))
                && !masks.contains(&address.to_string().as_str())
        }
        IpAddr::V6(_) => Prefix::parse("2000::/3").unwrap().contains(address),
    }
}

fn leaks(original: &Scan, scrubbed: &Scrubbed) -> Vec<String> {
    let (names, addresses) = private(original);
    let text = texts(scrubbed);
    let holds = |name: &String| {
        text.match_indices(name.as_str()).any(|(at, _)| {
            let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            edge(text[..at].chars().next_back()) && edge(text[at + name.len()..].chars().next())
        })
    };
    let words = text.split(|c: char| !c.is_ascii_hexdigit() && c != '.' && c != ':');
    let found = words
        .filter_map(|word| word.parse::<IpAddr>().ok())
        .filter(|address| addresses.contains(address));
    names.into_iter().filter(holds).chain(found.map(|address| address.to_string())).collect()
}

fn holds_together(name: &str, files: &Files) {
    let options = Options::default();
    let result = scrubbed(files);
    let (old, new) = (
        scan::scan(files.clone(), &options).unwrap(),
        scan::scan(as_files(&result), &options).unwrap(),
    );
    assert_eq!(said(&old), said(&new), "{name}");
    assert_eq!(leaks(&old, &result), Vec::<String>::new(), "{name}");
    let count = |files: &Files| -> usize {
        files.entries.iter().map(|(_, bytes)| bytes.iter().filter(|b| **b == b'\n').count()).sum()
    };
    let used = Files {
        entries: files
            .entries
            .iter()
            .filter(|(path, _)| !result.left_out.contains(path))
            .cloned()
            .collect(),
        ..files.clone()
    };
    assert_eq!(count(&used), count(&as_files(&result)), "{name}: lines keep their numbers");
}

fn worlds(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.join("expected.yaml").exists() {
            found.push(path.clone());
        }
        if path.is_dir() {
            found.extend(worlds(&path));
        }
    }
    found.sort();
    found
}

#[test]
fn every_world_is_judged_as_before_and_gives_nothing_away() {
    let mut count = 0;
    for world in worlds(&root().join("topologies")) {
        if world.ends_with("mini-sheet/excel") {
            if cfg!(not(feature = "xlsx")) {
                continue;
            }
            assert!(refused(&files(&world)).starts_with("rules.xlsx None a workbook"));
            continue;
        }
        holds_together(&world.display().to_string(), &files(&world));
        count += 1;
    }
    assert!(count > 30, "{count} worlds");
}

#[test]
fn every_fixture_is_read_as_before() {
    let (mut count, mut wrong, mut refusals) = (0, Vec::new(), Vec::new());
    let mut open = vec![root().join("fixtures/formats")];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            if path.extension().is_none_or(|ending| ending != "md") {
                continue;
            }
            for section in sections::read(&std::fs::read_to_string(&path).unwrap()).unwrap() {
                count += 1;
                let place = format!("{}:{}", path.display(), section.line);
                match scrub(&section.files(), &Options::default(), &Wanted::default()) {
                    Ok(result) => {
                        let old = scan::scan(section.files(), &Options::default()).unwrap();
                        wrong.extend(
                            leaks(&old, &result)
                                .into_iter()
                                .map(|leak| format!("{place}: leaks {leak}")),
                        );
                    }
                    Err(errors) => refusals
                        .push(format!("{place}: {:?} {}", errors[0].line, errors[0].message.en)),
                }
            }
        }
    }
    // To refuse is always right; to refuse often is not.
    assert!(
        refusals.len() * 13 < count,
        "{} of {count} refused:\n{}",
        refusals.len(),
        refusals.join("\n")
    );
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 100, "{count} sections");
}

const CONFIG: &str = "hostname kasumi-edge\r\n!\r\nusername tanaka password 7 0822455D0A16\r\nip access-list extended SHIMIN\r\n remark 住民課 2031年3月31日まで\r\n permit tcp host 203.0.113.9 any eq 443\r\n deny ip any any\r\ninterface GigabitEthernet0/0\r\n description to 霞町役場\r\n ip address 203.0.113.1 255.255.255.0\r\n ip access-group SHIMIN in\r\ninterface GigabitEthernet0/1\r\n ip address 10.7.0.1 255.255.255.0\r\nfrobnicate Tsuruya password access url https://tanaka:himitsu@198.51.100.7/kasumi mac 0011.2233.44aa\r\nend\r\n";

#[test]
fn unread_lines_keep_their_shape_and_lose_what_is_told() {
    let result = scrubbed(&one(CONFIG));
    let text = texts(&result);
    for told in [
        "kasumi",
        "tanaka",
        "0822455",
        "SHIMIN",
        "住民課",
        "霞町",
        "203.0.113",
        "Tsuruya",
        "himitsu",
        "198.51.100",
        "2233.44aa",
        "access url",
    ] {
        assert!(!text.contains(told), "{told} in {text}");
    }
    let (path, line, unread) = result.unread.last().unwrap();
    assert_eq!((path.ends_with(".conf"), *line), (true, 14));
    assert!(
        unread.contains("password secret url https://") && unread.contains("mac 0200.5e00.0001"),
        "{unread}"
    );
    assert!(text.contains("~2031-03-31") || !text.contains("remark"), "{text}");
}

#[test]
fn encodings_and_line_ends_stay() {
    let (cp932, _, broken) = encoding_rs::SHIFT_JIS.encode(CONFIG);
    assert!(!broken);
    for bytes in [
        CONFIG.as_bytes().to_vec(),
        cp932.into_owned(),
        [b"\xEF\xBB\xBF", CONFIG.as_bytes()].concat(),
    ] {
        let result = scrubbed(&given(&[("kasumi.conf", &bytes)]));
        let output = result.files.values().next().unwrap();
        assert_eq!(output.starts_with(b"\xEF\xBB\xBF"), bytes.starts_with(b"\xEF\xBB\xBF"));
        let count = |bytes: &[u8], part: &[u8]| {
            bytes.windows(part.len()).filter(|window| *window == part).count()
        };
        assert_eq!(count(output, b"\r\n"), count(&bytes, b"\r\n"));
        assert_eq!(count(output, b"\n"), count(&bytes, b"\r\n"));
    }
}

#[test]
fn names_that_are_words_or_parts_of_one_another_break_nothing() {
    let text = "config system global\n set hostname \"fw\"\nend\nconfig firewall address\n edit \"permit\"\n  set subnet 10.1.0.0 255.255.255.0\n next\n edit \"kasumi\"\n  set subnet 10.2.0.0 255.255.255.0\n next\n edit \"kasumi-kasumi2\"\n  set subnet 10.3.0.0 255.255.255.0\n next\n edit \"Kasumi\"\n  set subnet 10.4.0.0 255.255.255.0\n next\n edit \"霞 町\"\n  set subnet 10.5.0.0 255.255.255.0\n next\n edit \"name-1\"\n  set subnet 10.6.0.0 255.255.255.0\n next\nend\nconfig firewall policy\n edit 1\n  set srcintf \"port1\"\n  set dstintf \"port2\"\n  set srcaddr \"permit\" \"kasumi\" \"kasumi-kasumi2\"\n  set dstaddr \"Kasumi\" \"霞 町\" \"name-1\"\n  set action accept\n  set schedule \"always\"\n  set service \"HTTPS\"\n next\nend\n";
    let result = scrubbed(&one(text));
    let image = texts(&result);
    assert!(!image.to_lowercase().contains("kasumi") && !image.contains('霞'), "{image}");
    let names: BTreeSet<&str> =
        image.lines().filter_map(|line| line.trim().strip_prefix("edit \"")).collect();
    assert_eq!(names.len(), 6, "six names before, six after: {image}");
}

#[test]
fn same_bytes_twice_and_others_under_another_key() {
    let world = files(&root().join("topologies/mini-packs/school-sep"));
    let run = |key: Option<&[u8]>| {
        let wanted = Wanted { key: key.map(<[u8]>::to_vec), keep_names: false };
        scrub(&world, &Options::default(), &wanted).unwrap().files
    };
    assert_eq!(run(None), run(None));
    assert_eq!(run(Some(b"one")), run(Some(b"one")));
    assert_ne!(run(Some(b"one")), run(Some(b"two")));
    assert_ne!(run(Some(b"one")), run(None));
}

#[test]
fn names_stay_when_asked_and_nothing_else_does() {
    let wanted = Wanted { keep_names: true, ..Wanted::default() };
    let result = scrub(&one(CONFIG), &Options::default(), &wanted).unwrap();
    let text = texts(&result);
    assert!(text.contains("SHIMIN"), "{text}");
    for told in ["0822455", "住民課", "203.0.113", "himitsu", "198.51.100"] {
        assert!(!text.contains(told), "{told} in {text}");
    }
}

#[test]
fn the_command_writes_the_whole_or_nothing() {
    let dir = std::env::temp_dir().join(format!("sekisho-scrub-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let path = |name: &str| dir.join(name).display().to_string();
    std::fs::write(dir.join("kasumi.conf"), CONFIG).unwrap();
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_sekisho")).arg("scrub").args(arguments).output().unwrap()
    };
    let done = run(&[
        &path("kasumi.conf"),
        "--lang",
        "en",
        "--output",
        &path("out"),
        "--map",
        &path("map.csv"),
    ]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(
        said.contains("It is judged as before") && said.contains("before you send the directory"),
        "{said}"
    );
    assert!(std::fs::read_to_string(path("map.csv")).unwrap().contains("\nname,SHIMIN,list-1\n"));
    assert_eq!(std::fs::read_dir(path("out")).unwrap().count(), 1, "the map is not in it");
    let again = run(&[&path("kasumi.conf"), "--output", &path("out")]);
    assert_eq!(again.status.code(), Some(2), "it is there already");
    let inside =
        run(&[&path("kasumi.conf"), "--output", &path("new"), "--map", &path("new/map.csv")]);
    assert_eq!(inside.status.code(), Some(2), "the map would be handed out");
    let book = root().join("topologies/mini-sheet/excel").display().to_string();
    let refused = run(&[&book, "--output", &path("book")]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(!dir.join("book").exists() && !dir.join("new").exists(), "nothing is written");
    let _ = std::fs::remove_dir_all(&dir);
}

/// Words that stand alone between quotation marks in the readers are words of devices.
#[test]
fn the_vocabulary_knows_the_words_of_the_readers() {
    let (mut missing, mut open) = (BTreeSet::new(), vec![root().join("src/formats")]);
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.extend((!path.ends_with("tests")).then_some(path));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let lines = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//") && !line.contains("text!"));
            for line in lines.filter(|_| !path.ends_with("tests.rs")) {
                let words = line.split('"').skip(1).step_by(2);
                let plain = |word: &&str| {
                    word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
                };
                missing.extend(
                    words
                        .filter(plain)
                        .map(|word| word.trim_matches('-').to_owned())
                        .filter(|word| !dialect::is_composed(word)),
                );
            }
        }
    }
    assert_eq!(missing, BTreeSet::new(), "add them to src/dialect/vocabulary.txt");
}
