//! What an answer that says no means, in words for a person (`facts/ocm.md §2.1`).

use slipway_core::{clock::Timestamp, failure::Failure, reason::Reason, secret::Secret};
use slipway_outbound::{Answer, StatusCode};

use crate::{
    call::{Call, Subject},
    said::{Said, is_json, redacted},
};

/// What was asked, of whom, by whom, and when.
pub(crate) struct Context<'a> {
    /// Scheme, host and port of the service.
    pub(crate) label: &'a str,
    pub(crate) call: &'a Call,
    pub(crate) secret_name: &'a str,
    /// What must not stand in a message.
    pub(crate) secrets: &'a [&'a Secret],
    pub(crate) now: Timestamp,
}

/// Whether the answer is the service's own word that there is no such thing. Anything else that says 404 is somebody in between.
pub(crate) fn is_absence(answer: &Answer) -> bool {
    answer.status == StatusCode::NOT_FOUND && Said::read(answer).is_some()
}

/// The failure that an answer other than a success stands for.
pub(crate) fn refusal(context: &Context<'_>, answer: &Answer) -> Failure {
    let said = Said::read(answer);
    let Some(reason) = reason(context.call, answer.status, said.is_some()) else {
        return settled(context, answer, foreign(context, answer));
    };
    let (words, operation) = match &said {
        Some(said) => (said.words(), said.operation()),
        None => (format!(" (content type {}, no reason given)", answer.content_type()), String::new()),
    };
    let message = format!(
        "{} answered {} with {}{words}; {}{operation}",
        context.label,
        context.call.doing,
        answer.status.as_u16(),
        mend(reason, context),
    );
    let failure = Failure::new(reason, redacted(message, context.secrets.iter().copied()));
    settled(context, answer, failure.with_retry_after(answer.retry_after(context.now)))
}

/// A success whose body is not what it should be.
pub(crate) fn garbled(context: &Context<'_>, answer: &Answer) -> Failure {
    settled(context, answer, foreign(context, answer))
}

/// With what is known of the effect: only a clear no is one.
fn settled(context: &Context<'_>, answer: &Answer, failure: Failure) -> Failure {
    let is_no = answer.status.is_redirection() || answer.status.is_client_error();
    let is_clear = is_no && answer.status != StatusCode::REQUEST_TIMEOUT;
    if context.call.writes() && !is_clear { failure.with_unknown_effect() } else { failure }
}

/// Why; `None` when only the service itself could mean it, and this is not its answer.
fn reason(call: &Call, status: StatusCode, is_genuine: bool) -> Option<Reason> {
    let reason = match (status.as_u16(), call.subject) {
        (401, _) => Reason::CredentialsRefused,
        (403, _) => Reason::PermissionMissing,
        (429, Subject::Reservation) => Reason::QuotaShort,
        (429, _) => Reason::Throttled,
        (408 | 500.., _) => Reason::RegistrarFault,
        (..=399, _) => return None,
        _ if !is_genuine => return None,
        (404, Subject::Record) => Reason::SubscriptionLost,
        (404, Subject::Party) => Reason::PermissionMissing,
        (404, Subject::Service) => return None,
        (409, Subject::Reservation) => Reason::ForeignSubscription,
        _ => Reason::RequestRefused,
    };
    Some(reason)
}

fn mend(reason: Reason, context: &Context<'_>) -> String {
    match reason {
        Reason::CredentialsRefused => format!(
            "check that the credentials in Secret {:?} are for this address and not revoked",
            context.secret_name
        ),
        Reason::PermissionMissing => format!(
            "give the account of Secret {:?} the right to do it, and check that what is named exists",
            context.secret_name
        ),
        Reason::QuotaShort => {
            "the organization may register no further cluster for now; raise its quota or its limit of registrations".to_owned()
        }
        Reason::Throttled => "it asks for fewer requests".to_owned(),
        Reason::RegistrarFault => "it is tried again".to_owned(),
        Reason::SubscriptionLost => "the record is not there, or the account cannot see it any more".to_owned(),
        Reason::ForeignSubscription => "another account has a record with this cluster id".to_owned(),
        _ => "correct what it names".to_owned(),
    }
}

