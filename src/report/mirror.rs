//! Serialisable twins of what is reported. The names are a contract with other programs; the core types stay free of it.

pub(super) mod beside;
pub(super) mod inputs;

use super::view;
use crate::finding::{
    Basis, Blame, Cause, Chain, Cut, Finding, FlowList, Hop, HopLine, RuleVerdict, Severity,
    Verdict,
};
use crate::net::{Family, Flow, protocol_name};
use crate::scan::{Loaded, Scan};
use crate::source::Sources;
use crate::text::Text;
use schemars::JsonSchema;
use serde::Serialize;

/// A scan.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "sekisho/scan/1")]
pub(super) struct ScanJson {
    /// Always `sekisho/scan/1`.
    pub(super) schema: &'static str,
    /// What made it.
    pub(super) tool: ToolJson,
    /// The name of the network.
    pub(super) name: String,
    /// How verdicts count.
    pub(super) summary: SummaryJson,
    /// Every input file.
    pub(super) inputs: Vec<inputs::InputJson>,
    /// What became of the lines of every configuration.
    pub(super) coverage: inputs::CoverageJson,
    /// One verdict a policy rule.
    pub(super) verdicts: Vec<VerdictJson>,
    /// How the findings compare with a baseline; null without one.
    pub(super) baseline: Option<beside::ComparisonJson>,
    /// Traffic that waivers excuse.
    pub(super) waived: Vec<beside::WaivedJson>,
    /// Findings, gravest first.
    pub(super) findings: Vec<FindingJson>,
    /// The packs in force.
    pub(super) packs: Vec<PackJson>,
    /// Rules of packs that speak of nobody in this network.
    pub(super) not_applicable: Vec<NotApplicableJson>,
}

/// A pack in force.
#[derive(Serialize, JsonSchema)]
pub(super) struct PackJson {
    id: String,
    label: TextJson,
    edition: Option<String>,
}

/// A rule that speaks of nobody in this network.
#[derive(Serialize, JsonSchema)]
pub(super) struct NotApplicableJson {
    rule: String,
    summary: TextJson,
    /// The roles that nobody has.
    roles: Vec<String>,
    requirements: Vec<String>,
}

/// The program.
#[derive(Serialize, JsonSchema)]
pub(super) struct ToolJson {
    /// Its name.
    pub(super) name: &'static str,
    /// Its version.
    pub(super) version: &'static str,
}

/// Numbers of verdicts.
#[derive(Serialize, JsonSchema)]
pub(super) struct SummaryJson {
    holds: usize,
    violated: usize,
    undetermined: usize,
}

/// A message in both languages.
#[derive(Serialize, JsonSchema)]
pub(super) struct TextJson {
    ja: String,
    en: String,
}

/// The verdict on one policy rule.
#[derive(Serialize, JsonSchema)]
pub(super) struct VerdictJson {
    rule: String,
    verdict: VerdictWord,
    severity: SeverityWord,
    summary: TextJson,
    file: Option<String>,
    line: Option<u32>,
    basis: Option<BasisJson>,
    /// The requirements that the rule serves.
    requirements: Vec<String>,
}

/// A verdict.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum VerdictWord {
    Holds,
    Violated,
    Undetermined,
}

/// A severity.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SeverityWord {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// An address family.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FamilyWord {
    Ipv4,
    Ipv6,
}

