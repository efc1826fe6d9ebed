//! What a machine is doing.

use super::boot_override::BootOverride;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Power state as Redfish names it (DSP0268, Resource.PowerState).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Power {
    /// On.
    On,
    /// Off.
    Off,
    /// On its way up.
    PoweringOn,
    /// On its way down.
    PoweringOff,
}

/// What a powered machine does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Activity {
    /// Nothing: no power.
    Off,
    /// Power-on self test.
    Post,
    /// Firmware and iPXE at work on the network.
    NetworkBoot,
    /// An installer runs.
    Installing,
    /// The installer has stopped and waits for a person.
    InstallerStopped {
        /// Why.
        reason: String,
    },
    /// The operating system runs from disk.
    Disk {
        /// Which installation, from 1.
        generation: u32,
    },
    /// A system runs from memory, booted from the network.
    Memory,
    /// The firmware shows its setup screen.
    Setup,
    /// The firmware found nothing to boot.
    NoBootableDevice,
    /// Stuck before any operating system.
    Hung {
        /// Why.
        reason: String,
    },
}

/// State of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Disk {
    /// Never written.
    Empty,
    /// An installation began and did not end.
    Partial,
    /// Bootable.
    Installed {
        /// Which installation, from 1.
        generation: u32,
    },
}

/// Order of the boot devices without an override.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BootOrder {
    /// Disk only.
    Disk,
    /// Network, then disk.
    NetworkThenDisk,
    /// Disk, then network.
    DiskThenNetwork,
}

/// Kind of firmware; decides what iPXE does with a body that is no script (facts/boot.md §A6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Firmware {
    /// UEFI: a clean error.
    Uefi,
    /// BIOS: the body is executed and the machine hangs.
    Bios,
}

/// A view of a machine at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MachineState {
    /// Power.
    pub power: Power,
    /// What it does.
    pub activity: Activity,
    /// Its disk.
    pub disk: Disk,
    /// Order of the boot devices.
    pub boot_order: BootOrder,
    /// The override in force.
    pub boot_override: BootOverride,
    /// An override written to a settings object, in force from the next boot.
    pub pending_override: Option<BootOverride>,
    /// Power-on self tests begun.
    pub boots: u32,
    /// Times a powered machine was reset, cycled or switched off, by the BMC or a person.
    pub interruptions: u32,
    /// Installations begun.
    pub installs_started: u32,
    /// Installations ended well.
    pub installs: u32,
    /// Number of the latest installation that ended well, those before the fleet's start included.
    pub generation: u32,
    /// Installations begun over an installed disk.
    pub wipes: u32,
    /// Times iPXE asked for its first script.
    pub script_requests: u32,
}

impl MachineState {
    pub(super) fn new(disk: Disk, boot_order: BootOrder, powered_on: bool) -> Self {
        let (power, activity) = match (powered_on, disk) {
            (false, _) => (Power::Off, Activity::Off),
            (true, Disk::Installed { generation }) => (Power::On, Activity::Disk { generation }),
            (true, _) => (Power::On, Activity::NoBootableDevice),
        };
        Self {
            power,
            activity,
            disk,
            boot_order,
            boot_override: BootOverride::default(),
            pending_override: None,
            boots: 0,
            interruptions: 0,
            installs_started: 0,
            installs: 0,
            generation: if let Disk::Installed { generation } = disk { generation } else { 0 },
            wipes: 0,
            script_requests: 0,
        }
    }

    /// Whether an operating system runs that would answer the power button.
    #[must_use]
    pub fn runs_os(&self) -> bool {
        matches!(self.activity, Activity::Disk { .. } | Activity::Memory)
    }

    /// Whether the system runs from disk.
    #[must_use]
    pub fn runs_from_disk(&self) -> bool {
        matches!(self.activity, Activity::Disk { .. })
    }
}

/// Kind of reset (DSP0268, Resource.ResetType), as far as the simulated machines know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResetType {
    /// Power on.
    On,
    /// Power on, whatever the state.
    ForceOn,
    /// Power off at once.
    ForceOff,
    /// Ask the operating system to shut down.
    GracefulShutdown,
    /// Ask the operating system to restart.
    GracefulRestart,
    /// Restart at once.
    ForceRestart,
    /// Power off and on.
    PowerCycle,
    /// A short press of the power button.
    PushPowerButton,
    /// Diagnostic interrupt; no effect here.
    Nmi,
}

const RESET_NAMES: [(&str, ResetType); 9] = [
    ("On", ResetType::On),
    ("ForceOn", ResetType::ForceOn),
    ("ForceOff", ResetType::ForceOff),
    ("GracefulShutdown", ResetType::GracefulShutdown),
    ("GracefulRestart", ResetType::GracefulRestart),
    ("ForceRestart", ResetType::ForceRestart),
    ("PowerCycle", ResetType::PowerCycle),
    ("PushPowerButton", ResetType::PushPowerButton),
    ("Nmi", ResetType::Nmi),
];

/// A reset type that the machines do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown reset type")]
pub struct UnknownReset;

impl FromStr for ResetType {
    type Err = UnknownReset;

    fn from_str(name: &str) -> Result<Self, UnknownReset> {
        RESET_NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind).ok_or(UnknownReset)
    }
}
