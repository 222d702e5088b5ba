//! The state of one reading: the device as it grows, and the names that refer into it.

use super::interface::Iface;
use super::split::Config;
use crate::formats::Ledger;
use crate::formats::acl::Lists;
use crate::formats::builder::Builder;
use crate::model::{ContextId, ListId, ScheduleId};
use crate::source::Span;
use rustc_hash::{FxHashMap, FxHashSet};

/// One reading in progress.
#[derive(Debug)]
pub(super) struct Reader<'a, 'l> {
    pub(super) build: Builder,
    pub(super) ledger: &'l mut Ledger<'a>,
    pub(super) config: Config<'a>,
    /// The beginning of the file, for parts that no line states.
    pub(super) origin: Span,
    pub(super) schedules: FxHashMap<&'a str, ScheduleId>,
    pub(super) groups: super::groups::Groups<'a>,
    pub(super) acls: Lists<'a>,
    pub(super) interfaces: Vec<Iface<'a>>,
    /// Canonical interface name to the position in `interfaces`.
    pub(super) interface_names: FxHashMap<String, usize>,
    pub(super) vrfs: FxHashMap<&'a str, ContextId>,
    pub(super) route_maps: FxHashMap<&'a str, Vec<super::routemap::Clause<'a>>>,
    /// An address family by which other routers' VRF routes come in (`vpnv4` and the like).
    pub(super) provider: Option<Span>,
    pub(super) chains: super::zones::Chains<'a>,
    pub(super) crypto: super::crypto::CryptoMaps<'a>,
    /// Copies of lists in which what the list denies may pass, by the list.
    pub(super) softened: FxHashMap<ListId, ListId>,
    /// An access list of a service instance.
    pub(super) instance_list: Option<Span>,
    /// Policies of quality of service that drop packets.
    pub(super) dropping: FxHashSet<&'a str>,
    /// Services that commands of interfaces switch on, each once.
    pub(super) attached: super::local::Extras,
}

impl<'a> Reader<'a, '_> {
    /// The context of a VRF; made when nothing defined it, which is remarked.
    pub(super) fn vrf(&mut self, name: &'a str, span: Span) -> ContextId {
        if let Some(id) = self.vrfs.get(name) {
            return *id;
        }
        self.build.undefined("vrf", name, span);
        self.add_vrf(name)
    }

    /// The context of a VRF that is being defined.
    pub(super) fn add_vrf(&mut self, name: &'a str) -> ContextId {
        if let Some(id) = self.vrfs.get(name) {
            return *id;
        }
        let id = self
            .build
            .device
            .contexts
            .push(crate::model::Context { name: name.to_owned(), ..Default::default() });
        self.vrfs.insert(name, id);
        id
    }

    /// The interface with this name, abbreviated or not; `next` is the following word (`Vlan 10`).
    pub(super) fn find_interface(&self, name: &str) -> Option<&Iface<'a>> {
        let at = self.interface_names.get(&super::interface::canonical(name))?;
        self.interfaces.get(*at)
    }
}
