//! Statements and expressions of libnftables JSON.

use super::json::{element, words};
use super::tree::{Answer, DEPTH_LIMIT, Expr, Nat, NatKind, Op, Statement, Verdict};
use crate::formats::json::{Kind, Value};

/// A verdict by its word, with the object that may name a target.
pub(super) fn verdict(word: &str, value: &Value) -> Option<Verdict> {
    let target = || value.text("target").map(str::to_owned);
    Some(match word {
        "accept" => Verdict::Accept,
        "drop" => Verdict::Drop,
        "continue" => Verdict::Continue,
        "return" => Verdict::Return,
        "jump" => Verdict::Jump(target()?),
        "goto" => Verdict::Goto(target()?),
        _ => return None,
    })
}

/// One statement of a rule.
pub(super) fn statement(value: &Value) -> Statement {
    let [(word, body)] = value.members() else {
        return Statement::Unknown(value.word().unwrap_or("?").to_owned());
    };
    if let Some(verdict) = verdict(word, body) {
        return Statement::Verdict(verdict);
    }
    match word.as_str() {
        "match" => condition(body),
        "vmap" => match (body.get("key"), body.get("data")) {
            (Some(key), Some(data)) => {
                Statement::Vmap { key: expression(key, 0), data: expression(data, 0) }
            }
            _ => Statement::Unknown(word.clone()),
        },
        "counter" | "nftrace" | "last" | "secmark" | "ct helper" | "ct timeout"
        | "ct expectation" | "comment" => Statement::Inert,
        "log" => Statement::Log,
        "reject" => reject(body),
        "xt" => body
            .text("name")
            .and_then(super::script_rule::extension)
            .unwrap_or_else(|| Statement::Unknown(word.clone())),
        "notrack" => Statement::Notrack,
        "flow" => Statement::Flow,
        "limit" | "quota" | "ct count" | "meter" => Statement::Limit(word.clone()),
        "queue" | "synproxy" | "tproxy" => Statement::Elsewhere(word.clone()),
        "dup" | "fwd" => Statement::Aside(word.clone()),
        "mangle" => match body.get("key") {
            Some(key) => Statement::Mangle { key: expression(key, 0) },
            None => Statement::Unknown(word.clone()),
        },
        "set" | "map" => update(body),
        "snat" => nat(body, NatKind::Source),
        "dnat" => nat(body, NatKind::Destination),
        "masquerade" => nat(body, NatKind::Masquerade),
        "redirect" => nat(body, NatKind::Redirect),
        _ => Statement::Unknown(word.clone()),
    }
}

fn reject(body: &Value) -> Statement {
    Statement::Reject(match body.text("type") {
        None | Some("icmpx") => Answer::Fitting,
        Some("icmp") => Answer::Icmp,
        Some("icmpv6") => Answer::Icmpv6,
        Some("tcp reset") => Answer::Reset,
        Some(other) => return Statement::Unknown(format!("reject with {other}")),
    })
}

fn condition(body: &Value) -> Statement {
    let (Some(left), Some(right)) = (body.get("left"), body.get("right")) else {
        return Statement::Unknown("match".to_owned());
    };
    let op = match body.text("op") {
        Some("in") | None => Op::Implicit,
        Some("==") => Op::Eq,
        Some("!=") => Op::Ne,
        Some("!") => Op::Without,
        Some("<") => Op::Lt,
        Some(">") => Op::Gt,
        Some("<=") => Op::Le,
        Some(">=") => Op::Ge,
        Some(_) => return Statement::Unknown("match".to_owned()),
    };
    Statement::Match { left: expression(left, 0), op, right: expression(right, 0) }
}

/// `add @set { … }`: with statements of its own it is a condition, too.
fn update(body: &Value) -> Statement {
    let name = body.text("set").or_else(|| body.text("map")).unwrap_or("");
    Statement::Update { set: name.trim_start_matches('@').to_owned() }
}

fn nat(body: &Value, kind: NatKind) -> Statement {
    let flags = words(body.get("flags"));
    let mut types = words(body.get("type_flags"));
    types.extend(flags.iter().cloned());
    Statement::Nat(Nat {
        kind,
        address: body.get("addr").map(|value| expression(value, 0)),
        port: body.get("port").map(|value| expression(value, 0)),
        prefix: types.iter().any(|flag| flag == "prefix" || flag == "netmap"),
    })
}

