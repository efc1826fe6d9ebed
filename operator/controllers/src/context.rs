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
};
use slipway_crds::v1alpha1::{BareMetalHost, InstallProfile};

use crate::{
    bare_metal_host::priming::Priming, claims::Claims, install_profile::Profiles, latest::Latest,
    ledger::Ledger, metrics::Metrics, secret::Secrets,
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

/// Everything a reconcile needs besides the object itself.
pub struct Context {
    pub(crate) client: Client,
    pub(crate) hosts: Arc<dyn HostPort>,
    pub(crate) boot: Arc<dyn BootPort>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) recorder: Recorder,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) options: Options,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) claims: Claims,
    pub(crate) secrets: Secrets,
    pub(crate) latest: Latest<BareMetalHost>,
    pub(crate) latest_profiles: Latest<InstallProfile>,
    pub(crate) profiles: Profiles,
    pub(crate) priming: Priming,
}

impl Context {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        client: Client,
        hosts: Arc<dyn HostPort>,
        boot: Arc<dyn BootPort>,
        clock: Arc<dyn Clock>,
        ledger: Arc<Ledger>,
        metrics: Arc<Metrics>,
        options: Options,
    ) -> Self {
        let reporter = Reporter { controller: "slipway".to_owned(), instance: None };
        Self {
            recorder: Recorder::new(client.clone(), reporter),
            secrets: Secrets::new(client.clone()),
            priming: Priming::new(Arc::clone(&boot)),
            client,
            hosts,
            boot,
            clock,
            metrics,
            options,
            ledger,
            claims: Claims::default(),
            latest: Latest::default(),
            latest_profiles: Latest::default(),
            profiles: Profiles::default(),
        }
    }

    /// Whether every host of the first lists is known.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.priming.is_done()
    }
}
