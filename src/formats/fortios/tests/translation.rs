use super::*;
use crate::model::{Action, AddressMap, PortMap, Rewrite, Translated};

const VIP: &str = "config firewall vip
edit \"web1\"
set extip 203.0.113.3
set mappedip \"172.20.10.20\"
set extintf \"wan1\"
set portforward enable
set extport 443
set mappedport 8443
next
edit \"mail\"
set extip 203.0.113.4
set mappedip \"172.20.10.10\"
set extintf \"any\"
next
end
config firewall vipgrp
edit \"published\"
set interface \"wan1\"
set member \"web1\" \"mail\"
next
end
";

fn with_vip(header: &str, body: &str) -> Device {
    clean(&format!("{header}{PORTS}{VIP}{}", policy(body).replacen(PORTS, "", 1)))
}

fn rewrite_of<'d>(device: &'d Device, line: &Line) -> &'d Rewrite {
    match line.action {
        Action::Rewrite(id) => &device.rewrites[id],
        _ => panic!("no rewrite"),
    }
}

#[test]
fn virtual_ips_that_an_enabled_policy_names_apply() {
    let body = ANY.replace("set dstaddr \"all\"", "set dstaddr \"published\"");
    let device = with_vip("", &format!("{body}set action accept"));
    assert_eq!(stages(&device), ["virtual IP", "route", "firewall policy", "source NAT"]);
    let lines = &list(&device, "virtual IP").lines;
    assert_eq!(describe(&device, &lines[0].matches), "wan1>* any -> 203.0.113.3 6:*>443");
    assert_eq!(describe(&device, &lines[1].matches), "*>* any -> 203.0.113.4 any");
    let web = rewrite_of(&device, &lines[0]);
    let shift = format!("{:?}", web.destination);
    assert!(shift.contains("Shift") && shift.contains("172.20.10.20"));
    assert!(matches!(web.destination_port, Some(PortMap::Shift { to, .. }) if to.first() == 8443));
    assert_eq!(rewrite_of(&device, &lines[1]).destination_port, None);
}

#[test]
fn virtual_ips_that_no_enabled_policy_names_apply_perhaps() {
    let unknown = |device: &Device| {
        let lines = &list(device, "virtual IP").lines;
        lines.iter().map(|line| line.matches.unknown.len()).collect::<Vec<_>>()
    };
    let named = ANY.replace("set dstaddr \"all\"", "set dstaddr \"web1\"");
    assert_eq!(unknown(&with_vip("", &format!("{named}set action accept"))), [0, 1]);
    assert_eq!(
        unknown(&with_vip("", &format!("{named}set action accept\nset status disable"))),
        [1, 1]
    );
    assert_eq!(unknown(&clean(&format!("{PORTS}{VIP}"))), [1, 1]);
    // With central NAT no policy has to name them.
    let central = "config system settings\nset central-nat enable\nend\n";
    assert_eq!(unknown(&clean(&format!("{central}{PORTS}{VIP}"))), [0, 0]);
}

#[test]
fn services_of_a_virtual_ip_lead_to_its_mapped_ports() {
    let vip = |body: &str| {
        clean(&format!(
            "{PORTS}config firewall service custom\nedit \"ALT\"\nset tcp-portrange 8080 8081\nnext\nend\nconfig firewall vip\nedit \"web\"\nset service \"ALT\"\nset extip 203.0.113.3\nset mappedip \"172.20.10.20\"\nset extintf \"wan1\"\nset portforward enable\n{body}next\nend\nconfig firewall policy\nedit 1\nset srcintf \"wan1\"\nset dstintf \"dmz\"\nset srcaddr \"all\"\nset dstaddr \"web\"\nset schedule \"always\"\nset service \"ALL\"\nset action accept\nnext\nend\n"
        ))
    };
    let device = vip("set mappedport 80\n");
    let line = &list(&device, "virtual IP").lines[0];
    assert_eq!(describe(&device, &line.matches), "wan1>* any -> 203.0.113.3 (6:*>8080|6:*>8081)");
    let port = rewrite_of(&device, line).destination_port;
    assert!(matches!(port, Some(PortMap::Within(to)) if (to.first(), to.last()) == (80, 80)));
    let device = vip("");
    let line = &list(&device, "virtual IP").lines[0];
    assert_eq!(line.matches.unknown.len(), 1);
    let port = rewrite_of(&device, line).destination_port;
    assert!(matches!(port, Some(PortMap::Within(to)) if to.last() == 65535));
}

