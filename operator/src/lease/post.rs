//! One Lease at the API server: read, written by compare-and-swap, given up.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client, ResourceExt, api::PostParams, core::Status};
use tokio::time::{Instant, timeout};

use super::record::{Holder, Sighting, Step, duration, holder, step};

/// Whose a Lease is after a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose {
    Ours,
    Theirs {
        holder: String,
        /// How long it is still held if its holder is not heard of again.
        left: Duration,
    },
}

/// Why a turn brought nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum TurnError {
    #[error(
        "the Kubernetes API does not let the operator {verb} Lease {lease}; bind it to the role for Leases that Slipway ships"
    )]
    Forbidden { verb: &'static str, lease: String },
    #[error("Lease {lease}: {source}")]
    Api { lease: String, source: Box<kube::Error> },
    #[error("Lease {lease}: no answer from the Kubernetes API in time")]
    TimedOut { lease: String },
    #[error("Lease {lease}: somebody else wrote it at the same moment")]
    Raced { lease: String },
    #[error("Lease {lease}: its namespace is being deleted")]
    NamespaceEnds { lease: String },
    #[error("Lease {lease}: its namespace is gone")]
    NamespaceGone { lease: String },
}

/// A Lease that we want.
pub(super) struct Post {
    api: Api<Lease>,
    namespace: String,
    name: String,
    holder: Holder,
    /// As we wrote it last: it can be renewed without being read.
    written: Option<Lease>,
    sighting: Sighting,
}

impl Post {
    pub(super) fn new(client: Client, namespace: &str, name: &str, holder: Holder) -> Self {
        Self {
            api: Api::namespaced(client, namespace),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            holder,
            written: None,
            sighting: Sighting::default(),
        }
    }

    /// Namespace and name.
    pub(super) fn label(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Looks, and takes or renews the Lease where that is right.
    pub(super) async fn turn(&mut self, limit: Duration) -> Result<Whose, TurnError> {
        let result = timeout(limit, self.try_turn()).await;
        let result = result.unwrap_or_else(|_| Err(TurnError::TimedOut { lease: self.label() }));
        if !matches!(result, Ok(Whose::Ours)) {
            self.written = None;
        }
        result
    }

    async fn try_turn(&mut self) -> Result<Whose, TurnError> {
        if let Some(lease) = self.written.take() {
            match self.replace(lease).await {
                Err(TurnError::Raced { .. }) => {}
                done => return done,
            }
        }
        let found = self.api.get_opt(&self.name).await.map_err(|error| self.error("get", error))?;
        let Some(lease) = found else { return self.create().await };
        let silent = self.sighting.silent(&lease, Instant::now());
        match step(&lease, &self.holder.identity, silent) {
            Step::Wait => Ok(Whose::Theirs {
                holder: holder(&lease).unwrap_or_default().to_owned(),
                left: duration(&lease).saturating_sub(silent),
            }),
            Step::Renew | Step::Take => self.replace(lease).await,
        }
    }

    async fn create(&mut self) -> Result<Whose, TurnError> {
        let fresh = self.holder.fresh(&self.name, Timestamp::now());
        let written = self.api.create(&PostParams::default(), &fresh).await;
        self.outcome("create", written)
    }

    async fn replace(&mut self, lease: Lease) -> Result<Whose, TurnError> {
        let wanted = self.holder.written(lease, Timestamp::now());
        let written = self.api.replace(&wanted.name_any(), &PostParams::default(), &wanted).await;
        self.outcome("update", written)
    }

    fn outcome(&mut self, verb: &'static str, written: kube::Result<Lease>) -> Result<Whose, TurnError> {
        let lease = written.map_err(|error| self.error(verb, error))?;
        self.written = Some(lease);
        Ok(Whose::Ours)
    }

    /// Gives the Lease up, so that nobody has to wait for its end.
    pub(super) async fn release(&mut self, limit: Duration) {
        let Some(lease) = self.written.take() else { return };
        let Some(released) = self.holder.released(lease, Timestamp::now()) else { return };
        let parameters = PostParams::default();
        let write = self.api.replace(&self.name, &parameters, &released);
        match timeout(limit, write).await {
            Ok(Ok(_)) => tracing::info!(lease = self.label(), "Gave the lease up"),
            // Whoever waits for it takes it when it has run out.
            Ok(Err(error)) => tracing::warn!(lease = self.label(), %error, "Could not give the lease up"),
            Err(_) => tracing::warn!(lease = self.label(), "Could not give the lease up in time"),
        }
    }

    fn error(&self, verb: &'static str, error: kube::Error) -> TurnError {
        let lease = self.label();
        let kube::Error::Api(status) = &error else {
            return TurnError::Api { lease, source: Box::new(error) };
        };
        match (status.code, verb) {
            (403, "create") if is_of_an_ending_namespace(status) => TurnError::NamespaceEnds { lease },
            (403, _) => TurnError::Forbidden { verb, lease },
            (404, "create") => TurnError::NamespaceGone { lease },
            // Changed or made by somebody else; or, in an update, deleted.
            (404, "update") | (409, _) => TurnError::Raced { lease },
            _ => TurnError::Api { lease, source: Box::new(error) },
        }
    }
}

/// The API server says 403 also for this, with a cause.
fn is_of_an_ending_namespace(status: &Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    causes.into_iter().any(|cause| cause.reason == "NamespaceTerminating")
}
