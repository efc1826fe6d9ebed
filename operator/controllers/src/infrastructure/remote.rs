//! From what OCI tells of a rack to the status' words.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use slipway_core::infrastructure::{Inventory, Network, Upgrade};
use slipway_crds::v1alpha1::{BgpPeer, ManagementNode, RackInventory, RackNetwork, UpgradeStatus};

use super::record::bounded;

fn short(text: Option<&String>) -> Option<String> {
    text.map(|text| bounded(text, 64))
}

fn long(text: Option<&String>) -> Option<String> {
    text.map(|text| bounded(text, 255))
}

fn all(texts: &[String]) -> Vec<String> {
    texts.iter().take(16).map(|text| bounded(text, 64)).collect()
}

pub(super) fn inventory(seen: &Inventory) -> RackInventory {
    RackInventory {
        serial_number: long(seen.serial_number.as_ref()),
        management_node_count: seen.management_node_count,
        compute_node_count: seen.compute_node_count,
        capacity_storage_tray_count: seen.capacity_storage_tray_count,
        performance_storage_tray_count: seen.performance_storage_tray_count,
    }
}

pub(super) fn network(seen: &Network) -> RackNetwork {
    let nodes = seen.management_nodes.iter().take(16);
    let peers = seen.bgp_peers.iter().take(16);
    RackNetwork {
        management_nodes: nodes
            .map(|(hostname, ip)| ManagementNode {
                hostname: long(hostname.as_ref()),
                ip: short(ip.as_ref()),
            })
            .collect(),
        mgmt_vip_hostname: long(seen.mgmt_vip_hostname.as_ref()),
        mgmt_vip_ip: short(seen.mgmt_vip_ip.as_ref()),
        spine_ips: all(&seen.spine_ips),
        spine_vip: short(seen.spine_vip.as_ref()),
        dns_ips: all(&seen.dns_ips),
        uplink_domain: long(seen.uplink_domain.as_ref()),
        uplink_gateway_ip: short(seen.uplink_gateway_ip.as_ref()),
        uplink_netmask: short(seen.uplink_netmask.as_ref()),
        uplink_port_count: seen.uplink_port_count,
        uplink_port_speed_in_gbps: seen.uplink_port_speed_in_gbps,
        uplink_port_forward_error_correction: short(seen.uplink_port_forward_error_correction.as_ref()),
        uplink_vlan_mtu: seen.uplink_vlan_mtu,
        uplink_vlan: seen.uplink_vlan,
        uplink_hsrp_group: seen.uplink_hsrp_group,
        oracle_asn: seen.oracle_asn,
        bgp_topology: short(seen.bgp_topology.as_ref()),
        bgp_peers: peers.map(|(asn, ip)| BgpPeer { asn: *asn, ip: short(ip.as_ref()) }).collect(),
    }
}

pub(super) fn upgrade(seen: &Upgrade, schedule_id: Option<&str>) -> UpgradeStatus {
    UpgradeStatus {
        schedule_id: schedule_id.map(|id| bounded(id, 255)),
        current_version: long(seen.current_version.as_ref()),
        time_of_scheduled_upgrade: seen.time_of_scheduled_upgrade.map(Time),
        scheduled_upgrade_duration: short(seen.scheduled_upgrade_duration.as_ref()),
        is_active: seen.is_active,
    }
}
