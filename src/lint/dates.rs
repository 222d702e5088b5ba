//! Dates in comments, as people write them: `2026-03-31`, `2026年3月末`, `R8.3.31まで`, `令和七年度末`… in half or full width.

/// A date in a text, and what the words around it make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Date {
    /// The last day that it names, in days since 1970-01-01: of a month alone the last day of the month.
    pub(super) day: i32,
    /// As it stands, in half width.
    pub(super) text: String,
    pub(super) role: Role,
}

/// What a date is the date of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The last day of something.
    Until,
    /// The first day of something, or the day on which it was written.
    Since,
    /// The words around it do not say.
    Open,
}

/// Words after a date that make it an end; longest first where one begins another.
const UNTIL_AFTER: [&str; 11] =
    ["まで", "迄", "限り", "期限", "終了", "廃止", "失効", "に削除", "削除", "満了", "撤去"];
/// Words after a date that make it a beginning.
const SINCE_AFTER: [&str; 14] = [
    "から", "より", "以降", "~", "開始", "追加", "作成", "設定", "申請", "登録", "変更", "付",
    "承認", "時点",
];
/// Words before a date that make it an end.
const UNTIL_BEFORE: [&str; 12] = [
    "期限", "~", "until", "till", "expires", "expire", "expiry", "exp", "through", "終了", "ends",
    "to",
];
/// Words before a date that make it a beginning.
const SINCE_BEFORE: [&str; 8] =
    ["since", "from", "added", "created", "追加", "作成", "開始", "申請"];

/// Eras as they are written, with their first year.
const ERAS: [(&str, i32); 4] = [("令和", 2019), ("平成", 1989), ("r", 2019), ("h", 1989)];

/// Every date of a text in half width, in order.
pub(super) fn dates(chars: &[char]) -> Vec<Date> {
    let (mut out, mut at, mut end) = (Vec::new(), 0, 0);
    while let Some(first) = chars.get(at) {
        let era = || ERAS.iter().any(|(era, _)| era.starts_with(*first));
        let begins = (first.is_ascii_digit() || era()) && begins(chars, at, end);
        let date = begins.then(|| Cursor { chars, at }.date()).flatten();
        match date {
            Some((day, closes, next)) => {
                let role = role(chars, (at, next), end, closes);
                let text = chars.get(at..next).unwrap_or_default().iter().collect();
                out.push(Date { day, text, role });
                (at, end) = (next, next);
            }
            None => at += 1,
        }
    }
    out
}

/// Whether a date may begin at `at`; the date before ended at `end`. Parts of words, addresses and versions are none.
fn begins(chars: &[char], at: usize, end: usize) -> bool {
    let before = |steps: usize| at.checked_sub(steps).and_then(|at| chars.get(at)).copied();
    let japanese = chars.get(at).is_some_and(|c| !c.is_ascii());
    match before(1) {
        Some(c) if c.is_ascii_alphanumeric() => japanese,
        Some('.' | '/' | '-' | ':') if at != end + 1 || end == 0 => {
            !before(2).is_some_and(|c| c.is_ascii_digit())
        }
        _ => true,
    }
}

/// `text` with full-width ASCII, wave dashes and blanks in half width, letters in lower case.
pub(super) fn half_width(text: &str) -> Vec<char> {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        '〜' | '∼' => '~',
        '−' | '‐' | '–' | '—' => '-',
        _ => c,
    };
    text.chars().map(|c| narrow(c).to_ascii_lowercase()).collect()
}

/// What the words around the characters `from..to` say; `before` is the end of the date before.
fn role(chars: &[char], (from, to): (usize, usize), before: usize, closes: bool) -> Role {
    let after: String = chars.get(to..).unwrap_or_default().iter().take(6).collect();
    let after = after.trim_start_matches([' ', ')', '」', '）', '(']);
    let ahead: String = chars.get(before..from).unwrap_or_default().iter().collect();
    let ahead = ahead.trim_end_matches([' ', ':', '=', '(', '（', '：', '、']);
    let starts = |words: &[&str]| words.iter().any(|word| after.starts_with(word));
    let ends = |words: &[&str]| {
        words.iter().any(|word| {
            let rest = ahead.strip_suffix(word);
            rest.is_some_and(|rest| {
                // A mark stands against the word before it, a word of letters does not.
                !word.starts_with(|c: char| c.is_ascii_alphabetic())
                    || !rest.ends_with(|c: char| c.is_ascii_alphanumeric())
            })
        })
    };
    let range = before > 0 && matches!(ahead, "-" | "/" | "至");
    if starts(&UNTIL_AFTER) || ends(&UNTIL_BEFORE) || range {
        Role::Until
    } else if starts(&SINCE_AFTER) || ends(&SINCE_BEFORE) || after.starts_with('-') {
        Role::Since
    } else if closes {
        Role::Until
    } else {
        Role::Open
    }
}

