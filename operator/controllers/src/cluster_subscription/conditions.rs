//! A subscription's conditions.

use slipway_core::{
    failure::Failure,
    finding::Finding,
    reason::Reason,
    subscription::{ClusterSight, Plan, Record, RemoteStatus},
};
use slipway_crds::{
    condition::{
        ACTIVATED, CAPABILITIES_SYNCED, CLUSTER_OBSERVED, CREDENTIALS_VALID, Condition, DUPLICATE, REACHABLE,
        REGISTERED, SYNCED, TELEMETRY_FRESH,
    },
    v1alpha1::{ClusterSubscription, ClusterSubscriptionStatus},
};

use super::{
    capability::Sight,
    status::{Look, Outlook},
};
use crate::condition::{Conditions, Truth};

/// Conditions that speak of the record.
const OF_RECORD: [&str; 3] = [SYNCED, ACTIVATED, TELEMETRY_FRESH];

/// The conditions that follow.
pub(super) fn build(
    object: &ClusterSubscription,
    previous: &ClusterSubscriptionStatus,
    outlook: &Outlook<'_>,
) -> Vec<Condition> {
    let mut list = Conditions::new(&previous.conditions, object.metadata.generation, outlook.now);
    list.overall(&suspended(object, outlook.overall));
    match outlook.look {
        Look::Seen(plan) => seen(&mut list, plan),
        Look::Failed(failure) => failed(&mut list, failure),
        Look::None => keep(&mut list, &[REACHABLE, CREDENTIALS_VALID, REGISTERED], outlook.overall),
    }
    if !matches!(outlook.look, Look::Seen(_)) {
        keep(&mut list, &OF_RECORD, outlook.overall);
    }
    match outlook.cluster {
        Some(ClusterSight::Known(_)) => {
            list.set(CLUSTER_OBSERVED, Truth::True, &verified("the facts of the cluster are known"));
        }
        Some(ClusterSight::Unknown(finding)) => list.set(CLUSTER_OBSERVED, Truth::False, finding),
        None => list.keep(CLUSTER_OBSERVED, outlook.overall),
    }
    capabilities(&mut list, object, outlook);
    duplicate(&mut list, previous, outlook);
    list.list()
}

/// What a suspended object waits for is not under way.
fn suspended(object: &ClusterSubscription, overall: &Finding) -> Finding {
    let is_held = object.spec.suspend && object.metadata.deletion_timestamp.is_none();
    let is_waiting = matches!(overall.reason, Reason::Synchronizing | Reason::Reserving);
    if is_held && is_waiting {
        return Finding::new(Reason::Suspended, format!("spec.suspend holds this back: {}", overall.message));
    }
    overall.clone()
}

fn verified(message: impl Into<String>) -> Finding {
    Finding::new(Reason::Verified, message)
}

fn keep(list: &mut Conditions<'_>, kinds: &[&str], finding: &Finding) {
    for kind in kinds {
        list.keep(kind, finding);
    }
}

fn seen(list: &mut Conditions<'_>, plan: &Plan) {
    list.set(REACHABLE, Truth::True, &verified("the registrar answers"));
    list.set(CREDENTIALS_VALID, Truth::True, &verified("the registrar took the credentials"));
    let Some(record) = &plan.record else {
        list.set(REGISTERED, Truth::False, &plan.overall);
        return keep(list, &OF_RECORD, &plan.overall);
    };
    let organization =
        record.organization_id.as_deref().map(|id| format!(" of organization {id}")).unwrap_or_default();
    list.set(REGISTERED, Truth::True, &verified(format!("record {}{organization}", record.id)));
    match &plan.synced {
        Some(finding) if finding.reason == Reason::Verified => list.set(SYNCED, Truth::True, finding),
        Some(finding) => list.set(SYNCED, Truth::False, finding),
        None => list.set(SYNCED, Truth::Unknown, &plan.overall),
    }
    activated(list, record);
    telemetry(list, record);
}

