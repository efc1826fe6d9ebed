//! What the chart says about itself is true, and helm finds nothing to complain of.

use std::collections::BTreeSet;

use anyhow::Context as _;
use serde_json::Value;
use slipway_e2e::program;

use crate::manifest::{of_kind, text};
use crate::stage::{self, Stage};

pub(crate) async fn true_words(stage: Stage) -> anyhow::Result<()> {
    let about: Value = serde_yaml::from_str(&stage::file("Chart.yaml")?)?;
    let workspace = std::fs::read_to_string(program::project().join("Cargo.toml"))?;
    let version = workspace.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
    for field in ["version", "appVersion"] {
        anyhow::ensure!(about[field].as_str() == version, "{field} is {} and not {version:?}", about[field]);
    }
    let objects = stage.objects("slipway-system", "").await?;
    kinds(&about, &objects)?;
    lint(&stage).await?;
    package(&stage).await
}

/// The kinds that the annotations name are those that are installed; they are kept, and only as long as the values say so.
fn kinds(about: &Value, objects: &[Value]) -> anyhow::Result<()> {
    let listed =
        about["annotations"]["artifacthub.io/crds"].as_str().context("the annotations name no kinds")?;
    let listed: Vec<Value> = serde_yaml::from_str(listed)?;
    let words = |kind: &Value, version: &Value, name: &Value| format!("{kind} {version} {name}");
    let listed: BTreeSet<String> =
        listed.iter().map(|is| words(&is["kind"], &is["version"], &is["name"])).collect();
    let mut installed = BTreeSet::new();
    for definition in of_kind(objects, "CustomResourceDefinition") {
        let spec = &definition["spec"];
        installed.insert(words(
            &spec["names"]["kind"],
            &spec["versions"][0]["name"],
            &definition["metadata"]["name"],
        ));
        let policy = text(definition, "/metadata/annotations/helm.sh~1resource-policy");
        anyhow::ensure!(policy == "keep", "{}: {policy:?}", definition["metadata"]);
    }
    anyhow::ensure!(listed == installed && listed.len() == 4, "listed {listed:?}, installed {installed:?}");
    Ok(())
}

async fn lint(stage: &Stage) -> anyhow::Result<()> {
    let chart = stage::chart();
    let said = stage.helm(&["lint", "--strict", "--quiet", stage::path(&chart)?], "").await?;
    anyhow::ensure!(said.code == Some(0) && said.out.trim().is_empty(), "{said:?}");
    Ok(())
}

/// The archive renders what the folder does, links included; and an older Kubernetes is refused.
async fn package(stage: &Stage) -> anyhow::Result<()> {
    let (chart, values) = (stage::chart(), "metrics: {alerts: true}");
    let desk = stage.desk()?;
    desk.helm(None, &["package", stage::path(&chart)?, "--destination=."], "").await?.ok()?;
    let archive = std::fs::read_dir(desk.home())?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .find(|name| name.starts_with("slipway-"))
        .context("there is no archive")?;
    let arguments = ["template", stage::RELEASE, &archive, "--namespace=slipway-system", "--values=-"];
    let packed = desk.helm(None, &arguments, values).await?;
    let loose = stage.render("slipway-system", values).await?;
    anyhow::ensure!(packed.ok()? == loose.ok()?, "the archive renders something else");
    anyhow::ensure!(
        packed.out.matches("kind: PrometheusRule").count() == 3,
        "the alerts are not in the archive"
    );
    let old = desk.helm(None, &[&arguments[..], &["--kube-version=v1.28.0"]].concat(), "").await?;
    anyhow::ensure!(old.code == Some(1) && old.err.contains("kubeVersion"), "{old:?}");
    Ok(())
}
