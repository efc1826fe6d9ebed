//! `kubectl apply --server-side -k` of the shipped folders: it works, and the second time changes nothing.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;
use slipway_e2e::{ControlPlane, Kubectl, program};

use crate::{components, kinds};

/// Server-side apply with a refusal of every field that the API server does not know.
const APPLY: [&str; 4] = ["apply", "--server-side", "--validate=strict", "--output=json"];
/// Where a user's own kustomization puts the installation for one namespace.
const ELSEWHERE: &str = "racks";

/// Both folders, and the components over them.
pub(crate) async fn every_way() -> anyhow::Result<()> {
    let control_plane = ControlPlane::shared().await?;
    whole_cluster(control_plane).await?;
    one_namespace(control_plane).await?;
    components::each(control_plane).await
}

async fn whole_cluster(control_plane: &ControlPlane) -> anyhow::Result<()> {
    let objects = twice(control_plane, &program::project().join("config/default")).await?;
    let cluster_wide = roles(&objects).filter(|role| is(role, "ClusterRole")).count();
    anyhow::ensure!(cluster_wide >= 3, "{cluster_wide} roles for the whole cluster");
    Ok(())
}

/// The user's kustomization renames the namespace: every part has to follow.
async fn one_namespace(control_plane: &ControlPlane) -> anyhow::Result<()> {
    let overlay = Overlay::new(&["config/namespaced"], &[], Some(ELSEWHERE))?;
    let objects = twice(control_plane, overlay.folder()).await?;
    let mut rights = BTreeSet::new();
    for object in &objects {
        let kind = object["kind"].as_str().unwrap_or_default();
        let namespace = object["metadata"]["namespace"].as_str();
        let whole = ["Namespace", "CustomResourceDefinition"].contains(&kind);
        anyhow::ensure!(whole != (namespace == Some(ELSEWHERE)), "{kind} in {namespace:?}: {object}");
        for subject in object["subjects"].as_array().into_iter().flatten() {
            anyhow::ensure!(subject["namespace"] == ELSEWHERE, "{subject} is elsewhere");
        }
    }
    for role in roles(&objects) {
        rights.extend(rules(role)?);
    }
    anyhow::ensure!(rights.iter().any(|rule| rule.contains("\"secrets\"")), "no Secret can be read");
    let listed = rights.iter().find(|rule| rule.contains("leases") && rule.contains("list"));
    anyhow::ensure!(listed.is_none(), "claims of other namespaces can be seen: {listed:?}");
    let deployment = objects.iter().find(|object| is(object, "Deployment")).context("no Deployment")?;
    let arguments = &deployment["spec"]["template"]["spec"]["containers"][0]["args"];
    anyhow::ensure!(arguments[0] == "--namespace=$(SLIPWAY_OPERATOR_NAMESPACE)", "it serves {arguments}");
    Ok(())
}

fn roles(objects: &[Value]) -> impl Iterator<Item = &Value> {
    objects.iter().filter(|object| is(object, "Role") || is(object, "ClusterRole"))
}

fn rules(role: &Value) -> anyhow::Result<Vec<String>> {
    let rules = role["rules"].as_array().context("a role without rules")?;
    Ok(rules.iter().map(Value::to_string).collect())
}

/// Whether an object is of a kind.
pub(crate) fn is(object: &Value, kind: &str) -> bool {
    object["kind"] == kind
}

/// Applies a folder twice and returns the objects, none of which the second time wrote.
async fn twice(control_plane: &ControlPlane, folder: &Path) -> anyhow::Result<Vec<Value>> {
    let kubectl = control_plane.kubectl();
    apply(&kubectl, folder, &[]).await?;
    // The API server itself writes on while a definition is new.
    kinds::established(control_plane).await?;
    let folder_text = folder.to_str().context("the folder is not text")?;
    let before = objects(&kubectl, &["get", "--output=json", "-k", folder_text]).await?;
    let after = apply(&kubectl, folder, &[]).await?;
    anyhow::ensure!(after.len() > 15, "{} gives {} objects", folder.display(), after.len());
    let (before, after_versions) = (versions(&before), versions(&after));
    let written: Vec<_> = after_versions.difference(&before).collect();
    anyhow::ensure!(written.is_empty(), "{}: the second apply wrote {written:?}", folder.display());
    Ok(after)
}

/// Applies a folder with further arguments and returns the objects as the API server has them.
pub(crate) async fn apply(kubectl: &Kubectl, folder: &Path, more: &[&str]) -> anyhow::Result<Vec<Value>> {
    let folder = folder.to_str().context("the folder is not text")?;
    objects(kubectl, &[&APPLY[..], more, &["-k", folder]].concat()).await
}

/// What kubectl printed, which must be objects and no warning.
async fn objects(kubectl: &Kubectl, arguments: &[&str]) -> anyhow::Result<Vec<Value>> {
    let output = kubectl.run(arguments).await?;
    let well = output.code == Some(0) && output.stderr.is_empty();
    anyhow::ensure!(well, "kubectl {arguments:?} ended with {:?}: {}", output.code, output.stderr);
    let mut all = Vec::new();
    for object in serde_json::Deserializer::from_str(&output.stdout).into_iter::<Value>() {
        let mut object = object?;
        match object["items"].take() {
            Value::Array(items) => all.extend(items),
            _ => all.push(object),
        }
    }
    Ok(all)
}

fn versions(objects: &[Value]) -> BTreeSet<String> {
    let of = |object: &Value| {
        let metadata = &object["metadata"];
        format!("{} {} {}", object["kind"], metadata["name"], metadata["resourceVersion"])
    };
    objects.iter().map(of).collect()
}

/// A kustomization as a user writes it, outside the project.
pub(crate) struct Overlay(tempfile::TempDir);

impl Overlay {
    /// Names of folders are those of the project; `namespace` moves everything there.
    pub(crate) fn new(
        resources: &[&str],
        components: &[&str],
        namespace: Option<&str>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::TempDir::with_prefix("slipway-overlay-")?;
        // Kustomize takes no absolute path of a folder.
        let up: String = folder.path().components().skip(1).map(|_| "../").collect();
        let project = program::project().to_str().context("the project's path is not text")?;
        let place = |names: &[&str]| {
            names.iter().map(|name| format!("{up}{}/{name}", &project[1..])).collect::<Vec<_>>()
        };
        let mut kustomization =
            serde_json::json!({"resources": place(resources), "components": place(components)});
        if let Some(namespace) = namespace {
            kustomization["namespace"] = namespace.into();
        }
        std::fs::write(folder.path().join("kustomization.yaml"), kustomization.to_string())?;
        Ok(Self(folder))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }
}
