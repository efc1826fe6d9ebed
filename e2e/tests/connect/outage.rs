//! Contact between rack and Oracle Cloud is lost.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scene::{DAY, MINUTE, Scene, order};

async fn cut_off(test: &str, policy: &Value) -> (Scene, Value) {
    let scene = Scene::connected(test, policy).await;
    scene.site.racks[0].set_contact(false);
    let object = scene.site.wait_condition(0, "Connected", "False", "Disconnected").await.unwrap();
    assert_eq!(object["status"]["phase"], "Disconnected");
    (scene, object)
}

#[tokio::test]
async fn a_short_outage_is_left_alone() {
    let (scene, object) = cut_off("outage-short", &json!({})).await;
    scene.reason_with("Disconnected", "connected anew at").await;
    scene.site.advance(Duration::from_secs(15 * 60 - 2));
    scene.looked(2).await;
    scene.site.racks[0].set_contact(true);
    let after = scene.site.wait_connected(0).await.unwrap();
    assert_eq!(after["status"]["connectedSince"], object["status"]["connectedSince"]);
    assert_eq!(after["status"]["handshake"]["attempt"], 1);
    assert_eq!(scene.orders(), [order("REQUEST", "READY")]);
    scene.close(&[]).await;
}

#[tokio::test]
async fn after_a_longer_outage_the_rack_is_connected_anew() {
    let (scene, _) = cut_off("outage-long", &json!({})).await;
    scene.site.advance(MINUTE * 15 + Duration::from_secs(1));
    scene.not_before().await;
    scene.site.racks[0].set_contact(true);
    scene.let_begin().await;
    scene.step(2, "Connected").await;
    assert_eq!(scene.orders()[1..], [order("DISCONNECTED", "REJECT"), order("REQUEST", "READY")]);
    scene.close(&[]).await;
}

#[tokio::test]
async fn an_outage_may_last_for_ever_if_the_spec_says_so() {
    let (scene, _) = cut_off("outage-never", &json!({"reconnectAfterOutage": "Never"})).await;
    scene.site.advance(DAY * 2);
    scene.looked(2).await;
    scene.reason_with("Disconnected", "reconnectAfterOutage is Never").await;
    assert_eq!((scene.orders().len(), scene.posts().len()), (1, 1));
    scene.close(&[]).await;
}
