//! Maintenance windows.

use std::time::Duration;

use super::{Recurrence, RecurrenceError, rule::End};
use crate::clock::{SignedDuration, Timestamp};

/// DTSTART of every window: 1 January 1968, 00:00 UTC, in seconds since the epoch. A Monday, the first of a month and of
/// a leap year, before every clock: what a rule leaves open is a Monday, a first, midnight, and does not depend on when
/// an object was made.
const ANCHOR: i64 = -731 * 86_400;

/// A time that opens again and again, for example Sundays at 02:00 UTC for four hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    start: Recurrence,
    duration: SignedDuration,
}

impl Window {
    /// Reads a window: when it opens (a rule without COUNT, which would count from a day nobody chose) and how long it
    /// stays open. BYHOUR, BYMINUTE and BYSECOND that are left out are 0; `FREQ=HOURLY` opens every hour.
    pub fn parse(start: &str, duration: Duration) -> Result<Self, RecurrenceError> {
        let start = Recurrence::parse(start)?;
        if let End::Count(count) = start.rule.end {
            return Err(RecurrenceError::Part {
                part: "COUNT".into(),
                value: count.to_string(),
                mend:
                    "a window has no first time to count from; leave it out or write UNTIL=20271231T235959Z"
                        .into(),
            });
        }
        if duration.is_zero() {
            return Err(RecurrenceError::NoDuration);
        }
        Ok(Self { start, duration: SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX) })
    }

    /// When the window that is open at `moment`, or else the next one, opens and closes; it is open from the first up to
    /// but not including the second. Where windows overlap, the one that opened first: at its end another is open. None:
    /// it never opens again.
    #[must_use]
    pub fn at_or_after(&self, moment: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let anchor = Timestamp::from_second(ANCHOR).ok()?;
        let oldest = moment
            .checked_sub(self.duration)
            .and_then(|closed| closed.checked_add(SignedDuration::from_nanos(1)))
            .unwrap_or(Timestamp::MIN);
        let opens = self.start.next(anchor, oldest)?;
        Some((opens, opens.checked_add(self.duration).unwrap_or(Timestamp::MAX)))
    }
}
