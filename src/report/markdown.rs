//! A short report for a comment on a pull or merge request: the counts, the rules that do not hold, the findings gravest first,
//! and folded away what holds. The first line is a comment that no page shows, by which a program finds its own comment again.

use super::{Style, escape, view};
use crate::finding::{Finding, HopAction, RuleVerdict, Verdict, catalogue};
use crate::model::LineStatus;
use crate::scan::Scan;
use crate::source::{Sources, Span};
use crate::text;
use crate::text::{Lang, Text, counted};

/// By this a program finds the comment that it wrote before.
const MARKER: &str = "<!-- sekisho-report -->";

/// How far the table of what does not hold, the findings, and the table of what holds may fill the comment. GitHub refuses one of
/// more than 65,536 characters; what remains up to 60,000 is for saying what was left out.
const FAILING_END: usize = 20_000;
const FINDINGS_END: usize = 52_000;
const HOLDING_END: usize = 58_500;

/// The most lines that are quoted for one finding.
const QUOTED: usize = 20;

/// The most reasons that are given for one undetermined finding.
const REASONS: usize = 5;

/// The longest sentence, in characters.
const SENTENCE: usize = 1000;

/// The longest name and path, in characters.
const NAME: usize = 200;

pub(super) fn render(scan: &Scan, style: &Style) -> String {
    let mut page = Comment::default();
    head(&mut page, scan, style);
    if !style.hygiene_only {
        failing(&mut page, scan, style);
    }
    findings(&mut page, scan, style);
    if !style.hygiene_only {
        holding(&mut page, scan, style);
    }
    page.text
}

/// A comment that is being written. Its size is counted in UTF-16 units, which are never fewer than characters.
#[derive(Default)]
struct Comment {
    text: String,
    size: usize,
}

impl Comment {
    fn line(&mut self, text: &str) {
        self.push(&format!("{text}\n"));
    }

    fn push(&mut self, text: &str) {
        self.size += units(text);
        self.text.push_str(text);
    }

