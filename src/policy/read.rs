//! The YAML tree as a [`Policy`] or a [`Pack`](super::Pack).

mod declared;
mod pack;
mod parties;
mod rule;
mod verb;
mod words;

pub use pack::read_pack;

use super::{Except, PackUse, Policy, PolicyRule, Service, Verb, Who};
use crate::source::yaml::{Fields, Node, Problems};
use crate::source::{File, FileId, Problem, Spanned, yaml};
use crate::text;
use parties::Side;
pub(super) use words::{both as both_texts, words as word_list};
use words::{unique, version};

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

/// Reads a policy file. Packs are named in it, not opened: [`super::join`] puts them in.
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
    let mut policy = Policy { packs: packs(&mut fields, problems), ..Policy::default() };
    let mut ids: Vec<Spanned<String>> = Vec::new();
    let mut required = Vec::new();
    for node in fields.list("flows", problems) {
        let Some((id, flow, must_work)) = declared::flow(node, problems) else { continue };
        if must_work {
            required.push(requirement(&flow));
        }
        ids.push(id);
        policy.flows.push(flow);
    }
    for node in fields.list("rules", problems) {
        let Some((id, rule)) = rule::rule(node, problems) else { continue };
        ids.push(id);
        policy.rules.push(rule);
    }
    policy.rules.extend(required);
    let mut seen = Vec::new();
    for id in &ids {
        unique(id, &mut seen, &text!("規則", "rule"), problems);
    }
    for (key, node) in fields.named("permits", problems) {
        policy.permits.extend(pack::permit(key, node, problems));
    }
    let facts = fields.list("facts", problems).iter();
    policy.facts = facts.filter_map(|node| declared::fact(node, problems)).collect();
    if fields.get("external-connections").is_some() {
        let entries = fields.list("external-connections", problems).iter();
        let entries = entries.filter_map(|node| declared::connection(node, problems));
        policy.register = Some(entries.collect());
    }
    policy.categories = pack::categories(&mut fields, problems);
    waivers(&mut policy, &mut fields, problems);
    fields.close(problems);
    Some(policy)
}

/// A flow that must work is a requirement of its own, with its own verdict.
fn requirement(flow: &super::DeclaredFlow) -> PolicyRule {
    let (from, to, services) = (flow.from.clone(), flow.to.clone(), flow.services.clone());
    let flow_of = Except { from, to, services, span: flow.span };
    PolicyRule::new(flow.id.clone(), Verb::Require, flow_of)
}

fn packs(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<PackUse> {
    let mut out: Vec<PackUse> = Vec::new();
    for node in fields.list("packs", problems) {
        let Some(mut pack) = Fields::open(node, problems) else { continue };
        let name = pack.need("use", problems).and_then(|node| node.text(problems));
        let edition = pack.text("edition", problems);
        pack.close(problems);
        let Some(name) = name else { continue };
        if out.iter().any(|known| known.name.value == name.value) {
            let word = &name.value;
            let message = text!(
                "方針パック「{word}」が2回書かれています。",
                "the policy pack `{word}` is written twice"
            );
            problems.push(Problem::new(name.span, message));
        }
        out.push(PackUse { name, edition });
    }
    out
}

fn waivers(policy: &mut Policy, fields: &mut Fields<'_>, problems: &mut Problems) {
    for node in fields.list("waivers", problems) {
        let Some((rule, waiver)) = declared::waiver(node, problems) else { continue };
        // Rules of packs are not known yet; `join` asks again.
        if policy.packs.is_empty() {
            problems.extend(super::join::unknown_rule(&rule, &policy.rules));
        }
        policy.waivers.push(waiver);
    }
}
