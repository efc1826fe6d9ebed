//! What a recurrence rule says, part by part.

use jiff::civil::{Date, Weekday};

/// Length of a period, longest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Frequency {
    Yearly,
    Monthly,
    Weekly,
    Daily,
    Hourly,
}

/// When a rule stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Never,
    /// After so many occurrences, counted from the anchor.
    Count(u32),
    /// With the last occurrence at or before this second since the epoch.
    Until(i64),
}

/// A weekday of BYDAY; the ordinal counts within the month or year, from its end when negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DayOfWeek {
    pub(super) ordinal: Option<i16>,
    pub(super) weekday: Weekday,
}

/// A rule. Lists are sorted and hold each value once; an empty list does not restrict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) frequency: Frequency,
    /// At least 1.
    pub(super) interval: u32,
    pub(super) end: End,
    pub(super) week_start: Weekday,
    pub(super) days_of_week: Vec<DayOfWeek>,
    pub(super) months: Vec<i16>,
    pub(super) month_days: Vec<i16>,
    pub(super) year_days: Vec<i16>,
    pub(super) hours: Vec<i16>,
    pub(super) minutes: Vec<i16>,
    pub(super) seconds: Vec<i16>,
    pub(super) positions: Vec<i16>,
}

impl Rule {
    /// Whether the rule allows this day.
    pub(super) fn allows(&self, date: Date) -> bool {
        let (day, days) = (i16::from(date.day()), i16::from(date.days_in_month()));
        let listed = |list: &[i16], position, length: i16| {
            list.is_empty() || list.contains(&position) || list.contains(&(position - length - 1))
        };
        (self.months.is_empty() || self.months.contains(&i16::from(date.month())))
            && listed(&self.month_days, day, days)
            && listed(&self.year_days, date.day_of_year(), date.days_in_year())
            && (self.days_of_week.is_empty()
                || self.days_of_week.iter().any(|wanted| self.falls_on(*wanted, date)))
    }

    /// RFC 5545, notes 1 and 2 of the table: ordinals count in the month, but in the year for a yearly rule without BYMONTH.
    fn falls_on(&self, wanted: DayOfWeek, date: Date) -> bool {
        let (position, length) = if self.frequency == Frequency::Yearly && self.months.is_empty() {
            (date.day_of_year(), date.days_in_year())
        } else {
            (i16::from(date.day()), i16::from(date.days_in_month()))
        };
        let fits = |ordinal| ordinal == (position - 1) / 7 + 1 || ordinal == -((length - position) / 7 + 1);
        wanted.weekday == date.weekday() && wanted.ordinal.is_none_or(fits)
    }
}
