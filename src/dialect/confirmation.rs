//! How a device is asked what it does with a packet.

use crate::net::{Flow, protocol_name};

/// A packet at a device.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The packet.
    pub flow: &'a Flow,
    /// The interface by which it comes in, by the name that the device gives it.
    pub ingress: &'a str,
    /// The name that a list is bound to (`nameif` of ASA, the security zone of Junos and PAN-OS), when there is one.
    pub from: Option<&'a str>,
    /// The same of the interface by which it leaves.
    pub to: Option<&'a str>,
}

/// The command that shows what the device does with the packet; `None` when the device has none that is known.
#[must_use]
pub fn confirmation(format: &str, asked: Asked<'_>) -> Option<String> {
    let Asked { flow, ingress, from, to } = asked;
    let (src, dst) = (flow.src, flow.dst);
    let (sport, dport) = (flow.source_port, flow.destination_port);
    let ported = matches!(flow.protocol, 6 | 17);
    let protocol = flow.protocol;
    match format {
        "fortios" if ported => Some(format!(
            "diagnose firewall iprope lookup {src} {sport} {dst} {dport} {protocol} {ingress}"
        )),
        "asa" => {
            let name = from.unwrap_or(ingress);
            let word = protocol_name(protocol);
            if ported {
                Some(format!("packet-tracer input {name} {word} {src} {sport} {dst} {dport}"))
            } else if flow.is_icmp() {
                let (kind, code) = (flow.icmp_type, flow.icmp_code);
                Some(format!("packet-tracer input {name} icmp {src} {kind} {code} {dst}"))
            } else {
                Some(format!("packet-tracer input {name} rawip {src} {protocol} {dst}"))
            }
        }
        "panos" => {
            let zones =
                from.zip(to).map_or(String::new(), |(from, to)| format!(" from {from} to {to}"));
            let port = if ported { format!(" destination-port {dport}") } else { String::new() };
            Some(format!(
                "test security-policy-match{zones} source {src} destination {dst} protocol {protocol}{port}"
            ))
        }
        "junos" if ported => {
            let (from, to) = from.zip(to)?;
            let word = protocol_name(protocol);
            Some(format!(
                "show security match-policies from-zone {from} to-zone {to} source-ip {src} destination-ip {dst} source-port {sport} destination-port {dport} protocol {word}"
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{State, TCP_SYN};

    fn flow(protocol: u8) -> Flow {
        Flow {
            src: [172, 20, 10, 20].into(),
            dst: [172, 20, 40, 10].into(),
            protocol,
            source_port: 49152,
            destination_port: 445,
            tcp_flags: if protocol == 6 { TCP_SYN } else { 0 },
            icmp_type: 8,
            icmp_code: 0,
            state: State::New,
        }
    }

    #[test]
    fn each_vendor_is_asked_in_its_own_words() {
        let tcp = flow(6);
        let asked = Asked { flow: &tcp, ingress: "port2", from: Some("dmz"), to: Some("pi") };
        let said = |format| confirmation(format, asked);
        assert_eq!(
            said("fortios").as_deref(),
            Some("diagnose firewall iprope lookup 172.20.10.20 49152 172.20.40.10 445 6 port2")
        );
        assert_eq!(
            said("asa").as_deref(),
            Some("packet-tracer input dmz tcp 172.20.10.20 49152 172.20.40.10 445")
        );
        assert_eq!(
            said("panos").as_deref(),
            Some(
                "test security-policy-match from dmz to pi source 172.20.10.20 destination 172.20.40.10 protocol 6 destination-port 445"
            )
        );
        assert_eq!(
            said("junos").as_deref(),
            Some(
                "show security match-policies from-zone dmz to-zone pi source-ip 172.20.10.20 destination-ip 172.20.40.10 source-port 49152 destination-port 445 protocol tcp"
            )
        );
        assert_eq!(said("yamaha"), None);
    }

    #[test]
    fn protocols_without_ports_have_none() {
        let (icmp, gre) = (flow(1), flow(47));
        let asked = |flow| Asked { flow, ingress: "outside", from: None, to: None };
        assert_eq!(
            confirmation("asa", asked(&icmp)).as_deref(),
            Some("packet-tracer input outside icmp 172.20.10.20 8 0 172.20.40.10")
        );
        assert_eq!(
            confirmation("asa", asked(&gre)).as_deref(),
            Some("packet-tracer input outside rawip 172.20.10.20 47 172.20.40.10")
        );
        assert_eq!(confirmation("fortios", asked(&gre)), None);
        assert_eq!(confirmation("junos", asked(&flow(6))), None, "without its zones");
    }
}
