use super::*;
use crate::net::TCP_ACK;

fn read(world: &Pair, text: &str) -> Result<Vec<FlowRow>, Vec<FlowError>> {
    read_flows(&world.net.snapshot, text)
}

fn world() -> Pair {
    pair(|fw| {
        let port1 = fw.device.interface("port1").unwrap();
        fw.device.interfaces[port1].alias = Some("LAN:1".to_owned());
        let https = fw.port(6, 443, 443);
        let permit = line("policy 1", Match { service: https, ..fw.any() }, Action::Permit);
        fw.policy(vec![permit]);
    })
}

#[test]
fn columns_come_in_any_order_and_empty_cells_have_defaults() {
    let text = "\u{feff}protocol,dst,src,ingress,destination_port,state\r\n\
                tcp,10.0.2.5,10.0.1.5,a,https,\r\n\
                6,10.0.2.5,10.0.1.5,fw:port1,443,established\r\n\
                icmpv6,fd00:2::5,fd00:1::5,fw:LAN:1,,\r\n";
    let rows = read(&world(), text).unwrap();
    assert_eq!(rows[0].flow, tcp("10.0.1.5", "10.0.2.5", 443));
    assert_eq!(rows[0].ingress, Ingress::Zone(ZoneId::from_index(0)));
    let port = Ingress::Port(at(DeviceId::from_index(0), InterfaceId::from_index(0)));
    assert_eq!((rows[1].ingress, rows[2].ingress), (port, port));
    assert_eq!((rows[1].flow.tcp_flags, rows[1].flow.state), (TCP_ACK, State::Established));
    assert_eq!((rows[2].flow.protocol, rows[2].flow.icmp_type, rows[2].row), (58, 128, 3));
}

#[test]
fn flags_are_names_letters_or_numbers() {
    for (word, flags) in [("\"syn,ack\"", 0x12), ("SA", 0x12), ("0x12", 0x12), ("18", 18), ("s", 2)]
    {
        let text = format!("ingress,src,dst,protocol,tcp_flags\na,10.0.1.5,10.0.2.5,tcp,{word}\n");
        assert_eq!(read(&world(), &text).unwrap()[0].flow.tcp_flags, flags, "{word}");
    }
}

#[test]
fn every_fault_is_named_with_line_and_column() {
    let faults = |text: &str| -> Vec<(u64, Option<String>)> {
        let errors = read(&world(), text).unwrap_err();
        errors.into_iter().map(|error| (error.line, error.column)).collect()
    };
    let at = |line, column: &str| (line, Some(column.to_owned()));
    assert_eq!(faults(""), [(1, None)]);
    assert_eq!(faults("ingress,src,dst,protocol,vlan\n"), [at(1, "vlan")]);
    assert_eq!(faults("ingress,src,src,protocol\n"), [at(1, "src"), at(1, "dst")]);
    let rows = "ingress,src,dst,protocol,source_port\n\
                nowhere,10.0.1.5,10.0.2.5,tcp,\n\
                a,10.0.1.5,fd00:2::5,tcp,\n\
                a,10.0.1.5,10.0.2.5,icmp,7\n\
                a,10.0.1.300,10.0.2.5,tcp,\n\
                a,10.0.1.5,10.0.2.5,,\n\
                a,10.0.1.5,10.0.2.5,tcp,1,2\n";
    let expected = [
        at(2, "ingress"),
        at(3, "dst"),
        at(4, "source_port"),
        at(5, "src"),
        at(6, "protocol"),
        (7, None),
    ];
    assert_eq!(faults(rows), expected);
}

#[test]
fn results_say_what_became_of_every_row() {
    let world = world();
    let text = "ingress,src,dst,protocol,destination_port\n\
                a,10.0.1.5,10.0.2.5,tcp,443\n\
                a,10.0.1.5,10.0.2.5,tcp,80\n\
                a,10.0.1.5,192.0.2.1,tcp,443\n";
    let results = judge_flows(&world.net.snapshot, &read(&world, text).unwrap());
    let words: Vec<_> = results.iter().map(|r| (r.row, r.disposition, r.verdict.id())).collect();
    let expected =
        [(1, "delivered", "delivered"), (2, "denied", "dropped"), (3, "no-route", "dropped")];
    assert_eq!(words, expected);
    assert_eq!(results[0].delivered_to, ["b"]);
    assert_eq!(results[0].lines.last().unwrap().label, "policy 1");
    assert!(results[1].delivered_to.is_empty());
}
