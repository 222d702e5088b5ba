//! Inputs as a git revision holds them: `main:networks/town`, in git's own notation. Asks the `git` of the machine.

use super::exit::Stop;
use super::files;
use crate::scan::Files;
use crate::text;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// The files below a directory of a revision, or the one file; hidden ones, links and submodules are skipped.
pub(super) fn read(spec: &str) -> Result<Files, Stop> {
    let path = spec.split_once(':').map_or("", |(_, path)| path).trim_end_matches('/');
    let named = path.rsplit('/').find(|part| !part.is_empty() && *part != ".");
    let whole = spec.trim_end_matches('/');
    let object = ask(spec, &["rev-parse", "--verify", "--quiet", "--end-of-options", whole])?;
    let object = String::from_utf8_lossy(&object).trim().to_owned();
    let kind = ask(spec, &["cat-file", "-t", &object])?;
    if kind.trim_ascii() == b"blob" {
        let file = named.unwrap_or("config").to_owned();
        let name = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem).to_owned();
        let bytes = ask(spec, &["cat-file", "blob", &object])?;
        return Ok(Files { name, entries: vec![(file, bytes)] });
    }
    let listed = ask(spec, &["ls-tree", "-r", "-z", &object])?;
    let mut blobs: Vec<(String, String)> =
        listed.split(|byte| *byte == 0).filter_map(blob).collect();
    blobs.retain(|(path, _)| files::is_input(path));
    blobs.sort();
    if blobs.is_empty() {
        return Err(Stop::NoInputs(text!(
            "「{spec}」に入力ファイルがありません。",
            "there is no input file in `{spec}`"
        )));
    }
    files::countable(spec, blobs.len())?;
    let entries = contents(spec, blobs)?;
    Ok(Files { name: named.unwrap_or("network").to_owned(), entries })
}

/// Path and object of one entry of a listing: `100644 blob <object>\t<path>`.
fn blob(entry: &[u8]) -> Option<(String, String)> {
    let text = String::from_utf8_lossy(entry);
    let (head, path) = text.split_once('\t')?;
    let mut words = head.split(' ');
    let (mode, kind, object) = (words.next()?, words.next()?, words.next()?);
    (kind == "blob" && mode.starts_with("100")).then(|| (path.to_owned(), object.to_owned()))
}

/// What each object holds, asked of one process.
fn contents(spec: &str, blobs: Vec<(String, String)>) -> Result<Vec<(String, Vec<u8>)>, Stop> {
    let failed = |error: &dyn std::fmt::Display| failure(spec, &error.to_string());
    let mut child = Command::new("git")
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(&error))?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(failure(spec, "no pipe"));
    };
    let wanted: String = blobs.iter().map(|(_, object)| format!("{object}\n")).collect();
    // git answers while it is asked, so somebody else asks.
    let asking = std::thread::spawn(move || input.write_all(wanted.as_bytes()));
    let mut reader = std::io::BufReader::new(output);
    let mut entries = Vec::new();
    let mut total = 0_u64;
    for (path, _) in blobs {
        let size = heading(&mut reader).map_err(|error| failed(&error))?;
        total += size;
        files::weighable(spec, total)?;
        let mut bytes = Vec::new();
        let mut part = (&mut reader).take(size + 1);
        part.read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        bytes.pop();
        if bytes.len() as u64 != size {
            return Err(failure(spec, &path));
        }
        entries.push((path, bytes));
    }
    let asked = asking.join().is_ok_and(|asked| asked.is_ok());
    let ended = child.wait().is_ok_and(|status| status.success());
    if asked && ended { Ok(entries) } else { Err(failure(spec, "git cat-file")) }
}

/// The size in `<object> blob <size>`.
fn heading(reader: &mut impl std::io::BufRead) -> std::io::Result<u64> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let size = line.trim_end().rsplit(' ').next().and_then(|size| size.parse().ok());
    size.ok_or_else(|| std::io::Error::other(line.trim_end().to_owned()))
}

fn ask(spec: &str, arguments: &[&str]) -> Result<Vec<u8>, Stop> {
    let output = Command::new("git").args(arguments).output();
    let output = output.map_err(|error| failure(spec, &error.to_string()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(failure(spec, &said))
}

fn failure(spec: &str, said: &str) -> Stop {
    Stop::Failed(text!(
        "「{spec}」というファイルもディレクトリもなく、git のリビジョンとしても読めません: {said}",
        "there is no file or directory `{spec}`, and git does not know it as a revision: {said}"
    ))
}
