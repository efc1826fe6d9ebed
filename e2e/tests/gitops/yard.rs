//! Hosts, racks and records of clusters in one namespace, under one operator.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::objects::{LIMIT, Objects, condition};
use slipway_e2e::{ControlPlane, Kubectl, OperatorOptions, OperatorProcess, Rack as Hosts, wait_for};
use slipway_sim::{
    Account, Cloud, CloudConfig, CloudTimings, Disk, FleetConfig, Ocm, OcmConfig, Rack, RackConfig,
};

/// Longer than a rack has to be in REJECT.
const WAITING: Duration = Duration::from_mins(21);

/// An operator that looks often and has little patience.
pub(crate) fn operator() -> OperatorOptions {
    [
        "--reset-timeout=10s",
        "--shutdown-timeout=2s",
        "--retry-pause=2s",
        "--deletion-timeout=4s",
        "--oci-calls-per-minute=6000",
        "--registrar-calls-per-second=1000",
    ]
    .into_iter()
    .fold(OperatorProcess::options().poll_interval("300ms"), OperatorOptions::arg)
}

/// One namespace with everything around it.
pub(crate) struct Yard {
    pub(crate) hosts: Hosts,
    pub(crate) cloud: Cloud,
    pub(crate) account: Account,
    pub(crate) racks: Vec<Rack>,
    pub(crate) ocm: Ocm,
    client: kube::Client,
}

impl Yard {
    /// So many hosts that run, and as many racks. The Secrets of the hosts and a profile are there.
    pub(crate) async fn open(count: usize, test: &str) -> anyhow::Result<Self> {
        let control_plane = ControlPlane::shared().await?;
        let disk = Disk::Installed { generation: 1 };
        let fleet = FleetConfig { disk, powered_on: true, ..FleetConfig::new(count) };
        let hosts = Hosts::options().fleet(fleet).operator(operator()).start(control_plane, test).await?;
        let none = Duration::ZERO;
        let timings =
            CloudTimings { request: none, fingerprint: none, connect: none, ..CloudTimings::default() };
        let cloud = Cloud::start(CloudConfig { timings, ..CloudConfig::default() }).await?;
        let account = cloud.add_account()?;
        let mut racks = Vec::new();
        for index in 0..count {
            racks.push(Rack::start(&cloud, RackConfig::named(&rack_name(index))).await?);
        }
        let ocm = Ocm::start(OcmConfig::default()).await?;
        let client = control_plane.client().await?;
        Ok(Self { hosts, cloud, account, racks, ocm, client })
    }

    pub(crate) fn namespace(&self) -> &str {
        self.hosts.namespace.name()
    }

    pub(crate) fn kubectl(&self) -> &Kubectl {
        &self.hosts.kubectl
    }

    /// The objects of one of our kinds.
    pub(crate) fn objects(&self, kind: &str) -> Objects {
        Objects::of(&self.client, self.namespace(), kind, &format!("{}s", kind.to_lowercase()))
    }

    /// A host with a deletion policy.
    pub(crate) fn host(&self, index: usize, policy: &str) -> Value {
        let mut host = self.hosts.host(index);
        host["spec"]["deletionPolicy"] = json!(policy);
        host
    }

    /// The Secrets of the other side of each rack and each record, of its own for each: its name is the object's.
    pub(crate) fn secrets(&self, index: usize) -> Vec<Value> {
        let account = &self.account;
        let oci = json!({"tenancy": account.tenancy, "user": account.user, "fingerprint": account.fingerprint,
            "key": account.private_key_pem});
        let registrar = self.ocm.account("slipway-sa").unwrap();
        let ocm = json!({"clientId": registrar.client_id, "clientSecret": registrar.client_secret});
        vec![
            secret(&rack_name(index), &oci),
            secret(&format!("{}-ca", rack_name(index)), &json!({"ca.crt": self.racks[index].ca_pem()})),
            secret("oci-ca", &json!({"ca.crt": self.cloud.ca_pem()})),
            secret(&record_name(index), &ocm),
            secret("ocm-ca", &json!({"ca.crt": self.ocm.ca_pem()})),
        ]
    }

    /// A rack to be connected, with a deletion policy.
    pub(crate) fn rack(&self, index: usize, policy: &str) -> Value {
        let name = rack_name(index);
        json!({"apiVersion": "slipway.dev/v1alpha1", "kind": "Infrastructure", "metadata": {"name": name}, "spec": {
            "oci": {"region": self.account.region, "endpoint": self.cloud.endpoint(), "credentialsRef": {"name": name},
                "tls": {"caRef": {"name": "oci-ca"}}},
            "lookup": {"compartmentId": self.account.compartment, "displayName": name},
            "rack": {"provisioningUrl": self.racks[index].url(), "tls": {"caRef": {"name": format!("{name}-ca")}}},
            "connection": {"desired": "Connected"}, "deletionPolicy": policy}})
    }

