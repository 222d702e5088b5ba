//! Every finding is in every machine format, every format is well-formed, and hostile names do no harm.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a failing test says so, and reads its inputs itself"
)]

use sekisho::finding::{
    Basis, BasisClass, Blame, Cause, Chain, ChainStep, Cut, Finding, FlowCube, FlowList, Hop,
    HopAction, HopLine, Kind, RuleVerdict, Severity, Verdict, catalogue,
};
use sekisho::model::{Coverage, Gap, LineStatus};
use sekisho::net::{Family, Flow, State, TCP_SYN};
use sekisho::report::{self, MatrixFormat, Sink, Style};
use sekisho::scan::{ExplainedCase, Explanation, InputError, Matrix, MatrixPair, Role, Scan};
use sekisho::source::{FileId, Span};
use sekisho::text::{Lang, Text};
use serde_json::Value;

#[path = "report_formats/exchange.rs"]
mod exchange;
#[path = "report_formats/picture.rs"]
mod picture;
mod topologies;

/// What an attacker may put into a name: new lines, workflow commands, terminal codes, reordering, markup, quotes, links.
const HOSTILE: &str =
    "n\r\n::error::owned\u{1b}[31m\u{202e}]]><a b=\"'&%0A|[x](http://evil.example)\u{0}";

const KINDS: [Kind; 11] = [
    Kind::ForbiddenPath,
    Kind::MissingRequiredPath,
    Kind::SteppingStone,
    Kind::ResidualRisk,
    Kind::ForgedSource,
    Kind::Enforcement,
    Kind::RoutingBypass,
    Kind::Coverage,
    Kind::Vacuous,
    Kind::Waiver,
    Kind::InternalDisagreement,
];

fn kinds() -> Vec<Kind> {
    KINDS.into_iter().chain(catalogue::LINT_RULES.map(Kind::Lint)).collect()
}

fn hostile(word: &str) -> Text {
    Text { ja: format!("日本語 {word} {HOSTILE}"), en: format!("english {word} {HOSTILE}") }
}

fn flow(port: u16) -> Flow {
    Flow {
        src: "172.20.10.20".parse().unwrap(),
        dst: "172.20.40.10".parse().unwrap(),
        protocol: 6,
        source_port: 49152,
        destination_port: port,
        tcp_flags: TCP_SYN,
        icmp_type: 0,
        icmp_code: 0,
        state: State::New,
    }
}

fn hop(span: Span) -> Hop {
    let line = |span, action| HopLine { span, label: HOSTILE.to_owned(), action };
    Hop {
        device: HOSTILE.to_owned(),
        context: HOSTILE.to_owned(),
        ingress: "port2".to_owned(),
        egress: Some(HOSTILE.to_owned()),
        lines: vec![line(Some(span), HopAction::Permit), line(None, HopAction::Deny)],
    }
}

fn finding(index: usize, kind: Kind, span: Span) -> Finding {
    let verdict = if index.is_multiple_of(2) { Verdict::Violated } else { Verdict::Undetermined };
    let blame = Blame {
        device: HOSTILE.to_owned(),
        span,
        label: HOSTILE.to_owned(),
        through: vec![HOSTILE.to_owned()],
    };
    let port = u16::try_from(index).unwrap() + 1;
    let step = ChainStep {
        from: HOSTILE.to_owned(),
        to: HOSTILE.to_owned(),
        flow: flow(port),
        path: vec![hop(span)],
    };
    let cube =
        FlowCube { src: HOSTILE.to_owned(), dst: "any".to_owned(), service: "any".to_owned() };
    Finding {
        kind,
        rule: format!("R-{index}-{HOSTILE}"),
        severity: Severity::ALL[index % 5],
        verdict,
        from: Some(HOSTILE.to_owned()),
        to: (!index.is_multiple_of(3)).then(|| HOSTILE.to_owned()),
        also: vec![(HOSTILE.to_owned(), HOSTILE.to_owned())],
        device: None,
        family: (!index.is_multiple_of(3)).then_some(Family::V4),
        fingerprint: format!("fingerprint{index:04}"),
        message: hostile(&format!("message{index:04}")),
        details: vec![hostile("detail")],
        advice: Some(hostile("advice")),
        witness: Some(flow(port)),
        path: vec![hop(span)],
        blame: vec![blame.clone(), blame.clone()],
        flows: FlowList { flows: vec![cube], omitted: 7, unlisted: None },
        causes: vec![Cause { span: Some(span), reason: hostile("cause") }],
        cuts: vec![Cut { lines: vec![blame], breaks: vec![HOSTILE.to_owned()] }],
        chains: vec![Chain { steps: vec![step] }],
        round_trip: Some(false),
        schedule: Some(HOSTILE.to_owned()),
        basis: Some(basis()),
        requirements: vec![HOSTILE.to_owned()],
        novelty: None,
    }
}

