//! What is new since an earlier run. A finding that the baseline holds is 既知: it is still shown, and no longer decides how
//! the command ends. Whatever grew is as new as if nobody had ever seen it.
//!
//! A finding is known when its fingerprint stands in the baseline and its verdict is no worse than there, or when every flow
//! that it lists lies inside flows that the baseline lists for the same kind, rule, ends, device and family: then lines were
//! rewritten or something was closed. When that cannot be told, as of other lines whose meaning is not known, it counts as enlarged.

mod extent;

use std::collections::BTreeMap;

use super::Scan;
use crate::finding::{Finding, FlowCube, FlowList, Kind, Novelty, RuleVerdict, Verdict};
use crate::text;
use crate::text::Text;

/// The findings of an earlier run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Its findings.
    pub entries: Vec<Entry>,
}

/// What is remembered of a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The identifier of its kind.
    pub kind: String,
    /// The policy or hygiene rule.
    pub rule: String,
    /// Where it starts.
    pub from: Option<String>,
    /// Where it ends.
    pub to: Option<String>,
    /// The device.
    pub device: Option<String>,
    /// The identifier of the family.
    pub family: Option<String>,
    /// Its fingerprint.
    pub fingerprint: String,
    /// What was judged.
    pub verdict: Verdict,
    /// What could travel.
    pub flows: Vec<FlowCube>,
    /// How many flows beyond these there were.
    pub omitted: u64,
}

/// How a run compares with its baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Findings that stand in the baseline.
    pub known: usize,
    /// Findings of which the baseline holds less.
    pub enlarged: usize,
    /// Findings that the baseline does not hold.
    pub new: usize,
    /// Findings of the baseline that are gone.
    pub gone: usize,
}

impl Baseline {
    /// What is remembered of a scan, in a fixed order.
    #[must_use]
    pub fn of(scan: &Scan) -> Baseline {
        let kept = |finding: &&Finding| finding.kind != Kind::InternalDisagreement;
        let mut entries: Vec<Entry> = scan.findings.iter().filter(kept).map(Entry::of).collect();
        entries.sort();
        Baseline { entries }
    }
}

impl Entry {
    fn of(finding: &Finding) -> Entry {
        Entry {
            kind: finding.kind.id(),
            rule: finding.rule.clone(),
            from: finding.from.clone(),
            to: finding.to.clone(),
            device: finding.device.clone(),
            family: finding.family.map(|family| family.id().to_owned()),
            fingerprint: finding.fingerprint.clone(),
            verdict: finding.verdict,
            flows: finding.flows.flows.clone(),
            omitted: finding.flows.omitted,
        }
    }

    /// What a finding keeps when its flows or lines change.
    fn key(&self) -> [String; 6] {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        let ends = [&self.from, &self.to, &self.device, &self.family].map(part);
        let [from, to, device, family] = ends;
        [self.kind.clone(), self.rule.clone(), from, to, device, family]
    }
}

impl Scan {
    /// Marks every finding as known, enlarged or new, and counts what is gone.
    pub fn compare(&mut self, baseline: &Baseline) {
        let mut book = Book::new(baseline);
        let mut count = Comparison::default();
        // Exact matches first: what they take is not there for findings that merely resemble it.
        let exact: Vec<bool> = self.findings.iter().map(|finding| book.take(finding)).collect();
        for (finding, exact) in self.findings.iter_mut().zip(exact) {
            let (novelty, note) =
                if exact { (Novelty::Known, None) } else { book.resembling(finding) };
            finding.details.extend(note);
            finding.novelty = Some(novelty);
            match novelty {
                Novelty::Known => count.known += 1,
                Novelty::Enlarged => count.enlarged += 1,
                Novelty::New => count.new += 1,
            }
        }
        count.gone = book.left();
        self.comparison = Some(count);
    }

    /// Whether a verdict decides how the command ends: not when it rests on known findings alone.
    #[must_use]
    pub fn counts(&self, verdict: &RuleVerdict) -> bool {
        let own = self.findings.iter().filter(|finding| finding.rule == verdict.rule);
        decides(verdict, own)
    }
}

/// As [`Scan::counts`], of the findings of its rule.
pub(crate) fn decides<'f>(
    verdict: &RuleVerdict,
    own: impl Iterator<Item = &'f Finding> + Clone,
) -> bool {
    let mut grave = own.filter(|finding| finding.verdict >= verdict.verdict);
    let known = |finding: &Finding| finding.novelty == Some(Novelty::Known);
    verdict.verdict != Verdict::Holds && !(grave.clone().any(known) && grave.all(known))
}

/// The entries of a baseline that no finding took yet.
struct Book<'b> {
    entries: &'b [Entry],
    taken: Vec<bool>,
    by_fingerprint: BTreeMap<&'b str, Vec<usize>>,
    by_key: BTreeMap<[String; 6], Vec<usize>>,
}

