//! Kubernetes events, best effort: a failure to publish one is logged and never ends a reconcile.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use k8s_openapi::{
    api::{
        core::v1::ObjectReference,
        events::v1::{Event, EventSeries},
    },
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use kube::{
    Api, Client, Resource,
    api::{Patch, PatchParams, PostParams},
    runtime::events::Reporter,
};
use slipway_core::clock::{SignedDuration, Timestamp};

use crate::error::ReconcileError;

/// Longest note and longest action that the API takes, in bytes (`events.k8s.io/v1`).
const NOTE: usize = 1024;
const ACTION: usize = 128;
/// Events of one kind that are no further apart are one event that is counted, as in client-go and kube.
const SERIES: SignedDuration = SignedDuration::from_mins(6);
/// How often ended series are looked for.
const SWEEP: SignedDuration = SignedDuration::from_mins(1);

/// Publishes events and counts those that follow each other.
///
/// kube's own recorder keeps each event whole, which at 10,000 hosts is a fifth of all memory, and goes through all at each.
pub(crate) struct Recorder {
    client: Client,
    reporter: Reporter,
    book: Mutex<Book>,
}

/// The running series.
#[derive(Debug, Default)]
struct Book {
    hasher: RandomState,
    /// By a hash of what makes two events one: of 10,000 the chance that two collide is below one in a hundred thousand million.
    series: HashMap<u64, Series>,
    swept: Timestamp,
}

/// One event, and how often it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Series {
    first: Timestamp,
    last: Timestamp,
    count: i32,
}

impl Book {
    /// The series that an event of this kind begins or goes on with.
    fn next(&mut self, key: u64, now: Timestamp) -> Series {
        if self.swept + SWEEP <= now {
            self.swept = now;
            self.series.retain(|_, series| series.last + SERIES > now);
            self.series.shrink_to_fit();
        }
        match self.series.get(&key).filter(|series| series.last + SERIES > now) {
            Some(series) => Series { last: now, count: series.count.saturating_add(1), ..*series },
            None => Series { first: now, last: now, count: 1 },
        }
    }
}

impl Recorder {
    /// `reporter` is who the events are from.
    pub(crate) fn new(client: Client, reporter: Reporter) -> Self {
        Self { client, reporter, book: Mutex::default() }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn publish(&self, event: Event, regarding: &ObjectReference) -> kube::Result<()> {
        let (key, series) = {
            let mut book = self.book();
            let kind = (&event.type_, &event.reason, &event.action);
            let of = (&regarding.kind, &regarding.namespace, &regarding.name, &regarding.uid);
            let key = book.hasher.hash_one((kind, of));
            (key, book.next(key, Timestamp::now()))
        };
        let events: Api<Event> =
            Api::namespaced(self.client.clone(), regarding.namespace.as_deref().unwrap_or("default"));
        let name =
            format!("{}.{:x}", regarding.name.as_deref().unwrap_or_default(), series.first.as_nanosecond());
        if series.count > 1 {
            let counted = EventSeries { count: series.count, last_observed_time: MicroTime(series.last) };
            let patch = Patch::Merge(serde_json::json!({"series": counted}));
            events.patch(&name, &PatchParams::default(), &patch).await?;
        } else {
            let reporter = self.reporter.clone();
            let instance = reporter.instance.unwrap_or_else(|| reporter.controller.clone());
            let event = Event {
                metadata: ObjectMeta {
                    name: Some(name),
                    namespace: regarding.namespace.clone(),
                    ..ObjectMeta::default()
                },
                event_time: Some(MicroTime(series.first)),
                regarding: Some(regarding.clone()),
                reporting_controller: Some(reporter.controller),
                reporting_instance: Some(instance),
                ..event
            };
            events.create(&PostParams::default(), &event).await?;
        }
        self.book().series.insert(key, series);
        Ok(())
    }
}

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
        type_: Some(if warning { "Warning" } else { "Normal" }.to_owned()),
        reason: Some(reason.to_owned()),
        note: Some(bounded(note, NOTE)),
        action: Some(bounded(action, ACTION)),
        ..Event::default()
    };
    let reference = object.object_ref(&());
    let published = ReconcileError::within("publishing an event", recorder.publish(event, &reference));
    if let Err(error) = published.await {
        tracing::warn!(%error, reason, "Event could not be published");
    }
}

fn bounded(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(bounded("äöü", 3), "ä");
        assert_eq!(bounded("äöü", 100), "äöü");
    }

    #[test]
    fn events_that_follow_each_other_are_counted_until_one_is_late() {
        let mut book = Book::default();
        let mut publish = |key, second| {
            let series = book.next(key, at(second));
            book.series.insert(key, series);
            (series.first.as_second(), series.count)
        };
        assert_eq!(publish(1, 1000), (1000, 1));
        assert_eq!(publish(2, 1001), (1001, 1), "another kind");
        assert_eq!(publish(1, 1359), (1000, 2), "within six minutes");
        assert_eq!(publish(1, 1700), (1000, 3), "of the last one");
        assert_eq!(publish(1, 2060), (2060, 1), "six minutes later");
        assert_eq!(book.series.len(), 1, "ended series are forgotten");
    }
}
