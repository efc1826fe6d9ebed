//! What a person wishes of a host.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::install::InstallRequest;
use super::management::Management;
use super::status::BareMetalHostStatus;
use crate::reference::ConsumerReference;

/// What one machine should be.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "slipway.dev",
    version = "v1alpha1",
    kind = "BareMetalHost",
    plural = "baremetalhosts",
    singular = "baremetalhost",
    shortname = "sbmh",
    category = "slipway",
    namespaced,
    status = "BareMetalHostStatus",
    derive = "PartialEq",
    derive = "Default",
    doc = "BareMetalHost is one machine: a server behind a Redfish BMC.",
    printcolumn(
        name = "State",
        type_ = "string",
        json_path = ".status.phase",
        description = "Where the host is in its life; for people only"
    ),
    printcolumn(
        name = "Power",
        type_ = "string",
        json_path = ".status.power",
        description = "Power state as the BMC says"
    ),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].status"#,
        description = "Whether the host is as its spec asks"
    ),
    printcolumn(
        name = "MAC",
        type_ = "string",
        json_path = ".spec.bootMacs[0]",
        description = "First MAC address the host boots from"
    ),
    printcolumn(
        name = "Profile",
        type_ = "string",
        json_path = ".status.install.profile",
        description = "Profile of the latest install"
    ),
    printcolumn(
        name = "Step",
        type_ = "string",
        json_path = ".status.install.step",
        description = "How far the latest install is"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].reason"#,
        description = "Why the host is ready or not"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "Time since the object was made"
    ),
    printcolumn(
        name = "BMC",
        type_ = "string",
        json_path = ".spec.management.redfish.address",
        priority = 1,
        description = "Address of the BMC"
    ),
    printcolumn(
        name = "Model",
        type_ = "string",
        json_path = ".status.hardware.model",
        priority = 1,
        description = "Model of the machine"
    ),
    printcolumn(
        name = "Serial",
        type_ = "string",
        json_path = ".status.hardware.serial",
        priority = 1,
        description = "Serial number of the machine"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#,
        priority = 1,
        description = "What is going on, in words"
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!has(self.install) || self.install.method == 'VirtualMedia' || (has(self.bootMacs) && size(self.bootMacs) > 0)")
        .message("bootMacs is needed to recognise the host at network boot: list at least one MAC address, or set install.method to VirtualMedia"),
    validation = Rule::new("self.firmware != 'Bios' || self.architecture == 'x86_64'")
        .message("firmware Bios exists only on x86_64: set firmware to Uefi"),
    validation = Rule::new("!has(self.install) || self.install.method != 'HttpBoot' || self.firmware == 'Uefi'")
        .message("install.method HttpBoot needs UEFI: set firmware to Uefi or install.method to Pxe"),
)]
pub struct BareMetalHostSpec {
    /// How the machine is managed from outside: exactly one variant. Mutable.
    pub management: Management,
    /// MAC addresses the machine may boot from, lower case with colons; its identity at network boot. At most 16, each
    /// once. Needed to install by network boot. Mutable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 17)))]
    #[x_kube(
        merge_strategy = ListMerge::Set,
        validation = Rule::new("self.all(mac, mac.matches('^([0-9a-f]{2}:){5}[0-9a-f]{2}$'))")
            .message("bootMacs: write each MAC address in lower case with colons, such as 52:54:00:00:00:07"),
    )]
    pub boot_macs: Vec<String>,
    /// Who the machine must be. A mismatch stops everything. Left out: not checked. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Processor architecture. Default `x86_64`. Mutable.
    #[serde(default)]
    pub architecture: Architecture,
    /// How the machine's firmware boots. Default `Uefi`. Mutable.
    #[serde(default)]
    pub firmware: Firmware,
    /// Power to hold the machine at. Quote it: unquoted On and Off are booleans in YAML. Left out: power is not managed.
    /// Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<PowerWish>,
    /// The wish to reboot the host, once for each id. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reboot: Option<RebootRequest>,
    /// The wish to have an operating system on the host, once for each id. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install: Option<InstallRequest>,
    /// Asset tag to write to the BMC, one line of at most 63 characters. Left out: not managed. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    #[x_kube(validation = crate::rule::one_line("assetTag"))]
    pub asset_tag: Option<String>,
    /// State of the locator light. Quote Off. Left out: not managed. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator: Option<Indicator>,
    /// Whether the BMC acts on the host's watchdog timer. Left out: not managed. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_watchdog: Option<bool>,
    /// Who holds the host; reserved for Cluster API. Left out: nobody. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumer_ref: Option<ConsumerReference>,
    /// Stop every effect except deletion; observing goes on, and `status.plan` shows what would be done. Default false.
    /// Mutable.
    #[serde(default)]
    pub suspend: bool,
    /// What happens to the machine when this object is deleted. Default `Retain`: nothing. Mutable.
    #[serde(default)]
    pub deletion_policy: HostDeletionPolicy,
}

/// Who a machine must be: all the fields given must match what the BMC says.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.uuid) || has(self.serial)")
    .message("identity needs uuid, serial or both: give one, or remove identity"))]
pub struct Identity {
    /// UUID of the system, compared without regard to case. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 36))]
    #[x_kube(validation = crate::rule::uuid("uuid"))]
    pub uuid: Option<String>,
    /// Serial number of the system. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    #[x_kube(validation = crate::rule::one_line("serial"))]
    pub serial: Option<String>,
}

/// The wish to reboot a host, carried out once for each id.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RebootRequest {
    /// Id of this wish, echoed in `status.reboot.id`; a new id reboots again. Mutable.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = crate::rule::wish_id("reboot.id"))]
    pub id: String,
    /// How to reboot. Default `Graceful`. Mutable.
    #[serde(default)]
    pub mode: RebootMode,
}

/// Processor architecture.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Architecture {
    /// 64-bit x86.
    #[default]
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit Arm.
    #[serde(rename = "aarch64")]
    Aarch64,
}

/// How a machine's firmware boots.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Firmware {
    /// UEFI.
    #[default]
    Uefi,
    /// Legacy BIOS.
    Bios,
}

/// Power to hold a machine at.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[schemars(description = "")]
pub enum PowerWish {
    /// Powered on.
    On,
    /// Powered off, gracefully first.
    Off,
}

/// How to reboot.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RebootMode {
    /// Ask the operating system, and force after a while.
    #[default]
    Graceful,
    /// Reset at once.
    Force,
    /// Cut the power and give it back.
    PowerCycle,
}

/// State of the locator light.
#[derive(JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[schemars(description = "")]
pub enum Indicator {
    /// Dark.
    Off,
    /// Lit.
    Lit,
    /// Blinking.
    Blinking,
}

/// What happens to the machine when its object is deleted.
#[derive(JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HostDeletionPolicy {
    /// Leave the machine as it is.
    #[default]
    Retain,
    /// Power it off.
    PowerOff,
}
