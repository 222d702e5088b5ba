//! Which reader takes which top-level command; one table.

use super::state::Reader;
use crate::formats::lines::{Block, ConfigLine};
use crate::text;
use crate::text::Text;

/// The configuration sorted by what reads it, each part in file order.
#[derive(Default)]
pub(super) struct Config<'a> {
    pub(super) interfaces: Vec<&'a Block<'a>>,
    pub(super) objects: Vec<&'a Block<'a>>,
    pub(super) groups: Vec<&'a Block<'a>>,
    pub(super) time_ranges: Vec<&'a Block<'a>>,
    pub(super) access_lists: Vec<&'a ConfigLine<'a>>,
    pub(super) access_groups: Vec<&'a ConfigLine<'a>>,
    pub(super) nat: Vec<&'a ConfigLine<'a>>,
    pub(super) routes: Vec<&'a ConfigLine<'a>>,
    pub(super) routers: Vec<&'a Block<'a>>,
    pub(super) route_maps: Vec<&'a Block<'a>>,
    pub(super) same_security: Vec<&'a ConfigLine<'a>>,
    pub(super) sysopt: Vec<&'a ConfigLine<'a>>,
    pub(super) crypto: Vec<&'a Block<'a>>,
    pub(super) webvpn: Vec<&'a Block<'a>>,
    pub(super) tunnel_groups: Vec<&'a Block<'a>>,
    pub(super) pools: Vec<&'a ConfigLine<'a>>,
    pub(super) addresses: Vec<&'a ConfigLine<'a>>,
    pub(super) aaa_servers: Vec<&'a Block<'a>>,
    pub(super) users: Vec<&'a Block<'a>>,
    pub(super) vpn: Vec<&'a Block<'a>>,
    pub(super) management: Vec<&'a ConfigLine<'a>>,
    pub(super) cut_through: Vec<&'a ConfigLine<'a>>,
}

/// What a top-level command is.
#[derive(Clone, Copy)]
enum Kind {
    /// In the model, through the reader named by the command itself.
    Interface,
    Object,
    Group,
    TimeRange,
    AccessList,
    AccessGroup,
    Nat,
    Route,
    Ipv6,
    Router,
    RouteMap,
    SameSecurity,
    Sysopt,
    Crypto,
    Webvpn,
    TunnelGroup,
    AaaServer,
    Username,
    Vpn,
    Ip,
    Management,
    Aaa,
    /// Takes something away.
    No,
    /// Read before everything else (host name, version, names).
    Used,
    /// Does not matter for forwarding.
    Irrelevant,
    /// Matters and is not modelled.
    Anywhere(fn() -> Text),
}

use Kind::{
    Aaa, AaaServer, AccessGroup, AccessList, Anywhere, Crypto, Group, Interface, Ip, Ipv6,
    Irrelevant, Management, Nat, No, Object, Route, RouteMap, Router, SameSecurity, Sysopt,
    TimeRange, TunnelGroup, Used, Username, Vpn, Webvpn,
};

