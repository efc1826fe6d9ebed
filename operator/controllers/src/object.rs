//! Writes objects: always with their resource version, so that who changed one in between wins, and remembers what was written.

use std::{fmt::Debug, sync::Arc};

use futures::future::BoxFuture;
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams, PostParams},
    core::NamespaceResourceScope,
};
use serde::{Serialize, de::DeserializeOwned};
use slipway_crds::MEMORY_ANNOTATION;

use crate::{context::Context, error::ReconcileError, latest::Latest};

/// A kind whose objects are written here.
pub(crate) trait Object:
    kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + Debug
    + DeserializeOwned
    + Serialize
    + Send
    + Sync
    + 'static
{
    /// Our own last writes of this kind.
    fn latest(context: &Context) -> &Latest<Self>;
}

fn api<K: Object>(context: &Context, object: &K) -> Api<K> {
    Api::namespaced(context.client.clone(), &object.namespace().unwrap_or_default())
}

fn written<K: Object>(context: &Context, mut object: K) -> Arc<K> {
    object.meta_mut().managed_fields = None;
    let object = Arc::new(object);
    K::latest(context).wrote(Arc::clone(&object));
    object
}

/// Writes the status that `object` carries.
///
/// Boxed, because the objects on their way are large and a reconcile has many places that write.
pub(crate) fn replace_status<K: Object>(
    context: &Context,
    object: K,
) -> BoxFuture<'_, Result<Arc<K>, ReconcileError>> {
    Box::pin(async move {
        let (objects, name) = (api(context, &object), object.name_any());
        let parameters = PostParams::default();
        let call = objects.replace_status(&name, &parameters, &object);
        Ok(written(context, ReconcileError::within("writing the status", call).await?))
    })
}

/// Changes metadata; `patch` carries the resource version.
pub(crate) async fn patch_metadata<K: Object>(
    context: &Context,
    object: &K,
    doing: &'static str,
    patch: &serde_json::Value,
) -> Result<Arc<K>, ReconcileError> {
    let (objects, name) = (api(context, object), object.name_any());
    let (parameters, patch) = (PatchParams::default(), Patch::Merge(patch));
    let call = objects.patch(&name, &parameters, &patch);
    Ok(written(context, ReconcileError::within(doing, call).await?))
}

/// What the annotation remembers. One that cannot be read counts as empty: the object is then one without history.
pub(crate) fn memory_of<K: Object, M: DeserializeOwned + Default>(object: &K) -> M {
    let Some(text) = object.annotations().get(MEMORY_ANNOTATION) else { return M::default() };
    serde_json::from_str(text).unwrap_or_else(|error| {
        tracing::warn!(%error, name = object.name_any(), "Annotation {MEMORY_ANNOTATION} cannot be read; taken as empty");
        M::default()
    })
}

/// Writes the annotation that backups and moves carry.
pub(crate) async fn remember<K: Object, M: Serialize + Sync>(
    context: &Context,
    object: &Arc<K>,
    memory: &M,
) -> Result<Arc<K>, ReconcileError> {
    let Ok(text) = serde_json::to_string(memory) else { return Ok(Arc::clone(object)) };
    let patch = serde_json::json!({"metadata": {
        "resourceVersion": object.resource_version(),
        "annotations": {MEMORY_ANNOTATION: text},
    }});
    patch_metadata(context, object.as_ref(), "writing the memory annotation", &patch).await
}

/// Adds or takes away a finalizer.
pub(crate) async fn set_finalizer<K: Object>(
    context: &Context,
    object: &K,
    finalizer: &str,
    wanted: bool,
) -> Result<Arc<K>, ReconcileError> {
    let mut names: Vec<_> = object.finalizers().iter().filter(|name| *name != finalizer).cloned().collect();
    if wanted {
        names.push(finalizer.to_owned());
    }
    let patch =
        serde_json::json!({"metadata": {"resourceVersion": object.resource_version(), "finalizers": names}});
    patch_metadata(context, object, "changing the finalizer", &patch).await
}

/// Whether the object carries a finalizer.
pub(crate) fn has_finalizer<K: Object>(object: &K, finalizer: &str) -> bool {
    object.finalizers().iter().any(|name| name == finalizer)
}
