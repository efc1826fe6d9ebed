//! Notices a reconcile that never ends. Every call to the outside has a deadline of its own, so one that runs this long is a defect, and only a
//! restart helps.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Far above the sum of all deadlines of one round, with a full queue at a slow BMC before it.
const TOO_LONG: Duration = Duration::from_mins(30);

/// The reconciles that are under way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vigil(Arc<Mutex<Rounds>>);

#[derive(Debug, Default)]
struct Rounds {
    next: u64,
    running: HashMap<u64, (&'static str, Instant)>,
}

/// One reconcile; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Running {
    vigil: Vigil,
    number: u64,
}

impl Vigil {
    fn rounds(&self) -> MutexGuard<'_, Rounds> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reconcile of this controller begins.
    pub(crate) fn begin(&self, controller: &'static str) -> Running {
        let mut rounds = self.rounds();
        rounds.next += 1;
        let number = rounds.next;
        rounds.running.insert(number, (controller, Instant::now()));
        Running { vigil: self.clone(), number }
    }

    /// The controller that has a reconcile that does not end, and since when it runs.
    pub(crate) fn stuck(&self, now: Instant) -> Option<(&'static str, Duration)> {
        let rounds = self.rounds();
        let ages =
            rounds.running.values().map(|(name, began)| (*name, now.saturating_duration_since(*began)));
        ages.filter(|(_, age)| *age >= TOO_LONG).max_by_key(|(_, age)| *age)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.vigil.rounds().running.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_reconcile_that_runs_far_too_long_is_stuck() {
        let vigil = Vigil::default();
        let running = vigil.begin("baremetalhost");
        drop(vigil.begin("infrastructure"));
        let began = Instant::now();
        assert_eq!(vigil.stuck(began + TOO_LONG / 2), None);
        let (controller, age) = vigil.stuck(began + 2 * TOO_LONG).unwrap();
        assert!(controller == "baremetalhost" && age >= TOO_LONG);
        drop(running);
        assert_eq!(vigil.stuck(began + 2 * TOO_LONG), None);
    }
}