    /// A cluster's record, with a deletion policy.
    pub(crate) fn record(&self, index: usize, policy: &str) -> Value {
        let name = record_name(index);
        json!({"apiVersion": "slipway.dev/v1alpha1", "kind": "ClusterSubscription", "metadata": {"name": name}, "spec": {
            "registrar": {"ocm": {"url": self.ocm.url(), "tokenUrl": self.ocm.token_url(),
                "credentialsRef": {"name": name}, "tls": {"caRef": {"name": "ocm-ca"}}}},
            "cluster": {"declared": {"installed": false}}, "deletionPolicy": policy, "releaseTimeout": "4s"}})
    }

    /// Makes the racks' records at Oracle Cloud.
    pub(crate) fn register(&self) {
        for index in 0..self.racks.len() {
            drop(self.cloud.create_infrastructure(&self.account, &rack_name(index)));
        }
    }

    /// Applies objects by server-side apply.
    pub(crate) async fn apply(&self, objects: &[Value]) -> anyhow::Result<()> {
        self.hosts.apply(&slipway_e2e::objects::list(objects.iter().cloned())).await
    }

    /// Lets the racks' time in REJECT pass and all be connected.
    pub(crate) async fn connect(&self) -> anyhow::Result<()> {
        let racks = self.objects("Infrastructure");
        for index in 0..self.racks.len() {
            racks
                .wait(&rack_name(index), "the time before a handshake", LIMIT, |object| {
                    let status = &object["status"];
                    if status["notBefore"].is_string() { Ok(()) } else { Err(status.to_string()) }
                })
                .await?;
        }
        self.cloud.clock().advance(WAITING);
        for index in 0..self.racks.len() {
            self.wait_ready("Infrastructure", &rack_name(index), "Connected").await?;
        }
        Ok(())
    }

    /// Waits until an object is ready for a reason.
    pub(crate) async fn wait_ready(&self, kind: &str, name: &str, reason: &str) -> anyhow::Result<Value> {
        let is_so = |object: &Value| {
            let ready = condition(object, "Ready");
            let is_so = ready["status"] == "True" && ready["reason"] == reason;
            if is_so { Ok(()) } else { Err(format!("status is {}", object["status"])) }
        };
        let waited = self.objects(kind).wait(name, &format!("{name} to be {reason}"), LIMIT, is_so).await;
        waited.map_err(|error| self.explained(&error))
    }

    /// Waits until an object is gone.
    pub(crate) async fn wait_gone(&self, kind: &str, name: &str) -> anyhow::Result<()> {
        self.objects(kind).wait_gone(name).await.map_err(|error| self.explained(&error))
    }

    /// The word by which the operator said that it let an object go, if it did.
    pub(crate) async fn released(&self, name: &str) -> anyhow::Result<Option<String>> {
        let events = self.hosts.events(name).await?;
        let released = events.into_iter().find(|event| event["reason"] == "Released");
        Ok(released.map(|event| event["note"].as_str().unwrap_or_default().to_owned()))
    }

    /// Waits for that word.
    pub(crate) async fn wait_released(&self, name: &str) -> anyhow::Result<String> {
        wait_for(&format!("{name} to be let go with a reason"), LIMIT, || async {
            self.released(name).await?.ok_or_else(|| anyhow::anyhow!("no event"))
        })
        .await
    }

    /// The state of a rack's connection at Oracle Cloud.
    pub(crate) fn connection(&self, index: usize) -> String {
        let named = |id: &String| {
            self.cloud.infrastructure(id).is_some_and(|found| found["displayName"] == rack_name(index))
        };
        let id = self.cloud.infrastructures().into_iter().find(named).unwrap();
        self.cloud.connection_state(&id).unwrap().word().to_owned()
    }

    fn explained(&self, error: &anyhow::Error) -> anyhow::Error {
        anyhow::anyhow!("{error:#}\noperator:\n{}", self.hosts.operator.log().tail(30))
    }
}

/// Waits until the operator has found that a host's BMC refuses connections.
pub(crate) async fn wait_refused(hosts: &Hosts, index: usize) -> anyhow::Result<()> {
    hosts
        .wait(index, "the BMC to refuse", |host| {
            let reachable = condition(host, "Reachable");
            if reachable["status"] == "False" { Ok(()) } else { Err(reachable.to_string()) }
        })
        .await?;
    Ok(())
}

/// The name of a host's object.
pub(crate) fn host_name(index: usize) -> String {
    Hosts::name(index)
}

/// The name of a rack's object, its Secret and its record.
pub(crate) fn rack_name(index: usize) -> String {
    format!("rack{index}")
}

/// The name of a record's object and its Secret.
pub(crate) fn record_name(index: usize) -> String {
    format!("edge-{index}")
}

/// A Secret.
pub(crate) fn secret(name: &str, content: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content})
}
