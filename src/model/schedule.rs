//! Schedules. Times are wall-clock minutes of the device's own zone; the tool has no clock, the moment is an input.

use crate::source::Span as SourceSpan;

/// A moment on the device's wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment {
    /// Days since 1970-01-01 (a Thursday); negative before.
    pub day: i32,
    /// Minute of the day, 0 to 1439.
    pub minute: u16,
}

impl Moment {
    /// `2026-11-22` (midnight) or `2026-11-22T10:30`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(word: &str) -> Result<Moment, String> {
        let time: jiff::civil::DateTime = word.parse().map_err(|error| format!("{error}"))?;
        let days = time.date().duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24;
        let day = i32::try_from(days).map_err(|error| error.to_string())?;
        let minute = i32::from(time.hour()) * 60 + i32::from(time.minute());
        Ok(Moment { day, minute: u16::try_from(minute).unwrap_or(0) })
    }
}

/// As [`Moment::parse`] reads it, with the time.
impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let days = jiff::Span::new().try_days(self.day).unwrap_or_default();
        let date = jiff::civil::date(1970, 1, 1).saturating_add(days);
        write!(f, "{date}T{:02}:{:02}", self.minute / 60, self.minute % 60)
    }
}

/// Whether a schedule is active at a moment, or when no moment is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activity {
    /// Active at that moment.
    Active,
    /// Not active at that moment.
    Inactive,
    /// No moment given, or the schedule could not be read: active at some time, perhaps not at others.
    Sometimes,
}

/// A named schedule.
#[derive(Clone, Debug, Hash)]
pub struct Schedule {
    /// The name.
    pub name: String,
    /// The union of these windows; `None` when it could not be read.
    pub windows: Option<Vec<Window>>,
    /// Where it is defined.
    pub span: SourceSpan,
}

/// A window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// At all times.
    Always,
    /// Once, both ends included.
    Once(Span),
    /// On these weekdays (bit 0 = Monday … bit 6 = Sunday) from `from` to `to` minutes of the day; `to <= from` runs past
    /// midnight into the next day, and equal ends mean the whole day.
    Weekly {
        /// Weekdays.
        days: u8,
        /// First minute.
        from: u16,
        /// First minute after the window.
        to: u16,
    },
}

/// From one moment to another; an open end is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// First moment.
    pub from: Option<Moment>,
    /// Last moment.
    pub to: Option<Moment>,
}

impl Schedule {
    /// Whether the schedule is active at `at`; with no moment, [`Activity::Active`] only when it is active at all times.
    #[must_use]
    pub fn activity(&self, at: Option<Moment>) -> Activity {
        let Some(windows) = &self.windows else { return Activity::Sometimes };
        if is_always(windows) {
            return Activity::Active;
        }
        match at {
            None => Activity::Sometimes,
            Some(moment) if windows.iter().any(|window| window.holds(moment)) => Activity::Active,
            Some(_) => Activity::Inactive,
        }
    }
}

/// Whether windows leave no moment out. Those that recur do when each end of one lies in another.
fn is_always(windows: &[Window]) -> bool {
    let open = Window::Once(Span { from: None, to: None });
    let mut ends = windows.iter().flat_map(|window| window.ends()).peekable();
    let recurring = || windows.iter().filter(|window| matches!(window, Window::Weekly { .. }));
    windows.iter().any(|window| [Window::Always, open].contains(window))
        || ends.peek().is_some() && ends.all(|end| recurring().any(|window| window.holds(end)))
}

impl Window {
    /// The first moments behind the window, in some week; of one that recurs only.
    fn ends(self) -> Vec<Moment> {
        let Window::Weekly { days, from, to } = self else { return Vec::new() };
        let whole = from == to;
        let (next, minute) = if whole || to >= 24 * 60 { (1, 0) } else { ((to < from).into(), to) };
        let on = (0..7i32).filter(|day| days >> day & 1 == 1);
        on.map(|day| Moment { day: day - 3 + next, minute }).collect()
    }

    fn holds(self, at: Moment) -> bool {
        match self {
            Window::Always => true,
            Window::Once(span) => {
                span.from.is_none_or(|from| from <= at) && span.to.is_none_or(|to| at <= to)
            }
            Window::Weekly { days, from, to } => {
                let on = |day: i32| days >> (day + 3).rem_euclid(7) & 1 == 1;
                if from < to {
                    on(at.day) && (from..to).contains(&at.minute)
                } else if from == to {
                    on(at.day)
                } else {
                    on(at.day) && at.minute >= from || on(at.day - 1) && at.minute < to
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weekly(days: u8, from: u16, to: u16) -> Window {
        Window::Weekly { days, from, to }
    }

    #[test]
    fn thursday_is_day_zero() {
        let noon = Moment { day: 0, minute: 720 };
        assert!(weekly(0b000_1000, 540, 1020).holds(noon));
        assert!(!weekly(0b000_0100, 540, 1020).holds(noon));
    }

    #[test]
    fn a_window_past_midnight_belongs_to_the_day_it_starts() {
        let thursday_night = weekly(0b000_1000, 1320, 360);
        assert!(thursday_night.holds(Moment { day: 0, minute: 1400 }));
        assert!(thursday_night.holds(Moment { day: 1, minute: 100 }));
        assert!(!thursday_night.holds(Moment { day: 0, minute: 100 }));
    }
    #[test]
    fn windows_that_leave_nothing_out_are_always() {
        let always = |windows: &[Window]| {
            let span = crate::source::Sources::default().add("s", b"x").unwrap();
            let span = SourceSpan { file: span, start: 0, end: 1 };
            let schedule = Schedule { name: "s".to_owned(), windows: Some(windows.to_vec()), span };
            schedule.activity(None) == Activity::Active
        };
        let (all, monday) = (0b111_1111, 0b000_0001);
        assert!(always(&[weekly(all, 0, 0)]));
        assert!(always(&[weekly(all, 0, 1440)]));
        assert!(always(&[weekly(all, 540, 1020), weekly(all, 1020, 540)]));
        assert!(always(&[weekly(monday, 0, 0), weekly(all & !monday, 0, 0)]));
        assert!(always(&[Window::Once(Span { from: None, to: None })]));
        assert!(!always(&[weekly(all, 0, 1439)]));
        assert!(!always(&[weekly(all & !monday, 0, 0)]));
        assert!(!always(&[weekly(all, 540, 1020), weekly(all, 1021, 540)]));
        assert!(!always(&[weekly(0, 0, 0)]));
        assert!(!always(&[]));
        let moment = Moment { day: 0, minute: 0 };
        assert!(!always(&[
            weekly(monday, 0, 0),
            Window::Once(Span { from: Some(moment), to: None })
        ]));
    }
}
