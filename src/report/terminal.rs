//! What an engineer reads: what was read first, then the verdicts, each finding with its path, and the summary last.

mod details;
mod packs;
mod waived;

use super::page::{Page, Tone, severity_tone, verdict_tone};
use super::{Style, view, width};
use crate::finding::{Finding, Severity, catalogue};
use crate::model::LineStatus;
use crate::scan::{Loaded, Scan};
use crate::text;
use crate::text::{Text, counted};

/// How many entries of a long list are shown unless the reader wants all.
const SHORT: usize = 20;

pub(super) fn render(scan: &Scan, style: &Style) -> String {
    let mut page = Page::new(style);
    title(&mut page, scan);
    coverage(&mut page, &scan.loaded, style);
    if !style.hygiene_only {
        packs::render(&mut page, scan);
        verdicts(&mut page, scan, style);
        packs::not_applicable(&mut page, scan, style);
        findings(&mut page, scan, style);
        waived::render(&mut page, scan, style);
    }
    hygiene(&mut page, scan, style);
    summary(&mut page, scan, style);
    page.finish()
}

fn title(page: &mut Page<'_>, scan: &Scan) {
    let version = env!("CARGO_PKG_VERSION");
    let name = &scan.loaded.snapshot.name;
    let title = text!("関所 Sekisho {version}  {name}", "Sekisho {version}  {name}");
    let title = page.say(&title).to_owned();
    page.row("", &[(Tone::Strong, title.as_str())]);
    page.blank();
}

/// What became of the lines of every file, in short; `doctor` says more.
fn coverage(page: &mut Page<'_>, loaded: &Loaded, style: &Style) {
    page.heading(&text!("読み取った設定", "Configurations read"));
    let files = view::covered_files(loaded);
    if files.is_empty() {
        page.text(
            2,
            page.say(&text!("設定ファイルはありません。", "No configuration.")).to_owned().as_str(),
        );
    }
    for file in files {
        let source = loaded.sources.file(file.id);
        let (path, device, format) = (source.path(), file.device, file.format);
        let total = source.line_count();
        let (used, skipped) = (file.count(LineStatus::Used), file.count(LineStatus::Irrelevant));
        let (near, unread) = (file.count(LineStatus::Unsupported), file.count(LineStatus::Unknown));
        let line = text!(
            "{path}  {device}（{format}）  全 {total} 行: 反映 {used}・対象外 {skipped}・近似 {near}・未解釈 {unread}",
            "{path}  {device} ({format})  {total} lines: {used} used, {skipped} irrelevant, {near} unsupported, {unread} unknown"
        );
        let tone = if unread > 0 { Tone::Doubt } else { Tone::Plain };
        let line = page.say(&line).to_owned();
        page.sentence("  ", "      ", tone, &line);
        gaps(page, loaded, &file, style);
    }
    unused(page, loaded, style);
    page.blank();
}

/// Files that lie beside the inputs and were taken for nothing: perhaps a device that the topology file forgets.
fn unused(page: &mut Page<'_>, loaded: &Loaded, style: &Style) {
    let used = |id| loaded.roles.iter().any(|(file, _)| *file == id);
    let files: Vec<&str> =
        loaded.sources.iter().filter(|(id, _)| !used(*id)).map(|(_, file)| file.path()).collect();
    if files.is_empty() {
        return;
    }
    let limit = if style.verbose { usize::MAX } else { SHORT };
    let names = files.iter().take(limit).copied().collect::<Vec<_>>().join(", ");
    let count = files.len();
    let line =
        text!("使用していないファイル {count} 件: {names}", "{count} files not used: {names}");
    let line = page.say(&line).to_owned();
    page.sentence("  ", "      ", Tone::Doubt, &line);
    more(page, 6, count.saturating_sub(limit));
}

