//! A host that is being deleted: its policy is carried out for a bounded time, then it is let go.

use std::{sync::Arc, time::Duration};

use kube::runtime::controller::Action;
use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    finding::Finding,
    host::{Depth, HostWish, Record, Situation, deletion},
    reason::{Class, Reason},
};
use slipway_crds::v1alpha1::{BareMetalHost, HostDeletionPolicy};

use super::{
    announcement::announce,
    apply, fetch, record,
    status::{self, Look, Outlook},
    validate,
};
use crate::{
    claims::key_of,
    context::Context,
    error::ReconcileError,
    event,
    object::{has_finalizer, set_finalizer},
};

/// Kept on a host only while its deletion policy has an effect to be done.
pub(crate) const FINALIZER: &str = "slipway.dev/power-off";

/// Adds or takes away the finalizer as the policy asks.
pub(crate) async fn keep_finalizer(
    context: &Context,
    host: Arc<BareMetalHost>,
) -> Result<Arc<BareMetalHost>, ReconcileError> {
    let wanted = host.spec.deletion_policy == HostDeletionPolicy::PowerOff;
    if wanted == has_finalizer(host.as_ref(), FINALIZER) {
        return Ok(host);
    }
    set_finalizer(context, host.as_ref(), FINALIZER, wanted).await
}

/// Goes one step further with the deletion.
pub(crate) async fn reconcile(
    context: &Context,
    host: Arc<BareMetalHost>,
    now: Timestamp,
) -> Result<Action, ReconcileError> {
    context.boot.withdraw(&key_of(&host));
    if !has_finalizer(host.as_ref(), FINALIZER) {
        return Ok(Action::await_change());
    }
    let began = host.metadata.deletion_timestamp.as_ref().map_or(now, |time| time.0);
    let overdue = Duration::try_from(now.duration_since(began))
        .is_ok_and(|age| age >= context.options.deletion_timeout);
    if let Some(conflict) =
        context.claims.conflict(&host).filter(|conflict| conflict.reason == Reason::DuplicateBmc)
    {
        // The machine may be the other object's, and runs as that one wants it.
        return release(context, &host, Some(conflict.message)).await;
    }
    match power_off(context, &host, now).await? {
        Ok(None) => release(context, &host, None).await,
        Ok(Some(pause)) if !overdue => Ok(Action::requeue(pause)),
        Ok(Some(_)) => release(context, &host, Some("the host did not switch off in time".to_owned())).await,
        // Nobody is left who could give the Secret back when its namespace goes: waiting longer helps nobody.
        Err(failure)
            if overdue
                || failure.reason == Reason::SecretMissing
                || failure.reason == Reason::InvalidSpec =>
        {
            release(context, &host, Some(failure.message)).await
        }
        Err(failure) => {
            let words = format!(
                "the host is to be switched off before it goes (spec.deletionPolicy: PowerOff): {failure}"
            );
            say(context, &host, &record::record_of(&host), Look::Failed(&failure), words, now).await?;
            let failures = context.ledger.failed(&key_of(&host).uid);
            let pause = crate::pace::after_failure(&key_of(&host).uid, failures);
            Ok(Action::requeue(pause.min(wait_for(&failure, context))))
        }
    }
}

fn wait_for(failure: &Failure, context: &Context) -> Duration {
    let at_most = if failure.reason.class() == Class::Person {
        context.options.timings.poll
    } else {
        Duration::from_mins(1)
    };
    at_most.min(context.options.deletion_timeout)
}

/// One step towards off: `None` when the machine is off, else when to look again.
async fn power_off(
    context: &Context,
    host: &Arc<BareMetalHost>,
    now: Timestamp,
) -> Result<Result<Option<Duration>, Failure>, ReconcileError> {
    let checked = match validate::check(&host.spec) {
        Ok(checked) => checked,
        Err(finding) => return Ok(Err(Failure::new(finding.reason, finding.message))),
    };
    let pin = super::seen_pin(host);
    let endpoint = match fetch::endpoint(context, host, &checked, pin, now).await {
        Ok(endpoint) => endpoint,
        Err(failure) => return Ok(Err(failure)),
    };
    let seen = match context.hosts.observe(&endpoint, Depth::Power).await {
        Ok(seen) => seen,
        Err(failure) => return Ok(Err(failure)),
    };
    let record = record::record_of(host);
    let wish: HostWish = validate::wish(&host.spec, None, None);
    let situation =
        Situation { wish: &wish, record: &record, seen: &seen, timings: &context.options.timings, now };
    let Some(plan) = deletion(&situation) else { return Ok(Ok(None)) };
    if plan.overall.reason.class() == Class::Person {
        return Ok(Err(Failure::new(plan.overall.reason, plan.overall.message)));
    }
    let means = apply::Means { context, endpoint: &endpoint, seen: &seen, installation: None, now };
    let applied = apply::apply(&means, Arc::clone(host), &plan).await?;
    let words = "the host is being switched off (spec.deletionPolicy: PowerOff)".to_owned();
    say(context, &applied.host, &applied.record, Look::Seen(&seen), words, now).await?;
    Ok(applied.failure.map_or(Ok(Some(context.options.timings.transition)), Err))
}

/// Shows how far the deletion is.
async fn say(
    context: &Context,
    host: &Arc<BareMetalHost>,
    record: &Record,
    look: Look<'_>,
    words: String,
    now: Timestamp,
) -> Result<(), ReconcileError> {
    let overall = Finding::new(Reason::Deleting, words);
    let outlook = Outlook { record, look, overall: &overall, plan: Vec::new(), next_retry_at: None, now };
    let status = status::build(host, &outlook);
    let written = status::write(context, host, status).await?;
    announce(context, host, &written, &overall).await;
    Ok(())
}

/// Lets the object go, with an event when something was left undone.
async fn release(
    context: &Context,
    host: &BareMetalHost,
    undone: Option<String>,
) -> Result<Action, ReconcileError> {
    if let Some(undone) = undone {
        let note = format!("Let go without switching the host off: {undone}");
        event::publish(&context.recorder, host, true, Reason::Released.as_str(), &note, "Release").await;
    }
    match set_finalizer(context, host, FINALIZER, false).await {
        Ok(_) => {}
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error),
    }
    Ok(Action::await_change())
}
