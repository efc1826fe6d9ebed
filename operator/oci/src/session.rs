//! A person's session (`facts/oci.md §2.5`). The refreshed token is kept in memory; the Secret is the person's own.

use std::sync::Arc;

use serde_json::json;
use slipway_core::{clock::Timestamp, failure::Failure, reason::Reason, secret::Secret, trust::Trust};
use slipway_outbound::Method;

use crate::{
    federation::{ask, no_token, request, token_of},
    key::PrivateKey,
    region::{Region, Service},
    sign::Hand,
    source::Surroundings,
    token::{Due, Token},
};

const WHAT: &str = "the auth service";
const LOG_IN: &str =
    "log in again with `oci session authenticate` and put the new token and key into the Secret";

/// The token of the Secret, while it lasts.
pub(crate) fn first(token: &Secret, key: Arc<PrivateKey>, now: Timestamp) -> Result<Token, Failure> {
    let token = Token::new(token.expose(), key, Due::Ahead, now);
    let over = |when: String| {
        Failure::new(Reason::CredentialsRefused, format!("the session token {when}; {LOG_IN}"))
    };
    match token {
        Some(token) if now < token.ends => Ok(token),
        Some(token) => Err(over(format!("ended at {}", token.ends))),
        None => Err(over("is none".to_owned())),
    }
}

/// The next token of the same session and key.
pub(crate) async fn refresh(
    surroundings: &Surroundings,
    previous: &Token,
    region: &Region,
    trust: &Trust,
    now: Timestamp,
) -> Result<Token, Failure> {
    let environment = &surroundings.environment;
    let (url, peer) = if let Some(url) = &environment.federation {
        (url.clone(), surroundings.administrators_peer(url, &environment.federation_trust).await?)
    } else {
        let url = region.endpoint(Service::Auth)?;
        let peer = surroundings.users_peer(&url, trust).await?;
        (url, peer)
    };
    let body = json!({"currentToken": previous.jwt.expose()}).to_string();
    let mut request = request(Method::POST, "v1/authentication/refresh").with_body(body);
    let key_id = previous.key_id();
    Hand { key_id: key_id.expose(), key: &previous.key }.sign(&mut request, &url, now)?;
    let mend = format!("the session is over; {LOG_IN}");
    let answer = ask(&peer, request, WHAT, &mend, now).await?;
    let token =
        token_of(&answer.body).and_then(|jwt| Token::new(&jwt, previous.key.clone(), Due::Ahead, now));
    token.ok_or_else(|| no_token(&peer, WHAT, &answer))
}
