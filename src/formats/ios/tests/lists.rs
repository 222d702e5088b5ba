use super::judge::*;
use super::*;
use crate::net::{TCP_ACK, TCP_SYN};

/// Two routed interfaces; `body` stands before them, `bind` inside the first.
fn two(bind: &str, body: &str) -> Case {
    Case::new(&format!(
        "version 15.9\nhostname r1\n!\nipv6 unicast-routing\n{body}\n!\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.255.255.0\n ipv6 address 2001:db8::1/64\n{bind}\n!\ninterface GigabitEthernet0/1\n ip address 10.0.1.1 255.255.255.0\n!\nend\n"
    ))
}

fn inward(case: &Case, flow: crate::net::Flow) -> (bool, bool, Vec<String>) {
    case.ask("access-group in", "GigabitEthernet0/0", "GigabitEthernet0/1", flow)
}

#[test]
fn sequence_numbers_decide_the_order() {
    let case = two(
        " ip access-group A in",
        "ip access-list extended A\n 20 permit ip any any\n 10 deny tcp any any eq telnet\n 30 permit udp any any",
    );
    let (must, may, labels) = inward(&case, tcp("10.0.0.9", "10.0.1.9", 23));
    assert_eq!((must, may, labels.as_slice()), (false, false, ["A seq 10".to_owned()].as_slice()));
    assert!(inward(&case, tcp("10.0.0.9", "10.0.1.9", 22)).0);
}

#[test]
fn lines_without_numbers_are_counted_without_remarks() {
    let case = two(
        " ip access-group 101 in",
        "access-list 101 remark first\naccess-list 101 permit tcp any any eq www\naccess-list 101 remark mail\naccess-list 101 permit tcp any any eq smtp",
    );
    let (_, list) = case.device().lists.iter().find(|(_, list)| list.name == "101").unwrap();
    assert_eq!(list.lines[1].label, "101 line 2");
    assert_eq!(list.lines[0].comment.as_deref(), Some("first"));
    assert_eq!(list.lines[1].comment.as_deref(), Some("mail"));
    let (must, may, labels) = inward(&case, tcp("10.0.0.9", "10.0.1.9", 22));
    assert_eq!((must, may, labels[0].as_str()), (false, false, "101 implicit deny"));
}

#[test]
fn an_ipv4_list_leaves_ipv6_alone_and_the_other_way_round() {
    let case = two(" ip access-group A in", "ip access-list extended A\n deny ip any any");
    assert!(inward(&case, tcp("2001:db8::9", "2001:db8:1::9", 80)).0);
    assert!(!inward(&case, tcp("10.0.0.9", "10.0.1.9", 80)).1);
    let case = two(
        " ipv6 traffic-filter B in",
        "ipv6 access-list B\n sequence 10 permit tcp any any eq 443",
    );
    assert!(inward(&case, tcp("10.0.0.9", "10.0.1.9", 80)).0);
    let (_, may, labels) = inward(&case, tcp("2001:db8::9", "2001:db8:1::9", 80));
    assert_eq!((may, labels.contains(&"B implicit deny".to_owned())), (false, true));
    assert!(inward(&case, tcp("2001:db8::9", "2001:db8:1::9", 443)).0);
}

#[test]
fn neighbour_discovery_passes_before_the_implicit_deny() {
    let case = two(" ipv6 traffic-filter B in", "ipv6 access-list B\n permit tcp any any eq 443");
    let mut solicitation = packet(58, "2001:db8::9", "2001:db8::1", 0);
    solicitation.icmp_type = 135;
    assert!(inward(&case, solicitation).0);
    solicitation.icmp_type = 128;
    assert!(!inward(&case, solicitation).1);
}

#[test]
fn an_undefined_or_empty_list_permits_everything() {
    let case = two(" ip access-group NOWHERE in", "");
    let (must, _, labels) = inward(&case, tcp("10.0.0.9", "10.0.1.9", 80));
    assert_eq!(
        (must, labels[0].as_str()),
        (true, "access-group NOWHERE is undefined: permits all")
    );
    assert!(
        case.device()
            .remarks
            .iter()
            .any(|r| matches!(r, Remark::Undefined { name, .. } if name == "NOWHERE"))
    );
    let case = two(" ip access-group HOLLOW in", "ip access-list extended HOLLOW");
    assert!(inward(&case, tcp("10.0.0.9", "10.0.1.9", 80)).0);
}

#[test]
fn a_list_of_fragments_is_not_empty() {
    let case =
        two(" ip access-group F in", "ip access-list extended F\n permit ip any any fragments");
    assert!(!inward(&case, tcp("10.0.0.9", "10.0.1.9", 80)).1);
}

#[test]
fn standard_lists_match_the_source_only() {
    let case = two(
        " ip access-group 10 in",
        "access-list 10 permit 10.0.0.0 0.0.0.127\naccess-list 10 permit 10.0.0.200",
    );
    assert!(inward(&case, tcp("10.0.0.100", "192.0.2.1", 80)).0);
    assert!(inward(&case, tcp("10.0.0.200", "192.0.2.1", 80)).0);
    assert!(!inward(&case, tcp("10.0.0.201", "10.0.0.100", 80)).1);
}

