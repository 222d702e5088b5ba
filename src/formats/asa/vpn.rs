//! What VPN configuration opens: `sysopt connection permit-vpn`, on unless switched off, lets decrypted packets pass the
//! access lists of both interfaces. Who may send them is only partly in the configuration, so every such line is a *may*;
//! and so is every way that leads back to who is at the other end.

use super::commands::Config;
use super::nat::Rules;
use super::state::{Reader, unknown};
use crate::formats::lines::Block;
use crate::model::{Action, AddressId, Line, ListId, RuleList};
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap as HashMap;
use std::collections::BTreeMap;

mod clients;
mod maps;
mod onward;

pub(super) use maps::{End, decrypted, ends};

/// At most this many lines are made for one crypto map; past it, one line opens everything.
const LINE_LIMIT: usize = 16_384;

/// Where VPN packets come out, with the list to consult before the interface's own.
#[derive(Default)]
pub(super) struct Vpn {
    /// `nameif` index to lists.
    pub(super) lists: BTreeMap<usize, Vec<ListId>>,
    /// `nameif` indexes that answer IKE.
    pub(super) ike: Vec<(usize, Span)>,
    /// Where WebVPN answers.
    pub(super) webvpn: Vec<Portal>,
    /// `nameif` indexes where load balancing may answer, with its UDP port.
    pub(super) balancing: Vec<(usize, u16, Span)>,
}

/// WebVPN at an interface.
pub(super) struct Portal {
    /// `nameif` index.
    pub(super) index: usize,
    /// The TCP port.
    pub(super) tls: u16,
    /// The UDP port; `None` when DTLS is off.
    pub(super) dtls: Option<u16>,
    pub(super) span: Span,
}

/// What may come out of a tunnel.
#[derive(Clone)]
struct Opening {
    source: AddressId,
    destination: AddressId,
    span: Span,
    from: Peer,
}

/// Who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Peer {
    /// A network that the configuration names, and whether the device makes routes to it (`reverse-route`).
    Network { routed: bool },
    /// Whatever network a peer proposes.
    Proposed,
    /// A client with an address that the configuration names: the device has a route to each that is logged in.
    Client,
    /// A client whose address comes from somewhere else.
    AnyClient,
}

impl Opening {
    /// Why the line is not certain.
    fn reason(&self) -> Text {
        if self.from == Peer::AnyClient {
            return text!(
                "VPN 利用者のアドレスは、設定にあるアドレスプール以外（RADIUS 等の認証サーバや DHCP）からも割り当てられ得るため、送信元を限定できません（認証サーバが割り当てない場合は no vpn-addr-assign aaa を設定すると限定できます）。復号された通信はアクセスリストを通りません（sysopt connection permit-vpn）。",
                "addresses of VPN clients may come from elsewhere than the pools of the configuration (RADIUS and the like, DHCP), so their sources are not bounded (where the authentication server assigns none, `no vpn-addr-assign aaa` bounds them); decrypted packets do not meet the access lists (sysopt connection permit-vpn)",
            );
        }
        text!(
            "VPN から復号された通信はアクセスリストを通りません（sysopt connection permit-vpn）。対向側が何を送るか、vpn-filter で止まるかは確定できません。",
            "decrypted VPN packets do not meet the access lists (sysopt connection permit-vpn); what the peer sends, and what a vpn-filter stops, is not certain",
        )
    }
}

/// Reads the VPN parts.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    config: &Config<'a>,
    ends: &[End],
    nat: &Rules,
) -> Vpn {
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
    for block in &config.vpn {
        load_balancing(reader, block, &mut vpn);
    }
    clients::mark(reader, config);
    let users = match vpn.webvpn.first() {
        Some(portal) => clients::openings(reader, config, portal.span),
        None => Vec::new(),
    };
    if bypass {
        for end in ends {
            let list = bypass_list(reader, &end.openings, nat);
            vpn.lists.entry(end.index).or_default().push(list);
        }
        if !vpn.webvpn.is_empty() {
            let list = bypass_list(reader, &users, nat);
            for portal in &vpn.webvpn {
                vpn.lists.entry(portal.index).or_default().push(list);
            }
        }
        tunnels(reader, nat, &mut vpn);
    }
    onward::add(reader, ends, &vpn.webvpn, &users, nat);
    vpn
}

