//! Access lists: IPv4, IPv6 and advance lists.
//!
//! What no line of a bound list matches is dropped; a list without lines, or one that does not exist, drops nothing (ALAXALA
//! AX8600R configuration guide, "implicit discard"). An advance list looks at Ethernet addresses as well; one of any to any adds
//! no condition. `own-address`, `own` and a VLAN list stand for things that the line does not state, so they may or may not match.

use super::Reader;
use super::commands::Bin;
use crate::formats::Ledger;
use crate::formats::acl::{self, Cursor, Dialect, References, Words, names};
use crate::formats::builder::{Builder, line, unknown};
use crate::formats::lines::{Block, Word};
use crate::model::{AddressId, AddressWithin, Line};
use crate::net::Family;
use crate::source::Span;
use crate::text;

/// TCP ports that have other names than on IOS.
const TCP: &[(&str, u16)] = &[
    ("http", 80),
    ("https", 443),
    ("imap3", 220),
    ("ldap", 389),
    ("pop3s", 995),
    ("raw", 9100),
    ("shell", 514),
    ("smtps", 465),
    ("ssh", 22),
    ("tacacs+", 49),
];

/// UDP ports that have other names than on IOS.
const UDP: &[(&str, u16)] =
    &[("radius", 1812), ("radius-acct", 1813), ("ripng", 521), ("tacacs+", 49)];

/// The words of ALAXALA.
const WORDS: Words = Words {
    protocols: names::PROTOCOLS,
    tcp: &[TCP, names::TCP],
    udp: &[UDP, names::UDP],
    icmp: names::ICMP,
    icmp6: names::ICMP6,
    actions: names::ACTIONS,
    address_groups: &[],
    port_groups: &[],
};

impl<'a> References<'a> for Reader<'a> {
    fn build(&mut self) -> &mut Builder {
        &mut self.switch.build
    }

    fn ledger(&mut self) -> &mut Ledger<'a> {
        &mut self.switch.ledger
    }

    fn address_group(&mut self, name: Word<'a>, family: Family) -> AddressId {
        let reason = text!("アドレスのグループは解釈していません。", "address groups are not read");
        self.switch.build.unknown_address(reason, AddressWithin::Family(family), name.span)
    }

    /// Lines of advance lists, lines with addresses of the interface itself, and lines with an action behind them.
    fn special(
        &mut self,
        label: &str,
        words: &[Word<'a>],
        family: Family,
        span: Span,
    ) -> Option<Line> {
        let verb = WORDS
            .actions
            .iter()
            .find(|(word, _)| words.first().is_some_and(|w| w.text == *word))?;
        let mut doubts = Vec::new();
        let words = self.without_frame(words, family, &mut doubts)?;
        let Some(words) = words else {
            // A line for the other family, or for frames that are not IP.
            self.switch.ledger.used(span);
            let mut matches = self.switch.build.everything(Some(family), span);
            matches.service = self.switch.build.services(Vec::new(), span);
            return Some(line(label.to_owned(), matches, verb.1, span));
        };
        if words.iter().any(|word| word.text == "action") {
            self.policies.push(span);
        }
        let words = without_action(&words, &mut doubts);
        let dialect = Dialect { words: &WORDS, standard: false, family };
        let mut cursor = Cursor::new(&words, span);
        let mut entry = acl::entry(&mut cursor, dialect).ok()?;
        entry.unknown.extend(doubts);
        if entry.fragments {
            entry.unknown.push(frame(span));
        }
        Some(acl::lower(self, label.to_owned(), &entry, family, span))
    }
}

