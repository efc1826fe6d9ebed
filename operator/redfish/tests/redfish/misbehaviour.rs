//! Whatever a BMC answers to a look: the reason is right, the message names the address and shows no body.

use slipway_core::{
    failure::Effect as Happened,
    host::{Depth, HostPort},
    reason::Reason,
};
use slipway_sim::{Effect, Fault};

use crate::rack::Rack;

fn status(code: u16, message_id: Option<&str>) -> Effect {
    Effect::Status { code, message_id: message_id.map(str::to_owned) }
}

const GIB: u64 = 1 << 30;

#[tokio::test]
async fn each_bad_answer_has_its_reason_at_each_place() {
    let cases = [
        (status(400, None), Reason::BmcFault),
        (status(403, Some("Base.1.18.InsufficientPrivilege")), Reason::BmcFault),
        (status(500, Some("Base.1.18.InternalError")), Reason::BmcFault),
        (status(503, None), Reason::BmcBusy),
        (status(400, Some("IDRAC.2.8.SYS446")), Reason::BmcBusy),
        (status(302, None), Reason::NotRedfish),
        (Effect::Garbage, Reason::NotRedfish),
        (Effect::Html, Reason::NotRedfish),
        (Effect::Empty, Reason::NotRedfish),
        (Effect::Endless { bytes: GIB }, Reason::AnswerTooLarge),
        (Effect::CutBefore, Reason::Unreachable),
        (Effect::CutMiddle, Reason::Unreachable),
        (Effect::CutAfter, Reason::Unreachable),
    ];
    for (effect, reason) in cases {
        for place in
            ["/redfish/v1/", "/redfish/v1/Systems", "/redfish/v1/Systems/1", "/redfish/v1/Managers/1"]
        {
            let rack = Rack::new().await;
            // The root is part of every path: its first request only.
            let fault = Fault::new(effect.clone()).on("GET", place);
            rack.bmc().add_fault(if place == "/redfish/v1/" { fault.once() } else { fault });
            let failure = rack.observe(Depth::Register).await.unwrap_err();
            assert_eq!(failure.reason, reason, "{effect:?} at {place}: {failure}");
            assert_eq!(failure.effect, Happened::None);
            assert!(failure.message.contains(&rack.fleet.address(0)), "{failure}");
            assert!(!failure.message.contains("Log in") && !failure.message.contains('<'), "{failure}");
        }
    }
}

#[tokio::test]
async fn what_is_no_redfish_is_told_by_status_and_content_type() {
    let rack = Rack::new().await;
    rack.bmc().add_fault(Fault::new(Effect::Html));
    let failure = rack.observe(Depth::Register).await.unwrap_err();
    assert!(failure.message.contains("200") && failure.message.contains("text/html"), "{failure}");
    rack.bmc().clear_faults();
    rack.bmc().add_fault(Fault::new(status(404, None)).on("GET", "/redfish/v1/").once());
    assert_eq!(rack.observe(Depth::Register).await.unwrap_err().reason, Reason::NotRedfish);
}

#[tokio::test]
async fn a_slow_bmc_is_waited_for_and_a_hung_one_given_up() {
    let rack = Rack::impatient().await;
    rack.bmc().add_fault(Fault::new(Effect::Slow { millis: 50 }));
    rack.observe(Depth::Register).await.unwrap();
    rack.bmc().add_fault(Fault::new(Effect::Hang));
    let failure = rack.observe(Depth::Register).await.unwrap_err();
    assert_eq!(failure.reason, Reason::Unreachable);
    assert!(failure.message.contains("2s"), "{failure}");
}

#[tokio::test]
async fn a_bmc_that_says_when_is_believed() {
    let rack = Rack::new().await;
    rack.bmc().add_fault(Fault::new(Effect::RetryLater { seconds: 17 }).on("GET", "/Systems"));
    let failure = rack.observe(Depth::Power).await.unwrap_err();
    assert_eq!((failure.reason, failure.retry_after.unwrap().as_secs()), (Reason::BmcBusy, 17));
}

#[tokio::test]
async fn a_manager_that_is_not_there_keeps_nobody_from_being_available() {
    let rack = Rack::new().await;
    rack.bmc().add_fault(Fault::new(status(404, None)).on("GET", "/Managers"));
    let seen = rack.observe(Depth::Register).await.unwrap();
    assert!(seen.hardware.bmc_model.is_none() && seen.hardware.model.is_some());
}

#[tokio::test]
async fn a_system_that_moved_is_found_again() {
    let rack = Rack::new().await;
    rack.observe(Depth::Register).await.unwrap();
    rack.bmc().add_fault(Fault::new(status(404, None)).on("GET", "/Systems/1").once());
    rack.observe(Depth::Power).await.unwrap();
    rack.observe(Depth::Power).await.unwrap();
}

#[tokio::test]
async fn an_address_with_more_than_scheme_host_and_port_is_refused() {
    let rack = Rack::new().await;
    for tail in ["/redfish/v1", "/?x=1", "/#x"] {
        let mut endpoint = rack.endpoint();
        endpoint.address = format!("{}{tail}", rack.fleet.address(0)).parse().unwrap();
        let failure = rack.hosts.observe(&endpoint, Depth::Power).await.unwrap_err();
        assert_eq!(failure.reason, Reason::InvalidSpec, "{tail}");
    }
    assert_eq!(rack.bmc().counters().connections, 0);
}
