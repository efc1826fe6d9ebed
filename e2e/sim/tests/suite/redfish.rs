//! The Redfish surface of the generic shape, seen from outside.

use crate::SOON;
use crate::client::{Caller, http, message_of};
use reqwest::{Method, StatusCode};
use serde_json::json;
use slipway_sim::{BootOrder, Disk, Fleet, FleetConfig, Indicator, Power, SecondSystem, Shape, Timings};
use std::time::Duration;

const SYSTEM: &str = "/redfish/v1/Systems/1";

async fn fleet(config: FleetConfig) -> Fleet {
    Fleet::start(config).await.unwrap()
}

#[tokio::test]
async fn the_root_is_open_and_the_rest_is_not() {
    let fleet = fleet(FleetConfig::new(1)).await;
    let anyone = Caller::anonymous(&fleet, 0);
    let root = anyone.json("/redfish/v1/").await;
    assert_eq!(root["Links"]["Sessions"]["@odata.id"], "/redfish/v1/SessionService/Sessions");
    assert_eq!(anyone.get("/redfish/v1/Systems").await.status(), 401);
    let stranger = Caller::with_password(&fleet, 0, "guess");
    assert_eq!(stranger.get("/redfish/v1/Systems").await.status(), 401);
    assert_eq!(fleet.bmc(0).counters().failed_logins, 1, "a call without credentials is no failed login");
}

#[tokio::test]
async fn every_figure_of_the_machine_is_there() {
    let fleet = fleet(FleetConfig::new(3)).await;
    let caller = Caller::new(&fleet, 2);
    let members = caller.json("/redfish/v1/Systems").await;
    let system = caller.json(members["Members"][0]["@odata.id"].as_str().unwrap()).await;
    assert_eq!(system["UUID"], fleet.uuid(2));
    assert_eq!(system["SerialNumber"], fleet.serial(2));
    assert_eq!(system["PowerState"], "Off");
    assert_eq!(system["MemorySummary"]["TotalSystemMemoryGiB"], 256);
    assert!(system["LastResetTime"].is_string() && system["BootProgress"]["LastState"] == "None");
    let manager = caller.json(system["Links"]["ManagedBy"][0]["@odata.id"].as_str().unwrap()).await;
    assert_eq!(manager["FirmwareVersion"], "3.1.0");
    let ports = caller.json(system["EthernetInterfaces"]["@odata.id"].as_str().unwrap()).await;
    let port = caller.json(ports["Members"][0]["@odata.id"].as_str().unwrap()).await;
    assert_eq!(port["MACAddress"].as_str().unwrap().to_lowercase(), fleet.mac(2));
}

#[tokio::test]
async fn sessions_have_a_limit_and_an_end() {
    let mut shape = Shape::generic();
    shape.sessions.limit = 2;
    let fleet = fleet(FleetConfig { shapes: vec![shape], ..FleetConfig::new(1) }).await;
    let caller = Caller::anonymous(&fleet, 0);
    let first = caller.login(&fleet, 0).await;
    assert_eq!(first.status(), 201);
    let token = first.headers()["x-auth-token"].to_str().unwrap().to_owned();
    let location = first.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(caller.login(&fleet, 0).await.status(), 201);
    let third = caller.login(&fleet, 0).await;
    assert_eq!(third.status(), 503);
    assert_eq!(message_of(third).await, "SessionLimitExceeded");
    assert_eq!(caller.get_with_token(SYSTEM, &token).await, 200);
    let deleted =
        caller.request(Method::DELETE, &location).header("X-Auth-Token", &token).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    assert_eq!(caller.get_with_token(SYSTEM, &token).await, 401);
    assert_eq!(fleet.bmc(0).open_sessions(), 1);
    let counters = fleet.bmc(0).counters();
    assert_eq!((counters.logins, counters.logouts, counters.failed_logins), (2, 1, 0));
}

#[tokio::test]
async fn a_session_that_is_not_used_ends() {
    let mut shape = Shape::generic();
    shape.sessions.timeout = Duration::ZERO;
    let fleet = fleet(FleetConfig { shapes: vec![shape, Shape::generic()], ..FleetConfig::new(2) }).await;
    for (index, expected) in [(0, StatusCode::UNAUTHORIZED), (1, StatusCode::OK)] {
        let caller = Caller::anonymous(&fleet, index);
        let login = caller.login(&fleet, index).await;
        let token = login.headers()["x-auth-token"].to_str().unwrap().to_owned();
        assert_eq!(caller.get_with_token(SYSTEM, &token).await, expected);
        fleet.bmc(index).expire_sessions();
        assert_eq!(caller.get_with_token(SYSTEM, &token).await, 401);
    }
}

