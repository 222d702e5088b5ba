//! Lines of a configuration: what stands behind a word for free text or for a secret goes as a whole, the rest word by word.

use super::rewrite::{self, Rewriter};
use crate::dialect::{self, Wording};
use crate::sheet::words;

/// What stands for a secret.
pub(super) const SECRET: &str = "secret";

/// The lines of one file, in order.
#[derive(Debug)]
pub(super) struct Lines {
    wording: Option<&'static Wording>,
    /// Text in quotation marks that the line before did not close, and whether it is a secret.
    open: Option<(char, bool)>,
}

/// Where something stands in the rest of a line: from, to, and the quotation mark that the line does not close.
type Argument = (usize, usize, Option<char>);

impl Lines {
    pub(super) fn new(format: Option<&str>) -> Lines {
        Lines { wording: format.and_then(dialect::wording), open: None }
    }

    /// The line rewritten.
    pub(super) fn line(&mut self, rewriter: &mut Rewriter, line: &str) -> String {
        if self.wording.is_some_and(|wording| wording.format == "table") {
            return row(rewriter, line);
        }
        let mut out = String::with_capacity(line.len());
        let mut done = 0;
        if let Some((mark, secret)) = self.open {
            let end = line.find(mark).unwrap_or(line.len());
            let said = line.get(..end).unwrap_or_default();
            out.push_str(&stand_in(rewriter, said, secret));
            if end == line.len() {
                return out;
            }
            self.open = None;
            done = end;
        }
        let all: Vec<(usize, &str)> = rewrite::words(line).collect();
        for (at, word) in all {
            if at < done {
                continue;
            }
            let after = at + word.len();
            let rest = line.get(after..).unwrap_or_default();
            let found = self.free(word, rest).map(|argument| (argument, false));
            let Some(((from, to, open), secret)) =
                found.or_else(|| self.secret(word, rest).map(|argument| (argument, true)))
            else {
                continue;
            };
            out.push_str(&rewriter.text(line.get(done..after + from).unwrap_or_default()));
            out.push_str(&stand_in(rewriter, rest.get(from..to).unwrap_or_default(), secret));
            self.open = open.map(|mark| (mark, secret));
            done = after + to;
        }
        out + &rewriter.text(line.get(done..).unwrap_or_default())
    }

    /// The free text behind a word.
    fn free(&self, word: &str, rest: &str) -> Option<Argument> {
        let wording = self.wording?;
        if !wording.free.iter().any(|free| free.eq_ignore_ascii_case(word)) {
            return None;
        }
        argument(rest, wording.one_word).filter(|(from, to, _)| from < to)
    }

    /// The secret behind a word.
    fn secret(&self, word: &str, rest: &str) -> Option<Argument> {
        if !dialect::precedes_secret(self.wording, word) {
            return None;
        }
        let mut skipped = 0;
        loop {
            let behind = rest.get(skipped..)?;
            let (from, to, open) = argument(behind, true)?;
            let said = behind.get(from..to)?;
            let number = said.len() <= 2 && said.bytes().all(|b| b.is_ascii_digit());
            // An address is none, whatever stands before it.
            let address = said.split(['/', ',', '-']).next().and_then(rewrite::parse);
            if said.is_empty() || address.is_some() || dialect::is_no_secret(said) {
                return None;
            }
            if !(number || dialect::is_manner(said)) {
                return Some((skipped + from, skipped + to, open));
            }
            skipped += to;
        }
    }
}

/// A row of a sheet. A note that says what happens to everything else says so in plain words.
fn row(rewriter: &mut Rewriter, line: &str) -> String {
    let mut quoted = false;
    let cells = line.split(|c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let cell = |cell: &str| match (words::bears_policy(cell), words::stated_default(cell)) {
        (false, _) => rewriter.text(cell),
        (true, stated) => {
            let said = match stated {
                Some(true) => "記載のない通信は許可",
                Some(false) => "記載のない通信は拒否",
                None => "記載のない通信は一部許可",
            };
            let (edge, end) = (cell.starts_with('"'), cell.len() > 1 && cell.ends_with('"'));
            let mark = |is: bool| if is { "\"" } else { "" };
            let back = if cell.ends_with('\r') { "\r" } else { "" };
            format!("{}{said}{}{back}", mark(edge), mark(end))
        }
    };
    cells.map(cell).collect::<Vec<_>>().join(",")
}

fn stand_in(rewriter: &mut Rewriter, said: &str, secret: bool) -> String {
    match secret {
        true if said.trim().is_empty() => String::new(),
        true => {
            rewriter.secrets.insert(said.trim().to_owned());
            SECRET.to_owned()
        }
        false => rewriter.words.text(said),
    }
}

/// What stands behind a word: in quotation marks, in an element, as the value of a JSON key; else the rest of the line, or one word.
fn argument(rest: &str, one_word: bool) -> Option<Argument> {
    let (value, marked) = match rest.strip_prefix('>') {
        Some(element) => {
            let end = element.find('<').unwrap_or(element.len());
            return Some((1, 1 + end, None));
        }
        None => {
            match rest.strip_prefix(['"', '\'']).map(|rest| rest.trim_start().strip_prefix(':')) {
                Some(json) => (json?.trim_start(), true),
                None => (
                    rest.trim_start_matches(|c: char| c.is_whitespace() || c == '=' || c == ':'),
                    false,
                ),
            }
        }
    };
    let from = rest.len() - value.len();
    if from == 0 || value.is_empty() || value.starts_with('{') {
        return None;
    }
    if let Some(mark) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let end = closing(value, mark);
        return Some((from + 1, from + end.unwrap_or(value.len()), end.is_none().then_some(mark)));
    }
    if marked {
        return None;
    }
    let end =
        if one_word { value.find(char::is_whitespace).unwrap_or(value.len()) } else { value.len() };
    let said = value.get(..end)?.trim_end().trim_end_matches([';', '{']).trim_end();
    let said = said.split_once("</").map_or(said, |(said, _)| said);
    Some((from, from + said.len(), None))
}

