//! What can go wrong with a call to the cloud or to a rack.

use super::reply::Reply;
use crate::fault::{Disturbs, Role};
use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// An effect of a [`crate::Fault`] at the cloud or at a rack. The JSON form is that of the control API.
///
/// The wire's troubles decide over the whole answer, the first that was set wins. Those of PIN, fingerprint and state
/// change a part, any number at a time, and count only calls in which they change something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Trouble {
    /// The request is handled after a delay; other troubles still apply.
    Slow {
        /// Delay in milliseconds.
        millis: u64,
    },
    /// This error body instead of an answer; nothing is done (facts/oci.md §1.7).
    Refuse {
        /// HTTP status.
        status: u16,
        /// `code` of the body.
        code: String,
        /// `message` of the body.
        message: String,
    },
    /// 429 or 503 with `Retry-After`; nothing is done.
    RetryLater {
        /// HTTP status.
        status: u16,
        /// Seconds until the retry.
        seconds: u32,
        /// As an HTTP date instead of seconds (RFC 7231 §7.1.3).
        #[serde(default)]
        as_date: bool,
    },
    /// An HTML page with this status, as from a proxy; nothing is done.
    Html {
        /// HTTP status.
        status: u16,
    },
    /// 200 with a body that is not JSON although it says so; nothing is done.
    Garbage,
    /// The connection is cut; nothing is done.
    CutBefore,
    /// The request takes effect, then the connection is cut without an answer.
    CutAfter,
    /// The request takes effect, the answer stops in its middle.
    CutMiddle,
    /// This status without a body, and without a word of what the body would be; nothing is done.
    Empty {
        /// HTTP status.
        status: u16,
    },
    /// This JSON, of whatever type, with this status; nothing is done.
    Json {
        /// HTTP status.
        status: u16,
        /// The body.
        body: Value,
    },
    /// A redirect; nothing is done.
    Redirect {
        /// HTTP status.
        status: u16,
        /// `Location`.
        location: String,
    },
    /// The request takes effect, then this status is answered, as by a gateway that did not wait.
    FailAfter {
        /// HTTP status.
        status: u16,
    },
    /// The request takes effect; the answer has half of its body and says that this is all.
    Truncated,
    /// The request takes effect; the answer says that its body is of this type.
    ContentType {
        /// `Content-Type`.
        value: String,
    },
    /// No answer ever; nothing is done.
    Hang,
    /// The request takes effect, no answer ever.
    HangAfter,

    /// Cloud: right after an answer that shows a PIN there is a new one.
    PinRotated,
    /// Cloud: no PIN in an answer that would show one.
    PinAbsent,
    /// Cloud: an empty PIN in an answer that would show one.
    PinEmpty,
    /// Cloud and rack: the fingerprint's key is missing.
    FingerprintAbsent,
    /// Cloud and rack: the fingerprint is an empty text.
    FingerprintEmpty,
    /// Cloud and rack: the fingerprint in upper case.
    FingerprintUpperCase,
    /// Cloud and rack: the fingerprint with a colon after every second digit.
    FingerprintColons,
    /// Cloud and rack: the fingerprint in groups with spaces.
    FingerprintSpaces,
    /// Cloud and rack: a fingerprint of another key.
    FingerprintWrong,
    /// Cloud: this word in place of the connection state.
    StateShown {
        /// The word.
        word: String,
    },
    /// Cloud: the state goes to REJECT right after the answer. For calls to one infrastructure.
    ForcedReject,
    /// Cloud: `READY` is taken and `CONNECTED` never comes. For the PUT that sets READY.
    NeverConnected,
    /// Cloud: a list answers an empty page that has a next one (facts/oci.md §2.9).
    EmptyPage,
}

impl Disturbs for Trouble {
    fn role(&self) -> Role {
        match self {
            Self::Slow { millis } => Role::Delay(Duration::from_millis(*millis)),
            Self::Refuse { .. }
            | Self::RetryLater { .. }
            | Self::Html { .. }
            | Self::Garbage
            | Self::CutBefore
            | Self::CutAfter
            | Self::CutMiddle
            | Self::Empty { .. }
            | Self::Json { .. }
            | Self::Redirect { .. }
            | Self::FailAfter { .. }
            | Self::Truncated
            | Self::ContentType { .. }
            | Self::Hang
            | Self::HangAfter => Role::Instead,
            _ => Role::Beside,
        }
    }
}

impl Trouble {
    /// An error body of the service itself. Code and message are put where the service has them: an account service
    /// takes a number as the code and finds one by the status for any other (`facts/ocm.md §2.1`).
    #[must_use]
    pub fn refuse(status: u16, code: &str, message: &str) -> Self {
        Self::Refuse { status, code: code.to_owned(), message: message.to_owned() }
    }

