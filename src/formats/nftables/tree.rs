//! A ruleset as both front ends leave it: tables with chains, sets and maps; rules as statements. Nothing here has a meaning
//! yet: names are resolved and conditions read by the lowering.

use crate::model::Gap;
use crate::source::Span;
use rustc_hash::FxHashMap;

/// How deep expressions, blocks and jumps may nest; the kernel stops jumps at 16.
pub(super) const DEPTH_LIMIT: usize = 48;

/// All tables in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Ruleset {
    pub(super) tables: Vec<Table>,
    /// What became of every piece of text outside rules.
    pub(super) notes: Vec<(Span, Account)>,
    /// The number of rules that were read, also of deleted ones.
    pub(super) rules: usize,
}

/// What became of a piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Account {
    Used,
    Irrelevant,
    /// A known or unknown construct with its reason; see [`Gap`].
    Gap(Box<Gap>),
}

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) family: Layer,
    pub(super) name: String,
    pub(super) dormant: bool,
    pub(super) chains: Vec<Chain>,
    pub(super) sets: Vec<Set>,
    chain_index: FxHashMap<String, usize>,
    set_index: FxHashMap<String, usize>,
}

/// The family of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    Inet,
    Ip,
    Ip6,
    Bridge,
    Arp,
    Netdev,
}

/// A chain.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) name: String,
    pub(super) base: Option<Base>,
    pub(super) rules: Vec<Rule>,
}

/// What makes a chain a base chain.
#[derive(Clone, Debug)]
pub(super) struct Base {
    /// `filter`, `nat` or `route`.
    pub(super) kind: String,
    pub(super) hook: String,
    /// `None`: not read.
    pub(super) priority: Option<i64>,
    /// Whether its policy is `drop`; `None`: not read.
    pub(super) drop: Option<bool>,
    pub(super) devices: Vec<String>,
    pub(super) span: Span,
}

/// A set or map.
#[derive(Debug, Default)]
pub(super) struct Set {
    pub(super) elements: Vec<Expr>,
    /// Whether the kernel adds and removes elements (flags `dynamic` and `timeout`).
    pub(super) changing: bool,
}

/// A rule.
#[derive(Debug)]
pub(super) struct Rule {
    /// Its number among all rules of the reading.
    pub(super) id: usize,
    pub(super) handle: Option<u64>,
    pub(super) statements: Vec<Statement>,
    pub(super) comment: Option<String>,
    pub(super) span: Span,
}

/// One statement of a rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Statement {
    Match {
        left: Expr,
        op: Op,
        right: Expr,
    },
    Verdict(Verdict),
    /// Drops and answers; applies only to packets that the answer is for.
    Reject(Answer),
    Vmap {
        key: Expr,
        data: Expr,
    },
    Nat(Nat),
    /// Sets a header field or mark.
    Mangle {
        key: Expr,
    },
    /// Adds to or deletes from a set; `plain`: without a condition of its own.
    Update {
        set: String,
    },
    /// Counts, logs, marks priorities: no effect on where a packet goes.
    Inert,
    Log,
    Notrack,
    /// Hands known connections to a flow table.
    Flow,
    /// A condition that depends on traffic: rate, quota, number of connections.
    Limit(String),
    /// A terminal whose result the ruleset does not decide: queue, synproxy, tproxy.
    Elsewhere(String),
    /// Sends the packet, or a copy, somewhere past the filters: dup, fwd.
    Aside(String),
    /// A statement that is not known.
    Unknown(String),
}

/// How a condition compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// No operator: equal, or for flags any of them.
    Implicit,
    Eq,
    Ne,
    /// None of the flags.
    Without,
    Lt,
    Gt,
    Le,
    Ge,
}

/// A verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accept,
    Drop,
    Continue,
    Return,
    Jump(String),
    Goto(String),
}

/// What `reject` answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Whatever fits the packet (`reject` alone, `icmpx`).
    Fitting,
    /// For IPv4 only.
    Icmp,
    /// For IPv6 only.
    Icmpv6,
    /// For TCP only.
    Reset,
}

/// A translation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Nat {
    pub(super) kind: NatKind,
    pub(super) address: Option<Expr>,
    pub(super) port: Option<Expr>,
    /// Whether addresses keep their distance (`prefix to`).
    pub(super) prefix: bool,
}

/// Kinds of [`Nat`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NatKind {
    Source,
    Destination,
    Masquerade,
    Redirect,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    /// A literal: an address, a number, a name.
    Word(String),
    Prefix(Box<Expr>, u8),
    Range(Box<Expr>, Box<Expr>),
    /// Flags together, or alternatives without braces.
    List(Vec<Expr>),
    /// Elements in braces.
    Set(Vec<Expr>),
    /// `@name`.
    Named(String),
    Concat(Vec<Expr>),
    /// An element of a map and what it maps to.
    Pair(Box<Expr>, Box<Expr>),
    /// An element that expires.
    Timed(Box<Expr>),
    /// `*`: everything else.
    Rest,
    Verdict(Verdict),
    Payload {
        protocol: String,
        field: String,
    },
    Meta(String),
    Ct {
        key: String,
        original: bool,
    },
    Fib {
        keys: Vec<String>,
        result: String,
    },
    /// Bits of an expression.
    Masked(Box<Expr>, Box<Expr>),
    Map {
        key: Box<Expr>,
        data: Box<Expr>,
    },
    /// One of so many values, not known which: numgen, hash.
    Choice {
        first: u64,
        count: u64,
    },
    /// An expression that is not read, with its words.
    Other(String),
}

