//! Hygiene: findings about configurations that no policy rule asks for. One file per rule.
//!
//! A rule looks at one device at a time, and from there at the network around it.
//!
//! Rules about lines look at the lists of filters only, and there at what somebody wrote: model lines that come from one
//! configuration line are one entry, and lines that a reader adds of its own are left out.
//!
//! # Fingerprints
//!
//! A fingerprint is the hash of the rule, the device and the *text* of the blamed lines, so that it survives moved lines.

mod any_any;
mod behind;
mod breadth;
mod cleartext_service;
mod dates;
mod dead_permit;
mod default_permit;
mod disabled_broad;
mod dual_homed_host;
mod entries;
mod expired_rule;
mod extent;
mod ha_difference;
mod kindred;
mod management_cleartext;
mod management_exposed;
mod no_filter;
mod no_ntp;
mod no_source_check;
mod no_syslog;
mod opaque_tunnel;
mod parts;
mod passage;
mod redundant;
mod shadowed;
mod sides;
mod snmp_community;
mod temporary;
mod translation_exposes;
mod unbound;
mod undated_temporary_rule;
mod undefined;
mod unlogged_permit;
mod unused_object;
mod unused_port;
mod weak_crypto;
mod write;

use std::collections::BTreeMap;

use crate::compile::Compiled;
use crate::finding::Finding;
use crate::model::{AddressId, Device, Id};
use crate::net::Family;
use crate::reach::Devices;
use crate::snapshot::{DeviceId, Difference, Snapshot};
use crate::source::Sources;
use crate::workers;

/// What a name or comment says of how long a line is to stay, in the fewest characters: `-temp`, `~2026-03-31`, both, or nothing. Rules
/// about temporary lines read it as they read `text`.
#[must_use]
pub fn stay_mark(text: &str) -> String {
    temporary::mark(text)
}

/// What a rule looks at: one device, and the network that it stands in.
struct Subject<'a> {
    sources: &'a Sources,
    snapshot: &'a Snapshot,
    devices: &'a Devices,
    id: DeviceId,
    device: &'a Device,
    lists: Vec<entries::List>,
}

impl<'a> Subject<'a> {
    fn new(
        snapshot: &'a Snapshot,
        devices: &'a Devices,
        sources: &'a Sources,
        id: DeviceId,
        lists: Vec<entries::List>,
    ) -> Subject<'a> {
        Subject { sources, snapshot, devices, id, device: &snapshot.devices[id], lists }
    }

    /// What the device was compiled to.
    fn compiled(&self) -> (Option<&'a Compiled<u32>>, Option<&'a Compiled<u128>>) {
        let (Devices { v4, v6 }, at) = (self.devices, Id::index(self.id));
        (v4.get(at).map(AsRef::as_ref), v6.get(at).map(AsRef::as_ref))
    }

    /// Whether an address object of the device surely holds every address of a family.
    fn is_everything(&self, id: AddressId, family: Family) -> bool {
        let (v4, v6) = self.compiled();
        match family {
            Family::V4 => v4.is_some_and(|compiled| compiled.is_everything(id)),
            Family::V6 => v6.is_some_and(|compiled| compiled.is_everything(id)),
        }
    }
}

struct Rule {
    name: &'static str,
    check: fn(&Subject<'_>, &'static str) -> Vec<Finding>,
}

/// Rules that quote lines of other devices, and look at no list: what they found is not kept.
const QUOTES_OTHERS: [&str; 1] = ["dual-homed-host"];

/// Every rule, in the order of its findings.
const RULES: [Rule; 26] = [
    Rule { name: "shadowed", check: shadowed::check },
    Rule { name: "redundant", check: redundant::check },
    Rule { name: "any-any", check: any_any::check },
    Rule { name: "undefined", check: undefined::check },
    Rule { name: "unbound", check: unbound::check },
    Rule { name: "disabled-broad", check: disabled_broad::check },
    Rule { name: "default-permit", check: default_permit::check },
    Rule { name: "no-filter", check: no_filter::check },
    Rule { name: "opaque-tunnel", check: opaque_tunnel::check },
    Rule { name: "dual-homed-host", check: dual_homed_host::check },
    Rule { name: "no-source-check", check: no_source_check::check },
    Rule { name: "translation-exposes", check: translation_exposes::check },
    Rule { name: "dead-permit", check: dead_permit::check },
    Rule { name: "expired-rule", check: expired_rule::check },
    Rule { name: "undated-temporary-rule", check: undated_temporary_rule::check },
    Rule { name: "unused-object", check: unused_object::check },
    Rule { name: "unused-port", check: unused_port::check },
    Rule { name: "unlogged-permit", check: unlogged_permit::check },
    Rule { name: "no-syslog", check: no_syslog::check },
    Rule { name: "no-ntp", check: no_ntp::check },
    Rule { name: "management-cleartext", check: management_cleartext::check },
    Rule { name: "management-exposed", check: management_exposed::check },
    Rule { name: "snmp-community", check: snmp_community::check },
    Rule { name: "weak-crypto", check: weak_crypto::check },
    Rule { name: "cleartext-service", check: cleartext_service::check },
    Rule { name: "ha-difference", check: ha_difference::check },
];