/// An expression.
pub(super) fn expression(value: &Value, depth: usize) -> Expr {
    if depth > DEPTH_LIMIT {
        return Expr::Other("…".to_owned());
    }
    match &value.kind {
        Kind::Text(text) => match text.strip_prefix('@') {
            Some(name) if !name.is_empty() => Expr::Named(name.to_owned()),
            _ if text == "*" => Expr::Rest,
            _ => Expr::Word(text.clone()),
        },
        Kind::Bare(word) => Expr::Word(word.clone()),
        Kind::Array(items) => Expr::List(items.iter().map(|i| expression(i, depth + 1)).collect()),
        Kind::Object(members) => match members.as_slice() {
            [(word, body)] => object(word, body, depth + 1),
            _ => Expr::Other("{…}".to_owned()),
        },
    }
}

fn object(word: &str, body: &Value, depth: usize) -> Expr {
    let other = || Expr::Other(word.to_owned());
    let pair = || match body.items() {
        [a, b] => Some((Box::new(expression(a, depth)), Box::new(expression(b, depth)))),
        _ => None,
    };
    match word {
        "payload" => match (body.text("protocol"), body.text("field")) {
            // Further members, such as `tunnel`, say that it is a header inside another one.
            (Some(protocol), Some(field)) if body.members().len() == 2 => {
                Expr::Payload { protocol: protocol.to_owned(), field: field.to_owned() }
            }
            _ => Expr::Other(format!("@{}", body.text("base").unwrap_or("payload"))),
        },
        "meta" => Expr::Meta(body.text("key").unwrap_or("").to_owned()),
        "ct" => Expr::Ct {
            key: body.text("key").unwrap_or("").to_owned(),
            original: body.text("dir") == Some("original"),
        },
        "fib" => Expr::Fib {
            keys: words(body.get("flags")),
            result: body.text("result").unwrap_or("").to_owned(),
        },
        "prefix" => {
            let len = body.text("len").and_then(|len| len.parse().ok());
            match (body.get("addr"), len) {
                (Some(address), Some(len)) => {
                    Expr::Prefix(Box::new(expression(address, depth)), len)
                }
                _ => other(),
            }
        }
        "range" => pair().map_or_else(other, |(a, b)| Expr::Range(a, b)),
        "&" => pair().map_or_else(other, |(a, b)| Expr::Masked(a, b)),
        "|" => Expr::List(body.items().iter().map(|i| expression(i, depth)).collect()),
        "concat" => Expr::Concat(body.items().iter().map(|i| expression(i, depth)).collect()),
        "set" => match &body.kind {
            Kind::Array(items) => Expr::Set(items.iter().map(element).collect()),
            _ => expression(body, depth),
        },
        "elem" => timed(body, depth),
        "map" => match (body.get("key"), body.get("data")) {
            (Some(key), Some(data)) => Expr::Map {
                key: Box::new(expression(key, depth)),
                data: Box::new(expression(data, depth)),
            },
            _ => other(),
        },
        "numgen" | "jhash" | "symhash" => choice(body).unwrap_or_else(other),
        _ => verdict(word, body).map_or_else(other, Expr::Verdict),
    }
}

/// An element with attributes: it expires, or it only has a comment and a counter. One with a statement of its own (a rate)
/// is a condition besides.
fn timed(body: &Value, depth: usize) -> Expr {
    let Some(value) = body.get("val") else { return Expr::Other("elem".to_owned()) };
    let value = expression(value, depth);
    let harmless = ["val", "comment", "counter"];
    if body.members().iter().all(|(key, _)| harmless.contains(&key.as_str())) {
        return value;
    }
    Expr::Timed(Box::new(value))
}

fn choice(body: &Value) -> Option<Expr> {
    let count = body.text("mod")?.parse().ok()?;
    let first = body.text("offset").map_or(Some(0), |word| word.parse().ok())?;
    Some(Expr::Choice { first, count })
}
