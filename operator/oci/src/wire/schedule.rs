//! An upgrade schedule.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use slipway_core::infrastructure::{self as domain, OWNER_TAG, UpgradeEvent};

use super::{DELETED, Headers, duration, filled, moment};

/// `CccUpgradeSchedule`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Schedule {
    id: String,
    display_name: Option<String>,
    lifecycle_state: Option<String>,
    events: Option<Vec<ReadEvent>>,
    infrastructure_ids: Option<Vec<String>>,
    freeform_tags: Option<BTreeMap<String, String>>,
}

/// `CccScheduleEvent`, without the name that OCI gives it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadEvent {
    description: Option<String>,
    time_start: String,
    schedule_event_duration: String,
    schedule_event_recurrences: Option<String>,
}

impl Schedule {
    /// The schedule; `None` when the body is none, or has a time or a duration that cannot be read: it is not known then what OCI would do.
    pub(crate) fn read(body: &[u8], headers: &Headers<'_>) -> Option<domain::Schedule> {
        let wire: Self = serde_json::from_slice(body).ok().filter(|wire: &Self| !wire.id.is_empty())?;
        let events: Option<Vec<_>> =
            wire.events.unwrap_or_default().into_iter().map(ReadEvent::event).collect();
        Some(domain::Schedule {
            id: wire.id,
            display_name: wire.display_name.unwrap_or_default(),
            events: events?,
            infrastructure_ids: wire.infrastructure_ids.unwrap_or_default(),
            freeform_tags: wire.freeform_tags.unwrap_or_default(),
            etag: headers.etag(),
        })
    }

    /// As [`Schedule::read`]; nothing for one that is deleted.
    pub(crate) fn read_living(body: &[u8], headers: &Headers<'_>) -> Option<Vec<domain::Schedule>> {
        let wire: Self = serde_json::from_slice(body).ok()?;
        if wire.lifecycle_state.as_deref() == Some(DELETED) {
            return Some(vec![]);
        }
        Self::read(body, headers).map(|schedule| vec![schedule])
    }
}

impl ReadEvent {
    fn event(self) -> Option<UpgradeEvent> {
        Some(UpgradeEvent {
            description: self.description.unwrap_or_default(),
            time_start: moment(Some(&self.time_start))?,
            duration: duration::read(&self.schedule_event_duration)?,
            recurrence: filled(self.schedule_event_recurrences),
        })
    }
}

/// `CreateCccScheduleEvent` and `UpdateCccScheduleEvent`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenEvent<'a> {
    description: &'a str,
    time_start: String,
    schedule_event_duration: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule_event_recurrences: Option<&'a str>,
}

impl<'a> From<&'a UpgradeEvent> for WrittenEvent<'a> {
    fn from(event: &'a UpgradeEvent) -> Self {
        Self {
            description: &event.description,
            time_start: event.time_start.to_string(),
            schedule_event_duration: duration::write(event.duration),
            schedule_event_recurrences: event.recurrence.as_deref(),
        }
    }
}

fn written(events: &[UpgradeEvent]) -> Vec<WrittenEvent<'_>> {
    events.iter().map(WrittenEvent::from).collect()
}

/// `CreateCccUpgradeScheduleDetails`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduleCreation<'a> {
    display_name: &'a str,
    compartment_id: &'a str,
    events: Vec<WrittenEvent<'a>>,
    freeform_tags: BTreeMap<&'static str, &'a str>,
}

impl<'a> From<&'a domain::ScheduleCreation> for ScheduleCreation<'a> {
    fn from(creation: &'a domain::ScheduleCreation) -> Self {
        Self {
            display_name: &creation.display_name,
            compartment_id: &creation.compartment_id,
            events: written(&creation.events),
            freeform_tags: BTreeMap::from([(OWNER_TAG, creation.owner.as_str())]),
        }
    }
}

/// `UpdateCccUpgradeScheduleDetails`; the events replace those that are there.
#[derive(Serialize)]
pub(crate) struct ScheduleChange<'a> {
    events: Vec<WrittenEvent<'a>>,
}

impl<'a> From<&'a [UpgradeEvent]> for ScheduleChange<'a> {
    fn from(events: &'a [UpgradeEvent]) -> Self {
        Self { events: written(events) }
    }
}
