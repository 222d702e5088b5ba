use super::*;
use crate::model::{Action, Remark};

fn accept(body: &str) -> Device {
    clean(&policy(&format!("{body}set action accept")))
}

#[test]
fn order_is_the_file_and_a_missing_action_denies() {
    let device = clean(&format!(
        "{PORTS}config firewall policy\nedit 9\n{ANY}next\nedit 2\n{ANY}set action accept\nset status disable\nset logtraffic all\nset name \"n\"\nset comments \"c\"\nnext\nend\n"
    ));
    let lines = policies(&device);
    assert_eq!(
        (lines[0].label.as_str(), lines[0].action, lines[0].enabled),
        ("policy 9", Action::Deny, true)
    );
    assert_eq!(
        (lines[1].label.as_str(), lines[1].action, lines[1].enabled),
        ("policy 2", Action::Permit, false)
    );
    assert_eq!((lines[1].log, lines[1].comment.as_deref()), (Some(true), Some("n / c")));
    assert_eq!(lines[0].log, Some(false));
}

#[test]
fn moves_and_clones_are_carried_out() {
    let device = clean(&format!(
        "{PORTS}config firewall policy\nedit 1\n{ANY}next\nedit 2\n{ANY}next\nedit 3\n{ANY}next\nmove 3 before 1\nclone 1 to 7\ndelete 2\nend\n"
    ));
    let labels: Vec<&str> = policies(&device).iter().map(|line| line.label.as_str()).collect();
    assert_eq!(labels, ["policy 3", "policy 1", "policy 7"]);
}

#[test]
fn the_span_of_a_policy_is_its_entry() {
    let text = policy(ANY);
    let device = clean(&text);
    let span = policies(&device)[0].span;
    let own = &text[span.start as usize..span.end as usize];
    assert!(own.starts_with("edit 1\n") && own.ends_with("next"));
}

#[test]
fn zones_and_interfaces_mix() {
    let zone = "config system zone\nedit \"inside\"\nset interface \"dmz\" \"lan\"\nnext\nend\n";
    let body = ANY.replacen("\"any\"", "\"inside\" \"wan1\"", 1);
    let device = clean(&format!("{zone}{}", policy(&body)));
    let text = describe(&device, &policies(&device)[0].matches);
    assert_eq!(text, "wan1,dmz,lan>* 0.0.0.0/0 -> 0.0.0.0/0 any");
    let dmz = device.interface("dmz").unwrap();
    assert_eq!(device.interfaces[dmz].zone.as_deref(), Some("inside"));
}

#[test]
fn intrazone_denies_unless_allowed() {
    let zone = "config system zone\nedit \"inside\"\nset interface \"dmz\" \"lan\"\nnext\nend\n";
    let filter = |device: &Device| {
        let (_, context) = device.contexts.iter().next().unwrap();
        let bindings = context.pipeline.iter().find_map(|stage| match stage {
            Stage::Filter(filter) => Some(filter.bindings.clone()),
            _ => None,
        });
        bindings.unwrap()
    };
    let device = clean(&format!("{zone}{}", policy(ANY)));
    assert_eq!(filter(&device).len(), 1);
    assert_eq!(filter(&device)[0].default, Action::Deny);
    let zone = zone.replace("set interface", "set intrazone allow\nset interface");
    let device = clean(&format!("{zone}{}", policy(ANY)));
    let bindings = filter(&device);
    assert_eq!((bindings.len(), bindings[0].default), (2, Action::Permit));
    assert_eq!(interfaces(&device, &bindings[0].ingress), "dmz,lan");
    assert_eq!(interfaces(&device, &bindings[0].egress), "dmz,lan");
}

