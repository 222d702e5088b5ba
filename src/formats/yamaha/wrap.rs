//! Physical lines to commands: console noise out, lines that the console wrapped joined again.
//!
//! The console wraps at its width (80 columns unless set otherwise), also inside a number. A line that begins no command
//! continues the one above. Where two numbers meet at the break, both readings are held against the numbers that the file
//! defines; when they do not decide, the command is in doubt. What is set aside takes a line with it only when the console
//! broke it for certain, so that no command that nobody knows goes unseen.

use super::commands::{self, Kind};
use crate::formats::Ledger;
use crate::formats::lines::ConfigLine;
use crate::source::{File, Span};
use rustc_hash::FxHashSet;
use std::borrow::Cow;

/// One word of a command; owned when a line break went through it.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) span: Span,
}

/// One command, on one line or on several.
#[derive(Clone, Debug)]
pub(super) struct Statement<'a> {
    pub(super) words: Vec<Word<'a>>,
    /// All of its lines.
    pub(super) span: Span,
    /// Whether a line break leaves open what the words are.
    pub(super) doubt: bool,
}

impl<'a> Statement<'a> {
    /// Word `index`, or an empty string.
    pub(super) fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| word.text.as_ref())
    }

    /// The words from `index` on.
    pub(super) fn from(&self, index: usize) -> &[Word<'a>] {
        self.words.get(index..).unwrap_or(&[])
    }

    /// The words as one text, with one blank between them.
    pub(super) fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_ref()).collect();
        words.join(" ")
    }
}

/// The width at which the console wraps unless it is told otherwise.
const CONSOLE: usize = 80;
/// A line that is narrower was not wrapped by any console or mail program.
const NARROW: usize = 60;
/// Words that stand between the numbers of a command.
const BETWEEN: &[&str] =
    &["dynamic", "gateway", "in", "out", "tcp", "udp", "tcp,udp", "udp,tcp", "icmp", "established"];
/// What the pager leaves in a captured session.
const PAGER: &[&str] = &["---つづく---", "---more---", "---More---"];

/// What the line above is, for one that may continue it.
#[derive(Clone, Copy)]
struct Above {
    columns: usize,
    /// Whether it ends in a blank.
    gap: bool,
    tail: Tail,
}

/// What may follow on the next line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tail {
    /// The rest of a command of which every word is read: a line that is none of it shows.
    Read,
    /// The rest of a text up to its closing quotation mark.
    Quoted,
    /// The rest of a command or text that is set aside, or of which not every word is read.
    Aside,
    /// The rest of a line of the head of `show config`: addresses.
    Head,
    /// Nothing: a comment, or a text that is closed.
    Nothing,
}

impl Tail {
    fn of(line: &ConfigLine<'_>, kind: Option<Kind>) -> Tail {
        if line.word(0).starts_with('#') {
            let head = line.text.contains("MAC") || line.text.contains("serial=");
            return if head { Tail::Head } else { Tail::Nothing };
        }
        let opened = line.text.find(" \"").and_then(|at| line.text.get(at + 2..));
        if opened.is_some_and(|rest| !rest.contains('"')) {
            return Tail::Quoted;
        }
        if line.text.ends_with('"') {
            return Tail::Nothing;
        }
        match kind {
            Some(Kind::Filter | Kind::Dynamic | Kind::Set | Kind::Route) => Tail::Read,
            Some(Kind::Nat | Kind::NatType) => Tail::Read,
            Some(Kind::Interface) if matches!(line.word(2), "secure" | "nat") => Tail::Read,
            _ => Tail::Aside,
        }
    }
}

/// The commands of a file, and what its head says of the product.
pub(super) fn statements<'a>(
    lines: Vec<ConfigLine<'a>>,
    file: &'a File,
    ledger: &mut Ledger<'_>,
) -> (Vec<Statement<'a>>, Option<String>) {
    let defined = defined_numbers(&lines);
    // Every line that was wrapped is as wide as the widest, but for a blank or half of a wide character.
    let width = lines.iter().map(columns).max().unwrap_or(0);
    let mut out: Vec<Statement<'a>> = Vec::new();
    let mut version = None;
    let mut above: Option<Above> = None;
    for mut line in lines {
        if PAGER.contains(&line.word(0)) {
            line.words = line.words.from(1);
            if line.words.is_empty() {
                ledger.irrelevant(line.span);
                continue;
            }
        }
        let kind = commands::kind(|index| line.word(index));
        let comment = line.word(0).starts_with('#');
        let mut now = Above {
            columns: columns(&line),
            gap: ends_in_blank(file, line.span),
            tail: Tail::of(&line, kind),
        };
        if comment || is_console(&line) {
            version = version.or_else(|| product(line.text));
            ledger.irrelevant(line.span);
            above = Some(now).filter(|_| comment);
            continue;
        }
        let whole = above.filter(|above| kind.is_none() && continues(*above, width, &line));
        if let Some(before) = whole {
            let closed = before.tail == Tail::Quoted && line.text.contains('"');
            now.tail = if closed { Tail::Nothing } else { before.tail };
        }
        match (whole, out.last_mut()) {
            (Some(before), _) if before.tail == Tail::Head => ledger.irrelevant(line.span),
            (Some(before), Some(last)) => {
                append(last, line, before.columns, before.gap, &defined);
            }
            _ => out.push(Statement {
                words: line.words.iter().map(borrowed).collect(),
                span: line.span,
                doubt: false,
            }),
        }
        above = Some(now);
    }
    (out, version)
}

