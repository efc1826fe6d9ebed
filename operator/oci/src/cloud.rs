//! The port to OCI's record of racks.

pub(crate) mod call;
pub(crate) mod limits;
mod visit;

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use serde::Serialize;
use slipway_core::{
    clock::Clock,
    failure::Failure,
    infrastructure::{
        Account, Change, CloudPort, Creation, Etag, Observation, Schedule, ScheduleCreation, UpgradeEvent,
    },
    reason::Reason,
};
use slipway_outbound::{Connector, Observer};

use crate::{
    budget::Lanes,
    cloud::{
        call::{Call, Deed, Kind},
        limits::Limits,
        visit::{Surroundings, Visit},
    },
    keyring::Keyring,
    wire::{self, DELETED, Infrastructure, Page},
};

/// All accounts at OCI that are spoken for. Made once and shared.
pub struct OciCloud {
    surroundings: Surroundings,
}

impl std::fmt::Debug for OciCloud {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("OciCloud").field("limits", &self.surroundings.limits).finish_non_exhaustive()
    }
}

impl OciCloud {
    /// `connector` guards the way out, `keyring` signs, `clock` dates signatures, `observer` counts requests.
    #[must_use]
    pub fn new(
        connector: Arc<Connector>,
        keyring: Arc<Keyring>,
        clock: Arc<dyn Clock>,
        limits: Limits,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let lanes = Lanes::default();
        Self { surroundings: Surroundings { connector, keyring, clock, limits, observer, lanes } }
    }

    fn visit<'a>(&'a self, account: &'a Account) -> Result<Visit<'a>, Failure> {
        Visit::begin(&self.surroundings, account)
    }
}

#[async_trait]
impl CloudPort for OciCloud {
    async fn read(&self, account: &Account, id: &str) -> Result<Observation, Failure> {
        let call = Call::to(Kind::Infrastructure, Deed::Read, id)?;
        self.visit(account)?.ask(&call, Infrastructure::read).await
    }

    async fn find(
        &self,
        account: &Account,
        compartment_id: &str,
        name: &str,
    ) -> Result<Vec<Observation>, Failure> {
        let visit = self.visit(account)?;
        let mut found = vec![];
        for id in ids(&visit, Kind::Infrastructure, compartment_id, name).await? {
            let call = Call::to(Kind::Infrastructure, Deed::Read, &id)?;
            let observation = visit.ask(&call, Infrastructure::read).await?;
            // Deleted since it was listed.
            if observation.lifecycle_state != DELETED {
                found.push(observation);
            }
        }
        Ok(found)
    }

    async fn create(&self, account: &Account, creation: &Creation) -> Result<Observation, Failure> {
        let body = json(&wire::Creation::from(creation))?;
        let call = Call::create(Kind::Infrastructure, &creation.display_name, &creation.retry_token);
        self.visit(account)?.ask(&call.with_body(body), Infrastructure::read).await
    }

    async fn change(
        &self,
        account: &Account,
        id: &str,
        change: &Change,
        etag: Option<&Etag>,
    ) -> Result<Observation, Failure> {
        let body = json(&wire::Change::from(change))?;
        let is_order =
            change.order.is_some() && Change { order: None, ..change.clone() } == Change::default();
        let call = Call::to(Kind::Infrastructure, Deed::Change, id)?
            .with_body(body)
            .if_match(etag)
            .ordering(is_order);
        self.visit(account)?.ask(&call, Infrastructure::read).await
    }

    async fn delete(&self, account: &Account, id: &str, etag: Option<&Etag>) -> Result<(), Failure> {
        let call = Call::to(Kind::Infrastructure, Deed::Delete, id)?.if_match(etag);
        self.visit(account)?.ask(&call, nothing).await
    }

    async fn schedule(&self, account: &Account, id: &str) -> Result<Schedule, Failure> {
        let call = Call::to(Kind::Schedule, Deed::Read, id)?;
        self.visit(account)?.ask(&call, wire::Schedule::read).await
    }

    async fn find_schedules(
        &self,
        account: &Account,
        compartment_id: &str,
        name: &str,
    ) -> Result<Vec<Schedule>, Failure> {
        let visit = self.visit(account)?;
        let mut found = vec![];
        for id in ids(&visit, Kind::Schedule, compartment_id, name).await? {
            let call = Call::to(Kind::Schedule, Deed::Read, &id)?;
            found.extend(visit.ask(&call, wire::Schedule::read_living).await?);
        }
        Ok(found)
    }

    async fn create_schedule(
        &self,
        account: &Account,
        creation: &ScheduleCreation,
    ) -> Result<Schedule, Failure> {
        let body = json(&wire::ScheduleCreation::from(creation))?;
        let call = Call::create(Kind::Schedule, &creation.display_name, &creation.retry_token);
        self.visit(account)?.ask(&call.with_body(body), wire::Schedule::read).await
    }

    async fn change_schedule(
        &self,
        account: &Account,
        id: &str,
        events: &[UpgradeEvent],
        etag: Option<&Etag>,
    ) -> Result<Schedule, Failure> {
        let body = json(&wire::ScheduleChange::from(events))?;
        let call = Call::to(Kind::Schedule, Deed::Change, id)?.with_body(body).if_match(etag);
        self.visit(account)?.ask(&call, wire::Schedule::read).await
    }

    async fn delete_schedule(&self, account: &Account, id: &str, etag: Option<&Etag>) -> Result<(), Failure> {
        let call = Call::to(Kind::Schedule, Deed::Delete, id)?.if_match(etag);
        self.visit(account)?.ask(&call, nothing).await
    }
}

/// Ids of the living records of exactly this name, no more than are read whole. A summary lacks tags, PIN and etag.
async fn ids(
    visit: &Visit<'_>,
    kind: Kind,
    compartment_id: &str,
    name: &str,
) -> Result<Vec<String>, Failure> {
    let (mut ids, mut seen) = (vec![], BTreeSet::new());
    let mut next: Option<String> = None;
    for _ in 0..visit.limits().pages {
        let call = Call::list(kind, compartment_id, name, next.as_deref());
        let mut page = visit.ask(&call, Page::read).await?;
        next = page.next.take();
        // A record that moves between pages comes twice.
        ids.extend(page.ids(name).filter(|id| seen.insert(id.clone())));
        if next.is_none() || ids.len() >= visit.limits().matches {
            ids.truncate(visit.limits().matches);
            return Ok(ids);
        }
    }
    let message = format!(
        "{} did not end its list of {:?} after {} pages; check `spec.oci.endpoint` and any proxy in between",
        visit.label(),
        name,
        visit.limits().pages
    );
    Err(Failure::new(Reason::NotOracleCloud, message))
}

/// A deletion has no body; a page of a proxy has.
fn nothing(body: &[u8], _headers: &wire::Headers<'_>) -> Option<()> {
    let harmless = body.is_empty() || serde_json::from_slice::<serde_json::Value>(body).is_ok();
    harmless.then_some(())
}

fn json(body: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(body)
        .map_err(|_| Failure::new(Reason::Internal, "a body cannot be written as JSON"))
}