/// A finding.
#[derive(Serialize, JsonSchema)]
pub(super) struct FindingJson {
    /// `forbidden-path`, …, `lint/<rule>`.
    kind: String,
    rule: String,
    severity: SeverityWord,
    verdict: VerdictWord,
    from: Option<String>,
    to: Option<String>,
    /// Further pairs that the same lines open.
    also: Vec<PairJson>,
    /// The device that an enforcement, routing-bypass or hygiene finding is about.
    device: Option<String>,
    family: Option<FamilyWord>,
    /// Stable over runs, machines and line numbers.
    fingerprint: String,
    message: TextJson,
    details: Vec<TextJson>,
    advice: Option<TextJson>,
    witness: Option<FlowJson>,
    path: Vec<HopJson>,
    blame: Vec<BlameJson>,
    flows: Vec<CubeJson>,
    flows_omitted: u64,
    causes: Vec<CauseJson>,
    /// Smallest sets of lines whose removal ends it.
    cuts: Vec<CutJson>,
    /// Chains of hosts, shortest first.
    chains: Vec<ChainJson>,
    /// Commands that show on the devices of the path what they do with the witness.
    confirm: Vec<ConfirmJson>,
    /// Whether a reply comes back; null when that was not asked.
    round_trip: Option<bool>,
    schedule: Option<String>,
    basis: Option<BasisJson>,
    /// The requirements that the rule serves.
    requirements: Vec<String>,
    /// How it compares with the baseline; null without one.
    baseline: Option<beside::NoveltyWord>,
}

/// A command that asks a device about a packet.
#[derive(Serialize, JsonSchema)]
struct ConfirmJson {
    device: String,
    command: String,
}

/// One packet header.
#[derive(Serialize, JsonSchema)]
pub(super) struct FlowJson {
    src: String,
    dst: String,
    /// `tcp`, `udp`, …; digits when the number has no name.
    protocol: String,
    source_port: u16,
    destination_port: u16,
    tcp_flags: u8,
    icmp_type: u8,
    icmp_code: u8,
    state: &'static str,
}

/// One device on a path.
#[derive(Serialize, JsonSchema)]
pub(super) struct HopJson {
    device: String,
    context: String,
    ingress: String,
    egress: Option<String>,
    lines: Vec<HopLineJson>,
}

/// One line that decided; `file` and `line` are null for a default that no line states.
#[derive(Serialize, JsonSchema)]
pub(super) struct HopLineJson {
    file: Option<String>,
    line: Option<u32>,
    text: String,
    label: String,
    /// `permit`, `deny`, `may-permit`, `translate` or `route`.
    action: &'static str,
}

/// A blamed line.
#[derive(Serialize, JsonSchema)]
pub(super) struct BlameJson {
    device: String,
    file: String,
    line: u32,
    text: String,
    label: String,
    through: Vec<String>,
}

/// A product of source, destination and service.
#[derive(Serialize, JsonSchema)]
pub(super) struct CubeJson {
    src: String,
    dst: String,
    service: String,
}

/// What keeps a verdict undetermined.
#[derive(Serialize, JsonSchema)]
pub(super) struct CauseJson {
    file: Option<String>,
    line: Option<u32>,
    text: Option<String>,
    reason: TextJson,
}

/// A cut set.
#[derive(Serialize, JsonSchema)]
pub(super) struct CutJson {
    lines: Vec<BlameJson>,
    breaks: Vec<String>,
}

/// A chain of hosts.
#[derive(Serialize, JsonSchema)]
pub(super) struct ChainJson {
    steps: Vec<StepJson>,
}

/// One step of a chain.
#[derive(Serialize, JsonSchema)]
pub(super) struct StepJson {
    from: String,
    to: String,
    witness: FlowJson,
    path: Vec<HopJson>,
}

/// Document and clause.
#[derive(Serialize, JsonSchema)]
pub(super) struct BasisJson {
    document: String,
    clause: String,
    /// `standard`, `guideline`, `design` or `practice`.
    class: Option<String>,
    /// The document's own words.
    quote: Option<String>,
    /// False when nobody compared it with the primary text.
    verified: bool,
}

/// A pair of places.
#[derive(Serialize, JsonSchema)]
struct PairJson {
    from: String,
    to: String,
}

