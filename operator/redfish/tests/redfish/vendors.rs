//! Every make of BMC through a whole launch.

use std::time::Duration;

use slipway_core::host::{BootFrom, Depth, HostPort, Power, Reset};
use slipway_sim::{Enabled, MachineState, Shape};

use crate::rack::{Rack, count};

const LONG: Duration = Duration::from_secs(20);

fn is_on(state: &MachineState) -> bool {
    state.power == slipway_sim::Power::On
}

/// Refused writes that each make needs: one at those whose habit cannot be known before. The next write needs none.
const REFUSED: [(&str, usize); 8] = [
    ("generic", 0),
    ("dell-idrac9", 0),
    ("hpe-ilo5", 0),
    ("lenovo-xcc", 0),
    // The fresh tag, then its strong form.
    ("supermicro-x13", 2),
    ("ami-megarac", 0),
    ("openbmc", 0),
    ("sushy-like", 0),
];

#[tokio::test]
async fn every_make_is_looked_at_told_to_boot_from_the_network_and_started() {
    for name in Shape::names() {
        let rack = Rack::named(name).await;
        let seen = rack.observe(Depth::Register).await.unwrap();
        let reads = count(&rack.calls(), "GET");
        assert!(reads <= 4, "{name}: {reads}");
        assert_eq!((seen.power, seen.hardware.uuid), (Power::Off, Some(rack.fleet.uuid(0))), "{name}");
        assert_eq!(seen.hardware.serial.unwrap(), rack.fleet.serial(0), "{name}");
        assert!(seen.can_boot_network, "{name}");

        rack.hosts.boot_from(&rack.endpoint(), &BootFrom::Network { uefi: true }).await.unwrap();
        let calls = rack.calls();
        let refused = count(&calls, "PATCH") - calls.iter().filter(|call| accepted(call)).count();
        let (_, expected) = REFUSED.iter().find(|(known, _)| *known == name).unwrap();
        assert_eq!(refused, *expected, "{name}: {calls:#?}");
        let state = rack.fleet.machine(0).state();
        let set = state.pending_override.unwrap_or(state.boot_override);
        assert_eq!(set.target, "Pxe", "{name}");
        assert_ne!(set.mode.as_deref(), Some("Legacy"), "{name}");

        rack.hosts.reset(&rack.endpoint(), Reset::On).await.unwrap();
        rack.fleet.machine(0).wait_until(LONG, is_on).await.unwrap();
        assert_eq!(rack.observe(Depth::Power).await.unwrap().power, Power::On, "{name}");
        assert_eq!(rack.bmc().counters().reset_count(), 1, "{name}");
    }
}

fn accepted(call: &str) -> bool {
    call.starts_with("PATCH") && (call.ends_with("200") || call.ends_with("204"))
}

#[tokio::test]
async fn every_make_goes_back_to_its_own_order() {
    for name in Shape::names() {
        let rack = Rack::named(name).await;
        rack.hosts.boot_from(&rack.endpoint(), &BootFrom::Network { uefi: true }).await.unwrap();
        rack.hosts.boot_from(&rack.endpoint(), &BootFrom::Disk).await.unwrap();
        let state = rack.fleet.machine(0).state();
        let set = state.pending_override.unwrap_or(state.boot_override);
        assert!(set.enabled == Enabled::Disabled || set.target == "Hdd", "{name}: {set:?}");
    }
}

#[tokio::test]
async fn every_make_that_can_boots_over_http() {
    for name in Shape::names() {
        let rack = Rack::named(name).await;
        let seen = rack.observe(Depth::Register).await.unwrap();
        if !seen.can_boot_http {
            continue;
        }
        let uri = Some("http://192.0.2.1/boot.efi".parse().unwrap());
        rack.hosts.boot_from(&rack.endpoint(), &BootFrom::Http { uri }).await.unwrap();
        let state = rack.fleet.machine(0).state();
        let set = state.pending_override.unwrap_or(state.boot_override);
        assert_eq!(set.target, "UefiHttp", "{name}");
        if rack.bmc().shape().boot.http_boot_uri {
            assert_eq!(set.http_boot_uri.as_deref(), Some("http://192.0.2.1/boot.efi"), "{name}");
        }
    }
}

#[tokio::test]
async fn an_inventory_is_read_from_every_make() {
    for name in Shape::names() {
        let rack = Rack::named(name).await;
        let seen = rack.observe(Depth::Inventory).await.unwrap();
        assert_eq!(seen.hardware.nics.len(), 2, "{name}");
        assert!(
            seen.resets.contains(&Reset::On) && seen.resets.contains(&Reset::ForceOff),
            "{name}: {:?}",
            seen.resets
        );
        assert!(seen.hardware.bmc_version.is_some(), "{name}");
    }
}
