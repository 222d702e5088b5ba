//! Interfaces: addresses, what is bound to them, and what switches them on.

mod assigned;
mod ports;
mod remote;

use super::address;
use super::commands::Kind;
use super::filter::{Chain, chain};
use super::inert;
use super::reader::{Item, Reader, Select, family_of};
use super::wrap::{Statement, Word};
use crate::formats::commands::rows;
use crate::model::{InterfaceAddress, InterfaceId, InterfaceKind, Remark};
use crate::net::{AddressRange, Family};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::net::IpAddr;

/// What `secure filter` binds in one direction.
#[derive(Clone, Debug)]
pub(super) enum Secure<'a> {
    Chain(Chain<'a>),
    /// The set with this name.
    Set(String, Span),
}

/// What one family has on an interface.
#[derive(Clone, Debug, Default)]
pub(super) struct Stack<'a> {
    pub(super) primary: Vec<InterfaceAddress>,
    pub(super) secondary: Vec<InterfaceAddress>,
    /// VRRP.
    pub(super) virtuals: Vec<InterfaceAddress>,
    /// Where an address or prefix is assigned at run time.
    pub(super) dynamic: Option<Span>,
    /// Whether a default route comes with it (DHCP, router advertisement).
    pub(super) brings_default: bool,
    /// Whether a default route may come with it (DHCPv6).
    pub(super) may_bring_default: bool,
    pub(super) inward: Option<Secure<'a>>,
    pub(super) outward: Option<Secure<'a>>,
}

/// An interface in progress.
#[derive(Clone, Debug)]
pub(super) struct Iface<'a> {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) kind: InterfaceKind,
    pub(super) vlan: Option<u16>,
    /// Set when the device is built.
    pub(super) id: Option<InterfaceId>,
    pub(super) v4: Stack<'a>,
    pub(super) v6: Stack<'a>,
    /// `pp enable` or `pp disable`; `None` when neither is stated.
    pub(super) enabled: Option<bool>,
    /// NAT descriptors in order; the second part is that after `reverse`.
    pub(super) nat: (Vec<u32>, Vec<u32>),
    /// Where something decides on its packets that is not read.
    pub(super) doubts: Vec<Span>,
    pub(super) no_rebound: Option<Span>,
    /// Whether DHCP may add a default route.
    pub(super) learns_default: bool,
    /// Addresses at the other end, and whether there may be others.
    pub(super) remote: Vec<(AddressRange, Span)>,
    pub(super) any_remote: Option<Span>,
    /// Where another interface takes its place.
    pub(super) backup: Option<(Backup, Span)>,
    /// Whether it is the carrier of a PPP line and no way for packets of its own.
    pub(super) carries_ppp: bool,
    /// The bridge that it belongs to.
    pub(super) bridge: Option<String>,
}

/// What takes over when an interface goes down.
#[derive(Clone, Debug)]
pub(super) enum Backup {
    Interface(String),
    Gateway(String, IpAddr),
}

impl<'a> Iface<'a> {
    /// The part of a family.
    pub(super) fn stack(&self, family: Family) -> &Stack<'a> {
        if family == Family::V4 { &self.v4 } else { &self.v6 }
    }

    pub(super) fn stack_mut(&mut self, family: Family) -> &mut Stack<'a> {
        if family == Family::V4 { &mut self.v4 } else { &mut self.v6 }
    }

    /// The addresses of a family, primary first.
    pub(super) fn addresses(&self, family: Family) -> impl Iterator<Item = &InterfaceAddress> {
        let stack = self.stack(family);
        stack.primary.iter().chain(&stack.secondary).chain(&stack.virtuals)
    }

    /// Whether packets may go through it: what is not said to be off may be on.
    pub(super) fn is_up(&self) -> bool {
        let own = self.bridge.is_none() && !self.carries_ppp || self.has_address();
        self.enabled != Some(false) && own
    }

    fn has_address(&self) -> bool {
        let has = |family| {
            self.addresses(family).next().is_some() || self.stack(family).dynamic.is_some()
        };
        Family::ALL.into_iter().any(has)
    }

    /// Whether it works only after `pp enable` or `tunnel enable`.
    pub(super) fn needs_enabling(&self) -> bool {
        self.name.starts_with("pp") || self.name.starts_with("tunnel")
    }

    /// Whether it is on the LAN side in the sense of `host lan`.
    pub(super) fn is_lan(&self) -> bool {
        ["lan", "vlan", "bridge"].iter().any(|kind| self.name.starts_with(kind))
    }
}

