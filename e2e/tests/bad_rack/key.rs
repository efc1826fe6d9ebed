//! Private keys that cannot be used: nothing is signed with them, and nothing is sent.

use serde_json::{Value, json};
use slipway_e2e::Site;

use crate::scene::{
    assert_clean, at_rest, bare_site, object, observed, options, replace_secret, rounds, told, unarmed,
};

const FINGERPRINT: &str = "aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99";
/// An encrypted key as openssl writes it, its passphrase, and its public half.
const KEYS: &str = include_str!("../../../operator/oci/tests/data/keys.json");
const WRONG: &str = "canary-of-a-wrong-passphrase";

/// A whole configuration file with another fingerprint than the key's, as after a mixed-up download.
fn mixed_up(site: &Site) -> Value {
    let config = site.account.config_text("~/.oci/api.pem").replace(&site.account.fingerprint, FINGERPRINT);
    json!({"config": config, "api.pem": site.account.private_key_pem})
}

#[tokio::test]
async fn a_key_of_another_fingerprint_and_an_encrypted_one_sign_nothing_until_the_secret_is_mended() {
    let site = bare_site(options(3), "key").await;
    for index in 0..3 {
        drop(site.record(index));
    }
    let made: Value = serde_json::from_str(KEYS).unwrap();
    let (locked, passphrase) = (made["keys"]["pkcs8-pbes2"].clone(), made["passphrase"].clone());
    let account = &site.account;
    let public = made["keys"]["public"].as_str().unwrap();
    site.cloud.add_api_key(&account.tenancy, &account.user, public).unwrap();
    let mut encrypted = site.account_fields();
    encrypted["key"] = locked;
    encrypted["fingerprint"] = made["fingerprint"].clone();
    let mut wrongly = encrypted.clone();
    wrongly["pass_phrase"] = json!(WRONG);
    for (index, content) in [mixed_up(&site), encrypted.clone(), wrongly].iter().enumerate() {
        replace_secret(&site, &Site::own_secret(index), content).await;
        site.apply(&unarmed(&site, index)).await.unwrap();
    }

    let (told_as, secret) = (("CredentialsValid", "CredentialsInvalid"), "spec.oci.credentialsRef");
    let own = account.fingerprint.as_str();
    told(&site, 0, told_as, &[secret, "`api.pem`", own, FINGERPRINT, "does not belong", "give the one"])
        .await;
    told(&site, 1, told_as, &[secret, "`key` is encrypted", "add `pass_phrase`"]).await;
    told(&site, 2, told_as, &[secret, "`key` cannot be decrypted", "correct `pass_phrase`"]).await;
    at_rest(&site, &[0, 1, 2]).await;
    assert_eq!(site.cloud.call_count(), 0);

    let mended = json!({"config": account.config_text("~/.oci/api.pem"), "api.pem": account.private_key_pem});
    let mut unlocked = encrypted;
    unlocked["pass_phrase"] = passphrase.clone();
    for (index, content) in [&mended, &unlocked, &unlocked].into_iter().enumerate() {
        replace_secret(&site, &Site::own_secret(index), content).await;
        observed(&site, index).await;
    }
    assert_clean(&site, &[WRONG, passphrase.as_str().unwrap()]).await;
}

#[tokio::test]
async fn every_mistake_of_a_secret_is_named_at_once() {
    let site = bare_site(options(1), "mistakes").await;
    drop(site.record(0));
    let wrong = json!({"user": site.account.tenancy, "fingerprint": "aa:bb", "key": site.account.public_key_pem,
        "region": "us ashburn"});
    replace_secret(&site, &Site::own_secret(0), &wrong).await;
    site.apply(&unarmed(&site, 0)).await.unwrap();
    let words = [
        "spec.oci.credentialsRef",
        "`tenancy` is missing",
        "the OCID of a tenancy",
        "give the OCID of the user",
        "`fingerprint` is \"aa:bb\"",
        "`key` holds a public key",
        "`region`",
        "(5)",
    ];
    told(&site, 0, ("CredentialsValid", "CredentialsInvalid"), &words).await;
    rounds(&site, 3.0).await;
    assert_eq!(site.cloud.call_count(), 0);
    drop(object(&site, 0).await);
    let account = site.account_fields();
    replace_secret(&site, &Site::own_secret(0), &account).await;
    observed(&site, 0).await;
    assert_clean(&site, &[]).await;
}
