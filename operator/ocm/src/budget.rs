//! How many requests an account may make.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// The requests of one account, counted. Turns are given in the order in which they are asked for; whoever stops waiting takes none.
pub(crate) struct Budget {
    /// Whoever holds it is the first of the queue.
    queue: tokio::sync::Mutex<()>,
    pace: Mutex<Pace>,
}

impl Budget {
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        Self {
            queue: tokio::sync::Mutex::default(),
            pace: Mutex::new(Pace::new(per_second, burst, Instant::now())),
        }
    }

    /// Waits for the turn and takes it.
    pub(crate) async fn turn(&self) {
        let _first = self.queue.lock().await;
        loop {
            let taken = self.pace().take(Instant::now());
            let Err(pause) = taken else { return };
            sleep(pause).await;
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the next request may be made, as a moment that moves on with each.
struct Pace {
    interval: Duration,
    ahead: Duration,
    next: Instant,
}

impl Pace {
    fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self { interval, ahead: interval * (burst.max(1) - 1), next: now }
    }

    /// Takes a turn, or says how long there is none.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let pause = self.next.saturating_duration_since(now + self.ahead);
        if !pause.is_zero() {
            return Err(pause);
        }
        self.next = self.next.max(now) + self.interval;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Pace;

    #[test]
    fn after_the_burst_requests_come_at_their_pace() {
        let start = Instant::now();
        let (mut pace, mut now) = (Pace::new(5, 10, start), start);
        let mut taken = vec![];
        while taken.len() < 60 {
            match pace.take(now) {
                Ok(()) => taken.push((now - start).as_millis()),
                Err(pause) => now += pause,
            }
        }
        assert_eq!(taken.iter().filter(|time| **time == 0).count(), 10);
        assert_eq!(taken.last(), Some(&10_000));
        assert_eq!(pace.take(now + Duration::from_mins(1)), Ok(()));
    }

    #[test]
    fn odd_limits_let_something_through() {
        for (rate, burst) in [(0, 0), (1, 1), (u32::MAX, 0)] {
            assert_eq!(Pace::new(rate, burst, Instant::now()).take(Instant::now()), Ok(()));
        }
    }
}
