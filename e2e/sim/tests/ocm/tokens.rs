//! The token endpoint and who is let in (`facts/ocm.md §1`).

use crate::scene::{DAY, HOUR, Scene};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use slipway_sim::{OcmConfig, OcmSignature};
use std::time::Duration;

/// Status and body of the answer to a form.
async fn ask(scene: &Scene, form: &[(&str, &str)], basic: Option<(&str, &str)>) -> (u16, Value) {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    let request = scene
        .client
        .post(scene.ocm.token_url())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.extend_pairs(form).finish());
    let request = match basic {
        Some((client, secret)) => request
            .header("authorization", format!("Basic {}", STANDARD.encode(format!("{client}:{secret}")))),
        None => request,
    };
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn refresh(scene: &Scene, token: &str) -> (u16, Value) {
    ask(scene, &refreshing(token), None).await
}

fn refreshing(token: &str) -> [(&str, &str); 3] {
    [("grant_type", "refresh_token"), ("client_id", "cloud-services"), ("refresh_token", token)]
}

async fn credentials(scene: &Scene, client: &str, secret: &str) -> (u16, Value) {
    let form = [("grant_type", "client_credentials"), ("client_id", client), ("client_secret", secret)];
    ask(scene, &form, None).await
}

fn claims(token: &str) -> Value {
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap()
}

/// Status and number of what the API answers to this token.
async fn probe(scene: &Scene, authorization: &str) -> (u16, String) {
    let answer = scene.with_header(authorization.to_owned()).get("current_account").await;
    if answer.status == 200 {
        (200, answer.body["username"].as_str().unwrap().to_owned())
    } else {
        let (status, id) = answer.error();
        (status, id.to_owned())
    }
}

async fn probe_bearer(scene: &Scene, body: &Value) -> (u16, String) {
    probe(scene, &format!("Bearer {}", body["access_token"].as_str().unwrap())).await
}

#[tokio::test]
async fn client_credentials_come_by_header_or_body() {
    let scene = Scene::start().await;
    let account = scene.ocm.account("slipway-sa").unwrap();
    let form = [("grant_type", "client_credentials"), ("client_id", "slipway-sa"), ("scope", "openid")];
    let (status, body) = ask(&scene, &form, Some(("slipway-sa", &account.client_secret))).await;
    assert_eq!((status, &body["expires_in"], &body["token_type"]), (200, &json!(900), &json!("Bearer")));
    assert!(body.get("refresh_token").is_none() && body["scope"] == "openid");
    let claims = claims(body["access_token"].as_str().unwrap());
    for (claim, value) in [
        ("typ", json!("Bearer")),
        ("username", json!("slipway-sa")),
        ("client_id", json!("slipway-sa")),
        ("org_id", json!(account.organization_id)),
    ] {
        assert_eq!(claims[claim], value);
    }
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    assert_eq!(probe_bearer(&scene, &body).await, (200, "slipway-sa".to_owned()));
    let (status, second) = credentials(&scene, "slipway-sa", &account.client_secret).await;
    assert_eq!(status, 200);
    assert_ne!(second["access_token"], body["access_token"]);
    let requests = scene.ocm.token_requests();
    assert_eq!((scene.ocm.tokens_issued(), requests.len()), (2, 2));
    assert_eq!([requests[0].secret_in_body, requests[1].secret_in_body], [false, true]);
    assert_eq!(requests[1].account.as_deref(), Some("slipway-sa"));
}

#[tokio::test]
async fn wrong_credentials_have_the_words_of_the_sign_on() {
    let scene = Scene::start().await;
    let error = |(status, body): (u16, Value)| {
        assert!(body["error_description"].is_string());
        (status, body["error"].as_str().unwrap().to_owned())
    };
    let wanted = |status: u16, word: &str| (status, word.to_owned());
    assert_eq!(error(credentials(&scene, "slipway-sa", "x").await), wanted(401, "unauthorized_client"));
    assert_eq!(error(credentials(&scene, "nobody", "x").await), wanted(401, "invalid_client"));
    assert_eq!(error(refresh(&scene, "x").await), wanted(400, "invalid_grant"));
    assert_eq!(error(ask(&scene, &[("a", "b")], None).await), wanted(400, "invalid_request"));
    let unknown = [("grant_type", "device"), ("client_id", "ocm-cli")];
    assert_eq!(error(ask(&scene, &unknown, None).await), wanted(400, "unsupported_grant_type"));
    assert_eq!(scene.ocm.tokens_issued(), 0);
    assert_eq!(scene.ocm.token_requests()[0].error.as_deref(), Some("unauthorized_client"));
    assert!(scene.ocm.set_secret("slipway-sa", "new") && !scene.ocm.set_secret("nobody", "new"));
    assert_eq!(credentials(&scene, "slipway-sa", "new").await.0, 200);
}

#[tokio::test]
async fn an_offline_token_is_good_until_it_is_revoked() {
    let scene = Scene::start().await;
    let token = scene.ocm.account("jdoe").unwrap().offline_token;
    let offline = claims(&token);
    assert!(offline["typ"] == "Offline" && offline.get("exp").is_none());
    scene.ocm.clock().advance(400 * DAY);
    let (status, body) = refresh(&scene, &token).await;
    assert_eq!((status, &body["refresh_expires_in"]), (200, &json!(0)));
    assert_eq!((&body["refresh_token"], &body["scope"]), (&json!(token), &json!("openid offline_access")));
    assert_eq!(probe_bearer(&scene, &body).await, (200, "jdoe".to_owned()));
    let other =
        [("grant_type", "refresh_token"), ("client_id", "ocm-cli"), ("refresh_token", token.as_str())];
    assert_eq!(ask(&scene, &other, None).await.1["error"], "invalid_grant");
    assert!(scene.ocm.revoke(&token) && !scene.ocm.revoke("x"));
    let (status, body) = refresh(&scene, &token).await;
    assert_eq!((status, &body["error_description"]), (400, &json!("Offline user session not found")));
    assert_eq!(refresh(&scene, &scene.ocm.new_offline_token("jdoe").unwrap()).await.0, 200);
}

