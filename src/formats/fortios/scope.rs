//! A file into VDOMs, and the blocks of each into tables.

use super::core::{Reader, Scope, Version, first_words};
use super::ignored::IGNORED;
use crate::formats::blocks::{Fault, FaultKind, Statement, Tree, Verb};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Paths of the tables that are read.
pub(super) const TABLES: &[&str] = &[
    "firewall access-proxy",
    "firewall access-proxy6",
    "firewall acl",
    "firewall acl6",
    "firewall address",
    "firewall address6",
    "firewall address6-template",
    "firewall addrgrp",
    "firewall addrgrp6",
    "firewall central-nat",
    "firewall central-snat-map",
    "firewall consolidated policy",
    "firewall explicit-proxy-policy",
    "firewall ippool",
    "firewall ippool6",
    "firewall ipmacbinding setting",
    "firewall local-in-policy",
    "firewall local-in-policy6",
    "firewall policy",
    "firewall policy46",
    "firewall policy6",
    "firewall policy64",
    "firewall proxy-policy",
    "firewall schedule group",
    "firewall schedule onetime",
    "firewall schedule recurring",
    "firewall security-policy",
    "firewall service custom",
    "firewall service group",
    "firewall ttl-policy",
    "firewall vip",
    "firewall vip46",
    "firewall vip6",
    "firewall vip64",
    "firewall vipgrp",
    "firewall vipgrp46",
    "firewall vipgrp6",
    "firewall vipgrp64",
    "log fortianalyzer setting",
    "log fortianalyzer-cloud setting",
    "log fortianalyzer2 setting",
    "log fortianalyzer3 setting",
    "log fortiguard setting",
    "log syslogd setting",
    "log syslogd2 setting",
    "log syslogd3 setting",
    "log syslogd4 setting",
    "log tacacs+accounting setting",
    "router bgp",
    "router isis",
    "router ospf",
    "router ospf6",
    "router policy",
    "router policy6",
    "router rip",
    "router ripng",
    "router static",
    "router static6",
    "system admin",
    "system api-user",
    "system dhcp server",
    "system dns-server",
    "system external-resource",
    "system global",
    "system gre-tunnel",
    "system interface",
    "system ipip-tunnel",
    "system ipv6-tunnel",
    "system link-monitor",
    "system nat64",
    "system ntp",
    "system sdwan",
    "system settings",
    "system sit-tunnel",
    "system snmp community",
    "system snmp sysinfo",
    "system sso-admin",
    "system sso-forticloud-admin",
    "system sso-fortigate-cloud-admin",
    "system switch-interface",
    "system vdom-link",
    "system virtual-switch",
    "system virtual-wan-link",
    "system virtual-wire-pair",
    "system vne-tunnel",
    "system zone",
    "vpn ipsec manualkey",
    "vpn ipsec manualkey-interface",
    "vpn ipsec phase1",
    "vpn ipsec phase1-interface",
    "vpn ipsec phase2",
    "vpn ipsec phase2-interface",
    "vpn l2tp",
    "vpn pptp",
    "vpn ssl client",
    "vpn ssl settings",
    "vpn ssl web portal",
];

/// The parts of a file: what is global, and each VDOM. A plain backup is one scope without a name.
pub(super) struct Scopes<'t, 'a> {
    /// Blocks of `config global`; none in a plain backup.
    pub(super) global: Scope<'t, 'a>,
    /// The VDOMs in the order in which the file names them.
    pub(super) vdoms: Vec<Scope<'t, 'a>>,
    /// Whether the file is divided into VDOMs.
    pub(super) multi: bool,
}

/// Sorts every block of the file.
pub(super) fn split<'t, 'a>(reader: &mut Reader<'a>, tree: &'t Tree<'a>) -> Scopes<'t, 'a> {
    let multi = tree.roots().any(|root| {
        root.verb() == Verb::Config
            && root.len() == 1
            && matches!(&*root.text(0), "vdom" | "global")
    });
    let mut sorter = Sorter {
        tables: TABLES.iter().copied().collect(),
        ignored: IGNORED.iter().copied().collect(),
        index: FxHashMap::default(),
        placed: FxHashSet::default(),
        listed: BTreeMap::new(),
        told: FxHashSet::default(),
        scopes: Scopes { global: Scope::default(), vdoms: Vec::new(), multi },
    };
    for root in tree.roots() {
        sorter.root(reader, root);
    }
    sorter.swallowed(reader, tree);
    sorter.missing(reader);
    if !multi && sorter.scopes.vdoms.is_empty() {
        sorter.scopes.vdoms.push(Scope::default());
    }
    sorter.scopes
}

/// The tables of which a backup has at least one, even when it is empty.
const POLICIES: [&str; 4] = [
    "firewall policy",
    "firewall policy6",
    "firewall consolidated policy",
    "firewall security-policy",
];

