//! Handshakes that do not go as they should.

use serde_json::json;
use slipway_sim::{Fault, Offence, Trouble};

use crate::scene::{MINUTE, Scene, order};

#[tokio::test]
async fn a_rack_that_is_accepted_and_never_connected_is_rejected_and_tried_again() {
    let scene = Scene::waiting("never-connected", &json!({})).await;
    scene.site.cloud.add_fault(Fault::new(Trouble::NeverConnected).once());
    scene.let_begin().await;
    scene.step(1, "Connecting").await;
    scene.site.advance(MINUTE * 59);
    scene.looked(2).await;
    assert_eq!(scene.orders(), [order("REQUEST", "READY")]);
    scene.site.advance(MINUTE * 2);
    scene.reason_with("HandshakeFailed", "attempt 1").await;
    scene.let_begin().await;
    scene.step(2, "Connected").await;
    assert_eq!(scene.orders()[1..], [order("READY", "REJECT"), order("REQUEST", "READY")]);
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_rack_that_oracle_rejects_in_the_middle_begins_again_with_another_pin() {
    let scene = Scene::waiting("forced", &json!({"approval": "Manual"})).await;
    scene.let_begin().await;
    scene.step(1, "AwaitingApproval").await;
    assert!(scene.site.cloud.force_reject(&scene.id));
    scene.site.patch(0, &json!({"connection": {"approval": "Automatic"}})).await.unwrap();
    let object = scene.reason_with("HandshakeFailed", "attempt 1").await;
    assert_eq!(object["status"]["handshake"]["result"], "RejectedElsewhere");
    scene.let_begin().await;
    scene.step(2, "Connected").await;
    assert_eq!(scene.orders(), [order("REQUEST", "READY")], "it was in REJECT already");
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_pin_that_is_absent_or_empty_is_waited_for() {
    let scene = Scene::waiting("no-pin", &json!({})).await;
    let fault = scene.site.cloud.add_fault(Fault::new(Trouble::PinAbsent).on("GET", &scene.id));
    scene.let_begin().await;
    scene.reason_with("Connecting", "waiting for Oracle Cloud to show a PIN").await;
    scene.site.cloud.add_fault(Fault::new(Trouble::PinEmpty).on("GET", &scene.id));
    scene.site.cloud.remove_fault(fault);
    scene.looked(2).await;
    assert_eq!((scene.posts().len(), scene.orders().len()), (0, 0));
    scene.site.cloud.clear_faults();
    scene.site.wait_connected(0).await.unwrap();
    assert_eq!((scene.posts().len(), scene.orders().len()), (1, 1));
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_pin_that_never_comes_is_asked_for_anew() {
    let scene = Scene::waiting("pin-overdue", &json!({})).await;
    let fault = scene.site.cloud.add_fault(Fault::new(Trouble::PinAbsent).on("GET", &scene.id));
    scene.let_begin().await;
    scene.reason_with("Connecting", "waiting for Oracle Cloud to show a PIN").await;
    scene.site.advance(MINUTE * 11);
    assert!(scene.site.cloud.wait_until(MINUTE, |_| scene.orders() == [order("REJECT", "REJECT")]).await);
    scene.site.cloud.remove_fault(fault);
    scene.let_begin().await;
    scene.step(1, "Connected").await;
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_pin_that_changes_on_its_way_to_the_rack_costs_one_attempt() {
    let scene = Scene::waiting("rotated", &json!({})).await;
    let fault = scene.site.cloud.add_fault(Fault::new(Trouble::PinRotated).on("GET", &scene.id));
    scene.let_begin().await;
    scene.step(1, "Posted").await;
    scene.site.cloud.remove_fault(fault);
    scene.looked(2).await;
    assert_eq!(scene.posts().len(), 1);
    scene.site.advance(MINUTE * 16);
    scene.reason_with("HandshakeFailed", "attempt 1").await;
    scene.let_begin().await;
    scene.step(2, "Connected").await;
    let posts = scene.posts();
    assert!(posts.len() == 2 && posts[0].pin != posts[1].pin, "{posts:?}");
    // The rack was given a PIN that had been replaced meanwhile: nobody can prevent that.
    scene.close(&[Offence::PinStale]).await;
}

#[tokio::test]
async fn a_state_that_is_not_known_is_shown_and_nothing_is_done() {
    let scene = Scene::connected("unknown-word", &json!({})).await;
    let word = Trouble::StateShown { word: "CALIBRATING".to_owned() };
    let fault = scene.site.cloud.add_fault(Fault::new(word).on("GET", &scene.id));
    let object = scene.reason_with("StateUnknown", "\"CALIBRATING\"").await;
    assert_eq!(object["status"]["connectionState"], "CALIBRATING");
    scene.site.advance(MINUTE * 600);
    scene.looked(2).await;
    scene.site.cloud.remove_fault(fault);
    let object = scene.site.wait_connected(0).await.unwrap();
    assert_eq!(object["status"]["handshake"]["attempt"], 1);
    assert_eq!((scene.orders().len(), scene.posts().len()), (1, 1));
    scene.close(&[]).await;
}
