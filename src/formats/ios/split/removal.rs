//! `no X` and `default X` at the top level: what earlier lines said is taken back.

use super::Config;
use crate::formats::Ledger;
use crate::formats::commands::Commands;
use crate::formats::ios::commands::Bin;
use crate::formats::ios::interface::canonical;
use crate::formats::lines::{Block, ConfigLine};
use crate::text;

/// Takes back the earlier lines that `no X` means: the access list or interface of that name, else those with the same text or
/// one that X begins. When there are lines of that kind and none of them is meant, X is written in other words than they are.
pub(super) fn remove<'a>(
    block: &Block<'a>,
    commands: &Commands<Bin>,
    config: &mut Config<'a>,
    ledger: &mut Ledger<'_>,
) {
    let head = &block.head;
    let bin = commands.find(head, 1);
    if let Some((bins, name)) = access_list(head) {
        // A remark alone goes; anything else after the number takes the whole list away.
        if head.word(3) != "remark" || bins.len() == 1 {
            for bin in bins {
                let at = if *bin == Bin::IpAccessList { 3 } else { bin_name(*bin) };
                take(config, *bin, ledger, |other| other.word(at) == name);
            }
        }
        return ledger.used(block.span());
    }
    let Some(bin) = bin.filter(|bin| config.has(*bin)) else { return ledger.used(block.span()) };
    let text = head.rest(1);
    let loose = matches!(bin, Bin::Route | Bin::Route6);
    let same = |other: &ConfigLine<'_>| {
        if bin == Bin::Interface {
            return canonical(other.rest(1)) == canonical(head.rest(2));
        }
        let (start, rest) = other.text.split_at_checked(text.len()).unwrap_or(("", "x"));
        let equal = if loose { start.eq_ignore_ascii_case(text) } else { start == text };
        equal && (rest.is_empty() || rest.starts_with(' '))
    };
    if take(config, bin, ledger, same) {
        return ledger.used(block.span());
    }
    let reason = text!(
        "「{text}」に当たる行がこの前にありません。別の書き方をされた行を取り消すことがあるため、この機器のどの通信も通り得ると読みます。",
        "no earlier line is {text}; it may take back a line that is written otherwise, so anything may pass this device"
    );
    ledger.unknown(block.span(), reason, false);
}

/// The kinds of line that define the access list whose removal this is, and its name.
fn access_list<'a>(head: &ConfigLine<'a>) -> Option<(&'static [Bin], &'a str)> {
    const V4: &[Bin] = &[Bin::AccessList, Bin::IpAccessList];
    match (head.word(1), head.word(2)) {
        ("access-list", name) => Some((V4, name)),
        ("ip", "access-list") => Some((V4, head.word(4))),
        ("ipv6", "access-list") => Some((&[Bin::Ipv6AccessList], head.word(3))),
        _ => None,
    }
}

/// Where the name of a list stands in the line that defines it.
fn bin_name(bin: Bin) -> usize {
    if bin == Bin::Ipv6AccessList { 2 } else { 1 }
}

/// Takes blocks out of a bin; whether there was one.
fn take(
    config: &mut Config<'_>,
    bin: Bin,
    ledger: &mut Ledger<'_>,
    goes: impl Fn(&ConfigLine<'_>) -> bool,
) -> bool {
    let Some(list) = config.bins.get_mut(&bin) else { return false };
    let before = list.len();
    for gone in list.iter().filter(|other| goes(&other.head)) {
        ledger.irrelevant(gone.span());
    }
    list.retain(|other| !goes(&other.head));
    list.len() < before
}
