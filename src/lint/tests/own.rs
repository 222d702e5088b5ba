//! Rules about what a device itself does and offers, one tripping and one silent configuration each, and what every reader
//! knows of it.

use super::*;
use crate::model::{DoorProtocol, OwnKind, WeakCrypto};
use crate::snapshot::{BuildInput, build};

/// The findings of one rule about one configuration: severity, and the text of the first blamed line.
fn one(rule: &str, format: &str, text: &str) -> Vec<(Severity, String)> {
    let mut sources = Sources::default();
    let id = sources.add("fw.cfg", text.as_bytes()).unwrap();
    let reading = by_id(format).unwrap().read(&[Input { id, file: sources.file(id) }], &[]);
    let mut snapshot = Snapshot::default();
    snapshot.devices.push(reading.device.into());
    let first = |text: &str| text.lines().next().unwrap_or("").trim().to_owned();
    linted(&snapshot, &sources)
        .iter()
        .filter(|finding| finding.rule == rule)
        .map(|finding| (finding.severity, first(sources.text(finding.blame[0].span))))
        .collect()
}

/// What a reader notes: the kinds, each once, in order.
fn noted(format: &str, text: &str) -> Vec<OwnKind> {
    let mut sources = Sources::default();
    let id = sources.add("fw.cfg", text.as_bytes()).unwrap();
    let reading = by_id(format).unwrap().read(&[Input { id, file: sources.file(id) }], &[]);
    let coverage = &reading.coverage[0];
    for fact in &reading.device.own.facts {
        let line = sources.line(fact.span) as usize;
        let status = coverage.lines[line - 1];
        assert_eq!(status, crate::model::LineStatus::Used, "{:?}", sources.text(fact.span));
    }
    let mut kinds: Vec<OwnKind> = Vec::new();
    for fact in reading.device.own.facts {
        if !kinds.contains(&fact.kind) {
            kinds.push(fact.kind);
        }
    }
    kinds
}

fn door(protocol: DoorProtocol) -> OwnKind {
    OwnKind::Service(crate::model::Door { protocol, port: protocol.default_port() })
}

fn log_to(address: &str) -> OwnKind {
    OwnKind::LogTarget(address.parse().ok())
}

fn community(known: bool, writes: bool, limited: bool) -> OwnKind {
    OwnKind::Community { known, writes, limited }
}

const WEAK_DES: OwnKind = OwnKind::Weak(WeakCrypto::TripleDes);
const WEAK_MD5: OwnKind = OwnKind::Weak(WeakCrypto::Md5);
const AGGRESSIVE: OwnKind = OwnKind::Weak(WeakCrypto::Aggressive);

#[test]
fn ios_says_what_it_does_itself() {
    let text = "\
version 15.7
hostname rt
ip http server
ip http secure-server
crypto isakmp policy 10
 encr 3des
 hash md5
crypto ipsec transform-set TS-3DES esp-aes 256 esp-sha-hmac
logging buffered 4096
logging host 192.0.2.5
snmp-server community public RO
tftp-server flash:image.bin
line vty 0 4
 transport input telnet ssh
ntp server 192.0.2.6
";
    let expected = [
        door(DoorProtocol::Http),
        door(DoorProtocol::Https),
        WEAK_DES,
        WEAK_MD5,
        log_to("192.0.2.5"),
        community(true, false, false),
        door(DoorProtocol::Snmp),
        door(DoorProtocol::Tftp),
        door(DoorProtocol::Telnet),
        door(DoorProtocol::Ssh),
        OwnKind::Clock,
    ];
    assert_eq!(noted("ios", text), expected);
}

#[test]
fn asa_says_what_it_does_itself() {
    let text = "\
ASA Version 9.16(4)
hostname fw
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.0.1.1 255.255.255.0
logging enable
logging trap informational
logging host inside 10.0.1.5
snmp-server host inside 10.0.1.5 community ***** version 2c
crypto ikev1 policy 10
 encryption 3des
 hash md5
crypto map OUT 10 set ikev1 phase1-mode aggressive
http server enable
http 10.0.1.0 255.255.255.0 inside
telnet 10.0.1.0 255.255.255.0 inside
ssh 10.0.1.0 255.255.255.0 inside
ntp server 10.0.1.6
";
    let expected = [
        door(DoorProtocol::Https),
        door(DoorProtocol::Telnet),
        door(DoorProtocol::Ssh),
        log_to("10.0.1.5"),
        community(false, false, true),
        door(DoorProtocol::Snmp),
        WEAK_DES,
        WEAK_MD5,
        AGGRESSIVE,
        OwnKind::Clock,
    ];
    assert_eq!(noted("asa", text), expected);
    let off = text.replace("logging enable\n", "");
    assert!(!noted("asa", &off).contains(&log_to("10.0.1.5")), "nothing is sent");
}

