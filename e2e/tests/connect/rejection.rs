//! `desired: Rejected`: cut off, from whatever state and at once.

use serde_json::json;
use slipway_e2e::objects::condition;
use slipway_sim::{ConnectionState, Fault, Offence, Trouble};

use crate::scene::{SOON, Scene, desired};

#[tokio::test]
async fn a_connected_rack_is_cut_off_at_once_and_connected_again_later() {
    let scene = Scene::connected("rejected", &json!({})).await;
    scene.site.patch(0, &desired("Rejected")).await.unwrap();
    let object = scene.site.wait_condition(0, "Ready", "True", "Rejected").await.unwrap();
    assert_eq!(scene.site.cloud.connection_state(&scene.id), Some(ConnectionState::Reject));
    assert_eq!(object["status"]["phase"], "Rejected");
    for (kind, status) in [("Ready", "True"), ("Connected", "False")] {
        let condition = condition(&object, kind);
        assert_eq!(condition["status"], status, "{condition}");
        let words = condition["message"].as_str().unwrap();
        assert!(words.contains("go on") && words.contains("stands still"), "{words}");
    }
    scene.looked(2).await;
    assert_eq!((scene.orders().len(), scene.posts().len()), (2, 1));

    scene.site.patch(0, &desired("Connected")).await.unwrap();
    scene.let_begin().await;
    scene.step(2, "Connected").await;
    scene.site.wait_connected(0).await.unwrap();
    scene.close(&[Offence::WriteWithoutIfMatch, Offence::ConnectedToReject]).await;
}

#[tokio::test]
async fn an_attempt_under_way_is_withdrawn() {
    let scene = Scene::waiting("withdrawn", &json!({"approval": "Manual"})).await;
    scene.let_begin().await;
    scene.step(1, "AwaitingApproval").await;
    scene.site.patch(0, &desired("Rejected")).await.unwrap();
    assert!(scene.site.cloud.wait_state(&scene.id, ConnectionState::Reject, SOON).await);
    let object = scene.site.wait_condition(0, "Ready", "True", "Rejected").await.unwrap();
    assert_eq!(object["status"]["handshake"]["result"], "Withdrawn", "{object}");
    scene.looked(2).await;
    assert_eq!((scene.orders().len(), scene.posts().len()), (1, 1));
    scene.close(&[Offence::WriteWithoutIfMatch]).await;
}

#[tokio::test]
async fn a_state_that_is_not_known_is_rejected_without_haste() {
    let scene = Scene::connected("rejected-unknown", &json!({})).await;
    let word = Trouble::StateShown { word: "DRAINING".to_owned() };
    scene.site.cloud.add_fault(Fault { path: Some(scene.id.clone()), ..Fault::new(word) });
    scene.reason_with("StateUnknown", "\"DRAINING\"").await;
    scene.site.cloud.clear_journal();
    scene.site.patch(0, &desired("Rejected")).await.unwrap();
    assert!(scene.site.cloud.wait_until(SOON, |_| !scene.orders().is_empty()).await);
    scene.looked(3).await;
    let calls = scene.site.cloud.calls();
    let orders: Vec<_> = calls.iter().filter(|call| call.method == "PUT").map(|call| call.wall).collect();
    let pauses: Vec<_> = orders.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_millis()).collect();
    // At rest it is looked at every five polling intervals, while something is under way thirty times as often.
    assert!(!pauses.is_empty() && pauses.iter().all(|pause| *pause >= 1400), "{pauses:?}");
    scene.site.cloud.clear_faults();
    scene.site.wait_condition(0, "Ready", "True", "Rejected").await.unwrap();
}
