//! The table of commands: what each is about.

use crate::formats::commands::{Commands, rows};
use std::sync::OnceLock;

/// What a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Known not to matter for forwarding or filtering.
    Inert,
    /// `ip filter N`, `ipv6 filter N`.
    Filter,
    /// `ip filter dynamic N`.
    Dynamic,
    /// `ip filter set NAME`.
    Set,
    /// `ip lan1 …`, `ipv6 pp …`.
    Interface,
    /// `ip route`, `ipv6 route`.
    Route,
    /// `ip routing`, `ipv6 routing`.
    Routing,
    /// `rip use`, `ospf use`, `bgp use` and their IPv6 kin.
    Protocol,
    /// `nat descriptor type N`.
    NatType,
    /// Other lines of a NAT descriptor that say what is translated.
    Nat,
    /// `pp select`, `tunnel select`.
    Select,
    /// `pp enable`, `tunnel disable`.
    Enable,
    /// Other lines of a selected peer or tunnel that matter.
    Peer,
    /// `bridge member`.
    Bridge,
    /// `vlan lan1/1 802.1q vid=10`.
    Vlan,
    /// `lan shutdown`.
    Shutdown,
    /// `lan backup`, `pp backup`, `tunnel backup`.
    Backup,
    /// A switch of something that decides on packets and is not read.
    Engine,
    /// Layer-2 filters on an interface.
    Ethernet,
    /// Routes that depend on filters of their own.
    Forward,
    /// Commands that run at set times.
    Schedule,
    /// Preference of connected routes.
    Implicit,
    /// Services of the router itself.
    Service,
    /// `ipv6 prefix N`.
    Prefix,
    /// `pp auth username`.
    User,
    /// `radius auth`.
    Radius,
    /// `ipsec ike mode-cfg`.
    ModeCfg,
    /// `upnp external address refer`.
    Upnp,
}

/// Commands that matter, by their first words; the longest row that fits decides.
const TABLE: &[(&str, Kind)] = &[
    ("ip filter", Kind::Filter),
    ("ipv6 filter", Kind::Filter),
    ("ip filter dynamic", Kind::Dynamic),
    ("ipv6 filter dynamic", Kind::Dynamic),
    ("ip filter set", Kind::Set),
    ("ipv6 filter set", Kind::Set),
    ("ip route", Kind::Route),
    ("ipv6 route", Kind::Route),
    ("ip routing", Kind::Routing),
    ("ipv6 routing", Kind::Routing),
    ("rip use", Kind::Protocol),
    ("ospf use", Kind::Protocol),
    ("bgp use", Kind::Protocol),
    ("ipv6 rip use", Kind::Protocol),
    ("ipv6 ospf use", Kind::Protocol),
    ("nat descriptor type", Kind::NatType),
    ("nat descriptor address outer", Kind::Nat),
    ("nat descriptor address inner", Kind::Nat),
    ("nat descriptor static", Kind::Nat),
    ("nat descriptor masquerade static", Kind::Nat),
    ("nat descriptor masquerade incoming", Kind::Nat),
    ("pp select", Kind::Select),
    ("tunnel select", Kind::Select),
    ("pp enable", Kind::Enable),
    ("pp disable", Kind::Enable),
    ("tunnel enable", Kind::Enable),
    ("tunnel disable", Kind::Enable),
    ("ppp ipcp ipaddress", Kind::Peer),
    ("tunnel encapsulation", Kind::Peer),
    ("tunnel template", Kind::Peer),
    ("bridge member", Kind::Bridge),
    ("vlan", Kind::Vlan),
    ("lan shutdown", Kind::Shutdown),
    ("lan backup", Kind::Backup),
    ("pp backup", Kind::Backup),
    ("tunnel backup", Kind::Backup),
    ("ip policy filter set enable", Kind::Engine),
    ("ipv6 policy filter set enable", Kind::Engine),
    ("ethernet", Kind::Ethernet),
    ("ip forward filter", Kind::Forward),
    ("ip local forward filter", Kind::Forward),
    ("schedule at", Kind::Schedule),
    ("ip implicit-route preference", Kind::Implicit),
    ("telnetd service", Kind::Service),
    ("telnetd host", Kind::Service),
    ("telnetd listen", Kind::Service),
    ("sshd service", Kind::Service),
    ("sshd host", Kind::Service),
    ("sshd listen", Kind::Service),
    ("sftpd host", Kind::Service),
    ("httpd service", Kind::Service),
    ("httpd host", Kind::Service),
    ("httpd listen", Kind::Service),
    ("tftp host", Kind::Service),
    ("snmp host", Kind::Service),
    ("snmpv2c host", Kind::Service),
    ("snmpv3 host", Kind::Service),
    ("dns service", Kind::Service),
    ("dns host", Kind::Service),
    ("sntpd service", Kind::Service),
    ("sntpd host", Kind::Service),
    ("dhcp service", Kind::Service),
    ("upnp use", Kind::Service),
    ("upnp external", Kind::Upnp),
    ("sip use", Kind::Service),
    ("ip simple-service", Kind::Service),
    ("ipsec", Kind::Service),
    ("ipsec ike mode-cfg", Kind::ModeCfg),
    ("ipv6 prefix", Kind::Prefix),
    ("pp auth username", Kind::User),
    ("radius auth", Kind::Radius),
    ("l2tp service", Kind::Service),
    ("pptp service", Kind::Service),
    ("heartbeat receive", Kind::Service),
    ("heartbeat2 receive", Kind::Service),
    ("cooperation", Kind::Service),
];