impl Layer {
    pub(super) fn parse(word: &str) -> Option<Layer> {
        Some(match word {
            "inet" => Layer::Inet,
            "ip" => Layer::Ip,
            "ip6" => Layer::Ip6,
            "bridge" => Layer::Bridge,
            "arp" => Layer::Arp,
            "netdev" => Layer::Netdev,
            _ => return None,
        })
    }

    pub(super) fn id(self) -> &'static str {
        match self {
            Layer::Inet => "inet",
            Layer::Ip => "ip",
            Layer::Ip6 => "ip6",
            Layer::Bridge => "bridge",
            Layer::Arp => "arp",
            Layer::Netdev => "netdev",
        }
    }
}

impl Ruleset {
    pub(super) fn note(&mut self, span: Span, account: Account) {
        self.notes.push((span, account));
    }

    /// The table, made when it is not there.
    pub(super) fn table(&mut self, family: Layer, name: &str) -> &mut Table {
        let known = self.position(family, name);
        let at = known.unwrap_or_else(|| {
            self.tables.push(Table {
                family,
                name: name.to_owned(),
                dormant: false,
                chains: Vec::new(),
                sets: Vec::new(),
                chain_index: FxHashMap::default(),
                set_index: FxHashMap::default(),
            });
            self.tables.len() - 1
        });
        #[allow(clippy::indexing_slicing, reason = "the position was just found or made")]
        &mut self.tables[at]
    }

    pub(super) fn position(&self, family: Layer, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.family == family && table.name == name)
    }

    /// The number of the next rule.
    pub(super) fn next_rule(&mut self) -> usize {
        self.rules += 1;
        self.rules - 1
    }

    /// Takes away what `flush ruleset` takes away: all tables, or those of a family. Their text has no effect.
    pub(super) fn flush(&mut self, family: Option<Layer>) {
        let gone = |table: &Table| family.is_none_or(|family| family == table.family);
        let spans: Vec<Span> =
            self.tables.iter().filter(|t| gone(t)).flat_map(Table::rule_spans).collect();
        self.tables.retain(|table| !gone(table));
        self.notes.extend(spans.into_iter().map(|span| (span, Account::Irrelevant)));
    }
}

impl Table {
    /// The chain, made when it is not there.
    pub(super) fn chain(&mut self, name: &str) -> &mut Chain {
        let next = self.chains.len();
        let at = *self.chain_index.entry(name.to_owned()).or_insert(next);
        if at == next {
            let (name, rules) = (name.to_owned(), Vec::new());
            self.chains.push(Chain { name, base: None, rules });
        }
        #[allow(clippy::indexing_slicing, reason = "the index holds positions of the vector")]
        &mut self.chains[at]
    }

    /// The set, made when it is not there.
    pub(super) fn set(&mut self, name: &str) -> &mut Set {
        let next = self.sets.len();
        let at = *self.set_index.entry(name.to_owned()).or_insert(next);
        if at == next {
            self.sets.push(Set::default());
        }
        #[allow(clippy::indexing_slicing, reason = "the index holds positions of the vector")]
        &mut self.sets[at]
    }

    pub(super) fn find_chain(&self, name: &str) -> Option<usize> {
        self.chain_index.get(name).copied()
    }

    pub(super) fn find_set(&self, name: &str) -> Option<usize> {
        self.set_index.get(name).copied()
    }

    fn rule_spans(&self) -> impl Iterator<Item = Span> {
        self.chains.iter().flat_map(|chain| chain.rules.iter().map(|rule| rule.span))
    }
}

impl Expr {
    pub(super) fn word(text: &str) -> Expr {
        Expr::Word(text.to_owned())
    }

    /// The text of a literal.
    pub(super) fn as_word(&self) -> Option<&str> {
        match self {
            Expr::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// The number of a priority by name; `None` when there is no such name.
pub(super) fn priority(family: Layer, name: &str) -> Option<i64> {
    if family == Layer::Bridge {
        return Some(match name {
            "dstnat" => -300,
            "filter" => -200,
            "out" => 100,
            "srcnat" => 300,
            _ => return None,
        });
    }
    Some(match name {
        "raw" => -300,
        "mangle" => -150,
        "dstnat" => -100,
        "filter" => 0,
        "security" => 50,
        "srcnat" => 100,
        _ => return None,
    })
}
