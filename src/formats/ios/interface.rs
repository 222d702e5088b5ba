//! `interface` blocks.

use super::commands::Bin;
use super::inert;
use super::reader::Reader;
use crate::formats::commands::{self, Commands};
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::formats::switch::{is_physical, states_use};
use crate::model::{ContextId, Interface, InterfaceAddress, InterfaceId, InterfaceKind, Remark};
use crate::net::{Family, Prefix, netmask_len};
use crate::source::Span;
use crate::text;
use std::net::IpAddr;

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
    pub(super) crypto: Option<Span>,
    /// VRFs that take the connected networks of this interface (`vrf receive`).
    pub(super) receives: Vec<Word<'a>>,
    /// A default route is learnt here, by this protocol.
    pub(super) learns: Option<(&'static str, Span)>,
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
            _ => self.ledger.irrelevant(line.span),
        }
    }

    fn sub_command(&mut self, iface: &mut Iface<'a>, line: &ConfigLine<'a>, table: &Commands<()>) {
        let negated = matches!(line.word(0), "no" | "default");
        let from = usize::from(negated);
        iface.stated |= states_use(line);
        let word = |at: usize| line.word(from + at);
        if matches!((word(0), word(1), word(2)), ("ip" | "ipv6", "verify", "unicast")) {
            // The loose mode asks for any route at all; a forged address of our own passes it.
            iface.checked = !negated && !line.words.iter().any(|word| word.text == "any");
        }
        let done = match (word(0), word(1)) {
            ("shutdown", _) => {
                iface.down = !negated;
                true
            }
            ("switchport", _) if negated && word(1).is_empty() => {
                iface.routed = true;
                true
            }
            ("switchport", _) => !negated && switchport(iface, line),
            ("ip", "address") | ("ipv6", "address") if negated => true,
            ("ip", "address") => address(iface, line),
            ("ipv6", "address") => address6(iface, line),
            ("ip" | "ipv6", "unnumbered") => true,
            ("vrf", "forwarding") | ("ip", "vrf") | ("zone-member", _) if negated => true,
            ("vrf", "receive") | ("ip", "vrf")
                if !negated && line.words.iter().any(|w| w.text == "receive") =>
            {
                iface.receives.extend(line.words.last());
                true
            }
            ("vrf", "forwarding") | ("ip", "vrf") if !negated => self.forwarding(iface, line),
            ("ip", "access-group") => negated || access_group(iface, line, Family::V4),
            ("ipv6", "traffic-filter") => negated || access_group(iface, line, Family::V6),
            ("zone-member", "security") if !negated => {
                iface.zone = line.words.get(2).copied();
                iface.zone.is_some()
            }
            ("ip", "nat") => negated || nat_side(iface, line),
            ("ip" | "ipv6", "policy") if word(2) == "route-map" => negated || policy(iface, line),
            ("encapsulation", "dot1Q" | "dot1q" | "isl") => {
                iface.vlan = word(2).parse().ok();
                iface.vlan.is_some()
            }
            ("standby" | "vrrp" | "glbp", _) if !negated => {
                virtual_address(iface, line);
                true
            }
            ("crypto", "map") => {
                iface.crypto = (!negated).then_some(line.span);
                true
            }
            ("ppp", "ipcp") if word(2) == "route" && !negated => {
                iface.learns = Some(("ipcp", line.span));
                true
            }
            ("ip" | "ipv6", "inspect") => {
                iface.inspect = (!negated).then_some(line.span).or(iface.inspect);
                true
            }
            _ => false,
        };
        if done {
            return self.ledger.used(line.span);
        }
        if table.find(line, from).is_some() {
            return self.ledger.irrelevant(line.span);
        }
        self.taint(iface, line);
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
            up: !iface.down,
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

    /// The context without a VRF name.
    pub(super) fn global(&self) -> ContextId {
        use crate::model::Id;
        ContextId::from_index(0)
    }
}

/// VLAN numbers and ranges such as `10,20-30`, over several words.
pub(super) fn vlans(words: &[Word<'_>]) -> Option<Vec<(u16, u16)>> {
    let mut out = Vec::new();
    for part in words.iter().flat_map(|word| word.text.split(',')).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        out.push((first.parse().ok()?, last.parse().ok()?));
    }
    Some(out)
}

