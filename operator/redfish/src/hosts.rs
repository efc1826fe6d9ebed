//! The host port over Redfish.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use slipway_core::{
    clock::Clock,
    failure::Failure,
    host::{BootFrom, Depth, Endpoint, HostKey, HostPort, Observation, PropertyChange, Reset},
    reason::Reason,
};
use slipway_outbound::{Connector, Method, Observer, Plaintext, Request};
use tokio::time::timeout;
use url::Url;

use crate::{
    boot_override,
    breaker::BreakerCounts,
    fleet::Fleet,
    limits::Limits,
    observe, properties, reset,
    session::{Login, TOKEN},
    visit::Visit,
    worker::{Surroundings, Worker},
};

/// All BMCs that are spoken to. Made once and shared.
pub struct RedfishHosts {
    surroundings: Arc<Surroundings>,
    fleet: Mutex<Fleet>,
}

impl RedfishHosts {
    /// `connector` guards the way out, `clock` times pauses and sessions, `observer` counts requests.
    #[must_use]
    pub fn new(
        connector: Arc<Connector>,
        clock: Arc<dyn Clock>,
        limits: Limits,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let surroundings = Arc::new(Surroundings { connector, clock, limits, observer });
        Self { surroundings, fleet: Mutex::default() }
    }

    /// How many BMCs are in each state of their circuit breaker.
    #[must_use]
    pub fn breaker_counts(&self) -> BreakerCounts {
        self.fleet().breaker_counts()
    }

    /// Ends all sessions, for the end of the process (`facts/metal-peers.md §5.5 R30`). Best effort, within the time limit of a
    /// release.
    pub async fn close(&self) {
        let workers = self.fleet().drain();
        let farewells: Vec<_> = workers
            .into_iter()
            .map(|worker| tokio::spawn(farewell(self.surroundings.clone(), worker)))
            .collect();
        for farewell in farewells {
            // A farewell that panicked has nothing left to do.
            let _ = farewell.await;
        }
    }

    fn fleet(&self) -> MutexGuard<'_, Fleet> {
        self.fleet.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn visit<'a>(&self, endpoint: &'a Endpoint) -> Result<Visit<'a>, Failure> {
        let address = address(&endpoint.address)?;
        let (worker, left) = self.fleet().attach(&endpoint.host, &address);
        if let Some(left) = left {
            tokio::spawn(farewell(self.surroundings.clone(), left));
        }
        Visit::begin(self.surroundings.clone(), worker, endpoint).await
    }
}

#[async_trait]
impl HostPort for RedfishHosts {
    async fn observe(&self, endpoint: &Endpoint, depth: Depth) -> Result<Observation, Failure> {
        let mut visit = self.visit(endpoint).await?;
        let outcome = observe::observe(&mut visit, depth).await;
        visit.conclude(outcome)
    }

    async fn reset(&self, endpoint: &Endpoint, reset: Reset) -> Result<(), Failure> {
        let mut visit = self.visit(endpoint).await?;
        let outcome = reset::reset(&mut visit, reset).await;
        visit.conclude(outcome)
    }

    async fn boot_from(&self, endpoint: &Endpoint, source: &BootFrom) -> Result<(), Failure> {
        let mut visit = self.visit(endpoint).await?;
        let outcome = boot_override::boot_from(&mut visit, source).await;
        visit.conclude(outcome)
    }

    async fn write_properties(&self, endpoint: &Endpoint, changes: &[PropertyChange]) -> Result<(), Failure> {
        let mut visit = self.visit(endpoint).await?;
        let outcome = properties::write(&mut visit, changes).await;
        visit.conclude(outcome)
    }

    async fn release(&self, host: &HostKey) {
        let left = self.fleet().detach(host);
        if let Some(worker) = left {
            farewell(self.surroundings.clone(), worker).await;
        }
    }
}

/// Scheme, host and port; nothing else may be in an address.
fn address(url: &Url) -> Result<String, Failure> {
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let (Some(host), true) = (url.host_str(), bare) else {
        let message = format!(
            "`spec.management.redfish.address` must be scheme, host and port only, as https://192.0.2.7; not {}",
            url.path()
        );
        return Err(Failure::new(Reason::InvalidSpec, message));
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Ok(format!("{}://{host}{port}", url.scheme()))
}

/// Ends the session of a worker that nobody uses any more, within its time limit.
async fn farewell(surroundings: Arc<Surroundings>, worker: Arc<Worker>) {
    let limit = surroundings.limits.release;
    if timeout(limit, end_session(&surroundings, &worker)).await.is_err() {
        tracing::debug!(bmc = %worker.address, "the session could not be ended in time");
    }
}

async fn end_session(surroundings: &Surroundings, worker: &Worker) {
    let login = std::mem::take(&mut worker.memory.lock().await.login);
    let Login::Session(session) = login else { return };
    let (Some(path), Some(token), Ok(url)) = (&session.path, session.header(), Url::parse(&worker.address))
    else {
        return;
    };
    let opened = surroundings.connector.open(&url, &session.trusted, Plaintext::IfInsecureAllowed).await;
    let Ok(peer) = opened else { return };
    let request =
        Request::new(Method::DELETE, path.as_str(), surroundings.limits.release).with_header(TOKEN, token);
    let sent = std::time::Instant::now();
    let code = if peer.send(request).await.is_ok() { "2xx" } else { "error" };
    surroundings.observer.request("bmc", "logout", code, sent.elapsed().as_secs_f64());
}
