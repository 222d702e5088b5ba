//! A last look at what would be written, as somebody would look who searches it for what was there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::address;
use super::rewrite::{self, Rewriter};
use crate::net::netmask_len;

/// What of the original is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leak {
    /// An address that belongs to somebody. Another key may move it.
    Address(IpAddr),
    /// A word that is neither common nor given by the count.
    Word(String),
    /// A secret.
    Secret,
}

/// Secrets shorter than this are too often a part of something else.
const SHORT: usize = 4;

/// The first leak, with the file and line of the output where it stands.
pub(super) fn find(
    rewriter: &Rewriter,
    outputs: &BTreeMap<String, String>,
) -> Option<(String, u32, Leak)> {
    let given: BTreeSet<&str> = rewriter
        .words
        .rows()
        .map(|(_, word)| word)
        .flat_map(|word| word.split('~').chain([word]))
        .collect();
    let secrets: Vec<&str> = rewriter
        .secrets
        .iter()
        .map(String::as_str)
        .filter(|secret| secret.len() >= SHORT && !rewriter.words.stays(secret))
        .collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (path, text) in outputs {
        for (number, line) in (1_u32..).zip(text.split('\n').chain([path.as_str()])) {
            let place = |leak: Leak| Some((path.clone(), number, leak));
            if secrets.iter().any(|secret| holds(line, secret)) {
                return place(Leak::Secret);
            }
            for (_, word) in rewrite::words(line) {
                let word = word.trim_end_matches('.');
                if !seen.insert(word) {
                    continue;
                }
                if let Some(address) = addresses(word).find(|address| is_told(rewriter, *address)) {
                    return place(Leak::Address(address));
                }
                let known = |part: &str| given.contains(part) || rewriter.words.stays(part);
                if let Some(word) = parts(word).find(|part| !known(part)) {
                    return place(Leak::Word(word.to_owned()));
                }
            }
        }
    }
    None
}

/// Whether a line holds a text as a word or as whole words.
fn holds(line: &str, text: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    line.match_indices(text).any(|(at, _)| {
        let (before, after) = (line.get(..at), line.get(at + text.len()..));
        edge(before.and_then(|before| before.chars().next_back()))
            && edge(after.and_then(|after| after.chars().next()))
    })
}

/// The parts of a word that are no address.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let whole = |part: &str| {
        rewrite::parse(part).is_some()
            || rewrite::hardware(part).is_some()
            || !rewrite::ranges(part).is_empty()
    };
    let edges: &[char] = if whole(word) { &[] } else { &['/', ':'] };
    let parts = word.split(edges).flat_map(move |part| {
        let edges: &[char] = if whole(part) { &[] } else { &['.'] };
        part.split(edges)
    });
    parts.filter(move |part| !whole(part))
}

fn addresses(word: &str) -> impl Iterator<Item = IpAddr> {
    let ends = rewrite::ranges(word).into_iter().flat_map(|range| [range.first(), range.last()]);
    let parts = word.split('/').chain(word.split(['/', ':'])).filter_map(rewrite::parse);
    parts.chain(ends)
}

/// Whether an address of the output is one of the original that belongs to somebody.
fn is_told(rewriter: &Rewriter, found: IpAddr) -> bool {
    let is_mask = netmask_len(found).is_some()
        || matches!(found, IpAddr::V4(v4) if netmask_len(IpAddr::V4((!u32::from(v4)).into())).is_some());
    rewriter.met.contains_key(&found) && !address::is_special(found) && !is_mask
}
