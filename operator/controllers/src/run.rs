//! Runs the controllers over the namespaces they serve.

use std::{fmt::Debug, sync::Arc, time::Instant};

use futures::{FutureExt, Stream, StreamExt, TryStreamExt, future::BoxFuture};
use kube::{
    Api, ResourceExt,
    runtime::{
        Controller, WatchStreamExt,
        controller::{Action, Config},
        reflector, watcher,
    },
};
use serde::de::DeserializeOwned;
use slipway_crds::v1alpha1::{BareMetalHost, ClusterSubscription, Infrastructure, InstallProfile};
use tokio::sync::watch;

use crate::{
    bare_metal_host,
    bare_metal_host::tap::Tap,
    cluster_subscription,
    context::Context,
    duty::Claim,
    error::ReconcileError,
    infrastructure, install_profile,
    metrics::{ControllerLabels, ReconcileLabels},
    object::Object,
    pace,
};

/// What the controllers serve: one namespace, or (`None`) all.
pub type Scope = Option<String>;

/// Runs every controller over every scope until `stop` becomes true. Reconciles that are under way are finished.
pub async fn run(context: Arc<Context>, scopes: Vec<Scope>, stop: watch::Receiver<bool>) {
    for scope in &scopes {
        context.priming.expect_list();
        context.profiles.expect_list(scope);
    }
    let mut parts: Vec<BoxFuture<'static, ()>> = Vec::new();
    for scope in scopes {
        parts.push(hosts(Arc::clone(&context), scope.clone(), stop.clone()).boxed());
        parts.push(profiles(Arc::clone(&context), scope.clone(), stop.clone()).boxed());
        parts.push(infrastructures(Arc::clone(&context), scope.clone(), stop.clone()).boxed());
        parts.push(subscriptions(Arc::clone(&context), scope, stop.clone()).boxed());
    }
    futures::future::join_all(parts).await;
}

fn api<K>(context: &Context, scope: &Scope) -> Api<K>
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope>,
    K::DynamicType: Default,
{
    match scope {
        Some(namespace) => Api::namespaced(context.client.clone(), namespace),
        None => Api::all(context.client.clone()),
    }
}

/// The changes of a kind. After every failure the watch begins anew with a list: an API server that was set back to an older copy of its data
/// would else be asked for what comes after a version that it has not reached yet, and would be silent until then.
fn changes<K>(api: Api<K>) -> impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send
where
    K: kube::Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + Sync + 'static,
{
    futures::stream::unfold(None, move |watch| {
        let begin = || watcher(api.clone(), watcher::Config::default()).boxed();
        let mut watch = watch.unwrap_or_else(begin);
        async move {
            let event = watch.next().await?;
            if let Err(error) = &event {
                tracing::warn!(kind = %K::kind(&()), %error, "The watch ended; it begins anew");
            }
            let goes_on = event.is_ok().then_some(watch);
            Some((event, goes_on))
        }
    })
}

/// Resolves when the controllers are to stop.
pub(crate) async fn stopped(mut stop: watch::Receiver<bool>) {
    // A sender that is gone means the same as one that says stop.
    stop.wait_for(|stop| *stop).await.ok();
}

async fn hosts(context: Arc<Context>, scope: Scope, stop: watch::Receiver<bool>) {
    let (store, writer) = reflector::store();
    context.metrics.watch(store.clone());
    let (mut tap, departures) = Tap::new(Arc::clone(&context));
    let (echo, kept, seen) = (Arc::clone(&context), Arc::clone(&context), store.clone());
    let triggers = context.ledger.subscribe(scope.clone());
    let changes = changes(api::<BareMetalHost>(&context, &scope))
        .default_backoff()
        .modify(keep_what_is_read)
        .reflect(writer)
        .inspect_ok(move |event| tap.take(event))
        .applied_objects()
        .inspect_ok(move |host: &BareMetalHost| {
            kept.latest.share(seen.get(&reflector::ObjectRef::from_obj(host)));
        })
        .try_filter(move |host: &BareMetalHost| futures::future::ready(!echo.latest.is_echo(host)));
    let triggers = futures::stream::unfold(triggers, |mut triggers| async {
        triggers.recv().await.map(|host| (host, triggers))
    });
    // Each host waits for its own BMC only: the number of reconciles at once is not limited.
    let controller = Controller::for_stream(changes, store)
        .with_config(Config::default().concurrency(0))
        .reconcile_on(triggers)
        .reconcile_all_on(context.duty.changes())
        .graceful_shutdown_on(stopped(stop.clone()))
        .run(measured_host, failed, Arc::clone(&context))
        .for_each(|_| futures::future::ready(()));
    let releases = bare_metal_host::tap::release(Arc::clone(&context), departures, stop);
    futures::future::join(controller, releases).await;
}

