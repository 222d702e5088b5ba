//! What every kind of finding means: one entry a kind and hygiene rule. Read by `rule`, by SARIF and by the documentation.

mod declared;
mod network;
mod own;

use super::Kind;
use crate::text;
use crate::text::Text;

/// One kind of finding, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The identifier, as [`Kind::id`] gives it.
    pub id: &'static str,
    /// Its name, a few words.
    pub title: Text,
    /// What is the case when it is reported.
    pub meaning: Text,
    /// Why that matters.
    pub reason: Text,
    /// What to do about it.
    pub remedy: Text,
}

/// The hygiene rules, in the order of their entries.
pub const LINT_RULES: [&str; 26] = [
    "shadowed",
    "redundant",
    "any-any",
    "undefined",
    "unbound",
    "disabled-broad",
    "default-permit",
    "no-filter",
    "opaque-tunnel",
    "dual-homed-host",
    "no-source-check",
    "translation-exposes",
    "dead-permit",
    "expired-rule",
    "undated-temporary-rule",
    "unused-object",
    "unused-port",
    "unlogged-permit",
    "no-syslog",
    "no-ntp",
    "management-cleartext",
    "management-exposed",
    "snmp-community",
    "weak-crypto",
    "cleartext-service",
    "ha-difference",
];

/// Every entry: kinds first, hygiene rules after them, always in the same order.
#[must_use]
pub fn entries() -> Vec<Entry> {
    let mut all = path_entries();
    all.extend(trust_entries());
    all.extend(barrier_entries());
    all.extend(ground_entries());
    all.extend(declared::entries());
    all.extend(lint_entries());
    all.extend(lint_entries_of_names());
    all.extend(network::entries());
    all.extend(own::entries());
    all
}

/// The entry with this identifier; a hygiene rule may be named without `lint/`.
#[must_use]
pub fn find(id: &str) -> Option<Entry> {
    let lint = format!("lint/{id}");
    entries().into_iter().find(|entry| entry.id == id || entry.id == lint)
}

/// The name of `kind`; its identifier when the catalogue does not know it.
#[must_use]
pub fn title(kind: Kind) -> Text {
    let id = kind.id();
    find(&id).map_or_else(|| Text::same(&id), |entry| entry.title)
}

fn path_entries() -> Vec<Entry> {
    vec![
        Entry {
            id: "forbidden-path",
            title: text!("禁止された通信経路", "forbidden path"),
            meaning: text!(
                "方針で禁止されたゾーン間に、パケットが到達できる経路があります。証拠パケットを1つ示し、どの機器のどの行が通したかを併記します。",
                "A packet can travel between zones where the policy forbids it. One witness packet is shown with the lines that let it through on every device."
            ),
            reason: text!(
                "返信の経路がなくても、片方向に届けば情報の流出や攻撃は成立します。",
                "One direction is enough for an attack or a leak, even when no reply comes back."
            ),
            remedy: text!(
                "「原因の行」を狭めるか削除します。複数の機器が関わるときは、経路上のすべての機器で遮断してください。",
                "Narrow or remove the blamed lines. Where several devices are on the path, stop it on each of them."
            ),
        },
        Entry {
            id: "missing-required-path",
            title: text!("必要な通信の不通", "missing required path"),
            meaning: text!(
                "方針が必要とする通信の全部または一部が通らない、または通ることを確かめられません。",
                "Traffic that the policy requires does not pass, or cannot be shown to pass, in whole or in part."
            ),
            reason: text!(
                "業務が止まる設定です。また、遮断を強めた結果として必要な通信まで止めていないかを確かめる項目です。",
                "Work stops. It also shows when a tightening has cut what was needed."
            ),
            remedy: text!(
                "経路の最後に示す遮断行の前に、必要な通信だけを許可する行を加えるか、経路設定を補ってください。",
                "Permit exactly the required flow ahead of the line that stops it, or complete the routes."
            ),
        },
        Entry {
            id: "stepping-stone",
            title: text!("踏み台による到達", "stepping stone"),
            meaning: text!(
                "直接のパケット到達はなくても、途中のホストが乗っ取られると、そこを踏み台にして禁止された先へ順に到達できます。",
                "No single packet gets there, but an attacker who takes over the hosts on the chain one after another does."
            ),
            reason: text!(
                "公開サーバの乗っ取りから内部へ広がる侵害は、この形をとります。",
                "Intrusions that spread from a published server to the inside have this form."
            ),
            remedy: text!(
                "連鎖のうち、業務に不要な段を遮断します。公開サーバから内部へ始まる通信が最初の候補です。",
                "Cut a step of the chain that no work needs; connections that start on a published server come first."
            ),
        },
    ]
}

