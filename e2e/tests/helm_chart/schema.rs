//! The values that the chart's schema allows, in its order.

use anyhow::Context as _;
use serde_yaml::{Mapping, Value};

use crate::stage;

/// A value, or a group of values.
pub(crate) struct Entry {
    /// `bootService.port`.
    pub(crate) path: String,
    /// Words about it.
    pub(crate) description: String,
    /// Its type in words.
    pub(crate) kind: String,
    /// JSON; none for a group.
    pub(crate) default: Option<serde_json::Value>,
}

impl Entry {
    /// The name below its group, and how many groups it is in.
    pub(crate) fn name(&self) -> (&str, usize) {
        (self.path.rsplit('.').next().unwrap_or_default(), self.path.matches('.').count())
    }
}

/// The schema, whose order is the order of the values.
pub(crate) fn read() -> anyhow::Result<Value> {
    Ok(serde_yaml::from_str(&stage::file("values.schema.json")?)?)
}

/// All values and groups; a group stands before what is in it.
pub(crate) fn entries() -> anyhow::Result<Vec<Entry>> {
    let root = read()?;
    let mut found = Vec::new();
    collect(&root, &root, "", &mut found)?;
    anyhow::ensure!(found.len() > 60, "the walk sees {} values only", found.len());
    Ok(found)
}

/// Values without groups.
pub(crate) fn leaves() -> anyhow::Result<Vec<Entry>> {
    Ok(entries()?.into_iter().filter(|entry| entry.default.is_some()).collect())
}

fn collect(root: &Value, group: &Value, above: &str, found: &mut Vec<Entry>) -> anyhow::Result<()> {
    for (name, schema) in mapping(&group["properties"])? {
        let name = name.as_str().context("a name is not text")?;
        let path = if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
        let default = schema.get("default").map(serde_json::to_value).transpose()?;
        let description =
            schema["description"].as_str().with_context(|| format!("{path} has no description"))?.to_owned();
        let is_group = default.is_none();
        found.push(Entry { path: path.clone(), description, kind: kind(root, schema), default });
        if is_group {
            collect(root, schema, &path, found)
                .with_context(|| format!("{path} has neither default nor properties"))?;
        }
    }
    Ok(())
}

fn mapping(value: &Value) -> anyhow::Result<&Mapping> {
    value.as_mapping().context("no properties")
}

fn kind(root: &Value, schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return root["$defs"][name]["title"].as_str().unwrap_or(name).to_owned();
    }
    if let Some(values) = schema["enum"].as_sequence() {
        let words = values
            .iter()
            .filter_map(Value::as_str)
            .map(|word| if word.is_empty() { "empty".into() } else { format!("`{word}`") });
        return words.collect::<Vec<String>>().join(", ");
    }
    let kind = schema["type"].as_str().map_or("integer or null", |kind| kind);
    match (kind, schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        ("string", ..) => "text".into(),
        ("array", ..) => "list".into(),
        ("object", ..) => "map".into(),
        (kind, Some(least), Some(most)) => format!("{kind}, {least} to {most}"),
        (kind, ..) => kind.into(),
    }
}
