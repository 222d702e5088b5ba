//! Services as people write them in a cell, and the starter dictionary for the words that no standard defines.

use super::words;
use crate::net::{PortRange, flow, protocol_number};
use crate::text::Text;
use std::collections::BTreeMap;

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

/// Packets of one protocol by ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceWord {
    /// IP protocol; `None` is any.
    pub protocol: Option<u8>,
    /// Source ports.
    pub source: PortRange,
    /// Destination ports; for ICMP all.
    pub destination: PortRange,
    /// ICMP type, when one is named.
    pub icmp_type: Option<u8>,
}

impl ServiceWord {
    /// Every packet.
    pub const ANY: ServiceWord = ServiceWord {
        protocol: None,
        source: PortRange::ALL,
        destination: PortRange::ALL,
        icmp_type: None,
    };

    /// Every packet of a protocol.
    #[must_use]
    pub fn of(protocol: u8) -> ServiceWord {
        ServiceWord { protocol: Some(protocol), ..ServiceWord::ANY }
    }

    /// Packets to some ports.
    #[must_use]
    pub fn to(protocol: u8, destination: PortRange) -> ServiceWord {
        ServiceWord { destination, ..ServiceWord::of(protocol) }
    }
}

/// What a cell says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Services {
    /// The union of these; with a doubt it may be any part of them.
    pub words: Vec<ServiceWord>,
    /// Words of the starter dictionary that were used, with what they were read as.
    pub conventions: Vec<(String, &'static str)>,
    /// Words that nothing defines; each may be anything.
    pub names: Vec<String>,
    /// What cannot be decided, with the choices.
    pub doubt: Option<Text>,
}

/// Services that the user's own list defines, by [`words::key`]; one without a word could not be read.
pub type ServiceNames = BTreeMap<String, Vec<ServiceWord>>;

/// Words that standards or vendors define in one way.
const STANDARD: &[(&str, &str)] = &[
    ("http", "tcp/80"),
    ("https", "tcp/443"),
    ("http(s)", "tcp/80,443"),
    ("http/https", "tcp/80,443"),
    ("ssh", "tcp/22"),
    ("sftp", "tcp/22"),
    ("scp", "tcp/22"),
    ("telnet", "tcp/23"),
    ("smtp", "tcp/25"),
    ("smtps", "tcp/465"),
    ("submission", "tcp/587"),
    ("dns", "tcp/53 udp/53"),
    ("tftp", "udp/69"),
    ("pop3", "tcp/110"),
    ("pop3s", "tcp/995"),
    ("imap", "tcp/143"),
    ("imaps", "tcp/993"),
    ("ntp", "udp/123"),
    ("snmp", "udp/161"),
    ("snmptrap", "udp/162"),
    ("ldaps", "tcp/636"),
    ("smb", "tcp/445"),
    ("cifs", "tcp/445"),
    ("syslog", "udp/514"),
    ("mssql", "tcp/1433"),
    ("mysql", "tcp/3306"),
    ("postgresql", "tcp/5432"),
    ("ping", "icmp/8"),
    ("icmpecho", "icmp/8"),
];

/// Words of everyday speech. What they mean differs from town to town, so each use is reported.
const CONVENTIONS: &[(&str, &str)] = &[
    ("dhcp", "udp/67,68"),
    ("traceroute", "icmp/8 udp/33434-33534"),
    ("rdp", "tcp/3389 udp/3389"),
    ("ldap", "tcp/389 udp/389"),
    ("kerberos", "tcp/88 udp/88"),
    ("web", "tcp/80,443"),
    ("ウェブ", "tcp/80,443"),
    ("web閲覧", "tcp/80,443"),
    ("webアクセス", "tcp/80,443"),
    ("ブラウザ", "tcp/80,443"),
    ("ファイル共有", "tcp/139,445 udp/137,138"),
    ("ファイルサーバ", "tcp/139,445 udp/137,138"),
    ("windowsファイル共有", "tcp/139,445 udp/137,138"),
    ("リモートデスクトップ", "tcp/3389 udp/3389"),
    ("名前解決", "tcp/53 udp/53"),
    ("時刻同期", "udp/123"),
    ("メール送信", "tcp/25,465,587"),
    ("メール受信", "tcp/110,143,993,995"),
    ("メール", "tcp/25,110,143,465,587,993,995"),
    ("mail", "tcp/25,110,143,465,587,993,995"),
    ("ftp", "tcp/20,21"),
    ("印刷", "tcp/515,631,9100"),
    ("プリンタ", "tcp/515,631,9100"),
];