fn trust_entries() -> Vec<Entry> {
    vec![
        Entry {
            id: "residual-risk",
            title: text!("中継に残るリスク", "residual risk of a relay"),
            meaning: text!(
                "規則は守られていますが、それは無害化・画面転送・特定通信などの中継が侵害されないことを前提にしています。その中継が侵害された場合に到達し得る範囲を示します。",
                "The rule is kept as long as a relay (content disarming, screen transfer, designated traffic) is not compromised. It says what falls with the relay."
            ),
            reason: text!(
                "中継は設計上の切断点であり、踏み台の判定はそこで止まります。前提を明示しないと、守られている理由が見えません。",
                "Relays are where a design ends chains, so the judgment ends there, too. The assumption must be visible."
            ),
            remedy: text!(
                "中継を重点的に守り、中継から先の通信を必要最小限にします。--no-relays を指定すると、中継を切断点とせずに判定します。",
                "Guard the relay, and narrow what it may open. --no-relays judges without relays as cut points."
            ),
        },
        Entry {
            id: "forged-source",
            title: text!("送信元詐称による到達", "reach by forged sources"),
            meaning: text!(
                "自分のアドレスを使う通信は遮断されますが、他のアドレスを送信元に偽ったパケットは禁止された先に届きます。返信は戻らないため、片方向の通信です。規則の判定には影響しません。",
                "Hosts that use their own addresses are stopped; packets with a forged source get where the policy forbids it. Replies do not come back. It does not decide the verdict."
            ),
            reason: text!(
                "片方向でも、UDP による攻撃や情報の送出には足ります。",
                "One direction is enough to attack over UDP or to send data out."
            ),
            remedy: text!(
                "示したインターフェースで逆経路確認（uRPF など）を有効にするか、送信元アドレスとインターフェースの両方を条件にしてください。",
                "Enable a reverse-path check on the interface that is named, or let the rules ask for the interface as well as the source."
            ),
        },
    ]
}

fn barrier_entries() -> Vec<Entry> {
    vec![
        Entry {
            id: "enforcement",
            title: text!("単独で遮断しない機器", "device that does not stop it alone"),
            meaning: text!(
                "方針が「この機器だけでも遮断すること」とした機器が、単独では禁止された通信を止めません。",
                "A device that the policy names as a barrier of its own does not stop the forbidden traffic by itself."
            ),
            reason: text!(
                "多層防御では、1台の設定誤りがあっても次の1台が止めることを前提にしています。",
                "Defence in depth counts on the second device when the first one fails."
            ),
            remedy: text!(
                "その機器の「原因の行」を直します。他の機器で止まっていることは理由になりません。",
                "Mend the blamed lines of that device; that another device stops it is no reason to leave them."
            ),
        },
        Entry {
            id: "routing-bypass",
            title: text!("ファイアウォールを迂回する経路", "path around the firewall"),
            meaning: text!(
                "遮断を担う機器を通らない経路があります。原因はフィルタの行ではなく、インターフェースまたは経路の設定です。",
                "A path avoids the device that should stop the traffic. An interface or a route is to blame, not a filter line."
            ),
            reason: text!(
                "ファイアウォールの規則をどれだけ正しても、通らない通信は止められません。",
                "No rule on the firewall stops what never passes it."
            ),
            remedy: text!(
                "示されたインターフェースのアドレス、経路、VRF の割当てを見直してください。",
                "Review the address, route or VRF of the interface that is named."
            ),
        },
    ]
}

