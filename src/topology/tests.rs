use super::*;
use crate::source::{Problem, Sources};

fn read_text(text: &str) -> (Sources, Result<Topology, Vec<Problem>>) {
    let mut sources = Sources::default();
    let id = sources.add("topology.yaml", text.as_bytes()).unwrap();
    let result = read(id, sources.file(id));
    (sources, result)
}

/// Line, message and way out of every problem, in English.
fn problems(text: &str) -> Vec<(u32, String, String)> {
    let (sources, result) = read_text(text);
    let list = result.unwrap_err();
    list.iter()
        .map(|p| {
            (sources.line(p.span), p.message.en.clone(), p.help.clone().unwrap_or_default().en)
        })
        .collect()
}

fn only(text: &str) -> (u32, String, String) {
    let list = problems(text);
    assert_eq!(list.len(), 1, "{list:?}");
    list.first().cloned().unwrap()
}

const FULL: &str = "\
version: 1
name: X-ENET
zones:
  internet: { label: インターネット, external: true }
  dmz:      { label: DMZ, networks: [172.20.10.0/24, \"2001:db8:10::/64\"], roles: [published] }
  pi:       { networks: 172.20.40.0/24 }
devices:
  ext-fw:  { config: configs/ext-fw.conf, format: fortios, standby: configs/ext-fw2.conf }
  gw:
    config: [rules.v4, rules.v6]
    interfaces: { eth0: { addresses: [10.0.1.1/24], zone: pi }, eth1: }
    routes: [ { to: 0.0.0.0/0, via: 203.0.113.1, interface: eth2 }, { to: 10.9.0.0/16, interface: eth1 } ]
    routes-complete: true
  lgwan:   { opaque: true, addresses: [10.21.0.2], networks: [10.200.0.0/16], note: J-LIS 管理 }
attach:   [ { zone: internet, at: \"ext-fw:port1\" } ]
links:    [ [\"ext-fw:port3\", \"gw:eth0:1\"] ]
hosts:
  web1: { address: 172.20.10.20, label: 教育資料公開サーバ, roles: [published] }
  web2: { addresses: [172.20.10.21, \"2001:db8:10::21\"] }
resolve:  { fqdn: { update.example.jp: [198.51.100.0/24] } }
";

#[test]
fn zones_and_devices_are_read() {
    let (sources, topology) = read_text(FULL);
    let topology = topology.unwrap();
    assert_eq!(topology.name.as_deref(), Some("X-ENET"));
    let ids: Vec<&str> = topology.zones.iter().map(|zone| zone.id.value.as_str()).collect();
    assert_eq!(ids, ["internet", "dmz", "pi"]);
    let dmz = topology.zones.get(1).unwrap();
    let second = dmz.networks.get(1).unwrap();
    assert_eq!(second.value, Prefix::parse("2001:db8:10::/64").unwrap());
    assert_eq!(sources.text(second.span), "\"2001:db8:10::/64\"");
    assert_eq!((dmz.external, dmz.roles.as_slice()), (false, &["published".to_owned()][..]));
    let gw = topology.devices.get(1).unwrap();
    let DeviceKind::Configured { config, interfaces, routes, complete, .. } = &gw.kind else {
        panic!()
    };
    assert!(complete);
    assert_eq!(config.len(), 2);
    let eth0 = interfaces.first().unwrap();
    let address: IpAddr = "10.0.1.1".parse().unwrap();
    assert_eq!(eth0.addresses.first().unwrap().value, (address, 24));
    assert_eq!(eth0.zone.as_ref().unwrap().value, "pi");
    assert_eq!(routes.first().unwrap().via, "203.0.113.1".parse().ok());
    assert_eq!(sources.line(routes.first().unwrap().span), 12);
}

#[test]
fn opaques_attachments_links_hosts_and_names_are_read() {
    let (sources, topology) = read_text(FULL);
    let topology = topology.unwrap();
    let DeviceKind::Opaque { addresses, networks } = &topology.devices.get(2).unwrap().kind else {
        panic!()
    };
    assert_eq!((addresses.len(), networks.len()), (1, 1));
    let attach = topology.attach.first().unwrap();
    assert_eq!((attach.at.device.as_str(), attach.at.interface.as_str()), ("ext-fw", "port1"));
    let (_, right) = topology.links.first().unwrap();
    assert_eq!((right.device.as_str(), right.interface.as_str()), ("gw", "eth0:1"));
    assert_eq!(sources.line(right.span), 16);
    let addresses: Vec<usize> = topology.hosts.iter().map(|host| host.addresses.len()).collect();
    assert_eq!(addresses, [1, 2]);
    let fqdn = topology.fqdn.first().unwrap();
    assert_eq!((fqdn.name.value.as_str(), fqdn.networks.len()), ("update.example.jp", 1));
}

#[test]
fn unknown_and_missing_keys_have_their_line() {
    let (line, message, help) = only("version: 1\nzones:\n  a: { network: [10.0.0.0/8] }\n");
    assert_eq!((line, message.as_str()), (3, "unknown key `network`"));
    assert_eq!(help, "did you mean `networks`?");
    assert_eq!(only("version: 1\nzoness: {}\n").2, "did you mean `zones`?");
    assert!(only("version: 1\nqqqqqqq: {}\n").2.contains("zones, devices, attach"));
    assert_eq!(only("name: x\n").1, "`version` is missing");
    assert_eq!(only("version: 1\n<<: { a: b }\n").1, "merge keys (`<<`) are not supported");
    assert_eq!(
        only("version: 1\nhosts:\n  h: { label: x }\n"),
        (3, "`address` is missing".to_owned(), String::new())
    );
    assert_eq!(only("version: 1\nattach:\n  - { at: \"a:b\" }\n").1, "`zone` is missing");
    assert_eq!(only("version: 1\ndevices:\n  fw: {}\n").1, "device `fw` has no `config`");
}

#[test]
fn values_of_the_wrong_form_have_their_line() {
    let zone = |value: &str| only(&format!("version: 1\nzones:\n  a:\n    networks: {value}\n"));
    assert_eq!(
        (zone("10.0.0.0/33").0, zone("10.0.0.0/33").1.as_str()),
        (4, "`10.0.0.0/33` is not a network")
    );
    assert_eq!(zone("[10.0.0.1/8]").2, "write `10.0.0.0/8`");
    assert_eq!(zone("[10]").1, "`10` is not a network");
    assert_eq!(zone("{ a: b }").1, "expected a word or text, found a mapping");
    assert_eq!(
        only("version: 1\nzones:\n  a: { external: yes }\n").1,
        "expected `true` or `false`, found a word"
    );
    assert_eq!(
        only("version: 1\nzones: [a]\n").1,
        "expected a mapping (`key: value`), found a list"
    );
    assert_eq!(only("version: 1\nzones:\n  a.b: {}\n").0, 3);
    assert_eq!(only("version: 1\nzones:\n  a: {}\n  a: {}\n").0, 4);
    let device =
        |value: &str| only(&format!("version: 1\ndevices:\n  fw: {{ config: x, {value} }}\n"));
    assert!(device("interfaces: { e: { addresses: 10.0.0.1 } }").2.contains("10.0.1.1/24"));
    assert!(device("routes: [ { to: 10.0.0.0/8 } ]").1.contains("needs `via`"));
    assert!(device("routes: [ { to: \"::/0\", via: 10.0.0.1 } ]").1.contains("families"));
    assert!(device("addresses: [10.0.0.1]").1.contains("opaque: true"));
    assert!(device("rib: rib.txt").1.contains("not yet supported"));
    assert!(device("rib: rib.txt").2.contains("routes:"));
    let opaque = only("version: 1\ndevices:\n  fw: { opaque: true, config: x }\n");
    assert!(opaque.1.contains("does not go with"));
    assert_eq!(only("version: 1\nlinks:\n  - [\"a:b\"]\n").1, "a link is a pair of interfaces");
}

#[test]
fn names_must_be_declared() {
    let base = "version: 1\nzones: { internet: { external: true } }\ndevices: { ext-fw: { config: x }, isp: { opaque: true } }\n";
    let attach = |zone: &str, at: &str| {
        only(&format!("{base}attach:\n  - {{ zone: {zone}, at: \"{at}\" }}\n"))
    };
    let (line, message, help) = attach("internt", "ext-fw:port1");
    assert_eq!((line, message.as_str()), (5, "zone `internt` is not declared"));
    assert_eq!(help, "did you mean `internet`?");
    assert_eq!(attach("internet", "extfw:port1").2, "did you mean `ext-fw`?");
    assert!(attach("internet", "isp:port1").1.contains("is opaque"));
    assert!(attach("internet", "port1").1.contains("device:interface"));
}

#[test]
fn the_schema_and_the_reader_know_the_same_keys() {
    let schema = schema();
    jsonschema::meta::validate(&schema).unwrap();
    let full: serde_json::Value = serde_saphyr::from_str(FULL).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&full).map(|e| e.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let mut keys = Vec::new();
    properties(&schema, &mut keys);
    for key in keys.iter().filter(|key| *key != "rib") {
        assert!(FULL.contains(&format!("{key}:")), "the example lacks {key}");
    }
}

/// The names of all properties of all objects.
fn properties(value: &serde_json::Value, keys: &mut Vec<String>) {
    if let Some(serde_json::Value::Object(map)) = value.get("properties") {
        keys.extend(map.keys().cloned());
    }
    if let Some(serde_json::Value::Object(map)) = value.get("$defs") {
        map.values().for_each(|value| properties(value, keys));
    }
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reader(at in 0..FULL.len(), put in "[-:{}\\[\\],*&!|>%@#\"\\n a-z0-9]{0,6}", cut in 0usize..20) {
        let at = (0..=at).rev().find(|at| FULL.is_char_boundary(*at)).unwrap_or(0);
        let end = (at + cut..FULL.len()).find(|at| FULL.is_char_boundary(*at)).unwrap_or(FULL.len());
        let text = format!("{}{put}{}", &FULL[..at], &FULL[end..]);
        let (sources, result) = read_text(&text);
        let len = sources.iter().next().map_or(0, |(_, file)| file.text().len());
        for problem in result.err().unwrap_or_default() {
            proptest::prop_assert!(problem.span.start <= problem.span.end);
            proptest::prop_assert!(problem.span.end as usize <= len);
        }
    }
}

#[test]
fn a_host_cannot_have_the_name_of_a_zone() {
    let text = "version: 1\nzones: { web: { networks: [10.0.0.0/24] } }\nhosts:\n  web: { address: 10.0.0.1 }\n";
    assert_eq!((only(text).0, only(text).1.as_str()), (4, "`web` is the name of a zone, too"));
}
