//! `ClusterSubscription`: one reconcile is fetch, validate, observe, plan, apply, status.

mod announcement;
mod apply;
mod around;
mod capability;
mod cluster;
mod conditions;
mod conflict;
mod deletion;
mod desk;
mod fetch;
mod known;
mod remote;
mod round;
mod status;
mod sweep;
mod turn;
mod validate;
mod witness;

use std::{sync::Arc, time::Duration};

use kube::{ResourceExt, runtime::controller::Action};
use slipway_core::subscription::{self as domain, Known, Memory};
use slipway_crds::v1alpha1::ClusterSubscription;
use uuid::Uuid;

use crate::{
    bare_metal_host::whole_second, context::Context, error::ReconcileError, latest::Latest, object,
    object::Object,
};
use round::Round;

pub(crate) use deletion::is_pending;
pub(crate) use witness::Witness;

impl Object for ClusterSubscription {
    fn latest(context: &Context) -> &Latest<Self> {
        &context.latest_subscriptions
    }
}

/// Our key at the registrar, once it is known.
fn cluster_id(object: &ClusterSubscription) -> Option<String> {
    object.spec.cluster_id.clone().or_else(|| object::memory_of::<_, Memory>(object).cluster_id)
}

/// How long a record that was asked for may take to be found; shorter where all looks are quicker.
fn settle(context: &Context) -> Duration {
    domain::SETTLE.min(context.options.timings.poll)
}

/// What is known of the record. A record that was asked for may show up for as long as it settles after the last moment at which it may have been
/// asked for; status says only when that began.
fn known_now(context: &Context, object: &ClusterSubscription, registrar: &str) -> Known {
    let known = known::known(object, registrar);
    let uid = object.uid().unwrap_or_default();
    let until = |_| context.subscriptions_seen.asked_until(&uid, context.clock.now());
    Known { reserving_since: known.reserving_since.map(until), ..known }
}

/// Brings one record one step further.
pub(crate) async fn reconcile(
    watched: Arc<ClusterSubscription>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    let context = context.as_ref();
    // Our own write may come back before it is known to be ours. It is no reason to look again.
    let is_echo = context.latest_subscriptions.is_echo(&watched);
    let object = context.latest_subscriptions.newer(watched);
    let uid = object.uid().unwrap_or_default();
    if let (true, Some(left)) = (is_echo, context.ledger.rest_left(&uid)) {
        return Ok(Action::requeue(left));
    }
    let now = whole_second(context.clock.now());
    if object.metadata.deletion_timestamp.is_some() {
        return Box::pin(deletion::reconcile(context, object, now)).await;
    }
    let object = deletion::keep_finalizer(context, object).await?;
    let object = with_cluster_id(context, object, &uid).await?;
    let cluster_id = cluster_id(&object).unwrap_or_default();
    let intent = object.status.as_ref().and_then(|status| status.intent.clone());
    let (capabilities, duplicates) = (None, None);
    let spec = object.spec.clone();
    let round =
        Round { context, object, uid, cluster_id, now, cluster: None, capabilities, duplicates, intent };
    Box::pin(round::run(round, &spec)).await
}

/// Makes the key of an object whose spec has none. It comes from the object's uid: a lost write brings the same again.
async fn with_cluster_id(
    context: &Context,
    object: Arc<ClusterSubscription>,
    uid: &str,
) -> Result<Arc<ClusterSubscription>, ReconcileError> {
    if cluster_id(&object).is_some() {
        return Ok(object);
    }
    let made =
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("slipway.dev/clustersubscription/{uid}").as_bytes());
    let memory = Memory { cluster_id: Some(made.to_string()), ..object::memory_of(object.as_ref()) };
    object::remember(context, &object, &memory).await
}
