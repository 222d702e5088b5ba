//! What the right side of a condition stands for: literals, sets and maps with their elements.

use super::{Lower, Place};
use crate::formats::nftables::tree::{Expr, Verdict};
use crate::model::AddressId;
use crate::net::{AddressRange, Family, Prefix};
use crate::text;
use crate::text::Text;
use std::net::IpAddr;

/// The elements of a right side.
#[derive(Debug, Default)]
pub(super) struct Values<'e> {
    pub(super) items: Vec<&'e Expr>,
    /// Why there may be other values, or some of these may be missing.
    pub(super) open: Option<Text>,
    /// Whether everything else belongs to it (`*`).
    pub(super) rest: bool,
    /// Whether the items are alternatives in braces or of a named set, not flags written together.
    pub(super) braces: bool,
}

/// The pairs of a map.
#[derive(Debug, Default)]
pub(super) struct Pairs<'e> {
    pub(super) items: Vec<(&'e Expr, &'e Expr)>,
    pub(super) rest: Option<&'e Expr>,
    pub(super) open: Option<Text>,
}

impl<'r> Lower<'r> {
    pub(super) fn values<'e>(&mut self, right: &'e Expr, place: Place<'_>) -> Values<'e>
    where
        'r: 'e,
    {
        let mut out =
            Values { braces: matches!(right, Expr::Set(_) | Expr::Named(_)), ..Values::default() };
        let mut open = vec![(right, 0usize)];
        while let Some((next, depth)) = open.pop() {
            match next {
                Expr::Set(items) => open.extend(items.iter().rev().map(|item| (item, depth))),
                Expr::List(items) if !out.braces => {
                    open.extend(items.iter().rev().map(|item| (item, depth)));
                }
                Expr::Named(name) if depth == 0 => {
                    let (elements, reason) = self.elements(name, place);
                    out.open = out.open.take().or(reason);
                    open.extend(elements.iter().rev().map(|item| (item, 1)));
                }
                Expr::Rest => out.rest = true,
                Expr::Timed(_) => out.open = Some(timed()),
                Expr::Pair(..) | Expr::Other(_) | Expr::Named(_) => out.open = Some(unread()),
                item => out.items.push(item),
            }
        }
        out
    }

    /// The pairs of a map; of a named one that changes, none for sure.
    pub(super) fn pairs<'e>(&mut self, data: &'e Expr, place: Place<'_>) -> Pairs<'e>
    where
        'r: 'e,
    {
        let mut out = Pairs::default();
        let mut open = vec![data];
        let mut named = false;
        while let Some(next) = open.pop() {
            match next {
                Expr::Set(items) => open.extend(items.iter().rev()),
                Expr::Named(name) if !named => {
                    named = true;
                    let (elements, reason) = self.elements(name, place);
                    out.open = out.open.take().or(reason);
                    open.extend(elements.iter().rev());
                }
                Expr::Pair(key, data) if **key == Expr::Rest => out.rest = Some(data),
                Expr::Pair(key, data) => out.items.push((key, data)),
                Expr::Timed(inner) => {
                    out.open = Some(timed());
                    if let Expr::Pair(key, data) = &**inner {
                        out.items.push((key, data));
                    }
                }
                _ => out.open = Some(unread()),
            }
        }
        out
    }

    /// The elements of a named set or map, and why the set may hold others at another time.
    fn elements(&mut self, name: &str, place: Place<'_>) -> (&'r [Expr], Option<Text>) {
        let table = self.table(place.table);
        let at = table.and_then(|table| table.find_set(name));
        let Some(set) = table.zip(at).and_then(|(table, at)| table.sets.get(at)) else {
            self.builder.undefined("set", name, place.span);
            let reason =
                text!("集合「{name}」が定義されていません。", "the set {name} is not defined");
            self.unknown(place, reason.clone(), true);
            return (&[], Some(reason));
        };
        if set.changing || self.updated.contains(&(place.table, name.to_owned())) {
            let reason = text!(
                "集合「{name}」の要素は通信や時間によって変わります。",
                "the elements of {name} change with traffic and time"
            );
            self.unsupported(place, reason.clone());
            return (&set.elements, Some(reason));
        }
        (&set.elements, None)
    }

    /// The addresses of a right side; elements of a set that may be gone belong to it perhaps.
    pub(super) fn addresses(
        &mut self,
        right: &Expr,
        family: Family,
        place: Place<'_>,
    ) -> AddressId {
        let table = self.table(place.table);
        let named = match right {
            Expr::Named(name) => table.and_then(|table| table.find_set(name)),
            _ => None,
        };
        let key = named.map(|set| (place.table, set, family));
        if let Some(id) = key.and_then(|key| self.addresses.get(&key)) {
            return *id;
        }
        let values = self.values(right, place);
        let mut open = values.open.clone();
        let mut members = Vec::new();
        for item in &values.items {
            match range(item) {
                Some(range) if range.family() == family => {
                    members.push(self.builder.range(range, place.span));
                }
                _ => open = open.or_else(|| Some(self.unreadable(item, place))),
            }
        }
        if values.rest {
            members.push(self.builder.any_address(Some(family), place.span));
        }
        // Every element of a set that changes may be gone by now.
        if values.open.is_some() {
            members.clear();
        }
        if let Some(reason) = open {
            let within = crate::model::AddressWithin::Family(family);
            members.push(self.builder.unknown_address(reason, within, place.span));
        }
        let id = self.builder.union(members, place.span);
        // A set that changes is accounted for in every rule that asks for it.
        if let (Some(key), None) = (key, &values.open) {
            self.addresses.insert(key, id);
        }
        id
    }

    /// The reason for a value that could not be read; the rule becomes a gap.
    pub(super) fn unreadable(&mut self, item: &Expr, place: Place<'_>) -> Text {
        let words = match item {
            Expr::Word(word) | Expr::Other(word) => word.clone(),
            _ => "…".to_owned(),
        };
        let reason =
            text!("値「{words}」を解釈できません。", "the value `{words}` is not understood");
        self.unknown(place, reason.clone(), true);
        reason
    }
}

fn timed() -> Text {
    text!("期限付きの要素があります。", "some elements expire")
}

fn unread() -> Text {
    text!("解釈できない値があります。", "some values are not understood")
}

/// The addresses of one literal.
pub(super) fn range(expr: &Expr) -> Option<AddressRange> {
    match expr {
        Expr::Word(word) if word.contains('/') => Prefix::parse(word).map(Prefix::range),
        Expr::Word(word) => Some(AddressRange::single(word.parse().ok()?)),
        Expr::Prefix(address, len) => {
            let address: IpAddr = address.as_word()?.parse().ok()?;
            Some(Prefix::new(address, *len)?.range())
        }
        Expr::Range(first, last) => {
            AddressRange::new(first.as_word()?.parse().ok()?, last.as_word()?.parse().ok()?)
        }
        _ => None,
    }
}

/// The numbers of one literal, both ends included.
pub(super) fn numbers(expr: &Expr, name: fn(&str) -> Option<u32>) -> Option<(u32, u32)> {
    match expr {
        Expr::Word(word) => name(word).map(|number| (number, number)),
        Expr::Range(first, last) => {
            let (first, last) = (name(first.as_word()?)?, name(last.as_word()?)?);
            (first <= last).then_some((first, last))
        }
        _ => None,
    }
}

/// The verdict that an element of a verdict map has.
pub(super) fn verdict(data: &Expr) -> Option<&Verdict> {
    match data {
        Expr::Verdict(verdict) => Some(verdict),
        _ => None,
    }
}
