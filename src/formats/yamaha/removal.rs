//! `no X`: which earlier commands it takes back.
//!
//! What follows the key of a command (the number of a filter, the direction of a binding) may be left out of the `no` form or
//! differ from what was configured: the key alone decides.

use super::commands::Kind;
use super::reader::{Item, Reader, Select};
use super::wrap::{Statement, Word};

impl<'a> Reader<'a, '_> {
    /// Takes back the earlier commands that X names.
    pub(super) fn remove(&mut self, kind: Kind, statement: &Statement<'a>, at: &Select) {
        let words = statement.from(1);
        let word = |at: usize| words.get(at).map_or("", |word| word.text.as_ref());
        let selected = match kind {
            Kind::Interface => matches!(word(1), "pp" | "tunnel"),
            Kind::Backup => word(0) != "lan",
            Kind::Peer | Kind::User | Kind::ModeCfg => true,
            _ => false,
        };
        let key = key(kind, words);
        let known = words.len() >= key && !statement.doubt;
        let gone = |item: &Item<'_>| {
            let other = &item.statement.words;
            let same = words.iter().zip(other).take(key).all(|(a, b)| a.text == b.text);
            known && (item.at == *at || !selected) && other.len() >= key && same
        };
        let mut removed = false;
        if let Some(items) = self.bins.get_mut(&kind) {
            for item in items.iter().filter(|item| gone(item)) {
                self.ledger.irrelevant(item.statement.span);
                removed = true;
            }
            items.retain(|item| !gone(item));
        }
        // A server for which nothing is stated is as it is by itself; what does not matter need not be there.
        let harmless = known && kind == Kind::Service
            || kind == Kind::Interface && super::interface::is_inert(words);
        if removed || harmless {
            self.ledger.used(statement.span);
        } else {
            self.unknown_command(statement);
        }
    }
}

/// How many words say which command is meant.
fn key(kind: Kind, words: &[Word<'_>]) -> usize {
    let word = |at: usize| words.get(at).map_or("", |word| word.text.as_ref());
    let optional = |at: usize| if words.len() > at { at + 1 } else { at };
    match kind {
        Kind::Routing | Kind::Vlan | Kind::Radius => 2,
        Kind::Filter | Kind::Route | Kind::Enable | Kind::Bridge | Kind::Shutdown => 3,
        Kind::Schedule | Kind::Implicit | Kind::Prefix | Kind::Upnp => 3,
        Kind::Dynamic | Kind::Set | Kind::NatType | Kind::User => 4,
        Kind::Engine => 5,
        Kind::Protocol => {
            if word(0) == "ipv6" {
                3
            } else {
                2
            }
        }
        Kind::Peer => {
            if word(0) == "ppp" {
                3
            } else {
                2
            }
        }
        Kind::Backup => {
            if word(0) == "lan" {
                3
            } else {
                2
            }
        }
        Kind::Ethernet => {
            if word(1) == "filter" {
                3
            } else {
                4
            }
        }
        Kind::Nat => match (word(2), word(3)) {
            ("masquerade", "static") => 6,
            _ => 5,
        },
        Kind::Service => match (word(0), word(1)) {
            ("ipsec" | "cooperation", _) => words.len(),
            ("snmp" | "snmpv2c" | "snmpv3", _) => optional(2),
            _ => 2,
        },
        Kind::Interface => match (word(0), word(2), word(3)) {
            ("ipv6", "address" | "prefix", _) => 4,
            (_, "address" | "rebound", _) => 3,
            (_, "secondary", "address") => optional(4),
            (_, "secure", "filter") => 5,
            (_, "nat", "descriptor") | (_, "remote", "address") | (_, "vrrp", _) => 4,
            (_, "dhcp", "auto") => 5,
            _ => words.len(),
        },
        _ => words.len(),
    }
}
