//! The only place that reads the environment.

use crate::text::Lang;

fn variable(name: &str) -> Option<String> {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    let value = std::env::var(name).ok();
    value.filter(|value| !value.is_empty())
}

/// The language of the locale: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set decides.
pub(super) fn lang() -> Lang {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable);
    match locale {
        Some(locale) if locale.starts_with("ja") => Lang::Ja,
        _ => Lang::En,
    }
}

/// Whether the environment asks for no colour (`NO_COLOR`, a dumb terminal), or for colour in any case (`CLICOLOR_FORCE`).
pub(super) fn color() -> Option<bool> {
    if variable("NO_COLOR").is_some() || variable("TERM").is_some_and(|term| term == "dumb") {
        return Some(false);
    }
    variable("CLICOLOR_FORCE").filter(|value| value != "0").map(|_| true)
}

/// Whether no person looks on, though there may be a terminal: continuous integration says so (`CI`).
pub(super) fn unattended() -> bool {
    variable("CI").is_some_and(|value| value != "false" && value != "0")
}

/// The columns of the terminal as the shell exports them; 100 when it does not.
pub(super) fn columns() -> usize {
    let columns = variable("COLUMNS").and_then(|columns| columns.parse().ok());
    columns.unwrap_or(100).clamp(40, 400)
}

/// Whether Japanese is wanted, before the command line could be understood.
pub(super) fn wants_japanese() -> bool {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let flag = |wanted: &str| {
        arguments.windows(2).any(|pair| pair == ["--lang", wanted])
            || arguments.iter().any(|word| word == format!("--lang={wanted}").as_str())
    };
    flag("ja") || (!flag("en") && lang() == Lang::Ja)
}
