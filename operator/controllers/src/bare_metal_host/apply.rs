//! Runs a plan's effects, in order. A reset is recorded before it is sent.

use std::sync::Arc;

use slipway_core::{
    clock::Timestamp,
    failure::{Effect as Happened, Failure},
    host::{Effect, Endpoint, Observation, Plan, Record, Reset},
};
use slipway_crds::v1alpha1::BareMetalHost;

use super::{
    announcement::announce,
    fetch::Installation,
    memory, publish,
    status::{self, Look, Outlook},
};
use crate::{context::Context, error::ReconcileError, event, metrics::PowerLabels};

/// What came of a plan.
pub(crate) struct Applied {
    pub(crate) host: Arc<BareMetalHost>,
    pub(crate) record: Record,
    /// The effect that failed, if one did; those after it were not tried.
    pub(crate) failure: Option<Failure>,
}

impl Applied {
    /// Nothing was carried out: the host is suspended, or the plan has no effects.
    pub(crate) fn nothing(host: Arc<BareMetalHost>, plan: &Plan) -> Self {
        Self { host, record: plan.record.clone(), failure: None }
    }
}

/// What effects are carried out with.
pub(crate) struct Means<'a> {
    pub(crate) context: &'a Context,
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) seen: &'a Observation,
    pub(crate) installation: Option<&'a Installation>,
    pub(crate) now: Timestamp,
}

/// Carries the plan out.
pub(crate) async fn apply(
    means: &Means<'_>,
    host: Arc<BareMetalHost>,
    plan: &Plan,
) -> Result<Applied, ReconcileError> {
    let mut applied = Applied::nothing(host, plan);
    let port = &means.context.hosts;
    for effect in &plan.effects {
        let outcome = match effect {
            Effect::BootFrom(source) => port.boot_from(means.endpoint, source).await,
            Effect::WriteProperties(changes) => {
                means.context.metrics.drift.inc();
                port.write_properties(means.endpoint, changes).await
            }
            Effect::Reset { reset, before, after } => {
                reset_once(means, &mut applied, plan, *reset, before, after).await?
            }
        };
        if let Err(failure) = outcome {
            applied.failure = Some(failure);
            break;
        }
    }
    Ok(applied)
}

/// Writes the intent, then sends the reset. The write carries the resource version: of two operators only one comes past it.
async fn reset_once(
    means: &Means<'_>,
    applied: &mut Applied,
    plan: &Plan,
    reset: Reset,
    before: &Record,
    after: &Record,
) -> Result<Result<(), Failure>, ReconcileError> {
    if before.install.as_ref().is_some_and(|install| !install.is_installed()) {
        // The installation on the disk is about to be none any more: were the status lost from here on, an annotation that
        // still names it would let the host be reset in the middle of the new one.
        applied.host = memory::write(means.context, &applied.host, before, None).await?;
    }
    let outlook = Outlook {
        record: before,
        look: Look::Seen(means.seen),
        overall: &plan.overall,
        plan: Vec::new(),
        next_retry_at: None,
        now: means.now,
    };
    let status = status::build(&applied.host, &outlook);
    let earlier = Arc::clone(&applied.host);
    applied.host = status::write(means.context, &applied.host, status).await?;
    applied.record = before.clone();
    means.context.ledger.learn(&means.endpoint.host.uid, before);
    publish::publish(means.context, &applied.host, before, means.installation);
    let outcome = means.context.hosts.reset(means.endpoint, reset).await;
    // People are told afterwards: nothing that may take time stands between the look at the machine and the reset.
    announce(means.context, &earlier, &applied.host, &plan.overall).await;
    report(means, &applied.host, reset, before, &outcome).await;
    applied.record = match &outcome {
        Ok(()) => after.clone(),
        // Nothing happened: as if it had not been begun.
        Err(failure) if failure.effect == Happened::None => plan.record.clone(),
        Err(_) => before.clone(),
    };
    Ok(outcome)
}

async fn report(
    means: &Means<'_>,
    host: &BareMetalHost,
    reset: Reset,
    record: &Record,
    outcome: &Result<(), Failure>,
) {
    let request = record.intent.as_ref().map_or("", |intent| intent.request.as_str());
    let (result, warning, note) = match outcome {
        Ok(()) => ("success", false, format!("Sent {reset} for {request}")),
        Err(failure) => ("error", true, format!("{reset} for {request} failed: {failure}")),
    };
    let initiator = match request.split(':').next() {
        Some("install") => "install",
        Some("reboot") => "reboot",
        _ => "power",
    };
    tracing::info!(host.namespace = means.endpoint.host.namespace, host.name = means.endpoint.host.name, %reset, request, result, "Reset sent");
    means
        .context
        .metrics
        .power_actions
        .get_or_create(&PowerLabels { action: reset.as_str(), initiator, result })
        .inc();
    let reason = if warning { "ResetFailed" } else { "ResetSent" };
    event::publish(&means.context.recorder, host, warning, reason, &note, &note).await;
}
