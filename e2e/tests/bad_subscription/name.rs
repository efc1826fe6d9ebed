//! Names and labels that somebody might read as something else.

use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, PostParams};
use serde_json::{Value, json};
use slipway_e2e::{ControlPlane, TestNamespace};

use crate::scene::{apply, assert_clean, calls, delete, quick, reserved, rounds};

/// What search languages, paths, forms and terminals read as their own.
const NASTY: &str = r#"O'Brien's "edge" %27%20 \x' or 1=1 -- {{x}} ../é😀 & <b> + ;"#;

/// `length` characters that begin with nasty ones.
fn long(length: usize) -> String {
    NASTY.chars().chain(['\u{202e}', '\u{feff}']).chain("ñ".chars().cycle()).take(length).collect()
}

#[tokio::test]
async fn what_the_schema_does_not_take_is_named() {
    let control_plane = ControlPlane::shared().await.unwrap();
    control_plane.install().await.unwrap();
    let namespace = TestNamespace::create(control_plane, "schema").await.unwrap();
    let kind = GroupVersionKind::gvk("slipway.dev", "v1alpha1", "ClusterSubscription");
    let resource = ApiResource::from_gvk_with_plural(&kind, "clustersubscriptions");
    let client = control_plane.client().await.unwrap();
    let api = Api::<DynamicObject>::namespaced_with(client, namespace.name(), &resource);
    let many: serde_json::Map<_, _> = (0..17).map(|number| (format!("l{number}"), json!("x"))).collect();
    for (spec, words) in [
        (json!({"displayName": long(256)}), ["spec.displayName", "255"]),
        (json!({"displayName": "x".repeat(4096)}), ["spec.displayName", "255"]),
        (json!({"displayName": "two\nlines"}), ["spec.displayName", "one line"]),
        (json!({"clusterId": "x' or 'a'='a"}), ["spec.clusterId", "letters, digits"]),
        (json!({"clusterId": "x".repeat(4096)}), ["spec.clusterId", "128"]),
        (json!({"labels": {"site": "x".repeat(4096)}}), ["spec.labels.site", "255"]),
        (json!({"labels": {"site": "two\nlines"}}), ["spec.labels.site", "match"]),
        (json!({"labels": {"site": ""}}), ["spec.labels.site", "at least 1"]),
        (json!({"labels": {"it's": "x"}}), ["spec.labels", "lower-case letters, digits"]),
        (json!({"labels": {"x".repeat(64): "x"}}), ["spec.labels", "1 to 63"]),
        (json!({"labels": {"installation": "x"}}), ["spec.labels", "kept by Slipway"]),
        (json!({"labels": many}), ["spec.labels", "16"]),
        (json!({"support": {"level": "x".repeat(65)}}), ["spec.support.level", "64"]),
        (json!({"releaseTimeout": "soon"}), ["spec.releaseTimeout", "168h"]),
    ] {
        let mut object = json!({"apiVersion": "slipway.dev/v1alpha1", "kind": "ClusterSubscription", "metadata": {"name": "edge-7"},
            "spec": {"registrar": {"ocm": {"url": "https://ocm.example", "credentialsRef": {"name": "ocm"}}}, "cluster": {"declared": {}}}});
        for (field, value) in spec.as_object().unwrap() {
            object["spec"][field] = value.clone();
        }
        let object = serde_json::from_value(object).unwrap();
        let refused = api.create(&PostParams::default(), &object).await.unwrap_err().to_string();
        for word in words {
            assert!(refused.contains(word), "no {word:?} in {refused}");
        }
    }
}

#[tokio::test]
async fn the_longest_and_strangest_names_are_kept_as_they_are_and_nothing_else_is_found_by_them() {
    let registry = quick("names").await;
    let labels = json!({"site": long(255), "a.b_c-d": NASTY, "x".repeat(63): "%"});
    let wild = json!({"displayName": long(255), "labels": labels, "clusterId": "100_.-x"});
    // `_` and `%` stand for anything in a search by `like`.
    apply(&registry, &[("wild", wild), ("plain", json!({"displayName": NASTY, "clusterId": "100a.-x"}))])
        .await;
    reserved(&registry, &["wild", "plain"]).await;
    let record = registry.record("wild").await.unwrap();
    assert_eq!((&record["display_name"], &record["cluster_id"]), (&json!(long(255)), &json!("100_.-x")));
    let label = |name: &str| {
        registry.ocm.label("subscriptions", record["id"].as_str().unwrap(), &format!("slipway.{name}"))
    };
    for (name, value) in labels.as_object().unwrap() {
        assert_eq!(label(name).as_deref(), value.as_str(), "{name}");
    }
    assert_eq!(registry.record("plain").await.unwrap()["display_name"], NASTY);

    let writes = || ["POST", "PATCH", "DELETE"].map(|method| calls(&registry.ocm, method, "").len());
    let before = writes();
    rounds(&registry, 6.0).await;
    assert_eq!(writes(), before, "what is in step is not written again");
    registry
        .patch("wild", &json!({"displayName": long(254), "labels": {"site": Value::Null}}))
        .await
        .unwrap();
    reserved(&registry, &["wild"]).await;
    assert_eq!(registry.record("wild").await.unwrap()["display_name"], long(254));
    assert_eq!(label("site"), None);
    assert_eq!(registry.record("plain").await.unwrap()["display_name"], NASTY);
    delete(&registry, &["wild", "plain"]).await;
    assert_eq!(registry.ocm.leaks(&[]), [""; 0]);
    assert_clean(&registry, &[]).await;
}
