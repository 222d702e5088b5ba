//! What the organisation declares: flows that instantiate the conditional cells of a policy, and facts that no configuration
//! shows.
//!
//! A declared flow excuses packets only as far as it fits its permit: ends, services, edition and period. One that does not fit
//! excuses nothing, so the traffic stays a violation, and the misfit is told beside it. A fact that is missing keeps the rule
//! undetermined; one that contradicts what is needed makes the flow count for nothing.

mod tell;

use super::parties::{End, Resolver, Without};
use crate::finding::{Finding, Verdict};
use crate::net::{PortRange, number};
use crate::policy::{DeclaredFlow, Fact, Of, Permit, Policy, PolicyRule, Service, Verb};
use crate::snapshot::{Place, Snapshot};
use crate::source::{Problem, Span, Spanned};
use crate::text;
use crate::text::Text;

/// How many addresses the ends of a pinned flow may have.
const PINNED: u128 = 16;

/// Why a declaration does not count, or not any more.
#[derive(Clone, Debug)]
pub struct Misfit {
    /// What it is called in findings: the identifier of the flow.
    pub name: String,
    /// Why.
    pub reason: Text,
    /// Where it stands.
    pub span: Span,
}

/// A fact that is not as a rule needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Of what: a host, zone, flow or `organisation`.
    pub of: String,
    /// What it is called in reports.
    pub label: Text,
    /// Which fact.
    pub fact: String,
    /// What the fact is called in reports.
    pub fact_label: Text,
    /// The value that is needed; `None`: any.
    pub want: Option<String>,
    /// What is wrong with it.
    pub state: State,
    /// The declared flow that rests on it, when it is one, with its place.
    pub flow: Option<(String, Span)>,
}

/// What is wrong with a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody declared it.
    Missing,
    /// The day by which it was to be confirmed again is past.
    Overdue(Span),
    /// Its value is another.
    Contrary(Span),
}

/// Declared flows, judged against their permits.
pub(super) struct Counted<'p> {
    snapshot: &'p Snapshot,
    policy: &'p Policy,
    flows: Vec<Declared<'p>>,
    pub(super) misfits: Vec<Misfit>,
}

struct Declared<'p> {
    index: usize,
    flow: &'p DeclaredFlow,
    from: Vec<End>,
    to: Vec<End>,
    /// The permits that it fits; turned when the flow runs against the permit's direction.
    fits: Vec<(&'p Permit, bool)>,
}

/// Every declared flow against every permit of its name.
pub(super) fn count<'p>(resolver: &mut Resolver<'p>, policy: &'p Policy) -> Counted<'p> {
    let snapshot = resolver.snapshot;
    let mut counted = Counted { snapshot, policy, flows: Vec::new(), misfits: Vec::new() };
    for (index, flow) in policy.flows.iter().enumerate() {
        let (from, to) = (resolver.ends(&flow.from), resolver.ends(&flow.to));
        let mut declared = Declared { index, flow, from, to, fits: Vec::new() };
        let reason = if let Some(reason) = out_of_time(snapshot, flow) {
            Some(reason)
        } else {
            match &flow.permit {
                None => None,
                Some(permit) => fit(resolver, policy, &mut declared, permit).err(),
            }
        };
        match reason {
            Some(reason) => {
                counted.misfits.push(Misfit { name: flow.id.clone(), reason, span: flow.span });
            }
            None => counted.flows.push(declared),
        }
    }
    counted
}

fn out_of_time(snapshot: &Snapshot, flow: &DeclaredFlow) -> Option<Text> {
    let day = snapshot.at?.day;
    if flow.until.is_some_and(|until| until < day) {
        return Some(text!("期間が終わっています", "its period is over"));
    }
    let early = flow.since.is_some_and(|since| since > day);
    early.then(|| text!("期間がまだ始まっていません", "its period has not begun"))
}

