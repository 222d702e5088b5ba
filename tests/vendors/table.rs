//! Rule tables: a sheet with zone and address columns.

use super::{ALL, Traffic, Vendor, Wish};
use sekisho::net::Prefix;
use std::fmt::Write;

pub(crate) const VENDOR: Vendor = Vendor {
    format: "table",
    interfaces: ["side-a", "side-b"],
    carries_addresses: false,
    file: "fw.csv",
    write,
};

fn write(wishes: &[Wish]) -> String {
    let mut sheet = "送信元ゾーン,送信元IPアドレス,宛先ゾーン,宛先IPアドレス,プロトコル,送信元ポート,宛先ポート,アクション\n".to_owned();
    for wish in wishes {
        let (protocol, from, to) = match wish.traffic {
            Traffic::Anything => ("any", ALL, ALL),
            Traffic::Icmp => ("ICMP", ALL, ALL),
            Traffic::Tcp(from, to) => ("TCP", from, to),
            Traffic::Udp(from, to) => ("UDP", from, to),
        };
        let (from, to) = match protocol {
            "TCP" | "UDP" => (ports(from), ports(to)),
            _ => ("any".to_owned(), "any".to_owned()),
        };
        let (source, destination) = (address(wish.source), address(wish.destination));
        let action = if wish.permit { "許可" } else { "拒否" };
        let _ =
            writeln!(sheet, "side-a,{source},side-b,{destination},{protocol},{from},{to},{action}");
    }
    sheet + "any,any,any,any,any,any,any,拒否\n"
}

fn address(prefix: Option<Prefix>) -> String {
    prefix.map_or("any".to_owned(), |prefix| prefix.to_string())
}

fn ports(ports: (u16, u16)) -> String {
    match ports {
        ALL => "any".to_owned(),
        (a, b) if a == b => a.to_string(),
        (a, b) => format!("{a}-{b}"),
    }
}
