//! The JSON Schema of the policy file, for editors. The structs exist for their shape and their descriptions only; a test
//! holds them to what [`super::read`] accepts.

use schemars::JsonSchema;
use std::collections::BTreeMap;

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
    /// 方針パック。`sekisho pack` で一覧が出る / Policy packs; `sekisho pack` lists them
    packs: Option<Vec<Pack>>,
    /// 申告する通信 / Declared flows
    flows: Option<Vec<Flow>>,
    /// 設定から分からない事実の申告 / Facts that configurations cannot show
    facts: Option<Vec<Fact>>,
    /// 外部接続台帳 / The register of external connections
    #[schemars(rename = "external-connections")]
    external_connections: Option<Vec<ExternalConnection>>,
    /// 自団体の許可条件（名前 → 内容） / Permits of one's own, by name
    permits: Option<BTreeMap<String, Permit>>,
    /// 宛先の区分（名前 → 内容） / Categories of destinations, by name
    categories: Option<BTreeMap<String, Category>>,
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
    /// 同梱のパックの名前、またはこのファイルからの相対パス / A shipped pack, or the path of a file beside this one
    r#use: String,
    /// 版。省くと --at の日に有効な版、なければ最新 / Edition; else the one in force at --at, or the newest
    edition: Option<String>,
}

/// 申告する通信 / A declared flow
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Flow {
    /// 名前 / Identifier
    id: String,
    /// どの許可条件（permit）による通信か / The permit that it instantiates
    r#as: Option<String>,
    /// 始点 / Sources
    from: OneOrMany,
    /// 終点 / Destinations
    to: OneOrMany,
    /// サービス / Services; every one when left out
    service: Option<OneOrMany>,
    /// どちらの側からも開始できる / Either side may open it
    both_ways: Option<bool>,
    /// 通ることも求める / It must work, too
    required: Option<bool>,
    /// 文書 / Document
    document: Option<String>,
    /// 開始日 / First day
    valid_from: Option<String>,
    /// 最終日 / Last day
    until: Option<String>,
}

/// 事実の申告 / A declared fact
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Fact {
    /// ゾーン、ホスト、機器、通信の名前、またはorganisation / Zone, host, device, flow, or `organisation`
    of: String,
    /// 事実の名前 / Which fact
    fact: String,
    /// 値 / Its value
    value: BoolOrText,
    /// 根拠資料 / What shows it
    evidence: Option<String>,
    /// 確認日 / Day of confirmation
    confirmed: Option<String>,
    /// 再確認の期日 / Day by which it is to be confirmed again
    review: Option<String>,
}

/// 外部接続 / An external connection
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct ExternalConnection {
    /// 機器:インターフェース、またはopaqueの機器の名前 / device:interface, or an opaque device
    at: String,
    /// 接続先 / What it leads to
    to: Option<String>,
    /// 目的 / Purpose
    purpose: Option<String>,
    /// 許可した役職 / The roles that approved it
    approved_by: Option<OneOrMany>,
    /// 許可日 / Day of approval
    approved: Option<String>,
    /// 契約 / Contract
    contract: Option<String>,
    /// 見直し期日 / Day by which it is to be reviewed
    review: Option<String>,
}

/// 許可条件 / A permit
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Permit {
    /// 名称 / Name
    label: Option<Label>,
    /// 始点になれる範囲 / Where declared flows may start
    from: OneOrMany,
    /// 終点になれる範囲 / Where they may end
    to: OneOrMany,
    /// サービスの範囲 / Services within which they must lie
    service: Option<OneOrMany>,
    /// 逆方向の申告も認める / They may run in the opposite direction
    both_ways: Option<bool>,
    /// 両端をホスト、サービスを1ポートに限定する / Both ends hosts, each service one port
    pinned: Option<bool>,
    /// 必要な事実 / Facts that it rests on
    needs: Option<Vec<Need>>,
    /// 根拠 / Where it comes from
    basis: Option<Basis>,
    /// 対象の版 / Editions
    editions: Option<OneOrMany>,
}

/// 必要な事実 / A needed fact
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Need {
    /// from、to、flow、organisation / Of what: from, to, flow or organisation
    of: String,
    /// 事実の名前 / Which fact
    fact: String,
    /// 必要な値 / The value that it must have
    want: Option<BoolOrText>,
    /// この役割を持つ側には不要 / Not needed of an end with this role
    unless: Option<String>,
}

/// 宛先の区分 / A category of destinations
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Category {
    /// 名称 / Name
    label: Option<Label>,
    /// ドメイン名。*.example.jp は配下すべて / Domain names; `*.example.jp` stands for everything below
    names: Option<OneOrMany>,
    /// ワイルドカードの指定だけを数える / Only names with a wildcard count
    wide_only: Option<bool>,
    /// ネットワーク / Networks
    networks: Option<OneOrMany>,
}

/// 日本語と英語の名称 / A name in Japanese and English
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
enum Label {
    Same(String),
    Both { ja: String, en: String },
}

