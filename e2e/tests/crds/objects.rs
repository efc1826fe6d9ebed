//! A valid object of each kind with every field, the definitions installed, and the client to put them in.

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_e2e::{ControlPlane, Kubectl, TestNamespace, program};
use tokio::sync::OnceCell;

pub(crate) const HOST: &str = include_str!("data/bare_metal_host.json");
const PROFILE: &str = include_str!("data/install_profile.json");
const RACK: &str = include_str!("data/infrastructure.json");
const SUBSCRIPTION: &str = include_str!("data/cluster_subscription.json");

/// Each kind with a spec in which every field is set and valid.
pub(crate) const OBJECTS: [(&str, &str); 4] = [
    ("BareMetalHost", HOST),
    ("InstallProfile", PROFILE),
    ("Infrastructure", RACK),
    ("ClusterSubscription", SUBSCRIPTION),
];

/// The shared control plane with the definitions installed as a person would.
pub(crate) async fn control_plane() -> anyhow::Result<&'static ControlPlane> {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    let control_plane = ControlPlane::shared().await?;
    let install = || async { install(&control_plane.kubectl()).await };
    INSTALLED.get_or_try_init(install).await?;
    Ok(control_plane)
}

async fn install(kubectl: &Kubectl) -> anyhow::Result<()> {
    let folder = program::project().join("config/crd");
    let folder = folder.to_str().context("the path is not text")?;
    let output = kubectl.run(&["apply", "-k", folder]).await?;
    anyhow::ensure!(output.code == Some(0) && output.stderr.is_empty(), "{}{}", output.stdout, output.stderr);
    kubectl.ok(&["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]).await?;
    let again = kubectl.ok(&["apply", "-k", folder]).await?;
    anyhow::ensure!(
        again.lines().all(|line| line.ends_with("unchanged")),
        "the second apply changes: {again}"
    );
    Ok(())
}

pub(crate) async fn namespace(test: &str) -> anyhow::Result<(TestNamespace, Kubectl)> {
    let control_plane = control_plane().await?;
    let namespace = TestNamespace::create(control_plane, test).await?;
    let kubectl = namespace.kubectl(control_plane);
    Ok((namespace, kubectl))
}

pub(crate) fn manifest(kind: &str, name: &str, spec: &str) -> String {
    let spec: Value = serde_json::from_str(spec).unwrap();
    json!({ "apiVersion": "slipway.dev/v1alpha1", "kind": kind, "metadata": { "name": name }, "spec": spec })
        .to_string()
}

/// Applies a valid object named `x` of each kind.
pub(crate) async fn apply_all(kubectl: &Kubectl) -> anyhow::Result<()> {
    for (kind, spec) in OBJECTS {
        kubectl.apply(&manifest(kind, "x", spec)).await?;
    }
    Ok(())
}
