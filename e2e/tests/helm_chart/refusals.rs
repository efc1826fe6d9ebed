//! Wrong values: the schema refuses each, and says where it stands.

use serde_json::Value;

use crate::stage::{self, Stage};

/// What is wrong, and where helm says it is.
const WRONG: &[(&str, &str)] = &[
    ("poolInterval: 60s", "'poolInterval'"),
    ("pollInterval: soon", "'/pollInterval'"),
    ("pollInterval: 60", "'/pollInterval'"),
    ("leaseDuration: 500ms", "'/leaseDuration'"),
    ("replicas: two", "'/replicas'"),
    ("replicas: -1", "'/replicas'"),
    ("logFormat: xml", "'/logFormat'"),
    ("bootBind: '8080'", "'/bootBind'"),
    ("bootUrl: tftp://boot", "'/bootUrl'"),
    ("allowNetworks: [10.0.0.1]", "'/allowNetworks/0'"),
    ("namespaces: [Metal]", "'/namespaces/0'"),
    ("namespaces: metal", "'/namespaces'"),
    ("namespaces: ['*', metal]", "'/namespaces/0'"),
    ("secretNamespaces: [metal]", "'/secretNamespaces'"),
    ("{namespaces: ['*'], secretNamespaces: ['*', a]}", "'/secretNamespaces/0'"),
    ("httpBootProgram: /ipxe.efi", "'/bootUrl'"),
    ("image: {digest: 'sha256:1'}", "'/image/digest'"),
    ("image: {name: slipway}", "'/image'"),
    ("crds: {install: true}", "'/crds'"),
    ("bootService: {expose: Ingress}", "'/bootService/expose'"),
    ("bootService: {port: 0}", "'/bootService/port'"),
    ("bootService: {expose: ClusterIP, nodePort: 30080}", "'/bootService/nodePort'"),
    ("bootService: {expose: NodePort, loadBalancerClass: x}", "'/bootService/loadBalancerClass'"),
    ("bootService: {expose: HostNetwork, annotations: {a: b}}", "'/bootService/annotations'"),
    ("dataVolume: {claim: true}", "'/dataVolume/size'"),
    ("dataVolume: {storageClassName: fast}", "'/dataVolume/storageClassName'"),
    ("metrics: {monitor: {kind: Probe}}", "'/metrics/monitor/kind'"),
    ("networkPolicy: {web: {ports: [https]}}", "'/networkPolicy/web/ports/0'"),
    ("tolerations: [{effect: Never}]", "'/tolerations/0/effect'"),
    ("podLabels: {a: 1}", "'/podLabels/a'"),
];
/// Objects whose fields are another's: those of a parent chart, and of the Kubernetes API, which judges them itself.
const OPEN: [&str; 6] = [
    "/properties/affinity/properties/nodeAffinity",
    "/properties/affinity/properties/podAffinity",
    "/properties/affinity/properties/podAntiAffinity",
    "/properties/extraEnv/items/properties/valueFrom",
    "/properties/extraVolumes/items",
    "/properties/global",
];

pub(crate) async fn named(stage: Stage) -> anyhow::Result<()> {
    for (values, place) in WRONG {
        let said = stage.render("slipway-system", values).await?;
        let words = said.err.contains("values don't meet the specifications of the schema")
            && said.err.contains(place);
        anyhow::ensure!(said.code == Some(1) && words, "{values} at {place}: {said:?}");
    }
    let schema: Value = serde_json::from_str(&stage::file("values.schema.json")?)?;
    let mut open = Vec::new();
    open_objects("", &schema, &mut open);
    anyhow::ensure!(open == OPEN, "objects that take any field: {open:?}");
    Ok(())
}

/// Objects of the schema that take any field, but for its conditions, which only add to it.
fn open_objects(at: &str, schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            if fields.get("type").is_some_and(|kind| kind == "object")
                && !fields.contains_key("additionalProperties")
            {
                found.push(at.to_owned());
            }
            for (name, inner) in fields.iter().filter(|(name, _)| *name != "allOf") {
                open_objects(&format!("{at}/{name}"), inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| open_objects(at, item, found)),
        _ => {}
    }
}
