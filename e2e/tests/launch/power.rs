//! The power state that is asked for.

use serde_json::{Value, json};
use slipway_e2e::Rack;
use slipway_sim::{Behaviour, MachineState, Power};

use crate::scene::{SOON, rack, resets, running};

async fn settled(rack: &Rack, index: usize, power: &str) {
    let probe = |host: &Value| {
        let status = &host["status"];
        if status["power"] == power && status["phase"] == "Available" && status["intent"].is_null() {
            Ok(())
        } else {
            Err(format!("status is {status}"))
        }
    };
    rack.wait(index, &format!("power {power}"), probe).await.unwrap();
}

#[tokio::test]
async fn power_is_held_as_asked_and_the_system_is_asked_before_it_is_cut() {
    let rack = rack(running(3), "power").await;
    let (polite, deaf) = (rack.fleet.machine(0), rack.fleet.machine(1));
    deaf.set_behaviour(Behaviour { ignores_graceful_shutdown: true, ..Behaviour::default() });
    for index in 0..3 {
        rack.apply(&rack.host(index)).await.unwrap();
        settled(&rack, index, "On").await;
    }
    // A host whose power is not managed is only watched.
    rack.fleet.machine(2).power_off();
    settled(&rack, 2, "Off").await;

    for index in 0..2 {
        rack.patch(index, &json!({"power": "Off"})).await.unwrap();
    }
    for index in 0..2 {
        settled(&rack, index, "Off").await;
    }
    assert_eq!(resets(&rack, 0), json!({"GracefulShutdown": 1}));
    assert_eq!(resets(&rack, 1), json!({"GracefulShutdown": 1, "ForceOff": 1}));

    rack.patch(0, &json!({"power": "On"})).await.unwrap();
    settled(&rack, 0, "On").await;
    polite.wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
    // Somebody switches it off: it is switched on again.
    polite.power_off();
    polite.wait_until(SOON, |state| state.power == Power::Off).await.unwrap();
    polite.wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
    settled(&rack, 0, "On").await;
    assert_eq!(resets(&rack, 0), json!({"GracefulShutdown": 1, "On": 2}));
    assert_eq!(resets(&rack, 2), json!({}));
}
