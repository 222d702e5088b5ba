//! A pack file.

use super::parties::{Side, parties, services};
use super::rule::rule;
use super::words::{basis, both, count, date, unique, version, word, words};
use crate::net::Prefix;
use crate::policy::{Category, Edition, FactLabel, Need, Of, Pack, PackRole, Permit, WaiverTerms};
use crate::source::yaml::{self, Fields, Key, Node, Problems};
use crate::source::{File, FileId, Problem, Spanned};
use crate::text;

/// Reads a pack file.
///
/// # Errors
/// As [`super::read`].
pub fn read_pack(file: FileId, source: &File) -> Result<Pack, Vec<Problem>> {
    let root = yaml::parse(file, source)?;
    let mut problems = Problems::new();
    let pack = pack(&root, &mut problems).unwrap_or_default();
    problems.sort_by_key(|problem| problem.span);
    if problems.is_empty() { Ok(pack) } else { Err(problems) }
}

fn pack(root: &Node, problems: &mut Problems) -> Option<Pack> {
    let mut fields = Fields::open(root, problems)?;
    version(&mut fields, problems);
    let id = fields.need("pack", problems).and_then(|node| node.text(problems));
    let name = id.as_ref().map(|id| id.value.clone()).unwrap_or_default();
    let label = fields.need("label", problems).and_then(|node| both(node, problems));
    let about = fields.get("about").and_then(|node| both(node, problems));
    let editions = fields.list("editions", problems).iter();
    let editions = editions.filter_map(|node| edition(node, problems)).collect();
    let extends = fields.texts("extends", problems);
    let drop = fields.texts("drop", problems);
    let mut pack = Pack {
        id: name.clone(),
        label: label.unwrap_or_default(),
        about: about.unwrap_or_default(),
        editions,
        extends,
        drop,
        ..Pack::default()
    };
    for (key, node) in fields.named("roles", problems) {
        pack.roles.extend(role(key, node, &name, problems));
    }
    pack.apart = words(&mut fields, "apart", problems);
    for (key, node) in fields.named("permits", problems) {
        pack.permits.extend(permit(key, node, problems));
    }
    let mut ids: Vec<Spanned<String>> = Vec::new();
    for node in fields.list("rules", problems) {
        if let Some((id, rule)) = rule(node, problems) {
            pack.rules.push(rule);
            ids.push(id);
        }
    }
    let mut seen = Vec::new();
    for id in &ids {
        unique(id, &mut seen, &text!("規則", "rule"), problems);
    }
    for permit in &mut pack.permits {
        permit.pack = Some(name.clone());
    }
    pack.waivers = fields.get("waivers").and_then(|node| terms(node, name, problems));
    pack.categories = categories(&mut fields, problems);
    for (key, node) in fields.named("facts", problems) {
        let label = both(node, problems);
        pack.facts.extend(label.map(|label| FactLabel { id: key.text.clone(), label }));
    }
    fields.close(problems);
    id.map(|_| pack)
}

fn edition(node: &Node, problems: &mut Problems) -> Option<Edition> {
    let mut fields = Fields::open(node, problems)?;
    let id = fields.need("id", problems).and_then(|node| node.text(problems));
    fields.need("since", problems);
    let since = date(&mut fields, "since", problems);
    let label = word(&mut fields, "label", problems);
    fields.close(problems);
    let id = id?.value;
    Some(Edition { label: label.unwrap_or_else(|| id.clone()), id, since: since? })
}

fn role(key: &Key, node: &Node, pack: &str, problems: &mut Problems) -> Option<PackRole> {
    let mut fields = Fields::open(node, problems)?;
    let ja = fields.need("ja", problems).and_then(|node| node.text(problems));
    let en = fields.need("en", problems).and_then(|node| node.text(problems));
    let needed = fields.flag("needed", problems);
    fields.close(problems);
    let label = crate::text::Text { ja: ja?.value, en: en?.value };
    Some(PackRole { id: key.text.clone(), label, needed, pack: pack.to_owned() })
}

