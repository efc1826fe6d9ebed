//! Who the rack is, before it is given a PIN.

use serde_json::{Value, json};
use slipway_e2e::objects::condition;

use crate::scene::{MINUTE, Scene, operator, options};

/// A rack that waits for its time, whose certificate is judged as `tls` says.
async fn waiting(scene: Scene, tls: &Value) -> Scene {
    let mut object = scene.site.to_connect(0, &json!({}));
    object["spec"]["rack"]["tls"] = tls.clone();
    scene.site.apply(&object).await.unwrap();
    scene.not_before().await;
    scene
}

/// Replaces the way in which the rack is trusted.
async fn trust(scene: &Scene, tls: &Value) {
    let patch = json!([{"op": "replace", "path": "/spec/rack/tls", "value": tls}]).to_string();
    scene.site.kubectl.ok(&["patch", "sinfra", "rack0", "--type=json", "-p", &patch]).await.unwrap();
}

fn first_use() -> Value {
    json!({"trustOnFirstUse": true})
}

/// The key that the operator has seen first.
async fn seen_first(scene: &Scene) -> String {
    let pinned = |object: &Value| {
        let pin = &object["status"]["tls"]["pin"];
        if pin.is_string() { Ok(()) } else { Err(format!("status is {}", object["status"])) }
    };
    let object = scene.site.wait(0, "the rack's key", pinned).await.unwrap();
    object["status"]["tls"]["pin"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_first_key_is_held_on_to_and_another_gets_no_pin() {
    let scene = waiting(Scene::open("first-use").await, &first_use()).await;
    let key = seen_first(&scene).await;
    assert_eq!(scene.posts(), [], "the key is on record before any PIN is given");
    scene.site.racks[0].replace_certificate(false).unwrap();
    let object = scene.reason("CertificateChanged").await;
    let verified = condition(&object, "TlsVerified");
    assert_eq!((&verified["status"], &verified["reason"]), (&json!("False"), &json!("CertificateChanged")));
    scene.let_begin().await;
    scene.looked(3).await;
    assert_eq!((scene.posts().len(), scene.orders().len()), (0, 0));
    assert_eq!(seen_first(&scene).await, key);

    // The administrator knows the new one.
    trust(&scene, &json!({"caRef": {"name": "rack0-ca"}})).await;
    scene.site.wait_connected(0).await.unwrap();
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_rack_trusted_on_first_use_is_connected() {
    let scene = waiting(Scene::open("first-use-connects").await, &first_use()).await.connect().await;
    let object = scene.site.get(0).await.unwrap();
    assert!(object["status"]["tls"]["pin"].as_str().unwrap().starts_with("sha256/"), "{object}");
    assert_eq!(condition(&object, "TlsVerified")["status"], "True");
    scene.close(&[]).await;
}

#[tokio::test]
async fn only_the_pinned_key_is_given_a_pin() {
    let scene = waiting(Scene::open("pin").await, &first_use()).await;
    let key = seen_first(&scene).await;
    let wrong = format!("sha256/{}", "0".repeat(64));
    trust(&scene, &json!({"pin": wrong})).await;
    scene.reason("CertificateChanged").await;
    scene.let_begin().await;
    scene.looked(3).await;
    assert_eq!(scene.posts(), []);
    trust(&scene, &json!({"pin": key})).await;
    scene.site.wait_connected(0).await.unwrap();
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_rack_with_a_foreign_certificate_is_given_no_pin() {
    let scene = Scene::waiting("foreign", &json!({})).await;
    scene.site.racks[0].replace_certificate(true).unwrap();
    scene.reason("CertificateUntrusted").await;
    scene.site.advance(MINUTE * 30);
    scene.looked(3).await;
    assert_eq!((scene.posts().len(), scene.orders().len()), (0, 0));
    scene.close(&[]).await;
}

#[tokio::test]
async fn without_the_operators_flag_nothing_is_skipped() {
    let scene = waiting(Scene::open("skip-alone").await, &json!({"insecureSkipVerify": true})).await;
    scene.reason_with("InsecureNotAllowed", "--allow-insecure-tls").await;
    scene.let_begin().await;
    scene.looked(3).await;
    assert_eq!(scene.posts(), []);
    scene.close(&[]).await;
}

#[tokio::test]
async fn with_both_flags_the_rack_is_connected_and_the_condition_says_so() {
    let options = options().operator(operator().arg("--allow-insecure-tls"));
    let scene = waiting(Scene::open_with(options, "skip").await, &json!({"insecureSkipVerify": true})).await;
    skipping_is_said(&scene).await;
    let scene = scene.connect().await;
    skipping_is_said(&scene).await;
    scene.close(&[]).await;
}

async fn skipping_is_said(scene: &Scene) {
    let verified = condition(&scene.site.get(0).await.unwrap(), "TlsVerified");
    assert_eq!((&verified["status"], &verified["reason"]), (&json!("False"), &json!("TlsSkipped")));
}
