//! Interfaces: addresses, state, and the lines that filters, translations, tunnels and policy routes are made from.

use super::commands::Bin;
use super::inert::SUB as INERT;
use super::lower::Outer;
use super::nat::Nat;
use super::reader::Reader;
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::model::{
    ContextId, DynamicRouting, InterfaceAddress, InterfaceId, InterfaceKind, Remark,
};
use crate::net::{AddressRange, Family};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::net::IpAddr;

/// An interface as configured.
#[derive(Debug)]
pub(super) struct Iface<'a> {
    pub(super) name: &'a str,
    pub(super) id: InterfaceId,
    pub(super) span: Span,
    pub(super) filters: Vec<FilterLine<'a>>,
    /// Lines that may filter or change what passes and were not read.
    pub(super) taints: Vec<Span>,
    /// MAC filters and content filters: may stop packets, admit nothing.
    pub(super) brakes: Vec<Brake>,
    pub(super) nat: Nat<'a>,
    /// The addresses that NAPT uses outside; none when they are assigned at run time.
    pub(super) own: Vec<AddressRange>,
    /// The outer side, when the interface translates.
    pub(super) outer: Option<Outer>,
    pub(super) unnumbered: Option<&'a str>,
    pub(super) policies: Vec<(Family, Word<'a>)>,
    /// `ipsec policy tunnel NAME`.
    pub(super) selector: Option<Word<'a>>,
    pub(super) tunnel: Option<Vec<&'a str>>,
    /// `ip dynamic-filter group`: what dynamic lists note is shared with other interfaces.
    pub(super) grouped: bool,
    pub(super) dhcp_server: Option<Span>,
    pub(super) vrrp: Option<Span>,
    pub(super) default_route: Vec<(Family, Span)>,
    pub(super) bridged: Option<Span>,
    /// Where a subnet is assigned at run time.
    pub(super) assigned: Vec<(Family, Span)>,
    /// `ipv6 nd ra enable`.
    pub(super) advertises: Option<Span>,
    /// `ppp binding PROFILE`.
    pub(super) profile: Option<&'a str>,
    stated: bool,
}

/// Something that may stop packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brake {
    pub(super) inbound: bool,
    /// Whether only web traffic is looked at.
    pub(super) web: bool,
    pub(super) span: Span,
}

/// `ip filter NAME SEQ {in|out}`.
#[derive(Clone, Copy, Debug)]
pub(super) struct FilterLine<'a> {
    pub(super) family: Family,
    pub(super) inbound: bool,
    pub(super) sequence: u32,
    pub(super) name: Word<'a>,
    pub(super) span: Span,
}

/// What became of a line.
pub(super) enum Status {
    Used,
    Irrelevant,
    /// Approximated; the model holds it.
    Approximated(Text),
    /// The interface's filters begin undecided.
    Tainted(Text),
}

