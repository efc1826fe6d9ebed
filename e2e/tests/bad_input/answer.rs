//! BMCs that answer what no BMC should.

use slipway_sim::{Effect, Fault};

use crate::scene::{assert_nothing_leaked, mended, rack, told};

/// What the operator may grow by while a BMC sends it a gibibyte.
const GROWTH: u64 = 48 << 20;

#[tokio::test]
async fn html_nothing_and_a_gibibyte_are_told_apart_and_cost_no_memory() {
    let rack = rack(3, "answer").await;
    let effects = [Effect::Html, Effect::Empty, Effect::Endless { bytes: 1 << 30 }];
    let endless = effects.map(Fault::new).into_iter().enumerate().map(|(index, fault)| rack.fleet.bmc(index).add_fault(fault));
    let endless = endless.last().unwrap();
    let before = rack.operator.resident_bytes().unwrap();
    for index in 0..3 {
        rack.apply(&rack.host(index)).await.unwrap();
    }
    let mend = "check the address";
    let address = |index| rack.fleet.address(index);
    told(&rack, 0, ("Reachable", "False", "NotRedfish"), &[&address(0), "text/html", mend]).await;
    told(&rack, 1, ("Reachable", "False", "NotRedfish"), &[&address(1), "an empty body", mend]).await;
    told(&rack, 2, ("Reachable", "False", "AnswerTooLarge"), &[&address(2), "bytes", mend]).await;
    assert!(rack.fleet.bmc(2).wait_for_hits(endless, 3, crate::scene::SOON).await);
    let grown = rack.operator.resident_bytes().unwrap().saturating_sub(before);
    assert!(grown < GROWTH, "grown by {} MiB", grown >> 20);

    // Left alone after some failures, with the last of them in the message.
    told(&rack, 2, ("Reachable", "False", "CircuitOpen"), &[&address(2), "bytes"]).await;
    rack.fleet.bmcs().for_each(slipway_sim::Bmc::clear_faults);
    for index in 0..3 {
        mended(&rack, index).await;
    }
    assert_nothing_leaked(&rack, &[]).await;
}
