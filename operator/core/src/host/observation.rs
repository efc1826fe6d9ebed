//! What a BMC says of its machine.

use std::collections::BTreeSet;

use super::{Indicator, Power, Reset};
use crate::mac_address::MacAddress;

/// One look at a machine through its BMC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// Power state.
    pub power: Power,
    /// What the machine is. Complete after [`super::Depth::Register`]; a [`super::Depth::Power`] look fills what the system
    /// resource itself shows (manufacturer, model, serial, UUID, BIOS, processors, memory).
    pub hardware: Hardware,
    /// `LastResetTime` as sent: when it changes, somebody reset the machine. `None` where the BMC does not have it.
    pub last_reset_time: Option<String>,
    /// `BootProgress.LastState` as sent.
    pub boot_progress: Option<String>,
    /// Resets that the BMC offers. Empty: it does not say.
    pub resets: BTreeSet<Reset>,
    /// Sources the BMC can boot from by override, in [`super::BootFrom`]'s terms: `(can_network, can_http)`.
    pub can_boot_network: bool,
    /// Whether `UefiHttp` is among the allowed override targets.
    pub can_boot_http: bool,
    /// Whether an override towards the network is set (`Once` or `Continuous`) at the moment.
    pub network_override_set: bool,
    /// Small properties as they are now.
    pub properties: Properties,
    /// Key that the peer showed, when trust is on first use; to be kept and used as a pin from now on.
    pub pin: Option<crate::trust::Pin>,
}

/// Inventory, as sent by the BMC; `None` where it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hardware {
    /// `Manufacturer` of the system.
    pub manufacturer: Option<String>,
    /// `Model` of the system.
    pub model: Option<String>,
    /// `SerialNumber` of the system; on Dell, whose people read the service tag, `SKU` (`facts/metal-peers.md §4.15`).
    pub serial: Option<String>,
    /// `UUID` of the system, lower case.
    pub uuid: Option<String>,
    /// `BiosVersion` of the system.
    pub bios_version: Option<String>,
    /// `ProcessorSummary.Count`.
    pub cpus: Option<i64>,
    /// `MemorySummary.TotalSystemMemoryGiB` in MiB.
    pub memory_mib: Option<i64>,
    /// `Model` of the manager.
    pub bmc_model: Option<String>,
    /// `FirmwareVersion` of the manager.
    pub bmc_version: Option<String>,
    /// Ethernet interfaces; filled by [`super::Depth::Inventory`] only.
    pub nics: Vec<MacAddress>,
}

/// `facts/metal-peers.md §4.13`. `None`: the machine does not have the property.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    /// `AssetTag`.
    pub asset_tag: Option<String>,
    /// `IndicatorLED` or `LocationIndicatorActive`.
    pub indicator: Option<Indicator>,
    /// `HostWatchdogTimer.FunctionEnabled`.
    pub host_watchdog: Option<bool>,
}
