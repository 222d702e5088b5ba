//! What a policy rule demands.

use crate::source::{Span, Spanned};

/// See the module page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// No packet may open a connection; `both_ways` forbids the opposite direction as well.
    Deny {
        /// Whether the opposite direction is forbidden, too.
        both_ways: bool,
    },
    /// As `Deny`, but declared flows may: those that instantiate one of these permits, or any when none is named.
    Only {
        /// Whether the opposite direction is closed, too.
        both_ways: bool,
        /// The permits; `None`: every declared flow.
        flows: Option<Vec<Spanned<String>>>,
    },
    /// Every packet named must pass.
    Require,
    /// What passes must cross one of these devices, configured or opaque: names, or `role:` and a role of devices.
    Via {
        /// The devices, with the places of their names.
        through: Vec<(String, Span)>,
    },
    /// A fact must be declared of the rule's `from`, or of the organisation when that is empty.
    Declare {
        /// Which fact.
        fact: String,
        /// The value that it must have; `None`: any.
        want: Option<String>,
    },
    /// Every attachment to something outside is in the register.
    Register {
        /// The roles that must have approved each entry.
        approvers: Vec<String>,
        /// Whether each entry must name a contract.
        contract: bool,
    },
    /// Some line on the way of every connection that passes logs it.
    Logged,
    /// Nothing passes at all times: some line on the way has a schedule.
    Scheduled,
    /// No line that lets a connection pass names a destination of these categories.
    Destinations {
        /// The categories.
        forbid: Vec<Spanned<String>>,
    },
    /// These hygiene rules find nothing.
    Hygiene {
        /// Their names.
        rules: Vec<Spanned<String>>,
    },
}

impl Verb {
    /// Whether the rule forbids traffic: isolation is judged on the widest reading.
    #[must_use]
    pub fn forbids(&self) -> bool {
        matches!(self, Verb::Deny { .. } | Verb::Only { .. })
    }

    /// Whether the opposite direction is meant, too.
    #[must_use]
    pub fn both_ways(&self) -> bool {
        matches!(self, Verb::Deny { both_ways: true } | Verb::Only { both_ways: true, .. })
    }

    /// Whether the rule is about packets between parties.
    #[must_use]
    pub fn has_parties(&self) -> bool {
        !matches!(self, Verb::Declare { .. } | Verb::Register { .. } | Verb::Hygiene { .. })
    }
}