#[test]
fn a_policy_that_names_a_virtual_ip_sees_its_translations_only() {
    let body = ANY
        .replace("set dstaddr \"all\"", "set dstaddr \"published\"")
        .replace("\"ALL\"", "\"HTTPS\"");
    let device = with_vip("", &format!("{body}set action accept"));
    let lines = policies(&device);
    assert_eq!(lines.len(), 1);
    assert!(matches!(&lines[0].matches.translated, Translated::By(ids) if ids.len() == 2));
    // The service is compared with the mapped port.
    assert_eq!(describe(&device, &lines[0].matches), "*>* 0.0.0.0/0 -> any 6:*>443");
}

#[test]
fn ordinary_accepts_meet_translated_packets_perhaps() {
    let device = with_vip("", &format!("{ANY}set action accept"));
    let lines = policies(&device);
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (lines[0].matches.translated.clone(), lines[0].matches.unknown.len()),
        (Translated::Untouched, 0)
    );
    assert_eq!(
        (lines[1].matches.translated.clone(), lines[1].matches.unknown.len()),
        (Translated::Touched, 1)
    );
}

#[test]
fn the_default_of_match_vip_follows_the_release() {
    let header =
        |version: &str| format!("#config-version=FGT60F-{version}-FW-build1000-230101:opmode=0\n");
    let shape = |version: &str, extra: &str| {
        let device = with_vip(&header(version), &format!("{ANY}{extra}"));
        let lines = policies(&device);
        lines
            .iter()
            .map(|l| (l.matches.translated.clone(), l.matches.unknown.len()))
            .collect::<Vec<_>>()
    };
    let off = vec![(Translated::Untouched, 0)];
    let on = vec![(Translated::Ignored, 0)];
    let perhaps = vec![(Translated::Untouched, 0), (Translated::Touched, 1)];
    assert_eq!(shape("6.4.9", ""), off);
    assert_eq!(shape("7.2.2", ""), off);
    assert_eq!(shape("7.2.3", ""), perhaps);
    assert_eq!(shape("7.2.4", ""), on);
    assert_eq!(shape("7.4.1", ""), on);
    assert_eq!(shape("7.4.1", "set match-vip disable\n"), off);
    assert_eq!(shape("6.0.5", "set match-vip enable\n"), on);
    let device = with_vip("", ANY);
    assert_eq!(policies(&device).len(), 2);
}

#[test]
fn central_nat_shows_policies_mapped_addresses() {
    let settings = "config system settings\nset central-nat enable\nend\nconfig firewall ippool\nedit \"p\"\nset startip 203.0.113.5\nset endip 203.0.113.6\nnext\nend\nconfig firewall central-snat-map\nedit 1\nset srcintf \"lan\"\nset dstintf \"wan1\"\nset orig-addr \"all\"\nset dst-addr \"all\"\nset nat-ippool \"p\"\nnext\nedit 2\nset srcintf \"dmz\"\nset dstintf \"wan1\"\nset orig-addr \"all\"\nset dst-addr \"all\"\nset nat disable\nnext\nend\n";
    let device = with_vip(settings, &format!("{ANY}set action accept\nset nat enable"));
    assert_eq!(policies(&device).len(), 1);
    assert_eq!(policies(&device)[0].matches.translated, Translated::Ignored);
    // Behind what virtual IPs may do to the packets of published hosts.
    let lines = &list(&device, "source NAT").lines[2..];
    assert_eq!(describe(&device, &lines[0].matches), "lan>wan1 0.0.0.0/0 -> 0.0.0.0/0 any");
    assert!(
        matches!(&rewrite_of(&device, &lines[0]).source, Some(AddressMap::Pool(ranges)) if ranges.len() == 1)
    );
    assert_eq!(lines[1].action, Action::Permit);
}

#[test]
fn source_nat_repeats_the_policies_in_order() {
    let device = clean(&format!(
        "{PORTS}config firewall policy\nedit 1\n{ANY}next\nedit 2\n{ANY}set action accept\nnext\nedit 3\n{ANY}set action accept\nset nat enable\nnext\nedit 4\n{ANY}set action accept\nnext\nend\n"
    ));
    let lines = &list(&device, "source NAT").lines;
    let shape: Vec<(&str, bool)> =
        lines.iter().map(|line| (line.label.as_str(), line.action == Action::Permit)).collect();
    assert_eq!(shape, [("policy 1", true), ("policy 2", true), ("policy 3", false)]);
    let rewrite = rewrite_of(&device, &lines[2]);
    assert_eq!(rewrite.source, Some(AddressMap::EgressInterface));
    assert!(matches!(rewrite.source_port, Some(PortMap::Within(range)) if range.first() == 1024));
}

