//! A simulated OpenShift Cluster Manager, and an operator that keeps records there: what tests of `ClusterSubscription` begin with.

use std::time::Duration;

use anyhow::Context as _;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, PostParams};
use serde_json::{Value, json};
use slipway_sim::{Ocm, OcmAccount, OcmConfig};

use crate::objects::{LIMIT, Objects, condition, list, written_out};
use crate::rack::free_address;
use crate::{
    Access, ControlPlane, Kubectl, OperatorOptions, OperatorProcess, TestNamespace, manifest, wait_for,
};

/// How to start a registry.
#[derive(Clone, Debug, Default)]
pub struct RegistryOptions {
    ocm: OcmConfig,
    operator: OperatorOptions,
    poll_interval: Option<&'static str>,
    keeps_budget: bool,
}

impl RegistryOptions {
    /// A service other than the documented one.
    #[must_use]
    pub fn ocm(mut self, ocm: OcmConfig) -> Self {
        self.ocm = ocm;
        self
    }

    /// An operator with other arguments. Namespace and addresses are filled in.
    #[must_use]
    pub fn operator(mut self, operator: OperatorOptions) -> Self {
        self.operator = operator;
        self
    }

    /// How often records on their way are looked at, `300ms` unless said; those at rest ten times more seldom.
    #[must_use]
    pub fn poll_interval(mut self, interval: &'static str) -> Self {
        self.poll_interval = Some(interval);
        self
    }

    /// The operator keeps to the shipped number of calls a second. Else it makes as many as it likes: tests do not wait for turns.
    #[must_use]
    pub fn keeping_the_budget(mut self) -> Self {
        self.keeps_budget = true;
        self
    }

    /// Starts service and operator in a new namespace. Secrets are there, objects are not.
    pub async fn start(self, control_plane: &ControlPlane, test: &str) -> anyhow::Result<Registry> {
        control_plane.install().await?;
        self.start_at(&control_plane.access()?, test).await
    }

    /// The same at an API server where the shipped manifests are installed.
    pub async fn start_at(self, access: &Access, test: &str) -> anyhow::Result<Registry> {
        let client = access.client().await?;
        let namespace = TestNamespace::create_in(client.clone(), test).await?;
        let ocm = Ocm::start(self.ocm).await?;
        let options = self.operator.namespace(namespace.name());
        let options = options.boot_bind(free_address()?).metrics_bind(free_address()?);
        let options = options.poll_interval(self.poll_interval.unwrap_or("300ms"));
        let options =
            if self.keeps_budget { options } else { options.arg("--registrar-calls-per-second=1000") };
        let operator = options.start_at(access).await?;
        let kubectl = access.kubectl.in_namespace(namespace.name());
        let objects = Objects::of(&client, namespace.name(), "ClusterSubscription", "clustersubscriptions");
        let registry = Registry { namespace, kubectl, ocm, operator, objects, client };
        let secrets = Api::<Secret>::namespaced(registry.client.clone(), registry.namespace.name());
        for made in registry.secrets()["items"].as_array().into_iter().flatten() {
            secrets.create(&PostParams::default(), &serde_json::from_value(made.clone())?).await?;
        }
        Ok(registry)
    }
}

/// A namespace, an account service, and an operator.
pub struct Registry {
    /// Where the objects are.
    pub namespace: TestNamespace,
    /// kubectl as administrator in that namespace.
    pub kubectl: Kubectl,
    /// The registrar.
    pub ocm: Ocm,
    /// The operator.
    pub operator: OperatorProcess,
    /// The `ClusterSubscription` objects.
    pub objects: Objects,
    /// The API server as administrator.
    pub client: kube::Client,
}

impl Registry {
    /// The options to start one.
    #[must_use]
    pub fn options() -> RegistryOptions {
        RegistryOptions::default()
    }

    /// The account that the Secret `ocm` holds.
    ///
    /// # Panics
    /// When the simulator has no such account.
    #[must_use]
    #[expect(clippy::expect_used, reason = "it is there from the start")]
    pub fn account(&self) -> OcmAccount {
        self.ocm.account("slipway-sa").expect("the simulator's service account")
    }

    /// The service account's credentials and the service's CA.
    #[must_use]
    pub fn secrets(&self) -> Value {
        let account = self.account();
        let credentials = json!({"clientId": account.client_id, "clientSecret": account.client_secret});
        list([secret("ocm", &credentials), secret("ocm-ca", &json!({"ca.crt": self.ocm.ca_pem()}))])
    }

