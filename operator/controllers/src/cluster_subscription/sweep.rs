//! Reserved records that this installation made and no object keeps any more.

use std::{collections::HashSet, time::Duration};

use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    subscription::{Account, INSTALLATION, LABEL_PREFIX, Record, RegistrarPort, Release, RemoteStatus},
};

use super::cluster_id;
use crate::context::{Context, RegistrarKind};

/// Looks through an account's reserved records, reports those that nobody keeps, and deletes them where the administrator wants it.
pub(super) async fn sweep(
    context: &Context,
    kind: RegistrarKind,
    account: &Account,
    youngest: Duration,
    now: Timestamp,
) -> Result<(), Failure> {
    if !context.subscriptions_seen.knows_all() {
        return Ok(());
    }
    let registrar = context.registrar(kind);
    let key = format!("{LABEL_PREFIX}{INSTALLATION}");
    let found = registrar.reserved_with_label(account, &key, &context.options.installation).await?;
    let witness = &context.subscriptions_seen;
    let mut kept: HashSet<String> =
        witness.objects().iter().filter_map(|object| cluster_id(object)).collect();
    kept.extend(witness.claimed());
    let orphans: Vec<_> = found.iter().filter(|record| is_orphan(record, &kept, youngest, now)).collect();
    let left = if context.options.delete_orphans {
        delete(registrar, account, &orphans).await?
    } else {
        report(account, &orphans)
    };
    context.metrics.found_orphans(account, left);
    Ok(())
}

/// A record that is no object's and old enough not to be one whose object is only just being made.
fn is_orphan(record: &Record, kept: &HashSet<String>, youngest: Duration, now: Timestamp) -> bool {
    let is_kept = record.cluster_id.as_ref().is_none_or(|id| kept.contains(id));
    let is_old = record.created_at.is_some_and(|made| made + youngest <= now);
    record.status == RemoteStatus::Reserved && !is_kept && is_old
}

fn report(account: &Account, orphans: &[&Record]) -> usize {
    for record in orphans {
        tracing::warn!(subscription = record.id, cluster = record.cluster_id, registrar = %account.url,
            "Reserved record has no object any more; delete it, or start the operator with --delete-orphaned-subscriptions");
    }
    orphans.len()
}

/// Deletes what is still reserved; answers how many are left.
async fn delete(
    registrar: &dyn RegistrarPort,
    account: &Account,
    orphans: &[&Record],
) -> Result<usize, Failure> {
    let mut left = orphans.len();
    for record in orphans {
        let now = registrar.read(account, &record.id).await?;
        if now.is_none_or(|now| now.status == RemoteStatus::Reserved) {
            registrar.release(account, &record.id, Release::Delete).await?;
            tracing::info!(subscription = record.id, cluster = record.cluster_id, "Orphaned record deleted");
        }
        left -= 1;
    }
    Ok(left)
}