/// The permits that a flow fits; why it fits none.
fn fit<'p>(
    resolver: &mut Resolver<'p>,
    policy: &'p Policy,
    declared: &mut Declared<'p>,
    name: &Spanned<String>,
) -> Result<(), Text> {
    let word = &name.value;
    let mut reason = text!(
        "許可条件「{word}」は、使用中の版の方針パックにはありません",
        "no pack in use has the permit `{word}` in its edition"
    );
    for permit in policy.permits.iter().filter(|permit| permit.id.value == *word) {
        let (from, to) =
            resolver.of_pack(|resolver| (resolver.ends(&permit.from), resolver.ends(&permit.to)));
        let straight = within(&declared.from, &from) && within(&declared.to, &to);
        let turned = within(&declared.from, &to) && within(&declared.to, &from);
        let fits = if straight {
            misfit(declared.flow, permit, declared).map_or(Ok(false), Err)
        } else if turned && permit.both_ways {
            misfit(declared.flow, permit, declared).map_or(Ok(true), Err)
        } else {
            Err(text!(
                "送信元と宛先が、許可条件「{word}」の役割の範囲にありません（開始する側にも注意してください）",
                "its ends do not lie in the roles of the permit `{word}` (mind which side opens the connection)"
            ))
        };
        match fits {
            Ok(turned) => declared.fits.push((permit, turned)),
            Err(why) => reason = why,
        }
    }
    if declared.fits.is_empty() { Err(reason) } else { Ok(()) }
}

/// Why a flow whose ends are right does not fit.
fn misfit(flow: &DeclaredFlow, permit: &Permit, declared: &Declared<'_>) -> Option<Text> {
    let inside = |service: &Service| {
        permit.services.is_empty() || permit.services.iter().any(|wide| holds(wide, service))
    };
    if flow.services.is_empty() && !permit.services.is_empty() {
        return Some(text!("サービスが書かれていません", "it names no service"));
    }
    if !flow.services.iter().all(inside) {
        let list = super::write::services(&permit.services);
        return Some(text!(
            "サービスが許可条件の範囲（{list}）にありません",
            "its services are not within those of the permit ({list})"
        ));
    }
    if !permit.pinned {
        return None;
    }
    if [&declared.from, &declared.to].into_iter().any(|ends| !pinned(ends)) {
        return Some(text!(
            "送信元と宛先をホスト（アドレス）で限定していません",
            "its ends are not limited to hosts"
        ));
    }
    let one_port = |service: &Service| {
        let ported = service.protocol.is_some_and(crate::net::flow::has_ports);
        service.protocol.is_some() && (!ported || service.ports.first() == service.ports.last())
    };
    let limited = !flow.services.is_empty() && flow.services.iter().all(one_port);
    (!limited).then(|| {
        text!("ポート番号まで限定していません", "its services are not limited to single ports")
    })
}

fn holds(wide: &Service, narrow: &Service) -> bool {
    let ports = |a: PortRange, b: PortRange| a.first() <= b.first() && b.last() <= a.last();
    wide.protocol.is_none() || (wide.protocol == narrow.protocol && ports(wide.ports, narrow.ports))
}

/// Whether the ends name few addresses, each.
fn pinned(ends: &[End]) -> bool {
    let size = |end: &End| {
        let ranges = end.ranges.as_ref()?;
        Some(ranges.iter().map(|r| number(r.last()) - number(r.first()) + 1).sum::<u128>())
    };
    ends.iter().all(|end| size(end).is_some_and(|size| size <= PINNED))
}

/// Whether every end lies in one of `wide`.
fn within(ends: &[End], wide: &[End]) -> bool {
    let covers = |wide: &End, end: &End| {
        wide.place == end.place
            && match (&wide.ranges, &end.ranges) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(outer), Some(inner)) => inner.iter().all(|range| {
                    outer.iter().any(|o| o.contains(range.first()) && o.contains(range.last()))
                }),
            }
    };
    !ends.is_empty() && ends.iter().all(|end| wide.iter().any(|wide| covers(wide, end)))
}

