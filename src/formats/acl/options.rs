//! What may follow the addresses of an access-list line: ICMP kind, flags, logging, time, and conditions outside the header.

use super::{Cursor, Dialect, Entry, Protocol, icmp};
use crate::model::{TcpFlags, Unknown};
use crate::net::{TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN};
use crate::source::Span;
use crate::text;

/// Reads everything after the addresses of a line.
pub(super) fn options<'a>(
    cursor: &mut Cursor<'_, 'a>,
    entry: &mut Entry<'a>,
    dialect: Dialect,
) -> Result<(), Span> {
    let mut bare: Vec<(TcpFlags, Span)> = Vec::new();
    let protocol = match entry.service.protocol {
        Protocol::Number(number) => Some(number),
        _ => None,
    };
    while !cursor.at_end() {
        let at = cursor.span();
        if let Some(number) =
            protocol.filter(|n| matches!(n, 1 | 58) && entry.service.icmp.is_none())
        {
            cursor.take("icmp-type");
            entry.service.icmp = icmp(cursor, number, dialect.words);
            if entry.service.icmp.is_some() {
                continue;
            }
        }
        let Some(word) = cursor.next() else { break };
        match word.text {
            "log" | "log-input" => {
                entry.log = true;
                skip_cookie(cursor);
            }
            "time-range" => entry.schedule = Some(cursor.next().ok_or(at)?),
            "fragments" => entry.fragments = true,
            "established" if protocol == Some(6) => {
                entry.service.flags.extend([set(TCP_ACK), set(TCP_RST)])
            }
            "match-any" | "match-all" if protocol == Some(6) => {
                listed_flags(cursor, word.text == "match-all", &mut entry.service.flags)?;
            }
            "sequence" => {
                cursor.next();
            }
            "reflect" => {
                cursor.next().ok_or(at)?;
                if cursor.take("timeout") {
                    cursor.next();
                }
            }
            "undetermined-transport" | "routing" | "hbh" | "dest-option" | "mobility" | "auth" => {
                entry.unknown.push(condition(at, word.text));
                cursor.next_number();
            }
            "dscp" | "precedence" | "tos" | "ttl" | "option" | "flow-label" | "routing-type"
            | "dest-option-type" | "mobility-type" | "sgt" | "dgt" | "cos" | "vlan"
            | "inner-vlan" | "user-priority" | "ctag-vlan" | "ctag-user-priority" => {
                entry.unknown.push(condition(at, word.text));
                operands(cursor);
            }
            name if protocol == Some(2) => entry.unknown.push(condition(at, name)),
            name => match flag(name).filter(|_| protocol == Some(6)) {
                Some(bit) => bare.push((set(bit), at)),
                None => return Err(at),
            },
        }
    }
    if let [_, (_, second), ..] = bare.as_slice() {
        // Whether two bare keywords mean both or either differs between releases.
        entry.unknown.push(condition(*second, "several TCP flag keywords"));
    }
    entry.service.flags.extend(bare.into_iter().map(|(flags, _)| flags));
    Ok(())
}

impl Cursor<'_, '_> {
    fn next_number(&mut self) {
        if self.peek().parse::<u32>().is_ok() {
            self.next();
        }
    }
}

/// A word after `log` that is no option is the user's cookie.
fn skip_cookie(cursor: &mut Cursor<'_, '_>) {
    let option = matches!(
        cursor.peek(),
        "" | "time-range" | "fragments" | "sequence" | "reflect" | "log" | "log-input"
    );
    if !option {
        cursor.next();
    }
}

/// The operands of `dscp`, `ttl` and the like: one word, or an operator with numbers.
fn operands(cursor: &mut Cursor<'_, '_>) {
    if matches!(cursor.peek(), "eq" | "neq" | "lt" | "gt" | "range") {
        cursor.next();
        while cursor.peek().parse::<u32>().is_ok() {
            cursor.next();
        }
    } else {
        cursor.next();
    }
}

fn listed_flags(
    cursor: &mut Cursor<'_, '_>,
    all: bool,
    out: &mut Vec<TcpFlags>,
) -> Result<(), Span> {
    let mut together = TcpFlags::ANY;
    let mut count = 0;
    while let Some(sign) = cursor.peek().chars().next().filter(|c| matches!(c, '+' | '-')) {
        let bit = flag(cursor.peek().trim_start_matches(['+', '-'])).ok_or(cursor.span())?;
        let value = if sign == '+' { bit } else { 0 };
        cursor.next();
        count += 1;
        if all {
            together = TcpFlags { mask: together.mask | bit, value: together.value | value };
        } else {
            out.push(TcpFlags { mask: bit, value });
        }
    }
    if count == 0 {
        return Err(cursor.span());
    }
    if all {
        out.push(together);
    }
    Ok(())
}

fn set(bit: u8) -> TcpFlags {
    TcpFlags { mask: bit, value: bit }
}

fn flag(name: &str) -> Option<u8> {
    match name {
        "fin" => Some(TCP_FIN),
        "syn" => Some(TCP_SYN),
        "rst" => Some(TCP_RST),
        "psh" => Some(0x08),
        "ack" => Some(TCP_ACK),
        "urg" => Some(0x20),
        _ => None,
    }
}

/// A condition that the modelled header cannot express.
pub(super) fn condition(span: Span, word: &str) -> Unknown {
    let reason = text!(
        "条件「{word}」はパケットの見出しに無い情報のため、一致するともしないとも読みます。",
        "the condition {word} is not part of the modelled header; it may or may not match"
    );
    Unknown { reason, span }
}
