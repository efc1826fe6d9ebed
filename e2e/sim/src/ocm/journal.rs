//! The journal: every call, every change of a record's status, every moment with two live records.

use crate::guarded::Guarded;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::VecDeque;

/// One call to the sign-on or to the account service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OcmCall {
    /// Number of the call, from 1.
    pub number: u64,
    /// By the service's clock.
    pub at: Timestamp,
    /// By the wall's clock.
    pub wall: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path, still percent-encoded.
    pub path: String,
    /// Query, still percent-encoded; empty when there is none.
    pub query: String,
    /// HTTP status of the answer; `None` when none was sent (yet).
    pub status: Option<u16>,
    /// Username of the caller, once it was recognised.
    pub account: Option<String>,
    /// `User-Agent`.
    pub agent: Option<String>,
    /// The body: a form as an object, JSON as it is, secrets replaced by `***`; `null` when there is none.
    pub body: Value,
}

/// A change of a record's status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OcmTransition {
    /// Id of the record.
    pub id: String,
    /// Its `cluster_id`; empty when it has none.
    pub cluster_id: String,
    /// Status before; `None` when the record was made.
    pub from: Option<String>,
    /// Status after.
    pub to: String,
    /// Username, `ams` for the service itself, `somebody` for a lever.
    pub by: String,
    /// By the service's clock.
    pub at: Timestamp,
}

/// A moment from which more than one live record of a `cluster_id` existed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OcmViolation {
    /// The key.
    pub cluster_id: String,
    /// Ids of its live records, telemetry's own not among them.
    pub ids: Vec<String>,
    /// Who made it so.
    pub by: String,
    /// By the service's clock.
    pub at: Timestamp,
}

#[derive(Debug, Default)]
struct Pages {
    calls: VecDeque<OcmCall>,
    made: u64,
}

/// The calls.
#[derive(Debug)]
pub(super) struct Journal {
    limit: usize,
    pages: Guarded<Pages>,
}

impl Journal {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, pages: Guarded::default() }
    }

    /// The call's number is given by the journal.
    pub(super) fn begin(&self, call: OcmCall) -> u64 {
        let mut pages = self.pages.lock();
        pages.made += 1;
        let number = pages.made;
        while pages.calls.len() >= self.limit.max(1) {
            pages.calls.pop_front();
        }
        pages.calls.push_back(OcmCall { number, ..call });
        number
    }

    pub(super) fn edit(&self, number: u64, change: impl FnOnce(&mut OcmCall)) {
        let mut pages = self.pages.lock();
        if let Some(call) = pages.calls.iter_mut().rfind(|call| call.number == number) {
            change(call);
        }
    }

    pub(super) fn calls(&self) -> Vec<OcmCall> {
        self.pages.lock().calls.iter().cloned().collect()
    }

    pub(super) fn count(&self) -> u64 {
        self.pages.lock().made
    }

    /// Forgets the calls; numbers go on.
    pub(super) fn clear(&self) {
        self.pages.lock().calls.clear();
    }
}

/// Keys whose values nobody should find in a journal.
const SECRETS: [&str; 8] = [
    "client_secret",
    "refresh_token",
    "access_token",
    "id_token",
    "password",
    "authorization_token",
    "secret",
    "assertion",
];

/// The body of a request without its secrets.
pub(super) fn redacted(content_type: &str, body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    let mut value = if content_type.starts_with("application/x-www-form-urlencoded") {
        let fields = url::form_urlencoded::parse(body).into_owned();
        fields.map(|(name, value)| (name, Value::String(value))).collect()
    } else {
        let text = || Value::String(format!("{} bytes that are no JSON", body.len()));
        serde_json::from_slice(body).unwrap_or_else(|_| text())
    };
    for secret in SECRETS {
        if let Some(found) = value.get_mut(secret) {
            *found = Value::String("***".to_owned());
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_not_kept() {
        let form =
            redacted("application/x-www-form-urlencoded", b"grant_type=x&client_secret=s%26s&client_id=a");
        assert_eq!(form, json!({"grant_type": "x", "client_id": "a", "client_secret": "***"}));
        let json = redacted("application/json", br#"{"authorization_token":"t","cluster_id":"c"}"#);
        assert_eq!(json, json!({"authorization_token": "***", "cluster_id": "c"}));
        assert_eq!(redacted("", b""), Value::Null);
        assert!(!redacted("", b"secret=1").to_string().contains("=1"));
    }
}
