//! What packets from outside may reach while a translation is in use, and entries that could not be read.

use super::inward::Use;
use super::{Descriptor, first};
use crate::formats::builder::unknown;
use crate::formats::yamaha::interface::Iface;
use crate::formats::yamaha::reader::Reader;
use crate::model::{AddressMap, Line, PortMap, Rewrite};
use crate::net::{AddressRange, PortRange};
use crate::text;
use crate::text::Text;

const ANY_PORT: Option<PortMap> = Some(PortMap::Within(PortRange::ALL));

impl<'a> Reader<'a, '_> {
    /// An outer address that NAT has lent to a host inside leads to it, whoever sends.
    pub(super) fn lent(&mut self, descriptor: &Descriptor, one: &Use<'_>, lines: &mut Vec<Line>) {
        if descriptor.exchanges() {
            let inner = descriptor.inner.clone();
            let label = format!("nat descriptor {} (in use)", one.number);
            let what = (label, lent_reason());
            lines.push(self.perhaps_to(one.outer.as_deref(), inner, None, one, what));
        }
    }

    /// Ports that hosts inside open by UPnP.
    pub(super) fn upnp_entries(
        &mut self,
        iface: &Iface<'a>,
        descriptor: &Descriptor,
        one: &Use<'_>,
        lines: &mut Vec<Line>,
    ) {
        let Some((span, by)) = self.upnp.clone() else { return };
        if descriptor.masquerades() && by.is_none_or(|by| by == iface.name) {
            let own = first(one.outer.as_deref());
            let one = Use { span, outer: None, ..*one };
            let own = own.as_ref().map(std::slice::from_ref);
            let inner = descriptor.inner.clone();
            let what = ("upnp use on".to_owned(), upnp_reason());
            lines.push(self.perhaps_to(own, inner, ANY_PORT, &one, what));
        }
    }

    /// Entries that could not be read.
    pub(super) fn unread_entries(
        &mut self,
        descriptor: &Descriptor,
        one: &Use<'_>,
        lines: &mut Vec<Line>,
    ) {
        for (inner, span) in &descriptor.unread {
            let one = Use { span: *span, outer: None, ..*one };
            let label = format!("nat descriptor {} (not understood)", one.number);
            let inner = inner.map(|inner| vec![inner]);
            lines.push(self.perhaps_to(None, inner, ANY_PORT, &one, (label, unread_reason())));
        }
    }

    /// Packets to an outer address may go to an inner one.
    fn perhaps_to(
        &mut self,
        outer: Option<&[AddressRange]>,
        inner: Option<Vec<AddressRange>>,
        destination_port: Option<PortMap>,
        one: &Use<'_>,
        (label, reason): (String, Text),
    ) -> Line {
        let span = one.span;
        let destination = self.outer_object(outer, span);
        let service = self.builder.any_service(span);
        let mut matches = self.to(destination, service, one, span);
        matches.unknown.push(unknown(reason, span));
        let rewrite = Rewrite {
            destination: Some(inner.map_or(AddressMap::Unknown, AddressMap::Pool)),
            destination_port,
            ..Rewrite::default()
        };
        self.rewriting(label, matches, rewrite, span)
    }
}

fn lent_reason() -> Text {
    text!(
        "内側の端末が通信している間は、その端末に割り当てた外側アドレス宛ての通信が外側から届くことがあります。",
        "while a host inside uses an outer address, packets from outside to that address may reach it"
    )
}

fn upnp_reason() -> Text {
    text!(
        "UPnP により、内側の端末が外側からの通信を受けるポートを開くことがあります。",
        "hosts inside may open ports for packets from outside by UPnP"
    )
}

fn unread_reason() -> Text {
    text!(
        "このNATの設定は解釈できないため、内側への変換に使われ得ると読みます。",
        "this NAT entry is not understood; it may translate to hosts inside"
    )
}
