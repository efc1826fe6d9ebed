//! A thousand subscriptions at rest.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use kube::api::PostParams;
use serde_json::Value;
use slipway_e2e::{ApiProxy, ControlPlane, OperatorOptions, Registry};
use slipway_sim::Telemetry;

use crate::crowd::{LIMIT, external, installed, is_list, many, name};

const OBJECTS: usize = 1000;
/// Between two looks at a record at rest: ten times the polling interval.
const INTERVAL: Duration = Duration::from_secs(5);
const POLL: &str = "500ms";
const INTERVALS: u32 = 3;
const LISTS: u128 = 10;
/// Calls of an interval that are no lists: the organization, and now and then who we are and a token.
const OTHERS: u128 = 3;
/// What a thousand objects may cost in memory. It is 39 MB for the optimised operator; that of tests is not, and the futures of a thousand first
/// looks at once are larger there.
const MOST_BYTES: u64 = 52 << 20;
/// As the shipped Deployment sets it (`config/manager`).
const ARENAS: (&str, &str) = ("MALLOC_ARENA_MAX", "1");
const ACCOUNT: &str = "system:serviceaccount:slipway-system:slipway";

/// The text of one object or record as that of another.
fn told_of(model: &Value, pairs: &[(&str, &str)]) -> Value {
    let told = |text: String, (of, other): &(&str, &str)| text.replace(of, other);
    serde_json::from_str(&pairs.iter().fold(model.to_string(), told)).unwrap()
}

/// These clusters report.
fn report(registry: &Registry, indexes: Range<usize>) {
    let telemetry = Telemetry { account: "slipway-sa".to_owned(), ..Telemetry::default() };
    for index in indexes {
        registry.ocm.telemetry(&external(index), &telemetry);
    }
}

/// What an operator has made of the first object, when it does not run any more, and how much memory it had.
async fn model(registry: &mut Registry) -> (Value, u64) {
    let (_, cluster_id) = record(registry, 0);
    report(registry, 0..1);
    registry.apply(&object(registry, 0, &cluster_id)).await.unwrap();
    registry.wait_condition(&name(0), "TelemetryFresh", "True", "TelemetrySeen").await.unwrap();
    let model = registry.wait_ready(&name(0), "Active").await.unwrap();
    let bytes = registry.operator.resident_bytes().unwrap();
    registry.operator.stop().await.unwrap();
    (model, bytes)
}

/// An object of a cluster that somebody else has registered.
fn object(registry: &Registry, index: usize, cluster_id: &str) -> Value {
    let mut object = registry.subscription(&name(index), &installed(index));
    object["spec"]["clusterId"] = cluster_id.into();
    object
}

/// An active record; its id and its key.
fn record(registry: &Registry, index: usize) -> (String, String) {
    let cluster_id = uuid::Uuid::from_u128(index as u128).to_string();
    let id = registry.ocm.reserve_as("slipway-sa", &cluster_id, &name(index));
    registry.ocm.edit(&id, |record| {
        record["status"] = "Active".into();
        record["external_cluster_id"] = external(index).into();
    });
    (id, cluster_id)
}

/// Gives a record the labels of another.
fn label(registry: &Registry, id: &str, model: &Value) {
    for label in model["labels"].as_array().unwrap() {
        let (key, value) = (label["key"].as_str().unwrap(), label["value"].as_str().unwrap());
        registry.ocm.put_label("subscriptions", id, key, value);
    }
}

