//! `ip filter`, `ip filter dynamic`, `ip filter set` and their IPv6 kin: definitions, not yet bound anywhere.

use super::address;
use super::commands::Kind;
use super::reader::{Reader, family_of};
use super::service::{self, Application};
use super::wrap::{Statement, Word};
use crate::formats::builder::{line, unknown};
use crate::model::{Action, AddressId, Line, ServiceId};
use crate::net::Family;
use crate::source::Span;
use crate::text;
use crate::text::Text;
use rustc_hash::{FxHashMap, FxHashSet};

/// Words of a dynamic filter beyond this number are from no router.
const MOST_WORDS: usize = 512;

/// What the file defines.
#[derive(Debug, Default)]
pub(super) struct Filters<'a> {
    /// The line of each static filter.
    pub(super) fixed: FxHashMap<(Family, u32), Line>,
    pub(super) dynamic: FxHashMap<(Family, u32), Dynamic<'a>>,
    pub(super) sets: FxHashMap<(Family, String), Set<'a>>,
}

/// A dynamic filter.
#[derive(Clone, Debug)]
pub(super) struct Dynamic<'a> {
    pub(super) source: AddressId,
    pub(super) destination: AddressId,
    pub(super) watches: Watches<'a>,
    pub(super) span: Span,
}

/// What a dynamic filter watches.
#[derive(Clone, Debug)]
pub(super) enum Watches<'a> {
    Application(Application),
    /// The name is not known.
    Unknown,
    /// The connections of static filters, which open further ones: back and along.
    Filters {
        triggers: Vec<Word<'a>>,
        back: Vec<Word<'a>>,
        along: Vec<Word<'a>>,
    },
}

/// The lists of one direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain<'a> {
    pub(super) fixed: Vec<Word<'a>>,
    pub(super) dynamic: Vec<Word<'a>>,
    /// Whether the words leave open what the list is.
    pub(super) doubt: bool,
    pub(super) span: Option<Span>,
}

/// A filter set.
#[derive(Clone, Debug, Default)]
pub(super) struct Set<'a> {
    pub(super) inward: Option<Chain<'a>>,
    pub(super) outward: Option<Chain<'a>>,
}

/// Numbers, after `dynamic` those of dynamic filters. A word that is no number makes the list doubtful.
pub(super) fn chain<'a>(words: &[Word<'a>], statement: &Statement<'a>) -> Chain<'a> {
    let mut chain =
        Chain { doubt: statement.doubt, span: Some(statement.span), ..Chain::default() };
    let mut dynamic = false;
    let mut seen = FxHashSet::default();
    for word in words {
        match word.text.as_ref() {
            "dynamic" if !dynamic => dynamic = true,
            text if text.parse::<u32>().is_err() => chain.doubt = true,
            text if dynamic => {
                if seen.insert(text) {
                    chain.dynamic.push(word.clone());
                }
            }
            _ => chain.fixed.push(word.clone()),
        }
    }
    chain
}

