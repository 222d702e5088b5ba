//! Names of the policy, resolved against the snapshot.

use crate::net::{AddressRange, Family};
use crate::policy::{Except, Party, Policy, PolicyRule, Service, Verb, Waiver, Who};
use crate::snapshot::{DeviceId, Place, Snapshot, ZoneId};
use crate::source::{Problem, Span};
use crate::text;

/// The policy with every name resolved.
#[derive(Clone, Debug, Default)]
pub struct Resolved<'p> {
    /// Rules, in order; a rule that forbids both ways stands once, with the pairs of both.
    pub rules: Vec<ResolvedRule<'p>>,
    /// Waivers, in order.
    pub waivers: Vec<ResolvedWaiver>,
    /// Whether chains of compromised hosts go through relays as through any host.
    pub through_relays: bool,
}

/// One policy rule.
#[derive(Clone, Debug)]
pub struct ResolvedRule<'p> {
    /// The rule.
    pub rule: &'p PolicyRule,
    /// Directions: one, or two when both ways are forbidden.
    pub directions: Vec<Direction>,
    /// What the rule does not speak of: its exceptions and the waivers.
    pub without: Vec<Without>,
    /// Devices that must enforce it.
    pub enforce_at: Vec<DeviceId>,
}

/// Who opens connections to whom.
#[derive(Clone, Debug)]
pub struct Direction {
    /// Where connections start.
    pub from: Vec<End>,
    /// Where they end.
    pub to: Vec<End>,
}

/// One party at one place.
#[derive(Clone, Debug)]
pub struct End {
    /// The identifier in findings: `pi`, `pi.fs1`, `self:ext-fw`.
    pub name: String,
    /// Where.
    pub place: Place,
    /// Which addresses of it; `None` means all.
    pub ranges: Option<Vec<AddressRange>>,
}

/// Flows that are left out of a rule. Empty lists mean: as in the rule.
#[derive(Clone, Debug)]
pub struct Without {
    /// Sources.
    pub from: Vec<End>,
    /// Destinations.
    pub to: Vec<End>,
    /// Services.
    pub services: Vec<Service>,
    /// The waiver, when it is one.
    pub waiver: Option<usize>,
}

/// One waiver.
#[derive(Clone, Debug)]
pub struct ResolvedWaiver {
    /// The position in the policy's waivers.
    pub index: usize,
    /// The policy rule; `None` when no rule has that name.
    pub rule: Option<String>,
}

/// Resolves every name of `policy`.
///
/// # Errors
/// A [`Problem`] for each name that the snapshot does not know.
pub fn resolve<'p>(snapshot: &Snapshot, policy: &'p Policy) -> Result<Resolved<'p>, Vec<Problem>> {
    let mut resolver = Resolver { snapshot, problems: Vec::new() };
    let mut resolved = Resolved::default();
    for (index, waiver) in policy.waivers.iter().enumerate() {
        let rule =
            policy.rules.iter().find(|rule| rule.id == waiver.rule).map(|rule| rule.id.clone());
        resolved.waivers.push(ResolvedWaiver { index, rule });
    }
    for rule in &policy.rules {
        let (from, to) = (resolver.ends(&rule.from), resolver.ends(&rule.to));
        let mut without: Vec<Without> =
            rule.except.iter().map(|except| resolver.except(except)).collect();
        let in_force = |waiver: &&Waiver| waiver.rule == rule.id && !is_over(snapshot, waiver);
        for (index, waiver) in
            policy.waivers.iter().enumerate().filter(|(_, waiver)| in_force(waiver))
        {
            let (from, to) = (resolver.ends(&waiver.from), resolver.ends(&waiver.to));
            without.push(Without {
                from,
                to,
                services: waiver.services.clone(),
                waiver: Some(index),
            });
        }
        let mut directions = vec![Direction { from: from.clone(), to: to.clone() }];
        if rule.verb == (Verb::Deny { both_ways: true }) {
            directions.push(Direction { from: to, to: from });
        }
        let enforce_at = rule
            .enforce_at
            .iter()
            .filter_map(|(name, span)| resolver.device(name, *span))
            .collect();
        resolved.rules.push(ResolvedRule { rule, directions, without, enforce_at });
    }
    if resolver.problems.is_empty() { Ok(resolved) } else { Err(resolver.problems) }
}

/// Whether the last day of a waiver is past; it then covers nothing.
fn is_over(snapshot: &Snapshot, waiver: &Waiver) -> bool {
    waiver.until.zip(snapshot.at).is_some_and(|(until, at)| until < at.day)
}

/// Resolves parties outside a policy, such as arguments of a command.
///
/// # Errors
/// A [`Problem`] for each name that the snapshot does not know.
pub fn resolve_parties(snapshot: &Snapshot, parties: &[Party]) -> Result<Vec<End>, Vec<Problem>> {
    let mut resolver = Resolver { snapshot, problems: Vec::new() };
    let ends = resolver.ends(parties);
    if resolver.problems.is_empty() { Ok(ends) } else { Err(resolver.problems) }
}

