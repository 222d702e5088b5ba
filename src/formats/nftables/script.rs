//! Front end for the nft language: `nft list ruleset`, and scripts such as `/etc/nftables.conf`.

use super::json::unknown;
use super::lex::{Kind, Token, tokens};
use super::script_comment::{ends, handle, hidden, unprinted};
use super::script_expr::{Cursor, Defines, is_small};
use super::script_rule;
use super::tree::{Account, Base, Expr, Layer, Rule, Ruleset, Statement, Table, priority};
use crate::formats::Input;
use crate::source::Span;
use crate::text;

/// Adds what the file says to `ruleset`. Definitions of one file hold in the next, as if it were included.
pub(super) fn read(input: Input<'_>, ruleset: &mut Ruleset, defines: &mut Defines) {
    let tokens = tokens(input.id, input.file.text());
    let mut reader = Reader { ruleset, defines };
    reader.balance(&tokens);
    for part in split(&tokens) {
        reader.command(part);
    }
    for token in tokens.iter().filter(|token| token.kind == Kind::Comment) {
        reader.ruleset.note(token.span, Account::Irrelevant);
    }
}

struct Reader<'r> {
    ruleset: &'r mut Ruleset,
    defines: &'r mut Defines,
}

/// Statements: what stands between line ends and semicolons, braces with all that is inside them counted as one thing. A
/// statement keeps the comment that ends its line.
fn split<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let (mut out, mut start, mut depth) = (Vec::new(), 0usize, 0usize);
    for (at, token) in tokens.iter().enumerate() {
        if token.is("{") {
            depth += 1;
        } else if token.is("}") {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && (token.kind == Kind::Newline || token.is(";")) {
            out.extend(tokens.get(start..at));
            start = at + 1;
        }
    }
    out.extend(tokens.get(start..));
    out.retain(|part| {
        part.iter().any(|t| !matches!(t.kind, Kind::Comment | Kind::Newline) || unprinted(t))
    });
    out
}

/// The tokens that mean something.
fn bare<'a>(part: &[Token<'a>]) -> Vec<Token<'a>> {
    let noise = |token: &&Token<'_>| !matches!(token.kind, Kind::Comment | Kind::Newline);
    part.iter().filter(noise).cloned().collect()
}

/// From the first to the last token that means something.
fn span_of(part: &[Token<'_>]) -> Option<Span> {
    let mut own = part.iter().filter(|t| !matches!(t.kind, Kind::Comment | Kind::Newline));
    let first = own.next()?.span;
    Some(own.next_back().map_or(first, |last| first.to(last.span)))
}

/// What stands before a block, and inside it.
fn block<'t, 'a>(part: &'t [Token<'a>]) -> Option<(&'t [Token<'a>], &'t [Token<'a>])> {
    let open = part.iter().position(|token| token.is("{"))?;
    let mut depth = 0usize;
    for (at, token) in part.iter().enumerate().skip(open) {
        depth += usize::from(token.is("{"));
        depth -= usize::from(token.is("}")).min(depth);
        if depth == 0 {
            return Some((part.get(..open)?, part.get(open + 1..at)?));
        }
    }
    Some((part.get(..open)?, part.get(open + 1..)?))
}

