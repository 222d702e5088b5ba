//! The results of a flow list: one JSON object a row, or a plain table.

use super::escape;
use super::width::columns;
use crate::net::{Flow, protocol_name};
use crate::source::Sources;
use crate::text::{Lang, Text};
use crate::trace::{FlowLine, FlowResult, TraceVerdict};
use serde::Serialize;

/// One row; the names of the fields are the machine format.
#[derive(Serialize)]
struct Row<'a> {
    row: usize,
    disposition: &'a str,
    verdict: &'a str,
    /// The first place that it reaches or may reach; null when it is dropped.
    delivered_to: Option<&'a str>,
    /// All of them, when the devices have a choice or something is not known.
    places: &'a [String],
    header: Header<'a>,
    lines: Vec<Line<'a>>,
    causes: Vec<Reason<'a>>,
}

/// The header after translation; a field that the protocol lacks is null.
#[derive(Serialize)]
struct Header<'a> {
    src: String,
    dst: String,
    protocol: std::borrow::Cow<'a, str>,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    tcp_flags: Option<u8>,
    icmp_type: Option<u8>,
    icmp_code: Option<u8>,
    state: &'a str,
}

/// A line that decided; file, line and text are null for a default that no line states.
#[derive(Serialize)]
struct Line<'a> {
    device: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
    text: Option<&'a str>,
    label: &'a str,
    action: &'a str,
}

/// Something that keeps the verdict open.
#[derive(Serialize)]
struct Reason<'a> {
    file: Option<&'a str>,
    line: Option<u32>,
    reason: Both<'a>,
}

#[derive(Serialize)]
struct Both<'a> {
    ja: &'a str,
    en: &'a str,
}

/// One JSON object a row, in order, each on a line of its own.
#[must_use]
pub fn jsonl(results: &[FlowResult], sources: &Sources) -> String {
    let mut out = String::new();
    for result in results {
        // Maps with string keys and plain values always serialise.
        out.push_str(&serde_json::to_string(&row(result, sources)).unwrap_or_default());
        out.push('\n');
    }
    out
}

fn row<'a>(result: &'a FlowResult, sources: &'a Sources) -> Row<'a> {
    Row {
        row: result.row,
        disposition: result.disposition,
        verdict: result.verdict.id(),
        delivered_to: result.delivered_to.first().map(String::as_str),
        places: &result.delivered_to,
        header: header(&result.header),
        lines: result.lines.iter().map(|line| decided(line, sources)).collect(),
        causes: result
            .causes
            .iter()
            .map(|cause| Reason {
                file: cause.span.map(|span| sources.file(span.file).path()),
                line: cause.span.map(|span| sources.line(span)),
                reason: Both { ja: &cause.reason.ja, en: &cause.reason.en },
            })
            .collect(),
    }
}

fn header(flow: &Flow) -> Header<'static> {
    let (ports, icmp) = (flow.has_ports(), flow.is_icmp());
    Header {
        src: flow.src.to_string(),
        dst: flow.dst.to_string(),
        protocol: protocol_name(flow.protocol),
        source_port: ports.then_some(flow.source_port),
        destination_port: ports.then_some(flow.destination_port),
        tcp_flags: (flow.protocol == 6).then_some(flow.tcp_flags),
        icmp_type: icmp.then_some(flow.icmp_type),
        icmp_code: icmp.then_some(flow.icmp_code),
        state: flow.state.id(),
    }
}

fn decided<'a>(line: &'a FlowLine, sources: &'a Sources) -> Line<'a> {
    let number = line.span.map(|span| sources.line(span));
    let file = line.span.map(|span| sources.file(span.file));
    Line {
        device: &line.device,
        file: file.map(crate::source::File::path),
        line: number,
        text: file.zip(number).map(|(file, number)| file.line_text(number).trim()),
        label: &line.label,
        action: line.action.id(),
    }
}

