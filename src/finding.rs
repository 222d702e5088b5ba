//! What is reported. Later floors resolve spans to `file:line` through [`crate::source::Sources`]; nothing here opens a file.

pub mod catalogue;
pub mod cube;

use crate::net::{Family, Flow};
use crate::source::{Span, hex};
use crate::text::Text;

/// The judgment on one policy rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// 適合: even the widest reading keeps the rule.
    Holds,
    /// 確認不能: the readings disagree.
    Undetermined,
    /// 不適合: proven, with a witness.
    Violated,
}

impl Verdict {
    /// The identifier in machine formats.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Undetermined => "undetermined",
            Verdict::Violated => "violated",
        }
    }

    /// The word in reports.
    #[must_use]
    pub fn word(self) -> Text {
        let (ja, en) = match self {
            Verdict::Holds => ("適合", "holds"),
            Verdict::Undetermined => ("確認不能", "undetermined"),
            Verdict::Violated => ("不適合", "violated"),
        };
        Text { ja: ja.to_owned(), en: en.to_owned() }
    }
}

/// How grave a finding is; the order is the order of gravity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// 情報.
    Info,
    /// 低.
    Low,
    /// 中.
    Medium,
    /// 高.
    High,
    /// 重大.
    Critical,
}

impl Severity {
    /// All, gravest last.
    pub const ALL: [Severity; 5] =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// The identifier in machine formats and policy files.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// The severity with this identifier.
    #[must_use]
    pub fn parse(word: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|severity| severity.id() == word)
    }

    /// The word in reports.
    #[must_use]
    pub fn word(self) -> Text {
        let ja = match self {
            Severity::Info => "情報",
            Severity::Low => "低",
            Severity::Medium => "中",
            Severity::High => "高",
            Severity::Critical => "重大",
        };
        Text { ja: ja.to_owned(), en: self.id().to_owned() }
    }
}

/// What kind of finding it is; the identifiers are part of the machine formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A packet can travel where the policy forbids it.
    ForbiddenPath,
    /// A required flow does not pass, or not surely.
    MissingRequiredPath,
    /// A chain of compromised hosts leads where the policy forbids it.
    SteppingStone,
    /// What falls when a relay on which a rule rests is compromised.
    ResidualRisk,
    /// Only senders that forge their source travel where the policy forbids it.
    ForgedSource,
    /// A named firewall does not stop the forbidden flow alone.
    Enforcement,
    /// A path goes around a named firewall.
    RoutingBypass,
    /// Input that was not read, a device that is missing, an address or interface in no zone.
    Coverage,
    /// A policy rule or zone that nothing can ever test.
    Vacuous,
    /// A passing connection that no line logs.
    Unlogged,
    /// A connection that passes at all times where it may pass at some times only.
    Unscheduled,
    /// A line that lets a connection pass to a destination of a forbidden category.
    ForbiddenDestination,
    /// A fact that configurations cannot show, and that was not declared, or contradicts the policy.
    DeclaredFact,
    /// A declared flow that fits no condition, a fact or register entry that is overdue or about nothing.
    Declaration,
    /// An attachment to something outside that is not in the register.
    ExternalConnection,
    /// Hygiene rules that a policy rule names found something; the findings themselves say what.
    Hygiene,
    /// Something about a waiver.
    Waiver,
    /// The two judges disagree: an error of the tool.
    InternalDisagreement,
    /// A hygiene rule, by its name.
    Lint(&'static str),
}

