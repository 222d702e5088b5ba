//! The `set` form (`set cli config-output-format set`) and the brace form (the default of `show`).

use super::tree::{At, MAX_DEPTH, Tree};
use crate::formats::Ledger;
use crate::source::{FileId, Span};
use crate::text;
use crate::text::Text;
use std::borrow::Cow;

/// How many lines a quoted value may run over (certificates and banners do).
const MAX_QUOTED_LINES: usize = 400;

/// Why a line is not known, when it is none of the form.
pub(super) fn not_known() -> Text {
    text!(
        "設定の行として解釈できません。この機器のどの通信にも影響し得ると読みます。",
        "this is no line of the configuration; it may matter to any traffic of this device"
    )
}

/// Whether a line is a prompt, perhaps with a command of the operator, or a word of the terminal.
pub(super) fn is_prompt(line: &str) -> bool {
    let shell = line.split_once(['>', '#']).is_some_and(|(who, typed)| {
        let (user, host) = who.split_once('@').unwrap_or(("", ""));
        let plain = |word: &str| {
            !word.is_empty()
                && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.()".contains(c))
        };
        // What was typed to change the configuration may be in force or not.
        let typed = typed.trim();
        let harmless = ["", "show", "configure", "exit", "quit", "run"];
        let word = typed.split(' ').next().unwrap_or("");
        plain(user) && plain(host) && (harmless.contains(&word) || typed.starts_with("set cli "))
    });
    let words = ["[edit]", "show", "Entering configuration mode", "Exiting configuration mode"];
    let starts = ["#", "!", "show config", "[edit "];
    shell || words.contains(&line) || starts.iter().any(|start| line.starts_with(start))
}

/// One token: a word, or one of `[ ] { } ;`.
#[derive(Clone, Debug)]
struct Token<'a> {
    text: Cow<'a, str>,
    start: usize,
    end: usize,
    quoted: bool,
}

impl Token<'_> {
    fn is(&self, mark: &str) -> bool {
        !self.quoted && self.text == mark
    }
}

/// The tokens of a line; `None` when a quote does not end.
fn tokens(line: &str, braces: bool) -> Option<Vec<Token<'_>>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(rest) = line.get(at..) {
        let skipped = rest.len() - rest.trim_start().len();
        at += skipped;
        let rest = rest.get(skipped..).unwrap_or("");
        let Some(first) = rest.chars().next() else { break };
        if first == '\''
            && let Some(len) = rest.get(1..).and_then(|inner| inner.find('\'')).map(|at| at + 2)
            && rest.get(len..).is_none_or(|after| !after.starts_with(char::is_alphanumeric))
        {
            let text = Cow::Borrowed(rest.get(1..len - 1).unwrap_or(""));
            out.push(Token { text, start: at, end: at + len, quoted: true });
            at += len;
            continue;
        }
        if first == '"' {
            let (text, len) = quoted(rest)?;
            out.push(Token { text, start: at, end: at + len, quoted: true });
            at += len;
            continue;
        }
        let single = |c: char| matches!(c, '[' | ']') || braces && matches!(c, '{' | '}' | ';');
        let len = if single(first) {
            first.len_utf8()
        } else {
            rest.find(|c: char| c.is_whitespace() || single(c)).unwrap_or(rest.len())
        };
        let text = rest.get(..len).unwrap_or("");
        out.push(Token { text: Cow::Borrowed(text), start: at, end: at + len, quoted: false });
        at += len;
    }
    Some(out)
}

/// A quoted word at the beginning of `text`: what it says, and its length with the quotes.
fn quoted(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let inner = text.get(1..)?;
    let mut escaped = false;
    let mut any = false;
    for (at, c) in inner.char_indices() {
        match c {
            '\\' if !escaped => {
                escaped = true;
                any = true;
                continue;
            }
            '"' if !escaped => {
                let plain = inner.get(..at)?;
                let word = if any {
                    Cow::Owned(plain.replace("\\\"", "\"").replace("\\\\", "\\"))
                } else {
                    Cow::Borrowed(plain)
                };
                return Some((word, at + 2));
            }
            _ => {}
        }
        escaped = false;
    }
    None
}

/// A line, or several when a quoted value runs over them.
struct Chunk<'a> {
    text: &'a str,
    start: usize,
    tokens: Option<Vec<Token<'a>>>,
}

/// The next chunk from `at` on, and where the one after it begins.
fn chunk<'a>(text: &'a str, at: usize, braces: bool) -> (Chunk<'a>, usize) {
    let mut end = at;
    for count in 0..MAX_QUOTED_LINES {
        let rest = text.get(end..).unwrap_or("");
        let line = rest.split_inclusive('\n').next().unwrap_or("");
        // A quote that would swallow the next command was never closed.
        if line.is_empty() || count > 0 && line.starts_with("set ") {
            break;
        }
        end += line.len();
        let whole = text.get(at..end).unwrap_or("").trim_end();
        if let Some(tokens) = tokens(whole, braces) {
            return (Chunk { text: whole, start: at, tokens: Some(tokens) }, end);
        }
    }
    let rest = text.get(at..).unwrap_or("");
    let line = rest.split_inclusive('\n').next().unwrap_or("");
    (Chunk { text: line.trim_end(), start: at, tokens: None }, at + line.len().max(1))
}

struct Out<'w, 'l, 'f, 'a> {
    file: FileId,
    tree: &'w mut Tree<'a>,
    ledger: &'l mut Ledger<'f>,
}

