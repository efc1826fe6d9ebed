//! Tells people when a subscription stands otherwise than before.

use slipway_core::{
    finding::Finding,
    reason::{Class, Reason},
    subscription::{CORRECTIONS, Effect, Plan},
};
use slipway_crds::{
    condition::{DUPLICATE, READY},
    v1alpha1::{ClusterSubscription, Condition},
};

use crate::{context::Context, event};

/// What people are told of: the reason of `Ready`, and the registrar's word.
fn standing(object: &ClusterSubscription) -> (Option<&str>, Option<&str>) {
    let Some(status) = &object.status else { return (None, None) };
    (condition(object, READY).map(|ready| ready.reason.as_str()), status.remote_status.as_deref())
}

fn condition<'a>(object: &'a ClusterSubscription, kind: &str) -> Option<&'a Condition> {
    object.status.as_ref()?.conditions.iter().find(|condition| condition.type_ == kind)
}

/// One line in the log and one event for each change between two versions of an object, of which the later stands as `overall` says.
pub(super) async fn announce(
    context: &Context,
    before: &ClusterSubscription,
    after: &ClusterSubscription,
    overall: &Finding,
) {
    if let (None, Some(duplicate)) = (condition(before, DUPLICATE), condition(after, DUPLICATE)) {
        let reason = Reason::DuplicateSubscription.as_str();
        event::publish(&context.recorder, after, true, reason, &duplicate.message, &duplicate.message).await;
    }
    let (was, is) = (standing(before), standing(after));
    if was == is || is.0 != Some(overall.reason.as_str()) {
        return;
    }
    let metadata = &after.metadata;
    tracing::info!(subscription.namespace = metadata.namespace, subscription.name = metadata.name, reason = %overall.reason,
        remote = is.1, message = overall.message, "ClusterSubscription changed");
    let warning =
        matches!(overall.reason.class(), Class::Person | Class::Transient) || overall.reason == Reason::Stale;
    let note = match is.1 {
        Some(word) if is.1 != was.1 && !names(&overall.message, word) => {
            format!("the record is {word} now; {}", overall.message)
        }
        _ => overall.message.clone(),
    };
    event::publish(&context.recorder, after, warning, overall.reason.as_str(), &note, &note).await;
}

/// Whether a message has the registrar's word already.
fn names(message: &str, word: &str) -> bool {
    message.to_ascii_lowercase().contains(&word.to_ascii_lowercase())
}

/// One event for each field that somebody else had changed and that was put right.
pub(super) async fn corrected(context: &Context, object: &ClusterSubscription, plan: &Plan, effect: &Effect) {
    let Effect::Amend { fields, .. } = effect else { return };
    for drift in plan.drift.iter().filter(|drift| drift.is_foreign && fields.contains_key(&drift.field)) {
        context.metrics.drift.inc();
        let note = format!(
            "{} was changed to {:?} at the registrar and put right ({} of {CORRECTIONS} times a day)",
            drift.field, drift.found, drift.corrections
        );
        let metadata = &object.metadata;
        tracing::info!(subscription.namespace = metadata.namespace, subscription.name = metadata.name, field = %drift.field,
            found = drift.found, wanted = drift.wanted, "Drift put right");
        event::publish(&context.recorder, object, true, Reason::Drifted.as_str(), &note, &note).await;
    }
}
