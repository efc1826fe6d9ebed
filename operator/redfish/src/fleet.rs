//! All workers, and which host uses which.

use std::{collections::HashMap, sync::Arc};

use slipway_core::host::HostKey;

use crate::{breaker::BreakerCounts, worker::Worker};

/// Workers by address, and hosts by key.
#[derive(Default)]
pub(crate) struct Fleet {
    workers: HashMap<Box<str>, Arc<Worker>>,
    hosts: HashMap<HostKey, Arc<Worker>>,
}

impl Fleet {
    /// The worker of an address, used by this host from now on; and the worker that the host used before, when nobody uses it any
    /// more.
    pub(crate) fn attach(&mut self, host: &HostKey, address: &str) -> (Arc<Worker>, Option<Arc<Worker>>) {
        if let Some(worker) = self.hosts.get(host)
            && *worker.address == *address
        {
            return (worker.clone(), None);
        }
        let left = self.detach(host);
        let worker =
            self.workers.entry(address.into()).or_insert_with(|| Arc::new(Worker::new(address))).clone();
        self.hosts.insert(host.clone(), worker.clone());
        (worker, left)
    }

    /// Forgets a host; answers its worker when nobody uses it any more.
    pub(crate) fn detach(&mut self, host: &HostKey) -> Option<Arc<Worker>> {
        let worker = self.hosts.remove(host)?;
        if self.hosts.values().any(|other| Arc::ptr_eq(other, &worker)) {
            return None;
        }
        self.workers.remove(&worker.address);
        Some(worker)
    }

    /// Forgets everything.
    pub(crate) fn drain(&mut self) -> Vec<Arc<Worker>> {
        self.hosts.clear();
        self.workers.drain().map(|(_, worker)| worker).collect()
    }

    pub(crate) fn breaker_counts(&self) -> BreakerCounts {
        let mut counts = BreakerCounts::default();
        for worker in self.workers.values() {
            worker.breaker().count(&mut counts);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use slipway_core::host::HostKey;

    use super::Fleet;

    fn host(name: &str) -> HostKey {
        HostKey { namespace: "racks".to_owned(), name: name.to_owned(), uid: format!("{name}-uid") }
    }

    #[test]
    fn hosts_of_one_bmc_share_a_worker_until_the_last_leaves() {
        let mut fleet = Fleet::default();
        let (first, _) = fleet.attach(&host("a"), "https://192.0.2.7");
        let (second, _) = fleet.attach(&host("b"), "https://192.0.2.7");
        assert!(Arc::ptr_eq(&first, &second));
        assert!(fleet.detach(&host("a")).is_none());
        assert!(fleet.detach(&host("b")).is_some());
        assert_eq!(fleet.breaker_counts().closed, 0);
    }

    #[test]
    fn a_host_that_moves_leaves_its_old_worker() {
        let mut fleet = Fleet::default();
        fleet.attach(&host("a"), "https://192.0.2.7");
        let (_, left) = fleet.attach(&host("a"), "https://192.0.2.8");
        assert_eq!(&*left.unwrap().address, "https://192.0.2.7");
        assert_eq!(fleet.breaker_counts().closed, 1);
    }
}
