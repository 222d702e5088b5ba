//! NAPT and NAT of an interface: what its lines say.

use super::interface::{Status, unread};
use crate::formats::lines::{ConfigLine, Word};
use crate::net::{AddressRange, PortRange, Prefix};
use crate::source::Span;
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// The translation lines of an interface.
#[derive(Debug, Default)]
pub(super) struct Nat<'a> {
    pub(super) napt: Option<Span>,
    pub(super) nat: Option<Span>,
    /// `ip napt address`.
    pub(super) address: Option<AddressRange>,
    /// `ip napt inside list`.
    pub(super) inside: Vec<Word<'a>>,
    pub(super) services: Vec<Service>,
    /// `ip napt service NAME`: where the first of the name is in `services`.
    names: FxHashMap<&'a str, usize>,
    /// `ip napt static IF …`: packets for the device itself.
    pub(super) own: Vec<(Ports, Span)>,
    pub(super) hosts: Vec<(AddressRange, AddressRange, Span)>,
    pub(super) dynamics: Vec<(Word<'a>, Word<'a>, Span)>,
    pub(super) hairpin: Option<Span>,
    /// Endpoint-independent mapping: a host inside may be reached by others once it has sent.
    pub(super) shared: Option<Span>,
    /// Lines that could not be read.
    pub(super) doubts: Vec<Span>,
}

/// A host inside that is reached from outside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service {
    pub(super) inner: IpAddr,
    /// What arrives.
    pub(super) outside: Ports,
    /// The port inside, when it differs.
    pub(super) inside: Option<PortRange>,
    /// Whether it is not clear which port is which.
    pub(super) unclear: bool,
    /// Whether another line has the same name, so that one of them may have taken the place of the other.
    pub(super) twice: bool,
    pub(super) span: Span,
}

/// A protocol with its destination ports; no protocol: any.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    pub(super) protocol: Option<u8>,
    pub(super) ports: Option<PortRange>,
}

/// `ip napt service NAME INNER` without ports: names that the device knows.
const NAMED: &[(&str, u8, u16)] = &[
    ("ftp", 6, 21),
    ("ssh", 6, 22),
    ("telnet", 6, 23),
    ("smtp", 6, 25),
    ("http", 6, 80),
    ("www", 6, 80),
    ("pop3", 6, 110),
    ("https", 6, 443),
];

impl<'a> Nat<'a> {
    /// Takes one line.
    pub(super) fn read(&mut self, line: &ConfigLine<'a>, negated: bool) -> Status {
        if negated {
            return match line.words.len() {
                4 if line.word(3) == "enable" => Status::Used,
                _ => self.unread(line),
            };
        }
        match (line.word(1), line.word(2)) {
            ("napt", "enable") => self.napt = Some(line.span),
            ("nat", "enable") => self.nat = Some(line.span),
            ("napt", "hairpinning") => self.hairpin = Some(line.span),
            ("napt", "eim-mode") => self.shared = Some(line.span),
            ("napt", "address") => match line.word(3).parse::<IpAddr>() {
                Ok(address) if line.words.len() == 4 => {
                    self.address = Some(AddressRange::single(address));
                }
                _ => return self.unread(line),
            },
            ("napt", "inside") if line.word(3) == "list" && line.words.len() == 5 => {
                self.inside.extend(line.words.get(4).copied());
            }
            ("napt", "service") => match service(line) {
                Some(service) => self.named(line.word(3), service),
                None => return self.unread(line),
            },
            ("napt", "static") => return self.fixed(line),
            ("nat", "static") if line.words.len() == 5 => {
                let network = |at| Prefix::parse(line.word(at)).map(Prefix::range);
                match (network(3), network(4)) {
                    (Some(inner), Some(outer)) if inner.extent() == outer.extent() => {
                        self.hosts.push((inner, outer, line.span));
                    }
                    _ => return self.unread(line),
                }
            }
            ("nat", "dynamic") if line.word(3) == "list" && line.word(5) == "pool" => {
                match (line.words.get(4), line.words.get(6), line.words.len()) {
                    (Some(list), Some(pool), 7) => self.dynamics.push((*list, *pool, line.span)),
                    _ => return self.unread(line),
                }
            }
            _ => return self.unread(line),
        }
        Status::Used
    }

    fn named(&mut self, name: &'a str, mut service: Service) {
        let first = *self.names.entry(name).or_insert(self.services.len());
        if let Some(first) = self.services.get_mut(first) {
            first.twice = true;
            service.twice = true;
        }
        self.services.push(service);
    }

    /// `ip napt static {IF|INNER} PROTO [PORT[-PORT]]`.
    fn fixed(&mut self, line: &ConfigLine<'a>) -> Status {
        let words: Vec<&str> = line.words.iter().skip(4).map(|word| word.text).collect();
        let Some(outside) = ports(&words) else { return self.unread(line) };
        match line.word(3).parse::<IpAddr>() {
            Ok(inner) => self.services.push(Service {
                inner,
                outside,
                inside: None,
                unclear: false,
                twice: false,
                span: line.span,
            }),
            Err(_) if line.word(3).contains(|c: char| c.is_ascii_digit()) => {
                self.own.push((outside, line.span));
            }
            Err(_) => return self.unread(line),
        }
        Status::Used
    }

    fn unread(&mut self, line: &ConfigLine<'_>) -> Status {
        self.doubts.push(line.span);
        unread()
    }

    /// Whether anything is translated at the interface.
    pub(super) fn active(&self) -> bool {
        self.napt.or(self.nat).is_some()
    }
}

/// `ip napt service NAME INNER [PORT|none PROTO PORT[-PORT]|any]`.
fn service(line: &ConfigLine<'_>) -> Option<Service> {
    let inner: IpAddr = line.word(4).parse().ok()?;
    let span = line.span;
    if line.words.len() == 5 {
        let (_, protocol, port) = NAMED.iter().find(|row| row.0 == line.word(3))?;
        let outside = Ports { protocol: Some(*protocol), ports: Some(PortRange::single(*port)) };
        return Some(Service { inner, outside, inside: None, unclear: false, twice: false, span });
    }
    let words: Vec<&str> = line.words.iter().skip(6).map(|word| word.text).collect();
    let outside = ports(&words)?;
    if line.word(5) == "none" {
        return Some(Service { inner, outside, inside: None, unclear: false, twice: false, span });
    }
    let inside = range(line.word(5))?;
    let same = outside.ports.is_some_and(|ports| size(ports) == size(inside));
    let unclear = outside.ports != Some(inside);
    let inside = unclear.then_some(inside);
    same.then_some(Service { inner, outside, inside, unclear, twice: false, span })
}

fn size(ports: PortRange) -> u16 {
    ports.last().saturating_sub(ports.first())
}

/// `tcp 80`, `udp 500-510`, `icmp any`, `50`.
fn ports(words: &[&str]) -> Option<Ports> {
    let (protocol, rest) = words.split_first()?;
    let protocol = Some(match *protocol {
        "ip" => return rest.is_empty().then_some(Ports { protocol: None, ports: None }),
        word => crate::net::protocol_number(word)?,
    });
    match rest {
        [] | ["any"] => Some(Ports { protocol, ports: None }),
        [one] => Some(Ports { protocol, ports: Some(range(one)?) }),
        _ => None,
    }
}

fn range(word: &str) -> Option<PortRange> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    PortRange::new(first.parse().ok()?, last.parse().ok()?)
}