/// The byte of the quotation mark that closes the one at the beginning.
fn closing(value: &str, mark: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in value.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == mark => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scrub::address::Addresses;

    fn lines(format: &str, text: &str) -> Vec<String> {
        let mut rewriter = Rewriter::new(Addresses::new([3; 32]));
        let mut lines = Lines::new(Some(format));
        text.lines().map(|line| lines.line(&mut rewriter, line)).collect()
    }

    #[test]
    fn a_note_of_a_sheet_keeps_what_it_says_about_the_rest() {
        assert_eq!(
            lines(
                "table",
                "※かすみ町の一覧。記載のない通信は全て拒否,,\n1,\"上記以外は許可しない\",tcp"
            ),
            ["記載のない通信は拒否,,", "1,\"記載のない通信は一部許可\",tcp"]
        );
        assert_eq!(words::stated_default("記載のない通信は許可"), Some(true));
        assert_eq!(words::stated_default("記載のない通信は拒否"), Some(false));
        assert_eq!(words::stated_default("記載のない通信は一部許可"), None);
        assert!(words::bears_policy("記載のない通信は一部許可"));
    }

    #[test]
    fn free_text_goes_as_a_whole() {
        assert_eq!(
            lines("ios", " description link to the new server room"),
            [" description text-1"]
        );
        assert_eq!(
            lines("fortios", "set comment \"from any to any\" "),
            ["set comment \"text-1\" "]
        );
        assert_eq!(
            lines("iptables", "-A INPUT -m comment --comment \"port 22 for Taro\" -j ACCEPT"),
            ["-A INPUT -m comment --comment \"text-1\" -j ACCEPT"]
        );
        assert_eq!(
            lines("panos", "<description>main office &amp; annex</description>"),
            ["<description>text-1</description>"]
        );
        assert_eq!(lines("junos", "description \"to main office\";"), ["description \"text-1\";"]);
        assert_eq!(lines("junos", "description office;"), ["description text-1;"]);
        assert_eq!(
            lines("nftables", "{\"comment\": \"main office\", \"handle\": 4}"),
            ["{\"comment\": \"text-1\", \"handle\": 4}"]
        );
    }

    #[test]
    fn text_over_several_lines_goes_to_its_end() {
        let found = lines("fortios", "set comment \"any\nserver port\" \nset status enable");
        assert_eq!(found, ["set comment \"text-1", "text-2\" ", "set status enable"]);
        let found =
            lines("fortios", "set private-key \"-----BEGIN\nserver\n-----END\"\nset status enable");
        assert_eq!(found, ["set private-key \"secret", "secret", "secret\"", "set status enable"]);
    }

    #[test]
    fn secrets_go_whatever_they_are_made_of() {
        for (format, given, kept) in [
            ("fortios", "set password ENC server+any/12345=", "set password ENC secret"),
            (
                "ios",
                "username admin privilege 15 secret 5 $1$any$permit",
                "username admin privilege 15 secret 5 secret",
            ),
            ("ios", "frobnicate peer password access", "name-1 peer password secret"),
            ("ios", "snmp-server community access ro", "snmp-server community secret ro"),
            ("ios", "snmp-server community public ro", "snmp-server community public ro"),
            (
                "ios",
                "crypto isakmp key server address 10.0.0.1",
                "crypto isakmp key secret address ",
            ),
            (
                "yamaha",
                "ipsec ike pre-shared-key 1 text server",
                "ipsec ike pre-shared-key 1 text secret",
            ),
            (
                "junos",
                "encrypted-password \"$6$any\"; ## SECRET-DATA",
                "encrypted-password \"secret\"; ## SECRET-DATA",
            ),
            ("panos", "<phash>server</phash>", "<phash>secret</phash>"),
        ] {
            let found = lines(format, given);
            assert!(found[0].starts_with(kept), "{given}: {found:?}");
        }
    }
}
