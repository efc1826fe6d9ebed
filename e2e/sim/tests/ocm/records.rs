//! Records: read, changed, deleted, registered (`facts/ocm.md §2.5, §2.6`).

use crate::scene::{Scene, escaped};
use serde_json::{Value, json};

#[tokio::test]
async fn a_patch_sets_what_may_be_set_and_answers_the_whole_record() {
    let scene = Scene::start().await;
    let id = scene.reserve("c-1").await;
    let path = format!("subscriptions/{id}");
    let body = json!({
        "kind": "Subscription", "display_name": "it's \"100%\" ü\\", "external_cluster_id": "e-1",
        "console_url": "https://console.example", "support_level": "Premium", "usage": "Production",
        "service_level": "L1-L3", "system_units": "Sockets", "cpu_total": 96, "socket_total": 6, "status": "Active",
        "plan_id": "OCP", "trial_end_date": "2027-01-01T00:00:00Z", "released": true, "managed": null,
    });
    let answer = scene.service().patch(&path, &body).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    for (field, value) in body.as_object().unwrap() {
        match field.as_str() {
            "plan_id" => assert_eq!(answer.body["plan"]["id"], "OCP"),
            "managed" => assert_eq!(answer.body["managed"], false),
            _ => assert_eq!(&answer.body[field], value, "{field}"),
        }
    }
    assert_eq!(scene.service().get(&path).await.body, answer.body);
    let renamed = scene.caller("jdoe").patch(&path, &json!({"display_name": "x"})).await;
    assert_eq!((renamed.status, &renamed.body["display_name"]), (200, &json!("x")));
}

#[tokio::test]
async fn a_patch_that_changes_nothing_is_no_change() {
    let scene = Scene::start().await;
    let id = scene.reserve("c-1").await;
    let path = format!("subscriptions/{id}");
    let before = scene.service().get(&path).await.body;
    scene.ocm.clock().advance(crate::scene::HOUR);
    let same = scene.service().patch(&path, &json!({"display_name": "demo"})).await.body;
    assert_eq!(same, before);
    let other = scene.service().patch(&path, &json!({"display_name": "other"})).await.body;
    assert!(other["updated_at"].as_str() > before["updated_at"].as_str());
}

#[tokio::test]
async fn what_may_not_be_set_is_refused_and_nothing_is_changed() {
    let scene = Scene::start().await;
    let id = scene.activate("c-1", "e-1").await;
    scene.reserve("c-2").await;
    let path = format!("subscriptions/{id}");
    for (body, error) in [
        (json!({"nonsense": 1}), (400, "21")),
        (json!({"created_at": "2020-01-01T00:00:00Z"}), (400, "21")),
        (json!({"eval_expiration_date": "2020-01-01T00:00:00Z"}), (400, "21")),
        (json!({"status": "Frozen"}), (400, "8")),
        (json!({"status": "Deprovisioned"}), (400, "8")),
        (json!({"status": "Reserved"}), (400, "21")),
        (json!({"support_level": "Gold"}), (400, "8")),
        (json!({"display_name": 5}), (400, "8")),
        (json!({"cpu_total": "5"}), (400, "8")),
        (json!({"cpu_total": 1.5}), (400, "8")),
        (json!({"cluster_id": "c-2"}), (409, "6")),
        (json!({"organization_id": "x"}), (403, "11")),
        (json!({"creator_id": "x"}), (403, "11")),
        (json!([]), (400, "17")),
    ] {
        let mut both = body.clone();
        if let Some(fields) = both.as_object_mut() {
            fields.insert("console_url".to_owned(), json!("https://x"));
        }
        let answer = scene.service().patch(&path, &both).await;
        assert_eq!(answer.error(), error, "{body}");
    }
    let denied = scene.service().patch(&path, &json!({"creator_id": "x"})).await;
    assert!(denied.body["reason"].as_str().unwrap().contains("'creator_id'"));
    let record = scene.ocm.subscription(&id).unwrap();
    assert_eq!((&record["status"], record.get("console_url")), (&json!("Active"), None));
}

#[tokio::test]
async fn a_deleted_record_is_gone_and_found_among_the_deleted() {
    let scene = Scene::start().await;
    let id = scene.reserve("c-1").await;
    let path = format!("subscriptions/{id}");
    let answer = scene.service().delete(&path).await;
    assert_eq!((answer.status, answer.body), (200, json!("")));
    assert_eq!(scene.service().delete(&path).await.error(), (404, "7"));
    assert_eq!(scene.service().get(&path).await.body["status"], "Deprovisioned");
    assert_eq!(scene.service().patch(&path, &json!({"status": "Active"})).await.error(), (400, "21"));
    let search = escaped("cluster_id = 'c-1'");
    let deleted = scene.service().get(&format!("deleted_subscriptions?search={search}")).await;
    assert_eq!((deleted.each("id"), &deleted.items()[0]["metrics"]), (vec![id.as_str()], &json!("[]")));
    assert!(deleted.items()[0]["query_timestamp"].is_string());
    assert_ne!(scene.reserve("c-1").await, id);
    assert!(scene.ocm.violations().is_empty());
}

