//! A record's whole life by hand: reserved, amended, active, deleted (rows 9 to 11 of facts/ocm.md §9.1).

use serde_json::json;
use slipway_e2e::foreign::OcmClient;

use crate::stage::{API, PERSON, SERVICE, Stage, failed_with, has, names, refused, text};

const CLUSTER: &str = "5e0cb9d4-6a2e-4a3a-8a0e-1d0a1e2b3c4d";
const EXTERNAL: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

pub(crate) async fn whole_life(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::of_service(&client).await?;
    let answer = stage.reserve_for(SERVICE, CLUSTER, "demo").await?.json()?;
    anyhow::ensure!(answer["allowed"] == true && answer["excess_resources"] == json!([]), "{answer}");
    has(&answer, &[("/organization_id", &stage.account(SERVICE)?.organization_id)])?;
    let id = text(&answer, "/subscription/id")?;
    let path = format!("{API}/subscriptions/{id}");
    has(&answer, &[("/subscription/kind", "Subscription"), ("/subscription/href", &path)])?;
    // As the installer's page has it.
    let search = format!("search=cluster_id = '{CLUSTER}'");
    let list = stage.get(&["subscriptions", "--parameter", &search]).await?;
    has(&list, &[("/items/0/id", id), ("/items/0/status", "Reserved"), ("/items/0/display_name", "demo")])?;
    has(&list, &[("/items/0/plan/id", "OCP-AssistedInstall"), ("/items/0/support_level", "Eval")])?;
    has(&list, &[("/items/0/provenance", "Provisioning"), ("/items/0/cluster_id", CLUSTER)])?;

    let console = "https://console.apps.demo.example.com";
    let external = json!({"kind": "Subscription", "external_cluster_id": EXTERNAL});
    stage.patch(id, &external).await?.json()?;
    stage.patch(id, &json!({"display_name": "renamed"})).await?.json()?;
    stage.desk().write("active.json", &json!({"status": "Active", "console_url": console}).to_string())?;
    let record = stage.ocm(&["patch", &path, "--body", "active.json"]).await?.json()?;
    let wanted = [
        ("/status", "Active"),
        ("/display_name", "renamed"),
        ("/console_url", console),
        ("/external_cluster_id", EXTERNAL),
        ("/cluster_id", CLUSTER),
        ("/href", &path),
    ];
    has(&record, &wanted)?;
    has(&stage.get(&["subscription", id]).await?, &wanted)?;
    deleted_twice(&stage, id).await
}

async fn deleted_twice(stage: &Stage, id: &str) -> anyhow::Result<()> {
    stage.ocm(&["delete", "subscription", id]).await?.ok()?;
    has(&stage.get(&["subscription", id]).await?, &[("/status", "Deprovisioned")])?;
    let live = ["subs", "-p", "search=status not in ('Deprovisioned')"];
    anyhow::ensure!(names(&stage.get(&live).await?).is_empty(), "it still lives");
    refused(&stage.ocm(&["delete", "subscription", id]).await?, &[7])?;
    refused(&stage.patch(id, &json!({"status": "Active"})).await?, &[7, 8, 21])?;
    let again = stage.reserve(CLUSTER, "demo").await?;
    anyhow::ensure!(again != id, "a record that is deleted lives again: {again}");
    Ok(())
}

pub(crate) async fn refusals(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::of_service(&client).await?;
    let id = stage.reserve(CLUSTER, "demo").await?;
    anyhow::ensure!(stage.reserve(CLUSTER, "again").await? == id, "two records of one cluster");
    refused(&stage.reserve_for(PERSON, CLUSTER, "demo").await?, &[6])?;
    let theirs = stage.reserve_for(PERSON, "another", "theirs").await?.json()?;
    let record = stage.get(&["sub", text(&theirs, "/subscription/id")?, "-p", "fetchAccounts=true"]).await?;
    has(&record, &[("/creator/username", PERSON)])?;

    let post = ["post", &format!("{API}/cluster_authorizations")];
    refused(&stage.send(&post, &json!({"account_username": SERVICE})).await?, &[8, 21])?;
    refused(&stage.desk().ocm_with(&post, "{\"cluster_id\": ").await?, &[17])?;
    let asked = json!({"account_username": SERVICE, "cluster_id": "only-asked", "product_id": "OCP", "reserve": false});
    let asked = stage.send(&post, &asked).await?.json()?;
    anyhow::ensure!(asked["allowed"] == true && asked.get("subscription").is_none(), "{asked}");
    for body in [
        json!({"status": "Running"}),
        json!({"created_at": "2026-01-01T00:00:00Z"}),
        json!({"colour": "red"}),
    ] {
        refused(&stage.patch(&id, &body).await?, &[8, 21])?;
    }
    failed_with(
        &stage.ocm(&["patch", "subscription", "nothing", "--body", "none.json"]).await?,
        "Can't read body",
    )?;

    stage.switch_to(PERSON).await?;
    // A person acts for nobody else.
    refused(&stage.reserve_for(SERVICE, "third", "third").await?, &[4, 11])?;
    refused(&stage.ocm(&["delete", "subscription", &id]).await?, &[4, 11])?;
    stage.switch_to("other").await?;
    // Another organization's records are not there.
    refused(&stage.ocm(&["get", "subscription", &id]).await?, &[7])?;
    anyhow::ensure!(names(&stage.get(&["subs"]).await?).is_empty(), "somebody else's records are shown");
    Ok(())
}

/// The only other way to a record: a cluster that reports nothing (facts/ocm.md §2.5).
pub(crate) async fn disconnected(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::of_service(&client).await?;
    let body = json!({
        "cluster_uuid": EXTERNAL, "plan_id": "OCP", "status": "Disconnected", "display_name": "lonely",
    });
    let record = stage.send(&["post", "subscriptions"], &body).await?.json()?;
    has(&record, &[("/status", "Disconnected"), ("/external_cluster_id", EXTERNAL), ("/plan/id", "OCP")])?;
    let id = text(&record, "/id")?;
    for status in ["Archived", "Disconnected"] {
        let record = stage.patch(id, &json!({"status": status})).await?.json()?;
        has(&record, &[("/status", status)])?;
    }
    Ok(())
}