fn basis() -> Basis {
    Basis {
        document: HOSTILE.to_owned(),
        clause: HOSTILE.to_owned(),
        class: Some(BasisClass::Standard),
        quote: Some(HOSTILE.to_owned()),
        unverified: true,
    }
}

fn scan_of(kinds: &[Kind]) -> Scan {
    let mut scan = Scan::default();
    let text = "config\n  set name \u{202e}::error::x%0A<&\"'>\nend\n";
    let path = "設定/a b:,%\u{202e}\u{1b}[31m.conf";
    let file = scan.loaded.sources.add(path, text.as_bytes()).unwrap();
    let policy = scan.loaded.sources.add("policy.yaml", b"rules: []\n").unwrap();
    scan.loaded.sources.add("forgotten.conf", b"hostname x\n").unwrap();
    scan.loaded.snapshot.name = HOSTILE.to_owned();
    let device = HOSTILE.to_owned();
    scan.loaded.roles =
        vec![(file, Role::Config { device, format: "fortios" }), (policy, Role::Policy)];
    scan.loaded.snapshot.coverage = vec![vec![coverage(file)]];
    let span = Span { file, start: 9, end: 20 };
    for (index, kind) in kinds.iter().enumerate() {
        scan.findings.push(finding(index, *kind, span));
    }
    for (rule, verdict) in [
        (&format!("R-0-{HOSTILE}"), Verdict::Violated),
        (&format!("R-1-{HOSTILE}"), Verdict::Undetermined),
        (&"R-HOLDS".to_owned(), Verdict::Holds),
    ] {
        let (rule, severity) = (rule.clone(), Severity::High);
        let span = Some(Span { file: policy, start: 0, end: 9 });
        scan.verdicts.push(RuleVerdict {
            rule,
            verdict,
            severity,
            summary: hostile("summary"),
            span,
            basis: Some(basis()),
            requirements: vec![HOSTILE.to_owned()],
        });
    }
    scan
}

fn coverage(file: FileId) -> Coverage {
    let mut coverage = Coverage::new(file, 3);
    coverage.mark(2, 2, LineStatus::Unknown);
    let span = Span { file, start: 9, end: 20 };
    let (status, reason) = (LineStatus::Unknown, hostile("gap"));
    coverage.gaps.push(Gap { span, status, reason, contained: false });
    coverage
}

fn style(lang: Lang) -> Style {
    Style { lang, root: "worlds/x/".to_owned(), ..Style::default() }
}

fn text(scan: &Scan, sink: Sink, lang: Lang) -> String {
    String::from_utf8(report::render(scan, sink, &style(lang))).unwrap()
}

fn json(scan: &Scan, sink: Sink) -> Value {
    serde_json::from_str(&text(scan, sink, Lang::En)).unwrap()
}

fn text_sinks() -> impl Iterator<Item = Sink> {
    Sink::ALL.iter().copied().filter(|sink| sink.id() != "pcap")
}

fn is_hostile(c: char) -> bool {
    (c.is_control() && c != '\n') || c == '\u{202e}'
}

