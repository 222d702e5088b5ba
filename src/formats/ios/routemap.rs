//! Route maps, as far as they steer packets (`ip policy route-map`) or select them for translation.

use super::commands::Bin;
use super::reader::Reader;
use crate::formats::acl::Found;
use crate::formats::builder::unknown;
use crate::formats::lines::{ConfigLine, Word};
use crate::model::{Action, ContextId, Interfaces, Match, NextHop, PolicyRoute};
use crate::net::Family;
use crate::source::Span;
use crate::text;
use std::net::IpAddr;

/// One `route-map NAME permit|deny N` block.
#[derive(Clone, Debug)]
pub(super) struct Clause<'a> {
    pub(super) permit: bool,
    pub(super) number: u32,
    /// `match ip address …` and `match ipv6 address …`.
    pub(super) lists: Vec<(Family, Vec<Word<'a>>)>,
    /// `match interface …`, by name.
    pub(super) egress: Vec<Word<'a>>,
    /// Other conditions.
    pub(super) others: Vec<Span>,
    /// The `set` lines that say where packets go.
    pub(super) sets: Vec<ConfigLine<'a>>,
    pub(super) span: Span,
}

impl<'a> Reader<'a, '_> {
    /// Reads every route map.
    pub(super) fn read_route_maps(&mut self) {
        for block in self.config.take(Bin::RouteMap) {
            let head = &block.head;
            self.ledger.used(head.span);
            let number = head.words.iter().find_map(|word| word.text.parse().ok()).unwrap_or(10);
            let mut clause = Clause {
                permit: head.word(2) != "deny",
                number,
                lists: Vec::new(),
                egress: Vec::new(),
                others: Vec::new(),
                sets: Vec::new(),
                span: block.span(),
            };
            for line in block.body {
                self.clause_line(&mut clause, line);
            }
            let clauses = self.route_maps.entry(block.head.word(1)).or_default();
            let at = clauses.partition_point(|other| other.number <= clause.number);
            clauses.insert(at, clause);
        }
    }

    fn clause_line(&mut self, clause: &mut Clause<'a>, line: ConfigLine<'a>) {
        self.ledger.used(line.span);
        let family = if line.word(1) == "ipv6" { Family::V6 } else { Family::V4 };
        match (line.word(0), line.word(1), line.word(2)) {
            ("match", "ip" | "ipv6", "address") if !matches!(line.word(3), "prefix-list") => {
                clause.lists.push((family, line.words.get(3..).unwrap_or(&[]).to_vec()));
            }
            ("match", "interface", _) => clause.egress.extend(line.words.iter().skip(2)),
            ("match", _, _) => clause.others.push(line.span),
            ("set", "interface" | "vrf" | "global", _) => clause.sets.push(line),
            ("set", "ip" | "ipv6", "next-hop" | "default" | "vrf" | "global") => {
                clause.sets.push(line)
            }
            ("set", "default", "interface") => clause.sets.push(line),
            _ => {}
        }
    }

    /// The policy routes of `ip policy route-map` on interfaces.
    pub(super) fn policy_routes(&mut self) {
        for at in 0..self.interfaces.len() {
            let Some(iface) = self.interfaces.get(at) else { continue };
            let Some(id) = iface.id else { continue };
            for (family, name, span) in iface.policies.clone() {
                let Some(clauses) = self.route_maps.get(name.text).cloned() else {
                    let word = name.text.to_owned();
                    self.build.device.remarks.push(crate::model::Remark::Undefined {
                        kind: "route-map",
                        name: word,
                        span: name.span,
                    });
                    continue;
                };
                let context = self.build.device.interfaces[id].context;
                for clause in
                    clauses.iter().filter(|clause| clause.permit && !clause.sets.is_empty())
                {
                    let matches = self.clause_matches(clause, family, id);
                    self.steer(context, clause, matches, span);
                }
            }
        }
    }

    /// One match for each line that the clause's lists permit: lines that deny are not taken away, since a policy route is a
    /// branch that may be taken or not.
    fn clause_matches(
        &mut self,
        clause: &Clause<'a>,
        family: Family,
        id: crate::model::InterfaceId,
    ) -> Vec<Match> {
        let mut found = Vec::new();
        for (_, names) in clause.lists.iter().filter(|(of, _)| *of == family) {
            for name in names {
                if let Found::List(list) = self.acl(family, *name) {
                    let lines = self.build.device.lists[list].lines.iter();
                    found.extend(
                        lines
                            .filter(|line| line.action != Action::Deny)
                            .map(|line| line.matches.clone()),
                    );
                } else {
                    let mut all = self.build.everything(Some(family), name.span);
                    let reason = text!(
                        "未定義または空のアクセスリストです。",
                        "the access list is undefined or empty"
                    );
                    all.unknown.push(unknown(reason, name.span));
                    found.push(all);
                }
            }
        }
        if clause.lists.is_empty() {
            found.push(self.build.everything(Some(family), clause.span));
        }
        for matches in &mut found {
            matches.ingress = Interfaces::Of(vec![id]);
            for other in &clause.others {
                let reason = text!(
                    "route-map のこの条件は評価しません。",
                    "this route-map condition is not evaluated"
                );
                matches.unknown.push(unknown(reason, *other));
            }
        }
        found
    }

    fn steer(&mut self, context: ContextId, clause: &Clause<'a>, matches: Vec<Match>, span: Span) {
        let mut hops = Vec::new();
        for set in &clause.sets {
            self.set_hops(set, &mut hops);
        }
        let span = clause.sets.first().map_or(span, |set| set.span);
        for hop in hops {
            for matches in &matches {
                let route = PolicyRoute { matches: matches.clone(), next_hop: hop, span };
                self.build.device.contexts[context].policy_routes.push(route);
            }
        }
    }

    fn set_hops(&mut self, set: &ConfigLine<'a>, out: &mut Vec<Option<NextHop>>) {
        let named = |at: usize| set.words.get(at).copied();
        match (set.word(1), set.word(2)) {
            ("vrf", _) => out.extend(
                named(2).map(|name| Some(NextHop::Context(self.vrf(name.text, name.span)))),
            ),
            ("ip" | "ipv6", "vrf") => {
                let context = named(3).map(|name| self.vrf(name.text, name.span));
                out.push(context.map(NextHop::Context));
            }
            ("global", _) | (_, "global") => out.push(Some(NextHop::Context(self.global()))),
            ("interface", _) | ("default", "interface") => {
                let words = set.words.iter().skip(2).filter(|word| word.text != "interface");
                for word in words {
                    if super::interface::canonical(word.text) == "null0" {
                        out.push(Some(NextHop::Discard));
                    } else {
                        let id = self.find_interface(word.text).and_then(|iface| iface.id);
                        out.push(id.map(NextHop::Interface));
                    }
                }
            }
            _ => {
                let before = out.len();
                let addresses =
                    set.words.iter().filter_map(|word| word.text.parse::<IpAddr>().ok());
                out.extend(
                    addresses.map(|address| Some(NextHop::Gateway { address, interface: None })),
                );
                if out.len() == before {
                    out.push(None);
                }
            }
        }
    }
}