/// A place in a text.
struct Cursor<'a> {
    chars: &'a [char],
    at: usize,
}

/// Digits of a number at most.
const DIGITS: usize = 8;

impl Cursor<'_> {
    /// The date that begins here: its last day, whether it is the end of a month or year by its own words, and where it ends.
    fn date(mut self) -> Option<(i32, bool, usize)> {
        let year = match self.era() {
            Some(first) => first + self.era_year()? - 1,
            None => {
                let from = self.at;
                let number = self.number()?;
                match self.at - from {
                    8 => return self.compact(number),
                    4 if (1990..2100).contains(&number) => number,
                    1 | 2 => return self.american(number),
                    _ => return None,
                }
            }
        };
        if self.word("年度") {
            let closes = self.word("末");
            return Some((days(year + 1, 3, 31), closes, self.at));
        }
        if self.word("年末") {
            return Some((days(year, 12, 31), true, self.at));
        }
        // 「R6末」 may mean the calendar or the fiscal year: the later end is taken.
        if self.word("末") {
            return Some((days(year + 1, 3, 31), true, self.at));
        }
        if !self.separator(&['年', '-', '/', '.']) {
            return None;
        }
        if ["まで", "迄"].iter().any(|end| self.sees(end)) {
            return Some((days(year, 12, 31), true, self.at));
        }
        let month = self.number().filter(|month| (1..=12).contains(month))?;
        let here = self.at;
        let wordy = self.word("月");
        let day = if wordy || self.separator(&['-', '/', '.']) { self.number() } else { None };
        match day {
            Some(day) if (1..=last_day(year, month)).contains(&day) => {
                self.word("日");
                Some((days(year, month, day), false, self.at))
            }
            // A third number that is no day makes it something else: a version, an address.
            Some(_) => None,
            None => {
                if !wordy {
                    self.at = here;
                }
                let closes = self.word("末日") || self.word("末");
                Some((days(year, month, last_day(year, month)), closes, self.at))
            }
        }
    }

    /// The first year of the era whose name stands here.
    fn era(&mut self) -> Option<i32> {
        for (name, first) in ERAS {
            let at = self.at;
            if self.word(name) {
                self.separator(&['.', ' ']);
                if self.chars.get(self.at).is_some_and(|c| c.is_ascii_digit() || *c == '元') {
                    return Some(first);
                }
                self.at = at;
            }
        }
        None
    }

    fn era_year(&mut self) -> Option<i32> {
        if self.word("元") {
            Some(1)
        } else {
            self.number().filter(|year| (1..=64).contains(year))
        }
    }

    /// `20260331`.
    fn compact(self, number: i32) -> Option<(i32, bool, usize)> {
        let (year, month, day) = (number / 10000, number / 100 % 100, number % 100);
        let sound = (2000..2100).contains(&year)
            && (1..=12).contains(&month)
            && (1..=last_day(year, month)).contains(&day);
        sound.then(|| (days(year, month, day), false, self.at))
    }

    /// `3/31/2026`.
    fn american(mut self, month: i32) -> Option<(i32, bool, usize)> {
        let day = self.separator(&['/']).then(|| self.number()).flatten()?;
        let year = self.separator(&['/']).then(|| self.number()).flatten()?;
        let sound = (1990..2100).contains(&year)
            && (1..=12).contains(&month)
            && (1..=last_day(year, month)).contains(&day);
        sound.then(|| (days(year, month, day), false, self.at))
    }

    fn number(&mut self) -> Option<i32> {
        let here = self.chars.get(self.at..)?.iter().take(DIGITS + 1);
        let digits = here.map_while(|c| c.to_digit(10));
        let (count, number) = digits
            .fold((0, 0), |(count, number), digit| (count + 1, number * 10 + i64::from(digit)));
        self.at += count;
        i32::try_from(number).ok().filter(|_| (1..=DIGITS).contains(&count))
    }

    fn separator(&mut self, any: &[char]) -> bool {
        let found = self.chars.get(self.at).is_some_and(|c| any.contains(c));
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.sees(word);
        self.at += if found { word.chars().count() } else { 0 };
        found
    }

    fn sees(&self, word: &str) -> bool {
        let here = self.chars.get(self.at..self.at + word.chars().count());
        here.is_some_and(|here| here.iter().copied().eq(word.chars()))
    }
}

