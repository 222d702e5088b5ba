//! Names under a count: the first object is `obj-1`, wherever it is spoken of.
//!
//! Two names are the same after exactly when they were the same before, also for devices that do not tell capitals from small letters. What a
//! name or a text says about how long a rule is to stay is kept ([`crate::lint::stay_mark`]), because findings rest on it.

use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

use crate::{dialect, lint};

/// What a name is called that nothing is known of.
const UNKNOWN: &str = "name";
/// What a text is called that a person wrote.
const TEXT: &str = "text";

/// The names that were given, and those that stand for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    kinds: FxHashMap<String, &'static str>,
    keep: FxHashSet<String>,
    /// Names of links whose two ends are called like them, with 0 and 1 behind.
    links: FxHashSet<String>,
    /// By the name in small letters: its number and how many spellings of it were met.
    stems: FxHashMap<(bool, String), (String, usize)>,
    given: BTreeMap<(bool, String), String>,
    counts: BTreeMap<&'static str, usize>,
}

impl Words {
    /// Says what kind of thing a name is of; what was said first stands.
    pub(super) fn call(&mut self, name: &str, kind: &'static str) {
        self.kinds.entry(name.to_owned()).or_insert(kind);
    }

    /// Leaves a name as it is.
    pub(super) fn keep(&mut self, name: &str) {
        self.keep.insert(name.to_owned());
    }

    /// Says that `link0` and `link1` are the ends of a link: they are called like it afterwards, too.
    pub(super) fn link(&mut self, link: &str) {
        self.links.insert(link.to_owned());
    }

    /// The link that a name is an end of, and which.
    fn end<'n>(&self, name: &'n str) -> Option<(&'n str, &'n str)> {
        let (link, end) = name.split_at_checked(name.len().checked_sub(1)?)?;
        (matches!(end, "0" | "1") && self.links.contains(link)).then_some((link, end))
    }

    /// Whether a word stays as it is. What is made of common words goes when something of the network is called so.
    pub(super) fn stays(&self, word: &str) -> bool {
        if self.links.contains(word) || self.end(word).is_some() {
            return self.keep.contains(word);
        }
        dialect::is_common(word)
            || self.keep.contains(word)
            || (dialect::is_composed(word) && !self.kinds.contains_key(word))
    }

    /// What stands for a name.
    pub(super) fn name(&mut self, name: &str) -> String {
        if self.stays(name) {
            return name.to_owned();
        }
        if let Some((link, end)) = self.end(name) {
            return self.name(link) + end;
        }
        if self.links.contains(name) {
            return self.give(name, "link", false) + "-";
        }
        let kind = self.kinds.get(name).copied().unwrap_or(UNKNOWN);
        self.give(name, kind, false)
    }

    /// What stands for a text that a person wrote; for none, none.
    pub(super) fn text(&mut self, text: &str) -> String {
        if text.trim().is_empty() || self.keep.contains(text) {
            text.to_owned()
        } else {
            self.give(text.trim(), TEXT, true)
        }
    }

    fn give(&mut self, name: &str, kind: &'static str, text: bool) -> String {
        if let Some(given) = self.given.get(&(text, name.to_owned())) {
            return given.clone();
        }
        let counts = &mut self.counts;
        let (stem, spellings) =
            self.stems.entry((text, name.to_lowercase())).or_insert_with(|| {
                let count = counts.entry(kind).or_default();
                *count += 1;
                (format!("{kind}-{count}"), 0)
            });
        let mut word = spelt(stem, *spellings);
        *spellings += 1;
        word.push_str(&lint::stay_mark(name));
        self.given.insert((text, name.to_owned()), word.clone());
        word
    }

    /// What was given and what stands for it, in the order of what was given.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&str, &str)> {
        self.given.iter().map(|((_, name), word)| (name.as_str(), word.as_str()))
    }
}

/// The spelling with this number: letters that are large in it are the bits of the number.
fn spelt(stem: &str, number: usize) -> String {
    let letters = stem.bytes().take_while(u8::is_ascii_alphabetic).count();
    let large = |at: usize| at < letters && number >> at & 1 == 1;
    let spelt =
        stem.chars().enumerate().map(|(at, c)| if large(at) { c.to_ascii_uppercase() } else { c });
    let more = number >> letters;
    let rest = if more > 0 { format!("x{more}") } else { String::new() };
    spelt.collect::<String>() + &rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_equal_after_when_they_were_before() {
        let mut words = Words::default();
        words.call("shiyakusho", "zone");
        let spelt: Vec<String> =
            ["shiyakusho", "Shiyakusho", "SHIYAKUSHO", "shiyakusho", "shiyakusho2"]
                .map(|name| words.name(name))
                .into();
        assert_eq!(spelt, ["zone-1", "Zone-1", "zOne-1", "zone-1", "name-1"]);
    }

    #[test]
    fn the_ends_of_a_link_are_called_like_it() {
        let mut words = Words::default();
        words.link("vl-kasumi");
        words.call("vl-kasumi1", "if");
        assert_eq!(
            ["vl-kasumi1", "vl-kasumi", "vl-kasumi0", "vl-kasumi2"].map(|name| words.name(name)),
            ["link-1-1", "link-1-", "link-1-0", "name-1"]
        );
    }

    #[test]
    fn how_long_a_rule_is_to_stay_is_kept() {
        let mut words = Words::default();
        assert_eq!(
            words.text("委託業者A 保守 2026年3月末まで（暫定許可）"),
            "text-1-temp~2026-03-31"
        );
        assert_eq!(words.name("TEMP-KASUMI"), "name-1-temp");
        assert_eq!(words.text("  "), "  ");
    }
}
