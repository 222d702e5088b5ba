//! Firewall policies: their lines, in the order of the file. A policy that names virtual IPs, or that meets translated
//! packets differently from others, becomes several lines with one label.

use super::address;
use super::conditions::{action_of, narrow, nat_of, schedule_of, service_of};
use super::core::{Reader, Scope, Words};
use super::entry::{Entry, Fields};
use super::policy_words::{IGNORED, NARROWING, Narrowing, READ};
use super::zone;
use crate::formats::blocks::{Statement, Word};
use crate::model::{
    Action, AddressId, AddressSet, ContextId, Interfaces, Line, Match, RewriteId, ServiceId,
    Translated, Unknown,
};
use crate::net::Family;
use crate::source::Span;
use crate::text;
use crate::text::Text;
use std::borrow::Cow;

/// How one kind of policy table names its addresses.
pub(super) struct Dialect {
    /// The table.
    pub(super) path: &'static str,
    /// What its entries are called.
    pub(super) label: &'static str,
    /// Keys of IPv4 source and destination; empty when the table has none.
    v4: [&'static str; 2],
    /// Keys of IPv6 source and destination.
    v6: [&'static str; 2],
}

/// `config firewall policy`; since 6.4 for both families.
pub(super) const POLICY: Dialect = Dialect {
    path: "firewall policy",
    label: "policy",
    v4: ["srcaddr", "dstaddr"],
    v6: ["srcaddr6", "dstaddr6"],
};
/// `config firewall policy6`, up to 6.2.
pub(super) const POLICY6: Dialect = Dialect {
    path: "firewall policy6",
    label: "policy6",
    v4: ["", ""],
    v6: ["srcaddr", "dstaddr"],
};
/// `config firewall consolidated policy` of 6.2.
pub(super) const CONSOLIDATED: Dialect = Dialect {
    path: "firewall consolidated policy",
    label: "consolidated policy",
    v4: ["srcaddr4", "dstaddr4"],
    v6: ["srcaddr6", "dstaddr6"],
};
/// `config firewall security-policy` of policy-based NGFW mode.
pub(super) const SECURITY: Dialect = Dialect {
    path: "firewall security-policy",
    label: "security-policy",
    v4: ["srcaddr", "dstaddr"],
    v6: ["srcaddr6", "dstaddr6"],
};

/// What the context does that policies depend on.
#[derive(Clone, Copy)]
pub(super) struct Mode {
    /// The context.
    pub(super) context: ContextId,
    /// Whether translation is configured apart from policies; policies then see mapped addresses.
    pub(super) central: bool,
    /// Whether the context has any virtual IP.
    pub(super) has_vips: bool,
    /// Whether matching also depends on applications (policy-based NGFW mode).
    pub(super) by_application: bool,
}

/// Source translation that a policy asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Nat<'a> {
    /// None.
    Leave,
    /// To the egress interface or to pools.
    Translate {
        /// Pools for IPv4; empty means the egress interface.
        pools: Vec<Word<'a>>,
        /// Pools for IPv6.
        pools6: Vec<Word<'a>>,
        /// Whether the source port is kept.
        keeps_port: bool,
        /// Where `nat` is set.
        span: Span,
    },
}

/// A line with what the source translation needs to know of it.
#[derive(Clone)]
pub(super) struct PolicyLine<'a> {
    /// The line of the filter.
    pub(super) line: Line,
    /// What happens to the source of what it lets through.
    pub(super) nat: Nat<'a>,
    /// The IPv4 and IPv6 parts of its source.
    pub(super) sources: [Option<AddressId>; 2],
}

/// The vocabulary of policies.
pub(super) fn words() -> Words {
    let narrowing: Vec<&'static str> = NARROWING.iter().map(|(key, _)| *key).collect();
    Words::new(&[READ, &narrowing].concat(), IGNORED)
}

/// Reads one table.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    scope: &mut Scope<'_, 'a>,
    dialect: &Dialect,
    mode: Mode,
) -> Vec<PolicyLine<'a>> {
    let words = words();
    let narrowing = Narrowing::new();
    let blocks = scope.take(dialect.path);
    let entries = reader.plain_entries(&blocks);
    let mut lines = Vec::with_capacity(entries.len());
    let mut fields = Fields::default();
    for entry in entries {
        let strange = reader.account(&entry, &words);
        entry.fields_into(&mut fields);
        let mut policy = Policy::read(reader, scope, (&entry, &fields), dialect, &narrowing, mode);
        strangers(reader, &strange, &mut policy);
        policy.emit(reader, mode, &mut lines);
    }
    lines
}

