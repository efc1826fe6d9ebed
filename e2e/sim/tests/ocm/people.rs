//! Accounts, organizations and what the vendor's command line reads (`facts/ocm.md §1.7, §2.7, §2.9`).

use crate::scene::{Scene, escaped};
use serde_json::json;
use slipway_sim::Telemetry;

#[tokio::test]
async fn whoami_says_who_and_where() {
    let scene = Scene::start().await;
    let me = scene.caller("jdoe").get("current_account").await.body;
    let jdoe = scene.ocm.account("jdoe").unwrap();
    assert_eq!((&me["id"], &me["kind"]), (&json!(jdoe.id), &json!("Account")));
    for (field, value) in
        [("username", "jdoe"), ("email", "jdoe@example.com"), ("organization_id", &jdoe.organization_id)]
    {
        assert_eq!(me[field], value);
    }
    assert_eq!((&me["banned"], &me["service_account"]), (&json!(false), &json!(false)));
    let organization = &me["organization"];
    assert_eq!((&organization["id"], &organization["name"]), (&json!(jdoe.organization_id), &json!("A")));
    assert!(organization["external_id"].is_string());
    assert_eq!(scene.service().get("current_account").await.body["service_account"], true);
}

#[tokio::test]
async fn each_sees_its_own_organization() {
    let scene = Scene::start().await;
    let jdoe = scene.ocm.account("jdoe").unwrap();
    let service = scene.service();
    let all = service.get("accounts?orderBy=username").await;
    assert_eq!(all.each("username"), ["banned", "jdoe", "limited-sa", "slipway-sa"]);
    assert_eq!(service.search("accounts", "username = 'jdoe'").await.each("id"), [&jdoe.id]);
    let search = format!("organization_id='{}'", jdoe.organization_id);
    assert_eq!(service.search("accounts", &search).await.body["total"], 4);
    assert_eq!(service.get(&format!("accounts/{}", jdoe.id)).await.body["username"], "jdoe");
    let other = scene.caller("other");
    assert_eq!(other.get(&format!("accounts/{}", jdoe.id)).await.error(), (404, "7"));
    assert_eq!(other.get(&format!("organizations/{}", jdoe.organization_id)).await.error(), (404, "7"));
    assert_eq!(other.get("organizations").await.each("name"), ["B"]);
    assert_eq!(service.search("organizations", "name like 'A%'").await.each("id"), [&jdoe.organization_id]);
}

#[tokio::test]
async fn account_status_quota_and_roles_work() {
    let scene = Scene::start().await;
    let jdoe = scene.ocm.account("jdoe").unwrap();
    let service = scene.service();
    scene.ocm.set_quota("A", "cluster", 5);
    scene.reserve("c-1").await;
    let path = format!("organizations/{}/quota_cost", jdoe.organization_id);
    let quota = service.get(&format!("{path}?fetchRelatedResources=true")).await;
    let cost = &quota.items()[0];
    assert_eq!(
        (&quota.body["kind"], &cost["allowed"], &cost["consumed"], &cost["organization_id"]),
        (&json!("QuotaCostList"), &json!(5), &json!(1), &json!(jdoe.organization_id))
    );
    assert_eq!(cost["related_resources"][0]["resource_type"], "cluster");
    assert_eq!(service.get(&path).await.items()[0].get("related_resources"), None);
    assert_eq!(service.get("organizations/none/quota_cost").await.error(), (404, "7"));
    let bindings = service.search("role_bindings", &format!("account_id in ('{}')", jdoe.id)).await;
    assert_eq!(bindings.items()[0]["role"]["id"], "OrganizationAdmin");
    let role = service.get("roles/OrganizationAdmin").await;
    assert_eq!(role.body["kind"], "Role");
}

#[tokio::test]
async fn cluster_status_finds_state_memory_and_cpu() {
    let scene = Scene::start().await;
    scene.activate("c-1", "e-1").await;
    scene.reserve("c-2").await;
    scene.ocm.telemetry("e-1", &Telemetry::default());
    let service = scene.service();
    let key = escaped("(display_name = 'k' or cluster_id = 'k' or external_cluster_id = 'e-1')");
    let found = service.get(&format!("subscriptions?search={key}&size=1")).await;
    let record = &found.items()[0];
    assert_eq!((&record["status"], &record["cluster_id"]), (&json!("Active"), &json!("c-1")));
    let metrics = &record["metrics"][0];
    assert_eq!(
        (&metrics["memory"]["total"]["unit"], &metrics["cpu"]["used"]["value"]),
        (&json!("B"), &json!(4.25))
    );
    assert_eq!(metrics["nodes"], json!({"total": 5, "master": 3, "compute": 2}));
    let cluster = service.get("/api/clusters_mgmt/v1/clusters/c-1").await.body;
    assert_eq!((&cluster["id"], &cluster["state"]), (&json!("c-1"), &json!("ready")));
    let all = service.search("/api/clusters_mgmt/v1/clusters", "state = 'pending'").await;
    assert_eq!(all.each("id"), ["c-2"]);
    assert_eq!(service.get("/api/clusters_mgmt/v1/clusters/none").await.error(), (404, "7"));
}

#[tokio::test]
async fn the_pull_secret_holds_the_token_that_signs_in() {
    let scene = Scene::start().await;
    let answer = scene.caller("jdoe").post("access_token", &json!({})).await;
    let cloud = &answer.body["auths"]["cloud.openshift.com"];
    let token = cloud["auth"].as_str().unwrap();
    assert_eq!(token, scene.ocm.account("jdoe").unwrap().pull_secret_token);
    let caller = scene.with_header(format!("AccessToken 0e2c7b1a:{token}"));
    assert_eq!(caller.get("current_account").await.body["username"], "jdoe");
}

#[tokio::test]
async fn the_errors_can_be_looked_up() {
    let scene = Scene::start().await;
    let list = scene.service().get("errors?orderBy=id&size=100").await;
    assert!(list.each("code").contains(&"ACCT-MGMT-7") && list.body["kind"] == "ErrorList");
    assert_eq!(scene.service().get("errors/11").await.body["code"], "ACCT-MGMT-11");
    assert_eq!(scene.service().get("errors/999").await.error(), (404, "7"));
}
