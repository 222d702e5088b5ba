//! Whole configurations.

use super::*;
use crate::model::{InterfaceKind, NextHop};

const BRANCH: &[u8] = include_bytes!("../../../../fixtures/formats/yamaha/shisho-rtx1220.conf");
const SCHOOL: &[u8] = include_bytes!("../../../../fixtures/formats/yamaha/school-nvr510.conf");

#[test]
fn full_size_configurations_have_no_unknown_line() {
    for (name, bytes) in [("branch", BRANCH), ("school", SCHOOL)] {
        let case = Case::of(bytes);
        assert_eq!(case.gaps(LineStatus::Unknown), Vec::<&str>::new(), "{name}");
        assert!(case.reading.coverage[0].gaps.iter().all(|gap| gap.contained), "{name}");
        let (_, file) = case.sources.iter().next().unwrap();
        assert_eq!(detect(file.text()), 95, "{name}");
    }
}

#[test]
fn the_branch_reads_as_it_is() {
    let case = Case::of(BRANCH);
    assert_eq!(case.device().version.as_deref(), Some("RTX1220 Rev.15.04.06"));
    assert_eq!(case.device().name, "rt1");
    assert_eq!(case.addresses("lan1"), ["172.16.31.1/24", "172.16.32.1/24", "172.16.31.254/24"]);
    assert_eq!(case.addresses("lan1/1"), ["10.31.10.1/24"]);
    assert_eq!(case.interface("lan1/1").vlan, Some(110));
    assert_eq!(case.interface("pp1").kind, InterfaceKind::PointToPoint);
    assert!(case.interface("pp1").up && case.interface("pp1").dynamic);
    assert!(!case.interface("pp2").up);
    assert_eq!(case.interface("tunnel1").kind, InterfaceKind::Tunnel);
    assert!(case.device().interface("anonymous").is_some());
    // The filters of the default route are a policy route; its other gateways and the rest are in the table.
    let routes = &case.context().routes;
    let of = |prefix: &str| routes.iter().filter(|r| r.prefix.to_string() == prefix).count();
    assert_eq!((of("0.0.0.0/0"), of("10.20.0.0/16"), of("192.168.250.0/24")), (2, 2, 1));
    assert!(routes.iter().any(|r| r.next_hop == NextHop::Discard));
    assert_eq!(case.context().policy_routes.len(), 2, "filter 500000 and the L2TP pool");
    assert_eq!(case.gaps(LineStatus::Unsupported), Vec::<&str>::new());
    assert_eq!(case.count(LineStatus::Used), 184);
    assert!(case.device().remarks.is_empty(), "{:?}", case.device().remarks);
}

#[test]
fn the_school_is_cp932_and_depends_on_names() {
    let case = Case::of(SCHOOL);
    assert_eq!(case.device().version.as_deref(), Some("NVR510 Rev.15.01.24"));
    assert_eq!(case.addresses("vlan2"), ["10.60.12.1/22"]);
    assert!(case.interface("lan2").dynamic && case.interface("vlan2").dynamic);
    assert!(!case.interface("vlan1").dynamic);
    let names = case.gaps(LineStatus::Unsupported);
    assert_eq!(names, ["ip filter 2101 pass 10.60.12.0/22 *.filter.example.jp tcp * 443"]);
    assert!(case.context().dynamic_routing.is_empty());
}