impl Kind {
    /// The identifier: `forbidden-path`, …, `lint/<rule>`.
    #[must_use]
    pub fn id(self) -> String {
        match self {
            Kind::ForbiddenPath => "forbidden-path".to_owned(),
            Kind::MissingRequiredPath => "missing-required-path".to_owned(),
            Kind::SteppingStone => "stepping-stone".to_owned(),
            Kind::ResidualRisk => "residual-risk".to_owned(),
            Kind::ForgedSource => "forged-source".to_owned(),
            Kind::Enforcement => "enforcement".to_owned(),
            Kind::RoutingBypass => "routing-bypass".to_owned(),
            Kind::Coverage => "coverage".to_owned(),
            Kind::Vacuous => "vacuous".to_owned(),
            Kind::Unlogged => "unlogged".to_owned(),
            Kind::Unscheduled => "unscheduled".to_owned(),
            Kind::ForbiddenDestination => "forbidden-destination".to_owned(),
            Kind::DeclaredFact => "declared-fact".to_owned(),
            Kind::Declaration => "declaration".to_owned(),
            Kind::ExternalConnection => "external-connection".to_owned(),
            Kind::Hygiene => "hygiene".to_owned(),
            Kind::Waiver => "waiver".to_owned(),
            Kind::InternalDisagreement => "internal-disagreement".to_owned(),
            Kind::Lint(rule) => format!("lint/{rule}"),
        }
    }
}

/// One finding, 指摘事項.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its kind.
    pub kind: Kind,
    /// The policy rule, or the name of the hygiene rule.
    pub rule: String,
    /// How grave it is.
    pub severity: Severity,
    /// Violated or undetermined.
    pub verdict: Verdict,
    /// The zone (or `zone.host`, `self:device`) where the flow starts.
    pub from: Option<String>,
    /// Where it ends.
    pub to: Option<String>,
    /// Further pairs of the same rule that the same lines open: `from` and `to` of each, without the finding's own.
    pub also: Vec<(String, String)>,
    /// The device that an enforcement or routing-bypass finding is about.
    pub device: Option<String>,
    /// The address family, when the finding is about one.
    pub family: Option<Family>,
    /// Stable over runs and machines, and over line numbers: see [`crate::check`].
    pub fingerprint: String,
    /// One sentence an auditor can quote; more follows in `details`.
    pub message: Text,
    /// Further sentences, each complete.
    pub details: Vec<Text>,
    /// What to do, when it can be said.
    pub advice: Option<Text>,
    /// One packet that proves it, as it leaves its sender.
    pub witness: Option<Flow>,
    /// The path of the witness.
    pub path: Vec<Hop>,
    /// The lines that are to blame.
    pub blame: Vec<Blame>,
    /// What can travel, as a short list.
    pub flows: FlowList,
    /// The lines and missing facts that make it undetermined.
    pub causes: Vec<Cause>,
    /// The smallest sets of lines whose removal ends it.
    pub cuts: Vec<Cut>,
    /// Chains of hosts of a stepping-stone finding, shortest first.
    pub chains: Vec<Chain>,
    /// Whether a reply to the witness comes back; `None` when that was not asked.
    pub round_trip: Option<bool>,
    /// The schedule without which it would not be, when there is one.
    pub schedule: Option<String>,
    /// Document and clause that the rule rests on.
    pub basis: Option<Basis>,
    /// The requirements that the rule serves (`OG-08`).
    pub requirements: Vec<String>,
    /// How it compares with the baseline; `None` when there is no baseline.
    pub novelty: Option<Novelty>,
}

/// How a finding compares with a baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Novelty {
    /// 既知: it stands in the baseline, or what is left of it does.
    Known,
    /// 拡大: the baseline holds it, but not all of it.
    Enlarged,
    /// 新規: the baseline holds nothing like it.
    New,
}

impl Novelty {
    /// The identifier in machine formats.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Novelty::Known => "known",
            Novelty::Enlarged => "enlarged",
            Novelty::New => "new",
        }
    }

    /// The word in reports.
    #[must_use]
    pub fn word(self) -> Text {
        let ja = match self {
            Novelty::Known => "既知",
            Novelty::Enlarged => "拡大",
            Novelty::New => "新規",
        };
        Text { ja: ja.to_owned(), en: self.id().to_owned() }
    }
}

