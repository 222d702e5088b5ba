//! `time-range` blocks of the Cisco family: `absolute` bounds and `periodic` windows.

use super::builder::Builder;
use super::ledger::Ledger;
use super::lines::{Block, ConfigLine, Word};
use crate::model::{Moment, Period, Schedule, ScheduleId, Table, Window};
use crate::text;
use rustc_hash::FxHashMap;

/// Reads one block. Where `absolute` and `periodic` both stand, the range is active when both hold; that meet cannot be
/// written as windows, so it is read as not certain. So is a range without any line.
pub(super) fn read(
    block: &Block<'_>,
    schedules: &mut Table<ScheduleId, Schedule>,
    ledger: &mut Ledger<'_>,
) -> ScheduleId {
    ledger.used(block.head.span);
    let (mut absolute, mut periodic, mut readable) = (Vec::new(), Vec::new(), true);
    for line in &block.body {
        let read = match line.word(0) {
            "absolute" => once(line).map(|window| absolute.push(window)),
            "periodic" => weekly(line).map(|windows| periodic.extend(windows)),
            "!" | "description" => {
                ledger.irrelevant(line.span);
                continue;
            }
            _ => None,
        };
        if read.is_some() {
            ledger.used(line.span);
            continue;
        }
        readable = false;
        let text = line.text;
        let reason = text!(
            "時間帯「{text}」を解釈できません。有効な時も無効な時もあるものとして扱います。",
            "the time \"{text}\" is not understood; the range is read as sometimes active",
        );
        ledger.unknown(line.span, reason, true);
    }
    let windows = match (absolute.is_empty(), periodic.is_empty()) {
        _ if !readable => None,
        (false, true) => Some(absolute),
        (true, false) => Some(periodic),
        (true, true) => None,
        (false, false) => {
            let reason = text!(
                "absolute と periodic の併用は、有効にも無効にもなり得る時間帯として読みます。",
                "absolute together with periodic is read as sometimes active"
            );
            ledger.unsupported(block.head.span, reason);
            None
        }
    };
    let span = block.head.span.to(block.body.last().unwrap_or(&block.head).span);
    schedules.push(Schedule { name: block.head.word(1).to_owned(), windows, span })
}

/// The schedule with this name; unreadable when it is not defined.
pub(super) fn named<'a>(
    name: Word<'a>,
    known: &mut FxHashMap<&'a str, ScheduleId>,
    build: &mut Builder,
) -> ScheduleId {
    if let Some(id) = known.get(name.text) {
        return *id;
    }
    build.undefined("time-range", name.text, name.span);
    let schedule = Schedule { name: name.text.to_owned(), windows: None, span: name.span };
    let id = build.device.schedules.push(schedule);
    known.insert(name.text, id);
    id
}

/// `absolute [start HH:MM DAY MONTH YEAR] [end HH:MM DAY MONTH YEAR]`; the end minute is included.
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

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn moment(line: &ConfigLine<'_>, at: usize) -> Option<Moment> {
    let minute = minute(line.word(at))?;
    let word = line.word(at + 2).to_ascii_lowercase();
    let month = MONTHS.iter().position(|name| word.len() >= 3 && name.starts_with(&word))?;
    let month = i8::try_from(month).ok()? + 1;
    let (day, year) = (line.word(at + 1).parse().ok()?, line.word(at + 3).parse().ok()?);
    let date = jiff::civil::Date::new(year, month, day).ok()?;
    let epoch = jiff::civil::Date::new(1970, 1, 1).ok()?;
    let day = epoch.until(date).ok()?.get_days();
    Some(Moment { day, minute })
}

/// `HH:MM`; 24:00 is the last minute of the day.
fn minute(word: &str) -> Option<u16> {
    let (hour, minute) = word.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    match (hour, minute) {
        (24, 0) => Some(1439),
        (0..=23, 0..=59) => Some(hour * 60 + minute),
        _ => None,
    }
}

const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn day(word: &str) -> Option<u8> {
    let word = word.to_ascii_lowercase();
    let index = DAYS.iter().position(|name| word.len() >= 3 && name.starts_with(&word))?;
    u8::try_from(index).ok()
}

/// `periodic DAYS HH:MM to [DAY] HH:MM`; the end minute belongs to the window.
fn weekly(line: &ConfigLine<'_>) -> Option<Vec<Window>> {
    let mut days = 0u8;
    let mut at = 1;
    while let Some(mask) = day_mask(line.word(at)) {
        days |= mask;
        at += 1;
    }
    let from = minute(line.word(at))?;
    if days == 0 || line.word(at + 1) != "to" {
        return None;
    }
    let last = day(line.word(at + 2));
    let end = minute(line.word(at + 2 + usize::from(last.is_some())))?;
    if at + 3 + usize::from(last.is_some()) != line.words.len() {
        return None;
    }
    match last {
        None => (from <= end).then(|| vec![window(days, from, end)]),
        // From a minute of one weekday to a minute of another: one day before the times.
        Some(last) => {
            let first = day(line.word(1)).filter(|_| at == 2)?;
            (first != last || from <= end).then(|| through(first, from, last, end))
        }
    }
}

fn day_mask(word: &str) -> Option<u8> {
    match word {
        "daily" => Some(0b111_1111),
        "weekdays" => Some(0b001_1111),
        "weekend" => Some(0b110_0000),
        word => day(word).map(|day| 1 << day),
    }
}

/// The end is included on the device and excluded in the model; 23:59 becomes midnight.
fn window(days: u8, from: u16, end: u16) -> Window {
    Window::Weekly { days, from, to: (end + 1) % 1440 }
}

/// One window a day.
fn through(first: u8, from: u16, last: u8, end: u16) -> Vec<Window> {
    let mut out = Vec::new();
    let mut day = first;
    loop {
        let start = if day == first { from } else { 0 };
        if day == last {
            if start <= end {
                out.push(window(1 << day, start, end));
            }
            return out;
        }
        out.push(Window::Weekly { days: 1 << day, from: start, to: 0 });
        day = (day + 1) % 7;
    }
}
