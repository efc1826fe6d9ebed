//! Carries out a plan's effect. That a PIN is about to be given to a rack is stored first, in status and annotation.

use std::sync::Arc;

use slipway_core::{
    failure::{Effect as Happened, Failure},
    infrastructure::{
        Account, ConnectionState, Effect, Observation, Order, Plan, RackEndpoint, Record, pin_given, pin_lost,
    },
};
use slipway_crds::v1alpha1::Infrastructure;

use super::{
    fetch, memory,
    status::{self, Outlook},
};
use crate::{context::Context, error::ReconcileError};

/// What came of a plan.
pub(super) struct Applied {
    pub(super) object: Arc<Infrastructure>,
    pub(super) record: Record,
    /// The rack's record as OCI answered with it, when it was changed.
    pub(super) answer: Option<Observation>,
    /// Why the effect failed.
    pub(super) failure: Option<Failure>,
}

/// What effects are carried out with.
pub(super) struct Means<'a> {
    pub(super) context: &'a Context,
    pub(super) account: &'a Account,
    pub(super) seen: &'a Observation,
    pub(super) rack: Option<&'a RackEndpoint>,
    pub(super) outlook: Outlook<'a>,
}

/// Carries the plan's effect out.
pub(super) async fn apply(
    means: &Means<'_>,
    object: Arc<Infrastructure>,
    plan: &Plan,
) -> Result<Applied, ReconcileError> {
    let cloud = means.context.cloud.as_ref();
    let nothing = Applied { object, record: plan.record.clone(), answer: None, failure: None };
    let done = match &plan.effect {
        None => Ok(()),
        Some(Effect::Change { change, etag, after, .. }) => {
            if change.order.is_none() && change.upgrade_schedule_id.is_none() {
                means.context.metrics.drift.inc();
            }
            match cloud.change(means.account, &means.seen.id, change, etag.as_ref()).await {
                Ok(answer) => {
                    say(change.order, means.seen);
                    let record = Effect::taken(after, change.order, &answer);
                    return Ok(Applied { record, answer: Some(answer), ..nothing });
                }
                Err(failure) => Err(failure),
            }
        }
        Some(Effect::GivePin { before }) => return give_pin(means, nothing, before).await,
        Some(Effect::CreateSchedule(creation)) => {
            cloud.create_schedule(means.account, creation).await.map(|_| ())
        }
        Some(Effect::ChangeSchedule { id, etag, events }) => {
            means.context.metrics.drift.inc();
            cloud.change_schedule(means.account, id, events, etag.as_ref()).await.map(|_| ())
        }
    };
    Ok(Applied { failure: done.err(), ..nothing })
}

fn say(order: Option<Order>, seen: &Observation) {
    if let Some(order) = order {
        tracing::info!(
            infrastructure = seen.id,
            ?order,
            from = seen.state.as_ref().map(ConnectionState::as_str),
            "Order given"
        );
    }
}

/// Stores that the PIN is about to be given, then gives it, once.
async fn give_pin(means: &Means<'_>, nothing: Applied, before: &Record) -> Result<Applied, ReconcileError> {
    let (Some(pin), Some(rack)) = (&means.seen.pin, means.rack) else { return Ok(nothing) };
    let context = means.context;
    // The annotation goes first: were the status lost in between, it would still say that this PIN may be spent.
    let object = memory::write(context, &nothing.object, before, None).await?;
    let outlook = Outlook { record: before, ..means.outlook };
    let status = status::build(&object, &outlook);
    let object = status::write(context, &object, status).await?;
    if !context.racks_seen.spend(&means.seen.id, pin) {
        // Another object of this rack was faster. The next look finds the PIN spent.
        return Ok(Applied { object, ..nothing });
    }
    let outcome = context.racks.give_pin(rack, pin).await;
    let outcome = outcome.map_err(|failure| fetch::placed(&object, failure));
    tracing::info!(
        infrastructure = means.seen.id,
        attempt = before.handshake.attempt,
        ok = outcome.is_ok(),
        "PIN given to the rack"
    );
    Ok(match outcome {
        Ok(fingerprint) => Applied { object, record: pin_given(before, fingerprint), ..nothing },
        Err(failure) if failure.effect == Happened::None => {
            context.racks_seen.keep(&means.seen.id, pin);
            Applied { object, failure: Some(failure), ..nothing }
        }
        Err(failure) => Applied { object, record: pin_lost(before), failure: Some(failure), ..nothing },
    })
}
