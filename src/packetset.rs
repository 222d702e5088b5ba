//! Sets of points in a product of integer fields, and functions from points to priorities, as factored interval decision
//! diagrams. This module knows no network words: fields are numbers, widths are given at run time.
//!
//! # What a value is
//!
//! A [`Function`] maps every point of the space to a priority, 0 to [`Function::LIMIT`], or to *no match*. A set is a
//! function with two values: priority 0 (inside) and no match (outside). A function is a node of an [`Arena`]; a node tests one
//! field by ascending `(start, child)` steps, fields are tested in ascending order, neighbouring steps differ, and a node with
//! one step is its child. Nodes are hash-consed, so **within one arena equal functions have equal ids**: equality,
//! emptiness and fullness are comparisons of two numbers. Ids of one arena mean nothing in another.
//!
//! # Laws
//!
//! `min` is commutative, associative and idempotent, with *no match* as identity and priority 0 as zero; so a first-match
//! list is the minimum of its lines in any grouping. On sets `min` is union and `guard` is intersection, `minus` is
//! difference, `a ⊆ b` is `minus(a, b) = ∅`; they form a Boolean algebra. `guard(min(f, g), s) = min(guard(f, s), guard(g, s))`,
//! and `guard(guard(f, s), t) = guard(f, s ∩ t)`. `tests.rs` holds all of them against a linear scan.
//!
//! # Costs
//!
//! | operation | time | result |
//! |---|---|---|
//! | equality, emptiness | 1 comparison | |
//! | `min`, `guard`, `minus` | one merge of two step lists per pair of nodes met, each pair once | at most the product of both |
//! | [`Arena::import`] under a guard | steps of the source inside the guard, found by binary search | no more than that |
//! | [`Arena::first_match`] (bulk load) | sort of the interval ends, plus one child per distinct set of active rules | linear in the intervals when those of the first two fields are disjoint per class |
//! | [`Arena::partition`] | the nodes above the field once, then the steps of the field | those of the field, and one node a label |
//! | [`Arena::exists`], [`Arena::shift`] | the nodes above the field once, unions below it | |
//! | [`Arena::pick`], [`Arena::value_at`] | one step list per field | |
//! | [`Arena::tell`] | its nodes once | |
//! | [`Arena::products`] | the nodes of the first fields once, and those that are listed | |
//! | [`Arena::cubes`] | as many as there are distinct paths, up to the caller's limit | |
//!
//! # Limits
//!
//! An arena refuses to grow past its budget of steps: operations then return *no match* and [`Arena::exhausted`] stays true, so
//! that a caller must look before it believes a result. Nothing is allocated past the budget.

mod arena;
mod build;
mod content;
mod cubes;
mod intervals;
mod key;
mod ops;
mod partition;
mod rewrite;
mod table;

#[cfg(test)]
mod tests;

pub use arena::{Arena, Function};
pub use build::Rule;
pub use cubes::{Cube, Product};
pub use intervals::Intervals;
pub use key::Key;
pub use partition::Labels;
