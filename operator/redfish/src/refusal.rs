//! What an answer that says no means, in words for a person.

use slipway_core::{clock::Timestamp, failure::Failure, reason::Reason};
use slipway_outbound::StatusCode;

use crate::{message::Class, reply::Reply};

/// The failure that a refusal stands for. `label` is the BMC, `what` what was asked: "reading /redfish/v1/Systems".
pub(crate) fn of(label: &str, what: &str, reply: &Reply, now: Timestamp) -> Failure {
    let status = reply.status();
    let said = said(reply);
    if reply.class() == Some(Class::PasswordChange) {
        let message = format!(
            "{label} takes the password only to have it changed; set a new one there and put it into the Secret of \
             `credentialsRef`"
        );
        return Failure::new(Reason::PasswordChangeRequired, message);
    }
    if reply.is_busy() {
        let failure =
            Failure::new(Reason::BmcBusy, format!("{label} is busy: {what} was answered with {said}"));
        return failure.with_retry_after(reply.answer.retry_after(now));
    }
    if status == StatusCode::FORBIDDEN {
        let message = format!("{label} does not allow {what} ({said}); give the account the privilege");
        return Failure::new(Reason::BmcFault, message);
    }
    if status.is_redirection() {
        let message =
            format!("{label} sends {what} elsewhere ({said}); give the address that answers itself");
        return Failure::new(Reason::NotRedfish, message);
    }
    Failure::new(Reason::BmcFault, format!("{label} answered {what} with {said}"))
}

/// A success whose body is not what it should be. Says what came, never the body.
pub(crate) fn not_redfish(label: &str, what: &str, reply: &Reply) -> Failure {
    let kind = reply.answer.content_type();
    let status = reply.status().as_u16();
    let body = if reply.answer.body.is_empty() { "an empty body" } else { "a body that is no JSON object" };
    let message = format!(
        "{label} is no Redfish service or is damaged: {what} was answered with {status}, content type {kind} and {body}; check \
         the address"
    );
    Failure::new(Reason::NotRedfish, message)
}

/// The credentials were refused, and by now often enough.
pub(crate) fn credentials(label: &str, why: &str) -> Failure {
    Failure::new(Reason::CredentialsRefused, format!("{label} {why}; correct the Secret of `credentialsRef`"))
}

fn said(reply: &Reply) -> String {
    let status = reply.status().as_u16();
    match reply.ids.first() {
        Some(id) => format!("{status} {id}"),
        None => format!("{status}"),
    }
}
