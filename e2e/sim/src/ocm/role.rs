//! Roles, who has them, and the capabilities that the service knows (`facts/ocm.md §2.8, §2.11`).

use super::api::Call;
use serde_json::{Value, json};

const ROLES: [&str; 4] = ["OrganizationAdmin", "OrganizationMember", "ClusterEditor", "ServiceAccount"];

const CAPABILITIES: [&str; 11] = [
    "capability.account.bare_metal_installer_admin",
    "capability.cluster.autoscale_clusters",
    "capability.cluster.manage_cluster_admin",
    "capability.cluster.release_ocp_clusters",
    "capability.cluster.subscribed_ocp",
    "capability.organization.bare_metal_installer_multiarch",
    "capability.organization.bare_metal_installer_soft_timeouts",
    "capability.organization.clusters_registrations_per_hour",
    "capability.organization.hypershift",
    "capability.organization.ignore_validations",
    "capability.organization.restrict_offline_tokens",
];

/// All roles.
pub(super) fn roles() -> Vec<Value> {
    ROLES.iter().map(|name| reference(name)).collect()
}

fn reference(name: &str) -> Value {
    json!({"id": name, "kind": "Role", "href": format!("/api/accounts_mgmt/v1/roles/{name}"), "name": name})
}

/// All capabilities there can be.
pub(super) fn capabilities() -> Vec<Value> {
    CAPABILITIES.iter().map(|name| json!({"name": name, "value": "false", "inherited": false})).collect()
}

impl Call<'_> {
    /// One for each account that the caller sees.
    pub(super) fn role_bindings(&self) -> Vec<Value> {
        let seen = self.world.accounts.iter().filter(|one| self.sees(one.id(), one.organization()));
        let binding = |account: &super::account::Account| {
            let role = if account.service { "ServiceAccount" } else { "OrganizationAdmin" };
            let id = account.id();
            json!({
                "id": format!("binding-{id}"),
                "kind": "RoleBinding",
                "href": format!("/api/accounts_mgmt/v1/role_bindings/binding-{id}"),
                "type": "Organization",
                "account_id": id,
                "organization_id": account.organization(),
                "role_id": role,
                "role": reference(role),
                "account": {"id": id, "kind": "Account", "username": account.username()},
            })
        };
        seen.map(binding).collect()
    }
}
