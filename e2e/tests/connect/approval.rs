//! A person has the last word.

use serde_json::{Value, json};
use slipway_e2e::objects::condition;
use slipway_e2e::{ControlPlane, program};
use tokio::process::Command;

use crate::scene::{Scene, order};

fn manual() -> Value {
    json!({"approval": "Manual"})
}

/// A rack whose fingerprints are the same, and nobody has said so; the object as it is.
async fn awaited(test: &str) -> (Scene, Value) {
    let scene = Scene::waiting(test, &manual()).await;
    scene.let_begin().await;
    let object = scene.site.wait_condition(0, "Ready", "False", "ApprovalAwaited").await.unwrap();
    (scene, object)
}

#[tokio::test]
async fn the_rack_waits_for_the_fingerprint_that_a_person_compared() {
    let (scene, object) = awaited("approval").await;
    let handshake = &object["status"]["handshake"];
    let print = scene.posts()[0].fingerprint.clone().unwrap();
    for side in ["rackFingerprint", "ociFingerprint"] {
        assert_eq!(handshake[side], print.as_str());
    }
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    assert_eq!(
        (&object["status"]["phase"], &handshake["step"]),
        (&json!("Connecting"), &json!("AwaitingApproval"))
    );
    scene.looked(2).await;
    assert_eq!(scene.orders(), []);
    // As another program writes it.
    let colons: Vec<_> =
        print.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_uppercase()).collect();
    scene.site.patch(0, &json!({"connection": {"approvedFingerprint": colons.join(":")}})).await.unwrap();
    scene.site.wait_connected(0).await.unwrap();
    assert_eq!(scene.orders(), [order("REQUEST", "READY")]);
    assert_eq!(scene.posts().len(), 1);
    scene.close(&[]).await;
}

#[tokio::test]
async fn an_approval_of_an_earlier_attempt_counts_no_more() {
    let (scene, object) = awaited("approval-stale").await;
    let earlier = object["status"]["handshake"]["ociFingerprint"].clone();
    assert!(scene.site.cloud.force_reject(&scene.id));
    scene.site.patch(0, &json!({"connection": {"approvedFingerprint": earlier}})).await.unwrap();
    scene.let_begin().await;
    scene.step(2, "AwaitingApproval").await;
    scene.reason_with("ApprovalAwaited", "connection.approvedFingerprint is another one").await;
    scene.looked(2).await;
    assert_eq!(scene.orders(), []);

    approve(&scene, &["--yes"]).await;
    scene.site.wait_connected(0).await.unwrap();
    assert_eq!(scene.orders(), [order("REQUEST", "READY")]);
    scene.close(&[]).await;
}

/// `kubectl slipway approve`, as the administrator.
async fn approve(scene: &Scene, more: &[&str]) {
    let kubeconfig = ControlPlane::shared().await.unwrap().kubeconfig();
    let mut command = Command::new(program::kubectl_plugin().await.unwrap());
    command.args(["approve", "rack0", "--namespace", scene.site.namespace.name(), "--kubeconfig"]);
    let output = command.arg(kubeconfig).args(more).kill_on_drop(true).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("approved."), "{said}");
}
