//! A machine with its BMC, as small as it can be.

use slipway_core::host::{BootFrom, Power, Reset};

use super::world::Request;

/// One try at one installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Try {
    pub(super) id: u8,
    pub(super) attempt: i32,
}

/// What runs at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Runs {
    /// The machine is off.
    Nothing,
    /// Firmware, on its way to the boot service.
    Firmware,
    /// Firmware that never gets there.
    Stuck,
    /// An installer.
    Installer(Try),
    /// An installer that never comes to an end.
    Hung(Try),
    /// An installer that is done and waits for its report to be kept.
    Reporting(Try),
    /// What is on the disk.
    System,
}

/// What is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Disk {
    /// Something that Slipway knows nothing of.
    Foreign,
    /// Half an installation.
    Torn,
    /// A whole one.
    Installed(u8),
}

/// A machine and its BMC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Machine {
    pub(super) runs: Runs,
    pub(super) disk: Disk,
    /// Whether a boot override towards the network is set. The machine asks the boot service with or without.
    pub(super) network_next: bool,
    /// The system was asked to shut down, by this request.
    pub(super) leaving: Option<Request>,
}

/// What a reset did to the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    None,
    WentOff,
    WentOn,
    Restarted,
}

impl Machine {
    pub(super) fn power(&self) -> Power {
        if self.runs == Runs::Nothing { Power::Off } else { Power::On }
    }

    /// The installer that runs, whatever it is at.
    pub(super) fn installer(&self) -> Option<Try> {
        match self.runs {
            Runs::Installer(of) | Runs::Hung(of) | Runs::Reporting(of) => Some(of),
            _ => None,
        }
    }

    pub(super) fn boot_from(&mut self, source: &BootFrom) {
        self.network_next = *source != BootFrom::Disk;
    }

    /// Starts, or starts again.
    pub(super) fn start(&mut self) {
        self.runs = Runs::Firmware;
        self.network_next = false;
        self.leaving = None;
    }

    pub(super) fn stop(&mut self) {
        self.runs = Runs::Nothing;
        self.leaving = None;
    }

    /// Carries a reset out.
    pub(super) fn reset(&mut self, reset: Reset, request: Request) -> Change {
        match (reset, self.power()) {
            (Reset::On | Reset::ForceRestart | Reset::PowerCycle, Power::Off) => {
                self.start();
                Change::WentOn
            }
            (Reset::ForceOff, Power::On) => {
                self.stop();
                Change::WentOff
            }
            (Reset::GracefulShutdown, Power::On) => {
                self.leaving = Some(request);
                Change::None
            }
            (Reset::GracefulRestart | Reset::ForceRestart | Reset::PowerCycle, Power::On) => {
                self.start();
                Change::Restarted
            }
            _ => Change::None,
        }
    }
}
