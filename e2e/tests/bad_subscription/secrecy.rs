//! No credential, no token and nothing of a kubeconfig in anything that can be read, however much the operator writes down.

use serde_json::json;
use slipway_e2e::{OperatorProcess, Registry};
use slipway_sim::{Fault, OpenShift, Trouble};

use crate::scene::{apply, delete, mend, replace_secrets, reserved, secrets, start, told};

const CLUSTER: &str = "4c4c4544-0038-4b10-8051-0000000000cc";
const WRONG: &str = "wrong-client-secret-4711";

#[tokio::test]
async fn at_the_most_talkative_level_no_secret_is_written_in_a_whole_life() {
    let operator = OperatorProcess::options().arg("--log").arg("trace");
    let registry = start(Registry::options().operator(operator), "secrecy").await;
    let (ocm, account, cluster) = (&registry.ocm, registry.account(), OpenShift::start().await.unwrap());
    let (rotated, pull) = (ocm.new_offline_token("slipway-sa").unwrap(), account.pull_secret_token.clone());
    let file = json!({"auths": {"cloud.openshift.com": {"auth": pull}}}).to_string();
    let contents = [
        ("offline", json!({"offlineToken": rotated})),
        ("pull", json!({"pullSecret": file, "externalClusterId": CLUSTER})),
        ("wrong", json!({"clientId": account.client_id, "clientSecret": WRONG})),
        ("edge-kubeconfig", json!({"kubeconfig": cluster.kubeconfig_with_token()})),
    ];
    secrets(&registry, contents).await;
    for trouble in [Trouble::CutMiddle, Trouble::Garbage, Trouble::FailAfter { status: 500 }] {
        ocm.add_fault(Fault::new(trouble.clone()).on("POST", "openid-connect/token").once());
        ocm.add_fault(Fault::new(trouble).on("GET", "/subscriptions").once());
    }
    let with = |secret| json!({"registrar": registry.registrar(secret)});
    let edge = json!({"cluster": {"kubeconfigRef": {"name": "edge-kubeconfig"}}, "deletionPolicy": "Delete"});
    let objects =
        [("edge", edge), ("offline", with("offline")), ("pull", with("pull")), ("wrong", with("wrong"))];
    apply(&registry, &objects).await;
    told(&registry, "wrong", ("CredentialsValid", "CredentialsRefused"), &["\"wrong\""]).await;
    reserved(&registry, &["offline", "pull"]).await;
    // A token that is good once may be lost with an answer; from here on none is.
    ocm.set_rotate_refresh(true);
    cluster.set_version(CLUSTER, true);
    let object = registry.wait_ready("edge", "Active").await.unwrap();
    let id = object["status"]["subscriptionId"].as_str().unwrap();

    ocm.revoke_access_tokens();
    mend(&registry, &["offline"], &json!({"displayName": "Offline"})).await;
    registry
        .wait_ocm("the renaming", |ocm| {
            ocm.subscriptions().iter().any(|one| one["display_name"] == "Offline")
        })
        .await
        .unwrap();
    let refresh = ocm.new_refresh_token("slipway-sa").unwrap();
    replace_secrets(&registry, [("wrong", json!({"refreshToken": refresh}))]).await;
    reserved(&registry, &["wrong"]).await;
    delete(&registry, &["edge", "offline", "pull", "wrong"]).await;
    assert!(
        std::fs::read_to_string(registry.operator.log_file()).unwrap().contains("\"TRACE\""),
        "not talkative"
    );
    registry.assert_sound_but(&[id]).await.unwrap();
    let readable = registry.readable().await.unwrap();
    let key =
        cluster.kubeconfig().lines().find(|line| line.contains("client-key-data")).unwrap().trim().to_owned();
    for secret in [WRONG, &rotated, &pull, cluster.token(), &key, &refresh, "eyJhbGci", "AccessToken 4c4c"] {
        let place = readable.lines().find(|line| line.contains(secret));
        assert_eq!(place, None, "{secret:?} can be read");
    }
    assert!(!readable.contains("panicked"));
}
