//! Access lists, address and port groups, VLAN access maps, and lists bound to the whole switch.
//!
//! Hardware lists filter packets, and what no line matches passes. Software lists (standard and extended) choose hosts for
//! services and routing protocols, and what no line matches is denied. Allied Telesis, AlliedWare Plus command references:
//! "IPv4 Hardware Access Control List (ACL) Commands" and "IPv4 Software Access Control List (ACL) Commands".

use super::Reader;
use super::commands::Bin;
use crate::formats::Ledger;
use crate::formats::acl::{Dialect, Found, References, Words, names};
use crate::formats::builder::{Builder, line};
use crate::formats::lines::{Block, ConfigLine, LineWords, Word};
use crate::formats::switch::{Bound, Group, Switch, VlanList, vlans};
use crate::model::{Action, AddressId, AddressWithin, Line};
use crate::net::{AddressRange, Family, PortRange, Prefix};
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashMap;

/// The words of AlliedWare Plus.
const WORDS: Words = Words {
    protocols: names::PROTOCOLS,
    tcp: &[names::TCP],
    udp: &[names::UDP],
    icmp: names::ICMP,
    icmp6: names::ICMP6,
    actions: &[
        ("permit", Action::Permit),
        ("deny", Action::Deny),
        // The packet goes on and a copy goes elsewhere.
        ("copy-to-cpu", Action::Permit),
        ("copy-to-mirror", Action::Permit),
        // The packet goes elsewhere: to the device itself, or out of a port that the line names.
        ("send-to-cpu", Action::Undecided),
        ("send-to-mirror", Action::Undecided),
        ("send-to-vlan-port", Action::Undecided),
        ("send-to-port", Action::Undecided),
    ],
    address_groups: &["host-group"],
    port_groups: &["port-group"],
};

/// Groups of addresses and ports by name.
#[derive(Debug, Default)]
pub(super) struct Groups<'a> {
    addresses: FxHashMap<&'a str, AddressId>,
    ports: FxHashMap<&'a str, Option<Vec<PortRange>>>,
}

impl<'a> References<'a> for Reader<'a> {
    fn build(&mut self) -> &mut Builder {
        &mut self.switch.build
    }

    fn ledger(&mut self) -> &mut Ledger<'a> {
        &mut self.switch.ledger
    }

    fn address_group(&mut self, name: Word<'a>, family: Family) -> AddressId {
        if let Some(id) = self.groups.addresses.get(name.text) {
            return *id;
        }
        self.switch.build.undefined("acl-group", name.text, name.span);
        let group = name.text;
        let reason = text!(
            "「{group}」の指すアドレスを特定できません。",
            "the addresses of {group} are not known"
        );
        self.switch.build.unknown_address(reason, AddressWithin::Family(family), name.span)
    }

    fn port_group(&mut self, name: Word<'a>) -> Option<Vec<PortRange>> {
        self.groups.ports.get(name.text).cloned().flatten()
    }

    /// Lines about Ethernet addresses: those of any to any hold every packet, the others some.
    fn special(
        &mut self,
        label: &str,
        words: &[Word<'a>],
        family: Family,
        span: Span,
    ) -> Option<Line> {
        let at = words.iter().position(|word| word.text == "mac")?;
        let action = WORDS
            .actions
            .iter()
            .find(|(word, _)| words.first().is_some_and(|w| w.text == *word))?
            .1;
        let any = words.get(at + 1..)?.iter().map(|word| word.text).eq(["any", "any"]);
        let mut matches = self.switch.build.everything(Some(family), span);
        if any {
            self.switch.ledger.used(span);
        } else {
            let reason = text!(
                "MAC アドレスの条件は、一致するともしないとも読みます。",
                "a condition on Ethernet addresses may or may not match"
            );
            matches.unknown.push(crate::formats::builder::unknown(reason.clone(), span));
            self.switch.ledger.unsupported(span, reason);
        }
        Some(line(label.to_owned(), matches, action, span))
    }
}

