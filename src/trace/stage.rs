//! What one stage of a pipeline makes of one packet.

use super::list::{self, Decider, Outcome, Purpose, Results};
use super::packet::{
    Cut, Field, address_inside, everything, inside, ports_within, shifted, shifted_ports, within,
};
use super::traveller::{Crossing, Traveller, Visit};
use super::truth::{Judge, View, at_interface};
use crate::finding::{Cause, HopAction, HopLine};
use crate::model::{
    Action, AddressMap, Binding, Device, Filter, InterfaceId, PortMap, Rewrite, RewriteId,
};
use crate::model::{Moment, Translate};
use crate::net::{AddressRange, Family, PortRange, State};

/// What became of a packet at a stage: a branch for every possible result.
pub(super) enum Branch {
    Passed(Traveller),
    Denied(Traveller),
}

/// What all stages of a visit share.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) device: &'a Device,
    pub(super) visit: &'a Visit,
    pub(super) egress: Option<InterfaceId>,
    pub(super) at: Option<Moment>,
}

impl<'a> Site<'a> {
    fn judge<'t>(&self, traveller: &'t Traveller) -> Judge<'t>
    where
        'a: 't,
    {
        Judge::new(View {
            device: self.device,
            packet: &traveller.packet,
            ingress: self.visit.ingress,
            egress: self.egress,
            state: self.state(traveller),
            touched: &traveller.touched,
            at: self.at,
            lasting: false,
        })
    }

    /// A device that let the connection open sees its packets as established.
    fn state(&self, traveller: &Traveller) -> State {
        if self.visit.session { State::Established } else { traveller.packet.state }
    }

    fn binding<'b>(&self, bindings: &'b [Binding]) -> Option<&'b Binding> {
        bindings.iter().find(|binding| {
            at_interface(&binding.ingress, self.visit.ingress)
                && at_interface(&binding.egress, self.egress)
        })
    }

    /// The packet after a filter. `doubted`: the device holds lines that were not understood, and this is why.
    pub(super) fn filter(
        &self,
        filter: &Filter,
        traveller: Traveller,
        doubted: &[Cause],
    ) -> Result<Vec<Branch>, Cut> {
        let state = self.state(&traveller);
        if filter.stateful && matches!(state, State::Established | State::Related) {
            let label = "established session";
            return Ok(vec![Branch::Passed(traveller.noting(None, label, HopAction::Permit))]);
        }
        let opening = state == State::New && traveller.packet.flow().is_opening();
        if filter.stateful && traveller.packet.protocol == 6 && !opening {
            let denied = traveller.noting(None, "no session", HopAction::Deny);
            return Ok(vec![Branch::Denied(denied)]);
        }
        let mut results = match self.binding(&filter.bindings) {
            Some(binding) => list::binding(&mut self.judge(&traveller), binding, Purpose::Filter)?,
            // A filter that does not look at the packet at all has decided nothing worth a line.
            None if filter.otherwise == Action::Permit && doubted.is_empty() => {
                return Ok(vec![Branch::Passed(traveller)]);
            }
            None => no_binding(filter),
        };
        let mut traveller = traveller;
        traveller.lasting &= doubted.is_empty() && self.lasts(filter, &traveller)?;
        if !doubted.is_empty() {
            let label = "unread lines".to_owned();
            let unread = Decider { span: doubted.first().and_then(|c| c.span), label, sure: false };
            results.add(Outcome::Permit, unread.clone());
            results.add(Outcome::Deny, unread);
            results.causes.extend(doubted.iter().cloned());
        }
        Ok(filtered(&traveller, &results))
    }

    /// Whether the filter lets the packet pass at any time.
    fn lasts(&self, filter: &Filter, traveller: &Traveller) -> Result<bool, Cut> {
        let Some(binding) = self.binding(&filter.bindings) else { return Ok(true) };
        if self.device.schedules.is_empty() {
            return Ok(true);
        }
        let view = View { lasting: true, ..self.judge(traveller).view() };
        let results = list::binding(&mut Judge::new(view), binding, Purpose::Filter)?;
        Ok(results.certain() && results.outcomes.contains_key(&Outcome::Permit))
    }

    /// The packet after a translation stage.
    pub(super) fn translate(
        &self,
        stage: &Translate,
        traveller: Traveller,
    ) -> Result<Vec<Branch>, Cut> {
        if self.visit.session {
            return Ok(vec![Branch::Passed(self.restored(traveller))]);
        }
        let Some(binding) = self.binding(&stage.bindings) else {
            return Ok(vec![Branch::Passed(traveller)]);
        };
        let results = list::binding(&mut self.judge(&traveller), binding, Purpose::Translate)?;
        let certain = results.certain();
        let mut branches = Vec::new();
        for (outcome, deciders) in &results.outcomes {
            let mut branch = traveller.clone();
            if !certain {
                branch = branch.doubting(results.causes.clone());
            }
            let translated =
                |branch: Traveller| noted(branch, deciders, certain, HopAction::Translate);
            match outcome {
                Outcome::Permit => branches.push(Branch::Passed(branch)),
                Outcome::Deny => {
                    branches.push(Branch::Denied(noted(
                        branch,
                        deciders,
                        certain,
                        HopAction::Deny,
                    )));
                }
                Outcome::Rewrite(id) => {
                    for part in self.rewritten(*id, translated(branch))? {
                        branches.push(Branch::Passed(part));
                    }
                }
                Outcome::Garbled => branches.push(Branch::Passed(garbled(translated(branch)))),
            }
        }
        Ok(branches)
    }

    /// Takes back what this device changed when the connection opened; the destination before the route, the source after.
    pub(super) fn restored(&self, mut traveller: Traveller) -> Traveller {
        let Some(Crossing { before, .. }) = &self.visit.crossing else { return traveller };
        let (original, was) = (before.swapped(), traveller.packet);
        let packet = &mut traveller.packet;
        if self.egress.is_none() {
            packet.destination = original.destination;
            packet.destination_port = original.destination_port;
        } else {
            packet.source = original.source;
            packet.source_port = original.source_port;
        }
        if traveller.packet == was {
            return traveller;
        }
        traveller.noting(None, "translated back by the session", HopAction::Translate)
    }

    /// The packets that a rewrite can make of one packet.
    fn rewritten(&self, id: RewriteId, traveller: Traveller) -> Result<Vec<Traveller>, Cut> {
        let rewrite = &self.device.rewrites[id];
        let mut travellers = vec![traveller];
        if let Some(map) = &rewrite.source {
            travellers = self.mapped(rewrite, map, Field::Source, travellers)?;
        }
        if let Some(map) = &rewrite.destination {
            travellers = self.mapped(rewrite, map, Field::Destination, travellers)?;
        }
        let ports = crate::net::flow::has_ports;
        for traveller in &mut travellers {
            let has_ports = ports(traveller.packet.protocol);
            if has_ports && let Some(map) = rewrite.source_port {
                let range = traveller.packet.source_port;
                traveller.packet.source_port = port(map, range, Field::SourcePort)?;
            }
            if has_ports && let Some(map) = rewrite.destination_port {
                let range = traveller.packet.destination_port;
                traveller.packet.destination_port = port(map, range, Field::DestinationPort)?;
            }
            let to_port = has_ports && rewrite.destination_port.is_some();
            if rewrite.destination.is_some() || to_port {
                traveller.touched.push(id);
            }
        }
        Ok(travellers)
    }

    fn mapped(
        &self,
        rewrite: &Rewrite,
        map: &AddressMap,
        field: Field,
        travellers: Vec<Traveller>,
    ) -> Result<Vec<Traveller>, Cut> {
        let mut made = Vec::new();
        for traveller in travellers {
            let packet = &traveller.packet;
            let range = if field == Field::Source { packet.source } else { packet.destination };
            let targets = self.targets(map, range, field)?;
            for target in &targets {
                let mut next = traveller.clone();
                next.set(field, *target);
                made.push(next);
            }
            if targets.is_empty() {
                let mut next = traveller;
                next.forget(field, everything(range.family()), unknown_target(rewrite));
                made.push(next);
            }
        }
        Ok(made)
    }

    /// The ranges out of which the new address comes; none: it is not known.
    fn targets(
        &self,
        map: &AddressMap,
        range: AddressRange,
        field: Field,
    ) -> Result<Vec<AddressRange>, Cut> {
        let family = range.family();
        match map {
            AddressMap::Shift { from, to } => {
                address_inside(range, *from).map_err(|at| Cut { field, at })?;
                let inside = within(range, *from);
                Ok(inside.then(|| shifted(range, *from, *to)).flatten().into_iter().collect())
            }
            AddressMap::Pool(ranges) => {
                Ok(ranges.iter().copied().filter(|range| range.family() == family).collect())
            }
            AddressMap::EgressInterface => Ok(self.own_addresses(self.egress, family)),
            AddressMap::IngressInterface => Ok(self.own_addresses(self.visit.ingress, family)),
            AddressMap::Unknown => Ok(Vec::new()),
        }
    }

    fn own_addresses(&self, interface: Option<InterfaceId>, family: Family) -> Vec<AddressRange> {
        let Some(interface) = interface else { return Vec::new() };
        let addresses = self.device.interfaces[interface].addresses.iter().map(|own| own.address);
        let own_family = addresses.filter(|address| Family::of(*address) == family);
        own_family.map(AddressRange::single).collect()
    }
}

