//! `interface` blocks.

mod removal;
mod words;

pub(super) use words::vlans;

use super::commands::Bin;
use super::inert;
use super::local::ON_INTERFACES;
use super::reader::Reader;
use crate::formats::commands::{self, Commands};
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::formats::switch::{is_physical, relayed, states_use};
use crate::model::{ContextId, Interface, InterfaceAddress, InterfaceId, InterfaceKind, Remark};
use crate::net::{Family, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use removal::take_back;
use std::net::IpAddr;
use words::{
    access_group, address, address6, nat_side, policy, switchport, tunnelled, virtual_address,
};

/// What an interface block says beyond the model's interface.
#[derive(Debug, Default)]
pub(super) struct Iface<'a> {
    pub(super) name: String,
    /// The interface of the device; `None` for a port that only switches.
    pub(super) id: Option<InterfaceId>,
    pub(super) span: Option<Span>,
    pub(super) vrf: Option<Word<'a>>,
    pub(super) addresses: Vec<InterfaceAddress>,
    pub(super) virtuals: Vec<(IpAddr, Span)>,
    pub(super) dynamic: bool,
    pub(super) down: bool,
    pub(super) zone: Option<Word<'a>>,
    pub(super) vlan: Option<u16>,
    /// `switchport …` stands in the block.
    pub(super) switched: bool,
    /// `no switchport` stands in the block.
    pub(super) routed: bool,
    pub(super) trunk: bool,
    pub(super) access_vlan: Option<u16>,
    pub(super) trunk_vlans: Vec<(u16, u16)>,
    pub(super) groups: Vec<AccessGroup<'a>>,
    pub(super) nat: Vec<Side>,
    pub(super) policies: Vec<(Family, Word<'a>, Span)>,
    /// Commands that may change what passes here.
    pub(super) taints: Vec<Span>,
    pub(super) crypto: Option<Tunnelled<'a>>,
    /// VRFs that take the connected networks of this interface (`vrf receive`).
    pub(super) receives: Vec<Word<'a>>,
    /// A default route is learnt here, by this protocol.
    pub(super) learns: Option<(&'static str, Span)>,
    /// Packets may be handed to another device here: whether those that come in, and the line.
    pub(super) steers: Vec<(bool, Span)>,
    /// Lines `ip helper-address`, and what becomes of broadcasts by them.
    pub(super) helpers: Vec<(Span, String, Text)>,
    /// `service-policy input|output P`: whether for what comes in, and the policy.
    pub(super) qualities: Vec<(bool, Word<'a>)>,
    pub(super) inspect: Option<Span>,
    /// A strict `ip verify unicast …` stands in the block.
    pub(super) checked: bool,
    /// Whether a line says what it is for, or may.
    pub(super) stated: bool,
}

impl Iface<'_> {
    /// Whether it is up and switches, or may do so by default on a device with switching ports.
    pub(super) fn is_port(&self, switch: bool) -> bool {
        let bare =
            self.addresses.is_empty() && !self.dynamic && !self.routed && self.vlan.is_none();
        !self.down && (self.id.is_none() || switch && bare)
    }
}

/// An access list bound to an interface.
#[derive(Clone, Copy, Debug)]
pub(super) struct AccessGroup<'a> {
    pub(super) family: Family,
    pub(super) inbound: bool,
    pub(super) name: Word<'a>,
    pub(super) span: Span,
}

/// Packets of the interface come out of IPsec tunnels and go into them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tunnelled<'a> {
    /// The crypto map; `None` for an Easy VPN client, to whom the server says which packets.
    pub(super) map: Option<Word<'a>>,
    pub(super) span: Span,
}

/// A side of address translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Inside,
    Outside,
    /// `ip nat enable`.
    Both,
}

/// Full names of interface types, for abbreviations.
const TYPES: &[&str] = &[
    "appgigabitethernet",
    "async",
    "atm",
    "bdi",
    "bri",
    "bundle-ether",
    "bvi",
    "cellular",
    "dialer",
    "embedded-service-engine",
    "ethernet",
    "fastethernet",
    "fiftygigabitethernet",
    "fivegigabitethernet",
    "fortygigabitethernet",
    "fourhundredgige",
    "gigabitethernet",
    "hundredgige",
    "lisp",
    "loopback",
    "multilink",
    "null",
    "nve",
    "port-channel",
    "pos",
    "serial",
    "tengigabitethernet",
    "tunnel",
    "twentyfivegige",
    "twogigabitethernet",
    "virtual-access",
    "virtual-ppp",
    "virtual-template",
    "virtualportgroup",
    "vlan",
    "wlan-gigabitethernet",
];

