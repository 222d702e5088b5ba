//! What packets to the device itself meet: local-in policies, then the doors that its configuration opens.

use super::address;
use super::conditions::{narrow, schedule_of, service_of};
use super::core::{Reader, Scope, undefined_reason};
use super::entry::Fields;
use super::interface::Facts;
use super::management::{Global, Trusted};
use super::policy::{self, Mode, bind};
use super::policy_words::Narrowing;
use super::{vpn, zone};
use crate::formats::blocks::Word;
use crate::model::{
    Action, AddressId, AddressSet, Binding, DynamicRouting, Filter, InterfaceId, Interfaces, Line,
    Match, RuleList, ServiceId, ServiceSet, TcpFlags, Unknown,
};
use crate::net::{AddressRange, Family, PortRange};
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// Reads the local filters of a VDOM.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    mode: Mode,
    facts: &[Facts<'a>],
    global: &Global<'a>,
) {
    let mut policies = Vec::new();
    for (path, family) in
        [("firewall local-in-policy", Family::V4), ("firewall local-in-policy6", Family::V6)]
    {
        table(reader, scope, mode, path, family, &mut policies);
    }
    let mut doors = Doors { mode, lines: Vec::new() };
    doors.administration(reader, facts, global);
    doors.vpn(reader, scope);
    doors.services(reader, scope, facts, global);
    doors.others(reader, scope, facts);
    doors.routing(reader);
    let local = vec![
        filter(reader, "local-in policy", policies, Action::Permit, "no local-in policy"),
        filter(reader, "administrative access", doors.lines, Action::Deny, "not in allowaccess"),
    ];
    reader.device.contexts[mode.context].local = local;
}

fn filter(
    reader: &mut Reader<'_>,
    name: &'static str,
    lines: Vec<Line>,
    default: Action,
    label: &str,
) -> Filter {
    let list = reader.device.lists.push(RuleList { name: name.to_owned(), lines });
    let binding = Binding {
        ingress: Interfaces::Any,
        egress: Interfaces::Any,
        lists: vec![list],
        default,
        default_label: label.to_owned(),
        span: None,
    };
    Filter { name, bindings: vec![binding], otherwise: default, stateful: true }
}

/// Policies on packets to the device. Without an action they deny.
fn table<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    mode: Mode,
    path: &'static str,
    family: Family,
    out: &mut Vec<Line>,
) {
    let words = policy::words();
    let narrowing = Narrowing::new();
    let blocks = scope.take(path);
    for entry in reader.plain_entries(&blocks) {
        let strange = reader.account(&entry, &words);
        reader.contained(&strange, path);
        let fields = entry.fields();
        let span = entry.span().unwrap_or(reader.origin);
        let mut unknown: Vec<Unknown> = strange
            .iter()
            .map(|s| Unknown { reason: undefined_reason(&s.text(0)), span: s.span() })
            .collect();
        let ingress = bind(reader, scope, mode.context, &fields, "intf", span, &mut unknown);
        let source = side(reader, scope, &fields, "srcaddr", family, span);
        let destination = side(reader, scope, &fields, "dstaddr", family, span);
        let service = service_of(reader, scope, &fields, span);
        let schedule = schedule_of(reader, scope, &fields, &mut unknown);
        narrow(&narrowing, &fields, &mut unknown);
        let action = match fields.text("action").as_deref() {
            None | Some("deny") => Action::Deny,
            Some("accept") => Action::Permit,
            Some(_) => Action::Undecided,
        };
        let name = path.strip_prefix("firewall ").unwrap_or(path);
        out.push(Line {
            label: format!("{name} {}", entry.name),
            matches: Match {
                ingress,
                schedule,
                unknown,
                ..Match::between(source, destination, service)
            },
            action,
            enabled: !fields.is("status", "disable"),
            log: None,
            comment: fields.text("comments").map(std::borrow::Cow::into_owned),
            span,
        });
    }
}

fn side<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    fields: &Fields<'_, 'a>,
    key: &str,
    family: Family,
    span: Span,
) -> AddressId {
    let isdb = key == "srcaddr"
        && (fields.on("internet-service-src") || fields.on("internet-service6-src"));
    let words = fields.values(key);
    let set = if isdb { None } else { address::resolve_all(reader, scope, &words, family) };
    let Some(set) = set else {
        let reason = zone::missing(key, span).reason;
        return reader.unknown_address(Some(family), reason, span);
    };
    if !fields.on(&format!("{key}-negate")) {
        return set;
    }
    let of = reader.all(family);
    reader.device.literal(AddressSet::Except { of, minus: set }, span)
}

