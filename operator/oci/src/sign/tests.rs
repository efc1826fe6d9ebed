use serde_json::Value;
use slipway_core::{clock::Timestamp, secret::Secret};
use slipway_outbound::{Method, Request};
use std::time::Duration;
use url::Url;

use super::{GENERAL, Hand};
use crate::key::PrivateKey;

fn data(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name}"))
}

fn key() -> PrivateKey {
    let keys = data(include_str!("../../tests/data/keys.json"));
    PrivateKey::read(&Secret::new(text(&keys["keys"], "pkcs8")), None).unwrap()
}

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn request(vector: &Value) -> (Request, Url) {
    let url = Url::parse(text(vector, "url")).unwrap();
    let method: Method = text(vector, "method").parse().unwrap();
    let mut request = Request::new(method, url.as_str(), Duration::from_secs(1));
    request.body = vector["body_utf8"].as_str().unwrap_or_default().to_owned().into();
    for (name, value) in vector["extra"].as_object().unwrap() {
        let name: slipway_outbound::HeaderName = name.parse().unwrap();
        request.headers.insert(name, value.as_str().unwrap().parse().unwrap());
    }
    (request, url)
}

#[test]
fn every_signature_is_the_vendors_byte_for_byte() {
    let vectors = data(include_str!("../../tests/data/requests.json"));
    let (key, mut seen) = (key(), 0);
    for vector in vectors["requests"].as_array().unwrap() {
        let (mut request, url) = request(vector);
        let hand = Hand { key_id: text(vector, "key_id"), key: &key };
        let signed = match text(vector, "name") {
            "put_object_without_content_headers" => hand.sign_parts(&mut request, &url, GENERAL, now()),
            "get_delegation_token" => {
                request.headers.insert("opc-obo-token", "obo-token-value".parse().unwrap());
                hand.sign_parts(&mut request, &url, &[GENERAL, &["opc-obo-token"]].concat(), now())
            }
            name if name.starts_with("x509_") => hand.sign_federation(&mut request, &url, now()),
            _ => hand.sign(&mut request, &url, now()),
        };
        signed.unwrap();
        assert_eq!(request.headers["date"], text(&vectors, "date"));
        assert_eq!(
            request.headers["authorization"],
            text(vector, "authorization"),
            "{}",
            text(vector, "name")
        );
        assert!(request.headers["authorization"].is_sensitive());
        seen += 1;
    }
    assert_eq!(seen, 16);
}

#[test]
fn a_request_is_signed_anew_for_each_try() {
    let (key, url) = (key(), Url::parse("https://ccc.example.com:8443").unwrap());
    let hand = Hand { key_id: "ST$a.b.c", key: &key };
    let mut request = Request::new(Method::POST, "/20221208/x?a=%20b", Duration::from_secs(1));
    hand.sign(&mut request, &url, now()).unwrap();
    let first = request.headers.clone();
    hand.sign(&mut request, &url, now()).unwrap();
    assert_eq!(request.headers, first);
    hand.sign(&mut request, &url, "2026-01-01T00:00:01Z".parse().unwrap()).unwrap();
    assert_ne!(request.headers["authorization"], first["authorization"]);
    assert_eq!(request.headers.len(), first.len());
    assert_eq!(request.headers["content-length"], "0");
}
