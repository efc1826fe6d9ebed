//! Asking for a token, and what an answer without one means.

use std::time::Duration;

use serde_json::Value;
use slipway_core::{clock::Timestamp, failure::Failure, reason::Reason};
use slipway_outbound::{Answer, HeaderName, HeaderValue, Method, Peer, Request, StatusCode};
use uuid::Uuid;

use crate::skew::clock_skew;

/// One request, with its whole answer (`facts/oci.md §2.9`).
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
/// Largest answer with a token or a certificate, in bytes.
const CAP: usize = 256 << 10;

const REQUEST_ID: HeaderName = HeaderName::from_static("opc-request-id");

/// A request with the limits of all requests for tokens.
pub(crate) fn request(method: Method, target: &str) -> Request {
    let mut request = Request::new(method, target, DEADLINE);
    request.cap = CAP;
    // Upper-case hexadecimal digits are always sound in a header.
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().simple().to_string().to_ascii_uppercase()) {
        request.headers.insert(REQUEST_ID, id);
    }
    request
}

/// Sends a request whose answer is only good with a status of success.
///
/// `what` is who is asked, and `mend` what a person does when the request is refused.
/// Errors: [`Reason::CredentialsRefused`], or [`Reason::ClockSkew`] where that is why; [`Reason::Throttled`],
/// [`Reason::CloudFault`]; those of the way.
pub(crate) async fn ask(
    peer: &Peer,
    request: Request,
    what: &str,
    mend: &str,
    now: Timestamp,
) -> Result<Answer, Failure> {
    let answer = peer.send(request).await?;
    if answer.status.is_success() {
        return Ok(answer);
    }
    let status = answer.status;
    let said = format!("{what} at {} answers {}{}", peer.label(), status.as_u16(), details(&answer));
    let skew = clock_skew(&answer.headers, now).filter(|_| status == StatusCode::UNAUTHORIZED);
    let (reason, mend) = match (status, skew) {
        (_, Some(skew)) => (Reason::ClockSkew, skew.to_string()),
        (StatusCode::TOO_MANY_REQUESTS, _) => (Reason::Throttled, "it is asked again later".to_owned()),
        (status, _) if status.is_server_error() => (Reason::CloudFault, "it is asked again".to_owned()),
        _ => (Reason::CredentialsRefused, mend.to_owned()),
    };
    Err(Failure::new(reason, format!("{said}: {mend}")).with_retry_after(answer.retry_after(now)))
}

/// The token of `{"token": "…"}`.
pub(crate) fn token_of(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    Some(value.get("token")?.as_str()?.to_owned())
}

/// The answer was one of success and holds no token.
pub(crate) fn no_token(peer: &Peer, what: &str, answer: &Answer) -> Failure {
    let message = format!(
        "{what} at {} answers with {} instead of a token; check the address and proxies on the way",
        peer.label(),
        answer.content_type()
    );
    Failure::new(Reason::NotOracleCloud, message)
}

/// The error's code and the request's id: what Oracle's support asks for (`facts/oci.md §1.7`).
fn details(answer: &Answer) -> String {
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let code = body.as_ref().and_then(|body| body.get("code")?.as_str());
    let id = answer.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || "/-_".contains(*letter))
            .take(110)
            .collect()
    };
    match (code.map(plain), id.map(plain)) {
        (Some(code), Some(id)) => format!(" {code} (opc-request-id {id})"),
        (Some(code), None) => format!(" {code}"),
        (None, Some(id)) => format!(" (opc-request-id {id})"),
        (None, None) => String::new(),
    }
}
