//! Addresses in sentences, masked: the last step of a redacted paper, whatever was left out before.

use std::net::{IpAddr, Ipv6Addr};

/// What stands where an address stood.
const MASK: &str = "〔伏字〕";

/// `text` with every IPv4, IPv6 and hardware address replaced, with its prefix length or mask.
pub(super) fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '/') {
            word.push(c);
        } else {
            settle(&mut out, &word);
            word.clear();
            out.push(c);
        }
    }
    settle(&mut out, &word);
    out
}

/// Writes `word`, or the mask where it is an address. What is around an address in the same word stays.
fn settle(out: &mut String, word: &str) {
    let inner = word.trim_end_matches(['.', ':', '/']);
    let tail = word.get(inner.len()..).unwrap_or_default();
    if is_address(inner) || is_address(word) {
        out.push_str(MASK);
        out.push_str(tail);
        return;
    }
    // `configs/10.1.1.1:12`, `http://10.1.1.1/x`: each part by itself.
    let mut rest = word;
    while let Some(at) = rest.find('/') {
        let (part, more) = rest.split_at(at);
        one(out, part);
        out.push('/');
        rest = more.get(1..).unwrap_or_default();
    }
    one(out, rest);
}

/// A word without a slash.
fn one(out: &mut String, word: &str) {
    if is_address(word) {
        out.push_str(MASK);
        return;
    }
    let mut first = true;
    for part in word.split(':') {
        if !first {
            out.push(':');
        }
        first = false;
        out.push_str(&if is_address(part) { MASK.to_owned() } else { inside(part) });
    }
}

/// A word without a slash and a colon, in which an address may stand beside letters: `host10.1.1.1`, `10.1.1.1.conf`.
fn inside(word: &str) -> String {
    let parts: Vec<&str> = word.split('.').collect();
    let digits = |part: &str, front: bool| -> bool {
        let number: String = match front {
            true => part.chars().rev().take_while(char::is_ascii_digit).collect(),
            false => part.chars().take_while(char::is_ascii_digit).collect(),
        };
        !number.is_empty() && number.len() <= 3
    };
    for (at, four) in parts.windows(4).enumerate() {
        let [a, b, c, d] = four else { continue };
        let plain = [b, c].iter().all(|part| {
            !part.is_empty() && part.len() <= 3 && part.chars().all(|c| c.is_ascii_digit())
        });
        if plain && digits(a, true) && digits(d, false) {
            let lead = a.trim_end_matches(|c: char| c.is_ascii_digit());
            let tail = d.trim_start_matches(|c: char| c.is_ascii_digit());
            let before = parts.get(..at).unwrap_or_default();
            let after = parts.get(at + 4..).unwrap_or_default();
            let mut out: Vec<String> = before.iter().map(|part| (*part).to_owned()).collect();
            out.push(format!("{lead}{MASK}{tail}"));
            out.push(inside(&after.join(".")));
            out.retain(|part| !part.is_empty());
            return out.join(".");
        }
    }
    word.to_owned()
}

fn is_address(word: &str) -> bool {
    let bare = word.split('/').next().unwrap_or(word);
    let prefix = word.get(bare.len()..).unwrap_or_default();
    let length = prefix.trim_start_matches('/');
    let known = prefix.is_empty()
        || length.parse::<u8>().is_ok_and(|length| length <= 128)
        || length.parse::<IpAddr>().is_ok();
    let hardware = || {
        let parts: Vec<&str> = bare.split([':', '.']).collect();
        let hex = |part: &&str| part.chars().all(|c| c.is_ascii_hexdigit());
        let (six, three) = (parts.len() == 6, parts.len() == 3);
        parts.iter().all(hex)
            && (six && parts.iter().all(|part| part.len() == 2)
                || three && bare.contains('.') && parts.iter().all(|part| part.len() == 4))
    };
    let plain = || bare.parse::<IpAddr>().is_ok() || bare.parse::<Ipv6Addr>().is_ok();
    known && (plain() || hardware())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_masked_wherever_they_stand() {
        for (plain, masked) in [
            ("端末（10.20.1.10）へ", "端末（〔伏字〕）へ"),
            ("10.20.1.2-10.20.2.0, any", "〔伏字〕-〔伏字〕, any"),
            ("172.16.0.0/12 → 10.0.0.1:443", "〔伏字〕 → 〔伏字〕:443"),
            ("10.0.0.0/255.0.0.0", "〔伏字〕"),
            ("2001:db8::1/64 と fe80::1", "〔伏字〕 と 〔伏字〕"),
            ("configs/10.1.1.1.conf:12", "configs/〔伏字〕.conf:12"),
            ("00:11:22:aa:bb:cc 0011.22aa.bbcc", "〔伏字〕 〔伏字〕"),
            ("届く: 10.1.1.1.", "届く: 〔伏字〕."),
            ("http://10.1.1.1/x", "http://〔伏字〕/x"),
        ] {
            assert_eq!(mask(plain), masked);
        }
    }

    #[test]
    fn what_is_no_address_stays() {
        for plain in [
            "configs/ext-fw.conf:1416",
            "tcp/445",
            "3.10",
            "10:30",
            "2026-11-22",
            "第5(2)ア",
            "規則",
        ] {
            assert_eq!(mask(plain), plain);
        }
    }
}