impl Reader<'_> {
    /// Braces that do not balance may have swallowed anything.
    fn balance(&mut self, tokens: &[Token<'_>]) {
        let mut open: Vec<Span> = Vec::new();
        let mut stray = None;
        for token in tokens {
            if token.is("{") {
                open.push(token.span);
            } else if token.is("}") && open.pop().is_none() {
                stray = stray.or(Some(token.span));
            }
        }
        if let Some(span) = stray.or(open.last().copied()) {
            let reason = text!(
                "波括弧の対応が取れません。ファイルが途中で切れていないか確認してください。",
                "the braces do not balance; the file may be cut off"
            );
            self.ruleset.note(span, unknown(span, reason, false));
        }
    }

    fn used(&mut self, part: &[Token<'_>]) {
        if let Some(span) = span_of(part) {
            self.ruleset.note(span, Account::Used);
        }
    }

    /// Marks the line with the head and the line with the closing brace.
    fn frame(&mut self, part: &[Token<'_>], head: &[Token<'_>]) {
        self.used(head);
        let open = part.iter().find(|token| token.is("{"));
        let close = part.iter().rev().find(|token| token.is("}"));
        for token in open.into_iter().chain(close) {
            self.ruleset.note(token.span, Account::Used);
        }
    }

    fn irrelevant(&mut self, part: &[Token<'_>]) {
        if let Some(span) = span_of(part) {
            self.ruleset.note(span, Account::Irrelevant);
        }
    }

    fn unread(&mut self, part: &[Token<'_>]) {
        let Some(span) = span_of(part) else { return };
        let words: Vec<&str> = bare(part).iter().take(4).map(|token| token.text).collect();
        let words = words.join(" ");
        let reason = text!(
            "「{words}」で始まる文は解釈できません。",
            "a statement that begins with `{words}` is not known"
        );
        self.ruleset.note(span, unknown(span, reason, false));
    }

    fn command(&mut self, part: &[Token<'_>]) {
        let words = bare(part);
        let word = |at: usize| words.get(at).map_or("", |token| token.text);
        match word(0) {
            "table" => self.table(part),
            "add" | "create" | "insert" => self.object(part, word(0) == "insert"),
            "chain" | "rule" | "set" | "map" | "element" => self.object(part, false),
            "flush" | "delete" | "destroy" => self.remove(part),
            "define" | "redefine" => self.define(part),
            "undefine" => {
                self.defines.remove(word(1));
                self.used(part);
            }
            "include" => self.include(part),
            "list" | "describe" | "monitor" | "get" | "export" => self.irrelevant(part),
            other if OBJECTS.contains(&other) => self.irrelevant(part),
            _ => self.unread(part),
        }
    }

    fn define(&mut self, part: &[Token<'_>]) {
        let words = bare(part);
        let name = words.get(1).map_or("", |token| token.text);
        let value = words.get(3..).filter(|_| words.get(2).is_some_and(|token| token.is("=")));
        let value = value.and_then(|tokens| {
            let mut cursor = Cursor::new(tokens, self.defines);
            let value = cursor.list()?;
            cursor.peek().is_none().then_some(value)
        });
        // What is not read is used as an unknown value.
        match value.filter(is_small) {
            Some(value) => drop(self.defines.insert(name.to_owned(), value)),
            None => drop(self.defines.remove(name)),
        }
        self.used(part);
    }

    fn include(&mut self, part: &[Token<'_>]) {
        let Some(span) = span_of(part) else { return };
        let file = bare(part).get(1).map_or("", |token| token.text).to_owned();
        let reason = text!(
            "取り込まれるファイル「{file}」は読み込まれていません。`nft list ruleset` の出力を使ってください。",
            "the included file {file} is not read; use the output of `nft list ruleset`"
        );
        self.ruleset.note(span, unknown(span, reason, false));
    }

    /// `table [family] NAME [{ … }]`.
    fn table(&mut self, part: &[Token<'_>]) {
        let (head, body) = block(part).unwrap_or((part, &[]));
        let words = bare(head);
        let Some((family, [name])) = family(words.get(1..).unwrap_or(&[])) else {
            return self.unread(part);
        };
        // Naming a table sets its flags anew: without `dormant` it wakes up.
        self.ruleset.table(family, name.text).dormant = false;
        self.frame(part, head);
        for inner in split(body) {
            self.inside(family, name.text, inner);
        }
    }

    /// A statement inside a table.
    fn inside(&mut self, family: Layer, table: &str, part: &[Token<'_>]) {
        let words = bare(part);
        let word = |at: usize| words.get(at).map_or("", |token| token.text);
        match word(0) {
            "chain" => self.chain(family, table, word(1), part),
            "set" | "map" => self.set(family, table, word(1), part),
            "flags" => {
                let dormant = words.iter().any(|token| token.is("dormant"));
                self.ruleset.table(family, table).dormant |= dormant;
                self.used(part);
            }
            "comment" | "flowtable" => self.irrelevant(part),
            "define" | "redefine" | "undefine" | "include" => self.command(part),
            object if OBJECTS.contains(&object) => self.irrelevant(part),
            _ => self.unread(part),
        }
    }

    /// `chain NAME { … }`.
    fn chain(&mut self, family: Layer, table: &str, name: &str, part: &[Token<'_>]) {
        let Some((head, body)) = block(part) else {
            self.ruleset.table(family, table).chain(name);
            return self.used(part);
        };
        self.ruleset.table(family, table).chain(name);
        self.frame(part, head);
        for inner in split(body) {
            self.in_chain(family, table, name, inner);
        }
    }

    fn in_chain(&mut self, family: Layer, table: &str, chain: &str, part: &[Token<'_>]) {
        let words = bare(part);
        let first = words.first().map_or("", |token| token.text);
        match (first, words.as_slice()) {
            ("type", _) => {
                let Some(span) = span_of(part) else { return };
                let mut base = base(&words, family, span, self.defines);
                let slot = &mut self.ruleset.table(family, table).chain(chain).base;
                // Naming a chain again keeps its policy.
                if let Some(old) = slot {
                    base.drop = old.drop;
                }
                *slot = Some(base);
                self.used(part);
            }
            ("policy", [_, policy]) => {
                let drop = match policy.text {
                    "accept" => Some(false),
                    "drop" => Some(true),
                    _ => None,
                };
                let base = &mut self.ruleset.table(family, table).chain(chain).base;
                match base.as_mut().zip(span_of(part)) {
                    Some((base, span)) => {
                        (base.drop, base.span) = (drop, span);
                        self.used(part);
                    }
                    None => self.unread(part),
                }
            }
            ("comment", [_, _]) | ("flags", [_, _]) => self.irrelevant(part),
            ("define" | "redefine" | "undefine" | "include", _) => self.command(part),
            _ => self.rule(family, table, chain, part, &words, false),
        }
    }

    fn rule(
        &mut self,
        family: Layer,
        table: &str,
        chain: &str,
        part: &[Token<'_>],
        tokens: &[Token<'_>],
        front: bool,
    ) {
        let (mut statements, comment) = script_rule::read(tokens, self.defines);
        let own = span_of(part);
        let hidden = hidden(part, statements.last().is_some_and(ends));
        statements.extend(hidden.map(|token| Statement::Unknown(token.text.to_owned())));
        let span = match (own, hidden) {
            (Some(own), Some(hidden)) => own.to(hidden.span),
            (Some(own), None) => own,
            (None, Some(hidden)) => hidden.span,
            (None, None) => return,
        };
        let rule =
            Rule { id: self.ruleset.next_rule(), handle: handle(part), statements, comment, span };
        let rules = &mut self.ruleset.table(family, table).chain(chain).rules;
        let at = if front { 0 } else { rules.len() };
        rules.insert(at, rule);
    }

    /// `set NAME { type …; flags …; elements = { … } }`.
    fn set(&mut self, family: Layer, table: &str, name: &str, part: &[Token<'_>]) {
        let Some((head, body)) = block(part) else { return self.unread(part) };
        self.ruleset.table(family, table).set(name);
        self.frame(part, head);
        for inner in split(body) {
            let words = bare(inner);
            let first = words.first().map_or("", |token| token.text);
            match first {
                "type" | "typeof" => self.used(inner),
                "elements" => self.elements(family, table, name, inner, words.get(2..)),
                "flags" | "timeout" => {
                    let changing = first == "timeout"
                        || words.iter().any(|token| token.is("dynamic") || token.is("timeout"));
                    self.ruleset.table(family, table).set(name).changing |= changing;
                    self.used(inner);
                }
                "size" | "policy" | "gc-interval" | "auto-merge" | "comment" | "counter" => {
                    self.irrelevant(inner);
                }
                // A statement for every element is a condition besides.
                _ => {
                    self.ruleset.table(family, table).set(name).changing = true;
                    self.used(inner);
                }
            }
        }
    }

    /// Adds `{ … }`, or a name that stands for it, to a set.
    fn elements(
        &mut self,
        family: Layer,
        table: &str,
        name: &str,
        part: &[Token<'_>],
        tokens: Option<&[Token<'_>]>,
    ) {
        let Some(span) = span_of(part) else { return };
        let mut cursor = Cursor::new(tokens.unwrap_or(&[]), self.defines);
        let value = cursor.expression().filter(|_| cursor.peek().is_none());
        let set = self.ruleset.table(family, table).set(name);
        if let Some(value) = value {
            set.elements.push(value);
            return self.used(part);
        }
        set.changing = true;
        let reason = text!(
            "集合「{name}」の要素を解釈できないため、何を含むか分からないものとして読みます。",
            "the elements of {name} are not understood; it may hold anything"
        );
        self.ruleset.note(span, unknown(span, reason, true));
    }
}

/// Commands for one object.
impl Reader<'_> {
    /// `[add|create|insert] OBJECT …`.
    fn object(&mut self, part: &[Token<'_>], front: bool) {
        let words = bare(part);
        let verb = words.first().is_some_and(|t| ["add", "create", "insert"].contains(&t.text));
        let rest = words.get(usize::from(verb)..).unwrap_or(&[]);
        let kind = rest.first().map_or("", |token| token.text);
        if OBJECTS.contains(&kind) || kind == "flowtable" {
            return self.irrelevant(part);
        }
        let Some((family, path)) = family(rest.get(1..).unwrap_or(&[])) else {
            return self.unread(part);
        };
        match (kind, path) {
            ("table", [_, ..]) => {
                let skip = part.iter().position(|token| token.is("table")).unwrap_or(0);
                self.table(part.get(skip..).unwrap_or(&[]));
            }
            ("chain", [table, name, ..]) => self.chain(family, table.text, name.text, part),
            ("set" | "map", [table, name, ..]) => self.set(family, table.text, name.text, part),
            ("element", [table, name, ..]) => {
                self.elements(family, table.text, name.text, part, path.get(2..));
            }
            ("rule", [table, chain, rest @ ..]) => {
                let placed = rest
                    .first()
                    .is_some_and(|t| ["handle", "position", "index"].iter().any(|word| t.is(word)));
                if placed {
                    return self.unread(part);
                }
                self.rule(family, table.text, chain.text, part, rest, front);
            }
            _ => self.unread(part),
        }
    }

    /// `flush ruleset`, and what takes away tables and chains.
    fn remove(&mut self, part: &[Token<'_>]) {
        let words = bare(part);
        let word = |at: usize| words.get(at).map_or("", |token| token.text);
        let path = family(words.get(2..).unwrap_or(&[]));
        match (word(0), word(1), path) {
            ("flush", "ruleset", _) => {
                self.ruleset.flush(Layer::parse(word(2)));
                self.used(part);
            }
            (verb, "table", Some((family, [name]))) => {
                self.forget(family, name.text, None, verb != "flush");
                self.used(part);
            }
            (verb, "chain", Some((family, [table, name]))) => {
                self.forget(family, table.text, Some(name.text), verb != "flush");
                self.used(part);
            }
            _ => self.unread(part),
        }
    }

    /// Takes the rules out of a table or chain; `whole`: also what makes it filter.
    fn forget(&mut self, family: Layer, table: &str, chain: Option<&str>, whole: bool) {
        let Some(at) = self.ruleset.position(family, table) else { return };
        let Some(found): Option<&mut Table> = self.ruleset.tables.get_mut(at) else { return };
        let mut gone = Vec::new();
        for own in found.chains.iter_mut().filter(|own| chain.is_none_or(|name| own.name == name)) {
            gone.extend(own.rules.drain(..).map(|rule| rule.span));
            if whole {
                own.base = None;
            }
        }
        if whole && chain.is_none() {
            found.dormant = false;
            found.sets.iter_mut().for_each(|set| set.elements.clear());
        }
        self.ruleset.notes.extend(gone.into_iter().map(|span| (span, Account::Irrelevant)));
    }
}

/// Objects that only take part where a rule refers to them.
const OBJECTS: &[&str] =
    &["counter", "quota", "limit", "ct", "secmark", "synproxy", "tunnel", "flowtable", "meter"];

/// A family, `ip` when none is given, and what follows.
fn family<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<(Layer, &'t [Token<'a>])> {
    let first = tokens.first()?;
    match Layer::parse(first.text) {
        Some(family) => Some((family, tokens.get(1..)?)),
        None => Some((Layer::Ip, tokens)),
    }
}

/// `type filter hook forward [device eth0] priority filter + 10`.
fn base(tokens: &[Token<'_>], family: Layer, span: Span, defines: &Defines) -> Base {
    let after = |name: &str| {
        let at = tokens.iter().position(|token| token.is(name))?;
        tokens.get(at + 1..)
    };
    let text = |name: &str| {
        after(name).and_then(|rest| rest.first()).map_or(String::new(), |t| t.text.to_owned())
    };
    let listed = after("device").or_else(|| after("devices").and_then(|rest| rest.get(1..)));
    let devices = listed.and_then(|tokens| Cursor::new(tokens, defines).expression());
    Base {
        kind: text("type"),
        hook: text("hook"),
        priority: after("priority").and_then(|tokens| rank(tokens, family, defines)),
        drop: Some(false),
        devices: devices.map_or_else(Vec::new, |devices| names(&devices)),
        span,
    }
}

fn rank(tokens: &[Token<'_>], family: Layer, defines: &Defines) -> Option<i64> {
    let mut cursor = Cursor::new(tokens, defines);
    let negative = cursor.take("-");
    let first = if cursor.is("$") { cursor.expression()? } else { Expr::word(cursor.word()?) };
    let word = first.as_word()?;
    let named = || {
        // The sign is a letter of names, too: `filter-10`.
        let (name, offset) = word.rsplit_once('-')?;
        priority(family, name)?.checked_sub(offset.parse().ok()?)
    };
    let first = word.parse().ok().or_else(|| priority(family, word)).or_else(named)?;
    let first: i64 = if negative { -first } else { first };
    let sign = if cursor.take("+") {
        1
    } else if cursor.take("-") {
        -1
    } else {
        return Some(first);
    };
    let offset: i64 = cursor.word()?.parse().ok()?;
    first.checked_add(offset.checked_mul(sign)?)
}

fn names(expr: &Expr) -> Vec<String> {
    match expr {
        Expr::Word(word) => vec![word.clone()],
        Expr::Set(items) | Expr::List(items) => items.iter().flat_map(names).collect(),
        _ => Vec::new(),
    }
}
