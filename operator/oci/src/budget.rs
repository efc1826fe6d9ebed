//! How many calls an account may make.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

pub(crate) use lane::{Lane, Lanes};

mod lane;

/// Time over which calls are counted.
const MINUTE: Duration = Duration::from_mins(1);

/// The calls of one account, counted. Turns are given in the order in which they are asked for; whoever stops waiting takes none.
pub(crate) struct Budget {
    /// Whoever holds it is the first of the queue.
    queue: tokio::sync::Mutex<()>,
    bucket: Mutex<Bucket>,
}

impl Budget {
    pub(crate) fn new(calls_per_minute: u32, burst: u32) -> Self {
        Self {
            queue: tokio::sync::Mutex::default(),
            bucket: Mutex::new(Bucket::new(calls_per_minute, burst, Instant::now())),
        }
    }

    /// Waits for the turn and takes it.
    pub(crate) async fn turn(&self) {
        let _first = self.queue.lock().await;
        loop {
            let taken = self.bucket().take(Instant::now());
            let Err(pause) = taken else { return };
            sleep(pause).await;
        }
    }

    /// Nobody has a turn for a while: OCI asked for it.
    pub(crate) fn hold(&self, pause: Duration) {
        self.bucket().hold(Instant::now() + pause);
    }

    fn bucket(&self) -> std::sync::MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaky bucket: full again `burst * interval` after the last call. Never more than the calls of a minute in any minute, so the burst is
/// taken off the rest.
struct Bucket {
    interval: Duration,
    tolerance: Duration,
    /// When the bucket is full again.
    full_at: Instant,
    held_until: Instant,
}

impl Bucket {
    fn new(calls_per_minute: u32, burst: u32, now: Instant) -> Self {
        let calls = calls_per_minute.max(2);
        let burst = burst.clamp(1, calls / 2);
        let interval = MINUTE / (calls - burst);
        Self { interval, tolerance: interval * (burst - 1), full_at: now, held_until: now }
    }

    /// Takes a turn, or says how long there is none.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let due = self.held_until.max(self.full_at.checked_sub(self.tolerance).unwrap_or(now));
        let pause = due.saturating_duration_since(now);
        if !pause.is_zero() {
            return Err(pause);
        }
        self.full_at = self.full_at.max(now) + self.interval;
        Ok(())
    }

    fn hold(&mut self, until: Instant) {
        self.held_until = self.held_until.max(until);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Bucket, MINUTE};

    /// When each of so many calls is made by somebody who asks whenever he is told to.
    fn times(calls: usize, rate: u32, burst: u32) -> Vec<Duration> {
        let start = Instant::now();
        let (mut bucket, mut now) = (Bucket::new(rate, burst, start), start);
        let mut taken = vec![];
        while taken.len() < calls {
            match bucket.take(now) {
                Ok(()) => taken.push(now - start),
                Err(pause) => now += pause,
            }
        }
        taken
    }

    #[test]
    fn no_minute_has_more_calls_than_the_budget_and_200_take_no_longer_than_they_must() {
        let times = times(200, 120, 10);
        for (first, begin) in times.iter().enumerate() {
            let within = times[first..].iter().filter(|time| **time < *begin + MINUTE).count();
            assert!(within <= 120, "{within} calls from {begin:?} on");
        }
        assert_eq!(times.iter().filter(|time| time.is_zero()).count(), 10);
        let last = times.last().unwrap().as_secs();
        assert!((90..=110).contains(&last), "{last}");
    }

    #[test]
    fn odd_limits_let_something_through() {
        for (rate, burst) in [(0, 0), (1, 9), (2, 2), (u32::MAX, u32::MAX), (120, 0), (120, 500)] {
            let times = times(3, rate, burst);
            assert!(times[2] <= MINUTE * 2, "{rate} {burst}: {times:?}");
        }
    }

    #[test]
    fn a_hold_is_kept_and_never_shortened() {
        let start = Instant::now();
        let mut bucket = Bucket::new(120, 10, start);
        bucket.hold(start + Duration::from_secs(9));
        bucket.hold(start + Duration::from_secs(3));
        assert_eq!(bucket.take(start), Err(Duration::from_secs(9)));
        assert_eq!(bucket.take(start + Duration::from_secs(9)), Ok(()));
    }
}
