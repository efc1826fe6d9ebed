//! The shapes differ as the fact page lists (facts/metal-peers.md §4.1 to §4.5, §4.13, §4.15).

use crate::SOON;
use crate::client::{Caller, message_of};
use reqwest::Method;
use serde_json::{Value, json};
use slipway_sim::{Activity, Disk, Fleet, FleetConfig, MachineState, Shape, Timings};
use std::time::Duration;

async fn one(name: &str) -> (Fleet, Caller, String) {
    let shapes = vec![Shape::named(name).unwrap()];
    let disk = Disk::Installed { generation: 1 };
    let fleet = Fleet::start(FleetConfig { shapes, disk, ..FleetConfig::new(1) }).await.unwrap();
    let caller = Caller::new(&fleet, 0);
    let path = fleet.bmc(0).system_path();
    (fleet, caller, path)
}

async fn running(fleet: &Fleet) {
    fleet.machine(0).wait_until(SOON, MachineState::runs_from_disk).await.unwrap();
}

fn has(value: &Value, name: &str) -> bool {
    value.get(name).is_some()
}

/// Name, id of the system, `Vendor`, and which of the features in `seen` there are.
const FACES: &str = "\
generic        | 1                 | Contoso | sessions inline UefiHttp mode etag AssetTag watchdog
dell-idrac9    | System.Embedded.1 | Dell    | sessions inline UefiHttp mode etag AssetTag watchdog
hpe-ilo5       | 1                 | HPE     | sessions inline UefiHttp mode etag AssetTag
lenovo-xcc     | 1                 | Lenovo  | sessions inline mode etag AssetTag watchdog
supermicro-x13 | 1                 |         | sessions UefiHttp mode etag AssetTag
ami-megarac    | DGX               | AMI     | sessions UefiHttp mode etag AssetTag
openbmc        | system            |         | sessions etag watchdog
sushy-like     | UUID              |         | inline mode
";

/// The features that a root and a system show.
fn seen(root: &Value, system: &Value, etag: bool) -> String {
    let reset = &system["Actions"]["#ComputerSystem.Reset"];
    let inline = has(reset, "ResetType@Redfish.AllowableValues");
    assert_eq!(has(reset, "@Redfish.ActionInfo"), !inline);
    let targets = system["Boot"]["BootSourceOverrideTarget@Redfish.AllowableValues"].as_array().unwrap();
    let features = [
        ("sessions", has(&root["Links"], "Sessions")),
        ("inline", inline),
        ("UefiHttp", targets.contains(&json!("UefiHttp"))),
        ("mode", has(&system["Boot"], "BootSourceOverrideMode")),
        ("etag", etag),
        ("AssetTag", has(system, "AssetTag")),
        ("watchdog", has(system, "HostWatchdogTimer")),
    ];
    let names: Vec<&str> = features.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect();
    names.join(" ")
}

#[tokio::test]
async fn each_shape_has_its_own_face() {
    let rows: Vec<Vec<&str>> = FACES.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
    assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), Shape::names());
    for row in rows {
        let [name, id, vendor, features] = row[..] else { panic!("{row:?}") };
        let (fleet, caller, path) = one(name).await;
        let slash = if name == "hpe-ilo5" { "/" } else { "" };
        assert_eq!(path, format!("/redfish/v1/Systems/{}{slash}", id.replace("UUID", &fleet.uuid(0))));
        let members = caller.json("/redfish/v1/Systems").await;
        assert_eq!(members["Members"][0]["@odata.id"], path);
        let root = caller.json("/redfish/v1/").await;
        assert_eq!(root["Vendor"].as_str().unwrap_or_default(), vendor, "{name}");
        let response = caller.get(&path).await;
        let etag = response.headers().contains_key("etag");
        let system: Value = response.json().await.unwrap();
        assert_eq!(seen(&root, &system, etag), features, "{name}");
    }
}

#[tokio::test]
async fn every_shape_powers_on_by_its_own_reset_action() {
    for name in Shape::names() {
        let (fleet, caller, path) = one(name).await;
        let reset = caller.json(&path).await["Actions"]["#ComputerSystem.Reset"].clone();
        let allowed = match reset["@Redfish.ActionInfo"].as_str() {
            Some(info) => caller.json(info).await["Parameters"][0]["AllowableValues"].clone(),
            None => reset["ResetType@Redfish.AllowableValues"].clone(),
        };
        assert!(allowed.as_array().unwrap().contains(&json!("On")), "{name}");
        let response = caller.post(reset["target"].as_str().unwrap(), &json!({"ResetType": "On"})).await;
        assert!(response.status().is_success(), "{name}: {response:?}");
        running(&fleet).await;
        assert_eq!(caller.json(&path).await["PowerState"], "On", "{name}");
    }
}

