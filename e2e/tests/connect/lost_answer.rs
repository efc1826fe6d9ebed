//! What was asked for happened, and nobody was told.

use serde_json::json;
use slipway_sim::{Fault, Offence, Trouble};

use crate::scene::{self, Scene, options, order};

#[tokio::test]
async fn a_record_whose_making_was_not_answered_is_made_once() {
    let site = scene::site(options(), "lost-create").await;
    // More often than the operator asks within one call: what is found by its tag later is not made again.
    let fault = site.cloud.add_fault(Fault::new(Trouble::CutAfter).on("POST", "cccInfrastructures").times(4));
    let mut object = site.to_connect(0, &json!({}));
    object["spec"].as_object_mut().unwrap().remove("lookup");
    object["spec"]["create"] = json!({"compartmentId": site.account.compartment, "displayName": "rack 0",
        "subnetId": site.account.subnet});
    site.apply(&object).await.unwrap();
    scene::not_before(&site, 0).await;
    assert!(site.cloud.fault_hits(fault) > 0);
    assert_eq!(site.cloud.infrastructures().len(), 1);
    scene::close(&site, &[]).await;
}

#[tokio::test]
async fn a_reject_whose_answer_is_lost_is_not_sent_again() {
    let scene = Scene::connected("lost-reject", &json!({})).await;
    let fault = scene.site.cloud.add_fault(Fault::new(Trouble::CutAfter).on("PUT", &scene.id).once());
    scene.site.patch(0, &json!({"connection": {"refreshId": "one"}})).await.unwrap();
    scene.let_begin().await;
    let object = scene.step(2, "Connected").await;
    assert_eq!(scene.site.cloud.fault_hits(fault), 1);
    assert_eq!(object["status"]["refresh"]["id"], "one");
    let puts = scene.site.cloud.calls().into_iter().filter(|call| call.method == "PUT").count();
    assert_eq!(puts, 3, "READY, REJECT, READY");
    scene.looked(2).await;
    assert_eq!(scene.posts().len(), 2);
    scene.close(&[Offence::ConnectedToReject]).await;
}

#[tokio::test]
async fn a_ready_whose_answer_is_lost_is_seen_to_have_happened() {
    let scene = Scene::waiting("lost-ready", &json!({})).await;
    let fault = scene.site.cloud.add_fault(Fault::new(Trouble::CutAfter).on("PUT", &scene.id).once());
    scene.let_begin().await;
    let object = scene.site.wait_connected(0).await.unwrap();
    assert_eq!(scene.site.cloud.fault_hits(fault), 1);
    assert_eq!(object["status"]["handshake"]["result"], "Matched");
    let puts = scene.site.cloud.calls().into_iter().filter(|call| call.method == "PUT").count();
    assert_eq!((puts, scene.posts().len()), (1, 1));
    scene.close(&[]).await;
}

/// The rack has taken the PIN; its fingerprint is lost.
async fn rack_answers_badly(test: &str, trouble: Trouble, allowed: &[Offence]) {
    let scene = Scene::waiting(test, &json!({})).await;
    let fault = scene.site.racks[0].add_fault(Fault::new(trouble).once());
    scene.let_begin().await;
    scene.not_before().await;
    assert_eq!((scene.site.racks[0].fault_hits(fault), scene.posts().len()), (1, 1));
    let object = scene.site.get(0).await.unwrap();
    assert_eq!(object["status"]["handshake"]["result"], "RackRefused", "{object}");
    scene.let_begin().await;
    scene.step(2, "Connected").await;
    let posts = scene.posts();
    assert!(posts.len() == 2 && posts[0].pin != posts[1].pin, "{posts:?}");
    assert_eq!(scene.orders().last(), Some(&order("REQUEST", "READY")));
    scene.close(allowed).await;
}

#[tokio::test]
async fn a_pin_whose_answer_is_cut_off_is_never_posted_again() {
    rack_answers_badly("lost-post", Trouble::CutAfter, &[]).await;
}

#[tokio::test]
async fn half_an_answer_of_the_rack_is_none() {
    rack_answers_badly("half-answer", Trouble::CutMiddle, &[]).await;
}

#[tokio::test]
async fn a_page_in_place_of_the_racks_fingerprint_spends_the_pin() {
    rack_answers_badly("page", Trouble::Html { status: 200 }, &[]).await;
}

#[tokio::test]
async fn an_empty_fingerprint_of_the_rack_is_none() {
    rack_answers_badly("empty", Trouble::FingerprintEmpty, &[]).await;
}

#[tokio::test]
async fn a_rack_that_is_down_is_not_given_its_pin_until_it_is_up() {
    let scene = Scene::waiting("rack-down", &json!({})).await;
    scene.site.racks[0].refuse_connections(true).await;
    scene.reason("ConnectionRefused").await;
    scene.let_begin().await;
    scene.looked(2).await;
    assert_eq!((scene.posts().len(), scene.orders().len()), (0, 0));
    scene.site.racks[0].refuse_connections(false).await;
    let object = scene.site.wait_connected(0).await.unwrap();
    assert_eq!(object["status"]["handshake"]["attempt"], 1);
    scene.close(&[]).await;
}
