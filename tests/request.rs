//! A wish is answered as the network and the policy are, and what is proposed lets it pass.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and sets its own stage"
)]

mod topologies;
mod vendors;

use std::process::Command;

use sekisho::net::Prefix;
use sekisho::scan::wish::{self, Answer, Desk, Outcome};
use sekisho::scan::{self, Files, Options};
use vendors::{Traffic, VENDORS, Wish};

fn asked(files: &Files, from: &str, to: &str, service: &str) -> Answer {
    let loaded = scan::load(files.clone(), &Options::default()).unwrap();
    let [from, to, service] = [from, to, service].map(str::to_owned);
    Desk::new(&loaded).answer(&wish::Wish { from, to, service }).unwrap()
}

fn case() -> Files {
    topologies::files(&topologies::root().join("x-enet/corrected"))
}

#[test]
fn a_word_for_several_places_is_no_end() {
    let loaded = scan::load(case(), &Options::default()).unwrap();
    for (from, to) in [("komu", "*"), ("*", "pi"), ("komu", "172.20.0.0/16"), ("self:int-fw", "pi")]
    {
        let [from, to, service] = [from, to, "tcp/443"].map(str::to_owned);
        assert!(Desk::new(&loaded).answer(&wish::Wish { from, to, service }).is_err());
    }
    let answer = asked(&case(), "komu", "pi.fs1", "tcp/445");
    assert!(answer.unasked.iter().any(|rule| rule == "X-PI-03"), "{:?}", answer.unasked);
}

#[test]
fn what_passes_what_is_forbidden_and_what_stops_it() {
    let files = case();
    assert_eq!(asked(&files, "komu", "pi.fs1", "tcp/445").outcome, Outcome::Passes);
    let answer = asked(&files, "gakushu", "pi", "tcp/443");
    assert_eq!(answer.outcome, Outcome::Forbidden);
    assert_eq!(
        answer.forbidden.iter().map(|rule| rule.rule.as_str()).collect::<Vec<_>>(),
        ["X-PI-02"]
    );
    let stops: Vec<&str> = answer
        .missing
        .iter()
        .flat_map(|missing| &missing.stops)
        .map(|stop| stop.hop.device.as_str())
        .collect();
    assert_eq!(stops, ["int-fw"]);
    let typed =
        answer.missing.iter().flat_map(|missing| &missing.stops).flat_map(|stop| &stop.commands);
    assert_eq!(typed.count(), 0, "nobody is told how to let pass what is forbidden");
    // Both firewalls stand in this way, and each is named.
    let answer = asked(&files, "dmz", "pi", "tcp/445");
    let stops = answer.missing.iter().flat_map(|missing| &missing.stops);
    let devices: Vec<&str> = stops.map(|stop| stop.hop.device.as_str()).collect();
    assert_eq!(devices, ["ext-fw", "int-fw"]);
    // What passes although a rule forbids it stays forbidden.
    let delivered = topologies::files(&topologies::root().join("x-enet/delivered"));
    let answer = asked(&delivered, "dmz", "pi", "tcp/445");
    assert_eq!((answer.outcome, answer.missing.len()), (Outcome::Forbidden, 0));
}

/// Two networks behind one firewall that lets nothing pass; `text` is its configuration.
fn behind(text: &str) -> Files {
    let topology = "version: 1\nname: x\nzones:\n  a: { label: A, networks: [10.0.1.0/24] }\n  b: { label: B, networks: [10.0.2.0/24] }\ndevices:\n  fw: { config: fw.conf }\n";
    Files {
        name: "x".to_owned(),
        entries: vec![
            ("fw.conf".to_owned(), text.as_bytes().to_vec()),
            ("topology.yaml".to_owned(), topology.as_bytes().to_vec()),
        ],
    }
}

fn commands(files: &Files) -> Vec<String> {
    let answer = asked(files, "a", "b", "tcp/445");
    assert_eq!(answer.outcome, Outcome::Stopped, "{answer:?}");
    let stops = answer.missing.iter().flat_map(|missing| &missing.stops);
    stops.flat_map(|stop| stop.commands.clone()).collect()
}

fn passes(text: &str) {
    let files = behind(text);
    assert_eq!(asked(&files, "a", "b", "tcp/445").outcome, Outcome::Passes, "{text}");
    assert_eq!(
        asked(&files, "a", "b", "tcp/446").outcome,
        Outcome::Stopped,
        "no more than was asked for"
    );
    assert_eq!(asked(&files, "b", "a", "tcp/445").outcome, Outcome::Stopped);
}

#[test]
fn the_lines_for_an_asa_let_it_pass() {
    let text = |line: &str| {
        format!(
            ": Saved\nASA Version 9.16(4)\nhostname fw\ninterface GigabitEthernet0/0\n nameif a\n security-level 50\n ip address 10.0.1.1 255.255.255.0\ninterface GigabitEthernet0/1\n nameif b\n security-level 40\n ip address 10.0.2.1 255.255.255.0\n{line}access-list A_IN extended deny ip any any\naccess-list B_IN extended deny ip any any\naccess-group A_IN in interface a\naccess-group B_IN in interface b\n: end\n"
        )
    };
    let typed = commands(&behind(&text("")));
    assert_eq!(typed.len(), 1);
    passes(&text(&(typed[0].replace(" line 1", "") + "\n")));
}

