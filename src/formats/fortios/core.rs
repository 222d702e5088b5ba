//! What every table reader of this format works with.

use super::entry::{Entries, Entry};
use crate::formats::Ledger;
use crate::formats::blocks::{Statement, Verb, Word};
use crate::model::{
    AddressId, AddressObject, AddressSet, AddressWithin, ContextId, Device, InterfaceId,
    LineStatus, Remark, RewriteId, ScheduleId, ServiceId,
};
use crate::net::{Family, Prefix};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A FortiOS release.
pub(super) type Version = (u16, u16, u16);

/// A name as it stands in the file.
pub(super) type Name<'a> = Cow<'a, str>;

/// The state of one reading.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) ledger: Ledger<'a>,
    pub(super) device: Device,
    /// The release that the header states.
    pub(super) version: Option<Version>,
    /// Whether the file has the header of a backup, and so should be whole.
    pub(super) is_backup: bool,
    /// Interfaces of all VDOMs by name.
    pub(super) ports: FxHashMap<Name<'a>, InterfaceId>,
    /// Whether the file defines interfaces at all; an excerpt does not.
    pub(super) has_interfaces: bool,
    /// The beginning of the file, for what has no line of its own.
    pub(super) origin: Span,
    /// Predefined services that are in the table already.
    pub(super) predefined: FxHashMap<&'static str, ServiceId>,
    constants: FxHashMap<&'static str, AddressId>,
    pending: Option<(Span, LineStatus)>,
}

/// One VDOM, the global part, or a plain backup.
#[derive(Default)]
pub(super) struct Scope<'t, 'a> {
    pub(super) name: Name<'a>,
    pub(super) context: Option<ContextId>,
    pub(super) blocks: BTreeMap<&'static str, Vec<Statement<'t, 'a>>>,
    pub(super) names: Names<'a>,
}

/// What names stand for in one VDOM.
#[derive(Clone, Default)]
pub(super) struct Names<'a> {
    pub(super) addresses: FxHashMap<Name<'a>, AddressId>,
    pub(super) addresses6: FxHashMap<Name<'a>, AddressId>,
    pub(super) services: FxHashMap<Name<'a>, ServiceId>,
    pub(super) schedules: FxHashMap<Name<'a>, Option<ScheduleId>>,
    pub(super) vips: FxHashMap<Name<'a>, Vec<RewriteId>>,
    pub(super) vips6: FxHashMap<Name<'a>, Vec<RewriteId>>,
    pub(super) zones: FxHashMap<Name<'a>, Vec<InterfaceId>>,
    pub(super) feeds: FxHashMap<Name<'a>, Span>,
}

impl Names<'_> {
    /// Whether any name stands for a virtual IP.
    pub(super) fn has_vips(&self, family: Family) -> bool {
        match family {
            Family::V4 => !self.vips.is_empty(),
            Family::V6 => !self.vips6.is_empty(),
        }
    }
}

