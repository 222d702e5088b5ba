//! What must hold for every input, however broken. The fuzz targets and `tests/robustness.rs` share this file: each function
//! takes bytes and panics with a sentence when an invariant does not hold.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "an invariant that does not hold says so"
)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sekisho::formats::{Format, Input};
use sekisho::model::{Action, AddressMap, AddressSet, Binding, Coverage, Device, Interfaces};
use sekisho::model::{Line, LineStatus, Match, PortMap, ServiceSet, Stage};
use sekisho::packetset::{Arena, Function, Intervals, Rule};
use sekisho::scan::{self, Files, Loaded, Options};
use sekisho::snapshot::Snapshot;
use sekisho::source::{File, FileId, Problem, Sources, Span};

/// The reason that the ledger gives for a line that its reader forgot.
const FORGOTTEN: &str = "this line was not interpreted";

/// Decoding gives text without carriage returns, escapes and zero bytes, with as many lines as it says, or an error that names
/// a line.
pub fn decode(bytes: &[u8]) -> Option<(Sources, FileId)> {
    let mut sources = Sources::default();
    match sources.add("input", bytes) {
        Ok(id) => {
            let file = sources.file(id);
            let lines = file.text().split_inclusive('\n').count();
            assert_eq!(file.line_count(), lines, "lines of the file");
            let control = |c: char| c.is_control() && c != '\n' && c != '\t';
            assert!(!file.text().contains(control), "control characters stay in the text");
            let last = u32::try_from(file.text().len()).expect("limited");
            assert!(file.line_at(last) as usize <= lines.max(1), "line of the end");
            Some((sources, id))
        }
        Err(error) => {
            assert!(error.line() >= 1 && !error.message().ja.is_empty(), "{error:?}");
            None
        }
    }
}

/// A reader gives every line a status and every gap a reason; spans lie inside the file; the device is well formed.
pub fn reader(format: &Format, bytes: &[u8]) {
    let Some((sources, id)) = decode(bytes) else { return };
    let file = sources.file(id);
    let sure = (format.detect)(file.text());
    assert!(sure <= 100, "{}: detection says {sure}", format.id);
    let reading = format.read(&[Input { id, file }], &[]);
    assert_eq!(reading.coverage.len(), 1, "one file, one coverage");
    for one in &reading.coverage {
        coverage(format, one, file, id);
    }
    device(&reading.device, Spans { file, id });
}

fn coverage(format: &Format, coverage: &Coverage, file: &File, id: FileId) {
    assert_eq!(coverage.file, id, "coverage of another file");
    assert_eq!(coverage.lines.len(), file.line_count(), "one status a line");
    let spans = Spans { file, id };
    let mut explained = vec![false; coverage.lines.len()];
    for gap in &coverage.gaps {
        spans.check(gap.span, "gap");
        assert!(!gap.reason.ja.is_empty() && !gap.reason.en.is_empty(), "a gap without reason");
        assert!(gap.status >= LineStatus::Unsupported, "a gap with status {:?}", gap.status);
        let first = file.line_at(gap.span.start) as usize;
        let last = file.line_at(gap.span.end.saturating_sub(1).max(gap.span.start)) as usize;
        for number in first..=last {
            let line = file.line_text(u32::try_from(number).expect("limited"));
            if let Some(slot) = explained.get_mut(number - 1) {
                *slot = true;
            }
            assert!(
                gap.reason.en != FORGOTTEN,
                "{}: line {number} was forgotten: {}",
                format.id,
                shown(line)
            );
        }
        let status = coverage.lines.get(first - 1).copied().unwrap_or_default();
        assert!(
            status >= gap.status || file.text().is_empty(),
            "{}: line {first} has a gap `{}` and status {status:?}: {}",
            format.id,
            gap.reason.en,
            shown(file.line_text(u32::try_from(first).expect("limited")))
        );
    }
    for (index, status) in coverage.lines.iter().enumerate() {
        let line = file.line_text(u32::try_from(index + 1).expect("limited"));
        assert!(
            *status < LineStatus::Unsupported || explained.get(index).copied().unwrap_or(false),
            "{}: line {} is {status:?} and no gap says why: {}",
            format.id,
            index + 1,
            shown(line)
        );
    }
}

fn shown(line: &str) -> String {
    line.chars().take(120).collect()
}

/// The file in which spans must lie.
#[derive(Clone, Copy)]
struct Spans<'a> {
    file: &'a File,
    id: FileId,
}