#[test]
fn wildcards_may_have_gaps() {
    let case = two(
        " ip access-group A in",
        "ip access-list extended A\n permit ip 10.0.0.1 0.0.255.0 any",
    );
    assert!(inward(&case, tcp("10.0.77.1", "10.0.1.9", 80)).0);
    assert!(!inward(&case, tcp("10.0.77.2", "10.0.1.9", 80)).1);
}

#[test]
fn port_operators_and_names() {
    let body = "ip access-list extended A\n permit tcp any any eq www 443 cmd\n permit udp any any neq snmp ntp\n permit tcp any lt 1000 any gt 60000\n permit tcp any any range ftp-data telnet";
    let case = two(" ip access-group A in", body);
    let passes = |protocol, port| inward(&case, packet(protocol, "10.0.0.9", "10.0.1.9", port)).0;
    assert!(passes(6, 80) && passes(6, 443) && passes(6, 514) && passes(6, 22));
    assert!(!passes(6, 8080) && !passes(6, 61000));
    assert!(passes(17, 53) && passes(17, 162) && !passes(17, 161) && !passes(17, 123));
    let mut low = tcp("10.0.0.9", "10.0.1.9", 60001);
    low.source_port = 999;
    assert!(inward(&case, low).0);
    low.source_port = 1000;
    assert!(!inward(&case, low).1);
}

#[test]
fn established_lets_nothing_open() {
    let case =
        two(" ip access-group A in", "ip access-list extended A\n permit tcp any any established");
    let mut flow = tcp("10.0.0.9", "10.0.1.9", 80);
    assert!(!inward(&case, flow).1);
    flow.tcp_flags = TCP_ACK;
    assert!(inward(&case, flow).0);
}

#[test]
fn flag_lists_match_any_or_all() {
    let case = two(
        " ip access-group A in",
        "ip access-list extended A\n permit tcp any any match-all +ack -syn\n deny tcp any any match-any +syn +rst\n permit ip any any",
    );
    let mut flow = tcp("10.0.0.9", "10.0.1.9", 80);
    assert!(!inward(&case, flow).1);
    flow.tcp_flags = TCP_ACK | TCP_SYN;
    assert!(!inward(&case, flow).1);
    flow.tcp_flags = TCP_ACK;
    assert!(inward(&case, flow).0);
}

#[test]
fn icmp_by_name_and_by_number() {
    let case = two(
        " ip access-group A in",
        "ip access-list extended A\n permit icmp any any echo\n permit icmp any any 3 4\n permit icmp any any ttl-exceeded log",
    );
    let mut flow = packet(1, "10.0.0.9", "10.0.1.9", 0);
    assert!(inward(&case, flow).0);
    (flow.icmp_type, flow.icmp_code) = (3, 4);
    assert!(inward(&case, flow).0);
    flow.icmp_code = 3;
    assert!(!inward(&case, flow).1);
}

#[test]
fn an_unreadable_line_may_do_either_at_its_place() {
    let case = two(
        " ip access-group A in",
        "ip access-list extended A\n deny tcp any any eq 23\n permit tcp any any frobnicate\n deny ip any any",
    );
    assert!(!inward(&case, tcp("10.0.0.9", "10.0.1.9", 23)).1);
    let (must, may, _) = inward(&case, tcp("10.0.0.9", "10.0.1.9", 80));
    assert_eq!((must, may), (false, true));
    let gaps = &case.reading.coverage[0].gaps;
    assert!(gaps.iter().any(|gap| gap.status == LineStatus::Unknown && gap.contained));
    assert!(gaps.iter().all(|gap| gap.contained));
}

#[test]
fn a_condition_outside_the_header_is_uncertain() {
    let case = two(
        " ip access-group A in",
        "ip access-list extended A\n permit tcp any any dscp ef log\n deny udp any any precedence 5\n permit udp any any",
    );
    let (must, may, _) = inward(&case, tcp("10.0.0.9", "10.0.1.9", 80));
    assert_eq!((must, may), (false, true));
    let (must, may, _) = inward(&case, packet(17, "10.0.0.9", "10.0.1.9", 80));
    assert_eq!((must, may), (false, true));
    assert!(case.unknown().is_empty());
}

#[test]
fn evaluate_admits_replies_only() {
    let case = two(
        " ip access-group A in",
        "ip access-list extended A\n evaluate SESSIONS\n deny ip any any\nip access-list extended B\n permit tcp any any reflect SESSIONS timeout 60",
    );
    let mut flow = tcp("10.0.0.9", "10.0.1.9", 80);
    assert!(!inward(&case, flow).1);
    flow.state = crate::net::State::Established;
    assert_eq!((inward(&case, flow).0, inward(&case, flow).1), (false, true));
}

