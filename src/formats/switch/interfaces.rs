//! Interfaces and switch ports.

use super::Switch;
use crate::formats::lines::{ConfigLine, Word};
use crate::model::{Interface, InterfaceAddress, InterfaceId, InterfaceKind, Remark};
use crate::net::{Family, Prefix, netmask_len};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::net::IpAddr;

/// What the blocks of one interface say.
#[derive(Debug, Default)]
pub(in crate::formats) struct Port<'a> {
    /// The canonical name.
    pub(in crate::formats) name: String,
    /// The interface of the device; `None` for a port that only switches.
    pub(in crate::formats) id: Option<InterfaceId>,
    pub(in crate::formats) span: Option<Span>,
    pub(in crate::formats) vrf: Option<Word<'a>>,
    pub(in crate::formats) addresses: Vec<InterfaceAddress>,
    /// Addresses shared with other routers (VRRP).
    pub(in crate::formats) virtuals: Vec<(IpAddr, Span)>,
    pub(in crate::formats) dynamic: bool,
    pub(in crate::formats) down: bool,
    pub(in crate::formats) kind: InterfaceKind,
    /// The VLAN whose gateway it is.
    pub(in crate::formats) vlan: Option<u16>,
    /// Whether it switches; then the VLANs that it carries.
    pub(in crate::formats) switched: bool,
    pub(in crate::formats) vlans: Vec<(u16, u16)>,
    /// Whether it is a member of a software bridge, whose interface then stands for it.
    pub(in crate::formats) bridged: bool,
    pub(in crate::formats) groups: Vec<Group<'a>>,
    /// Commands that may change what passes here.
    pub(in crate::formats) taints: Vec<Span>,
    /// Routes are learnt here, by this protocol.
    pub(in crate::formats) learns: Option<(&'static str, Span)>,
    /// Whether it checks sources, where the vendor can say so.
    pub(in crate::formats) source_check: Option<bool>,
    /// Lines `ip helper-address`, and what becomes of broadcasts by them.
    pub(in crate::formats) helpers: Vec<(Span, String, Text)>,
    /// Whether a line says what it is for, or may: see [`states_use`].
    pub(in crate::formats) stated: bool,
}

impl Port<'_> {
    /// Whether it carries a VLAN.
    pub(super) fn carries(&self, vlan: u16) -> bool {
        self.switched
            && !self.down
            && self.vlans.iter().any(|(first, last)| (*first..=*last).contains(&vlan))
    }
}

/// An access list bound to an interface or port.
#[derive(Clone, Copy, Debug)]
pub(in crate::formats) struct Group<'a> {
    pub(in crate::formats) family: Family,
    pub(in crate::formats) inbound: bool,
    pub(in crate::formats) name: Word<'a>,
    pub(in crate::formats) span: Span,
}

/// The name in lower case without blanks.
pub(in crate::formats) fn canonical(name: &str) -> String {
    name.to_ascii_lowercase().split_ascii_whitespace().collect()
}

impl<'a> Switch<'a> {
    /// Changes what is known of the interface with this name, which is made when it is new.
    pub(in crate::formats) fn change_port<T>(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Switch<'a>, &mut Port<'a>) -> T,
    ) -> Option<T> {
        let key = canonical(name);
        let at = *self.names.entry(key.clone()).or_insert(self.ports.len());
        if at == self.ports.len() {
            let vlan = key.strip_prefix("vlan").and_then(|number| number.parse().ok());
            self.ports.push(Port { name: key, vlan, ..Port::default() });
        }
        let mut port = self.ports.get_mut(at).map(std::mem::take)?;
        let result = change(self, &mut port);
        if let Some(slot) = self.ports.get_mut(at) {
            *slot = port;
        }
        Some(result)
    }

    /// Notes the ports that are up and for nothing.
    fn idle_ports(&mut self) {
        for port in &self.ports {
            let Some(span) = port.span else { continue };
            let used = port.stated || port.down || port.vlan.is_some();
            if !used && is_physical(&port.name) {
                let remark = Remark::IdlePort { name: port.name.clone(), span };
                self.build.device.remarks.push(remark);
            }
        }
    }

    /// Relayed broadcasts pass beside lists: the one where they come in sees a broadcast, and the one before
    /// the helper's network sees no packet that the device sends itself. Elsewhere the packets to the helper pass anyhow.
    fn relays(&mut self) {
        let filters = |port: &&Port<'_>| port.groups.iter().any(|group| !group.inbound);
        let filtered: Vec<Prefix> = self
            .ports
            .iter()
            .filter(filters)
            .flat_map(|port| &port.addresses)
            .filter_map(|own| Prefix::new(own.address, own.len))
            .collect();
        for port in &mut self.ports {
            for (span, helper, reason) in std::mem::take(&mut port.helpers) {
                let near = helper.parse().is_ok_and(|helper: IpAddr| {
                    filtered.iter().any(|network| network.contains(helper))
                });
                if near || !port.groups.is_empty() {
                    self.ledger.unsupported(span, reason);
                }
            }
        }
    }

    /// Makes the interfaces of the device, when every block is read. A port that only switches is none.
    pub(in crate::formats) fn finish_ports(&mut self) {
        self.idle_ports();
        self.relays();
        for at in 0..self.ports.len() {
            let Some(port) = self.ports.get(at) else { continue };
            let only_switches = port.switched && port.addresses.is_empty() && !port.dynamic;
            let Some(span) = port.span.filter(|_| !only_switches) else { continue };
            let (vrf, learns, name) = (port.vrf, port.learns, port.name.clone());
            let mut addresses = port.addresses.clone();
            for (address, span) in &port.virtuals {
                let subnet = |own: &&InterfaceAddress| {
                    Prefix::new(own.address, own.len).is_some_and(|net| net.contains(*address))
                };
                let owner = port.addresses.iter().find(subnet);
                let len = owner.map_or(Family::of(*address).bits(), |own| own.len);
                if !addresses.iter().any(|known| known.address == *address) {
                    addresses.push(InterfaceAddress { address: *address, len, span: *span });
                }
            }
            let source_check = port.source_check;
            let (up, kind, vlan, dynamic) = (!port.down, port.kind, port.vlan, port.dynamic);
            let context = vrf.map_or(self.global(), |word| self.vrf(word));
            let id = self.build.interface(&name, span);
            let interface = &mut self.build.device.interfaces[id];
            *interface = Interface {
                context,
                addresses,
                up,
                kind,
                vlan,
                dynamic,
                source_check,
                ..interface.clone()
            };
            if let Some((protocol, span)) = learns {
                self.dynamic(context, protocol, span);
            }
            if let Some(port) = self.ports.get_mut(at) {
                port.id = Some(id);
            }
        }
    }
}

