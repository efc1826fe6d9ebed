//! A rack whose object is being deleted: its policy is carried out for a bounded time, then the object is let go.

use std::{sync::Arc, time::Duration};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{ResourceExt, runtime::controller::Action};
use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    finding::Finding,
    infrastructure::{
        Account, Change, DeletionPolicy, DeletionStep, Effect, OWNER_TAG, Observation, Record, deletion,
    },
    reason::Reason,
};
use slipway_crds::v1alpha1::{Infrastructure, InfrastructureDeletionPolicy, IntentStatus};

use super::{
    announcement::announce,
    conflict, fetch,
    record::record_of,
    register,
    status::{self, Look, Outlook},
    validate,
};
use crate::{
    context::Context,
    error::ReconcileError,
    event,
    object::{has_finalizer, set_finalizer},
    pace,
};

/// Kept on an object only while its deletion policy has an effect to be done.
const FINALIZER: &str = "slipway.dev/infrastructure";
/// What was begun when the record was told to go.
const DELETE: &str = "Delete";

/// Adds or takes away the finalizer as the policy asks.
pub(super) async fn keep_finalizer(
    context: &Context,
    object: Arc<Infrastructure>,
) -> Result<Arc<Infrastructure>, ReconcileError> {
    let wanted = policy(&object) != DeletionPolicy::Retain;
    if wanted == has_finalizer(object.as_ref(), FINALIZER) {
        return Ok(object);
    }
    set_finalizer(context, object.as_ref(), FINALIZER, wanted).await
}

fn policy(object: &Infrastructure) -> DeletionPolicy {
    match object.spec.deletion_policy {
        InfrastructureDeletionPolicy::Retain => DeletionPolicy::Retain,
        InfrastructureDeletionPolicy::Reject => DeletionPolicy::Reject,
        InfrastructureDeletionPolicy::Delete => DeletionPolicy::Delete,
    }
}

/// One deletion on its way.
struct Departure<'a> {
    context: &'a Context,
    object: Arc<Infrastructure>,
    record: Record,
    now: Timestamp,
}

/// Goes one step further with the deletion.
pub(super) async fn reconcile(
    context: &Context,
    object: Arc<Infrastructure>,
    now: Timestamp,
) -> Result<Action, ReconcileError> {
    let uid = object.uid().unwrap_or_default();
    if !has_finalizer(object.as_ref(), FINALIZER) {
        context.racks_seen.forget(&uid);
        return Ok(Action::await_change());
    }
    let began = object.metadata.deletion_timestamp.as_ref().map_or(now, |time| time.0);
    let overdue = Duration::try_from(now.duration_since(began))
        .is_ok_and(|age| age >= context.options.deletion_timeout);
    let record = record_of(&object);
    let mut departure = Departure { context, object, record, now };
    match departure.step().await? {
        Ok(true) => departure.release(None).await,
        Ok(false) if !overdue => Ok(Action::requeue(context.options.timings.poll / 6)),
        Ok(false) => departure.release(Some("it took too long".to_owned())).await,
        // Nobody is left who could give the Secret back when its namespace goes: waiting longer helps nobody.
        Err(failure) if overdue || matches!(failure.reason, Reason::SecretMissing | Reason::InvalidSpec) => {
            departure.release(Some(failure.message)).await
        }
        Err(failure) => {
            let words = format!(
                "spec.deletionPolicy {:?} is carried out: {failure}",
                departure.object.spec.deletion_policy
            );
            departure.say(Look::Failed(&failure), words, false).await?;
            let pause = pace::after_failure(&uid, context.ledger.failed(&uid));
            let longest = context.options.timings.poll.min(context.options.deletion_timeout);
            Ok(Action::requeue(pause.max(failure.retry_after.unwrap_or_default()).min(longest)))
        }
    }
}

