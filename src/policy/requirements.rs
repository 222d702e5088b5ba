//! The requirements of the documents (要求事項) and the kinds of checks, as data that the binary carries.

use super::read::{both_texts, word_list};
use crate::finding::Severity;
use crate::source::yaml::{self, Fields, Node, Problems};
use crate::source::{File, FileId, Problem, Sources};
use crate::text;
use crate::text::Text;

/// One requirement.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// The identifier: `OG-08`.
    pub id: String,
    /// The document.
    pub document: String,
    /// The clause; empty when the source names none.
    pub clause: String,
    /// What it demands, in one sentence.
    pub title: Text,
    /// The document's own words, when they are at hand.
    pub quote: Option<String>,
    /// Whether nobody compared it with the primary text.
    pub unverified: bool,
    /// How far configurations can show it.
    pub checkable: Checkable,
    /// How grave it is when it is not met.
    pub severity: Severity,
    /// Rules (of any pack), hygiene rules (`lint/…`) and kinds of findings that decide it.
    pub by: Vec<String>,
    /// Facts that must be declared as well.
    pub facts: Vec<String>,
    /// Why configurations cannot show it, or which output serves it.
    pub reason: Option<Text>,
}

/// How far configurations can show that a requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkable {
    /// Entirely.
    Yes,
    /// Together with declared facts.
    Partly,
    /// Not at all.
    No,
}

/// A kind of check, and what carries it out.
#[derive(Clone, Debug)]
pub struct CheckKind {
    /// The identifier: `CHK-ISO`.
    pub id: String,
    /// Its name.
    pub label: Text,
    /// Verbs (`deny`), hygiene rules (`lint/…`), kinds of findings and commands that carry it out.
    pub by: Vec<String>,
}

const REQUIREMENTS: &str = include_str!("../../policies/requirements.yaml");
const CHECKS: &str = include_str!("../../policies/checks.yaml");

/// Every requirement, in the order of the documents.
#[must_use]
pub fn requirements() -> Vec<Requirement> {
    rows("requirements", REQUIREMENTS, requirement).unwrap_or_default()
}

/// Every kind of check.
#[must_use]
pub fn checks() -> Vec<CheckKind> {
    rows("checks", CHECKS, check).unwrap_or_default()
}

/// The rows of an embedded table.
fn rows<T>(
    key: &'static str,
    table: &str,
    row: fn(&Node, &mut Problems) -> Option<T>,
) -> Result<Vec<T>, Vec<Problem>> {
    let mut sources = Sources::default();
    let Ok(id) = sources.add(key, table.as_bytes()) else { return Err(Vec::new()) };
    read_rows(id, sources.file(id), key, row)
}

fn read_rows<T>(
    file: FileId,
    source: &File,
    key: &'static str,
    row: fn(&Node, &mut Problems) -> Option<T>,
) -> Result<Vec<T>, Vec<Problem>> {
    let root = yaml::parse(file, source)?;
    let mut problems = Problems::new();
    let mut out = Vec::new();
    if let Some(mut fields) = Fields::open(&root, &mut problems) {
        fields.need("version", &mut problems);
        for node in fields.list(key, &mut problems) {
            out.extend(row(node, &mut problems));
        }
        fields.close(&mut problems);
    }
    if problems.is_empty() { Ok(out) } else { Err(problems) }
}

fn requirement(node: &Node, problems: &mut Problems) -> Option<Requirement> {
    let mut fields = Fields::open(node, problems)?;
    let mut need = |key, problems: &mut Problems| {
        fields.need(key, problems).and_then(|node| node.text(problems))
    };
    let (id, document) = (need("id", problems), need("document", problems));
    let severity = need("severity", problems);
    let checkable = need("checkable", problems);
    let clause = fields.text("clause", problems).map(|clause| clause.value).unwrap_or_default();
    let unverified = fields.get("verified").is_some() && !fields.flag("verified", problems);
    let title = fields.need("title", problems).and_then(|node| both_texts(node, problems));
    let quote = fields.text("quote", problems).map(|quote| quote.value);
    let by = word_list(&mut fields, "by", problems);
    let facts = word_list(&mut fields, "facts", problems);
    let reason = fields.get("reason").and_then(|node| both_texts(node, problems));
    fields.close(problems);
    let word = checkable?;
    let checkable = match word.value.as_str() {
        "yes" => Checkable::Yes,
        "partly" => Checkable::Partly,
        "no" => Checkable::No,
        other => {
            let message = text!(
                "「{other}」は yes・partly・no のどれでもありません。",
                "`{other}` is not yes, partly or no"
            );
            problems.push(Problem::new(word.span, message));
            return None;
        }
    };
    Some(Requirement {
        id: id?.value,
        document: document?.value,
        clause,
        title: title?,
        quote,
        unverified,
        checkable,
        severity: Severity::parse(&severity?.value)?,
        by,
        facts,
        reason,
    })
}

fn check(node: &Node, problems: &mut Problems) -> Option<CheckKind> {
    let mut fields = Fields::open(node, problems)?;
    let id = fields.need("id", problems).and_then(|node| node.text(problems));
    let label = fields.need("label", problems).and_then(|node| both_texts(node, problems));
    let by = word_list(&mut fields, "by", problems);
    fields.close(problems);
    Some(CheckKind { id: id?.value, label: label?, by })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_embedded_tables_can_be_read() {
        let failed = |problems: Vec<Problem>| -> Vec<Text> {
            problems.into_iter().map(|problem| problem.message).collect()
        };
        let all = rows("requirements", REQUIREMENTS, requirement).map_err(failed).unwrap();
        assert_eq!(all.iter().filter(|row| !row.id.starts_with("EX-")).count(), 194);
        assert_eq!(rows("checks", CHECKS, check).map_err(failed).unwrap().len(), 28);
    }

    #[test]
    fn every_checkable_row_has_a_check_or_a_reason() {
        let bare = |row: &Requirement| row.by.is_empty() && row.reason.is_none();
        let rows: Vec<String> = requirements().into_iter().filter(bare).map(|row| row.id).collect();
        assert!(rows.is_empty(), "{rows:?}");
        let ids: BTreeSet<String> = requirements().into_iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), requirements().len(), "an identifier stands twice");
    }

    #[test]
    fn the_counts_of_the_documents_stand() {
        let count = |wanted| {
            let rows = requirements();
            rows.iter().filter(|r| !r.id.starts_with("EX-") && r.checkable == wanted).count()
        };
        let counts = [Checkable::Yes, Checkable::Partly, Checkable::No].map(count);
        assert_eq!(counts, [88, 94, 12]);
    }
}
