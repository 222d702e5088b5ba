//! Access lists and security levels as filters between interfaces.
//!
//! Source: Cisco ASA Series Firewall CLI Configuration Guide, "Access Rules" (order of interface and global rules, implicit
//! deny), and General Operations guide, "Interface Parameters" (security levels, same-security-traffic).

use super::access::list_or_unknown;
use super::commands::Config;
use super::interfaces::Nameif;
use super::state::{Reader, unknown};
use super::vpn::Vpn;
use crate::formats::lines::ConfigLine;
use crate::model::{Action, Binding, Filter, InterfaceId, Interfaces, ListId, RuleList};
use crate::source::Span;
use crate::text;
use std::collections::BTreeMap;

/// More interfaces than any appliance has; past it the pairs are not written out.
const INTERFACE_LIMIT: usize = 2048;

/// The `access-group` lines.
#[derive(Default)]
pub(super) struct Groups {
    /// `nameif` index to lists and line, by direction.
    ingress: BTreeMap<usize, (Vec<ListId>, Span)>,
    egress: BTreeMap<usize, (Vec<ListId>, Span)>,
    /// Lists for packets to the device itself.
    pub(super) control_plane: BTreeMap<usize, (Vec<ListId>, Span)>,
    global: Option<(ListId, Span)>,
}

/// Reads `access-group` lines.
pub(super) fn access_groups<'a>(reader: &mut Reader<'a>, lines: &[&'a ConfigLine<'a>]) -> Groups {
    let mut groups = Groups::default();
    for line in lines {
        let (name, direction) = (line.word(1), line.word(2));
        if direction == "global" {
            reader.ledger.used(line.span);
            groups.global = Some((list_or_unknown(reader, name, line.span), line.span));
            continue;
        }
        let Some(index) = reader.by_nameif.get(line.word(4)).copied() else {
            let reason = super::objects::undefined(reader, "interface", line.word(4), line.span);
            reader.anywhere(line.span, reason);
            continue;
        };
        let option = line.word(5);
        if !matches!(direction, "in" | "out")
            || !matches!(option, "" | "control-plane" | "per-user-override")
        {
            reader.unknown_line(line);
            continue;
        }
        reader.ledger.used(line.span);
        let list = list_or_unknown(reader, name, line.span);
        let mut lists = vec![list];
        if option == "per-user-override" {
            lists.insert(0, per_user(reader, line.span));
        }
        let slot = match (option, direction) {
            ("control-plane", _) => &mut groups.control_plane,
            (_, "in") => &mut groups.ingress,
            _ => &mut groups.egress,
        };
        slot.insert(index, (lists, line.span));
    }
    groups
}

/// A list that RADIUS gives to a user takes the place of the interface's.
fn per_user(reader: &mut Reader<'_>, span: Span) -> ListId {
    let reason = text!(
        "per-user-override により、利用者ごとに認証サーバから配られるアクセスリストが優先します。その内容は設定からは分かりません。",
        "with per-user-override, lists from the authentication server come first; the configuration does not say what they hold",
    );
    reader.ledger.unsupported(span, reason.clone());
    let mut line = reader.line("per-user-override".to_owned(), Action::Undecided, span);
    line.matches.unknown.push(unknown(reason, span));
    reader.device.lists.push(RuleList { name: "per-user-override".to_owned(), lines: vec![line] })
}

/// What `same-security-traffic` lines switch on.
struct SameSecurity {
    inter: bool,
    intra: bool,
}

fn same_security(reader: &mut Reader<'_>, lines: &[&ConfigLine<'_>]) -> SameSecurity {
    let mut found = SameSecurity { inter: false, intra: false };
    for line in lines {
        match line.word(2) {
            "inter-interface" => found.inter = true,
            "intra-interface" => found.intra = true,
            _ => {
                reader.unknown_line(line);
                continue;
            }
        }
        reader.ledger.used(line.span);
    }
    found
}