/// Reads a cell; `protocols` are those that a column of their own names (none: there is none).
#[must_use]
pub fn services(cell: &str, protocols: &[u8], own: &ServiceNames) -> Services {
    // `TCP (443)` is one word.
    let text = words::plain(cell).replace(" (", "(");
    let mut found = Services::default();
    if words::is_any(&text) {
        match protocols {
            [] => found.words.push(ServiceWord::ANY),
            named => found.words.extend(named.iter().map(|p| ServiceWord::of(*p))),
        }
        return found;
    }
    let current = protocols.to_vec();
    let mut at = Reader { found, own, given: protocols, current, open: false, waits: false };
    if at.named(&text) {
        return at.found;
    }
    for part in words::parts(&text) {
        at.segment(part);
    }
    at.settle();
    at.found
}

struct Reader<'a> {
    found: Services,
    own: &'a ServiceNames,
    given: &'a [u8],
    /// The protocols that a port without one belongs to.
    current: Vec<u8>,
    /// Whether a protocol was named and no port followed yet: then it is meant as a whole.
    open: bool,
    /// Whether such a protocol stands right before this one: a port may be meant for both.
    waits: bool,
}

impl Reader<'_> {
    fn segment(&mut self, part: &str) {
        if self.named(part) {
            return;
        }
        for chunk in part.split([' ', '\t']).filter(|chunk| !chunk.is_empty()) {
            // `TCP・UDP` before a port is one word, as `TCP/UDP` is.
            let whole = protocol_words(chunk).is_some();
            let apart = |c: char| !whole && matches!(c, '・' | '及' | '＆' | '&' | '+');
            for word in chunk.split(apart).filter(|word| !word.is_empty()) {
                if !self.named(word) {
                    self.word(word);
                }
            }
        }
    }

    /// A whole word that the user's list, a standard or the starter dictionary defines.
    fn named(&mut self, word: &str) -> bool {
        let key = words::key(word);
        if let Some(own) = self.own.get(&key) {
            self.settle();
            self.found.words.extend(own);
            if own.is_empty() {
                self.found.names.push(word.to_owned());
            }
            return true;
        }
        let key = key.strip_suffix("通信").unwrap_or(&key);
        let look = |table: &'static [(&str, &str)]| {
            table.iter().find(|(name, _)| *name == key).map(|(_, meaning)| *meaning)
        };
        let (meaning, convention) = match (look(STANDARD), look(CONVENTIONS)) {
            (Some(meaning), _) => (meaning, false),
            (None, Some(meaning)) => (meaning, true),
            (None, None) => return false,
        };
        self.settle();
        self.found.words.extend(meaning.split(' ').flat_map(definition));
        if convention {
            self.found.conventions.push((word.to_owned(), meaning));
        }
        true
    }

    fn word(&mut self, word: &str) {
        if let Some((head, inside)) = word.strip_suffix(')').and_then(|w| w.split_once('(')) {
            return self.bracket(word, head, inside);
        }
        if let Some(protocols) = protocol_words(word) {
            let waits = self.open && self.current.iter().any(|p| flow::has_ports(*p));
            self.settle();
            self.current = protocols;
            (self.open, self.waits) = (true, waits);
            return;
        }
        if self.open && words::is_any(word) {
            return self.settle();
        }
        if let Some(ports) = ports(word) {
            return self.ports(ports, word);
        }
        let halves = word.rsplit_once(['/', ':']).or_else(|| split_letters(word));
        if let Some((left, right)) = halves {
            let (left, right) = (left.trim(), right.trim());
            let pair = match (protocol_words(left), ports(right)) {
                (Some(protocols), Some(ports)) => Some((protocols, ports)),
                _ => protocol_words(right).zip(ports(left)),
            };
            if let Some((protocols, ports)) = pair {
                self.settle();
                self.current = protocols;
                return self.ports(ports, word);
            }
            if let Some(protocols) = protocol_words(left).filter(|_| words::is_any(right)) {
                self.settle();
                return self.found.words.extend(protocols.into_iter().map(ServiceWord::of));
            }
        }
        self.found.names.push(word.to_owned());
    }

    /// `443(TCP)`, `TCP(443)`, `HTTPS(443)` and `HTTPS(TCP/443)`.
    fn bracket(&mut self, word: &str, head: &str, inside: &str) {
        if let Some(protocol) = beside_number(word) {
            self.settle();
            self.found.words.push(ServiceWord::of(protocol));
            self.found.doubt.get_or_insert(crate::text!(
                "かっこ内がプロトコル番号か、ポート番号か",
                "whether the brackets hold the number of the protocol or of a port"
            ));
            return;
        }
        if let (Some(ports), Some(protocols)) = (ports(head), protocol_words(inside)) {
            self.settle();
            self.current = protocols;
            return self.ports(ports, word);
        }
        if let (Some(protocols), Some(ports)) = (protocol_words(head), ports(inside)) {
            self.settle();
            self.current = protocols;
            return self.ports(ports, word);
        }
        let mut inner = services(inside, &[], self.own);
        let label = services(head, &[], self.own);
        let agree = inner.names.is_empty() && inner.doubt.is_none() && label.words == inner.words;
        self.settle();
        if agree || inner.doubt.is_none() && inner.names.is_empty() && !label.names.is_empty() {
            self.found.words.append(&mut inner.words);
        } else if label.names.is_empty()
            && label.doubt.is_none()
            && !label.words.is_empty()
            && ports(inside).is_some_and(|p| label.words.iter().all(|word| word.destination == p))
        {
            self.found.words.extend(label.words);
            self.found.conventions.extend(label.conventions);
        } else {
            self.found.names.push(word.to_owned());
        }
    }

    fn ports(&mut self, ports: PortRange, word: &str) {
        if std::mem::take(&mut self.waits) && self.open {
            self.found.doubt.get_or_insert(crate::text!(
                "ポート {word} が、手前のプロトコルにも掛かるか",
                "whether the port {word} belongs to the protocol before the last one, too"
            ));
        }
        self.open = false;
        let icmp: Vec<u8> = self.current.iter().copied().filter(|p| flow::is_icmp(*p)).collect();
        if self.current.is_empty() {
            for protocol in [TCP, UDP] {
                self.found.words.push(ServiceWord::to(protocol, ports));
            }
            self.found.doubt.get_or_insert(crate::text!(
                "tcp/{word} か、udp/{word} か、その両方か",
                "tcp/{word}, udp/{word}, or both"
            ));
        } else if icmp.is_empty() && self.current.iter().all(|p| flow::has_ports(*p)) {
            let words = self.current.iter().map(|protocol| ServiceWord::to(*protocol, ports));
            self.found.words.extend(words);
        } else if let (&[protocol], Some(kind)) = (icmp.as_slice(), single(ports)) {
            self.found
                .words
                .push(ServiceWord { icmp_type: Some(kind), ..ServiceWord::of(protocol) });
        } else {
            self.found.words.extend(self.current.iter().map(|p| ServiceWord::of(*p)));
            self.found.doubt.get_or_insert(crate::text!(
                "ポートのないプロトコルにポートが書かれています",
                "a port stands beside a protocol without ports"
            ));
        }
    }

    /// A protocol after which no port came is meant as a whole.
    fn settle(&mut self) {
        if std::mem::take(&mut self.open) {
            self.found.words.extend(self.current.iter().map(|p| ServiceWord::of(*p)));
        }
        self.waits = false;
        self.current = self.given.to_vec();
    }
}

