//! A service that is not well: what the vendor's client makes of it (facts/ocm.md §1.6, row 15 of §9.1).

use std::time::{Duration, Instant};

use serde_json::json;
use slipway_e2e::foreign::OcmClient;
use slipway_sim::{Fault, OcmCall, Trouble};

use crate::stage::{API, SERVICE, Stage, failed_with, has, names, text};

/// The client waits 1 s and then 2 s, each give or take a fifth.
const TWO_WAITS: Duration = Duration::from_millis(2400);

/// Calls of a method to the account service.
fn count(calls: &[OcmCall], method: &str) -> usize {
    calls.iter().filter(|call| call.method == method && call.path.starts_with(API)).count()
}

/// 503 is tried again twice whatever the method.
pub(crate) async fn tried_again(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::of_service(&client).await?;
    stage
        .service()
        .add_fault(Fault::new(Trouble::service_unavailable()).on("GET", "/subscriptions").times(2));
    let begin = Instant::now();
    let (said, calls) = stage.calls_of(stage.ocm(&["get", "subscriptions"])).await?;
    said.json()?;
    anyhow::ensure!(count(&calls, "GET") == 3, "not three calls: {calls:?}");
    anyhow::ensure!(begin.elapsed() > TWO_WAITS, "it did not wait: {:?}", begin.elapsed());
    Ok(())
}

pub(crate) async fn tried_again_too_often(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::of_service(&client).await?;
    stage.service().add_fault(
        Fault::new(Trouble::RetryLater { status: 429, seconds: 1, as_date: false })
            .on("POST", "/cluster_auth"),
    );
    let (said, calls) = stage.calls_of(stage.reserve_for(SERVICE, "unlucky", "unlucky")).await?;
    anyhow::ensure!(said.code == Some(1) && count(&calls, "POST") == 3, "{said:?} {calls:?}");
    Ok(())
}

/// What is not tried again: a DELETE with 500, a POST whose answer is lost.
pub(crate) async fn not_tried_again(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::of_service(&client).await?;
    let id = stage.reserve("kept", "kept").await?;
    stage
        .service()
        .add_fault(Fault::new(Trouble::internal_server_error()).on("DELETE", "/subscriptions").once());
    let (said, calls) = stage.calls_of(stage.ocm(&["delete", "subscription", &id])).await?;
    anyhow::ensure!(said.code == Some(1) && count(&calls, "DELETE") == 1, "{said:?} {calls:?}");
    has(&stage.get(&["subscription", &id]).await?, &[("/status", "Reserved")])?;

    stage.service().add_fault(Fault::new(Trouble::CutAfter).on("POST", "/cluster_auth").once());
    let (said, calls) = stage.calls_of(stage.reserve_for(SERVICE, "lost", "lost")).await?;
    failed_with(&said, "Can't send request")?;
    anyhow::ensure!(count(&calls, "POST") == 1, "a POST was sent again: {calls:?}");
    let list = stage.get(&["subs", "-p", "search=cluster_id = 'lost'"]).await?;
    anyhow::ensure!(names(&list) == ["lost"], "the write was lost too: {list}");
    let adopted = stage.reserve("lost", "lost").await?;
    anyhow::ensure!(text(&list, "/items/0/id")? == adopted, "a second record: {adopted}");
    Ok(())
}

/// Answers that are none: the exit code of the client is not to be trusted.
pub(crate) async fn no_answers(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::of_service(&client).await?;
    stage.service().add_fault(Fault::new(Trouble::Html { status: 200 }).on("GET", "/subscriptions").once());
    let said = stage.ocm(&["get", "subscriptions"]).await?;
    failed_with(&said, "expected response content type 'application/json'")?;

    stage.service().add_fault(Fault::new(Trouble::Garbage).on("GET", "/subscriptions").once());
    let said = stage.ocm(&["get", "subscriptions"]).await?;
    anyhow::ensure!(said.ok().is_ok() && said.json().is_err(), "it understood what is no JSON: {said:?}");

    // A wrong path prefix: 404 with nothing in it, which commands with a model take for an empty answer.
    let everything = stage.service().add_fault(Fault::new(Trouble::Empty { status: 404 }).on("GET", API));
    let said = stage.ocm(&["get", "subscriptions"]).await?;
    anyhow::ensure!(said.code == Some(1) && said.out.is_empty() && said.err.is_empty(), "{said:?}");
    let said = stage.ocm(&["account", "status"]).await?;
    anyhow::ensure!(
        said.ok()?.starts_with("User  on"),
        "the client has learned to look at the status: {said:?}"
    );
    let said = stage.ocm(&["whoami"]).await?;
    anyhow::ensure!(
        said.code == Some(2) && said.err.contains("nil pointer"),
        "it no longer panics: {said:?}"
    );
    stage.service().remove_fault(everything);
    has(&stage.ocm(&["whoami"]).await?.json()?, &[("/username", SERVICE)])
}

/// No fault at all, though nothing is reserved: 200 and `allowed` is false (facts/ocm.md §2.4).
pub(crate) async fn quota(client: OcmClient) -> anyhow::Result<()> {
    let stage = Stage::of_service(&client).await?;
    stage.service().set_quota("A", "compute.node", 2);
    let nodes = json!({
        "resource_type": "compute.node", "resource_name": "compute.node", "count": 3, "byoc": false,
        "availability_zone_type": "single",
    });
    let body = json!({
        "account_username": SERVICE, "cluster_id": "big", "product_id": "OCP", "reserve": true, "resources": [nodes],
    });
    let answer = stage.send(&["post", &format!("{API}/cluster_authorizations")], &body).await?.json()?;
    anyhow::ensure!(answer["allowed"] == false && answer.get("subscription").is_none(), "{answer}");
    has(&answer, &[("/excess_resources/0/resource_type", "compute.node")])?;
    let list = stage.get(&["subs"]).await?;
    anyhow::ensure!(names(&list).is_empty(), "it was reserved: {list}");
    Ok(())
}
