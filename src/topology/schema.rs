//! The JSON Schema of the topology file, for editors. The structs exist for their shape and their descriptions only; a test
//! holds them to what [`super::read`] accepts.

use schemars::JsonSchema;
use std::collections::BTreeMap;

/// The JSON Schema of the topology file.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(TopologyFile).to_value()
}

/// トポロジーファイル（topology.yaml） / The topology file: zones, devices, attachments, what is opaque
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct TopologyFile {
    /// 書式の版。1と書く / Version of this format: 1
    #[schemars(range(min = 1, max = 1))]
    version: u8,
    /// ネットワークの名前 / Name of the network
    name: Option<String>,
    /// ゾーン（名前 → 内容） / Zones by name
    zones: Option<BTreeMap<String, Option<Zone>>>,
    /// 機器（名前 → 内容） / Devices by name
    devices: Option<BTreeMap<String, Device>>,
    /// ゾーンをインターフェースのセグメントに置く / Zones put on the segment of an interface
    attach: Option<Vec<Attach>>,
    /// 同じセグメントにあるインターフェースの組（サブネットから決まらないときだけ書く） / Pairs of interfaces on one segment,
    /// only where shared subnets do not decide
    links: Option<Vec<[String; 2]>>,
    /// 名前を付けるホスト / Hosts with a name
    hosts: Option<BTreeMap<String, Host>>,
    /// 設定だけでは決まらない名前の解決先 / What names in the configurations stand for
    resolve: Option<Resolve>,
}

/// ゾーン / A zone
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Zone {
    /// 報告書での名称 / Name for reports
    label: Option<String>,
    /// ゾーンに属するネットワーク / Its networks
    networks: Option<OneOrMany>,
    /// 他者のネットワーク（インターネットなど）。networksがなければ、どのゾーンにもないアドレスすべて / Another's network;
    /// without networks: every address that no zone holds
    external: Option<bool>,
    /// 役割 / Roles, with which packs refer to it
    roles: Option<OneOrMany>,
}

/// 機器 / A device
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Device {
    /// 設定ファイル（このファイルからの相対パス） / Configuration files, relative to this file
    config: Option<OneOrMany>,
    /// 設定の形式。省くと自動判別 / Format of the configuration; detected when left out
    format: Option<String>,
    /// 設定が手元にない機器。何でもどこへでも転送するものとみなす / Its configuration is not at hand: read as forwarding
    /// anything anywhere
    opaque: Option<bool>,
    /// 冗長構成の待機系の設定ファイル。configと比べるだけで、ネットワークには含めない / Export of the standby unit of an HA pair:
    /// compared with config, not part of the network
    standby: Option<OneOrMany>,
    /// opaqueの機器自身のアドレス / Own addresses of an opaque device
    addresses: Option<OneOrMany>,
    /// opaqueの機器の先にあるネットワーク / Networks behind an opaque device
    networks: Option<OneOrMany>,
    /// 役割（boundary、outer-firewallなど） / Roles, with which packs refer to it: `boundary`, `outer-firewall`…
    roles: Option<OneOrMany>,
    /// 備考 / Remark
    note: Option<String>,
    /// インターフェース（名前 → 内容）。設定のアドレスを補う、または置き換える / Interfaces by name: completes or replaces the
    /// addresses of the configuration
    interfaces: Option<BTreeMap<String, Option<Interface>>>,
    /// 設定にない経路 / Routes besides those of the configuration
    routes: Option<Vec<Route>>,
    /// 設定とroutesのほかに経路がない（動的に得る経路もすべて書いた） / There are no routes but those of the configuration and routes,
    /// whatever routing protocols run
    #[serde(rename = "routes-complete")]
    routes_complete: Option<bool>,
    /// 経路表の出力（未対応。routesに書く） / Routing table dump: not yet supported, use routes
    rib: Option<String>,
}

/// インターフェース / An interface
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Interface {
    /// アドレスとプレフィックス長（10.0.1.1/24） / Addresses with prefix length
    addresses: Option<OneOrMany>,
    /// そのセグメントにあるゾーン / The zone on its segment
    zone: Option<String>,
}

/// 経路 / A route
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Route {
    /// 宛先のネットワーク / Destination network
    to: String,
    /// ゲートウェイ / Gateway
    via: Option<String>,
    /// インターフェース / Interface
    interface: Option<String>,
}

/// ゾーンとインターフェースの結び付け / A zone on the segment of an interface
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Attach {
    /// ゾーン / Zone
    zone: String,
    /// 「機器:インターフェース」 / `device:interface`
    at: String,
}

/// ホスト。addressかaddressesのどちらかを書く / A host, with `address` or `addresses`
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Host {
    /// アドレス / Address
    address: Option<String>,
    /// アドレス（複数） / Addresses
    addresses: Option<OneOrMany>,
    /// 報告書での名称 / Name for reports
    label: Option<String>,
    /// 役割（published、relayなど） / Roles: `published`, `relay`…
    roles: Option<OneOrMany>,
}

/// 名前の解決先 / What names stand for
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
struct Resolve {
    /// ドメイン名 → アドレス / Addresses by domain name
    fqdn: Option<BTreeMap<String, OneOrMany>>,
}

/// 1つの値、または一覧 / One value or a list
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "the schema is derived from the shape; no value is ever made")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}
