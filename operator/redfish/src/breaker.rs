//! Leaves a BMC alone that fails again and again.

use std::time::Duration;

use slipway_core::{
    backoff,
    clock::{SignedDuration, Timestamp},
    failure::Failure,
    reason::Reason,
};

use crate::limits::Limits;

/// How many BMCs are in each state, for `slipway_external_breaker_state`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BreakerCounts {
    /// In use.
    pub closed: usize,
    /// Being tried with one verb.
    pub half_open: usize,
    /// Left alone for now.
    pub open: usize,
}

/// Circuit breaker of one BMC.
#[derive(Debug, Default)]
pub(crate) enum Breaker {
    #[default]
    Closed,
    /// Fewer failures in a row than open it.
    Failing(u32),
    Open(Opening),
    /// One verb is on its way to find out.
    Probing(Opening),
}

/// Why and how long a circuit is open.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    /// Counted from 0; each failed probe adds one.
    times: u32,
    until: Timestamp,
    last: String,
}

impl Breaker {
    /// Fails at once while the circuit is open, before waiting for a turn.
    pub(crate) fn look(&self, now: Timestamp, limits: &Limits) -> Result<(), Failure> {
        match self {
            Self::Open(opening) => match opening.remaining(now, limits) {
                Some(pause) => Err(opening.failure(pause)),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Takes the turn. True: this is the probe of a circuit that was open. A probe that was dropped half-way leaves
    /// [`Breaker::Probing`] behind; whoever has the turn next is the probe then.
    pub(crate) fn admit(&mut self, now: Timestamp, limits: &Limits) -> Result<bool, Failure> {
        self.look(now, limits)?;
        if let Self::Open(opening) | Self::Probing(opening) = self {
            *self = Self::Probing(opening.clone());
            return Ok(true);
        }
        Ok(false)
    }

    /// The BMC answered.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::Closed;
    }

    /// The BMC failed; `seed` spreads BMCs that fail together.
    pub(crate) fn failed(&mut self, failure: &Failure, now: Timestamp, limits: &Limits, seed: u64) {
        let times = match self {
            Self::Open(opening) | Self::Probing(opening) => opening.times + 1,
            Self::Closed if limits.breaker_failures > 1 => return *self = Self::Failing(1),
            Self::Failing(failures) if *failures + 1 < limits.breaker_failures => {
                *failures += 1;
                return;
            }
            Self::Closed | Self::Failing(_) => 0,
        };
        let pause = backoff::delay(limits.breaker_pause, limits.breaker_pause_cap, times, seed);
        let until = now.checked_add(SignedDuration::try_from(pause).unwrap_or_default()).unwrap_or(now);
        *self = Self::Open(Opening { times, until, last: failure.message.clone() });
    }

    pub(crate) fn count(&self, counts: &mut BreakerCounts) {
        match self {
            Self::Closed | Self::Failing(_) => counts.closed += 1,
            Self::Open(_) => counts.open += 1,
            Self::Probing(_) => counts.half_open += 1,
        }
    }
}

impl Opening {
    /// A clock that jumped back must not keep a circuit open: no pause is longer than its cap and a fifth.
    fn remaining(&self, now: Timestamp, limits: &Limits) -> Option<Duration> {
        let pause = Duration::try_from(self.until.duration_since(now)).ok()?;
        (!pause.is_zero() && pause <= limits.breaker_pause_cap * 6 / 5).then_some(pause)
    }

    /// The moment and not the pause is in the message, so that it stays the same until the next probe.
    fn failure(&self, pause: Duration) -> Failure {
        let until = Timestamp::from_second(self.until.as_second()).unwrap_or(self.until);
        let message = format!("left alone until {until} after repeated failures, the last: {}", self.last);
        Failure::new(Reason::CircuitOpen, message).with_retry_after(Some(pause))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use slipway_core::{clock::Timestamp, failure::Failure, reason::Reason};

    use super::{Breaker, BreakerCounts};
    use crate::limits::Limits;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn refused() -> Failure {
        Failure::new(Reason::ConnectionRefused, "it refuses")
    }

    #[test]
    fn failures_in_a_row_open_it_and_one_probe_closes_it() {
        let (limits, mut breaker) = (Limits::default(), Breaker::default());
        breaker.failed(&refused(), at(0), &limits, 1);
        breaker.failed(&refused(), at(1), &limits, 1);
        assert_eq!(breaker.admit(at(2), &limits), Ok(false));
        breaker.failed(&refused(), at(2), &limits, 1);
        let open = breaker.look(at(3), &limits).unwrap_err();
        assert_eq!(open.reason, Reason::CircuitOpen);
        assert!(
            open.message.contains("it refuses") && open.message.contains("left alone until 2027-"),
            "{open}"
        );
        assert!(open.retry_after.unwrap() <= Duration::from_secs(12));
        assert_eq!(breaker.admit(at(20), &limits), Ok(true));
        breaker.succeeded();
        assert_eq!(breaker.admit(at(21), &limits), Ok(false));
    }

    #[test]
    fn a_success_in_between_starts_the_count_afresh() {
        let (limits, mut breaker) = (Limits::default(), Breaker::default());
        for second in 0..9 {
            if second % 3 == 2 {
                breaker.succeeded();
            } else {
                breaker.failed(&refused(), at(second), &limits, 1);
            }
            assert!(breaker.look(at(second), &limits).is_ok());
        }
    }

    #[test]
    fn pauses_grow_to_the_cap_and_the_message_stays_the_same_until_the_next_probe() {
        let (limits, mut breaker, mut now) = (Limits::default(), Breaker::default(), 0);
        let mut pauses = vec![];
        for _ in 0..12 {
            while breaker.look(at(now), &limits).is_ok() {
                let _ = breaker.admit(at(now), &limits);
                breaker.failed(&refused(), at(now), &limits, 7);
            }
            let failure = breaker.look(at(now), &limits).unwrap_err();
            assert_eq!(failure.message, breaker.look(at(now + 1), &limits).unwrap_err().message);
            pauses.push(failure.retry_after.unwrap().as_secs());
            now += i64::try_from(pauses.last().unwrap() + 1).unwrap();
        }
        assert!(pauses[0] <= 12 && pauses[3] >= 48 && pauses.iter().all(|pause| *pause <= 360), "{pauses:?}");
        assert!(pauses[11] >= 240, "{pauses:?}");
    }

    #[test]
    fn a_clock_set_back_and_a_dropped_probe_keep_nobody_out() {
        let (limits, mut breaker) = (Limits { breaker_failures: 1, ..Limits::default() }, Breaker::default());
        breaker.failed(&refused(), at(1_000_000), &limits, 1);
        assert!(breaker.look(at(0), &limits).is_ok());
        assert_eq!(breaker.admit(at(0), &limits), Ok(true));
        assert_eq!(breaker.admit(at(0), &limits), Ok(true));
        let mut counts = BreakerCounts::default();
        breaker.count(&mut counts);
        assert_eq!(counts, BreakerCounts { half_open: 1, ..BreakerCounts::default() });
    }
}
