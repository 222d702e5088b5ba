//! Address objects as expressions.

use super::AddressId;
use crate::net::{AddressRange, WildcardMask};
use crate::source::Span;
use crate::text::Text;

/// A named object, a group, or a literal (empty name).
#[derive(Clone, Debug)]
pub struct AddressObject {
    /// The name in the configuration; empty for a literal.
    pub name: String,
    /// What it stands for.
    pub value: AddressSet,
    /// Where it is defined.
    pub span: Span,
}

/// A set of addresses, of one family or both.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AddressSet {
    /// Every address of both families.
    Any,
    /// The addresses from first to last.
    Range(AddressRange),
    /// The IPv4 addresses that agree on the compared bits.
    Wildcard(WildcardMask),
    /// The union of the members; no member means no address.
    Union(Vec<AddressId>),
    /// The addresses of `of` that are not in `minus`.
    Except {
        /// What is kept.
        of: AddressId,
        /// What is taken away.
        minus: AddressId,
    },
    /// A set that the configuration does not determine (FQDN, geography, feed): anything inside `within`, or nothing.
    Unknown {
        /// Why.
        reason: Text,
        /// The widest that it can be.
        within: AddressWithin,
    },
}

/// The widest reading of an unknown address set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressWithin {
    /// Any address of both families.
    Anywhere,
    /// Any address of this family.
    Family(crate::net::Family),
}
