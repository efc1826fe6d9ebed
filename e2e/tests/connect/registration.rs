//! Which record is meant, whose it is, and whether anything may be done about it.

use serde_json::{Value, json};
use slipway_e2e::Site;
use slipway_e2e::objects::condition;
use slipway_sim::{CloudCall, ConnectionState, Offence};

use crate::scene::{self, Scene, desired, options, outlive, reason_of};

fn creating(site: &Site, name: &str) -> Value {
    let mut object = site.to_connect(0, &json!({}));
    object["spec"].as_object_mut().unwrap().remove("lookup");
    object["spec"]["create"] = json!({"compartmentId": site.account.compartment, "displayName": name,
        "subnetId": site.account.subnet});
    object
}

fn writes(site: &Site) -> Vec<CloudCall> {
    site.cloud.calls().into_iter().filter(|call| call.method != "GET").collect()
}

#[tokio::test]
async fn a_record_with_our_tag_is_taken_up_again() {
    let site = scene::site(options(), "adopted").await;
    site.apply(&creating(&site, "rack 0")).await.unwrap();
    scene::not_before(&site, 0).await;
    let made = site.cloud.infrastructures();
    site.delete(0).await.unwrap();
    site.wait_gone(0).await.unwrap();
    site.apply(&creating(&site, "rack 0")).await.unwrap();
    let object = site.wait_condition(0, "Registered", "True", "Verified").await.unwrap();
    assert_eq!(object["status"]["infrastructureId"], made[0].as_str());
    assert_eq!((site.cloud.infrastructures(), writes(&site).len()), (made, 1));
    scene::close(&site, &[]).await;
}

#[tokio::test]
async fn a_record_of_the_same_name_that_is_not_ours_is_left_alone() {
    let scene = Scene::open("name-taken").await;
    scene.site.apply(&creating(&scene.site, "rack0")).await.unwrap();
    let object = scene.reason_with("NameTaken", &scene.id).await;
    assert_eq!(condition(&object, "Registered")["status"], "False");
    scene.looked(1).await;
    assert_eq!((scene.site.cloud.infrastructures().len(), writes(&scene.site).len()), (1, 0));
    scene.close(&[]).await;
}

#[tokio::test]
async fn of_two_records_of_one_name_none_is_guessed() {
    let scene = Scene::open("ambiguous").await;
    let other = scene.site.record(0);
    scene.site.apply(&scene.site.to_connect(0, &json!({}))).await.unwrap();
    let object = scene.reason_with("InfrastructureAmbiguous", &scene.id).await;
    let words = condition(&object, "Registered")["message"].to_string();
    assert!(words.contains(&other), "{words}");
    scene.site.advance(scene::DAY);
    scene.looked(1).await;
    assert_eq!((writes(&scene.site).len(), scene.posts().len()), (0, 0));
    // Who is meant may be said by taking the other away.
    assert!(scene.site.cloud.delete_infrastructure(&other));
    scene.site.wait_connected(0).await.unwrap();
    scene.close(&[]).await;
}

#[tokio::test]
async fn a_rack_that_is_not_there_is_waited_for() {
    let site = scene::site(options(), "not-there").await;
    site.apply(&site.to_connect(0, &json!({}))).await.unwrap();
    let object = reason_of(&site, 0, "InfrastructureNotFound", "rack0").await;
    assert_eq!(object["status"]["phase"], "Failed");
    let id = site.record(0);
    scene::not_before(&site, 0).await;
    assert_eq!(site.get(0).await.unwrap()["status"]["infrastructureId"], id.as_str());
    scene::close(&site, &[]).await;
}

#[tokio::test]
async fn the_younger_of_two_objects_for_one_rack_stands_back() {
    let scene = Scene::connected("duplicate", &json!({})).await;
    let site = &scene.site;
    outlive(site, 0).await;
    let mut younger = site.to_connect(0, &desired("Rejected")["connection"]);
    younger["spec"]["connection"]["desired"] = json!("Rejected");
    younger["metadata"]["name"] = json!("rack1");
    site.apply(&younger).await.unwrap();
    let object = reason_of(site, 1, "DuplicateInfrastructure", "rack0 is older").await;
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    scene.looked(3).await;
    assert_eq!((scene.orders().len(), scene.posts().len()), (1, 1), "the younger one did something");
    site.delete(0).await.unwrap();
    site.wait_gone(0).await.unwrap();
    reason_of(site, 1, "Rejected", "").await;
    assert_eq!(scene.orders().len(), 2);
    scene.close(&[Offence::WriteWithoutIfMatch, Offence::ConnectedToReject]).await;
}

