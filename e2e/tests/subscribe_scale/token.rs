//! One token for any number of objects.

use slipway_e2e::{ControlPlane, Registry};
use slipway_sim::Position;

use crate::crowd::{LIMIT, declare, rename, wait_ready};

const OBJECTS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_objects_ask_for_one_token_and_for_another_when_it_ends_under_way() {
    let registry = Registry::options().start(ControlPlane::shared().await.unwrap(), "tokens").await.unwrap();
    let tokens = || registry.ocm.token_requests().len();
    declare(&registry, 0..OBJECTS).await;
    wait_ready(&registry, OBJECTS, "Reserved").await;
    assert_eq!(tokens(), 1, "{:?}", registry.ocm.token_requests());

    let change = registry.ocm.gate().hold_on("PATCH", "/subscriptions/", 1, Position::BeforeEffect);
    rename(&registry, 0..OBJECTS, "Edge").await;
    assert!(change.reached(LIMIT).await, "no change");
    registry.ocm.revoke_access_tokens();
    change.release();
    wait_ready(&registry, OBJECTS, "Reserved").await;
    assert_eq!(tokens(), 2, "{:?}", registry.ocm.token_requests());
    let records = registry.ocm.subscriptions();
    assert_eq!(records.len(), OBJECTS);
    let named = records.iter().filter(|record| record["display_name"] == "Edge").count();
    assert_eq!(named, OBJECTS, "every change was made with the other token");
    let refused = registry.ocm.calls().iter().filter(|call| call.status == Some(401)).count();
    assert!(refused > 0, "the token did not end under way");
    registry.assert_sound().await.unwrap();
}
