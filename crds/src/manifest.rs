//! The definitions of all kinds, as they are installed.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::{Value, json};

use crate::v1alpha1::{BareMetalHost, ClusterSubscription, Infrastructure, InstallProfile};

/// The definition of each kind as JSON, in the order of design §2.
///
/// # Errors
/// When a definition cannot be expressed as JSON, which the tests of this crate exclude.
pub fn definitions() -> serde_json::Result<Vec<Value>> {
    [Infrastructure::crd(), BareMetalHost::crd(), InstallProfile::crd(), ClusterSubscription::crd()]
        .into_iter()
        .map(finish)
        .collect()
}

/// What the derive cannot say: the default of an unseen status (design, API rule 3), and descriptions on one line.
fn finish(definition: CustomResourceDefinition) -> serde_json::Result<Value> {
    let mut definition = serde_json::to_value(definition)?;
    if let Some(versions) = definition.pointer_mut("/spec/versions").and_then(Value::as_array_mut) {
        for version in versions {
            if let Some(schema) = version.pointer_mut("/schema/openAPIV3Schema") {
                default_status(schema);
                tidy(schema);
            }
        }
    }
    Ok(definition)
}

/// A `null` status is dropped and the default takes its place only when the field is not nullable.
fn default_status(schema: &mut Value) {
    if let Some(status) = schema.pointer_mut("/properties/status").and_then(Value::as_object_mut) {
        status.remove("nullable");
        status.insert("default".into(), json!({ "observedGeneration": crate::NEVER_OBSERVED }));
    }
}

/// Descriptions lose the line breaks of the source, and bounds the fraction that turns `64` into `64.0`.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "description" => *text = one_line(text),
                    Value::Number(number) if name == "minimum" || name == "maximum" => {
                        if let Some(whole) = whole_number(number.as_f64()) {
                            *value = whole;
                        }
                    }
                    _ => tidy(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn whole_number(bound: Option<f64>) -> Option<Value> {
    let bound = bound.filter(|bound| bound.fract() == 0.0)?;
    format!("{bound:.0}").parse::<i64>().ok().map(Value::from)
}
