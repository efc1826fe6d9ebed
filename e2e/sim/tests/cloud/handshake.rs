//! The states of the connection and what moves them (facts/oci.md §1.4).

use crate::caller::infrastructure;
use crate::scene::{DAY, MINUTE, Scene};
use serde_json::json;
use slipway_sim::{CloudConfig, CloudTimings, ConnectionState, Offence};
use std::time::Duration;

#[tokio::test]
async fn a_rack_is_connected() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    assert_eq!(scene.state(&id), ConnectionState::Reject);
    assert!(scene.get(&id).await.body.get("infrastructureInventory").is_none());
    let (told, shown) = scene.request(&id).await;
    assert_eq!(scene.state(&id), ConnectionState::Request);
    assert_eq!((told.len(), &told), (128, &shown));
    assert!(scene.get(&id).await.body.get("provisioningPin").is_none());
    let ready = scene.caller.set_state(&id, "READY").await;
    assert_eq!((ready.status, &ready.body["connectionState"]), (200, &json!("READY")));
    scene.advance(29 * Duration::from_secs(1));
    assert_eq!(scene.state(&id), ConnectionState::Ready);
    scene.advance(Duration::from_secs(1));
    assert_eq!(scene.state(&id), ConnectionState::Connected);
    assert_eq!(scene.get(&id).await.body["infrastructureInventory"]["computeNodeCount"], 3);
    assert_eq!(scene.cloud.violations(), []);
    assert_eq!(scene.rack.pins().len(), 1);
}

#[tokio::test]
async fn a_pin_before_its_time_is_not_taken() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    scene.advance(Duration::from_secs(1199));
    let pin = scene.cloud.pin(&id).unwrap();
    scene.post_pin(&pin).await.unwrap();
    scene.advance(MINUTE);
    assert_eq!(scene.state(&id), ConnectionState::Reject);
    assert_eq!(scene.offences(), [Offence::EarlyHandshake { after_seconds: 1199 }]);
    let violation = scene.cloud.violations().remove(0);
    assert_eq!((violation.rack.as_deref(), violation.infrastructure), (Some("rack-a"), Some(id)));
}

#[tokio::test]
async fn the_fingerprint_comes_some_time_after_the_request() {
    let timings = CloudTimings { fingerprint: 10 * MINUTE, ..CloudTimings::default() };
    let scene = Scene::with(CloudConfig { timings, ..CloudConfig::default() }).await;
    let id = scene.new_infrastructure();
    let (_, shown) = scene.request(&id).await;
    let request = scene.get(&id).await;
    assert_eq!((shown.as_str(), &request.body["connectionState"]), ("", &json!("REQUEST")));
    scene.advance(10 * MINUTE);
    let later = scene.get(&id).await;
    assert_eq!(later.body["provisioningFingerprint"].as_str().map(str::len), Some(128));
    assert_ne!(later.etag(), request.etag());
    assert_ne!(later.body["timeUpdated"], request.body["timeUpdated"]);
}

#[tokio::test]
async fn every_reject_makes_another_pin_and_a_stale_one_is_good_for_nothing() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    let first = scene.cloud.pin(&id).unwrap();
    let rejected = scene.caller.set_state(&id, "REJECT").await;
    let second = rejected.body["provisioningPin"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    scene.advance(20 * MINUTE);
    scene.post_pin(&first).await.unwrap();
    scene.post_pin("never-given-out").await.unwrap();
    scene.advance(MINUTE);
    assert_eq!(scene.state(&id), ConnectionState::Reject);
    assert_eq!(scene.offences(), [Offence::PinStale, Offence::PinUnknown]);
    scene.post_pin(&second).await.unwrap();
    scene.advance(MINUTE);
    assert_eq!(scene.state(&id), ConnectionState::Request);
}

