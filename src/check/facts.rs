//! What the judges saw about one pair of parties, free of any coordinate type.

use std::net::IpAddr;

use super::parties::{End, ResolvedRule};
use super::{Judge, write};
use crate::compile::LineRef;
use crate::finding::{Blame, Cause, Cut, Finding, FlowList, Hop, HopAction, Verdict};
use crate::model::{AddressId, AddressSet, Device};
use crate::net::{Family, Flow};
use crate::reach::Blamed;
use crate::snapshot::{DeviceId, Port, Snapshot};
use crate::text;

/// See the module documentation.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) family: Family,
    pub(super) verdict: Verdict,
    pub(super) witness: Option<Flow>,
    pub(super) path: Vec<Hop>,
    pub(super) blame: Vec<Blame>,
    /// The blamed lines as references, for cut sets.
    pub(super) lines: Vec<(DeviceId, LineRef)>,
    pub(super) flows: FlowList,
    pub(super) causes: Vec<Cause>,
    pub(super) cuts: Vec<Cut>,
    pub(super) round_trip: Option<bool>,
    pub(super) schedule: Option<String>,
    pub(super) disagrees: bool,
    /// Whether the path avoids a device that must enforce the rule.
    pub(super) avoids: bool,
    enforcers: Vec<String>,
}

impl Facts {
    pub(super) fn new(
        rule: &ResolvedRule<'_>,
        from: &End,
        to: &End,
        family: Family,
        verdict: Verdict,
    ) -> Facts {
        Facts {
            from: from.name.clone(),
            to: to.name.clone(),
            family,
            verdict,
            witness: None,
            path: Vec::new(),
            blame: Vec::new(),
            lines: Vec::new(),
            flows: FlowList::default(),
            causes: Vec::new(),
            cuts: Vec::new(),
            round_trip: None,
            schedule: None,
            disagrees: false,
            avoids: false,
            enforcers: rule.rule.enforce_at.iter().map(|(name, _)| name.clone()).collect(),
        }
    }

    pub(super) fn label_from(&self, snapshot: &Snapshot) -> String {
        write::label(snapshot, &self.from)
    }

    pub(super) fn label_to(&self, snapshot: &Snapshot) -> String {
        write::label(snapshot, &self.to)
    }

    /// Adds blamed lines, each once, in the order of the path.
    pub(super) fn blame<K>(&mut self, judge: &Judge<'_, K>, blamed: &[Blamed]) {
        let snapshot = judge.network.snapshot;
        for entry in blamed {
            let device = &snapshot.devices[entry.filter.device];
            let Some(reference) = entry.line else { continue };
            let Some(line) = device.lists[reference.list].lines.get(reference.line as usize) else {
                continue;
            };
            if !self.lines.contains(&(entry.filter.device, reference)) {
                self.lines.push((entry.filter.device, reference));
            }
            if let Some(schedule) = line.matches.schedule.filter(|_| self.schedule.is_none()) {
                let name = &device.schedules[schedule];
                let sometimes = name.activity(snapshot.at) == crate::model::Activity::Sometimes;
                self.schedule = sometimes.then(|| name.name.clone());
            }
            let through = self
                .witness
                .map(|flow| chain(device, line.matches.destination, flow.dst))
                .unwrap_or_default();
            let known = self
                .blame
                .iter()
                .any(|blame| blame.device == device.name && blame.span == line.span);
            if !known {
                self.blame.push(Blame {
                    device: device.name.clone(),
                    span: line.span,
                    label: line.label.clone(),
                    through,
                });
            }
        }
    }

    /// Blames these lines and no others.
    pub(super) fn blame_only<K>(&mut self, judge: &Judge<'_, K>, blamed: &[Blamed]) {
        self.blame.clear();
        self.lines.clear();
        self.blame(judge, blamed);
    }

    /// Says that a limit stopped the analysis.
    pub(super) fn limited(&mut self) {
        self.causes.push(limit_reached());
    }

    /// Where no line lets the packet pass, or the path avoids an enforcing device, the interface or route that leads around is
    /// to blame: on the side of the zone that more than one device serves, else where the last device sends the packet on.
    pub(super) fn blame_route(&mut self, snapshot: &Snapshot) {
        let crossed = |name: &String| self.path.iter().any(|hop| hop.device == *name);
        self.avoids |= !self.path.is_empty() && !self.enforcers.iter().all(crossed);
        if !self.blame.is_empty() && !self.avoids {
            return;
        }
        let way_in = many_doors(snapshot, &self.from) && !many_doors(snapshot, &self.to);
        let blame = if way_in { self.first_interface(snapshot) } else { self.last_route() };
        self.blame.extend(blame.filter(|blame| !self.blame.contains(blame)));
    }

    /// The same facts about a device that the path crosses: other devices on or off the path are not asked.
    pub(super) fn on_the_way(&self) -> Facts {
        Facts { enforcers: Vec::new(), ..self.clone() }
    }