/// What comes out of a tunnel interface was decrypted.
fn tunnels(reader: &mut Reader<'_>, nat: &Rules, vpn: &mut Vpn) {
    let any = reader.literals.any;
    let ends: Vec<(usize, Span)> = reader
        .nameifs
        .iter()
        .enumerate()
        .filter(|(_, nameif)| nameif.tunnel)
        .map(|(index, nameif)| (index, nameif.level_span))
        .collect();
    for (index, span) in ends {
        let from = Peer::Proposed;
        let opening = Opening { source: any, destination: any, span, from };
        let list = bypass_list(reader, &[opening], nat);
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
            let tls = line.word(at + 2).parse().unwrap_or(443);
            vpn.webvpn.push(Portal { index: *index, tls, dtls: Some(tls), span: line.span });
        }
    }
}

/// `webvpn`: `port N` is that of TLS alone, `dtls port N` that of DTLS.
fn webvpn_lines<'a>(reader: &mut Reader<'a>, config: &Config<'a>, vpn: &mut Vpn) {
    for block in &config.webvpn {
        reader.whole(block, false);
        let top = || block.body.iter().filter(|line| line.indent == block.head.indent + 1);
        let tls = top().find(|line| line.word(0) == "port");
        let tls = tls.and_then(|line| line.word(1).parse().ok()).unwrap_or(443);
        let dtls = top().find(|line| line.starts(&["dtls", "port"]));
        let dtls = dtls.and_then(|line| line.word(2).parse().ok()).unwrap_or(443);
        for line in block.body.iter().filter(|line| line.word(0) == "enable") {
            if let Some(index) = reader.by_nameif.get(line.word(1)).copied() {
                let dtls = (line.word(2) != "tls-only").then_some(dtls);
                vpn.webvpn.push(Portal { index, tls, dtls, span: line.span });
                reader.ledger.used(line.span);
            }
        }
    }
}

/// `vpn load-balancing`: once it takes part, the device answers the others of its cluster.
fn load_balancing<'a>(reader: &mut Reader<'a>, block: &'a Block<'a>, vpn: &mut Vpn) {
    reader.whole(block, false);
    let find = |words: &[&str]| block.body.iter().find(|line| line.starts(words));
    let takes_part = find(&["participate"]).filter(|_| block.head.word(1) == "load-balancing");
    let Some(participate) = takes_part else { return };
    let port = find(&["cluster", "port"]).and_then(|line| line.word(2).parse().ok());
    for (side, default) in [("lbpublic", "outside"), ("lbprivate", "inside")] {
        let named = find(&["interface", side]);
        let name = named.map_or(default, |line| line.word(2));
        if let Some(index) = reader.by_nameif.get(name).copied() {
            vpn.balancing.push((index, port.unwrap_or(9023), participate.span));
        }
        for line in named.into_iter().chain(find(&["cluster", "port"])) {
            reader.ledger.used(line.span);
        }
    }
    reader.ledger.used(participate.span);
}

/// The list that lets decrypted packets pass. A filter sees real addresses where a crypto map names translated ones: what may
/// be translated is then any.
fn bypass_list(reader: &mut Reader<'_>, openings: &[Opening], nat: &Rules) -> ListId {
    let any = reader.literals.any;
    let whole = openings.first().filter(|_| openings.len() > LINE_LIMIT);
    let whole = whole.map(|first| Opening { source: any, destination: any, ..first.clone() });
    let chosen = whole.as_ref().map_or(openings, std::slice::from_ref);
    let mut translated: HashMap<AddressId, bool> = HashMap::default();
    let mut lines: Vec<Line> = Vec::with_capacity(chosen.len());
    for (number, opening) in chosen.iter().enumerate() {
        let label = format!("sysopt connection permit-vpn {}", number + 1);
        let mut line = reader.line(label, Action::Permit, opening.span);
        let local = opening.destination;
        let appears = *translated.entry(local).or_insert_with(|| nat.appear(reader, local, true));
        line.matches.source = opening.source;
        line.matches.destination = if appears { any } else { local };
        line.matches.unknown.push(unknown(opening.reason(), opening.span));
        lines.push(line);
    }
    reader.device.lists.push(RuleList { name: "permit-vpn".to_owned(), lines })
}
