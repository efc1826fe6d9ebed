//! What tests look at: calls, transitions, leaks; and somebody else at the records.

use crate::scene::Scene;
use serde_json::{Value, json};

#[tokio::test]
async fn every_call_is_noted_without_its_secrets() {
    let scene = Scene::start().await;
    let account = scene.ocm.account("slipway-sa").unwrap();
    let form =
        format!("grant_type=client_credentials&client_id=slipway-sa&client_secret={}", account.client_secret);
    let sso =
        scene.client.post(scene.ocm.token_url()).header("content-type", "application/x-www-form-urlencoded");
    let answer: Value = sso.body(form).send().await.unwrap().json().await.unwrap();
    let id = scene.reserve("c-1").await;
    scene.service().get(&format!("subscriptions/{id}?fetchLabels=true")).await;
    scene.with_header(String::new()).get("current_account").await;
    let calls = scene.ocm.calls();
    let rows: Vec<_> = calls.iter().map(|call| (call.number, call.status, call.account.as_deref())).collect();
    let service = Some("slipway-sa");
    assert_eq!(
        rows,
        [(1, Some(200), service), (2, Some(200), service), (3, Some(200), service), (4, Some(401), None)]
    );
    assert_eq!(calls[0].body["client_secret"], "***");
    assert_eq!(calls[1].body["cluster_id"], "c-1");
    assert_eq!((calls[2].method.as_str(), calls[2].query.as_str()), ("GET", "fetchLabels=true"));
    assert!(calls[2].path.ends_with(&id) && calls[2].body.is_null());
    let all = serde_json::to_string(&calls).unwrap();
    assert!(!all.contains(&account.client_secret) && !all.contains(answer["access_token"].as_str().unwrap()));
    scene.ocm.clear_journal();
    assert!(scene.ocm.calls().is_empty() && scene.ocm.transitions().is_empty());
    assert_eq!(scene.ocm.call_count(), 4);
}

#[tokio::test]
async fn deletions_and_leaks_are_found() {
    let scene = Scene::start().await;
    let active = scene.activate("c-1", "e-1").await;
    let (reserved, leaked) = (scene.reserve("c-2").await, scene.reserve("c-3").await);
    assert_eq!(scene.ocm.leaks(&["c-1", "c-2"]), [leaked.as_str()]);
    scene.service().delete(&format!("subscriptions/{reserved}")).await;
    assert!(scene.ocm.deleted_while("Active").is_empty());
    scene.service().delete(&format!("subscriptions/{active}")).await;
    let deleted = scene.ocm.deleted_while("Active");
    assert_eq!((deleted[0].id.as_str(), deleted[0].by.as_str()), (active.as_str(), "slipway-sa"));
    assert_eq!((deleted[0].cluster_id.as_str(), deleted.len()), ("c-1", 1));
    assert_eq!(scene.ocm.deleted_while("Reserved").len(), 1);
    scene.ocm.delete(&leaked);
    assert_eq!(scene.ocm.transitions().last().unwrap().by, "somebody");
    assert!(scene.ocm.leaks(&[]).is_empty());
}

#[tokio::test]
async fn somebody_else_can_do_anything() {
    let scene = Scene::start().await;
    let id = scene.activate("c-1", "e-1").await;
    let path = format!("subscriptions/{id}");
    let get = async || scene.service().get(&path).await;
    assert_eq!(scene.ocm.patch_as("jdoe", &id, &json!({"display_name": "theirs"})), 200);
    assert_eq!(scene.ocm.patch_as("jdoe", &id, &json!({"status": "Reserved"})), 400);
    assert_eq!(scene.ocm.patch_as("jdoe", "none", &json!({})), 404);
    assert_eq!(get().await.body["display_name"], "theirs");
    assert!(scene.ocm.set_status_word(&id, "Frozen"));
    assert_eq!(get().await.body["status"], "Frozen");
    assert!(scene.ocm.archive(&id));
    assert_eq!(get().await.body["status"], "Archived");
    assert!(scene.ocm.edit(&id, |record| record["region_id"] = json!("x")));
    assert_eq!(get().await.body["region_id"], "x");
    assert!(scene.ocm.transfer(&id, "B"));
    assert_eq!(get().await.error(), (404, "7"));
    assert!(scene.service().get("subscriptions").await.items().is_empty());
    let theirs = scene.caller("other").get(&path).await.body;
    assert_eq!(theirs["organization_id"], scene.ocm.organization("B"));
    assert_eq!(theirs["creator"]["id"], scene.ocm.account("other").unwrap().id);
    assert!(scene.ocm.delete(&id) && !scene.ocm.delete("none"));
    assert_eq!(scene.ocm.subscription(&id).unwrap()["status"], "Deprovisioned");
    assert!(scene.ocm.live("c-1").is_empty());
}
