//! One BMC: who has the turn, and what is remembered between turns.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use slipway_core::{clock::Clock, trust::Pin};
use slipway_outbound::{Connector, Observer};

use crate::{
    breaker::Breaker, discovery::Known, etag::TagStyle, gate::Gate, limits::Limits,
    service_root::ServiceRoot, session::Login,
};

/// What all workers share.
pub(crate) struct Surroundings {
    pub(crate) connector: Arc<Connector>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) observer: Arc<dyn Observer>,
}

/// One BMC, by its address. The lock on its memory is the queue: first come, first served, one verb at a time, and nobody else
/// waits for a BMC that hangs.
pub(crate) struct Worker {
    /// Scheme, host and port.
    pub(crate) address: Box<str>,
    pub(crate) memory: Arc<tokio::sync::Mutex<Memory>>,
    breaker: Mutex<Breaker>,
}

/// What is kept of a BMC between verbs. There is no connection in it: that ends with the verb.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) root: Option<ServiceRoot>,
    /// Systems found, one for each `systemId` asked for.
    pub(crate) systems: Vec<Known>,
    pub(crate) login: Login,
    pub(crate) gate: Gate,
    pub(crate) tags: TagStyle,
    /// The BMC answered `Accept-Encoding: identity` with 406.
    pub(crate) refuses_identity: bool,
    /// How long an idle session lasts, once read.
    pub(crate) session_timeout: Option<Duration>,
    /// Key seen first; holds as a pin until the caller has recorded it.
    pub(crate) pin: Option<Pin>,
}

impl Memory {
    /// Forgets all paths, so that the next verb reads them anew: after an outage, or when one leads nowhere.
    pub(crate) fn forget_paths(&mut self) {
        self.root = None;
        self.systems.clear();
    }
}

impl Worker {
    pub(crate) fn new(address: &str) -> Self {
        Self { address: address.into(), memory: Arc::default(), breaker: Mutex::default() }
    }

    pub(crate) fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that differs between BMCs and stays the same for each.
    pub(crate) fn seed(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.address.hash(&mut hasher);
        hasher.finish()
    }
}
