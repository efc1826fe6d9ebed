//! What creates and updates do (facts/oci.md §1.3, §1.4, §1.6).

use super::api::{Call, Kind};
use super::connection::{Connection, normal};
use super::fields::{Fields, Tags};
use super::infrastructure::{ConnectionState, Infrastructure};
use super::journal::Offence;
use super::page::Item;
use super::refusal::Refusal;
use super::schedule::{self, Schedule};
use crate::wire::{Reply, Trouble};

const NAME: usize = 255;
const DESCRIPTION: usize = 400;
const DETAILS: usize = 2000;

/// Which schedule a body wants.
enum ScheduleWish {
    AsIs,
    None,
    This(String),
}

impl ScheduleWish {
    fn applied(self, present: Option<String>) -> Option<String> {
        match self {
            Self::AsIs => present,
            Self::None => None,
            Self::This(id) => Some(id),
        }
    }
}

impl Call<'_> {
    pub(super) fn create_infrastructure(&mut self, fields: &Fields<'_>) -> Result<Reply, Refusal> {
        let compartment = self.compartment(fields)?;
        let state = fields.text("connectionState", NAME)?;
        if state.is_some_and(|state| state != ConnectionState::Reject.word()) {
            return Err(Refusal::invalid("connectionState can only be REJECT at the beginning."));
        }
        let subnet = fields.required("subnetId", NAME)?;
        let schedule = self.wish_of(fields)?.applied(None);
        let mut tags = Tags::default();
        fields.tags(&mut tags)?;
        let infrastructure = Infrastructure {
            id: String::new(),
            short_name: String::new(),
            display_name: fields.required("displayName", NAME)?,
            description: fields.text("description", DESCRIPTION)?,
            compartment,
            subnet,
            connection: Connection::new(self.now),
            connection_details: fields.text("connectionDetails", DETAILS)?,
            schedule,
            created: self.now,
            lifecycle_state: "ACTIVE".to_owned(),
            lifecycle_details: None,
            inventory: None,
            network: None,
            upgrade: None,
            tags,
        };
        let id = self.world.ocid("cccinfrastructure", "iad");
        let short_name = format!("ccc{:05}", self.world.count());
        let infrastructure = Infrastructure { id: id.clone(), short_name, ..infrastructure };
        self.world.infrastructures.insert(id.clone(), infrastructure);
        self.show(Kind::Infrastructure, &id)
    }

    pub(super) fn create_schedule(&mut self, fields: &Fields<'_>) -> Result<Reply, Refusal> {
        let compartment = self.compartment(fields)?;
        let mut tags = Tags::default();
        fields.tags(&mut tags)?;
        let (display_name, description) =
            (fields.required("displayName", NAME)?, fields.text("description", DESCRIPTION)?);
        let events = schedule::events(fields)?.ok_or_else(|| Refusal::missing("events"))?;
        let id = self.world.ocid("cccupgradeschedule", "iad");
        let schedule = Schedule {
            id: id.clone(),
            display_name,
            description,
            compartment,
            created: self.now,
            updated: self.now,
            revision: 1,
            lifecycle_state: "ACTIVE".to_owned(),
            lifecycle_details: None,
            events,
            tags,
        };
        self.world.schedules.insert(id.clone(), schedule);
        self.show(Kind::Schedule, &id)
    }

    /// `cccUpgradeScheduleId` of a body; an empty text detaches (unverified in the documents).
    fn wish_of(&self, fields: &Fields<'_>) -> Result<ScheduleWish, Refusal> {
        let Some(id) = fields.text("cccUpgradeScheduleId", NAME)? else { return Ok(ScheduleWish::AsIs) };
        if id.is_empty() {
            return Ok(ScheduleWish::None);
        }
        let found = self.world.schedules.get(&id);
        let seen = found.is_some_and(|found| self.world.sees(self.principal, &found.compartment));
        if seen { Ok(ScheduleWish::This(id)) } else { Err(Refusal::related("cccUpgradeScheduleId")) }
    }

    pub(super) fn update_infrastructure(&mut self, id: &str, fields: &Fields<'_>) -> Result<(), Refusal> {
        let schedule = self.wish_of(fields)?;
        let name = fields.text("displayName", NAME)?;
        let description = fields.text("description", DESCRIPTION)?;
        let subnet = fields.text("subnetId", NAME)?;
        let details = fields.text("connectionDetails", DETAILS)?;
        let found = self.world.infrastructures.get(id).ok_or_else(Refusal::not_found)?;
        let mut tags = found.tags.clone();
        fields.tags(&mut tags)?;
        if name.as_deref() == Some("") {
            return Err(Refusal::invalid("displayName must not be empty."));
        }
        if let Some(state) = fields.text("connectionState", NAME)? {
            self.change_state(id, &state)?;
        }
        let now = self.now;
        let found = self.world.infrastructures.get_mut(id).ok_or_else(Refusal::not_found)?;
        found.tags = tags;
        found.display_name = name.unwrap_or_else(|| found.display_name.clone());
        found.subnet = subnet.unwrap_or_else(|| found.subnet.clone());
        found.description = description.or(found.description.take());
        found.connection_details = details.or(found.connection_details.take());
        found.schedule = schedule.applied(found.schedule.take());
        found.connection.touch(now);
        Ok(())
    }

    /// A user may accept in REQUEST and reject in any state.
    fn change_state(&mut self, id: &str, wanted: &str) -> Result<(), Refusal> {
        match wanted {
            "READY" => self.accept(id),
            "REJECT" => self.reject(id),
            _ => Err(Refusal::invalid("connectionState can only be set to READY or REJECT.")),
        }
    }

    fn reject(&mut self, id: &str) -> Result<(), Refusal> {
        let now = self.now;
        let found = self.world.infrastructures.get_mut(id).ok_or_else(Refusal::not_found)?;
        let connected = found.connection.state == ConnectionState::Connected;
        found.connection.reject(now);
        if connected {
            self.accuse(Offence::ConnectedToReject, id);
        }
        Ok(())
    }

    fn accept(&mut self, id: &str) -> Result<(), Refusal> {
        let (asked, now, timings) = (self.asked, self.now, self.world.timings);
        let found = self.world.infrastructures.get(id).ok_or_else(Refusal::not_found)?;
        let connection = &found.connection;
        if connection.state != ConnectionState::Request {
            self.accuse(Offence::ReadyWithoutRequest { state: connection.state }, id);
            return Err(Refusal::incorrect_state(format!(
                "READY is not possible from {}.",
                connection.state
            )));
        }
        let (told, shown) = (connection.told.as_deref().map(normal), connection.shown.as_deref().map(normal));
        if told.as_deref().is_none_or(str::is_empty) || told != shown {
            self.accuse(Offence::ReadyWithoutMatch, id);
        }
        let never = |trouble: &Trouble| *trouble == Trouble::NeverConnected;
        let never = self.inner.station.faults.beside(asked.method.as_str(), &asked.target, never);
        let found = self.world.infrastructures.get_mut(id).ok_or_else(Refusal::not_found)?;
        found.connection.accept(now, &timings, !never.is_empty());
        Ok(())
    }

    pub(super) fn update_schedule(&mut self, id: &str, fields: &Fields<'_>) -> Result<(), Refusal> {
        let events = schedule::events(fields)?;
        let name = fields.text("displayName", NAME)?;
        let description = fields.text("description", DESCRIPTION)?;
        let now = self.now;
        let found = self.world.schedules.get_mut(id).ok_or_else(Refusal::not_found)?;
        fields.tags(&mut found.tags)?;
        found.display_name = name.unwrap_or_else(|| found.display_name.clone());
        found.description = description.or(found.description.take());
        found.events = events.unwrap_or_else(|| found.events.clone());
        found.touch(now);
        Ok(())
    }
}

impl From<&Infrastructure> for Item {
    fn from(one: &Infrastructure) -> Self {
        Self {
            id: one.id.clone(),
            display_name: one.display_name.clone(),
            compartment: one.compartment.clone(),
            lifecycle_state: one.lifecycle_state.clone(),
            created: one.created,
            summary: one.summary(),
        }
    }
}

impl From<&Schedule> for Item {
    fn from(one: &Schedule) -> Self {
        Self {
            id: one.id.clone(),
            display_name: one.display_name.clone(),
            compartment: one.compartment.clone(),
            lifecycle_state: one.lifecycle_state.clone(),
            created: one.created,
            summary: one.summary(),
        }
    }
}
