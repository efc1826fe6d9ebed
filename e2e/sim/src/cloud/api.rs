//! The calls of Compute Cloud@Customer (facts/oci.md §1.2).

use super::Inner;
use super::fields::Fields;
use super::infrastructure::{Infrastructure, distort, without_nulls};
use super::journal::{Offence, Violation};
use super::page::{Item, Query};
use super::principal::Principal;
use super::refusal::Refusal;
use super::schedule::Schedule;
use super::world::World;
use crate::wire::{Asked, Reply, Trouble, parse_json};
use http::header::{ETAG, IF_MATCH};
use http::{HeaderName, Method};
use jiff::Timestamp;
use serde_json::Value;

const RETRY_HEADER: &str = "opc-retry-token";
const LONGEST_RETRY_TOKEN: usize = 64;

/// Which kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Infrastructure,
    Schedule,
}

impl Kind {
    fn of(collection: &str) -> Option<Self> {
        match collection {
            "cccInfrastructures" => Some(Self::Infrastructure),
            "cccUpgradeSchedules" => Some(Self::Schedule),
            _ => None,
        }
    }

    fn id_name(self) -> &'static str {
        match self {
            Self::Infrastructure => "cccInfrastructureId",
            Self::Schedule => "cccUpgradeScheduleId",
        }
    }
}

/// One call that has been let in.
pub(super) struct Call<'a> {
    pub(super) inner: &'a Inner,
    pub(super) world: &'a mut World,
    pub(super) asked: &'a Asked,
    pub(super) number: u64,
    pub(super) key_id: &'a str,
    pub(super) principal: &'a Principal,
    pub(super) now: Timestamp,
}

type Answered = Result<Reply, Refusal>;

