//! The book (`docs/book`), the READMEs and the pages beside them say what is true. Every console block is run, in the language of
//! its page, and what it shows is what comes out; links lead somewhere; generated pages are what the commands print today.
//! `SEKISHO_BLESS=1 cargo test --test book` writes generated pages anew, and output that no `[…]` shortens.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a failing test says so; it reads the repository and runs commands"
)]

#[path = "book/console.rs"]
mod console;
#[path = "book/generated.rs"]
mod generated;
#[path = "book/keys.rs"]
mod keys;
#[path = "book/links.rs"]
mod links;
#[path = "book/session.rs"]
mod session;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

const LANGUAGES: [&str; 2] = ["ja", "en"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source(lang: &str) -> String {
    format!("docs/book/{lang}/src")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn is_japanese(page: &str) -> bool {
    page.starts_with("docs/book/ja/") || page.ends_with(".ja.md")
}

fn blesses() -> bool {
    std::env::var("SEKISHO_BLESS").is_ok_and(|value| value == "1")
}

/// Every Markdown page below a folder, by its path from the root of the repository.
fn pages_below(folder: &str) -> Vec<String> {
    let mut pages = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            if root().join(&path).is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    pages.sort();
    pages
}

/// The pages that people read: READMEs, worlds, documents, the book.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned(), "README.ja.md".to_owned()];
    pages.extend(pages_below("topologies"));
    pages.extend(pages_below("docs"));
    pages
}

/// Pages of a language of the book, by their path below its source.
fn book(lang: &str) -> BTreeSet<String> {
    let source = source(lang);
    pages_below(&source).iter().map(|page| page[source.len() + 1..].to_owned()).collect()
}

#[test]
fn every_console_block_shows_what_comes_out() {
    let waiting = Mutex::new(pages());
    let complaints = Mutex::new(Vec::new());
    let work = || {
        while let Some(page) = { waiting.lock().unwrap().pop() } {
            let before = text(&page);
            let (found, after) = session::page(&page, &before, blesses());
            if after != before {
                fs::write(root().join(&page), after).unwrap();
            }
            complaints.lock().unwrap().extend(found);
        }
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..processors).for_each(|_| drop(scope.spawn(work))));
    let complaints = complaints.into_inner().unwrap();
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n\n"));
}

#[test]
fn every_link_leads_somewhere() {
    let broken: Vec<String> = pages().iter().flat_map(|page| links::broken(page)).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn both_languages_have_the_same_pages_and_every_page_is_in_the_summary() {
    assert_eq!(book("ja"), book("en"));
    let style = LANGUAGES.map(|lang| text(&format!("docs/book/{lang}/theme/book.css")));
    assert_eq!(style[0], style[1], "tables and listings look alike in both");
    for lang in LANGUAGES {
        let summary = text(&format!("{}/SUMMARY.md", source(lang)));
        let listed: BTreeSet<String> =
            links::targets(&summary).into_iter().map(|(_, to)| to).collect();
        let mut pages = book(lang);
        pages.remove("SUMMARY.md");
        assert_eq!(listed, pages, "{lang}");
    }
}

/// Whether emphasis of this line ends behind a bracket or full stop and touches a letter: it would be shown as asterisks.
fn shows_asterisks(line: &str) -> bool {
    let parts: Vec<&str> = line.split("**").collect();
    let ends = parts.windows(2).skip(1).step_by(2);
    ends.into_iter().any(|pair| {
        pair[0].ends_with(['）', '」', '』', '。', '、'])
            && pair[1].starts_with(char::is_alphanumeric)
    })
}

#[test]
fn emphasis_is_seen_as_such() {
    assert!(shows_asterisks("a**い（う）**え"));
    assert!(!shows_asterisks("a、**いう**（え） **か。** き"));
    for page in pages() {
        let found = text(&page).lines().find(|line| shows_asterisks(line)).map(str::to_owned);
        assert_eq!(found, None, "{page}");
    }
}

#[test]
fn generated_pages_are_what_the_commands_print() {
    for lang in LANGUAGES {
        for (page, written) in generated::pages(lang) {
            let path = format!("{}/{page}", source(lang));
            if blesses() {
                fs::write(root().join(&path), &written).unwrap();
            }
            assert!(
                text(&path) == written,
                "{path} is stale: SEKISHO_BLESS=1 cargo test --test book"
            );
        }
    }
}

#[test]
fn every_command_and_format_is_spoken_of_in_both_languages() {
    for lang in LANGUAGES {
        let generated: Vec<String> =
            generated::pages(lang).into_iter().map(|(page, _)| page).collect();
        let written = book(lang).into_iter().filter(|page| !generated.contains(page));
        let all: String = written.map(|page| text(&format!("{}/{page}", source(lang)))).collect();
        let named = |word: &str| {
            all.contains(&format!("`{word}`")) || all.contains(&format!("sekisho {word}"))
        };
        let missing: Vec<String> = generated::commands()
            .into_iter()
            .chain(generated::formats())
            .filter(|word| !named(word))
            .collect();
        assert!(missing.is_empty(), "{lang}: {missing:?}");
    }
}
