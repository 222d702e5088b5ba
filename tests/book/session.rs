//! Runs the commands of one page, in a scratch copy of the worlds, with the commands of this build.

use super::console::{self, Step};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a README says stands for the command of this build.
const BUILT: &str = "cargo run --release -- ";

/// A directory of one page, removed at the end.
struct Desk(PathBuf);

impl Desk {
    fn new(page: &str) -> Desk {
        let name = page.replace(['/', '.'], "-");
        let path = std::env::temp_dir().join(format!("sekisho-book-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join(".bin")).unwrap();
        let link = |name: &str, to: &str| {
            std::os::unix::fs::symlink(to, path.join(".bin").join(name)).unwrap();
        };
        link("sekisho", env!("CARGO_BIN_EXE_sekisho"));
        link("sekisho-verify", env!("CARGO_BIN_EXE_sekisho-verify"));
        copy(&super::root().join("topologies"), &path.join("topologies"));
        Desk(path)
    }

    /// What the command prints, standard error among it, and how it ends. `before` is how the last one ended.
    fn run(&self, page: &str, command: &str, before: i32) -> (String, i32) {
        let script = format!("exec 2>&1\n(exit {before})\n{}", command.replace(BUILT, "sekisho "));
        let path = format!("{}:{}", self.0.join(".bin").display(), std::env::var("PATH").unwrap());
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(&self.0)
            .env_clear()
            .env("PATH", path)
            .env("LANG", if super::is_japanese(page) { "ja_JP.UTF-8" } else { "en_GB.UTF-8" })
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap_or(-1))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Runs every step of a page. What differs comes back as complaints; with `bless`, a text in which output without elisions is
/// replaced comes with them.
pub(crate) fn page(name: &str, text: &str, bless: bool) -> (Vec<String>, String) {
    let steps = match console::steps(text) {
        Ok(steps) => steps,
        Err(error) => return (vec![format!("{name}: {error}")], text.to_owned()),
    };
    let desk = if steps.is_empty() { None } else { Some(Desk::new(name)) };
    let (mut complaints, mut outputs, mut status) = (Vec::new(), Vec::new(), 0);
    for (at, step) in steps.iter().enumerate() {
        let place = format!("{name}:{}: {}", step.line, step.command);
        if let Some(complaint) = not_run(&step.command) {
            complaints.extend(complaint.map(|what| format!("{place}\n{what}")));
            continue;
        }
        let Some(desk) = &desk else { continue };
        let (output, code) = desk.run(name, &step.command, status);
        status = code;
        let told = steps.get(at + 1).is_some_and(Step::asks_status);
        if code != 0 && !told && !step.asks_status() {
            complaints
                .push(format!("{place}\nends with {code}, which the page does not say:\n{output}"));
        }
        let lines: Vec<&str> = output.lines().collect();
        if !console::matches(&step.shown, &lines) {
            if !bless || step.is_elided() {
                complaints
                    .push(format!("{place}\nthe page shows other than what comes out:\n{output}"));
            }
            outputs.push((step, output));
        }
    }
    let blessed = outputs.iter().rev().filter(|(step, _)| !step.is_elided());
    let text = blessed
        .fold(text.to_owned(), |text, (step, output)| console::with_output(&text, step, output));
    (complaints, text)
}

/// Commands of cargo that a test must not run within itself; what they name must be there. `None`: it is to be run.
fn not_run(command: &str) -> Option<Option<String>> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let ["cargo", verb @ ("test" | "bench"), rest @ ..] = words.as_slice() else { return None };
    let named = rest.windows(2).filter(|pair| pair[0] == format!("--{verb}")).map(|pair| pair[1]);
    let folder = if *verb == "test" { "tests" } else { "benches" };
    let missing: Vec<&str> =
        named.filter(|name| !super::root().join(format!("{folder}/{name}.rs")).is_file()).collect();
    Some((!missing.is_empty()).then(|| format!("not in {folder}: {missing:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_says_wrongly_is_caught() {
        let said =
            |block: &str| page("planted.md", &format!("```console\n{block}\n```\n"), false).0;
        assert_eq!(said("$ echo a\na\n$ sh -c 'echo b >&2; exit 3'\nb\n$ echo $?\n3"), [""; 0]);
        for (wrong, why) in [
            ("$ echo a\nb", "other than"),
            ("$ echo a", "other than"),
            ("$ false", "ends with 1"),
            ("$ false\n$ echo $?\n0", "other than"),
            ("$ cargo bench --bench nothing", "not in benches"),
        ] {
            let complaints = said(wrong).join("\n");
            assert!(complaints.contains(why), "{wrong}: {complaints}");
        }
    }

    #[test]
    fn a_blessed_page_keeps_what_it_leaves_out() {
        let text = "```console\n$ echo a\nb\n$ echo c\n[…]x\n```\n";
        let (complaints, blessed) = page("blessed.md", text, true);
        assert_eq!(blessed, "```console\n$ echo a\na\n$ echo c\n[…]x\n```\n");
        assert_eq!(complaints.len(), 1, "{complaints:?}");
    }
}
