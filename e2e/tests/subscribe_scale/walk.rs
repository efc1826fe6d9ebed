//! A list of many pages that grows while it is read.

use slipway_e2e::{ControlPlane, OperatorOptions, Registry};
use slipway_sim::{Ocm, Position};

use crate::crowd::{LIMIT, api_calls, declare, is_list, wait_ready};

const ORPHANS: usize = 1000;
const BEFORE: usize = 3;
const DURING: usize = 5;

/// Reserved records of this installation that no object has.
fn orphans(ocm: &Ocm, installation: &str, range: std::ops::Range<usize>) {
    for index in range {
        let id = ocm.reserve_as("slipway-sa", &format!("orphan-{index}"), "Orphan");
        ocm.put_label("subscriptions", &id, "slipway.installation", installation);
    }
}

fn living(ocm: &Ocm, are_orphans: bool) -> usize {
    let records = ocm.subscriptions();
    let is_so = |record: &&serde_json::Value| {
        let is_orphan = record["cluster_id"].as_str().unwrap_or_default().starts_with("orphan-");
        record["status"] == "Reserved" && is_orphan == are_orphans
    };
    records.iter().filter(is_so).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_orphans_are_found_and_nothing_else_while_records_are_made() {
    let operator = OperatorOptions::default().arg("--delete-orphaned-subscriptions");
    let options = Registry::options().operator(operator).poll_interval("100ms");
    let registry = options.start(ControlPlane::shared().await.unwrap(), "walk").await.unwrap();
    let ocm = &registry.ocm;
    declare(&registry, 0..BEFORE).await;
    wait_ready(&registry, BEFORE, "Reserved").await;
    let id = ocm.subscriptions()[0]["id"].as_str().unwrap().to_owned();
    let installation = ocm.label("subscriptions", &id, "slipway.installation").unwrap();
    // Only the pages of many orphans have a second one.
    let page = ocm.gate().hold_on("GET", "page=2", 1, Position::BeforeEffect);
    orphans(ocm, &installation, 0..ORPHANS);
    assert!(page.reached(LIMIT).await, "no second page");
    orphans(ocm, &installation, ORPHANS..ORPHANS + DURING);
    declare(&registry, BEFORE..BEFORE + DURING).await;
    page.release();
    wait_ready(&registry, BEFORE + DURING, "Reserved").await;
    let swept = ocm.wait_until(LIMIT, |ocm| living(ocm, true) == 0).await;
    assert!(swept, "{} orphans are left", living(ocm, true));
    assert_eq!(living(ocm, false), BEFORE + DURING, "records that objects have are not touched");
    let unordered =
        api_calls(ocm).into_iter().find(|call| is_list(call) && !call.query.contains("orderBy=id"));
    assert!(unordered.is_none(), "a list without an order comes shuffled: {unordered:?}");
    registry.assert_sound().await.unwrap();
}
