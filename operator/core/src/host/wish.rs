//! What is asked of a host: the spec, checked.

use std::time::Duration;

use url::Url;

use super::{Identity, PropertyChange};
use crate::failure::Failure;

/// Everything that is asked of one host.
#[derive(Debug, Clone)]
pub struct HostWish {
    /// Who the machine must be.
    pub identity: Identity,
    /// Whether its firmware is UEFI.
    pub uefi: bool,
    /// Wanted power state; `None`: not managed.
    pub power: Option<PowerWish>,
    /// Reboot asked for.
    pub reboot: Option<RebootWish>,
    /// Installation asked for.
    pub install: Option<InstallWish>,
    /// Small properties as they should be.
    pub properties: Vec<PropertyChange>,
    /// Holds every effect back.
    pub suspended: bool,
}

/// Wanted power state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerWish {
    /// On.
    On,
    /// Off: the operating system is asked first.
    Off,
}

/// A reboot asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebootWish {
    /// Carried out once for each value.
    pub id: String,
    /// How.
    pub mode: RebootMode,
}

/// How to reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RebootMode {
    /// Shut down, cut the power when that takes too long, start.
    Graceful,
    /// Restart at once.
    Force,
    /// Off and on, so that the hardware loses power.
    PowerCycle,
}

/// An installation asked for.
#[derive(Debug, Clone)]
pub struct InstallWish {
    /// Carried out once for each value.
    pub id: String,
    /// Name of the profile.
    pub profile: String,
    /// Digest of the profile's content, for status.
    pub profile_digest: String,
    /// How the machine is made to boot the installer.
    pub method: Method,
    /// EFI program for UEFI HTTP boot, when the administrator serves one.
    pub http_boot_program: Option<Url>,
    /// A running host without history may be installed over.
    pub proceed_on_running: bool,
    /// Time for one attempt.
    pub timeout: Duration,
    /// Attempts after the first.
    pub retries: i32,
    /// What proves completion.
    pub completion: Completion,
    /// Whether profile, templates, values and images are there; if not, why.
    pub ready: Result<(), Failure>,
}

/// How the machine is made to boot the installer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// UEFI HTTP boot where it can work, else PXE; the next attempt takes the other.
    Auto,
    /// UEFI HTTP boot.
    HttpBoot,
    /// PXE.
    Pxe,
}

/// What proves that an installation is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// The installer calls back.
    Callback,
    /// The installer switches the machine off.
    PowerOff,
    /// The script was handed out.
    ScriptServed,
}