#[tokio::test]
async fn tokens_lapse_by_the_services_clock() {
    let config = OcmConfig {
        token_life: Duration::from_secs(2),
        offline_idle: Some(30 * DAY),
        signature: OcmSignature::Unsigned,
        ..OcmConfig::default()
    };
    let scene = Scene::with(config).await;
    let plain = scene.ocm.new_refresh_token("jdoe").unwrap();
    let offline = scene.ocm.account("jdoe").unwrap().offline_token;
    let (_, body) = refresh(&scene, &plain).await;
    let token = body["access_token"].as_str().unwrap();
    assert!(token.ends_with('.') && body["expires_in"] == 2 && body["refresh_expires_in"] == 36000);
    assert_eq!(probe_bearer(&scene, &body).await.0, 200);
    scene.ocm.clock().advance(Duration::from_secs(2));
    assert_eq!(probe_bearer(&scene, &body).await, (401, "15".to_owned()));
    scene.ocm.clock().advance(10 * HOUR);
    assert_eq!(refresh(&scene, &plain).await.1["error_description"], "Token is not active");
    scene.ocm.clock().advance(29 * DAY);
    assert_eq!(refresh(&scene, &offline).await.0, 200);
    scene.ocm.clock().advance(31 * DAY);
    assert_eq!(refresh(&scene, &offline).await.1["error_description"], "Offline user session not found");
}

#[tokio::test]
async fn a_rotated_token_is_good_once() {
    let scene = Scene::start().await;
    scene.ocm.set_rotate_refresh(true);
    let first = scene.ocm.account("jdoe").unwrap().offline_token;
    let (status, body) = refresh(&scene, &first).await;
    let second = body["refresh_token"].as_str().unwrap();
    assert!(status == 200 && second != first);
    assert_eq!(refresh(&scene, &first).await.1["error_description"], "Invalid refresh token");
    assert_eq!(refresh(&scene, second).await.0, 200);
}

#[tokio::test]
async fn a_password_is_taken_too() {
    let scene = Scene::start().await;
    let account = scene.ocm.account("jdoe").unwrap();
    let form = |password| {
        [
            ("grant_type", "password"),
            ("client_id", "cloud-services"),
            ("username", "jdoe"),
            ("password", password),
        ]
    };
    assert_eq!(ask(&scene, &form("x"), None).await.0, 401);
    let (status, body) = ask(&scene, &form(&account.password), None).await;
    assert_eq!((status, refresh(&scene, body["refresh_token"].as_str().unwrap()).await.0), (200, 200));
}

#[tokio::test]
async fn only_known_good_and_allowed_callers_are_let_in() {
    let scene = Scene::start().await;
    for header in ["", "Bearer", "Bearer x.y.z", "Basic eDp5", "AccessToken uuid:x", "AccessToken x"] {
        assert_eq!(probe(&scene, header).await, (401, "15".to_owned()), "{header}");
    }
    let pull = scene.ocm.account("jdoe").unwrap().pull_secret_token;
    let jdoe = (200, "jdoe".to_owned());
    assert_eq!(probe(&scene, &format!("AccessToken 0e2c:{pull}")).await, jdoe);
    assert_eq!(probe(&scene, &format!("AccessToken :{pull}")).await.0, 401);
    let bearer = |name: &str| format!("Bearer {}", scene.ocm.access_token(name).unwrap());
    assert_eq!(probe(&scene, &bearer("banned")).await, (403, "22".to_owned()));
    scene.ocm.set_banned("banned", false);
    assert_eq!(probe(&scene, &bearer("banned")).await.0, 200);
    let (first, gone) = (bearer("jdoe"), bearer("limited-sa"));
    scene.ocm.remove_account("limited-sa");
    assert_eq!(probe(&scene, &gone).await, (403, "4".to_owned()));
    assert_eq!(probe(&scene, &first).await, jdoe);
    scene.ocm.revoke_access_tokens();
    assert_eq!(probe(&scene, &first).await, (401, "15".to_owned()));
    assert_eq!(probe(&scene, &bearer("jdoe")).await, jdoe);
}

#[tokio::test]
async fn both_are_served_in_plain_and_services_do_not_know_each_other() {
    let (scene, other) = (Scene::start().await, Scene::start().await);
    let account = scene.ocm.account("slipway-sa").unwrap();
    let form =
        format!("grant_type=client_credentials&client_id=slipway-sa&client_secret={}", account.client_secret);
    let post = |url: String| scene.client.post(url).body(form.clone()).send();
    let answer: Value = post(scene.ocm.plain_token_url()).await.unwrap().json().await.unwrap();
    let token = answer["access_token"].as_str().unwrap();
    let path = "/api/accounts_mgmt/v1/current_account";
    let get = |base: String| scene.client.get(format!("{base}{path}")).bearer_auth(token).send();
    assert_eq!(get(scene.ocm.plain_url()).await.unwrap().status(), 200);
    assert_eq!(get(other.ocm.plain_url()).await.unwrap().status(), 401);
    assert_eq!(post(other.ocm.plain_token_url()).await.unwrap().status(), 401);
    assert!(get(other.ocm.url()).await.is_err(), "another service has another CA");
    assert_ne!(scene.ocm.socket(), scene.ocm.token_socket());
}
