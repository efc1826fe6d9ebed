//! Times that come again: recurrence rules (RFC 5545 §3.3.10), maintenance windows and Oracle's upgrade schedules.
//!
//! Our own code, not a library: the crate `rrule` brings chrono, which the tree bans (one time library), walks from
//! the first occurrence on every question and gives up after a fixed number of steps. Here a question costs the same
//! however old the rule is, and a rule that never occurs is known as such after a bounded search ([`Recurrence::next`]).
//! All times are UTC.

mod calendar;
mod parse;
mod rule;
mod upgrade;
mod window;

use calendar::Calendar;
use rule::{End, Rule};
pub use upgrade::{Event, check_upgrade_events};
pub use window::Window;

use crate::clock::Timestamp;

/// A recurrence rule (RFC 5545 §3.3.10), without `RRULE:`.
///
/// Read are FREQ (`YEARLY` to `HOURLY`), INTERVAL, COUNT, UNTIL, WKST, BYSETPOS and every BY part except `BYWEEKNO`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    text: String,
    rule: Rule,
}

/// Why a rule is not taken, or an upgrade schedule will not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecurrenceError {
    /// A part of the rule cannot be read, or does not go with the others.
    #[error("{part}={value}: {mend}")]
    Part {
        /// Name of the part, such as `BYHOUR`.
        part: String,
        /// What was written.
        value: String,
        /// What to write instead.
        mend: String,
    },
    /// Text that is not `NAME=VALUE`.
    #[error("\"{0}\" is no part of a recurrence rule: write parts such as FREQ=WEEKLY;BYDAY=SU;BYHOUR=2")]
    NoPart(String),
    /// No FREQ.
    #[error("FREQ is missing: begin with FREQ=WEEKLY, for example FREQ=WEEKLY;BYDAY=SU;BYHOUR=2")]
    NoFrequency,
    /// A window that lasts no time.
    #[error("a window must last longer than 0s")]
    NoDuration,
    /// No event of an upgrade schedule is long enough.
    #[error(
        "no event lasts 48h or more ({longest}): OCI wants one of 48h or more at least every three months"
    )]
    NoLongEvent {
        /// The longest there is, in words.
        longest: String,
    },
    /// Events are long enough, but none goes on for good.
    #[error("event \"{description}\" lasts 48h or more but {reason}")]
    NotForGood {
        /// Description of the event that comes nearest.
        description: String,
        /// Why it does not go on, and the mend.
        reason: String,
    },
    /// Events are long enough and go on, but too rarely.
    #[error(
        "{days} days pass between the starts of the events of 48h or more on {from} and {to}: OCI wants them every \
         three months or more often, for example FREQ=MONTHLY;INTERVAL=3;BYDAY=1SA"
    )]
    TooRare {
        /// Length of the gap.
        days: i64,
        /// Day of the last start before the gap.
        from: jiff::civil::Date,
        /// Day of the first start after it.
        to: jiff::civil::Date,
    },
}

impl Recurrence {
    /// Reads a rule. Text must be in capitals, as the services that take it want it.
    pub fn parse(text: &str) -> Result<Self, RecurrenceError> {
        Ok(Self { text: text.to_owned(), rule: parse::rule(text)? })
    }

    /// The rule as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// First occurrence at or after `moment`; `anchor` is DTSTART, fractions of a second of it are left out.
    ///
    /// The anchor gives the times that the rule leaves open and the first moment at which it applies. It is an
    /// occurrence only where the rule says so. None: the rule has ended, or 40 years pass without an occurrence, which
    /// is the longest wait for a date on a weekday (29 February around the year 2100).
    #[must_use]
    pub fn next(&self, anchor: Timestamp, moment: Timestamp) -> Option<Timestamp> {
        let moment = calendar::second_at_or_after(moment);
        let calendar = Calendar::new(&self.rule, anchor)?;
        let found = match self.rule.end {
            End::Never => calendar.first_from(moment)?,
            End::Until(last) => calendar.first_from(moment).filter(|second| *second <= last)?,
            End::Count(count) => calendar.first_of(count, moment)?,
        };
        Timestamp::from_second(found).ok()
    }
}
