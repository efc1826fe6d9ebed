//! Occurrences of a rule, found period by period.

use std::ops::Range;

use jiff::{
    civil::{Date, Time},
    tz::Offset,
};

use super::rule::{DayOfWeek, Frequency, Rule};
use crate::clock::Timestamp;

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;
/// The search ends when so many seconds, 40 years, pass without an occurrence.
const HORIZON: i64 = 14_611 * DAY;

/// A rule with its anchor.
pub(super) struct Calendar {
    /// With what the anchor gives filled in.
    rule: Rule,
    /// Seconds since the epoch.
    anchor: i64,
    /// Period of the anchor.
    first: i64,
}

/// What one period holds: each of `days` at each time that `hours`, `minutes` and `seconds` make, in order. It may have
/// millions of members (a year, every second), so they are counted and computed but never listed.
struct Period<'a> {
    days: Vec<i64>,
    hours: Vec<i16>,
    minutes: &'a [i16],
    seconds: &'a [i16],
}

impl Calendar {
    /// Fills in what the rule leaves to its anchor (RFC 5545 §3.3.10: "information is gathered from DTSTART").
    pub(super) fn new(rule: &Rule, anchor: Timestamp) -> Option<Self> {
        let anchor = second_at_or_before(anchor);
        let mut rule = rule.clone();
        let start = Offset::UTC.to_datetime(Timestamp::from_second(anchor).ok()?);
        if rule.days_of_week.is_empty() && rule.month_days.is_empty() && rule.year_days.is_empty() {
            match rule.frequency {
                Frequency::Yearly if rule.months.is_empty() => {
                    rule.months.push(start.month().into());
                    rule.month_days.push(start.day().into());
                }
                Frequency::Yearly | Frequency::Monthly => rule.month_days.push(start.day().into()),
                Frequency::Weekly => {
                    rule.days_of_week.push(DayOfWeek { ordinal: None, weekday: start.weekday() });
                }
                Frequency::Daily | Frequency::Hourly => {}
            }
        }
        let hour = (rule.frequency != Frequency::Hourly).then_some(start.hour());
        for (list, value) in [
            (&mut rule.hours, hour),
            (&mut rule.minutes, Some(start.minute())),
            (&mut rule.seconds, Some(start.second())),
        ] {
            if list.is_empty() {
                list.extend(value.map(i16::from));
            }
        }
        let mut calendar = Self { rule, anchor, first: 0 };
        calendar.first = calendar.period_of(anchor)?;
        Some(calendar)
    }

    /// First occurrence at or after a second since the epoch, whatever the rule says of its end.
    pub(super) fn first_from(&self, second: i64) -> Option<i64> {
        let from = second.max(self.anchor);
        let interval = i64::from(self.rule.interval);
        let mut period = self.aligned(self.period_of(from)?, i64::div_euclid);
        loop {
            let days = self.days_of(period)?;
            if days.start.checked_mul(DAY)? > from.checked_add(HORIZON)? {
                return None;
            }
            let members = self.members(period, days);
            if let Some(found) = members.first_from(from, &self.rule.positions) {
                return Some(found);
            }
            period = match self.rule.frequency {
                // Nothing on this day: on to the next, or rare hours take a thousand times as long as rare days.
                Frequency::Hourly if members.days.is_empty() => {
                    let midnight = (period.div_euclid(24) + 1) * 24;
                    self.aligned(midnight, |hours, interval| (hours + interval - 1).div_euclid(interval))
                }
                _ => period.checked_add(interval)?,
            };
        }
    }

    /// The same among the first `count` occurrences.
    pub(super) fn first_of(&self, count: u32, second: i64) -> Option<i64> {
        let mut from = self.anchor;
        for _ in 0..count {
            let found = self.first_from(from)?;
            if found >= second {
                return Some(found);
            }
            from = found + 1;
        }
        None
    }

    /// The period nearest to `period` in which the rule applies, rounded as `divide` does.
    fn aligned(&self, period: i64, divide: fn(i64, i64) -> i64) -> i64 {
        let interval = i64::from(self.rule.interval);
        self.first + divide(period - self.first, interval) * interval
    }