fn gaps(page: &mut Page<'_>, loaded: &Loaded, file: &view::CoveredFile<'_>, style: &Style) {
    let all = file.coverage.map_or(&[][..], |coverage| &coverage.gaps);
    let limit = if style.verbose { usize::MAX } else { 5 };
    for gap in all.iter().take(limit) {
        let word = view::status_word(gap.status);
        let place = loaded.sources.place(gap.span);
        let line = format!("{place} {}: {}", page.say(&word), page.say(&gap.reason));
        page.sentence("    ", "      ", Tone::Plain, &line);
        page.quoted("      ", &loaded.sources, gap.span);
    }
    more(page, 4, all.len().saturating_sub(limit));
}

/// Says how much a short list leaves out.
fn more(page: &mut Page<'_>, indent: usize, left: usize) {
    if left > 0 {
        let line = text!("ほか {left} 件（-v で全件を表示）", "{left} more (-v shows all)");
        let line = page.say(&line).to_owned();
        page.text(indent, &line);
    }
}

fn verdicts(page: &mut Page<'_>, scan: &Scan, style: &Style) {
    page.heading(&text!("判定", "Verdicts"));
    if scan.verdicts.is_empty() {
        let none = text!(
            "方針の規則がないため、何も判定していません。",
            "There is no policy rule, so nothing was judged."
        );
        let none = page.say(&none).to_owned();
        page.text(2, &none);
    }
    let lang = style.lang;
    let id_width = scan.verdicts.iter().map(|v| width::columns(&v.rule)).max().unwrap_or(0).min(24);
    for rule in &scan.verdicts {
        let word =
            width::pad(rule.verdict.word().get(lang), if lang == text::Lang::Ja { 8 } else { 12 });
        let id = width::pad(&rule.rule, id_width);
        let severity =
            width::pad(rule.severity.word().get(lang), if lang == text::Lang::Ja { 4 } else { 8 });
        page.entry(
            &[
                (Tone::Plain, "  "),
                (verdict_tone(rule.verdict), word.as_str()),
                (Tone::Plain, "  "),
                (Tone::Strong, id.as_str()),
                (Tone::Plain, "  "),
                (Tone::Plain, severity.as_str()),
                (Tone::Plain, "  "),
            ],
            rule.summary.get(lang),
        );
    }
    if !scan.verdicts.is_empty() {
        let legend = text!(
            "「適合」は、読み取れなかった部分を最も広く解釈しても規則が守られることを示します。「確認不能」は、その部分次第で守られないことがあり得るという意味で、適合ではありません。",
            "\"holds\" means that even the widest reading of what was not understood keeps the rule; \"undetermined\" means that it depends on that, and is no pass."
        );
        let legend = page.say(&legend).to_owned();
        page.text(2, &legend);
    }
    page.blank();
}

fn findings(page: &mut Page<'_>, scan: &Scan, style: &Style) {
    let shown: Vec<&Finding> = scan.findings.iter().filter(|f| !view::is_lint(f)).collect();
    if shown.is_empty() {
        return;
    }
    let count = shown.len();
    page.heading(&text!("指摘事項 {count} 件", "Findings: {count}"));
    for (index, finding) in shown.into_iter().enumerate() {
        heading(page, index + 1, finding, style);
        details::render(page, scan, finding, style);
        page.blank();
    }
}

fn heading(page: &mut Page<'_>, number: usize, finding: &Finding, style: &Style) {
    let lang = style.lang;
    let number = format!("[{number}] ");
    let severity = finding.severity.word();
    let verdict = finding.verdict.word();
    let title = format!("{} ({})", catalogue::title(finding.kind).get(lang), finding.kind.id());
    let novelty = finding.novelty.map_or(String::new(), |n| format!("{}  ", n.word().get(lang)));
    page.row(
        "",
        &[
            (Tone::Strong, number.as_str()),
            (Tone::Strong, novelty.as_str()),
            (severity_tone(finding.severity), severity.get(lang)),
            (Tone::Plain, "  "),
            (verdict_tone(finding.verdict), verdict.get(lang)),
            (Tone::Plain, "  "),
            (Tone::Strong, finding.rule.as_str()),
            (Tone::Plain, "  "),
            (Tone::Plain, title.as_str()),
        ],
    );
}

