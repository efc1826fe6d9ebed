//! Two hundred connected racks of one account keep to the account's calls a minute and cost no write.
//!
//! At rest the budget is the shipped one, and the racks are scaled: two hundred racks, each looked at every five intervals of a minute, and
//! ten racks with an interval of three seconds make the same calls a minute, 40 at most. The start is the worst that there is, because all are due at once:
//! it is tried with two hundred racks and four times the shipped budget; with that itself it takes 104 seconds, which are mostly waiting.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, PostParams};
use serde_json::{Value, json};
use slipway_e2e::{ApiProxy, ControlPlane, OperatorOptions, Site, Verb, wait_for};
use slipway_sim::{CloudCall, Trouble};

const RACKS: usize = 200;
/// Calls of one account in any minute, and how many of them at once (`operator/oci/src/cloud/limits.rs`).
const A_MINUTE: usize = 480;
const BURST: usize = 10;
/// Calls under way at once: so many may come later than they were let go.
const UNDER_WAY: usize = 4;
const LIMIT: Duration = Duration::from_secs(150);
/// Reads of Secrets at a start, however many racks name them: the account, its authority, the key of the boot service.
const MOST_SECRETS: u64 = 3;
/// How much fewer racks and how much shorter an interval make the same calls a minute.
const SCALE: usize = 20;
/// Two hundred racks at rest, each every five minutes.
const A_REST_MINUTE: usize = 40;

/// A rack of this account that somebody else has connected.
fn rack(site: &Site, index: usize, id: &str) -> Value {
    let mut object = site.to_connect(0, &json!({}));
    let spec = object["spec"].as_object_mut().unwrap();
    spec.remove("lookup");
    spec.insert("infrastructureId".to_owned(), json!(id));
    object["metadata"] = json!({"name": Site::name(index), "namespace": site.namespace.name()});
    object
}

/// The status and the memory of one rack, as those of another.
fn told_of(model: &Value, pairs: [(&str, &str); 3]) -> Value {
    let told = |text: String, (of, other): (&str, &str)| text.replace(of, other);
    serde_json::from_str(&pairs.into_iter().fold(model.to_string(), told)).unwrap()
}

/// What an operator has made of the first rack, when it does not run any more.
async fn model(site: &mut Site, api: &Api<DynamicObject>, id: &str) -> Value {
    let object = rack(site, 0, id);
    api.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await.unwrap();
    let model = site.wait_connected(0).await.unwrap();
    site.operator.stop().await.unwrap();
    model
}

/// Makes the other racks' objects as an operator would leave them.
async fn populate(site: &Site, api: &Api<DynamicObject>, model: &Value, ids: &[String]) {
    let short = |id: &str| site.cloud.infrastructure(id).unwrap()["shortName"].as_str().unwrap().to_owned();
    let (first, first_short) = (&ids[0], short(&ids[0]));
    let made = ids.iter().enumerate().skip(1).map(|(index, id)| {
        let (name, its_short) = (Site::name(index), short(id));
        let pairs = [(first.as_str(), id.as_str()), ("rack0", &name), (&first_short, &its_short)];
        let mut object = rack(site, index, id);
        object["metadata"]["annotations"] = told_of(&model["metadata"]["annotations"], pairs);
        let status = told_of(&model["status"], pairs);
        async move {
            let object: DynamicObject = serde_json::from_value(object)?;
            let mut object = api.create(&PostParams::default(), &object).await?;
            object.data["status"] = status;
            api.replace_status(&name, &PostParams::default(), &object).await?;
            anyhow::Ok(())
        }
    });
    futures::stream::iter(made).buffer_unordered(8).try_collect::<()>().await.unwrap();
}

/// The most calls in any span of this length.
fn most_within(calls: &[CloudCall], span: Duration) -> usize {
    let span = span.try_into().unwrap();
    let within = |first: usize| {
        calls[first..].iter().take_while(|call| call.wall.duration_since(calls[first].wall) < span).count()
    };
    (0..calls.len()).map(within).max().unwrap_or_default()
}

