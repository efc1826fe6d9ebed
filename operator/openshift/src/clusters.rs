//! The port to clusters.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use slipway_core::{
    failure::Failure,
    reason::Reason,
    subscription::{ClusterAccess, ClusterFacts, ClusterPort},
};
use slipway_outbound::{
    Answer, Connector, HeaderName, HeaderValue, Method, Observer, Peer, Plaintext, Request, code_class,
};

use crate::{
    answer,
    destination::Destination,
    place::{MEND, Place},
    resource::{ClusterVersion, Console, Resource},
};

/// Time for one request with its whole answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Clusters that are read through their kubeconfigs. Made once and shared.
pub struct Clusters {
    connector: Arc<Connector>,
    observer: Arc<dyn Observer>,
    deadline: Duration,
}

/// A cluster, opened for one look.
struct Look<'a> {
    clusters: &'a Clusters,
    place: Place<'a>,
    destination: Destination,
    peer: Peer,
}

impl std::fmt::Debug for Clusters {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Clusters").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl Clusters {
    /// `connector` guards the way out, `observer` counts requests as system `cluster`, op `facts`.
    #[must_use]
    pub fn new(connector: Arc<Connector>, observer: Arc<dyn Observer>) -> Self {
        Self { connector, observer, deadline: DEADLINE }
    }

    /// The same with another time for each of the two requests than ten seconds; for tests.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    async fn open<'a>(&'a self, access: &'a ClusterAccess) -> Result<Look<'a>, Failure> {
        let place = Place(access);
        let destination = Destination::of(&access.kubeconfig).map_err(|fault| place.unusable(&fault))?;
        let trusted = match &destination.identity {
            Some(identity) => self.connector.trust_as(&destination.trust, identity),
            None => self.connector.trust(&destination.trust),
        };
        let trusted = trusted.map_err(|failure| place.untrusting(failure))?.mended_by(MEND);
        let (server, proxy) = (&destination.server, destination.proxy.as_ref());
        let opened = self.connector.open_through(server, &trusted, Plaintext::IfInsecureAllowed, proxy).await;
        let peer = opened.map_err(|failure| place.on_the_way(failure))?;
        Ok(Look { clusters: self, place, destination, peer })
    }
}

impl Look<'_> {
    /// Reads a resource, with its answer for messages; `None` when the cluster has none of the kind.
    async fn read<R: Resource>(&self) -> Result<Option<(R, Answer)>, Failure> {
        let began = Instant::now();
        let outcome = self.peer.send(self.request::<R>()).await;
        let code = outcome.as_ref().map_or("error", |answer| code_class(answer.status));
        let took = began.elapsed();
        self.clusters.observer.request("cluster", "facts", code, took.as_secs_f64());
        tracing::debug!(cluster = self.peer.label(), resource = R::KIND, code, ?took, "request");
        let answer = outcome.map_err(|failure| self.place.on_the_way(failure))?;
        let resource = answer::resource(&self.place, self.peer.label(), &answer)?;
        Ok(resource.map(|resource| (resource, answer)))
    }

    fn request<R: Resource>(&self) -> Request {
        // Two slashes at the beginning would name another server.
        let base = self.destination.server.path().trim_matches('/');
        let target = if base.is_empty() { R::PATH.to_owned() } else { format!("/{base}{}", R::PATH) };
        let accept = HeaderValue::from_static("application/json");
        let request = Request::new(Method::GET, target, self.clusters.deadline)
            .with_header(HeaderName::from_static("accept"), accept);
        match &self.destination.authorization {
            Some(value) => request.with_header(HeaderName::from_static("authorization"), value.clone()),
            None => request,
        }
    }
}

#[async_trait]
impl ClusterPort for Clusters {
    async fn facts(&self, access: &ClusterAccess) -> Result<ClusterFacts, Failure> {
        let look = self.open(access).await?;
        let Some((version, answer)) = look.read::<ClusterVersion>().await? else {
            let what = format!(
                "{} has no ClusterVersion: it is no OpenShift, or its installation is not that far yet",
                look.peer.label()
            );
            return Err(look.place.failure(Reason::NotOpenShift, &what));
        };
        let external_cluster_id = version.cluster_id().map_err(|_| {
            answer::unfit::<ClusterVersion>(
                &look.place,
                look.peer.label(),
                &answer,
                "its `spec.clusterID` is no UUID",
            )
        })?;
        let console = look.read::<Console>().await?;
        let console_url = console.and_then(|(console, _)| console.url());
        Ok(ClusterFacts { external_cluster_id, console_url, is_installed: version.is_installed() })
    }
}
