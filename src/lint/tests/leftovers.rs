//! What nothing uses, and what is the same elsewhere.

use super::*;

const THREE: &str = "\
version: 1
zones: { a: { networks: [10.1.1.0/24] }, b: { networks: [10.1.2.0/24] } }
devices: { fw: { config: fw.cfg } }
";

const FIREWALL: &str = "\
ASA Version 9.12(4)
hostname fw
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 10.1.1.1 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.1.2.1 255.255.255.0
";

fn lines(lines: &str) -> String {
    format!("{FIREWALL}{lines}access-group OUT in interface outside\n")
}

#[test]
fn permits_that_nothing_reaches() {
    let config = lines(
        "\
access-list OUT extended permit tcp host 10.1.2.9 host 10.1.2.10 eq 443
access-list OUT extended permit tcp host 10.1.1.9 host 10.5.5.5 eq 443
access-list OUT extended permit tcp host 10.1.1.9 host 10.1.2.9 eq 443
access-list OUT extended permit ospf any host 224.0.0.5
access-list OUT extended permit icmp any host 10.1.1.1
access-list OUT extended deny ip host 10.5.5.5 any
",
    );
    let found = network("dead-permit", THREE, &[("fw", "asa", &config)]);
    assert_eq!(
        told(&found).iter().map(|(severity, label, _)| (*severity, *label)).collect::<Vec<_>>(),
        [(Severity::Low, "OUT line 1"), (Severity::Low, "OUT line 2")]
    );
    assert_eq!(
        details(&found[0])[0],
        "its source addresses are not beyond outside, where the list is bound"
    );
    assert_eq!(
        details(&found[1])[0],
        "no network that the device leads to has its destination addresses"
    );
}

#[test]
fn a_router_that_nobody_describes_may_lead_anywhere() {
    let config = format!(
        "{}route outside 10.5.0.0 255.255.0.0 10.1.1.254\n",
        lines("access-list OUT extended permit tcp host 10.5.5.5 host 10.1.2.9 eq 443\n")
    );
    assert_eq!(told(&network("dead-permit", THREE, &[("fw", "asa", &config)])), []);
}

#[test]
fn definitions_that_nothing_uses() {
    let config = lines(
        "\
object network USED
 host 10.1.2.9
object network MEMBER
 host 10.1.2.10
object network OLD-PEER
 host 10.1.2.11
object-group network SPARE
 network-object object MEMBER
object network TRANSLATED
 host 10.1.2.12
nat (inside,outside) source static TRANSLATED TRANSLATED
access-list OUT extended permit tcp any object USED eq 443
",
    );
    let found = network("unused-object", THREE, &[("fw", "asa", &config)]);
    assert_eq!(
        told(&found),
        [(Severity::Info, "OLD-PEER", "fw defines 2 addresses or services that nothing uses")]
    );
    assert_eq!(details(&found[0])[0], "they are: OLD-PEER, SPARE");
    let tidy = lines(
        "object network USED\n host 10.1.2.9\naccess-list OUT extended permit tcp any object USED eq 443\n",
    );
    assert_eq!(told(&network("unused-object", THREE, &[("fw", "asa", &tidy)])), []);
}

#[test]
fn ports_that_are_up_for_nothing() {
    let port = |number: u8, body: &str| format!("interface GigabitEthernet1/0/{number}\n{body}!\n");
    let used = [
        " description floor 2\n",
        " switchport access vlan 20\n",
        " shutdown\n",
        " channel-group 1 mode active\n",
        " no switchport\n ip address 10.1.1.1 255.255.255.0\n",
    ];
    let used: String = (1..).zip(used).map(|(number, body)| port(number, body)).collect();
    let config = |more: &str| {
        format!(
            "version 15.2\nhostname sw\n{used}{more}interface Vlan2\n ip address 10.1.2.1 255.255.255.0\nend\n"
        )
    };
    let topology = THREE.replace("fw", "sw");
    let idle = config(&format!(
        "{}{}",
        port(8, ""),
        port(9, " switchport mode access\n spanning-tree portfast\n")
    ));
    let found = network("unused-port", &topology, &[("sw", "ios", &idle)]);
    assert_eq!(
        told(&found),
        [(
            Severity::Low,
            "GigabitEthernet1/0/8",
            "sw has 2 ports that are up without description, VLAN or address"
        )]
    );
    assert_eq!(found[0].blame.len(), 2);
    assert_eq!(told(&network("unused-port", &topology, &[("sw", "ios", &config(""))])), []);
}

#[test]
fn the_same_on_another_device_is_told() {
    let topology = "\
version: 1
zones: { a: { networks: [10.1.1.0/24] }, b: { networks: [10.1.2.0/24] } }
devices: { fw: { config: fw.cfg }, fw2: { config: fw2.cfg } }
";
    let open = lines("access-list OUT extended permit ip any any\n");
    let shut = lines("access-list OUT extended permit tcp any host 10.1.2.9 eq 443\n")
        .replace(".1 255", ".2 255");
    let twin = open.replace(".1 255", ".2 255");
    let both = network("any-any", topology, &[("fw", "asa", &open), ("fw2", "asa", &twin)]);
    let sentence = "the same kind is found on other devices: fw2 (1)";
    assert_eq!(details(&both[0]).last(), Some(&sentence));
    assert_eq!(both[0].details.last().unwrap().ja, "同種の設定が他の機器にもあります: fw2（1件）");
    let alone = network("any-any", topology, &[("fw", "asa", &open), ("fw2", "asa", &shut)]);
    assert_eq!(details(&alone[0]).len(), 1, "{:?}", details(&alone[0]));
}
