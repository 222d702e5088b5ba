//! Interfaces where hosts can forge their source address and still pass, on devices that filter. Judged on IPv4.

use std::collections::BTreeMap;

use super::Subject;
use super::behind::behind;
use super::entries::{self, Entry, List};
use super::extent::{Extent, extent};
use super::passage::{Passages, is_everything};
use super::sides::{self, Side, cross, sides};
use super::write;
use crate::compile::Fate;
use crate::finding::{Finding, Severity};
use crate::model::{Action, Binding, InterfaceId, Interfaces, Line};
use crate::net::Family;
use crate::source::Span;
use crate::text;

/// Lines and interfaces named in a finding; more are counted.
const NAMED: usize = 6;

/// A permit that others may use by forging its source.
struct Borrowed<'s> {
    list: &'s List,
    entry: &'s Entry,
    from: Vec<InterfaceId>,
}

/// One finding for the lines that name sources which are not where they may come from, and one for the interfaces where any
/// source passes. Where a format does not say whether the device checks sources, nothing is reported.
pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let mut borrowed: BTreeMap<Span, Borrowed<'_>> = BTreeMap::new();
    let mut open: Vec<Side> = Vec::new();
    for (id, context) in subject.device.contexts.iter() {
        if !Passages::new(subject.device, context).filters() {
            continue;
        }
        let all = sides(subject, id);
        for side in &all {
            let unchecked = subject.device.interfaces[side.interface].source_check == Some(false);
            if !unchecked || sides::external(subject, &side.zones) {
                continue;
            }
            let beyond = behind(subject, side.interface);
            let passed = sources(subject, id, side, &beyond);
            if passed.any {
                // What goes out to others only is for them to check.
                let inside = |to: &&Side| cross(side, to) && !sides::external(subject, &to.zones);
                if all.iter().any(|to| inside(&to)) {
                    let zones = side.zones.clone();
                    open.push(Side { interface: side.interface, zones });
                }
                continue;
            }
            for (list, entry) in passed.foreign {
                let slot = borrowed.entry(entry.span);
                slot.or_insert(Borrowed { list, entry, from: Vec::new() })
                    .from
                    .push(side.interface);
            }
        }
    }
    let borrowed: Vec<Borrowed<'_>> = borrowed.into_values().collect();
    let lines = (!borrowed.is_empty()).then(|| usable(subject, rule, &borrowed));
    let interfaces = (!open.is_empty()).then(|| unlimited(subject, rule, &open));
    lines.into_iter().chain(interfaces).collect()
}

/// What the filters let in at one interface.
struct Passed<'s> {
    /// Whether any source passes every filter.
    any: bool,
    /// Permits whose sources are partly elsewhere.
    foreign: Vec<(&'s List, &'s Entry)>,
}

fn sources<'s>(
    subject: &'s Subject<'_>,
    context: crate::model::ContextId,
    side: &Side,
    beyond: &Extent,
) -> Passed<'s> {
    let unicast = Extent::everything();
    let mut passed = Passed { any: true, foreign: Vec::new() };
    for filter in entries::written(&subject.device.contexts[context]) {
        // A list at some egress alone leaves the other ways open.
        let counts = |binding: &&Binding| {
            binding.ingress.contains(side.interface)
                && (filter.otherwise == Action::Deny || binding.egress == Interfaces::Any)
        };
        let bindings: Vec<&Binding> = filter.bindings.iter().filter(counts).collect();
        let shut = bindings.iter().all(|binding| closes(subject, binding, side.interface));
        if bindings.is_empty() && filter.otherwise == Action::Permit || !shut {
            continue;
        }
        let (mut any, mut all_beyond) = (false, true);
        for list in &subject.lists {
            if !bindings.iter().any(|binding| binding.lists.contains(&list.id)) {
                continue;
            }
            for (entry, line) in permits(subject, list, side.interface) {
                let source = extent(subject, line.matches.source);
                let whole4 = unicast.v4.within(&source.v4);
                any |= whole4 || unicast.v6.within(&source.v6);
                if !source.within(beyond) {
                    all_beyond = false;
                    passed.foreign.extend((!whole4).then_some((list, entry)));
                }
            }
        }
        passed.any &= any;
        if all_beyond {
            // This filter alone keeps every forged source out.
            return Passed { any: false, foreign: Vec::new() };
        }
    }
    passed
}

