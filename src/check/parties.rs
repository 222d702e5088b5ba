//! Names of the policy, resolved against the snapshot.

use super::declared::{self, Counted};
use super::waivers;
use crate::net::{AddressRange, Family};
use crate::policy::{Except, Party, Policy, PolicyRule, Service, Verb, Waiver, Who};
use crate::reach::Waypoint;
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
    /// Rules of packs that speak of nobody here, with the roles that nobody has.
    pub not_applicable: Vec<(&'p PolicyRule, Vec<String>)>,
    /// Declared flows that do not count, and other declarations that are wrong in themselves.
    pub misfits: Vec<declared::Misfit>,
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
    /// Why not every enforcing device that it names is one of its own.
    pub enforcers: Vec<EnforcerFault>,
    /// What packets must cross (`via` only).
    pub through: Vec<Waypoint>,
    /// Facts on which the declared flows rest that the rule lets pass, and that are missing or contradict it.
    pub doubts: Vec<declared::Doubt>,
}

/// Why a role of `enforce-at` names no device of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnforcerFault {
    /// No device has the role.
    Nobody {
        /// The role.
        role: String,
    },
    /// A device has two of the roles, so that one device stands where the rule asks for two.
    Same {
        /// The roles.
        roles: [String; 2],
        /// The device.
        device: DeviceId,
    },
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
    /// Whether all of the place was meant, though a rule asks about a part of it.
    pub whole: bool,
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
    /// The declared flow, when it is one.
    pub flow: Option<usize>,
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
    let mut resolver = Resolver { snapshot, problems: Vec::new(), nobody: None };
    let mut resolved = Resolved::default();
    for (index, waiver) in policy.waivers.iter().enumerate() {
        let rule =
            policy.rules.iter().find(|rule| rule.id == waiver.rule).map(|rule| rule.id.clone());
        resolved.waivers.push(ResolvedWaiver { index, rule });
    }
    let counted = declared::count(&mut resolver, policy);
    for rule in &policy.rules {
        match resolver.rule(policy, rule, &counted) {
            Ok(rule) => resolved.rules.push(rule),
            Err(roles) => resolved.not_applicable.push((rule, roles)),
        }
    }
    resolved.misfits = counted.misfits;
    resolver.problems.extend(declared::unknown_subjects(snapshot, policy));
    // A declared flow is looked at as such, and as what is required.
    let mut problems: Vec<Problem> = Vec::new();
    for problem in std::mem::take(&mut resolver.problems) {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    resolver.problems = problems;
    if resolver.problems.is_empty() { Ok(resolved) } else { Err(resolver.problems) }
}

/// Resolves parties outside a policy, such as arguments of a command.
///
/// # Errors
/// A [`Problem`] for each name that the snapshot does not know.
pub fn resolve_parties(snapshot: &Snapshot, parties: &[Party]) -> Result<Vec<End>, Vec<Problem>> {
    let mut resolver = Resolver { snapshot, problems: Vec::new(), nobody: None };
    let ends = resolver.ends(parties);
    if resolver.problems.is_empty() { Ok(ends) } else { Err(resolver.problems) }
}

/// A whole zone as a party.
#[must_use]
pub fn zone_end(snapshot: &Snapshot, zone: ZoneId) -> End {
    place_end(snapshot, Place::Zone(zone))
}

/// All of a place as a party.
#[must_use]
pub fn place_end(snapshot: &Snapshot, place: Place) -> End {
    End { name: place.id(snapshot), place, ranges: None, whole: true }
}

/// Names against the snapshot.
pub(super) struct Resolver<'a> {
    pub(super) snapshot: &'a Snapshot,
    problems: Vec<Problem>,
    /// Roles that nobody has, while a pack speaks; elsewhere such a role is a problem.
    nobody: Option<Vec<String>>,
}

impl<'a> Resolver<'a> {
    /// What `ask` finds while a pack speaks: a role that nobody has is then no problem.
    pub(super) fn of_pack<T>(&mut self, ask: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.nobody.replace(Vec::new());
        let found = ask(self);
        self.nobody = before;
        found
    }

