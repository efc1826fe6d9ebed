//! What can be searched and sorted by, list by list (`facts/ocm.md §2.3, §2.5`).

use super::search::Kind::{self, Bool, Number, Text, Time};

/// `subscriptions` and `deleted_subscriptions`.
pub(super) const SUBSCRIPTION: &[(&str, Kind)] = &[
    ("id", Text),
    ("href", Text),
    ("kind", Text),
    ("status", Text),
    ("cluster_id", Text),
    ("external_cluster_id", Text),
    ("display_name", Text),
    ("console_url", Text),
    ("plan_id", Text),
    ("managed", Bool),
    ("provenance", Text),
    ("creator_id", Text),
    ("organization_id", Text),
    ("support_level", Text),
    ("service_level", Text),
    ("usage", Text),
    ("system_units", Text),
    ("cpu_total", Number),
    ("socket_total", Number),
    ("product_bundle", Text),
    ("cluster_billing_model", Text),
    ("billing_expiration_date", Time),
    ("trial_end_date", Time),
    ("eval_expiration_date", Time),
    ("cloud_provider_id", Text),
    ("cloud_account_id", Text),
    ("region_id", Text),
    ("rh_region_id", Text),
    ("consumer_uuid", Text),
    ("released", Bool),
    ("last_released_at", Time),
    ("last_reconcile_date", Time),
    ("last_telemetry_date", Time),
    ("created_at", Time),
    ("updated_at", Time),
    ("plan.id", Text),
    ("plan.type", Text),
    ("plan.category", Text),
    ("plan.name", Text),
    ("creator.id", Text),
    ("creator.username", Text),
    ("creator.email", Text),
    ("creator.first_name", Text),
    ("creator.last_name", Text),
    ("creator.organization_id", Text),
    ("organization.id", Text),
    ("organization.name", Text),
    ("organization.external_id", Text),
    ("organization.ebs_account_id", Text),
    ("labels.key", Text),
    ("labels.value", Text),
    ("labels.internal", Bool),
    ("metrics.health_state", Text),
    ("metrics.openshift_version", Text),
    ("metrics.cloud_provider", Text),
    ("metrics.critical_alerts_firing", Number),
    ("metrics.query_timestamp", Time),
];

/// `accounts`.
pub(super) const ACCOUNT: &[(&str, Kind)] = &[
    ("id", Text),
    ("username", Text),
    ("email", Text),
    ("first_name", Text),
    ("last_name", Text),
    ("banned", Bool),
    ("service_account", Bool),
    ("organization_id", Text),
    ("organization.id", Text),
    ("organization.name", Text),
    ("organization.external_id", Text),
    ("labels.key", Text),
    ("labels.value", Text),
    ("created_at", Time),
    ("updated_at", Time),
];

/// `organizations`.
pub(super) const ORGANIZATION: &[(&str, Kind)] = &[
    ("id", Text),
    ("name", Text),
    ("external_id", Text),
    ("ebs_account_id", Text),
    ("labels.key", Text),
    ("labels.value", Text),
    ("created_at", Time),
    ("updated_at", Time),
];

/// All lists of labels.
pub(super) const LABEL: &[(&str, Kind)] = &[
    ("id", Text),
    ("key", Text),
    ("value", Text),
    ("internal", Bool),
    ("type", Text),
    ("managed_by", Text),
    ("account_id", Text),
    ("organization_id", Text),
    ("subscription_id", Text),
    ("created_at", Time),
    ("updated_at", Time),
];

/// `quota_cost`.
pub(super) const QUOTA_COST: &[(&str, Kind)] =
    &[("quota_id", Text), ("organization_id", Text), ("allowed", Number), ("consumed", Number)];

/// `role_bindings`.
pub(super) const ROLE_BINDING: &[(&str, Kind)] = &[
    ("id", Text),
    ("type", Text),
    ("account_id", Text),
    ("organization_id", Text),
    ("role_id", Text),
    ("subscription_id", Text),
    ("role.id", Text),
    ("account.username", Text),
];

/// `capabilities`, `roles`, `errors`.
pub(super) const NAMED: &[(&str, Kind)] = &[("id", Text), ("name", Text), ("code", Text)];

/// `cluster_transfers`.
pub(super) const TRANSFER: &[(&str, Kind)] = &[
    ("id", Text),
    ("cluster_uuid", Text),
    ("owner", Text),
    ("recipient", Text),
    ("status", Text),
    ("expiration_date", Time),
];

/// `clusters` of the clusters service.
pub(super) const CLUSTER: &[(&str, Kind)] = &[
    ("id", Text),
    ("name", Text),
    ("external_id", Text),
    ("state", Text),
    ("managed", Bool),
    ("openshift_version", Text),
    ("subscription.id", Text),
];