impl<'a> Reader<'a> {
    /// Reads every list.
    pub(super) fn read_lists(&mut self) {
        for block in self.take(Bin::VlanIdList) {
            self.switch.ledger.used(block.span());
        }
        // One list may be written both ways; its lines are in the order of the file.
        let mut blocks = self.take(Bin::AccessList);
        blocks.extend(self.take(Bin::IpAccessList));
        blocks.sort_by_key(|block| block.head.span.start);
        for block in blocks {
            if block.head.word(0) == "access-list" {
                self.numbered(block);
            } else {
                let standard = block.head.word(2) == "standard";
                self.named(&block, 3, Dialect { words: &WORDS, standard, family: Family::V4 });
            }
        }
        for block in self.take(Bin::Ipv6AccessList) {
            self.named(&block, 2, Dialect { words: &WORDS, standard: false, family: Family::V6 });
        }
        for block in self.take(Bin::AdvanceAccessList) {
            self.advance(&block);
        }
        let mut lists = std::mem::take(&mut self.switch.lists);
        lists.lower(self);
        self.switch.lists = lists;
    }

    /// `access-list N …`: one line each.
    fn numbered(&mut self, block: Block<'a>) {
        let standard = match block.head.word(1).parse::<u32>() {
            Ok(1..=99 | 1300..=1999) => true,
            Ok(100..=199 | 2000..=2699) => false,
            _ => {
                let reason = text!(
                    "「access-list」の番号を解釈できません。",
                    "the number of this access-list is not understood"
                );
                return self.switch.ledger.unknown(block.span(), reason, false);
            }
        };
        let head = &block.head;
        let dialect = Dialect { words: &WORDS, standard, family: Family::V4 };
        let at = self.switch.lists.slot(head.word(1), dialect, head.span);
        let words = head.words.from(2);
        let remark = (head.word(2) == "remark").then(|| head.rest(3));
        self.switch.lists.command(at, words, head.span, remark, &mut self.switch.ledger);
        self.switch.lists.block(at, block.body, &mut self.switch.ledger);
    }

    fn named(&mut self, block: &Block<'a>, name_at: usize, dialect: Dialect) {
        let name = block.head.word(name_at);
        self.switch.ledger.used(block.head.span);
        let at = self.switch.lists.slot(name, dialect, block.head.span);
        self.switch.lists.block(at, block.body.clone(), &mut self.switch.ledger);
    }

    /// An advance list: one list for each family that its lines are about.
    fn advance(&mut self, block: &Block<'a>) {
        let name = block.head.word(2);
        let about = |kinds: &[&str]| {
            block.body.iter().any(|line| line.words.iter().take(3).any(|w| kinds.contains(&w.text)))
        };
        for (family, kinds) in [(Family::V4, ["mac", "mac-ip"]), (Family::V6, ["mac", "mac-ipv6"])]
        {
            if self.switch.lists.defined(family, name) && !self.advance.contains(name) {
                let reason = text!(
                    "同じ名前のアクセスリストが別の種類でも定義されています。",
                    "an access list of another kind has the same name"
                );
                self.switch.ledger.unknown(block.head.span, reason, false);
            }
            if about(&kinds) {
                self.named(block, 2, Dialect { words: &WORDS, standard: false, family });
            } else {
                self.silent.insert((family, name));
            }
        }
        self.switch.ledger.used(block.head.span);
        self.advance.insert(name);
        if block.body.is_empty() || !about(&["mac", "mac-ip", "mac-ipv6"]) {
            for line in &block.body {
                let reason = text!(
                    "advance アクセスリストの行を解釈できません。",
                    "this line of an advance list is not understood"
                );
                self.switch.ledger.unknown(line.span, reason, false);
            }
        }
    }

    /// Advance lists come after the others of an interface, and leave alone what none of their lines is about.
    pub(super) fn order_groups(&mut self) {
        for port in &mut self.switch.ports {
            port.groups.retain(|group| !self.silent.contains(&(group.family, group.name.text)));
            port.groups.sort_by_key(|group| self.advance.contains(group.name.text));
        }
    }

