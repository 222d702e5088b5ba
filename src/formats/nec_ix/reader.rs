//! The state of one reading: the device as it grows and the names that refer into it.

use super::commands::Config;
use super::interface::Iface;
use super::lists::Lists;
use crate::formats::Ledger;
use crate::formats::builder::Builder;
use crate::formats::lines::Word;
use crate::model::{Action, Context, ContextId, Line, ListId, Match};
use crate::net::{AddressRange, Family};
use crate::source::Span;
use crate::text::Text;
use rustc_hash::FxHashMap;

/// One reading in progress.
#[derive(Debug)]
pub(super) struct Reader<'a, 'l> {
    pub(super) build: Builder,
    pub(super) ledger: &'l mut Ledger<'a>,
    pub(super) config: Config<'a>,
    /// The beginning of the file, for parts that no line states.
    pub(super) origin: Span,
    pub(super) lists: Lists<'a>,
    pub(super) interfaces: Vec<Iface<'a>>,
    pub(super) interface_names: FxHashMap<&'a str, usize>,
    pub(super) vrfs: FxHashMap<&'a str, ContextId>,
    pub(super) pools: FxHashMap<&'a str, AddressRange>,
    /// `ipsec autokey-map` by name: the list that selects what the tunnel carries.
    pub(super) selectors: FxHashMap<&'a str, Word<'a>>,
    /// Routing protocols that are switched on.
    pub(super) protocols: Vec<(&'a str, Span)>,
}

impl<'a> Reader<'a, '_> {
    /// The context of a VRF; made when nothing made it before.
    pub(super) fn vrf(&mut self, name: &'a str) -> ContextId {
        if let Some(id) = self.vrfs.get(name) {
            return *id;
        }
        let contexts = &mut self.build.device.contexts;
        let id = contexts.push(Context { name: name.to_owned(), ..Context::default() });
        self.vrfs.insert(name, id);
        id
    }

    /// The interface with this name.
    pub(super) fn find(&self, name: &str) -> Option<&Iface<'a>> {
        self.interface_names.get(name).and_then(|at| self.interfaces.get(*at))
    }

    /// A line on every packet of a family.
    pub(super) fn every(
        &mut self,
        family: Option<Family>,
        label: &str,
        action: Action,
        span: Span,
    ) -> Line {
        let matches = self.build.everything(family, span);
        line(label, matches, action, span)
    }

    /// A list of one line on every packet of a family.
    pub(super) fn single(
        &mut self,
        family: Option<Family>,
        label: &str,
        action: Action,
        span: Span,
    ) -> ListId {
        let only = self.every(family, label, action, span);
        self.build.list(label, vec![only])
    }
}

/// An enabled line.
pub(super) fn line(label: &str, matches: Match, action: Action, span: Span) -> Line {
    crate::formats::builder::line(label.to_owned(), matches, action, span)
}

/// Adds a condition that could not be read.
pub(super) fn doubt(matches: &mut Match, reason: Text, span: Span) {
    matches.unknown.push(crate::formats::builder::unknown(reason, span));
}