const FORTIGATE: &str = "\
#config-version=FGT60F-7.2.5-FW-build1517-230606:opmode=0:vdom=0:user=admin
config system global
    set hostname \"fw\"
    set admin-https-redirect disable
    set admin-https-ssl-versions tlsv1-1 tlsv1-2
end
config system interface
    edit \"wan1\"
        set vdom \"root\"
        set ip 203.0.113.2 255.255.255.240
        set allowaccess ping https telnet
    next
    edit \"lan\"
        set vdom \"root\"
        set ip 10.0.1.1 255.255.255.0
        set allowaccess ping http ssh
    next
end
config firewall policy
end
config system snmp community
    edit 1
        set name \"public\"
    next
end
config system ntp
    set ntpsync enable
end
config log syslogd setting
    set status enable
    set server \"10.0.1.5\"
end
config log fortianalyzer setting
    set status disable
    set server \"10.0.1.6\"
end
config vpn ipsec phase1-interface
    edit \"hq\"
        set interface \"wan1\"
        set mode aggressive
        set proposal 3des-md5 aes256-sha256
        set remote-gw 203.0.113.9
    next
end
";

#[test]
fn fortios_says_what_it_does_itself() {
    let expected = [
        OwnKind::Clock,
        OwnKind::Weak(WeakCrypto::OldTls),
        log_to("10.0.1.5"),
        community(true, false, false),
        door(DoorProtocol::Https),
        door(DoorProtocol::Telnet),
        door(DoorProtocol::Http),
        door(DoorProtocol::Ssh),
        WEAK_DES,
        AGGRESSIVE,
    ];
    assert_eq!(noted("fortios", FORTIGATE), expected);
    let limited = FORTIGATE.replace(
        "set name \"public\"",
        "set name \"kanri\"\n        config hosts\n            edit 1\n                set ip 10.0.1.5 255.255.255.255\n            next\n        end",
    );
    assert!(noted("fortios", &limited).contains(&community(false, false, true)));
}

#[test]
fn junos_says_what_it_does_itself() {
    let text = "\
set version 21.4R3
set system host-name srx
set system services telnet
set system services ssh
set system services web-management http
set system ntp server 192.0.2.6
set system syslog host 192.0.2.5 any any
set system syslog file messages any any
set snmp community public authorization read-write
set security ike proposal P1 authentication-algorithm md5
set security ike proposal P1 encryption-algorithm 3des-cbc
set security ike policy POL mode aggressive
";
    let expected = [
        OwnKind::Clock,
        log_to("192.0.2.5"),
        door(DoorProtocol::Telnet),
        door(DoorProtocol::Ssh),
        door(DoorProtocol::Http),
        community(true, true, false),
        door(DoorProtocol::Snmp),
        WEAK_DES,
        WEAK_MD5,
        AGGRESSIVE,
    ];
    assert_eq!(noted("junos", text), expected);
}

#[test]
fn panos_says_what_it_does_itself() {
    let text = "\
set deviceconfig system hostname fw
set deviceconfig system ntp-servers primary-ntp-server ntp-server-address 192.0.2.6
set deviceconfig system service disable-telnet no
set deviceconfig system snmp-setting access-setting version v2c snmp-community-string public
set shared log-settings syslog S server one server 192.0.2.5
set network ike crypto-profiles ike-crypto-profiles weak encryption 3des
set network ike crypto-profiles ike-crypto-profiles unused encryption 3des
set network ike crypto-profiles ike-crypto-profiles weak hash md5
set network ike gateway G protocol ikev1 ike-crypto-profile weak
set network ike gateway G protocol ikev1 exchange-mode aggressive
set network profiles interface-management-profile kanri http yes
set network profiles interface-management-profile kanri ssh yes
set network interface ethernet ethernet1/1 layer3 ip 10.0.1.1/24
set network interface ethernet ethernet1/1 layer3 interface-management-profile kanri
set network virtual-router default interface ethernet1/1
set zone trust network layer3 ethernet1/1
set rulebase security rules one action allow
";
    let expected = [
        log_to("192.0.2.5"),
        door(DoorProtocol::Ssh),
        door(DoorProtocol::Http),
        OwnKind::Clock,
        door(DoorProtocol::Telnet),
        community(true, false, false),
        AGGRESSIVE,
        WEAK_DES,
        WEAK_MD5,
    ];
    assert_eq!(noted("panos", text), expected);
    let unused = text.replace("ike-crypto-profile weak", "ike-crypto-profile strong");
    assert!(!noted("panos", &unused).contains(&WEAK_DES), "nothing uses the profile");
}

