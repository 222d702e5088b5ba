//! Options and matches by name. One row a word.

use super::rule::{Side, Test};
use crate::text;
use crate::text::Text;

/// What an option means.
#[derive(Clone, Copy)]
pub(super) enum Meaning {
    /// A condition with one value.
    Test(fn(String) -> Test),
    /// A condition with two values.
    Two(fn(String, String) -> Test),
    /// A condition without a value.
    Alone(fn() -> Test),
    /// The comment.
    Comment,
    /// So many values follow, and nothing depends on them.
    Ignored(usize),
    /// `-m`.
    Match,
    /// `-j` or `-g`.
    Target { goto: bool },
    /// `SET --add-set NAME FLAGS`: changes a set at run time.
    Change,
    /// A new address or port of a translation.
    To,
    /// `CT --notrack`.
    Untrack,
}

/// The meaning of an option; `None` when it has none here.
pub(super) fn meaning(option: &str) -> Option<Meaning> {
    use Meaning::{Alone, Change, Comment, Ignored, Match, Target, Test as One, To, Two, Untrack};
    Some(match option {
        "-s" | "--source" | "--src" => One(|v| Test::Address(Side::Source, v)),
        "-d" | "--destination" | "--dst" => One(|v| Test::Address(Side::Destination, v)),
        "-i" | "--in-interface" => One(Test::Ingress),
        "-o" | "--out-interface" => One(Test::Egress),
        "-p" | "--proto" | "--protocol" => One(Test::Protocol),
        "--sport" | "--source-port" | "--sports" | "--source-ports" => {
            One(|v| Test::Ports(Side::Source, v))
        }
        "--dport" | "--destination-port" | "--dports" | "--destination-ports" => {
            One(|v| Test::Ports(Side::Destination, v))
        }
        "--ports" | "--port" => One(|v| Test::Ports(Side::Either, v)),
        "--tcp-flags" => Two(Test::Flags),
        "--syn" => Alone(|| Test::Flags("FIN,SYN,RST,ACK".to_owned(), "SYN".to_owned())),
        "--icmp-type" | "--icmpv6-type" => One(Test::Icmp),
        "--src-range" => One(|v| Test::Range(Side::Source, v)),
        "--dst-range" => One(|v| Test::Range(Side::Destination, v)),
        "--state" | "--ctstate" => One(Test::States),
        "--src-type" => One(|v| Test::AddressType(Side::Source, v)),
        "--dst-type" => One(|v| Test::AddressType(Side::Destination, v)),
        "--match-set" | "--set-name" => Two(Test::Set),
        "-f" | "--fragment" => Alone(|| Test::Fragment),
        "--comment" => Comment,
        "-c" | "--set-counters" => Ignored(2),
        "--update-counters" | "--update-subcounters" => Ignored(0),
        "-m" | "--match" => Match,
        "-j" | "--jump" => Target { goto: false },
        "-g" | "--goto" => Target { goto: true },
        "--to-destination" | "--to-source" | "--to-ports" | "--to-port" | "--to" => To,
        "--notrack" => Untrack,
        "--add-set" | "--del-set" | "--map-set" => Change,
        _ => return None,
    })
}

/// Matches of which every option stands in [`meaning`], or is itself in doubt.
pub(super) const EXACT: &[&str] = &[
    "tcp",
    "udp",
    "udplite",
    "sctp",
    "dccp",
    "icmp",
    "icmp6",
    "icmpv6",
    "multiport",
    "iprange",
    "conntrack",
    "state",
    "addrtype",
    "set",
    "comment",
    "standard",
];

/// Matches that are known and decided at run time, or by something that is not followed.
pub(super) const RUN_TIME: &[&str] = &[
    "account",
    "ah",
    "bpf",
    "cgroup",
    "cluster",
    "condition",
    "connbytes",
    "connlabel",
    "connlimit",
    "connmark",
    "cpu",
    "devgroup",
    "dscp",
    "dst",
    "ecn",
    "esp",
    "eui64",
    "frag",
    "fuzzy",
    "geoip",
    "hashlimit",
    "hbh",
    "helper",
    "hl",
    "iface",
    "ipcomp",
    "ipp2p",
    "ipv4options",
    "ipv6header",
    "ipvs",
    "l2tp",
    "layer7",
    "length",
    "length2",
    "limit",
    "mac",
    "mark",
    "mh",
    "ndpi",
    "nfacct",
    "nth",
    "osf",
    "owner",
    "physdev",
    "pkttype",
    "policy",
    "psd",
    "quota",
    "quota2",
    "random",
    "rateest",
    "realm",
    "rpfilter",
    "rt",
    "sctp-chunks",
    "socket",
    "srh",
    "statistic",
    "string",
    "tcpmss",
    "time",
    "tos",
    "ttl",
    "u32",
];

/// Options of `recent`.
pub(super) const RECENT: &[&str] = &[
    "--set",
    "--name",
    "--rsource",
    "--rdest",
    "--mask",
    "--rcheck",
    "--update",
    "--remove",
    "--seconds",
    "--hitcount",
    "--rttl",
    "--reap",
];