impl<'p> Counted<'p> {
    /// What declared flows let pass of an `only` rule between these ends, and the doubts that come with it.
    pub(super) fn allow(
        &self,
        rule: &PolicyRule,
        names: Option<&[Spanned<String>]>,
        (from, to): (&[End], &[End]),
    ) -> (Vec<Without>, Vec<Doubt>) {
        let (mut without, mut doubts) = (Vec::new(), Vec::new());
        let both_ways = rule.verb.both_ways();
        for declared in &self.flows {
            let Some(fit) = declared.under(rule, names) else { continue };
            let meets =
                |a: &[End], b: &[End]| a.iter().any(|x| b.iter().any(|y| x.place == y.place));
            let mut ways = vec![(&declared.from, &declared.to)];
            if declared.flow.both_ways {
                ways.push((&declared.to, &declared.from));
            }
            ways.retain(|(f, t)| {
                (meets(f, from) && meets(t, to)) || (both_ways && meets(f, to) && meets(t, from))
            });
            if ways.is_empty() {
                continue;
            }
            let open =
                fit.map_or_else(Vec::new, |(permit, turned)| self.doubts(declared, permit, turned));
            let contrary = open.iter().any(|doubt| matches!(doubt.state, State::Contrary(_)));
            doubts.extend(open);
            if contrary {
                continue;
            }
            without.extend(ways.into_iter().map(|(from, to)| Without {
                from: from.clone(),
                to: to.clone(),
                services: declared.flow.services.clone(),
                waiver: None,
                flow: Some(declared.index),
            }));
        }
        (without, doubts)
    }

    fn doubts(&self, declared: &Declared<'_>, permit: &Permit, turned: bool) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        for need in &permit.needs {
            let ends = match (need.of, turned) {
                (Of::From, false) | (Of::To, true) => Some(&declared.from),
                (Of::To, false) | (Of::From, true) => Some(&declared.to),
                _ => None,
            };
            let subjects: Vec<Vec<String>> = match (need.of, ends) {
                (_, Some(ends)) => {
                    let spared = |end: &&End| {
                        !need.unless.as_ref().is_some_and(|r| has_role(self.snapshot, end, r))
                    };
                    ends.iter().filter(spared).map(names).collect()
                }
                (Of::Flow, _) => vec![vec![declared.flow.id.clone()]],
                _ => vec![vec![ORGANISATION.to_owned()]],
            };
            let flow = Some((declared.flow.id.clone(), declared.flow.span));
            for subject in subjects {
                let needed = Needed { fact: &need.fact, want: need.want.as_deref() };
                doubts.extend(doubt(self.snapshot, self.policy, &subject, needed, flow.clone()));
            }
        }
        doubts
    }
}

impl<'p> Declared<'p> {
    /// Whether a rule that lets flows of these permits pass takes this one, and on which permit that rests.
    #[allow(
        clippy::option_option,
        reason = "counted without a permit is not the same as not counted"
    )]
    fn under(
        &self,
        rule: &PolicyRule,
        names: Option<&[Spanned<String>]>,
    ) -> Option<Option<(&'p Permit, bool)>> {
        let own = |(permit, _): &&(&Permit, bool)| {
            rule.pack.is_none() || permit.pack.is_none() || permit.pack == rule.pack
        };
        let fit = self.fits.iter().find(own).copied();
        match (names, &self.flow.permit) {
            (None, None) => Some(None),
            (Some(_), None) => None,
            (None, Some(_)) => fit.map(Some),
            (Some(names), Some(permit)) => {
                let named = names.iter().any(|name| name.value == permit.value);
                fit.filter(|_| named).map(Some)
            }
        }
    }
}

const ORGANISATION: &str = "organisation";

struct Needed<'a> {
    fact: &'a str,
    want: Option<&'a str>,
}

/// The names under which facts may speak of an end, the most specific first.
fn names(end: &End) -> Vec<String> {
    let mut out = vec![end.name.clone()];
    if let Some((zone, rest)) = end.name.split_once(['.', ' ']) {
        if end.name.contains('.') {
            out.push(rest.to_owned());
        }
        out.push(zone.to_owned());
    }
    out
}

fn has_role(snapshot: &Snapshot, end: &End, role: &str) -> bool {
    let Place::Zone(zone) = end.place else { return false };
    let has = |roles: &[String]| roles.iter().any(|known| known == role);
    let host = snapshot.hosts.iter().find(|(_, host)| {
        host.zone == zone && end.name == format!("{}.{}", snapshot.zones[zone].id, host.id)
    });
    has(&snapshot.zones[zone].roles) || host.is_some_and(|(_, host)| has(&host.roles))
}

