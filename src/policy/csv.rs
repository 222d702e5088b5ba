//! 通信要件表 as policy: the flows that it lists may exist, and nothing else may between the zones.
//!
//! A deny rule for each ordered pair of zones, with the listed flows as exceptions. What a cell leaves open is an error:
//! the table is the user's own word.

use super::{Except, Party, Policy, PolicyRule, Service, Verb, Who};
use crate::net::PortRange;
use crate::sheet::service::ServiceWord;
use crate::sheet::{self, Kind, Names, Rule, Sheet, words};
use crate::source::{File, FileId, Problem, Span};
use crate::text;
use std::collections::BTreeMap;

/// A zone of the network: identifier and name.
pub type ZoneName = (String, String);

/// Reads a table of permitted flows (and of forbidden ones, when it has a column for that). `lists` are lists of objects
/// and services that it may refer to.
///
/// # Errors
/// Every [`Problem`]: no header, a cell that may mean several things, a zone that is not known.
pub fn read_csv(
    file: FileId,
    source: &File,
    lists: &[(FileId, &File)],
    zones: &[ZoneName],
) -> Result<Policy, Vec<Problem>> {
    let start = Span { file, start: 0, end: 0 };
    let wanted = |sheet: &Sheet| matches!(sheet.header.kind, Kind::Rules | Kind::Flows);
    let Some(sheet) = sheet::open(file, source).filter(wanted) else {
        let message = text!(
            "通信要件表として読めません（見出しの行が見つかりません）。",
            "this is no table of flows: no row names its columns"
        );
        let help = text!(
            "送信元・宛先・サービス（またはプロトコルとポート）の列の見出しを書いてください。",
            "write a header with source, destination and service (or protocol and port)"
        );
        return Err(vec![Problem::new(start, message).help(help)]);
    };
    let mut names = Names::default();
    let mut ids = BTreeMap::new();
    for (id, label) in zones {
        for name in [id, label] {
            names.zone(name);
            ids.insert(words::key(name), id.clone());
        }
    }
    for (id, file) in lists {
        if let Some(list) = sheet::open(*id, file) {
            names.define(&list);
        }
    }
    let rows = sheet::rule::read(&sheet, &mut names);
    let mut reader = Reader { ids, zones, problems: Vec::new() };
    for span in &rows.unread {
        let message = text!(
            "この行は通信とも注記とも読み取れません。",
            "this row is neither a flow nor a note that can be read"
        );
        reader.problems.push(Problem::new(*span, message));
    }
    if let Some((true, span)) = rows.default {
        let message = text!(
            "記載のない通信を許可する要件表は、方針にできません。",
            "a table that permits what it does not list cannot be a policy"
        );
        reader.problems.push(Problem::new(span, message));
    }
    let policy = reader.policy(&rows.rules, start);
    if reader.problems.is_empty() { Ok(policy) } else { Err(reader.problems) }
}