fn only(nameif: &Nameif<'_>) -> Interfaces {
    nameif.here()
}

fn binding(
    ingress: Interfaces,
    egress: Interfaces,
    lists: Vec<ListId>,
    default: Action,
    label: String,
    span: Span,
) -> Binding {
    Binding { ingress, egress, lists, default, default_label: label, span: Some(span) }
}

/// The filters of the data interfaces: what denies whole interfaces, the ingress lists with levels, the egress lists.
pub(super) fn build(
    reader: &mut Reader<'_>,
    config: &Config<'_>,
    groups: &Groups,
    vpn: &Vpn,
) -> Vec<Filter> {
    let same = same_security(reader, &config.same_security);
    let nameifs: Vec<Nameif<'_>> = reader.nameifs.clone();
    if nameifs.len() > INTERFACE_LIMIT {
        let reason = text!(
            "インターフェースが多すぎるため、セキュリティレベルの組を展開していません。",
            "there are too many interfaces to write out the pairs of security levels",
        );
        if let Some(first) = nameifs.first() {
            reader.anywhere(first.level_span, reason);
        }
        return Vec::new();
    }
    let bridge = bridge_lists(reader, &nameifs);
    let mut filters = Vec::new();
    if let Some(filter) = management_only(reader, &nameifs) {
        filters.push(filter);
    }
    filters.push(ingress(&nameifs, groups, vpn, &same, &bridge));
    filters.push(egress(&nameifs, groups, vpn, &bridge));
    filters
}

/// For every bridge virtual interface a list that may do anything: its members have lists of their own.
fn bridge_lists(reader: &mut Reader<'_>, nameifs: &[Nameif<'_>]) -> BTreeMap<usize, ListId> {
    let mut out = BTreeMap::new();
    for (index, nameif) in nameifs.iter().enumerate() {
        let Some(span) = nameif.bridge else { continue };
        let label = format!("bridge group of {}", nameif.name);
        let line = reader.line(label.clone(), Action::Undecided, span);
        out.insert(index, reader.device.lists.push(RuleList { name: label, lines: vec![line] }));
    }
    out
}

/// Before 9.5 one routing table serves all interfaces, and management-only ones drop what is not for the device.
fn management_only(reader: &Reader<'_>, nameifs: &[Nameif<'_>]) -> Option<Filter> {
    if !super::routes::shares_one_table(reader) {
        return None;
    }
    let mut bindings = Vec::new();
    for nameif in nameifs {
        let Some(span) = nameif.management_only else { continue };
        for (from, to) in [(only(nameif), Interfaces::Any), (Interfaces::Any, only(nameif))] {
            let label = "management-only".to_owned();
            bindings.push(binding(from, to, Vec::new(), Action::Deny, label, span));
        }
    }
    (!bindings.is_empty()).then_some(Filter {
        name: "management-only",
        bindings,
        otherwise: Action::Permit,
        stateful: false,
    })
}

