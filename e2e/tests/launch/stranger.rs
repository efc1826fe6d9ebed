//! Machines that nobody has made an object for.

use http::Method;
use serde_json::Value;
use slipway_e2e::{Rack, wait_for};
use slipway_sim::{BootOrder, Disk, FleetConfig, MachineState};

use crate::scene::{SOON, rack};

async fn strangers(rack: &Rack) -> Value {
    let address = rack.operator.metrics_address().unwrap();
    let (status, body) =
        Rack::http(Method::GET, &format!("http://{address}/boot/unknown"), "").await.unwrap();
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn an_unknown_machine_boots_from_its_disk_and_is_listed_until_somebody_claims_it() {
    let fleet = FleetConfig {
        boot_order: BootOrder::NetworkThenDisk,
        disk: Disk::Installed { generation: 1 },
        ..FleetConfig::new(1)
    };
    let rack = rack(fleet, "stranger").await;
    let machine = rack.fleet.machine(0);
    machine.power_on();
    let state = machine.wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
    assert_eq!((state.script_requests, state.installs_started), (1, 0));

    let listed = strangers(&rack).await;
    assert_eq!(listed[0]["mac"], rack.fleet.mac(0), "{listed}");
    assert!(listed[0]["why"].as_str().unwrap().contains("no host"), "{listed}");
    let metrics = rack.operator.metrics().await.unwrap();
    assert!(metrics.contains("slipway_boot_unknown_machines 1\n"), "{metrics}");
    let told = r#"slipway_boot_requests_total{kind="script",result="unknown"} 1"#;
    assert!(metrics.contains(told), "{metrics}");
    let log = rack.operator.log();
    log.wait_for("the stranger in the log", SOON, |entry| {
        entry["message"] == "Unknown machine asked for a boot script"
            && entry["mac"] == rack.fleet.mac(0).as_str()
    })
    .await
    .unwrap();

    rack.apply(&rack.host(0)).await.unwrap();
    wait_for("the list to be empty", SOON, async || {
        let listed = strangers(&rack).await;
        anyhow::ensure!(listed.as_array().is_some_and(Vec::is_empty), "{listed}");
        Ok(())
    })
    .await
    .unwrap();
}
