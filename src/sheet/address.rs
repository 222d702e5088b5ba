//! Addresses as people write them in a cell.

use super::words;
use crate::net::{AddressRange, Prefix, netmask_len};
use crate::text::Text;
use std::net::{IpAddr, Ipv4Addr};

/// One value of an address cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressWord {
    /// Every address.
    Any,
    /// These addresses.
    Range(AddressRange),
    /// A domain name.
    Domain(String),
    /// Something else: the name of a zone or an object, as it is written.
    Name(String),
}

/// The values of a cell. With a doubt the cell may mean any part of them, or anything when there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// The values, in order.
    pub words: Vec<AddressWord>,
    /// What stands in brackets behind addresses: a name for them, or a condition.
    pub remarks: Vec<String>,
    /// What cannot be decided, with the choices.
    pub doubt: Option<Text>,
}

/// Reads a cell.
#[must_use]
pub fn addresses(cell: &str) -> Addresses {
    let text = words::plain(cell);
    let mut found = Addresses::default();
    if words::is_any(&text) {
        found.words.push(AddressWord::Any);
        return found;
    }
    for part in words::parts(&text) {
        segment(part, &mut found);
    }
    found
}

/// What stands between strong separators: one value, or several between blanks and middle dots, or a name with blanks in it.
fn segment(part: &str, found: &mut Addresses) {
    if words::is_any(part) {
        found.words.push(AddressWord::Any);
        return;
    }
    match one(part) {
        One::Word(word) => {
            found.remarks.extend(remark(part));
            return found.words.push(word);
        }
        One::Doubt(word, choices) => return found.doubtful(word, choices),
        One::Name => {}
    }
    let pieces: Vec<&str> =
        part.split([' ', '\t', '・']).filter(|piece| !piece.is_empty()).collect();
    let readings: Vec<One> = pieces.iter().map(|piece| one(piece)).collect();
    if readings.iter().all(|reading| matches!(reading, One::Name)) {
        found.words.push(AddressWord::Name(part.to_owned()));
        return;
    }
    let mut at = 0;
    while let (Some(piece), Some(reading)) = (pieces.get(at), readings.get(at)) {
        at += 1;
        if let Some(prefix) = pieces.get(at).and_then(|mask| masked(piece, mask)) {
            at += 1;
            match prefix {
                Ok(range) => found.words.push(AddressWord::Range(range)),
                Err((range, choices)) => found.doubtful(Some(AddressWord::Range(range)), choices),
            }
            continue;
        }
        match reading {
            One::Word(word) => {
                found.remarks.extend(remark(piece));
                found.words.push(word.clone());
            }
            One::Doubt(word, choices) => found.doubtful(word.clone(), choices.clone()),
            One::Name => found.words.push(AddressWord::Name((*piece).to_owned())),
        }
    }
}

impl Addresses {
    fn doubtful(&mut self, word: Option<AddressWord>, choices: Text) {
        self.words.push(word.unwrap_or(AddressWord::Any));
        self.doubt.get_or_insert(choices);
    }
}

enum One {
    Word(AddressWord),
    /// The widest reading (`None`: any address) and the choices.
    Doubt(Option<AddressWord>, Text),
    Name,
}

/// One value without separators.
fn one(text: &str) -> One {
    let text = text.trim();
    if let Some((head, inside)) = bracketed(text) {
        return with_bracket(text, head, inside);
    }
    if let Some(range) = written_range(text).or_else(|| starred(text)) {
        return One::Word(AddressWord::Range(range));
    }
    if let Some(prefix) = Prefix::parse(text).filter(|_| text.contains(['.', ':'])) {
        let written = text.split('/').next().and_then(|a| a.trim().parse::<IpAddr>().ok());
        if written.is_some_and(|address| address != prefix.address()) {
            let host = written.map(|address| address.to_string()).unwrap_or_default();
            let choices = crate::text!(
                "ネットワーク {prefix} か、ホスト {host} か",
                "the network {prefix}, or the host {host}"
            );
            return One::Doubt(Some(AddressWord::Range(prefix.range())), choices);
        }
        return One::Word(AddressWord::Range(prefix.range()));
    }
    if negated(text) {
        let choices = crate::text!(
            "除外のある指定は、含めるアドレスを列挙してください",
            "list the addresses that are meant instead of those that are not"
        );
        return One::Doubt(None, choices);
    }
    let numeric =
        text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(['.', '/', ':', '*']);
    if numeric && !text.contains(|c: char| c.is_alphabetic() || c == ' ' || c == '・') {
        let choices = crate::text!(
            "10.0.1.5、10.0.1.0/24、10.0.1.5-10.0.1.9 のように書いてください",
            "write it like 10.0.1.5, 10.0.1.0/24 or 10.0.1.5-10.0.1.9"
        );
        return One::Doubt(None, choices);
    }
    let domain = |c: char| c.is_ascii_alphanumeric() || "._-*".contains(c);
    if text.contains('.') && text.chars().all(domain) && !text.starts_with('.') {
        return One::Word(AddressWord::Domain(text.to_ascii_lowercase()));
    }
    One::Name
}

