//! Labels and capabilities (row 12 of facts/ocm.md §9.1), with the commands of the installer's page.

use serde_json::{Value, json};
use slipway_e2e::foreign::OcmClient;
use slipway_sim::OcmRights;

use crate::stage::{API, PERSON, SERVICE, Stage, has, refused, text};

const CAPABILITY: &str = "capability.organization.bare_metal_installer_multiarch";

pub(crate) async fn capability_of_an_organization(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::of_service(&client).await?;
    let organization = format!("{API}/organizations/{}", stage.account(SERVICE)?.organization_id);
    let (labels, one) = (format!("{organization}/labels"), format!("{organization}/labels/{CAPABILITY}"));
    // The page's own body and, for a service account, its own answer: the support sets such labels.
    let body = json!({"internal": true, "key": CAPABILITY, "value": "true"});
    let file = "capability.json";
    stage.desk().write(file, &body.to_string())?;
    refused(&stage.ocm(&["post", &labels, "--body", file]).await?, &[11])?;
    stage.service().set_rights(SERVICE, OcmRights::everything());
    let label = stage.ocm(&["post", &labels, "--body", file]).await?.json()?;
    has(
        &label,
        &[
            ("/kind", "Label"),
            ("/key", CAPABILITY),
            ("/value", "true"),
            ("/type", "Organization"),
            ("/href", &one),
        ],
    )?;
    anyhow::ensure!(label["internal"] == true, "{label}");

    let fetched = stage.get(&[&organization, "--parameter", "fetchCapabilities=true"]).await?;
    anyhow::ensure!(
        fetched["capabilities"] == json!([{"name": CAPABILITY, "value": "true", "inherited": false}]),
        "{fetched}"
    );
    let plain = stage.get(&[&organization]).await?;
    anyhow::ensure!(plain.get("capabilities").is_none(), "what nobody asked for: {plain}");
    let listed = stage.get(&[&labels]).await?;
    has(&listed, &[("/kind", "LabelList"), ("/items/0/key", CAPABILITY)])?;
    has(&stage.get(&[&one]).await?, &[("/value", "true")])?;
    inherited(&stage).await?;

    // Once more is a change, not another.
    let again = json!({"internal": true, "key": CAPABILITY, "value": "false"});
    has(
        &stage.send(&["post", &labels], &again).await?.json()?,
        &[("/value", "false"), ("/id", text(&label, "/id")?)],
    )?;
    anyhow::ensure!(stage.get(&[&labels]).await?["total"] == 1, "there are two now");
    anyhow::ensure!(stage.ocm(&["delete", &one]).await?.ok()?.is_empty(), "204 has a body");
    refused(&stage.ocm(&["delete", &one]).await?, &[7])?;
    refused(&stage.ocm(&["get", &one]).await?, &[7])?;
    stage.switch_to(PERSON).await?;
    refused(
        &stage.send(&["post", &labels], &json!({"internal": false, "key": "a", "value": "b"})).await?,
        &[11],
    )?;
    Ok(())
}

/// Records have the capabilities of their organization.
async fn inherited(stage: &Stage) -> anyhow::Result<()> {
    let id = stage.reserve("labelled", "labelled").await?;
    let record = stage.get(&["sub", &id, "-p", "fetchCapabilities=true"]).await?;
    let wanted = json!([{"name": CAPABILITY, "value": "true", "inherited": true}]);
    anyhow::ensure!(record["capabilities"] == wanted, "{record}");
    Ok(())
}

pub(crate) async fn labels_of_a_record(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::of_service(&client).await?;
    let id = stage.reserve("labelled", "labelled").await?;
    let labels = format!("{API}/subscriptions/{id}/labels");
    for (key, value) in [("slipway.site", "berlin"), ("slipway.team", "red"), ("somebody else's 1%", "100 %")]
    {
        let body = json!({"internal": false, "key": key, "value": value});
        has(
            &stage.send(&["post", &labels], &body).await?.json()?,
            &[("/key", key), ("/type", "Subscription")],
        )?;
    }
    let keys = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().into_iter().flatten();
        let mut keys: Vec<String> = items.filter_map(|one| one["key"].as_str()).map(str::to_owned).collect();
        keys.sort_unstable();
        keys
    };
    let found = keys(&stage.get(&[&labels, "-p", "search=key like 'slipway.%'"]).await?);
    anyhow::ensure!(found == ["slipway.site", "slipway.team"], "{found:?}");
    let foreign = format!("{labels}/somebody%20else's%201%25");
    has(&stage.get(&[&foreign]).await?, &[("/value", "100 %")])?;
    let changed =
        stage.send(&["patch", &format!("{labels}/slipway.site")], &json!({"value": "paris"})).await?;
    has(&changed.json()?, &[("/value", "paris")])?;
    stage.ocm(&["delete", &foreign]).await?.ok()?;
    let found = keys(&stage.get(&[&labels]).await?);
    anyhow::ensure!(found == ["slipway.site", "slipway.team"], "{found:?}");
    a_slash_is_out_of_reach(&stage, &labels).await
}

/// The client takes the percent signs off a path before it sends it: a key with a slash can be made and never be read.
async fn a_slash_is_out_of_reach(stage: &Stage, labels: &str) -> anyhow::Result<()> {
    let body = json!({"internal": false, "key": "example.com/key", "value": "x"});
    let made = stage.send(&["post", labels], &body).await?.json()?;
    has(&made, &[("/key", "example.com/key")])?;
    let one = format!("{labels}/example.com%2Fkey");
    let (said, calls) = stage.calls_of(stage.ocm(&["get", &one])).await?;
    refused(&said, &[7])?;
    anyhow::ensure!(calls[0].path.ends_with("/labels/example.com/key"), "it can now: {calls:?}");
    Ok(())
}