#[tokio::test]
async fn a_locked_account_takes_no_password() {
    let fleet =
        fleet(FleetConfig { shapes: vec![Shape::named("supermicro-x13").unwrap()], ..FleetConfig::new(1) })
            .await;
    let wrong = Caller::with_password(&fleet, 0, "guess");
    for _ in 0..3 {
        assert_eq!(wrong.get(SYSTEM).await.status(), 401);
    }
    assert!(fleet.bmc(0).is_locked_out());
    assert_eq!(Caller::new(&fleet, 0).get(SYSTEM).await.status(), 401);
}

#[tokio::test]
async fn a_changed_password_refuses_the_old_one() {
    let fleet = fleet(FleetConfig::new(1)).await;
    let old = Caller::new(&fleet, 0);
    fleet.bmc(0).set_password("other");
    assert_eq!(old.get(SYSTEM).await.status(), 401);
    assert_eq!(Caller::new(&fleet, 0).get(SYSTEM).await.status(), 200);
}

#[tokio::test]
async fn power_takes_time_and_shows_its_way() {
    let slow = Timings {
        power_on: Duration::from_millis(300),
        power_off: Duration::from_millis(300),
        ..Timings::default()
    };
    let fleet = fleet(FleetConfig { timings: slow, ..FleetConfig::new(1) }).await;
    let caller = Caller::new(&fleet, 0);
    let machine = fleet.machine(0);
    assert_eq!(caller.reset(SYSTEM, "On").await, 204);
    assert_eq!(caller.json(SYSTEM).await["PowerState"], "PoweringOn");
    machine.wait_until(SOON, |state| state.power == Power::On).await.unwrap();
    assert_eq!(caller.reset(SYSTEM, "ForceOff").await, 204);
    assert_eq!(caller.json(SYSTEM).await["PowerState"], "PoweringOff");
    machine.wait_until(SOON, |state| state.power == Power::Off).await.unwrap();
    let counters = fleet.bmc(0).counters();
    assert_eq!((counters.resets["On"], counters.resets["ForceOff"], counters.reset_count()), (1, 1, 2));
    assert_eq!(machine.state().interruptions, 1);
}

#[tokio::test]
async fn a_graceful_shutdown_needs_an_operating_system() {
    let config =
        FleetConfig { disk: Disk::Installed { generation: 1 }, powered_on: true, ..FleetConfig::new(2) };
    let fleet = fleet(config).await;
    let deaf = fleet.machine(1);
    deaf.set_behaviour(slipway_sim::Behaviour { ignores_graceful_shutdown: true, ..deaf.behaviour() });
    for index in 0..2 {
        assert_eq!(Caller::new(&fleet, index).reset(SYSTEM, "GracefulShutdown").await, 204);
    }
    fleet.machine(0).wait_until(SOON, |state| state.power == Power::Off).await.unwrap();
    assert_eq!(deaf.state().power, Power::On);
    assert_eq!(Caller::new(&fleet, 0).reset(SYSTEM, "ForceRestart").await, 409);
    assert_eq!(Caller::new(&fleet, 0).reset(SYSTEM, "Suspend").await, 400);
}

#[tokio::test]
async fn an_override_for_once_is_used_up_by_the_boot() {
    let fleet = fleet(FleetConfig { boot_order: BootOrder::Disk, ..FleetConfig::new(1) }).await;
    let caller = Caller::new(&fleet, 0);
    let wanted = json!({"Boot": {
        "BootSourceOverrideEnabled": "Once",
        "BootSourceOverrideTarget": "UefiHttp",
        "BootSourceOverrideMode": "UEFI",
        "HttpBootUri": "http://127.0.0.1:9/x.efi",
    }});
    assert_eq!(caller.patch(SYSTEM, &wanted).await.status(), 200);
    let boot = caller.json(SYSTEM).await["Boot"].clone();
    assert_eq!(
        (&boot["BootSourceOverrideTarget"], &boot["BootSourceOverrideEnabled"]),
        (&json!("UefiHttp"), &json!("Once"))
    );
    caller.reset(SYSTEM, "On").await;
    fleet.machine(0).wait_until(SOON, |state| state.power == Power::On && state.boots == 1).await.unwrap();
    fleet
        .machine(0)
        .wait_until(SOON, |state| state.activity == slipway_sim::Activity::NoBootableDevice)
        .await
        .unwrap();
    assert_eq!(caller.json(SYSTEM).await["Boot"]["BootSourceOverrideEnabled"], "Disabled");
}

