//! A rack in whose place somebody else answers once: its fingerprint is a wrong one.

use anyhow::ensure;
use serde_json::Value;
use slipway_sim::{Fault, Trouble};

use crate::life::{Course, Life, all};
use crate::person::Person;
use crate::point::Point;
use crate::verdict::{self, Orders, orders};

/// A record that is there, and a rack whose first fingerprint is a wrong one.
async fn begin(test: &str) -> anyhow::Result<(Life, Person)> {
    let life = Life::begin(test).await?;
    let _found_by_name = life.site.record(0);
    life.site.racks[0].add_fault(Fault::from(Trouble::FingerprintWrong).once());
    let person = life.person().await?;
    Ok((life, person))
}

/// Until the attempt has failed and Oracle Cloud was told.
async fn fails(person: &Person) -> anyhow::Result<()> {
    person.apply().await?;
    let is_over = |object: &Value| {
        let (status, handshake) = (&object["status"], &object["status"]["handshake"]);
        handshake["mismatches"] == 1
            && handshake["step"] == "Waiting"
            && status["connectionState"] == "REJECT"
    };
    person.wait("the failed attempt", is_over).await?;
    ensure!(orders(&person.cloud).accepted == 0, "READY was told although the fingerprints differ");
    Ok(())
}

async fn connects(person: Person) -> anyhow::Result<Value> {
    person.apply().await?;
    person.wait_connected().await
}

async fn life(point: Point) -> anyhow::Result<Course> {
    let (mut life, person) = begin("crash-mismatch").await?;
    let (last, course) = life.live(point, connects(person)).await?;
    life.explained(judge(&life, &last, u64::from(course == Course::Killed)))?;
    Ok(course)
}

/// `spent`: how many attempts a kill may have cost.
fn judge(life: &Life, last: &Value, spent: u64) -> anyhow::Result<()> {
    verdict::judge(&life.site, last)?;
    let Orders { accepted, cut, renewed } = orders(&life.site.cloud);
    ensure!((accepted, cut) == (1, 0), "READY was taken {accepted} times, a connection was cut {cut} times");
    ensure!((1 - spent..=1 + spent).contains(&renewed), "REJECT was told {renewed} times");
    let posts = life.site.racks[0].posts().len() as u64;
    ensure!((2..=2 + spent).contains(&posts), "{posts} PINs were posted");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_fingerprint_is_never_accepted_wherever_the_operator_is_killed() {
    let (dry, person) = begin("crash-mismatch-dry").await.unwrap();
    dry.explained(fails(&person).await).unwrap();
    let counts = dry.counts();
    let last = dry.explained(person.wait_connected().await).unwrap();
    dry.explained(judge(&dry, &last, 0)).unwrap();
    drop(dry);
    eprintln!("one mismatch: {counts:?}");
    assert!(counts.writes > 5 && counts.calls > 5, "{counts:?}");
    all(counts.points(), life).await;
}