impl Spans<'_> {
    fn check(self, span: Span, what: &str) {
        let text = self.file.text();
        assert_eq!(span.file, self.id, "{what}: a span of another file");
        assert!(
            span.start <= span.end && text.get(span.start as usize..span.end as usize).is_some(),
            "{what}: {}..{} is not inside the {} bytes, or not on character boundaries",
            span.start,
            span.end,
            text.len()
        );
    }

    fn all(self, spans: impl IntoIterator<Item = Span>, what: &str) {
        spans.into_iter().for_each(|span| self.check(span, what));
    }
}

/// Ids lie in their tables, objects name smaller ids only, every context routes once, and no span leaves the file.
fn device(device: &Device, spans: Spans<'_>) {
    assert!(!device.contexts.is_empty(), "a device without context");
    spans.all(device.interfaces.iter().map(|(_, i)| i.span), "interface");
    for (_, interface) in device.interfaces.iter() {
        assert!(interface.context.index() < device.contexts.len(), "context of an interface");
        for address in &interface.addresses {
            let bits = if address.address.is_ipv4() { 32 } else { 128 };
            assert!(address.len <= bits, "prefix length {}", address.len);
            spans.check(address.span, "interface address");
        }
    }
    for (id, object) in device.addresses.iter() {
        spans.check(object.span, "address object");
        let members: &[_] = match &object.value {
            AddressSet::Union(members) => members,
            AddressSet::Except { of, minus } => &[*of, *minus],
            _ => &[],
        };
        assert!(members.iter().all(|member| *member < id), "{} names a later object", object.name);
    }
    for (id, object) in device.services.iter() {
        spans.check(object.span, "service object");
        let members: &[_] = match &object.value {
            ServiceSet::Union(members) => members,
            ServiceSet::Except { of, minus } => &[*of, *minus],
            ServiceSet::Both(a, b) => &[*a, *b],
            _ => &[],
        };
        assert!(members.iter().all(|member| *member < id), "{} names a later object", object.name);
    }
    spans.all(device.schedules.iter().map(|(_, schedule)| schedule.span), "schedule");
    for (_, list) in device.lists.iter() {
        list.lines.iter().for_each(|item| line(device, item, spans));
    }
    for (_, rewrite) in device.rewrites.iter() {
        spans.all(rewrite.span, "rewrite");
        for map in [&rewrite.source, &rewrite.destination].into_iter().flatten() {
            if let AddressMap::Shift { from, to } = map {
                assert_eq!(from.extent(), to.extent(), "{}: sizes of a shift", rewrite.label);
                assert_eq!(from.family(), to.family(), "{}: families of a shift", rewrite.label);
            }
        }
        for map in [rewrite.source_port, rewrite.destination_port].into_iter().flatten() {
            if let PortMap::Shift { from, to } = map {
                let size = |range: sekisho::net::PortRange| range.last() - range.first();
                assert_eq!(size(from), size(to), "{}: sizes of a port shift", rewrite.label);
            }
        }
    }
    contexts(device, spans);
}

fn line(device: &Device, line: &Line, spans: Spans<'_>) {
    spans.check(line.span, "line");
    matches(device, &line.matches, spans);
    match line.action {
        Action::Jump(list) => assert!(list.index() < device.lists.len(), "jump of {}", line.label),
        Action::Rewrite(rewrite) => {
            assert!(rewrite.index() < device.rewrites.len(), "rewrite of {}", line.label);
        }
        Action::Permit | Action::Deny | Action::Undecided | Action::Return => {}
    }
}

fn matches(device: &Device, matches: &Match, spans: Spans<'_>) {
    assert!(matches.source.index() < device.addresses.len(), "source of a match");
    assert!(matches.destination.index() < device.addresses.len(), "destination of a match");
    assert!(matches.service.index() < device.services.len(), "service of a match");
    assert!(matches.schedule.is_none_or(|s| s.index() < device.schedules.len()), "schedule");
    interfaces(device, &matches.ingress);
    interfaces(device, &matches.egress);
    spans.all(matches.unknown.iter().map(|unknown| unknown.span), "unknown");
}

fn interfaces(device: &Device, interfaces: &Interfaces) {
    if let Interfaces::Of(ids) = interfaces {
        assert!(ids.iter().all(|id| id.index() < device.interfaces.len()), "interface of a match");
    }
}

