//! The only place that opens, lists and writes files, and the only one with calls that differ between systems.

use super::exit::Stop;
use crate::scan::{Files, InputError, memory};
use crate::source::Sources;
use crate::text;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The most files that are read below a directory.
const FILE_COUNT_LIMIT: usize = 20_000;
/// The deepest directory below the one that was named.
const DEPTH_LIMIT: usize = 16;
/// The largest file that is read, one byte more than the decoder accepts, so that it can say so.
const FILE_SIZE_LIMIT: u64 = (1 << 30) + 1;
/// The most bytes that are read in all.
const TOTAL_LIMIT: u64 = 4 << 30;
/// Names that are tried for a temporary file after the first.
const ATTEMPTS: u32 = 16;
/// What stands beside a world and is no input: what a test expects of it, its baseline and certificate.
const NOT_INPUT: &[&str] = &["expected.yaml", "baseline.json", "certificate.json"];

/// The files below a directory, or the one file. Hidden files and directories and symbolic links to directories are skipped.
/// With a limit of memory, nothing is read of what is too large to be read under it.
pub(super) fn read(path: &Path, limit: Option<u64>) -> Result<Files, Stop> {
    let shown = path.display();
    let meta = fs::metadata(path).map_err(|error| {
        Stop::Failed(text!("「{shown}」を開けません: {error}", "cannot open `{shown}`: {error}"))
    })?;
    let name = name_of(path);
    if !meta.is_dir() {
        bounded(&[path], limit)?;
        let bytes = read_file(path).map_err(|error| unreadable(path, &error))?;
        let alone = alone(path).into_iter().map(|(file, _)| file);
        return Ok(Files { name, entries: alone.zip([bytes]).collect() });
    }
    let paths = listed(path)?;
    bounded(&paths.iter().map(|(_, full)| full.as_path()).collect::<Vec<_>>(), limit)?;
    let mut total = 0;
    let mut entries = Vec::new();
    for (relative, full) in paths {
        let bytes = read_file(&full).map_err(|error| unreadable(&full, &error))?;
        total += bytes.len() as u64;
        weighable(&shown.to_string(), total)?;
        entries.push((relative, bytes));
    }
    if entries.is_empty() {
        return Err(Stop::NoInputs(text!(
            "「{shown}」に入力ファイルがありません。",
            "there is no input file in `{shown}`"
        )));
    }
    Ok(Files { name, entries })
}

