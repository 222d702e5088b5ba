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
        let mut dates: (Option<Moment>, Option<Moment>) = (None, None);
        let mut daily = None;
        let mut special: u8 = 0;
        for kid in self.tree.kids(node) {
            let word = self.word(kid);
            match word {
                "description" => {}
                "start-date" => {
                    dates.0 = Some(self.tree.value(kid).and_then(|v| moment(self.word(v)))?);
                }
                "stop-date" => {
                    dates.1 = Some(self.tree.value(kid).and_then(|v| moment(self.word(v)))?);
                }
                "daily" => daily = Some(self.times(kid)?),
                day => {
                    let at = DAYS.iter().position(|known| *known == day)?;
                    let bit = 1u8.checked_shl(u32::try_from(at).ok()?)?;
                    special |= bit;
                    if let Some((from, to)) = self.times(kid)? {
                        out.push(Window::Weekly { days: bit, from, to });
                    }
                }
            }
        }
        if let Some(Some((from, to))) = daily {
            out.push(Window::Weekly { days: 0x7f & !special, from, to });
        }
        match (dates, out.is_empty(), daily.is_some() || special != 0) {
            ((None, None), _, true) => Some(out),
            ((None, None), _, false) => None,
            ((from, to), true, false) => Some(vec![Window::Once(Period { from, to })]),
            // Days inside a period of dates are not one window.
            _ => None,
        }
    }

    /// `start-time T; stop-time T`, `all-day`, `exclude` (`None` inside).
    fn times(&mut self, node: NodeId) -> Option<Option<(u16, u16)>> {
        let mut start = None;
        let mut stop = None;
        for kid in self.tree.kids(node) {
            match self.word(kid) {
                "all-day" => return Some(Some((0, 0))),
                "exclude" => return Some(None),
                "start-time" | "stop-time" if start.is_some() && stop.is_some() => return None,
                "start-time" => start = self.tree.value(kid).and_then(|v| minute(self.word(v))),
                "stop-time" => stop = self.tree.value(kid).and_then(|v| minute(self.word(v))),
                _ => return None,
            }
        }
        Some(Some((start?, stop?)))
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
