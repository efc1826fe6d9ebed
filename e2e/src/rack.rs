//! A simulated rack with an operator that serves it: what most tests begin with.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use serde_json::{Value, json};
use slipway_sim::{Fleet, FleetConfig};

pub use crate::objects::condition;
use crate::objects::{LIMIT, Objects, list, written_out};
use crate::{
    Access, ControlPlane, Kubectl, OperatorOptions, OperatorProcess, TestNamespace, manifest, wait_for,
};

/// Name of the profile that [`Rack::profile`] makes.
pub const PROFILE: &str = "tiny";

/// What people read in the namespace of a rack.
const KINDS: [(&str, &str); 4] = [
    ("BareMetalHost", "baremetalhosts"),
    ("InstallProfile", "installprofiles"),
    ("Infrastructure", "infrastructures"),
    ("ClusterSubscription", "clustersubscriptions"),
];

/// Kernel arguments and answer file by which the simulated installer finds its way.
const ARGUMENTS: [&str; 2] = ["console=ttyS0", "slipway.answer={{ answer_url }}"];
const ANSWER: &str =
    "progress={{ callback.progress }}\ndone={{ callback.done }}\nfailed={{ callback.failed }}\n";

/// How to start a rack.
#[derive(Clone, Debug, Default)]
pub struct RackOptions {
    fleet: FleetConfig,
    operator: OperatorOptions,
}

impl RackOptions {
    /// A fleet other than one host with default behaviour. The boot service's address is filled in.
    #[must_use]
    pub fn fleet(mut self, fleet: FleetConfig) -> Self {
        self.fleet = fleet;
        self
    }

    /// An operator with other arguments. Namespace and boot address are filled in.
    #[must_use]
    pub fn operator(mut self, operator: OperatorOptions) -> Self {
        self.operator = operator;
        self
    }

    /// Starts operator and fleet in a new namespace. Secrets and the profile are there, hosts are not.
    pub async fn start(self, control_plane: &ControlPlane, test: &str) -> anyhow::Result<Rack> {
        control_plane.install().await?;
        self.start_at(&control_plane.access()?, test).await
    }

    /// The same at an API server where the shipped manifests are installed.
    pub async fn start_at(self, access: &Access, test: &str) -> anyhow::Result<Rack> {
        let client = access.client().await?;
        let namespace = TestNamespace::create_in(client.clone(), test).await?;
        let boot = free_address()?;
        let fleet = FleetConfig { boot_url: Some(format!("http://{boot}")), ..self.fleet };
        let fleet = Fleet::start(fleet).await?;
        let options = self.operator.namespace(namespace.name()).boot_bind(boot).metrics_bind(free_address()?);
        let operator = options.start_at(access).await?;
        let kubectl = access.kubectl.in_namespace(namespace.name());
        let rack = Rack { namespace, kubectl, fleet, operator, boot, client };
        rack.apply(&rack.secrets()).await?;
        rack.apply(&rack.profile()).await?;
        Ok(rack)
    }
}

/// A namespace, a fleet and an operator.
pub struct Rack {
    /// Where the objects are.
    pub namespace: TestNamespace,
    /// kubectl as administrator in that namespace.
    pub kubectl: Kubectl,
    /// The BMCs and their machines.
    pub fleet: Fleet,
    /// The operator.
    pub operator: OperatorProcess,
    /// Where the boot service listens, the same after a restart.
    pub boot: SocketAddr,
    client: kube::Client,
}

impl Rack {
    /// The options to start one.
    #[must_use]
    pub fn options() -> RackOptions {
        RackOptions::default()
    }

    /// Name of a host.
    #[must_use]
    pub fn name(index: usize) -> String {
        format!("u{index:02}")
    }