#[tokio::test]
async fn records_of_others_are_not_there_and_those_of_colleagues_are_only_read() {
    let scene = Scene::start().await;
    let id = scene.reserve("c-1").await;
    let path = format!("subscriptions/{id}");
    let name = json!({"display_name": "x"});
    let (other, limited) = (scene.caller("other"), scene.caller("limited-sa"));
    assert_eq!(other.get(&path).await.error(), (404, "7"));
    assert_eq!(other.patch(&path, &name).await.error(), (404, "7"));
    assert_eq!(other.delete(&path).await.error(), (404, "7"));
    assert_eq!(limited.get(&path).await.status, 200);
    assert_eq!(limited.patch(&path, &name).await.error(), (403, "11"));
    assert_eq!(limited.delete(&path).await.error(), (403, "11"));
    assert_eq!(limited.get("subscriptions/none").await.error(), (404, "7"));
    let gone = scene.service().get("subscriptions/none").await;
    assert_eq!(gone.body["reason"], "Subscription with id='none' not found");
}

#[tokio::test]
async fn only_disconnected_clusters_are_registered() {
    let scene = Scene::start().await;
    let service = scene.service();
    let body =
        json!({"cluster_uuid": "e-1", "plan_id": "OCP", "status": "Disconnected", "display_name": "far"});
    let made = service.post("subscriptions", &body).await;
    assert_eq!(
        (made.status, &made.body["status"], &made.body["external_cluster_id"]),
        (201, &json!("Disconnected"), &json!("e-1"))
    );
    assert_eq!(service.post("subscriptions", &body).await.error(), (409, "6"));
    for change in [json!({"status": "Reserved"}), json!({"plan_id": "OSD"}), json!({"cluster_uuid": ""})] {
        let mut body = body.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(service.post("subscriptions", &body).await.error(), (400, "8"), "{body}");
    }
    let id = made.body["id"].as_str().unwrap();
    let archive = service.patch(&format!("subscriptions/{id}"), &json!({"status": "Archived"})).await;
    assert_eq!(archive.body["status"], "Archived");
    let back = service.patch(&format!("subscriptions/{id}"), &json!({"status": "Disconnected"})).await;
    assert_eq!(back.body["status"], "Disconnected");
}

#[tokio::test]
async fn more_is_shown_on_demand() {
    let scene = Scene::start().await;
    let id = scene.reserve("c-1").await;
    let get = async |query: &str| scene.service().get(&format!("subscriptions/{id}?{query}")).await.body;
    let plain = get("").await;
    for absent in ["labels", "capabilities", "organization", "metrics"] {
        assert_eq!(plain.get(absent), None, "{absent}");
    }
    assert_eq!(plain["creator"].get("username"), None);
    assert_eq!(get("fetchAccounts=true").await["creator"]["username"], "jdoe");
    assert_eq!(get("fetchOrganization=true").await["organization"]["name"], "A");
    assert_eq!(get("fetchLabels=true").await["labels"], json!([]));
    assert_eq!(get("fetchCapabilities=true").await["capabilities"], json!([]));
    scene.ocm.edit(&id, |record| record["external_cluster_id"] = json!("e"));
    scene.ocm.telemetry("e", &slipway_sim::Telemetry::default());
    assert_eq!(get("").await["metrics"][0]["health_state"], "healthy");
    assert_eq!(get("fetchMetrics=false").await.get("metrics"), None);
    scene.ocm.switches(|switches| switches.metrics_unasked = false);
    assert_eq!(get("").await.get("metrics"), None);
    assert_eq!(get("fetchMetrics=true").await["metrics"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn wrong_paths_and_methods_are_errors_of_the_service() {
    let scene = Scene::start().await;
    let service = scene.service();
    for path in ["nothing", "subscriptions/a/b/c", "/api/other/v1/x", "/api/clusters_mgmt/v1/nodes", "%ff"] {
        assert_eq!(service.get(path).await.error(), (404, "7"), "{path}");
    }
    for path in ["accounts", "current_account", "organizations/x", "deleted_subscriptions", "errors/7"] {
        assert_eq!(service.delete(path).await.error(), (405, "10"), "{path}");
    }
    assert_eq!(service.post("subscriptions/x", &Value::Null).await.error(), (405, "10"));
}