    /// The words of a line without what it says of the frame: `None` when the line needs nothing of this kind (the common
    /// grammar reads it), `Some(None)` when it holds no packet of the family.
    #[allow(clippy::option_option, reason = "two different kinds of nothing, as the comment says")]
    fn without_frame(
        &mut self,
        words: &[Word<'a>],
        family: Family,
        doubts: &mut Vec<crate::model::Unknown>,
    ) -> Option<Option<Vec<Word<'a>>>> {
        let kind = words.get(1).map_or("", |word| word.text);
        let mut out = words.to_vec();
        match kind {
            "mac" | "mac-ip" | "mac-ipv6" => {
                let of = if kind == "mac-ipv6" { Family::V6 } else { Family::V4 };
                let mut at = 2;
                for _ in 0..2 {
                    let (length, any) = frame_side(words.get(at..)?)?;
                    if !any {
                        doubts.push(frame(words.get(at)?.span));
                    }
                    at += length;
                }
                if kind == "mac" {
                    // Frames of any kind; the rest of the line narrows them.
                    if let Some(word) = words.get(at) {
                        doubts.push(frame(word.span));
                    }
                    let everything = Word { text: "ip", span: words.get(1)?.span };
                    let any = Word { text: "any", span: everything.span };
                    return Some(Some(vec![*words.first()?, everything, any, any]));
                }
                if of != family {
                    return Some(None);
                }
                out.splice(1..at, []);
            }
            _ if !words.iter().any(|word| is_peculiar(word.text)) => return None,
            _ => {}
        }
        Some(Some(self.addresses(out, doubts)))
    }

    /// `range-address A B`, `own-address W`, `host own-address` and `own` in words of the common grammar.
    fn addresses(
        &mut self,
        words: Vec<Word<'a>>,
        doubts: &mut Vec<crate::model::Unknown>,
    ) -> Vec<Word<'a>> {
        let mut out: Vec<Word<'a>> = Vec::with_capacity(words.len());
        let mut at = 0;
        while let Some(word) = words.get(at).copied() {
            at += 1;
            let next = words.get(at).map_or("", |word| word.text);
            match word.text {
                "own" => {}
                "host" if next == "own-address" => at += 1,
                "own-address" => at += 1,
                _ => {
                    out.push(word);
                    continue;
                }
            }
            out.push(Word { text: "any", span: word.span });
            let reason = text!(
                "「own-address」「own」は適用先インターフェースのアドレスを指すため、一致するともしないとも読みます。",
                "own-address and own stand for the interface that the list is bound to; they may or may not match"
            );
            doubts.push(unknown(reason, word.span));
        }
        out
    }
}

fn is_peculiar(word: &str) -> bool {
    matches!(word, "own" | "own-address" | "action" | "vlan" | "policy")
}

fn frame(span: Span) -> crate::model::Unknown {
    let reason = text!(
        "フレームの条件（MAC アドレスなど）は、一致するともしないとも読みます。",
        "a condition on the frame may or may not match"
    );
    unknown(reason, span)
}

/// One Ethernet address: how many words, and whether it is `any`.
fn frame_side(words: &[Word<'_>]) -> Option<(usize, bool)> {
    match words.first()?.text {
        "any" => Some((1, true)),
        "host" => Some((2, false)),
        "bpdu" | "cdp" | "lacp" | "lldp" | "oadp" | "pvst-plus-bpdu" | "slow-protocol" => {
            Some((1, false))
        }
        text if text.contains('.') => Some((2, false)),
        _ => None,
    }
}

/// `action policy …`: a permit that sends the packet another way. `vlan N` is a condition on the frame.
fn without_action<'a>(
    words: &[Word<'a>],
    doubts: &mut Vec<crate::model::Unknown>,
) -> Vec<Word<'a>> {
    let end = words.iter().position(|word| word.text == "action").unwrap_or(words.len());
    let mut out: Vec<Word<'a>> = words.get(..end).unwrap_or(&[]).to_vec();
    if let Some(at) = out.iter().position(|word| word.text == "vlan") {
        let last = (at + 2).min(out.len());
        doubts.extend(out.get(at).map(|word| frame(word.span)));
        out.drain(at..last);
    }
    out
}
