//! Papers: every finding and every verdict is in every form, a blank stays a blank, a redacted paper holds no address, the same
//! inputs give the same bytes, and hostile names do no harm. Asks Debian's poppler-utils and a Japanese font (`tests/tools.sh`).

#![cfg(all(target_os = "linux", feature = "pdf", feature = "xlsx"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a failing test says so, and sets the stage"
)]

use calamine::{Data, Reader, Xlsx};
use sekisho::diff::{self, Diff};
use sekisho::finding::{Finding, Kind, RuleVerdict, Severity, Verdict};
use sekisho::report::{self, Details, PaperFormat, PaperInput, PaperKind};
use sekisho::scan::{self, Files, Loaded, Matrix, Options, Outcome, Scan};
use sekisho::text::{Lang, Text};
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const FONT: &str = "/usr/share/fonts/truetype/bizud-gothic/BIZUDGothic-Regular.ttf";
const FORMATS: [PaperFormat; 5] = [
    PaperFormat::Markdown,
    PaperFormat::Csv,
    PaperFormat::Html,
    PaperFormat::Xlsx,
    PaperFormat::Pdf,
];
const HOSTILE: &str =
    "=1+1\r\n::error::owned\u{1b}[31m\u{202e}]]><a b=\"'&%0A|[x](http://evil.example)\u{0}";

fn font() -> &'static [u8] {
    static FONT_BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    FONT_BYTES.get_or_init(|| std::fs::read(FONT).unwrap())
}

fn collect(dir: &Path, prefix: &str, out: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), out);
        } else if name != "expected.yaml" {
            out.push((name, std::fs::read(entry.path()).unwrap()));
        }
    }
    out.sort();
}

fn files(world: &str) -> Files {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies").join(world);
    let mut entries = Vec::new();
    collect(&dir, "", &mut entries);
    Files { name: dir.file_name().unwrap().to_string_lossy().into_owned(), entries }
}

fn load(world: &str) -> Loaded {
    scan::load(files(world), &Options::default()).unwrap()
}

/// A world that was judged, once for all tests.
fn judged(world: &'static str) -> &'static (Scan, Matrix) {
    static DELIVERED: OnceLock<(Scan, Matrix)> = OnceLock::new();
    static CITY: OnceLock<(Scan, Matrix)> = OnceLock::new();
    let cell = if world == "shiomi-city" { &CITY } else { &DELIVERED };
    cell.get_or_init(|| {
        let loaded = load(world);
        let matrix = scan::matrix(&loaded);
        (scan::judge(loaded), matrix)
    })
}

fn input<'a>(kind: PaperKind, scan: &'a Scan, details: &'a Details) -> PaperInput<'a> {
    let (before, matrix) = (None, None);
    PaperInput { kind, scan, before, matrix, details, redact: false, font: font(), lang: Lang::Ja }
}

fn bytes(input: &PaperInput<'_>, format: PaperFormat) -> Vec<u8> {
    report::paper(input, format).unwrap()
}

fn book(bytes: Vec<u8>) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(bytes)).unwrap()
}

