//! No value is without effect: what a combination sets, and the default would not give, changes what is rendered.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::stage::Stage;
use crate::{matrix, schema};

const NAMESPACE: &str = "slipway-system";

pub(crate) async fn every_value_changes_something(stage: Stage) -> anyhow::Result<()> {
    let leaves = schema::leaves()?;
    let mut idle: BTreeSet<&str> = leaves.iter().map(|leaf| leaf.path.as_str()).collect();
    for text in matrix::combinations()?.values() {
        let values: Value = serde_yaml::from_str(text)?;
        let with = stage.render(NAMESPACE, text).await?.ok()?.to_owned();
        for leaf in leaves.iter().filter(|leaf| matrix::sets(&values, &leaf.path)) {
            if !idle.contains(leaf.path.as_str()) {
                continue;
            }
            // By its default, not by its absence: helm takes both for the same.
            let without = reset(&values, &leaf.path, leaf.default.as_ref());
            let said = stage.render(NAMESPACE, &without.to_string()).await?;
            // Values that go together cannot be taken apart: without one of them the schema refuses the others, which proves nothing.
            if said.code == Some(0) && said.out != with {
                idle.remove(leaf.path.as_str());
            }
        }
    }
    anyhow::ensure!(idle.is_empty(), "nothing changes with {idle:?}");
    Ok(())
}

fn reset(values: &Value, path: &str, default: Option<&Value>) -> Value {
    let mut values = values.clone();
    if let Some(place) = values.pointer_mut(&format!("/{}", path.replace('.', "/"))) {
        *place = default.cloned().unwrap_or_default();
    }
    values
}
