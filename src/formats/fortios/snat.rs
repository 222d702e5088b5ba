//! Source translation: what policies with `nat` do, or the central table.

use super::address;
use super::core::{Name, Reader, Scope, Words, undefined_reason};
use super::entry::Fields;
use super::policy::{Mode, Nat, PolicyLine, bind};
use super::service::range;
use super::vip::addresses;
use crate::formats::blocks::Word;
use crate::model::{
    Action, AddressId, AddressMap, Line, Match, PortMap, Rewrite, RewriteId, ServiceSet, TcpFlags,
    Unknown,
};
use crate::net::{AddressRange, Family, PortRange};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;

const POOL_READ: &[&str] =
    &["type", "startip", "endip", "source-startip", "source-endip", "startport", "endport"];
const POOL_IGNORED: &[&str] = &[
    "uuid",
    "comments",
    "color",
    "arp-reply",
    "arp-intf",
    "associated-interface",
    "block-size",
    "num-blocks-per-user",
    "pba-timeout",
    "permit-any-host",
    "port-per-user",
    "cgn-block-size",
    "cgn-client-endip",
    "cgn-client-startip",
    "cgn-client-ipv6shift",
    "cgn-fixedalloc",
    "cgn-overload",
    "cgn-port-end",
    "cgn-port-start",
    "cgn-spa",
    "nat64",
    "add-nat64-route",
    "nat46",
    "add-nat46-route",
    "subnet-broadcast-in-ippool",
    "utilization-alarm-clear",
    "utilization-alarm-raise",
    "privileged-port-use-pba",
    "tcp-session-quota",
    "udp-session-quota",
    "icmp-session-quota",
    "exclude-ip",
    "pba-interim-log",
    "source-prefix6",
    "client-prefix-length",
    "internal-prefix",
    "external-prefix",
];
/// Ports that a translated connection may leave from.
const EPHEMERAL: (u16, u16) = (1024, 65535);

/// A pool of outer addresses.
struct Pool {
    range: Option<AddressRange>,
    keeps_port: bool,
}

/// The pools of a VDOM.
pub(super) struct Pools<'a>(FxHashMap<Name<'a>, Pool>);

/// Reads the pools.
pub(super) fn pools<'a>(reader: &mut Reader<'a>, scope: &mut Scope<'_, 'a>) -> Pools<'a> {
    let words = Words::new(POOL_READ, POOL_IGNORED);
    let mut pools = FxHashMap::default();
    for (path, family) in [("firewall ippool", Family::V4), ("firewall ippool6", Family::V6)] {
        let blocks = scope.take(path);
        for entry in reader.plain_entries(&blocks) {
            let strange = reader.account(&entry, &words);
            reader.contained(&strange, &entry.name);
            let fields = entry.fields();
            if let Some(span) =
                fields.span("permit-any-host").filter(|_| fields.on("permit-any-host"))
            {
                let reason = text!(
                    "permit-any-host が有効なため、外部のどのホストからも内側の変換元へ通信が届くことがあります。",
                    "permit-any-host is on: any host outside may reach the inner host whose source was translated"
                );
                reader.ledger.unknown(span, reason, false);
            }
            let first = fields.text("startip").and_then(|text| addresses(&text, family));
            let last = fields.text("endip").and_then(|text| addresses(&text, family));
            let range = first
                .and_then(|first| AddressRange::new(first.first(), last.unwrap_or(first).last()));
            let range = range.filter(|_| strange.is_empty());
            let keeps_port = fields.is("type", "one-to-one");
            pools.insert(entry.name, Pool { range, keeps_port });
        }
    }
    Pools(pools)
}