fn single(ports: PortRange) -> Option<u8> {
    (ports.first() == ports.last()).then(|| u8::try_from(ports.first()).ok()).flatten()
}

/// `TCP80`, `udp1812-1813`.
fn split_letters(word: &str) -> Option<(&str, &str)> {
    let at = word.find(|c: char| c.is_ascii_digit())?;
    word.split_at_checked(at).filter(|(left, _)| !left.is_empty())
}

/// `tcp`, `TCP/UDP`, `プロトコル50`; a bare number is a port, beside a name as well (`tcp/80`).
#[must_use]
pub fn protocol_words(word: &str) -> Option<Vec<u8>> {
    let key = words::key(word);
    let parts = key.split(BETWEEN).filter(|part| !part.is_empty());
    let found: Vec<u8> = parts.map(protocol).collect::<Option<_>>()?;
    (!found.is_empty()).then_some(found)
}

/// What a column of protocols says: names, numbers, and a number beside its own name (`TCP (6)`, `6(TCP)`).
#[must_use]
pub fn protocol_column(cell: &str) -> Option<Vec<u8>> {
    // Numbers that people write for a protocol; the others could be ports that stand in the wrong column.
    const NUMBERS: [u8; 14] = [1, 2, 4, 6, 17, 41, 47, 50, 51, 58, 89, 103, 112, 132];
    let text = words::plain(cell).to_lowercase().replace(" (", "(");
    let parts: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || BETWEEN.contains(&c))
        .filter(|part| !part.is_empty())
        .collect();
    let number = |part: &&str| part.parse().ok().filter(|number| NUMBERS.contains(number));
    let found: Option<Vec<u8>> = if parts.iter().all(|part| number(part).is_some()) {
        parts.iter().map(number).collect()
    } else {
        parts.iter().map(|part| protocol(part).or_else(|| beside_number(part))).collect()
    };
    found.filter(|found| !found.is_empty())
}