#[test]
fn every_finding_is_in_every_text_format() {
    // A few at a time, because a comment in Markdown has a longest length.
    for kinds in kinds().chunks(12) {
        let scan = scan_of(kinds);
        for sink in text_sinks() {
            for lang in [Lang::En, Lang::Ja] {
                let shown = text(&scan, sink, lang);
                for (index, kind) in kinds.iter().enumerate() {
                    assert!(shown.contains(&format!("message{index:04}")), "{sink:?} {index}");
                    assert!(shown.contains(&kind.id()), "{sink:?} {}", kind.id());
                }
            }
        }
    }
}

#[test]
fn the_same_scan_gives_the_same_bytes() {
    let scan = scan_of(&kinds());
    for sink in Sink::ALL {
        let once = report::render(&scan, *sink, &style(Lang::Ja));
        assert_eq!(once, report::render(&scan, *sink, &style(Lang::Ja)), "{sink:?}");
    }
}

#[test]
fn hostile_names_reach_no_terminal() {
    let scan = scan_of(&kinds());
    for sink in text_sinks() {
        for lang in [Lang::En, Lang::Ja] {
            // A row of CSV ends with CR LF; a carriage return anywhere else is somebody's.
            let shown = text(&scan, sink, lang);
            let shown = if sink == Sink::Csv { shown.replace("\r\n", "\n") } else { shown };
            let found: Vec<char> = shown.chars().filter(|c| is_hostile(*c)).collect();
            assert_eq!(found, [], "{sink:?}");
        }
    }
}

#[test]
fn the_other_views_are_as_harmless() {
    let scan = scan_of(&[Kind::ForbiddenPath]);
    let (loaded, one) = (&scan.loaded, &scan.findings[0]);
    let (must, may) = (FlowList::default(), one.flows.clone());
    let [from, to] = [HOSTILE, HOSTILE].map(str::to_owned);
    let family = Family::V4;
    let case = ExplainedCase {
        everything: false,
        family,
        must: must.clone(),
        may: may.clone(),
        witness: one.witness,
        path: one.path.clone(),
        causes: one.causes.clone(),
    };
    let service = Some(HOSTILE.to_owned());
    let explanation =
        Explanation { from: from.clone(), to: to.clone(), service, cases: vec![case] };
    let matrix =
        Matrix { pairs: vec![MatrixPair { from, to, family, must, may, everything: false }] };
    let error = InputError {
        path: HOSTILE.to_owned(),
        span: one.blame.first().map(|blame| blame.span),
        line: None,
        message: hostile("message"),
        help: Some(hostile("help")),
    };
    let file = loaded.sources.iter().next().map(|(_, file)| file);
    for lang in [Lang::En, Lang::Ja] {
        let style = Style { verbose: true, ..style(lang) };
        let shown = [
            report::doctor(loaded, &style),
            report::explain(loaded, &explanation, false, &style),
            report::explain(loaded, &explanation, true, &style),
            report::matrix(&matrix, MatrixFormat::Terminal, &style),
            report::matrix(&matrix, MatrixFormat::Json, &style),
            report::matrix(&matrix, MatrixFormat::Csv, &style),
            report::problem(&error, file, &style),
        ];
        for text in shown {
            let found: Vec<char> = text.chars().filter(|c| is_hostile(*c)).collect();
            assert_eq!(found, [], "{text}");
            assert!(
                text.contains("n<U+000D><U+000A>::error") || text.contains("n\\r\\n::error"),
                "{text}"
            );
        }
    }
    let json = report::matrix(&matrix, MatrixFormat::Json, &style(Lang::En));
    let value: Value = serde_json::from_str(&json).unwrap();
    let pair = &value["pairs"][0];
    assert_eq!((&pair["from"], &pair["family"]), (&HOSTILE.into(), &"ipv4".into()));
    assert_eq!(pair["must"], serde_json::json!([]));
    assert_eq!(pair["may"][0]["dst"], "any");
    let csv = report::matrix(&matrix, MatrixFormat::Csv, &style(Lang::En));
    assert_eq!(csv.lines().count(), 2, "a name begins no row");
}

