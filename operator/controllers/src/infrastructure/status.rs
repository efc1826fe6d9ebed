//! Builds a rack's whole status as a value, and writes it when it differs.

use std::{future::ready, sync::Arc};

use futures::future::BoxFuture;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    finding::Finding,
    infrastructure::{ConnectionState, Observation, Plan, Record, Upgrade},
    reason::{Class, Reason},
    trust::Pin,
};
use slipway_crds::v1alpha1::{
    ConnectionWish, Infrastructure, InfrastructurePhase, InfrastructureStatus, TlsStatus,
};

use super::{
    conditions, record,
    record::{bounded, whole_seconds},
    remote,
};
use crate::{bare_metal_host::whole_second, context::Context, error::ReconcileError, object::replace_status};

/// What one look brought.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look<'a> {
    /// OCI answered.
    Seen(&'a Observation),
    /// OCI could not be asked, or did not answer as it should.
    Failed(&'a Failure),
    /// OCI was not asked.
    None,
}

/// Everything a status is built from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outlook<'a> {
    pub(super) record: &'a Record,
    pub(super) look: Look<'a>,
    /// The plan that was made, if one was.
    pub(super) plan: Option<&'a Plan>,
    pub(super) overall: &'a Finding,
    /// The rack's key, trusted on first use.
    pub(super) pin: Option<&'a Pin>,
    /// Whether the rack answered with a certificate that is trusted, was asked in vain, or was not asked.
    pub(super) greeted: Option<&'a Result<(), Failure>>,
    pub(super) next_retry_at: Option<Timestamp>,
    pub(super) now: Timestamp,
}

/// The status that follows.
pub(super) fn build(object: &Infrastructure, outlook: &Outlook<'_>) -> InfrastructureStatus {
    let previous = object.status.clone().unwrap_or_default();
    let mut status = previous.clone();
    status.observed_generation = object.metadata.generation.unwrap_or_default();
    let target = object.spec.rack.as_ref().and_then(|rack| rack.provisioning_url.as_deref());
    record::write(&whole_seconds(outlook.record.clone()), target.unwrap_or_default(), &mut status);
    if let Look::Seen(seen) = outlook.look {
        status.short_name = seen.short_name.as_deref().map(|name| bounded(name, 255));
        status.lifecycle_state = Some(bounded(&seen.lifecycle_state, 64));
        status.inventory = seen.inventory.as_ref().map(remote::inventory);
        status.network = seen.network.as_ref().map(remote::network);
        let schedule = seen.upgrade_schedule_id.as_deref();
        let upgrade = seen.upgrade.clone().or_else(|| schedule.map(|_| Upgrade::default()));
        status.upgrade = upgrade.map(|upgrade| remote::upgrade(&upgrade, schedule));
    }
    if let Some(plan) = outlook.plan {
        // As it will be read back: fractions would make every look differ from the one before.
        status.refresh_due_at = plan.refresh.map(|due| Time(whole_second(due.at)));
        status.not_before = plan.not_before.map(|moment| Time(whole_second(moment)));
    }
    if let Some(pin) = outlook.pin {
        status.tls = Some(TlsStatus { pin: Some(pin.as_str().to_owned()) });
    }
    status.plan = words(object, outlook);
    status.next_retry_at = outlook.next_retry_at.map(Time);
    status.phase = Some(phase(object, outlook));
    status.conditions = conditions::build(object, &previous, outlook);
    status
}

/// What would happen next, while it does not happen by itself.
fn words(object: &Infrastructure, outlook: &Outlook<'_>) -> Vec<String> {
    let held = object.spec.suspend || outlook.overall.reason.class() == Class::Person;
    let effect = outlook.plan.filter(|_| held).and_then(|plan| plan.effect.as_ref());
    effect.iter().map(|effect| bounded(&effect.words(), 512)).collect()
}

/// Where the rack is in its life; for people only.
fn phase(object: &Infrastructure, outlook: &Outlook<'_>) -> InfrastructurePhase {
    let state = outlook.record.state.as_ref().map(|(state, _)| state);
    let desired = object.spec.connection.as_ref().map(|connection| connection.desired);
    let (class, reason) = (outlook.overall.reason.class(), outlook.overall.reason);
    match state {
        _ if object.metadata.deletion_timestamp.is_some() => InfrastructurePhase::Deleting,
        _ if class == Class::Person && reason != Reason::ApprovalAwaited => InfrastructurePhase::Failed,
        None => InfrastructurePhase::Registering,
        Some(ConnectionState::Connected) => InfrastructurePhase::Connected,
        Some(ConnectionState::Disconnected) => InfrastructurePhase::Disconnected,
        Some(ConnectionState::Reject) if desired != Some(ConnectionWish::Connected) => {
            InfrastructurePhase::Rejected
        }
        Some(_) => InfrastructurePhase::Connecting,
    }
}

/// Writes a status when it differs, carrying the resource version: who changed the object in between wins, and this reconcile ends.
pub(super) fn write<'a>(
    context: &'a Context,
    object: &'a Arc<Infrastructure>,
    status: InfrastructureStatus,
) -> BoxFuture<'a, Result<Arc<Infrastructure>, ReconcileError>> {
    if object.status.as_ref() == Some(&status) {
        return Box::pin(ready(Ok(Arc::clone(object))));
    }
    let mut changed = Infrastructure::clone(object);
    changed.status = Some(status);
    replace_status(context, changed)
}
