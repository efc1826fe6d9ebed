//! Secrets of another type than the reference needs.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;

use crate::scene::{assert_nothing_leaked, mended, rack, secret, told};

const KEY: &str = "canary-of-a-private-key";

#[tokio::test]
async fn a_secret_of_another_type_is_named_with_the_keys_that_it_has_and_those_that_are_needed() {
    let rack = rack(3, "secret-type").await;
    let text = |text: &str| BASE64_STANDARD.encode(text);
    let typed = |name: &str, kind: &str, data: serde_json::Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": kind, "data": data});
    let tls = json!({"tls.crt": text("a certificate"), "tls.key": text(KEY)});
    rack.apply(&typed("of-tls", "kubernetes.io/tls", tls)).await.unwrap();
    let docker = json!({".dockerconfigjson": text("{\"auths\": {}}")});
    rack.apply(&typed("of-registry", "kubernetes.io/dockerconfigjson", docker)).await.unwrap();
    // The type is not what counts: this one has the keys.
    let basic = json!({"username": text(rack.fleet.username()), "password": text(&rack.fleet.password(2))});
    rack.apply(&typed("of-login", "kubernetes.io/basic-auth", basic)).await.unwrap();
    for (index, name) in ["of-tls", "of-registry", "of-login"].into_iter().enumerate() {
        let mut host = rack.host(index);
        host["spec"]["management"]["redfish"]["credentialsRef"]["name"] = json!(name);
        rack.apply(&host).await.unwrap();
    }
    let field = "spec.management.redfish.credentialsRef";
    let incomplete = ("CredentialsValid", "False", "SecretIncomplete");
    told(&rack, 0, incomplete, &["\"of-tls\"", field, "\"username\"", "it has tls.crt, tls.key"]).await;
    told(&rack, 1, incomplete, &["\"of-registry\"", field, "\"username\"", "it has .dockerconfigjson"]).await;
    mended(&rack, 2).await;

    // The type of a Secret cannot be changed, its keys can.
    for (index, name) in ["of-tls", "of-registry"].into_iter().enumerate() {
        let login = json!({"username": rack.fleet.username(), "password": rack.fleet.password(index)});
        rack.kubectl.ok(&["delete", "secret", name]).await.unwrap();
        secret(&rack, name, login).await;
        mended(&rack, index).await;
    }
    assert_nothing_leaked(&rack, &[KEY]).await;
}
