//! The operator's service account in an OKE cluster (`facts/oci.md §2.8`).

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use slipway_core::{clock::Timestamp, failure::Failure, reason::Reason, trust::Trust};
use slipway_outbound::{HeaderName, HeaderValue, Method};

use crate::{
    federation::{ask, no_token, request, token_of},
    source::{Surroundings, session_key},
    token::{Due, Token},
};

const WHAT: &str = "the cluster's token service";

/// A token for a new session key, vouched for by the service account.
pub(crate) async fn token(surroundings: &Surroundings, now: Timestamp) -> Result<Token, Failure> {
    let environment = &surroundings.environment;
    let url = environment.workload.as_ref().ok_or_else(|| {
        let message = "KUBERNETES_SERVICE_HOST of the operator is not set; `authentication_type` oke_workload_identity only works in \
                       an OKE cluster";
        Failure::new(Reason::CredentialsInvalid, message)
    })?;
    let authority = read(&environment.service_account_ca).await?;
    let account = read(&environment.service_account_token).await?;
    let key = session_key().await?;
    let body = json!({"podKey": key.public_base64()}).to_string();
    let mut request = request(Method::POST, "resourcePrincipalSessionTokens").with_body(body);
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", account.trim())).map_err(|_| {
        let message = format!("the file {} holds no token", environment.service_account_token.display());
        Failure::new(Reason::CredentialsInvalid, message)
    })?;
    bearer.set_sensitive(true);
    request.headers.insert(HeaderName::from_static("authorization"), bearer);
    request
        .headers
        .insert(HeaderName::from_static("content-type"), HeaderValue::from_static("application/json"));
    let peer = surroundings.administrators_peer(url, &Trust::Authorities(authority)).await?;
    let mend = "workload identity needs an enhanced OKE cluster, and a policy for this service account";
    let answer = ask(&peer, request, WHAT, mend, now).await?;
    let token = unwrapped(&answer.body).and_then(|jwt| Token::new(&jwt, key, Due::Half, now));
    token.ok_or_else(|| no_token(&peer, WHAT, &answer))
}

/// The answer is a text in quotes, in it base64, in it JSON, in it the token behind `ST$`.
fn unwrapped(body: &[u8]) -> Option<String> {
    let text: String = serde_json::from_slice(body).ok()?;
    let token = token_of(&STANDARD.decode(text.trim()).ok()?)?;
    token.strip_prefix("ST$").map(str::to_owned)
}

async fn read(path: &Path) -> Result<String, Failure> {
    tokio::fs::read_to_string(path).await.map_err(|error| {
        let message = format!(
            "the file {} of the operator's service account cannot be read: {error}; `authentication_type` oke_workload_identity only \
             works in a Pod with a mounted token",
            path.display()
        );
        Failure::new(Reason::CredentialsInvalid, message)
    })
}
