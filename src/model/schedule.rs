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
        if windows.contains(&Window::Always) {
            return Activity::Active;
        }
        match at {
            None => Activity::Sometimes,
            Some(moment) if windows.iter().any(|window| window.holds(moment)) => Activity::Active,
            Some(_) => Activity::Inactive,
        }
    }
}

impl Window {
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
}
