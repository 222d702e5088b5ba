//! Named objects: who defines a name, and what addresses it stands for. Services and applications follow in `services`.

use super::reader::{Reader, literal};
use super::tree::{At, Nodes, Tree, Word};
use crate::model::{AddressId, AddressObject, AddressSet, AddressWithin, Remark, ServiceId};
use crate::net::{Prefix, WildcardMask};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::{FxHashMap, FxHashSet};

/// How deep groups may be nested; PAN-OS allows far less.
pub(super) const MAX_NESTING: usize = 64;

type Table<'t> = FxHashMap<&'t str, Vec<At>>;

/// The kinds of objects, by the element that holds them.
pub(super) const KINDS: [&str; 10] = [
    "address",
    "address-group",
    "service",
    "service-group",
    "application",
    "application-group",
    "application-filter",
    "external-list",
    "region",
    "schedule",
];

/// The objects of one vsys, device group, or of everybody.
#[derive(Debug, Default)]
pub(super) struct Scope<'t> {
    tables: [Table<'t>; KINDS.len()],
}

/// Scopes in the order in which a name is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Space(usize);

/// All objects of a file.
#[derive(Debug, Default)]
pub(super) struct Names<'t> {
    scopes: Vec<Scope<'t>>,
    spaces: Vec<Vec<usize>>,
    /// Whether objects of ancestors may win over those of the scope that comes first: then a name that several scopes define in
    /// different ways is defined more than once.
    pub(super) ancestors: bool,
    pub(super) addresses: FxHashMap<(At, Space, usize), AddressId>,
    pub(super) services: FxHashMap<(At, Space, usize), ServiceId>,
    pub(super) applications: FxHashMap<(At, Space), ServiceId>,
    pub(super) open: FxHashSet<At>,
}

/// A name that was found: its kind, its definitions, and where in the space it stands.
pub(super) struct Found {
    pub(super) kind: &'static str,
    pub(super) definitions: Vec<At>,
    pub(super) place: usize,
}

impl<'t> Names<'t> {
    /// A space that looks up names in these scopes, in this order.
    pub(super) fn space(&mut self, scopes: Vec<usize>) -> Space {
        self.spaces.push(scopes);
        Space(self.spaces.len() - 1)
    }

    /// Why a name with several definitions has no value.
    pub(super) fn twice(&self, name: &str) -> Text {
        if self.ancestors {
            text!(
                "「{name}」の定義が複数あります。上位のデバイスグループの定義を優先する設定のため、どれが使われるかは不明とします。",
                "`{name}` is defined more than once, and objects of ancestors are set to win; which one counts is not told"
            )
        } else {
            text!("「{name}」の定義が複数あります。", "`{name}` is defined more than once")
        }
    }

    /// The definition of `name` as one of `kinds`, from `start` on.
    pub(super) fn find(
        &self,
        tree: &Tree<'_>,
        space: Space,
        start: usize,
        kinds: &[&'static str],
        name: &str,
    ) -> Option<Found> {
        let scopes = self.spaces.get(space.0)?;
        let mut found: Option<Found> = None;
        for (place, scope) in scopes.iter().enumerate().skip(start) {
            let scope = self.scopes.get(*scope)?;
            for kind in kinds {
                let table = KINDS.iter().position(|known| known == kind);
                let table = table.and_then(|at| scope.tables.get(at));
                let Some(definitions) = table.and_then(|table| table.get(name)) else { continue };
                match &mut found {
                    None => found = Some(Found { kind, definitions: definitions.clone(), place }),
                    Some(found) => found.definitions.extend(other(tree, found, kind, definitions)),
                }
                if !self.ancestors {
                    return found;
                }
                break;
            }
        }
        found
    }
}

/// What of these definitions in an outer scope says something else than the one that was found.
fn other(tree: &Tree<'_>, found: &Found, kind: &str, definitions: &[At]) -> Vec<At> {
    let own = found.definitions.first().map(|at| outline(tree, *at));
    let differs = |at: &&At| kind != found.kind || Some(outline(tree, **at)) != own;
    definitions.iter().filter(differs).copied().collect()
}

/// Everything that an entry says, as text.
fn outline(tree: &Tree<'_>, at: At) -> String {
    let mut out = String::new();
    let mut open = vec![(at, 0usize)];
    while let Some((at, depth)) = open.pop() {
        for child in tree.children(at).iter().rev() {
            open.push((*child, depth + 1));
        }
        out.push_str(&format!("{depth} {}\n", tree.name(at)));
    }
    out
}

const ADDRESS_KINDS: [&str; 4] = ["address", "address-group", "external-list", "region"];

/// Fields of objects that say nothing about what they hold.
pub(super) const OBJECT_WORDS: [&str; 5] =
    ["description", "tag", "disable-override", "uuid", "comment"];

impl<'t> Reader<'t> {
    /// Reads the tables of objects under `nodes`.
    pub(super) fn scope(&mut self, nodes: &Nodes) -> usize {
        let mut scope = Scope::default();
        for (table, kind) in scope.tables.iter_mut().zip(KINDS) {
            for entry in nodes.sub(self.tree, kind).words(self.tree) {
                table.entry(entry.text).or_default().push(entry.at);
            }
        }
        self.names.scopes.push(scope);
        self.names.scopes.len() - 1
    }

