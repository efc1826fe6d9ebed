//! What single values lead to, where another effect than the one meant would harm.

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_e2e::program;

use crate::manifest::of_kind;
use crate::stage::Stage;

const POD: &str = "/spec/template/spec";
const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Values, kind and name of an object, a place in it (the whole object where empty), and what stands there; null: nothing.
fn rows() -> Vec<(String, &'static str, &'static str, String, Value)> {
    let row = |values: &str, kind, name, place: &str, wanted| {
        (values.to_owned(), kind, name, place.to_owned(), wanted)
    };
    let container = format!("{POD}/containers/0");
    let on_node = "bootService: {expose: HostNetwork}";
    let secured = "metrics: {tlsSecretName: tls, monitor: {kind: ServiceMonitor}}";
    let volume = "dataVolume: {claim: true, size: 5Gi}";
    let definition = ("CustomResourceDefinition", "infrastructures.slipway.dev");
    let kept = "/metadata/annotations/helm.sh~1resource-policy";
    vec![
        row("", "Deployment", "slipway", "/spec/replicas", json!(2)),
        row("", "Deployment", "slipway", "/spec/strategy/rollingUpdate/maxUnavailable", json!(0)),
        row("", "Deployment", "slipway", &format!("{POD}/automountServiceAccountToken"), json!(false)),
        row("", "Deployment", "slipway", &format!("{container}/livenessProbe/httpGet/scheme"), json!("HTTP")),
        row("", "PodDisruptionBudget", "slipway", "/spec/maxUnavailable", json!(1)),
        row("replicas: 1", "PodDisruptionBudget", "slipway", "", Value::Null),
        row("", "Service", "slipway-boot", "/spec/type", json!("LoadBalancer")),
        row(
            "",
            "NetworkPolicy",
            "slipway",
            "/spec/ingress/0/ports",
            json!([{"protocol": "TCP", "port": 8080}]),
        ),
        row(
            "",
            "NetworkPolicy",
            "slipway",
            "/spec/ingress/1/ports",
            json!([{"protocol": "TCP", "port": 9090}]),
        ),
        row("", "NetworkPolicy", "slipway", "/spec/ingress/2", Value::Null),
        row(on_node, "Service", "slipway-boot", "", Value::Null),
        row(on_node, "NetworkPolicy", "slipway", "", Value::Null),
        row(on_node, "Deployment", "slipway", &format!("{POD}/hostNetwork"), json!(true)),
        row(on_node, "Deployment", "slipway", "/spec/strategy/rollingUpdate/maxSurge", json!(0)),
        row(
            secured,
            "Deployment",
            "slipway",
            &format!("{container}/livenessProbe/httpGet/scheme"),
            json!("HTTPS"),
        ),
        row(
            secured,
            "Deployment",
            "slipway",
            &format!("{container}/readinessProbe/httpGet/scheme"),
            json!("HTTPS"),
        ),
        row(secured, "ServiceMonitor", "slipway", "/spec/endpoints/0/scheme", json!("https")),
        row("", "ServiceMonitor", "slipway", "", Value::Null),
        row(
            &format!("image: {{registry: 'r.example:5000', digest: '{DIGEST}'}}"),
            "Deployment",
            "slipway",
            &format!("{container}/image"),
            json!(format!("r.example:5000/slipway:0.1.0@{DIGEST}")),
        ),
        row(
            volume,
            "Deployment",
            "slipway",
            &format!("{POD}/volumes/0/ephemeral/volumeClaimTemplate/spec/resources/requests/storage"),
            json!("5Gi"),
        ),
        row("", definition.0, definition.1, kept, json!("keep")),
        row("crds: {keep: false}", definition.0, definition.1, kept, Value::Null),
        row("crds: {enabled: false}", definition.0, definition.1, "", Value::Null),
        row("rbac: {create: false}", "Role", "slipway", "", Value::Null),
        row("rbac: {userRoles: false}", "ClusterRole", "slipway-edit", "", Value::Null),
    ]
}

pub(crate) async fn as_said(stage: Stage) -> anyhow::Result<()> {
    for (values, kind, name, place, wanted) in rows() {
        let objects = stage.objects("slipway-system", &values).await?;
        let object = of_kind(&objects, kind).find(|object| object["metadata"]["name"] == name);
        // A place in an object that is not there proves nothing.
        anyhow::ensure!(object.is_some() || place.is_empty(), "{values}: there is no {kind} {name}");
        let found = object.and_then(|object| object.pointer(&place)).cloned().unwrap_or_default();
        anyhow::ensure!(found == wanted, "{values}: {kind} {name} {place} is {found} and not {wanted}");
    }
    alerts(&stage).await
}

/// The rules are those of `config/alerts`, templates of Prometheus in them included.
async fn alerts(stage: &Stage) -> anyhow::Result<()> {
    let objects = stage.objects("slipway-system", "metrics: {alerts: true}").await?;
    for name in ["infrastructure", "operator", "subscription"] {
        let file = program::project().join(format!("config/alerts/{name}.yaml"));
        let theirs: Value = serde_yaml::from_str(&std::fs::read_to_string(file)?)?;
        let ours = of_kind(&objects, "PrometheusRule")
            .find(|rule| rule["metadata"]["name"] == format!("slipway-{name}"))
            .with_context(|| format!("there are no rules {name}"))?;
        anyhow::ensure!(ours["spec"] == theirs["spec"], "the rules {name} differ from config/alerts");
    }
    Ok(())
}
