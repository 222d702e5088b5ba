//! `apply-groups`: what a level inherits. Written statements win over inherited ones, and among groups the one of the nearest
//! level, then the first in the list; [`Tree::value`] chooses so, because inherited children stand behind the own ones.

use super::tree::{DEPTH_LIMIT, NodeId, Tree};
use crate::source::Span;

/// A group that stands at one level of the configuration.
#[derive(Clone, Copy)]
struct Source {
    group: usize,
    node: NodeId,
}

/// A name that is applied and not defined, with where.
pub(super) type Missing<'a> = (&'a str, Span);

struct Expansion<'a> {
    definitions: Vec<(&'a str, NodeId)>,
    missing: Vec<Missing<'a>>,
    /// A group applied inside a group: which of both comes first is not followed.
    nested: Option<Span>,
    /// How many nodes may still be made: groups applied to groups of wildcards could otherwise multiply.
    budget: usize,
}

/// How many nodes inheritance may add; no configuration comes near.
const BUDGET: usize = 2_000_000;
/// How many groups may speak of one statement.
const SOURCES: usize = 64;

/// What came of it.
pub(super) struct Expanded<'a> {
    /// Names that are applied and not defined.
    pub(super) missing: Vec<Missing<'a>>,
    /// A place where inheritance was not followed to the end.
    pub(super) fault: Option<Span>,
}

/// Writes into the tree what every level inherits.
pub(super) fn expand<'a>(tree: &mut Tree<'a>) -> Expanded<'a> {
    let Some(root) = tree.child(Tree::ROOT, "groups") else {
        return Expanded { missing: undefined(tree), fault: None };
    };
    let definitions: Vec<_> = tree
        .all_children(root)
        .into_iter()
        .filter(|group| tree.is_active(*group))
        .map(|group| (tree.word(group), group))
        .collect();
    let mut expansion =
        Expansion { definitions, missing: Vec::new(), nested: None, budget: BUDGET };
    let mut work: Vec<(NodeId, Vec<Source>, Vec<&'a str>, usize)> =
        vec![(Tree::ROOT, Vec::new(), Vec::new(), 0)];
    while let Some((node, sources, mut except, depth)) = work.pop() {
        if node == root || depth > DEPTH_LIMIT || !tree.is_active(node) {
            continue;
        }
        except.extend(names(tree, node, "apply-groups-except"));
        let sources = expansion.at(tree, node, sources, &except);
        expansion.inherit(tree, node, &sources);
        if expansion.budget == 0 {
            return Expanded { missing: expansion.missing, fault: Some(tree.span(node)) };
        }
        let wild: Vec<Vec<NodeId>> = sources.iter().map(|s| wildcards(tree, s.node)).collect();
        for child in tree.all_children(node) {
            let word = tree.word(child);
            let mut handed = Vec::new();
            for (source, wild) in sources.iter().zip(&wild) {
                let named = tree.child(source.node, word).filter(|kid| tree.is_active(*kid));
                let fitting = wild.iter().copied().filter(|kid| fits(tree.word(*kid), word));
                let group = source.group;
                handed.extend(named.into_iter().chain(fitting).map(|node| Source { group, node }));
            }
            if handed.len() > SOURCES {
                return Expanded { missing: expansion.missing, fault: Some(tree.span(child)) };
            }
            if !handed.is_empty() || may_apply(tree, child) {
                work.push((child, handed, except.clone(), depth + 1));
            }
        }
    }
    Expanded { missing: expansion.missing, fault: expansion.nested }
}

/// The statements of a group whose name is a pattern.
fn wildcards(tree: &Tree<'_>, node: NodeId) -> Vec<NodeId> {
    let kids = tree.all_children(node).into_iter();
    kids.filter(|kid| tree.is_active(*kid) && pattern(tree.word(*kid)).is_some()).collect()
}

/// Whether something may be applied at the node or below: leaves hold no such statement.
fn may_apply(tree: &Tree<'_>, node: NodeId) -> bool {
    !tree.is_bare(node)
}

/// The names of an `apply-groups` statement; a cluster's `${node}` stands for the groups of both nodes.
fn names<'a>(tree: &Tree<'a>, node: NodeId, word: &str) -> Vec<&'a str> {
    let Some(list) = tree.child(node, word).filter(|list| tree.is_active(*list)) else {
        return Vec::new();
    };
    let names = tree.all_children(list).into_iter().filter(|name| tree.is_active(*name));
    let mut out = Vec::new();
    for name in names {
        match tree.word(name) {
            "${node}" => out.extend(["node0", "node1"]),
            "${re}" => out.extend(["re0", "re1"]),
            name => out.push(name),
        }
    }
    out
}

/// Names that the device brings, or that only some of its parts define.
fn is_standard(name: &str) -> bool {
    matches!(name, "node0" | "node1" | "re0" | "re1" | "junos-defaults")
}

