//! What VPN configuration opens: `sysopt connection permit-vpn`, on unless switched off, lets decrypted packets pass the
//! access lists of both interfaces. Who may send them is only partly in the configuration, so every such line is a *may*.

use super::commands::Config;
use super::state::{Reader, unknown};
use crate::formats::lines::{Block, ConfigLine};
use crate::model::{Action, AddressId, Line, ListId, RuleList};
use crate::net::AddressRange;
use crate::source::Span;
use crate::text;
use rustc_hash::FxHashSet as HashSet;
use std::collections::BTreeMap;

/// At most this many lines are made for one crypto map; past it, one line opens everything.
const LINE_LIMIT: usize = 16_384;

/// Where VPN packets come out, with the list to consult before the interface's own.
#[derive(Default)]
pub(super) struct Vpn {
    /// `nameif` index to lists.
    pub(super) lists: BTreeMap<usize, Vec<ListId>>,
    /// `nameif` indexes that answer IKE.
    pub(super) ike: Vec<(usize, Span)>,
    /// `nameif` indexes that answer WebVPN (TLS), with the port.
    pub(super) webvpn: Vec<(usize, u16, Span)>,
}

/// What may come out of a tunnel.
struct Opening {
    source: AddressId,
    destination: AddressId,
    span: Span,
}

/// Reads the VPN parts.
pub(super) fn read<'a>(reader: &mut Reader<'a>, config: &Config<'a>) -> Vpn {
    let mut vpn = Vpn::default();
    let bypass = !config
        .sysopt
        .iter()
        .any(|line| line.starts(&["no", "sysopt", "connection", "permit-vpn"]));
    for line in &config.sysopt {
        reader.ledger.used(line.span);
    }
    crypto_lines(reader, config, &mut vpn);
    webvpn_lines(reader, config, &mut vpn);
    mark_groups(reader, config);
    if bypass {
        crypto_maps(reader, config, &mut vpn);
        remote_access(reader, config, &mut vpn);
        tunnels(reader, &mut vpn);
    }
    vpn
}

/// What comes out of a tunnel interface was decrypted.
fn tunnels(reader: &mut Reader<'_>, vpn: &mut Vpn) {
    let any = reader.literals.any;
    let ends: Vec<(usize, Span)> = reader
        .nameifs
        .iter()
        .enumerate()
        .filter(|(_, nameif)| nameif.tunnel)
        .map(|(index, nameif)| (index, nameif.level_span))
        .collect();
    for (index, span) in ends {
        let list = bypass_list(reader, &[Opening { source: any, destination: any, span }]);
        vpn.lists.entry(index).or_default().push(list);
    }
}

fn crypto_lines<'a>(reader: &mut Reader<'a>, config: &Config<'a>, vpn: &mut Vpn) {
    for block in &config.crypto {
        let line = &block.head;
        let matters = matches!(line.word(1), "map" | "dynamic-map")
            || (matches!(line.word(1), "ikev1" | "ikev2" | "isakmp") && line.word(2) == "enable");
        reader.whole(block, matters);
        let interface = match (line.word(1), line.word(2)) {
            ("ikev1" | "ikev2" | "isakmp", "enable") => line.word(3),
            _ => continue,
        };
        let known = reader.by_nameif.get(interface);
        if let Some(index) = known.filter(|index| vpn.ike.iter().all(|(other, _)| other != *index))
        {
            vpn.ike.push((*index, line.span));
        }
        let client = line.words.iter().position(|word| word.text == "client-services");
        if let (Some(index), Some(at)) = (known, client) {
            let port = line.word(at + 2).parse().unwrap_or(443);
            vpn.webvpn.push((*index, port, line.span));
        }
    }
}

