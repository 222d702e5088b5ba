//! `time-range` blocks.

use super::commands::Bin;
use super::reader::Reader;
use crate::formats::lines::{ConfigLine, Word};
use crate::model::{Moment, Period, Schedule, ScheduleId, Window};
use crate::text;

const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl<'a> Reader<'a, '_> {
    /// Reads every time range.
    pub(super) fn read_time_ranges(&mut self) {
        for block in self.config.take(Bin::TimeRange) {
            self.ledger.used(block.head.span);
            let (mut absolute, mut periodic, mut broken) = (Vec::new(), Vec::new(), false);
            for line in &block.body {
                let read = match line.word(0) {
                    "absolute" => once(line).map(|window| absolute.push(window)),
                    "periodic" => weekly(line).map(|windows| periodic.extend(windows)),
                    _ => None,
                };
                match read {
                    Some(()) => self.ledger.used(line.span),
                    None => {
                        broken = true;
                        let reason = text!(
                            "時間帯の指定を解釈できません。",
                            "this time range is not understood"
                        );
                        self.ledger.unknown(line.span, reason, true);
                    }
                }
            }
            if !absolute.is_empty() && !periodic.is_empty() {
                // IOS applies the periods inside the absolute window only; a schedule here is a union of windows.
                broken = true;
                let reason = text!(
                    "absolute と periodic の併用は、有効にも無効にもなり得る時間帯として読みます。",
                    "absolute together with periodic is read as sometimes active"
                );
                self.ledger.unsupported(block.head.span, reason);
            }
            absolute.append(&mut periodic);
            let windows = (!broken).then_some(absolute);
            let name = block.head.word(1);
            let id = self.build.device.schedules.push(Schedule {
                name: name.to_owned(),
                windows,
                span: super::split::whole(&block),
            });
            self.schedules.insert(name, id);
        }
    }

    /// The schedule with this name; unreadable when it is not defined.
    pub(super) fn schedule(&mut self, name: Word<'a>) -> ScheduleId {
        if let Some(id) = self.schedules.get(name.text) {
            return *id;
        }
        let word = name.text.to_owned();
        self.build.undefined("time-range", name.text, name.span);
        let id = self.build.device.schedules.push(Schedule {
            name: word,
            windows: None,
            span: name.span,
        });
        self.schedules.insert(name.text, id);
        id
    }
}

fn minutes(word: &str) -> Option<u16> {
    let (hour, minute) = word.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour <= 24 && minute < 60).then_some(hour * 60 + minute)
}

fn day(word: &str) -> Option<u32> {
    let at = DAYS.iter().position(|day| day.eq_ignore_ascii_case(word))?;
    u32::try_from(at).ok()
}

/// `absolute [start HH:MM D MONTH YYYY] [end HH:MM D MONTH YYYY]`.
fn once(line: &ConfigLine<'_>) -> Option<Window> {
    let (mut from, mut to) = (None, None);
    let mut at = 1;
    while at < line.words.len() {
        let moment = moment(line, at + 1)?;
        match line.word(at) {
            "start" => from = Some(moment),
            "end" => to = Some(moment),
            _ => return None,
        }
        at += 5;
    }
    Some(Window::Once(Period { from, to }))
}

fn moment(line: &ConfigLine<'_>, at: usize) -> Option<Moment> {
    let minute = minutes(line.word(at)).filter(|minute| *minute < 1440)?;
    let month = line.word(at + 2);
    let month = MONTHS.iter().position(|name| {
        month.len() >= 3 && name.to_ascii_lowercase().starts_with(&month.to_ascii_lowercase())
    })?;
    let month = i8::try_from(month + 1).ok()?;
    let date = jiff::civil::Date::new(
        line.word(at + 3).parse().ok()?,
        month,
        line.word(at + 1).parse().ok()?,
    )
    .ok()?;
    let epoch = jiff::civil::Date::new(1970, 1, 1).ok()?;
    let day = date.since(epoch).ok()?.get_days();
    Some(Moment { day, minute })
}

/// `periodic {daily|weekdays|weekend|DAY…} HH:MM to [DAY] HH:MM`; the last minute belongs to the period.
fn weekly(line: &ConfigLine<'_>) -> Option<Vec<Window>> {
    let to_at = line.words.iter().position(|word| word.text == "to")?;
    let from = minutes(line.word(to_at.checked_sub(1)?))?;
    let mut days = 0u8;
    let names = line.words.get(1..to_at - 1)?;
    for word in names {
        days |= match word.text {
            "daily" => 0b111_1111,
            "weekdays" => 0b001_1111,
            "weekend" => 0b110_0000,
            name => 1u8 << day(name)?,
        };
    }
    let last_day = day(line.word(to_at + 1));
    let end = minutes(line.word(to_at + 1 + usize::from(last_day.is_some())))?;
    let to = (end + 1).min(1440);
    match (last_day, names) {
        (None, _) if from < to => Some(vec![Window::Weekly { days, from, to }]),
        (Some(last), [first]) => span_of_days(day(first.text)?, from, last, to),
        _ => None,
    }
}

/// From a minute of one weekday to a minute of another.
fn span_of_days(first: u32, from: u16, last: u32, to: u16) -> Option<Vec<Window>> {
    if first == last {
        return (from < to).then(|| vec![Window::Weekly { days: 1 << first, from, to }]);
    }
    let mut windows = vec![Window::Weekly { days: 1 << first, from, to: 1440 }];
    let mut at = (first + 1) % 7;
    while at != last {
        windows.push(Window::Weekly { days: 1 << at, from: 0, to: 1440 });
        at = (at + 1) % 7;
    }
    windows.push(Window::Weekly { days: 1 << last, from: 0, to });
    Some(windows)
}