#[test]
fn object_groups_nest_and_use_netmasks() {
    let body = "object-group network IN\n host 10.9.0.1\n 10.8.0.0 255.255.0.0\n range 10.7.0.5 10.7.0.6\nobject-group network ALL\n group-object IN\nobject-group service S\n tcp eq 443\n udp range 100 110\n tcp source eq 20\nip access-list extended A\n permit object-group S any object-group ALL";
    let case = two(" ip access-group A in", body);
    let passes = |dst: &str, port| inward(&case, tcp("10.0.0.9", dst, port)).0;
    assert!(passes("10.9.0.1", 443) && passes("10.8.200.1", 443) && passes("10.7.0.6", 443));
    assert!(!passes("10.9.0.2", 443) && !passes("10.7.0.7", 443) && !passes("10.9.0.1", 80));
    assert!(case.unknown().is_empty());
}

#[test]
fn a_group_that_holds_itself_is_unknown() {
    let body = "object-group network A\n group-object B\nobject-group network B\n group-object A\n host 10.9.0.1\nip access-list extended L\n permit ip any object-group A\n deny ip any any";
    let case = two(" ip access-group L in", body);
    let (must, may, _) = inward(&case, tcp("10.0.0.9", "10.1.1.1", 80));
    assert_eq!((must, may), (false, true));
    assert!(case.device().remarks.iter().any(|r| matches!(r, Remark::Recursive { .. })));
}

#[test]
fn deep_groups_do_not_overflow() {
    let mut body = String::new();
    for n in 0..10_000 {
        body.push_str(&format!("object-group network G{n}\n group-object G{}\n", n + 1));
    }
    body.push_str("ip access-list extended L\n permit ip any object-group G0\n");
    let case = two(" ip access-group L in", &body);
    assert!(inward(&case, tcp("10.0.0.9", "10.1.1.1", 80)).1);
}

#[test]
fn unbound_lists_are_remarked_and_used_ones_are_not() {
    let body = "access-list 10 permit any\naccess-list 11 permit any\nip access-list extended A\n permit ip any any\nip access-list extended DEAD\n permit ip any any\nsnmp-server community x RO 10";
    let case = two(" ip access-group A in", body);
    let names: Vec<&str> = case
        .device()
        .remarks
        .iter()
        .filter_map(|remark| match remark {
            Remark::Unbound { list } => Some(case.device().lists[*list].name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["11", "DEAD"]);
}

#[test]
fn no_takes_back() {
    let body = "ip access-list extended A\n 10 permit tcp any any eq 80\n 20 permit tcp any any eq 81\n no 20\nno ip access-list extended B\nip access-list extended B\n permit ip any any\nno ip access-list extended B";
    let case = two(" ip access-group A in\n ip access-group B out", body);
    assert!(inward(&case, tcp("10.0.0.9", "10.0.1.9", 80)).0);
    assert!(!inward(&case, tcp("10.0.0.9", "10.0.1.9", 81)).1);
    assert!(case.device().lists.iter().all(|(_, list)| list.name != "B"));
    assert!(case.unknown().is_empty());
}

#[test]
fn time_ranges_become_schedules() {
    let body = "time-range T\n periodic weekdays 8:30 to 17:15\ntime-range U\n absolute start 00:00 01 March 2026 end 23:59 31 May 2026\nip access-list extended A\n permit tcp any any eq 80 time-range T";
    let case = two(" ip access-group A in", body);
    let schedules: Vec<&Schedule> = case.device().schedules.iter().map(|(_, s)| s).collect();
    assert_eq!(
        schedules[0].windows,
        Some(vec![Window::Weekly { days: 0b001_1111, from: 510, to: 1036 }])
    );
    let at = |day: i32, minute: u16| schedules[1].activity(Some(Moment { day, minute }));
    assert_eq!(at(20_513, 0), Activity::Active);
    assert_eq!(at(20_512, 1439), Activity::Inactive);
    let (must, may, _) = inward(&case, tcp("10.0.0.9", "10.0.1.9", 80));
    assert_eq!((must, may), (false, true));
}

#[test]
fn inspection_admits_replies_only() {
    let case = two(
        " ip access-group A in\n ip inspect FW out",
        "ip inspect name FW tcp\nip access-list extended A\n deny ip any any",
    );
    let mut flow = tcp("10.0.0.9", "10.0.1.9", 80);
    assert!(!inward(&case, flow).1);
    flow.state = crate::net::State::Established;
    assert!(inward(&case, flow).1);
}

#[test]
fn an_unknown_interface_line_makes_its_filters_uncertain() {
    let case = two(
        " ip access-group A in\n frobnicate everything",
        "ip access-list extended A\n deny ip any any",
    );
    let (must, may, _) = inward(&case, tcp("10.0.0.9", "10.0.1.9", 80));
    assert_eq!((must, may), (false, true));
    assert_eq!(case.unknown(), ["frobnicate everything"]);
}
