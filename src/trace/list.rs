//! Rule lists, line by line: the set of results that a list can have for one packet.

use super::packet::Cut;
use super::truth::{Judge, Truth};
use crate::finding::Cause;
use crate::model::{Action, Binding, Line, ListId, RewriteId};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// How many lines are kept for one result, and how many causes for one list.
const MAX_SHOWN: usize = 8;

/// What a list can decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Permit,
    Deny,
    Rewrite(RewriteId),
    /// An unread line of a translation list: the addresses may become anything.
    Garbled,
}

/// A line that led to an outcome; not `sure` when it is in doubt whether the line applies, or what it does.
#[derive(Clone, Debug)]
pub(super) struct Decider {
    pub(super) span: Option<Span>,
    pub(super) label: String,
    pub(super) sure: bool,
}

/// The results that are possible; the list's result is certain when there is only one.
#[derive(Clone, Debug, Default)]
pub(super) struct Results {
    pub(super) outcomes: BTreeMap<Outcome, Vec<Decider>>,
    /// Whether the list may end without a decision.
    pub(super) falls: bool,
    /// What keeps lines in doubt.
    pub(super) causes: Vec<Cause>,
}

impl Results {
    /// Whether exactly one result is possible.
    pub(super) fn certain(&self) -> bool {
        self.outcomes.len() + usize::from(self.falls) == 1
    }

    pub(super) fn add(&mut self, outcome: Outcome, decider: Decider) {
        let deciders = self.outcomes.entry(outcome).or_default();
        // The last place is kept for a line that applies for sure, because it is the one that settles the matter.
        if deciders.len() + 1 < MAX_SHOWN || decider.sure && deciders.len() < MAX_SHOWN {
            deciders.push(decider);
        }
    }

    fn add_causes(&mut self, causes: Vec<Cause>) {
        for cause in causes {
            if self.causes.len() < MAX_SHOWN && !self.causes.contains(&cause) {
                self.causes.push(cause);
            }
        }
    }

    /// Adds what a chain can decide; deciders stay sure only when the jump is.
    fn merge(&mut self, chain: &Results, sure: bool) {
        for (outcome, deciders) in &chain.outcomes {
            self.outcomes.entry(*outcome).or_default();
            for decider in deciders {
                self.add(*outcome, Decider { sure: decider.sure && sure, ..decider.clone() });
            }
        }
        self.add_causes(chain.causes.clone());
    }
}

/// Whether lists filter or translate: an unread line means something else in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Filter,
    Translate,
}

/// The results of a binding: its lists in order as if they were one, then its default.
pub(super) fn binding(
    judge: &mut Judge<'_>,
    binding: &Binding,
    purpose: Purpose,
) -> Result<Results, Cut> {
    let mut walker = Walker { judge, purpose, done: BTreeMap::new() };
    let mut results = Results { falls: true, ..Results::default() };
    for list in &binding.lists {
        let next = walker.list(*list)?;
        results.merge(&next, true);
        results.falls = next.falls;
        if !next.falls {
            return Ok(results);
        }
    }
    if results.falls {
        let label = binding.default_label.clone();
        let decider = Decider { span: binding.span, label, sure: true };
        for outcome in outcomes_of_default(binding.default) {
            results.add(outcome, decider.clone());
        }
        results.falls = false;
    }
    Ok(results)
}

/// A default is `Permit` or `Deny`; anything else would be a reader's error and is read as either.
pub(super) fn outcomes_of_default(action: Action) -> Vec<Outcome> {
    match action {
        Action::Permit => vec![Outcome::Permit],
        Action::Deny => vec![Outcome::Deny],
        _ => vec![Outcome::Permit, Outcome::Deny],
    }
}

/// Walks lists with an explicit stack, so that a long chain of jumps cannot overflow the program's own.
struct Walker<'j, 'a> {
    judge: &'j mut Judge<'a>,
    purpose: Purpose,
    /// Results of lists that were walked to the end for this packet.
    done: BTreeMap<ListId, Results>,
}

/// A list that is being walked: the position of the next line, and what is possible so far.
struct Frame {
    list: ListId,
    next: usize,
    results: Results,
}

