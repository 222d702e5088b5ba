//! Words of the nft language. Numbers, addresses and names are told apart here, because `:`, `-`, `/` and `.` stand both inside
//! them and between them.

use crate::source::{FileId, Span};
use std::net::Ipv6Addr;

/// One token.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// The text, of strings without quotes.
    pub(super) text: &'a str,
    pub(super) span: Span,
}

/// Kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, number or address.
    Word,
    /// A quoted string.
    Quoted,
    /// Punctuation; the text says which.
    Sign,
    /// The end of a line.
    Newline,
    Comment,
}

impl Token<'_> {
    /// Whether the token is this sign or bare word.
    pub(super) fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Sign | Kind::Word) && self.text == text
    }
}

/// All tokens of `text`; a backslash at the end of a line joins it with the next.
pub(super) fn tokens(file: FileId, text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { file, text, at: 0, out: Vec::new() };
    while let Some(c) = lexer.rest().chars().next() {
        lexer.token(c);
    }
    lexer.out
}

struct Lexer<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    out: Vec<Token<'a>>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Takes `len` bytes as a token, whose text is without `quote` bytes on both sides.
    fn push(&mut self, kind: Kind, len: usize, quote: usize) {
        let text = self.rest().get(quote..len.saturating_sub(quote)).unwrap_or("");
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span { file: self.file, start: number(self.at), end: number(self.at + len) };
        self.out.push(Token { kind, text, span });
        self.at += len;
    }

    fn token(&mut self, c: char) {
        let rest = self.rest();
        if c == '\n' {
            return self.push(Kind::Newline, 1, 0);
        }
        if c.is_whitespace() {
            self.at += c.len_utf8();
            return;
        }
        if let Some(after) = rest.strip_prefix('\\') {
            let blanks = after.len() - after.trim_start_matches([' ', '\t', '\r']).len();
            if after.get(blanks..).is_some_and(|rest| rest.starts_with('\n')) {
                // Noise, but its line may hold nothing else.
                return self.push(Kind::Comment, blanks + 2, 0);
            }
        }
        if c == '#' {
            return self.push(Kind::Comment, rest.find('\n').unwrap_or(rest.len()), 0);
        }
        if c == '"' || c == '\'' {
            let body = rest.get(1..).unwrap_or("");
            let end = body
                .find([c, '\n'])
                .filter(|end| body.get(*end..).is_some_and(|b| b.starts_with(c)));
            // A quote that its line does not close is a sign on its own, which no statement knows.
            return match end {
                Some(end) => self.push(Kind::Quoted, end + 2, 1),
                None => self.push(Kind::Sign, 1, 0),
            };
        }
        if let Some(len) = word(rest) {
            return self.push(Kind::Word, len, 0);
        }
        let double = ["==", "!=", "<=", ">=", "<<", ">>"];
        let len = if double.iter().any(|sign| rest.starts_with(sign)) { 2 } else { c.len_utf8() };
        self.push(Kind::Sign, len, 0);
    }
}

/// The length of the word at the beginning of `text`.
fn word(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if let Some(len) = hardware(text).or_else(|| address(text)) {
        return Some(len);
    }
    if first.is_ascii_digit() {
        return Some(run(text, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_'));
    }
    if !(first.is_alphabetic() || first == '_') {
        return None;
    }
    let name = run(text, |c| c.is_alphanumeric() || "/-_.".contains(c));
    let rest = text.get(name..).unwrap_or("");
    // A star that ends an interface name is a wildcard; `\*` is the character.
    let tail = if rest.starts_with("\\*") { 2 } else { usize::from(rest.starts_with('*')) };
    Some(name + tail)
}

fn run(text: &str, part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !part(c)).unwrap_or(text.len())
}

/// An IPv6 address: the longest beginning that is one.
fn address(text: &str) -> Option<usize> {
    let end = run(text, |c| c.is_ascii_hexdigit() || c == ':' || c == '.').min(45);
    let longest = text.get(..end)?;
    if longest.matches(':').count() < 2 {
        return None;
    }
    (2..=end).rev().find(|len| longest.get(..*len).is_some_and(|t| t.parse::<Ipv6Addr>().is_ok()))
}

/// A hardware address: six pairs of hexadecimal digits.
fn hardware(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let fits = (0..17).all(|at| match bytes.get(at) {
        Some(b':') => at % 3 == 2,
        Some(byte) => at % 3 != 2 && byte.is_ascii_hexdigit(),
        None => false,
    });
    let ends = bytes.get(17).is_none_or(|byte| !byte.is_ascii_hexdigit() && *byte != b':');
    (fits && ends).then_some(17)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn words(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        let id = sources.add("a.nft", text.as_bytes()).unwrap();
        tokens(id, text).iter().map(|token| token.text.to_owned()).collect()
    }

    #[test]
    fn signs_inside_words_and_between_them() {
        assert_eq!(words("2001:db8::/32"), ["2001:db8::", "/", "32"]);
        assert_eq!(words("22:accept,80 : drop"), ["22", ":", "accept", ",", "80", ":", "drop"]);
        assert_eq!(words("[2001:db8::1]:80"), ["[", "2001:db8::1", "]", ":", "80"]);
        assert_eq!(words("10.0.0.1-10.0.0.9"), ["10.0.0.1", "-", "10.0.0.9"]);
        assert_eq!(words("echo-request eth0.10 \"a b\""), ["echo-request", "eth0.10", "a b"]);
        assert_eq!(words("eth* != @s $v"), ["eth*", "!=", "@", "s", "$", "v"]);
        assert_eq!(words("00:11:22:33:44:55"), ["00:11:22:33:44:55"]);
        assert_eq!(words("ip saddr . tcp dport"), ["ip", "saddr", ".", "tcp", "dport"]);
        assert_eq!(words("rate 10/second"), ["rate", "10", "/", "second"]);
        assert_eq!(words("a \\\n b # c"), ["a", "\\\n", "b", "# c"]);
    }
}
