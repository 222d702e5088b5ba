//! A card for a change request. Without addresses it can be read by whoever reads the repository.

use super::{
    change_word, deciding, end_of_way, escape, outcome_line, outcome_word, side_word, view,
};
use crate::diff::{Change, Diff, PairChange};
use crate::finding::{Finding, FlowList, Novelty, Verdict};
use crate::scan::Scan;
use crate::text;
use crate::text::{Lang, Text};

/// A program that updates its own comment finds it by this line.
const MARKER: &str = "<!-- sekisho-diff -->";
/// Rows of each table of a card; hosting services refuse long comments.
const ROWS: usize = 60;
/// Flows of a row.
const FLOWS: usize = 3;

pub(super) fn card(diff: &Diff, addresses: bool, lang: Lang) -> String {
    let writer = Writer { diff, addresses, lang };
    let mut out = format!("{MARKER}\n");
    let word = outcome_word(diff.outcome());
    let title = text!("関所: 変更の前後の比較", "Sekisho: before and after");
    out += &format!(
        "### {} — **{}**\n\n{}\n",
        title.get(lang),
        word.get(lang),
        writer.say(&outcome_line(diff))
    );
    out += &writer.pairs();
    out += &writer.verdicts();
    let new = |finding: &Finding| matches!(finding.novelty, Some(Novelty::New | Novelty::Enlarged));
    let gone = |finding: &Finding| finding.novelty == Some(Novelty::New);
    out += &writer.findings(&text!("新しい指摘", "New findings"), &diff.new, new);
    out += &writer.findings(&text!("解消した指摘", "Findings that are gone"), &diff.old, gone);
    out
}

struct Writer<'d> {
    diff: &'d Diff,
    addresses: bool,
    lang: Lang,
}

impl Writer<'_> {
    /// A sentence without mark-up.
    fn say(&self, text: &Text) -> String {
        escape::comment(text.get(self.lang))
    }

    fn pairs(&self) -> String {
        if self.diff.pairs.is_empty() {
            return String::new();
        }
        let head = text!(
            "| 送信元 → 宛先 | 変化 | 通信 | 決める行 |",
            "| from → to | change | traffic | deciding lines |"
        );
        let mut rows = Vec::new();
        for pair in &self.diff.pairs {
            for (opened, change) in [(true, &pair.opened), (false, &pair.closed)] {
                rows.extend(change.as_ref().map(|change| self.change(pair, opened, change)));
            }
            if !pair.unclear.flows.is_empty() {
                let word = text!("？ 確認不能", "？ unclear");
                rows.push(self.row(pair, &word, &pair.unclear, ""));
            }
        }
        self.table(&head, 4, &rows)
    }

    fn change(&self, pair: &PairChange, opened: bool, change: &Change) -> String {
        let mark = if opened { "＋" } else { "－" };
        let Text { ja, en } = change_word(opened, change.sure);
        let word = Text { ja: format!("{mark} {ja}"), en: format!("{mark} {en}") };
        let mut lines: Vec<String> = Vec::new();
        for example in &change.examples {
            for (after, scan, hop, line) in deciding(self.diff, example, opened) {
                let place = line.span.map(|span| scan.loaded.sources.place(span));
                let place = place.unwrap_or_else(|| line.label.clone());
                let action = view::action_word(line.action);
                let (side, device) = (side_word(after), escape::comment(&hop.device));
                let (side, action) = (side.get(self.lang), action.get(self.lang));
                lines.push(format!("{side}: {device} {action} {}", escape::comment(&place)));
            }
            if let Some(hop) = end_of_way(example) {
                let (side, device) = (side_word(!opened), escape::comment(&hop.device));
                let side = side.get(self.lang);
                let line = text!("{side}: {device} で終わる", "{side}: ends at {device}");
                lines.push(line.get(self.lang).to_owned());
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        lines.retain(|line| seen.insert(line.clone()));
        self.row(pair, &word, &change.flows, &lines.join("<br>"))
    }

    fn row(&self, pair: &PairChange, word: &Text, flows: &FlowList, lines: &str) -> String {
        let ends = format!("{} → {}", escape::comment(&pair.from), escape::comment(&pair.to));
        let family = pair.family.id();
        let word = self.say(word);
        let flows = self.flows(flows);
        format!("| {ends} ({family}) | {word} | {flows} | {lines} |\n")
    }

    fn flows(&self, list: &FlowList) -> String {
        let lines: Vec<String> = if self.addresses {
            view::flow_lines(list, FLOWS, self.lang)
        } else {
            let services = list.flows.iter().map(|flow| flow.service.clone());
            let services: std::collections::BTreeSet<String> = services.collect();
            services.into_iter().take(FLOWS).collect()
        };
        let lines: Vec<String> = lines.iter().map(|line| escape::comment(line)).collect();
        lines.join("<br>")
    }

    fn verdicts(&self) -> String {
        let head = text!("| 規則 | 変更前 | 変更後 |", "| rule | before | after |");
        let word = |verdict: Option<Verdict>| match verdict {
            Some(verdict) => self.say(&verdict.word()),
            None => self.say(&text!("なし", "no such rule")),
        };
        let row = |change: &crate::diff::VerdictChange| {
            let rule = escape::comment(&change.rule);
            format!("| {rule} | {} | **{}** |\n", word(change.old), word(change.new))
        };
        let rows: Vec<String> = self.diff.verdicts.iter().map(row).collect();
        self.table(&head, 3, &rows)
    }

    fn findings(&self, title: &Text, scan: &Scan, wanted: impl Fn(&Finding) -> bool) -> String {
        let all: Vec<&Finding> = scan.findings.iter().filter(|f| wanted(f)).collect();
        if all.is_empty() {
            return String::new();
        }
        let (count, left) = (all.len(), all.len().saturating_sub(ROWS));
        let mut out = format!("\n<details><summary>{}: {count}</summary>\n\n", self.say(title));
        for finding in all.iter().take(ROWS) {
            let place = view::place(scan, finding).map(|span| scan.loaded.sources.place(span));
            let place = escape::comment(&place.unwrap_or_default());
            let rule = escape::comment(&finding.rule);
            let severity = finding.severity.word();
            // A sentence may quote an address.
            let said = if self.addresses {
                self.say(&finding.message)
            } else {
                self.say(&crate::finding::catalogue::title(finding.kind))
            };
            out += &format!("- {} {rule}: {said} ({place})\n", severity.get(self.lang));
        }
        if left > 0 {
            out += &format!("- {}\n", self.say(&text!("ほか {left} 件", "{left} more")));
        }
        out + "\n</details>\n"
    }

    /// A table, with a last row that says what it leaves out.
    fn table(&self, head: &Text, columns: usize, rows: &[String]) -> String {
        if rows.is_empty() {
            return String::new();
        }
        let left = rows.len().saturating_sub(ROWS);
        let mut out = format!("\n{}\n{}\n", head.get(self.lang), "|---".repeat(columns) + "|");
        out.extend(rows.iter().take(ROWS).map(String::as_str));
        if left > 0 {
            let more = self.say(&text!("ほか {left} 行", "{left} more rows"));
            out += &format!("| {more} {}\n", "| ".repeat(columns));
        }
        out
    }
}