/// What the walk does after a line.
enum Step {
    /// Goes to the next line.
    On,
    /// Leaves the list.
    Leave,
    /// Walks this list first, and comes back to the same line.
    Enter(ListId),
}

impl Walker<'_, '_> {
    fn list(&mut self, list: ListId) -> Result<Results, Cut> {
        let fresh = |list| Frame { list, next: 0, results: Results::default() };
        let mut frames = vec![fresh(list)];
        let mut entered = BTreeSet::from([list]);
        let mut finished = Results::default();
        while let Some(mut frame) = frames.pop() {
            let lines = &self.judge.view().device.lists[frame.list].lines;
            let Some(line) = lines.get(frame.next) else {
                frame.results.falls = true;
                entered.remove(&frame.list);
                finished = frame.results;
                self.done.insert(frame.list, finished.clone());
                continue;
            };
            match self.line(line, &mut frame.results, &entered)? {
                Step::On => {
                    frame.next += 1;
                    frames.push(frame);
                }
                Step::Enter(list) => {
                    entered.insert(list);
                    frames.push(frame);
                    frames.push(fresh(list));
                }
                Step::Leave => {
                    entered.remove(&frame.list);
                    finished = frame.results;
                    self.done.insert(frame.list, finished.clone());
                }
            }
        }
        Ok(finished)
    }

    fn line(
        &mut self,
        line: &Line,
        results: &mut Results,
        entered: &BTreeSet<ListId>,
    ) -> Result<Step, Cut> {
        let matched = self.judge.line(line, self.purpose == Purpose::Translate);
        let sure = match matched.truth {
            Truth::No => return Ok(Step::On),
            Truth::Mixed(cut) => return Err(cut),
            Truth::Maybe => false,
            Truth::Yes => true,
        };
        if !sure {
            let mut causes = self.judge.reasons(&line.matches);
            if let (true, Some(schedule)) = (causes.is_empty(), &matched.schedule) {
                causes.push(schedule_cause(line, schedule));
            }
            results.add_causes(causes);
        }
        let label = match &matched.schedule {
            Some(schedule) => format!("{} (schedule {schedule})", line.label),
            None => line.label.clone(),
        };
        let decider = Decider { span: Some(line.span), label, sure };
        match line.action {
            Action::Permit => results.add(Outcome::Permit, decider),
            Action::Deny => results.add(Outcome::Deny, decider),
            Action::Rewrite(rewrite) => results.add(Outcome::Rewrite(rewrite), decider),
            Action::Undecided => self.undecided(line, results, &decider),
            Action::Return if sure => results.falls = true,
            Action::Return => {
                // Whether the rest of the list is met is not known: read as a line that may do anything.
                self.undecided(line, results, &decider);
                results.falls = true;
                return Ok(Step::On);
            }
            Action::Jump(list) if entered.contains(&list) => {
                // A chain that jumps back into itself: no device accepts it, so everything is possible.
                self.undecided(line, results, &decider);
                results.falls = true;
                return Ok(Step::On);
            }
            Action::Jump(list) => {
                let Some(chain) = self.done.get(&list) else { return Ok(Step::Enter(list)) };
                results.merge(chain, sure);
                return Ok(if sure && !chain.falls { Step::Leave } else { Step::On });
            }
        }
        Ok(if sure { Step::Leave } else { Step::On })
    }

    fn undecided(&self, line: &Line, results: &mut Results, decider: &Decider) {
        let unsure = Decider { sure: false, ..decider.clone() };
        results.add(Outcome::Permit, unsure.clone());
        results.add(Outcome::Deny, unsure.clone());
        if self.purpose == Purpose::Translate {
            results.add(Outcome::Garbled, unsure);
        }
        let label = &line.label;
        results.add_causes(vec![Cause {
            span: Some(line.span),
            reason: crate::text!(
                "「{label}」は解釈できない行であり、許可か遮断か分かりません。",
                "{label} was not understood: it may permit or deny"
            ),
        }]);
    }
}

fn schedule_cause(line: &Line, schedule: &str) -> Cause {
    let label = &line.label;
    Cause {
        span: Some(line.span),
        reason: crate::text!(
            "「{label}」はスケジュール「{schedule}」の時間帯にだけ有効です。",
            "{label} applies only within schedule {schedule}"
        ),
    }
}