/// What the rules found, by rule and device.
type Found = BTreeMap<(&'static str, DeviceId), Vec<Finding>>;

/// What the rules found before, to go on with after an edit.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    found: Found,
    fates: BTreeMap<DeviceId, entries::Fates>,
}

/// The findings of every hygiene rule, in the order of the rules; `devices` are those of `snapshot`.
#[must_use]
pub fn lint(snapshot: &Snapshot, devices: &Devices, sources: &Sources) -> Vec<Finding> {
    let ids: Vec<DeviceId> = snapshot.devices.ids().collect();
    let subjects = workers::map(&ids, |id| {
        let lists = entries::lists(&snapshot.devices[*id]);
        let mut subject = Subject::new(snapshot, devices, sources, *id, lists);
        entries::weigh(&mut subject, entries::Fates::new());
        subject
    });
    let mut found = look(&subjects, |_, _| true);
    tell(snapshot, |of| found.remove(&of))
}

/// As [`lint`], going on with what `memory` holds: `difference` says in what the snapshot differs from the one of then. What a
/// rule says of a device follows from its configuration and from how the network hangs together, never from the lines of
/// another device's filters.
#[must_use]
pub fn lint_again(
    snapshot: &Snapshot,
    devices: &Devices,
    sources: &Sources,
    memory: &mut Memory,
    difference: &Difference<'_>,
) -> Vec<Finding> {
    let stands = |id: DeviceId| difference.same_ways() && difference.untouched(id);
    let ids: Vec<DeviceId> = snapshot.devices.ids().collect();
    let read = workers::map(&ids, |id| {
        let mut subject = Subject::new(snapshot, devices, sources, *id, Vec::new());
        let fates = (!stands(*id)).then(|| {
            subject.lists = entries::lists(subject.device);
            let known = memory.fates.get(id).and_then(|fates| kept(fates, *id, difference));
            entries::weigh(&mut subject, known.unwrap_or_default())
        });
        (subject, fates)
    });
    let (subjects, fates): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    memory.fates.extend(ids.into_iter().zip(fates).filter_map(|(id, fates)| Some((id, fates?))));
    memory.found.retain(|(_, id), _| stands(*id));
    let open = |rule: &Rule, id| !stands(id) || QUOTES_OTHERS.contains(&rule.name);
    memory.found.extend(look(&subjects, open));
    tell(snapshot, |of| memory.found.get(&of).cloned())
}

/// The fates of lists whose lines are what they were.
fn kept(
    fates: &entries::Fates,
    id: DeviceId,
    difference: &Difference<'_>,
) -> Option<entries::Fates> {
    let edits = difference.edits(id)?;
    let same = fates.iter().filter(|(list, _)| edits.iter().all(|edit| edit.list != **list));
    Some(same.map(|(list, fates)| (*list, fates.clone())).collect())
}

/// What rules find on the devices where they are to look.
fn look(subjects: &[Subject<'_>], looks: impl Fn(&Rule, DeviceId) -> bool) -> Found {
    let work: Vec<(&Rule, &Subject<'_>)> = RULES
        .iter()
        .flat_map(|rule| subjects.iter().map(move |subject| (rule, subject)))
        .filter(|(rule, subject)| looks(rule, subject.id))
        .collect();
    let found = workers::map(&work, |(rule, subject)| (rule.check)(subject, rule.name));
    work.iter().zip(found).map(|((rule, of), found)| ((rule.name, of.id), found)).collect()
}

/// What was found, in the order of the rules.
fn tell(
    snapshot: &Snapshot,
    mut found: impl FnMut((&'static str, DeviceId)) -> Option<Vec<Finding>>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in &RULES {
        findings.extend(snapshot.devices.ids().filter_map(|id| found((rule.name, id))).flatten());
    }
    tell_apart(&mut findings);
    kindred::tell(&mut findings);
    findings
}

/// Findings about equal texts get different fingerprints, in the order of the lines.
fn tell_apart(findings: &mut [Finding]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for finding in findings {
        let count = seen.entry(finding.fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            let parts = [finding.fingerprint.clone(), count.to_string()];
            finding.fingerprint = crate::finding::fingerprint(&parts);
        }
    }
}

#[cfg(test)]
mod tests;
