//! Physical lines to commands: console noise out, lines that the console wrapped joined again.
//!
//! The console wraps at its width (80 columns unless set otherwise), also inside a number. A line that begins no command
//! continues the one above. Where two numbers meet at the break, both readings are held against the numbers that the file
//! defines; when they do not decide, the command is in doubt.

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
/// What the pager leaves in a captured session.
const PAGER: &[&str] = &["---つづく---", "---more---", "---More---"];

/// What the line above is, for one that may continue it.
#[derive(Clone, Copy)]
struct Above {
    columns: usize,
    /// Whether it ends in a blank.
    gap: bool,
    comment: bool,
    inert: bool,
    /// Whether it holds free text.
    prose: bool,
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
        let mut now = Above {
            columns: columns(&line),
            gap: ends_in_blank(file, line.span),
            comment: line.word(0).starts_with('#'),
            inert: false,
            prose: line.word(0) == "description",
        };
        let kind = commands::kind(|index| line.word(index));
        if now.comment || is_console(&line) {
            version = version.or_else(|| product(line.text));
            ledger.irrelevant(line.span);
            above = Some(now).filter(|now| now.comment);
            continue;
        }
        now.inert = kind == Some(Kind::Inert);
        let whole = above.filter(|above| kind.is_none() && continues(*above, width, &line));
        match (whole, out.last_mut()) {
            (Some(before), _) if before.comment => {
                ledger.irrelevant(line.span);
                now = Above { columns: now.columns, gap: now.gap, ..before };
            }
            (Some(before), Some(last)) => {
                append(last, line, before.columns, before.gap, &defined);
                now = Above { columns: now.columns, gap: now.gap, ..before };
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

/// Whether a line that begins no command continues the one above. What is set aside swallows nothing that may matter: only text,
/// and what the console wrapped at its own width.
fn continues(above: Above, width: usize, line: &ConfigLine<'_>) -> bool {
    let prompt = line.word(0).ends_with(['#', '>']);
    let full = above.columns >= NARROW && above.columns + 2 >= width;
    let safe = above.prose || !above.comment && !above.inert || width <= CONSOLE;
    full && safe && line.indent <= 1 && !prompt
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
