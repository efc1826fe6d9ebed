//! What Oracle asks of an upgrade schedule (`facts/oci.md §1.6`).

use std::time::Duration;

use jiff::civil::Date;

use super::{
    Recurrence, RecurrenceError,
    calendar::{DAY, date},
    rule::End,
};
use crate::clock::{SignedDuration, Timestamp};

/// What an event must last to count.
const LONG: Duration = Duration::from_hours(48);
/// The longest three months (July to September, October to December and others).
const THREE_MONTHS: i64 = 92;
/// The longest time from a weekday of a month to the same of the third month after, as in `BYDAY=1SA`: 1 July to
/// 7 October.
const WEEKDAY_IN_THREE_MONTHS: i64 = 98;
/// How far ahead gaps are looked for, in days: five years, so that a leap day is seen.
const AHEAD: i64 = 1827;

/// One event of an upgrade schedule.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// Name of the event for messages.
    pub description: &'a str,
    /// First moment at which it may begin.
    pub time_start: Timestamp,
    /// How long it lasts.
    pub duration: Duration,
    /// When it comes again; None: once only.
    pub recurrence: Option<&'a Recurrence>,
}

impl<'a> Event<'a> {
    /// The rule by which the event comes again without an end, or why it does not.
    fn for_good(&self, now: Timestamp) -> Result<&'a Recurrence, RecurrenceError> {
        let fails = |reason: String| {
            Err(RecurrenceError::NotForGood { description: self.description.to_owned(), reason })
        };
        let Some(recurrence) = self.recurrence else {
            return fails(
                "comes only once: give it a recurrence, for example FREQ=MONTHLY;INTERVAL=3;BYDAY=1SA".into(),
            );
        };
        match recurrence.rule.end {
            End::Count(count) => fails(format!("ends after {count} times: leave out COUNT={count}")),
            End::Until(last) => {
                let day = date(last.div_euclid(DAY)).unwrap_or(Date::MAX);
                fails(format!("ends on {day}: leave out UNTIL"))
            }
            End::Never if recurrence.next(self.time_start, now).is_none() => {
                fails(format!("never comes: {} has no such day", recurrence.as_str()))
            }
            End::Never => Ok(recurrence),
        }
    }
}

/// Whether a schedule has, at least every three months and for good, an event of 48 hours or more.
///
/// All events of 48 hours or more that come again without COUNT and UNTIL are taken together. A gap counts in days of
/// their starts: 92, the longest three months, or 98 when the next start is in the third month after, so that every
/// `FREQ=MONTHLY;INTERVAL=3` that skips no month is allowed. The wait for the first start is not looked at. Gaps are looked
/// for during five years from `now` or the first start; the service decides in the end.
pub fn check_upgrade_events(events: &[Event<'_>], now: Timestamp) -> Result<(), RecurrenceError> {
    let (long, failures): (Vec<_>, Vec<_>) = events
        .iter()
        .filter(|event| event.duration >= LONG)
        .map(|event| event.for_good(now).map(|recurrence| (event.time_start, recurrence)))
        .partition(Result::is_ok);
    let long: Vec<_> = long.into_iter().flatten().collect();
    if long.is_empty() {
        return Err(failures.into_iter().find_map(Result::err).unwrap_or_else(|| no_long_event(events)));
    }
    let next_day = |moment| {
        long.iter().filter_map(|(anchor, recurrence)| recurrence.next(*anchor, moment)).min().map(day_of)
    };
    let Some(first) = next_day(now) else { return Ok(()) };
    let mut last = first;
    while last < first + AHEAD {
        let Some(next) = midnight(last + 1).and_then(next_day) else { return Ok(()) };
        check_gap(last, next)?;
        last = next;
    }
    Ok(())
}

fn no_long_event(events: &[Event<'_>]) -> RecurrenceError {
    let longest = events.iter().max_by_key(|event| event.duration).map_or_else(
        || "there is none".to_owned(),
        |event| {
            let duration = SignedDuration::try_from(event.duration).unwrap_or(SignedDuration::MAX);
            format!("the longest, \"{}\", lasts {duration:#}", event.description)
        },
    );
    RecurrenceError::NoLongEvent { longest }
}

/// Whether two starts, in days since the epoch, may follow each other.
fn check_gap(last: i64, next: i64) -> Result<(), RecurrenceError> {
    let days = next - last;
    let (Some(from), Some(to)) = (date(last), date(next)) else { return Ok(()) };
    let month = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month());
    if days <= THREE_MONTHS || (days <= WEEKDAY_IN_THREE_MONTHS && month(to) - month(from) <= 3) {
        return Ok(());
    }
    Err(RecurrenceError::TooRare { days, from, to })
}

fn day_of(moment: Timestamp) -> i64 {
    moment.as_second().div_euclid(DAY)
}

fn midnight(day: i64) -> Option<Timestamp> {
    Timestamp::from_second(day.checked_mul(DAY)?).ok()
}
