//! The JSON Schema of the policy file, for editors. The structs exist for their shape and their descriptions only; a test
//! holds them to what [`super::read`] accepts.

use schemars::JsonSchema;

/// The JSON Schema of the policy file.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(PolicyFile).to_value()
}

/// 方針ファイル（policy.yaml） / The policy file: what must not and what must be reachable, and the waivers
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct PolicyFile {
    /// 書式の版。1と書く / Version of this format: 1
    #[schemars(range(min = 1, max = 1))]
    version: u8,
    /// 方針パック（この版にはまだない） / Policy packs: none is shipped yet
    packs: Option<Vec<Pack>>,
    /// 規則 / The policy rules
    rules: Option<Vec<Rule>>,
    /// 例外措置 / Waivers
    waivers: Option<Vec<Waiver>>,
}

/// 方針パック / A policy pack
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Pack {
    /// パックの名前 / Name of the pack
    r#use: String,
}

/// 規則。denyかrequireのどちらかを書く / A rule, with `deny` or `require`
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Rule {
    /// 規則の名前 / Identifier
    id: String,
    /// 開始してはならない通信 / Connections that nobody may open
    deny: Option<Deny>,
    /// できなければならない通信 / Connections that must be possible
    require: Option<Require>,
    /// この規則の対象から除く通信（denyのみ） / Flows that the rule does not speak of (`deny` only)
    except: Option<Vec<Except>>,
    /// 途中のホストを踏み台にする経路も判定する（denyのみ） / Also through compromised hosts in between (`deny` only)
    stepping_stones: Option<bool>,
    /// それぞれ単独で止めなければならない機器（denyのみ） / Devices each of which must stop it alone (`deny` only)
    enforce_at: Option<OneOrMany>,
    /// 重大度（省くとhigh） / Severity; `high` when left out
    severity: Option<Severity>,
    /// 根拠 / Where the rule comes from
    basis: Option<Basis>,
}

/// 開始してはならない通信 / Connections that nobody may open
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Deny {
    /// 始点。ゾーン、ゾーン.ホスト、ホスト、role:役割、ネットワーク、"*" / Sources: zone, zone.host, host, role:NAME, network, "*"
    from: OneOrMany,
    /// 終点。始点と同じ書き方と、self:機器、self:* / Destinations: as `from`, and self:DEVICE, self:*
    to: OneOrMany,
    /// サービス。any、tcp、tcp/443、tcp/8000-8100、icmp/8、esp、proto/50 / Services; every one when left out
    service: Option<OneOrMany>,
    /// 逆方向も禁止する / The opposite direction is forbidden, too
    both_ways: Option<bool>,
}

/// できなければならない通信 / Connections that must be possible
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Require {
    /// 始点 / Sources
    from: OneOrMany,
    /// 終点 / Destinations
    to: OneOrMany,
    /// サービス / Services; every one when left out
    service: Option<OneOrMany>,
}

/// 除外 / Flows that a `deny` does not speak of; what is left out is as in the rule
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Except {
    /// 始点 / Sources
    from: Option<OneOrMany>,
    /// 終点 / Destinations
    to: Option<OneOrMany>,
    /// サービス / Services
    service: Option<OneOrMany>,
}

/// 重大度 / Severity
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// 根拠 / Document and clause
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Basis {
    /// 文書 / Document
    document: String,
    /// 条項・頁・図 / Clause, page or figure
    clause: Option<Word>,
}

/// 例外措置。書かれた通信だけが対象になる / A waiver: covers exactly the flows that it names
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Waiver {
    /// 対象の規則 / The rule that it waives
    rule: String,
    /// 始点 / Sources
    from: OneOrMany,
    /// 終点 / Destinations
    to: OneOrMany,
    /// サービス / Services; every one when left out
    service: Option<OneOrMany>,
    /// 理由 / Why
    reason: String,
    /// 申請者 / Who asked for it
    requested_by: Option<String>,
    /// 承認者 / Who allowed it
    approved_by: Option<String>,
    /// 文書番号 / Document
    document: Option<String>,
    /// 決定日（2026-04-01） / Day of the decision
    decided: Option<String>,
    /// 見直し期限 / Day by which it is to be reviewed
    review: Option<String>,
    /// 有効期限（この日まで有効） / Last day
    until: Option<String>,
}

/// 1つの値、または一覧 / One value or a list
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// 文字列または番号 / Text or a number such as 3.10
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
enum Word {
    Text(String),
    Number(f64),
}
