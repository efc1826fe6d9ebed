//! Machines that are not the one that is meant.

use serde_json::json;
use slipway_sim::SecondSystem;

use crate::scene::{assert_nothing_leaked, installed, mended, rack, resets, told};

const ANOTHER: &str = "00000000-1111-4222-8333-444444444444";

#[tokio::test]
async fn one_of_several_systems_or_another_machine_is_not_acted_upon_until_it_is_named() {
    let rack = rack(3, "identity").await;
    rack.fleet.bmc(0).set_second_system(Some(SecondSystem::Bootable));
    let mut wrong = rack.host_to_install(1, "1");
    wrong["spec"]["identity"] = json!({"uuid": ANOTHER});
    wrong["spec"]["power"] = json!("On");
    for host in [rack.host_to_install(0, "1"), wrong, rack.host(2)] {
        rack.apply(&host).await.unwrap();
    }
    mended(&rack, 2).await;
    // The board of the third is swapped.
    rack.fleet.machine(2).set_identity(|identity| ANOTHER.clone_into(&mut identity.uuid));
    rack.patch(2, &json!({"power": "On"})).await.unwrap();

    let address = rack.fleet.address(0);
    told(&rack, 0, ("Stalled", "True", "SystemAmbiguous"), &[&address, "systemId", "\"1\", \"1-second\""])
        .await;
    let mismatch = ("IdentityVerified", "False", "IdentityMismatch");
    told(&rack, 1, mismatch, &["spec.identity", ANOTHER, &rack.fleet.uuid(1)]).await;
    told(&rack, 2, mismatch, &["seen before", ANOTHER, &rack.fleet.uuid(2), "delete the object"]).await;
    rack.wait_reconciles(12.0).await.unwrap();
    for index in 0..3 {
        assert_eq!(resets(&rack, index), 0, "{index}");
        assert_eq!(rack.fleet.bmc(index).counters().writes, 1, "only the login of {index}");
    }

    rack.patch(0, &json!({"management": {"redfish": {"systemId": "1"}}})).await.unwrap();
    rack.patch(1, &json!({"identity": {"uuid": rack.fleet.uuid(1).to_uppercase()}})).await.unwrap();
    rack.delete(2).await.unwrap();
    rack.wait_gone(2).await.unwrap();
    rack.apply(&rack.host(2)).await.unwrap();
    installed(&rack, 0).await;
    installed(&rack, 1).await;
    mended(&rack, 2).await;
    assert_nothing_leaked(&rack, &[]).await;
}
