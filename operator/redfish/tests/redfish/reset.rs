//! Resets: sent once, judged by what is known afterwards.

use std::time::Duration;

use slipway_core::{
    failure::Effect as Happened,
    host::{Depth, HostPort, Power, Reset},
    reason::Reason,
};
use slipway_sim::{Disk, Effect, Fault, FleetConfig, Shape};

use crate::rack::{Rack, count, short};

async fn running(shape: &str) -> Rack {
    let config = FleetConfig {
        shapes: vec![Shape::named(shape).unwrap()],
        disk: Disk::Installed { generation: 1 },
        powered_on: true,
        ..FleetConfig::new(1)
    };
    let rack = Rack::with(config, short()).await;
    rack.observe(Depth::Register).await.unwrap();
    rack.bmc().clear_calls();
    rack
}

fn status(code: u16, message_id: Option<&str>) -> Effect {
    Effect::Status { code, message_id: message_id.map(str::to_owned) }
}

#[tokio::test]
async fn each_outcome_says_whether_it_may_have_happened_and_none_is_sent_twice() {
    let (none, unknown) = (Happened::None, Happened::Unknown);
    for (effect, reason, happened, resets) in [
        (status(400, None), Reason::ResetRefused, none, 0),
        (status(400, Some("Base.1.18.ActionParameterNotSupported")), Reason::ResetUnsupported, none, 0),
        (status(409, Some("IDRAC.2.8.ActionParameterValueConflict")), Reason::BmcBusy, none, 0),
        (status(405, None), Reason::ResetRefused, none, 0),
        (status(403, None), Reason::BmcFault, none, 0),
        (status(500, None), Reason::ResetRefused, unknown, 0),
        (Effect::RetryLater { seconds: 3 }, Reason::BmcBusy, none, 0),
        (Effect::Html, Reason::NotRedfish, unknown, 0),
        (Effect::CutBefore, Reason::Unreachable, unknown, 0),
        (Effect::CutAfter, Reason::Unreachable, unknown, 1),
        (Effect::Hang, Reason::Unreachable, unknown, 0),
        (Effect::HangAfter, Reason::Unreachable, unknown, 1),
        (Effect::Endless { bytes: 1 << 30 }, Reason::AnswerTooLarge, unknown, 0),
    ] {
        let rack = running("generic").await;
        rack.bmc().add_fault(Fault::new(effect.clone()).on("POST", "ComputerSystem.Reset"));
        let failure = rack.hosts.reset(&rack.endpoint(), Reset::ForceRestart).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (reason, happened), "{effect:?}: {failure}");
        assert_eq!(rack.bmc().counters().reset_count(), resets, "{effect:?}");
        let calls = rack.calls();
        assert_eq!(count(&calls, "POST"), 1, "{effect:?}: {calls:#?}");
    }
}

#[tokio::test]
async fn a_success_without_a_body_or_with_a_broken_one_has_happened() {
    for effect in [Effect::Empty, Effect::Slow { millis: 50 }, Effect::Garbage] {
        let rack = running("generic").await;
        rack.bmc().add_fault(Fault::new(effect.clone()).on("POST", "ComputerSystem.Reset"));
        rack.hosts.reset(&rack.endpoint(), Reset::ForceRestart).await.unwrap();
        let calls = rack.calls();
        assert_eq!(calls.len(), 1, "{effect:?}: {calls:#?}");
    }
}

#[tokio::test]
async fn nobody_reached_is_nothing_happened() {
    let rack = running("generic").await;
    rack.bmc().refuse_connections(true).await;
    let failure = rack.hosts.reset(&rack.endpoint(), Reset::ForceOff).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::ConnectionRefused, Happened::None), "{failure}");
}

#[tokio::test]
async fn a_refusal_of_what_is_so_already_is_a_success() {
    for (shape, refused) in [("dell-idrac9", "409"), ("hpe-ilo5", "400")] {
        let rack = running(shape).await;
        rack.hosts.reset(&rack.endpoint(), Reset::On).await.unwrap();
        let calls = rack.calls();
        assert!(calls[0].starts_with("POST") && calls[0].ends_with(refused), "{shape}: {calls:#?}");
        assert_eq!((calls.len(), rack.bmc().counters().reset_count()), (2, 0), "{shape}: {calls:#?}");
    }
}

#[tokio::test]
async fn a_restart_of_a_machine_that_is_off_is_refused_and_nothing_happens() {
    let rack = Rack::new().await;
    let failure = rack.hosts.reset(&rack.endpoint(), Reset::ForceRestart).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::ResetRefused, Happened::None), "{failure}");
    assert!(failure.message.contains("ChassisPowerStateOnRequired"), "{failure}");
}

#[tokio::test]
async fn a_reset_that_the_bmc_does_not_offer_is_not_sent() {
    let rack = running("hpe-ilo5").await;
    let failure = rack.hosts.reset(&rack.endpoint(), Reset::PowerCycle).await.unwrap_err();
    assert_eq!(failure.reason, Reason::ResetUnsupported);
    assert!(failure.message.contains("ForceRestart"), "{failure}");
    assert_eq!(rack.bmc().counters().calls, 0);
}

#[tokio::test]
async fn a_target_that_moved_is_found_and_the_reset_sent_there() {
    let rack = running("generic").await;
    let gone = Fault::new(status(404, None)).on("POST", "ComputerSystem.Reset").once();
    rack.bmc().add_fault(gone);
    rack.hosts.reset(&rack.endpoint(), Reset::ForceRestart).await.unwrap();
    assert_eq!(rack.bmc().counters().reset_count(), 1);
}

#[tokio::test]
async fn power_is_followed_through_its_states() {
    let rack = running("generic").await;
    assert_eq!(rack.observe(Depth::Power).await.unwrap().power, Power::On);
    rack.hosts.reset(&rack.endpoint(), Reset::GracefulShutdown).await.unwrap();
    let off = |state: &slipway_sim::MachineState| state.power == slipway_sim::Power::Off;
    rack.fleet.machine(0).wait_until(Duration::from_secs(20), off).await.unwrap();
    assert_eq!(rack.observe(Depth::Power).await.unwrap().power, Power::Off);
}
