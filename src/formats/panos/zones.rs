//! Zones of every virtual system, and conditions on them.

use super::layout::{Layer, Unit};
use super::reader::Reader;
use super::routers::{Network, blank};
use super::tree::{Nodes, Word};
use crate::model::{ContextId, InterfaceId, Interfaces, Unknown};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;

/// A zone.
#[derive(Clone, Debug)]
pub(super) struct Zone<'t> {
    pub(super) vsys: usize,
    pub(super) name: &'t str,
    pub(super) interfaces: Vec<InterfaceId>,
}

/// The zones of a firewall.
#[derive(Debug, Default)]
pub(super) struct Zones<'t> {
    list: Vec<Zone<'t>>,
    index: FxHashMap<(usize, &'t str), usize>,
    /// Whether the file shows no interfaces, so that each zone is given one of its name.
    pub(super) invented: bool,
    /// Interfaces of shared gateways: what passes between them and a vsys is not read.
    pub(super) gateways: Vec<InterfaceId>,
}

/// The zones that a rule names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Any,
    Of(Vec<usize>),
}

const ZONE_WORDS: [&str; 11] = [
    "enable-user-identification",
    "user-acl",
    "device-acl",
    "enable-device-identification",
    "description",
    "uuid",
    "tag",
    "enable-packet-buffer-protection",
    "color",
    "prenat-identification",
    "loc",
];
const ZONE_NETWORK_WORDS: [&str; 6] = [
    "zone-protection-profile",
    "log-setting",
    "enable-packet-buffer-protection",
    "net-inspection",
    "external",
    "prenat-identification",
];

/// Reads the zones of a unit; interfaces that only a zone names are added.
pub(super) fn read<'t>(
    reader: &mut Reader<'t>,
    unit: &Unit<'t>,
    network: &mut Network<'t>,
) -> Zones<'t> {
    let tree = reader.tree;
    let mut zones = Zones { invented: network.is_empty(), ..Zones::default() };
    for (vsys, system) in unit.vsys.iter().enumerate() {
        for (name, nodes) in system.places.sub(tree, "zone").entries(tree) {
            let interfaces = members(reader, unit, network, &nodes);
            zones.push(Zone { vsys, name, interfaces });
        }
        for node in system.places.sub(tree, "import").0 {
            tree.used_below(node);
        }
    }
    gateways(reader, unit, network, &mut zones);
    if zones.invented {
        invent(reader, unit, network, &mut zones);
    }
    for zone in &zones.list {
        for id in &zone.interfaces {
            reader.b.device.interfaces[*id].zone = Some(zone.name.to_owned());
        }
    }
    zones
}

fn members<'t>(
    reader: &mut Reader<'t>,
    unit: &Unit<'t>,
    network: &mut Network<'t>,
    nodes: &Nodes,
) -> Vec<InterfaceId> {
    let tree = reader.tree;
    let fields = reader.fields(nodes);
    let inner = fields.sub("network");
    fields.close_or_open(&ZONE_WORDS);
    let mut fields = reader.fields(&inner);
    let mut words: Vec<Word<'t>> = Vec::new();
    for kind in ["layer3", "layer2", "virtual-wire", "tap", "tunnel"] {
        words.extend(fields.many(kind).unwrap_or_default());
    }
    fields.close_or_open(&ZONE_NETWORK_WORDS);
    let mut out = Vec::new();
    for word in words {
        let text = reader.value(word.text);
        let id = network.id(text).unwrap_or_else(|| {
            let span = tree.span(word.at);
            let id = add(reader, unit, network, text, span);
            network.by_name.insert(text, id);
            id
        });
        out.push(id);
    }
    out
}

/// An interface that the file names and does not describe: any address may be behind it.
fn add(
    reader: &mut Reader<'_>,
    unit: &Unit<'_>,
    network: &mut Network<'_>,
    name: &str,
    span: Span,
) -> InterfaceId {
    let context = context(reader, unit, network, span);
    let id = reader.b.interface(&format!("{}{name}", unit.prefix), span);
    let interface = &mut reader.b.device.interfaces[id];
    interface.context = context;
    interface.dynamic = true;
    id
}

fn context(
    reader: &mut Reader<'_>,
    unit: &Unit<'_>,
    network: &mut Network<'_>,
    span: Span,
) -> ContextId {
    if let Some(first) = network.contexts.first() {
        return *first;
    }
    let context = blank(reader, &unit.prefix, span);
    network.contexts.push(context);
    context
}

/// Zones of shared gateways: their traffic is between systems.
fn gateways<'t>(
    reader: &mut Reader<'t>,
    unit: &Unit<'t>,
    network: &mut Network<'t>,
    zones: &mut Zones<'t>,
) {
    let tree = reader.tree;
    for (_, nodes) in unit.network.sub(tree, "shared-gateway").entries(tree) {
        let mut own = Vec::new();
        for (_, nodes) in nodes.sub(tree, "zone").entries(tree) {
            own.extend(members(reader, unit, network, &nodes));
        }
        zones.gateways.extend(own);
        for node in nodes.sub(tree, "import").0 {
            tree.used_below(node);
        }
        for node in nodes.sub(tree, "rulebase").0 {
            let reason = text!(
                "共有ゲートウェイの規則は未対応です。",
                "rules of a shared gateway are not read"
            );
            tree.uncontained(node, reason);
        }
        reader.fields(&nodes).close_or_open(&[
            "display-name",
            "log-settings",
            "address",
            "address-group",
            "service",
            "service-group",
            "tag",
        ]);
    }
}