/// An answer that is not the service's or is damaged. Says what came, never the body.
fn foreign(context: &Context<'_>, answer: &Answer) -> Failure {
    let body = match (answer.body.is_empty(), is_json(answer)) {
        (true, _) => "an empty body",
        (false, true) => "a body that is not what the service answers",
        (false, false) => "a body that is no JSON",
    };
    let message = format!(
        "{} answered {} with {}, content type {} and {body}; check `spec.registrar.ocm.url` and any proxy in between",
        context.label,
        context.call.doing,
        answer.status.as_u16(),
        answer.content_type(),
    );
    Failure::new(Reason::NotRegistrar, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use slipway_core::{
        clock::Timestamp,
        failure::{Effect, Failure},
        reason::Reason,
        secret::Secret,
    };
    use slipway_outbound::{Answer, HeaderMap, StatusCode};

    use super::{Context, is_absence, refusal};
    use crate::call::Call;

    const ERROR: &str =
        r#"{"kind":"Error","code":"ACCT-MGMT-8","reason":"canary\nis wrong","operation_id":"8f0c-1"}"#;

    fn answer(status: u16, kind: &str, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", kind.parse().unwrap());
        headers.insert("retry-after", "7".parse().unwrap());
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers, body: body.to_owned().into(), pin: None }
    }

    fn ask(call: &Call, answer: &Answer) -> Failure {
        let secret = Secret::new("canary");
        let context = Context {
            label: "https://ocm.example",
            call,
            secret_name: "ocm",
            secrets: &[&secret],
            now: Timestamp::UNIX_EPOCH,
        };
        refusal(&context, answer)
    }

    #[test]
    fn every_no_has_its_reason_and_its_effect() {
        let read = Call::read("s1").unwrap();
        let patch = Call::patch("amend", "s1", json!({"usage": "x", "cpu_total": 1})).unwrap();
        let reserve = Call::reserve("c1", json!({}));
        let organization = Call::organization("o1").unwrap();
        let probe = Call::probe();
        let (json, html) = ("application/json", "text/html");
        for (call, status, kind, body, reason, effect) in [
            (&patch, 400, json, ERROR, Reason::RequestRefused, Effect::None),
            (&patch, 400, html, "<html>", Reason::NotRegistrar, Effect::None),
            (&patch, 401, json, ERROR, Reason::CredentialsRefused, Effect::None),
            (&patch, 403, html, "", Reason::PermissionMissing, Effect::None),
            (&patch, 404, json, ERROR, Reason::SubscriptionLost, Effect::None),
            (&patch, 404, json, "", Reason::NotRegistrar, Effect::None),
            (&patch, 409, json, ERROR, Reason::RequestRefused, Effect::None),
            (&patch, 429, json, ERROR, Reason::Throttled, Effect::None),
            (&patch, 408, json, ERROR, Reason::RegistrarFault, Effect::Unknown),
            (&patch, 500, json, ERROR, Reason::RegistrarFault, Effect::Unknown),
            (&read, 503, html, "<html>", Reason::RegistrarFault, Effect::None),
            (&read, 302, html, "", Reason::NotRegistrar, Effect::None),
            (&read, 404, html, "<html>", Reason::NotRegistrar, Effect::None),
            (&reserve, 409, json, ERROR, Reason::ForeignSubscription, Effect::None),
            (&reserve, 409, html, "<html>", Reason::NotRegistrar, Effect::None),
            (&reserve, 429, json, ERROR, Reason::QuotaShort, Effect::None),
            (&organization, 404, json, ERROR, Reason::PermissionMissing, Effect::None),
            (&probe, 404, json, ERROR, Reason::NotRegistrar, Effect::None),
        ] {
            let failure = ask(call, &answer(status, kind, body));
            assert_eq!((failure.reason, failure.effect), (reason, effect), "{status} {kind} {failure}");
            assert!(!failure.message.contains("canary"), "{failure}");
        }
    }

    #[test]
    fn the_message_names_what_was_asked_and_ends_with_the_operation() {
        let patch = Call::patch("amend", "s1", json!({"usage": "x", "cpu_total": 1})).unwrap();
        let failure = ask(&patch, &answer(403, "application/json", ERROR));
        assert_eq!(
            failure.message,
            "https://ocm.example answered setting cpu_total, usage of the record s1 with 403 ACCT-MGMT-8 ([secret] is wrong); give the \
             account of Secret \"ocm\" the right to do it, and check that what is named exists; operation_id 8f0c-1"
        );
        assert_eq!(failure.retry_after.unwrap().as_secs(), 7);
    }

    #[test]
    fn only_the_service_itself_says_that_something_is_not_there() {
        assert!(is_absence(&answer(404, "application/json", ERROR)));
        for (status, kind, body) in [
            (404, "text/html", "<html>"),
            (404, "application/json", ""),
            (404, "application/json", "{\"kind\":\"Status\",\"code\":404}"),
            (410, "application/json", ERROR),
        ] {
            assert!(!is_absence(&answer(status, kind, body)), "{status} {body}");
        }
    }
}
