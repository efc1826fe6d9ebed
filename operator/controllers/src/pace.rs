//! When to look again.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    time::Duration,
};

use slipway_core::backoff;

/// Time for one call of the Kubernetes API.
pub(crate) const API_DEADLINE: Duration = Duration::from_secs(30);

/// A number that is always the same for one object, to spread objects in time.
pub(crate) fn seed(uid: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    uid.hash(&mut hasher);
    hasher.finish()
}

/// Pause after the `failures`-th failure in a row: 1 s, doubled up to 5 min (`facts/rust-style.md §9`).
pub(crate) fn after_failure(uid: &str, failures: u32) -> Duration {
    backoff::delay(Duration::from_secs(1), Duration::from_mins(5), failures.saturating_sub(1), seed(uid))
}

/// A poll interval, made longer by up to a fifth, so that hosts do not all poll at once and none polls more often than asked.
pub(crate) fn poll(uid: &str, interval: Duration) -> Duration {
    let permille = u32::try_from(seed(uid) % 200).unwrap_or(0);
    interval + interval * permille / 1000
}
