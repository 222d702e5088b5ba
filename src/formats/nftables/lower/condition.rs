//! The conditions of a rule as they come together, and the lines that they become.

use super::{Lower, Place};
use crate::formats::builder::unknown;
use crate::model::{AddressId, Interfaces, Match, ServiceId, Translated, Unknown};
use crate::net::{Family, State};
use crate::text;

/// All conditions together, so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Cond {
    pub(super) ingress: Interfaces,
    pub(super) egress: Interfaces,
    family: Option<Family>,
    source: Option<AddressId>,
    destination: Option<AddressId>,
    service: Option<ServiceId>,
    states: Option<Vec<State>>,
    pub(super) translated: Translated,
    unknown: Vec<Unknown>,
    /// No packet meets the conditions.
    pub(super) never: bool,
}

impl Cond {
    pub(super) fn family(&mut self, family: Family) {
        self.never |= self.family.is_some_and(|own| own != family);
        self.family = Some(family);
    }

    pub(super) fn states(&mut self, states: &[State]) {
        let own = self.states.get_or_insert_with(|| State::ALL.to_vec());
        own.retain(|state| states.contains(state));
        self.never |= own.is_empty();
    }

    pub(super) fn doubt(&mut self, reason: Unknown) {
        if self.unknown.len() < 4 && !self.unknown.contains(&reason) {
            self.unknown.push(reason);
        }
    }

    pub(super) fn ingress(&mut self, interfaces: &Interfaces) {
        self.ingress = both(&self.ingress, interfaces);
    }

    pub(super) fn egress(&mut self, interfaces: &Interfaces) {
        self.egress = both(&self.egress, interfaces);
    }
}

/// The interfaces that meet both conditions.
fn both(a: &Interfaces, b: &Interfaces) -> Interfaces {
    match (a, b) {
        (Interfaces::Any, other) | (other, Interfaces::Any) => other.clone(),
        (Interfaces::Of(a), Interfaces::Of(b)) => {
            Interfaces::Of(a.iter().filter(|id| b.contains(id)).copied().collect())
        }
    }
}

impl Lower<'_> {
    pub(super) fn address(
        &mut self,
        cond: &mut Cond,
        source: bool,
        id: AddressId,
        place: Place<'_>,
    ) {
        let slot = if source { cond.source } else { cond.destination };
        let id = match slot {
            None => id,
            // What both hold: what is left of one when everything outside the other is taken away.
            Some(own) => {
                let any = self.builder.any_address(None, place.span);
                let outside = self.builder.except(any, id, place.span);
                self.builder.except(own, outside, place.span)
            }
        };
        *(if source { &mut cond.source } else { &mut cond.destination }) = Some(id);
    }

    pub(super) fn service(&mut self, cond: &mut Cond, id: ServiceId, place: Place<'_>) {
        cond.service = Some(match cond.service {
            None => id,
            Some(own) if own == id => own,
            Some(own) => self.builder.service_both(own, id, place.span),
        });
    }

    pub(super) fn protocol(&mut self, cond: &mut Cond, protocol: u8, place: Place<'_>) {
        let id = self.builder.protocol(protocol, place.span);
        self.service(cond, id, place);
    }

    /// A condition that the ruleset does not decide: the rule may match.
    pub(super) fn doubt(&mut self, cond: &mut Cond, words: &str, place: Place<'_>) {
        let reason = text!(
            "条件「{words}」はルールセットだけでは決まらないため、一致することもしないこともあるものとして読みます。",
            "`{words}` is not decided by the ruleset; the rule may match or not"
        );
        cond.doubt(unknown(reason.clone(), place.span));
        self.unsupported(place, reason);
    }

    pub(super) fn matches(&mut self, cond: &Cond, place: Place<'_>) -> Match {
        let mut matches = self.builder.everything(cond.family, place.span);
        matches.ingress = cond.ingress.clone();
        matches.egress = cond.egress.clone();
        matches.source = cond.source.unwrap_or(matches.source);
        matches.destination = cond.destination.unwrap_or(matches.destination);
        matches.service = cond.service.unwrap_or(matches.service);
        matches.states.clone_from(&cond.states);
        matches.translated = cond.translated.clone();
        matches.unknown.clone_from(&cond.unknown);
        matches
    }
}
