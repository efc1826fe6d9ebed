//! Three clusters' records at a simulated OpenShift Cluster Manager, from reservation to release.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_sim::{OcmConfig, OpenShift, Telemetry};
use tokio::process::Command;

use super::cluster::Cluster;
use super::table::Table;
use super::{LIMIT, LOOK};
use crate::objects::{condition, list};
use crate::{Access, OperatorProcess, Registry, program};

/// Its facts are written in its spec.
const DECLARED: &str = "berlin";
/// Its facts are read from the cluster itself.
const INSTALLED: &str = "madrid";
/// For this one the organization's quota is short at first.
const SHORT: &str = "quebec";
const ALL: [&str; 3] = [DECLARED, INSTALLED, SHORT];
/// The registrar's clock begins so long ago: a day of silence is to end in the past, so that kubectl can tell the age of what it shows.
const AGO: Duration = Duration::from_hours(26);
/// Longer than a cluster may be silent before its record is stale (`facts/ocm.md §2.6`).
const SILENCE: Duration = Duration::from_hours(25);
/// Id under which the installed cluster sends telemetry.
const EXTERNAL: &str = "5d7f3a1c-9a52-4f0e-8f61-6d2f9b7c4e10";
const CONSOLE: &str = "https://console-openshift-console.apps.madrid.example.com";
const CAPABILITY: &str = "bare_metal_installer_multiarch";

/// The registrar, the operator, and one cluster.
struct Scene {
    registry: Registry,
    openshift: OpenShift,
}

/// Shows the life of three records, and ends.
pub(super) async fn show(cluster: &Cluster) -> anyhow::Result<()> {
    let access = cluster.access()?;
    println!("   API server at {}", access.url);
    let scene = Scene::open(&access).await?;
    let began = Instant::now();
    scene.reserve().await?;
    scene.rename().await?;
    scene.install().await?;
    scene.ask_for_capabilities(&access).await?;
    scene.fall_silent().await?;
    scene.delete().await?;
    println!();
    println!(
        "Over {:.1} s after they were applied. The events, as in `kubectl describe csub`:",
        began.elapsed().as_secs_f64()
    );
    for name in ALL {
        println!();
        scene.tell_events(name).await?;
    }
    scene.registry.assert_sound().await
}

impl Scene {
    async fn open(access: &Access) -> anyhow::Result<Self> {
        let usual = OcmConfig::default();
        let ocm = OcmConfig { epoch: usual.epoch.checked_sub(AGO)?, ..usual };
        let operator = OperatorProcess::options();
        let options = Registry::options().ocm(ocm).operator(operator).poll_interval("200ms");
        let registry = options.start_at(access, "demo").await.context("starting the registrar")?;
        let openshift = OpenShift::start().await?;
        registry.apply_secret("madrid-kubeconfig", &json!({"kubeconfig": openshift.kubeconfig()})).await?;
        registry.ocm.set_capability("A", CAPABILITY, "true");
        registry.ocm.set_quota("A", "cluster", 2);
        println!(
            "   simulated OpenShift Cluster Manager at {}; the organization may have 2 clusters",
            registry.ocm.url()
        );
        println!("   simulated OpenShift cluster at {}, not installed yet", openshift.url());
        println!("   operator with the rights of config/rbac");
        Ok(Self { registry, openshift })
    }

    async fn reserve(&self) -> anyhow::Result<()> {
        let support = json!({"level": "Standard", "usage": "Production"});
        let specs = [
            json!({"displayName": "Berlin, hall 3", "support": support, "labels": {"site": "berlin"}}),
            json!({"cluster": {"kubeconfigRef": {"name": "madrid-kubeconfig"}}, "capabilities": {"labels": true}}),
        ];
        let objects = ALL.into_iter().zip(specs).map(|(name, spec)| self.registry.subscription(name, &spec));
        self.registry.apply(&list(objects)).await?;
        self.watch("two ClusterSubscriptions applied", |all| {
            all.is(DECLARED, "Reserved") && all.is(INSTALLED, "NotOpenShift")
        })
        .await?;
        self.registry.apply(&self.registry.subscription(SHORT, &json!({}))).await?;
        self.watch(&format!("{SHORT} applied: one more than the quota allows"), |all| {
            all.is(SHORT, "QuotaShort")
        })
        .await?;
        self.registry.ocm.set_quota("A", "cluster", 3);
        self.watch("the quota is raised", |all| all.is(SHORT, "Reserved")).await
    }

    /// Somebody changes a record by hand.
    async fn rename(&self) -> anyhow::Result<()> {
        let id = self.id(DECLARED).await?;
        let ocm = &self.registry.ocm;
        ocm.patch_as("slipway-sa", &id, &json!({"display_name": "berlin-OLD-do-not-use"}));
        println!();
        println!("== somebody renames the record of {DECLARED} at the registrar");
        println!("   it is called {}", ocm.subscription(&id).unwrap_or_default()["display_name"]);
        self.registry.wait_event(DECLARED, "Drifted").await?;
        self.registry.wait_ready(DECLARED, "Reserved").await?;
        println!("   it is called {} again", ocm.subscription(&id).unwrap_or_default()["display_name"]);
        Ok(())
    }