/// A line that is not understood makes the policy uncertain, and what it may match anything: the line might negate or replace
/// what stands beside it. Its interfaces stay as they are.
fn strangers(reader: &mut Reader<'_>, strange: &[Statement<'_, '_>], policy: &mut Policy<'_>) {
    for statement in strange {
        let words = super::core::first_words(*statement);
        let label = &policy.label;
        let reason = text!(
            "{label} の「{words}」は解釈できません。このポリシーは、どの通信に一致するか不明なものとして扱います。",
            "`{words}` of {label} is not understood; the policy may match anything between its interfaces, or nothing"
        );
        reader.ledger.unknown(statement.span(), reason.clone(), true);
        let anything = reader.unknown_address(None, reason.clone(), statement.span());
        policy.source = anything;
        policy.destination = policy.destination.map(|_| anything);
        let service = crate::model::ServiceSet::Unknown { reason: reason.clone() };
        policy.service = reader.device.literal_service(service, statement.span());
        policy.unknown.push(Unknown { reason, span: statement.span() });
        // Without an action it denies, unless the line that is not understood says what it does.
        if !policy.stated {
            policy.action = Action::Undecided;
        }
    }
}

/// One policy, resolved.
#[derive(Clone)]
struct Policy<'a> {
    label: String,
    span: Span,
    enabled: bool,
    log: Option<bool>,
    comment: Option<String>,
    ingress: Interfaces,
    egress: Interfaces,
    sources: [Option<AddressId>; 2],
    source: AddressId,
    /// Destinations other than virtual IPs; `None` when only those are named.
    destination: Option<AddressId>,
    /// Whether the destination is everything, so that a translated packet matches it too.
    everywhere: bool,
    vips: Vec<RewriteId>,
    service: ServiceId,
    schedule: Option<crate::model::ScheduleId>,
    unknown: Vec<Unknown>,
    action: Action,
    /// Whether the action is stated.
    stated: bool,
    match_vip: Option<bool>,
    match_vip_only: bool,
    nat: Nat<'a>,
    /// For `action ipsec`: whether packets from the tunnel are let in as well.
    tunnel: Option<bool>,
}

