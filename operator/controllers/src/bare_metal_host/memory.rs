//! Writes the annotation that backups and moves carry.

use std::sync::Arc;

use slipway_core::host::{Memory, Record};
use slipway_crds::v1alpha1::BareMetalHost;

use crate::{context::Context, error::ReconcileError, object};

/// Writes what the record adds to the memory; nothing when it adds nothing.
pub(crate) async fn write(
    context: &Context,
    host: &Arc<BareMetalHost>,
    record: &Record,
    pin: Option<&str>,
) -> Result<Arc<BareMetalHost>, ReconcileError> {
    let before: Memory = object::memory_of(host.as_ref());
    let after = before.updated(record, pin);
    if after == before { Ok(Arc::clone(host)) } else { object::remember(context, host, &after).await }
}
