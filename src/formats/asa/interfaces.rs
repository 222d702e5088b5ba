//! `interface` blocks.

use super::state::Reader;
use crate::formats::lines::{Block, ConfigLine};
use crate::model::{
    ContextId, DynamicRouting, Interface, InterfaceAddress, InterfaceId, InterfaceKind, Interfaces,
};
use crate::net::Family;
use crate::source::Span;
use crate::text;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// An interface that takes part in forwarding: one with a `nameif`.
#[derive(Clone, Debug)]
pub(super) struct Nameif<'a> {
    pub(super) name: &'a str,
    pub(super) id: InterfaceId,
    /// What stands for the IPsec tunnels that end here: packets take the same rules as at the interface itself.
    pub(super) ipsec: Vec<InterfaceId>,
    pub(super) vlan: Option<u16>,
    /// 0 to 100.
    pub(super) level: u8,
    /// The `security-level` line, or the `nameif` line from which the level follows.
    pub(super) level_span: Span,
    /// Set when the interface takes management traffic only.
    pub(super) management_only: Option<Span>,
    /// A bridge virtual interface, whose packets also meet the lists of its members.
    pub(super) bridge: Option<Span>,
    /// A tunnel interface (VTI), whose packets are decrypted VPN packets.
    pub(super) tunnel: bool,
    /// `no forward interface X`: connections may not be opened towards X.
    pub(super) no_forward: Vec<(&'a str, Span)>,
    /// `policy-route route-map X`.
    pub(super) policy_route: Vec<(&'a str, Span)>,
}

impl Nameif<'_> {
    /// The interface with the tunnels that end at it.
    pub(super) fn here(&self) -> Interfaces {
        Interfaces::Of(self.ids().collect())
    }

    /// The same, one by one.
    pub(super) fn ids(&self) -> impl Iterator<Item = InterfaceId> {
        std::iter::once(self.id).chain(self.ipsec.iter().copied())
    }
}

/// Lines inside an interface that do not matter for forwarding.
const IRRELEVANT: &[&str] = &[
    "!",
    "description",
    "speed",
    "duplex",
    "mac-address",
    "mtu",
    "channel-group",
    "lacp",
    "port-channel",
    "hello-interval",
    "hold-time",
    "ospf",
    "ospfv3",
    "rip",
    "eigrp",
    "isis",
    "bfd",
    "delay",
    "bandwidth",
    "flowcontrol",
    "authentication",
    "igmp",
    "pim",
    "mfib",
    "multicast",
    "dhcprelay",
    "dhcp",
    "dhcpd",
    "pppoe",
    "switchport",
    "power",
    "negotiation",
    "fec",
    "mac",
    "cts",
    "member-interface",
    "split-horizon",
    "summary-address",
    "security-group",
    "lldp",
    "arp",
    "ddns",
    "snmp",
    "tunnel",
    "load-interval",
    "keepalive",
    "ipv4",
    "redundant-interface",
    "active",
    "no-negotiate",
    "propagate",
    "inline",
    "router",
    "nve",
    "mcast-group",
    "segment-id",
    "allocate-interface",
    "cluster",
    "media-type",
];