#[test]
fn the_lines_for_ios_let_it_pass() {
    let text = |line: &str| {
        format!(
            "version 15.7\nhostname fw\ninterface GigabitEthernet0/0\n ip address 10.0.1.1 255.255.255.0\n ip access-group A_IN in\ninterface GigabitEthernet0/1\n ip address 10.0.2.1 255.255.255.0\n ip access-group B_IN in\nip access-list extended A_IN\n{line} deny ip any any\nip access-list extended B_IN\n deny ip any any\nend\n"
        )
    };
    let typed = commands(&behind(&text("")));
    assert_eq!(typed[0], "ip access-list extended A_IN");
    passes(&text(&format!(" {}\n", typed[1])));
}

#[test]
fn the_lines_for_a_fortigate_let_it_pass() {
    let text = |blocks: &str| {
        format!(
            "#config-version=FGT60F-7.4.4-FW-build2662-240514:opmode=0:vdom=0:user=admin\nconfig system global\n    set hostname \"fw\"\nend\nconfig system interface\n    edit \"port1\"\n        set vdom \"root\"\n        set ip 10.0.1.1 255.255.255.0\n    next\n    edit \"port2\"\n        set vdom \"root\"\n        set ip 10.0.2.1 255.255.255.0\n    next\nend\n{blocks}"
        )
    };
    let typed = commands(&behind(&text("")));
    passes(&text(&(typed.join("\n").replace("edit 0", "edit 1") + "\n")));
}

#[test]
fn every_syntax_has_words_for_a_wish() {
    // What stops it is a line of its own where the vendor's words need one to stand before.
    let stop = |prefix: &str| Wish {
        permit: false,
        traffic: Traffic::Anything,
        source: Prefix::parse(prefix),
        destination: None,
    };
    for vendor in VENDORS {
        let (name, files) = (vendor.format, vendor.files(&[stop("10.1.0.0/16")]));
        let loaded = scan::load(files, &Options::default()).unwrap();
        let wish = |service: &str| wish::Wish {
            from: "10.1.8.0/24".to_owned(),
            to: "10.2.8.9".to_owned(),
            service: service.to_owned(),
        };
        let answer = Desk::new(&loaded).answer(&wish("tcp/445")).unwrap();
        let typed: Vec<&String> = answer
            .missing
            .iter()
            .flat_map(|missing| &missing.stops)
            .flat_map(|stop| &stop.commands)
            .collect();
        // NEC has no command that puts a line between others, nftables needs a handle, and a sheet no command at all.
        let silent = ["nec-ix", "nftables", "table"].contains(&name);
        assert_eq!(answer.outcome, Outcome::Stopped, "{name}");
        assert_eq!(typed.is_empty(), silent, "{name}: {typed:?}");
        let text = typed.iter().map(|line| line.as_str()).collect::<Vec<_>>().join("\n");
        assert!(silent || text.contains("445") && text.contains("10.2.8.9"), "{name}: {text}");
    }
}

#[test]
fn a_list_of_wishes_is_answered_row_by_row() {
    let dir = std::env::temp_dir().join(format!("sekisho-request-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let list = dir.join("申請.csv");
    let rows = "申請番号,送信元,宛先,サービス\n1,komu,pi.fs1,tcp/445\n2,gakushu,pi,tcp/443\n";
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(rows);
    std::fs::write(&list, bytes).unwrap();
    let world = topologies::root().join("x-enet/corrected");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
        command.arg("request").arg(&world).args(arguments).args(["--lang", "ja"]).output().unwrap()
    };
    let output = run(&["--list", list.to_str().unwrap(), "--format", "csv"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[1].starts_with("komu,pi.fs1,tcp/445,許可済み"), "{}", lines[1]);
    assert!(lines[2].contains("方針違反,X-PI-02"), "{}", lines[2]);
    std::fs::write(&list, "a,b\n1,2\n").unwrap();
    assert_eq!(
        run(&["--list", list.to_str().unwrap()]).status.code(),
        Some(2),
        "columns are missing"
    );
    assert_eq!(run(&["komu", "nowhere", "tcp/445"]).status.code(), Some(2));
    assert_eq!(run(&["komu", "pi.fs1", "tcp/445", "--format", "json"]).status.code(), Some(0));
    std::fs::remove_dir_all(&dir).unwrap();
}

#[cfg(feature = "xlsx")]
#[test]
fn a_list_may_be_a_workbook_with_a_title() {
    let dir = std::env::temp_dir().join(format!("sekisho-request-book-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let book = dir.join("申請.xlsx");
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    let cells = [
        ["通信許可申請一覧", "", ""],
        ["送信元", "宛先", "サービス"],
        ["komu", "pi.fs1", "tcp/445"],
    ];
    for (row, cells) in (0..).zip(cells) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    workbook.save(&book).unwrap();
    let world = topologies::root().join("x-enet/corrected");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    command.arg("request").arg(&world).arg("--list").arg(&book).args(["--format", "csv"]);
    let output = command.args(["--lang", "ja"]).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("komu,pi.fs1,tcp/445,許可済み"));
    std::fs::remove_dir_all(&dir).unwrap();
}