/// The filter of the context of management-only interfaces: nothing passes through.
pub(super) fn management_context(nameifs: &[Nameif<'_>]) -> Filter {
    let mut bindings = Vec::new();
    for nameif in nameifs {
        if let Some(span) = nameif.management_only {
            let label = "management-only".to_owned();
            bindings.push(binding(
                only(nameif),
                Interfaces::Any,
                Vec::new(),
                Action::Deny,
                label,
                span,
            ));
        }
    }
    Filter { name: "management-only", bindings, otherwise: Action::Deny, stateful: true }
}

fn ingress(
    nameifs: &[Nameif<'_>],
    groups: &Groups,
    vpn: &Vpn,
    same: &SameSecurity,
    bridge: &BTreeMap<usize, ListId>,
) -> Filter {
    let mut bindings = Vec::new();
    for nameif in nameifs {
        not_forwarded(nameifs, nameif, &mut bindings);
        if !same.intra {
            let label = "no same-security-traffic permit intra-interface".to_owned();
            let (from, to) = (only(nameif), only(nameif));
            bindings.push(binding(from, to, Vec::new(), Action::Deny, label, nameif.level_span));
        }
    }
    for (index, nameif) in nameifs.iter().enumerate() {
        let before: Vec<ListId> = vpn
            .lists
            .get(&index)
            .into_iter()
            .flatten()
            .chain(bridge.get(&index))
            .copied()
            .collect();
        if !same.inter {
            equal_levels(nameifs, nameif, &before, &mut bindings);
        }
        let own = groups.ingress.get(&index);
        let global = groups.global.map(|(list, _)| list);
        if own.is_none() && global.is_none() {
            levels(nameifs, nameif, &before, bridge, &mut bindings);
            continue;
        }
        // With a global list, the implicit deny of the interface's list is left out and the global list is met next.
        let lists = before.into_iter();
        let lists =
            lists.chain(own.into_iter().flat_map(|(lists, _)| lists.iter().copied())).chain(global);
        let span = own.map(|(_, span)| *span).or(groups.global.map(|(_, span)| span));
        let label = if global.is_some() { "implicit deny (global)" } else { "implicit deny" };
        bindings.push(Binding {
            ingress: only(nameif),
            egress: Interfaces::Any,
            lists: lists.collect(),
            default: Action::Deny,
            default_label: label.to_owned(),
            span,
        });
    }
    Filter { name: "access-group", bindings, otherwise: Action::Deny, stateful: true }
}

fn not_forwarded(nameifs: &[Nameif<'_>], nameif: &Nameif<'_>, out: &mut Vec<Binding>) {
    for (word, span) in &nameif.no_forward {
        let digits: String = word.chars().filter(char::is_ascii_digit).collect();
        for other in
            nameifs.iter().filter(|other| other.vlan.is_some_and(|vlan| vlan.to_string() == digits))
        {
            let label = format!("no forward interface {word}");
            out.push(binding(only(nameif), only(other), Vec::new(), Action::Deny, label, *span));
        }
    }
}

/// Different interfaces of one level do not exchange anything, whatever their lists say.
fn equal_levels(
    nameifs: &[Nameif<'_>],
    nameif: &Nameif<'_>,
    before: &[ListId],
    out: &mut Vec<Binding>,
) {
    let level = nameif.level;
    let others: Vec<_> = nameifs
        .iter()
        .filter(|other| other.level == level && other.id != nameif.id && other.bridge.is_none())
        .flat_map(Nameif::ids)
        .collect();
    if !others.is_empty() {
        let label = format!("security-level {level} to {level}");
        let (from, to) = (only(nameif), Interfaces::Of(others));
        out.push(binding(from, to, before.to_vec(), Action::Deny, label, nameif.level_span));
    }
}

/// Without any list: to a lower level everything, to a higher one nothing, to an equal one everything (the bindings before
/// have taken out what `same-security-traffic` does not let). Towards a bridge, the levels of its members may count instead.
fn levels(
    nameifs: &[Nameif<'_>],
    nameif: &Nameif<'_>,
    before: &[ListId],
    bridge: &BTreeMap<usize, ListId>,
    out: &mut Vec<Binding>,
) {
    let mut by_level: BTreeMap<(u8, Option<ListId>), Vec<InterfaceId>> = BTreeMap::new();
    for (index, other) in nameifs.iter().enumerate() {
        let uncertain = bridge.get(&index).copied().filter(|_| other.id != nameif.id);
        by_level.entry((other.level, uncertain)).or_default().extend(other.ids());
    }
    for ((level, uncertain), ids) in by_level {
        let from = nameif.level;
        let default = if level > from { Action::Deny } else { Action::Permit };
        let label = format!("security-level {from} to {level}");
        let (from, to) = (only(nameif), Interfaces::Of(ids));
        let lists = before.iter().copied().chain(uncertain).collect();
        out.push(binding(from, to, lists, default, label, nameif.level_span));
    }
}

fn egress(
    nameifs: &[Nameif<'_>],
    groups: &Groups,
    vpn: &Vpn,
    bridge: &BTreeMap<usize, ListId>,
) -> Filter {
    let mut bindings = Vec::new();
    for (index, nameif) in nameifs.iter().enumerate() {
        let own = groups.egress.get(&index);
        let before: Vec<ListId> = bridge.get(&index).copied().into_iter().collect();
        let Some((lists, span)) = own else {
            if !before.is_empty() {
                let label = "no access-group".to_owned();
                let (from, to) = (Interfaces::Any, only(nameif));
                bindings.push(binding(from, to, before, Action::Permit, label, nameif.level_span));
            }
            continue;
        };
        let label = || "implicit deny".to_owned();
        for (from, vpn) in &vpn.lists {
            let Some(from) = nameifs.get(*from) else { continue };
            let lists =
                vpn.iter().copied().chain(before.iter().copied()).chain(lists.iter().copied());
            let (from, to) = (only(from), only(nameif));
            bindings.push(binding(from, to, lists.collect(), Action::Deny, label(), *span));
        }
        let lists = before.into_iter().chain(lists.iter().copied()).collect();
        bindings.push(binding(Interfaces::Any, only(nameif), lists, Action::Deny, label(), *span));
    }
    Filter { name: "access-group out", bindings, otherwise: Action::Permit, stateful: true }
}

/// Cut-through proxy (`aaa authentication match L IF S`): what the list permits must log in first, and may fail to.
pub(super) fn cut_through<'a>(
    reader: &mut Reader<'a>,
    lines: &[&'a ConfigLine<'a>],
) -> Option<Filter> {
    let mut bindings: BTreeMap<usize, Binding> = BTreeMap::new();
    for line in lines {
        let reason = text!(
            "この通信には利用者認証（カットスルー プロキシ）が必要です。認証に成功するかは設定からは分かりません。",
            "these packets need a log-in first (cut-through proxy); whether it succeeds is not in the configuration",
        );
        reader.ledger.unsupported(line.span, reason.clone());
        let matching = line.word(2) == "match";
        let interface = if matching {
            line.word(4)
        } else {
            line.words
                .iter()
                .map(|w| w.text)
                .find(|w| reader.by_nameif.contains_key(w))
                .unwrap_or("")
        };
        let Some(index) = reader.by_nameif.get(interface).copied() else { continue };
        let Some(ingress) = reader.nameifs.get(index).map(only) else { continue };
        let list = login_list(reader, if matching { line.word(3) } else { "" }, line.span, &reason);
        let label = "no log-in needed".to_owned();
        let fresh = binding(ingress, Interfaces::Any, Vec::new(), Action::Permit, label, line.span);
        bindings.entry(index).or_insert(fresh).lists.push(list);
    }
    let bindings: Vec<Binding> = bindings.into_values().collect();
    (!bindings.is_empty()).then_some(Filter {
        name: "aaa authentication",
        bindings,
        otherwise: Action::Permit,
        stateful: true,
    })
}

/// The list with every line undecided; a list that is not known concerns everything.
fn login_list(
    reader: &mut Reader<'_>,
    name: &str,
    span: Span,
    reason: &crate::text::Text,
) -> ListId {
    let known = reader.acls.get(name).map(|id| reader.device.lists[*id].lines.clone());
    let mut lines = known.unwrap_or_else(|| vec![reader.line(String::new(), Action::Permit, span)]);
    for line in &mut lines {
        line.label = format!("aaa authentication {}", line.label);
        if line.action != Action::Deny {
            line.action = Action::Undecided;
            line.matches.unknown.push(unknown(reason.clone(), span));
        } else {
            line.action = Action::Permit;
        }
    }
    reader.device.lists.push(RuleList { name: format!("aaa authentication {name}"), lines })
}
