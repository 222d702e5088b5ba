//! Protocol and port words of static filters, and the applications that dynamic filters know.

use super::wrap::Word;
use crate::formats::builder::Builder;
use crate::model::{ServiceId, TcpFlags};
use crate::net::{Family, PortRange, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN};
use crate::source::Span;
use crate::text;
use crate::text::Text;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP6: u8 = 58;

/// Port mnemonics of static filters: YAMAHA, RTX command reference, `ip filter`, which says that its list is not complete; the
/// NetBIOS names stand in the vendor's sample configurations, `https`, `dhcps` and `dhcpc` in exports.
const PORTS: &[(&str, u16, u16)] = &[
    ("ftp", 20, 21),
    ("ftpdata", 20, 20),
    ("telnet", 23, 23),
    ("smtp", 25, 25),
    ("domain", 53, 53),
    ("dhcps", 67, 67),
    ("dhcpc", 68, 68),
    ("gopher", 70, 70),
    ("finger", 79, 79),
    ("www", 80, 80),
    ("pop3", 110, 110),
    ("sunrpc", 111, 111),
    ("ident", 113, 113),
    ("nntp", 119, 119),
    ("ntp", 123, 123),
    ("netbios_ns", 137, 137),
    ("netbios_dgm", 138, 138),
    ("netbios_ssn", 139, 139),
    ("snmp", 161, 161),
    ("https", 443, 443),
    ("syslog", 514, 514),
    ("printer", 515, 515),
    ("talk", 517, 517),
    ("route", 520, 520),
    ("uucp", 540, 540),
    ("submission", 587, 587),
];

/// Ports of one field.
#[derive(Clone, Debug)]
pub(super) struct PortList {
    ranges: Vec<PortRange>,
    /// Whether an element could not be read.
    unknown: bool,
}

impl PortList {
    /// Every port.
    pub(super) fn all() -> PortList {
        PortList { ranges: vec![PortRange::ALL], unknown: false }
    }

    fn is_all(&self) -> bool {
        self.ranges.contains(&PortRange::ALL)
    }

    /// Reads `*`, `80`, `www,8080`, `137-139`, `-1023`, `netbios_ns-netbios_ssn`.
    pub(super) fn read(text: &str) -> PortList {
        let mut list = PortList { ranges: Vec::new(), unknown: false };
        for element in text.split(',') {
            match ports(element) {
                Some(range) => list.ranges.push(range),
                None => list.unknown = true,
            }
        }
        list
    }

    /// The ranges, when every element was read.
    pub(super) fn known(&self) -> Option<&[PortRange]> {
        (!self.unknown).then_some(&self.ranges)
    }
}

fn ports(element: &str) -> Option<PortRange> {
    let named = |word: &str| {
        let row = PORTS.iter().find(|(name, ..)| *name == word);
        row.map(|(_, first, last)| (*first, *last))
            .or_else(|| word.parse().ok().map(|port: u16| (port, port)))
    };
    if element == "*" {
        return Some(PortRange::ALL);
    }
    if let Some((first, last)) = named(element) {
        return PortRange::new(first, last);
    }
    match element.split_once('-')? {
        ("", last) => PortRange::new(0, named(last)?.1),
        (first, "") => PortRange::new(named(first)?.0, u16::MAX),
        (first, last) => PortRange::new(named(first)?.0, named(last)?.1),
    }
}

/// A service of a filter, and whether part of it is unknown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service {
    pub(super) id: ServiceId,
    pub(super) certain: bool,
}

/// The protocol field with its port fields.
struct Field<'a, 'b> {
    builder: &'a mut Builder,
    family: Family,
    span: Span,
    source: &'b PortList,
    destination: &'b PortList,
    /// Whether the protocol stands alone, so that the ports may be ICMP type and code.
    alone: bool,
    certain: bool,
}