impl Finding {
    /// A finding that says no more than this.
    #[must_use]
    pub fn new(
        kind: Kind,
        rule: &str,
        severity: Severity,
        verdict: Verdict,
        message: Text,
    ) -> Finding {
        Finding {
            kind,
            rule: rule.to_owned(),
            severity,
            verdict,
            from: None,
            to: None,
            also: Vec::new(),
            device: None,
            family: None,
            fingerprint: String::new(),
            message,
            details: Vec::new(),
            advice: None,
            witness: None,
            path: Vec::new(),
            blame: Vec::new(),
            flows: FlowList::default(),
            causes: Vec::new(),
            cuts: Vec::new(),
            chains: Vec::new(),
            round_trip: None,
            schedule: None,
            basis: None,
            requirements: Vec::new(),
            novelty: None,
        }
    }
}

/// Sixteen hexadecimal digits of the SHA-256 of `parts`: what a finding keeps over runs and machines.
#[must_use]
pub fn fingerprint(parts: &[String]) -> String {
    digest(|take| take(parts.join("\u{1f}").as_bytes()))
}

/// The beginning of the SHA-256 of what `tell` tells, 16 hexadecimal digits.
#[must_use]
pub fn digest(tell: impl FnOnce(&mut dyn FnMut(&[u8]))) -> String {
    let mut hasher = <sha2::Sha256 as sha2::Digest>::new();
    tell(&mut |bytes| sha2::Digest::update(&mut hasher, bytes));
    sha2::Digest::finalize(hasher).get(..8).map(hex).unwrap_or_default()
}

/// Traffic that a waiver excuses, 例外措置で認められた通信: it may pass, and the rule would forbid it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    /// The waiver: its identifier, or its position (`#3`).
    pub waiver: String,
    /// The policy rule that it waives.
    pub rule: String,
    /// Where the traffic starts.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// The family.
    pub family: Family,
    /// What may pass.
    pub flows: FlowList,
    /// Whether some of it surely passes.
    pub sure: bool,
    /// Why it is excused.
    pub reason: String,
    /// Who asked for it.
    pub requested_by: Option<String>,
    /// Who allowed it.
    pub approved_by: Option<String>,
    /// The document.
    pub document: Option<String>,
    /// Where the waiver stands.
    pub span: Span,
}

/// Where a policy rule comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    /// The document.
    pub document: String,
    /// The clause, page or figure.
    pub clause: String,
    /// What kind of document it is; `None` when nobody said.
    pub class: Option<BasisClass>,
    /// Its own words, when they are at hand.
    pub quote: Option<String>,
    /// Whether nobody compared it with the primary text: it rests on secondary sources or on experience.
    pub unverified: bool,
}

/// How much a document binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BasisClass {
    /// 対策基準: the organisation's own standard, binding.
    Standard,
    /// ガイドライン: advice of a ministry.
    Guideline,
    /// 設計: what was agreed for this network.
    Design,
    /// 推奨事項: good practice without a clause behind it.
    Practice,
}

impl BasisClass {
    /// All, the most binding first.
    pub const ALL: [BasisClass; 4] =
        [BasisClass::Standard, BasisClass::Guideline, BasisClass::Design, BasisClass::Practice];

    /// The identifier in packs and machine formats.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            BasisClass::Standard => "standard",
            BasisClass::Guideline => "guideline",
            BasisClass::Design => "design",
            BasisClass::Practice => "practice",
        }
    }

    /// The word in reports.
    #[must_use]
    pub fn word(self) -> Text {
        let (ja, en) = match self {
            BasisClass::Standard => ("対策基準", "standard"),
            BasisClass::Guideline => ("ガイドライン（技術的助言）", "guideline (advice)"),
            BasisClass::Design => ("設計", "design"),
            BasisClass::Practice => ("推奨事項", "good practice"),
        };
        Text { ja: ja.to_owned(), en: en.to_owned() }
    }
}