#[test]
fn negation_covers_the_whole_union_within_the_family() {
    let objects = "config firewall address\nedit \"a\"\nset subnet 10.1.0.0/16\nnext\nedit \"b\"\nset subnet 10.2.0.0/16\nnext\nend\n";
    let body = ANY.replacen("\"all\"", "\"a\" \"b\"", 1)
        + "set srcaddr-negate enable\nset service-negate enable\n";
    let body = body.replace("\"ALL\"", "\"SSH\"");
    let device = clean(&format!("{objects}{}", policy(&body)));
    assert_eq!(
        describe(&device, &policies(&device)[0].matches),
        "*>* (0.0.0.0/0-(10.1.0.0/16|10.2.0.0/16)) -> 0.0.0.0/0 (any-6:*>22)"
    );
}

#[test]
fn one_policy_holds_both_families_and_absence_is_no_match() {
    let device = accept(&format!("{ANY}set srcaddr6 \"all\"\nset dstaddr6 \"none\"\n"));
    assert_eq!(
        describe(&device, &policies(&device)[0].matches),
        "*>* (0.0.0.0/0|::/0) -> (0.0.0.0/0|()) any"
    );
    let device = accept(ANY);
    assert_eq!(describe(&device, &policies(&device)[0].matches), "*>* 0.0.0.0/0 -> 0.0.0.0/0 any");
}

#[test]
fn one_negation_switch_for_two_families_is_uncertain_for_the_second() {
    let body =
        format!("{ANY}set srcaddr6 \"all\"\nset dstaddr6 \"all\"\nset srcaddr-negate enable\n");
    let device = accept(&body);
    assert_eq!(
        addresses(&device, policies(&device)[0].matches.source),
        "((0.0.0.0/0-0.0.0.0/0)|?Family(V6))"
    );
}

#[test]
fn policy6_and_consolidated_policies_are_read() {
    let device = clean(&format!(
        "{PORTS}config firewall policy6\nedit 4\n{ANY}set action accept\nnext\nend\nconfig firewall consolidated policy\nedit 5\nset srcintf \"any\"\nset dstintf \"any\"\nset srcaddr4 \"all\"\nset dstaddr4 \"all\"\nset srcaddr6 \"all\"\nset dstaddr6 \"all\"\nset service \"ALL\"\nset schedule \"always\"\nset action accept\nnext\nend\n"
    ));
    let lines = policies(&device);
    assert_eq!(
        (lines[0].label.as_str(), lines[1].label.as_str()),
        ("consolidated policy 5", "policy6 4")
    );
    assert_eq!(addresses(&device, lines[0].matches.source), "(0.0.0.0/0|::/0)");
    assert_eq!(addresses(&device, lines[1].matches.source), "::/0");
}

#[test]
fn an_internet_service_is_unknown_and_never_none() {
    let device = accept(
        "set srcintf \"lan\"\nset dstintf \"wan1\"\nset srcaddr \"all\"\nset internet-service enable\nset internet-service-name \"Microsoft-Office365\"\nset schedule \"always\"\n",
    );
    assert_eq!(
        describe(&device, &policies(&device)[0].matches),
        "lan>wan1 0.0.0.0/0 -> ?Family(V4) any"
    );
    let device = accept(
        "set srcintf \"lan\"\nset dstintf \"wan1\"\nset internet-service-src enable\nset internet-service-src-name \"X\"\nset dstaddr \"all\"\nset schedule \"always\"\nset service \"HTTP\"\n",
    );
    assert_eq!(
        describe(&device, &policies(&device)[0].matches),
        "lan>wan1 ?Family(V4) -> 0.0.0.0/0 6:*>80"
    );
}

#[test]
fn users_tags_and_tos_make_the_match_uncertain() {
    for extra in [
        "set groups \"staff\"",
        "set users \"tanaka\"",
        "set fsso-groups \"CN=X\"",
        "set ztna-status enable",
        "set ztna-ems-tag \"T\"",
        "set tos-mask 0xff",
        "set reputation-minimum 3",
    ] {
        let device = accept(&format!("{ANY}{extra}\n"));
        assert_eq!(policies(&device)[0].matches.unknown.len(), 1, "{extra}");
    }
    for off in ["set ztna-status disable", "set tos-mask 0x00", "set ntlm disable"] {
        let device = accept(&format!("{ANY}{off}\n"));
        assert_eq!(policies(&device)[0].matches.unknown.len(), 0, "{off}");
    }
}

