//! What can end a reconcile early. Trouble with the outside is no error: it becomes a condition.

use futures::future::BoxFuture;
use tokio::sync::Semaphore;

/// Calls of the Kubernetes API that may be under way at once. Each has a connection of its own, of some 40 KB here, which stays for a while:
/// ten thousand hosts that are looked at after a restart would else take half a gigabyte.
static LANES: Semaphore = Semaphore::const_new(64);

/// A reconcile that could not be finished because of the Kubernetes API.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReconcileError {
    /// Somebody else changed the object in between; nothing was done, the newer object is looked at next.
    #[error("the object was changed by another writer")]
    Conflict,
    /// The API did not do what was asked.
    #[error("{doing}: {source}")]
    Api {
        /// What was being done.
        doing: &'static str,
        /// What the API said.
        source: Box<kube::Error>,
    },
    /// The API did not answer in time.
    #[error("{doing}: no answer from the Kubernetes API within {} s", crate::pace::API_DEADLINE.as_secs())]
    TimedOut {
        /// What was being done.
        doing: &'static str,
    },
}

impl ReconcileError {
    /// Waits for an API call, for a bounded time from its turn on, and names what it was for when it fails.
    ///
    /// A call's state is several KB and a reconcile has many places that make one: boxed, it is there only while the call is under way.
    pub(crate) fn within<'a, T: 'a>(
        doing: &'static str,
        call: impl Future<Output = kube::Result<T>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, Self>> {
        let call = async move {
            // Never closed: there is always a permit.
            let _lane = LANES.acquire().await;
            tokio::time::timeout(crate::pace::API_DEADLINE, call).await
        };
        Box::pin(async move {
            match call.await {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(kube::Error::Api(status))) if status.code == 409 => Err(Self::Conflict),
                Ok(Err(source)) => Err(Self::Api { doing, source: Box::new(source) }),
                Err(_) => Err(Self::TimedOut { doing }),
            }
        })
    }

    /// Whether the object is gone.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Api { source, .. } if matches!(source.as_ref(), kube::Error::Api(status) if status.code == 404))
    }
}