fn borrowed<'a>(word: &crate::formats::lines::Word<'a>) -> Word<'a> {
    Word { text: Cow::Borrowed(word.text), span: word.span }
}

/// Whether a line that begins no command continues the one above.
fn continues(above: Above, width: usize, line: &ConfigLine<'_>) -> bool {
    let prompt = line.word(0).ends_with(['#', '>']);
    let full = above.columns >= NARROW && above.columns + 2 >= width;
    if !full || prompt || line.indent > 1 {
        return false;
    }
    // Half of a wide character, or a blank that the copy lost, may be missing from the width of the console.
    let console = width <= CONSOLE + 1 && above.columns + 1 >= CONSOLE;
    match above.tail {
        // At other widths only what can be no command: numbers, addresses, `*`, and words between them.
        Tail::Read => {
            let letters = line.text.starts_with(|c: char| c.is_ascii_alphabetic());
            console || !letters || BETWEEN.contains(&line.word(0))
        }
        Tail::Quoted => line.text.contains('"') || columns(line) + 2 >= width,
        Tail::Aside => console && !commands::is_first_word(line.word(0)),
        Tail::Head => console && line.words.iter().all(|word| is_hardware(word.text)),
        Tail::Nothing => false,
    }
}

/// Whether a word may stand in the list of MAC addresses of the head.
fn is_hardware(word: &str) -> bool {
    word.contains([':', '=']) || word.len() <= 2 && word.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Adds the words of `line`. `before`: columns of the line above; `gap`: whether that line ends in a blank.
fn append<'a>(
    last: &mut Statement<'a>,
    line: ConfigLine<'a>,
    before: usize,
    gap: bool,
    defined: &FxHashSet<&str>,
) {
    last.span = last.span.to(line.span);
    let mut words = line.words.iter().map(borrowed);
    if !gap && line.indent == 0 {
        let (Some(left), Some(right)) = (last.words.pop(), words.next()) else { return };
        let glued = format!("{}{}", left.text, right.text);
        let glue = if digits(&left.text) && digits(&right.text) {
            let one = defined.contains(glued.as_str());
            let two = defined.contains(left.text.as_ref()) && defined.contains(right.text.as_ref());
            last.doubt |= one == two;
            one || !two
        } else {
            before >= CONSOLE
        };
        if glue {
            let span = left.span.to(right.span);
            last.words.push(Word { text: Cow::Owned(glued), span });
        } else {
            last.words.extend([left, right]);
        }
    }
    last.words.extend(words);
}

fn digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// The numbers of filters and NAT descriptors that lines of the file define.
fn defined_numbers<'a>(lines: &[ConfigLine<'a>]) -> FxHashSet<&'a str> {
    let number = |line: &ConfigLine<'a>| match commands::kind(|index| line.word(index))? {
        Kind::Filter => Some(line.word(2)),
        Kind::Dynamic | Kind::NatType => Some(line.word(3)),
        _ => None,
    };
    lines.iter().filter_map(number).collect()
}

/// Columns on the console: what is not ASCII takes two.
fn columns(line: &ConfigLine<'_>) -> usize {
    line.indent + line.text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>()
}

fn ends_in_blank(file: &File, span: Span) -> bool {
    file.text().get(span.end as usize..).is_some_and(|rest| rest.starts_with([' ', '\t']))
}

/// A prompt with a command that shows something, and what a session prints around it.
fn is_console(line: &ConfigLine<'_>) -> bool {
    let prompt = line.word(0).strip_suffix(['#', '>']);
    let shows = ["", "show", "less", "console", "administrator", "exit", "quit", "terminal"];
    prompt.is_some_and(|name| !name.contains(char::is_whitespace)) && shows.contains(&line.word(1))
        || matches!(
            line.text,
            "Password:" | "Username:" | "administrator" | "exit" | "quit" | "save"
        )
        || matches!(line.word(0), "show" | "less")
}

/// Families of products with this command language.
const PRODUCTS: &[&str] = &["RTX", "NVR", "FWX", "SRT", "vRX", "RTV", "RT5", "RT1", "RT2", "RT3"];

/// `# RTX1210 Rev.14.01.38 (…)` as product and revision.
pub(super) fn product(line: &str) -> Option<String> {
    let mut words = line.trim_start_matches('#').split_whitespace();
    let (name, revision) = (words.next()?, words.next()?);
    let known = PRODUCTS.iter().any(|product| name.starts_with(product));
    (line.starts_with('#') && known && revision.starts_with("Rev."))
        .then(|| format!("{name} {revision}"))
}
