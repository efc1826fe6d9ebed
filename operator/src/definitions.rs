//! Whether the cluster serves the kinds that this version needs, with every field that it needs.
//!
//! The API server's own description is asked, which every authenticated user may read (`system:discovery`); the definitions themselves are not
//! readable with rights in a namespace.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Request;
use kube::Client;
use serde_json::Value;
use slipway_crds::manifest;

const GROUP: &str = "slipway.dev";
const DESCRIPTION: &str = "/openapi/v3/apis/slipway.dev/v1alpha1";
/// Fields of one kind that a message names; the others are counted.
const NAMED: usize = 3;

/// Why the kinds cannot be worked with. The text says the mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Lack {
    /// Kinds are not served at all.
    #[error("the cluster does not serve {} of slipway.dev/v1alpha1; {}", .0.join(", "), mend())]
    Kinds(Vec<String>),
    /// The definitions are of an older version.
    #[error("the cluster's definitions are older than this version: they lack {}; {}", .0.join(", "), mend())]
    Fields(Vec<String>),
    /// The API server's description may not be read.
    #[error(
        "the operator may not read {DESCRIPTION}: {0}; bind the ClusterRole system:discovery to the group system:authenticated, as every cluster does by default"
    )]
    Refused(String),
    /// It cannot be asked.
    #[error("the Kubernetes API cannot be asked which kinds it serves: {0}")]
    Unreachable(String),
}

fn mend() -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "apply those of version {version}: kubectl apply --server-side --force-conflicts -f crds.yaml (of the release), or -k config/crd (of the source)"
    )
}

/// Fields by kind, each as a path such as `.spec.install.image{}.url`; a value of an enumeration as `.spec.power=On`.
pub(crate) type Fields = BTreeMap<String, BTreeSet<String>>;

/// What this version needs.
///
/// Errors: when a definition cannot be expressed as JSON, which the tests of `crds/` exclude.
pub(crate) fn needed() -> serde_json::Result<Fields> {
    let definitions = manifest::definitions()?;
    let needed = definitions.iter().flat_map(|definition| {
        let kind = definition["spec"]["names"]["kind"].as_str().unwrap_or_default();
        let versions = definition["spec"]["versions"].as_array();
        versions
            .into_iter()
            .flatten()
            .map(|version| (kind.to_owned(), fields(&version["schema"]["openAPIV3Schema"])))
    });
    Ok(needed.collect())
}

/// What the cluster lacks of `needed`.
///
/// Errors: [`Lack`].
pub(crate) async fn ask(client: &Client, needed: &Fields) -> Result<(), Lack> {
    let request = Request::get(DESCRIPTION).body(Vec::new());
    let request = request.map_err(|error| Lack::Unreachable(error.to_string()))?;
    match client.request::<Value>(request).await {
        Ok(description) => compare(needed, &served(&description)),
        Err(kube::Error::Api(status)) if status.code == 404 => {
            Err(Lack::Kinds(needed.keys().cloned().collect()))
        }
        Err(kube::Error::Api(status)) if status.code == 403 => Err(Lack::Refused(status.message.clone())),
        Err(error) => Err(Lack::Unreachable(format!("{:#}", anyhow::Error::from(error)))),
    }
}

/// What a description in `OpenAPI` says of our kinds.
fn served(description: &Value) -> Fields {
    let schemas = description["components"]["schemas"].as_object();
    let ours = schemas.into_iter().flat_map(|schemas| schemas.values()).filter_map(|schema| {
        let names = schema["x-kubernetes-group-version-kind"].as_array()?;
        let name = names.iter().find(|name| name["group"] == GROUP)?;
        Some((name["kind"].as_str()?.to_owned(), fields(schema)))
    });
    ours.collect()
}

fn compare(needed: &Fields, served: &Fields) -> Result<(), Lack> {
    let kinds: Vec<_> = needed.keys().filter(|kind| !served.contains_key(*kind)).cloned().collect();
    if !kinds.is_empty() {
        return Err(Lack::Kinds(kinds));
    }
    let none = BTreeSet::new();
    let lacks =
        needed.iter().filter_map(|(kind, fields)| lacking(kind, fields, served.get(kind).unwrap_or(&none)));
    let lacks: Vec<_> = lacks.collect();
    if lacks.is_empty() { Ok(()) } else { Err(Lack::Fields(lacks)) }
}

