//! Upgrade schedules (facts/oci.md §1.6).

use crate::caller::{INFRASTRUCTURES, SCHEDULES, infrastructure, schedule};
use crate::scene::Scene;
use serde_json::{Value, json};

fn event(duration: &str, recurrences: Option<&str>) -> Value {
    json!({
        "description": "window",
        "timeStart": "2026-02-07T00:00:00Z",
        "scheduleEventDuration": duration,
        "scheduleEventRecurrences": recurrences,
    })
}

fn wanted(scene: &Scene, events: &Value) -> Value {
    json!({"displayName": "quarterly", "compartmentId": scene.account.compartment, "events": events})
}

const QUARTERLY: Option<&str> = Some("FREQ=MONTHLY;INTERVAL=3;BYDAY=1SA");

#[tokio::test]
async fn a_schedule_is_made_read_changed_and_deleted() {
    let scene = Scene::start().await;
    let body = wanted(&scene, &json!([event("PT48H", QUARTERLY), event("PT2H", None)]));
    let made = scene.caller.post(SCHEDULES, &body).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let id = made.body["id"].as_str().unwrap();
    let first = &made.body["events"][0];
    assert_eq!((&first["name"], &first["scheduleEventDuration"]), (&json!("event-1"), &json!("PT48H")));
    assert!(made.body["events"][1].get("scheduleEventRecurrences").is_none_or(Value::is_null));
    assert_eq!(scene.caller.get(&schedule(id)).await.body, made.body);
    let change = json!({"events": [event("P7D", Some("FREQ=DAILY"))]});
    let changed = scene.caller.put(&schedule(id), &change, &made.etag()).await;
    assert_eq!(changed.body["events"].as_array().unwrap().len(), 1);
    assert_eq!(scene.caller.put(&schedule(id), &change, &made.etag()).await.status, 412);
    let list = scene.caller.get(SCHEDULES).await;
    assert!(list.body["items"][0].get("events").is_none());
    assert_eq!(scene.caller.delete(&schedule(id), &changed.etag()).await.status, 204);
    assert_eq!(scene.caller.get(&schedule(id)).await.status, 404);
}

#[tokio::test]
async fn the_rule_of_48_hours_every_three_months_is_enforced() {
    let scene = Scene::start().await;
    let mut late = event("PT48H", QUARTERLY);
    late["timeStart"] = json!("2026-02-07T00:00:00+02:00");
    for events in [
        json!([]),
        json!([event("PT47H", QUARTERLY)]),
        json!([event("PT48H", None)]),
        json!([event("PT48H", Some("FREQ=MONTHLY;INTERVAL=4"))]),
        json!([event("PT47H", QUARTERLY), event("PT48H", Some("FREQ=YEARLY"))]),
        json!([event("48 hours", QUARTERLY)]),
        json!([event("PT48H", Some("every quarter"))]),
        json!([late]),
    ] {
        let refused = scene.caller.post(SCHEDULES, &wanted(&scene, &events)).await;
        assert_eq!(refused.error(), (400, "InvalidParameter"), "{events}");
    }
    let none = scene.caller.post(SCHEDULES, &wanted(&scene, &Value::Null)).await;
    assert_eq!(none.error(), (400, "MissingParameter"));
}

#[tokio::test]
async fn an_attached_schedule_is_not_deleted() {
    let scene = Scene::start().await;
    let made = scene.caller.post(SCHEDULES, &wanted(&scene, &json!([event("P2D", QUARTERLY)]))).await;
    let id = made.body["id"].as_str().unwrap();
    let mut body = scene.wanted("a");
    body["cccUpgradeScheduleId"] = json!(id);
    let first = scene.caller.post(INFRASTRUCTURES, &body).await;
    let second = scene.new_infrastructure();
    let etag = scene.get(&second).await.etag();
    scene.caller.put(&infrastructure(&second), &json!({"cccUpgradeScheduleId": id}), &etag).await;
    let shared = scene.caller.get(&schedule(id)).await;
    assert_eq!(shared.body["infrastructureIds"].as_array().unwrap().len(), 2);
    assert_eq!(scene.caller.delete(&schedule(id), &shared.etag()).await.error(), (409, "Conflict"));
    let first = first.body["id"].as_str().unwrap();
    let etag = scene.get(first).await.etag();
    let detached =
        scene.caller.put(&infrastructure(first), &json!({"cccUpgradeScheduleId": ""}), &etag).await;
    assert!(detached.body.get("cccUpgradeScheduleId").is_none());
    assert!(scene.cloud.set_schedule(&second, None));
    assert_eq!(scene.caller.delete(&schedule(id), &shared.etag()).await.status, 204);
}
