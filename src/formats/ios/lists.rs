//! Access lists of IOS: which commands define them, and what a line means that IOS alone has.

use super::commands::Bin;
use super::names::IOS;
use super::reader::Reader;
use crate::formats::Ledger;
use crate::formats::acl::{self, Dialect, Found, References};
use crate::formats::builder::Builder;
use crate::formats::lines::{Block, ConfigLine, Word};
use crate::model::{Action, AddressId, Line, ListId, ScheduleId, ServiceId};
use crate::net::Family;
use crate::source::Span;
use crate::text;

/// IOS lets neighbour discovery pass before the implicit deny of an IPv6 list.
const BEFORE_DENY: &[(u8, &str)] = &[(136, "nd-na"), (135, "nd-ns")];

impl<'a> References<'a> for Reader<'a, '_> {
    fn build(&mut self) -> &mut Builder {
        &mut self.build
    }

    fn ledger(&mut self) -> &mut Ledger<'a> {
        self.ledger
    }

    fn address_group(&mut self, name: Word<'a>, family: Family) -> AddressId {
        self.network_group(name, family)
    }

    fn service_group(&mut self, name: Word<'a>) -> ServiceId {
        self.object_service(name)
    }

    fn schedule(&mut self, name: Word<'a>) -> ScheduleId {
        self.time_range(name)
    }

    /// `evaluate R`: replies that a `reflect` line waits for.
    fn special(
        &mut self,
        label: &str,
        words: &[Word<'a>],
        family: Family,
        span: Span,
    ) -> Option<Line> {
        words.first().filter(|word| word.text == "evaluate")?;
        self.ledger.unsupported(span, acl::replies_reason());
        Some(acl::replies(&mut self.build, label.to_owned(), family, span))
    }
}

impl<'a> Reader<'a, '_> {
    /// Collects and turns into lists everything that defines an access list.
    pub(super) fn read_acls(&mut self) {
        // One list may be written both ways; its lines are in the order of the file.
        let mut blocks = self.config.take(Bin::AccessList);
        blocks.extend(self.config.take(Bin::IpAccessList));
        blocks.sort_by_key(|block| block.head.span.start);
        for block in blocks {
            if block.head.word(0) == "access-list" {
                self.classic(&block);
            } else {
                let standard = block.head.word(2) == "standard";
                self.named(block, 3, Family::V4, standard);
            }
        }
        for block in self.config.take(Bin::Ipv6AccessList) {
            self.named(block, 2, Family::V6, false);
        }
        let mut acls = std::mem::take(&mut self.acls);
        acls.lower(self);
        self.acls = acls;
    }

    /// `access-list N …`, one line each.
    fn classic(&mut self, block: &Block<'a>) {
        let head = &block.head;
        let name = head.word(1);
        let number: u32 = name.parse().unwrap_or(0);
        match number {
            1..=199 | 1300..=2699 => {}
            // Lists for other protocols and for MAC addresses.
            200..=1299 => {
                return self.ledger.irrelevant(block.span());
            }
            _ => {
                let reason = text!(
                    "「access-list」の番号または名前を解釈できません。",
                    "the number or name of this access-list is not understood"
                );
                return self.ledger.unknown(block.span(), reason, false);
            }
        }
        let standard = matches!(number, 1..=99 | 1300..=1999);
        let dialect = Dialect { words: &IOS, standard, family: Family::V4 };
        let at = self.acls.slot(name, dialect, head.span);
        let words = head.words.from(2);
        let comment = (head.word(2) == "remark").then(|| head.rest(3));
        self.acls.command(at, words, head.span, comment, self.ledger);
        for extra in &block.body {
            self.unread_extra(extra);
        }
    }

    fn unread_extra(&mut self, extra: &ConfigLine<'_>) {
        let reason = text!("この行は未知です。", "this line is not known");
        self.ledger.unknown(extra.span, reason, false);
    }

    fn named(&mut self, block: Block<'a>, name_at: usize, family: Family, standard: bool) {
        let name = block.head.word(name_at);
        let at = self.acls.slot(name, Dialect { words: &IOS, standard, family }, block.head.span);
        self.ledger.used(block.head.span);
        self.acls.block(at, block.body, self.ledger);
    }

    /// The access list that `word` names.
    pub(super) fn acl(&mut self, family: Family, word: Word<'a>) -> Found {
        self.acls.find(family, word, &mut self.build)
    }

    /// The list to append when the access list `name` is bound.
    pub(super) fn implicit_deny(&mut self, family: Family, name: &str) -> Option<ListId> {
        let before = if family == Family::V6 { BEFORE_DENY } else { &[] };
        self.acls.implicit_deny(family, name, before, &mut self.build)
    }

    /// See [`acl::derive`].
    pub(super) fn derive(&mut self, list: ListId, permit: Action, deny: Action) -> ListId {
        acl::derive(&mut self.build, list, permit, deny)
    }

    /// The source ranges that `list` permits, when every line is a plain range and none denies.
    pub(super) fn permitted_sources(&self, list: ListId) -> Option<Vec<crate::net::AddressRange>> {
        let device = &self.build.device;
        let ranges = device.lists[list].lines.iter().map(|line| {
            match (&line.action, &device.addresses[line.matches.source].value) {
                (Action::Permit, crate::model::AddressSet::Range(range)) => Some(*range),
                _ => None,
            }
        });
        ranges.collect()
    }

    /// Whether the list was defined with source addresses only.
    pub(super) fn is_standard(&self, list: ListId) -> bool {
        self.acls.dialect(list).is_some_and(|dialect| dialect.standard)
    }

    /// Remarks lists that nothing refers to.
    pub(super) fn remark_unbound(&mut self) {
        let mentions = &self.config.mentions;
        self.acls.remark_unbound(|name| mentions.contains(name), &mut self.build);
    }
}
