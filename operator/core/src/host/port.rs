//! The way to a machine's BMC, in few verbs.

use async_trait::async_trait;
use url::Url;

use super::{HostKey, Indicator, Observation, Reset};
use crate::{failure::Failure, secret::Secret, trust::Trust};

/// Where a BMC is and how to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The host this is for. The adapter keeps one worker for each address, whichever hosts it serves.
    pub host: HostKey,
    /// Scheme, host and port.
    pub address: Url,
    /// `Id` of the system, or the last segment of its path; needed where the BMC serves several.
    pub system_id: Option<String>,
    /// Account name.
    pub username: String,
    /// Its password.
    pub password: Secret,
    /// Changes whenever user name or password may have changed (the Secret's uid and resourceVersion): opens the lockout
    /// gate again.
    pub credentials_version: String,
    /// How the BMC's certificate is judged.
    pub trust: Trust,
}

/// How much to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// One GET: the system.
    Power,
    /// At most four GETs: all that `Available` needs.
    Register,
    /// [`Depth::Register`]'s and the Ethernet interfaces.
    Inventory,
}

/// Where the next start boots from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BootFrom {
    /// PXE, once.
    Network {
        /// Whether the firmware is UEFI (else legacy BIOS).
        uefi: bool,
    },
    /// UEFI HTTP boot, once.
    Http {
        /// What to load, where the BMC can be told (`HttpBootUri`); else DHCP says it.
        uri: Option<Url>,
    },
    /// The machine's own order: no override.
    Disk,
}

/// One property to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropertyChange {
    /// `AssetTag`.
    AssetTag(String),
    /// `IndicatorLED` or `LocationIndicatorActive`.
    Indicator(Indicator),
    /// `HostWatchdogTimer.FunctionEnabled`.
    HostWatchdog(bool),
}

/// A machine's BMC. Each call has its own deadline, waits for its turn at that BMC only, and is safe to drop.
#[async_trait]
pub trait HostPort: Send + Sync {
    /// Looks at the machine.
    async fn observe(&self, endpoint: &Endpoint, depth: Depth) -> Result<Observation, Failure>;

    /// Sends one reset. Success: the BMC took it, or the machine is already as the reset would leave it.
    /// [`crate::failure::Effect`] says whether a failed one may have happened. Never repeated by the adapter once sent.
    async fn reset(&self, endpoint: &Endpoint, reset: Reset) -> Result<(), Failure>;

    /// Sets where the next start boots from and reads it back; writes only what differs.
    async fn boot_from(&self, endpoint: &Endpoint, source: &BootFrom) -> Result<(), Failure>;

    /// Writes small properties: one PATCH of those that differ, then one each when the BMC refuses them together.
    async fn write_properties(&self, endpoint: &Endpoint, changes: &[PropertyChange]) -> Result<(), Failure>;

    /// Ends the session and forgets what is kept for the host. Best effort, bounded to a few seconds.
    async fn release(&self, host: &HostKey);
}
