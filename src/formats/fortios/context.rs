//! One VDOM: settings, names, policies, translation and the pipeline that joins them.

use super::core::{Reader, Scope, Words};
use super::entry::Fields;
use super::interface::{Facts, has_family};
use super::management::Global;
use super::policy::{CONSOLIDATED, Dialect, Mode, POLICY, POLICY6, PolicyLine, SECURITY};
use super::zone::Intrazone;
use super::{
    address, hurdles, local_in, policy, route, schedule, sdwan, service, snat, vip, vip_lines, vpn,
    zone,
};
use crate::model::{
    Action, Binding, ContextId, DynamicRouting, Filter, Interface, InterfaceAddress, InterfaceId,
    Interfaces, Line, ListId, Match, NextHop, RuleList, ServiceSet, Stage, TcpFlags, Translate,
};
use crate::net::{Family, PortRange, Prefix, TCP_ACK};
use crate::source::Span;
use crate::text;

/// What `config system settings` says that matters.
pub(super) struct Settings {
    /// Translation apart from policies.
    central: bool,
    /// Policy-based NGFW mode.
    by_application: Option<Span>,
    /// Asymmetric routing: TCP packets without a connection pass.
    asymmetric: Option<Span>,
    /// The same for ICMP.
    asymmetric_icmp: Option<Span>,
    /// Policy-based NGFW mode lets DNS through by itself.
    dns: Option<Span>,
    /// Only the consolidated policies of 6.2 count.
    consolidated: bool,
    /// The VDOM is switched off.
    off: Option<Span>,
}

/// Reads everything of a VDOM.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    facts: &[Facts<'a>],
    global: &Global<'a>,
) {
    let Some(context) = scope.context else { return };
    let settings = settings(reader, scope, context);
    vpn::interfaces(reader, scope, context);
    let mut intrazone = zone::read(reader, scope, context);
    intrazone.retain(|(members, _)| !members.is_empty());
    let sdwan = sdwan::read(reader, scope, context);
    address::read(reader, scope);
    service::read(reader, scope);
    schedule::read(reader, scope);
    let mut vips = vip::read(reader, scope, context);
    let pools = snat::pools(reader, scope);
    let mode = Mode {
        context,
        central: settings.central || settings.by_application.is_some(),
        has_vips: !vips.lines.is_empty(),
        by_application: false,
    };
    let head = scope.blocks.get(POLICY.path).and_then(|blocks| blocks.first()).map(|b| b.head());
    let mut policies = policies(reader, scope, &settings, mode);
    if !mode.central {
        vips.unnamed(&policies);
        vip_lines::outer_denies(reader, &vips, &mut policies);
    }
    vip_lines::turn_back(&mut vips, &mut policies);
    let central = snat::central(reader, scope, &pools, mode);
    let others = if mode.central { central } else { snat::by_policy(reader, &pools, &policies) };
    let mut translation = vips.outbound(reader, mode.central || !others.is_empty());
    translation.extend(others);
    let early = acl(reader, scope, mode);
    let selectors = vpn::selectors(reader, scope, context);
    route::read(reader, scope, context, facts, &sdwan);
    vpn::pools(reader, scope, context);
    sdwan::rules(reader, scope, context, &sdwan);
    local_in::read(reader, scope, mode, facts, global);
    proxies(reader, scope);
    wires(reader, scope, context);
    hairpins(reader, context, global);
    hurdles::families(reader, scope, context);
    let mut hurdles = hurdles::lines(reader, scope, context, facts);
    hurdles.extend(settings.off.map(|span| switched_off(reader, span)));
    let filter = filter(reader, &settings, hurdles, policies, &intrazone, head);
    let mut pipeline = Vec::new();
    if !early.is_empty() {
        pipeline.push(Stage::Filter(early_filter(reader, early)));
    }
    pipeline.push(translate(reader, "virtual IP", vips.lines));
    pipeline.push(Stage::Route);
    pipeline.push(Stage::Filter(filter));
    pipeline.push(translate(reader, "source NAT", translation));
    pipeline.extend(selectors.map(Stage::Filter));
    reader.device.contexts[context].pipeline = pipeline;
}

