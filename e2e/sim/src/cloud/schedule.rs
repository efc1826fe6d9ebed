//! Upgrade schedules and the service's rule for them (facts/oci.md §1.3, §1.6).

use super::fields::{Fields, Tags};
use super::infrastructure::{etag, time};
use super::recurrence::{Recurrence, duration};
use super::refusal::Refusal;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// Shortest window that counts.
const WINDOW: Duration = Duration::from_hours(48);

/// One window.
#[derive(Debug, Clone)]
pub(super) struct Event {
    name: String,
    description: String,
    start: Timestamp,
    duration: String,
    recurrences: Option<String>,
}

/// One schedule.
#[derive(Debug)]
pub(super) struct Schedule {
    pub(super) id: String,
    pub(super) display_name: String,
    pub(super) description: Option<String>,
    pub(super) compartment: String,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) revision: u64,
    pub(super) lifecycle_state: String,
    pub(super) lifecycle_details: Option<String>,
    pub(super) events: Vec<Event>,
    pub(super) tags: Tags,
}

impl Schedule {
    pub(super) fn etag(&self) -> String {
        etag(&self.id, self.revision)
    }

    pub(super) fn touch(&mut self, at: Timestamp) {
        self.revision += 1;
        self.updated = at;
    }

    pub(super) fn summary(&self) -> Value {
        let mut summary = json!({
            "id": self.id,
            "displayName": self.display_name,
            "compartmentId": self.compartment,
            "timeCreated": time(self.created),
            "lifecycleState": self.lifecycle_state,
        });
        self.tags.show(&mut summary);
        summary
    }

    pub(super) fn full(&self, infrastructures: &[String]) -> Value {
        let mut full = json!({
            "id": self.id,
            "displayName": self.display_name,
            "description": self.description,
            "compartmentId": self.compartment,
            "timeCreated": time(self.created),
            "timeUpdated": time(self.updated),
            "lifecycleState": self.lifecycle_state,
            "lifecycleDetails": self.lifecycle_details,
            "events": self.events.iter().map(Event::show).collect::<Vec<_>>(),
            "infrastructureIds": infrastructures,
        });
        self.tags.show(&mut full);
        full
    }
}

impl Event {
    fn show(&self) -> Value {
        json!({
            "name": self.name,
            "description": self.description,
            "timeStart": time(self.start),
            "scheduleEventDuration": self.duration,
            "scheduleEventRecurrences": self.recurrences,
        })
    }

    fn read(number: usize, body: &Value) -> Result<(Self, bool), Refusal> {
        let fields = Fields::of(body)?;
        let text = fields.required("timeStart", 64)?;
        let utc = text.ends_with('Z') || text.ends_with("+00:00");
        let start = text.parse().ok().filter(|_| utc);
        let start = start.ok_or_else(|| Refusal::invalid("timeStart has to be an RFC 3339 time in UTC."))?;
        let written = fields.required("scheduleEventDuration", 64)?;
        let length = duration(&written).filter(|length| !length.is_zero());
        let length = length
            .ok_or_else(|| Refusal::invalid("scheduleEventDuration has to be an ISO 8601 duration."))?;
        let recurrences = fields.text("scheduleEventRecurrences", 512)?;
        let rule = recurrences.as_deref().map(|text| {
            Recurrence::parse(text)
                .ok_or_else(|| Refusal::invalid("scheduleEventRecurrences has to be an RFC 5545 recurrence."))
        });
        let quarterly = rule.transpose()?.is_some_and(|rule| rule.is_quarterly());
        let event = Self {
            name: format!("event-{number}"),
            description: fields.required("description", 400)?,
            start,
            duration: written,
            recurrences,
        };
        Ok((event, quarterly && length >= WINDOW))
    }
}

/// The events of a body. At least one window of 48 hours or more has to recur every three months or more often.
pub(super) fn events(fields: &Fields<'_>) -> Result<Option<Vec<Event>>, Refusal> {
    let Some(value) = fields.value("events") else { return Ok(None) };
    let list = value.as_array().ok_or_else(|| Refusal::invalid("events has to be a list."))?;
    let read: Result<Vec<_>, Refusal> =
        list.iter().enumerate().map(|(index, body)| Event::read(index + 1, body)).collect();
    let read = read?;
    if !read.iter().any(|(_, sufficient)| *sufficient) {
        let message =
            "A schedule needs a window of at least 48 hours that recurs at least every three months.";
        return Err(Refusal::invalid(message));
    }
    Ok(Some(read.into_iter().map(|(event, _)| event).collect()))
}
