//! Flux's own controller keeps our objects: it waits for them, tells what is wrong, takes away, puts right, and is held.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_e2e::foreign::{FIELD_MANAGER, Flux, GitOpsTools, HealthScripts, Tree};
use slipway_e2e::objects::condition;
use slipway_e2e::{ControlPlane, Kubectl, Rack, TestNamespace, program};
use slipway_sim::{FleetConfig, MachineState, Power};
use tokio::sync::OnceCell;

use crate::recorder::KINDS;
use crate::yard::{self, Yard};

const SOON: Duration = Duration::from_secs(30);
const OURS: &str = "iprof,sbmh,sinfra,csub";

/// The controller that all cases share.
async fn flux(tools: &GitOpsTools) -> anyhow::Result<&'static Flux> {
    static SHARED: OnceCell<Flux> = OnceCell::const_new();
    let start = || async {
        let control_plane = ControlPlane::shared().await?;
        control_plane.install().await?;
        Flux::start(tools, &control_plane.access()?).await
    };
    SHARED.get_or_try_init(start).await
}

fn tree(objects: &[(&str, &Value)]) -> Tree {
    objects.iter().map(|(name, object)| (format!("{name}.yaml"), object.to_string())).collect()
}

/// Each object of Flux's with what changes when somebody writes to it: the version and, of what Flux applied, when and what.
async fn applied(kubectl: &Kubectl) -> anyhow::Result<BTreeMap<String, Value>> {
    let kinds = format!("secrets,{OURS}");
    let text = kubectl.ok(&["get", &kinds, "--output=json", "--show-managed-fields"]).await?;
    let list: Value = serde_json::from_str(&text)?;
    let objects = list["items"].as_array().into_iter().flatten();
    Ok(objects.filter_map(|object| Some((name(object), trace(object)?))).collect())
}

fn name(object: &Value) -> String {
    format!("{}/{}", object["kind"], object["metadata"]["name"]).replace('"', "")
}

fn trace(object: &Value) -> Option<Value> {
    let metadata = &object["metadata"];
    let managers = metadata["managedFields"].as_array()?;
    let ours = managers.iter().find(|entry| entry["manager"] == FIELD_MANAGER)?;
    Some(json!([metadata["generation"], metadata["resourceVersion"], ours]))
}

/// A host from Git, from its first look to its end.
pub(crate) async fn a_host(tools: GitOpsTools) -> anyhow::Result<()> {
    let flux = flux(&tools).await?;
    let control_plane = ControlPlane::shared().await?;
    let options = Rack::options().fleet(FleetConfig::new(2)).operator(yard::operator());
    let rack = options.start(control_plane, "flux-host").await?;
    let (images, bmc) = (rack.fleet.images(), rack.fleet.bmc(0));
    let (secrets, profile) = (rack.secrets(), rack.profile());
    let mut host = rack.host_to_install(0, "1");
    host["spec"]["deletionPolicy"] = json!("PowerOff");
    let whole = tree(&[("secrets", &secrets), ("profile", &profile), ("host", &host)]);

    bmc.refuse_connections(true).await;
    let revision = flux.publish(images, "host", &whole).await?;
    flux.deploy("host", rack.namespace.name(), &json!({})).await?;
    yard::wait_refused(&rack, 0).await?;
    let waits = |object: &Value| condition(object, "Healthy")["status"] == "Unknown";
    let early = flux.wait("host", "it to wait for the host", waits).await?;
    anyhow::ensure!(condition(&early, "Ready")["status"] == "Unknown", "ready before the host: {early}");
    bmc.refuse_connections(false).await;
    let ready = flux.wait_ready("host", &revision).await?;
    let host = rack.get(0).await?;
    let verdicts = tools.judge(&HealthScripts::shipped().await?, std::slice::from_ref(&host)).await?;
    assert_eq!((verdicts[0].status.as_str(), verdicts[0].health.as_str()), ("Current", "Healthy"), "{host}");
    assert_eq!(condition(&ready, "Healthy")["status"], "True");
    rack.fleet.machine(0).wait_until(SOON, MachineState::runs_from_disk).await?;

    corrected_and_held(flux, &rack).await?;
    wrong_and_away(flux, &rack, &[("secrets", &secrets), ("profile", &profile)], &whole).await
}