/// The number of the only entry of a list.
fn only(at: Word<'_>) -> Word<'_> {
    Word { text: "1", span: at.span }
}

fn dialect(standard: bool, family: Family) -> Dialect {
    Dialect { words: &WORDS, standard, family }
}

impl<'a> Reader<'a> {
    /// Reads groups and lists.
    pub(super) fn read_lists(&mut self) {
        for block in self.take(Bin::AclGroup) {
            self.acl_group(&block);
        }
        for block in self.take(Bin::AccessList) {
            self.access_list(block);
        }
        for block in self.take(Bin::Ipv6AccessList) {
            let standard = block.head.word(2) == "standard";
            let at = if matches!(block.head.word(2), "standard" | "extended") { 3 } else { 2 };
            self.named(block, at, dialect(standard, Family::V6));
        }
        let mut lists = std::mem::take(&mut self.switch.lists);
        lists.lower(self);
        self.switch.lists = lists;
    }

    /// `access-list N …`, `access-list standard|extended|hardware NAME` with lines below or behind.
    fn access_list(&mut self, block: Block<'a>) {
        let name = block.head.word(1);
        let number = name.parse::<u32>();
        let (at, standard) = match (name, &number) {
            ("standard", _) => (2, true),
            ("extended" | "hardware", _) => (2, false),
            (_, Ok(1..=99 | 1300..=1999)) => (1, true),
            (_, Ok(100..=199 | 2000..=2699 | 3000..=3699)) => (1, false),
            (_, Ok(4000..=4699)) => return self.mac_list(&block),
            _ => {
                let reason = text!(
                    "「access-list」の番号または名前を解釈できません。",
                    "the number or name of this access-list is not understood"
                );
                return self.switch.ledger.unknown(block.span(), reason, false);
            }
        };
        // A numbered hardware list has one entry: which of two is in force is not known.
        let mut block = block;
        if let (Ok(3000..=3699), Some(action)) = (number, block.head.words.get(2).copied()) {
            block.head.words.change(|words| words.insert(2, only(action)));
        }
        self.named(block, at, dialect(standard, Family::V4));
    }

    /// A numbered list of Ethernet addresses: of packets of either family that it may hold.
    fn mac_list(&mut self, block: &Block<'a>) {
        let head = &block.head;
        let Some((action, rest)) = head.words.get(2..).and_then(<[Word<'_>]>::split_first) else {
            let reason =
                text!("条件がありません。", "nothing follows the number of this access-list");
            return self.switch.ledger.unknown(block.span(), reason, false);
        };
        let mut words = vec![only(*action), *action, Word { text: "mac", span: action.span }];
        words.extend(rest);
        for family in Family::ALL {
            let Switch { lists, ledger, .. } = &mut self.switch;
            let at = lists.slot(head.word(1), dialect(false, family), head.span);
            lists.command(at, LineWords::Own(words.clone()), head.span, None, ledger);
        }
    }

    fn named(&mut self, block: Block<'a>, name_at: usize, dialect: Dialect) {
        let Block { head, body } = block;
        let Switch { lists, ledger, .. } = &mut self.switch;
        let at = lists.slot(head.word(name_at), dialect, head.span);
        let words = head.words.from(name_at + 1);
        if words.is_empty() {
            ledger.used(head.span);
        } else {
            let remark = words.iter().take(3).position(|word| word.text == "remark");
            let remark = remark.map(|at| head.rest(name_at + 2 + at));
            lists.command(at, words, head.span, remark, ledger);
        }
        lists.block(at, body, ledger);
    }

    /// `acl-group ip address|port NAME` and its members.
    fn acl_group(&mut self, block: &Block<'a>) {
        self.switch.ledger.used(block.head.span);
        let Some(name) = block.head.words.last() else { return };
        let (mut members, mut ports) = (Vec::new(), Some(Vec::new()));
        let of_ports = block.head.words.iter().any(|word| word.text == "port");
        for member in &block.body {
            if member.word(0) == "description" {
                self.switch.ledger.irrelevant(member.span);
                continue;
            }
            let range = host_range(member);
            let port = port_range(member);
            let understood = if of_ports { port.is_some() } else { range.is_some() };
            match range.filter(|_| !of_ports) {
                Some(range) => members.push(self.switch.build.range(range, member.span)),
                None if !of_ports => members.push(self.unknown_member(member)),
                None => {}
            }
            if of_ports {
                ports = ports.zip(port).map(|(mut all, new)| {
                    all.push(new);
                    all
                });
            }
            if understood {
                self.switch.ledger.used(member.span);
            } else {
                let reason = text!(
                    "グループの要素を解釈できません。",
                    "this group member is not understood"
                );
                self.switch.ledger.unknown(member.span, reason, true);
            }
        }
        if of_ports {
            self.groups.ports.insert(name.text, ports);
        } else {
            let id = self.switch.build.union(members, block.span());
            self.groups.addresses.insert(name.text, id);
        }
    }

    fn unknown_member(&mut self, member: &ConfigLine<'a>) -> AddressId {
        let reason =
            text!("グループの要素を解釈できません。", "this group member is not understood");
        self.switch.build.unknown_address(reason, AddressWithin::Anywhere, member.span)
    }

    /// `vlan access-map M` with `match access-group L`, and `vlan filter M vlan-list V input`.
    pub(super) fn vlan_lists(&mut self) -> Vec<VlanList> {
        let mut maps: FxHashMap<&'a str, Vec<Word<'a>>> = FxHashMap::default();
        for block in self.take(Bin::VlanMap) {
            self.switch.ledger.used(block.head.span);
            let names = maps.entry(block.head.word(2)).or_default();
            for sub in &block.body {
                if sub.starts(&["match", "access-group"]) && sub.words.len() == 3 {
                    names.extend(sub.words.get(2));
                    self.switch.ledger.used(sub.span);
                } else {
                    let reason = text!(
                        "VLAN アクセスマップのこの行を解釈できません。",
                        "this line of a VLAN access map is not understood"
                    );
                    self.switch.ledger.unknown(sub.span, reason, false);
                }
            }
        }
        let mut out = Vec::new();
        for block in self.take(Bin::VlanFilter) {
            self.vlan_filter(&block, &maps, &mut out);
        }
        out
    }

    fn vlan_filter(
        &mut self,
        block: &Block<'a>,
        maps: &FxHashMap<&'a str, Vec<Word<'a>>>,
        out: &mut Vec<VlanList>,
    ) {
        let head = &block.head;
        let words: Vec<Word<'a>> =
            head.words.iter().skip(3).copied().filter(|w| w.text != "vlan-list").collect();
        let (inbound, listed) = match words.split_last() {
            Some((last, rest)) if last.text == "input" => (true, rest),
            Some((last, rest)) if last.text == "output" => (false, rest),
            _ => (true, words.as_slice()),
        };
        let (Some(vlans), Some(names)) = (vlans(listed), maps.get(head.word(2))) else {
            self.switch.build.undefined("vlan access-map", head.word(2), head.span);
            let reason = text!(
                "VLAN フィルターのマップまたは VLAN の一覧を特定できません。",
                "the map or the VLANs of this filter are not known"
            );
            return self.switch.ledger.unknown(block.span(), reason, false);
        };
        self.switch.ledger.used(block.span());
        for family in Family::ALL {
            let mut chain = Vec::new();
            for name in names {
                if self.switch.lists.defined(family, name.text)
                    && let Found::List(list) = self.switch.list(family, *name)
                {
                    chain.push(list);
                }
            }
            if !chain.is_empty() {
                let bound = Bound { chain, span: head.span, certain: true };
                out.push(VlanList { vlans: vlans.clone(), family, inbound, bound });
            }
        }
        for name in names {
            if !Family::ALL.iter().any(|family| self.switch.lists.defined(*family, name.text)) {
                self.switch.build.undefined("access-list", name.text, name.span);
            }
        }
    }

    /// `access-group L` outside an interface: on every port.
    pub(super) fn global_groups(&mut self) -> Vec<VlanList> {
        let mut chain = Vec::new();
        let mut first = None;
        for block in self.take(Bin::GlobalGroup) {
            self.switch.ledger.used(block.span());
            let Some(name) = block.head.words.get(1).copied() else { continue };
            first = first.or(Some(Group {
                family: Family::V4,
                inbound: true,
                name,
                span: block.head.span,
            }));
            if let Found::List(list) = self.switch.list(Family::V4, name) {
                chain.push(list);
            }
        }
        let bound = first.filter(|_| !chain.is_empty()).map(|group| VlanList {
            vlans: vec![(1, 4094)],
            family: group.family,
            inbound: group.inbound,
            bound: Bound { chain, span: group.span, certain: true },
        });
        bound.into_iter().collect()
    }
}

/// `ip A/LEN`, `ip A WILDCARD` is not read, `host A`.
fn host_range(member: &ConfigLine<'_>) -> Option<AddressRange> {
    let words: Vec<&str> = member.words.iter().map(|word| word.text).collect();
    match words.as_slice() {
        ["ip" | "ipv6", "host", host] | ["host", host] => {
            host.parse().ok().map(AddressRange::single)
        }
        ["ip" | "ipv6", text] if text.contains('/') => Prefix::parse(text).map(Prefix::range),
        ["ip" | "ipv6", text] => text.parse().ok().map(AddressRange::single),
        _ => None,
    }
}

/// `eq P`, `range A B`, `lt P`, `gt P`.
fn port_range(member: &ConfigLine<'_>) -> Option<PortRange> {
    let words: Vec<&str> = member.words.iter().map(|word| word.text).collect();
    match words.as_slice() {
        ["eq", port] => port.parse().ok().map(PortRange::single),
        ["range", first, last] => PortRange::new(first.parse().ok()?, last.parse().ok()?),
        ["lt", port] => PortRange::new(0, port.parse::<u16>().ok()?.checked_sub(1)?),
        ["gt", port] => PortRange::new(port.parse::<u16>().ok()?.checked_add(1)?, u16::MAX),
        _ => None,
    }
}