#[tokio::test]
async fn lenovo_wants_a_tag_and_keeps_the_override_pending() {
    let (fleet, caller, path) = one("lenovo-xcc").await;
    let settings = caller.json(&path).await["@Redfish.Settings"]["SettingsObject"]["@odata.id"].clone();
    let settings = settings.as_str().unwrap();
    assert_eq!(settings, format!("{path}/Pending"));
    let boot = json!({"Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"}});
    let untagged = caller.request(Method::PATCH, settings).json(&boot).send().await.unwrap();
    assert_eq!(untagged.status(), 428);
    assert_eq!(caller.patch(settings, &boot).await.status(), 200);
    assert_eq!(caller.json(settings).await["Boot"]["BootSourceOverrideTarget"], "Pxe");
    assert_eq!(caller.json(&path).await["Boot"]["BootSourceOverrideTarget"], "None");
    fleet.machine(0).power_on();
    running(&fleet).await;
    let steps = fleet.machine(0).steps();
    let taken = slipway_sim::StepKind::OverrideTaken { target: "Pxe".to_owned() };
    assert!(steps.iter().any(|step| step.kind == taken), "{steps:?}");
    let continuous = json!({"Boot": {"BootSourceOverrideEnabled": "Continuous"}});
    assert_eq!(caller.patch(settings, &continuous).await.status(), 400);
}

#[tokio::test]
async fn ami_takes_the_whole_triple_in_its_settings_object_only() {
    let (_fleet, caller, path) = one("ami-megarac").await;
    let two = json!({"Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "UefiHttp"}});
    let direct = caller.patch(&path, &two).await;
    assert_eq!(message_of(direct).await, "OperationSupportedInFutureStateURI");
    let settings = format!("{path}/SD");
    assert_eq!(message_of(caller.patch(&settings, &two).await).await, "PropertyMissing");
    let mut three = two;
    three["Boot"]["BootSourceOverrideMode"] = json!("UEFI");
    assert_eq!(caller.patch(&settings, &three).await.status(), 204);
}

#[tokio::test]
async fn ilo_refuses_writes_during_the_self_test() {
    let shapes = vec![Shape::named("hpe-ilo5").unwrap()];
    let timings = Timings { post: Duration::from_mins(1), ..Timings::default() };
    let fleet = Fleet::start(FleetConfig { shapes, timings, ..FleetConfig::new(1) }).await.unwrap();
    let caller = Caller::new(&fleet, 0);
    let path = fleet.bmc(0).system_path();
    fleet.machine(0).power_on();
    fleet.machine(0).wait_until(SOON, |state| state.activity == Activity::Post).await.unwrap();
    let response = caller.patch(&path, &json!({"AssetTag": "U1"})).await;
    assert_eq!(message_of(response).await, "UnableToModifyDuringSystemPOST");
    assert_eq!(caller.reset(&path, "GracefulShutdown").await, 400);
    assert_eq!(caller.reset(&path, "ForceOff").await, 200);
    fleet.machine(0).wait_until(SOON, |state| state.activity == Activity::Off).await.unwrap();
    let clear =
        json!({"Boot": {"BootSourceOverrideEnabled": "Disabled", "BootSourceOverrideTarget": "None"}});
    assert_eq!(message_of(caller.patch(&path, &clear).await).await, "PropertyValueConflict");
    assert_eq!(caller.get("/redfish/v1").await.status(), 308);
    let identity =
        caller.request(Method::GET, &path).header("Accept-Encoding", "identity").send().await.unwrap();
    assert_eq!(identity.status(), 406);
}

#[tokio::test]
async fn supermicro_falls_back_to_legacy_and_takes_the_strong_form() {
    let (_fleet, caller, path) = one("supermicro-x13").await;
    let boot = json!({"Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"}});
    assert_eq!(caller.patch(&path, &boot).await.status(), 412);
    let tag = caller.get(&path).await.headers()["etag"].to_str().unwrap().to_owned();
    let strong = tag.trim_start_matches("W/");
    assert!(tag.len() > strong.len());
    let response =
        caller.request(Method::PATCH, &path).header("If-Match", strong).json(&boot).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(caller.json(&path).await["Boot"]["BootSourceOverrideMode"], "Legacy");
}

#[tokio::test]
async fn dell_takes_the_good_part_of_a_write() {
    let (fleet, caller, path) = one("dell-idrac9").await;
    let response = caller.patch(&path, &json!({"AssetTag": "U9", "LocationIndicatorActive": true})).await;
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    assert!(has(&body, "LocationIndicatorActive@Message.ExtendedInfo"), "{body}");
    assert_eq!(fleet.bmc(0).asset_tag().as_deref(), Some("U9"));
    assert_eq!(caller.reset(&path, "ForceOff").await, 409);
}

#[tokio::test]
async fn sushy_reads_continuous_and_keeps_the_override() {
    let (fleet, caller, path) = one("sushy-like").await;
    assert_eq!(caller.get("/redfish/v1/SessionService").await.status(), 404);
    let boot = json!({"Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"}});
    assert_eq!(caller.patch(&path, &boot).await.status(), 204);
    fleet.machine(0).power_on();
    running(&fleet).await;
    let boot = caller.json(&path).await["Boot"].clone();
    assert_eq!(
        (&boot["BootSourceOverrideEnabled"], &boot["BootSourceOverrideTarget"]),
        (&json!("Continuous"), &json!("Pxe"))
    );
}
