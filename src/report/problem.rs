//! An input that the tool could not work with: place, message, the line with a caret under the words, and the way out.

use super::page::{Page, Tone};
use super::{Style, escape, width};
use crate::scan::InputError;
use crate::source::File;
use crate::text;

/// The columns of a quoted line that are shown at most.
const LINE_LIMIT: usize = 160;

/// The error as text; `file` is the same file decoded again, when that is possible.
#[must_use]
pub fn problem(error: &InputError, file: Option<&File>, style: &Style) -> String {
    let mut page = Page::new(style);
    let line = error.line.or_else(|| Some(file?.line_at(error.span?.start)));
    let place = match line {
        Some(line) => format!("{}:{line}: ", error.path),
        None => format!("{}: ", error.path),
    };
    let word = text!("エラー: ", "error: ");
    let word = page.say(&word).to_owned();
    let message = page.say(&error.message).to_owned();
    page.row("", &[(Tone::Strong, &place), (Tone::Bad, &word), (Tone::Plain, &message)]);
    if let (Some(line), Some(file)) = (line, file) {
        snippet(&mut page, error, line, file);
    }
    if let Some(help) = &error.help {
        let help = page.say(help).to_owned();
        page.labelled(2, &text!("対処", "help"), &help);
    }
    page.finish()
}

fn snippet(page: &mut Page<'_>, error: &InputError, line: u32, file: &File) {
    let raw = file.line_text(line);
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let (before, marked) = split(error, line, file, raw);
    // A long line is shown from a little before the marked words, so that the caret is in view.
    let skip = width::columns(&before).saturating_sub(LINE_LIMIT / 2);
    let shown = window(&escape::terminal(raw), skip);
    page.row(&format!(" {number} | "), &[(Tone::Plain, shown.as_str())]);
    if let Some(marked) = marked {
        let blanks = " ".repeat(width::columns(&before) - skip);
        let carets = "^".repeat(width::columns(&marked).clamp(1, LINE_LIMIT / 2));
        page.row(&format!(" {margin} | {blanks}"), &[(Tone::Bad, carets.as_str())]);
    }
}

/// What stands before the marked words on the line, and the marked words, both as they are shown.
fn split(error: &InputError, line: u32, file: &File, raw: &str) -> (String, Option<String>) {
    let Some(span) = error.span.filter(|span| file.line_at(span.start) == line) else {
        return (String::new(), None);
    };
    let start = raw.as_ptr() as usize - file.text().as_ptr() as usize;
    let from = (span.start as usize).saturating_sub(start).min(raw.len());
    let to = (span.end as usize).saturating_sub(start).clamp(from, raw.len());
    let before = escape::terminal(raw.get(..from).unwrap_or(""));
    (before, Some(escape::terminal(raw.get(from..to).unwrap_or(""))))
}

fn window(text: &str, skip: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for c in text.chars() {
        if column >= skip && column < skip + LINE_LIMIT {
            out.push(c);
        }
        column += width::char_columns(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Sources, Span};
    use crate::text::Lang;

    #[test]
    fn the_caret_stands_under_the_words_even_behind_wide_characters() {
        let mut sources = Sources::default();
        let id = sources.add("policy.yaml", "version: 1\nラベル: zoen\n".as_bytes()).unwrap();
        let start = 22;
        let error = InputError {
            path: "policy.yaml".to_owned(),
            span: Some(Span { file: id, start, end: start + 4 }),
            line: None,
            message: text!("不明なキー「zoen」です。", "unknown key `zoen`"),
            help: Some(text!("「zone」ではありませんか。", "did you mean `zone`?")),
        };
        let style = Style { lang: Lang::En, ..Style::default() };
        let shown = problem(&error, Some(sources.file(id)), &style);
        let want = "policy.yaml:2: error: unknown key `zoen`\n 2 | ラベル: zoen\n   |         ^^^^\n  help: did you mean `zone`?\n";
        assert_eq!(shown, want);
        let style = Style { lang: Lang::Ja, ..Style::default() };
        assert!(problem(&error, None, &style).starts_with("policy.yaml: エラー: 不明なキー"));
    }

    #[test]
    fn a_long_line_is_shown_around_the_mark() {
        let mut sources = Sources::default();
        let text = format!("{}HERE{}", "a".repeat(5000), "b".repeat(5000));
        let id = sources.add("x", text.as_bytes()).unwrap();
        let span = Some(Span { file: id, start: 5000, end: 5004 });
        let message = text!("誤り", "wrong");
        let error = InputError { path: "x".to_owned(), span, line: Some(1), message, help: None };
        let shown = problem(&error, Some(sources.file(id)), &Style::default());
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[1].find("HERE"), lines[2].find("^^^^"));
        assert!(lines[1].len() < 200);
    }
}
