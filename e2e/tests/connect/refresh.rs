//! A connection that is made anew before Oracle Cloud ends it, or after.

use serde_json::{Value, json};
use slipway_core::clock::SignedDuration;
use slipway_e2e::objects::condition;
use slipway_sim::Offence;

use crate::scene::{DAY, MINUTE, Scene, moment, order, turn_to};

#[tokio::test]
async fn a_refresh_that_is_asked_for_by_id_is_done_once() {
    let scene = Scene::connected("refresh-id", &json!({})).await;
    let since = scene.site.get(0).await.unwrap()["status"]["connectedSince"].clone();
    let wished = scene.site.to_connect(0, &json!({"refreshId": "spring"}));
    scene.site.apply(&wished).await.unwrap();
    scene.let_begin().await;
    let object = scene.step(2, "Connected").await;
    let done = &object["status"]["refresh"];
    assert_eq!(done["id"], "spring");
    assert!(done["completedAt"].is_string(), "{done}");
    assert!(moment(&object["status"]["connectedSince"]) > moment(&since), "{object}");
    let life = [order("REQUEST", "READY"), order("CONNECTED", "REJECT"), order("REQUEST", "READY")];
    assert_eq!(scene.orders(), life);

    scene.site.apply(&wished).await.unwrap();
    scene.looked(2).await;
    assert_eq!((scene.orders(), scene.posts().len()), (life.to_vec(), 2));
    scene.close(&[Offence::ConnectedToReject]).await;
}

#[tokio::test]
async fn within_the_window_before_the_end_the_connection_is_made_anew() {
    let window = json!({"start": "FREQ=WEEKLY;BYDAY=SU;BYHOUR=2", "duration": "4h"});
    let scene =
        Scene::connected("refresh-window", &json!({"refresh": {"before": "10d", "window": window}})).await;
    let status = scene.site.get(0).await.unwrap()["status"].clone();
    let (since, due) = (moment(&status["connectedSince"]).unwrap(), moment(&status["refreshDueAt"]).unwrap());
    let age = due.duration_since(since);
    assert!(
        age >= SignedDuration::from_hours(80 * 24) && age < SignedDuration::from_hours(88 * 24),
        "{age:#}"
    );
    assert_eq!(due.strftime("%a %H:%M").to_string(), "Sun 02:00");
    turn_to(&scene.site, due - SignedDuration::from_secs(2));
    scene.looked(2).await;
    assert_eq!(scene.orders().len(), 1, "made anew before the window");
    scene.site.advance(MINUTE);
    scene.let_begin().await;
    let object = scene.step(2, "Connected").await;
    let next = moment(&object["status"]["refreshDueAt"]).unwrap();
    assert!(next.duration_since(due) >= SignedDuration::from_hours(80 * 24), "{next}");
    assert_eq!(scene.orders()[1..], [order("CONNECTED", "REJECT"), order("REQUEST", "READY")]);
    scene.close(&[Offence::ConnectedToReject]).await;
}

#[tokio::test]
async fn a_running_upgrade_is_not_disturbed() {
    let scene = Scene::connected("refresh-upgrade", &json!({"refresh": {"before": "89d"}})).await;
    let upgrading =
        |is_active: bool| scene.site.cloud.set_upgrade(&scene.id, Some(json!({"isActive": is_active})));
    assert!(upgrading(true));
    scene.looked(1).await;
    scene.site.advance(DAY * 2);
    scene.site.wait_condition(0, "RefreshDue", "True", "RefreshDue").await.unwrap();
    scene.looked(2).await;
    assert_eq!(scene.orders().len(), 1, "made anew during an upgrade");
    assert!(upgrading(false));
    scene.let_begin().await;
    scene.step(2, "Connected").await;
    assert_eq!(scene.orders()[1..], [order("CONNECTED", "REJECT"), order("REQUEST", "READY")]);
    scene.close(&[Offence::ConnectedToReject]).await;
}

#[tokio::test]
async fn people_are_told_at_day_80_and_what_ends_at_day_90_is_connected_again() {
    let scene = Scene::connected("day-90", &json!({})).await;
    scene.site.advance(DAY * 80 + MINUTE);
    let object = scene.site.wait_condition(0, "RefreshDue", "True", "RefreshDue").await.unwrap();
    assert_eq!(condition(&object, "Ready")["status"], "True", "it is connected as asked");
    scene.looked(2).await;
    assert_eq!(scene.orders().len(), 1, "refreshed without being asked");

    scene.site.advance(DAY * 10);
    let object = scene.site.wait(0, "an expired connection", expired).await.unwrap();
    assert_eq!(object["status"]["phase"], "Connecting");
    assert!(object["status"]["connectedSince"].is_null(), "{object}");
    scene.let_begin().await;
    let object = scene.step(2, "Connected").await;
    assert_eq!(condition(&object, "RefreshDue"), Value::Null);
    assert_eq!(scene.orders().len(), 2);
    scene.close(&[]).await;
}

fn expired(object: &Value) -> Result<(), String> {
    let status = &object["status"];
    let is_so = status["handshake"]["result"] == "Expired" && status["connectionState"] == "REJECT";
    if is_so { Ok(()) } else { Err(format!("status is {status}")) }
}
