//! The reading in progress: commands by kind and by what was selected, the device, and small things that every part needs.

use super::commands::{self, Kind};
use super::filter::Filters;
use super::interface::Iface;
use super::nat::Descriptor;
use super::own::OWN;
use super::wrap::Statement;
use crate::formats::Ledger;
use crate::formats::builder::{Builder, line};
use crate::formats::own::Table;
use crate::model::{Action, DoorProtocol, Filter, ListId};
use crate::net::Family;
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// What `pp select` or `tunnel select` chose; indentation says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Select {
    #[default]
    None,
    Pp(String),
    Tunnel(String),
}

/// A command with what was selected when it was given.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub(super) statement: Statement<'a>,
    pub(super) at: Select,
}

/// Each removal looks through earlier commands; an export has hardly any.
const MOST_REMOVALS: usize = 1000;

/// Passes over one file.
pub(super) struct Reader<'a, 'l> {
    pub(super) builder: Builder,
    pub(super) ledger: &'l mut Ledger<'a>,
    pub(super) bins: BTreeMap<Kind, Vec<Item<'a>>>,
    /// The beginning of the file: the span of what follows from a default.
    pub(super) origin: Span,
    /// Static and dynamic filters and filter sets.
    pub(super) filters: Filters<'a>,
    pub(super) interfaces: Vec<Iface<'a>>,
    /// Position in `interfaces`.
    pub(super) names: FxHashMap<String, usize>,
    pub(super) descriptors: BTreeMap<u32, Descriptor>,
    /// Where UPnP is switched on, and the interface whose outer address it opens, when one is named.
    pub(super) upnp: Option<(Span, Option<String>)>,
    /// How many more lines of static NAT entries are written; beyond, what is translated is not followed.
    pub(super) nat_budget: usize,
    /// Lists of filter sets that are bound, so that a set is written once.
    pub(super) set_lists: FxHashMap<(Family, bool, String, String), ListId>,
    /// Servers that are switched off.
    pub(super) off: Vec<DoorProtocol>,
}

impl<'a> Reader<'a, '_> {
    /// Sorts the commands; what no table knows is unknown and could change anything.
    pub(super) fn sort(&mut self, statements: Vec<Statement<'a>>) {
        let own = Table::new(OWN);
        let mut at = Select::None;
        let mut removals = 0usize;
        for statement in statements {
            self.own(&own, &statement);
            let kind = commands::kind(|index| statement.word(index));
            match kind {
                None => self.unknown_command(&statement),
                Some(Kind::Inert) => self.ledger.irrelevant(statement.span),
                Some(Kind::Select) => {
                    at = self.select(&statement);
                }
                Some(kind) if statement.word(0) == "no" => {
                    removals += 1;
                    if removals > MOST_REMOVALS {
                        self.unknown_command(&statement);
                    } else {
                        self.remove(kind, &statement, &at);
                    }
                }
                Some(kind) => {
                    let item = Item { statement, at: at.clone() };
                    self.bins.entry(kind).or_default().push(item);
                }
            }
        }
    }

    /// What a command says of the router itself.
    fn own(&mut self, table: &Table, statement: &Statement<'a>) {
        let words: Vec<&str> = statement.words.iter().map(|word| word.text.as_ref()).collect();
        match words.as_slice() {
            ["telnetd", "service", "off"] => self.off.push(DoorProtocol::Telnet),
            ["httpd", "service", "off"] => self.off.push(DoorProtocol::Http),
            ["sshd", "service", "off"] => self.off.push(DoorProtocol::Ssh),
            _ => {}
        }
        if table.words(&words, &mut self.builder.device.own, statement.span) {
            self.ledger.used(statement.span);
        }
    }

    /// A command that nothing here knows, or whose words make no sense.
    pub(super) fn unknown_command(&mut self, statement: &Statement<'_>) {
        let name = statement.text();
        let reason = text!(
            "「{name}」を解釈できません。転送への影響を否定できないため、この機器のどの通信も通り得ると読みます。",
            "not understood: {name}; it may change anything on this device"
        );
        self.ledger.unknown(statement.span, reason, false);
    }

    fn select(&mut self, statement: &Statement<'a>) -> Select {
        let number = statement.word(2).to_owned();
        let plain = number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty();
        let known = plain || number == "none" || number == "anonymous" && statement.word(0) == "pp";
        if statement.words.len() != 3 || !known {
            self.unknown_command(statement);
            return Select::None;
        }
        let place = match (statement.word(0), number.as_str()) {
            (_, "none") => Select::None,
            ("pp", _) => Select::Pp(number),
            _ => Select::Tunnel(number),
        };
        if let Some(name) = place.interface() {
            self.interface(&name, statement.span);
        }
        self.ledger.used(statement.span);
        place
    }

    /// The commands of a kind, which has none afterwards.
    pub(super) fn take(&mut self, kind: Kind) -> Vec<Item<'a>> {
        self.bins.remove(&kind).unwrap_or_default()
    }

    /// A list of one line for every packet of a family, or of both.
    pub(super) fn blanket(
        &mut self,
        label: &str,
        family: Option<Family>,
        action: Action,
        span: Span,
    ) -> ListId {
        let matches = self.builder.everything(family, span);
        self.builder.list(label, vec![line(label.to_owned(), matches, action, span)])
    }

    /// A filter with one line for every packet of a family, or of both.
    pub(super) fn switch(
        &mut self,
        name: &'static str,
        label: &str,
        family: Option<Family>,
        action: Action,
        span: Span,
    ) -> Filter {
        let list = self.blanket(label, family, action, span);
        self.builder.filter(name, vec![list], Action::Permit, name, None)
    }
}

impl Select {
    /// The name of the selected interface.
    pub(super) fn interface(&self) -> Option<String> {
        match self {
            Select::None => None,
            Select::Pp(number) if number == "anonymous" => Some("pp-anonymous".to_owned()),
            Select::Pp(number) => Some(format!("pp{number}")),
            Select::Tunnel(number) => Some(format!("tunnel{number}")),
        }
    }
}

/// The family of a command that begins with `ip` or `ipv6`.
pub(super) fn family_of(statement: &Statement<'_>) -> Family {
    if statement.word(0) == "ipv6" { Family::V6 } else { Family::V4 }
}

/// Why a line break makes a command uncertain.
pub(super) fn wrapped_reason() -> Text {
    text!(
        "行の折り返しで数字が分かれており、番号を一意に復元できません。この行が決める通信は通るとも止まるとも読みます。",
        "a line break goes through the numbers and leaves open which they are; what this line decides may pass or be stopped"
    )
}
