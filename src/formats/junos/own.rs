//! What the configuration says of the device itself: clock, log, administration, communities, cryptography.

use super::reader::Reader;
use super::tree::{NodeId, Tree};
use crate::model::{DoorProtocol, Interfaces, OwnKind, WeakCrypto};
use crate::source::Span;

/// Services of `system services` that administer the device.
const SERVICES: &[(&[&str], DoorProtocol)] = &[
    (&["telnet"], DoorProtocol::Telnet),
    (&["ssh"], DoorProtocol::Ssh),
    (&["ftp"], DoorProtocol::Ftp),
    (&["tftp-server"], DoorProtocol::Tftp),
    (&["web-management", "http"], DoorProtocol::Http),
    (&["web-management", "https"], DoorProtocol::Https),
];

impl<'a> Reader<'a, '_> {
    /// Notes everything. To be called before the sections that do not matter for forwarding are set aside as a whole: the
    /// lines that say something stay used.
    pub(super) fn read_own(&mut self) {
        self.clock_and_log();
        self.services();
        self.communities();
        self.proposals();
    }

    fn named_below(&self, path: &[&'a str]) -> Vec<NodeId> {
        let found = path.iter().try_fold(Tree::ROOT, |at, word| self.active(at, word));
        found.map_or(Vec::new(), |at| self.actives(at))
    }

    fn active(&self, at: NodeId, word: &'a str) -> Option<NodeId> {
        self.tree.child(at, word).filter(|child| self.tree.is_active(*child))
    }

    fn actives(&self, at: NodeId) -> Vec<NodeId> {
        let mut kids = self.tree.all_children(at);
        kids.retain(|kid| self.tree.is_active(*kid));
        kids
    }

    /// Notes a fact of a statement, whose line is thereby read.
    fn own(&mut self, kind: OwnKind, node: NodeId) {
        let span = self.span(node);
        self.b.device.own.note(kind, span);
        self.ledger.used(span);
    }

    fn clock_and_log(&mut self) {
        for node in self.named_below(&["system", "ntp"]) {
            if matches!(self.word(node), "server" | "peer" | "broadcast-client") {
                self.own(OwnKind::Clock, node);
            }
        }
        if let Some(host) = self
            .active(Tree::ROOT, "system")
            .and_then(|at| self.active(at, "syslog"))
            .and_then(|at| self.active(at, "host"))
        {
            for node in self.actives(host) {
                let address = self.word(node).parse().ok();
                self.own(OwnKind::LogTarget(address), node);
            }
        }
        for stream in self.named_below(&["security", "log", "stream"]) {
            let Some(host) = self.active(stream, "host") else { continue };
            for node in self.actives(host) {
                // `host 10.0.0.1` or `host { 10.0.0.1; port 514; }`.
                if let Ok(address) = self.word(node).parse() {
                    self.own(OwnKind::LogTarget(Some(address)), node);
                }
            }
        }
    }

    /// The port that `system services` moves a service to, with where it says so.
    pub(super) fn moved_port(&self, path: &[&'a str]) -> Option<(u16, Span)> {
        let service = ["system", "services"].iter().chain(path);
        let port =
            service.chain(&["port"]).try_fold(Tree::ROOT, |at, word| self.active(at, word))?;
        let value = self.actives(port).last().copied()?;
        Some((self.word(value).parse().ok()?, self.span(port)))
    }

    fn services(&mut self) {
        let Some(services) =
            self.active(Tree::ROOT, "system").and_then(|at| self.active(at, "services"))
        else {
            return;
        };
        for (path, protocol) in SERVICES {
            let found = path.iter().try_fold(services, |at, word| self.active(at, word));
            let Some(node) = found else { continue };
            let port = self.active(node, "port").and_then(|at| self.actives(at).first().copied());
            let port = port.and_then(|at| self.word(at).parse().ok());
            let port = port.unwrap_or(protocol.default_port());
            let span = self.span(node);
            self.b.device.own.serves_at(*protocol, port, Interfaces::Any, span);
            self.ledger.used(span);
            let version = self.active(node, "protocol-version");
            let old = version.and_then(|at| self.active(at, "v1"));
            if let Some(old) = old {
                self.own(OwnKind::Weak(WeakCrypto::Ssh1), old);
            }
        }
    }

    fn communities(&mut self) {
        for node in self.named_below(&["snmp", "community"]) {
            let writes = self
                .active(node, "authorization")
                .is_some_and(|at| self.active(at, "read-write").is_some());
            let named =
                self.active(node, "clients").or_else(|| self.active(node, "client-list-name"));
            let everybody = |kid: &NodeId| matches!(self.word(*kid), "0.0.0.0/0" | "::/0");
            let limited = named.is_some_and(|at| !self.actives(at).iter().any(everybody));
            let kind = OwnKind::community(self.word(node), writes, limited);
            self.own(kind, node);
            let span = self.span(node);
            self.b.device.own.serves(DoorProtocol::Snmp, span);
        }
    }

    fn proposals(&mut self) {
        for kind in ["ike", "ipsec"] {
            for proposal in self.named_below(&["security", kind, "proposal"]) {
                for word in ["encryption-algorithm", "authentication-algorithm"] {
                    let Some(value) = self.active(proposal, word) else { continue };
                    for node in self.actives(value) {
                        if let Some(weak) = WeakCrypto::of(self.word(node)) {
                            self.own(OwnKind::Weak(weak), node);
                        }
                    }
                }
            }
        }
        for policy in self.named_below(&["security", "ike", "policy"]) {
            let mode = self.active(policy, "mode");
            if let Some(node) = mode.and_then(|at| self.active(at, "aggressive")) {
                self.own(OwnKind::Weak(WeakCrypto::Aggressive), node);
            }
        }
    }
}
