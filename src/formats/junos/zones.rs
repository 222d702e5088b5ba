//! Security zones: their interfaces, and what the device itself answers at them.

use super::reader::Reader;
use super::tree::{NodeId, Tree};
use crate::model::InterfaceId;
use crate::source::Span;

/// A security zone, or the functional zone `management`.
pub(super) struct Zone<'a> {
    pub(super) name: &'a str,
    pub(super) span: Span,
    pub(super) interfaces: Vec<InterfaceId>,
    /// What is answered at each interface: the statement of the interface wins over that of the zone.
    pub(super) inbound: Vec<(InterfaceId, Option<NodeId>)>,
    /// Transit traffic never uses the functional zone.
    pub(super) functional: bool,
}

/// Statements of a zone that change neither forwarding nor filtering here.
const INERT: &[&str] = &[
    "description",
    "screen",
    "tcp-rst",
    "application-tracking",
    "enable-reverse-reroute",
    "source-identity-log",
    "unidirectional-session-refreshing",
    "advance-policy-based-routing",
    "advance-policy-based-routing-profile",
    "address-book",
];

impl<'a> Reader<'a, '_> {
    pub(super) fn read_zones(&mut self) {
        let Some(zones) = self.tree.path(Tree::ROOT, &["security", "zones"]) else { return };
        let named = self.named_members(zones);
        for kid in self.tree.kids(zones) {
            let functional = match self.word(kid) {
                "security-zone" => false,
                "functional-zone" => true,
                _ => {
                    self.unread(kid);
                    continue;
                }
            };
            for zone in self.tree.kids(kid) {
                self.zone(zone, functional, &named);
            }
        }
        self.transparent();
    }

    fn zone(&mut self, node: NodeId, functional: bool, named: &[InterfaceId]) {
        self.tree.used(node);
        let name = self.word(node);
        let general = self.tree.get(node, "host-inbound-traffic");
        let mut zone = Zone {
            name,
            span: self.span(node),
            interfaces: Vec::new(),
            inbound: Vec::new(),
            functional,
        };
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "interfaces" => {
                    for member in self.tree.kids(kid) {
                        self.member(member, general, named, &mut zone);
                    }
                }
                "host-inbound-traffic" => {}
                "address-book" => self.tree.used(kid),
                word if INERT.contains(&word) => self.tree.ignore(kid),
                _ => self.unread(kid),
            }
        }
        // Every interface of the zone states its own list, or the zone has none.
        let unused = |node: &NodeId| !zone.inbound.iter().any(|(_, of)| of.as_ref() == Some(node));
        if let Some(general) = general.filter(unused) {
            self.tree.ignore(general);
        }
        for id in &zone.interfaces {
            let slot = &mut self.b.device.interfaces[*id].zone;
            if slot.is_none() {
                *slot = Some(name.to_owned());
            }
        }
        zone.interfaces.sort_unstable();
        zone.interfaces.dedup();
        self.zones.push(zone);
    }

    /// The interfaces that zones name one by one.
    fn named_members(&mut self, zones: NodeId) -> Vec<InterfaceId> {
        let mut out = Vec::new();
        for kind in self.tree.kids(zones) {
            for zone in self.tree.kids(kind) {
                let list = self.tree.get(zone, "interfaces");
                for member in list.map(|list| self.tree.kids(list)).unwrap_or_default() {
                    if self.word(member) != "all" {
                        out.push(self.member_interface(member));
                    }
                }
            }
        }
        out
    }

    fn member_interface(&mut self, node: NodeId) -> InterfaceId {
        let word = self.word(node);
        let full = if word.contains('.') { word.to_owned() } else { format!("{word}.0") };
        let physical = word.split('.').next().unwrap_or(word);
        self.unit_interface(full, physical, self.span(node))
    }

    fn member(
        &mut self,
        node: NodeId,
        general: Option<NodeId>,
        named: &[InterfaceId],
        zone: &mut Zone<'a>,
    ) {
        self.tree.used(node);
        let word = self.word(node);
        let own = self.tree.get(node, "host-inbound-traffic");
        for kid in self.tree.kids(node) {
            if self.word(kid) != "host-inbound-traffic" {
                self.unread(kid);
            }
        }
        let ids = if word == "all" {
            // What a zone names by itself is not among the rest.
            let ids = self.b.device.interfaces.ids();
            ids.filter(|id| !named.contains(id)).collect()
        } else {
            vec![self.member_interface(node)]
        };
        let taken = |id: &InterfaceId| {
            let zone_of = &self.b.device.interfaces[*id].zone;
            zone_of.as_ref().is_some_and(|other| other != zone.name)
        };
        if ids.iter().any(taken) {
            let reason = crate::text!(
                "このインターフェースは別のゾーンにも属しているため、どのゾーンのポリシーが適用されるか特定できません。",
                "this interface is in another zone as well, so whose policies apply is not known"
            );
            let span = self.span(node);
            self.ledger.unknown(span, reason, false);
        }
        for id in ids {
            zone.interfaces.push(id);
            zone.inbound.push((id, own.or(general)));
        }
    }

    /// Interfaces of layer 2 in a zone: the device filters inside the segment, which the model has no place for.
    fn transparent(&mut self) {
        let Some(all) = self.tree.get(Tree::ROOT, "interfaces") else { return };
        let zoned: Vec<String> =
            self.zoned().iter().map(|id| self.b.device.interfaces[*id].name.clone()).collect();
        for name in zoned {
            let Some((physical, number)) = name.split_once('.') else { continue };
            let unit = self.tree.child(all, physical).and_then(|node| {
                let unit = self.tree.child(node, "unit")?;
                let family = self.tree.child(self.tree.child(unit, number)?, "family")?;
                self.tree
                    .child(family, "ethernet-switching")
                    .or_else(|| self.tree.child(family, "bridge"))
            });
            if let Some(node) = unit {
                let reason = crate::text!(
                    "レイヤー2のインターフェースがゾーンに属しています。同一セグメント内の通信を止める機能（トランスペアレントモード）は読み取らず、通るものとして読みます。",
                    "a layer-2 interface is in a zone; what transparent mode stops inside one segment is not read, and that traffic is read as passing"
                );
                self.approximated(node, reason);
            }
        }
    }

    /// The interfaces of a zone; empty for a zone that is not there.
    pub(super) fn zone_interfaces(&self, name: &str) -> Vec<InterfaceId> {
        let zones = self.zones.iter().filter(|zone| zone.name == name && !zone.functional);
        zones.flat_map(|zone| zone.interfaces.iter().copied()).collect()
    }

    /// The interfaces of all zones that transit traffic may use.
    pub(super) fn zoned(&self) -> Vec<InterfaceId> {
        let zones = self.zones.iter().filter(|zone| !zone.functional);
        let mut all: Vec<_> = zones.flat_map(|zone| zone.interfaces.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