/// Every file below a directory, whatever its name, by its path.
pub(super) fn read_tree(dir: &Path) -> Result<BTreeMap<String, Vec<u8>>, Stop> {
    let mut open = vec![(dir.to_owned(), String::new())];
    let mut tree = BTreeMap::new();
    let mut total = 0;
    while let Some((dir, prefix)) = open.pop() {
        #[allow(clippy::disallowed_methods, reason = "the one place that lists directories")]
        let listed = fs::read_dir(&dir).map_err(|error| unreadable(&dir, &error))?;
        for entry in listed {
            let entry = entry.map_err(|error| unreadable(&dir, &error))?;
            let (full, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let kind = entry.file_type().map_err(|error| unreadable(&full, &error))?;
            let path = format!("{prefix}{name}");
            if kind.is_dir() {
                open.push((full, path + "/"));
                continue;
            }
            let bytes = read_file(&full).map_err(|error| unreadable(&full, &error))?;
            total += bytes.len() as u64;
            weighable(&full.display().to_string(), total)?;
            tree.insert(path, bytes);
            countable(&full.display().to_string(), tree.len())?;
        }
    }
    Ok(tree)
}

/// Refuses a directory that holds something already.
pub(super) fn fresh(dir: &Path) -> Result<(), Stop> {
    let shown = dir.display();
    #[allow(clippy::disallowed_methods, reason = "the one place that lists directories")]
    let used = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if used || dir.is_file() {
        return Err(Stop::Failed(text!(
            "「{shown}」は既にあります。新しいディレクトリを指定してください。",
            "`{shown}` is there already; name a new directory"
        )));
    }
    Ok(())
}

/// Writes files below a new directory that only its owner can enter.
pub(super) fn write_tree(dir: &Path, tree: &BTreeMap<String, Vec<u8>>) -> Result<(), Stop> {
    let shown = dir.display();
    fresh(dir)?;
    for (path, bytes) in tree {
        let full = dir.join(path);
        if let Some(parent) = full.parent() {
            create_private_dir(parent).map_err(|error| {
                Stop::Failed(text!(
                    "「{shown}」に書けません: {error}",
                    "cannot write `{shown}`: {error}"
                ))
            })?;
        }
        write(&full, bytes)?;
    }
    Ok(())
}

fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Whether inputs of this size in all are read.
pub(super) fn weighable(shown: &str, total: u64) -> Result<(), Stop> {
    if total <= TOTAL_LIMIT {
        return Ok(());
    }
    Err(Stop::Failed(text!(
        "「{shown}」以下のファイルが大きすぎます（合計の上限 4 GiB）。",
        "the files below `{shown}` are larger than 4 GiB together"
    )))
}

/// Whether so many inputs are read.
pub(super) fn countable(shown: &str, count: usize) -> Result<(), Stop> {
    if count <= FILE_COUNT_LIMIT { Ok(()) } else { Err(too_much(Path::new(shown))) }
}

/// Whether a file below a directory is an input, by its path.
pub(super) fn is_input(path: &str) -> bool {
    let hidden = path.split('/').any(|part| part.starts_with('.'));
    let name = path.rsplit('/').next().unwrap_or(path);
    !hidden && !NOT_INPUT.contains(&name)
}

/// The inputs at `path` by their names: each with where it is, when it was written, and its size.
pub(super) fn stamps(path: &Path) -> Result<Stamps, Stop> {
    let paths = if path.is_dir() { listed(path)? } else { alone(path) };
    // What is gone since it was listed is not there.
    let stamps = paths.into_iter().filter_map(|(name, full)| {
        let meta = fs::metadata(&full).ok()?;
        Some((name, (full, meta.modified().ok(), meta.len())))
    });
    Ok(stamps.collect())
}

/// See [`stamps`].
pub(super) type Stamps = BTreeMap<String, (PathBuf, Option<SystemTime>, u64)>;

/// The name of a single file as an input.
fn alone(path: &Path) -> Vec<(String, PathBuf)> {
    let file = path.file_name().map_or_else(|| name_of(path), |n| n.to_string_lossy().into_owned());
    vec![(file, path.to_owned())]
}

/// The inputs below a directory, by their names.
fn listed(path: &Path) -> Result<Vec<(String, PathBuf)>, Stop> {
    let mut paths = Vec::new();
    walk(path, "", 0, &mut paths)?;
    paths.sort();
    Ok(paths)
}

/// Whether files of these sizes may be read under a limit of memory.
fn bounded(paths: &[&Path], limit: Option<u64>) -> Result<(), Stop> {
    let Some(limit) = limit else { return Ok(()) };
    let sized = paths.iter().map(|path| (fs::metadata(path).map_or(0, |m| m.len()), path));
    let sized: Vec<(u64, &&Path)> = sized.collect();
    let total = sized.iter().map(|(size, _)| size).sum();
    let Some((_, largest)) = sized.iter().max_by_key(|(size, _)| size) else { return Ok(()) };
    if memory::reading(total) <= limit {
        return Ok(());
    }
    Err(Stop::Failed(memory::refusal(&largest.display().to_string(), total, limit)))
}

/// The bytes of one file, bounded.
pub(super) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    #[allow(clippy::disallowed_methods, reason = "the one place that opens files")]
    let file = fs::File::open(path)?;
    let mut bytes = Vec::new();
    file.take(FILE_SIZE_LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The bytes of a file that a flag names.
pub(super) fn read_given(path: &Path) -> Result<Vec<u8>, Stop> {
    read_file(path).map_err(|error| unreadable(path, &error))
}

/// The text of a file that a flag names, in whatever encoding a spreadsheet saved it.
pub(super) fn read_text(path: &Path) -> Result<String, Stop> {
    let (name, bytes) = (path.display().to_string(), read_given(path)?);
    let mut sources = Sources::default();
    match sources.add(&name, &bytes) {
        Ok(id) => Ok(sources.file(id).text().to_owned()),
        Err(error) => Err(Stop::Inputs(vec![InputError {
            path: name,
            span: None,
            line: Some(error.line()),
            message: error.message(),
            help: None,
        }])),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Stop {
    let shown = path.display();
    Stop::Failed(text!("「{shown}」を読めません: {error}", "cannot read `{shown}`: {error}"))
}

/// The name of the world: the directory's, or the file's without its extension.
fn name_of(path: &Path) -> String {
    let named = if path.is_dir() { path.file_name() } else { path.file_stem() };
    if let Some(name) = named {
        return name.to_string_lossy().into_owned();
    }
    let real = path.canonicalize().ok();
    let name = real.as_deref().and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "network".to_owned())
}

fn walk(
    dir: &Path,
    prefix: &str,
    depth: usize,
    out: &mut Vec<(String, PathBuf)>,
) -> Result<(), Stop> {
    #[allow(clippy::disallowed_methods, reason = "the one place that lists directories")]
    let listed = fs::read_dir(dir).map_err(|error| unreadable(dir, &error))?;
    for entry in listed {
        let entry = entry.map_err(|error| unreadable(dir, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !is_input(&name) {
            continue;
        }
        let full = entry.path();
        let relative = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(|error| unreadable(&full, &error))?;
        if kind.is_dir() {
            if depth < DEPTH_LIMIT {
                walk(&full, &format!("{relative}/"), depth + 1, out)?;
            } else {
                return Err(too_much(&full));
            }
        } else if kind.is_file() || (kind.is_symlink() && full.is_file()) {
            out.push((relative, full));
        }
        if out.len() > FILE_COUNT_LIMIT {
            return Err(too_much(dir));
        }
    }
    Ok(())
}

/// Reading only a part would leave devices out without a word, so it is an error.
fn too_much(path: &Path) -> Stop {
    let shown = path.display();
    Stop::Failed(text!(
        "「{shown}」: ファイルが多すぎる（上限 {FILE_COUNT_LIMIT}）か、階層が深すぎます（上限 {DEPTH_LIMIT}）。設定だけを置いたディレクトリを指定してください。",
        "`{shown}`: more than {FILE_COUNT_LIMIT} files or {DEPTH_LIMIT} levels; name a directory that holds only the configurations"
    ))
}

/// Writes a file that only its owner can read, whole or not at all: a temporary file beside it, then a rename.
///
/// A link is followed first, so that it stays a link; a device or pipe (`/dev/null`) is written to, never replaced.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let shown = path.display();
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let special = |path: &Path| fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir());
    // `/dev/stdout` may lead to a pipe without a name, so both the path and what it leads to are looked at.
    let written = if special(path) || special(&target) {
        fs::OpenOptions::new().write(true).open(path).and_then(|mut file| file.write_all(bytes))
    } else {
        replace(&target, bytes)
    };
    written.map_err(|error| {
        Stop::Failed(text!("「{shown}」に書けません: {error}", "cannot write `{shown}`: {error}"))
    })
}

fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let (temporary, mut file) = create_beside(target)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, target));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A new hidden file beside `path`. A run that was interrupted may have left one of the same name behind; another is taken then.
fn create_beside(path: &Path) -> io::Result<(PathBuf, fs::File)> {
    let mut attempt = 0;
    loop {
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}.{attempt}.tmp", std::process::id()));
        let temporary = path.with_file_name(name);
        match create_private(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < ATTEMPTS => {
                attempt += 1;
            }
            made => return made.map(|file| (temporary, file)),
        }
    }
}

/// A new file with mode 0600; an existing one (a link that someone planted) is refused.
fn create_private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The directory of the inputs as a prefix of repository paths: relative, forward slashes, ends in `/`; empty when the
/// inputs are not below the current directory.
pub(super) fn root(path: &Path) -> String {
    let dir = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
    let here = std::env::current_dir().ok();
    let dir = match here.filter(|_| dir.is_absolute()) {
        Some(here) => dir.strip_prefix(here).unwrap_or(Path::new("")),
        None => dir,
    };
    let mut out = String::new();
    for part in dir.components() {
        match part {
            std::path::Component::Normal(name) => {
                out += &name.to_string_lossy();
                out.push('/');
            }
            std::path::Component::CurDir => {}
            _ => return String::new(),
        }
    }
    out
}

/// Writes to standard output; a closed pipe is no error, there is just nobody who reads on.
pub(super) fn print(bytes: &[u8]) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Stop::Unread),
        Err(error) => Err(Stop::Failed(text!(
            "標準出力に書けません: {error}",
            "cannot write to standard output: {error}"
        ))),
    }
}

/// Writes to standard error; when that fails there is nowhere left to say so.
pub(super) fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
