//! What other programs take in: GitLab, spreadsheets, comments on merge requests, line by line readers.

use super::{HOSTILE, finding, is_hostile, json, kinds, scan_of, style, text};
use sekisho::finding::{Finding, Kind, RuleVerdict, Severity, Verdict, Waived};
use sekisho::net::Family;
use sekisho::report::{self, Sink, Style};
use sekisho::scan::Scan;
use sekisho::source::Span;
use sekisho::text::{Lang, Text};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The fields that GitLab documents for a report of code quality, and no other.
fn gitlab_schema() -> Value {
    let text = json!({ "type": "string", "minLength": 1 });
    json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "additionalProperties": false,
            "properties": {
                "description": text,
                "check_name": text,
                "fingerprint": text,
                "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "additionalProperties": false,
                    "properties": {
                        "path": { "type": "string", "minLength": 1, "not": { "pattern": "^(/|\\./)" } },
                        "lines": {
                            "type": "object",
                            "required": ["begin"],
                            "additionalProperties": false,
                            "properties": { "begin": { "type": "integer", "minimum": 1 } },
                        },
                    },
                },
            },
        },
    })
}

#[test]
fn gitlab_gets_the_fields_that_it_documents() {
    let validator = jsonschema::validator_for(&gitlab_schema()).unwrap();
    for scan in [scan_of(&kinds()), scan_of(&[]), Scan::default()] {
        let value = json(&scan, Sink::Gitlab);
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{} {e}", e.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(value.as_array().unwrap().len(), scan.findings.len());
    }
    let value = json(&scan_of(&kinds()), Sink::Gitlab);
    for (index, (entry, kind)) in value.as_array().unwrap().iter().zip(kinds()).enumerate() {
        assert_eq!(entry["check_name"], kind.id());
        let severity = ["info", "minor", "major", "critical", "blocker"][index % 5];
        assert_eq!(entry["severity"], severity);
        assert_eq!(entry["fingerprint"], format!("fingerprint{index:04}"));
        // The path is data, by which GitLab finds the file; what it shows is the description.
        let path = "worlds/x/設定/a b:,%\u{202e}\u{1b}[31m.conf";
        assert_eq!(entry["location"], json!({ "path": path, "lines": { "begin": 2 } }));
        let shown = entry["description"].as_str().unwrap();
        assert!(!shown.contains(is_hostile) && !shown.contains("]("), "{shown}");
        let verdict = ["[violated]", "[undetermined]"][index % 2];
        assert!(shown.contains(verdict), "{shown}");
    }
    let mut broken = value.clone();
    broken[0]["severity"] = "high".into();
    assert!(!validator.is_valid(&broken), "the schema refuses a word of ours");
}

#[test]
fn gitlab_drops_no_entry_for_its_fingerprint() {
    let mut scan = scan_of(&[Kind::Vacuous; 4]);
    for (one, print) in scan.findings.iter_mut().zip(["same", "same", "", "same"]) {
        one.fingerprint = print.to_owned();
    }
    let prints = |scan: &Scan| -> Vec<String> {
        let value = json(scan, Sink::Gitlab);
        let of = |entry: &Value| entry["fingerprint"].as_str().unwrap().to_owned();
        value.as_array().unwrap().iter().map(of).collect()
    };
    let all = prints(&scan);
    assert_eq!(all[0], "same");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 4, "{all:?}");
    // Another finding ahead of them changes none.
    let span = scan.findings[0].blame[0].span;
    scan.findings.insert(0, finding(9, Kind::Waiver, span));
    assert_eq!(prints(&scan)[1..], all);
}

#[test]
fn csv_has_a_row_a_finding_and_no_formula() {
    for lang in [Lang::En, Lang::Ja] {
        let mut scan = scan_of(&kinds());
        scan.findings[0].from = Some("=cmd|' /C calc'!A0".to_owned());
        scan.findings[0].to = Some("＋1".to_owned());
        let shown = text(&scan, Sink::Csv, lang);
        let rows = shown.strip_prefix('\u{feff}').unwrap();
        assert_eq!(rows.matches('\n').count(), rows.matches("\r\n").count());
        assert_eq!(rows.lines().count(), scan.findings.len() + 1, "no cell begins a line");
        let mut reader = csv::Reader::from_reader(rows.as_bytes());
        let head = reader.headers().unwrap().clone();
        assert_eq!(head.len(), 21);
        assert!(head.iter().collect::<BTreeSet<_>>().len() == 21, "{head:?}");
        let all: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        for (index, (row, finding)) in all.iter().zip(&scan.findings).enumerate() {
            assert_eq!(row[0], (index + 1).to_string());
            assert_eq!(row[2], *finding.severity.word().get(lang));
            assert_eq!(row[3], *finding.verdict.word().get(lang));
            assert_eq!((&row[5], &row[20]), (&*finding.kind.id(), &*finding.fingerprint));
            assert_eq!(row[13], finding.witness.unwrap().to_string());
            assert!(row[14].contains(".conf:2 set name"), "{}", &row[14]);
            assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '@', '＝', '＋'])));
        }
        assert_eq!(&all[0][6], "'=cmd|' /C calc'!A0");
        assert_eq!(&all[0][7], "'＋1");
    }
    assert_eq!(text(&Scan::default(), Sink::Csv, Lang::Ja).lines().count(), 1);
}