impl<'a> Out<'_, '_, '_, 'a> {
    fn span(&self, start: usize, end: usize) -> Span {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file: self.file, start: place(start), end: place(end) }
    }

    fn whole(&self, chunk: &Chunk<'_>) -> Span {
        let indent = chunk.text.len() - chunk.text.trim_start().len();
        self.span(chunk.start + indent, chunk.start + chunk.text.len())
    }

    fn garbage(&mut self, chunk: &Chunk<'_>) {
        let span = self.whole(chunk);
        self.ledger.unknown(span, not_known(), false);
    }
}

/// Reads `set` lines.
pub(super) fn set<'a>(file: FileId, text: &'a str, tree: &mut Tree<'a>, ledger: &mut Ledger<'_>) {
    let mut out = Out { file, tree, ledger };
    let mut at = 0;
    let mut before: Option<Span> = None;
    while at < text.len() {
        let (chunk, next) = chunk(text, at, false);
        at = next;
        let line = chunk.text.trim();
        if line.is_empty() {
            continue;
        }
        let span = out.whole(&chunk);
        if is_prompt(line) || line.starts_with("set cli ") {
            out.ledger.irrelevant(span);
            continue;
        }
        let words = match &chunk.tokens {
            Some(tokens) if tokens.first().is_some_and(|token| token.is("set")) => {
                tokens.get(1..).unwrap_or(&[])
            }
            _ => &[],
        };
        if words.is_empty() || !path(&mut out, words, span, before) {
            out.garbage(&chunk);
        }
        before = Some(span);
    }
}

/// Adds one `set` line; false when it is none, or when it nests too deeply.
fn path<'a>(
    out: &mut Out<'_, '_, '_, 'a>,
    words: &[Token<'a>],
    line: Span,
    before: Option<Span>,
) -> bool {
    if words.len() > MAX_DEPTH && !words.iter().any(|word| word.is("[")) {
        return false;
    }
    let open = words.iter().position(|word| word.is("["));
    let (head, tail) = words.split_at(open.unwrap_or(words.len()));
    let members = match tail {
        [] => None,
        [first, members @ .., last] if first.is("[") && last.is("]") => Some(members),
        _ => return false,
    };
    if head.len() > MAX_DEPTH || members.is_some_and(|m| m.iter().any(|m| m.is("[") || m.is("]"))) {
        return false;
    }
    let mut at = out.tree.root();
    for word in head {
        at = out.tree.merge(at, word.text.clone(), line);
        if let Some(before) = before {
            out.tree.extend(at, before, line);
        }
    }
    out.tree.place(line, at);
    for word in members.unwrap_or(&[]) {
        let leaf = out.tree.merge(at, word.text.clone(), line);
        out.tree.place(line, leaf);
    }
    true
}

/// Reads nested braces.
pub(super) fn braces<'a>(
    file: FileId,
    text: &'a str,
    tree: &mut Tree<'a>,
    ledger: &mut Ledger<'_>,
) {
    let root = tree.root();
    let mut out = Out { file, tree, ledger };
    let mut stack: Vec<At> = vec![root];
    let mut at = 0;
    while at < text.len() {
        let (chunk, next) = chunk(text, at, true);
        at = next;
        let line = chunk.text.trim();
        if line.is_empty() {
            continue;
        }
        if is_prompt(line) {
            let span = out.whole(&chunk);
            out.ledger.irrelevant(span);
            continue;
        }
        let read = chunk
            .tokens
            .as_deref()
            .is_some_and(|tokens| statements(&mut out, tokens, chunk.start, &mut stack).is_some());
        if !read {
            out.garbage(&chunk);
        }
    }
    if stack.len() > 1 {
        let reason = text!(
            "括弧が閉じていません。設定が途中で切れている可能性があります。",
            "a brace is not closed; the configuration may be cut off"
        );
        let last = stack.last().copied().unwrap_or(root);
        out.tree.uncontained(last, reason);
    }
}

/// Reads what stands on one line: beginnings of blocks, ends of blocks, and statements that end with a semicolon.
fn statements<'a>(
    out: &mut Out<'_, '_, '_, 'a>,
    tokens: &[Token<'a>],
    base: usize,
    stack: &mut Vec<At>,
) -> Option<()> {
    let mut words: Vec<&Token<'a>> = Vec::new();
    for token in tokens {
        let start = words.first().map_or(token.start, |word| word.start);
        let span = out.span(base + start, base + token.end);
        let top = stack.last().copied()?;
        if token.is("{") {
            let at = words.iter().fold(top, |at, word| out.tree.add(at, word.text.clone(), span));
            if words.is_empty() || stack.len() > MAX_DEPTH {
                return None;
            }
            out.tree.place(span, at);
            stack.push(at);
            words.clear();
        } else if token.is("}") {
            if !words.is_empty() || stack.len() < 2 {
                return None;
            }
            let closed = stack.pop()?;
            out.tree.close(closed, span);
            out.tree.place(span, closed);
        } else if token.is(";") {
            statement(out, &words, span, top)?;
            words.clear();
        } else {
            words.push(token);
        }
    }
    words.is_empty().then_some(())
}

fn statement<'a>(
    out: &mut Out<'_, '_, '_, 'a>,
    words: &[&Token<'a>],
    span: Span,
    top: At,
) -> Option<()> {
    let open = words.iter().position(|word| word.is("[")).unwrap_or(words.len());
    let (head, tail) = words.split_at(open);
    let members = match tail {
        [] => tail,
        [_, members @ .., last] if last.is("]") => members,
        _ => return None,
    };
    if head.is_empty() || members.iter().any(|word| word.is("[") || word.is("]")) {
        return None;
    }
    let mut at = top;
    for word in head {
        at = out.tree.add(at, word.text.clone(), span);
    }
    out.tree.place(span, at);
    for word in members {
        let leaf = out.tree.add(at, word.text.clone(), span);
        out.tree.place(span, leaf);
    }
    Some(())
}
