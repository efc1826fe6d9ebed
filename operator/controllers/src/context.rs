//! What every reconcile has at hand.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kube::{Client, runtime::events::Reporter};
use slipway_core::{
    boot::BootPort,
    clock::Clock,
    host::{HostPort, Timings},
    infrastructure::{CloudPort, RackPort},
    subscription::{ClusterPort, RegistrarPort},
};
use slipway_crds::v1alpha1::{BareMetalHost, ClusterSubscription, Infrastructure, InstallProfile};

use crate::{
    bare_metal_host::priming::Priming, claims::Claims, cluster_subscription, duty::Duty, event::Recorder,
    infrastructure::Witness, install_profile::Profiles, latest::Latest, ledger::Ledger, metrics::Metrics,
    secret::Secrets, vigil::Vigil,
};

/// What the administrator decides.
#[derive(Debug, Clone)]
pub struct Options {
    /// Limits and pauses of a host's life.
    pub timings: Timings,
    /// Whether `tls.insecureSkipVerify` may be used.
    pub allow_insecure_tls: bool,
    /// How long a deletion may try to clean up before the object is let go.
    pub deletion_timeout: Duration,
    /// Which installation of Slipway this is; records that it may delete carry it as a label.
    pub installation: String,
    /// Whether reserved records that no object keeps any more are deleted, and not only reported.
    pub delete_orphans: bool,
}

/// Which registrar keeps a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RegistrarKind {
    Ocm,
    Webhook,
}

/// The ways to the outside.
pub struct Ports {
    /// To BMCs.
    pub hosts: Arc<dyn HostPort>,
    /// To hosts that boot.
    pub boot: Arc<dyn BootPort>,
    /// To OCI.
    pub cloud: Arc<dyn CloudPort>,
    /// To racks.
    pub racks: Arc<dyn RackPort>,
    /// To OpenShift Cluster Manager.
    pub ocm: Arc<dyn RegistrarPort>,
    /// To inventories that take webhooks.
    pub webhook: Arc<dyn RegistrarPort>,
    /// Into clusters.
    pub clusters: Arc<dyn ClusterPort>,
}

/// Everything a reconcile needs besides the object itself.
pub struct Context {
    pub(crate) client: Client,
    pub(crate) hosts: Arc<dyn HostPort>,
    pub(crate) boot: Arc<dyn BootPort>,
    pub(crate) cloud: Arc<dyn CloudPort>,
    pub(crate) racks: Arc<dyn RackPort>,
    ocm: Arc<dyn RegistrarPort>,
    webhook: Arc<dyn RegistrarPort>,
    pub(crate) clusters: Arc<dyn ClusterPort>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) duty: Duty,
    pub(crate) recorder: Recorder,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) options: Options,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) claims: Claims,
    pub(crate) secrets: Secrets,
    pub(crate) latest: Latest<BareMetalHost>,
    pub(crate) latest_profiles: Latest<InstallProfile>,
    pub(crate) latest_infrastructures: Latest<Infrastructure>,
    pub(crate) latest_subscriptions: Latest<ClusterSubscription>,
    pub(crate) racks_seen: Witness,
    pub(crate) subscriptions_seen: cluster_subscription::Witness,
    pub(crate) profiles: Profiles,
    pub(crate) priming: Priming,
    pub(crate) vigil: Vigil,
}

impl Context {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        client: Client,
        ports: Ports,
        clock: Arc<dyn Clock>,
        duty: Duty,
        ledger: Arc<Ledger>,
        metrics: Arc<Metrics>,
        options: Options,
    ) -> Self {
        let reporter = Reporter { controller: "slipway".to_owned(), instance: None };
        Self {
            recorder: Recorder::new(client.clone(), reporter),
            secrets: Secrets::new(client.clone()),
            priming: Priming::new(Arc::clone(&ports.boot)),
            client,
            hosts: ports.hosts,
            boot: ports.boot,
            cloud: ports.cloud,
            racks: ports.racks,
            ocm: ports.ocm,
            webhook: ports.webhook,
            clusters: ports.clusters,
            clock,
            duty,
            metrics,
            options,
            ledger,
            claims: Claims::default(),
            latest: Latest::default(),
            latest_profiles: Latest::default(),
            latest_infrastructures: Latest::default(),
            latest_subscriptions: Latest::default(),
            racks_seen: Witness::default(),
            subscriptions_seen: cluster_subscription::Witness::default(),
            profiles: Profiles::default(),
            vigil: Vigil::default(),
        }
    }

    /// The way to a registrar.
    pub(crate) fn registrar(&self, kind: RegistrarKind) -> &dyn RegistrarPort {
        match kind {
            RegistrarKind::Ocm => self.ocm.as_ref(),
            RegistrarKind::Webhook => self.webhook.as_ref(),
        }
    }

    /// What keeps this process from going on, if anything does: only a restart helps.
    ///
    /// Errors: the controller, and how long its reconcile has been under way.
    pub fn is_alive(&self) -> Result<(), String> {
        self.vigil.stuck(Instant::now()).map_or(Ok(()), |(controller, age)| {
            Err(format!("a reconcile of {controller} has been under way for {} s", age.as_secs()))
        })
    }

    /// Whether every host of the first lists is known.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.priming.is_done()
    }
}
