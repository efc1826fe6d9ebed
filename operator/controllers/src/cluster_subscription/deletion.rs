//! A subscription whose object is being deleted: its policy is carried out for a bounded time, then the object is let go.

use std::{sync::Arc, time::Duration};

use kube::{ResourceExt, runtime::controller::Action};
use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    finding::Finding,
    reason::Reason,
    subscription::{Account, DeletionPolicy, Known, Memory, Record, Release, release},
};
use slipway_crds::v1alpha1::ClusterSubscription;

use super::{
    announcement::announce,
    conflict, fetch, known_now, settle,
    status::{self, Look, Outlook},
    validate,
};
use crate::{
    context::{Context, RegistrarKind},
    error::ReconcileError,
    event,
    object::{has_finalizer, memory_of, set_finalizer},
    pace,
};

/// Kept on an object while its deletion policy may have an effect.
const FINALIZER: &str = "slipway.dev/clustersubscription";

/// Adds or takes away the finalizer as the policy asks.
pub(super) async fn keep_finalizer(
    context: &Context,
    object: Arc<ClusterSubscription>,
) -> Result<Arc<ClusterSubscription>, ReconcileError> {
    let wanted = validate::policy(&object.spec) != DeletionPolicy::Retain;
    if wanted == has_finalizer(object.as_ref(), FINALIZER) {
        return Ok(object);
    }
    set_finalizer(context, object.as_ref(), FINALIZER, wanted).await
}

/// Whether the registrar still holds an object back.
pub(crate) fn is_pending(object: &ClusterSubscription) -> bool {
    object.metadata.deletion_timestamp.is_some() && has_finalizer(object, FINALIZER)
}

/// What one step came to.
enum Step {
    /// Nothing is left to be done.
    Done,
    /// There may be more.
    Again,
}

/// One deletion on its way.
struct Departure<'a> {
    context: &'a Context,
    object: Arc<ClusterSubscription>,
    now: Timestamp,
}

/// Goes one step further with the deletion.
pub(super) async fn reconcile(
    context: &Context,
    object: Arc<ClusterSubscription>,
    now: Timestamp,
) -> Result<Action, ReconcileError> {
    let uid = object.uid().unwrap_or_default();
    if !has_finalizer(object.as_ref(), FINALIZER) {
        context.subscriptions_seen.forget(&uid);
        context.ledger.forget(&uid);
        return Ok(Action::await_change());
    }
    let left = time_left(&object, now);
    let mut departure = Departure { context, object, now };
    match departure.step().await? {
        Ok(Step::Done) => departure.release(None).await,
        Ok(Step::Again) if !left.is_zero() => {
            Ok(again(context, &uid, (context.options.timings.poll / 6).min(left)))
        }
        Ok(Step::Again) => departure.release(Some("it took too long".to_owned())).await,
        Err(failure) if left.is_zero() => departure.release(Some(failure.message)).await,
        Err(failure) => {
            let words = format!(
                "spec.deletionPolicy {:?} is carried out: {failure}",
                departure.object.spec.deletion_policy
            );
            departure.say(Look::Failed(&failure), words).await?;
            let pause = pace::after_failure(&uid, context.ledger.failed(&uid));
            let pause = pause.max(failure.retry_after.unwrap_or_default());
            Ok(again(context, &uid, pause.min(context.options.timings.poll).min(left)))
        }
    }
}

/// The next step after a pause. The echo of our own write must not put it off for as long as the object was to rest before its deletion.
fn again(context: &Context, uid: &str, pause: Duration) -> Action {
    context.ledger.rest_for(uid, pause);
    Action::requeue(pause)
}

/// Until the object is let go whatever the registrar does.
fn time_left(object: &ClusterSubscription, now: Timestamp) -> Duration {
    let began = object.metadata.deletion_timestamp.as_ref().map_or(now, |time| time.0);
    let age = Duration::try_from(now.duration_since(began)).unwrap_or_default();
    validate::release_timeout(&object.spec).saturating_sub(age)
}

