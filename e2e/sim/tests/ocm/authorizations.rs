//! Reserving (`facts/ocm.md §2.4`).

use crate::scene::{DAY, HOUR, Scene, wish};
use serde_json::{Value, json};
use slipway_sim::{OcmRights, RepeatedClusterId};

#[tokio::test]
async fn a_record_is_reserved_as_the_document_says() {
    let scene = Scene::start().await;
    let answer = scene.service().authorize(&wish("jdoe", "c-1")).await;
    let id = answer.body["subscription"]["id"].as_str().unwrap();
    let jdoe = scene.ocm.account("jdoe").unwrap();
    assert_eq!(
        answer.body,
        json!({
            "allowed": true, "excess_resources": [], "organization_id": jdoe.organization_id,
            "subscription": {
                "id": id, "kind": "Subscription", "href": format!("/api/accounts_mgmt/v1/subscriptions/{id}"),
            },
        })
    );
    assert_eq!(id.len(), 27);
    let record = scene.service().get(&format!("subscriptions/{id}")).await.body;
    for (field, value) in [
        ("status", "Reserved"),
        ("cluster_id", "c-1"),
        ("display_name", "demo"),
        ("provenance", "Provisioning"),
        ("support_level", "Eval"),
        ("organization_id", &jdoe.organization_id),
        ("last_telemetry_date", "0001-01-01T00:00:00Z"),
    ] {
        assert_eq!(record[field], value, "{field}");
    }
    assert_eq!((&record["creator"]["id"], &record["managed"]), (&json!(jdoe.id), &json!(false)));
    let plan = &record["plan"];
    assert_eq!(
        [&plan["id"], &plan["type"], &plan["category"]],
        ["OCP-AssistedInstall", "OCP", "AssistedInstall"]
    );
    let time = |field: &str| record[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(time("eval_expiration_date").duration_since(time("created_at")).as_hours(), 60 * 24);
    scene.ocm.clock().advance(1000 * DAY);
    assert_eq!(scene.status(id), "Reserved");
}

#[tokio::test]
async fn what_is_missing_or_not_asked_for_reserves_nothing() {
    let scene = Scene::start().await;
    let without = |field: &str| {
        let mut wish = wish("jdoe", "c-1");
        wish.as_object_mut().unwrap().remove(field);
        wish
    };
    let service = scene.service();
    assert_eq!(service.authorize(&without("account_username")).await.error(), (400, "8"));
    assert_eq!(service.authorize(&without("cluster_id")).await.error(), (400, "8"));
    let only_asked = service.authorize(&without("reserve")).await;
    assert!(only_asked.status == 200 && only_asked.body["allowed"] == true);
    assert!(only_asked.body.get("subscription").is_none());
    let mut unknown = wish("jdoe", "c-1");
    unknown["product_id"] = json!("XYZ");
    assert_eq!(service.authorize(&unknown).await.error(), (400, "8"));
    for text in ["{\"a\":", "[]", ""] {
        let answer =
            service.send(reqwest::Method::POST, "cluster_authorizations", Some(text.to_owned())).await;
        assert_eq!(answer.error(), (400, "17"), "{text}");
    }
    assert_eq!(service.get("cluster_authorizations").await.error(), (405, "10"));
    assert_eq!(scene.ocm.subscriptions(), Vec::<Value>::new());
    let mut lower = wish("jdoe", "c-1");
    (lower["product_id"], lower["product_category"]) = (json!("ocp"), json!("assistedInstall"));
    service.authorize(&lower).await;
    assert_eq!(scene.ocm.live("c-1")[0]["plan_id"], "OCP-AssistedInstall");
}

#[tokio::test]
async fn only_those_with_the_right_act_for_others() {
    let scene = Scene::start().await;
    for (caller, username) in [
        ("limited-sa", "jdoe"),
        ("limited-sa", "limited-sa"),
        ("jdoe", "slipway-sa"),
        ("slipway-sa", "other"),
        ("slipway-sa", "nobody"),
    ] {
        let answer = scene.caller(caller).authorize(&wish(username, "c")).await;
        assert_eq!(answer.error(), (403, "11"), "{caller} for {username}");
        let reason = answer.body["reason"].as_str().unwrap();
        assert!(
            reason.contains("denied access to perform create on ClusterAuthorization with HTTP call POST")
        );
    }
    assert_eq!(scene.service().authorize(&wish("banned", "c")).await.error(), (403, "22"));
    assert_eq!(scene.caller("jdoe").authorize(&wish("jdoe", "own")).await.status, 200);
    scene.ocm.add_service_account("all", "C", OcmRights::everything());
    assert_eq!(scene.caller("all").authorize(&wish("other", "c")).await.status, 200);
    assert_eq!(scene.service().authorize(&wish("slipway-sa", "mine")).await.status, 200);
}

#[tokio::test]
async fn a_repeated_key_is_answered_by_the_switch() {
    let scene = Scene::start().await;
    let first = scene.reserve("c-1").await;
    assert_eq!(scene.reserve("c-1").await, first);
    scene.ocm.switches(|switches| switches.repeated = RepeatedClusterId::Conflict);
    assert_eq!(scene.service().authorize(&wish("jdoe", "c-1")).await.error(), (409, "6"));
    assert!(scene.ocm.violations().is_empty());
    scene.ocm.switches(|switches| switches.repeated = RepeatedClusterId::Second);
    let second = scene.reserve("c-1").await;
    assert_ne!(second, first);
    assert_eq!(scene.ocm.live("c-1").len(), 2);
    let violations = scene.ocm.violations();
    let mut ids = [first.clone(), second];
    ids.sort();
    assert_eq!((violations.len(), &violations[0].ids[..]), (1, &ids[..]));
    assert_eq!((violations[0].cluster_id.as_str(), violations[0].by.as_str()), ("c-1", "slipway-sa"));
    scene.service().delete(&format!("subscriptions/{first}")).await;
    assert_eq!((scene.ocm.live("c-1").len(), scene.ocm.violations().len()), (1, 1));
}

#[tokio::test]
async fn another_accounts_key_is_a_conflict_also_when_its_record_is_not_seen() {
    let scene = Scene::start().await;
    let foreign = scene.ocm.reserve_as("other", "c-1", "theirs");
    assert!(scene.service().search("subscriptions", "cluster_id = 'c-1'").await.items().is_empty());
    assert_eq!(scene.service().authorize(&wish("jdoe", "c-1")).await.error(), (409, "6"));
    scene.ocm.delete(&foreign);
    let own = scene.reserve("c-1").await;
    assert_ne!(own, foreign);
    assert_eq!(scene.service().authorize(&wish("slipway-sa", "c-1")).await.error(), (409, "6"));
}

#[tokio::test]
async fn a_short_quota_is_not_allowed_and_says_what_is_short() {
    let scene = Scene::start().await;
    scene.ocm.set_quota("A", "cluster", 1);
    scene.ocm.set_quota("A", "compute.node", 4);
    let first = scene.reserve("c-1").await;
    let mut more = wish("jdoe", "c-2");
    more["resources"] = json!([{"resource_type": "compute.node", "count": 5, "byoc": false}]);
    let answer = scene.service().authorize(&more).await;
    assert_eq!((answer.status, &answer.body["allowed"]), (200, &json!(false)));
    assert!(answer.body.get("subscription").is_none() && answer.body["organization_id"].is_string());
    let excess = answer.body["excess_resources"].as_array().unwrap();
    let short: Vec<_> = excess.iter().map(|one| (&one["resource_type"], &one["count"])).collect();
    assert_eq!(short, [(&json!("cluster"), &json!(1)), (&json!("compute.node"), &json!(5))]);
    assert_eq!(scene.reserve("c-1").await, first, "a record that there is takes no more");
    scene.ocm.set_quota("A", "cluster", 2);
    scene.reserve("c-2").await;
    scene.service().delete(&format!("subscriptions/{first}")).await;
    scene.reserve("c-3").await;
    assert_eq!(scene.ocm.live("c-3").len(), 1);
}

#[tokio::test]
async fn an_organization_may_register_so_many_an_hour() {
    let scene = Scene::start().await;
    scene.ocm.set_capability("A", "clusters_registrations_per_hour", "1");
    scene.reserve("c-1").await;
    assert_eq!(scene.service().authorize(&wish("jdoe", "c-2")).await.status, 429);
    scene.ocm.clock().advance(HOUR);
    scene.reserve("c-2").await;
}
