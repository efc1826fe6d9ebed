//! Who is let in, and what each may see (facts/oci.md §2.1).

use crate::caller::{Caller, INFRASTRUCTURES, infrastructure};
use crate::scene::Scene;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::fmt::Write as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const VECTORS: &str = include_str!("signing-vectors.json");

#[tokio::test]
async fn a_key_that_is_not_known_is_refused() {
    let scene = Scene::start().await;
    let account = &scene.account;
    let other = scene.cloud.add_account().unwrap();
    let wrong_key = Caller::with_key(&scene.cloud, &account.key_id(), &other.private_key_pem);
    let wrong_user = format!("{}/{}/{}", account.tenancy, other.user, account.fingerprint);
    let wrong_user = Caller::with_key(&scene.cloud, &wrong_user, &account.private_key_pem);
    let wrong_tenancy = format!("{}/{}/{}", other.tenancy, account.user, account.fingerprint);
    let wrong_tenancy = Caller::with_key(&scene.cloud, &wrong_tenancy, &account.private_key_pem);
    for caller in [wrong_key, wrong_user, wrong_tenancy] {
        assert_eq!(caller.get(INFRASTRUCTURES).await.error(), (401, "NotAuthenticated"), "{}", caller.key_id);
    }
    assert_eq!(scene.caller.get(INFRASTRUCTURES).await.status, 200);
    assert!(scene.cloud.revoke(&account.key_id()));
    assert_eq!(scene.caller.get(INFRASTRUCTURES).await.status, 401);
    assert_eq!(scene.cloud.calls().pop().unwrap().key_id, Some(account.key_id()));
}

#[tokio::test]
async fn anothers_infrastructure_is_not_there() {
    let scene = Scene::start().await;
    let id = scene.new_infrastructure();
    let other = scene.cloud.add_account().unwrap();
    let stranger = Caller::new(&scene.cloud, &other);
    assert_eq!(stranger.get(&infrastructure(&id)).await.error(), (404, "NotAuthorizedOrNotFound"));
    assert_eq!(stranger.get(INFRASTRUCTURES).await.body, json!({"items": []}));
    let rest = scene.cloud.new_compartment(&scene.account);
    assert!(scene.cloud.restrict(&scene.caller.key_id, Some(&[&rest])));
    assert_eq!(scene.get(&id).await.error(), (404, "NotAuthorizedOrNotFound"));
    let created = scene.caller.post(INFRASTRUCTURES, &scene.wanted("b")).await;
    assert_eq!(created.error(), (404, "NotAuthorizedOrNotFound"));
    assert!(scene.cloud.move_infrastructure(&id, &rest));
    assert_eq!(scene.get(&id).await.status, 200);
    assert!(scene.cloud.restrict(&scene.caller.key_id, None));
}

#[tokio::test]
async fn a_clock_an_hour_off_is_refused_and_shown() {
    let scene = Scene::start().await;
    for minutes in [60, -60] {
        scene.cloud.set_skew(SignedDuration::from_mins(minutes));
        let answer = scene.caller.get(INFRASTRUCTURES).await;
        assert_eq!(answer.error(), (401, "NotAuthenticated"));
        let shown = jiff::fmt::rfc2822::parse(answer.header("date")).unwrap().timestamp();
        let off = shown.duration_since(Timestamp::now()).as_secs();
        assert!((off - minutes * 60).abs() < 10, "{off}");
    }
    scene.cloud.set_skew(SignedDuration::from_mins(4));
    assert_eq!(scene.caller.get(INFRASTRUCTURES).await.status, 200);
}

/// The vendor's own request as it went over the wire, whatever it was for.
async fn replay(vector: &Value, address: &str) -> String {
    let field = |name: &str| vector[name].as_str();
    let mut head = format!("{} {} HTTP/1.1\r\n", field("method").unwrap(), field("path_and_query").unwrap());
    for (name, value) in [
        ("host", field("host")),
        ("date", field("date")),
        ("authorization", field("authorization")),
        ("content-type", field("content_type")),
        ("content-length", field("content_length")),
        ("x-content-sha256", field("x_content_sha256")),
        (
            "opc-obo-token",
            field("signed_headers").filter(|names| names.contains("obo")).map(|_| "obo-token-value"),
        ),
    ] {
        if let Some(value) = value {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{head}connection: close\r\n\r\n{}", field("body_utf8").unwrap_or_default());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn the_vendors_requests_are_let_in_over_the_wire() {
    let scene = Scene::start().await;
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let text = |name: &str| file[name].as_str().unwrap();
    let key_id = scene.cloud.add_api_key(text("tenancy"), text("user"), text("public_pem")).unwrap();
    assert_eq!(key_id, text("key_id"));
    scene.cloud.add_token(&scene.account, text("session_token"), text("public_pem"), None).unwrap();
    let mut owner = scene.account.clone();
    text("tenancy").clone_into(&mut owner.tenancy);
    scene.cloud.trust_certificate(&owner, text("leaf_certificate_pem")).unwrap();
    let date = jiff::fmt::rfc2822::parse(text("date")).unwrap().timestamp();
    scene.cloud.set_skew(date.duration_since(Timestamp::now()));
    let address = scene.cloud.plain_endpoint();
    for vector in file["vectors"].as_array().unwrap() {
        let line = replay(vector, address.trim_start_matches("http://")).await;
        assert!(!line.contains("401"), "{}: {line}", vector["name"]);
        let mut other = vector.clone();
        other["date"] = json!("Thu, 01 Jan 2026 00:00:01 GMT");
        assert!(replay(&other, address.trim_start_matches("http://")).await.contains("401"));
    }
}
