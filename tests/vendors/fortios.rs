//! FortiOS: one policy a wish, with address and service objects.

use super::{ALL, Traffic, Vendor, Wish, masked};
use sekisho::net::Prefix;
use std::fmt::Write;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "fortios",
    interfaces: ["port1", "port2"],
    carries_addresses: true,
    file: "fw.conf",
    write,
};

fn write(wishes: &[Wish]) -> String {
    let (mut objects, mut services, mut policies) = (String::new(), String::new(), String::new());
    for (number, wish) in wishes.iter().enumerate() {
        let number = number + 1;
        let mut address = |side: &str, prefix: Option<Prefix>| match prefix {
            None => "all".to_owned(),
            Some(prefix) => {
                let name = format!("{side}{number}");
                let subnet = masked(prefix, false);
                let _ =
                    writeln!(objects, "    edit \"{name}\"\n        set subnet {subnet}\n    next");
                name
            }
        };
        let (source, destination) = (address("s", wish.source), address("d", wish.destination));
        let service = match wish.traffic {
            Traffic::Anything => "ALL".to_owned(),
            Traffic::Icmp => "ALL_ICMP".to_owned(),
            Traffic::Tcp(from, to) | Traffic::Udp(from, to) => {
                let protocol = if matches!(wish.traffic, Traffic::Tcp(..)) { "tcp" } else { "udp" };
                let mut range = format!("{}-{}", to.0, to.1);
                if from != ALL {
                    let _ = write!(range, ":{}-{}", from.0, from.1);
                }
                let _ = writeln!(
                    services,
                    "    edit \"p{number}\"\n        set {protocol}-portrange {range}\n    next"
                );
                format!("p{number}")
            }
        };
        let action = if wish.permit { "accept" } else { "deny" };
        let _ = writeln!(
            policies,
            "    edit {number}\n        set srcintf \"port1\"\n        set dstintf \"port2\"\n        set action {action}\n        \
             set srcaddr \"{source}\"\n        set dstaddr \"{destination}\"\n        set schedule \"always\"\n        \
             set service \"{service}\"\n    next"
        );
    }
    format!(
        "#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin\n\
         config system interface\n    edit \"port1\"\n        set vdom \"root\"\n        set ip 10.1.0.1 255.255.0.0\n        \
         set type physical\n    next\n    edit \"port2\"\n        set vdom \"root\"\n        set ip 10.2.0.1 255.255.0.0\n        \
         set type physical\n    next\nend\n\
         config firewall address\n{objects}end\nconfig firewall service custom\n    edit \"ALL\"\n        set protocol IP\n    next\n    \
         edit \"ALL_ICMP\"\n        set protocol ICMP\n        unset icmptype\n    next\n{services}end\n\
         config firewall policy\n{policies}end\n"
    )
}
