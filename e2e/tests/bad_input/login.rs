//! Credentials.

use serde_json::json;

use crate::scene::{assert_nothing_leaked, mended, rack, secret, told};

const WRONG: &str = "canary-of-a-wrong-password";

#[tokio::test]
async fn a_wrong_password_is_tried_twice_and_never_again_until_the_secret_changes() {
    let rack = rack(2, "password").await;
    let login = |password: &str| json!({"username": rack.fleet.username(), "password": password});
    secret(&rack, "u00-bmc", login(WRONG)).await;
    for index in 0..2 {
        rack.apply(&rack.host(index)).await.unwrap();
    }
    mended(&rack, 1).await;
    // The second one's password is changed at the BMC, while it is in use.
    let changed = rack.fleet.bmc(1);
    changed.set_password("canary-of-the-next-password");
    changed.expire_sessions();

    for index in 0..2 {
        let address = rack.fleet.address(index);
        let words = [address.as_str(), "`credentialsRef`", "until the Secret"];
        told(&rack, index, ("CredentialsValid", "False", "CredentialsRefused"), &words).await;
    }
    rack.wait_reconciles(12.0).await.unwrap();
    let failed: Vec<_> = rack.fleet.bmcs().map(|bmc| bmc.counters().failed_logins).collect();
    assert_eq!(failed, [2, 2]);

    secret(&rack, "u00-bmc", login(&rack.fleet.password(0))).await;
    secret(&rack, "u01-bmc", login(&rack.fleet.password(1))).await;
    for index in 0..2 {
        mended(&rack, index).await;
        rack.wait_condition(index, "CredentialsValid", "True", "Verified").await.unwrap();
    }
    let failed: Vec<_> = rack.fleet.bmcs().map(|bmc| bmc.counters().failed_logins).collect();
    assert_eq!(failed, [2, 2]);
    assert_nothing_leaked(&rack, &[WRONG]).await;
}

#[tokio::test]
async fn a_secret_that_is_missing_or_lacks_a_key_is_named_and_noticed_when_it_comes() {
    let rack = rack(4, "secret").await;
    let names = ["absent", "keyless", "empty", "absent-ca"];
    secret(&rack, "keyless", json!({"username": "rackadmin", "pass": WRONG})).await;
    secret(&rack, "empty", json!({"username": "rackadmin", "password": ""})).await;
    for (index, name) in names.iter().enumerate() {
        let mut host = rack.host(index);
        let redfish = &mut host["spec"]["management"]["redfish"];
        let field = if index == 3 { &mut redfish["tls"]["caRef"] } else { &mut redfish["credentialsRef"] };
        field["name"] = json!(name);
        rack.apply(&host).await.unwrap();
    }
    let field = "spec.management.redfish.credentialsRef";
    let missing = ("CredentialsValid", "False", "SecretMissing");
    let incomplete = ("CredentialsValid", "False", "SecretIncomplete");
    told(&rack, 0, missing, &["\"absent\"", field, "create it"]).await;
    told(&rack, 1, incomplete, &["\"keyless\"", field, "\"password\"", "pass, username"]).await;
    told(&rack, 2, incomplete, &["\"empty\"", field, "\"password\"", "is empty"]).await;
    let field = "spec.management.redfish.tls.caRef";
    told(&rack, 3, ("Ready", "False", "SecretMissing"), &["\"absent-ca\"", field, "create it"]).await;
    assert_eq!(rack.fleet.counters().calls, 0);

    for (index, name) in names.into_iter().take(3).enumerate() {
        let password = rack.fleet.password(index);
        secret(&rack, name, json!({"username": "rackadmin", "password": password})).await;
    }
    secret(&rack, "absent-ca", json!({"ca.crt": rack.fleet.ca_pem()})).await;
    for index in 0..4 {
        mended(&rack, index).await;
    }
    assert_nothing_leaked(&rack, &[WRONG]).await;
}
