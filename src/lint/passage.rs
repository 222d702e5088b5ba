//! What becomes of packets from one interface to another that no rule line names.

use std::collections::BTreeMap;

use super::breadth::{Breadth, addresses, any_service, holds, unconditional};
use super::entries::written;
use crate::model::{
    Action, Binding, Context, Device, Filter, Id, InterfaceId, Interfaces, Line, ListId,
};
use crate::net::Family;
use crate::source::Span;

/// How packets that no line names fare.
#[derive(Clone, Copy)]
pub(super) enum Passage<'d> {
    /// They are stopped, or a line decides about every one of them.
    Closed,
    /// They pass, and no line looks at any packet there.
    Bare,
    /// They pass although lines look at packets there, or although the filter stops elsewhere what no line names.
    Default {
        /// What the default is called.
        label: &'d str,
        /// The line that it follows from.
        span: Option<Span>,
    },
}

/// The filters of a context, prepared for questions about every pair of interfaces.
pub(super) struct Passages<'d> {
    device: &'d Device,
    stages: Vec<Stage<'d>>,
}

struct Stage<'d> {
    filter: &'d Filter,
    /// Whether it stops somewhere what no line names.
    closes: bool,
    /// Bindings that ask for the ingress, or for nothing, by interface.
    by_ingress: Vec<Vec<usize>>,
    /// The other bindings, by egress interface.
    by_egress: Vec<Vec<usize>>,
    /// Whether a list ends with a line that stands for a default of the vendor ([`DEFAULTS`]).
    has_defaults: bool,
    /// What the lists of a binding do with everything, where that is the same for every pair.
    known: BTreeMap<(usize, Family), Lines>,
}

/// What the lines of a binding do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// No line of the family applies.
    None,
    /// Some apply, and some packets none of them names.
    Some,
    /// One names every packet.
    All,
}

impl<'d> Passages<'d> {
    pub(super) fn new(device: &'d Device, context: &'d Context) -> Passages<'d> {
        let stages = written(context).map(|filter| Stage::new(device, filter)).collect();
        Passages { device, stages }
    }

    /// Whether lines are bound to some interface, or ask for one: switches of the whole device (`no ip routing`) are no filter.
    pub(super) fn filters(&self) -> bool {
        let everywhere = |binding: &Binding| {
            binding.ingress == Interfaces::Any && binding.egress == Interfaces::Any
        };
        let asks = |list: &ListId| !is_plain(self.device, *list);
        let has_lines = |binding: &Binding| {
            let filled = |list: &&ListId| !self.device.lists[**list].lines.is_empty();
            let mut lists = binding.lists.iter().filter(filled);
            lists.any(|list| !everywhere(binding) || asks(list))
        };
        self.stages.iter().any(|stage| stage.filter.bindings.iter().any(has_lines))
    }

    /// How packets of `family` fare from `ingress` to `egress`.
    pub(super) fn of(
        &mut self,
        ingress: InterfaceId,
        egress: InterfaceId,
        family: Family,
    ) -> Passage<'d> {
        let mut result = Passage::Bare;
        for stage in &mut self.stages {
            let binding = stage.binding(ingress, egress);
            let found = binding.and_then(|at| stage.filter.bindings.get(at));
            if let Some(line) =
                found.and_then(|at| stage.default_line(self.device, at, (ingress, egress), family))
            {
                result = Passage::Default { label: &line.label, span: None };
                continue;
            }
            if found.map_or(stage.filter.otherwise, |binding| binding.default) == Action::Deny {
                return Passage::Closed;
            }
            let lines = match binding.zip(found) {
                Some((at, found)) => {
                    stage.lines(self.device, (at, found), (ingress, egress), family)
                }
                None => Lines::None,
            };
            match lines {
                Lines::All => return Passage::Closed,
                Lines::None if !stage.closes => {}
                Lines::Some | Lines::None => {
                    let label = found.map_or(stage.filter.name, |binding| &binding.default_label);
                    let span = found.and_then(|binding| binding.span);
                    result = Passage::Default { label, span };
                }
            }
        }
        result
    }
}

/// Whether lines are bound to the interface, in either direction.
pub(super) fn is_filtered(device: &Device, interface: InterfaceId) -> bool {
    let asks =
        |interfaces: &Interfaces| *interfaces != Interfaces::Any && interfaces.contains(interface);
    let context = &device.contexts[device.interfaces[interface].context];
    written(context).flat_map(|filter| &filter.bindings).any(|binding| {
        let bound = asks(&binding.ingress) || asks(&binding.egress);
        bound && binding.lists.iter().any(|list| !device.lists[*list].lines.is_empty())
    })
}

