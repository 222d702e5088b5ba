//! Access lists and their binding.

use super::*;

fn matches_line(line: &str, flow: Flow) -> Option<bool> {
    let reading = site(&format!("access-list A {line}\n"));
    assert_clean(&reading);
    line_matches(&reading, "A", 0, flow)
}

#[test]
fn masks_are_netmasks() {
    let line = "extended permit ip 10.0.0.0 255.0.0.0 any";
    assert_eq!(matches_line(line, tcp("10.200.0.1", "10.2.2.2", 1)), Some(true));
    assert_eq!(matches_line(line, tcp("11.0.0.1", "10.2.2.2", 1)), Some(false));
    let gap = "extended permit ip 10.0.0.5 255.0.0.255 any";
    assert_eq!(matches_line(gap, tcp("10.77.3.5", "10.2.2.2", 1)), Some(true));
    assert_eq!(matches_line(gap, tcp("10.77.3.6", "10.2.2.2", 1)), Some(false));
}

#[test]
fn any_is_both_families_since_9_0() {
    let six = || tcp("2001:db8::1", "2001:db8::2", 80);
    assert_eq!(matches_line("extended permit ip any any", six()), Some(true));
    assert_eq!(matches_line("extended permit ip any4 any4", six()), Some(false));
    assert_eq!(matches_line("extended permit tcp any6 any6 eq www", six()), Some(true));
    assert_eq!(
        matches_line("extended permit tcp 2001:db8::/64 host 2001:db8::2", six()),
        Some(true)
    );
    let old = read("ASA Version 8.4(7)\naccess-list A extended permit ip any any\n");
    assert_eq!(line_matches(&old, "A", 0, six()), Some(false));
}

#[test]
fn port_operators() {
    let line = |ports: &str, port| {
        matches_line(
            &format!("extended permit tcp any any {ports}"),
            tcp("10.1.1.1", "10.2.2.2", port),
        )
    };
    assert_eq!(line("eq sqlnet", 1521), Some(true));
    assert_eq!((line("neq 80", 80), line("neq 80", 81)), (Some(false), Some(true)));
    assert_eq!((line("lt 1024", 1023), line("lt 1024", 1024)), (Some(true), Some(false)));
    assert_eq!((line("gt 1024", 1024), line("gt 1024", 1025)), (Some(false), Some(true)));
    assert_eq!(line("range ftp-data ftp", 21), Some(true));
    let source = "extended permit udp any eq bootpc any eq bootps";
    assert_eq!(
        matches_line(source, Flow { source_port: 68, ..flow(17, "10.1.1.1", "10.2.2.2", 67) }),
        Some(true)
    );
    assert_eq!(matches_line(source, flow(17, "10.1.1.1", "10.2.2.2", 67)), Some(false));
}

#[test]
fn kerberos_is_one_of_two_ports() {
    let line = "extended permit tcp any any eq kerberos";
    assert_eq!(matches_line(line, tcp("10.1.1.1", "10.2.2.2", 88)), None);
    assert_eq!(matches_line(line, tcp("10.1.1.1", "10.2.2.2", 89)), Some(false));
}

#[test]
fn icmp_types_by_name_number_code_and_group() {
    let ping = || flow(1, "10.1.1.1", "10.2.2.2", 0);
    assert_eq!(matches_line("extended permit icmp any any echo", ping()), Some(true));
    assert_eq!(matches_line("extended permit icmp any any 8 0 log", ping()), Some(true));
    assert_eq!(matches_line("extended permit icmp any any 8 1", ping()), Some(false));
    assert_eq!(matches_line("extended permit icmp any any echo-reply", ping()), Some(false));
    let group = site(
        "object-group icmp-type P\n icmp-object echo\naccess-list A extended permit icmp any any object-group P\n",
    );
    assert_clean(&group);
    assert_eq!(line_matches(&group, "A", 0, ping()), Some(true));
    let six = Flow { icmp_type: 128, ..flow(58, "2001:db8::1", "2001:db8::2", 0) };
    assert_eq!(matches_line("extended permit icmp6 any6 any6 echo", six), Some(true));
}

