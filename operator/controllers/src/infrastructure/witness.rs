//! What this process itself knows of racks, whatever happens to the API server's data.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};

use kube::runtime::reflector::Store;
use slipway_core::secret::Secret;
use slipway_crds::v1alpha1::Infrastructure;

/// How often an upgrade schedule that is attached is compared with the spec.
const SCHEDULE_INTERVAL: Duration = Duration::from_mins(10);

#[derive(Debug, Default)]
struct Page {
    /// Keyed digests of PINs that were given to the rack, or may have been.
    spent: HashSet<u64>,
    /// For which generation the upgrade schedule was compared, and when.
    schedule: Option<(i64, Instant)>,
}

/// One page a rack, by uid, and the racks themselves.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    pages: Mutex<HashMap<String, Page>>,
    /// Made anew in each process: a digest of a short PIN says nothing without it.
    key: RandomState,
    stores: RwLock<Vec<Store<Infrastructure>>>,
}

impl Witness {
    fn pages(&self) -> MutexGuard<'_, HashMap<String, Page>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers that a PIN is about to be given to the rack.
    pub(crate) fn spend(&self, uid: &str, pin: &Secret) {
        let digest = self.key.hash_one(pin.expose());
        self.pages().entry(uid.to_owned()).or_default().spent.insert(digest);
    }

    /// Takes that back: the PIN was not sent.
    pub(crate) fn keep(&self, uid: &str, pin: &Secret) {
        let digest = self.key.hash_one(pin.expose());
        self.pages().entry(uid.to_owned()).or_default().spent.remove(&digest);
    }

    /// Whether the PIN was, or may have been, given to the rack.
    pub(crate) fn is_spent(&self, uid: &str, pin: &Secret) -> bool {
        let digest = self.key.hash_one(pin.expose());
        self.pages().get(uid).is_some_and(|page| page.spent.contains(&digest))
    }

    /// Whether it is time to compare the upgrade schedule.
    pub(crate) fn is_schedule_due(&self, uid: &str, generation: i64) -> bool {
        let pages = self.pages();
        let compared = pages.get(uid).and_then(|page| page.schedule);
        compared.is_none_or(|(of, at)| of != generation || at.elapsed() >= SCHEDULE_INTERVAL)
    }

    /// Notes that the upgrade schedule is as the spec says.
    pub(crate) fn schedule_compared(&self, uid: &str, generation: i64) {
        self.pages().entry(uid.to_owned()).or_default().schedule = Some((generation, Instant::now()));
    }

    /// Forgets a rack whose object is gone.
    pub(crate) fn forget(&self, uid: &str) {
        self.pages().remove(uid);
    }

    /// Adds the objects of one more scope.
    pub(crate) fn watch(&self, store: Store<Infrastructure>) {
        self.stores.write().unwrap_or_else(PoisonError::into_inner).push(store);
    }

    /// Every object that is known.
    pub(crate) fn objects(&self) -> Vec<Arc<Infrastructure>> {
        self.stores.read().unwrap_or_else(PoisonError::into_inner).iter().flat_map(Store::state).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_spent_until_it_is_known_that_it_was_not_sent() {
        let (witness, pin) = (Witness::default(), Secret::new("1234"));
        assert!(!witness.is_spent("a", &pin));
        witness.spend("a", &pin);
        assert!(witness.is_spent("a", &pin));
        assert!(!witness.is_spent("b", &pin), "another rack's");
        assert!(!witness.is_spent("a", &Secret::new("1235")));
        witness.keep("a", &pin);
        assert!(!witness.is_spent("a", &pin));
    }

    #[test]
    fn a_schedule_is_compared_again_when_the_spec_changes() {
        let witness = Witness::default();
        assert!(witness.is_schedule_due("a", 1));
        witness.schedule_compared("a", 1);
        assert!(!witness.is_schedule_due("a", 1));
        assert!(witness.is_schedule_due("a", 2));
    }
}
