//! Kinds of findings about what a policy says beyond paths: logs, times, destinations, declarations.

use super::Entry;
use crate::text;

/// The entries, in order.
pub(super) fn entries() -> Vec<Entry> {
    let mut all = passing();
    all.extend(stated());
    all
}

/// About lines that let connections pass.
fn passing() -> Vec<Entry> {
    vec![
        Entry {
            id: "unlogged",
            title: text!("記録されない通信", "traffic that is not logged"),
            meaning: text!(
                "記録（ログ）を求める規則の通信が、途中のどの行でも記録されません。",
                "Traffic that is to be logged passes, and no line on its way logs it."
            ),
            reason: text!(
                "記録がなければ、侵入や持ち出しがあったかどうかを後から確かめられません。",
                "Without a record nobody can find out later whether something went in or out."
            ),
            remedy: text!(
                "原因の行でログ取得を有効にします。",
                "Switch logging on in the blamed lines."
            ),
        },
        Entry {
            id: "unscheduled",
            title: text!("期間を限定しない通信", "traffic at all times"),
            meaning: text!(
                "期間や時間帯の限定を求める規則の通信を、常時許可しています。",
                "Traffic that is to be limited in time passes at all times."
            ),
            reason: text!(
                "保守などの一時的な通信が常時開いていると、侵入の入口として使われ続けます。",
                "A maintenance path that is always open is always an entrance."
            ),
            remedy: text!(
                "許可行に期間または時間帯（スケジュール）を設定します。",
                "Limit the permitting line by a schedule."
            ),
        },
        Entry {
            id: "forbidden-destination",
            title: text!("禁止された区分の宛先", "destination of a forbidden category"),
            meaning: text!(
                "許可行の宛先が、方針で禁止された区分（生成AI、約款型サービス、クラウド事業者全体など）に当たります。",
                "The destination of a permitting line belongs to a category that the policy forbids."
            ),
            reason: text!(
                "宛先の名前が広いほど、インターネット全体への許可に近づきます。",
                "The wider the name, the closer it is to the whole Internet."
            ),
            remedy: text!(
                "承認された宛先だけに限定します。",
                "Limit the destination to what was approved."
            ),
        },
    ]
}

/// About what the organisation declares.
fn stated() -> Vec<Entry> {
    vec![
        Entry {
            id: "declared-fact",
            title: text!("申告が必要な事実", "fact to be declared"),
            meaning: text!(
                "設定からは分からない事実が申告されていないか、申告の内容が規則の求めるものと異なります。",
                "A fact that no configuration shows was not declared, or is not what the rule needs."
            ),
            reason: text!(
                "相手先の網がインターネットにつながっていないことなどは、設定だけでは確かめられません。",
                "Whether a peer's own network touches the Internet, for example, no configuration of ours can show."
            ),
            remedy: text!(
                "確認のうえ、policy.yaml の facts に値・根拠資料・確認日を書きます。",
                "Find out, and write value, evidence and day under `facts` in policy.yaml."
            ),
        },
        Entry {
            id: "declaration",
            title: text!("許可の対象にならない申告", "declaration that does not count"),
            meaning: text!(
                "申告された通信が許可条件に合わない、または台帳の記載に当たるものが見当たりません。",
                "A declared flow fits no condition, or a register entry means nothing here."
            ),
            reason: text!(
                "条件に合わない申告は通信を許可したことになりません。残しておくと実態と台帳がずれます。",
                "It allows nothing, and lets papers and network drift apart."
            ),
            remedy: text!(
                "条件に合わせて直すか、取り下げます。",
                "Narrow it until it fits, or withdraw it."
            ),
        },
        Entry {
            id: "external-connection",
            title: text!("台帳にない外部接続", "external connection that is not registered"),
            meaning: text!(
                "外部への接続が外部接続台帳にないか、台帳に必要な記載がありません。",
                "An attachment to something outside is not in the register, or its entry is incomplete."
            ),
            reason: text!(
                "知らない出口からは、境界の対策をすべて迂回して出入りできます。",
                "Through an unknown exit every protection of the known ones is bypassed."
            ),
            remedy: text!(
                "許可を受けた接続であれば登録し、そうでなければ接続を外します。",
                "Register it when it was approved; otherwise remove it."
            ),
        },
        Entry {
            id: "hygiene",
            title: text!("設定の点検項目", "hygiene rules of a policy"),
            meaning: text!(
                "方針が指定した点検項目に該当する設定があります。内容は個々の指摘事項を見てください。",
                "Hygiene rules that a policy names found something; their own findings say what."
            ),
            reason: text!(
                "点検項目に条文と重大度を結び付けるための規則です。",
                "It gives hygiene rules a clause and a severity."
            ),
            remedy: text!("個々の指摘事項の対処に従います。", "See the findings themselves."),
        },
    ]
}
