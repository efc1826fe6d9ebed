//! What OCI tells of a rack besides its connection (`facts/oci.md §1.3`). A field is `None` where OCI does not say.

use crate::clock::Timestamp;

/// What the rack consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the one of CccInfrastructureInventory with the same name")]
pub struct Inventory {
    pub serial_number: Option<String>,
    pub management_node_count: Option<i32>,
    pub compute_node_count: Option<i32>,
    pub capacity_storage_tray_count: Option<i32>,
    pub performance_storage_tray_count: Option<i32>,
}

/// How the rack is joined to the customer's network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each field is the one of CccInfrastructureNetworkConfiguration with the same name"
)]
pub struct Network {
    /// Host name and address of each management node.
    pub management_nodes: Vec<(Option<String>, Option<String>)>,
    pub mgmt_vip_hostname: Option<String>,
    pub mgmt_vip_ip: Option<String>,
    pub spine_ips: Vec<String>,
    pub spine_vip: Option<String>,
    pub dns_ips: Vec<String>,
    pub uplink_domain: Option<String>,
    pub uplink_gateway_ip: Option<String>,
    pub uplink_netmask: Option<String>,
    pub uplink_port_count: Option<i32>,
    pub uplink_port_speed_in_gbps: Option<i32>,
    pub uplink_port_forward_error_correction: Option<String>,
    pub uplink_vlan_mtu: Option<i32>,
    pub uplink_vlan: Option<i32>,
    pub uplink_hsrp_group: Option<i32>,
    pub oracle_asn: Option<i64>,
    pub bgp_topology: Option<String>,
    /// Number and address of each BGP peer.
    pub bgp_peers: Vec<(Option<i64>, Option<String>)>,
}

/// The rack's software and its next upgrade.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the one of CccUpgradeInformation with the same name")]
pub struct Upgrade {
    pub current_version: Option<String>,
    pub time_of_scheduled_upgrade: Option<Timestamp>,
    /// ISO 8601 text.
    pub scheduled_upgrade_duration: Option<String>,
    pub is_active: Option<bool>,
}
