//! Errors of the account service (`facts/ocm.md §2.1`).

use crate::wire::Reply;
use serde_json::{Value, json};

/// Where the catalogue is.
const ERRORS: &str = "/api/accounts_mgmt/v1/errors";

/// Number, status and general reason of every error.
pub(super) const CATALOGUE: [(u16, u16, &str); 14] = [
    (1, 403, "Invalid token"),
    (4, 403, "Forbidden to perform this action"),
    (6, 409, "An entity with the specified unique values already exists"),
    (7, 404, "Resource not found"),
    (8, 400, "General validation failure"),
    (9, 500, "Unspecified error"),
    (10, 405, "Functionality not implemented"),
    (11, 403, "Account is unauthorized to perform this action"),
    (15, 401, "Account authentication could not be verified"),
    (17, 400, "Unable to read request body"),
    (21, 400, "Bad request"),
    (22, 403, "Account is banned"),
    (23, 400, "Failed to parse search query"),
    (26, 500, "Database advisory lock error"),
];

/// Why the service does not do what is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) id: u16,
    pub(super) reason: String,
}

impl Refusal {
    pub(super) fn new(status: u16, id: u16, reason: impl Into<String>) -> Self {
        Self { status, id, reason: reason.into() }
    }

    pub(super) fn not_found(kind: &str, id: &str) -> Self {
        Self::new(404, 7, format!("{kind} with id='{id}' not found"))
    }

    pub(super) fn no_path(path: &str) -> Self {
        Self::new(404, 7, format!("The requested resource '{path}' doesn't exist"))
    }

    pub(super) fn method(method: &str, path: &str) -> Self {
        Self::new(405, 10, format!("Method '{method}' is not implemented on '{path}'"))
    }

    pub(super) fn validation(reason: impl Into<String>) -> Self {
        Self::new(400, 8, reason)
    }

    pub(super) fn malformed() -> Self {
        Self::new(400, 17, "Unable to read request body: invalid JSON object")
    }

    pub(super) fn bad_request(reason: impl Into<String>) -> Self {
        Self::new(400, 21, reason)
    }

    pub(super) fn search(reason: impl Into<String>) -> Self {
        Self::new(400, 23, format!("Failed to parse search query: {}", reason.into()))
    }

    pub(super) fn conflict(reason: impl Into<String>) -> Self {
        Self::new(409, 6, reason)
    }

    pub(super) fn unauthenticated(reason: impl Into<String>) -> Self {
        Self::new(401, 15, reason)
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let mut body = entry(refusal.id, &refusal.reason);
        body["operation_id"] = json!(uuid::Uuid::new_v4().to_string());
        Self::json(refusal.status, &body)
    }
}

fn entry(id: u16, reason: &str) -> Value {
    json!({
        "kind": "Error",
        "id": id.to_string(),
        "href": format!("{ERRORS}/{id}"),
        "code": format!("ACCT-MGMT-{id}"),
        "reason": reason,
    })
}

/// An error with this status that somebody wants: its number when the code is one, else the first with the status.
pub(super) fn worded(status: u16, code: &str, message: &str) -> Reply {
    let by_status = CATALOGUE.iter().find(|(_, one, _)| *one == status).map(|(id, ..)| *id);
    let id = code.parse().ok().or(by_status).unwrap_or(9);
    Refusal::new(status, id, message).into()
}

/// All errors as a list shows them.
pub(super) fn catalogue() -> Vec<Value> {
    CATALOGUE.iter().map(|(id, _, reason)| entry(*id, reason)).collect()
}
