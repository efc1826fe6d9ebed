//! Calls of the API: what they take, show and refuse (facts/oci.md §1.2, §1.3, §1.7).

use crate::caller::{Caller, INFRASTRUCTURES, infrastructure};
use crate::scene::{DAY, MINUTE, Scene};
use reqwest::Method;
use serde_json::{Value, json};
use slipway_sim::{CloudConfig, Offence};

#[tokio::test]
async fn a_create_is_shown_whole() {
    let scene = Scene::start().await;
    let mut body = scene.wanted("rack one");
    body["freeformTags"] = json!({"slipway/uid": "4711"});
    body["connectionState"] = json!("REJECT");
    let made = scene.caller.post(INFRASTRUCTURES, &body).await;
    assert_eq!(made.status, 200);
    let id = made.body["id"].as_str().unwrap();
    assert!(id.starts_with("ocid1.cccinfrastructure.oc1.iad."));
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&made.body[name], value, "{name}");
    }
    assert_eq!(made.body["lifecycleState"], "ACTIVE");
    for name in ["provisioningFingerprint", "upgradeInformation", "cccUpgradeScheduleId", "description"] {
        assert!(made.body.get(name).is_none(), "{name}");
    }
    let read = scene.get(id).await;
    assert_eq!((&read.body, read.etag()), (&made.body, made.etag()));
    assert_eq!(scene.cloud.infrastructure(id), Some(made.body));
}

#[tokio::test]
async fn what_has_no_value_can_be_null() {
    let scene = Scene::with(CloudConfig { nulls: true, ..CloudConfig::default() }).await;
    let made = scene.caller.post(INFRASTRUCTURES, &scene.wanted("a")).await;
    assert_eq!(made.body.get("provisioningFingerprint"), Some(&Value::Null));
}

#[tokio::test]
async fn bad_creates_are_refused_with_their_reason() {
    let scene = Scene::start().await;
    let refusal = |change: Value| {
        let mut body = scene.wanted("a");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let scene = &scene;
        async move {
            let answer = scene.caller.post(INFRASTRUCTURES, &body).await;
            let (status, code) = answer.error();
            (status, code.to_owned())
        }
    };
    let wanted = [
        (json!({"displayName": null}), 400, "MissingParameter"),
        (json!({"subnetId": null}), 400, "MissingParameter"),
        (json!({"displayName": 1}), 400, "InvalidParameter"),
        (json!({"description": "x".repeat(401)}), 400, "InvalidParameter"),
        (json!({"connectionState": "READY"}), 400, "InvalidParameter"),
        (json!({"freeformTags": {"a": 1}}), 400, "InvalidParameter"),
        (json!({"cccUpgradeScheduleId": "ocid1.none"}), 400, "RelatedResourceNotAuthorizedOrNotFound"),
        (json!({"compartmentId": "ocid1.compartment.oc1..other"}), 404, "NotAuthorizedOrNotFound"),
    ];
    for (change, status, code) in wanted {
        assert_eq!(refusal(change.clone()).await, (status, code.to_owned()), "{change}");
    }
    let array = scene.caller.post(INFRASTRUCTURES, &json!([])).await;
    assert_eq!(array.error(), (400, "CannotParseRequest"));
    assert!(scene.cloud.infrastructures().is_empty());
}

#[tokio::test]
async fn an_old_etag_is_refused_and_none_is_told() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    let path = infrastructure(&id);
    let old = scene.get(&id).await;
    let renamed = scene.caller.put(&path, &json!({"displayName": "b"}), &old.etag()).await;
    assert_eq!((renamed.status, &renamed.body["displayName"]), (200, &json!("b")));
    assert_ne!(renamed.etag(), old.etag());
    let late = scene.caller.put(&path, &json!({"displayName": "c"}), &old.etag()).await;
    assert_eq!(late.error(), (412, "NoEtagMatch"));
    assert_eq!(scene.caller.delete(&path, &old.etag()).await.error(), (412, "NoEtagMatch"));
    assert_eq!(scene.cloud.violations(), []);
    let body = json!({"displayName": "d"});
    let blind = scene.caller.try_send(Method::PUT, &path, Some(&body), &[]).await.unwrap();
    assert_eq!(blind.status, 200);
    assert_eq!(scene.offences(), [Offence::WriteWithoutIfMatch]);
    let quoted = format!("\"{}\"", blind.etag());
    assert_eq!(scene.caller.delete(&path, &quoted).await.status, 204);
    assert_eq!(scene.get(&id).await.error(), (404, "NotAuthorizedOrNotFound"));
}

