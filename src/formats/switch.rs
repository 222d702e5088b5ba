//! What layer-3 switches and routers with Cisco-like lines have in common besides the grammar of access lists: interfaces and
//! their VLANs, virtual routing tables, static routes, lists bound to interfaces and ports, services of the device.

mod bindings;
mod interfaces;
mod noise;
mod routes;
mod services;

pub(super) use bindings::{Bound, Habits, VlanList};
pub(super) use interfaces::{
    Group, Port, address, address6, canonical, is_physical, relayed, states_use, vlans,
};
pub(super) use noise::blocks;
pub(super) use services::Offer;

use super::acl::{Found, Lists, derive};
use super::builder::{Builder, line, unknown};
use super::lines::Word;
use super::{Input, Ledger};
use crate::model::{
    Action, Context, ContextId, DynamicRouting, Filter, Id, InterfaceId, ListId, Match, NextHop,
    PolicyRoute,
};
use crate::net::Family;
use crate::source::Span;
use crate::text::Text;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// One reading in progress.
#[derive(Debug)]
pub(super) struct Switch<'a> {
    pub(super) build: Builder,
    pub(super) ledger: Ledger<'a>,
    pub(super) lists: Lists<'a>,
    pub(super) ports: Vec<Port<'a>>,
    /// The beginning of the file, for parts that no line states.
    pub(super) origin: Span,
    names: FxHashMap<String, usize>,
    vrfs: FxHashMap<&'a str, ContextId>,
    /// Chains of lists whose decisions are not certain, by the lists.
    doubtful: BTreeMap<Vec<ListId>, ListId>,
}

impl<'a> Switch<'a> {
    /// A reading that begins: one context, nothing in it.
    pub(super) fn new(format: &'static str, input: Input<'a>) -> Switch<'a> {
        let mut build = Builder::new(format, input.file.path());
        build.device.contexts.push(Context::default());
        Switch {
            build,
            ledger: Ledger::new(input.id, input.file),
            lists: Lists::default(),
            ports: Vec::new(),
            origin: Span { file: input.id, start: 0, end: 0 },
            names: FxHashMap::default(),
            vrfs: FxHashMap::default(),
            doubtful: BTreeMap::new(),
        }
    }

    /// The context without a VRF name.
    pub(super) fn global(&self) -> ContextId {
        ContextId::from_index(0)
    }

    /// The context of a VRF that is being defined.
    pub(super) fn add_vrf(&mut self, name: &'a str) -> ContextId {
        if let Some(id) = self.vrfs.get(name) {
            return *id;
        }
        let context = Context { name: name.to_owned(), ..Context::default() };
        let id = self.build.device.contexts.push(context);
        self.vrfs.insert(name, id);
        id
    }

    /// The context of a VRF; made when nothing defined it, which is remarked.
    pub(super) fn vrf(&mut self, name: Word<'a>) -> ContextId {
        if let Some(id) = self.vrfs.get(name.text) {
            return *id;
        }
        self.build.undefined("vrf", name.text, name.span);
        self.add_vrf(name.text)
    }

    /// Notes a routing protocol whose routes the configuration does not show.
    pub(super) fn dynamic(&mut self, context: ContextId, protocol: &str, span: Span) {
        let protocol = DynamicRouting { protocol: protocol.to_owned(), span };
        self.build.device.contexts[context].dynamic_routing.push(protocol);
    }

    /// Packets that may leave the routing table aside: all that `matches` holds, or some of it.
    pub(super) fn may_route(
        &mut self,
        context: ContextId,
        mut matches: Match,
        next_hop: Option<NextHop>,
        reason: Text,
        span: Span,
    ) {
        matches.unknown.push(unknown(reason, span));
        let route = PolicyRoute { matches, next_hop, span };
        self.build.device.contexts[context].policy_routes.push(route);
    }

    /// The interface with this name, `None` when it only switches or does not exist.
    pub(super) fn interface(&self, name: &str) -> Option<InterfaceId> {
        self.port(name).and_then(|port| port.id)
    }

    /// The port or interface with this name.
    pub(super) fn port(&self, name: &str) -> Option<&Port<'a>> {
        self.names.get(&canonical(name)).and_then(|at| self.ports.get(*at))
    }

    /// The access list that `word` names.
    pub(super) fn list(&mut self, family: Family, word: Word<'a>) -> Found {
        self.lists.find(family, word, &mut self.build)
    }

    /// A list of one line that may permit or deny.
    pub(super) fn undecided(&mut self, label: &str, family: Option<Family>, span: Span) -> ListId {
        let matches = self.build.everything(family, span);
        let only = line(label.to_owned(), matches, Action::Undecided, span);
        self.build.list(label, vec![only])
    }

    /// A filter that may stop any packet of a family and surely passes none.
    pub(super) fn hindrance(
        &mut self,
        name: &'static str,
        family: Option<Family>,
        span: Span,
    ) -> Filter {
        let list = self.undecided(name, family, span);
        self.build.filter(name, vec![list], Action::Permit, name, Some(span))
    }

    /// One list in which what `chain` denies may pass, and what it permits leaves the list.
    fn doubtful(&mut self, chain: &[ListId]) -> ListId {
        if let Some(list) = self.doubtful.get(chain) {
            return *list;
        }
        let mut lines = Vec::new();
        let mut name = String::new();
        for list in chain {
            let one = derive(&mut self.build, *list, Action::Return, Action::Undecided);
            lines.append(&mut self.build.device.lists[one].lines);
            if name.is_empty() {
                name.clone_from(&self.build.device.lists[*list].name);
            }
        }
        let list = self.build.list(&name, lines);
        self.doubtful.insert(chain.to_vec(), list);
        list
    }
}
