//! Conditions on membership in a set.

use super::super::chains::{Hook, Reader};
use super::super::rule::{Condition, Rule, Side};
use super::super::sets::{Member, Unresolved};
use super::{Draft, Place};
use crate::model::AddressId;
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// So many alternatives may all rules together have because of sets.
const EXPANSIONS: usize = 200_000;

impl Reader<'_, '_> {
    pub(super) fn set(
        &mut self,
        drafts: Vec<Draft>,
        name: &str,
        directions: &str,
        condition: &Condition,
        rule: &Rule,
        place: Place<'_>,
    ) -> Vec<Draft> {
        let (negated, span) = (condition.negated, condition.span);
        let members = match self.sets.members(&mut self.builder, name, directions) {
            Ok(members) => members,
            Err(unresolved) => {
                let reason = match unresolved {
                    Unresolved::Unknown(reason) => reason,
                    Unresolved::Undefined => {
                        if self.undefined.insert(name.to_owned()) {
                            self.builder.undefined("ipset", name, span);
                        }
                        text!(
                            "集合「{name}」の中身がありません。",
                            "the members of the set `{name}` were not given"
                        )
                    }
                };
                return self.doubted(drafts, reason, rule, span);
            }
        };
        self.expanded = self.expanded.saturating_add(drafts.len().saturating_mul(members.len()));
        if members.len() > 1 && self.expanded > EXPANSIONS {
            let reason = text!(
                "集合の組み合わせが多すぎるため、一致するともしないとも読みます。",
                "sets of combinations are used too often: the rule may match or not"
            );
            return self.doubted(drafts, reason, rule, span);
        }
        if !negated {
            let mut out = Vec::new();
            for draft in &drafts {
                for member in &members {
                    out.push(self.member(draft.clone(), member, span, place));
                }
            }
            return out;
        }
        match members.as_slice() {
            [] => drafts,
            [
                Member {
                    source: Some(id),
                    destination: None,
                    service: None,
                    ingress: None,
                    egress: None,
                    unknown: None,
                },
            ] => self.without(drafts, Side::Source, *id, span),
            [
                Member {
                    source: None,
                    destination: Some(id),
                    service: None,
                    ingress: None,
                    egress: None,
                    unknown: None,
                },
            ] => self.without(drafts, Side::Destination, *id, span),
            _ => {
                let reason = text!(
                    "集合「{name}」の否定は、一致するともしないとも読みます。",
                    "the negation of the set `{name}` may match or not"
                );
                self.doubted(drafts, reason, rule, span)
            }
        }
    }

    pub(super) fn doubted(
        &mut self,
        mut drafts: Vec<Draft>,
        reason: Text,
        rule: &Rule,
        span: Span,
    ) -> Vec<Draft> {
        self.gap(rule.span, reason.clone());
        drafts.iter_mut().for_each(|draft| draft.doubt(reason.clone(), span));
        drafts
    }

    pub(super) fn without(
        &mut self,
        mut drafts: Vec<Draft>,
        side: Side,
        id: AddressId,
        span: Span,
    ) -> Vec<Draft> {
        drafts.iter_mut().for_each(|draft| self.narrow(draft, side, id, true, span));
        drafts
    }

    pub(super) fn member(
        &mut self,
        mut draft: Draft,
        member: &Member,
        span: Span,
        place: Place<'_>,
    ) -> Draft {
        if let Some(id) = member.source {
            self.narrow(&mut draft, Side::Source, id, false, span);
        }
        if let Some(id) = member.destination {
            self.narrow(&mut draft, Side::Destination, id, false, span);
        }
        draft.services.extend(member.service);
        if let Some(name) = &member.ingress {
            let known = matches!(place.hook, Hook::Prerouting | Hook::Input | Hook::Forward);
            self.interface(&mut draft, name, (known, true), false, span);
        }
        if let Some(name) = &member.egress {
            let known = matches!(place.hook, Hook::Forward | Hook::Postrouting);
            self.interface(&mut draft, name, (known, false), false, span);
        }
        if let Some(reason) = &member.unknown {
            draft.doubt(reason.clone(), span);
        }
        draft
    }
}