/// Sorted by word.
#[rustfmt::skip]
const COMMANDS: &[(&str, Kind)] = &[
    ("Cryptochecksum:", Irrelevant), ("aaa", Aaa), ("aaa-server", AaaServer), ("access-group", AccessGroup),
    ("access-list", AccessList), ("admin-context", Anywhere(multi)), ("alias", Anywhere(old_nat)),
    ("allowed-eid", Irrelevant), ("anyconnect-essentials", Irrelevant), ("app-agent", Irrelevant),
    ("arp", Irrelevant), ("arp-inspection", Irrelevant), ("as-path", Irrelevant), ("asdm", Irrelevant),
    ("asp", Irrelevant), ("auth-prompt", Irrelevant), ("auto-update", Irrelevant), ("banner", Irrelevant),
    ("boot", Irrelevant), ("bridge-group", Irrelevant), ("ca", Irrelevant), ("call-home", Irrelevant),
    ("call-home-reporting", Irrelevant), ("capture", Irrelevant), ("changeto", Anywhere(multi)),
    ("class", Irrelevant), ("class-map", Irrelevant), ("clear", No), ("client-update", Irrelevant),
    ("clns", Irrelevant), ("clock", Irrelevant), ("cluster", Irrelevant), ("cmd", Irrelevant),
    ("community-list", Irrelevant), ("compression", Irrelevant), ("conduit", Anywhere(old_filter)),
    ("config", Irrelevant), ("config-register", Irrelevant), ("configure", Irrelevant), ("conn", Irrelevant),
    ("console", Irrelevant), ("context", Anywhere(multi)), ("coredump", Irrelevant), ("crashinfo", Irrelevant),
    ("crypto", Crypto), ("csd", Irrelevant), ("ctl-file", Irrelevant), ("ctl-provider", Irrelevant),
    ("cts", Irrelevant), ("ddns", Irrelevant), ("dhcp", Irrelevant), ("dhcp-client", Irrelevant),
    ("dhcpd", Management), ("dhcprelay", Management), ("disable", Irrelevant), ("dns", Irrelevant),
    ("dns-group", Irrelevant), ("dns-group-map", Irrelevant), ("dns-guard", Irrelevant),
    ("dns-to-domain", Irrelevant), ("domain-name", Irrelevant), ("dtls", Irrelevant),
    ("dynamic-access-policy-config", Irrelevant), ("dynamic-access-policy-record", Irrelevant),
    ("dynamic-filter", Irrelevant), ("dynamic-map", Irrelevant), ("eigrp", Irrelevant), ("email", Irrelevant),
    ("enable", Irrelevant), ("end", Irrelevant), ("environment-monitor", Irrelevant),
    ("established", Anywhere(established)), ("event", Irrelevant), ("exit", Irrelevant), ("failover", Irrelevant),
    ("feature", Irrelevant), ("file", Irrelevant), ("filter", Irrelevant), ("fips", Irrelevant),
    ("firewall", Anywhere(transparent)), ("fixup", Irrelevant), ("flow-export", Irrelevant),
    ("flow-offload", Irrelevant), ("flow-offload-ipsec", Irrelevant), ("fragment", Irrelevant), ("ftp", Irrelevant),
    ("ftp-map", Irrelevant), ("global", Anywhere(old_nat)), ("group-delimiter", Irrelevant),
    ("group-policy", Irrelevant), ("gtp-map", Irrelevant), ("hostname", Used), ("hpm", Irrelevant),
    ("http", Management), ("http-map", Irrelevant), ("hw-module", Irrelevant), ("icmp", Management),
    ("imap4s", Irrelevant), ("interface", Interface), ("ip", Ip), ("ipv6", Ipv6), ("ipv6-vpn-addr-assign", Irrelevant),
    ("isakmp", Irrelevant), ("jumbo-frame", Irrelevant), ("key", Irrelevant), ("key-config-key", Irrelevant),
    ("l2tp", Irrelevant), ("lacp", Irrelevant), ("ldap", Irrelevant), ("license", Irrelevant),
    ("license-server", Irrelevant), ("lisp", Irrelevant), ("logging", Irrelevant), ("logout", Irrelevant),
    ("mac", Irrelevant), ("mac-address", Irrelevant), ("mac-address-table", Irrelevant), ("mac-learn", Irrelevant),
    ("mac-list", Irrelevant), ("management-access", Management), ("map", Irrelevant),
    ("media-termination", Irrelevant), ("mfib", Irrelevant), ("mgcp-map", Irrelevant), ("migrate", Irrelevant),
    ("mode", Anywhere(multi)), ("monitor-interface", Irrelevant), ("more", Irrelevant), ("mount", Irrelevant),
    ("mroute", Irrelevant), ("mtu", Irrelevant), ("multicast-routing", Irrelevant), ("name", Used), ("names", Used),
    ("nat", Nat), ("nat-assigned-to-public-ip", Irrelevant), ("netconf", Irrelevant), ("no", No), ("ntp", Irrelevant),
    ("nve", Irrelevant), ("object", Object), ("object-group", Group), ("object-group-search", Irrelevant),
    ("outbound", Anywhere(old_filter)), ("pager", Irrelevant), ("passwd", Irrelevant), ("password", Irrelevant),
    ("password-encryption", Irrelevant), ("password-history", Irrelevant), ("password-policy", Irrelevant),
    ("phone-proxy", Irrelevant), ("pim", Irrelevant), ("police", Irrelevant), ("policy-list", Irrelevant),
    ("policy-map", Irrelevant), ("pop3s", Irrelevant), ("port-channel", Irrelevant), ("port-forward", Irrelevant),
    ("prefix-list", Irrelevant), ("priority-queue", Irrelevant), ("privilege", Irrelevant), ("process", Irrelevant),
    ("prompt", Irrelevant), ("quit", Irrelevant), ("quota", Irrelevant), ("regex", Irrelevant),
    ("remote-access", Irrelevant), ("rest-api", Irrelevant), ("rip", Irrelevant), ("route", Route),
    ("route-map", RouteMap), ("router", Router), ("same-security-traffic", SameSecurity), ("saml", Irrelevant),
    ("scansafe", Irrelevant), ("sctp-map", Irrelevant), ("security-group", Irrelevant), ("service", Irrelevant),
    ("service-interface", Irrelevant), ("service-module", Irrelevant), ("service-policy", Irrelevant),
    ("setup", Irrelevant), ("sla", Irrelevant), ("smart-tunnel", Irrelevant), ("smtp-server", Irrelevant),
    ("smtps", Irrelevant), ("snmp", Irrelevant), ("snmp-map", Irrelevant), ("snmp-server", Management),
    ("snort", Irrelevant), ("software-version", Irrelevant), ("ssh", Management), ("ssl", Irrelevant),
    ("sso-server", Irrelevant), ("static", Anywhere(old_nat)), ("sunrpc-server", Irrelevant),
    ("sw-module", Irrelevant), ("sysopt", Sysopt), ("table-map", Irrelevant), ("tcp-map", Irrelevant),
    ("telemetry", Irrelevant), ("telnet", Management), ("template", Irrelevant), ("terminal", Irrelevant),
    ("terminate", Irrelevant), ("tftp-server", Irrelevant), ("threat-detection", Irrelevant),
    ("time-range", TimeRange), ("timeout", Irrelevant), ("tls-proxy", Irrelevant), ("traceroute", Irrelevant),
    ("track", Irrelevant), ("trustpoint", Irrelevant), ("tunnel-group", TunnelGroup),
    ("tunnel-group-list", Irrelevant), ("tunnel-group-map", Irrelevant), ("tunnel-group-preference", Irrelevant),
    ("uauth", Irrelevant), ("umbrella-global", Irrelevant), ("url-block", Irrelevant), ("url-cache", Irrelevant),
    ("url-list", Irrelevant), ("url-server", Irrelevant), ("user-alert", Irrelevant), ("user-identity", Irrelevant),
    ("username", Username), ("username-prompt", Irrelevant), ("virtual", Anywhere(virtual_address)),
    ("vpdn", Irrelevant), ("vpn", Vpn), ("vpn-addr-assign", Irrelevant), ("vpn-sessiondb", Irrelevant),
    ("vpn-simultaneous-logins", Irrelevant), ("vpnclient", Anywhere(vpnclient)), ("vpnsetup", Irrelevant),
    ("vxlan", Irrelevant), ("wccp", Irrelevant), ("webvpn", Webvpn), ("write", Irrelevant), ("xlate", Irrelevant),
    ("zone", Irrelevant), ("zonelabs-integrity", Irrelevant),
];

