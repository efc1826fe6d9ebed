//! Every operation of the SDK, and every field of its models: what the service answers fits, and nothing is missing.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_e2e::foreign::OciClients;
use slipway_sim::{Cloud, CloudConfig};

use crate::sdk::{Answer, Sdk};
use crate::signing::merged;
use crate::stage::Stage;

/// Fields that no answer of the walk has: nothing ever befalls a simulated schedule. All others are there at least once.
const NEVER_ANSWERED: &[&str] = &["CccUpgradeSchedule.lifecycle_details"];

/// The documents allow fields without a value to be absent and to be null.
pub(crate) async fn all_answers_fit(clients: OciClients) -> anyhow::Result<()> {
    for nulls in [false, true] {
        let stage = Stage::start_with(&clients, CloudConfig { nulls, ..CloudConfig::default() }).await?;
        walk(stage).await.with_context(|| format!("nulls: {nulls}"))?;
    }
    Ok(())
}

async fn walk(mut stage: Stage) -> anyhow::Result<()> {
    let mut sdk = Sdk::start(stage.desk(), &stage.sdk_settings())?;
    let schedule = schedules(&stage, &mut sdk).await?;
    let rack = infrastructures(&stage, &mut sdk, schedule.id()?).await?;
    connected(&mut stage, &mut sdk, rack.id()?).await?;
    lists(&stage, &mut sdk).await?;
    gone(&mut sdk, rack.id()?, schedule.id()?).await?;
    let (uncalled, unanswered) = sdk.summary().await?;
    anyhow::ensure!(uncalled == json!([]), "operations of the SDK that the test does not call: {uncalled}");
    anyhow::ensure!(unanswered == json!(NEVER_ANSWERED), "fields that no answer has: {unanswered}");
    what_does_not_fit_is_seen(&stage, &mut sdk).await
}

async fn schedules(stage: &Stage, sdk: &mut Sdk) -> anyhow::Result<Answer> {
    let event = json!({
        "description": "night", "timeStart": "2030-01-05T00:00:00Z", "scheduleEventDuration": "PT48H",
        "scheduleEventRecurrences": "FREQ=MONTHLY;INTERVAL=3;BYDAY=1SA",
    });
    let values = json!({
        "displayName": "quarterly", "compartmentId": stage.compartment(), "description": "nights", "events": [event],
        "freeformTags": {"a": "b"}, "definedTags": {"space": {"key": "value"}},
    });
    let details = json!({"model": "CreateCccUpgradeScheduleDetails", "values": values});
    let again = json!({"opc_retry_token": "the-same"});
    let made = sdk.ok("create_ccc_upgrade_schedule", again.clone(), details.clone()).await?;
    let repeated = sdk.ok("create_ccc_upgrade_schedule", again.clone(), details).await?;
    anyhow::ensure!(repeated.id()? == made.id()?, "the retry token is not heeded");
    let other = json!({"displayName": "other", "compartmentId": stage.compartment(), "events": [event]});
    let other = json!({"model": "CreateCccUpgradeScheduleDetails", "values": other});
    sdk.refused("create_ccc_upgrade_schedule", again, other, (409, "InvalidatedRetryToken")).await?;
    let id = json!({"ccc_upgrade_schedule_id": made.id()?});
    let wish = json!({"model": "UpdateCccUpgradeScheduleDetails", "values": {"displayName": "nights"}});
    let updated = sdk.ok("update_ccc_upgrade_schedule", id.clone(), wish).await?;
    let got = sdk.ok("get_ccc_upgrade_schedule", id.clone(), Value::Null).await?;
    anyhow::ensure!(got.body == updated.body && got.etag()? == updated.etag()?, "{got:?}, but {updated:?}");
    let other = json!({"compartmentId": stage.other_compartment()});
    let to = json!({"model": "ChangeCccUpgradeScheduleCompartmentDetails", "values": other});
    sdk.ok("change_ccc_upgrade_schedule_compartment", id, to).await?;
    Ok(made)
}

async fn infrastructures(stage: &Stage, sdk: &mut Sdk, schedule: &str) -> anyhow::Result<Answer> {
    let values = json!({
        "displayName": "rack", "compartmentId": stage.compartment(), "subnetId": stage.subnet(), "description": "ours",
        "connectionState": "REJECT", "connectionDetails": "new", "cccUpgradeScheduleId": schedule,
        "freeformTags": {"a": "b"}, "definedTags": {"space": {"key": "value"}},
    });
    let details = json!({"model": "CreateCccInfrastructureDetails", "values": values});
    let made = sdk.ok("create_ccc_infrastructure", json!({}), details).await?;
    anyhow::ensure!(made.status == 200, "created with {}", made.status);
    let id = json!({"ccc_infrastructure_id": made.id()?, "if_match": "stale"});
    let wish = json!({"model": "UpdateCccInfrastructureDetails", "values": {"connectionDetails": "renewed"}});
    sdk.refused("update_ccc_infrastructure", id.clone(), wish.clone(), (412, "NoEtagMatch")).await?;
    let fresh = json!({"ccc_infrastructure_id": made.id()?, "if_match": made.etag()?});
    let updated = sdk.ok("update_ccc_infrastructure", fresh, wish).await?;
    anyhow::ensure!(updated.body["connectionDetails"] == "renewed", "not updated: {updated:?}");
    let other = json!({"compartmentId": stage.other_compartment()});
    let to = json!({"model": "ChangeCccInfrastructureCompartmentDetails", "values": other});
    let id = json!({"ccc_infrastructure_id": made.id()?});
    sdk.ok("change_ccc_infrastructure_compartment", id, to).await?;
    Ok(made)
}

