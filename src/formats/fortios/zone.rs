//! `config system zone` and the zones of SD-WAN: names that policies use for several interfaces.

use super::core::{Name, Reader, Scope, Words, undefined_reason};
use super::interface::port;
use crate::formats::blocks::Word;
use crate::model::{Binding, ContextId, InterfaceId, InterfaceKind, Interfaces, Unknown};
use crate::source::Span;
use crate::text;

/// Members of zones between which packets pass without a policy, with the line that says so.
pub(super) type Intrazone = Vec<(Vec<InterfaceId>, Span)>;

/// Reads the zones of a VDOM.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    context: ContextId,
) -> Intrazone {
    let words = Words::new(
        &["interface", "intrazone"],
        &["description", "config tagging", "tags", "uuid", "color"],
    );
    let blocks = scope.take("system zone");
    let mut open = Vec::new();
    for entry in reader.plain_entries(&blocks) {
        let strange = reader.account(&entry, &words);
        reader.uncontained(&strange, &entry.name);
        let fields = entry.fields();
        let mut members = Vec::new();
        for word in fields.values("interface") {
            member(reader, scope, context, &entry.name, &word, &mut members);
        }
        if let Some(span) = fields.span("intrazone").filter(|_| fields.is("intrazone", "allow")) {
            open.push((members.clone(), span));
        }
        scope.names.zones.insert(entry.name, members);
    }
    open
}

/// Puts an interface into a zone.
pub(super) fn member<'a>(
    reader: &mut Reader<'a>,
    scope: &Scope<'_, 'a>,
    context: ContextId,
    zone: &Name<'a>,
    word: &Word<'a>,
    members: &mut Vec<InterfaceId>,
) {
    let (interfaces, unknown) = resolve(reader, scope, context, std::slice::from_ref(word));
    // A member that nothing defines carries no packet that is known; it is remarked as undefined.
    if let (Interfaces::Of(ids), true) = (interfaces, unknown.is_empty()) {
        for id in ids {
            reader.device.interfaces[id].zone = Some(zone.clone().into_owned());
            if !members.contains(&id) {
                members.push(id);
            }
        }
    }
}

/// The bindings that let packets pass inside zones; they come before the policies.
pub(super) fn bindings(intrazone: &Intrazone) -> Vec<Binding> {
    intrazone
        .iter()
        .map(|(members, span)| Binding {
            ingress: Interfaces::Of(members.clone()),
            egress: Interfaces::Of(members.clone()),
            lists: Vec::new(),
            default: crate::model::Action::Permit,
            default_label: "intrazone allow".to_owned(),
            span: Some(*span),
        })
        .collect()
}

/// The interfaces that names stand for: zones, interfaces and `any`, mixed. A name that nothing defines may stand for any
/// interface, so the condition is then open and unknown.
pub(super) fn resolve<'a>(
    reader: &mut Reader<'a>,
    scope: &Scope<'_, 'a>,
    context: ContextId,
    words: &[Word<'a>],
) -> (Interfaces, Vec<Unknown>) {
    let mut ids = Vec::new();
    let mut unknown = Vec::new();
    let mut any = false;
    for word in words {
        let name = &word.text;
        if name == "any" {
            any = true;
        } else if let Some(members) = scope.names.zones.get(name) {
            ids.extend(members);
        } else if let Some(id) = reader.ports.get(name) {
            ids.push(*id);
        } else if !reader.has_interfaces {
            ids.push(port(reader, context, name, word.span, InterfaceKind::Ethernet));
        } else {
            reader.undefined("interface", name, word.span);
            unknown.push(Unknown { reason: undefined_reason(name), span: word.span });
        }
    }
    if any {
        return (Interfaces::Any, Vec::new());
    }
    if !unknown.is_empty() {
        return (Interfaces::Any, unknown);
    }
    ids.sort_unstable();
    ids.dedup();
    (Interfaces::Of(ids), unknown)
}

/// Why a condition is open: the line that should state it is missing.
pub(super) fn missing(key: &str, span: Span) -> Unknown {
    let reason = text!(
        "「{key}」の指定がありません。設定の一部が欠けている可能性があります。",
        "`{key}` is not stated; part of the configuration may be missing"
    );
    Unknown { reason, span }
}