/// One device on a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hop {
    /// Device name; of an opaque router its name.
    pub device: String,
    /// Context name; empty for a plain device.
    pub context: String,
    /// Interface by which the packet came in; empty for an opaque router.
    pub ingress: String,
    /// Interface by which it left; `None` where it ended.
    pub egress: Option<String>,
    /// What decided, in the order in which the packet met it.
    pub lines: Vec<HopLine>,
}

/// Whether a line on the way stops the packet.
#[must_use]
pub fn is_stopped(hops: &[Hop]) -> bool {
    hops.iter().flat_map(|hop| &hop.lines).any(|line| line.action == HopAction::Deny)
}

/// One line that decided something about a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HopLine {
    /// Where it stands; `None` for a default that no line states.
    pub span: Option<Span>,
    /// How an engineer names it.
    pub label: String,
    /// What it did.
    pub action: HopAction,
}

/// What a line on a path did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HopAction {
    /// Let the packet pass.
    Permit,
    /// Stopped it.
    Deny,
    /// May have let it pass: the line, or one before it, is not fully understood.
    MayPermit,
    /// Changed its header.
    Translate,
    /// Sent it on.
    Route,
}

impl HopAction {
    /// The identifier in machine formats.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            HopAction::Permit => "permit",
            HopAction::Deny => "deny",
            HopAction::MayPermit => "may-permit",
            HopAction::Translate => "translate",
            HopAction::Route => "route",
        }
    }
}

/// A line that is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    /// The device.
    pub device: String,
    /// The line, or the whole entry of a multi-line block; its first line is reported.
    pub span: Span,
    /// How an engineer names it.
    pub label: String,
    /// Through which groups the line came to mean that, outermost first (`ALL-INTERNAL`, `PI-NET`); may be empty.
    pub through: Vec<String>,
}

/// Something that keeps a verdict undetermined.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cause {
    /// The line, when there is one.
    pub span: Option<Span>,
    /// Why, and what would settle it.
    pub reason: Text,
}

/// Flows as source, destination and service, capped for display.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowList {
    /// The first flows, widest first.
    pub flows: Vec<FlowCube>,
    /// How many more there are beyond the list.
    pub omitted: u64,
    /// A hash of all of them, when the list does not say all: two lists that look alike may be of different flows.
    pub unlisted: Option<String>,
}

impl FlowList {
    /// Every flow: the widest reading of what a limit left open.
    #[must_use]
    pub fn anything() -> FlowList {
        let any = || "any".to_owned();
        let flows = vec![FlowCube { src: any(), dst: any(), service: any() }];
        FlowList { flows, ..FlowList::default() }
    }
}

/// A product of a source set, a destination set and a service set, as text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowCube {
    /// Prefixes or ranges, joined with `, `.
    pub src: String,
    /// Prefixes or ranges, joined with `, `.
    pub dst: String,
    /// `any`, `tcp/443`, `icmp/8`, joined with `, `.
    pub service: String,
}

/// A smallest set of lines whose removal ends a violation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// The lines.
    pub lines: Vec<Blame>,
    /// Policy rules that require traffic which the removal would stop.
    pub breaks: Vec<String>,
}

/// A chain of hosts, each reached from the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// One more than the number of hosts; the first step starts in the start zone.
    pub steps: Vec<ChainStep>,
}

/// One step of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainStep {
    /// Zone or `zone.host` where the step starts.
    pub from: String,
    /// Zone or `zone.host` where it ends.
    pub to: String,
    /// A packet that makes the step.
    pub flow: Flow,
    /// Its path.
    pub path: Vec<Hop>,
}

/// The verdict on one policy rule as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleVerdict {
    /// The policy rule.
    pub rule: String,
    /// The worst verdict over its zone pairs and both families.
    pub verdict: Verdict,
    /// The severity that the policy gives it.
    pub severity: Severity,
    /// What the rule says, in a sentence.
    pub summary: Text,
    /// Where it stands in the policy file or its pack.
    pub span: Option<Span>,
    /// Document and clause.
    pub basis: Option<Basis>,
    /// The requirements that it serves.
    pub requirements: Vec<String>,
}
