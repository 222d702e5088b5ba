//! The top of the configuration: which sections are read where, which do not matter, and which could change anything.

use super::reader::Reader;
use super::tree::{NodeId, Tree};
use crate::text;
use crate::text::Text;

/// Sections that are read elsewhere.
const READ: &[&str] = &[
    "groups",
    "interfaces",
    "security",
    "routing-options",
    "routing-instances",
    "protocols",
    "policy-options",
    "firewall",
    "applications",
    "schedulers",
    "vlans",
    "bridge-domains",
    "services",
    "system",
    "version",
    "forwarding-options",
];

/// Sections that change neither forwarding nor filtering.
const INERT: &[&str] = &[
    "chassis",
    "snmp",
    "event-options",
    "access",
    "accounting-options",
    "class-of-service",
    "poe",
    "wlan",
    "virtual-chassis",
    "ethernet-switching-options",
    "switch-options",
    "multicast-snooping-options",
    "diameter",
    "jsrc",
    "multi-chassis",
    "rcsid",
    "session-limit-group",
    "smtp",
    "fabric",
    "access-profile",
    "bootp-relay",
    "redundant-power-system",
    "tenant-options",
    "unified-edge",
    "rtlog",
];

/// Parts of `security` that are read elsewhere.
const SECURITY_READ: &[&str] = &[
    "zones",
    "policies",
    "address-book",
    "nat",
    "flow",
    "forwarding-options",
    "advance-policy-based-routing",
];

/// Parts of `security` that decide nothing about whether a new connection is forwarded: keys, tunnels (whose ends are
/// interfaces), content inspection, logging.
const SECURITY_INERT: &[&str] = &[
    "screen",
    "ike",
    "ipsec",
    "ipsec-policy",
    "group-vpn",
    "alg",
    "log",
    "pki",
    "certificates",
    "ssh-known-hosts",
    "utm",
    "idp",
    "application-firewall",
    "application-tracking",
    "dynamic-vpn",
    "firewall-authentication",
    "user-identification",
    "traceoptions",
    "gprs",
    "datapath-debug",
    "authentication-key-chains",
    "remote-access",
    "tcp-encap",
    "macsec",
    "key-protection",
    "analysis",
    "resource-manager",
    "anti-virus",
    "dns-cache",
    "dynamic-application",
    "dynamic-address",
    "intelligence",
    "ssl",
    "security-zone",
    "performance-mode",
    "distribution-profile",
    "tunnel-inspection",
    "ngfw",
    "web-filtering",
    "secure-web-proxy",
    "metadata-streaming",
    "anomaly-detection",
    "host-vpn",
    "rtlog",
    "vpn",
    "alarms",
    "forwarding-process",
];

/// Parts of `services` that forward and filter nothing by themselves.
const SERVICES: &[&str] = &[
    "rpm",
    "ip-monitoring",
    "application-identification",
    "security-intelligence",
    "advanced-anti-malware",
    "user-identification",
    "ssl",
    "analytics",
    "flow-monitoring",
    "unified-access-control",
    "icap-redirect",
    "security-metadata-streaming",
    "web-proxy",
    "logging",
    "wireless-wan",
    "dns-filtering",
    "ssh-knows-hosts",
    "web-filter",
    "traffic-load-balance",
];

/// Parts of `forwarding-options` that do not stop or divert unicast packets.
const FORWARDING: &[&str] = &[
    "sampling",
    "dhcp-relay",
    "helpers",
    "hash-key",
    "enhanced-hash-key",
    "port-mirroring",
    "analyzer",
    "accounting",
    "load-balance",
    "storm-control-profiles",
    "rpf-loose-mode-discard",
    "satellite",
    "evpn-vxlan",
    "vxlan-routing",
    "access-security",
    "multicast-replication",
    "packet-capture",
];

impl<'a> Reader<'a, '_> {
    pub(super) fn read_sections(&mut self) {
        for node in self.tree.kids(Tree::ROOT) {
            match self.word(node) {
                "logical-systems" | "tenants" => {
                    let reason = text!(
                        "論理システム・テナントの中の設定は読み取りません。機器全体の通信を許可とも拒否とも読みます。",
                        "what stands inside logical systems and tenants is not read; all traffic of the device may pass or be stopped"
                    );
                    self.uncontained(node, reason);
                }
                "forwarding-options" => self.listed(node, FORWARDING),
                "services" => {
                    self.other_services(node);
                }
                "version" => {
                    let value = self.tree.value(node).map(|value| self.word(value));
                    self.b.device.version = value.map(|value| format!("Junos {value}"));
                }
                "system" => self.system(node),
                word if READ.contains(&word) => self.tree.used(node),
                word if INERT.contains(&word) => self.tree.ignore(node),
                _ => self.unread(node),
            }
        }
        if let Some(security) = self.tree.get(Tree::ROOT, "security") {
            for kid in self.tree.kids(security) {
                match self.word(kid) {
                    word if SECURITY_READ.contains(&word) => self.tree.used(kid),
                    word if SECURITY_INERT.contains(&word) => self.tree.ignore(kid),
                    "softwires" => {
                        let reason = text!(
                            "DS-Lite のソフトワイヤーで中継される通信は読み取らないため、機器全体の通信を許可とも拒否とも読みます。",
                            "what softwires (DS-Lite) carry is not read; all traffic of the device may pass or be stopped"
                        );
                        self.uncontained(kid, reason);
                    }
                    _ => self.unread(kid),
                }
            }
            if let Some(flow) = self.tree.get(security, "flow") {
                for kid in self.tree.kids(flow) {
                    self.tree.ignore(kid);
                }
            }
        }
    }

    /// Statements of a section that are in a table do not matter, others may change anything.
    fn listed(&mut self, node: NodeId, known: &[&str]) {
        for kid in self.tree.kids(node) {
            if known.contains(&self.word(kid)) {
                self.tree.ignore(kid);
            } else {
                self.unread(kid);
            }
        }
    }

    fn other_services(&mut self, node: NodeId) {
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "rpm" | "ip-monitoring" => {}
                word if SERVICES.contains(&word) => self.tree.ignore(kid),
                _ => self.unread(kid),
            }
        }
    }

    fn system(&mut self, node: NodeId) {
        if let Some(name) = self.tree.value_of(node, "host-name") {
            self.b.device.name = name.to_owned();
            self.b.device.own.whole = self.tree.get(node, "host-name").map(|at| self.tree.span(at));
        }
        for kid in self.tree.kids(node) {
            self.tree.ignore(kid);
        }
    }

    /// Gaps of the groups: undefined ones, and inheritance that was not followed to the end.
    pub(super) fn report_groups(&mut self, expanded: super::groups::Expanded<'a>) {
        for (name, span) in expanded.missing {
            self.b.undefined("group", name, span);
            let reason = text!(
                "グループ「{name}」は定義されていません。継承されるはずの設定が欠けている可能性があります。",
                "the group `{name}` is not defined; what would be inherited may be missing"
            );
            self.ledger.unknown(span, reason, false);
        }
        if let Some(span) = expanded.fault {
            self.ledger.unknown(span, fault_reason(), false);
        }
    }
}

fn fault_reason() -> Text {
    text!(
        "グループの継承を最後まで展開できません。機器全体に影響し得るものとして扱います。",
        "group inheritance was not followed to the end; it may change anything on this device"
    )
}
