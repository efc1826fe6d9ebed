//! API keys: what goes over the wire, and when a key is dropped.

use std::{sync::Arc, time::Duration};

use slipway_outbound::{Method, Request};

use crate::cloud::{Server, account, environment, keyring, passphrase, pem, public, reply, send, start};

const TENANCY: &str = "ocid1.tenancy.oc1..aaaa";
const USER: &str = "ocid1.user.oc1..aaaa";
const PRINT: &str = "95:45:57:84:33:f7:13:08:7b:a5:ad:06:06:5e:6d:c8";

fn fields(key: &str) -> [(&'static str, String); 5] {
    [
        ("tenancy", TENANCY.to_owned()),
        ("user", USER.to_owned()),
        ("fingerprint", PRINT.to_owned()),
        ("key", pem(key)),
        ("pass_phrase", passphrase()),
    ]
}

fn borrowed<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test]
async fn what_goes_over_the_wire_is_what_was_signed() {
    let server = Server::start(|_| reply(200, "{}")).await;
    let ring = keyring(environment());
    let signer = ring.signer(&account("1", &borrowed(&fields("pkcs8-pbes2")))).unwrap();
    for (method, target, body) in [
        (Method::GET, "/20221208/x?compartmentId=a&displayName=b%20c+d", ""),
        (Method::GET, "/20221208/with space?q=a b|c\"é", ""),
        (Method::DELETE, "/20221208/x", ""),
        (Method::POST, "/20221208/x/actions/y", ""),
        (Method::POST, "/20221208/x", "{\"displayName\":\"é\"}"),
        (Method::PUT, "/20221208/x", "{\"connectionState\":\"READY\"}"),
    ] {
        let mut request = Request::new(method.clone(), target, Duration::from_secs(10));
        request.body = body.to_owned().into();
        assert_eq!(send(&signer, &server, request, start()).await.status, 200);
        let call = server.calls().remove(0);
        assert!(call.is_signed_by(&public()), "{method} {target}: {call:#?}");
        assert_eq!(call.attribute("keyId"), format!("{TENANCY}/{USER}/{PRINT}"));
        let six = [Method::POST, Method::PUT].contains(&method);
        assert_eq!(call.attribute("headers").split(' ').count(), if six { 6 } else { 3 });
        assert_eq!(call.headers["date"], "Thu, 01 Jan 2026 00:00:00 GMT");
    }
}

#[tokio::test]
async fn a_key_is_parsed_once_and_dropped_when_the_secret_changes() {
    let ring = keyring(environment());
    let first = ring.signer(&account("1", &borrowed(&fields("pkcs8")))).unwrap();
    let again = ring.signer(&account("1", &borrowed(&fields("pkcs8")))).unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    drop(again);
    assert_eq!(Arc::strong_count(&first), 2);
    let next = ring.signer(&account("2", &borrowed(&fields("pkcs1")))).unwrap();
    assert!(!Arc::ptr_eq(&first, &next));
    assert_eq!(Arc::strong_count(&first), 1, "the old key is kept");
    ring.forget("rack/oci");
    assert_eq!(Arc::strong_count(&next), 1);
}

#[tokio::test]
async fn a_wrong_secret_is_wrong_until_it_changes() {
    let ring = keyring(environment());
    for _ in 0..2 {
        let failure = ring.signer(&account("1", &borrowed(&fields("public")))).unwrap_err();
        assert!(failure.message.contains("`key` holds a public key"), "{failure}");
    }
    let signer = ring.signer(&account("2", &borrowed(&fields("pkcs8")))).unwrap();
    assert!(!signer.invalidate(sign(&signer).await, start()).await, "another try would be the same");
}

async fn sign(signer: &slipway_oci::Signer) -> slipway_oci::Generation {
    let url = url::Url::parse("https://ccc.example.com").unwrap();
    let mut request = Request::new(Method::GET, "/", Duration::from_secs(1));
    signer.sign(&mut request, &url, start()).await.unwrap()
}
