//! A simulated Compute Cloud@Customer with racks, and an operator that serves them: what tests of `Infrastructure` begin with.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_sim::{Account, Cloud, CloudConfig, Rack, RackConfig};

use crate::objects::{LIMIT, Objects, condition, list, written_out};
use crate::rack::free_address;
use crate::{
    Access, ControlPlane, Kubectl, OperatorOptions, OperatorProcess, TestNamespace, manifest, wait_for,
};

/// How to start a site.
#[derive(Clone, Debug, Default)]
pub struct SiteOptions {
    cloud: CloudConfig,
    racks: usize,
    operator: OperatorOptions,
    keeps_budget: bool,
}

impl SiteOptions {
    /// The operator keeps to the shipped number of calls a minute. Else it makes as many as it likes: tests do not wait for turns.
    #[must_use]
    pub fn keeping_the_budget(mut self) -> Self {
        self.keeps_budget = true;
        self
    }

    /// A cloud other than the documented one, whose clock goes as fast as the wall's.
    #[must_use]
    pub fn cloud(mut self, cloud: CloudConfig) -> Self {
        self.cloud = cloud;
        self
    }

    /// How many racks there are; one unless said.
    #[must_use]
    pub fn racks(mut self, racks: usize) -> Self {
        self.racks = racks;
        self
    }

    /// An operator with other arguments. The namespace is filled in.
    #[must_use]
    pub fn operator(mut self, operator: OperatorOptions) -> Self {
        self.operator = operator;
        self
    }

    /// Starts cloud, racks and operator in a new namespace. Secrets are there, objects are not.
    pub async fn start(self, control_plane: &ControlPlane, test: &str) -> anyhow::Result<Site> {
        control_plane.install().await?;
        self.start_at(&control_plane.access()?, test).await
    }

    /// The same at an API server where the shipped manifests are installed.
    pub async fn start_at(self, access: &Access, test: &str) -> anyhow::Result<Site> {
        let client = access.client().await?;
        let namespace = TestNamespace::create_in(client.clone(), test).await?;
        let cloud = Cloud::start(self.cloud).await?;
        let account = cloud.add_account()?;
        let mut racks = Vec::new();
        for index in 0..self.racks.max(1) {
            racks.push(Rack::start(&cloud, RackConfig::named(&Site::name(index))).await?);
        }
        let options = self.operator.namespace(namespace.name());
        let options = options.boot_bind(free_address()?).metrics_bind(free_address()?);
        let options = if self.keeps_budget { options } else { options.arg("--oci-calls-per-minute=6000") };
        let operator = options.start_at(access).await?;
        let kubectl = access.kubectl.in_namespace(namespace.name());
        let objects = Objects::of(&client, namespace.name(), "Infrastructure", "infrastructures");
        let site = Site { namespace, kubectl, cloud, account, racks, operator, objects, client };
        site.apply(&site.secrets()).await?;
        Ok(site)
    }
}

/// A namespace, a cloud with one account, racks, and an operator.
pub struct Site {
    /// Where the objects are.
    pub namespace: TestNamespace,
    /// kubectl as administrator in that namespace.
    pub kubectl: Kubectl,
    /// The OCI side.
    pub cloud: Cloud,
    /// Whose racks they are.
    pub account: Account,
    /// The racks' own ends.
    pub racks: Vec<Rack>,
    /// The operator.
    pub operator: OperatorProcess,
    /// The `Infrastructure` objects.
    pub objects: Objects,
    client: kube::Client,
}

impl Site {
    /// The options to start one.
    #[must_use]
    pub fn options() -> SiteOptions {
        SiteOptions::default()
    }

    /// Name of a rack, its object and its record.
    #[must_use]
    pub fn name(index: usize) -> String {
        format!("rack{index}")
    }

    /// The account, the cloud's CA and each rack's CA, as people have them.
    #[must_use]
    pub fn secrets(&self) -> Value {
        let key = "oci_api_key.pem";
        let account = secret(
            "oci",
            &json!({"config": self.account.config_text(&format!("~/.oci/{key}")),
            key: self.account.private_key_pem}),
        );
        let cloud = secret("oci-ca", &json!({"ca.crt": self.cloud.ca_pem()}));
        let racks = self
            .racks
            .iter()
            .map(|rack| secret(&format!("{}-ca", rack.name()), &json!({"ca.crt": rack.ca_pem()})));
        list([account, cloud].into_iter().chain(racks))
    }

    /// Name of the Secret of [`Site::own_account`].
    #[must_use]
    pub fn own_secret(index: usize) -> String {
        format!("{}-oci", Self::name(index))
    }

    /// The account as single fields of a Secret.
    #[must_use]
    pub fn account_fields(&self) -> Value {
        let account = &self.account;
        json!({"tenancy": account.tenancy, "user": account.user, "fingerprint": account.fingerprint,
            "key": account.private_key_pem})
    }

    /// The account once more, for one rack alone: the operator has a budget of calls for each Secret, and so no rack waits for another.
    #[must_use]
    pub fn own_account(&self, index: usize) -> Value {
        secret(&Self::own_secret(index), &self.account_fields())
    }

