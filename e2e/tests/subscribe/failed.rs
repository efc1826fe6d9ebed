//! Clusters that are never installed, or only at the second try.

use serde_json::{Value, json};
use slipway_e2e::objects::condition;
use slipway_sim::Leniency;

use crate::scene::{assert_names, external, looked, pauses, quick, wait_record, writes};

const CONSOLE: &str = "https://console-openshift-console.apps.edge-7.example.com";

fn is_empty(value: &Value) -> bool {
    value.as_str().is_none_or(str::is_empty)
}

#[tokio::test]
async fn a_new_id_replaces_the_one_before_and_going_back_clears_it() -> anyhow::Result<()> {
    let registry = quick("failed").await?;
    registry.apply(&registry.subscription("edge-7", &json!({}))).await?;
    registry.wait_ready("edge-7", "Reserved").await?;
    let id = registry.record("edge-7").await?["id"].as_str().unwrap().to_owned();
    for number in [1, 2] {
        let declared = json!({"externalClusterId": external(number), "consoleUrl": CONSOLE});
        registry.declare("edge-7", &declared).await?;
        registry.wait_ready("edge-7", "Reserved").await?;
        let record = registry.record("edge-7").await?;
        assert_eq!(
            (&record["external_cluster_id"], &record["console_url"]),
            (&json!(external(number)), &json!(CONSOLE))
        );
    }

    registry.declare("edge-7", &json!({"externalClusterId": null, "consoleUrl": null})).await?;
    let object = registry.wait_ready("edge-7", "Reserved").await?;
    assert!(
        object["status"].get("externalClusterId").is_none() && object["status"].get("consoleUrl").is_none()
    );
    let record = registry.record("edge-7").await?;
    assert!(is_empty(&record["external_cluster_id"]) && is_empty(&record["console_url"]), "{record}");
    assert_eq!((&record["id"], &record["status"]), (&json!(id), &json!("Reserved")));

    registry.delete("edge-7").await?;
    registry.wait_gone("edge-7").await?;
    assert_eq!(registry.ocm.subscription(&id).unwrap()["status"], "Deprovisioned");
    assert!(registry.ocm.leaks(&[]).is_empty(), "{:?}", registry.ocm.leaks(&[]));
    let deletions = writes(&registry.ocm, 0).into_iter().filter(|call| call.method == "DELETE");
    assert_eq!(deletions.count(), 1);
    registry.assert_sound().await
}

#[tokio::test]
async fn a_clearing_that_is_refused_is_reported_and_not_repeated_in_haste() -> anyhow::Result<()> {
    let registry = quick("clearing").await?;
    let declared = json!({"cluster": {"declared": {"externalClusterId": external(1)}}});
    registry.apply(&registry.subscription("edge-7", &declared)).await?;
    registry.wait_ready("edge-7", "Reserved").await?;
    let id = registry.record("edge-7").await?["id"].as_str().unwrap().to_owned();

    registry.ocm.switches(|switches| switches.empty_external_id = Leniency::Refuse);
    registry.declare("edge-7", &json!({"externalClusterId": null})).await?;
    let object = registry.wait_condition("edge-7", "Ready", "False", "RequestRefused").await?;
    assert_names(&condition(&object, "Ready")["message"], &["external_cluster_id"]);
    registry.wait_event("edge-7", "RequestRefused").await?;
    let refused = |ocm: &slipway_sim::Ocm| {
        ocm.calls().iter().filter(|call| call.method == "PATCH" && call.status == Some(400)).count()
    };
    registry.wait_ocm("it is tried again", |ocm| refused(ocm) >= 3).await?;
    let pauses = pauses(&registry.ocm, "PATCH", &id);
    assert!(pauses[pauses.len() - 2..].iter().all(|pause| *pause > 0.9), "{pauses:?}");
    assert_eq!(registry.record("edge-7").await?["external_cluster_id"], external(1));

    registry.ocm.switches(|switches| switches.empty_external_id = Leniency::Accept);
    registry.wait_ready("edge-7", "Reserved").await?;
    wait_record(&registry, &id, "the id is cleared", |record| is_empty(&record["external_cluster_id"]))
        .await?;
    looked(&registry, 1).await?;
    registry.assert_sound().await
}
