//! Addresses at the other end of PPP lines and tunnels.

use crate::formats::yamaha::address;
use crate::formats::yamaha::commands::{self, Kind};
use crate::formats::yamaha::reader::{Item, Reader, Select};
use crate::formats::yamaha::wrap::Statement;
use crate::net::{AddressRange, Family};
use crate::source::Span;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Addresses that clients get, and whether there may be others.
type Pool = (Vec<(AddressRange, Span)>, bool);

impl<'a> Reader<'a, '_> {
    /// `ip pp remote address 192.168.9.1`, `… pool 192.168.9.1-192.168.9.9`, `… pool dhcp`.
    pub(super) fn remote(&mut self, at: usize, statement: &Statement<'a>) -> Option<()> {
        let span = statement.span;
        let words = statement.from(if statement.word(4) == "pool" { 5 } else { 4 });
        for word in words {
            match address::range(&word.text, Family::V4) {
                Some(range) => self.with(at, |iface| iface.remote.push((range, word.span))),
                None if matches!(word.text.as_ref(), "dhcp" | "dhcpc")
                    || commands::is_interface(&word.text) =>
                {
                    self.with(at, |iface| iface.any_remote = Some(span));
                }
                None => return None,
            }
        }
        (!words.is_empty()).then(|| self.ledger.used(span))
    }

    /// Clients that log in: `pp auth username NAME PASSWORD ADDRESS`, RADIUS, the address pools of IKE.
    pub(super) fn clients(&mut self) {
        for item in self.take(Kind::Radius) {
            let span = item.statement.span;
            if item.statement.word(2) == "on" {
                self.by_radius(span);
            }
            self.ledger.used(span);
        }
        for item in self.take(Kind::User) {
            self.user(&item);
        }
        self.configured();
    }

    /// `pp auth username NAME PASSWORD [myname …] [isdn …] [clid …] [mscbcp] [ADDRESS] [PREFIX/LEN]`.
    fn user(&mut self, item: &Item<'a>) {
        let statement = &item.statement;
        let Some(name) = item.at.interface() else { return self.ledger.irrelevant(statement.span) };
        let at = self.interface(&name, statement.span);
        let mut fixed = false;
        for word in statement.from(5) {
            let range = match word.text.parse::<IpAddr>() {
                Ok(address) => Some(AddressRange::single(address)),
                Err(_) if word.text.contains('/') => {
                    crate::net::Prefix::parse(&word.text).map(crate::net::Prefix::range)
                }
                Err(_) => None,
            };
            if let Some(range) = range {
                fixed = true;
                self.with(at, |iface| iface.remote.push((range, word.span)));
            }
        }
        if fixed {
            self.ledger.used(statement.span);
        } else {
            self.ledger.irrelevant(statement.span);
        }
    }

    /// Where the router states no pool, the RADIUS server says which address a client gets.
    fn by_radius(&mut self, span: Span) {
        for iface in &mut self.interfaces {
            if iface.name == "pp-anonymous" && iface.remote.is_empty() {
                iface.any_remote.get_or_insert(span);
            }
        }
    }

    /// `ipsec ike mode-cfg address pool 1 192.168.50.1-192.168.50.9/24`, and `ipsec ike mode-cfg address GATEWAY 1` at a tunnel.
    fn configured(&mut self) {
        let mut pools: BTreeMap<String, Pool> = BTreeMap::new();
        let (defined, given): (Vec<_>, Vec<_>) =
            self.take(Kind::ModeCfg).into_iter().partition(|item| item.statement.word(4) == "pool");
        for item in defined {
            let statement = &item.statement;
            let pool = pools.entry(statement.word(5).to_owned()).or_default();
            for word in statement.from(6) {
                let range = word.text.split('/').next().unwrap_or("");
                match address::range(range, Family::V4) {
                    Some(range) => pool.0.push((range, word.span)),
                    None => pool.1 = true,
                }
            }
            self.ledger.used(statement.span);
        }
        for item in given {
            let statement = &item.statement;
            self.ledger.used(statement.span);
            if statement.word(3) != "address" {
                continue;
            }
            let (ranges, more) =
                pools.get(statement.word(5)).cloned().unwrap_or((Vec::new(), true));
            let name = match &item.at {
                Select::Tunnel(_) => item.at.interface(),
                _ => None,
            };
            let ends = self.interfaces.iter_mut().filter(|iface| match &name {
                Some(name) => iface.name == *name,
                None => iface.name.starts_with("tunnel"),
            });
            for iface in ends {
                iface.remote.extend(&ranges);
                iface.any_remote = iface.any_remote.or(more.then_some(statement.span));
            }
        }
    }
}