    /// As many of `parts` from the first on as keep the comment within `end`; returns how many there were.
    fn fill(&mut self, parts: impl Iterator<Item = String>, end: usize) -> usize {
        let mut count = 0;
        for part in parts {
            if self.size + units(&part) > end {
                break;
            }
            self.push(&part);
            count += 1;
        }
        count
    }
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn name(text: &str) -> String {
    escape::comment(&view::capped(text, NAME))
}

fn sentence(text: &Text, lang: Lang) -> String {
    escape::comment(&view::capped(text.get(lang), SENTENCE))
}

/// What of the run must be known before anything else, and how much there is of everything.
fn head(page: &mut Comment, scan: &Scan, style: &Style) {
    let lang = style.lang;
    page.line(MARKER);
    let network = name(&scan.loaded.snapshot.name);
    let title = text!("## 関所 Sekisho　{network}", "## Sekisho: {network}");
    page.line(title.get(lang).trim_end_matches([' ', '　', ':']));
    page.line("");
    if !style.hygiene_only {
        page.line(&format!("**{}**", verdicts(scan).get(lang)));
        page.line("");
    }
    for count in counts(scan, style.hygiene_only) {
        page.line(&format!("- {}", count.get(lang)));
    }
}

fn verdicts(scan: &Scan) -> Text {
    let (holds, violated, undetermined) = view::tally(scan);
    let all = scan.verdicts.len();
    let rules = counted(all, "rule");
    if all == 0 {
        return text!(
            "方針の規則がないため、何も判定していません。",
            "There is no policy rule, so nothing was judged."
        );
    }
    text!(
        "規則 {all} 件: 適合 {holds}・不適合 {violated}・確認不能 {undetermined}",
        "{rules}: {holds} hold, {violated} violated, {undetermined} undetermined"
    )
}

fn counts(scan: &Scan, hygiene_only: bool) -> Vec<Text> {
    let files = view::covered_files(&scan.loaded);
    let all = files.len();
    let lines: usize =
        files.iter().map(|file| scan.loaded.sources.file(file.id).line_count()).sum();
    let unread: usize = files.iter().map(|file| file.count(LineStatus::Unknown)).sum();
    let hygiene = scan.findings.iter().filter(|finding| view::is_lint(finding)).count();
    let found = scan.findings.len() - hygiene;
    let mut out = Vec::new();
    if hygiene_only {
        out.push(text!("設定の点検 {hygiene} 件", "Hygiene findings: {hygiene}"));
    } else {
        out.push(text!(
            "指摘事項 {found} 件、設定の点検 {hygiene} 件",
            "Findings: {found}; hygiene: {hygiene}"
        ));
    }
    out.push(text!(
        "読み取った設定 {all} 件・全 {lines} 行、うち未解釈 {unread} 行",
        "Configurations read: {all}; lines: {lines}, of which not understood: {unread}"
    ));
    if let Some(count) = scan.comparison {
        let (known, enlarged, new, gone) = (count.known, count.enlarged, count.new, count.gone);
        out.push(text!(
            "基準との比較: 既知 {known}・拡大 {enlarged}・新規 {new}・解消 {gone}",
            "Compared with the baseline: {known} known, {enlarged} enlarged, {new} new, {gone} gone"
        ));
    }
    let waived = scan.waived.len();
    if waived > 0 {
        out.push(text!(
            "例外措置で認められた通信 {waived} 件",
            "Traffic that waivers excuse: {waived}"
        ));
    }
    out
}

/// The rules that do not hold, violated ones first.
fn failing(page: &mut Comment, scan: &Scan, style: &Style) {
    let lang = style.lang;
    let of = |wanted| scan.verdicts.iter().filter(move |rule| rule.verdict == wanted);
    let all: Vec<&RuleVerdict> = of(Verdict::Violated).chain(of(Verdict::Undetermined)).collect();
    if all.is_empty() {
        return;
    }
    let title = text!(
        "\n### 適合でない規則\n\n| 判定 | 重要度 | 規則 | 内容 |\n|---|---|---|---|",
        "\n### Rules that do not hold\n\n| verdict | severity | rule | what it says |\n|---|---|---|---|"
    );
    page.line(title.get(lang));
    let rows = all.iter().map(|rule| {
        let word = rule.verdict.word();
        format!("| {} {}", word.get(lang), row(rule, lang))
    });
    let shown = page.fill(rows, FAILING_END);
    let left = all.len() - shown;
    if left > 0 {
        let more = text!(
            "\nほか {left} 件の規則が適合でありません（この欄に収まりません）。",
            "\n{left} more rules do not hold; there is no room for them here."
        );
        page.line(more.get(lang));
    }
}

fn row(rule: &RuleVerdict, lang: Lang) -> String {
    let severity = rule.severity.word();
    let summary = sentence(&rule.summary, lang);
    format!("| {} | {} | {summary} |\n", severity.get(lang), name(&rule.rule))
}

/// The findings: those about the policy first, then hygiene, each gravest first, as many as there is room for.
fn findings(page: &mut Comment, scan: &Scan, style: &Style) {
    let lang = style.lang;
    let (hygiene, policy): (Vec<&Finding>, Vec<&Finding>) =
        scan.findings.iter().partition(|finding| view::is_lint(finding));
    let all = policy.len() + hygiene.len();
    let title = |first: usize, finding: &Finding| match (first, view::is_lint(finding)) {
        (0, false) => text!("\n### 指摘事項\n", "\n### Findings\n").get(lang).to_owned(),
        (at, true) if at == policy.len() => {
            text!("\n### 設定の点検\n", "\n### Hygiene\n").get(lang).to_owned()
        }
        _ => String::new(),
    };
    let blocks = policy.iter().chain(&hygiene).enumerate().map(|(index, finding)| {
        format!("{}{}", title(index, finding), block(scan, index + 1, finding, style))
    });
    let shown = page.fill(blocks, FINDINGS_END);
    let left = all - shown;
    if left > 0 {
        let more = text!(
            "\n**{all} 件のうち {shown} 件を示しました。残る {left} 件は長さの上限のため省いています。** 全件は、同じ指定の JSON 形式（`--output json=ファイル名`）などで確認できます。",
            "\n**{shown} of {all} findings are shown; {left} are not, for the length of a comment is limited.** The other formats of the same run have all of them, for example `--output json=PATH`."
        );
        page.line(more.get(lang));
    }
}

/// One finding: what, between whom, which packet, which lines.
fn block(scan: &Scan, number: usize, finding: &Finding, style: &Style) -> String {
    let lang = style.lang;
    let (verdict, severity) = (finding.verdict.word(), finding.severity.word());
    let novelty = finding.novelty.map_or(String::new(), |n| format!("{} ", n.word().get(lang)));
    let title = catalogue::title(finding.kind);
    let mut out = format!(
        "\n#### {number}. {novelty}{} {} {}: {} ({})\n\n{}\n",
        severity.get(lang),
        verdict.get(lang),
        name(&finding.rule),
        title.get(lang),
        finding.kind.id(),
        sentence(&finding.message, lang),
    );
    let mut facts = Vec::new();
    if let Some(pair) = view::pair(finding) {
        let family = finding.family.map_or(String::new(), |family| format!(" ({})", family.id()));
        facts.push(format!("- {}{family}\n", name(&pair)));
    }
    if let Some(flow) = &finding.witness {
        let flow = escape::comment(&flow.to_string());
        facts.push(text!("- 証拠パケット: {flow}\n", "- witness: {flow}\n").get(lang).to_owned());
    }
    let reasons = finding.causes.iter().take(REASONS);
    facts.extend(reasons.map(|cause| format!("- {}\n", sentence(&cause.reason, lang))));
    let left = finding.causes.len().saturating_sub(REASONS);
    if left > 0 {
        let more = text!("- 確認不能の原因 ほか {left} 件\n", "- {left} more causes\n");
        facts.push(more.get(lang).to_owned());
    }
    if !facts.is_empty() {
        out += &format!("\n{}", facts.concat());
    }
    let lines = lines(&scan.loaded.sources, finding, style);
    if !lines.is_empty() {
        out += &format!("\n{}", escape::fenced(&lines));
    }
    out
}

/// The blamed lines, else those that stopped the packet, and the lines on which an undetermined verdict hangs, each once.
fn lines(sources: &Sources, finding: &Finding, style: &Style) -> Vec<String> {
    let met = finding.path.iter().flat_map(|hop| &hop.lines);
    let stopped = met.filter(|line| line.action == HopAction::Deny).filter_map(|line| line.span);
    let mut spans: Vec<Span> = finding.blame.iter().map(|blame| blame.span).collect();
    if spans.is_empty() {
        spans.extend(stopped);
    }
    spans.extend(finding.causes.iter().filter_map(|cause| cause.span));
    let mut out: Vec<String> = Vec::new();
    for span in spans {
        let shown = view::quote(sources, span);
        let path = view::capped(&format!("{}{}", style.root, shown.file), NAME);
        let line = format!("{path}:{}: {}", shown.line, shown.text);
        if !out.contains(&line) {
            out.push(line);
        }
    }
    let left = out.len().saturating_sub(QUOTED);
    if left > 0 {
        out.truncate(QUOTED);
        out.push(text!("ほか {left} 行", "{left} more lines").get(style.lang).to_owned());
    }
    out
}

/// What holds, folded away.
fn holding(page: &mut Comment, scan: &Scan, style: &Style) {
    let lang = style.lang;
    let holds = || scan.verdicts.iter().filter(|rule| rule.verdict == Verdict::Holds);
    let all = holds().count();
    if all == 0 {
        return;
    }
    let title = text!(
        "\n<details><summary>適合 {all} 件</summary>\n\n| 重要度 | 規則 | 内容 |\n|---|---|---|",
        "\n<details><summary>Rules that hold: {all}</summary>\n\n| severity | rule | what it says |\n|---|---|---|"
    );
    page.line(title.get(lang));
    let shown = page.fill(holds().map(|rule| row(rule, lang)), HOLDING_END);
    let left = all - shown;
    if left > 0 {
        let more = text!(
            "\nほか {left} 件が適合です（この欄に収まりません）。",
            "\n{left} more rules hold; there is no room for them here."
        );
        page.line(more.get(lang));
    }
    page.line("\n</details>");
}
