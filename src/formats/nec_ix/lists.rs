//! Access lists, static and dynamic, as rule lists of the model.
//!
//! Lines are met in the order of their sequence numbers when they have some, else in the order of the file. Where a static and a
//! dynamic list share a name, the dynamic one is evaluated (IX command reference, 13-3).

use super::commands::Bin;
use super::entry::{self, Entry, Operand, Ports};
use super::lower::Sight;
use super::reader::{Reader, doubt, line};
use crate::formats::lines::{ConfigLine, Word};
use crate::model::{Action, Line, ListId, Remark};
use crate::net::{Family, PortRange, State};
use crate::source::Span;
use crate::text;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// More lines than this are not written out again for interfaces with translation; the list is then uncertain there.
const WRITTEN_OUT: usize = 500_000;

/// Everything that `access-list` defines.
#[derive(Debug, Default)]
pub(super) struct Lists<'a> {
    names: FxHashMap<(Family, &'a str), Rc<Defined<'a>>>,
    order: Vec<(Family, &'a str)>,
    done: FxHashMap<(Family, &'a str), ListId>,
    opened: FxHashMap<(Family, &'a str), Vec<ListId>>,
    used: FxHashSet<(Family, &'a str)>,
    written: usize,
}

/// One name.
#[derive(Clone, Debug, Default)]
pub(super) struct Defined<'a> {
    pub(super) entries: Vec<Entry>,
    dynamic: Vec<Dynamic<'a>>,
    /// `no ip access-list …` and what else makes the whole list uncertain.
    doubt: Option<Span>,
}

/// One line of a dynamic list.
#[derive(Clone, Debug)]
pub(super) enum Dynamic<'a> {
    /// `access BASE [in L] [out L]`.
    Access { base: Word<'a>, opens: Vec<Word<'a>>, span: Span },
    /// `tcp src …`, `ftp src …`; `related` when the application opens further connections.
    Service { entry: Box<Entry>, related: bool },
    /// Could not be read.
    Unread(Span),
}

/// Applications of dynamic lists: name, protocol, port, whether they open further connections.
const APPLICATIONS: &[(&str, u8, u16, bool)] = &[
    ("ftp", 6, 21, true),
    ("tftp", 17, 69, true),
    ("sip", 17, 5060, true),
    ("dns", 17, 53, true),
    ("http", 6, 80, false),
    ("https", 6, 443, false),
    ("smtp", 6, 25, false),
    ("pop3", 6, 110, false),
    ("telnet", 6, 23, false),
    ("ssh", 6, 22, false),
];

impl<'a> Reader<'a, '_> {
    /// Takes the definitions; what they mean is made where they are used.
    pub(super) fn read_lists(&mut self) {
        for block in self.config.take(Bin::AccessList) {
            let status = self.define(&block.head);
            let span = block.span();
            match status {
                Defining::Read => self.ledger.used(span),
                Defining::Irrelevant => self.ledger.irrelevant(span),
                Defining::Contained => {
                    let reason = text!(
                        "アクセスリストのこの行は解釈できません。一覧のこの位置で許可とも拒否とも読みます。",
                        "this access-list line is not understood; the list may permit or deny here"
                    );
                    self.ledger.unknown(span, reason, true);
                }
                Defining::Uncontained => {
                    let reason = text!(
                        "どのアクセスリストの行か分かりません。",
                        "it is not clear to which access list this line belongs"
                    );
                    self.ledger.unknown(span, reason, false);
                }
            }
        }
        for key in &self.lists.order {
            if let Some(defined) = self.lists.names.get_mut(key) {
                order(&mut Rc::make_mut(defined).entries);
            }
        }
    }

    fn define(&mut self, head: &ConfigLine<'a>) -> Defining {
        let negated = usize::from(head.word(0) == "no");
        let family = if head.word(negated) == "ipv6" { Family::V6 } else { Family::V4 };
        let dynamic = head.word(negated + 2) == "dynamic";
        let at = negated + 2 + usize::from(dynamic);
        let name = head.word(at);
        let option = head.word(at + 1);
        let setting = matches!(name, "cache" | "timer") && !matches!(option, "access");
        match (name, option) {
            ("", _) => return Defining::Uncontained,
            ("sequence-mode", "") | (_, "option") => return Defining::Irrelevant,
            _ if setting && dynamic => return Defining::Irrelevant,
            _ => {}
        }
        let key = (family, name);
        if !self.lists.names.contains_key(&key) {
            self.lists.order.push(key);
        }
        let defined = Rc::make_mut(self.lists.names.entry(key).or_default());
        let words = head.words.get(at + 1..).unwrap_or(&[]);
        if negated == 1 {
            defined.doubt = Some(head.span);
            return Defining::Contained;
        }
        if dynamic {
            let (read, status) = dynamic_line(words, family, head.span);
            defined.dynamic.push(read);
            return status;
        }
        let entry = entry::parse(words, family, head.span);
        let status = if entry.doubt.is_some()
            || entry.source == Operand::Unknown
            || entry.destination == Operand::Unknown
        {
            Defining::Contained
        } else {
            Defining::Read
        };
        defined.entries.push(entry);
        status
    }

    /// The rule list of a name as a filter meets it; lines without a match go on to the next list.
    pub(super) fn list(&mut self, family: Family, name: Word<'a>, sight: Sight<'_>) -> ListId {
        let key = (family, name.text);
        self.lists.used.insert(key);
        if let (Sight::Exact, Some(id)) = (sight, self.lists.done.get(&key)) {
            return *id;
        }
        let Some(defined) = self.lists.names.get(&key).cloned() else {
            return self.undefined(family, name);
        };
        if !matches!(sight, Sight::Exact) && !self.has_room(defined.entries.len()) {
            let label = format!("{}: not written out", name.text);
            return self.single(Some(family), &label, Action::Undecided, name.span);
        }
        let mut lines = Vec::new();
        if let Some(span) = defined.doubt {
            let label = format!("{}: changed afterwards", name.text);
            lines.push(self.every(Some(family), &label, Action::Undecided, span));
        }
        if defined.dynamic.is_empty() {
            for (at, entry) in defined.entries.iter().enumerate() {
                let label = label(name.text, at, entry);
                self.lower(family, &label, entry, sight, &mut lines);
            }
        }
        for one in &defined.dynamic {
            self.lower_dynamic(family, name.text, one, sight, &mut lines);
        }
        let id = self.build.list(name.text, lines);
        if matches!(sight, Sight::Exact) {
            self.lists.done.insert(key, id);
        }
        id
    }

    /// Whether so many more lines may be written out for one interface.
    pub(super) fn has_room(&mut self, lines: usize) -> bool {
        self.lists.written = self.lists.written.saturating_add(lines);
        self.lists.written <= WRITTEN_OUT
    }

    /// What a missing list does is not documented: it may let everything pass or nothing.
    fn undefined(&mut self, family: Family, name: Word<'a>) -> ListId {
        self.build.undefined("access-list", name.text, name.span);
        let text = name.text;
        let reason = text!(
            "アクセスリスト「{text}」は定義されていません。動作は文書化されていないため、許可とも拒否とも読みます。",
            "access list {text} is not defined; what the device then does is not documented, so packets may pass or not"
        );
        self.ledger.unsupported(name.span, reason);
        self.single(Some(family), &format!("{text} is undefined"), Action::Undecided, name.span)
    }

    /// Whether the name is that of a dynamic list.
    pub(super) fn is_dynamic(&self, family: Family, name: &str) -> bool {
        self.lists.names.get(&(family, name)).is_some_and(|defined| !defined.dynamic.is_empty())
    }

    /// Whether the name is defined.
    pub(super) fn is_list(&self, family: Family, name: &str) -> bool {
        self.lists.names.contains_key(&(family, name))
    }

    /// The readable lines of a static list in order; `None` when the list is missing, dynamic or uncertain as a whole.
    pub(super) fn entries(&mut self, family: Family, name: &Word<'a>) -> Option<Rc<Defined<'a>>> {
        let key = (family, name.text);
        self.lists.used.insert(key);
        let defined = self.lists.names.get(&key)?;
        (defined.dynamic.is_empty() && defined.doubt.is_none()).then(|| Rc::clone(defined))
    }

    fn lower_dynamic(
        &mut self,
        family: Family,
        name: &str,
        one: &Dynamic<'a>,
        sight: Sight<'_>,
        lines: &mut Vec<Line>,
    ) {
        match one {
            Dynamic::Unread(span) => {
                lines.push(self.every(Some(family), name, Action::Undecided, *span));
            }
            Dynamic::Service { entry, .. } => self.lower(family, name, entry, sight, lines),
            Dynamic::Access { base, span, .. } => {
                let Some(entries) = self.entries(family, base) else {
                    if !self.is_list(family, base.text) {
                        self.undefined(family, *base);
                    }
                    lines.push(self.every(Some(family), name, Action::Undecided, *span));
                    return;
                };
                for (at, entry) in entries.entries.iter().enumerate() {
                    let label = label(base.text, at, entry);
                    let from = lines.len();
                    self.lower(family, &label, entry, sight, lines);
                    // Whether a deny of the trigger drops or goes on to the next filter is not documented.
                    for line in lines.iter_mut().skip(from).filter(|l| l.action == Action::Deny) {
                        let reason = text!(
                            "ダイナミックアクセスリストの元になるリストの deny が破棄か次のフィルタへ進むかは文書化されていません。",
                            "whether a deny in the base list of a dynamic list drops or goes on to the next filter is not documented"
                        );
                        doubt(&mut line.matches, reason, entry.span);
                    }
                }
            }
        }
    }

    /// What a dynamic list lets pass besides its own lines, in either direction of its interface: replies, and for some
    /// applications and `in`/`out` lists further connections.
    pub(super) fn opened(&mut self, family: Family, name: &Word<'a>) -> Vec<ListId> {
        let key = (family, name.text);
        if let Some(lists) = self.lists.opened.get(&key) {
            return lists.clone();
        }
        let Some(defined) = self.lists.names.get(&key).cloned() else { return Vec::new() };
        let mut lines = vec![self.replies(family, name.text, name.span)];
        let mut out = Vec::new();
        for one in &defined.dynamic {
            match one {
                Dynamic::Access { opens, .. } => {
                    for open in opens {
                        let reason = text!(
                            "ダイナミックアクセスリストのきっかけとなる通信が始まった後にだけ通る通信です。",
                            "passes only after a connection that triggers the dynamic list"
                        );
                        out.push(self.uncertain_copy(family, *open, &reason));
                    }
                }
                Dynamic::Service { entry, related: true } => {
                    lines.push(self.further(family, name.text, entry));
                }
                Dynamic::Service { .. } => {}
                Dynamic::Unread(span) => {
                    lines.push(self.every(Some(family), name.text, Action::Undecided, *span));
                }
            }
        }
        out.insert(0, self.build.list(&format!("{} cache", name.text), lines));
        self.lists.opened.insert(key, out.clone());
        out
    }

    /// A list whose permits may apply, and which denies nothing.
    fn uncertain_copy(
        &mut self,
        family: Family,
        name: Word<'a>,
        reason: &crate::text::Text,
    ) -> ListId {
        let Some(entries) = self.entries(family, &name) else {
            return self.undefined(family, name);
        };
        let mut lines = Vec::new();
        let permits = entries.entries.iter().enumerate();
        for (at, entry) in permits.filter(|(_, entry)| entry.permit != Some(false)) {
            self.lower(family, &label(name.text, at, entry), entry, Sight::Exact, &mut lines);
        }
        for line in &mut lines {
            doubt(&mut line.matches, reason.clone(), name.span);
        }
        self.build.list(&format!("{} opened", name.text), lines)
    }

    /// Packets of connections that are open already.
    fn replies(&mut self, family: Family, name: &str, span: Span) -> Line {
        let mut matches = self.build.everything(Some(family), span);
        matches.states = Some(vec![State::Established, State::Related]);
        let reason = text!(
            "すでに開始された通信の戻りパケットだけを通す動的な許可です。新規の通信には一致しません。",
            "a dynamic permit for replies of connections that are already open; it matches no new connection"
        );
        doubt(&mut matches, reason, span);
        line(&format!("{name} cache"), matches, Action::Permit, span)
    }

    /// New connections between the ends of an application's control connection, either way.
    fn further(&mut self, family: Family, name: &str, entry: &Entry) -> Line {
        let ends =
            [entry.source, entry.destination].map(|end| self.operand(end, family, entry.span));
        let mut matches = self.build.everything(Some(family), entry.span);
        let both = self.build.union(ends.to_vec(), entry.span);
        (matches.source, matches.destination) = (both, both);
        let reason = text!(
            "アプリケーションが開く付随の通信は、制御用の通信の後にだけ通り得ます。",
            "connections that the application opens may pass after its control connection"
        );
        doubt(&mut matches, reason, entry.span);
        line(&format!("{name} application"), matches, Action::Permit, entry.span)
    }

    /// Lists that nothing refers to.
    pub(super) fn remark_unbound(&mut self) {
        for key in std::mem::take(&mut self.lists.order) {
            if self.lists.used.contains(&key) || self.config.mentions.contains(key.1) {
                continue;
            }
            let Some(defined) = self.lists.names.get(&key) else { continue };
            let spans = defined.entries.iter().map(|entry| entry.span);
            let Some(span) = spans.chain(defined.dynamic.iter().map(Dynamic::span)).next() else {
                continue;
            };
            let list = self.list(key.0, Word { text: key.1, span }, Sight::Exact);
            self.build.device.remarks.push(Remark::Unbound { list });
        }
    }
}

enum Defining {
    Read,
    Irrelevant,
    Contained,
    Uncontained,
}

impl Dynamic<'_> {
    fn span(&self) -> Span {
        match self {
            Dynamic::Access { span, .. } | Dynamic::Unread(span) => *span,
            Dynamic::Service { entry, .. } => entry.span,
        }
    }
}

/// `access BASE [in L] [out L]`, or an application with addresses.
fn dynamic_line<'a>(words: &[Word<'a>], family: Family, span: Span) -> (Dynamic<'a>, Defining) {
    let word = |at: usize| words.get(at).map_or("", |word| word.text);
    if let ("access", Some(base)) = (word(0), words.get(1)) {
        let mut opens = Vec::new();
        for pair in words.get(2..).unwrap_or(&[]).chunks(2) {
            match pair {
                [way, list] if matches!(way.text, "in" | "out") => opens.push(*list),
                _ => return (Dynamic::Unread(span), Defining::Contained),
            }
        }
        return (Dynamic::Access { base: *base, opens, span }, Defining::Read);
    }
    let Some(first) = words.first() else { return (Dynamic::Unread(span), Defining::Contained) };
    let application = APPLICATIONS.iter().find(|row| row.0 == first.text);
    let base = match first.text {
        "tcp" | "udp" => first.text,
        _ => match application {
            Some((_, 6, ..)) => "tcp",
            Some(_) => "udp",
            None => return (Dynamic::Unread(span), Defining::Contained),
        },
    };
    let permit = Word { text: "permit", span: first.span };
    let mut line = vec![permit, Word { text: base, span: first.span }];
    line.extend(words.iter().skip(1));
    let mut entry = entry::parse(&line, family, span);
    if let Some((_, _, port, _)) = application {
        entry.service.destination = Ports::Ranges(vec![PortRange::single(*port)]);
    }
    if entry.doubt.is_some() {
        return (Dynamic::Unread(span), Defining::Contained);
    }
    let related = application.is_some_and(|row| row.3);
    (Dynamic::Service { entry: Box::new(entry), related }, Defining::Read)
}

/// By sequence number; lines without one keep their place at the end. Of two lines with one number it is not known which stays.
fn order(entries: &mut [Entry]) {
    entries.sort_by_key(|entry| entry.sequence.map_or((1, 0), |number| (0, number)));
    let numbers: Vec<Option<u32>> = entries.iter().map(|entry| entry.sequence).collect();
    for (at, entry) in entries.iter_mut().enumerate().filter(|(_, e)| e.sequence.is_some()) {
        let twin = |other: Option<usize>| {
            other.and_then(|other| numbers.get(other)).is_some_and(|n| *n == entry.sequence)
        };
        if (twin(at.checked_sub(1)) || twin(Some(at + 1))) && entry.doubt.is_none() {
            entry.doubt = Some(text!(
                "同じシーケンス番号の行が複数あり、どちらが有効か決まりません。",
                "several lines have this sequence number; which one stays is not known"
            ));
        }
    }
}

fn label(name: &str, at: usize, entry: &Entry) -> String {
    match entry.sequence {
        Some(number) => format!("{name} {number}"),
        None => format!("{name} line {}", at + 1),
    }
}
