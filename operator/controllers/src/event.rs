//! Kubernetes events, best effort: a failure to publish one is logged and never ends a reconcile.

use kube::{
    Resource,
    runtime::events::{Event, EventType, Recorder},
};

/// Tells people about `object`.
pub(crate) async fn publish<K: Resource<DynamicType = ()>>(
    recorder: &Recorder,
    object: &K,
    warning: bool,
    reason: &str,
    note: &str,
) {
    let event = Event {
        type_: if warning { EventType::Warning } else { EventType::Normal },
        reason: reason.to_owned(),
        note: Some(note.chars().take(1000).collect()),
        action: "Reconcile".to_owned(),
        secondary: None,
    };
    let published =
        tokio::time::timeout(crate::pace::API_DEADLINE, recorder.publish(&event, &object.object_ref(&())))
            .await;
    match published {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, reason, "Event could not be published"),
        Err(_) => tracing::warn!(reason, "Event could not be published in time"),
    }
}
