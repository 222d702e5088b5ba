//! Address forms of filters, NAT descriptors and host restrictions.

use super::wrap::Word;
use crate::formats::builder::Builder;
use crate::model::{AddressId, AddressWithin};
use crate::net::{AddressRange, Family, Prefix, WildcardMask, address, number};
use crate::source::Span;
use crate::text;
use std::net::{IpAddr, Ipv4Addr};

/// An address set of a filter, and whether part of it is unknown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addresses {
    pub(super) id: AddressId,
    pub(super) certain: bool,
}

/// Elements of one address word beyond this number are too many to be from a router, which takes 129.
const MOST: usize = 4096;

/// Reads `*`, `192.168.1.0/24,10.0.0.1-10.0.0.9`, `192.168.*.1`, `www.example.jp`…
pub(super) fn read(builder: &mut Builder, family: Family, word: &Word<'_>) -> Addresses {
    let mut certain = true;
    let mut members = Vec::new();
    for element in word.text.split(',').take(MOST) {
        match part(element, family) {
            Some(Part::Any) => members.push(builder.any_address(Some(family), word.span)),
            Some(Part::Range(range)) => members.push(builder.range(range, word.span)),
            Some(Part::Wildcard(mask)) => members.push(builder.wildcard(mask, word.span)),
            None => {
                certain = false;
                let id = unknown(builder, element, family, word.span);
                members.push(id);
            }
        }
    }
    if word.text.split(',').count() > MOST {
        certain = false;
        let id = unknown(builder, "…", family, word.span);
        members.push(id);
    }
    members.sort_unstable();
    members.dedup();
    Addresses { id: builder.union(members, word.span), certain }
}

/// A set that only the device knows at run time.
pub(super) fn unknown(
    builder: &mut Builder,
    element: &str,
    family: Family,
    span: Span,
) -> AddressId {
    let reason = text!(
        "「{element}」のアドレスは設定からは定まりません。",
        "the configuration does not determine the addresses of {element}"
    );
    builder.unknown_address(reason, AddressWithin::Family(family), span)
}

enum Part {
    Any,
    Range(AddressRange),
    Wildcard(WildcardMask),
}

/// One element; `None` for what is not an address of the family (FQDN, `map-e`, `@mnemonic`, anything else).
fn part(text: &str, family: Family) -> Option<Part> {
    if text == "*" {
        return Some(Part::Any);
    }
    if let Some((base, mask)) = text.split_once('/') {
        return masked(base, mask, family);
    }
    if let Some(range) = range(text, family) {
        return Some(Part::Range(range));
    }
    if family == Family::V4 && text.contains('*') {
        return octets(text).map(Part::Wildcard);
    }
    None
}

/// `a`, `a-b`, `-b` (from the first address) or `a-` (to the last).
pub(super) fn range(text: &str, family: Family) -> Option<AddressRange> {
    let one = |text: &str| text.parse::<IpAddr>().ok().filter(|a| Family::of(*a) == family);
    let all = Prefix::all(family).range();
    match text.split_once('-') {
        None => one(text).map(AddressRange::single),
        Some(("", last)) => AddressRange::new(all.first(), one(last)?),
        Some((first, "")) => AddressRange::new(one(first)?, all.last()),
        Some((first, last)) => AddressRange::new(one(first)?, one(last)?),
    }
}

fn masked(base: &str, mask: &str, family: Family) -> Option<Part> {
    let base: IpAddr = base.parse().ok().filter(|a| Family::of(*a) == family)?;
    if let Ok(len) = mask.parse::<u8>() {
        return Prefix::new(base, len).map(|prefix| Part::Range(prefix.range()));
    }
    let IpAddr::V4(base) = base else { return None };
    let ignore = Ipv4Addr::from(!u32::from(netmask(mask)?));
    let wildcard = WildcardMask::new(base, ignore);
    Some(match wildcard.to_prefix() {
        Some(prefix) => Part::Range(prefix.range()),
        None => Part::Wildcard(wildcard),
    })
}

/// `255.255.255.0` or `0xffffff00`.
fn netmask(mask: &str) -> Option<Ipv4Addr> {
    match mask.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok().map(Ipv4Addr::from),
        None => mask.parse().ok(),
    }
}

/// A mask in any of its forms as a prefix length.
pub(super) fn mask_len(mask: &str, family: Family) -> Option<u8> {
    if let Ok(len) = mask.parse::<u8>() {
        return (len <= family.bits()).then_some(len);
    }
    crate::net::netmask_len(IpAddr::V4(netmask(mask)?)).filter(|_| family == Family::V4)
}

/// `192.168.*.1`: an octet `*` is not compared.
fn octets(text: &str) -> Option<WildcardMask> {
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() != 4 {
        return None;
    }
    let (mut base, mut ignore) = (0u32, 0u32);
    for part in parts {
        let (value, skip) = if part == "*" { (0, 255) } else { (part.parse::<u8>().ok()?, 0u32) };
        base = base << 8 | u32::from(value);
        ignore = ignore << 8 | skip;
    }
    Some(WildcardMask::new(Ipv4Addr::from(base), Ipv4Addr::from(ignore)))
}

/// The range of `count` addresses from `first` on.
pub(super) fn counted(first: IpAddr, count: u32) -> Option<AddressRange> {
    let family = Family::of(first);
    let last = number(first).checked_add(u128::from(count.checked_sub(1)?))?;
    (last <= family.last()).then(|| AddressRange::new(first, address(family, last))).flatten()
}
