//! When Oracle may upgrade the rack.

use serde_json::{Value, json};
use slipway_e2e::Site;
use slipway_e2e::objects::condition;
use slipway_sim::{Cloud, CloudCall};

use crate::administrator::{Administrator, events_of, monthly};
use crate::scene::{self, SOON, Scene, options, outlive, reason_of};

const NAME: &str = "monthly";

/// An object that asks for its schedule only.
fn keeping(site: &Site, index: usize, schedule: &Value) -> Value {
    let mut object = site.infrastructure(index);
    object["spec"]["upgradeSchedule"] = schedule.clone();
    object
}

fn kept(events: &Value) -> Value {
    json!({"displayName": NAME, "events": events})
}

async fn attached(site: &Site, infrastructure: &str, wanted: impl Fn(&Cloud, &str) -> bool) -> String {
    let of = |cloud: &Cloud| {
        let record = cloud.infrastructure(infrastructure).unwrap_or_default();
        record["cccUpgradeScheduleId"].as_str().map(str::to_owned)
    };
    let is_so = |cloud: &Cloud| of(cloud).is_some_and(|id| wanted(cloud, &id));
    assert!(site.cloud.wait_until(SOON, is_so).await, "{}", site.operator.log().tail(30));
    of(&site.cloud).unwrap()
}

fn any(_: &Cloud, _: &str) -> bool {
    true
}

fn about_schedules(site: &Site, method: &str) -> Vec<CloudCall> {
    let calls = site.cloud.calls().into_iter();
    calls.filter(|call| call.method == method && call.target.contains("cccUpgradeSchedules")).collect()
}

#[tokio::test]
async fn a_schedule_is_made_attached_and_kept_as_written() {
    let mut scene = Scene::open("schedule").await;
    let events = monthly("second weekend", 48);
    scene.site.apply(&keeping(&scene.site, 0, &kept(&events))).await.unwrap();
    let id = attached(&scene.site, &scene.id, any).await;
    let object = scene.site.wait_condition(0, "Ready", "True", "Observed").await.unwrap();
    scene.looked(1).await;
    assert_eq!(scene.site.get(0).await.unwrap()["status"]["upgrade"]["scheduleId"], id.as_str(), "{object}");
    let made = scene.site.cloud.schedule(&id).unwrap();
    assert_eq!(
        (&made["displayName"], &made["events"][0]["scheduleEventDuration"]),
        (&json!(NAME), &json!("PT48H"))
    );
    assert_eq!(made["freeformTags"]["slipway-owner"], format!("{}/rack0", scene.site.namespace.name()));

    // Other times by the spec are seen at once.
    let longer = monthly("second weekend", 72);
    scene.site.patch(0, &json!({"upgradeSchedule": kept(&longer)})).await.unwrap();
    let is_longer = |cloud: &Cloud, id: &str| {
        cloud.schedule(id).unwrap()["events"][0]["scheduleEventDuration"] == "PT72H"
    };
    attached(&scene.site, &scene.id, is_longer).await;

    // What somebody else changes is seen within ten minutes, or at the operator's start.
    let administrator = Administrator::of(&scene.site);
    scene.looked(2).await;
    administrator.change_schedule(&id, &monthly("every weekend", 50)).await;
    scene.site.operator.kill().await.unwrap();
    scene.site.operator.start_again().await.unwrap();
    attached(&scene.site, &scene.id, is_longer).await;
    assert_eq!(administrator.read_schedule(&id).await.events, events_of(&longer));
    assert_eq!(scene.site.cloud.schedules(), [id]);

    // One that somebody detached is attached again.
    assert!(scene.site.cloud.set_schedule(&scene.id, None));
    attached(&scene.site, &scene.id, any).await;
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_schedule_that_exists_is_attached_by_its_id_and_not_changed() {
    let scene = Scene::open("schedule-by-id").await;
    let id = Administrator::of(&scene.site).make_schedule("theirs", &monthly("theirs", 48)).await;
    scene.site.cloud.clear_journal();
    scene.site.apply(&keeping(&scene.site, 0, &json!({"scheduleId": id}))).await.unwrap();
    assert_eq!(attached(&scene.site, &scene.id, any).await, id);
    scene.looked(2).await;
    assert_eq!(scene.orders().len(), 1);
    let calls: Vec<_> =
        ["POST", "PUT", "DELETE"].iter().flat_map(|method| about_schedules(&scene.site, method)).collect();
    assert!(calls.is_empty(), "{calls:?}");
    scene.close(&[]).await;
}

#[tokio::test]
async fn racks_that_name_the_same_schedule_share_it() {
    let site = scene::site(options().racks(2), "schedule-shared").await;
    let ids = [site.record(0), site.record(1)];
    let wish = kept(&monthly("shared", 48));
    for index in 0..2 {
        site.apply(&keeping(&site, index, &wish)).await.unwrap();
    }
    let first = attached(&site, &ids[0], any).await;
    assert_eq!(attached(&site, &ids[1], any).await, first);
    assert_eq!(site.cloud.schedules(), [first]);
    scene::close(&site, &[]).await;
}

#[tokio::test]
async fn of_two_racks_that_want_other_times_the_older_has_its_way() {
    let site = scene::site(options().racks(2), "schedule-conflict").await;
    let ids = [site.record(0), site.record(1)];
    site.apply(&keeping(&site, 0, &kept(&monthly("older", 48)))).await.unwrap();
    let id = attached(&site, &ids[0], any).await;
    outlive(&site, 0).await;
    site.apply(&keeping(&site, 1, &kept(&monthly("younger", 50)))).await.unwrap();
    let object = reason_of(&site, 1, "ScheduleConflict", "rack0 is older").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    scene::looked(&site, &ids[1], 2).await;
    let events = Administrator::of(&site).read_schedule(&id).await.events;
    assert_eq!(events, events_of(&monthly("older", 48)));
    assert_eq!(site.cloud.schedules(), std::slice::from_ref(&id));

    site.delete(0).await.unwrap();
    let is_theirs =
        |cloud: &Cloud, id: &str| cloud.schedule(id).unwrap()["events"][0]["description"] == "younger";
    assert_eq!(attached(&site, &ids[1], is_theirs).await, id);
    scene::close(&site, &[]).await;
}

#[tokio::test]
async fn a_schedule_of_less_than_48_hours_is_refused_before_it_is_sent() {
    let scene = Scene::open("schedule-short").await;
    let mut object = scene.site.to_connect(0, &json!({}));
    object["spec"]["upgradeSchedule"] = kept(&monthly("short", 47));
    scene.site.apply(&object).await.unwrap();
    scene.not_before().await;
    scene.let_begin().await;
    // The connection is none the worse for it.
    let object = scene.reason_with("ScheduleInvalid", "48").await;
    assert_eq!(object["status"]["connectionState"], "CONNECTED");
    let calls: Vec<_> =
        ["GET", "POST", "PUT"].iter().flat_map(|method| about_schedules(&scene.site, method)).collect();
    assert!(calls.is_empty() && scene.site.cloud.schedules().is_empty(), "{calls:?}");
    scene.close(&[]).await;
}
