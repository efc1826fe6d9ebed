//! Every verb when all is well.

use std::time::Duration;

use slipway_core::{
    reason::Reason,
    subscription::{Change, Holder, RegistrarPort, Release, RemoteStatus, Support},
};
use slipway_ocm::OcmRegistrar;
use slipway_sim::{AfterDelete, Leniency, OcmRights, Telemetry};

use crate::bench::{AGE, Bench, Wall, connector, limits, reservation};

const NOW: Duration = Duration::ZERO;

#[tokio::test]
async fn a_record_lives_from_its_reservation_to_its_end() {
    let bench = Bench::start().await;
    let Bench { registrar, account, .. } = &bench;
    let principal = registrar.probe(account).await.unwrap();
    assert_eq!(principal.username, "slipway-sa");
    assert_eq!(principal.organization_id, Some(bench.ocm.organization("A")));
    assert!(registrar.find(account, "c1", NOW).await.unwrap().is_empty());

    let id = bench.reserve("c1").await.unwrap();
    let found = registrar.find(account, "c1", AGE).await.unwrap();
    assert_eq!(found.iter().map(|record| &record.id).collect::<Vec<_>>(), [&id]);
    assert_eq!(found[0].status, RemoteStatus::Reserved);
    assert_eq!(found[0].display_name.as_deref(), Some("name of c1"));
    assert_eq!((found[0].last_telemetry_at, found[0].external_cluster_id.as_ref()), (None, None));
    assert!(found[0].created_at.is_some() && found[0].plan_id.as_deref() == Some("OCP-AssistedInstall"));

    let change = Change {
        display_name: Some("it's".to_owned()),
        external_cluster_id: Some("e1".to_owned()),
        console_url: Some("https://console.example".to_owned()),
        support: Support { level: Some("Premium".to_owned()), cpu_total: Some(8), ..Support::default() },
    };
    let amended = registrar.amend(account, &id, &change).await.unwrap();
    assert_eq!(amended.external_cluster_id.as_deref(), Some("e1"));
    assert_eq!((amended.support.level.as_deref(), amended.support.cpu_total), (Some("Premium"), Some(8)));
    let active = registrar.activate(account, &id).await.unwrap();
    assert_eq!(active.status, RemoteStatus::Active);

    bench.ocm.telemetry("e1", &Telemetry::default());
    let read = registrar.read(account, &id).await.unwrap().unwrap();
    let metrics = read.metrics.unwrap();
    assert_eq!(metrics.openshift_version.as_deref(), Some("4.20.1"));
    assert!(metrics.queried_at.is_some() && read.last_telemetry_at.is_some());
    let external = registrar.find_external(account, "e1", AGE).await.unwrap();
    assert_eq!(external.len(), 1);

    registrar.release(account, &id, Release::Archive).await.unwrap();
    assert_eq!(registrar.find(account, "c1", AGE).await.unwrap()[0].status, RemoteStatus::Archived);
    registrar.release(account, &id, Release::Delete).await.unwrap();
    assert_eq!(registrar.find(account, "c1", AGE).await.unwrap()[0].status, RemoteStatus::Deprovisioned);
    assert!(registrar.find_external(account, "e1", NOW).await.unwrap().is_empty());
    assert_eq!(registrar.read(account, &id).await.unwrap().unwrap().status, RemoteStatus::Deprovisioned);
    bench.ocm.switches(|switches| switches.after_delete = AfterDelete::Gone);
    assert_eq!(registrar.read(account, &id).await.unwrap(), None);
    for release in [Release::Delete, Release::Archive] {
        registrar.release(account, &id, release).await.unwrap();
    }
    let failure = registrar.amend(account, &id, &change).await.unwrap_err();
    assert_eq!(failure.reason, Reason::SubscriptionLost);
    assert!(bench.ocm.violations().is_empty());
    let counted = bench.seen.all();
    for op in ["token", "probe", "list", "reserve", "amend", "activate", "read", "release"] {
        assert!(counted.contains(&(op, "2xx")), "{op}: {counted:?}");
    }
    assert!(counted.contains(&("release", "4xx")));
}