#[test]
fn yamaha_says_what_it_does_itself() {
    let text = "\
# RTX1220 Rev.15.04.06
ip lan1 address 10.0.1.1/24
telnetd host lan
httpd host none
tftp host 10.0.1.9
snmp host 10.0.1.9
snmp community read-only public
syslog host 10.0.1.5
ipsec ike encryption 1 3des-cbc
ipsec sa policy 101 1 esp aes-cbc md5-hmac
schedule at 1 */* 03:00 * ntpdate ntp.example.jp
";
    let expected = [
        door(DoorProtocol::Telnet),
        door(DoorProtocol::Tftp),
        door(DoorProtocol::Snmp),
        community(true, false, true),
        log_to("10.0.1.5"),
        WEAK_DES,
        WEAK_MD5,
        OwnKind::Clock,
    ];
    assert_eq!(noted("yamaha", text), expected);
    let off = format!("{text}telnetd service off\n");
    assert!(!noted("yamaha", &off).contains(&door(DoorProtocol::Telnet)), "it does not run");
}

#[test]
fn nec_ix_says_what_it_does_itself() {
    let text = "\
! NEC Portable Internetwork Core Operating System Software
! IX Series IX2215 (magellan-sec) Software, Version 10.2.42, RELEASE SOFTWARE
hostname ix
telnet-server ip enable
http-server ip enable
snmp-agent ip enable
snmp-agent ip community public
ntp ip enable
ntp server 10.0.1.6
syslog ip host 10.0.1.5
ike proposal p-des encryption 3des hash md5
ike policy pol peer 203.0.113.9 key secret mode aggressive p-des
";
    let expected = [
        door(DoorProtocol::Telnet),
        door(DoorProtocol::Http),
        door(DoorProtocol::Snmp),
        community(true, false, false),
        OwnKind::Clock,
        log_to("10.0.1.5"),
        WEAK_DES,
        WEAK_MD5,
        AGGRESSIVE,
    ];
    assert_eq!(noted("nec-ix", text), expected);
}

#[test]
fn switches_say_what_they_do_themselves() {
    let alaxala = "\
hostname \"sw\"
logging host 10.0.1.5
ntp client server 10.0.1.6
ftp-server
snmp-server community \"private\" rw
line vty 0 2
  transport input telnet
";
    let expected = [
        log_to("10.0.1.5"),
        OwnKind::Clock,
        door(DoorProtocol::Ftp),
        community(true, true, false),
        door(DoorProtocol::Snmp),
        door(DoorProtocol::Telnet),
    ];
    assert_eq!(noted("alaxala", alaxala), expected);
    let awplus = "\
hostname sw
no service ssh
service telnet
log host 10.0.1.5
ntp server 10.0.1.6
snmp-server community kanri ro 10
crypto isakmp profile P
 transform 1 integrity MD5 encryption 3DES group 2
";
    let expected = [
        door(DoorProtocol::Telnet),
        log_to("10.0.1.5"),
        OwnKind::Clock,
        community(false, false, true),
        door(DoorProtocol::Snmp),
        WEAK_MD5,
        WEAK_DES,
    ];
    assert_eq!(noted("awplus", awplus), expected);
}

#[test]
fn a_log_that_stays_and_a_clock_that_nobody_sets() {
    let bare = "version 15.7\nhostname rt\ninterface Vlan1\n ip address 10.0.1.1 255.255.255.0\n";
    let expected = [(Severity::Medium, "hostname rt".to_owned())];
    assert_eq!(one("no-syslog", "ios", bare), expected);
    assert_eq!(one("no-ntp", "ios", bare), expected);
    let good = format!("{bare}logging host 10.0.1.5\nntp server 10.0.1.6\n");
    assert_eq!(one("no-syslog", "ios", &good), []);
    assert_eq!(one("no-ntp", "ios", &good), []);
    let excerpt = bare.replace("hostname rt\n", "");
    assert_eq!(one("no-ntp", "ios", &excerpt), [], "an excerpt does not say");
    let rules = "No,送信元,宛先,サービス,アクション\n1,any,any,any,許可\n";
    assert_eq!(one("no-syslog", "table", rules), []);
}

#[test]
fn administration_in_the_clear() {
    let rule = "management-cleartext";
    let telnet = "hostname rt\nline vty 0 4\n transport input telnet\nip http server\n";
    let expected = [
        (Severity::High, "transport input telnet".to_owned()),
        (Severity::High, "ip http server".to_owned()),
    ];
    assert_eq!(one(rule, "ios", telnet), expected);
    let safe = "hostname rt\nline vty 0 4\n transport input ssh\nno ip http server\nip http secure-server\n";
    assert_eq!(one(rule, "ios", safe), []);
    let files = "hostname sw\nftp-server\n";
    assert_eq!(one(rule, "alaxala", files), [(Severity::Medium, "ftp-server".to_owned())]);
}

#[test]
fn communities_by_their_fault() {
    let of = |line: &str| one("snmp-community", "ios", &format!("hostname rt\n{line}\n"));
    let graded = |line: &str| of(line).first().map(|(severity, _)| *severity);
    assert_eq!(graded("snmp-server community public RO"), Some(Severity::High));
    assert_eq!(graded("snmp-server community public RO 10"), Some(Severity::Medium));
    assert_eq!(graded("snmp-server community kanri RW"), Some(Severity::High));
    assert_eq!(graded("snmp-server community kanri RO"), Some(Severity::Low));
    assert_eq!(graded("snmp-server community kanri RO 10"), None);
    assert_eq!(graded("snmp-server group G v3 priv"), None);
}

#[test]
fn cryptography_by_its_weakness() {
    let of = |words: &str| {
        one("weak-crypto", "ios", &format!("hostname rt\ncrypto ipsec transform-set T {words}\n"))
    };
    let grades: Vec<Severity> =
        of("esp-des esp-md5-hmac").iter().map(|(severity, _)| *severity).collect();
    assert_eq!(grades, [Severity::High, Severity::Medium]);
    assert_eq!(of("esp-aes 256 esp-sha256-hmac"), []);
}

#[test]
fn permits_of_firewalls_that_log_nothing() {
    let of = |more: &str| {
        let policies = policy(&format!("1 wan1 dmz all DMZ HTTPS accept{more}"))
            + &policy("2 lan dmz LAN DMZ HTTPS accept logtraffic=all")
            + &policy("3 lan wan1 LAN all ALL deny");
        one("unlogged-permit", "fortios", &format!("{FORTIOS}{policies}end\n"))
    };
    assert_eq!(of(" logtraffic=disable"), [(Severity::Medium, "edit 1".to_owned())]);
    assert_eq!(of(""), [(Severity::Medium, "edit 1".to_owned())], "detections only");
    assert_eq!(of(" logtraffic=all"), []);
    let line = "access-list IN extended permit tcp any object WEB eq 443\n";
    let logged = "logging enable\nlogging trap informational\nlogging host inside 10.0.1.5\n";
    let asa = |text: String| one("unlogged-permit", "asa", &text);
    assert_eq!(asa(format!("{ASA}{line}{logged}")), [], "message 302013 reports connections");
    let fewer = logged.replace("informational", "warnings");
    assert_eq!(asa(format!("{ASA}{line}{fewer}")), [(Severity::Medium, line.trim().to_owned())]);
    let switch = "hostname sw\nip access-list extended A\n permit ip any any\ninterface Vlan1\n ip address 10.0.1.1 255.255.255.0\n ip access-group A in\n";
    assert_eq!(one("unlogged-permit", "ios", switch), [], "no connections are followed");
}

/// The findings of a rule about a network of one device `fw`: severity, message in English.
fn network(rule: &str, format: &str, config: &str, topology: &str) -> Vec<(Severity, String)> {
    let mut sources = Sources::default();
    let id = sources.add("fw.cfg", config.as_bytes()).unwrap();
    let mut reading = by_id(format).unwrap().read(&[Input { id, file: sources.file(id) }], &[]);
    reading.device.name = "fw".to_owned();
    let id = sources.add("topology.yaml", topology.as_bytes()).unwrap();
    let topology = crate::topology::read(id, sources.file(id)).unwrap();
    let input = BuildInput {
        topology: Some(topology),
        devices: vec![(reading.device.into(), reading.coverage)],
        ..BuildInput::default()
    };
    let findings = linted(&build(input).unwrap(), &sources);
    let kept = findings.into_iter().filter(|finding| finding.rule == rule);
    kept.map(|finding| (finding.severity, finding.message.en)).collect()
}

const OUTSIDE: &str = "\
version: 1
zones:
  internet: { external: true }
  lan: { networks: [10.0.1.0/24] }
devices:
  fw: { config: fw.cfg }
attach:
  - { zone: internet, at: \"fw:WAN\" }
";

#[test]
fn administration_that_anybody_outside_reaches() {
    let rule = "management-exposed";
    let topology = OUTSIDE.replace("WAN", "wan1");
    let open = network(rule, "fortios", FORTIGATE, &topology);
    let message = "anybody in the external zone internet can reach the administration of fw \
                   (HTTPS (443), Telnet (23)) by wan1";
    assert_eq!(open, [(Severity::Critical, message.to_owned())]);
    let shut = FORTIGATE.replace("ping https telnet", "ping");
    assert_eq!(network(rule, "fortios", &shut, &topology), []);
    let trusted = format!(
        "{FORTIGATE}config system admin\n    edit \"admin\"\n        set trusthost1 10.0.1.0 255.255.255.0\n    next\nend\n"
    );
    assert_eq!(network(rule, "fortios", &trusted, &topology), [], "only from the inside");
    let contractor =
        topology.replace("external: true }", "external: true, networks: [198.51.100.0/28] }");
    let known = trusted.replace(
        "10.0.1.0 255.255.255.0\n    next\nend\n",
        "198.51.100.0 255.255.255.240\n    next\nend\n",
    );
    assert_eq!(network(rule, "fortios", &known, &contractor), [], "a small network that is listed");
    assert_eq!(network(rule, "fortios", FORTIGATE, &contractor).len(), 1);
}

#[test]
fn a_list_at_the_door_counts() {
    let rule = "management-exposed";
    let topology = OUTSIDE.replace("WAN", "GigabitEthernet0/0");
    let config = |list: &str| {
        format!(
            "version 15.7\nhostname rt\nip access-list extended OUT\n{list}interface GigabitEthernet0/0\n ip address 203.0.113.2 255.255.255.240\n ip access-group OUT in\ninterface GigabitEthernet0/1\n ip address 10.0.1.1 255.255.255.0\nip route 0.0.0.0 0.0.0.0 203.0.113.1\nline vty 0 4\n transport input ssh\n"
        )
    };
    let open = network(rule, "ios", &config(" permit ip any any\n"), &topology);
    assert_eq!(open.iter().map(|(severity, _)| *severity).collect::<Vec<_>>(), [Severity::High]);
    let shut = config(" deny tcp any any eq 22\n permit ip any any\n");
    assert_eq!(network(rule, "ios", &shut, &topology), []);
}

#[test]
fn services_in_the_clear_from_and_to_outside() {
    let rule = "cleartext-service";
    let topology = OUTSIDE.replace("WAN", "wan1");
    let services = "config firewall service custom\n    edit \"HTTP\"\n        set tcp-portrange 80\n    next\n    edit \"FTP\"\n        set tcp-portrange 21\n    next\nend\n";
    let of = |words: &str| {
        let text = FORTIOS.replace("config firewall policy\n", "");
        let text = format!("{text}{services}config firewall policy\n{}end\n", policy(words));
        let found = network(rule, "fortios", &text, &topology);
        found.iter().map(|(severity, _)| *severity).collect::<Vec<_>>()
    };
    assert_eq!(of("1 wan1 dmz all DMZ HTTP accept"), [Severity::Medium]);
    assert_eq!(of("1 lan wan1 LAN all FTP accept"), [Severity::Low]);
    assert_eq!(of("1 lan wan1 LAN all HTTP accept"), [], "pages that people fetch");
    assert_eq!(of("1 wan1 dmz all DMZ HTTPS accept"), []);
    assert_eq!(of("1 lan dmz LAN DMZ FTP accept"), [], "inside");
    assert_eq!(of("1 wan1 dmz all DMZ ALL accept"), [], "what any-any reports");
}
