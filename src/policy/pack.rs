//! Packs: policies as data, keyed by the roles of zones.

use super::{Party, PolicyRule, Service};
use crate::finding::Basis;
use crate::net::Prefix;
use crate::source::{Span, Spanned};
use crate::text::Text;

/// A pack as its file states it.
#[derive(Clone, Debug, Default)]
pub struct Pack {
    /// The identifier, which stands in front of its rules' identifiers.
    pub id: String,
    /// Its name.
    pub label: Text,
    /// What it is, on what it rests, and what of it was not verified.
    pub about: Text,
    /// Editions of the document behind it, oldest first; may be empty.
    pub editions: Vec<Edition>,
    /// Packs whose rules and permits it takes over.
    pub extends: Vec<Spanned<String>>,
    /// Rules and permits that it does not take over.
    pub drop: Vec<Spanned<String>>,
    /// The roles that it speaks of.
    pub roles: Vec<PackRole>,
    /// Roles of which no zone may have two: between areas that are one network nothing can be judged.
    pub apart: Vec<String>,
    /// Its conditional cells.
    pub permits: Vec<Permit>,
    /// Its rules, with identifiers as written.
    pub rules: Vec<PolicyRule>,
    /// What it demands of waivers.
    pub waivers: Option<WaiverTerms>,
    /// Groups of destinations.
    pub categories: Vec<Category>,
    /// What its facts are called.
    pub facts: Vec<FactLabel>,
}

/// What a fact is called.
#[derive(Clone, Debug)]
pub struct FactLabel {
    /// The word in the policy file: `redirect-disabled`.
    pub id: String,
    /// Its name: what is the case when its value is `true`.
    pub label: Text,
}

/// An edition of a document.
#[derive(Clone, Debug)]
pub struct Edition {
    /// The identifier: `soumu-2025-03`.
    pub id: String,
    /// Days since 1970-01-01 of the first day on which it is in force.
    pub since: i32,
    /// Its name.
    pub label: String,
}

/// A role that a pack speaks of.
#[derive(Clone, Debug)]
pub struct PackRole {
    /// The word in the topology file.
    pub id: String,
    /// Its name.
    pub label: Text,
    /// Whether a network without it cannot be judged.
    pub needed: bool,
    /// The pack that needs it.
    pub pack: String,
}

/// A conditional cell (△): what declared flows may instantiate, and under which conditions.
#[derive(Clone, Debug)]
pub struct Permit {
    /// The identifier: `screen-transfer`.
    pub id: Spanned<String>,
    /// Its name.
    pub label: Text,
    /// Where declared flows may start.
    pub from: Vec<Party>,
    /// Where they may end.
    pub to: Vec<Party>,
    /// Services within which they must lie; empty means every one.
    pub services: Vec<Service>,
    /// Whether a flow may be declared in the opposite direction as well.
    pub both_ways: bool,
    /// Whether both ends must be hosts and every service one port.
    pub pinned: bool,
    /// Facts that it rests on.
    pub needs: Vec<Need>,
    /// Document and clause.
    pub basis: Option<Basis>,
    /// The editions of its pack that hold it; empty means all.
    pub editions: Vec<Spanned<String>>,
    /// The pack that it comes from.
    pub pack: Option<String>,
}

/// A fact that a permit rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// Of what.
    pub of: Of,
    /// Which fact.
    pub fact: String,
    /// The value that it must have; `None`: any.
    pub want: Option<String>,
    /// The role of that end with which it is not needed.
    pub unless: Option<String>,
}

/// What a needed fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The ends at which the permit's `from` is, whoever opens.
    From,
    /// The ends at which the permit's `to` is.
    To,
    /// The declared flow.
    Flow,
    /// The organisation.
    Organisation,
}

/// What a pack demands of waivers.
#[derive(Clone, Debug)]
pub struct WaiverTerms {
    /// The pack.
    pub pack: String,
    /// The role that approves them; `None`: any.
    pub approver: Option<String>,
    /// The roles that may ask for them; empty means any.
    pub applicants: Vec<String>,
    /// Days within which an emergency must be reported; `None`: not said.
    pub report_days: Option<i32>,
    /// Months after which a waiver is to be reviewed; `None`: not said.
    pub review_months: Option<i32>,
}

/// A group of destinations.
#[derive(Clone, Debug)]
pub struct Category {
    /// The identifier: `generative-ai`.
    pub id: String,
    /// Its name.
    pub label: Text,
    /// Domain names; `*.example.jp` stands for everything below.
    pub names: Vec<String>,
    /// Whether only names with a wildcard count, because a single host below is somebody's own.
    pub wide_only: bool,
    /// Networks.
    pub networks: Vec<Prefix>,
    /// Where it stands.
    pub span: Span,
}