/// Makes the other objects with their records as an operator would leave them.
async fn populate(registry: &Registry, model: &Value) {
    let text = |field: &str| model["status"][field].as_str().unwrap();
    let first = registry.ocm.subscription(text("subscriptionId")).unwrap();
    let api = registry.api();
    many((1..OBJECTS).map(|index| {
        let (id, cluster_id) = record(registry, index);
        label(registry, &id, &first);
        let (own, its) = (name(index), external(index));
        let pairs = [
            (text("subscriptionId"), id.as_str()),
            (text("clusterId"), &cluster_id),
            (&external(0), &its),
            (&name(0), &own),
        ];
        let mut object = object(registry, index, &cluster_id);
        let memory = model["metadata"]["annotations"]["slipway.dev/memory"].clone();
        object["metadata"]["annotations"]["slipway.dev/memory"] = told_of(&memory, &pairs);
        for field in ["finalizers", "labels"] {
            object["metadata"][field] = model["metadata"][field].clone();
        }
        let status = told_of(&model["status"], &pairs);
        let api = &api;
        async move {
            let mut made = api.create(&PostParams::default(), &serde_json::from_value(object)?).await?;
            made.data["status"] = status;
            api.replace_status(&own, &PostParams::default(), &made).await?;
            Ok(())
        }
    }))
    .await;
    report(registry, 1..OBJECTS);
}

/// Writes of the operator in this test's namespace, as the API server counts them.
fn by_operator(control_plane: &ControlPlane, registry: &Registry) -> usize {
    let audited = control_plane.audited().unwrap().into_iter();
    let ours =
        audited.filter(|request| request.user == ACCOUNT && request.namespace == registry.namespace.name());
    ours.filter(slipway_e2e::audit::AuditedRequest::is_write).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_at_rest_cost_ten_lists_an_interval_and_no_write_while_telemetry_arrives() {
    let begin = Instant::now();
    let control_plane = ControlPlane::shared().await.unwrap();
    let proxy = ApiProxy::start(control_plane).await.unwrap();
    let operator = OperatorOptions::default().api(proxy.url(), proxy.ca_pem()).env(ARENAS.0, ARENAS.1);
    let options = Registry::options().operator(operator).poll_interval(POLL).keeping_the_budget();
    let mut registry = options.start(control_plane, "thousand").await.unwrap();
    let (model, few) = model(&mut registry).await;
    populate(&registry, &model).await;
    let populated = begin.elapsed();
    proxy.reset();
    registry.operator.start_again().await.unwrap();
    let all = f64::from(u32::try_from(OBJECTS).unwrap());
    registry.operator.wait_reconciles("clustersubscription", all, LIMIT).await.unwrap();
    assert_eq!(proxy.writes(), 0, "an operator that comes back has nothing to write: {:?}", proxy.counts());
    let settled = begin.elapsed();
    let audited = by_operator(control_plane, &registry);
    assert!(audited > 0, "the audit log sees writes");
    registry.ocm.clear_journal();
    let begin = Instant::now();
    for _ in 0..INTERVALS {
        report(&registry, 0..OBJECTS);
        registry.operator.wait_reconciles("clustersubscription", all, LIMIT).await.unwrap();
    }
    let (passed, calls) = (begin.elapsed(), registry.ocm.calls());
    let intervals = passed.as_millis() / INTERVAL.as_millis() + 1;
    let lists = calls.iter().filter(|call| is_list(call)).count() as u128;
    let others = calls.len() as u128 - lists;
    let many = registry.operator.resident_bytes().unwrap();
    eprintln!(
        "populated in {populated:?}, settled after {settled:?}; {lists} lists and {others} other calls in {passed:?}; \
         {few} B with one object, {many} B with {OBJECTS}, {} KiB more",
        many.saturating_sub(few) >> 10
    );
    assert_eq!(by_operator(control_plane, &registry), audited, "writes in the audit log");
    assert_eq!(proxy.writes(), 0, "writes through the proxy: {:?}", proxy.counts());
    let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
    for call in &calls {
        *kinds.entry(format!("{} {} {:?}", call.method, call.path, call.status)).or_default() += 1;
    }
    assert!(lists <= LISTS * intervals, "{lists} lists in {intervals} intervals: {kinds:?}");
    assert!(others <= OTHERS * intervals, "{others} other calls in {intervals} intervals: {kinds:?}");
    assert!(lists >= LISTS, "the records were looked at: {kinds:?}");
    assert!(many < few + MOST_BYTES, "{many} B with {OBJECTS} objects, {few} B with one");
    registry.assert_sound().await.unwrap();
}
