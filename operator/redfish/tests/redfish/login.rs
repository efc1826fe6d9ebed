//! Being let in, and staying out when told so.

use std::time::Duration;

use slipway_core::{
    host::{Depth, HostPort, Reset},
    reason::Reason,
    secret::Secret,
};
use slipway_sim::{Effect, Fault, Shape};

use crate::rack::{Rack, count};

#[tokio::test]
async fn a_wrong_password_is_tried_twice_and_then_never_until_the_secret_changes() {
    for shape in ["generic", "supermicro-x13", "sushy-like", "ami-megarac"] {
        let rack = Rack::named(shape).await;
        let mut endpoint = rack.endpoint();
        endpoint.password = Secret::new("canary");
        for _ in 0..5 {
            let failure = rack.hosts.observe(&endpoint, Depth::Register).await.unwrap_err();
            assert_eq!(failure.reason, Reason::CredentialsRefused, "{shape}: {failure}");
            assert!(!failure.message.contains("canary"));
            let failure = rack.hosts.reset(&endpoint, Reset::ForceOff).await.unwrap_err();
            assert_eq!(failure.reason, Reason::CredentialsRefused, "{shape}: {failure}");
        }
        let counters = rack.bmc().counters();
        assert_eq!((counters.failed_logins, counters.reset_count()), (2, 0), "{shape}");
        assert!(!rack.bmc().is_locked_out(), "{shape}");
        endpoint.password = rack.endpoint().password;
        endpoint.credentials_version = "secret-2".to_owned();
        rack.hosts.observe(&endpoint, Depth::Register).await.unwrap();
    }
}

#[tokio::test]
async fn a_closed_gate_costs_no_request() {
    let rack = Rack::new().await;
    let mut endpoint = rack.endpoint();
    endpoint.password = Secret::new("wrong");
    rack.hosts.observe(&endpoint, Depth::Power).await.unwrap_err();
    rack.hosts.observe(&endpoint, Depth::Power).await.unwrap_err();
    rack.bmc().clear_calls();
    for _ in 0..3 {
        rack.hosts.observe(&endpoint, Depth::Power).await.unwrap_err();
    }
    assert_eq!(rack.bmc().counters().calls, 0);
}

#[tokio::test]
async fn a_session_that_ended_is_renewed_once_and_the_work_goes_on() {
    let rack = Rack::new().await;
    rack.observe(Depth::Register).await.unwrap();
    rack.bmc().expire_sessions();
    rack.bmc().clear_calls();
    rack.observe(Depth::Power).await.unwrap();
    let calls = rack.calls();
    assert_eq!((count(&calls, "GET"), count(&calls, "POST"), calls.len()), (2, 1, 3), "{calls:#?}");
    rack.bmc().expire_sessions();
    rack.hosts.reset(&rack.endpoint(), Reset::On).await.unwrap();
    assert_eq!(rack.bmc().counters().resets.get("On"), Some(&1));
}

#[tokio::test]
async fn a_bmc_that_takes_the_login_and_refuses_the_rest_is_not_asked_again_and_again() {
    let rack = Rack::new().await;
    let refusal = Effect::Status { code: 401, message_id: None };
    rack.bmc().add_fault(Fault::new(refusal).on("GET", "/Systems"));
    for _ in 0..3 {
        assert_eq!(rack.observe(Depth::Power).await.unwrap_err().reason, Reason::CredentialsRefused);
    }
    let counters = rack.bmc().counters();
    assert!(counters.logins <= 3 && counters.failed_logins == 0, "{counters:?}");
}

#[tokio::test]
async fn a_session_that_idled_too_long_is_renewed_ahead() {
    let mut shape = Shape::generic();
    shape.sessions.timeout = Duration::from_mins(2);
    let rack = Rack::of(shape).await;
    rack.observe(Depth::Inventory).await.unwrap();
    rack.bmc().clear_calls();
    rack.clock.advance(Duration::from_secs(119));
    rack.observe(Depth::Power).await.unwrap();
    assert_eq!(rack.calls().len(), 1);
    rack.clock.advance(Duration::from_mins(2));
    rack.observe(Depth::Power).await.unwrap();
    let calls = rack.calls();
    assert_eq!((count(&calls, "POST"), count(&calls, "GET"), calls.len()), (1, 1, 2), "{calls:#?}");
}

#[tokio::test]
async fn a_bmc_without_room_for_a_session_is_spoken_to_by_basic_and_asked_again_later() {
    for shape in ["generic", "dell-idrac9"] {
        let mut shape = Shape::named(shape).unwrap();
        shape.sessions.limit = 0;
        let rack = Rack::of(shape).await;
        rack.observe(Depth::Register).await.unwrap();
        rack.observe(Depth::Power).await.unwrap();
        let calls = rack.calls();
        assert_eq!(count(&calls, "POST"), 1, "{calls:#?}");
        rack.clock.advance(Duration::from_mins(11));
        rack.observe(Depth::Power).await.unwrap();
        let calls = rack.calls();
        assert_eq!((count(&calls, "POST"), count(&calls, "GET")), (1, 1), "{calls:#?}");
    }
}

#[tokio::test]
async fn a_bmc_without_sessions_is_spoken_to_by_basic() {
    let rack = Rack::named("sushy-like").await;
    rack.observe(Depth::Register).await.unwrap();
    let counters = rack.bmc().counters();
    assert_eq!((counters.logins, counters.basic, counters.writes), (0, 3, 0));
}

#[tokio::test]
async fn a_password_that_must_be_changed_is_said_so() {
    let rack = Rack::new().await;
    let message_id = Some("Base.1.18.PasswordChangeRequired".to_owned());
    let refusal = Fault::new(Effect::Status { code: 403, message_id }).on("GET", "/Systems");
    rack.bmc().add_fault(refusal);
    assert_eq!(rack.observe(Depth::Power).await.unwrap_err().reason, Reason::PasswordChangeRequired);
}

#[tokio::test]
async fn a_changed_secret_ends_the_old_session() {
    let rack = Rack::new().await;
    rack.observe(Depth::Power).await.unwrap();
    let mut endpoint = rack.endpoint();
    rack.bmc().set_password("next");
    endpoint.password = Secret::new("next");
    endpoint.credentials_version = "secret-2".to_owned();
    rack.hosts.observe(&endpoint, Depth::Power).await.unwrap();
    let counters = rack.bmc().counters();
    assert_eq!((counters.logins, counters.logouts, counters.failed_logins), (2, 1, 0));
}