fn no_binding(filter: &Filter) -> Results {
    let mut results = Results::default();
    for outcome in list::outcomes_of_default(filter.otherwise) {
        let label = format!("{} (default)", filter.name);
        results.add(outcome, Decider { span: None, label, sure: true });
    }
    results
}

fn filtered(traveller: &Traveller, results: &Results) -> Vec<Branch> {
    let certain = results.certain();
    let branch = || {
        if certain { traveller.clone() } else { traveller.clone().doubting(results.causes.clone()) }
    };
    let mut branches = Vec::new();
    if let Some(deciders) = results.outcomes.get(&Outcome::Permit) {
        branches.push(Branch::Passed(noted(branch(), deciders, certain, HopAction::Permit)));
    }
    if let Some(deciders) = results.outcomes.get(&Outcome::Deny) {
        branches.push(Branch::Denied(noted(branch(), deciders, certain, HopAction::Deny)));
    }
    branches
}

fn noted(
    mut traveller: Traveller,
    deciders: &[Decider],
    certain: bool,
    action: HopAction,
) -> Traveller {
    for decider in deciders {
        // A default that no line states and that lets the packet pass says nothing on a path.
        if decider.span.is_none() && action == HopAction::Permit && certain && decider.sure {
            continue;
        }
        let sure = certain && decider.sure;
        let action = match action {
            HopAction::Permit if !sure => HopAction::MayPermit,
            other => other,
        };
        traveller.note(HopLine { span: decider.span, label: decider.label.clone(), action });
    }
    traveller
}

fn garbled(mut traveller: Traveller) -> Traveller {
    let family = traveller.packet.family();
    traveller.packet.source = everything(family);
    traveller.packet.destination = everything(family);
    traveller
}

/// The ports that the map makes of `range`; a port outside the map's range becomes any port.
fn port(map: PortMap, range: PortRange, field: Field) -> Result<PortRange, Cut> {
    match map {
        PortMap::Within(target) => Ok(target),
        PortMap::Shift { from, to } => {
            let wide = |range: PortRange| (u128::from(range.first()), u128::from(range.last()));
            inside(wide(range), wide(from)).map_err(|at| Cut { field, at })?;
            let moved = ports_within(range, from).then(|| shifted_ports(range, from, to)).flatten();
            Ok(moved.unwrap_or(PortRange::ALL))
        }
    }
}

fn unknown_target(rewrite: &Rewrite) -> Cause {
    let label = &rewrite.label;
    Cause {
        span: rewrite.span,
        reason: crate::text!(
            "変換「{label}」の変換後アドレスが設定から分かりません。",
            "the address that translation {label} gives is not known from the configuration"
        ),
    }
}