pub(super) fn multi() -> Text {
    text!(
        "マルチコンテキスト（システム実行領域）の設定です。コンテキストごとの設定ファイルを別々に渡してください。この機器のフィルタ結果は不確実として扱います。",
        "this is a multiple-context (system) configuration; give the file of each context instead; the filters of this device are read as uncertain",
    )
}

fn old_nat() -> Text {
    text!(
        "8.2 以前の NAT 構文です。アクセスリストが変換後アドレスを見る版のため、この機器のフィルタ結果は不確実として扱います。",
        "translation syntax of 8.2 or older, where access lists see translated addresses; the filters of this device are read as uncertain",
    )
}

fn old_filter() -> Text {
    text!(
        "PIX 時代のフィルタ構文（conduit / outbound）は対応していません。この機器のフィルタ結果は不確実として扱います。",
        "filters in PIX syntax (conduit, outbound) are not supported; the filters of this device are read as uncertain",
    )
}

fn established() -> Text {
    text!(
        "「established」は開いた接続の逆方向に別の接続を許可します。再現していないため、この機器のフィルタ結果は不確実として扱います。",
        "established lets further connections come back beside an open one; it is not modelled, and the filters of this device are read as uncertain",
    )
}

fn transparent() -> Text {
    text!(
        "透過モード（firewall transparent）には対応していません。この機器のフィルタ結果は不確実として扱います。",
        "transparent mode is not supported; the filters of this device are read as uncertain",
    )
}