/// Lines of an interface block that do not say what the port is for; every other line is taken to.
const MUTE: [&str; 20] = [
    "no",
    "exit",
    "speed",
    "duplex",
    "mdix",
    "media-type",
    "negotiation",
    "storm-control",
    "flowcontrol",
    "snmp",
    "lldp",
    "cdp",
    "qos",
    "load-interval",
    "loop-detection",
    "loop-protection",
    "spanning-tree",
    "keepalive",
    "srr-queue",
    "polarity",
];

/// Whether the line of an interface block says, or may say, what the port is for.
pub(in crate::formats) fn states_use(line: &ConfigLine<'_>) -> bool {
    let mute = match (line.word(0), line.word(1), line.word(2)) {
        ("switchport", "", _) | ("switchport", "nonegotiate", _) => true,
        ("switchport", "mode", "access") => true,
        ("switchport", "access", "vlan") => line.word(3) == "1",
        (word, ..) => MUTE.contains(&word),
    };
    !mute
}

/// The place, the helper, and what becomes of broadcasts by a line `ip helper-address [vrf V|global] A`.
pub(in crate::formats) fn relayed(line: &ConfigLine<'_>) -> (Span, String, Text) {
    let helper = line.words.last().map_or("", |word| word.text);
    let reason = text!(
        "ここに届く UDP のブロードキャスト（DHCP、TFTP、DNS、NTP、NetBIOS など）は {helper} へ中継されます。この中継は、アドレスを書き換えるため経路として追跡しません。",
        "UDP broadcasts that arrive here (DHCP, TFTP, DNS, NTP, NetBIOS and more) are relayed to {helper}; the relay changes addresses and is not followed as a path"
    );
    (line.span, helper.to_owned(), reason)
}

/// Whether an interface of this name is a socket of the device.
pub(in crate::formats) fn is_physical(name: &str) -> bool {
    const SOCKETS: [&str; 4] = ["ethernet", "gige", "port1.", "port2."];
    let name = name.to_ascii_lowercase();
    SOCKETS.iter().any(|word| name.contains(word)) && !name.contains("port-channel")
}

/// VLAN numbers and ranges such as `10,20-30`, over several words.
pub(in crate::formats) fn vlans(words: &[Word<'_>]) -> Option<Vec<(u16, u16)>> {
    let mut out = Vec::new();
    for part in words.iter().flat_map(|word| word.text.split(',')).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        out.push((first.parse().ok()?, last.parse().ok()?));
    }
    (!out.is_empty()).then_some(out)
}

/// `A/LEN` or `A MASK` from word `at` on, then perhaps `secondary`.
pub(in crate::formats) fn address(port: &mut Port<'_>, line: &ConfigLine<'_>, at: usize) -> bool {
    let parsed = match line.word(at).split_once('/') {
        Some((address, len)) => address.parse().ok().zip(len.parse().ok().filter(|len| *len <= 32)),
        None => {
            line.word(at).parse().ok().zip(line.word(at + 1).parse().ok().and_then(netmask_len))
        }
    };
    let Some((address, len)) = parsed.filter(|(address, _): &(IpAddr, u8)| address.is_ipv4())
    else {
        return false;
    };
    let entry = InterfaceAddress { address, len, span: line.span };
    if line.words.last().is_some_and(|word| word.text == "secondary") {
        port.addresses.push(entry);
    } else {
        port.addresses.insert(0, entry);
    }
    true
}

/// `A/LEN` from word `at` on; a link-local address is read and not kept.
pub(in crate::formats) fn address6(port: &mut Port<'_>, line: &ConfigLine<'_>, at: usize) -> bool {
    let word = line.word(at);
    let link_local = word.to_ascii_lowercase().starts_with("fe80:")
        || line.words.iter().any(|word| word.text == "link-local");
    let (address, len) = word.split_once('/').unwrap_or((word, "64"));
    let parsed = address.parse::<IpAddr>().ok().zip(len.parse().ok().filter(|len| *len <= 128));
    match parsed.filter(|(address, _)| address.is_ipv6()) {
        Some(_) if link_local => true,
        Some((address, len)) => {
            port.addresses.push(InterfaceAddress { address, len, span: line.span });
            true
        }
        None => false,
    }
}
