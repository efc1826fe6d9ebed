//! Writes the annotation that backups and moves carry.

use std::sync::Arc;

use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
};
use slipway_core::host::Record;
use slipway_crds::{MEMORY_ANNOTATION, v1alpha1::BareMetalHost};

use super::record::memory_of;
use crate::{context::Context, error::ReconcileError};

/// Writes what the record adds to the memory; nothing when it adds nothing.
pub(crate) async fn write(
    context: &Context,
    host: &Arc<BareMetalHost>,
    record: &Record,
    pin: Option<&str>,
) -> Result<Arc<BareMetalHost>, ReconcileError> {
    let before = memory_of(host);
    let after = before.updated(record, pin);
    if after == before {
        return Ok(Arc::clone(host));
    }
    let Ok(text) = serde_json::to_string(&after) else { return Ok(Arc::clone(host)) };
    let patch = serde_json::json!({"metadata": {
        "resourceVersion": host.resource_version(),
        "annotations": {MEMORY_ANNOTATION: text},
    }});
    patch_metadata(context, host, "writing the memory annotation", &patch).await
}

/// Changes metadata, carrying the resource version.
pub(crate) async fn patch_metadata(
    context: &Context,
    host: &BareMetalHost,
    doing: &'static str,
    patch: &serde_json::Value,
) -> Result<Arc<BareMetalHost>, ReconcileError> {
    let hosts: Api<BareMetalHost> =
        Api::namespaced(context.client.clone(), &host.namespace().unwrap_or_default());
    let (name, parameters, patch) = (host.name_any(), PatchParams::default(), Patch::Merge(patch));
    let call = hosts.patch(&name, &parameters, &patch);
    let mut written = ReconcileError::within(doing, call).await?;
    written.metadata.managed_fields = None;
    let written = Arc::new(written);
    context.latest.wrote(Arc::clone(&written));
    Ok(written)
}
