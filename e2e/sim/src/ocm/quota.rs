//! What an organization may have and has (`facts/ocm.md §2.9`).

use super::api::{Answered, Call};
use super::refusal::Refusal;
use super::table;
use serde_json::{Value, json};

impl Call<'_> {
    pub(super) fn quota_cost(&mut self, id: &str) -> Answered {
        if !self.is_get() {
            return Err(self.wrong_method());
        }
        let found = self.world.organizations.iter().find(|one| one.id == id && self.sees_organization(id));
        let organization = found.ok_or_else(|| Refusal::not_found("Organization", id))?;
        let with_resources = self.query.is_set("fetchRelatedResources");
        let cost = |(resource, allowed): (&String, &u64)| {
            let mut cost = json!({
                "kind": "QuotaCost",
                "href": format!("/api/accounts_mgmt/v1/organizations/{id}/quota_cost"),
                "organization_id": id,
                "quota_id": format!("{resource}|any|any"),
                "allowed": allowed,
                "consumed": self.world.consumed(id, resource),
                "version": "1",
            });
            if with_resources {
                cost["related_resources"] = json!([related(resource)]);
            }
            cost
        };
        let costs = organization.quotas.iter().map(cost).collect();
        self.page("QuotaCost", table::QUOTA_COST, costs)
    }
}

fn related(resource: &str) -> Value {
    json!({
        "cloud_provider": "any",
        "resource_type": resource,
        "resource_name": resource,
        "byoc": "any",
        "availability_zone_type": "any",
        "product": "OCP",
        "product_id": "OCP",
        "billing_model": "standard",
        "cost": 1,
    })
}
