//! What somebody wrote into the lists of filters, and what the lines of a list leave to one another.

use std::collections::{BTreeMap, BTreeSet};

use super::Subject;
use crate::compile::{Covers, Fate};
use crate::model::{
    Action, Binding, Context, ContextId, Device, Filter, InterfaceId, Interfaces, Line, ListId,
    Stage,
};
use crate::source::Span;

/// A rule list that a filter consults.
pub(super) struct List {
    pub(super) id: ListId,
    /// Its entries, in order.
    pub(super) entries: Vec<Entry>,
    /// The position in `entries` of each line that belongs to one.
    of_line: Vec<Option<usize>>,
    /// What happens to packets that no line decides, when that is the same wherever it is bound.
    end: Option<Action>,
    /// Whether every filter that consults it follows connections.
    pub(super) stateful: bool,
    /// Ingress and egress conditions under which it is consulted, in order, each once.
    pub(super) places: Vec<(Interfaces, Interfaces)>,
    /// The contexts whose forwarded packets meet it; none for a list about the device itself.
    pub(super) contexts: Vec<ContextId>,
}

/// One line of the configuration: all lines of the list that come from it.
pub(super) struct Entry {
    pub(super) span: Span,
    /// Positions in the list; never empty.
    pub(super) members: Vec<usize>,
    /// What the other lines leave to it, in both families together.
    pub(super) fate: Fate,
}

/// Filters whose lines follow from something else than a rule list.
const DERIVED: [&str; 7] = [
    "masquerade incoming",
    "unread lines",
    "NAT reverse path",
    "IPsec selectors",
    "aaa authentication",
    "management-only",
    "management",
];
/// Filters of the device's own traffic that somebody writes as rule lists.
const WRITTEN_LOCAL: [&str; 2] = ["local-in policy", "control-plane"];

impl Entry {
    /// The lines of the entry.
    pub(super) fn lines<'d>(
        &self,
        device: &'d Device,
        list: ListId,
    ) -> impl Iterator<Item = &'d Line> + use<'d, '_> {
        let lines = &device.lists[list].lines;
        self.members.iter().filter_map(|member| lines.get(*member))
    }
}

impl List {
    /// The entries of these lines, each once, in order, without `except`.
    pub(super) fn holding(&self, lines: &[u32], except: Span) -> Vec<&Entry> {
        let at = |line: &u32| self.of_line.get(*line as usize).copied().flatten();
        let holding: BTreeSet<usize> = lines.iter().filter_map(at).collect();
        let entries = holding.into_iter().filter_map(|at| self.entries.get(at));
        entries.filter(|entry| entry.span != except).collect()
    }
}

/// The fates of the lines of lists, in both families.
pub(super) type Fates = BTreeMap<ListId, [Vec<Fate>; 2]>;

/// The lists of the filters of `device`, each once, in the order of the tables; what the lines leave to one another is left open.
pub(super) fn lists(device: &Device) -> Vec<List> {
    let mut claimed = BTreeSet::new();
    let mut out = Vec::new();
    for (id, bindings) in bound(device) {
        let end = end(&bindings);
        let entries = entries(device, id, &bindings, &claimed);
        claimed.extend(entries.iter().map(|entry| entry.span));
        let stateful = bindings.iter().all(|bound| bound.stateful);
        let mut places = Vec::new();
        for bound in &bindings {
            let place = (bound.binding.ingress.clone(), bound.binding.egress.clone());
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let mut contexts: Vec<ContextId> = bindings.iter().filter_map(|b| b.forwards).collect();
        contexts.dedup();
        let mut of_line = vec![None; device.lists[id].lines.len()];
        for (at, entry) in entries.iter().enumerate() {
            for member in &entry.members {
                of_line.get_mut(*member).into_iter().for_each(|slot| *slot = Some(at));
            }
        }
        out.push(List { id, entries, of_line, end, stateful, places, contexts });
    }
    out
}

/// Tells every entry its fate, and returns those of the lines. What is `known` of lists with the same lines is taken as it is.
pub(super) fn weigh(subject: &mut Subject<'_>, mut known: Fates) -> Fates {
    let (v4, v6) = subject.compiled();
    let mut v4 = v4.map(|compiled| Covers::new(subject.device, compiled));
    let mut v6 = v6.map(|compiled| Covers::new(subject.device, compiled));
    let mut all = Fates::new();
    for list in &mut subject.lists {
        let fates = known.remove(&list.id).unwrap_or_else(|| {
            let v4 = v4.as_mut().map(|covers| covers.fates(list.id, list.end));
            let v6 = v6.as_mut().map(|covers| covers.fates(list.id, list.end));
            [v4.unwrap_or_default(), v6.unwrap_or_default()]
        });
        for entry in &mut list.entries {
            entry.fate = join(&entry.members, &fates);
        }
        all.insert(list.id, fates);
    }
    all
}

/// One binding of a list.
struct Bound<'d> {
    binding: &'d Binding,
    /// Whether no list comes after it there.
    last: bool,
    stateful: bool,
    /// The context that it forwards in; `None` for the device's own traffic.
    forwards: Option<ContextId>,
}

