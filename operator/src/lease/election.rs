//! One of the replicas leads.

use std::{sync::Arc, time::Duration};

use kube::Client;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};
use slipway_controllers::Appointment;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    Heartbeat,
    post::{Post, TurnError, Whose},
    record::Holder,
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Name {
    name: String,
}

/// Whether this process leads, under the name that operators' dashboards look for (`facts/reliability-ux.md §4.1`).
#[derive(Debug, Clone)]
pub(crate) struct MasterStatus(Gauge);

impl MasterStatus {
    pub(crate) fn register(registry: &mut Registry, lease: &str) -> Self {
        let family = Family::<Name, Gauge>::default();
        registry.register(
            "leader_election_master_status",
            "Whether this process holds the lease and acts (1), or stands by (0)",
            family.clone(),
        );
        Self(family.get_or_create_owned(&Name { name: lease.to_owned() }))
    }
}

/// Tries to hold the Lease for as long as the process runs.
pub(crate) struct Election {
    post: Post,
    appointment: Arc<Appointment>,
    status: MasterStatus,
    heartbeat: Heartbeat,
    duration: Duration,
    /// What was said last, so that it is said once.
    said: Option<String>,
}

impl Election {
    /// Of the process `identity`, for this Lease.
    pub(crate) fn new(
        client: Client,
        (namespace, name): (&str, &str),
        identity: &str,
        duration: Duration,
        appointment: Arc<Appointment>,
        status: MasterStatus,
    ) -> Self {
        let holder = Holder { identity: identity.to_owned(), duration };
        Self {
            post: Post::new(client, namespace, name, holder),
            appointment,
            status,
            heartbeat: Heartbeat::new(4 * duration),
            duration,
            said: None,
        }
    }

    /// Shows that the loop goes round.
    pub(crate) fn heartbeat(&self) -> Heartbeat {
        self.heartbeat.clone()
    }

    /// Runs until `stop` becomes true; the Lease is still held then.
    pub(crate) async fn run(&mut self, mut stop: watch::Receiver<bool>) {
        // For 15 s: each 2 s, as others have it (`facts/reliability-ux.md §5.3`).
        let pause = self.duration * 2 / 15;
        while !*stop.borrow_and_update() {
            // Whoever waits for the end of the Lease is there when it comes.
            let left = self.turn().await.unwrap_or(pause);
            self.heartbeat.beat();
            tokio::select! {
                () = sleep(pause.min(left)) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// How long the Lease is still another's.
    async fn turn(&mut self) -> Option<Duration> {
        let asked = Instant::now();
        match self.post.turn(self.duration / 3).await {
            Ok(Whose::Ours) => {
                // Others wait for the whole duration since the write, which came after this moment.
                self.appointment.lead_until(asked + self.duration * 2 / 3);
                self.status.0.set(1);
                self.say("this process leads".to_owned());
                None
            }
            Ok(Whose::Theirs { holder, left }) => {
                self.appointment.step_down();
                self.status.0.set(0);
                self.say(format!("this process stands by; {holder} leads"));
                Some(left)
            }
            Err(error) => {
                self.missed(&error);
                None
            }
        }
    }

    /// The term goes on to its end: the API server may be back by then.
    fn missed(&mut self, error: &TurnError) {
        self.appointment.notice_the_end();
        if !self.appointment.duty().leads() {
            self.status.0.set(0);
        }
        let words = error.to_string();
        if self.said.as_ref() != Some(&words) {
            tracing::warn!("{words}");
            self.said = Some(words);
        }
    }

    fn say(&mut self, words: String) {
        if self.said.as_ref() != Some(&words) {
            tracing::info!(lease = self.post.label(), "Lease: {words}");
            self.said = Some(words);
        }
    }

    /// Ends the term and gives the Lease up.
    pub(crate) async fn resign(mut self) {
        self.appointment.step_down();
        self.status.0.set(0);
        self.post.release(self.duration / 3).await;
    }
}
