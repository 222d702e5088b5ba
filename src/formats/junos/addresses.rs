//! Address books: the global one, those attached to zones, and those inside zones. For one name, the book of the zone wins.

use super::reader::{Reader, prefix};
use super::tree::{NodeId, Tree};
use crate::formats::builder::Builder;
use crate::model::{AddressId, AddressObject, AddressSet, AddressWithin, Remark};
use crate::net::{AddressRange, Family, WildcardMask};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::{FxHashMap, FxHashSet};

/// How deep address sets may nest.
const DEPTH: usize = 32;

/// One book.
struct Book<'a> {
    addresses: FxHashMap<&'a str, NodeId>,
    sets: FxHashMap<&'a str, NodeId>,
    made: FxHashMap<&'a str, Option<AddressId>>,
}

/// All books, and which of them a zone looks into, in order.
#[derive(Default)]
pub(super) struct Books<'a> {
    books: Vec<Book<'a>>,
    zones: FxHashMap<&'a str, Vec<usize>>,
    global: Vec<usize>,
}

impl<'a> Reader<'a, '_> {
    pub(super) fn read_books(&mut self) -> Books<'a> {
        let mut books = Books::default();
        if let Some(zones) = self.tree.path(Tree::ROOT, &["security", "zones", "security-zone"]) {
            for zone in self.tree.kids(zones) {
                let name = self.word(zone);
                if let Some(book) = self.tree.get(zone, "address-book") {
                    let at = self.book(book, &mut books);
                    books.zones.entry(name).or_default().push(at);
                }
            }
        }
        if let Some(all) = self.tree.path(Tree::ROOT, &["security", "address-book"]) {
            for book in self.tree.kids(all) {
                let at = self.book(book, &mut books);
                if self.word(book) == "global" {
                    books.global.push(at);
                }
                let attached = self.tree.path(book, &["attach", "zone"]);
                for zone in attached.map(|zone| self.tree.kids(zone)).unwrap_or_default() {
                    self.tree.used(zone);
                    books.zones.entry(self.word(zone)).or_default().push(at);
                }
            }
        }
        books
    }

    fn book(&mut self, node: NodeId, books: &mut Books<'a>) -> usize {
        let mut book = Book {
            addresses: FxHashMap::default(),
            sets: FxHashMap::default(),
            made: FxHashMap::default(),
        };
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "address" => {
                    for address in self.tree.kids(kid) {
                        self.tree.used(address);
                        book.addresses.insert(self.word(address), address);
                    }
                }
                "address-set" => {
                    for set in self.tree.kids(kid) {
                        self.tree.used(set);
                        book.sets.insert(self.word(set), set);
                    }
                }
                "attach" => {}
                "description" => self.tree.ignore(kid),
                _ => self.unread(kid),
            }
        }
        books.books.push(book);
        books.books.len() - 1
    }

    /// Makes every object, so that also those that nothing uses have their account.
    pub(super) fn make_all(&mut self, books: &mut Books<'a>) {
        for at in 0..books.books.len() {
            let Some(book) = books.books.get(at) else { continue };
            let mut nodes: Vec<(NodeId, &'a str)> = book
                .addresses
                .iter()
                .chain(&book.sets)
                .map(|(name, node)| (*node, *name))
                .collect();
            nodes.sort_unstable();
            for (_, name) in nodes {
                self.named(books, at, name, 0);
            }
        }
    }

    /// What a name in a policy stands for. `zone`: the zone that it is looked up for; `None` in global policies.
    pub(super) fn address_of(
        &mut self,
        books: &mut Books<'a>,
        zone: Option<&str>,
        node: NodeId,
    ) -> AddressId {
        let (name, span) = (self.word(node), self.span(node));
        self.tree.used(node);
        if let Some(id) = any(&mut self.b, name, span) {
            return id;
        }
        let own = zone.and_then(|zone| books.zones.get(zone)).cloned().unwrap_or_default();
        let order: Vec<usize> = own.into_iter().chain(books.global.iter().copied()).collect();
        for at in order {
            if let Some(id) = self.named(books, at, name, 0) {
                return id;
            }
        }
        self.undefined_address(name, span)
    }

    /// The address of this name in any book that NAT rules look into: the global one first.
    pub(super) fn nat_address(&mut self, books: &mut Books<'a>, node: NodeId) -> AddressId {
        let name = self.word(node);
        let at = (0..books.books.len()).find(|at| {
            let book = books.books.get(*at);
            book.is_some_and(|b| b.addresses.contains_key(name) || b.sets.contains_key(name))
        });
        let global = books.global.clone();
        for at in global.into_iter().chain(at) {
            if let Some(id) = self.named(books, at, name, 0) {
                self.tree.used(node);
                return id;
            }
        }
        self.address_of(books, None, node)
    }

    fn undefined_address(&mut self, name: &str, span: Span) -> AddressId {
        self.b.undefined("address", name, span);
        let reason = text!(
            "アドレス「{name}」は定義されていません。",
            "the address `{name}` is not defined"
        );
        self.b.unknown_address(reason, AddressWithin::Anywhere, span)
    }

    fn named(
        &mut self,
        books: &mut Books<'a>,
        at: usize,
        name: &'a str,
        depth: usize,
    ) -> Option<AddressId> {
        let book = books.books.get_mut(at)?;
        match book.made.get(name) {
            Some(Some(id)) => return Some(*id),
            Some(None) => {
                let node = book.sets.get(name).or(book.addresses.get(name)).copied()?;
                let span = self.span(node);
                self.b.device.remarks.push(Remark::Recursive { name: name.to_owned(), span });
                return Some(self.b.unknown_address(looped(name), AddressWithin::Anywhere, span));
            }
            None => {}
        }
        let (address, set) = (book.addresses.get(name).copied(), book.sets.get(name).copied());
        address.or(set)?;
        book.made.insert(name, None);
        let span = address.or(set).map_or(self.origin, |node| self.span(node));
        let mut members = Vec::new();
        if let Some(node) = address {
            members.push(self.one_address(node));
        }
        if let Some(node) = set {
            members.push(self.address_set(books, at, node, depth));
        }
        let value = AddressSet::Union(members);
        let named = AddressObject { name: name.to_owned(), value, span };
        let id = self.b.device.addresses.push(named);
        if let Some(book) = books.books.get_mut(at) {
            book.made.insert(name, Some(id));
        }
        Some(id)
    }

    fn address_set(
        &mut self,
        books: &mut Books<'a>,
        at: usize,
        node: NodeId,
        depth: usize,
    ) -> AddressId {
        let span = self.span(node);
        let mut members = Vec::new();
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "address" | "address-set" => {
                    for member in self.tree.kids(kid) {
                        self.tree.used(member);
                        let (name, span) = (self.word(member), self.span(member));
                        let found = if depth < DEPTH {
                            self.named(books, at, name, depth + 1)
                        } else {
                            None
                        };
                        members.push(found.unwrap_or_else(|| self.undefined_address(name, span)));
                    }
                }
                "description" => self.tree.ignore(kid),
                _ => members.push(self.strange_address(kid)),
            }
        }
        self.b.union(members, span)
    }

    /// Every address that `listed` does not hold. Whether a family of which it lists nothing belongs to them is not established.
    pub(super) fn all_but(&mut self, listed: AddressId, span: Span) -> AddressId {
        let mut members = Vec::new();
        for family in Family::ALL {
            let all = if self.lists(listed, family) {
                self.b.any_address(Some(family), span)
            } else {
                let id = family.id();
                let reason = text!(
                    "除外するアドレスに{id}のものがないため、{id}の通信が当てはまるかどうかは特定できません。",
                    "no excluded address is of {id}, so whether its packets match is not established"
                );
                self.b.unknown_address(reason, AddressWithin::Family(family), span)
            };
            members.push(self.b.except(all, listed, span));
        }
        self.b.union(members, span)
    }

    /// Whether a set speaks of addresses of this family.
    fn lists(&self, id: AddressId, family: Family) -> bool {
        let (mut work, mut seen) = (vec![id], FxHashSet::default());
        while let Some(id) = work.pop() {
            if !seen.insert(id) {
                continue;
            }
            let found = match &self.b.device.addresses[id].value {
                AddressSet::Range(range) => range.family() == family,
                AddressSet::Wildcard(_) => family == Family::V4,
                AddressSet::Unknown { within: AddressWithin::Family(own), .. } => *own == family,
                AddressSet::Any | AddressSet::Unknown { .. } => true,
                AddressSet::Union(members) => {
                    work.extend(members);
                    false
                }
                AddressSet::Except { of, .. } => {
                    work.push(*of);
                    false
                }
            };
            if found {
                return true;
            }
        }
        false
    }

    /// A condition on addresses that is not understood.
    pub(super) fn strange_address(&mut self, node: NodeId) -> AddressId {
        let taint = self.taint(node);
        self.b.unknown_address(taint.reason, AddressWithin::Anywhere, taint.span)
    }

    fn one_address(&mut self, node: NodeId) -> AddressId {
        let span = self.span(node);
        let kids = self.tree.kids(node);
        let home = self.tree.group(node);
        let own = |reader: &Self, kid: &NodeId| reader.tree.group(*kid) == home;
        let written = kids.iter().any(|kid| own(self, kid) && self.word(*kid) != "description");
        let mut members = Vec::new();
        for kid in kids {
            if self.word(kid) == "description" || written && !own(self, &kid) {
                self.tree.ignore(kid);
                continue;
            }
            members.push(self.value_address(kid));
        }
        match members.as_slice() {
            [one] => *one,
            [] => {
                let name = self.word(node);
                let reason = text!(
                    "アドレス「{name}」に値がありません。",
                    "the address `{name}` has no value"
                );
                self.b.unknown_address(reason, AddressWithin::Anywhere, span)
            }
            _ => {
                // One object has one value; which of several the device keeps is not known.
                let union = self.b.union(members, span);
                let reason = text!(
                    "アドレスの値が複数あり、どれが有効か特定できません。",
                    "the address has several values; which one is in force is not known"
                );
                let doubt = self.b.unknown_address(reason, AddressWithin::Anywhere, span);
                let rest = self.b.except(doubt, union, span);
                self.b.except(doubt, rest, span)
            }
        }
    }

    fn value_address(&mut self, kid: NodeId) -> AddressId {
        let span = self.span(kid);
        let leaf = |reader: &mut Self| -> Option<&'a str> {
            let value = reader.tree.value(kid)?;
            let plain = reader.tree.kids(value).is_empty();
            plain.then(|| reader.word(value))
        };
        let found = match self.word(kid) {
            "ip-prefix" => {
                let word = leaf(self);
                word.and_then(prefix).map(|p| self.b.range(p.range(), span))
            }
            "wildcard-address" => {
                let word = leaf(self);
                word.and_then(wildcard).map(|mask| self.b.wildcard(mask, span))
            }
            "range-address" => self.range_address(kid),
            "dns-name" => {
                let Some(name) = self.tree.value(kid) else { return self.strange_address(kid) };
                self.tree.ignore(name);
                let reason = dns_reason(self.word(name));
                return self.b.unknown_address(reason, AddressWithin::Anywhere, span);
            }
            word => {
                let found = prefix(word).filter(|_| self.tree.kids(kid).is_empty());
                found.map(|p| self.b.range(p.range(), span))
            }
        };
        match found {
            Some(id) => {
                self.tree.used(kid);
                id
            }
            None => self.strange_address(kid),
        }
    }

    /// `range-address A { to B; }`.
    fn range_address(&mut self, node: NodeId) -> Option<AddressId> {
        let first = self.tree.value(node)?;
        let last = self.tree.value_of(first, "to")?;
        let range = AddressRange::new(self.word(first).parse().ok()?, last.parse().ok()?)?;
        let span = self.span(node);
        Some(self.b.range(range, span))
    }
}

/// The predefined names.
fn any(b: &mut Builder, name: &str, span: Span) -> Option<AddressId> {
    match name {
        "any" => Some(b.any_address(None, span)),
        "any-ipv4" => Some(b.any_address(Some(Family::V4), span)),
        "any-ipv6" => Some(b.any_address(Some(Family::V6), span)),
        _ => None,
    }
}

/// `10.0.0.1/255.0.0.255`: a set bit of the mask is compared.
fn wildcard(word: &str) -> Option<WildcardMask> {
    let (address, mask) = word.split_once('/')?;
    let mask: std::net::Ipv4Addr = mask.parse().ok()?;
    Some(WildcardMask::new(address.parse().ok()?, std::net::Ipv4Addr::from(!u32::from(mask))))
}

fn dns_reason(name: &str) -> Text {
    text!(
        "ドメイン名「{name}」のアドレスは設定だけでは決まりません（topology.yaml の resolve で指定できます）。",
        "the addresses of the domain name `{name}` are not in the configuration (see `resolve` in topology.yaml)"
    )
}

fn looped(name: &str) -> Text {
    text!(
        "アドレスセット「{name}」が自分自身を参照しています。",
        "the address set `{name}` refers to itself"
    )
}
