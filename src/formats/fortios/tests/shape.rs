use super::*;

#[test]
fn the_header_gives_name_version_and_certainty() {
    let text = "#config-version=FGT60F-7.2.5-FW-build1517-230606:opmode=1:vdom=0:user=admin\n#conf_file_ver=1\nconfig system global\nset hostname \"EXT-FW\"\nend\nconfig firewall policy\nend\n";
    let device = clean(text);
    assert_eq!((device.name.as_str(), device.format), ("EXT-FW", "fortios"));
    assert_eq!(device.version.as_deref(), Some("FGT60F-7.2.5-FW-build1517-230606"));
    assert_eq!((FORMAT.detect)(text), 100);
    // The header's opmode is not to be trusted: no transparent mode follows from it.
    assert!(device.contexts.iter().all(|(_, context)| context.dynamic_routing.is_empty()));
    assert_eq!(clean("config system global\nend\n").name, "fw1");
}

#[test]
fn excerpts_are_recognised_and_others_are_not() {
    assert_eq!((FORMAT.detect)("config firewall policy\nedit 1\nnext\nend\n"), 80);
    assert!((FORMAT.detect)("config system interface\nedit \"a\"\nnext\nend\n") > 0);
    let ios = "hostname r1\n!\ninterface Gi0/0\n ip address 10.0.0.1 255.255.255.0\n!\naccess-list 1 permit any\nend\n";
    assert_eq!((FORMAT.detect)(ios), 0);
    assert_eq!((FORMAT.detect)(""), 0);
}

#[test]
fn a_plain_backup_has_one_nameless_context() {
    let device = clean(PORTS);
    let names: Vec<&str> = device.contexts.iter().map(|(_, c)| c.name.as_str()).collect();
    assert_eq!(names, [""]);
    assert_eq!(device.interfaces.len(), 3);
}

const VDOMS: &str = "#config-version=FG200F-7.2.5-FW-build1517-230606:opmode=0:vdom=1:user=admin
config vdom
edit root
next
edit v-dmz
next
end
config global
config system global
set hostname \"FW-IN\"
end
config system vdom-link
edit \"to-dmz\"
next
end
config system interface
edit \"port1\"
set vdom \"root\"
set ip 192.0.2.1 255.255.255.0
next
edit \"port2\"
set vdom \"v-dmz\"
set ip 172.20.10.1 255.255.255.0
next
edit \"to-dmz0\"
set vdom \"root\"
set type vdom-link
set ip 169.254.0.1 255.255.255.252
next
edit \"to-dmz1\"
set vdom \"v-dmz\"
set type vdom-link
set ip 169.254.0.2 255.255.255.252
next
edit \"npu0_vlink0\"
set vdom \"root\"
set type physical
next
edit \"npu0_vlink1\"
set vdom \"v-dmz\"
set type physical
next
edit \"vl-a\"
set vdom \"root\"
set ip 169.254.1.1 255.255.255.252
set interface \"npu0_vlink0\"
set vlanid 11
next
edit \"vl-b\"
set vdom \"v-dmz\"
set ip 169.254.1.2 255.255.255.252
set interface \"npu0_vlink1\"
set vlanid 11
next
end
end
config vdom
edit root
config system settings
end
config firewall address
edit \"srv\"
set subnet 10.0.0.0 255.0.0.0
next
end
config firewall policy
edit 1
set srcintf \"port1\"
set dstintf \"to-dmz0\"
set srcaddr \"srv\"
set dstaddr \"all\"
set action accept
set schedule \"always\"
set service \"ALL\"
next
end
end
config vdom
edit v-dmz
config firewall address
edit \"srv\"
set subnet 172.20.10.0 255.255.255.0
next
end
config firewall policy
edit 1
set srcintf \"to-dmz1\"
set dstintf \"port2\"
set srcaddr \"all\"
set dstaddr \"srv\"
set action accept
set schedule \"always\"
set service \"ALL\"
next
end
end
";

