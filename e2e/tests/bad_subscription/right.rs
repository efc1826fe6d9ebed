//! Accounts that may not do what is asked, and clusters that belong to others.

use serde_json::{Value, json};
use slipway_e2e::Registry;
use slipway_sim::OcmRights;

use crate::scene::{apply, assert_clean, assert_slow, calls, client, mend, quick, reserved, secrets, told};

const AUTHORIZATIONS: &str = "/cluster_authorizations";
const OTHERS: &str = "4c4c4544-0038-4b10-8051-0000000000aa";

async fn with(registry: &Registry, account: &str, more: &Value) -> Value {
    secrets(registry, [(account, client(&registry.ocm, account))]).await;
    let mut spec = json!({"registrar": registry.registrar(account)});
    for (field, value) in more.as_object().into_iter().flatten() {
        spec["registrar"]["ocm"][field] = value.clone();
    }
    spec
}

#[tokio::test]
async fn an_account_that_may_not_is_named_and_asked_for_seldom_until_it_may() {
    let registry = quick("right").await;
    let ocm = &registry.ocm;
    let barred = ocm.add_service_account("barred", "A", OcmRights::service());
    ocm.set_banned("barred", true);
    let objects = [
        ("limited", with(&registry, "limited-sa", &json!({})).await),
        ("barred", with(&registry, &barred.username, &json!({})).await),
        ("for-other", with(&registry, "slipway-sa", &json!({"accountUsername": "x' or 'a'='a"})).await),
    ];
    apply(&registry, &objects).await;

    let url = ocm.url();
    let missing = ("Registered", "PermissionMissing");
    let common = [url.as_str(), "403", "operation_id", "the right"];
    told(&registry, "limited", missing, &[&common[..], &["ACCT-MGMT-11", "\"limited-sa\""]].concat()).await;
    told(&registry, "barred", missing, &[&common[..], &["ACCT-MGMT-22", "\"barred\""]].concat()).await;
    told(&registry, "for-other", missing, &[&common[..], &["ACCT-MGMT-11", "\"slipway-sa\""]].concat()).await;
    let posts = || {
        let mut posts = calls(ocm, "POST", AUTHORIZATIONS);
        posts.retain(|call| call.account.as_deref() == Some("limited-sa"));
        posts
    };
    registry.wait_ocm("it is asked for again", |_| posts().len() >= 3).await.unwrap();
    assert_slow(&posts(), 2);
    assert_eq!(ocm.subscriptions(), [] as [Value; 0]);
    assert_eq!(ocm.token_requests().len(), 3);

    ocm.set_rights("limited-sa", OcmRights::service());
    ocm.set_banned("barred", false);
    mend(&registry, &["for-other"], &json!({"registrar": {"ocm": {"accountUsername": "jdoe"}}})).await;
    reserved(&registry, &["limited", "barred", "for-other"]).await;
    assert_clean(&registry, &[]).await;
}

#[tokio::test]
async fn a_short_quota_and_a_cluster_of_somebody_else_are_told_and_do_not_loop() {
    let registry = quick("short").await;
    let ocm = &registry.ocm;
    ocm.set_quota("A", "cluster", 0);
    let theirs = ocm.reserve_as("other", OTHERS, "theirs");
    apply(&registry, &[("short", json!({})), ("foreign", json!({"clusterId": OTHERS}))]).await;
    let (registered, url) = (|reason| ("Registered", reason), ocm.url());
    told(&registry, "short", registered("QuotaShort"), &[&url, "cluster", "raise the quota"]).await;
    told(
        &registry,
        "foreign",
        registered("ForeignSubscription"),
        &[&url, OTHERS, "another account", "spec.clusterId"],
    )
    .await;
    let posts = || {
        let mut posts = calls(ocm, "POST", AUTHORIZATIONS);
        posts.retain(|call| call.body["cluster_id"] == OTHERS);
        posts
    };
    registry.wait_ocm("it is asked for again", |_| posts().len() >= 3).await.unwrap();
    assert_slow(&posts(), 2);
    let record = ocm.subscription(&theirs).unwrap();
    assert_eq!((&record["status"], &record["display_name"]), (&json!("Reserved"), &json!("theirs")));
    assert_eq!(ocm.subscriptions().len(), 1);

    ocm.unset_quota("A", "cluster");
    // Somebody else lets it go.
    ocm.delete(&theirs);
    reserved(&registry, &["short", "foreign"]).await;
    assert_clean(&registry, &[]).await;
}
