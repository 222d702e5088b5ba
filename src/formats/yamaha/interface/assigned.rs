//! Addresses, prefixes and default routes that an interface gets at run time.

use super::{Iface, interface_address};
use crate::formats::yamaha::commands;
use crate::formats::yamaha::reader::Reader;
use crate::formats::yamaha::wrap::{Statement, Word};
use crate::net::Family;
use crate::source::Span;

impl<'a> Reader<'a, '_> {
    /// `ipv6 lan1 prefix 2001:db8::/64`: the device makes up the rest of its own address, so only the subnet is known.
    pub(super) fn prefix(&mut self, at: usize, statement: &Statement<'a>) -> Option<()> {
        let (span, word) = (statement.span, statement.words.get(3)?);
        if word.text.contains('@') {
            self.with(at, |iface| iface.v6.dynamic = Some(span));
            return self.delegated(word, span);
        }
        let address = interface_address(word, Family::V6, false)?;
        self.with(at, |iface| iface.v6.primary.push(address));
        self.plain(span)
    }

    /// `ipv6 prefix 1 ra-prefix@lan2::/64`: what is announced on another interface; a literal one changes nothing here.
    pub(super) fn prefix_list(&mut self, statement: &Statement<'a>) {
        match statement.words.get(3) {
            Some(word) if word.text.contains('@') => {
                if self.delegated(word, statement.span).is_none() {
                    self.unknown_command(statement);
                }
            }
            _ => self.ledger.irrelevant(statement.span),
        }
    }

    /// `ra-prefix@lan2::1/64`, `dhcp-prefix@lan2::1/64`: lan2 hears router advertisements, which bring a default route; where it
    /// asks for a prefix by DHCPv6, they may.
    pub(super) fn delegated(&mut self, word: &Word<'_>, span: Span) -> Option<()> {
        let (kind, rest) = word.text.split_once('@')?;
        let name = rest.split(':').next()?.to_ascii_lowercase();
        let sure = match kind {
            "ra-prefix" => true,
            "dhcp-prefix" => false,
            _ => return None,
        };
        let numbered = |kind| name.strip_prefix(kind).is_some_and(|n| n.parse::<u32>().is_ok());
        if !commands::is_interface(&name) && !numbered("pp") && !numbered("tunnel") {
            return None;
        }
        let at = self.interface(&name, span);
        self.with(at, |iface| hears(iface, sure, span));
        self.plain(span)
    }

    /// `ipv6 lan2 dhcp service client [ir=on]`.
    pub(super) fn client(&mut self, at: usize, statement: &Statement<'a>) -> Option<()> {
        if statement.word(0) != "ipv6" {
            return None;
        }
        self.with(at, |iface| hears(iface, false, statement.span));
        self.plain(statement.span)
    }

    /// `ip wan1 address pdp`: the mobile network assigns it.
    pub(super) fn mobile(&mut self, at: usize, span: Span) -> Option<()> {
        self.with(at, |iface| iface.v4.dynamic = Some(span));
        self.plain(span)
    }
}

/// Notes that an interface gets its IPv6 address from a router, surely or perhaps with a default route.
fn hears(iface: &mut Iface<'_>, sure: bool, span: Span) {
    iface.v6.dynamic.get_or_insert(span);
    *(if sure { &mut iface.v6.brings_default } else { &mut iface.v6.may_bring_default }) = true;
}
