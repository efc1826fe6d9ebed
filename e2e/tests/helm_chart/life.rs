//! A release's whole life, with a host and a rack that live through all of it: installed from the previous commit's chart, upgraded, rolled
//! back, uninstalled, installed again. Nothing waits for Pods (`--wait`): no node runs any.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_e2e::foreign::{Desk, HelmClient};
use slipway_e2e::{program, wait_for};

use crate::manifest::{self, name, of_kind, text};
use crate::server::Server;
use crate::stage::{self, RELEASE, Stage};

/// A rack that ships as a sample.
const RACK: &str = "config/samples/infrastructure-existing.yaml";
const NEW: &str = "replicas: 3";

struct Release {
    desk: Desk<HelmClient>,
    kubeconfig: PathBuf,
    namespace: String,
    server: Server,
    /// Objects of people with their uids.
    survivors: Vec<Value>,
}

pub(crate) async fn whole(stage: Stage) -> anyhow::Result<()> {
    let control_plane = stage.control_plane().await?;
    let server = Server::of(control_plane).await?;
    let namespace = server.restricted_namespace("helm-life").await?;
    let kubeconfig = control_plane.kubeconfig();
    let mut release = Release { desk: stage.desk()?, kubeconfig, namespace, server, survivors: Vec::new() };
    let (old, new) = (previous(&release.desk).await?, stage::path(&stage::chart())?.to_owned());

    release.helm(&["install", RELEASE, &old, "--values=-"], "").await?;
    release.settle().await?;
    release.replicas(2).await?;

    release.helm(&["upgrade", RELEASE, &new, "--values=-"], NEW).await?;
    release.all_survive("upgrade").await?;
    release.replicas(3).await?;
    release.again_changes_nothing(&new).await?;
    release.an_older_definition_is_brought_up(&new).await?;

    release.helm(&["rollback", RELEASE, "1"], "").await?;
    release.all_survive("rollback").await?;
    release.replicas(2).await?;

    release.leaves_definitions_only().await?;
    release.helm(&["install", RELEASE, &new, "--values=-"], NEW).await?;
    release.all_survive("installation after an uninstallation").await?;
    release.another_takes_the_definitions(&new).await
}

impl Release {
    async fn helm(&self, arguments: &[&str], values: &str) -> anyhow::Result<String> {
        let all = [arguments, &["--namespace", &self.namespace]].concat();
        let said = self.desk.helm(Some(&self.kubeconfig), &all, values).await?;
        Ok(said.ok().with_context(|| format!("helm {arguments:?}"))?.to_owned())
    }

    /// Makes the host that the notes of the release show, and a rack.
    async fn settle(&mut self) -> anyhow::Result<()> {
        let notes = self.helm(&["get", "notes", RELEASE], "").await?;
        let host = notes.split_once("<<EOF\n").and_then(|(_, rest)| rest.split_once("EOF"));
        let (host, _) = host.context("the notes show no host")?;
        let rack = std::fs::read_to_string(program::project().join(RACK))?;
        for text in [host, &rack] {
            let mut object: Value = serde_yaml::from_str(text)?;
            object["metadata"]["namespace"] = json!(self.namespace);
            let made =
                wait_for("the kind to be served", slipway_e2e::objects::LIMIT, || self.server.apply(&object));
            self.survivors.push(made.await?);
        }
        Ok(())
    }

    async fn all_survive(&self, what: &str) -> anyhow::Result<()> {
        for object in &self.survivors {
            let now = self.server.get(object).await.with_context(|| format!("after the {what}"))?;
            anyhow::ensure!(
                now["metadata"]["uid"] == object["metadata"]["uid"]
                    && now["metadata"]["deletionTimestamp"].is_null(),
                "{} did not live through the {what}",
                name(object)
            );
        }
        Ok(())
    }

    /// What the release consists of.
    async fn objects(&self) -> anyhow::Result<Vec<Value>> {
        manifest::objects(&self.helm(&["get", "manifest", RELEASE], "").await?)
    }

    async fn replicas(&self, wanted: u32) -> anyhow::Result<()> {
        let objects = self.objects().await?;
        let deployment = self.server.get(manifest::only(&objects, "Deployment")?).await?;
        anyhow::ensure!(deployment["spec"]["replicas"] == wanted, "{}", deployment["spec"]["replicas"]);
        Ok(())
    }

