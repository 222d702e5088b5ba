use super::*;
use crate::model::{Moment, Remark};

fn objects(text: &str) -> Device {
    clean(text)
}

#[test]
fn address_types_are_exact() {
    let device = objects(
        "config firewall address
edit \"net\"
set subnet 10.1.2.7 255.255.255.0
next
edit \"slash\"
set subnet 10.3.0.0/16
next
edit \"range\"
set type iprange
set start-ip 10.0.0.5
set end-ip 10.0.0.9
next
edit \"odd\"
set type wildcard
set wildcard 10.0.0.1 255.0.0.255
next
edit \"all\"
set uuid 0f0f0f0f-0000-51ee-0000-000000000001
next
end
config firewall address6
edit \"v6\"
set ip6 2001:db8:1::/48
next
edit \"v6range\"
set type iprange
set start-ip 2001:db8::1
set end-ip 2001:db8::9
next
end
",
    );
    assert_eq!(address_named(&device, "net"), "10.1.2.0/24");
    assert_eq!(address_named(&device, "slash"), "10.3.0.0/16");
    assert_eq!(address_named(&device, "range"), "10.0.0.5-10.0.0.9");
    assert_eq!(address_named(&device, "odd"), "0a000001~00ffff00");
    assert_eq!(address_named(&device, "all"), "0.0.0.0/0");
    assert_eq!(address_named(&device, "v6"), "2001:db8:1::/48");
    assert_eq!(address_named(&device, "v6range"), "2001:db8::1-2001:db8::9");
}

#[test]
fn what_the_configuration_does_not_determine_is_unknown() {
    let device = objects(
        "config firewall address
edit \"f\"
set type fqdn
set fqdn \"update.example.jp\"
next
edit \"g\"
set type geography
set country \"JP\"
next
edit \"m\"
set type mac
set macaddr \"00:00:5e:00:53:01\"
next
edit \"d\"
set type dynamic
set sub-type ems-tag
next
end
",
    );
    assert_eq!(address_named(&device, "f"), "?Family(V4)");
    assert_eq!(address_named(&device, "g"), "?Family(V4)");
    assert_eq!(address_named(&device, "m"), "?Anywhere");
    assert_eq!(address_named(&device, "d"), "?Anywhere");
}

#[test]
fn interface_subnet_follows_the_interface() {
    let device = objects(&format!(
        "{PORTS}config firewall address\nedit \"dmz address\"\nset type interface-subnet\nset subnet 172.20.10.1 255.255.255.0\nset interface \"dmz\"\nnext\nend\n"
    ));
    assert_eq!(address_named(&device, "dmz address"), "172.20.10.0/24");
}

#[test]
fn a_broken_value_or_unknown_keyword_makes_the_object_unknown() {
    let reading = read(
        "config firewall address
edit \"bad\"
set subnet 10.0.0.0 255.0.255.0
next
edit \"odd\"
set subnet 10.0.0.0 255.0.0.0
set flavour vanilla
next
end
config firewall service custom
edit \"svc\"
set tcp-portrange 80
set flavour vanilla
next
end
",
    );
    assert_eq!(address_named(&reading.device, "bad"), "?Family(V4)");
    assert_eq!(address_named(&reading.device, "odd"), "?Family(V4)");
    assert_eq!(service_named(&reading.device, "svc"), "?");
    assert_eq!(reading.coverage[0].gaps.len(), 3);
    assert!(reading.coverage[0].gaps.iter().all(|gap| gap.contained));
}

#[test]
fn groups_nest_exclude_and_come_after_their_members() {
    let device = objects(
        "config firewall address
edit \"a\"
set subnet 10.1.0.0 255.255.0.0
next
edit \"b\"
set subnet 10.1.1.0 255.255.255.0
next
end
config firewall addrgrp
edit \"outer\"
set member \"inner\" \"b\"
next
edit \"inner\"
set member \"a\"
set exclude enable
set exclude-member \"b\"
next
end
",
    );
    assert_eq!(address_named(&device, "inner"), "(10.1.0.0/16-10.1.1.0/24)");
    assert_eq!(address_named(&device, "outer"), "((10.1.0.0/16-10.1.1.0/24)|10.1.1.0/24)");
    for (id, object) in device.addresses.iter() {
        if let AddressSet::Union(ids) = &object.value {
            assert!(ids.iter().all(|member| *member < id));
        }
    }
}

#[test]
fn exclude_members_count_only_when_enabled() {
    let device = objects(
        "config firewall address\nedit \"a\"\nset subnet 10.1.0.0/16\nnext\nend\nconfig firewall addrgrp\nedit \"g\"\nset member \"a\"\nset exclude-member \"a\"\nnext\nend\n",
    );
    assert_eq!(address_named(&device, "g"), "(10.1.0.0/16)");
}

#[test]
fn groups_that_hold_themselves_are_unknown() {
    let reading = read(
        "config firewall addrgrp
edit \"x\"
set member \"y\"
next
edit \"y\"
set member \"z\"
next
edit \"z\"
set member \"x\"
next
edit \"user\"
set member \"x\"
next
end
config firewall service group
edit \"s\"
set member \"s\"
next
end
",
    );
    for name in ["x", "y", "z"] {
        assert_eq!(address_named(&reading.device, name), "?Family(V4)");
    }
    assert_eq!(address_named(&reading.device, "user"), "(?Family(V4))");
    assert_eq!(service_named(&reading.device, "s"), "?");
    let recursive = |remark: &&Remark| matches!(remark, Remark::Recursive { .. });
    assert_eq!(reading.device.remarks.iter().filter(recursive).count(), 4);
    assert!(reading.coverage[0].gaps.iter().all(|gap| gap.contained));
}

