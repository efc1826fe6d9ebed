//! What an answer that is no success means, in words for a person.

use jiff::fmt::rfc2822;
use serde::Deserialize;
use slipway_core::{
    clock::{SignedDuration, Timestamp},
    failure::Failure,
    reason::Reason,
};
use slipway_outbound::{Answer, StatusCode};

use crate::{answer::Unsound, verb::Verb};

/// Field of the spec that leads to the site.
pub(crate) const ADDRESS: &str = "spec.registrar.webhook.url";
/// The same when a proxy is in between.
pub(crate) const BY_PROXY: &str = "spec.registrar.webhook.url by way of spec.registrar.webhook.proxyUrl";
/// Field of the spec that says how the site is trusted.
pub(crate) const TLS: &str = "spec.registrar.webhook.tls";
/// Most characters of a site's words that are shown.
const SHOWN: usize = 400;
/// What sites bear between the clocks (Standard Webhooks specification 1.0.0, "Signature scheme": usual libraries take five minutes).
const BORNE: SignedDuration = SignedDuration::from_mins(5);

/// What was asked, of whom, and when.
pub(crate) struct Context<'a> {
    /// Scheme, host and port of the site.
    pub(crate) label: &'a str,
    pub(crate) verb: Verb,
    pub(crate) secret_name: &'a str,
    pub(crate) now: Timestamp,
}

/// A site's own words in an answer.
#[derive(Default, Deserialize)]
struct Words {
    #[serde(default)]
    message: String,
}

/// The failure that an answer other than a success stands for.
pub(crate) fn refusal(context: &Context<'_>, answer: &Answer) -> Failure {
    let words = serde_json::from_slice::<Words>(&answer.body).ok();
    let reason = reason(context, answer, words.is_some());
    let mut what = answer.status.as_u16().to_string();
    let words = bounded(&words.unwrap_or_default().message, SHOWN);
    let words = words.trim_end_matches('.');
    if !words.is_empty() {
        what = format!("{what} ({words})");
    }
    let Context { label, verb, .. } = context;
    let message = format!("{label} answered {} with {what}; {}", verb.word(), mend(reason, context, answer));
    let failure = Failure::new(reason, message).with_retry_after(answer.retry_after(context.now));
    settled(context, answer, failure)
}

/// The failure of a success whose body is not what it should be. Says what came, never the body.
pub(crate) fn unsound(context: &Context<'_>, answer: &Answer, what: &Unsound) -> Failure {
    let message = format!(
        "{} answered {} with {} and content type {}: {}; check {ADDRESS}, a login page or a proxy may answer in the site's place",
        context.label,
        context.verb.word(),
        answer.status.as_u16(),
        answer.content_type(),
        what.0,
    );
    settled(context, answer, Failure::new(Reason::NotRegistrar, message))
}

/// With what is known of the effect: only a clear no is one.
fn settled(context: &Context<'_>, answer: &Answer, failure: Failure) -> Failure {
    let refused = answer.status.is_client_error() && answer.status != StatusCode::REQUEST_TIMEOUT
        || answer.status == StatusCode::NOT_IMPLEMENTED;
    if context.verb.writes() && !refused { failure.with_unknown_effect() } else { failure }
}

fn reason(context: &Context<'_>, answer: &Answer, is_json: bool) -> Reason {
    match (answer.status.as_u16(), context.verb) {
        (401, _) if ahead(context, answer).is_some() => Reason::ClockSkew,
        (401, _) => Reason::CredentialsRefused,
        (403, _) => Reason::PermissionMissing,
        (402, Verb::Reserve) => Reason::QuotaShort,
        (409, Verb::Reserve) => Reason::ForeignSubscription,
        (429, _) => Reason::Throttled,
        (400 | 422, _) if is_json => Reason::RequestRefused,
        (501, _) => Reason::NotRegistrar,
        (408 | 409 | 500.., _) => Reason::RegistrarFault,
        _ => Reason::NotRegistrar,
    }
}

fn mend(reason: Reason, context: &Context<'_>, answer: &Answer) -> String {
    match reason {
        Reason::CredentialsRefused => format!(
            "the signature was refused: check that key `secret` of Secret {:?} is the one that the site has",
            context.secret_name
        ),
        Reason::ClockSkew => {
            let minutes = ahead(context, answer).unwrap_or_default().as_mins();
            let direction = if minutes < 0 { "behind" } else { "ahead of" };
            format!(
                "the operator's clock is {} minutes {direction} the site's; set the clock of the node",
                minutes.unsigned_abs()
            )
        }
        Reason::PermissionMissing => "the site does not let this operator do it; allow it there".to_owned(),
        Reason::QuotaShort => "the site has no room for another cluster".to_owned(),
        Reason::ForeignSubscription => "another account has a record with this cluster id".to_owned(),
        Reason::Throttled => "it asks for fewer requests".to_owned(),
        Reason::RequestRefused => "correct what it names".to_owned(),
        Reason::RegistrarFault => "it is tried again; see the site's log".to_owned(),
        _ if answer.status == StatusCode::NOT_IMPLEMENTED => {
            "a site has to implement it (docs/webhook-registrar.md)".to_owned()
        }
        _ => format!(
            "check {ADDRESS} and any proxy in between: it must be the address that takes messages itself"
        ),
    }
}

/// How far our clock is ahead of the site's, when that is more than signatures bear.
fn ahead(context: &Context<'_>, answer: &Answer) -> Option<SignedDuration> {
    let date = answer.headers.get("date")?.to_str().ok()?;
    let theirs = rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    let ahead = context.now.duration_since(theirs);
    (ahead.abs() > BORNE).then_some(ahead)
}

/// Text of a peer made harmless for a message: one line, without control characters, not too long.
fn bounded(text: &str, most: usize) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