fn activated(list: &mut Conditions<'_>, record: &Record) {
    let message = format!("the record's status is {}", record.status);
    let (truth, reason) = match record.status {
        RemoteStatus::Active => (Truth::True, Reason::Active),
        RemoteStatus::Stale => (Truth::True, Reason::Stale),
        RemoteStatus::Reserved => (Truth::False, Reason::Reserved),
        RemoteStatus::Archived => (Truth::False, Reason::SubscriptionArchived),
        RemoteStatus::Disconnected => (Truth::False, Reason::SubscriptionDisconnected),
        RemoteStatus::Deprovisioned => (Truth::False, Reason::SubscriptionLost),
        RemoteStatus::Other(_) => (Truth::Unknown, Reason::SubscriptionStatusUnknown),
    };
    list.set(ACTIVATED, truth, &Finding::new(reason, message));
}

/// Whether telemetry is old enough to be stale is the registrar's decision (`facts/ocm.md §2.6`).
fn telemetry(list: &mut Conditions<'_>, record: &Record) {
    let (truth, reason, message) = match (&record.status, record.last_telemetry_at) {
        (RemoteStatus::Stale | RemoteStatus::Archived, _) => {
            (Truth::False, Reason::Stale, "the registrar has seen no telemetry of the cluster lately")
        }
        (_, None) => (
            Truth::Unknown,
            Reason::TelemetryAwaited,
            "the registrar has never seen telemetry of the cluster",
        ),
        (_, Some(_)) => (Truth::True, Reason::TelemetrySeen, "the registrar sees telemetry of the cluster"),
    };
    list.set(TELEMETRY_FRESH, truth, &Finding::new(reason, message));
}

/// A failed look says something of the way to the registrar, of the credentials or of the record's making, and nothing else.
fn failed(list: &mut Conditions<'_>, failure: &Failure) {
    let finding = Finding::new(failure.reason, failure.message.clone());
    let culprit = match failure.reason {
        Reason::SecretMissing
        | Reason::SecretForbidden
        | Reason::SecretIncomplete
        | Reason::CredentialsInvalid
        | Reason::CredentialsRefused => Some(CREDENTIALS_VALID),
        Reason::PermissionMissing
        | Reason::RequestRefused
        | Reason::QuotaShort
        | Reason::ForeignSubscription => Some(REGISTERED),
        Reason::ApiFailed | Reason::Internal => None,
        _ => Some(REACHABLE),
    };
    for kind in [REACHABLE, CREDENTIALS_VALID, REGISTERED] {
        if culprit == Some(kind) {
            list.set(kind, Truth::False, &finding);
        } else {
            list.keep(kind, &finding);
        }
    }
}

fn capabilities(list: &mut Conditions<'_>, object: &ClusterSubscription, outlook: &Outlook<'_>) {
    if object.spec.capabilities.as_ref().is_none_or(|capabilities| !capabilities.labels) {
        return;
    }
    match outlook.capabilities {
        Some(sight @ Sight::Known(_)) => list.set(CAPABILITIES_SYNCED, Truth::True, &sight.finding()),
        Some(sight @ Sight::Unknown(_)) => list.set(CAPABILITIES_SYNCED, Truth::False, &sight.finding()),
        None => list.keep(CAPABILITIES_SYNCED, outlook.overall),
    }
}

/// Abnormal-true: there while another living record speaks of the same cluster.
fn duplicate(list: &mut Conditions<'_>, previous: &ClusterSubscriptionStatus, outlook: &Outlook<'_>) {
    let Some(others) = outlook.duplicates else {
        if previous.conditions.iter().any(|condition| condition.type_ == DUPLICATE) {
            list.keep(DUPLICATE, outlook.overall);
        }
        return;
    };
    let (Some(first), Look::Seen(plan)) = (others.first(), outlook.look) else { return };
    let ours = plan.record.as_ref().map(|record| record.id.as_str()).unwrap_or_default();
    let message = format!(
        "record {ours} is ours, and {} speaks of the same cluster: telemetry came before the record had the cluster's id; delete it at the \
         registrar when it is not wanted",
        if others.len() == 1 { first.clone() } else { others.join(", ") }
    );
    list.set(DUPLICATE, Truth::True, &Finding::new(Reason::DuplicateSubscription, message));
}
