//! A text rewritten word by word: every address by the map, every name by the count, everything else as it was.
//!
//! Words end at blanks, brackets and quotation marks, and parts of words at `/`, `:` and the dots of a host name. Each part is rewritten for
//! itself and always in the same way. So names that were the same stay the same, in configurations, policy and topology alike, without a
//! look at the grammar; and the words of the grammar are never touched.

use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::address::Addresses;
use super::words::Words;
use crate::net::{AddressRange, Prefix, netmask_len};

/// What rewrites.
#[derive(Clone, Debug)]
pub(super) struct Rewriter {
    pub(super) addresses: Addresses,
    pub(super) words: Words,
    /// Every address that was met and changed, and its image.
    pub(super) met: BTreeMap<IpAddr, IpAddr>,
    /// Secrets that were taken out.
    pub(super) secrets: BTreeSet<String>,
    stations: FxHashMap<String, usize>,
}

/// Where words end.
pub(super) fn is_edge(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '"' | '\''
                | '`'
                | ','
                | ';'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '<'
                | '>'
                | '='
                | '|'
                | '&'
                | '!'
                | '^'
                | '\\'
        )
        || matches!(
            c,
            '*' | '+'
                | '$'
                | '%'
                | '@'
                | '#'
                | '~'
                | '?'
                | '、'
                | '，'
                | '；'
                | '（'
                | '）'
                | '「'
                | '」'
                | '・'
                | '：'
                | '〜'
                | '～'
        )
}

/// The words of a text, each with the byte at which it begins.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = text.as_ptr().addr();
    text.split(is_edge)
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr().addr() - start, word))
}

impl Rewriter {
    pub(super) fn new(addresses: Addresses) -> Rewriter {
        Rewriter {
            addresses,
            words: Words::default(),
            met: BTreeMap::new(),
            secrets: BTreeSet::new(),
            stations: FxHashMap::default(),
        }
    }

    /// The text with every word rewritten.
    pub(super) fn text(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut end = 0;
        for (at, word) in words(text) {
            out.push_str(text.get(end..at).unwrap_or_default());
            out.push_str(&self.word(word));
            end = at + word.len();
        }
        out + text.get(end..).unwrap_or_default()
    }

    /// One word. A full stop at its end is none of it; an address in full width becomes one in half width.
    fn word(&mut self, word: &str) -> String {
        let narrow = narrow(word);
        let is_wide = narrow != word && (parse(&narrow).is_some() || !ranges(&narrow).is_empty());
        let word = if is_wide { &narrow } else { word };
        let core = word.trim_end_matches('.');
        let stops = word.get(core.len()..).unwrap_or_default();
        if let Some(station) = self.station(core) {
            return station + stops;
        }
        if self.address(core).is_none() && core.contains('/') {
            return self.parts(core, '/') + stops;
        }
        self.part(core) + stops
    }

    fn parts(&mut self, word: &str, edge: char) -> String {
        let parts: Vec<String> = word.split(edge).map(|part| self.part(part)).collect();
        parts.join(edge.encode_utf8(&mut [0; 4]))
    }

    /// What stands between slashes.
    fn part(&mut self, part: &str) -> String {
        if let Some(address) = self.address(part) {
            return address;
        }
        if part.contains(':') {
            return self.parts(part, ':');
        }
        if let Some(range) = self.range(part) {
            return range;
        }
        if self.words.stays(part) {
            return part.to_owned();
        }
        if is_dotted(part) {
            let labels: Vec<String> = part.split('.').map(|label| self.words.name(label)).collect();
            return labels.join(".");
        }
        self.words.name(part)
    }

    /// The image of an address; `None` for what is none.
    fn address(&mut self, word: &str) -> Option<String> {
        Some(self.image(parse(word)?).to_string())
    }

    /// The image of an address that was met.
    pub(super) fn image(&mut self, address: IpAddr) -> IpAddr {
        let image = self.addresses.map(address);
        self.met.insert(address, image);
        image
    }

    /// `10.0.0.1-10.0.0.9`, or with the last number alone behind the hyphen.
    fn range(&mut self, word: &str) -> Option<String> {
        let (range, short) = range(word)?;
        let (first, last) = (self.image(range.first()), self.image(range.last()).to_string());
        let last =
            if short { last.rsplit('.').next().unwrap_or_default().to_owned() } else { last };
        Some(format!("{first}-{last}"))
    }

    /// A hardware address becomes a locally administered one, in the same writing.
    fn station(&mut self, word: &str) -> Option<String> {
        let digits = hardware(word)?;
        if digits.bytes().all(|digit| matches!(digit, b'0' | b'f')) {
            return Some(word.to_owned());
        }
        let next = self.stations.len() + 1;
        let number = *self.stations.entry(digits).or_insert(next);
        let image = format!("02005e{number:06x}");
        let mut digits = image.chars();
        Some(
            word.chars()
                .map(|c| if c.is_ascii_hexdigit() { digits.next().unwrap_or('0') } else { c })
                .collect(),
        )
    }
}

/// The address that a word is.
pub(super) fn parse(word: &str) -> Option<IpAddr> {
    let shaped =
        word.starts_with(|c: char| c.is_ascii_hexdigit() || c == ':') && word.contains(['.', ':']);
    if shaped {
        return word.parse().ok();
    }
    // Sheets hold addresses in full width.
    let wide = word.starts_with(|c: char| ('\u{ff10}'..='\u{ff19}').contains(&c));
    wide.then(|| narrow(word).parse().ok()).flatten()
}

