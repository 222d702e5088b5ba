//! Remote access: which addresses clients send from.

use super::super::commands::Config;
use super::super::state::Reader;
use super::{Opening, Peer};
use crate::formats::lines::{Block, ConfigLine};
use crate::net::AddressRange;
use crate::source::Span;

/// What clients may send. `span` is what lets them log in.
pub(super) fn openings<'a>(
    reader: &mut Reader<'a>,
    config: &Config<'a>,
    span: Span,
) -> Vec<Opening> {
    let known = pools(reader, config, span);
    let beside = match &known {
        Some(pools) if !pools.is_empty() => unbounded(config),
        _ => Some(unbounded(config).unwrap_or(span)),
    };
    let mut out = known.unwrap_or_default();
    let any = reader.literals.any;
    out.extend(beside.map(|span| Opening {
        source: any,
        destination: any,
        span,
        from: Peer::AnyClient,
    }));
    out
}

/// What clients with an address of the configuration may send: of a pool, or of their own. `None` when one is not understood.
pub(super) fn pools<'a>(
    reader: &mut Reader<'a>,
    config: &Config<'a>,
    span: Span,
) -> Option<Vec<Opening>> {
    let mut ranges = Vec::new();
    for line in &config.pools {
        let range = if line.word(0) == "ip" { v4_pool(reader, line) } else { None };
        ranges.push((range?, line.span));
    }
    for line in framed(config) {
        let ip = reader.ip(line.word(1).split('/').next().unwrap_or(""))?;
        ranges.push((AddressRange::single(ip), line.span));
    }
    let any = reader.literals.any;
    let mut opening = |(range, place)| Opening {
        source: reader.range(range, place),
        destination: any,
        span,
        from: Peer::Client,
    };
    Some(ranges.into_iter().map(&mut opening).collect())
}

/// `vpn-framed-ip-address A M` and `vpn-framed-ipv6-address A/L` of users.
fn framed<'c, 'a>(
    config: &'c Config<'a>,
) -> impl Iterator<Item = &'a ConfigLine<'a>> + use<'c, 'a> {
    let lines = config.users.iter().flat_map(|block| &block.body);
    lines.filter(|line| matches!(line.word(0), "vpn-framed-ip-address" | "vpn-framed-ipv6-address"))
}

/// `ip local pool NAME FIRST-LAST [mask M]`.
fn v4_pool(reader: &Reader<'_>, line: &ConfigLine<'_>) -> Option<AddressRange> {
    let word = line.word(4);
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    AddressRange::new(reader.ip(first)?, reader.ip(last)?)
}

/// The line because of which addresses may come from elsewhere than the configuration.
fn unbounded(config: &Config<'_>) -> Option<Span> {
    let off = |word: &str| {
        config.addresses.iter().any(|line| line.starts(&["no", "vpn-addr-assign", word]))
    };
    let (aaa, dhcp) = (!off("aaa"), !off("dhcp"));
    let assigns = |line: &&ConfigLine<'_>| match line.word(0) {
        "dhcp-server" => dhcp,
        "authentication-server-group"
        | "authorization-server-group"
        | "secondary-authentication-server-group" => aaa && server_assigns(config, line),
        _ => false,
    };
    let groups = || config.tunnel_groups.iter();
    let line = groups().flat_map(|block| &block.body).find(assigns).map(|line| line.span);
    line.or_else(|| {
        let general = groups().filter(|block| block.head.word(2) == "general-attributes");
        let mut without = general.filter(|block| {
            !block
                .body
                .iter()
                .any(|line| matches!(line.word(0), "address-pool" | "ipv6-address-pool"))
                && is_remote(config, block.head.word(1))
        });
        without.next().map(|block| block.head.span)
    })
}

/// `authentication-server-group [(IF)] GROUP [LOCAL]`: RADIUS may answer with an address (Framed-IP-Address), LDAP where an
/// attribute map says so, the user data base of the device and the other protocols cannot.
fn server_assigns(config: &Config<'_>, line: &ConfigLine<'_>) -> bool {
    let mut words = line.words.iter().skip(1).map(|word| word.text);
    let group = words.find(|word| !word.starts_with('(')).unwrap_or("");
    if matches!(group, "LOCAL" | "NONE" | "none") {
        return false;
    }
    let named = || config.aaa_servers.iter().filter(|block| block.head.word(1) == group);
    let protocol = named().find(|block| block.head.word(2) == "protocol");
    match protocol.map_or("", |block| block.head.word(3)) {
        "kerberos" | "nt" | "sdi" | "http-form" | "tacacs+" => false,
        "ldap" => {
            named().flat_map(|block| &block.body).any(|line| line.word(0) == "ldap-attribute-map")
        }
        _ => true,
    }
}

fn is_remote(config: &Config<'_>, group: &str) -> bool {
    config.tunnel_groups.iter().any(|block| {
        block.head.word(1) == group
            && block.head.word(2) == "type"
            && block.head.word(3) == "remote-access"
    })
}

/// Accounts for pools, tunnel groups, servers and users.
pub(super) fn mark<'a>(reader: &mut Reader<'a>, config: &Config<'a>) {
    for line in config.pools.iter().chain(&config.addresses) {
        reader.ledger.used(line.span);
    }
    for block in &config.tunnel_groups {
        reader.whole(block, true);
    }
    let irrelevant = |block: &&&'a Block<'a>| block.head.word(2) != "protocol";
    for block in config.aaa_servers.iter().filter(irrelevant).chain(&config.users) {
        reader.whole(block, false);
    }
    for block in config.aaa_servers.iter().filter(|block| !irrelevant(block)) {
        reader.whole(block, true);
    }
    for line in framed(config) {
        reader.ledger.used(line.span);
    }
}
