//! Between status and memory and what the domain knows of a record, both ways.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use slipway_core::{
    clock::Timestamp,
    subscription::{self as domain, Field, Fields, Known, Memory, Record, RemoteStatus, Support},
};
use slipway_crds::v1alpha1::{
    ClusterSubscription, ClusterSubscriptionStatus, Drift, IntentStatus, RecordedSupport,
};

use crate::{bare_metal_host::whole_second, context::Context, error::ReconcileError, object};

/// What is begun when a record is asked for.
pub(super) const RESERVE: &str = "Reserve";

/// What is known of the record at this registrar.
pub(super) fn known(object: &ClusterSubscription, registrar: &str) -> Known {
    let remembered = object::memory_of::<_, Memory>(object);
    // What status says is of the registrar that memory names.
    let is_elsewhere = remembered.registrar.as_deref().is_some_and(|known| known != registrar);
    let memory = remembered.at(registrar);
    let status = object.status.as_ref().filter(|_| !is_elsewhere).cloned().unwrap_or_default();
    let was_active = status.remote_status.as_deref().is_some_and(|word| {
        !matches!(RemoteStatus::from(word), RemoteStatus::Reserved | RemoteStatus::Deprovisioned)
    });
    let intent = status.intent.as_ref().filter(|intent| intent.verb == RESERVE && intent.target == registrar);
    Known {
        fields: is_shown(&status).then(|| fields(&status)),
        subscription_id: status.subscription_id.or(memory.subscription_id),
        organization_id: memory.organization_id,
        reserving_since: intent.map(|intent| intent.started_at.0),
        was_synced: memory.synced,
        was_active: was_active || memory.activated,
        drift: status.drift.iter().filter_map(drift).collect(),
    }
}

/// Whether status speaks of a record that was there at the last look.
fn is_shown(status: &ClusterSubscriptionStatus) -> bool {
    status.remote_status.as_deref().is_some_and(|word| RemoteStatus::from(word).is_live())
}

/// The record's fields as status has them.
fn fields(status: &ClusterSubscriptionStatus) -> Fields {
    let mut fields = status.support.as_ref().map(|support| support_of(support).fields()).unwrap_or_default();
    let texts = [
        (Field::DisplayName, &status.display_name),
        (Field::ExternalClusterId, &status.external_cluster_id),
        (Field::ConsoleUrl, &status.console_url),
    ];
    fields.extend(texts.into_iter().filter_map(|(field, value)| Some((field, value.clone()?))));
    fields.extend(status.labels.iter().map(|(name, value)| (Field::Label(name.clone()), value.clone())));
    fields
}

fn support_of(support: &RecordedSupport) -> Support {
    let RecordedSupport {
        level,
        usage,
        service_level,
        system_units,
        product_bundle,
        cpu_total,
        socket_total,
    } = support.clone();
    Support { level, usage, service_level, system_units, product_bundle, cpu_total, socket_total }
}

fn drift(drift: &Drift) -> Option<domain::Drift> {
    Some(domain::Drift {
        field: Field::from_name(&drift.field)?,
        wanted: drift.wanted.clone(),
        found: drift.found.clone(),
        corrections: drift.corrections,
        is_foreign: drift.changed_elsewhere,
        at: drift.at.0,
    })
}

/// The same as status has it.
pub(super) fn drift_status(drift: &domain::Drift) -> Drift {
    Drift {
        field: drift.field.to_string(),
        wanted: bounded(&drift.wanted, 500),
        found: bounded(&drift.found, 500),
        corrections: drift.corrections,
        changed_elsewhere: drift.is_foreign,
        at: Time(whole_second(drift.at)),
    }
}

/// That a record is about to be asked for.
pub(super) fn intent(cluster_id: &str, registrar: &str, now: Timestamp) -> IntentStatus {
    IntentStatus {
        id: bounded(cluster_id, 128),
        verb: RESERVE.to_owned(),
        target: registrar.to_owned(),
        precondition: "no record with this cluster id".to_owned(),
        started_at: Time(now),
    }
}

/// What is worth remembering of a record that was seen or made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lesson<'a> {
    pub(super) subscription_id: &'a str,
    pub(super) record: Option<&'a Record>,
    pub(super) is_synced: bool,
    /// Whether the record is ours to change.
    pub(super) is_managed: bool,
}

/// Writes what memory does not have yet.
pub(super) async fn remember(
    context: &Context,
    object: &Arc<ClusterSubscription>,
    registrar: &str,
    lesson: Lesson<'_>,
) -> Result<Arc<ClusterSubscription>, ReconcileError> {
    let before: Memory = object::memory_of(object.as_ref());
    let mut after = before.clone().at(registrar);
    let is_same = after.subscription_id.as_deref() == Some(lesson.subscription_id);
    let organization = lesson.record.and_then(|record| record.organization_id.clone());
    let first = after.organization_id.filter(|_| is_same && !lesson.is_managed);
    after.organization_id = first.or(organization);
    after.synced = lesson.is_synced || (is_same && after.synced);
    after.activated = lesson.record.is_some_and(|record| record.status != RemoteStatus::Reserved)
        || (is_same && after.activated);
    after.subscription_id = Some(lesson.subscription_id.to_owned());
    if after == before { Ok(Arc::clone(object)) } else { object::remember(context, object, &after).await }
}

/// The first `characters` of a text.
pub(super) fn bounded(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
