//! Services of the device and who may use them.

use super::Reader;
use super::commands::Bin;
use crate::formats::lines::{Block, Word};
use crate::formats::switch::Offer;
use crate::model::Filter;
use crate::net::Family;
use crate::text;

impl<'a> Reader<'a> {
    /// The filter for packets to the device.
    pub(super) fn read_services(&mut self) -> Filter {
        let (on, off) = (self.take(Bin::Service), self.take(Bin::ServiceOff));
        for block in on.iter().chain(&off) {
            self.switch.ledger.used(block.span());
        }
        let lists = vty_lists(&on);
        let find = |words: &[&str]| on.iter().find(|block| block.head.starts(words));
        let mut offers = Vec::new();
        let port =
            on.iter().filter(|block| block.head.starts(&["ssh", "server"])).find_map(|block| {
                block.head.words.iter().skip(2).find_map(|word| word.text.parse::<u16>().ok())
            });
        for (name, ports) in [
            ("service ssh", vec![(6, port.unwrap_or(22))]),
            ("service telnet", vec![(6, 23)]),
            ("service http", vec![(6, 80), (6, 443)]),
        ] {
            let words: Vec<&str> = name.split(' ').collect();
            let stated = find(&words);
            let switched_off = off.iter().find(|block| block.head.rest(1) == name);
            let Some(block) = stated.or(switched_off) else { continue };
            let web = name.ends_with("http");
            offers.push(Offer {
                label: name.to_owned(),
                protocols: &[],
                ports,
                on: stated.is_some(),
                lists: if web { Vec::new() } else { lists.clone() },
                doubt: web.then(|| {
                    text!(
                        "Web 設定画面の待ち受けポートは読み取っていません。",
                        "the ports of the web interface are not read"
                    )
                }),
                span: block.head.span,
            });
        }
        if let Some(block) = find(&["snmp-server"]) {
            let limited = on.iter().any(|block| block.head.words.len() > 4);
            offers.push(Offer {
                label: "snmp-server".to_owned(),
                protocols: &[],
                ports: vec![(17, 161)],
                on: true,
                lists: Vec::new(),
                doubt: limited.then(|| {
                    text!(
                        "SNMP コミュニティーのアクセスリストは読み取っていません。",
                        "access lists of SNMP communities are not read"
                    )
                }),
                span: block.head.span,
            });
        }
        self.switch.local(&offers)
    }
}

/// `vty access-class L`, `vty ipv6 access-class L`.
fn vty_lists<'a>(services: &[Block<'a>]) -> Vec<(Family, Word<'a>)> {
    let mut out = Vec::new();
    for head in services.iter().map(|block| &block.head) {
        let (family, at) = match (head.word(0), head.word(1)) {
            ("vty", "access-class") => (Family::V4, 2),
            ("vty", "ipv6") => (Family::V6, 3),
            _ => continue,
        };
        out.extend(head.words.get(at).map(|word| (family, *word)));
    }
    out
}
