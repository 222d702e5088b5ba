//! One finding in the same form as every other: what was found, on what it rests, what it means, what to do.

use super::matter::Matter;
use crate::finding::{Blame, Finding, Hop, HopAction, Novelty, Severity, Verdict, catalogue};
use crate::report::pack::basis_line;
use crate::report::view;
use crate::text;
use crate::text::Text;

/// Lines that a notice names.
const NAMED: usize = 6;
/// Lines of evidence of one finding.
const EVIDENCE: usize = 60;
/// Other pairs that are named.
const PAIRS: usize = 20;

/// A finding in words.
pub(super) struct Item {
    /// `F-001`; hygiene findings have an `H`.
    pub(super) number: String,
    /// What it keeps over runs and machines.
    pub(super) fingerprint: String,
    pub(super) rule: String,
    /// 区分.
    pub(super) class: String,
    pub(super) severity: Severity,
    pub(super) verdict: Verdict,
    /// 発見事実.
    pub(super) fact: String,
    /// 基準条項.
    pub(super) basis: Vec<String>,
    /// 証拠.
    pub(super) evidence: Vec<String>,
    /// 影響.
    pub(super) effect: Vec<String>,
    /// 原因.
    pub(super) cause: Vec<String>,
    /// Where the lines of the cause stand, shortly.
    pub(super) places: Vec<String>,
    /// 推奨是正.
    pub(super) remedy: String,
    /// 初回検出日, where the state before says that it is new.
    pub(super) first_seen: Option<String>,
    /// 前回状態.
    pub(super) before: Option<String>,
    /// 委託先への通知文.
    pub(super) notice: String,
    /// What it is in a few words, without anything from a configuration.
    pub(super) short: String,
}

impl Item {
    pub(super) fn of(matter: &Matter<'_>, letter: &str, number: usize, finding: &Finding) -> Item {
        let short = short(matter, finding);
        let fact = if matter.input.redact { short.clone() } else { matter.say(&finding.message) };
        let mut item = Item {
            number: format!("{letter}-{number:03}"),
            fingerprint: finding.fingerprint.clone(),
            rule: finding.rule.clone(),
            class: matter.say(&catalogue::title(finding.kind)),
            severity: finding.severity,
            verdict: finding.verdict,
            fact,
            basis: basis(matter, finding),
            evidence: evidence(matter, finding),
            effect: effect(matter, finding),
            cause: cause(matter, finding),
            places: places(matter, finding),
            remedy: remedy(matter, finding),
            first_seen: first_seen(matter, finding),
            before: finding.novelty.map(|novelty| before(matter, novelty)),
            notice: String::new(),
            short,
        };
        item.notice = notice(matter, finding, &item);
        item
    }

    /// `F-001 (6d06195badfa21ad)`.
    pub(super) fn id(&self) -> String {
        match self.fingerprint.as_str() {
            "" => self.number.clone(),
            print => format!("{} ({print})", self.number),
        }
    }
}

fn ends(matter: &Matter<'_>, finding: &Finding) -> Option<String> {
    let name = |end: &Option<String>| end.as_ref().map(|id| matter.zone(id));
    match (name(&finding.from), name(&finding.to)) {
        (Some(from), Some(to)) => Some(format!("{from} → {to}")),
        (one, other) => one.or(other),
    }
}

/// What it is in a few words: its kind, the device, from where to where.
fn short(matter: &Matter<'_>, finding: &Finding) -> String {
    let mut out = matter.say(&catalogue::title(finding.kind));
    if let Some(device) = &finding.device {
        out += &matter.say(&text!("（{device}）", " ({device})"));
    }
    if let Some(ends) = ends(matter, finding) {
        out += &format!(": {ends}");
    }
    out
}

fn basis(matter: &Matter<'_>, finding: &Finding) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    out.extend(finding.basis.as_ref().map(|basis| basis_line(basis, matter.input.lang)));
    let rule = &finding.rule;
    let verdicts = &matter.input.scan.verdicts;
    if let Some(verdict) = verdicts.iter().find(|verdict| verdict.rule == *rule) {
        let summary = matter.say(&verdict.summary);
        out.push(matter.say(&text!("規則 {rule}: {summary}", "rule {rule}: {summary}")));
    } else if !rule.is_empty() {
        out.push(matter.say(&text!("規則 {rule}", "rule {rule}")));
    }
    if !finding.requirements.is_empty() {
        let list = finding.requirements.join(", ");
        out.push(matter.say(&text!("要求事項 {list}", "requirements {list}")));
    }
    out
}

