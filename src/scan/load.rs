//! From bytes to a network and a policy.

mod discover;
mod known;
mod packs;
mod standby;
mod tables;

use super::{Files, InputError, Loaded, Options, Role};
use crate::formats::{self, DetectError, Format, Input, Reading};
use crate::model::{Coverage, Device};
use crate::source::{FileId, Problem, Sources, Span, Spanned};
use crate::text::Text;
use crate::topology::{DeviceKind, Topology};
use crate::{check, policy, snapshot, text, topology};
use rustc_hash::FxHashSet;
use std::sync::Arc;

pub(super) use known::Known;

/// A device to be read: its name, its files, the reader, and the interfaces that the topology declares for it.
struct Config {
    device: String,
    files: Vec<FileId>,
    format: &'static Format,
    interfaces: Vec<String>,
}

/// Reads every file and joins them to a network. What `known` holds of files that nobody edited is not read again.
pub(super) fn load(
    files: &Files,
    options: &Options,
    known: &mut Known,
) -> Result<Loaded, Vec<InputError>> {
    let mut loader =
        Loader { files, options, loaded: Loaded::default(), errors: Vec::new(), known };
    let mut topology = loader.topology();
    let mut found = discover::Found::default();
    let configs = match &topology {
        Some(topology) => loader.declared(topology),
        None => loader.found(&mut found),
    };
    let policy = loader.policy().and_then(|policy| loader.with_packs(policy));
    if let Some(policy) = &policy {
        loader.known_roles(topology.as_ref(), policy);
    }
    if !loader.errors.is_empty() {
        return Err(loader.errors);
    }
    let devices = loader.devices(&configs);
    let partners = topology.as_ref().map(|topology| loader.standbys(topology, &configs));
    if let Some(zones) = found.zones {
        topology = Some(loader.complete(zones, &configs, &devices));
    }
    let input =
        snapshot::BuildInput { name: files.name.clone(), topology, devices, at: options.at };
    match snapshot::build(input) {
        Ok(snapshot) => {
            loader.loaded.snapshot = snapshot;
            loader.pair(partners.unwrap_or_default());
        }
        Err(problems) => loader.problems(problems),
    }
    let policy = policy.or_else(|| loader.wanted_flows());
    if let (Some(policy), true) = (policy, loader.errors.is_empty()) {
        match check::resolve(&loader.loaded.snapshot, &policy) {
            Ok(_) => {}
            Err(problems) => loader.problems(problems),
        }
        loader.loaded.policy = Some(policy);
    }
    loader.loaded.through_relays = options.through_relays;
    if loader.errors.is_empty() { Ok(loader.loaded) } else { Err(loader.errors) }
}

struct Loader<'a> {
    files: &'a Files,
    options: &'a Options,
    loaded: Loaded,
    errors: Vec<InputError>,
    known: &'a mut Known,
}