/// 真偽または文字列 / Truth or text
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
enum BoolOrText {
    Bool(bool),
    Text(String),
}

/// 規則。動詞（denyからhygieneまで）を1つ書く / A rule with one verb, from `deny` to `hygiene`
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Rule {
    /// 規則の名前 / Identifier
    id: String,
    /// 開始してはならない通信 / Connections that nobody may open
    deny: Option<Deny>,
    /// 題名 / Title
    title: Option<Label>,
    /// 申告した通信のほかは開始してはならない / Connections that nobody may open but declared flows
    only: Option<Only>,
    /// できなければならない通信 / Connections that must be possible
    require: Option<Require>,
    /// 互いに通信してはならないゾーンの組 / Zones that may not reach each other
    isolate: Option<OneOrMany>,
    /// 必ず経由する機器 / Devices that what passes must cross
    via: Option<Via>,
    /// 申告が必要な事実 / A fact that must be declared
    declare: Option<Declare>,
    /// external-connections、または条件 / `external-connections`, or what its entries need
    register: Option<Register>,
    /// 記録が必要な通信 / Connections that must be logged
    logged: Option<Require>,
    /// 期間や時間帯の限定が必要な通信 / Connections that must be limited in time
    scheduled: Option<Require>,
    /// 禁止する宛先の区分 / Categories of destinations that are forbidden
    destinations: Option<Destinations>,
    /// 該当してはならない点検項目 / Hygiene rules that must find nothing
    hygiene: Option<OneOrMany>,
    /// この規則の対象から除く通信 / Flows that the rule does not speak of
    except: Option<Vec<Except>>,
    /// 途中のホストを踏み台にする経路も判定する（denyのみ） / Also through compromised hosts in between (`deny` only)
    stepping_stones: Option<bool>,
    /// それぞれ単独で止めなければならない機器（denyのみ） / Devices each of which must stop it alone (`deny` only)
    enforce_at: Option<OneOrMany>,
    /// 重大度（省くとhigh） / Severity; `high` when left out
    severity: Option<Severity>,
    /// 根拠 / Where the rule comes from
    basis: Option<Basis>,
    /// 対応する要求事項の番号 / Requirements that it serves
    requirements: Option<OneOrMany>,
    /// 対象の版（パックのみ） / Editions (packs only)
    editions: Option<OneOrMany>,
}

/// 申告した通信だけを認める / Only declared flows
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Only {
    /// 始点 / Sources
    from: OneOrMany,
    /// 終点 / Destinations
    to: OneOrMany,
    /// サービス / Services; every one when left out
    service: Option<OneOrMany>,
    /// 逆方向も同じ / The opposite direction, too
    both_ways: Option<bool>,
    /// 認める許可条件。省くと申告した通信すべて / Permits; every declared flow when left out
    flows: Option<OneOrMany>,
}

/// 経由 / What passes must cross
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Via {
    /// 始点 / Sources
    from: OneOrMany,
    /// 終点 / Destinations
    to: OneOrMany,
    /// サービス / Services
    service: Option<OneOrMany>,
    /// 機器の名前、またはrole:役割 / Devices, or role:NAME
    through: OneOrMany,
}

/// 申告が必要な事実 / A fact that must be declared
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Declare {
    /// ゾーン、ホスト、role:役割、またはorganisation / Parties, or `organisation`
    of: OneOrMany,
    /// 事実の名前 / Which fact
    fact: String,
    /// 必要な値 / The value that it must have
    want: Option<BoolOrText>,
}

/// 台帳 / The register
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
enum Register {
    Plain(String),
    With(RegisterTerms),
}

/// 台帳の条件 / What entries need
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct RegisterTerms {
    /// external-connections
    of: String,
    /// 許可が必要な役職 / Roles that must have approved it
    approved_by: Option<OneOrMany>,
    /// 契約の記載が必要 / A contract is needed
    contract: Option<bool>,
}

/// 宛先の区分の禁止 / Forbidden categories
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Destinations {
    /// 始点 / Sources
    from: OneOrMany,
    /// 終点。省くとすべて / Destinations; everything when left out
    to: Option<OneOrMany>,
    /// 区分 / Categories
    forbid: OneOrMany,
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
    /// standard、guideline、design、practice / Kind of document
    class: Option<String>,
    /// 原文 / Its own words
    quote: Option<String>,
    /// 一次資料と照合したか / Whether somebody compared it with the primary text
    verified: Option<bool>,
}

/// 例外措置。書かれた通信だけが対象になる / A waiver: covers exactly the flows that it names
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Waiver {
    /// 名前 / Identifier
    id: Option<String>,
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
    /// 申請者の役職 / In which role
    requested_role: Option<String>,
    /// 承認者 / Who allowed it
    approved_by: Option<String>,
    /// 承認者の役職 / In which role
    approved_role: Option<String>,
    /// 緊急時に事前の承認なく設けた日 / Day on which it was set up in an emergency, without prior approval
    emergency: Option<String>,
    /// 事後に報告した日 / Day of the report
    reported: Option<String>,
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
