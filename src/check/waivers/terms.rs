//! The paper of a waiver: who asked, who allowed, what emergencies must report, which days are past.

use super::{Problem, name, tell};
use crate::finding::Severity;
use crate::policy::{Policy, Waiver, WaiverTerms};
use crate::snapshot::Snapshot;
use crate::text::Text;

/// The longest month, in days: what is late by it is late by every calendar.
const MONTH: i32 = 31;

/// What is wrong with the paper of the waiver at `index`.
pub(super) fn problems(
    snapshot: &Snapshot,
    policy: &Policy,
    index: usize,
    waiver: &Waiver,
) -> Vec<Problem> {
    let paper = Paper {
        name: name(index, waiver),
        waiver,
        terms: terms(policy, waiver),
        today: snapshot.at.map(|at| at.day),
    };
    let mut out = Vec::new();
    let twin = |other: &Waiver| waiver.id.is_some() && other.id == waiver.id;
    if policy.waivers.iter().take(index).any(twin) {
        out.push((Severity::Medium, tell::twice(&paper.name)));
    }
    paper.approval(&mut out);
    paper.applicant(&mut out);
    paper.emergency(&mut out);
    paper.records(&mut out);
    paper.days(&mut out);
    out
}

/// The terms for a waiver: of the pack of its rule; where that has none, of every pack in use, because what an organisation
/// demands of exceptions holds for its own rules, too.
fn terms<'p>(policy: &'p Policy, waiver: &Waiver) -> Vec<&'p WaiverTerms> {
    let rule = policy.rules.iter().find(|rule| rule.id == waiver.rule);
    let pack = rule.and_then(|rule| rule.pack.as_deref());
    let own: Vec<&WaiverTerms> =
        policy.waiver_terms.iter().filter(|terms| Some(terms.pack.as_str()) == pack).collect();
    if own.is_empty() { policy.waiver_terms.iter().collect() } else { own }
}

/// A waiver with what is asked of it.
struct Paper<'p> {
    name: String,
    waiver: &'p Waiver,
    terms: Vec<&'p WaiverTerms>,
    today: Option<i32>,
}

fn same(one: &str, other: &str) -> bool {
    let plain = |word: &str| word.split_whitespace().collect::<String>();
    plain(one) == plain(other)
}

impl Paper<'_> {
    fn approval(&self, out: &mut Vec<Problem>) {
        let (waiver, name) = (self.waiver, &self.name);
        let Some(approver) = &waiver.approved_by else {
            if waiver.emergency.is_none() {
                out.push((Severity::Medium, tell::unapproved(name)));
            }
            return;
        };
        if waiver.requested_by.as_ref().is_some_and(|applicant| same(applicant, approver)) {
            out.push((Severity::Medium, tell::own_approval(name, approver)));
        }
        for wanted in self.terms.iter().filter_map(|terms| terms.approver.as_ref()) {
            match &waiver.approved_role {
                _ if same(approver, wanted) => {}
                Some(role) if same(role, wanted) => {}
                Some(role) => out.push((Severity::Medium, tell::approver(name, role, wanted))),
                None => out.push((Severity::Low, tell::approver_unknown(name, wanted))),
            }
        }
    }

    fn applicant(&self, out: &mut Vec<Problem>) {
        let (waiver, name) = (self.waiver, &self.name);
        if waiver.requested_by.is_none() {
            out.push((Severity::Low, tell::no_applicant(name)));
            return;
        }
        for terms in self.terms.iter().filter(|terms| !terms.applicants.is_empty()) {
            let may = |role: &String| terms.applicants.iter().any(|known| same(known, role));
            let roles = terms.applicants.join("・");
            match (&waiver.requested_role, &waiver.requested_by) {
                (_, Some(applicant)) if may(applicant) => {}
                (Some(role), _) if may(role) => {}
                (Some(role), _) => out.push((Severity::Low, tell::applicant(name, role, &roles))),
                (None, _) => out.push((Severity::Low, tell::applicant_unknown(name, &roles))),
            }
        }
    }

    /// An emergency is valid without prior approval, and must be reported soon after. Within the days it is silent.
    fn emergency(&self, out: &mut Vec<Problem>) {
        let Some(began) = self.waiver.emergency else { return };
        let name = &self.name;
        let Some(days) = self.terms.iter().filter_map(|terms| terms.report_days).min() else {
            return;
        };
        match (self.waiver.reported, self.today) {
            (Some(reported), _) if reported < began => {
                out.push((Severity::Low, tell::report_before(name)));
            }
            (Some(reported), _) if reported - began > days => {
                out.push((Severity::Low, tell::late(name, reported - began, days)));
            }
            (None, Some(today)) if today - began > days => {
                out.push((Severity::Medium, tell::unreported(name, today - began, days)));
            }
            _ => {}
        }
        if self.today.is_some_and(|today| began > today) {
            out.push((Severity::Medium, tell::future(name)));
        }
    }

    /// What a pack wants kept: the application and the decision.
    fn records(&self, out: &mut Vec<Problem>) {
        let pending = self.waiver.approved_by.is_none();
        if self.terms.is_empty() || pending {
            return;
        }
        if self.waiver.document.is_none() {
            out.push((Severity::Low, tell::no_document(&self.name)));
        }
    }

    fn days(&self, out: &mut Vec<Problem>) {
        let (waiver, name) = (self.waiver, &self.name);
        let Some(today) = self.today else { return };
        let past = |day: Option<i32>| day.is_some_and(|day| day < today);
        if past(waiver.until) {
            out.push((Severity::Medium, tell::over(name)));
        }
        if waiver.emergency.is_none() && waiver.decided.is_some_and(|day| day > today) {
            out.push((Severity::Medium, tell::future(name)));
        }
        out.extend(self.review(today).map(|text| (Severity::Low, text)));
    }

    fn review(&self, today: i32) -> Option<Text> {
        let months = self.terms.iter().filter_map(|terms| terms.review_months).min();
        match (self.waiver.review, self.waiver.decided, months) {
            (Some(review), ..) if review < today => Some(tell::review(&self.name)),
            (Some(review), Some(decided), Some(months)) if review - decided > months * MONTH => {
                Some(tell::review_far(&self.name, months))
            }
            (None, Some(decided), Some(months)) if today - decided > months * MONTH => {
                Some(tell::unreviewed(&self.name, months))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
