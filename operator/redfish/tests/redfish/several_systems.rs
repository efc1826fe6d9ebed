//! BMCs that serve more than one system, or none.

use slipway_core::{
    failure::Failure,
    host::{Depth, HostPort, Observation},
    reason::Reason,
};
use slipway_sim::SecondSystem;

use crate::rack::{Rack, count};

async fn choose(rack: &Rack, id: Option<&str>) -> Result<Observation, Failure> {
    let mut endpoint = rack.endpoint();
    endpoint.system_id = id.map(str::to_owned);
    rack.hosts.observe(&endpoint, Depth::Register).await
}

#[tokio::test]
async fn without_an_id_several_systems_are_listed_and_none_is_taken() {
    let rack = Rack::new().await;
    rack.bmc().set_second_system(Some(SecondSystem::Bootable));
    let failure = choose(&rack, None).await.unwrap_err();
    assert_eq!(failure.reason, Reason::SystemAmbiguous);
    assert!(failure.message.contains("\"1\", \"1-second\""), "{failure}");
    let first = choose(&rack, Some("1")).await.unwrap();
    let second = choose(&rack, Some("1-second")).await.unwrap();
    assert_eq!(first.hardware.uuid.unwrap(), rack.fleet.uuid(0));
    assert_ne!(second.hardware.uuid.unwrap(), rack.fleet.uuid(0));
    let failure = choose(&rack, Some("3")).await.unwrap_err();
    assert_eq!(failure.reason, Reason::SystemNotFound);
    assert!(
        failure.message.contains("\"3\"") && failure.message.contains("\"1\", \"1-second\""),
        "{failure}"
    );
}

#[tokio::test]
async fn both_systems_of_one_bmc_are_remembered_side_by_side() {
    let rack = Rack::new().await;
    rack.bmc().set_second_system(Some(SecondSystem::Bootable));
    for id in ["1", "1-second", "1", "1-second"] {
        choose(&rack, Some(id)).await.unwrap();
    }
    rack.bmc().clear_calls();
    choose(&rack, Some("1")).await.unwrap();
    choose(&rack, Some("1-second")).await.unwrap();
    assert!(count(&rack.calls(), "GET /redfish/v1/Systems ") == 0);
}

#[tokio::test]
async fn a_board_that_cannot_boot_is_no_second_system() {
    let rack = Rack::new().await;
    rack.bmc().set_second_system(Some(SecondSystem::Board));
    assert_eq!(choose(&rack, None).await.unwrap().hardware.uuid.unwrap(), rack.fleet.uuid(0));
}

#[tokio::test]
async fn a_wrong_id_is_told_from_the_only_system() {
    let rack = Rack::new().await;
    let failure = choose(&rack, Some("2")).await.unwrap_err();
    assert_eq!(failure.reason, Reason::SystemNotFound);
    assert!(failure.message.contains("\"1\""), "{failure}");
}

#[tokio::test]
async fn a_list_that_is_null_is_a_bmc_that_is_not_ready() {
    let rack = Rack::new().await;
    rack.bmc().set_null_members(true);
    assert_eq!(choose(&rack, None).await.unwrap_err().reason, Reason::BmcFault);
    rack.bmc().set_null_members(false);
    choose(&rack, None).await.unwrap();
}
