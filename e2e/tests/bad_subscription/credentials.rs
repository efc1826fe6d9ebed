//! Secrets that are not there or not whole, and credentials that the registrar does not take.

use serde_json::{Value, json};
use slipway_e2e::Registry;
use slipway_e2e::objects::condition;

use crate::scene::{
    apply, assert_clean, at_rest, calm, client, quick, replace_secrets, reserved, rounds, secrets, told,
};

const FIELD: &str = "spec.registrar.ocm.credentialsRef";
const WRONG: &str = "wrong-client-secret-4711";
const CLUSTER: &str = "4c4c4544-0038-4b10-8051-000000000001";

/// A spec whose credentials are in this Secret.
fn with(registry: &Registry, secret: &str) -> Value {
    json!({"registrar": registry.registrar(secret)})
}

#[tokio::test]
async fn credentials_that_are_refused_are_tried_once_and_the_mended_secret_is_used() {
    let registry = quick("refused").await;
    let (ocm, account) = (&registry.ocm, registry.account());
    let revoked = ocm.new_offline_token("slipway-sa").unwrap();
    assert!(ocm.revoke(&revoked));
    let contents = [
        ("wrong", json!({"clientId": account.client_id, "clientSecret": WRONG})),
        ("unknown", json!({"clientId": "nobody", "clientSecret": WRONG})),
        ("revoked", json!({"offlineToken": revoked})),
    ];
    let names = contents.each_ref().map(|(name, _)| *name);
    secrets(&registry, contents).await;
    apply(&registry, &names.map(|name| (name, with(&registry, name)))).await;

    let refused = ("CredentialsValid", "CredentialsRefused");
    let token_service = ocm.token_url().split("/auth/").next().unwrap().to_owned();
    for (name, said) in
        names.into_iter().zip(["unauthorized_client", "invalid_client", "Offline user session not found"])
    {
        let words = [FIELD, &token_service, &format!("Secret {name:?}"), said, "until the Secret changes"];
        told(&registry, name, refused, &words).await;
    }
    told(&registry, "revoked", refused, &["30 days", "`clientId` and `clientSecret` of a service account"])
        .await;
    at_rest(&registry, &names).await;
    assert_eq!(ocm.token_requests().len(), 3, "{:?}", ocm.token_requests());
    // Whoever touches the Secret has it tried once more.
    registry.kubectl.ok(&["annotate", "secret", "wrong", "touched=once"]).await.unwrap();
    assert!(ocm.wait_until(std::time::Duration::from_secs(20), |ocm| ocm.token_requests().len() == 4).await);
    rounds(&registry, 12.0).await;
    assert_eq!(ocm.token_requests().len(), 4);

    let fresh = ocm.new_offline_token("slipway-sa").unwrap();
    let good = client(ocm, "slipway-sa");
    let mended = [("wrong", good.clone()), ("unknown", good), ("revoked", json!({"offlineToken": fresh}))];
    secrets(&registry, mended).await;
    reserved(&registry, &names).await;
    assert_clean(&registry, &[WRONG, &revoked, &fresh]).await;
}