fn virtual_address() -> Text {
    text!(
        "認証用の仮想アドレス（virtual）には対応していません。この機器のフィルタ結果は不確実として扱います。",
        "a virtual authentication address is not supported; the filters of this device are read as uncertain",
    )
}

fn vpnclient() -> Text {
    text!(
        "Easy VPN リモート（vpnclient）が開く通信は設定からは分かりません。この機器のフィルタ結果は不確実として扱います。",
        "what an Easy VPN remote (vpnclient) opens is not in the configuration; the filters of this device are read as uncertain",
    )
}

/// Sorts the blocks. Blocks that no reader needs are accounted for here.
pub(super) fn sort<'a>(reader: &mut Reader<'a>, blocks: &'a [Block<'a>]) -> Config<'a> {
    let mut config = Config::default();
    for block in blocks {
        if noise(&block.head) {
            around(reader, block);
        } else {
            place(reader, &mut config, block);
        }
    }
    config
}

/// What stands around a configuration says nothing; but a prompt may be followed by a command that changes what was shown, and
/// what is indented below a comment is no comment.
fn around<'a>(reader: &mut Reader<'a>, block: &'a Block<'a>) {
    let lines = std::iter::once((&block.head, true)).chain(block.body.iter().map(|l| (l, false)));
    for (line, is_noise) in lines {
        let quiet = is_noise || noise(line) || line.word(0).bytes().all(|byte| byte == b'^');
        if quiet && prompt(line.word(0)).is_none_or(|typed| harmless(typed, line)) {
            reader.ledger.irrelevant(line.span);
        } else {
            reader.unknown_line(line);
        }
    }
}

/// Whether what was typed at a prompt leaves the running configuration as it is. Commands may be cut short.
fn harmless(glued: &str, line: &ConfigLine<'_>) -> bool {
    let words = line.words.iter().skip(1).map(|word| word.text);
    let mut typed = std::iter::once(glued).chain(words).filter(|word| !word.is_empty());
    let Some(first) = typed.next() else { return true };
    let is = |word: &str, whole: &str, least: usize| word.len() >= least && whole.starts_with(word);
    let last = typed.next_back().unwrap_or("");
    match first {
        "dir" | "pwd" | "?" => true,
        word if is(word, "copy", 3) => {
            !is(last, "running-config", 1) && !last.starts_with("system:")
        }
        word if is(word, "configure", 4) => is(last, "terminal", 1),
        word => [
            ("show", 2),
            ("terminal", 4),
            ("enable", 2),
            ("disable", 4),
            ("exit", 2),
            ("end", 3),
            ("quit", 1),
            ("logout", 4),
            ("login", 4),
            ("more", 3),
            ("write", 2),
            ("pager", 2),
            ("ping", 2),
            ("traceroute", 5),
            ("packet-tracer", 4),
        ]
        .into_iter()
        .any(|(whole, least)| is(word, whole, least)),
    }
}

