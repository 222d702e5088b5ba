//! Interfaces by name: those that the topology or `ip addr` lists, those that rules name, and stand-ins for the others.

use super::condition::Cond;
use super::{Hook, Lower, Place};
use crate::formats::iproute::Known;
use crate::formats::nftables::tree::Op;
use crate::formats::nftables::tree::{Expr, Ruleset, Statement};
use crate::model::{InterfaceId, InterfaceKind, Interfaces};
use rustc_hash::FxHashSet;

impl Lower<'_> {
    /// Makes the interfaces. `declared`: names that somebody lists; without them others may exist, and one interface stands for
    /// those that no rule names, and one for those that only a wildcard covers.
    pub(in super::super) fn interfaces(&mut self, declared: &[String], known: &Known) {
        self.own.clone_from(&known.own);
        for (id, interface) in self.builder.device.interfaces.iter() {
            self.interfaces.push((interface.name.clone(), id));
        }
        let closed = known.interfaces || !declared.is_empty();
        let mut names: Vec<String> = declared.to_vec();
        let mut wild = Vec::new();
        for name in named(self.ruleset) {
            let starred = name.ends_with('*') && !name.ends_with("\\*");
            let name = name.replace("\\*", "*");
            if starred {
                wild.push(name);
            } else if name != "lo" {
                names.push(name);
            }
        }
        if !closed {
            names.extend(wild);
            names.push("other".to_owned());
            if names.len() == 1 && self.interfaces.is_empty() {
                names.push("other-2".to_owned());
            }
        }
        let mut seen: FxHashSet<String> =
            self.interfaces.iter().map(|(name, _)| name.clone()).collect();
        for name in names {
            if seen.insert(name.clone()) {
                let id = self.builder.interface(&name, self.origin);
                if name == "lo" {
                    self.builder.device.interfaces[id].kind = InterfaceKind::Loopback;
                }
                self.interfaces.push((name, id));
            }
        }
    }

    /// The interfaces that a name or wildcard covers; `None` when it is neither.
    fn covered(&self, value: &Expr) -> Option<Vec<InterfaceId>> {
        let word = value.as_word()?;
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let ids = |fits: &dyn Fn(&str) -> bool| {
            self.interfaces.iter().filter(|(name, _)| fits(name)).map(|(_, id)| *id).collect()
        };
        match word.strip_suffix('*') {
            Some(stem) if !stem.ends_with('\\') => Some(ids(&|name| name.starts_with(stem))),
            _ => {
                let word = word.replace("\\*", "*");
                Some(ids(&|name| name == word))
            }
        }
    }

    /// `iifname`, `oifname`, `iif`, `oif`.
    pub(super) fn by_interface(
        &mut self,
        cond: &mut Cond,
        key: &str,
        op: Op,
        right: &Expr,
        place: Place<'_>,
    ) {
        let incoming = key.starts_with('i');
        let (mut ids, values) = (Vec::new(), self.values(right, place));
        let mut open = values.open.is_some() || !matches!(op, Op::Implicit | Op::Eq | Op::Ne);
        for item in &values.items {
            match self.covered(item) {
                Some(found) => ids.extend(found),
                None => open = true,
            }
        }
        let not = op == Op::Ne;
        let hook = place.site.hook;
        let available = !matches!(
            (incoming, hook),
            (true, Hook::Egress) | (false, Hook::Ingress | Hook::Prerouting | Hook::Input)
        );
        if !available {
            // No interface is known there: its name is empty.
            cond.never |= !not && !open && !values.rest;
            return self.doubt(cond, key, place);
        }
        if incoming && hook == Hook::Postrouting {
            // Kernels before 5.7 do not know it there.
            self.doubt(cond, "iifname (postrouting)", place);
        }
        if open || values.rest {
            return self.doubt(cond, key, place);
        }
        if not {
            let all = self.interfaces.iter().map(|(_, id)| *id);
            ids = all.filter(|id| !ids.contains(id)).collect();
        }
        let interfaces = Interfaces::Of(ids);
        if incoming { cond.ingress(&interfaces) } else { cond.egress(&interfaces) }
    }

    /// The interfaces of these names.
    pub(super) fn named_interfaces(&self, names: &[String]) -> Vec<InterfaceId> {
        let own = self.interfaces.iter().filter(|(name, _)| names.contains(name));
        own.map(|(_, id)| *id).collect()
    }
}

/// The names and wildcards that rules, sets and base chains hold.
fn named(ruleset: &Ruleset) -> Vec<String> {
    let mut out = Vec::new();
    for table in &ruleset.tables {
        let elements = |name: &str| {
            let set = table.find_set(name).and_then(|at| table.sets.get(at));
            set.map_or(&[][..], |set| set.elements.as_slice())
        };
        for chain in &table.chains {
            out.extend(chain.base.iter().flat_map(|base| base.devices.iter().cloned()));
            for statement in chain.rules.iter().flat_map(|rule| &rule.statements) {
                let (key, data) = match statement {
                    Statement::Match { left, right, .. } => (left, right),
                    Statement::Vmap { key, data } => (key, data),
                    _ => continue,
                };
                let data = match data {
                    Expr::Named(name) => elements(name),
                    one => std::slice::from_ref(one),
                };
                for value in data {
                    collect(key, value, &mut out);
                }
            }
        }
    }
    out
}

/// The names that `value` gives for the interface selectors in `key`.
fn collect(key: &Expr, value: &Expr, out: &mut Vec<String>) {
    let mut open = vec![(key, value)];
    while let Some((key, value)) = open.pop() {
        match (key, value) {
            (_, Expr::Set(items) | Expr::List(items)) => {
                open.extend(items.iter().rev().map(|item| (key, item)));
            }
            (_, Expr::Pair(value, _) | Expr::Timed(value)) => open.push((key, value)),
            (Expr::Concat(keys), Expr::Concat(values)) => {
                open.extend(keys.iter().zip(values).rev());
            }
            (Expr::Meta(name), Expr::Word(word)) => {
                let ours = ["iif", "iifname", "oif", "oifname"].contains(&name.as_str());
                if ours && !word.bytes().all(|byte| byte.is_ascii_digit()) {
                    out.push(word.clone());
                }
            }
            _ => {}
        }
    }
}
