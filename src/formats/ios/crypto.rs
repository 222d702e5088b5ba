//! `crypto map`: which packets of an interface pass beside its access lists, because they come out of a tunnel or go into one.
//!
//! Since 12.3(8)T the lists of an interface see the packets of a tunnel as they are encrypted only (Cisco field notice 29690,
//! "Crypto Access Check on Clear-Text Packets"). What filters the packets inside is `set ip access-group` of the map.

use super::commands::Bin;
use super::interface::{AccessGroup, Tunnelled};
use super::reader::Reader;
use crate::formats::acl::Found;
use crate::formats::builder::line;
use crate::formats::lines::{Block, Word};
use crate::model::{Action, AddressId, Line, ListId, ServiceId, ServiceSet};
use crate::net::{AddressRange, Family};
use crate::source::Span;
use rustc_hash::FxHashMap;

/// One numbered entry of a crypto map.
#[derive(Clone, Copy, Debug)]
struct Entry<'a> {
    /// `match address`; none: the other end says which packets.
    acl: Option<Word<'a>>,
    inward: Option<Word<'a>>,
    outward: Option<Word<'a>>,
    /// The dynamic map whose entries stand here.
    dynamic: Option<&'a str>,
    span: Span,
}

/// The crypto maps of a device.
#[derive(Debug, Default)]
pub(super) struct CryptoMaps<'a> {
    maps: FxHashMap<&'a str, Vec<Entry<'a>>>,
    dynamic: FxHashMap<&'a str, Vec<Entry<'a>>>,
    /// The addresses of remote clients.
    pools: Vec<AddressRange>,
    /// Whether those who connect get an address of a pool.
    clients: bool,
    /// Whether a key holds for every peer, so that a whole network may be behind it.
    anyone: bool,
}

