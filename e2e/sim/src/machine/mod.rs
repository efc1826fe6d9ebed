//! The machine behind a BMC: power, firmware, network boot and installation.

mod answer_file;
mod behaviour;
mod boot_override;
mod firmware;
mod installer;
mod journal;
mod network_boot;
mod power;
mod state;

pub use behaviour::{AfterInstall, Behaviour, CallbackMarkers, Installer};
pub use boot_override::{BootOverride, Enabled};
pub use journal::{Step, StepKind};
pub use state::{Activity, BootOrder, Disk, Firmware, MachineState, Power, ResetType};

use crate::config::{FleetConfig, Timings};
use crate::guarded::Guarded;
use crate::identity::Identity;
use jiff::Timestamp;
use journal::Journal;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// What all machines of a fleet share.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) started: Instant,
    pub(crate) timings: Timings,
    pub(crate) firmware: Firmware,
    pub(crate) markers: CallbackMarkers,
    pub(crate) boot_url: Guarded<Option<String>>,
}

/// A machine did not get where it was waited for.
#[derive(Debug, thiserror::Error)]
#[error("machine {index} after {waited:?}: {state:?}")]
pub struct Late {
    /// Which machine.
    pub index: usize,
    /// How long it was waited for.
    pub waited: Duration,
    /// Where it is instead.
    pub state: Box<MachineState>,
}

/// A handle of one machine; copies mean the same machine.
#[derive(Debug, Clone)]
pub struct Machine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    index: usize,
    site: Arc<Site>,
    maker: (String, String),
    /// Sushy-like: the override outlives a boot.
    persistent_override: bool,
    identity: Guarded<Identity>,
    behaviour: Guarded<Behaviour>,
    live: Guarded<Live>,
    state: watch::Sender<MachineState>,
}

#[derive(Debug)]
struct Live {
    state: MachineState,
    /// Grows with each reset; a task of an earlier time changes nothing any more.
    epoch: u64,
    task: Option<AbortHandle>,
    last_reset: Timestamp,
    journal: Journal,
}

impl Machine {
    pub(crate) fn new(
        index: usize,
        site: Arc<Site>,
        config: &FleetConfig,
        maker: (String, String),
        persistent_override: bool,
    ) -> Self {
        let state = MachineState::new(config.disk, config.boot_order, config.powered_on);
        let live = Live {
            state: state.clone(),
            epoch: 0,
            task: None,
            last_reset: Timestamp::now(),
            journal: Journal::default(),
        };
        Self(Arc::new(Inner {
            index,
            site,
            maker,
            persistent_override,
            identity: Guarded::new(Identity::of(index)),
            behaviour: Guarded::new(config.behaviour),
            live: Guarded::new(live),
            state: watch::channel(state).0,
        }))
    }

    /// Index in the fleet.
    #[must_use]
    pub fn index(&self) -> usize {
        self.0.index
    }

    /// Where it is now.
    #[must_use]
    pub fn state(&self) -> MachineState {
        self.0.live.lock().state.clone()
    }

    /// UUID, serial number and MAC addresses.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.0.identity.lock().clone()
    }

    /// Changes the identity, as when a board is swapped.
    pub fn set_identity(&self, change: impl FnOnce(&mut Identity)) {
        change(&mut self.0.identity.lock());
    }

    /// Its habits.
    #[must_use]
    pub fn behaviour(&self) -> Behaviour {
        *self.0.behaviour.lock()
    }

    /// Changes its habits, from its next decision on.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        *self.0.behaviour.lock() = behaviour;
    }

    /// Sets the state of its disk, as if somebody had changed it.
    pub fn set_disk(&self, disk: Disk) {
        self.update(|state| state.disk = disk);
    }

    /// Sets the order of its boot devices.
    pub fn set_boot_order(&self, order: BootOrder) {
        self.update(|state| state.boot_order = order);
    }

    /// What it did, oldest first.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        self.0.live.lock().journal.steps()
    }

    /// Forgets its steps.
    pub fn clear_steps(&self) {
        self.0.live.lock().journal.clear();
    }

    /// Waits until its state is as wanted.
    pub async fn wait_until(
        &self,
        within: Duration,
        mut wanted: impl FnMut(&MachineState) -> bool,
    ) -> Result<MachineState, Late> {
        let mut changes = self.0.state.subscribe();
        let found = tokio::time::timeout(within, changes.wait_for(|state| wanted(state))).await;
        if let Ok(Ok(state)) = found {
            return Ok(state.clone());
        }
        Err(Late { index: self.0.index, waited: within, state: Box::new(self.state()) })
    }

    /// A channel that shows every change of its state.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<MachineState> {
        self.0.state.subscribe()
    }

    pub(crate) fn last_reset(&self) -> Timestamp {
        self.0.live.lock().last_reset
    }

    /// Changes the state for every reader at once.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut MachineState) -> T) -> T {
        let mut live = self.0.live.lock();
        let result = change(&mut live.state);
        self.0.state.send_replace(live.state.clone());
        result
    }

    /// Ends whatever it does, for good.
    pub(crate) fn halt(&self) {
        let mut live = self.0.live.lock();
        live.epoch += 1;
        if let Some(task) = live.task.take() {
            task.abort();
        }
    }
}
