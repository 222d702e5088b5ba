//! A small evaluator of the model, so that tests can ask what a reading means.

use super::*;
use crate::net::Flow;
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    No,
    Maybe,
    Yes,
}

pub(super) fn holds(device: &Device, id: AddressId, address: std::net::IpAddr) -> Fit {
    match &device.addresses[id].value {
        AddressSet::Any => Fit::Yes,
        AddressSet::Range(range) => fit(range.contains(address)),
        AddressSet::Wildcard(mask) => fit(mask.contains(address)),
        AddressSet::Union(ids) => {
            ids.iter().map(|id| holds(device, *id, address)).max().unwrap_or(Fit::No)
        }
        AddressSet::Except { of, minus } => match holds(device, *minus, address) {
            Fit::No => holds(device, *of, address),
            Fit::Maybe => holds(device, *of, address).min(Fit::Maybe),
            Fit::Yes => Fit::No,
        },
        AddressSet::Unknown { within: AddressWithin::Anywhere, .. } => Fit::Maybe,
        AddressSet::Unknown { within: AddressWithin::Family(family), .. } => {
            if crate::net::Family::of(address) == *family {
                Fit::Maybe
            } else {
                Fit::No
            }
        }
    }
}

fn fit(yes: bool) -> Fit {
    if yes { Fit::Yes } else { Fit::No }
}

fn serves(device: &Device, id: ServiceId, flow: &Flow) -> Fit {
    match &device.services[id].value {
        ServiceSet::Any => Fit::Yes,
        ServiceSet::Protocol(number) => fit(*number == flow.protocol),
        ServiceSet::Ports { protocol, source, destination, flags } => fit(*protocol
            == flow.protocol
            && source.contains(flow.source_port)
            && destination.contains(flow.destination_port)
            && flags.matches(flow.tcp_flags)),
        ServiceSet::Icmp { protocol, types, codes } => fit(*protocol == flow.protocol
            && types.is_none_or(|(a, b)| (a..=b).contains(&flow.icmp_type))
            && codes.is_none_or(|(a, b)| (a..=b).contains(&flow.icmp_code))),
        ServiceSet::Union(ids) => {
            ids.iter().map(|id| serves(device, *id, flow)).max().unwrap_or(Fit::No)
        }
        ServiceSet::Both(a, b) => serves(device, *a, flow).min(serves(device, *b, flow)),
        ServiceSet::Except { .. } => unreachable!(),
        ServiceSet::Unknown { .. } => Fit::Maybe,
    }
}

pub(super) fn applies(
    device: &Device,
    matches: &Match,
    ingress: InterfaceId,
    egress: Option<InterfaceId>,
    flow: &Flow,
) -> Fit {
    let at = fit(matches.ingress.contains(ingress)
        && egress.is_none_or(|egress| matches.egress.contains(egress)));
    let states = fit(matches.states.as_ref().is_none_or(|states| states.contains(&flow.state)));
    let all = [
        at,
        states,
        holds(device, matches.source, flow.src),
        holds(device, matches.destination, flow.dst),
        serves(device, matches.service, flow),
        if matches.unknown.is_empty() { Fit::Yes } else { Fit::Maybe },
        if matches.schedule.is_none() { Fit::Yes } else { Fit::Maybe },
    ];
    all.into_iter().min().unwrap()
}

/// How a list may end: with an action and the label of its line, or without a decision (`None`).
pub(super) type End = Option<(String, Result<bool, RewriteId>)>;

pub(super) fn run(
    device: &Device,
    list: ListId,
    ingress: InterfaceId,
    egress: Option<InterfaceId>,
    flow: &Flow,
) -> BTreeSet<End> {
    let mut out = BTreeSet::new();
    for line in device.lists[list].lines.iter().filter(|line| line.enabled) {
        let fit = applies(device, &line.matches, ingress, egress, flow);
        if fit == Fit::No {
            continue;
        }
        let mut open = false;
        match line.action {
            Action::Permit => drop(out.insert(Some((line.label.clone(), Ok(true))))),
            Action::Deny => drop(out.insert(Some((line.label.clone(), Ok(false))))),
            Action::Rewrite(id) => drop(out.insert(Some((line.label.clone(), Err(id))))),
            Action::Undecided => {
                out.insert(Some((line.label.clone(), Ok(true))));
                out.insert(Some((line.label.clone(), Ok(false))));
            }
            Action::Return => drop(out.insert(None)),
            Action::Jump(next) => {
                let mut ends = run(device, next, ingress, egress, flow);
                open = ends.remove(&None);
                out.extend(ends);
            }
        }
        if fit == Fit::Yes && !open {
            return out;
        }
    }
    out.insert(None);
    out
}