impl<'a> Reader<'a, '_> {
    /// Takes every `interface` block; a second one of a name continues the first.
    pub(super) fn read_interfaces(&mut self) {
        for block in self.config.take(Bin::Interface) {
            let at = self.enter(&block);
            self.ledger.used(block.head.span);
            let mut interfaces = std::mem::take(&mut self.interfaces);
            if let Some(iface) = interfaces.get_mut(at) {
                for line in &block.body {
                    let status = self.interface_line(iface, line);
                    self.account(iface, line.span, status);
                }
            }
            self.interfaces = interfaces;
        }
        self.delegated();
        self.states();
        self.bridges();
    }

    fn account(&mut self, iface: &mut Iface<'a>, span: Span, status: Status) {
        match status {
            Status::Used => self.ledger.used(span),
            Status::Irrelevant => self.ledger.irrelevant(span),
            Status::Approximated(reason) => self.ledger.unsupported(span, reason),
            Status::Tainted(reason) => {
                iface.taints.push(span);
                self.ledger.unknown(span, reason, true);
            }
        }
    }

    fn enter(&mut self, block: &Block<'a>) -> usize {
        let head = &block.head;
        let name = head.word(1);
        if let Some(at) = self.interface_names.get(name) {
            return *at;
        }
        let context = self.context_of(block);
        let kind = match name {
            _ if name.starts_with("Loopback") || name.starts_with("Null") => {
                InterfaceKind::Loopback
            }
            _ if name.starts_with("Tunnel") => InterfaceKind::Tunnel,
            _ if POINT_TO_POINT.iter().any(|start| name.starts_with(start)) => {
                InterfaceKind::PointToPoint
            }
            _ => InterfaceKind::Ethernet,
        };
        let id = self.build.interface(name, head.span);
        let interface = &mut self.build.device.interfaces[id];
        (interface.context, interface.kind) = (context, kind);
        let at = self.interfaces.len();
        self.interface_names.insert(name, at);
        self.interfaces.push(Iface::new(name, id, head.span, kind == InterfaceKind::Loopback));
        at
    }

    fn context_of(&mut self, block: &Block<'a>) -> ContextId {
        let vrf = block.body.iter().find_map(|line| {
            let from = usize::from(line.word(0) == "ip");
            let named = line.word(from) == "vrf" && line.word(from + 1) == "forwarding";
            named.then(|| line.word(from + 2))
        });
        self.vrf(vrf.unwrap_or(""))
    }

    /// A member of a bridge group that also routes: the bridge passes by its filters, and where to is not known.
    fn bridges(&mut self) {
        for iface in self.interfaces.iter().filter(|iface| !iface.name.starts_with("BVI")) {
            let Some(span) = iface.bridged else { continue };
            let device = &mut self.build.device.interfaces[iface.id];
            if device.addresses.is_empty() && !device.dynamic && iface.unnumbered.is_none() {
                // It is part of the segment of the BVI; nothing can be put on it alone.
                if std::mem::replace(&mut device.up, false) {
                    let name = iface.name.to_owned();
                    self.build.device.remarks.push(Remark::Bridged { name, span });
                }
                continue;
            }
            let name = iface.name;
            let reason = text!(
                "{name} はアドレスを持ちながらブリッジにも属します。ブリッジで中継される通信はフィルタを通らないため、どの通信も通り得ると読みます。",
                "{name} has an address and is also bridged; what the bridge hands on meets no filter, so anything may pass"
            );
            self.ledger.unknown(span, reason, false);
            let protocol = "bridge".to_owned();
            for (_, context) in self.build.device.contexts.iter_mut() {
                let protocol = protocol.clone();
                context.dynamic_routing.push(DynamicRouting { protocol, span });
            }
        }
    }

    /// An interface for which neither `shutdown` nor `no shutdown` stands is read as up, and nothing about it is sure.
    fn states(&mut self) {
        for at in 0..self.interfaces.len() {
            let Some(iface) = self.interfaces.get_mut(at) else { continue };
            if iface.stated {
                continue;
            }
            iface.taints.push(iface.span);
            let (span, name) = (iface.span, iface.name);
            let reason = text!(
                "{name} に shutdown も no shutdown もありません。使われているものとして読み、通信は許可とも拒否とも読みます。",
                "{name} states neither shutdown nor no shutdown; it is read as up, and its traffic may pass or not"
            );
            self.ledger.unsupported(span, reason);
        }
    }

    fn interface_line(&mut self, iface: &mut Iface<'a>, line: &ConfigLine<'a>) -> Status {
        let negated = line.word(0) == "no";
        let from = usize::from(negated);
        let fits =
            |row: &str| row.split(' ').enumerate().all(|(at, word)| line.word(from + at) == word);
        match (line.word(from), line.word(from + 1)) {
            ("shutdown", _) => {
                iface.stated = true;
                self.build.device.interfaces[iface.id].up = negated;
                Status::Used
            }
            ("ipv6", "nd") if !negated && line.starts(&["ipv6", "nd", "ra", "enable"]) => {
                iface.advertises = Some(line.span);
                Status::Irrelevant
            }
            ("ppp", "binding") if !negated => {
                iface.profile = Some(line.word(2));
                Status::Irrelevant
            }
            ("ip", "napt" | "nat") if !INERT.iter().any(|row| fits(row)) => {
                iface.nat.read(line, negated)
            }
            ("ip" | "ipv6", "address" | "filter" | "unnumbered" | "policy" | "dynamic-filter")
            | ("ipv6", "enable" | "dhcp")
            | ("ip", "vrf" | "dhcp")
                if !INERT.iter().any(|row| fits(row)) =>
            {
                self.network_line(iface, line, negated)
            }
            _ => self.link_line(iface, line, negated, INERT.iter().any(|row| fits(row))),
        }
    }

    /// Addresses, filters and policy routes.
    fn network_line(
        &mut self,
        iface: &mut Iface<'a>,
        line: &ConfigLine<'a>,
        negated: bool,
    ) -> Status {
        let from = usize::from(negated);
        let family = if line.word(from) == "ipv6" { Family::V6 } else { Family::V4 };
        match line.word(from + 1) {
            _ if negated => match (line.word(from + 1), line.word(from + 2)) {
                ("address" | "enable" | "unnumbered", "") => Status::Irrelevant,
                _ => unread(),
            },
            "address" => self.address(iface, line, family),
            "filter" => filter_line(iface, line, family),
            "unnumbered" => {
                iface.unnumbered = Some(line.word(2));
                Status::Used
            }
            "policy" if line.word(2) == "route-map" && line.words.len() == 4 => {
                iface.policies.extend(line.words.get(3).map(|word| (family, *word)));
                Status::Used
            }
            "dynamic-filter" => {
                iface.grouped = true;
                Status::Used
            }
            "enable" | "vrf" => Status::Used,
            "dhcp" if line.word(2) == "binding" || line.word(2) == "server" => {
                iface.dhcp_server = Some(line.span);
                Status::Used
            }
            "dhcp" if family == Family::V6 && line.word(2) == "client" => {
                self.build.device.interfaces[iface.id].dynamic = true;
                iface.assigned.push((family, line.span));
                Status::Approximated(assigned())
            }
            _ => unread(),
        }
    }

    fn address(&mut self, iface: &mut Iface<'a>, line: &ConfigLine<'a>, family: Family) -> Status {
        let device = &mut self.build.device.interfaces[iface.id];
        let word = line.word(2);
        let options: Vec<&str> = line.words.iter().skip(3).map(|word| word.text).collect();
        if options.contains(&"receive-default") {
            iface.default_route.push((family, line.span));
        }
        match (word, family) {
            ("dhcp" | "ipcp" | "map-e" | "autoconfig" | "negotiated" | "hb46pp", _) => {
                device.dynamic = true;
                iface.assigned.push((family, line.span));
                let known = options.iter().all(|word| *word == "receive-default");
                if known { Status::Approximated(assigned()) } else { unread() }
            }
            _ => {
                let Some((address, len)) = with_length(word, family) else { return unread() };
                if address.to_string().starts_with("fe80:") {
                    return Status::Irrelevant;
                }
                match options.as_slice() {
                    [] | ["secondary"] => {}
                    // The lower half comes from the MAC address.
                    ["eui-64"] => device.dynamic = true,
                    _ => return unread(),
                }
                device.addresses.push(InterfaceAddress { address, len, span: line.span });
                if options.is_empty() || options == ["secondary"] {
                    Status::Used
                } else {
                    Status::Approximated(assigned())
                }
            }
        }
    }

    /// Link, tunnel and everything else of an interface.
    fn link_line(
        &mut self,
        iface: &mut Iface<'a>,
        line: &ConfigLine<'a>,
        negated: bool,
        inert: bool,
    ) -> Status {
        match line.word(0) {
            _ if inert => Status::Irrelevant,
            "encapsulation" => self.encapsulation(iface, line),
            "tunnel" if line.word(1) == "mode" => {
                iface.tunnel = Some(line.words.iter().skip(2).map(|word| word.text).collect());
                Status::Used
            }
            "ipsec" if line.starts(&["ipsec", "policy", "tunnel"]) => {
                iface.selector = line.words.get(3).copied();
                Status::Used
            }
            // Protects what the device itself sends (GRE, L2TP, EtherIP).
            "ipsec" if line.starts(&["ipsec", "policy", "transport"]) => Status::Used,
            "bridge-group" => {
                iface.bridged = Some(line.span);
                Status::Approximated(text!(
                    "ブリッジグループの中の中継は扱いません。BVI のセグメントが全メンバーを含むものとして読みます。",
                    "bridging inside a bridge group is not followed; the segment of the BVI stands for all members"
                ))
            }
            "vrf" if line.word(1) == "forwarding" => Status::Used,
            "vrrp" => self.vrrp(iface, line),
            "filter" | "mac" if !negated => brake(iface, line, false),
            "url-filter" | "web-filter" if !negated => brake(iface, line, true),
            "proxy-dns" | "url-filter" | "web-filter" => Status::Irrelevant,
            _ => unread(),
        }
    }

    fn encapsulation(&mut self, iface: &Iface<'a>, line: &ConfigLine<'a>) -> Status {
        let device = &mut self.build.device.interfaces[iface.id];
        match (line.word(1), line.word(2).parse::<u16>()) {
            ("dot1q", Ok(number)) => {
                device.vlan = Some(number);
                Status::Used
            }
            ("pppoe" | "ppp" | "hdlc", _) => {
                device.kind = InterfaceKind::PointToPoint;
                Status::Used
            }
            _ => unread(),
        }
    }

    fn vrrp(&mut self, iface: &mut Iface<'a>, line: &ConfigLine<'a>) -> Status {
        iface.vrrp = Some(line.span);
        let device = &mut self.build.device.interfaces[iface.id];
        let own = device.addresses.first().map(|own| (Family::of(own.address), own.len));
        match (line.word(2), line.word(3).parse::<IpAddr>(), own) {
            ("ip", Ok(address), Some((family, len))) if Family::of(address) == family => {
                device.addresses.push(InterfaceAddress { address, len, span: line.span });
                Status::Approximated(text!(
                    "VRRP の仮想アドレスは、稼働系かどうかにかかわらずこの機器が持つものとして読みます。",
                    "the virtual address is read as owned by this device, whether it is the master or not"
                ))
            }
            ("ip", ..) => unread(),
            _ => Status::Irrelevant,
        }
    }
}