#[tokio::test]
async fn other_codes_of_success_are_success() {
    let bench = Bench::start().await;
    bench.ocm.switches(|switches| {
        switches.reserved_status = 201;
        switches.deleted_status = 204;
    });
    let id = bench.reserve("c1").await.unwrap();
    bench.registrar.release(&bench.account, &id, Release::Delete).await.unwrap();
    assert!(bench.ocm.live("c1").is_empty());
}

#[tokio::test]
async fn a_reservation_is_sent_as_the_installer_sends_it() {
    let bench = Bench::start().await;
    bench.reserve("c1").await.unwrap();
    let calls = bench.ocm.calls();
    let call =
        calls.iter().find(|call| call.method == "POST" && call.path.ends_with("cluster_authorizations"));
    let expected = serde_json::json!({
        "account_username": "slipway-sa", "cluster_id": "c1", "display_name": "name of c1", "managed": false,
        "product_category": "AssistedInstall", "product_id": "OCP", "reserve": true, "resources": [],
    });
    assert_eq!(call.unwrap().body, expected);
    assert!(call.unwrap().agent.as_deref().unwrap().starts_with("slipway/"));
    let other =
        slipway_core::subscription::Account { username: Some("jdoe".to_owned()), ..bench.account.clone() };
    let id = bench.registrar.reserve(&other, &reservation("c2")).await.unwrap();
    assert_eq!(bench.ocm.subscription(&id).unwrap()["creator_id"], bench.user("jdoe").id);
}

