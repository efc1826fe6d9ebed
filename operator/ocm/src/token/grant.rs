//! What the token service says (`facts/ocm.md §1.2`).

use std::time::Duration;

use serde::Deserialize;
use slipway_core::{clock::Timestamp, failure::Failure, reason::Reason, secret::Secret};
use slipway_outbound::Answer;

use crate::{
    said::{bounded, described, is_json, redacted},
    token,
    wire::{self, loose},
};

/// Words for credentials that stay refused until somebody changes them.
const FINAL: [&str; 3] = ["invalid_grant", "invalid_client", "unauthorized_client"];

/// A token that was given.
pub(crate) struct Grant {
    pub(crate) access: Secret,
    /// The token to renew it with, where that is a new one.
    pub(crate) refresh: Option<Secret>,
    pub(crate) life: Duration,
}

/// Why there is no token.
#[derive(Debug)]
pub(crate) enum Denial {
    /// The credentials are refused, with these words, until the Secret changes.
    Final(String),
    /// It may pass.
    Passing(Failure),
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
    #[serde(default, deserialize_with = "loose::text")]
    refresh_token: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    token_type: Option<String>,
    #[serde(default, deserialize_with = "loose::number")]
    expires_in: Option<f64>,
}

#[derive(Deserialize)]
struct Refused {
    #[serde(default, deserialize_with = "loose::text")]
    error: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    error_description: Option<String>,
}

/// What the answer of the token service means. `label` is scheme, host and port of it, `sent` what must not be shown.
pub(crate) fn read(answer: &Answer, label: &str, sent: &[&Secret], now: Timestamp) -> Result<Grant, Denial> {
    if answer.status.is_success() {
        let given = is_json(answer).then(|| wire::read::<Given>(&answer.body)).flatten();
        return given
            .and_then(|given| given.grant(now))
            .ok_or_else(|| Denial::Passing(foreign(answer, label)));
    }
    Err(denial(answer, label, sent, now))
}

impl Given {
    fn grant(self, now: Timestamp) -> Option<Grant> {
        let is_bearer = self.token_type.is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        let access = self.access_token.trim();
        let sound = !access.is_empty() && access.bytes().all(|byte| byte.is_ascii_graphic());
        (is_bearer && sound).then(|| Grant {
            life: token::life(access, self.expires_in, now),
            refresh: self.refresh_token.map(Secret::new),
            access: Secret::new(access),
        })
    }
}

fn denial(answer: &Answer, label: &str, sent: &[&Secret], now: Timestamp) -> Denial {
    let refused = is_json(answer).then(|| wire::read::<Refused>(&answer.body)).flatten();
    let refused = refused.filter(|refused| refused.error.is_some());
    let error = refused.as_ref().and_then(|refused| refused.error.as_deref()).unwrap_or_default();
    let description =
        refused.as_ref().and_then(|refused| refused.error_description.as_deref()).unwrap_or_default();
    let words = redacted(described(&bounded(error, 80), &bounded(description, 300)), sent.iter().copied());
    let status = answer.status.as_u16();
    let said = format!("the token service {label} answered {status}{words}");
    if answer.status.is_client_error() && FINAL.contains(&error) {
        return Denial::Final(said);
    }
    let (reason, mend) = match status {
        429 => (Reason::Throttled, "it asks for fewer requests"),
        408 | 500.. => (Reason::RegistrarFault, "it is tried again"),
        401 | 403 => (Reason::CredentialsRefused, "check the client in the Secret"),
        _ if refused.is_some() => {
            (Reason::RequestRefused, "check the client in the Secret and what it may ask for")
        }
        _ => return Denial::Passing(foreign(answer, label)),
    };
    let failure = Failure::new(reason, format!("{said}; {mend}"));
    Denial::Passing(failure.with_retry_after(answer.retry_after(now)))
}

