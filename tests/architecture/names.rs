//! A small tokenizer of Rust, and the paths that a source file names. It knows just enough to not be fooled by comments,
//! strings, characters and lifetimes.

#![allow(
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "part of a test, which says so when it fails"
)]

/// A word or sign of the source with its line.
#[derive(Clone, Copy)]
pub struct Token<'a>(pub &'a str, pub usize);

/// Splits Rust into words and signs; `::` is one token, comments and the content of literals are left out.
pub fn tokens(source: &str) -> Vec<Token<'_>> {
    let (mut out, mut at, mut line) = (Vec::new(), 0, 1);
    while let Some(next) = source[at..].chars().next() {
        let rest = &source[at..];
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let len = match next {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => string(rest),
            'r' | 'b' if literal_prefix(rest).is_some() => literal_prefix(rest).unwrap_or(1),
            '\'' => character(rest),
            _ => word.max(if rest.starts_with("::") { 2 } else { next.len_utf8() }),
        };
        let text = &rest[..len];
        if word > 0 && len == word
            || word == 0 && !next.is_whitespace() && !text.starts_with(['"', '/', '\''])
        {
            out.push(Token(text, line));
        }
        line += text.matches('\n').count();
        at += len;
    }
    out
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, c)| {
        let closes = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        closes
    });
    end.map_or(rest.len(), |(at, _)| at + 1)
}

/// The length of a raw or byte string, when `rest` begins with one.
fn literal_prefix(rest: &str) -> Option<usize> {
    let body = rest.trim_start_matches(['b', 'r']);
    let prefix = rest.len() - body.len();
    let raw = rest[..prefix].contains('r');
    let open = body.trim_start_matches('#');
    let hashes = body.len() - open.len();
    if prefix > 2 || !open.starts_with('"') || hashes > 0 && !raw {
        return None;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let end = if raw {
        open[1..].find(&close).map(|at| 1 + at + close.len())
    } else {
        Some(string(open))
    };
    Some(prefix + hashes + end.unwrap_or(open.len()))
}

/// The length of a character literal, or 1 for the tick of a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, _))) => rest[at + 1..].find('\'').map_or(1, |end| at + end + 2),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

/// A path as written, made absolute: `["formats", "ledger"]`, with the line on which it begins.
pub type Named = (Vec<String>, usize);

/// Every path that begins with `crate`, `super` or `self` in the module `here`.
pub fn paths(here: &[String], tokens: &[Token<'_>]) -> Vec<Named> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(Token(word, line)) = tokens.get(at) {
        let text = |index: usize| tokens.get(index).map_or("", |token| token.0);
        let continues = text(at + 1) == "::" && (at == 0 || !["$", "::"].contains(&text(at - 1)));
        let mut base = match *word {
            "crate" if continues => Vec::new(),
            "self" if continues => here.to_vec(),
            "super" if continues => here[..here.len().saturating_sub(1)].to_vec(),
            _ => {
                at += 1;
                continue;
            }
        };
        at += 2;
        while text(at) == "super" {
            base.pop();
            at += 2;
        }
        at = tree(tokens, at, &base, *line, &mut out);
    }
    out
}

/// Reads a path or an import tree that begins at `at`; returns the position after it.
fn tree(
    tokens: &[Token<'_>],
    mut at: usize,
    base: &[String],
    line: usize,
    out: &mut Vec<Named>,
) -> usize {
    let text = |index: usize| tokens.get(index).map_or("", |token| token.0);
    if text(at) == "{" {
        at += 1;
        while !["}", ""].contains(&text(at)) {
            let after = tree(tokens, at, base, tokens[at].1, out);
            at = after.max(at + 1);
            while ![",", "}", ""].contains(&text(at)) {
                at += 1; // `as name`
            }
            at += usize::from(text(at) == ",");
        }
        return at + 1;
    }
    let mut path = base.to_vec();
    loop {
        if text(at) != "self" {
            path.push(text(at).to_owned());
        }
        let goes_on = |c: char| c.is_alphabetic() || c == '_' || c == '*';
        if text(at + 1) == "::" && text(at + 2) == "{" {
            return tree(tokens, at + 2, &path, line, out);
        }
        if text(at + 1) != "::" || !text(at + 2).starts_with(goes_on) {
            out.push((path, line));
            return at + 1;
        }
        at += 2;
    }
}
