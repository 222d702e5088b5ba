//! Rules about the lines that let a connection pass: `logged`, `scheduled`, `destinations`.
//!
//! A line that surely lets packets pass is a violation, one that only may is undetermined.

use super::deny::{Asked, Focus, Hit, zone_of};
use super::parties::{End, ResolvedRule};
use super::sets::Cell;
use super::{Judge, sets, write};
use crate::compile::{Header, Reading};
use crate::finding::{Finding, Verdict};
use crate::model::{AddressId, AddressSet, Device};
use crate::net::AddressRange;
use crate::packetset::Function;
use crate::policy::{Category, Policy, Verb};
use crate::reach::Blamed;
use crate::snapshot::ZoneId;

/// The lines of one way that name forbidden destinations.
#[derive(Default)]
struct Wrong {
    lines: Vec<Blamed>,
    /// The forbidden destinations that the lines name.
    words: Vec<String>,
}

impl<K: Header> Judge<'_, K> {
    /// One finding for each cell of the source in which something passes otherwise than the rule asks.
    pub(super) fn passing(
        &self,
        rule: &ResolvedRule<'_>,
        ends: (&End, &End),
        policy: &Policy,
    ) -> Vec<Finding> {
        let categories = categories(&rule.rule.verb, policy);
        let Some(zone) = zone_of(ends.0) else { return Vec::new() };
        let cells = sets::cells(self.network, ends.0, &rule.without).into_iter();
        let found = cells.filter_map(|cell| match rule.rule.verb {
            Verb::Destinations { .. } => self.named(rule, &categories, ends, (zone, cell)),
            _ => self.unmarked(rule, ends, (zone, cell)),
        });
        found.collect()
    }

    /// What passes without any line that logs, or that is limited in time. Where no line is met at all, nobody knows whether the
    /// device logs.
    fn unmarked<'r>(
        &self,
        rule: &'r ResolvedRule<'_>,
        ends: (&End, &End),
        (zone, cell): (ZoneId, Cell<'r, K>),
    ) -> Option<Finding> {
        let seen = |reading: Reading| {
            self.viewed(&rule.rule.verb, reading, |judge| {
                let (cell, focus) = (cell.clone(), Focus::default());
                let mut asked = judge.ask(rule, &[ends.1], zone, cell, reading, focus);
                let facts = judge.crossing(rule, ends, &mut asked, None)?;
                let unsure = rule.rule.verb == Verb::Logged && facts.lines.is_empty();
                let sure = facts.verdict == Verdict::Violated && !unsure;
                let told = write::passing(judge, rule, &facts, &[]);
                (sure || reading == Reading::May).then_some(told)
            })
        };
        let perhaps = seen(Reading::May)?;
        Some(seen(Reading::Must).unwrap_or(perhaps))
    }

    /// Lines that let packets pass to destinations of a forbidden category.
    fn named<'r>(
        &self,
        rule: &'r ResolvedRule<'_>,
        categories: &[&Category],
        ends: (&End, &End),
        (zone, cell): (ZoneId, Cell<'r, K>),
    ) -> Option<Finding> {
        let found = |reading: Reading| {
            let (cell, focus) = (cell.clone(), Focus::default());
            let asked = self.ask(rule, &[ends.1], zone, cell, reading, focus);
            self.lines(rule, categories, ends.1, asked)
        };
        let (wide, some, mut wrong) = found(Reading::May)?;
        // A packet that surely passes is the better witness.
        let sure = found(Reading::Must).filter(|(_, bad, _)| !bad.is_none());
        let (mut asked, bad) = sure.map_or((wide, some), |(sure, bad, _)| (sure, bad));
        let mut hit = Hit { asked: &mut asked, wanted: bad, place: ends.1.place, crossed: None };
        let mut facts = self.facts(rule, ends, &mut hit, Verdict::Undetermined);
        facts.blame_only(self, &wrong.lines);
        wrong.words.sort();
        wrong.words.dedup();
        if !wrong.words.is_empty() {
            // The line itself says which destination it lets pass; what its name stands for need not be known.
            facts.verdict = Verdict::Violated;
            facts.causes.clear();
        }
        Some(write::passing(self, rule, &facts, &wrong.words))
    }

    /// The packets of a run that pass by lines which name forbidden destinations, and those lines; all of it, when a limit was met.
    fn lines<'r>(
        &self,
        rule: &ResolvedRule<'_>,
        categories: &[&Category],
        to: &End,
        mut asked: Asked<'r, K>,
    ) -> Option<(Asked<'r, K>, Function, Wrong)> {
        let wanted = sets::forbidden(&mut asked.run.arena, self.network, rule, &asked.cell, to);
        let ids = asked.run.ends.get(&to.place).cloned().unwrap_or_default();
        let mut bad = Function::NONE;
        let mut all = Wrong::default();
        for id in ids {
            let Some(event) = asked.run.events.get(id).cloned() else { continue };
            let part = asked.run.arena.guard(event.set, wanted);
            if part.is_none() {
                continue;
            }
            let lines = match asked.reading {
                Reading::May => asked.run.blame_all(self.network, id, part),
                reading => asked.run.blame(self.network, id, part, reading),
            };
            let Some(wrong) = self.wrong(categories, lines) else { continue };
            bad = asked.run.arena.min(bad, part);
            all.lines.extend(wrong.lines);
            all.words.extend(wrong.words);
        }
        (!bad.is_none() || asked.run.limited()).then_some((asked, bad, all))
    }

    fn wrong(&self, categories: &[&Category], mut lines: Vec<Blamed>) -> Option<Wrong> {
        let snapshot = self.network.snapshot;
        let mut words = Vec::new();
        lines.retain(|blamed| {
            let device = &snapshot.devices[blamed.filter.device];
            let line = blamed.line.and_then(|at| device.lists[at.list].lines.get(at.line as usize));
            let word =
                line.and_then(|line| forbidden_name(device, line.matches.destination, categories));
            let named = word.is_some();
            words.extend(word);
            named
        });
        (!lines.is_empty()).then_some(Wrong { lines, words })
    }
}

