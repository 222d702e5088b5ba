//! References to access lists: looked up, bound with their implicit deny, turned into chains.

use super::Found;
use crate::formats::builder::{line, unknown};
use crate::formats::ios::reader::Reader;
use crate::formats::lines::Word;
use crate::model::{Action, Line, ListId, Remark};
use crate::net::Family;
use crate::text;

impl<'a> Reader<'a, '_> {
    /// The access list that `word` names.
    pub(in crate::formats::ios) fn acl(&mut self, family: Family, word: Word<'a>) -> Found {
        let Some(at) = self.acls.index.get(&(family, word.text)).copied() else {
            self.build.undefined("access-list", word.text, word.span);
            return Found::Undefined;
        };
        self.acls.used.insert(at);
        match self.acls.lists.get(at) {
            Some(list) if self.acls.filled.contains(&at) => Found::List(*list),
            _ => Found::Empty,
        }
    }

    /// Whether an access list of this family and name is defined.
    pub(in crate::formats::ios) fn acls_defined(&self, family: Family, name: &str) -> bool {
        self.acls.index.contains_key(&(family, name))
    }

    /// The list to append when the access list `name` is bound: it stops what its family's implicit deny stops.
    pub(in crate::formats::ios) fn implicit_deny(
        &mut self,
        family: Family,
        name: &str,
    ) -> Option<ListId> {
        let at = self.acls.index.get(&(family, name)).copied()?;
        if let Some(list) = self.acls.implicit.get(&at) {
            return Some(*list);
        }
        let span = self.acls.raw.get(at)?.span;
        let mut lines = Vec::new();
        if family == Family::V6 {
            // IOS lets neighbour discovery pass before the implicit deny of an IPv6 list.
            for (kind, word) in [(136, "nd-na"), (135, "nd-ns")] {
                let mut matches = self.build.everything(Some(family), span);
                matches.service = self.build.icmp(58, Some((kind, kind)), None, span);
                lines.push(line(
                    format!("{name} implicit permit {word}"),
                    matches,
                    Action::Permit,
                    span,
                ));
            }
        }
        let matches = self.build.everything(Some(family), span);
        lines.push(line(format!("{name} implicit deny"), matches, Action::Deny, span));
        let list = self.build.list(&format!("{name} implicit deny"), lines);
        self.acls.implicit.insert(at, list);
        Some(list)
    }

    /// A chain in which a permit of `list` becomes `permit` and a deny becomes `deny`; a line that is not understood may do
    /// either.
    pub(in crate::formats::ios) fn derive(
        &mut self,
        list: ListId,
        permit: Action,
        deny: Action,
    ) -> ListId {
        let mut lines = Vec::new();
        for old in &self.build.device.lists[list].lines {
            let mut put = |action| lines.push(Line { action, ..old.clone() });
            match old.action {
                Action::Permit => put(permit),
                Action::Deny => put(deny),
                _ => {
                    put(permit);
                    put(deny);
                }
            }
            if !matches!(old.action, Action::Permit | Action::Deny) {
                let reason = text!("解釈できない行です。", "a line that is not understood");
                for new in lines.iter_mut().rev().take(2) {
                    new.matches.unknown.push(unknown(reason.clone(), old.span));
                }
            }
        }
        let name = self.build.device.lists[list].name.clone();
        self.build.list(&name, lines)
    }

    /// The source ranges that `list` permits, when every line is a plain range and none denies.
    pub(in crate::formats::ios) fn permitted_sources(
        &self,
        list: ListId,
    ) -> Option<Vec<crate::net::AddressRange>> {
        let ranges = self.build.device.lists[list].lines.iter().map(|line| {
            match (&line.action, &self.build.device.addresses[line.matches.source].value) {
                (Action::Permit, crate::model::AddressSet::Range(range)) => Some(*range),
                _ => None,
            }
        });
        ranges.collect()
    }

    /// Whether the list was defined with source addresses only.
    pub(in crate::formats::ios) fn is_standard(&self, list: ListId) -> bool {
        let at = self.acls.lists.iter().position(|id| *id == list);
        at.and_then(|at| self.acls.raw.get(at)).is_some_and(|raw| raw.standard)
    }

    /// Remarks lists that nothing refers to.
    pub(in crate::formats::ios) fn remark_unbound(&mut self) {
        for (at, raw) in self.acls.raw.iter().enumerate() {
            if self.acls.used.contains(&at) || self.config.mentions.contains(raw.name) {
                continue;
            }
            if let Some(list) = self.acls.lists.get(at) {
                self.build.device.remarks.push(Remark::Unbound { list: *list });
            }
        }
    }
}
