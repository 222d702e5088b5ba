//! The YAML tree as a [`Policy`].

mod parties;

use super::{Except, Party, Policy, PolicyRule, Service, Verb, Waiver, Who};
use crate::finding::{Basis, Severity};
use crate::source::yaml::{Fields, Node, Problems};
use crate::source::{File, FileId, Problem, Span, Spanned, yaml};
use crate::text::Text;
use parties::{Side, parties, services};
use std::collections::BTreeMap;

/// The party that `word` names as it would in `to`; `None` when it names none.
#[must_use]
pub fn read_party(word: &str) -> Option<Who> {
    parties::party(word, Side::To).ok()
}

/// The service that `word` names; `None` when it names none.
#[must_use]
pub fn read_service(word: &str) -> Option<Service> {
    parties::service_of(word)
}

/// Reads a policy file.
///
/// # Errors
/// Every [`Problem`] found: broken YAML, unknown or missing keys, values of the wrong form, duplicate rules, waivers of rules
/// that are not there. Names of zones, hosts and devices are resolved later, against the snapshot.
pub fn read(file: FileId, source: &File) -> Result<Policy, Vec<Problem>> {
    let root = yaml::parse(file, source)?;
    let mut problems = Problems::new();
    let policy = policy(&root, &mut problems).unwrap_or_default();
    problems.sort_by_key(|problem| problem.span);
    if problems.is_empty() { Ok(policy) } else { Err(problems) }
}

fn policy(root: &Node, problems: &mut Problems) -> Option<Policy> {
    let mut fields = Fields::open(root, problems)?;
    version(&mut fields, problems);
    packs(&mut fields, problems);
    let mut ids: BTreeMap<String, Span> = BTreeMap::new();
    let mut rules = Vec::new();
    for node in fields.list("rules", problems) {
        rules.extend(rule(node, &mut ids, problems));
    }
    let mut waivers = Vec::new();
    for node in fields.list("waivers", problems) {
        waivers.extend(waiver(node, &ids, problems));
    }
    fields.close(problems);
    Some(Policy { rules, waivers })
}

fn version(fields: &mut Fields<'_>, problems: &mut Problems) {
    let Some(version) = fields.need("version", problems).and_then(|node| node.text(problems))
    else {
        return;
    };
    if version.value != "1" {
        let found = version.value;
        problems.push(Problem::new(
            version.span,
            crate::text!(
                "版「{found}」には対応していません。「version: 1」と書いてください。",
                "version `{found}` is not known; write `version: 1`"
            ),
        ));
    }
}

/// A pack that is not there must not be passed over: its rules would silently not be judged.
fn packs(fields: &mut Fields<'_>, problems: &mut Problems) {
    for node in fields.list("packs", problems) {
        let Some(mut pack) = Fields::open(node, problems) else { continue };
        let named = pack.need("use", problems).and_then(|node| node.text(problems));
        pack.close(problems);
        let Some(named) = named else { continue };
        let name = named.value;
        let message =
            crate::text!("方針パック「{name}」はありません。", "there is no policy pack `{name}`");
        let help = crate::text!(
            "この版に同梱の方針パックはまだありません。packs を外し、rules に書いてください。",
            "this version ships no pack yet; remove `packs` and write the rules under `rules`"
        );
        problems.push(Problem::new(named.span, message).help(help));
    }
}

fn rule(
    node: &Node,
    ids: &mut BTreeMap<String, Span>,
    problems: &mut Problems,
) -> Option<PolicyRule> {
    let mut fields = Fields::open(node, problems)?;
    let id = fields.need("id", problems).and_then(|node| node.text(problems));
    if let Some(id) = &id {
        unique(id, ids, problems);
    }
    let flow = verb(&mut fields, problems);
    let except = fields.list("except", problems);
    let except = except.iter().filter_map(|node| self::except(node, problems)).collect();
    let stepping_stones = fields.flag("stepping-stones", problems);
    let enforce_at = fields.texts("enforce-at", problems);
    let severity = severity(&mut fields, problems);
    let basis = fields.get("basis").and_then(|node| self::basis(node, problems));
    if flow.as_ref().is_some_and(|flow| flow.verb == Verb::Require) {
        refuse_with_require(&mut fields, problems);
    }
    fields.close(problems);
    let flow = flow?;
    Some(PolicyRule {
        id: id?.value,
        verb: flow.verb,
        from: flow.from,
        to: flow.to,
        services: flow.services,
        except,
        stepping_stones,
        enforce_at: enforce_at.into_iter().map(|name| (name.value, name.span)).collect(),
        severity,
        basis,
        span: node.span,
    })
}

