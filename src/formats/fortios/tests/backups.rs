//! Whole backups with everything that real ones carry along.

use super::*;
use crate::model::Translated;

const SINGLE: &str = include_str!("../../../../fixtures/formats/fortios/ext-fw.conf");
const MULTI: &str = include_str!("../../../../fixtures/formats/fortios/fw-in-vdoms.conf");

#[test]
fn a_full_backup_has_no_unknown_line() {
    let reading = read(SINGLE);
    assert_eq!(reading.coverage[0].count(LineStatus::Unknown), 0, "{:?}", reading.coverage[0].gaps);
    let device = &reading.device;
    assert_eq!(device.name, "EXT-FW");
    assert_eq!(device.contexts.len(), 1);
    assert!(device.remarks.is_empty(), "{:?}", device.remarks);
    assert_eq!(
        stages(device),
        ["virtual IP", "route", "firewall policy", "source NAT", "IPsec selectors"]
    );
    let four: Vec<&Line> =
        policies(device).iter().filter(|line| line.label == "policy 4").collect();
    assert!(!four.is_empty());
    assert_eq!(
        describe(device, &four[0].matches),
        "dmz>internal,mgmt 172.20.10.0/24 -> (172.20.20.0/24|172.20.30.0/24|172.20.64.0/19|172.21.0.0/16|172.20.40.0/24) any"
    );
    assert_eq!(
        (four[0].matches.translated.clone(), four[1].matches.translated.clone()),
        (Translated::Untouched, Translated::Touched)
    );
    let last = policies(device).last().unwrap();
    assert_eq!(
        (last.label.as_str(), last.matches.translated.clone()),
        ("policy 99", Translated::Ignored)
    );
}

#[test]
fn a_divided_backup_with_central_nat_has_no_unknown_line() {
    let reading = read(MULTI);
    assert_eq!(reading.coverage[0].count(LineStatus::Unknown), 0, "{:?}", reading.coverage[0].gaps);
    let device = &reading.device;
    assert!(device.remarks.is_empty(), "{:?}", device.remarks);
    let names: Vec<&str> = device.contexts.iter().map(|(_, c)| c.name.as_str()).collect();
    assert_eq!(names, ["root", "v-in", "v-dmz"]);
    assert_eq!(device.internal_links.len(), 3);
    let certain: Vec<&Line> = policies(device)
        .iter()
        .filter(|line| line.matches.translated == Translated::Ignored)
        .collect();
    assert_eq!(certain.len(), 4);
    assert_eq!(
        describe(device, &certain[1].matches),
        "vl-in0,dmz-a>wan 10.10.0.0/16 -> ?Family(V4) any"
    );
    let sources = list(device, "source NAT").lines.iter();
    assert_eq!(sources.filter(|line| !line.label.ends_with("(outbound)")).count(), 3);
    assert_eq!(device.contexts.iter().nth(1).unwrap().1.dynamic_routing.len(), 1);
}

#[test]
fn a_backup_cut_anywhere_says_so() {
    let lines: Vec<&str> = SINGLE.lines().collect();
    let mut silent = Vec::new();
    for cut in (5..lines.len()).step_by(37) {
        let reading = read(&(lines[..cut].join("\n") + "\n"));
        // Between two blocks a cut cannot be seen.
        if reading.coverage[0].gaps.iter().all(|gap| gap.contained) && lines[cut - 1] != "end" {
            silent.push(cut);
        }
    }
    assert_eq!(silent, Vec::<usize>::new());
}