/// How many swallowed tables are reported; one is enough to distrust the file.
const SWALLOWED_LIMIT: usize = 20;

struct Sorter<'t, 'a> {
    tables: FxHashSet<&'static str>,
    ignored: FxHashSet<&'static str>,
    index: FxHashMap<Cow<'a, str>, usize>,
    placed: FxHashSet<u32>,
    /// Where the file lists each VDOM, until its section comes.
    listed: BTreeMap<usize, Span>,
    /// VDOMs whose section is there.
    told: FxHashSet<usize>,
    scopes: Scopes<'t, 'a>,
}

impl<'t, 'a> Sorter<'t, 'a> {
    fn root(&mut self, reader: &mut Reader<'a>, root: Statement<'t, 'a>) {
        if root.verb() != Verb::Config {
            return stray(reader, root);
        }
        match (self.scopes.multi && root.len() == 1, root.text(0).as_ref()) {
            (true, "global") => {
                reader.frame(root);
                for child in root.children() {
                    self.block(reader, None, child);
                }
            }
            (true, "vdom") => {
                reader.frame(root);
                for edit in root.children() {
                    self.vdom(reader, edit);
                }
            }
            // Outside every VDOM in a divided file: an excerpt that joins both shapes; read as global.
            _ if self.scopes.multi => self.block(reader, None, root),
            _ => {
                let slot = self.slot(Cow::Borrowed(""));
                self.block(reader, Some(slot), root);
            }
        }
    }

    fn vdom(&mut self, reader: &mut Reader<'a>, edit: Statement<'t, 'a>) {
        if edit.verb() != Verb::Edit {
            return stray(reader, edit);
        }
        reader.frame(edit);
        let slot = self.slot(edit.text(0));
        self.listed.entry(slot).or_insert(edit.head());
        for child in edit.children() {
            if child.verb() == Verb::Config {
                self.told.insert(slot);
            }
            self.block(reader, Some(slot), child);
        }
    }

    fn slot(&mut self, name: Cow<'a, str>) -> usize {
        if let Some(slot) = self.index.get(&name) {
            return *slot;
        }
        let slot = self.scopes.vdoms.len();
        self.scopes.vdoms.push(Scope { name: name.clone(), ..Scope::default() });
        self.index.insert(name, slot);
        slot
    }

    fn block(&mut self, reader: &mut Reader<'a>, slot: Option<usize>, block: Statement<'t, 'a>) {
        if block.verb() != Verb::Config {
            // `set vcluster-id 0`, `set temporary 0` and the like belong to the VDOM list itself.
            let harmless = block.verb() == Verb::Set
                && matches!(&*block.text(0), "vcluster-id" | "temporary" | "short-name" | "flag");
            return if harmless { reader.irrelevant(block.span()) } else { stray(reader, block) };
        }
        let path = block.path();
        self.placed.insert(block.span().start);
        let scope = match slot.and_then(|slot| self.scopes.vdoms.get_mut(slot)) {
            Some(scope) => scope,
            None => &mut self.scopes.global,
        };
        if let Some(table) = self.tables.get(path.as_str()) {
            scope.blocks.entry(table).or_default().push(block);
        } else if block.is_leaf() || is_off(block) || self.ignores(&path) {
            reader.irrelevant(block.span());
        } else {
            reader.ledger.unknown(block.span(), unknown_block(&path), false);
        }
    }

    /// What a whole backup always has, and a file that was cut between two blocks has not.
    fn missing(&self, reader: &mut Reader<'a>) {
        if !reader.is_backup {
            return;
        }
        for (_, span) in self.listed.iter().filter(|(slot, _)| !self.told.contains(slot)) {
            let reason = text!(
                "この VDOM の設定がファイルにありません。ファイルが途中で切れている可能性があります。",
                "the file lists this VDOM and has no section for it; it may be cut off"
            );
            reader.ledger.unknown(*span, reason, false);
        }
        let scopes = self.scopes.vdoms.iter().chain([&self.scopes.global]);
        let mut paths = scopes.flat_map(|scope| scope.blocks.keys());
        if !paths.any(|path| POLICIES.contains(path)) {
            let reason = text!(
                "バックアップの見出しがありますが、ファイアウォールポリシーの表がありません。ファイルが途中で切れている可能性があります。",
                "the file has the header of a backup and no table of firewall policies; it may be cut off"
            );
            reader.ledger.unknown(reader.origin, reason, false);
        }
    }

    /// A table inside another block: an `end` before it is missing, and what the device does with the table is lost.
    fn swallowed(&self, reader: &mut Reader<'a>, tree: &'t Tree<'a>) {
        let nested = tree.all().filter(|statement| {
            statement.verb() == Verb::Config
                && matches!(&*statement.text(0), "firewall" | "system" | "router" | "vpn")
                && !self.placed.contains(&statement.span().start)
                && !statement.is_leaf()
                && self.tables.contains(statement.path().as_str())
        });
        for statement in nested.take(SWALLOWED_LIMIT) {
            let path = statement.path();
            let reason = text!(
                "「config {path}」が他のブロックの中にあります。前のブロックの end が欠けている可能性があります。",
                "`config {path}` stands inside another block; the `end` of the block before may be missing"
            );
            reader.ledger.unknown(statement.head(), reason, false);
        }
    }

