//! Front end for `nft -j list ruleset`: libnftables JSON to a [`Ruleset`].

use super::json_expr::{expression, statement};
use super::tree::{Account, Base, Expr, Layer, Rule, Ruleset, Statement, priority};
use crate::formats::Input;
use crate::formats::json::{self, Value};
use crate::model::{Gap, LineStatus};
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// Adds what the file says to `ruleset`.
pub(super) fn read(input: Input<'_>, ruleset: &mut Ruleset) {
    let text = input.file.text();
    let (value, end) = json::read(input.id, text);
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let whole = Span { file: input.id, start: 0, end: number(text.len()) };
    ruleset.note(whole, Account::Irrelevant);
    let (Ok(stop) | Err(stop)) = end;
    if end.is_err() || text.get(stop..).is_some_and(|rest| !rest.trim().is_empty()) {
        let span = Span { start: number(stop.min(text.len().saturating_sub(1))), ..whole };
        let reason = text!(
            "JSON がここで途切れているか、壊れています。以降は読み取れません。",
            "the JSON is cut off or broken here; what follows is not read"
        );
        ruleset.note(span, unknown(span, reason, false));
    }
    let Some(items) = value.as_ref().and_then(|value| value.get("nftables")) else {
        let reason = text!("「nftables」の配列がありません。", "there is no array `nftables`");
        ruleset.note(whole, unknown(whole, reason, false));
        return;
    };
    for item in items.items() {
        command(ruleset, item);
    }
}

pub(super) fn unknown(span: Span, reason: Text, contained: bool) -> Account {
    Account::Gap(Box::new(Gap { span, status: LineStatus::Unknown, reason, contained }))
}

/// One entry of the array: an object of a listing, or a command around one.
fn command(ruleset: &mut Ruleset, item: &Value) {
    let [(key, value)] = item.members() else {
        return unread(ruleset, item, "?");
    };
    let front = match key.as_str() {
        "add" | "create" => false,
        "insert" => true,
        "flush" if value.get("ruleset").is_some() => {
            let family = value.get("ruleset").and_then(|r| r.text("family")).and_then(Layer::parse);
            ruleset.flush(family);
            return ruleset.note(item.span, Account::Used);
        }
        "metainfo" => return ruleset.note(item.span, Account::Irrelevant),
        _ => return object(ruleset, key, value, item.span, false),
    };
    match value.members() {
        [(key, value)] => object(ruleset, key, value, item.span, front),
        _ => unread(ruleset, item, key),
    }
}

fn unread(ruleset: &mut Ruleset, item: &Value, key: &str) {
    let reason = text!("「{key}」は解釈できません。", "`{key}` is not known");
    ruleset.note(item.span, unknown(item.span, reason, false));
}

fn object(ruleset: &mut Ruleset, key: &str, value: &Value, span: Span, front: bool) {
    // Counters, quotas, limits and helpers only take part where a rule refers to them, and are read there.
    if ["counter", "quota", "limit", "ct helper", "ct timeout", "ct expectation", "secmark"]
        .contains(&key)
        || ["synproxy", "flowtable", "tunnel"].contains(&key)
    {
        return ruleset.note(span, Account::Irrelevant);
    }
    let table_key = if key == "table" { "name" } else { "table" };
    let family = value.text("family").and_then(Layer::parse);
    let (Some(family), Some(table)) = (family, value.text(table_key)) else {
        let reason = text!("「{key}」は解釈できません。", "`{key}` is not known");
        return ruleset.note(span, unknown(span, reason, false));
    };
    let id = if key == "rule" { ruleset.next_rule() } else { 0 };
    let table = ruleset.table(family, table);
    let name = value.text("name").unwrap_or("");
    match key {
        "table" => table.dormant = words(value.get("flags")).iter().any(|flag| flag == "dormant"),
        "chain" => {
            let mut base = base(value, family, span);
            let chain = table.chain(name);
            // Naming a chain again keeps its policy.
            if let (Some(base), Some(old), None) = (&mut base, &chain.base, value.get("policy")) {
                base.drop = old.drop;
            }
            chain.base = base.or(chain.base.take());
        }
        "rule" => {
            let rule = rule(value, span, id);
            let chain = table.chain(value.text("chain").unwrap_or(""));
            let at = if front { 0 } else { chain.rules.len() };
            chain.rules.insert(at, rule);
            return; // The lowering gives the account of rules.
        }
        "set" | "map" | "meter" => set(table.set(name), value),
        "element" => set(table.set(name), value),
        _ => {
            let reason = text!("「{key}」は解釈できません。", "`{key}` is not known");
            return ruleset.note(span, unknown(span, reason, false));
        }
    }
    ruleset.note(span, Account::Used);
}

/// A string, or the strings of an array.
pub(super) fn words(value: Option<&Value>) -> Vec<String> {
    let Some(value) = value else { return Vec::new() };
    match value.word() {
        Some(word) => vec![word.to_owned()],
        None => value.items().iter().filter_map(Value::word).map(str::to_owned).collect(),
    }
}

fn base(value: &Value, family: Layer, span: Span) -> Option<Base> {
    let hook = value.text("hook")?.to_owned();
    let prio = value.get("prio");
    let number = prio.and_then(Value::word).and_then(|word| match word.parse() {
        Ok(number) => Some(number),
        Err(_) => priority(family, word),
    });
    let drop = match value.text("policy") {
        None | Some("accept") => Some(false),
        Some("drop") => Some(true),
        Some(_) => None,
    };
    let kind = value.text("type").unwrap_or("").to_owned();
    let devices = words(value.get("dev").or_else(|| value.get("devices")));
    Some(Base { kind, hook, priority: number, drop, devices, span })
}

fn rule(value: &Value, span: Span, id: usize) -> Rule {
    let statements = match value.get("expr") {
        Some(expr) => expr.items().iter().map(statement).collect(),
        None => vec![Statement::Unknown("expr".to_owned())],
    };
    Rule {
        id,
        handle: value.text("handle").and_then(|word| word.parse().ok()),
        statements,
        comment: value.text("comment").map(str::to_owned),
        span,
    }
}

fn set(set: &mut super::tree::Set, value: &Value) {
    let flags = words(value.get("flags"));
    let timeout = value.get("timeout").is_some();
    set.changing |= timeout || flags.iter().any(|flag| flag == "dynamic" || flag == "timeout");
    if let Some(elements) = value.get("elem") {
        set.elements.extend(elements.items().iter().map(element));
    }
}

/// An element of a set, or a pair of a map.
pub(super) fn element(value: &Value) -> Expr {
    match value.items() {
        [key, data] => {
            let data = match data.members() {
                [(word, target)] => super::json_expr::verdict(word, target).map(Expr::Verdict),
                _ => None,
            }
            .unwrap_or_else(|| expression(data, 0));
            match expression(key, 0) {
                Expr::Timed(key) => Expr::Timed(Box::new(Expr::Pair(key, Box::new(data)))),
                key => Expr::Pair(Box::new(key), Box::new(data)),
            }
        }
        _ => expression(value, 0),
    }
}