#[tokio::test]
async fn a_user_sets_ready_from_request_only() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    let early = scene.caller.set_state(&id, "READY").await;
    assert_eq!(early.error(), (409, "IncorrectState"));
    for word in ["CONNECTED", "REQUEST", "DISCONNECTED", "SOMETHING"] {
        assert_eq!(scene.caller.set_state(&id, word).await.error(), (400, "InvalidParameter"), "{word}");
    }
    scene.connect(&id).await;
    assert_eq!(scene.caller.set_state(&id, "READY").await.status, 409);
    let states = [ConnectionState::Reject, ConnectionState::Connected];
    assert_eq!(scene.offences(), states.map(|state| Offence::ReadyWithoutRequest { state }));
    assert_eq!(scene.cloud.violations()[0].by.as_deref(), Some(scene.caller.key_id.as_str()));
}

#[tokio::test]
async fn ninety_days_without_a_break_end_in_reject() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    scene.connect(&id).await;
    let since = scene.cloud.state_since(&id).unwrap();
    scene.advance(89 * DAY);
    assert_eq!(scene.state(&id), ConnectionState::Connected);
    scene.advance(DAY);
    assert_eq!(scene.state(&id), ConnectionState::Reject);
    let rejected = scene.cloud.state_since(&id).unwrap();
    assert_eq!(rejected.duration_since(since).as_hours(), 90 * 24);
    assert!(scene.cloud.pin(&id).is_some());
    assert_eq!(scene.cloud.violations(), []);
}

#[tokio::test]
async fn a_lost_contact_disconnects_and_the_ninety_days_begin_again() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    scene.connect(&id).await;
    scene.advance(80 * DAY);
    scene.rack.set_contact(false);
    assert_eq!(scene.state(&id), ConnectionState::Disconnected);
    scene.advance(10 * MINUTE);
    scene.rack.set_contact(true);
    assert_eq!(scene.state(&id), ConnectionState::Connected);
    scene.advance(80 * DAY);
    assert_eq!(scene.state(&id), ConnectionState::Connected);
    scene.advance(10 * DAY);
    assert_eq!(scene.state(&id), ConnectionState::Reject);
}

#[tokio::test]
async fn a_long_outage_can_be_final() {
    let timings = CloudTimings { outage: Some(15 * MINUTE), ..CloudTimings::default() };
    let scene = Scene::with(CloudConfig { timings, ..CloudConfig::default() }).await;
    let id = scene.new_infrastructure();
    scene.connect(&id).await;
    for (minutes, after) in [(15, ConnectionState::Connected), (16, ConnectionState::Disconnected)] {
        assert!(scene.cloud.set_contact(&id, false));
        scene.advance(minutes * MINUTE);
        assert!(scene.cloud.set_contact(&id, true));
        assert_eq!(scene.state(&id), after, "{minutes}");
    }
}

#[tokio::test]
async fn a_reject_of_a_working_connection_is_told_with_its_author() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    scene.connect(&id).await;
    assert_eq!(scene.caller.set_state(&id, "REJECT").await.status, 200);
    let violation = scene.cloud.violations().remove(0);
    assert_eq!(violation.offence, Offence::ConnectedToReject);
    assert_eq!(violation.by, Some(scene.account.key_id()));
    let call = scene.cloud.calls().pop().unwrap();
    assert_eq!(call.state_before, Some(ConnectionState::Connected));
    assert_eq!(call.state_after, Some(ConnectionState::Reject));
    assert!(call.if_match && call.status == Some(200) && call.target == infrastructure(&id));
    assert!(scene.get(&id).await.body.get("provisioningFingerprint").is_none());
}

#[tokio::test]
async fn a_second_handshake_needs_its_own_pin_and_time() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    scene.connect(&id).await;
    assert!(scene.cloud.force_reject(&id));
    let first = scene.rack.pins().remove(0);
    scene.connect(&id).await;
    assert_eq!(scene.rack.pins().len(), 2);
    assert_ne!(scene.rack.pins()[1], first);
    assert_eq!(scene.cloud.violations(), []);
}
