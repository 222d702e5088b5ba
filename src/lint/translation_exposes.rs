//! Destination translation: what it opens to another organisation's network, and permits that it makes pointless.

use std::collections::BTreeSet;

use super::Subject;
use super::entries::{Entry, List};
use super::extent::{Extent, extent};
use super::sides;
use super::write;
use crate::compile::Fate;
use crate::finding::{Finding, Severity};
use crate::model::{
    Action, AddressMap, Binding, ContextId, Line, Rewrite, Stage, Translate, Translated,
};
use crate::net::{AddressRange, State};
use crate::snapshot::{Zone, ZoneId};
use crate::text;

/// Roles of zones and hosts that are meant to be reached from outside.
const MEANT: [&str; 3] = ["dmz", "published", "school-dmz"];

pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut told = BTreeSet::new();
    let stages = stages(subject);
    let ground = if stages.is_empty() { Ground::default() } else { ground(subject) };
    for (context, translate) in stages {
        for (_, line, rewrite) in rewrites(subject, context, translate, true) {
            if told.insert(line.span) {
                findings.extend(exposed(subject, rule, (line, rewrite), &ground));
            }
        }
    }
    findings.extend(pointless(subject, rule));
    findings
}

fn stages<'a>(subject: &Subject<'a>) -> Vec<(ContextId, &'a Translate)> {
    let contexts = subject.device.contexts.iter();
    let all = contexts.flat_map(|(id, context)| {
        context.pipeline.iter().filter_map(move |stage| match stage {
            Stage::Translate(translate) => Some((id, translate)),
            _ => None,
        })
    });
    all.collect()
}

/// The lines that change destinations; with `outside`, those that do so for packets from another organisation's network.
fn rewrites<'a>(
    subject: &Subject<'a>,
    context: ContextId,
    translate: &'a Translate,
    outside: bool,
) -> Vec<(&'a Binding, &'a Line, &'a Rewrite)> {
    let device = subject.device;
    let external: Vec<_> = sides::sides(subject, context)
        .into_iter()
        .filter(|side| sides::external(subject, &side.zones))
        .map(|side| side.interface)
        .collect();
    let mut out = Vec::new();
    for binding in &translate.bindings {
        for line in binding.lists.iter().flat_map(|list| &device.lists[*list].lines) {
            let Action::Rewrite(id) = line.action else { continue };
            let rewrite = &device.rewrites[id];
            let enters = external
                .iter()
                .any(|at| binding.ingress.contains(*at) && line.matches.ingress.contains(*at));
            // Lines about answers to what went out before open nothing.
            let opens =
                line.matches.states.as_ref().is_none_or(|states| states.contains(&State::New));
            let counts = line.enabled && opens && rewrite.destination.is_some();
            if counts && (enters || !outside) {
                out.push((binding, line, rewrite));
            }
        }
    }
    out
}

/// What a map makes addresses into.
fn targets(map: &AddressMap) -> Vec<AddressRange> {
    match map {
        AddressMap::Shift { to, .. } => vec![*to],
        AddressMap::Pool(pool) => pool.clone(),
        _ => Vec::new(),
    }
}

fn exposed(
    subject: &Subject<'_>,
    rule: &'static str,
    (line, rewrite): (&Line, &Rewrite),
    ground: &Ground,
) -> Option<Finding> {
    let to = targets(rewrite.destination.as_ref()?);
    // What is for the device itself shows nothing of the zone that it stands in.
    let own: Vec<AddressRange> = subject.device.own_addresses().map(AddressRange::single).collect();
    let shown = Extent::of(&to).minus(&ground.meant).minus(&Extent::of(&own));
    let inside = ground.zones.iter().filter(|(_, set)| set.meets(&shown));
    let zones: Vec<ZoneId> = inside.map(|(id, _)| *id).collect();
    if zones.is_empty() {
        return None;
    }
    let (device, label) = (&subject.device.name, &line.label);
    let (ja, en) = sides::named(subject, &zones);
    let message = text!(
        "「{device}」のアドレス変換「{label}」は、公開用でないゾーン「{ja}」のアドレスを外部に見せています。",
        "on {device}, the translation {label} shows addresses of {en}, which is not meant to be published, to the outside"
    );
    // Without any role in the topology nothing says what is meant to be published.
    let severity = if roles_are_used(subject) { Severity::Medium } else { Severity::Info };
    let mut finding = write::new(subject, rule, severity, message);
    let ranges: Vec<String> = to.iter().take(4).map(ToString::to_string).collect();
    let ranges = ranges.join(", ");
    finding
        .details
        .push(text!("変換後の宛先: {ranges}", "destinations after translation: {ranges}"));
    finding.advice = Some(text!(
        "公開するサーバは DMZ に置き、そのゾーンまたはホストに役割 dmz または published を付けてください。公開しないのであれば、変換を削除してください。",
        "put published servers into a DMZ and give the zone or host the role `dmz` or `published`; delete the translation of what is not published"
    ));
    finding.blame.push(write::blame(subject, label, line.span));
    Some(write::seal(subject, finding, &[]))
}

/// Whose addresses are whose.
#[derive(Default)]
struct Ground {
    /// Addresses that are meant to be reached from outside.
    meant: Extent,
    /// The zones of this organisation.
    zones: Vec<(ZoneId, Extent)>,
}

