//! Two installations for one namespace: the first that came serves it.

use std::time::Duration;

use serde_json::Value;
use slipway_e2e::{ApiProxy, ControlPlane, Rack};

use crate::scene::{LIMIT, called, installed_once, operator, said, slow_machine};

/// A claim is good for 20 times as long as a Lease.
const SHORT_LEASE: Duration = Duration::from_secs(1);

#[tokio::test]
async fn the_second_says_whose_it_is_does_nothing_and_follows_when_the_first_is_gone() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let proxy = ApiProxy::start(control_plane).await.unwrap();
    let first =
        Rack::options().fleet(slow_machine(Duration::ZERO)).operator(operator(SHORT_LEASE).identity("a"));
    let mut rack = first.start(control_plane, "claim").await.unwrap();
    rack.apply(&rack.host(0)).await.unwrap();
    rack.wait_phase(0, "Available").await.unwrap();

    let namespace = rack.namespace.name().to_owned();
    let second =
        operator(SHORT_LEASE).identity("b").lease(&format!("other-{namespace}")).namespace(&namespace);
    let second = second.api(proxy.url(), proxy.ca_pem()).start(control_plane).await.unwrap();
    let owner = format!(
        "the namespace is served by another installation of Slipway, slipway-system/slipway-{namespace}:"
    );
    let entry = said(&second, &owner).await.unwrap();
    assert_eq!(
        (&entry["level"], &entry["namespace"]),
        (&Value::from("WARN"), &Value::from(namespace.as_str()))
    );
    assert!(
        entry["message"]
            .as_str()
            .unwrap()
            .contains(&format!("kubectl -n {namespace} delete lease slipway-claim")),
        "{entry}"
    );
    // It leads its own installation, and serves nobody here.
    second.wait_leads(true, LIMIT).await.unwrap();
    rack.apply(&rack.host_to_install(0, "1")).await.unwrap();
    installed_once(&rack).await.unwrap();
    rack.operator.stop().await.unwrap();

    let calls = rack.fleet.bmc(0).counters().calls;
    let reconciled = || async {
        let metrics = second.metrics().await.unwrap();
        metrics.lines().any(|line| line.starts_with("controller_runtime_reconcile_total{"))
    };
    assert!(!reconciled().await, "the second has reconciled something");
    assert_eq!((proxy.writes(), rack.fleet.bmc(0).counters().calls), (0, calls), "{:?}", proxy.counts());
    said(&second, "this installation serves the namespace").await.unwrap();
    called(&rack, calls, LIMIT).await.unwrap();
    installed_once(&rack).await.unwrap();
}
