//! A token that the service refuses: renewed once, and what was asked is asked once more.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use slipway_core::{
    failure::Effect,
    infrastructure::{Account, CloudPort},
    reason::Reason,
    secret::Secret,
};

use crate::{
    account::{RACK, account, cloud_of_resource, different, record},
    server::{self, Server, json, refusal},
};

fn token() -> String {
    // Ends in 2033.
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode("{\"exp\":2000000000}"))
}

fn own(server: &Server) -> Account {
    let credentials = [("authentication_type".to_owned(), Secret::new("resource_principal"))].into();
    Account { credentials, ..account(&server.url()) }
}

#[tokio::test]
async fn one_renewal_and_one_more_try() {
    let server = Server::start(|before, seen| match (before, seen.method.as_str()) {
        (1 | 3, _) => refusal(401, "NotAuthenticated", "x"),
        (_, "DELETE") => server::answer(204, "", ""),
        _ => json(200, "", &record("")),
    })
    .await;
    let (cloud, clock) = cloud_of_resource(&token());
    let own = own(&server);
    cloud.read(&own, RACK).await.unwrap();
    clock.set("2026-01-01T00:10:00Z");
    cloud.read(&own, RACK).await.unwrap();
    clock.set("2026-01-01T00:20:00Z");
    // Nothing has happened to what was not authenticated: a change may be sent again too.
    cloud.delete(&own, RACK, None).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 5);
    assert_eq!(different(seen.iter().map(|seen| seen.headers["date"].as_str())), 3);
    assert_eq!(different(seen.iter().map(|seen| seen.headers["opc-request-id"].as_str())), 5);
}

#[tokio::test]
async fn what_is_refused_with_a_new_token_too_is_reported() {
    let server = Server::start(|before, _| match before {
        0 => json(200, "", &record("")),
        _ => refusal(401, "NotAuthenticated", "x"),
    })
    .await;
    let (cloud, clock) = cloud_of_resource(&token());
    let own = own(&server);
    cloud.read(&own, RACK).await.unwrap();
    clock.set("2026-01-01T00:10:00Z");
    let failure = cloud.delete(&own, RACK, None).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::CredentialsRefused, Effect::None), "{failure}");
    assert_eq!(server.seen().len(), 3);
    assert!(!format!("{failure:?} {cloud:?}").contains("e30."), "{failure}");
}
