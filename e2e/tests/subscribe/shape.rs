//! Records that are written otherwise than documented.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use slipway_e2e::Registry;
use slipway_e2e::objects::condition;
use slipway_sim::{OcmConfig, OcmShape, OcmSwitches};

use crate::scene::{installed, looked, quick, report, start, text, wait_record, writes};

/// Everything odd at once.
fn odd() -> OcmShape {
    let missing = ["creator", "provenance", "updated_at", "released", "managed", "href"];
    OcmShape {
        zero_dates: true,
        unknown_fields: true,
        floats: true,
        nulls: true,
        missing: missing.into_iter().map(str::to_owned).collect(),
    }
}

fn spec() -> Value {
    json!({"support": {"level": "Standard", "cpuTotal": 64, "socketTotal": 4}, "labels": {"team": "edge"}, "cluster": installed(1)})
}

/// A whole life up to telemetry; the status without what differs from one to the next.
async fn life(registry: &Registry) -> anyhow::Result<Value> {
    registry.apply(&registry.subscription("edge-7", &spec())).await?;
    registry.wait_ready("edge-7", "Active").await?;
    assert!(
        registry.get("edge-7").await?["status"].get("lastTelemetryAt").is_none(),
        "a zero time is no time"
    );
    report(registry, 1);
    let object = registry.wait_condition("edge-7", "TelemetryFresh", "True", "TelemetrySeen").await?;
    let mut status = object["status"].clone();
    for moment in ["conditions", "lastTelemetryAt", "clusterId", "subscriptionId", "organizationId"] {
        assert!(status[moment].is_string() || status[moment].is_array(), "{moment}: {status}");
        status.as_object_mut().unwrap().remove(moment);
    }
    status["metrics"].as_object_mut().unwrap().remove("queriedAt");
    status["labels"].as_object_mut().unwrap().remove("installation");
    Ok(status)
}

#[tokio::test]
async fn an_odd_service_shows_the_same_as_a_plain_one() -> anyhow::Result<()> {
    let switches = OcmSwitches { shape: odd(), ..OcmSwitches::default() };
    let ocm = OcmConfig { switches, ..OcmConfig::default() };
    let plain = quick("plain").await?;
    let odd = start(Registry::options().ocm(ocm), "odd").await?;
    let (plain_status, odd_status) = tokio::try_join!(life(&plain), life(&odd))?;
    assert_eq!(plain_status, odd_status);
    assert_eq!(plain_status["metrics"]["memoryTotalMiB"], 65536);
    assert_eq!(plain_status["support"], json!({"level": "Standard", "cpuTotal": 64, "socketTotal": 4}));
    odd.delete("edge-7").await?;
    odd.wait_gone("edge-7").await?;
    plain.assert_sound().await?;
    odd.assert_sound().await
}

#[tokio::test]
async fn what_is_missing_or_unknown_loses_nothing_else() -> anyhow::Result<()> {
    let registry = quick("shapes").await?;
    let whole = life(&registry).await?;
    let id = text(&registry.record("edge-7").await?["id"]);
    let before = registry.ocm.call_count();

    // Words that no document has, in fields that the spec does not speak of.
    registry.ocm.edit(&id, |record| {
        record["usage"] = json!("Quantum");
        record["metrics"][0]["health_state"] = json!("lukewarm");
        record["metrics"][0]["nodes"]["quantum"] = json!(7);
    });
    let is_shown = |object: &Value| {
        let status = &object["status"];
        let words = (&status["support"]["usage"], &status["metrics"]["healthState"]);
        if words == (&json!("Quantum"), &json!("lukewarm")) { Ok(()) } else { Err(status.to_string()) }
    };
    let object = registry.wait("edge-7", "the unknown words", is_shown).await?;
    assert_eq!(object["status"]["metrics"]["nodesTotal"], whole["metrics"]["nodesTotal"]);

    // What speaks of nothing that the spec asks for may be missing altogether.
    let missing: BTreeSet<_> =
        ["metrics", "plan", "last_telemetry_date", "organization_id", "created_at", "creator"]
            .into_iter()
            .map(str::to_owned)
            .collect();
    registry.ocm.switches(|switches| switches.shape.missing = missing);
    let is_less = |object: &Value| {
        if object["status"].get("metrics").is_none() { Ok(()) } else { Err(object["status"].to_string()) }
    };
    let object = registry.wait("edge-7", "less", is_less).await?;
    assert_eq!(condition(&object, "Ready")["reason"], "Active");
    for field in ["displayName", "externalClusterId", "remoteStatus"] {
        assert_eq!(object["status"][field], whole[field], "{field}");
    }
    looked(&registry, 1).await?;
    let made = writes(&registry.ocm, before);
    assert!(made.is_empty(), "{made:?}");

    registry.ocm.switches(|switches| switches.shape = OcmShape::default());
    registry.patch("edge-7", &json!({"displayName": "renamed"})).await?;
    wait_record(&registry, &id, "the new name", |record| record["display_name"] == "renamed").await?;
    registry.assert_sound().await
}
