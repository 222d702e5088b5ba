//! `interface-range`: its statements stand for every member. What an interface has itself wins.

use super::groups::glob;
use super::tree::{NodeId, Tree};

/// How many nodes ranges may add.
const BUDGET: usize = 500_000;

/// Copies what ranges say to their members; `false` when that is too much.
pub(super) fn expand(tree: &mut Tree<'_>) -> bool {
    let Some(all) = tree.child(Tree::ROOT, "interfaces") else { return true };
    let Some(ranges) = tree.child(all, "interface-range").filter(|node| tree.is_active(*node))
    else {
        return true;
    };
    let mut budget = BUDGET;
    for range in tree.all_children(ranges) {
        if !tree.is_active(range) {
            continue;
        }
        for (name, line) in members(tree, all, range) {
            let interface = tree.active_child_or_new(all, name, line, None);
            if !copy(tree, range, interface, &mut budget) {
                return false;
            }
        }
    }
    true
}

/// The members by name, with the line that names each.
fn members<'a>(tree: &Tree<'a>, all: NodeId, range: NodeId) -> Vec<(&'a str, crate::source::Span)> {
    let known: Vec<&'a str> = tree
        .all_children(all)
        .into_iter()
        .map(|node| tree.word(node))
        .filter(|name| *name != "interface-range")
        .chain(zone_members(tree))
        .collect();
    let mut out = Vec::new();
    if let Some(list) = tree.child(range, "member") {
        for member in tree.all_children(list) {
            let word = tree.word(member);
            let line = tree.span(member);
            if !tree.is_active(member) {
                continue;
            }
            if word.contains(['*', '[', '?']) {
                let fitting = known.iter().filter(|name| glob(word.as_bytes(), name.as_bytes()));
                out.extend(fitting.map(|name| (*name, line)));
            } else {
                out.push((word, line));
            }
        }
    }
    if let Some(list) = tree.child(range, "member-range") {
        for first in tree.all_children(list) {
            let to = tree.child(first, "to").map(|to| tree.all_children(to)).unwrap_or_default();
            let line = tree.span(first);
            for last in to {
                let (low, high) = (split(tree.word(first)), split(tree.word(last)));
                let inside = |name: &&&str| match (low, high, split(name)) {
                    (Some((stem, low)), Some((other, high)), Some((own, number))) => {
                        stem == other && stem == own && (low..=high).contains(&number)
                    }
                    _ => false,
                };
                out.extend(known.iter().filter(inside).map(|name| (*name, line)));
                out.extend([(tree.word(first), line), (tree.word(last), line)]);
            }
        }
    }
    out.sort_unstable();
    out.dedup_by_key(|(name, _)| *name);
    out
}

/// Physical interfaces that zones name, although nothing else does.
fn zone_members<'a>(tree: &Tree<'a>) -> Vec<&'a str> {
    let path = ["security", "zones", "security-zone"];
    let zones = path.iter().try_fold(Tree::ROOT, |at, word| tree.child(at, word));
    let zones = zones.map(|zones| tree.all_children(zones)).unwrap_or_default();
    let lists = zones.into_iter().filter_map(|zone| tree.child(zone, "interfaces"));
    let units = lists.flat_map(|list| tree.all_children(list));
    units.filter_map(|unit| tree.word(unit).split('.').next()).collect()
}

/// `ge-0/0/12` as `ge-0/0/` and 12.
fn split(name: &str) -> Option<(&str, u32)> {
    let at = name.rfind(|c: char| !c.is_ascii_digit())? + 1;
    Some((name.get(..at)?, name.get(at..)?.parse().ok()?))
}

fn copy(tree: &mut Tree<'_>, from: NodeId, to: NodeId, budget: &mut usize) -> bool {
    let mut work = vec![(from, to)];
    while let Some((from, to)) = work.pop() {
        for child in tree.all_children(from) {
            let word = tree.word(child);
            if matches!(word, "member" | "member-range") || !tree.is_active(child) {
                continue;
            }
            if *budget == 0 {
                return false;
            }
            *budget -= 1;
            let line = tree.span(child);
            // Written on the interface or inherited first: those values come first.
            let new = tree.active_child_or_new(to, word, line, Some(usize::MAX));
            work.push((child, new));
        }
    }
    true
}
