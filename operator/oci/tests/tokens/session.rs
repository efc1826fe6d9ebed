//! Sessions: refreshed ahead of their end, by one for all.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use slipway_core::reason::Reason;
use slipway_oci::{Environment, Signer};

use crate::cloud::{
    Server, account, at, environment, jwt, key_id, keyring, pem, public, reply, start, token_reply,
};

/// An auth service whose n-th token ends n hours after the start, beginning with the second.
async fn auth() -> Server {
    let serial = AtomicUsize::new(1);
    Server::start(move |_| {
        let serial = serial.fetch_add(1, Ordering::SeqCst) + 1;
        token_reply(&jwt(at(3600 * i64::try_from(serial).unwrap()), serial))
    })
    .await
}

fn signer(server: &Server) -> Arc<Signer> {
    let ring = keyring(Environment { federation: Some(server.url.clone()), ..environment() });
    ring.signer(&account("1", &[("security_token", &jwt(at(3600), 1)), ("key", &pem("pkcs8"))])).unwrap()
}

#[tokio::test]
async fn a_session_is_refreshed_ahead_of_its_end_and_signed_with_its_own_key() {
    let server = auth().await;
    let signer = signer(&server);
    for seconds in [0, 1000, 3000] {
        assert_eq!(key_id(&signer, at(seconds)).await.unwrap(), format!("ST${}", jwt(at(3600), 1)));
    }
    assert_eq!(server.calls().len(), 0);
    assert_eq!(key_id(&signer, at(3500)).await.unwrap(), format!("ST${}", jwt(at(7200), 2)));
    let calls = server.calls();
    assert_eq!((calls.len(), calls[0].target.as_str()), (1, "/v1/authentication/refresh"));
    assert!(calls[0].is_signed_by(&public()), "{:#?}", calls[0]);
    assert_eq!(calls[0].attribute("keyId"), format!("ST${}", jwt(at(3600), 1)));
    assert_eq!(calls[0].json()["currentToken"], jwt(at(3600), 1));
    assert_eq!(key_id(&signer, at(7100)).await.unwrap(), format!("ST${}", jwt(at(10_800), 3)));
}

#[tokio::test]
async fn many_at_once_cause_one_refresh() {
    let server = auth().await;
    let signer = signer(&server);
    key_id(&signer, start()).await.unwrap();
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let signer = signer.clone();
            tokio::spawn(async move { key_id(&signer, at(3500)).await.unwrap() })
        })
        .collect();
    for task in waiting {
        assert_eq!(task.await.unwrap(), format!("ST${}", jwt(at(7200), 2)));
    }
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn a_token_that_lasts_is_used_while_the_auth_service_is_out_of_order() {
    let server = Server::start(|_| reply(503, "<html>")).await;
    let signer = signer(&server);
    key_id(&signer, start()).await.unwrap();
    for seconds in [3500, 3500, 3500, 3501] {
        key_id(&signer, at(seconds)).await.unwrap();
    }
    assert_eq!(server.calls().len(), 1, "asked again within the pause");
    key_id(&signer, at(3505)).await.unwrap();
    assert_eq!(server.calls().len(), 1, "never asked again");
    let failure = key_id(&signer, at(3700)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::CloudFault, "{failure}");
    assert!(failure.message.contains("503"), "{failure}");
}

#[tokio::test]
async fn a_refusal_is_said_with_the_mend_and_not_repeated_at_once() {
    let server = Server::start(|_| {
        let mut answer = reply(401, r#"{"code":"NotAuthenticated","message":"canary"}"#);
        answer.headers_mut().insert("opc-request-id", "ABC/123".parse().unwrap());
        answer.headers_mut().insert("date", "Thu, 01 Jan 2026 00:58:00 GMT".parse().unwrap());
        answer
    })
    .await;
    let signer = signer(&server);
    key_id(&signer, start()).await.unwrap();
    key_id(&signer, at(3500)).await.unwrap();
    for _ in 0..3 {
        let failure = key_id(&signer, at(3601)).await.unwrap_err();
        assert_eq!(failure.reason, Reason::CredentialsRefused, "{failure}");
        for words in ["401 NotAuthenticated (opc-request-id ABC/123)", "oci session authenticate"] {
            assert!(failure.message.contains(words), "{failure}");
        }
        assert!(!failure.message.contains("canary") && !failure.message.contains("e30."), "{failure}");
    }
    assert_eq!(server.calls().len(), 2);
}

#[tokio::test]
async fn a_wrong_clock_is_named() {
    let server = Server::start(|_| {
        let mut answer = reply(401, "{}");
        answer.headers_mut().insert("date", "Thu, 01 Jan 2026 02:00:00 GMT".parse().unwrap());
        answer
    })
    .await;
    let signer = signer(&server);
    let generation = generation(&signer, start()).await;
    assert!(signer.invalidate(generation, at(60)).await);
    let failure = key_id(&signer, at(60)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::ClockSkew, "{failure}");
    assert!(failure.message.contains("119 minutes behind"), "{failure}");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let server = auth().await;
    let signer = signer(&server);
    let first = generation(&signer, start()).await;
    assert!(signer.invalidate(first, at(60)).await);
    assert_eq!(key_id(&signer, at(60)).await.unwrap(), format!("ST${}", jwt(at(7200), 2)));
    assert!(signer.invalidate(first, at(61)).await, "the next token is there already");
    let second = generation(&signer, at(61)).await;
    assert_ne!(first, second);
    assert!(!signer.invalidate(second, at(62)).await, "a token just made would be refused again");
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn a_session_that_is_over_asks_for_a_person() {
    let server = auth().await;
    let failure = key_id(&signer(&server), at(3600)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::CredentialsRefused);
    assert!(failure.message.contains("2026-01-01T01:00:00Z"), "{failure}");
    assert_eq!(server.calls().len(), 0);
}

#[tokio::test]
async fn an_answer_without_a_token_is_none() {
    for body in ["<html>", "{}", r#"{"token":"x"}"#, r#"{"token":7}"#] {
        let server = Server::start(move |_| reply(200, body)).await;
        let signer = signer(&server);
        let generation = generation(&signer, start()).await;
        signer.invalidate(generation, at(60)).await;
        assert_eq!(key_id(&signer, at(60)).await.unwrap_err().reason, Reason::NotOracleCloud, "{body}");
    }
}

async fn generation(signer: &Signer, now: slipway_core::clock::Timestamp) -> slipway_oci::Generation {
    let url = url::Url::parse("https://ccc.example.com").unwrap();
    let mut request =
        slipway_outbound::Request::new(slipway_outbound::Method::GET, "/", std::time::Duration::from_secs(1));
    signer.sign(&mut request, &url, now).await.unwrap()
}
