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
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let date =
        jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    let epoch = jiff::civil::Date::new(1970, 1, 1).ok()?;
    let day = epoch.until(date).ok()?.get_days();
    parts.next().is_none().then_some(Moment { day, minute: minute(time)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_begin_and_end_where_they_say() {
        let Some(Window::Once(span)) = once("2026/04/01@08:00-2026/09/30@18:00") else {
            unreachable!("a window")
        };
        assert_eq!(span.from, Some(Moment { day: 20544, minute: 480 }));
        assert_eq!(weekly(1, "00:00-23:59"), Some(Window::Weekly { days: 1, from: 0, to: 0 }));
        assert_eq!(once("2026/02/30@08:00-2026/09/30@18:00"), None);
    }
}
