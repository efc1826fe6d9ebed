//! What Oracle Cloud tells of a rack (`facts/oci.md §1.3`); a field is left out when OCI does not say.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the rack consists of.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RackInventory {
    /// Serial number of the rack.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub serial_number: Option<String>,
    /// Number of management nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management_node_count: Option<i32>,
    /// Number of compute nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute_node_count: Option<i32>,
    /// Number of capacity storage trays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_storage_tray_count: Option<i32>,
    /// Number of performance storage trays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub performance_storage_tray_count: Option<i32>,
}

/// How the rack is joined to the customer's network.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RackNetwork {
    /// The management nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub management_nodes: Vec<ManagementNode>,
    /// Host name of the address that the management nodes share.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub mgmt_vip_hostname: Option<String>,
    /// Address that the management nodes share.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub mgmt_vip_ip: Option<String>,
    /// Addresses of the spine switches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 64)))]
    pub spine_ips: Vec<String>,
    /// Address that the spine switches share.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub spine_vip: Option<String>,
    /// Addresses of the name servers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(max = 64)))]
    pub dns_ips: Vec<String>,
    /// Domain of the uplink.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub uplink_domain: Option<String>,
    /// Gateway of the uplink.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uplink_gateway_ip: Option<String>,
    /// Netmask of the uplink.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uplink_netmask: Option<String>,
    /// Number of uplink ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uplink_port_count: Option<i32>,
    /// Speed of an uplink port in Gbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uplink_port_speed_in_gbps: Option<i32>,
    /// Forward error correction of the uplink ports, in OCI's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uplink_port_forward_error_correction: Option<String>,
    /// MTU of the uplink's VLAN in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uplink_vlan_mtu: Option<i32>,
    /// VLAN of the uplink with static routing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uplink_vlan: Option<i32>,
    /// HSRP group of the uplink with static routing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uplink_hsrp_group: Option<i32>,
    /// Autonomous system number of the rack with dynamic routing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oracle_asn: Option<i64>,
    /// Topology of the BGP sessions with dynamic routing, in OCI's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub bgp_topology: Option<String>,
    /// The BGP peers with dynamic routing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub bgp_peers: Vec<BgpPeer>,
}

/// One management node.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagementNode {
    /// Its host name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub hostname: Option<String>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub ip: Option<String>,
}

/// One BGP peer.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BgpPeer {
    /// Its autonomous system number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asn: Option<i64>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub ip: Option<String>,
}

/// The rack's software and its next upgrade.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeStatus {
    /// OCID of the schedule that is attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub schedule_id: Option<String>,
    /// Version that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub current_version: Option<String>,
    /// When the next upgrade is due (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_of_scheduled_upgrade: Option<Time>,
    /// How long it is expected to take, in OCI's words (ISO 8601).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub scheduled_upgrade_duration: Option<String>,
    /// Whether an upgrade or its preparation is running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
}
