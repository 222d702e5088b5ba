//! First pass: paste noise and multi-line texts taken out, top-level commands sorted into bins by one table.

mod removal;

use super::commands::{Bin, TOP};
use super::inert;
use super::own::OWN;
use crate::formats::Ledger;
use crate::formats::commands::{self, Commands, at_prompt, typed, unknown_command};
use crate::formats::lines::{Block, ConfigLine, blocks};
use crate::formats::own::Table;
use crate::model::Own;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// The top-level commands of a configuration, by what they are about.
#[derive(Debug, Default)]
pub(super) struct Config<'a> {
    bins: BTreeMap<Bin, Vec<Block<'a>>>,
    /// Words of lines that can name an access list, other than its definition.
    pub(super) mentions: FxHashSet<&'a str>,
    /// What the configuration says of the device itself.
    pub(super) own: Own,
}

impl<'a> Config<'a> {
    /// The blocks of a bin, which is empty afterwards.
    pub(super) fn take(&mut self, bin: Bin) -> Vec<Block<'a>> {
        self.bins.remove(&bin).unwrap_or_default()
    }

    /// Whether the bin holds a command.
    pub(super) fn has(&self, bin: Bin) -> bool {
        self.bins.contains_key(&bin)
    }

    /// The heads of a bin.
    pub(super) fn heads(&self, bin: Bin) -> impl Iterator<Item = &ConfigLine<'a>> {
        self.bins.get(&bin).into_iter().flatten().map(|block| &block.head)
    }

    /// The first head of a bin.
    pub(super) fn first(&self, bin: Bin) -> Option<&ConfigLine<'a>> {
        self.bins.get(&bin).and_then(|list| list.first()).map(|block| &block.head)
    }
}

/// Sorts the lines of a file into bins.
pub(super) fn split<'a>(lines: Vec<ConfigLine<'a>>, ledger: &mut Ledger<'_>) -> Config<'a> {
    let inert = commands::rows(inert::TOP).map(|words| (words, Bin::Irrelevant));
    let commands = Commands::new(TOP.iter().copied().chain(inert));
    let own = Table::new(OWN);
    let mut config = Config::default();
    for block in blocks(without_noise(lines, ledger)) {
        mention(&block, &mut config.mentions);
        own.block(&block, &mut config.own, ledger);
        sort(block, &commands, &mut config, ledger);
    }
    config
}

fn sort<'a>(
    block: Block<'a>,
    commands: &Commands<Bin>,
    config: &mut Config<'a>,
    ledger: &mut Ledger<'_>,
) {
    let negated = matches!(block.head.word(0), "no" | "default");
    let bin = commands.find(&block.head, 0).or_else(|| {
        negated.then(|| commands.find(&block.head, 1)).flatten().map(|bin| bin.negated())
    });
    match bin {
        Some(Bin::Irrelevant) => {
            ledger.irrelevant(block.span());
        }
        Some(Bin::Removal) => removal::remove(&block, commands, config, ledger),
        Some(bin) => config.bins.entry(bin).or_default().push(block),
        None => unknown_command(&block, ledger),
    }
}

/// Words that come with the name of an access list somewhere on the line.
const NAMING: &[&str] = &[
    "access-class",
    "access-group",
    "acl",
    "address",
    "broadcast-policy",
    "community",
    "distribute-list",
    "filter",
    "group-list",
    "list",
    "multicast",
    "ntp",
    "offset-list",
    "peer",
    "redirect-list",
    "rp-address",
    "snmp-server",
    "traffic-filter",
];

fn mention<'a>(block: &Block<'a>, out: &mut FxHashSet<&'a str>) {
    let head = &block.head;
    if head.word(0) == "access-list" || head.word(1) == "access-list" {
        return;
    }
    for line in std::iter::once(head).chain(&block.body) {
        if line.words.iter().any(|word| NAMING.contains(&word.text)) {
            out.extend(line.words.iter().map(|word| word.text));
        }
    }
}

/// How far the end of a banner is looked for, in lines.
const TEXT_LIMIT: usize = 1000;

fn without_noise<'a>(lines: Vec<ConfigLine<'a>>, ledger: &mut Ledger<'_>) -> Vec<ConfigLine<'a>> {
    let mut skip = 0usize;
    let (mut shown, mut exports) = (false, 0usize);
    let mut drop = vec![false; lines.len()];
    for ((index, line), gone) in lines.iter().enumerate().zip(&mut drop) {
        if skip > 0 {
            skip -= 1;
            *gone = true;
            ledger.irrelevant(line.span);
            continue;
        }
        shown = other_output(line).unwrap_or(shown);
        exports += usize::from(line.text.starts_with("Building configuration"));
        if typed(line, ledger) {
            *gone = true;
            continue;
        }
        if exports > 1 && line.text.starts_with("Building configuration") {
            *gone = true;
            commands::second_export(line.span, ledger);
            continue;
        }
        if shown || line.text.starts_with('!') || is_noise(line) {
            *gone = true;
        } else if let Some(end) = text_end(line) {
            *gone = true;
            let ahead = lines.iter().skip(index + 1).take(TEXT_LIMIT);
            let last = match end {
                End::Here => None,
                End::Delimiter(mark) => ahead.map(|l| l.text).position(|text| text.contains(mark)),
                End::At => ahead.map(|l| l.text).position(|text| text == "@"),
            };
            skip = last.map_or(0, |last| last + 1);
        }
        if *gone {
            ledger.irrelevant(line.span);
        }
    }
    let keep = lines.into_iter().zip(drop).filter(|(_, gone)| !gone);
    let mut kept: Vec<ConfigLine<'a>> = keep.map(|(line, _)| line).collect();
    indent_again(&mut kept);
    kept
}