fn contexts(device: &Device, spans: Spans<'_>) {
    for (_, context) in device.contexts.iter() {
        spans.all(context.routes.iter().map(|route| route.span), "route");
        spans.all(context.dynamic_routing.iter().map(|routing| routing.span), "dynamic routing");
        for route in &context.policy_routes {
            spans.check(route.span, "policy route");
            matches(device, &route.matches, spans);
        }
        let routes = context.pipeline.iter().filter(|stage| matches!(stage, Stage::Route)).count();
        assert_eq!(routes, 1, "a pipeline has one route stage");
        let mut before = true;
        for stage in &context.pipeline {
            match stage {
                Stage::Route => before = false,
                Stage::Filter(filter) => bindings(device, &filter.bindings, before, spans),
                Stage::Translate(stage) => bindings(device, &stage.bindings, before, spans),
            }
        }
        for filter in &context.local {
            bindings(device, &filter.bindings, true, spans);
        }
    }
}

fn bindings(device: &Device, bindings: &[Binding], before_route: bool, spans: Spans<'_>) {
    for binding in bindings {
        interfaces(device, &binding.ingress);
        interfaces(device, &binding.egress);
        spans.all(binding.span, "binding");
        assert!(binding.lists.iter().all(|list| list.index() < device.lists.len()), "bound list");
        assert!(matches!(binding.default, Action::Permit | Action::Deny), "default of a binding");
        let free = |egress: &Interfaces| !before_route || *egress == Interfaces::Any;
        assert!(free(&binding.egress), "an egress is asked for before the route");
        for list in &binding.lists {
            let lines = &device.lists[*list].lines;
            let bound = lines.iter().find(|line| !free(&line.matches.egress));
            assert!(bound.is_none(), "an egress is asked for before the route: {bound:?}");
        }
    }
}

/// A topology is read, or every problem has a message and a place in the file. What was read can be written and read again.
pub fn topology(bytes: &[u8]) {
    let Some((sources, id)) = decode(bytes) else { return };
    match sekisho::topology::read(id, sources.file(id)) {
        Err(problems) => complaints(&problems, Spans { file: sources.file(id), id }),
        Ok(topology) => {
            let _written = sekisho::topology::write(&topology);
        }
    }
}

/// A policy is read, or every problem has a message and a place in the file.
pub fn policy(bytes: &[u8]) {
    let Some((sources, id)) = decode(bytes) else { return };
    if let Err(problems) = sekisho::policy::read(id, sources.file(id)) {
        complaints(&problems, Spans { file: sources.file(id), id });
    }
}

fn complaints(problems: &[Problem], spans: Spans<'_>) {
    assert!(!problems.is_empty(), "refused without a reason");
    for problem in problems {
        spans.check(problem.span, "problem");
        assert!(!problem.message.ja.is_empty() && !problem.message.en.is_empty(), "{problem:?}");
    }
}

/// A flow list is judged row by row, or every error has a message and a line.
pub fn flows(bytes: &[u8]) {
    static NETWORK: LazyLock<Snapshot> = LazyLock::new(small_network);
    let text = String::from_utf8_lossy(bytes);
    match sekisho::trace::read_flows(&NETWORK, &text) {
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason");
            assert!(errors.iter().all(|error| !error.message.ja.is_empty()), "{errors:?}");
        }
        Ok(rows) => {
            let results = sekisho::trace::judge_flows(&NETWORK, &rows);
            assert_eq!(results.len(), rows.len(), "one result a row");
            for (row, result) in rows.iter().zip(&results) {
                assert_eq!(row.row, result.row, "rows stay in order");
            }
        }
    }
}

const SMALL_ASA: &str = "ASA Version 9.16(4)\nhostname fw\ninterface GigabitEthernet0/0\n nameif outside\n security-level 0\n \
ip address 192.0.2.1 255.255.255.0\ninterface GigabitEthernet0/1\n nameif inside\n security-level 100\n \
ip address 10.0.0.1 255.255.255.0\naccess-list IN extended permit tcp any host 10.0.0.5 eq www\n\
access-group IN in interface outside\nroute outside 0.0.0.0 0.0.0.0 192.0.2.254 1\n";

fn small_network() -> Snapshot {
    load(BTreeMap::from([("fw.cfg".to_owned(), SMALL_ASA.as_bytes().to_vec())]))
        .expect("the small network is in order")
        .snapshot
}

fn load(files: BTreeMap<String, Vec<u8>>) -> Option<Loaded> {
    let files = Files { name: "input".to_owned(), entries: files.into_iter().collect() };
    match scan::load(files, &Options::default()) {
        Ok(loaded) => Some(loaded),
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason");
            assert!(errors.iter().all(|error| !error.message.ja.is_empty()), "{errors:?}");
            None
        }
    }
}

