//! Where a search begins, and what may go wrong on the way.

use slipway_core::host::{Completion, RebootMode, Reset};

use super::{
    machine::{Disk, Machine, Runs},
    world::{Act, World},
};

/// What may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The process ends, and another one begins.
    Crash,
    /// The answer of the BMC to a reset is lost.
    AnswerLost,
    /// A call to the BMC is lost.
    RequestLost,
    /// The BMC refuses a call.
    Refused,
    /// The BMC takes a reset and does nothing.
    Ignored,
    /// The status is wiped.
    Wipe,
    /// Status and annotation are lost.
    Amnesia,
    /// The API server is restored from an older copy while the operator runs.
    Restore,
    /// The same while the operator is down.
    RestoreCold,
    /// The machine never gets to the boot service.
    Stuck,
    /// The installer never ends.
    Hang,
}

/// One search.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) machine: Machine,
    /// Installation that status and annotation know, at the beginning.
    pub(super) history: Option<u8>,
    /// `spec.install.id` and `spec.reboot.id`.
    pub(super) wanted: Option<u8>,
    pub(super) reboot: Option<u8>,
    /// A later `spec.install.id`, given at any moment.
    pub(super) changes_to: Option<u8>,
    pub(super) mode: RebootMode,
    pub(super) proceed: bool,
    pub(super) retries: i32,
    pub(super) completion: Completion,
    /// Whether the BMC has `LastResetTime`.
    pub(super) shows_resets: bool,
    pub(super) offers: Vec<Reset>,
    /// Whether the annotation is written before a reset that begins an installation too, not only at the end of the round.
    pub(super) remembers_first: bool,
    pub(super) faults: Vec<Fault>,
    pub(super) at_most: u8,
}

impl Scenario {
    /// A registered host that is off, with a foreign disk, and is asked to be installed; nothing goes wrong.
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            machine: Machine { runs: Runs::Nothing, disk: Disk::Foreign, network_next: false, leaving: None },
            history: None,
            wanted: Some(1),
            reboot: None,
            changes_to: None,
            mode: RebootMode::Force,
            proceed: false,
            retries: 1,
            completion: Completion::Callback,
            shows_resets: false,
            offers: Reset::ALL.iter().map(|(reset, _)| *reset).collect(),
            remembers_first: true,
            faults: Vec::new(),
            at_most: 0,
        }
    }

    /// The same with a host that runs its disk.
    pub(super) fn running(mut self, disk: Disk) -> Self {
        self.machine.runs = Runs::System;
        self.machine.disk = disk;
        if let Disk::Installed(id) = disk {
            self.history = Some(id);
        }
        self
    }

    /// The same where these faults occur, so many in all.
    pub(super) fn faults(mut self, faults: &[Fault], at_most: u8) -> Self {
        self.faults = faults.to_vec();
        self.at_most = at_most;
        self
    }

    /// The world at the beginning.
    pub(super) fn world(&self) -> World {
        let mut world = World::new(self.machine);
        world.wanted = self.wanted;
        world.reboot = self.reboot;
        world.faults_left = self.at_most;
        let mut record = slipway_core::host::Record { registered: true, ..Default::default() };
        if let Some(id) = self.history {
            let scene = crate::scene::Scene::new(slipway_core::host::Power::On);
            record.install =
                Some(scene.attempt(&id.to_string(), slipway_core::host::InstallStep::Installed, 1));
            world.completed.insert(id);
            world.api.memory = world.api.memory.updated(&record, None);
        }
        world.api.status = Some(record);
        world.normalise();
        world
    }

    pub(super) fn has(&self, fault: Fault, world: &World) -> bool {
        world.faults_left > 0 && self.faults.contains(&fault)
    }

    /// Whether the machine may move between these two acts: while the operator writes, it makes no difference.
    pub(super) fn machine_moves(world: &World) -> bool {
        matches!(world.process.acts.front(), None | Some(Act::Run(..)))
    }
}

impl std::fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { mode, completion, shows_resets, faults, at_most, .. } = self;
        write!(formatter, "({mode:?}, {completion:?}, LastResetTime {shows_resets}, {at_most} of {faults:?})")
    }
}