impl<'b> Book<'b> {
    fn new(baseline: &'b Baseline) -> Book<'b> {
        let entries = baseline.entries.as_slice();
        let mut by_fingerprint: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut by_key: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            by_fingerprint.entry(&entry.fingerprint).or_default().push(index);
            by_key.entry(entry.key()).or_default().push(index);
        }
        Book { entries, taken: vec![false; entries.len()], by_fingerprint, by_key }
    }

    /// Takes the entry with the fingerprint of `finding`, unless the finding became worse.
    fn take(&mut self, finding: &Finding) -> bool {
        if finding.fingerprint.is_empty() || finding.kind == Kind::InternalDisagreement {
            return false;
        }
        let with = self.by_fingerprint.get(finding.fingerprint.as_str());
        let free = with.into_iter().flatten().copied().find(|index| {
            let entry = self.entries.get(*index);
            // A fingerprint knows the listed flows only.
            let no_more = |entry: &Entry| {
                finding.verdict <= entry.verdict && finding.flows.omitted <= entry.omitted
            };
            !self.is_taken(*index) && entry.is_some_and(no_more)
        });
        free.is_some_and(|index| self.mark(index))
    }

    /// What the baseline holds under the same names says of `finding`, with a sentence about what came on top.
    fn resembling(&mut self, finding: &Finding) -> (Novelty, Option<Text>) {
        let like = self.by_key.get(&Entry::of(finding).key()).cloned().unwrap_or_default();
        let free: Vec<usize> = like.into_iter().filter(|index| !self.is_taken(*index)).collect();
        let old: Vec<&Entry> = free.iter().filter_map(|index| self.entries.get(*index)).collect();
        if old.is_empty() || finding.kind == Kind::InternalDisagreement {
            return (Novelty::New, None);
        }
        let worse = old.iter().all(|entry| finding.verdict > entry.verdict);
        let flows: Vec<&FlowCube> = old.iter().flat_map(|entry| &entry.flows).collect();
        let more = more(&finding.flows, &flows);
        // Each finding answers for one entry; the flows of all are what was known under these names.
        if let Some(index) = free.first() {
            self.mark(*index);
        }
        match more {
            // What is not known of other lines may let more of these flows pass.
            Some(more) if more.is_empty() && !worse && finding.verdict != Verdict::Undetermined => {
                (Novelty::Known, None)
            }
            _ if worse => (Novelty::Enlarged, Some(worse_note(&old, finding))),
            Some(more) if !more.is_empty() => (Novelty::Enlarged, Some(more_note(&more))),
            _ => (Novelty::Enlarged, Some(other_note())),
        }
    }

    fn is_taken(&self, index: usize) -> bool {
        self.taken.get(index).copied().unwrap_or(true)
    }

    fn mark(&mut self, index: usize) -> bool {
        self.taken.get_mut(index).is_some_and(|taken| !std::mem::replace(taken, true))
    }

    fn left(&self) -> usize {
        self.taken.iter().filter(|taken| !**taken).count()
    }
}

/// The flows of `list` that lie in none of `known`; `None` when that cannot be told.
fn more(list: &FlowList, known: &[&FlowCube]) -> Option<Vec<FlowCube>> {
    if list.flows.is_empty() || list.omitted > 0 {
        return None;
    }
    let mut out = Vec::new();
    for cube in &list.flows {
        out.extend(extent::beyond(cube, known)?);
    }
    Some(out)
}

fn more_note(more: &[FlowCube]) -> Text {
    let shown: Vec<String> = more
        .iter()
        .take(3)
        .map(|cube| format!("{} → {} {}", cube.src, cube.dst, cube.service))
        .collect();
    let (flows, left) = (shown.join("; "), more.len() - shown.len());
    if left == 0 {
        text!("基準ファイルにない通信: {flows}", "not in the baseline: {flows}")
    } else {
        text!(
            "基準ファイルにない通信: {flows}（ほか {left} 件）",
            "not in the baseline: {flows} ({left} more)"
        )
    }
}

fn worse_note(old: &[&Entry], finding: &Finding) -> Text {
    let before = old.iter().map(|entry| entry.verdict).max().unwrap_or(Verdict::Holds).word();
    let now = finding.verdict.word();
    let (before_ja, now_ja, before_en, now_en) = (before.ja, now.ja, before.en, now.en);
    text!(
        "基準ファイルでは「{before_ja}」でしたが、今回は「{now_ja}」です。",
        "it was {before_en} in the baseline and is {now_en} now"
    )
}

fn other_note() -> Text {
    text!(
        "同じ種別・規則・区間の指摘が基準ファイルにありますが、原因の行または通信の範囲が異なります。",
        "the baseline holds a finding of this kind, rule and ends, with other lines or flows"
    )
}

#[cfg(test)]
mod tests;