fn kind_of(name: &str) -> InterfaceKind {
    match name {
        _ if name.starts_with("loopback") || name == "null" => InterfaceKind::Loopback,
        _ if name.starts_with("pp") || name.starts_with("wan") => InterfaceKind::PointToPoint,
        _ if name.starts_with("tunnel") => InterfaceKind::Tunnel,
        _ => InterfaceKind::Ethernet,
    }
}

impl<'a> Reader<'a, '_> {
    /// The position of the interface with this name, made at its first mention.
    pub(super) fn interface(&mut self, name: &str, span: Span) -> usize {
        if let Some(at) = self.names.get(name) {
            return *at;
        }
        let kind = kind_of(name);
        self.interfaces.push(Iface {
            name: name.to_owned(),
            span,
            kind,
            vlan: None,
            id: None,
            v4: Stack::default(),
            v6: Stack::default(),
            enabled: None,
            nat: (Vec::new(), Vec::new()),
            doubts: Vec::new(),
            no_rebound: None,
            learns_default: true,
            remote: Vec::new(),
            any_remote: None,
            backup: None,
            carries_ppp: false,
            bridge: None,
        });
        self.names.insert(name.to_owned(), self.interfaces.len() - 1);
        self.interfaces.len() - 1
    }

    /// Reads everything that says something of an interface.
    pub(super) fn read_interfaces(&mut self) {
        for item in self.take(Kind::Interface) {
            self.interface_command(&item);
        }
        for item in self.take(Kind::Enable) {
            self.enable(&item);
        }
        for item in self.take(Kind::Peer) {
            self.peer(&item);
        }
        for item in self.take(Kind::Prefix) {
            self.prefix_list(&item.statement);
        }
        self.clients();
        for item in self.take(Kind::Vlan) {
            self.vlan(&item.statement);
        }
        for item in self.take(Kind::Bridge) {
            self.bridge(&item.statement);
        }
        for item in self.take(Kind::Shutdown) {
            self.shutdown(&item.statement);
        }
        for item in self.take(Kind::Backup) {
            self.backup(&item);
        }
        for item in self.take(Kind::Ethernet) {
            self.ethernet(&item.statement);
        }
    }

    fn interface_command(&mut self, item: &Item<'a>) {
        let statement = &item.statement;
        let name = match (statement.word(1), &item.at) {
            ("pp", Select::Pp(_)) | ("tunnel", Select::Tunnel(_)) => item.at.interface(),
            ("pp" | "tunnel", _) => None,
            (name, _) => Some(name.to_ascii_lowercase()),
        };
        let Some(name) = name else { return self.unknown_command(statement) };
        let at = self.interface(&name, statement.span);
        let read = match (statement.word(2), statement.word(3)) {
            ("address", "pdp") => self.mobile(at, statement.span),
            ("address", _) => self.address(at, statement, 3, false),
            ("secondary", "address") => self.address(at, statement, 4, true),
            ("secure", "filter") => self.secure(at, statement),
            ("nat", "descriptor") => self.bind_nat(at, statement),
            ("prefix", next) if next != "change" => self.prefix(at, statement),
            ("vrrp", next) if next != "shutdown" => self.virtual_address(at, statement),
            ("remote", "address") => self.remote(at, statement),
            ("rebound", _) => self.rebound(at, statement),
            ("dhcp", "auto") if statement.word(4) == "default-route-add" => {
                let on = statement.word(5) == "on";
                self.with(at, |iface| iface.learns_default = on);
                self.plain(statement.span)
            }
            ("dhcp", "service") if statement.word(4) == "client" => self.client(at, statement),
            ("forward", "filter") => self.forward(statement),
            ("inbound" | "dpi", "filter") => self.doubt(at, statement),
            _ => self.inert_word(statement),
        };
        if read.is_none() {
            self.unknown_command(statement);
        }
    }

    /// Adds every interface to the device.
    pub(super) fn materialise_all(&mut self) {
        for at in 0..self.interfaces.len() {
            self.materialise(at);
        }
    }

    /// Adds an interface to the device as far as it is read by now.
    pub(super) fn materialise(&mut self, at: usize) -> InterfaceId {
        let Some(iface) = self.interfaces.get_mut(at) else {
            return self.builder.interface("", self.origin);
        };
        let id = self.builder.interface(&iface.name, iface.span);
        iface.id = Some(id);
        let new = &mut self.builder.device.interfaces[id];
        new.addresses = Family::ALL.into_iter().flat_map(|f| iface.addresses(f)).copied().collect();
        new.up = iface.is_up();
        new.kind = iface.kind;
        new.vlan = iface.vlan;
        let unnumbered = iface.kind == InterfaceKind::PointToPoint && new.addresses.is_empty();
        new.dynamic = iface.v4.dynamic.is_some() || iface.v6.dynamic.is_some() || unnumbered;
        let member = iface.bridge.is_some() && iface.enabled != Some(false) && !new.up;
        if iface.name == "pp-anonymous" {
            new.alias = Some("anonymous".to_owned());
        }
        if member {
            let (name, span) = (iface.name.clone(), iface.span);
            self.builder.device.remarks.push(Remark::Bridged { name, span });
        }
        id
    }

    pub(super) fn with(&mut self, at: usize, change: impl FnOnce(&mut Iface<'a>)) {
        if let Some(iface) = self.interfaces.get_mut(at) {
            change(iface);
        }
    }

    pub(super) fn plain(&mut self, span: Span) -> Option<()> {
        self.ledger.used(span);
        Some(())
    }

    fn inert_word(&mut self, statement: &Statement<'a>) -> Option<()> {
        is_inert(&statement.words).then(|| self.ledger.irrelevant(statement.span))
    }

    pub(super) fn doubt(&mut self, at: usize, statement: &Statement<'a>) -> Option<()> {
        let span = statement.span;
        self.with(at, |iface| iface.doubts.push(span));
        self.ledger.unsupported(span, unread(statement));
        Some(())
    }

    /// The last line decides.
    fn rebound(&mut self, at: usize, statement: &Statement<'a>) -> Option<()> {
        let off = match statement.word(3) {
            "on" => None,
            "off" => Some(statement.span),
            _ => return None,
        };
        self.with(at, |iface| iface.no_rebound = off);
        self.plain(statement.span)
    }

    fn address(
        &mut self,
        at: usize,
        statement: &Statement<'a>,
        first: usize,
        secondary: bool,
    ) -> Option<()> {
        let (family, span) = (family_of(statement), statement.span);
        let word = statement.words.get(first)?;
        if word.text.contains('@') {
            self.with(at, |iface| iface.stack_mut(family).dynamic = Some(span));
            return self.delegated(word, span);
        }
        if matches!(word.text.as_ref(), "dhcp" | "auto" | "pppoe" | "map-e" | "hb46pp") {
            let brings_default = matches!(word.text.as_ref(), "dhcp" | "auto");
            self.with(at, |iface| {
                let stack = iface.stack_mut(family);
                stack.dynamic = Some(span);
                stack.brings_default |= brings_default && !secondary;
            });
            return self.plain(span);
        }
        let bare = self.interfaces.get(at)?.kind != InterfaceKind::Ethernet;
        let known = matches!(statement.word(first + 1), "" | "broadcast" | "unicast" | "anycast");
        let address = interface_address(word, family, bare).filter(|_| known)?;
        if !is_link_local(address.address) {
            self.with(at, |iface| {
                let stack = iface.stack_mut(family);
                if secondary {
                    stack.secondary.push(address);
                } else if family == Family::V4 {
                    stack.primary = vec![address];
                } else {
                    stack.primary.push(address);
                }
            });
        }
        self.plain(span)
    }

    /// `vrrp 1 192.168.1.254 priority=100`.
    fn virtual_address(&mut self, at: usize, statement: &Statement<'a>) -> Option<()> {
        let (family, span) = (family_of(statement), statement.words.get(4)?.span);
        let address: IpAddr = statement.word(4).parse().ok()?;
        let len = self.interfaces.get(at)?.addresses(family).next().map(|own| own.len);
        let len = len.unwrap_or(family.bits());
        if Family::of(address) != family {
            return None;
        }
        self.with(at, |iface| {
            if !is_link_local(address) {
                iface.stack_mut(family).virtuals.push(InterfaceAddress { address, len, span });
            }
        });
        self.plain(statement.span)
    }

    fn secure(&mut self, at: usize, statement: &Statement<'a>) -> Option<()> {
        let (family, span) = (family_of(statement), statement.span);
        if statement.word(4) == "name" {
            let name = statement.words.get(5)?.text.trim_matches('"').to_owned();
            let set = Secure::Set(name, span);
            self.with(at, |iface| {
                let stack = iface.stack_mut(family);
                (stack.inward, stack.outward) = (Some(set.clone()), Some(set));
            });
            return self.plain(span);
        }
        let inward = match statement.word(4) {
            "in" => true,
            "out" => false,
            _ => return None,
        };
        let chain = chain(statement.from(5), statement);
        if chain.doubt {
            self.ledger.unknown(span, super::reader::wrapped_reason(), true);
        } else {
            self.ledger.used(span);
        }
        self.with(at, |iface| {
            let stack = iface.stack_mut(family);
            *(if inward { &mut stack.inward } else { &mut stack.outward }) =
                Some(Secure::Chain(chain));
        });
        Some(())
    }

    fn bind_nat(&mut self, at: usize, statement: &Statement<'a>) -> Option<()> {
        let mut lists = (Vec::new(), Vec::new());
        let mut reverse = false;
        for word in statement.from(4) {
            match word.text.parse::<u32>() {
                Ok(number) if reverse => lists.1.push(number),
                Ok(number) => lists.0.push(number),
                Err(_) if word.text == "reverse" && !reverse => reverse = true,
                Err(_) => return None,
            }
        }
        let many = lists.0.len() + lists.1.len() > super::nat::MOST;
        if statement.doubt || many || statement.word(0) == "ipv6" {
            return None;
        }
        self.with(at, |iface| iface.nat = lists);
        self.plain(statement.span)
    }
}