const SETTINGS_READ: &[&str] = &[
    "central-nat",
    "opmode",
    "ngfw-mode",
    "asymroute",
    "asymroute6",
    "tcp-session-without-syn",
    "vdom-type",
    "asymroute-icmp",
    "asymroute6-icmp",
    "implicit-allow-dns",
    "consolidated-firewall-mode",
    "status",
];

/// Every other setting of `config system settings` concerns the GUI, inspection or timers; a new one is most likely such, too.
fn settings<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
) -> Settings {
    let blocks = scope.take("system settings");
    let words = Words::new(SETTINGS_READ, &[]);
    for statement in reader.account_all(&blocks, &words) {
        reader.irrelevant(statement.span());
    }
    let fields = Fields::of(&blocks);
    if let Some(span) = fields.span("opmode").filter(|_| fields.is("opmode", "transparent")) {
        let reason = text!(
            "トランスペアレントモードは経路を持たないため、どの隣接機器へも転送し得るものとして扱います。",
            "transparent mode has no routes; packets are read as possibly going to any neighbour"
        );
        reader.ledger.unsupported(span, reason);
        let protocol = "transparent".to_owned();
        reader.device.contexts[context].dynamic_routing.push(DynamicRouting { protocol, span });
    }
    let by_application =
        fields.span("ngfw-mode").filter(|_| fields.is("ngfw-mode", "policy-based"));
    if let Some(span) = by_application {
        let reason = text!(
            "ポリシーベースの NGFW モードはアプリケーションで判定するため、拒否を当てにせず、許可は不明とします。",
            "policy-based NGFW mode decides by application: denies are not counted on, permits are uncertain"
        );
        reader.ledger.unsupported(span, reason);
    }
    let on = |key: &str| fields.span(key).filter(|_| fields.on(key));
    let asymmetric =
        on("asymroute").or_else(|| on("asymroute6")).or_else(|| on("tcp-session-without-syn"));
    if let Some(span) = asymmetric {
        let reason = text!(
            "非対称ルーティングなどの設定により、接続のない TCP パケットが検査されずに通り得ます。",
            "asymmetric routing or the like is on: TCP packets without a connection may pass unchecked"
        );
        reader.ledger.unsupported(span, reason);
    }
    Settings {
        central: fields.on("central-nat"),
        by_application,
        asymmetric,
        asymmetric_icmp: on("asymroute-icmp").or_else(|| on("asymroute6-icmp")),
        dns: on("implicit-allow-dns").filter(|_| by_application.is_some()),
        consolidated: fields.on("consolidated-firewall-mode"),
        off: fields.span("status").filter(|_| fields.is("status", "disable")),
    }
}

/// The lines of every policy table, in the order in which the device consults them.
fn policies<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    settings: &Settings,
    mode: Mode,
) -> Vec<PolicyLine<'a>> {
    if settings.by_application.is_some() {
        // Firewall policies only choose inspection here; the security policies decide.
        for dialect in [&POLICY, &POLICY6, &CONSOLIDATED] {
            for block in scope.take(dialect.path) {
                reader.irrelevant(block.span());
            }
        }
        return policy::read(reader, scope, &SECURITY, Mode { by_application: true, ..mode });
    }
    let mut tables: Vec<&Dialect> = vec![&POLICY, &CONSOLIDATED, &POLICY6];
    let mut idle = scope.take(SECURITY.path);
    if settings.consolidated {
        tables = vec![&CONSOLIDATED];
        idle.extend([POLICY.path, POLICY6.path].iter().flat_map(|path| scope.take(path)));
    }
    for block in idle {
        reader.irrelevant(block.span());
    }
    for path in ["firewall policy46", "firewall policy64"] {
        for block in scope.take(path) {
            if block.is_leaf() {
                reader.irrelevant(block.span());
                continue;
            }
            let reason = text!(
                "アドレスファミリーをまたぐポリシーは扱えません。",
                "policies that translate between address families are not modelled"
            );
            reader.ledger.unknown(block.span(), reason, false);
        }
    }
    tables.into_iter().flat_map(|dialect| policy::read(reader, scope, dialect, mode)).collect()
}

fn list(reader: &mut Reader<'_>, name: &str, lines: Vec<Line>) -> ListId {
    reader.device.lists.push(RuleList { name: name.to_owned(), lines })
}