/// What a filter does: the possible decisions with the label that makes each.
pub(super) fn filter(
    device: &Device,
    filter: &Filter,
    ingress: InterfaceId,
    egress: Option<InterfaceId>,
    flow: &Flow,
) -> BTreeSet<(bool, String)> {
    let fits = |b: &&Binding| {
        b.ingress.contains(ingress) && egress.is_none_or(|egress| b.egress.contains(egress))
    };
    let Some(binding) = filter.bindings.iter().find(fits) else {
        return BTreeSet::from([(filter.otherwise == Action::Permit, "otherwise".to_owned())]);
    };
    let mut out = BTreeSet::new();
    for list in &binding.lists {
        let mut ends = run(device, *list, ingress, egress, flow);
        let open = ends.remove(&None);
        out.extend(ends.into_iter().flatten().map(|(label, end)| (end == Ok(true), label)));
        if !open {
            return out;
        }
    }
    out.insert((binding.default == Action::Permit, binding.default_label.clone()));
    out
}

/// One reading to ask.
pub(super) struct Case {
    pub(super) sources: Sources,
    pub(super) reading: Reading,
}

impl Case {
    pub(super) fn new(text: &str) -> Case {
        let (sources, reading) = read_text(text);
        Case { sources, reading }
    }

    pub(super) fn device(&self) -> &Device {
        &self.reading.device
    }

    pub(super) fn id(&self, name: &str) -> InterfaceId {
        self.device().interface(name).unwrap_or_else(|| panic!("no interface {name}"))
    }

    pub(super) fn unknown(&self) -> Vec<&str> {
        let gaps =
            self.reading.coverage[0].gaps.iter().filter(|gap| gap.status == LineStatus::Unknown);
        gaps.map(|gap| self.sources.text(gap.span)).collect()
    }

    /// Decisions of all filters of one name along the pipeline of the global context: `must`, `may` and the labels.
    pub(super) fn ask(
        &self,
        name: &str,
        ingress: &str,
        egress: &str,
        flow: Flow,
    ) -> (bool, bool, Vec<String>) {
        let global = &self.device().contexts.iter().next().unwrap().1.pipeline;
        let (mut must, mut may, mut labels) = (true, true, Vec::new());
        for stage in global {
            let Stage::Filter(one) = stage else { continue };
            if !one.name.starts_with(name) {
                continue;
            }
            let ends = filter(self.device(), one, self.id(ingress), Some(self.id(egress)), &flow);
            must &= ends.iter().all(|(permit, _)| *permit);
            may &= ends.iter().any(|(permit, _)| *permit);
            labels.extend(ends.into_iter().map(|(_, label)| label));
        }
        (must, may, labels)
    }

    /// What the local filters of a context do.
    pub(super) fn local(&self, context: usize, ingress: &str, flow: Flow) -> (bool, bool) {
        let context = self.device().contexts.iter().nth(context).unwrap().1;
        let ends = context
            .local
            .iter()
            .map(|one| filter(self.device(), one, self.id(ingress), None, &flow));
        let ends: Vec<_> = ends.collect();
        (
            ends.iter().all(|e| e.iter().all(|(p, _)| *p)),
            ends.iter().all(|e| e.iter().any(|(p, _)| *p)),
        )
    }

    /// The rewrites that a translation stage may do.
    pub(super) fn translate(
        &self,
        name: &str,
        ingress: &str,
        egress: &str,
        flow: Flow,
    ) -> Vec<Option<&Rewrite>> {
        let global = &self.device().contexts.iter().next().unwrap().1.pipeline;
        for stage in global {
            let Stage::Translate(one) = stage else { continue };
            let binding = one.bindings.first().unwrap();
            if one.name != name {
                continue;
            }
            if !binding.ingress.contains(self.id(ingress))
                || !binding.egress.contains(self.id(egress))
            {
                return vec![None];
            }
            let ends = run(
                self.device(),
                binding.lists[0],
                self.id(ingress),
                Some(self.id(egress)),
                &flow,
            );
            return ends
                .into_iter()
                .map(|end| end.and_then(|(_, end)| end.err()).map(|id| &self.device().rewrites[id]))
                .collect();
        }
        vec![None]
    }
}

/// An opening packet.
pub(super) fn packet(protocol: u8, src: &str, dst: &str, port: u16) -> Flow {
    Flow {
        src: src.parse().unwrap(),
        dst: dst.parse().unwrap(),
        protocol,
        source_port: 40000,
        destination_port: port,
        tcp_flags: crate::net::TCP_SYN,
        icmp_type: 8,
        icmp_code: 0,
        state: crate::net::State::New,
    }
    .normalised()
}

pub(super) fn tcp(src: &str, dst: &str, port: u16) -> Flow {
    packet(6, src, dst, port)
}