/// The text before a bracket at the end, and what is in it.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_suffix([')', ']', '】', '」'])?;
    let at = inner.find(['(', '[', '【', '「'])?;
    let (head, tail) = inner.split_at(at);
    let mut tail = tail.chars();
    tail.next();
    (!head.trim().is_empty()).then_some((head.trim(), tail.as_str().trim()))
}

/// What brackets behind an address say of it.
fn remark(text: &str) -> Option<String> {
    let (head, inside) = bracketed(text.trim())?;
    matches!(one(head), One::Word(AddressWord::Range(_))).then(|| inside.to_owned())
}

/// `10.1.1.5(file server)` and `file server(10.1.1.5)`; what narrows the value makes it doubtful.
fn with_bracket(text: &str, head: &str, inside: &str) -> One {
    const LIMITS: [&str; 20] = [
        "のみ",
        "だけ",
        "一部",
        "only",
        "予定",
        "ただし",
        "夜間",
        "日中",
        "平日",
        "休日",
        "土日",
        "曜日",
        "時間帯",
        "時間外",
        "時間内",
        "期間中",
        "まで",
        "以降",
        "廃止",
        "無効",
    ];
    let changes = negated(text) || LIMITS.iter().any(|word| text.contains(word));
    if changes {
        let choices = crate::text!(
            "かっこ内の条件を、アドレスとして書いてください",
            "write the condition in brackets as addresses"
        );
        return One::Doubt(None, choices);
    }
    let plain = |text: &str| match one(text) {
        One::Word(AddressWord::Range(range)) => Some(range),
        _ => None,
    };
    match (plain(head), plain(inside)) {
        (Some(range), None) if is_label(inside) => One::Word(AddressWord::Range(range)),
        (None, Some(range)) if is_label(head) => One::Word(AddressWord::Range(range)),
        (None, None) if is_label(head) && is_label(inside) => One::Name,
        _ => {
            let choices =
                crate::text!("アドレスを1つずつ書いてください", "write one address at a time");
            One::Doubt(None, choices)
        }
    }
}

fn is_label(text: &str) -> bool {
    !text.contains(['.', ':', '/', '*', '!', ',']) && !text.is_empty()
}

fn negated(text: &str) -> bool {
    let key = words::key(text);
    ["以外", "除く", "除き", "except", "!", "≠"].iter().any(|word| key.contains(word))
        || key.starts_with("not")
}

/// `a-b`, `a~b`, `10.0.0.1-9` and `10.0.0.1-.9`.
fn written_range(text: &str) -> Option<AddressRange> {
    let (first, last) = text.split_once(['-', '~'])?;
    let (first, last) = (first.trim(), last.trim());
    let start: IpAddr = first.parse().ok()?;
    if let Ok(end) = last.parse() {
        return AddressRange::new(start, end);
    }
    let IpAddr::V4(start) = start else { return None };
    let tail = last.strip_prefix('.').unwrap_or(last);
    let given: Vec<u8> = tail.split('.').map(|octet| octet.parse().ok()).collect::<Option<_>>()?;
    let kept = 4usize.checked_sub(given.len())?;
    let octets: Vec<u8> = start.octets().into_iter().take(kept).chain(given).collect();
    let octets: [u8; 4] = octets.try_into().ok()?;
    AddressRange::new(start.into(), Ipv4Addr::from(octets).into())
}

