//! Sessions, instance principals, workloads (facts/oci.md §2.5 to §2.8).

use crate::caller::{Answer, Caller, INFRASTRUCTURES, http};
use crate::scene::Scene;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Client;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use slipway_sim::{Account, Session};
use std::time::Duration;

fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// The text between the armour's lines.
fn inner(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

#[tokio::test]
async fn a_session_is_refreshed_with_its_own_key() {
    let scene = Scene::start().await;
    let session = scene.cloud.session(&scene.account).unwrap();
    let caller = Caller::of_session(&scene.cloud, &session);
    assert_eq!(caller.get(INFRASTRUCTURES).await.status, 200);
    let claims = claims(&session.token);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 20 * 60);
    let refresh = "/v1/authentication/refresh";
    let refreshed = caller.post(refresh, &json!({"currentToken": session.token})).await;
    let token = refreshed.body["token"].as_str().unwrap().to_owned();
    assert_ne!(token, session.token);
    assert_eq!(
        Caller::of_session(&scene.cloud, &Session { token, ..session }).get(INFRASTRUCTURES).await.status,
        200
    );
    assert_eq!(caller.post(refresh, &json!({"currentToken": "x"})).await.status, 401);
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let scene = Scene::start().await;
    scene.cloud.set_token_lifetime(Duration::ZERO);
    let session = scene.cloud.session(&scene.account).unwrap();
    let caller = Caller::of_session(&scene.cloud, &session);
    assert_eq!(caller.get(INFRASTRUCTURES).await.status, 401);
    let refreshed = caller.post("/v1/authentication/refresh", &json!({"currentToken": session.token})).await;
    assert_eq!(refreshed.status, 401);
}

#[tokio::test]
async fn a_resource_principals_token_names_its_tenancy() {
    let scene = Scene::start().await;
    let session = scene.cloud.resource_principal(&scene.account).unwrap();
    let claims = claims(&session.token);
    assert_eq!(claims["res_tenant"], scene.account.tenancy.as_str());
    assert_eq!(claims["res_compartment"], scene.account.compartment.as_str());
    assert_eq!(Caller::of_session(&scene.cloud, &session).get(INFRASTRUCTURES).await.status, 200);
}

async fn metadata(scene: &Scene, path: &str) -> (u16, String) {
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{}/{path}", scene.cloud.metadata_url()));
    let answer = request.header("authorization", "Bearer Oracle").send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn colons(bytes: &[u8], upper: bool) -> String {
    let hex = |byte: &u8| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
    bytes.iter().map(hex).collect::<Vec<_>>().join(":")
}

/// The token request in the Python SDK's form, or in Go's.
async fn federate(scene: &Scene, account: &Account, go: bool, session: &Session) -> Answer {
    let certificate = metadata(scene, "identity/cert.pem").await.1;
    let intermediate = metadata(scene, "identity/intermediate.pem").await.1;
    let leaf = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let name = if go {
        format!("fed-x509-sha256/{}", colons(&Sha256::digest(&leaf), false))
    } else {
        format!("fed-x509/{}", colons(digest(&SHA1_FOR_LEGACY_USE_ONLY, &leaf).as_ref(), true))
    };
    let key = metadata(scene, "identity/key.pem").await.1;
    let caller = Caller::with_key(&scene.cloud, &format!("{}/{name}", account.tenancy), &key);
    let body = json!({
        "certificate": inner(&certificate),
        "publicKey": inner(&session.public_key_pem),
        "intermediateCertificates": [inner(&intermediate)],
    });
    caller.post("/v1/x509", &body).await
}

#[tokio::test]
async fn an_instance_has_a_token_for_its_certificate() {
    let scene = Scene::start().await;
    assert_eq!(metadata(&scene, "identity/cert.pem").await.0, 404);
    scene.cloud.set_instance(&scene.account).unwrap();
    assert_eq!(metadata(&scene, "instance/region").await, (200, "us-ashburn-1".to_owned()));
    let info: Value = serde_json::from_str(&metadata(&scene, "instance/regionInfo").await.1).unwrap();
    assert_eq!(info["realmDomainComponent"], "oraclecloud.com");
    let bare = Client::builder().no_proxy().build().unwrap();
    let bare = bare.get(format!("{}/instance/region", scene.cloud.metadata_url())).send().await.unwrap();
    assert_eq!(bare.status(), 401);
    let session = scene.cloud.session(&scene.account).unwrap();
    for go in [false, true] {
        let answer = federate(&scene, &scene.account, go, &session).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let token = answer.body["token"].as_str().unwrap().to_owned();
        let caller = Caller::of_session(&scene.cloud, &Session { token, ..session.clone() });
        assert_eq!(caller.get(INFRASTRUCTURES).await.status, 200);
    }
    let other = scene.cloud.add_account().unwrap();
    assert_eq!(federate(&scene, &other, false, &session).await.status, 401);
    let before = metadata(&scene, "identity/cert.pem").await.1;
    scene.cloud.set_instance(&scene.account).unwrap();
    assert_ne!(metadata(&scene, "identity/cert.pem").await.1, before);
}

#[tokio::test]
async fn the_certificates_subject_names_the_tenancy_at_length() {
    let scene = Scene::start().await;
    scene.cloud.set_instance(&scene.account).unwrap();
    let pem = metadata(&scene, "identity/cert.pem").await.1;
    let leaf = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let wanted = format!("opc-tenant:{}", scene.account.tenancy);
    assert!(wanted.len() > 64);
    assert!(leaf.windows(wanted.len()).any(|part| part == wanted.as_bytes()));
}

#[tokio::test]
async fn a_workload_has_a_token_for_its_service_account() {
    let scene = Scene::start().await;
    scene.cloud.add_service_account(&scene.account, "sa-token");
    let session = scene.cloud.session(&scene.account).unwrap();
    let client = http(scene.cloud.ca_pem());
    let ask = |token: &str| {
        let url = format!("{}/resourcePrincipalSessionTokens", scene.cloud.endpoint());
        let body = json!({"podKey": inner(&session.public_key_pem)});
        client.post(url).bearer_auth(token).json(&body).send()
    };
    let answer: String = ask("sa-token").await.unwrap().json().await.unwrap();
    let inside: Value = serde_json::from_slice(&STANDARD.decode(answer).unwrap()).unwrap();
    let token = inside["token"].as_str().unwrap().strip_prefix("ST$").unwrap().to_owned();
    let caller = Caller::of_session(&scene.cloud, &Session { token, ..session.clone() });
    assert_eq!(caller.get(INFRASTRUCTURES).await.status, 200);
    assert_eq!(ask("other").await.unwrap().status(), 401);
    scene.cloud.set_enhanced_cluster(false);
    assert_eq!(ask("sa-token").await.unwrap().status(), 403);
}