#[test]
fn interface_in_place_of_an_address() {
    let line = "extended permit tcp any interface outside eq ssh";
    assert_eq!(matches_line(line, tcp("10.1.1.1", "203.0.113.2", 22)), Some(true));
    assert_eq!(matches_line(line, tcp("10.1.1.1", "203.0.113.3", 22)), Some(false));
}

#[test]
fn remarks_become_comments_and_are_not_counted() {
    let reading = site(
        "access-list A remark one\naccess-list A remark two\naccess-list A extended permit ip any any log 5 interval 60\naccess-list A extended deny ip any any log disable\n",
    );
    let lines = &list(&reading, "A").lines;
    assert_eq!(lines[0].label, "A line 1");
    assert_eq!(lines[0].comment.as_deref(), Some("one\ntwo"));
    assert_eq!(lines[1].label, "A line 2");
    assert_eq!(
        (lines[0].log, lines[1].log, lines[1].comment.is_none()),
        (Some(true), Some(false), true)
    );
}

#[test]
fn line_numbers_insert() {
    let reading = site(
        "access-list A extended deny ip any any\naccess-list A line 1 extended permit tcp any any eq www\n",
    );
    let actions: Vec<Action> = list(&reading, "A").lines.iter().map(|line| line.action).collect();
    assert_eq!(actions, [Action::Permit, Action::Deny]);
}

#[test]
fn output_of_show_access_list_is_read_without_its_expansion() {
    let reading = site(
        "access-list A; 2 elements; name hash: 0x1234\naccess-list A line 1 extended permit tcp any object-group G eq www (hitcnt=5) 0xabcd\n  access-list A line 1 extended permit tcp any host 10.5.0.1 eq www (hitcnt=5) 0xef\nobject-group network G\n network-object host 10.5.0.1\n",
    );
    assert_clean(&reading);
    assert_eq!(list(&reading, "A").lines.len(), 1);
}

#[test]
fn inactive_lines_stay_and_never_apply() {
    let reading = site(
        "access-list A extended permit ip any any inactive\naccess-group A in interface outside\n",
    );
    assert!(!list(&reading, "A").lines[0].enabled);
    assert_eq!(
        through(&reading, "outside", "inside", tcp("198.51.100.1", "10.1.1.5", 80)),
        Outcome::Deny
    );
}

#[test]
fn users_and_security_groups_are_unknown() {
    for words in [
        "user ASAHI\\sato any",
        "user-group ASAHI\\\\joho any",
        "object-group-user STAFF any",
        "security-group tag 10 any",
    ] {
        let reading =
            site(&format!("access-list A extended permit tcp {words} host 10.5.0.1 eq https\n"));
        assert_eq!(gaps(&reading), [(LineStatus::Unsupported, true)], "{words}");
        assert_eq!(line_matches(&reading, "A", 0, tcp("10.1.1.1", "10.5.0.1", 443)), None);
        assert_eq!(line_matches(&reading, "A", 0, tcp("10.1.1.1", "10.5.0.2", 443)), Some(false));
    }
}

#[test]
fn an_unread_line_may_do_anything_at_its_place() {
    let reading = site(
        "access-list A extended permit tcp any host 10.1.1.5 eq 25\naccess-list A extended permit tcp any frob 10.1.1.9\naccess-list A extended deny ip any any\naccess-group A in interface outside\n",
    );
    assert_eq!(gaps(&reading), [(LineStatus::Unknown, true)]);
    assert_eq!(list(&reading, "A").lines[1].action, Action::Undecided);
    assert_eq!(
        through(&reading, "outside", "inside", tcp("198.51.100.1", "10.1.1.5", 25)),
        Outcome::Permit
    );
    assert_eq!(
        through(&reading, "outside", "inside", tcp("198.51.100.1", "10.1.1.5", 26)),
        Outcome::Either
    );
}

