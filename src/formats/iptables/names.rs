//! Interfaces: those that the host lists or the topology declares, those that rules name, and stand-ins for the rest.

use super::rule::{Rule, Test};
use super::tables::Tables;
use crate::formats::builder::Builder;
use crate::formats::iproute::Known;
use crate::model::{InterfaceId, InterfaceKind, Interfaces};
use crate::source::Span;
use std::collections::BTreeMap;

/// So many interfaces are made of names in rules; conditions on further ones are uncertain.
const LIMIT: usize = 512;

/// Every interface by name.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: BTreeMap<String, InterfaceId>,
}

impl Names {
    /// Completes the interfaces of the device. Unless the host listed them or the topology declares some, `other` stands for
    /// those that no rule names, and a pattern such as `tun+` for those that it alone covers.
    pub(super) fn complete(
        builder: &mut Builder,
        tables: &Tables,
        known: &Known,
        declared: &[String],
        origin: Span,
    ) -> Names {
        let mut names = Names::default();
        for (id, interface) in builder.device.interfaces.iter() {
            names.all.insert(interface.name.clone(), id);
        }
        for name in declared {
            names.add(builder, name, origin);
        }
        let closed = known.interfaces || !declared.is_empty();
        let before = names.all.len();
        let mut named = 0;
        let chains = tables.list.iter().flat_map(|table| &table.chains);
        for (name, span) in chains.flat_map(|chain| &chain.rules).flat_map(interfaces_of) {
            let pattern = name.ends_with('+');
            if name.is_empty() || name == "+" || closed && pattern || named >= LIMIT {
                continue;
            }
            named += usize::from(names.add(builder, name, span));
        }
        if !closed {
            names.add(builder, "other", origin);
            if names.all.len() == before + 1 {
                names.add(builder, "other-2", origin);
            }
        }
        names
    }

    fn add(&mut self, builder: &mut Builder, name: &str, span: Span) -> bool {
        if self.all.contains_key(name) {
            return false;
        }
        let id = builder.interface(name, span);
        if name == "lo" {
            builder.device.interfaces[id].kind = InterfaceKind::Loopback;
        }
        self.all.insert(name.to_owned(), id);
        true
    }

    /// The interfaces that a name or pattern covers; `None` when the name is not among them.
    pub(super) fn select(&self, pattern: &str, negated: bool) -> Option<Interfaces> {
        let fits = |name: &str| match pattern.strip_suffix('+') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        };
        if !pattern.ends_with('+') && !self.all.contains_key(pattern) {
            return None;
        }
        let chosen = self.all.iter().filter(|(name, _)| fits(name) != negated);
        let ids: Vec<InterfaceId> = chosen.map(|(_, id)| *id).collect();
        Some(if ids.len() == self.all.len() { Interfaces::Any } else { Interfaces::Of(ids) })
    }
}

/// The interfaces that both conditions allow.
pub(super) fn both(a: &Interfaces, b: Interfaces) -> Interfaces {
    match (a, b) {
        (Interfaces::Any, other) => other,
        (known, Interfaces::Any) => known.clone(),
        (Interfaces::Of(a), Interfaces::Of(b)) => {
            Interfaces::Of(a.iter().filter(|id| b.contains(id)).copied().collect())
        }
    }
}

fn interfaces_of(rule: &Rule) -> impl Iterator<Item = (&str, Span)> {
    rule.conditions.iter().filter_map(|condition| match &condition.test {
        Test::Ingress(name) | Test::Egress(name) => Some((name.as_str(), condition.span)),
        _ => None,
    })
}
