//! Days as Japanese offices write them: 令和8年11月22日.

use crate::text::Lang;

/// The eras by their first day, newest first.
const ERAS: [(&str, [i16; 3]); 3] =
    [("令和", [2019, 5, 1]), ("平成", [1989, 1, 8]), ("昭和", [1926, 12, 25])];

/// The date of a day, counted from 1970-01-01; `None` beyond what a calendar holds.
pub(super) fn date(day: i32) -> Option<jiff::civil::Date> {
    let days = jiff::Span::new().try_days(i64::from(day)).ok()?;
    jiff::civil::date(1970, 1, 1).checked_add(days).ok()
}

/// A day in words: in Japanese with its era, in English as in ISO 8601.
pub(super) fn day(day: i32, lang: Lang) -> String {
    let Some(date) = date(day) else { return String::new() };
    match lang {
        Lang::En => date.to_string(),
        Lang::Ja => {
            format!("{}年{}月{}日", year_on(date), date.month(), date.day())
        }
    }
}

/// A fiscal year (April to March) in words: `2026` is 令和8年度; anything else stays as somebody wrote it.
pub(super) fn fiscal_year(written: &str, lang: Lang) -> String {
    let year = written.parse::<i16>().ok().filter(|year| (1927..=9998).contains(year));
    match (year, lang) {
        (Some(year), Lang::Ja) => {
            // A year that begins in one era and changes to the next is named after its first of May here: 令和元年度.
            format!("{}年度", year_on(jiff::civil::date(year, 5, 1)))
        }
        _ => written.to_owned(),
    }
}

/// 令和8, 令和元, or the year alone before the first era that is known.
fn year_on(date: jiff::civil::Date) -> String {
    for (name, [year, month, first]) in ERAS {
        let (Ok(month), Ok(first)) = (i8::try_from(month), i8::try_from(first)) else { continue };
        if date >= jiff::civil::date(year, month, first) {
            let count = date.year() - year + 1;
            let count = if count == 1 { "元".to_owned() } else { count.to_string() };
            return format!("{name}{count}");
        }
    }
    date.year().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(year: i16, month: i8, of: i8) -> String {
        let days = jiff::civil::date(year, month, of)
            .duration_since(jiff::civil::date(1970, 1, 1))
            .as_hours()
            / 24;
        day(i32::try_from(days).unwrap(), Lang::Ja)
    }

    #[test]
    fn eras_change_on_their_day() {
        assert_eq!(written(2026, 11, 22), "令和8年11月22日");
        assert_eq!(written(2019, 5, 1), "令和元年5月1日");
        assert_eq!(written(2019, 4, 30), "平成31年4月30日");
        assert_eq!(written(1989, 1, 8), "平成元年1月8日");
        assert_eq!(written(1989, 1, 7), "昭和64年1月7日");
        assert_eq!(written(1926, 12, 25), "昭和元年12月25日");
        assert_eq!(written(1926, 12, 24), "1926年12月24日");
        assert_eq!(day(0, Lang::Ja), "昭和45年1月1日");
        assert_eq!(day(20_779, Lang::En), "2026-11-22");
    }

    #[test]
    fn fiscal_years_are_named_after_their_era() {
        assert_eq!(fiscal_year("2026", Lang::Ja), "令和8年度");
        assert_eq!(fiscal_year("2019", Lang::Ja), "令和元年度");
        assert_eq!(fiscal_year("令和8年度", Lang::Ja), "令和8年度");
        assert_eq!(fiscal_year("2026", Lang::En), "2026");
    }
}
