//! Answers that say no, and answers that are none.

use std::time::Duration;

use serde_json::json;
use slipway_core::{
    failure::{Effect, Failure},
    reason::Reason,
    secret::Secret,
    subscription::{Change, Holder, RegistrarPort, Release},
    trust::Trust,
};
use slipway_sim::{Fault, Trouble};

use crate::scene::{CLUSTER, Scene, account_of, limits, registrar_with, reservation, scene};

/// Each verb once, with its word; all fail.
async fn failures(scene: &Scene) -> Vec<(&'static str, Failure)> {
    let Scene { registrar, account, .. } = scene;
    let holder = Holder::Organization("o".to_owned());
    let none = Duration::ZERO;
    vec![
        ("account.probe", registrar.probe(account).await.unwrap_err()),
        ("cluster.find", registrar.find(account, CLUSTER, none).await.unwrap_err()),
        ("cluster.findByExternalId", registrar.find_external(account, "e", none).await.unwrap_err()),
        ("cluster.read", registrar.read(account, "r").await.unwrap_err()),
        ("cluster.findByLabel", registrar.reserved_with_label(account, "k", "v").await.unwrap_err()),
        ("label.list", registrar.labels(account, &holder).await.unwrap_err()),
        ("capability.list", registrar.capabilities(account, "o", none).await.unwrap_err()),
        ("cluster.reserve", registrar.reserve(account, &reservation()).await.unwrap_err()),
        ("cluster.amend", registrar.amend(account, "r", &Change::default()).await.unwrap_err()),
        ("cluster.activate", registrar.activate(account, "r").await.unwrap_err()),
        ("cluster.release", registrar.release(account, "r", Release::Delete).await.unwrap_err()),
        ("label.put", registrar.put_label(account, &holder, "k", "v").await.unwrap_err()),
        ("label.delete", registrar.delete_label(account, &holder, "k").await.unwrap_err()),
    ]
}

const WRITES: usize = 7;

/// What each verb makes of a fault that meets all: the reason, and the effect of what writes.
async fn judge(trouble: Trouble, reason: Reason, of_writes: Effect, words: &str) {
    let scene = scene().await;
    scene.site.add_fault(Fault::new(trouble.clone()));
    for (place, (word, failure)) in failures(&scene).await.into_iter().enumerate() {
        let effect = if place < WRITES { Effect::None } else { of_writes };
        assert_eq!((failure.reason, failure.effect), (reason, effect), "{word} {trouble:?}: {failure}");
        assert!(failure.message.contains(words) && failure.message.contains(word), "{failure}");
    }
}

fn refuse(status: u16, message: &str) -> Trouble {
    Trouble::refuse(status, "", message)
}

#[tokio::test]
async fn what_a_site_refuses_has_its_reason_and_did_not_happen() {
    for (status, reason, words) in [
        (400, Reason::RequestRefused, "too odd"),
        (422, Reason::RequestRefused, "too odd"),
        (401, Reason::CredentialsRefused, "inventory-secret"),
        (403, Reason::PermissionMissing, "too odd"),
        (404, Reason::NotRegistrar, "spec.registrar.webhook.url"),
        (405, Reason::NotRegistrar, "spec.registrar.webhook.url"),
    ] {
        judge(refuse(status, "too odd."), reason, Effect::None, words).await;
    }
}

#[tokio::test]
async fn what_fails_may_have_happened() {
    judge(refuse(500, "broken"), Reason::RegistrarFault, Effect::Unknown, "500 (broken)").await;
    judge(Trouble::Html { status: 502 }, Reason::RegistrarFault, Effect::Unknown, "502").await;
    judge(refuse(408, "slow"), Reason::RegistrarFault, Effect::Unknown, "408").await;
}

