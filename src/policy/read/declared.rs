//! What the organisation declares: flows, facts, the register of external connections, and waivers.

use super::parties::Side;
use super::verb::{needed, service_list};
use super::words::{date, word, words};
use crate::policy::{DeclaredFlow, ExternalConnection, Fact, Waiver};
use crate::source::Spanned;
use crate::source::yaml::{Fields, Node, Problems};

/// A declared flow with the place of its identifier, and whether it must work.
pub(super) fn flow(
    node: &Node,
    problems: &mut Problems,
) -> Option<(Spanned<String>, DeclaredFlow, bool)> {
    let mut fields = Fields::open(node, problems)?;
    let id = fields.need("id", problems).and_then(|node| node.text(problems));
    let permit = fields.text("as", problems);
    let from = needed(&mut fields, "from", Side::From, problems);
    let to = needed(&mut fields, "to", Side::To, problems);
    let services = service_list(&mut fields, problems);
    let both_ways = fields.flag("both-ways", problems);
    let required = fields.flag("required", problems);
    let document = word(&mut fields, "document", problems);
    let since = date(&mut fields, "valid-from", problems);
    let until = date(&mut fields, "until", problems);
    fields.close(problems);
    let id = id?;
    let flow = DeclaredFlow {
        id: id.value.clone(),
        permit,
        from,
        to,
        services,
        both_ways,
        document,
        since,
        until,
        span: node.span,
    };
    Some((id, flow, required))
}

pub(super) fn fact(node: &Node, problems: &mut Problems) -> Option<Fact> {
    let mut fields = Fields::open(node, problems)?;
    let of = fields.need("of", problems).and_then(|node| node.text(problems));
    let name = fields.need("fact", problems).and_then(|node| node.text(problems));
    let value = fields.need("value", problems).and_then(|node| node.text(problems));
    let evidence = word(&mut fields, "evidence", problems);
    let confirmed = date(&mut fields, "confirmed", problems);
    let review = date(&mut fields, "review", problems);
    fields.close(problems);
    Some(Fact {
        of: of?,
        name: name?.value,
        value: value?.value,
        evidence,
        confirmed,
        review,
        span: node.span,
    })
}

pub(super) fn connection(node: &Node, problems: &mut Problems) -> Option<ExternalConnection> {
    let mut fields = Fields::open(node, problems)?;
    let at = fields.need("at", problems).and_then(|node| node.text(problems));
    let to = word(&mut fields, "to", problems);
    let purpose = word(&mut fields, "purpose", problems);
    let approved_by = words(&mut fields, "approved-by", problems);
    let approved = date(&mut fields, "approved", problems);
    let contract = word(&mut fields, "contract", problems);
    let review = date(&mut fields, "review", problems);
    fields.close(problems);
    Some(ExternalConnection {
        at: at?,
        to,
        purpose,
        approved_by,
        approved,
        contract,
        review,
        span: node.span,
    })
}

/// A waiver with the place of the rule's name.
pub(super) fn waiver(node: &Node, problems: &mut Problems) -> Option<(Spanned<String>, Waiver)> {
    let mut fields = Fields::open(node, problems)?;
    let id = word(&mut fields, "id", problems);
    let rule = fields.need("rule", problems).and_then(|node| node.text(problems));
    let from = needed(&mut fields, "from", Side::From, problems);
    let to = needed(&mut fields, "to", Side::To, problems);
    let services = service_list(&mut fields, problems);
    let reason = word(&mut fields, "reason", problems).unwrap_or_default();
    if reason.trim().is_empty() {
        fields.need("reason", problems);
    }
    let requested_by = word(&mut fields, "requested-by", problems);
    let requested_role = word(&mut fields, "requested-role", problems);
    let approved_by = word(&mut fields, "approved-by", problems);
    let approved_role = word(&mut fields, "approved-role", problems);
    let document = word(&mut fields, "document", problems);
    let mut day = |key, problems: &mut Problems| date(&mut fields, key, problems);
    let (decided, review) = (day("decided", problems), day("review", problems));
    let until = day("until", problems);
    let (emergency, reported) = (day("emergency", problems), day("reported", problems));
    fields.close(problems);
    let rule = rule?;
    let waiver = Waiver {
        id,
        rule: rule.value.clone(),
        from,
        to,
        services,
        reason,
        requested_by,
        requested_role,
        approved_by,
        approved_role,
        emergency,
        reported,
        document,
        decided,
        review,
        until,
        span: node.span,
    };
    Some((rule, waiver))
}
