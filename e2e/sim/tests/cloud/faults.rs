//! Faults on demand at the cloud and at the rack.

use crate::SOON;
use crate::caller::{INFRASTRUCTURES, http, infrastructure};
use crate::scene::{MINUTE, Scene};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use slipway_sim::{Cloud, ConnectionState, Fault, Offence, Trouble};
use std::time::{Duration, Instant};

#[tokio::test]
async fn refusals_are_the_services_own_and_counted() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    for (trouble, status, code) in [
        (Trouble::not_found(), 404, "NotAuthorizedOrNotFound"),
        (Trouble::not_authenticated(), 401, "NotAuthenticated"),
        (Trouble::incorrect_state(), 409, "IncorrectState"),
        (Trouble::no_etag_match(), 412, "NoEtagMatch"),
        (Trouble::too_many_requests(), 429, "TooManyRequests"),
        (Trouble::internal_server_error(), 500, "InternalServerError"),
        (Trouble::service_unavailable(), 503, "ServiceUnavailable"),
    ] {
        let fault = scene.cloud.add_fault(Fault::new(trouble).on("GET", &id).times(2));
        for _ in 0..2 {
            let answer = scene.get(&id).await;
            assert_eq!(answer.error(), (status, code));
            assert!(!answer.header("opc-request-id").is_empty() && !answer.header("date").is_empty());
        }
        assert_eq!(scene.get(&id).await.status, 200);
        assert_eq!(scene.cloud.fault_hits(fault), 2);
    }
    let all = scene.cloud.add_fault(Trouble::not_found().into());
    assert_eq!(scene.caller.get(INFRASTRUCTURES).await.status, 404);
    scene.cloud.remove_fault(all);
    assert_eq!(scene.caller.get(INFRASTRUCTURES).await.status, 200);
}

#[tokio::test]
async fn retry_after_is_in_seconds_or_a_date() {
    let scene = Scene::start().await;
    let later = |as_date| Fault::new(Trouble::RetryLater { status: 429, seconds: 90, as_date }).once();
    scene.cloud.add_fault(later(false));
    assert_eq!(scene.caller.get(INFRASTRUCTURES).await.header("retry-after"), "90");
    scene.cloud.add_fault(later(true));
    let answer = scene.caller.get(INFRASTRUCTURES).await;
    let date = |name: &str| jiff::fmt::rfc2822::parse(answer.header(name)).unwrap().timestamp();
    assert_eq!(date("retry-after").duration_since(date("date")).as_secs(), 90);
}

#[tokio::test]
async fn what_is_no_json_is_sent_as_asked() {
    let scene = Scene::start().await;
    for status in [200, 502] {
        scene.cloud.add_fault(Fault::new(Trouble::Html { status }).once());
        let answer = scene.caller.get(INFRASTRUCTURES).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, "text/html"));
        assert!(answer.body.as_str().unwrap().starts_with("<html>"));
    }
    scene.cloud.add_fault(Fault::new(Trouble::Garbage).once());
    let garbage = scene.caller.get(INFRASTRUCTURES).await;
    assert_eq!((garbage.status, garbage.header("content-type")), (200, "application/json"));
    assert!(garbage.body.is_string());
}

#[tokio::test]
async fn answers_are_lost_with_and_without_the_effect() {
    let scene = Scene::start().await;
    let post = |name: &'static str| {
        let body = scene.wanted(name);
        let caller = &scene.caller;
        async move { caller.try_send(Method::POST, INFRASTRUCTURES, Some(&body), &[]).await.is_ok() }
    };
    for (trouble, effect) in
        [(Trouble::CutBefore, false), (Trouble::CutAfter, true), (Trouble::CutMiddle, true)]
    {
        let before = scene.cloud.infrastructures().len();
        let name = format!("{trouble:?}");
        scene.cloud.add_fault(Fault::new(trouble).once());
        assert!(!post("a").await, "{name}");
        assert_eq!(scene.cloud.infrastructures().len() - before, usize::from(effect), "{name}");
        assert_eq!(scene.cloud.calls().pop().unwrap().status, None);
    }
    assert!(post("b").await);
    let id = scene.cloud.infrastructures().remove(0);
    let etag = scene.get(&id).await.etag();
    let (path, body) = (infrastructure(&id), json!({"connectionState": "REJECT"}));
    scene.cloud.add_fault(Fault::new(Trouble::CutAfter).on("PUT", &id).once());
    let put = scene.caller.try_send(Method::PUT, &path, Some(&body), &[("if-match", &etag)]).await;
    assert!(put.is_err() && scene.get(&id).await.etag() != etag);
    scene.cloud.add_fault(Fault::new(Trouble::CutAfter).on("DELETE", &id).once());
    assert!(scene.caller.try_send(Method::DELETE, &path, None, &[("if-match", "*")]).await.is_err());
    assert_eq!(scene.get(&id).await.status, 404);
}

#[tokio::test]
async fn answers_are_slow_or_never_come() {
    let scene = Scene::start().await;
    scene.cloud.add_fault(Fault::new(Trouble::Slow { millis: 80 }).once());
    let started = Instant::now();
    assert_eq!(scene.caller.get(INFRASTRUCTURES).await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(80));
    for (trouble, effect) in [(Trouble::Hang, 0), (Trouble::HangAfter, 1)] {
        let fault = scene.cloud.add_fault(Fault::new(trouble).once());
        let body = scene.wanted("a");
        let met = |cloud: &Cloud| cloud.fault_hits(fault) == 1 && cloud.infrastructures().len() == effect;
        tokio::select! {
            _ = scene.caller.try_send(Method::POST, INFRASTRUCTURES, Some(&body), &[]) => panic!("answered"),
            seen = scene.cloud.wait_until(SOON, met) => assert!(seen),
        }
    }
}