impl Call<'_> {
    /// `rest` is the path after `/20221208/`.
    pub(super) fn answer(&mut self, rest: &str) -> Answered {
        let parts: Vec<&str> = rest.split('/').collect();
        let (collection, rest) = parts.split_first().ok_or_else(Refusal::not_found)?;
        let kind = Kind::of(collection).ok_or_else(Refusal::not_found)?;
        let method = self.asked.method.clone();
        match (method, rest) {
            (Method::GET, []) => self.list(kind),
            (Method::POST, []) => self.once(|call, body| match kind {
                Kind::Infrastructure => call.create_infrastructure(&Fields::of(body)?),
                Kind::Schedule => call.create_schedule(&Fields::of(body)?),
            }),
            (Method::GET, [id]) => self.get(kind, id),
            (Method::PUT, [id]) => self.update(kind, id),
            (Method::DELETE, [id]) => self.delete(kind, id),
            (Method::POST, [id, "actions", "changeCompartment"]) => {
                self.once(|call, body| call.move_to(kind, id, &Fields::of(body)?))
            }
            (_, [] | [_]) => Err(Refusal::method_not_allowed()),
            _ => Err(Refusal::not_found()),
        }
    }

    fn body(&self) -> Result<Value, Refusal> {
        let media = self.asked.header("content-type").unwrap_or_default();
        if !media.starts_with("application/json") {
            return Err(Refusal::media_type());
        }
        parse_json(&self.asked.body).ok_or_else(Refusal::unreadable)
    }

    /// A POST, carried out once a retry token (facts/oci.md §2.9).
    fn once(&mut self, act: impl FnOnce(&mut Self, &Value) -> Answered) -> Answered {
        let body = self.body()?;
        let Some(token) = self.asked.header(RETRY_HEADER) else { return act(self, &body) };
        if token.len() > LONGEST_RETRY_TOKEN {
            return Err(Refusal::invalid("opc-retry-token is longer than 64 bytes."));
        }
        let key = (self.principal.subject.tenancy.clone(), token.to_owned());
        let asked = self.asked;
        if let Some(first) = self.world.carried(&key, self.now, &asked.target, &asked.body)? {
            return Ok(first);
        }
        let reply = act(self, &body)?;
        self.world.carry(key, self.now, &asked.target, &asked.body, &reply);
        Ok(reply)
    }

    fn list(&mut self, kind: Kind) -> Answered {
        self.world.settle(self.now);
        let world = &*self.world;
        let mut items: Vec<Item> = match kind {
            Kind::Infrastructure => world.infrastructures.values().map(Item::from).collect(),
            Kind::Schedule => world.schedules.values().map(Item::from).collect(),
        };
        items.retain(|item| world.sees(self.principal, &item.compartment));
        let asked = self.asked;
        let empty = |trouble: &Trouble| *trouble == Trouble::EmptyPage;
        let faults = &self.inner.station.faults;
        let empty = !faults.beside(asked.method.as_str(), &asked.target, empty).is_empty();
        Query::of(asked.query()).answer(world, items, kind.id_name(), empty)
    }

    fn get(&mut self, kind: Kind, id: &str) -> Answered {
        self.find(kind, id)?;
        self.show(kind, id)
    }

    /// Settles, notes the state for the journal, and looks whether the caller may see it at all.
    fn find(&mut self, kind: Kind, id: &str) -> Result<(), Refusal> {
        let compartment = match kind {
            Kind::Infrastructure => {
                let found = self.world.settled(id, self.now).ok_or_else(Refusal::not_found)?;
                let state = found.connection.state;
                let compartment = found.compartment.clone();
                self.inner.journal.edit(self.number, |call| {
                    call.infrastructure = Some(id.to_owned());
                    call.state_before = Some(state);
                    call.state_after = Some(state);
                });
                compartment
            }
            Kind::Schedule => {
                self.world.schedules.get(id).ok_or_else(Refusal::not_found)?.compartment.clone()
            }
        };
        let seen = self.world.sees(self.principal, &compartment);
        if seen { Ok(()) } else { Err(Refusal::not_found()) }
    }

    /// The full object with its etag; what the faults make of it, and what they do right after it.
    pub(super) fn show(&mut self, kind: Kind, id: &str) -> Answered {
        let (full, etag) = match kind {
            Kind::Infrastructure => self.show_infrastructure(id)?,
            Kind::Schedule => {
                let schedule = self.world.schedules.get(id).ok_or_else(Refusal::not_found)?;
                (schedule.full(&self.world.attached(id)), schedule.etag())
            }
        };
        let full = if self.world.nulls { full } else { without_nulls(full) };
        Ok(Reply::json(200, &full).with(ETAG, etag))
    }

    fn show_infrastructure(&mut self, id: &str) -> Result<(Value, String), Refusal> {
        self.world.note_pin(id);
        let asked = self.asked;
        let now = self.now;
        let found = self.world.infrastructures.get_mut(id).ok_or_else(Refusal::not_found)?;
        let (mut full, etag) = (found.full(), found.etag());
        let touched = |trouble: &Trouble| found.is_touched_by(trouble);
        let troubles = self.inner.station.faults.beside(asked.method.as_str(), &asked.target, touched);
        distort(&mut full, &troubles);
        if let Some(shown) = full["provisioningFingerprint"].as_str() {
            found.connection.shown = Some(shown.to_owned());
        }
        if troubles.contains(&Trouble::PinRotated) {
            found.connection.rotate_pin(now);
        }
        if troubles.contains(&Trouble::ForcedReject) {
            found.connection.reject(now);
        }
        let state = found.connection.state;
        self.inner.journal.edit(self.number, |call| {
            call.infrastructure = Some(id.to_owned());
            call.state_after = Some(state);
        });
        Ok((full, etag))
    }

    fn update(&mut self, kind: Kind, id: &str) -> Answered {
        self.find(kind, id)?;
        self.check_etag(kind, id)?;
        let body = self.body()?;
        let fields = Fields::of(&body)?;
        match kind {
            Kind::Infrastructure => self.update_infrastructure(id, &fields)?,
            Kind::Schedule => self.update_schedule(id, &fields)?,
        }
        self.show(kind, id)
    }

    fn delete(&mut self, kind: Kind, id: &str) -> Answered {
        self.find(kind, id)?;
        self.check_etag(kind, id)?;
        match kind {
            Kind::Infrastructure => {
                self.world.infrastructures.remove(id);
                self.inner.journal.edit(self.number, |call| call.state_after = None);
            }
            Kind::Schedule => {
                if !self.world.attached(id).is_empty() {
                    return Err(Refusal::conflict("The schedule is attached to an infrastructure."));
                }
                self.world.schedules.remove(id);
            }
        }
        Ok(Reply::empty(204))
    }

    fn move_to(&mut self, kind: Kind, id: &str, fields: &Fields<'_>) -> Answered {
        self.find(kind, id)?;
        self.check_etag(kind, id)?;
        let compartment = self.compartment(fields)?;
        let now = self.now;
        match kind {
            Kind::Infrastructure => {
                let found = self.world.infrastructures.get_mut(id).ok_or_else(Refusal::not_found)?;
                found.compartment = compartment;
                found.connection.touch(now);
            }
            Kind::Schedule => {
                let found = self.world.schedules.get_mut(id).ok_or_else(Refusal::not_found)?;
                found.compartment = compartment;
                found.touch(now);
            }
        }
        Ok(Reply::empty(200))
    }

    /// `compartmentId` of a body; one that the caller may not see is not there.
    pub(super) fn compartment(&self, fields: &Fields<'_>) -> Result<String, Refusal> {
        let compartment = fields.required("compartmentId", 255)?;
        let seen = self.world.sees(self.principal, &compartment);
        if seen { Ok(compartment) } else { Err(Refusal::not_found()) }
    }

    fn check_etag(&self, kind: Kind, id: &str) -> Result<(), Refusal> {
        let Some(wanted) = self.asked.header(IF_MATCH.as_str()) else {
            self.accuse(Offence::WriteWithoutIfMatch, id);
            return Ok(());
        };
        let etag = match kind {
            Kind::Infrastructure => self.world.infrastructures.get(id).map(Infrastructure::etag),
            Kind::Schedule => self.world.schedules.get(id).map(Schedule::etag),
        };
        let wanted = wanted.trim_matches('"');
        let matches = wanted == "*" || etag.as_deref() == Some(wanted);
        if matches { Ok(()) } else { Err(Refusal::etag()) }
    }

    pub(super) fn accuse(&self, offence: Offence, id: &str) {
        self.inner.journal.accuse(Violation {
            offence,
            infrastructure: Some(id.to_owned()),
            rack: None,
            by: Some(self.key_id.to_owned()),
            at: self.now,
        });
    }
}

/// The request id goes back as it came.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("opc-request-id");
