//! Linux nftables: `nft -j list ruleset`, `nft list ruleset` and scripts of the kind of `/etc/nftables.conf`, with `ip addr`,
//! `ip route` and `ip rule` of the same host.
//!
//! Two front ends (`json`, `script`) fill one `Ruleset`; one lowering makes the device of it. Which base chain the kernel asks
//! when stands in `lower/pipeline.rs` only.

mod json;
mod json_expr;
mod lex;
mod lower;
mod names;
#[cfg(test)]
mod tests;
mod script;
mod script_comment;
mod script_expr;
mod script_rule;
mod script_selector;
mod tree;

use super::builder::stem;
use super::iproute::{self, Host, MadeLine, Typed};
use super::lines::{Lines, split};
use super::{Format, Input, Ledger, Read, Reading};
use crate::model::{Context, Coverage, Device, Gap, LineStatus};
use crate::source::{FileId, Span};
use crate::text;
use crate::text::Text;
use lower::Lower;
use tree::{Account, Ruleset};

/// The reader.
pub const FORMAT: Format = Format {
    id: "nftables",
    label: "Linux nftables",
    detect,
    export: &["nft -j list ruleset", "nft -a list ruleset", "ip addr", "ip route", "ip rule"],
    reads,
    read: Read::Several(read),
    approximations,
};

/// How far detection looks, in lines.
const DETECT_LINES: usize = 4000;

/// What a line that detection looks at begins with.
const DETECT_WORDS: [&str; 7] = ["table", "chain", "type", "flush", "add", "insert", "create"];

fn detect(text: &str) -> u8 {
    if is_json(text) {
        return if text
            .chars()
            .take(400)
            .filter(|c| !c.is_whitespace())
            .collect::<String>()
            .contains("\"nftables\":[")
        {
            96
        } else {
            0
        };
    }
    let (mut table, mut chain, mut command) = (false, false, false);
    for (number, line) in text.lines().take(DETECT_LINES).enumerate() {
        if number == 0 && line.starts_with("#!") && line.contains("nft") {
            return 96;
        }
        let first = line.split_ascii_whitespace().next();
        if !first.is_some_and(|first| DETECT_WORDS.contains(&first)) {
            continue;
        }
        let words: Vec<&str> = line.split_ascii_whitespace().take(6).collect();
        match words.as_slice() {
            ["table", family, name, ..] if tree::Layer::parse(family).is_some() => {
                table |= *name != "{";
            }
            ["table", _, "{", ..] => table = true,
            ["chain", _, "{", ..] | ["type", _, "hook", ..] => chain = true,
            ["flush", "ruleset", ..] => command = true,
            ["add" | "insert" | "create", "table" | "chain" | "rule" | "element" | "set", ..] => {
                command = true;
            }
            _ => {}
        }
    }
    match (table, chain, command) {
        (true, true, _) => 92,
        (true, _, true) => 85,
        (true, false, false) => 60,
        (false, true, true) => 70,
        (false, false, true) => 50,
        // One less than the other reader of such files, so that alone they have one.
        (false, _, false) => iproute::detect(text).saturating_sub(1),
    }
}

/// What `nft -j` prints begins with a brace, which nothing of the language does.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn read(inputs: &[Input<'_>], declared: &[String]) -> Reading {
    let Some(first) = inputs.first() else {
        return Reading { device: Device::default(), coverage: Vec::new() };
    };
    let origin = Span { file: first.id, start: 0, end: 0 };
    let of_host =
        |input: &Input<'_>| !is_json(input.file.text()) && iproute::detect(input.file.text()) > 0;
    let hosts: Vec<Option<Lines<'_>>> =
        inputs.iter().map(|input| of_host(input).then(|| split(input.id, input.file))).collect();
    let mut ledgers: Vec<(FileId, Ledger<'_>)> =
        inputs.iter().map(|input| (input.id, Ledger::new(input.id, input.file))).collect();
    let made: Vec<Vec<MadeLine>> = inputs
        .iter()
        .zip(&mut ledgers)
        .map(|(input, (_, ledger))| iproute::made(input.id, input.file.text(), ledger))
        .collect();
    let (mut ruleset, mut host) = (Ruleset::default(), Host::default());
    let mut defines = script_expr::Defines::default();
    for (((input, lines), made), (_, ledger)) in
        inputs.iter().zip(&hosts).zip(&made).zip(&mut ledgers)
    {
        if iproute::is_json(input.file.text()) {
            host.take_made(made, ledger);
        } else if let Some(lines) = lines {
            host_lines(lines, &mut host, ledger);
        } else if is_json(input.file.text()) {
            json::read(*input, &mut ruleset);
        } else {
            script::read(*input, &mut ruleset, &mut defines);
        }
    }
    let mut notes = std::mem::take(&mut ruleset.notes);
    let mut lower = Lower::new(&ruleset, origin);
    lower.builder.device.name = stem(first.file.path());
    lower.builder.device.format = "nftables";
    lower.builder.device.contexts.push(Context::default());
    let known = host.build(&mut lower.builder, origin);
    lower.interfaces(declared, &known);
    lower.pipelines();
    let (device, rules) = lower.finish();
    notes.extend(rules);
    for (span, account) in notes {
        if let Some((_, ledger)) = ledgers.iter_mut().find(|(id, _)| *id == span.file) {
            note(ledger, span, account);
        }
    }
    let coverage: Vec<Coverage> = ledgers.into_iter().map(|(_, ledger)| ledger.close()).collect();
    Reading { device, coverage }
}