/// What one kind lacks, in words.
fn lacking(kind: &str, needed: &BTreeSet<String>, served: &BTreeSet<String>) -> Option<String> {
    // With a field all below it is lacking: that is not worth a word.
    let is_new = |path: &str| needed.contains(path) && !served.contains(path);
    let has_new_parent = |path: &str| {
        let ends = path.char_indices().filter(|(_, c)| ".[{=".contains(*c)).map(|(end, _)| end);
        ends.into_iter().any(|end| is_new(&path[..end]))
    };
    let paths: Vec<_> = needed.iter().filter(|path| is_new(path) && !has_new_parent(path)).collect();
    let named: Vec<_> = paths.iter().take(NAMED).map(|path| format!("{kind}{path}")).collect();
    match paths.len().saturating_sub(NAMED) {
        0 if paths.is_empty() => None,
        0 => Some(named.join(", ")),
        more => Some(format!("{} and {more} more of {kind}", named.join(", "))),
    }
}

/// Every field of a kind but its metadata.
fn fields(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in ["spec", "status"] {
        walk(&schema["properties"][part], &format!(".{part}"), &mut found);
    }
    found
}

fn walk(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    if !schema.is_object() {
        return;
    }
    found.insert(path.to_owned());
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        walk(property, &format!("{path}.{name}"), found);
    }
    walk(&schema["items"], &format!("{path}[]"), found);
    walk(&schema["additionalProperties"], &format!("{path}{{}}"), found);
    let values = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    found.extend(values.map(|value| format!("{path}={value}")));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A description of what this version needs, as an API server gives it.
    fn description() -> Value {
        let definitions = manifest::definitions().unwrap();
        let schemas = definitions.iter().map(|definition| {
            let kind = definition["spec"]["names"]["kind"].as_str().unwrap();
            let mut schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
            schema["x-kubernetes-group-version-kind"] =
                json!([{"group": GROUP, "version": "v1alpha1", "kind": kind}]);
            (format!("dev.slipway.v1alpha1.{kind}"), schema)
        });
        json!({"components": {"schemas": schemas.collect::<BTreeMap<_, _>>()}})
    }

    fn lack(description: &Value) -> String {
        compare(&needed().unwrap(), &served(description)).unwrap_err().to_string()
    }

    #[test]
    fn the_definitions_of_this_version_have_all_it_needs() {
        let needed = needed().unwrap();
        assert_eq!(compare(&needed, &served(&description())), Ok(()));
        assert_eq!(needed.len(), 4);
        let hosts = &needed["BareMetalHost"];
        assert!(hosts.len() > 100 && hosts.contains(".spec.management.redfish.address"), "{hosts:?}");
    }

    #[test]
    fn more_than_is_needed_is_well() {
        let mut newer = description();
        newer["components"]["schemas"]["dev.slipway.v1alpha1.BareMetalHost"]["properties"]["spec"]["properties"]
            ["novelty"] = json!({"type": "string"});
        newer["components"]["schemas"]["dev.slipway.v1alpha1.Novelty"] = json!({"type": "object"});
        assert_eq!(compare(&needed().unwrap(), &served(&newer)), Ok(()));
    }

    #[test]
    fn a_kind_that_is_not_served_is_named() {
        let mut older = description();
        older["components"]["schemas"].as_object_mut().unwrap().remove("dev.slipway.v1alpha1.Infrastructure");
        let told = lack(&older);
        assert!(told.contains("Infrastructure of slipway.dev") && !told.contains("BareMetalHost"), "{told}");
        assert!(told.contains("kubectl apply"), "{told}");
    }

    #[test]
    fn fields_and_values_that_are_lacking_are_named_once_at_their_root() {
        let mut older = description();
        let schema = &mut older["components"]["schemas"]["dev.slipway.v1alpha1.BareMetalHost"];
        schema["properties"]["spec"]["properties"].as_object_mut().unwrap().remove("management");
        let told = lack(&older);
        assert!(told.contains("lack BareMetalHost.spec.management; apply"), "{told}");

        let mut older = description();
        let schema = &mut older["components"]["schemas"]["dev.slipway.v1alpha1.BareMetalHost"];
        schema["properties"]["spec"]["properties"]["power"]["enum"] = json!(["On"]);
        let told = lack(&older);
        assert!(told.contains("BareMetalHost.spec.power=Off"), "{told}");

        let mut older = description();
        older["components"]["schemas"]["dev.slipway.v1alpha1.BareMetalHost"]["properties"]["status"]["properties"] =
            json!({});
        let told = lack(&older);
        assert!(told.contains(" more of BareMetalHost"), "{told}");
    }
}
