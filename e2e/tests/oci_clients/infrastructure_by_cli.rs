//! `oci ccc infrastructure`: all six commands, and what they show when the service refuses.

use serde_json::{Value, json};
use slipway_e2e::foreign::OciClients;

use crate::stage::{Stage, etag, refused, text};

pub(crate) async fn whole_life(clients: OciClients) -> anyhow::Result<()> {
    let stage = Stage::start(&clients).await?;
    let made = create(&stage).await?;
    let id = text(&made, "/data/id")?;
    let got = stage.infrastructure("get", &["--infrastructure-id", id]).await?.json()?;
    anyhow::ensure!(got == made, "create shows {made}, get shows {got}");
    let moved = wishes(&stage, id, etag(&made)?).await?;
    refusals(&stage, id, etag(&made)?).await?;
    waiting(&stage, id).await?;
    change_compartment(&stage, id, &moved).await?;
    delete(&stage, id).await
}

async fn create(stage: &Stage) -> anyhow::Result<Value> {
    let made = stage
        .infrastructure(
            "create",
            &[
                "--compartment-id",
                stage.compartment(),
                "--display-name",
                "rack one",
                "--subnet-id",
                stage.subnet(),
                "--description",
                "Gerät №1",
                "--connection-details",
                "by hand",
                "--freeform-tags",
                r#"{"team": "blue"}"#,
                "--wait-for-state",
                "ACTIVE",
            ],
        )
        .await?
        .json()?;
    let expected = [
        ("/data/display-name", json!("rack one")),
        ("/data/description", json!("Gerät №1")),
        ("/data/connection-details", json!("by hand")),
        ("/data/connection-state", json!("REJECT")),
        ("/data/compartment-id", json!(stage.compartment())),
        ("/data/freeform-tags/team", json!("blue")),
        ("/data/provisioning-fingerprint", Value::Null),
    ];
    for (place, value) in expected {
        anyhow::ensure!(made.pointer(place) == Some(&value), "{place} is not {value}: {made}");
    }
    anyhow::ensure!(!text(&made, "/data/provisioning-pin")?.is_empty(), "no PIN");
    Ok(made)
}

/// Updates with the right etag; the last answer.
async fn wishes(stage: &Stage, id: &str, etag_now: &str) -> anyhow::Result<Value> {
    let named = update(stage, id, &["--display-name", "rack two", "--if-match", etag_now]).await?.json()?;
    anyhow::ensure!(text(&named, "/data/display-name")? == "rack two", "not renamed: {named}");
    anyhow::ensure!(
        text(&named, "/data/description")? == "Gerät №1",
        "what was not given has changed: {named}"
    );
    anyhow::ensure!(etag(&named)? != etag_now, "the etag has not changed");
    // The command line asks before it overwrites tags, and nobody answers.
    let asked = update(stage, id, &["--freeform-tags", r#"{"a": "b"}"#]).await?;
    anyhow::ensure!(asked.code == Some(1) && asked.err.contains("Abort"), "it did not ask: {asked:?}");
    let tags = ["--freeform-tags", r#"{"a": "b"}"#, "--if-match", etag(&named)?, "--force"];
    let tagged = update(stage, id, &tags).await?.json()?;
    anyhow::ensure!(tagged["data"]["freeform-tags"] == json!({"a": "b"}), "tags are not replaced: {tagged}");
    Ok(tagged)
}

async fn refusals(stage: &Stage, id: &str, old: &str) -> anyhow::Result<()> {
    let said = update(stage, id, &["--display-name", "x", "--if-match", old]).await?;
    refused(&said, 412, "NoEtagMatch")?;
    for (state, status, code) in [
        ("READY", 409, "IncorrectState"),
        ("CONNECTED", 400, "InvalidParameter"),
        ("REQUEST", 400, "InvalidParameter"),
        ("SOMETHING", 400, "InvalidParameter"),
    ] {
        let wish = ["--infrastructure-id", id, "--connection-state", state];
        refused(&stage.infrastructure_once("update", &wish).await?, status, code)?;
    }
    let nobody = "ocid1.cccinfrastructure.oc1.iad.nobody";
    let said = stage.infrastructure("get", &["--infrastructure-id", nobody]).await?;
    refused(&said, 404, "NotAuthorizedOrNotFound")
}

/// `--wait-for-state` looks at the lifecycle, and ends with 2 when the state does not come (facts/oci.md §1.9).
async fn waiting(stage: &Stage, id: &str) -> anyhow::Result<()> {
    let brief = ["--wait-for-state", "FAILED", "--max-wait-seconds", "1", "--wait-interval-seconds", "1"];
    let said = update(stage, id, &[&["--description", "waited for"][..], &brief].concat()).await?;
    anyhow::ensure!(said.code == Some(2), "waiting in vain ends with {said:?}");
    let there = ["--description", "waited for", "--wait-for-state", "ACTIVE"];
    update(stage, id, &there).await?.ok()?;
    Ok(())
}

async fn change_compartment(stage: &Stage, id: &str, before: &Value) -> anyhow::Result<()> {
    let to = ["--infrastructure-id", id, "--compartment-id", stage.other_compartment()];
    let said = stage
        .infrastructure("change-compartment", &[&to[..], &["--if-match", etag(before)?]].concat())
        .await?;
    refused(&said, 412, "NoEtagMatch")?;
    stage.infrastructure("change-compartment", &to).await?.ok()?;
    for (compartment, count) in [(stage.compartment(), 0), (stage.other_compartment(), 1)] {
        let listed = stage.infrastructure("list", &["--compartment-id", compartment]).await?.json()?;
        let found = listed["data"]["items"].as_array().map_or(0, Vec::len);
        anyhow::ensure!(found == count, "{compartment} has {found}: {listed}");
    }
    Ok(())
}

async fn delete(stage: &Stage, id: &str) -> anyhow::Result<()> {
    let delete = ["--infrastructure-id", id, "--force"];
    let said = stage.infrastructure("delete", &[&delete[..], &["--if-match", "stale"]].concat()).await?;
    refused(&said, 412, "NoEtagMatch")?;
    stage.infrastructure("delete", &[&delete[..], &["--wait-for-state", "DELETED"]].concat()).await?.ok()?;
    refused(&stage.infrastructure("delete", &delete).await?, 404, "NotAuthorizedOrNotFound")
}

async fn update(stage: &Stage, id: &str, wish: &[&str]) -> anyhow::Result<slipway_e2e::foreign::Said> {
    stage.infrastructure("update", &[&["--infrastructure-id", id][..], wish].concat()).await
}