/// Which keywords a kind of entry has: read into the model, or known not to matter.
pub(super) struct Words(FxHashMap<&'static str, LineStatus>);

impl Words {
    /// The vocabulary; nested blocks stand as `config NAME`.
    pub(super) fn new(read: &[&'static str], ignored: &[&'static str]) -> Words {
        let read = read.iter().map(|word| (*word, LineStatus::Used));
        let ignored = ignored.iter().map(|word| (*word, LineStatus::Irrelevant));
        // A word that is read wins, so that a shared list of harmless words can be passed on.
        Words(ignored.chain(read).collect())
    }

    fn status(&self, statement: Statement<'_, '_>) -> Option<LineStatus> {
        match statement.verb() {
            Verb::Set | Verb::Unset | Verb::Append | Verb::Select => {
                self.0.get(statement.text(0).as_ref()).copied()
            }
            Verb::Config => self.0.get(format!("config {}", statement.path()).as_str()).copied(),
            _ => None,
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, ledger: Ledger<'a>, origin: Span) -> Reader<'a> {
        Reader {
            text,
            ledger,
            device: Device { format: "fortios", ..Device::default() },
            version: None,
            is_backup: false,
            ports: FxHashMap::default(),
            has_interfaces: false,
            origin,
            predefined: FxHashMap::default(),
            constants: FxHashMap::default(),
            pending: None,
        }
    }

    /// Claims lines; neighbours of one status are claimed together.
    pub(super) fn mark(&mut self, span: Span, status: LineStatus) {
        if let Some((pending, same)) = &mut self.pending
            && *same == status
            && pending.end <= span.start
        {
            let gap = self.text.get(pending.end as usize..span.start as usize);
            if gap
                .is_some_and(|gap| gap.len() < 256 && gap.bytes().all(|b| b.is_ascii_whitespace()))
            {
                pending.end = span.end;
                return;
            }
        }
        self.flush();
        self.pending = Some((span, status));
    }

    /// Hands the pending claim to the ledger.
    pub(super) fn flush(&mut self) {
        if let Some((span, status)) = self.pending.take() {
            match status {
                LineStatus::Used => self.ledger.used(span),
                _ => self.ledger.irrelevant(span),
            }
        }
    }

    pub(super) fn used(&mut self, span: Span) {
        self.mark(span, LineStatus::Used);
    }

    pub(super) fn irrelevant(&mut self, span: Span) {
        self.mark(span, LineStatus::Irrelevant);
    }

    /// The lines that open and close a block.
    pub(super) fn frame(&mut self, statement: Statement<'_, 'a>) {
        self.used(statement.head());
        self.used(statement.tail());
    }

    /// Reads the entries of the blocks of one table and claims what is not inside an entry.
    pub(super) fn entries<'t>(&mut self, blocks: &[Statement<'t, 'a>]) -> Entries<'t, 'a> {
        let entries = Entries::read(blocks);
        for block in blocks {
            self.frame(*block);
        }
        for statement in &entries.edits {
            self.used(statement.span());
        }
        for part in entries.gone.iter().flat_map(Entry::parts) {
            self.irrelevant(part.span());
        }
        for statement in &entries.odd {
            let reason = text!(
                "表の中にある解釈できない行です。この表のどの項目にも影響し得ます。",
                "a statement that is not understood inside a table; it may change any of its entries"
            );
            self.ledger.unknown(statement.span(), reason, false);
        }
        entries
    }

    /// Entries of a table that has no settings and blocks of its own.
    pub(super) fn plain_entries<'t>(&mut self, blocks: &[Statement<'t, 'a>]) -> Vec<Entry<'t, 'a>> {
        let entries = self.entries(blocks);
        for statement in entries.settings.iter().chain(&entries.nested) {
            let reason = text!(
                "項目（edit）の外にある解釈できない設定です。",
                "a setting outside every entry that is not understood"
            );
            self.ledger.unknown(statement.span(), reason, false);
        }
        entries.list
    }

    /// Claims every line of an entry by its vocabulary; returns the statements that are not in it.
    pub(super) fn account<'t>(
        &mut self,
        entry: &Entry<'t, 'a>,
        words: &Words,
    ) -> Vec<Statement<'t, 'a>> {
        self.account_all(entry.parts(), words)
    }

    /// The same for blocks without entries.
    pub(super) fn account_all<'t>(
        &mut self,
        blocks: &[Statement<'t, 'a>],
        words: &Words,
    ) -> Vec<Statement<'t, 'a>> {
        let mut strange = Vec::new();
        for block in blocks {
            self.used(block.head());
            for statement in block.children() {
                match words.status(statement) {
                    Some(LineStatus::Used) if statement.verb() == Verb::Config => {
                        self.frame(statement);
                    }
                    Some(status) => self.mark(statement.span(), status),
                    None => strange.push(statement),
                }
            }
            self.used(block.tail());
        }
        strange
    }

    /// Reports statements whose uncertainty the model holds at the object `what`.
    pub(super) fn contained(&mut self, strange: &[Statement<'_, 'a>], what: &str) {
        for statement in strange {
            let words = first_words(*statement);
            let reason = text!(
                "「{what}」の中の「{words}」は解釈できません。「{what}」は不明なものとして扱います。",
                "`{words}` in {what} is not understood; {what} is read as unknown"
            );
            self.ledger.unknown(statement.span(), reason, true);
        }
    }

    /// Reports statements that may change anything.
    pub(super) fn uncontained(&mut self, strange: &[Statement<'_, 'a>], what: &str) {
        for statement in strange {
            let words = first_words(*statement);
            let reason = text!(
                "「{what}」の中の「{words}」は解釈できません。この機器の通信制御に影響し得ます。",
                "`{words}` in {what} is not understood and may change anything on this device"
            );
            self.ledger.unknown(statement.span(), reason, false);
        }
    }

    /// A set known before any object: every address, every address of a family, or none.
    pub(super) fn constant(&mut self, which: &'static str) -> AddressId {
        if let Some(id) = self.constants.get(which) {
            return *id;
        }
        let value = match which {
            "all" => AddressSet::Range(Prefix::all(Family::V4).range()),
            "all6" => AddressSet::Range(Prefix::all(Family::V6).range()),
            "none" => AddressSet::Union(Vec::new()),
            _ => AddressSet::Any,
        };
        let span = self.origin;
        let id = self.device.addresses.push(AddressObject { name: String::new(), value, span });
        self.constants.insert(which, id);
        id
    }

    /// Every address of `family`.
    pub(super) fn all(&mut self, family: Family) -> AddressId {
        self.constant(if family == Family::V4 { "all" } else { "all6" })
    }

    /// A literal that stands for an unknown set.
    pub(super) fn unknown_address(
        &mut self,
        family: Option<Family>,
        reason: Text,
        span: Span,
    ) -> AddressId {
        let within = family.map_or(AddressWithin::Anywhere, AddressWithin::Family);
        self.device.literal(AddressSet::Unknown { reason, within }, span)
    }

    /// The union of `ids`; the one when there is one.
    pub(super) fn union(&mut self, ids: Vec<AddressId>, span: Span) -> AddressId {
        match ids.as_slice() {
            [one] => *one,
            [] => self.constant("none"),
            _ => self.device.literal(AddressSet::Union(ids), span),
        }
    }

    /// Notes a name that nothing defines.
    pub(super) fn undefined(&mut self, kind: &'static str, name: &str, span: Span) {
        self.device.remarks.push(Remark::Undefined { kind, name: name.to_owned(), span });
    }

    /// Whether the release is known and at least `least`.
    pub(super) fn at_least(&self, least: Version) -> Option<bool> {
        self.version.map(|version| version >= least)
    }
}