/// A packet, its way with the lines that decided, and the lines that are to blame.
fn evidence(matter: &Matter<'_>, finding: &Finding) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(flow) = finding.witness.as_ref().filter(|_| !matter.input.redact) {
        let flow = flow.to_string();
        out.push(matter.say(&text!("証拠パケット: {flow}", "witness: {flow}")));
    }
    let mut hops: Vec<&Hop> = Vec::new();
    match finding.chains.first() {
        Some(chain) => {
            for step in &chain.steps {
                let (from, to) = (matter.zone(&step.from), matter.zone(&step.to));
                out.push(format!("【{from} → {to}】"));
                way(matter, &step.path, &mut out);
                hops.extend(&step.path);
            }
        }
        None => {
            way(matter, &finding.path, &mut out);
            hops.extend(&finding.path);
        }
    }
    // What the way quotes already is not quoted again.
    let on_way = hops.iter().flat_map(|hop| &hop.lines).filter_map(|line| line.span);
    let on_way: Vec<crate::source::Span> = on_way.collect();
    for blame in finding.blame.iter().filter(|blame| !on_way.contains(&blame.span)) {
        let device = &blame.device;
        out.push(format!("{device}: {}", quoted(matter, &blame.label, blame.span)));
    }
    let left = out.len().saturating_sub(EVIDENCE);
    out.truncate(EVIDENCE);
    if left > 0 {
        out.push(matter.say(&text!("ほか {left} 行", "{left} more lines")));
    }
    out
}

fn way(matter: &Matter<'_>, hops: &[Hop], out: &mut Vec<String>) {
    for hop in hops {
        let heading = match matter.input.redact {
            true => hop.device.clone(),
            false => view::hop_heading(hop, matter.input.lang),
        };
        out.push(format!("▼ {heading}"));
        for line in hop.lines.iter().filter(|line| line.action != HopAction::Route) {
            let word = matter.say(&view::action_word(line.action));
            let what = match line.span {
                Some(span) => quoted(matter, &line.label, span),
                None if matter.input.redact => String::new(),
                None => line.label.clone(),
            };
            out.push(format!("　{word}: {what}"));
        }
    }
}

/// A line with its place; in a redacted paper the place alone.
fn quoted(matter: &Matter<'_>, label: &str, span: crate::source::Span) -> String {
    let place = matter.place(span);
    if matter.input.redact {
        return place;
    }
    let quote = view::quote(&matter.input.scan.loaded.sources, span).text;
    matter.say(&text!("{label}（{place}）「{quote}」", "{label} ({place}) `{quote}`"))
}

/// From whom to what.
fn effect(matter: &Matter<'_>, finding: &Finding) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(ends) = ends(matter, finding) {
        let services = services(matter, finding);
        out.push(if services.is_empty() { ends } else { format!("{ends}: {services}") });
    }
    let pairs = finding.also.iter().take(PAIRS);
    out.extend(pairs.map(|(from, to)| format!("{} → {}", matter.zone(from), matter.zone(to))));
    let left = finding.also.len().saturating_sub(PAIRS);
    if left > 0 {
        out.push(matter.say(&text!("ほか {left} 組", "{left} more pairs")));
    }
    if let Some(entry) = catalogue::find(&finding.kind.id()) {
        out.push(matter.say(&entry.reason));
    }
    out
}

/// The services of what can travel.
fn services(matter: &Matter<'_>, finding: &Finding) -> String {
    let mut all: Vec<&str> = Vec::new();
    for cube in &finding.flows.flows {
        if !all.contains(&cube.service.as_str()) {
            all.push(&cube.service);
        }
    }
    if all.contains(&"any") {
        return matter.say(&text!("すべてのサービス", "every service"));
    }
    all.join(", ")
}

fn cause(matter: &Matter<'_>, finding: &Finding) -> Vec<String> {
    let blame = |blame: &Blame| {
        let (device, line) = (&blame.device, matter.line_of(blame.span));
        let label = &blame.label;
        match matter.input.redact {
            true => matter.say(&text!("「{device}」の {line}", "{device} {line}")),
            false => {
                matter.say(&text!("「{device}」の {line}（{label}）", "{device} {line} ({label})"))
            }
        }
    };
    let mut out: Vec<String> = finding.blame.iter().map(blame).collect();
    for cause in &finding.causes {
        let place = cause.span.map(|span| matter.line_of(span));
        let reason = (!matter.input.redact).then(|| matter.say(&cause.reason));
        let parts: Vec<String> = reason.into_iter().chain(place).collect();
        if !parts.is_empty() {
            out.push(parts.join(" — "));
        }
    }
    out
}

