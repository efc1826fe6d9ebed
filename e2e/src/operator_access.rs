//! The rights of the operator under test: those of the shipped manifests, never the administrator's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, ListParams, PostParams};
use serde_json::json;

use crate::{Kubectl, manifest, program, wait_for};

const SERVED_LIMIT: Duration = Duration::from_mins(1);
/// Seconds that the operator's token is good for: longer than any test or demo.
const TOKEN_SECONDS: i64 = 24 * 60 * 60;

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
    let kinds = Api::<CustomResourceDefinition>::all(kubectl.client().await?);
    wait_for("all kinds to be served", SERVED_LIMIT, || async {
        let kinds = kinds.list(&ListParams::default()).await?;
        match kinds.into_iter().find(|kind| !is_established(kind)) {
            None => Ok(()),
            Some(kind) => anyhow::bail!("{:?} has the status {:?}", kind.metadata.name, kind.status),
        }
    })
    .await
}

fn is_established(kind: &CustomResourceDefinition) -> bool {
    let conditions = kind.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|one| one.type_ == "Established" && one.status == "True")
}

/// Lets the operator read Secrets in a namespace, as an administrator does who has hosts there.
pub async fn serve(client: &kube::Client, namespace: &str) -> anyhow::Result<()> {
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "slipway-secrets", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "slipway-secret-reader"},
        "subjects": [{"kind": "ServiceAccount", "name": SERVICE_ACCOUNT, "namespace": NAMESPACE}],
    });
    manifest::apply(client, namespace, &binding).await
}

/// Lets the operator use a Lease of its own beside those of the other operators of the same control plane, with the rules that the shipped role has for
/// its Lease: what an administrator gives a second installation.
pub async fn lead(client: &kube::Client, lease: &str) -> anyhow::Result<()> {
    let group = "rbac.authorization.k8s.io";
    let leases = |extra: serde_json::Value| {
        let mut rule = json!({"apiGroups": ["coordination.k8s.io"], "resources": ["leases"]});
        rule.as_object_mut()
            .into_iter()
            .for_each(|rule| rule.extend(extra.as_object().cloned().unwrap_or_default()));
        rule
    };
    let metadata = json!({"name": lease, "namespace": NAMESPACE});
    let role = json!({
        "apiVersion": format!("{group}/v1"), "kind": "Role", "metadata": metadata,
        "rules": [leases(json!({"resourceNames": [lease], "verbs": ["get", "update"]})), leases(json!({"verbs": ["create"]}))],
    });
    let binding = json!({
        "apiVersion": format!("{group}/v1"), "kind": "RoleBinding", "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": "Role", "name": lease},
        "subjects": [{"kind": "ServiceAccount", "name": SERVICE_ACCOUNT, "namespace": NAMESPACE}],
    });
    manifest::apply(client, NAMESPACE, &role).await?;
    manifest::apply(client, NAMESPACE, &binding).await
}

/// Writes a kubeconfig into `folder` with a token of the operator's service account.
///
/// `url` and `ca_pem` are the API server's, or those of a proxy before it.
pub async fn kubeconfig(
    client: &kube::Client,
    url: &str,
    ca_pem: &str,
    folder: &Path,
) -> anyhow::Result<PathBuf> {
    let token = token(client).await?;
    let ca = folder.join("ca.crt");
    std::fs::write(&ca, ca_pem)?;
    let name = "slipway";
    // JSON is YAML.
    let content = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": url, "certificate-authority": ca}}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": NAMESPACE}}],
        "current-context": name,
    });
    let file = folder.join("kubeconfig");
    std::fs::write(&file, serde_json::to_vec_pretty(&content)?)?;
    Ok(file)
}

async fn token(client: &kube::Client) -> anyhow::Result<String> {
    let accounts = Api::<ServiceAccount>::namespaced(client.clone(), NAMESPACE);
    let spec = TokenRequestSpec { expiration_seconds: Some(TOKEN_SECONDS), ..TokenRequestSpec::default() };
    let wanted = TokenRequest { spec, ..TokenRequest::default() };
    let made = accounts.create_token_request(SERVICE_ACCOUNT, &PostParams::default(), &wanted).await?;
    Ok(made.status.context("the request for a token has no answer")?.token)
}
