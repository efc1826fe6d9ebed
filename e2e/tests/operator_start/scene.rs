//! What the tests of this program begin with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::objects::{Objects, condition};
use slipway_e2e::{Access, Kubectl, OperatorProcess, TestNamespace, manifest, wait_for};

/// Longest wait for anything here.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// Applies an object in a namespace.
pub(crate) async fn apply(access: &Access, namespace: &TestNamespace, object: &Value) {
    manifest::apply(&access.client().await.unwrap(), namespace.name(), object).await.unwrap();
}

/// A profile whose image nobody has: the operator says so, and does nothing.
pub(crate) fn profile(name: &str) -> Value {
    let kernel = json!({"url": "http://127.0.0.1:9/vmlinuz", "sha256": "1".repeat(64)});
    json!({"apiVersion": "slipway.dev/v1alpha1", "kind": "InstallProfile", "metadata": {"name": name},
        "spec": {"os": {"name": "tiny", "version": "1"}, "boot": {"kernel": kernel}}})
}

/// Waits until the operator has looked at a profile.
pub(crate) async fn looked_at(access: &Access, namespace: &TestNamespace, name: &str) {
    let client = access.client().await.unwrap();
    let profiles = Objects::of(&client, namespace.name(), "InstallProfile", "installprofiles");
    let is_seen = |profile: &Value| match condition(profile, "Ready") {
        Value::Null => Err(format!("no condition in {}", profile["status"])),
        _ => Ok(()),
    };
    profiles.wait(name, "a look at it", LIMIT, is_seen).await.unwrap();
}

/// Rights of a service account in a namespace.
pub(crate) async fn grant(access: &Access, namespace: &TestNamespace, account: (&str, &str), rules: Value) {
    let name = format!("granted-{}", account.1);
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": name}, "rules": rules});
    apply(access, namespace, &role).await;
    bind(access, namespace, account, ("Role", &name)).await;
}

/// Binds a role to a service account, of which `account` is namespace and name.
pub(crate) async fn bind(
    access: &Access,
    namespace: &TestNamespace,
    account: (&str, &str),
    role: (&str, &str),
) {
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": role.1},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role.0, "name": role.1},
        "subjects": [{"kind": "ServiceAccount", "namespace": account.0, "name": account.1}]});
    apply(access, namespace, &binding).await;
}

/// A kubeconfig of a service account.
pub(crate) async fn kubeconfig(access: &Access, kubectl: &Kubectl, account: &str, folder: &Path) -> PathBuf {
    let token = kubectl.ok(&["create", "token", account]).await.unwrap();
    let (ca, file) = (folder.join("ca.crt"), folder.join("kubeconfig"));
    std::fs::write(&ca, &access.ca_pem).unwrap();
    // JSON is YAML.
    let content = json!({"apiVersion": "v1", "kind": "Config", "current-context": "it",
        "clusters": [{"name": "it", "cluster": {"server": access.url, "certificate-authority": ca}}],
        "users": [{"name": "it", "user": {"token": token.trim()}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}]});
    std::fs::write(&file, content.to_string()).unwrap();
    file
}

/// Waits until the operator says why it is not ready, in these words.
pub(crate) async fn waits(operator: &OperatorProcess, words: &[&str]) {
    let what = format!("/readyz to answer 503 with {words:?}");
    wait_for(&what, LIMIT, || async {
        let (status, said) = readyz(operator).await?;
        let fits = status == 503 && words.iter().all(|word| said.contains(word));
        anyhow::ensure!(fits, "{status}: {said}");
        Ok(())
    })
    .await
    .unwrap();
    let is_logged = |entry: &Value| {
        entry["level"] == "WARN"
            && words.iter().all(|word| entry["message"].as_str().is_some_and(|m| m.contains(word)))
    };
    operator.log().wait_for("the log to say it too", LIMIT, is_logged).await.unwrap();
}

/// What `/readyz` answers.
pub(crate) async fn readyz(operator: &OperatorProcess) -> anyhow::Result<(u16, String)> {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build()?;
    let answer = client.get(format!("http://{}/readyz", operator.metrics_address()?)).send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}
