//! Which files are configurations when no topology file says so.
//!
//! Texts, spreadsheets and data files stand beside configurations. A file whose kind may be either (CSV, Excel, JSON) is a
//! configuration when a reader is sure of its content; the account of the inputs shows what was not used.

use super::{Config, Loader, undetected};
use crate::formats;
use crate::scan::Role;
use crate::sheet::{self, Kind, words};
use crate::source::{FileId, Problem, Sources, Span};
use crate::text;
use crate::topology::{self, Topology};

/// How sure a reader must be of a file that need not be a configuration.
const SURE: u8 = 50;

/// What was found beside configurations.
#[derive(Default)]
pub(super) struct Found {
    /// The zones of a table of zones.
    pub(super) zones: Option<Topology>,
}

/// What the name of a file says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    /// A configuration; when no reader knows it, that is an error.
    Config,
    /// Whatever its content says.
    Open,
    /// Never a configuration.
    Companion,
}

fn named(path: &str) -> Named {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        "yaml" | "yml" | "md" | "pdf" | "png" | "svg" | "jpg" | "docx" | "pptx" | "vsdx"
        | "drawio" => Named::Companion,
        "json" | "csv" | "tsv" | "xlsx" | "xlsm" | "xls" | "xlsb" | "ods" => Named::Open,
        _ => Named::Config,
    }
}

/// Of the sheets of one workbook those that a reader knows; all, when it knows none.
pub(super) fn known_sheets(files: Vec<FileId>, sources: &Sources) -> Vec<FileId> {
    let known = |id: &FileId| formats::detect(sources.file(*id).text()).is_ok();
    if files.len() < 2 || !files.iter().any(known) {
        return files;
    }
    files.into_iter().filter(known).collect()
}

/// The file without its directory; `rules.xlsx#外部FW` has the parts `rules` and `外部FW`.
fn parts(path: &str) -> (String, Option<&str>) {
    let (file, sheet) =
        path.split_once('#').map_or((path, None), |(file, sheet)| (file, Some(sheet)));
    let name = file.rsplit('/').next().unwrap_or(file);
    (name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned(), sheet)
}

fn called(path: &str, names: &[&str]) -> bool {
    let (stem, sheet) = parts(path);
    let is = |word: &str| names.iter().any(|name| words::key(word).contains(name));
    is(&stem) || sheet.is_some_and(is)
}

/// What names the table of wanted flows.
const FLOWS: &[&str] = &["通信要件", "要件表"];

/// Whether the name says that the table holds wanted flows: `policy.csv`, `通信要件表.xlsx`, a sheet `通信要件`.
fn is_wanted(path: &str) -> bool {
    words::key(&parts(path).0) == "policy" || called(path, FLOWS)
}

