//! `oci ccc infrastructure list`: pages, order and filters.

use std::time::Duration;

use slipway_e2e::foreign::OciClients;

use crate::stage::Stage;

const NAMES: [&str; 5] = ["c", "a", "e", "b", "d"];

pub(crate) async fn pages_order_and_filters(clients: OciClients) -> anyhow::Result<()> {
    let stage = Stage::start(&clients).await?;
    for name in NAMES {
        // Newest first is the service's own order, and it is told by milliseconds.
        stage.advance(Duration::from_secs(1));
        let _id = stage.cloud().create_infrastructure(stage.account(), name);
    }
    let sorted = ["--sort-by", "displayName"];
    let expected: &[(&[&str], &str)] = &[
        (&["--all", "--page-size", "2"], "abcde"),
        (&["--all", "--page-size", "2", "--sort-order", "DESC"], "edcba"),
        (&["--limit", "3"], "abc"),
        (&["--display-name", "d"], "d"),
        (&["--display-name-contains", "e"], "e"),
        (&["--lifecycle-state", "FAILED"], ""),
    ];
    for (arguments, names) in expected {
        let shown = shown(&stage, &[&sorted[..], arguments].concat()).await?.concat();
        anyhow::ensure!(shown == *names, "{arguments:?} shows {shown}, not {names}");
    }
    let newest = shown(&stage, &["--all", "--page-size", "2"]).await?.concat();
    anyhow::ensure!(newest == "dbeac", "the order is {newest}");
    Ok(())
}

async fn shown(stage: &Stage, arguments: &[&str]) -> anyhow::Result<Vec<String>> {
    let said = stage
        .infrastructure("list", &[&["--compartment-id", stage.compartment()][..], arguments].concat())
        .await?
        .json()?;
    let items = said["data"]["items"].as_array().into_iter().flatten();
    Ok(items.filter_map(|item| item["display-name"].as_str()).map(str::to_owned).collect())
}
