//! HA pairs: the export of the standby unit is read beside the network, and compared.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test sets the stage")]

use sekisho::scan::{self, Files, InputError, Options, Role, Scan};

const ROUTER: &str = "\
version 15.7
hostname gw
ip access-list extended OUT
 permit tcp any host 10.0.1.9 eq 443
 deny ip any any
interface GigabitEthernet0/0
 ip address 203.0.113.2 255.255.255.240
 ip access-group OUT in
interface GigabitEthernet0/1
 ip address 10.0.1.1 255.255.255.0
ip route 0.0.0.0 0.0.0.0 203.0.113.1
logging host 10.0.1.5
ntp server 10.0.1.6
";

const TOPOLOGY: &str = "\
version: 1
zones:
  internet: { external: true }
  lan: { networks: [10.0.1.0/24] }
devices:
  gw: { config: gw.cfg, standby: gw2.cfg }
attach:
  - { zone: internet, at: \"gw:GigabitEthernet0/0\" }
";

fn run(files: &[(&str, &str)]) -> Result<Scan, Vec<InputError>> {
    let mut entries: Vec<(String, Vec<u8>)> =
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    entries.sort();
    scan::scan(Files { name: "pair".to_owned(), entries }, &Options::default())
}

#[test]
fn the_standby_unit_is_compared_and_no_part_of_the_network() {
    let other = ROUTER.replace("hostname gw", "hostname gw2").replace(" deny ip any any\n", "");
    let files = [("gw.cfg", ROUTER), ("gw2.cfg", &other), ("topology.yaml", TOPOLOGY)];
    let scan = run(&files).unwrap();
    assert_eq!(scan.loaded.snapshot.devices.len(), 1);
    let standby = scan
        .loaded
        .roles
        .iter()
        .any(|(_, role)| *role == Role::Standby { device: "gw".to_owned(), format: "ios" });
    assert!(standby);
    let found: Vec<&str> = scan
        .findings
        .iter()
        .filter(|finding| finding.rule == "ha-difference")
        .map(|finding| finding.message.en.as_str())
        .collect();
    assert_eq!(
        found,
        [
            "the active and the standby unit of gw differ in the lines of OUT (only on the active: 1, only on the standby: 0)"
        ]
    );
}

#[test]
fn a_standby_that_is_not_there_or_of_another_kind_is_an_error() {
    let missing = run(&[("gw.cfg", ROUTER), ("topology.yaml", TOPOLOGY)]).unwrap_err();
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].message.en, "there is no configuration file `gw2.cfg`");
    let asa = "ASA Version 9.16(4)\nhostname gw2\n";
    let files = [("gw.cfg", ROUTER), ("gw2.cfg", asa), ("topology.yaml", TOPOLOGY)];
    let other = run(&files).unwrap_err();
    assert_eq!(
        other[0].message.en,
        "the files of one device are of different formats, ios and asa"
    );
    let opaque = TOPOLOGY.replace("config: gw.cfg, standby", "opaque: true, standby");
    let refused = run(&[("gw2.cfg", ROUTER), ("topology.yaml", &opaque)]).unwrap_err();
    assert_eq!(refused[0].message.en, "`standby` does not go with `opaque: true`");
}
