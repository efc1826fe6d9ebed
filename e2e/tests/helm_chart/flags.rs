//! Every flag of the operator can be set by the chart, with the operator's own default, and the operator takes what the chart renders.

use std::collections::BTreeMap;
use std::process::Stdio;

use anyhow::Context as _;
use serde_json::Value;
use slipway_e2e::program;
use tokio::process::Command;

use crate::manifest::{only, texts};
use crate::stage::Stage;
use crate::{matrix, schema};

/// Made from the operator's own definition of its arguments, and kept in step there.
const REFERENCE: &str = "docs/reference/operator.md";
/// Keys of the operator that are no values, and why.
const NOT_VALUES: &[(&str, &str)] = &[
    ("operatorNamespace", "the release's namespace"),
    ("identity", "the Pod's name, from the downward API"),
    ("dataDir", "where the volume is mounted"),
    ("metricsTlsCert", "metrics.tlsSecretName"),
    ("metricsTlsKey", "metrics.tlsSecretName"),
];
/// How the operator ends when its command line is wrong.
const WRONG_COMMAND_LINE: i32 = 2;

pub(crate) async fn none_forgotten(stage: Stage) -> anyhow::Result<()> {
    let flags = flags()?;
    let leaves = schema::leaves()?;
    let values: BTreeMap<&str, &Value> =
        leaves.iter().filter_map(|leaf| Some((leaf.path.as_str(), leaf.default.as_ref()?))).collect();
    for (key, default) in &flags {
        if NOT_VALUES.iter().any(|(name, _)| name == key) {
            continue;
        }
        let value = values.get(key.as_str()).with_context(|| format!("the chart has no value {key}"))?;
        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let same = plain == *default || (default.is_empty() && ["", "[]", "false"].contains(&plain.as_str()));
        anyhow::ensure!(same, "{key}: the operator's default is {default:?}, the chart's {plain:?}");
    }
    for (key, why) in NOT_VALUES {
        anyhow::ensure!(flags.contains_key(*key), "the operator has no {key} any more ({why})");
    }
    taken(&stage).await
}

/// The operator's keys with their defaults.
fn flags() -> anyhow::Result<BTreeMap<String, String>> {
    let page = std::fs::read_to_string(program::project().join(REFERENCE)).context(REFERENCE)?;
    let mut found = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("| `--")) {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        if let [_, _, _, key, default, ..] = cells[..]
            && !key.is_empty()
        {
            found.insert(key.to_owned(), default.to_owned());
        }
    }
    anyhow::ensure!(found.len() > 20, "{REFERENCE} lists {found:?}");
    Ok(found)
}

/// The operator reads the command line of every combination, and of `helm test`; without a cluster it then ends otherwise.
async fn taken(stage: &Stage) -> anyhow::Result<()> {
    let operator = program::operator().await?;
    let mut seen = Vec::new();
    for (combination, values) in matrix::combinations()? {
        let objects = stage.objects("slipway-system", &values).await?;
        let run = texts(only(&objects, "Deployment")?, "/spec/template/spec/containers/0/args").join("\n");
        let check = texts(only(&objects, "Pod")?, "/spec/containers/0/args").join("\n");
        anyhow::ensure!(check == format!("{run}\ncheck"), "{combination}: {check}");
        for line in [run, check] {
            let mut command = Command::new(&operator);
            command.args(line.lines()).env_clear().env("KUBECONFIG", "/nowhere").kill_on_drop(true);
            let output = command.stdin(Stdio::null()).output().await?;
            let said = String::from_utf8_lossy(&output.stderr);
            let code = output.status.code();
            anyhow::ensure!(
                code.is_some_and(|code| code != 0 && code != WRONG_COMMAND_LINE),
                "{combination}: slipway {line:?} ended with {code:?}: {said}"
            );
            seen.push(line);
        }
    }
    for flag in ["--namespace=", "--allow-network=", "--metrics-tls-cert=", "--delete-orphaned-subscriptions"]
    {
        anyhow::ensure!(seen.iter().any(|line| line.contains(flag)), "no combination renders {flag}");
    }
    Ok(())
}
