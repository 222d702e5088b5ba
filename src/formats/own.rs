//! Statements about the device itself, for readers of line formats: one table a vendor, the longest row with which a line
//! begins decides. What the tables hold is noted in [`crate::model::Own`] and decides about no packet.

use super::Ledger;
use super::commands::Commands;
use super::lines::Block;
use crate::model::{DoorProtocol, Own, OwnKind, WeakCrypto};
use crate::source::Span;
use std::net::IpAddr;

/// What a row of a table says.
#[derive(Clone, Copy, Debug)]
pub(in crate::formats) enum What {
    /// A server or peer gives the time.
    Clock,
    /// The log goes to the address, or whatever else, that follows.
    LogTarget,
    /// The log goes to the address that follows; without an address the line is about something else.
    LogAddress,
    /// The device serves this protocol.
    Door(DoorProtocol),
    /// The device serves the protocols that follow by name.
    Doors,
    /// An SNMP community follows, with its mode and perhaps the list of those who are answered.
    Community,
    /// An SNMP community follows; only hosts that other lines name are answered.
    HostsOnly,
    /// Weak words count, from the word of this number on: before it stand names.
    Weak(usize),
    /// Aggressive mode counts, where the line names it.
    Aggressive,
    /// The line itself says so.
    Is(WeakCrypto),
    /// The line does not speak of the device itself, although a shorter row does.
    Nothing,
    /// The lines below it speak by this table.
    Inside(Rows),
}

/// Rows by first words.
pub(in crate::formats) type Rows = &'static [(&'static str, What)];

/// The table of a vendor.
pub(in crate::formats) struct Table(Commands<What>);

impl Table {
    /// The table with these rows.
    pub(in crate::formats) fn new(rows: Rows) -> Table {
        Table(Commands::new(rows.iter().copied()))
    }

    /// Notes what a command and the lines below it say; the lines that say something are accounted for as used.
    pub(in crate::formats) fn block(
        &self,
        block: &Block<'_>,
        own: &mut Own,
        ledger: &mut Ledger<'_>,
    ) {
        let Some(what) = self.0.find(&block.head, 0) else { return };
        let What::Inside(rows) = what else {
            let words: Vec<&str> = block.head.words.iter().map(|word| word.text).collect();
            if note(what, &words, own, block.head.span) {
                ledger.used(block.head.span);
            }
            return;
        };
        for line in &block.body {
            let words: Vec<&str> = line.words.iter().map(|word| word.text).collect();
            if let Some(what) = longest(rows, &words)
                && note(what, &words, own, line.span)
            {
                ledger.used(line.span);
            }
        }
    }

    /// Notes what a command of these words says; whether it says something.
    pub(in crate::formats) fn words(&self, words: &[&str], own: &mut Own, span: Span) -> bool {
        let word = |at: usize| words.get(at).copied().unwrap_or("");
        self.0.longest(word).is_some_and(|what| note(what, words, own, span))
    }
}

/// The longest row with which `words` begin.
fn longest(rows: Rows, words: &[&str]) -> Option<What> {
    let fits =
        |row: &str| row.split(' ').enumerate().all(|(at, word)| words.get(at) == Some(&word));
    let found = rows.iter().filter(|(row, _)| fits(row));
    found.max_by_key(|(row, _)| row.split(' ').count()).map(|(_, what)| *what)
}

/// Words that stand between a keyword and its value.
const BETWEEN: &[&str] = &["ipv4", "ipv6", "0", "8"];

fn note(what: What, words: &[&str], own: &mut Own, span: Span) -> bool {
    let before = own.facts.len();
    let address = || words.iter().find_map(|word| word.parse::<IpAddr>().ok());
    match what {
        What::Clock => own.note(OwnKind::Clock, span),
        What::LogTarget => own.note(OwnKind::LogTarget(address()), span),
        What::LogAddress => {
            if let Some(address) = words.get(1).and_then(|word| word.parse().ok()) {
                own.note(OwnKind::LogTarget(Some(address)), span);
            }
        }
        What::Door(protocol) => own.serves(protocol, span),
        What::Doors => {
            for word in words {
                doors(word).iter().for_each(|protocol| own.serves(*protocol, span));
            }
        }
        What::Community => community(words, false, own, span),
        What::HostsOnly => community(words, true, own, span),
        What::Weak(from) => own.weak_words(words.iter().skip(from).copied(), span),
        What::Aggressive if words.contains(&"aggressive") => {
            own.note(OwnKind::Weak(WeakCrypto::Aggressive), span);
        }
        What::Is(weak) => own.note(OwnKind::Weak(weak), span),
        What::Aggressive | What::Nothing | What::Inside(_) => {}
    }
    own.facts.len() > before
}