impl Loader<'_> {
    fn fail(&mut self, path: &str, span: Option<Span>, message: Text, help: Option<Text>) {
        let line = span.map(|span| self.loaded.sources.line(span));
        self.errors.push(InputError { path: path.to_owned(), span, line, message, help });
    }

    fn problems(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            let path = self.loaded.sources.file(problem.span.file).path().to_owned();
            self.fail(&path, Some(problem.span), problem.message, problem.help);
        }
    }

    /// Decodes the file at `path`, when the caller gave one; of a workbook the first sheet.
    fn open(&mut self, path: &str) -> Option<FileId> {
        self.open_all(path).first().copied()
    }

    /// As [`Loader::open`]; a workbook is one file a sheet, and `rules.xlsx#sheet` is that sheet alone.
    fn open_all(&mut self, path: &str) -> Vec<FileId> {
        let known = self.opened(path);
        if !known.is_empty() {
            return known;
        }
        let whole = |name: &str| {
            name == path || path.strip_prefix(name).is_some_and(|rest| rest.starts_with('#'))
        };
        let Some((name, bytes)) = self.files.entries.iter().find(|(name, _)| whole(name)) else {
            return Vec::new();
        };
        match self.known.open(&mut self.loaded.sources, name, bytes) {
            Ok(()) => self.opened(path),
            Err(error) => {
                let (line, message) = (Some(error.line()), error.message());
                let path = path.to_owned();
                self.errors.push(InputError { path, span: None, line, message, help: None });
                Vec::new()
            }
        }
    }

    /// Decodes the configurations that will be opened under `paths`, and looks for their readers, several at a time. What is wrong
    /// with one is said when it is opened.
    fn decode_ahead<'p>(&mut self, paths: impl Iterator<Item = &'p str>) {
        let mut names: FxHashSet<&str> = FxHashSet::default();
        for path in paths {
            names.extend(path.match_indices('#').filter_map(|(at, _)| path.get(..at)));
            names.insert(path);
        }
        let entries = self.files.entries.iter().filter(|(name, _)| names.remove(name.as_str()));
        let entries: Vec<_> = entries.filter(|(name, _)| self.opened(name).is_empty()).collect();
        self.known.decode(&entries);
    }

    /// What was opened under `path` before.
    fn opened(&self, path: &str) -> Vec<FileId> {
        let under = |known: &str| {
            known == path || known.strip_prefix(path).is_some_and(|rest| rest.starts_with('#'))
        };
        let files = self.loaded.sources.iter().filter(|(_, file)| under(file.path()));
        files.map(|(id, _)| id).collect()
    }

    fn topology(&mut self) -> Option<Topology> {
        let id = ["topology.yaml", "topology.yml"].iter().find_map(|name| self.open(name))?;
        self.loaded.roles.push((id, Role::Topology));
        match topology::read(id, self.loaded.sources.file(id)) {
            Ok(topology) => Some(topology),
            Err(problems) => {
                self.problems(problems);
                None
            }
        }
    }

    fn policy(&mut self) -> Option<policy::Policy> {
        let id = ["policy.yaml", "policy.yml"].iter().find_map(|name| self.open(name))?;
        self.loaded.roles.push((id, Role::Policy));
        match policy::read(id, self.loaded.sources.file(id)) {
            Ok(policy) => Some(policy),
            Err(problems) => {
                self.problems(problems);
                None
            }
        }
    }

    /// The configurations that the topology names.
    fn declared(&mut self, topology: &Topology) -> Vec<Config> {
        let kinds = topology.devices.iter().map(|decl| &decl.kind);
        self.decode_ahead(kinds.flat_map(files_of).map(|path| path.value.as_str()));
        let mut configs = Vec::new();
        for decl in &topology.devices {
            let DeviceKind::Configured { config, format, interfaces, .. } = &decl.kind else {
                continue;
            };
            let mut read: Option<Config> = None;
            for path in config {
                let before = self.errors.len();
                let files =
                    discover::known_sheets(self.open_all(&path.value), &self.loaded.sources);
                if files.is_empty() && self.errors.len() == before {
                    self.problems(vec![self.missing(&path.value, path.span)]);
                }
                for file in files {
                    let wanted = format.as_ref().map(|format| format.value.clone());
                    let span = format.as_ref().map(|format| format.span);
                    let Some(format) = self.reader(file, wanted, span) else { continue };
                    let Some(first) = &mut read else {
                        let interfaces = interfaces.iter().map(|i| i.name.value.clone()).collect();
                        let device = decl.name.value.clone();
                        read = Some(Config { device, files: vec![file], format, interfaces });
                        continue;
                    };
                    match self.together(first, format, file) {
                        Some(format) => {
                            first.format = format;
                            first.files.push(file);
                        }
                        None => self.problems(vec![apart(first.format, format, path.span)]),
                    }
                }
            }
            configs.extend(read);
        }
        configs
    }

    /// The format that reads `file`, which was taken for `format`, together with the files before it. What several formats
    /// read (`ip addr` beside rule sets) goes with the file that only one of them reads.
    fn together(
        &self,
        first: &Config,
        format: &'static Format,
        file: FileId,
    ) -> Option<&'static Format> {
        let reads = |format: &Format, file: FileId| {
            format.takes_several() && (format.detect)(self.loaded.sources.file(file).text()) > 0
        };
        if first.format.id == format.id {
            return format.takes_several().then_some(format);
        }
        if reads(first.format, file) {
            return Some(first.format);
        }
        first.files.iter().all(|file| reads(format, *file)).then_some(format)
    }

    fn missing(&self, path: &str, span: Span) -> Problem {
        let known = self.files.entries.iter().map(|(name, _)| name.as_str());
        let message = text!(
            "設定ファイル「{path}」がありません。",
            "there is no configuration file `{path}`"
        );
        Problem::new(span, message).suggest(path, known)
    }

    fn reader(
        &mut self,
        file: FileId,
        wanted: Option<String>,
        span: Option<Span>,
    ) -> Option<&'static Format> {
        let path = self.loaded.sources.file(file).path().to_owned();
        let known: Vec<&str> = formats::FORMATS.iter().map(|format| format.id).collect();
        let list = known.join(", ");
        if let Some(id) = wanted.or_else(|| self.options.format.clone()) {
            let found = formats::by_id(&id);
            if found.is_none() {
                let message =
                    text!("「{id}」という形式はありません。", "there is no format `{id}`");
                let help = text!("使える形式: {list}", "known formats: {list}");
                let place =
                    span.map_or(path, |span| self.loaded.sources.file(span.file).path().to_owned());
                self.fail(&place, span, message, Some(help));
            }
            return found;
        }
        match self.known.detect(&self.loaded.sources, file) {
            Ok(format) => Some(format),
            Err(error) => {
                let (message, help) = undetected(&error, &list);
                let start = Span { file, start: 0, end: 0 };
                self.fail(&path, Some(start), message, Some(help));
                None
            }
        }
    }

    /// Reads the configurations, several at a time.
    fn devices(&mut self, configs: &[Config]) -> Vec<(Arc<Device>, Vec<Coverage>)> {
        for config in configs {
            for file in &config.files {
                let role = Role::Config { device: config.device.clone(), format: config.format.id };
                self.loaded.roles.push((*file, role));
            }
        }
        self.known.read(&self.loaded.sources, configs)
    }
}