fn place<'a>(reader: &mut Reader<'a>, config: &mut Config<'a>, block: &'a Block<'a>) {
    let head = &block.head;
    if head.word(0) == "access-list" && block.body.is_empty() {
        return config.access_lists.push(head);
    }
    let kind = COMMANDS.binary_search_by(|(word, _)| (*word).cmp(head.word(0)));
    let Some((_, kind)) = kind.ok().and_then(|at| COMMANDS.get(at)) else {
        return unknown(reader, block);
    };
    match kind {
        Interface => config.interfaces.push(block),
        Object => config.objects.push(block),
        Group => config.groups.push(block),
        TimeRange => config.time_ranges.push(block),
        Router => config.routers.push(block),
        RouteMap => config.route_maps.push(block),
        Crypto => config.crypto.push(block),
        Webvpn => config.webvpn.push(block),
        TunnelGroup => config.tunnel_groups.push(block),
        AaaServer => config.aaa_servers.push(block),
        Username => config.users.push(block),
        Vpn => config.vpn.push(block),
        No if matters(config, head) => unknown(reader, block),
        No if head.starts(&["no", "sysopt"]) => config.sysopt.push(head),
        No if head.starts(&["no", "vpn-addr-assign"]) => config.addresses.push(head),
        No => reader.whole(block, false),
        Used => reader.whole(block, true),
        Irrelevant => reader.whole(block, false),
        Anywhere(_) if head.starts(&["firewall"]) && head.word(1) != "transparent" => {
            reader.whole(block, false)
        }
        Anywhere(_) if head.starts(&["mode", "single"]) => reader.whole(block, false),
        Anywhere(reason) => {
            reader.whole(block, false);
            reader.anywhere(head.span, reason());
        }
        AccessList | AccessGroup | Nat | Route | Ipv6 | SameSecurity | Sysopt | Ip | Management
        | Aaa => {
            place_line(reader, config, *kind, head);
            body_of_line(reader, config, block);
        }
    }
}

/// Whether a `no …` or `clear configure …` takes back something that was read before it.
fn matters(config: &Config<'_>, head: &ConfigLine<'_>) -> bool {
    let (what, name) = if head.word(0) == "no" {
        (head.word(1), head.word(2))
    } else {
        (head.word(2), head.word(3))
    };
    match what {
        "access-list" => {
            config.access_lists.iter().any(|line| line.word(1) == name || name.is_empty())
        }
        "all" => !config.access_lists.is_empty() || !config.interfaces.is_empty(),
        "access-group" => !config.access_groups.is_empty(),
        "nat" => !config.nat.is_empty(),
        "route" | "object" | "object-group" | "interface" | "same-security-traffic" => true,
        _ => false,
    }
}

/// A line that opens no sub-mode: `show access-list` prints the expansion of a line below it, an `access-list` line that is no
/// such expansion counts wherever it stands, and anything else is not known.
fn body_of_line<'a>(reader: &mut Reader<'a>, config: &mut Config<'a>, block: &'a Block<'a>) {
    for line in &block.body {
        if line.word(0) == "!" || expands(&block.head, line) {
            reader.ledger.irrelevant(line.span);
        } else if line.word(0) == "access-list" {
            config.access_lists.push(line);
        } else {
            reader.unknown_line(line);
        }
    }
}

/// Whether a line is what `show access-list` prints below `head`: it has the same number in the same list, or a counter.
fn expands(head: &ConfigLine<'_>, line: &ConfigLine<'_>) -> bool {
    let numbered = head.word(2) == "line" && line.word(2) == "line" && head.word(3) == line.word(3);
    let counted = || line.words.iter().any(|word| word.text.starts_with("(hitcnt="));
    line.starts(&["access-list", head.word(1)]) && (numbered || counted())
}

fn place_line<'a>(
    reader: &mut Reader<'a>,
    config: &mut Config<'a>,
    kind: Kind,
    line: &'a ConfigLine<'a>,
) {
    match (kind, line.word(1)) {
        (AccessList, _) => config.access_lists.push(line),
        (AccessGroup, _) => config.access_groups.push(line),
        (Nat, word)
            if word.starts_with('(')
                && line
                    .words
                    .get(2)
                    .is_some_and(|w| w.text.starts_with(|c: char| c.is_ascii_digit())) =>
        {
            reader.anywhere(line.span, old_nat());
        }
        (Nat, "-control") => reader.ledger.irrelevant(line.span),
        (Nat, _) => config.nat.push(line),
        (Route | Ipv6, "route") | (Route, _) => config.routes.push(line),
        (Ipv6, "icmp") => config.management.push(line),
        (Ipv6, "access-list") => {
            let reason = text!(
                "8.x の「ipv6 access-list」には対応していません。この機器のフィルタ結果は不確実として扱います。",
                "ipv6 access-list of 8.x is not supported; the filters of this device are read as uncertain",
            );
            reader.anywhere(line.span, reason);
        }
        (Ipv6, "local") => config.pools.push(line),
        (Ip, "local") => config.pools.push(line),
        (SameSecurity, _) => config.same_security.push(line),
        (Sysopt, _) => config.sysopt.push(line),
        (Aaa, "authentication" | "authorization")
            if matches!(line.word(2), "match" | "include" | "exclude") =>
        {
            config.cut_through.push(line);
        }
        (Aaa, "authentication") if line.word(2) == "listener" => config.management.push(line),
        (Management, _) => config.management.push(line),
        _ => reader.ledger.irrelevant(line.span),
    }
}

