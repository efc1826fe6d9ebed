//! Machines that never get to the boot service.

use serde_json::json;
use slipway_sim::{Behaviour, FleetConfig};

use crate::scene::{assert_nothing_leaked, installed, operator, start, told};

#[tokio::test]
async fn a_host_that_never_asks_for_its_script_is_started_as_often_as_the_profile_says_and_then_left() {
    let operator = operator().arg("--boot-timeout").arg("2s").arg("--shutdown-timeout").arg("2s");
    let rack = start(FleetConfig::new(1), operator, "boot").await;
    let mut profile = rack.profile();
    profile["spec"]["retries"] = json!(1);
    rack.apply(&profile).await.unwrap();
    let machine = rack.fleet.machine(0);
    machine.set_behaviour(Behaviour { never_asks_for_script: true, ..Behaviour::default() });
    rack.apply(&rack.host_to_install(0, "1")).await.unwrap();

    let cause = ["did not ask the boot service", "boot order", "spec.bootMacs"];
    let event = rack.wait_event("u00", "Retrying").await.unwrap();
    for word in cause {
        assert!(event["note"].as_str().unwrap().contains(word), "no {word:?} in {event}");
    }
    told(&rack, 0, ("Stalled", "True", "RetriesExhausted"), &["spec.install.id", cause[0], cause[1]]).await;
    rack.wait_reads(0, 4).await.unwrap();
    let sent = json!(rack.fleet.bmc(0).counters().resets);
    assert_eq!(sent, json!({"On": 2, "ForceOff": 1}));

    machine.set_behaviour(Behaviour::default());
    rack.apply(&rack.host_to_install(0, "2")).await.unwrap();
    installed(&rack, 0).await;
    assert_nothing_leaked(&rack, &[]).await;
}