/// The name in lower case, without blanks, with the type written out.
pub(super) fn canonical(name: &str) -> String {
    let lower: String = name.to_ascii_lowercase().split_ascii_whitespace().collect();
    let digits = lower.find(|c: char| c.is_ascii_digit()).unwrap_or(lower.len());
    let (kind, number) = lower.split_at(digits);
    if TYPES.contains(&kind) || kind.is_empty() {
        return lower;
    }
    let mut fits = TYPES.iter().filter(|full| full.starts_with(kind));
    match (fits.next(), fits.next()) {
        (Some(full), None) => format!("{full}{number}"),
        (Some(_), Some(_)) if kind == "te" => format!("tengigabitethernet{number}"),
        _ => lower,
    }
}

fn kind(name: &str) -> InterfaceKind {
    let is = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if is(&["loopback"]) {
        InterfaceKind::Loopback
    } else if is(&["tunnel", "virtual-template", "virtual-access", "nve", "lisp"]) {
        InterfaceKind::Tunnel
    } else if is(&[
        "dialer",
        "cellular",
        "serial",
        "pos",
        "multilink",
        "async",
        "bri",
        "virtual-ppp",
        "atm",
    ]) {
        InterfaceKind::PointToPoint
    } else {
        InterfaceKind::Ethernet
    }
}

