//! The rights of the operator under test: those of the shipped manifests, never the administrator's.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;

use crate::{Kubectl, program};

/// Namespace of the shipped manifests.
pub const NAMESPACE: &str = "slipway-system";
/// Service account of the shipped manifests.
pub const SERVICE_ACCOUNT: &str = "slipway";

/// The shipped manifests.
#[must_use]
pub fn shipped() -> PathBuf {
    program::project().join("config/default")
}

/// Applies the manifests of this Kustomize folder and waits until their kinds are served. Doing it again changes
/// nothing.
pub async fn install(kubectl: &Kubectl, manifests: &Path) -> anyhow::Result<()> {
    let manifests = manifests.to_str().context("the manifests' path is not text")?;
    kubectl.ok(&["apply", "--server-side", "--force-conflicts", "-k", manifests]).await?;
    let kinds = kubectl.ok(&["get", "crd", "--output=name"]).await?;
    let mut wait = vec!["wait", "--for=condition=Established", "--timeout=60s"];
    wait.extend(kinds.lines());
    if kinds.is_empty() {
        return Ok(());
    }
    kubectl.ok(&wait).await?;
    Ok(())
}

/// Lets the operator read Secrets in a namespace, as an administrator does who has hosts there.
pub async fn serve(kubectl: &Kubectl, namespace: &str) -> anyhow::Result<()> {
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "slipway-secrets", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "slipway-secret-reader"},
        "subjects": [{"kind": "ServiceAccount", "name": SERVICE_ACCOUNT, "namespace": NAMESPACE}],
    });
    kubectl.apply(&binding.to_string()).await?;
    Ok(())
}

/// Writes a kubeconfig into `folder` with a token of the operator's service account.
///
/// `url` and `ca_pem` are the API server's, or those of a proxy before it.
pub async fn kubeconfig(
    kubectl: &Kubectl,
    url: &str,
    ca_pem: &str,
    folder: &Path,
) -> anyhow::Result<PathBuf> {
    let token =
        kubectl.in_namespace(NAMESPACE).ok(&["create", "token", SERVICE_ACCOUNT, "--duration=24h"]).await?;
    let ca = folder.join("ca.crt");
    std::fs::write(&ca, ca_pem)?;
    let name = "slipway";
    // JSON is YAML.
    let content = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": url, "certificate-authority": ca}}],
        "users": [{"name": name, "user": {"token": token.trim()}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": NAMESPACE}}],
        "current-context": name,
    });
    let file = folder.join("kubeconfig");
    std::fs::write(&file, serde_json::to_vec_pretty(&content)?)?;
    Ok(file)
}
