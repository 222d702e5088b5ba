//! Values that several parts of a policy have in common: dates, severities, documents, names in two languages.

use crate::finding::{Basis, BasisClass, Severity};
use crate::source::yaml::{Fields, Node, Problems, Value};
use crate::source::{Problem, Spanned};
use crate::text::Text;

/// `version: 1`.
pub(super) fn version(fields: &mut Fields<'_>, problems: &mut Problems) {
    let Some(version) = fields.need("version", problems).and_then(|node| node.text(problems))
    else {
        return;
    };
    if version.value != "1" {
        let found = version.value;
        problems.push(Problem::new(
            version.span,
            crate::text!(
                "版「{found}」には対応していません。「version: 1」と書いてください。",
                "version `{found}` is not known; write `version: 1`"
            ),
        ));
    }
}

pub(super) fn severity(fields: &mut Fields<'_>, problems: &mut Problems) -> Severity {
    let Some(word) = fields.text("severity", problems) else { return Severity::High };
    Severity::parse(&word.value).unwrap_or_else(|| {
        problems.push(unknown_word(&word, &Severity::ALL.map(Severity::id), |text| {
            crate::text!("重大度「{text}」はありません。", "there is no severity `{text}`")
        }));
        Severity::High
    })
}

fn unknown_word(
    word: &Spanned<String>,
    known: &[&'static str],
    message: impl Fn(&str) -> Text,
) -> Problem {
    let all = known.join(", ");
    let help = crate::text!("次のどれかを書いてください: {all}", "write one of: {all}");
    Problem::new(word.span, message(&word.value))
        .help(help)
        .suggest(&word.value, known.iter().copied())
}

pub(super) fn basis(node: &Node, problems: &mut Problems) -> Option<Basis> {
    let mut fields = Fields::open(node, problems)?;
    let document = fields.need("document", problems).and_then(|node| node.text(problems));
    let clause = fields.text("clause", problems).map(|clause| clause.value).unwrap_or_default();
    let class = fields.text("class", problems).and_then(|word| {
        let found = BasisClass::ALL.into_iter().find(|class| class.id() == word.value);
        if found.is_none() {
            let known = BasisClass::ALL.map(BasisClass::id);
            problems.push(unknown_word(&word, &known, |text| {
                crate::text!("区分「{text}」はありません。", "there is no class `{text}`")
            }));
        }
        found
    });
    let quote = fields.text("quote", problems).map(|quote| quote.value);
    let unverified = fields.get("verified").is_some() && !fields.flag("verified", problems);
    fields.close(problems);
    Some(Basis { document: document?.value, clause, class, quote, unverified })
}

/// `{ ja: …, en: … }`, or one word for both.
pub(in crate::policy) fn both(node: &Node, problems: &mut Problems) -> Option<Text> {
    if matches!(node.value, Value::Scalar { .. }) {
        return node.text(problems).map(|word| Text::same(word.value.trim()));
    }
    let mut fields = Fields::open(node, problems)?;
    let ja = fields.need("ja", problems).and_then(|node| node.text(problems));
    let en = fields.need("en", problems).and_then(|node| node.text(problems));
    fields.close(problems);
    let one_line = |word: &str| word.split('\n').map(str::trim).collect::<Vec<_>>().join("\n");
    Some(Text { ja: one_line(ja?.value.trim()), en: one_line(en?.value.trim()) })
}

/// The text of `key`, without its place.
pub(super) fn word(
    fields: &mut Fields<'_>,
    key: &'static str,
    problems: &mut Problems,
) -> Option<String> {
    fields.text(key, problems).map(|word| word.value)
}

/// The texts of `key`, without their places.
pub(in crate::policy) fn words(
    fields: &mut Fields<'_>,
    key: &'static str,
    problems: &mut Problems,
) -> Vec<String> {
    fields.texts(key, problems).into_iter().map(|word| word.value).collect()
}

/// A whole number of days or months, at least 0.
pub(super) fn count(
    fields: &mut Fields<'_>,
    key: &'static str,
    problems: &mut Problems,
) -> Option<i32> {
    let text = fields.text(key, problems)?;
    let number = text.value.trim().parse::<u16>().ok().map(i32::from);
    if number.is_none() {
        let word = &text.value;
        let message = crate::text!("「{word}」は数として読めません。", "`{word}` is not a number");
        problems.push(Problem::new(text.span, message));
    }
    number
}

/// Days since 1970-01-01.
pub(super) fn date(
    fields: &mut Fields<'_>,
    key: &'static str,
    problems: &mut Problems,
) -> Option<i32> {
    let text = fields.text(key, problems)?;
    let days = days(text.value.trim());
    if days.is_none() {
        let word = &text.value;
        let message = crate::text!("「{word}」は日付として読めません。", "`{word}` is not a date");
        let help = crate::text!(
            "西暦で「2026-04-01」のように書いてください。",
            "write it like `2026-04-01`"
        );
        problems.push(Problem::new(text.span, message).help(help));
    }
    days
}

fn days(word: &str) -> Option<i32> {
    let shape =
        |(at, c): (usize, char)| if at == 4 || at == 7 { c == '-' } else { c.is_ascii_digit() };
    if word.len() != 10 || !word.char_indices().all(shape) {
        return None;
    }
    let date: jiff::civil::Date = word.parse().ok()?;
    Some(date.since(jiff::civil::date(1970, 1, 1)).ok()?.get_days())
}

/// Says that `id` was met before, or is empty.
pub(super) fn unique<'a>(
    id: &'a Spanned<String>,
    seen: &mut Vec<&'a str>,
    what: &Text,
    problems: &mut Problems,
) {
    let (word, ja, en) = (&id.value, &what.ja, &what.en);
    if word.trim().is_empty() {
        let message = crate::text!("{ja}の id が空です。", "the {en}'s `id` is empty");
        problems.push(Problem::new(id.span, message));
    }
    if seen.contains(&word.as_str()) {
        let message = crate::text!(
            "{ja}「{word}」が2回書かれています。",
            "the {en} `{word}` is written twice"
        );
        let help =
            crate::text!("{ja}ごとに別の id を付けてください。", "give each {en} its own `id`");
        problems.push(Problem::new(id.span, message).help(help));
    }
    seen.push(word);
}
