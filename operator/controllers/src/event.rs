//! Kubernetes events, best effort: a failure to publish one is logged and never ends a reconcile.

use kube::{
    Resource,
    runtime::events::{Event, EventType, Recorder},
};

use crate::error::ReconcileError;

/// Longest note and longest action that the API takes, in bytes (`events.k8s.io/v1`).
const NOTE: usize = 1024;
const ACTION: usize = 128;

/// Tells people about `object`. Events of one reason and action that follow each other within minutes are one event that is counted
/// and keeps its first note: where the notes differ and each matters, `action` is the note itself.
pub(crate) async fn publish<K: Resource<DynamicType = ()>>(
    recorder: &Recorder,
    object: &K,
    warning: bool,
    reason: &str,
    note: &str,
    action: &str,
) {
    let event = Event {
        type_: if warning { EventType::Warning } else { EventType::Normal },
        reason: reason.to_owned(),
        note: Some(bounded(note, NOTE)),
        action: bounded(action, ACTION),
        secondary: None,
    };
    let reference = object.object_ref(&());
    let published = ReconcileError::within("publishing an event", recorder.publish(&event, &reference));
    if let Err(error) = published.await {
        tracing::warn!(%error, reason, "Event could not be published");
    }
}

fn bounded(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(super::bounded("äöü", 3), "ä");
        assert_eq!(super::bounded("äöü", 100), "äöü");
    }
}
