//! Questions beside the policy: the whole matrix, and one pair explained.

use super::{ExplainedCase, Explanation, InputError, Loaded, Matrix, MatrixPair};
use crate::check::{self, End};
use crate::compile::{Header, Reading, fields};
use crate::finding::{Cause, FlowList};
use crate::net::{Family, Prefix};
use crate::packetset::{Arena, Function, Intervals};
use crate::policy::{Party, Service, Who};
use crate::reach::{Network, Query, Run, Ways};
use crate::snapshot::{Place, ZoneAddresses, ZoneId};
use crate::source::Span;
use crate::trace::{self, Ingress, Options};
use crate::{policy, text};

/// How many of the places that one word stands for a message names.
const NAMED: usize = 4;
/// How many flows a cell of the matrix lists.
const FLOWS: usize = 50;
/// How many flows the cells of a matrix list together; later cells only count theirs.
const LISTED: usize = 200_000;

pub(super) fn matrix(loaded: &Loaded) -> Matrix {
    let mut room = LISTED;
    let mut pairs = rows::<u32>(loaded, &mut room);
    pairs.extend(rows::<u128>(loaded, &mut room));
    Matrix { pairs }
}

fn rows<K: Header>(loaded: &Loaded, room: &mut usize) -> Vec<MatrixPair> {
    let network = Network::<K>::new(&loaded.snapshot);
    let zones: Vec<End> =
        loaded.snapshot.zones.ids().map(|zone| check::zone_end(&loaded.snapshot, zone)).collect();
    let own = own(&network);
    let mut pairs = Vec::new();
    for from in &zones {
        let Place::Zone(zone) = from.place else { continue };
        if check::addresses(&network, from).is_empty() {
            continue;
        }
        let mut may = everything(&network, from, zone, (Reading::May, false));
        let mut must =
            (!may.exact).then(|| everything(&network, from, zone, (Reading::Must, false)));
        for to in zones
            .iter()
            .filter(|to| to.place != from.place && !check::addresses(&network, to).is_empty())
        {
            let everything =
                passes_whole(&network, must.as_mut().unwrap_or(&mut may), (from, to), (&[], &own));
            let limit = FLOWS.min(*room);
            let widest = listed(&network, &mut may, to, (&[], limit));
            let sure = match must.as_mut() {
                Some(run) => listed(&network, run, to, (&[], limit)),
                None => widest.clone(),
            };
            let shown = [&widest, &sure].map(|list| list.as_ref().map_or(0, |l| l.flows.len()));
            *room = room.saturating_sub(shown.iter().sum());
            pairs.push(MatrixPair {
                from: from.name.clone(),
                to: to.name.clone(),
                family: K::FAMILY,
                everything: everything && widest.is_some() && sure.is_some(),
                must: sure.unwrap_or_default(),
                may: widest.unwrap_or_else(FlowList::anything),
            });
        }
    }
    pairs
}

/// Every packet that a party can open a connection with; `whole` when it is asked what of it was sent.
fn everything<K: Header>(
    network: &Network<'_, K>,
    from: &End,
    zone: ZoneId,
    (reading, whole): (Reading, bool),
) -> Run<K> {
    let start = |arena: &mut Arena<K>| {
        let source = arena.field_in(fields::SRC, &check::addresses(network, from));
        arena.guard(network.opening(), source)
    };
    let query = Query { zone, start: &start, reading, only_filters_of: None, watch: &[] };
    if whole { network.run_whole(&query, None) } else { network.run(&query) }
}

/// What of a run arrives at a party by services, as a list; `None` when a limit leaves it open.
fn listed<K: Header>(
    network: &Network<'_, K>,
    run: &mut Run<K>,
    to: &End,
    (services, limit): (&[Service], usize),
) -> Option<FlowList> {
    let set = arriving(network, run, to, services);
    let wanted = check::service_set(&mut run.arena, services);
    let set = run.arena.guard(set, wanted);
    let list = check::list_flows(&mut run.arena, set, limit);
    (!run.limited()).then_some(list)
}

