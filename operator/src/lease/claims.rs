//! Each namespace is served by one installation of Slipway: the one that claimed it first.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use kube::Client;
use slipway_controllers::{Appointment, Claim};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use super::{
    Heartbeat,
    post::{Post, TurnError, Whose},
    record::Holder,
};

/// Name of the Lease in each served namespace.
pub(crate) const CLAIM: &str = "slipway-claim";
/// A claim is good for this many times the duration of the leader's Lease: it is renewed seldom, because there is one a namespace.
const LASTING: u32 = 20;

/// Claims the namespaces that objects are found in, and keeps them.
pub(crate) struct Claims {
    client: Client,
    holder: Holder,
    appointment: Arc<Appointment>,
    asked: mpsc::UnboundedReceiver<String>,
    posts: BTreeMap<String, Post>,
    verdicts: BTreeMap<String, (Claim, Instant)>,
    said: BTreeMap<String, String>,
    heartbeat: Heartbeat,
    lease_duration: Duration,
}

impl Claims {
    /// In the name of `installation`, which all replicas have in common; `lease_duration` is the leader's.
    pub(crate) fn new(
        client: Client,
        installation: String,
        lease_duration: Duration,
        appointment: Arc<Appointment>,
        asked: mpsc::UnboundedReceiver<String>,
    ) -> Self {
        let duration = lease_duration * LASTING;
        Self {
            client,
            holder: Holder { identity: installation, duration },
            appointment,
            asked,
            posts: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            said: BTreeMap::new(),
            heartbeat: Heartbeat::new(2 * duration),
            lease_duration,
        }
    }

    /// Shows that the loop goes round.
    pub(crate) fn heartbeat(&self) -> Heartbeat {
        self.heartbeat.clone()
    }

    /// Runs until `stop` becomes true. Claims are not given up: another replica goes on with them.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut due = Instant::now();
        while !*stop.borrow_and_update() {
            let mut namespaces = BTreeSet::new();
            tokio::select! {
                asked = self.asked.recv() => namespaces.extend(asked),
                () = sleep_until(due) => namespaces.extend(self.posts.keys().cloned()),
                _ = stop.changed() => {}
            }
            while let Ok(asked) = self.asked.try_recv() {
                namespaces.insert(asked);
            }
            let is_all = self.posts.keys().all(|known| namespaces.contains(known));
            let next = Instant::now() + self.look(namespaces).await;
            due = if is_all { next } else { due.min(next) };
            self.heartbeat.beat();
        }
    }

    /// Looks at these namespaces, and says when to look at all of them again.
    async fn look(&mut self, namespaces: BTreeSet<String>) -> Duration {
        let mut missed = false;
        for namespace in &namespaces {
            missed |= !self.turn(namespace).await;
            // Many namespaces at an API server that does not answer take long.
            self.heartbeat.beat();
        }
        self.appointment.claim(&self.verdicts);
        if missed {
            self.lease_duration * 2 / 15
        } else if self.verdicts.values().all(|(claim, _)| *claim == Claim::Ours) {
            self.holder.duration / 3
        } else {
            self.lease_duration
        }
    }

    /// Whether it could be told whose the namespace is. What could not be told stays as it was, to its end.
    async fn turn(&mut self, namespace: &str) -> bool {
        let (client, holder) = (&self.client, &self.holder);
        let post = self
            .posts
            .entry(namespace.to_owned())
            .or_insert_with(|| Post::new(client.clone(), namespace, CLAIM, holder.clone()));
        let end = Instant::now() + self.holder.duration * 2 / 3;
        match post.turn(self.lease_duration / 3).await {
            Ok(Whose::Ours) => {
                self.judge(
                    namespace,
                    (Claim::Ours, end),
                    "this installation serves the namespace".to_owned(),
                );
            }
            Ok(Whose::Theirs { holder: other, .. }) => {
                let words = format!(
                    "the namespace is served by another installation of Slipway, {other}: nothing is done here. Have one of them serve other \
                     namespaces; when the other is gone, its claim ends by itself, or at once by: kubectl -n {namespace} delete lease {CLAIM}"
                );
                self.judge(namespace, (Claim::Theirs, end), words);
            }
            // Nobody can claim it any more, and what is in it has to be let go by who served it.
            Err(error @ TurnError::NamespaceEnds { .. }) => {
                let whose = self.verdicts.get(namespace).map_or(Claim::Ours, |(claim, _)| *claim);
                self.judge(namespace, (whose, end), error.to_string());
            }
            Err(TurnError::NamespaceGone { .. }) => self.forget(namespace),
            Err(error) => {
                self.say(namespace, error.to_string());
                return false;
            }
        }
        true
    }

    fn judge(&mut self, namespace: &str, verdict: (Claim, Instant), words: String) {
        self.verdicts.insert(namespace.to_owned(), verdict);
        self.say(namespace, words);
    }

    fn forget(&mut self, namespace: &str) {
        self.posts.remove(namespace);
        self.verdicts.remove(namespace);
        self.said.remove(namespace);
    }

    fn say(&mut self, namespace: &str, words: String) {
        if self.said.get(namespace) == Some(&words) {
            return;
        }
        if self.verdicts.get(namespace).is_some_and(|(claim, _)| *claim == Claim::Ours) {
            tracing::info!(namespace, "Claim: {words}");
        } else {
            tracing::warn!(namespace, "Claim: {words}");
        }
        self.said.insert(namespace.to_owned(), words);
    }
}

