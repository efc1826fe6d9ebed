//! The rack's endpoint (facts/oci.md §1.5).

use crate::caller::http;
use crate::scene::{MINUTE, Scene};
use serde_json::json;
use slipway_sim::{ConnectionState, Fault, Offence, Rack, RackConfig, Trouble};
use std::process::Command;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guides_own_line_works() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    scene.advance(20 * MINUTE);
    let body = format!(r#"{{"pin":"{}"}}"#, scene.cloud.pin(&id).unwrap());
    let output = Command::new("curl")
        .args([
            "-s",
            "-k",
            "-X",
            "POST",
            "-H",
            "Content-Type: application/json",
            "-d",
            &body,
            &scene.rack.url(),
        ])
        .env_clear()
        .output()
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer.as_object().unwrap().len(), 1);
    let fingerprint = answer["fingerprint"].as_str().unwrap();
    assert!(fingerprint.len() == 128 && fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()));
    scene.advance(MINUTE);
    assert_eq!(scene.get(&id).await.body["provisioningFingerprint"], fingerprint);
}

#[tokio::test]
async fn a_pin_posted_again_is_told_and_moves_nothing() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    let (told, _) = scene.request(&id).await;
    let pin = scene.rack.pins().remove(0);
    let again = scene.post_pin(&pin).await.unwrap();
    assert_ne!(again["fingerprint"], told);
    assert_eq!(scene.offences(), [Offence::PinPostedTwice]);
    assert_eq!(scene.get(&id).await.body["provisioningFingerprint"], told);
    // The caller has two answers now, and trusts the wrong one.
    assert_eq!(scene.caller.set_state(&id, "READY").await.status, 200);
    assert_eq!(scene.offences(), [Offence::PinPostedTwice, Offence::ReadyWithoutMatch]);
}

#[tokio::test]
async fn another_racks_pin_is_told() {
    let scene = Scene::start().await;
    let (first, second) = (scene.new_infrastructure(), scene.new_infrastructure());
    scene.connect(&first).await;
    scene.post_pin(&scene.cloud.pin(&second).unwrap()).await.unwrap();
    scene.advance(MINUTE);
    assert_eq!(scene.offences(), [Offence::PinOfAnotherRack]);
    assert_eq!(scene.state(&second), ConnectionState::Reject);
}

#[tokio::test]
async fn a_rack_without_a_link_makes_contact_when_it_is_back() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    scene.rack.set_contact(false);
    scene.request(&id).await;
    assert_eq!(scene.state(&id), ConnectionState::Reject);
    scene.rack.set_contact(true);
    scene.advance(MINUTE);
    assert_eq!(scene.state(&id), ConnectionState::Request);
    assert_eq!(scene.cloud.violations(), []);
}

#[tokio::test]
async fn what_is_no_pin_is_refused() {
    let scene = Scene::start().await;
    let client = http(scene.rack.ca_pem());
    for body in ["", "{}", "[]", r#"{"pin":""}"#, r#"{"pin":1}"#] {
        let answer = client.post(scene.rack.url()).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
    }
    assert_eq!(client.get(scene.rack.url()).send().await.unwrap().status(), 405);
    assert_eq!(client.post(scene.rack.endpoint()).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn certificates_are_the_racks_own_or_a_strangers() {
    let scene = Scene::start().await;
    let post = |ca: String| {
        let (url, client) = (scene.rack.url(), http(&ca));
        async move { client.post(url).json(&json!({})).send().await.is_ok() }
    };
    assert!(post(scene.rack.ca_pem().to_owned()).await);
    assert!(!post(scene.cloud.ca_pem().to_owned()).await);
    let other = Rack::start(&scene.cloud, RackConfig::named("rack-b")).await.unwrap();
    assert!(!post(other.ca_pem().to_owned()).await);
    let before = scene.rack.certificate().unwrap();
    scene.rack.replace_certificate(true).unwrap();
    assert!(!post(scene.rack.ca_pem().to_owned()).await);
    assert_ne!(scene.rack.certificate().unwrap(), before);
    scene.rack.refuse_connections(true).await;
    assert!(!post(scene.rack.ca_pem().to_owned()).await);
}

#[tokio::test]
async fn fingerprints_are_told_in_every_form() {
    let scene = Scene::start().await;
    let mut sent = Vec::new();
    for (index, trouble) in [
        Trouble::FingerprintAbsent,
        Trouble::FingerprintEmpty,
        Trouble::FingerprintUpperCase,
        Trouble::FingerprintColons,
        Trouble::FingerprintSpaces,
    ]
    .into_iter()
    .enumerate()
    {
        let fault = scene.rack.add_fault(Fault::new(trouble).once());
        sent.push(scene.post_pin(&format!("pin-{index}")).await.unwrap());
        assert_eq!(scene.rack.fault_hits(fault), 1);
    }
    assert_eq!((&sent[0], &sent[1]), (&json!({}), &json!({"fingerprint": ""})));
    let text = |index: usize| sent[index]["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(text(2), text(2).to_uppercase());
    assert_eq!((text(3).len(), text(3).matches(':').count()), (191, 63));
    assert_eq!((text(4).len(), text(4).matches(' ').count()), (143, 15));
}

#[tokio::test]
async fn a_wrong_fingerprint_makes_ready_a_violation() {
    for at_rack in [true, false] {
        let scene = Scene::start().await;
        let id = scene.new_infrastructure();
        let fault = Fault::new(Trouble::FingerprintWrong);
        let _ = if at_rack { scene.rack.add_fault(fault) } else { scene.cloud.add_fault(fault) };
        let (told, shown) = scene.request(&id).await;
        assert_ne!(told, shown);
        scene.caller.set_state(&id, "READY").await;
        assert_eq!(scene.offences(), [Offence::ReadyWithoutMatch]);
    }
}