    fn last_route(&self) -> Option<Blame> {
        self.path.iter().rev().find_map(|hop| {
            let line = hop.lines.iter().rev().find(|line| line.action == HopAction::Route)?;
            Some(Blame {
                device: hop.device.clone(),
                span: line.span?,
                label: line.label.clone(),
                through: Vec::new(),
            })
        })
    }

    fn first_interface(&self, snapshot: &Snapshot) -> Option<Blame> {
        let hop = self.path.first()?;
        let device = snapshot.device(&hop.device)?;
        let interface = snapshot.devices[device].interface(&hop.ingress)?;
        Some(interface_blame(snapshot, Port { device, interface }))
    }

    /// The lines and routes that end the path of a required packet.
    pub(super) fn blame_denials(&mut self) {
        let denies = |hop: &Hop| {
            let line = hop.lines.iter().rev().find(|line| line.action == HopAction::Deny)?;
            Some(Blame {
                device: hop.device.clone(),
                span: line.span?,
                label: line.label.clone(),
                through: Vec::new(),
            })
        };
        self.blame = self.path.iter().filter_map(denies).collect();
    }

    /// `finding` with everything that is known.
    pub(super) fn finding<K>(&self, judge: &Judge<'_, K>, mut finding: Finding) -> Finding {
        let mut facts = self.clone();
        facts.blame_route(judge.network.snapshot);
        finding.from = Some(facts.from);
        finding.to = Some(facts.to);
        finding.family = Some(facts.family);
        finding.witness = facts.witness;
        finding.path = facts.path;
        finding.blame = facts.blame;
        finding.flows = facts.flows;
        facts.causes.sort();
        facts.causes.dedup();
        finding.causes = facts.causes;
        finding.cuts = facts.cuts;
        finding.round_trip = facts.round_trip;
        finding.schedule = facts.schedule;
        if self.disagrees {
            let kept = finding.rule.clone();
            let rule =
                judge.resolved.rules.iter().find(|rule| rule.rule.id == kept).map(|rule| rule.rule);
            if let Some(rule) = rule {
                finding = write::disagreement(rule, self);
            }
        }
        finding.fingerprint = fingerprint(judge, &finding);
        finding
    }
}

/// An interface as what is to blame.
pub(super) fn interface_blame(snapshot: &Snapshot, port: Port) -> Blame {
    let device = &snapshot.devices[port.device];
    let interface = &device.interfaces[port.interface];
    let label = format!("interface {}", interface.name);
    Blame { device: device.name.clone(), span: interface.span, label, through: Vec::new() }
}

/// Whether packets of the zone that a party names enter the network at more than one device.
fn many_doors(snapshot: &Snapshot, name: &str) -> bool {
    let zone = name.split(['.', ' ']).next().unwrap_or(name);
    let mut devices: Vec<DeviceId> = snapshot
        .zone(zone)
        .map(|zone| snapshot.entries(zone))
        .unwrap_or_default()
        .iter()
        .map(|port| port.device)
        .collect();
    devices.dedup();
    devices.len() > 1
}

/// The hash that a finding keeps over runs: see [`super`].
pub(super) fn fingerprint<K>(judge: &Judge<'_, K>, finding: &Finding) -> String {
    let mut parts = vec![finding.kind.id(), finding.rule.clone()];
    parts.extend(
        [&finding.from, &finding.to, &finding.device]
            .into_iter()
            .map(|part| part.clone().unwrap_or_default()),
    );
    parts.push(finding.family.map_or_else(String::new, |family| family.id().to_owned()));
    parts.extend(
        finding
            .flows
            .flows
            .iter()
            .map(|flow| format!("{} {} {}", flow.src, flow.dst, flow.service)),
    );
    parts.extend(finding.flows.unlisted.clone());
    for blame in &finding.blame {
        let text = judge.sources.text(blame.span);
        parts.push(format!(
            "{} {}",
            blame.device,
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        ));
    }
    crate::finding::fingerprint(&parts)
}

/// The names through which an address object comes to hold `address`, outermost first.
fn chain(device: &Device, object: AddressId, address: IpAddr) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = Some(object);
    while let Some(id) = at {
        let object = &device.addresses[id];
        if !object.name.is_empty() {
            names.push(object.name.clone());
        }
        at = match &object.value {
            AddressSet::Union(members) => {
                members.iter().copied().find(|member| holds(device, *member, address))
            }
            _ => None,
        };
    }
    names
}

/// Whether an object surely holds `address`; ids refer to smaller ids only, so this ends.
fn holds(device: &Device, object: AddressId, address: IpAddr) -> bool {
    let mut open = vec![object];
    while let Some(id) = open.pop() {
        match &device.addresses[id].value {
            AddressSet::Any => return true,
            AddressSet::Range(range) if range.contains(address) => return true,
            AddressSet::Wildcard(mask) if mask.contains(address) => return true,
            AddressSet::Union(members) => open.extend(members),
            _ => {}
        }
    }
    false
}

/// That a limit stopped the analysis.
#[must_use]
pub fn limit_reached() -> Cause {
    let reason = text!(
        "解析の上限に達したため、この判定は最後まで確認できていません。",
        "a limit of the analysis was reached, so this verdict was not settled"
    );
    Cause { span: None, reason }
}
