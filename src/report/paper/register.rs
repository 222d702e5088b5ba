//! 要求事項×判定, 例外措置, 外部接続, 到達性: the lists of the annex, and the rules as an annex to a specification.

use super::matter::{Matter, marked, marked_outcome};
use super::{Block, Chapter};
use crate::policy::{Checkable, DeclaredFlow, Waiver};
use crate::report::pack::basis_line;
use crate::text;
use crate::text::Text;

/// 要求事項ごとの判定.
pub(super) fn requirements(matter: &Matter<'_>) -> Chapter {
    let mut blocks = vec![matter.paragraph(&text!(
        "確認不能は適合ではない。証拠の欄に、判定の根拠又は不足する情報を示す。",
        "Undetermined does not mean that it holds. The last column says on what the verdict rests, or what is missing."
    ))];
    let mut documents: Vec<&str> = Vec::new();
    for row in &matter.rows {
        if !documents.contains(&row.requirement.document.as_str()) {
            documents.push(&row.requirement.document);
        }
    }
    for document in documents {
        let rows = matter.rows.iter().filter(|row| row.requirement.document == document);
        blocks.push(Block::Heading(document.to_owned()));
        let rows = rows.map(|row| requirement(matter, row)).collect();
        blocks.push(matter.table(&requirement_heads(), rows, &text!("なし", "none")));
    }
    Chapter::new(matter.say(&text!("要求事項ごとの判定", "Requirements and verdicts")), blocks)
}

fn requirement_heads() -> [(Text, u16); 6] {
    [
        (text!("番号", "id"), 3),
        (text!("条項", "clause"), 3),
        (text!("要求事項", "requirement"), 7),
        (text!("重要度", "severity"), 2),
        (text!("判定", "verdict"), 3),
        (text!("証拠", "evidence"), 9),
    ]
}

fn requirement(matter: &Matter<'_>, row: &crate::scan::SelfCheckRow) -> Vec<String> {
    let requirement = &row.requirement;
    let mut evidence: Vec<String> = row.evidence.iter().map(|text| matter.say(text)).collect();
    if requirement.unverified {
        evidence.push(matter.say(&text!(
            "（この要求は二次資料によるもので、一次資料との照合は未了）",
            "(this requirement rests on secondary sources)"
        )));
    }
    vec![
        requirement.id.clone(),
        requirement.clause.clone(),
        matter.say(&requirement.title),
        matter.say(&requirement.severity.word()),
        marked_outcome(row.outcome, &matter.say(&row.outcome.word())),
        evidence.join("\n"),
    ]
}

/// 例外措置一覧.
pub(super) fn waivers(matter: &Matter<'_>) -> Chapter {
    let policy = matter.input.scan.loaded.policy.as_ref();
    let all = policy.map_or(&[][..], |policy| &policy.waivers);
    let rows = all.iter().enumerate().map(|(index, waiver)| waiver_row(matter, index, waiver));
    let table = matter.table(
        &waiver_heads(),
        rows.collect(),
        &text!("例外措置はない。", "There is no waiver."),
    );
    let mut blocks = vec![table];
    if !all.is_empty() {
        blocks.push(matter.paragraph(&text!(
            "期限の定めは良い慣行であり、対策基準が期限を求めない場合、期限の経過だけで規程違反とはならない。申請者と許可者が同一の場合等の不整合は、指摘事項に示す。",
            "A last day is good practice: where the standard asks for none, that it has passed is no violation by itself. Contradictions, such as one person who asks and allows, stand among the findings."
        )));
    }
    Chapter::new(matter.say(&text!("例外措置一覧", "Waivers")), blocks)
}

pub(super) fn waiver_heads() -> [(Text, u16); 9] {
    [
        (text!("例外措置", "waiver"), 3),
        (text!("規則", "rule"), 4),
        (text!("理由", "reason"), 5),
        (text!("申請者", "requested by"), 3),
        (text!("許可者", "allowed by"), 3),
        (text!("許可日", "decided"), 4),
        (text!("文書番号", "document"), 4),
        (text!("次回確認日・期限", "review, last day"), 4),
        (text!("該当する通信", "traffic"), 6),
    ]
}

