//! Conditions and actions of policies beside interfaces and addresses.

use super::core::{Reader, Scope};
use super::entry::Fields;
use super::policy::{Mode, Nat};
use super::policy_words::{Narrowing, is_off};
use super::{schedule, service, zone};
use crate::model::{Action, DynamicRouting, ServiceId, ServiceSet, Unknown};
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// The service; an Internet service brings its own, which is not in the configuration.
pub(super) fn service_of<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    fields: &Fields<'_, 'a>,
    head: Span,
) -> ServiceId {
    let words = fields.values("service");
    if words.is_empty() && (fields.on("internet-service") || fields.on("internet-service6")) {
        return reader.device.literal_service(ServiceSet::Any, head);
    }
    let Some(service) = service::resolve_all(reader, scope, &words) else {
        let reason = zone::missing("service", head).reason;
        return reader.device.literal_service(ServiceSet::Unknown { reason }, head);
    };
    if !fields.on("service-negate") {
        return service;
    }
    let of = reader.device.literal_service(ServiceSet::Any, head);
    reader.device.literal_service(ServiceSet::Except { of, minus: service }, head)
}

/// The schedule or the expiry date; both at once is a schedule that cannot be read.
pub(super) fn schedule_of<'a>(
    reader: &mut Reader<'a>,
    scope: &Scope<'_, 'a>,
    fields: &Fields<'_, 'a>,
    unknown: &mut Vec<Unknown>,
) -> Option<crate::model::ScheduleId> {
    let words = fields.values("schedule");
    let named = words.first().map(|word| schedule::resolve(reader, scope, word));
    let (id, open) = named.unwrap_or((None, None));
    unknown.extend(open);
    let Some(span) = fields.span("policy-expiry").filter(|_| fields.on("policy-expiry")) else {
        return id;
    };
    let expiry = schedule::expiry(reader, &fields.values("policy-expiry-date"), span);
    match (id, expiry) {
        (None, Some(expiry)) => Some(expiry),
        (id, _) => {
            let reason = text!(
                "ポリシーの有効期限を評価できません。",
                "the expiry of the policy cannot be evaluated"
            );
            unknown.push(Unknown { reason, span });
            id
        }
    }
}

/// Users, tags and the like: whether they match is not in the configuration.
pub(super) fn narrow(narrowing: &Narrowing, fields: &Fields<'_, '_>, unknown: &mut Vec<Unknown>) {
    for (key, statement) in fields.iter() {
        let Some(off) = narrowing.off(key) else { continue };
        if !is_off(off, &statement.text(1)) {
            unknown.push(Unknown { reason: narrowing_reason(key), span: statement.span() });
        }
    }
    for nested in fields.nested.iter().filter(|nested| nested.text(0) == "identity-based-policy") {
        unknown.push(Unknown {
            reason: narrowing_reason("identity-based-policy"),
            span: nested.head(),
        });
    }
}

fn narrowing_reason(key: &str) -> Text {
    text!(
        "条件「{key}」が満たされるかは設定だけでは決まりません。",
        "whether the condition `{key}` is met is not in the configuration"
    )
}

pub(super) fn action_of(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    mode: Mode,
    head: Span,
    unknown: &mut Vec<Unknown>,
) -> (Action, Option<bool>) {
    if mode.by_application {
        let reason = text!(
            "ポリシーベースの NGFW モードでは、アプリケーションの判定が終わるまで通信が通ることがあります。",
            "in policy-based NGFW mode packets pass until the application is known"
        );
        unknown.push(Unknown { reason, span: head });
    }
    ways(reader, fields, mode);
    let span = fields.span("action").unwrap_or(head);
    if let Some(span) = fields.span("learning-mode").filter(|_| fields.on("learning-mode")) {
        unknown.push(Unknown { reason: narrowing_reason("learning-mode"), span });
        return (Action::Permit, None);
    }
    match fields.text("action").as_deref() {
        None | Some("deny") => (Action::Deny, None),
        Some("accept" | "learn") => (Action::Permit, None),
        Some("ssl-vpn") => {
            unknown.push(Unknown { reason: narrowing_reason("action ssl-vpn"), span });
            (Action::Permit, None)
        }
        Some("ipsec") => {
            let reason = text!(
                "action ipsec（ポリシーベース VPN）の通信はトンネルへ送られます。通るか不明なものとして扱います。",
                "packets of `action ipsec` go into a tunnel; read as perhaps permitted, to anywhere"
            );
            reader.ledger.unsupported(span, reason.clone());
            unknown.push(Unknown { reason, span });
            let protocol = "ipsec".to_owned();
            let context = &mut reader.device.contexts[mode.context];
            context.dynamic_routing.push(DynamicRouting { protocol, span });
            (Action::Permit, Some(!fields.is("inbound", "disable")))
        }
        Some(_) => {
            let reason = text!(
                "action の値を解釈できません。許可か拒否か不明なものとして扱います。",
                "the action is not understood; read as permit or deny"
            );
            reader.ledger.unknown(span, reason, true);
            (Action::Undecided, None)
        }
    }
}

/// What a policy opens or redirects beside its own packets, while it is on.
fn ways(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, mode: Mode) {
    if fields.is("status", "disable") {
        return;
    }
    for key in ["permit-any-host", "cgn-eif", "eif-check", "eif-learn"] {
        if let Some(span) = fields.span(key).filter(|_| fields.on(key)) {
            let reason = text!(
                "{key} が有効なため、外部のどのホストからも内側の変換元へ通信が届くことがあります。",
                "{key} is on: any host outside may reach the inner host whose source was translated"
            );
            reader.ledger.unknown(span, reason, false);
        }
    }
    let path = fields.span("auth-path").filter(|_| fields.on("auth-path"));
    let named = fields.text("identity-based-route").is_some_and(|name| !name.is_empty());
    for span in path.into_iter().chain(fields.span("identity-based-route").filter(|_| named)) {
        let protocol = "auth-path".to_owned();
        let context = &mut reader.device.contexts[mode.context];
        context.dynamic_routing.push(DynamicRouting { protocol, span });
    }
}

pub(super) fn nat_of<'a>(reader: &mut Reader<'a>, fields: &Fields<'_, 'a>, mode: Mode) -> Nat<'a> {
    for key in ["nat64", "nat46"] {
        if let Some(span) = fields.span(key).filter(|_| fields.on(key)) {
            let reason = text!(
                "{key} によるアドレスファミリーの変換は扱えません。",
                "{key}: translation between address families is not modelled"
            );
            reader.ledger.unknown(span, reason, false);
        }
    }
    match fields.span("nat") {
        Some(span) if fields.on("nat") && !mode.central => {
            let pooled = fields.on("ippool");
            let pools = |key| if pooled { fields.values(key) } else { Vec::new() };
            Nat::Translate {
                pools: if fields.get("poolname4").is_some() {
                    pools("poolname4")
                } else {
                    pools("poolname")
                },
                pools6: pools("poolname6"),
                keeps_port: fields.on("fixedport"),
                span,
            }
        }
        _ => Nat::Leave,
    }
}
