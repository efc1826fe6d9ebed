//! Fingerprints that differ: somebody may have answered in the rack's place.

use std::collections::HashSet;

use serde_json::json;
use slipway_e2e::objects::condition;
use slipway_sim::{Fault, Trouble};

use crate::scene::{MINUTE, Scene, order};

#[tokio::test]
async fn one_mismatch_is_rejected_and_tried_again_with_another_pin() {
    let scene = Scene::waiting("mismatch-once", &json!({})).await;
    scene.site.cloud.add_fault(Fault::new(Trouble::FingerprintWrong).on("GET", &scene.id).once());
    scene.let_begin().await;
    let told = scene.site.wait_event(0, "FingerprintMismatch").await.unwrap();
    assert_eq!(told["type"], "Warning");
    let object = scene.reason("FingerprintMismatch").await;
    assert_eq!(condition(&object, "FingerprintMatched")["status"], "False");
    assert_eq!(object["status"]["handshake"]["mismatches"], 1);
    let waited = scene.not_before().await.duration_since(scene.site.cloud.clock().now());
    assert!(waited.as_mins() >= 19, "{waited}");
    scene.looked(1).await;
    assert_eq!((scene.orders(), scene.posts().len()), (vec![order("REQUEST", "REJECT")], 1));

    scene.let_begin().await;
    let object = scene.step(2, "Connected").await;
    let handshake = &object["status"]["handshake"];
    assert_eq!((&handshake["result"], &handshake["mismatches"]), (&json!("Matched"), &json!(null)));
    let posts = scene.posts();
    assert!(posts.len() == 2 && posts[0].pin != posts[1].pin, "{posts:?}");
    assert_eq!(scene.orders(), [order("REQUEST", "REJECT"), order("REQUEST", "READY")]);
    scene.close(&[]).await;
}

#[tokio::test]
async fn after_three_mismatches_a_person_has_to_say_so() {
    let scene = Scene::waiting("mismatch-thrice", &json!({})).await;
    scene.site.cloud.add_fault(Fault::new(Trouble::FingerprintWrong).on("GET", &scene.id));
    for _ in 0..3 {
        scene.let_begin().await;
        scene.site.cloud.wait_state(&scene.id, slipway_sim::ConnectionState::Request, MINUTE).await;
        scene.site.cloud.wait_state(&scene.id, slipway_sim::ConnectionState::Reject, MINUTE).await;
    }
    let object = scene.reason("MismatchesExhausted").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    assert_eq!(object["status"]["phase"], "Failed");
    scene.site.advance(MINUTE * 600);
    scene.looked(2).await;
    assert_eq!(scene.posts().len(), 3, "a fourth PIN was given");
    let pins: HashSet<_> = scene.posts().into_iter().map(|post| post.pin).collect();
    assert_eq!(pins.len(), 3);

    scene.site.cloud.clear_faults();
    scene.site.patch(0, &json!({"connection": {"refreshId": "looked-into"}})).await.unwrap();
    let object = scene.step(4, "Connected").await;
    assert_eq!(object["status"]["refresh"]["id"], "looked-into");
    assert!(object["status"]["refresh"]["completedAt"].is_string(), "{object}");
    let reject = order("REQUEST", "REJECT");
    assert_eq!(scene.orders(), [reject.clone(), reject.clone(), reject, order("REQUEST", "READY")]);
    scene.close(&[]).await;
}