/// The permits of a mapping, for policy files as well.
pub(super) fn permit(key: &Key, node: &Node, problems: &mut Problems) -> Option<Permit> {
    let mut fields = Fields::open(node, problems)?;
    let label = fields.get("label").and_then(|node| both(node, problems));
    let from = fields.need("from", problems).map(|node| parties(node, Side::From, problems));
    let to = fields.need("to", problems).map(|node| parties(node, Side::To, problems));
    let services = fields.get("service").map(|node| services(node, problems));
    let both_ways = fields.flag("both-ways", problems);
    let pinned = fields.flag("pinned", problems);
    let needs = fields.list("needs", problems).iter();
    let needs = needs.filter_map(|node| need(node, problems)).collect();
    let basis = fields.get("basis").and_then(|node| basis(node, problems));
    let editions = fields.texts("editions", problems);
    fields.close(problems);
    Some(Permit {
        id: Spanned { value: key.text.clone(), span: key.span },
        label: label.unwrap_or_else(|| crate::text::Text::same(&key.text)),
        from: from?,
        to: to?,
        services: services.unwrap_or_default(),
        both_ways,
        pinned,
        needs,
        basis,
        editions,
        pack: None,
    })
}

fn need(node: &Node, problems: &mut Problems) -> Option<Need> {
    let mut fields = Fields::open(node, problems)?;
    let of = fields.need("of", problems).and_then(|node| node.text(problems));
    let fact = fields.need("fact", problems).and_then(|node| node.text(problems));
    let want = word(&mut fields, "want", problems);
    let unless = word(&mut fields, "unless", problems);
    fields.close(problems);
    let of = of?;
    let which = match of.value.as_str() {
        "from" => Of::From,
        "to" => Of::To,
        "flow" => Of::Flow,
        "organisation" => Of::Organisation,
        word => {
            let message =
                text!("「{word}」は対象として読めません。", "`{word}` is nothing a fact is of");
            let help = text!(
                "from、to、flow、organisation のどれかを書いてください。",
                "write `from`, `to`, `flow` or `organisation`"
            );
            problems.push(Problem::new(of.span, message).help(help));
            return None;
        }
    };
    Some(Need { of: which, fact: fact?.value, want, unless })
}

fn terms(node: &Node, pack: String, problems: &mut Problems) -> Option<WaiverTerms> {
    let mut fields = Fields::open(node, problems)?;
    let approver = word(&mut fields, "approver", problems);
    let applicants = words(&mut fields, "applicants", problems);
    let report_days = count(&mut fields, "report-days", problems);
    let review_months = count(&mut fields, "review-months", problems);
    fields.close(problems);
    Some(WaiverTerms { pack, approver, applicants, report_days, review_months })
}

/// The section `categories`, of packs and policy files.
pub(super) fn categories(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<Category> {
    let mut out = Vec::new();
    for (key, node) in fields.named("categories", problems) {
        let Some(mut fields) = Fields::open(node, problems) else { continue };
        let label = fields.get("label").and_then(|node| both(node, problems));
        let names = words(&mut fields, "names", problems);
        let wide_only = fields.flag("wide-only", problems);
        let mut networks = Vec::new();
        for word in fields.texts("networks", problems) {
            let text = &word.value;
            match Prefix::parse(text) {
                Some(prefix) => networks.push(prefix),
                None => problems.push(Problem::new(
                    word.span,
                    text!(
                        "「{text}」はネットワークとして読めません。",
                        "`{text}` is not a network"
                    ),
                )),
            }
        }
        fields.close(problems);
        out.push(Category {
            id: key.text.clone(),
            label: label.unwrap_or_else(|| crate::text::Text::same(&key.text)),
            names: names.iter().map(|name| name.to_ascii_lowercase()).collect(),
            wide_only,
            networks,
            span: key.span,
        });
    }
    out
}