#[test]
fn names_are_per_vdom_and_links_join_them() {
    let device = clean(VDOMS);
    assert_eq!(device.name, "FW-IN");
    let names: Vec<&str> = device.contexts.iter().map(|(_, c)| c.name.as_str()).collect();
    assert_eq!(names, ["root", "v-dmz"]);
    let lists: Vec<&RuleList> =
        device.lists.iter().map(|(_, l)| l).filter(|l| l.name == "firewall policy").collect();
    assert_eq!(addresses(&device, lists[0].lines[0].matches.source), "10.0.0.0/8");
    assert_eq!(addresses(&device, lists[1].lines[0].matches.destination), "172.20.10.0/24");
    let links: Vec<(&str, &str)> = device
        .internal_links
        .iter()
        .map(|(a, b)| (device.interfaces[*a].name.as_str(), device.interfaces[*b].name.as_str()))
        .collect();
    assert_eq!(links, [("to-dmz0", "to-dmz1"), ("npu0_vlink0", "npu0_vlink1"), ("vl-a", "vl-b")]);
    let port2 = device.interface("port2").unwrap();
    assert_eq!(device.contexts[device.interfaces[port2].context].name, "v-dmz");
}

#[test]
fn an_interface_of_a_vdom_that_the_file_lacks_is_a_gap() {
    let reading = read(&VDOMS.replacen("set vdom \"v-dmz\"", "set vdom \"v-lost\"", 1));
    assert!(
        reading.coverage[0]
            .gaps
            .iter()
            .any(|gap| !gap.contained && gap.reason.en.contains("v-lost"))
    );
}

#[test]
fn an_unknown_block_is_an_uncontained_gap_and_known_noise_is_not() {
    let reading = read(
        "config firewall teleport\nedit 1\nset a b\nnext\nend\nconfig log syslogd setting\nset status enable\nend\nconfig system replacemsg admin \"x\"\nset buffer \"a\nend\nb\"\nend\nconfig firewall future-thing\nend\n",
    );
    assert_eq!(reading.coverage[0].gaps.len(), 1);
    let gap = &reading.coverage[0].gaps[0];
    assert!(!gap.contained && gap.reason.en.contains("teleport"));
    assert_eq!(reading.coverage[0].count(LineStatus::Unknown), 5);
    assert_eq!(reading.coverage[0].count(LineStatus::Irrelevant), 7);
}

#[test]
fn truncated_files_and_deep_nesting_are_uncontained_gaps() {
    let reading = read("config firewall policy\nedit 1\nset srcintf \"any\"\n");
    assert!(
        reading.coverage[0]
            .gaps
            .iter()
            .any(|gap| !gap.contained && gap.reason.en.contains("never ends"))
    );
    let deep = "config firewall policy\nedit 1\n".repeat(10_000);
    let reading = read(&deep);
    assert!(
        reading.coverage[0].gaps.iter().any(|gap| !gap.contained && gap.reason.en.contains("64"))
    );
}

#[test]
fn a_table_swallowed_by_another_block_is_an_uncontained_gap() {
    for before in ["config firewall address\nedit \"a\"\n", "config system np6\nedit \"n\"\n"] {
        let reading = read(&format!("{before}{}next\nend\n", policy(ANY)));
        let found = |path: &str| {
            reading.coverage[0]
                .gaps
                .iter()
                .any(|gap| !gap.contained && gap.reason.en.contains(path))
        };
        assert!(found("firewall policy") && found("system interface"), "{before}");
    }
}

#[test]
fn captured_prompts_are_nothing() {
    let reading = read(
        "EXT-FW # show firewall address\nconfig firewall address\nend\nEXT-FW (root) # exit\n",
    );
    assert!(reading.coverage[0].gaps.is_empty());
}

#[test]
fn every_line_has_a_status() {
    let reading = read(VDOMS);
    assert_eq!(reading.coverage[0].lines.len(), VDOMS.lines().count());
    let uuid = policy(&format!("{ANY}set uuid 1\nset action accept"));
    let line = uuid.lines().position(|line| line == "set uuid 1").unwrap();
    assert_eq!(read(&uuid).coverage[0].lines[line], LineStatus::Irrelevant);
    assert_eq!(read(&uuid).coverage[0].lines[line + 1], LineStatus::Used);
}

#[test]
fn odd_input_never_panics() {
    let full = format!("{VDOMS}{PORTS}");
    for cut in 0..full.len() {
        if cut % 7 == 0 && full.is_char_boundary(cut) {
            let reading = read(&full[..cut]);
            assert_eq!(reading.coverage[0].lines.len(), full[..cut].lines().count());
        }
    }
    for text in [
        "config",
        "edit",
        "set",
        "end",
        "next",
        "\"",
        "config vdom\nedit\nend",
        "config \"\"\nend",
        "#",
        "config system interface\nset\nedit\nset ip\nend",
    ] {
        let _ = read(text);
    }
}