impl<'a> Pools<'a> {
    /// The rewrite of a source: to these pools, or to the egress interface when there is none.
    fn rewrite(
        &self,
        reader: &mut Reader<'a>,
        label: &str,
        names: &[Word<'a>],
        keeps_port: bool,
        span: Span,
    ) -> RewriteId {
        let mut ranges = Vec::new();
        let mut keeps = keeps_port;
        let mut unclear = false;
        for word in names {
            match self.0.get(&word.text) {
                Some(pool) => {
                    keeps |= pool.keeps_port;
                    unclear |= pool.range.is_none();
                    ranges.extend(pool.range);
                }
                None => {
                    reader.undefined("ippool", &word.text, word.span);
                    unclear = true;
                }
            }
        }
        let source = match (unclear, names.is_empty()) {
            (true, _) => AddressMap::Unknown,
            (false, true) => AddressMap::EgressInterface,
            (false, false) => AddressMap::Pool(ranges),
        };
        let ports = PortRange::new(EPHEMERAL.0, EPHEMERAL.1).map(PortMap::Within);
        reader.device.rewrites.push(Rewrite {
            label: format!("{label} nat"),
            source: Some(source),
            source_port: ports.filter(|_| !keeps),
            span: Some(span),
            ..Rewrite::default()
        })
    }
}

/// The translation that policies ask for: their lines again, in their order, so that the policy that let a packet through
/// decides. Policies after the last one that translates are left out, because nothing changes after it.
pub(super) fn by_policy<'a>(
    reader: &mut Reader<'a>,
    pools: &Pools<'a>,
    policies: &[PolicyLine<'a>],
) -> Vec<Line> {
    let translates = |policy: &PolicyLine<'_>| policy.nat != Nat::Leave && policy.line.enabled;
    let Some(last) = policies.iter().rposition(translates) else { return Vec::new() };
    let mut lines = Vec::new();
    for policy in policies.iter().take(last + 1).filter(|policy| policy.line.enabled) {
        let Nat::Translate { pools: v4, pools6: v6, keeps_port, span } = &policy.nat else {
            lines.push(Line { action: leave(policy.line.action), ..policy.line.clone() });
            continue;
        };
        if policy.line.action != Action::Permit {
            lines.push(Line { action: leave(policy.line.action), ..policy.line.clone() });
            continue;
        }
        let label = policy.line.label.as_str();
        let parts: Vec<(AddressId, &Vec<Word<'a>>)> = match policy.sources {
            [Some(source), None] => vec![(source, v4)],
            [None, Some(source)] => vec![(source, v6)],
            [Some(source), Some(source6)] => vec![(source, v4), (source6, v6)],
            [None, None] => vec![(policy.line.matches.source, v4)],
        };
        for (source, names) in parts {
            let rewrite = pools.rewrite(reader, label, names, *keeps_port, *span);
            let matches = Match { source, ..policy.line.matches.clone() };
            lines.push(Line { matches, action: Action::Rewrite(rewrite), ..policy.line.clone() });
        }
    }
    lines
}

/// A packet that a policy stops never comes this far; it is left as it is so that no later line takes it.
fn leave(_action: Action) -> Action {
    Action::Permit
}

const CENTRAL_READ: &[&str] = &[
    "status",
    "srcintf",
    "dstintf",
    "orig-addr",
    "dst-addr",
    "orig-addr6",
    "dst-addr6",
    "nat",
    "nat-ippool",
    "nat-ippool6",
    "protocol",
    "orig-port",
    "nat-port",
    "dst-port",
    "type",
    "comments",
    "nat46",
    "nat64",
];
const CENTRAL_IGNORED: &[&str] = &["uuid", "port-preserve", "port-random"];

/// The central table; it has an order of its own.
pub(super) fn central<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    pools: &Pools<'a>,
    mode: Mode,
) -> Vec<Line> {
    let words = Words::new(CENTRAL_READ, CENTRAL_IGNORED);
    let mut lines = Vec::new();
    for path in ["firewall central-snat-map", "firewall central-nat"] {
        let blocks = scope.take(path);
        for entry in reader.plain_entries(&blocks) {
            let strange = reader.account(&entry, &words);
            reader.contained(&strange, &entry.name);
            let fields = entry.fields();
            let span = entry.span().unwrap_or(reader.origin);
            let label = format!("central-snat {}", entry.name);
            let mut line = central_line(reader, scope, pools, mode, &fields, label, span);
            for statement in strange {
                let reason = undefined_reason(&statement.text(0));
                line.matches.unknown.push(Unknown { reason, span: statement.span() });
            }
            lines.push(line);
        }
    }
    lines
}

fn central_line<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    pools: &Pools<'a>,
    mode: Mode,
    fields: &Fields<'_, 'a>,
    label: String,
    span: Span,
) -> Line {
    let mut unknown = Vec::new();
    let side = |reader: &mut Reader<'a>, scope: &mut Scope<'_, 'a>, keys: [&str; 2]| {
        let v4 = address::resolve_all(reader, scope, &fields.values(keys[0]), Family::V4);
        let v6 = address::resolve_all(reader, scope, &fields.values(keys[1]), Family::V6);
        let ids: Vec<AddressId> = [v4, v6].into_iter().flatten().collect();
        if ids.is_empty() { reader.constant("any") } else { reader.union(ids, span) }
    };
    let source = side(reader, scope, ["orig-addr", "orig-addr6"]);
    let destination = side(reader, scope, ["dst-addr", "dst-addr6"]);
    let mut interfaces = |reader: &mut Reader<'a>, key| {
        if fields.get(key).is_none() {
            return crate::model::Interfaces::Any;
        }
        bind(reader, scope, mode.context, fields, key, span, &mut unknown)
    };
    let ingress = interfaces(reader, "srcintf");
    let egress = interfaces(reader, "dstintf");
    for key in ["nat46", "nat64"] {
        if let Some(span) = fields.span(key).filter(|_| fields.on(key)) {
            let reason = text!(
                "{key} によるアドレスファミリーの変換は扱えません。",
                "{key}: translation between address families is not modelled"
            );
            reader.ledger.unknown(span, reason, false);
        }
    }
    let service = central_service(fields);
    let service = reader.device.literal_service(service, span);
    let action = if fields.is("nat", "disable") {
        Action::Permit
    } else {
        let mut names = fields.values("nat-ippool");
        names.extend(fields.values("nat-ippool6"));
        Action::Rewrite(pools.rewrite(reader, &label, &names, false, span))
    };
    Line {
        label,
        matches: Match { ingress, egress, unknown, ..Match::between(source, destination, service) },
        action,
        enabled: !fields.is("status", "disable"),
        log: None,
        comment: fields.text("comments").map(Name::into_owned),
        span,
    }
}

/// Protocol 0 is any; ports are compared for protocols that have them.
fn central_service(fields: &Fields<'_, '_>) -> ServiceSet {
    let ports = |key| match fields.text(key) {
        None => Some(PortRange::ALL),
        Some(text) if text == "0" => Some(PortRange::ALL),
        Some(text) => range(&text),
    };
    let (Some(source), Some(destination)) = (ports("orig-port"), ports("dst-port")) else {
        return ServiceSet::Unknown { reason: undefined_reason("orig-port") };
    };
    let everything = source == PortRange::ALL && destination == PortRange::ALL;
    match fields.number::<u8>("protocol").unwrap_or(0) {
        0 if everything => ServiceSet::Any,
        0 => ServiceSet::Unknown { reason: undefined_reason("protocol") },
        protocol if crate::net::flow::has_ports(protocol) => {
            ServiceSet::Ports { protocol, source, destination, flags: TcpFlags::ANY }
        }
        protocol => ServiceSet::Protocol(protocol),
    }
}