impl<'t, 'a> Scope<'t, 'a> {
    /// The blocks of one table; each can be taken once, and what nobody takes is reported.
    pub(super) fn take(&mut self, path: &str) -> Vec<Statement<'t, 'a>> {
        self.blocks.remove(path).unwrap_or_default()
    }
}

/// The beginning of a statement for a message; at most 40 characters, one line.
pub(super) fn first_words(statement: Statement<'_, '_>) -> String {
    let mut words = String::new();
    for word in statement.words_from(0).take(3) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.extend(word.text.chars().take_while(|c| *c != '\n').take(40));
    }
    words.chars().take(40).collect()
}

/// Why something has no certain value: the name is not defined.
pub(super) fn undefined_reason(name: &str) -> Text {
    text!(
        "「{name}」は定義されていません。定義を含む設定全体を用意してください。",
        "`{name}` is not defined; provide the whole configuration"
    )
}

/// `10.0.0.0 255.0.0.0`, `10.0.0.0/8` or `10.0.0.0/255.0.0.0`; host bits are masked, a mask with gaps is refused.
pub(super) fn subnet(words: &[Word<'_>]) -> Option<Prefix> {
    let (address, len) = interface_address(words)?;
    Prefix::new(address, len)
}

/// The same with host bits kept. A bare address is a host.
pub(super) fn interface_address(words: &[Word<'_>]) -> Option<(std::net::IpAddr, u8)> {
    let (address, mask) = match words {
        [one] => match one.text.split_once('/') {
            Some((address, mask)) => (address, Some(mask)),
            None => (one.text.as_ref(), None),
        },
        [address, mask] => (address.text.as_ref(), Some(mask.text.as_ref())),
        _ => return None,
    };
    let address: std::net::IpAddr = address.parse().ok()?;
    let width = Family::of(address).bits();
    let len = match mask {
        None => width,
        Some(mask) => match mask.parse::<u8>() {
            Ok(len) => len,
            Err(_) => {
                let mask: std::net::IpAddr = mask.parse().ok()?;
                if Family::of(mask) != Family::of(address) {
                    return None;
                }
                crate::net::netmask_len(mask)?
            }
        },
    };
    (len <= width).then_some((address, len))
}