    /// The Secrets of all hosts: the CA and one login each.
    #[must_use]
    pub fn secrets(&self) -> Value {
        let ca = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bmc-ca"},
            "stringData": {"ca.crt": self.fleet.ca_pem()}});
        let logins = (0..self.fleet.len()).map(|index| {
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": format!("{}-bmc", Self::name(index))},
                "stringData": {"username": self.fleet.username(), "password": self.fleet.password(index)}})
        });
        list(std::iter::once(ca).chain(logins))
    }

    /// A profile that the simulated installer understands.
    #[must_use]
    pub fn profile(&self) -> Value {
        let images = self.fleet.images();
        let image = |name: &str| json!({"url": images.url(name), "sha256": images.sha256(name)});
        let mut kernel = image("vmlinuz");
        kernel["initrds"] = json!([image("initrd")]);
        kernel["arguments"] = json!(ARGUMENTS);
        json!({"apiVersion": "slipway.dev/v1alpha1", "kind": "InstallProfile", "metadata": {"name": PROFILE},
            "spec": {"os": {"name": "tiny", "version": "1"}, "boot": {"kernel": kernel},
                "answerFiles": [{"name": "answer", "template": ANSWER}]}})
    }

    /// A host object that asks for nothing.
    #[must_use]
    pub fn host(&self, index: usize) -> Value {
        let name = Self::name(index);
        let redfish = json!({"address": self.fleet.address(index), "credentialsRef": {"name": format!("{name}-bmc")},
            "tls": {"caRef": {"name": "bmc-ca"}}});
        json!({"apiVersion": "slipway.dev/v1alpha1", "kind": "BareMetalHost", "metadata": {"name": name},
            "spec": {"management": {"redfish": redfish}, "bootMacs": [self.fleet.mac(index)]}})
    }

    /// A host object that asks for an installation.
    #[must_use]
    pub fn host_to_install(&self, index: usize, id: &str) -> Value {
        let mut host = self.host(index);
        host["spec"]["install"] = json!({"id": id, "profileRef": {"name": PROFILE}});
        host
    }

    /// Applies one object or a list of them, without kubectl ([`manifest::apply`]).
    pub async fn apply(&self, object: &Value) -> anyhow::Result<()> {
        manifest::apply(&self.client, self.namespace.name(), object).await
    }

    /// Changes a host's spec by a merge patch.
    pub async fn patch(&self, index: usize, spec: &Value) -> anyhow::Result<()> {
        self.hosts().patch(&Self::name(index), &json!({"spec": spec})).await
    }

    /// A host object as it is now.
    pub async fn get(&self, index: usize) -> anyhow::Result<Value> {
        self.hosts().get(&Self::name(index)).await
    }

    /// All host objects as they are now.
    pub async fn list(&self) -> anyhow::Result<Vec<Value>> {
        self.hosts().list().await
    }

    fn hosts(&self) -> Objects {
        Objects::of(&self.client, self.namespace.name(), "BareMetalHost", "baremetalhosts")
    }

    /// Waits until a host object is as `probe` wants it, and returns it. What is not yet so is said by the probe.
    pub async fn wait(
        &self,
        index: usize,
        what: &str,
        probe: impl Fn(&Value) -> Result<(), String>,
    ) -> anyhow::Result<Value> {
        self.wait_within(LIMIT, index, what, probe).await
    }

    /// Waits until a host is in a phase.
    pub async fn wait_phase(&self, index: usize, phase: &str) -> anyhow::Result<Value> {
        self.wait(index, &format!("phase {phase}"), |host| {
            let status = &host["status"];
            if status["phase"] == phase { Ok(()) } else { Err(format!("status is {status}")) }
        })
        .await
    }

    /// Waits until the operator has written down all that there is to say of the profile.
    pub async fn wait_profile(&self) -> anyhow::Result<Value> {
        let profiles = Objects::of(&self.client, self.namespace.name(), "InstallProfile", "installprofiles");
        let waited = profiles.wait(PROFILE, "the profile to be ready", LIMIT, |profile| {
            let ready = condition(profile, "Ready");
            if ready["status"] == "True" { Ok(()) } else { Err(format!("Ready is {ready}")) }
        });
        waited
            .await
            .map_err(|error| anyhow::anyhow!("{error:#}\noperator:\n{}", self.operator.log().tail(40)))
    }

    /// Waits until the `Ready` condition has a reason.
    pub async fn wait_reason(&self, index: usize, reason: &str) -> anyhow::Result<Value> {
        self.wait(index, &format!("reason {reason}"), |host| {
            let ready = condition(host, "Ready");
            if ready["reason"] == reason { Ok(()) } else { Err(format!("Ready is {ready}")) }
        })
        .await
    }
}

