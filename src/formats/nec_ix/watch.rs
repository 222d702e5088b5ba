//! `watch-group`: events of the network monitor and the actions that change routes and interfaces.

use super::commands::Bin;
use super::reader::Reader;
use crate::formats::lines::ConfigLine;
use crate::model::{NextHop, PolicyRoute};
use crate::net::{Family, Prefix};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashSet;

/// What an action changes.
enum Action<'a> {
    /// Nothing that is followed here.
    Nothing,
    /// Takes routes to a prefix out of use.
    Withdraw(Prefix),
    /// Puts a route in.
    Insert(Prefix, &'a str),
    /// Takes an interface down.
    Down(&'a str),
    /// Something else.
    Unread,
}

impl<'a> Reader<'a, '_> {
    /// Marks what the actions may change: to be called when interfaces and routes are there.
    pub(super) fn read_watches(&mut self) {
        let mut withdrawn = FxHashSet::default();
        for block in self.config.take(Bin::Watch) {
            self.ledger.used(block.head.span);
            for line in &block.body {
                self.watch_line(line, &mut withdrawn);
            }
        }
        for (_, context) in self.build.device.contexts.iter_mut() {
            for route in context.routes.iter_mut().filter(|r| withdrawn.contains(&r.prefix)) {
                route.withdrawable = true;
            }
        }
        for block in self.config.take(Bin::Device) {
            self.device_block(&block);
        }
    }

    fn watch_line(&mut self, line: &ConfigLine<'a>, withdrawn: &mut FxHashSet<Prefix>) {
        let span = line.span;
        if line.word(0) != "action" {
            // Conditions of the monitor: when the actions run.
            return self.ledger.used(span);
        }
        match action(line) {
            Action::Nothing => self.ledger.irrelevant(span),
            Action::Withdraw(prefix) => {
                withdrawn.insert(prefix);
                self.ledger.used(span);
            }
            Action::Insert(prefix, hop) => self.insert(prefix, hop, span),
            Action::Down(name) => {
                if let Some(at) = self.interface_names.get(name).copied()
                    && let Some(iface) = self.interfaces.get_mut(at)
                {
                    iface.taints.push(span);
                }
                let reason = text!(
                    "監視の結果でインターフェースが停止することがあります。通信は許可とも拒否とも読みます。",
                    "the monitor may take this interface down; its traffic may pass or not"
                );
                self.ledger.unsupported(span, reason);
            }
            Action::Unread => {
                let reason = text!(
                    "監視の動作を解釈できません。設定の何が変わるか分からないため、この機器のどの通信も通り得ると読みます。",
                    "this action of the monitor is not understood; it may change anything on this device"
                );
                self.ledger.unknown(span, reason, false);
            }
        }
    }

    /// A route that the monitor may put in is a way that may be taken.
    fn insert(&mut self, prefix: Prefix, hop: &str, span: Span) {
        let interface = self.find(hop).map(|iface| NextHop::Interface(iface.id));
        let address = hop.parse().ok();
        let gateway = address.map(|address| NextHop::Gateway { address, interface: None });
        let next_hop = interface.or(gateway);
        let mut matches = self.build.everything(Some(prefix.family()), span);
        matches.destination = self.build.range(prefix.range(), span);
        for (_, context) in self.build.device.contexts.iter_mut() {
            let matches = matches.clone();
            context.policy_routes.push(PolicyRoute { matches, next_hop, span });
        }
        let reason = text!(
            "監視の結果で追加される経路は「通り得る」経路として読みます。",
            "a route that the monitor may add is read as a way that may be taken"
        );
        self.ledger.unsupported(span, reason);
    }

    /// Ports: a port that is switched off leaves the interfaces on it in doubt; everything else is below layer 3.
    fn device_block(&mut self, block: &crate::formats::lines::Block<'a>) {
        let name = block.head.word(1);
        if !block.body.iter().any(|line| line.text == "shutdown") {
            return self.ledger.irrelevant(block.span());
        }
        self.ledger.used(block.span());
        for iface in &mut self.interfaces {
            let rest = iface.name.strip_prefix(name);
            if rest.is_some_and(|rest| rest.starts_with(['.', ':'])) {
                iface.taints.push(block.head.span);
            }
        }
    }
}

/// `action N …`.
fn action<'a>(line: &ConfigLine<'a>) -> Action<'a> {
    let family = match line.word(2) {
        "ip" => Family::V4,
        "ipv6" => Family::V6,
        "interface" if line.word(3) == "shutdown" => return Action::Down(line.word(4)),
        "shutdown-interface" | "interface-shutdown" => return Action::Down(line.word(3)),
        "ipsec" if line.word(3) == "clear-sa" => return Action::Nothing,
        "ike" | "ikev2" if line.word(3).starts_with("clear") => return Action::Nothing,
        "syslog" | "snmp" | "snmp-trap" | "turn-BAK-LED-on" | "turn-ALM-LED-on" | "led" | "nm" => {
            return Action::Nothing;
        }
        _ => return Action::Unread,
    };
    let prefix = match line.word(4) {
        "default" => Some(Prefix::all(family)),
        word => Prefix::parse(word).filter(|prefix| prefix.family() == family),
    };
    match (line.word(3), prefix) {
        ("shutdown-route", Some(prefix)) => Action::Withdraw(prefix),
        ("insert-route" | "activate-route", Some(prefix)) => Action::Insert(prefix, line.word(5)),
        // Policy routes are ways that may be taken in any case.
        ("shutdown-policy" | "suspend-policy" | "activate-policy", _) => Action::Nothing,
        _ => Action::Unread,
    }
}
