//! Hygiene: findings about configurations that no policy rule asks for. One file per rule.

use crate::finding::Finding;
use crate::snapshot::Snapshot;
use crate::source::Sources;

/// The findings of every hygiene rule, in the order of the rules.
#[must_use]
pub fn lint(snapshot: &Snapshot, sources: &Sources) -> Vec<Finding> {
    let _ = (snapshot, sources);
    Vec::new()
}