#[tokio::test]
async fn pins_are_absent_empty_or_changed_behind_the_callers_back() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    scene.cloud.add_fault(Fault::new(Trouble::PinAbsent).on("GET", &id).once());
    assert!(scene.get(&id).await.body.get("provisioningPin").is_none());
    scene.cloud.add_fault(Fault::new(Trouble::PinEmpty).on("GET", &id).once());
    assert_eq!(scene.get(&id).await.body["provisioningPin"], "");
    let fault = scene.cloud.add_fault(Fault::new(Trouble::PinRotated).on("GET", &id).once());
    scene.advance(20 * MINUTE);
    let seen = scene.get(&id).await;
    let pin = seen.body["provisioningPin"].as_str().unwrap().to_owned();
    assert_eq!(scene.cloud.fault_hits(fault), 1);
    assert_ne!(scene.cloud.pin(&id).unwrap(), pin);
    scene.post_pin(&pin).await.unwrap();
    scene.advance(MINUTE);
    assert_eq!((scene.state(&id), scene.offences()), (ConnectionState::Reject, vec![Offence::PinStale]));
    assert_ne!(scene.get(&id).await.etag(), seen.etag());
}

#[tokio::test]
async fn fingerprints_of_the_cloud_come_in_every_form() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    // Nothing to change yet: the call does not count.
    let absent = scene.cloud.add_fault(Fault::new(Trouble::FingerprintAbsent).on("GET", &id).times(2));
    scene.get(&id).await;
    let (told, shown) = scene.request(&id).await;
    assert_eq!((scene.cloud.fault_hits(absent), shown.as_str()), (1, ""));
    assert!(scene.get(&id).await.body.get("provisioningFingerprint").is_none());
    for (trouble, wanted) in [
        (Trouble::FingerprintUpperCase, told.to_uppercase()),
        (Trouble::FingerprintEmpty, String::new()),
        (Trouble::StateShown { word: "X".to_owned() }, told.clone()),
    ] {
        scene.cloud.add_fault(Fault::new(trouble).on("GET", &id).once());
        assert_eq!(scene.get(&id).await.body["provisioningFingerprint"], wanted);
    }
}

#[tokio::test]
async fn states_are_unknown_forced_or_never_come() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    scene.cloud.add_fault(Fault::new(Trouble::StateShown { word: "SUSPENDED_NEW".to_owned() }).once());
    assert_eq!(scene.get(&id).await.body["connectionState"], "SUSPENDED_NEW");
    scene.cloud.add_fault(Fault::new(Trouble::ForcedReject).on("GET", &id).once());
    scene.request(&id).await;
    assert_eq!(scene.state(&id), ConnectionState::Reject);
    let never = scene.cloud.add_fault(Fault::new(Trouble::NeverConnected).on("PUT", &id).once());
    scene.request(&id).await;
    assert_eq!(scene.caller.set_state(&id, "READY").await.status, 200);
    scene.advance(1000 * MINUTE);
    assert_eq!((scene.state(&id), scene.cloud.fault_hits(never)), (ConnectionState::Ready, 1));
    scene.caller.set_state(&id, "REJECT").await;
    scene.connect(&id).await;
}

#[tokio::test]
async fn a_rack_has_the_troubles_of_the_wire() {
    let scene = Scene::start().await;
    let client = http(scene.rack.ca_pem());
    let post = |pin: &str| client.post(scene.rack.url()).json(&json!({"pin": pin})).send();
    scene.rack.add_fault(Fault::new(Trouble::Html { status: 200 }).once());
    assert_eq!(post("a").await.unwrap().headers()["content-type"], "text/html");
    scene.rack.add_fault(Fault::new(Trouble::internal_server_error()).once());
    assert_eq!(post("b").await.unwrap().status(), 500);
    scene.rack.add_fault(Fault::new(Trouble::CutAfter).once());
    assert!(post("c").await.is_err());
    scene.rack.add_fault(Fault::new(Trouble::CutMiddle).once());
    assert!(post("d").await.unwrap().json::<Value>().await.is_err());
    let taken: Vec<_> = scene.rack.posts().iter().map(|post| (post.taken, post.status)).collect();
    assert_eq!(taken, [(false, Some(200)), (false, Some(500)), (true, None), (true, None)]);
    assert_eq!(scene.rack.pins(), ["a", "b", "c", "d"]);
    assert!(scene.rack.posts().iter().all(|post| post.wall <= Timestamp::now()));
}

#[tokio::test]
async fn an_answer_that_was_lost_is_none_that_the_caller_has_seen() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    scene.advance(20 * MINUTE);
    scene.rack.add_fault(Fault::new(Trouble::CutAfter).once());
    assert!(scene.post_pin(&scene.cloud.pin(&id).unwrap()).await.is_err());
    scene.advance(MINUTE);
    assert_eq!(scene.caller.set_state(&id, "READY").await.status, 200);
    assert_eq!(scene.offences(), [Offence::ReadyWithoutMatch]);
}

#[tokio::test]
async fn a_cloud_that_refuses_connections_takes_them_again() {
    let scene = Scene::start().await;
    assert_eq!(scene.caller.get(INFRASTRUCTURES).await.status, 200);
    scene.cloud.refuse_connections(true).await;
    assert!(scene.caller.try_send(Method::GET, INFRASTRUCTURES, None, &[]).await.is_err());
    scene.cloud.refuse_connections(false).await;
    assert_eq!(scene.caller.get(INFRASTRUCTURES).await.status, 200);
}