/// What one block has said so far.
struct Draft<'a> {
    interface: Interface,
    nameif: Option<(&'a str, Span)>,
    level: Option<(u8, Span)>,
    management_only: Option<Span>,
    bridge_group: bool,
    no_forward: Vec<(&'a str, Span)>,
    policy_route: Vec<(&'a str, Span)>,
    dynamic_routes: Vec<(&'static str, Span)>,
}

/// Reads one block.
pub(super) fn read<'a>(reader: &mut Reader<'a>, block: &'a Block<'a>, management: ContextId) {
    reader.ledger.used(block.head.span);
    if !reader.interface_names.insert(block.head.rest(1)) {
        let reason = text!(
            "同じインターフェースの設定が 2 回現れます。後の設定がどう重なるかは再現していません。この機器のフィルタ結果は不確実として扱います。",
            "this interface is configured twice; how the blocks add up is not modelled, and the filters of this device are read as uncertain",
        );
        reader.anywhere(block.head.span, reason);
    }
    let mut draft = Draft::new(block, reader.context);
    for line in &block.body {
        read_line(reader, &mut draft, line);
    }
    finish(reader, draft, block, management);
}

impl<'a> Draft<'a> {
    fn new(block: &'a Block<'a>, context: ContextId) -> Draft<'a> {
        let name = block.head.rest(1);
        let last = block.body.last().unwrap_or(&block.head).span;
        let interface = Interface {
            name: name.to_owned(),
            alias: None,
            context,
            addresses: Vec::new(),
            zone: None,
            up: true,
            kind: kind(name),
            vlan: name.strip_prefix("Vlan").and_then(|number| number.parse().ok()),
            dynamic: false,
            hairpin_unfiltered: false,
            source_check: Some(false),
            span: block.head.span.to(last),
        };
        Draft {
            interface,
            nameif: None,
            level: None,
            management_only: None,
            bridge_group: false,
            no_forward: Vec::new(),
            policy_route: Vec::new(),
            dynamic_routes: Vec::new(),
        }
    }
}

fn kind(name: &str) -> InterfaceKind {
    let starts =
        |word: &str| name.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    if starts("Loopback") {
        InterfaceKind::Loopback
    } else if starts("Tunnel") {
        InterfaceKind::Tunnel
    } else {
        InterfaceKind::Ethernet
    }
}

/// `ip verify reverse-path interface NAME`, a global command.
pub(super) fn source_checks<'a>(reader: &mut Reader<'a>, blocks: &[Block<'a>]) {
    for block in blocks {
        if block.head.starts(&["ip", "verify", "reverse-path", "interface"])
            && let Some(at) = reader.by_nameif.get(block.head.word(4))
            && let Some(nameif) = reader.nameifs.get(*at)
        {
            reader.device.interfaces[nameif.id].source_check = Some(true);
        }
    }
}

/// Takes down what stands on ports that are shut: a sub-interface (`NAME.N`) of one, and an EtherChannel or redundant interface
/// all of whose members are.
pub(super) fn shut_below(reader: &mut Reader<'_>, blocks: &[&Block<'_>]) {
    let name = |block: &Block<'_>| block.head.rest(1).to_ascii_lowercase();
    let mut down: BTreeSet<String> =
        blocks.iter().filter(|block| shut(block)).map(|block| name(block)).collect();
    let mut bundles: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for block in blocks {
        for line in &block.body {
            let (bundle, member) = match line.word(0) {
                "channel-group" => (format!("port-channel{}", line.word(1)), name(block)),
                "member-interface" => (name(block), line.rest(1).to_ascii_lowercase()),
                _ => continue,
            };
            bundles.entry(bundle).or_default().push(member);
        }
    }
    for (bundle, members) in bundles {
        if members.iter().all(|member| down.contains(member)) {
            down.insert(bundle);
        }
    }
    for (_, interface) in reader.device.interfaces.iter_mut() {
        let name = interface.name.to_ascii_lowercase();
        let port = name.split_once('.').map_or(name.as_str(), |(port, _)| port);
        interface.up &= !down.contains(port);
    }
}

fn shut(block: &Block<'_>) -> bool {
    let mut said = block.body.iter().rev().filter_map(|line| match (line.word(0), line.word(1)) {
        ("shutdown", _) => Some(true),
        ("no", "shutdown") => Some(false),
        _ => None,
    });
    said.next().unwrap_or(false)
}

fn read_line<'a>(reader: &mut Reader<'a>, draft: &mut Draft<'a>, line: &'a ConfigLine<'a>) {
    match (line.word(0), line.word(1)) {
        ("nameif", name) if !name.is_empty() => draft.nameif = Some((name, line.span)),
        ("security-level", level) => match level.parse() {
            Ok(level @ 0..=100) => draft.level = Some((level, line.span)),
            _ => return reader.unknown_line(line),
        },
        ("ip", "address") => return ip_address(reader, draft, line),
        ("ip", "verify" | "audit") => return reader.ledger.irrelevant(line.span),
        ("ipv6", "address") => return ipv6_address(reader, draft, line),
        ("ipv6", _) => return reader.ledger.irrelevant(line.span),
        ("vlan", number) => draft.interface.vlan = number.parse().ok(),
        ("shutdown", _) => draft.interface.up = false,
        ("no", "shutdown") => draft.interface.up = true,
        ("management-only", _) => draft.management_only = Some(line.span),
        ("bridge-group", _) => draft.bridge_group = true,
        ("policy-route", "route-map") => draft.policy_route.push((line.word(2), line.span)),
        ("policy-route", _) => return reader.ledger.irrelevant(line.span),
        ("no", "forward") => draft.no_forward.push((line.word(3), line.span)),
        ("no", _) => {}
        ("zone-member", _) => {
            let reason = text!(
                "トラフィックゾーン（zone-member）は、ゾーン内のどのインターフェースからも送受信し得るため再現していません。この機器のフィルタ結果は不確実として扱います。",
                "a traffic zone (zone-member) may send and receive by any of its interfaces; this is not modelled, and the filters of this device are read as uncertain",
            );
            return reader.anywhere(line.span, reason);
        }
        (word, _) if IRRELEVANT.contains(&word) => return reader.ledger.irrelevant(line.span),
        _ => return reader.unknown_line(line),
    }
    reader.ledger.used(line.span);
}

