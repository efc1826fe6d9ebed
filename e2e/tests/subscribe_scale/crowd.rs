//! What the tests of this program share.

use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use slipway_e2e::objects::condition;
use slipway_e2e::{Registry, wait_for};
use slipway_sim::{Ocm, OcmCall};

/// Path of the records at the account service.
const RECORDS: &str = "/api/accounts_mgmt/v1/subscriptions";
pub(crate) const LIMIT: Duration = Duration::from_secs(90);
/// Requests to the API server at once.
const AT_ONCE: usize = 24;

pub(crate) fn name(index: usize) -> String {
    format!("edge-{index:04}")
}

/// An id for telemetry.
pub(crate) fn external(index: usize) -> String {
    format!("4c4c4544-0038-4b10-8051-{index:012x}")
}

/// Facts of an installed cluster.
pub(crate) fn installed(index: usize) -> Value {
    json!({"cluster": {"declared": {"installed": true, "externalClusterId": external(index)}}})
}

/// Carries out many requests, some at once.
pub(crate) async fn many<F>(all: impl Iterator<Item = F>)
where
    F: Future<Output = anyhow::Result<()>>,
{
    futures::stream::iter(all).buffer_unordered(AT_ONCE).try_collect::<()>().await.unwrap();
}

/// Makes so many objects of clusters that are not installed.
pub(crate) async fn declare(registry: &Registry, indexes: impl Iterator<Item = usize>) {
    let api = registry.api();
    many(indexes.map(|index| {
        let object = registry.subscription(&name(index), &json!({}));
        let api = &api;
        async move {
            api.create(&PostParams::default(), &serde_json::from_value(object)?).await?;
            Ok(())
        }
    }))
    .await;
}

/// Renames so many records.
pub(crate) async fn rename(registry: &Registry, indexes: impl Iterator<Item = usize>, display_name: &str) {
    let (api, patch) = (registry.api(), json!({"spec": {"displayName": display_name}}));
    many(indexes.map(|index| {
        let (api, patch) = (&api, Patch::Merge(&patch));
        async move {
            api.patch(&name(index), &PatchParams::default(), &patch).await?;
            Ok(())
        }
    }))
    .await;
}

/// Waits until so many objects are, as they are asked for now, ready for this reason.
pub(crate) async fn wait_ready(registry: &Registry, number: usize, reason: &str) {
    wait_for(&format!("{number} objects to be ready"), LIMIT, || async {
        let objects = registry.objects.list().await?;
        let is_so = |object: &&Value| {
            let ready = condition(object, "Ready");
            let is_now = object["status"]["observedGeneration"] == object["metadata"]["generation"];
            is_now && ready["status"] == "True" && ready["reason"] == reason
        };
        let done = objects.iter().filter(is_so).count();
        anyhow::ensure!(done == number, "{done} of {number}");
        Ok(())
    })
    .await
    .unwrap();
}

pub(crate) fn is_list(call: &OcmCall) -> bool {
    call.method == "GET" && call.path == RECORDS
}

/// Calls to the account service itself; those for tokens are not counted.
pub(crate) fn api_calls(ocm: &Ocm) -> Vec<OcmCall> {
    ocm.calls().into_iter().filter(|call| call.path.contains("/accounts_mgmt/")).collect()
}
