//! A clock that runs faster than the wall's and can be turned forward.

use crate::guarded::Guarded;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy)]
struct Hands {
    shown: Timestamp,
    since: Instant,
    speed: f64,
}

impl Hands {
    fn now(&self) -> Timestamp {
        later(self.shown, self.since.elapsed().mul_f64(self.speed))
    }
}

/// The service's clock. Every rule of the simulated service that speaks of time runs on it; copies are one clock.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Guarded<Hands>>);

impl Clock {
    /// Starts at a moment; a speed of 60 makes a minute of a second.
    #[must_use]
    pub fn new(epoch: Timestamp, speed: f64) -> Self {
        Self(Arc::new(Guarded::new(Hands { shown: epoch, since: Instant::now(), speed })))
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.lock().now()
    }

    /// Turns it forward.
    pub fn advance(&self, by: Duration) {
        let mut hands = self.0.lock();
        hands.shown = later(hands.shown, by);
    }

    /// Runs on from now at another speed; 0 stops it.
    pub fn set_speed(&self, speed: f64) {
        let mut hands = self.0.lock();
        *hands = Hands { shown: hands.now(), since: Instant::now(), speed };
    }

    /// Fake seconds a wall second.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.0.lock().speed
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(Timestamp::now(), 1.0)
    }
}

/// The moment after a time; the end of time when there is none.
fn later(from: Timestamp, by: Duration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// `Thu, 01 Jan 2026 00:00:00 GMT` (RFC 7231 §7.1.1.1; facts/oci.md §2.1).
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_still_runs_and_is_turned() {
        let epoch: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::new(epoch, 0.0);
        clock.advance(Duration::from_hours(1));
        assert_eq!(clock.now().to_string(), "2026-01-01T01:00:00Z");
        assert_eq!(http_date(clock.now()), "Thu, 01 Jan 2026 01:00:00 GMT");
        clock.set_speed(1e9);
        assert!(clock.now() > clock.now().min(epoch));
        assert_ne!(clock.now(), clock.now());
    }
}
