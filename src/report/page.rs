//! Lines of text for a reader: every one escaped, wrapped and then perhaps coloured. Colour never carries anything alone.

use super::{Style, escape, view, width};
use crate::finding::{Severity, Verdict};
use crate::source::{Sources, Span};
use crate::text::Text;

/// How a piece of text is set off, where colour is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Strong,
    Good,
    Bad,
    Doubt,
    Faint,
}

/// The tone that goes with a verdict.
pub(super) fn verdict_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Holds => Tone::Good,
        Verdict::Undetermined => Tone::Doubt,
        Verdict::Violated => Tone::Bad,
    }
}

/// The tone that goes with a severity.
pub(super) fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::Critical | Severity::High => Tone::Bad,
        Severity::Medium => Tone::Doubt,
        Severity::Low | Severity::Info => Tone::Plain,
    }
}

/// A growing text.
pub(super) struct Page<'a> {
    style: &'a Style,
    out: String,
}

impl<'a> Page<'a> {
    pub(super) fn new(style: &'a Style) -> Page<'a> {
        Page { style, out: String::new() }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    /// The text in the language of the page.
    pub(super) fn say<'t>(&self, text: &'t Text) -> &'t str {
        text.get(self.style.lang)
    }

    pub(super) fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A heading, underlined so that it stands out without colour.
    pub(super) fn heading(&mut self, text: &Text) {
        let text = escape::terminal(self.say(text));
        let rule = "─".repeat(width::columns(&text));
        self.row("", &[(Tone::Strong, &text)]);
        self.row("", &[(Tone::Faint, &rule)]);
    }

    /// Pieces side by side on one line, never broken.
    pub(super) fn row(&mut self, prefix: &str, pieces: &[(Tone, &str)]) {
        let mut line = prefix.to_owned();
        for (tone, text) in pieces {
            line += &self.paint(*tone, &escape::terminal(text));
        }
        self.out += line.trim_end();
        self.out.push('\n');
    }

    /// Pieces, and behind them a sentence that keeps to the right of them.
    pub(super) fn entry(&mut self, pieces: &[(Tone, &str)], text: &str) {
        let mut head = String::new();
        let mut used = 0;
        for (tone, piece) in pieces {
            let piece = escape::terminal(piece);
            used += width::columns(&piece);
            head += &self.paint(*tone, &piece);
        }
        let hang = " ".repeat(used);
        self.lines(&head, &hang, used, Tone::Plain, text);
    }

    /// A sentence behind `prefix`, broken where the width asks for it; further lines begin with `hang`.
    pub(super) fn sentence(&mut self, prefix: &str, hang: &str, tone: Tone, text: &str) {
        let used = width::columns(prefix).max(width::columns(hang));
        self.lines(prefix, hang, used, tone, text);
    }

    fn lines(&mut self, prefix: &str, hang: &str, used: usize, tone: Tone, text: &str) {
        let text = escape::terminal(text);
        let lines = match self.style.width {
            Some(columns) => width::wrap(&text, columns.saturating_sub(used)),
            None => vec![text],
        };
        for (index, line) in lines.iter().enumerate() {
            let before = if index == 0 { prefix } else { hang };
            let painted = self.paint(tone, line);
            self.out += format!("{before}{painted}").trim_end();
            self.out.push('\n');
        }
    }

    /// A sentence at an indentation.
    pub(super) fn text(&mut self, indent: usize, text: &str) {
        let blanks = " ".repeat(indent);
        self.sentence(&blanks, &blanks, Tone::Plain, text);
    }

    /// A label and what follows it: `原因: …`.
    pub(super) fn labelled(&mut self, indent: usize, label: &Text, text: &str) {
        let blanks = " ".repeat(indent);
        let prefix = format!("{blanks}{}: ", self.say(label));
        self.sentence(&prefix, &format!("{blanks}  "), Tone::Plain, text);
    }

    /// The text of the lines of `span`, set off with `>`.
    pub(super) fn quoted(&mut self, prefix: &str, sources: &Sources, span: Span) {
        let shown = view::quote(sources, span);
        let prefix = format!("{prefix}> ");
        self.sentence(&prefix, &prefix, Tone::Faint, &shown.text);
    }

    fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Strong => "1",
            Tone::Good => "32",
            Tone::Bad => "1;31",
            Tone::Doubt => "33",
            Tone::Faint => "2",
        };
        if self.style.color && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
