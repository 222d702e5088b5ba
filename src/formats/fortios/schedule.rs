//! `config firewall schedule recurring`, `onetime` and `group`: when a policy is active.

use super::core::{Reader, Scope, Words, undefined_reason};
use super::entry::Fields;
use crate::formats::blocks::Word;
use crate::model::{Moment, Period, Schedule, ScheduleId, Unknown, Window};
use crate::source::Span;
use crate::text;

const READ: &[&str] = &["day", "start", "end", "member"];
const IGNORED: &[&str] = &[
    "uuid",
    "color",
    "expiration-days",
    "fabric-object",
    "start-utc",
    "end-utc",
    "comment",
    "label-day",
    "global-object",
];

/// Reads the schedules of a VDOM. `always` becomes no condition at all.
pub(super) fn read<'a>(reader: &mut Reader<'a>, scope: &mut Scope<'_, 'a>) {
    let words = Words::new(READ, IGNORED);
    for (path, recurring) in
        [("firewall schedule recurring", true), ("firewall schedule onetime", false)]
    {
        let blocks = scope.take(path);
        for entry in reader.plain_entries(&blocks) {
            let strange = reader.account(&entry, &words);
            reader.contained(&strange, &entry.name);
            let fields = entry.fields();
            let window = if recurring { weekly(&fields) } else { once(&fields) };
            let windows = window.filter(|_| strange.is_empty());
            let always = windows.as_deref() == Some(&[Window::Always]);
            let span = entry.span().unwrap_or(reader.origin);
            let id = (!always).then(|| push(reader, &entry.name, windows, span));
            scope.names.schedules.insert(entry.name, id);
        }
    }
    let blocks = scope.take("firewall schedule group");
    for entry in reader.plain_entries(&blocks) {
        let strange = reader.account(&entry, &words);
        reader.contained(&strange, &entry.name);
        let span = entry.span().unwrap_or(reader.origin);
        let windows = group(reader, scope, &entry.fields().values("member"));
        let windows = windows.filter(|_| strange.is_empty());
        let always = windows.as_ref().is_some_and(|windows| windows.contains(&Window::Always));
        let id = (!always).then(|| push(reader, &entry.name, windows, span));
        scope.names.schedules.insert(entry.name, id);
    }
}

fn push(
    reader: &mut Reader<'_>,
    name: &str,
    windows: Option<Vec<Window>>,
    span: Span,
) -> ScheduleId {
    reader.device.schedules.push(Schedule { name: name.to_owned(), windows, span })
}

fn group(reader: &Reader<'_>, scope: &Scope<'_, '_>, members: &[Word<'_>]) -> Option<Vec<Window>> {
    let mut all = Vec::new();
    for member in members {
        match scope.names.schedules.get(&member.text) {
            Some(Some(id)) => all.extend(reader.device.schedules[*id].windows.as_ref()?),
            Some(None) => all.push(Window::Always),
            None if member.text == "always" => all.push(Window::Always),
            None => return None,
        }
    }
    (!members.is_empty()).then_some(all)
}

/// Days that are not listed are off; equal ends mean the whole day.
fn weekly(fields: &Fields<'_, '_>) -> Option<Vec<Window>> {
    let mut days = 0u8;
    for day in fields.values("day") {
        let bit = match day.text.as_ref() {
            "monday" => 0,
            "tuesday" => 1,
            "wednesday" => 2,
            "thursday" => 3,
            "friday" => 4,
            "saturday" => 5,
            "sunday" => 6,
            "none" => continue,
            _ => return None,
        };
        days |= 1 << bit;
    }
    let from = minute(fields.text("start").as_deref().unwrap_or("00:00"))?;
    let to = minute(fields.text("end").as_deref().unwrap_or("00:00"))?;
    Some(match (days, from == to) {
        (0, _) => Vec::new(),
        (0b111_1111, true) => vec![Window::Always],
        _ => vec![Window::Weekly { days, from, to }],
    })
}

/// A start that is not set is the device's default in the past; an end that is not set cannot be read.
fn once(fields: &Fields<'_, '_>) -> Option<Vec<Window>> {
    let from = match fields.get("start") {
        Some(_) => Some(moment(&fields.values("start"))?),
        None => None,
    };
    let to = moment(&fields.values("end"))?;
    Some(vec![Window::Once(Period { from, to: Some(to) })])
}

/// `17:30`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// `17:30 2027/03/31`.
fn moment(words: &[Word<'_>]) -> Option<Moment> {
    let [time, date] = words else { return None };
    let mut parts = date.text.split('/');
    let year: i16 = parts.next()?.parse().ok()?;
    let month: i8 = parts.next()?.parse().ok()?;
    let day: i8 = parts.next()?.parse().ok()?;
    let date = jiff::civil::Date::new(year, month, day).ok()?;
    let days = date.since(jiff::civil::date(1970, 1, 1)).ok()?.get_days();
    Some(Moment { day: days, minute: minute(&time.text)? })
}

/// The condition of a policy: none, a schedule, or an unknown when the name is not defined.
pub(super) fn resolve<'a>(
    reader: &mut Reader<'a>,
    scope: &Scope<'_, 'a>,
    word: &Word<'a>,
) -> (Option<ScheduleId>, Option<Unknown>) {
    let name = word.text.as_ref();
    match (scope.names.schedules.get(name), name) {
        (Some(id), _) => (*id, None),
        (None, "always") => (None, None),
        (None, "none") => (Some(push(reader, name, Some(Vec::new()), word.span)), None),
        (None, _) => {
            reader.undefined("schedule", name, word.span);
            (None, Some(Unknown { reason: undefined_reason(name), span: word.span }))
        }
    }
}

/// A condition that ends on a day: `set policy-expiry-date 2027-03-31 00:00:00`.
pub(super) fn expiry(
    reader: &mut Reader<'_>,
    words: &[Word<'_>],
    span: Span,
) -> Option<ScheduleId> {
    let date: jiff::civil::Date = words.first()?.text.parse().ok()?;
    let minute = words.get(1).and_then(|time| minute(time.text.get(..5)?)).unwrap_or(0);
    let day = date.since(jiff::civil::date(1970, 1, 1)).ok()?.get_days();
    let to = Some(Moment { day, minute });
    let windows = Some(vec![Window::Once(Period { from: None, to })]);
    let name = text!("ポリシーの有効期限", "policy expiry").en;
    Some(push(reader, &name, windows, span))
}
