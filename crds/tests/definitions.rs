//! What must hold for every definition, whatever its fields are (design, API rules 3, 6 and 7).

#![expect(clippy::unwrap_used, reason = "a test may end so, and so may what it calls")]

use std::path::Path;

use serde_json::{Value, json};
use slipway_crds::generated;
use slipway_crds::manifest::definitions;
use slipway_crds::v1alpha1::{
    BareMetalHostStatus, ClusterSubscriptionStatus, InfrastructureStatus, InstallProfileSpec,
    InstallProfileStatus, InstallRequest,
};

const SIZE_LIMIT: usize = 200 * 1024;
const KINDS: [&str; 4] = ["Infrastructure", "BareMetalHost", "InstallProfile", "ClusterSubscription"];

/// A field of a schema: its path and what the schema says of it.
struct Field {
    path: String,
    schema: Value,
}

fn kind(definition: &Value) -> String {
    definition["spec"]["names"]["kind"].as_str().unwrap().to_owned()
}

fn root(definition: &Value) -> &Value {
    &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
}

fn fields() -> Vec<Field> {
    let mut found = Vec::new();
    for definition in definitions().unwrap() {
        collect(&kind(&definition), root(&definition), &mut found);
    }
    assert!(found.len() > 200, "the walk sees {} fields only", found.len());
    found
}

fn collect(path: &str, schema: &Value, found: &mut Vec<Field>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        collect(&path, property, found);
        found.push(Field { path, schema: property.clone() });
    }
    if let Some(items) = schema.get("items") {
        collect(&format!("{path}[]"), items, found);
    }
}

fn of_conditions(field: &Field) -> bool {
    field.path.contains(".conditions[]")
}

#[test]
fn generated_files_are_in_step() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let stale = generated::out_of_step(repository).unwrap();
    assert!(stale.is_empty(), "run: cargo run -p slipway-crds --bin crdgen -- write\nout of step: {stale:?}");
}

#[test]
fn a_missing_or_changed_file_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let all = generated::files().unwrap().len();
    assert_eq!(generated::out_of_step(directory.path()).unwrap().len(), all);

    generated::write(directory.path()).unwrap();
    assert!(generated::out_of_step(directory.path()).unwrap().is_empty());

    let changed = "config/crd/slipway.dev_installprofiles.yaml";
    std::fs::write(directory.path().join(changed), "{}").unwrap();
    assert_eq!(generated::out_of_step(directory.path()).unwrap(), [Path::new(changed)]);
}

#[test]
fn every_kind_is_defined_and_small() {
    let definitions = definitions().unwrap();
    assert_eq!(definitions.iter().map(kind).collect::<Vec<_>>(), KINDS);
    for definition in &definitions {
        let size = definition.to_string().len();
        assert!(size < SIZE_LIMIT, "{} has {size} bytes", kind(definition));
    }
}

#[test]
fn an_unseen_object_is_not_taken_for_done() {
    for definition in definitions().unwrap() {
        let status = &root(&definition)["properties"]["status"];
        assert_eq!(status["default"], json!({ "observedGeneration": -1 }), "{}", kind(&definition));
        assert_eq!(status.get("nullable"), None, "{}", kind(&definition));
        assert_eq!(status["properties"]["observedGeneration"]["default"], json!(-1), "{}", kind(&definition));
    }
    assert_eq!(BareMetalHostStatus::default().observed_generation, -1);
    assert_eq!(InstallProfileStatus::default().observed_generation, -1);
    assert_eq!(InfrastructureStatus::default().observed_generation, -1);
    assert_eq!(ClusterSubscriptionStatus::default().observed_generation, -1);
}

#[test]
fn defaults_in_code_are_the_defaults_in_the_schema() {
    let profile: InstallProfileSpec =
        serde_json::from_value(json!({ "os": { "name": "" }, "boot": {} })).unwrap();
    assert_eq!(profile, InstallProfileSpec::default());
    let install: InstallRequest =
        serde_json::from_value(json!({ "id": "", "profileRef": { "name": "" } })).unwrap();
    assert_eq!(install, InstallRequest::default());
    assert_eq!(install.timeout.0, "45m");
}

#[test]
fn every_field_is_described_and_every_wish_says_whether_it_can_change() {
    for field in fields() {
        let description = field.schema["description"].as_str().unwrap_or_default();
        assert!(!description.is_empty(), "{} has no description", field.path);
        let wish = field.path.split('.').nth(1) == Some("spec") && field.path.matches('.').count() > 1;
        let says = ["utable", "Key of the list"].iter().any(|word| description.contains(word));
        assert!(!wish || says, "{} does not say whether it can change: {description}", field.path);
    }
}

#[test]
fn no_number_is_unsigned() {
    for field in fields() {
        let format = field.schema["format"].as_str().unwrap_or_default();
        assert!(["", "int32", "int64", "date-time"].contains(&format), "{} has format {format}", field.path);
    }
}

#[test]
fn everything_a_rule_may_look_at_is_bounded() {
    for field in fields().iter().filter(|field| !of_conditions(field)) {
        bounded(&field.path, &field.schema);
    }
}

fn bounded(path: &str, schema: &Value) {
    let open_text = schema.get("enum").is_none() && schema.get("format").is_none();
    match schema["type"].as_str() {
        Some("string") if open_text => assert!(schema["maxLength"].is_u64(), "{path} has no maxLength"),
        Some("array") => {
            assert!(schema["maxItems"].is_u64(), "{path} has no maxItems");
            bounded(&format!("{path}[]"), &schema["items"]);
        }
        Some("object") if schema.get("properties").is_none() => {
            assert!(schema["maxProperties"].is_u64(), "{path} has no maxProperties");
            bounded(&format!("{path}{{}}"), &schema["additionalProperties"]);
        }
        _ => {}
    }
}

#[test]
fn every_rule_has_a_message() {
    let mut rules = 0;
    for field in fields() {
        for rule in field.schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
            let message = rule["message"].as_str().unwrap_or_default();
            assert!(message.len() > 20, "{}: {rule}", field.path);
            rules += 1;
        }
    }
    assert!(rules > 60, "{rules} rules only");
}

/// kubectl reads YAML 1.1, in which these bare words are booleans: an enum of them would become one of booleans.
#[test]
fn no_word_is_a_boolean_to_kubectl() {
    let words = ["y", "n", "yes", "no", "on", "off"];
    for file in generated::files().unwrap() {
        for line in file.content.lines().filter(|_| file.path.extension().is_some_and(|kind| kind == "yaml"))
        {
            let value =
                line.rsplit_once("- ").or_else(|| line.rsplit_once(": ")).map_or(line, |(_, value)| value);
            assert!(!words.contains(&value.to_lowercase().as_str()), "{}: {line}", file.path.display());
        }
    }
}

#[test]
fn every_kind_shows_state_ready_reason_age_and_widely_the_message() {
    for definition in definitions().unwrap() {
        let columns =
            definition["spec"]["versions"][0]["additionalPrinterColumns"].as_array().unwrap().clone();
        let name = |column: &Value| column["name"].as_str().unwrap().to_owned();
        let narrow: Vec<String> =
            columns.iter().filter(|column| column["priority"].is_null()).map(name).collect();
        for wanted in ["State", "Ready", "Reason", "Age"] {
            assert!(narrow.contains(&wanted.to_owned()), "{} lacks {wanted}", kind(&definition));
        }
        assert!(narrow.len() <= 8, "{} has {} columns", kind(&definition), narrow.len());
        let last = columns.last().unwrap();
        assert_eq!((name(last).as_str(), &last["priority"]), ("Message", &json!(1)), "{}", kind(&definition));
    }
}
