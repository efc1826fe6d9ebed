//! The health scripts among the other settings of an Argo CD that is there already.

use serde_json::{Value, json};
use slipway_e2e::foreign::HealthScripts;
use slipway_e2e::{ControlPlane, Kubectl, TestNamespace};

/// The command of docs/gitops.md adds them and leaves the rest; doing it again changes nothing.
pub(crate) async fn beside_others() -> anyhow::Result<()> {
    let control_plane = ControlPlane::shared().await?;
    let kubectl = TestNamespace::create(control_plane, "argocd").await?.kubectl(control_plane);
    let theirs = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm",
        "labels": {"app.kubernetes.io/part-of": "argocd"}}, "data": {"url": "https://argocd.example.com"}});
    kubectl.apply(&theirs.to_string()).await?;
    let first = with_scripts(&kubectl).await?;
    assert_eq!(first["data"]["url"], "https://argocd.example.com");
    assert_eq!(HealthScripts::in_settings(&first.to_string())?, HealthScripts::shipped().await?);
    assert_eq!(with_scripts(&kubectl).await?, first);
    Ok(())
}

/// A server-side apply would take the settings away that came by a client-side one; a patch takes nothing.
async fn with_scripts(kubectl: &Kubectl) -> anyhow::Result<Value> {
    let patch =
        ["patch", "configmap", "argocd-cm", "--type=merge", "--patch-file=/dev/stdin", "--output=json"];
    let patched = kubectl.run_with_input(&patch, &HealthScripts::rendered().await?).await?;
    anyhow::ensure!(patched.code == Some(0), "{}", patched.stderr);
    Ok(serde_json::from_str(&patched.stdout)?)
}