    async fn versions(&self) -> anyhow::Result<BTreeMap<String, Value>> {
        let mut found = BTreeMap::new();
        for object in self.objects().await? {
            let now = self.server.get(&object).await?;
            found.insert(name(&object), now["metadata"]["resourceVersion"].clone());
        }
        anyhow::ensure!(found.len() > 12, "{found:?}");
        Ok(found)
    }

    async fn again_changes_nothing(&self, chart: &str) -> anyhow::Result<()> {
        let before = self.versions().await?;
        self.helm(&["upgrade", RELEASE, chart, "--values=-"], NEW).await?;
        let after = self.versions().await?;
        let changed: Vec<_> =
            after.iter().filter(|(object, version)| before.get(*object) != Some(version)).collect();
        anyhow::ensure!(
            changed.is_empty() && before.len() == after.len(),
            "the same values again change {changed:?}"
        );
        Ok(())
    }

    /// Helm never touches what is in a chart's own `crds` folder again; ours are templates.
    async fn an_older_definition_is_brought_up(&self, chart: &str) -> anyhow::Result<()> {
        let objects = self.objects().await?;
        let definition = of_kind(&objects, "CustomResourceDefinition").next().context("no definition")?;
        let names = |of: &Value| of["spec"]["names"]["shortNames"].clone();
        let mut older = definition.clone();
        older["spec"]["names"]["shortNames"] = json!(["older"]);
        let older = self.server.apply(&older).await?;
        anyhow::ensure!(names(&older) != names(definition), "the definition is not older");
        self.helm(&["upgrade", RELEASE, chart, "--values=-"], NEW).await?;
        let now = self.server.get(definition).await?;
        anyhow::ensure!(names(&now) == names(definition), "{}: {}", name(definition), names(&now));
        self.all_survive("upgrade of a definition").await
    }

    async fn another_takes_the_definitions(&mut self, chart: &str) -> anyhow::Result<()> {
        self.namespace = self.server.restricted_namespace("helm-other").await?;
        let install = ["install", "other", chart, "--values=-"];
        let refused = self
            .helm(&install, "")
            .await
            .err()
            .context("definitions of another release are taken unasked")?;
        anyhow::ensure!(format!("{refused:#}").contains("invalid ownership metadata"), "{refused:#}");
        self.helm(&[&install[..], &["--take-ownership"]].concat(), "").await?;
        self.all_survive("installation of another release").await
    }

    async fn leaves_definitions_only(&self) -> anyhow::Result<()> {
        let objects = self.objects().await?;
        self.helm(&["uninstall", RELEASE], "").await?;
        self.all_survive("uninstallation").await?;
        for object in &objects {
            let stays = text(object, "/kind") == "CustomResourceDefinition";
            wait_for(
                &format!("{} to be there or gone", name(object)),
                slipway_e2e::objects::LIMIT,
                || async {
                    anyhow::ensure!(self.server.has(object).await? == stays, "stays: {stays}");
                    Ok(())
                },
            )
            .await?;
        }
        Ok(())
    }
}

/// The chart of the commit before this one. Where that has none yet, or there is no history, this chart under another version.
async fn previous(desk: &Desk<HelmClient>) -> anyhow::Result<String> {
    let archive = desk.home().join("previous.tar");
    let mut git = Command::new("git");
    git.current_dir(program::project()).args(["archive", "--format=tar", "--output"]).arg(&archive);
    git.args(["HEAD^", "charts/slipway/templates", "charts/slipway", "config/alerts"]);
    if git.output().is_ok_and(|done| done.status.success()) {
        desk.run("/usr/bin/tar".as_ref(), &["-xf", "previous.tar"], "").await?.ok()?;
        return Ok(stage::path(&desk.home().join("charts/slipway"))?.to_owned());
    }
    eprintln!(
        "helm_chart: the commit before this one has no chart: this one with another version takes its place"
    );
    let chart = stage::chart();
    desk.helm(None, &["package", stage::path(&chart)?, "--version=0.0.1", "--destination=."], "")
        .await?
        .ok()?;
    Ok("slipway-0.0.1.tgz".to_owned())
}