pub(super) fn waiver_row(matter: &Matter<'_>, index: usize, waiver: &Waiver) -> Vec<String> {
    let name = waiver.id.clone().unwrap_or_else(|| format!("#{}", index + 1));
    let with_role = |who: &Option<String>, role: &Option<String>| match (who, role) {
        (Some(who), Some(role)) => format!("{who}\n{role}"),
        (one, other) => one.clone().or_else(|| other.clone()).unwrap_or_default(),
    };
    let date = |day: Option<i32>| day.map(|day| matter.date(day));
    let review = date(waiver.review).map(|day| matter.say(&text!("確認 {day}", "review {day}")));
    let until = date(waiver.until).map(|day| matter.say(&text!("期限 {day}", "until {day}")));
    let emergency =
        date(waiver.emergency).map(|day| matter.say(&text!("緊急 {day}", "emergency {day}")));
    let decided: Vec<String> = date(waiver.decided).into_iter().chain(emergency).collect();
    let terms: Vec<String> = review.into_iter().chain(until).collect();
    vec![
        name.clone(),
        waiver.rule.clone(),
        waiver.reason.clone(),
        with_role(&waiver.requested_by, &waiver.requested_role),
        with_role(&waiver.approved_by, &waiver.approved_role),
        decided.join("\n"),
        waiver.document.clone().unwrap_or_default(),
        terms.join("\n"),
        excused(matter, &name),
    ]
}

/// What a waiver excuses in this state.
fn excused(matter: &Matter<'_>, name: &str) -> String {
    let own = matter.input.scan.waived.iter().filter(|waived| waived.waiver == name);
    let mut out: Vec<String> = Vec::new();
    for waived in own {
        let (from, to) = (matter.zone(&waived.from), matter.zone(&waived.to));
        let services: Vec<&str> = waived.flows.flows.iter().map(|f| f.service.as_str()).collect();
        let line = format!("{from} → {to} {}", services.join(", "));
        if !out.contains(&line) {
            out.push(line);
        }
    }
    if out.is_empty() {
        return matter.say(&text!(
            "該当なし（失効、終了又は不整合）",
            "none (stale, ended or contradictory)"
        ));
    }
    out.join("\n")
}

/// 外部接続, 申告された通信.
pub(super) fn connections(matter: &Matter<'_>) -> Chapter {
    let policy = matter.input.scan.loaded.policy.as_ref();
    let register = policy.and_then(|policy| policy.register.as_ref());
    let rows = register.into_iter().flatten().map(|entry| {
        let whole = entry.at.value.as_str();
        let at = match matter.input.redact {
            true => whole.split(':').next().unwrap_or(whole),
            false => whole,
        };
        let date = |day: Option<i32>| day.map(|day| matter.date(day)).unwrap_or_default();
        vec![
            at.to_owned(),
            entry.to.clone().unwrap_or_default(),
            entry.purpose.clone().unwrap_or_default(),
            entry.approved_by.join("\n"),
            date(entry.approved),
            entry.contract.clone().unwrap_or_default(),
            date(entry.review),
        ]
    });
    let heads = [
        (text!("接続点", "at"), 4),
        (text!("接続先", "to"), 3),
        (text!("目的", "purpose"), 5),
        (text!("承認者", "approved by"), 4),
        (text!("承認日", "approved"), 4),
        (text!("契約", "contract"), 4),
        (text!("次回確認日", "review"), 4),
    ];
    let none = text!(
        "外部接続台帳がないため、突合していない。",
        "There is no register, so nothing was compared."
    );
    let mut blocks = vec![matter.table(&heads, rows.collect(), &none)];
    if register.is_some() {
        blocks.push(matter.paragraph(&text!(
            "台帳と設定の不一致は、指摘事項に示す。",
            "What the register and the configurations do not share stands among the findings."
        )));
    }
    let flows = policy.map_or(&[][..], |policy| &policy.flows);
    if !flows.is_empty() {
        blocks.push(matter.heading(&text!(
            "申告された通信（特定通信、リモート保守、ローカルブレイクアウト等）",
            "Declared flows"
        )));
        let rows = flows.iter().map(|flow| declared(matter, flow)).collect();
        blocks.push(matter.table(&declared_heads(), rows, &none));
    }
    Chapter::new(
        matter.say(&text!("外部接続及び申告された通信", "External connections and declared flows")),
        blocks,
    )
}

