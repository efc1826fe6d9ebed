//! `cluster_authorizations`: what reserves a record (`facts/ocm.md §2.4`).

use super::account::Account;
use super::api::{Answered, Call};
use super::moment::written;
use super::record::{Fields, Record};
use super::refusal::Refusal;
use super::switches::RepeatedClusterId;
use super::token::after;
use super::world::World;
use crate::wire::Reply;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long an evaluation lasts.
const EVALUATION: Duration = Duration::from_hours(60 * 24);
const HOUR: Duration = Duration::from_hours(1);
/// The capability that bounds new records.
const PER_HOUR: &str = "capability.organization.clusters_registrations_per_hour";

/// Products by the ids that callers send, in any case (`facts/ocm.md §10`).
const PRODUCTS: [&str; 12] = [
    "OCP",
    "OSD",
    "OSDTrial",
    "MOA",
    "MOA-HostedControlPlane",
    "RHMI",
    "RHOSAK",
    "RHACS",
    "ARO",
    "RHOIC",
    "OCP-AssistedInstall",
    "ROVS",
];

/// What is wanted.
struct Wish {
    account: Account,
    cluster_id: String,
    body: Value,
    resources: Vec<(String, u64)>,
}

impl Wish {
    fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }

    /// Product and category make the plan.
    fn plan(&self) -> Result<String, Refusal> {
        let product = Some(self.text("product_id")).filter(|id| !id.is_empty()).unwrap_or("OSD");
        let known = PRODUCTS.iter().find(|one| one.eq_ignore_ascii_case(product));
        let product = known.ok_or_else(|| Refusal::validation(format!("Unknown product_id '{product}'")))?;
        let category = self.text("product_category").to_ascii_lowercase();
        Ok(match (*product, category.as_str()) {
            ("OCP", "assistedinstall") => "OCP-AssistedInstall".to_owned(),
            ("MOA", "hostedcontrolplane") => "MOA-HostedControlPlane".to_owned(),
            (product, _) => product.to_owned(),
        })
    }
}

impl Call<'_> {
    pub(super) fn authorize(&mut self) -> Answered {
        let wish = self.wish()?;
        let plan = wish.plan()?;
        let repeated = self.repeated(&wish)?;
        if let Some(id) = repeated {
            return Ok(self.allowed(&wish.account, Some(&id), &[]));
        }
        let excess = self.world.excess(&wish);
        if !excess.is_empty() {
            return Ok(self.allowed(&wish.account, None, &excess));
        }
        self.check_rate(&wish.account)?;
        if wish.body["reserve"] != true {
            return Ok(self.allowed(&wish.account, None, &[]));
        }
        let by = self.caller.username().to_owned();
        let id = self.world.reserve(&wish, &plan, &by, self.now);
        Ok(self.allowed(&wish.account, Some(&id), &[]))
    }

    fn wish(&self) -> Result<Wish, Refusal> {
        let body = self.body()?;
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        let (username, cluster_id) = (text("account_username"), text("cluster_id"));
        if !self.caller.rights.authorizes {
            return Err(self.denied("create", "ClusterAuthorization"));
        }
        if username.is_empty() {
            return Err(Refusal::validation("account_username is required"));
        }
        if cluster_id.is_empty() {
            return Err(Refusal::validation("cluster_id is required"));
        }
        // Whom it may not act for it is not told of.
        let may =
            |one: &&Account| self.caller.covers(self.caller.rights.acts_for, one.id(), one.organization());
        let account = self.world.account_named(&username).filter(may).cloned();
        let account = account.ok_or_else(|| self.denied("create", "ClusterAuthorization"))?;
        if account.banned {
            return Err(Refusal::new(403, 22, format!("Account '{username}' is banned")));
        }
        let resources = resources(&body);
        Ok(Wish { account, cluster_id, body, resources })
    }

    /// The record that answers a repeated key, by the switch; 409 when it is another account's.
    fn repeated(&self, wish: &Wish) -> Result<Option<String>, Refusal> {
        let taken = || Refusal::conflict(format!("Cluster '{}' already has a subscription", wish.cluster_id));
        let mut live = self.world.live(&wish.cluster_id);
        let Some(first) = live.next() else { return Ok(None) };
        if first.text("creator_id") != wish.account.id() {
            return Err(taken());
        }
        match self.world.switches.repeated {
            RepeatedClusterId::Existing => Ok(Some(first.id.clone())),
            RepeatedClusterId::Conflict => Err(taken()),
            RepeatedClusterId::Second => Ok(None),
        }
    }

    /// 429 when the organization has made as many in this hour as it may.
    fn check_rate(&self, account: &Account) -> Result<(), Refusal> {
        let owner = (super::label::OwnerKind::Organization, account.organization().to_owned());
        let Some(label) = self.world.label(&owner, PER_HOUR, None) else { return Ok(()) };
        let Some(most) = label["value"].as_str().and_then(|value| value.parse::<usize>().ok()) else {
            return Ok(());
        };
        let recent = self.world.records.values().filter(|one| {
            one.text("organization_id") == account.organization() && after(one.created, HOUR) > self.now
        });
        if recent.count() < most {
            return Ok(());
        }
        Err(Refusal::new(429, 21, format!("More than {most} registrations in an hour")))
    }

    /// The answer; without an id there is no subscription in it.
    fn allowed(&self, account: &Account, id: Option<&str>, excess: &[Value]) -> Reply {
        let mut answer = json!({
            "allowed": excess.is_empty(),
            "excess_resources": excess,
            "organization_id": account.organization(),
        });
        if let Some(id) = id {
            let href = format!("/api/accounts_mgmt/v1/subscriptions/{id}");
            answer["subscription"] = json!({"id": id, "kind": "Subscription", "href": href});
        }
        let status = if id.is_some() { self.world.switches.reserved_status } else { 200 };
        Reply::json(status, &answer)
    }
}

