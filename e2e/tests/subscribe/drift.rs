//! Somebody else changes a record.

use serde_json::{Map, Value, json};
use slipway_e2e::objects::{LIMIT, condition};
use slipway_e2e::{Registry, wait_for};

use crate::scene::{assert_names, external, looked, quick, text, wait_record, writes};

/// Each field: its name in the status, the record's, what we ask for, and what somebody else writes.
fn fields(number: u32) -> [(&'static str, &'static str, Value, Value); 10] {
    let console = |host: &str| json!(format!("https://console.apps.{host}.example.com"));
    [
        ("displayName", "display_name", json!("Edge Seven"), json!("somebody's")),
        ("externalClusterId", "external_cluster_id", json!(external(number)), json!(external(number + 1000))),
        ("consoleUrl", "console_url", console("edge-7"), console("elsewhere")),
        ("support.level", "support_level", json!("Premium"), json!("Eval")),
        ("support.usage", "usage", json!("Production"), json!("Academic")),
        ("support.serviceLevel", "service_level", json!("L1-L3"), json!("L3-only")),
        ("support.systemUnits", "system_units", json!("Sockets"), json!("Cores/vCPU")),
        ("support.productBundle", "product_bundle", json!("Openshift"), json!("JBoss-Middleware")),
        ("support.cpuTotal", "cpu_total", json!(64), json!(1)),
        ("support.socketTotal", "socket_total", json!(4), json!(2)),
    ]
}

/// An object that asks for every field of an installed cluster's record, and that record's id.
async fn whole(registry: &Registry, name: &str, number: u32, drift: &str) -> anyhow::Result<String> {
    let mut spec = json!({"drift": drift, "support": {}, "labels": {"team": "edge"}, "cluster": {"declared": {"installed": true}}});
    for (field, _, wanted, _) in fields(number) {
        match field.split_once('.') {
            Some((_, setting)) => spec["support"][setting] = wanted,
            None if field == "displayName" => spec[field] = wanted,
            None => spec["cluster"]["declared"][field] = wanted,
        }
    }
    registry.apply(&registry.subscription(name, &spec)).await?;
    registry.wait_ready(name, "Active").await?;
    Ok(text(&registry.record(name).await?["id"]))
}

fn is_as_wanted(record: &Value, number: u32) -> bool {
    let is_labelled = labels(record).get("slipway.team").is_some_and(|team| team == "edge");
    is_labelled && fields(number).iter().all(|(_, name, wanted, _)| record[*name] == *wanted)
}

fn names(object: &Value) -> Vec<String> {
    let mut names: Vec<_> = object["status"]["drift"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|drift| text(&drift["field"]))
        .collect();
    names.sort();
    names
}

/// Changes every field of a record.
fn meddle(registry: &Registry, id: &str, number: u32) {
    let changed = |record: &mut Value| {
        for (_, name, _, other) in fields(number) {
            record[name] = other;
        }
    };
    assert!(registry.ocm.edit(id, changed));
    assert!(registry.ocm.put_label("subscriptions", id, "slipway.team", "theirs"));
}

#[tokio::test]
async fn every_field_is_put_right_or_reported_as_the_policy_says() -> anyhow::Result<()> {
    let registry = quick("drift").await?;
    let corrected = whole(&registry, "corrected", 1, "Correct").await?;
    let reported = whole(&registry, "reported", 2, "Report").await?;
    for (id, number) in [(&corrected, 1), (&reported, 2)] {
        assert!(is_as_wanted(&registry.ocm.subscription(id).unwrap(), number));
    }
    let before = registry.ocm.call_count();
    meddle(&registry, &corrected, 1);
    meddle(&registry, &reported, 2);

    let mut every: Vec<_> = fields(1).iter().map(|(field, ..)| *field).chain(["labels.team"]).collect();
    every.sort_unstable();
    wait_record(&registry, &corrected, "every field put right", |record| is_as_wanted(record, 1)).await?;
    let are_told =
        |object: &Value| if names(object) == every { Ok(()) } else { Err(object["status"].to_string()) };
    registry.wait("corrected", "what was put right", are_told).await?;
    registry.wait_ready("corrected", "Active").await?;
    let object = registry.wait_condition("reported", "Ready", "False", "Drifted").await?;
    assert_eq!(names(&object), every);
    assert_names(&condition(&object, "Synced")["message"], &every);
    registry.wait_event("reported", "Drifted").await?;
    let told = |field: &str| format!("{field} was changed to");
    wait_for("an event for each field", LIMIT, async || {
        let events = registry.events("corrected").await?;
        let drifts: Vec<_> = events
            .iter()
            .filter(|event| event["reason"] == "Drifted")
            .map(|event| text(&event["note"]))
            .collect();
        for field in &every {
            anyhow::ensure!(drifts.iter().any(|note| note.contains(&told(field))), "{field}: {drifts:?}");
        }
        Ok(())
    })
    .await?;
    looked(&registry, 2).await?;
    let made = writes(&registry.ocm, before);
    assert_eq!(made.len(), 2, "one change for all fields of the one record, and one for its label: {made:?}");
    assert_eq!(registry.ocm.subscription(&reported).unwrap()["display_name"], "somebody's");

    registry.patch("reported", &json!({"displayName": "somebody's"})).await?;
    let without = |object: &Value| {
        if names(object).contains(&"displayName".to_owned()) { Err(text(&object["status"])) } else { Ok(()) }
    };
    registry.wait("reported", "the name agreed on", without).await?;
    registry.patch("reported", &json!({"drift": "Correct", "displayName": "Edge Seven"})).await?;
    registry.wait_ready("reported", "Active").await?;
    assert!(is_as_wanted(&registry.ocm.subscription(&reported).unwrap(), 2));
    registry.assert_sound().await
}

