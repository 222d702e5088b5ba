//! What virtual IPs do beside translating what comes in by their interface: overlap, go out, and turn back.

use super::core::Reader;
use super::policy::PolicyLine;
use super::route::prefixes_of;
use crate::model::{
    Action, AddressMap, AddressSet, InterfaceId, Interfaces, Line, Match, PortMap, Rewrite,
    RewriteId, ServiceSet, Translated, Unknown,
};
use crate::net::{AddressRange, Family, PortRange, number};
use crate::source::Span;
use crate::text;
use std::collections::{BTreeMap, BTreeSet};

/// The virtual IPs of a context.
#[derive(Default)]
pub(super) struct Vips {
    /// The lines of the translation list.
    pub(super) lines: Vec<Line>,
    /// What each does, for the order check and the outbound direction.
    pub(super) facts: Vec<Fact>,
}

/// Packets, and what becomes of their source port.
pub(super) type Leaving = (ServiceSet, Option<PortMap>);

/// One virtual IP.
pub(super) struct Fact {
    /// Its name.
    pub(super) name: String,
    pub(super) outside: Option<AddressRange>,
    pub(super) inside: Option<AddressRange>,
    pub(super) ports: Option<(u8, PortRange)>,
    pub(super) ingress: Interfaces,
    /// What the inner host sends that goes out under the outer address, when the two correspond one to one.
    pub(super) leaves: Option<Leaving>,
    /// Whether that is so for every interface that it leaves by, and without NAT in the policy (`nat-source-vip`).
    pub(super) forced: bool,
    pub(super) span: Span,
}

/// Two virtual IPs that could meet the same packet. Since 7.2 the list is asked from top to bottom, as it stands; up to 7.0
/// the order in which policies came to name them decided, which the configuration does not show, so either may apply.
pub(super) fn overlaps(reader: &Reader<'_>, vips: &mut Vips) {
    if reader.at_least((7, 2, 0)) == Some(true) {
        return;
    }
    let mut sorted: Vec<(u128, u128, Family, usize)> = vips
        .facts
        .iter()
        .enumerate()
        .filter_map(|(at, fact)| {
            let (first, last) = fact.outside?.numbers();
            Some((first, last, fact.outside?.family(), at))
        })
        .collect();
    sorted.sort_unstable();
    let mut doubtful = vec![false; vips.facts.len()];
    for (position, (_, last, family, a)) in sorted.iter().enumerate() {
        for (first, _, other, b) in sorted.iter().skip(position + 1) {
            if first > last {
                break;
            }
            let (Some(left), Some(right)) = (vips.facts.get(*a), vips.facts.get(*b)) else {
                continue;
            };
            if family == other && meet(left, right) {
                for at in [*a, *b] {
                    if let Some(slot) = doubtful.get_mut(at) {
                        *slot = true;
                    }
                }
            }
        }
    }
    for (line, _) in vips.lines.iter_mut().zip(&doubtful).filter(|(_, doubtful)| **doubtful) {
        let reason = text!(
            "外部アドレスが他のバーチャルIPと重なっており、どちらが適用されるか決まりません。",
            "its outer address overlaps another virtual IP; which one applies is not certain"
        );
        line.matches.unknown.push(Unknown { reason, span: line.span });
    }
}

fn meet(a: &Fact, b: &Fact) -> bool {
    let ports = match (a.ports, b.ports) {
        (Some((p, x)), Some((q, y))) => p == q && x.first() <= y.last() && y.first() <= x.last(),
        _ => true,
    };
    let ingress = match (&a.ingress, &b.ingress) {
        (Interfaces::Of(x), Interfaces::Of(y)) => x.iter().any(|id| y.contains(id)),
        _ => true,
    };
    ports && ingress
}

