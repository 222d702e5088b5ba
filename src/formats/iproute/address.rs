//! `ip addr`, `ip -o addr` and `ip link`.

use super::super::builder::Builder;
use super::super::lines::{ConfigLine, Word};
use super::Ledger;
use crate::model::{ContextId, InterfaceAddress, InterfaceId, InterfaceKind, NextHop, Route};
use crate::net::{AddressRange, Family, Prefix};
use crate::source::Span;
use crate::text;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// An interface as it is listed.
#[derive(Debug)]
pub(super) struct Link<'a> {
    name: &'a str,
    up: bool,
    kind: InterfaceKind,
    /// The bridge, bond or VRF that it belongs to.
    master: Option<&'a str>,
    /// Whether it is the device of a VRF.
    vrf: bool,
    addresses: Vec<InterfaceAddress>,
    /// Other ends of point-to-point addresses.
    peers: Vec<(Prefix, Span)>,
    span: Span,
}

impl Link<'_> {
    /// Whether it has an address with which packets of the family are routed: loopback and link-local ones do not count.
    pub(super) fn routes(&self, family: Family) -> bool {
        let counts =
            |own: &InterfaceAddress| Family::of(own.address) == family && !is_inner(own.address);
        self.addresses.iter().any(counts)
    }

    /// The networks that it is connected to, without those of loopback and link-local addresses and of single hosts.
    pub(super) fn networks(&self) -> impl Iterator<Item = (&str, Prefix, Span)> {
        let used = self.up && !self.vrf && self.master.is_none();
        let own = self.addresses.iter().filter(move |own| used && !is_inner(own.address));
        own.filter(|own| own.len < Family::of(own.address).bits())
            .filter_map(|own| Some((self.name, Prefix::new(own.address, own.len)?, own.span)))
    }

    /// Whether it is the device of a VRF.
    pub(super) fn is_vrf(&self) -> bool {
        self.vrf
    }
}

/// First words of lines that tell more of a link and cannot change what it forwards.
const DETAILS: &[&str] = &[
    "valid_lft",
    "altname",
    "alias",
    "promiscuity",
    "RX:",
    "TX:",
    "bridge",
    "bridge_slave",
    "bond",
    "bond_slave",
    "vlan",
    "veth",
    "tun",
    "wireguard",
    "vxlan",
    "gre",
    "gretap",
    "ipip",
    "sit",
    "ip6tnl",
    "dummy",
    "ppp",
    "ifb",
    "macvlan",
    "ipvlan",
    "geneve",
    "team",
    "team_slave",
    "vf",
    "RTNETLINK",
    "parentbus",
    "openvswitch",
    "openvswitch_slave",
    "prog/xdp",
    "vti",
    "xfrm",
    "hsr",
];

/// Whether an indented line may begin with `word`.
pub(super) fn is_detail(word: &str) -> bool {
    word.starts_with("link/")
        || matches!(word, "inet" | "inet6" | "vrf" | "vrf_slave")
        || DETAILS.contains(&word)
        || word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the line begins a link: `2: eth0: <…` or `2: eth0    inet …`.
pub(super) fn is_head(words: &[&str]) -> bool {
    let [number, name, third, ..] = words else { return false };
    let numbered = number.strip_suffix(':').is_some_and(|n| n.parse::<u32>().is_ok());
    let full = name.ends_with(':') && third.starts_with('<');
    numbered && (full || matches!(*third, "inet" | "inet6") || third.starts_with("link/"))
}

/// Reads the first line of a link, or one line of `ip -o addr`.
pub(super) fn head<'a>(links: &mut Vec<Link<'a>>, line: &ConfigLine<'a>, ledger: &mut Ledger<'_>) {
    let name = line.word(1).trim_end_matches(':');
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let known = links.iter().position(|link| link.name == name);
    let flags = line.word(2).strip_prefix('<').map(|flags| flags.trim_end_matches('>'));
    let at = known.unwrap_or_else(|| {
        links.push(Link {
            name,
            up: true,
            kind: if name == "lo" { InterfaceKind::Loopback } else { InterfaceKind::Ethernet },
            master: None,
            vrf: false,
            addresses: Vec::new(),
            peers: Vec::new(),
            span: line.span,
        });
        links.len() - 1
    });
    let Some(link) = links.get_mut(at) else { return };
    let Some(flags) = flags else { return detail_at(link, line, 2, ledger) };
    let has = |flag: &str| flags.split(',').any(|word| word == flag);
    link.up = has("UP");
    if has("LOOPBACK") {
        link.kind = InterfaceKind::Loopback;
    } else if has("POINTOPOINT") {
        link.kind = InterfaceKind::Tunnel;
    }
    let master = line.words.iter().position(|word| word.text == "master");
    link.master = master.map(|at| line.word(at + 1)).filter(|name| !name.is_empty());
    link.vrf = has("MASTER") && has("NOARP");
    if let Some(at) = line.words.iter().position(|word| word.text.starts_with("link/")) {
        kind(link, line.word(at));
    }
    if link.vrf {
        return vrf(line, ledger);
    }
    ledger.used(line.span);
}

