//! What the comment and the name of a rule line say about how long it is meant to stay.

use super::Subject;
use super::dates::{Date, Role, dates, half_width};
use super::entries::{Entry, List};
use crate::model::{Action, Device, Line, Window};

/// How long a line is meant to stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stay {
    /// Nothing says that it is temporary.
    Open,
    /// Until the end of this day.
    Until(Date),
    /// It is called temporary, and no end is stated; perhaps a date that may be any.
    Undated(Option<Date>),
}

/// Permits that apply, with what is said about their stay.
pub(super) fn permits<'s>(
    subject: &'s Subject<'_>,
) -> impl Iterator<Item = (&'s List, &'s Entry, Stay)> {
    let entries =
        subject.lists.iter().flat_map(|list| list.entries.iter().map(move |entry| (list, entry)));
    entries.filter_map(|(list, entry)| {
        let permits = |line: &&Line| line.enabled && line.action == Action::Permit;
        let line = entry.lines(subject.device, list.id).find(permits)?;
        Some((list, entry, stay(subject.device, line)))
    })
}

fn stay(device: &Device, line: &Line) -> Stay {
    let words = half_width(&format!("{} {}", line.label, line.comment.as_deref().unwrap_or("")));
    let found = dates(&words);
    let end = found.iter().filter(|date| date.role == Role::Until).max_by_key(|date| date.day);
    match end {
        Some(end) => Stay::Until(end.clone()),
        None if is_temporary(&words) && !ends_by_schedule(device, line) => {
            Stay::Undated(found.into_iter().next_back())
        }
        None => Stay::Open,
    }
}

/// The least that says of the stay of a line what `text` says: `-temp`, `~2026-03-31`, both, or nothing.
pub(super) fn mark(text: &str) -> String {
    let text = half_width(text);
    let found = dates(&text);
    let end = found.iter().filter(|date| date.role == Role::Until).map(|date| date.day).max();
    let temporary = if is_temporary(&text) { "-temp" } else { "" };
    let end = end.map(|day| format!("~{}", super::dates::written(day)));
    format!("{temporary}{}", end.unwrap_or_default())
}

/// Whether the schedule of the line has a last day.
fn ends_by_schedule(device: &Device, line: &Line) -> bool {
    let windows = line.matches.schedule.and_then(|id| device.schedules[id].windows.as_ref());
    windows.is_some_and(|windows| {
        windows.iter().all(|w| matches!(w, Window::Once(span) if span.to.is_some()))
    })
}

/// Words that call a thing temporary, and what must follow: 一時預かり, 臨時職員 and 仮想 are ordinary words of an office.
const JAPANESE: [(&str, &[&str]); 8] = [
    ("暫定", &[]),
    (
        "一時",
        &["対応", "的", "許可", "開放", "解放", "設定", "接続", "措置", "利用", "使用", "追加"],
    ),
    ("臨時", &["対応", "許可", "開放", "設定", "接続", "措置", "利用", "使用", "追加", "運用"]),
    ("仮", &["対応", "許可", "開放", "設定", "接続", "運用", "置き"]),
    ("テスト", &["用", "中", "で", "の", "接続", "通信", "許可", "期間"]),
    ("検証", &["用", "中", "の", "期間"]),
    ("実証", &["用", "中", "実験", "期間"]),
    ("試行", &[]),
];
/// Things that stay and have such a word in their name.
const LASTING: [&str; 8] =
    ["環境", "系", "サーバ", "ネットワーク", "セグメント", "ゾーン", "端末", "機器"];
const ENGLISH: [&str; 10] = [
    "temp",
    "tmp",
    "temporary",
    "temporarily",
    "test",
    "testing",
    "trial",
    "poc",
    "interim",
    "workaround",
];
/// Words after `test` that make it the name of a thing that stays.
const LASTING_ENGLISH: [&str; 10] =
    ["server", "servers", "env", "environment", "network", "net", "segment", "lab", "zone", "vlan"];

/// Whether a text in half width calls the thing temporary.
fn is_temporary(text: &[char]) -> bool {
    let text: String = text.iter().collect();
    // Most names are plain, and there are many.
    let japanese = || JAPANESE.iter().any(|(word, follow)| japanese(&text, word, follow));
    !text.is_ascii() && japanese() || english(&text)
}

fn japanese(text: &str, word: &str, follow: &[&str]) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let rest = text.get(at + word.len()..).unwrap_or("");
        let ends = !rest.starts_with(char::is_alphanumeric);
        // 検証 alone is as often the name of a network.
        let ends = ends && word != "検証";
        let fits = follow.is_empty() || ends || follow.iter().any(|next| rest.starts_with(next));
        let tail = follow.iter().find_map(|next| rest.strip_prefix(next)).unwrap_or(rest);
        fits && !LASTING.iter().any(|thing| tail.starts_with(thing))
    })
}

fn english(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        let lasts = |next: &&str| LASTING_ENGLISH.contains(next);
        if ENGLISH.contains(&word) && !words.peek().is_some_and(lasts) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Role, dates, half_width, is_temporary};

    #[test]
    fn a_mark_says_the_same_again() {
        for (label, text) in [
            ("policy 14", "text-18-temp~2023-05-31"),
            ("policy 31", "text-24-temp~2025-03-31"),
            ("line-2-temp", "text-1~2026-03-31"),
        ] {
            let found = dates(&half_width(&format!("{label} {text}")));
            assert_eq!(
                found.iter().map(|date| date.role).collect::<Vec<_>>(),
                [Role::Until],
                "{label} {text}"
            );
        }
    }

    #[test]
    fn what_is_called_temporary() {
        for text in [
            "一時対応 R6.3末まで",
            "暫定許可",
            "保守用（一時的）",
            "移行テスト用",
            "仮設定",
            "TEMP-VENDOR",
            "rule tmp_rdp",
            "PoC for VDI",
            "検証中",
            "ＴＥＳＴ",
            "臨時",
            "タブレット実証",
            "試行運用",
        ] {
            assert!(is_temporary(&half_width(text)), "{text}");
        }
    }

    #[test]
    fn ordinary_words_that_look_like_it() {
        for text in [
            "一時預かり事業システム",
            "臨時職員用端末",
            "仮想ブラウザ",
            "仮設庁舎",
            "テスト環境サーバ",
            "テスト用サーバ",
            "検証系",
            "運用から検証",
            "attempt",
            "latest",
            "test server",
            "contest",
            "template",
            "臨時福祉給付金",
        ] {
            assert!(!is_temporary(&half_width(text)), "{text}");
        }
    }
}
