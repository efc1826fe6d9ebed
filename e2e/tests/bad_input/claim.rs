//! Two objects for one machine.

use serde_json::{Value, json};
use slipway_e2e::rack::condition;
use slipway_e2e::{Rack, wait_for};
use slipway_sim::{Disk, FleetConfig};

use crate::scene::{SOON, mended, operator, resets, start, told};

/// Waits until the object of another name says the same, and returns its message.
async fn twin_told(rack: &Rack, reason: &str) -> String {
    wait_for(&format!("the twin to be told {reason}"), SOON, async || {
        let twin = rack.object("BareMetalHost", "baremetalhosts", "twin").await?;
        let ready = condition(&twin, "Ready");
        anyhow::ensure!(ready["reason"] == reason, "{ready}");
        Ok(ready["message"].as_str().unwrap().to_owned())
    })
    .await
    .unwrap()
}

fn twin(rack: &Rack, index: usize) -> Value {
    let mut twin = rack.host(index);
    twin["metadata"]["name"] = json!("twin");
    twin
}

#[tokio::test]
async fn of_two_objects_for_one_bmc_or_one_mac_both_name_the_other_and_one_goes_on_when_the_other_goes() {
    let running =
        FleetConfig { disk: Disk::Installed { generation: 1 }, powered_on: true, ..FleetConfig::new(2) };
    let rack = start(running, operator(), "claim").await;
    rack.apply(&rack.host(0)).await.unwrap();
    mended(&rack, 0).await;
    let name = |object: &str| format!("{}/{object}", rack.namespace.name());

    // One BMC; the twin, which would switch the machine off when it goes, must not do so.
    let mut same_bmc = twin(&rack, 0);
    same_bmc["spec"]["bootMacs"] = json!([]);
    same_bmc["spec"]["deletionPolicy"] = json!("PowerOff");
    rack.apply(&same_bmc).await.unwrap();
    let bmc = rack.fleet.socket(0).to_string();
    told(&rack, 0, ("Stalled", "True", "DuplicateBmc"), &[&bmc, &name("twin"), "delete one"]).await;
    let message = twin_told(&rack, "DuplicateBmc").await;
    assert!(message.contains(&bmc) && message.contains(&name("u00")), "{message}");
    rack.kubectl.ok(&["delete", "sbmh", "twin"]).await.unwrap();
    mended(&rack, 0).await;
    let event = rack.wait_event("twin", "Released").await.unwrap();
    assert!(event["note"].as_str().unwrap().contains(&name("u00")), "{event}");
    assert!(rack.fleet.machine(0).state().runs_from_disk());
    assert_eq!(resets(&rack, 0), 0);

    // One boot address.
    let mut same_mac = twin(&rack, 1);
    same_mac["spec"]["bootMacs"] = json!([rack.fleet.mac(0)]);
    rack.apply(&same_mac).await.unwrap();
    let mac = rack.fleet.mac(0);
    told(&rack, 0, ("Stalled", "True", "DuplicateMac"), &[&mac, "spec.bootMacs", &name("twin")]).await;
    let message = twin_told(&rack, "DuplicateMac").await;
    assert!(message.contains(&mac) && message.contains(&name("u00")), "{message}");
    rack.kubectl.ok(&["delete", "sbmh", "twin"]).await.unwrap();
    mended(&rack, 0).await;
    assert_eq!(rack.fleet.counters().reset_count(), 0);
}
