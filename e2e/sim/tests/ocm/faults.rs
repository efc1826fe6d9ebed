//! Faults, held calls, outages.

use crate::SOON;
use crate::scene::{Scene, wish};
use reqwest::Method;
use serde_json::{Value, json};
use slipway_sim::{Fault, Ocm, Position, Trouble};

const AUTHORIZE: &str = "cluster_authorizations";

fn once(scene: &Scene, trouble: Trouble) {
    scene.ocm.add_fault(Fault::new(trouble).once());
}

#[tokio::test]
async fn answers_are_lost_with_and_without_the_effect() {
    let scene = Scene::start().await;
    for (trouble, effect) in
        [(Trouble::CutBefore, false), (Trouble::CutAfter, true), (Trouble::CutMiddle, true)]
    {
        let name = format!("{trouble:?}");
        scene.ocm.add_fault(Fault::new(trouble).on("POST", AUTHORIZE).once());
        let wish = Some(wish("jdoe", &name).to_string());
        assert!(scene.service().try_send(Method::POST, AUTHORIZE, wish).await.is_err(), "{name}");
        assert_eq!(scene.ocm.live(&name).len(), usize::from(effect), "{name}");
        assert_eq!(scene.ocm.calls().pop().unwrap().status, None);
    }
    let id = scene.reserve("CutAfter").await;
    scene.ocm.add_fault(Fault::new(Trouble::CutAfter).on("DELETE", &id).once());
    assert!(scene.service().try_send(Method::DELETE, &format!("subscriptions/{id}"), None).await.is_err());
    assert_eq!(scene.status(&id), "Deprovisioned");
}

#[tokio::test]
async fn a_gateway_fails_after_the_effect() {
    let scene = Scene::start().await;
    let fault =
        scene.ocm.add_fault(Fault::new(Trouble::FailAfter { status: 504 }).on("POST", AUTHORIZE).once());
    assert_eq!(scene.service().authorize(&wish("jdoe", "c-1")).await.error().0, 504);
    assert_eq!((scene.ocm.live("c-1").len(), scene.ocm.fault_hits(fault)), (1, 1));
}

#[tokio::test]
async fn refusals_are_worded_as_the_service_does() {
    let scene = Scene::start().await;
    let service = scene.service();
    once(&scene, Trouble::refuse(403, "11", "no"));
    let refused = service.get("current_account").await;
    assert_eq!((refused.error(), &refused.body["reason"]), ((403, "11"), &json!("no")));
    for (trouble, error) in [
        (Trouble::internal_server_error(), (500, "9")),
        (Trouble::service_unavailable(), (503, "9")),
        (Trouble::not_authenticated(), (401, "15")),
    ] {
        once(&scene, trouble);
        assert_eq!(service.get("current_account").await.error(), error);
    }
    once(&scene, Trouble::RetryLater { status: 429, seconds: 7, as_date: false });
    let later = service.get("current_account").await;
    assert_eq!((later.error().0, later.header("retry-after")), (429, "7"));
    once(&scene, Trouble::refuse(400, "invalid_grant", "Session not active"));
    let sso = scene.client.post(scene.ocm.token_url()).send().await.unwrap();
    let body: Value = sso.json().await.unwrap();
    assert_eq!(body, json!({"error": "invalid_grant", "error_description": "Session not active"}));
    assert!(scene.ocm.token_requests().is_empty());
}

#[tokio::test]
async fn what_is_no_good_answer_is_sent_as_asked() {
    let scene = Scene::start().await;
    let service = scene.service();
    let ask = async || service.try_send(Method::GET, "current_account", None).await.unwrap();
    once(&scene, Trouble::Html { status: 200 });
    let html = ask().await;
    assert_eq!((html.status, html.header("content-type")), (200, "text/html"));
    once(&scene, Trouble::Garbage);
    assert!(ask().await.body.is_string());
    for (status, media) in [(200, ""), (404, "application/json"), (500, "application/json")] {
        once(&scene, Trouble::Empty { status });
        let empty = ask().await;
        assert_eq!((empty.status, empty.header("content-type"), &empty.body), (status, media, &json!("")));
    }
    once(&scene, Trouble::Json { status: 200, body: json!([1]) });
    assert_eq!(ask().await.body, json!([1]));
    once(&scene, Trouble::Redirect { status: 302, location: "https://127.0.0.1:9/".to_owned() });
    let redirect = ask().await;
    assert_eq!((redirect.status, redirect.header("location")), (302, "https://127.0.0.1:9/"));
    once(&scene, Trouble::Truncated);
    let half = ask().await;
    assert!(half.status == 200 && half.body.as_str().unwrap().starts_with('{'));
    once(&scene, Trouble::ContentType { value: "text/plain".to_owned() });
    let plain = ask().await;
    assert_eq!((plain.header("content-type"), &plain.body["username"]), ("text/plain", &json!("slipway-sa")));
    assert_eq!(ask().await.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_call_is_held_before_and_after_its_effect() {
    for (position, made) in [(Position::BeforeEffect, 0), (Position::AfterEffect, 1)] {
        let scene = Scene::start().await;
        let hold = scene.ocm.gate().hold_on("POST", AUTHORIZE, 1, position);
        let service = scene.service();
        let body = wish("jdoe", "c-1");
        tokio::select! {
            _ = service.authorize(&body) => panic!("answered"),
            reached = hold.reached(SOON) => assert!(reached),
        }
        assert_eq!(scene.ocm.live("c-1").len(), made);
        hold.release();
        assert!(scene.ocm.wait_until(SOON, |ocm: &Ocm| ocm.live("c-1").len() == 1).await);
        assert_eq!(scene.ocm.gate().calls(), 1);
    }
}

#[tokio::test]
async fn sign_on_and_api_are_counted_in_one_row() {
    let scene = Scene::start().await;
    let hold = scene.ocm.gate().hold(2, Position::BeforeEffect);
    scene.service().get("current_account").await;
    tokio::select! {
        _ = scene.client.post(scene.ocm.token_url()).send() => panic!("answered"),
        reached = hold.reached(SOON) => assert!(reached),
    }
    assert!(hold.call().unwrap().ends_with("openid-connect/token"));
}

#[tokio::test]
async fn an_outage_ends() {
    let scene = Scene::start().await;
    let service = scene.service();
    let api = async || service.try_send(Method::GET, "current_account", None).await.is_ok();
    let sso = async || scene.client.post(scene.ocm.token_url()).send().await.is_ok();
    assert!(api().await && sso().await);
    scene.ocm.refuse_connections(true).await;
    assert!(!api().await && !sso().await);
    scene.ocm.refuse_connections(false).await;
    assert!(api().await && sso().await);
    scene.ocm.refuse_sso(true).await;
    assert!(api().await && !sso().await);
    scene.ocm.refuse_sso(false).await;
    scene.ocm.refuse_api(true).await;
    assert!(!api().await && sso().await);
}
