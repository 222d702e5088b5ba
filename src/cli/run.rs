//! What every subcommand shares: the style of output, reading inputs, printing, and how a stop is told.

use super::arguments::{ColorFlag, Common, InputFlags, LangFlag, ReadingFlags, ReportFlags};
use super::exit::{Exit, Stop};
use super::progress::Progress;
use super::{environment, files};
use crate::report::{self, Sink, Style};
use crate::scan::{self, Files, InputError, Loaded, Options, Scan, Workspace};
use crate::source::Sources;
use crate::text;
use crate::text::{Lang, Text};
use std::cell::RefCell;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// One run of the command.
#[derive(Debug)]
pub(super) struct Run {
    style: Style,
    color: ColorFlag,
    quiet: bool,
    /// The path that was read, for quoting lines of files that could not be worked with.
    base: RefCell<Option<PathBuf>>,
}

impl Run {
    pub(super) fn new(common: &Common) -> Run {
        let lang = match common.lang {
            Some(LangFlag::Ja) => Lang::Ja,
            Some(LangFlag::En) => Lang::En,
            None => environment::lang(),
        };
        let style = Style { lang, verbose: common.verbose, ..Style::default() };
        Run { style, color: common.color, quiet: common.quiet, base: RefCell::new(None) }
    }

    /// The language of messages.
    pub(super) fn lang(&self) -> Lang {
        self.style.lang
    }

    /// The style for standard output: colour and wrapping only where a person reads.
    pub(super) fn style(&self) -> Style {
        self.style_for(std::io::stdout().is_terminal())
    }

    fn style_for(&self, terminal: bool) -> Style {
        let color = match self.color {
            ColorFlag::Always => true,
            ColorFlag::Never => false,
            ColorFlag::Auto => environment::color().unwrap_or(terminal),
        };
        let width = terminal.then(environment::columns);
        let root = self.base.borrow().as_deref().map(files::root).unwrap_or_default();
        Style { color, width, root, ..self.style.clone() }
    }

    /// The style for a file: no colour, no wrapping.
    pub(super) fn plain(&self) -> Style {
        Style { color: false, width: None, ..self.style() }
    }

    /// The files at the path, as bytes.
    pub(super) fn files(&self, path: &Path, reading: &ReadingFlags) -> Result<Files, Stop> {
        *self.base.borrow_mut() = Some(path.to_owned());
        files::read(path, reading.memory_limit)
    }

    /// Remembers that `path` is read, for quoting its lines.
    pub(super) fn reading(&self, path: &Path) {
        *self.base.borrow_mut() = Some(path.to_owned());
    }

    /// A sign of life as long as it is held; see [`Progress`].
    pub(super) fn progress(&self) -> Progress {
        let message = text!("関所: 処理しています…\n", "sekisho: working…\n");
        Progress::start(message.get(self.style.lang).to_owned(), self.quiet)
    }

    /// Reads and joins the inputs.
    pub(super) fn load(&self, path: &Path, reading: &ReadingFlags) -> Result<Loaded, Stop> {
        let _sign = self.progress();
        let files = self.files(path, reading)?;
        self.load_files(files, reading)
    }

    /// Joins inputs that were read.
    #[allow(clippy::unused_self, reason = "commands read through their run only")]
    pub(super) fn load_files(&self, files: Files, reading: &ReadingFlags) -> Result<Loaded, Stop> {
        scan::load(files, &options(reading)?).map_err(Stop::Inputs)
    }

    /// Whether reports and notes are silenced.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Reads and judges the inputs.
    pub(super) fn scan(&self, input: &InputFlags) -> Result<Scan, Stop> {
        self.scan_with(input, false)
    }

    /// As [`Run::scan`]; with `through_relays`, relays do not end chains of compromised hosts.
    pub(super) fn scan_with(&self, input: &InputFlags, through_relays: bool) -> Result<Scan, Stop> {
        let _sign = self.progress();
        let files = self.files(&input.path, &input.reading)?;
        let options = Options { through_relays, ..options(&input.reading)? };
        scan::scan(files, &options).map_err(Stop::Inputs)
    }

