//! Every verb, done.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use slipway_core::subscription::{
    Capability, Change, Holder, Metrics, RegistrarPort, Release, RemoteStatus, Support,
};

use crate::scene::{CLUSTER, reservation, scene};

const NOW: Duration = Duration::ZERO;

#[tokio::test]
async fn a_record_is_reserved_amended_activated_and_released() {
    let scene = scene().await;
    let (registrar, account) = (&scene.registrar, &scene.account);
    assert_eq!(registrar.find(account, CLUSTER, NOW).await.unwrap(), []);
    let id = registrar.reserve(account, &reservation()).await.unwrap();
    let found = registrar.find(account, CLUSTER, NOW).await.unwrap();
    assert_eq!((found.len(), &found[0].id, &found[0].status), (1, &id, &RemoteStatus::Reserved));
    assert_eq!(found[0].display_name.as_deref(), Some("north"));
    assert!(found[0].created_at.is_some());
    let support = Support { level: Some("Premium".to_owned()), cpu_total: Some(48), ..Support::default() };
    let change = Change {
        display_name: Some("south".to_owned()),
        external_cluster_id: Some("ext-1".to_owned()),
        console_url: Some("https://console.example.com".to_owned()),
        support: support.clone(),
    };
    let record = registrar.amend(account, &id, &change).await.unwrap();
    assert_eq!(record.external_cluster_id.as_deref(), Some("ext-1"));
    assert_eq!((record.display_name.as_deref(), &record.support), (Some("south"), &support));
    let change = Change { console_url: Some(String::new()), ..Change::default() };
    let record = registrar.amend(account, &id, &change).await.unwrap();
    assert_eq!((record.console_url, record.support), (None, support));
    assert_eq!(registrar.activate(account, &id).await.unwrap().status, RemoteStatus::Active);
    assert_eq!(registrar.find_external(account, "ext-1", NOW).await.unwrap()[0].id, id);
    registrar.release(account, &id, Release::Archive).await.unwrap();
    let read = registrar.read(account, &id).await.unwrap().unwrap();
    assert_eq!(read.status, RemoteStatus::Archived);
    registrar.release(account, &id, Release::Delete).await.unwrap();
    registrar.release(account, "gone", Release::Delete).await.unwrap();
    assert_eq!(registrar.find(account, CLUSTER, NOW).await.unwrap()[0].status, RemoteStatus::Deprovisioned);
    assert_eq!(registrar.find_external(account, "ext-1", NOW).await.unwrap(), []);
    assert_eq!(registrar.read(account, "gone").await.unwrap(), None);
    assert!(scene.site.calls().iter().all(|call| call.is_signed));
    let counted = scene.counted.all();
    for op in ["find", "reserve", "amend", "activate", "release", "read"] {
        assert!(counted.contains(&format!("registrar {op} 2xx")), "{op}: {counted:?}");
    }
}

#[tokio::test]
async fn messages_carry_what_is_asked_and_nothing_that_stays() {
    let mut scene = scene().await;
    scene.account.username = Some("jdoe".to_owned());
    let (registrar, account) = (&scene.registrar, &scene.account);
    let id = registrar.reserve(account, &reservation()).await.unwrap();
    let support = Support { system_units: Some(String::new()), ..Support::default() };
    registrar.amend(account, &id, &Change { support, ..Change::default() }).await.unwrap();
    registrar.find(account, CLUSTER, NOW).await.unwrap();
    let data: Vec<_> = scene.site.calls().into_iter().map(|call| call.data).collect();
    assert_eq!(data[0]["username"], "jdoe");
    assert_eq!(data[1], json!({"id": id, "change": {"support": {"systemUnits": ""}}}));
    assert_eq!(data[2], json!({"clusterIds": [CLUSTER]}));
}

#[tokio::test]
async fn to_reserve_again_finds_the_same_record_until_it_is_deleted() {
    let scene = scene().await;
    let (registrar, account) = (&scene.registrar, &scene.account);
    let first = registrar.reserve(account, &reservation()).await.unwrap();
    assert_eq!(registrar.reserve(account, &reservation()).await.unwrap(), first);
    registrar.release(account, &first, Release::Delete).await.unwrap();
    assert_ne!(registrar.reserve(account, &reservation()).await.unwrap(), first);
    let calls = scene.site.calls();
    let ids: Vec<_> = calls.iter().map(|call| call.webhook_id.clone()).collect();
    assert_eq!((&ids[0], &ids[1]), (&ids[1], &ids[3]));
    assert_ne!(ids[0], ids[2]);
}