fn places(matter: &Matter<'_>, finding: &Finding) -> Vec<String> {
    let blames = finding.blame.iter().map(|blame| blame.span);
    let spans = blames.chain(finding.causes.iter().filter_map(|cause| cause.span));
    let mut out: Vec<String> = Vec::new();
    for place in spans.map(|span| matter.place(span)) {
        if !out.contains(&place) {
            out.push(place);
        }
    }
    let left = out.len().saturating_sub(NAMED);
    if left > 0 {
        out.truncate(NAMED);
        out.push(matter.say(&text!("ほか {left} か所", "{left} more")));
    }
    out
}

fn remedy(matter: &Matter<'_>, finding: &Finding) -> String {
    let general = || catalogue::find(&finding.kind.id()).map(|entry| matter.say(&entry.remedy));
    let own = finding.advice.as_ref().filter(|_| !matter.input.redact);
    own.map(|advice| matter.say(advice)).or_else(general).unwrap_or_default()
}

/// The day of this run where the finding is new; who finds it for the first time cannot know more.
fn first_seen(matter: &Matter<'_>, finding: &Finding) -> Option<String> {
    let new = finding.novelty == Some(Novelty::New);
    matter.day().filter(|_| new).map(|day| matter.date(day))
}

fn before(matter: &Matter<'_>, novelty: Novelty) -> String {
    let text = match novelty {
        Novelty::Known => text!("前回も検出（未是正）", "found before, not corrected"),
        Novelty::Enlarged => text!("前回も検出（今回、範囲が拡大）", "found before, larger now"),
        Novelty::New => text!("前回は検出なし（新規）", "not found before"),
    };
    matter.say(&text)
}

/// One paragraph that can be handed to a vendor as it stands.
fn notice(matter: &Matter<'_>, finding: &Finding, item: &Item) -> String {
    let (number, print) = (&item.number, &item.fingerprint);
    let mut out = matter.say(&text!(
        "指摘 {number}（識別子 {print}）について通知します。",
        "Finding {number} ({print}). "
    ));
    let fact = item.fact.trim_end_matches('。').trim_end_matches('.');
    out += &matter.say(&match finding.verdict {
        Verdict::Undetermined => {
            text!("確認できない事項: {fact}。", "What could not be settled: {fact}. ")
        }
        _ => text!("確認した事実: {fact}。", "What was found: {fact}. "),
    });
    let services = services(matter, finding);
    if let Some(ends) = ends(matter, finding).filter(|_| !services.is_empty()) {
        out += &matter.say(&text!(
            "対象となる通信は、{ends}（{services}）です。",
            "The traffic: {ends} ({services}). "
        ));
    }
    if !item.cause.is_empty() {
        let lines = item.cause.iter().take(NAMED).cloned().collect::<Vec<_>>().join("、");
        let left = item.cause.len().saturating_sub(NAMED);
        let more = if left > 0 {
            matter.say(&text!("、ほか {left} か所", ", {left} more"))
        } else {
            String::new()
        };
        out += &matter.say(&text!("該当箇所は、{lines}{more}です。", "Where: {lines}{more}. "));
    }
    if !item.basis.is_empty() {
        let basis = item.basis.iter().take(2).map(|basis| basis.trim_end_matches('。'));
        let basis = basis.collect::<Vec<_>>().join("、");
        out += &matter.say(&text!("取り決めは、{basis}です。", "What was agreed: {basis}. "));
    }
    out += &wish(matter, finding.verdict, item.remedy.trim_end_matches(['。', '.']));
    out
}

fn wish(matter: &Matter<'_>, verdict: Verdict, remedy: &str) -> String {
    let asked: Text = match verdict {
        Verdict::Undetermined => text!(
            "判定に必要な情報の提供又は設定の変更をお願いします（{remedy}）。回答の内容と時期を書面でお知らせください。",
            "Please provide what is missing, or change the configuration ({remedy}). Tell us in writing what and when."
        ),
        // A remark beside a rule that holds asks for thought, not for correction.
        Verdict::Holds => text!(
            "規則には適合していますが、次の対策を検討してください: {remedy}。検討の結果を書面でお知らせください。",
            "The rule holds, but consider this: {remedy}. Tell us in writing what you decide."
        ),
        Verdict::Violated => text!(
            "是正の案は、次のとおりです: {remedy}。是正の上、その内容、実施日及び変更後の設定を書面でお知らせください。",
            "Please correct it: {remedy}. Tell us in writing what was changed, when, and send the new configuration."
        ),
    };
    matter.say(&asked)
}
