//! One request at a time at each BMC, and nobody waits for another BMC.

use std::time::Duration;

use slipway_core::{
    host::{Depth, HostPort},
    reason::Reason,
};
use slipway_sim::{Effect, Fault, FleetConfig};

use crate::rack::{Rack, short};

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_bmc_that_hangs_costs_the_others_nothing() {
    let rack = Rack::with(FleetConfig::new(2), slipway_redfish::Limits::default()).await;
    let hang = rack.bmc().add_fault(Fault::new(Effect::Hang));
    let (hosts, endpoint) = (rack.hosts.clone(), rack.endpoint_of(0));
    let stuck = tokio::spawn(async move { hosts.observe(&endpoint, Depth::Power).await });
    assert!(rack.bmc().wait_for_hits(hang, 1, LONG).await);
    for _ in 0..3 {
        rack.hosts.observe(&rack.endpoint_of(1), Depth::Power).await.unwrap();
    }
    assert!(!stuck.is_finished());
    stuck.abort();
}

#[tokio::test]
async fn the_second_verb_waits_for_the_first() {
    let rack = Rack::with(FleetConfig::new(1), short()).await;
    rack.observe(Depth::Register).await.unwrap();
    rack.bmc().clear_calls();
    rack.bmc().add_fault(Fault::new(Effect::Hang).once());
    let endpoint = rack.endpoint();
    let (first, second) = tokio::join!(
        rack.hosts.observe(&endpoint, Depth::Power),
        rack.hosts.observe(&endpoint, Depth::Power)
    );
    assert_eq!(first.unwrap_err().reason, Reason::Unreachable);
    second.unwrap();
    let calls = rack.bmc().calls();
    assert_eq!(calls.len(), 2);
    assert!(calls[1].at >= calls[0].at + short().request, "{calls:#?}");
}

#[tokio::test]
async fn a_verb_that_is_dropped_gives_its_turn_on() {
    let rack = Rack::new().await;
    let hang = rack.bmc().add_fault(Fault::new(Effect::Hang).once());
    let (hosts, endpoint) = (rack.hosts.clone(), rack.endpoint());
    let stuck = tokio::spawn(async move { hosts.observe(&endpoint, Depth::Power).await });
    assert!(rack.bmc().wait_for_hits(hang, 1, LONG).await);
    stuck.abort();
    tokio::time::timeout(LONG, rack.observe(Depth::Power)).await.unwrap().unwrap();
}
