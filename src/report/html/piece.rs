//! Pieces that every chapter is made of.

use maud::{Markup, html};

use crate::finding::{FlowList, Hop, HopLine, Verdict, is_stopped};
use crate::report::view;
use crate::scan::Scan;
use crate::source::Span;
use crate::text;
use crate::text::{Lang, Text};

/// What is written, and in which language.
pub(in crate::report) struct Writer<'a> {
    pub(in crate::report) scan: &'a Scan,
    pub(in crate::report) lang: Lang,
}

impl Writer<'_> {
    /// The text in the language of the report.
    pub(in crate::report) fn say(&self, text: &Text) -> String {
        text.get(self.lang).to_owned()
    }

    /// `file:line`.
    pub(in crate::report) fn place(&self, span: Span) -> String {
        self.scan.loaded.sources.place(span)
    }

    /// The lines of a span with their place.
    pub(in crate::report) fn quoted(&self, span: Span) -> Markup {
        let quote = view::quote(&self.scan.loaded.sources, span);
        html! {
            div.quote {
                span.place { (quote.file) ":" (quote.line) }
                code { (quote.text) }
            }
        }
    }

    /// The mark and the word of a verdict.
    pub(in crate::report) fn verdict(&self, verdict: Verdict) -> Markup {
        html! {
            span class={ "verdict " (class(verdict)) } {
                span aria-hidden="true" { (mark(verdict)) } " " (self.say(&verdict.word()))
            }
        }
    }

    /// Flows, one a line; a long list is folded behind its beginning.
    pub(in crate::report) fn flows(&self, list: &FlowList) -> Markup {
        let lines = view::flow_lines(list, usize::MAX, self.lang);
        let (first, rest) = lines.split_at(lines.len().min(SHORT));
        let more = rest.len();
        html! {
            ul.flows { @for line in first { li { code { (line) } } } }
            @if more > 0 {
                details {
                    summary { (self.say(&text!("ほか {more} 行", "{more} more lines"))) }
                    ul.flows { @for line in rest { li { code { (line) } } } }
                }
            }
        }
    }

    /// A path from end to end: every device with the lines that decided.
    pub(in crate::report) fn path(&self, ends: (&str, &str), hops: &[Hop]) -> Markup {
        let stopped = is_stopped(hops);
        html! {
            ol.path {
                li.end { span.mark aria-hidden="true" { "●" } " " b { (ends.0) } }
                @for hop in hops {
                    li.hop {
                        b { (view::hop_heading(hop, self.lang)) }
                        @if !hop.lines.is_empty() {
                            ul { @for line in &hop.lines { li { (self.decision(line)) } } }
                        }
                    }
                }
                li.end {
                    span.mark aria-hidden="true" { @if stopped { "✕" } @else { "▼" } } " " b { (ends.1) }
                    @if stopped { " " (self.say(&text!("（届かない）", "(not reached)"))) }
                }
            }
        }
    }

    fn decision(&self, line: &HopLine) -> Markup {
        html! {
            span class={ "action " (line.action.id()) } { (self.say(&view::action_word(line.action))) }
            " " (line.label)
            @if let Some(span) = line.span { (self.quoted(span)) }
        }
    }

    /// A label with what it stands for; nothing without content.
    pub(in crate::report) fn labelled(&self, label: &Text, content: &Markup) -> Markup {
        html! { @if !content.0.is_empty() { div.labelled { h4 { (self.say(label)) } (content) } } }
    }
}

/// Lines of a list that are shown at once.
const SHORT: usize = 12;

/// The class of a verdict in the style sheet.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Violated => "violated",
        Verdict::Undetermined => "undetermined",
    }
}

/// The mark of a verdict, which no colour is needed for.
pub(super) fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "○",
        Verdict::Violated => "✕",
        Verdict::Undetermined => "？",
    }
}
