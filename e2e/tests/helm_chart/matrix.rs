//! Combinations of values (`values/*.yaml`): each is rendered, and each object of it is accepted by the API server.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_e2e::{program, wait_for};

use crate::manifest::{name, of_kind, only, text};
use crate::schema;
use crate::server::Server;
use crate::stage::Stage;

/// Namespaces that the combinations name.
const NAMESPACES: [&str; 2] = ["metal-a", "metal-b"];
/// Kinds of prometheus-operator, with their plurals.
const MONITORING: [(&str, &str); 3] = [
    ("ServiceMonitor", "servicemonitors"),
    ("PodMonitor", "podmonitors"),
    ("PrometheusRule", "prometheusrules"),
];

/// The combinations by their names.
pub(crate) fn combinations() -> anyhow::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(program::project().join("e2e/tests/helm_chart/values"))? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).context("a name is not text")?.to_owned();
        found.insert(name, std::fs::read_to_string(path)?);
    }
    anyhow::ensure!(found.len() >= 12, "{} combinations only", found.len());
    Ok(found)
}

/// Whether a combination says something about the value at this path.
pub(crate) fn sets(values: &Value, path: &str) -> bool {
    values.pointer(&format!("/{}", path.replace('.', "/"))).is_some()
}

pub(crate) async fn accepted(stage: Stage) -> anyhow::Result<()> {
    let combinations = combinations()?;
    covered(&combinations)?;
    let server = Server::of(stage.control_plane().await?).await?;
    let namespace = server.restricted_namespace("helm-matrix").await?;
    furnish(&server).await?;
    let mut seen = BTreeSet::new();
    for (combination, values) in &combinations {
        let objects = stage.objects(&namespace, values).await?;
        for object in &objects {
            if object["kind"] != "Pod" && seen.insert(object.to_string()) {
                server.try_out(object).await.with_context(|| combination.clone())?;
            }
        }
        pods(&server, &objects).await.with_context(|| combination.clone())?;
    }
    Ok(())
}

fn covered(combinations: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let all: Vec<Value> =
        combinations.values().map(|text| serde_yaml::from_str(text)).collect::<Result<_, _>>()?;
    let leaves = schema::leaves()?;
    let missing: Vec<&str> = leaves
        .iter()
        .map(|leaf| leaf.path.as_str())
        .filter(|path| !all.iter().any(|values| sets(values, path)))
        .collect();
    anyhow::ensure!(missing.is_empty(), "no combination sets {missing:?}");
    Ok(())
}

/// What has to be there before the objects: namespaces, and kinds of others in the least form.
async fn furnish(server: &Server) -> anyhow::Result<()> {
    for name in NAMESPACES {
        server.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})).await?;
    }
    for (kind, plural) in MONITORING {
        let definition = definition(kind, plural);
        server.apply(&definition).await?;
        wait_for(&format!("{kind} to be served"), slipway_e2e::objects::LIMIT, || async {
            let now = server.get(&definition).await?;
            let conditions = now["status"]["conditions"].as_array().cloned().unwrap_or_default();
            let is_served = conditions.iter().any(|is| is["type"] == "Established" && is["status"] == "True");
            anyhow::ensure!(is_served, "{conditions:?}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// Made here and open to any field: the kind is prometheus-operator's.
fn definition(kind: &str, plural: &str) -> Value {
    let group = "monitoring.coreos.com";
    let spec = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List")},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}],
        },
    })
}

/// The Pods of the Deployment and of `helm test` keep to the standard `restricted`, unless they are on the network of the node.
async fn pods(server: &Server, objects: &[Value]) -> anyhow::Result<()> {
    let deployment = only(objects, "Deployment")?;
    let mut pod = deployment["spec"]["template"].clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!("operator");
    pod["metadata"]["namespace"] = deployment["metadata"]["namespace"].clone();
    // No Pod is admitted without its account.
    let account =
        json!({"name": pod["spec"]["serviceAccountName"], "namespace": pod["metadata"]["namespace"]});
    server.apply(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})).await?;
    let tried = server.try_out_pod(&pod).await;
    if pod["spec"]["hostNetwork"] == true {
        let words = format!("{:#}", tried.err().context("a Pod on the node's network is admitted")?);
        anyhow::ensure!(words.contains("violates PodSecurity \"restricted"), "{words}");
    } else {
        tried?;
    }
    let check = only(objects, "Pod")?;
    server.try_out_pod(check).await.with_context(|| name(check))?;
    let selectors = of_kind(objects, "Service").map(|service| &service["spec"]["selector"]);
    for selector in selectors.chain([&deployment["spec"]["selector"]["matchLabels"]]) {
        anyhow::ensure!(selects(selector, &pod), "{selector} does not select the operator's Pod");
        anyhow::ensure!(!selects(selector, check), "{selector} selects the Pod of `helm test`");
    }
    anyhow::ensure!(
        text(&pod, "/spec/containers/0/name") == "manager",
        "the container is not called manager"
    );
    Ok(())
}

fn selects(selector: &Value, pod: &Value) -> bool {
    let wanted = selector.as_object().into_iter().flatten();
    wanted.clone().count() > 0
        && wanted.into_iter().all(|(label, value)| pod["metadata"]["labels"][label] == *value)
}
