//! A rack at rest costs the API server nothing and each BMC one cheap look per interval.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use slipway_e2e::objects::{condition, list};
use slipway_e2e::{ApiProxy, ControlPlane, OperatorOptions, Rack, wait_for};
use slipway_sim::{Counters, FleetConfig};

const HOSTS: usize = 100;
const INTERVALS: u64 = 10;
const INTERVAL: Duration = Duration::from_secs(2);
const LIMIT: Duration = Duration::from_secs(90);
const ACCOUNT: &str = "system:serviceaccount:slipway-system:slipway";
/// Resources that only the operator and this test's own set-up write.
const RESOURCES: [&str; 6] =
    ["baremetalhosts", "installprofiles", "infrastructures", "clustersubscriptions", "events", "secrets"];

/// `apiserver_request_total` of the writes to those resources, by its labels.
async fn writes(control_plane: &ControlPlane) -> BTreeMap<String, u64> {
    let metrics = control_plane.metrics().await.unwrap();
    let counted = metrics.lines().filter_map(|line| {
        let (labels, value) = line.strip_prefix("apiserver_request_total{")?.rsplit_once("} ")?;
        let has = |name: &str, values: &[&str]| {
            values.iter().any(|value| labels.contains(&format!("{name}=\"{value}\"")))
        };
        let written = has("verb", &["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"]);
        (written && has("resource", &RESOURCES)).then(|| (labels.to_owned(), value.parse().unwrap()))
    });
    counted.collect()
}

/// Waits until every host is looked at so many times more.
async fn looks(rack: &Rack, count: u64) {
    let before: Vec<_> = rack.fleet.bmcs().map(|bmc| bmc.counters().gets).collect();
    wait_for("looks at every host", LIMIT, || async {
        let least = rack.fleet.bmcs().zip(&before).map(|(bmc, before)| bmc.counters().gets - before).min();
        anyhow::ensure!(least >= Some(count), "one host was looked at {least:?} times");
        Ok(())
    })
    .await
    .unwrap();
}

async fn all_installed(rack: &Rack) {
    let hosts = (0..HOSTS).map(|index| rack.host_to_install(index, "1"));
    rack.apply(&list(hosts)).await.unwrap();
    wait_for("every host to be installed and its interfaces known", LIMIT, || async {
        let hosts = rack.list().await?;
        let done = hosts.iter().filter(|host| {
            let is_installed = condition(host, "Ready")["reason"] == "Installed";
            is_installed && host["status"]["hardware"]["nics"].is_array()
        });
        let done = done.count();
        anyhow::ensure!(done == HOSTS, "{done} of {HOSTS}");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_installed_hosts_at_rest_cost_no_write_and_one_look_an_interval() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let proxy = ApiProxy::start(control_plane).await.unwrap();
    let operator = OperatorOptions::default().api(proxy.url(), proxy.ca_pem()).poll_interval("2s");
    let options = Rack::options().fleet(FleetConfig::new(HOSTS)).operator(operator);
    let rack = options.start(control_plane, "steady").await.unwrap();
    all_installed(&rack).await;
    // What is still to be written of the last looks is written; then the rack is at rest.
    looks(&rack, 2).await;

    let by_operator = || {
        let audited = control_plane.audited().unwrap();
        audited.into_iter().filter(|request| request.user == ACCOUNT && request.is_write()).count()
    };
    let (metrics, audited) = (writes(control_plane).await, by_operator());
    assert!(
        metrics.values().sum::<u64>() >= HOSTS as u64 && audited >= HOSTS,
        "the counts see writes: {metrics:?}, {audited}"
    );
    proxy.reset();
    let begin = Instant::now();
    rack.fleet.clear_calls();
    looks(&rack, INTERVALS).await;
    let counters: Vec<Counters> = rack.fleet.bmcs().map(slipway_sim::Bmc::counters).collect();
    let passed = begin.elapsed();

    assert_eq!(writes(control_plane).await, metrics, "the API server's own metrics");
    assert_eq!(by_operator(), audited, "the API server's audit log");
    assert_eq!(proxy.writes(), 0, "{:?}", proxy.counts());
    let most = u64::try_from(passed.as_millis() / INTERVAL.as_millis()).unwrap() + 1;
    for (index, of_host) in counters.iter().enumerate() {
        assert!(of_host.gets <= most, "host {index}: {} GETs in {passed:?}", of_host.gets);
        assert_eq!(
            (of_host.writes, of_host.logins, of_host.calls),
            (0, 0, of_host.gets),
            "host {index}: {of_host:?}"
        );
    }
}
