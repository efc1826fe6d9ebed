//! What should happen next to a cluster's record.

use std::{fmt, time::Duration};

use super::{
    ClusterFacts, ClusterSight, Comparison, Differences, Drift, Field, Fields, Known, Record, RemoteStatus,
    Reservation, SubscriptionWish, compare, wanted,
};
use crate::{
    clock::Timestamp,
    finding::Finding,
    reason::{Class, Reason},
};

/// How long a record that was asked for may take to be found, where the answer was lost (`facts/reliability-ux.md` B10: a search may lag).
pub const SETTLE: Duration = Duration::from_secs(30);

/// What there is to decide on.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What is asked.
    pub wish: &'a SubscriptionWish,
    /// What is remembered.
    pub known: &'a Known,
    /// Records with our key that were found, deleted ones too, and the one that is known, read by its id when no search shows it.
    pub seen: &'a [Record],
    /// Organization of the credentials.
    pub organization_id: Option<&'a str>,
    /// What the cluster says.
    pub cluster: &'a ClusterSight,
    /// How long a record that was asked for may take to be found.
    pub settle: Duration,
    /// The present.
    pub now: Timestamp,
}

/// One effect at the registrar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A record is made. Recorded before, because it must not happen twice.
    Reserve(Reservation),
    /// Fields of the record are changed.
    Amend {
        /// Id of the record.
        id: String,
        /// Fields with their new values.
        fields: Fields,
    },
    /// The registrar is told that the cluster is installed.
    Activate {
        /// Id of the record.
        id: String,
    },
}

impl fmt::Display for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reserve(reservation) => {
                write!(formatter, "Reserve a record for cluster {}", reservation.cluster_id)
            }
            Self::Amend { id, fields } => {
                write!(formatter, "Change record {id}: ")?;
                let parts: Vec<_> =
                    fields.iter().map(|(field, value)| format!("{field} to {value:?}")).collect();
                formatter.write_str(&parts.join(", "))
            }
            Self::Activate { id } => {
                write!(formatter, "Activate record {id}: its cluster is installed")
            }
        }
    }
}

/// When to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// At once: there is more to do.
    Now,
    /// Soon: something is expected to change.
    Soon,
    /// Not before this moment.
    At(Timestamp),
    /// As seldom as a record at rest is looked at.
    AtRest,
}

/// What follows from a situation.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The next effect.
    pub effect: Option<Effect>,
    /// The record that is ours, as it was found.
    pub record: Option<Record>,
    /// How all stands.
    pub overall: Finding,
    /// What is to be remembered of differences.
    pub drift: Vec<Drift>,
    /// Whether the record is as asked; `None`: there is none, or it is not touched.
    pub synced: Option<Finding>,
    /// Ids of the other living records with our key.
    pub others: Vec<String>,
    /// When to look again.
    pub look: Look,
}

impl Plan {
    fn resting(record: Option<&Record>, overall: Finding, look: Look) -> Self {
        Self {
            effect: None,
            record: record.cloned(),
            overall,
            drift: vec![],
            synced: None,
            others: vec![],
            look,
        }
    }

    /// The same while its effect is not carried out: what is found is remembered, and nothing counts as put right.
    #[must_use]
    pub fn held(mut self) -> Self {
        if let Some(Effect::Amend { fields, .. }) = &self.effect {
            for drift in self.drift.iter_mut().filter(|drift| fields.contains_key(&drift.field)) {
                drift.corrections -= 1;
            }
        }
        self
    }
}

/// Decides.
#[must_use]
pub fn plan(situation: &Situation<'_>) -> Plan {
    let living = living(situation);
    match living.split_first() {
        None => without_record(situation),
        Some((ours, [])) => with_record(situation, ours),
        Some((ours, others)) => {
            let others: Vec<_> = others.iter().map(|record| record.id.clone()).collect();
            let message = format!(
                "cluster {} has more than one living record: {}, {}; delete all but one at the registrar",
                situation.wish.cluster_id,
                ours.id,
                others.join(", ")
            );
            let overall = Finding::new(Reason::DuplicateSubscription, message);
            let plan = Plan::resting(Some(ours), overall, Look::Soon);
            Plan { others, drift: situation.known.drift.clone(), ..plan }
        }
    }
}

