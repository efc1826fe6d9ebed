//! The answers' forms.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
};

/// What became of a request, for the metrics; answers without one are counted by their status.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome(pub(crate) &'static str);

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// A script; the only 200 of the script routes, because BIOS builds run anything else (`facts/boot.md` A6).
pub(crate) fn script(text: impl Into<Body>, outcome: &'static str) -> Response {
    let mut response = fresh(text.into(), TEXT);
    response.extensions_mut().insert(Outcome(outcome));
    response
}

/// Something made for this request.
pub(crate) fn fresh(body: Body, content_type: HeaderValue) -> Response {
    let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (headers, body).into_response()
}

/// A status and a short text.
pub(crate) fn short(status: StatusCode, text: &'static str) -> Response {
    (
        status,
        [(CONTENT_TYPE, TEXT), (CACHE_CONTROL, HeaderValue::from_static("no-store"))],
        format!("{text}\n"),
    )
        .into_response()
}

/// Not now; ask again in a few seconds.
pub(crate) fn later(text: &'static str) -> Response {
    let mut response = short(StatusCode::SERVICE_UNAVAILABLE, text);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}