/// An answer that is no token service's, or is damaged. Says what came, never the body.
fn foreign(answer: &Answer, label: &str) -> Failure {
    let message = format!(
        "{label} answered a request for a token with {}, content type {} and {}; check `spec.registrar.ocm.tokenUrl` and any \
         proxy in between",
        answer.status.as_u16(),
        answer.content_type(),
        if answer.body.is_empty() { "an empty body" } else { "a body without a token" },
    );
    Failure::new(Reason::NotRegistrar, message)
}

/// What a person does about credentials that are refused for good.
pub(crate) fn mend(words: &str, is_token: bool, secret_name: &str) -> Failure {
    let mend = if is_token && words.contains("invalid_grant") {
        format!(
            "the token has ended, was revoked, or was not used for 30 days: put a new one into Secret {secret_name:?}, or better the \
             `clientId` and `clientSecret` of a service account"
        )
    } else {
        format!("correct the credentials in Secret {secret_name:?}")
    };
    let message = format!("{words}; {mend}. No token is asked for again until the Secret changes");
    Failure::new(Reason::CredentialsRefused, message)
}

#[cfg(test)]
mod tests {
    use slipway_core::{clock::Timestamp, reason::Reason, secret::Secret};
    use slipway_outbound::{Answer, HeaderMap, StatusCode};

    use super::{Denial, Grant, read};

    fn answer(status: u16, kind: &str, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", kind.parse().unwrap());
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers, body: body.to_owned().into(), pin: None }
    }

    fn ask(status: u16, kind: &str, body: &str) -> Result<Grant, Denial> {
        let answer = answer(status, kind, body);
        read(&answer, "https://sso.example", &[&Secret::new("canary")], Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_token_is_read_with_its_successor() {
        let body =
            r#"{"access_token":"abc","refresh_token":"r","expires_in":900,"token_type":"bearer","x":1}"#;
        let grant = ask(200, "application/json", body).ok().unwrap();
        assert_eq!((grant.access.expose(), grant.life.as_secs()), ("abc", 900));
        assert_eq!(grant.refresh.unwrap().expose(), "r");
        assert!(ask(200, "application/json", r#"{"access_token":"abc"}"#).is_ok());
    }

    #[test]
    fn every_no_has_its_reason() {
        let json = "application/json";
        for (status, kind, body, reason) in [
            (400, json, r#"{"error":"invalid_grant","error_description":"canary is not active"}"#, None),
            (401, json, r#"{"error":"invalid_client"}"#, None),
            (401, json, r#"{"error":"unauthorized_client"}"#, None),
            (400, json, r#"{"error":"invalid_scope"}"#, Some(Reason::RequestRefused)),
            (401, "text/html", "<html>canary", Some(Reason::CredentialsRefused)),
            (429, json, "{}", Some(Reason::Throttled)),
            (503, "text/html", "canary", Some(Reason::RegistrarFault)),
            (500, json, r#"{"error":"invalid_grant"}"#, Some(Reason::RegistrarFault)),
            (302, json, "{}", Some(Reason::NotRegistrar)),
            (404, "text/html", "canary", Some(Reason::NotRegistrar)),
            (200, "text/html", "canary", Some(Reason::NotRegistrar)),
            (200, json, "", Some(Reason::NotRegistrar)),
            (200, json, r#"{"access_token":""}"#, Some(Reason::NotRegistrar)),
            (200, json, r#"{"access_token":"a b"}"#, Some(Reason::NotRegistrar)),
            (200, json, r#"{"access_token":"a","token_type":"mac"}"#, Some(Reason::NotRegistrar)),
        ] {
            let denial = ask(status, kind, body).err().unwrap();
            assert!(!format!("{denial:?}").contains("canary"), "{denial:?}");
            let found = match denial {
                Denial::Final(_) => None,
                Denial::Passing(failure) => Some(failure.reason),
            };
            assert_eq!(found, reason, "{status} {body}");
        }
    }
}
