//! `values.yaml` and the table in the chart's README are made from the schema. `SLIPWAY_UPDATE=1` rewrites them.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde_json::Value;

use crate::schema::{self, Entry};
use crate::stage;

const HEAD: &str = "# Made from values.schema.json. Change that and run:\n\
                    #   SLIPWAY_UPDATE=1 cargo test -p slipway-e2e --test helm_chart\n";
const BEGIN: &str = "<!-- The table is made from values.schema.json: SLIPWAY_UPDATE=1 cargo test -p slipway-e2e --test helm_chart -->\n";
const END: &str = "<!-- End of the table. -->\n";

pub(crate) fn in_step() -> anyhow::Result<()> {
    let entries = schema::entries()?;
    let readme = stage::file("README.md")?;
    let (before, rest) = readme.split_once(BEGIN).context("the README has no begin of the table")?;
    let (_, after) = rest.split_once(END).context("the README has no end of the table")?;
    let wanted = [
        ("values.yaml", values(&entries)?),
        ("README.md", format!("{before}{BEGIN}{}{END}{after}", table(&entries))),
    ];
    for (name, wanted) in wanted {
        if std::env::var_os("SLIPWAY_UPDATE").is_some_and(|value| value == "1") {
            std::fs::write(stage::chart().join(name), &wanted)?;
        }
        let there = stage::file(name).unwrap_or_default();
        anyhow::ensure!(there == wanted, "{name} is out of step; run the test with SLIPWAY_UPDATE=1");
    }
    Ok(())
}

fn values(entries: &[Entry]) -> anyhow::Result<String> {
    let mut text = HEAD.to_owned();
    for entry in entries {
        let (name, depth) = entry.name();
        let indent = "  ".repeat(depth);
        let value = entry.default.as_ref().map(|value| format!(" {}", flow(value)));
        write!(text, "\n{indent}# {}\n{indent}{name}:{}\n", entry.description, value.unwrap_or_default())?;
    }
    Ok(text)
}

fn table(entries: &[Entry]) -> String {
    let mut text = "\n| Value | Type | Default | Meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for entry in entries {
        let row = match &entry.default {
            Some(default) => format!(
                "| `{}` | {} | `{}` | {} |\n",
                entry.path,
                entry.kind,
                flow(default),
                entry.description
            ),
            None => format!("| **{}** | | | {} |\n", entry.path, entry.description),
        };
        text.push_str(&row);
    }
    text.push('\n');
    text
}

/// A value on one line, which is both JSON and YAML.
fn flow(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}: {}", flow(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        plain => plain.to_string(),
    }
}