    /// Number of the year, month, week, day or hour that holds a second.
    fn period_of(&self, second: i64) -> Option<i64> {
        let day = second.div_euclid(DAY);
        Some(match self.rule.frequency {
            Frequency::Yearly => date(day)?.year().into(),
            Frequency::Monthly => {
                let date = date(day)?;
                i64::from(date.year()) * 12 + i64::from(date.month()) - 1
            }
            Frequency::Weekly => (day - self.first_week()).div_euclid(7),
            Frequency::Daily => day,
            Frequency::Hourly => second.div_euclid(3600),
        })
    }

    /// Days of a period, since the epoch.
    fn days_of(&self, period: i64) -> Option<Range<i64>> {
        let month = |months: i64| day(months.div_euclid(12), months.rem_euclid(12) + 1);
        match self.rule.frequency {
            Frequency::Yearly => Some(day(period, 1)?..day(period + 1, 1)?),
            Frequency::Monthly => Some(month(period)?..month(period + 1)?),
            Frequency::Weekly => {
                let start = period.checked_mul(7)? + self.first_week();
                Some(start..start + 7)
            }
            Frequency::Daily => Some(period..period + 1),
            Frequency::Hourly => Some(period.div_euclid(24)..period.div_euclid(24) + 1),
        }
    }

    /// First day of week 0: the epoch was a Thursday, so that the Monday of its week is day -3.
    fn first_week(&self) -> i64 {
        i64::from(self.rule.week_start.to_monday_zero_offset()) - 3
    }

    fn members(&self, period: i64, days: Range<i64>) -> Period<'_> {
        let Rule { hours, minutes, seconds, .. } = &self.rule;
        let mut hours = hours.clone();
        if self.rule.frequency == Frequency::Hourly {
            let hour = i16::try_from(period.rem_euclid(24)).unwrap_or(0);
            let allowed = hours.is_empty() || hours.contains(&hour);
            hours = if allowed { vec![hour] } else { Vec::new() };
        }
        let days = days.filter(|day| date(*day).is_some_and(|date| self.rule.allows(date))).collect();
        Period { days, hours, minutes, seconds }
    }
}

impl Period<'_> {
    fn len(&self) -> usize {
        self.days.len() * self.hours.len() * self.minutes.len() * self.seconds.len()
    }

    /// The member of that number, from 0, in seconds since the epoch.
    fn at(&self, index: usize) -> Option<i64> {
        let (index, second) = (index / self.seconds.len(), self.seconds.get(index % self.seconds.len())?);
        let (index, minute) = (index / self.minutes.len(), self.minutes.get(index % self.minutes.len())?);
        let (day, hour) =
            (self.days.get(index / self.hours.len())?, self.hours.get(index % self.hours.len())?);
        Some(day * DAY + i64::from(*hour) * 3600 + i64::from(*minute) * 60 + i64::from(*second))
    }

    /// The first member at or after a second, of those at `positions` (BYSETPOS; empty: of all).
    fn first_from(&self, second: i64, positions: &[i16]) -> Option<i64> {
        let length = self.len();
        if length == 0 {
            return None;
        }
        if !positions.is_empty() {
            let index = |position: &i16| match usize::from(position.unsigned_abs()) {
                distance if *position < 0 => length.checked_sub(distance),
                distance => Some(distance - 1),
            };
            let chosen = positions.iter().filter_map(index).filter_map(|index| self.at(index));
            return chosen.filter(|member| *member >= second).min();
        }
        let (mut low, mut high) = (0, length);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.at(middle)? < second {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.at(low)
    }
}

/// The date of a day since the epoch; None outside the years that jiff knows.
pub(super) fn date(day: i64) -> Option<Date> {
    let midnight = Timestamp::from_second(day.checked_mul(DAY)?).ok()?;
    Some(Offset::UTC.to_datetime(midnight).date())
}

/// The first second since the epoch that is not before a moment.
pub(super) fn second_at_or_after(moment: Timestamp) -> i64 {
    moment.as_second() + i64::from(moment.subsec_nanosecond() > 0)
}

/// The last second since the epoch that is not after a moment.
pub(super) fn second_at_or_before(moment: Timestamp) -> i64 {
    moment.as_second() - i64::from(moment.subsec_nanosecond() < 0)
}

/// The first day of a month, since the epoch.
fn day(year: i64, month: i64) -> Option<i64> {
    let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()?;
    let midnight = Offset::UTC.to_timestamp(date.to_datetime(Time::midnight())).ok()?;
    Some(midnight.as_second().div_euclid(DAY))
}