/// What is taken of the quota: what the body names, and one cluster.
fn resources(body: &Value) -> Vec<(String, u64)> {
    let mut wanted = BTreeMap::from([("cluster".to_owned(), 0)]);
    for resource in body["resources"].as_array().into_iter().flatten() {
        let name = resource["resource_type"].as_str().or_else(|| resource["resource_name"].as_str());
        let count = resource["count"].as_u64().unwrap_or(1);
        *wanted.entry(name.unwrap_or_default().to_owned()).or_default() += count;
    }
    let clusters = wanted.entry("cluster".to_owned()).or_default();
    *clusters = (*clusters).max(1);
    wanted.into_iter().collect()
}

impl World {
    /// What the organization has too little of.
    fn excess(&self, wish: &Wish) -> Vec<Value> {
        let organization = wish.account.organization();
        let Some(found) = self.organization(organization) else { return Vec::new() };
        let short = |(name, count): &&(String, u64)| {
            let taken = self.consumed(organization, name);
            found.quotas.get(name).is_some_and(|most| taken + count > *most)
        };
        let written = |(name, count): &(String, u64)| {
            json!({
                "kind": "ExcessResource",
                "resource_type": name,
                "resource_name": name,
                "count": count,
                "byoc": false,
                "availability_zone_type": "any",
                "billing_model": "standard",
            })
        };
        wish.resources.iter().filter(short).map(written).collect()
    }

    fn reserve(&mut self, wish: &Wish, plan: &str, by: &str, now: Timestamp) -> String {
        let mut set = Fields::new();
        let mut put = |name: &str, value: Value| set.insert(name.to_owned(), value);
        put("cluster_id", json!(wish.cluster_id));
        put("status", json!("Reserved"));
        put("plan_id", json!(plan));
        put("provenance", json!("Provisioning"));
        put("managed", json!(wish.body["managed"] == true));
        put("eval_expiration_date", json!(written(after(now, EVALUATION))));
        for field in
            ["display_name", "external_cluster_id", "cloud_provider_id", "cloud_account_id", "rh_region_id"]
        {
            if !wish.text(field).is_empty() {
                put(field, json!(wish.text(field)));
            }
        }
        let (id, organization) = (wish.account.id(), wish.account.organization());
        let mut record = Record::new(now, id, organization, set);
        record.resources.clone_from(&wish.resources);
        self.insert(record, by, now)
    }

    /// A record as an account makes it for itself; `None` when there is no such account.
    pub(super) fn reserve_for(
        &mut self,
        username: &str,
        cluster_id: &str,
        display_name: &str,
        now: Timestamp,
    ) -> Option<String> {
        let account = self.account_named(username)?.clone();
        let body = json!({"display_name": display_name});
        let resources = resources(&body);
        let wish = Wish { account, cluster_id: cluster_id.to_owned(), body, resources };
        Some(self.reserve(&wish, "OCP-AssistedInstall", username, now))
    }
}
