//! Rules about the lines that let a connection pass: `logged`, `scheduled`, `destinations`.
//!
//! They are judged on what may pass; a line that surely lets packets pass is a violation, one that only may is undetermined.

use super::deny::{Asked, Focus, Hit, targets, zone_of};
use super::parties::{End, ResolvedRule};
use super::{Judge, sets, write};
use crate::compile::{Header, Reading};
use crate::finding::{Finding, Verdict};
use crate::model::{AddressId, AddressSet, Device, Line};
use crate::net::AddressRange;
use crate::packetset::Function;
use crate::policy::{Category, Policy, Verb};
use crate::reach::Blamed;

/// What is wrong with the lines of one way.
enum Wrong {
    /// These lines do not log.
    Unlogged(Vec<Blamed>),
    /// These lines cannot say whether they log.
    Silent(Vec<Blamed>),
    /// None of these lines has a schedule.
    Always(Vec<Blamed>),
    /// These lines name destinations of a category.
    Names(Vec<(Blamed, String)>),
}

impl<K: Header> Judge<'_, K> {
    /// One finding for each pair and reading in which a line is not as the rule asks.
    pub(super) fn passing(&self, rule: &ResolvedRule<'_>, policy: &Policy) -> Vec<Finding> {
        let mut findings = Vec::new();
        for source in sets::sources(rule) {
            let Some(zone) = zone_of(source.end) else { continue };
            for to in targets(source.end, source.direction) {
                for cell in sets::cells(self.network, source.end, &rule.without) {
                    let found = [Reading::Must, Reading::May].into_iter().find_map(|reading| {
                        let (source_of, without) = (cell.source.clone(), cell.without.clone());
                        let cell = sets::Cell { source: source_of, without };
                        let asked = self.ask(rule, &[to], zone, cell, reading, Focus::default());
                        self.lines(rule, policy, (source.end, to), asked)
                    });
                    findings.extend(found);
                }
            }
        }
        findings
    }

    fn lines(
        &self,
        rule: &ResolvedRule<'_>,
        policy: &Policy,
        ends: (&End, &End),
        mut asked: Asked<'_, K>,
    ) -> Option<Finding> {
        let wanted = sets::forbidden(&mut asked.run.arena, self.network, rule, &asked.cell, ends.1);
        let ids = asked.run.ends.get(&ends.1.place).cloned().unwrap_or_default();
        let mut bad = Function::NONE;
        let (mut blamed, mut words, mut open) = (Vec::new(), Vec::new(), false);
        for id in ids {
            let Some(event) = asked.run.events.get(id).cloned() else { continue };
            let part = asked.run.arena.guard(event.set, wanted);
            if part.is_none() {
                continue;
            }
            let lines = asked.run.blame(self.network, id, part, asked.reading);
            let Some(wrong) = self.wrong(&rule.rule.verb, policy, lines) else { continue };
            bad = asked.run.arena.min(bad, part);
            match wrong {
                Wrong::Unlogged(lines) | Wrong::Always(lines) => blamed.extend(lines),
                Wrong::Silent(lines) => {
                    open = true;
                    blamed.extend(lines);
                }
                Wrong::Names(lines) => {
                    for (line, word) in lines {
                        blamed.push(line);
                        words.push(word);
                    }
                }
            }
        }
        if bad.is_none() && !asked.run.limited {
            return None;
        }
        let sure = asked.reading == Reading::Must && !open && !asked.run.limited;
        let verdict = if sure { Verdict::Violated } else { Verdict::Undetermined };
        let mut hit = Hit { asked: &mut asked, wanted: bad, place: ends.1.place, crossed: None };
        let mut facts = self.facts(rule, ends, &mut hit, verdict);
        facts.blame_only(self, &blamed);
        words.sort();
        words.dedup();
        if !words.is_empty() {
            // The line itself says which destination it lets pass; what its name stands for need not be known.
            facts.verdict = Verdict::Violated;
            facts.causes.clear();
        }
        Some(write::passing(self, rule, &facts, &words))
    }

    fn wrong(&self, verb: &Verb, policy: &Policy, lines: Vec<Blamed>) -> Option<Wrong> {
        let snapshot = self.network.snapshot;
        let line = |blamed: &Blamed| -> Option<(&Device, &Line)> {
            let device = &snapshot.devices[blamed.filter.device];
            let reference = blamed.line?;
            Some((device, device.lists[reference.list].lines.get(reference.line as usize)?))
        };
        let log = |wanted: Option<bool>| {
            let fits = |blamed: &&Blamed| {
                line(blamed).is_some_and(|(device, line)| device.logs(line) == wanted)
            };
            lines.iter().filter(fits).copied().collect::<Vec<_>>()
        };
        match verb {
            Verb::Logged => {
                // One line on the way that logs is a record of the connection.
                if !log(Some(true)).is_empty() {
                    return None;
                }
                let (off, silent) = (log(Some(false)), log(None));
                let open = !silent.is_empty() || off.is_empty();
                Some(if open {
                    Wrong::Silent([off, silent].concat())
                } else {
                    Wrong::Unlogged(off)
                })
            }
            Verb::Scheduled => {
                let timed = |blamed: &Blamed| {
                    line(blamed).is_some_and(|(_, line)| line.matches.schedule.is_some())
                };
                (!lines.iter().any(timed)).then_some(Wrong::Always(lines))
            }
            Verb::Destinations { forbid } => {
                let named = |id: &String| policy.categories.iter().find(|c| c.id == *id);
                let categories: Vec<&Category> =
                    forbid.iter().filter_map(|word| named(&word.value)).collect();
                let mut found = Vec::new();
                for blamed in &lines {
                    let Some((device, line)) = line(blamed) else { continue };
                    let word = forbidden_name(device, line.matches.destination, &categories);
                    found.extend(word.map(|word| (*blamed, word)));
                }
                (!found.is_empty()).then_some(Wrong::Names(found))
            }
            _ => None,
        }
    }
}

/// The name or network of a category that a destination holds.
fn forbidden_name(device: &Device, id: AddressId, categories: &[&Category]) -> Option<String> {
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let object = &device.addresses[id];
        let own = object.name.to_ascii_lowercase();
        if categories.iter().any(|category| names(category, &own)) {
            return Some(own);
        }
        match &object.value {
            AddressSet::Union(members) => open.extend(members),
            AddressSet::Except { of, .. } => open.push(*of),
            AddressSet::Range(range) => {
                let hit =
                    categories.iter().flat_map(|c| &c.networks).find(|n| overlap(**n, *range));
                if let Some(network) = hit {
                    return Some(network.to_string());
                }
            }
            AddressSet::Unknown { reason, .. } => {
                for word in quoted(&reason.en) {
                    let word = word.to_ascii_lowercase();
                    if categories.iter().any(|category| names(category, &word)) {
                        return Some(word);
                    }
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
