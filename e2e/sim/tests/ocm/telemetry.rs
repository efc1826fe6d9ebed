//! Telemetry, and what becomes of records that nobody hears of (`facts/ocm.md §2.6, §4.2`).

use crate::scene::{DAY, HOUR, Scene};
use serde_json::{Value, json};
use slipway_sim::{OcmTransition, Telemetry};

fn steps(transitions: &[OcmTransition], id: &str) -> Vec<(String, String, String)> {
    let own = transitions.iter().filter(|one| one.id == id);
    own.map(|one| (one.from.clone().unwrap_or_default(), one.to.clone(), one.by.clone())).collect()
}

#[tokio::test]
async fn the_silent_become_stale_then_archived_and_come_back() {
    let scene = Scene::start().await;
    let (id, reserved) = (scene.activate("c-1", "e-1").await, scene.reserve("c-2").await);
    let advance = |by| scene.ocm.clock().advance(by);
    advance(23 * HOUR);
    assert_eq!(scene.status(&id), "Active");
    scene.ocm.telemetry("e-1", &Telemetry::default());
    advance(23 * HOUR);
    assert_eq!(scene.status(&id), "Active");
    advance(HOUR);
    assert_eq!(scene.status(&id), "Stale");
    assert_eq!(scene.ocm.telemetry("e-1", &Telemetry::default()), id);
    assert_eq!(scene.status(&id), "Active");
    let heard: jiff::Timestamp =
        scene.ocm.subscription(&id).unwrap()["last_telemetry_date"].as_str().unwrap().parse().unwrap();
    advance(40 * DAY);
    assert_eq!((scene.status(&id), scene.status(&reserved)), ("Archived".to_owned(), "Reserved".to_owned()));
    let all = scene.ocm.transitions();
    let word = |a: &str, b: &str, by: &str| (a.to_owned(), b.to_owned(), by.to_owned());
    assert_eq!(
        steps(&all, &id),
        [
            word("", "Reserved", "slipway-sa"),
            word("Reserved", "Active", "slipway-sa"),
            word("Active", "Stale", "ams"),
            word("Stale", "Active", "ams"),
            word("Active", "Stale", "ams"),
            word("Stale", "Archived", "ams"),
        ]
    );
    let last: Vec<_> = all.iter().rev().take(2).map(|one| one.at.duration_since(heard).as_hours()).collect();
    assert_eq!(last, [30 * 24, 24], "each at its moment");
    scene.ocm.telemetry("e-1", &Telemetry::default());
    assert_eq!(scene.status(&id), "Active");
    scene.service().patch(&format!("subscriptions/{id}"), &json!({"status": "Archived"})).await;
    advance(DAY);
    assert_eq!(scene.status(&id), "Archived");
}

#[tokio::test]
async fn thresholds_can_be_set_and_disconnected_ones_go_back() {
    let scene = Scene::switched(|switches| {
        switches.stale_after = HOUR;
        switches.archive_after = 2 * HOUR;
    })
    .await;
    let body = json!({"cluster_uuid": "e-1", "plan_id": "OCP", "status": "Disconnected"});
    let made = scene.service().post("subscriptions", &body).await.body;
    let id = made["id"].as_str().unwrap();
    scene.ocm.clock().advance(5 * HOUR);
    assert_eq!(scene.status(id), "Disconnected");
    scene.ocm.telemetry("e-1", &Telemetry::default());
    assert_eq!(scene.status(id), "Active");
    scene.ocm.clock().advance(HOUR);
    assert_eq!(scene.status(id), "Stale");
    scene.ocm.clock().advance(HOUR);
    assert_eq!(scene.status(id), "Disconnected");
}

#[tokio::test]
async fn a_reserved_record_gets_metrics_and_stays_reserved() {
    let scene = Scene::start().await;
    let id = scene.reserve("c-1").await;
    scene.service().patch(&format!("subscriptions/{id}"), &json!({"external_cluster_id": "e-1"})).await;
    assert_eq!(scene.ocm.telemetry("e-1", &Telemetry { workers: 0, ..Telemetry::default() }), id);
    let record = scene.ocm.subscription(&id).unwrap();
    assert_eq!(record["status"], "Reserved");
    let metrics = &record["metrics"][0];
    assert_eq!(metrics["nodes"], json!({"total": 3, "master": 3}));
    assert_eq!(metrics["sockets"]["updated_timestamp"], "1970-01-01T00:00:00Z");
    assert_eq!(metrics["openshift_version"], "4.20.1");
}

#[tokio::test]
async fn an_unknown_cluster_makes_a_duplicate() {
    let scene = Scene::start().await;
    let duplicate = scene.ocm.telemetry("e-1", &Telemetry::default());
    let id = scene.activate("c-1", "e-1").await;
    assert_ne!(duplicate, id);
    let found = scene.service().search("subscriptions", "external_cluster_id = 'e-1'").await;
    assert_eq!(found.items().len(), 2);
    let record: Value = scene.ocm.subscription(&duplicate).unwrap();
    for (field, value) in
        [("status", "Active"), ("provenance", "Telemetry"), ("plan_id", "OCP"), ("display_name", "e-1")]
    {
        assert_eq!(record[field], value, "{field}");
    }
    assert!(record.get("cluster_id").is_none() && scene.ocm.violations().is_empty());
    assert_eq!(scene.ocm.telemetry("e-1", &Telemetry::default()), id, "its own record comes first");
    let nobody = Telemetry { account: "nobody".to_owned(), ..Telemetry::default() };
    assert_eq!(scene.ocm.telemetry("e-2", &nobody), "");
}
