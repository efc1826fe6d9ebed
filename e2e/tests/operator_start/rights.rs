//! A namespace that the operator is told to serve and may not.

use serde_json::json;
use slipway_e2e::{ControlPlane, OperatorProcess, TestNamespace, wait_for};
use tempfile::TempDir;

use crate::scene::{LIMIT, apply, bind, grant, kubeconfig, looked_at, profile, readyz, waits};

#[tokio::test]
async fn a_namespace_without_rights_is_named_and_served_when_they_come_and_the_others_before() {
    let control_plane = ControlPlane::shared().await.unwrap();
    control_plane.install().await.unwrap();
    let access = control_plane.access().unwrap();
    let a = TestNamespace::create(control_plane, "allowed").await.unwrap();
    let b = TestNamespace::create(control_plane, "forbidden").await.unwrap();
    let kubectl = a.kubectl(control_plane);
    // An account that has nothing but what is bound here; it runs in the first namespace.
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "narrow"}});
    apply(&access, &a, &account).await;
    let narrow = (a.name(), "narrow");
    let lease = json!({"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]});
    let key = json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "create"]});
    grant(&access, &a, narrow, json!([lease, key])).await;
    let folder = TempDir::new().unwrap();
    let kubeconfig = kubeconfig(&access, &kubectl, "narrow", folder.path()).await;
    let options = OperatorProcess::options().namespace(b.name()).namespace(a.name());
    let options = options.arg("--operator-namespace").arg(a.name()).env("KUBECONFIG", kubeconfig);
    let operator = options.start_unready(control_plane).await.unwrap();

    // None may be served: it says of both why, and is not ready.
    waits(&operator, &[a.name(), "list baremetalhosts.slipway.dev, installprofiles.slipway.dev, "]).await;
    waits(&operator, &[b.name(), "kubectl -n", "create rolebinding"]).await;

    for namespace in [&a, &b] {
        apply(&access, namespace, &profile("tiny")).await;
    }
    bind(&access, &a, narrow, ("ClusterRole", "slipway-operator")).await;
    looked_at(&access, &a, "tiny").await;
    let note = wait_for("readiness with a note of the other", LIMIT, || async {
        let (status, said) = readyz(&operator).await?;
        anyhow::ensure!(
            status == 200 && said.starts_with("ok\n") && said.contains(b.name()),
            "{status}: {said}"
        );
        Ok(said)
    })
    .await
    .unwrap();

    // The mend that it says is the mend.
    let command = note.split("let it: kubectl ").nth(1).unwrap().split(" (").next().unwrap();
    assert!(command.ends_with(&format!("--serviceaccount={}:narrow", a.name())), "{command}");
    let words: Vec<&str> = command.split(' ').collect();
    control_plane.kubectl().ok(&words).await.unwrap();
    looked_at(&access, &b, "tiny").await;
    let (status, said) = readyz(&operator).await.unwrap();
    assert_eq!((status, said.as_str()), (200, "ok\n"));
}
