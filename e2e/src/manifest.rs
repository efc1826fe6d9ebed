//! Manifests, applied without kubectl, whose start costs more than most of what follows.

use anyhow::Context as _;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use serde_json::Value;

/// The field manager: everything that tests apply so is one person's.
const MANAGER: &str = "slipway-tests";

/// Applies one object, or each of a `List`, in a namespace, by server-side apply: what was given before and is not given any more is taken away,
/// as by `kubectl apply`. A kubectl that applies the same object later knows nothing of this, and takes nothing away.
pub async fn apply(client: &Client, namespace: &str, manifest: &Value) -> anyhow::Result<()> {
    if manifest["kind"] != "List" {
        return apply_one(client, namespace, manifest).await;
    }
    for object in manifest["items"].as_array().into_iter().flatten() {
        apply_one(client, namespace, object).await?;
    }
    Ok(())
}

async fn apply_one(client: &Client, namespace: &str, object: &Value) -> anyhow::Result<()> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
    let version = text(&object["apiVersion"]);
    let (group, version) = version.split_once('/').unwrap_or(("", &version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &kind));
    let api = Api::<DynamicObject>::namespaced_with(client.clone(), namespace, &resource);
    let how = PatchParams::apply(MANAGER).force();
    api.patch(&name, &how, &Patch::Apply(object)).await.with_context(|| format!("{kind} {name}"))?;
    Ok(())
}
