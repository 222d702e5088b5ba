//! Pages that the commands write: what `--help`, `rule`, `pack` and `doctor --formats` print, as Markdown.

use super::keys;
use sekisho::finding::catalogue;
use sekisho::formats::FORMATS;
use sekisho::policy::SHIPPED;
use std::collections::BTreeSet;
use std::process::Command;

const NOTE: &str = "<!-- SEKISHO_BLESS=1 cargo test --test book -->\n\n";

/// The generated pages of a language: path below the source of the book, and text.
pub(crate) fn pages(lang: &str) -> Vec<(String, String)> {
    let page = |name: &str, title: [&str; 2], intro: [&str; 2], body: String| {
        let of = |texts: [&str; 2]| texts[usize::from(lang == "en")].to_owned();
        let text = format!("# {}\n\n{NOTE}{}\n\n{}\n", of(title), of(intro), body.trim_end());
        (format!("reference/{name}.md"), text)
    };
    vec![
        page(
            "commands",
            ["コマンド一覧", "Commands"],
            ["各コマンドの `--help` の出力です。", "What `--help` prints of each command."],
            command_help(lang),
        ),
        page(
            "rules",
            ["指摘事項の種類", "Kinds of findings"],
            [
                "`sekisho rule ID` の出力です。`lint/` で始まるものは設定の点検（`sekisho lint`）、そのほかは方針の判定（`sekisho check`）の指摘事項です。",
                "What `sekisho rule ID` prints. Those that begin with `lint/` are hygiene (`sekisho lint`), the others come from the policy (`sekisho check`).",
            ],
            catalogue::entries()
                .iter()
                .map(|entry| document(&run(lang, &["rule", entry.id])))
                .collect(),
        ),
        page(
            "packs",
            ["方針パック", "Policy packs"],
            [
                "`sekisho pack ID` の出力です。規則ごとの根拠条文は `sekisho rule パック/規則` で表示します。",
                "What `sekisho pack ID` prints. `sekisho rule PACK/RULE` shows the clause of a rule.",
            ],
            SHIPPED.iter().map(|pack| document(&run(lang, &["pack", pack.id]))).collect(),
        ),
        page(
            "readers",
            ["読み取りの近似", "What readers approximate"],
            [
                "`sekisho doctor --formats` の出力です。形式ごとの取得方法、読み方、注意点は「読み取れる設定」の各頁にあります。",
                "What `sekisho doctor --formats` prints. How to make an export, and how it is read, is on the page of each format.",
            ],
            readers(lang),
        ),
        page(
            "keys",
            ["項目の一覧", "Keys"],
            [
                "`sekisho schema` が出力する JSON Schema から作った一覧です。→ は、その項目の内容を別の表で示すことを表します。",
                "From the JSON Schemas that `sekisho schema` prints. An arrow leads to the table of that part.",
            ],
            [
                ("topology", "topology.yaml"),
                ("policy", "policy.yaml"),
                ("report", "report --details"),
            ]
            .into_iter()
            .map(|(of, file)| keys::tables(file, &schema(of), lang))
            .collect(),
        ),
    ]
}

/// The names of all commands, from the list in `--help`.
pub(crate) fn commands() -> Vec<String> {
    listed(&run("en", &["--help"]), "Commands:")
}

/// Every format of every command, from the help on `--format`.
pub(crate) fn formats() -> BTreeSet<String> {
    commands().iter().flat_map(|name| format_words(&run("en", &[name, "--help"]))).collect()
}

/// The values of `--format`: a list behind a colon, or one line each.
fn format_words(help: &str) -> Vec<String> {
    let flag = |line: &&str| line.trim_start().starts_with("--");
    let part = help.lines().skip_while(|line| !line.contains("--format <")).skip(1);
    let part: Vec<&str> = part.take_while(|line| !flag(line)).map(str::trim).collect();
    let joined = part.join(" ");
    let listed = joined.split_once("What is printed: ").map_or("", |(_, list)| list);
    let listed = listed.split(" [").next().unwrap_or_default().split(", ");
    let listed = listed.filter_map(|word| word.split_whitespace().next());
    let lines = part.iter().filter_map(|line| line.strip_prefix("- ")?.split(':').next());
    listed.chain(lines).map(str::to_owned).collect()
}

/// The first words of the entries beneath a heading of a help text; longer lines of an entry stand further in.
fn listed(help: &str, heading: &str) -> Vec<String> {
    let below = help.lines().skip_while(|line| *line != heading).skip(1);
    let entries =
        below.take_while(|line| line.starts_with(' ')).filter_map(|line| line.strip_prefix("  "));
    entries
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect()
}