#[tokio::test]
async fn labels_capabilities_and_the_principal_are_read() {
    let scene = scene().await;
    let (registrar, account) = (&scene.registrar, &scene.account);
    let id = registrar.reserve(account, &reservation()).await.unwrap();
    for holder in
        [Holder::Subscription(id.clone()), Holder::Organization("o".into()), Holder::Account("o".into())]
    {
        registrar.put_label(account, &holder, "slipway.a", "1").await.unwrap();
        registrar.put_label(account, &holder, "slipway.b", "2").await.unwrap();
        registrar.delete_label(account, &holder, "slipway.b").await.unwrap();
        registrar.delete_label(account, &holder, "slipway.c").await.unwrap();
        let labels = registrar.labels(account, &holder).await.unwrap();
        assert_eq!(labels, BTreeMap::from([("slipway.a".to_owned(), "1".to_owned())]));
    }
    let found = registrar.reserved_with_label(account, "slipway.a", "1").await.unwrap();
    assert_eq!((found.len(), &found[0].id), (1, &id));
    assert_eq!(registrar.reserved_with_label(account, "slipway.a", "2").await.unwrap(), []);
    scene.site.set_capabilities([("capability.organization.hypershift", "true")]);
    let minute = Duration::from_mins(1);
    let capability =
        Capability { name: "capability.organization.hypershift".to_owned(), value: "true".to_owned() };
    for _ in 0..3 {
        assert_eq!(
            registrar.capabilities(account, "org-1", minute).await.unwrap(),
            std::slice::from_ref(&capability)
        );
        let principal = registrar.probe(account).await.unwrap();
        assert_eq!((principal.username.as_str(), principal.account_id.as_str()), ("site", "site-1"));
        assert_eq!(principal.organization_id.as_deref(), Some("org-1"));
    }
    scene.site.set_capabilities([]);
    assert_eq!(registrar.capabilities(account, "org-1", NOW).await.unwrap(), []);
    let asked = |kind: &str| scene.types().iter().filter(|one| *one == kind).count();
    assert_eq!((asked("account.probe"), asked("capability.list")), (1, 2));
}

#[tokio::test]
async fn a_record_is_read_whole_and_odd_members_are_absent() {
    let scene = scene().await;
    scene.site.add(json!({
        "id": "r-1", "clusterId": CLUSTER, "status": "Sleeping", "displayName": "", "consoleUrl": null, "support": null, "labels": null,
        "provenance": "Telemetry", "lastTelemetryAt": "2026-01-01T00:00:00+01:00", "createdAt": "yesterday",
        "updatedAt": "1970-01-01T00:00:00Z", "planId": "x".repeat(3000), "more": {"deep": [1]},
        "metrics": {"nodesTotal": 3, "memoryTotal": 1_u64 << 40, "healthState": "healthy", "upgradeAvailable": false, "new": 1},
    }));
    let records = scene.registrar.find(&scene.account, CLUSTER, NOW).await.unwrap();
    let record = &records[0];
    assert_eq!(record.status, RemoteStatus::Other("Sleeping".to_owned()));
    assert_eq!((&record.display_name, &record.plan_id, record.created_at), (&None, &None, None));
    assert!(record.is_from_telemetry() && record.updated_at.is_none());
    assert_eq!(record.last_telemetry_at.unwrap().to_string(), "2025-12-31T23:00:00Z");
    let metrics = Metrics {
        nodes_total: Some(3),
        memory_total: Some(1 << 40),
        health_state: Some("healthy".to_owned()),
        upgrade_available: Some(false),
        ..Metrics::default()
    };
    assert_eq!(record.metrics, Some(metrics));
}

#[tokio::test]
async fn a_site_may_do_without_what_is_not_needed() {
    let scene = scene().await;
    scene.site.set_lacking([
        "account.probe",
        "cluster.findByExternalId",
        "cluster.findByLabel",
        "label.list",
        "label.put",
        "label.delete",
        "capability.list",
    ]);
    let (registrar, account) = (&scene.registrar, &scene.account);
    let holder = Holder::Organization("o".to_owned());
    assert_eq!(registrar.find_external(account, "e", NOW).await.unwrap(), []);
    assert_eq!(registrar.reserved_with_label(account, "k", "v").await.unwrap(), []);
    assert_eq!(registrar.labels(account, &holder).await.unwrap(), BTreeMap::new());
    registrar.put_label(account, &holder, "k", "v").await.unwrap();
    registrar.delete_label(account, &holder, "k").await.unwrap();
    assert_eq!(registrar.capabilities(account, "o", NOW).await.unwrap(), []);
    let principal = registrar.probe(account).await.unwrap();
    assert_eq!((principal.username.as_str(), principal.organization_id), ("127.0.0.1", None));
    assert!(scene.site.calls().iter().all(|call| call.status == Some(501)));
}