struct Reader<'a> {
    /// Zone identifiers by the key of identifier and name.
    ids: BTreeMap<String, String>,
    zones: &'a [ZoneName],
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn policy(&mut self, rows: &[Rule], start: Span) -> Policy {
        let mut permitted: Vec<Except> = Vec::new();
        let mut policy = Policy::default();
        for row in rows.iter().filter(|row| row.enabled) {
            self.doubts(row);
            let flows = self.flows(row);
            match row.permit {
                Some(true) => permitted.extend(flows),
                // What is forbidden goes beyond the rows above it only, as in a list that is read from the top.
                Some(false) => {
                    for (number, flow) in flows.into_iter().enumerate() {
                        let id = format!("{}#{}-{number}", row.label, policy.rules.len() + 1);
                        policy.rules.push(rule(id, flow, permitted.clone()));
                    }
                }
                None => {}
            }
        }
        for (from, _) in self.zones {
            for (to, _) in self.zones.iter().filter(|(to, _)| to != from) {
                let zone =
                    |name: &String| vec![Party { who: Who::Zone(name.clone()), span: start }];
                let flow =
                    Except { from: zone(from), to: zone(to), services: Vec::new(), span: start };
                let near =
                    |except: &&Except| touches(&except.from, from) && touches(&except.to, to);
                let except = permitted.iter().filter(near).cloned().collect();
                policy.rules.push(rule(format!("{from}→{to}"), flow, except));
            }
        }
        policy
    }

    fn doubts(&mut self, row: &Rule) {
        for doubt in &row.doubts {
            self.problems.push(Problem::new(doubt.span, doubt.message.clone()));
        }
        for convention in &row.conventions {
            let help = text!(
                "ポートを書くか、サービス名とポートの一覧を加えてください。",
                "write the ports, or add a list of services and ports"
            );
            self.problems
                .push(Problem::new(convention.span, convention.message.clone()).help(help));
        }
        if row.scheduled {
            let message = text!(
                "期間のある通信は方針にできません。",
                "a flow with a period cannot be a policy"
            );
            let help = text!(
                "期間の列を空欄にするか、policy.yaml の waivers（例外措置）に書いてください。",
                "leave the period blank, or write it under `waivers` in policy.yaml"
            );
            self.problems.push(Problem::new(row.span, message).help(help));
        }
        if row.services.iter().any(|word| word.source != PortRange::ALL) {
            let message = text!(
                "送信元ポートは方針に使えません。",
                "source ports cannot be part of a policy"
            );
            let help =
                text!("送信元ポートの列を空欄にしてください。", "leave the source port blank");
            self.problems.push(Problem::new(row.span, message).help(help));
        }
    }

    fn flows(&mut self, row: &Rule) -> Vec<Except> {
        let services = services(&row.services);
        let mut out = Vec::new();
        for flow in &row.flows {
            let (from, to) = (self.parties(&flow.from, row), self.parties(&flow.to, row));
            out.push(Except { from, to, services: services.clone(), span: row.span });
        }
        out
    }

    fn parties(&mut self, party: &sheet::Party, row: &Rule) -> Vec<Party> {
        let span = row.span;
        for name in &party.domains {
            let message = text!(
                "ドメイン名「{name}」は方針に使えません。",
                "the domain name `{name}` cannot be part of a policy"
            );
            let help = text!("IPアドレスかゾーンを書いてください。", "write an address or a zone");
            self.problems.push(Problem::new(span, message).help(help));
        }
        if let Some(ranges) = &party.addresses {
            let prefixes = ranges.iter().flat_map(|range| range.prefixes());
            return prefixes.map(|prefix| Party { who: Who::Network(prefix), span }).collect();
        }
        let Some(zones) = &party.zones else { return vec![Party { who: Who::Everyone, span }] };
        let mut out = Vec::new();
        for zone in zones {
            match self.ids.get(&words::key(zone)) {
                Some(id) => out.push(Party { who: Who::Zone(id.clone()), span }),
                None => {
                    let known =
                        self.zones.iter().flat_map(|(id, label)| [id.as_str(), label.as_str()]);
                    let message =
                        text!("「{zone}」というゾーンはありません。", "there is no zone `{zone}`");
                    self.problems.push(Problem::new(span, message).suggest(zone, known));
                }
            }
        }
        out
    }
}

fn rule(id: String, flow: Except, except: Vec<Except>) -> PolicyRule {
    PolicyRule { except, ..PolicyRule::new(id, Verb::Deny { both_ways: false }, flow) }
}

/// Whether an exception can concern a zone; networks may lie anywhere.
fn touches(parties: &[Party], zone: &str) -> bool {
    parties.iter().any(|party| match &party.who {
        Who::Zone(name) => name == zone,
        _ => true,
    })
}

/// The services of an exception; an empty list means every one.
fn services(words: &[ServiceWord]) -> Vec<Service> {
    if words.contains(&ServiceWord::ANY) {
        return Vec::new();
    }
    words
        .iter()
        .map(|word| Service {
            protocol: word.protocol,
            ports: word
                .icmp_type
                .map_or(word.destination, |kind| PortRange::single(u16::from(kind))),
        })
        .collect()
}