#[test]
fn an_unknown_keyword_is_a_contained_gap_on_its_line() {
    let text = policy(&format!("{ANY}set flavour vanilla\nset action accept"));
    let reading = read(&text);
    let gap = &reading.coverage[0].gaps[0];
    assert!(gap.contained && reading.coverage[0].gaps.len() == 1);
    assert_eq!(&text[gap.span.start as usize..gap.span.end as usize], "set flavour vanilla");
    assert!(gap.reason.ja.contains("policy 1"));
    assert_eq!(policies(&reading.device)[0].matches.unknown.len(), 1);
}

#[test]
fn undefined_names_are_unknown_and_remarked() {
    let device = accept(&ANY.replacen("\"all\"", "\"nowhere\"", 1));
    assert_eq!(addresses(&device, policies(&device)[0].matches.source), "?Family(V4)");
    assert!(
        matches!(&device.remarks[..], [Remark::Undefined { kind: "address", name, .. }] if name == "nowhere")
    );
    let device = accept(&ANY.replacen("\"any\"", "\"port99\"", 1));
    let matches = &policies(&device)[0].matches;
    assert_eq!((interfaces(&device, &matches.ingress).as_str(), matches.unknown.len()), ("*", 1));
}

#[test]
fn an_excerpt_without_interfaces_gets_them_from_its_policies() {
    let text = format!(
        "config firewall policy\nedit 1\n{}next\nend\n",
        ANY.replace("\"any\"", "\"port1\"")
    );
    let device = clean(&text);
    assert!(device.interface("port1").is_some());
    assert!(device.remarks.is_empty());
}

#[test]
fn missing_conditions_are_open() {
    let device = accept("set srcaddr \"all\"\n");
    let matches = &policies(&device)[0].matches;
    assert_eq!(describe(&device, matches), "*>* 0.0.0.0/0 -> ?Anywhere ???");
}

#[test]
fn policy_vpn_is_uncertain_and_opens_the_way_back() {
    let reading = read(&policy(&format!(
        "{}set action ipsec\nset vpntunnel \"p1\"",
        ANY.replacen("\"any\"", "\"lan\"", 1).replacen("\"any\"", "\"wan1\"", 1)
    )));
    let lines = policies(&reading.device);
    assert_eq!(lines.len(), 2);
    assert_eq!(interfaces(&reading.device, &lines[0].matches.ingress), "wan1");
    assert!(lines.iter().all(|line| line.matches.unknown.len() == 1));
    let (_, context) = reading.device.contexts.iter().next().unwrap();
    assert_eq!(context.dynamic_routing[0].protocol, "ipsec");
}

#[test]
fn an_expiry_date_becomes_a_schedule() {
    let device = accept(&format!(
        "{ANY}set policy-expiry enable\nset policy-expiry-date 2026-03-31 17:00:00\n"
    ));
    let id = policies(&device)[0].matches.schedule.unwrap();
    let later = crate::model::Moment { day: 20_600, minute: 0 };
    assert_eq!(device.schedules[id].activity(Some(later)), crate::model::Activity::Inactive);
}

#[test]
fn application_mode_decides_nothing_for_certain() {
    let reading = read(&format!(
        "config system settings\nset ngfw-mode policy-based\nend\n{PORTS}config firewall policy\nedit 1\n{ANY}next\nend\nconfig firewall security-policy\nedit 3\n{ANY}set application 16354\nnext\nend\n"
    ));
    let lines = policies(&reading.device);
    assert_eq!((lines.len(), lines[0].label.as_str()), (1, "security-policy 3"));
    assert!(!lines[0].matches.unknown.is_empty());
    assert_eq!(reading.coverage[0].count(LineStatus::Unsupported), 1);
}