#[tokio::test]
async fn every_change_moves_the_etag_and_the_time() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    let mut seen = vec![scene.get(&id).await];
    let changes: [&dyn Fn() -> bool; 7] = [
        &|| scene.cloud.set_inventory(&id, Some(json!({"computeNodeCount": 18}))),
        &|| scene.cloud.set_network(&id, Some(json!({"uplinkVlanMtu": 9000}))),
        &|| scene.cloud.set_upgrade(&id, Some(json!({"isActive": true}))),
        &|| scene.cloud.set_lifecycle(&id, "NEEDS_ATTENTION", Some("a fan is loud")),
        &|| scene.cloud.set_connection_details(&id, Some("call us")),
        &|| scene.cloud.rotate_pin(&id),
        &|| scene.cloud.force_reject(&id),
    ];
    for change in changes {
        scene.advance(MINUTE);
        assert!(change());
        let now = scene.get(&id).await;
        let before = seen.last().unwrap();
        assert!(now.etag() != before.etag() && now.body["timeUpdated"] != before.body["timeUpdated"]);
        seen.push(now);
    }
    let last = &seen.last().unwrap().body;
    assert_eq!(last["infrastructureInventory"]["computeNodeCount"], 18);
    assert_eq!(
        (&last["lifecycleState"], &last["connectionDetails"]),
        (&json!("NEEDS_ATTENTION"), &json!("call us"))
    );
    assert!(!scene.cloud.force_reject("ocid1.none"));
}

#[tokio::test]
async fn tags_replace_the_old_ones_as_a_whole() {
    let scene = Scene::start().await;
    let mut body = scene.wanted("a");
    body["freeformTags"] = json!({"a": "1", "b": "2"});
    let made = scene.caller.post(INFRASTRUCTURES, &body).await;
    let path = infrastructure(made.body["id"].as_str().unwrap());
    let same = scene.caller.put(&path, &json!({"description": "x"}), &made.etag()).await;
    assert_eq!(same.body["freeformTags"], json!({"a": "1", "b": "2"}));
    let other = scene.caller.put(&path, &json!({"freeformTags": {"c": "3"}}), &same.etag()).await;
    assert_eq!(other.body["freeformTags"], json!({"c": "3"}));
    assert_eq!(other.body["description"], "x");
}

#[tokio::test]
async fn a_retry_token_gives_the_first_result() {
    let scene = Scene::start().await;
    let body = scene.wanted("a");
    let first = scene.caller.post_with_token(INFRASTRUCTURES, &body, "token-1").await;
    let again = scene.caller.post_with_token(INFRASTRUCTURES, &body, "token-1").await;
    assert_eq!((again.status, &again.body, again.etag()), (200, &first.body, first.etag()));
    let other = scene.caller.post_with_token(INFRASTRUCTURES, &scene.wanted("b"), "token-1").await;
    assert_eq!(other.error(), (409, "InvalidatedRetryToken"));
    let long = scene.caller.post_with_token(INFRASTRUCTURES, &body, &"x".repeat(65)).await;
    assert_eq!(long.error(), (400, "InvalidParameter"));
    assert_eq!(scene.cloud.infrastructures().len(), 1);
    scene.advance(DAY);
    assert_ne!(
        scene.caller.post_with_token(INFRASTRUCTURES, &body, "token-1").await.body["id"],
        first.body["id"]
    );
    assert_eq!(scene.cloud.calls()[0].retry_token.as_deref(), Some("token-1"));
}

#[tokio::test]
async fn a_move_is_seen_in_the_other_compartment() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    let other = scene.cloud.new_compartment(&scene.account);
    let path = format!("{}/actions/changeCompartment", infrastructure(&id));
    let moved = scene.caller.post(&path, &json!({"compartmentId": other})).await;
    assert_eq!((moved.status, &moved.body), (200, &json!("")));
    assert_eq!(scene.get(&id).await.body["compartmentId"], other);
    let nowhere = scene.caller.post(&path, &json!({"compartmentId": "ocid1.compartment.oc1..x"})).await;
    assert_eq!(nowhere.status, 404);
}

#[tokio::test]
async fn request_ids_go_back_and_every_answer_is_dated() {
    let scene = Scene::start().await;
    scene.advance(3 * DAY);
    let date = scene.cloud.clock().now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let given = scene
        .caller
        .try_send(Method::GET, INFRASTRUCTURES, None, &[("opc-request-id", "ABC")])
        .await
        .unwrap();
    assert_eq!((given.header("opc-request-id"), given.header("date")), ("ABC", date.as_str()));
    let none = scene.caller.get("/20221208/somethingElse").await;
    assert_eq!((none.status, none.header("date")), (404, date.as_str()));
    assert!(!none.header("opc-request-id").is_empty());
    assert_eq!(scene.cloud.calls()[0].request_id.as_deref(), Some("ABC"));
}

#[tokio::test]
async fn methods_and_media_types_are_looked_at() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    let patch =
        scene.caller.try_send(Method::PATCH, &infrastructure(&id), Some(&json!({})), &[]).await.unwrap();
    assert_eq!(patch.status, 405);
    let other = Caller::new(&scene.cloud, &scene.account);
    let unsigned = other.get("/20221208").await;
    assert_eq!(unsigned.status, 404);
}