impl<'a> Policy<'a> {
    fn read(
        reader: &mut Reader<'a>,
        scope: &mut Scope<'_, 'a>,
        (entry, fields): (&Entry<'_, 'a>, &Fields<'_, 'a>),
        dialect: &Dialect,
        narrowing: &Narrowing,
        mode: Mode,
    ) -> Policy<'a> {
        for nested in fields.nested.iter().filter(|n| n.text(0) == "identity-based-policy") {
            reader.used(nested.span());
        }
        let span = entry.span().unwrap_or(reader.origin);
        let head = entry.parts().last().map_or(span, |part| part.head());
        let mut unknown = Vec::new();
        let ingress = bind(reader, scope, mode.context, fields, "srcintf", head, &mut unknown);
        let egress = bind(reader, scope, mode.context, fields, "dstintf", head, &mut unknown);
        let mut side = Side { fields, dialect, head, vips: Vec::new(), everywhere: false };
        let sources =
            [side.read(reader, scope, 0, Family::V4), side.read(reader, scope, 0, Family::V6)];
        let source = side.join(reader, sources, "srcaddr");
        let targets =
            [side.read(reader, scope, 1, Family::V4), side.read(reader, scope, 1, Family::V6)];
        let only_vips = targets == [None, None] && !side.vips.is_empty();
        let destination = (!only_vips).then(|| side.join(reader, targets, "dstaddr"));
        let (vips, everywhere) = (std::mem::take(&mut side.vips), side.everywhere);
        let service = service_of(reader, scope, fields, head);
        let schedule = schedule_of(reader, scope, fields, &mut unknown);
        narrow(narrowing, fields, &mut unknown);
        let (action, tunnel) = action_of(reader, fields, mode, head, &mut unknown);
        Policy {
            label: [dialect.label, " ", &entry.name].concat(),
            span,
            enabled: !fields.is("status", "disable"),
            log: Some(fields.is("logtraffic", "all")),
            comment: comment(fields),
            ingress,
            egress,
            sources,
            source,
            destination,
            everywhere,
            vips,
            service,
            schedule,
            unknown,
            action,
            stated: fields.get("action").is_some(),
            match_vip: fields.get("match-vip").map(|_| fields.on("match-vip")),
            match_vip_only: fields.on("match-vip-only"),
            nat: nat_of(reader, fields, mode),
            tunnel,
        }
    }

    /// The lines that say what the policy does to packets of every past.
    fn emit(mut self, reader: &mut Reader<'a>, mode: Mode, out: &mut Vec<PolicyLine<'a>>) {
        if self.tunnel == Some(true)
            && let Some(destination) = self.destination
        {
            let mut back = self.line(destination, Translated::Ignored, None);
            std::mem::swap(&mut back.line.matches.ingress, &mut back.line.matches.egress);
            std::mem::swap(&mut back.line.matches.source, &mut back.line.matches.destination);
            back.nat = Nat::Leave;
            out.push(back);
        }
        if !self.vips.is_empty() {
            let any = reader.constant("any");
            let by = Translated::By(std::mem::take(&mut self.vips));
            out.push(self.line(any, by, None));
        }
        let Some(destination) = self.destination else { return };
        if mode.central || !mode.has_vips {
            out.push(self.into_line(destination, Translated::Ignored));
            return;
        }
        let deny = self.action == Action::Deny;
        let (untouched, touched) = match (deny, self.match_vip) {
            (true, Some(true)) => (true, Touched::Yes),
            (true, Some(false)) => (true, Touched::No),
            // Deny policies see translated packets by default since 7.2.4; two sources differ about 7.2.3.
            (true, None) => match reader.at_least((7, 2, 4)) {
                Some(true) => (true, Touched::Yes),
                Some(false) if reader.at_least((7, 2, 3)) == Some(false) => (true, Touched::No),
                _ => (true, Touched::Perhaps),
            },
            (false, _) => (!self.match_vip_only, Touched::Perhaps),
        };
        match (untouched, touched) {
            (true, Touched::Yes) if self.everywhere => {
                out.push(self.line(destination, Translated::Ignored, None));
            }
            (_, Touched::No) => out.push(self.line(destination, Translated::Untouched, None)),
            _ => {
                if untouched {
                    out.push(self.line(destination, Translated::Untouched, None));
                }
                out.push(self.line(destination, Translated::Touched, Some(touched_reason())));
            }
        }
    }

    fn line(
        &self,
        destination: AddressId,
        translated: Translated,
        reason: Option<Text>,
    ) -> PolicyLine<'a> {
        let mut new = self.clone().into_line(destination, translated);
        let reason = reason.map(|reason| Unknown { reason, span: self.span });
        new.line.matches.unknown.extend(reason);
        new
    }

    /// The only line of a policy, or the last.
    fn into_line(self, destination: AddressId, translated: Translated) -> PolicyLine<'a> {
        let matches = Match {
            ingress: self.ingress,
            egress: self.egress,
            source: self.source,
            destination,
            service: self.service,
            states: None,
            translated,
            schedule: self.schedule,
            unknown: self.unknown,
        };
        let line = Line {
            label: self.label,
            matches,
            action: self.action,
            enabled: self.enabled,
            log: self.log,
            comment: self.comment,
            span: self.span,
        };
        PolicyLine { line, nat: self.nat, sources: self.sources }
    }
}

/// Whether a policy with an ordinary destination meets packets whose destination a virtual IP changed.
enum Touched {
    Yes,
    No,
    Perhaps,
}

fn touched_reason() -> Text {
    text!(
        "バーチャルIPで変換された通信にこのポリシーが適用されるかは、FortiOS の版によって異なります。",
        "whether this policy applies to packets that a virtual IP translated depends on the FortiOS release"
    )
}

fn comment(fields: &Fields<'_, '_>) -> Option<String> {
    let comments = fields.text("comments").or_else(|| fields.text("comment"));
    let name = fields.text("name").filter(|name| !name.is_empty());
    match (name, comments.filter(|comments| !comments.is_empty())) {
        (Some(name), Some(comments)) => Some([&name, " / ", &comments].concat()),
        (one, other) => one.or(other).map(Cow::into_owned),
    }
}

