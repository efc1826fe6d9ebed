//! What a verb costs, counted at the BMC.

use slipway_core::host::{BootFrom, Depth, HostPort, Power, Reset};
use slipway_sim::Shape;

use crate::rack::{Rack, count};

#[tokio::test]
async fn the_first_look_reads_all_that_available_needs_in_four_gets_and_a_login() {
    let rack = Rack::new().await;
    let seen = rack.observe(Depth::Register).await.unwrap();
    let calls = rack.calls();
    assert_eq!((count(&calls, "GET"), count(&calls, "POST"), calls.len()), (4, 1, 5), "{calls:#?}");
    let hardware = seen.hardware;
    assert_eq!(seen.power, Power::Off);
    assert_eq!(hardware.uuid.unwrap(), rack.fleet.uuid(0));
    assert_eq!(hardware.serial.unwrap(), rack.fleet.serial(0));
    assert_eq!(
        (hardware.manufacturer.as_deref(), hardware.model.as_deref()),
        (Some("Contoso"), Some("CR-2000"))
    );
    assert_eq!(
        (hardware.bios_version.as_deref(), hardware.cpus, hardware.memory_mib),
        (Some("2.4.1"), Some(2), Some(262_144))
    );
    assert_eq!(
        (hardware.bmc_model.as_deref(), hardware.bmc_version.as_deref()),
        (Some("CB-300"), Some("3.1.0"))
    );
    assert!(seen.can_boot_network && seen.can_boot_http && !seen.network_override_set);
    assert!(seen.last_reset_time.is_some() && seen.boot_progress.is_some() && seen.pin.is_none());
    assert_eq!(seen.resets, Reset::ALL.map(|(reset, _)| reset).into());
}

#[tokio::test]
async fn every_further_look_at_the_power_is_one_get_on_one_connection_without_a_login() {
    let rack = Rack::new().await;
    rack.observe(Depth::Register).await.unwrap();
    rack.bmc().clear_calls();
    for _ in 0..10 {
        rack.observe(Depth::Power).await.unwrap();
    }
    let counters = rack.bmc().counters();
    assert_eq!((counters.calls, counters.gets, counters.logins, counters.connections), (10, 10, 0, 10));
    assert_eq!(rack.bmc().open_sessions(), 1);
    assert_eq!((rack.counted("login", "2xx"), rack.counted("read", "2xx")), (1, 14));
}

#[tokio::test]
async fn looks_after_that_cost_what_they_read() {
    let rack = Rack::new().await;
    rack.observe(Depth::Register).await.unwrap();
    rack.bmc().clear_calls();
    rack.observe(Depth::Register).await.unwrap();
    assert_eq!(rack.calls().len(), 2);
    let seen = rack.observe(Depth::Inventory).await.unwrap();
    let macs: Vec<_> = seen.hardware.nics.iter().map(ToString::to_string).collect();
    assert_eq!(macs, rack.fleet.machine(0).identity().macs);
    assert_eq!(seen.hardware.bmc_model.as_deref(), Some("CB-300"));
    assert!(count(&rack.calls(), "POST") == 0);
}

#[tokio::test]
async fn after_a_restart_of_the_operator_the_power_is_found_again() {
    let rack = Rack::new().await;
    rack.restarted().observe(&rack.endpoint(), Depth::Power).await.unwrap();
    let calls = rack.calls();
    assert_eq!((count(&calls, "GET"), count(&calls, "POST")), (3, 1), "{calls:#?}");
}

#[tokio::test]
async fn a_reset_is_one_post_and_a_boot_override_three_requests() {
    let rack = Rack::new().await;
    rack.observe(Depth::Register).await.unwrap();
    rack.bmc().clear_calls();
    rack.hosts.boot_from(&rack.endpoint(), &BootFrom::Network { uefi: true }).await.unwrap();
    let calls = rack.calls();
    assert_eq!((count(&calls, "GET"), count(&calls, "PATCH"), calls.len()), (2, 1, 3), "{calls:#?}");
    rack.hosts.boot_from(&rack.endpoint(), &BootFrom::Network { uefi: true }).await.unwrap();
    assert_eq!(rack.calls().len(), 1, "set already: looked at, not written");
    rack.hosts.reset(&rack.endpoint(), Reset::On).await.unwrap();
    let calls = rack.calls();
    assert_eq!((count(&calls, "POST"), calls.len()), (1, 1), "{calls:#?}");
}

#[tokio::test]
async fn allowed_resets_that_are_listed_elsewhere_are_read_once() {
    let rack = Rack::of(Shape::named("openbmc").unwrap()).await;
    assert!(rack.observe(Depth::Register).await.unwrap().resets.is_empty());
    rack.bmc().clear_calls();
    rack.hosts.reset(&rack.endpoint(), Reset::On).await.unwrap();
    assert_eq!(rack.calls().len(), 2);
    rack.hosts.reset(&rack.endpoint(), Reset::ForceOff).await.unwrap();
    assert_eq!(rack.calls().len(), 1);
    assert!(rack.observe(Depth::Power).await.unwrap().resets.contains(&Reset::PowerCycle));
}

#[tokio::test]
async fn a_released_host_leaves_no_session_behind() {
    let rack = Rack::new().await;
    rack.observe(Depth::Power).await.unwrap();
    rack.hosts.release(&rack.endpoint().host).await;
    assert_eq!((rack.bmc().open_sessions(), rack.bmc().counters().logouts), (0, 1));
    rack.hosts.release(&rack.endpoint().host).await;
    rack.observe(Depth::Power).await.unwrap();
    rack.hosts.close().await;
    assert_eq!((rack.bmc().open_sessions(), rack.bmc().counters().logouts), (0, 2));
}