fn switchport(iface: &mut Iface<'_>, line: &ConfigLine<'_>) -> bool {
    iface.switched = true;
    match (line.word(1), line.word(2), line.word(3)) {
        ("mode", "trunk", _) => iface.trunk = true,
        ("mode", "dynamic", _) => iface.trunk = true,
        ("access", "vlan", number) => iface.access_vlan = number.parse().ok(),
        ("trunk", "allowed", "vlan") => {
            let skip = if line.word(4) == "add" { 5 } else { 4 };
            let listed = vlans(line.words.get(skip..).unwrap_or(&[]));
            iface.trunk_vlans.extend(listed.unwrap_or_else(|| vec![(1, 4094)]));
        }
        _ => {}
    }
    true
}

fn address(iface: &mut Iface<'_>, line: &ConfigLine<'_>) -> bool {
    if matches!(line.word(2), "dhcp" | "negotiated" | "pool" | "slarp" | "autoip") {
        iface.dynamic = true;
        iface.learns = (line.word(2) == "dhcp").then_some(("dhcp", line.span)).or(iface.learns);
        return true;
    }
    let parsed = match line.word(2).split_once('/') {
        Some((address, len)) => address.parse().ok().zip(len.parse().ok().filter(|len| *len <= 32)),
        None => line.word(2).parse().ok().zip(line.word(3).parse().ok().and_then(netmask_len)),
    };
    let Some((address, len)) = parsed.filter(|(address, _): &(IpAddr, u8)| address.is_ipv4())
    else {
        return false;
    };
    let entry = InterfaceAddress { address, len, span: line.span };
    if line.words.iter().any(|word| word.text == "secondary") {
        iface.addresses.push(entry);
    } else {
        iface.addresses.insert(0, entry);
    }
    true
}

fn address6(iface: &mut Iface<'_>, line: &ConfigLine<'_>) -> bool {
    let word = line.word(2);
    if matches!(word, "dhcp" | "autoconfig") {
        iface.dynamic = true;
        iface.learns =
            (line.word(3) == "default").then_some(("autoconfig", line.span)).or(iface.learns);
        return true;
    }
    if line.words.iter().any(|word| word.text == "link-local") {
        return word.parse::<IpAddr>().is_ok();
    }
    let split = word
        .split_once('/')
        .and_then(|(a, len)| Some((a.parse::<IpAddr>().ok()?, len.parse::<u8>().ok()?)));
    match split.filter(|(address, len)| address.is_ipv6() && *len <= 128) {
        Some((address, len)) => {
            iface.addresses.push(InterfaceAddress { address, len, span: line.span });
            true
        }
        None => {
            // A general prefix: the address comes from elsewhere.
            iface.dynamic = line.word(3).contains('/');
            iface.dynamic
        }
    }
}

fn access_group<'a>(iface: &mut Iface<'a>, line: &ConfigLine<'a>, family: Family) -> bool {
    let inbound = match line.word(3) {
        "in" => true,
        "out" => false,
        _ => return false,
    };
    let Some(name) = line.words.get(2).copied().filter(|_| line.words.len() == 4) else {
        return false;
    };
    iface.groups.retain(|old| old.family != family || old.inbound != inbound);
    iface.groups.push(AccessGroup { family, inbound, name, span: line.span });
    true
}

fn nat_side(iface: &mut Iface<'_>, line: &ConfigLine<'_>) -> bool {
    let side = match line.word(2) {
        "inside" => Side::Inside,
        "outside" => Side::Outside,
        "enable" => Side::Both,
        // `ip nat allow-static-host` and the like shape learning only.
        "allow-static-host" => return true,
        _ => return false,
    };
    iface.nat.push(side);
    true
}

fn policy<'a>(iface: &mut Iface<'a>, line: &ConfigLine<'a>) -> bool {
    let family = if line.word(0) == "ip" { Family::V4 } else { Family::V6 };
    let Some(name) = line.words.get(3) else { return false };
    iface.policies.push((family, *name, line.span));
    true
}

/// `standby [G] ip A`, `vrrp G ip A`, `glbp G ip A`, and the IPv6 forms.
fn virtual_address(iface: &mut Iface<'_>, line: &ConfigLine<'_>) {
    let at = line.words.iter().take(3).position(|word| matches!(word.text, "ip" | "ipv6"));
    let word = at.and_then(|at| line.words.get(at + 1)).map_or("", |word| word.text);
    let address = word.split('/').next().unwrap_or("").parse::<IpAddr>();
    if let Some(address) = address.ok().filter(|address| !is_link_local(*address)) {
        iface.virtuals.push((address, line.span));
    }
}

fn is_link_local(address: IpAddr) -> bool {
    Prefix::parse("fe80::/10").is_some_and(|prefix| prefix.contains(address))
}