/// Nothing is written again; what somebody changes is set back, but not while Flux is held.
async fn corrected_and_held(flux: &Flux, rack: &Rack) -> anyhow::Result<()> {
    let before = applied(&rack.kubectl).await?;
    anyhow::ensure!(before.len() == 5, "the host, its profile and three Secrets are Flux's: {before:?}");
    flux.reconcile("host", "again").await?;
    assert_eq!(applied(&rack.kubectl).await?, before, "a second reconcile writes");

    rack.patch(0, &json!({"deletionPolicy": "Retain"})).await?;
    flux.reconcile("host", "drift").await?;
    assert_eq!(rack.get(0).await?["spec"]["deletionPolicy"], "PowerOff");

    flux.change("host", &json!({"suspend": true})).await?;
    rack.patch(0, &json!({"deletionPolicy": "Retain"})).await?;
    flux.reconcile("host", "held").await?;
    assert_eq!(rack.get(0).await?["spec"]["deletionPolicy"], "Retain");
    flux.change("host", &json!({"suspend": false})).await?;
    rack.wait(0, "what Git says", |host| {
        let policy = &host["spec"]["deletionPolicy"];
        if policy == "PowerOff" { Ok(()) } else { Err(policy.to_string()) }
    })
    .await?;
    Ok(())
}

/// A host that cannot be is named, and what leaves the tree leaves the cluster as its policy says.
async fn wrong_and_away(
    flux: &Flux,
    rack: &Rack,
    rest: &[(&str, &Value)],
    whole: &Tree,
) -> anyhow::Result<()> {
    let images = rack.fleet.images();
    let mut wrong = rack.host(1);
    wrong["spec"]["management"]["redfish"]["credentialsRef"]["name"] = json!("gone");
    let mut more = whole.clone();
    more.extend(tree(&[("wrong", &wrong)]));
    flux.publish(images, "host", &more).await?;
    let object = flux
        .wait("host", "the wrong host to be told of", |object| {
            condition(object, "Ready")["reason"] == "HealthCheckFailed"
        })
        .await?;
    let message = condition(&object, "Ready")["message"].to_string();
    let wanted = format!("BareMetalHost/{}/u01", rack.namespace.name());
    anyhow::ensure!(message.contains(&wanted) && message.contains("Failed"), "{wanted}: {message}");

    let revision = flux.publish(images, "host", &tree(rest)).await?;
    flux.wait_ready("host", &revision).await?;
    rack.wait_gone(0).await?;
    rack.wait_gone(1).await?;
    assert_eq!(rack.fleet.machine(0).state().power, Power::Off);
    flux.remove("host").await?;
    let left = applied(&rack.kubectl).await?;
    anyhow::ensure!(left.is_empty(), "{left:?}");
    Ok(())
}

/// Every sample as it is shipped: applied once, not done while nobody has looked at it, and taken away.
pub(crate) async fn the_samples(tools: GitOpsTools) -> anyhow::Result<()> {
    let flux = flux(&tools).await?;
    let control_plane = ControlPlane::shared().await?;
    let namespace = TestNamespace::create(control_plane, "flux-samples").await?;
    let kubectl = namespace.kubectl(control_plane);
    let fleet = slipway_sim::Fleet::start(FleetConfig::new(1)).await?;
    let folder = program::project().join("config/samples");
    let samples = files(&folder, &folder)?;
    let revision = flux.publish(fleet.images(), "samples", &samples).await?;
    flux.deploy("samples", namespace.name(), &json!({"wait": false})).await?;
    flux.wait_ready("samples", &revision).await?;
    let before = applied(&kubectl).await?;
    anyhow::ensure!(before.len() > 30, "samples are missing: {:?}", before.keys());
    flux.reconcile("samples", "again").await?;
    assert_eq!(applied(&kubectl).await?, before, "a second reconcile writes");
    no_difference(&kubectl, &folder).await?;

    unseen(&tools, &kubectl).await?;
    flux.remove("samples").await?;
    let left = applied(&kubectl).await?;
    anyhow::ensure!(left.is_empty(), "{:?}", left.keys());
    Ok(())
}

