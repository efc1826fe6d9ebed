//! Our own last write of each object, until the watch has caught up with it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use kube::ResourceExt;

/// Keeps the newest version of an object that this process has written. A reconcile that read an older one from the watch would plan
/// from a stale record (`facts/reliability-ux.md` A13).
#[derive(Debug)]
pub(crate) struct Latest<K> {
    written: Mutex<HashMap<String, Arc<K>>>,
}

impl<K> Default for Latest<K> {
    fn default() -> Self {
        Self { written: Mutex::default() }
    }
}

impl<K: kube::Resource> Latest<K> {
    /// The newer of `watched` and our own last write.
    pub(crate) fn newer(&self, watched: Arc<K>) -> Arc<K> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(uid) = watched.uid() else { return watched };
        match written.get(&uid) {
            Some(ours) if version(ours.as_ref()) > version(watched.as_ref()) => Arc::clone(ours),
            Some(_) => {
                written.remove(&uid);
                watched
            }
            None => watched,
        }
    }

    /// Remembers a write.
    pub(crate) fn wrote(&self, object: Arc<K>) {
        if let Some(uid) = object.uid() {
            self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(uid, object);
        }
    }

    /// Whether `watched` is nothing newer than what we wrote ourselves.
    pub(crate) fn is_echo(&self, watched: &K) -> bool {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = watched.uid().and_then(|uid| written.get(&uid).map(Arc::clone));
        ours.is_some_and(|ours| {
            version(watched) <= version(ours.as_ref())
                && watched.meta().generation == ours.meta().generation
                && watched.meta().deletion_timestamp == ours.meta().deletion_timestamp
        })
    }

    /// Keeps the watch's own copy in place of ours once it has come: what ten thousand hosts were written last is then not in memory twice.
    pub(crate) fn share(&self, watched: Option<Arc<K>>) {
        let Some(watched) = watched else { return };
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = watched.uid().and_then(|uid| written.get_mut(&uid));
        if let Some(ours) = ours.filter(|ours| version(ours.as_ref()) == version(watched.as_ref())) {
            *ours = watched;
        }
    }

    /// Forgets everything: the API server may have gone back in time (restored from a copy).
    pub(crate) fn clear(&self) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Forgets one object.
    pub(crate) fn forget(&self, uid: &str) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }
}

/// Resource versions of one API server are numbers that grow (stable since Kubernetes 1.35); anything else counts as oldest.
fn version<K: kube::Resource>(object: &K) -> u64 {
    object.meta().resource_version.as_ref().and_then(|version| version.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use slipway_crds::v1alpha1::{BareMetalHost, BareMetalHostSpec};

    use super::*;

    fn host(version: u64, generation: i64) -> Arc<BareMetalHost> {
        let mut host = BareMetalHost::new("u07", BareMetalHostSpec::default());
        host.metadata.uid = Some("uid".to_owned());
        host.metadata.resource_version = Some(version.to_string());
        host.metadata.generation = Some(generation);
        Arc::new(host)
    }

    #[test]
    fn our_own_write_wins_until_the_watch_has_caught_up() {
        let latest = Latest::default();
        latest.wrote(host(12, 1));
        assert_eq!(latest.newer(host(11, 1)).metadata.resource_version.as_deref(), Some("12"));
        assert_eq!(latest.newer(host(13, 1)).metadata.resource_version.as_deref(), Some("13"));
        assert_eq!(
            latest.newer(host(11, 1)).metadata.resource_version.as_deref(),
            Some("11"),
            "it was let go"
        );
    }

    #[test]
    fn what_the_watch_brings_of_our_write_is_kept_once_only() {
        let latest = Latest::default();
        latest.wrote(host(12, 1));
        let (older, same) = (host(11, 1), host(12, 1));
        latest.share(Some(Arc::clone(&older)));
        assert_eq!(Arc::strong_count(&older), 1, "ours is newer");
        latest.share(Some(Arc::clone(&same)));
        assert_eq!(Arc::strong_count(&same), 2);
        assert!(Arc::ptr_eq(&latest.newer(older), &same));
    }

    #[test]
    fn an_echo_is_what_we_wrote_and_not_what_a_person_changed_before_it() {
        let latest = Latest::<BareMetalHost>::default();
        assert!(!latest.is_echo(&host(11, 1)));
        latest.wrote(host(12, 1));
        assert!(latest.is_echo(&host(12, 1)));
        assert!(latest.is_echo(&host(11, 1)), "an earlier write of ours");
        assert!(!latest.is_echo(&host(13, 1)), "somebody else's write");
        assert!(!latest.is_echo(&host(11, 2)), "a changed spec");
        latest.clear();
        assert!(!latest.is_echo(&host(12, 1)));
    }
}
