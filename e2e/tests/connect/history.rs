//! Status and annotation are lost, or carried elsewhere.

use serde_json::{Value, json};
use slipway_e2e::{ControlPlane, TestNamespace};
use slipway_sim::CloudCall;

use crate::scene::{DAY, SOON, Scene, logging, operator, options, order};

const MEMORY: &str = "slipway.dev/memory";

/// As an administrator would who restores an object without its status.
async fn wipe_status(scene: &Scene) {
    let patch = r#"[{"op": "remove", "path": "/status"}]"#;
    let arguments = ["patch", "sinfra", "rack0", "--subresource=status", "--type=json", "-p", patch];
    scene.site.kubectl.ok(&arguments).await.unwrap();
}

fn writes(scene: &Scene) -> Vec<CloudCall> {
    scene.site.cloud.calls().into_iter().filter(|call| call.method != "GET").collect()
}

/// Waits until the status is there again, connected since the same moment, and sees that nothing was done for it.
async fn nothing_happened(scene: &Scene, before: &Value) {
    let object = scene.site.wait_connected(0).await.unwrap();
    assert_eq!(object["status"]["connectedSince"], before["status"]["connectedSince"]);
    scene.looked(2).await;
    assert_eq!((writes(scene).len(), scene.posts().len()), (0, 1), "{:?}", writes(scene));
}

#[tokio::test]
async fn a_connected_rack_without_its_status_stays_connected() {
    let scene = Scene::connected("wiped", &json!({"refreshId": "old"})).await;
    scene.site.advance(DAY * 3);
    let before = scene.site.get(0).await.unwrap();
    scene.site.cloud.clear_journal();
    wipe_status(&scene).await;
    nothing_happened(&scene, &before).await;
    let object = scene.site.get(0).await.unwrap();
    assert_eq!(object["status"]["refresh"], before["status"]["refresh"]);
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_connected_rack_without_any_history_stays_connected() {
    let scene = Scene::connected("no-history", &json!({"refreshId": "old"})).await;
    scene.site.cloud.clear_journal();
    // Applied again as the file on disk has it.
    scene.site.delete(0).await.unwrap();
    scene.site.wait_gone(0).await.unwrap();
    scene.site.apply(&scene.site.to_connect(0, &json!({"refreshId": "old"}))).await.unwrap();
    let object = scene.site.wait_connected(0).await.unwrap();
    assert!(object["status"]["refresh"]["completedAt"].is_string(), "{object}");
    scene.looked(2).await;
    assert_eq!((writes(&scene).len(), scene.posts().len()), (0, 1), "{:?}", writes(&scene));
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_handshake_whose_status_is_lost_is_given_up() {
    let scene = Scene::waiting("wiped-midway", &json!({"approval": "Manual"})).await;
    scene.let_begin().await;
    scene.step(1, "AwaitingApproval").await;
    wipe_status(&scene).await;
    scene.not_before().await;
    assert_eq!(scene.orders(), [order("REQUEST", "REJECT")]);
    scene.site.patch(0, &json!({"connection": {"approval": "Automatic"}})).await.unwrap();
    scene.let_begin().await;
    scene.step(2, "Connected").await;
    let posts = scene.posts();
    assert!(posts.len() == 2 && posts[0].pin != posts[1].pin, "{posts:?}");
    scene.close(&[]).await;
}

#[tokio::test]
async fn that_a_pin_is_spent_is_known_from_the_annotation_alone() {
    let mut scene = Scene::waiting("annotation", &json!({})).await;
    // The rack has its PIN and does not reach Oracle Cloud: the PIN is still shown.
    scene.site.racks[0].set_contact(false);
    scene.let_begin().await;
    scene.step(1, "Posted").await;
    scene.site.operator.kill().await.unwrap();
    wipe_status(&scene).await;
    scene.site.operator.start_again().await.unwrap();
    let rejected = |_: &slipway_sim::Cloud| scene.orders() == [order("REJECT", "REJECT")];
    assert!(scene.site.cloud.wait_until(SOON, rejected).await, "{:?}", scene.posts());
    scene.not_before().await;
    assert_eq!(scene.posts().len(), 1);
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_connected_rack_may_move_to_another_namespace_with_its_annotation() {
    let control_plane = ControlPlane::shared().await.unwrap();
    control_plane.install().await.unwrap();
    let other = TestNamespace::create(control_plane, "moved-here").await.unwrap();
    let options = options().operator(operator().namespace(other.name()));
    let scene = Scene::open_with(options, "moved")
        .await
        .wait_for_its_time(&json!({"refreshId": "old"}))
        .await
        .connect()
        .await;
    scene.site.advance(DAY * 3);
    let before = scene.site.get(0).await.unwrap();
    scene.site.cloud.clear_journal();
    let mut moved = scene.site.to_connect(0, &json!({"refreshId": "old"}));
    moved["metadata"]["annotations"] = json!({MEMORY: before["metadata"]["annotations"][MEMORY]});
    scene.site.delete(0).await.unwrap();
    scene.site.wait_gone(0).await.unwrap();

    let kubectl = other.kubectl(control_plane);
    kubectl.apply(&scene.site.secrets().to_string()).await.unwrap();
    kubectl.apply(&moved.to_string()).await.unwrap();
    kubectl.ok(&["wait", "--for=condition=Ready", "--timeout=30s", "sinfra/rack0"]).await.unwrap();
    scene.looked(2).await;
    let after: Value =
        serde_json::from_str(&kubectl.ok(&["get", "sinfra", "rack0", "-o", "json"]).await.unwrap()).unwrap();
    for field in ["connectedSince", "refresh", "refreshDueAt"] {
        assert_eq!(after["status"][field], before["status"][field], "{field}");
    }
    assert_eq!((writes(&scene).len(), scene.posts().len()), (0, 1), "{:?}", writes(&scene));
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_restarted_operator_goes_on_where_it_was() {
    let mut scene = Scene::open_with(options().operator(logging("info")), "restart")
        .await
        .wait_for_its_time(&json!({"approval": "Manual"}))
        .await;
    scene.let_begin().await;
    scene.step(1, "AwaitingApproval").await;
    scene.site.operator.kill().await.unwrap();
    scene.site.patch(0, &json!({"connection": {"approval": "Automatic"}})).await.unwrap();
    scene.site.operator.start_again().await.unwrap();
    scene.step(1, "Connected").await;
    assert_eq!(scene.posts().len(), 1);
    scene.close(&[]).await;
}