fn webvpn_lines<'a>(reader: &mut Reader<'a>, config: &Config<'a>, vpn: &mut Vpn) {
    for block in &config.webvpn {
        reader.whole(block, false);
        let port = block
            .body
            .iter()
            .find(|line| line.word(0) == "port" && line.indent == block.head.indent + 1);
        let port = port.and_then(|line| line.word(1).parse().ok()).unwrap_or(443);
        for line in &block.body {
            if line.word(0) != "enable" {
                continue;
            }
            if let Some(index) = reader.by_nameif.get(line.word(1)) {
                vpn.webvpn.push((*index, port, line.span));
                reader.ledger.used(line.span);
            }
        }
    }
}

/// `crypto map M N match address L` and `… dynamic D` of the maps that stand on an interface; one list a map.
fn crypto_maps<'a>(reader: &mut Reader<'a>, config: &Config<'a>, vpn: &mut Vpn) {
    let maps = config.crypto.iter().map(|block| &block.head).filter(|line| line.word(1) == "map");
    let mut openings: BTreeMap<&str, Vec<Opening>> = BTreeMap::new();
    for line in maps.clone() {
        let openings = openings.entry(line.word(2)).or_default();
        if openings.len() > LINE_LIMIT {
            continue;
        }
        if line.word(4) == "match" && line.word(5) == "address" {
            from_list(reader, line.word(6), line.span, openings);
        }
        if line.word(5) == "dynamic" {
            dynamic(reader, config, line.word(6), line.span, openings);
        }
    }
    let mut lists: BTreeMap<&str, ListId> = BTreeMap::new();
    for bound in maps.filter(|line| line.word(3) == "interface") {
        let Some(index) = reader.by_nameif.get(bound.word(4)).copied() else { continue };
        let name = bound.word(2);
        let list = match lists.get(name) {
            Some(list) => *list,
            None => bypass_list(reader, openings.get(name).map_or(&[], Vec::as_slice)),
        };
        lists.insert(name, list);
        vpn.lists.entry(index).or_default().push(list);
    }
}

/// The packets that a peer may send: those of the crypto list with the sides exchanged.
fn from_list(reader: &Reader<'_>, name: &str, span: Span, out: &mut Vec<Opening>) {
    let any = reader.literals.any;
    let Some(id) = reader.acls.get(name) else {
        return out.push(Opening { source: any, destination: any, span });
    };
    for line in &reader.device.lists[*id].lines {
        if out.len() > LINE_LIMIT {
            return;
        }
        if line.enabled && line.action != Action::Deny {
            let (source, destination) = (line.matches.destination, line.matches.source);
            out.push(Opening { source, destination, span });
        }
    }
}

/// A dynamic map takes any peer's proposal unless it names a list; where only remote-access groups exist, the pools bound it.
fn dynamic<'a>(
    reader: &mut Reader<'a>,
    config: &Config<'a>,
    name: &str,
    span: Span,
    out: &mut Vec<Opening>,
) {
    let lines = config.crypto.iter().map(|block| &block.head);
    let named: Vec<&ConfigLine<'a>> = lines
        .filter(|line| {
            line.word(1) == "dynamic-map" && line.word(2) == name && line.word(4) == "match"
        })
        .collect();
    for line in &named {
        from_list(reader, line.word(6), line.span, out);
    }
    if !named.is_empty() {
        return;
    }
    let any = reader.literals.any;
    match (site_to_site(config), pools(reader, config)) {
        (false, Some(pools)) => {
            out.extend(pools.into_iter().map(|source| Opening { source, destination: any, span }));
        }
        _ => out.push(Opening { source: any, destination: any, span }),
    }
}

/// Whether some tunnel group takes peers that are networks.
fn site_to_site(config: &Config<'_>) -> bool {
    let heads = || config.tunnel_groups.iter().map(|block| &block.head);
    let typed: HashSet<&str> = heads()
        .filter(|h| h.word(2) == "type" && h.word(3) == "remote-access")
        .map(|h| h.word(1))
        .collect();
    let any = heads().next().is_none();
    let default =
        heads().any(|h| h.word(1) == "DefaultL2LGroup" && h.word(2) == "ipsec-attributes");
    any || default || heads().any(|h| h.word(2) == "type" && !typed.contains(h.word(1)))
}