fn host_lines<'a>(lines: &'a Lines<'_>, host: &mut Host<'a>, ledger: &mut Ledger<'_>) {
    for line in &lines.all() {
        match iproute::typed(line.text) {
            _ if line.text.starts_with('#') && !iproute::changes(line.text) => {
                ledger.irrelevant(line.span);
            }
            Some(Typed::Shows) => ledger.irrelevant(line.span),
            Some(Typed::Changes) => ledger.unknown(line.span, iproute::changed(), false),
            None if host.take(line, ledger) => {}
            None => ledger.unknown(line.span, iproute::unreadable(), false),
        }
    }
}

fn note(ledger: &mut Ledger<'_>, span: Span, account: Account) {
    match account {
        Account::Used => ledger.used(span),
        Account::Irrelevant => ledger.irrelevant(span),
        Account::Gap(gap) => {
            let Gap { span, status, reason, contained } = *gap;
            match status {
                LineStatus::Unknown => ledger.unknown(span, reason, contained),
                _ => ledger.unsupported(span, reason),
            }
        }
    }
}

fn reads() -> Text {
    text!(
        "inet・ip・ip6・netdev のチェイン（フック、優先度、ポリシー）、ルール、集合、マップ、NAT、同じホストのアドレスと経路を読みます。",
        "chains of the families inet, ip, ip6 and netdev with hook, priority and policy, rules, sets, maps, translation, and the addresses and routes of the same host"
    )
}

fn approximations() -> Vec<Text> {
    vec![
        text!(
            "マーク、流量制限（limit、quota、ct count）、meter、時刻、fib、rt、socket、生のペイロードなど、ルールセットだけでは決まらない条件は、一致することもしないこともあるものとして読みます。",
            "conditions that the ruleset does not decide (marks, limit, quota, ct count, meters, time, fib, rt, socket, raw payload) may match or not"
        ),
        text!(
            "dynamic または timeout の集合・マップと、ルールが要素を加える集合は、何を含むか分からないものとして読みます。",
            "sets and maps with the flags dynamic or timeout, and sets that rules add to, may hold anything"
        ),
        text!(
            "ct state は接続追跡の後の状態です。notrack があるルールセットでは ct state の条件をすべて不確実とします。",
            "where a rule says notrack, every condition on ct state is uncertain"
        ),
        text!(
            "flowtable に渡した通信は、確立済みの通信だけがフィルターを通らずに進みます。新しい接続の判定は変わりません。",
            "connections handed to a flowtable pass without the forward chains once they are established; new connections are judged as always"
        ),
        text!(
            "NAT は接続の最初のパケットに適用し、既知の接続のパケットにも同じ変換を適用します。送信元ポートは変わり得るものとします。",
            "translation is decided for the first packet of a connection and applied to the later ones; the source port may change"
        ),
        text!(
            "bridge テーブルの拒否、netdev の ingress/egress チェインの（指定デバイス以外での）拒否は、止まることも通ることもあるものとして読みます。arp テーブルは読みません。",
            "what bridge tables drop, and netdev chains on other than their devices, may or may not be stopped; arp tables are not read"
        ),
        text!(
            "queue、synproxy、tproxy の結果は許可も拒否もあり得るものとし、dup、fwd、include は機器全体の判定を不確実とします。",
            "queue, synproxy and tproxy may permit or deny; dup, fwd and include make the whole device uncertain"
        ),
        text!(
            "経路決定前の meta mark の変更は、別の経路表を選ぶ可能性があるものとして読みます。",
            "meta mark set before the route may select another routing table"
        ),
        text!(
            "postrouting の iifname（5.7 より前のカーネルでは一致しない）、ip6 nexthdr（拡張ヘッダーを越えない）は不確実とします。",
            "iifname at postrouting (unknown there before kernel 5.7) and ip6 nexthdr (stops at extension headers) are uncertain"
        ),
        text!(
            "カーネルの転送（net.ipv4.ip_forward など）は有効なものとして読みます。機器自身が送る通信（output）は対象外です。",
            "forwarding is taken to be enabled in the kernel; what the host itself sends (output) is not judged"
        ),
    ]
}