/// The living records, ours first: the one that is known, else the oldest.
fn living<'a>(situation: &Situation<'a>) -> Vec<&'a Record> {
    let mut living: Vec<_> = situation.seen.iter().filter(|record| record.status.is_live()).collect();
    let known = situation.known.subscription_id.as_deref();
    living.sort_by(|one, other| {
        let order =
            |record: &Record| (Some(record.id.as_str()) != known, record.created_at, record.id.clone());
        order(one).cmp(&order(other))
    });
    living
}

/// There is no living record: it was never made, is being made, or was lost.
fn without_record(situation: &Situation<'_>) -> Plan {
    let Situation { wish, known, now, .. } = *situation;
    let settled = known.reserving_since.map(|since| since + situation.settle);
    if let Some(settled) = settled.filter(|settled| *settled > now) {
        let message =
            "a record was asked for and its answer lost; it is searched for before another is asked for";
        return Plan::resting(None, Finding::new(Reason::Reserving, message), Look::At(settled));
    }
    if known.subscription_id.is_some() && !is_made_anew(situation) {
        return Plan::resting(None, lost(situation), Look::AtRest);
    }
    let reservation = Reservation {
        cluster_id: wish.cluster_id.clone(),
        display_name: wish.display_name.clone(),
        product_id: wish.product_id.clone(),
        product_category: wish.product_category.clone(),
    };
    let overall =
        Finding::new(Reason::Reserving, format!("a record for cluster {} is being made", wish.cluster_id));
    Plan { effect: Some(Effect::Reserve(reservation)), ..Plan::resting(None, overall, Look::Now) }
}

/// A record that went away is made anew only for a cluster that never was in use (`facts/ocm.md §2.6`).
fn is_made_anew(situation: &Situation<'_>) -> bool {
    let in_use =
        situation.known.was_active || situation.cluster.facts().is_some_and(|facts| facts.is_installed);
    !in_use && situation.wish.drift == super::DriftPolicy::Correct
}

fn lost(situation: &Situation<'_>) -> Finding {
    let id = situation.known.subscription_id.as_deref().unwrap_or_default();
    let message = format!(
        "record {id} was deleted at the registrar, or moved to where the account cannot see it; to register the cluster again, delete this object \
         and apply it anew"
    );
    Finding::new(Reason::SubscriptionLost, message)
}

/// There is one living record.
fn with_record(situation: &Situation<'_>, record: &Record) -> Plan {
    if let Some(overall) = untouched(situation, record) {
        let look = if overall.reason.class() == Class::Waiting { Look::Soon } else { Look::AtRest };
        return Plan { drift: situation.known.drift.clone(), ..Plan::resting(Some(record), overall, look) };
    }
    let differences = differences(situation, record);
    let synced = synced(&differences);
    let effect = effect(situation, record, &differences);
    let overall = overall(situation, record, effect.as_ref(), &differences);
    let look = match &effect {
        Some(_) => Look::Now,
        None => rest(situation, record, &overall),
    };
    let record = Some(record.clone());
    Plan { effect, record, overall, drift: differences.drift, synced: Some(synced), others: vec![], look }
}

/// Why the record is not touched, if so.
fn untouched(situation: &Situation<'_>, record: &Record) -> Option<Finding> {
    if is_transferred(situation, record) {
        let organization = record.organization_id.as_deref().unwrap_or_default();
        let message = format!(
            "record {} belongs to organization {organization} now; give credentials of that organization, or delete this object",
            record.id
        );
        return Some(Finding::new(Reason::SubscriptionTransferred, message));
    }
    let (reason, what) = match &record.status {
        RemoteStatus::Archived => (Reason::SubscriptionArchived, "was archived"),
        RemoteStatus::Disconnected => (Reason::SubscriptionDisconnected, "is marked as disconnected"),
        RemoteStatus::Other(_) => (Reason::SubscriptionStatusUnknown, "has a status that is not known"),
        _ => return None,
    };
    Some(Finding::new(
        reason,
        format!("record {} {what} at the registrar (status {})", record.id, record.status),
    ))
}

/// Whether the record went to another organization, which is neither the one it was in nor that of the credentials.
fn is_transferred(situation: &Situation<'_>, record: &Record) -> bool {
    let Some(organization) = record.organization_id.as_deref() else { return false };
    let known = situation.known.organization_id.as_deref();
    known.is_some_and(|known| known != organization) && situation.organization_id != Some(organization)
}