fn unique(id: &Spanned<String>, ids: &mut BTreeMap<String, Span>, problems: &mut Problems) {
    let word = &id.value;
    if word.trim().is_empty() {
        let message = crate::text!("規則の id が空です。", "the rule's `id` is empty");
        problems.push(Problem::new(id.span, message));
    }
    if ids.insert(word.clone(), id.span).is_some() {
        let message = crate::text!(
            "規則「{word}」が2回書かれています。",
            "the rule `{word}` is written twice"
        );
        let help =
            crate::text!("規則ごとに別の id を付けてください。", "give each rule its own `id`");
        problems.push(Problem::new(id.span, message).help(help));
    }
}

/// Who may not, or must, reach whom.
struct Demand {
    verb: Verb,
    from: Vec<Party>,
    to: Vec<Party>,
    services: Vec<Service>,
}

fn verb(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Demand> {
    let (deny, require) = (fields.get("deny"), fields.get("require"));
    let message = match (deny, require) {
        (Some(node), None) => return demand(node, true, problems),
        (None, Some(node)) => return demand(node, false, problems),
        (Some(_), Some(_)) => crate::text!(
            "1つの規則に deny と require の両方は書けません。",
            "a rule has `deny` or `require`, not both"
        ),
        (None, None) => {
            crate::text!("規則に deny か require が必要です。", "a rule needs `deny` or `require`")
        }
    };
    let help = crate::text!(
        "例: deny: {{ from: dmz, to: pi }}",
        "for example `deny: {{ from: dmz, to: pi }}`"
    );
    problems.push(Problem::new(fields.place("require"), message).help(help));
    None
}

fn demand(node: &Node, deny: bool, problems: &mut Problems) -> Option<Demand> {
    let mut fields = Fields::open(node, problems)?;
    let from = needed(&mut fields, "from", Side::From, problems);
    let to = needed(&mut fields, "to", Side::To, problems);
    let services = service_list(&mut fields, problems);
    let both_ways = fields.flag("both-ways", problems);
    if !deny && fields.get("both-ways").is_some() {
        let message = crate::text!(
            "require に both-ways は書けません。",
            "`both-ways` does not go with `require`"
        );
        let help =
            crate::text!("方向ごとに規則を分けてください。", "write one rule for each direction");
        problems.push(Problem::new(fields.place("both-ways"), message).help(help));
    }
    let device = to.iter().find(|party| matches!(party.who, super::Who::Device(_)));
    if let Some(device) = device.filter(|_| both_ways) {
        let message = crate::text!(
            "機器自身（self:）あての規則に both-ways は書けません。",
            "`both-ways` does not go with `self:` (devices do not open connections here)"
        );
        problems.push(Problem::new(device.span, message));
    }
    fields.close(problems);
    let verb = if deny { Verb::Deny { both_ways } } else { Verb::Require };
    Some(Demand { verb, from, to, services })
}

fn needed(
    fields: &mut Fields<'_>,
    key: &'static str,
    side: Side,
    problems: &mut Problems,
) -> Vec<Party> {
    let Some(node) = fields.need(key, problems) else { return Vec::new() };
    refuse_empty(node, problems);
    parties(node, side, problems)
}

fn service_list(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<Service> {
    fields.refuse_blank("service", problems);
    let Some(node) = fields.get("service") else { return Vec::new() };
    refuse_empty(node, problems);
    services(node, problems)
}

/// An empty list would make a rule that speaks of nothing, or of everything.
fn refuse_empty(node: &Node, problems: &mut Problems) {
    if node.one_or_many().is_empty() {
        let message = crate::text!("一覧が空です。", "the list is empty");
        problems.push(Problem::new(node.span, message));
    }
}

fn refuse_with_require(fields: &mut Fields<'_>, problems: &mut Problems) {
    for key in ["except", "stepping-stones", "enforce-at"] {
        if fields.get(key).is_some() {
            let message = crate::text!(
                "「{key}」は deny の規則にだけ書けます。",
                "`{key}` goes with `deny` only"
            );
            let help = crate::text!(
                "require の規則からこの項目を外すか、別の deny の規則を書いてください。",
                "remove it from this `require`, or write a `deny` rule of its own"
            );
            problems.push(Problem::new(fields.place(key), message).help(help));
        }
    }
}

fn except(node: &Node, problems: &mut Problems) -> Option<Except> {
    let mut fields = Fields::open(node, problems)?;
    let mut side = |key, side, problems: &mut Problems| {
        fields.refuse_blank(key, problems);
        fields.get(key).map(|node| {
            refuse_empty(node, problems);
            parties(node, side, problems)
        })
    };
    let from = side("from", Side::From, problems);
    let to = side("to", Side::To, problems);
    let services = service_list(&mut fields, problems);
    if from.is_none() && to.is_none() && services.is_empty() {
        let message = crate::text!(
            "except に from・to・service のどれも書かれていないため、規則全体が除外されます。",
            "this `except` names no `from`, `to` or `service`, so it would except the whole rule"
        );
        problems.push(Problem::new(node.span, message));
    }
    fields.close(problems);
    let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
    Some(Except { from, to, services, span: node.span })
}

fn severity(fields: &mut Fields<'_>, problems: &mut Problems) -> Severity {
    let Some(word) = fields.text("severity", problems) else { return Severity::High };
    Severity::parse(&word.value).unwrap_or_else(|| {
        let (text, known) = (&word.value, Severity::ALL.map(Severity::id));
        let all = known.join(", ");
        let message =
            crate::text!("重大度「{text}」はありません。", "there is no severity `{text}`");
        let help = crate::text!("次のどれかを書いてください: {all}", "write one of: {all}");
        problems.push(Problem::new(word.span, message).help(help).suggest(text, known));
        Severity::High
    })
}

fn basis(node: &Node, problems: &mut Problems) -> Option<Basis> {
    let mut fields = Fields::open(node, problems)?;
    let document = fields.need("document", problems).and_then(|node| node.text(problems));
    let clause = fields.text("clause", problems).map(|clause| clause.value).unwrap_or_default();
    fields.close(problems);
    Some(Basis { document: document?.value, clause })
}

fn waiver(node: &Node, ids: &BTreeMap<String, Span>, problems: &mut Problems) -> Option<Waiver> {
    let mut fields = Fields::open(node, problems)?;
    let rule = fields.need("rule", problems).and_then(|node| node.text(problems));
    if let Some(rule) = rule.as_ref().filter(|rule| !ids.contains_key(&rule.value)) {
        let word = &rule.value;
        let message: Text = crate::text!(
            "規則「{word}」はこのファイルにありません。",
            "there is no rule `{word}` in this file"
        );
        let known = ids.keys().map(String::as_str);
        problems.push(Problem::new(rule.span, message).suggest(word, known));
    }
    let from = needed(&mut fields, "from", Side::From, problems);
    let to = needed(&mut fields, "to", Side::To, problems);
    let services = service_list(&mut fields, problems);
    let mut word = |key, problems: &mut Problems| fields.text(key, problems).map(|w| w.value);
    let reason = word("reason", problems).unwrap_or_default();
    let requested_by = word("requested-by", problems);
    let approved_by = word("approved-by", problems);
    let document = word("document", problems);
    if reason.trim().is_empty() {
        fields.need("reason", problems);
    }
    let decided = date(&mut fields, "decided", problems);
    let review = date(&mut fields, "review", problems);
    let until = date(&mut fields, "until", problems);
    fields.close(problems);
    Some(Waiver {
        rule: rule?.value,
        from,
        to,
        services,
        reason,
        requested_by,
        approved_by,
        document,
        decided,
        review,
        until,
        span: node.span,
    })
}

/// Days since 1970-01-01.
fn date(fields: &mut Fields<'_>, key: &'static str, problems: &mut Problems) -> Option<i32> {
    let text = fields.text(key, problems)?;
    let days = days(text.value.trim());
    if days.is_none() {
        let word = &text.value;
        let message = crate::text!("「{word}」は日付として読めません。", "`{word}` is not a date");
        let help = crate::text!(
            "西暦で「2026-04-01」のように書いてください。",
            "write it like `2026-04-01`"
        );
        problems.push(Problem::new(text.span, message).help(help));
    }
    days
}

fn days(word: &str) -> Option<i32> {
    let shape =
        |(at, c): (usize, char)| if at == 4 || at == 7 { c == '-' } else { c.is_ascii_digit() };
    if word.len() != 10 || !word.char_indices().all(shape) {
        return None;
    }
    let date: jiff::civil::Date = word.parse().ok()?;
    Some(date.since(jiff::civil::date(1970, 1, 1)).ok()?.get_days())
}
