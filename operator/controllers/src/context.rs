//! What every reconcile has at hand.

use std::{sync::Arc, time::Duration};

use kube::{
    Client,
    runtime::events::{Recorder, Reporter},
};
use slipway_core::{
    boot::BootPort,
    clock::Clock,
    host::{HostPort, Timings},
    infrastructure::{CloudPort, RackPort},
};
use slipway_crds::v1alpha1::{BareMetalHost, Infrastructure, InstallProfile};

use crate::{
    bare_metal_host::priming::Priming, claims::Claims, infrastructure::Witness, install_profile::Profiles,
    latest::Latest, ledger::Ledger, metrics::Metrics, secret::Secrets,
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
}

/// Everything a reconcile needs besides the object itself.
pub struct Context {
    pub(crate) client: Client,
    pub(crate) hosts: Arc<dyn HostPort>,
    pub(crate) boot: Arc<dyn BootPort>,
    pub(crate) cloud: Arc<dyn CloudPort>,
    pub(crate) racks: Arc<dyn RackPort>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) recorder: Recorder,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) options: Options,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) claims: Claims,
    pub(crate) secrets: Secrets,
    pub(crate) latest: Latest<BareMetalHost>,
    pub(crate) latest_profiles: Latest<InstallProfile>,
    pub(crate) latest_infrastructures: Latest<Infrastructure>,
    pub(crate) racks_seen: Witness,
    pub(crate) profiles: Profiles,
    pub(crate) priming: Priming,
}

impl Context {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        client: Client,
        ports: Ports,
        clock: Arc<dyn Clock>,
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
            clock,
            metrics,
            options,
            ledger,
            claims: Claims::default(),
            latest: Latest::default(),
            latest_profiles: Latest::default(),
            latest_infrastructures: Latest::default(),
            racks_seen: Witness::default(),
            profiles: Profiles::default(),
        }
    }

    /// Whether every host of the first lists is known.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.priming.is_done()
    }
}
