//! The API server's word on an object of any kind that the chart renders.

use anyhow::Context as _;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use slipway_e2e::{ControlPlane, TestNamespace};

use crate::manifest::{name, text};

/// API version, kind, plural, and whether it is in a namespace.
const KINDS: &[(&str, &str, &str, bool)] = &[
    ("v1", "Namespace", "namespaces", false),
    ("v1", "Pod", "pods", true),
    ("v1", "Service", "services", true),
    ("v1", "ServiceAccount", "serviceaccounts", true),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", false),
    ("apps/v1", "Deployment", "deployments", true),
    ("monitoring.coreos.com/v1", "PodMonitor", "podmonitors", true),
    ("monitoring.coreos.com/v1", "PrometheusRule", "prometheusrules", true),
    ("monitoring.coreos.com/v1", "ServiceMonitor", "servicemonitors", true),
    ("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", true),
    ("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", true),
    ("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", false),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", false),
    ("rbac.authorization.k8s.io/v1", "Role", "roles", true),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", true),
    ("slipway.dev/v1alpha1", "BareMetalHost", "baremetalhosts", true),
    ("slipway.dev/v1alpha1", "Infrastructure", "infrastructures", true),
];

/// A manager of fields that wins against every other.
fn manager() -> PatchParams {
    PatchParams::apply("helm-chart-test").force().validation_strict()
}

#[derive(Clone)]
pub(crate) struct Server(Client);

impl Server {
    pub(crate) async fn of(control_plane: &ControlPlane) -> anyhow::Result<Self> {
        Ok(Self(control_plane.client().await?))
    }

    /// A new namespace for Pods that keep to the standard `restricted`.
    pub(crate) async fn restricted_namespace(&self, test: &str) -> anyhow::Result<String> {
        let name = TestNamespace::create_in(self.0.clone(), test).await?.name().to_owned();
        let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
        self.apply(&namespace).await?;
        Ok(name)
    }

    /// Makes an object, or brings it into line.
    pub(crate) async fn apply(&self, object: &Value) -> anyhow::Result<Value> {
        self.patch(object, &manager()).await
    }

    /// Asks whether it would be accepted, unknown fields included.
    pub(crate) async fn try_out(&self, object: &Value) -> anyhow::Result<()> {
        self.patch(object, &manager().dry_run()).await.map(drop)
    }

    /// Asks whether a Pod of this name would be admitted.
    pub(crate) async fn try_out_pod(&self, pod: &Value) -> anyhow::Result<()> {
        let object: DynamicObject = serde_json::from_value(pod.clone())?;
        self.api(pod)?.create(&PostParams { dry_run: true, ..PostParams::default() }, &object).await?;
        Ok(())
    }

    /// The object as it is now.
    pub(crate) async fn get(&self, object: &Value) -> anyhow::Result<Value> {
        let found =
            self.api(object)?.get(text(object, "/metadata/name")).await.with_context(|| name(object))?;
        Ok(serde_json::to_value(found)?)
    }

    /// Whether it is there.
    pub(crate) async fn has(&self, object: &Value) -> anyhow::Result<bool> {
        Ok(self.api(object)?.get_opt(text(object, "/metadata/name")).await?.is_some())
    }

    async fn patch(&self, object: &Value, how: &PatchParams) -> anyhow::Result<Value> {
        let patch = Patch::Apply(object);
        let made = self.api(object)?.patch(text(object, "/metadata/name"), how, &patch).await;
        Ok(serde_json::to_value(made.with_context(|| name(object))?)?)
    }

    fn api(&self, object: &Value) -> anyhow::Result<Api<DynamicObject>> {
        let (version, kind) = (text(object, "/apiVersion"), text(object, "/kind"));
        let (.., plural, is_namespaced) = KINDS
            .iter()
            .find(|known| (known.0, known.1) == (version, kind))
            .with_context(|| format!("no object of kind {version} {kind} is expected here"))?;
        let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
        let resource =
            ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural);
        let namespace = text(object, "/metadata/namespace");
        anyhow::ensure!(*is_namespaced != namespace.is_empty(), "{}: in a namespace or not?", name(object));
        Ok(match is_namespaced {
            true => Api::namespaced_with(self.0.clone(), namespace, &resource),
            false => Api::all_with(self.0.clone(), &resource),
        })
    }
}
