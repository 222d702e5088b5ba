//! The text of listed flows read back: the only place that does.

use std::net::IpAddr;

use crate::net::{AddressRange, Family, Prefix};

/// Protocol and destination ports, inclusive; `None` is every protocol.
pub type Service = (Option<String>, u16, u16);

/// `any` (both families), or prefixes, addresses and ranges joined with commas; `None` when the text was shortened.
#[must_use]
pub fn ranges(text: &str) -> Option<Vec<AddressRange>> {
    if text == "any" {
        return Some(Family::ALL.map(|family| Prefix::all(family).range()).to_vec());
    }
    text.split(", ").map(range).collect()
}

fn range(word: &str) -> Option<AddressRange> {
    let address = |word: &str| word.parse::<IpAddr>().ok();
    if let Some((first, last)) = word.split_once('-') {
        return AddressRange::new(address(first)?, address(last)?);
    }
    address(word).map(AddressRange::single).or_else(|| Prefix::parse(word).map(Prefix::range))
}

/// `any`, `tcp`, `tcp/80, 443, udp/53`: a word of digits belongs to the protocol before it. `None` for anything else.
#[must_use]
pub fn services(text: &str) -> Option<Vec<Service>> {
    if text == "any" {
        return Some(vec![(None, 0, u16::MAX)]);
    }
    let mut out: Vec<Service> = Vec::new();
    for word in text.split(", ") {
        let (protocol, ports) = match word.split_once('/') {
            Some(("proto", _)) => return None,
            Some((protocol, ports)) => (protocol.to_owned(), ports),
            None if word.starts_with(|c: char| c.is_ascii_digit()) => {
                (out.last()?.0.clone()?, word)
            }
            None if word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => {
                (word.to_owned(), "0-65535")
            }
            None => return None,
        };
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        out.push((Some(protocol), first.parse().ok()?, last.parse().ok()?));
    }
    Some(out)
}
