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
    /// For which generation the upgrade schedule was compared, and when.
    schedule: Option<(i64, Instant)>,
}

/// One page an object, by uid, the objects themselves, and the PINs that were given to racks.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    pages: Mutex<HashMap<String, Page>>,
    /// Keyed digests of PINs that were given to a rack, or may have been, each with the rack's OCID: objects come and go, and two may be of
    /// one rack.
    spent: Mutex<HashSet<u64>>,
    /// Made anew in each process: a digest of a short PIN says nothing without it.
    key: RandomState,
    stores: RwLock<Vec<Store<Infrastructure>>>,
}

impl Witness {
    fn pages(&self) -> MutexGuard<'_, HashMap<String, Page>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spent(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn digest(&self, id: &str, pin: &Secret) -> u64 {
        self.key.hash_one((id, pin.expose()))
    }

    /// Remembers that a PIN is about to be given to the rack with this OCID. Whoever is told `false` was not the first and must not give it.
    #[must_use]
    pub(crate) fn spend(&self, id: &str, pin: &Secret) -> bool {
        self.spent().insert(self.digest(id, pin))
    }

    /// Takes that back: the PIN was not sent.
    pub(crate) fn keep(&self, id: &str, pin: &Secret) {
        self.spent().remove(&self.digest(id, pin));
    }

    /// Whether the PIN was, or may have been, given to the rack, whichever object was there for it.
    pub(crate) fn is_spent(&self, id: &str, pin: &Secret) -> bool {
        self.spent().contains(&self.digest(id, pin))
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

    /// Forgets an object that is gone.
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
        assert!(witness.spend("a", &pin));
        assert!(!witness.spend("a", &pin), "only the first may give it");
        witness.forget("a");
        assert!(witness.is_spent("a", &pin), "the rack is still there when its object is gone");
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
