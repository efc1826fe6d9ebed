//! What becomes of a record when its object goes, is suspended, or names another registrar.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::Registry;
use slipway_e2e::objects::list;
use slipway_sim::{Ocm, OcmConfig};

use crate::scene::{assert_names, installed, looked, quick, text, wait_record, writes};

/// Each policy, and what it makes of a record that is Reserved, Active and Stale.
const POLICIES: [(&str, [&str; 3]); 4] = [
    ("DeleteReserved", ["Deprovisioned", "Active", "Stale"]),
    ("Delete", ["Deprovisioned", "Deprovisioned", "Deprovisioned"]),
    ("Archive", ["Deprovisioned", "Archived", "Archived"]),
    ("Retain", ["Reserved", "Active", "Stale"]),
];
const STATES: [&str; 3] = ["Reserved", "Active", "Stale"];

/// The object of a policy and a state.
fn name(policy: &str, state: &str) -> String {
    format!("{policy}-{state}").to_lowercase()
}

/// Deletes the objects of these states and answers the ids of their records.
async fn released(registry: &Registry, states: &[&str]) -> anyhow::Result<Vec<(String, String)>> {
    let all = || POLICIES.iter().flat_map(|(policy, _)| states.iter().map(|state| name(policy, state)));
    let mut ids = vec![];
    for name in all() {
        ids.push((name.clone(), text(&registry.record(&name).await?["id"])));
    }
    let names: Vec<_> = all().collect();
    let mut arguments = vec!["delete", "csub", "--wait=false"];
    arguments.extend(names.iter().map(String::as_str));
    registry.kubectl.ok(&arguments).await?;
    for name in &names {
        registry.wait_gone(name).await?;
    }
    Ok(ids)
}

#[tokio::test]
async fn every_policy_does_its_own_to_every_state() -> anyhow::Result<()> {
    let registry = quick("policies").await?;
    let pairs = POLICIES.iter().flat_map(|(policy, _)| STATES.map(|state| (*policy, state)));
    let objects = pairs.clone().zip(1..).map(|((policy, state), number)| {
        let cluster = if state == "Reserved" { json!({"declared": {}}) } else { installed(number) };
        registry.subscription(&name(policy, state), &json!({"deletionPolicy": policy, "cluster": cluster}))
    });
    registry.apply(&list(objects)).await?;
    for (policy, state) in pairs.clone() {
        let wanted = if state == "Reserved" { state } else { "Active" };
        registry.wait_ready(&name(policy, state), wanted).await?;
    }
    let mut ids = released(&registry, &["Reserved", "Active"]).await?;
    let outcomes = |ids: &[(String, String)]| -> Vec<(String, String)> {
        let read = |id: &String| text(&registry.ocm.subscription(id).unwrap()["status"]);
        ids.iter().map(|(name, id)| (name.clone(), read(id))).collect()
    };
    let mut seen = outcomes(&ids);
    registry.advance(Duration::from_hours(24));
    for (policy, _) in POLICIES {
        registry.wait_ready(&name(policy, "Stale"), "Stale").await?;
    }
    let late = released(&registry, &["Stale"]).await?;
    seen.extend(outcomes(&late));
    ids.extend(late);

    for (policy, wanted) in POLICIES {
        for (state, wanted) in STATES.iter().zip(wanted) {
            let name = name(policy, state);
            let found = seen.iter().find(|(known, _)| *known == name).map(|(_, status)| status.as_str());
            assert_eq!(found, Some(wanted), "{name}");
        }
    }
    let meant: Vec<_> = ids
        .iter()
        .filter(|(known, _)| *known == name("Delete", "Active"))
        .map(|(_, id)| id.as_str())
        .collect();
    registry.assert_sound_but(&meant).await
}

#[tokio::test]
async fn while_suspended_nothing_happens_but_deletion() -> anyhow::Result<()> {
    let registry = quick("suspend").await?;
    registry.apply(&registry.subscription("new", &json!({"suspend": true}))).await?;
    registry.apply(&registry.subscription("old", &json!({}))).await?;
    registry.wait_ready("old", "Reserved").await?;
    let id = text(&registry.record("old").await?["id"]);
    let object = registry.wait_condition("new", "Ready", "False", "Suspended").await?;
    let cluster = registry.cluster_id("new").await?;
    assert_names(&object["status"]["plan"][0], &["Reserve", &cluster]);

    let before = registry.ocm.call_count();
    registry.patch("old", &json!({"suspend": true, "displayName": "renamed"})).await?;
    let object = registry.wait_condition("old", "Ready", "False", "Suspended").await?;
    assert_names(&object["status"]["plan"][0], &[&id, "displayName", "renamed"]);
    looked(&registry, 3).await?;
    let made = writes(&registry.ocm, before);
    assert!(made.is_empty(), "{made:?}");

    registry.patch("new", &json!({"suspend": false})).await?;
    let object = registry.wait_ready("new", "Reserved").await?;
    assert!(object["status"].get("plan").is_none(), "{object}");
    registry.delete("old").await?;
    registry.wait_gone("old").await?;
    let record = registry.ocm.subscription(&id).unwrap();
    assert_eq!((&record["status"], &record["display_name"]), (&json!("Deprovisioned"), &json!("old")));
    registry.assert_sound().await
}

#[tokio::test]
async fn at_another_registrar_another_record_is_made() -> anyhow::Result<()> {
    let registry = quick("moving").await?;
    let second = Ocm::start(OcmConfig::default()).await?;
    let registrar = registry.admit("second", &second).await?;
    registry.apply(&registry.subscription("edge-7", &json!({"cluster": installed(1)}))).await?;
    registry.wait_ready("edge-7", "Active").await?;
    let old = registry.record("edge-7").await?;
    let before = registry.ocm.call_count();

    registry.patch("edge-7", &json!({"registrar": registrar})).await?;
    let is_there = |object: &Value| {
        let id = text(&object["status"]["subscriptionId"]);
        let active = object["status"]["remoteStatus"] == "Active";
        if active && second.subscription(&id).is_some() { Ok(()) } else { Err(object["status"].to_string()) }
    };
    let object = registry.wait("edge-7", "a record at the second", is_there).await?;
    assert_eq!(second.live(&text(&object["status"]["clusterId"])).len(), 1);
    let id = text(&old["id"]);
    let made = writes(&registry.ocm, before);
    assert!(made.is_empty(), "{made:?}");
    wait_record(&registry, &id, "the old record as it was", |record| *record == old).await?;

    registry.delete("edge-7").await?;
    registry.wait_gone("edge-7").await?;
    assert_eq!(registry.ocm.subscription(&id).unwrap()["status"], "Active");
    assert!(second.violations().is_empty() && second.deleted_while("Active").is_empty());
    registry.assert_sound().await
}