#[tokio::test]
async fn another_writer_is_told_of_and_not_fought() -> anyhow::Result<()> {
    let registry = quick("contest").await?;
    registry.apply(&registry.subscription("edge-7", &json!({}))).await?;
    registry.wait_ready("edge-7", "Reserved").await?;
    let id = text(&registry.record("edge-7").await?["id"]);
    let before = registry.ocm.call_count();
    for _ in 0..3 {
        registry.ocm.edit(&id, |record| record["display_name"] = json!("theirs"));
        wait_record(&registry, &id, "the name put right", |record| record["display_name"] == "edge-7")
            .await?;
    }
    registry.ocm.edit(&id, |record| record["display_name"] = json!("theirs"));
    let object = registry.wait_condition("edge-7", "Ready", "False", "DriftContested").await?;
    assert_names(&condition(&object, "Ready")["message"], &["displayName", "theirs", "edge-7"]);
    assert_names(&registry.wait_event("edge-7", "DriftContested").await?["note"], &["displayName"]);
    looked(&registry, 3).await?;
    let made = writes(&registry.ocm, before);
    assert_eq!(made.len(), 3, "{made:?}");
    assert_eq!(registry.ocm.subscription(&id).unwrap()["display_name"], "theirs");

    registry.patch("edge-7", &json!({"displayName": "ours again"})).await?;
    registry.wait_ready("edge-7", "Reserved").await?;
    assert_eq!(registry.ocm.subscription(&id).unwrap()["display_name"], "ours again");
    registry.assert_sound().await
}

/// Labels of a record by their keys, without the one that says whose it is.
fn labels(record: &Value) -> Map<String, Value> {
    let all = record["labels"].as_array().into_iter().flatten();
    let others = all.filter(|label| label["key"] != "slipway.installation");
    others.map(|label| (text(&label["key"]), label["value"].clone())).collect()
}

#[tokio::test]
async fn labels_of_others_are_theirs_and_ours_are_kept() -> anyhow::Result<()> {
    let registry = quick("labels").await?;
    let spec = json!({"labels": {"team": "edge", "site": "north"}});
    registry.apply(&registry.subscription("edge-7", &spec)).await?;
    registry.wait_ready("edge-7", "Reserved").await?;
    let id = text(&registry.record("edge-7").await?["id"]);
    assert!(
        registry.ocm.label("subscriptions", &id, "slipway.installation").is_some_and(|id| !id.is_empty())
    );
    let before = registry.ocm.call_count();

    for (key, value) in [("team", "theirs"), ("slipway.team", "theirs"), ("slipway.stray", "x")] {
        assert!(registry.ocm.put_label("subscriptions", &id, key, value));
    }
    assert!(registry.ocm.remove_label("subscriptions", &id, "slipway.site"));
    let ours = |team: &str| json!({"slipway.team": team, "slipway.site": "north", "team": "theirs"});
    let right = ours("edge");
    wait_record(&registry, &id, "our labels put right", |record| Value::from(labels(record)) == right)
        .await?;

    registry.patch("edge-7", &json!({"labels": {"site": null, "team": "core"}})).await?;
    let wanted = json!({"slipway.team": "core", "team": "theirs"});
    wait_record(&registry, &id, "the labels of the spec", |record| Value::from(labels(record)) == wanted)
        .await?;
    registry.wait_ready("edge-7", "Reserved").await?;
    looked(&registry, 2).await?;
    let made = writes(&registry.ocm, before);
    let is_ours = |path: &str| path.ends_with("/labels") || path.contains("/labels/slipway.");
    assert!(made.iter().all(|call| is_ours(&call.path)), "{made:?}");
    assert_eq!(made.len(), 5, "three put right, one changed, one taken away: {made:?}");
    registry.assert_sound().await
}