/// Whether what no permit of the binding names is stopped.
fn closes(subject: &Subject<'_>, binding: &Binding, ingress: InterfaceId) -> bool {
    let denies = |line: &Line| {
        line.enabled
            && line.action == Action::Deny
            && line.matches.ingress.contains(ingress)
            && is_everything(subject.device, line, Family::V4)
    };
    let mut lines = binding.lists.iter().flat_map(|list| &subject.device.lists[*list].lines);
    binding.default == Action::Deny || lines.any(denies)
}

fn permits<'s>(
    subject: &'s Subject<'_>,
    list: &'s List,
    ingress: InterfaceId,
) -> impl Iterator<Item = (&'s Entry, &'s Line)> {
    let entries =
        list.entries.iter().filter(|entry| !matches!(entry.fate, Fate::Covered(_) | Fate::Empty));
    entries.flat_map(move |entry| {
        let lines = entry.lines(subject.device, list.id);
        let permits = lines.filter(move |line| {
            line.enabled && line.action == Action::Permit && line.matches.ingress.contains(ingress)
        });
        permits.map(move |line| (entry, line))
    })
}

fn usable(subject: &Subject<'_>, rule: &'static str, borrowed: &[Borrowed<'_>]) -> Finding {
    let name = &subject.device.name;
    let message = text!(
        "「{name}」では、送信元を偽れば、別のネットワークのための許可の行を使えます（送信元の検査がありません）。",
        "on {name}, permits meant for one network can be used from another by forging the source: nothing checks it"
    );
    let mut finding = write::new(subject, rule, Severity::Medium, message);
    for line in borrowed.iter().take(NAMED) {
        let label = write::label(subject, line.list, line.entry);
        let names: Vec<&str> = line
            .from
            .iter()
            .take(NAMED)
            .map(|id| entries::interface(subject.device, *id))
            .collect();
        let names = names.join(", ");
        finding.details.push(text!(
            "行「{label}」: 「{names}」の先にない送信元を許可しています。",
            "{label} permits sources that are not beyond {names}, and applies there"
        ));
    }
    let more = borrowed.len().saturating_sub(NAMED);
    if more > 0 {
        finding.details.push(text!("ほかに{more}行あります。", "and {more} more lines"));
    }
    finding.advice = Some(text!(
        "インターフェースで逆経路確認（uRPF）を有効にするか、行に入力インターフェースの条件を加えてください。",
        "switch on the reverse-path check of the interfaces, or limit the lines to the interface where their sources are"
    ));
    let lines = borrowed.iter().take(NAMED);
    finding.blame = lines.map(|line| write::blame_entry(subject, line.list, line.entry)).collect();
    write::seal(subject, finding, &[])
}

fn unlimited(subject: &Subject<'_>, rule: &'static str, open: &[Side]) -> Finding {
    let name = &subject.device.name;
    let mut names: Vec<&str> =
        open.iter().map(|side| entries::interface(subject.device, side.interface)).collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let mut ja = names.join("、");
    let mut en = names.join(", ");
    if more > 0 {
        ja.push_str(&format!("ほか{more}件"));
        en.push_str(&format!(" and {more} more"));
    }
    let message = text!(
        "「{name}」は、「{ja}」から入る通信の送信元アドレスを検査していません。",
        "{name} does not check the source addresses of what comes in by {en}"
    );
    let mut finding = write::new(subject, rule, Severity::Low, message);
    finding.details.push(text!(
        "その先のネットワークにない送信元アドレスを名乗る通信も転送されます。",
        "packets that claim a source which is not on the networks beyond are forwarded, too"
    ));
    finding.advice = Some(text!(
        "逆経路確認（uRPF）を有効にするか、送信元をそのネットワークに限る行に改めてください。",
        "switch on the reverse-path check, or let lines name the networks that are there as sources"
    ));
    let interfaces = open.iter().take(NAMED).map(|side| &subject.device.interfaces[side.interface]);
    finding.blame = interfaces.map(|own| write::blame(subject, &own.name, own.span)).collect();
    write::seal(subject, finding, &["any source"])
}