/// Reads protocol, source ports and destination ports (each `*` when omitted).
pub(super) fn read(
    builder: &mut Builder,
    family: Family,
    words: &[Word<'_>],
    span: Span,
) -> Service {
    let list = |at: usize| words.get(at).map_or(PortList::all(), |word| PortList::read(&word.text));
    let (source, destination) = (list(1), list(2));
    let Some(protocol) = words.first() else {
        return Service { id: builder.any_service(span), certain: true };
    };
    let alone = !protocol.text.contains(',');
    let mut field = Field {
        builder,
        family,
        span: protocol.span,
        source: &source,
        destination: &destination,
        alone,
        certain: true,
    };
    let mut members: Vec<ServiceId> =
        protocol.text.split(',').take(256).map(|element| field.element(element)).collect();
    let certain = field.certain && protocol.text.split(',').count() <= 256;
    members.sort_unstable();
    members.dedup();
    Service { id: builder.services(members, span), certain }
}

impl Field<'_, '_> {
    fn element(&mut self, element: &str) -> ServiceId {
        let flags = |flag: u8| TcpFlags { mask: flag, value: flag };
        match element {
            "*" => self.everything(),
            "tcp" => self.ported(TCP, TcpFlags::ANY),
            "udp" => self.ported(UDP, TcpFlags::ANY),
            "established" => self.ported(TCP, flags(TCP_ACK)),
            "tcpsyn" => self.ported(TCP, flags(TCP_SYN)),
            "tcpfin" => self.ported(TCP, flags(TCP_FIN)),
            "tcprst" => self.ported(TCP, flags(TCP_RST)),
            "icmp" => self.icmp(ICMP),
            "icmp6" => self.icmp(ICMP6),
            "icmp-error" => self.kinds(&[(3, 5), (11, 12), (31, 32)]),
            "icmp-info" => self.kinds(&[(0, 0), (8, 10), (13, 18), (30, 30), (33, 36)]),
            "icmp-nd" => self.builder.icmp(ICMP6, Some((133, 136)), None, self.span),
            _ => match element.strip_prefix("tcpflag") {
                Some(rest) => self.flags(rest, element),
                None => self.other(element),
            },
        }
    }

    /// Protocol `*`: ports are compared with TCP and UDP only, everything else matches.
    fn everything(&mut self) -> ServiceId {
        if self.source.is_all() && self.destination.is_all() {
            return self.builder.any_service(self.span);
        }
        let tcp = self.builder.protocol(TCP, self.span);
        let udp = self.builder.protocol(UDP, self.span);
        let both = self.builder.services(vec![tcp, udp], self.span);
        let any = self.builder.any_service(self.span);
        let others = self.builder.service_except(any, both, self.span);
        let members =
            vec![others, self.ported(TCP, TcpFlags::ANY), self.ported(UDP, TcpFlags::ANY)];
        self.builder.services(members, self.span)
    }

    fn ported(&mut self, protocol: u8, flags: TcpFlags) -> ServiceId {
        let mut members = Vec::new();
        for source in &self.source.ranges {
            for destination in &self.destination.ranges {
                let id = self.builder.ports(protocol, *source, *destination, flags, self.span);
                members.push(id);
            }
        }
        let open = |list: &PortList| list.unknown && !list.is_all();
        if open(self.source) || open(self.destination) {
            self.certain = false;
            let all =
                self.builder.ports(protocol, PortRange::ALL, PortRange::ALL, flags, self.span);
            let reason = text!(
                "ポートの指定を読み取れません。",
                "the ports of this filter could not be read"
            );
            members.push(self.narrowed(all, reason));
        }
        self.builder.services(members, self.span)
    }

    /// Perhaps all of `of`, perhaps nothing.
    fn narrowed(&mut self, of: ServiceId, reason: Text) -> ServiceId {
        let unknown = self.builder.unknown_service(reason, self.span);
        self.builder.service_both(of, unknown, self.span)
    }

    /// ICMP alone: the port fields are type and code. Beside other protocols they are not compared.
    fn icmp(&mut self, protocol: u8) -> ServiceId {
        if !self.alone || self.source.is_all() && self.destination.is_all() {
            return self.builder.protocol(protocol, self.span);
        }
        let small = |list: &PortList| -> Option<Vec<Option<(u8, u8)>>> {
            if list.is_all() {
                return Some(vec![None]);
            }
            let one = |range: &PortRange| {
                let last = u8::try_from(range.last()).unwrap_or(u8::MAX);
                u8::try_from(range.first()).ok().map(|first| Some((first, last)))
            };
            list.known()?.iter().map(one).collect()
        };
        let (Some(types), Some(codes)) = (small(self.source), small(self.destination)) else {
            return self.doubtful(protocol);
        };
        let mut members = Vec::new();
        for kind in &types {
            for code in &codes {
                members.push(self.builder.icmp(protocol, *kind, *code, self.span));
            }
        }
        self.builder.services(members, self.span)
    }

    fn doubtful(&mut self, protocol: u8) -> ServiceId {
        self.certain = false;
        let all = self.builder.protocol(protocol, self.span);
        let reason = text!(
            "このプロトコルにポートやタイプの指定がどう効くかは定まりません。",
            "how the port fields apply to this protocol is not known"
        );
        self.narrowed(all, reason)
    }

    /// `icmp-error`, `icmp-info`: the types that the reference lists; which they are for IPv6 it does not say.
    fn kinds(&mut self, types: &[(u8, u8)]) -> ServiceId {
        if self.family == Family::V6 {
            return self.doubtful(ICMP6);
        }
        let members = types
            .iter()
            .map(|kind| self.builder.icmp(ICMP, Some(*kind), None, self.span))
            .collect();
        self.builder.services(members, self.span)
    }

    /// `tcpflag=0x02/0x12`, `tcpflag!=0x10/0x10`: flags AND mask equals the value, or does not.
    fn flags(&mut self, rest: &str, element: &str) -> ServiceId {
        let (differs, rest) = match rest.strip_prefix("!=") {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix('=').unwrap_or("")),
        };
        let hex = |text: &str| u16::from_str_radix(text.strip_prefix("0x")?, 16).ok();
        let pair = rest.split_once('/').and_then(|(value, mask)| Some((hex(value)?, hex(mask)?)));
        let Some((value, mask)) = pair else { return self.other(element) };
        let (Ok(value), Ok(mask)) = (u8::try_from(value), u8::try_from(mask)) else {
            return self.doubtful(TCP); // bits above the eight flags
        };
        if value & !mask != 0 {
            // Never equal.
            let none = self.builder.services(Vec::new(), self.span);
            return if differs { self.ported(TCP, TcpFlags::ANY) } else { none };
        }
        if !differs {
            return self.ported(TCP, TcpFlags { mask, value });
        }
        let all = self.ported(TCP, TcpFlags::ANY);
        let ports = PortRange::ALL;
        let equal = self.builder.ports(TCP, ports, ports, TcpFlags { mask, value }, self.span);
        self.builder.service_except(all, equal, self.span)
    }

    /// A protocol by number or by one of the other names.
    fn other(&mut self, element: &str) -> ServiceId {
        let names = [("ipv6", 41), ("gre", 47), ("esp", 50), ("ah", 51)];
        let named = names.iter().find(|(name, _)| *name == element).map(|(_, number)| *number);
        let Some(number) = named.or_else(|| element.parse::<u8>().ok()) else {
            self.certain = false;
            let reason = text!(
                "プロトコル「{element}」を読み取れません。",
                "the protocol {element} is not known"
            );
            return self.builder.unknown_service(reason, self.span);
        };
        let plain = self.source.is_all() && self.destination.is_all();
        match number {
            TCP | UDP => self.ported(number, TcpFlags::ANY),
            _ if plain || !self.alone => self.builder.protocol(number, self.span),
            _ => self.doubtful(number),
        }
    }
}