fn bound(device: &Device) -> BTreeMap<ListId, Vec<Bound<'_>>> {
    let mut bound: BTreeMap<ListId, Vec<Bound<'_>>> = BTreeMap::new();
    for (forwards, filter) in filters(device) {
        for binding in &filter.bindings {
            for list in &binding.lists {
                let last = binding.lists.last() == Some(list);
                let stateful = filter.stateful;
                bound.entry(*list).or_default().push(Bound { binding, last, stateful, forwards });
            }
        }
    }
    bound
}

fn filters(device: &Device) -> Vec<(Option<ContextId>, &Filter)> {
    let mut filters = Vec::new();
    for (id, context) in device.contexts.iter() {
        filters.extend(written(context).map(|filter| (Some(id), filter)));
        let local = context.local.iter().filter(|f| WRITTEN_LOCAL.contains(&f.name));
        filters.extend(local.map(|filter| (None, filter)));
    }
    filters
}

/// The filters of forwarded packets that somebody wrote, in order.
pub(super) fn written(context: &Context) -> impl Iterator<Item = &Filter> {
    context.pipeline.iter().filter_map(|stage| match stage {
        Stage::Filter(filter) if !DERIVED.contains(&filter.name) => Some(filter),
        _ => None,
    })
}

/// What happens to packets that no line of the list decides, when that is the same wherever it is bound.
fn end(bindings: &[Bound<'_>]) -> Option<Action> {
    let first = bindings.first()?.binding.default;
    bindings.iter().all(|bound| bound.last && bound.binding.default == first).then_some(first)
}

/// The entries of a list: permits and denies, unless another list has the same lines, or the line is where the list is bound.
fn entries(
    device: &Device,
    list: ListId,
    bindings: &[Bound<'_>],
    claimed: &BTreeSet<Span>,
) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    // No quick hash: those of spans collide by the thousand.
    let mut index: BTreeMap<Span, usize> = BTreeMap::new();
    for (position, line) in device.lists[list].lines.iter().enumerate() {
        let binds = bindings.iter().any(|bound| bound.binding.span == Some(line.span));
        let decides = matches!(line.action, Action::Permit | Action::Deny);
        if binds || !decides || claimed.contains(&line.span) {
            continue;
        }
        let at = *index.entry(line.span).or_insert_with(|| {
            entries.push(Entry { span: line.span, members: Vec::new(), fate: Fate::Live });
            entries.len() - 1
        });
        if let Some(entry) = entries.get_mut(at) {
            entry.members.push(position);
        }
    }
    entries
}

/// The fate of several lines in several families as one: live as soon as one is.
fn join(members: &[usize], fates: &[Vec<Fate>]) -> Fate {
    let mut joined = Fate::Empty;
    for fates in fates {
        for member in members {
            let next = fates.get(*member).cloned().unwrap_or(Fate::Live);
            joined = match (joined, next) {
                (Fate::Live, _) | (_, Fate::Live) => return Fate::Live,
                (joined, Fate::Empty) => joined,
                (Fate::Empty, next) => next,
                (Fate::Covered(a), Fate::Covered(b)) => Fate::Covered([a, b].concat()),
                (Fate::Repeated { by: a, end: x }, Fate::Repeated { by: b, end: y }) => {
                    Fate::Repeated { by: [a, b].concat(), end: x || y }
                }
                (Fate::Repeated { by, end }, Fate::Covered(_))
                | (Fate::Covered(_), Fate::Repeated { by, end }) => Fate::Repeated { by, end },
            };
        }
    }
    joined
}

/// The interfaces that narrow a line, as an engineer names them; `None` when nothing does.
pub(super) fn interfaces(device: &Device, interfaces: &Interfaces) -> Option<String> {
    match interfaces {
        Interfaces::Any => None,
        Interfaces::Of(ids) => {
            Some(ids.iter().map(|id| interface(device, *id)).collect::<Vec<_>>().join(", "))
        }
    }
}

/// The interface, as an engineer names it.
pub(super) fn interface(device: &Device, id: InterfaceId) -> &str {
    let interface = &device.interfaces[id];
    let alias = interface.alias.as_ref().filter(|_| device.format == "asa");
    alias.unwrap_or(&interface.name)
}
