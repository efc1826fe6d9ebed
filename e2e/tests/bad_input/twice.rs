//! The same manifests again.

use serde_json::{Value, json};
use slipway_e2e::objects::list;
use slipway_e2e::rack::PROFILE;
use slipway_e2e::{ControlPlane, Rack};

use crate::scene::{installed, rack, resets};

async fn versions(rack: &Rack) -> Vec<Value> {
    let host = rack.get(0).await.unwrap();
    let profile = rack.object("InstallProfile", "installprofiles", PROFILE).await.unwrap();
    [host, profile].map(|object| object["metadata"]["resourceVersion"].clone()).into()
}

/// Writes of the operator in the rack's namespace.
fn writes(rack: &Rack, control_plane: &ControlPlane) -> usize {
    let requests = control_plane.audited().unwrap().into_iter();
    let own = requests.filter(|request| request.namespace == rack.namespace.name());
    own.filter(|request| {
        request.is_write() && request.user.starts_with("system:serviceaccount:slipway-system")
    })
    .count()
}

#[tokio::test]
async fn a_manifest_applied_twice_does_nothing_twice() {
    let rack = rack(1, "twice").await;
    let secrets = rack.secrets()["items"].as_array().unwrap().clone();
    let mut host = rack.host_to_install(0, "1");
    host["spec"]["reboot"] = json!({"id": "r1"});
    host["spec"]["power"] = json!("On");
    host["spec"]["assetTag"] = json!("U07");
    let all = list(secrets.into_iter().chain([rack.profile(), host]));
    rack.kubectl.apply(&all.to_string()).await.unwrap();
    installed(&rack, 0).await;
    rack.wait_condition(0, "Ready", "True", "Installed").await.unwrap();
    // The profile says later than the host is installed that its images are there.
    rack.wait_profile().await.unwrap();
    rack.wait_reads(0, 3).await.unwrap();
    let control_plane = ControlPlane::shared().await.unwrap();
    let before = (versions(&rack).await, writes(&rack, control_plane), resets(&rack, 0));
    let seen = rack.kubectl.apply(&all.to_string()).await.unwrap();
    assert!(seen.contains("baremetalhost.slipway.dev/u00 unchanged"), "{seen}");
    rack.wait_reads(0, 4).await.unwrap();
    assert_eq!((versions(&rack).await, writes(&rack, control_plane), resets(&rack, 0)), before);
    let state = rack.fleet.machine(0).state();
    assert_eq!((state.installs, state.wipes), (1, 0));
    assert_eq!(rack.fleet.bmc(0).asset_tag().as_deref(), Some("U07"));
}