/// Interfaces by name that are lines to one other end.
const POINT_TO_POINT: &[&str] = &["BRI", "Dialer", "Serial", "USB-Serial", "Mobile"];

impl<'a> Iface<'a> {
    fn new(name: &'a str, id: InterfaceId, span: Span, stated: bool) -> Iface<'a> {
        Iface {
            name,
            id,
            span,
            filters: Vec::new(),
            taints: Vec::new(),
            brakes: Vec::new(),
            nat: Nat::default(),
            own: Vec::new(),
            outer: None,
            unnumbered: None,
            policies: Vec::new(),
            selector: None,
            tunnel: None,
            grouped: false,
            dhcp_server: None,
            vrrp: None,
            default_route: Vec::new(),
            bridged: None,
            assigned: Vec::new(),
            advertises: None,
            profile: None,
            stated,
        }
    }
}

fn filter_line<'a>(iface: &mut Iface<'a>, line: &ConfigLine<'a>, family: Family) -> Status {
    let inbound = match line.word(4) {
        "in" => true,
        "out" => false,
        _ => return unread(),
    };
    let (Some(name), Ok(sequence)) = (line.words.get(2), line.word(3).parse()) else {
        return unread();
    };
    if line.words.iter().skip(5).any(|word| word.text != "suppress-logging") {
        return unread();
    }
    let (name, span) = (*name, line.span);
    iface.filters.push(FilterLine { family, inbound, sequence, name, span });
    Status::Used
}