#[test]
fn a_cell_of_csv_fits_into_one_of_a_spreadsheet() {
    let mut scan = scan_of(&[Kind::ForbiddenPath]);
    let detail = Text::same(&"x".repeat(97));
    scan.findings[0].details = vec![detail; 1000];
    let shown = text(&scan, Sink::Csv, Lang::En);
    let mut reader = csv::Reader::from_reader(shown.as_bytes());
    let row = reader.records().next().unwrap().unwrap();
    assert!(row[11].chars().count() < 32_767);
    assert!(row[11].ends_with(" / 700 more"), "{}", &row[11][row[11].len() - 40..]);
    assert_eq!(row[11].matches("xxx / ").count(), 300);
}

/// The lines of a comment outside and inside of its blocks of code, as CommonMark divides them.
fn divided(comment: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut outside, mut inside) = (Vec::new(), Vec::new());
    let mut fence = 0;
    for line in comment.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        if fence == 0 && ticks >= 3 {
            assert_eq!(&line[ticks..], "text");
            fence = ticks;
        } else if fence > 0 && ticks >= fence && line.len() == ticks {
            fence = 0;
        } else if fence > 0 {
            inside.push(line);
        } else {
            outside.push(line);
        }
    }
    assert_eq!(fence, 0, "a block is never left open");
    (outside, inside)
}

/// A scan whose names and lines try to end blocks, call people and open tags.
fn scan_with_backticks() -> Scan {
    let mut scan = scan_of(&[Kind::ForbiddenPath, Kind::Coverage]);
    let lines = b"``` ````text `````\n`````\n</details><script>x</script> @all #1\n";
    let file = scan.loaded.sources.add("ticks.conf", lines).unwrap();
    for one in &mut scan.findings {
        one.blame[0].span = Span { file, start: 0, end: 1 };
        one.blame[1].span = Span { file, start: 19, end: 20 };
        one.causes[0].span = Some(Span { file, start: 25, end: 26 });
        one.from = Some("@all `x` <img src=x> #1 http://evil.example |".to_owned());
    }
    scan
}

#[test]
fn a_comment_is_told_by_its_first_line_and_hostile_text_stays_text() {
    for lang in [Lang::En, Lang::Ja] {
        for scan in [scan_of(&kinds()), scan_with_backticks()] {
            let shown = text(&scan, Sink::Markdown, lang);
            let (outside, inside) = divided(&shown);
            assert_eq!(outside[0], "<!-- sekisho-report -->");
            let ours = ["<details><summary>", "</details>"];
            for line in &outside[1..] {
                let line = ours.iter().fold(line.to_string(), |l, tag| l.replace(tag, ""));
                let line = line.replace("</summary>", "");
                for mark in ["<", "`", "["] {
                    let bare = line.replace(&format!("\\{mark}"), "");
                    assert!(!bare.contains(mark), "{mark} in {line}");
                }
                assert_eq!(line.matches('@').count(), line.matches("@&#8203;").count(), "{line}");
                assert!(!line.contains("://"), "{line}");
            }
            assert_eq!(outside.iter().filter(|line| line.contains("<details>")).count(), 1);
            assert_eq!(outside.iter().filter(|line| **line == "</details>").count(), 1);
            assert!(!inside.is_empty() && inside.iter().all(|line| line.starts_with("worlds/x/")));
        }
    }
    let shown = text(&scan_with_backticks(), Sink::Markdown, Lang::En);
    let (_, inside) = divided(&shown);
    assert!(inside.contains(&"worlds/x/ticks.conf:2: `````"), "{inside:?}");
}

