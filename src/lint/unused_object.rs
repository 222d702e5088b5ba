//! Addresses, services and groups that are defined and used nowhere.

use std::collections::{BTreeMap, BTreeSet};

use super::Subject;
use super::write;
use crate::finding::{Finding, Severity};
use crate::model::{AddressSet, Device, Id, Match, ServiceSet};
use crate::source::Span;
use crate::text;

/// Objects named in a finding; more are counted.
const NAMED: usize = 12;
/// Names with blanks that are looked for.
const ODD: usize = 200;

/// Names that vendors put into every export.
const SHIPPED: [&str; 19] = [
    "all",
    "any",
    "none",
    "any4",
    "any6",
    "obj_any",
    "FIREWALL_AUTH_PORTAL_ADDRESS",
    "FABRIC_DEVICE",
    "SSLVPN_TUNNEL_ADDR1",
    "SSLVPN_TUNNEL_IPv6_ADDR1",
    "login.microsoftonline.com",
    "login.microsoft.com",
    "login.windows.net",
    "gmail.com",
    "wildcard.google.com",
    "wildcard.dropbox.com",
    "G Suite",
    "Microsoft Office 365",
    "EMS_ALL_UNKNOWN_CLIENTS",
];

/// Services are left alone on devices whose exports hold a stock of them.
pub(super) fn check(subject: &Subject<'_>, rule: &'static str) -> Vec<Finding> {
    let device = subject.device;
    let (addresses, services) = used(device);
    let mut unused: Vec<(&str, Span)> = Vec::new();
    for (_, object) in device.addresses.iter().filter(|(id, _)| !addresses.holds(id.index())) {
        unused.push((&object.name, object.span));
    }
    if device.format != "fortios" {
        for (_, object) in device.services.iter().filter(|(id, _)| !services.holds(id.index())) {
            unused.push((&object.name, object.span));
        }
    }
    unused.retain(|(name, span)| {
        !name.is_empty() && span.start < span.end && !SHIPPED.contains(name)
    });
    mentioned(subject, &mut unused);
    unused.sort_by_key(|(name, span)| (*span, *name));
    unused.dedup_by_key(|(_, span)| *span);
    if unused.is_empty() { Vec::new() } else { vec![finding(subject, rule, &unused)] }
}

/// Which objects of a table are used.
struct Used(Vec<bool>);

impl Used {
    fn mark<I: Id>(&mut self, ids: impl IntoIterator<Item = I>) {
        for id in ids {
            self.0.get_mut(id.index()).into_iter().for_each(|used| *used = true);
        }
    }

    fn holds(&self, index: usize) -> bool {
        self.0.get(index) == Some(&true)
    }
}

/// Everything that a line, a route or another object refers to.
fn used(device: &Device) -> (Used, Used) {
    let mut addresses = Used(vec![false; device.addresses.len()]);
    let mut services = Used(vec![false; device.services.len()]);
    let lines = device.lists.iter().flat_map(|(_, list)| &list.lines).map(|line| &line.matches);
    let contexts = device.contexts.iter();
    let routes = contexts.flat_map(|(_, context)| &context.policy_routes).map(|r| &r.matches);
    for Match { source, destination, service, .. } in lines.chain(routes) {
        addresses.mark([*source, *destination]);
        services.mark([*service]);
    }
    for (_, object) in device.addresses.iter() {
        match &object.value {
            AddressSet::Union(members) => addresses.mark(members.iter().copied()),
            AddressSet::Except { of, minus } => addresses.mark([*of, *minus]),
            _ => {}
        }
    }
    for (_, object) in device.services.iter() {
        match &object.value {
            ServiceSet::Union(members) => services.mark(members.iter().copied()),
            ServiceSet::Both(a, b) => services.mark([*a, *b]),
            ServiceSet::Except { of, minus } => services.mark([*of, *minus]),
            _ => {}
        }
    }
    (addresses, services)
}

/// Takes out whatever is named once more outside its definition: translation, VPNs and the device's own services refer to
/// objects, too, and readers resolve those names.
fn mentioned(subject: &Subject<'_>, unused: &mut Vec<(&str, Span)>) {
    let Some(files) = subject.snapshot.coverage.get(subject.id.index()) else {
        return mentioned_in(subject, unused.first().map(|(_, span)| span.file), unused);
    };
    let files: BTreeSet<_> = files.iter().map(|coverage| coverage.file).collect();
    for file in files {
        mentioned_in(subject, Some(file), unused);
    }
}

fn mentioned_in(
    subject: &Subject<'_>,
    file: Option<crate::source::FileId>,
    unused: &mut Vec<(&str, Span)>,
) {
    let Some(file) = file.filter(|_| !unused.is_empty()) else { return };
    let text = subject.sources.file(file).text();
    let mut wanted: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for (name, span) in unused.iter() {
        wanted.entry(name).or_default().push(*span);
    }
    let (plain, odd): (Vec<&str>, Vec<&str>) =
        wanted.keys().partition(|name| !name.contains(separates));
    let mut named: BTreeSet<String> = BTreeSet::new();
    let mut at = 0;
    for word in text.split(separates) {
        if plain.binary_search(&word).is_ok() && outside(wanted.get(word), at) {
            named.insert(word.to_owned());
        }
        at += word.len() + text.get(at + word.len()..).map_or(0, first_length);
    }
    // Names with blanks are searched one by one; of very many the rest counts as used.
    named.extend(odd.iter().skip(ODD).map(|name| (*name).to_owned()));
    for name in odd.into_iter().take(ODD) {
        let hit = text.match_indices(name).any(|(at, _)| outside(wanted.get(name), at));
        if hit {
            named.insert(name.to_owned());
        }
    }
    unused.retain(|(name, _)| !named.contains(*name));
}

fn first_length(rest: &str) -> usize {
    rest.chars().next().map_or(0, char::len_utf8)
}

fn separates(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '"' | '\'' | '<' | '>' | ';' | '[' | ']' | '{' | '}' | ',' | '=')
}

/// Whether the place is in none of the definitions.
fn outside(definitions: Option<&Vec<Span>>, at: usize) -> bool {
    let at = u32::try_from(at).unwrap_or(u32::MAX);
    definitions.is_some_and(|spans| spans.iter().all(|span| !(span.start..span.end).contains(&at)))
}

fn finding(subject: &Subject<'_>, rule: &'static str, unused: &[(&str, Span)]) -> Finding {
    let (device, count) = (&subject.device.name, unused.len());
    let message = text!(
        "「{device}」に、定義されていて使われていないアドレスやサービスが{count}件あります。",
        "{device} defines {count} addresses or services that nothing uses"
    );
    let mut finding = write::new(subject, rule, Severity::Info, message);
    let names: Vec<&str> = unused.iter().take(NAMED).map(|(name, _)| *name).collect();
    let (ja, en) = (names.join("、"), names.join(", "));
    finding.details.push(match count.saturating_sub(NAMED) {
        0 => text!("対象: {ja}", "they are: {en}"),
        more => text!("対象: {ja} ほか{more}件", "they are: {en} and {more} more"),
    });
    finding.advice = Some(text!(
        "不要であれば削除してください。廃止した機器や相手先の定義が残っていると、規則を読み誤る原因になります。",
        "delete what is not needed; definitions left behind by retired peers mislead whoever reads the rules"
    ));
    let named = unused.iter().take(NAMED);
    finding.blame = named.map(|(name, span)| write::blame(subject, name, *span)).collect();
    write::seal(subject, finding, &[])
}
