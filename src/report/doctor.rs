//! How the inputs were taken: which files were used for what, and every line that was not fully understood.

use super::page::{Page, Tone};
use super::{Style, view};
use crate::formats::{self, FORMATS};
use crate::model::LineStatus;
use crate::scan::{Loaded, Role};
use crate::snapshot::IssueKind;
use crate::text;
use crate::text::Text;

/// The account of the inputs.
#[must_use]
pub fn doctor(loaded: &Loaded, style: &Style) -> String {
    let mut page = Page::new(style);
    inputs(&mut page, loaded);
    for file in view::covered_files(loaded) {
        configuration(&mut page, loaded, &file);
    }
    issues(&mut page, loaded);
    page.finish()
}

fn inputs(page: &mut Page<'_>, loaded: &Loaded) {
    page.heading(&text!("入力ファイル", "Input files"));
    for (id, file) in loaded.sources.iter() {
        let role = loaded.roles.iter().find(|(used, _)| *used == id).map(|(_, role)| role);
        let role = match role {
            Some(Role::Topology) => text!("構成（topology）", "topology"),
            Some(Role::Policy) => text!("方針（policy）", "policy"),
            Some(Role::Pack { id }) => text!("方針パック「{id}」", "policy pack `{id}`"),
            Some(Role::Config { device, format }) => {
                text!(
                    "機器「{device}」の設定（{format}）",
                    "configuration of `{device}` ({format})"
                )
            }
            Some(Role::Standby { device, format }) => {
                text!(
                    "機器「{device}」の待機系の設定（{format}）",
                    "configuration of the standby unit of `{device}` ({format})"
                )
            }
            None => text!("使用しません", "not used"),
        };
        let (path, encoding) = (file.path(), file.encoding().id());
        let line = format!("{path}  {encoding}  {}", page.say(&role));
        page.sentence("  ", "      ", Tone::Plain, &line);
    }
    let has = |wanted: &Role| loaded.roles.iter().any(|(_, role)| role == wanted);
    for (missing, note) in [
        (
            !has(&Role::Topology),
            text!(
                "topology.yaml がありません。インターフェースまたは機器のゾーンごとに1つのゾーンとして扱います。",
                "There is no topology.yaml: every interface or vendor zone is a zone of its own."
            ),
        ),
        (
            !has(&Role::Policy),
            text!(
                "policy.yaml がありません。判定する規則がないため、check は行えません。",
                "There is no policy.yaml: check has no rule to judge."
            ),
        ),
    ] {
        if missing {
            let note = page.say(&note).to_owned();
            page.sentence("  ! ", "    ", Tone::Doubt, &note);
        }
    }
    page.blank();
}

fn configuration(page: &mut Page<'_>, loaded: &Loaded, file: &view::CoveredFile<'_>) {
    let source = loaded.sources.file(file.id);
    let path = source.path();
    page.heading(&Text::same(path));
    let label = formats::by_id(file.format).map_or(file.format, |format| format.label);
    let sure = formats::by_id(file.format).map_or(0, |format| (format.detect)(source.text()));
    let why = if sure > 0 {
        text!(
            "内容から判別できる形式です（確からしさ {sure}/100）",
            "recognised by its content ({sure}/100)"
        )
    } else {
        text!("topology.yaml の指定による", "as topology.yaml says")
    };
    let format = format!("{label} ({}) — {}", file.format, page.say(&why));
    page.labelled(2, &text!("形式", "format"), &format);
    let counts: Vec<String> =
        [LineStatus::Used, LineStatus::Irrelevant, LineStatus::Unsupported, LineStatus::Unknown]
            .into_iter()
            .map(|status| {
                format!("{} {}", page.say(&view::status_word(status)), file.count(status))
            })
            .collect();
    let counts = format!("{} = {}", source.line_count(), counts.join(" + "));
    page.labelled(2, &text!("行数", "lines"), &counts);
    for gap in file.coverage.map_or(&[][..], |coverage| &coverage.gaps) {
        let place = loaded.sources.place(gap.span);
        let word = view::status_word(gap.status);
        let line = format!("{place} {}: {}", page.say(&word), page.say(&gap.reason));
        page.sentence("  - ", "    ", Tone::Plain, &line);
        page.quoted("    ", &loaded.sources, gap.span);
        if !gap.contained {
            let note = text!(
                "影響の範囲を限定できないため、この機器のすべてのフィルタで「通るかもしれない」と読みます。",
                "Its reach cannot be bounded: every filter of this device is read as if it might permit."
            );
            let note = page.say(&note).to_owned();
            page.text(4, &note);
        }
    }
    page.blank();
}

fn issues(page: &mut Page<'_>, loaded: &Loaded) {
    let issues = &loaded.snapshot.issues;
    let count = issues.len();
    page.heading(&text!("足りない情報 {count} 件", "Missing facts: {count}"));
    for issue in issues {
        let word = match issue.kind {
            IssueKind::MissingDevice => text!("設定のない機器", "missing device"),
            IssueKind::UnzonedInterface => {
                text!("ゾーンのないインターフェース", "interface in no zone")
            }
            IssueKind::EmptyZone => text!("アドレスのないゾーン", "zone without address"),
            IssueKind::UnattachedZone => text!("接続先のないゾーン", "zone attached nowhere"),
            IssueKind::UnzonedAddresses => text!("ゾーンのないアドレス", "addresses in no zone"),
            IssueKind::OverlappingZones => text!("重なるゾーン", "overlapping zones"),
            IssueKind::UnreadLine => text!("未解釈の行", "unread line"),
            IssueKind::AmbiguousSegment => text!("判別できないセグメント", "ambiguous segment"),
        };
        let place = issue.cause.span.map_or(String::new(), |s| loaded.sources.place(s) + " ");
        let line = format!("{place}{}: {}", page.say(&word), page.say(&issue.cause.reason));
        page.sentence("  - ", "    ", Tone::Plain, &line);
        if let Some(span) = issue.cause.span {
            page.quoted("    ", &loaded.sources, span);
        }
    }
    if issues.is_empty() {
        let none = text!("ありません。", "None.");
        let none = page.say(&none).to_owned();
        page.text(2, &none);
    }
}

/// The readers, and what each approximates.
#[must_use]
pub fn formats(style: &Style) -> String {
    let mut page = Page::new(style);
    for format in FORMATS {
        let line = format!("{}  {}", format.id, format.label);
        page.row("", &[(Tone::Strong, line.as_str())]);
        page.labelled(2, &text!("出力方法", "export"), &format.export.join(" | "));
        let reads = page.say(&(format.reads)()).to_owned();
        page.labelled(2, &text!("読み取る内容", "reads"), &reads);
        page.labelled(2, &text!("近似", "approximates"), "");
        for text in (format.approximations)() {
            let text = page.say(&text).to_owned();
            page.sentence("  - ", "    ", Tone::Plain, &text);
        }
    }
    page.finish()
}
