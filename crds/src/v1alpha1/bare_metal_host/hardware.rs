//! What a BMC tells of its machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the BMC tells of the machine; a field is left out when the BMC does not say.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HardwareStatus {
    /// `Id` of the system at its BMC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub system_id: Option<String>,
    /// Manufacturer of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub manufacturer: Option<String>,
    /// Model of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub model: Option<String>,
    /// Serial number of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub serial: Option<String>,
    /// UUID of the system, lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uuid: Option<String>,
    /// Version of the system's firmware.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub bios_version: Option<String>,
    /// Model of the BMC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub bmc_model: Option<String>,
    /// Version of the BMC's firmware.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub bmc_version: Option<String>,
    /// Number of processors (sockets).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub cpus: Option<i32>,
    /// Number of processor cores, all sockets together.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub cpu_cores: Option<i32>,
    /// Model of the processors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub cpu_model: Option<String>,
    /// Memory in MiB.
    #[serde(rename = "memoryMiB", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub memory_mib: Option<i64>,
    /// Network interfaces that the BMC knows, at most 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub nics: Vec<NetworkInterface>,
}

/// One network interface of a machine.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkInterface {
    /// MAC address, lower case with colons.
    #[schemars(length(max = 17))]
    pub mac: String,
    /// Name that the BMC gives the interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub name: Option<String>,
    /// Speed of the link in Mbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub speed_mbps: Option<i64>,
    /// Whether the link is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_up: Option<bool>,
}