/// Options with which `recent` notes the address and always matches.
pub(super) const RECENT_NOTES: &[&str] = &["--set", "--name", "--rsource", "--rdest", "--mask"];

pub(super) fn at_run_time(name: &str) -> Text {
    text!(
        "条件「-m {name}」は通信の時点で決まるため、一致するともしないとも読みます。",
        "`-m {name}` is decided at run time: the rule may match or not"
    )
}

pub(super) fn unknown_match(name: &str) -> Text {
    text!(
        "条件「-m {name}」は未知のため、一致するともしないとも読みます。",
        "`-m {name}` is not known: the rule may match or not"
    )
}

pub(super) fn unknown_option(name: &str) -> Text {
    text!(
        "「{name}」は未知のため、一致するともしないとも読みます。",
        "`{name}` is not known: the rule may match or not"
    )
}

pub(super) fn stray(word: &str) -> Text {
    text!(
        "「{word}」を解釈できないため、一致するともしないとも読みます。",
        "`{word}` is not understood: the rule may match or not"
    )
}

pub(super) fn garbles(name: &str) -> Text {
    text!(
        "「{name}」の変換または複製は追わないため、宛先も送信元も不確実とします。",
        "what `{name}` translates or copies is not followed: both addresses are uncertain"
    )
}

pub(super) fn outside(name: &str) -> Text {
    text!(
        "「{name}」の先の処理は設定に現れないため、通るとも止まるとも読みます。",
        "what happens after `{name}` is not in the rules: the packet may pass or not"
    )
}

/// The number of a protocol as iptables prints it; names of `/etc/protocols`, which differ from IANA's short names.
pub(super) fn protocol(word: &str) -> Option<u8> {
    const NAMES: &[(&str, u8)] = &[
        ("icmp", 1),
        ("igmp", 2),
        ("ggp", 3),
        ("ipencap", 4),
        ("ipv4", 4),
        ("st", 5),
        ("tcp", 6),
        ("egp", 8),
        ("igp", 9),
        ("pup", 12),
        ("udp", 17),
        ("hmp", 20),
        ("xns-idp", 22),
        ("rdp", 27),
        ("iso-tp4", 29),
        ("dccp", 33),
        ("xtp", 36),
        ("ddp", 37),
        ("idpr-cmtp", 38),
        ("ipv6", 41),
        ("ipv6-route", 43),
        ("ipv6-frag", 44),
        ("idrp", 45),
        ("rsvp", 46),
        ("gre", 47),
        ("esp", 50),
        ("ipsec-esp", 50),
        ("ah", 51),
        ("ipsec-ah", 51),
        ("skip", 57),
        ("ipv6-icmp", 58),
        ("icmpv6", 58),
        ("icmp6", 58),
        ("ipv6-nonxt", 59),
        ("ipv6-opts", 60),
        ("rspf", 73),
        ("vmtp", 81),
        ("eigrp", 88),
        ("ospf", 89),
        ("ospfigp", 89),
        ("ax.25", 93),
        ("ipip", 94),
        ("etherip", 97),
        ("encap", 98),
        ("pim", 103),
        ("ipcomp", 108),
        ("vrrp", 112),
        ("l2tp", 115),
        ("isis", 124),
        ("sctp", 132),
        ("fc", 133),
        ("mobility-header", 135),
        ("mh", 135),
        ("ipv6-mh", 135),
        ("udplite", 136),
        ("mpls-in-ip", 137),
        ("hip", 139),
        ("shim6", 140),
        ("wesp", 141),
        ("rohc", 142),
    ];
    let named = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    named.map(|(_, number)| *number).or_else(|| word.parse().ok())
}

/// The number of a port by its name in `/etc/services`, or in digits.
pub(super) fn port(word: &str) -> Option<u16> {
    const NAMES: &[(&str, u16)] = &[
        ("bgp", 179),
        ("bootps", 67),
        ("bootpc", 68),
        ("dhcpv6-client", 546),
        ("dhcpv6-server", 547),
        ("domain", 53),
        ("epmap", 135),
        ("ftp", 21),
        ("ftp-data", 20),
        ("http", 80),
        ("http-alt", 8080),
        ("https", 443),
        ("imap2", 143),
        ("imaps", 993),
        ("ipp", 631),
        ("isakmp", 500),
        ("kerberos", 88),
        ("ldap", 389),
        ("ldaps", 636),
        ("microsoft-ds", 445),
        ("ms-sql-s", 1433),
        ("mysql", 3306),
        ("netbios-dgm", 138),
        ("netbios-ns", 137),
        ("netbios-ssn", 139),
        ("nfs", 2049),
        ("ntp", 123),
        ("openvpn", 1194),
        ("pop3", 110),
        ("pop3s", 995),
        ("postgresql", 5432),
        ("radius", 1812),
        ("radius-acct", 1813),
        ("rsync", 873),
        ("smtp", 25),
        ("smtps", 465),
        ("snmp", 161),
        ("snmp-trap", 162),
        ("ssh", 22),
        ("submission", 587),
        ("sunrpc", 111),
        ("syslog", 514),
        ("telnet", 23),
        ("tftp", 69),
        ("time", 37),
        ("webcache", 8080),
        ("whois", 43),
        ("www", 80),
        ("zabbix-agent", 10050),
    ];
    let named = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    named.map(|(_, number)| *number).or_else(|| word.parse().ok())
}