#[test]
fn an_interface_list_replaces_the_levels() {
    let reading = site(
        "access-list I extended permit tcp any any eq 443\naccess-group I in interface inside\n",
    );
    assert_clean(&reading);
    assert_eq!(
        through(&reading, "inside", "outside", tcp("10.1.1.5", "198.51.100.1", 443)),
        Outcome::Permit
    );
    assert_eq!(
        through(&reading, "inside", "outside", tcp("10.1.1.5", "198.51.100.1", 80)),
        Outcome::Deny
    );
    assert_eq!(
        through(&reading, "dmz", "outside", tcp("10.1.2.5", "198.51.100.1", 80)),
        Outcome::Permit
    );
}

#[test]
fn a_global_list_follows_the_interface_list_and_ends_in_deny() {
    let reading = site(
        "access-list I extended permit tcp any any eq 443\naccess-list I extended deny tcp any any eq 25\naccess-list G extended permit tcp any any eq 80\naccess-list G extended permit tcp any any eq 25\naccess-group I in interface inside\naccess-group G global\n",
    );
    assert_clean(&reading);
    let at = |port| through(&reading, "inside", "outside", tcp("10.1.1.5", "198.51.100.1", port));
    assert_eq!(
        [at(443), at(80), at(25), at(22)],
        [Outcome::Permit, Outcome::Permit, Outcome::Deny, Outcome::Deny]
    );
    // Without a list of its own an interface meets the global list only; levels no longer count.
    assert_eq!(
        through(&reading, "dmz", "outside", tcp("10.1.2.5", "198.51.100.1", 22)),
        Outcome::Deny
    );
    assert_eq!(
        through(&reading, "outside", "inside", tcp("198.51.100.1", "10.1.1.5", 80)),
        Outcome::Permit
    );
}

#[test]
fn the_egress_list_must_permit_too() {
    let reading = site(
        "access-list O extended permit tcp any any eq 80\naccess-group O out interface outside\n",
    );
    assert_eq!(
        through(&reading, "inside", "outside", tcp("10.1.1.5", "198.51.100.1", 80)),
        Outcome::Permit
    );
    assert_eq!(
        through(&reading, "inside", "outside", tcp("10.1.1.5", "198.51.100.1", 22)),
        Outcome::Deny
    );
}

#[test]
fn an_undefined_list_may_do_anything() {
    let reading = site("access-group GONE in interface outside\n");
    assert_eq!(gaps(&reading), [(LineStatus::Unsupported, true)]);
    assert!(
        matches!(&reading.device.remarks[0], Remark::Undefined { kind: "access-list", name, .. } if name == "GONE")
    );
    assert_eq!(
        through(&reading, "outside", "inside", tcp("198.51.100.1", "10.1.1.5", 80)),
        Outcome::Either
    );
}

#[test]
fn a_per_user_list_comes_first() {
    let reading = site(
        "access-list I extended deny ip any any\naccess-group I in interface inside per-user-override\n",
    );
    assert_eq!(
        through(&reading, "inside", "outside", tcp("10.1.1.5", "198.51.100.1", 80)),
        Outcome::Either
    );
}

#[test]
fn standard_lists_select_and_cannot_filter() {
    let reading = site(
        "access-list S standard permit 10.5.0.0 255.255.0.0\naccess-list S standard deny any4\naccess-group S in interface outside\n",
    );
    assert_eq!(list(&reading, "S").lines.len(), 2);
    assert_eq!(
        through(&reading, "outside", "inside", tcp("10.5.0.1", "10.1.1.5", 80)),
        Outcome::Either
    );
    assert_clean(&site(
        "access-list E ethertype permit bpdu\naccess-list W webtype permit url any\naccess-list deny-flow-max 4096\n",
    ));
}

