//! Writes the annotation that backups and moves carry.

use std::sync::Arc;

use slipway_core::infrastructure::{Memory, Record};
use slipway_crds::v1alpha1::Infrastructure;

use super::record::whole_seconds;
use crate::{context::Context, error::ReconcileError, object};

/// Writes what the record adds to the memory; nothing when it adds nothing.
pub(super) async fn write(
    context: &Context,
    rack: &Arc<Infrastructure>,
    record: &Record,
    pin: Option<&str>,
) -> Result<Arc<Infrastructure>, ReconcileError> {
    let before: Memory = object::memory_of(rack.as_ref());
    let after = before.updated(&whole_seconds(record.clone()), pin);
    if after == before { Ok(Arc::clone(rack)) } else { object::remember(context, rack, &after).await }
}