/// A third of a host as it is sent is bookkeeping of the API server and of kubectl.
fn keep_what_is_read(host: &mut BareMetalHost) {
    host.metadata.managed_fields = None;
    if let Some(annotations) = &mut host.metadata.annotations {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
}

async fn measured_host(host: Arc<BareMetalHost>, context: Arc<Context>) -> Result<Action, ReconcileError> {
    let running = Arc::clone(&context);
    let namespace = host.namespace().unwrap_or_default();
    if context.duty.is_on(&namespace) {
        on_duty("baremetalhost", &namespace, &context, bare_metal_host::reconcile(host, running).boxed())
            .await
    } else {
        // Boxed, because a future is as large as the larger of the two.
        Box::pin(bare_metal_host::stand_by(host, &context)).await
    }
}

async fn measured_profile(
    profile: Arc<InstallProfile>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    let running = Arc::clone(&context);
    let namespace = profile.namespace().unwrap_or_default();
    if context.duty.is_on(&namespace) {
        let reconcile = install_profile::reconcile(profile, running).boxed();
        on_duty("installprofile", &namespace, &context, reconcile).await
    } else if context.duty.claim(&namespace) != Some(Claim::Theirs) {
        // Also while it is being claimed: the images are then there for the first hosts.
        Ok(install_profile::stand_by(&profile, &context))
    } else {
        Ok(Action::await_change())
    }
}

async fn measured_infrastructure(
    object: Arc<Infrastructure>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    let running = Arc::clone(&context);
    let namespace = object.namespace().unwrap_or_default();
    on_duty("infrastructure", &namespace, &context, infrastructure::reconcile(object, running).boxed()).await
}

async fn infrastructures(context: Arc<Context>, scope: Scope, stop: watch::Receiver<bool>) {
    let (store, writer) = reflector::store();
    context.racks_seen.watch(store.clone());
    context.metrics.watch_infrastructures(store.clone());
    let echo = Arc::clone(&context);
    let changes = changes(api::<Infrastructure>(&context, &scope))
        .default_backoff()
        .modify(|object: &mut Infrastructure| object.metadata.managed_fields = None)
        .reflect(writer)
        .applied_objects()
        .try_filter(move |object: &Infrastructure| {
            futures::future::ready(!echo.latest_infrastructures.is_echo(object))
        });
    // Each rack waits for its own account and its own end only: the number of reconciles at once is not limited.
    Controller::for_stream(changes, store)
        .with_config(Config::default().concurrency(0))
        .reconcile_all_on(context.duty.changes())
        .graceful_shutdown_on(stopped(stop))
        .run(measured_infrastructure, failed, context)
        .for_each(|_| futures::future::ready(()))
        .await;
}

async fn measured_subscription(
    object: Arc<ClusterSubscription>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    let running = Arc::clone(&context);
    let namespace = object.namespace().unwrap_or_default();
    on_duty(
        "clustersubscription",
        &namespace,
        &context,
        cluster_subscription::reconcile(object, running).boxed(),
    )
    .await
}

async fn subscriptions(context: Arc<Context>, scope: Scope, stop: watch::Receiver<bool>) {
    let (store, writer) = reflector::store();
    context.subscriptions_seen.watch(store.clone());
    context.metrics.watch_subscriptions(store.clone());
    let echo = Arc::clone(&context);
    let changes = changes(api::<ClusterSubscription>(&context, &scope))
        .default_backoff()
        .modify(|object: &mut ClusterSubscription| object.metadata.managed_fields = None)
        .reflect(writer)
        .applied_objects()
        .try_filter(move |object: &ClusterSubscription| {
            futures::future::ready(!echo.latest_subscriptions.is_echo(object))
        });
    // Each subscription waits for its own account only: the number of reconciles at once is not limited.
    Controller::for_stream(changes, store)
        .with_config(Config::default().concurrency(0))
        .reconcile_all_on(context.duty.changes())
        .graceful_shutdown_on(stopped(stop))
        .run(measured_subscription, failed, context)
        .for_each(|_| futures::future::ready(()))
        .await;
}

/// Reconciles while this process acts in the namespace. When it does not any more, what is under way is dropped: whoever acts then begins by
/// looking, as after a crash.
async fn on_duty(
    controller: &'static str,
    namespace: &str,
    context: &Context,
    reconcile: BoxFuture<'_, Result<Action, ReconcileError>>,
) -> Result<Action, ReconcileError> {
    let guarded = async {
        tokio::select! {
            biased;
            () = context.duty.over(namespace) => Ok(Action::await_change()),
            outcome = reconcile => outcome,
        }
    };
    if context.duty.is_on(namespace) {
        measured(controller, context, guarded).await
    } else {
        Ok(Action::await_change())
    }
}

/// Counts and times one reconcile.
async fn measured(
    controller: &'static str,
    context: &Context,
    reconcile: impl Future<Output = Result<Action, ReconcileError>>,
) -> Result<Action, ReconcileError> {
    let metrics = &context.metrics;
    let workers = metrics.active_workers.get_or_create_owned(&ControllerLabels { controller });
    workers.inc();
    let started = Instant::now();
    let running = context.vigil.begin(controller);
    let outcome = reconcile.await;
    drop(running);
    workers.dec();
    metrics
        .reconcile_time
        .get_or_create(&ControllerLabels { controller })
        .observe(started.elapsed().as_secs_f64());
    let result = match &outcome {
        Ok(_) => "success",
        Err(_) => "error",
    };
    metrics.reconciles.get_or_create(&ReconcileLabels { controller, result }).inc();
    if outcome.is_err() {
        metrics.reconcile_errors.get_or_create(&ControllerLabels { controller }).inc();
    }
    outcome
}

/// What the API refused is tried again with growing pauses; a conflict at once, with the newer object.
#[expect(clippy::needless_pass_by_value, reason = "the controller calls it so")]
fn failed<K: Object>(object: Arc<K>, error: &ReconcileError, context: Arc<Context>) -> Action {
    if error.is_not_found() {
        return Action::await_change();
    }
    let (metadata, kind) = (object.meta(), K::kind(&()));
    let uid = metadata.uid.clone().unwrap_or_default();
    let failures = context.ledger.failed(&uid);
    if matches!(error, ReconcileError::Conflict) {
        // Our own copy may be the stale one, when the API server was restored from an older copy of its data.
        K::latest(&context).forget(&uid);
        tracing::debug!(%kind, namespace = metadata.namespace, name = metadata.name, "Object was changed by another writer");
    } else {
        tracing::warn!(%kind, namespace = metadata.namespace, name = metadata.name, %error, failures, "Reconcile failed");
    }
    Action::requeue(pace::after_failure(&uid, failures))
}

async fn profiles(context: Arc<Context>, scope: Scope, stop: watch::Receiver<bool>) {
    let (store, writer) = reflector::store();
    let taken = Arc::clone(&context);
    let echo = Arc::clone(&context);
    let changes = changes(api::<InstallProfile>(&context, &scope))
        .default_backoff()
        .modify(|profile: &mut InstallProfile| profile.metadata.managed_fields = None)
        .reflect(writer)
        .inspect_ok(move |event| install_profile::take(&taken, &scope, event))
        .applied_objects()
        .try_filter(move |profile: &InstallProfile| {
            futures::future::ready(!echo.latest_profiles.is_echo(profile))
        });
    Controller::for_stream(changes, store)
        .with_config(Config::default().concurrency(8))
        .reconcile_all_on(context.duty.changes())
        .graceful_shutdown_on(stopped(stop))
        .run(measured_profile, failed, context)
        .for_each(|_| futures::future::ready(()))
        .await;
}
