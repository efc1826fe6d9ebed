//! Racks of Compute Cloud@Customer: connected, watched, mistaken, cut off, let go.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use slipway_core::clock::Timestamp;
use slipway_e2e::objects::{LIMIT, condition};
use slipway_e2e::{ControlPlane, OperatorProcess, Site, wait_for};
use slipway_sim::{CloudConfig, CloudTimings, Fault, Trouble};

use crate::recorder::Recorder;

/// What becomes of the racks, by their number.
const CONNECTED: usize = 0;
const OBSERVED: usize = 1;
const SUSPENDED: usize = 2;
const MISMATCHED: usize = 3;
const APPROVED_BY_HAND: usize = 4;
const WITHOUT_RECORD: usize = 5;
const UNANSWERED: usize = 6;
const WITHOUT_SECRET: usize = 7;
const COUNT: usize = 8;
/// Longer than a rack has to be in REJECT.
const WAITING: Duration = Duration::from_mins(21);

pub(super) async fn recorded() -> anyhow::Result<BTreeMap<String, Value>> {
    let control_plane = ControlPlane::shared().await?;
    let none = Duration::ZERO;
    let timings = CloudTimings { request: none, fingerprint: none, connect: none, ..CloudTimings::default() };
    let operator = OperatorProcess::options().poll_interval("300ms").arg("--deletion-timeout=4s");
    let options = Site::options().cloud(CloudConfig { timings, ..CloudConfig::default() }).racks(COUNT);
    let site = options.operator(operator).start(control_plane, "record-racks").await?;
    let recorder = Recorder::start(&control_plane.client().await?, site.namespace.name()).await?;
    apply(&site).await?;
    for (index, reason) in [
        (OBSERVED, "Observed"),
        (SUSPENDED, "Suspended"),
        (WITHOUT_RECORD, "InfrastructureNotFound"),
        (WITHOUT_SECRET, "SecretMissing"),
    ] {
        wait_reason(&site, index, reason).await?;
    }
    connect(&site).await?;
    cut_and_let_go(&site).await?;
    Ok(recorder.states())
}

async fn apply(site: &Site) -> anyhow::Result<()> {
    for index in (0..COUNT).filter(|index| *index != WITHOUT_RECORD) {
        let id = site.record(index);
        if index == MISMATCHED {
            site.cloud.add_fault(Fault::new(Trouble::FingerprintWrong).on("GET", &id));
        }
    }
    site.racks[UNANSWERED].refuse_connections(true).await;
    for index in 0..COUNT {
        let mut object = match index {
            OBSERVED => site.infrastructure(index),
            APPROVED_BY_HAND => site.to_connect(index, &json!({"approval": "Manual"})),
            _ => site.to_connect(index, &json!({})),
        };
        object["spec"]["suspend"] = json!(index == SUSPENDED);
        if index == WITHOUT_SECRET {
            object["spec"]["oci"]["credentialsRef"]["name"] = json!("gone");
        }
        if index == CONNECTED {
            object["spec"]["deletionPolicy"] = json!("Reject");
        }
        site.apply(&object).await?;
    }
    Ok(())
}

async fn connect(site: &Site) -> anyhow::Result<()> {
    for index in [CONNECTED, MISMATCHED, APPROVED_BY_HAND, UNANSWERED] {
        waiting(site, index).await?;
    }
    site.advance(WAITING);
    site.wait_connected(CONNECTED).await?;
    wait_reason(site, APPROVED_BY_HAND, "ApprovalAwaited").await?;
    wait_for("a person to be needed", LIMIT, || async {
        site.advance(Duration::from_mins(1));
        let ready = condition(&site.get(MISMATCHED).await?, "Ready");
        anyhow::ensure!(ready["reason"] == "MismatchesExhausted", "Ready is {ready}");
        Ok(())
    })
    .await
}

/// The connected rack loses contact, is cut off and goes while nobody answers.
async fn cut_and_let_go(site: &Site) -> anyhow::Result<()> {
    let id = site.get(CONNECTED).await?["status"]["infrastructureId"].as_str().unwrap_or_default().to_owned();
    anyhow::ensure!(site.cloud.set_contact(&id, false), "no such rack");
    wait_reason(site, CONNECTED, "Disconnected").await?;
    anyhow::ensure!(site.cloud.set_contact(&id, true), "no such rack");
    site.wait_connected(CONNECTED).await?;
    site.patch(APPROVED_BY_HAND, &json!({"connection": {"desired": "Rejected"}})).await?;
    wait_reason(site, APPROVED_BY_HAND, "Rejected").await?;
    let fault = site.cloud.add_fault(Fault::new(Trouble::CutBefore));
    wait_reason(site, CONNECTED, "Unreachable").await?;
    site.delete(CONNECTED).await?;
    site.wait(CONNECTED, "to be shown as being deleted", |object| {
        let is_so = object["status"]["phase"] == "Deleting";
        if is_so { Ok(()) } else { Err(object["status"].to_string()) }
    })
    .await?;
    site.wait_gone(CONNECTED).await?;
    site.cloud.remove_fault(fault);
    Ok(())
}

async fn waiting(site: &Site, index: usize) -> anyhow::Result<()> {
    let now = site.cloud.clock().now();
    site.wait(index, "the time before a handshake", |object| {
        let status = &object["status"];
        let told = status["notBefore"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
        let is_to_come = told.is_some_and(|moment| moment > now) && status["connectionState"] == "REJECT";
        if is_to_come { Ok(()) } else { Err(status.to_string()) }
    })
    .await?;
    Ok(())
}

async fn wait_reason(site: &Site, index: usize, reason: &str) -> anyhow::Result<()> {
    site.wait(index, reason, |object| {
        let ready = condition(object, "Ready");
        if ready["reason"] == reason { Ok(()) } else { Err(format!("Ready is {ready}")) }
    })
    .await?;
    Ok(())
}