/// Whether `ip INTERFACE …` is about something that does not matter.
pub(super) fn is_inert(words: &[Word<'_>]) -> bool {
    let word = |at: usize| words.get(at).map_or("", |word| word.text.as_ref());
    rows(inert::INTERFACE)
        .any(|row| row.split(' ').enumerate().all(|(at, want)| word(2 + at) == want))
}

fn unread(statement: &Statement<'_>) -> Text {
    let name = statement.text();
    text!(
        "「{name}」の判定は読み取らないため、このインターフェースの通信は止まることもあると読みます。",
        "what is decided by {name} is not read; traffic of this interface may also be stopped"
    )
}

fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.segments().first().is_some_and(|s| s & 0xffc0 == 0xfe80))
}

/// `192.168.1.1/24`, `192.168.1.1/255.255.255.0`, `192.168.1.1/0xffffff00`; `bare`: an address alone is one host.
fn interface_address(word: &Word<'_>, family: Family, bare: bool) -> Option<InterfaceAddress> {
    let (address, len) = match word.text.split_once('/') {
        Some((address, mask)) => (address, address::mask_len(mask, family)?),
        None if bare => (word.text.as_ref(), family.bits()),
        None => return None,
    };
    let address: IpAddr = address.parse().ok()?;
    (Family::of(address) == family).then_some(InterfaceAddress { address, len, span: word.span })
}