#[tokio::test]
async fn two_objects_for_one_rack_that_come_at_once_give_it_each_pin_once() {
    let scene = Scene::open("twins").await;
    let site = &scene.site;
    // It has been in REJECT for long: whoever comes first may begin at once.
    site.advance(scene::DAY);
    let twins = ["rack0", "rack1", "rack2", "rack3"].map(|name| {
        let mut object = site.to_connect(0, &json!({}));
        object["metadata"]["name"] = json!(name);
        object
    });
    site.apply(&slipway_e2e::objects::list(twins)).await.unwrap();
    let settled = |site: &Site| site.cloud.connection_state(&scene.id) == Some(ConnectionState::Connected);
    scene::wait_turning(site, settled).await;
    let stand_back = async |index: usize| {
        let object = site.get(index).await.unwrap();
        condition(&object, "Ready")["reason"] == "DuplicateInfrastructure"
    };
    slipway_e2e::wait_for("three to stand back", scene::SOON, || async {
        let mut back = 0;
        for index in 0..4 {
            back += usize::from(stand_back(index).await);
        }
        anyhow::ensure!(back == 3, "{back} stand back");
        Ok(())
    })
    .await
    .unwrap();
    let mut pins = site.racks[0].pins();
    let given = pins.len();
    pins.dedup();
    assert_eq!(pins.len(), given, "a PIN was given twice");
    scene.close(&[]).await;
}

#[tokio::test]
async fn an_object_that_is_made_anew_in_the_middle_does_not_give_the_pin_again() {
    let scene = Scene::waiting("anew", &json!({})).await;
    // The rack has its PIN and does not reach Oracle Cloud: the PIN is still shown.
    scene.site.racks[0].set_contact(false);
    scene.let_begin().await;
    scene.step(1, "Posted").await;
    scene.site.delete(0).await.unwrap();
    scene.site.wait_gone(0).await.unwrap();
    scene.site.apply(&scene.site.to_connect(0, &json!({}))).await.unwrap();
    let rejected = |_: &slipway_sim::Cloud| scene.orders() == [scene::order("REJECT", "REJECT")];
    assert!(scene.site.cloud.wait_until(scene::SOON, rejected).await, "{:?}", scene.posts());
    scene.not_before().await;
    scene.close(&[]).await;
}

#[tokio::test]
async fn what_a_suspended_object_would_do_is_said_and_not_done() {
    let scene = Scene::connected("suspended", &json!({})).await;
    scene.site.patch(0, &json!({"suspend": true, "connection": {"refreshId": "later"}})).await.unwrap();
    let object = scene.site.wait_condition(0, "Ready", "False", "Suspended").await.unwrap();
    let plan = object["status"]["plan"][0].as_str().unwrap().to_owned();
    assert!(plan.contains("tell Oracle Cloud REJECT") && plan.contains("later"), "{plan}");
    scene.looked(3).await;
    assert_eq!((scene.orders().len(), scene.posts().len()), (1, 1));
    scene.site.patch(0, &json!({"suspend": false})).await.unwrap();
    scene.let_begin().await;
    let object = scene.step(2, "Connected").await;
    assert!(object["status"]["plan"].is_null(), "{object}");
    scene.close(&[Offence::ConnectedToReject]).await;
}

#[tokio::test]
async fn a_suspended_object_gives_no_pin_and_makes_no_record() {
    let site = scene::site(options().racks(2), "suspended-new").await;
    let id = site.record(1);
    let mut first = creating(&site, "rack 0");
    first["spec"]["suspend"] = json!(true);
    let mut second = site.to_connect(1, &json!({}));
    second["spec"]["suspend"] = json!(true);
    site.apply(&first).await.unwrap();
    site.apply(&second).await.unwrap();
    reason_of(&site, 0, "Suspended", "make the record").await;
    reason_of(&site, 1, "Suspended", "").await;
    site.advance(scene::DAY);
    let object = reason_of(&site, 1, "Suspended", "give the rack its PIN").await;
    assert_eq!(object["status"]["plan"], json!(["give the rack its PIN (attempt 1)"]));
    scene::looked(&site, &id, 2).await;
    assert_eq!((writes(&site).len(), site.racks[1].posts().len()), (0, 0));
    assert_eq!(site.cloud.infrastructures(), [id]);
    scene::close(&site, &[]).await;
}

#[tokio::test]
async fn without_a_connection_in_the_spec_the_rack_is_looked_at_only() {
    let scene = Scene::open("observed").await;
    scene.site.apply(&scene.site.infrastructure(0)).await.unwrap();
    let object = scene.site.wait_condition(0, "Ready", "True", "Observed").await.unwrap();
    assert_eq!(object["status"]["connectionState"], "REJECT");
    for kind in ["FingerprintMatched", "TlsVerified", "RefreshDue"] {
        assert_eq!(condition(&object, kind), Value::Null, "{kind}");
    }
    scene.site.advance(scene::DAY);
    scene.looked(3).await;
    assert_eq!((writes(&scene.site).len(), scene.posts().len()), (0, 0));
    scene.close(&[]).await;
}
