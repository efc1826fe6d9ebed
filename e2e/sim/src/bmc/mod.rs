//! One BMC: what a test does with it. What the wire sees is in the modules below.

mod answer;
mod boot;
mod etag;
mod gate;
mod patch;
mod reset;
mod route;
mod service;
mod system;
mod tree;

use crate::body::Cut;
use crate::door::Door;
use crate::fault::{Fault, FaultBook, FaultId};
use crate::guarded::Guarded;
use crate::machine::Machine;
use crate::recording::{Call, Counters, Recording};
use crate::shapes::Shape;
use crate::tls::{Presented, TlsError};
use gate::Gate;
use rustls_pki_types::CertificateDer;
use serde::Serialize;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

pub(crate) use service::attend;

/// Identification light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Indicator {
    /// Off.
    Off,
    /// On.
    Lit,
    /// Blinking.
    Blinking,
}

/// The BMC's watch over the host (DSP0268, ComputerSystem.HostWatchdogTimer).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Watchdog {
    /// Whether the BMC acts.
    pub enabled: bool,
    /// What it does.
    pub timeout_action: String,
}

/// A second member of the systems collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum SecondSystem {
    /// A full system with its own UUID.
    Bootable,
    /// A board without boot options and reset action (facts/metal-peers.md §4.3).
    Board,
}

/// What of a system can be written besides its boot override.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Properties {
    asset_tag: Option<String>,
    indicator: Indicator,
    location: Option<bool>,
    watchdog: Watchdog,
    second_system: Option<SecondSystem>,
    null_members: bool,
}

#[derive(Debug)]
pub(crate) struct Inner {
    index: usize,
    shape: Shape,
    latency: Duration,
    machine: Machine,
    presented: Presented,
    gate: Guarded<Gate>,
    properties: Guarded<Properties>,
    faults: FaultBook,
    recording: Recording,
    door: OnceLock<Door>,
}

/// A handle of one BMC; copies mean the same BMC.
#[derive(Debug, Clone)]
pub struct Bmc(Arc<Inner>);

/// What a BMC is made from.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) index: usize,
    pub(crate) shape: Shape,
    pub(crate) latency: Duration,
    pub(crate) machine: Machine,
    pub(crate) presented: Presented,
    pub(crate) started: Instant,
    pub(crate) recorded_calls: usize,
}

impl Bmc {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { index, shape, latency, machine, presented, started, recorded_calls } = parts;
        let gate = Gate::new(index, &shape);
        let properties = Properties::of(&shape);
        Self(Arc::new(Inner {
            index,
            shape,
            latency,
            machine,
            presented,
            gate: Guarded::new(gate),
            properties: Guarded::new(properties),
            faults: FaultBook::default(),
            recording: Recording::new(started, recorded_calls),
            door: OnceLock::new(),
        }))
    }

    pub(crate) fn hang_door(&self, door: Door) {
        // A BMC has one listening socket, made once by the fleet.
        let _ = self.0.door.set(door);
    }

    /// Index in the fleet.
    #[must_use]
    pub fn index(&self) -> usize {
        self.0.index
    }

    /// Its shape.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.0.shape
    }

    /// Path of its system resource.
    #[must_use]
    pub fn system_path(&self) -> String {
        self.0.system_path()
    }

    /// Sets a fault.
    #[expect(clippy::must_use_candidate, reason = "the fault is set whether or not its name is wanted")]
    pub fn add_fault(&self, fault: Fault) -> FaultId {
        self.0.faults.add(fault)
    }

    /// Removes one fault; requests that hang in it go on hanging.
    pub fn remove_fault(&self, id: FaultId) {
        self.0.faults.remove(id);
    }

    /// Removes every fault; requests that hang go on hanging.
    pub fn clear_faults(&self) {
        self.0.faults.clear();
    }

    /// How many requests a fault has met.
    #[must_use]
    pub fn fault_hits(&self, id: FaultId) -> u64 {
        self.0.faults.hits(id)
    }

    /// Every fault set, with the number of requests it has met.
    #[must_use]
    pub fn faults(&self) -> Vec<(FaultId, Fault, u64)> {
        self.0.faults.list()
    }

    /// Waits until a fault has met this many requests; false when the time is up.
    pub async fn wait_for_hits(&self, id: FaultId, hits: u64, within: Duration) -> bool {
        let mut changes = self.0.faults.changes();
        let met = changes.wait_for(|()| self.0.faults.hits(id) >= hits);
        matches!(tokio::time::timeout(within, met).await, Ok(Ok(_)))
    }

    /// Every call kept, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.0.recording.calls()
    }

    /// The sums.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.0.recording.counters()
    }

    /// Forgets calls and sums.
    pub fn clear_calls(&self) {
        self.0.recording.clear();
    }

    /// A channel that shows the number of each call as it comes and again as it is answered.
    #[must_use]
    pub fn call_changes(&self) -> watch::Receiver<u64> {
        self.0.recording.changes()
    }

    /// Refuses connections and cuts open ones, or accepts again; returns when it is so.
    pub async fn refuse_connections(&self, refuse: bool) {
        if let Some(door) = self.0.door.get() {
            door.set_open(!refuse).await;
        }
    }

    /// The BMC restarts: sessions are gone and connections refused for a while (facts/metal-peers.md §4.20).
    pub async fn restart(&self, away: Duration) {
        self.refuse_connections(true).await;
        self.0.gate.lock().expire();
        tokio::time::sleep(away).await;
        self.refuse_connections(false).await;
    }

    /// Changes the password; open sessions stay.
    pub fn set_password(&self, password: &str) {
        self.0.gate.lock().set_password(password);
    }

    /// The password that logs in now.
    #[must_use]
    pub fn password(&self) -> String {
        self.0.gate.lock().password().to_owned()
    }

    /// Ends every session.
    pub fn expire_sessions(&self) {
        self.0.gate.lock().expire();
    }

    /// Sessions open now.
    #[must_use]
    pub fn open_sessions(&self) -> usize {
        self.0.gate.lock().open()
    }

    /// Whether the account is locked now.
    #[must_use]
    pub fn is_locked_out(&self) -> bool {
        self.0.gate.lock().is_locked()
    }

    /// The certificate that the BMC presents, in DER.
    pub fn certificate(&self) -> Result<CertificateDer<'static>, TlsError> {
        self.0.presented.certificate()
    }

    /// From the next connection on presents a new key and certificate, of the fleet's CA or of a foreign one.
    pub fn replace_certificate(&self, foreign: bool) -> Result<(), TlsError> {
        self.0.presented.replace(foreign)
    }

    /// Adds a second member to the systems collection, or removes it.
    pub fn set_second_system(&self, second: Option<SecondSystem>) {
        self.0.properties.lock().second_system = second;
    }

    /// Makes `Members` of the systems collection null (facts/metal-peers.md §4.1).
    pub fn set_null_members(&self, null: bool) {
        self.0.properties.lock().null_members = null;
    }

    /// Asset tag of the system.
    #[must_use]
    pub fn asset_tag(&self) -> Option<String> {
        self.0.properties.lock().asset_tag.clone()
    }

    /// Identification light, whichever property it was written through.
    #[must_use]
    pub fn indicator(&self) -> Indicator {
        self.0.properties.lock().indicator
    }

    /// Watchdog settings.
    #[must_use]
    pub fn watchdog(&self) -> Watchdog {
        self.0.properties.lock().watchdog.clone()
    }

    /// The machine behind it.
    #[must_use]
    pub fn machine(&self) -> Machine {
        self.0.machine.clone()
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }
}