/// What of a run arrives at a party; who asks for services means the packets as they are sent.
fn arriving<K: Header>(
    network: &Network<'_, K>,
    run: &mut Run<K>,
    to: &End,
    services: &[Service],
) -> Function {
    let inside = run.arena.field_in(fields::DST, &check::addresses(network, to));
    if services.is_empty() {
        let all = run.delivered(to.place, None);
        return run.arena.guard(all, inside);
    }
    let ways = Ways::of(run);
    run.origins(network, &ways, to.place, inside)
}

/// The addresses of devices.
pub(super) fn own<K: Header>(network: &Network<'_, K>) -> Intervals<K> {
    let devices = network.compiled.iter().flat_map(|device| device.routes.iter());
    devices.fold(Intervals::empty(), |all, table| all.union(&table.own))
}

/// The addresses of a party; of a zone, but those of devices in it: what goes there or comes from there is not what is meant.
pub(super) fn hosts<K: Header>(
    network: &Network<'_, K>,
    end: &End,
    own: &Intervals<K>,
) -> Intervals<K> {
    let all = check::addresses(network, end);
    if matches!(end.place, Place::Zone(_)) { all.minus(own) } else { all }
}

/// Whether a run delivers every packet of the services that could open a connection, but to devices' own addresses.
fn passes_whole<K: Header>(
    network: &Network<'_, K>,
    run: &mut Run<K>,
    ends: (&End, &End),
    (services, own): (&[Service], &Intervals<K>),
) -> bool {
    let [from, to] = [ends.0, ends.1].map(|end| hosts(network, end, own));
    let source = run.arena.field_in(fields::SRC, &from);
    let destination = run.arena.field_in(fields::DST, &to);
    let wanted = check::service_set(&mut run.arena, services);
    let opening = network.opening();
    let all = [source, destination, wanted]
        .into_iter()
        .fold(opening, |all, part| run.arena.guard(all, part));
    let arrived = arriving(network, run, ends.1, services);
    let arrived = run.arena.exists(arrived, fields::MARK);
    !all.is_none() && run.arena.is_subset(all, arrived)
}

#[allow(clippy::result_large_err, reason = "once a run")]
pub(super) fn explain(
    loaded: &Loaded,
    from: &str,
    to: &str,
    service: Option<&str>,
) -> Result<Explanation, InputError> {
    let services = match service {
        None => Vec::new(),
        Some(word) => vec![self::service(word)?],
    };
    let (from, to) = (start(loaded, from)?, party(loaded, to)?);
    let mut cases = Vec::new();
    cases.extend(case::<u32>(loaded, &from, &to, &services));
    cases.extend(case::<u128>(loaded, &from, &to, &services));
    let service = service.map(str::to_owned);
    Ok(Explanation { from: from.name, to: to.name, service, cases })
}

/// A service by its word.
#[allow(clippy::result_large_err, reason = "once a run")]
pub(super) fn service(word: &str) -> Result<Service, InputError> {
    policy::read_service(word).ok_or_else(|| {
        error(
            word,
            text!("「{word}」はサービスとして読めません。", "`{word}` is not a service"),
            Some(text!(
                "例: tcp/443、udp/53、icmp/8、any",
                "for example tcp/443, udp/53, icmp/8, any"
            )),
        )
    })
}

#[allow(clippy::result_large_err, reason = "once a run")]
pub(super) fn party(loaded: &Loaded, word: &str) -> Result<End, InputError> {
    let who = policy::read_party(word).unwrap_or_else(|| Who::Zone(word.to_owned()));
    let unclear = || {
        error(
            word,
            text!("「{word}」は1つの場所を表しません。", "`{word}` does not name one place"),
            None,
        )
    };
    let file = loaded.sources.iter().next().map(|(file, _)| file).ok_or_else(unclear)?;
    let span = Span { file, start: 0, end: 0 };
    let ends = check::resolve_parties(&loaded.snapshot, &[Party { who, span }]);
    match ends {
        Ok(ends) if ends.len() > 1 => Err(several(word, &ends)),
        Ok(ends) => ends.into_iter().next().ok_or_else(unclear),
        Err(problems) => Err(problems
            .into_iter()
            .next()
            .map_or_else(unclear, |p| error(word, p.message, p.help))),
    }
}