/// A range of ICMP types or codes; `None` is any.
type Kinds = Option<(u8, u8)>;

/// Types and codes of an ICMP name.
pub(super) fn icmp(word: &str, v6: bool) -> Option<(Kinds, Kinds)> {
    if let Some((types, codes)) = word.split_once('/') {
        let one = |text: &str| text.parse::<u8>().ok().map(|n| (n, n));
        return Some((Some(one(types)?), Some(one(codes)?)));
    }
    if word == "any" || word == "255" && !v6 {
        return Some((None, None));
    }
    if let Ok(number) = word.parse::<u8>() {
        return Some((Some((number, number)), None));
    }
    let table = if v6 { ICMP6 } else { ICMP4 };
    let (_, kind, code) = table.iter().find(|(name, ..)| name.eq_ignore_ascii_case(word))?;
    Some((Some((*kind, *kind)), code.map(|code| (code, code))))
}

/// Name, type, code.
const ICMP4: &[(&str, u8, Option<u8>)] = &[
    ("echo-reply", 0, None),
    ("pong", 0, None),
    ("destination-unreachable", 3, None),
    ("network-unreachable", 3, Some(0)),
    ("host-unreachable", 3, Some(1)),
    ("protocol-unreachable", 3, Some(2)),
    ("port-unreachable", 3, Some(3)),
    ("fragmentation-needed", 3, Some(4)),
    ("source-route-failed", 3, Some(5)),
    ("network-unknown", 3, Some(6)),
    ("host-unknown", 3, Some(7)),
    ("network-prohibited", 3, Some(9)),
    ("host-prohibited", 3, Some(10)),
    ("tos-network-unreachable", 3, Some(11)),
    ("tos-host-unreachable", 3, Some(12)),
    ("communication-prohibited", 3, Some(13)),
    ("host-precedence-violation", 3, Some(14)),
    ("precedence-cutoff", 3, Some(15)),
    ("source-quench", 4, None),
    ("redirect", 5, None),
    ("network-redirect", 5, Some(0)),
    ("host-redirect", 5, Some(1)),
    ("tos-network-redirect", 5, Some(2)),
    ("tos-host-redirect", 5, Some(3)),
    ("echo-request", 8, None),
    ("ping", 8, None),
    ("router-advertisement", 9, None),
    ("router-solicitation", 10, None),
    ("time-exceeded", 11, None),
    ("ttl-exceeded", 11, None),
    ("ttl-zero-during-transit", 11, Some(0)),
    ("ttl-zero-during-reassembly", 11, Some(1)),
    ("parameter-problem", 12, None),
    ("ip-header-bad", 12, Some(0)),
    ("required-option-missing", 12, Some(1)),
    ("timestamp-request", 13, None),
    ("timestamp-reply", 14, None),
    ("address-mask-request", 17, None),
    ("address-mask-reply", 18, None),
];

const ICMP6: &[(&str, u8, Option<u8>)] = &[
    ("destination-unreachable", 1, None),
    ("no-route", 1, Some(0)),
    ("communication-prohibited", 1, Some(1)),
    ("beyond-scope", 1, Some(2)),
    ("address-unreachable", 1, Some(3)),
    ("port-unreachable", 1, Some(4)),
    ("failed-policy", 1, Some(5)),
    ("reject-route", 1, Some(6)),
    ("packet-too-big", 2, None),
    ("time-exceeded", 3, None),
    ("ttl-exceeded", 3, None),
    ("ttl-zero-during-transit", 3, Some(0)),
    ("ttl-zero-during-reassembly", 3, Some(1)),
    ("parameter-problem", 4, None),
    ("bad-header", 4, Some(0)),
    ("unknown-header-type", 4, Some(1)),
    ("unknown-option", 4, Some(2)),
    ("echo-request", 128, None),
    ("ping", 128, None),
    ("echo-reply", 129, None),
    ("pong", 129, None),
    ("mld-listener-query", 130, None),
    ("mld-listener-report", 131, None),
    ("mld-listener-done", 132, None),
    ("mld-listener-reduction", 132, None),
    ("router-solicitation", 133, None),
    ("router-advertisement", 134, None),
    ("neighbour-solicitation", 135, None),
    ("neighbor-solicitation", 135, None),
    ("neighbour-advertisement", 136, None),
    ("neighbor-advertisement", 136, None),
    ("redirect", 137, None),
];
