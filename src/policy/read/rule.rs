//! One policy rule.

use super::parties::{Side, parties};
use super::verb::{self, Demand, refuse_empty, service_list};
use super::words::{basis, both, severity, words};
use crate::policy::{Except, PolicyRule};
use crate::source::yaml::{Fields, Node, Problems};
use crate::source::{Problem, Spanned};

/// A rule with the place of its identifier.
pub(super) fn rule(node: &Node, problems: &mut Problems) -> Option<(Spanned<String>, PolicyRule)> {
    let mut fields = Fields::open(node, problems)?;
    let id = fields.need("id", problems).and_then(|node| node.text(problems));
    let title = fields.get("title").and_then(|node| both(node, problems));
    let demand = verb::verb(&mut fields, problems);
    let except = fields.list("except", problems);
    let except = except.iter().filter_map(|node| self::except(node, problems)).collect();
    let stepping_stones = fields.flag("stepping-stones", problems);
    let enforce_at = fields.texts("enforce-at", problems);
    let severity = severity(&mut fields, problems);
    let basis = fields.get("basis").and_then(|node| basis(node, problems));
    let requirements = words(&mut fields, "requirements", problems);
    let editions = fields.texts("editions", problems);
    if let Some(demand) = &demand {
        refuse_companions(&mut fields, demand, problems);
    }
    fields.close(problems);
    let (id, demand) = (id?, demand?);
    let rule = PolicyRule {
        id: id.value.clone(),
        title,
        pack: None,
        verb: demand.verb,
        from: demand.from,
        to: demand.to,
        services: demand.services,
        except,
        stepping_stones,
        enforce_at: enforce_at.into_iter().map(|name| (name.value, name.span)).collect(),
        severity,
        basis,
        requirements,
        editions,
        span: node.span,
    };
    Some((id, rule))
}

fn refuse_companions(fields: &mut Fields<'_>, demand: &Demand, problems: &mut Problems) {
    for (key, taken) in verb::companions(&demand.verb) {
        if !taken && fields.get(key).is_some() {
            let message = crate::text!(
                "「{key}」はこの動詞の規則には書けません。",
                "`{key}` does not go with this verb"
            );
            let help = crate::text!(
                "この項目を外すか、別の deny の規則を書いてください。",
                "remove it, or write a `deny` rule of its own"
            );
            problems.push(Problem::new(fields.place(key), message).help(help));
        }
    }
}

fn except(node: &Node, problems: &mut Problems) -> Option<Except> {
    let mut fields = Fields::open(node, problems)?;
    let mut side = |key, side, problems: &mut Problems| {
        fields.refuse_blank(key, problems);
        fields.get(key).map(|node| {
            refuse_empty(node, problems);
            parties(node, side, problems)
        })
    };
    let from = side("from", Side::From, problems);
    let to = side("to", Side::To, problems);
    let services = service_list(&mut fields, problems);
    if from.is_none() && to.is_none() && services.is_empty() {
        let message = crate::text!(
            "except に from・to・service のどれも書かれていないため、規則全体が除外されます。",
            "this `except` names no `from`, `to` or `service`, so it would except the whole rule"
        );
        problems.push(Problem::new(node.span, message));
    }
    fields.close(problems);
    let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
    Some(Except { from, to, services, span: node.span })
}