/// A party at which connections start.
#[allow(clippy::result_large_err, reason = "once a run")]
pub(super) fn start(loaded: &Loaded, word: &str) -> Result<End, InputError> {
    let end = party(loaded, word)?;
    if matches!(end.place, Place::Zone(_)) {
        return Ok(end);
    }
    let message = text!(
        "「{word}」（機器自身）は送信元にできません。",
        "`{word}` cannot be where a connection starts: it is a device itself"
    );
    let help = text!("ゾーンかホストを書いてください。", "write a zone or a host");
    Err(error(word, message, Some(help)))
}

fn several(word: &str, ends: &[End]) -> InputError {
    let shown: Vec<&str> = ends.iter().take(NAMED).map(|end| end.name.as_str()).collect();
    let (count, shown) = (ends.len(), shown.join(", "));
    let message = text!(
        "「{word}」は {count} か所を表します（{shown} など）。",
        "`{word}` names {count} places ({shown}, for example)"
    );
    let help = text!(
        "1か所ずつ確かめてください。`sekisho matrix` はゾーンの組すべてを表にします。",
        "ask about one at a time; `sekisho matrix` is a table of all pairs of zones"
    );
    error(word, message, Some(help))
}

/// The addresses of a party as networks; of a zone that is everything else, all of each family. Nothing of a device itself.
pub(super) fn networks(loaded: &Loaded, end: &End) -> Vec<Prefix> {
    match (&end.ranges, end.place) {
        (Some(ranges), _) => ranges.iter().flat_map(|range| range.prefixes()).collect(),
        (None, Place::Zone(zone)) => match &loaded.snapshot.zones[zone].addresses {
            ZoneAddresses::Networks(networks) => networks.clone(),
            ZoneAddresses::Rest => Family::ALL.map(Prefix::all).to_vec(),
        },
        _ => Vec::new(),
    }
}

fn error(path: &str, message: crate::text::Text, help: Option<crate::text::Text>) -> InputError {
    InputError { path: path.to_owned(), span: None, line: None, message, help }
}

fn case<K: Header>(
    loaded: &Loaded,
    from: &End,
    to: &End,
    services: &[Service],
) -> Option<ExplainedCase> {
    let network = Network::<K>::new(&loaded.snapshot);
    let Place::Zone(zone) = from.place else { return None };
    if check::addresses(&network, from).is_empty() || check::addresses(&network, to).is_empty() {
        return None;
    }
    let whole = !services.is_empty();
    let mut may = everything(&network, from, zone, (Reading::May, whole));
    let mut must = everything(&network, from, zone, (Reading::Must, whole));
    let everything = passes_whole(&network, &mut must, (from, to), (services, &own(&network)));
    let sure = listed(&network, &mut must, to, (services, FLOWS)).unwrap_or_default();
    let found = listed(&network, &mut may, to, (services, FLOWS));
    let limited = found.is_none() || must.limited();
    let widest = found.unwrap_or_else(FlowList::anything);
    let run = if sure.flows.is_empty() { &mut may } else { &mut must };
    if limited {
        return Some(ExplainedCase {
            family: K::FAMILY,
            must: sure,
            may: widest,
            everything: false,
            witness: None,
            path: Vec::new(),
            causes: vec![check::limit_reached()],
        });
    }
    let witness = check::example(&network, run, (from, to), services)?;
    let trace = trace::trace(&loaded.snapshot, Ingress::Zone(zone), witness, &Options::default());
    let arrives = trace.ends.iter().find(|end| end.place() == Some(to.place) && end.certain);
    let end = arrives
        .or_else(|| trace.ends.iter().find(|end| end.place() == Some(to.place)))
        .or(trace.ends.first());
    let mut causes: Vec<Cause> =
        trace.ends.iter().flat_map(|end| end.causes.iter().cloned()).collect();
    causes.sort();
    causes.dedup();
    let path = end.map(|end| end.hops.clone()).unwrap_or_default();
    Some(ExplainedCase {
        family: K::FAMILY,
        must: sure,
        may: widest,
        everything,
        witness: Some(witness),
        path,
        causes,
    })
}