/// A plain table: row, verdict, what became of it, where, and the last line that decided.
#[must_use]
pub fn table(results: &[FlowResult], sources: &Sources, lang: Lang) -> String {
    let head = [
        crate::text!("行", "row"),
        crate::text!("フロー", "flow"),
        crate::text!("判定", "verdict"),
        crate::text!("到達結果", "disposition"),
        crate::text!("到達先", "to"),
        crate::text!("根拠", "decided by"),
    ];
    let mut rows = vec![head.map(|text| text.get(lang).to_owned())];
    for result in results {
        let last = result.lines.last().map(|line| last_line(line, sources)).unwrap_or_default();
        rows.push([
            result.row.to_string(),
            result.flow.to_string(),
            verdict(result.verdict).get(lang).to_owned(),
            disposition(result.disposition).get(lang).to_owned(),
            escape::terminal(&result.delivered_to.join(", ")),
            escape::terminal(&last),
        ]);
    }
    let column = |index: usize| rows.iter().filter_map(move |row| row.get(index));
    let widths: Vec<usize> =
        (0..6).map(|index| column(index).map(|cell| columns(cell)).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width_of_column) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width_of_column.saturating_sub(columns(cell)) + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn last_line(line: &FlowLine, sources: &Sources) -> String {
    match line.span {
        Some(span) => format!("{}: {} ({})", line.device, line.label, sources.place(span)),
        None => format!("{}: {}", line.device, line.label),
    }
}

fn verdict(verdict: TraceVerdict) -> Text {
    match verdict {
        TraceVerdict::Delivered => crate::text!("到達", "delivered"),
        TraceVerdict::Dropped => crate::text!("不達", "dropped"),
        TraceVerdict::Undetermined => crate::text!("確認不能", "undetermined"),
    }
}

fn disposition(id: &str) -> Text {
    match id {
        "delivered" => crate::text!("到達", "delivered"),
        "denied" => crate::text!("規則により遮断", "denied"),
        "no-route" => crate::text!("経路なし", "no route"),
        "null-routed" => crate::text!("破棄経路", "null-routed"),
        "loop" => crate::text!("経路ループ", "loop"),
        "not-forwardable" => crate::text!("転送対象外", "not forwardable"),
        "interface-down" => crate::text!("インターフェイス停止", "interface down"),
        _ => crate::text!("不明", "unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Cause, HopAction};
    use crate::net::State;
    use crate::source::Span;

    fn results(sources: &mut Sources) -> Vec<FlowResult> {
        let file = sources.add("configs/fw.conf", b"first\n  permit \"x\"\n").unwrap();
        let span = Some(Span { file, start: 8, end: 14 });
        let flow = Flow {
            src: "10.0.1.5".parse().unwrap(),
            dst: "10.0.2.5".parse().unwrap(),
            protocol: 6,
            source_port: 49152,
            destination_port: 443,
            tcp_flags: 2,
            icmp_type: 0,
            icmp_code: 0,
            state: State::New,
        };
        let line = FlowLine {
            device: "fw\u{1b}[31m".to_owned(),
            span,
            label: "policy 1".to_owned(),
            action: HopAction::MayPermit,
        };
        vec![FlowResult {
            row: 1,
            flow,
            disposition: "delivered",
            verdict: TraceVerdict::Undetermined,
            delivered_to: vec!["dmz".to_owned()],
            header: Flow { dst: "10.0.9.9".parse().unwrap(), ..flow },
            lines: vec![line],
            causes: vec![Cause { span, reason: crate::text!("不明", "unknown") }],
        }]
    }

    #[test]
    fn rows_are_json_with_the_line_that_decided() {
        let mut sources = Sources::default();
        let results = results(&mut sources);
        let text = jsonl(&results, &sources);
        let value: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
        assert_eq!(text.lines().count(), 1);
        assert_eq!(value["header"]["dst"], "10.0.9.9");
        assert_eq!(value["header"]["icmp_type"], serde_json::Value::Null);
        let line = &value["lines"][0];
        assert_eq!((&line["file"], &line["line"]), (&"configs/fw.conf".into(), &2.into()));
        assert_eq!(
            (&line["text"], &line["action"]),
            (&"permit \"x\"".into(), &"may-permit".into())
        );
        assert_eq!(value["causes"][0]["reason"]["ja"], "不明");
    }

    #[test]
    fn the_table_is_aligned_and_harmless() {
        let mut sources = Sources::default();
        let results = results(&mut sources);
        for lang in [Lang::Ja, Lang::En] {
            let text = table(&results, &sources, lang);
            assert!(!text.contains('\u{1b}') && text.contains("configs/fw.conf:2"), "{text}");
            let starts: Vec<usize> = text
                .lines()
                .map(|line| {
                    let word = if line.contains("tcp ") {
                        "tcp "
                    } else {
                        ["フロー", "flow"][usize::from(lang == Lang::En)]
                    };
                    columns(line.get(..line.find(word).unwrap()).unwrap())
                })
                .collect();
            assert_eq!(starts[0], starts[1]);
        }
    }
}
