//! What an answer that says no means, in words for a person (`facts/oci.md §1.7`).

use serde::Deserialize;
use slipway_core::{clock::Timestamp, failure::Failure, reason::Reason};
use slipway_outbound::{Answer, StatusCode};

use crate::{cloud::call::Call, skew::clock_skew, wire::Headers};

/// Most characters of OCI's message that are shown.
const SHOWN: usize = 400;
/// Most characters of a code or an identifier that are shown.
const SHOWN_WORD: usize = 160;

/// What was asked, of whom, by whom, and when.
pub(crate) struct Context<'a> {
    /// Scheme, host and port of the service.
    pub(crate) label: &'a str,
    pub(crate) call: &'a Call<'a>,
    pub(crate) secret_name: &'a str,
    /// The identifier that we sent.
    pub(crate) request_id: &'a str,
    pub(crate) now: Timestamp,
}

/// OCI's own words in an answer.
#[derive(Default, Deserialize)]
struct Said {
    code: Option<String>,
    message: Option<String>,
}

/// Whether a status may pass by itself within moments.
pub(crate) fn may_pass(status: StatusCode) -> bool {
    let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    passing || status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
}

/// The failure that an answer other than a success stands for.
pub(crate) fn refusal(context: &Context<'_>, answer: &Answer) -> Failure {
    let failure = match serde_json::from_slice::<Said>(&answer.body) {
        Ok(said) => of_oracle(context, answer, &said),
        // Something in between may have emptied it; the identifier is Oracle's.
        Err(_) if answer.body.is_empty() && answer.headers.contains_key("opc-request-id") => {
            of_oracle(context, answer, &Said::default())
        }
        Err(_) => foreign(context, answer),
    };
    // A date in `Retry-After` is by their clock.
    let theirs = Headers { map: &answer.headers, now: context.now }.date();
    settled(context, answer, failure.with_retry_after(answer.retry_after(theirs)))
}

/// A success whose body is not what it should be.
pub(crate) fn garbled(context: &Context<'_>, answer: &Answer) -> Failure {
    settled(context, answer, foreign(context, answer))
}

/// With what is known of the effect: only a clear no is one.
fn settled(context: &Context<'_>, answer: &Answer, failure: Failure) -> Failure {
    let refused = answer.status.is_client_error() && answer.status != StatusCode::REQUEST_TIMEOUT;
    if context.call.deed.writes() && !refused { failure.with_unknown_effect() } else { failure }
}

fn of_oracle(context: &Context<'_>, answer: &Answer, said: &Said) -> Failure {
    let code = bounded(said.code.as_deref().unwrap_or_default(), SHOWN_WORD);
    let reason = reason(context, answer, &code);
    let mut what = answer.status.as_u16().to_string();
    if !code.is_empty() {
        what = format!("{what} {code}");
    }
    let words = bounded(said.message.as_deref().unwrap_or_default(), SHOWN);
    let words = words.trim_end_matches('.');
    if !words.is_empty() {
        what = format!("{what} ({words})");
    }
    let message = format!(
        "{} answered {} with {what}; {} ({})",
        context.label,
        context.call.doing(),
        mend(reason, context, answer),
        identifier(context, answer),
    );
    Failure::new(reason, message)
}

fn reason(context: &Context<'_>, answer: &Answer, code: &str) -> Reason {
    match (answer.status.as_u16(), code) {
        (400, _) if context.call.is_order => Reason::WrongState,
        (401, _) if clock_skew(&answer.headers, context.now).is_some() => Reason::ClockSkew,
        (401, _) => Reason::CredentialsRefused,
        (402 | 403, _) => Reason::PermissionMissing,
        (404, _) => Reason::NotAuthorizedOrNotFound,
        (408 | 500.., _) => Reason::CloudFault,
        (409, "InvalidatedRetryToken") | (412, _) => Reason::ChangedMeanwhile,
        (409, _) => Reason::WrongState,
        (429, _) => Reason::Throttled,
        (..400, _) => Reason::NotOracleCloud,
        _ => Reason::RequestRefused,
    }
}

fn mend(reason: Reason, context: &Context<'_>, answer: &Answer) -> String {
    match reason {
        Reason::NotAuthorizedOrNotFound => format!(
            "either it does not exist or the account may not see it, so it is not taken as deleted: check the OCIDs and the region, and \
             that a policy such as {} holds for the account",
            context.call.policy()
        ),
        Reason::PermissionMissing => {
            format!("give the account a policy such as {}", context.call.policy())
        }
        Reason::CredentialsRefused => format!(
            "check that key, fingerprint, user and tenancy in Secret {:?} belong together, that the key is active, and that the tenancy \
             is subscribed to the region",
            context.secret_name
        ),
        Reason::ClockSkew => {
            clock_skew(&answer.headers, context.now).map(|skew| skew.to_string()).unwrap_or_default()
        }
        Reason::RequestRefused => "correct what it names".to_owned(),
        Reason::WrongState => "it is not possible in the present state and is looked at again".to_owned(),
        Reason::ChangedMeanwhile => "nothing was done, and it is looked at again".to_owned(),
        Reason::Throttled => "it asks for fewer requests".to_owned(),
        Reason::NotOracleCloud => "give the address that answers itself".to_owned(),
        _ => "it is tried again; Oracle's support asks for the identifier".to_owned(),
    }
}

/// An answer that is not Oracle's or is damaged. Says what came, never the body.
fn foreign(context: &Context<'_>, answer: &Answer) -> Failure {
    let body =
        if answer.body.is_empty() { "an empty body" } else { "a body that is not what Oracle Cloud answers" };
    let message = format!(
        "{} answered {} with {}, content type {} and {body}; check `spec.oci.region`, `spec.oci.endpoint` and any proxy in between ({})",
        context.label,
        context.call.doing(),
        answer.status.as_u16(),
        answer.content_type(),
        identifier(context, answer),
    );
    Failure::new(Reason::NotOracleCloud, message)
}

/// OCI's identifier of the request, which begins with ours; ours where it shows none.
fn identifier(context: &Context<'_>, answer: &Answer) -> String {
    let theirs = answer.headers.get("opc-request-id").and_then(|value| value.to_str().ok());
    let theirs = bounded(theirs.unwrap_or_default(), SHOWN_WORD);
    format!("opc-request-id {}", if theirs.is_empty() { context.request_id } else { &theirs })
}

/// Text of a peer made harmless for a message: one line, without control characters, not too long.
fn bounded(text: &str, most: usize) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::bounded;

    #[test]
    fn a_message_of_a_peer_stays_one_short_line() {
        assert_eq!(bounded(" a\r\nb\u{1b}[31m\tc ", 100), "a b [31m c");
        assert_eq!(bounded("ééééé", 3), "ééé…");
        assert_eq!(bounded("abc", 3), "abc");
    }
}
