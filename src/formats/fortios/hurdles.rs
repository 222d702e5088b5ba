//! What may stop packets before any policy sees them, and translation between families outside policies.

use super::core::{Reader, Scope};
use super::entry::Fields;
use super::interface::Facts;
use super::vpn;
use super::zone;
use crate::model::{
    Action, ContextId, DynamicRouting, Interfaces, Line, Match, ServiceSet, Unknown,
};
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// Lines that perhaps deny: users who have not logged in at a captive portal, hardware addresses that a list does not bind,
/// TTL policies. Nothing is counted on to be stopped by them, and nothing to pass in spite of them.
pub(super) fn lines<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
    facts: &[Facts<'a>],
) -> Vec<Line> {
    let mut lines = Vec::new();
    let settings = scope.take("firewall ipmacbinding setting");
    for block in &settings {
        reader.used(block.span());
    }
    let bound = Fields::of(&settings).on("bindthroughfw");
    for fact in facts {
        if reader.device.interfaces[fact.id].context != context {
            continue;
        }
        let here = || Interfaces::Of(vec![fact.id]);
        if let Some(span) = fact.portal {
            lines.push(perhaps(reader, "captive portal", here(), portal_reason(), span));
        }
        if let Some(span) = fact.bound.filter(|_| bound) {
            lines.push(perhaps(reader, "IP/MAC binding", here(), bound_reason(), span));
        }
    }
    for (name, fields, span) in vpn::whole(reader, scope, "firewall ttl-policy") {
        if fields.is("status", "disable") || fields.is("action", "accept") {
            continue;
        }
        let words = fields.values("srcintf");
        let (ingress, _) = zone::resolve(reader, scope, context, &words);
        let ingress = if words.is_empty() { Interfaces::Any } else { ingress };
        lines.push(perhaps(reader, &format!("ttl-policy {name}"), ingress, ttl_reason(), span));
    }
    lines
}

/// A line that perhaps stops everything that comes in by `ingress`.
pub(super) fn perhaps(
    reader: &mut Reader<'_>,
    label: &str,
    ingress: Interfaces,
    reason: Text,
    span: Span,
) -> Line {
    let any = reader.constant("any");
    Line {
        label: label.to_owned(),
        matches: Match {
            ingress,
            unknown: vec![Unknown { reason, span }],
            ..Match::between(any, any, reader.device.literal_service(ServiceSet::Any, span))
        },
        action: Action::Deny,
        enabled: true,
        log: None,
        comment: None,
        span,
    }
}

fn portal_reason() -> Text {
    text!(
        "このインターフェースでは、キャプティブポータルで認証されるまで通信が止められます。認証済みかどうかは設定だけでは決まりません。",
        "until users log in at the captive portal of this interface, nothing passes; whether they have is not in the configuration"
    )
}

fn bound_reason() -> Text {
    text!(
        "IP/MAC バインディングの対象外の端末の通信は止められることがあります。",
        "hosts that IP/MAC binding does not know may be stopped"
    )
}

fn ttl_reason() -> Text {
    text!(
        "TTL の値は条件に含めていないため、この TTL ポリシーで止められるかは不明です。",
        "TTL is not part of a packet here, so whether this TTL policy stops it is not known"
    )
}

/// NAT64 and VNE tunnels (MAP-E, DS-Lite), when they are on.
pub(super) fn families(reader: &mut Reader<'_>, scope: &mut Scope<'_, '_>, context: ContextId) {
    for path in ["system nat64", "system vne-tunnel"] {
        let blocks = scope.take(path);
        let fields = Fields::of(&blocks);
        for block in &blocks {
            reader.irrelevant(block.span());
        }
        let Some(span) = fields.span("status").filter(|_| fields.on("status")) else { continue };
        let reason = if path == "system nat64" {
            text!(
                "NAT64 の変換は扱いません。変換を伴うポリシーは、そのポリシーの行で示します。",
                "NAT64 is not modelled; policies that use it are named where they stand"
            )
        } else {
            text!(
                "VNE トンネル（MAP-E、DS-Lite など）が得る経路は設定にないため、どの隣接機器へも転送し得るものとして扱います。",
                "the routes of a VNE tunnel (MAP-E, DS-Lite) are not in the configuration; read as possibly going to any neighbour"
            )
        };
        reader.ledger.unsupported(span, reason);
        if path == "system vne-tunnel" {
            let protocol = "vne".to_owned();
            reader.device.contexts[context].dynamic_routing.push(DynamicRouting { protocol, span });
        }
    }
}
