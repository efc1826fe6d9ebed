//! Each fault, seen from outside.

use crate::SOON;
use crate::client::{Caller, http, message_of};
use futures::StreamExt;
use reqwest::Method;
use serde_json::json;
use slipway_sim::{Effect, Fault, Fleet, FleetConfig, Power};
use std::time::{Duration, Instant};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const RESET: &str = "ComputerSystem.Reset";

async fn one() -> (Fleet, Caller) {
    let fleet = Fleet::start(FleetConfig::new(1)).await.unwrap();
    let caller = Caller::new(&fleet, 0);
    (fleet, caller)
}

fn on_system(effect: Effect) -> Fault {
    Fault::new(effect).on("GET", SYSTEM)
}

#[tokio::test]
async fn slow_is_slow_and_right() {
    let (fleet, caller) = one().await;
    fleet.bmc(0).add_fault(on_system(Effect::Slow { millis: 300 }).once());
    let started = Instant::now();
    assert_eq!(caller.json(SYSTEM).await["PowerState"], "Off");
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_status_comes_with_or_without_a_body() {
    let (fleet, caller) = one().await;
    let message_id = Some("Base.1.18.InternalError".to_owned());
    fleet.bmc(0).add_fault(on_system(Effect::Status { code: 500, message_id }).once());
    fleet.bmc(0).add_fault(on_system(Effect::Status { code: 401, message_id: None }).once());
    let first = caller.get(SYSTEM).await;
    assert_eq!(first.status(), 500);
    assert_eq!(message_of(first).await, "InternalError");
    let second = caller.get(SYSTEM).await;
    assert_eq!((second.status().as_u16(), second.bytes().await.unwrap().len()), (401, 0));
    assert_eq!(caller.get(SYSTEM).await.status(), 200);
}

#[tokio::test]
async fn a_busy_bmc_says_when_to_come_back() {
    let (fleet, caller) = one().await;
    fleet.bmc(0).add_fault(on_system(Effect::RetryLater { seconds: 7 }));
    let response = caller.get(SYSTEM).await;
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()), (503, "7"));
}

#[tokio::test]
async fn bodies_can_be_garbage_html_or_nothing() {
    let (fleet, caller) = one().await;
    for (effect, start) in [(Effect::Garbage, "{\"Members\""), (Effect::Html, "<html>"), (Effect::Empty, "")]
    {
        let id = fleet.bmc(0).add_fault(on_system(effect));
        let response = caller.get(SYSTEM).await;
        assert_eq!(response.status(), 200);
        let text = response.text().await.unwrap();
        assert!(text.starts_with(start) && (start.is_empty() == text.is_empty()), "{text:?}");
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_err());
        fleet.bmc(0).remove_fault(id);
    }
}

#[tokio::test]
async fn an_endless_body_is_streamed() {
    let (fleet, caller) = one().await;
    fleet.bmc(0).add_fault(on_system(Effect::Endless { bytes: 3 << 20 }).once());
    assert_eq!(caller.get(SYSTEM).await.bytes().await.unwrap().len(), 3 << 20);
    fleet.bmc(0).add_fault(on_system(Effect::Endless { bytes: 1 << 30 }).once());
    let mut body = caller.get(SYSTEM).await.bytes_stream();
    let mut read = 0;
    while read < 1 << 20 {
        read += body.next().await.unwrap().unwrap().len();
    }
}

#[tokio::test]
async fn a_cut_before_does_nothing_and_a_cut_after_does_it() {
    let (fleet, caller) = one().await;
    let send = || async {
        let path = format!("{SYSTEM}/Actions/{RESET}");
        caller.request(Method::POST, &path).json(&json!({"ResetType": "On"})).send().await
    };
    let before = fleet.bmc(0).add_fault(Fault::new(Effect::CutBefore).on("POST", RESET));
    assert!(send().await.is_err());
    fleet.bmc(0).remove_fault(before);
    assert_eq!((fleet.machine(0).state().power, fleet.bmc(0).counters().reset_count()), (Power::Off, 0));
    fleet.bmc(0).add_fault(Fault::new(Effect::CutAfter).on("POST", RESET));
    assert!(send().await.is_err());
    assert_eq!(fleet.bmc(0).counters().reset_count(), 1);
    fleet.machine(0).wait_until(SOON, |state| state.power == Power::On).await.unwrap();
    let unanswered = fleet.bmc(0).calls().iter().filter(|call| call.status.is_none()).count();
    assert!(unanswered >= 2, "{unanswered}");
}

#[tokio::test]
async fn an_answer_can_stop_in_its_middle() {
    let (fleet, caller) = one().await;
    fleet.bmc(0).add_fault(on_system(Effect::CutMiddle).once());
    let response = caller.get(SYSTEM).await;
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_hang_holds_the_call_before_or_after_its_effect() {
    let (fleet, caller) = one().await;
    let bmc = fleet.bmc(0);
    for (effect, resets) in [(Effect::Hang, 0), (Effect::HangAfter, 1)] {
        let id = bmc.add_fault(Fault::new(effect).on("POST", RESET));
        let path = format!("{SYSTEM}/Actions/{RESET}");
        let call = caller.request(Method::POST, &path).json(&json!({"ResetType": "On"})).send();
        tokio::select! {
            answer = call => panic!("answered: {answer:?}"),
            met = bmc.wait_for_hits(id, 1, SOON) => assert!(met),
        }
        let machine = fleet.machine(0);
        if resets == 1 {
            machine.wait_until(SOON, |state| state.power == Power::On).await.unwrap();
        }
        assert_eq!(bmc.counters().reset_count(), resets);
        bmc.clear_faults();
    }
}

#[tokio::test]
async fn refused_connections_come_back_on_the_same_address() {
    let (fleet, caller) = one().await;
    assert_eq!(caller.get(SYSTEM).await.status(), 200);
    fleet.bmc(0).refuse_connections(true).await;
    let error = caller.request(Method::GET, SYSTEM).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    fleet.bmc(0).refuse_connections(false).await;
    assert_eq!(caller.get(SYSTEM).await.status(), 200);
}

#[tokio::test]
async fn a_restarted_bmc_has_forgotten_its_sessions() {
    let (fleet, _) = one().await;
    let caller = Caller::anonymous(&fleet, 0);
    let token = caller.login(&fleet, 0).await.headers()["x-auth-token"].to_str().unwrap().to_owned();
    fleet.bmc(0).restart(Duration::ZERO).await;
    assert_eq!(caller.get_with_token(SYSTEM, &token).await, 401);
}

#[tokio::test]
async fn images_are_counted_and_spoilt_on_demand() {
    let (fleet, _) = one().await;
    let images = fleet.images();
    let client = http(fleet.ca_pem());
    let url = images.url("vmlinuz");
    let read = || async { client.get(&url).send().await.unwrap().bytes().await };
    let good = read().await.unwrap();
    images.set_fault("vmlinuz", Some(slipway_sim::ImageFault::WrongContent));
    let wrong = read().await.unwrap();
    assert_eq!((good.len(), wrong.len(), good == wrong), (64 << 10, 64 << 10, false));
    images.set_fault("vmlinuz", Some(slipway_sim::ImageFault::CutMiddle));
    assert!(read().await.is_err());
    images.set_fault("vmlinuz", None);
    assert_eq!(images.requests("vmlinuz"), 3);
    images.set_down(true).await;
    assert!(client.get(&url).send().await.is_err());
    images.set_down(false).await;
    assert_eq!(read().await.unwrap(), good);
    assert_eq!(images.sha256("vmlinuz").len(), 64);
}