/// Gathers what the device answers to.
pub(super) struct Doors {
    pub(super) mode: Mode,
    lines: Vec<Line>,
}

impl Doors {
    pub(super) fn push(
        &mut self,
        label: String,
        matches: (Interfaces, AddressId, AddressId, ServiceId),
        reason: Option<Text>,
        span: Span,
    ) {
        let (ingress, source, destination, service) = matches;
        self.lines.push(Line {
            label,
            matches: Match {
                ingress,
                unknown: reason.map(|reason| Unknown { reason, span }).into_iter().collect(),
                ..Match::between(source, destination, service)
            },
            action: Action::Permit,
            enabled: true,
            log: None,
            comment: None,
            span,
        });
    }

    /// `allowaccess` of every interface. Whether it also covers the other addresses of the device is not settled: *may*.
    fn administration<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        facts: &[Facts<'a>],
        global: &Global<'a>,
    ) {
        for fact in facts {
            let interface = &reader.device.interfaces[fact.id];
            if interface.context != self.mode.context {
                continue;
            }
            let name = interface.name.clone();
            for (words, family) in [(&fact.access, Family::V4), (&fact.access6, Family::V6)] {
                let own = own_addresses(reader, fact.id, family, fact.span);
                let all = reader.all(family);
                for word in words {
                    let label = format!("allowaccess {} on {name}", word.text);
                    let (set, known) = door(&word.text, family, global);
                    if !known {
                        let words = &word.text;
                        let reason = text!(
                            "allowaccess「{words}」は解釈できません。どのサービスでもあり得るものとして扱います。",
                            "allowaccess `{words}` is not understood; read as any service"
                        );
                        reader.ledger.unknown(word.span, reason, true);
                    }
                    let service = union(reader, set, word.span);
                    let source = trusted(reader, global, &word.text, family, word.span);
                    let here = Interfaces::Of(vec![fact.id]);
                    self.push(label.clone(), (here.clone(), source, own, service), None, word.span);
                    let other = Some(other_address());
                    self.push(
                        label.clone(),
                        (here, source, all, service),
                        other.clone(),
                        word.span,
                    );
                    self.push(label, (Interfaces::Any, source, own, service), other, word.span);
                }
            }
        }
    }