#[test]
fn time_ranges() {
    let reading = site(
        "time-range T\n absolute start 09:00 01 April 2026 end 17:00 30 April 2026\ntime-range W\n periodic weekdays 8:30 to 17:15\n periodic Saturday 9:00 to 12:00\ntime-range F\n periodic Friday 22:00 to Monday 6:00\naccess-list A extended permit ip any any time-range T\n",
    );
    assert_clean(&reading);
    let schedule = |name: &str| {
        reading.device.schedules.iter().find(|(_, s)| s.name == name).unwrap().1.clone()
    };
    let at = |day, hour: u16, minute: u16| Some(Moment { day, minute: hour * 60 + minute });
    // 2026-04-01 is day 20544, a Wednesday.
    let april = 20544;
    assert_eq!(schedule("T").activity(at(april, 8, 59)), Activity::Inactive);
    assert_eq!(schedule("T").activity(at(april + 29, 17, 0)), Activity::Active);
    assert_eq!(schedule("T").activity(at(april + 29, 17, 1)), Activity::Inactive);
    assert_eq!(schedule("W").activity(at(april, 17, 15)), Activity::Active);
    assert_eq!(schedule("W").activity(at(april, 17, 16)), Activity::Inactive);
    assert_eq!(schedule("W").activity(at(april + 3, 9, 30)), Activity::Active);
    assert_eq!(schedule("W").activity(at(april + 4, 9, 30)), Activity::Inactive);
    assert_eq!(schedule("F").activity(at(april + 2, 23, 0)), Activity::Active);
    assert_eq!(schedule("F").activity(at(april + 4, 0, 0)), Activity::Active);
    assert_eq!(schedule("F").activity(at(april + 5, 6, 1)), Activity::Inactive);
    assert!(list(&reading, "A").lines[0].matches.schedule.is_some());
}

#[test]
fn cut_through_proxy_makes_its_traffic_uncertain() {
    let reading = site(
        "access-list C extended permit tcp any any eq www\naaa authentication match C inside LOCAL\naaa authentication ssh console LOCAL\n",
    );
    assert_eq!(gaps(&reading), [(LineStatus::Unsupported, true)]);
    assert_eq!(
        through(&reading, "inside", "outside", tcp("10.1.1.5", "198.51.100.1", 80)),
        Outcome::Either
    );
    assert_eq!(
        through(&reading, "inside", "outside", tcp("10.1.1.5", "198.51.100.1", 443)),
        Outcome::Permit
    );
}

#[test]
fn lists_that_nothing_names_are_reported() {
    let reading = site(
        "access-list USED extended permit ip any any\naccess-list SPLIT standard permit any4\naccess-list LOST extended permit ip any any\naccess-group USED in interface inside\ngroup-policy G attributes\n split-tunnel-network-list value SPLIT\n",
    );
    let lost: Vec<&str> = reading
        .device
        .remarks
        .iter()
        .filter_map(|r| match r {
            Remark::Unbound { list } => Some(reading.device.lists[*list].name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(lost, ["LOST"]);
}

#[test]
fn a_hundred_thousand_lines_are_read_quickly() {
    let mut text = String::from(SITE);
    for number in 0..100_000u32 {
        let (a, b) = (number >> 8 & 255, number & 255);
        text.push_str(&format!(
            "access-list A extended permit tcp host 10.{a}.{b}.1 any eq {}\n",
            number % 60_000 + 1
        ));
    }
    text.push_str("access-group A in interface outside\n");
    let reading = read(&text);
    assert_clean(&reading);
    assert_eq!(list(&reading, "A").lines.len(), 100_000);
}

#[test]
fn an_indented_line_of_a_list_is_a_line_of_it_unless_it_is_an_expansion() {
    let judged = |text: &str| {
        let reading = site(&format!("{text}access-group A in interface inside\n"));
        assert_clean(&reading);
        through(&reading, "inside", "dmz", tcp("10.1.1.5", "10.1.2.5", 80))
    };
    let first = "access-list A extended deny ip any host 10.1.2.9\n";
    assert_eq!(
        judged(&format!("{first} access-list A extended permit ip any any\n")),
        Outcome::Permit
    );
    assert_eq!(
        judged(&format!(
            "{first} access-list A extended permit ip any any (hitcnt=3) 0x1a2b3c4d\n"
        )),
        Outcome::Deny
    );
    let numbered = "access-list A line 1 extended deny ip any host 10.1.2.9\n";
    assert_eq!(
        judged(&format!("{numbered} access-list A line 1 extended deny ip any host 10.1.2.9\n")),
        Outcome::Deny
    );
    assert_eq!(
        judged(&format!("{numbered} access-list A line 2 extended permit ip any any\n")),
        Outcome::Permit
    );
}
