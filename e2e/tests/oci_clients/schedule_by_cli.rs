//! `oci ccc upgrade-schedule`: all six commands, a schedule that is attached, and windows that are too short.

use serde_json::{Value, json};
use slipway_e2e::foreign::{OciClients, Said};

use crate::stage::{Stage, etag, refused, text};

const QUARTERLY: &str = r#"[{"description": "night", "timeStart": "2030-01-05T00:00:00Z", "scheduleEventDuration": "PT48H",
    "scheduleEventRecurrences": "FREQ=MONTHLY;INTERVAL=3;BYDAY=1SA"}]"#;
const MONTHLY: &str = r#"[{"description": "weekend", "timeStart": "2030-02-02T00:00:00Z", "scheduleEventDuration": "P3D",
    "scheduleEventRecurrences": "FREQ=MONTHLY;BYDAY=1SA"}]"#;
/// 47 hours.
const SHORT: &str = r#"[{"description": "night", "timeStart": "2030-01-05T00:00:00Z", "scheduleEventDuration": "PT47H",
    "scheduleEventRecurrences": "FREQ=MONTHLY;INTERVAL=3;BYDAY=1SA"}]"#;

pub(crate) async fn whole_life(clients: OciClients) -> anyhow::Result<()> {
    let stage = Stage::start(&clients).await?;
    refused(&create(&stage, SHORT).await?, 400, "InvalidParameter")?;
    let made = create(&stage, QUARTERLY).await?.json()?;
    let id = text(&made, "/data/id")?;
    anyhow::ensure!(made["data"]["events"][0]["schedule-event-duration"] == "PT48H", "another event: {made}");
    let got = stage.schedule("get", &["--upgrade-schedule-id", id]).await?.json()?;
    anyhow::ensure!(got == made, "create shows {made}, get shows {got}");
    update(&stage, id, etag(&made)?).await?;
    attach_and_detach(&stage, id).await?;
    move_and_delete(&stage, id, etag(&made)?).await
}

async fn create(stage: &Stage, events: &str) -> anyhow::Result<Said> {
    let arguments =
        ["--compartment-id", stage.compartment(), "--display-name", "quarterly", "--events", events];
    stage.schedule("create", &[&arguments[..], &["--wait-for-state", "ACTIVE"]].concat()).await
}

async fn update(stage: &Stage, id: &str, first: &str) -> anyhow::Result<()> {
    let wish = ["--upgrade-schedule-id", id, "--events", MONTHLY, "--force", "--if-match"];
    let updated = stage.schedule("update", &[&wish[..], &[first]].concat()).await?.json()?;
    let events = updated["data"]["events"].as_array().map_or(&[][..], Vec::as_slice);
    anyhow::ensure!(events.len() == 1 && events[0]["description"] == "weekend", "not replaced: {updated}");
    refused(&stage.schedule("update", &[&wish[..], &[first]].concat()).await?, 412, "NoEtagMatch")?;
    let wish = ["--upgrade-schedule-id", id, "--events", SHORT, "--force"];
    refused(&stage.schedule("update", &wish).await?, 400, "InvalidParameter")
}

async fn attach_and_detach(stage: &Stage, id: &str) -> anyhow::Result<()> {
    let place =
        ["--compartment-id", stage.compartment(), "--display-name", "rack", "--subnet-id", stage.subnet()];
    let rack = stage
        .infrastructure("create", &[&place[..], &["--upgrade-schedule-id", id]].concat())
        .await?
        .json()?;
    let rack_id = text(&rack, "/data/id")?;
    let shown = stage.schedule("get", &["--upgrade-schedule-id", id]).await?.json()?;
    anyhow::ensure!(shown["data"]["infrastructure-ids"] == json!([rack_id]), "not attached: {shown}");
    let said = stage.schedule("delete", &["--upgrade-schedule-id", id, "--force"]).await?;
    anyhow::ensure!(said.service_error()?["status"] == 409, "an attached schedule was deleted: {said:?}");
    // There is no documented way to attach none, so the infrastructure goes (facts/oci.md §1.6).
    stage.infrastructure("delete", &["--infrastructure-id", rack_id, "--force"]).await?.ok()?;
    Ok(())
}

async fn move_and_delete(stage: &Stage, id: &str, old: &str) -> anyhow::Result<()> {
    let to = ["--upgrade-schedule-id", id, "--compartment-id", stage.other_compartment()];
    refused(
        &stage.schedule("change-compartment", &[&to[..], &["--if-match", old]].concat()).await?,
        412,
        "NoEtagMatch",
    )?;
    stage.schedule("change-compartment", &to).await?.ok()?;
    let listed = stage.schedule("list", &["--compartment-id", stage.other_compartment()]).await?.json()?;
    let names: Vec<&Value> =
        listed["data"]["items"].as_array().into_iter().flatten().map(|one| &one["id"]).collect();
    anyhow::ensure!(names == [id], "the other compartment has {listed}");
    stage
        .schedule("delete", &["--upgrade-schedule-id", id, "--force", "--wait-for-state", "DELETED"])
        .await?
        .ok()?;
    refused(&stage.schedule("get", &["--upgrade-schedule-id", id]).await?, 404, "NotAuthorizedOrNotFound")
}
