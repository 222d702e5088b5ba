//! The network as it would be if some lines did something else: what passes there, passes without them.
//!
//! Whether every connection is logged is no question about lines one by one: of two lines of a filter one may log and the other
//! not, and a connection that one device does not log may be logged by the next. So every line that logs is read as one that
//! stops; what then still arrives has met none. A line that is limited in time is read as if it were not there, as it is at
//! other times. Each question has two views, one for what surely passes so, and one for what may.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::{Judge, Known};
use crate::compile::{Header, Reading};
use crate::model::{Action, Activity, Device, Line, ListId, Moment, Stage};
use crate::policy::Verb;
use crate::reach::{Network, Parts};
use crate::snapshot::{DeviceId, Snapshot};

/// The views of one family, each made when it is first asked for.
pub(super) struct Views<K> {
    unlogged: [OnceLock<View<K>>; 2],
    untimed: [OnceLock<View<K>>; 2],
}

struct View<K> {
    snapshot: Snapshot,
    parts: Parts<K>,
}

impl<K> Default for Views<K> {
    fn default() -> Self {
        Views { unlogged: Default::default(), untimed: Default::default() }
    }
}

/// What a line does in a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    /// What it does.
    Same,
    /// It stops what it lets pass.
    Stop,
    /// It is not there.
    Nothing,
    /// It does what it does at all times.
    Always,
}

impl<K: Header> Judge<'_, K> {
    /// Does some work on the network without the lines that do what `verb` asks of every connection: in [`Reading::Must`]
    /// without those that may do it, else without those that surely do. What is limited in time is asked about at all times.
    pub(super) fn viewed<R>(
        &self,
        verb: &Verb,
        reading: Reading,
        work: impl FnOnce(&Judge<'_, K>) -> R,
    ) -> R {
        let (logged, sure) = (*verb == Verb::Logged, reading == Reading::Must);
        let does = match (logged, sure) {
            (true, true) => surely_unlogged,
            (true, false) => perhaps_unlogged,
            (false, true) => surely_untimed,
            (false, false) => perhaps_untimed,
        };
        let views = &self.known.views;
        let [narrow, wide] = if logged { &views.unlogged } else { &views.untimed };
        let at = self.network.snapshot.at.filter(|_| logged);
        let view = if sure { narrow } else { wide };
        let view = view.get_or_init(|| View::new(self.network, at, does));
        let network = self.network.beside(&view.snapshot, &view.parts);
        let known = Known::default();
        work(&Judge { network: &network, known: &known, ..*self })
    }
}

impl<K: Header> View<K> {
    fn new(
        network: &Network<'_, K>,
        at: Option<Moment>,
        does: fn(&Device, &Line) -> Does,
    ) -> View<K> {
        let snapshot = Snapshot { at, ..seen(network.snapshot, does) };
        let parts = network.changed(&snapshot).parts();
        View { snapshot, parts }
    }
}

/// A snapshot in which the lines of filters do what `does` says.
fn seen(snapshot: &Snapshot, does: fn(&Device, &Line) -> Does) -> Snapshot {
    let mut seen = snapshot.clone();
    let ids: Vec<DeviceId> = snapshot.devices.ids().collect();
    for id in ids {
        let device = &snapshot.devices[id];
        let lists = filtering(device).into_iter();
        let changed = lists.filter(|list| {
            let lines = &device.lists[*list].lines;
            lines.iter().any(|line| does(device, line) != Does::Same)
        });
        for list in changed.collect::<Vec<ListId>>() {
            for line in &mut seen.device_mut(id).lists[list].lines {
                match does(device, line) {
                    Does::Same => {}
                    Does::Stop => line.action = Action::Deny,
                    Does::Nothing => line.enabled = false,
                    Does::Always => line.matches.schedule = None,
                }
            }
        }
    }
    seen
}

/// The lists of the filters of a device, and those that they jump into. No reader translates by a list that filters, which
/// `tests/literate.rs` holds.
fn filtering(device: &Device) -> BTreeSet<ListId> {
    let mut open = Vec::new();
    for (_, context) in device.contexts.iter() {
        let stages = context.pipeline.iter().filter_map(|stage| match stage {
            Stage::Filter(filter) => Some(filter),
            Stage::Translate(_) | Stage::Route => None,
        });
        let bindings = stages.chain(&context.local).flat_map(|filter| &filter.bindings);
        open.extend(bindings.flat_map(|binding| binding.lists.iter().copied()));
    }
    let mut found = BTreeSet::new();
    while let Some(list) = open.pop() {
        if found.insert(list) {
            open.extend(device.lists[list].lines.iter().filter_map(|line| match line.action {
                Action::Jump(to) => Some(to),
                _ => None,
            }));
        }
    }
    found
}

fn surely_unlogged(device: &Device, line: &Line) -> Does {
    let stops = line.action == Action::Permit && device.logs(line) != Some(false);
    if stops { Does::Stop } else { Does::Same }
}

fn perhaps_unlogged(device: &Device, line: &Line) -> Does {
    let stops = line.action == Action::Permit && device.logs(line) == Some(true);
    if stops { Does::Stop } else { Does::Same }
}

/// What a line that may be limited in time lets pass is not let pass at all times.
fn surely_untimed(device: &Device, line: &Line) -> Does {
    let timed = line.action == Action::Permit && limited(device, line) != Some(false);
    if timed { Does::Nothing } else { Does::Same }
}

/// A line that stops at some times limits what passes as well.
fn perhaps_untimed(device: &Device, line: &Line) -> Does {
    match line.action {
        _ if limited(device, line) != Some(true) => Does::Same,
        Action::Permit | Action::Jump(_) => Does::Nothing,
        Action::Deny => Does::Always,
        _ => Does::Same,
    }
}

/// Whether a line applies at some times only; `None`: its schedule could not be read.
fn limited(device: &Device, line: &Line) -> Option<bool> {
    let Some(schedule) = line.matches.schedule else { return Some(false) };
    let schedule = &device.schedules[schedule];
    schedule.windows.as_ref().map(|_| schedule.activity(None) != Activity::Active)
}
