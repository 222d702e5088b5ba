//! Whole configurations of NEC UNIVERGE IX routers: what was read, and what becomes of packets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and reads the repository"
)]

use sekisho::model::LineStatus;
use sekisho::net::{Flow, State, TCP_ACK, TCP_SYN};
use sekisho::scan::{self, Files, Loaded, Options};
use sekisho::snapshot::{Place, Port};
use sekisho::trace::{self, Ingress};
use std::path::Path;

fn load(name: &str) -> Loaded {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats/nec-ix").join(name);
    read(name, std::fs::read(path).unwrap())
}

fn read(name: &str, bytes: Vec<u8>) -> Loaded {
    let files = Files { name: "ix".to_owned(), entries: vec![(name.to_owned(), bytes)] };
    scan::load(files, &Options::default()).unwrap()
}

/// How many lines have each status: used, irrelevant, unsupported, unknown.
fn counts(loaded: &Loaded) -> [usize; 4] {
    use LineStatus::{Irrelevant, Unknown, Unsupported, Used};
    let coverage = &loaded.snapshot.coverage[0][0];
    [Used, Irrelevant, Unsupported, Unknown].map(|status| coverage.count(status))
}

fn packet(protocol: u8, src: &str, dst: &str, port: u16, state: State) -> Flow {
    Flow {
        src: src.parse().unwrap(),
        dst: dst.parse().unwrap(),
        protocol,
        source_port: 40000,
        destination_port: port,
        tcp_flags: if state == State::New { TCP_SYN } else { TCP_ACK },
        icmp_type: 8,
        icmp_code: 0,
        state,
    }
    .normalised()
}

/// Whether the packet surely, perhaps or never ends anywhere (`self`: at the device) after it arrived at the interface.
fn ask(loaded: &Loaded, ingress: &str, own: bool, flow: Flow) -> &'static str {
    let snapshot = &loaded.snapshot;
    let device = snapshot.devices.ids().next().unwrap();
    let interface = snapshot.devices[device].interface(ingress).unwrap();
    let ingress = Ingress::Port(Port { device, interface });
    let trace = trace::trace(snapshot, ingress, flow, &Default::default());
    let ends = trace
        .ends
        .iter()
        .filter(|end| end.place().is_some_and(|place| matches!(place, Place::Device(_)) == own));
    match ends.map(|end| end.certain).max() {
        None => "never",
        Some(false) => "perhaps",
        Some(true) => "surely",
    }
}

#[test]
fn a_branch_office_with_pppoe_napt_and_ipsec() {
    let loaded = load("branch-office.cfg");
    assert_eq!(counts(&loaded)[2..], [1, 0]);
    let device = loaded.snapshot.devices.iter().next().unwrap().1;
    assert_eq!(device.version.as_deref(), Some("IX2215 10.2.42"));
    let tcp = |src, dst, port| packet(6, src, dst, port, State::New);
    let forward = |ingress, flow| ask(&loaded, ingress, false, flow);
    let (counter, staff, guest) = ("GigaEthernet2:1.0", "GigaEthernet2:2.0", "GigaEthernet2:3.0");
    // Counter clients reach the centre and nobody else.
    assert_eq!(forward(counter, tcp("192.168.40.101", "10.20.0.9", 443)), "surely");
    assert_eq!(forward(counter, tcp("192.168.40.101", "192.168.50.9", 445)), "never");
    assert_eq!(forward(counter, tcp("192.168.40.101", "198.51.100.7", 443)), "never");
    // Guests reach the web and no private network; the outward filter looks at nothing that NAPT changes.
    assert_eq!(forward(guest, tcp("192.168.60.70", "198.51.100.7", 443)), "surely");
    assert_eq!(forward(guest, tcp("192.168.60.70", "198.51.100.7", 25)), "never");
    assert_eq!(forward(guest, tcp("192.168.60.70", "10.20.0.9", 443)), "never");
    assert_eq!(forward(guest, tcp("192.168.60.70", "192.168.50.9", 80)), "never");
    assert_eq!(forward(staff, tcp("192.168.50.9", "192.168.40.101", 445)), "never");
    // From outside nothing new comes in; the tunnel brings the centre, to the office only.
    assert_eq!(forward("GigaEthernet0.1", tcp("198.51.100.7", "192.168.50.9", 445)), "never");
    assert_eq!(forward("Tunnel0.0", tcp("10.30.0.9", "192.168.50.9", 445)), "surely");
    assert_eq!(forward("Tunnel0.0", tcp("10.30.0.9", "192.168.40.101", 445)), "never");
    // Replies may come back through what the dynamic list noted.
    let reply = packet(6, "198.51.100.7", "192.168.60.70", 50000, State::Established);
    assert_eq!(forward("GigaEthernet0.1", reply), "perhaps");
    // Management: SSH for the first 64 addresses of the staff network.
    let own = |ingress, flow| ask(&loaded, ingress, true, flow);
    assert_eq!(own(staff, tcp("192.168.50.9", "192.168.50.1", 22)), "surely");
    assert_eq!(own(staff, tcp("192.168.50.99", "192.168.50.1", 22)), "never");
    assert_eq!(own(guest, tcp("192.168.60.70", "192.168.60.1", 22)), "never");
}