/// The categories that a rule forbids.
fn categories<'p>(verb: &Verb, policy: &'p Policy) -> Vec<&'p Category> {
    let Verb::Destinations { forbid } = verb else { return Vec::new() };
    let named = |id: &String| policy.categories.iter().find(|category| category.id == *id);
    forbid.iter().filter_map(|word| named(&word.value)).collect()
}

/// The name or network of a category that a destination holds.
fn forbidden_name(device: &Device, id: AddressId, categories: &[&Category]) -> Option<String> {
    let forbidden = |word: &str| {
        let word = word.to_ascii_lowercase();
        categories.iter().any(|category| names(category, &word)).then_some(word)
    };
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let object = &device.addresses[id];
        if let Some(word) = forbidden(&object.name) {
            return Some(word);
        }
        match &object.value {
            AddressSet::Union(members) => open.extend(members),
            AddressSet::Except { of, .. } => open.push(*of),
            AddressSet::Range(range) => {
                let mut networks = categories.iter().flat_map(|category| &category.networks);
                if let Some(network) = networks.find(|network| overlap(**network, *range)) {
                    return Some(network.to_string());
                }
            }
            AddressSet::Unknown { reason, .. } => {
                if let Some(word) = quoted(&reason.en).find_map(forbidden) {
                    return Some(word);
                }
            }
            AddressSet::Any | AddressSet::Wildcard(_) => {}
        }
    }
    None
}

fn overlap(network: crate::net::Prefix, range: AddressRange) -> bool {
    let all = network.range();
    all.contains(range.first()) || range.contains(all.first())
}

/// The words between backticks: readers quote the domain name of an object in the reason why its addresses are not known.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether a domain name belongs to a category.
fn names(category: &Category, word: &str) -> bool {
    let wide = word.starts_with("*.") || word.starts_with('.');
    if category.wide_only && !wide {
        return false;
    }
    let bare = word.trim_start_matches("*.").trim_start_matches('.');
    category.names.iter().any(|pattern| match pattern.strip_prefix("*.") {
        Some(domain) => bare == domain || bare.ends_with(&format!(".{domain}")),
        None => bare == pattern,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    fn category(names: &[&str], wide_only: bool) -> Category {
        let file = crate::source::Sources::default().add("policy.yaml", b"x").unwrap();
        Category {
            id: "c".to_owned(),
            label: Text::same("c"),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            wide_only,
            networks: Vec::new(),
            span: crate::source::Span { file, start: 0, end: 0 },
        }
    }

    #[test]
    fn a_wildcard_stands_for_the_domain_and_everything_below() {
        let ai = category(&["*.ai.example", "chat.example"], false);
        for word in ["ai.example", "api.ai.example", "*.ai.example", "chat.example"] {
            assert!(names(&ai, word), "{word}");
        }
        for word in ["fair.example", "x.chat.example", "example"] {
            assert!(!names(&ai, word), "{word}");
        }
    }

    #[test]
    fn a_single_host_of_a_hyperscaler_is_not_the_hyperscaler() {
        let cloud = category(&["*.cloud.example"], true);
        assert!(names(&cloud, "*.cloud.example"));
        assert!(names(&cloud, "*.jp.cloud.example"));
        assert!(!names(&cloud, "town.cloud.example"));
    }
}
