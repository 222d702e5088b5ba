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
    at: usize,
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

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
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

/// Selectors: what a packet is asked for.
impl Cursor<'_, '_> {
    /// The selector that begins with `word`; `None`, and nothing taken, when it is a plain word.
    fn selector(&mut self, word: &str) -> Option<Expr> {
        let here = self.at;
        let found = self.selects(word);
        if found.is_none() {
            self.at = here;
        }
        found
    }

    fn selects(&mut self, word: &str) -> Option<Expr> {
        if META.contains(&word) {
            return Some(Expr::Meta(word.to_owned()));
        }
        if let Some((_, fields)) = PAYLOAD.iter().find(|(protocol, _)| *protocol == word) {
            let field = self.word()?;
            if fields.contains(&field) {
                return Some(Expr::Payload { protocol: word.to_owned(), field: field.to_owned() });
            }
            return match (word, field) {
                ("tcp", "option") => self.option("tcp option", OPTION_FIELDS),
                ("ip", "option") => self.option("ip option", OPTION_FIELDS),
                ("sctp", "chunk") => self.option("sctp chunk", OPTION_FIELDS),
                _ => None,
            };
        }
        match word {
            "meta" => Some(Expr::Meta(self.word()?.to_owned())),
            "ct" => self.connection(),
            "fib" => self.fib(),
            "numgen" => {
                self.word()?;
                self.choice()
            }
            "jhash" | "symhash" => {
                if word == "jhash" {
                    self.nested(Self::expression)?;
                }
                self.choice()
            }
            "rt" | "ipsec" | "socket" | "osf" | "exthdr" | "frag" | "hbh" | "dst" | "mh" | "srh" => {
                self.routed(word)
            }
            _ => None,
        }
    }

    fn option(&mut self, what: &str, fields: &[&str]) -> Option<Expr> {
        let name = self.word()?;
        if self.peek().is_some_and(|token| fields.contains(&token.text)) {
            self.at += 1;
        }
        Some(Expr::Other(format!("{what} {name}")))
    }

    fn connection(&mut self) -> Option<Expr> {
        let mut key = self.word()?;
        let mut original = false;
        if key == "original" || key == "reply" {
            original = key == "original";
            key = self.word()?;
        }
        if ["ip", "ip6"].contains(&key) {
            return Some(Expr::Ct { key: format!("{key} {}", self.word()?), original });
        }
        let known = [
            "state", "direction", "status", "mark", "expiration", "helper", "label", "zone", "id",
            "bytes", "packets", "avgpkt", "l3proto", "protocol", "saddr", "daddr", "proto-src",
            "proto-dst", "event", "timeout", "expectation", "secmark",
        ];
        known.contains(&key).then(|| Expr::Ct { key: key.to_owned(), original })
    }

    /// `fib daddr . iif type`.
    fn fib(&mut self) -> Option<Expr> {
        let mut keys = vec![self.word()?.to_owned()];
        while self.take(".") {
            keys.push(self.word()?.to_owned());
        }
        let result = self.word()?.to_owned();
        ["type", "oif", "oifname", "check"]
            .contains(&result.as_str())
            .then_some(Expr::Fib { keys, result })
    }

    /// `mod 2 [seed 0x1] [offset 10]`.
    fn choice(&mut self) -> Option<Expr> {
        if !self.take("mod") {
            return None;
        }
        let count = self.word()?.parse().ok()?;
        if self.take("seed") {
            self.word()?;
        }
        let first = if self.take("offset") { self.word()?.parse().ok()? } else { 0 };
        Some(Expr::Choice { first, count })
    }

    /// Selectors that are not modelled: the words that belong to them.
    fn routed(&mut self, word: &str) -> Option<Expr> {
        let start = self.at;
        let mut last = self.word()?;
        let more: &[&str] = match word {
            "rt" => &["ip", "ip6"],
            "ipsec" => &["in", "out", "ip", "ip6", "spnum"],
            _ => &[],
        };
        while more.contains(&last) {
            last = self.word()?;
            if last.bytes().all(|byte| byte.is_ascii_digit()) {
                last = self.word()?;
            }
        }
        if last == "cgroupv2" {
            self.take("level");
            self.word()?;
        }
        let known = last.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let words = self.words_since(start);
        known.then(|| Expr::Other(format!("{word} {words}")))
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

/// Keys that may stand without `meta`.
const META: &[&str] = &[
    "iif", "iifname", "iiftype", "iifgroup", "oif", "oifname", "oiftype", "oifgroup", "skuid", "skgid",
    "nftrace", "rtclassid", "mark", "pkttype", "cgroup", "ibrname", "obrname",
];

/// Second words of header options.
const OPTION_FIELDS: &[&str] = &[
    "kind", "length", "size", "left", "right", "count", "tsval", "tsecr", "type", "ptr", "value", "addr",
    "flags", "vtag", "tsn", "stream", "ssn", "ppid", "a-rwnd",
];

/// Header fields by protocol.
const PAYLOAD: &[(&str, &[&str])] = &[
    ("ether", &["saddr", "daddr", "type"]),
    ("vlan", &["id", "cfi", "dei", "pcp", "type"]),
    ("arp", &["htype", "ptype", "hlen", "plen", "operation", "saddr", "daddr"]),
    ("ip", &[
        "version", "hdrlength", "dscp", "ecn", "length", "id", "frag-off", "ttl", "protocol",
        "checksum", "saddr", "daddr",
    ]),
    ("ip6", &[
        "version", "dscp", "ecn", "flowlabel", "length", "nexthdr", "hoplimit", "saddr", "daddr",
    ]),
    ("icmp", &["type", "code", "checksum", "id", "sequence", "gateway", "mtu"]),
    ("icmpv6", &[
        "type", "code", "checksum", "parameter-problem", "packet-too-big", "id", "sequence",
        "max-delay", "taddr", "daddr",
    ]),
    ("igmp", &["type", "checksum", "mrt", "group"]),
    ("tcp", &[
        "sport", "dport", "sequence", "ackseq", "doff", "reserved", "flags", "window", "checksum",
        "urgptr",
    ]),
    ("udp", &["sport", "dport", "length", "checksum"]),
    ("udplite", &["sport", "dport", "checksum", "csumcov"]),
    ("sctp", &["sport", "dport", "vtag", "checksum"]),
    ("dccp", &["sport", "dport", "type"]),
    ("th", &["sport", "dport"]),
    ("ah", &["nexthdr", "hdrlength", "reserved", "spi", "sequence"]),
    ("esp", &["spi", "sequence"]),
    ("comp", &["nexthdr", "flags", "cpi"]),
    ("gre", &["flags", "version", "protocol"]),
];