pub(super) fn scan(scan: &Scan, schema: &'static str) -> ScanJson {
    let (holds, violated, undetermined) = view::tally(scan);
    let sources = &scan.loaded.sources;
    ScanJson {
        schema,
        tool: ToolJson { name: "sekisho", version: env!("CARGO_PKG_VERSION") },
        name: scan.loaded.snapshot.name.clone(),
        summary: SummaryJson { holds, violated, undetermined },
        inputs: inputs::inputs(&scan.loaded),
        coverage: inputs::coverage(&scan.loaded),
        verdicts: scan.verdicts.iter().map(|v| verdict(sources, v)).collect(),
        baseline: beside::comparison(scan),
        waived: scan.waived.iter().map(|entry| beside::waived(sources, entry)).collect(),
        findings: scan.findings.iter().map(|f| finding(&scan.loaded, f)).collect(),
        packs: scan.loaded.policy.iter().flat_map(|p| &p.joined).map(pack).collect(),
        not_applicable: scan.not_applicable.iter().map(not_applicable).collect(),
    }
}

fn pack(pack: &crate::policy::Joined) -> PackJson {
    let edition = pack.edition.as_ref().map(|edition| edition.id.clone());
    PackJson { id: pack.id.clone(), label: text(&pack.label), edition }
}

fn not_applicable(rule: &crate::check::NotApplicable) -> NotApplicableJson {
    NotApplicableJson {
        rule: rule.rule.clone(),
        summary: text(&rule.summary),
        roles: rule.roles.clone(),
        requirements: rule.requirements.clone(),
    }
}

fn basis(basis: &Basis) -> BasisJson {
    BasisJson {
        document: basis.document.clone(),
        clause: basis.clause.clone(),
        class: basis.class.map(|class| class.id().to_owned()),
        quote: basis.quote.clone(),
        verified: !basis.unverified,
    }
}

fn verdict(sources: &Sources, rule: &RuleVerdict) -> VerdictJson {
    VerdictJson {
        rule: rule.rule.clone(),
        verdict: verdict_word(rule.verdict),
        severity: severity_word(rule.severity),
        summary: text(&rule.summary),
        file: rule.span.map(|span| sources.file(span.file).path().to_owned()),
        line: rule.span.map(|span| sources.line(span)),
        basis: rule.basis.as_ref().map(basis),
        requirements: rule.requirements.clone(),
    }
}

pub(super) fn finding(loaded: &Loaded, finding: &Finding) -> FindingJson {
    let sources = &loaded.sources;
    FindingJson {
        kind: finding.kind.id(),
        rule: finding.rule.clone(),
        severity: severity_word(finding.severity),
        verdict: verdict_word(finding.verdict),
        from: finding.from.clone(),
        to: finding.to.clone(),
        also: finding
            .also
            .iter()
            .map(|(from, to)| PairJson { from: from.clone(), to: to.clone() })
            .collect(),
        device: finding.device.clone(),
        family: finding.family.map(family_word),
        fingerprint: finding.fingerprint.clone(),
        message: text(&finding.message),
        details: finding.details.iter().map(text).collect(),
        advice: finding.advice.as_ref().map(text),
        witness: finding.witness.as_ref().map(flow),
        path: path(sources, &finding.path),
        blame: blames(sources, &finding.blame),
        flows: cubes(&finding.flows),
        flows_omitted: finding.flows.omitted,
        causes: causes(sources, &finding.causes),
        cuts: finding.cuts.iter().map(|c| cut(sources, c)).collect(),
        chains: finding.chains.iter().map(|c| chain(sources, c)).collect(),
        confirm: view::confirmations(loaded, &finding.path, finding.witness.as_ref())
            .into_iter()
            .map(|(device, command)| ConfirmJson { device: device.to_owned(), command })
            .collect(),
        round_trip: finding.round_trip,
        schedule: finding.schedule.clone(),
        basis: finding.basis.as_ref().map(basis),
        requirements: finding.requirements.clone(),
        baseline: finding.novelty.map(beside::novelty_word),
    }
}

fn text(text: &Text) -> TextJson {
    TextJson { ja: text.ja.clone(), en: text.en.clone() }
}

