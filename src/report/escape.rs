//! The only place that escapes. Names in configurations are hostile text: one function for each target.
//!
//! JSON strings are escaped by their writer and made harmless here; XML markup is escaped by the JUnit writer, and [`xml`]
//! removes what no XML document may hold.

/// Characters that move a cursor, hide or reorder what follows: controls, line separators, bidi and zero-width characters.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// For one line of a terminal or text file: a tab becomes a blank, every other hostile character is shown as `<U+001B>`.
#[must_use]
pub fn terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        push_visible(&mut out, c);
    }
    out
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\t' => out.push(' '),
        c if is_hostile(c) => out.push_str(&format!("<U+{:04X}>", u32::from(c))),
        c => out.push(c),
    }
}

/// For the message of a GitHub workflow command: `%`, carriage return and line feed are percent-encoded.
#[must_use]
pub fn github_data(text: &str) -> String {
    github(text, &[])
}

/// For a property of a GitHub workflow command: `:` and `,` are percent-encoded as well.
#[must_use]
pub fn github_property(text: &str) -> String {
    github(text, &[':', ','])
}

fn github(text: &str, also: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' | '\r' | '\n' => out.push_str(&format!("%{:02X}", u32::from(c))),
            c if also.contains(&c) => out.push_str(&format!("%{:02X}", u32::from(c))),
            c => push_visible(&mut out, c),
        }
    }
    out
}

/// For the text of an XML element or attribute: every character that XML 1.0 forbids, and every hostile one except a line
/// feed, is shown as `<U+001B>`. Markup is left to the XML writer.
#[must_use]
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push_str(&format!("<U+{:04X}>", u32::from(c))),
            c => push_visible(&mut out, c),
        }
    }
    out
}

