//! Variables of templates, template stacks and single firewalls: `$name`.

use super::reader::Reader;
use super::tree::Nodes;

/// `$name` to value, those that win first.
pub(super) type Variables<'t> = Vec<(&'t str, &'t str)>;

/// The variables that stand under `nodes`.
pub(super) fn read<'t>(reader: &Reader<'t>, nodes: &Nodes) -> Variables<'t> {
    let tree = reader.tree;
    let mut out = Vec::new();
    for (name, nodes) in nodes.sub(tree, "variable").entries(tree) {
        for (_, nodes) in nodes.sub(tree, "type").entries(tree) {
            out.extend(nodes.words(tree).last().map(|word| (name, word.text)));
        }
        for at in nodes.0 {
            tree.used_below(at);
        }
    }
    out
}

/// The variables of firewalls that have values of their `own` besides those in `common`. One whose value is not the same on all
/// of them has none: it stays what it is called, which nothing resolves.
pub(super) fn effective<'t>(own: &[&Variables<'t>], common: &Variables<'t>) -> Variables<'t> {
    let value = |all: &Variables<'t>, name: &str| {
        all.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    };
    let mut out = Vec::new();
    for (name, _) in own.iter().copied().flatten().chain(common) {
        let usual = value(common, name);
        let mut values = own.iter().map(|own| value(own, name).or(usual));
        let first = values.next().unwrap_or(usual);
        let same = values.all(|other| other == first);
        out.extend(first.filter(|_| same).map(|value| (*name, value)));
    }
    out
}
