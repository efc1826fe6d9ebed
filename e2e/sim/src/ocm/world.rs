//! All that the service keeps.

use super::account::{Account, Organization};
use super::journal::{OcmTransition, OcmViolation};
use super::label::{Label, Owner};
use super::moment::written;
use super::record::{Fields, Record};
use super::sso::OcmTokenRequest;
use super::switches::OcmSwitches;
use super::token::Tokens;
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

/// Who moves a record when nobody called.
pub(super) const SERVICE: &str = "ams";

/// All that the service keeps.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) switches: OcmSwitches,
    pub(super) organizations: Vec<Organization>,
    pub(super) accounts: Vec<Account>,
    pub(super) tokens: Tokens,
    pub(super) token_requests: Vec<OcmTokenRequest>,
    pub(super) records: BTreeMap<String, Record>,
    pub(super) labels: BTreeMap<Owner, BTreeMap<String, Label>>,
    pub(super) transitions: Vec<OcmTransition>,
    pub(super) violations: Vec<OcmViolation>,
    /// Counts the lists without an order, each of which is in another.
    pub(super) shuffles: u64,
}

impl World {
    pub(super) fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|one| one.id() == id)
    }

    pub(super) fn account_named(&self, username: &str) -> Option<&Account> {
        self.accounts.iter().find(|one| one.username() == username)
    }

    /// By id or by name.
    pub(super) fn organization(&self, key: &str) -> Option<&Organization> {
        self.organizations.iter().find(|one| one.id == key || one.name == key)
    }

    /// Puts a new record in; its id.
    pub(super) fn insert(&mut self, record: Record, by: &str, at: Timestamp) -> String {
        let id = record.id.clone();
        self.transitions.push(OcmTransition {
            id: id.clone(),
            cluster_id: record.text("cluster_id").to_owned(),
            from: None,
            to: record.status().to_owned(),
            by: by.to_owned(),
            at,
        });
        self.records.insert(id.clone(), record);
        self.check(&id, by, at);
        id
    }

    /// Changes a record, and notes what a change is: the time, the version for lists, the status. False when there is
    /// none of this id.
    pub(super) fn change(
        &mut self,
        id: &str,
        by: &str,
        at: Timestamp,
        act: impl FnOnce(&mut Fields),
    ) -> bool {
        let lag = self.switches.search_lag;
        let Some(record) = self.records.get_mut(id) else { return false };
        let before = record.body.clone();
        act(&mut record.body);
        if record.body == before {
            return true;
        }
        record.body.insert("updated_at".to_owned(), json!(written(at)));
        record.remember(at, lag);
        let from = before.get("status").and_then(serde_json::Value::as_str).unwrap_or_default();
        if from != record.status() {
            if record.status() == "Active" {
                record.heard = Some(at);
            }
            self.transitions.push(OcmTransition {
                id: id.to_owned(),
                cluster_id: record.text("cluster_id").to_owned(),
                from: Some(from.to_owned()),
                to: record.status().to_owned(),
                by: by.to_owned(),
                at,
            });
        }
        self.check(id, by, at);
        true
    }

    /// Notes a moment with two live records of the `cluster_id` that this one has.
    fn check(&mut self, id: &str, by: &str, at: Timestamp) {
        let Some(record) = self.records.get(id) else { return };
        let cluster_id = record.text("cluster_id");
        if cluster_id.is_empty() || !record.is_live() {
            return;
        }
        let ids: Vec<String> = self.live(cluster_id).map(|one| one.id.clone()).collect();
        if ids.len() > 1 && self.violations.iter().all(|known| known.ids != ids) {
            let cluster_id = cluster_id.to_owned();
            self.violations.push(OcmViolation { cluster_id, ids, by: by.to_owned(), at });
        }
    }

    /// Live records of a `cluster_id`, telemetry's own not among them.
    pub(super) fn live<'a>(&'a self, cluster_id: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records
            .values()
            .filter(move |one| one.is_live() && !one.is_telemetrys() && one.text("cluster_id") == cluster_id)
    }

    /// What a live organization's records take of a resource.
    pub(super) fn consumed(&self, organization: &str, resource: &str) -> u64 {
        let own = self.records.values().filter(|one| {
            one.is_live() && one.status() != "Archived" && one.text("organization_id") == organization
        });
        let taken = own.flat_map(|one| &one.resources).filter(|(name, _)| name == resource);
        taken.map(|(_, count)| count).sum()
    }
}