impl Departure<'_> {
    /// One step; whether everything is done.
    async fn step(&mut self) -> Result<Result<bool, Failure>, ReconcileError> {
        let (account, seen) = match self.look().await {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Ok(true)),
            Err(failure) => return Ok(Err(failure)),
        };
        if conflict::over_rack(&self.context.racks_seen, &self.object, &seen.id).is_some() {
            // The rack is the other object's.
            return Ok(Ok(true));
        }
        match deletion(policy(&self.object), &seen) {
            DeletionStep::Done => Ok(self.tidy(&account, &seen.compartment_id).await.map(|()| true)),
            DeletionStep::Order(order) => {
                self.say(
                    Look::Seen(&seen),
                    format!(
                        "the connection is being cut (spec.deletionPolicy: {:?})",
                        self.object.spec.deletion_policy
                    ),
                    false,
                )
                .await?;
                let change = Change { order: Some(order), ..Change::default() };
                let outcome = self.context.cloud.change(&account, &seen.id, &change, None).await;
                Ok(outcome.map(|answer| {
                    self.record = Effect::taken(&self.record, Some(order), &answer);
                    false
                }))
            }
            DeletionStep::Delete => {
                let words =
                    "the record at Oracle Cloud is being deleted (spec.deletionPolicy: Delete)".to_owned();
                self.say(Look::Seen(&seen), words, true).await?;
                if let Err(failure) = self.context.cloud.delete(&account, &seen.id, seen.etag.as_ref()).await
                {
                    return Ok(Err(failure));
                }
                Ok(self.tidy(&account, &seen.compartment_id).await.map(|()| true))
            }
        }
    }

    /// The account and the rack's record; `None` when there is nothing to be done any more.
    async fn look(&self) -> Result<Option<(Account, Observation)>, Failure> {
        let (context, object) = (self.context, self.object.as_ref());
        let checked = validate::check(&object.spec, self.now)
            .map_err(|finding| Failure::new(finding.reason, finding.message))?;
        let account = fetch::account(context, object, &checked, self.now).await?;
        let found = register::record(context.cloud.as_ref(), &account, object, &self.record, false).await;
        match found {
            Ok(seen) => Ok(Some((account, seen))),
            // Nothing was ever made.
            Err(failure) if failure.reason == Reason::Suspended => Ok(None),
            // We told it to go: that, and that it is not found, together say that it is gone.
            Err(failure) if failure.reason == Reason::NotAuthorizedOrNotFound && self.was_told_to_go() => {
                let compartment = object.spec.create.as_ref().map(|create| &create.compartment_id);
                let compartment =
                    compartment.or(object.spec.lookup.as_ref().map(|lookup| &lookup.compartment_id));
                if let Some(compartment) = compartment {
                    self.tidy(&account, compartment).await?;
                }
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    fn was_told_to_go(&self) -> bool {
        let intent = self.object.status.as_ref().and_then(|status| status.intent.as_ref());
        intent.is_some_and(|intent| intent.verb == DELETE)
    }

    /// Deletes the upgrade schedule that was kept for this rack, unless another rack uses it.
    async fn tidy(&self, account: &Account, compartment: &str) -> Result<(), Failure> {
        let name =
            self.object.spec.upgrade_schedule.as_ref().and_then(|schedule| schedule.display_name.as_ref());
        let Some(name) = name.filter(|_| policy(&self.object) == DeletionPolicy::Delete) else {
            return Ok(());
        };
        let cloud = self.context.cloud.as_ref();
        for schedule in cloud.find_schedules(account, compartment, name).await? {
            let ours = schedule.freeform_tags.contains_key(OWNER_TAG);
            let used = schedule
                .infrastructure_ids
                .iter()
                .any(|id| Some(id) != self.record.infrastructure_id.as_ref());
            if ours && !used {
                match cloud.delete_schedule(account, &schedule.id, schedule.etag.as_ref()).await {
                    Err(failure) if failure.reason != Reason::WrongState => return Err(failure),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Shows how far the deletion is; `deletes`: that the record is about to be told to go, which is looked for after a restart.
    async fn say(&mut self, look: Look<'_>, words: String, deletes: bool) -> Result<(), ReconcileError> {
        let overall = Finding::new(Reason::Deleting, words);
        let outlook = Outlook {
            record: &self.record,
            look,
            plan: None,
            overall: &overall,
            pin: None,
            greeted: None,
            next_retry_at: None,
            now: self.now,
        };
        let mut status = status::build(&self.object, &outlook);
        status.intent = self
            .object
            .status
            .as_ref()
            .and_then(|status| status.intent.clone())
            .filter(|intent| intent.verb == DELETE);
        if deletes {
            status.intent.get_or_insert_with(|| IntentStatus {
                id: "deletion".to_owned(),
                verb: DELETE.to_owned(),
                target: self.record.infrastructure_id.clone().unwrap_or_default(),
                precondition: String::new(),
                started_at: Time(self.now),
            });
        }
        let written = status::write(self.context, &self.object, status).await?;
        announce(self.context, &self.object, &written, &overall).await;
        self.object = written;
        Ok(())
    }

    /// Lets the object go, with an event when something was left undone.
    async fn release(&self, undone: Option<String>) -> Result<Action, ReconcileError> {
        if let Some(undone) = undone {
            let note = format!("Let go without carrying out spec.deletionPolicy: {undone}");
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
        self.context.racks_seen.forget(&uid);
        self.context.latest_infrastructures.forget(&uid);
        self.context.ledger.forget(&uid);
        Ok(Action::await_change())
    }
}
