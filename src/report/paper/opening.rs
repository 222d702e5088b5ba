//! The cover, what the paper is for, and what it is judged against.

use super::matter::Matter;
use super::{Block, Chapter, Field, PaperKind, era};
use crate::text;
use crate::text::Text;

/// What kind of paper it is, as it is headed.
pub(super) fn title(matter: &Matter<'_>) -> String {
    if let Some(named) = &matter.input.details.document {
        return named.clone();
    }
    matter.say(&match matter.input.kind {
        PaperKind::Audit => {
            text!(
                "情報セキュリティ監査報告書（ネットワーク分離）",
                "Audit report: network segmentation"
            )
        }
        PaperKind::SelfCheck => {
            text!(
                "情報セキュリティ自己点検票（ネットワーク分離）",
                "Self-check: network segmentation"
            )
        }
        PaperKind::Acceptance => {
            text!("受入検査報告書（ネットワーク分離）", "Acceptance report: network segmentation")
        }
        PaperKind::Change => {
            text!("設定変更確認書（ネットワーク分離）", "Report on a change: network segmentation")
        }
        PaperKind::Specification => text!(
            "調達仕様書 別紙（通信の分離に関する要求）",
            "Annex of a specification: requirements on segmentation"
        ),
    })
}

/// The cover; what nobody said is a blank.
pub(super) fn cover(matter: &Matter<'_>) -> Vec<Field> {
    let details = matter.input.details;
    let year = details.fiscal_year.as_deref();
    let year = year.map(|year| era::fiscal_year(year, matter.input.lang));
    let made = matter.day().map(|day| matter.date(day));
    let conducted = details.conducted.clone().or_else(|| made.clone());
    let mut out = vec![
        matter.field(&text!("件名", "subject"), Some(matter.subject())),
        matter.field(&text!("対象年度", "fiscal year"), year),
        matter.field(&text!("実施日", "conducted"), conducted),
        matter.field(&text!("作成日", "made on"), made),
    ];
    let specification = matter.input.kind == PaperKind::Specification;
    if !specification {
        let who = match matter.input.kind {
            PaperKind::Audit => text!("監査人（所属・氏名）", "auditor"),
            PaperKind::SelfCheck => text!("点検者（所属・氏名）", "checked by"),
            PaperKind::Acceptance => text!("検査者（所属・氏名）", "inspected by"),
            _ => text!("確認者（所属・氏名）", "confirmed by"),
        };
        let whom = match matter.input.kind {
            PaperKind::Audit => text!("被監査部門", "audited"),
            _ => text!("対象部門", "office"),
        };
        out.push(matter.field(&who, details.auditor.clone()));
        out.push(matter.field(&whom, details.audited.clone()));
    }
    let vendor = matches!(matter.input.kind, PaperKind::Acceptance | PaperKind::Change);
    if vendor {
        out.push(matter.field(&text!("委託先", "vendor"), details.vendor.clone()));
    }
    if matter.input.kind == PaperKind::Change {
        out.push(matter.field(&text!("変更申請の番号", "change request"), details.request.clone()));
    }
    out.extend([
        matter.field(&text!("文書番号", "number"), details.number.clone()),
        matter.field(&text!("版", "edition"), details.edition.clone()),
        matter
            .field(&text!("機密区分・取扱制限", "classification"), details.classification.clone()),
        matter.field(&text!("通し番号", "serial number"), details.serial.clone()),
    ]);
    if matter.input.redact {
        let note = text!(
            "伏字版（アドレス、証拠パケット及び設定の内容を除いたもの）",
            "redacted: without addresses, witness packets and what configurations say"
        );
        out.push(matter.field(&text!("備考", "note"), Some(matter.say(&note))));
    }
    out
}

