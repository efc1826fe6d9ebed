//! Tells people when a rack stands otherwise than before: read together, the events are the log book of its handshakes.

use slipway_core::{finding::Finding, infrastructure::HandshakeResult, reason::Class};
use slipway_crds::{condition::READY, v1alpha1::Infrastructure};

use crate::{context::Context, event, metrics::HandshakeLabels};

/// What people are told of: the reason of `Ready`, the state of the connection, and how far which attempt is.
type Standing<'a> = (Option<&'a str>, Option<&'a str>, Option<(i32, Option<&'a str>, Option<&'a str>)>);

fn standing(object: &Infrastructure) -> Standing<'_> {
    let Some(status) = &object.status else { return (None, None, None) };
    let ready = status.conditions.iter().find(|condition| condition.type_ == READY);
    let attempt = status.handshake.as_ref();
    (
        ready.map(|ready| ready.reason.as_str()),
        status.connection_state.as_deref(),
        attempt.map(|attempt| (attempt.attempt, attempt.step.as_deref(), attempt.result.as_deref())),
    )
}

/// One line in the log and one event for each change between two versions of an object, of which the later stands as `overall` says.
pub(super) async fn announce(
    context: &Context,
    before: &Infrastructure,
    after: &Infrastructure,
    overall: &Finding,
) {
    let (was, is) = (standing(before), standing(after));
    count(context, ended(was), ended(is));
    if was == is || is.0 != Some(overall.reason.as_str()) {
        return;
    }
    let metadata = &after.metadata;
    tracing::info!(infrastructure.namespace = metadata.namespace, infrastructure.name = metadata.name, reason = %overall.reason,
        message = overall.message, "Infrastructure changed");
    let warning = matches!(overall.reason.class(), Class::Person | Class::Transient);
    let note = match is.1 {
        Some(state) if is.1 != was.1 => format!("{state}: {}", overall.message),
        _ => overall.message.clone(),
    };
    event::publish(&context.recorder, after, warning, overall.reason.as_str(), &note, &note).await;
}

/// Number and result of an attempt that has ended.
fn ended(standing: Standing<'_>) -> Option<(i32, &str)> {
    let (number, _, result) = standing.2?;
    Some((number, result?))
}

/// Counts an attempt when it ends.
fn count(context: &Context, was: Option<(i32, &str)>, is: Option<(i32, &str)>) {
    let ended = is.filter(|ended| was != Some(*ended));
    if let Some(result) = ended.and_then(|(_, result)| HandshakeResult::from_status(result)) {
        context.metrics.handshakes.get_or_create(&HandshakeLabels { result: result.as_str() }).inc();
    }
}
