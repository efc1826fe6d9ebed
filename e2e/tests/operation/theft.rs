//! A Lease that somebody takes, or deletes.

use std::time::Duration;

use http::Method;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Api, DeleteParams, PostParams};
use slipway_e2e::operator_access::NAMESPACE;
use slipway_e2e::{ControlPlane, Rack, wait_for};

use crate::machine::{ask, script_path};
use crate::scene::{LEASE, LIMIT, called, installed_once, operator, said, slow_machine, step};

async fn leases() -> Api<Lease> {
    Api::namespaced(ControlPlane::shared().await.unwrap().client().await.unwrap(), NAMESPACE)
}

fn holder(lease: &Lease) -> String {
    lease.spec.as_ref().unwrap().holder_identity.clone().unwrap_or_default()
}

/// Takes a Lease as any other operator would, and does not renew it.
async fn steal(name: &str) {
    let leases = leases().await;
    wait_for("the Lease to be stolen", LIMIT, || async {
        let mut lease = leases.get(name).await?;
        let spec = lease.spec.as_mut().unwrap();
        spec.holder_identity = Some("thief".to_owned());
        spec.renew_time = Some(MicroTime(Timestamp::now()));
        // Refused when the leader has renewed it in between.
        leases.replace(name, &PostParams::default(), &lease).await?;
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_leader_whose_lease_is_stolen_stops_at_once_and_leads_again_when_it_runs_out() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let machine = slow_machine(Duration::from_secs(7));
    let rack = Rack::options().fleet(machine).operator(operator(LEASE).identity("a"));
    let rack = rack.start(control_plane, "theft").await.unwrap();
    let name = format!("slipway-{}", rack.namespace.name());
    rack.operator.wait_leads(true, LIMIT).await.unwrap();

    // Deleted: made again, and nobody steps down.
    leases().await.delete(&name, &DeleteParams::default()).await.unwrap();
    wait_for("the Lease to be there again", LIMIT, || async {
        let lease = leases().await.get(&name).await?;
        anyhow::ensure!(holder(&lease) == "a", "held by {}", holder(&lease));
        Ok(())
    })
    .await
    .unwrap();
    assert!(rack.operator.leads().await.unwrap());
    let stands_by =
        |entry: &serde_json::Value| entry["message"].as_str().is_some_and(|m| m.contains("stands by"));
    assert!(!rack.operator.log().entries().iter().any(stands_by), "{}", rack.operator.log().tail(10));

    rack.apply(&rack.host_to_install(0, "1")).await.unwrap();
    step(&rack, "Installing").await.unwrap();
    steal(&name).await;
    said(&rack.operator, "this process stands by; thief leads").await.unwrap();
    let calls = || rack.fleet.bmc(0).counters().calls;
    let before = calls();
    // The boot service goes on.
    while !rack.operator.leads().await.unwrap() {
        // Read before it is asked whether it leads again: a call after that is the new leader's.
        let seen = calls();
        if !rack.operator.leads().await.unwrap() {
            // One may have been on its way.
            assert!(seen <= before + 1, "{before} calls, then {seen} of an operator that does not lead");
        }
        let script = ask(rack.boot, Method::GET, &script_path(&rack, 0), None).await.unwrap();
        assert!(script.status == 200 && script.text().contains("/v1/boot/"), "{}", script.text());
        assert_eq!(rack.operator.page("/readyz").await.unwrap().0, 200);
    }
    called(&rack, calls(), LIMIT).await.unwrap();
    installed_once(&rack).await.unwrap();
    let lease = leases().await.get(&name).await.unwrap();
    assert_eq!(holder(&lease), "a");
    assert_eq!(rack.operator.page("/healthz").await.unwrap().0, 200);
}