    fn ignores(&self, path: &str) -> bool {
        let ends = path.match_indices(' ').map(|(at, _)| at).chain(std::iter::once(path.len()));
        ends.take(4).any(|end| path.get(..end).is_some_and(|prefix| self.ignored.contains(prefix)))
    }
}

/// A block that only says `set status disable`: what it could do is switched off.
fn is_off(block: Statement<'_, '_>) -> bool {
    let mut children = block.children();
    let off = |child: Statement<'_, '_>| {
        child.verb() == Verb::Set && child.text(0) == "status" && child.text(1) == "disable"
    };
    children.next().is_some_and(off) && children.next().is_none()
}

/// A statement outside every block. A prompt of the console in a captured session is nothing.
fn stray(reader: &mut Reader<'_>, statement: Statement<'_, '_>) {
    let prompt = statement.verb() == Verb::Other
        && (0..3).any(|index| matches!(&*statement.text(index), "#" | "$"));
    if prompt {
        return reader.irrelevant(statement.span());
    }
    let words = first_words(statement);
    let reason = text!(
        "「{words}」はどのブロックにも属していない行で、解釈できません。設定の一部が欠けている可能性があります。",
        "`{words}` stands outside every block and is not understood; part of the configuration may be missing"
    );
    reader.ledger.unknown(statement.span(), reason, false);
}

fn unknown_block(path: &str) -> Text {
    text!(
        "「config {path}」は未知のブロックです。この機器の通信制御に影響し得ます。",
        "`config {path}` is an unknown block and may change anything on this device"
    )
}

/// Model and release of the header `#config-version=FGT60F-7.2.5-FW-build1517-230606:opmode=0:vdom=0:user=admin`, with its
/// place.
pub(super) fn header(text: &str) -> Option<(&str, Option<Version>, usize)> {
    let at = text.find("#config-version=")?;
    let value = text.get(at + "#config-version=".len()..)?;
    let value = value.get(..value.find([':', '\n']).unwrap_or(value.len()))?;
    let version = value.split('-').find_map(|part| {
        let mut numbers = part.split('.').map(|number| number.parse::<u16>().ok());
        match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(Some(a)), Some(Some(b)), Some(Some(c)), None) => Some((a, b, c)),
            (Some(Some(a)), Some(Some(b)), None, None) => Some((a, b, 0)),
            _ => None,
        }
    });
    Some((value.trim(), version, at))
}

/// Reports what does not balance.
pub(super) fn faults(reader: &mut Reader<'_>, tree: &Tree<'_>) {
    for Fault { kind, span } in tree.faults() {
        reader.ledger.unknown(*span, fault_reason(*kind), false);
    }
    for span in tree.comments() {
        reader.irrelevant(*span);
    }
}

fn fault_reason(kind: FaultKind) -> Text {
    match kind {
        FaultKind::OpenString => text!(
            "この行で始まる引用符が閉じないままファイルが終わっています。ファイルが途中で切れている可能性があります。",
            "the quoted string that begins here never ends; the file may be cut off"
        ),
        FaultKind::GluedString => text!(
            "引用符の対応が取れていません。引用符が欠けているか、余分にあります。",
            "quotes do not pair up here; one is missing or too many"
        ),
        FaultKind::OpenBlock => text!(
            "このブロックが閉じないままファイルが終わっています。ファイルが途中で切れている可能性があります。",
            "the block that begins here never ends; the file may be cut off"
        ),
        FaultKind::MissingNext => text!(
            "前の edit が next で閉じられていません。行が欠けている可能性があります。",
            "the entry before has no `next`; lines may be missing"
        ),
        FaultKind::StrayNext => {
            text!("対応する edit のない next です。", "`next` without an `edit` before it")
        }
        FaultKind::StrayEnd => {
            text!("対応する config のない end です。", "`end` without a `config` before it")
        }
        FaultKind::TooDeep => text!(
            "ブロックの入れ子が深すぎます（上限 64）。ここから内側は信頼できません。",
            "blocks nest deeper than 64 levels; nothing inside can be relied on"
        ),
    }
}

/// Reports blocks that no table reader took.
pub(super) fn leftovers(reader: &mut Reader<'_>, scope: &mut Scope<'_, '_>) {
    for (path, blocks) in std::mem::take(&mut scope.blocks) {
        for block in blocks {
            if block.is_leaf() {
                reader.irrelevant(block.span());
            } else {
                let span: Span = block.span();
                reader.ledger.unknown(span, unknown_block(path), false);
            }
        }
    }
}