/// Every form of good credentials.
fn forms(registry: &Registry) -> [(&'static str, Value); 6] {
    let (ocm, account) = (&registry.ocm, registry.account());
    let (offline, refresh) =
        (ocm.new_offline_token("slipway-sa").unwrap(), ocm.new_refresh_token("slipway-sa").unwrap());
    let pull = json!({"auths": {"cloud.openshift.com": {"auth": account.pull_secret_token}}}).to_string();
    let (id, secret) = (account.client_id, account.client_secret);
    [
        ("both", json!({"client_id": id, "client_secret": secret, "auth_method": "service-account"})),
        ("strange", json!({"offlineToken": account.offline_token})),
        ("empty", json!({"ocmAPIToken": offline, "auth_method": "offline-token"})),
        ("blank", json!({"refreshToken": refresh, "clientId": "cloud-services"})),
        ("pull", json!({"pullSecret": pull, "externalClusterId": CLUSTER})),
        ("method", json!({".dockerconfigjson": pull, "externalClusterId": CLUSTER})),
    ]
}

#[tokio::test]
async fn a_secret_without_credentials_is_named_and_each_form_of_them_is_noticed_when_it_comes() {
    let registry = calm("secret").await;
    let account = registry.account();
    let contents = [
        ("both", json!({"clientId": "a", "clientSecret": WRONG, "offlineToken": account.offline_token})),
        ("strange", json!({"username": "jane", "password": WRONG})),
        ("empty", json!({})),
        ("blank", json!({"clientId": account.client_id, "clientSecret": " \n"})),
        ("pull", json!({"pullSecret": "{\"auths\": {}}", "externalClusterId": CLUSTER})),
        ("method", json!({"auth_method": "magic", "clientSecret": WRONG})),
    ];
    secrets(&registry, contents).await;
    let names = ["both", "strange", "empty", "blank", "pull", "method", "absent", "no-ca"];
    let mut without_ca = with(&registry, "ocm");
    without_ca["registrar"]["ocm"]["tls"]["caRef"]["name"] = json!("absent-ca");
    let spec = |name| if name == "no-ca" { without_ca.clone() } else { with(&registry, name) };
    apply(&registry, &names.map(|name| (name, spec(name)))).await;

    let known = ["`clientId` with `clientSecret`", "`offlineToken`", "`refreshToken`", "`pullSecret`"];
    for (name, said) in [
        ("both", "several forms"),
        ("strange", "keys password, username"),
        ("empty", "no keys"),
        ("blank", "no credentials"),
        ("pull", "no token for cloud.openshift.com"),
        ("method", "`auth_method`"),
    ] {
        let secret = format!("Secret {name:?}");
        let words = [&[FIELD, said, &secret][..], &known].concat();
        told(&registry, name, ("CredentialsValid", "CredentialsInvalid"), &words).await;
    }
    let missing = ("CredentialsValid", "SecretMissing");
    told(&registry, "absent", missing, &[FIELD, "\"absent\"", "create it"]).await;
    told(&registry, "no-ca", missing, &["spec.registrar.ocm.tls.caRef", "\"absent-ca\"", "create it"]).await;
    at_rest(&registry, &names).await;
    assert_eq!(registry.ocm.call_count(), 0);

    let forms = forms(&registry);
    let texts = ["client_secret", "offlineToken", "ocmAPIToken", "refreshToken", "pullSecret"];
    let values: Vec<_> = forms.iter().flat_map(|(_, form)| texts.map(|key| form[key].as_str())).collect();
    let values: Vec<_> = values.into_iter().flatten().map(str::to_owned).collect();
    replace_secrets(&registry, forms).await;
    let good = client(&registry.ocm, "slipway-sa");
    let absent = [("absent", good), ("absent-ca", json!({"ca.crt": registry.ocm.ca_pem()}))];
    secrets(&registry, absent).await;
    reserved(&registry, &names).await;
    let mut grants: Vec<_> = registry.ocm.token_requests().into_iter().map(|asked| asked.grant).collect();
    grants.sort();
    assert_eq!(grants, ["client_credentials", "refresh_token", "refresh_token", "refresh_token"]);
    let values: Vec<_> = values.iter().map(String::as_str).chain([WRONG]).collect();
    assert_clean(&registry, &values).await;
}

#[tokio::test]
async fn credentials_that_end_in_use_are_replaced_without_a_restart_and_a_secret_that_goes_loses_nothing() {
    let mut registry = quick("rotated").await;
    let declared = json!({"cluster": {"declared": {"installed": true, "externalClusterId": CLUSTER}}});
    apply(&registry, &[("edge-7", declared)]).await;
    let before = registry.wait_ready("edge-7", "Active").await.unwrap();
    let asked = registry.ocm.token_requests().len();
    assert!(registry.ocm.set_secret("slipway-sa", "another-client-secret-0815"));
    registry.ocm.revoke_access_tokens();
    let kept = |object: &Value| {
        for field in ["subscriptionId", "externalClusterId", "remoteStatus", "clusterId"] {
            assert_eq!(object["status"][field], before["status"][field]);
        }
    };
    let object =
        told(&registry, "edge-7", ("CredentialsValid", "CredentialsRefused"), &[FIELD, "\"ocm\""]).await;
    kept(&object);
    rounds(&registry, 12.0).await;
    assert_eq!(registry.ocm.token_requests().len(), asked + 1);
    registry.apply(&registry.secrets()).await.unwrap();
    registry.wait_ready("edge-7", "Active").await.unwrap();

    registry.kubectl.ok(&["delete", "secret", "ocm"]).await.unwrap();
    registry.operator.stop().await.unwrap();
    registry.operator.start_again().await.unwrap();
    let object =
        told(&registry, "edge-7", ("CredentialsValid", "SecretMissing"), &[FIELD, "create it"]).await;
    kept(&object);
    assert_eq!(condition(&object, "Registered")["status"], "True", "what is known of the record stays");
    registry.apply(&registry.secrets()).await.unwrap();
    registry.wait_ready("edge-7", "Active").await.unwrap();
    assert_eq!(registry.ocm.subscriptions().len(), 1);
    assert_clean(&registry, &["another-client-secret-0815"]).await;
}
