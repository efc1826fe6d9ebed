//! Where the rack is said to be, and what answers there.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::Site;
use slipway_e2e::objects::condition;
use slipway_sim::{ConnectionState, Fault, Trouble};

use crate::scene::{
    SOON, WAITING, assert_clean, assert_kstatus, connected, rounds, site, to_connect, told, waiting, writes,
};

#[tokio::test]
async fn a_rack_that_cannot_be_found_or_reached_is_named_before_its_waiting_time_is_over() {
    let site = site(3, "rack").await;
    site.racks[1].refuse_connections(true).await;
    for (index, host) in [Some("rps.rack0.invalid"), None, Some("169.254.169.254")].into_iter().enumerate() {
        let mut object = to_connect(&site, index).await;
        if let Some(host) = host {
            object["spec"]["rack"]["provisioningUrl"] = json!(format!("https://{host}/rps_pin"));
        }
        site.apply(&object).await.unwrap();
    }
    let field = "spec.rack.provisioningUrl";
    told(&site, 0, ("TlsVerified", "NameNotResolved"), &["rps.rack0.invalid", field, "DNS"]).await;
    let words = [&site.racks[1].endpoint(), field, "check the port"];
    told(&site, 1, ("TlsVerified", "ConnectionRefused"), &words).await;
    told(&site, 2, ("TlsVerified", "AddressDenied"), &["169.254.169.254", field, "--allow-network"]).await;
    let waits = site.get(0).await.unwrap();
    assert!(waits["status"]["notBefore"].is_string(), "{waits}");
    site.advance(WAITING);
    rounds(&site, 12.0).await;
    assert_eq!(writes(&site), [""; 0]);
    assert!(site.racks.iter().all(|rack| rack.posts().is_empty()));

    site.racks[1].refuse_connections(false).await;
    for index in [0, 2] {
        site.patch(index, &json!({"rack": {"provisioningUrl": site.racks[index].url()}})).await.unwrap();
    }
    for index in 0..3 {
        connected(&site, index).await;
        assert_eq!(site.racks[index].posts().len(), 1);
    }
    assert_clean(&site, &[]).await;
}

/// Waits until the attempt has come to nothing and the rack waits for the next one.
async fn spent(site: &Site, index: usize) -> Value {
    let object = site
        .wait(index, "the first attempt to be over", |object| {
            let status = &object["status"];
            let is_over =
                status["handshake"]["step"] == "Waiting" && status["handshake"]["result"] == "RackRefused";
            let waits = is_over
                && status["notBefore"].is_string()
                && condition(object, "Ready")["reason"] == "HandshakeFailed";
            if waits { Ok(()) } else { Err(format!("status is {status}")) }
        })
        .await
        .unwrap();
    assert_kstatus(&object, "HandshakeFailed");
    object
}

#[tokio::test]
async fn whatever_answers_without_a_fingerprint_spends_its_pin_and_gets_another_one_after_the_waiting_time() {
    let site = site(4, "answer").await;
    let troubles = [
        (Trouble::Html { status: 200 }, "text/html"),
        (Trouble::FingerprintEmpty, "its fingerprint is empty"),
        (Trouble::FingerprintAbsent, "no JSON with a fingerprint"),
        (Trouble::Html { status: 502 }, "502"),
    ];
    for (index, (trouble, _)) in troubles.iter().enumerate() {
        site.racks[index].add_fault(trouble.clone().into());
        site.apply(&to_connect(&site, index).await).await.unwrap();
        waiting(&site, index).await;
    }
    site.advance(WAITING);
    for (index, (_, words)) in troubles.iter().enumerate() {
        let event = site.wait_event(index, "RackAnswerInvalid").await.unwrap();
        assert_eq!(event["type"], "Warning", "{event}");
        let note = event["note"].as_str().unwrap();
        let rack = site.racks[index].endpoint();
        for word in [rack.as_str(), words, "`spec.rack.provisioningUrl`", "a login page or a proxy"] {
            assert!(note.contains(word), "no {word:?} in {note:?}");
        }
        // The condition says it for as long as the rack waits.
        let object = spent(&site, index).await;
        let message = condition(&object, "Ready")["message"].as_str().unwrap().to_owned();
        for word in ["attempt 1", "(spec.rack)", "a login page or a proxy", "the next handshake may begin at"]
        {
            assert!(message.contains(word), "no {word:?} in {message:?}");
        }
        assert_eq!(site.racks[index].posts().len(), 1);
        site.racks[index].clear_faults();
    }
    let rejections = writes(&site);
    assert_eq!(rejections.len(), troubles.len(), "{rejections:?}");
    assert!(
        site.cloud
            .infrastructures()
            .iter()
            .all(|id| site.cloud.connection_state(id) == Some(ConnectionState::Reject))
    );
    site.advance(WAITING);
    for index in 0..troubles.len() {
        let object = connected(&site, index).await;
        assert_eq!(object["status"]["handshake"]["attempt"], 2, "{object}");
        let pins = site.racks[index].pins();
        assert!(pins.len() == 2 && pins[0] != pins[1], "{} posts", pins.len());
    }
    assert_clean(&site, &[]).await;
}

/// Three attempts, each with a longer wait.
#[tokio::test]
async fn fingerprints_that_differ_three_times_wait_for_a_person() {
    let site = site(1, "mismatch").await;
    let id = site.cloud.infrastructures().remove(0);
    let wrong = site.cloud.add_fault(Fault::new(Trouble::FingerprintWrong));
    site.apply(&to_connect(&site, 0).await).await.unwrap();
    waiting(&site, 0).await;
    for (attempt, wait) in [(1, WAITING), (2, WAITING), (3, WAITING * 2)] {
        site.advance(wait);
        site.wait(0, "the next mismatch", |object| {
            let handshake = &object["status"]["handshake"];
            let is_over = handshake["mismatches"] == attempt && handshake["step"] == "Waiting";
            if is_over { Ok(()) } else { Err(format!("the handshake is {handshake}")) }
        })
        .await
        .unwrap();
        assert!(site.cloud.wait_state(&id, ConnectionState::Reject, SOON).await);
    }
    let words = ["3 attempts", "in the rack's place", "connection.refreshId"];
    told(&site, 0, ("Stalled", "MismatchesExhausted"), &words).await;
    let object = site.get(0).await.unwrap();
    let matched = condition(&object, "FingerprintMatched");
    assert_eq!((&matched["status"], &matched["reason"]), (&json!("False"), &json!("FingerprintMismatch")));
    site.advance(Duration::from_hours(12));
    rounds(&site, 6.0).await;
    assert_eq!(site.racks[0].posts().len(), 3);
    assert_eq!(writes(&site).len(), 3, "{:?}", writes(&site));

    site.cloud.remove_fault(wrong);
    site.patch(0, &json!({"connection": {"refreshId": "again"}})).await.unwrap();
    waiting(&site, 0).await;
    site.advance(WAITING * 4);
    connected(&site, 0).await;
    assert_clean(&site, &[]).await;
}