fn command_help(lang: &str) -> String {
    let mut out = section("sekisho", &run(lang, &["--help"]));
    for name in commands() {
        out += &section(&format!("sekisho {name}"), &run(lang, &[&name, "--help"]));
        for inner in listed(&run("en", &[&name, "--help"]), "Commands:") {
            let help = run(lang, &[&name, &inner, "--help"]);
            out += &section(&format!("sekisho {name} {inner}"), &help);
        }
    }
    let verify = output(env!("CARGO_BIN_EXE_sekisho-verify"), lang, &["--help"]);
    out + &section("sekisho-verify", &verify)
}

fn section(title: &str, help: &str) -> String {
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    format!("## `{title}`\n\n```text\n{}\n```\n\n", lines.join("\n"))
}

fn readers(lang: &str) -> String {
    let all = run(lang, &["doctor", "--formats"]);
    let begins = |line: &str| FORMATS.iter().any(|f| line == format!("{}  {}", f.id, f.label));
    let mut out = String::new();
    let mut part = String::new();
    for line in all.lines() {
        if begins(line) && !part.is_empty() {
            out += &document(&part);
            part.clear();
        }
        part += line;
        part.push('\n');
    }
    out + &document(&part)
}

fn schema(of: &str) -> serde_json::Value {
    serde_json::from_str(&run("en", &["schema", of])).unwrap()
}

fn run(lang: &str, arguments: &[&str]) -> String {
    output(env!("CARGO_BIN_EXE_sekisho"), lang, arguments)
}

fn output(program: &str, lang: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .args(["--lang", lang, "--color", "never"])
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command prints as Markdown: `ID  title` on the first line, underlined headings with a list of `  ID  text`, labels with a
/// colon, items with a dash, and paragraphs.
fn document(printed: &str) -> String {
    let lines: Vec<&str> = printed.lines().collect();
    let (id, title) = lines[0].split_once("  ").unwrap();
    let mut out = format!("## `{id}` {}\n", escaped(title));
    let mut listing = false;
    for (at, line) in lines.iter().enumerate().skip(1) {
        let underlined = lines.get(at + 1).is_some_and(|next| next.starts_with('─'));
        if underlined {
            listing = true;
            out += &format!("\n### {}\n\n|  |  |\n|---|---|\n", escaped(line));
        } else if line.starts_with('─') || line.is_empty() {
        } else if listing {
            let (id, text) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            out += &format!("| `{id}` | {} |\n", escaped(text.trim()));
        } else if let Some(item) = line.strip_prefix("  - ") {
            out += &format!("- {}\n", escaped(item));
        } else {
            out += &format!("\n{}\n", labelled(line.trim()));
            if line.ends_with(':') {
                out.push('\n');
            }
        }
    }
    out.push('\n');
    out
}

/// A label before a colon stands out; labels are short.
fn labelled(line: &str) -> String {
    match line.split_once(':') {
        Some((label, text)) if label.chars().count() <= 16 => {
            format!("**{}:** {}", escaped(label), escaped(text.trim())).trim_end().to_owned()
        }
        _ => escaped(line),
    }
}

/// Text whose signs Markdown takes for nothing else; what stands in backquotes is code there, too.
fn escaped(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain(text);
    }
    let parts = parts.iter().enumerate().map(|(at, part)| match at % 2 {
        0 => plain(part),
        _ => format!("`{}`", part.replace('|', "\\|")),
    });
    parts.collect()
}

fn plain(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        if "\\`*_<[|".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_becomes_markdown() {
        let printed =
            "a/b  Title\n\nlabel: some *text*\n\nRules\n─────\n  x/y    one | two [high]\n";
        let page = document(printed);
        assert!(page.starts_with("## `a/b` Title\n"), "{page}");
        assert!(page.contains("\n**label:** some \\*text\\*\n"), "{page}");
        assert!(page.contains("\n### Rules\n"), "{page}");
        assert!(page.contains("\n| `x/y` | one \\| two \\[high] |\n"), "{page}");
        assert!(!page.contains('─'), "{page}");
    }

    #[test]
    fn code_stays_code() {
        assert_eq!(escaped("a `b_*` c_d"), "a `b_*` c\\_d");
        assert_eq!(escaped("one ` alone*"), "one \\` alone\\*");
    }

    #[test]
    fn formats_are_found_in_the_help() {
        let list = "      --format <F>\n          What is printed: a, b (more),\n          c\n\n          [default: a]\n      --x <Y>\n          - z: no\n";
        assert_eq!(format_words(list), ["a", "b", "c"]);
        let lines = "      --format <F>\n          Possible values:\n          - d: D\n          - e: E\n  -q, --quiet\n";
        assert_eq!(format_words(lines), ["d", "e"]);
        assert_eq!(format_words("      --quiet\n"), [""; 0]);
    }

    #[test]
    fn commands_are_found_in_the_help() {
        let help =
            "About\n\nCommands:\n  check  Judge\n         more\n  man    Page\n\nOptions:\n  -q\n";
        assert_eq!(listed(help, "Commands:"), ["check", "man"]);
    }
}
