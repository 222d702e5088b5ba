//! Commands from lines: wrapping, noise, detection, and what is not understood.

use super::*;

const TWO: &str = "ip lan1 address 192.168.10.1/24\nip lan2 address 192.168.20.1/24\n";

#[test]
fn every_line_has_an_account() {
    let case = Case::new(&format!("{TWO}\n# comment\nwarp drive on\nip lan1 teleport on\n"));
    assert_eq!(case.gaps(LineStatus::Unknown), ["warp drive on", "ip lan1 teleport on"]);
    assert!(case.reading.coverage[0].gaps.iter().all(|gap| !gap.contained));
}

#[test]
fn a_wrapped_command_spans_its_lines() {
    let long = "description lan1 \"支所の事務系ネットワーク（一階と二階の執務室、会議室および窓口の端末）の\nための説明\"\n";
    let case = Case::new(&format!("{long}{TWO}"));
    assert_eq!(case.gaps(LineStatus::Unknown), Vec::<&str>::new());
    assert_eq!(case.count(LineStatus::Irrelevant), 2);
}

#[test]
fn a_short_line_is_not_continued() {
    let case = Case::new("ip lan1 address 192.168.10.1/24\n31\n");
    assert_eq!(case.gaps(LineStatus::Unknown), ["31"]);
    assert_eq!(case.addresses("lan1"), ["192.168.10.1/24"]);
}

#[test]
fn a_prompt_with_a_command_that_configures_is_not_noise() {
    let first = "ip filter 200030 pass 192.168.100.0/24 192.168.200.0/24 tcp * 443,8443,9443";
    let case = Case::new(&format!("{first}\nrt1# ip lan1 secure filter in 1\n"));
    assert_eq!(case.gaps(LineStatus::Unknown), ["rt1# ip lan1 secure filter in 1"]);
}

#[test]
fn other_formats_are_not_claimed() {
    for text in [
        "ASA Version 9.8(2)\n!\ninterface GigabitEthernet0/0\n nameif outside\n",
        "version 15.2\nhostname r1\nip route 0.0.0.0 0.0.0.0 10.0.0.1\n",
        "config system interface\n    edit \"port1\"\n",
        "hostname ix\nip route default 10.0.0.1\nip access-list a permit ip src any dest any\n",
        "*filter\n:INPUT ACCEPT [0:0]\n",
        "set security zones security-zone trust interfaces ge-0/0/0\n",
        "",
    ] {
        assert_eq!(detect(text), 0, "{text}");
    }
    assert!(detect(TWO) >= 50);
    assert!(detect("pp select 1\n ip pp secure filter in 1\n") > 50);
}

#[test]
fn a_line_of_pp_outside_a_selection_is_not_understood() {
    let case = Case::new(&format!("{TWO}ip pp secure filter in 1\n"));
    assert_eq!(case.gaps(LineStatus::Unknown), ["ip pp secure filter in 1"]);
    assert!(!case.reading.coverage[0].gaps[0].contained);
}

