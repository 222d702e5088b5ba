//! A scan as bytes, one file per sink. Sinks never name one another; what they share is [`view`] (spans to file, line and
//! text), and only [`escape`] escapes. Nothing here opens a file or asks for the time, so the same scan gives the same bytes.

pub mod escape;
pub mod width;
pub mod view;
mod baseline;
mod blast;
mod diff;
mod mirror;
mod page;
mod path;
mod passage;
mod terminal;
mod concise;
mod json;
mod sarif;
mod junit;
mod github;
mod html;
mod gitlab;
mod csv;
mod markdown;
mod jsonl;
mod sketch;
mod dot;
mod mermaid;
#[cfg(feature = "pcap")]
mod pcap;
mod doctor;
mod explain;
pub mod flows;
mod matrix;
mod pack;
mod paper;
mod problem;
mod remedy;
mod rule;
mod scrub;
mod self_check;
mod wish;

pub use baseline::{baseline_schema, read_baseline, write_baseline};
pub use blast::blast;
pub use diff::{DiffFormat, diff, diff_schema};
pub use doctor::{doctor, formats};
pub use explain::explain;
pub use json::{SCHEMA_ID, schema};
pub use jsonl::lines_schema;
pub use matrix::{MatrixFormat, matrix};
pub use pack::{pack, pack_rule, packs};
pub use paper::{Details, PaperFormat, PaperInput, PaperKind, details_schema, paper, read_details};
pub use problem::problem;
pub use remedy::{plan, plan_json, plan_patch, plan_schema};
pub use rule::{rule, rules};
pub use scrub::{scrub_map, scrubbed};
pub use self_check::{SelfCheckFormat, self_check_report};
pub use wish::{WishFormat, wish_schema, wishes};

use crate::scan::Scan;
use crate::text::Lang;

/// Where a scan goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    /// For an engineer at a terminal.
    Terminal,
    /// One line a finding.
    Concise,
    /// Everything, for programs: `sekisho/scan/1`.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// `JUnit` XML: one test case a policy rule.
    Junit,
    /// GitHub workflow commands: annotations in a pull request.
    Github,
    /// One page for people: offline, printable.
    Html,
    /// GitLab Code Quality.
    Gitlab,
    /// One row a finding, for a spreadsheet.
    Csv,
    /// A short report for a comment on a pull or merge request.
    Markdown,
    /// Everything, one object a line.
    Jsonl,
    /// The network and what violates its policy, for Graphviz.
    Dot,
    /// The same for Mermaid.
    Mermaid,
    /// Witness packets as a capture file.
    #[cfg(feature = "pcap")]
    Pcap,
}

impl Sink {
    /// Every sink of this build.
    pub const ALL: &[Sink] = &[
        Sink::Terminal,
        Sink::Concise,
        Sink::Json,
        Sink::Sarif,
        Sink::Junit,
        Sink::Github,
        Sink::Html,
        Sink::Gitlab,
        Sink::Csv,
        Sink::Markdown,
        Sink::Jsonl,
        Sink::Dot,
        Sink::Mermaid,
        #[cfg(feature = "pcap")]
        Sink::Pcap,
    ];

    /// The word for `--format` and `--output`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Sink::Terminal => "terminal",
            Sink::Concise => "concise",
            Sink::Json => "json",
            Sink::Sarif => "sarif",
            Sink::Junit => "junit",
            Sink::Github => "github",
            Sink::Html => "html",
            Sink::Gitlab => "gitlab",
            Sink::Csv => "csv",
            Sink::Markdown => "markdown",
            Sink::Jsonl => "jsonl",
            Sink::Dot => "dot",
            Sink::Mermaid => "mermaid",
            #[cfg(feature = "pcap")]
            Sink::Pcap => "pcap",
        }
    }

    /// The sink with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Sink> {
        Sink::ALL.iter().copied().find(|sink| sink.id() == word)
    }
}

/// How a reader wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// The language of sentences; identifiers stay English, and JSON carries both.
    pub lang: Lang,
    /// Whether colour is added to the words; it never carries anything alone.
    pub color: bool,
    /// Columns of the terminal; `None` breaks no line.
    pub width: Option<usize>,
    /// Whether long lists are shown in full.
    pub verbose: bool,
    /// Whether only hygiene findings are reported, so that nothing is said about verdicts.
    pub hygiene_only: bool,
    /// Put before input paths where they are resolved against a repository (`concise`, `sarif`, `github`, `gitlab`,
    /// `markdown`): empty, or a relative path that ends in `/`.
    pub root: String,
}

/// The scan as bytes for `sink`.
#[must_use]
pub fn render(scan: &Scan, sink: Sink, style: &Style) -> Vec<u8> {
    match sink {
        Sink::Terminal => terminal::render(scan, style).into_bytes(),
        Sink::Concise => concise::render(scan, style).into_bytes(),
        Sink::Json => json::render(scan).into_bytes(),
        Sink::Sarif => sarif::render(scan, style).into_bytes(),
        Sink::Junit => junit::render(scan, style).into_bytes(),
        Sink::Github => github::render(scan, style).into_bytes(),
        Sink::Html => html::render(scan, style).into_bytes(),
        Sink::Gitlab => gitlab::render(scan, style).into_bytes(),
        Sink::Csv => csv::render(scan, style).into_bytes(),
        Sink::Markdown => markdown::render(scan, style).into_bytes(),
        Sink::Jsonl => jsonl::render(scan).into_bytes(),
        Sink::Dot => dot::render(scan, style).into_bytes(),
        Sink::Mermaid => mermaid::render(scan, style).into_bytes(),
        #[cfg(feature = "pcap")]
        Sink::Pcap => pcap::render(scan),
    }
}
