//! Rules about the lines that let a connection pass: `logged`, `scheduled`, `destinations`.
//!
//! A line that surely lets packets pass is a violation, one that only may is undetermined.

use super::deny::{Asked, Focus, Hit, zone_of};
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
#[derive(Default)]
struct Wrong {
    lines: Vec<Blamed>,
    /// Whether it is not known that something is wrong: the lines do not say.
    open: bool,
    /// The forbidden destinations that the lines name.
    words: Vec<String>,
}

impl<K: Header> Judge<'_, K> {
    /// One finding for each cell of the source in which a line is not as the rule asks.
    pub(super) fn passing(
        &self,
        rule: &ResolvedRule<'_>,
        ends: (&End, &End),
        policy: &Policy,
    ) -> Vec<Finding> {
        let categories = categories(&rule.rule.verb, policy);
        let mut findings = Vec::new();
        let Some(zone) = zone_of(ends.0) else { return findings };
        for cell in sets::cells(self.network, ends.0, &rule.without) {
            for reading in [Reading::Must, Reading::May] {
                let (cell, focus) = (cell.clone(), Focus::default());
                let mut asked = self.ask(rule, &[ends.1], zone, cell, reading, focus);
                let found = self.lines(rule, &categories, ends, &mut asked);
                let settled = found.is_some() || asked.run.exact;
                findings.extend(found);
                if settled {
                    break;
                }
            }
        }
        findings
    }

    fn lines(
        &self,
        rule: &ResolvedRule<'_>,
        categories: &[&Category],
        ends: (&End, &End),
        asked: &mut Asked<'_, K>,
    ) -> Option<Finding> {
        let wanted = sets::forbidden(&mut asked.run.arena, self.network, rule, &asked.cell, ends.1);
        let ids = asked.run.ends.get(&ends.1.place).cloned().unwrap_or_default();
        let mut bad = Function::NONE;
        let mut all = Wrong::default();
        for id in ids {
            let Some(event) = asked.run.events.get(id).cloned() else { continue };
            let part = asked.run.arena.guard(event.set, wanted);
            if part.is_none() {
                continue;
            }
            let lines = asked.run.blame(self.network, id, part, asked.reading);
            let Some(wrong) = self.wrong(&rule.rule.verb, categories, lines) else { continue };
            bad = asked.run.arena.min(bad, part);
            all.lines.extend(wrong.lines);
            all.open |= wrong.open;
            all.words.extend(wrong.words);
        }
        if bad.is_none() && !asked.run.limited() {
            return None;
        }
        let sure = asked.reading == Reading::Must && !all.open && !asked.run.limited();
        let verdict = if sure { Verdict::Violated } else { Verdict::Undetermined };
        let mut hit = Hit { asked, wanted: bad, place: ends.1.place, crossed: None };
        let mut facts = self.facts(rule, ends, &mut hit, verdict);
        facts.blame_only(self, &all.lines);
        all.words.sort();
        all.words.dedup();
        if !all.words.is_empty() {
            // The line itself says which destination it lets pass; what its name stands for need not be known.
            facts.verdict = Verdict::Violated;
            facts.causes.clear();
        }
        Some(write::passing(self, rule, &facts, &all.words))
    }

    fn wrong(
        &self,
        verb: &Verb,
        categories: &[&Category],
        mut lines: Vec<Blamed>,
    ) -> Option<Wrong> {
        let snapshot = self.network.snapshot;
        let line = |blamed: &Blamed| -> Option<(&Device, &Line)> {
            let device = &snapshot.devices[blamed.filter.device];
            let reference = blamed.line?;
            Some((device, device.lists[reference.list].lines.get(reference.line as usize)?))
        };
        match verb {
            Verb::Logged => {
                let logs = |blamed: &Blamed| line(blamed).map(|(device, line)| device.logs(line));
                // One line on the way that logs is a record of the connection.
                if lines.iter().any(|blamed| logs(blamed) == Some(Some(true))) {
                    return None;
                }
                lines.retain(|blamed| logs(blamed).is_some());
                let off = |blamed: &Blamed| logs(blamed) == Some(Some(false));
                let open = lines.is_empty() || !lines.iter().all(off);
                // What surely does not log comes first.
                lines.sort_by_key(|blamed| !off(blamed));
                Some(Wrong { lines, open, ..Wrong::default() })
            }
            Verb::Scheduled => {
                let timed = |blamed: &Blamed| {
                    line(blamed).is_some_and(|(_, line)| line.matches.schedule.is_some())
                };
                let always = !lines.iter().any(timed);
                always.then(|| Wrong { lines, ..Wrong::default() })
            }
            Verb::Destinations { .. } => {
                let mut words = Vec::new();
                lines.retain(|blamed| {
                    let word = line(blamed).and_then(|(device, line)| {
                        forbidden_name(device, line.matches.destination, categories)
                    });
                    let named = word.is_some();
                    words.extend(word);
                    named
                });
                (!lines.is_empty()).then_some(Wrong { lines, open: false, words })
            }
            _ => None,
        }
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
