//! Expressions of the nft language.

use super::lex::{Kind, Token};
use super::tree::{DEPTH_LIMIT, Expr, Verdict};
use rustc_hash::FxHashMap;

/// Expressions that `define` gave a name.
pub(super) type Defines = FxHashMap<String, Expr>;

/// The most nodes that a name may stand for; larger ones are not read.
const DEFINE_LIMIT: usize = 1 << 17;

/// A place in the tokens of one statement, without line ends and comments.
pub(super) struct Cursor<'t, 'a> {
    tokens: &'t [Token<'a>],
    pub(super) at: usize,
    depth: usize,
    defines: &'t Defines,
}

impl<'t, 'a> Cursor<'t, 'a> {
    pub(super) fn new(tokens: &'t [Token<'a>], defines: &'t Defines) -> Cursor<'t, 'a> {
        Cursor { tokens, at: 0, depth: 0, defines }
    }

    pub(super) fn peek(&self) -> Option<&'t Token<'a>> {
        self.tokens.get(self.at)
    }

    fn ahead(&self, count: usize) -> Option<&'t Token<'a>> {
        self.tokens.get(self.at + count)
    }

    pub(super) fn next(&mut self) -> Option<&'t Token<'a>> {
        let token = self.tokens.get(self.at);
        self.at += usize::from(token.is_some());
        token
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.peek().is_some_and(|token| token.is(text))
    }

    pub(super) fn take(&mut self, text: &str) -> bool {
        let here = self.is(text);
        self.at += usize::from(here);
        here
    }

    /// A name, number or quoted string.
    pub(super) fn word(&mut self) -> Option<&'a str> {
        let token = self.peek().filter(|token| token.kind != Kind::Sign)?;
        self.at += 1;
        Some(token.text)
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn back_to(&mut self, position: usize) {
        self.at = position;
    }

    /// The words from `position` to the cursor, for messages.
    pub(super) fn words_since(&self, position: usize) -> String {
        let words = self.tokens.get(position..self.at).unwrap_or(&[]);
        words.iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn skip_all(&mut self) {
        self.at = self.tokens.len();
    }

    /// Skips a pair of braces with all that is inside.
    pub(super) fn skip_braces(&mut self) -> bool {
        if !self.take("{") {
            return false;
        }
        let mut depth = 1usize;
        while depth > 0 {
            match self.next() {
                Some(token) if token.is("{") => depth += 1,
                Some(token) if token.is("}") => depth -= 1,
                Some(_) => {}
                None => return false,
            }
        }
        true
    }

    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= DEPTH_LIMIT {
            return None;
        }
        self.depth += 1;
        let out = read(self);
        self.depth -= 1;
        out
    }

    /// The right side of a condition: alternatives without braces, separated by commas.
    pub(super) fn list(&mut self) -> Option<Expr> {
        let mut items = vec![self.expression()?];
        while self.take(",") {
            items.push(self.expression()?);
        }
        if items.len() == 1 { items.pop() } else { Some(Expr::List(items)) }
    }

    /// A concatenation, perhaps looked up in a map.
    pub(super) fn expression(&mut self) -> Option<Expr> {
        let mut items = vec![self.term()?];
        while self.take(".") {
            items.push(self.term()?);
        }
        let key = if items.len() == 1 { items.pop()? } else { Expr::Concat(items) };
        if !self.take("map") {
            return Some(key);
        }
        let data = self.term()?;
        Some(Expr::Map { key: Box::new(key), data: Box::new(data) })
    }

    /// Atoms joined by bit operators.
    fn term(&mut self) -> Option<Expr> {
        let mut left = self.atom()?;
        loop {
            if self.take("|") || self.take("or") {
                let right = self.atom()?;
                left = match left {
                    Expr::List(mut items) => {
                        items.push(right);
                        Expr::List(items)
                    }
                    left => Expr::List(vec![left, right]),
                };
            } else if self.take("&") || self.take("and") {
                left = Expr::Masked(Box::new(left), Box::new(self.atom()?));
            } else if ["^", "<<", ">>", "xor", "lshift", "rshift"].iter().any(|op| self.take(op)) {
                self.atom()?;
                left = Expr::Other("^".to_owned());
            } else {
                return Some(left);
            }
        }
    }

    /// A literal with its prefix length or the end of its range, or anything that stands for values.
    fn atom(&mut self) -> Option<Expr> {
        let first = self.nested(Self::primary)?;
        let literal = match &first {
            Expr::Word(word) => word.clone(),
            _ => return Some(first),
        };
        let address = literal.parse::<std::net::IpAddr>().is_ok();
        if address && self.is("/") {
            let len = self.ahead(1)?.text.parse().ok()?;
            self.at += 2;
            return Some(Expr::Prefix(Box::new(first), len));
        }
        if self.take("-") {
            let last = self.nested(Self::primary)?;
            return Some(Expr::Range(Box::new(first), Box::new(last)));
        }
        Some(first)
    }

    fn primary(&mut self) -> Option<Expr> {
        let token = self.next()?;
        if token.kind == Kind::Quoted {
            return Some(Expr::word(token.text));
        }
        match token.text {
            "{" => self.set(),
            "@" => self.named(),
            "$" => {
                let name = self.word()?;
                let value = self.defines.get(name).cloned();
                Some(value.unwrap_or_else(|| Expr::Other(format!("${name}"))))
            }
            "(" => {
                let inner = self.nested(Self::list)?;
                self.take(")").then_some(inner)
            }
            "[" => {
                let address = Expr::word(self.word()?);
                self.take("]").then_some(address)
            }
            "*" => Some(Expr::Rest),
            _ if token.kind == Kind::Sign => None,
            word => self.selector(word).or_else(|| Some(Expr::word(word))),
        }
    }

    /// Behind `@`: a set, or raw payload such as `@nh,32,32`.
    fn named(&mut self) -> Option<Expr> {
        let name = self.word()?;
        if ["ll", "nh", "th", "ih"].contains(&name) && self.is(",") {
            let numbers = self.ahead(1).zip(self.ahead(3))?;
            self.at += 4;
            return Some(Expr::Other(format!("@{name},{},{}", numbers.0.text, numbers.1.text)));
        }
        Some(Expr::Named(name.to_owned()))
    }

    /// Behind `{`.
    fn set(&mut self) -> Option<Expr> {
        let mut items = Vec::new();
        while !self.take("}") {
            items.push(self.nested(Self::element)?);
            if !self.take(",") && !self.is("}") {
                return None;
            }
        }
        Some(Expr::Set(items))
    }

    /// An element with its attributes, and what it maps to.
    fn element(&mut self) -> Option<Expr> {
        let key = self.expression()?;
        let mut timed = false;
        while let Some(word) = self.peek().filter(|token| token.kind == Kind::Word) {
            self.at += 1;
            match word.text {
                "timeout" | "expires" => {
                    timed = true;
                    self.word()?;
                }
                "comment" => drop(self.word()?),
                "counter" => self.counter()?,
                // A rate of its own makes the element a condition.
                "limit" | "quota" | "ct" | "last" | "used" => {
                    timed = true;
                    while self.peek().is_some_and(|t| ![":", ",", "}"].iter().any(|s| t.is(s))) {
                        self.at += 1;
                    }
                }
                _ => return None,
            }
        }
        let element = if self.take(":") {
            let data = self.data()?;
            Expr::Pair(Box::new(key), Box::new(data))
        } else {
            key
        };
        if self.take("comment") {
            self.word()?;
        }
        Some(if timed { Expr::Timed(Box::new(element)) } else { element })
    }

    fn data(&mut self) -> Option<Expr> {
        let here = self.at;
        if let Some(verdict) = self.verdict() {
            return Some(Expr::Verdict(verdict));
        }
        self.at = here;
        self.expression()
    }

    /// A verdict at the cursor.
    pub(super) fn verdict(&mut self) -> Option<Verdict> {
        let token = self.peek().filter(|token| token.kind == Kind::Word)?;
        self.at += 1;
        let verdict = match token.text {
            "accept" => Verdict::Accept,
            "drop" => Verdict::Drop,
            "continue" => Verdict::Continue,
            "return" => Verdict::Return,
            "jump" => Verdict::Jump(self.word()?.to_owned()),
            "goto" => Verdict::Goto(self.word()?.to_owned()),
            _ => {
                self.at -= 1;
                return None;
            }
        };
        Some(verdict)
    }

    /// What may follow `counter`.
    pub(super) fn counter(&mut self) -> Option<()> {
        if self.take("name") {
            self.word()?;
        }
        while self.take("packets") || self.take("bytes") {
            self.word()?;
        }
        Some(())
    }
}

/// How many nodes an expression has, up to [`DEFINE_LIMIT`].
pub(super) fn is_small(expr: &Expr) -> bool {
    let mut open = vec![expr];
    let mut seen = 0usize;
    while let Some(next) = open.pop() {
        seen += 1;
        match next {
            Expr::Set(items) | Expr::List(items) | Expr::Concat(items) => open.extend(items),
            Expr::Pair(a, b) | Expr::Range(a, b) | Expr::Masked(a, b) => open.extend([&**a, &**b]),
            _ => {}
        }
    }
    seen <= DEFINE_LIMIT
}