impl<'d> Stage<'d> {
    fn new(device: &Device, filter: &'d Filter) -> Stage<'d> {
        let mut by_ingress = vec![Vec::new(); device.interfaces.len()];
        let mut by_egress = by_ingress.clone();
        for (at, binding) in filter.bindings.iter().enumerate() {
            let out = binding.ingress == Interfaces::Any && binding.egress != Interfaces::Any;
            let (slots, asked) = match out {
                true => (&mut by_egress, &binding.egress),
                false => (&mut by_ingress, &binding.ingress),
            };
            for (id, slot) in slots.iter_mut().enumerate() {
                if asked.contains(InterfaceId::from_index(id)) {
                    slot.push(at);
                }
            }
        }
        let denies = |binding: &Binding| binding.default == Action::Deny;
        let closes = filter.otherwise == Action::Deny || filter.bindings.iter().any(denies);
        let lists = filter.bindings.iter().flat_map(|binding| &binding.lists);
        let mut lines = lists.flat_map(|list| &device.lists[*list].lines);
        let has_defaults = lines.any(|line| DEFAULTS.contains(&line.label.as_str()));
        Stage { filter, closes, by_ingress, by_egress, has_defaults, known: BTreeMap::new() }
    }

    /// The first binding that fits.
    fn binding(&self, ingress: InterfaceId, egress: InterfaceId) -> Option<usize> {
        let fits = |at: &&usize| {
            self.filter.bindings.get(**at).is_some_and(|binding| binding.egress.contains(egress))
        };
        let first = self.by_ingress.get(ingress.index())?.iter().find(fits);
        let second = self.by_egress.get(egress.index())?.first();
        first.into_iter().chain(second).min().copied()
    }

    /// The vendor's own last line, when it lets pass whatever no line before it names.
    fn default_line<'l>(
        &self,
        device: &'l Device,
        binding: &Binding,
        (ingress, egress): (InterfaceId, InterfaceId),
        family: Family,
    ) -> Option<&'l Line> {
        if !self.has_defaults {
            return None;
        }
        let lines = binding.lists.iter().flat_map(|list| &device.lists[*list].lines);
        let mut whole = lines.filter(|line| {
            line.enabled
                && line.matches.ingress.contains(ingress)
                && line.matches.egress.contains(egress)
                && is_everything(device, line, family)
        });
        let first = whole.next()?;
        let open = first.action == Action::Permit && DEFAULTS.contains(&first.label.as_str());
        open.then_some(first)
    }

    fn lines(
        &mut self,
        device: &Device,
        (at, binding): (usize, &Binding),
        pair: (InterfaceId, InterfaceId),
        family: Family,
    ) -> Lines {
        if let Some(known) = self.known.get(&(at, family)) {
            return *known;
        }
        let plain = binding.lists.iter().all(|list| is_plain(device, *list));
        let found = lines(device, &binding.lists, pair, family, DEPTH);
        if plain {
            self.known.insert((at, family), found);
        }
        found
    }
}

/// Lines that a vendor adds at the end of every list, as readers call them.
const DEFAULTS: [&str; 1] = ["intrazone-default"];
/// Lists within lists that are looked into.
const DEPTH: usize = 8;

/// Whether no line of the list asks for an interface.
fn is_plain(device: &Device, list: ListId) -> bool {
    device.lists[list].lines.iter().all(|line| {
        let open =
            line.matches.ingress == Interfaces::Any && line.matches.egress == Interfaces::Any;
        open && !matches!(line.action, Action::Jump(_))
    })
}

fn lines(
    device: &Device,
    lists: &[ListId],
    (ingress, egress): (InterfaceId, InterfaceId),
    family: Family,
    depth: usize,
) -> Lines {
    let mut found = Lines::None;
    for line in lists.iter().flat_map(|list| &device.lists[*list].lines) {
        let applies = line.enabled
            && line.matches.ingress.contains(ingress)
            && line.matches.egress.contains(egress)
            && holds(device, line.matches.source, family)
            && holds(device, line.matches.destination, family);
        if !applies || line.action == Action::Return {
            continue;
        }
        let inside = match line.action {
            Action::Jump(list) if depth > 0 => {
                lines_of_jump(device, list, (ingress, egress), family, depth)
            }
            _ => Lines::All,
        };
        if inside == Lines::None {
            continue;
        }
        if inside == Lines::All && is_everything(device, line, family) {
            return Lines::All;
        }
        found = Lines::Some;
    }
    found
}

fn lines_of_jump(
    device: &Device,
    list: ListId,
    pair: (InterfaceId, InterfaceId),
    family: Family,
    depth: usize,
) -> Lines {
    lines(device, &[list], pair, family, depth - 1)
}

/// Whether the line asks for no source, in one family at least.
pub(super) fn from_everywhere(device: &Device, line: &Line) -> bool {
    Family::ALL
        .into_iter()
        .any(|family| addresses(device, line.matches.source, family) == Breadth::Any)
}

/// Whether the line names every packet of the family at all times.
pub(super) fn is_everything(device: &Device, line: &Line, family: Family) -> bool {
    let any = |id| addresses(device, id, family) == Breadth::Any;
    unconditional(line)
        && line.matches.schedule.is_none()
        && any(line.matches.source)
        && any(line.matches.destination)
        && any_service(device, line.matches.service)
}
