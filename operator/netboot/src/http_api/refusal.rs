//! Requests that are not served, as data.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::reply::{later, short};

/// Why a request is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not every host is known yet: a token may be right although nobody knows it.
    Starting,
    /// The token is none of ours.
    UnknownToken,
    /// The attempt has ended or expired.
    Over,
    /// The profile has no such file.
    NoSuchFile,
    /// The file's template failed.
    NotRendered,
    /// No address of ours could be put into the answer.
    NoAddress,
    /// The message is too large.
    TooLarge,
    /// The message took too long.
    TooSlow,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Starting => later("the boot service is starting"),
            Self::UnknownToken => short(StatusCode::FORBIDDEN, "the token is not known"),
            Self::Over => short(StatusCode::GONE, "the attempt is over"),
            Self::NoSuchFile => short(StatusCode::NOT_FOUND, "the profile has no such answer file"),
            Self::NotRendered => later("the answer file cannot be rendered"),
            Self::NoAddress => short(StatusCode::BAD_REQUEST, "the Host header is no usable address"),
            Self::TooLarge => short(StatusCode::PAYLOAD_TOO_LARGE, "the message is larger than 64 KiB"),
            Self::TooSlow => short(StatusCode::REQUEST_TIMEOUT, "the message took longer than ten seconds"),
        }
    }
}