#[tokio::test]
async fn what_is_no_answer_of_a_site_is_never_an_empty_one() {
    let location = "https://192.0.2.1/".to_owned();
    for (trouble, words) in [
        (Trouble::Html { status: 200 }, "content type text/html"),
        (Trouble::Garbage, "no JSON object"),
        (Trouble::Empty { status: 200 }, "no JSON object"),
        (Trouble::Json { status: 200, body: json!([]) }, "no JSON object"),
        (Trouble::Json { status: 200, body: json!(null) }, "no JSON object"),
        (Trouble::Redirect { status: 302, location }, "302"),
    ] {
        judge(trouble, Reason::NotRegistrar, Effect::Unknown, words).await;
    }
    judge(Trouble::Html { status: 400 }, Reason::NotRegistrar, Effect::None, "400").await;
}

#[tokio::test]
async fn members_that_are_missing_or_odd_are_named() {
    let scene = scene().await;
    let (registrar, account) = (&scene.registrar, &scene.account);
    let record = |change: serde_json::Value| {
        let mut record = json!({"id": "r", "status": "Reserved", "clusterId": CLUSTER});
        for (name, value) in change.as_object().unwrap() {
            record[name] = value.clone();
        }
        json!({"record": record, "records": [record]})
    };
    for (body, words) in [
        (json!({}), "has no `record"),
        (json!({"records": null, "record": "canary"}), "`record"),
        (record(json!({"id": ""})), "without `id` or `status`"),
        (record(json!({"status": null})), "status`"),
        (record(json!({"support": {"cpuTotal": "canary"}})), "support.cpuTotal`"),
        (record(json!({"labels": {"a": 1}})), "labels"),
    ] {
        let fault = scene.site.add_fault(Fault::new(Trouble::Json { status: 200, body: body.clone() }));
        let found = registrar.find(account, CLUSTER, Duration::ZERO).await.unwrap_err();
        let read = registrar.read(account, "r").await.unwrap_err();
        let amended = registrar.amend(account, "r", &Change::default()).await.unwrap_err();
        for failure in [found, read, amended] {
            assert_eq!(failure.reason, Reason::NotRegistrar, "{body}");
            assert!(failure.message.contains(words) && !failure.message.contains("canary"), "{failure}");
        }
        scene.site.remove_fault(fault);
    }
    let body = record(json!({}));
    scene.site.add_fault(Fault::new(Trouble::Json { status: 200, body }));
    assert!(registrar.read(account, "other").await.unwrap_err().message.contains("another one"));
    assert_eq!(registrar.reserve(account, &reservation()).await.unwrap(), "r");
    assert_eq!(registrar.find(account, "another cluster", Duration::ZERO).await.unwrap(), []);
}

#[tokio::test]
async fn nothing_is_reserved_by_a_record_that_is_not_ours() {
    let scene = scene().await;
    for (record, words) in [
        (json!(null), "null"),
        (json!({"id": "r", "status": "Reserved"}), "clusterId"),
        (json!({"id": "r", "status": "Reserved", "clusterId": "other"}), "clusterId"),
        (json!({"id": "r", "status": "Deprovisioned", "clusterId": CLUSTER}), "deleted"),
    ] {
        let body = json!({"record": record});
        scene.site.add_fault(Fault::new(Trouble::Json { status: 200, body }).once());
        let failure = scene.registrar.reserve(&scene.account, &reservation()).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (Reason::NotRegistrar, Effect::Unknown));
        assert!(failure.message.contains(words), "{failure}");
    }
}

#[tokio::test]
async fn to_reserve_is_refused_for_want_of_room_and_for_another_owner() {
    let scene = scene().await;
    let (registrar, account) = (&scene.registrar, &scene.account);
    scene.site.set_quota_short(Some("rack 7:\n no \u{1b}room"));
    let short = registrar.reserve(account, &reservation()).await.unwrap_err();
    assert_eq!((short.reason, short.effect), (Reason::QuotaShort, Effect::None));
    assert!(short.message.contains("402 (rack 7: no room)"), "{short}");
    scene.site.set_quota_short(Some(&"x".repeat(5000)));
    let long = registrar.reserve(account, &reservation()).await.unwrap_err();
    assert!(long.message.len() < 700, "{long}");
    scene.site.claim(CLUSTER);
    let foreign = registrar.reserve(account, &reservation()).await.unwrap_err();
    assert_eq!((foreign.reason, foreign.effect), (Reason::ForeignSubscription, Effect::None));
    assert_eq!(scene.types().len(), 3, "a write is sent once");
}

