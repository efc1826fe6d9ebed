//! Small properties of the machine.

use serde_json::json;
use slipway_e2e::wait_for;
use slipway_sim::{FleetConfig, Indicator, Shape};

use crate::scene::{SOON, rack};

#[tokio::test]
async fn asset_tag_indicator_and_watchdog_are_written_where_the_machine_has_them_and_then_left_alone() {
    let names = ["dell-idrac9", "supermicro-x13"];
    let shapes: Vec<_> = names.iter().map(|name| Shape::named(name).unwrap()).collect();
    let rack = rack(FleetConfig { shapes, ..FleetConfig::new(2) }, "property").await;
    for index in 0..2 {
        let mut host = rack.host(index);
        host["spec"]["assetTag"] = json!("U07");
        host["spec"]["indicator"] = json!("Blinking");
        host["spec"]["hostWatchdog"] = json!(true);
        rack.apply(&host).await.unwrap();
    }
    // Supermicro lights a location indicator, which cannot blink, and has no watchdog.
    for (index, light) in [Indicator::Blinking, Indicator::Lit].into_iter().enumerate() {
        let bmc = rack.fleet.bmc(index);
        wait_for("the properties", SOON, async || {
            let seen = (bmc.asset_tag(), bmc.indicator());
            anyhow::ensure!(seen == (Some("U07".to_owned()), light), "{seen:?}");
            Ok(())
        })
        .await
        .unwrap();
        rack.wait_phase(index, "Available").await.unwrap();
    }
    assert!(rack.fleet.bmc(0).watchdog().enabled);
    rack.patch(0, &json!({"indicator": "Off", "hostWatchdog": false})).await.unwrap();
    let bmc = rack.fleet.bmc(0);
    wait_for("the light to go out", SOON, async || {
        anyhow::ensure!(
            bmc.indicator() == Indicator::Off && !bmc.watchdog().enabled,
            "{:?}",
            bmc.indicator()
        );
        Ok(())
    })
    .await
    .unwrap();
    rack.fleet.clear_calls();
    for (index, name) in names.into_iter().enumerate() {
        rack.wait_reads(index, 3).await.unwrap();
        assert_eq!(rack.fleet.bmc(index).counters().writes, 0, "{name}");
    }
}
