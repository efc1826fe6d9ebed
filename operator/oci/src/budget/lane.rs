//! One account at one address: its budget, its places, its connection.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use slipway_core::{failure::Failure, trust::Trust};
use slipway_outbound::Peer;
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep},
};

use super::Budget;
use crate::cloud::limits::Limits;

/// How long a lane without use is kept: its budget is full again by then.
const KEPT: Duration = Duration::from_mins(3);

/// What the calls of one account at one address share. Nobody else waits for it.
pub(crate) struct Lane {
    pub(crate) budget: Budget,
    /// Calls under way.
    pub(crate) places: Semaphore,
    /// Held by the one call that changes something.
    pub(crate) writing: tokio::sync::Mutex<()>,
    line: tokio::sync::Mutex<Option<Line>>,
    /// A task watches over the line.
    watched: AtomicBool,
}

/// A connection kept for the next call of a burst.
struct Line {
    peer: Arc<Peer>,
    trust: Trust,
    opened: Instant,
    used: Instant,
}

impl Lane {
    fn new(limits: &Limits) -> Self {
        Self {
            budget: Budget::new(limits.calls_per_minute, limits.burst),
            places: Semaphore::new(limits.concurrent.max(1)),
            writing: tokio::sync::Mutex::default(),
            line: tokio::sync::Mutex::default(),
            watched: AtomicBool::new(false),
        }
    }

    /// The peer of the last call, if it was trusted alike, or the one that `open` makes.
    pub(crate) async fn peer(
        self: &Arc<Self>,
        trust: &Trust,
        limits: &Limits,
        open: impl Future<Output = Result<Peer, Failure>>,
    ) -> Result<Arc<Peer>, Failure> {
        let mut line = self.line.lock().await;
        let now = Instant::now();
        if let Some(line) = line.as_mut()
            && line.trust == *trust
            && now - line.opened < limits.connection
        {
            line.used = now;
            return Ok(line.peer.clone());
        }
        *line = None;
        let peer = Arc::new(open.await?);
        let now = Instant::now();
        *line = Some(Line { peer: peer.clone(), trust: trust.clone(), opened: now, used: now });
        drop(line);
        self.watch(limits.idle);
        Ok(peer)
    }

    /// Forgets a peer over which a call failed, so that the next try looks for it anew.
    pub(crate) async fn discard(&self, peer: &Arc<Peer>) {
        self.line.lock().await.take_if(|line| Arc::ptr_eq(&line.peer, peer));
    }

    /// Closes the line once nobody has used it for a while.
    fn watch(self: &Arc<Self>, idle: Duration) {
        if self.watched.swap(true, Ordering::SeqCst) {
            return;
        }
        let watched = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                sleep(idle).await;
                let Some(owner) = watched.upgrade() else { return };
                let mut line = owner.line.lock().await;
                let in_use = |line: &Line| Arc::strong_count(&line.peer) > 1 || line.used.elapsed() < idle;
                if line.as_ref().is_some_and(in_use) {
                    continue;
                }
                *line = None;
                owner.watched.store(false, Ordering::SeqCst);
                return;
            }
        });
    }
}

/// All lanes in use.
#[derive(Default)]
pub(crate) struct Lanes(Mutex<HashMap<String, (Arc<Lane>, Instant)>>);

impl Lanes {
    /// The lane of this key. Those without use are dropped on the way.
    pub(crate) fn lane(&self, key: String, limits: &Limits) -> Arc<Lane> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        lanes.retain(|_, (lane, used)| Arc::strong_count(lane) > 1 || now - *used < KEPT);
        let (lane, used) = lanes.entry(key).or_insert_with(|| (Arc::new(Lane::new(limits)), now));
        *used = now;
        lane.clone()
    }
}
