//! Which rules forbid what somebody wishes for, whether or not it can travel.

use super::parties::{End, Resolved, ResolvedRule};
use super::sets;
use crate::compile::{Header, fields};
use crate::policy::Service;
use crate::reach::Network;

/// The rules that forbid some packet from `from` to `to` by one of the services (every one, when there is none), as numbers of
/// [`Resolved::rules`].
#[must_use]
pub fn forbidding<K: Header>(
    network: &Network<'_, K>,
    resolved: &Resolved<'_>,
    (from, to): (&End, &End),
    services: &[Service],
) -> Vec<usize> {
    let rules = resolved.rules.iter().enumerate();
    let forbids = rules.filter(|(_, rule)| rule.rule.verb.forbids());
    let speaks = forbids.filter(|(_, rule)| forbids_some(network, rule, (from, to), services));
    speaks.map(|(at, _)| at).collect()
}

fn forbids_some<K: Header>(
    network: &Network<'_, K>,
    rule: &ResolvedRule<'_>,
    (from, to): (&End, &End),
    services: &[Service],
) -> bool {
    let mut arena = network.arena();
    let wished = sets::service_set(&mut arena, services);
    let destination = arena.field_in(fields::DST, &sets::addresses(network, to));
    let wished = arena.guard(wished, destination);
    let own = sets::addresses(network, from);
    let sources = sets::sources(rule);
    sources.iter().filter(|source| source.end.place == from.place).any(|source| {
        let targets = sets::targets(source.end, source.direction);
        let there: Vec<&End> = targets.into_iter().filter(|end| end.place == to.place).collect();
        sets::cells(network, source.end, &rule.without).iter().any(|cell| {
            cell.source.meets(&own)
                && there.iter().any(|end| {
                    let set = sets::forbidden(&mut arena, network, rule, cell, end);
                    !arena.guard(set, wished).is_none()
                })
        })
    })
}