/// 目的及び種別.
pub(super) fn purpose(matter: &Matter<'_>) -> Chapter {
    let (title, why) = match matter.input.kind {
        PaperKind::Audit => (
            text!("監査の目的及び種別", "Purpose and kind"),
            text!(
                "ネットワークの分離が、情報セキュリティ対策基準、設計書等で定めたとおりに機器の設定で実現されているかを確認し、問題点があれば是正を求めることを目的とする。",
                "To establish whether the configurations of the devices keep networks apart as the standards and the design demand, and to ask for correction where they do not."
            ),
        ),
        PaperKind::SelfCheck => (
            text!("点検の目的及び種別", "Purpose and kind"),
            text!(
                "ネットワークの分離に関する要求事項が守られているかを、機器の設定に基づき自ら点検し、改善につなげることを目的とする。",
                "To check from the configurations whether the requirements on segmentation are met, and to improve."
            ),
        ),
        PaperKind::Acceptance => (
            text!("検査の目的及び種別", "Purpose and kind"),
            text!(
                "納入された機器の設定が、発注者の定めた通信の要件を満たすかを、引渡し時点の設定に基づき、構築者の試験とは別に検査することを目的とする。",
                "To inspect, independently of the builder's own tests, whether the configurations as delivered meet the requirements on traffic."
            ),
        ),
        _ => (
            text!("確認の目的及び種別", "Purpose and kind"),
            text!(
                "設定の変更により、意図しない通信が可能となり、又は必要な通信が不可能となっていないかを、変更の前後の設定を比較して確認することを目的とする。",
                "To establish, by comparing the configurations before and after, that the change neither opened what was not meant nor closed what is needed."
            ),
        ),
    };
    let kind = matter.input.details.category.clone();
    let fields = vec![matter.field(&text!("種別", "kind"), kind.or_else(|| usual(matter)))];
    Chapter::fresh(matter.say(&title), vec![matter.paragraph(&why), Block::Fields(fields)])
}

/// The kind of check where the paper itself says it; whether an audit is internal, only people know.
fn usual(matter: &Matter<'_>) -> Option<String> {
    let word: Text = match matter.input.kind {
        PaperKind::Audit | PaperKind::Specification => return None,
        PaperKind::SelfCheck => text!("自己点検", "self-check"),
        PaperKind::Acceptance => text!("受入検査", "acceptance"),
        PaperKind::Change => text!("変更時確認", "check of a change"),
    };
    Some(matter.say(&word))
}

/// 適用基準.
pub(super) fn criteria(matter: &Matter<'_>) -> Chapter {
    let details = matter.input.details;
    let fields = vec![
        matter.field(&text!("対策基準（改定年）", "standard"), details.standard.clone()),
        matter.field(&text!("ガイドライン（版）", "guideline"), details.guideline.clone()),
        matter.field(&text!("設計書（版・頁）", "design"), details.design.clone()),
    ];
    let policy = matter.input.scan.loaded.policy.as_ref();
    let packs = policy.into_iter().flat_map(|policy| &policy.joined);
    let rows = packs.map(|pack| {
        let edition = pack.edition.as_ref().map_or("—", |edition| edition.label.as_str());
        vec![pack.id.clone(), matter.say(&pack.label), edition.to_owned()]
    });
    let heads =
        [(text!("方針パック", "pack"), 3), (text!("名称", "name"), 6), (text!("版", "edition"), 4)];
    let none = text!("方針パックは使用していない。", "No pack is used.");
    let mut blocks = vec![Block::Fields(fields), matter.table(&heads, rows.collect(), &none)];
    let documents = documents(matter);
    if !documents.is_empty() {
        blocks.push(
            matter.heading(&text!("規則が根拠とする文書", "Documents on which the rules rest")),
        );
        blocks.push(Block::List(documents));
    }
    blocks.push(matter.paragraph(&text!(
        "国のガイドラインは技術的助言であり、団体を拘束するのは自団体の対策基準である。根拠の種別は、各規則の根拠に付記する。",
        "Guidelines of ministries are advice; what binds is the organisation's own standard. The kind of each document stands beside it."
    )));
    Chapter::new(matter.say(&text!("適用基準", "Criteria")), blocks)
}

/// The documents of the rules, in the order of the policy.
fn documents(matter: &Matter<'_>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for basis in matter.input.scan.verdicts.iter().filter_map(|verdict| verdict.basis.as_ref()) {
        let class = basis.class.map(|class| format!(" [{}]", matter.say(&class.word())));
        let line = format!("{}{}", basis.document, class.unwrap_or_default());
        if !basis.document.is_empty() && !out.contains(&line) {
            out.push(line);
        }
    }
    out
}
