//! Selectors of the nft language: which words ask a packet for what.

use super::script_expr::Cursor;
use super::tree::Expr;

/// Selectors: what a packet is asked for.
impl Cursor<'_, '_> {
    /// The selector that begins with `word`; `None`, and nothing taken, when it is a plain word.
    pub(super) fn selector(&mut self, word: &str) -> Option<Expr> {
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
            "rt" | "ipsec" | "socket" | "osf" | "exthdr" | "frag" | "hbh" | "dst" | "mh"
            | "srh" => self.routed(word),
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
            "state",
            "direction",
            "status",
            "mark",
            "expiration",
            "helper",
            "label",
            "zone",
            "id",
            "bytes",
            "packets",
            "avgpkt",
            "l3proto",
            "protocol",
            "saddr",
            "daddr",
            "proto-src",
            "proto-dst",
            "event",
            "timeout",
            "expectation",
            "secmark",
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

/// Keys that may stand without `meta`.
const META: &[&str] = &[
    "iif",
    "iifname",
    "iiftype",
    "iifgroup",
    "oif",
    "oifname",
    "oiftype",
    "oifgroup",
    "skuid",
    "skgid",
    "nftrace",
    "rtclassid",
    "mark",
    "pkttype",
    "cgroup",
    "ibrname",
    "obrname",
];

/// Second words of header options.
const OPTION_FIELDS: &[&str] = &[
    "kind", "length", "size", "left", "right", "count", "tsval", "tsecr", "type", "ptr", "value",
    "addr", "flags", "vtag", "tsn", "stream", "ssn", "ppid", "a-rwnd",
];

/// Header fields by protocol.
const PAYLOAD: &[(&str, &[&str])] = &[
    ("ether", &["saddr", "daddr", "type"]),
    ("vlan", &["id", "cfi", "dei", "pcp", "type"]),
    ("arp", &["htype", "ptype", "hlen", "plen", "operation", "saddr", "daddr"]),
    (
        "ip",
        &[
            "version",
            "hdrlength",
            "dscp",
            "ecn",
            "length",
            "id",
            "frag-off",
            "ttl",
            "protocol",
            "checksum",
            "saddr",
            "daddr",
        ],
    ),
    (
        "ip6",
        &["version", "dscp", "ecn", "flowlabel", "length", "nexthdr", "hoplimit", "saddr", "daddr"],
    ),
    ("icmp", &["type", "code", "checksum", "id", "sequence", "gateway", "mtu"]),
    (
        "icmpv6",
        &[
            "type",
            "code",
            "checksum",
            "parameter-problem",
            "packet-too-big",
            "id",
            "sequence",
            "max-delay",
            "taddr",
            "daddr",
        ],
    ),
    ("igmp", &["type", "checksum", "mrt", "group"]),
    (
        "tcp",
        &[
            "sport", "dport", "sequence", "ackseq", "doff", "reserved", "flags", "window",
            "checksum", "urgptr",
        ],
    ),
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
