//! Kinds that are accepted from the first day and whose behaviour a later version brings: said on the object, never silently ignored.

use std::sync::Arc;

use futures::StreamExt;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{
    Api, ResourceExt,
    api::{ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams},
    runtime::{Controller, controller::Action, watcher},
};
use slipway_core::{finding::Finding, reason::Reason};
use slipway_crds::condition::NOT_YET_SUPPORTED;
use tokio::sync::watch;

use crate::{
    bare_metal_host::whole_second,
    condition::{Conditions, Truth},
    context::Context,
    error::ReconcileError,
    run::{Scope, measured, stopped},
};

/// The kinds, with their plural.
pub(crate) const KINDS: [(&str, &str); 1] = [("ClusterSubscription", "clustersubscriptions")];

/// Answers every object of one kind.
pub(crate) async fn run(
    context: Arc<Context>,
    kind: (&'static str, &'static str),
    scope: Scope,
    stop: watch::Receiver<bool>,
) {
    let resource =
        ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("slipway.dev", "v1alpha1", kind.0), kind.1);
    let api = match scope {
        Some(namespace) => Api::namespaced_with(context.client.clone(), &namespace, &resource),
        None => Api::all_with(context.client.clone(), &resource),
    };
    Controller::new_with(api, watcher::Config::default(), resource.clone())
        .graceful_shutdown_on(stopped(stop))
        .run(
            move |object, context| {
                let resource = resource.clone();
                let running = Arc::clone(&context);
                async move { measured(kind.1, &context, reconcile(object, running, resource)).await }
            },
            |_, error: &ReconcileError, _| {
                tracing::warn!(%error, "Reconcile failed");
                Action::requeue(std::time::Duration::from_secs(30))
            },
            context,
        )
        .for_each(|_| futures::future::ready(()))
        .await;
}

async fn reconcile(
    object: Arc<DynamicObject>,
    context: Arc<Context>,
    resource: ApiResource,
) -> Result<Action, ReconcileError> {
    let status = object.data.get("status");
    let previous: Vec<Condition> = status
        .and_then(|status| status.get("conditions"))
        .and_then(|conditions| serde_json::from_value(conditions.clone()).ok())
        .unwrap_or_default();
    let generation = object.metadata.generation;
    let message = format!("this version of Slipway does not act on {} objects yet", resource.kind);
    let finding = Finding::new(Reason::NotYetSupported, message);
    let mut conditions = Conditions::new(&previous, generation, whole_second(context.clock.now()));
    conditions.overall(&finding);
    conditions.set(NOT_YET_SUPPORTED, Truth::True, &finding);
    let conditions = conditions.list();
    let observed =
        status.and_then(|status| status.get("observedGeneration")).and_then(serde_json::Value::as_i64);
    if conditions == previous && observed == generation {
        return Ok(Action::await_change());
    }
    let api: Api<DynamicObject> =
        Api::namespaced_with(context.client.clone(), &object.namespace().unwrap_or_default(), &resource);
    let patch = serde_json::json!({"status": {"observedGeneration": generation, "conditions": conditions}});
    let (name, parameters, patch) = (object.name_any(), PatchParams::default(), Patch::Merge(&patch));
    ReconcileError::within("writing the status", api.patch_status(&name, &parameters, &patch)).await?;
    Ok(Action::await_change())
}
