//! What the device itself answers, and whom.

use super::Switch;
use crate::formats::acl::{Found, derive};
use crate::formats::builder::{line, unknown};
use crate::formats::lines::Word;
use crate::model::{Action, Filter, Line};
use crate::net::Family;
use crate::source::Span;
use crate::text::Text;

/// A service that the configuration states.
#[derive(Debug)]
pub(in crate::formats) struct Offer<'a> {
    pub(in crate::formats) label: String,
    /// Whole protocols besides the ports.
    pub(in crate::formats) protocols: &'static [u8],
    pub(in crate::formats) ports: Vec<(u8, u16)>,
    /// Whether it is switched on.
    pub(in crate::formats) on: bool,
    /// Whom it answers, by family; none is everybody.
    pub(in crate::formats) lists: Vec<(Family, Word<'a>)>,
    /// Why it may answer others, or not all of them.
    pub(in crate::formats) doubt: Option<Text>,
    pub(in crate::formats) span: Span,
}

impl<'a> Switch<'a> {
    /// The filter for packets to the device. What else it listens on is not known, so everything else may be answered.
    pub(in crate::formats) fn local(&mut self, offers: &[Offer<'a>]) -> Filter {
        let mut lines: Vec<Line> = Vec::new();
        let span = self.origin;
        for (protocol, label) in [(1, "icmp"), (58, "icmpv6")] {
            let mut matches = self.build.everything(None, span);
            matches.service = self.build.protocol(protocol, span);
            lines.push(line(format!("{label} to the device"), matches, Action::Permit, span));
        }
        for offer in offers {
            self.offer(offer, &mut lines);
        }
        let matches = self.build.everything(None, span);
        let label = "services that the configuration does not state".to_owned();
        lines.push(line(label, matches, Action::Undecided, span));
        let list = self.build.list("management", lines);
        self.build.filter("management", vec![list], Action::Deny, "no service", None)
    }

    fn offer(&mut self, offer: &Offer<'a>, lines: &mut Vec<Line>) {
        let span = offer.span;
        let protocols = offer.protocols.iter().map(|number| self.build.protocol(*number, span));
        let mut members: Vec<_> = protocols.collect();
        members.extend(
            offer.ports.iter().map(|(protocol, port)| self.build.one_port(*protocol, *port, span)),
        );
        let service = self.build.services(members, span);
        for family in Family::ALL {
            let mut matches = self.build.everything(Some(family), span);
            matches.service = service;
            if !offer.on {
                lines.push(line(format!("no {}", offer.label), matches, Action::Deny, span));
                continue;
            }
            matches.unknown.extend(offer.doubt.clone().map(|reason| unknown(reason, span)));
            let name = offer.lists.iter().rfind(|(of, _)| *of == family).map(|(_, name)| *name);
            let found = name.map(|name| self.list(family, name));
            let rest = matches.clone();
            let action = match found {
                Some(Found::List(list)) => {
                    let chain = derive(&mut self.build, list, Action::Permit, Action::Deny);
                    Action::Jump(chain)
                }
                // Only the other family's hosts are listed.
                None if !offer.lists.is_empty() => Action::Undecided,
                Some(Found::Empty | Found::Undefined) => Action::Undecided,
                None => Action::Permit,
            };
            lines.push(line(offer.label.clone(), matches, action, span));
            if matches!(action, Action::Jump(_)) {
                let label = format!("{}: not in the list", offer.label);
                lines.push(line(label, rest, Action::Deny, span));
            }
        }
    }
}