/// What is applied anywhere in a configuration that defines no group.
fn undefined<'a>(tree: &Tree<'a>) -> Vec<Missing<'a>> {
    let mut out = Vec::new();
    for node in tree.below(Tree::ROOT) {
        let Some(list) = tree.child(node, "apply-groups") else { continue };
        let names = names(tree, node, "apply-groups").into_iter();
        out.extend(names.filter(|name| !is_standard(name)).map(|name| (name, tree.span(list))));
    }
    out
}

impl<'a> Expansion<'a> {
    /// The groups in force at a node: its own first, then those of the levels above, without the excepted ones.
    fn at(
        &mut self,
        tree: &Tree<'a>,
        node: NodeId,
        handed: Vec<Source>,
        except: &[&str],
    ) -> Vec<Source> {
        let mut out = Vec::new();
        for name in names(tree, node, "apply-groups") {
            let Some(group) = self.definitions.iter().position(|(known, _)| *known == name) else {
                if let (false, Some(list)) = (is_standard(name), tree.child(node, "apply-groups")) {
                    self.missing.push((name, tree.span(list)));
                }
                continue;
            };
            let Some((_, definition)) = self.definitions.get(group) else { continue };
            let places = along(tree, *definition, node);
            out.extend(places.into_iter().map(|node| Source { group, node }));
        }
        out.extend(handed);
        let excepted = |source: &Source| {
            let name = self.definitions.get(source.group).map_or("", |(name, _)| *name);
            except.contains(&name)
        };
        out.retain(|source| !excepted(source));
        out
    }

    /// Adds the statements of the sources that have no wildcard name and are not there yet.
    fn inherit(&mut self, tree: &mut Tree<'a>, node: NodeId, sources: &[Source]) {
        for source in sources {
            for child in tree.all_children(source.node) {
                let word = tree.word(child);
                if !tree.is_active(child) || pattern(word).is_some() {
                    continue;
                }
                if word.starts_with("apply-") {
                    if word.starts_with("apply-groups") {
                        self.nested = Some(tree.span(child));
                    }
                    continue;
                }
                if self.budget == 0 {
                    return;
                }
                self.budget -= 1;
                let line = tree.span(child);
                tree.active_child_or_new(node, word, line, Some(source.group));
            }
        }
    }
}

/// The places in a group that speak of `node`: the path from the root, through names and wildcards.
fn along(tree: &Tree<'_>, definition: NodeId, node: NodeId) -> Vec<NodeId> {
    let mut path = Vec::new();
    let mut at = Some(node);
    while let Some(id) = at.filter(|id| *id != Tree::ROOT) {
        path.push(tree.word(id));
        at = tree.parent(id);
    }
    let mut places = vec![definition];
    for word in path.into_iter().rev() {
        let below = |place: &NodeId| {
            let kids = tree.all_children(*place);
            let fitting =
                kids.into_iter().filter(|kid| tree.is_active(*kid) && fits(tree.word(*kid), word));
            fitting.collect::<Vec<_>>()
        };
        places = places.iter().flat_map(below).collect();
    }
    places
}

/// The pattern inside `<...>`.
fn pattern(word: &str) -> Option<&str> {
    word.strip_prefix('<')?.strip_suffix('>')
}

/// Whether a word of a group speaks of a name of the configuration.
fn fits(word: &str, name: &str) -> bool {
    match pattern(word) {
        Some(pattern) => !name.starts_with("apply-") && glob(pattern.as_bytes(), name.as_bytes()),
        None => word == name,
    }
}

/// Shell-like patterns: `*`, `?`, `[a-z]`, `[!a-z]`. Linear in the product of the lengths.
pub(super) fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match one(pattern.get(p..).unwrap_or(&[]), name.get(n).copied().unwrap_or(0)) {
            Some(len) if pattern.get(p) != Some(&b'*') => {
                p += len;
                n += 1;
                continue;
            }
            _ => {}
        }
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, n));
            p += 1;
        } else if let Some((at, from)) = star {
            p = at + 1;
            n = from + 1;
            star = Some((at, n));
        } else {
            return false;
        }
    }
    pattern.get(p..).unwrap_or(&[]).iter().all(|byte| *byte == b'*')
}

/// The length of the element at the start of the pattern, when it fits the byte.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'[', rest @ ..] => {
            let end = rest.iter().position(|c| *c == b']')?;
            let set = rest.get(..end)?;
            let (negated, set) = match set {
                [b'!' | b'^', set @ ..] => (true, set),
                set => (false, set),
            };
            let mut found = false;
            let mut at = 0;
            while let Some(first) = set.get(at) {
                match (set.get(at + 1), set.get(at + 2)) {
                    (Some(b'-'), Some(last)) => {
                        found |= (*first..=*last).contains(&byte);
                        at += 3;
                    }
                    _ => {
                        found |= *first == byte;
                        at += 1;
                    }
                }
            }
            (found != negated).then_some(end + 2)
        }
        [c, ..] if *c == byte => Some(1),
        _ => None,
    }
}