#[test]
fn a_school_with_sub_interfaces_and_both_families() {
    let loaded = load("school-lan.cfg");
    assert_eq!(counts(&loaded)[2..], [1, 0]);
    let tcp = |src, dst, port| packet(6, src, dst, port, State::New);
    let forward = |ingress, flow| ask(&loaded, ingress, false, flow);
    let (office, pupils, staff) = ("GigaEthernet1.10", "GigaEthernet1.20", "GigaEthernet1.30");
    assert_eq!(forward(office, tcp("10.51.10.5", "10.51.40.10", 9100)), "surely");
    assert_eq!(forward(office, tcp("10.51.10.5", "10.51.20.60", 445)), "never");
    // Line 15 stands last in the file and is met second: line 10 has permitted before, for the sources that it names.
    assert_eq!(forward(office, tcp("10.51.10.5", "10.50.66.9", 443)), "surely");
    assert_eq!(forward(office, tcp("10.51.11.5", "10.50.66.9", 443)), "never");
    for target in ["10.51.10.5", "10.51.30.5", "10.51.90.5"] {
        assert_eq!(forward(pupils, tcp("10.51.21.60", target, 445)), "never", "{target}");
    }
    assert_eq!(forward(pupils, tcp("10.51.21.60", "10.51.40.10", 9100)), "surely");
    assert_eq!(forward(staff, tcp("10.51.30.5", "10.51.40.15", 9100)), "surely");
    assert_eq!(forward(staff, tcp("10.51.30.5", "10.51.40.16", 9100)), "never");
    // The management network answers to nobody but the centre; what it opened may come back.
    assert_eq!(forward(office, tcp("10.51.10.5", "10.51.90.5", 443)), "never");
    assert_eq!(forward("GigaEthernet0.0", tcp("10.50.0.9", "10.51.90.5", 443)), "surely");
    assert_eq!(forward("GigaEthernet0.0", tcp("10.50.9.9", "10.51.90.5", 443)), "never");
    let reply = packet(6, "10.50.9.9", "10.51.90.5", 50000, State::Established);
    assert_eq!(forward("GigaEthernet0.0", reply), "perhaps");
    // IPv6: pupils stay out of the office network, and nothing new comes in but from the centre.
    let six = "2001:db8:51:10::9";
    assert_eq!(forward(pupils, tcp("2001:db8:51:20::5", six, 445)), "never");
    assert_eq!(forward("GigaEthernet0.0", tcp("2001:db8:99::5", six, 445)), "never");
    assert_eq!(forward("GigaEthernet0.0", tcp("2001:db8:50::5", six, 445)), "surely");
    let own = |ingress, flow| ask(&loaded, ingress, true, flow);
    assert_eq!(own(pupils, tcp("10.51.21.60", "10.51.20.1", 22)), "never");
    assert_eq!(own("GigaEthernet1.90", tcp("10.51.90.5", "10.51.90.1", 22)), "surely");
}