#[test]
fn words_carry_everything_that_colour_does() {
    let scan = scan_of(&kinds());
    let plain = text(&scan, Sink::Terminal, Lang::Ja);
    let colored = Style { color: true, ..style(Lang::Ja) };
    let colored = String::from_utf8(report::render(&scan, Sink::Terminal, &colored)).unwrap();
    let mut stripped = String::new();
    let mut rest = colored.as_str();
    while let Some(at) = rest.find('\u{1b}') {
        stripped.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = &rest[rest.find('m').unwrap() + 1..];
    }
    stripped.push_str(rest);
    assert_ne!(plain, colored);
    assert_eq!(plain, stripped);
}

#[test]
fn a_narrow_terminal_breaks_sentences_and_loses_nothing() {
    let scan = scan_of(&kinds());
    let narrow = Style { width: Some(60), ..style(Lang::Ja) };
    let shown = String::from_utf8(report::render(&scan, Sink::Terminal, &narrow)).unwrap();
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    assert!(letters(&shown) >= letters(&text(&scan, Sink::Terminal, Lang::Ja)));
    assert!(shown.lines().count() > text(&scan, Sink::Terminal, Lang::Ja).lines().count());
}

#[test]
fn the_terminal_says_coverage_first_and_the_result_last() {
    let shown = text(&scan_of(&kinds()), Sink::Terminal, Lang::Ja);
    let at = |word: &str| shown.find(word).unwrap_or_else(|| panic!("{word} is missing"));
    assert!(at("読み取った設定") < at("判定\n"));
    assert!(at("判定\n") < at("指摘事項 11 件"));
    let hygiene = format!("設定の点検 {} 件", catalogue::LINT_RULES.len());
    assert!(at(&format!("指摘事項 {} 件", KINDS.len())) < at(&hygiene));
    let last = shown.lines().last().unwrap();
    assert!(last.starts_with("結果: 規則 3 件のうち 適合 1・不適合 1・確認不能 1"), "{last}");
    assert!(shown.contains("使用していないファイル 1 件: forgotten.conf"));
    assert!(shown.contains("全 3 行: 反映 0・対象外 2・近似 0・未解釈 1"));
}

#[test]
fn one_line_a_finding_in_concise_and_github() {
    let kinds = kinds();
    let scan = scan_of(&kinds);
    let concise = text(&scan, Sink::Concise, Lang::En);
    assert_eq!(concise.lines().count(), kinds.len());
    let head = "worlds/x/設定/a b:,%<U+202E><U+001B>[31m.conf:2: info forbidden-path R-0-n";
    assert!(concise.starts_with(head), "{concise}");
    let github = text(&scan, Sink::Github, Lang::En);
    assert_eq!(github.lines().count(), kinds.len());
    for line in github.lines() {
        let rest =
            ["::error ", "::warning ", "::notice "].iter().find_map(|p| line.strip_prefix(p));
        let (properties, message) = rest.unwrap().split_once("::").unwrap();
        let keys: Vec<&str> =
            properties.split(',').map(|property| property.split_once('=').unwrap().0).collect();
        assert_eq!(keys, ["file", "line", "title"]);
        let file = properties.split(',').next().unwrap();
        assert!(file.starts_with("file=worlds/x/設定/a b%3A%2C%25"), "{file}");
        assert!(message.contains("%0D%0A::error::owned") && message.contains("%250A"));
    }
}

#[test]
fn json_obeys_its_own_schema() {
    let kinds = kinds();
    let value = json(&scan_of(&kinds), Sink::Json);
    let schema = report::schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let mut broken = value.clone();
    broken["findings"][0]["verdict"] = "fine".into();
    assert!(!validator.is_valid(&broken), "the schema refuses an unknown verdict");
    broken = value.clone();
    broken["findings"][0].as_object_mut().unwrap().remove("path");
    assert!(!validator.is_valid(&broken), "the schema asks for the path");
    let empty = json(&Scan::default(), Sink::Json);
    assert!(validator.is_valid(&empty));
}