/// How often each rack was looked at; nothing else is asked.
fn looks(calls: &[CloudCall]) -> BTreeMap<String, usize> {
    let mut looks = BTreeMap::new();
    // One that is under way has no status.
    for call in calls.iter().filter(|call| call.status.is_some()) {
        assert_eq!((call.method.as_str(), call.status), ("GET", Some(200)), "{call:?}");
        *looks.entry(call.infrastructure.clone().unwrap()).or_default() += 1;
    }
    looks
}

/// An operator that was started with so many connected racks, as an earlier one left them.
struct Stage {
    site: Site,
    proxy: ApiProxy,
}

async fn stage(racks: usize, operator: OperatorOptions) -> Stage {
    let control_plane = ControlPlane::shared().await.unwrap();
    let proxy = ApiProxy::start(control_plane).await.unwrap();
    let operator = operator.api(proxy.url(), proxy.ca_pem());
    let mut site = Site::options()
        .operator(operator)
        .keeping_the_budget()
        .start(control_plane, "rack-budget")
        .await
        .unwrap();
    site.cloud.add_fault(Trouble::StateShown { word: "CONNECTED".to_owned() }.into());
    let ids: Vec<String> = (0..racks).map(|index| site.record(index)).collect();
    let kind = GroupVersionKind::gvk("slipway.dev", "v1alpha1", "Infrastructure");
    let resource = ApiResource::from_gvk_with_plural(&kind, "infrastructures");
    let client = control_plane.client().await.unwrap();
    let api = Api::namespaced_with(client, site.namespace.name(), &resource);
    let model = model(&mut site, &api, &ids[0]).await;
    populate(&site, &api, &model, &ids).await;
    proxy.reset();
    site.cloud.clear_journal();
    site.operator.start_again().await.unwrap();
    Stage { site, proxy }
}

impl Stage {
    /// Waits until each rack was looked at so often; every call since the start.
    async fn looked(&self, racks: usize, times: usize) -> Vec<CloudCall> {
        wait_for("looks at every rack", LIMIT, || async {
            let looks = looks(&self.site.cloud.calls());
            let enough = looks.values().filter(|count| **count >= times).count();
            anyhow::ensure!(enough == racks, "{enough} racks were looked at {times} times");
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(self.proxy.writes(), 0, "{:?}", self.proxy.counts());
        self.site.cloud.calls()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_racks_that_are_due_at_once_keep_to_the_budget_and_have_one_turn_each() {
    let budget = format!("--oci-calls-per-minute={A_MINUTE}");
    let stage = stage(RACKS, OperatorOptions::default().poll_interval("60s").arg(budget)).await;
    let calls = stage.looked(RACKS, 1).await;
    let secrets = stage.proxy.counts().get(&(Verb::Get, "secrets".to_owned())).copied().unwrap_or_default();
    assert!(secrets <= MOST_SECRETS, "{secrets} reads of Secrets");
    let spans =
        [1, 5, 20, 60].map(|seconds| (seconds, most_within(&calls, Duration::from_secs(seconds as u64))));
    eprintln!("{} calls at the start; the most in so many seconds: {spans:?}", calls.len());
    for (seconds, most) in spans {
        let allowed = BURST + (A_MINUTE - BURST) * seconds / 60 + UNDER_WAY;
        assert!(most <= allowed, "{most} calls in {seconds} s, {allowed} are allowed");
    }
    let looks = looks(&calls);
    assert!(looks.values().all(|count| *count == 1), "some had two turns before others had one: {looks:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racks_at_rest_are_looked_at_every_five_intervals() {
    let operator = OperatorOptions::default().poll_interval("3s");
    let calls = stage(RACKS / SCALE, operator).await.looked(RACKS / SCALE, 5).await;
    // The first look is the start's.
    let minute = most_within(&calls[RACKS / SCALE..], Duration::from_mins(1));
    eprintln!("{minute} calls a minute at rest");
    // Within a minute an interval of 15 s may begin five times for the first of them.
    assert!(
        (A_REST_MINUTE / 2..=A_REST_MINUTE + RACKS / SCALE).contains(&minute),
        "{minute} calls a minute at rest"
    );
}
