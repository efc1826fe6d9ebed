//! Records as they are asked for, registered and deleted (`facts/ocm.md §2.5`).

use super::api::{Answered, Call};
use super::label::OwnerKind;
use super::list::select;
use super::moment::written;
use super::patch;
use super::record::{DEPROVISIONED, Fields, Record, finish, plan, shaped};
use super::refusal::Refusal;
use super::search::Search;
use super::switches::AfterDelete;
use super::table;
use crate::wire::Reply;
use http::Method;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

/// The relations that search and order speak of.
#[derive(Debug, Clone, Copy)]
struct Joins {
    plan: bool,
    creator: bool,
    organization: bool,
}

impl Call<'_> {
    pub(super) fn subscriptions(&mut self, parts: &[&str]) -> Answered {
        let method = self.asked.method.clone();
        match (method, parts) {
            (Method::GET, []) => self.list_subscriptions(),
            (Method::POST, []) => self.register(),
            (Method::GET, [id]) => self.show(id, 200),
            (Method::PATCH, [id]) => self.patch(id),
            (Method::DELETE, [id]) => self.delete(id),
            (_, [] | [_]) => Err(self.wrong_method()),
            _ => Err(Refusal::no_path(self.asked.path())),
        }
    }

    fn sees_record(&self, body: &Fields) -> bool {
        let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
        self.sees(text("creator_id"), text("organization_id"))
    }

    /// One that the caller sees; another is not there.
    pub(super) fn record(&self, id: &str) -> Result<&Record, Refusal> {
        let gone = self.world.switches.after_delete == AfterDelete::Gone;
        let found = self.world.records.get(id).filter(|one| self.sees_record(&one.body));
        found.filter(|one| one.is_live() || !gone).ok_or_else(|| Refusal::not_found("Subscription", id))
    }

    /// One that the caller may write.
    pub(super) fn writable(&self, id: &str, action: &str) -> Result<&Record, Refusal> {
        let record = self.record(id)?;
        let (creator, organization) = (record.text("creator_id"), record.text("organization_id"));
        let may = self.caller.covers(self.caller.rights.acts_for, creator, organization);
        if may { Ok(record) } else { Err(self.denied(action, "Subscription")) }
    }

    pub(super) fn show(&self, id: &str, status: u16) -> Answered {
        Ok(Reply::json(status, &self.shown(&self.record(id)?.body)))
    }

    /// As it is answered, with what was asked for.
    pub(super) fn shown(&self, body: &Fields) -> Value {
        let switches = &self.world.switches;
        let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
        let mut shown = shaped(body, &switches.shape);
        if self.query.flag("fetchMetrics").unwrap_or(switches.metrics_unasked)
            && let Some(metrics) = body.get("metrics")
        {
            shown["metrics"] = metrics.clone();
        }
        self.dress(&mut shown, &(OwnerKind::Subscription, text("id").to_owned()), text("organization_id"));
        if self.query.is_set("fetchAccounts")
            && let Some(creator) = self.world.account(text("creator_id"))
        {
            let full = creator.written();
            for field in ["email", "first_name", "last_name", "name", "username"] {
                shown["creator"][field] = full[field].clone();
            }
        }
        if self.query.is_set("fetchOrganization")
            && let Some(organization) = self.world.organization(text("organization_id"))
        {
            shown["organization"] = organization.written();
        }
        finish(&mut shown, &switches.shape);
        shown
    }

    fn joins(&self) -> Joins {
        let query = &self.query;
        Joins {
            plan: query.mentions("plan"),
            creator: query.mentions("creator"),
            organization: query.mentions("organization"),
        }
    }

    /// What a search looks at.
    fn rows(&self, body: &Fields, search: &Search, joins: Joins) -> Vec<Value> {
        let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
        let mut row = body.clone();
        if let Some(Value::Array(metrics)) = row.remove("metrics") {
            row.extend(metrics.into_iter().take(1).map(|first| ("metrics".to_owned(), first)));
        }
        if joins.plan {
            row.insert("plan".to_owned(), plan(text("plan_id")));
        }
        if joins.creator {
            let creator = self.world.account(text("creator_id"));
            row.extend(creator.map(|creator| ("creator".to_owned(), creator.written())));
        }
        if joins.organization {
            let organization = self.world.organization(text("organization_id"));
            row.extend(organization.map(|one| ("organization".to_owned(), one.written())));
        }
        self.joined(Value::Object(row), &(OwnerKind::Subscription, text("id").to_owned()), search)
    }

    /// Records as lists have them now, which the caller sees.
    pub(super) fn listed(&self) -> Vec<Fields> {
        let lag = self.world.switches.search_lag;
        let gone = self.world.switches.after_delete == AfterDelete::Gone;
        let listed = self.world.records.values().filter_map(|one| one.listed(self.now, lag));
        let seen = listed.filter(|body| self.sees_record(body));
        seen.filter(|body| !gone || body.get("status").is_none_or(|status| status != DEPROVISIONED))
            .cloned()
            .collect()
    }

    fn list_subscriptions(&mut self) -> Answered {
        let mut things = self.listed();
        let wanted: Vec<(String, String)> = self.wanted_labels()?;
        things.retain(|body| {
            let id = body.get("id").and_then(Value::as_str).unwrap_or_default();
            let owner = (OwnerKind::Subscription, id.to_owned());
            let has = |key: &str| self.world.label(&owner, key, Some(&self.caller));
            wanted.iter().all(|(key, value)| has(key).is_some_and(|label| label["value"] == *value))
        });
        let (shuffle, joins) = (self.shuffle(), self.joins());
        let mut page = select(&self.query, table::SUBSCRIPTION, things, shuffle, |body, search| {
            self.rows(body, search, joins)
        })?;
        let items = page.items.drain(..).map(|body| self.shown(&body)).collect();
        Ok(page.with(items).answer("Subscription", &self.query))
    }

    /// `labels=k=v,k2=v2` (`facts/ocm.md §2.2`).
    fn wanted_labels(&self) -> Result<Vec<(String, String)>, Refusal> {
        let text = self.query.get("labels").unwrap_or_default();
        let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=')?;
            Some((key.trim().to_owned(), value.trim().to_owned()))
        };
        pairs.map(|one| pair(one).ok_or_else(|| Refusal::bad_request("bad labels value"))).collect()
    }

    /// `deleted_subscriptions`: a little different from the others (`facts/ocm.md §2.11`).
    pub(super) fn deleted(&mut self) -> Answered {
        let all = self.world.records.values().filter(|one| !one.is_live());
        let things: Vec<Fields> =
            all.map(|one| one.body.clone()).filter(|body| self.sees_record(body)).collect();
        let (shuffle, joins) = (self.shuffle(), self.joins());
        let mut page = select(&self.query, table::SUBSCRIPTION, things, shuffle, |body, search| {
            self.rows(body, search, joins)
        })?;
        let dressed = |body: Fields| {
            let metrics = body.get("metrics").map_or_else(|| "[]".to_owned(), Value::to_string);
            let mut shown = self.shown(&body);
            shown["metrics"] = json!(metrics);
            shown["query_timestamp"] = json!(written(self.now));
            shown
        };
        let items = page.items.drain(..).map(dressed).collect();
        Ok(page.with(items).answer("DeletedSubscription", &self.query))
    }

    /// POST: a disconnected cluster and nothing else.
    fn register(&mut self) -> Answered {
        let body = self.body()?;
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        let external = text("cluster_uuid");
        if external.is_empty() {
            return Err(Refusal::validation("cluster_uuid is required"));
        }
        if text("plan_id") != "OCP" || text("status") != "Disconnected" {
            return Err(Refusal::validation("only plan_id OCP with status Disconnected can be registered"));
        }
        let taken = |one: &Record| one.is_live() && one.text("external_cluster_id") == external;
        if self.world.records.values().any(taken) {
            return Err(Refusal::conflict(format!("Cluster '{external}' already has a subscription")));
        }
        let mut set = Fields::new();
        set.insert("plan_id".to_owned(), json!("OCP"));
        set.insert("status".to_owned(), json!("Disconnected"));
        set.insert("provenance".to_owned(), json!("UserRegistered"));
        set.insert("external_cluster_id".to_owned(), json!(external));
        for field in ["display_name", "console_url"] {
            set.extend(body.get(field).map(|value| (field.to_owned(), value.clone())));
        }
        let mut record = Record::new(self.now, self.caller.id(), self.caller.organization(), set);
        record.disconnected = true;
        let username = self.caller.username().to_owned();
        let id = self.world.insert(record, &username, self.now);
        self.show(&id, 201)
    }

    fn patch(&mut self, id: &str) -> Answered {
        let record = self.writable(id, "update")?;
        let body = self.body()?;
        let set =
            patch::checked(self.world, &self.caller, record, &body).map_err(|refusal| match refusal {
                patch::Refused::Field(name) => self.denied("update", &format!("Subscription field '{name}'")),
                patch::Refused::Other(refusal) => refusal,
            })?;
        let username = self.caller.username().to_owned();
        self.world.change(id, &username, self.now, |fields| fields.extend(set));
        self.show(id, 200)
    }

    fn delete(&mut self, id: &str) -> Answered {
        let record = self.writable(id, "delete")?;
        if !record.is_live() {
            return Err(Refusal::not_found("Subscription", id));
        }
        let username = self.caller.username().to_owned();
        self.world.change(id, &username, self.now, |fields| {
            fields.insert("status".to_owned(), json!(DEPROVISIONED));
        });
        let reply = Reply::empty(self.world.switches.deleted_status);
        if reply.status == 204 { Ok(reply) } else { Ok(reply.with(CONTENT_TYPE, "application/json")) }
    }
}