#[tokio::test]
async fn labels_come_and_go_whatever_their_keys() {
    let bench = Bench::start().await;
    let Bench { registrar, account, .. } = &bench;
    let id = bench.reserve("c1").await.unwrap();
    let holder = Holder::Subscription(id.clone());
    registrar.find(account, "c1", AGE).await.unwrap();
    for (key, value) in [("slipway.a", "1"), ("a/b c?d#e%2F", "it's \\ \"é\""), ("slipway.a", "2")] {
        registrar.put_label(account, &holder, key, value).await.unwrap();
        assert_eq!(bench.ocm.label("subscriptions", &id, key).as_deref(), Some(value));
        assert_eq!(registrar.labels(account, &holder).await.unwrap()[key], value);
        assert_eq!(registrar.find(account, "c1", AGE).await.unwrap()[0].labels[key], value);
    }
    let lists = bench.lists();
    // What a change answers has no labels: they are not lost for that.
    let change = Change { display_name: Some("x".to_owned()), ..Change::default() };
    assert_eq!(registrar.amend(account, &id, &change).await.unwrap().labels.len(), 2);
    assert_eq!(bench.lists(), lists);
    for _ in 0..2 {
        registrar.delete_label(account, &holder, "a/b c?d#e%2F").await.unwrap();
    }
    let left = registrar.labels(account, &holder).await.unwrap();
    assert_eq!(left.keys().collect::<Vec<_>>(), ["slipway.a"]);
    assert_eq!(registrar.find(account, "c1", AGE).await.unwrap()[0].labels, left);
    let found = registrar.reserved_with_label(account, "slipway.a", "2").await.unwrap();
    assert_eq!(found.iter().map(|record| &record.id).collect::<Vec<_>>(), [&id]);
    assert!(registrar.reserved_with_label(account, "slipway.a", "3").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_change_by_somebody_new_reads_the_labels_that_its_answer_lacks() {
    let bench = Bench::start().await;
    let id = bench.reserve("c1").await.unwrap();
    bench.ocm.put_label("subscriptions", &id, "slipway.a", "1");
    let fresh = OcmRegistrar::new(connector(), std::sync::Arc::new(Wall), limits(), bench.seen.clone());
    assert_eq!(fresh.activate(&bench.account, &id).await.unwrap().labels["slipway.a"], "1");
}

#[tokio::test]
async fn capabilities_are_remembered_for_their_age() {
    let bench = Bench::start().await;
    let Bench { registrar, account, .. } = &bench;
    let organization = bench.ocm.organization("A");
    bench.ocm.set_capability("A", "hypershift", "true");
    let names = |found: &[slipway_core::subscription::Capability]| {
        found.iter().map(|one| format!("{}={}", one.name, one.value)).collect::<Vec<_>>()
    };
    let found = registrar.capabilities(account, &organization, AGE).await.unwrap();
    assert!(names(&found).contains(&"capability.organization.hypershift=true".to_owned()), "{found:?}");
    bench.ocm.unset_capability("A", "hypershift");
    assert_eq!(registrar.capabilities(account, &organization, AGE).await.unwrap(), found);
    let later = registrar.capabilities(account, &organization, NOW).await.unwrap();
    assert!(!names(&later).contains(&"capability.organization.hypershift=true".to_owned()));
    let failure = registrar.capabilities(account, "nowhere", NOW).await.unwrap_err();
    assert_eq!(failure.reason, Reason::PermissionMissing);
}

#[tokio::test]
async fn what_the_service_refuses_has_its_reason() {
    let bench = Bench::start().await;
    let Bench { registrar, account, .. } = &bench;
    let id = bench.reserve("c1").await.unwrap();
    bench.ocm.switches(|switches| {
        switches.forbidden_fields.insert("usage".to_owned());
        switches.empty_external_id = Leniency::Refuse;
    });
    let support = Support { usage: Some("Production".to_owned()), ..Support::default() };
    let failure = registrar.amend(account, &id, &Change { support, ..Change::default() }).await.unwrap_err();
    assert_eq!(failure.reason, Reason::PermissionMissing);
    assert!(failure.message.contains("setting usage of the record"), "{failure}");
    let (rest, operation) = failure.message.rsplit_once("; operation_id ").unwrap();
    assert!(operation.len() == 36 && !rest.contains("operation_id"), "{failure}");
    let change = Change { external_cluster_id: Some(String::new()), ..Change::default() };
    let failure = registrar.amend(account, &id, &change).await.unwrap_err();
    assert_eq!(failure.reason, Reason::RequestRefused);

    bench.ocm.reserve_as("other", "c2", "x");
    assert_eq!(bench.reserve("c2").await.unwrap_err().reason, Reason::ForeignSubscription);
    bench.ocm.set_quota("A", "cluster", 1);
    let failure = bench.reserve("c3").await.unwrap_err();
    assert_eq!(failure.reason, Reason::QuotaShort);
    assert!(failure.message.contains("cluster"), "{failure}");
    assert!(failure.message.contains("1 of 1 used"), "{failure}");
    bench.ocm.unset_quota("A", "cluster");
    bench.ocm.set_capability("A", "clusters_registrations_per_hour", "0");
    assert_eq!(bench.reserve("c3").await.unwrap_err().reason, Reason::QuotaShort);
    bench.ocm.unset_capability("A", "clusters_registrations_per_hour");
    bench.ocm.set_rights("slipway-sa", OcmRights::limited());
    assert_eq!(bench.reserve("c3").await.unwrap_err().reason, Reason::PermissionMissing);
    bench.ocm.set_banned("slipway-sa", true);
    assert_eq!(registrar.find(account, "c1", NOW).await.unwrap_err().reason, Reason::PermissionMissing);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_not_sent() {
    let bench = Bench::start().await;
    let Bench { registrar, account, .. } = &bench;
    for key in ["", "a\nb", "\u{0}"] {
        let failures = [
            registrar.find(account, key, NOW).await.unwrap_err(),
            registrar.find_external(account, key, NOW).await.unwrap_err(),
            bench.reserve(key).await.unwrap_err(),
            registrar.read(account, key).await.unwrap_err(),
            registrar.reserved_with_label(account, "k", key).await.unwrap_err(),
        ];
        assert!(failures.iter().all(|failure| failure.reason == Reason::InvalidSpec));
    }
    for id in ["..", "a/../b", "a?x=y"] {
        let change = Change { display_name: Some("x".to_owned()), ..Change::default() };
        let failures = [
            registrar.read(account, id).await.unwrap_err(),
            registrar.amend(account, id, &change).await.unwrap_err(),
            registrar.release(account, id, Release::Delete).await.unwrap_err(),
            registrar.labels(account, &Holder::Account(id.to_owned())).await.unwrap_err(),
        ];
        assert!(failures.iter().all(|failure| failure.reason == Reason::InvalidSpec));
    }
    assert_eq!(bench.ocm.call_count(), 0);
}
