//! Statements of a rule in the nft language.

use super::lex::{Kind, Token};
use super::script_expr::{Cursor, Defines};
use super::tree::{Answer, Expr, Nat, NatKind, Op, Statement};

/// The statements of a rule and its comment. What cannot be read makes the rest of the rule one unknown statement.
pub(super) fn read(tokens: &[Token<'_>], defines: &Defines) -> (Vec<Statement>, Option<String>) {
    let mut cursor = Cursor::new(tokens, defines);
    let (mut out, mut comment) = (Vec::new(), None);
    while let Some(token) = cursor.peek() {
        let start = cursor.position();
        if token.is("comment") {
            cursor.next();
            comment = cursor.word().map(str::to_owned);
            continue;
        }
        match statement(&mut cursor, token) {
            Some(statement) if cursor.position() > start => out.push(statement),
            _ => {
                cursor.back_to(start);
                cursor.skip_all();
                out.push(Statement::Unknown(cursor.words_since(start)));
            }
        }
    }
    (out, comment)
}

fn statement(cursor: &mut Cursor<'_, '_>, token: &Token<'_>) -> Option<Statement> {
    if token.kind != Kind::Word {
        return condition(cursor);
    }
    let start = cursor.position();
    if let Some(verdict) = cursor.verdict() {
        return Some(Statement::Verdict(verdict));
    }
    cursor.back_to(start);
    cursor.next();
    match token.text {
        "counter" => cursor.counter().map(|()| Statement::Inert),
        "last" => {
            if cursor.take("used") {
                cursor.word()?;
            }
            Some(Statement::Inert)
        }
        "log" => log(cursor),
        "limit" => limit(cursor),
        "quota" => quota(cursor),
        "reject" => reject(cursor),
        "notrack" => Some(Statement::Notrack),
        "flow" => {
            cursor.word()?;
            cursor.take("@").then(|| cursor.word())??;
            Some(Statement::Flow)
        }
        "meter" => {
            cursor.word()?;
            if cursor.take("size") {
                cursor.word()?;
            }
            cursor.skip_braces().then(|| Statement::Limit("meter".to_owned()))
        }
        "queue" | "synproxy" | "tproxy" => {
            cursor.skip_all();
            Some(Statement::Elsewhere(token.text.to_owned()))
        }
        "dup" | "fwd" => {
            cursor.skip_all();
            Some(Statement::Aside(token.text.to_owned()))
        }
        "add" | "update" | "delete" => {
            let name = cursor.take("@").then(|| cursor.word())??;
            cursor.skip_braces().then(|| Statement::Update { set: name.to_owned() })
        }
        "xt" => {
            cursor.word()?;
            extension(cursor.word()?)
        }
        "snat" => nat(cursor, NatKind::Source),
        "dnat" => nat(cursor, NatKind::Destination),
        "masquerade" => nat(cursor, NatKind::Masquerade),
        "redirect" => nat(cursor, NatKind::Redirect),
        "ct" if cursor.is("count") => {
            cursor.next();
            cursor.take("over");
            cursor.word()?;
            Some(Statement::Limit("ct count".to_owned()))
        }
        _ => {
            cursor.back_to(start);
            condition(cursor)
        }
    }
}

/// An extension of iptables that `nft` has no words for: those that decide nothing; `None` for the others.
pub(super) fn extension(name: &str) -> Option<Statement> {
    match name {
        "comment" => Some(Statement::Inert),
        "LOG" | "NFLOG" => Some(Statement::Log),
        _ => None,
    }
}

/// A condition, a look-up in a verdict map, or a field that is set.
fn condition(cursor: &mut Cursor<'_, '_>) -> Option<Statement> {
    let left = cursor.expression()?;
    if matches!(left, Expr::Word(_) | Expr::Rest | Expr::Set(_)) {
        return None;
    }
    if cursor.take("vmap") {
        let data = cursor.expression()?;
        return Some(Statement::Vmap { key: left, data });
    }
    if cursor.take("set") {
        cursor.list()?;
        let inert = matches!(&left, Expr::Ct { key, .. } if OBJECTS.contains(&key.as_str()));
        return Some(if inert { Statement::Inert } else { Statement::Mangle { key: left } });
    }
    let op = operator(cursor);
    let right = cursor.list()?;
    if cursor.take("/") {
        let mask = cursor.list()?;
        let left = Expr::Masked(Box::new(left), Box::new(mask));
        let op = if op == Op::Implicit { Op::Eq } else { op };
        return Some(Statement::Match { left, op, right });
    }
    Some(Statement::Match { left, op, right })
}

/// Objects that a rule hands to the connection.
const OBJECTS: &[&str] = &["helper", "timeout", "expectation", "event", "label", "secmark"];

fn operator(cursor: &mut Cursor<'_, '_>) -> Op {
    let words = [
        ("==", Op::Eq),
        ("eq", Op::Eq),
        ("!=", Op::Ne),
        ("ne", Op::Ne),
        ("neq", Op::Ne),
        ("<=", Op::Le),
        ("le", Op::Le),
        (">=", Op::Ge),
        ("ge", Op::Ge),
        ("<", Op::Lt),
        ("lt", Op::Lt),
        (">", Op::Gt),
        ("gt", Op::Gt),
        ("!", Op::Without),
    ];
    let found = words.iter().find(|(word, _)| cursor.is(word));
    if found.is_some() {
        cursor.next();
    }
    found.map_or(Op::Implicit, |(_, op)| *op)
}

fn log(cursor: &mut Cursor<'_, '_>) -> Option<Statement> {
    loop {
        if ["prefix", "level", "group", "snaplen", "queue-threshold"].iter().any(|w| cursor.take(w))
        {
            cursor.word()?;
        } else if cursor.take("flags") {
            loop {
                let flag = cursor.word()?;
                if flag == "tcp" || flag == "ip" {
                    cursor.word()?;
                }
                if !cursor.take(",") {
                    break;
                }
            }
        } else {
            return Some(Statement::Log);
        }
    }
}

fn limit(cursor: &mut Cursor<'_, '_>) -> Option<Statement> {
    let limit = Statement::Limit("limit".to_owned());
    if cursor.take("name") {
        cursor.word()?;
        return Some(limit);
    }
    if !cursor.take("rate") {
        return None;
    }
    let _ = cursor.take("over") || cursor.take("until");
    cursor.word()?;
    if !cursor.is("/") {
        cursor.word()?;
    }
    cursor.take("/").then(|| cursor.word())??;
    if cursor.take("burst") {
        cursor.word()?;
        cursor.word()?;
    }
    Some(limit)
}

fn quota(cursor: &mut Cursor<'_, '_>) -> Option<Statement> {
    if cursor.take("name") {
        cursor.word()?;
    } else {
        let _ = cursor.take("over") || cursor.take("until");
        cursor.word()?;
        cursor.word()?;
        if cursor.take("used") {
            cursor.word()?;
            cursor.word()?;
        }
    }
    Some(Statement::Limit("quota".to_owned()))
}

fn reject(cursor: &mut Cursor<'_, '_>) -> Option<Statement> {
    if !cursor.take("with") {
        return Some(Statement::Reject(Answer::Fitting));
    }
    if cursor.take("tcp") {
        return cursor.take("reset").then_some(Statement::Reject(Answer::Reset));
    }
    let answer = match cursor.word()? {
        "icmp" => Answer::Icmp,
        "icmpv6" => Answer::Icmpv6,
        "icmpx" => Answer::Fitting,
        _ => return None,
    };
    cursor.take("type");
    cursor.word()?;
    Some(Statement::Reject(answer))
}

/// `[ip|ip6] [addr . port] [prefix|interval] [to] [ADDRESS][:PORT] [flags]`.
fn nat(cursor: &mut Cursor<'_, '_>, kind: NatKind) -> Option<Statement> {
    let start = cursor.position();
    let mut nat = Nat { kind, address: None, port: None, prefix: false };
    // A family, which may as well begin an expression such as `ip saddr map`.
    if (cursor.take("ip") || cursor.take("ip6"))
        && !["to", "addr", "prefix", "interval"].iter().any(|word| cursor.is(word))
    {
        let literal = cursor
            .peek()
            .is_some_and(|t| t.kind != Kind::Word || t.text.parse::<std::net::IpAddr>().is_ok());
        if !literal {
            cursor.back_to(start);
        }
    }
    if cursor.take("addr") {
        (cursor.take(".") && cursor.take("port")).then_some(())?;
    }
    loop {
        if cursor.take("prefix") {
            nat.prefix = true;
        } else if !cursor.take("interval") {
            break;
        }
    }
    let target = cursor.take("to") || matches!(kind, NatKind::Source | NatKind::Destination);
    if target {
        if !cursor.is(":") {
            nat.address = Some(cursor.expression()?);
        }
        if cursor.take(":") {
            nat.port = Some(cursor.expression()?);
        }
    }
    flags(cursor, &mut nat)?;
    Some(Statement::Nat(nat))
}

fn flags(cursor: &mut Cursor<'_, '_>, nat: &mut Nat) -> Option<()> {
    let mut more = true;
    while more {
        if cursor.take("netmap") {
            nat.prefix = true;
        } else if !["random", "fully-random", "persistent"].iter().any(|word| cursor.take(word)) {
            return Some(());
        }
        more = cursor.take(",");
    }
    Some(())
}
