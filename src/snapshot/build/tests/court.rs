//! The court case: three devices in a row, no router missing.

use super::*;
use crate::snapshot::ZoneAddresses;

const TOPOLOGY: &str = "\
name: X-ENET
zones:
  internet: { label: インターネット, external: true }
  dmz:      { label: DMZ, networks: [172.20.10.0/24], roles: [published] }
  srv:      { networks: [172.20.20.0/24] }
  mgmt:     { networks: [172.20.30.0/24] }
  komu:     { networks: [172.20.64.0/19] }
  gakushu:  { networks: [172.21.0.0/16] }
  pi:       { label: 個人情報保護ネットワーク, networks: [172.20.40.0/24], roles: [personal-information] }
devices:
  ext-fw:  { config: configs/ext-fw.conf }
  core-sw: { config: configs/core-sw.conf }
  int-fw:  { config: configs/int-fw.conf }
attach: [ { zone: internet, at: \"ext-fw:port1\" } ]
hosts:
  web1: { address: 172.20.10.20, label: 教育資料公開サーバ, roles: [published] }
  fs1:  { address: 172.20.40.10 }
  attacker: { address: 198.51.100.66 }
";

pub(super) fn world(topology: &str) -> World {
    World::new(topology)
        .with("ext-fw", |fw| {
            fw.port("port1", &["203.0.113.2/29"])
                .port("port2", &["172.20.10.1/24"])
                .port("port3", &["172.20.0.1/30"])
                .route("0.0.0.0/0", "203.0.113.1")
                .route("172.20.0.0/16", "172.20.0.2")
                .route("172.21.0.0/16", "172.20.0.2")
        })
        .with("core-sw", |sw| {
            sw.port("Vlan2", &["172.20.0.2/30"])
                .port("Vlan6", &["172.20.0.5/30"])
                .port("Vlan20", &["172.20.20.1/24"])
                .port("Vlan30", &["172.20.30.1/24"])
                .port("Vlan64", &["172.20.64.1/19"])
                .port("Vlan128", &["172.21.0.1/16"])
                .port("Gi1/0/1", &[])
                .route("0.0.0.0/0", "172.20.0.1")
                .route("172.20.40.0/24", "172.20.0.6")
        })
        .with("int-fw", |fw| {
            fw.port("outside", &["172.20.0.6/30"])
                .port("inside", &["172.20.40.1/24"])
                .route("0.0.0.0/0", "172.20.0.5")
        })
}

#[test]
fn the_picture_is_complete() {
    let snapshot = world(TOPOLOGY).build();
    assert_eq!(kinds(&snapshot), []);
    assert_eq!(snapshot.name, "X-ENET");
    assert_eq!(snapshot.segments.len(), 10);
    assert_eq!(segment(&snapshot, "ext-fw", "port3"), segment(&snapshot, "core-sw", "Vlan2"));
    assert_eq!(segment(&snapshot, "core-sw", "Vlan6"), segment(&snapshot, "int-fw", "outside"));
    assert_eq!(zones_at(&snapshot, "ext-fw", "port1"), ["internet"]);
    assert_eq!(zones_at(&snapshot, "ext-fw", "port2"), ["dmz"]);
    assert_eq!(zones_at(&snapshot, "core-sw", "Vlan128"), ["gakushu"]);
    assert_eq!(zones_at(&snapshot, "int-fw", "inside"), ["pi"]);
    assert!(zones_at(&snapshot, "int-fw", "outside").is_empty());
    let internet = vec!["internet".to_owned()];
    assert_eq!(opaques(&snapshot), [("gateway 203.0.113.1".to_owned(), true, internet)]);
}

#[test]
fn zones_and_hosts_are_resolved() {
    let snapshot = world(TOPOLOGY).build();
    let internet = snapshot.zone("internet").unwrap();
    assert_eq!(snapshot.zones[internet].addresses, ZoneAddresses::Rest);
    assert!(snapshot.zone_holds(internet, ip("198.51.100.66")));
    assert!(!snapshot.zone_holds(internet, ip("172.20.40.10")));
    assert!(snapshot.zone_holds(internet, ip("2001:db8::1")));
    assert!(!snapshot.zone_holds(internet, ip("127.0.0.1")));
    let hosts: Vec<(&str, &str)> = snapshot
        .hosts
        .iter()
        .map(|(_, host)| (host.id.as_str(), snapshot.zones[host.zone].id.as_str()))
        .collect();
    assert_eq!(hosts, [("web1", "dmz"), ("fs1", "pi"), ("attacker", "internet")]);
    let entries = snapshot.entries(snapshot.zone("dmz").unwrap());
    assert_eq!(entries.len(), 1);
}

#[test]
fn a_missing_core_switch_is_an_opaque_router_with_the_zones_behind_it() {
    let topology = TOPOLOGY.replace("  core-sw: { config: configs/core-sw.conf }\n", "");
    let mut world = world(&topology);
    world.devices.remove(1);
    let snapshot = world.build();
    let behind = ["srv", "mgmt", "komu", "gakushu"].map(str::to_owned).to_vec();
    let expected = [
        ("gateway 203.0.113.1".to_owned(), true, vec!["internet".to_owned()]),
        ("gateway 172.20.0.2".to_owned(), false, behind.clone()),
        ("gateway 172.20.0.5".to_owned(), false, behind[..3].to_vec()),
    ];
    let found = opaques(&snapshot);
    assert_eq!(found.first(), expected.first());
    assert_eq!(found.get(1), expected.get(1));
    assert_eq!(found.get(2).map(|o| (o.0.as_str(), o.1)), Some(("gateway 172.20.0.5", false)));
    let missing: Vec<&Issue> =
        snapshot.issues.iter().filter(|i| i.kind == IssueKind::MissingDevice).collect();
    assert_eq!(missing.len(), 2);
    let place = |issue: &Issue| world.sources.place(issue.cause.span.unwrap());
    assert_eq!(missing.first().map(|issue| place(issue)), Some("configs/ext-fw.conf:6".to_owned()));
}
