//! Instance principals: certificate and key of the metadata service, a new session key each time.

use std::{sync::Arc, time::Duration};

use axum::response::Response;
use base64::{Engine, engine::general_purpose::STANDARD};
use slipway_core::reason::Reason;
use slipway_oci::{Environment, Signer};
use slipway_outbound::{Method, Request};

use crate::cloud::{
    Call, Server, account, at, der, environment, jwt, key_id, keyring, pem, public, reply, send, start,
    token_reply,
};

fn metadata(call: &Call) -> Response {
    if call.headers.get("authorization").map(String::as_str) != Some("Bearer Oracle") {
        return reply(401, "");
    }
    match call.target.as_str() {
        "/opc/v2/identity/cert.pem" | "/opc/v2/identity/intermediate.pem" => reply(200, pem("certificate")),
        "/opc/v2/identity/key.pem" => reply(200, pem("pkcs1")),
        _ => reply(404, ""),
    }
}

fn signer(metadata: &Server, auth: &Server) -> Arc<Signer> {
    let environment = Environment {
        metadata: metadata.url.join("opc/v2/").unwrap(),
        federation: Some(auth.url.clone()),
        ..environment()
    };
    keyring(environment).signer(&account("1", &[("authentication_type", "instance_principal")])).unwrap()
}

#[tokio::test]
async fn the_certificate_vouches_for_a_new_key() {
    let place = Server::start(metadata).await;
    let auth = Server::start(|_| token_reply(&jwt(at(1200), 1))).await;
    let service = Server::start(|_| reply(200, "{}")).await;
    let signer = signer(&place, &auth);
    send(&signer, &service, Request::new(Method::GET, "/x", Duration::from_secs(10)), start()).await;
    send(&signer, &service, Request::new(Method::PUT, "/x", Duration::from_secs(10)), at(60)).await;
    let plea = auth.calls();
    assert_eq!((plea.len(), plea[0].target.as_str()), (1, "/v1/x509"));
    assert!(plea[0].is_signed_by(&public()), "not signed with the key of the instance");
    assert_eq!(
        plea[0].attribute("headers"),
        "date (request-target) content-length content-type x-content-sha256"
    );
    assert_eq!(
        plea[0].attribute("keyId"),
        "ocid1.tenancy.oc1..aaaaaaaaslipwaytesttenancy000000000000000000000000000000000000/fed-x509-sha256/\
         3d:3e:21:96:89:4f:54:31:c8:dc:83:7b:e6:cd:a3:26:19:3a:6b:9d:e0:e3:42:d6:74:c4:60:b2:9b:93:cf:d2"
    );
    let body = plea[0].json();
    let leaf = STANDARD.encode(der(&pem("certificate")));
    assert_eq!(
        (&body["certificate"], &body["intermediateCertificates"]),
        (&leaf.clone().into(), &vec![leaf].into())
    );
    assert_eq!(body["fingerprintAlgorithm"], "SHA256");
    let session = STANDARD.decode(body["publicKey"].as_str().unwrap()).unwrap();
    assert_ne!(session, public());
    for call in service.calls() {
        assert!(call.is_signed_by(&session), "not signed with the session key");
        assert_eq!(call.attribute("keyId"), format!("ST${}", jwt(at(1200), 1)));
    }
    assert_eq!(place.calls().len(), 3);
    key_id(&signer, at(1190)).await.unwrap();
    let again = auth.calls();
    assert_eq!(again.len(), 1);
    assert_ne!(again[0].json()["publicKey"], body["publicKey"], "an old session key");
}

#[tokio::test]
async fn a_place_that_is_no_instance_says_so() {
    let auth = Server::start(|_| token_reply(&jwt(at(1200), 1))).await;
    for (answering, words) in [
        ((|_: &Call| reply(404, "")) as fn(&Call) -> Response, "has no identity/cert.pem"),
        (|_: &Call| reply(200, "<html>"), "no certificate of the instance"),
        (|_: &Call| reply(200, pem("public")), "names no tenancy"),
    ] {
        let place = Server::start(answering).await;
        let failure = key_id(&signer(&place, &auth), start()).await.unwrap_err();
        assert_eq!(failure.reason, Reason::NotOracleCloud, "{failure}");
        assert!(failure.message.contains(words), "{failure}");
    }
    assert_eq!(auth.calls().len(), 0);
}

#[tokio::test]
async fn the_metadata_service_is_not_reached_through_what_users_give() {
    let place = Server::start(metadata).await;
    let connector = slipway_outbound::Connector::new(slipway_outbound::Policy {
        allow_insecure: true,
        ..Default::default()
    });
    let trusted = connector.trust(&slipway_core::trust::Trust::System).unwrap();
    let opened = connector.open(&place.url, &trusted, slipway_outbound::Plaintext::Allowed).await;
    assert_eq!(opened.unwrap_err().reason, Reason::AddressDenied);
}