/// Whatever the files, a run ends in errors that say something or in a scan that every sink can write; the two judges never
/// contradict each other. Returns whether there was a scan.
pub fn whole(files: BTreeMap<String, Vec<u8>>) -> bool {
    let Some(loaded) = load(files) else { return false };
    let scan = scan::judge(loaded);
    let disagreement = scan
        .findings
        .iter()
        .find(|finding| finding.kind == sekisho::finding::Kind::InternalDisagreement);
    assert!(disagreement.is_none(), "the judges disagree: {disagreement:?}");
    sinks(&scan);
    true
}

fn sinks(scan: &scan::Scan) {
    use sekisho::report::{Sink, Style, render};
    for sink in Sink::ALL {
        let bytes = render(scan, *sink, &Style::default());
        if sink.id() == "pcap" {
            continue;
        }
        let text = String::from_utf8(bytes).expect("a text sink writes UTF-8");
        // The rows of CSV end with CR LF.
        let text = if sink.id() == "csv" { text.replace("\r\n", "\n") } else { text };
        let control = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!text.contains(control), "{}: a control character gets through", sink.id());
    }
}

const WIDTHS: [u32; 3] = [15, 15, 3];

/// The packet-set laws over a toy space of 16 × 16 × 4 points, against a linear scan. Each six bytes are one rule.
pub fn packetset_laws(bytes: &[u8]) {
    let rules: Vec<[(u32, u32); 3]> = bytes.chunks_exact(6).take(12).map(toy_rule).collect();
    let mut arena: Arena<u32> = Arena::new(&WIDTHS, 1 << 20);
    let sides: Vec<[Intervals<u32>; 2]> = rules
        .iter()
        .map(|r| [Intervals::range(r[0].0, r[0].1), Intervals::range(r[1].0, r[1].1)])
        .collect();
    let loaded: Vec<Rule<'_, u32>> = rules
        .iter()
        .zip(&sides)
        .zip(0u32..)
        .map(|((rule, [first, second]), priority)| {
            let rest = arena.field_in(2, &Intervals::range(rule[2].0, rule[2].1));
            Rule { first, second, rest, priority }
        })
        .collect();
    let whole = arena.first_match(&loaded);
    let singly: Vec<Function> =
        loaded.iter().map(|rule| arena.first_match(std::slice::from_ref(rule))).collect();
    let merged = singly.iter().fold(Function::NONE, |sum, one| arena.min(sum, *one));
    assert_eq!(whole, merged, "grouping changes nothing, and equal functions have equal ids");
    let (evens, odds) =
        (arena.select(whole, &|p| p % 2 == 0), arena.select(whole, &|p| p % 2 == 1));
    let support = arena.support(whole);
    let both = arena.guard(evens, odds);
    let either = arena.min(evens, odds);
    assert!(both.is_none(), "a point has one priority");
    let sum = arena.support(either);
    assert_eq!(sum, support, "every point has a priority");
    let rest = arena.minus(support, odds);
    let evens_set = arena.support(evens);
    assert_eq!(rest, evens_set, "difference");
    for a in 0..=WIDTHS[0] {
        for b in 0..=WIDTHS[1] {
            for c in 0..=WIDTHS[2] {
                let inside = |rule: &[(u32, u32); 3]| {
                    rule.iter().zip([a, b, c]).all(|((x, y), v)| (*x..=*y).contains(&v))
                };
                let expected = rules.iter().position(inside).and_then(|i| u32::try_from(i).ok());
                assert_eq!(arena.value_at(whole, &[a, b, c]), expected, "at {a},{b},{c}");
            }
        }
    }
    let (cubes, more) = arena.cubes(support, 4096);
    assert!(!more, "more cubes than points");
    assert_eq!(cubes.is_empty(), support.is_none(), "no cube, no point");
    let picked = arena.pick(support);
    assert!(picked.is_none_or(|point| arena.value_at(support, &point).is_some()), "pick");
}

fn toy_rule(bytes: &[u8]) -> [(u32, u32); 3] {
    let side = |at: usize, last: u32| {
        let (a, b) = (u32::from(bytes[at]) % (last + 1), u32::from(bytes[at + 1]) % (last + 1));
        (a.min(b), a.max(b))
    };
    [side(0, WIDTHS[0]), side(2, WIDTHS[1]), side(4, WIDTHS[2])]
}