fn everywhere(lists: Vec<ListId>, default: Action, label: &str, span: Option<Span>) -> Binding {
    Binding {
        ingress: Interfaces::Any,
        egress: Interfaces::Any,
        lists,
        default,
        default_label: label.to_owned(),
        span,
    }
}

fn translate(reader: &mut Reader<'_>, name: &'static str, lines: Vec<Line>) -> Stage {
    let bindings = if lines.is_empty() {
        Vec::new()
    } else {
        let list = list(reader, name, lines);
        vec![everywhere(vec![list], Action::Permit, "no translation", None)]
    };
    Stage::Translate(Translate { name, bindings })
}

fn filter(
    reader: &mut Reader<'_>,
    settings: &Settings,
    hurdles: Vec<Line>,
    policies: Vec<PolicyLine<'_>>,
    intrazone: &Intrazone,
    head: Option<Span>,
) -> Filter {
    let mut lines: Vec<Line> = Vec::with_capacity(policies.len() + hurdles.len());
    lines.extend(hurdles);
    lines.extend(passers(reader, settings));
    lines.extend(policies.into_iter().map(|policy| policy.line));
    let list = list(reader, "firewall policy", lines);
    let mut bindings = zone::bindings(intrazone);
    bindings.push(everywhere(vec![list], Action::Deny, "implicit deny (policy 0)", head));
    Filter {
        name: "firewall policy",
        bindings,
        otherwise: Action::Deny,
        stateful: settings.asymmetric.is_none(),
    }
}

/// What may pass whatever the policies say: with asymmetric routing, TCP packets that carry ACK and ICMP without a
/// connection; DNS where policy-based NGFW mode allows it by itself.
fn passers(reader: &mut Reader<'_>, settings: &Settings) -> Vec<Line> {
    let (source, flags) = (PortRange::ALL, TcpFlags { mask: TCP_ACK, value: TCP_ACK });
    let ack = ServiceSet::Ports { protocol: 6, source, destination: PortRange::ALL, flags };
    let (destination, flags) = (PortRange::single(53), TcpFlags::ANY);
    let dns = |protocol| ServiceSet::Ports { protocol, source, destination, flags };
    let mut lines = Vec::new();
    for (label, span, sets) in [
        ("asymroute", settings.asymmetric, vec![ack]),
        (
            "asymroute-icmp",
            settings.asymmetric_icmp,
            vec![ServiceSet::Protocol(1), ServiceSet::Protocol(58)],
        ),
        ("implicit-allow-dns", settings.dns, vec![dns(17), dns(6)]),
    ] {
        let Some(span) = span else { continue };
        let any = reader.constant("any");
        let service = local_in::union(reader, sets, span);
        lines.push(Line {
            label: label.to_owned(),
            matches: Match::between(any, any, service),
            action: Action::Undecided,
            enabled: true,
            log: None,
            comment: None,
            span,
        });
    }
    lines
}

fn switched_off(reader: &mut Reader<'_>, span: Span) -> Line {
    let reason = text!(
        "この VDOM は無効（status disable）です。通信を止めるものとして数えませんが、通るものとしても数えません。",
        "this VDOM is switched off (`status disable`); nothing is counted on to pass it, nor to be stopped by that"
    );
    hurdles::perhaps(reader, "vdom status", Interfaces::Any, reason, span)
}

/// `config firewall acl`: what interfaces drop before anything else looks at it.
fn acl<'a>(reader: &mut Reader<'a>, scope: &mut Scope<'_, 'a>, mode: Mode) -> Vec<Line> {
    let words = Words::new(
        &["interface", "srcaddr", "dstaddr", "service", "status", "comments", "name"],
        &["uuid", "fragment"],
    );
    let mut lines = Vec::new();
    for (path, family) in [("firewall acl", Family::V4), ("firewall acl6", Family::V6)] {
        let blocks = scope.take(path);
        for entry in reader.plain_entries(&blocks) {
            let strange = reader.account(&entry, &words);
            reader.contained(&strange, &entry.name);
            let fields = entry.fields();
            let span = entry.span().unwrap_or(reader.origin);
            let mut unknown = Vec::new();
            let ingress =
                policy::bind(reader, scope, mode.context, &fields, "interface", span, &mut unknown);
            unknown.extend(strange.iter().map(|s| zone::missing("interface", s.span())));
            let source = address::resolve_all(reader, scope, &fields.values("srcaddr"), family);
            let destination =
                address::resolve_all(reader, scope, &fields.values("dstaddr"), family);
            let service = service::resolve_all(reader, scope, &fields.values("service"));
            // A drop with a part missing is not counted on, so it is left out.
            let (Some(source), Some(destination), Some(service)) = (source, destination, service)
            else {
                continue;
            };
            lines.push(Line {
                label: format!("acl {}", entry.name),
                matches: Match { ingress, unknown, ..Match::between(source, destination, service) },
                action: Action::Deny,
                enabled: !fields.is("status", "disable"),
                log: None,
                comment: fields.text("comments").map(std::borrow::Cow::into_owned),
                span,
            });
        }
    }
    lines
}