impl Vips {
    /// A virtual IP that no enabled policy names: recent releases leave its packets as they are, older ones translate them all
    /// the same.
    pub(super) fn unnamed(&mut self, policies: &[PolicyLine<'_>]) {
        let enabled = policies.iter().map(|policy| &policy.line).filter(|line| line.enabled);
        let mut named: BTreeSet<RewriteId> = BTreeSet::new();
        for line in enabled {
            if let Translated::By(rewrites) = &line.matches.translated {
                named.extend(rewrites);
            }
        }
        for line in &mut self.lines {
            if matches!(line.action, Action::Rewrite(id) if !named.contains(&id)) {
                let reason = text!(
                    "有効なポリシーから参照されていないバーチャルIPです。変換が行われるかは FortiOS の版によって異なります。",
                    "no enabled policy names this virtual IP; whether it translates then depends on the FortiOS release"
                );
                line.matches.unknown.push(Unknown { reason, span: line.span });
            }
        }
    }

    /// A published host leaves under the outer address when the policy translates, always with `nat-source-vip`, and perhaps
    /// with central NAT: *may* lines that stand before the other source translations. `others`: whether anything else
    /// translates sources, without which only the forced ones do.
    pub(super) fn outbound(&self, reader: &mut Reader<'_>, others: bool) -> Vec<Line> {
        let mut lines = Vec::new();
        for fact in self.facts.iter().filter(|fact| others || fact.forced) {
            let (Some(outside), Some(inside)) = (fact.outside, fact.inside) else { continue };
            let Some((service, source_port)) = fact.leaves.clone() else { continue };
            if number(outside.first()) == 0 {
                continue;
            }
            let label = format!("vip {} (outbound)", fact.name);
            let rewrite = reader.device.rewrites.push(Rewrite {
                label: label.clone(),
                source: Some(AddressMap::Shift { from: inside, to: outside }),
                source_port,
                span: Some(fact.span),
                ..Rewrite::default()
            });
            let source = reader.device.literal(AddressSet::Range(inside), fact.span);
            let any = reader.constant("any");
            let service = reader.device.literal_service(service, fact.span);
            let egress = if fact.forced { Interfaces::Any } else { fact.ingress.clone() };
            let reason = text!(
                "送信元がバーチャルIPの外部アドレスに変換されるかは、ポリシーの NAT や中央 SNAT の設定によります。",
                "whether the source becomes the outer address depends on the NAT of the policy or on central NAT"
            );
            lines.push(Line {
                label,
                matches: Match {
                    egress,
                    unknown: vec![Unknown { reason, span: fact.span }],
                    ..Match::between(source, any, service)
                },
                action: Action::Rewrite(rewrite),
                enabled: true,
                log: None,
                comment: None,
                span: fact.span,
            });
        }
        lines
    }
}

/// A deny policy that meets translated packets may also mean the outer address of a virtual IP, by an ordinary address: then it
/// perhaps stops what that virtual IP translates.
pub(super) fn outer_denies(
    reader: &mut Reader<'_>,
    vips: &Vips,
    policies: &mut Vec<PolicyLine<'_>>,
) {
    let any = reader.constant("any");
    let old = std::mem::take(policies);
    for policy in old {
        let matches = &policy.line.matches;
        let denies =
            policy.line.action == Action::Deny && matches.translated == Translated::Touched;
        let mut named = if denies { prefixes_of(reader, matches.destination) } else { None };
        // A destination of everything holds what comes of the translation, too.
        named.iter_mut().for_each(|list| list.retain(|prefix| prefix.len() > 0));
        let outer = |fact: &Fact| match (&named, fact.outside) {
            (Some(prefixes), Some(outside)) => {
                let (first, last) = outside.numbers();
                prefixes.iter().map(|prefix| prefix.range()).any(|range| {
                    let (start, end) = range.numbers();
                    range.family() == outside.family() && start <= last && first <= end
                })
            }
            _ => denies,
        };
        let pairs = vips.facts.iter().zip(&vips.lines).filter(|(fact, _)| outer(fact));
        let by: Vec<RewriteId> = pairs
            .filter_map(|(_, line)| match line.action {
                Action::Rewrite(id) => Some(id),
                _ => None,
            })
            .collect();
        let mut extra = policy.clone();
        policies.push(policy);
        if by.is_empty() {
            continue;
        }
        let reason = text!(
            "宛先がバーチャルIPの外部アドレスを指す拒否ポリシーです。変換された通信に一致するかは不明です。",
            "a deny policy on the outer address of a virtual IP; whether it meets the translated packets is not settled"
        );
        extra.line.matches.destination = any;
        extra.line.matches.translated = Translated::By(by);
        extra.line.matches.unknown.push(Unknown { reason, span: extra.line.span });
        policies.push(extra);
    }
}

/// Turning back: a host inside that may go out by the outer interface reaches the outer address of a virtual IP, and with it
/// the published host, although it did not come in by that interface. The device does so when one policy lets the packet
/// out and another lets it in again, so both the translation and the second policy get a *may* line for such packets.
pub(super) fn turn_back(vips: &mut Vips, policies: &mut Vec<PolicyLine<'_>>) {
    let mut cache: BTreeMap<Vec<InterfaceId>, Interfaces> = BTreeMap::new();
    let mut from: BTreeMap<RewriteId, (Vec<InterfaceId>, Interfaces)> = BTreeMap::new();
    let mut extra = Vec::new();
    for (fact, line) in vips.facts.iter().zip(&vips.lines) {
        let (Interfaces::Of(outer), Action::Rewrite(rewrite)) = (&fact.ingress, line.action) else {
            continue;
        };
        let inner = cache.entry(outer.clone()).or_insert_with(|| senders(policies, outer)).clone();
        if inner == Interfaces::Of(Vec::new()) || !line.enabled {
            continue;
        }
        from.insert(rewrite, (outer.clone(), inner.clone()));
        extra.push(turned(line, inner));
    }
    vips.lines.extend(extra);
    let old = std::mem::take(policies);
    for policy in old {
        let back = returning(&policy, &from);
        policies.push(policy);
        policies.extend(back);
    }
}

/// Where packets may come from that an ordinary policy lets out by one of `outer`.
fn senders(policies: &[PolicyLine<'_>], outer: &[InterfaceId]) -> Interfaces {
    let mut ids = Vec::new();
    for PolicyLine { line, .. } in policies {
        let ordinary = !matches!(line.matches.translated, Translated::By(_) | Translated::Touched);
        let out = outer.iter().any(|id| line.matches.egress.contains(*id));
        if !line.enabled || line.action == Action::Deny || !ordinary || !out {
            continue;
        }
        match &line.matches.ingress {
            Interfaces::Any => return Interfaces::Any,
            Interfaces::Of(more) => ids.extend(more.iter().filter(|id| !outer.contains(id))),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Interfaces::Of(ids)
}

fn turned(line: &Line, ingress: Interfaces) -> Line {
    let reason = text!(
        "内側から外部アドレス宛ての通信が折り返される（ヘアピン）場合があります。",
        "packets from inside to the outer address may be turned back (hairpin)"
    );
    let mut line = line.clone();
    line.matches.ingress = ingress;
    line.matches.unknown.push(Unknown { reason, span: line.span });
    line
}

fn returning<'a>(
    policy: &PolicyLine<'a>,
    from: &BTreeMap<RewriteId, (Vec<InterfaceId>, Interfaces)>,
) -> Option<PolicyLine<'a>> {
    // With central NAT, policies name no virtual IP: then any of them may be the one.
    let rewrites: Vec<RewriteId> = match &policy.line.matches.translated {
        Translated::By(rewrites) => rewrites.clone(),
        Translated::Ignored => from.keys().copied().collect(),
        _ => return None,
    };
    if policy.line.action == Action::Deny || policy.line.matches.ingress == Interfaces::Any {
        return None;
    }
    let mut by = Vec::new();
    let mut ids = Vec::new();
    let mut any = false;
    for rewrite in rewrites {
        let Some((outer, inner)) = from.get(&rewrite) else { continue };
        if !outer.iter().any(|id| policy.line.matches.ingress.contains(*id)) {
            continue;
        }
        by.push(rewrite);
        match inner {
            Interfaces::Any => any = true,
            Interfaces::Of(more) => ids.extend(more.iter().copied()),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    if !any && ids.is_empty() {
        return None;
    }
    let ingress = if any { Interfaces::Any } else { Interfaces::Of(ids) };
    let mut line = turned(&policy.line, ingress);
    line.matches.translated = Translated::By(by);
    Some(PolicyLine { line, nat: policy.nat.clone(), sources: policy.sources })
}
