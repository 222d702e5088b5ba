//! Chains of hosts, told step by step with packets.

use std::net::IpAddr;

use super::super::deny::{Asked, Hit};
use super::super::facts::{Facts, fingerprint, limit_reached};
use super::super::parties::{End, ResolvedRule, zone_end};
use super::super::{Judge, sets, write};
use super::residual::Entry;
use super::{Both, How, Item, Probe, Side};
use crate::compile::{Header, fields};
use crate::finding::{Chain, ChainStep, Finding, Kind, Verdict};
use crate::net::{AddressRange, Family, Flow, State, TCP_SYN};
use crate::packetset::Function;
use crate::snapshot::{Place, Snapshot, ZoneId};
use crate::text;
use crate::text::Text;

/// How many chains a finding tells.
const CHAINS: usize = 8;

/// A chain with what was seen at each step, first step first.
pub(super) struct Told {
    pub(super) chain: Chain,
    seen: Vec<Facts>,
}

impl Told {
    /// What the judges disagree about, when they do.
    pub(super) fn disagreement(&self) -> Option<&Facts> {
        self.seen.iter().find(|facts| facts.disagrees)
    }
}

impl Both<'_> {
    /// The shortest chain through each zone from which the target is reached; chains without a host between are left out.
    pub(super) fn chains(
        &self,
        rule: &ResolvedRule<'_>,
        items: &mut [Item<'_>],
        ends: (&End, &End),
        verdict: Verdict,
    ) -> Vec<Told> {
        let mut zones: Vec<ZoneId> = Vec::new();
        let mut told: Vec<Told> = Vec::new();
        for index in 1..items.len() {
            let Some(zone) = items.get(index).map(|item| item.zone) else { continue };
            if told.len() == CHAINS || zones.contains(&zone) {
                continue;
            }
            let Some(last) = self.last_step(rule, items, index, ends, verdict) else { continue };
            zones.push(zone);
            told.extend(self.chain(rule, items, (index, last), ends, verdict));
        }
        told.sort_by_key(|told| told.chain.steps.len());
        told
    }

    /// The step from an item into the target.
    pub(super) fn last_step(
        &self,
        rule: &ResolvedRule<'_>,
        items: &mut [Item<'_>],
        index: usize,
        ends: (&End, &End),
        verdict: Verdict,
    ) -> Option<Facts> {
        let item = items.get_mut(index)?;
        let from = zone_end(self.snapshot(), item.zone);
        let v4 = self.v4.step_to_target(rule, &mut item.v4, (&from, ends.1), verdict);
        v4.or_else(|| self.v6.step_to_target(rule, &mut item.v6, (&from, ends.1), verdict))
    }

    /// The chain whose last step is `last`, from item `index`.
    pub(super) fn chain(
        &self,
        rule: &ResolvedRule<'_>,
        items: &mut [Item<'_>],
        (index, last): (usize, Facts),
        ends: (&End, &End),
        verdict: Verdict,
    ) -> Option<Told> {
        let mut seen = vec![last];
        let mut at = index;
        loop {
            let host = seen.last()?.witness?.src;
            let to = self.host_end(items.get(at)?.zone, host);
            match items.get(at)?.how {
                How::Start => break,
                How::Reached(source, family) => {
                    let item = items.get_mut(source)?;
                    let from = zone_end(self.snapshot(), item.zone);
                    let facts = match family {
                        Family::V4 => self.v4.step_to_host(
                            rule,
                            item.v4.run(self.v4)?,
                            (&from, &to),
                            verdict,
                        )?,
                        Family::V6 => self.v6.step_to_host(
                            rule,
                            item.v6.run(self.v6)?,
                            (&from, &to),
                            verdict,
                        )?,
                    };
                    seen.push(facts);
                    at = source;
                }
                How::Neighbours(source) => {
                    let neighbour = self.example(items.get(source)?, host)?;
                    let mut facts = Facts::new(rule, &to, &to, Family::of(host), verdict);
                    facts.witness = Some(opening_flow(neighbour, host));
                    seen.push(facts);
                    at = source;
                }
            }
        }
        seen.reverse();
        let steps = seen.iter().enumerate().filter_map(|(position, facts)| {
            let flow = facts.witness?;
            let to = if position + 1 == seen.len() {
                self.name(ends.1.place, flow.dst)
            } else {
                self.name_of(flow.dst)
            };
            let from = if position == 0 { ends.0.name.clone() } else { self.name_of(flow.src) };
            Some(ChainStep { from, to, flow, path: facts.path.clone() })
        });
        Some(Told { chain: Chain { steps: steps.collect() }, seen: seen.clone() })
    }

    /// An address of an item in the family of `like`, a declared host's when there is one.
    fn example(&self, item: &Item<'_>, like: IpAddr) -> Option<IpAddr> {
        fn first<K: Header>(
            judge: &Judge<'_, K>,
            set: &crate::packetset::Intervals<K>,
        ) -> Option<IpAddr> {
            let hosts = judge.network.snapshot.hosts.iter().flat_map(|(_, host)| &host.addresses);
            let own = hosts.filter(|address| Family::of(**address) == K::FAMILY);
            let declared =
                own.map(|address| K::of(*address)).find(|address| set.contains(*address));
            declared
                .or_else(|| set.as_slice().first().map(|(first, _)| *first))
                .map(Header::address)
        }
        match Family::of(like) {
            Family::V4 => first(self.v4, &item.held.v4),
            Family::V6 => first(self.v6, &item.held.v6),
        }
    }

    /// A place with all addresses of the host that has `address`, or that address alone.
    fn host_end(&self, zone: ZoneId, address: IpAddr) -> End {
        let host = self.snapshot().hosts.iter().find(|(_, host)| host.addresses.contains(&address));
        let addresses = host.map_or_else(|| vec![address], |(_, host)| host.addresses.clone());
        let ranges = addresses.into_iter().map(AddressRange::single).collect();
        End {
            name: self.name(Place::Zone(zone), address),
            place: Place::Zone(zone),
            ranges: Some(ranges),
            whole: false,
        }
    }

    fn name(&self, place: Place, address: IpAddr) -> String {
        let zone = place.id(self.snapshot());
        let host = self.snapshot().hosts.iter().find(|(_, host)| host.addresses.contains(&address));
        host.map_or_else(
            || format!("{zone} ({address})"),
            |(_, host)| format!("{zone}.{}", host.id),
        )
    }

    pub(super) fn name_of(&self, address: IpAddr) -> String {
        let zone =
            self.snapshot().zones.ids().find(|zone| self.snapshot().zone_holds(*zone, address));
        zone.map_or_else(|| address.to_string(), |zone| self.name(Place::Zone(zone), address))
    }

    /// The finding that tells all chains.
    pub(super) fn finding(
        &self,
        rule: &ResolvedRule<'_>,
        (start, to): (&End, &End),
        verdict: Verdict,
        told: Vec<Told>,
        items: &mut [Item<'_>],
    ) -> Finding {
        let snapshot = self.snapshot();
        let (from, target) =
            (write::label(snapshot, &start.name), write::label(snapshot, &to.name));
        let shortest = told.first().map(|told| told.chain.clone()).unwrap_or_default();
        let route = chain_text(snapshot, &shortest);
        let depth = shortest.steps.len();
        let message = if verdict == Verdict::Violated {
            text!(
                "「{from}」から踏み台を経由して「{target}」に到達できます（深さ{depth}: {route}）。",
                "{target} can be reached from {from} through stepping stones (depth {depth}: {route})"
            )
        } else {
            text!(
                "「{from}」から踏み台を経由して「{target}」に到達できないことを確認できません（深さ{depth}: {route}）。",
                "it cannot be ruled out that {target} is reached from {from} through stepping stones (depth {depth}: {route})"
            )
        };
        let mut finding = write::blank(Kind::SteppingStone, rule.rule, verdict, message);
        finding.from = Some(start.name.clone());
        finding.to = Some(to.name.clone());
        if !self.direct(rule, items, to) {
            finding.details.push(text!(
                "「{from}」から「{target}」へ直接届くパケットはありません（パケットの到達性だけを見ると安全に見えます）。",
                "no packet travels from {from} to {target} directly: packet reachability alone would look safe"
            ));
        }
        for other in told.iter().skip(1) {
            let (depth, route) = (other.chain.steps.len(), chain_text(snapshot, &other.chain));
            finding.details.push(text!(
                "別の経路（深さ{depth}）: {route}",
                "another chain (depth {depth}): {route}"
            ));
        }
        finding.advice = Some(text!(
            "踏み台となる機器から先への通信を、必要なものだけに限定してください。",
            "narrow what the hosts in between may open to what they need"
        ));
        self.evidence(rule, &mut finding, &told);
        finding.chains = told.into_iter().map(|told| told.chain).collect();
        finding.fingerprint = fingerprint(self.v4, &finding);
        finding
    }

    /// The finding that a limit of the analysis leaves open whether there are chains.
    pub(super) fn unsettled(&self, rule: &ResolvedRule<'_>, (start, to): (&End, &End)) -> Finding {
        let snapshot = self.snapshot();
        let (from, target) =
            (write::label(snapshot, &start.name), write::label(snapshot, &to.name));
        let message = text!(
            "「{from}」から踏み台を経由して「{target}」に到達できないことを確認できません。",
            "it cannot be ruled out that {target} is reached from {from} through stepping stones"
        );
        let verdict = Verdict::Undetermined;
        let mut finding = write::blank(Kind::SteppingStone, rule.rule, verdict, message);
        finding.from = Some(start.name.clone());
        finding.to = Some(to.name.clone());
        finding.causes = vec![limit_reached()];
        finding.fingerprint = fingerprint(self.v4, &finding);
        finding
    }

    /// Witness, path and blame: of the steps after the first, which leads to a host that is meant to be reached.
    fn evidence(&self, rule: &ResolvedRule<'_>, finding: &mut Finding, told: &[Told]) {
        let Some(shortest) = told.first() else { return };
        if let Some(last) = shortest.seen.last() {
            finding.witness = last.witness;
            finding.path.clone_from(&last.path);
            finding.family = Some(last.family);
            finding.flows = last.flows.clone();
        }
        for blame in shortest.seen.iter().skip(1).flat_map(|facts| &facts.blame) {
            if !finding.blame.contains(blame) {
                finding.blame.push(blame.clone());
            }
        }
        let seen = told.iter().flat_map(|told| &told.seen);
        finding.causes = seen.flat_map(|facts| facts.causes.iter().cloned()).collect();
        finding.causes.sort();
        finding.causes.dedup();
        if let Some(facts) = told.iter().flat_map(|told| &told.seen).find(|facts| facts.disagrees) {
            *finding = write::disagreement(rule.rule, facts);
        }
    }

    /// Whether a packet of the start itself may arrive at the target.
    fn direct(&self, rule: &ResolvedRule<'_>, items: &mut [Item<'_>], to: &End) -> bool {
        let Some(Item { v4, v6, .. }) = items.first_mut() else { return false };
        v4.may_arrive(self.v4, rule, to) || v6.may_arrive(self.v6, rule, to)
    }
}

impl<K: Side> Judge<'_, K> {
    fn target_set(&self, rule: &ResolvedRule<'_>, asked: &mut Asked<'_, K>, to: &End) -> Function {
        let destination = asked.run.arena.field_in(fields::DST, &sets::addresses(self.network, to));
        let services = sets::service_set(&mut asked.run.arena, &rule.rule.services);
        asked.run.arena.guard(services, destination)
    }

    pub(super) fn arrives(
        &self,
        rule: &ResolvedRule<'_>,
        asked: &mut Asked<'_, K>,
        to: &End,
    ) -> bool {
        let wanted = self.target_set(rule, asked, to);
        let delivered = asked.run.delivered(to.place, None);
        let nothing = asked.run.arena.guard(delivered, wanted).is_none();
        !nothing || asked.run.limited()
    }

    fn step_to_target(
        &self,
        rule: &ResolvedRule<'_>,
        probe: &mut Probe<'_, K>,
        ends: (&End, &End),
        verdict: Verdict,
    ) -> Option<Facts> {
        if !probe.arrives(self, rule, ends.1) {
            return None;
        }
        let asked = probe.run(self)?;
        let wanted = self.target_set(rule, asked, ends.1);
        let mut hit = Hit { asked, wanted, place: ends.1.place, crossed: None };
        let mut facts = self.facts(rule, ends, &mut hit, verdict);
        facts.blame_route(self.network.snapshot);
        facts.witness.is_some().then_some(facts)
    }

    fn step_to_host(
        &self,
        rule: &ResolvedRule<'_>,
        asked: &mut Asked<'_, K>,
        ends: (&End, &End),
        verdict: Verdict,
    ) -> Option<Facts> {
        let wanted = asked.run.arena.field_in(fields::DST, &sets::addresses(self.network, ends.1));
        let mut hit = Hit { asked, wanted, place: ends.1.place, crossed: None };
        let mut facts = self.facts(rule, ends, &mut hit, verdict);
        facts.blame_route(self.network.snapshot);
        facts.witness.is_some().then_some(facts)
    }
}

/// `internet → dmz.web1 (tcp/443) → pi.fs1 (tcp/445)`.
pub(super) fn chain_text(snapshot: &Snapshot, chain: &Chain) -> String {
    let first =
        chain.steps.first().map(|step| write::label(snapshot, &step.from)).unwrap_or_default();
    chain.steps.iter().fold(first, |text, step| {
        let port = if step.flow.has_ports() {
            format!("/{}", step.flow.destination_port)
        } else {
            String::new()
        };
        let service = format!("{}{port}", crate::net::protocol_name(step.flow.protocol));
        format!("{text} → {} ({service})", write::label(snapshot, &step.to))
    })
}

/// What falls with a relay, in one sentence.
pub(super) fn residual(snapshot: &Snapshot, entry: &Entry, route: &str) -> Text {
    let relay = write::label(snapshot, &entry.relay);
    let label = |name: &String| format!("「{}」", write::label(snapshot, name));
    let targets_ja = entry.targets.iter().map(label).collect::<Vec<_>>().join("・");
    let plain = |name: &String| write::label(snapshot, name);
    let targets_en = entry.targets.iter().map(plain).collect::<Vec<_>>().join(", ");
    text!(
        "残存リスク: 中継「{relay}」が侵害されると、{targets_ja}に到達し得ます（{route}）。",
        "residual risk: once the relay {relay} is compromised, {targets_en} can be reached ({route})"
    )
}

/// What else falls with a relay, and what must fall before it.
pub(super) fn residual_details(snapshot: &Snapshot, entry: &Entry) -> Vec<Text> {
    let mut details = vec![text!(
        "規則の判定は、中継を侵害されない切断点として扱った結果です（--no-relays を指定すると切断点なしで判定します）。",
        "the verdict takes relays as points that chains do not go through (--no-relays judges without them)"
    )];
    if let Some(before) = &entry.before {
        let before = write::label(snapshot, before);
        details.push(text!(
            "その前に中継「{before}」も侵害される必要があります。",
            "the relay {before} would have to be compromised before"
        ));
    }
    if !entry.zones.is_empty() {
        let label = |zone: &String| write::label(snapshot, zone);
        let zones = entry.zones.iter().map(label).collect::<Vec<_>>().join(", ");
        details.push(text!(
            "この中継の侵害で、ほかに影響が及び得るゾーン: {zones}",
            "further zones that it opens: {zones}"
        ));
    }
    details
}

/// What to do about a relay that a rule rests on.
pub(super) fn residual_advice() -> Text {
    text!(
        "中継の更新・監視・管理者認証を重点的に行い、中継から先への通信を必要な宛先とサービスだけに限定してください。",
        "keep the relay patched, watched and well guarded, and narrow what it may open to the destinations and services that it needs"
    )
}

/// What one host sends another on its segment.
fn opening_flow(src: IpAddr, dst: IpAddr) -> Flow {
    Flow {
        src,
        dst,
        protocol: 6,
        source_port: 49152,
        destination_port: 445,
        tcp_flags: TCP_SYN,
        icmp_type: 0,
        icmp_code: 0,
        state: State::New,
    }
}