fn verdict_word(verdict: Verdict) -> VerdictWord {
    match verdict {
        Verdict::Holds => VerdictWord::Holds,
        Verdict::Violated => VerdictWord::Violated,
        Verdict::Undetermined => VerdictWord::Undetermined,
    }
}

fn severity_word(severity: Severity) -> SeverityWord {
    match severity {
        Severity::Info => SeverityWord::Info,
        Severity::Low => SeverityWord::Low,
        Severity::Medium => SeverityWord::Medium,
        Severity::High => SeverityWord::High,
        Severity::Critical => SeverityWord::Critical,
    }
}

pub(super) fn family_word(family: Family) -> FamilyWord {
    match family {
        Family::V4 => FamilyWord::Ipv4,
        Family::V6 => FamilyWord::Ipv6,
    }
}

pub(super) fn flow(flow: &Flow) -> FlowJson {
    FlowJson {
        src: flow.src.to_string(),
        dst: flow.dst.to_string(),
        protocol: protocol_name(flow.protocol).into_owned(),
        source_port: flow.source_port,
        destination_port: flow.destination_port,
        tcp_flags: flow.tcp_flags,
        icmp_type: flow.icmp_type,
        icmp_code: flow.icmp_code,
        state: flow.state.id(),
    }
}

pub(super) fn path(sources: &Sources, hops: &[Hop]) -> Vec<HopJson> {
    let hop = |hop: &Hop| HopJson {
        device: hop.device.clone(),
        context: hop.context.clone(),
        ingress: hop.ingress.clone(),
        egress: hop.egress.clone(),
        lines: hop.lines.iter().map(|line| hop_line(sources, line)).collect(),
    };
    hops.iter().map(hop).collect()
}

fn hop_line(sources: &Sources, line: &HopLine) -> HopLineJson {
    let shown = line.span.map(|span| view::quote(sources, span));
    HopLineJson {
        file: shown.as_ref().map(|quote| quote.file.clone()),
        line: shown.as_ref().map(|quote| quote.line),
        text: shown.map_or_else(|| line.label.clone(), |quote| quote.text),
        label: line.label.clone(),
        action: line.action.id(),
    }
}

fn blames(sources: &Sources, blames: &[Blame]) -> Vec<BlameJson> {
    let one = |blame: &Blame| {
        let shown = view::quote(sources, blame.span);
        BlameJson {
            device: blame.device.clone(),
            file: shown.file,
            line: shown.line,
            text: shown.text,
            label: blame.label.clone(),
            through: blame.through.clone(),
        }
    };
    blames.iter().map(one).collect()
}

pub(super) fn cubes(list: &FlowList) -> Vec<CubeJson> {
    let cube = |cube: &crate::finding::FlowCube| CubeJson {
        src: cube.src.clone(),
        dst: cube.dst.clone(),
        service: cube.service.clone(),
    };
    list.flows.iter().map(cube).collect()
}

pub(super) fn causes(sources: &Sources, causes: &[Cause]) -> Vec<CauseJson> {
    let one = |cause: &Cause| {
        let shown = cause.span.map(|span| view::quote(sources, span));
        CauseJson {
            file: shown.as_ref().map(|quote| quote.file.clone()),
            line: shown.as_ref().map(|quote| quote.line),
            text: shown.map(|quote| quote.text),
            reason: text(&cause.reason),
        }
    };
    causes.iter().map(one).collect()
}

fn cut(sources: &Sources, cut: &Cut) -> CutJson {
    CutJson { lines: blames(sources, &cut.lines), breaks: cut.breaks.clone() }
}

fn chain(sources: &Sources, chain: &Chain) -> ChainJson {
    let step = |step: &crate::finding::ChainStep| StepJson {
        from: step.from.clone(),
        to: step.to.clone(),
        witness: flow(&step.flow),
        path: path(sources, &step.path),
    };
    ChainJson { steps: chain.steps.iter().map(step).collect() }
}