/// For JSON that its writer has made: hostile characters that JSON allows as they are (it escapes only the first 32) become
/// `\u` escapes, so that the text means the same and does no harm on a terminal. They stand inside strings only.
#[must_use]
pub fn json(written: &str) -> String {
    let mut out = String::with_capacity(written.len());
    for c in written.chars() {
        if c == '\n' || !is_hostile(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out
}

/// For an HTML document that its writer has made, with all markup escaped: hostile characters are shown as `<U+001B>`. They
/// stand in text and attributes only, because no markup of ours holds one.
#[must_use]
pub fn html(written: &str) -> String {
    let mut out = String::with_capacity(written.len());
    for c in written.chars() {
        if c == '\n' || !is_hostile(c) {
            out.push(c);
            continue;
        }
        out.push_str(&format!("&lt;U+{:04X}&gt;", u32::from(c)));
    }
    out
}

/// For plain text that a viewer might read as Markdown (messages of SARIF, descriptions of GitLab): hostile characters are
/// shown, and what the viewer would take for a link is broken up.
#[must_use]
pub fn plain(text: &str) -> String {
    terminal(text).replace("](", "] (")
}

/// For a quoted string of Graphviz: quotes and backslashes are escaped, hostile characters shown.
#[must_use]
pub fn dot(text: &str) -> String {
    terminal(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// For a quoted label of Mermaid: what its grammar or HTML would read is written as a character number, hostile characters are shown.
#[must_use]
pub fn mermaid(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in terminal(text).chars() {
        match c {
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' | '%' | ';' | '{' | '}' | '[' | ']' | '('
            | ')' | '|' => {
                out.push_str(&format!("#{};", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

/// For a comment of Mermaid: braces would begin a directive, which may stand anywhere; hostile characters are shown.
#[must_use]
pub fn mermaid_comment(text: &str) -> String {
    terminal(text).replace(['{', '}'], "|")
}

/// A relative path as a URI reference (RFC 3986): every byte outside the unreserved set and `/` is percent-encoded.
#[must_use]
pub fn uri_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// For one field of a CSV file: quoted when needed; a field that a spreadsheet would take for a formula, also in the full-width
/// signs that Japanese input methods write, gets a leading `'`.
#[must_use]
pub fn csv(text: &str) -> String {
    let shown = terminal(text);
    let formula = shown.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let guarded = if formula { format!("'{shown}") } else { shown };
    if guarded.contains([',', '"']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

/// One cell of a Markdown table: no mark-up, no line of its own.
#[must_use]
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in terminal(text).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' | '~' | '&' => {
                out.push('\\');
                out.push(c);
            }
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// For text of a Markdown comment on GitHub or GitLab: as [`markdown`], and it calls nobody (`@name`), refers to nothing (`#1`)
/// and links to nothing (`http://`, `www.`), because a zero-width space stands where such a word would begin to mean something.
#[must_use]
pub fn comment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in markdown(text).chars() {
        match c {
            '@' | '$' | '%' | '^' => {
                out.push('\\');
                out.push(c);
                out.push_str("&#8203;");
            }
            '#' => out.push_str("#&#8203;"),
            '/' if out.ends_with(":/") => out.push_str("&#8203;/"),
            '.' if out.to_ascii_lowercase().ends_with("www") => out.push_str("&#8203;."),
            c => out.push(c),
        }
    }
    out
}

/// Lines as a block of code in Markdown. The fence is longer than any run of backticks in them, so no line ends it; inside it
/// neither Markdown nor HTML means anything.
#[must_use]
pub fn fenced(lines: &[String]) -> String {
    let shown: Vec<String> = lines.iter().map(|line| terminal(line)).collect();
    let runs = shown.iter().flat_map(|line| line.split(|c| c != '`'));
    let fence = "`".repeat(runs.map(str::len).max().unwrap_or(0).max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", shown.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[31m\nb\u{202e}c\r::error::x%0A<&\"'>,\u{7f}\u{9b}\u{2028}";

    #[test]
    fn a_terminal_sees_no_control_and_no_bidi() {
        let shown = terminal(HOSTILE);
        assert!(!shown.chars().any(is_hostile));
        assert!(shown.starts_with("a<U+001B>[31m<U+000A>b<U+202E>c<U+000D>::error"));
        assert_eq!(terminal("名前\tx"), "名前 x");
    }

    #[test]
    fn github_commands_cannot_be_begun_or_ended() {
        assert_eq!(github_data("50%\r\n::x"), "50%25%0D%0A::x");
        assert_eq!(github_property("a:b,c%"), "a%3Ab%2Cc%25");
        assert!(!github_data(HOSTILE).contains(['\n', '\r', '\u{1b}', '\u{202e}']));
    }

    #[test]
    fn xml_keeps_line_feeds_only() {
        let text = xml(HOSTILE);
        assert_eq!(text.chars().filter(|c| is_hostile(*c)).collect::<String>(), "\n");
        assert_eq!(xml("\u{0}\u{ffff}"), "<U+0000><U+FFFF>");
    }

    #[test]
    fn json_means_the_same_and_shows_nothing_hostile() {
        let hostile = format!("{HOSTILE}\u{e0001}");
        let written = json(&serde_json::to_string(&hostile).unwrap());
        assert!(!written.chars().any(is_hostile));
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), hostile);
    }

    proptest::proptest! {
        #[test]
        fn nothing_hostile_passes_any_escape(text in "\\PC*|(?s).*") {
            for shown in [terminal(&text), github_data(&text), github_property(&text), plain(&text), csv(&text), markdown(&text), comment(&text), html(&text.replace('\n', " "))] {
                proptest::prop_assert!(!shown.chars().any(is_hostile), "{shown:?}");
            }
            proptest::prop_assert!(!xml(&text).chars().any(|c| is_hostile(c) && c != '\n'));
            proptest::prop_assert!(!github_property(&text).contains([':', ',']));
            proptest::prop_assert!(!plain(&text).contains("]("));
            proptest::prop_assert!(uri_path(&text).is_ascii());
            let block = fenced(&[text.clone(), text.clone()]);
            let lines: Vec<&str> = block.lines().collect();
            proptest::prop_assert_eq!(lines.len(), 4);
            proptest::prop_assert!(!lines[1].contains(lines[3]));
            proptest::prop_assert_eq!(lines[0].strip_suffix("text"), Some(lines[3]));
            let written = serde_json::to_string(&text).unwrap();
            proptest::prop_assert_eq!(serde_json::from_str::<String>(&json(&written)).unwrap(), text);
        }
    }

    #[test]
    fn uris_and_fields_are_safe() {
        assert_eq!(uri_path("設定/a b%.conf"), "%E8%A8%AD%E5%AE%9A/a%20b%25.conf");
        assert_eq!(csv("=1+1"), "'=1+1");
        assert_eq!(csv("＝1+1"), "'＝1+1");
        assert_eq!(csv("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(plain("[x](http://y)"), "[x] (http://y)");
    }

    #[test]
    fn a_comment_calls_nobody_and_links_to_nothing() {
        assert_eq!(comment("@all #1 !2"), "\\@&#8203;all \\#&#8203;1 \\!2");
        assert_eq!(comment("http://a WWW.b"), "http:/&#8203;/a WWW&#8203;.b");
        assert_eq!(comment("<!-- a -->|b"), "\\<\\!-- a --\\>\\|b");
        assert_eq!(comment("端末 → 10.0.0.0/8 tcp/443"), "端末 → 10.0.0.0/8 tcp/443");
    }

    #[test]
    fn no_line_ends_its_block() {
        assert_eq!(
            fenced(&["a".to_owned(), "b\n```".to_owned()]),
            "````text\na\nb<U+000A>```\n````\n"
        );
        assert_eq!(fenced(&["a``b".to_owned()]), "```text\na``b\n```\n");
    }
}
