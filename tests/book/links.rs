//! Links of a page: files and headings that they lead to.

use regex::Regex;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// The text without fenced blocks, line by line, so that numbers of lines stay.
fn prose(text: &str) -> Vec<&str> {
    let mut fenced = false;
    text.lines()
        .map(|line| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            if fence || fenced { "" } else { line }
        })
        .collect()
}

/// Links and pictures, each with its line.
pub(crate) fn targets(text: &str) -> Vec<(usize, String)> {
    let code = Regex::new("`[^`]*`").unwrap();
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let lines = prose(text).into_iter().map(|line| code.replace_all(line, "``").into_owned());
    lines
        .enumerate()
        .flat_map(|(at, line)| {
            let found = link.captures_iter(&line).map(|found| (at + 1, found[1].to_owned()));
            found.collect::<Vec<_>>()
        })
        .collect()
}

/// What headings are called in an address: letters and digits in lower case, `-` for spaces, a number behind repeated ones.
fn anchors(text: &str) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let headings = prose(text).into_iter().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let heading = line.trim_start_matches('#').trim();
            let id: String = heading.chars().filter_map(anchor_character).collect();
            let count = seen.entry(id.clone()).or_default();
            *count += 1;
            if *count == 1 { id } else { format!("{id}-{}", *count - 1) }
        })
        .collect()
}

fn anchor_character(character: char) -> Option<char> {
    match character {
        c if c.is_whitespace() => Some('-'),
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
        _ => None,
    }
}

/// `a/b/../c` as `a/c`.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            out.pop();
        } else {
            out.push(part);
        }
    }
    out
}

/// Links of a page that lead nowhere.
pub(crate) fn broken(page: &str) -> Vec<String> {
    let text = super::text(page);
    let folder = Path::new(page).parent().unwrap();
    let outside = |to: &str| to.starts_with("https://") || to.starts_with("http://");
    let inner = targets(&text).into_iter().filter(|(_, to)| !outside(to));
    let links = inner.filter_map(|(line, to)| {
        let (file, anchor) = to.split_once('#').unwrap_or((&to, ""));
        let path = if file.is_empty() { PathBuf::from(page) } else { plain(&folder.join(file)) };
        let why = if leaves_the_book(page, &path) {
            Some("not a page of this book")
        } else {
            wrong(&path, anchor)
        };
        Some(format!("{page}:{line}: {to}: {}", why?))
    });
    links.chain(broken_includes(page, &text)).collect()
}

/// A page of the book is read where only the pages of the same book are.
fn leaves_the_book(page: &str, to: &Path) -> bool {
    let book = super::LANGUAGES.map(super::source).into_iter().find(|book| page.starts_with(book));
    book.is_some_and(|book| !to.starts_with(book))
}

/// Parts of other files that a page shows, and that are not there.
fn broken_includes(page: &str, text: &str) -> Vec<String> {
    let include = Regex::new(r"\{\{#include ([^:}]+):([a-z-]+)\}\}").unwrap();
    let folder = Path::new(page).parent().unwrap();
    let missing = |file: &str, anchor: &str| {
        let path = super::root().join(plain(&folder.join(file)));
        let shown = std::fs::read_to_string(path).unwrap_or_default();
        !shown.contains(&format!("<!-- ANCHOR: {anchor} -->"))
    };
    let all = include.captures_iter(text).map(|found| (found[1].to_owned(), found[2].to_owned()));
    let broken = all.filter(|(file, anchor)| missing(file, anchor));
    broken.map(|(file, anchor)| format!("{page}: {{{{#include {file}:{anchor}}}}}")).collect()
}

fn wrong(path: &Path, anchor: &str) -> Option<&'static str> {
    if !super::root().join(path).exists() {
        return Some("no such file");
    }
    let found = anchor.is_empty()
        || anchors(&super::text(path.to_str().unwrap())).iter().any(|id| id == anchor);
    (!found).then_some("no such heading")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_outside_code() {
        let text = "a [b](c.md) `[d](e.md)` ![f](g.png)\n```\n[h](i.md)\n```\n[j](#k)\n";
        let found = [(1, "c.md"), (1, "g.png"), (5, "#k")];
        assert_eq!(targets(text), found.map(|(line, to)| (line, to.to_owned())));
    }

    #[test]
    fn headings_have_the_names_that_readers_link_to() {
        let text = "# `sekisho check`\n## 日付 (--at)\n## A b\n```\n# no\n```\n## A b\n";
        assert_eq!(anchors(text), ["sekisho-check", "日付---at", "a-b", "a-b-1"]);
    }

    #[test]
    fn a_link_to_nothing_is_caught() {
        assert_eq!(wrong(Path::new("README.md"), "commands"), None);
        assert_eq!(wrong(Path::new("README.md"), "no-such-heading"), Some("no such heading"));
        assert_eq!(wrong(Path::new("no-such-file.md"), ""), Some("no such file"));
        let page = "docs/book/en/src/limits.md";
        assert!(leaves_the_book(page, Path::new("README.md")));
        assert!(!leaves_the_book("README.md", Path::new(page)));
        let include = |anchor: &str| {
            let text = format!("{{{{#include ../../../../README.md:{anchor}}}}}");
            broken_includes(page, &text).len()
        };
        assert_eq!((include("limits"), include("nothing")), (0, 1));
    }
}