/// The names that other programs rely on; a change here breaks them.
#[test]
fn json_keeps_its_names() {
    let value = json(&scan_of(&kinds()), Sink::Json);
    let keys = |value: &Value, wanted: &[&str]| {
        for key in wanted {
            assert!(value.get(key).is_some(), "{key} is missing in {value}");
        }
    };
    assert_eq!(value["schema"], "sekisho/scan/1");
    let file = &value["coverage"]["files"][0];
    keys(file, &["path", "format", "lines"]);
    assert_eq!(
        file["lines"],
        serde_json::json!({"used":0,"irrelevant":2,"unsupported":0,"unknown":1})
    );
    assert_eq!(file["gaps"][0]["line"], 2);
    keys(&value["verdicts"][0], &["rule", "verdict", "severity"]);
    let finding = &value["findings"][1];
    let wanted = "kind rule severity verdict from to family fingerprint message witness path blame flows causes";
    keys(finding, &wanted.split(' ').collect::<Vec<_>>());
    assert_eq!(finding["family"], "ipv4");
    assert_eq!(value["findings"][0]["family"], Value::Null);
    keys(&finding["message"], &["ja", "en"]);
    keys(&finding["witness"], &["src", "dst", "protocol", "source_port", "destination_port"]);
    assert_eq!(finding["witness"]["protocol"], "tcp");
    keys(&finding["path"][0], &["device", "context", "ingress", "egress", "lines"]);
    let line = &finding["path"][0]["lines"][0];
    keys(line, &["file", "line", "text", "action"]);
    assert_eq!((&line["line"], &line["action"]), (&2.into(), &"permit".into()));
    keys(&finding["blame"][0], &["device", "file", "line", "text"]);
    keys(&finding["flows"][0], &["src", "dst", "service"]);
    keys(&finding["causes"][0], &["file", "line", "text", "reason"]);
    assert_eq!(finding["flows_omitted"], 7);
    // Names arrive unchanged: JSON is data, not a terminal.
    assert_eq!(finding["from"], HOSTILE);
}