/// The interfaces that `key` names.
pub(super) fn bind<'a>(
    reader: &mut Reader<'a>,
    scope: &Scope<'_, 'a>,
    context: ContextId,
    fields: &Fields<'_, 'a>,
    key: &'static str,
    head: Span,
    unknown: &mut Vec<Unknown>,
) -> Interfaces {
    let words = fields.values(key);
    if words.is_empty() {
        unknown.push(zone::missing(key, head));
        return Interfaces::Any;
    }
    let (interfaces, open) = zone::resolve(reader, scope, context, &words);
    unknown.extend(open);
    interfaces
}

/// Reads the addresses of one side.
struct Side<'f, 't, 'a> {
    fields: &'f Fields<'t, 'a>,
    dialect: &'f Dialect,
    head: Span,
    vips: Vec<RewriteId>,
    everywhere: bool,
}

impl<'a> Side<'_, '_, 'a> {
    /// The set of one family on side `at` (0 source, 1 destination); `None` when nothing of the family is named.
    fn read(
        &mut self,
        reader: &mut Reader<'a>,
        scope: &mut Scope<'_, 'a>,
        at: usize,
        family: Family,
    ) -> Option<AddressId> {
        let isdb = match (family, at) {
            (Family::V4, 0) => "internet-service-src",
            (Family::V4, _) => "internet-service",
            (Family::V6, 0) => "internet-service6-src",
            (Family::V6, _) => "internet-service6",
        };
        let key = match family {
            Family::V4 => self.dialect.v4.get(at).copied().unwrap_or(""),
            Family::V6 => self.dialect.v6.get(at).copied().unwrap_or(""),
        };
        if self.fields.on(isdb) && !key.is_empty() {
            let span = self.fields.span(isdb).unwrap_or(self.head);
            return Some(reader.unknown_address(Some(family), isdb_reason(), span));
        }
        let words = if key.is_empty() { Vec::new() } else { self.fields.values(key) };
        let (vips, words): (Vec<_>, Vec<_>) = if at == 1 && scope.names.has_vips(family) {
            words.into_iter().partition(|word| vip(scope, word, family).is_some())
        } else {
            (Vec::new(), words)
        };
        let (Some(first), Some(last)) =
            (words.first().or(vips.first()), words.last().or(vips.last()))
        else {
            return None;
        };
        let span = first.span.to(last.span);
        let side = if at == 0 { "srcaddr-negate" } else { "dstaddr-negate" };
        let side6 = if at == 0 { "srcaddr6-negate" } else { "dstaddr6-negate" };
        let own = if key.ends_with('6') { side6 } else { side };
        let negated = self.fields.on(own);
        // Until 7.0 one switch negates both families, later each has its own: with only the first one set, IPv6 is open.
        let unclear = own == side6 && !negated && self.fields.on(side);
        if unclear || (negated && !vips.is_empty()) {
            return Some(reader.unknown_address(Some(family), negated_reason(), span));
        }
        for word in &vips {
            self.vips.extend(vip(scope, word, family).into_iter().flatten());
        }
        self.everywhere |= at == 1 && !negated && words.iter().any(|word| word.text == "all");
        let union = address::resolve_all(reader, scope, &words, family)?;
        if !negated {
            return Some(union);
        }
        let of = reader.all(family);
        Some(reader.device.literal(AddressSet::Except { of, minus: union }, span))
    }

    /// Both families together; unknown when neither is named.
    fn join(&self, reader: &mut Reader<'a>, sets: [Option<AddressId>; 2], key: &str) -> AddressId {
        match sets {
            [Some(one), None] | [None, Some(one)] => one,
            [Some(v4), Some(v6)] => {
                reader.device.literal(AddressSet::Union(vec![v4, v6]), self.head)
            }
            [None, None] => {
                let unknown = zone::missing(key, self.head);
                reader.unknown_address(None, unknown.reason, unknown.span)
            }
        }
    }
}

fn vip<'s>(
    scope: &'s Scope<'_, '_>,
    word: &Word<'_>,
    family: Family,
) -> Option<&'s Vec<RewriteId>> {
    match family {
        Family::V4 => scope.names.vips.get(word.text.as_ref()),
        Family::V6 => scope.names.vips6.get(word.text.as_ref()),
    }
}

fn isdb_reason() -> Text {
    text!(
        "インターネットサービス（ISDB）のアドレスは設定に含まれないため、範囲が決まりません。",
        "the addresses of an Internet service (ISDB) are not in the configuration"
    )
}

fn negated_reason() -> Text {
    text!(
        "除外条件（negate）の適用範囲を決められません。",
        "what the negation applies to cannot be resolved"
    )
}
