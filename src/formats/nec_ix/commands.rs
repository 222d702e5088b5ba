//! First pass: paste noise taken out, sub-commands put below their interface, top-level commands sorted by one table.

use super::inert::TOP as IRRELEVANT;
use super::own::OWN;
use crate::formats::Ledger;
use crate::formats::commands::unknown_command;
use crate::formats::lines::{Block, ConfigLine, blocks};
use crate::formats::own::Table;
use crate::model::Own;
use crate::source::Span;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// What a top-level command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bin {
    Hostname,
    AccessList,
    Interface,
    Device,
    Route,
    Router,
    RouteMap,
    Vrf,
    NatPool,
    AutokeyMap,
    Ike,
    Watch,
    Server,
    Content,
    /// `ipv6 dhcp client-profile`.
    PrefixClient,
    /// `ppp profile`.
    Profile,
    Irrelevant,
}

/// Top-level commands that are read, by first words; the longest row that fits decides.
const READ: &[(&str, Bin)] = &[
    ("hostname", Bin::Hostname),
    ("ip access-list", Bin::AccessList),
    ("ipv6 access-list", Bin::AccessList),
    ("ip access-list cache", Bin::Irrelevant),
    ("ipv6 access-list cache", Bin::Irrelevant),
    ("interface", Bin::Interface),
    ("device", Bin::Device),
    ("ip route", Bin::Route),
    ("ipv6 route", Bin::Route),
    ("router", Bin::Router),
    ("ip router", Bin::Router),
    ("ipv6 router", Bin::Router),
    ("route-map", Bin::RouteMap),
    ("ip vrf", Bin::Vrf),
    ("vrf", Bin::Vrf),
    ("ip nat pool", Bin::NatPool),
    ("ipsec autokey-map", Bin::AutokeyMap),
    ("ipsec manual-map", Bin::AutokeyMap),
    ("ipsec dynamic-map", Bin::AutokeyMap),
    ("ike", Bin::Ike),
    ("ikev2", Bin::Ike),
    ("watch-group", Bin::Watch),
    ("telnet-server", Bin::Server),
    ("ssh-server", Bin::Server),
    ("http-server", Bin::Server),
    ("proxy-dns", Bin::Server),
    ("snmp-agent", Bin::Server),
    ("ntp", Bin::Server),
    ("url-filter", Bin::Content),
    ("web-filter", Bin::Content),
    ("ipv6 dhcp client-profile", Bin::PrefixClient),
    ("ppp profile", Bin::Profile),
];

/// The top-level commands of a configuration, by what they are about.
#[derive(Debug, Default)]
pub(super) struct Config<'a> {
    bins: BTreeMap<Bin, Vec<Block<'a>>>,
    /// What the header says about product and version.
    pub(super) version: Option<String>,
    /// Words of lines that can name an access list, other than its definition.
    pub(super) mentions: FxHashSet<&'a str>,
    /// What it says of the device itself.
    pub(super) own: Own,
}

impl<'a> Config<'a> {
    /// The blocks of a bin, which is empty afterwards.
    pub(super) fn take(&mut self, bin: Bin) -> Vec<Block<'a>> {
        self.bins.remove(&bin).unwrap_or_default()
    }

    /// The first head of a bin.
    pub(super) fn first(&self, bin: Bin) -> Option<Span> {
        self.bins.get(&bin).and_then(|list| list.first()).map(|block| block.head.span)
    }
}

/// Sorts the lines of a file.
pub(super) fn sort<'a>(lines: Vec<ConfigLine<'a>>, ledger: &mut Ledger<'_>) -> Config<'a> {
    let mut config = Config::default();
    let mut kept = Vec::with_capacity(lines.len());
    for line in lines {
        if config.version.is_none() {
            config.version = version(line.text);
        }
        if is_noise(&line) {
            ledger.irrelevant(line.span);
        } else {
            kept.push(line);
        }
    }
    indent_again(&mut kept);
    let own = Table::new(OWN);
    for block in blocks(kept) {
        own.block(&block, &mut config.own, ledger);
        sort_one(block, &mut config, ledger);
    }
    config
}

fn sort_one<'a>(block: Block<'a>, config: &mut Config<'a>, ledger: &mut Ledger<'_>) {
    let negated = block.head.word(0) == "no";
    if block.head.word(1) != "access-list" {
        let lines = std::iter::once(&block.head).chain(&block.body);
        config.mentions.extend(lines.flat_map(|line| line.words.iter()).map(|word| word.text));
    }
    match find(&block.head, usize::from(negated)) {
        // A server that is switched off was never read as switched on; what else a negation takes back stands elsewhere.
        Some(
            Bin::Irrelevant
            | Bin::Server
            | Bin::Content
            | Bin::Ike
            | Bin::PrefixClient
            | Bin::Profile,
        ) if negated => {
            ledger.irrelevant(block.span());
        }
        Some(Bin::Irrelevant) => ledger.irrelevant(block.span()),
        Some(bin) if !negated || bin == Bin::AccessList => {
            config.bins.entry(bin).or_default().push(block);
        }
        _ => unknown_command(&block, ledger),
    }
}