    async fn install(&self) -> anyhow::Result<()> {
        self.openshift.set_console(Some(CONSOLE));
        self.openshift.set_version(EXTERNAL, true);
        self.watch(&format!("the cluster {INSTALLED} is installed"), |all| all.is(INSTALLED, "Active"))
            .await?;
        self.report();
        self.watch("it sends telemetry", |all| all.has_telemetry(INSTALLED)).await?;
        println!("$ kubectl get csub {INSTALLED} -o jsonpath={{.status.metrics}}");
        let metrics = self.registry.get(INSTALLED).await?["status"]["metrics"].clone();
        println!("{metrics}");
        Ok(())
    }

    fn report(&self) {
        let telemetry = Telemetry { account: "slipway-sa".to_owned(), ..Telemetry::default() };
        self.registry.ocm.telemetry(EXTERNAL, &telemetry);
    }

    async fn ask_for_capabilities(&self, access: &Access) -> anyhow::Result<()> {
        println!();
        println!("== what the organization may do");
        println!("$ kubectl slipway capability get {INSTALLED}");
        let mut plugin = Command::new(program::kubectl_plugin().await?);
        plugin.args(["capability", "get", INSTALLED, "--namespace", self.registry.namespace.name()]);
        plugin
            .env("KUBECONFIG", &access.kubeconfig)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        let output = plugin.output().await?;
        anyhow::ensure!(
            output.status.success(),
            "kubectl slipway capability get ended with {}",
            output.status
        );
        print!("{}", String::from_utf8_lossy(&output.stdout));
        let selector = format!("capabilities.slipway.dev/{CAPABILITY}=true");
        println!("$ kubectl get csub -l {selector} -o name");
        print!("{}", self.registry.kubectl.ok(&["get", "csub", "-l", &selector, "-o", "name"]).await?);
        Ok(())
    }

    /// A day without telemetry, and then some.
    async fn fall_silent(&self) -> anyhow::Result<()> {
        self.registry.advance(SILENCE);
        let heading = format!("{} hours without telemetry", SILENCE.as_secs() / 3600);
        self.watch(&heading, |all| all.is(INSTALLED, "Stale")).await?;
        self.report();
        self.watch("telemetry again", |all| all.is(INSTALLED, "Active")).await
    }

    async fn delete(&self) -> anyhow::Result<()> {
        println!();
        println!("== {INSTALLED} and {DECLARED} are deleted");
        println!("$ kubectl delete csub {INSTALLED} {DECLARED}");
        let ids = [(INSTALLED, self.id(INSTALLED).await?), (DECLARED, self.id(DECLARED).await?)];
        print!("{}", self.registry.kubectl.ok(&["delete", "csub", INSTALLED, DECLARED]).await?);
        println!("   at the registrar:");
        for (name, id) in ids {
            let record = self.registry.ocm.subscription(&id).unwrap_or_default();
            println!("   {name:<8} {id}  {}", text(&record["status"]));
        }
        Ok(())
    }

    async fn id(&self, name: &str) -> anyhow::Result<String> {
        Ok(text(&self.registry.record(name).await?["id"]).to_owned())
    }

    /// Shows the table under a heading until all is as `met` wants it.
    async fn watch(&self, heading: &str, met: impl Fn(&Seen) -> bool) -> anyhow::Result<()> {
        println!();
        println!("== {heading}");
        let (began, mut table, mut before) = (Instant::now(), Table::default(), None);
        loop {
            let seen = Seen(self.registry.objects.list().await?);
            let (is_met, standing) = (met(&seen), seen.standing());
            // What was shown under the heading before is not shown again.
            if is_met || before.get_or_insert_with(|| standing.clone()) != &standing {
                table.show(&self.registry.kubectl.ok(&["get", "csub"]).await?)?;
            }
            if is_met {
                return Ok(());
            }
            anyhow::ensure!(began.elapsed() < LIMIT, "{heading}: not followed within {} s", LIMIT.as_secs());
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn tell_events(&self, name: &str) -> anyhow::Result<()> {
        println!("{name}");
        let mut events = self.registry.events(name).await?;
        events.sort_by_key(|event| text(&event["eventTime"]).to_owned());
        for event in events {
            let (kind, reason) = (text(&event["type"]), text(&event["reason"]));
            let times =
                event["series"]["count"].as_u64().map(|count| format!(" (x{count})")).unwrap_or_default();
            println!("  {kind:<8} {reason:<20} {}{times}", text(&event["note"]));
        }
        Ok(())
    }
}

/// All objects at one moment.
struct Seen(Vec<Value>);

impl Seen {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|object| object["metadata"]["name"] == name)
    }

    fn standing(&self) -> Vec<Value> {
        self.0
            .iter()
            .map(|object| json!([object["metadata"]["name"], condition(object, "Ready")["reason"]]))
            .collect()
    }

    fn is(&self, name: &str, reason: &str) -> bool {
        self.get(name).is_some_and(|object| condition(object, "Ready")["reason"] == reason)
    }

    fn has_telemetry(&self, name: &str) -> bool {
        self.get(name).is_some_and(|object| object["status"]["lastTelemetryAt"].is_string())
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