/// The ways of administration that a word of `transport input` names.
fn doors(word: &str) -> &'static [DoorProtocol] {
    match word {
        "telnet" => &[DoorProtocol::Telnet],
        "ssh" => &[DoorProtocol::Ssh],
        "all" => &[DoorProtocol::Telnet, DoorProtocol::Ssh],
        _ => &[],
    }
}

/// `snmp-server community NAME rw LIST`: the name is the first word after `community` that is no keyword.
fn community(words: &[&str], limited: bool, own: &mut Own, span: Span) {
    let Some(at) = words.iter().position(|word| *word == "community") else { return };
    let mode = |word: &str| match word.to_ascii_lowercase().as_str() {
        "rw" | "read-write" | "write" => Some(true),
        "ro" | "read-only" => Some(false),
        _ => None,
    };
    let rest: Vec<&str> =
        words.iter().skip(at + 1).copied().filter(|word| !BETWEEN.contains(word)).collect();
    let writes = rest.iter().skip(1).chain(rest.first()).find_map(|word| mode(word));
    let (mut named, mut plain) = ("", 0usize);
    let mut view = false;
    for word in &rest {
        // A view says what may be read, not who may read it.
        if view || *word == "view" {
            view = !view;
        } else if mode(word).is_none() {
            named = if plain == 0 { word } else { named };
            plain += 1;
        }
    }
    own.community(named, writes.unwrap_or(false), limited || plain > 1, span);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    const ROWS: Rows = &[
        ("ntp server", What::Clock),
        ("logging", What::LogAddress),
        ("logging host", What::LogTarget),
        ("logging host none", What::Nothing),
        ("snmp-server community", What::Community),
        ("transport input", What::Doors),
        ("transform", What::Weak(1)),
    ];

    fn facts(line: &str) -> Vec<OwnKind> {
        let mut sources = Sources::default();
        let file = sources.add("a.cfg", line.as_bytes()).unwrap();
        let span = Span { file, start: 0, end: 1 };
        let mut own = Own::default();
        let words: Vec<&str> = line.split(' ').collect();
        Table::new(ROWS).words(&words, &mut own, span);
        own.facts.into_iter().map(|fact| fact.kind).collect()
    }

    #[test]
    fn the_longest_row_decides() {
        assert_eq!(facts("ntp server 192.0.2.1"), [OwnKind::Clock]);
        let target = OwnKind::LogTarget("192.0.2.1".parse().ok());
        assert_eq!(facts("logging 192.0.2.1"), [target]);
        assert_eq!(facts("logging host inside 192.0.2.1"), [target]);
        assert_eq!(facts("logging buffered 4096"), []);
        assert_eq!(facts("logging host none"), []);
        assert_eq!(facts("no ntp server 192.0.2.1"), []);
    }

    #[test]
    fn a_community_is_known_may_write_and_may_be_limited() {
        let of = |line: &str| match facts(line).first() {
            Some(OwnKind::Community { known, writes, limited }) => (*known, *writes, *limited),
            other => panic!("{other:?}"),
        };
        assert_eq!(of("snmp-server community public RO 10"), (true, false, true));
        assert_eq!(of("snmp-server community \"private\" rw"), (true, true, false));
        assert_eq!(of("snmp-server community kanri view all ro"), (false, false, false));
        assert_eq!(of("snmp-server community read-only kanri"), (false, false, false));
        assert_eq!(of("snmp-server community *****"), (false, false, false));
    }

    #[test]
    fn weak_words_and_ways_of_administration() {
        assert_eq!(
            facts("transform esp-3des esp-md5-hmac"),
            [OwnKind::Weak(WeakCrypto::TripleDes), OwnKind::Weak(WeakCrypto::Md5)]
        );
        assert_eq!(facts("transform esp-aes-256 esp-sha256-hmac"), []);
        assert_eq!(facts("transport input ssh telnet").len(), 2);
        assert_eq!(facts("transport input none"), []);
    }
}
