//! Entries of a table as the device holds them in the end: several `edit` of one name, `delete`, `rename`, `move`, `clone`
//! and `purge` are carried out in order.

use crate::formats::blocks::{Statement, Verb, Word};
use crate::source::Span;
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// One entry.
#[derive(Clone, Debug)]
pub(super) struct Entry<'t, 'a> {
    /// Its name or number.
    pub(super) name: Cow<'a, str>,
    parts: Parts<'t, 'a>,
}

/// The `edit … next` statements of an entry: nearly always one.
#[derive(Clone, Debug)]
enum Parts<'t, 'a> {
    One(Statement<'t, 'a>),
    More(Vec<Statement<'t, 'a>>),
}

impl<'t, 'a> Parts<'t, 'a> {
    fn push(&mut self, part: Statement<'t, 'a>) {
        match self {
            Parts::One(first) => *self = Parts::More(vec![*first, part]),
            Parts::More(parts) => parts.push(part),
        }
    }

    fn as_slice(&self) -> &[Statement<'t, 'a>] {
        match self {
            Parts::One(part) => std::slice::from_ref(part),
            Parts::More(parts) => parts,
        }
    }
}

/// What the blocks of one table hold.
#[derive(Debug, Default)]
pub(super) struct Entries<'t, 'a> {
    /// In the order in which the device holds them.
    pub(super) list: Vec<Entry<'t, 'a>>,
    /// Entries that a later statement deleted.
    pub(super) gone: Vec<Entry<'t, 'a>>,
    /// `delete`, `move` and the like, carried out.
    pub(super) edits: Vec<Statement<'t, 'a>>,
    /// Settings of the table itself (`config system sdwan / set status enable`).
    pub(super) settings: Vec<Statement<'t, 'a>>,
    /// Blocks directly inside.
    pub(super) nested: Vec<Statement<'t, 'a>>,
    /// What has no place in a table.
    pub(super) odd: Vec<Statement<'t, 'a>>,
}

impl<'t, 'a> Entry<'t, 'a> {
    /// From `edit` to `next`, of the last `edit`.
    pub(super) fn span(&self) -> Option<Span> {
        self.parts().last().map(|part| part.span())
    }

    /// The `edit … next` statements.
    pub(super) fn parts(&self) -> &[Statement<'t, 'a>] {
        self.parts.as_slice()
    }

    /// Its settings in force.
    pub(super) fn fields(&self) -> Fields<'t, 'a> {
        Fields::of(self.parts())
    }

    /// The same in place of what `fields` held, for tables of many entries.
    pub(super) fn fields_into(&self, fields: &mut Fields<'t, 'a>) {
        fields.seen = 0;
        fields.list.clear();
        fields.nested.clear();
        fields.odd.clear();
        fields.apply_all(self.parts());
    }
}

impl<'t, 'a> Entries<'t, 'a> {
    /// Carries out the statements of `blocks`.
    pub(super) fn read(blocks: &[Statement<'t, 'a>]) -> Entries<'t, 'a> {
        let mut building = Building::default();
        let statements = blocks.iter().map(|block| block.children().count()).sum();
        building.slots.reserve(statements);
        building.order.reserve(statements);
        building.names.reserve(statements);
        for block in blocks {
            for statement in block.children() {
                building.statement(statement);
            }
        }
        building.finish()
    }
}

#[derive(Default)]
struct Building<'t, 'a> {
    out: Entries<'t, 'a>,
    slots: Vec<Option<Entry<'t, 'a>>>,
    order: Vec<usize>,
    names: FxHashMap<Cow<'a, str>, usize>,
}

impl<'t, 'a> Building<'t, 'a> {
    fn statement(&mut self, statement: Statement<'t, 'a>) {
        match statement.verb() {
            Verb::Edit => self.edit(statement),
            Verb::Config => self.out.nested.push(statement),
            Verb::Set | Verb::Unset | Verb::Append | Verb::Select => {
                self.out.settings.push(statement)
            }
            Verb::Delete => {
                let name = statement.text(0);
                self.remove(&name);
                self.out.edits.push(statement);
            }
            Verb::Purge => {
                for slot in std::mem::take(&mut self.order) {
                    self.out.gone.extend(self.slots.get_mut(slot).and_then(Option::take));
                }
                self.names.clear();
                self.out.edits.push(statement);
            }
            Verb::Rename if self.rename(statement) => self.out.edits.push(statement),
            Verb::Clone if self.duplicate(statement) => self.out.edits.push(statement),
            Verb::Move if self.reorder(statement) => self.out.edits.push(statement),
            _ => self.out.odd.push(statement),
        }
    }

    fn edit(&mut self, statement: Statement<'t, 'a>) {
        let name = statement.text(0);
        // `edit 0` asks for the next free number: always a new entry.
        if name != "0"
            && let Some(slot) = self.names.get(&name)
            && let Some(Some(entry)) = self.slots.get_mut(*slot)
        {
            entry.parts.push(statement);
            return;
        }
        self.push(Entry { name, parts: Parts::One(statement) });
    }

    fn push(&mut self, entry: Entry<'t, 'a>) {
        let slot = self.slots.len();
        self.names.insert(entry.name.clone(), slot);
        self.order.push(slot);
        self.slots.push(Some(entry));
    }

    fn remove(&mut self, name: &str) {
        if let Some(slot) = self.names.remove(name) {
            self.order.retain(|other| *other != slot);
            self.out.gone.extend(self.slots.get_mut(slot).and_then(Option::take));
        }
    }