fn ground_entries() -> Vec<Entry> {
    vec![
        Entry {
            id: "coverage",
            title: text!("確認の及ばない範囲", "outside the coverage"),
            meaning: text!(
                "読み取れなかった行、設定のない機器、どのゾーンにも属さないアドレスやインターフェースなど、判定の前提に欠けがあります。",
                "Something that the verdicts rest on is missing: lines not read, a device without configuration, an address or interface in no zone."
            ),
            reason: text!(
                "欠けた部分は「通るかもしれない」として扱います。そのままでは適合と言い切れない項目が残ります。",
                "What is missing counts as something that may pass, so some rules cannot be shown to hold."
            ),
            remedy: text!(
                "示された行、機器またはアドレスの情報を補ってください。",
                "Supply the line, device or address that is named."
            ),
        },
        Entry {
            id: "vacuous",
            title: text!("何も確かめない規則", "rule that tests nothing"),
            meaning: text!(
                "方針の規則またはゾーンに当てはまるアドレスがなく、何を設定しても違反になりません。",
                "A policy rule or zone matches no address, so no configuration could ever break it."
            ),
            reason: text!(
                "確かめていないことが「適合」に見えるのを防ぐための指摘です。",
                "What was not tested must not look as if it held."
            ),
            remedy: text!(
                "ゾーンのネットワーク、規則の名前、サービスの書き方を確認してください。",
                "Check the networks of the zone and the names and services in the rule."
            ),
        },
        Entry {
            id: "waiver",
            title: text!("例外措置の不備", "waiver at fault"),
            meaning: text!(
                "例外措置が期限切れ、承認者なし、申請者と承認者が同一、または該当する通信なしのいずれかです。",
                "A waiver is past its date, has no approver, is approved by its applicant, or matches nothing."
            ),
            reason: text!(
                "記録と承認のない例外は、監査では単なる設定の誤りと区別できません。",
                "An exception without record and approval cannot be told from a mistake."
            ),
            remedy: text!(
                "例外措置を更新するか、不要なら削除して通信を遮断してください。",
                "Renew the waiver, or delete it and stop the traffic."
            ),
        },
        Entry {
            id: "internal-disagreement",
            title: text!("内部判定の不一致", "disagreement of the two judges"),
            meaning: text!(
                "記号計算による結果と、1パケットずつの追跡による結果が食い違いました。このソフトウェアの誤りです。",
                "The symbolic engine and the packet-by-packet tracer disagree: a defect of this software."
            ),
            reason: text!(
                "この実行の判定は信頼できません。終了コードは 2 になります。",
                "The verdicts of this run cannot be trusted; the exit code is 2."
            ),
            remedy: text!(
                "入力ファイルを添えて（アドレスを伏せて構いません）開発元へ報告してください。",
                "Report it with the input files, addresses redacted if need be."
            ),
        },
    ]
}

fn lint_entries() -> Vec<Entry> {
    vec![
        Entry {
            id: "lint/shadowed",
            title: text!("届かない行", "shadowed line"),
            meaning: text!(
                "前にある行がすべての通信を先に処理するため、この行は一度も使われません。前の行と動作が異なるときは重大度を上げています。",
                "Lines before it decide every packet first, so it never applies; it is graver when they decide otherwise than it would."
            ),
            reason: text!(
                "遮断したつもりの行が効いていないことがあります。",
                "A deny that someone relies on may have no effect."
            ),
            remedy: text!(
                "順序を入れ替えるか、前の行を狭めるか、この行を削除してください。",
                "Reorder the lines, narrow the earlier one, or delete this one."
            ),
        },
        Entry {
            id: "lint/redundant",
            title: text!("重複する行", "redundant line"),
            meaning: text!(
                "この行を消しても、どの通信の扱いも変わりません。",
                "Removing the line changes the fate of no packet."
            ),
            reason: text!(
                "規則が増えると、誰も全体を読めなくなります。",
                "Lists that only grow are lists that nobody reads."
            ),
            remedy: text!("行を削除してください。", "Delete the line."),
        },
        Entry {
            id: "lint/any-any",
            title: text!("全許可の行", "permit any to any"),
            meaning: text!(
                "送信元、宛先、サービスのすべてを限定せずに許可しています。",
                "A line permits every source, every destination and every service."
            ),
            reason: text!(
                "その向きでは、機器がファイアウォールとして働きません。",
                "In that direction the device is no firewall."
            ),
            remedy: text!(
                "業務に必要な送信元、宛先、サービスだけを許可する行に置き換えてください。",
                "Replace it by lines for the sources, destinations and services that work needs."
            ),
        },
    ]
}