/// The files that a declaration names.
fn files_of(kind: &DeviceKind) -> impl Iterator<Item = &Spanned<String>> {
    let files = match kind {
        DeviceKind::Configured { config, standby, .. } => Some(config.iter().chain(standby)),
        _ => None,
    };
    files.into_iter().flatten()
}

/// Why two files cannot be one device.
fn apart(first: &Format, second: &Format, span: Span) -> Problem {
    let (a, b) = (first.id, second.id);
    let message = if a == b {
        text!(
            "{a} 形式では、1台の機器の設定は1つのファイルです。",
            "in the format {a} one device is one file"
        )
    } else {
        text!(
            "1台の機器の設定に異なる形式（{a} と {b}）が混ざっています。",
            "the files of one device are of different formats, {a} and {b}"
        )
    };
    Problem::new(span, message)
}

fn read(sources: &Sources, config: &Config) -> Reading {
    let input = |id: &FileId| Input { id: *id, file: sources.file(*id) };
    let files: Vec<Input<'_>> = config.files.iter().map(input).collect();
    config.format.read(&files, &config.interfaces)
}

fn undetected(error: &DetectError, list: &str) -> (Text, Text) {
    let help = text!(
        "--format または topology.yaml の format で指定してください（使える形式: {list}）。",
        "name it with --reader or with `format` in topology.yaml (known formats: {list})"
    );
    let message = match error {
        DetectError::Unknown => text!(
            "どの機器の設定か判別できません。",
            "the format of this configuration is not recognised"
        ),
        DetectError::Ambiguous(a, b) => text!(
            "設定の形式が {a} と {b} のどちらか判別できません。",
            "the configuration could be {a} or {b}"
        ),
    };
    (message, help)
}
