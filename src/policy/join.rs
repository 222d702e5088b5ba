//! Packs put into a policy: editions chosen, inheritance resolved, names checked.

use super::{Edition, Pack, PackUse, Permit, Policy, PolicyRule, Verb};
use crate::finding::catalogue;
use crate::source::{Problem, Spanned};
use crate::text;
use crate::text::Text;

/// How many packs may extend one another in a row.
const DEPTH: usize = 8;

/// A pack in force, for reports.
#[derive(Clone, Debug)]
pub struct Joined {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub label: Text,
    /// What it is, and what of it was not verified.
    pub about: Text,
    /// The edition in force.
    pub edition: Option<Edition>,
}

/// `policy` with the rules of its packs in front. `packs` holds every pack that it or another pack names, under the name that
/// is used for it; `day` (days since 1970-01-01) chooses editions where the policy names none.
///
/// # Errors
/// A [`Problem`] for each name that means nothing: packs, editions, permits, categories, hygiene rules, rules of waivers.
pub fn join(
    mut policy: Policy,
    packs: &[(String, Pack)],
    day: Option<i32>,
) -> Result<Policy, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut rules = Vec::new();
    for used in policy.packs.clone() {
        let Some(pack) = whole(&used.name, packs, DEPTH, &mut problems) else { continue };
        let edition = edition(&used, &pack, day, &mut problems);
        rules.extend(put_in(&mut policy, pack, edition));
    }
    rules.append(&mut policy.rules);
    policy.rules = rules;
    names(&policy, &mut problems);
    problems.sort_by_key(|problem| problem.span);
    if problems.is_empty() { Ok(policy) } else { Err(problems) }
}

/// The pack with everything that it takes over from others.
fn whole(
    name: &Spanned<String>,
    packs: &[(String, Pack)],
    depth: usize,
    problems: &mut Vec<Problem>,
) -> Option<Pack> {
    let (_, own) = packs.iter().find(|(known, _)| *known == name.value)?;
    if depth == 0 {
        let message = text!(
            "方針パックの継承（extends）が循環しているか、深すぎます。",
            "packs extend one another in a circle, or too deeply"
        );
        problems.push(Problem::new(name.span, message));
        return None;
    }
    let mut all = Pack::default();
    for parent in &own.extends {
        let Some(parent) = whole(parent, packs, depth - 1, problems) else { continue };
        take_over(&mut all, parent);
    }
    for dropped in &own.drop {
        let before = all.rules.len() + all.permits.len();
        all.rules.retain(|rule| rule.id != dropped.value);
        all.permits.retain(|permit| permit.id.value != dropped.value);
        if before == all.rules.len() + all.permits.len() {
            let word = &dropped.value;
            let message = text!(
                "継承元に「{word}」という規則も条件もありません。",
                "no pack that it extends has a rule or permit `{word}`"
            );
            problems.push(Problem::new(dropped.span, message));
        }
    }
    take_over(&mut all, own.clone());
    all.id.clone_from(&own.id);
    Some(all)
}

/// What `pack` states goes before what was there: rules and permits of one name are replaced in place.
fn take_over(all: &mut Pack, pack: Pack) {
    all.label = pack.label;
    all.about = pack.about;
    if !pack.editions.is_empty() {
        all.editions = pack.editions;
    }
    if !pack.apart.is_empty() {
        all.apart = pack.apart;
    }
    replace(&mut all.roles, pack.roles, |role| role.id.clone());
    replace(&mut all.permits, pack.permits, |permit| permit.id.value.clone());
    replace(&mut all.rules, pack.rules, |rule| rule.id.clone());
    replace(&mut all.categories, pack.categories, |category| category.id.clone());
    replace(&mut all.facts, pack.facts, |fact| fact.id.clone());
    all.waivers = pack.waivers.or(all.waivers.take());
}

fn replace<T>(all: &mut Vec<T>, new: Vec<T>, key: impl Fn(&T) -> String) {
    for item in new {
        let name = key(&item);
        match all.iter_mut().find(|old| key(old) == name) {
            Some(old) => *old = item,
            None => all.push(item),
        }
    }
}

fn edition(
    used: &PackUse,
    pack: &Pack,
    day: Option<i32>,
    problems: &mut Vec<Problem>,
) -> Option<Edition> {
    let Some(wanted) = &used.edition else {
        let in_force = |edition: &&Edition| day.is_none_or(|day| edition.since <= day);
        return pack.editions.iter().rfind(in_force).or(pack.editions.first()).cloned();
    };
    let found = pack.editions.iter().find(|edition| edition.id == wanted.value);
    if found.is_none() {
        let (word, name) = (&wanted.value, &pack.id);
        let message = text!(
            "方針パック「{name}」に版「{word}」はありません。",
            "the pack `{name}` has no edition `{word}`"
        );
        let known = pack.editions.iter().map(|edition| edition.id.as_str());
        problems.push(Problem::new(wanted.span, message).suggest(word, known));
    }
    found.cloned()
}

