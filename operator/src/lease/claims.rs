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
    post::{Post, Whose},
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
    verdicts: BTreeMap<String, Claim>,
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
            let next = Instant::now() + self.look(namespaces, is_all).await;
            due = if is_all { next } else { due.min(next) };
            self.heartbeat.beat();
        }
    }

    /// Looks at these namespaces, and says when to look at all of them again.
    async fn look(&mut self, namespaces: BTreeSet<String>, is_all: bool) -> Duration {
        let began = Instant::now();
        let mut missed = false;
        for namespace in &namespaces {
            missed |= !self.turn(namespace).await;
            // Many namespaces at an API server that does not answer take long.
            self.heartbeat.beat();
        }
        // What was not looked at keeps the end that it had.
        let end = (is_all && !missed).then(|| began + self.holder.duration * 2 / 3);
        self.appointment.claim(&self.verdicts, end);
        if missed {
            self.lease_duration * 2 / 15
        } else if self.verdicts.values().all(|claim| *claim == Claim::Ours) {
            self.holder.duration / 3
        } else {
            self.lease_duration
        }
    }

    /// Whether it could be told whose the namespace is.
    async fn turn(&mut self, namespace: &str) -> bool {
        let (client, holder) = (&self.client, &self.holder);
        let post = self
            .posts
            .entry(namespace.to_owned())
            .or_insert_with(|| Post::new(client.clone(), namespace, CLAIM, holder.clone()));
        let outcome = post.turn(self.lease_duration / 3).await;
        let is_told = outcome.is_ok();
        let words = match outcome {
            Ok(Whose::Ours) => {
                self.verdicts.insert(namespace.to_owned(), Claim::Ours);
                "this installation serves the namespace".to_owned()
            }
            Ok(Whose::Theirs { holder: other, .. }) => {
                self.verdicts.insert(namespace.to_owned(), Claim::Theirs);
                format!(
                    "the namespace is served by another installation of Slipway, {other}: nothing is done here. Have one of them serve other \
                     namespaces; when the other is gone, its claim ends by itself, or at once by: kubectl -n {namespace} delete lease {CLAIM}"
                )
            }
            Err(error) => error.to_string(),
        };
        self.say(namespace, words);
        is_told
    }

    fn say(&mut self, namespace: &str, words: String) {
        if self.said.get(namespace) == Some(&words) {
            return;
        }
        if self.verdicts.get(namespace) == Some(&Claim::Ours) {
            tracing::info!(namespace, "Claim: {words}");
        } else {
            tracing::warn!(namespace, "Claim: {words}");
        }
        self.said.insert(namespace.to_owned(), words);
    }
}
