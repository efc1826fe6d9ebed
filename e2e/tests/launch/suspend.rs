//! Hosts that are held back.

use serde_json::{Value, json};
use slipway_e2e::Rack;
use slipway_e2e::rack::condition;
use slipway_sim::{Disk, MachineState};

use crate::scene::{SOON, rack, rebooted, resets, running};

async fn plan_of(rack: &Rack, index: usize, part: &str) -> Value {
    rack.wait(index, &format!("a plan with {part:?}"), |host| {
        let plan = &host["status"]["plan"];
        if plan.to_string().contains(part) { Ok(()) } else { Err(format!("status is {}", host["status"])) }
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_suspended_host_shows_what_would_be_done_is_watched_and_goes_on_when_resumed() {
    let rack = rack(running(2), "suspend").await;
    let (empty, busy) = (rack.fleet.machine(0), rack.fleet.machine(1));
    empty.power_off();
    empty.set_disk(Disk::Empty);
    let mut host = rack.host_to_install(0, "1");
    host["spec"]["suspend"] = json!(true);
    rack.apply(&host).await.unwrap();
    rack.apply(&rack.host(1)).await.unwrap();
    rack.wait_phase(1, "Available").await.unwrap();
    rack.patch(1, &json!({"suspend": true, "reboot": {"id": "r1", "mode": "Force"}})).await.unwrap();

    let host = plan_of(&rack, 0, "reset On for install:1:1").await;
    let ready = condition(&host, "Ready");
    assert_eq!((&ready["status"], &ready["reason"]), (&json!("False"), &json!("Suspended")));
    plan_of(&rack, 1, "reset ForceRestart for reboot:r1").await;
    // Observing goes on.
    busy.power_off();
    rack.wait_condition(1, "Powered", "False", "PoweredOff").await.unwrap();
    busy.power_on();
    rack.wait_condition(1, "Powered", "True", "PoweredOn").await.unwrap();
    for index in 0..2 {
        rack.wait_reads(index, 3).await.unwrap();
        assert_eq!(resets(&rack, index), json!({}), "{index}");
        assert_eq!(rack.fleet.bmc(index).counters().writes, 1, "only the login of {index}");
        rack.patch(index, &json!({"suspend": false})).await.unwrap();
    }

    let host = rack.wait_phase(0, "Installed").await.unwrap();
    assert!(host["status"]["plan"].is_null(), "{host}");
    empty.wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
    rebooted(&rack, 1, "r1").await;
    assert_eq!(resets(&rack, 0), json!({"On": 1}));
    assert_eq!(resets(&rack, 1), json!({"ForceRestart": 1}));
}
