//! Marks that speak for a format: each counts once, however often it is met.

/// How far detection looks, in lines.
pub(super) const DETECT_LINES: usize = 4000;

/// What the marks of a text are worth together.
#[derive(Debug)]
pub(super) struct Marks<const N: usize> {
    worth: [u8; N],
    seen: [bool; N],
    score: u8,
}

impl<const N: usize> Marks<N> {
    /// Nothing met yet; `worth` gives the points of each mark.
    pub(super) fn new(worth: [u8; N]) -> Marks<N> {
        Marks { worth, seen: [false; N], score: 0 }
    }

    /// Counts the marks that `met` says a line has, by number; one that was met before is not asked for again.
    pub(super) fn note(&mut self, met: impl Fn(usize) -> bool) {
        for (at, (seen, worth)) in self.seen.iter_mut().zip(self.worth).enumerate() {
            if !*seen && met(at) {
                *seen = true;
                self.score = self.score.saturating_add(worth);
            }
        }
    }

    /// The points of all that was met, at most `limit`.
    pub(super) fn score(&self, limit: u8) -> u8 {
        self.score.min(limit)
    }
}
