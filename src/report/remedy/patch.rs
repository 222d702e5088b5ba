//! A plan of edits as a patch of the files that were given.

use crate::remedy::Plan;
use crate::report::escape;
use crate::scan::Files;
use similar::TextDiff;

/// Every step of the plan, for `patch -p1` and `git apply`.
#[must_use]
pub fn plan_patch(plan: &Plan, given: &Files) -> Vec<u8> {
    let mut out = Vec::new();
    for (path, new) in &plan.files.entries {
        let Some((_, old)) = given.entries.iter().find(|(known, _)| known == path) else {
            continue;
        };
        if old == new {
            continue;
        }
        let (old, new): (&[u8], &[u8]) = (old, new);
        let (diff, shown) = (TextDiff::from_lines(old, new), escape::terminal(path));
        out.extend(format!("--- a/{shown}\n+++ b/{shown}\n").into_bytes());
        // As bytes: the whole diff's own writer would turn a file in CP932 into replacement characters. Writing to memory does not fail.
        for hunk in diff.unified_diff().iter_hunks() {
            let _ = hunk.to_writer(&mut out);
        }
    }
    out
}