/// `filter NAME SEQ {in|out}` looks at MAC addresses, `url-filter` at web requests.
fn brake(iface: &mut Iface<'_>, line: &ConfigLine<'_>, web: bool) -> Status {
    let way = |word: &str| line.words.iter().any(|other| other.text == word);
    for inbound in [true, false] {
        if way(if inbound { "in" } else { "out" }) || !way("in") && !way("out") {
            iface.brakes.push(Brake { inbound, web, span: line.span });
        }
    }
    Status::Approximated(text!(
        "MAC アドレスや URL による制限は読み取りません。通信を止めることがあるものとして読みます。",
        "restrictions by MAC address or URL are not read; they may stop packets and admit nothing"
    ))
}

fn with_length(word: &str, family: Family) -> Option<(IpAddr, u8)> {
    let (address, len) = word.split_once('/')?;
    let (address, len): (IpAddr, u8) = (address.parse().ok()?, len.parse().ok()?);
    (Family::of(address) == family && len <= family.bits()).then_some((address, len))
}

fn assigned() -> Text {
    text!(
        "アドレスは運用時に割り当てられるため、この設定だけでは定まりません。",
        "the address is assigned at run time and does not follow from this configuration"
    )
}

/// A line that may filter, translate or forward.
pub(super) fn unread() -> Status {
    Status::Tainted(text!(
        "このインターフェースの設定行は解釈できません。このインターフェースを通る通信は許可とも拒否とも読みます。",
        "this interface line is not understood; traffic through the interface may pass or not"
    ))
}