/// In a file without interfaces, each zone that is defined or named in a rule has one of its name.
fn invent<'t>(
    reader: &mut Reader<'t>,
    unit: &Unit<'t>,
    network: &mut Network<'t>,
    zones: &mut Zones<'t>,
) {
    let tree = reader.tree;
    for (vsys, system) in unit.vsys.iter().enumerate() {
        for layer in &system.layers {
            for word in named(reader, layer) {
                let skip = ["any", "multicast"].contains(&word.text);
                if !skip && !zones.index.contains_key(&(vsys, word.text)) {
                    zones.push(Zone { vsys, name: word.text, interfaces: Vec::new() });
                }
            }
        }
    }
    let several = unit.vsys.len() > 1;
    for at in 0..zones.list.len() {
        let Some(zone) = zones.list.get(at).filter(|zone| zone.interfaces.is_empty()) else {
            continue;
        };
        let system = unit.vsys.get(zone.vsys).map_or("", |system| system.name);
        let name = if several { format!("{system}/{}", zone.name) } else { zone.name.to_owned() };
        let id = add(reader, unit, network, &name, reader.origin);
        reader.b.device.interfaces[id].dynamic = false;
        if let Some(zone) = zones.list.get_mut(at) {
            zone.interfaces.push(id);
        }
    }
    // Without a single zone there is still a device that packets may pass.
    if network.contexts.is_empty() {
        context(reader, unit, network, tree.span(tree.root()));
    }
}

/// The zones that the rules of a layer name.
fn named<'t>(reader: &Reader<'t>, layer: &Layer) -> Vec<Word<'t>> {
    let tree = reader.tree;
    let mut out = Vec::new();
    for kind in ["security", "nat", "pbf"] {
        let rules = layer.rulebase.path(tree, &[kind, "rules"]);
        for rule in rules.0.iter().flat_map(|at| tree.children(*at)) {
            for field in
                tree.children(*rule).iter().filter(|at| ["from", "to"].contains(&tree.name(**at)))
            {
                let zone = |at: &&super::tree::At| kind != "pbf" || tree.children(**at).is_empty();
                let words = tree.children(*field).iter().filter(zone);
                out.extend(words.map(|at| Word { text: tree.name(*at), at: *at }));
            }
        }
    }
    out
}

impl<'t> Zones<'t> {
    fn push(&mut self, zone: Zone<'t>) {
        match self.index.get(&(zone.vsys, zone.name)).and_then(|at| self.list.get_mut(*at)) {
            Some(known) => known.interfaces.extend(zone.interfaces),
            None => {
                self.index.insert((zone.vsys, zone.name), self.list.len());
                self.list.push(zone);
            }
        }
    }

    /// The zones of a vsys, by number.
    pub(super) fn of_vsys(&self, vsys: usize) -> Vec<usize> {
        let all = self.list.iter().enumerate();
        all.filter(|(_, zone)| zone.vsys == vsys).map(|(at, _)| at).collect()
    }

    /// The interfaces of a zone.
    pub(super) fn interfaces(&self, zone: usize) -> &[InterfaceId] {
        self.list.get(zone).map_or(&[], |zone| zone.interfaces.as_slice())
    }

    /// The interfaces of all zones of a vsys.
    pub(super) fn vsys_interfaces(&self, vsys: usize) -> Vec<InterfaceId> {
        self.of_vsys(vsys).into_iter().flat_map(|zone| self.interfaces(zone).to_vec()).collect()
    }

    /// The zones that words name. A zone that is not defined leaves the condition open.
    pub(super) fn ends(
        &self,
        reader: &mut Reader<'t>,
        vsys: usize,
        words: &[Word<'t>],
        unknown: &mut Vec<Unknown>,
    ) -> Ends {
        if words.iter().any(|word| word.text == "any") {
            return Ends::Any;
        }
        let mut out = Vec::new();
        // What is multicast is never forwarded by this model.
        for word in words.iter().filter(|word| word.text != "multicast") {
            match self.index.get(&(vsys, word.text)) {
                Some(at) => out.push(*at),
                None => {
                    let (name, span) = (word.text, reader.tree.span(word.at));
                    reader.b.undefined("zone", name, span);
                    let reason = text!(
                        "ゾーン「{name}」は定義されていません。",
                        "zone `{name}` is not defined"
                    );
                    reader.tree.unsupported(word.at, reason.clone());
                    unknown.push(Unknown { reason, span });
                    return Ends::Any;
                }
            }
        }
        out.sort_unstable();
        out.dedup();
        Ends::Of(out)
    }

    /// The interfaces of these zones.
    pub(super) fn condition(&self, ends: &Ends) -> Interfaces {
        match ends {
            Ends::Any => Interfaces::Any,
            Ends::Of(zones) => Interfaces::Of(
                zones.iter().flat_map(|zone| self.interfaces(*zone).to_vec()).collect(),
            ),
        }
    }
}