    fn vpn<'a>(&mut self, reader: &mut Reader<'a>, scope: &mut Scope<'_, 'a>) {
        let any = reader.constant("any");
        for path in ["vpn ipsec phase1-interface", "vpn ipsec phase1"] {
            for (name, fields, span) in vpn::whole(reader, scope, path) {
                // Clients that dial in bring routes to their own networks; the head end tells its clients theirs.
                let dialled = fields.is("type", "dynamic");
                if if dialled { !fields.is("add-route", "disable") } else { fields.on("mode-cfg") }
                {
                    let protocol = "ipsec".to_owned();
                    let context = &mut reader.device.contexts[self.mode.context];
                    context.dynamic_routing.push(DynamicRouting { protocol, span });
                }
                let sets = vec![udp(500), udp(4500), ServiceSet::Protocol(50)];
                let service = union(reader, sets, span);
                let ids = fields.values("interface");
                let (ingress, _) = zone::resolve(reader, scope, self.mode.context, &ids);
                let reason = text!(
                    "IKE／IPsec の相手を限定しているかは考慮していません。",
                    "whether IKE is limited to certain peers is not considered"
                );
                self.push(
                    format!("ipsec {name}"),
                    (ingress, any, any, service),
                    Some(reason),
                    span,
                );
            }
        }
        for (_, fields, span) in vpn::whole(reader, scope, "vpn ssl client") {
            if !fields.is("status", "disable") {
                let protocol = "ssl-vpn".to_owned();
                let context = &mut reader.device.contexts[self.mode.context];
                context.dynamic_routing.push(DynamicRouting { protocol, span });
            }
        }
        let blocks = scope.take("vpn ssl settings");
        let fields = Fields::of(&blocks);
        for statement in reader.account_all(&blocks, &super::no_words()) {
            let read = matches!(&*statement.text(0), "port" | "source-interface" | "status");
            if read { reader.used(statement.span()) } else { reader.irrelevant(statement.span()) }
        }
        let words = fields.values("source-interface");
        if let Some(word) = words.first().filter(|_| !fields.is("status", "disable")) {
            let (ingress, _) = zone::resolve(reader, scope, self.mode.context, &words);
            let set = tcp(fields.number("port").unwrap_or(443));
            let service = union(reader, vec![set.clone(), udp_of(&set)], word.span);
            let reason = text!(
                "SSL-VPN の接続元の制限は考慮していません。",
                "limits on where SSL VPN clients come from are not considered"
            );
            self.push("ssl vpn".to_owned(), (ingress, any, any, service), Some(reason), word.span);
        }
        for (path, port) in [("vpn l2tp", 1701), ("vpn pptp", 1723)] {
            let blocks = scope.take(path);
            let fields = Fields::of(&blocks);
            for block in &blocks {
                reader.used(block.span());
            }
            if let Some(span) = fields.span("status").filter(|_| fields.on("status")) {
                let service = union(reader, vec![tcp(port), udp(port)], span);
                let reason = Some(other_address());
                self.push(path.to_owned(), (Interfaces::Any, any, any, service), reason, span);
            }
        }
    }

    /// DHCP, DNS, NTP and the explicit proxy, where they listen.
    fn services<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        scope: &mut Scope<'_, 'a>,
        facts: &[Facts<'a>],
        global: &Global<'a>,
    ) {
        let any = reader.constant("any");
        for (_, fields, span) in vpn::whole(reader, scope, "system dhcp server") {
            let on = !fields.is("status", "disable");
            for word in fields.values("interface").iter().filter(|_| on) {
                self.listen(reader, word, vec![udp(67)], "dhcp server", span);
            }
        }
        for (name, _, span) in vpn::whole(reader, scope, "system dns-server") {
            let word = Word { text: name, span };
            self.listen(reader, &word, vec![udp(53), tcp(53)], "dns server", span);
        }
        for word in &global.ntp {
            self.listen(reader, word, vec![udp(123)], "ntp server", word.span);
        }
        for fact in facts.iter().filter(|fact| fact.proxy) {
            if reader.device.interfaces[fact.id].context == self.mode.context {
                let service = union(reader, vec![tcp_range(1, 65535)], fact.span);
                let reason = text!(
                    "明示プロキシの待ち受けポートは考慮せず、どのポートでもあり得るものとして扱います。",
                    "the port of the explicit proxy is not considered; read as any port"
                );
                let here = Interfaces::Of(vec![fact.id]);
                self.push(
                    "explicit proxy".to_owned(),
                    (here, any, any, service),
                    Some(reason),
                    fact.span,
                );
            }
        }
    }

    pub(super) fn listen(
        &mut self,
        reader: &mut Reader<'_>,
        word: &Word<'_>,
        sets: Vec<ServiceSet>,
        label: &str,
        span: Span,
    ) {
        let Some(id) = reader.ports.get(&word.text).copied() else { return };
        if reader.device.interfaces[id].context != self.mode.context {
            return;
        }
        let any = reader.constant("any");
        let service = union(reader, sets, span);
        self.push(label.to_owned(), (Interfaces::Of(vec![id]), any, any, service), None, span);
    }

    /// Routing protocols listen to their neighbours; who those are is not considered.
    fn routing(&mut self, reader: &mut Reader<'_>) {
        let any = reader.constant("any");
        let protocols = reader.device.contexts[self.mode.context].dynamic_routing.clone();
        for routing in protocols {
            let set = match routing.protocol.as_str() {
                "bgp" => tcp(179),
                "ospf" | "ospf6" => ServiceSet::Protocol(89),
                "rip" => udp(520),
                "ripng" => udp(521),
                _ => continue,
            };
            let service = union(reader, vec![set], routing.span);
            let reason = text!(
                "経路制御の隣接相手は考慮していません。",
                "routing neighbours are not considered"
            );
            let label = routing.protocol.clone();
            self.push(label, (Interfaces::Any, any, any, service), Some(reason), routing.span);
        }
    }
}

pub(super) fn other_address() -> Text {
    text!(
        "この管理アクセスの設定が機器の他のアドレス宛てにも効くかは不明です。",
        "whether this access also covers the other addresses of the device is not settled"
    )
}

fn own_addresses(
    reader: &mut Reader<'_>,
    id: InterfaceId,
    family: Family,
    span: Span,
) -> AddressId {
    let own = reader.device.interfaces[id].addresses.iter().map(|address| address.address);
    let own: Vec<_> = own.filter(|address| Family::of(*address) == family).collect();
    let ids = own
        .into_iter()
        .map(|address| {
            reader.device.literal(AddressSet::Range(AddressRange::single(address)), span)
        })
        .collect();
    reader.union(ids, span)
}

