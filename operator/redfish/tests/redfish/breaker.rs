//! A BMC that fails again and again is left alone, and taken up again.

use std::time::Duration;

use slipway_core::{
    host::{Depth, HostPort, Reset},
    reason::Reason,
};
use slipway_redfish::BreakerCounts;
use slipway_sim::{Effect, Fault};

use crate::rack::Rack;

const CLOSED: BreakerCounts = BreakerCounts { closed: 1, half_open: 0, open: 0 };
const OPEN: BreakerCounts = BreakerCounts { closed: 0, half_open: 0, open: 1 };

#[tokio::test]
async fn three_failures_open_the_circuit_and_one_probe_closes_it() {
    let rack = Rack::new().await;
    rack.observe(Depth::Register).await.unwrap();
    rack.bmc().refuse_connections(true).await;
    for _ in 0..3 {
        assert_eq!(rack.observe(Depth::Power).await.unwrap_err().reason, Reason::ConnectionRefused);
    }
    assert_eq!(rack.hosts.breaker_counts(), OPEN);
    rack.bmc().refuse_connections(false).await;
    rack.bmc().clear_calls();
    let failure = rack.hosts.reset(&rack.endpoint(), Reset::ForceOff).await.unwrap_err();
    assert_eq!(failure.reason, Reason::CircuitOpen);
    assert!(
        failure.message.contains("2026-11-20T10:00:") && failure.message.contains("refuses connections"),
        "{failure}"
    );
    assert_eq!(rack.bmc().counters().connections, 0);
    rack.clock.advance(failure.retry_after.unwrap());
    rack.observe(Depth::Power).await.unwrap();
    assert_eq!(rack.hosts.breaker_counts(), CLOSED);
    // After an outage the way is looked up again: the firmware may be another.
    assert_eq!(rack.bmc().counters().gets, 3);
}

#[tokio::test]
async fn a_failed_probe_makes_the_pause_longer() {
    let rack = Rack::new().await;
    rack.bmc().add_fault(Fault::new(Effect::Status { code: 500, message_id: None }));
    for _ in 0..3 {
        assert_eq!(rack.observe(Depth::Power).await.unwrap_err().reason, Reason::BmcFault);
    }
    let first = rack.observe(Depth::Power).await.unwrap_err().retry_after.unwrap();
    rack.clock.advance(first);
    assert_eq!(rack.observe(Depth::Power).await.unwrap_err().reason, Reason::BmcFault);
    let second = rack.observe(Depth::Power).await.unwrap_err();
    assert_eq!(second.reason, Reason::CircuitOpen);
    assert!(second.retry_after.unwrap() > first, "{first:?} {second:?}");
}

#[tokio::test]
async fn a_bmc_that_answers_what_it_will_not_do_is_not_left_alone() {
    let rack = Rack::new().await;
    for effect in [Effect::RetryLater { seconds: 1 }, Effect::Status { code: 400, message_id: None }] {
        rack.bmc().clear_faults();
        rack.bmc().add_fault(Fault::new(effect).on("GET", "/Systems"));
        for _ in 0..5 {
            let failure = rack.observe(Depth::Power).await.unwrap_err();
            assert_ne!(failure.reason, Reason::CircuitOpen);
        }
    }
    assert_eq!(rack.hosts.breaker_counts(), CLOSED);
}

#[tokio::test]
async fn the_pause_ends_by_itself_at_five_minutes() {
    let rack = Rack::new().await;
    rack.bmc().refuse_connections(true).await;
    let mut longest = Duration::ZERO;
    for _ in 0..40 {
        let failure = rack.observe(Depth::Power).await.unwrap_err();
        if let Some(pause) = failure.retry_after {
            longest = longest.max(pause);
            rack.clock.advance(pause);
        }
    }
    assert!(longest > Duration::from_mins(3) && longest <= Duration::from_mins(6), "{longest:?}");
}
