//! Flux's own kustomize-controller, with this program in source-controller's place: it serves the files and says which are the newest.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use kube::{Client, ResourceExt as _};
use serde_json::{Value, json};
use slipway_sim::Images;
use tempfile::TempDir;

use super::kstatus::GitOpsTools;
use crate::objects::{LIMIT, condition};
use crate::operator_log::OperatorLog;
use crate::process::{Process, dying_with_us};
use crate::{Access, wait_for};

/// Where Flux's own objects are.
const NAMESPACE: &str = "flux-system";
/// The annotation by which a person asks for a reconcile now.
const REQUESTED: &str = "reconcile.fluxcd.io/requestedAt";
const START_LIMIT: Duration = Duration::from_mins(1);
/// The name by which it writes.
pub const FIELD_MANAGER: &str = "kustomize-controller";

/// A running kustomize-controller. Dropping it kills it.
pub struct Flux {
    _process: Process,
    folder: TempDir,
    log: OperatorLog,
    client: Client,
}

/// Files of one state of a Git repository: path and content.
pub type Tree = Vec<(String, String)>;

impl Flux {
    /// Installs its kinds and starts it with the administrator's rights, as Flux's own manifests do.
    pub async fn start(tools: &GitOpsTools, access: &Access) -> anyhow::Result<Self> {
        let crds = tools.crds();
        let crds = crds.to_str().context("the folder's path is not text")?;
        access.kubectl.ok(&["apply", "--server-side", "-f", crds]).await?;
        access.kubectl.ok(&["wait", "--for=condition=Established", "--timeout=60s", "-f", crds]).await?;
        let client = access.client().await?;
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        let how = PatchParams::apply("slipway-tests");
        Api::<Namespace>::all(client.clone()).patch(NAMESPACE, &how, &Patch::Apply(&namespace)).await?;
        let folder = TempDir::with_prefix("slipway-flux-")?;
        let log = OperatorLog::to_file(&folder.path().join("flux.log"))?;
        let command = command(&tools.program("kustomize-controller"), &access.kubeconfig, folder.path());
        let (process, pipes) = Process::spawn(command)?;
        pipes.stdout.into_iter().for_each(|pipe| log.follow(pipe));
        pipes.stderr.into_iter().for_each(|pipe| log.follow(pipe));
        let flux = Self { _process: process, folder, log, client };
        flux.wait_log("it to work", START_LIMIT, "Starting workers").await?;
        Ok(flux)
    }

