//! What is wrong with a file that the user wrote, with the way out.

use super::Span;
use crate::text::Text;

/// Something in a topology or policy file that the tool cannot work with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The words that are wrong; the beginning of the file when it as a whole is meant.
    pub span: Span,
    /// What is wrong, as one sentence.
    pub message: Text,
    /// What to write instead, when it can be said.
    pub help: Option<Text>,
}

impl Problem {
    /// A problem without a way out.
    #[must_use]
    pub fn new(span: Span, message: Text) -> Problem {
        Problem { span, message, help: None }
    }

    /// The same problem with the way out.
    #[must_use]
    pub fn help(mut self, help: Text) -> Problem {
        self.help = Some(help);
        self
    }

    /// The same problem with "did you mean", when one of `candidates` is near `word`.
    #[must_use]
    pub fn suggest<'a>(
        mut self,
        word: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Problem {
        if let Some(near) = nearest(word, candidates) {
            self.help =
                Some(crate::text!("「{near}」ではありませんか。", "did you mean `{near}`?"));
        }
        self
    }
}

/// A value with the place where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub span: Span,
}

/// Longer words are never compared, so that the comparison stays cheap.
const LONGEST_COMPARED: usize = 64;

/// The candidate nearest to `word` by insertions, deletions, replacements and swaps of neighbours (at most one change in three
/// letters, and at least one is allowed); the first of equally near ones.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters: Vec<char> = word.to_lowercase().chars().take(LONGEST_COMPARED + 1).collect();
    if letters.len() > LONGEST_COMPARED {
        return None;
    }
    let allowed = (letters.len() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word && candidate.len() <= LONGEST_COMPARED * 4)
        .map(|candidate| (distance(&letters, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The optimal string alignment distance, ignoring case.
fn distance(left: &[char], right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let replaced = at(&last, j) + usize::from(a != b);
            let mut best = replaced.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped =
                i > 0 && j > 0 && left.get(i - 1) == Some(b) && right.get(j - 1) == Some(a);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let keys = ["zones", "devices", "attach", "links", "hosts"];
        assert_eq!(nearest("zoens", keys), Some("zones"));
        assert_eq!(nearest("device", keys), Some("devices"));
        assert_eq!(nearest("Hosts", keys), Some("hosts"));
        assert_eq!(nearest("policy", keys), None);
        assert_eq!(nearest(&"z".repeat(100_000), keys), None);
    }
}
