//! One request to a peer.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};

/// One request. Redirects are never followed and compressed answers never asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Absolute path and query at the peer, or a whole URL of the same origin.
    pub target: String,
    /// Headers; those that carry credentials are marked sensitive by whoever adds them.
    pub headers: HeaderMap,
    /// Body; empty for none.
    pub body: Bytes,
    /// Time for everything: connection, request, and the whole answer.
    pub deadline: Duration,
    /// Largest acceptable body of the answer, in bytes.
    pub cap: usize,
}

impl Request {
    /// Largest JSON answer that is read: 4 MiB (`facts/reliability-ux.md §2.4`).
    pub const JSON_CAP: usize = 4 << 20;

    /// A request without headers and body, with the cap for JSON.
    pub fn new(method: Method, target: impl Into<String>, deadline: Duration) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Self { method, target: target.into(), headers, body, deadline, cap: Self::JSON_CAP }
    }

    /// The same request with one more header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same request with a body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}
