//! What is left of a rack at Oracle Cloud when its object goes.

use serde_json::json;
use slipway_sim::{ConnectionState, Fault, Offence, Trouble};

use crate::administrator::monthly;
use crate::scene::{self, MINUTE, Scene, options};

/// A connected rack whose object goes.
async fn gone(test: &str, policy: &str) -> Scene {
    let scene = Scene::open(test).await;
    let mut object = scene.site.to_connect(0, &json!({}));
    object["spec"]["deletionPolicy"] = json!(policy);
    object["spec"]["upgradeSchedule"] = json!({"displayName": "monthly", "events": monthly("weekend", 48)});
    scene.site.apply(&object).await.unwrap();
    scene.not_before().await;
    // Attaching the schedule counts as a change of the record, and so as the begin of its time in REJECT.
    let is_attached = |cloud: &slipway_sim::Cloud| {
        cloud.infrastructure(&scene.id).unwrap()["cccUpgradeScheduleId"].is_string()
    };
    assert!(scene.site.cloud.wait_until(MINUTE, is_attached).await);
    let scene = scene.connect().await;
    scene.site.cloud.clear_journal();
    scene.site.delete(0).await.unwrap();
    scene.site.wait_gone(0).await.unwrap();
    scene
}

#[tokio::test]
async fn by_default_everything_is_left_as_it_is() {
    let scene = gone("retain", "Retain").await;
    assert_eq!(scene.site.cloud.connection_state(&scene.id), Some(ConnectionState::Connected));
    assert_eq!(scene.site.cloud.schedules().len(), 1);
    let writes: Vec<_> = scene.site.cloud.calls().into_iter().filter(|call| call.method != "GET").collect();
    assert!(writes.is_empty(), "{writes:?}");
    scene.close(&[]).await;
}

#[tokio::test]
async fn the_connection_is_cut_when_the_policy_asks() {
    let scene = gone("cut", "Reject").await;
    assert_eq!(scene.site.cloud.connection_state(&scene.id), Some(ConnectionState::Reject));
    assert_eq!((scene.orders().len(), scene.site.cloud.schedules().len()), (1, 1));
    scene.close(&[Offence::WriteWithoutIfMatch, Offence::ConnectedToReject]).await;
}

#[tokio::test]
async fn record_and_schedule_go_when_the_policy_asks() {
    let scene = gone("delete", "Delete").await;
    assert!(scene.site.cloud.infrastructures().is_empty());
    assert!(scene.site.cloud.schedules().is_empty());
    let calls = scene.site.cloud.calls().into_iter().filter(|call| call.method == "DELETE");
    assert!(calls.map(|call| (call.status, call.if_match)).eq([(Some(204), true), (Some(204), true)]));
    scene.close(&[Offence::WriteWithoutIfMatch, Offence::ConnectedToReject]).await;
}

#[tokio::test]
async fn a_schedule_that_another_rack_uses_stays() {
    let site = scene::site(options().racks(2), "delete-shared").await;
    let ids = [site.record(0), site.record(1)];
    for index in 0..2 {
        let mut object = site.infrastructure(index);
        object["spec"]["deletionPolicy"] = json!("Delete");
        object["spec"]["upgradeSchedule"] =
            json!({"displayName": "monthly", "events": monthly("weekend", 48)});
        site.apply(&object).await.unwrap();
    }
    let attached = |cloud: &slipway_sim::Cloud| {
        ids.iter().all(|id| cloud.infrastructure(id).unwrap()["cccUpgradeScheduleId"].is_string())
    };
    assert!(site.cloud.wait_until(MINUTE, attached).await, "{}", site.operator.log().tail(20));
    site.delete(0).await.unwrap();
    site.wait_gone(0).await.unwrap();
    assert_eq!(site.cloud.infrastructures(), [ids[1].clone()]);
    assert_eq!(site.cloud.schedules().len(), 1);
    site.delete(1).await.unwrap();
    site.wait_gone(1).await.unwrap();
    assert!(site.cloud.schedules().is_empty() && site.cloud.infrastructures().is_empty());
    scene::close(&site, &[]).await;
}

#[tokio::test]
async fn a_deletion_whose_answer_is_lost_ends_well() {
    let scene = Scene::open("delete-lost").await;
    let mut object = scene.site.infrastructure(0);
    object["spec"]["deletionPolicy"] = json!("Delete");
    scene.site.apply(&object).await.unwrap();
    scene.site.wait_condition(0, "Ready", "True", "Observed").await.unwrap();
    let fault = scene.site.cloud.add_fault(Fault::new(Trouble::CutAfter).on("DELETE", &scene.id).once());
    scene.site.delete(0).await.unwrap();
    scene.site.wait_gone(0).await.unwrap();
    assert_eq!(scene.site.cloud.fault_hits(fault), 1);
    assert!(scene.site.cloud.infrastructures().is_empty());
    let released = scene.site.events(0).await.unwrap().into_iter().any(|event| event["reason"] == "Released");
    assert!(!released, "nothing was left undone");
    scene.close(&[]).await;
}
