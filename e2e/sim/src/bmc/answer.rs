//! Answers and error bodies (DSP0266, error responses; facts/metal-peers.md §4.1).

use crate::body::{self, Body};
use crate::shapes::Refusal;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

const REGISTRY: &str = "Base.1.18";

/// An answer before it goes on the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Bytes,
    content_type: &'static str,
}

impl Answer {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), content_type: "" }
    }

    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self { body: Bytes::from(value.to_string()), content_type: "application/json", ..Self::empty(status) }
    }

    pub(crate) fn text(status: u16, content_type: &'static str, text: &'static str) -> Self {
        Self { body: Bytes::from_static(text.as_bytes()), content_type, ..Self::empty(status) }
    }

    /// An error whose message has the standard registry's name in front.
    pub(crate) fn error(status: u16, message: &str, arguments: &[&str]) -> Self {
        Self::error_of(status, &format!("{REGISTRY}.{message}"), arguments)
    }

    pub(crate) fn error_of(status: u16, message_id: &str, arguments: &[&str]) -> Self {
        let message = message(message_id, arguments);
        let error =
            json!({"code": message_id, "message": message["Message"], "@Message.ExtendedInfo": [message]});
        Self::json(status, &json!({ "error": error }))
    }

    pub(crate) fn refusal(refusal: &Refusal) -> Self {
        Self::error_of(refusal.status, &refusal.message_id, &[])
    }

    /// Success with this status; with 200 comes a message (facts/metal-peers.md §4.19).
    pub(crate) fn done(status: u16) -> Self {
        if status == 204 {
            return Self::empty(204);
        }
        let message = message(&format!("{REGISTRY}.Success"), &[]);
        Self::json(status, &json!({"@Message.ExtendedInfo": [message]}))
    }

    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let content = self.body.clone();
        self.head(body::whole(content))
    }

    /// The same head, and a body that stops in its middle.
    pub(crate) fn into_cut_response(self) -> Response<Body> {
        let length = self.body.len();
        let body = body::cut(&self.body);
        let mut response = self.head(body);
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
        response
    }

    fn head(self, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if !self.content_type.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        // DSP0266, response headers.
        headers.insert("odata-version", HeaderValue::from_static("4.0"));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// One entry of `@Message.ExtendedInfo`.
pub(crate) fn message(message_id: &str, arguments: &[&str]) -> Value {
    let name = message_id.rsplit('.').next().unwrap_or(message_id);
    let severity = if name == "Success" { "OK" } else { "Warning" };
    json!({
        "@odata.type": "#Message.v1_1_2.Message",
        "MessageId": message_id,
        "Message": format!("{name}: {}", arguments.join(", ")),
        "MessageArgs": arguments,
        "MessageSeverity": severity,
        "Severity": severity,
        "Resolution": "See the message registry.",
    })
}

/// An entry with the standard registry's name in front.
pub(crate) fn base_message(message_name: &str, arguments: &[&str]) -> Value {
    message(&format!("{REGISTRY}.{message_name}"), arguments)
}