impl<'a> Reader<'a, '_> {
    /// Reads the crypto maps, and what tells remote clients from remote networks.
    pub(super) fn read_crypto(&mut self) {
        let mut out = CryptoMaps::default();
        for block in self.config.take(Bin::Crypto) {
            self.ledger.used(block.span());
            let head = &block.head;
            let maps = if head.word(1) == "map" { &mut out.maps } else { &mut out.dynamic };
            if head.word(3).parse::<u32>().is_ok() {
                maps.entry(head.word(2)).or_default().push(entry(&block));
            }
            out.clients |= head.rest(3).starts_with("client configuration address");
        }
        for block in self.config.take(Bin::CryptoPeers) {
            self.ledger.irrelevant(block.span());
            for line in std::iter::once(&block.head).chain(&block.body) {
                out.clients |= line.starts(&["client", "configuration", "address"]);
                let address = line.words.iter().position(|word| word.text == "address");
                let peer = address.map_or("", |at| line.word(at + 1));
                let key = matches!(line.word(0), "crypto" | "pre-shared-key");
                out.anyone |= key && matches!(peer, "0.0.0.0" | "ipv6");
            }
        }
        for block in self.config.take(Bin::LocalPool) {
            self.ledger.irrelevant(block.span());
            let mut bounds = block.head.words.iter().filter_map(|word| word.text.parse().ok());
            let first = bounds.next();
            let range = first.and_then(|a| AddressRange::new(a, bounds.next().unwrap_or(a)));
            out.pools.extend(range);
        }
        self.crypto = out;
    }

    /// The list that comes before the access group of an interface with tunnels: what passes beside the group. `None` when
    /// nothing filters there.
    pub(super) fn tunnelled(
        &mut self,
        crypto: Tunnelled<'a>,
        group: Option<AccessGroup<'a>>,
        inbound: bool,
    ) -> Option<ListId> {
        let mut entries = Vec::new();
        let (map, span) = (crypto.map, crypto.span);
        for entry in map.and_then(|map| self.crypto.maps.get(map.text)).into_iter().flatten() {
            match entry.dynamic.and_then(|name| self.crypto.dynamic.get(name)) {
                Some(dynamic) => entries.extend(dynamic.iter().copied()),
                None => entries.push(*entry),
            }
        }
        if entries.is_empty() {
            let (acl, inward, outward, dynamic) = (None, None, None, None);
            entries.push(Entry { acl, inward, outward, dynamic, span });
        }
        let filter = |entry: &Entry<'a>| if inbound { entry.inward } else { entry.outward };
        if group.is_none() && entries.iter().all(|entry| filter(entry).is_none()) {
            return None;
        }
        let mut lines = Vec::new();
        for entry in entries {
            let hit = match filter(&entry) {
                Some(name) => self.inner_filter(name, group),
                None => Action::Undecided,
            };
            lines.extend(self.selected_by(&entry, hit, inbound));
        }
        Some(self.build.list("crypto map", lines))
    }

    /// The packets of an entry: the match of its list on the way out, the mirror of it on the way in.
    fn selected_by(&mut self, entry: &Entry<'a>, hit: Action, inbound: bool) -> Vec<Line> {
        let span = entry.span;
        let label = "crypto map".to_owned();
        if let Some(Found::List(list)) = entry.acl.map(|name| self.acl(Family::V4, name)) {
            let chain = self.derive(list, hit, Action::Return);
            if inbound {
                self.mirror(chain);
            }
            let matches = self.build.everything(Some(Family::V4), span);
            return vec![line(label, matches, Action::Jump(chain), span)];
        }
        let mut matches = self.build.everything(Some(Family::V4), span);
        let maps = &self.crypto;
        if entry.acl.is_none() && maps.clients && !maps.anyone && !maps.pools.is_empty() {
            let pools = maps.pools.clone();
            let members = pools.into_iter().map(|range| self.build.range(range, span)).collect();
            let clients: AddressId = self.build.union(members, span);
            if inbound {
                matches.source = clients;
            } else {
                matches.destination = clients;
            }
        }
        vec![line(label, matches, hit, span)]
    }

    /// Turns the lines of a chain round; ports are left open then, since lists for tunnels hardly ever name any.
    fn mirror(&mut self, chain: ListId) {
        let mut lines = std::mem::take(&mut self.build.device.lists[chain].lines);
        for line in &mut lines {
            std::mem::swap(&mut line.matches.source, &mut line.matches.destination);
            line.matches.service = self.without_ports(line.matches.service, line.span);
        }
        self.build.device.lists[chain].lines = lines;
    }

    fn without_ports(&mut self, service: ServiceId, span: Span) -> ServiceId {
        match &self.build.device.services[service].value {
            ServiceSet::Any | ServiceSet::Protocol(_) => service,
            ServiceSet::Ports { protocol, .. } | ServiceSet::Icmp { protocol, .. } => {
                let protocol = *protocol;
                self.build.protocol(protocol, span)
            }
            _ => self.build.any_service(span),
        }
    }

    /// `set ip access-group`: what it permits may pass, since the packet may come unencrypted and be dropped; what it denies
    /// passes in no way, or the access group permits it and it may.
    fn inner_filter(&mut self, name: Word<'a>, group: Option<AccessGroup<'a>>) -> Action {
        let Found::List(inner) = self.acl(Family::V4, name) else { return Action::Undecided };
        let chain = self.derive(inner, Action::Undecided, Action::Return);
        let label = || format!("crypto map: {}", name.text);
        let matches = self.build.everything(Some(Family::V4), name.span);
        let mut lines = vec![line(label(), matches.clone(), Action::Jump(chain), name.span)];
        let outer = group.map(|group| (group, self.acl(Family::V4, group.name)));
        match outer {
            Some((group, Found::List(outer))) => {
                let rest = self.derive(outer, Action::Undecided, Action::Deny);
                lines.push(line(label(), matches.clone(), Action::Jump(rest), name.span));
                let end = format!("{} implicit deny", group.name.text);
                lines.push(line(end, matches, Action::Deny, group.span));
            }
            _ => lines.push(line(label(), matches, Action::Undecided, name.span)),
        }
        Action::Jump(self.build.list("crypto map", lines))
    }
}

fn entry<'a>(block: &Block<'a>) -> Entry<'a> {
    let head = &block.head;
    let (mut acl, mut inward, mut outward) = (None, None, None);
    for line in &block.body {
        match (line.word(0), line.word(1), line.word(2)) {
            ("match", "address", _) => acl = line.words.get(2).copied(),
            ("set", "ip", "access-group") if line.word(4) == "out" => {
                outward = line.words.get(3).copied();
            }
            ("set", "ip", "access-group") => inward = line.words.get(3).copied(),
            _ => {}
        }
    }
    // The group says which packets; the list of the entry takes some out of them.
    let acl = acl.filter(|_| head.word(4) != "gdoi");
    let dynamic = (head.word(5) == "dynamic").then(|| head.word(6));
    Entry { acl, inward, outward, dynamic, span: block.span() }
}
