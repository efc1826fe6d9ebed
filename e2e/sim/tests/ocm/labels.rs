//! Labels and capabilities (`facts/ocm.md §2.8`).

use crate::scene::{HOUR, Scene};
use serde_json::json;
use slipway_sim::OcmRights;

#[tokio::test]
async fn labels_are_made_changed_read_and_removed_everywhere() {
    let scene = Scene::start().await;
    let jdoe = scene.ocm.account("jdoe").unwrap();
    let record = scene.reserve("c-1").await;
    for (collection, id, word) in [
        ("subscriptions", &record, "Subscription"),
        ("organizations", &jdoe.organization_id, "Organization"),
        ("accounts", &jdoe.id, "Account"),
    ] {
        let labels = format!("{collection}/{id}/labels");
        let made =
            scene.service().post(&labels, &json!({"kind": "Label", "key": "a.b/c", "value": "1"})).await;
        assert_eq!(made.status, 200);
        let owner = format!("{}_id", word.to_lowercase());
        for (field, value) in [
            ("kind", "Label"),
            ("key", "a.b/c"),
            ("value", "1"),
            ("type", word),
            (owner.as_str(), id),
            ("href", &format!("/api/accounts_mgmt/v1/{labels}/a.b/c")),
        ] {
            assert_eq!(made.body[field], value, "{field}");
        }
        scene.ocm.clock().advance(HOUR);
        let service = scene.service();
        let changed = service.post(&labels, &json!({"key": "a.b/c", "value": "2", "internal": false})).await;
        assert_eq!((&changed.body["id"], &changed.body["value"]), (&made.body["id"], &json!("2")));
        assert_ne!(changed.body["updated_at"], changed.body["created_at"]);
        let one = format!("{labels}/a.b%2Fc");
        assert_eq!(service.patch(&one, &json!({"value": "3"})).await.body["value"], "3");
        assert_eq!(service.patch(&one, &json!({"key": "x", "value": "3"})).await.error(), (409, "6"));
        assert_eq!(service.get(&one).await.body["value"], "3");
        assert_eq!(scene.ocm.label(collection, id, "a.b/c").as_deref(), Some("3"));
        let list = service.get(&labels).await;
        assert_eq!((list.each("key"), &list.body["kind"]), (vec!["a.b/c"], &json!("LabelList")));
        assert_eq!(service.search("labels", &format!("type = '{word}'")).await.each("value"), ["3"]);
        assert_eq!(service.search(&labels, "key = 'x'").await.items().len(), 0);
        let shown = service.get(&format!("{collection}/{id}?fetchLabels=true")).await;
        assert_eq!(shown.body["labels"][0]["value"], "3");
        assert_eq!(service.delete(&one).await.status, 204);
        assert_eq!(service.delete(&one).await.error(), (404, "7"));
        assert_eq!(service.get(&one).await.error(), (404, "7"));
        assert_eq!(service.patch(&one, &json!({"value": "3"})).await.error(), (404, "7"));
        assert_eq!(service.post(&labels, &json!({"key": "", "value": "1"})).await.error(), (400, "8"));
        assert_eq!(service.post(&labels, &json!({"key": "k"})).await.error(), (400, "8"));
        assert_eq!(service.post(&labels, &json!({"key": "k", "value": 1})).await.error(), (400, "17"));
        assert_eq!(service.get(&format!("{collection}/none/labels")).await.error(), (404, "7"));
    }
}

#[tokio::test]
async fn labels_need_their_rights() {
    let scene = Scene::start().await;
    let jdoe = scene.ocm.account("jdoe").unwrap();
    let record = scene.reserve("c-1").await;
    let organization = format!("organizations/{}/labels", jdoe.organization_id);
    let label = json!({"key": "k", "value": "v"});
    for name in ["jdoe", "limited-sa"] {
        assert_eq!(scene.caller(name).post(&organization, &label).await.error(), (403, "11"));
        assert_eq!(scene.caller(name).delete(&format!("{organization}/k")).await.error(), (403, "11"));
    }
    let labels = format!("subscriptions/{record}/labels");
    assert_eq!(scene.caller("limited-sa").post(&labels, &label).await.error(), (403, "11"));
    assert_eq!(scene.caller("other").post(&labels, &label).await.error(), (404, "7"));
    assert_eq!(scene.caller("jdoe").post(&labels, &label).await.status, 200);
    let internal = json!({"key": "secret", "value": "v", "internal": true});
    assert_eq!(scene.service().post(&labels, &internal).await.error(), (403, "11"));
    scene.ocm.add_service_account("all", "A", OcmRights::everything());
    assert_eq!(scene.caller("all").post(&labels, &internal).await.status, 200);
    assert_eq!(scene.service().get(&labels).await.each("key"), ["k"]);
    assert_eq!(scene.caller("all").search(&labels, "internal = true").await.each("key"), ["secret"]);
    assert_eq!(scene.service().delete(&format!("{labels}/secret")).await.error(), (403, "11"));
    scene.ocm.delete(&record);
    assert_eq!(scene.service().post(&labels, &label).await.error(), (404, "7"));
}

#[tokio::test]
async fn capabilities_are_labels_and_are_inherited() {
    let scene = Scene::start().await;
    let jdoe = scene.ocm.account("jdoe").unwrap();
    let record = scene.reserve("c-1").await;
    assert!(scene.ocm.set_capability("A", "hypershift", "true"));
    assert!(!scene.ocm.set_capability("nowhere", "hypershift", "true"));
    scene.ocm.put_label("subscriptions", &record, "capability.cluster.subscribed_ocp", "true");
    scene.ocm.put_label("subscriptions", &record, "other", "true");
    let name = "capability.organization.hypershift";
    let capabilities = async |path: String| {
        scene.service().get(&format!("{path}?fetchCapabilities=true")).await.body["capabilities"].clone()
    };
    let inherited = json!({"name": name, "value": "true", "inherited": true});
    assert_eq!(
        capabilities(format!("subscriptions/{record}")).await,
        json!([{"name": "capability.cluster.subscribed_ocp", "value": "true", "inherited": false}, inherited])
    );
    assert_eq!(capabilities(format!("accounts/{}", jdoe.id)).await, json!([inherited]));
    assert_eq!(capabilities("current_account".to_owned()).await, json!([inherited]));
    let organization = format!("organizations/{}", jdoe.organization_id);
    let own = json!([{"name": name, "value": "true", "inherited": false}]);
    assert_eq!(capabilities(organization.clone()).await, own);
    let list = scene.service().get("organizations?fetchCapabilities=true").await;
    assert_eq!(list.items()[0]["capabilities"], own);
    assert_eq!(scene.service().delete(&format!("{organization}/labels/{name}")).await.status, 204);
    assert_eq!(capabilities(organization).await, json!([]));
    assert!(!scene.ocm.unset_capability("A", name));
    let known = scene.service().search("capabilities", &format!("name = '{name}'")).await;
    assert_eq!(known.items().len(), 1);
}