#[tokio::test]
async fn a_site_has_to_have_six_types() {
    let scene = scene().await;
    let needed = [
        "cluster.find",
        "cluster.read",
        "cluster.reserve",
        "cluster.amend",
        "cluster.activate",
        "cluster.release",
    ];
    scene.site.set_lacking(needed);
    let (registrar, account) = (&scene.registrar, &scene.account);
    let failures = [
        registrar.find(account, CLUSTER, Duration::ZERO).await.unwrap_err(),
        registrar.read(account, "r").await.unwrap_err(),
        registrar.reserve(account, &reservation()).await.unwrap_err(),
        registrar.amend(account, "r", &Change::default()).await.unwrap_err(),
        registrar.activate(account, "r").await.unwrap_err(),
        registrar.release(account, "r", Release::Archive).await.unwrap_err(),
    ];
    for (word, failure) in needed.into_iter().zip(failures) {
        assert_eq!((failure.reason, failure.effect), (Reason::NotRegistrar, Effect::None), "{failure}");
        assert!(failure.message.contains(word) && failure.message.contains("implement"), "{failure}");
    }
    assert_eq!(scene.types(), needed, "none is worth a second try");
}

#[tokio::test]
async fn a_wrong_secret_and_a_wrong_clock_are_told_apart_and_nothing_is_shown() {
    let scene = scene().await;
    let trust = Trust::Authorities(scene.site.ca_pem().to_owned());
    let wrong = account_of(&scene.site.url(), "canary canary canary", trust);
    let failure = scene.registrar.reserve(&wrong, &reservation()).await.unwrap_err();
    assert_eq!(failure.reason, Reason::CredentialsRefused);
    for hours in [-3, 3] {
        let (registrar, _) = registrar_with(limits(), hours);
        let failure = registrar.reserve(&scene.account, &reservation()).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (Reason::ClockSkew, Effect::None));
        let words = if hours < 0 { "180 minutes behind" } else { "180 minutes ahead of" };
        // The two clocks are read a moment apart.
        assert!(failure.message.contains(words) || failure.message.contains("179 minutes"), "{failure}");
    }
    assert!(scene.site.records().is_empty());
    assert!(scene.site.calls().iter().all(|call| !call.is_signed && call.status == Some(401)));
    let texts = format!("{failure:?} {wrong:?} {:?}", scene.registrar);
    assert!(!texts.contains("canary"), "{texts}");
}

#[tokio::test]
async fn what_cannot_be_signed_or_trusted_is_not_sent() {
    let scene = scene().await;
    let Scene { registrar, account, site, .. } = &scene;
    let mut short = account.clone();
    short.credentials.insert("secret".to_owned(), Secret::new("short"));
    let mut first = account.clone();
    first.trust = Trust::FirstUse;
    let mut untrusted = account.clone();
    untrusted.trust = Trust::System;
    let mut denied = account.clone();
    denied.url = "https://169.254.169.254/".parse().unwrap();
    for (account, reason, words) in [
        (short, Reason::CredentialsInvalid, "inventory-secret"),
        (first, Reason::InvalidSpec, "spec.registrar.webhook.tls"),
        (untrusted, Reason::CertificateUntrusted, "spec.registrar.webhook.tls"),
        (denied, Reason::AddressDenied, "spec.registrar.webhook.url"),
    ] {
        let failure = registrar.reserve(&account, &reservation()).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (reason, Effect::None), "{failure}");
        assert!(failure.message.contains(words), "{failure}");
    }
    assert_eq!(site.calls(), []);
}