fn declared_heads() -> [(Text, u16); 4] {
    [
        (text!("番号", "id"), 2),
        (text!("許可の条件", "permit"), 4),
        (text!("文書", "document"), 4),
        (text!("期間", "term"), 4),
    ]
}

fn declared(matter: &Matter<'_>, flow: &DeclaredFlow) -> Vec<String> {
    let date = |day: Option<i32>| day.map(|day| matter.date(day)).unwrap_or_default();
    let term = match (flow.since, flow.until) {
        (None, None) => String::new(),
        (since, until) => format!("{}～{}", date(since), date(until)),
    };
    let permit = flow.permit.as_ref().map(|permit| permit.value.clone()).unwrap_or_default();
    vec![flow.id.clone(), permit, flow.document.clone().unwrap_or_default(), term]
}

/// ゾーン間の到達性.
pub(super) fn reached(matter: &Matter<'_>) -> Chapter {
    let heads = [
        (text!("送信元", "from"), 5),
        (text!("宛先", "to"), 5),
        (text!("種別", "family"), 2),
        (text!("到達性", "what travels"), 3),
        (text!("サービス", "services"), 7),
    ];
    let none = text!("到達し得る組はない。", "No pair can be reached.");
    let rows = reached_rows(matter);
    let lead = matter.paragraph(&text!(
        "接続を開始し得る組だけを示す。ここにない組には、いかなる通信も届かない。",
        "Only pairs between which a connection can be opened are listed. Between others nothing passes."
    ));
    let table = matter.table(&heads, rows, &none);
    Chapter::new(
        matter.say(&text!("ゾーン間の到達性", "What travels between zones")),
        vec![lead, table],
    )
}

/// Services that are named of one pair.
const SERVICES: usize = 12;

/// One row a pair and family between which something may travel.
pub(super) fn reached_rows(matter: &Matter<'_>) -> Vec<Vec<String>> {
    let pairs = matter.input.matrix.into_iter().flat_map(|matrix| &matrix.pairs);
    let any = pairs.filter(|pair| !pair.may.flows.is_empty() || pair.may.omitted > 0);
    any.map(|pair| {
        let word = if pair.everything {
            text!("すべて通る", "everything")
        } else if pair.must.flows.is_empty() {
            text!("通り得る（確認不能）", "may pass (undetermined)")
        } else {
            text!("一部通る", "some")
        };
        let mut services: Vec<&str> = Vec::new();
        for cube in &pair.may.flows {
            if !services.contains(&cube.service.as_str()) {
                services.push(&cube.service);
            }
        }
        let more = services.len() > SERVICES || pair.may.omitted > 0;
        services.truncate(SERVICES);
        let more = if more { "…" } else { "" };
        vec![
            matter.zone(&pair.from),
            matter.zone(&pair.to),
            pair.family.id().to_owned(),
            matter.say(&word),
            format!("{}{more}", services.join(", ")),
        ]
    })
    .collect()
}