fn vrf(line: &ConfigLine<'_>, ledger: &mut Ledger<'_>) {
    let reason = text!(
        "VRF は読み取りません。経路もフィルターも不確実とします。",
        "VRFs are not read: routes and filters are uncertain"
    );
    ledger.unknown(line.span, reason, false);
}

/// Reads an indented line below a link.
pub(super) fn detail<'a>(link: &mut Link<'a>, line: &ConfigLine<'a>, ledger: &mut Ledger<'_>) {
    detail_at(link, line, 0, ledger);
}

fn detail_at<'a>(link: &mut Link<'a>, line: &ConfigLine<'a>, at: usize, ledger: &mut Ledger<'_>) {
    let word = line.word(at);
    match word {
        "inet" | "inet6" => match address(link, line.words.get(at + 1..).unwrap_or(&[]), line.span)
        {
            Some(()) => ledger.used(line.span),
            None => {
                let reason =
                    text!("アドレスとして読み取れません。", "this is not readable as an address");
                ledger.unknown(line.span, reason, false);
            }
        },
        "vrf" => vrf(line, ledger),
        _ if word.starts_with("link/") => {
            kind(link, word);
            ledger.irrelevant(line.span);
        }
        _ if is_detail(word) => ledger.irrelevant(line.span),
        _ => {
            let reason = text!(
                "インターフェースの表示として読み取れません。",
                "this is not readable as part of an interface"
            );
            ledger.unknown(line.span, reason, false);
        }
    }
}

fn kind(link: &mut Link<'_>, word: &str) {
    match word {
        "link/ppp" => link.kind = InterfaceKind::PointToPoint,
        "link/none" | "link/sit" | "link/gre" | "link/ipip" | "link/tunnel6" | "link/gre6" => {
            link.kind = InterfaceKind::Tunnel;
        }
        _ => {}
    }
}

/// `10.0.0.1/24 …` or `10.0.0.1 peer 10.0.0.2/32 …`.
fn address(link: &mut Link<'_>, words: &[Word<'_>], span: Span) -> Option<()> {
    let first = words.first()?.text;
    let (address, len) = match first.split_once('/') {
        Some((address, len)) => (address.parse().ok()?, len.parse().ok()?),
        None => {
            let address: IpAddr = first.parse().ok()?;
            (address, Family::of(address).bits())
        }
    };
    Prefix::new(address, len)?;
    if let [_, keyword, peer, ..] = words
        && keyword.text == "peer"
    {
        link.peers.push((Prefix::parse(peer.text)?, span));
    }
    link.addresses.push(InterfaceAddress { address, len, span });
    Some(())
}

/// Loopback and IPv6 link-local addresses, which no packet is routed to.
fn is_inner(address: IpAddr) -> bool {
    let inner = ["127.0.0.0/8", "::1/128", "fe80::/10"];
    inner.iter().filter_map(|block| Prefix::parse(block)).any(|block| block.contains(address))
}

/// The host's own addresses.
pub(super) fn own(links: &[Link<'_>]) -> Vec<AddressRange> {
    if links.is_empty() {
        return Vec::new();
    }
    let loopback = Prefix::parse("127.0.0.0/8").map(Prefix::range);
    let all = links.iter().flat_map(|link| &link.addresses);
    loopback.into_iter().chain(all.map(|own| AddressRange::single(own.address))).collect()
}

/// Adds the interfaces. Ports of a bridge or bond carry no packets of their own to the rules and are left out.
pub(super) fn build(
    links: &[Link<'_>],
    builder: &mut Builder,
    context: ContextId,
    names: &mut BTreeMap<String, InterfaceId>,
) {
    let vrfs: Vec<&str> = links.iter().filter(|link| link.vrf).map(|link| link.name).collect();
    for link in links {
        if link.vrf || link.master.is_some_and(|master| !vrfs.contains(&master)) {
            continue;
        }
        let id = super::named(builder, names, link.name, link.span);
        let interface = &mut builder.device.interfaces[id];
        interface.up = link.up;
        interface.kind = link.kind;
        let addresses = link.addresses.iter().filter(|own| !is_inner(own.address));
        interface.addresses = addresses.copied().collect();
        for (prefix, span) in &link.peers {
            builder.device.contexts[context].routes.push(Route {
                prefix: *prefix,
                next_hop: NextHop::Interface(id),
                distance: 0,
                metric: 0,
                withdrawable: false,
                span: *span,
            });
        }
    }
}
