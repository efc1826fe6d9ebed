//! Kinds of other projects, without what those check: the projects themselves are not part of these tests.

use anyhow::Context as _;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, PostParams};
use serde_json::json;
use slipway_e2e::{ControlPlane, wait_for};

use std::time::Duration;

/// Group and kind, served as v1 in namespaces.
pub(crate) type ForeignKind = (&'static str, &'static str);

/// What clusterctl wants to find before it installs anything (facts/capi.md §2.2).
pub(crate) const CERT_MANAGER: [ForeignKind; 2] =
    [("cert-manager.io", "Issuer"), ("cert-manager.io", "Certificate")];
/// What prometheus-operator brings.
pub(crate) const POD_MONITOR: [ForeignKind; 1] = [("monitoring.coreos.com", "PodMonitor")];

const LIMIT: Duration = Duration::from_secs(30);

/// Defines the kinds and waits until they and all others are served.
pub(crate) async fn define(control_plane: &ControlPlane, kinds: &[ForeignKind]) -> anyhow::Result<()> {
    let definitions: Api<CustomResourceDefinition> = Api::all(control_plane.client().await?);
    for (group, kind) in kinds {
        definitions.create(&PostParams::default(), &definition(group, kind)?).await.context(*kind)?;
    }
    established(control_plane).await
}

fn definition(group: &str, kind: &str) -> anyhow::Result<CustomResourceDefinition> {
    let plural = format!("{}s", kind.to_lowercase());
    let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let version =
        json!({"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}});
    let definition = json!({
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural}, "versions": [version],
        },
    });
    Ok(serde_json::from_value(definition)?)
}

/// Waits until every kind that is defined is served, after which nobody writes its definition any more.
pub(crate) async fn established(control_plane: &ControlPlane) -> anyhow::Result<()> {
    let definitions: Api<CustomResourceDefinition> = Api::all(control_plane.client().await?);
    wait_for("all kinds to be served", LIMIT, || async {
        let all = definitions.list(&kube::api::ListParams::default()).await?;
        for definition in all {
            let name = definition.metadata.name.unwrap_or_default();
            let conditions = definition.status.and_then(|status| status.conditions).unwrap_or_default();
            let served = conditions.iter().any(|one| one.type_ == "Established" && one.status == "True");
            anyhow::ensure!(served, "{name} is not served");
        }
        Ok(())
    })
    .await
}