fn lint_entries_of_names() -> Vec<Entry> {
    vec![
        Entry {
            id: "lint/undefined",
            title: text!("未定義の名前", "undefined name"),
            meaning: text!(
                "設定の中で使われている名前が、どこにも定義されていません。",
                "A name is used and defined nowhere."
            ),
            reason: text!(
                "機器の動作は機種により異なります（何も一致しない、またはすべて一致する）。判定では不明として扱います。",
                "Devices differ in what they make of it (nothing, or everything); it is judged as unknown."
            ),
            remedy: text!(
                "名前を定義するか、使っている行を直してください。",
                "Define the name, or mend the line that uses it."
            ),
        },
        Entry {
            id: "lint/unbound",
            title: text!("適用されていないリスト", "list bound nowhere"),
            meaning: text!(
                "アクセスリストが定義されていますが、どのインターフェースにも適用されていません。",
                "An access list is defined and bound to no interface."
            ),
            reason: text!(
                "書いた遮断がどこにも効いていません。",
                "Whatever it denies is denied nowhere."
            ),
            remedy: text!("適用するか、不要であれば削除してください。", "Bind it, or delete it."),
        },
        Entry {
            id: "lint/disabled-broad",
            title: text!("無効化された広い許可", "disabled broad permit"),
            meaning: text!(
                "広い範囲を許可する行が、削除されずに無効のまま残っています。",
                "A line that permits a broad range is switched off but still there."
            ),
            reason: text!(
                "1回の操作で有効に戻り、その瞬間に経路が開きます。",
                "One command switches it on again, and the path is open."
            ),
            remedy: text!("行を削除してください。", "Delete the line."),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_hygiene_rule_has_one_entry() {
        let kinds = [
            Kind::ForbiddenPath,
            Kind::MissingRequiredPath,
            Kind::SteppingStone,
            Kind::Enforcement,
            Kind::RoutingBypass,
            Kind::Coverage,
            Kind::Vacuous,
            Kind::Waiver,
            Kind::InternalDisagreement,
            Kind::ResidualRisk,
            Kind::ForgedSource,
            Kind::Unlogged,
            Kind::Unscheduled,
            Kind::ForbiddenDestination,
            Kind::DeclaredFact,
            Kind::Declaration,
            Kind::ExternalConnection,
            Kind::Hygiene,
        ];
        let mut ids: Vec<String> =
            kinds.into_iter().chain(LINT_RULES.map(Kind::Lint)).map(Kind::id).collect();
        let mut listed: Vec<&str> = entries().iter().map(|entry| entry.id).collect();
        let rules: Vec<&str> = listed.iter().filter_map(|id| id.strip_prefix("lint/")).collect();
        assert_eq!(rules, LINT_RULES);
        ids.sort();
        listed.sort_unstable();
        assert_eq!(listed, ids);
    }

    #[test]
    fn texts_are_complete_in_both_languages() {
        for entry in entries() {
            for text in [&entry.title, &entry.meaning, &entry.reason, &entry.remedy] {
                assert!(!text.ja.is_empty() && !text.en.is_empty(), "{}", entry.id);
            }
            assert!(entry.meaning.ja.ends_with('。') && entry.remedy.ja.ends_with('。'));
        }
    }

    #[test]
    fn a_hygiene_rule_is_found_by_its_short_name() {
        assert_eq!(find("shadowed").map(|entry| entry.id), Some("lint/shadowed"));
        assert_eq!(find("lint/shadowed"), find("shadowed"));
        assert_eq!(find("nothing"), None);
    }
}
