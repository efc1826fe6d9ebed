//! The reference of one kind: a table of fields for each object in its schema.

use std::fmt::Write as _;

use serde_json::Value;

use super::text;

/// Conditions have one shape on every kind; it is described in the index only.
const NOT_DESCENDED: &str = "conditions";

/// The page of one definition.
pub(super) fn page(definition: &Value) -> String {
    let schema = "/spec/versions/0/schema/openAPIV3Schema";
    let mut page = format!(
        "<!-- Made by crdgen from the types in crds/. -->\n# {}\n\n{}\n\n`apiVersion: {}/{}`, short name `{}`, namespaced.\n",
        text(definition, "/spec/names/kind"),
        text(definition, &format!("{schema}/description")),
        text(definition, "/spec/group"),
        text(definition, "/spec/versions/0/name"),
        text(definition, "/spec/names/shortNames/0"),
    );
    columns(definition, &mut page);
    for part in ["spec", "status"] {
        if let Some(object) = definition.pointer(&format!("{schema}/properties/{part}")) {
            section(part, object, &mut page);
        }
    }
    page
}

/// The list of pages.
pub(super) fn index(definitions: &[Value]) -> String {
    let mut index = String::from("<!-- Made by crdgen from the types in crds/. -->\n# API reference\n\n");
    for definition in definitions {
        let line = format!(
            "- [{}]({}.md): {}\n",
            text(definition, "/spec/names/kind"),
            text(definition, "/spec/names/singular"),
            text(definition, "/spec/versions/0/schema/openAPIV3Schema/description"),
        );
        index.push_str(&line);
    }
    index.push_str(
        "\nEvery kind has `status.conditions`, a list with one entry for each `type`; `kubectl explain KIND.status.conditions` shows its \
         fields. Durations are text such as `45m`; times are RFC 3339. A reference names an object in the same namespace.\n\n\
         Quote `\"On\"` and `\"Off\"`: YAML takes the bare words for booleans.\n",
    );
    index
}

fn columns(definition: &Value, page: &mut String) {
    page.push_str("\n## Columns of `kubectl get`\n\n| Column | Wide only | Shows |\n| --- | --- | --- |\n");
    for column in array(definition, "/spec/versions/0/additionalPrinterColumns") {
        let wide = column.get("priority").and_then(Value::as_i64).is_some_and(|priority| priority > 0);
        row(page, &[text(column, "/name"), if wide { "yes" } else { "" }, text(column, "/description")]);
    }
}

fn section(path: &str, object: &Value, page: &mut String) {
    let Some(properties) = object.get("properties").and_then(Value::as_object) else {
        return;
    };
    let required: Vec<&str> = array(object, "/required").iter().filter_map(Value::as_str).collect();
    let heading = format!(
        "\n## `{path}`\n\n{}\n\n| Field | Type | Needed | Default | Meaning |\n| --- | --- | --- | --- | --- |\n",
        text(object, "/description")
    );
    page.push_str(&heading);
    for (name, schema) in properties {
        let needed = if required.contains(&name.as_str()) { "yes" } else { "" };
        let default = schema.get("default").map_or_else(String::new, |value| format!("`{value}`"));
        let field = format!("`{name}`");
        row(page, &[&field, &type_of(schema), needed, &default, text(schema, "/description")]);
    }
    rules(object, properties, page);
    for (name, schema) in properties.iter().filter(|(name, _)| *name != NOT_DESCENDED) {
        section(&format!("{path}.{name}"), schema, page);
        if let Some(items) = schema.get("items") {
            section(&format!("{path}.{name}[]"), items, page);
        }
    }
}

fn rules(object: &Value, properties: &serde_json::Map<String, Value>, page: &mut String) {
    let own = array(object, "/x-kubernetes-validations").iter();
    let of_fields = properties.values().flat_map(|schema| array(schema, "/x-kubernetes-validations"));
    let of_leaves = of_fields.filter(|rule| !own.clone().any(|other| other == *rule));
    let messages: Vec<&str> = own.clone().chain(of_leaves).map(|rule| text(rule, "/message")).collect();
    if messages.is_empty() {
        return;
    }
    page.push_str("\nRules:\n\n");
    for message in messages {
        let _ = writeln!(page, "- {message}");
    }
}

fn type_of(schema: &Value) -> String {
    let values: Vec<String> =
        array(schema, "/enum").iter().filter_map(Value::as_str).map(|value| format!("`{value}`")).collect();
    if !values.is_empty() {
        return values.join(", ");
    }
    match text(schema, "/type") {
        "array" => format!(
            "list of {}{}",
            schema.get("items").map_or_else(String::new, type_of),
            limit(schema, "maxItems", "items")
        ),
        "object" if schema.get("additionalProperties").is_some() => {
            format!("map of text{}", limit(schema, "maxProperties", "entries"))
        }
        "string" if text(schema, "/format") == "date-time" => "time".into(),
        "string" => format!("text{}", limit(schema, "maxLength", "characters")),
        "integer" => format!("whole number{}", range(schema)),
        other => other.into(),
    }
}

fn limit(schema: &Value, bound: &str, unit: &str) -> String {
    schema
        .get(bound)
        .and_then(Value::as_i64)
        .map_or_else(String::new, |most| format!(", at most {most} {unit}"))
}

fn range(schema: &Value) -> String {
    let least = schema.get("minimum").map(|least| format!(", from {least}"));
    let most = schema.get("maximum").map(|most| format!(", to {most}"));
    [least, most].into_iter().flatten().collect()
}

fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn array<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