fn table() -> &'static Commands<Kind> {
    static ROWS: OnceLock<Commands<Kind>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let inert = rows(super::inert::TOP).map(|words| (words, Kind::Inert));
        Commands::new(TABLE.iter().copied().chain(inert))
    })
}

/// What the command with these words is about; `None` when no command begins so. A `no` in front is looked through.
pub(super) fn kind<'a>(word: impl Fn(usize) -> &'a str) -> Option<Kind> {
    let base = usize::from(word(0) == "no");
    if matches!(word(base), "ip" | "ipv6") && is_interface(word(base + 1)) {
        return Some(Kind::Interface);
    }
    let kind = table().longest(|index| word(base + index))?;
    // `ip filter` defines a filter only when a number follows; a continuation may begin with these words by chance.
    let at = base + if kind == Kind::Dynamic { 3 } else { 2 };
    let numbered = word(at).starts_with(|c: char| c.is_ascii_digit());
    match kind {
        Kind::Filter | Kind::Dynamic if !numbered => None,
        Kind::Inert if is_mnemonic(word(base), word(base + 1)) => None,
        _ => Some(kind),
    }
}

/// Whether commands begin with this word.
pub(super) fn is_first_word(word: &str) -> bool {
    word == "no" || matches!(word, "ip" | "ipv6") || table().begins(word)
}

/// Whether a line that begins like a command is the rest of a filter that the console wrapped: `syslog` and `ntp` are ports too.
fn is_mnemonic(first: &str, next: &str) -> bool {
    let both = ["syslog", "ntp", "ping", "ping6", "time", "ssh", "sip", "radius", "http"];
    let rest = next.is_empty()
        || next.contains('=')
        || next.starts_with(['*', ','])
        || next.starts_with(|c: char| c.is_ascii_digit());
    both.contains(&first) && rest && !next.contains('.')
}

/// Whether `word` names an interface in `ip INTERFACE …`: `lan1`, `lan1.2`, `lan1/1`, `vlan3`, `pp`, `tunnel`, `null`…
pub(super) fn is_interface(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let number = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
    let parts = |rest: &str| match rest.split_once(['.', '/']) {
        Some((lan, part)) => number(lan) && number(part),
        None => number(rest),
    };
    matches!(word.as_str(), "pp" | "tunnel" | "null")
        || word.strip_prefix("lan").is_some_and(parts)
        || ["wan", "onu", "bridge", "vlan", "loopback"]
            .iter()
            .any(|kind| word.strip_prefix(kind).is_some_and(number))
}