    /// Makes a state of the repository the newest, and answers its name.
    pub async fn publish(&self, images: &Images, name: &str, tree: &Tree) -> anyhow::Result<String> {
        let archive = self.archive(name, tree)?;
        let file = format!("{name}.tar.gz");
        images.put(&file, archive);
        let digest = images.sha256(&file);
        let revision = format!("main@sha1:{}", &digest[..40]);
        let repository = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": name}, "spec": {"interval": "1h", "url": "https://git.example.com/fleet"}});
        let generation = self.apply("GitRepository", &repository).await?.metadata.generation;
        let status = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "status": {"observedGeneration": generation, "artifact": {
                "path": file, "url": images.url(&file), "revision": revision, "digest": format!("sha256:{digest}"),
                "size": 1, "lastUpdateTime": "2026-01-01T00:00:00Z"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "message": revision,
                "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": generation}]}});
        let how = PatchParams::apply("source-controller").force();
        self.api("GitRepository").patch_status(name, &how, &Patch::Apply(&status)).await?;
        Ok(revision)
    }

    fn archive(&self, name: &str, tree: &Tree) -> anyhow::Result<Vec<u8>> {
        let folder = TempDir::with_prefix_in(name, self.folder.path())?;
        for (path, content) in tree {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().context("no folder")?)?;
            std::fs::write(file, content)?;
        }
        let mut tar = Command::new("tar");
        tar.args(["--create", "--gzip", "--file=-", "--directory"]).arg(folder.path()).arg(".");
        let output = tar.output().context("tar cannot be run")?;
        anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(output.stdout)
    }

    /// Has a repository of the same name applied to a namespace; `spec` is merged into it, one level deep.
    pub async fn deploy(&self, name: &str, namespace: &str, spec: &Value) -> anyhow::Result<()> {
        let mut object = json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": name}, "spec": {
                "interval": "1h", "retryInterval": "1h", "timeout": "50s", "path": "./", "prune": true, "wait": true,
                "targetNamespace": namespace, "sourceRef": {"kind": "GitRepository", "name": name}}});
        for (field, value) in spec.as_object().into_iter().flatten() {
            object["spec"][field] = value.clone();
        }
        self.apply("Kustomization", &object).await?;
        Ok(())
    }

    /// Changes fields of a deployment's spec.
    pub async fn change(&self, name: &str, spec: &Value) -> anyhow::Result<()> {
        let patch = Patch::Merge(json!({"spec": spec}));
        self.api("Kustomization").patch(name, &PatchParams::default(), &patch).await?;
        Ok(())
    }

    /// Asks for a reconcile now, as `flux reconcile` does.
    pub async fn request(&self, name: &str, token: &str) -> anyhow::Result<()> {
        let patch = Patch::Merge(json!({"metadata": {"annotations": {REQUESTED: token}}}));
        self.api("Kustomization").patch(name, &PatchParams::default(), &patch).await?;
        Ok(())
    }

    /// Asks for a reconcile and waits for its end.
    pub async fn reconcile(&self, name: &str, token: &str) -> anyhow::Result<Value> {
        self.request(name, token).await?;
        self.wait(name, &format!("request {token} to be handled"), |object| {
            object["status"]["lastHandledReconcileAt"] == token
                && condition(object, "Reconciling").is_null()
                && condition(object, "Ready")["status"] != "Unknown"
        })
        .await
    }

    /// Waits until a state of the repository is applied and everything in it is well.
    pub async fn wait_ready(&self, name: &str, revision: &str) -> anyhow::Result<Value> {
        self.wait(name, &format!("{revision} to be ready"), |object| {
            object["status"]["lastAppliedRevision"] == revision
                && condition(object, "Ready")["status"] == "True"
        })
        .await
    }

    /// Waits until a deployment is as wanted.
    pub async fn wait(
        &self,
        name: &str,
        what: &str,
        is_so: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let waited = wait_for(what, LIMIT, || async {
            let object = self.get(name).await?;
            anyhow::ensure!(is_so(&object), "status is {}", object["status"]);
            Ok(object)
        });
        waited.await.map_err(|error| anyhow::anyhow!("{error:#}\nFlux:\n{}", self.log.tail(20)))
    }

    /// A deployment as it is now.
    pub async fn get(&self, name: &str) -> anyhow::Result<Value> {
        Ok(serde_json::to_value(self.api("Kustomization").get(name).await?)?)
    }

    /// Deletes a deployment, and waits until what it has applied was told to go.
    pub async fn remove(&self, name: &str) -> anyhow::Result<()> {
        let api = self.api("Kustomization");
        api.delete(name, &kube::api::DeleteParams::default()).await?;
        wait_for(&format!("{name} to be removed"), LIMIT, || async {
            let left = api.get_opt(name).await?;
            anyhow::ensure!(left.is_none(), "it is there: {:?}", left.map(|object| object.data));
            Ok(())
        })
        .await
    }

    async fn wait_log(&self, what: &str, limit: Duration, words: &str) -> anyhow::Result<()> {
        wait_for(what, limit, || async {
            let lines = self.log.lines();
            anyhow::ensure!(lines.iter().any(|line| line.contains(words)), "{}", self.log.tail(20));
            Ok(())
        })
        .await
    }

    async fn apply(&self, kind: &str, object: &Value) -> anyhow::Result<DynamicObject> {
        let name = object["metadata"]["name"].as_str().context("no name")?;
        let how = PatchParams::apply("slipway-tests").force();
        let applied = self.api(kind).patch(name, &how, &Patch::Apply(object)).await?;
        anyhow::ensure!(applied.name_any() == name, "another object came back");
        Ok(applied)
    }

    fn api(&self, kind: &str) -> Api<DynamicObject> {
        let (group, plural) = match kind {
            "GitRepository" => ("source.toolkit.fluxcd.io", "gitrepositories"),
            _ => ("kustomize.toolkit.fluxcd.io", "kustomizations"),
        };
        let resource = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, "v1", kind), plural);
        Api::namespaced_with(self.client.clone(), NAMESPACE, &resource)
    }
}

fn command(program: &Path, kubeconfig: &Path, home: &Path) -> Command {
    let mut command = dying_with_us(program);
    // "0" is controller-runtime's word for not listening at all.
    command.args(["--metrics-addr", "0", "--health-addr", "127.0.0.1:0", "--log-encoding", "json"]);
    // Tests wait for it.
    command.args(["--requeue-dependency", "1s", "--no-remote-bases", "--concurrent", "8"]);
    command.env("KUBECONFIG", kubeconfig).env("RUNTIME_NAMESPACE", NAMESPACE);
    command.env("HOME", home).env("TMPDIR", home).current_dir(home);
    command
        .env("no_proxy", "127.0.0.1")
        .env("http_proxy", "http://127.0.0.1:9")
        .env("https_proxy", "http://127.0.0.1:9");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