fn last_day(year: i32, month: i32) -> i32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar.
fn days(year: i32, month: i32, day: i32) -> i32 {
    // The year begins in March, so that the leap day is its last.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A day as `2026-03-31`; the inverse of [`days`].
pub(super) fn written(day: i32) -> String {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let of_years = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_years + of_years / 4 - of_years / 100);
    let part = (5 * of_year + 2) / 153;
    let (month, date) = ((part + 2) % 12 + 1, of_year - (153 * part + 2) / 5 + 1);
    let year = of_years + era * 400 + i32::from(month <= 2);
    format!("{year:04}-{month:02}-{date:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(text: &str) -> Vec<Date> {
        super::dates(&half_width(text))
    }

    fn only(text: &str) -> (i32, Role) {
        let found = dates(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        (found[0].day, found[0].role)
    }

    const MARCH_31_2026: i32 = 20_543;

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 2, 29), 11_016);
        assert_eq!(days(2026, 3, 31), MARCH_31_2026);
        for (year, month, day) in [(1970, 1, 1), (2000, 2, 29), (2026, 3, 31), (2099, 12, 31)] {
            assert_eq!(written(days(year, month, day)), format!("{year:04}-{month:02}-{day:02}"));
        }
    }

    #[test]
    fn one_day_in_many_writings() {
        for text in [
            "2026-03-31",
            "2026/3/31",
            "2026.3.31",
            "20260331",
            "2026年3月31日",
            "3/31/2026",
            "R8.3.31",
            "r08/03/31",
            "令和8年3月31日",
            "２０２６／３／３１",
            "Ｒ８．３．３１",
            "平成38年3月31日",
            "2026年3月",
            "2026/3",
            "R8.3",
            "令和7年度",
        ] {
            assert_eq!(only(text), (MARCH_31_2026, Role::Open), "{text}");
        }
    }

    #[test]
    fn words_around_it_say_what_it_is() {
        for text in [
            "R8.3.31まで",
            "令和８年３月末",
            "R8.3末まで",
            "2026/3/31 迄",
            "until 2026-03-31",
            "Expires: 2026-03-31",
            "(期限:2026年3月31日)",
            "2026年3月末日まで一時的に許可",
            "令和7年度末まで",
            "~2026/3/31",
            "valid to 2026-03-31",
        ] {
            assert_eq!(only(text), (MARCH_31_2026, Role::Until), "{text}");
        }
        for text in ["2026/03/31 追加", "2026-03-31から", "added 2026-03-31", "2026年3月31日付申請"]
        {
            assert_eq!(only(text), (MARCH_31_2026, Role::Since), "{text}");
        }
    }

    #[test]
    fn a_range_has_two_ends() {
        for text in ["2025/4/1〜2026/3/31", "R7.4.1-R8.3.31", "2025年4月1日から2026年3月31日まで"]
        {
            let found = dates(text);
            let roles: Vec<Role> = found.iter().map(|date| date.role).collect();
            assert_eq!(roles, [Role::Since, Role::Until], "{text}");
            assert_eq!(found[1].day, MARCH_31_2026);
        }
        assert_eq!(dates("一時対応 Ｒ６.３末まで")[0].text, "r6.3末");
        assert_eq!(only("令和元年5月1日").0, days(2019, 5, 1));
        assert_eq!(only("一時対応 R7末まで"), (MARCH_31_2026, Role::Until));
        assert_eq!(only("令和7年末"), (days(2025, 12, 31), Role::Until));
        assert_eq!(only("2025年まで"), (days(2025, 12, 31), Role::Until));
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "10.26.3.31",
            "172.20.40.0/24",
            "policy 12",
            "tcp/8080",
            "ver 2.3.1",
            "FR8.3.31",
            "2026-13-01",
            "192.168.2026.1",
            "20269999",
            "R8",
            "RTX1220 rev.15.04.05",
            "call 2024",
            "2024.15.3",
            "2026.3.400",
            "令和の通信",
            "9999999999",
        ] {
            assert_eq!(dates(text), [], "{text}");
        }
    }
}
