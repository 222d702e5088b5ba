//! Schedulers of policies.

use super::reader::Reader;
use super::tree::{NodeId, Tree};
use crate::model::{Moment, Period, Schedule, Window};

const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Reader<'_, '_> {
    pub(super) fn read_schedules(&mut self) {
        let Some(all) = self.tree.path(Tree::ROOT, &["schedulers", "scheduler"]) else { return };
        for node in self.tree.kids(all) {
            self.tree.used(node);
            let windows = self.windows(node);
            for kid in self.tree.kids(node) {
                self.tree.ignore(kid);
            }
            let (name, span) = (self.word(node), self.span(node));
            let schedule = Schedule { name: name.to_owned(), windows, span };
            let id = self.b.device.schedules.push(schedule);
            self.schedules.insert(name, id);
        }
    }

    /// The union of the windows; `None` for what cannot be written as one.
    fn windows(&mut self, node: NodeId) -> Option<Vec<Window>> {
        let mut out = Vec::new();
        let (mut starts, mut stops) = (Vec::new(), Vec::new());
        let mut daily = None;
        let mut special: u8 = 0;
        for kid in self.tree.kids(node) {
            let word = self.word(kid);
            match word {
                "description" => {}
                "start-date" => starts = self.moments(kid, moment)?,
                "stop-date" => stops = self.moments(kid, moment)?,
                "daily" => daily = Some(self.times(kid)?),
                day => {
                    let at = DAYS.iter().position(|known| *known == day)?;
                    let bit = 1u8.checked_shl(u32::try_from(at).ok()?)?;
                    special |= bit;
                    let slots = self.times(kid)?.into_iter();
                    out.extend(slots.map(|(from, to)| Window::Weekly { days: bit, from, to }));
                }
            }
        }
        let days = 0x7f & !special;
        let slots = daily.iter().flatten();
        out.extend(slots.map(|(from, to)| Window::Weekly { days, from: *from, to: *to }));
        let dated = !starts.is_empty() || !stops.is_empty();
        match (dated, daily.is_some() || special != 0) {
            (false, true) => Some(out),
            (false, false) => None,
            (true, false) => periods(&starts, &stops),
            // Days inside a period of dates are not one window.
            (true, true) => None,
        }
    }

    /// The values of a statement that may stand several times, in order. Which of several come first is only known when none
    /// is inherited.
    fn moments<T>(&mut self, node: NodeId, read: fn(&str) -> Option<T>) -> Option<Vec<T>> {
        let kids = self.tree.kids(node);
        if let [_] | [] = kids.as_slice() {
            let only = self.tree.value(node)?;
            return Some(vec![read(self.word(only))?]);
        }
        if self.is_mixed(node) {
            return None;
        }
        kids.into_iter().map(|kid| read(self.word(kid))).collect()
    }

    /// `start-time T; stop-time T`, up to two of them, `all-day`, `exclude` (no slot).
    fn times(&mut self, node: NodeId) -> Option<Vec<Slot>> {
        let kids = self.tree.kids(node);
        if let [only] = kids.as_slice() {
            match self.word(*only) {
                "all-day" => return Some(vec![(0, 0)]),
                "exclude" => return Some(Vec::new()),
                _ => {}
            }
        }
        let (mut starts, mut stops) = (Vec::new(), Vec::new());
        for kid in kids {
            match self.word(kid) {
                "start-time" => starts = self.moments(kid, minute)?,
                "stop-time" => stops = self.moments(kid, minute)?,
                _ => return None,
            }
        }
        let paired = !starts.is_empty() && starts.len() == stops.len();
        paired.then(|| starts.into_iter().zip(stops).collect())
    }
}

/// From a minute of the day to another.
type Slot = (u16, u16);

/// The n-th start belongs to the n-th stop; one of them alone is open at its other end.
fn periods(starts: &[Moment], stops: &[Moment]) -> Option<Vec<Window>> {
    let once = |from, to| Window::Once(Period { from, to });
    match (starts, stops) {
        ([from], []) => Some(vec![once(Some(*from), None)]),
        ([], [to]) => Some(vec![once(None, Some(*to))]),
        _ if starts.len() == stops.len() => {
            let pairs = starts.iter().zip(stops);
            Some(pairs.map(|(from, to)| once(Some(*from), Some(*to))).collect())
        }
        _ => None,
    }
}

/// `08:30`, `08:30:00`.
fn minute(word: &str) -> Option<u16> {
    let mut parts = word.split(':');
    let (hour, minute): (u16, u16) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let seconds: u16 = parts.next().map_or(Some(0), |part| part.parse().ok())?;
    let valid = hour < 24 && minute < 60 && seconds < 60 && parts.next().is_none();
    // 23:59:59 is written for the end of the day.
    valid.then(|| if seconds == 59 && minute == 59 && hour == 23 { 0 } else { hour * 60 + minute })
}

/// `2026-04-01.08:30`.
fn moment(word: &str) -> Option<Moment> {
    let (date, time) = word.split_once('.')?;
    let mut parts = date.split('-');
    let year: i32 = parts.next()?.parse().ok()?;
    let month: i32 = parts.next()?.parse().ok()?;
    let day: i32 = parts.next()?.parse().ok()?;
    let valid = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && parts.next().is_none();
    let minute = minute(time).filter(|_| valid)?;
    Some(Moment { day: days(year, month, day), minute })
}

/// Days since 1970-01-01, by counting years from March.
fn days(year: i32, month: i32, day: i32) -> i32 {
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 719_469
}