#[cfg(test)]
mod tests {
    use http::{Method, Request, Response};
    use http_body_util::BodyExt as _;
    use kube::client::Body;
    use serde_json::{Value, json};
    use tower_test::mock::Handle;

    use super::*;

    const DURATION: Duration = Duration::from_secs(15);

    /// What the API server says to `POST` in a namespace; a `GET` finds nothing.
    fn answer(method: &Method, path: &str, lease: Value) -> (u16, Value) {
        let refused = |code: u16, causes: Value| {
            let reason = if code == 404 { "NotFound" } else { "Forbidden" };
            (
                code,
                json!({"status": "Failure", "code": code, "reason": reason, "details": {"causes": causes}}),
            )
        };
        match (method, path.split('/').nth(5).unwrap_or_default()) {
            (&Method::POST, "ending") => {
                refused(403, json!([{"reason": "NamespaceTerminating", "message": ""}]))
            }
            (&Method::POST, "forbidden") => refused(403, json!([])),
            (&Method::POST, "lab" | "edge") => (201, lease),
            _ => refused(404, json!([])),
        }
    }

    async fn serve(mut handle: Handle<Request<Body>, Response<Body>>) {
        while let Some((request, send)) = handle.next_request().await {
            let (parts, body) = request.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            let lease = serde_json::from_slice(&bytes).unwrap_or_default();
            let (code, body) = answer(&parts.method, parts.uri.path(), lease);
            send.send_response(
                Response::builder().status(code).body(body.to_string().into_bytes().into()).unwrap(),
            );
        }
    }

    fn claims() -> Claims {
        let (service, handle) = tower_test::mock::pair();
        tokio::spawn(serve(handle));
        let (appointment, asked) = Appointment::new();
        let client = Client::new(service, "default");
        Claims::new(client, "slipway-system/slipway".to_owned(), DURATION, Arc::new(appointment), asked)
    }

    fn whose(claims: &Claims, namespace: &str) -> Option<Claim> {
        claims.verdicts.get(namespace).map(|(claim, _)| *claim)
    }

    #[tokio::test]
    async fn a_namespace_that_goes_keeps_nobody_from_the_others() {
        let mut claims = claims();
        let again = claims.look(["lab", "edge", "gone", "ending"].map(str::to_owned).into()).await;
        assert_eq!((whose(&claims, "lab"), whose(&claims, "edge")), (Some(Claim::Ours), Some(Claim::Ours)));
        assert_eq!(whose(&claims, "ending"), Some(Claim::Ours), "its objects have to be let go");
        assert!(whose(&claims, "gone").is_none() && !claims.posts.contains_key("gone"));
        assert_eq!(again, DURATION * LASTING / 3, "nothing is left to be told");
    }

    #[tokio::test]
    async fn what_cannot_be_told_is_asked_again_soon_and_changes_nothing_else() {
        let mut claims = claims();
        let again = claims.look(["lab", "forbidden"].map(str::to_owned).into()).await;
        assert_eq!((whose(&claims, "lab"), whose(&claims, "forbidden")), (Some(Claim::Ours), None));
        assert_eq!(again, DURATION * 2 / 15);
    }
}