fn find(line: &ConfigLine<'_>, from: usize) -> Option<Bin> {
    // Most lines of a big file are these; the table is for the rest.
    if matches!(line.word(from), "ip" | "ipv6")
        && line.word(from + 1) == "access-list"
        && line.word(from + 2) != "cache"
    {
        return Some(Bin::AccessList);
    }
    let fits =
        |row: &str| row.split(' ').enumerate().all(|(at, word)| line.word(from + at) == word);
    let read = READ.iter().copied().filter(|(row, _)| fits(row));
    let inert = IRRELEVANT.iter().filter(|row| fits(row)).map(|row| (*row, Bin::Irrelevant));
    read.chain(inert).max_by_key(|(row, _)| row.split(' ').count()).map(|(_, bin)| bin)
}

/// `! IX Series IX2215 (magellan-sec) Software, Version 10.2.42, RELEASE SOFTWARE`.
fn version(text: &str) -> Option<String> {
    let rest = text.strip_prefix('!')?.trim_start();
    let (product, after) = rest.split_once("Software, Version ")?;
    let number = after.split(',').next().unwrap_or(after).trim();
    let product = product.trim().strip_prefix("IX Series ").unwrap_or(product.trim());
    let product = product.split_whitespace().next().unwrap_or("IX");
    Some(format!("{product} {number}"))
}

/// Comments, answers of the console, and prompts that carry no configuration command.
fn is_noise(line: &ConfigLine<'_>) -> bool {
    let heads = [
        "Building configuration",
        "Current configuration",
        "Current time",
        "Using ",
        "enable-config",
        "svintr-config",
        "show running-config",
        "show startup-config",
        "terminal length",
        "write memory",
        "configure terminal",
    ];
    let first = line.text.chars().next();
    matches!(first, Some('!' | '%'))
        || matches!(line.text, "exit" | "end" | "configure" | "enable" | "quit")
        || line.indent == 0 && heads.iter().any(|head| line.text.starts_with(head))
        || line.indent == 0 && is_prompt(line)
}

/// `Router(config)#`, alone or with a command that shows or leaves something. With another command it is a session, whose
/// line stays and is unknown.
fn is_prompt(line: &ConfigLine<'_>) -> bool {
    let word = line.word(0);
    let Some(name) = word.strip_suffix(['#', '>', '%']) else { return false };
    let name = name.split('(').next().unwrap_or("");
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let harmless = ["", "show", "sh", "terminal", "exit", "end", "logout", "write", "enable"];
    !name.is_empty()
        && name.chars().all(plain)
        && (harmless.contains(&line.word(1))
            || line.word(1).starts_with("config")
            || line.word(1).ends_with("-config"))
}

/// Copies that lost their indentation: a command that stands inside interfaces only goes back below its interface.
fn indent_again(lines: &mut [ConfigLine<'_>]) {
    let mut inside = false;
    for line in lines.iter_mut().filter(|line| line.indent == 0) {
        let from = usize::from(line.word(0) == "no");
        let only = INTERFACE_ONLY
            .iter()
            .any(|row| row.split(' ').enumerate().all(|(at, word)| line.word(from + at) == word));
        if inside && only {
            line.indent = 1;
        } else {
            inside = line.word(0) == "interface";
        }
    }
}

/// Interface commands that no top-level command begins like.
const INTERFACE_ONLY: &[&str] = &[
    "auto-connect",
    "bridge-group",
    "description",
    "encapsulation",
    "ip address",
    "ip dhcp binding",
    "ip filter",
    "ip mtu",
    "ip napt address",
    "ip napt enable",
    "ip napt hairpinning",
    "ip napt inside",
    "ip napt service",
    "ip napt static",
    "ip nat dynamic",
    "ip nat enable",
    "ip nat static",
    "ip policy",
    "ip proxy-arp",
    "ip tcp adjust-mss",
    "ip unnumbered",
    "ip vrf forwarding",
    "ipsec policy",
    "ipv6 address",
    "ipv6 enable",
    "ipv6 filter",
    "ipv6 policy",
    "ppp binding",
    "shutdown",
    "tunnel destination",
    "tunnel mode",
    "tunnel source",
];