    /// Reads every object of the first scope of a space, used or not.
    pub(super) fn all_objects(&mut self, space: Space) {
        let first = self.names.spaces.get(space.0).and_then(|scopes| scopes.first().copied());
        let Some(scope) = first.and_then(|at| self.names.scopes.get(at)) else { return };
        let mut all: Vec<(&'static str, &'t str, Vec<At>)> = Vec::new();
        for (table, kind) in scope.tables.iter().zip(KINDS) {
            all.extend(self.sorted(table).into_iter().map(|(name, at)| (kind, name, at)));
        }
        for (kind, text, definitions) in all {
            let Some(at) = definitions.first().copied() else { continue };
            let word = Word { text, at };
            match kind {
                "address" | "address-group" | "external-list" | "region" => {
                    self.named_address(space, 0, kind, &definitions, text, 0);
                }
                "service" | "service-group" => {
                    self.service(space, word);
                }
                "application" | "application-group" | "application-filter" => {
                    self.application(space, word, 0);
                }
                _ => {
                    self.schedule(space, word);
                }
            }
        }
    }

    /// A table in the order of the file.
    fn sorted(&self, table: &Table<'t>) -> Vec<(&'t str, Vec<At>)> {
        let mut rows: Vec<(&'t str, Vec<At>)> = Vec::new();
        #[allow(clippy::iter_over_hash_type, reason = "sorted before use")]
        for (name, definitions) in table {
            rows.push((name, definitions.clone()));
        }
        rows.sort_unstable_by_key(|(_, definitions)| definitions.first().copied());
        rows
    }

    /// The union of the addresses that a rule names.
    pub(super) fn addresses(&mut self, space: Space, words: &[Word<'t>], span: Span) -> AddressId {
        if words.iter().any(|word| word.text == "any") {
            return self.b.any_address(None, span);
        }
        let members = words.iter().map(|word| self.address(space, 0, *word, 0)).collect();
        self.b.union(members, span)
    }

    /// What a name or literal stands for, looked up from place `start` of the space on.
    pub(super) fn address(
        &mut self,
        space: Space,
        start: usize,
        word: Word<'t>,
        depth: usize,
    ) -> AddressId {
        let span = self.tree.span(word.at);
        let text = self.value(word.text);
        if let Some(found) = self.names.find(self.tree, space, start, &ADDRESS_KINDS, text) {
            let Found { kind, definitions, place } = found;
            return self.named_address(space, place, kind, &definitions, text, depth);
        }
        if let Some(range) = literal(text) {
            return self.b.range(range, span);
        }
        let reason = if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            text!(
                "地域「{text}」のアドレスは設定に含まれません。",
                "the addresses of region `{text}` are not in the configuration"
            )
        } else {
            self.b.undefined("address", text, span);
            text!("アドレス「{text}」は定義されていません。", "address `{text}` is not defined")
        };
        self.tree.unsupported(word.at, reason.clone());
        self.b.unknown_address(reason, AddressWithin::Anywhere, span)
    }

    fn named_address(
        &mut self,
        space: Space,
        place: usize,
        kind: &'static str,
        definitions: &[At],
        name: &'t str,
        depth: usize,
    ) -> AddressId {
        let Some(at) = definitions.first().copied() else {
            return self.b.any_address(None, self.origin);
        };
        let span = self.tree.span(at);
        let key = (at, space, place);
        if let Some(id) = self.names.addresses.get(&key) {
            return *id;
        }
        if depth > MAX_NESTING || !self.names.open.insert(at) {
            self.b.device.remarks.push(Remark::Recursive { name: name.to_owned(), span });
            let reason =
                text!("グループ「{name}」は自分自身を含みます。", "group `{name}` contains itself");
            return self.b.unknown_address(reason, AddressWithin::Anywhere, span);
        }
        let value = match (kind, definitions) {
            (_, [_, second, ..]) => {
                let reason = self.names.twice(name);
                self.tree.unknown(*second, reason.clone());
                unknown(reason)
            }
            ("address", _) => self.object(at),
            ("address-group", _) => self.group(space, place, at, name, depth),
            ("external-list", _) => {
                self.tree.used_below(at);
                unknown(text!(
                    "外部リスト「{name}」の内容は設定に含まれません。",
                    "the contents of external list `{name}` are not in the configuration"
                ))
            }
            _ => {
                self.tree.used_below(at);
                unknown(text!(
                    "地域「{name}」のアドレスは設定だけでは決まりません。",
                    "the addresses of region `{name}` are not in the configuration alone"
                ))
            }
        };
        self.names.open.remove(&at);
        let object = AddressObject { name: name.to_owned(), value, span };
        let id = self.b.device.addresses.push(object);
        self.names.addresses.insert(key, id);
        id
    }

    /// An `address` entry.
    fn object(&mut self, at: At) -> AddressSet {
        let mut fields = self.fields(&Nodes::of(at));
        let mut found: Vec<AddressSet> = Vec::new();
        for kind in ["ip-netmask", "ip-range", "ip-wildcard", "fqdn"] {
            let Some(word) = fields.one(kind) else { continue };
            let text = self.value(word.text);
            let value = match kind {
                "fqdn" => {
                    let name = text.to_ascii_lowercase();
                    Some(unknown(text!(
                        "FQDN「{name}」のアドレスは設定に含まれません。",
                        "the addresses of `{name}` are not in the configuration"
                    )))
                }
                "ip-wildcard" => wildcard(text).map(AddressSet::Wildcard),
                _ => literal(text).map(AddressSet::Range),
            };
            found.push(value.unwrap_or_else(|| {
                let reason = text!(
                    "アドレス「{text}」を解釈できません。",
                    "the address `{text}` is not understood"
                );
                fields.doubt(word.at, reason.clone());
                unknown(reason)
            }));
        }
        let doubts = fields.close(&OBJECT_WORDS);
        match (found.pop(), found.is_empty(), doubts.first()) {
            (Some(value), true, None) => value,
            (_, _, Some(doubt)) => unknown(doubt.reason.clone()),
            _ => unknown(text!("アドレスの値がありません。", "the address has no single value")),
        }
    }

    fn group(
        &mut self,
        space: Space,
        place: usize,
        at: At,
        name: &'t str,
        depth: usize,
    ) -> AddressSet {
        let mut fields = self.fields(&Nodes::of(at));
        let dynamic = fields.sub("dynamic");
        for node in &dynamic.0 {
            self.tree.used_below(*node);
        }
        let listed = fields.many("static");
        let mut doubts = fields.close(&OBJECT_WORDS);
        if !dynamic.is_empty() {
            return unknown(text!(
                "動的グループ「{name}」のメンバーは設定だけでは決まりません。",
                "the members of dynamic group `{name}` are not in the configuration"
            ));
        }
        let mut members: Vec<AddressId> = listed
            .unwrap_or_default()
            .into_iter()
            .map(|word| self.address(space, place, word, depth + 1))
            .collect();
        if let Some(doubt) = doubts.pop() {
            members.push(self.b.unknown_address(doubt.reason, AddressWithin::Anywhere, doubt.span));
        }
        AddressSet::Union(members)
    }
}

/// Whether Panorama lets objects of ancestors win over those of the device group (`ancestor-objects-take-precedence`), or has
/// a setting that may be this one.
pub(super) fn ancestors_win(reader: &Reader<'_>, deviceconfig: &Nodes) -> bool {
    let tree = reader.tree;
    let mut open = deviceconfig.sub(tree, "setting").0;
    while let Some(at) = open.pop() {
        let (name, values) = (tree.name(at), tree.children(at));
        let may = name.contains("ancestor") || name.contains("precedence");
        if may && values.iter().any(|value| tree.name(*value) != "no") {
            tree.unsupported(at, text!(
                "同名のオブジェクトは上位のデバイスグループの定義を優先する設定です。値が異なる名前は不明とします。",
                "objects of ancestors win over those of a device group; a name with different values is read as unknown"
            ));
            return true;
        }
        open.extend(values);
    }
    false
}

fn unknown(reason: Text) -> AddressSet {
    AddressSet::Unknown { reason, within: AddressWithin::Anywhere }
}

/// `10.20.0.0/0.0.248.255`: a set bit of the mask is not compared.
fn wildcard(text: &str) -> Option<WildcardMask> {
    let (address, ignore) = text.split_once('/')?;
    Some(WildcardMask::new(address.trim().parse().ok()?, ignore.trim().parse().ok()?))
}

/// The prefix of a destination of a route.
pub(super) fn prefix(text: &str) -> Option<Prefix> {
    let (address, len) = super::reader::host(text)?;
    Prefix::new(address, len)
}