/// Pagers and hand-written scripts lose the indentation of sub-commands. One that no top-level command begins like goes back
/// below its interface or access list.
fn indent_again(lines: &mut [ConfigLine<'_>]) {
    let mut head = "";
    for line in lines.iter_mut().filter(|line| line.indent == 0) {
        let first = usize::from(line.word(0).parse::<u32>().is_ok() || line.word(0) == "sequence");
        let word = line.word(first);
        let below = match head {
            "interface" => below_interface(line),
            "access-list" => {
                matches!(word, "permit" | "deny" | "remark" | "evaluate")
                    || line.word(0) == "sequence"
            }
            _ => false,
        };
        if below {
            line.indent = 1;
        } else if line.word(0) == "interface" {
            head = "interface";
        } else {
            let named = matches!(line.word(0), "ip" | "ipv6") && line.word(1) == "access-list";
            head = if named { "access-list" } else { "" };
        }
    }
}

fn below_interface(line: &ConfigLine<'_>) -> bool {
    let from = usize::from(line.word(0) == "no");
    let begins =
        |words: &str| words.split(' ').enumerate().all(|(at, want)| line.word(at + from) == want);
    // The commands of the same words at the top level are longer.
    let short = line.words.len() == from + 3
        && ["crypto map", "ip nat inside", "ip nat outside"].into_iter().any(begins);
    short || INTERFACE_ONLY.iter().any(|words| begins(words))
}

/// Interface commands that no top-level command begins like.
const INTERFACE_ONLY: &[&str] = &[
    "description",
    "encapsulation",
    "ip access-group",
    "ip address",
    "ip helper-address",
    "ip ospf",
    "ip pim sparse-mode",
    "ip policy route-map",
    "ip redirects",
    "ip proxy-arp",
    "ip unreachables",
    "ip unnumbered",
    "ip vrf forwarding",
    "ipv6 address",
    "ipv6 enable",
    "ipv6 traffic-filter",
    "negotiation auto",
    "duplex",
    "speed",
    "shutdown",
    "spanning-tree portfast",
    "standby",
    "switchport",
    "vrf forwarding",
    "vrrp",
    "zone-member security",
];

/// How a multi-line text ends.
enum End<'a> {
    Here,
    Delimiter(&'a str),
    At,
}

/// Banners, menus and macros: texts that run over lines to a delimiter of their own.
fn text_end<'a>(line: &ConfigLine<'a>) -> Option<End<'a>> {
    let skip = match line.word(0) {
        "banner"
            if matches!(
                line.word(1),
                "motd"
                    | "login"
                    | "exec"
                    | "incoming"
                    | "slip-ppp"
                    | "prompt-timeout"
                    | "config-save"
            ) =>
        {
            2
        }
        "banner" => 1,
        "aaa"
            if line.starts(&["aaa", "authentication", "banner"])
                || line.starts(&["aaa", "authentication", "fail-message"]) =>
        {
            3
        }
        "menu" if matches!(line.word(2), "title" | "prompt" | "status-line") => 3,
        "macro" if line.word(1) == "name" => return Some(End::At),
        _ => return None,
    };
    let rest = line.rest(skip);
    let first = rest.chars().next()?;
    let mark = if rest.starts_with("^C") { rest.get(..2)? } else { rest.get(..first.len_utf8())? };
    let after = rest.get(mark.len()..)?;
    Some(if after.contains(mark) { End::Here } else { End::Delimiter(mark) })
}

/// Whether what follows is the output of another command than the one that prints the configuration; `None` where the line
/// changes nothing about that.
fn other_output(line: &ConfigLine<'_>) -> Option<bool> {
    if let Some(command) = at_prompt(line) {
        let mut words = command.split_ascii_whitespace();
        let shows = words.next().is_some_and(|word| word.len() > 1 && "show".starts_with(word));
        let what = words.next().unwrap_or("");
        let config = ["run", "start", "conf", "tech"].iter().any(|word| what.starts_with(word));
        return Some(shows && !config);
    }
    let begins = ["Building configuration", "Current configuration", "version ", "hostname "];
    begins.iter().any(|words| line.text.starts_with(words)).then_some(false)
}

fn is_noise(line: &ConfigLine<'_>) -> bool {
    let heads = [
        "Building configuration",
        "Current configuration",
        "Using ",
        "Last configuration change",
        "NVRAM config last updated",
        "Load for ",
        "Time source is",
        "Unable to get",
        "show running",
        "sh run",
        "terminal length",
        "term len",
        "enable secret ",
        "enable password ",
    ];
    line.indent == 0
        && (matches!(
            line.text,
            "end"
                | "exit"
                | "quit"
                | "enable"
                | "configure terminal"
                | "conf t"
                | "write memory"
                | "wr mem"
                | "exit-address-family"
        ) || heads.iter().any(|head| line.text.starts_with(head))
            || commands::is_prompt(line.word(0)))
        || matches!(
            line.text,
            "exit" | "exit-address-family" | "exit-peer-policy" | "exit-peer-session" | "exit-vrf"
        )
}