/// The address pools of the configuration; `None` when addresses may come from elsewhere (RADIUS, DHCP).
fn pools<'a>(reader: &mut Reader<'a>, config: &Config<'a>) -> Option<Vec<AddressId>> {
    let outside = config.tunnel_groups.iter().flat_map(|block| &block.body).any(|line| {
        matches!(
            line.word(0),
            "dhcp-server" | "authorization-server-group" | "secondary-authentication-server-group"
        )
    });
    let remote = |block: &&&Block<'a>| block.head.word(2) == "general-attributes";
    let without = config.tunnel_groups.iter().filter(remote).any(|block| {
        !block.body.iter().any(|line| matches!(line.word(0), "address-pool" | "ipv6-address-pool"))
            && is_remote(config, block.head.word(1))
    });
    let mut out = Vec::new();
    for line in &config.pools {
        let range = if line.word(0) == "ip" { v4_pool(reader, line) } else { None };
        out.push(reader.range(range?, line.span));
    }
    (!outside && !without && !out.is_empty()).then_some(out)
}

fn is_remote(config: &Config<'_>, group: &str) -> bool {
    config.tunnel_groups.iter().any(|block| {
        block.head.word(1) == group
            && block.head.word(2) == "type"
            && block.head.word(3) == "remote-access"
    })
}

/// `ip local pool NAME FIRST-LAST [mask M]`.
fn v4_pool(reader: &Reader<'_>, line: &ConfigLine<'_>) -> Option<AddressRange> {
    let word = line.word(4);
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    AddressRange::new(reader.ip(first)?, reader.ip(last)?)
}

/// Accounts for pools and tunnel groups.
fn mark_groups(reader: &mut Reader<'_>, config: &Config<'_>) {
    for line in &config.pools {
        reader.ledger.used(line.span);
    }
    for block in &config.tunnel_groups {
        reader.whole(block, true);
    }
}

/// Remote access over TLS: who is logged in sends from a pool address.
fn remote_access<'a>(reader: &mut Reader<'a>, config: &Config<'a>, vpn: &mut Vpn) {
    let any = reader.literals.any;
    let Some((_, _, span)) = vpn.webvpn.first().copied() else { return };
    let sources = pools(reader, config).unwrap_or_else(|| vec![any]);
    let openings: Vec<Opening> =
        sources.into_iter().map(|source| Opening { source, destination: any, span }).collect();
    let list = bypass_list(reader, &openings);
    for (index, _, _) in &vpn.webvpn {
        vpn.lists.entry(*index).or_default().push(list);
    }
}

fn bypass_list(reader: &mut Reader<'_>, openings: &[Opening]) -> ListId {
    let any = reader.literals.any;
    let whole = openings.first().filter(|_| openings.len() > LINE_LIMIT);
    let whole = whole.map(|first| Opening { source: any, destination: any, span: first.span });
    let chosen = whole.as_ref().map_or(openings, std::slice::from_ref);
    let mut lines: Vec<Line> = Vec::with_capacity(chosen.len());
    for (number, opening) in chosen.iter().enumerate() {
        let label = format!("sysopt connection permit-vpn {}", number + 1);
        let mut line = reader.line(label, Action::Permit, opening.span);
        line.matches.source = opening.source;
        line.matches.destination = opening.destination;
        let reason = text!(
            "VPN から復号された通信はアクセスリストを通りません（sysopt connection permit-vpn）。対向側が何を送るか、vpn-filter で止まるかは確定できません。",
            "decrypted VPN packets do not meet the access lists (sysopt connection permit-vpn); what the peer sends, and what a vpn-filter stops, is not certain",
        );
        line.matches.unknown.push(unknown(reason, opening.span));
        lines.push(line);
    }
    reader.device.lists.push(RuleList { name: "permit-vpn".to_owned(), lines })
}
