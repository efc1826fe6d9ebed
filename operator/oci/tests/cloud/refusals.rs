//! What a refusal says to a person: the reason, what was asked, the mend, and the identifier; never a secret.

use slipway_core::{
    failure::Failure,
    infrastructure::CloudPort,
    reason::{Class, Reason},
};

use crate::{
    account::{NOW, RACK, account, cloud, cloud_at, creation, limits, record},
    server::{Server, json, refusal},
};

async fn refused(status: u16, code: &'static str) -> Failure {
    let server = Server::start(move |_, _| refusal(status, code, "Authorization failed.\n\u{7}Look.")).await;
    cloud(limits()).0.read(&account(&server.url()), RACK).await.unwrap_err()
}

#[tokio::test]
async fn every_status_of_the_table_has_its_reason_and_its_words() {
    for (status, code, reason, words) in [
        (400, "InvalidParameter", Reason::RequestRefused, "correct what it names"),
        (401, "NotAuthenticated", Reason::CredentialsRefused, "\"oci-login\""),
        (402, "SignUpRequired", Reason::PermissionMissing, "to read ccc-infrastructure"),
        (403, "NotAuthorized", Reason::PermissionMissing, "CCC_INFRASTRUCTURE_READ"),
        (404, "NotAuthorizedOrNotFound", Reason::NotAuthorizedOrNotFound, "not taken as deleted"),
        (409, "IncorrectState", Reason::WrongState, "looked at again"),
        (409, "Conflict", Reason::WrongState, "looked at again"),
        (409, "InvalidatedRetryToken", Reason::ChangedMeanwhile, "nothing was done"),
        (412, "NoEtagMatch", Reason::ChangedMeanwhile, "nothing was done"),
        (413, "RequestEntityTooLarge", Reason::RequestRefused, ""),
        (422, "UnprocessableEntity", Reason::RequestRefused, ""),
        (429, "TooManyRequests", Reason::Throttled, "fewer requests"),
        (500, "InternalServerError", Reason::CloudFault, "Oracle's support"),
        (501, "MethodNotImplemented", Reason::CloudFault, ""),
        (503, "ServiceUnavailable", Reason::CloudFault, ""),
    ] {
        let failure = refused(status, code).await;
        assert_eq!(failure.reason, reason, "{failure}");
        let says = format!(
            "answered reading the rack's record {RACK} with {status} {code} (Authorization failed. Look); "
        );
        for words in [says.as_str(), words, "(opc-request-id ORACLE/ID/7)", "http://127.0.0.1:"] {
            assert!(failure.message.contains(words), "{words}: {failure}");
        }
    }
}

#[tokio::test]
async fn our_identifier_stands_in_for_oracles() {
    let server = Server::start(|_, _| json(404, "", "{}")).await;
    let failure = cloud(limits()).0.read(&account(&server.url()), RACK).await.unwrap_err();
    let ours = &server.seen()[0].headers["opc-request-id"];
    assert!(failure.message.contains(ours), "{failure}");
}

#[tokio::test]
async fn a_long_message_is_cut_and_a_code_that_is_none_is_left_out() {
    let long = "x".repeat(100_000);
    let body = format!("{{\"code\":null,\"message\":\"{long}\",\"originalMessage\":[1]}}");
    let server = Server::start(move |_, _| json(400, "", &body)).await;
    let failure = cloud(limits()).0.read(&account(&server.url()), RACK).await.unwrap_err();
    assert!(
        failure.message.contains("with 400 (xxx") && failure.message.len() < 1000,
        "{}",
        failure.message.len()
    );
}

#[tokio::test]
async fn a_clock_that_is_off_is_named_with_its_direction() {
    for (now, words) in [
        ("2026-01-01T01:00:00Z", Some("60 minutes ahead of")),
        ("2025-12-31T23:00:00Z", Some("60 minutes behind")),
        (NOW, None),
    ] {
        let date = "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n";
        let server = Server::start(move |_, _| json(401, date, "{\"code\":\"NotAuthenticated\"}")).await;
        let failure = cloud_at(now, limits()).0.read(&account(&server.url()), RACK).await.unwrap_err();
        let reason = if words.is_some() { Reason::ClockSkew } else { Reason::CredentialsRefused };
        assert_eq!((failure.reason, reason.class()), (reason, Class::Person), "{failure}");
        assert!(failure.message.contains(words.unwrap_or_default()), "{failure}");
        assert_eq!(server.seen().len(), 1, "a lasting key stays the same");
    }
}

#[tokio::test]
async fn a_pause_until_a_date_is_by_oracles_clock() {
    let headers = "Date: Thu, 01 Jan 2026 03:00:00 GMT\r\nRetry-After: Thu, 01 Jan 2026 03:00:40 GMT\r\n";
    let server = Server::start(move |_, _| json(503, headers, "{}")).await;
    let failure = cloud(limits()).0.read(&account(&server.url()), RACK).await.unwrap_err();
    assert_eq!(failure.retry_after, Some(std::time::Duration::from_secs(40)));
}

#[tokio::test]
async fn no_secret_is_in_any_text() {
    let key = account("http://127.0.0.1").credentials["key"].expose().to_owned();
    let body = record("\"provisioningPin\":\"canary-pin\",");
    for (status, body) in
        [(200, body.clone()), (200, body.replace("\"id\"", "\"no\"")), (400, body.clone()), (500, body)]
    {
        let server = Server::start(move |_, _| json(status, "", &body)).await;
        let (cloud, _) = cloud(limits());
        let account = account(&server.url());
        let outcome = cloud.read(&account, RACK).await;
        let made = cloud.create(&account, &creation()).await;
        let shown = match &outcome {
            Ok(rack) => format!("{rack:?}"),
            Err(failure) => format!("{failure} {failure:?}"),
        };
        let texts = format!("{shown} {made:?} {account:?} {cloud:?}");
        assert!(!texts.contains("canary") && !texts.contains(&key[100..140]), "{texts}");
    }
}
