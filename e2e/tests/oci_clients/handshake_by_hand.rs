//! The guide's way by hand: the `oci` command line for the cloud, the guide's own `curl` line for the rack
//! (facts/oci.md §1.4, facts/oci.md §1.5).

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use slipway_e2e::foreign::{OciClients, Said};

use crate::stage::{Stage, etag, text};

/// The least time in REJECT before a rack is connected.
const WAIT: Duration = Duration::from_mins(20);
/// More than any state of the service takes after its cause.
const SOON: Duration = Duration::from_mins(5);

pub(crate) async fn up_to_connected(clients: OciClients) -> anyhow::Result<()> {
    let mut stage = Stage::start(&clients).await?;
    let id = stage.cloud().create_infrastructure(stage.account(), "rack one");
    stage.add_rack().await?;
    let first = pin(&stage, &id).await?;
    stage.advance(WAIT);
    let told = fingerprint(&post_pin(&stage, &first).await?)?;
    let mut requested = wait_for(&stage, &id, "REQUEST").await?;
    anyhow::ensure!(
        requested["data"]["provisioning-pin"].is_null(),
        "the PIN is shown in REQUEST: {requested}"
    );
    if requested["data"]["provisioning-fingerprint"].is_null() {
        stage.advance(SOON);
        requested = get(&stage, &id).await?;
    }
    let shown = text(&requested, "/data/provisioning-fingerprint")?;
    anyhow::ensure!(told == shown, "the rack says {told}, the service {shown}");
    anyhow::ensure!(
        told.len() == 128 && told.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "no SHA-512: {told}"
    );
    let accept = ["--infrastructure-id", &id, "--connection-state", "READY", "--if-match", etag(&requested)?];
    let accepted = stage.infrastructure("update", &accept).await?.json()?;
    anyhow::ensure!(text(&accepted, "/data/connection-state")? == "READY", "not accepted: {accepted}");
    let connected = wait_for(&stage, &id, "CONNECTED").await?;
    for field in ["infrastructure-inventory", "infrastructure-network-configuration"] {
        anyhow::ensure!(connected["data"][field].is_object(), "no {field} once connected: {connected}");
    }
    anyhow::ensure!(stage.cloud().violations().is_empty(), "{:?}", stage.cloud().violations());
    reject_needs_a_new_pin(&stage, &id, &first).await
}

/// REJECT goes through at once from CONNECTED, and what was posted before is good for nothing any more.
async fn reject_needs_a_new_pin(stage: &Stage, id: &str, first: &str) -> anyhow::Result<()> {
    let reject = ["--infrastructure-id", id, "--connection-state", "REJECT"];
    let rejected = stage.infrastructure("update", &reject).await?.json()?;
    anyhow::ensure!(text(&rejected, "/data/connection-state")? == "REJECT", "not rejected: {rejected}");
    anyhow::ensure!(text(&rejected, "/data/provisioning-pin")? != first, "the old PIN again");
    anyhow::ensure!(
        rejected["data"]["provisioning-fingerprint"].is_null(),
        "the old fingerprint: {rejected}"
    );
    stage.advance(WAIT);
    let refused = post_pin(stage, first).await?;
    stage.advance(SOON);
    let after = get(stage, id).await?;
    anyhow::ensure!(
        text(&after, "/data/connection-state")? == "REJECT",
        "an old PIN got the rack to {after}; the rack said {refused:?}"
    );
    Ok(())
}

async fn get(stage: &Stage, id: &str) -> anyhow::Result<Value> {
    stage.infrastructure("get", &["--infrastructure-id", id]).await?.json()
}

async fn pin(stage: &Stage, id: &str) -> anyhow::Result<String> {
    Ok(text(&get(stage, id).await?, "/data/provisioning-pin")?.to_owned())
}

/// The state comes by the service's clock, not at once.
async fn wait_for(stage: &Stage, id: &str, wanted: &str) -> anyhow::Result<Value> {
    stage.advance(SOON);
    let shown = get(stage, id).await?;
    anyhow::ensure!(text(&shown, "/data/connection-state")? == wanted, "not {wanted}: {shown}");
    Ok(shown)
}

/// The guide's line, word for word; what stands before it is for the network of the data centre, which is not here.
pub(crate) async fn post_pin(stage: &Stage, pin: &str) -> anyhow::Result<Said> {
    let (url, address) = stage.rack_url()?;
    let data = format!("{{\"pin\":\"{pin}\"}}");
    let line = [
        "-k",
        "-sS",
        "--header",
        "Content-Type: application/json",
        "--request",
        "POST",
        "--data",
        &data,
        &url,
    ];
    let way = format!("::{address}");
    let network = ["--noproxy", "*", "--connect-to", &way];
    stage.desk().run(Path::new("/usr/bin/curl"), &[&network[..], &line].concat(), "").await
}

fn fingerprint(said: &Said) -> anyhow::Result<String> {
    let answer = said.json()?;
    let fields = answer.as_object().context("not an object")?;
    anyhow::ensure!(fields.len() == 1, "more than a fingerprint: {answer}");
    Ok(text(&answer, "/fingerprint")?.to_owned())
}