/// A whole zone as a party.
#[must_use]
pub fn zone_end(snapshot: &Snapshot, zone: ZoneId) -> End {
    End { name: snapshot.zones[zone].id.clone(), place: Place::Zone(zone), ranges: None }
}

struct Resolver<'a> {
    snapshot: &'a Snapshot,
    problems: Vec<Problem>,
}

impl Resolver<'_> {
    fn except(&mut self, except: &Except) -> Without {
        Without {
            from: self.ends(&except.from),
            to: self.ends(&except.to),
            services: except.services.clone(),
            waiver: None,
        }
    }

    fn ends(&mut self, parties: &[Party]) -> Vec<End> {
        parties.iter().flat_map(|party| self.end(party)).collect()
    }

    fn end(&mut self, party: &Party) -> Vec<End> {
        match &party.who {
            Who::Everyone => self.snapshot.zones.ids().map(|zone| self.zone(zone)).collect(),
            Who::Zone(name) => match self.snapshot.zone(name) {
                Some(zone) => vec![self.zone(zone)],
                None => self.host(None, name, party.span),
            },
            Who::Host { zone, host } => self.host(zone.as_deref(), host, party.span),
            Who::Device(None) => {
                self.snapshot.devices.ids().map(|device| self.itself(device)).collect()
            }
            Who::Device(Some(name)) => {
                self.device(name, party.span).map(|id| self.itself(id)).into_iter().collect()
            }
            Who::Role(role) => self.role(role, party.span),
            Who::Network(prefix) => self.network(prefix.range(), party.span),
        }
    }

    fn zone(&self, zone: ZoneId) -> End {
        zone_end(self.snapshot, zone)
    }

    fn itself(&self, device: DeviceId) -> End {
        End {
            name: Place::Device(device).id(self.snapshot),
            place: Place::Device(device),
            ranges: None,
        }
    }

    fn host(&mut self, zone: Option<&str>, name: &str, span: Span) -> Vec<End> {
        let snapshot = self.snapshot;
        let fits = |host: &crate::snapshot::Host| {
            host.id == name && zone.is_none_or(|zone| snapshot.zones[host.zone].id == zone)
        };
        if let Some((_, host)) = snapshot.hosts.iter().find(|(_, host)| fits(host)) {
            return vec![End {
                name: format!("{}.{}", snapshot.zones[host.zone].id, host.id),
                place: Place::Zone(host.zone),
                ranges: Some(
                    host.addresses.iter().map(|address| AddressRange::single(*address)).collect(),
                ),
            }];
        }
        let known = snapshot.zones.iter().map(|(_, zone)| zone.id.as_str());
        let known = known.chain(snapshot.hosts.iter().map(|(_, host)| host.id.as_str()));
        let message = text!(
            "「{name}」というゾーンまたはホストは構成（topology.yaml）にありません。",
            "no zone or host `{name}` in the topology"
        );
        self.problems.push(Problem::new(span, message).suggest(name, known));
        Vec::new()
    }

    fn device(&mut self, name: &str, span: Span) -> Option<DeviceId> {
        let found = self.snapshot.device(name);
        if found.is_none() {
            let known = self.snapshot.devices.iter().map(|(_, device)| device.name.as_str());
            let message = text!(
                "「{name}」という機器の設定はありません。設定を読み込んだ機器だけを指定できます。",
                "no configuration of a device `{name}` was read"
            );
            self.problems.push(Problem::new(span, message).suggest(name, known));
        }
        found
    }

    fn role(&mut self, role: &str, span: Span) -> Vec<End> {
        let snapshot = self.snapshot;
        let zones = snapshot.zones.iter().filter(|(_, zone)| zone.roles.iter().any(|r| r == role));
        let mut ends: Vec<End> = zones.map(|(zone, _)| self.zone(zone)).collect();
        for (_, host) in
            snapshot.hosts.iter().filter(|(_, host)| host.roles.iter().any(|r| r == role))
        {
            ends.extend(self.host(Some(&snapshot.zones[host.zone].id), &host.id, span));
        }
        if ends.is_empty() {
            let message = text!(
                "役割「{role}」を持つゾーンもホストもありません。",
                "no zone or host has the role `{role}`"
            );
            self.problems.push(Problem::new(span, message));
        }
        ends
    }

    fn network(&mut self, range: AddressRange, span: Span) -> Vec<End> {
        let mut ends = Vec::new();
        for zone in self.snapshot.zones.ids() {
            let part = match range.family() {
                Family::V4 => super::sets::part_of::<u32>(self.snapshot, zone, range),
                Family::V6 => super::sets::part_of::<u128>(self.snapshot, zone, range),
            };
            if !part.is_empty() {
                let name = format!("{} ({range})", self.snapshot.zones[zone].id);
                ends.push(End { name, place: Place::Zone(zone), ranges: Some(part) });
            }
        }
        if ends.is_empty() {
            let message =
                text!("{range} はどのゾーンにも含まれません。", "{range} lies in no zone");
            self.problems.push(Problem::new(span, message));
        }
        ends
    }
}