fn differences(situation: &Situation<'_>, record: &Record) -> Differences {
    // What is known of a record that went away says nothing of the one that came after it.
    let nothing = Known::default();
    let is_same = situation.known.subscription_id.as_ref() == Some(&record.id);
    let known = if is_same { situation.known } else { &nothing };
    let comparison = Comparison {
        wanted: &wanted(situation.wish, situation.cluster.facts(), record),
        found: &record.fields(),
        before: known.fields.as_ref(),
        was_synced: known.was_synced,
        policy: situation.wish.drift,
        now: situation.now,
    };
    compare(&comparison, &known.drift)
}

/// The external id goes before `Active`, and `Active` comes last (`facts/ocm.md §7.2`).
fn effect(situation: &Situation<'_>, record: &Record, differences: &Differences) -> Option<Effect> {
    let id = record.id.clone();
    if !differences.corrections.is_empty() {
        return Some(Effect::Amend { id, fields: differences.corrections.clone() });
    }
    let is_left = differences.left.iter().any(|drift| drift.field == Field::ExternalClusterId);
    let is_named = record.external_cluster_id.is_some() && !is_left;
    let is_installed = situation.cluster.facts().is_some_and(|facts| facts.is_installed);
    (record.status == RemoteStatus::Reserved && is_installed && is_named).then_some(Effect::Activate { id })
}

fn synced(differences: &Differences) -> Finding {
    if let Some(finding) = left(&differences.left) {
        return finding;
    }
    if differences.corrections.is_empty() {
        return Finding::fine(Reason::Verified, "the record is as the spec asks");
    }
    let fields: Vec<_> = differences.corrections.keys().map(Field::to_string).collect();
    Finding::new(Reason::Synchronizing, format!("to be changed at the registrar: {}", fields.join(", ")))
}

/// What is left as it is although it should not be.
fn left(left: &[Drift]) -> Option<Finding> {
    let contested = left.iter().any(|drift| drift.corrections >= super::CORRECTIONS);
    let parts: Vec<_> = left
        .iter()
        .map(|drift| {
            format!("{} is {:?} at the registrar and should be {:?}", drift.field, drift.found, drift.wanted)
        })
        .collect();
    match (left, contested) {
        ([], _) => None,
        (_, true) => {
            let message = format!(
                "{}; it was put right {} times and is left alone now",
                parts.join("; "),
                super::CORRECTIONS
            );
            Some(Finding::new(Reason::DriftContested, message))
        }
        (_, false) => {
            Some(Finding::new(Reason::Drifted, format!("{}; spec.drift is Report", parts.join("; "))))
        }
    }
}

fn overall(
    situation: &Situation<'_>,
    record: &Record,
    effect: Option<&Effect>,
    differences: &Differences,
) -> Finding {
    if let Some(effect) = effect {
        return Finding::new(Reason::Synchronizing, effect.to_string());
    }
    left(&differences.left).unwrap_or_else(|| standing(situation, record))
}

/// How a record that is as asked stands.
fn standing(situation: &Situation<'_>, record: &Record) -> Finding {
    match (&record.status, situation.cluster) {
        (RemoteStatus::Reserved, ClusterSight::Unknown(finding)) => finding.clone(),
        (RemoteStatus::Reserved, ClusterSight::Known(ClusterFacts { is_installed: true, .. })) => {
            let message =
                format!("record {} is activated once the cluster says its id for telemetry", record.id);
            Finding::new(Reason::ClusterAwaited, message)
        }
        (RemoteStatus::Reserved, _) => Finding::fine(
            Reason::Reserved,
            format!("record {} is reserved; the cluster is not installed yet", record.id),
        ),
        (
            RemoteStatus::Active | RemoteStatus::Stale,
            ClusterSight::Known(ClusterFacts { is_installed: false, .. }),
        ) => {
            let message = format!(
                "record {} is {} although the cluster is not installed (spec.cluster); it is never set back",
                record.id, record.status
            );
            Finding::new(Reason::ActivatedElsewhere, message)
        }
        (RemoteStatus::Stale, _) => Finding::fine(
            Reason::Stale,
            format!("the registrar has seen no telemetry of the cluster lately (record {})", record.id),
        ),
        _ => Finding::fine(Reason::Active, format!("record {} is active", record.id)),
    }
}

/// A cluster on its way is looked at more often than one in use.
fn rest(situation: &Situation<'_>, record: &Record, overall: &Finding) -> Look {
    let on_its_way = record.status == RemoteStatus::Reserved && situation.wish.follows_cluster;
    if on_its_way || matches!(overall.reason.class(), Class::Waiting | Class::Transient) {
        Look::Soon
    } else {
        Look::AtRest
    }
}
