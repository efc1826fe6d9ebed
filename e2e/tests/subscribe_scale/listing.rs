//! Lists that fail: nothing follows from what was not said.

use futures::future::join_all;
use kube::api::{DeleteParams, PostParams};
use serde_json::{Value, json};
use slipway_e2e::objects::condition;
use slipway_e2e::{ControlPlane, Registry};
use slipway_sim::{Fault, Ocm, OcmConfig, Trouble};

use crate::crowd::{LIMIT, api_calls, installed};

/// What status says of the record.
const KEPT: [&str; 7] = [
    "clusterId",
    "subscriptionId",
    "remoteStatus",
    "displayName",
    "externalClusterId",
    "organizationId",
    "support",
];

/// What is answered to a list.
fn troubles() -> Vec<(&'static str, Trouble)> {
    let empty = json!({"kind": "SubscriptionList"});
    vec![
        ("unauthorized", Trouble::not_authenticated()),
        ("forbidden", Trouble::refuse(403, "11", "Account is not authorized")),
        ("throttled", Trouble::too_many_requests()),
        ("fault", Trouble::internal_server_error()),
        ("unavailable", Trouble::service_unavailable()),
        ("empty", Trouble::Empty { status: 200 }),
        ("type", Trouble::ContentType { value: "text/plain".to_owned() }),
        ("array", Trouble::Json { status: 200, body: json!([]) }),
        ("no-items", Trouble::Json { status: 200, body: empty }),
        ("truncated", Trouble::Truncated),
        ("cut", Trouble::CutMiddle),
        ("html", Trouble::Html { status: 200 }),
        ("absent", Trouble::refuse(404, "7", "Not found")),
    ]
}

async fn make(registry: &Registry, name: &str, registrar: &Value, spec: &Value) -> anyhow::Result<()> {
    let mut object = registry.subscription(name, spec);
    object["spec"]["registrar"] = registrar.clone();
    registry.api().create(&PostParams::default(), &serde_json::from_value(object)?).await?;
    Ok(())
}

fn kept(object: &Value) -> Vec<Value> {
    KEPT.map(|field| object["status"][field].clone()).to_vec()
}

/// Two objects at an account service whose lists fail for a while: one is active, one is deleted meanwhile.
async fn case(registry: &Registry, index: usize, name: &str, trouble: Trouble) -> anyhow::Result<String> {
    let ocm = Ocm::start(OcmConfig::default()).await?;
    let registrar = registry.admit(name, &ocm).await?;
    let (stays, goes) = (format!("{name}-stays"), format!("{name}-goes"));
    let mut spec = installed(index);
    spec["support"] = json!({"level": "Standard"});
    make(registry, &stays, &registrar, &spec).await?;
    make(registry, &goes, &registrar, &json!({})).await?;
    let before = registry.wait_ready(&stays, "Active").await?;
    registry.wait_ready(&goes, "Reserved").await?;

    let transitions = ocm.transitions();
    let fault = ocm.add_fault(Fault::new(trouble).on("GET", "/subscriptions?"));
    registry.api().delete(&goes, &DeleteParams::default()).await?;
    let told = |object: &Value| {
        let ready = condition(object, "Ready");
        if ready["status"] == "True" { Err(format!("Ready is {ready}")) } else { Ok(()) }
    };
    let during = registry.wait(&stays, "the trouble to be told", told).await?;
    let since = ocm.fault_hits(fault);
    let again = ocm.wait_until(LIMIT, |ocm| ocm.fault_hits(fault) > since + 3).await;
    anyhow::ensure!(again, "it is not tried again");
    let (last, going) = (registry.get(&stays).await?, registry.get(&goes).await?);
    anyhow::ensure!(kept(&last) == kept(&before), "{name}: {} was {}", last["status"], before["status"]);
    anyhow::ensure!(ocm.transitions() == transitions, "{name}: {:?}", ocm.transitions());
    let held = going["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty());
    anyhow::ensure!(held, "{name}: let go without a look: {going}");
    ocm.clear_faults();
    registry.wait_ready(&stays, "Active").await?;
    registry.wait_gone(&goes).await?;
    judge(&ocm, &before)?;
    let ready = condition(&during, "Ready");
    Ok(format!("{name}: {} {}", ready["status"], ready["reason"]))
}

fn judge(ocm: &Ocm, before: &Value) -> anyhow::Result<()> {
    anyhow::ensure!(ocm.violations().is_empty(), "{:?}", ocm.violations());
    let records = ocm.subscriptions();
    anyhow::ensure!(records.len() == 2, "{records:?}");
    for record in &records {
        let stays = record["id"] == before["status"]["subscriptionId"];
        let wanted = if stays { "Active" } else { "Deprovisioned" };
        anyhow::ensure!(record["status"] == wanted, "{record} is not {wanted}");
    }
    let posts = api_calls(ocm).iter().filter(|call| call.path.ends_with("/cluster_authorizations")).count();
    anyhow::ensure!(posts == 2, "{posts} reservations");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_list_that_fails_nothing_follows_and_all_goes_on_after_it() {
    let options = Registry::options().poll_interval("150ms");
    let registry = options.start(ControlPlane::shared().await.unwrap(), "lists").await.unwrap();
    let cases = troubles().into_iter().enumerate();
    let ends = join_all(cases.map(|(index, (name, trouble))| case(&registry, index, name, trouble))).await;
    let failed: Vec<_> =
        ends.iter().filter_map(|end| end.as_ref().err()).map(|error| format!("{error:#}")).collect();
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), ends.len(), failed.join("\n\n"));
    let told: Vec<_> = ends.into_iter().map(Result::unwrap).collect();
    eprintln!("{}", told.join("\n"));
}