    /// The registrar as a spec has it, with another Secret.
    #[must_use]
    pub fn registrar(&self, credentials: &str) -> Value {
        registrar(&self.ocm, credentials, "ocm-ca")
    }

    /// Makes the Secrets `NAME` and `NAME-ca` for another account service, and answers what a spec has as its registrar.
    pub async fn admit(&self, name: &str, ocm: &Ocm) -> anyhow::Result<Value> {
        let account = ocm.account("slipway-sa").context("the simulator's service account")?;
        let credentials = json!({"clientId": account.client_id, "clientSecret": account.client_secret});
        let ca = format!("{name}-ca");
        let secrets = Api::<Secret>::namespaced(self.client.clone(), self.namespace.name());
        for made in [secret(name, &credentials), secret(&ca, &json!({"ca.crt": ocm.ca_pem()}))] {
            secrets.create(&PostParams::default(), &serde_json::from_value(made)?).await?;
        }
        Ok(registrar(ocm, name, &ca))
    }

    /// The API of the `ClusterSubscription` objects: a thousand calls of kubectl take minutes.
    #[must_use]
    pub fn api(&self) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk("slipway.dev", "v1alpha1", "ClusterSubscription");
        let resource = ApiResource::from_gvk_with_plural(&kind, "clustersubscriptions");
        Api::namespaced_with(self.client.clone(), self.namespace.name(), &resource)
    }

    /// A subscription of a cluster that is declared and not installed. `spec` is merged into it, one level deep.
    #[must_use]
    pub fn subscription(&self, name: &str, spec: &Value) -> Value {
        let mut object = json!({"apiVersion": "slipway.dev/v1alpha1", "kind": "ClusterSubscription", "metadata": {"name": name},
            "spec": {"registrar": self.registrar("ocm"), "cluster": {"declared": {"installed": false}}}});
        for (field, value) in spec.as_object().into_iter().flatten() {
            object["spec"][field] = value.clone();
        }
        object
    }

    /// Applies one object or a list of them, without kubectl ([`manifest::apply`]).
    pub async fn apply(&self, object: &Value) -> anyhow::Result<()> {
        manifest::apply(&self.client, self.namespace.name(), object).await
    }

    /// Makes a Secret.
    pub async fn apply_secret(&self, name: &str, content: &Value) -> anyhow::Result<()> {
        self.apply(&secret(name, content)).await
    }

    /// Changes an object's spec by a merge patch.
    pub async fn patch(&self, name: &str, spec: &Value) -> anyhow::Result<()> {
        self.objects.patch(name, &json!({"spec": spec})).await
    }

    /// Says what is known of a declared cluster.
    pub async fn declare(&self, name: &str, declared: &Value) -> anyhow::Result<()> {
        self.patch(name, &json!({"cluster": {"declared": declared}})).await
    }

    /// An object as it is now.
    pub async fn get(&self, name: &str) -> anyhow::Result<Value> {
        self.objects.get(name).await
    }

    /// The key of an object at the registrar.
    pub async fn cluster_id(&self, name: &str) -> anyhow::Result<String> {
        let object =
            self.wait(name, "a cluster id", |object| is_text(&object["status"]["clusterId"])).await?;
        Ok(object["status"]["clusterId"].as_str().unwrap_or_default().to_owned())
    }

    /// The record of an object at the registrar as it is inside; null when there is none.
    pub async fn record(&self, name: &str) -> anyhow::Result<Value> {
        let object =
            self.wait(name, "a record", |object| is_text(&object["status"]["subscriptionId"])).await?;
        let id = object["status"]["subscriptionId"].as_str().unwrap_or_default();
        Ok(self.ocm.subscription(id).unwrap_or_default())
    }

    /// Asks for the deletion of an object.
    pub async fn delete(&self, name: &str) -> anyhow::Result<()> {
        self.objects.delete(name).await
    }

    /// Waits until an object is gone.
    pub async fn wait_gone(&self, name: &str) -> anyhow::Result<()> {
        self.explained(self.objects.wait_gone(name).await)
    }

    /// Waits until an object is as `probe` wants it, and returns it. What is not yet so is said by the probe.
    pub async fn wait(
        &self,
        name: &str,
        what: &str,
        probe: impl Fn(&Value) -> Result<(), String>,
    ) -> anyhow::Result<Value> {
        self.explained(self.objects.wait(name, what, LIMIT, probe).await)
    }

    /// Waits until a condition has a status and a reason.
    pub async fn wait_condition(
        &self,
        name: &str,
        kind: &str,
        status: &str,
        reason: &str,
    ) -> anyhow::Result<Value> {
        self.wait(name, &format!("{kind} {status} by {reason}"), |object| {
            let seen = condition(object, kind);
            let is_so = seen["status"] == status && seen["reason"] == reason;
            let generation = object["status"]["observedGeneration"] == object["metadata"]["generation"];
            if is_so && generation {
                Ok(())
            } else {
                Err(format!("{kind} is {seen}, status {}", object["status"]))
            }
        })
        .await
    }

    /// Waits until the object is ready for a reason, at its present generation.
    pub async fn wait_ready(&self, name: &str, reason: &str) -> anyhow::Result<Value> {
        self.wait_condition(name, "Ready", "True", reason).await
    }

    /// Waits until the simulator is as wanted.
    pub async fn wait_ocm(&self, what: &str, is_so: impl Fn(&Ocm) -> bool) -> anyhow::Result<()> {
        let met = self.ocm.wait_until(LIMIT, is_so).await;
        let waited = if met { Ok(()) } else { Err(anyhow::anyhow!("{what}: not within {LIMIT:?}")) };
        self.explained(waited)
    }

    /// Turns the service's clock.
    pub fn advance(&self, by: Duration) {
        self.ocm.clock().advance(by);
    }

    /// The events about an object.
    pub async fn events(&self, name: &str) -> anyhow::Result<Vec<Value>> {
        let group = ("events.k8s.io", "v1");
        let events = Objects::of_group(&self.client, self.namespace.name(), group, "Event", "events");
        let events = events.list().await?;
        Ok(events.into_iter().filter(|event| event["regarding"]["name"] == name).collect())
    }

    /// Waits until there is an event with this reason about an object, and returns it.
    pub async fn wait_event(&self, name: &str, reason: &str) -> anyhow::Result<Value> {
        wait_for(&format!("event {reason}"), LIMIT, || async {
            let events = self.events(name).await?;
            let found = events.iter().find(|event| event["reason"] == reason).cloned();
            found.ok_or_else(|| anyhow::anyhow!("the events are {events:?}"))
        })
        .await
    }

    /// Everything that a person who may not read Secrets can read: objects, events, metrics and the operator's log.
    pub async fn readable(&self) -> anyhow::Result<String> {
        let kinds = [("ClusterSubscription", "clustersubscriptions")];
        let objects = written_out(&self.client, self.namespace.name(), &kinds).await?;
        let log = std::fs::read_to_string(self.operator.log_file())?;
        Ok(format!("{objects}\n{}\n{log}", self.operator.metrics().await?))
    }

    /// What holds in every history: never two living records of one cluster, no active one deleted, no secret to be read.
    pub async fn assert_sound(&self) -> anyhow::Result<()> {
        self.assert_sound_but(&[]).await
    }

    /// The same where these active records were meant to be deleted, by a policy or by somebody else.
    pub async fn assert_sound_but(&self, meant: &[&str]) -> anyhow::Result<()> {
        let violations = self.ocm.violations();
        anyhow::ensure!(violations.is_empty(), "two living records at once: {violations:?}");
        let mut deleted = self.ocm.deleted_while("Active");
        deleted.retain(|one| !meant.contains(&one.id.as_str()));
        anyhow::ensure!(deleted.is_empty(), "active records were deleted: {deleted:?}");
        let (readable, account) = (self.readable().await?, self.account());
        for secret in [&account.client_secret, &account.offline_token, &account.pull_secret_token] {
            anyhow::ensure!(
                secret.is_empty() || !readable.contains(secret.as_str()),
                "a credential can be read"
            );
        }
        Ok(())
    }

    fn explained<T>(&self, waited: anyhow::Result<T>) -> anyhow::Result<T> {
        waited.map_err(|error| anyhow::anyhow!("{error:#}\noperator:\n{}", self.operator.log().tail(40)))
    }
}

fn is_text(value: &Value) -> Result<(), String> {
    if value.as_str().is_some_and(|text| !text.is_empty()) { Ok(()) } else { Err("not there yet".to_owned()) }
}

fn registrar(ocm: &Ocm, credentials: &str, ca: &str) -> Value {
    json!({"ocm": {"url": ocm.url(), "tokenUrl": ocm.token_url(), "credentialsRef": {"name": credentials},
        "tls": {"caRef": {"name": ca}}}})
}

fn secret(name: &str, content: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content})
}