/// Each state of the handshake, for some fields are only there in some of them.
async fn connected(stage: &mut Stage, sdk: &mut Sdk, id: &str) -> anyhow::Result<()> {
    const STEP: Duration = Duration::from_mins(30);
    stage.add_rack().await?;
    let this = json!({"ccc_infrastructure_id": id});
    let rejected = sdk.ok("get_ccc_infrastructure", this.clone(), Value::Null).await?;
    stage.advance(STEP);
    crate::handshake_by_hand::post_pin(stage, rejected.body["provisioningPin"].as_str().context("no PIN")?)
        .await?
        .ok()?;
    stage.advance(STEP);
    let requested = sdk.ok("get_ccc_infrastructure", this.clone(), Value::Null).await?;
    anyhow::ensure!(requested.body["connectionState"] == "REQUEST", "{requested:?}");
    let accept = json!({"model": "UpdateCccInfrastructureDetails", "values": {"connectionState": "READY"}});
    sdk.ok("update_ccc_infrastructure", this.clone(), accept).await?;
    stage.advance(STEP);
    let connected = sdk.ok("get_ccc_infrastructure", this.clone(), Value::Null).await?;
    anyhow::ensure!(connected.body["connectionState"] == "CONNECTED", "{connected:?}");
    trouble_and_upgrade(stage.cloud(), id);
    sdk.ok("get_ccc_infrastructure", this, Value::Null).await?;
    Ok(())
}

/// What a rack has once in a while: an upgrade that is planned, dynamic routes, something to attend to.
fn trouble_and_upgrade(cloud: &Cloud, id: &str) {
    let upgrade = json!({
        "currentVersion": "3.0.2-b1185392", "timeOfScheduledUpgrade": "2030-01-05T00:00:00.000Z",
        "scheduledUpgradeDuration": "PT48H", "isActive": true,
    });
    let routes = json!({"bgpTopology": "MESH", "oracleAsn": 136_025, "peerInformation": [{"asn": 50_000, "ip": "192.0.2.200"}]});
    cloud.set_upgrade(id, Some(upgrade));
    let known = cloud.infrastructure(id).unwrap_or_default();
    let network = merged(&[
        &known["infrastructureNetworkConfiguration"],
        &json!({"infrastructureRoutingDynamic": routes}),
    ]);
    cloud.set_network(id, Some(network));
    cloud.set_lifecycle(id, "NEEDS_ATTENTION", Some("a disk has failed"));
}

async fn lists(stage: &Stage, sdk: &mut Sdk) -> anyhow::Result<()> {
    for operation in ["list_ccc_infrastructures", "list_ccc_upgrade_schedules"] {
        let all = json!({"compartment_id": stage.other_compartment(), "limit": 1, "sort_order": "ASC", "sort_by": "timeCreated"});
        let listed = sdk.ok(operation, all, Value::Null).await?;
        let count = listed.body["items"].as_array().map_or(0, Vec::len);
        anyhow::ensure!(count == 1, "{operation} shows {}", listed.body);
    }
    let strange = json!({"compartment_id": stage.other_compartment(), "page": "no-such-page"});
    sdk.refused("list_ccc_infrastructures", strange, Value::Null, (400, "InvalidParameter")).await
}

async fn what_does_not_fit_is_seen(stage: &Stage, sdk: &mut Sdk) -> anyhow::Result<()> {
    let id = stage.cloud().create_infrastructure(stage.account(), "odd");
    stage.cloud().set_lifecycle(&id, "ODD", None);
    let inventory =
        json!({"serialNumber": 5, "computeNodeCount": "3", "shelves": 1, "managementNodeCount": 3});
    stage.cloud().set_inventory(&id, Some(inventory));
    stage.cloud().set_upgrade(&id, Some(json!({"timeOfScheduledUpgrade": "2030-01-05T00:00:00+01:00"})));
    let problems = sdk.problems("get_ccc_infrastructure", json!({"ccc_infrastructure_id": id})).await?;
    let fields = ["serialNumber", "computeNodeCount", "shelves", "timeOfScheduledUpgrade", "lifecycleState"];
    let seen = |field: &&str| problems.iter().any(|problem| problem.contains(&format!(".{field}: ")));
    anyhow::ensure!(fields.iter().all(seen), "not all is seen: {problems:#?}");
    Ok(())
}

async fn gone(sdk: &mut Sdk, rack: &str, schedule: &str) -> anyhow::Result<()> {
    let rack = json!({"ccc_infrastructure_id": rack});
    let schedule = json!({"ccc_upgrade_schedule_id": schedule});
    for (noun, id) in [("infrastructure", rack), ("upgrade_schedule", schedule)] {
        sdk.ok(&format!("delete_ccc_{noun}"), id.clone(), Value::Null).await?;
        let get = format!("get_ccc_{noun}");
        sdk.refused(&get, id, Value::Null, (404, "NotAuthorizedOrNotFound")).await?;
    }
    Ok(())
}