impl Departure<'_> {
    /// One step; a failure of the registrar is no error.
    async fn step(&mut self) -> Result<Result<Step, Failure>, ReconcileError> {
        let policy = validate::policy(&self.object.spec);
        let Some(cluster_id) = super::cluster_id(&self.object).filter(|_| policy != DeletionPolicy::Retain)
        else {
            return Ok(Ok(Step::Done));
        };
        if never_had_a_record(&self.object) {
            return Ok(Ok(Step::Done));
        }
        let (kind, account) = match self.account().await {
            Ok(found) => found,
            Err(failure) => return Ok(Err(failure)),
        };
        let known = known_now(self.context, &self.object, account.url.as_str());
        let seen = match self.look(kind, &account, &cluster_id, &known).await {
            Ok(seen) => seen,
            Err(failure) => return Ok(Err(failure)),
        };
        if conflict::older_keeper(&self.context.subscriptions_seen, &self.object, &cluster_id).is_some() {
            return Ok(Ok(Step::Done));
        }
        let mut ours = seen.iter().filter(|record| !is_elsewhere(&known, record));
        let next = ours.find_map(|record| Some((record, release(policy, record)?)));
        match next {
            Some((record, what)) => self.let_go(kind, &account, record, what).await,
            None if seen.is_empty() && self.may_still_come(&known) => Ok(Ok(Step::Again)),
            None => {
                self.tell_kept(&seen).await;
                Ok(Ok(Step::Done))
            }
        }
    }

    /// Says which records stay although the object goes.
    async fn tell_kept(&self, records: &[Record]) {
        for record in records {
            let policy = self.object.spec.deletion_policy;
            let note = format!(
                "record {} ({}) stays at the registrar (spec.deletionPolicy: {policy:?})",
                record.id, record.status
            );
            let reason = Reason::Deleting.as_str();
            event::publish(&self.context.recorder, self.object.as_ref(), false, reason, &note, &note).await;
        }
    }

    /// The account; the one that was last used when its Secret is gone, as it is when a whole namespace goes.
    async fn account(&self) -> Result<(RegistrarKind, Arc<Account>), Failure> {
        let (context, object) = (self.context, self.object.as_ref());
        let way =
            validate::way(&object.spec).map_err(|finding| Failure::new(finding.reason, finding.message))?;
        match fetch::account(context, object, &way, self.now).await {
            Ok(account) => Ok((way.kind, Arc::new(account))),
            Err(failure) => {
                let uid = object.uid().unwrap_or_default();
                context.subscriptions_seen.last_used(&uid).ok_or(failure)
            }
        }
    }

    /// Living records with our key, and the one that is known although no search finds it.
    async fn look(
        &self,
        kind: RegistrarKind,
        account: &Account,
        cluster_id: &str,
        known: &Known,
    ) -> Result<Vec<Record>, Failure> {
        let registrar = self.context.registrar(kind);
        let mut seen = registrar.find(account, cluster_id, Duration::ZERO).await?;
        if let Some(id) =
            known.subscription_id.as_deref().filter(|id| seen.iter().all(|record| record.id != *id))
        {
            seen.extend(registrar.read(account, id).await?);
        }
        seen.retain(|record| record.status.is_live());
        Ok(seen)
    }

    /// Whether a record that was asked for may still show up.
    fn may_still_come(&self, known: &Known) -> bool {
        known.reserving_since.is_some_and(|since| since + settle(self.context) > self.now)
    }

    /// Lets a record go, unless it has changed since it was found.
    async fn let_go(
        &mut self,
        kind: RegistrarKind,
        account: &Account,
        record: &Record,
        what: Release,
    ) -> Result<Result<Step, Failure>, ReconcileError> {
        let words = format!(
            "record {} ({}) is let go: {what:?} (spec.deletionPolicy: {:?})",
            record.id, record.status, self.object.spec.deletion_policy
        );
        self.say(Look::None, words).await?;
        let registrar = self.context.registrar(kind);
        // There is no conditional write: what is read right before is as near as one gets (`facts/ocm.md §2.5`).
        match registrar.read(account, &record.id).await {
            Ok(Some(now)) if now.status == record.status => {}
            Ok(_) => return Ok(Ok(Step::Again)),
            Err(failure) => return Ok(Err(failure)),
        }
        let outcome = registrar.release(account, &record.id, what).await;
        if outcome.is_ok() {
            tracing::info!(subscription = record.id, ?what, "Record let go");
        }
        Ok(outcome.map(|()| Step::Again))
    }

    async fn say(&mut self, look: Look<'_>, words: String) -> Result<(), ReconcileError> {
        let overall = Finding::new(Reason::Deleting, words);
        let intent = self.object.status.as_ref().and_then(|status| status.intent.clone());
        let outlook = Outlook {
            cluster_id: None,
            look,
            overall: &overall,
            cluster: None,
            capabilities: None,
            duplicates: None,
            intent: intent.as_ref(),
            next_retry_at: None,
            now: self.now,
        };
        let status = status::build(&self.object, &outlook);
        let written = status::write(self.context, &self.object, status).await?;
        announce(self.context, &self.object, &written, &overall).await;
        self.object = written;
        Ok(())
    }

    /// Lets the object go, with an event when something was left undone.
    async fn release(&self, undone: Option<String>) -> Result<Action, ReconcileError> {
        if let Some(undone) = undone {
            self.context.metrics.subscriptions_abandoned.inc();
            let note = format!(
                "Let go without carrying out spec.deletionPolicy within spec.releaseTimeout: {undone}"
            );
            let reason = Reason::Released.as_str();
            event::publish(&self.context.recorder, self.object.as_ref(), true, reason, &note, "Release")
                .await;
        }
        match set_finalizer(self.context, self.object.as_ref(), FINALIZER, false).await {
            Ok(_) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
        // With its last finalizer the object is gone, and it is not looked at again.
        let uid = self.object.uid().unwrap_or_default();
        self.context.subscriptions_seen.forget(&uid);
        self.context.latest_subscriptions.forget(&uid);
        self.context.ledger.forget(&uid);
        Ok(Action::await_change())
    }
}

/// Whether nothing was ever asked for: the id and the intent before it are the first things that are stored. A status that is not there says
/// nothing.
fn never_had_a_record(object: &ClusterSubscription) -> bool {
    let has_status = object
        .status
        .as_ref()
        .is_some_and(|status| status.subscription_id.is_none() && status.intent.is_none());
    has_status && memory_of::<_, Memory>(object).subscription_id.is_none()
}

/// Whether the record went to another organization.
fn is_elsewhere(known: &Known, record: &Record) -> bool {
    known.organization_id.is_some()
        && record.organization_id.is_some()
        && known.organization_id != record.organization_id
}
