//! What the tests of this program share.

use serde_json::{Value, json};
use slipway_e2e::{ControlPlane, Registry, RegistryOptions};
use slipway_sim::{Ocm, OcmCall, Telemetry};

/// Path of the records at the account service.
const RECORDS: &str = "/api/accounts_mgmt/v1/subscriptions";

/// A registry whose records at rest are looked at once a second.
pub(crate) async fn quick(test: &str) -> anyhow::Result<Registry> {
    start(Registry::options(), test).await
}

/// The same with other options.
pub(crate) async fn start(options: RegistryOptions, test: &str) -> anyhow::Result<Registry> {
    options.poll_interval("100ms").start(ControlPlane::shared().await?, test).await
}

/// An id for telemetry.
pub(crate) fn external(number: u32) -> String {
    format!("4c4c4544-0038-4b10-8051-{number:012x}")
}

/// Facts of an installed cluster.
pub(crate) fn installed(number: u32) -> Value {
    json!({"declared": {"installed": true, "externalClusterId": external(number)}})
}

/// A cluster of our organization's reports.
pub(crate) fn report(registry: &Registry, number: u32) -> String {
    registry.ocm.telemetry(&external(number), &of_ours())
}

/// What such a cluster sends.
pub(crate) fn of_ours() -> Telemetry {
    Telemetry { account: "slipway-sa".to_owned(), ..Telemetry::default() }
}

/// Calls to the account service from the `since`-th on that may have changed something.
pub(crate) fn writes(ocm: &Ocm, since: u64) -> Vec<OcmCall> {
    let calls = ocm.calls().into_iter().filter(|call| call.number > since);
    calls.filter(|call| call.method != "GET" && call.path.contains("/accounts_mgmt/")).collect()
}

/// How often records were listed.
fn lists(ocm: &Ocm) -> usize {
    ocm.calls().iter().filter(|call| call.path == RECORDS && call.status == Some(200)).count()
}

/// Waits until the records were listed this many times more.
pub(crate) async fn looked(registry: &Registry, times: usize) -> anyhow::Result<()> {
    let goal = lists(&registry.ocm) + times;
    registry.wait_ocm("the records are looked at again", |ocm| lists(ocm) >= goal).await
}

/// Waits until a record is as wanted.
pub(crate) async fn wait_record(
    registry: &Registry,
    id: &str,
    what: &str,
    is_so: impl Fn(&Value) -> bool,
) -> anyhow::Result<Value> {
    let read = |ocm: &Ocm| ocm.subscription(id).unwrap_or_default();
    let waited = registry.wait_ocm(what, |ocm| is_so(&read(ocm))).await;
    waited.map_err(|error| anyhow::anyhow!("{error:#}\nthe record is {}", read(&registry.ocm)))?;
    Ok(read(&registry.ocm))
}

/// A text of an object or a record.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Asserts that a list of parts is in a text.
pub(crate) fn assert_names(message: &Value, parts: &[&str]) {
    for part in parts {
        assert!(message.as_str().is_some_and(|text| text.contains(part)), "{part} is not in {message}");
    }
}

/// Pauses between calls with this method on this path, in seconds.
pub(crate) fn pauses(ocm: &Ocm, method: &str, path: &str) -> Vec<f64> {
    let calls = ocm.calls().into_iter().filter(|call| call.method == method && call.path.contains(path));
    let times: Vec<_> = calls.map(|call| call.wall).collect();
    times.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs_f64()).collect()
}
