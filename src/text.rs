//! A message in Japanese and English, side by side in one value.

/// One message in both languages. A missing translation does not compile, because both fields must be given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text {
    /// What a 情報政策課 or an auditor would write.
    pub ja: String,
    /// The same statement in English.
    pub en: String,
}

/// The language in which messages are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Japanese.
    Ja,
    /// English.
    #[default]
    En,
}

impl Text {
    /// The message in `lang`.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }

    /// A text that is the same in both languages: a name or an address, never a sentence.
    #[must_use]
    pub fn same(word: &str) -> Text {
        Text { ja: word.to_owned(), en: word.to_owned() }
    }
}

/// So many of a thing, in English: `1 line`, `2 lines`.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Makes a [`Text`](crate::text::Text) from a Japanese and an English format string; inline captures only.
#[macro_export]
macro_rules! text {
    ($ja:literal, $en:literal $(,)?) => {
        $crate::text::Text { ja: format!($ja), en: format!($en) }
    };
}
