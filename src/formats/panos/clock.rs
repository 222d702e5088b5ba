//! Schedules: `recurring daily`, `recurring weekly` and `non-recurring`.

use super::tree::{At, Nodes, Tree};
use crate::model::{Moment, Period, Window};

const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The windows of a schedule entry; `None` when one of them cannot be read.
pub(super) fn windows(tree: &Tree<'_>, at: At) -> Option<Vec<Window>> {
    let mut out = Vec::new();
    for (kind, nodes) in Nodes::of(at).sub(tree, "schedule-type").entries(tree) {
        match kind {
            "non-recurring" => {
                for word in nodes.words(tree) {
                    out.push(once(word.text)?);
                }
            }
            "recurring" => {
                for (kind, nodes) in nodes.entries(tree) {
                    match kind {
                        "daily" => {
                            for word in nodes.words(tree) {
                                out.push(weekly(0b111_1111, word.text)?);
                            }
                        }
                        "weekly" => {
                            for (day, nodes) in nodes.entries(tree) {
                                let day = WEEKDAYS.iter().position(|known| *known == day)?;
                                for word in nodes.words(tree) {
                                    out.push(weekly(1 << day, word.text)?);
                                }
                            }
                        }
                        _ => return None,
                    }
                }
            }
            _ => return None,
        }
    }
    (!out.is_empty()).then_some(out)
}

/// `08:30-17:15`. Whether the last minute is included is not documented; it is read as included, and midnight to midnight, or to
/// 23:59, as the whole day.
fn weekly(days: u8, text: &str) -> Option<Window> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minute(from)?, minute(to)?);
    // A window that ends before it begins cannot be entered on the device.
    (from <= to).then_some(Window::Weekly { days, from, to: (to + 1) % 1440 })
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// `2026/04/01@08:00-2026/09/30@18:00`.
fn once(text: &str) -> Option<Window> {
    let (from, to) = text.split_once('-')?;
    Some(Window::Once(Period { from: Some(moment(from)?), to: Some(moment(to)?) }))
}

fn moment(text: &str) -> Option<Moment> {
    let (date, time) = text.trim().split_once('@')?;
    let mut parts = date.split('/');
    let year: i32 = parts.next()?.parse().ok()?;
    let month: i32 = parts.next()?.parse().ok()?;
    let day: i32 = parts.next()?.parse().ok()?;
    let valid = parts.next().is_none()
        && (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day);
    valid.then_some(Moment { day: days(year, month, day), minute: minute(time)? })
}

/// Days since 1970-01-01 in the Gregorian calendar, counted in years that begin with March.
fn days(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_count_from_1970() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 3, 1), 11017);
        assert_eq!(days(2026, 4, 1), 20544);
        assert!(once("2026/04/01@08:00-2026/09/30@18:00").is_some());
        assert_eq!(weekly(1, "00:00-23:59"), Some(Window::Weekly { days: 1, from: 0, to: 0 }));
    }
}