fn early_filter(reader: &mut Reader<'_>, lines: Vec<Line>) -> Filter {
    let list = list(reader, "firewall acl", lines);
    Filter {
        name: "firewall acl",
        bindings: vec![everywhere(vec![list], Action::Permit, "no acl matches", None)],
        otherwise: Action::Permit,
        stateful: false,
    }
}

/// Pairs of interfaces that are bridged: what comes in by one leaves by the other, without a route.
fn wires(reader: &mut Reader<'_>, scope: &mut Scope<'_, '_>, context: ContextId) {
    for block in scope.take("system virtual-wire-pair") {
        if block.is_leaf() {
            reader.irrelevant(block.span());
            continue;
        }
        let reason = text!(
            "仮想ワイヤーペアは経路を使わずに転送するため、どの隣接機器へも転送し得るものとして扱います。",
            "a virtual wire pair forwards without routes; read as possibly going to any neighbour"
        );
        reader.ledger.unsupported(block.span(), reason);
        let (protocol, span) = ("virtual-wire-pair".to_owned(), block.head());
        reader.device.contexts[context].dynamic_routing.push(DynamicRouting { protocol, span });
    }
}

/// Explicit proxies and ZTNA relay connections on their own; that is no forwarded packet, and it is said.
fn proxies(reader: &mut Reader<'_>, scope: &mut Scope<'_, '_>) {
    for path in [
        "firewall proxy-policy",
        "firewall explicit-proxy-policy",
        "firewall access-proxy",
        "firewall access-proxy6",
    ] {
        for block in scope.take(path) {
            if block.is_leaf() {
                reader.irrelevant(block.span());
                continue;
            }
            let reason = text!(
                "明示プロキシ／ZTNA は機器自身が通信を中継します。パケットの転送ではないため、到達可能性には含めていません。",
                "explicit proxy and ZTNA relay connections themselves; this is no forwarding and not part of reachability"
            );
            reader.ledger.unsupported(block.span(), reason);
        }
    }
}

/// Where packets can leave by the interface they came in by without a policy: interfaces with several subnets or a gateway.
fn hairpins(reader: &mut Reader<'_>, context: ContextId, global: &Global<'_>) {
    let here = &reader.device.contexts[context];
    let dynamic = !here.dynamic_routing.is_empty();
    let mut beyond: std::collections::BTreeSet<usize> = std::collections::BTreeSet::new();
    for route in &here.routes {
        if let NextHop::Gateway { address, interface } = route.next_hop {
            let near = |own: &InterfaceAddress| {
                Prefix::new(own.address, own.len).is_some_and(|prefix| prefix.contains(address))
            };
            let holds = |(_, port): &(InterfaceId, &Interface)| {
                port.context == context && port.addresses.iter().any(near)
            };
            let holder = || reader.device.interfaces.iter().find(holds).map(|(id, _)| id);
            beyond.extend(interface.or_else(holder).map(|id| id.index()));
        }
    }
    for (id, interface) in reader.device.interfaces.iter_mut() {
        if interface.context != context || interface.addresses.is_empty() {
            continue;
        }
        let redirects =
            global.redirects || (global.redirects6 && has_family(interface, Family::V6));
        let subnets = [Family::V4, Family::V6].into_iter().any(|family| {
            interface.addresses.iter().filter(|a| Family::of(a.address) == family).count() > 1
        });
        let gateway = beyond.contains(&id.index());
        interface.hairpin_unfiltered = redirects && (subnets || gateway || dynamic);
    }
}