    /// A run that goes on; nothing is read yet but the bytes.
    pub(super) fn workspace(
        &self,
        input: &InputFlags,
        through_relays: bool,
    ) -> Result<Workspace, Stop> {
        let files = self.files(&input.path, &input.reading)?;
        let options = Options { through_relays, ..options(&input.reading)? };
        Ok(Workspace::new(files, options))
    }

    /// Prints what the user asked for. `--quiet` silences reports and notes, not answers.
    #[allow(clippy::unused_self, reason = "commands print through their run only")]
    pub(super) fn print(&self, bytes: &[u8]) -> Result<(), Stop> {
        files::print(bytes)
    }

    /// Writes the report to every place that was asked for. Files come first, so that they are there even when nobody reads
    /// what is printed.
    pub(super) fn report(
        &self,
        scan: &Scan,
        flags: &ReportFlags,
        hygiene_only: bool,
    ) -> Result<(), Stop> {
        let plain = Style { hygiene_only, ..self.plain() };
        for (sink, path) in &flags.output {
            files::write(path, &report::render(scan, *sink, &plain))?;
        }
        if self.quiet {
            return Ok(());
        }
        #[cfg(feature = "pcap")]
        if flags.format == Sink::Pcap && std::io::stdout().is_terminal() {
            return Err(Stop::Failed(text!(
                "pcap は端末に表示できません。--output pcap=ファイル名 を使ってください。",
                "a capture file is not for a terminal; use --output pcap=PATH"
            )));
        }
        let style = match flags.format {
            Sink::Terminal => Style { hygiene_only, ..self.style() },
            _ => plain,
        };
        self.print(&report::render(scan, flags.format, &style))
    }

    /// Says something on standard error, unless `--quiet`.
    pub(super) fn note(&self, text: &Text) {
        if !self.quiet {
            let line = format!("sekisho: {}", text.get(self.style.lang));
            files::complain(&(report::escape::terminal(&line) + "\n"));
        }
    }

    /// Tells why the command stopped, and how it ends.
    pub(super) fn stopped(&self, stop: &Stop) -> Exit {
        let style = self.style_for(std::io::stderr().is_terminal());
        match stop {
            Stop::Unread => Exit::Clean,
            Stop::Inputs(errors) => {
                for error in errors {
                    self.problem(error, &style);
                }
                Exit::Failed
            }
            Stop::Failed(text) => {
                let label = text!("エラー", "error");
                let line = format!("sekisho: {}: {}", label.get(style.lang), text.get(style.lang));
                files::complain(&(report::escape::terminal(&line) + "\n"));
                Exit::Failed
            }
            Stop::NoInputs(text) => {
                let line = format!("sekisho: {}", text.get(style.lang));
                files::complain(&(report::escape::terminal(&line) + "\n"));
                Exit::NoInputs
            }
        }
    }

    /// The sources are gone with the failed run, so the line to quote is read again; without it the message stands alone.
    fn problem(&self, error: &InputError, style: &Style) {
        let mut sources = Sources::default();
        let base = self.base.borrow();
        let mut shown = error.clone();
        let mut id = None;
        if let Some(base) = base.as_deref() {
            let full = if base.is_dir() { base.join(&error.path) } else { base.to_owned() };
            shown.path = full.display().to_string();
            let bytes = files::read_file(&full).ok();
            id = bytes.and_then(|bytes| sources.add(&error.path, &bytes).ok());
        }
        let file = id.map(|id| sources.file(id));
        files::complain(&report::problem(&shown, file, style));
    }
}

/// What the flags say about reading.
pub(super) fn options(reading: &ReadingFlags) -> Result<Options, Stop> {
    if let Some(reader) = &reading.reader
        && crate::formats::by_id(reader).is_none()
    {
        let known: Vec<&str> = crate::formats::FORMATS.iter().map(|format| format.id).collect();
        let known = known.join(", ");
        return Err(Stop::Failed(text!(
            "「{reader}」という形式はありません（指定できる形式: {known}）。",
            "there is no reader `{reader}` (known: {known})"
        )));
    }
    Ok(Options {
        at: reading.at,
        format: reading.reader.clone(),
        memory: reading.memory_limit,
        ..Options::default()
    })
}