#[test]
fn ten_thousand_nested_groups_need_no_stack() {
    let mut text = String::from("config firewall addrgrp\n");
    for n in 0..10_000 {
        text.push_str(&format!("edit \"g{n}\"\nset member \"g{}\"\nnext\n", n + 1));
    }
    text.push_str("edit \"g10000\"\nset member \"all\"\nnext\nend\n");
    let device = objects(&text);
    assert_eq!(device.addresses.iter().filter(|(_, o)| !o.name.is_empty()).count(), 10_001);
}

#[test]
fn later_blocks_edit_append_and_delete() {
    let device = objects(
        "config firewall address
edit \"a\"
set subnet 10.1.0.0/16
next
edit \"gone\"
set subnet 10.9.0.0/16
next
end
config firewall addrgrp
edit \"g\"
set member \"a\"
next
end
config firewall address
edit \"a\"
set subnet 10.2.0.0/16
next
delete \"gone\"
rename \"a\" to \"b\"
end
config firewall addrgrp
edit \"g\"
append member \"b\"
next
end
",
    );
    assert_eq!(address_named(&device, "b"), "10.2.0.0/16");
    assert!(device.addresses.iter().all(|(_, object)| object.name != "gone"));
    assert_eq!(address_named(&device, "g"), "(?Family(V4)|10.2.0.0/16)");
}

#[test]
fn services_are_destination_then_source() {
    let device = objects(
        "config firewall service custom
edit \"s1\"
set tcp-portrange 1-2:3-4 10-11
set udp-portrange 100
next
edit \"rsh\"
set tcp-portrange 514:512-1023
next
edit \"ping\"
set protocol ICMP
set icmptype 8
unset icmpcode
next
edit \"anyicmp\"
set protocol ICMP
unset icmptype
next
edit \"gre\"
set protocol IP
set protocol-number 47
next
edit \"ALL\"
set protocol IP
next
edit \"limited\"
set tcp-portrange 443
set iprange 10.0.0.1-10.0.0.9
next
end
",
    );
    assert_eq!(service_named(&device, "s1"), "(6:3-4>1-2|6:*>10-11|17:*>100)");
    assert_eq!(service_named(&device, "rsh"), "6:512-1023>514");
    assert_eq!(service_named(&device, "ping"), "icmp 1 Some((8, 8)) None");
    assert_eq!(service_named(&device, "anyicmp"), "icmp 1 None None");
    assert_eq!(service_named(&device, "gre"), "proto 47");
    assert_eq!(service_named(&device, "ALL"), "any");
    assert_eq!(service_named(&device, "limited"), "(6:*>443&?)");
}

#[test]
fn predefined_services_serve_excerpts_and_the_file_wins() {
    let body = ANY.replace("\"ALL\"", "\"HTTPS\" \"DNS\" \"Web Access\"");
    let device = clean(&policy(&format!("{body}set action accept")));
    let service = services(&device, policies(&device)[0].matches.service);
    assert_eq!(service, "(6:*>443|(6:*>53|17:*>53)|((6:*>53|17:*>53)|6:*>80|6:*>443))");
    let own = "config firewall service custom\nedit \"HTTPS\"\nset tcp-portrange 8443\nnext\nend\n";
    let body = ANY.replace("\"ALL\"", "\"HTTPS\"");
    let device = clean(&format!("{own}{}", policy(&format!("{body}set action accept"))));
    assert_eq!(services(&device, policies(&device)[0].matches.service), "6:*>8443");
}

#[test]
fn schedules_are_windows() {
    let text = "config firewall schedule recurring
edit \"always\"
set day sunday monday tuesday wednesday thursday friday saturday
next
edit \"office\"
set start 08:30
set end 17:15
set day monday friday
next
edit \"none\"
next
end
config firewall schedule onetime
edit \"works\"
set start 08:00 2026/04/01
set end 17:00 2026/04/30
next
end
config firewall schedule group
edit \"both\"
set member \"office\" \"works\"
next
end
";
    let body = ANY.replace("\"always\"", "\"both\"");
    let device = clean(&format!("{text}{}", policy(&format!("{body}set action accept"))));
    let id = policies(&device)[0].matches.schedule.unwrap();
    let schedule = &device.schedules[id];
    assert_eq!((schedule.name.as_str(), schedule.windows.as_ref().unwrap().len()), ("both", 2));
    let april = Moment { day: 20_544, minute: 600 };
    assert_eq!(schedule.activity(Some(april)), crate::model::Activity::Active);
    let expired = Moment { day: 20_580, minute: 30 };
    assert_eq!(schedule.activity(Some(expired)), crate::model::Activity::Inactive);
    let device = clean(&format!("{text}{}", policy(&format!("{ANY}set action accept"))));
    assert_eq!(policies(&device)[0].matches.schedule, None);
}

#[test]
fn an_undefined_schedule_is_an_unknown_condition() {
    let body = ANY.replace("\"always\"", "\"nowhere\"");
    let device = clean(&policy(&format!("{body}set action accept")));
    assert_eq!(policies(&device)[0].matches.unknown.len(), 1);
    assert!(matches!(&device.remarks[..], [Remark::Undefined { kind: "schedule", .. }]));
}
