//! Ten thousand findings, and the matrix of five hundred zones: every format holds them all, in time that grows with their number.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a failing test says so")]

use sekisho::finding::{
    Blame, Finding, FlowCube, FlowList, Hop, HopAction, HopLine, Kind, RuleVerdict, Severity,
    Verdict,
};
use sekisho::net::{Family, Flow, State, TCP_SYN};
use sekisho::report::{self, MatrixFormat, Sink, Style};
use sekisho::scan::{Matrix, MatrixPair, Scan};
use sekisho::source::{FileId, Span};
use sekisho::text;
use std::time::{Duration, Instant};

const FEW: u32 = 1_000;
const MANY: u32 = 10_000;

/// So many findings, each of its own line and its own rule.
fn scan_of(count: u32) -> Scan {
    let mut scan = Scan::default();
    let lines: Vec<String> = (0..count).map(|n| format!("access-list A permit {n:06}")).collect();
    let file = scan.loaded.sources.add("fw.cfg", lines.join("\n").as_bytes()).unwrap();
    for number in 0..count {
        scan.findings.push(finding(number, file));
        scan.verdicts.push(RuleVerdict {
            rule: format!("R-{number:06}"),
            verdict: Verdict::Violated,
            severity: Severity::High,
            summary: text!("概要", "summary"),
            span: None,
            basis: None,
            requirements: Vec::new(),
        });
    }
    scan
}

fn finding(number: u32, file: FileId) -> Finding {
    let span = Span { file, start: number * 28, end: number * 28 + 27 };
    let label = format!("A line {number}");
    let line = HopLine { span: Some(span), label: label.clone(), action: HopAction::Permit };
    let mut finding = Finding::new(
        Kind::ForbiddenPath,
        &format!("R-{number:06}"),
        Severity::High,
        Verdict::Violated,
        text!("指摘 {number:06}", "finding {number:06}"),
    );
    finding.from = Some(format!("a{}", number / 100));
    finding.to = Some(format!("b{}", number % 100));
    finding.fingerprint = format!("{number:016x}");
    finding.witness = Some(Flow {
        src: "10.1.0.1".parse().unwrap(),
        dst: "10.2.0.1".parse().unwrap(),
        protocol: 6,
        source_port: 49152,
        destination_port: 443,
        tcp_flags: TCP_SYN,
        icmp_type: 0,
        icmp_code: 0,
        state: State::New,
    });
    finding.path = vec![Hop { device: "fw".to_owned(), lines: vec![line], ..Hop::default() }];
    finding.blame = vec![Blame { device: "fw".to_owned(), span, label, through: Vec::new() }];
    finding.flows = list(3, u64::from(number));
    finding
}

fn list(listed: usize, omitted: u64) -> FlowList {
    let any = || "any".to_owned();
    let cube = FlowCube { src: any(), dst: any(), service: "tcp/443".to_owned() };
    FlowList { flows: vec![cube; listed], omitted, unlisted: None }
}

fn timed(scan: &Scan, sink: Sink) -> (Vec<u8>, Duration) {
    let before = Instant::now();
    let bytes = report::render(scan, sink, &Style::default());
    (bytes, before.elapsed())
}

#[test]
fn ten_thousand_findings_are_in_every_format() {
    let (few, many) = (scan_of(FEW), scan_of(MANY));
    for sink in Sink::ALL {
        let ((small, short), (large, long)) = (timed(&few, *sink), timed(&many, *sink));
        if *sink == Sink::Markdown {
            // A comment has a longest length; what is beyond it is counted (`tests/report_formats.rs`).
            assert!(large.len() < 3 * 65_536, "{}", large.len());
            continue;
        }
        let growth = large.len() / small.len();
        assert!((8..=12).contains(&growth), "{sink:?}: {} to {}", small.len(), large.len());
        // Ten times the findings: ten times the time, not a hundred; the machine may be busy.
        let bound = short * 40 + Duration::from_millis(500);
        assert!(long < bound, "{sink:?}: {short:?} for {FEW}, {long:?} for {MANY}");
        if let Ok(text) = std::str::from_utf8(&large) {
            for number in (0..MANY).step_by(997).chain([MANY - 1]) {
                assert!(text.contains(&format!("finding {number:06}")), "{sink:?}: {number}");
            }
        }
    }
}

#[test]
fn the_matrix_of_five_hundred_zones_counts_every_pair() {
    let zones = 500;
    let mut matrix = Matrix::default();
    for from in 0..zones {
        for to in (0..zones).filter(|to| *to != from) {
            let open = to == from + 1;
            let flows = || if open { list(1, 7) } else { FlowList::default() };
            matrix.pairs.push(MatrixPair {
                from: format!("zone{from}"),
                to: format!("zone{to}"),
                family: Family::V4,
                must: flows(),
                may: flows(),
                everything: false,
            });
        }
    }
    let (pairs, open) = (zones * (zones - 1), zones - 1);
    let told = |format| report::matrix(&matrix, format, &Style::default());
    assert_eq!(told(MatrixFormat::Csv).lines().count(), pairs + 1);
    let json: serde_json::Value = serde_json::from_str(&told(MatrixFormat::Json)).unwrap();
    let listed = json["pairs"].as_array().unwrap();
    assert_eq!(listed.len(), pairs);
    let left_out = listed.iter().map(|pair| pair["may_omitted"].as_u64().unwrap()).sum::<u64>();
    assert_eq!(left_out, 7 * u64::try_from(open).unwrap());
    let table = told(MatrixFormat::Terminal);
    let closed = format!("{} pairs", pairs - open);
    assert!(table.contains(&closed), "{}", table.lines().last().unwrap_or_default());
    assert_eq!(table.matches("7 more").count(), open);
}