#[test]
fn pools_follow_their_type() {
    let pools = "config firewall ippool\nedit \"one\"\nset type one-to-one\nset startip 203.0.113.5\nset endip 203.0.113.6\nnext\nedit \"over\"\nset startip 203.0.113.5\nset endip 203.0.113.5\nnext\nend\n";
    let with = |pool: &str| {
        let body = format!(
            "{ANY}set action accept\nset nat enable\nset ippool enable\nset poolname \"{pool}\""
        );
        clean(&format!("{pools}{}", policy(&body)))
    };
    let rewrite =
        |device: &Device| rewrite_of(device, &list(device, "source NAT").lines[0]).clone();
    assert_eq!(rewrite(&with("one")).source_port, None);
    assert!(rewrite(&with("over")).source_port.is_some());
    assert_eq!(rewrite(&with("nowhere")).source, Some(AddressMap::Unknown));
}

#[test]
fn a_published_host_goes_out_under_its_outer_address_perhaps() {
    let device = with_vip("", &format!("{ANY}set action accept\nset nat enable"));
    let first = &list(&device, "source NAT").lines[0];
    assert_eq!(first.label, "vip web1 (outbound)");
    assert_eq!(first.matches.unknown.len(), 1);
    assert_eq!(addresses(&device, first.matches.source), "172.20.10.20");
}

#[test]
fn published_hosts_go_out_under_their_outer_address_in_every_mode() {
    let outbound = |device: &Device| {
        let lines = &list(device, "source NAT").lines;
        let out = lines.iter().filter(|line| line.label.ends_with("(outbound)"));
        out.map(|line| describe(device, &line.matches)).collect::<Vec<_>>()
    };
    // A forwarded port leaves by its inner port, and the outer one takes its place.
    let device = with_vip("", &format!("{ANY}set action accept\nset nat enable"));
    let web = "*>wan1 172.20.10.20 -> any 6:8443>*?";
    let mail = "*>* 172.20.10.10 -> any any?";
    assert_eq!(outbound(&device), [web, mail]);
    let rewrite = rewrite_of(&device, &list(&device, "source NAT").lines[0]);
    assert!(matches!(rewrite.source_port, Some(PortMap::Shift { to, .. }) if to.first() == 443));
    let central = "config system settings\nset central-nat enable\nend\n";
    assert_eq!(outbound(&with_vip(central, &format!("{ANY}set action accept"))), [web, mail]);
    // `nat-source-vip` needs no NAT in the policy, and holds for every interface.
    let forced =
        VIP.replace("set extip 203.0.113.3", "set nat-source-vip enable\nset extip 203.0.113.3");
    let device = clean(&format!("{PORTS}{forced}"));
    assert_eq!(outbound(&device), ["*>* 172.20.10.20 -> any 6:8443>*?"]);
}

#[test]
fn balanced_filtered_and_unresolvable_virtual_ips() {
    let device = clean(&format!(
        "config system settings\nset central-nat enable\nend\n{PORTS}config firewall vip
edit \"pool\"
set type server-load-balance
set server-type tcp
set extip 203.0.113.3
set extintf \"wan1\"
set extport 443
config realservers
edit 1
set ip 172.20.10.21
set port 8443
next
edit 2
set ip 172.20.10.22
set port 8444
next
edit 3
set ip 172.20.10.23
set status disable
next
end
next
edit \"narrow\"
set extip 203.0.113.4
set mappedip \"172.20.10.9\"
set extintf \"wan1\"
set src-filter \"198.51.100.0/24\" \"192.0.2.1-192.0.2.9\"
next
edit \"name\"
set type fqdn
set extip 203.0.113.5
set mapped-addr \"srv\"
set extintf \"wan1\"
next
edit \"block\"
set extip 203.0.113.16-203.0.113.19
set mappedip \"172.20.10.16-172.20.10.19\"
set extintf \"wan1\"
next
end
"
    ));
    let lines = &list(&device, "virtual IP").lines;
    let pool = rewrite_of(&device, &lines[0]);
    assert!(matches!(&pool.destination, Some(AddressMap::Pool(servers)) if servers.len() == 2));
    assert!(matches!(pool.destination_port, Some(PortMap::Within(range)) if range.contains(8444)));
    assert_eq!(
        addresses(&device, lines[1].matches.source),
        "(198.51.100.0/24|192.0.2.1-192.0.2.9)"
    );
    assert_eq!(rewrite_of(&device, &lines[2]).destination, Some(AddressMap::Unknown));
    assert_eq!(lines[2].matches.unknown.len(), 1);
    assert!(matches!(rewrite_of(&device, &lines[3]).destination, Some(AddressMap::Shift { .. })));
}

