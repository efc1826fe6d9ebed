//! Secrets that are not there or not whole, and accounts that Oracle Cloud does not know.

use serde_json::json;
use slipway_e2e::Site;
use slipway_e2e::objects::condition;

use crate::scene::{
    assert_clean, at_rest, object, observed, replace_secret, rounds, secret, site, to_connect, told, unarmed,
    waiting, writes,
};

#[tokio::test]
async fn a_secret_that_is_missing_or_not_whole_is_named_and_noticed_when_it_comes() {
    let site = site(4, "secret").await;
    let mut halves = site.account_fields();
    halves.as_object_mut().unwrap().remove("fingerprint");
    secret(&site, &Site::own_secret(1), &halves).await;
    secret(&site, &Site::own_secret(2), &json!({"username": "jane"})).await;
    for index in 0..3 {
        site.apply(&unarmed(&site, index)).await.unwrap();
    }
    let mut without_ca = object(&site, 3).await;
    without_ca["spec"]["oci"]["tls"]["caRef"]["name"] = json!("absent-ca");
    site.apply(&without_ca).await.unwrap();

    let field = "spec.oci.credentialsRef";
    let name = format!("{:?}", Site::own_secret(0));
    told(&site, 0, ("CredentialsValid", "SecretMissing"), &[field, &name, "create it"]).await;
    let incomplete = ("CredentialsValid", "SecretIncomplete");
    told(&site, 1, incomplete, &[field, "`fingerprint` is missing", "add it"]).await;
    let forms = ["`config`", "`tenancy`", "`authentication_type`", "add one of these"];
    told(&site, 2, incomplete, &[&[field][..], &forms].concat()).await;
    let words = ["spec.oci.tls.caRef", "\"absent-ca\"", "create it"];
    told(&site, 3, ("CredentialsValid", "SecretMissing"), &words).await;
    assert_eq!(site.cloud.call_count(), 0);

    for index in 0..3 {
        replace_secret(&site, &Site::own_secret(index), &site.account_fields()).await;
    }
    secret(&site, "absent-ca", &json!({"ca.crt": site.cloud.ca_pem()})).await;
    for index in 0..4 {
        observed(&site, index).await;
    }
    assert_clean(&site, &[]).await;
}

#[tokio::test]
async fn a_secret_that_may_not_be_read_is_read_after_the_command_that_the_message_gives() {
    let site = site(1, "forbidden").await;
    site.kubectl.ok(&["delete", "rolebinding", "slipway-secrets"]).await.unwrap();
    site.apply(&object(&site, 0).await).await.unwrap();
    let name = Site::own_secret(0);
    let words = ["spec.oci.credentialsRef", &name, site.namespace.name(), "create rolebinding"];
    let message = told(&site, 0, ("CredentialsValid", "SecretForbidden"), &words).await;
    assert_eq!(site.cloud.call_count(), 0);

    let command = message.split("kubectl ").nth(1).unwrap();
    site.kubectl.ok(&command.split_whitespace().collect::<Vec<_>>()).await.unwrap();
    observed(&site, 0).await;
    assert_clean(&site, &[]).await;
}

#[tokio::test]
async fn an_account_that_oracle_cloud_does_not_know_changes_nothing_until_the_secret_is_mended() {
    let site = site(2, "account").await;
    let other = site.cloud.add_account().unwrap();
    let mut wrong = site.account_fields();
    wrong["tenancy"] = json!(other.tenancy);
    secret(&site, &Site::own_secret(0), &wrong).await;
    site.apply(&unarmed(&site, 0)).await.unwrap();
    site.apply(&to_connect(&site, 1).await).await.unwrap();
    waiting(&site, 1).await;
    // The key of the second one is taken back while it is in use.
    site.cloud.revoke(&site.account.key_id());

    for index in 0..2 {
        let name = Site::own_secret(index);
        let endpoint = site.cloud.endpoint();
        let words = [&endpoint, &name, "401 NotAuthenticated", "tenancy", "opc-request-id"];
        let message = told(&site, index, ("CredentialsValid", "CredentialsRefused"), &words).await;
        assert!(message.contains("check that key, fingerprint, user and tenancy"), "{message}");
    }
    let refused = site.get(1).await.unwrap();
    assert_eq!(refused["status"]["connectionState"], "REJECT", "{refused}");
    assert!(refused["status"]["notBefore"].is_string(), "{refused}");
    at_rest(&site, &[0, 1]).await;
    assert_eq!((writes(&site), site.racks[1].pins()), (vec![], vec![]));

    site.cloud.add_api_key(&site.account.tenancy, &site.account.user, &site.account.public_key_pem).unwrap();
    replace_secret(&site, &Site::own_secret(0), &site.account_fields()).await;
    observed(&site, 0).await;
    // Nothing is changed in Kubernetes for the second one: it is looked at now and then.
    let mended = site.wait_condition(1, "CredentialsValid", "True", "Verified").await.unwrap();
    assert_eq!(condition(&mended, "Ready")["reason"], "Connecting", "{mended}");
    rounds(&site, 2.0).await;
    assert_clean(&site, &[]).await;
}