const BETWEEN: [char; 7] = ['/', '・', ',', '、', '+', '&', super::grid::BREAK];

/// One protocol by its name, or by a number that says what it is.
fn protocol(part: &str) -> Option<u8> {
    let marked = ["protocol", "proto", "プロトコル番号", "プロトコル"]
        .iter()
        .find_map(|mark| part.strip_prefix(mark));
    if marked.is_none() && part.parse::<u64>().is_ok() {
        return None;
    }
    match marked.unwrap_or(part) {
        "icmpv6" | "ipv6-icmp" | "icmp6" => Some(ICMPV6),
        "ipsec-esp" => Some(50),
        "ipsec-ah" => Some(51),
        name => protocol_number(name),
    }
}

/// `TCP(6)`, `6(TCP)`: a protocol and its own number.
fn beside_number(word: &str) -> Option<u8> {
    let key = words::key(word);
    let (head, inside) = key.strip_suffix(')')?.split_once('(')?;
    let (name, number) = match head.parse::<u8>() {
        Ok(number) => (inside, number),
        Err(_) => (head, inside.parse().ok()?),
    };
    protocol(name).filter(|protocol| *protocol == number)
}

/// One port or a range: `443`, `137-139`, `1024以上`.
fn ports(word: &str) -> Option<PortRange> {
    let digits = |text: &str| {
        let text = text.trim();
        let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        (plain && (text == "0" || !text.starts_with('0')))
            .then(|| text.parse::<u16>().ok())
            .flatten()
    };
    if let Some(port) = digits(word) {
        return Some(PortRange::single(port));
    }
    if let Some(first) = word.strip_suffix("以上").or_else(|| word.strip_suffix("以降")) {
        return PortRange::new(digits(first)?, u16::MAX);
    }
    let (first, last) = word.split_once(['-', '~'])?;
    PortRange::new(digits(first)?, digits(last)?)
}

/// A definition of a table above: `tcp/80,443`, `icmp/8`.
fn definition(text: &str) -> Vec<ServiceWord> {
    let Some((protocol, list)) = text.split_once('/') else { return Vec::new() };
    let Some(protocol) = protocol_number(protocol) else { return Vec::new() };
    let one = |word: &str| {
        if flow::is_icmp(protocol) {
            let kind = word.parse().ok()?;
            return Some(ServiceWord { icmp_type: Some(kind), ..ServiceWord::of(protocol) });
        }
        ports(word).map(|ports| ServiceWord::to(protocol, ports))
    };
    list.split(',').filter_map(one).collect()
}

#[cfg(test)]
mod tests;