fn narrow(word: &str) -> Cow<'_, str> {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    };
    Cow::Owned(word.chars().map(narrow).collect())
}

/// The range that a word is, and whether its end is the last number of an address only.
fn range(word: &str) -> Option<(AddressRange, bool)> {
    let (first, last) = word.split_once('-')?;
    let first = parse(first)?;
    if let Some(last) = parse(last) {
        return AddressRange::new(first, last).map(|range| (range, false));
    }
    let IpAddr::V4(v4) = first else { return None };
    let [a, b, c, _] = v4.octets();
    let last: u8 = last.parse().ok()?;
    AddressRange::new(first, IpAddr::from([a, b, c, last])).map(|range| (range, true))
}

/// The twelve digits of a hardware address (`00:11:22:33:44:55`, `00-11-…`, `0011.2233.4455`) in small letters.
pub(super) fn hardware(word: &str) -> Option<String> {
    let is = |edge: char, count: usize, size: usize| {
        let parts = || word.split(edge);
        parts().count() == count
            && parts().all(|part| part.len() == size && part.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let fits = is(':', 6, 2) || is('-', 6, 2) || is('.', 3, 4);
    fits.then(|| {
        word.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect()
    })
}

/// Whether the dots of a word part names: those of hosts, of a host in a zone, or the number of a part. A name with an address in it is
/// one name.
fn is_dotted(word: &str) -> bool {
    let labels = || word.trim_start_matches('.').split('.');
    let numbers = labels().filter(|label| label.bytes().all(|b| b.is_ascii_digit())).count();
    word.contains('.') && labels().all(|label| !label.is_empty()) && numbers < 2
}

/// The ranges that a line of text names: networks with their length or mask, and ranges with a hyphen.
pub(super) fn ranges(line: &str) -> Vec<AddressRange> {
    let mut out = Vec::new();
    let mut before: Option<IpAddr> = None;
    for (_, word) in words(line) {
        let word = word.trim_end_matches('.');
        if let Some(network) = word.contains('/').then(|| Prefix::parse(&narrow(word))).flatten() {
            out.push(network.range());
        }
        out.extend(range(word).map(|(range, _)| range));
        let address = parse(word);
        if let (Some(before), Some(mask)) = (before, address) {
            out.extend(masked(before, mask).map(Prefix::range));
        }
        before = address;
    }
    out
}

/// The network of an address and what stands behind it, when that is a mask or the inverse of one.
fn masked(address: IpAddr, mask: IpAddr) -> Option<Prefix> {
    let IpAddr::V4(v4) = mask else { return None };
    let len =
        netmask_len(mask).or_else(|| netmask_len(IpAddr::from((!u32::from(v4)).to_be_bytes())))?;
    address.is_ipv4().then(|| Prefix::new(address, len)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewriter() -> Rewriter {
        Rewriter::new(Addresses::new([7; 32]))
    }

    #[test]
    fn words_of_the_grammar_stay_and_names_go() {
        let mut rewriter = rewriter();
        let line =
            rewriter.text("access-list SHIYAKUSHO extended permit tcp any host 203.0.113.9 eq 443");
        let image = rewriter.met[&"203.0.113.9".parse::<IpAddr>().unwrap()];
        assert_eq!(line, format!("access-list name-1 extended permit tcp any host {image} eq 443"));
        assert_ne!(image.to_string(), "203.0.113.9");
    }

    #[test]
    fn names_that_hold_addresses_hosts_and_paths() {
        let mut rewriter = rewriter();
        assert_eq!(rewriter.text("H_203.0.113.9_32"), "name-1");
        assert_eq!(
            rewriter.text("*.kasumi-town.example, mail.kasumi-town.example."),
            "*.name-2.example, mail.name-2.example."
        );
        assert_eq!(rewriter.text("kasumi-fw:port1 ge-0/0/1.100"), "name-3:port1 ge-0/0/1.100");
        let url = rewriter.text("url \"https://taro:himitsu@203.0.113.9:8443/kasumi\"");
        assert!(
            !url.contains("203.0.113.9")
                && !url.contains("himitsu")
                && url.ends_with(":8443/name-6\""),
            "{url}"
        );
        assert_eq!(
            rewriter.text("0011.2233.44aa 00:11:22:33:44:AA ffff.ffff.ffff"),
            "0200.5e00.0001 02:00:5e:00:00:01 ffff.ffff.ffff"
        );
    }

    #[test]
    fn a_range_may_end_with_a_number() {
        let mut rewriter = rewriter();
        let line = "203.0.113.20-29 10.0.0.0/24 192.0.2.0 0.0.0.255 192.0.2.9 255.255.255.0";
        let found: Vec<String> = ranges(line).iter().map(AddressRange::to_string).collect();
        assert_eq!(
            found,
            ["203.0.113.20-203.0.113.29", "10.0.0.0/24", "192.0.2.0/24", "192.0.2.0/24"]
        );
        ranges(line).into_iter().for_each(|range| rewriter.addresses.keep_range(range));
        let (first, last) = (rewriter.text("203.0.113.20"), rewriter.text("203.0.113.29"));
        let last = last.rsplit('.').next().unwrap();
        assert_eq!(rewriter.text("203.0.113.20-29"), format!("{first}-{last}"));
    }
}
