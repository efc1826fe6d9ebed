//! One account at one address: one message at a time, and not too many of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use slipway_core::subscription::{Account, Capability, Principal};
use tokio::{
    sync::MutexGuard,
    time::{Instant, sleep_until},
};

use crate::{gather::Gather, kept::Kept, limits::Limits};

/// How long a lane without use is kept.
const KEPT: Duration = Duration::from_mins(10);

/// What the messages of one account share. Nobody else waits for it.
pub(crate) struct Lane {
    /// Whoever holds it may send.
    pace: tokio::sync::Mutex<Pace>,
    pub(crate) clusters: Gather,
    pub(crate) external: Gather,
    pub(crate) principals: Kept<Principal>,
    pub(crate) capabilities: Kept<Vec<Capability>>,
}

/// When the next message may be sent: a leaky bucket.
pub(crate) struct Pace {
    /// When the bucket is full again.
    full_at: Instant,
    held_until: Instant,
}

impl Lane {
    fn new() -> Self {
        let now = Instant::now();
        let pace = Pace { full_at: now, held_until: now };
        Self {
            pace: tokio::sync::Mutex::new(pace),
            clusters: Gather::default(),
            external: Gather::default(),
            principals: Kept::default(),
            capabilities: Kept::default(),
        }
    }

    /// Waits until nobody else is sending. Turns are given in the order in which they are asked for.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().await
    }
}

impl Pace {
    /// Waits until a message may be sent, and counts it; the moment itself when that would be after the deadline.
    pub(crate) async fn wait(&mut self, limits: &Limits, deadline: Instant) -> Result<(), Instant> {
        let due = self.due(limits);
        if due > deadline {
            return Err(due);
        }
        sleep_until(due).await;
        self.full_at = self.full_at.max(Instant::now()) + limits.interval;
        Ok(())
    }

    fn due(&self, limits: &Limits) -> Instant {
        let tolerance = limits.interval.saturating_mul(limits.burst.saturating_sub(1));
        let due = self.full_at.checked_sub(tolerance).unwrap_or_else(Instant::now);
        due.max(self.held_until)
    }

    /// Nobody sends for a while: the site asked for it.
    pub(crate) fn hold(&mut self, pause: Duration) {
        self.held_until = self.held_until.max(Instant::now() + pause);
    }
}

/// All lanes in use.
#[derive(Default)]
pub(crate) struct Lanes(Mutex<HashMap<String, (Arc<Lane>, Instant)>>);

impl Lanes {
    /// The lane of an account: another Secret, proxy or way of trusting is another account, so that nobody waits for a way that is not
    /// theirs, and nobody is told what they could not ask for themselves. Those without use are dropped on the way.
    pub(crate) fn lane(&self, account: &Account) -> Arc<Lane> {
        let Account { url, proxy, credentials_version, trust, .. } = account;
        let key = format!("{credentials_version} {url} {proxy:?} {trust:?}");
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        lanes.retain(|_, (lane, used)| Arc::strong_count(lane) > 1 || now - *used < KEPT);
        let (lane, used) = lanes.entry(key).or_insert_with(|| (Arc::new(Lane::new()), now));
        *used = now;
        lane.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Lane;
    use crate::limits::Limits;

    #[tokio::test]
    async fn a_thousand_messages_are_sent_five_a_second_after_the_burst() {
        let (limits, lane) = (Limits::default(), Lane::new());
        let mut pace = lane.turn().await;
        let start = Instant::now();
        for _ in 0..1000 {
            pace.full_at += limits.interval;
        }
        let last = pace.due(&limits) - start;
        assert!((Duration::from_secs(197)..Duration::from_secs(200)).contains(&last), "{last:?}");
        assert!(pace.wait(&limits, start + Duration::from_secs(100)).await.is_err());
    }

    #[tokio::test]
    async fn a_hold_is_kept_and_never_shortened() {
        let (limits, lane) = (Limits::default(), Lane::new());
        let mut pace = lane.turn().await;
        pace.hold(Duration::from_secs(90));
        pace.hold(Duration::from_secs(3));
        let soon = Instant::now() + Duration::from_secs(80);
        assert!(pace.wait(&limits, soon).await.is_err());
        pace.hold(Duration::ZERO);
        assert!(pace.due(&limits) > soon);
    }
}