#[test]
fn overlapping_virtual_ips_are_uncertain_before_7_2() {
    let unknown = |header: &str| {
        let device = clean(&format!("{header}{PORTS}{OVERLAPPING}"));
        let lines = &list(&device, "virtual IP").lines;
        lines.iter().map(|line| line.matches.unknown.len()).collect::<Vec<_>>()
    };
    let header = |version: &str| {
        format!(
            "config system settings\nset central-nat enable\nend\n#config-version=FGT60F-{version}-FW-build1000-230101:opmode=0\nconfig firewall policy\nend\n"
        )
    };
    assert_eq!(unknown(&header("7.0.14")), [1, 1, 0]);
    // Since 7.2 the list is asked from top to bottom.
    assert_eq!(unknown(&header("7.2.8")), [0, 0, 0]);
    assert_eq!(unknown("config system settings\nset central-nat enable\nend\n"), [1, 1, 0]);
}

const OVERLAPPING: &str = "config firewall vip\nedit \"a\"\nset extip 203.0.113.3\nset mappedip \"172.20.10.1\"\nset extintf \"wan1\"\nnext\nedit \"b\"\nset extip 203.0.113.3\nset mappedip \"172.20.10.2\"\nset extintf \"any\"\nset portforward enable\nset extport 80\nset mappedport 80\nnext\nedit \"c\"\nset extip 203.0.113.4\nset mappedip \"172.20.10.3\"\nset extintf \"wan1\"\nnext\nend\n";

#[test]
fn translation_between_families_is_not_contained() {
    let reading = read(&policy(&format!("{ANY}set action accept\nset nat64 enable")));
    assert!(reading.coverage[0].gaps.iter().any(|gap| !gap.contained));
}

const INSIDE_AND_OUT: &str = "edit 1
set srcintf \"wan1\"
set dstintf \"dmz\"
set srcaddr \"all\"
set dstaddr \"web1\"
set schedule \"always\"
set service \"ALL\"
set action accept
next
edit 2
set srcintf \"lan\"
set dstintf \"wan1\"
set srcaddr \"all\"
set dstaddr \"all\"
set schedule \"always\"
set service \"ALL\"
set action accept
next
";

#[test]
fn hosts_inside_may_turn_back_to_a_published_host() {
    let device = clean(&format!("{PORTS}{VIP}config firewall policy\n{INSIDE_AND_OUT}end\n"));
    let vips = &list(&device, "virtual IP").lines;
    assert_eq!(describe(&device, &vips[2].matches), "lan>* any -> 203.0.113.3 6:*>443?");
    let lines = policies(&device);
    assert_eq!(describe(&device, &lines[0].matches), "wan1>dmz 0.0.0.0/0 -> any any");
    assert_eq!(describe(&device, &lines[1].matches), "lan>dmz 0.0.0.0/0 -> any any?");
    assert_eq!(lines[0].matches.translated, lines[1].matches.translated);
    // Without a way out by the outer interface nothing turns back.
    let device = clean(&format!(
        "{PORTS}{VIP}config firewall policy\n{}end\n",
        INSIDE_AND_OUT.replace("set dstintf \"wan1\"", "set dstintf \"dmz\"")
    ));
    assert_eq!(list(&device, "virtual IP").lines.len(), 2);
}

#[test]
fn with_central_nat_they_may_turn_back_too() {
    let device = clean(&format!(
        "config system settings\nset central-nat enable\nend\n{PORTS}{VIP}config firewall policy\n{}end\n",
        INSIDE_AND_OUT.replace("\"web1\"", "\"all\"")
    ));
    let lines = policies(&device);
    assert_eq!(describe(&device, &lines[1].matches), "lan>dmz 0.0.0.0/0 -> 0.0.0.0/0 any?");
    assert!(matches!(&lines[1].matches.translated, Translated::By(ids) if ids.len() == 1));
}
