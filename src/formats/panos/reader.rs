//! What all parts of the reader share: the device in progress, the tree, and entries field by field.

use super::extent::Extents;
use super::names::Names;
use super::tree::{At, Nodes, Tree, Word};
use crate::formats::builder::Builder;
use crate::model::Unknown;
use crate::net::{AddressRange, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// A reading in progress.
pub(super) struct Reader<'t> {
    pub(super) b: Builder,
    pub(super) tree: &'t Tree<'t>,
    pub(super) names: Names<'t>,
    pub(super) extents: Extents,
    /// Values of the `$variables` of the templates in force.
    pub(super) variables: FxHashMap<&'t str, &'t str>,
    pub(super) origin: Span,
}

impl<'t> Reader<'t> {
    pub(super) fn fields(&self, nodes: &Nodes) -> Fields<'t> {
        Fields { tree: self.tree, nodes: nodes.clone(), doubts: Vec::new() }
    }

    /// The value of a word: itself, or what the template variable stands for.
    pub(super) fn value(&self, text: &'t str) -> &'t str {
        self.variables.get(text).copied().unwrap_or(text)
    }
}

/// `10.0.0.1`, `10.0.0.0/24`, `10.0.0.1-10.0.0.9`, in either family.
pub(super) fn literal(text: &str) -> Option<AddressRange> {
    if let Some((first, last)) = text.split_once('-') {
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        return AddressRange::new(first, last);
    }
    // PAN-OS knows prefix lengths only; a netmask after the slash is none of its literals.
    let mask = text.split_once('/').map_or("0", |(_, mask)| mask);
    let plain = mask.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| Prefix::parse(text)).flatten().map(Prefix::range)
}

/// `192.0.2.1/24` with its host bits; a bare address is a host.
pub(super) fn host(text: &str) -> Option<(IpAddr, u8)> {
    let (address, len) = text.split_once('/').unwrap_or((text, ""));
    let address: IpAddr = address.trim().parse().ok()?;
    let whole = crate::net::Family::of(address).bits();
    let len = if len.is_empty() { whole } else { len.trim().parse().ok()? };
    (len <= whole).then_some((address, len))
}

/// The fields of one entry. What is not asked for, or said twice, is a doubt about the entry.
pub(super) struct Fields<'t> {
    tree: &'t Tree<'t>,
    nodes: Nodes,
    doubts: Vec<Unknown>,
}

impl<'t> Fields<'t> {
    /// The nodes of a field in the first place that has it: templates that come first win.
    fn first(&mut self, name: &str) -> Nodes {
        for (place, at) in self.nodes.0.iter().enumerate() {
            let found = self.tree.named(*at, name);
            if let [_, second, ..] = found.as_slice() {
                let reason = text!("「{name}」が重複しています。", "`{name}` is there twice");
                self.doubts.push(Unknown { reason: reason.clone(), span: self.tree.span(*second) });
                self.tree.unknown(*second, reason);
            }
            if !found.is_empty() {
                for later in self.nodes.0.iter().skip(place + 1) {
                    for overridden in self.tree.children(*later) {
                        if self.tree.name(*overridden) == name && !self.tree.met(*overridden) {
                            self.tree.irrelevant(*overridden);
                        }
                    }
                }
                return Nodes(found);
            }
        }
        Nodes::default()
    }

    /// Where the entry stands.
    pub(super) fn span(&self) -> Span {
        self.nodes.span(self.tree)
    }

    /// The value of a field with one value.
    pub(super) fn one(&mut self, name: &str) -> Option<Word<'t>> {
        let words = self.first(name).words(self.tree);
        if let [first, .., last] = words.as_slice()
            && first.text != last.text
        {
            self.doubt(
                last.at,
                text!("「{name}」に複数の値があります。", "`{name}` has more than one value"),
            );
        }
        words.last().copied()
    }

    /// The values of a field with members; `None` when it is not there.
    pub(super) fn many(&mut self, name: &str) -> Option<Vec<Word<'t>>> {
        let nodes = self.first(name);
        (!nodes.is_empty()).then(|| nodes.words(self.tree))
    }

    /// A field that holds further fields, of all templates together.
    pub(super) fn sub(&self, name: &str) -> Nodes {
        self.nodes.sub(self.tree, name)
    }

    /// A `yes`/`no` field; absent is `no`, anything else a doubt.
    pub(super) fn yes(&mut self, name: &str) -> bool {
        match self.one(name) {
            None => false,
            Some(word) if word.text == "no" => false,
            Some(word) if word.text == "yes" => true,
            Some(word) => {
                let value = word.text;
                self.doubt(
                    word.at,
                    text!(
                        "「{name}」の値「{value}」は不明です。",
                        "`{name}` is neither yes nor no but `{value}`"
                    ),
                );
                true
            }
        }
    }

    /// Notes that something at `at` is not understood.
    pub(super) fn doubt(&mut self, at: At, reason: Text) {
        self.doubts.push(Unknown { reason: reason.clone(), span: self.tree.span(at) });
        self.tree.unknown(at, reason);
    }

    /// Notes a condition that is known and cannot be evaluated.
    pub(super) fn condition(&mut self, at: At, reason: Text) {
        self.doubts.push(Unknown { reason: reason.clone(), span: self.tree.span(at) });
        self.tree.unsupported(at, reason);
    }

    /// As [`Fields::close`], where the model has no place for a doubt.
    pub(super) fn close_or_open(self, irrelevant: &[&str]) {
        let (tree, nodes) = (self.tree, self.nodes.clone());
        for child in nodes.0.iter().flat_map(|at| tree.children(*at)) {
            let name = tree.name(*child);
            if !tree.met(*child) && !irrelevant.contains(&name) {
                tree.uncontained(
                    *child,
                    text!("「{name}」は未対応の設定です。", "`{name}` is not known here"),
                );
            }
        }
        drop(self.close(irrelevant));
    }

    /// What is in doubt, at the end: fields that nobody asked for are not known, but for those that do not matter.
    pub(super) fn close(mut self, irrelevant: &[&str]) -> Vec<Unknown> {
        let children: Vec<At> =
            self.nodes.0.iter().flat_map(|at| self.tree.children(*at)).copied().collect();
        for child in children {
            let name = self.tree.name(child);
            if self.tree.met(child) {
                continue;
            }
            if irrelevant.contains(&name) {
                self.tree.irrelevant(child);
            } else {
                self.doubt(
                    child,
                    text!("「{name}」は未対応の設定です。", "`{name}` is not known here"),
                );
            }
        }
        self.doubts
    }
}
