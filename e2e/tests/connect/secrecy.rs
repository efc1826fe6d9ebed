//! No PIN and no key in anything that can be read, however much the operator writes down.

use serde_json::json;
use slipway_sim::{Fault, Offence, Trouble};

use crate::scene::{self, MINUTE, Scene, desired, logging, options};

#[tokio::test]
async fn at_the_most_talkative_level_no_secret_is_written_in_a_whole_life() {
    let options = options().operator(logging("trace"));
    let scene =
        Scene::open_with(options, "secrecy").await.wait_for_its_time(&json!({})).await.connect().await;
    scene.site.patch(0, &desired("Rejected")).await.unwrap();
    scene.site.wait_condition(0, "Ready", "True", "Rejected").await.unwrap();
    scene.site.patch(0, &desired("Connected")).await.unwrap();
    scene.let_begin().await;
    scene.step(2, "Connected").await;
    assert_eq!(scene.posts().len(), 2);
    let log = std::fs::read_to_string(scene.site.operator.log_file()).unwrap();
    assert!(log.contains("\"TRACE\""), "not talkative");
    scene.close(&[Offence::WriteWithoutIfMatch, Offence::ConnectedToReject]).await;
}

#[tokio::test]
async fn at_the_most_talkative_level_no_secret_is_written_when_things_go_wrong() {
    let cloud_and_rack = [
        (Some(Trouble::CutMiddle), None),
        (Some(Trouble::internal_server_error()), None),
        (None, Some(Trouble::CutMiddle)),
        (None, Some(Trouble::Html { status: 502 })),
    ];
    let options = options().racks(cloud_and_rack.len()).operator(logging("trace"));
    let site = scene::site(options, "secrecy-faults").await;
    for (index, (cloud, rack)) in cloud_and_rack.into_iter().enumerate() {
        let id = site.record(index);
        if let Some(trouble) = cloud {
            site.cloud.add_fault(Fault::new(trouble.clone()).on("GET", &id).times(2));
            site.cloud.add_fault(Fault::new(trouble).on("PUT", &id).once());
        }
        if let Some(trouble) = rack {
            site.racks[index].add_fault(Fault::new(trouble).once());
        }
        site.apply(&site.to_connect(index, &json!({}))).await.unwrap();
    }
    for index in 0..site.racks.len() {
        scene::not_before(&site, index).await;
    }
    site.advance(MINUTE * 21);
    for index in [2, 3] {
        scene::reason_of(&site, index, "HandshakeFailed", "next handshake").await;
        // The PIN that was spent is another than the one that is shown now.
        assert_eq!(site.racks[index].pins().len(), 1);
    }
    site.advance(MINUTE * 21);
    for index in 0..site.racks.len() {
        site.wait_connected(index).await.unwrap();
    }
    scene::close(&site, &[]).await;
}