/// The lines of the first file that are unknown, as text.
fn unknown(loaded: &Loaded) -> Vec<&str> {
    let coverage = &loaded.snapshot.coverage[0][0];
    let gaps = coverage.gaps.iter().filter(|gap| gap.status == LineStatus::Unknown);
    gaps.map(|gap| loaded.sources.text(gap.span)).collect()
}

#[test]
fn a_copy_without_indentation_reads_the_same() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats/nec-ix/branch-office.cfg");
    let text = std::fs::read_to_string(path).unwrap();
    let start = text.find("interface GigaEthernet2:3.0").unwrap();
    let end = start + text[start..].find("!\n").unwrap();
    let flat: String = text[start..end].lines().map(|line| format!("{}\n", line.trim())).collect();
    let loaded = read("flat.cfg", format!("{}{flat}{}", &text[..start], &text[end..]).into_bytes());
    assert_eq!(unknown(&loaded), Vec::<&str>::new());
    let flow = packet(6, "192.168.60.70", "10.20.0.9", 443, State::New);
    assert_eq!(ask(&loaded, "GigaEthernet2:3.0", false, flow), "never");
}

#[test]
fn half_a_file_says_nothing_surely_that_the_whole_denies() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats/nec-ix/branch-office.cfg");
    let text = std::fs::read_to_string(path).unwrap();
    // The list of the guests ends after its second line: what came later is missing, so the end of the list denies more.
    let cut = text.find("ip access-list guest-in deny ip src any dest 192.168.0.0/16").unwrap();
    let rest = text.find("! WAN\n").unwrap();
    let loaded = read("cut.cfg", format!("{}{}", &text[..cut], &text[rest..]).into_bytes());
    let flow = packet(6, "192.168.60.70", "192.168.50.9", 80, State::New);
    assert_eq!(ask(&loaded, "GigaEthernet2:3.0", false, flow), "never");
}

#[test]
fn cp932_descriptions_do_not_hinder() {
    // 職員 in CP932.
    let bytes = [
        b"interface GigaEthernet0.0\r\n  description \x90\x45\x88\xf5\r\n".as_slice(),
        b"  ip address 192.168.10.1/24\r\n  no shutdown\r\n!\r\n",
    ];
    let loaded = read("sjis.cfg", bytes.concat());
    assert_eq!(unknown(&loaded), Vec::<&str>::new());
    assert_eq!(loaded.snapshot.devices.iter().next().unwrap().1.interfaces.len(), 1);
}

#[test]
fn a_zone_at_a_member_of_a_bridge_is_refused_for_that_reason() {
    let port = |name: &str| {
        format!("interface {name}\n  no ip address\n  bridge-group 1\n  no shutdown\n!\n")
    };
    let config = format!(
        "hostname ix\nbridge irb enable\n{}{}",
        port("GigaEthernet0.0"),
        port("GigaEthernet1.0")
    );
    let topology = "version: 1\nzones:\n  a: { networks: [192.168.10.0/25] }\ndevices:\n  ix: { config: ix.cfg }\n\
                    attach: [ { zone: a, at: \"ix:GigaEthernet0.0\" } ]\n";
    let entry = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let entries = vec![entry("ix.cfg", &config), entry("topology.yaml", topology)];
    let files = Files { name: "ix".to_owned(), entries };
    let refused = scan::load(files, &Options::default());
    let words = format!("{:?}", refused.err().unwrap());
    assert!(words.contains("is a member of a bridge"), "{words}");
}
