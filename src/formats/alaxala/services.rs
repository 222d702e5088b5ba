//! Services of the device and who may use them.

use super::Reader;
use super::commands::Bin;
use crate::formats::lines::{ConfigLine, Word};
use crate::formats::switch::Offer;
use crate::model::Filter;
use crate::net::Family;
use crate::source::Span;
use crate::text;
use crate::text::Text;

/// What the `line vty` blocks say.
#[derive(Default)]
struct Vty<'a> {
    span: Option<Span>,
    transport: Option<Vec<&'a str>>,
    lists: Vec<(Family, Word<'a>)>,
}

fn partly() -> Text {
    text!("応答する相手の範囲は読み取っていません。", "whom it answers is not read")
}

impl<'a> Reader<'a> {
    /// The filter for packets to the device.
    pub(super) fn read_services(&mut self) -> Filter {
        let mut vty = Vty::default();
        for block in self.take(Bin::Line) {
            vty.span = vty.span.or(Some(block.head.span));
            self.switch.ledger.used(block.span());
            for line in &block.body {
                vty.line(line);
            }
        }
        let services = self.take(Bin::Service);
        let mut offers = Vec::new();
        if let Some(span) = vty.span {
            for (name, port) in [("telnet", 23), ("ssh", 22)] {
                let listed = vty.transport.as_ref();
                let on = listed.is_none_or(|list| list.contains(&name) || list.contains(&"all"));
                let doubt = listed.is_none().then(|| {
                    text!(
                        "transport input の記述がないため、待ち受けるかどうかは装置の既定値によります。",
                        "transport input is not stated; what listens is the default of the device"
                    )
                });
                let label = format!("line vty: {name}");
                let (protocols, ports, lists) = (&[][..], vec![(6, port)], vty.lists.clone());
                offers.push(Offer { label, protocols, ports, on, lists, doubt, span });
            }
        }
        for block in &services {
            self.switch.ledger.used(block.span());
            let head = &block.head;
            let (label, ports) = match head.word(0) {
                "snmp-server" if head.word(1) == "community" => ("snmp-server", vec![(17, 161)]),
                "ftp-server" => ("ftp-server", vec![(6, 21)]),
                "http-server" | "https-server" => ("web server", vec![(6, 80), (6, 443)]),
                _ => continue,
            };
            offers.push(Offer {
                label: label.to_owned(),
                protocols: &[],
                ports,
                on: true,
                lists: Vec::new(),
                doubt: Some(partly()),
                span: head.span,
            });
        }
        self.switch.local(&offers)
    }
}

impl<'a> Vty<'a> {
    fn line(&mut self, line: &ConfigLine<'a>) {
        match (line.word(0), line.word(1)) {
            ("ip", "access-group") => {
                self.lists.extend(line.words.get(2).map(|w| (Family::V4, *w)))
            }
            ("ipv6", "access-class") => {
                self.lists.extend(line.words.get(2).map(|w| (Family::V6, *w)))
            }
            ("transport", "input") => {
                self.transport = Some(line.words.iter().skip(2).map(|word| word.text).collect());
            }
            _ => {}
        }
    }
}
