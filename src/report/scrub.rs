//! What is said of a network that was scrubbed, and what stands for what in it.

use super::page::{Page, Tone};
use super::{Style, escape};
use crate::scrub::Scrubbed;
use crate::text;
use crate::text::Text;

/// Unread lines that are shown when nobody asks for more.
const LISTED: usize = 20;

/// What was taken out, what was proven, and what to look at before it is sent.
#[must_use]
pub fn scrubbed(scrubbed: &Scrubbed, style: &Style) -> String {
    let mut page = Page::new(style);
    let proof = &scrubbed.proof;
    let (verdicts, findings, cells, lines) =
        (proof.verdicts, proof.findings, proof.cells, proof.lines);
    say(
        &mut page,
        &text!(
            "判定は元のままです: 規則 {verdicts} 件、指摘 {findings} 件、ゾーンの組 {cells} 件、設定 {lines} 行。",
            "It is judged as before: {verdicts} verdicts, {findings} findings, {cells} cells of the matrix, {lines} lines of configurations."
        ),
    );
    let count = |kind: &str| scrubbed.map.iter().filter(|(known, _, _)| *known == kind).count();
    let (addresses, names, emptied) = (count("address"), count("name"), scrubbed.emptied);
    let (files, unread) = (scrubbed.files.len(), scrubbed.unread.len());
    say(
        &mut page,
        &text!(
            "{files} ファイル: アドレス {addresses} 個と名称・文章 {names} 個を置き換え、{emptied} 行を空にしました。読み取れない行は {unread} 行です。",
            "{files} files: {addresses} addresses and {names} names and texts replaced, {emptied} lines left empty, {unread} unread lines."
        ),
    );
    left_out(&mut page, &scrubbed.left_out);
    if unread > 0 {
        page.blank();
        page.heading(&text!(
            "送る前に、読み取れない {unread} 行に目を通してください。",
            "Read these {unread} lines before you send the directory."
        ));
        let shown = if style.verbose { unread } else { LISTED };
        for (path, line, text) in scrubbed.unread.iter().take(shown) {
            page.row("  ", &[(Tone::Faint, &format!("{path}:{line}  ")), (Tone::Plain, text)]);
        }
        if unread > shown {
            let more = unread - shown;
            say(
                &mut page,
                &text!(
                    "ほか {more} 行（--verbose で全て表示）。",
                    "{more} more; --verbose shows them all."
                ),
            );
        }
    }
    page.finish()
}

fn left_out(page: &mut Page<'_>, paths: &[String]) {
    if paths.is_empty() {
        return;
    }
    let (count, list) = (paths.len(), paths.join(", "));
    say(
        page,
        &text!(
            "使われていない {count} ファイルは入れていません: {list}",
            "{count} files that nothing uses are not in it: {list}"
        ),
    );
}

fn say(page: &mut Page<'_>, text: &Text) {
    let line = page.say(text).to_owned();
    page.text(0, &line);
}

/// What stands for what, as CSV: `kind,original,image`.
#[must_use]
pub fn scrub_map(scrubbed: &Scrubbed) -> String {
    let mut out = "kind,original,image\n".to_owned();
    for (kind, original, image) in &scrubbed.map {
        out += &[*kind, original, image].map(escape::csv).join(",");
        out.push('\n');
    }
    out
}
