//! The real clusterctl installs the provider from a folder and takes it away again; what people made stays.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use slipway_e2e::foreign::Clusterctl;
use slipway_e2e::{ControlPlane, Kubectl, program, wait_for};

use crate::repository::{Repository, VERSION};
use crate::{kinds, kustomize};

const PROVIDER: &str = "infrastructure-slipway";
const NAMESPACE: &str = "slipway-system";
/// Every kind of the package.
const OURS: &str = "crd,namespace,clusterrole,clusterrolebinding,role,rolebinding,serviceaccount,service,deployment,poddisruptionbudget";
/// What administrators bind by name.
const STAYS: [&str; 2] = ["ClusterRole/slipway-approver", "ClusterRole/slipway-secret-reader"];
const LIMIT: Duration = Duration::from_secs(30);
/// Of the sample.
const HOST: &str = "baremetalhost/u08";

pub(crate) async fn life(clusterctl: Clusterctl) -> anyhow::Result<()> {
    // Of its own: the same objects under the same names are applied by kubectl in the shared one.
    let mut control_plane = ControlPlane::start().await?;
    kinds::define(&control_plane, &kinds::CERT_MANAGER).await?;
    let repository = Repository::new(&clusterctl, &control_plane).await?;
    let kubectl = control_plane.kubectl();

    install(&repository).await?;
    installed(&repository, &kubectl).await?;

    let uid = somebodys_host(&control_plane).await?;
    removed(&repository, &kubectl).await?;
    anyhow::ensure!(host_uid(&kubectl).await? == uid, "the host is another one");

    trial_is_over(&kubectl).await?;
    install(&repository).await?;
    removed_with_definitions(&repository, &kubectl).await?;
    control_plane.stop().await
}

/// clusterctl tries cert-manager out in a namespace that it then deletes. An `init` that finds it half gone waits for ten minutes (1.14.2).
async fn trial_is_over(kubectl: &Kubectl) -> anyhow::Result<()> {
    let trial = ["get", "namespace", "cert-manager-test", "--ignore-not-found", "--output=name"];
    wait_for("clusterctl's trial to be cleared away", LIMIT, || async {
        let left = kubectl.ok(&trial).await?;
        anyhow::ensure!(left.is_empty(), "{left}");
        Ok(())
    })
    .await
}

/// Kinds, namespace and what administrators bind stay.
async fn removed(repository: &Repository, kubectl: &Kubectl) -> anyhow::Result<()> {
    repository.ok(&["delete", "--infrastructure", "slipway"]).await?;
    let left = names(&ours(kubectl).await?);
    let wanted: BTreeSet<String> = repository
        .components()?
        .iter()
        .map(name)
        .filter(|name| name.starts_with("CustomResourceDefinition/") || name.starts_with("Namespace/"))
        .chain(STAYS.map(str::to_owned))
        .collect();
    anyhow::ensure!(left == wanted, "left are {left:?}, not {wanted:?}");
    Ok(())
}

/// Only once no object of theirs is left.
async fn removed_with_definitions(repository: &Repository, kubectl: &Kubectl) -> anyhow::Result<()> {
    let whole = ["delete", "--infrastructure", "slipway", "--include-crd"];
    let refusal = repository.refusal(&whole).await?;
    let expected = refusal.contains("found existing objects for provider CRDs");
    anyhow::ensure!(expected, "refused otherwise: {refusal}");
    let host = kubectl.in_namespace("default");
    host.ok(&["delete", HOST]).await.context("the refusal took the host away")?;
    repository.ok(&whole).await?;
    // clusterctl does not wait for the end of a definition, which first loses its objects.
    wait_for("the definitions to be gone", LIMIT, || async {
        let left = names(&ours(kubectl).await?);
        let crds = left.iter().filter(|name| name.starts_with("CustomResourceDefinition/")).count();
        anyhow::ensure!(crds == 0, "left are {left:?}");
        Ok(())
    })
    .await
}

async fn install(repository: &Repository) -> anyhow::Result<()> {
    let provider = format!("slipway:{VERSION}");
    // No machine is to be made here, so that the providers of control planes are not needed.
    let without = ["--bootstrap", "-", "--control-plane", "-"];
    repository.ok(&[&["init", "--infrastructure", &provider][..], &without].concat()).await?;
    Ok(())
}

/// Everything is there as the package says, labelled as clusterctl's inventory.
async fn installed(repository: &Repository, kubectl: &Kubectl) -> anyhow::Result<()> {
    let inventory = ["get", "providers.clusterctl.cluster.x-k8s.io", PROVIDER, "--output=json"];
    let provider: Value = serde_json::from_str(&kubectl.in_namespace(NAMESPACE).ok(&inventory).await?)?;
    for (field, wanted) in
        [("providerName", "slipway"), ("type", "InfrastructureProvider"), ("version", VERSION)]
    {
        anyhow::ensure!(provider[field] == wanted, "{field} of the Provider: {}", provider[field]);
    }
    let there = ours(kubectl).await?;
    let package = repository.components()?;
    anyhow::ensure!(names(&there) == names(&package), "{:?} were installed", names(&there));
    for object in &package {
        let found = there.iter().find(|found| name(found) == name(object)).context("gone meanwhile")?;
        let labels = &found["metadata"]["labels"];
        anyhow::ensure!(labels["clusterctl.cluster.x-k8s.io"] == "", "{}: {labels}", name(object));
        // clusterctl fills variables in: a rule with a dollar must come out as it went in.
        if kustomize::is(object, "CustomResourceDefinition") {
            let of = |one: &Value| one["spec"]["versions"][0]["schema"].clone();
            anyhow::ensure!(of(found) == of(object), "{} was changed", name(object));
        }
    }
    let deployment = there.iter().find(|one| kustomize::is(one, "Deployment")).context("no Deployment")?;
    let container = &deployment["spec"]["template"]["spec"]["containers"][0]["name"];
    anyhow::ensure!(container == "manager", "clusterctl would not find {container}");
    Ok(())
}

/// Objects with the provider's label.
async fn ours(kubectl: &Kubectl) -> anyhow::Result<Vec<Value>> {
    let selector = format!("--selector=cluster.x-k8s.io/provider={PROVIDER}");
    let found = kubectl.ok(&["get", OURS, "--all-namespaces", "--output=json", &selector]).await?;
    let mut found: Value = serde_json::from_str(&found)?;
    serde_json::from_value(found["items"].take()).context("no list")
}

async fn somebodys_host(control_plane: &ControlPlane) -> anyhow::Result<String> {
    let sample = program::project().join("config/samples/bare-metal-host-minimal.yaml");
    let kubectl = control_plane.kubectl().in_namespace("default");
    kubectl.apply(&std::fs::read_to_string(sample)?).await?;
    host_uid(&kubectl).await
}

async fn host_uid(kubectl: &Kubectl) -> anyhow::Result<String> {
    kubectl.in_namespace("default").ok(&["get", HOST, "--output=jsonpath={.metadata.uid}"]).await
}

fn name(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]))
}

fn names(objects: &[Value]) -> BTreeSet<String> {
    objects.iter().map(name).collect()
}