impl<'a> Reader<'a, '_> {
    /// Reads all definitions; a later one with the same number takes the place of an earlier one.
    pub(super) fn read_filters(&mut self) {
        for item in self.take(Kind::Filter) {
            self.static_filter(&item.statement);
        }
        for item in self.take(Kind::Dynamic) {
            self.dynamic_filter(&item.statement);
        }
        for item in self.take(Kind::Set) {
            self.filter_set(&item.statement);
        }
    }

    fn static_filter(&mut self, statement: &Statement<'a>) {
        let (family, span) = (family_of(statement), statement.span);
        let Ok(number) = statement.word(2).parse::<u32>() else {
            return self.unknown_command(statement);
        };
        let (action, log) = action(statement.word(3));
        let mut matches = self.builder.everything(Some(family), span);
        let mut certain = action.is_some();
        for (at, destination) in [(4, false), (5, true)] {
            let Some(word) = statement.words.get(at) else { continue };
            let read = address::read(&mut self.builder, family, word);
            certain &= read.certain;
            let place = if destination { &mut matches.destination } else { &mut matches.source };
            *place = read.id;
        }
        let read = service::read(&mut self.builder, family, statement.from(6), span);
        matches.service = read.id;
        certain &= read.certain;
        let short = statement.words.len() < 5;
        let long = statement.words.len() > 9;
        if short || long || statement.doubt {
            certain = false;
            let reason = text!(
                "フィルター定義の語が足りないか、余分です。",
                "words are missing from this filter, or there are too many"
            );
            matches.unknown.push(unknown(reason, span));
        }
        if certain {
            self.ledger.used(span);
        } else {
            self.uncertain_filter(statement);
        }
        let name = if family == Family::V4 { "ip filter" } else { "ipv6 filter" };
        let mut line =
            line(format!("{name} {number}"), matches, action.unwrap_or(Action::Undecided), span);
        line.log = log;
        self.filters.fixed.insert((family, number), line);
    }

    /// A filter that is known but depends on what only the device knows is approximated; words that nobody knows are unknown.
    fn uncertain_filter(&mut self, statement: &Statement<'_>) {
        let named = [4, 5].into_iter().any(|at| {
            let letters = |part: &str| part.contains(|c: char| c.is_ascii_alphabetic());
            statement.word(at).split(',').any(|part| letters(part) && !part.contains(':'))
        });
        let whole = (5..=9).contains(&statement.words.len()) && !statement.doubt;
        if named && whole && action(statement.word(3)).0.is_some() {
            let reason = text!(
                "FQDN やキーワードのアドレスは設定からは定まらないため、この行に一致するかどうかは不確実とします。",
                "the configuration does not determine the addresses of names and keywords; whether this line matches is uncertain"
            );
            self.ledger.unsupported(statement.span, reason);
        } else {
            let reason = text!(
                "フィルター定義に解釈できない語があります。この行に一致するかどうかは不確実とします。",
                "this filter has words that are not understood; whether it matches is uncertain"
            );
            self.ledger.unknown(statement.span, reason, true);
        }
    }

    fn dynamic_filter(&mut self, statement: &Statement<'a>) {
        let (family, span) = (family_of(statement), statement.span);
        let (Ok(number), Some(from), Some(to)) =
            (statement.word(3).parse::<u32>(), statement.words.get(4), statement.words.get(5))
        else {
            return self.unknown_command(statement);
        };
        let source = address::read(&mut self.builder, family, from).id;
        let destination = address::read(&mut self.builder, family, to).id;
        let watches = match statement.word(6) {
            "filter" if statement.words.len() <= MOST_WORDS => triggered(statement.from(7)),
            "filter" => return self.unknown_command(statement),
            name => service::application(name).map_or(Watches::Unknown, Watches::Application),
        };
        if matches!(watches, Watches::Unknown) || statement.doubt {
            let reason = text!(
                "動的フィルターのアプリケーションを読み取れません。開始済みの通信の戻りは通り得ると読みます。",
                "the application of this dynamic filter is not known; answers of open connections may pass"
            );
            self.ledger.unknown(span, reason, true);
        } else {
            self.ledger.used(span);
        }
        let dynamic = Dynamic { source, destination, watches, span };
        self.filters.dynamic.insert((family, number), dynamic);
    }

    /// `ip filter set NAME in 1 2 out 3`.
    fn filter_set(&mut self, statement: &Statement<'a>) {
        let family = family_of(statement);
        let name = statement.word(3).trim_matches('"').to_owned();
        let mut parts: Vec<(bool, Vec<Word<'a>>)> = Vec::new();
        for word in statement.from(4) {
            match (word.text.as_ref(), parts.last_mut()) {
                ("in", _) => parts.push((true, Vec::new())),
                ("out", _) => parts.push((false, Vec::new())),
                (_, Some((_, words))) => words.push(word.clone()),
                (_, None) => return self.unknown_command(statement),
            }
        }
        if parts.is_empty() {
            return self.unknown_command(statement);
        }
        let again = self.filters.sets.contains_key(&(family, name.clone()));
        let set = self.filters.sets.entry((family, name)).or_default();
        let mut doubt = false;
        for (inward, words) in parts {
            let mut chain = chain(&words, statement);
            doubt |= chain.doubt || again;
            // Whether a second command adds to the first or replaces it is not documented.
            chain.doubt |= again;
            *(if inward { &mut set.inward } else { &mut set.outward }) = Some(chain);
        }
        if again {
            for chain in [&mut set.inward, &mut set.outward].into_iter().flatten() {
                chain.doubt = true;
            }
        }
        if doubt {
            self.ledger.unknown(statement.span, wrapped_or_twice(), true);
        } else {
            self.ledger.used(statement.span);
        }
    }

    /// The service of a static filter that a dynamic filter names; addresses and action of that filter do not count.
    pub(super) fn service_of(&mut self, family: Family, word: &Word<'_>) -> Option<ServiceId> {
        let number = word.text.parse::<u32>().ok()?;
        self.filters.fixed.get(&(family, number)).map(|line| line.matches.service)
    }
}

fn wrapped_or_twice() -> Text {
    text!(
        "フィルターセットの内容を一意に読み取れません（重複した定義、折り返し、番号でない語）。このセットが決める通信は通るとも止まるとも読みます。",
        "the filter set cannot be read in one way only (defined twice, wrapped, or words that are no numbers); what it decides may pass or be stopped"
    )
}

/// `FILTERS [in FILTERS] [out FILTERS] [option=value]`.
fn triggered<'a>(words: &[Word<'a>]) -> Watches<'a> {
    let (mut triggers, mut back, mut along) = (Vec::new(), Vec::new(), Vec::new());
    let mut place = &mut triggers;
    for word in words {
        match word.text.as_ref() {
            "in" => place = &mut back,
            "out" => place = &mut along,
            text if text.contains('=') => {}
            _ => place.push(word.clone()),
        }
    }
    Watches::Filters { triggers, back, along }
}

/// What `pass`, `reject-nolog`… do, and whether they log. `restrict` passes only while the line is up.
fn action(word: &str) -> (Option<Action>, Option<bool>) {
    let (verb, log) = match word.split_once('-') {
        Some((verb, "log")) => (verb, Some(true)),
        Some((verb, "nolog")) => (verb, Some(false)),
        Some(_) => return (None, None),
        None => (word, None),
    };
    match verb {
        "pass" => (Some(Action::Permit), log.or(Some(false))),
        "reject" => (Some(Action::Deny), log.or(Some(true))),
        "restrict" => (Some(Action::Undecided), log.or(Some(true))),
        _ => (None, None),
    }
}