    /// A record that somebody else has made; its OCID.
    #[must_use]
    pub fn record(&self, index: usize) -> String {
        self.cloud.create_infrastructure(&self.account, &Self::name(index))
    }

    /// An object that finds the record of its rack by name and asks for nothing.
    #[must_use]
    pub fn infrastructure(&self, index: usize) -> Value {
        let name = Self::name(index);
        let rack = self.racks.get(index).map(
            |rack| json!({"provisioningUrl": rack.url(), "tls": {"caRef": {"name": format!("{name}-ca")}}}),
        );
        json!({"apiVersion": "slipway.dev/v1alpha1", "kind": "Infrastructure", "metadata": {"name": name}, "spec": {
            "oci": {"region": self.account.region, "endpoint": self.cloud.endpoint(), "credentialsRef": {"name": "oci"},
                "tls": {"caRef": {"name": "oci-ca"}}},
            "lookup": {"compartmentId": self.account.compartment, "displayName": name},
            "rack": rack}})
    }

    /// An object that asks to be connected. `policy` is added to `spec.connection`.
    #[must_use]
    pub fn to_connect(&self, index: usize, policy: &Value) -> Value {
        let mut object = self.infrastructure(index);
        object["spec"]["connection"] = policy.clone();
        object["spec"]["connection"]["desired"] = json!("Connected");
        object
    }

    /// Applies one object or a list of them, without kubectl ([`manifest::apply`]).
    pub async fn apply(&self, object: &Value) -> anyhow::Result<()> {
        manifest::apply(&self.client, self.namespace.name(), object).await
    }

    /// Changes an object's spec by a merge patch.
    pub async fn patch(&self, index: usize, spec: &Value) -> anyhow::Result<()> {
        self.objects.patch(&Self::name(index), &json!({"spec": spec})).await
    }

    /// An object as it is now.
    pub async fn get(&self, index: usize) -> anyhow::Result<Value> {
        self.objects.get(&Self::name(index)).await
    }

    /// Asks for the deletion of an object.
    pub async fn delete(&self, index: usize) -> anyhow::Result<()> {
        self.objects.delete(&Self::name(index)).await
    }

    /// Waits until an object is gone.
    pub async fn wait_gone(&self, index: usize) -> anyhow::Result<()> {
        self.explained(self.objects.wait_gone(&Self::name(index)).await)
    }

    /// Waits until an object is as `probe` wants it, and returns it. What is not yet so is said by the probe.
    pub async fn wait(
        &self,
        index: usize,
        what: &str,
        probe: impl Fn(&Value) -> Result<(), String>,
    ) -> anyhow::Result<Value> {
        self.explained(self.objects.wait(&Self::name(index), what, LIMIT, probe).await)
    }

    /// Waits until a condition has a status and a reason.
    pub async fn wait_condition(
        &self,
        index: usize,
        kind: &str,
        status: &str,
        reason: &str,
    ) -> anyhow::Result<Value> {
        self.wait(index, &format!("{kind} {status} by {reason}"), |object| {
            let seen = condition(object, kind);
            let is_so = seen["status"] == status && seen["reason"] == reason;
            if is_so { Ok(()) } else { Err(format!("{kind} is {seen}, status {}", object["status"])) }
        })
        .await
    }

    /// Waits until the rack is connected and all is well.
    pub async fn wait_connected(&self, index: usize) -> anyhow::Result<Value> {
        self.wait_condition(index, "Ready", "True", "Connected").await
    }

    /// Turns the cloud's clock.
    pub fn advance(&self, by: Duration) {
        self.cloud.clock().advance(by);
    }

    /// The events about an object.
    pub async fn events(&self, index: usize) -> anyhow::Result<Vec<Value>> {
        let group = ("events.k8s.io", "v1");
        let events = Objects::of_group(&self.client, self.namespace.name(), group, "Event", "events");
        let events = events.list().await?;
        Ok(events.into_iter().filter(|event| event["regarding"]["name"] == Self::name(index)).collect())
    }

    /// Waits until there is an event with this reason about an object, and returns it.
    pub async fn wait_event(&self, index: usize, reason: &str) -> anyhow::Result<Value> {
        wait_for(&format!("event {reason}"), LIMIT, || async {
            let events = self.events(index).await?;
            let found = events.iter().find(|event| event["reason"] == reason).cloned();
            found.ok_or_else(|| anyhow::anyhow!("the events are {events:?}"))
        })
        .await
    }

    /// Everything that a person who may not read Secrets can read: objects, events, metrics and the operator's log.
    pub async fn readable(&self) -> anyhow::Result<String> {
        let kinds = [("Infrastructure", "infrastructures")];
        let objects = written_out(&self.client, self.namespace.name(), &kinds).await?;
        let log = std::fs::read_to_string(self.operator.log_file())?;
        Ok(format!("{objects}\n{}\n{log}", self.operator.metrics().await?))
    }

    fn explained<T>(&self, waited: anyhow::Result<T>) -> anyhow::Result<T> {
        waited.map_err(|error| anyhow::anyhow!("{error:#}\noperator:\n{}", self.operator.log().tail(40)))
    }
}

fn secret(name: &str, content: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content})
}