#[test]
fn a_comment_says_what_does_not_hold_before_what_does() {
    let kinds = [Kind::ForbiddenPath, Kind::Lint("shadowed"), Kind::Coverage];
    let shown = text(&scan_of(&kinds), Sink::Markdown, Lang::En);
    let at = |word: &str| shown.find(word).unwrap_or_else(|| panic!("{word} is missing: {shown}"));
    assert!(at("**3 rules: 1 hold, 1 violated, 1 undetermined**") < at("| violated | high | R-0-"));
    assert!(at("| violated | high | R-0-") < at("| undetermined | high | R-1-"));
    assert!(at("| undetermined | high | R-1-") < at("### Findings"));
    assert!(at("### Findings") < at("### Hygiene"));
    assert!(at("### Hygiene") < at("<details><summary>Rules that hold: 1<"));
    assert!(at("<summary>Rules that hold: 1<") < at("| high | R-HOLDS |"));
    assert_eq!(shown.matches("\n#### ").count(), kinds.len());
    assert!(shown.contains("lines: 3, of which not understood: 1"));
    let nothing = text(&Scan::default(), Sink::Markdown, Lang::Ja);
    assert!(nothing.contains("何も判定していません"), "{nothing}");
    let hygiene = Style { hygiene_only: true, ..style(Lang::En) };
    let lint = report::render(&Scan::default(), Sink::Markdown, &hygiene);
    let lint = String::from_utf8(lint).unwrap();
    assert!(!lint.contains("judged") && !lint.contains("hold"), "{lint}");
}

#[test]
fn a_comment_is_short_enough_and_says_exactly_what_is_left_out() {
    let mut scan = scan_of(&[]);
    let span = Span { file: scan.loaded.sources.iter().next().unwrap().0, start: 9, end: 20 };
    scan.findings = (0..3000)
        .map(|index| Finding { rule: format!("R{index}"), ..finding(index, Kind::Coverage, span) })
        .collect();
    let rule = |verdict| RuleVerdict {
        rule: "R".to_owned(),
        verdict,
        severity: Severity::High,
        summary: Text::same(HOSTILE),
        span: None,
        basis: None,
        requirements: Vec::new(),
    };
    scan.verdicts = vec![rule(Verdict::Violated); 1000];
    scan.verdicts.extend(vec![rule(Verdict::Holds); 2000]);
    let shown = text(&scan, Sink::Markdown, Lang::En);
    assert!(shown.encode_utf16().count() <= 60_000, "{}", shown.chars().count());
    let findings = shown.matches("\n#### ").count();
    assert!(findings > 10);
    let left = 3000 - findings;
    let note = format!("**{findings} of 3000 findings are shown; {left} are not,");
    assert!(shown.contains(&note), "{note}");
    let failing = shown.matches("\n| violated | ").count();
    assert!(
        failing > 10 && shown.contains(&format!("\n{} more rules do not hold;", 1000 - failing))
    );
    let holding = shown.matches("\n| high | ").count();
    assert!(holding > 10 && shown.contains(&format!("\n{} more rules hold;", 2000 - holding)));
    assert!(shown.ends_with("\n</details>\n"));
}

#[test]
fn the_lines_of_jsonl_are_the_json_report() {
    let mut excused = scan_of(&kinds());
    excused.waived.push(waived(&excused));
    for scan in [excused, Scan::default()] {
        let lines: Vec<Value> = text(&scan, Sink::Jsonl, Lang::En)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let mut whole = lines[0].clone();
        assert_eq!(whole["type"], "summary");
        assert_eq!(whole["schema"], "sekisho/lines/1");
        let kinds: Vec<&str> =
            lines[1..].iter().map(|line| line["type"].as_str().unwrap()).collect();
        assert!(kinds.is_sorted_by_key(|kind| {
            ["verdict", "finding", "waived"].iter().position(|k| k == kind)
        }));
        for (kind, list) in [("verdict", "verdicts"), ("finding", "findings"), ("waived", "waived")]
        {
            let of = |line: &&Value| line["type"] == kind;
            whole[list] = lines.iter().filter(of).map(without_type).collect();
        }
        whole["schema"] = "sekisho/scan/1".into();
        assert_eq!(without_type(&whole), json(&scan, Sink::Json));
    }
}

fn waived(scan: &Scan) -> Waived {
    let one = &scan.findings[0];
    Waived {
        waiver: HOSTILE.to_owned(),
        rule: HOSTILE.to_owned(),
        from: HOSTILE.to_owned(),
        to: HOSTILE.to_owned(),
        family: Family::V6,
        flows: one.flows.clone(),
        sure: true,
        reason: HOSTILE.to_owned(),
        requested_by: None,
        approved_by: None,
        document: None,
        span: one.blame[0].span,
    }
}

fn without_type(line: &Value) -> Value {
    let mut line = line.clone();
    line.as_object_mut().unwrap().remove("type");
    line
}
