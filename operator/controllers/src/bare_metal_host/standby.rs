//! What a replica that does not lead does for a host: it answers the machine at the boot service and keeps what the machine reports.

use std::sync::Arc;

use kube::runtime::controller::Action;
use slipway_crds::v1alpha1::BareMetalHost;

use super::{Round, fetch, publish, record_of, whole_second};
use crate::{claims::key_of, context::Context, duty::Claim, error::ReconcileError};

/// Tells the boot service the same as the leader's is told, from the same status.
///
/// Reports that reached this replica are written to status as the leader would: with the resource version, so that neither writes over the other.
pub(crate) async fn stand_by(
    watched: Arc<BareMetalHost>,
    context: &Context,
) -> Result<Action, ReconcileError> {
    let host = context.latest.newer(watched);
    let key = key_of(&host);
    // Whose it is will be known in a moment, and the host looked at again; until then the boot service tells its machine to wait.
    let Some(claim) = context.duty.claim(&key.namespace) else { return Ok(Action::await_change()) };
    if claim == Claim::Theirs || host.metadata.deletion_timestamp.is_some() {
        context.boot.withdraw(&key);
        context.priming.host_came(&key.uid);
        return Ok(Action::await_change());
    }
    if host.spec.install.is_some() {
        context.profiles.listed(&key.namespace).await?;
    }
    let (mut record, now) = (record_of(&host), whole_second(context.clock.now()));
    let reboot = host.spec.reboot.as_ref().map(|reboot| reboot.id.as_str());
    context.ledger.recall(&key.uid, &mut record, reboot);
    let mut round = Round { context, host, record, now };
    round.take_reports().await?;
    let installation = fetch::installation(context, &round.host, round.record.install.as_ref(), now).await;
    publish::publish(context, &round.host, &round.record, installation.as_ref());
    Ok(Action::await_change())
}