#[test]
fn names_that_nothing_defines_are_remarked() {
    let text = format!(
        "{TWO}ip lan1 secure filter in 7 dynamic 8\nip lan2 secure filter name NONE\nip lan2 nat descriptor 9\n"
    );
    let case = Case::new(&text);
    let kinds: Vec<&str> = case
        .device()
        .remarks
        .iter()
        .filter_map(|remark| match remark {
            crate::model::Remark::Undefined { kind, .. } => Some(*kind),
            _ => None,
        })
        .collect();
    for kind in ["ip filter", "ip filter set", "nat descriptor"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
}

#[test]
fn schedules_that_change_nothing_are_set_aside() {
    let case = Case::new(&format!("{TWO}schedule at 1 */* 03:00 * ntpdate 192.168.10.9\n"));
    assert!(case.reading.coverage[0].gaps.is_empty());
    for command in ["lua /rule.lua", "pp enable 1", "no ip lan1 secure filter in"] {
        let case = Case::new(&format!("{TWO}schedule at 1 startup * {command}\n"));
        assert_eq!(case.gaps(LineStatus::Unknown).len(), 1, "{command}");
    }
}

#[test]
fn a_connected_route_that_gives_way_is_not_understood() {
    assert!(Case::new("ip implicit-route preference 10000\n").reading.coverage[0].gaps.is_empty());
    let case = Case::new("ip implicit-route preference 1\n");
    assert_eq!(case.gaps(LineStatus::Unknown), ["ip implicit-route preference 1"]);
}

#[test]
fn a_line_that_does_not_matter_swallows_none_that_may() {
    let wide = "dns server select 500001 10.20.10.53 10.20.10.54 any intranet.example.jp 172.16.31.0-172.16.31.255";
    let case = Case::new(&format!("{TWO}{wide}\nwarp drive on\n"));
    assert_eq!(case.gaps(LineStatus::Unknown), ["warp drive on"]);
    assert!(!case.reading.coverage[0].gaps[0].contained);
}

#[test]
fn the_head_may_be_wrapped_too() {
    let head = "# main:  RTX1220 ver=00 serial=S5N000001 MAC-Address=00:a0:de:00:10:01 MAC-Addr\ness=00:a0:de:00:10:02\n";
    assert!(Case::new(&format!("{head}{TWO}")).reading.coverage[0].gaps.is_empty());
}

#[test]
fn many_removals_and_huge_lists_stay_quick_and_unsure() {
    let mut text = String::from(TWO);
    for number in 0..3000 {
        text += &format!("no ip filter {number}\n");
    }
    let hosts = " lan".repeat(5000);
    text += &format!("telnetd host{hosts}\nip lan1 nat descriptor {}\n", "1 ".repeat(100));
    let case = Case::new(&text);
    assert!(case.gaps(LineStatus::Unknown).len() > 1000);
}

#[test]
fn a_comment_swallows_no_command() {
    let rule = format!("# {}", "-".repeat(68));
    let prose = format!("# {}", "あ".repeat(39));
    for comment in [rule, "#".repeat(80), "=".repeat(78) + "#", prose] {
        let comment = format!("#{}", comment.trim_start_matches('#'));
        let case = Case::new(&format!("{TWO}{comment}\nwarp lan2 passall on\n"));
        assert_eq!(case.gaps(LineStatus::Unknown), ["warp lan2 passall on"], "{comment}");
        assert!(!case.reading.coverage[0].gaps[0].contained);
    }
    // Nor does the head: what follows its addresses is no address.
    let head = "# main:  RTX1220 ver=00 serial=S5N000001 MAC-Address=00:a0:de:00:10:01 MAC-Addr";
    let case = Case::new(&format!("{head}\nwarp lan2 passall on\n{TWO}"));
    assert_eq!(case.gaps(LineStatus::Unknown), ["warp lan2 passall on"]);
}

#[test]
fn a_text_swallows_no_command() {
    let closed =
        "description 1 \"本庁舎 1F ルータ 2024年度更新 業者: 架空商会株式会社 保守番号 000\"";
    let open = "description 1 本庁舎 1F ルータ 2024年度更新 業者: 架空商会株式会社 保守番号 0000";
    let long = "ipsec ike pre-shared-key 1 text 0123456789012345678901234567890123456789012345";
    for text in [closed, open, long] {
        let case = Case::new(&format!("{TWO}{text}\nnat passall lan2 on\n"));
        assert_eq!(case.gaps(LineStatus::Unknown), ["nat passall lan2 on"], "{text}");
    }
    for text in [closed, &open[..open.len() - 4]] {
        let case = Case::new(&format!("{TWO}{text}\nwarp lan2 passall on\n"));
        assert_eq!(case.gaps(LineStatus::Unknown), ["warp lan2 passall on"], "{text}");
    }
}

#[test]
fn at_other_widths_only_numbers_continue_a_command() {
    let first = "ip filter 200030 pass 192.168.100.0/24 192.168.200.0/24 tcp *";
    let case = Case::new(&format!("{first}\nwarp lan2\n{TWO}"));
    assert_eq!(case.gaps(LineStatus::Unknown), ["warp lan2"]);
    let case = Case::new(&format!("{first}\n 443,8443\n{TWO}"));
    assert_eq!(case.gaps(LineStatus::Unknown), Vec::<&str>::new());
}

#[test]
fn a_member_of_a_bridge_says_why_it_is_no_way() {
    let text =
        "ip bridge1 address 192.168.10.1/24\nbridge member bridge1 lan1 lan3\nlan shutdown lan3\n";
    let case = Case::new(text);
    assert!(!case.interface("lan1").up && !case.interface("lan3").up);
    let [crate::model::Remark::Bridged { name, .. }] = case.device().remarks.as_slice() else {
        panic!("{:?}", case.device().remarks)
    };
    assert_eq!(name, "lan1", "lan3 is shut, whatever it is a member of");
}