    /// Device syntax: `rename A to B`; references by the old name then find nothing, which is the wider reading.
    fn rename(&mut self, statement: Statement<'t, 'a>) -> bool {
        let (from, to) = (statement.text(0), statement.text(2));
        if statement.text(1) != "to" || to.is_empty() || self.names.contains_key(&to) {
            return false;
        }
        let Some(slot) = self.names.remove(&from) else { return false };
        if let Some(Some(entry)) = self.slots.get_mut(slot) {
            entry.name = to.clone();
        }
        self.names.insert(to, slot);
        true
    }

    fn duplicate(&mut self, statement: Statement<'t, 'a>) -> bool {
        let (from, to) = (statement.text(0), statement.text(2));
        if statement.text(1) != "to" || to.is_empty() || self.names.contains_key(&to) {
            return false;
        }
        let Some(Some(entry)) = self.names.get(&from).and_then(|slot| self.slots.get(*slot)) else {
            return false;
        };
        let parts = entry.parts.clone();
        self.push(Entry { name: to, parts });
        true
    }

    fn reorder(&mut self, statement: Statement<'t, 'a>) -> bool {
        let (Some(from), Some(to)) = (
            self.names.get(&statement.text(0)).copied(),
            self.names.get(&statement.text(2)).copied(),
        ) else {
            return false;
        };
        let after = match statement.text(1).as_ref() {
            "before" => 0,
            "after" => 1,
            _ => return false,
        };
        if from == to {
            return true;
        }
        self.order.retain(|slot| *slot != from);
        let at =
            self.order.iter().position(|slot| *slot == to).map_or(self.order.len(), |p| p + after);
        self.order.insert(at, from);
        true
    }

    fn finish(mut self) -> Entries<'t, 'a> {
        self.out.list.reserve(self.order.len());
        for slot in &self.order {
            self.out.list.extend(self.slots.get_mut(*slot).and_then(Option::take));
        }
        self.out
    }
}

/// The settings of one entry or of a block without entries, as they are in force.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields<'t, 'a> {
    /// One bit for each key that was ever set; most questions are about keys that are not there.
    seen: u64,
    list: Vec<(Cow<'a, str>, Statement<'t, 'a>)>,
    /// Blocks inside.
    pub(super) nested: Vec<Statement<'t, 'a>>,
    /// Statements with no meaning here.
    pub(super) odd: Vec<Statement<'t, 'a>>,
}

impl<'t, 'a> Fields<'t, 'a> {
    /// The settings of blocks that hold no entries.
    pub(super) fn of(blocks: &[Statement<'t, 'a>]) -> Fields<'t, 'a> {
        let mut fields = Fields::default();
        fields.apply_all(blocks);
        fields
    }

    fn apply_all(&mut self, blocks: &[Statement<'t, 'a>]) {
        self.list.reserve(blocks.iter().map(|block| block.children().count()).sum());
        for block in blocks {
            for statement in block.children() {
                self.apply(statement);
            }
        }
    }

    fn apply(&mut self, statement: Statement<'t, 'a>) {
        let key = statement.text(0);
        match statement.verb() {
            Verb::Set | Verb::Select => {
                if self.may_have(&key) {
                    self.list.retain(|(other, _)| *other != key);
                }
                self.push(key, statement);
            }
            Verb::Append => self.push(key, statement),
            Verb::Unset => self.list.retain(|(other, _)| *other != key),
            Verb::Config => self.nested.push(statement),
            _ => self.odd.push(statement),
        }
    }

    fn push(&mut self, key: Cow<'a, str>, statement: Statement<'t, 'a>) {
        self.seen |= bit(&key);
        self.list.push((key, statement));
    }

    fn may_have(&self, key: &str) -> bool {
        self.seen & bit(key) != 0
    }

    /// The settings in force: key and statement.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Cow<'a, str>, Statement<'t, 'a>)> {
        self.list.iter()
    }

    /// The statement that sets `key`.
    pub(super) fn get(&self, key: &str) -> Option<Statement<'t, 'a>> {
        if !self.may_have(key) {
            return None;
        }
        self.list.iter().rev().find(|(other, _)| other == key).map(|(_, statement)| *statement)
    }

    /// Where `key` is set.
    pub(super) fn span(&self, key: &str) -> Option<Span> {
        self.get(key).map(Statement::span)
    }

    /// The first value of `key`.
    pub(super) fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        self.get(key).filter(|statement| statement.len() > 1).map(|statement| statement.text(1))
    }

    /// Whether `key` is set to `value`.
    pub(super) fn is(&self, key: &str, value: &str) -> bool {
        self.text(key).is_some_and(|text| text == value)
    }

    /// Whether `key` is set to `enable`.
    pub(super) fn on(&self, key: &str) -> bool {
        self.is(key, "enable")
    }

    /// Every value of `key`, also those that `append` adds.
    pub(super) fn values(&self, key: &str) -> Vec<Word<'a>> {
        if !self.may_have(key) {
            return Vec::new();
        }
        let set = || self.list.iter().filter(|(other, _)| other == key);
        let mut words = Vec::with_capacity(set().map(|(_, set)| set.len().saturating_sub(1)).sum());
        for (_, statement) in set() {
            words.extend(statement.words_from(1));
        }
        words
    }

    /// The first value of `key` as a number.
    pub(super) fn number<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.parse().ok()
    }
}

/// The bit of a key, from its length and ends.
fn bit(key: &str) -> u64 {
    let end = |byte: Option<&u8>| u32::from(byte.copied().unwrap_or(0));
    let bytes = key.as_bytes();
    let length = u32::try_from(bytes.len()).unwrap_or(0);
    let mixed = length.wrapping_mul(7) ^ end(bytes.first()).wrapping_mul(13) ^ end(bytes.last());
    1u64 << (mixed & 63)
}
