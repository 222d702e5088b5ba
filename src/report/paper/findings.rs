//! 指摘事項 and 良好事項.

use super::item::Item;
use super::matter::{Matter, marked};
use super::{Block, Chapter, Field};
use crate::finding::Verdict;
use crate::text;

/// 指摘事項: each in the same form.
pub(super) fn findings(matter: &Matter<'_>) -> Chapter {
    let mut blocks = Vec::new();
    if matter.findings.is_empty() {
        blocks.push(matter.paragraph(&text!("指摘事項はない。", "There is no finding.")));
    } else {
        blocks.push(matter.paragraph(&text!(
            "番号に続く括弧内は識別子であり、設定の行番号が変わっても同じ指摘には同じ識別子が付く。責任分界及び期限は、協議の上で記入する。",
            "What stands in brackets behind the number stays with a finding when lines move. Responsibility and term are filled in together."
        )));
    }
    for item in &matter.findings {
        blocks.push(Block::Heading(format!("{}　{}", item.number, item.short)));
        blocks.push(Block::Fields(form(matter, item)));
        let label = text!(
            "委託先への通知文（このまま転送できます）",
            "To be handed to the vendor as it stands"
        );
        blocks.push(Block::Notice(matter.say(&label), item.notice.clone()));
    }
    Chapter::fresh(matter.say(&text!("指摘事項", "Findings")), blocks)
}

fn form(matter: &Matter<'_>, item: &Item) -> Vec<Field> {
    let many = |label: &text::Text, value: &[String]| Field {
        label: matter.say(label),
        value: value.to_vec(),
    };
    let verdict = marked(item.verdict, &matter.say(&item.verdict.word()));
    let contract = matter.input.details.contract.clone();
    vec![
        matter.field(&text!("番号", "number"), Some(item.id())),
        matter.field(&text!("区分", "kind"), Some(item.class.clone())),
        matter.field(
            &text!("判定・重要度", "verdict, severity"),
            Some(format!("{verdict}　{}", matter.say(&item.severity.word()))),
        ),
        matter.field(&text!("発見事実", "what was found"), Some(item.fact.clone())),
        many(&text!("基準条項", "basis"), &item.basis),
        many(&text!("証拠", "evidence"), &item.evidence),
        many(&text!("影響", "effect"), &item.effect),
        many(&text!("原因", "cause"), &item.cause),
        matter.field(
            &text!("推奨是正", "recommended"),
            Some(item.remedy.clone()).filter(|text| !text.is_empty()),
        ),
        matter.field(
            &text!(
                "責任分界（機器管理者・委託先・保守契約範囲）",
                "responsibility (owner, vendor, contract)"
            ),
            contract,
        ),
        matter.field(&text!("期限", "term"), None),
        matter.field(&text!("初回検出日", "first found"), item.first_seen.clone()),
        matter.field(&text!("前回状態", "state before"), item.before.clone()),
    ]
}

/// Findings of hygiene rules: one row each.
pub(super) fn hygiene(matter: &Matter<'_>) -> Chapter {
    let rows = matter.hygiene.iter().map(|item| {
        vec![
            item.id(),
            matter.say(&item.severity.word()),
            format!("{}（{}）", item.class, item.rule),
            item.fact.clone(),
            item.places.join("\n"),
            item.remedy.clone(),
        ]
    });
    let heads = [
        (text!("番号", "number"), 4),
        (text!("重要度", "severity"), 2),
        (text!("区分", "kind"), 4),
        (text!("発見事実", "what was found"), 6),
        (text!("箇所", "where"), 5),
        (text!("推奨是正", "recommended"), 6),
    ];
    let none = text!("指摘はない。", "Nothing was found.");
    let table = matter.table(&heads, rows.collect(), &none);
    Chapter::new(matter.say(&text!("設定の点検", "Hygiene")), vec![table])
}

/// 良好事項: what holds.
pub(super) fn good(matter: &Matter<'_>) -> Chapter {
    let holds = matter.input.scan.verdicts.iter().filter(|rule| rule.verdict == Verdict::Holds);
    let rows = holds.map(|rule| {
        let basis = rule.basis.as_ref();
        let basis = basis.map_or(String::new(), |basis| {
            crate::report::pack::basis_line(basis, matter.input.lang)
        });
        vec![rule.rule.clone(), matter.say(&rule.summary), basis, rule.requirements.join(", ")]
    });
    let heads = [
        (text!("規則", "rule"), 4),
        (text!("確認した内容", "what was confirmed"), 8),
        (text!("基準条項", "basis"), 7),
        (text!("要求事項", "requirements"), 3),
    ];
    let none = text!("適合した規則はない。", "No rule holds.");
    let lead = matter.paragraph(&text!(
        "次の規則は、読み取れない部分を最も広く解釈しても守られていることを確認した。",
        "These rules are kept even in the widest reading of what was not understood."
    ));
    let table = matter.table(&heads, rows.collect(), &none);
    Chapter::new(matter.say(&text!("良好事項", "What holds")), vec![lead, table])
}
