//! Which edits may end a finding.

use super::edit::{Change, Target};
use super::wall;
use crate::finding::{Blame, Finding, Kind};
use crate::scan::Scan;

/// Sets of lines that let the finding be, smallest first. The address of an interface is none: without it the whole network behind it is
/// gone.
pub(super) fn openings(finding: &Finding) -> Vec<Vec<&Blame>> {
    let is_address = |blame: &&Blame| blame.label.starts_with("connected ");
    let mut out: Vec<Vec<&Blame>> =
        finding.cuts.iter().map(|cut| cut.lines.iter().collect()).collect();
    out.retain(|lines| !lines.iter().any(is_address));
    if finding.cuts.is_empty() && !finding.blame.iter().any(|blame| is_address(&blame)) {
        out.extend(finding.blame.iter().map(|blame| vec![blame]));
        if finding.blame.len() > 1 {
            out.push(finding.blame.iter().collect());
        }
    }
    out
}

/// The lines taken away.
pub(super) fn removal(scan: &Scan, lines: &[&Blame]) -> Option<Vec<Change>> {
    lines.iter().map(|blame| Target::of(scan, blame)?.removed()).collect()
}

/// Lines that stop what must not pass before each of these, once a list; one set of changes for each way to say it.
pub(super) fn bars(scan: &Scan, finding: &Finding, lines: &[&Blame]) -> Vec<Vec<Change>> {
    let targets: Option<Vec<Target<'_>>> =
        lines.iter().map(|blame| Target::of(scan, blame)).collect();
    let Some(mut targets) = targets else { return Vec::new() };
    // The first of a list stands before the others.
    targets.dedup_by(|later, earlier| {
        let ((file, blocks), (other, around)) = (later.list(), earlier.list());
        !blocks.is_empty() && (file, blocks) == (other, around)
    });
    let walls = wall::walls(scan, finding);
    let bar = |products: &Vec<_>| targets.iter().map(|target| target.barred(products)).collect();
    walls.iter().filter_map(bar).collect()
}

/// What rules require, in place of a line that carries more.
pub(super) fn narrowing(scan: &Scan, lines: &[&Blame], needed: &[String]) -> Option<Vec<Change>> {
    let products = wall::required(scan, needed)?;
    let [line] = lines else { return None };
    Some(vec![Target::of(scan, line)?.narrowed(&products)?])
}

/// What nothing uses any more after an edit: objects that hygiene names now and did not name before, as lines of the edited files.
pub(super) fn leftovers<'t>(before: &Scan, after: &'t Scan) -> Vec<&'t Blame> {
    fn unused(scan: &Scan) -> impl Iterator<Item = &Blame> {
        let unused = |finding: &&Finding| finding.kind == Kind::Lint("unused-object");
        scan.findings.iter().filter(unused).flat_map(|finding| &finding.blame)
    }
    let known = |blame: &Blame| {
        unused(before).any(|old| (&old.device, &old.label) == (&blame.device, &blame.label))
    };
    unused(after).filter(|blame| !known(blame)).collect()
}