#[tokio::test]
async fn a_patch_names_what_it_does_not_take() {
    let fleet = fleet(FleetConfig::new(1)).await;
    let caller = Caller::new(&fleet, 0);
    for (body, message) in [
        (json!({"AssetTag": "U1", "Colour": "red"}), "PropertyUnknown"),
        (json!({"Boot": {"BootSourceOverrideTarget": "Tape"}}), "PropertyValueNotInList"),
        (json!({"IndicatorLED": 3}), "PropertyValueNotInList"),
        (json!({"HostWatchdogTimer": {"FunctionEnabled": "yes"}}), "PropertyValueTypeError"),
        (json!({}), "EmptyJSON"),
    ] {
        let response = caller.patch(SYSTEM, &body).await;
        assert_eq!(response.status(), 400, "{body}");
        assert_eq!(message_of(response).await, message, "{body}");
    }
    assert_eq!(fleet.bmc(0).asset_tag().as_deref(), Some(""), "all or nothing");
    let good = json!({
        "AssetTag": "U1", "LocationIndicatorActive": true,
        "HostWatchdogTimer": {"FunctionEnabled": true, "TimeoutAction": "PowerCycle"},
    });
    assert_eq!(caller.patch(SYSTEM, &good).await.status(), 200);
    let bmc = fleet.bmc(0);
    assert_eq!((bmc.asset_tag().as_deref(), bmc.indicator()), (Some("U1"), Indicator::Lit));
    assert!(bmc.watchdog().enabled && bmc.watchdog().timeout_action == "PowerCycle");
}

#[tokio::test]
async fn a_stale_tag_is_refused_and_an_unchanged_resource_not_sent_again() {
    let fleet = fleet(FleetConfig::new(1)).await;
    let caller = Caller::new(&fleet, 0);
    let tag = caller.get(SYSTEM).await.headers()["etag"].to_str().unwrap().to_owned();
    let with = |method: Method, header: &str| caller.request(method, SYSTEM).header(header, &tag);
    assert_eq!(with(Method::GET, "If-None-Match").send().await.unwrap().status(), 304);
    let write = json!({"AssetTag": "U1"});
    assert_eq!(with(Method::PATCH, "If-Match").json(&write).send().await.unwrap().status(), 200);
    assert_eq!(with(Method::PATCH, "If-Match").json(&write).send().await.unwrap().status(), 412);
    assert_eq!(with(Method::GET, "If-None-Match").send().await.unwrap().status(), 200);
    let calls = fleet.bmc(0).calls();
    assert_eq!(calls[2].if_match.as_deref(), Some(tag.as_str()));
    assert_eq!((calls[2].status, calls[2].body.clone()), (Some(200), Some(write)));
}

#[tokio::test]
async fn members_can_be_two_or_null() {
    let fleet = fleet(FleetConfig::new(1)).await;
    let caller = Caller::new(&fleet, 0);
    for (second, resets) in [(SecondSystem::Bootable, true), (SecondSystem::Board, false)] {
        fleet.bmc(0).set_second_system(Some(second));
        let members = caller.json("/redfish/v1/Systems").await;
        assert_eq!(members["Members@odata.count"], 2);
        let path = members["Members"][1]["@odata.id"].as_str().unwrap().to_owned();
        let system = caller.json(&path).await;
        assert_eq!(system["Actions"].is_object(), resets);
        assert_ne!(system["UUID"], fleet.uuid(0));
    }
    fleet.bmc(0).set_null_members(true);
    assert!(caller.json("/redfish/v1/Systems").await["Members"].is_null());
}

#[tokio::test]
async fn a_foreign_certificate_is_not_trusted() {
    let fleet = fleet(FleetConfig::new(2)).await;
    let root = format!("{}/redfish/v1/", fleet.address(0));
    let before = fleet.bmc(0).certificate().unwrap();
    assert!(http(fleet.ca_pem()).get(&root).send().await.is_ok());
    fleet.bmc(0).replace_certificate(true).unwrap();
    assert!(http(fleet.ca_pem()).get(&root).send().await.is_err());
    assert!(http(fleet.foreign_ca_pem()).get(&root).send().await.is_ok());
    assert_ne!(before, fleet.bmc(0).certificate().unwrap());
    assert_eq!(Caller::new(&fleet, 1).get("/redfish/v1/").await.status(), 200, "the other BMC is as it was");
}
