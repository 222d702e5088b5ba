use super::judge::*;
use super::*;

const HEAD: &str =
    "version 15.7\nhostname edge\ninterface GigabitEthernet0/0\n ip address 10.1.0.1 255.255.0.0\n";

/// The lines that are not understood and that nothing holds, of a configuration that goes on with `rest`.
fn open(rest: &str) -> Vec<String> {
    let (sources, reading) = read_text(&format!("{HEAD}{rest}"));
    let gaps = reading.coverage[0].gaps.iter().filter(|gap| !gap.contained);
    gaps.map(|gap| sources.text(gap.span).to_owned()).collect()
}

#[test]
fn what_is_typed_at_a_prompt_is_not_overlooked() {
    let typed = "end\nedge#conf t\nedge(config)#ip access-list extended X\nedge(config-ext-nacl)#5 permit ip any any\nedge(config-ext-nacl)# no ip redirects\nedge(config-ext-nacl)#do show clock\nedge(config-ext-nacl)#exit\nedge(config)#end\nedge#write memory\n";
    assert_eq!(
        open(typed),
        [
            "edge(config)#ip access-list extended X",
            "edge(config-ext-nacl)#5 permit ip any any",
            "edge(config-ext-nacl)# no ip redirects",
        ]
    );
}

#[test]
fn a_second_configuration_in_the_file_is_a_finding() {
    assert_eq!(open("end\nedge#show running-config\nversion 15.7\nhostname edge\n").len(), 1);
    let built = "end\nedge#show run\nBuilding configuration...\n";
    assert_eq!(open(&format!("{built}{built}")).len(), 1);
    assert_eq!(open(built), Vec::<String>::new());
}

#[test]
fn a_removal_that_meets_nothing_is_not_overlooked() {
    for (lines, wrong) in [
        (
            "vlan filter M vlan-list 10,30\nno vlan filter M vlan-list 10\n",
            "no vlan filter M vlan-list 10",
        ),
        (
            "ip route 10.2.7.0 255.255.255.0 Null0\nno ip route 10.2.7.0 255.255.255.0 10.1.0.9\n",
            "no ip route 10.2.7.0 255.255.255.0 10.1.0.9",
        ),
        (
            "ip access-list extended X\n deny tcp any any eq 80\n no deny tcp any any eq www\n",
            "no deny tcp any any eq www",
        ),
        ("object-group network G\n host 10.1.0.9\n no host 10.1.0.8\n", "no host 10.1.0.8"),
    ] {
        assert_eq!(open(lines), [wrong], "{lines}");
    }
    for lines in [
        "no ip route 10.2.7.0 255.255.255.0 null0\n",
        "ip route 10.2.7.0 255.255.255.0 Null0\nno ip route 10.2.7.0 255.255.255.0 null0\n",
        "no access-list 101\naccess-list 101 permit ip any any\n",
        "access-list 101 permit ip any any\nno access-list 101 remark old\n",
        "no ip access-list extended NEW\n",
        "interface Vlan7\nno interface vlan 7\n",
    ] {
        assert_eq!(open(lines), Vec::<String>::new(), "{lines}");
    }
}

#[test]
fn another_list_that_stays_bound_makes_the_interface_uncertain() {
    let case = Case::new(&format!("{HEAD} ip access-group A in\n no ip access-group B in\n"));
    assert_eq!(case.unknown(), ["no ip access-group B in"]);
}

#[test]
fn whom_broadcasts_are_relayed_to_is_said() {
    let open = format!("{HEAD} ip helper-address vrf M 10.2.0.9\n");
    assert!(read_text(&open).1.coverage[0].gaps.is_empty(), "no list stands in the way");
    let (sources, reading) = read_text(&format!("{open} ip access-group IN in\n"));
    let gaps = &reading.coverage[0].gaps;
    let gap = gaps.iter().find(|gap| sources.text(gap.span).contains("helper")).unwrap();
    assert_eq!((gap.status, gap.contained), (LineStatus::Unsupported, true));
    assert!(gap.reason.en.contains("10.2.0.9"));
}

#[test]
fn a_banner_may_end_with_the_end_of_text_character() {
    let case = Case::new(&format!("{HEAD}banner motd \u{3}\nno ip routing\nfrob\n\u{3}\n"));
    assert_eq!(case.unknown(), Vec::<&str>::new());
}

#[test]
fn commands_that_do_not_matter_are_known() {
    let top = "kron policy-list P\nkron occurrence O at 1:00\nbba-group pppoe global\ndefine interface-range R Gi1/0/1 - 2\ncisp enable\nsnmp mib persist cbqos\ntransport-map type console T\ncrypto ctcp port 10000\ncrypto gkm group G\ngnmi-yang\ntrunk group T\napplication\nnum-exp 1 2\nprofinet\ncip enable\n";
    let inside = "interface Vlan10\n private-vlan mapping 501\n if-state nhrp\n vrrs leader V\n access-group mode prefer port\n";
    assert_eq!(open(&format!("{top}{inside}")), Vec::<String>::new());
    assert_eq!(Case::new(&format!("{HEAD}{top}{inside}")).unknown(), Vec::<&str>::new());
}

#[test]
fn ways_that_the_configuration_does_not_show_are_learnt() {
    for (lines, protocol) in [
        ("ipv6 router rip R\n redistribute connected\n", "rip"),
        ("ipv6 router eigrp 1\n no shutdown\n", "eigrp"),
        ("router eigrp CORE\n address-family ipv6 unicast autonomous-system 1\n", "eigrp"),
        (" ipv6 nd autoconfig default-route\n", "autoconfig"),
        ("ip lisp itr\n", "lisp"),
        ("sdwan\n omp\n  no shutdown\n", "omp"),
        ("crypto ikev2 authorization policy P\n route accept any\n", "ikev2"),
    ] {
        let case = Case::new(&format!("{HEAD}{lines}"));
        let global = case.device().contexts.iter().next().unwrap().1;
        let found: Vec<&str> =
            global.dynamic_routing.iter().map(|one| one.protocol.as_str()).collect();
        assert_eq!(found, [protocol], "{lines}");
    }
}

#[test]
fn packets_that_an_interface_hands_on_may_go_anywhere() {
    for line in [" ip wccp web-cache redirect in\n", " service-policy type epbr input M\n"] {
        let case = Case::new(&format!("{HEAD}{line}"));
        let global = case.device().contexts.iter().next().unwrap().1;
        let [route] = global.policy_routes.as_slice() else { panic!("one route for {line}") };
        assert!(
            route.next_hop.is_none()
                && route.matches.ingress.contains(case.id("GigabitEthernet0/0"))
        );
    }
}
