//! Conditions on the state of a connection.

use super::super::chains::Reader;
use super::super::rule::Condition;
use super::{Draft, Place};
use crate::model::Translated;
use crate::net::State;
use crate::text;
use crate::text::Text;

impl Reader<'_, '_> {
    /// States: `NEW`, `DNAT` and the like; one draft for each combination that the model can hold.
    pub(super) fn states(
        &mut self,
        drafts: Vec<Draft>,
        words: &str,
        condition: &Condition,
        permits: bool,
        place: Place<'_>,
    ) -> Vec<Draft> {
        let words: Vec<String> = words.split(',').map(str::to_ascii_uppercase).collect();
        let has = |word: &str| words.iter().any(|one| one == word);
        let known = |word: &String| VIRTUAL.contains(&word.as_str()) || state(word).is_some();
        let negated = condition.negated;
        let mut reason = None;
        if !words.iter().all(known) {
            reason = Some(text!("状態を解釈できません。", "a connection state is not understood"));
        } else if place.table == "raw" || self.untracked.is_some() {
            reason = Some(untracked());
        }
        if let Some(reason) = reason {
            self.gap(condition.span, reason.clone());
            let mut drafts = drafts;
            drafts.iter_mut().for_each(|draft| draft.doubt(reason.clone(), condition.span));
            return drafts;
        }
        let plain: Vec<State> =
            State::ALL.into_iter().filter(|one| has(name_of(*one)) != negated).collect();
        let mut out = Vec::new();
        for draft in drafts {
            if !has("DNAT") && !has("SNAT") {
                out.push(limited(&draft, &plain));
                continue;
            }
            // What follows the first packet of a connection has the marks of the connection, which are not followed.
            let later: Vec<State> = if negated {
                plain.iter().copied().filter(|one| *one != State::New).collect()
            } else {
                State::ALL.into_iter().filter(|one| *one != State::New).collect()
            };
            let mut unsure = limited(&draft, &later);
            unsure.doubt(translated(), condition.span);
            if !negated {
                out.push(limited(&draft, &plain));
            }
            out.push(unsure);
            let new = plain.contains(&State::New);
            if has("DNAT") && new == negated {
                let mut first = limited(&draft, &[State::New]);
                first.matches.translated =
                    if negated { Translated::Untouched } else { Translated::Touched };
                // A translation to the address that the packet has already is none for the kernel.
                if !permits {
                    first.doubt(translated(), condition.span);
                }
                out.push(first);
            } else if negated && new {
                out.push(limited(&draft, &[State::New]));
            }
        }
        out
    }
}

/// States that are no state of a connection in the model.
const VIRTUAL: &[&str] = &["UNTRACKED", "SNAT", "DNAT"];

fn state(word: &str) -> Option<State> {
    State::ALL.into_iter().find(|state| name_of(*state) == word)
}

fn name_of(state: State) -> &'static str {
    match state {
        State::New => "NEW",
        State::Established => "ESTABLISHED",
        State::Related => "RELATED",
        State::Invalid => "INVALID",
    }
}

/// The draft for these states only.
fn limited(draft: &Draft, states: &[State]) -> Draft {
    let mut draft = draft.clone();
    let kept = match draft.matches.states.take() {
        Some(known) => known.into_iter().filter(|one| states.contains(one)).collect(),
        None => states.to_vec(),
    };
    draft.matches.states = if kept.len() == State::ALL.len() { None } else { Some(kept) };
    draft
}

pub(super) fn untracked() -> Text {
    text!(
        "接続追跡から外れるパケットがあり得るため、状態の条件は不確実とします。",
        "packets may be exempt from connection tracking: conditions on the state are uncertain"
    )
}

fn translated() -> Text {
    text!(
        "変換の有無による条件は、後続のパケットでは追いません。",
        "whether a connection is translated is not followed beyond its first packet"
    )
}