/// What a dynamic filter watches.
#[derive(Clone, Copy, Debug)]
pub(super) enum Application {
    /// Ports of TCP and UDP, or ICMP.
    Ports(&'static [(u8, u16, u16)]),
    /// Accepted by the command, but does nothing.
    Idle,
}

/// Applications by name: YAMAHA, RTX command reference, `ip filter dynamic`.
const APPLICATIONS: &[(&str, Application)] = {
    use Application::{Idle, Ports};
    &[
        ("tcp", Ports(&[(TCP, 0, 65535)])),
        ("udp", Ports(&[(UDP, 0, 65535)])),
        ("ping", Ports(&[(ICMP, 0, 0)])),
        ("ping6", Ports(&[(ICMP6, 0, 0)])),
        ("ftp", Ports(&[(TCP, 21, 21)])),
        ("tftp", Ports(&[(UDP, 69, 69)])),
        ("domain", Ports(&[(UDP, 53, 53), (TCP, 53, 53)])),
        ("dns", Ports(&[(UDP, 53, 53), (TCP, 53, 53)])),
        ("www", Ports(&[(TCP, 80, 80)])),
        ("http", Ports(&[(TCP, 80, 80)])),
        ("https", Ports(&[(TCP, 443, 443)])),
        ("smtp", Ports(&[(TCP, 25, 25)])),
        ("submission", Ports(&[(TCP, 587, 587)])),
        ("pop3", Ports(&[(TCP, 110, 110)])),
        ("imap", Ports(&[(TCP, 143, 143)])),
        ("imap3", Ports(&[(TCP, 220, 220)])),
        ("telnet", Ports(&[(TCP, 23, 23)])),
        ("ssh", Ports(&[(TCP, 22, 22)])),
        ("netmeeting", Ports(&[(TCP, 1720, 1720)])),
        ("echo", Ports(&[(TCP, 7, 7), (UDP, 7, 7)])),
        ("discard", Ports(&[(TCP, 9, 9), (UDP, 9, 9)])),
        ("daytime", Ports(&[(TCP, 13, 13), (UDP, 13, 13)])),
        ("chargen", Ports(&[(TCP, 19, 19), (UDP, 19, 19)])),
        ("time", Ports(&[(TCP, 37, 37), (UDP, 37, 37)])),
        ("whois", Ports(&[(TCP, 43, 43)])),
        ("gopher", Ports(&[(TCP, 70, 70)])),
        ("finger", Ports(&[(TCP, 79, 79)])),
        ("sunrpc", Ports(&[(TCP, 111, 111), (UDP, 111, 111)])),
        ("ident", Ports(&[(TCP, 113, 113)])),
        ("nntp", Ports(&[(TCP, 119, 119)])),
        ("ntp", Ports(&[(UDP, 123, 123)])),
        ("ms-rpc", Ports(&[(TCP, 135, 135), (UDP, 135, 135)])),
        ("netbios_ns", Ports(&[(TCP, 137, 137), (UDP, 137, 137)])),
        ("netbios_dgm", Ports(&[(TCP, 138, 138), (UDP, 138, 138)])),
        ("netbios_ssn", Ports(&[(TCP, 139, 139), (UDP, 139, 139)])),
        ("snmp", Ports(&[(UDP, 161, 161)])),
        ("snmptrap", Ports(&[(UDP, 162, 162)])),
        ("bgp", Ports(&[(TCP, 179, 179)])),
        ("ldap", Ports(&[(TCP, 389, 389)])),
        ("ms-ds", Ports(&[(TCP, 445, 445), (UDP, 445, 445)])),
        ("ike", Ports(&[(UDP, 500, 500)])),
        ("rlogin", Ports(&[(TCP, 513, 513)])),
        ("rwho", Ports(&[(UDP, 513, 513)])),
        ("rsh", Ports(&[(TCP, 514, 514)])),
        ("syslog", Ports(&[(UDP, 514, 514)])),
        ("printer", Ports(&[(TCP, 515, 515)])),
        ("rip", Ports(&[(UDP, 520, 520)])),
        ("ripng", Ports(&[(UDP, 521, 521)])),
        ("ms-sql", Ports(&[(TCP, 1433, 1434), (UDP, 1433, 1434)])),
        ("l2tp", Ports(&[(UDP, 1701, 1701)])),
        ("pptp", Ports(&[(TCP, 1723, 1723)])),
        ("radius", Ports(&[(UDP, 1812, 1813)])),
        ("nfs", Ports(&[(TCP, 2049, 2049), (UDP, 2049, 2049)])),
        ("msblast", Ports(&[(TCP, 4444, 4444)])),
        ("ipsec-nat-t", Ports(&[(UDP, 4500, 4500)])),
        ("sip", Ports(&[(TCP, 5060, 5060), (UDP, 5060, 5060)])),
        ("dhcpc", Idle),
        ("dhcps", Idle),
        ("dhcpv6c", Idle),
        ("dhcpv6s", Idle),
    ]
};

/// The application with this name.
pub(super) fn application(name: &str) -> Option<Application> {
    APPLICATIONS.iter().find(|(known, _)| *known == name).map(|(_, what)| *what)
}

/// Packets of the application's connections; `back`: those of the answers.
pub(super) fn of_application(
    builder: &mut Builder,
    ports: &[(u8, u16, u16)],
    back: bool,
    span: Span,
) -> ServiceId {
    let one = |(protocol, first, last): &(u8, u16, u16)| {
        if matches!(*protocol, ICMP | ICMP6) {
            return builder.protocol(*protocol, span);
        }
        let server = PortRange::new(*first, *last).unwrap_or(PortRange::ALL);
        let (source, destination) =
            if back { (server, PortRange::ALL) } else { (PortRange::ALL, server) };
        builder.ports(*protocol, source, destination, TcpFlags::ANY, span)
    };
    let members = ports.iter().map(one).collect();
    builder.services(members, span)
}
