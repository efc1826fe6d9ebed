//! Where the real service's way is not known, each way works (`facts/ocm.md §10`).

use crate::scene::{Scene, wish};
use serde_json::json;
use slipway_sim::{AfterDelete, Leniency, Telemetry};

#[tokio::test]
async fn deletion_answers_and_leaves_what_the_switch_says() {
    let scene = Scene::switched(|switches| {
        switches.deleted_status = 204;
        switches.after_delete = AfterDelete::Gone;
    })
    .await;
    let id = scene.reserve("c-1").await;
    let path = format!("subscriptions/{id}");
    let service = scene.service();
    assert_eq!(service.delete(&path).await.status, 204);
    assert_eq!(service.get(&path).await.error(), (404, "7"));
    assert_eq!(service.patch(&path, &json!({"display_name": "x"})).await.error(), (404, "7"));
    assert_eq!(service.delete(&path).await.error(), (404, "7"));
    assert!(service.get("subscriptions").await.items().is_empty());
    assert_eq!(service.get("deleted_subscriptions").await.each("id"), [&id]);
    scene.ocm.switches(|switches| switches.after_delete = AfterDelete::Record);
    assert_eq!(service.get("subscriptions").await.each("status"), ["Deprovisioned"]);
}

#[tokio::test]
async fn doubtful_patches_are_refused_or_taken() {
    let scene = Scene::start().await;
    let id = scene.activate("c-1", "e-1").await;
    let path = format!("subscriptions/{id}");
    let service = scene.service();
    let empty = service.patch(&path, &json!({"external_cluster_id": ""})).await;
    assert_eq!((empty.status, &empty.body["external_cluster_id"]), (200, &json!("")));
    scene.ocm.switches(|switches| {
        switches.empty_external_id = Leniency::Refuse;
        switches.back_to_reserved = Leniency::Accept;
        switches.unknown_field = Leniency::Accept;
        switches.forbidden_fields.insert("support_level".to_owned());
        switches.reserved_status = 201;
    });
    assert_eq!(service.patch(&path, &json!({"external_cluster_id": ""})).await.error(), (400, "8"));
    let ignored = service.patch(&path, &json!({"created_at": "x", "strange": 1, "display_name": "y"})).await;
    assert_eq!((ignored.status, &ignored.body["display_name"]), (200, &json!("y")));
    assert!(ignored.body["created_at"] != "x" && ignored.body.get("strange").is_none());
    assert_eq!(service.patch(&path, &json!({"status": "Reserved"})).await.body["status"], "Reserved");
    let forbidden = service.patch(&path, &json!({"support_level": "Premium", "display_name": "z"})).await;
    assert_eq!(forbidden.error(), (403, "11"));
    assert!(forbidden.body["reason"].as_str().unwrap().contains("support_level"));
    assert_eq!(service.get(&path).await.body["display_name"], "y");
    assert_eq!(service.authorize(&wish("jdoe", "c-2")).await.status, 201);
}

#[tokio::test]
async fn records_are_written_in_every_shape() {
    let scene = Scene::start().await;
    let id = scene.activate("c-1", "e-1").await;
    scene.ocm.telemetry("e-1", &Telemetry::default());
    scene.service().patch(&format!("subscriptions/{id}"), &json!({"cpu_total": 8})).await;
    let get = async || scene.service().get(&format!("subscriptions/{id}")).await.body;
    let plain = get().await;
    assert_eq!(plain["last_released_at"], "0001-01-01T00:00:00Z");
    assert!(plain["cpu_total"].is_u64() && plain.get("service_level").is_none());
    scene.ocm.switches(|switches| {
        switches.shape.zero_dates = false;
        switches.shape.unknown_fields = true;
        switches.shape.floats = true;
        switches.shape.nulls = true;
        switches.shape.missing.extend(["plan", "provenance", "creator"].map(str::to_owned));
    });
    let strange = get().await;
    for absent in ["last_released_at", "plan", "provenance", "creator"] {
        assert_eq!(strange.get(absent), None, "{absent}");
    }
    assert!(strange["is_something_new"] == true && strange["provider_notes"].is_object());
    assert!(strange["cpu_total"].is_f64() && strange["metrics"][0]["nodes"]["total"].is_f64());
    assert_eq!((&strange["service_level"], &strange["status"]), (&json!(null), &json!("Active")));
    let listed = scene.service().get("subscriptions").await;
    assert_eq!(listed.items()[0], strange);
}
