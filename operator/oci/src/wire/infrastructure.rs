//! A rack's record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use slipway_core::{
    infrastructure::{
        self as domain, ConnectionState, Fingerprint, Inventory, Network, OWNER_TAG, Observation, Order,
        Upgrade,
    },
    secret::Secret,
};

use super::{Headers, filled, lenient, moment, secret};

/// `CccInfrastructure`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Infrastructure {
    id: String,
    short_name: Option<String>,
    display_name: Option<String>,
    description: Option<String>,
    compartment_id: Option<String>,
    subnet_id: Option<String>,
    connection_state: Option<String>,
    connection_details: Option<String>,
    ccc_upgrade_schedule_id: Option<String>,
    provisioning_fingerprint: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    provisioning_pin: Option<Secret>,
    time_created: String,
    time_updated: Option<String>,
    lifecycle_state: Option<String>,
    lifecycle_details: Option<String>,
    freeform_tags: Option<BTreeMap<String, String>>,
    #[serde(default, deserialize_with = "lenient", rename = "infrastructureInventory")]
    inventory: Option<WireInventory>,
    #[serde(default, deserialize_with = "lenient", rename = "infrastructureNetworkConfiguration")]
    network: Option<WireNetwork>,
    #[serde(default, deserialize_with = "lenient")]
    upgrade_information: Option<WireUpgrade>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireInventory {
    serial_number: Option<String>,
    management_node_count: Option<i32>,
    compute_node_count: Option<i32>,
    capacity_storage_tray_count: Option<i32>,
    performance_storage_tray_count: Option<i32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireNetwork {
    management_nodes: Option<Vec<WireNode>>,
    uplink_port_speed_in_gbps: Option<i32>,
    uplink_port_count: Option<i32>,
    uplink_vlan_mtu: Option<i32>,
    uplink_netmask: Option<String>,
    uplink_port_forward_error_correction: Option<String>,
    uplink_domain: Option<String>,
    uplink_gateway_ip: Option<String>,
    spine_ips: Option<Vec<String>>,
    spine_vip: Option<String>,
    mgmt_vip_hostname: Option<String>,
    mgmt_vip_ip: Option<String>,
    dns_ips: Option<Vec<String>>,
    infrastructure_routing_static: Option<WireStatic>,
    infrastructure_routing_dynamic: Option<WireDynamic>,
}

#[derive(Deserialize)]
struct WireNode {
    ip: Option<String>,
    hostname: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireStatic {
    uplink_vlan: Option<i32>,
    uplink_hsrp_group: Option<i32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDynamic {
    peer_information: Option<Vec<WirePeer>>,
    oracle_asn: Option<i64>,
    bgp_topology: Option<String>,
}

#[derive(Deserialize)]
struct WirePeer {
    asn: Option<i64>,
    ip: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUpgrade {
    current_version: Option<String>,
    time_of_scheduled_upgrade: Option<String>,
    scheduled_upgrade_duration: Option<String>,
    is_active: Option<bool>,
}

impl Infrastructure {
    /// What is observed of the rack; `None` when the body is no record of one. Identifier and time are what a record cannot do without.
    pub(crate) fn read(body: &[u8], headers: &Headers<'_>) -> Option<Observation> {
        let wire: Self = serde_json::from_slice(body).ok().filter(|wire: &Self| !wire.id.is_empty())?;
        Some(Observation {
            time_created: moment(Some(&wire.time_created))?,
            id: wire.id,
            short_name: filled(wire.short_name),
            display_name: wire.display_name.unwrap_or_default(),
            description: wire.description,
            compartment_id: wire.compartment_id.unwrap_or_default(),
            subnet_id: filled(wire.subnet_id),
            state: filled(wire.connection_state).map(|word| ConnectionState::from_wire(&word)),
            connection_details: filled(wire.connection_details),
            lifecycle_state: wire.lifecycle_state.unwrap_or_default(),
            lifecycle_details: filled(wire.lifecycle_details),
            pin: wire.provisioning_pin,
            fingerprint: wire.provisioning_fingerprint.as_deref().and_then(Fingerprint::new),
            upgrade_schedule_id: filled(wire.ccc_upgrade_schedule_id),
            time_updated: moment(wire.time_updated.as_deref()),
            freeform_tags: wire.freeform_tags.unwrap_or_default(),
            inventory: wire.inventory.map(WireInventory::observed),
            network: wire.network.map(WireNetwork::observed),
            upgrade: wire.upgrade_information.map(WireUpgrade::observed),
            etag: headers.etag(),
            seen_at: headers.date(),
        })
    }
}

impl WireInventory {
    fn observed(self) -> Inventory {
        Inventory {
            serial_number: filled(self.serial_number),
            management_node_count: self.management_node_count,
            compute_node_count: self.compute_node_count,
            capacity_storage_tray_count: self.capacity_storage_tray_count,
            performance_storage_tray_count: self.performance_storage_tray_count,
        }
    }
}

impl WireNetwork {
    fn observed(self) -> Network {
        let nodes = self.management_nodes.unwrap_or_default();
        let fixed = self.infrastructure_routing_static;
        let dynamic = self.infrastructure_routing_dynamic;
        let (oracle_asn, bgp_topology, peers) = dynamic.map_or((None, None, vec![]), |dynamic| {
            (dynamic.oracle_asn, dynamic.bgp_topology, dynamic.peer_information.unwrap_or_default())
        });
        Network {
            management_nodes: nodes.into_iter().map(|node| (node.hostname, node.ip)).collect(),
            mgmt_vip_hostname: filled(self.mgmt_vip_hostname),
            mgmt_vip_ip: filled(self.mgmt_vip_ip),
            spine_ips: self.spine_ips.unwrap_or_default(),
            spine_vip: filled(self.spine_vip),
            dns_ips: self.dns_ips.unwrap_or_default(),
            uplink_domain: filled(self.uplink_domain),
            uplink_gateway_ip: filled(self.uplink_gateway_ip),
            uplink_netmask: filled(self.uplink_netmask),
            uplink_port_count: self.uplink_port_count,
            uplink_port_speed_in_gbps: self.uplink_port_speed_in_gbps,
            uplink_port_forward_error_correction: filled(self.uplink_port_forward_error_correction),
            uplink_vlan_mtu: self.uplink_vlan_mtu,
            uplink_vlan: fixed.as_ref().and_then(|fixed| fixed.uplink_vlan),
            uplink_hsrp_group: fixed.and_then(|fixed| fixed.uplink_hsrp_group),
            oracle_asn,
            bgp_topology: filled(bgp_topology),
            bgp_peers: peers.into_iter().map(|peer| (peer.asn, peer.ip)).collect(),
        }
    }
}

impl WireUpgrade {
    fn observed(self) -> Upgrade {
        Upgrade {
            current_version: filled(self.current_version),
            time_of_scheduled_upgrade: moment(self.time_of_scheduled_upgrade.as_deref()),
            scheduled_upgrade_duration: filled(self.scheduled_upgrade_duration),
            is_active: self.is_active,
        }
    }
}

/// `CreateCccInfrastructureDetails`. The state is left out: OCI makes every record in `REJECT`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Creation<'a> {
    display_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    compartment_id: &'a str,
    subnet_id: &'a str,
    freeform_tags: BTreeMap<&'static str, &'a str>,
}

impl<'a> From<&'a domain::Creation> for Creation<'a> {
    fn from(creation: &'a domain::Creation) -> Self {
        Self {
            display_name: &creation.display_name,
            description: creation.description.as_deref(),
            compartment_id: &creation.compartment_id,
            subnet_id: &creation.subnet_id,
            freeform_tags: BTreeMap::from([(OWNER_TAG, creation.owner.as_str())]),
        }
    }
}

/// `UpdateCccInfrastructureDetails`. Tags are left out: those that are sent replace all that are there.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ccc_upgrade_schedule_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subnet_id: Option<&'a str>,
}

impl<'a> From<&'a domain::Change> for Change<'a> {
    fn from(change: &'a domain::Change) -> Self {
        Self {
            connection_state: change.order.map(|order| match order {
                Order::Ready => "READY",
                Order::Reject => "REJECT",
            }),
            ccc_upgrade_schedule_id: change.upgrade_schedule_id.as_deref(),
            display_name: change.display_name.as_deref(),
            description: change.description.as_deref(),
            subnet_id: change.subnet_id.as_deref(),
        }
    }
}