/// What is wrong with the fact; `None` when it is as needed.
fn doubt(
    snapshot: &Snapshot,
    policy: &Policy,
    subject: &[String],
    needed: Needed<'_>,
    flow: Option<(String, Span)>,
) -> Option<Doubt> {
    let about = |name: &String| {
        policy.facts.iter().find(|fact| fact.of.value == *name && fact.name == needed.fact)
    };
    let fact = subject.iter().find_map(about);
    let overdue = |fact: &Fact| fact.review.zip(snapshot.at).is_some_and(|(day, at)| day < at.day);
    let state = match fact {
        None => State::Missing,
        Some(fact) if needed.want.is_some_and(|want| want != fact.value) => {
            State::Contrary(fact.span)
        }
        Some(fact) if overdue(fact) => State::Overdue(fact.span),
        Some(_) => return None,
    };
    let of = subject.first()?.clone();
    let label = if of == ORGANISATION {
        text!("当団体", "the organisation")
    } else {
        Text::same(&super::write::label(snapshot, &of))
    };
    let known = policy.fact_labels.iter().find(|known| known.id == needed.fact);
    let fact_label = known.map_or_else(|| Text::same(needed.fact), |known| known.label.clone());
    let (fact, want) = (needed.fact.to_owned(), needed.want.map(str::to_owned));
    Some(Doubt { of, label, fact, fact_label, want, state, flow })
}

/// Facts about something that does not exist.
pub(super) fn unknown_subjects(snapshot: &Snapshot, policy: &Policy) -> Vec<Problem> {
    let mut known: Vec<String> = vec![ORGANISATION.to_owned()];
    known.extend(snapshot.zones.iter().map(|(_, zone)| zone.id.clone()));
    for (_, host) in snapshot.hosts.iter() {
        known.push(host.id.clone());
        known.push(format!("{}.{}", snapshot.zones[host.zone].id, host.id));
    }
    known.extend(snapshot.devices.iter().map(|(_, device)| device.name.clone()));
    known.extend(snapshot.opaques.iter().map(|(_, opaque)| opaque.name.clone()));
    known.extend(policy.flows.iter().map(|flow| flow.id.clone()));
    let unknown = policy.facts.iter().filter(|fact| !known.contains(&fact.of.value));
    unknown
        .map(|fact| {
            let word = &fact.of.value;
            let message = text!(
                "「{word}」というゾーン、ホスト、機器、通信はありません。",
                "no zone, host, device or flow `{word}`"
            );
            Problem::new(fact.of.span, message).suggest(word, known.iter().map(String::as_str))
        })
        .collect()
}

/// Findings about facts: of `declare` rules, and of the flows that a rule lets pass.
pub(super) fn facts(
    snapshot: &Snapshot,
    policy: &Policy,
    rule: &super::parties::ResolvedRule<'_>,
) -> Vec<Finding> {
    let mut doubts = rule.doubts.clone();
    if let Verb::Declare { fact, want } = &rule.rule.verb {
        let ends = rule.directions.iter().flat_map(|direction| &direction.from);
        let mut subjects: Vec<Vec<String>> = ends.map(names).collect();
        if rule.rule.from.is_empty() {
            subjects.push(vec![ORGANISATION.to_owned()]);
        }
        for subject in subjects {
            let needed = Needed { fact, want: want.as_deref() };
            doubts.extend(doubt(snapshot, policy, &subject, needed, None));
        }
    }
    let mut known: Vec<Doubt> = Vec::new();
    doubts.retain(|doubt| {
        let same =
            |old: &Doubt| old.of == doubt.of && old.fact == doubt.fact && old.state == doubt.state;
        let fresh = !known.iter().any(same);
        known.push(doubt.clone());
        fresh
    });
    let (contrary, open): (Vec<Doubt>, Vec<Doubt>) =
        doubts.into_iter().partition(|doubt| matches!(doubt.state, State::Contrary(_)));
    let mut findings = Vec::new();
    for (doubts, verdict) in [(contrary, Verdict::Violated), (open, Verdict::Undetermined)] {
        if !doubts.is_empty() {
            findings.push(tell::doubts(rule.rule, &doubts, verdict));
        }
    }
    findings
}

/// Findings about declarations that do not count.
pub(super) fn misfits(misfits: &[Misfit]) -> Vec<Finding> {
    misfits.iter().map(tell::misfit).collect()
}
