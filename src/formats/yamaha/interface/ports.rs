//! What switches interfaces on and off, joins them, and takes their place.

use super::Backup;
use crate::formats::yamaha::commands;
use crate::formats::yamaha::reader::{Item, Reader};
use crate::formats::yamaha::wrap::Statement;

/// Substitutes of interfaces that are followed; a router has a few.
const MOST_BACKUPS: usize = 256;

impl<'a> Reader<'a, '_> {
    /// `pp enable 1`, `tunnel disable all`.
    pub(super) fn enable(&mut self, item: &Item<'a>) {
        let statement = &item.statement;
        let on = statement.word(1) == "enable";
        let kind = statement.word(0);
        let number = statement.word(2);
        if number == "all" {
            for iface in self.interfaces.iter_mut().filter(|iface| iface.name.starts_with(kind)) {
                iface.enabled = Some(on);
            }
            return self.ledger.used(statement.span);
        }
        let name = match number {
            "anonymous" if kind == "pp" => "pp-anonymous".to_owned(),
            _ if number.parse::<u32>().is_ok() => format!("{kind}{number}"),
            _ => return self.unknown_command(statement),
        };
        let at = self.interface(&name, statement.span);
        self.with(at, |iface| iface.enabled = Some(on));
        self.ledger.used(statement.span);
    }

    pub(super) fn peer(&mut self, item: &Item<'a>) {
        let statement = &item.statement;
        let Some(name) = item.at.interface() else { return self.unknown_command(statement) };
        let at = self.interface(&name, statement.span);
        match (statement.word(0), statement.word(1), statement.word(2)) {
            ("ppp", _, "ipaddress") => {
                if statement.word(3) == "on" {
                    self.with(at, |iface| iface.v4.dynamic = Some(statement.span));
                }
                self.ledger.used(statement.span);
            }
            ("tunnel", "encapsulation", "map-e") => {
                self.with(at, |iface| iface.v4.dynamic = Some(statement.span));
                self.ledger.used(statement.span);
            }
            // These carry PPP: the packets come in by the peer that is bound to the tunnel.
            ("tunnel", "encapsulation", "l2tp" | "pptp") => {
                self.with(at, |iface| iface.carries_ppp = true);
                self.ledger.used(statement.span);
            }
            ("tunnel", "encapsulation", _) => self.ledger.used(statement.span),
            _ => self.unknown_command(statement),
        }
    }

    /// `vlan lan1/1 802.1q vid=10 name=…`.
    pub(super) fn vlan(&mut self, statement: &Statement<'a>) {
        let name = statement.word(1).to_ascii_lowercase();
        let vid = statement.words.iter().find_map(|word| word.text.strip_prefix("vid="));
        if !commands::is_interface(&name) {
            return self.unknown_command(statement);
        }
        let at = self.interface(&name, statement.span);
        let vlan = vid.and_then(|vid| vid.parse().ok());
        self.with(at, |iface| iface.vlan = vlan);
        self.ledger.used(statement.span);
    }

    /// `bridge member bridge1 lan1 lan3 tunnel1`: the members are one segment, which the bridge interface is on.
    pub(super) fn bridge(&mut self, statement: &Statement<'a>) {
        let bridge = statement.word(2).to_ascii_lowercase();
        if !bridge.starts_with("bridge") || statement.words.len() < 4 {
            return self.unknown_command(statement);
        }
        self.interface(&bridge, statement.span);
        for word in statement.from(3) {
            let at = self.interface(&word.text.to_ascii_lowercase(), word.span);
            self.with(at, |iface| iface.bridge = Some(bridge.clone()));
        }
        self.ledger.used(statement.span);
    }

    /// `lan shutdown lan2`; with port numbers behind it only these ports of the switching hub are off.
    pub(super) fn shutdown(&mut self, statement: &Statement<'a>) {
        let name = statement.word(2).to_ascii_lowercase();
        if !commands::is_interface(&name) {
            return self.unknown_command(statement);
        }
        if statement.words.len() == 3 {
            let at = self.interface(&name, statement.span);
            self.with(at, |iface| iface.enabled = Some(false));
        }
        self.ledger.used(statement.span);
    }

    /// `lan backup lan2 pp 1`, `pp backup tunnel 3`, `pp backup lan2 192.168.9.1`.
    pub(super) fn backup(&mut self, item: &Item<'a>) {
        let statement = &item.statement;
        if statement.word(1) == "backup" && statement.from(2).iter().any(|w| w.text == "recovery") {
            return self.ledger.irrelevant(statement.span);
        }
        let (own, first) = match statement.word(0) {
            "lan" => (Some(statement.word(2).to_owned()), 3),
            _ => (item.at.interface(), 2),
        };
        let backup = match (statement.word(first), statement.word(first + 1)) {
            ("none", _) => return self.ledger.used(statement.span),
            (kind @ ("pp" | "tunnel"), number) if number.parse::<u32>().is_ok() => {
                Some(Backup::Interface(format!("{kind}{number}")))
            }
            (name, gateway) if commands::is_interface(name) => {
                gateway.parse().ok().map(|address| Backup::Gateway(name.to_owned(), address))
            }
            _ => None,
        };
        let (Some(own), Some(backup)) = (own, backup) else {
            return self.unknown_command(statement);
        };
        if self.interfaces.iter().filter(|iface| iface.backup.is_some()).count() >= MOST_BACKUPS {
            return self.unknown_command(statement);
        }
        let at = self.interface(&own, statement.span);
        self.with(at, |iface| iface.backup = Some((backup, statement.span)));
        self.ledger.used(statement.span);
    }

    /// `ethernet filter 1 …` defines; `ethernet lan1 filter in 1` binds, and what it stops is not read.
    pub(super) fn ethernet(&mut self, statement: &Statement<'a>) {
        if statement.word(1) == "filter" {
            return self.ledger.irrelevant(statement.span);
        }
        let name = statement.word(1).to_ascii_lowercase();
        if statement.word(2) != "filter" || !commands::is_interface(&name) {
            return self.unknown_command(statement);
        }
        let at = self.interface(&name, statement.span);
        self.doubt(at, statement);
    }
}