/// What people and machines see besides the hosts.
impl Rack {
    /// Waits like [`Rack::wait`], for at most `limit`.
    pub async fn wait_within(
        &self,
        limit: Duration,
        index: usize,
        what: &str,
        probe: impl Fn(&Value) -> Result<(), String>,
    ) -> anyhow::Result<Value> {
        let waited = self.hosts().wait(&Self::name(index), what, limit, probe).await;
        waited.map_err(|error| anyhow::anyhow!("{error:#}\noperator:\n{}", self.operator.log().tail(40)))
    }

    /// Waits until a condition of a host has a status and a reason.
    pub async fn wait_condition(
        &self,
        index: usize,
        kind: &str,
        status: &str,
        reason: &str,
    ) -> anyhow::Result<Value> {
        let what = format!("{kind} {status} by {reason}");
        self.wait(index, &what, |host| {
            let seen = condition(host, kind);
            if seen["status"] == status && seen["reason"] == reason {
                Ok(())
            } else {
                Err(format!("{kind} is {seen}, Ready is {}", condition(host, "Ready")))
            }
        })
        .await
    }

    /// One object of any of Slipway's kinds in the namespace of the rack, as it is now.
    pub async fn object(&self, kind: &str, plural: &str, name: &str) -> anyhow::Result<Value> {
        Objects::of(&self.client, self.namespace.name(), kind, plural).get(name).await
    }

    /// The events about an object of the namespace.
    pub async fn events(&self, name: &str) -> anyhow::Result<Vec<Value>> {
        let group = ("events.k8s.io", "v1");
        let events = Objects::of_group(&self.client, self.namespace.name(), group, "Event", "events");
        Ok(events.list().await?.into_iter().filter(|event| event["regarding"]["name"] == name).collect())
    }

    /// Waits until there is an event with this reason about an object, and returns it.
    pub async fn wait_event(&self, name: &str, reason: &str) -> anyhow::Result<Value> {
        wait_for(&format!("event {reason} about {name}"), LIMIT, || async {
            let events = self.events(name).await?;
            let found = events.iter().find(|event| event["reason"] == reason).cloned();
            found.ok_or_else(|| anyhow::anyhow!("the events are {events:?}"))
        })
        .await
    }

    /// Asks for the deletion of a host object.
    pub async fn delete(&self, index: usize) -> anyhow::Result<()> {
        self.hosts().delete(&Self::name(index)).await
    }

    /// Waits until a host object is gone.
    pub async fn wait_gone(&self, index: usize) -> anyhow::Result<()> {
        let waited = self.hosts().wait_gone(&Self::name(index)).await;
        waited.map_err(|error| anyhow::anyhow!("{error:#}\noperator:\n{}", self.operator.log().tail(40)))
    }

    /// Waits until the operator has read this many times more from a BMC.
    pub async fn wait_reads(&self, index: usize, count: u64) -> anyhow::Result<()> {
        let bmc = self.fleet.bmc(index);
        let goal = bmc.counters().gets + count;
        wait_for(&format!("{count} more reads"), LIMIT, || async {
            let gets = bmc.counters().gets;
            anyhow::ensure!(gets >= goal, "{gets} of {goal} reads");
            Ok(())
        })
        .await
    }

    /// Waits until the operator has gone this many times more through a reconcile of some host.
    pub async fn wait_reconciles(&self, count: f64) -> anyhow::Result<()> {
        self.operator.wait_reconciles("baremetalhost", count, LIMIT).await
    }

    /// Sends a plain HTTP request, as an installer or a scraper does: status and body of the answer.
    pub async fn http(method: http::Method, url: &str, body: &str) -> anyhow::Result<(u16, String)> {
        let client = reqwest::Client::builder().no_proxy().timeout(LIMIT).tls_certs_only([]).build()?;
        let answer = client.request(method, url).body(body.to_owned()).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    /// Everything that a person who may not read Secrets can read: objects, events, metrics and the operator's log.
    pub async fn readable(&self) -> anyhow::Result<String> {
        let objects = written_out(&self.client, self.namespace.name(), &KINDS).await?;
        let log = std::fs::read_to_string(self.operator.log_file())?;
        Ok(format!("{objects}\n{}\n{log}", self.operator.metrics().await?))
    }
}

/// An address that nothing listens at and that stays free while an operator is away: on a loopback address of its own, where no outgoing
/// connection of this machine takes the port meanwhile.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    let [.., high, low] = uuid::Uuid::new_v4().into_bytes();
    Ok(TcpListener::bind((Ipv4Addr::new(127, 40, high, low), 0))?.local_addr()?)
}