/// Adds what is in force of a pack; its rules are returned, named after it.
fn put_in(policy: &mut Policy, pack: Pack, edition: Option<Edition>) -> Vec<PolicyRule> {
    let name = pack.id.clone();
    let in_force = |editions: &[Spanned<String>]| {
        editions.is_empty()
            || edition.as_ref().is_some_and(|e| editions.iter().any(|one| one.value == e.id))
    };
    let (permits, others): (Vec<Permit>, Vec<Permit>) =
        pack.permits.into_iter().partition(|permit| in_force(&permit.editions));
    policy
        .permits
        .extend(permits.into_iter().map(|permit| Permit { pack: Some(name.clone()), ..permit }));
    policy.other_permits.extend(others.into_iter().map(|permit| permit.id.value));
    policy.roles.extend(pack.roles);
    policy.apart.push(pack.apart);
    policy.categories.extend(pack.categories);
    policy.fact_labels.extend(pack.facts);
    policy
        .waiver_terms
        .extend(pack.waivers.map(|terms| super::WaiverTerms { pack: name.clone(), ..terms }));
    let rules = pack.rules.into_iter().filter(|rule| in_force(&rule.editions));
    let rules: Vec<PolicyRule> = rules
        .map(|rule| PolicyRule {
            id: format!("{name}/{}", rule.id),
            pack: Some(name.clone()),
            ..rule
        })
        .collect();
    policy.joined.push(Joined { id: name, label: pack.label, about: pack.about, edition });
    rules
}

/// Every name that the policy, now whole, uses of itself.
fn names(policy: &Policy, problems: &mut Vec<Problem>) {
    let permits: Vec<&str> = permits(policy).collect();
    let unknown_permit = |word: &Spanned<String>| {
        let name = &word.value;
        let message = text!(
            "「{name}」という許可条件（permit）はありません。",
            "there is no permit `{name}`"
        );
        let problem = Problem::new(word.span, message).suggest(name, permits.iter().copied());
        (!permits.contains(&name.as_str())).then_some(problem)
    };
    problems
        .extend(policy.flows.iter().filter_map(|f| f.permit.as_ref()).filter_map(unknown_permit));
    for rule in &policy.rules {
        match &rule.verb {
            Verb::Only { flows: Some(flows), .. } => {
                problems.extend(flows.iter().filter_map(unknown_permit));
            }
            Verb::Destinations { forbid } => {
                let known = || policy.categories.iter().map(|category| category.id.as_str());
                problems.extend(forbid.iter().filter_map(|word| {
                    let name = &word.value;
                    let message = text!(
                        "宛先の区分「{name}」はありません。",
                        "there is no category of destinations `{name}`"
                    );
                    let problem = Problem::new(word.span, message).suggest(name, known());
                    (!known().any(|id| id == name)).then_some(problem)
                }));
            }
            Verb::Hygiene { rules } => {
                let known = catalogue::LINT_RULES;
                problems.extend(rules.iter().filter_map(|word| {
                    let name = &word.value;
                    let message = text!(
                        "衛生規則「{name}」はありません。",
                        "there is no hygiene rule `{name}`"
                    );
                    let problem = Problem::new(word.span, message).suggest(name, known);
                    (!known.contains(&name.as_str())).then_some(problem)
                }));
            }
            _ => {}
        }
    }
    for waiver in policy.waivers.iter().filter(|_| !policy.packs.is_empty()) {
        let rule = Spanned { value: waiver.rule.clone(), span: waiver.span };
        problems.extend(unknown_rule(&rule, &policy.rules));
    }
}

/// The permits by name, also those that another edition has.
fn permits(policy: &Policy) -> impl Iterator<Item = &str> {
    let in_force = policy.permits.iter().map(|permit| permit.id.value.as_str());
    in_force.chain(policy.other_permits.iter().map(String::as_str))
}

/// A problem when no rule has this name.
pub(super) fn unknown_rule(rule: &Spanned<String>, rules: &[PolicyRule]) -> Option<Problem> {
    if rules.iter().any(|known| known.id == rule.value) {
        return None;
    }
    let word = &rule.value;
    let message =
        text!("規則「{word}」はこの方針にありません。", "there is no rule `{word}` in this policy");
    let known = rules.iter().map(|known| known.id.as_str());
    Some(Problem::new(rule.span, message).suggest(word, known))
}
