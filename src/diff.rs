//! Two states of one network: exactly which packets that open a connection became possible or impossible from every zone
//! to every zone and device, and to addresses in no zone, on which lines, and what that makes of verdicts and findings.
//!
//! Packets are told as their senders send them, whatever translates them on the way. *Opened* is what may pass after and could
//! not before; *closed* what may pass no longer. What is uncertain on both sides, where the configurations differ on its way,
//! is neither: it stays *unclear*, and the two states are then not called the same.

mod edited;
mod example;
mod pairs;

use crate::finding::{FlowList, Hop, Novelty, Verdict};
use crate::net::{Family, Flow};
use crate::scan::baseline::Baseline;
use crate::scan::{self, Loaded, Scan};
use crate::snapshot::Place;

/// Two states beside one another.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    /// The state before. Its findings are marked: [`Novelty::New`] is what is gone after.
    pub old: Scan,
    /// The state after. Its findings are marked against those before.
    pub new: Scan,
    /// The pairs between which something changed or is unclear, in the order of the topology file.
    pub pairs: Vec<PairChange>,
    /// How many pairs and families were compared.
    pub compared: usize,
    /// Policy rules whose verdict differs; `None` where there is no such rule.
    pub verdicts: Vec<VerdictChange>,
    /// Whether lines that permit at some hours only differ, and no moment is given: what passes at some hour was compared.
    pub hours: bool,
    /// Whether the tracer confirmed every packet that is shown. If not, that is a defect of the tool.
    pub confirmed: bool,
}

/// What changed from a zone to a zone or device in one family.
#[derive(Clone, Debug)]
pub struct PairChange {
    /// The zone where it starts.
    pub from: String,
    /// The zone or device where it ends, or `unzoned`; see [`Place::id`].
    pub to: String,
    /// The family.
    pub family: Family,
    /// What may pass after and could not before.
    pub opened: Option<Change>,
    /// What could pass before and cannot any more.
    pub closed: Option<Change>,
    /// What is uncertain before and after, where the configurations differ on its way; empty when nothing is.
    pub unclear: FlowList,
}

/// Packets that became possible or impossible.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which.
    pub flows: FlowList,
    /// Whether some of them surely pass on the side on which they may.
    pub sure: bool,
    /// Single packets of them, each by other lines.
    pub examples: Vec<Example>,
}

/// One packet on both sides.
#[derive(Clone, Debug)]
pub struct Example {
    /// The packet as it is sent.
    pub flow: Flow,
    /// Its way where it passes.
    pub passes: Vec<Hop>,
    /// Its way where it does not; empty when its zone is not there.
    pub stops: Vec<Hop>,
}

/// A policy rule whose verdict differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictChange {
    /// The rule.
    pub rule: String,
    /// Before; `None` when there was no such rule.
    pub old: Option<Verdict>,
    /// After.
    pub new: Option<Verdict>,
}

/// What two states are to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 同等: the same packets pass, whatever is not known.
    Same,
    /// 相違: some packet passes on one side only.
    Different,
    /// 確認不能: nothing was found that differs, but something is uncertain on both sides.
    Unclear,
}

impl Outcome {
    /// The identifier in machine formats.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Outcome::Same => "same",
            Outcome::Different => "different",
            Outcome::Unclear => "unclear",
        }
    }
}

impl Diff {
    /// What the two states are to one another, as far as packets go.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let differs = |pair: &PairChange| pair.opened.is_some() || pair.closed.is_some();
        match (self.pairs.iter().any(differs), self.pairs.is_empty()) {
            (true, _) => Outcome::Different,
            (false, true) if !self.hours => Outcome::Same,
            (false, _) => Outcome::Unclear,
        }
    }

    /// Findings that are new or enlarged after, and those of before that are gone: how many.
    #[must_use]
    pub fn findings(&self) -> (usize, usize) {
        let count = |scan: &Scan, wanted: &[Novelty]| {
            let novelties = scan.findings.iter().filter_map(|finding| finding.novelty);
            novelties.filter(|novelty| wanted.contains(novelty)).count()
        };
        (count(&self.new, &[Novelty::New, Novelty::Enlarged]), count(&self.old, &[Novelty::New]))
    }
}

/// Compares two states of one network, by zones and devices of the same name.
#[must_use]
pub fn diff(old: Loaded, new: Loaded) -> Diff {
    let (mut pairs, compared, confirmed) = pairs::compare(&old, &new);
    let hours = edited::hours(&old) != edited::hours(&new);
    let order = |name: &str| {
        let place = |loaded: &Loaded| Place::named(&loaded.snapshot, name).first().copied();
        (place(&new).is_none(), place(&new), place(&old))
    };
    pairs.sort_by_key(|pair| (pair.family, order(&pair.from), order(&pair.to)));
    let (mut old, mut new) = (scan::judge(old), scan::judge(new));
    let (before, after) = (Baseline::of(&old), Baseline::of(&new));
    new.compare(&before);
    old.compare(&after);
    let verdicts = verdicts(&old, &new);
    Diff { old, new, pairs, compared, verdicts, hours, confirmed }
}

fn verdicts(old: &Scan, new: &Scan) -> Vec<VerdictChange> {
    let of = |scan: &Scan, rule: &str| {
        scan.verdicts.iter().find(|verdict| verdict.rule == rule).map(|verdict| verdict.verdict)
    };
    let rules = new.verdicts.iter().map(|verdict| &verdict.rule);
    let gone = old.verdicts.iter().map(|verdict| &verdict.rule).filter(|r| of(new, r).is_none());
    let all = rules.chain(gone).map(|rule| VerdictChange {
        rule: rule.clone(),
        old: of(old, rule),
        new: of(new, rule),
    });
    all.filter(|change| change.old != change.new).collect()
}
