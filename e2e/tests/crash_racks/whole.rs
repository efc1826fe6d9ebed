//! A whole life: registered with its upgrade schedule, connected, refreshed, cut off, deleted.

use anyhow::ensure;
use serde_json::{Value, json};
use slipway_sim::{Fault, Trouble};

use crate::life::{Course, Life, all};
use crate::person::{Person, is_connected};
use crate::point::Point;
use crate::verdict::{self, Orders, orders};

/// Asks for everything that is kept at Oracle Cloud for a rack.
async fn begin(test: &str) -> anyhow::Result<(Life, Person)> {
    let life = Life::begin(test).await?;
    let mut person = life.person().await?;
    let account = &life.site.account;
    let spec = &mut person.object["spec"];
    let name = spec["lookup"]["displayName"].take();
    spec["lookup"] = Value::Null;
    spec["create"] =
        json!({"compartmentId": account.compartment, "displayName": name, "subnetId": account.subnet});
    spec["upgradeSchedule"] = json!({"displayName": "quarterly", "events": [{"description": "first Saturday",
        "timeStart": "2026-01-03T00:00:00Z", "duration": "48h", "recurrence": "FREQ=MONTHLY;INTERVAL=3;BYDAY=1SA"}]});
    spec["deletionPolicy"] = json!("Delete");
    Ok((life, person))
}

/// From the object's first to its last day; the object as it was before its deletion.
async fn whole(person: Person) -> anyhow::Result<Value> {
    // Each handshake sees its state `REQUEST` once without a fingerprint.
    let absent = || Fault::from(Trouble::FingerprintAbsent).once();
    person.cloud.add_fault(absent());
    person.apply().await?;
    person.wait_connected().await?;
    let has_schedule = |object: &Value| object["status"]["upgrade"]["scheduleId"].is_string();
    person.wait("the upgrade schedule", has_schedule).await?;
    ensure!(person.cloud.schedules().len() == 1, "the schedules are {:?}", person.cloud.schedules());

    person.cloud.add_fault(absent());
    person.ask(&json!({"refreshId": "now"})).await?;
    let is_refreshed = |object: &Value| {
        let refresh = &object["status"]["refresh"];
        refresh["id"] == "now" && refresh["completedAt"].is_string() && is_connected(object)
    };
    person.wait("the refresh", is_refreshed).await?;
    person.wait_connected().await?;

    person.ask(&json!({"desired": "Rejected"})).await?;
    let is_cut = |object: &Value| {
        let ready = slipway_e2e::rack::condition(object, "Ready");
        object["status"]["connectionState"] == "REJECT" && ready["reason"] == "Rejected"
    };
    let last = person.wait("the end of the connection", is_cut).await?;
    person.delete().await?;
    Ok(last)
}

async fn life(point: Point) -> anyhow::Result<Course> {
    let (mut life, person) = begin("crash-racks").await?;
    let (last, course) = life.live(point, whole(person)).await?;
    life.explained(judge(&life, &last, u64::from(course == Course::Killed)))?;
    Ok(course)
}

/// `spent`: how many attempts a kill may have cost.
fn judge(life: &Life, last: &Value, spent: u64) -> anyhow::Result<()> {
    verdict::judge(&life.site, last)?;
    let site = &life.site;
    let Orders { accepted, cut, renewed } = orders(&site.cloud);
    ensure!(accepted == 2, "READY was taken {accepted} times: for the connection and for the refresh");
    ensure!(cut == 2, "a connection was cut {cut} times: once for the refresh, once for good");
    ensure!(renewed <= spent, "REJECT was told {renewed} times for a new PIN");
    let posts = site.racks[0].posts().len() as u64;
    ensure!((2..=2 + spent).contains(&posts), "{posts} PINs were posted");
    ensure!(site.cloud.infrastructures().is_empty(), "records are left: {:?}", site.cloud.infrastructures());
    ensure!(site.cloud.schedules().is_empty(), "schedules are left: {:?}", site.cloud.schedules());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_pin_is_given_twice_and_nothing_is_left_wherever_the_operator_is_killed() {
    let (dry, person) = begin("crash-racks-dry").await.unwrap();
    let last = dry.explained(whole(person).await).unwrap();
    let counts = dry.counts();
    dry.explained(judge(&dry, &last, 0)).unwrap();
    drop(dry);
    eprintln!("one life: {counts:?}");
    assert!(counts.writes > 20 && counts.calls > 20, "{counts:?}");
    all(counts.points(), life).await;
}
