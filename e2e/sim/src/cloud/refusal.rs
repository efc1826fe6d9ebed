//! Errors of the service (facts/oci.md §1.7).

use crate::wire::Reply;

/// Why the service does not do what is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParameter", message)
    }

    pub(super) fn missing(name: &str) -> Self {
        Self::new(400, "MissingParameter", format!("{name} is required."))
    }

    pub(super) fn unreadable() -> Self {
        Self::new(400, "CannotParseRequest", "Incorrectly formatted request.")
    }

    pub(super) fn related(what: &str) -> Self {
        let message = format!("Authorization failed or related resource not found: {what}.");
        Self::new(400, "RelatedResourceNotAuthorizedOrNotFound", message)
    }

    pub(super) fn not_authenticated(why: impl Into<String>) -> Self {
        Self::new(401, "NotAuthenticated", why)
    }

    pub(super) fn not_authorized(why: &str) -> Self {
        Self::new(403, "NotAuthorized", why)
    }

    /// Missing or not allowed: the service does not say which.
    pub(super) fn not_found() -> Self {
        let message = "Authorization failed or requested resource not found.";
        Self::new(404, "NotAuthorizedOrNotFound", message)
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(405, "MethodNotAllowed", "The method is not allowed here.")
    }

    pub(super) fn incorrect_state(message: impl Into<String>) -> Self {
        Self::new(409, "IncorrectState", message)
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "Conflict", message)
    }

    pub(super) fn retry_token() -> Self {
        let message = "The retry token was used for another request.";
        Self::new(409, "InvalidatedRetryToken", message)
    }

    pub(super) fn etag() -> Self {
        Self::new(412, "NoEtagMatch", "The resource has changed since it was read.")
    }

    pub(super) fn media_type() -> Self {
        Self::new(415, "UnsupportedMediaType", "The body has to be application/json.")
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self::error(refusal.status, refusal.code, &refusal.message)
    }
}
