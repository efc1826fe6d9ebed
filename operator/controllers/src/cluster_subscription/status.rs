//! Builds a subscription's whole status as a value, and writes it when it differs.

use std::{future::ready, sync::Arc};

use futures::future::BoxFuture;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    finding::Finding,
    reason::{Class, Reason},
    subscription::{ClusterSight, Plan, RemoteStatus},
};
use slipway_crds::v1alpha1::{
    ClusterSubscription, ClusterSubscriptionStatus, IntentStatus, SubscriptionPhase,
};

use super::{
    capability::Sight,
    conditions,
    known::{bounded, drift_status},
    remote,
};
use crate::{context::Context, error::ReconcileError, object::replace_status};

/// What one look at the registrar brought.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look<'a> {
    /// It answered, and this follows.
    Seen(&'a Plan),
    /// It could not be asked, or did not answer as it should.
    Failed(&'a Failure),
    /// It was not asked.
    None,
}

/// Everything a status is built from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outlook<'a> {
    pub(super) cluster_id: Option<&'a str>,
    pub(super) look: Look<'a>,
    pub(super) overall: &'a Finding,
    /// What the cluster says; `None`: it was not looked at.
    pub(super) cluster: Option<&'a ClusterSight>,
    /// The organization's capabilities; `None`: they were not looked at.
    pub(super) capabilities: Option<&'a Sight>,
    /// Records of the same cluster that are not ours; `None`: not searched for.
    pub(super) duplicates: Option<&'a [String]>,
    /// What is begun and not known to be done.
    pub(super) intent: Option<&'a IntentStatus>,
    pub(super) next_retry_at: Option<Timestamp>,
    pub(super) now: Timestamp,
}

/// The status that follows.
pub(super) fn build(object: &ClusterSubscription, outlook: &Outlook<'_>) -> ClusterSubscriptionStatus {
    let previous = object.status.clone().unwrap_or_default();
    let mut status = previous.clone();
    status.observed_generation = object.metadata.generation.unwrap_or_default();
    status.cluster_id = outlook.cluster_id.map(|id| bounded(id, 128)).or(status.cluster_id);
    if let Look::Seen(plan) = outlook.look {
        match &plan.record {
            Some(record) => remote::write(record, plan.synced.is_some(), &mut status),
            None => forget(&mut status),
        }
        status.drift = plan.drift.iter().take(32).map(drift_status).collect();
        if plan.overall.reason == Reason::SubscriptionLost {
            status.remote_status = Some(RemoteStatus::Deprovisioned.as_str().to_owned());
        }
    }
    if let Some(capabilities) = outlook.capabilities.and_then(Sight::shown) {
        status.capabilities = capabilities;
    }
    status.intent = outlook.intent.cloned();
    status.plan = words(object, outlook);
    status.next_retry_at = outlook.next_retry_at.map(Time);
    status.phase = Some(phase(object, &status, outlook));
    status.conditions = conditions::build(object, &previous, outlook);
    status
}

/// Nothing is true of a record that is not there; its id stays for people.
fn forget(status: &mut ClusterSubscriptionStatus) {
    *status = ClusterSubscriptionStatus {
        observed_generation: status.observed_generation,
        cluster_id: status.cluster_id.take(),
        subscription_id: status.subscription_id.take(),
        capabilities: std::mem::take(&mut status.capabilities),
        ..ClusterSubscriptionStatus::default()
    };
}

/// What would happen next, while it does not happen by itself.
fn words(object: &ClusterSubscription, outlook: &Outlook<'_>) -> Vec<String> {
    let held = object.spec.suspend || outlook.overall.reason.class() == Class::Person;
    let Look::Seen(plan) = outlook.look else { return vec![] };
    plan.effect.iter().filter(|_| held).map(|effect| bounded(&effect.to_string(), 512)).collect()
}

/// Where the record is in its life; for people only.
fn phase(
    object: &ClusterSubscription,
    status: &ClusterSubscriptionStatus,
    outlook: &Outlook<'_>,
) -> SubscriptionPhase {
    let word = status.remote_status.as_deref().map(RemoteStatus::from);
    match word {
        _ if object.metadata.deletion_timestamp.is_some() => SubscriptionPhase::Deleting,
        _ if outlook.overall.reason == Reason::SubscriptionLost => SubscriptionPhase::Lost,
        Some(RemoteStatus::Archived) => SubscriptionPhase::Archived,
        Some(RemoteStatus::Disconnected) => SubscriptionPhase::Disconnected,
        _ if outlook.overall.reason.class() == Class::Person => SubscriptionPhase::Failed,
        Some(RemoteStatus::Reserved) => SubscriptionPhase::Reserved,
        Some(RemoteStatus::Active) => SubscriptionPhase::Active,
        Some(RemoteStatus::Stale) => SubscriptionPhase::Stale,
        Some(RemoteStatus::Deprovisioned | RemoteStatus::Other(_)) | None => SubscriptionPhase::Registering,
    }
}

/// Writes a status when it differs, carrying the resource version: who changed the object in between wins, and this reconcile ends.
pub(super) fn write<'a>(
    context: &'a Context,
    object: &'a Arc<ClusterSubscription>,
    status: ClusterSubscriptionStatus,
) -> BoxFuture<'a, Result<Arc<ClusterSubscription>, ReconcileError>> {
    if object.status.as_ref() == Some(&status) {
        return Box::pin(ready(Ok(Arc::clone(object))));
    }
    let mut changed = ClusterSubscription::clone(object);
    changed.status = Some(status);
    replace_status(context, changed)
}