#[test]
fn sarif_keeps_the_rules_of_its_standard() {
    let kinds = kinds();
    let value = json(&scan_of(&kinds), Sink::Sarif);
    assert_eq!(value["version"], "2.1.0");
    let runs = value["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    let driver = &runs[0]["tool"]["driver"];
    assert_eq!(driver["name"], "sekisho");
    let rules = driver["rules"].as_array().unwrap();
    for rule in rules {
        assert!(rule["id"].is_string() && rule["shortDescription"]["text"].is_string());
        assert!(rule["properties"]["ja"]["title"].is_string());
    }
    let results = runs[0]["results"].as_array().unwrap();
    assert_eq!(results.len(), kinds.len());
    for (index, result) in results.iter().enumerate() {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(result["ruleId"], kinds[index].id());
        let level = result["level"].as_str().unwrap();
        assert_eq!(level, ["note", "note", "warning", "error", "error"][index % 5]);
        assert_eq!(result["partialFingerprints"]["sekisho/v1"], format!("fingerprint{index:04}"));
        message(&result["message"]);
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
        result["locations"].as_array().unwrap().iter().for_each(location);
        result["relatedLocations"].as_array().unwrap().iter().for_each(location);
        let flows = result["codeFlows"].as_array().unwrap();
        assert_eq!(flows.len(), 2, "the path and one chain");
        for flow in flows {
            let steps = flow["threadFlows"][0]["locations"].as_array().unwrap();
            steps.iter().for_each(|step| location(&step["location"]));
            assert!(!steps.is_empty());
        }
    }
    let clean = json(&Scan::default(), Sink::Sarif);
    assert_eq!(clean["runs"][0]["results"], serde_json::json!([]));
    assert_eq!(clean["runs"][0]["invocations"][0]["executionSuccessful"], true);
    assert_eq!(runs[0]["invocations"][0]["executionSuccessful"], false, "the judges disagree");
}

fn message(message: &Value) {
    let text = message["text"].as_str().unwrap();
    assert!(!text.is_empty() && !text.chars().any(|c| is_hostile(c) || c == '\n'), "{text}");
    assert!(!text.contains("]("), "no link from a name: {text}");
}

fn location(location: &Value) {
    let physical = &location["physicalLocation"];
    let artifact = &physical["artifactLocation"];
    assert_eq!(artifact["uriBaseId"], "%SRCROOT%");
    let uri = artifact["uri"].as_str().unwrap();
    assert!(uri.starts_with("worlds/x/") && !uri.contains("..") && !uri.contains(':'), "{uri}");
    assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
    assert!(physical["region"]["startLine"].as_u64().unwrap() >= 1);
    if location.get("message").is_some() {
        message(&location["message"]);
    }
}

#[test]
fn sarif_obeys_the_excerpt_of_its_schema() {
    let schema = include_str!("../fixtures/schemas/sarif-2.1.0-excerpt.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for scan in [scan_of(&kinds()), scan_of(&[]), Scan::default()] {
        let value = json(&scan, Sink::Sarif);
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{} {e}", e.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    let mut broken = json(&scan_of(&kinds()), Sink::Sarif);
    broken["runs"][0]["results"][0]["levle"] = "error".into();
    assert!(!validator.is_valid(&broken), "the excerpt refuses a wrong name");
    broken = json(&scan_of(&kinds()), Sink::Sarif);
    let uri = &mut broken["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        ["uri"];
    *uri = "file:///etc/x".into();
    assert!(!validator.is_valid(&broken), "the excerpt refuses an absolute address");
}

#[test]
fn sarif_says_what_it_cuts() {
    let mut scan = scan_of(&[]);
    let span = Span { file: scan.loaded.sources.iter().next().unwrap().0, start: 0, end: 1 };
    for index in 0..25_010 {
        let mut one = finding(0, Kind::Lint("redundant"), span);
        one.fingerprint = index.to_string();
        one.path.clear();
        one.chains.clear();
        one.blame.clear();
        one.causes.clear();
        one.message = Text::same("m");
        scan.findings.push(one);
    }
    let value = json(&scan, Sink::Sarif);
    assert_eq!(value["runs"][0]["results"].as_array().unwrap().len(), 25_000);
    let note = &value["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert!(
        note["message"]["text"].as_str().unwrap().starts_with("10 of 25010 findings"),
        "{note}"
    );
}

#[test]
fn junit_counts_failures_and_errors() {
    let shown = text(&scan_of(&kinds()), Sink::Junit, Lang::En);
    let suite = |name: &str| {
        let start = shown.find(&format!("<testsuite name=\"{name}\"")).unwrap();
        shown[start..].split('>').next().unwrap().to_owned()
    };
    assert!(suite("policy").contains("tests=\"3\"") && suite("policy").contains("failures=\"1\""));
    assert!(suite("policy").contains("errors=\"1\""), "undetermined is never green");
    let lints = format!("tests=\"{}\"", catalogue::LINT_RULES.len());
    assert!(suite("lint").contains(&lints), "{}", suite("lint"));
    assert!(suite("findings").contains("tests=\"9\""), "findings of no judged rule");
    let opened = shown.matches("<testcase ").count();
    assert_eq!(opened, 3 + catalogue::LINT_RULES.len() + KINDS.len() - 2);
    assert!(!shown.contains("<a b") && shown.contains("&lt;a b="), "markup in names is text");
}

#[cfg(feature = "pcap")]
#[test]
fn pcap_holds_every_witness() {
    let kinds = kinds();
    let bytes = report::render(&scan_of(&kinds), Sink::Pcap, &style(Lang::En));
    assert_eq!(bytes[..4], 0xa1b2_c3d4_u32.to_le_bytes());
    assert_eq!(bytes[20..24], 101_u32.to_le_bytes(), "LINKTYPE_RAW");
    let mut at = 24;
    let mut ports = Vec::new();
    while at < bytes.len() {
        let length = u32::from_le_bytes(bytes[at + 8..at + 12].try_into().unwrap()) as usize;
        let packet = &bytes[at + 16..at + 16 + length];
        assert_eq!((packet[0], packet[9], length), (0x45, 6, 40));
        ports.push(u16::from_be_bytes([packet[22], packet[23]]));
        at += 16 + length;
    }
    let wanted: Vec<u16> =
        (1..=u16::try_from(kinds.len()).unwrap()).flat_map(|port| [port, port]).collect();
    assert_eq!(ports, wanted, "the witness and the one step of each chain");
}