/// The rules as text of a specification: what they demand and on what they rest, without any verdict.
pub(super) fn specification(matter: &Matter<'_>) -> Vec<Chapter> {
    let general = [
        text!(
            "受注者は、次の各号の要求を満たすように機器を設定し、引渡し時にその設定ファイル一式を提出すること。",
            "The contractor configures the devices so that every requirement below is met, and hands over all configurations."
        ),
        text!(
            "引渡し時の設定は、発注者が構築者の試験とは別に検査する。すべての要求に適合することを合格の条件とする。",
            "The orderer inspects the configurations as delivered, independently of the builder's tests. They are accepted only when every requirement holds."
        ),
        text!(
            "要求を満たさない通信を設ける必要がある場合は、事前に書面で申し出て、発注者の承認を得ること。",
            "Where other traffic is needed, the contractor says so in writing beforehand and obtains approval."
        ),
    ];
    let list = Block::List(general.iter().map(|text| matter.say(text)).collect());
    let heads = [
        (text!("番号", "id"), 4),
        (text!("要求", "requirement"), 9),
        (text!("重要度", "severity"), 2),
        (text!("根拠", "basis"), 7),
    ];
    let rows = specification_rows(matter);
    let table = matter.table(&heads, rows, &text!("規則がない。", "There is no rule."));
    let zones = matter
        .snapshot()
        .zones
        .iter()
        .map(|(_, zone)| vec![zone.id.clone(), zone.label.clone(), zone.roles.join(", ")]);
    let zone_heads =
        [(text!("ゾーン", "zone"), 3), (text!("名称", "name"), 6), (text!("役割", "roles"), 5)];
    let zones =
        matter.table(&zone_heads, zones.collect(), &text!("ゾーンはない。", "There is no zone."));
    vec![
        Chapter::new(matter.say(&text!("総則", "General")), vec![list]),
        Chapter::new(matter.say(&text!("ゾーンの定義", "Zones")), vec![zones]),
        Chapter::new(
            matter.say(&text!("通信に関する要求", "Requirements on traffic")),
            vec![table],
        ),
        super::opening::criteria(matter),
    ]
}

pub(super) fn specification_rows(matter: &Matter<'_>) -> Vec<Vec<String>> {
    let rules = matter.input.scan.verdicts.iter();
    rules
        .map(|rule| {
            let basis = rule.basis.as_ref().map(|basis| basis_line(basis, matter.input.lang));
            let severity = matter.say(&rule.severity.word());
            vec![rule.rule.clone(), matter.say(&rule.summary), severity, basis.unwrap_or_default()]
        })
        .collect()
}

/// One row a requirement, with its document, for the workbook.
pub(super) fn requirement_rows(matter: &Matter<'_>) -> Vec<Vec<String>> {
    let rows = matter.rows.iter().map(|row| {
        let how = match row.requirement.checkable {
            Checkable::Yes => text!("設定から判定", "from configurations"),
            Checkable::Partly => text!("設定と申告から判定", "with declared facts"),
            Checkable::No => text!("設定では判定しない", "not from configurations"),
        };
        let mut cells = requirement(matter, row);
        cells.insert(1, row.requirement.document.clone());
        cells.insert(5, matter.say(&how));
        cells
    });
    rows.collect()
}

/// One row a rule with its verdict.
pub(super) fn verdict_rows(matter: &Matter<'_>) -> Vec<Vec<String>> {
    let rules = matter.verdicts().into_iter().map(|rule| {
        let basis = rule.basis.as_ref().map(|basis| basis_line(basis, matter.input.lang));
        vec![
            rule.rule.clone(),
            matter.say(&rule.summary),
            matter.say(&rule.severity.word()),
            marked(rule.verdict, &matter.say(&rule.verdict.word())),
            basis.unwrap_or_default(),
            matter.numbers(&rule.rule),
        ]
    });
    rules.collect()
}

/// 規則ごとの判定.
pub(super) fn rules(matter: &Matter<'_>) -> Chapter {
    let heads = [
        (text!("規則", "rule"), 4),
        (text!("内容", "what it says"), 8),
        (text!("重要度", "severity"), 2),
        (text!("判定", "verdict"), 3),
        (text!("基準条項", "basis"), 6),
        (text!("指摘", "findings"), 3),
    ];
    let none =
        text!("規則がないため、何も判定していない。", "There is no rule, so nothing was judged.");
    let table = matter.table(&heads, verdict_rows(matter), &none);
    Chapter::new(matter.say(&text!("規則ごとの判定", "Verdicts on rules")), vec![table])
}