/// `192.168.1.*`, `10.*.*.*`, `10.1.*`.
fn starred(text: &str) -> Option<AddressRange> {
    let mut octets = [0u8; 4];
    let mut len = 0u8;
    let mut stars = false;
    for (index, word) in text.split('.').enumerate() {
        let slot = octets.get_mut(index)?;
        if word == "*" {
            stars = true;
        } else if stars {
            return None;
        } else {
            *slot = word.parse().ok()?;
            len += 8;
        }
    }
    if !stars || len == 0 {
        return None;
    }
    Prefix::new(Ipv4Addr::from(octets).into(), len).map(Prefix::range)
}

/// An address and a mask in two words: netmask, or inverse mask when it can be nothing else.
fn masked(address: &str, mask: &str) -> Option<Result<AddressRange, (AddressRange, Text)>> {
    let address: Ipv4Addr = address.parse().ok()?;
    let mask: Ipv4Addr = mask.parse().ok()?;
    let len = match mask.octets() {
        [128..=255, ..] => netmask_len(mask.into())?,
        [0, ..] => {
            32 - u8::try_from(u32::from(mask).trailing_ones()).ok().filter(|ones| {
                u32::from(mask)
                    .checked_add(1)
                    .is_some_and(|n| n == 1u32 << u32::from(*ones).min(31))
            })?
        }
        _ => return None,
    };
    let prefix = Prefix::new(address.into(), len)?;
    if prefix.address() == IpAddr::V4(address) {
        return Some(Ok(prefix.range()));
    }
    let choices = crate::text!(
        "ネットワーク {prefix} か、ホスト {address} か",
        "the network {prefix}, or the host {address}"
    );
    Some(Err((prefix.range(), choices)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cell: &str) -> String {
        let found = addresses(cell);
        let words: Vec<String> = found
            .words
            .iter()
            .map(|word| match word {
                AddressWord::Any => "any".to_owned(),
                AddressWord::Range(range) => range.to_string(),
                AddressWord::Domain(name) => format!("domain {name}"),
                AddressWord::Name(name) => format!("name {name}"),
            })
            .collect();
        words.join(" ") + if found.doubt.is_some() { " ?" } else { "" }
    }

    #[test]
    fn forms_that_say_one_thing() {
        assert_eq!(read("１０．１．０．０／１６"), "10.1.0.0/16");
        assert_eq!(read("192.168.1.0 255.255.255.0"), "192.168.1.0/24");
        assert_eq!(read("192.168.1.0/255.255.255.0"), "192.168.1.0/24");
        assert_eq!(read("192.168.1.0 0.0.0.255"), "192.168.1.0/24");
        assert_eq!(read("192.168.1.*"), "192.168.1.0/24");
        assert_eq!(read("192.168.1.1～10"), "192.168.1.1-192.168.1.10");
        assert_eq!(read("192.168.1.1-192.168.1.10"), "192.168.1.1-192.168.1.10");
        assert_eq!(
            read("10.1.1.1⏎10.1.1.2、10.1.1.3・10.1.1.4 10.1.1.5"),
            "10.1.1.1 10.1.1.2 10.1.1.3 10.1.1.4 10.1.1.5"
        );
        assert_eq!(read("10.1.1.5（住基サーバ）"), "10.1.1.5");
        assert_eq!(read("住基サーバ（10.1.1.5）"), "10.1.1.5");
        assert_eq!(read("2001:db8::/32"), "2001:db8::/32");
        assert_eq!(read("すべて"), "any");
    }

    #[test]
    fn names_and_domains() {
        assert_eq!(read("LGWAN 接続系"), "name LGWAN 接続系");
        assert_eq!(read("業務端末（本庁）"), "name 業務端末(本庁)");
        assert_eq!(read("update.example.jp"), "domain update.example.jp");
        assert_eq!(read("人事サーバ 10.1.1.1"), "name 人事サーバ 10.1.1.1");
    }

    #[test]
    fn what_can_mean_two_things_is_a_doubt() {
        assert_eq!(read("10.0.1.7/24"), "10.0.1.0/24 ?");
        assert_eq!(read("any(10.0.0.0/8以外)"), "any ?");
        assert_eq!(read("10.0.0.0/8以外"), "any ?");
        assert_eq!(read("10.1.1.300"), "any ?");
        assert_eq!(read("10.0.0.9-10.0.0.1"), "any ?");
        assert_eq!(read("10.0.0.0/8(10.1.0.0/16)"), "any ?");
        assert_eq!(read("10.1.1.0/24(一部)"), "any ?");
        assert_eq!(read("10.1.1.0/24(夜間)"), "any ?");
        assert_eq!(read("010.001.001.001"), "any ?");
    }
}