    /// 404 `NotAuthorizedOrNotFound`: what a missing policy looks like.
    #[must_use]
    pub fn not_found() -> Self {
        Self::refuse(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found.")
    }

    /// 401 `NotAuthenticated`.
    #[must_use]
    pub fn not_authenticated() -> Self {
        Self::refuse(
            401,
            "NotAuthenticated",
            "The required information to complete authentication was not provided or was incorrect.",
        )
    }

    /// 409 `IncorrectState`.
    #[must_use]
    pub fn incorrect_state() -> Self {
        Self::refuse(409, "IncorrectState", "The resource is not in a state that allows this.")
    }

    /// 412 `NoEtagMatch`.
    #[must_use]
    pub fn no_etag_match() -> Self {
        Self::refuse(412, "NoEtagMatch", "The etag does not match.")
    }

    /// 429 `TooManyRequests` without `Retry-After`.
    #[must_use]
    pub fn too_many_requests() -> Self {
        Self::refuse(429, "TooManyRequests", "Too many requests for the user.")
    }

    /// 500 `InternalServerError`.
    #[must_use]
    pub fn internal_server_error() -> Self {
        Self::refuse(500, "InternalServerError", "An internal server error occurred.")
    }

    /// 503 `ServiceUnavailable`.
    #[must_use]
    pub fn service_unavailable() -> Self {
        Self::refuse(503, "ServiceUnavailable", "The service is currently unavailable.")
    }

    /// What is answered without a look at the request; `None` when the request is handled. `date` is what the
    /// service's clock shows so many seconds from now, `error` an error as the service words it.
    pub(super) fn instead(
        &self,
        date: impl Fn(u32) -> String,
        error: impl Fn(u16, &str, &str) -> Reply,
    ) -> Option<Reply> {
        Some(match self {
            Self::Refuse { status, code, message } => error(*status, code, message),
            Self::RetryLater { status, seconds, as_date } => {
                let code = if *status == 429 { "TooManyRequests" } else { "ServiceUnavailable" };
                let after = if *as_date { date(*seconds) } else { seconds.to_string() };
                error(*status, code, "Try again later.").with(RETRY_AFTER, after)
            }
            Self::Html { status } => Reply::text(
                *status,
                "text/html",
                "<html><head><title>Proxy</title></head><body>Log in</body></html>",
            ),
            Self::Garbage => Reply::text(200, "application/json", "{\"id\": [\u{1},,"),
            Self::Empty { status } => Reply::empty(*status),
            Self::Json { status, body } => Reply::json(*status, body),
            Self::Redirect { status, location } => Reply::empty(*status).with(LOCATION, location.clone()),
            _ => return None,
        })
    }

    /// The answer to a request that took effect, as this trouble lets it out.
    pub(super) fn afterwards(&self, mut reply: Reply, error: impl Fn(u16, &str, &str) -> Reply) -> Reply {
        match self {
            Self::FailAfter { status } => {
                return error(*status, "BadGateway", "The answer did not come in time.");
            }
            Self::Truncated => reply.body.truncate(reply.body.len() / 2),
            Self::ContentType { value } => {
                reply.headers.retain(|(name, _)| name != CONTENT_TYPE);
                return reply.with(CONTENT_TYPE, value.clone());
            }
            _ => {}
        }
        reply
    }

    /// How this trouble writes a fingerprint; `None` when it is not about fingerprints. `null` leaves it out.
    pub(crate) fn fingerprint(&self, fingerprint: &str) -> Option<Value> {
        Some(match self {
            Self::FingerprintAbsent => Value::Null,
            Self::FingerprintEmpty => json!(""),
            Self::FingerprintUpperCase => json!(fingerprint.to_uppercase()),
            Self::FingerprintColons => json!(grouped(fingerprint, 2, ":")),
            Self::FingerprintSpaces => json!(grouped(fingerprint, 8, " ")),
            Self::FingerprintWrong => json!(wrong(fingerprint)),
            _ => return None,
        })
    }
}

fn grouped(text: &str, size: usize, between: &str) -> String {
    let digits: Vec<char> = text.chars().collect();
    let groups: Vec<String> = digits.chunks(size).map(|group| group.iter().collect()).collect();
    groups.join(between)
}

/// One digit differs, the last: a comparison that looks at a prefix does not see it.
fn wrong(fingerprint: &str) -> String {
    let (most, last) = fingerprint.split_at(fingerprint.len().saturating_sub(1));
    format!("{most}{}", if last == "0" { "1" } else { "0" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_written_in_every_way() {
        let written = |trouble: Trouble| trouble.fingerprint("0a1b2c3d4e").unwrap();
        assert_eq!(written(Trouble::FingerprintUpperCase).as_str(), Some("0A1B2C3D4E"));
        assert_eq!(written(Trouble::FingerprintColons).as_str(), Some("0a:1b:2c:3d:4e"));
        assert_eq!(written(Trouble::FingerprintSpaces).as_str(), Some("0a1b2c3d 4e"));
        assert_eq!(written(Trouble::FingerprintWrong).as_str(), Some("0a1b2c3d40"));
        assert_eq!(written(Trouble::FingerprintAbsent), Value::Null);
        assert_eq!(Trouble::PinAbsent.fingerprint("0a"), None);
    }

    #[test]
    fn the_control_form_is_plain_json() {
        let trouble: Trouble =
            serde_json::from_str(r#"{"kind":"retry-later","status":429,"seconds":2}"#).unwrap();
        assert_eq!(trouble, Trouble::RetryLater { status: 429, seconds: 2, as_date: false });
    }
}