/// Hygiene findings in short: one place and one sentence each, grouped by rule.
fn hygiene(page: &mut Page<'_>, scan: &Scan, style: &Style) {
    let all: Vec<&Finding> = scan.findings.iter().filter(|f| view::is_lint(f)).collect();
    if all.is_empty() {
        return;
    }
    let count = all.len();
    page.heading(&text!("設定の点検 {count} 件", "Hygiene: {count}"));
    let mut kinds: Vec<crate::finding::Kind> = all.iter().map(|finding| finding.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let group: Vec<&&Finding> = all.iter().filter(|finding| finding.kind == kind).collect();
        let (title, size) = (catalogue::title(kind), group.len());
        let line = format!("{} ({}): {size}", title.get(style.lang), kind.id());
        page.row("  ", &[(Tone::Strong, line.as_str())]);
        let limit = if style.verbose { usize::MAX } else { SHORT };
        for finding in group.iter().take(limit) {
            hygiene_line(page, scan, finding, style);
        }
        more(page, 4, size.saturating_sub(limit));
    }
    page.blank();
}

fn hygiene_line(page: &mut Page<'_>, scan: &Scan, finding: &Finding, style: &Style) {
    let sources = &scan.loaded.sources;
    let place = view::place(scan, finding).map_or("-".to_owned(), |span| sources.place(span));
    let lang = style.lang;
    let severity = finding.severity.word();
    let novelty = finding.novelty.map_or(String::new(), |n| format!("{} ", n.word().get(lang)));
    let line = format!("{novelty}{} {place}: {}", severity.get(lang), finding.message.get(lang));
    page.sentence("    ", "      ", Tone::Plain, &line);
    for blame in finding.blame.iter().take(3) {
        page.quoted("      ", sources, blame.span);
    }
}

/// What is new since the baseline, when there is one.
fn compared(page: &mut Page<'_>, scan: &Scan) {
    let Some(count) = scan.comparison else { return };
    let (known, enlarged) = (count.known, count.enlarged);
    let (new, gone) = (count.new, count.gone);
    let line = text!(
        "基準ファイルとの比較: 新規 {new}・拡大 {enlarged}・既知 {known}・解消 {gone}。既知の指摘は終了コードに影響しません。",
        "Compared with the baseline: {new} new, {enlarged} enlarged, {known} known, {gone} gone. Known findings do not decide the exit code."
    );
    let line = page.say(&line).to_owned();
    page.sentence("", "  ", Tone::Strong, &line);
}

fn summary(page: &mut Page<'_>, scan: &Scan, style: &Style) {
    let (holds, violated, undetermined) = view::tally(scan);
    let rules = scan.verdicts.len();
    let total = scan.findings.len();
    let by_severity: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .filter_map(|severity| {
            let count = scan.findings.iter().filter(|f| f.severity == severity).count();
            (count > 0).then(|| format!("{} {count}", severity.word().get(style.lang)))
        })
        .collect();
    let by_severity =
        by_severity.join(page.say(&Text { ja: "・".to_owned(), en: ", ".to_owned() }));
    let tail = if total == 0 {
        String::new()
    } else {
        let tail = text!("（{by_severity}）", " ({by_severity})");
        page.say(&tail).to_owned()
    };
    if style.hygiene_only {
        let found = counted(total, "hygiene finding");
        let line = text!("結果: 設定の点検 {total} 件{tail}。", "Result: {found}{tail}.");
        let line = page.say(&line).to_owned();
        return page.sentence("", "  ", Tone::Strong, &line);
    }
    compared(page, scan);
    let (all, found) = (counted(rules, "rule"), counted(total, "finding"));
    let line = text!(
        "結果: 規則 {rules} 件のうち 適合 {holds}・不適合 {violated}・確認不能 {undetermined}。指摘事項 {total} 件{tail}。",
        "Result: {all}: {holds} hold, {violated} violated, {undetermined} undetermined; {found}{tail}."
    );
    let line = page.say(&line).to_owned();
    page.sentence("", "  ", Tone::Strong, &line);
}