    /// The rule with its names resolved; of a pack's rule that speaks of nobody here, the roles that nobody has.
    fn rule<'p>(
        &mut self,
        policy: &Policy,
        rule: &'p PolicyRule,
        counted: &Counted<'_>,
    ) -> Result<ResolvedRule<'p>, Vec<String>> {
        self.nobody = rule.pack.is_some().then(Vec::new);
        let (mut from, mut to) = (self.ends(&rule.from), self.ends(&rule.to));
        if rule.verb == Verb::Require {
            (from, to) = (self.named(from), self.named(to));
        }
        // Roles that only an exception names do not make the rule one about nobody.
        let missing = self.nobody.clone();
        let through = match &rule.verb {
            Verb::Via { through } => self.waypoints(through),
            _ => Vec::new(),
        };
        let about_nobody = |parties: &[Party], ends: &[End]| !parties.is_empty() && ends.is_empty();
        // A way that no device stands for is not a rule about nobody: whatever passes then goes around.
        let nobody = about_nobody(&rule.from, &from) || about_nobody(&rule.to, &to);
        let mut without: Vec<Without> =
            rule.except.iter().filter_map(|except| self.except(except)).collect();
        let (enforce_at, enforcers) = self.enforcers(rule);
        self.nobody = None;
        if let Some(roles) = missing.filter(|_| nobody) {
            return Err(roles);
        }
        let counts =
            |waiver: &&Waiver| waiver.rule == rule.id && waivers::in_force(self.snapshot, waiver);
        let waivers: Vec<(usize, &Waiver)> =
            policy.waivers.iter().enumerate().filter(|(_, waiver)| counts(waiver)).collect();
        for (index, waiver) in waivers {
            let (from, to) = (self.ends(&waiver.from), self.ends(&waiver.to));
            let services = waiver.services.clone();
            without.push(Without { from, to, services, waiver: Some(index), flow: None });
        }
        let mut doubts = Vec::new();
        if let Verb::Only { flows, .. } = &rule.verb {
            let (allowed, open) = counted.allow(rule, flows.as_deref(), (&from, &to));
            without.extend(allowed);
            doubts = open;
        }
        let mut directions = vec![Direction { from: from.clone(), to: to.clone() }];
        if rule.verb.both_ways() {
            directions.push(Direction { from: to, to: from });
        }
        Ok(ResolvedRule { rule, directions, without, enforce_at, enforcers, through, doubts })
    }

    /// The devices that `enforce-at` names, each once.
    fn enforcers(&mut self, rule: &PolicyRule) -> (Vec<DeviceId>, Vec<EnforcerFault>) {
        let (mut devices, mut faults) = (Vec::new(), Vec::new());
        let mut by_role: Vec<(DeviceId, &str)> = Vec::new();
        for (name, span) in &rule.enforce_at {
            let Some(role) = name.strip_prefix("role:") else {
                devices.extend(self.device(name, *span));
                continue;
            };
            let has = |roles: &[String]| roles.iter().any(|known| known == role);
            let all = self.snapshot.devices.iter().filter(|(_, device)| has(&device.roles));
            let found: Vec<DeviceId> = all.map(|(id, _)| id).collect();
            if found.is_empty() {
                faults.push(EnforcerFault::Nobody { role: role.to_owned() });
            }
            for device in &found {
                let other = by_role.iter().find(|(known, other)| known == device && *other != role);
                if let Some((_, other)) = other {
                    let roles = [(*other).to_owned(), role.to_owned()];
                    faults.push(EnforcerFault::Same { roles, device: *device });
                }
                by_role.push((*device, role));
            }
            devices.extend(found);
        }
        devices.sort_unstable();
        devices.dedup();
        (devices, faults)
    }

    /// The devices that `through` names, configured or opaque.
    fn waypoints(&mut self, names: &[(String, Span)]) -> Vec<Waypoint> {
        let snapshot = self.snapshot;
        let mut out = Vec::new();
        for (name, span) in names {
            let before = out.len();
            let role = name.strip_prefix("role:");
            let fits = |known: &str, roles: &[String]| match role {
                Some(role) => roles.iter().any(|one| one == role),
                None => known == name,
            };
            let devices = snapshot.devices.iter().filter(|(_, d)| fits(&d.name, &d.roles));
            out.extend(devices.map(|(id, _)| Waypoint::Device(id)));
            let opaques =
                snapshot.opaques.iter().filter(|(_, o)| o.declared && fits(&o.name, &o.roles));
            out.extend(opaques.map(|(id, _)| Waypoint::Opaque(id)));
            match (&mut self.nobody, role) {
                _ if out.len() > before => {}
                (Some(nobody), Some(role)) => nobody.push(role.to_owned()),
                _ => {
                    let known = snapshot.devices.iter().map(|(_, device)| device.name.as_str());
                    let known = known.chain(snapshot.opaques.iter().map(|(_, o)| o.name.as_str()));
                    let message = text!(
                        "「{name}」という機器は構成（topology.yaml）にありません。",
                        "no device `{name}` in the topology"
                    );
                    self.problems.push(Problem::new(*span, message).suggest(name, known));
                }
            }
        }
        out
    }

    /// `None` when it speaks of roles that nobody has: it then excepts nothing.
    fn except(&mut self, except: &Except) -> Option<Without> {
        let (from, to) = (self.ends(&except.from), self.ends(&except.to));
        let nobody = (from.is_empty() && !except.from.is_empty())
            || (to.is_empty() && !except.to.is_empty());
        let services = except.services.clone();
        (!nobody).then_some(Without { from, to, services, waiver: None, flow: None })
    }

    /// Whole zones without what nobody named as theirs (of everything else: what is not public), and without the addresses of
    /// routers: neither is what a rule requires.
    fn named(&self, ends: Vec<End>) -> Vec<End> {
        let snapshot = self.snapshot;
        let only_named = |mut end: End| {
            if let (Place::Zone(zone), None) = (end.place, &end.ranges) {
                let mut hosts = super::sets::named_hosts::<u32>(snapshot, zone);
                hosts.extend(super::sets::named_hosts::<u128>(snapshot, zone));
                end.ranges = Some(hosts);
            }
            if let Place::Device(device) = end.place
                && snapshot.learnt.iter().any(|(port, _)| port.device == device)
            {
                let own = snapshot.devices[device].own_addresses();
                end.ranges = Some(own.map(AddressRange::single).collect());
            }
            end
        };
        let ends = ends.into_iter().map(only_named);
        let nobody = |end: &End| {
            matches!(end.place, Place::Zone(_)) && end.ranges.as_ref().is_some_and(Vec::is_empty)
        };
        ends.filter(|end| !nobody(end)).collect()
    }

    pub(super) fn ends(&mut self, parties: &[Party]) -> Vec<End> {
        let mut ends: Vec<End> = Vec::new();
        for end in parties.iter().flat_map(|party| self.end(party)) {
            // A zone may have several of the roles that a rule names.
            if !ends.iter().any(|known| known.name == end.name) {
                ends.push(end);
            }
        }
        ends
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
        place_end(self.snapshot, Place::Device(device))
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
                whole: false,
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
            // The zone that holds the host may have the role, too, and says all of it.
            let within =
                ends.iter().any(|end| end.place == Place::Zone(host.zone) && end.ranges.is_none());
            if !within {
                ends.extend(self.host(Some(&snapshot.zones[host.zone].id), &host.id, span));
            }
        }
        if let (true, Some(nobody)) = (ends.is_empty(), &mut self.nobody) {
            nobody.push(role.to_owned());
            return ends;
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
                let (place, ranges) = (Place::Zone(zone), Some(part));
                ends.push(End { name, place, ranges, whole: false });
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