/// Log-in doors are limited to the trusted hosts, when every administrator has some; the others are left open. Programs and
/// administrators by single sign-on use the web doors only: their own hosts are added, or anybody perhaps when they have none.
fn trusted(
    reader: &mut Reader<'_>,
    global: &Global<'_>,
    word: &str,
    family: Family,
    span: Span,
) -> AddressId {
    let web = matches!(word, "https" | "http");
    let at = usize::from(family == Family::V6);
    let hosts = |list: &Trusted| list.get(at).cloned().flatten();
    let Some(mut prefixes) =
        hosts(&global.trusted).filter(|_| web || matches!(word, "ssh" | "telnet"))
    else {
        return reader.all(family);
    };
    let programs = if web { hosts(&global.programs) } else { Some(Vec::new()) };
    let perhaps = programs.is_none() || web && global.guests.is_some();
    prefixes.extend(programs.unwrap_or_default());
    let mut ids: Vec<AddressId> = prefixes
        .into_iter()
        .map(|prefix| reader.device.literal(AddressSet::Range(prefix.range()), span))
        .collect();
    if perhaps {
        let reason = text!(
            "接続元を限定しない API ユーザー、またはシングルサインオンの管理者がいるため、この入口に接続できる範囲は決まりません。",
            "an API user without trusted hosts or an administrator by single sign-on leaves open who may use this door"
        );
        ids.push(reader.unknown_address(Some(family), reason, span));
    }
    reader.union(ids, span)
}

/// The packets that a word of `allowaccess` lets in, and whether the word is known.
fn door(word: &str, family: Family, global: &Global<'_>) -> (Vec<ServiceSet>, bool) {
    let (icmp, echo) = if family == Family::V4 { (1, 8) } else { (58, 128) };
    let sets = match word {
        "ping" => vec![ServiceSet::Icmp { protocol: icmp, types: Some((echo, echo)), codes: None }],
        "https" => vec![tcp(global.https)],
        "http" => vec![tcp(global.http)],
        "ssh" => vec![tcp(global.ssh)],
        "telnet" => vec![tcp(global.telnet)],
        "snmp" => vec![udp(161)],
        "fgfm" => vec![tcp(541), tcp(542)],
        "radius-acct" => vec![udp(1813)],
        "probe-response" => vec![tcp(8008)],
        "fabric" => vec![tcp(8013), udp(8014), udp(5246), udp(5247)],
        "capwap" => vec![udp(5246), udp(5247)],
        "ftm" => vec![tcp(4433)],
        "speed-test" => vec![tcp_range(5200, 5210), udp(5201)],
        "auto-ipsec" | "dnp" | "scim" | "icond" | "fct-nac-quar" => vec![tcp_range(1, 65535)],
        _ => return (vec![ServiceSet::Unknown { reason: undefined_reason(word) }], false),
    };
    (sets, true)
}

pub(super) fn tcp(port: u16) -> ServiceSet {
    tcp_range(port, port)
}

fn tcp_range(first: u16, last: u16) -> ServiceSet {
    let destination = PortRange::new(first, last).unwrap_or(PortRange::ALL);
    ServiceSet::Ports { protocol: 6, source: PortRange::ALL, destination, flags: TcpFlags::ANY }
}

pub(super) fn udp(port: u16) -> ServiceSet {
    let destination = PortRange::single(port);
    ServiceSet::Ports { protocol: 17, source: PortRange::ALL, destination, flags: TcpFlags::ANY }
}

/// The same ports over UDP (DTLS).
fn udp_of(set: &ServiceSet) -> ServiceSet {
    match set {
        ServiceSet::Ports { source, destination, flags, .. } => ServiceSet::Ports {
            protocol: 17,
            source: *source,
            destination: *destination,
            flags: *flags,
        },
        other => other.clone(),
    }
}

pub(super) fn union(reader: &mut Reader<'_>, sets: Vec<ServiceSet>, span: Span) -> ServiceId {
    let ids: Vec<ServiceId> =
        sets.into_iter().map(|set| reader.device.literal_service(set, span)).collect();
    match ids.as_slice() {
        [one] => *one,
        _ => reader.device.literal_service(ServiceSet::Union(ids), span),
    }
}