/// No operator serves the namespace: nothing in it is done, or Flux would not wait for it.
async fn unseen(tools: &GitOpsTools, kubectl: &Kubectl) -> anyhow::Result<()> {
    let list: Value = serde_json::from_str(&kubectl.ok(&["get", OURS, "--output=json"]).await?)?;
    let objects = list["items"].as_array().context("no list")?;
    let kinds: BTreeSet<&str> = objects.iter().filter_map(|object| object["kind"].as_str()).collect();
    assert_eq!(kinds, KINDS.iter().map(|(kind, _)| *kind).collect());
    for (object, verdict) in objects.iter().zip(tools.judge(&HealthScripts::shipped().await?, objects).await?)
    {
        let said = (verdict.status.as_str(), verdict.health.as_str());
        assert_eq!(said, ("InProgress", "Progressing"), "{}", name(object));
    }
    Ok(())
}

async fn no_difference(kubectl: &Kubectl, folder: &Path) -> anyhow::Result<()> {
    let folder = folder.to_str().context("not text")?;
    let output = kubectl.run(&["diff", "--server-side", "-k", folder]).await?;
    anyhow::ensure!(output.code == Some(0), "{}{}", output.stdout, output.stderr);
    Ok(())
}

fn files(root: &Path, folder: &Path) -> anyhow::Result<Tree> {
    let mut found = Tree::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(root, &path)?);
        } else {
            let name = path.strip_prefix(root)?.to_str().context("not text")?.to_owned();
            found.push((name, std::fs::read_to_string(&path)?));
        }
    }
    Ok(found)
}

/// Samples of three kinds, led by Flux's patches to where the simulators are: ready when all are well, and taken away in one go.
pub(crate) async fn samples_that_are_served(tools: GitOpsTools) -> anyhow::Result<()> {
    let flux = flux(&tools).await?;
    let yard = Yard::open(1, "flux-served").await?;
    yard.register();
    yard.apply(&yard.secrets(0)).await?;
    let folder = program::project().join("config/samples");
    let names = ["bare-metal-host-minimal", "infrastructure-observe", "cluster-subscription-minimal"];
    let mut whole = Tree::new();
    for name in names {
        let file = format!("{name}.yaml");
        whole.push((file.clone(), std::fs::read_to_string(folder.join(&file))?));
    }
    let images = yard.hosts.fleet.images();
    let revision = flux.publish(images, "served", &whole).await?;
    flux.deploy("served", yard.namespace(), &json!({"patches": patches(&yard)})).await?;
    flux.wait_ready("served", &revision).await?;
    yard.wait_ready("BareMetalHost", "u08", "Available").await?;
    yard.wait_ready("Infrastructure", "rack8", "Observed").await?;
    let record = yard.wait_ready("ClusterSubscription", "edge-8", "Reserved").await?;
    let id = record["status"]["subscriptionId"].as_str().context("no id")?.to_owned();
    let before = applied(yard.kubectl()).await?;
    anyhow::ensure!(before.len() == names.len(), "{before:?}");
    flux.reconcile("served", "again").await?;
    assert_eq!(applied(yard.kubectl()).await?, before, "a second reconcile writes");

    flux.remove("served").await?;
    yard.wait_gone("BareMetalHost", "u08").await?;
    yard.wait_gone("Infrastructure", "rack8").await?;
    yard.wait_gone("ClusterSubscription", "edge-8").await?;
    assert_eq!(yard.ocm.subscription(&id).unwrap()["status"], "Deprovisioned");
    assert_eq!(yard.hosts.fleet.machine(0).state().power, Power::On);
    Ok(())
}

/// What Flux makes of the samples: the addresses and Secrets of the simulators.
fn patches(yard: &Yard) -> Value {
    let host = yard.hosts.host(0);
    let (rack, record) = (yard.rack(0, "Retain"), yard.record(0, "DeleteReserved"));
    let replaced = |kind: &str, path: &str, value: &Value| {
        let patch = json!([{"op": "replace", "path": path, "value": value}]);
        json!({"target": {"kind": kind}, "patch": patch.to_string()})
    };
    json!([
        replaced("BareMetalHost", "/spec/management", &host["spec"]["management"]),
        replaced("BareMetalHost", "/spec/bootMacs", &host["spec"]["bootMacs"]),
        replaced("Infrastructure", "/spec/oci", &rack["spec"]["oci"]),
        replaced("Infrastructure", "/spec/lookup", &rack["spec"]["lookup"]),
        replaced("ClusterSubscription", "/spec/registrar", &record["spec"]["registrar"]),
    ])
}
