//! Facts of a cluster that nobody declares: from the cluster itself, and from Cluster API.

use serde_json::{Value, json};
use slipway_e2e::objects::condition;
use slipway_e2e::{ControlPlane, Registry, wait_for};
use slipway_sim::OpenShift;

use crate::scene::{assert_names, external, looked, quick, text, wait_record, writes};

const CONSOLE: &str = "https://console-openshift-console.apps.edge-7.example.com";

fn has(record: &Value, field: &str) -> bool {
    record[field].as_str().is_some_and(|text| !text.is_empty())
}

#[tokio::test]
async fn they_come_from_the_cluster_itself_and_nothing_is_guessed() -> anyhow::Result<()> {
    let registry = quick("kubeconfig").await?;
    let cluster = OpenShift::start().await?;
    let source = json!({"cluster": {"kubeconfigRef": {"name": "edge-7-admin"}}});
    registry.apply(&registry.subscription("edge-7", &source)).await?;
    let object = registry.wait_condition("edge-7", "Ready", "False", "ClusterAwaited").await?;
    assert_names(
        &condition(&object, "ClusterObserved")["message"],
        &["edge-7-admin", "spec.cluster.kubeconfigRef"],
    );
    let id = text(&registry.record("edge-7").await?["id"]);
    assert_eq!(registry.ocm.subscription(&id).unwrap()["status"], "Reserved");

    registry.apply_secret("edge-7-admin", &json!({"kubeconfig": cluster.kubeconfig()})).await?;
    registry.wait_condition("edge-7", "ClusterObserved", "False", "NotOpenShift").await?;
    cluster.set_version(&external(1), false);
    let named = |record: &Value| record["external_cluster_id"] == external(1);
    wait_record(&registry, &id, "the id while installing", named).await?;
    let object = registry.wait_ready("edge-7", "Reserved").await?;
    assert_eq!(condition(&object, "ClusterObserved")["status"], "True");

    cluster.set_version(&external(1), true);
    registry.wait_ready("edge-7", "Active").await?;
    let record = registry.ocm.subscription(&id).unwrap();
    assert!(!has(&record, "console_url"), "it has no console yet, and none is guessed: {record}");
    cluster.set_console(Some(CONSOLE));
    wait_record(&registry, &id, "the console", |record| record["console_url"] == CONSOLE).await?;

    let before = registry.ocm.call_count();
    cluster.go_away(true);
    registry.wait_condition("edge-7", "ClusterObserved", "False", "ClusterUnreachable").await?;
    cluster.remove_console();
    cluster.go_away(false);
    registry.wait_condition("edge-7", "ClusterObserved", "True", "Verified").await?;
    looked(&registry, 1).await?;
    let made = writes(&registry.ocm, before);
    assert!(made.is_empty(), "what is known of an active cluster stays: {made:?}");
    let cluster_calls = cluster.calls();
    assert!(cluster_calls.iter().all(|call| call.method == "GET"), "{cluster_calls:?}");
    registry.assert_sound().await
}

/// Cluster API's kind as its releases have it: at first with `v1beta1` alone, later with both versions.
async fn install_cluster_api(control_plane: &ControlPlane, with_v1beta2: bool) -> anyhow::Result<()> {
    let version = |name: &str, served: bool, storage: bool| {
        json!({"name": name, "served": served, "storage": storage,
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}})
    };
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "clusters.cluster.x-k8s.io"},
        "spec": {"group": "cluster.x-k8s.io", "scope": "Namespaced",
            "names": {"kind": "Cluster", "listKind": "ClusterList", "plural": "clusters", "singular": "cluster"},
            "versions": [version("v1beta1", true, true), version("v1beta2", with_v1beta2, false)]}});
    let kubectl = control_plane.kubectl();
    kubectl.apply(&definition.to_string()).await?;
    let path =
        format!("/apis/cluster.x-k8s.io/{}/clusters", if with_v1beta2 { "v1beta2" } else { "v1beta1" });
    wait_for("Cluster API's kind", slipway_e2e::objects::LIMIT, async || {
        kubectl.ok(&["get", "--raw", &path]).await.map(|_| ())
    })
    .await
}

fn capi(version: &str, name: &str, status: &Value) -> Value {
    json!({"apiVersion": format!("cluster.x-k8s.io/{version}"), "kind": "Cluster", "metadata": {"name": name}, "spec": {},
        "status": status})
}

/// A subscription of a Cluster of Cluster API goes from nothing to `Active`.
async fn lives(
    registry: &Registry,
    name: &str,
    version: &str,
    there: &Value,
    number: u32,
) -> anyhow::Result<()> {
    let cluster = OpenShift::start().await?;
    cluster.set_version(&external(number), true);
    cluster.set_console(Some(CONSOLE));
    let source = json!({"cluster": {"clusterApiRef": {"name": name}}});
    registry.apply(&registry.subscription(name, &source)).await?;
    let object = registry.wait_condition(name, "Ready", "False", "ClusterAwaited").await?;
    assert_names(&condition(&object, "ClusterObserved")["message"], &[name, "spec.cluster.clusterApiRef"]);

    registry.apply(&capi(version, name, &json!({"phase": "Provisioning"}))).await?;
    registry.wait_ready(name, "Reserved").await?;
    let record = registry.record(name).await?;
    assert!(!has(&record, "external_cluster_id"), "there is no control plane yet: {record}");

    registry
        .apply_secret(&format!("{name}-kubeconfig"), &json!({"value": cluster.kubeconfig_with_token()}))
        .await?;
    registry.apply(&capi(version, name, there)).await?;
    registry.wait_ready(name, "Active").await?;
    let record = registry.record(name).await?;
    assert_eq!(
        (&record["external_cluster_id"], &record["console_url"]),
        (&json!(external(number)), &json!(CONSOLE))
    );
    Ok(())
}

#[tokio::test]
async fn they_come_through_cluster_api_of_either_version() -> anyhow::Result<()> {
    let control_plane = ControlPlane::shared().await?;
    install_cluster_api(control_plane, false).await?;
    let registry = quick("cluster-api").await?;
    lives(&registry, "old", "v1beta1", &json!({"controlPlaneReady": true}), 1).await?;
    install_cluster_api(control_plane, true).await?;
    lives(&registry, "new", "v1beta2", &json!({"initialization": {"controlPlaneInitialized": true}}), 2)
        .await?;
    registry.assert_sound().await
}