impl<'a> Reader<'a, '_> {
    /// Reads every interface block.
    pub(super) fn read_interfaces(&mut self) {
        let table = Commands::new(commands::rows(inert::INTERFACE).map(|words| (words, ())));
        for block in self.config.take(Bin::Interface) {
            self.interface(&block, &table);
        }
        self.relays();
        // Which bridge domain a service instance belongs to is not followed; what it denies concerns any of them.
        let bridged = self.interfaces.iter_mut().filter(|i| canonical(&i.name).starts_with("bdi"));
        bridged.for_each(|iface| iface.taints.extend(self.instance_list));
        for at in 0..self.interfaces.len() {
            self.finish_interface(at);
        }
    }

    fn interface(&mut self, block: &Block<'a>, table: &Commands<()>) {
        if block.head.word(1) == "range" || block.head.words.len() < 2 {
            let reason = text!(
                "「interface range」は展開しません。該当するインターフェースを個別に出力してください。",
                "interface range is not expanded; export the interfaces one by one"
            );
            return self.ledger.unknown(block.span(), reason, false);
        }
        let skip = usize::from(
            matches!(block.head.words.get(2), Some(w) if w.text.starts_with(|c: char| c.is_ascii_digit())),
        );
        let name = if skip == 1 {
            format!("{}{}", block.head.word(1), block.head.word(2))
        } else {
            block.head.word(1).to_owned()
        };
        let key = canonical(&name);
        self.ledger.used(block.head.span);
        let at = *self.interface_names.entry(key.clone()).or_insert(self.interfaces.len());
        if at == self.interfaces.len() {
            self.interfaces.push(Iface { name, ..Iface::default() });
        }
        let Some(mut iface) = self.interfaces.get_mut(at).map(std::mem::take) else { return };
        iface.span = Some(iface.span.unwrap_or_else(|| block.span()));
        if let Some(number) = key.strip_prefix("vlan") {
            iface.vlan = number.parse().ok();
        }
        let base = block.body.first().map_or(0, |line| line.indent);
        let mut parent: Option<&ConfigLine<'a>> = None;
        for line in &block.body {
            match parent.filter(|_| line.indent > base) {
                Some(above) => self.nested(&mut iface, above, line),
                None => {
                    self.sub_command(&mut iface, line, table);
                    parent = line.starts(&["service", "instance"]).then_some(line);
                    if matches!(
                        line.word(0),
                        "vrrp" | "standby" | "glbp" | "pvc" | "nve" | "member"
                    ) {
                        parent = Some(line);
                    }
                }
            }
        }
        if let Some(slot) = self.interfaces.get_mut(at) {
            *slot = iface;
        }
    }

    /// A line of a mode inside the interface: EFP, VRRPv3 group, PVC.
    fn nested(&mut self, iface: &mut Iface<'a>, above: &ConfigLine<'a>, line: &ConfigLine<'a>) {
        match (above.word(0), line.word(0), line.word(1).parse()) {
            ("vrrp", "address", Ok(address)) => {
                iface.virtuals.push((address, line.span));
                self.ledger.used(line.span);
            }
            _ if above.word(0) == "service"
                && (line.starts(&["ip", "access-group"])
                    || line.starts(&["ipv6", "traffic-filter"])) =>
            {
                let reason = text!(
                    "サービスインスタンスのアクセスリストは、ブリッジドメインを通る通信を止め得るものとして読みます。",
                    "an access list of a service instance may stop what passes its bridge domain"
                );
                self.ledger.unsupported(line.span, reason);
                self.instance_list = Some(line.span);
            }
            _ => self.ledger.irrelevant(line.span),
        }
    }

    fn sub_command(&mut self, iface: &mut Iface<'a>, line: &ConfigLine<'a>, table: &Commands<()>) {
        let negated = matches!(line.word(0), "no" | "default");
        let from = usize::from(negated);
        iface.stated |= states_use(line);
        let verify = matches!(
            (line.word(from), line.word(from + 1), line.word(from + 2)),
            ("ip" | "ipv6", "verify", "unicast")
        );
        if verify {
            // The loose mode asks for any route at all; a forged address of our own passes it.
            iface.checked = !negated && !line.words.iter().any(|word| word.text == "any");
        }
        let done = if negated { take_back(iface, line) } else { self.setting(iface, line) };
        if done {
            return self.ledger.used(line.span);
        }
        if table.find(line, from).is_some() {
            self.ledger.irrelevant(line.span);
            if !negated {
                self.attach(iface, line);
            }
            return;
        }
        self.taint(iface, line);
    }

    /// A line that sets something; whether it is understood.
    fn setting(&mut self, iface: &mut Iface<'a>, line: &ConfigLine<'a>) -> bool {
        match (line.word(0), line.word(1)) {
            ("shutdown", _) => iface.down = true,
            ("switchport", _) => return switchport(iface, line),
            ("ip", "address") => return address(iface, line),
            ("ipv6", "address") => return address6(iface, line),
            ("ip" | "ipv6", "unnumbered") => {}
            ("vrf", "receive") | ("ip", "vrf")
                if line.words.iter().any(|w| w.text == "receive") =>
            {
                iface.receives.extend(line.words.last());
            }
            ("vrf", "forwarding") | ("ip", "vrf") => return self.forwarding(iface, line),
            ("ip", "access-group") => return access_group(iface, line, Family::V4),
            ("ipv6", "traffic-filter") => return access_group(iface, line, Family::V6),
            // Which of the kinds of list wins is left open whatever this says.
            ("access-group", "mode") => {}
            ("zone-member", "security") => {
                iface.zone = line.words.get(2).copied();
                return iface.zone.is_some();
            }
            ("ip", "nat") => return nat_side(iface, line),
            ("ip" | "ipv6", "policy") if line.word(2) == "route-map" => return policy(iface, line),
            ("encapsulation", "dot1Q" | "dot1q" | "isl") => {
                iface.vlan = line.word(2).parse().ok();
                return iface.vlan.is_some();
            }
            ("standby" | "vrrp" | "glbp", _) => virtual_address(iface, line),
            ("crypto", _) => return tunnelled(iface, line),
            ("ppp", "ipcp") if line.word(2) == "route" => iface.learns = Some(("ipcp", line.span)),
            ("ipv6", "nd") if line.starts(&["ipv6", "nd", "autoconfig", "default-route"]) => {
                iface.learns = Some(("autoconfig", line.span));
            }
            ("ip" | "ipv6", "inspect") => iface.inspect = Some(line.span),
            ("ip" | "ipv6", "wccp") if line.words.iter().any(|w| w.text == "redirect") => {
                let out = line.words.last().is_some_and(|word| word.text == "out");
                iface.steers.push((!out, line.span));
            }
            ("service-policy", "type") if matches!(line.word(2), "epbr" | "pbr") => {
                iface.steers.push((!line.words.iter().any(|w| w.text == "output"), line.span));
            }
            _ => return false,
        }
        true
    }

    /// What a line that leaves the packets of the interface alone does elsewhere: services of the device, relayed broadcasts.
    fn attach(&mut self, iface: &mut Iface<'a>, line: &ConfigLine<'a>) {
        if line.word(0) == "service-policy" && matches!(line.word(1), "input" | "output") {
            let name = line.words.get(2).copied();
            iface.qualities.extend(name.map(|name| (line.word(1) == "input", name)));
        }
        for (words, ports) in ON_INTERFACES {
            let begins = words.split(' ').enumerate().all(|(at, want)| line.word(at) == want);
            if begins && !self.attached.iter().any(|(label, ..)| label == words) {
                self.attached.push((words, &[], ports, line.span));
            }
        }
        if line.starts(&["ip", "helper-address"]) {
            iface.helpers.push(relayed(line));
        }
    }

    fn taint(&mut self, iface: &mut Iface<'a>, line: &ConfigLine<'a>) {
        iface.taints.push(line.span);
        let known = line.starts(&["ip", "admission"]) || line.starts(&["ip", "auth-proxy"]);
        let reason = text!(
            "インターフェースのこの行の影響を特定できないため、ここを通る通信は許可とも拒否とも読みます。",
            "the effect of this interface line is not known; traffic here may pass or be stopped"
        );
        if known {
            self.ledger.unsupported(line.span, reason);
        } else {
            self.ledger.unknown(line.span, reason, true);
        }
    }

    fn forwarding(&mut self, iface: &mut Iface<'a>, line: &ConfigLine<'a>) -> bool {
        let at = line.words.iter().position(|word| word.text == "forwarding");
        let Some(name) = at.and_then(|at| line.words.get(at + 1)) else { return false };
        iface.vrf = Some(*name);
        self.vrf(name.text, name.span);
        true
    }

    fn finish_interface(&mut self, at: usize) {
        let Some(iface) = self.interfaces.get(at) else { return };
        let down = iface.down || self.parent_down(&iface.name);
        let idle = !iface.stated && !iface.down && is_physical(&iface.name);
        if let Some(span) = iface.span.filter(|_| idle && !iface.name.contains('.')) {
            let remark = Remark::IdlePort { name: iface.name.clone(), span };
            self.build.device.remarks.push(remark);
        }
        let only_switches =
            iface.switched && !iface.routed && iface.addresses.is_empty() && !iface.dynamic;
        let Some(span) = iface.span.filter(|_| !only_switches) else { return };
        let context = iface.vrf.and_then(|vrf| self.vrfs.get(vrf.text)).copied();
        let key = canonical(&iface.name);
        let mut addresses = iface.addresses.clone();
        for (address, span) in &iface.virtuals {
            let owner = iface.addresses.iter().find(|own| {
                Prefix::new(own.address, own.len).is_some_and(|prefix| prefix.contains(*address))
            });
            let len = owner.map_or(Family::of(*address).bits(), |own| own.len);
            if !addresses.iter().any(|known| known.address == *address) {
                addresses.push(InterfaceAddress { address: *address, len, span: *span });
            }
        }
        let interface = Interface {
            name: iface.name.clone(),
            alias: None,
            context: context.unwrap_or(self.global()),
            addresses,
            zone: iface.zone.map(|zone| zone.text.to_owned()),
            up: !down,
            kind: kind(&key),
            vlan: iface.vlan,
            dynamic: iface.dynamic,
            hairpin_unfiltered: false,
            source_check: Some(iface.checked),
            span,
        };
        let id = self.build.device.interfaces.push(interface);
        if let Some(iface) = self.interfaces.get_mut(at) {
            iface.id = Some(id);
        }
    }

    /// Relayed broadcasts pass beside lists: the one where they come in sees a broadcast, and the one before
    /// the helper's network sees no packet that the device sends itself. Elsewhere the packets to the helper pass anyhow.
    fn relays(&mut self) {
        let filters = |iface: &&Iface<'_>| {
            iface.zone.is_some() || iface.groups.iter().any(|group| !group.inbound)
        };
        let filtered: Vec<Prefix> = self
            .interfaces
            .iter()
            .filter(filters)
            .flat_map(|iface| &iface.addresses)
            .filter_map(|own| Prefix::new(own.address, own.len))
            .collect();
        for iface in &mut self.interfaces {
            for (span, helper, reason) in std::mem::take(&mut iface.helpers) {
                let near = helper.parse().is_ok_and(|helper: IpAddr| {
                    filtered.iter().any(|network| network.contains(helper))
                });
                if near || !iface.groups.is_empty() {
                    self.ledger.unsupported(span, reason);
                }
            }
        }
    }

    /// Whether a sub-interface hangs on an interface that is shut.
    fn parent_down(&self, name: &str) -> bool {
        let parent = name.split_once('.').and_then(|(parent, _)| self.find_interface(parent));
        parent.is_some_and(|parent| parent.down)
    }

    /// The context without a VRF name.
    pub(super) fn global(&self) -> ContextId {
        use crate::model::Id;
        ContextId::from_index(0)
    }
}
