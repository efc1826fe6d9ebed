//! Leader election, and claims on namespaces (`docs/decisions/0027-one-leads.md`).
//!
//! | Lease | in | held by | good for |
//! | --- | --- | --- | --- |
//! | `--lease-name` | the operator's namespace | the replica that acts | `--lease-duration` |
//! | `slipway-claim` | each namespace with objects | the installation that serves it | 20 times that |

mod claims;
mod election;
mod post;
mod record;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

pub(crate) use claims::{CLAIM, Claims};
pub(crate) use election::{Election, MasterStatus};

/// Shows that a loop goes round.
#[derive(Debug, Clone)]
pub(crate) struct Heartbeat {
    began: Instant,
    last: Arc<AtomicU64>,
    /// A loop that is silent for longer is stuck.
    limit: Duration,
}

impl Heartbeat {
    fn new(limit: Duration) -> Self {
        Self { began: Instant::now(), last: Arc::default(), limit }
    }

    fn beat(&self) {
        let age = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(age, Ordering::Relaxed);
    }

    /// How long it has been silent, when that is too long.
    pub(crate) fn stuck(&self) -> Option<Duration> {
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
        Some(self.began.elapsed().saturating_sub(last)).filter(|silent| *silent > self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_does_not_go_round_is_stuck() {
        assert!(Heartbeat::new(Duration::from_hours(1)).stuck().is_none());
        let heartbeat = Heartbeat::new(Duration::ZERO);
        while heartbeat.stuck().is_none() {
            std::hint::spin_loop();
        }
        let patient = Heartbeat { limit: Duration::from_hours(1), ..heartbeat };
        patient.beat();
        assert!(patient.stuck().is_none());
    }
}