fn unknown<'a>(reader: &mut Reader<'a>, block: &'a Block<'a>) {
    for line in std::iter::once(&block.head).chain(&block.body) {
        if line.word(0) == "!" {
            reader.ledger.irrelevant(line.span);
        } else {
            reader.unknown_line(line);
        }
    }
}

/// What terminals and `show running-config` add around a configuration: comments, prompts, headings, checksums.
fn noise(line: &ConfigLine<'_>) -> bool {
    let first = line.word(0);
    first.starts_with(['!', ':', '#', '%', '-', '<'])
        || matches!(
            (first, line.word(1)),
            ("ASA" | "PIX" | "NGFW", "Version")
                | ("Building", "configuration...")
                | ("Current", "configuration")
        )
        || first.starts_with("Cryptochecksum")
        || prompt(first).is_some()
}

/// What follows `fw01#`, `fw01/pri/act#`, `fw01(config)#` or `fw01>` in the same word; `None` when the word is no prompt.
fn prompt(word: &str) -> Option<&str> {
    let (name, typed) = word.split_once(['#', '>'])?;
    let known = |c: char| c.is_ascii_alphanumeric() || "-_./()".contains(c);
    (!name.is_empty() && name.chars().all(known)).then_some(typed)
}

/// Blocks whose sub-mode lines stand at the margin, as in text that lost its leading blanks: the appliance itself goes by
/// the mode, not by indentation.
pub(super) fn regroup(blocks: Vec<Block<'_>>) -> Vec<Block<'_>> {
    let mut neighbours = blocks.iter().zip(blocks.iter().skip(1));
    if !neighbours.any(|(head, next)| takes(head.head.word(0), &next.head)) {
        return blocks;
    }
    let mut out: Vec<Block<'_>> = Vec::with_capacity(blocks.len());
    for block in blocks {
        let belongs = out.last().is_some_and(|last| takes(last.head.word(0), &block.head));
        match out.last_mut() {
            Some(last) if belongs => {
                last.body.push(block.head);
                last.body.extend(block.body);
            }
            _ => out.push(block),
        }
    }
    out
}

fn takes(mode: &str, line: &ConfigLine<'_>) -> bool {
    let word = line.word(0);
    match mode {
        "interface" => {
            matches!(
                word,
                "nameif"
                    | "security-level"
                    | "shutdown"
                    | "vlan"
                    | "management-only"
                    | "description"
                    | "speed"
                    | "duplex"
            ) || line.starts(&["ip", "address"])
                || line.starts(&["ipv6", "address"])
                || (word == "no"
                    && matches!(line.word(1), "nameif" | "security-level" | "ip" | "shutdown"))
        }
        "object" => {
            matches!(word, "host" | "subnet" | "range" | "fqdn" | "description")
                || (word == "nat" && !line.words.iter().any(|w| w.text == "source"))
                || (word == "service"
                    && matches!(
                        line.word(1),
                        "tcp" | "udp" | "tcp-udp" | "icmp" | "icmp6" | "sctp"
                    ))
        }
        "object-group" => matches!(
            word,
            "network-object"
                | "service-object"
                | "port-object"
                | "protocol-object"
                | "icmp-object"
                | "group-object"
                | "description"
        ),
        "time-range" => matches!(word, "absolute" | "periodic"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_command_is_found() {
        for pair in COMMANDS.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} before {}", pair[0].0, pair[1].0);
        }
    }
}
