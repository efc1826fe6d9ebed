//! Answers before they go on the wire.

use crate::body::{self, Body};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self { body: Bytes::from(value.to_string()), ..Self::empty(status) }
            .with(CONTENT_TYPE, "application/json")
    }

    pub(crate) fn text(status: u16, content_type: &str, text: impl Into<Bytes>) -> Self {
        Self { body: text.into(), ..Self::empty(status) }.with(CONTENT_TYPE, content_type)
    }

    /// An error as the service words it (facts/oci.md §1.7).
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({"code": code, "message": message}))
    }

    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let body = body::whole(self.body.clone());
        self.head(body)
    }

    /// The same head, and a body that stops in its middle.
    pub(crate) fn into_cut_response(self) -> Response<Body> {
        let body = body::cut(&self.body);
        self.head(body)
    }

    fn head(self, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if self.status != 204 {
            headers.insert(CONTENT_LENGTH, self.body.len().into());
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}
