//! Upgrade schedules that Oracle Cloud would not take: refused before they are sent, and the connection goes on.

use serde_json::{Value, json};
use slipway_e2e::Site;
use slipway_e2e::objects::condition;

use crate::scene::{WAITING, assert_clean, looks, site, to_connect, told, waiting, writes};

/// One window of this length and recurrence; the record is the one of the rack.
async fn with_schedule(site: &Site, index: usize, name: &str, duration: &str, recurrence: &str) -> Value {
    let mut object = to_connect(site, index).await;
    object["spec"]["upgradeSchedule"] = json!({"displayName": name, "events": [{"description": "quarterly",
        "timeStart": "2030-01-05T00:00:00Z", "duration": duration, "recurrence": recurrence}]});
    object
}

fn about_schedules(site: &Site) -> Vec<String> {
    writes(site).into_iter().filter(|call| call.contains("cccUpgradeSchedules")).collect()
}

/// Waits until a schedule is attached and all is well; its OCID.
async fn attached(site: &Site, index: usize) -> Value {
    let object = site
        .wait(index, "a schedule to be attached", |object| {
            let (status, ready) = (&object["status"], condition(object, "Ready"));
            let is_attached = status["upgrade"]["scheduleId"].is_string() && ready["status"] == "True";
            if is_attached {
                Ok(())
            } else {
                Err(format!("Ready is {ready}, the upgrade is {}", status["upgrade"]))
            }
        })
        .await
        .unwrap();
    object["status"]["upgrade"]["scheduleId"].clone()
}

#[tokio::test]
async fn a_schedule_that_oracle_cloud_would_not_take_is_not_sent_and_the_rack_is_connected_all_the_same() {
    let site = site(4, "schedule").await;
    let rules = [
        ("47h", "FREQ=MONTHLY;INTERVAL=3", "48h"),
        ("48h", "FREQ=MONTHLY;INTERVAL=4", "every three months"),
        ("48h", "FREQ=MONTHLY;BYDAY=XX", "BYDAY"),
    ];
    for (index, (duration, recurrence, _)) in rules.iter().enumerate() {
        let name = format!("schedule {index}");
        site.apply(&with_schedule(&site, index, &name, duration, recurrence).await).await.unwrap();
        waiting(&site, index).await;
    }
    site.advance(WAITING);
    for (index, (.., word)) in rules.iter().enumerate() {
        let words = ["spec.upgradeSchedule.events", word];
        told(&site, index, ("Stalled", "ScheduleInvalid"), &words).await;
        let object = site.wait_condition(index, "Connected", "True", "Connected").await.unwrap();
        assert_eq!(object["status"]["handshake"]["result"], "Matched", "{object}");
    }
    looks(&site, 6).await;
    assert_eq!((about_schedules(&site), site.cloud.schedules()), (vec![], vec![]));

    // An older object keeps the first schedule with other times.
    let mended = |name: &str, duration: &str| {
        json!({"upgradeSchedule": {"displayName": name, "events": [{
        "description": "quarterly", "timeStart": "2030-01-05T00:00:00Z", "duration": duration,
        "recurrence": "FREQ=MONTHLY;INTERVAL=3"}]}})
    };
    for index in 0..3 {
        site.patch(index, &mended(&format!("schedule {index}"), "48h")).await.unwrap();
        attached(&site, index).await;
    }
    site.apply(&with_schedule(&site, 3, "schedule 0", "50h", "FREQ=MONTHLY;INTERVAL=3").await).await.unwrap();
    waiting(&site, 3).await;
    site.advance(WAITING);
    let older = format!("{}/rack0", site.namespace.name());
    let words = [&older, "\"schedule 0\"", "the same events", "displayName"];
    told(&site, 3, ("Stalled", "ScheduleConflict"), &words).await;
    assert_eq!(site.cloud.schedules().len(), 3);
    site.patch(3, &mended("schedule 0", "48h")).await.unwrap();
    assert_eq!(attached(&site, 3).await, attached(&site, 0).await);
    assert_eq!(about_schedules(&site).len(), 3, "{:?}", about_schedules(&site));
    assert_clean(&site, &[]).await;
}
