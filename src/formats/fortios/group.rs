//! Groups that name members which may be groups: an order in which every member comes before the group, without recursion.

use super::core::Name;
use crate::formats::blocks::Word;
use crate::source::Span;
use crate::text::Text;
use rustc_hash::FxHashMap;

/// A group as it is written.
pub(super) struct Group<'a> {
    /// Its name.
    pub(super) name: Name<'a>,
    /// What it holds.
    pub(super) members: Vec<Word<'a>>,
    /// What is taken out again.
    pub(super) exclude: Vec<Word<'a>>,
    /// Where it stands.
    pub(super) span: Span,
    /// Why its value is not known, when a line of it is not.
    pub(super) broken: Option<Text>,
    /// Whether it holds itself, through others or directly. Filled in by [`order`].
    pub(super) recursive: bool,
}

enum Colour {
    White,
    Grey,
    Black,
}

/// Positions such that members come before the groups that hold them; members of a cycle are marked.
pub(super) fn order(groups: &mut [Group<'_>]) -> Vec<usize> {
    let edges = edges(groups);
    let mut colours: Vec<Colour> = groups.iter().map(|_| Colour::White).collect();
    let mut done = Vec::with_capacity(groups.len());
    for root in 0..groups.len() {
        if !matches!(colours.get(root), Some(Colour::White)) {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(root, 0)];
        paint(&mut colours, root, Colour::Grey);
        while let Some((group, next)) = path.last_mut() {
            let group = *group;
            let Some(member) = edges.get(group).and_then(|list| list.get(*next)).copied() else {
                paint(&mut colours, group, Colour::Black);
                done.push(group);
                path.pop();
                continue;
            };
            *next += 1;
            match colours.get(member) {
                Some(Colour::White) => {
                    paint(&mut colours, member, Colour::Grey);
                    path.push((member, 0));
                }
                Some(Colour::Grey) => {
                    for (inner, _) in path.iter().rev() {
                        if let Some(group) = groups.get_mut(*inner) {
                            group.recursive = true;
                        }
                        if *inner == member {
                            break;
                        }
                    }
                }
                _ => {}
            }
        }
    }
    done
}

fn paint(colours: &mut [Colour], at: usize, colour: Colour) {
    if let Some(slot) = colours.get_mut(at) {
        *slot = colour;
    }
}

fn edges(groups: &[Group<'_>]) -> Vec<Vec<usize>> {
    let index: FxHashMap<&str, usize> =
        groups.iter().enumerate().map(|(at, group)| (group.name.as_ref(), at)).collect();
    groups
        .iter()
        .map(|group| {
            let words = group.members.iter().chain(&group.exclude);
            words.filter_map(|word| index.get(word.text.as_ref()).copied()).collect()
        })
        .collect()
}