/// The text of a PDF as a reader extracts it.
fn pdf_text(bytes: &[u8]) -> String {
    let mut child = Command::new("pdftotext")
        .args(["-raw", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let owned = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&owned).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// What a paper says, without blanks and escapes, so that a sentence is found however it is broken.
fn said(input: &PaperInput<'_>, format: PaperFormat) -> String {
    let bytes = bytes(input, format);
    let text = match format {
        PaperFormat::Pdf => pdf_text(&bytes),
        PaperFormat::Xlsx => {
            let mut book = book(bytes);
            let mut out = String::new();
            for name in book.sheet_names() {
                let range = book.worksheet_range(&name).unwrap();
                for cell in range.cells() {
                    out += &format!("{}\n", cell.2);
                }
            }
            out
        }
        PaperFormat::Html => String::from_utf8(bytes)
            .unwrap()
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&"),
        _ => String::from_utf8(bytes).unwrap().replace('\\', ""),
    };
    squeezed(&text)
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn every_finding_and_verdict_is_in_every_form() {
    for world in ["x-enet/delivered", "shiomi-city"] {
        let (scan, matrix) = judged(world);
        let details = Details::default();
        let input = PaperInput { matrix: Some(matrix), ..input(PaperKind::Audit, scan, &details) };
        for format in FORMATS {
            let text = said(&input, format);
            for finding in &scan.findings {
                let wanted = squeezed(&finding.message.ja);
                let whole = format != PaperFormat::Pdf;
                // A page may end inside a sentence of a PDF, so there its identifier stands for it.
                let there = !whole || text.contains(&wanted);
                assert!(there, "{world} {format:?} {}", finding.message.ja);
                assert!(text.contains(&finding.fingerprint), "{world} {format:?}");
            }
            if format == PaperFormat::Csv {
                continue;
            }
            for verdict in &scan.verdicts {
                assert!(text.contains(&squeezed(&verdict.rule)), "{format:?} {}", verdict.rule);
            }
            for row in scan::self_check(scan) {
                assert!(text.contains(&row.requirement.id), "{format:?} {}", row.requirement.id);
            }
        }
    }
}

#[test]
fn a_notice_names_device_line_basis_and_remedy() {
    let (scan, _) = judged("x-enet/delivered");
    let details = Details::default();
    for format in FORMATS {
        let text = said(&input(PaperKind::Audit, scan, &details), format);
        for wanted in [
            "F-001（識別子 6d06195badfa21ad）について通知します",
            "「ext-fw」の configs/ext-fw.conf 1416 行目（policy 4）",
            "取り決めは、設計書「通信制限イメージ」 DMZ–個人情報保護NW、規則 X-PI-01:",
            "変更後の設定を書面でお知らせください",
        ] {
            assert!(text.contains(&squeezed(wanted)), "{format:?} {wanted}");
        }
    }
}

#[test]
fn a_workbook_has_its_sheets_filters_and_no_formula() {
    let (scan, matrix) = judged("x-enet/delivered");
    let details = Details::default();
    let input = PaperInput { matrix: Some(matrix), ..input(PaperKind::Audit, scan, &details) };
    let written = bytes(&input, PaperFormat::Xlsx);
    let names = book(written.clone()).sheet_names();
    let wanted =
        ["概要", "指摘事項", "要求×判定", "規則×判定", "例外措置", "到達性行列", "入力ファイル"];
    assert_eq!(names, wanted);
    let mut archive = zip::ZipArchive::new(Cursor::new(written.clone())).unwrap();
    for index in 1..=names.len() {
        let mut text = String::new();
        let name = format!("xl/worksheets/sheet{index}.xml");
        archive.by_name(&name).unwrap().read_to_string(&mut text).unwrap();
        for part in
            ["<autoFilter", "state=\"frozen\"", "orientation=\"landscape\"", "paperSize=\"9\""]
        {
            assert!(text.contains(part), "{name} {part}");
        }
        assert!(!text.contains("<f>"), "{name}");
    }
    let mut book = book(written);
    let rows = book.worksheet_range("指摘事項").unwrap();
    assert_eq!(rows.height(), scan.findings.len() + 1);
    let rows = book.worksheet_range("規則×判定").unwrap();
    assert_eq!(rows.height(), scan.verdicts.len() + 1);
}

#[test]
fn what_nobody_stated_is_a_blank() {
    let (scan, _) = judged("x-enet/delivered");
    let nothing = Details::default();
    let text =
        String::from_utf8(bytes(&input(PaperKind::Audit, scan, &nothing), PaperFormat::Markdown))
            .unwrap();
    for label in
        ["監査人（所属・氏名）", "被監査部門", "実施日", "作成日", "対象年度", "期限", "初回検出日"]
    {
        assert!(text.contains(&format!("| {label} | （記入欄） |")), "{label}");
    }
    let known = report::read_details(
        "d.yaml",
        "auditor: 監査室 甲野\nfiscal-year: 2026\nclassification: 機密性2\n".as_bytes(),
    )
    .unwrap();
    let text =
        String::from_utf8(bytes(&input(PaperKind::Audit, scan, &known), PaperFormat::Markdown))
            .unwrap();
    assert!(text.contains("| 監査人（所属・氏名） | 監査室 甲野 |"));
    assert!(text.contains("| 対象年度 | 令和8年度 |"));
    let wrong = report::read_details("d.yaml", b"subject: x\nauditer: y\n").unwrap_err();
    assert_eq!(wrong[0].line, Some(2));
    assert!(wrong[0].message.ja.contains("auditer"));
}

#[test]
fn the_schema_of_details_knows_what_the_reader_knows() {
    let schema = report::details_schema();
    let keys: Vec<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    assert!(keys.len() > 15);
    for key in &keys {
        let value = if key == "excluded" { "[a]" } else { "a" };
        let file = format!("{key}: {value}\n");
        assert!(report::read_details("d.yaml", file.as_bytes()).is_ok(), "{key}");
    }
    // And what the reader knows, as its complaint lists it, the schema knows.
    let wrong = report::read_details("d.yaml", b"nonsense: 1\n").unwrap_err();
    let help = wrong[0].help.as_ref().unwrap().en.clone();
    let known = help.split(": ").nth(1).unwrap().split(", ").count();
    assert_eq!(known, keys.len(), "{help}");
}

/// Every address in the text of inputs.
fn addresses(files: &Files) -> Vec<String> {
    let pattern =
        regex::Regex::new(r"(?:\d{1,3}\.){3}\d{1,3}|(?:[0-9A-Fa-f]{1,4}:){2,7}[0-9A-Fa-f:]*")
            .unwrap();
    let mut out: Vec<String> = Vec::new();
    for (_, bytes) in &files.entries {
        let text = String::from_utf8_lossy(bytes);
        for found in pattern.find_iter(&text) {
            let word = found.as_str().trim_end_matches(':');
            if word.parse::<std::net::IpAddr>().is_ok() {
                out.push(word.to_owned());
            }
        }
    }
    out.sort();
    out.dedup();
    out
}

#[test]
fn a_redacted_paper_holds_no_address_and_no_text_of_a_configuration() {
    for world in ["x-enet/delivered", "shiomi-city"] {
        let (scan, matrix) = judged(world);
        let addresses = addresses(&files(world));
        assert!(addresses.len() > 30, "{}", addresses.len());
        let details = Details::default();
        for kind in [
            PaperKind::Audit,
            PaperKind::SelfCheck,
            PaperKind::Acceptance,
            PaperKind::Specification,
        ] {
            let one =
                PaperInput { matrix: Some(matrix), redact: true, ..input(kind, scan, &details) };
            for format in FORMATS {
                let text = said(&one, format);
                hides(&text, &addresses, &format!("{world} {kind:?} {format:?}"));
            }
        }
    }
}

/// No address, no text and no host name of a configuration of these worlds is in `text`.
fn hides(text: &str, addresses: &[String], what: &str) {
    static PATTERN: OnceLock<regex::Regex> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| regex::Regex::new(r"(?:\d{1,3}\.){3}\d{1,3}").unwrap());
    let found = pattern.find(text).map(|found| found.as_str().to_owned());
    assert_eq!(found, None, "{what}");
    for address in addresses.iter().filter(|address| address.contains(':')) {
        assert!(address.len() < 5 || !text.contains(address.as_str()), "{what} {address}");
    }
    let quoted = ["setsrcintf", "access-listOUT_IN", "DMZ-NET", "ALL-INTERNAL", "hostname"];
    let hosts = ["EXT-FW", "CORE-SW", "INT-FW", "SHIOMI-CORE", "FW-MNT", "FW-EDU"];
    for word in quoted.into_iter().chain(hosts) {
        assert!(!text.contains(word), "{what} {word}");
    }
}

#[test]
fn a_redacted_paper_keeps_zones_rules_devices_and_lines() {
    let (scan, _) = judged("x-enet/delivered");
    let details = Details::default();
    let one = PaperInput { redact: true, ..input(PaperKind::Audit, scan, &details) };
    for format in FORMATS {
        let text = said(&one, format);
        for wanted in
            ["X-PI-01", "個人情報保護ネットワーク", "ext-fw", "configs/ext-fw.conf", "1416"]
        {
            assert!(text.contains(wanted), "{format:?} {wanted}");
        }
    }
}

fn compared(before: &str, after: &str) -> Diff {
    diff::diff(load(before), load(after))
}

#[test]
fn a_change_is_told_by_pairs_verdicts_and_findings() {
    let diff = compared("x-enet/corrected", "x-enet/delivered");
    let details = Details::default();
    let one = PaperInput { before: Some(&diff), ..input(PaperKind::Change, &diff.new, &details) };
    for format in [PaperFormat::Markdown, PaperFormat::Html, PaperFormat::Pdf, PaperFormat::Xlsx] {
        let text = said(&one, format);
        assert!(text.contains("新たに通る"), "{format:?}");
        for change in &diff.verdicts {
            assert!(text.contains(&change.rule), "{format:?} {}", change.rule);
        }
        assert!(text.contains("前回は検出なし（新規）"), "{format:?}");
    }
    let redacted = PaperInput { redact: true, ..one };
    let pattern = regex::Regex::new(r"(?:\d{1,3}\.){3}\d{1,3}").unwrap();
    for format in FORMATS {
        assert!(!pattern.is_match(&said(&redacted, format)), "{format:?}");
    }
}

fn acceptance(scan: &Scan) -> String {
    let details = Details::default();
    let text = bytes(&input(PaperKind::Acceptance, scan, &details), PaperFormat::Markdown);
    let text = String::from_utf8(text).unwrap();
    let line = text.lines().find(|line| line.contains("判定（推奨）")).unwrap();
    line.split('|').nth(2).unwrap().trim().to_owned()
}

fn verdict(verdict: Verdict) -> RuleVerdict {
    RuleVerdict {
        rule: "R".to_owned(),
        verdict,
        severity: Severity::High,
        summary: Text::same("x"),
        span: None,
        basis: None,
        requirements: Vec::new(),
    }
}

#[test]
fn acceptance_follows_strictly_from_verdicts() {
    use Verdict::{Holds, Undetermined, Violated};
    let of = |verdicts: &[Verdict]| {
        let verdicts = verdicts.iter().map(|one| verdict(*one)).collect();
        acceptance(&Scan { verdicts, ..Scan::default() })
    };
    assert_eq!(of(&[Holds, Holds]), "合格");
    assert_eq!(of(&[Holds, Undetermined]), "判定保留");
    assert_eq!(of(&[Undetermined, Violated]), "不合格");
    assert_eq!(of(&[]), "判定保留", "nothing judged is never accepted");
    let mut scan = Scan { verdicts: vec![verdict(Holds)], ..Scan::default() };
    let message = Text::same("x");
    scan.findings = vec![Finding::new(Kind::Coverage, "", Severity::High, Undetermined, message)];
    assert_eq!(acceptance(&scan), "判定保留");
    let mut named = verdict(Undetermined);
    named.requirements = vec!["OG-08".to_owned()];
    let scan = Scan { verdicts: vec![named], ..Scan::default() };
    assert_eq!(acceptance(&scan), "判定保留");
    assert!(scan::self_check(&scan).iter().any(|row| row.outcome == Outcome::Undetermined));
    assert_eq!(acceptance(&judged("x-enet/delivered").0), "不合格");
    assert_eq!(acceptance(&scan::judge(load("x-enet/corrected"))), "合格");
}

#[test]
fn a_specification_has_every_rule_and_no_verdict() {
    let (scan, _) = judged("shiomi-city");
    let details = Details::default();
    for format in FORMATS {
        let text = said(&input(PaperKind::Specification, scan, &details), format);
        for rule in &scan.verdicts {
            assert!(text.contains(&squeezed(&rule.rule)), "{format:?} {}", rule.rule);
        }
        for word in ["不適合", "確認不能", "指摘事項"] {
            assert!(!text.contains(word), "{format:?} {word}");
        }
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let (scan, matrix) = judged("x-enet/delivered");
    let details = Details::default();
    let again = scan::judge(load("x-enet/delivered"));
    for format in FORMATS {
        let one = PaperInput { matrix: Some(matrix), ..input(PaperKind::Audit, scan, &details) };
        let two = PaperInput { scan: &again, ..one };
        assert!(bytes(&one, format) == bytes(&two, format), "{format:?}");
    }
}

#[test]
fn hostile_names_are_harmless_everywhere() {
    let mut scan = Scan::default();
    scan.loaded.snapshot.name = HOSTILE.to_owned();
    let mut finding = Finding::new(
        Kind::ForbiddenPath,
        HOSTILE,
        Severity::High,
        Verdict::Violated,
        Text::same(HOSTILE),
    );
    (finding.from, finding.to) = (Some(HOSTILE.to_owned()), Some(HOSTILE.to_owned()));
    scan.findings.push(finding);
    let mut rule = verdict(Verdict::Violated);
    rule.rule = HOSTILE.to_owned();
    scan.verdicts.push(rule);
    let details = Details { auditor: Some(HOSTILE.to_owned()), ..Details::default() };
    let one = input(PaperKind::Audit, &scan, &details);
    for format in [PaperFormat::Markdown, PaperFormat::Csv, PaperFormat::Html] {
        let text = String::from_utf8(bytes(&one, format)).unwrap().replace("\r\n", "\n");
        let text = text.trim_start_matches('\u{feff}');
        let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(bad), "{format:?}");
        let markup = text.replace("\\<", "").contains("<a b=");
        assert!(format == PaperFormat::Csv || !markup, "{format:?}");
    }
    let csv = String::from_utf8(bytes(&one, PaperFormat::Csv)).unwrap();
    assert!(!csv.contains(",=1+1") && !csv.contains("\n=1+1") && !csv.contains("\"=1+1"));
    assert!(!pdf_text(&bytes(&one, PaperFormat::Pdf)).contains(['\u{1b}', '\u{202e}']));
    let mut book = book(bytes(&one, PaperFormat::Xlsx));
    let rows = book.worksheet_range("指摘事項").unwrap();
    let rule = rows.get((1, 2)).unwrap();
    assert!(matches!(rule, Data::String(text) if text.starts_with("=1+1")), "{rule:?}");
    assert!(book.worksheet_formula("指摘事項").unwrap().is_empty());
}

/// A directory that goes away with it.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let dir = std::env::temp_dir().join(format!("sekisho-paper-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        Place(dir)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn command(args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(["report", "--lang", "ja"])
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn the_command_says_what_does_not_go_together() {
    let world = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/x-enet/corrected");
    let world = world.to_str().unwrap();
    for (args, said) in [
        (vec![world, "--kind", "change"], "--before"),
        (vec![world, "--kind", "audit", "--format", "pdf"], "--output"),
        (vec![world, "--kind", "audit", "--format", "xlsx"], "--output"),
        (
            vec![
                world, "--kind", "audit", "--format", "pdf", "--output", "x.pdf", "--font",
                "/nowhere",
            ],
            "/nowhere",
        ),
        (vec![world, "--kind", "audit", "--details", "/nowhere"], "/nowhere"),
    ] {
        let output = command(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(said), "{args:?}: {text}");
    }
}

#[test]
fn dates_come_from_the_moment_that_was_given() {
    let place = Place::new("dates");
    let world = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/x-enet/corrected");
    let file = place.0.join("a.pdf");
    let output = command(&[
        world.to_str().unwrap(),
        "--kind=audit",
        "--format=pdf",
        "--at=2026-11-22T10:30",
        "--output",
        file.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let bytes = std::fs::read(&file).unwrap();
    assert!(pdf_text(&bytes).contains("令和8年11月22日"));
    let info = Command::new("pdfinfo").args(["-rawdates"]).arg(&file).output().unwrap();
    let info = String::from_utf8(info.stdout).unwrap();
    assert!(info.contains("CreationDate:    D:20261122"), "{info}");
    assert!(info.contains("A4"), "{info}");
    // Metadata are never compressed: an archive says what it is.
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("<pdfaid:part>2</pdfaid:part>"));
    assert!(text.contains("<pdfaid:conformance>B</pdfaid:conformance>"));
}
