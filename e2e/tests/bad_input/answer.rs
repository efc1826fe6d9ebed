//! BMCs that answer what no BMC should.

use slipway_sim::{Effect, Fault};

use crate::scene::{SOON, assert_nothing_leaked, mended, rack, told, told_of_the_way};

/// What the operator may grow by while a BMC sends it a gibibyte.
const GROWTH: u64 = 48 << 20;

/// Registering, the answer and the open circuit; however often each is met again, it is one event that is counted.
const MOST_EVENTS: usize = 3;

#[tokio::test]
async fn html_nothing_and_a_gibibyte_are_told_apart_and_cost_no_memory() {
    let rack = rack(3, "answer").await;
    for (index, effect) in [Effect::Html, Effect::Empty].into_iter().enumerate() {
        rack.fleet.bmc(index).add_fault(Fault::new(effect));
    }
    let endless = rack.fleet.bmc(2).add_fault(Fault::new(Effect::Endless { bytes: 1 << 30 }));
    let before = rack.operator.resident_bytes().unwrap();
    for index in 0..3 {
        rack.apply(&rack.host(index)).await.unwrap();
    }
    let mend = "check the address";
    let address = |index| rack.fleet.address(index);
    told_of_the_way(&rack, 0, "NotRedfish", &[&address(0), "text/html", mend]).await;
    told_of_the_way(&rack, 1, "NotRedfish", &[&address(1), "an empty body", mend]).await;
    told_of_the_way(&rack, 2, "AnswerTooLarge", &[&address(2), "bytes", mend]).await;
    assert!(rack.fleet.bmc(2).wait_for_hits(endless, 3, SOON).await);
    let grown = rack.operator.resident_bytes().unwrap().saturating_sub(before);
    assert!(grown < GROWTH, "grown by {} MiB", grown >> 20);

    // Left alone after some failures, with the last of them in the message.
    told(&rack, 2, ("Reachable", "False", "CircuitOpen"), &[&address(2), "bytes"]).await;
    let events = rack.events("u02").await.unwrap();
    assert!(events.len() <= MOST_EVENTS, "{events:?}");
    rack.fleet.bmcs().for_each(slipway_sim::Bmc::clear_faults);
    for index in 0..3 {
        mended(&rack, index).await;
    }
    assert_nothing_leaked(&rack, &[]).await;
}