fn ground(subject: &Subject<'_>) -> Ground {
    let snapshot = subject.snapshot;
    let own = snapshot.zones.iter().filter(|(_, zone)| !zone.external);
    let zones = own.map(|(id, _)| (id, Extent::of_zone(snapshot, id)));
    Ground { meant: meant(subject), zones: zones.collect() }
}

fn roles_are_used(subject: &Subject<'_>) -> bool {
    let zones = subject.snapshot.zones.iter().any(|(_, zone)| !zone.roles.is_empty());
    zones || subject.snapshot.hosts.iter().any(|(_, host)| !host.roles.is_empty())
}

/// Addresses that are meant to be reached from outside.
fn meant(subject: &Subject<'_>) -> Extent {
    let is_meant = |roles: &[String]| roles.iter().any(|role| MEANT.contains(&role.as_str()));
    let snapshot = subject.snapshot;
    // Without roles the name must do.
    let by_name = |zone: &Zone| {
        zone.roles.is_empty()
            && [&zone.id, &zone.label].iter().any(|name| name.to_ascii_lowercase().contains("dmz"))
    };
    let zones = snapshot.zones.iter().filter(|(_, zone)| is_meant(&zone.roles) || by_name(zone));
    let all = zones.fold(Extent::none(), |all, (id, _)| all.union(&Extent::of_zone(snapshot, id)));
    let hosts = snapshot.hosts.iter().filter(|(_, host)| is_meant(&host.roles));
    let addresses: Vec<AddressRange> = hosts
        .flat_map(|(_, host)| &host.addresses)
        .map(|address| AddressRange::single(*address))
        .collect();
    all.union(&Extent::of(&addresses))
}

/// Permits whose destinations a translation before them has always replaced.
fn pointless(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let device = subject.device;
    let mut findings = Vec::new();
    for list in subject.lists.iter().filter(|list| !list.contexts.is_empty()) {
        let before = replaced(subject, list);
        if before.is_empty() {
            continue;
        }
        for entry in &list.entries {
            let permits = |line: &&Line| line.enabled && line.action == Action::Permit;
            let mut lines = entry.lines(device, list.id).filter(permits).peekable();
            let gone = |line: &Line| {
                let ends = extent(subject, line.matches.destination);
                line.matches.translated == Translated::Ignored
                    && !ends.is_empty()
                    && ends.within(&before)
            };
            let live = !matches!(entry.fate, Fate::Covered(_) | Fate::Empty);
            if live && lines.peek().is_some() && lines.all(gone) {
                findings.push(mismatch(subject, rule, (list, entry)));
            }
        }
    }
    findings
}

/// The destinations that no packet has any more when it meets the list: one-to-one translation of every service replaces them
/// before, whatever the ingress, and makes none of them.
fn replaced(subject: &Subject<'_>, list: &List) -> Extent {
    let device = subject.device;
    let [context] = list.contexts.as_slice() else { return Extent::none() };
    let mut taken: Vec<AddressRange> = Vec::new();
    let mut made: Vec<AddressRange> = Vec::new();
    for stage in &device.contexts[*context].pipeline {
        match stage {
            Stage::Filter(filter) => {
                if filter.bindings.iter().any(|binding| binding.lists.contains(&list.id)) {
                    break;
                }
            }
            Stage::Translate(translate) => {
                for (binding, line, rewrite) in rewrites(subject, *context, translate, false) {
                    made.extend(rewrite.destination.iter().flat_map(targets));
                    let whole = line.matches.unknown.is_empty()
                        && meets_all(subject, list, (binding, line))
                        && super::breadth::any_service(device, line.matches.service)
                        && super::passage::from_everywhere(device, line);
                    if let (true, Some(AddressMap::Shift { from, .. })) =
                        (whole, &rewrite.destination)
                    {
                        taken.push(*from);
                    }
                }
            }
            Stage::Route => {}
        }
    }
    Extent::of(&taken).minus(&Extent::of(&made))
}

/// Whether every packet that comes to the list has come to the translation line, as far as interfaces go.
fn meets_all(subject: &Subject<'_>, list: &List, (binding, line): (&Binding, &Line)) -> bool {
    let mut up = subject.device.interfaces.iter().filter(|(id, interface)| {
        interface.up && list.places.iter().any(|(ingress, _)| ingress.contains(*id))
    });
    up.all(|(id, _)| binding.ingress.contains(id) && line.matches.ingress.contains(id))
}

fn mismatch(subject: &Subject<'_>, rule: &'static str, (list, entry): (&List, &Entry)) -> Finding {
    let (name, label) = (&subject.device.name, write::label(subject, list, entry));
    let message = text!(
        "「{name}」の許可の行「{label}」は変換前の宛先を書いていますが、この機器は変換後の宛先で判定するため、どの通信にも一致しません。",
        "on {name}, the permit {label} names a destination from before translation, but the device compares the one after it: no packet matches"
    );
    let mut finding = write::new(subject, rule, Severity::Low, message);
    finding.advice = Some(text!(
        "変換後（サーバ自身）のアドレスを宛先に書いてください。",
        "name the address after translation, the server's own"
    ));
    finding.blame.push(write::blame_entry(subject, list, entry));
    write::seal(subject, finding, &[&subject.device.lists[list.id].name])
}
