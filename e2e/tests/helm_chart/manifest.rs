//! Objects in text with several documents.

use anyhow::Context as _;
use serde::Deserialize as _;
use serde_json::Value;

/// The objects of a text with several documents.
pub(crate) fn objects(text: &str) -> anyhow::Result<Vec<Value>> {
    let mut found = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let object = Value::deserialize(document).context("what was rendered is not YAML")?;
        if !object.is_null() {
            found.push(object);
        }
    }
    Ok(found)
}

/// Those of one kind.
pub(crate) fn of_kind<'a>(objects: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    objects.iter().filter(move |object| object["kind"] == kind)
}

/// The only one of its kind.
pub(crate) fn only<'a>(objects: &'a [Value], kind: &'a str) -> anyhow::Result<&'a Value> {
    let all: Vec<&Value> = of_kind(objects, kind).collect();
    anyhow::ensure!(all.len() == 1, "{} objects of kind {kind}", all.len());
    Ok(all[0])
}

/// `Kind namespace/name`, for words and as a key.
pub(crate) fn name(object: &Value) -> String {
    format!(
        "{} {}/{}",
        text(object, "/kind"),
        text(object, "/metadata/namespace"),
        text(object, "/metadata/name")
    )
}

/// Text at a pointer; empty when it is not there.
pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Texts of a list; none when it is not there.
pub(crate) fn texts<'a>(object: &'a Value, pointer: &str) -> Vec<&'a str> {
    object
        .pointer(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