impl Loader<'_> {
    /// Without a topology file: every configuration, and the zones of a table of zones.
    pub(super) fn found(&mut self, found: &mut Found) -> Vec<Config> {
        let paths: Vec<String> = self.files.entries.iter().map(|(path, _)| path.clone()).collect();
        let alone = paths.len() == 1;
        let read = paths.iter().filter(|path| named(path) != Named::Companion);
        self.decode_ahead(read.map(String::as_str));
        let (mut configs, mut tables) = (Vec::new(), Vec::new());
        for path in &paths {
            let named = match named(path) {
                Named::Open if alone => Named::Config,
                named => named,
            };
            if named == Named::Companion {
                continue;
            }
            let all = self.open_all(path);
            self.misread(&all);
            for file in known_sheets(all, &self.loaded.sources) {
                self.sort_out(file, named, &mut configs, &mut tables);
            }
        }
        self.zones(found);
        self.tables(tables, found.zones.as_ref(), &mut configs);
        configs
    }

    /// A sheet that names columns of a rule table and is not understood may be a device that would be missing.
    fn misread(&mut self, files: &[FileId]) {
        for file in files {
            let known = self.options.format.is_some()
                || self.known.detect(&self.loaded.sources, *file).is_ok();
            let source = self.loaded.sources.file(*file);
            if known || !sheet::resembles_rules(source.text()) {
                continue;
            }
            let message = text!(
                "規則の表のようですが、見出しを読み取れません。",
                "this looks like a table of rules, but its header is not understood"
            );
            let help = text!(
                "送信元・宛先・サービス（またはプロトコルとポート）・アクションの見出しがあるか確かめてください。使わない表であれば、ディレクトリから除いてください。",
                "it needs headings for source, destination, service (or protocol and port) and action; if the table is not to be used, take it away"
            );
            let start = Span { file: *file, start: 0, end: 0 };
            self.problems(vec![Problem::new(start, message).help(help)]);
        }
    }

    /// A configuration, a part of a rule table, or a companion.
    fn sort_out(
        &mut self,
        file: FileId,
        named: Named,
        configs: &mut Vec<Config>,
        tables: &mut Vec<FileId>,
    ) {
        let source = self.loaded.sources.file(file);
        let (path, text) = (source.path().to_owned(), source.text());
        if named == Named::Open && self.options.format.is_none() && is_wanted(&path) {
            return;
        }
        let known = self.known.detect(&self.loaded.sources, file);
        let table = known.as_ref().is_ok_and(|format| format.id == formats::table::FORMAT.id);
        if table && self.options.format.as_deref().is_none_or(|id| id == formats::table::FORMAT.id)
        {
            tables.push(file);
            return;
        }
        let sure = known.is_ok_and(|format| (format.detect)(text) >= SURE);
        if named == Named::Open && !sure {
            return;
        }
        let (stem, _) = parts(&path);
        let taken = configs.iter().any(|config| config.device == stem);
        let device = if taken { path } else { stem };
        let wanted = self.options.format.clone();
        let config = self.reader(file, wanted, None).map(|format| Config {
            device,
            files: vec![file],
            format,
            interfaces: Vec::new(),
        });
        configs.extend(config);
    }

    /// The table of zones, when there is one.
    fn zones(&mut self, found: &mut Found) {
        let is_zones = |(_, file): &(FileId, &crate::source::File)| {
            sheet::kind(file.text()) == Some(Kind::Zones)
        };
        let all: Vec<(FileId, String)> = self
            .loaded
            .sources
            .iter()
            .filter(is_zones)
            .map(|(id, file)| (id, file.path().to_owned()))
            .collect();
        let by_name = |(_, path): &&(FileId, String)| called(path, &["zone", "ゾーン"]);
        let preferred: Vec<&(FileId, String)> = all.iter().filter(by_name).collect();
        let candidates = if preferred.is_empty() { all.iter().collect() } else { preferred };
        let [(file, _)] = candidates.as_slice() else {
            if let [(first, _), (_, other), ..] = candidates.as_slice() {
                let message = text!(
                    "ゾーンの一覧が複数あります（{other} にもあります）。",
                    "there are several tables of zones ({other} is one, too)"
                );
                let help =
                    text!("1つのファイルにまとめてください。", "write all zones into one file");
                let start = Span { file: *first, start: 0, end: 0 };
                self.problems(vec![Problem::new(start, message).help(help)]);
            }
            return;
        };
        let file = *file;
        self.loaded.roles.push((file, Role::Topology));
        match topology::read_csv(file, self.loaded.sources.file(file)) {
            Ok(zones) => found.zones = Some(zones),
            Err(problems) => self.problems(problems),
        }
    }

    /// Each sheet of rules is a device; the lists of its workbook, and those that stand alone, go with it.
    fn tables(&mut self, files: Vec<FileId>, zones: Option<&Topology>, configs: &mut Vec<Config>) {
        let is_rules =
            |id: &FileId| sheet::kind(self.loaded.sources.file(*id).text()) == Some(Kind::Rules);
        let (rules, lists): (Vec<FileId>, Vec<FileId>) = files.into_iter().partition(is_rules);
        let book = |id: FileId| {
            let path = self.loaded.sources.file(id).path();
            path.split_once('#').map(|(book, _)| book.to_owned())
        };
        let alone = |id: &FileId| {
            let own = book(*id);
            own.is_none() || !rules.iter().any(|rules| book(*rules) == own)
        };
        let mut made = Vec::new();
        for id in &rules {
            let path = self.loaded.sources.file(*id).path();
            let (stem, sheet) = parts(path);
            let siblings = rules.iter().filter(|other| book(**other) == book(*id)).count();
            let name = sheet.filter(|_| siblings > 1).map_or(stem, str::to_owned);
            let taken = |name: &str| {
                configs.iter().chain(&made).any(|config: &Config| config.device == name)
            };
            let device = if taken(&name) { path.to_owned() } else { name };
            let own = lists.iter().filter(|list| alone(list) || book(**list) == book(*id));
            let files: Vec<FileId> = std::iter::once(*id).chain(own.copied()).collect();
            let texts: Vec<&str> =
                files.iter().map(|file| self.loaded.sources.file(*file).text()).collect();
            let interfaces = zones.map_or(Vec::new(), |zones| super::tables::names(zones, &texts));
            made.push(Config { device, files, format: &formats::table::FORMAT, interfaces });
        }
        configs.extend(made);
        if self.files.entries.len() == 1 && configs.is_empty() && self.errors.is_empty() {
            let Some(file) = lists.first().copied() else { return };
            let (message, help) =
                undetected(&formats::DetectError::Unknown, formats::table::FORMAT.id);
            let path = self.loaded.sources.file(file).path().to_owned();
            self.fail(&path, Some(Span { file, start: 0, end: 0 }), message, Some(help));
        }
    }

    /// The table of wanted flows, which is called so.
    pub(super) fn flows_file(&self) -> Option<FileId> {
        let used = |id: FileId| self.loaded.roles.iter().any(|(known, _)| *known == id);
        let wanted = |(id, file): &(FileId, &crate::source::File)| {
            let path = file.path();
            // A file that is called so and is none must be told; of a workbook only the sheet counts.
            let text = [".csv", ".tsv"].iter().any(|ending| path.ends_with(ending));
            let flows = matches!(sheet::kind(file.text()), Some(Kind::Rules | Kind::Flows));
            !used(*id) && is_wanted(path) && (text || flows)
        };
        self.loaded.sources.iter().find(wanted).map(|(id, _)| id)
    }
}
