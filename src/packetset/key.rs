//! Coordinates of points: 32 or 128 bits wide, the same code for both.

use std::fmt::Debug;
use std::hash::Hash;

/// The type of a coordinate.
pub trait Key: Copy + Ord + Hash + Debug + Default + Send + Sync + 'static {
    /// The largest coordinate.
    const MAX: Self;

    /// The next coordinate; `None` after the largest.
    fn next(self) -> Option<Self>;

    /// The coordinate before; `None` before 0.
    fn previous(self) -> Option<Self>;

    /// The coordinate as a number.
    fn wide(self) -> u128;

    /// The coordinate of a number; the largest coordinate when the number is larger.
    fn narrow(number: u128) -> Self;
}

impl Key for u32 {
    const MAX: Self = u32::MAX;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }

    fn wide(self) -> u128 {
        u128::from(self)
    }

    fn narrow(number: u128) -> Self {
        u32::try_from(number).unwrap_or(u32::MAX)
    }
}

impl Key for u128 {
    const MAX: Self = u128::MAX;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }

    fn wide(self) -> u128 {
        self
    }

    fn narrow(number: u128) -> Self {
        number
    }
}
