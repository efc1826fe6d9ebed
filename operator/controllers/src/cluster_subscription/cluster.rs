//! What the cluster of a subscription says of itself.

use kube::{
    Api, ResourceExt,
    api::{ApiResource, DynamicObject, GroupVersionKind},
};
use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    finding::Finding,
    reason::Reason,
    secret::Secret,
    subscription::{ClusterAccess, ClusterFacts, ClusterSight},
};
use slipway_crds::v1alpha1::{ClusterSource, ClusterSubscription, DeclaredCluster};

use super::fetch::conditions_of;
use crate::{context::Context, error::ReconcileError, secret::acceptable_age};

/// Versions of Cluster API's group, the newest first (`facts/capi.md §1.1`).
const CLUSTER_API_VERSIONS: [&str; 2] = ["v1beta2", "v1beta1"];

/// One look at the cluster.
pub(super) async fn look(context: &Context, object: &ClusterSubscription, now: Timestamp) -> ClusterSight {
    let sight = match &object.spec.cluster {
        ClusterSource { declared: Some(declared), .. } => Ok(declared_facts(declared)),
        ClusterSource { kubeconfig_ref: Some(reference), .. } => {
            inside(context, object, &reference.name, "spec.cluster.kubeconfigRef", now).await
        }
        ClusterSource { cluster_api_ref: Some(reference), .. } => {
            cluster_api(context, object, &reference.name, now).await
        }
        _ => Err(Failure::new(
            Reason::InvalidSpec,
            "spec.cluster needs exactly one of: declared, kubeconfigRef, clusterApiRef",
        )),
    };
    match sight {
        Ok(facts) => ClusterSight::Known(facts),
        Err(failure) => ClusterSight::Unknown(Finding::new(failure.reason, failure.message)),
    }
}

fn declared_facts(declared: &DeclaredCluster) -> ClusterFacts {
    ClusterFacts {
        external_cluster_id: declared.external_cluster_id.as_ref().map(|id| id.to_ascii_lowercase()),
        console_url: declared.console_url.clone(),
        is_installed: declared.installed,
    }
}

/// The facts as the cluster itself has them. A kubeconfig that is not there yet belongs to a cluster that is not there yet.
async fn inside(
    context: &Context,
    object: &ClusterSubscription,
    secret: &str,
    field: &str,
    now: Timestamp,
) -> Result<ClusterFacts, Failure> {
    let namespace = object.namespace().unwrap_or_default();
    let age = acceptable_age(conditions_of(object));
    let kept = context.secrets.read(&namespace, secret, field, now, age).await.map_err(|failure| {
        let reason =
            if failure.reason == Reason::SecretMissing { Reason::ClusterAwaited } else { failure.reason };
        Failure { reason, ..failure }
    })?;
    let kubeconfig =
        kubeconfig(kept.text(field, secret, "value"), || kept.text(field, secret, "kubeconfig"))?;
    let access = ClusterAccess { kubeconfig, secret_name: secret.to_owned(), field: field.to_owned() };
    context.clusters.facts(&access).await
}

/// Cluster API writes `value`, people write `kubeconfig`.
fn kubeconfig(
    value: Result<Secret, Failure>,
    other: impl FnOnce() -> Result<Secret, Failure>,
) -> Result<Secret, Failure> {
    value.or_else(|_| other())
}

/// The facts of a Cluster API `Cluster`: nothing before its control plane is there, then what the cluster itself says.
async fn cluster_api(
    context: &Context,
    object: &ClusterSubscription,
    name: &str,
    now: Timestamp,
) -> Result<ClusterFacts, Failure> {
    let cluster = cluster_of(context, &object.namespace().unwrap_or_default(), name).await?;
    if cluster.metadata.deletion_timestamp.is_some() {
        let message = format!("Cluster {name:?} (spec.cluster.clusterApiRef) is being deleted");
        return Err(Failure::new(Reason::ClusterAwaited, message));
    }
    if !has_control_plane(&cluster) {
        return Ok(ClusterFacts::default());
    }
    let field = "spec.cluster.clusterApiRef, its kubeconfig";
    inside(context, object, &format!("{name}-kubeconfig"), field, now).await
}

async fn cluster_of(context: &Context, namespace: &str, name: &str) -> Result<DynamicObject, Failure> {
    for version in CLUSTER_API_VERSIONS {
        let kind = GroupVersionKind::gvk("cluster.x-k8s.io", version, "Cluster");
        let resource = ApiResource::from_gvk_with_plural(&kind, "clusters");
        let clusters: Api<DynamicObject> = Api::namespaced_with(context.client.clone(), namespace, &resource);
        match ReconcileError::within("reading a Cluster of Cluster API", clusters.get(name)).await {
            Ok(cluster) => return Ok(cluster),
            Err(error) if error.is_not_found() => {}
            Err(error) => {
                let message =
                    format!("Cluster {name:?} (spec.cluster.clusterApiRef) could not be read: {error}");
                return Err(Failure::new(Reason::ApiFailed, message));
            }
        }
    }
    let message = format!(
        "Cluster {name:?} of cluster.x-k8s.io (spec.cluster.clusterApiRef) does not exist in namespace {namespace:?} yet"
    );
    Err(Failure::new(Reason::ClusterAwaited, message))
}

/// `status.initialization` is v1beta2's, `status.controlPlaneReady` v1beta1's (`facts/capi.md §1.8`).
fn has_control_plane(cluster: &DynamicObject) -> bool {
    let status = &cluster.data["status"];
    let is_there = [&status["initialization"]["controlPlaneInitialized"], &status["controlPlaneReady"]];
    is_there.into_iter().any(|value| value.as_bool() == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(status: &serde_json::Value) -> DynamicObject {
        let whole = serde_json::json!({"apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster",
            "metadata": {"name": "edge-7"}, "status": status});
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn both_versions_say_when_a_control_plane_is_there() {
        for (status, there) in [
            (serde_json::json!({"initialization": {"controlPlaneInitialized": true}}), true),
            (serde_json::json!({"controlPlaneReady": true}), true),
            (serde_json::json!({"initialization": {"controlPlaneInitialized": false}}), false),
            (serde_json::json!({"phase": "Provisioning"}), false),
            (serde_json::Value::Null, false),
        ] {
            assert_eq!(has_control_plane(&cluster(&status)), there, "{status}");
        }
    }
}
