//! What this process itself knows of subscriptions, beyond their objects.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak},
    time::{Duration, Instant},
};

use futures::FutureExt;
use kube::runtime::reflector::Store;
use slipway_core::{clock::Timestamp, subscription::Account};
use slipway_crds::v1alpha1::ClusterSubscription;

use crate::context::RegistrarKind;

/// A registrar and a key there.
type Key = (String, String);

#[derive(Debug, Default)]
struct Page {
    /// For which id records of others were searched, and when.
    searched: Option<(String, Instant)>,
    /// The account that was last used: a Secret may go before the object whose record it is needed for.
    account: Option<(RegistrarKind, Arc<Account>)>,
    /// When a record was asked for at the latest whose answer is not known.
    asked: Option<Timestamp>,
}

/// One page an object, by uid, the objects themselves, and which keys are being reserved.
#[derive(Debug)]
pub(crate) struct Witness {
    pages: Mutex<HashMap<String, Page>>,
    accounts: Mutex<Vec<Weak<Account>>>,
    claims: Mutex<HashMap<Key, String>>,
    swept: Mutex<HashMap<(String, String), Instant>>,
    stores: RwLock<Vec<Store<ClusterSubscription>>>,
    began: Instant,
}

impl Default for Witness {
    fn default() -> Self {
        let (pages, accounts, claims, swept, stores) = Default::default();
        Self { pages, accounts, claims, swept, stores, began: Instant::now() }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Witness {
    /// Whether it is time to search for other records of a cluster.
    pub(super) fn is_search_due(&self, uid: &str, external_id: &str, interval: Duration) -> bool {
        let pages = locked(&self.pages);
        let searched = pages.get(uid).and_then(|page| page.searched.as_ref());
        searched.is_none_or(|(id, at)| id != external_id || at.elapsed() >= interval)
    }

    /// Notes that other records of a cluster were searched for.
    pub(super) fn searched(&self, uid: &str, external_id: &str) {
        locked(&self.pages).entry(uid.to_owned()).or_default().searched =
            Some((external_id.to_owned(), Instant::now()));
    }

    /// Notes the account that an object used. All objects of one account share it.
    pub(super) fn used(&self, uid: &str, kind: RegistrarKind, account: Account) -> Arc<Account> {
        let shared = self.shared(account);
        locked(&self.pages).entry(uid.to_owned()).or_default().account = Some((kind, Arc::clone(&shared)));
        shared
    }

    fn shared(&self, account: Account) -> Arc<Account> {
        let mut accounts = locked(&self.accounts);
        if let Some(known) = accounts.iter().filter_map(Weak::upgrade).find(|known| **known == account) {
            return known;
        }
        accounts.retain(|known| known.strong_count() > 0);
        let shared = Arc::new(account);
        accounts.push(Arc::downgrade(&shared));
        shared
    }

    /// The account that an object used last.
    pub(super) fn last_used(&self, uid: &str) -> Option<(RegistrarKind, Arc<Account>)> {
        locked(&self.pages).get(uid)?.account.clone()
    }

    /// Notes that a record may have been asked for until now.
    pub(super) fn asked(&self, uid: &str, now: Timestamp) {
        locked(&self.pages).entry(uid.to_owned()).or_default().asked = Some(now);
    }

    /// When a record was asked for at the latest. One that another process asked for may have been until this one first hears of it: the request may
    /// have waited long for its turn, and for its answer.
    pub(super) fn asked_until(&self, uid: &str, now: Timestamp) -> Timestamp {
        *locked(&self.pages).entry(uid.to_owned()).or_default().asked.get_or_insert(now)
    }

    /// Whether this object is the one that may have a record made for the key: the first that asks is, as long as it is there.
    pub(super) fn claim(&self, registrar: &str, cluster_id: &str, uid: &str) -> bool {
        let mut claims = locked(&self.claims);
        let holder =
            claims.entry((registrar.to_owned(), cluster_id.to_owned())).or_insert_with(|| uid.to_owned());
        if *holder != uid && self.is_gone(holder) {
            uid.clone_into(holder);
        }
        holder == uid
    }

    /// Keys that objects which are there have claimed in this process: the watch may tell of them later.
    pub(super) fn claimed(&self) -> Vec<String> {
        let claims = locked(&self.claims).clone();
        claims.into_iter().filter(|(_, holder)| !self.is_gone(holder)).map(|((_, key), _)| key).collect()
    }

    /// An object without a finalizer goes without a word.
    fn is_gone(&self, uid: &str) -> bool {
        self.knows_all() && !self.objects().iter().any(|object| object.metadata.uid.as_deref() == Some(uid))
    }

    /// Forgets an object that is gone.
    pub(super) fn forget(&self, uid: &str) {
        locked(&self.pages).remove(uid);
        locked(&self.claims).retain(|_, holder| holder != uid);
    }

    /// Forgets the objects that went without a word.
    pub(super) fn forget_gone(&self) {
        if !self.knows_all() {
            return;
        }
        let there: HashSet<_> =
            self.objects().into_iter().filter_map(|object| object.metadata.uid.clone()).collect();
        locked(&self.pages).retain(|uid, _| there.contains(uid));
        locked(&self.claims).retain(|_, uid| there.contains(uid));
    }

    /// Whether it is this object's turn to have the account's records looked through; nobody else's is then for `interval`.
    pub(super) fn take_sweep(&self, account: &Account, interval: Duration) -> bool {
        let key = (account.url.to_string(), account.credentials_version.clone());
        let mut swept = locked(&self.swept);
        if self.began.elapsed() < interval || swept.get(&key).is_some_and(|at| at.elapsed() < interval) {
            return false;
        }
        swept.retain(|_, at| at.elapsed() < interval);
        swept.insert(key, Instant::now());
        true
    }

    /// Adds the objects of one more scope.
    pub(crate) fn watch(&self, store: Store<ClusterSubscription>) {
        self.stores.write().unwrap_or_else(PoisonError::into_inner).push(store);
    }

    /// Every object that is known.
    pub(super) fn objects(&self) -> Vec<Arc<ClusterSubscription>> {
        self.stores.read().unwrap_or_else(PoisonError::into_inner).iter().flat_map(Store::state).collect()
    }

    /// Whether every scope was listed once: else an object that is not known may be there all the same.
    pub(super) fn knows_all(&self) -> bool {
        let stores = self.stores.read().unwrap_or_else(PoisonError::into_inner);
        !stores.is_empty() && stores.iter().all(|store| store.wait_until_ready().now_or_never().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_belongs_to_the_first_that_asks_until_it_is_gone() {
        let witness = Witness::default();
        assert!(witness.claim("https://ocm.example.com", "c1", "a"));
        assert!(witness.claim("https://ocm.example.com", "c1", "a"));
        assert!(!witness.claim("https://ocm.example.com", "c1", "b"));
        assert!(witness.claim("https://other.example.com", "c1", "b"));
        witness.forget("a");
        assert!(witness.claim("https://ocm.example.com", "c1", "b"));
    }

    #[test]
    fn what_another_process_asked_for_counts_from_when_it_is_heard_of() {
        let witness = Witness::default();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (first, later) = (at("2026-11-21T10:00:00Z"), at("2026-11-21T10:01:00Z"));
        assert_eq!(witness.asked_until("a", first), first);
        assert_eq!(witness.asked_until("a", later), first);
        witness.asked("a", later);
        assert_eq!(witness.asked_until("a", first), later);
        assert_eq!(witness.asked_until("b", first), first);
    }

    #[test]
    fn others_are_searched_for_again_when_the_id_changes() {
        let witness = Witness::default();
        assert!(witness.is_search_due("a", "e1", Duration::MAX));
        witness.searched("a", "e1");
        assert!(!witness.is_search_due("a", "e1", Duration::MAX));
        assert!(witness.is_search_due("a", "e2", Duration::MAX));
        assert!(witness.is_search_due("a", "e1", Duration::ZERO));
    }
}
