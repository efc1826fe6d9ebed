//! Messages whose answers are lost.

use std::time::Duration;

use serde_json::json;
use slipway_core::{
    failure::Effect,
    reason::Reason,
    subscription::{Change, RegistrarPort, RemoteStatus},
};
use slipway_sim::{Fault, Position, Trouble};
use slipway_webhook::Limits;

use crate::scene::{CLUSTER, limits, reservation, scene, scene_with};

#[tokio::test]
async fn a_lost_answer_leaves_the_effect_unknown_and_the_next_try_makes_no_second_record() {
    for (trouble, reason) in [
        (Trouble::CutAfter, Reason::Unreachable),
        (Trouble::CutMiddle, Reason::Unreachable),
        (Trouble::FailAfter { status: 504 }, Reason::RegistrarFault),
        (Trouble::Truncated, Reason::NotRegistrar),
    ] {
        let scene = scene().await;
        let (registrar, account) = (&scene.registrar, &scene.account);
        scene.site.add_fault(Fault::new(trouble.clone()).once());
        let failure = registrar.reserve(account, &reservation()).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (reason, Effect::Unknown), "{trouble:?} {failure}");
        assert_eq!((scene.types().len(), scene.site.records().len()), (1, 1), "sent once: {trouble:?}");
        let id = registrar.reserve(account, &reservation()).await.unwrap();
        assert_eq!(scene.site.records().len(), 1);
        let found = registrar.find(account, CLUSTER, Duration::ZERO).await.unwrap();
        assert_eq!((found.len(), &found[0].id), (1, &id));
    }
}

#[tokio::test]
async fn a_site_that_never_answers_is_left_after_the_deadline() {
    let scene = scene_with(Limits { request: Duration::from_millis(300), ..limits() }).await;
    scene.site.add_fault(Fault::new(Trouble::HangAfter));
    let failure = scene.registrar.reserve(&scene.account, &reservation()).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::Unreachable, Effect::Unknown));
    let failure = scene.registrar.read(&scene.account, "r").await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::Unreachable, Effect::None));
    assert_eq!(scene.types(), ["cluster.reserve", "cluster.read", "cluster.read"]);
}

#[tokio::test]
async fn who_is_not_there_has_done_nothing() {
    let scene = scene().await;
    scene.site.refuse_connections(true).await;
    let failure = scene.registrar.reserve(&scene.account, &reservation()).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::ConnectionRefused, Effect::None), "{failure}");
    assert!(failure.message.contains("spec.registrar.webhook.url"), "{failure}");
}

#[tokio::test]
async fn a_proxy_is_not_gone_around() {
    let mut scene = scene().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    scene.account.proxy = Some(format!("http://{free}").parse().unwrap());
    let failure = scene.registrar.reserve(&scene.account, &reservation()).await.unwrap_err();
    assert_eq!(failure.effect, Effect::None, "{failure}");
    assert!(failure.message.contains("spec.registrar.webhook.proxyUrl"), "{failure}");
    assert_eq!(scene.site.calls(), []);
}

#[tokio::test]
async fn reading_is_tried_again_and_what_passes_is_not_noticed() {
    for trouble in [Trouble::CutBefore, Trouble::CutMiddle, Trouble::internal_server_error()] {
        let scene = scene().await;
        let id = scene.site.add(json!({"clusterId": CLUSTER}));
        scene.site.add_fault(Fault::new(trouble).once());
        assert_eq!(scene.registrar.read(&scene.account, &id).await.unwrap().unwrap().id, id);
        assert_eq!(scene.types().len(), 2);
    }
}

#[tokio::test]
async fn a_site_that_only_nods_is_asked_for_the_record() {
    let scene = scene().await;
    let id = scene.site.add(json!({"clusterId": CLUSTER}));
    let (registrar, account) = (&scene.registrar, &scene.account);
    scene.site.add_fault(Fault::new(Trouble::Empty { status: 204 }).once());
    let record = registrar.activate(account, &id).await.unwrap();
    assert_eq!(record.status, RemoteStatus::Reserved, "the nod changed nothing, and that is seen");
    assert_eq!(scene.types(), ["cluster.activate", "cluster.read"]);
    scene.site.add_fault(Fault::new(Trouble::Empty { status: 204 }).once());
    scene.site.add_fault(Fault::new(Trouble::not_authenticated()));
    let failure = registrar.amend(account, &id, &Change::default()).await.unwrap_err();
    assert_eq!(failure.effect, Effect::Unknown, "{failure}");
}

#[tokio::test]
async fn a_record_that_went_away_is_looked_for_again() {
    let scene = scene().await;
    let failure = scene.registrar.activate(&scene.account, "gone").await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::RegistrarFault, Effect::None));
    assert!(failure.message.contains("gone"), "{failure}");
}

#[tokio::test]
async fn a_call_may_be_dropped_and_the_next_one_goes_on() {
    let scene = scene().await;
    let (registrar, account) = (&scene.registrar, &scene.account);
    let hold = scene.site.gate().hold(1, Position::BeforeEffect);
    let reservation = reservation();
    tokio::select! {
        outcome = registrar.reserve(account, &reservation) => panic!("{outcome:?}"),
        reached = hold.reached(Duration::from_secs(10)) => assert!(reached),
    }
    let id = registrar.reserve(account, &reservation).await.unwrap();
    hold.release();
    assert_eq!(scene.site.records()[0]["id"], id.as_str());
}
