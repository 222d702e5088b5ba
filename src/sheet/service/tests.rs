use super::*;

fn read(cell: &str, protocols: &[u8]) -> String {
    let found = services(cell, protocols, &ServiceNames::new());
    let mut out: Vec<String> = found
        .words
        .iter()
        .map(|word| match (word.protocol, word.icmp_type) {
            (None, _) => "any".to_owned(),
            (Some(p), Some(kind)) => format!("{p} type {kind}"),
            (Some(p), None) if word.destination == PortRange::ALL => format!("{p}"),
            (Some(p), None) => {
                format!("{p}/{}-{}", word.destination.first(), word.destination.last())
            }
        })
        .collect();
    out.extend(found.names.iter().map(|name| format!("name {name}")));
    out.extend(found.conventions.iter().map(|(word, _)| format!("convention {word}")));
    out.extend(found.doubt.map(|_| "?".to_owned()));
    out.join(" ")
}

#[test]
fn forms_that_say_one_thing() {
    assert_eq!(read("tcp/443", &[]), "6/443-443");
    assert_eq!(read("TCP 80,443", &[]), "6/80-80 6/443-443");
    assert_eq!(read("ＴＣＰ：８０", &[]), "6/80-80");
    assert_eq!(read("443/tcp", &[]), "6/443-443");
    assert_eq!(read("TCP80 UDP53", &[]), "6/80-80 17/53-53");
    assert_eq!(read("TCP/UDP 53", &[]), "6/53-53 17/53-53");
    assert_eq!(read("TCP・UDP 53", &[]), "6/53-53 17/53-53");
    assert_eq!(read("TCP any", &[]), "6");
    assert_eq!(read("tcp/any、udp/53", &[]), "6 17/53-53");
    assert_eq!(read("icmp", &[]), "1");
    assert_eq!(read("ping", &[]), "1 type 8");
    assert_eq!(read("HTTP(S)", &[]), "6/80-80 6/443-443");
    assert_eq!(read("HTTPS(443)", &[]), "6/443-443");
    assert_eq!(read("業務通信(TCP/8080)", &[]), "6/8080-8080");
    assert_eq!(read("443(TCP)", &[]), "6/443-443");
    assert_eq!(read("UDP 53⏎TCP 443", &[]), "17/53-53 6/443-443");
    assert_eq!(read("80,443", &[6]), "6/80-80 6/443-443");
    assert_eq!(read("137～139", &[17]), "17/137-139");
    assert_eq!(read("1024以上", &[6]), "6/1024-65535");
    assert_eq!(read("すべて", &[6]), "6");
    assert_eq!(read("any", &[]), "any");
    assert_eq!(read("esp gre", &[]), "50 47");
}

/// Every number up to 255 is that of a protocol, too.
#[test]
fn a_number_beside_a_protocol_is_a_port() {
    assert_eq!(read("tcp/22", &[]), "6/22-22");
    assert_eq!(read("udp/53", &[]), "17/53-53");
    assert_eq!(read("80/tcp", &[]), "6/80-80");
    assert_eq!(read("ＴＣＰ／８０", &[]), "6/80-80");
    assert_eq!(read("tcp/80,443", &[]), "6/80-80 6/443-443");
    assert_eq!(read("TCP/80・443", &[]), "6/80-80 6/443-443");
    assert_eq!(read("HTTP(TCP/80)", &[]), "6/80-80");
    assert_eq!(read("SSH (TCP/22)", &[]), "6/22-22");
    assert_eq!(read("TCP/UDP/53", &[]), "6/53-53 17/53-53");
    assert_eq!(read("icmp/8", &[]), "1 type 8");
    assert_eq!(read("proto50", &[]), "50");
    assert_eq!(read("プロトコル47", &[]), "47");
}

#[test]
fn a_column_of_protocols_holds_their_numbers() {
    assert_eq!(protocol_column("6"), Some(vec![6]));
    assert_eq!(protocol_column("6,17"), Some(vec![6, 17]));
    assert_eq!(protocol_column("TCP (6)"), Some(vec![6]));
    assert_eq!(protocol_column("6（TCP）"), Some(vec![6]));
    assert_eq!(protocol_column("TCP(6)、UDP(17)"), Some(vec![6, 17]));
    assert_eq!(protocol_column("TCP UDP"), Some(vec![6, 17]));
    for other in ["22", "443", "TCP/6", "TCP(17)", "TCP/80", "HTTP", ""] {
        assert_eq!(protocol_column(other), None, "{other}");
    }
}

#[test]
fn words_of_everyday_speech_are_told() {
    assert_eq!(read("Web", &[]), "6/80-80 6/443-443 convention Web");
    assert!(read("ファイル共有", &[]).ends_with("convention ファイル共有"));
}

#[test]
fn what_can_mean_two_things_is_a_doubt() {
    assert_eq!(read("443", &[]), "6/443-443 17/443-443 ?");
    assert_eq!(read("AD認証一式", &[]), "name AD認証一式");
    assert_eq!(read("80443", &[6]), "name 80443");
    assert_eq!(read("HTTPS(8443)", &[]), "name HTTPS(8443)");
    assert_eq!(read("2026-01-02", &[6]), "name 2026-01-02");
    assert_eq!(read("TCP(6)", &[]), "6 ?");
    assert_eq!(read("TCP、UDP 53", &[]), "6 17/53-53 ?");
    assert_eq!(read("(443)", &[]), "name (443)");
}
