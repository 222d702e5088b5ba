//! Rules that lists and route maps select for: pools, interfaces, rotaries.

use super::Rules;
use super::forms::options;
use crate::formats::acl::Found;
use crate::formats::builder::{line, unknown};
use crate::formats::ios::reader::Reader;
use crate::formats::ios::routemap::Clause;
use crate::formats::lines::{ConfigLine, Word};
use crate::model::{
    Action, AddressMap, ContextId, InterfaceId, Interfaces, Line, PortMap, Rewrite,
};
use crate::net::{AddressRange, Family, PortRange};
use crate::source::Span;
use crate::text;

impl<'a> Reader<'a, '_> {
    /// `{list A|route-map R} {pool P|interface I} [vrf V] [overload]`.
    pub(super) fn inside_dynamic(
        &mut self,
        head: &ConfigLine<'a>,
        at: usize,
        rules: &mut Rules<'a>,
    ) -> Option<()> {
        let options = options(head, at + 4);
        let context = options.vrf.map_or(self.global(), |vrf| self.vrf(vrf.text, vrf.span));
        let source = match head.word(at + 2) {
            "pool" => match rules.pools.get(head.word(at + 3)) {
                Some(ranges) if !ranges.is_empty() => AddressMap::Pool(ranges.clone()),
                _ => AddressMap::Unknown,
            },
            "interface" => match self.interface_addresses(head.word(at + 3)) {
                ranges if ranges.is_empty() => AddressMap::EgressInterface,
                ranges => AddressMap::Pool(ranges),
            },
            _ => return None,
        };
        let rewrite = self.build.device.rewrites.push(Rewrite {
            label: head.text.to_owned(),
            source: Some(source.clone()),
            source_port: options.overload.then_some(PortMap::Within(PortRange::ALL)),
            span: Some(head.span),
            ..Rewrite::default()
        });
        let ingress = Interfaces::Of(self.members(&rules.inside, context));
        let lines = self.selected(head, at, &ingress, Action::Rewrite(rewrite))?;
        if let (false, AddressMap::Pool(ranges)) = (options.overload, &source) {
            self.back_through(head, at, ranges.clone(), context, rules);
        }
        rules.source.extend(lines);
        Some(())
    }

    /// Without `overload` a translation in use also lets the outside open connections to that inside host.
    pub(super) fn back_through(
        &mut self,
        head: &ConfigLine<'a>,
        at: usize,
        ranges: Vec<AddressRange>,
        context: ContextId,
        rules: &mut Rules<'a>,
    ) {
        let list = head.words.get(at + 1).filter(|_| head.word(at) == "list");
        let found = list.map(|word| self.acl(Family::V4, *word));
        let inside = match found {
            Some(Found::List(list)) => self.permitted_sources(list),
            _ => None,
        };
        let reason = text!(
            "プールのアドレスへの外からの通信は、変換が使われている間だけ内側へ届き得ます。",
            "packets to the pool reach the inside only while a translation is in use"
        );
        let mut matches = self.build.everything(Some(Family::V4), head.span);
        matches.destination = self.addresses_of(&Some(ranges), head.span);
        matches.unknown.push(unknown(reason, head.span));
        let rewrite = self.build.device.rewrites.push(Rewrite {
            label: head.text.to_owned(),
            destination: Some(inside.map_or(AddressMap::Unknown, AddressMap::Pool)),
            span: Some(head.span),
            ..Rewrite::default()
        });
        rules.destination.push(line(
            head.text.to_owned(),
            matches,
            Action::Rewrite(rewrite),
            head.span,
        ));
        self.route_in_vrf(context, rewrite, head.span);
    }

    /// Lines that do `action` for what a list or route map selects.
    pub(super) fn selected(
        &mut self,
        head: &ConfigLine<'a>,
        at: usize,
        ingress: &Interfaces,
        action: Action,
    ) -> Option<Vec<Line>> {
        let name = head.words.get(at + 1).copied()?;
        let mut lines = Vec::new();
        match head.word(at) {
            "list" => lines.push(self.select_list(head, name, action)),
            "route-map" => match self.route_maps.get(name.text).cloned() {
                Some(clauses) => {
                    for clause in clauses {
                        lines.extend(self.select_clause(head, &clause, action));
                    }
                }
                None => {
                    let word = name.text.to_owned();
                    self.build.device.remarks.push(crate::model::Remark::Undefined {
                        kind: "route-map",
                        name: word,
                        span: name.span,
                    });
                    lines.push(self.uncertain(head, name.span, action));
                }
            },
            _ => return None,
        }
        for new in &mut lines {
            new.matches.ingress = ingress.clone();
        }
        Some(lines)
    }

    pub(super) fn select_list(
        &mut self,
        head: &ConfigLine<'a>,
        name: Word<'a>,
        action: Action,
    ) -> Line {
        match self.acl(Family::V4, name) {
            Found::List(list) => {
                let chain = self.derive(list, action, Action::Return);
                let matches = self.build.everything(Some(Family::V4), head.span);
                line(head.text.to_owned(), matches, Action::Jump(chain), head.span)
            }
            _ => self.uncertain(head, name.span, action),
        }
    }

    /// An undefined or empty list: whether anything is translated is not known.
    pub(super) fn uncertain(&mut self, head: &ConfigLine<'a>, span: Span, action: Action) -> Line {
        let reason = text!(
            "参照先のリストが未定義または空のため、変換の有無を特定できません。",
            "the list it names is undefined or empty; whether it translates is not known"
        );
        self.ledger.unsupported(span, reason.clone());
        let mut matches = self.build.everything(Some(Family::V4), head.span);
        matches.unknown.push(unknown(reason, span));
        line(head.text.to_owned(), matches, action, head.span)
    }

    pub(super) fn select_clause(
        &mut self,
        head: &ConfigLine<'a>,
        clause: &Clause<'a>,
        action: Action,
    ) -> Vec<Line> {
        let action = if clause.permit { action } else { Action::Permit };
        let names: Vec<Word<'a>> =
            clause.lists.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let mut lines: Vec<Line> =
            names.iter().map(|name| self.select_list(head, *name, action)).collect();
        if names.is_empty() {
            let matches = self.build.everything(Some(Family::V4), head.span);
            lines.push(line(head.text.to_owned(), matches, action, head.span));
        }
        let ids: Vec<InterfaceId> =
            clause.egress.iter().filter_map(|word| self.find_interface(word.text)?.id).collect();
        for new in &mut lines {
            if !clause.egress.is_empty() {
                new.matches.egress = Interfaces::Of(ids.clone());
            }
            for other in &clause.others {
                let reason = text!(
                    "route-map のこの条件は評価しません。",
                    "this route-map condition is not evaluated"
                );
                new.matches.unknown.push(unknown(reason, *other));
            }
        }
        lines
    }

    pub(super) fn outside_dynamic(
        &mut self,
        head: &ConfigLine<'a>,
        rules: &mut Rules<'a>,
    ) -> Option<()> {
        if head.word(6) != "pool" {
            return None;
        }
        let ranges = rules.pools.get(head.word(7)).filter(|ranges| !ranges.is_empty()).cloned();
        let rewrite = self.build.device.rewrites.push(Rewrite {
            label: head.text.to_owned(),
            source: Some(ranges.clone().map_or(AddressMap::Unknown, AddressMap::Pool)),
            span: Some(head.span),
            ..Rewrite::default()
        });
        let lines = self.selected(head, 4, &Interfaces::Any, Action::Rewrite(rewrite))?;
        rules.outside_source.extend(lines);
        let options = options(head, 8);
        if options.add_route {
            let vrf = options.vrf;
            let context = vrf.map_or(self.global(), |vrf| self.vrf(vrf.text, vrf.span));
            self.may_lead_anywhere(context, ranges.clone(), head.span);
        }
        self.back_outside(head, ranges, rules);
        Some(())
    }

    /// A translation of an outside source that is in use also leads packets to its inside name to that outside host.
    fn back_outside(
        &mut self,
        head: &ConfigLine<'a>,
        ranges: Option<Vec<AddressRange>>,
        rules: &mut Rules<'a>,
    ) {
        let list = head.words.get(5).filter(|_| head.word(4) == "list");
        let outside = match list.map(|word| self.acl(Family::V4, *word)) {
            Some(Found::List(list)) => self.permitted_sources(list),
            _ => None,
        };
        let reason = text!(
            "プールのアドレスへの内からの通信は、変換が使われている間だけ外側の端末へ届き得ます。",
            "packets to the pool reach the outside host only while a translation is in use"
        );
        let mut matches = self.build.everything(Some(Family::V4), head.span);
        if ranges.is_some() {
            matches.destination = self.addresses_of(&ranges, head.span);
        }
        matches.unknown.push(unknown(reason, head.span));
        let rewrite = self.build.device.rewrites.push(Rewrite {
            label: head.text.to_owned(),
            destination: Some(outside.map_or(AddressMap::Unknown, AddressMap::Pool)),
            span: Some(head.span),
            ..Rewrite::default()
        });
        let back = line(head.text.to_owned(), matches, Action::Rewrite(rewrite), head.span);
        rules.outside_destination.push(back);
    }

    /// `ip nat inside destination list A pool P`: the list names the virtual addresses, the pool the servers.
    pub(super) fn rotary(&mut self, head: &ConfigLine<'a>, rules: &mut Rules<'a>) -> Option<()> {
        if head.word(4) != "list" || head.word(6) != "pool" {
            return None;
        }
        let ranges = rules.pools.get(head.word(7)).filter(|ranges| !ranges.is_empty()).cloned();
        let rewrite = self.build.device.rewrites.push(Rewrite {
            label: head.text.to_owned(),
            destination: Some(ranges.map_or(AddressMap::Unknown, AddressMap::Pool)),
            span: Some(head.span),
            ..Rewrite::default()
        });
        let name = head.words.get(5).copied()?;
        let new = match self.acl(Family::V4, name) {
            Found::List(list) => {
                let chain = self.derive(list, Action::Rewrite(rewrite), Action::Return);
                if self.is_standard(list) {
                    for entry in &mut self.build.device.lists[chain].lines {
                        std::mem::swap(&mut entry.matches.source, &mut entry.matches.destination);
                    }
                }
                let matches = self.build.everything(Some(Family::V4), head.span);
                line(head.text.to_owned(), matches, Action::Jump(chain), head.span)
            }
            _ => self.uncertain(head, name.span, Action::Rewrite(rewrite)),
        };
        rules.destination.push(new);
        Some(())
    }
}
