//! Which hardware address has which network address, where an export states it: `arp` commands and reservations.
//!
//! The forms are the same over many vendors, and no verdict rests on them, so one pass over the text serves every reader.

use super::Input;
use crate::model::Station;
use crate::source::Span;
use memchr::memmem::{self, FindIter};
use std::net::IpAddr;

/// The stations of the files of one device, in order.
pub(super) fn read(files: &[Input<'_>]) -> Vec<Station> {
    files.iter().flat_map(of_file).collect()
}

fn of_file(input: &Input<'_>) -> Vec<Station> {
    let text = input.file.text();
    let mut marks = Marks::new(text);
    let (mut out, mut at) = (Vec::new(), 0);
    let mut table = None;
    loop {
        // Outside a table nothing but a line with one of the words can say anything.
        let next = if table.is_some() { Some(at) } else { marks.line_from(at) };
        let Some(begin) = next.filter(|begin| *begin < text.len()) else { break };
        let raw =
            text.get(begin..).and_then(|rest| rest.split_inclusive('\n').next()).unwrap_or("");
        let line = raw.trim();
        let start = begin + raw.len() - raw.trim_start().len();
        at = begin + raw.len();
        let bounds = (u32::try_from(start), u32::try_from(start + line.len()));
        let (Ok(first), Ok(last)) = bounds else { break };
        let span = Span { file: input.id, start: first, end: last };
        match line {
            "config system arp-table" | "config reserved-address" => table = Some(Entry::default()),
            "end" => table = None,
            _ => match &mut table {
                Some(entry) => out.extend(entry.line(line, span)),
                None => out.extend(command(line, span)),
            },
        }
    }
    out
}

/// Where the words stand without which a line states no station.
struct Marks<'a> {
    text: &'a str,
    arp: Places<'a>,
    reserved: Places<'a>,
}

/// The places of one word, looked up when they are asked for.
struct Places<'a> {
    places: FindIter<'a, 'static>,
    next: Option<usize>,
}

impl<'a> Places<'a> {
    fn new(text: &'a str, word: &'static str) -> Places<'a> {
        let mut places = memmem::find_iter(text.as_bytes(), word);
        let next = places.next();
        Places { places, next }
    }

    /// The first place at `at` or after it.
    fn from(&mut self, at: usize) -> Option<usize> {
        while self.next.is_some_and(|next| next < at) {
            self.next = self.places.next();
        }
        self.next
    }
}

impl<'a> Marks<'a> {
    fn new(text: &'a str) -> Marks<'a> {
        let reserved = Places::new(text, "reserved-address");
        Marks { text, arp: Places::new(text, "arp"), reserved }
    }

    /// Where the first line from `at` on begins that holds one of the words; `at` is the beginning of a line.
    fn line_from(&mut self, at: usize) -> Option<usize> {
        let places = [self.arp.from(at), self.reserved.from(at)];
        let place = places.into_iter().flatten().min()?;
        let before = self.text.as_bytes().get(at..place)?;
        Some(memchr::memrchr(b'\n', before).map_or(at, |feed| at + feed + 1))
    }
}

/// An entry of a table in blocks.
#[derive(Default)]
struct Entry {
    span: Option<Span>,
    address: Option<IpAddr>,
    hardware: Option<String>,
}

impl Entry {
    /// The station, when this line ends its entry.
    fn line(&mut self, line: &str, span: Span) -> Option<Station> {
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("edit"), ..) => *self = Entry { span: Some(span), ..Entry::default() },
            (Some("set"), Some("ip"), Some(word)) => self.address = word.parse().ok(),
            (Some("set"), Some("mac"), Some(word)) => self.hardware = hardware(word),
            (Some("next"), ..) => {
                let entry = std::mem::take(self);
                let span = entry.span?.to(span);
                let (address, hardware) = (entry.address?, entry.hardware?);
                return Some(Station { address, hardware, span });
            }
            _ => {}
        }
        None
    }
}

/// `arp vrf 20 10.1.1.5 interface vlan 214 0012.e2aa.0001`, `ip lan1 arp static 10.1.1.5 00:a0:de:00:00:01` and the like.
fn command(line: &str, span: Span) -> Option<Station> {
    let words = || line.split_ascii_whitespace();
    if !words().take(4).any(|word| word == "arp") || words().next() == Some("no") {
        return None;
    }
    let address = words().find_map(|word| word.parse::<IpAddr>().ok())?;
    let hardware = words().find_map(hardware)?;
    Some(Station { address, hardware, span })
}

/// `0012.e2aa.0001`, `00:12:e2:aa:00:01` and `00-12-…` as twelve digits.
fn hardware(word: &str) -> Option<String> {
    let digits: String = word.chars().filter(char::is_ascii_hexdigit).collect();
    let rest: Vec<char> = word.chars().filter(|c| !c.is_ascii_hexdigit()).collect();
    let grouped = matches!(rest.as_slice(), ['.', '.'] | [':' | '-', _, _, _, _]);
    (digits.len() == 12 && grouped).then(|| digits.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn found(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        let id = sources.add("x.cfg", text.as_bytes()).unwrap();
        let stations = read(&[Input { id, file: sources.file(id) }]);
        stations
            .iter()
            .map(|s| format!("{} {} {}", s.address, s.hardware, sources.line(s.span)))
            .collect()
    }

    #[test]
    fn commands_of_many_vendors() {
        let text = "\
hostname x
arp vrf 20 10.20.61.20 interface vlan 214 001b.a910.2061
arp 10.1.1.5 0011.2233.4455 arpa
arp inside 10.1.1.6 0011.2233.4456
 ip lan1 arp static 10.1.1.7 00:a0:de:00:00:01
arp timeout 14400
no arp 10.1.1.8 0011.2233.4457 arpa
description arp 10.1.1.9
";
        assert_eq!(
            found(text),
            [
                "10.20.61.20 001ba9102061 2",
                "10.1.1.5 001122334455 3",
                "10.1.1.6 001122334456 4",
                "10.1.1.7 00a0de000001 5",
            ]
        );
    }

    #[test]
    fn tables_in_blocks() {
        let text = "\
config system arp-table
    edit 1
        set interface \"in\"
        set ip 10.30.1.240
        set mac 00:1b:a9:10:20:61
    next
    edit 2
        set ip 10.30.1.241
    next
end
config system interface
    edit \"a\"
        set ip 10.0.0.1 255.255.255.0
        set mac 00:1b:a9:10:20:62
    next
end
";
        assert_eq!(found(text), ["10.30.1.240 001ba9102061 2"]);
    }
}