fn ip_address<'a>(reader: &mut Reader<'a>, draft: &mut Draft<'a>, line: &'a ConfigLine<'a>) {
    match line.word(2) {
        "dhcp" => {
            draft.interface.dynamic = true;
            if line.words.iter().any(|word| word.text == "setroute") {
                draft.dynamic_routes.push(("dhcp", line.span));
            }
            return reader.ledger.used(line.span);
        }
        "pppoe" => draft.interface.dynamic = true,
        word => {
            let (Some(address), Some(mask)) = (reader.ip(word), reader.ip(line.word(3))) else {
                return reader.unknown_line(line);
            };
            let Some(len) = crate::net::netmask_len(mask) else { return reader.unknown_line(line) };
            draft.interface.addresses.push(InterfaceAddress { address, len, span: line.span });
        }
    }
    if line.words.iter().any(|word| word.text == "pppoe") {
        draft.interface.kind = InterfaceKind::PointToPoint;
        if line.words.iter().any(|word| word.text == "setroute") {
            draft.dynamic_routes.push(("pppoe", line.span));
        }
    }
    reader.ledger.used(line.span);
}

fn ipv6_address<'a>(reader: &mut Reader<'a>, draft: &mut Draft<'a>, line: &'a ConfigLine<'a>) {
    let word = line.word(2);
    if reader.at_least(9, 0) == Some(false) {
        let reason = text!(
            "9.0 より前の版では IPv6 に別のアクセスリストが適用されます。再現していないため、この機器のフィルタ結果は不確実として扱います。",
            "before 9.0, IPv6 has access lists of its own, which are not modelled; the filters of this device are read as uncertain",
        );
        reader.anywhere(line.span, reason);
    }
    if matches!(word, "autoconfig" | "dhcp") {
        draft.interface.dynamic = true;
        if line.word(3) == "default" {
            draft.dynamic_routes.push(("ipv6 autoconfig", line.span));
        }
        return reader.ledger.used(line.span);
    }
    if line.words.iter().any(|word| word.text == "link-local") {
        return reader.ledger.irrelevant(line.span);
    }
    let parsed = word.split_once('/').and_then(|(address, len)| {
        let address = reader.ip(address).filter(IpAddr::is_ipv6)?;
        let len = len.parse().ok().filter(|len| *len <= Family::V6.bits())?;
        Some((address, len))
    });
    match parsed {
        Some((address, len)) if !line.words.iter().any(|word| word.text == "eui-64") => {
            draft.interface.addresses.push(InterfaceAddress { address, len, span: line.span });
            reader.ledger.used(line.span);
        }
        _ => {
            // The host part comes from the MAC address, or the prefix from DHCP: the subnet is not fully known.
            draft.interface.dynamic = true;
            if let Some((address, len)) = parsed {
                draft.interface.addresses.push(InterfaceAddress { address, len, span: line.span });
            }
            let reason = text!(
                "IPv6 アドレスの一部が実行時に決まるため、このインターフェースのアドレスは確定できません。",
                "part of this IPv6 address is decided at run time, so the address of the interface is not certain",
            );
            reader.ledger.unsupported(line.span, reason);
        }
    }
}

fn finish<'a>(
    reader: &mut Reader<'a>,
    mut draft: Draft<'a>,
    block: &'a Block<'a>,
    management: ContextId,
) {
    let Some((name, name_span)) = draft.nameif else {
        // Without a nameif the appliance forwards nothing by it; sub-interfaces have blocks of their own.
        draft.interface.up = false;
        reader.device.interfaces.push(draft.interface);
        return;
    };
    draft.interface.alias = Some(name.to_owned());
    if draft.management_only.is_some() {
        draft.interface.context = management;
    }
    let context = draft.interface.context;
    let tunnel = draft.interface.kind == InterfaceKind::Tunnel;
    let bridge = block.head.word(1).get(..3).is_some_and(|head| head.eq_ignore_ascii_case("bvi"));
    let id = reader.device.interfaces.push(draft.interface);
    for (protocol, span) in draft.dynamic_routes {
        let protocol = protocol.to_owned();
        reader.device.contexts[context].dynamic_routing.push(DynamicRouting { protocol, span });
    }
    let default = if name == "inside" { 100 } else { 0 };
    let (level, level_span) = draft.level.unwrap_or((default, name_span));
    if draft.bridge_group || bridge {
        bridged(reader, block.head.span);
    }
    let nameif = Nameif {
        name,
        id,
        ipsec: Vec::new(),
        vlan: reader.device.interfaces[id].vlan,
        level,
        level_span,
        management_only: draft.management_only,
        bridge: bridge.then_some(block.head.span),
        tunnel,
        no_forward: draft.no_forward,
        policy_route: draft.policy_route,
    };
    reader.by_nameif.insert(name, reader.nameifs.len());
    reader.nameifs.push(nameif);
}

fn bridged(reader: &mut Reader<'_>, span: Span) {
    let reason = text!(
        "ブリッジグループ内の通信は、メンバと BVI の両方のアクセスリストを通ります。BVI を通る通信は、許可・拒否のどちらもあり得るものとして扱います。",
        "packets of a bridge group meet the lists of the members and of the BVI; what passes the BVI is read as perhaps permitted, perhaps denied",
    );
    reader.ledger.unsupported(span, reason);
}
